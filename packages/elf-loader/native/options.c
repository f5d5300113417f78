/* The options of the front: those that need a supervisor. All others are the Node form's. */
#include "front.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number with a unit behind it; NaN if it is none. `units` are pairs of text and factor, ended by NULL. */
struct unit {
    const char *name;
    double factor;
};
static const struct unit times[] = {{"ms", 1e-3}, {"s", 1}, {"", 1}, {"m", 60}, {"h", 3600}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"KiB", 1 << 10},
                                    {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};
static const struct unit counts[] = {{"", 1}, {NULL, 0}};

static double quantity(const char *text, const struct unit *units) {
    if (*text < '0' || *text > '9') return NAN;
    char *end;
    double number = strtod(text, &end);
    if (memchr(text, 'x', (size_t)(end - text)) || memchr(text, 'e', (size_t)(end - text))) return NAN;
    for (; units->name; units++)
        if (strcmp(end, units->name) == 0) return number * units->factor < 1e15 ? number * units->factor : NAN;
    return NAN;
}

static void read_limits(char *list, struct supervision *supervision) {
    const struct {
        const char *name;
        const struct unit *units;
        uint64_t *limit;
        const char *example;
    } kinds[] = {
        {"cpu", times, &supervision->cpu, "cpu=2s"},
        {"memory", sizes, &supervision->memory, "memory=256M"},
        {"file", sizes, &supervision->file, "file=1M"},
        {"output", sizes, &supervision->output, "output=1M"},
        {"processes", counts, &supervision->processes, "processes=1"},
        {"open", counts, &supervision->open, "open=16"},
    };
    for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
        char *value = strchr(word, '=');
        if (value) *value++ = 0;
        size_t i = 0;
        while (i < sizeof kinds / sizeof *kinds && strcmp(kinds[i].name, word) != 0) i++;
        if (i == sizeof kinds / sizeof *kinds)
            die(STATUS_DEFECT, "--limit: unknown limit: %s\n>>> known are: cpu, memory, file, output, processes, open", word);
        double number = quantity(value ? value : "", kinds[i].units);
        if (isnan(number)) die(STATUS_DEFECT, "--limit: %s needs a value like %s", word, kinds[i].example);
        *kinds[i].limit = (uint64_t)ceil(number);
    }
}

static const char **add_path(const char **paths, const char *path) {
    size_t count = 0;
    while (paths && paths[count]) count++;
    paths = realloc(paths, (count + 2) * sizeof *paths);
    if (!paths) die(STATUS_DEFECT, "there is not enough memory");
    paths[count] = path;
    paths[count + 1] = NULL;
    return paths;
}

enum option { TIMEOUT, LIMIT, SANDBOX, NO_NETWORK, READ, WRITE, META, BEST_EFFORT, KEEP_ENV, TIME, MAPS, STACK, FAULT, STOP, GDB, GDB_FOLDER,
              PLAN_FD };
static const struct {
    const char *name;
    int takes_value;
} known[] = {
    [TIMEOUT] = {"--timeout", 1}, [LIMIT] = {"--limit", 1},          [SANDBOX] = {"--sandbox", 0},
    [READ] = {"--read", 1},       [NO_NETWORK] = {"--no-network", 0}, [WRITE] = {"--write", 1},
    [META] = {"--meta", 1},       [BEST_EFFORT] = {"--best-effort", 0}, [KEEP_ENV] = {"--keep-env", 0},
    [TIME] = {"--time", 0},       [MAPS] = {"--maps", 0},             [STACK] = {"--stack", 0},
    [FAULT] = {"--fault", 0},     [STOP] = {"--stop", 0},             [GDB] = {"--gdb-symbols", 1},
    [GDB_FOLDER] = {"--gdb-folder", 1},
    [PLAN_FD] = {"--plan-fd", 1},
};
enum { KNOWN = sizeof known / sizeof *known };

/* Finds the option that a word is; its value is in the word, in the next one, or NULL. -1 if there is none. */
static int find_option(char **word, char **value) {
    size_t length = strcspn(*word, "=");
    for (int i = 0; i < KNOWN; i++) {
        if (strlen(known[i].name) != length || strncmp(*word, known[i].name, length) != 0) continue;
        int is_joined = (*word)[length] == '=';
        if (is_joined && !known[i].takes_value) return -1;
        *value = is_joined ? *word + length + 1 : known[i].takes_value ? word[1] : NULL;
        return known[i].takes_value && !*value ? -1 : i;
    }
    return -1;
}

/* Options are looked through before any is carried out: if one is not known here, none is ours. */
int read_options(char **argv, struct supervision *supervision) {
    *supervision = (struct supervision){
        .cpu = NO_LIMIT, .memory = NO_LIMIT, .file = NO_LIMIT, .open = NO_LIMIT, .processes = NO_LIMIT,
        .output = NO_LIMIT, .plan_file = -1,
    };
    int program = 1;
    char *value;
    for (; argv[program] && argv[program][0] == '-'; program++) {
        if (strcmp(argv[program], "--") == 0) {
            program++;
            break;
        }
        int option = find_option(argv + program, &value);
        if (option < 0) return -1;
        if (value && value == argv[program + 1]) program++;
    }
    if (!argv[program]) return -1;
    for (int at = 1; at < program && strcmp(argv[at], "--") != 0; at++) {
        int option = find_option(argv + at, &value);
        if (value && value == argv[at + 1]) at++;
        switch ((enum option)option) {
        case TIMEOUT:
            supervision->timeout = quantity(value, times);
            if (!(supervision->timeout > 0)) die(STATUS_DEFECT, "--timeout needs a time like 5s or 200ms, not %s", value);
            break;
        case LIMIT: read_limits(value, supervision); break;
        case SANDBOX: supervision->is_sandboxed = 1; break;
        case NO_NETWORK: supervision->has_no_network = 1; break;
        case READ: supervision->readable = add_path(supervision->readable, value); break;
        case WRITE: supervision->writable = add_path(supervision->writable, value); break;
        case META: supervision->meta = value; break;
        case BEST_EFFORT: supervision->is_best_effort = 1; break;
        case KEEP_ENV: supervision->keeps_environment = 1; break;
        case TIME: supervision->shows_time = 1; break;
        case MAPS: supervision->shows_maps = 1; break;
        case STACK: supervision->shows_stack = 1; break;
        case FAULT: supervision->shows_fault = 1; break;
        case STOP: supervision->stops = 1; break;
        case GDB: supervision->debugged = value; break;
        case GDB_FOLDER: supervision->debugger_folder = value; break;
        case PLAN_FD: supervision->plan_file = atoi(value); continue;
        }
        supervision->is_wanted = 1;
    }
    int is_traced = supervision->is_sandboxed || supervision->shows_fault || supervision->processes != NO_LIMIT;
    if (is_traced && (supervision->stops || supervision->debugged))
        die(STATUS_DEFECT, "--stop and --gdb leave the program to a debugger; they do not go with --sandbox, --fault and --limit processes");
    return program;
}
