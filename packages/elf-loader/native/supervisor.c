/*
 * Runs a program as the child of this process: in a process group of its own, with the terminal if we had it; watches
 * time, output and processes; stops when it stops, ends as it ends, and leaves nothing of it behind.
 */
#define _GNU_SOURCE
#include "supervisor.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Notes why the program ended. The first reason counts. */
static void explain(struct run *run, const char *reason, const char *format, va_list arguments) {
    if (run->outcome.message[0]) return;
    vsnprintf(run->outcome.message, sizeof run->outcome.message, format, arguments);
    run->outcome.reason = reason;
}

/* Ends the program, for a reason that the loader has. */
void stop(struct run *run, const char *reason, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    explain(run, reason, format, arguments);
    va_end(arguments);
    if (run->has_ended) return;
    kill(-run->child, SIGKILL);
    kill(run->child, SIGKILL);
}

/* Signals that are sent to us are meant for the program. */
static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};

/* SIGTTOU too: it would stop us when we give the terminal away. */
static sigset_t watched_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTTOU);
    for (size_t i = 0; i < sizeof forwarded / sizeof *forwarded; i++) sigaddset(&set, forwarded[i]);
    return set;
}

/* The terminal, if we are in front of it and the program may need it; -1 if not. */
static int own_terminal(void) {
    if (!isatty(0) || !isatty(1)) return -1;
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal >= 0 && tcgetpgrp(terminal) == getpgrp()) return terminal;
    if (terminal >= 0) close(terminal);
    return -1;
}

/* The pipes in place of stdout and stderr when output is limited: what comes through is counted and passed on. */
static void open_pipes(struct run *run) {
    for (int i = 0; i < 2; i++)
        if (run->supervision->output != NO_LIMIT && pipe2(run->passages[i].ends, O_CLOEXEC) != 0)
            die(STATUS_DEFECT, "cannot make a pipe: %s", strerror(errno));
}

/* A number of bytes for people, as short as it is exact. */
static const char *size_text(uint64_t size) {
    static char text[40];
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
    int unit = 0;
    while (unit < 3 && size > 0 && size % 1024 == 0) size /= 1024, unit++;
    snprintf(text, sizeof text, "%lu %s", size, units[unit]);
    return text;
}

/* Reads what the program has written; no more than is left of its limit is passed on. */
static void read_output(struct run *run, struct passage *passage) {
    ssize_t count = read(passage->ends[0], passage->bytes, sizeof passage->bytes);
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) {
        close(passage->ends[0]);
        passage->ends[0] = -1;
        return;
    }
    uint64_t left = run->supervision->output - run->output;
    passage->done = 0;
    passage->size = (uint64_t)count < left ? (size_t)count : (size_t)left;
    run->output += passage->size;
    if ((uint64_t)count > left)
        stop(run, "output", "it wrote more than %s (--limit output)", size_text(run->supervision->output));
}

/* Passes some bytes on: so few that a pipe which takes any takes them all, for who reads it may not read again. */
static void write_output(struct passage *passage, int file) {
    size_t left = passage->size - passage->done;
    ssize_t count = write(file, passage->bytes + passage->done, left < PIPE_BUF ? left : PIPE_BUF);
    if (count > 0) passage->done += (size_t)count;
    else if (count < 0 && errno != EINTR && errno != EAGAIN) passage->done = passage->size; /* whoever reads it has gone */
}

static int has_output(const struct passage *passage) {
    return passage->done < passage->size;
}

/* What a passage waits for: to be read, or to be rid of what was. */
static struct pollfd awaited(const struct passage *passage, int file) {
    return has_output(passage) ? (struct pollfd){file, POLLOUT, 0} : (struct pollfd){passage->ends[0], POLLIN, 0};
}

static void pass_output(struct run *run, int i) {
    if (has_output(&run->passages[i])) write_output(&run->passages[i], 1 + i);
    else read_output(run, &run->passages[i]);
}

/* The child: waits until the supervisor is ready, then becomes the program. */
static _Noreturn void start(struct run *run, struct program *program, char **arguments, int ready) {
    char byte;
    if (!run->supervision->debugged) setpgid(0, 0);
    if (run->supervision->debugged || run->supervision->stops) prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(ready, &byte, 1) != 1) _exit(STATUS_DEFECT);
    for (int i = 0; i < 2; i++)
        if (run->passages[i].ends[1] >= 0) dup2(run->passages[i].ends[1], 1 + i);
    confine(program, run->supervision, run->stage != RUNNING);
    sigprocmask(SIG_SETMASK, &run->old_signals, NULL);
    char *nothing[] = {NULL};
    int is_bare = run->supervision->is_sandboxed && !run->supervision->keeps_environment;
    die_unstarted(program, become(program, arguments, is_bare ? nothing : environ));
}

