/*
 * elf-loader and fle-exec as a native program: finds the plan of the program, in the cache or by way of Node, and
 * becomes the program, or supervises it. What the
 * front does not know of the command line is the other form's business.
 */
#define _GNU_SOURCE
#include "front.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

const char *tool = "elf-loader";
char node_script[PATH_MAX + 32];

_Noreturn void die(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    dprintf(2, "%s: error: ", tool);
    vdprintf(2, format, arguments);
    dprintf(2, "\n");
    va_end(arguments);
    exit(status);
}

_Noreturn void die_unstarted(const struct program *program, int error) {
    const char *reason = error == E2BIG    ? "its arguments and the environment are too long (E2BIG)"
                         : error == ENOMEM ? "there is not enough memory (ENOMEM)"
                         : error == EACCES ? "programs in memory may not be executed here (sysctl vm.memfd_noexec) (EACCES)"
                         : error == ETXTBSY ? "it is open for writing (ETXTBSY)"
                         : error == EMFILE ? "too many files are open (EMFILE)"
                                           : strerror(error);
    die(STATUS_CANNOT_EXECUTE, "%s: cannot be executed: %s", program->paths, reason);
}

/* The folder two above this executable, dist, where the Node form lies. */
static void find_own_folder(char folder[PATH_MAX]) {
    ssize_t size = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (size < 0) die(STATUS_DEFECT, "cannot read /proc/self/exe: %s", strerror(errno));
    folder[size] = 0;
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(folder, '/');
        if (slash) *slash = 0;
    }
}

/* Finds the plan of the program at a path, or has it made. */
static void find_program(const char *folder, const char *path, struct program *program) {
    char *key = key_of(folder, tool, path);
    if (key && load_cached(key, program)) return;
    struct timespec planned;
    clock_gettime(CLOCK_REALTIME, &planned);
    plan_program(path, program);
    if (program->exit_status == 128 + SIGSEGV) {
        /* As execve does beyond the point of no return. */
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        raise(SIGSEGV);
    }
    if (program->exit_status != 0) exit((int)program->exit_status);
    if (key) store_cached(key, program, planned);
}

int main(int count, char **argv) {
    if (count < 1) return STATUS_DEFECT;
    char folder[PATH_MAX];
    const char *slash = strrchr(argv[0], '/');
    if (strcmp(slash ? slash + 1 : argv[0], "fle-exec") == 0) tool = "fle-exec";
    find_own_folder(folder);
    snprintf(node_script, sizeof node_script, "%s/%s.cjs", folder, tool);
    struct supervision supervision;
    int at = read_options(argv, &supervision);
    if (at < 0) run_node_form(argv + 1);

    struct program program;
    if (supervision.plan_file >= 0) read_plan_file(supervision.plan_file, &program);
    else find_program(folder, argv[at], &program);
    if (supervision.is_wanted) supervise(&program, &supervision, argv + at + 1);
    die_unstarted(&program, become(&program, argv + at + 1, environ));
}
