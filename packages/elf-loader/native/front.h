/*
 * The front: the loader as a native program. It starts a program from the plan of an earlier run in less than a
 * millisecond, and Node only to make a new plan. front.c is the story.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

/* Exit statuses where the program did not run; otherwise they are the program's own. */
enum { STATUS_TIMEOUT = 124, STATUS_DEFECT = 125, STATUS_CANNOT_EXECUTE = 126 };

/* What stat says of a file that a plan depends on. src/prepared-program.ts writes it. */
struct planned_file {
    uint64_t flags, device, inode, size, modified, changed; /* times in nanoseconds */
};
enum { MUST_BE_EXECUTABLE = 1 };

/* A program that is ready to be started: its image (the stub with the plan), and what the plan depends on. */
struct program {
    void *bytes; /* all of it, as src/prepared-program.ts writes it and the cache keeps it */
    size_t size;
    const struct planned_file *files;
    const char *paths; /* the files' paths, one behind the other */
    uint64_t file_count;
    const char *strings; /* what stands in argv in place of the program's path */
    uint64_t string_count;
    unsigned char *image;
    uint64_t image_size;
    uint64_t plan_offset; /* of the plan in the image */
    uint64_t exit_status; /* not 0: there is no program, and this is why the loader ends */
};

/* The command that was typed: elf-loader or fle-exec. */
extern const char *tool;

/* The Node form of the command: a script for node. */
extern char node_script[];

/* Prints "TOOL: error: ..." and, unless errno is 0, the reason; exits. */
_Noreturn void die(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* front.c */
/* Says why a program could not be started, and exits. */
_Noreturn void die_unstarted(const struct program *program, int error);

/* program.c */
int read_program(void *bytes, size_t size, struct program *program); /* 0: the bytes are no such thing */
int is_current(const struct program *program); /* whether all files are still as the plan found them */
int become(const struct program *program, char **arguments, char **environment); /* returns only on failure: errno */

/* What the options ask for besides starting the program; options.c reads them. */
struct supervision {
    int is_wanted; /* whether any of these is set */
    double timeout; /* seconds; 0 for none */
    uint64_t cpu, memory, file, open, processes, output; /* seconds, bytes, numbers; NO_LIMIT for none */
    int is_sandboxed, has_no_network, is_best_effort, keeps_environment, shows_time;
    int shows_maps, shows_stack, shows_fault, stops;
    const char *debugged; /* the file with the symbols for gdb, or empty; NULL for no gdb */
    const char *debugger_folder; /* gdb's commands, and symbols.o, to be removed at the end; NULL if there is none */
    const char *meta;
    const char **readable, **writable; /* paths, ended by NULL; NULL if none is given */
    int plan_file; /* where the Node form left the plan; -1 for nowhere */
};
#define NO_LIMIT UINT64_MAX

/* options.c */
/* Reads options up to the program; returns where that stands in argv, or -1 if only the Node form can tell. */
int read_options(char **argv, struct supervision *supervision);

/* confine.c */
/* For the child: adds what confines the program to its plan, and restricts this process where that must be done first. */
/* With `stops`, the last step but the jump sends the process SIGSTOP. */
void confine(struct program *program, const struct supervision *supervision, int stops);
const char *system_call_name(long number); /* NULL if unknown */

/* supervisor.c */
/* Runs the program as a child and ends as it ended. */
_Noreturn void supervise(struct program *program, const struct supervision *supervision, char **arguments);

/* report.c */
struct outcome {
    int status; /* as wait4 gives it */
    const char *reason; /* why it ended, in one word for --meta */
    char message[512]; /* the same for people; empty if the program ended by itself */
    const char *blocked_call; /* NULL if none */
    double wall, user, system; /* seconds */
    uint64_t memory; /* the most that was resident, in bytes */
};
/* Writes a text as JSON does; bytes that are not ASCII as Latin-1. */
void write_json_text(FILE *file, const char *text);
FILE *open_meta(const char *path);
void write_meta(FILE *file, const char *path, const struct outcome *outcome);
void print_time(const struct outcome *outcome);

/* planner.c */
/* The prepared program that the Node form wrote to an open file, which is closed. */
void read_plan_file(int file, struct program *program);
void plan_program(const char *path, struct program *program);
_Noreturn void run_node_form(char **arguments);

/* plan-key.c */
/* folder: where the loader lies, dist. NULL: plans cannot be kept. To be freed. */
char *key_of(const char *folder, const char *command, const char *path);

/* plan-cache.c */
int load_cached(const char *key, struct program *program);
/* planned: the time before the planner started */
void store_cached(const char *key, const struct program *program, struct timespec planned);
