/* The planner is TypeScript: starts Node to make a plan, or to do all that the front leaves to the other form. */
#define _GNU_SOURCE
#include "front.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn void run_node_form(char **arguments) {
    size_t count = 0;
    while (arguments[count]) count++;
    char **argv = malloc((count + 3) * sizeof *argv);
    if (argv) {
        argv[0] = "node";
        argv[1] = node_script;
        memcpy(argv + 2, arguments, (count + 1) * sizeof *argv);
        execvp("node", argv);
    }
    die(STATUS_DEFECT, "cannot start node, which makes the plan of a program that is new: %s", strerror(errno));
}

/* All that comes through a pipe until its other end is closed. */
static unsigned char *read_all(int pipe, size_t *size) {
    size_t capacity = 1 << 16, length = 0;
    unsigned char *bytes = malloc(capacity);
    for (;;) {
        if (bytes && length == capacity) bytes = realloc(bytes, capacity *= 2);
        if (!bytes) die(STATUS_DEFECT, "there is not enough memory for the plan");
        ssize_t count = read(pipe, bytes + length, capacity - length);
        if (count == 0) break;
        if (count > 0) length += (size_t)count;
        else if (errno != EINTR) die(STATUS_DEFECT, "cannot read the plan: %s", strerror(errno));
    }
    *size = length;
    return bytes;
}

/*
 * Lets the Node form plan the program at a path. Node is the child of a child that has ended: the program must not find
 * a child that it never started, nor Node's 50 ms among the times of its children.
 */
void plan_program(const char *path, struct program *program) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) die(STATUS_DEFECT, "cannot make a pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        if (fork() != 0) _exit(0);
        char option[32];
        int end = fcntl(ends[1], F_DUPFD, 3);
        snprintf(option, sizeof option, "--emit-plan=%d", end);
        run_node_form((char *[]){option, "--", (char *)path, NULL});
    }
    close(ends[1]);
    if (child < 0) die(STATUS_DEFECT, "cannot start a process: %s", strerror(errno));
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    size_t size;
    unsigned char *bytes = read_all(ends[0], &size);
    close(ends[0]);
    /* Where nothing came, the child has said why. */
    if (!read_program(bytes, size, program)) exit(STATUS_DEFECT);
}

void read_plan_file(int file, struct program *program) {
    size_t size;
    lseek(file, 0, SEEK_SET);
    unsigned char *bytes = read_all(file, &size);
    close(file);
    if (!read_program(bytes, size, program)) die(STATUS_DEFECT, "--plan-fd: there is no plan");
}
