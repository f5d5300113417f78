/*
 * The front: the loader as a native program. It starts a program from the plan of an earlier run in less than a
 * millisecond, and Node only to make a new plan. front.c is the story.
 */
#include <stddef.h>
#include <stdint.h>
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
    const unsigned char *bytes; /* all of it, as src/prepared-program.ts writes it and the cache keeps it */
    size_t size;
    const struct planned_file *files;
    const char *paths; /* the files' paths, one behind the other */
    uint64_t file_count;
    const char *strings; /* what stands in argv in place of the program's path */
    uint64_t string_count;
    const unsigned char *image;
    uint64_t image_size;
    uint64_t exit_status; /* not 0: there is no program, and this is why the loader ends */
};

/* The command that was typed: elf-loader or fle-exec. */
extern const char *tool;

/* Prints "TOOL: error: ..." and, unless errno is 0, the reason; exits. */
_Noreturn void die(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* program.c */
int read_program(const void *bytes, size_t size, struct program *program); /* 0: the bytes are no such thing */
int is_current(const struct program *program); /* whether all files are still as the plan found them */
_Noreturn void become(const struct program *program, char **arguments, char **environment);

/* planner.c */
void plan_program(const char *script, const char *path, struct program *program);
_Noreturn void run_node_form(const char *script, char **arguments);

/* plan-cache.c */
int load_cached(const char *key, struct program *program);
/* planned: the time before the planner started */
void store_cached(const char *key, const struct program *program, struct timespec planned);
