/* The supervisor as tracer: is told of calls that the filter stops, and of each new process. See ptrace(2). */
#define _GNU_SOURCE
#include "supervisor.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/syscall.h>
#include <sys/user.h>

void trace_start(struct run *run) {
    const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
    if (ptrace(PTRACE_SEIZE, run->child, NULL, options) == 0) return;
    int error = errno;
    stop(run, "defect", "it could not be traced");
    die(STATUS_DEFECT, "cannot trace the program: %s", strerror(error));
}

/* Calls with a path, as the argument of that number. */
static const struct {
    long call;
    int argument;
} with_path[] = {
    {SYS_open, 0}, {SYS_creat, 0}, {SYS_execve, 0}, {SYS_unlink, 0}, {SYS_mkdir, 0}, {SYS_rmdir, 0}, {SYS_chmod, 0},
    {SYS_rename, 0}, {SYS_truncate, 0}, {SYS_link, 0}, {SYS_symlink, 0}, {SYS_chdir, 0}, {SYS_openat, 1},
    {SYS_openat2, 1}, {SYS_unlinkat, 1}, {SYS_mkdirat, 1}, {SYS_execveat, 1}, {SYS_fchmodat, 1},
};

/* Writes a text of the program, quoted; what cannot be printed becomes a question mark. */
static void quote(pid_t process, uint64_t address, char *into, size_t size) {
    char text[256];
    ssize_t length = process_vm_readv(process, &(struct iovec){text, sizeof text - 1}, 1,
                                      &(struct iovec){(void *)address, sizeof text - 1}, 1, 0);
    /* It may end just before a page that is not there. */
    for (size_t less = 1; length < 0 && less < sizeof text; less++)
        length = process_vm_readv(process, &(struct iovec){text, sizeof text - 1 - less}, 1,
                                  &(struct iovec){(void *)address, sizeof text - 1 - less}, 1, 0);
    text[length < 0 ? 0 : length] = 0;
    for (char *c = text; *c; c++)
        if (*c < 0x20 || *c == 0x7f) *c = '?';
    snprintf(into, size, "(\"%s\")", text);
}

static void stop_call(struct run *run, pid_t process) {
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, process, NULL, &registers) != 0) return;
    long call = (long)registers.orig_rax;
    const uint64_t arguments[] = {registers.rdi, registers.rsi, registers.rdx};
    const char *name = system_call_name(call);
    char path[300] = "";
    for (size_t i = 0; i < sizeof with_path / sizeof *with_path; i++)
        if (with_path[i].call == call) quote(process, arguments[with_path[i].argument], path, sizeof path);
    int is_for_writing = (call == SYS_openat && registers.rdx & (O_ACCMODE | O_CREAT | O_TRUNC)) ||
                         (call == SYS_open && registers.rsi & (O_ACCMODE | O_CREAT | O_TRUNC));
    run->outcome.blocked_call = name ? name : "unknown";
    if (name) stop(run, "sandbox", "the sandbox does not allow the system call %s%s%s", name, path, is_for_writing ? " for writing" : "");
    else stop(run, "sandbox", "there is no system call %ld", call);
}

static void count_task(struct run *run) {
    run->tasks++;
    if (run->tasks > run->supervision->processes)
        stop(run, "processes", "it has more than %lu processes and threads (--limit processes)", run->supervision->processes);
}

void trace_stop(struct run *run, pid_t process, int status) {
    int signal = WSTOPSIG(status), event = status >> 16;
    switch (event) {
    case 0: /* a signal on its way to the program */
        if (run->stage != RUNNING && lead_to_entry(run, process, signal)) return;
        if (run->supervision->shows_fault) observe_fault(run, process, signal);
        ptrace(PTRACE_CONT, process, NULL, signal);
        return;
    case PTRACE_EVENT_STOP:
        if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) {
            ptrace(PTRACE_LISTEN, process, NULL, NULL); /* stays stopped until SIGCONT */
            if (process == run->child) stop_together(run);
            return;
        }
        break; /* a new process */
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE: count_task(run); break;
    case PTRACE_EVENT_SECCOMP:
        stop_call(run, process);
        return; /* the call is never carried out */
    }
    ptrace(PTRACE_CONT, process, NULL, 0);
}
