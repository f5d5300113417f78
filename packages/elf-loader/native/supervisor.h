/* A program that runs under the supervisor. */
#include "front.h"
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>

struct run {
    const struct supervision *supervision;
    const char *path; /* of the program, for messages */
    pid_t child; /* and its process group */
    int terminal; /* -1 if the program does not get it */
    int pipes[2][2]; /* in place of stdout and stderr; -1 for none */
    uint64_t output; /* bytes that came through them */
    double deadline; /* 0 for none */
    uint64_t tasks; /* processes and threads that live, if they are counted */
    int is_traced, is_late, has_ended;
    struct outcome outcome;
};

double now(void);
void stop(struct run *run, const char *reason, const char *format, ...) __attribute__((format(printf, 3, 4)));
void stop_together(struct run *run);

/* tracer.c */
void trace_start(struct run *run);
void trace_stop(struct run *run, pid_t process, int status);