/*
 * The program has stopped (^Z, SIGSTOP): so do we, and the shell is asked; then both go on. But where nobody at a terminal
 * could let us go on, a program must not escape its timeout so.
 */
void stop_together(struct run *run) {
    if (run->terminal < 0 && run->deadline > 0) return;
    if (run->terminal >= 0) tcsetpgrp(run->terminal, getpgrp());
    raise(SIGSTOP);
    if (run->terminal >= 0 && tcgetpgrp(run->terminal) == getpgrp()) tcsetpgrp(run->terminal, run->child);
    kill(-run->child, SIGCONT);
}

/* Collects what has happened to the program and its processes. */
static void reap(struct run *run) {
    int status;
    struct rusage usage;
    pid_t process;
    while ((process = wait4(-1, &status, WNOHANG | WUNTRACED | __WALL, &usage)) > 0) {
        if (WIFSTOPPED(status)) {
            if (run->is_traced) trace_stop(run, process, status);
            else if (process == run->child && !run->stays_stopped) stop_together(run);
            continue;
        }
        if (process == run->debugger) continue;
        run->tasks--;
        if (process != run->child) continue;
        run->has_ended = 1;
        run->outcome.status = status;
        run->outcome.user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
        run->outcome.system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
        run->outcome.memory = (uint64_t)usage.ru_maxrss * 1024;
    }
}

static void watch(struct run *run, int signals) {
    while (!run->has_ended) {
        struct pollfd files[] = {{signals, POLLIN, 0}, awaited(&run->passages[0], 1), awaited(&run->passages[1], 2)};
        double left = run->deadline > 0 ? run->deadline - now() : 1e6;
        if (left <= 0) {
            run->is_late = 1;
            stop(run, "timeout", "it ran longer than %g s (--timeout)", run->supervision->timeout);
            left = 1e6;
            run->deadline = 0;
        }
        if (ppoll(files, 3, &(struct timespec){(time_t)left, (long)((left - (double)(time_t)left) * 1e9)}, NULL) < 0) continue;
        struct signalfd_siginfo signal;
        while (read(signals, &signal, sizeof signal) == sizeof signal)
            if (signal.ssi_signo != SIGCHLD && signal.ssi_signo != SIGTTOU) kill(-run->child, (int)signal.ssi_signo);
        reap(run);
        for (int i = 0; i < 2; i++)
            if (files[1 + i].revents) pass_output(run, i);
    }
}

/*
 * Ends what the program has left behind: its group, and processes that left the group and are now our children. Without a
 * rest, since some may start others as fast as they are ended.
 */
static void end_the_rest(struct run *run) {
    double limit = now() + 5;
    char path[64], list[1 << 12];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    kill(-run->child, SIGKILL);
    while (now() < limit) {
        pid_t process = waitpid(-1, NULL, WNOHANG | __WALL);
        if (process < 0) return;
        if (process > 0) continue;
        int file = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t size = file < 0 ? 0 : read(file, list, sizeof list - 1);
        if (file >= 0) close(file);
        list[size < 0 ? 0 : size] = 0;
        for (char *word = strtok(list, " "); word; word = strtok(NULL, " ")) kill(atoi(word), SIGKILL);
    }
}

/* What is still in the pipes was written before the end. It is passed on, but not beyond the timeout. */
static void pass_the_rest(struct run *run) {
    for (int i = 0; i < 2; i++) {
        struct passage *passage = &run->passages[i];
        while (passage->ends[0] >= 0 || has_output(passage)) {
            struct pollfd file = awaited(passage, 1 + i);
            double left = run->deadline > 0 ? run->deadline - now() : 0;
            if (poll(&file, 1, run->deadline > 0 || run->is_late ? (int)(left * 1000) + 100 : -1) <= 0) break;
            pass_output(run, i);
        }
    }
}

/* The Node form has made it, with these files (src/cli.ts). */
static void remove_debugger_folder(const char *folder) {
    static const char *const names[] = {"commands", "symbols.o"};
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; file >= 0 && i < sizeof names / sizeof *names; i++) unlinkat(file, names[i], 0);
    if (file >= 0) close(file);
    rmdir(folder);
}

