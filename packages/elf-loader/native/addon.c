/*
 * The one thing that Node cannot do: replace itself, in the state in which a shell would have started the program:
 * executeKept() by a program whose plan is kept, execute() by one that was prepared, supervise() by the native front. The few
 * declarations of Node-API that this needs are written out (they are a stable ABI), so that gcc alone builds it.
 */
#define _GNU_SOURCE
#include "front.h"
#include "memory-file.h"
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
int napi_create_int32(napi_env, int, napi_value *);
int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
int napi_get_typedarray_info(napi_env, napi_value, int *, size_t *, void **, napi_value *, size_t *);
int napi_get_value_string_utf8(napi_env, napi_value, char *, size_t, size_t *);
int napi_get_value_uint32(napi_env, napi_value, unsigned *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);

/* Undoes what Node changed at its start and what execve keeps. */
static void restore_process(void) {
    for (int file = 0; file < 3; file++) fcntl(file, F_SETFD, 0);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    /* Node raised the soft limit of open files to the hard one. The process that started us still has what it was. */
    struct rlimit own, parent;
    if (getrlimit(RLIMIT_NOFILE, &own) == 0 && prlimit(getppid(), RLIMIT_NOFILE, NULL, &parent) == 0 &&
        parent.rlim_max == own.rlim_max && parent.rlim_cur < own.rlim_cur)
        setrlimit(RLIMIT_NOFILE, &parent);
}

/* Strings that lie one after the other, each ended by a NUL, as in /proc/self/cmdline: as a list for execve. */
static char **list_of(char *strings, unsigned count) {
    char **list = calloc(count + 1UL, sizeof *list);
    for (unsigned i = 0; list && i < count; i++) {
        list[i] = strings;
        while (*strings++) {}
    }
    return list;
}

/* The last so many strings of /proc/self/cmdline: there arguments are bytes, which need not be UTF-8. */
static char **last_arguments(unsigned count) {
    size_t size = 0, capacity = 1 << 12;
    char *bytes = malloc(capacity);
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    for (ssize_t more = 1; file >= 0 && bytes && more > 0;) {
        more = read(file, bytes + size, capacity - size);
        if (more > 0) size += (size_t)more;
        if (size == capacity) bytes = realloc(bytes, capacity *= 2);
    }
    if (file >= 0) close(file);
    if (!bytes) return NULL;
    char *start = bytes + size;
    for (unsigned left = count; left > 0; left--) {
        if (start == bytes) return NULL;
        do start--;
        while (start > bytes && start[-1]);
    }
    return list_of(start, count);
}

/* A plan that is missing: under what it will be kept, and when that was found. */
static struct {
    char *key;
    struct timespec time;
} missing;

/*
 * executeKept(folder: string, command: string, argumentCount: number): undefined; returns only if there is no plan. folder
 * is where the loader lies; argumentCount says how many words of the command line begin with the program.
 */
static napi_value execute_kept(napi_env env, napi_callback_info info) {
    char folder[PATH_MAX], command[32];
    size_t count = 3, folder_size, command_size;
    unsigned argc;
    napi_value arguments[3];
    struct program program;
    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    if (napi_get_value_string_utf8(env, arguments[0], folder, sizeof folder, &folder_size) != 0 || folder_size + 1 == sizeof folder ||
        napi_get_value_string_utf8(env, arguments[1], command, sizeof command, &command_size) != 0 ||
        napi_get_value_uint32(env, arguments[2], &argc) != 0 || argc == 0)
        return NULL;
    char **argv = last_arguments(argc);
    char *key = argv ? key_of(folder, command, argv[0]) : NULL;
    if (!key) return NULL;
    if (load_cached(key, &program)) {
        restore_process();
        become(&program, argv + 1, environ);
    }
    missing.key = key;
    clock_gettime(CLOCK_REALTIME, &missing.time);
    return NULL;
}

static napi_value errno_value(napi_env env, int error) {
    napi_value result;
    napi_create_int32(env, error, &result);
    return result;
}

/* execute(program: Uint8Array, argumentCount: number): errno; returns only on failure. Keeps the plan if it was missing. */
static napi_value execute_program(napi_env env, napi_callback_info info) {
    size_t count = 2, size;
    void *bytes;
    unsigned argc;
    napi_value arguments[2];
    struct program program;
    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    if (napi_get_typedarray_info(env, arguments[0], NULL, &size, &bytes, NULL, NULL) != 0 ||
        napi_get_value_uint32(env, arguments[1], &argc) != 0 || !read_program(bytes, size, &program))
        return errno_value(env, EINVAL);
    char **argv = last_arguments(argc);
    if (!argv) return errno_value(env, ENOMEM);
    if (missing.key) store_cached(missing.key, &program, missing.time);
    restore_process();
    return errno_value(env, become(&program, argv, environ));
}

/*
 * supervise(program: Uint8Array, front: string, words: Uint8Array, wordCount: number, argumentCount: number): errno. The front
 * is started with the words (strings, each ended by a NUL) and the program's arguments, and finds the program as file 3.
 */
static napi_value supervise_program(napi_env env, napi_callback_info info) {
    char front[PATH_MAX];
    size_t count = 5, size, front_size, words_size;
    void *bytes, *words;
    unsigned word_count, argc;
    napi_value arguments[5];
    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    if (napi_get_typedarray_info(env, arguments[0], NULL, &size, &bytes, NULL, NULL) != 0 ||
        napi_get_value_string_utf8(env, arguments[1], front, sizeof front, &front_size) != 0 ||
        napi_get_typedarray_info(env, arguments[2], NULL, &words_size, &words, NULL, NULL) != 0 ||
        napi_get_value_uint32(env, arguments[3], &word_count) != 0 || napi_get_value_uint32(env, arguments[4], &argc) != 0 ||
        word_count > words_size)
        return errno_value(env, EINVAL);
    char **first = list_of(words, word_count), **rest = last_arguments(argc);
    char **argv = first && rest ? realloc(first, (word_count + argc + 1UL) * sizeof *argv) : NULL;
    if (!argv) return errno_value(env, ENOMEM);
    memcpy(argv + word_count, rest, (argc + 1UL) * sizeof *argv);
    int file = memory_file("plan", bytes, size);
    if (file >= 0 && (file == 3 ? fcntl(3, F_SETFD, 0) : dup2(file, 3)) >= 0) {
        restore_process();
        execv(front, argv);
    }
    return errno_value(env, errno);
}

static void export_function(napi_env env, napi_value exports, const char *name, napi_callback callback) {
    napi_value function;
    napi_create_function(env, name, (size_t)-1, callback, NULL, &function);
    napi_set_named_property(env, exports, name, function);
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    export_function(env, exports, "executeKept", execute_kept);
    export_function(env, exports, "execute", execute_program);
    export_function(env, exports, "supervise", supervise_program);
    return exports;
}
