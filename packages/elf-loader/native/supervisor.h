/* A program that runs under the supervisor. */
#include "front.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>

/* A pipe from the program whose bytes are passed on. */
struct passage {
    int ends[2]; /* -1 for none */
    size_t size, done; /* of the bytes that have been read, and of those that have been passed on */
    char bytes[1 << 16];
};

struct run {
    const struct supervision *supervision;
    const char *path; /* of the program, for messages */
    pid_t child; /* and its process group */
    int terminal; /* -1 if the program does not get it */
    struct passage passages[2]; /* in place of stdout and stderr */
    uint64_t output; /* bytes that came through them */
    double deadline; /* 0 for none */
    uint64_t tasks; /* processes and threads that live, if they are counted */
    int is_traced, is_late, has_ended;
    enum { RUNNING, BEFORE_ENTRY, BEFORE_BREAKPOINT } stage; /* on the way to the entry, if the program is to be seen there */
    int stays_stopped; /* until a debugger lets it go on: the stop is not ours to follow */
    pid_t debugger; /* 0 for none */
    sigset_t old_signals; /* the mask of blocked signals that the program gets */
    struct outcome outcome;
};

double now(void);
void stop(struct run *run, const char *reason, const char *format, ...) __attribute__((format(printf, 3, 4)));
void stop_together(struct run *run);

/* tracer.c */
void trace_start(struct run *run);
void trace_stop(struct run *run, pid_t process, int status);

/* observe.c */
int lead_to_entry(struct run *run, pid_t process, int signal);
void observe_fault(struct run *run, pid_t process, int signal);