/* What the end of the program says about limits that the kernel watches. */
static void explain_signal(struct run *run) {
    const struct supervision *limits = run->supervision;
    struct outcome *outcome = &run->outcome;
    if (outcome->message[0]) return;
    int signal = WIFSIGNALED(outcome->status) ? WTERMSIG(outcome->status) : 0;
    outcome->reason = signal ? "signal" : "exit";
    if (limits->cpu != NO_LIMIT && (signal == SIGXCPU || (signal == SIGKILL && outcome->user + outcome->system >= (double)limits->cpu)))
        stop(run, "cpu", "it used more than %lu s of processor time (--limit cpu)", limits->cpu);
    else if (signal == SIGXFSZ && limits->file != NO_LIMIT)
        stop(run, "file", "it made a file larger than %s (--limit file)", size_text(limits->file));
    else if (limits->memory != NO_LIMIT && outcome->status != 0 && outcome->memory >= limits->memory / 8 * 7)
        stop(run, "memory", "it used up its %s of memory (--limit memory)", size_text(limits->memory));
    else if (signal == SIGSYS && (limits->is_sandboxed || limits->has_no_network))
        stop(run, "sandbox", "it made a system call of another machine");
}

/* Ends as the program ended. */
static _Noreturn void end_like(int status) {
    if (WIFEXITED(status)) exit(WEXITSTATUS(status));
    int signal_number = WTERMSIG(status);
    sigset_t all;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* the program has left its own */
    signal(signal_number, SIG_DFL);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    raise(signal_number);
    exit(128 + signal_number);
}

_Noreturn void supervise(struct program *program, const struct supervision *supervision, char **arguments) {
    struct run run = {
        .supervision = supervision,
        .path = program->paths,
        .passages = {{.ends = {-1, -1}}, {.ends = {-1, -1}}},
        .tasks = 1,
        .stage = supervision->shows_maps || supervision->shows_stack || supervision->stops || supervision->debugged ? BEFORE_ENTRY : RUNNING,
    };
    run.is_traced = supervision->is_sandboxed || supervision->shows_fault || supervision->processes != NO_LIMIT || run.stage != RUNNING;
    sigset_t signals = watched_signals();
    int ready[2];
    FILE *meta = supervision->meta ? open_meta(supervision->meta) : NULL;
    sigprocmask(SIG_BLOCK, &signals, &run.old_signals);
    signal(SIGPIPE, supervision->output != NO_LIMIT ? SIG_IGN : SIG_DFL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    run.terminal = supervision->debugged ? -1 : own_terminal();
    open_pipes(&run);
    int events = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (events < 0 || pipe2(ready, O_CLOEXEC) != 0) die(STATUS_DEFECT, "cannot watch the program: %s", strerror(errno));
    run.child = fork();
    if (run.child == 0) {
        close(ready[1]);
        start(&run, program, arguments, ready[0]);
    }
    if (run.child < 0) die(STATUS_DEFECT, "cannot start a process: %s", strerror(errno));
    if (!supervision->debugged) setpgid(run.child, run.child);
    if (run.terminal >= 0) tcsetpgrp(run.terminal, run.child);
    for (int i = 0; i < 2; i++)
        if (run.passages[i].ends[1] >= 0) close(run.passages[i].ends[1]);
    if (run.is_traced) trace_start(&run);
    prctl(PR_SET_DUMPABLE, 0); /* no process of this user may look into us, or change us */
    double started = now();
    if (supervision->timeout > 0) run.deadline = started + supervision->timeout;
    if (write(ready[1], "", 1) != 1) stop(&run, "defect", "it could not be started");
    watch(&run, events);
    run.outcome.wall = now() - started;
    if (run.debugger > 0) while (waitpid(run.debugger, NULL, 0) < 0 && errno == EINTR) {}
    if (supervision->debugger_folder) remove_debugger_folder(supervision->debugger_folder);
    end_the_rest(&run);
    pass_the_rest(&run);
    if (run.terminal >= 0) tcsetpgrp(run.terminal, getpgrp());

    explain_signal(&run);
    if (run.outcome.blocked_call) run.outcome.status = SIGSYS; /* as a program ends that seccomp itself kills */
    if (run.outcome.message[0]) dprintf(2, "%s: error: %s: stopped: %s\n", tool, run.path, run.outcome.message);
    if (supervision->shows_time) print_time(&run.outcome);
    if (meta) write_meta(meta, supervision->meta, &run.outcome);
    if (run.is_late) exit(STATUS_TIMEOUT);
    end_like(run.outcome.status);
}
