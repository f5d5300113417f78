/*
 * What can be seen of a program that stands still: the facts are collected here, and told by the Node form
 * (src/describe.ts), which knows symbols, source lines and words.
 */
#define _GNU_SOURCE
#include "memory-file.h"
#include "supervisor.h"
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

/* Hardware breakpoint 0: the first is for execution. Bits of DR7: see Intel's manual, volume 3, 17.2.4. */
static void set_breakpoint(pid_t process, unsigned long address) {
    const size_t registers = offsetof(struct user, u_debugreg);
    if (ptrace(PTRACE_POKEUSER, process, registers, address) != 0 ||
        ptrace(PTRACE_POKEUSER, process, registers + 7 * sizeof(long), address ? 1UL : 0UL) != 0)
        die(STATUS_DEFECT, "cannot stop at the entry point: %s", strerror(errno));
}

static void write_words(FILE *file, const struct user_regs_struct *r) {
    const struct {
        const char *name;
        unsigned long long value;
    } registers[] = {
        {"rax", r->rax}, {"rbx", r->rbx}, {"rcx", r->rcx}, {"rdx", r->rdx}, {"rsi", r->rsi}, {"rdi", r->rdi},
        {"rbp", r->rbp}, {"rsp", r->rsp}, {"r8", r->r8},   {"r9", r->r9},   {"r10", r->r10}, {"r11", r->r11},
        {"r12", r->r12}, {"r13", r->r13}, {"r14", r->r14}, {"r15", r->r15}, {"rip", r->rip}, {"eflags", r->eflags},
    };
    for (size_t i = 0; i < sizeof registers / sizeof *registers; i++)
        fprintf(file, "%s\"%s\": \"0x%llx\"", i ? ", " : "", registers[i].name, registers[i].value);
}

/* Writes up to so many bytes of the program's memory, as far as there are any. */
static void write_memory(FILE *file, pid_t process, unsigned long long address, size_t size) {
    enum { PAGE = 4096 };
    unsigned char page[PAGE];
    fprintf(file, "{\"address\": \"0x%llx\", \"bytes\": \"", address);
    for (unsigned long long at = address, end = address + size; at < end;) {
        size_t count = PAGE - at % PAGE;
        if (count > end - at) count = (size_t)(end - at);
        struct iovec local = {page, count}, remote = {(void *)at, count};
        if (process_vm_readv(process, &local, 1, &remote, 1, 0) != (ssize_t)count) break;
        for (size_t i = 0; i < count; i++) fprintf(file, "%02x", page[i]);
        at += count;
    }
    fprintf(file, "\"}");
}

static void write_maps(FILE *file, pid_t process) {
    char path[64], line[8192];
    snprintf(path, sizeof path, "/proc/%d/maps", process);
    FILE *maps = fopen(path, "re");
    const char *separator = "";
    while (maps && fgets(line, sizeof line, maps)) {
        line[strcspn(line, "\n")] = 0;
        fputs(separator, file);
        write_json_text(file, line);
        separator = ", ";
    }
    if (maps) fclose(maps);
}

/* Lets the Node form tell about a process that stands still, and waits for it. */
static void describe(struct run *run, pid_t process, const siginfo_t *signal) {
    enum { LONGEST_STACK = 8 << 20, LONGEST_CODE = 16 };
    const struct supervision *wanted = run->supervision;
    struct user_regs_struct registers;
    char *text = NULL, option[32];
    size_t size = 0;
    FILE *facts = open_memstream(&text, &size);
    if (!facts || ptrace(PTRACE_GETREGS, process, NULL, &registers) != 0) return;
    fprintf(facts, "{\"program\": ");
    write_json_text(facts, run->path);
    fprintf(facts, ", \"maps\": [");
    if (wanted->shows_maps || signal) write_maps(facts, process);
    fprintf(facts, "], \"shows\": [%s%s%s%s], \"registers\": {", signal ? "\"fault\"" : "",
            !signal && wanted->shows_maps ? "\"maps\"" : "", !signal && wanted->shows_maps && wanted->shows_stack ? ", " : "",
            !signal && wanted->shows_stack ? "\"stack\"" : "");
    write_words(facts, &registers);
    fprintf(facts, "}, \"signal\": %d, \"code\": %d, \"address\": \"0x%lx\", \"instruction\": ", signal ? signal->si_signo : 0,
            signal ? signal->si_code : 0, signal ? (unsigned long)signal->si_addr : 0);
    write_memory(facts, process, registers.rip, LONGEST_CODE);
    fprintf(facts, ", \"stack\": ");
    write_memory(facts, process, registers.rsp, signal ? sizeof(long) : wanted->shows_stack ? LONGEST_STACK : 0);
    fprintf(facts, "}\n");
    fclose(facts);
    int file = memory_file("facts", text, size);
    double before = now();
    pid_t teller = file < 0 ? -1 : fork();
    if (teller == 0) {
        sigprocmask(SIG_SETMASK, &run->old_signals, NULL);
        lseek(file, 0, SEEK_SET);
        snprintf(option, sizeof option, "--describe=%d", fcntl(file, F_DUPFD, 3));
        run_node_form((char *[]){option, NULL});
    }
    if (teller > 0) while (waitpid(teller, NULL, 0) < 0 && errno == EINTR) {}
    if (file >= 0) close(file);
    free(text);
    if (run->deadline > 0) run->deadline += now() - before;
}

/* gdb, in our own process group: it and the program share the terminal. */
static void start_debugger(struct run *run, pid_t process) {
    const struct supervision *wanted = run->supervision;
    char number[16], script[PATH_MAX] = "/dev/null";
    if (wanted->debugger_folder) snprintf(script, sizeof script, "%s/commands", wanted->debugger_folder);
    snprintf(number, sizeof number, "%d", process);
    run->debugger = fork();
    if (run->debugger == 0) {
        sigprocmask(SIG_SETMASK, &run->old_signals, NULL);
        execlp("gdb", "gdb", "-q", "-iex", "set auto-load safe-path /", "-ex", "handle SIGSTOP nostop noprint nopass", "-p", number,
               "-x", script, wanted->debugged[0] ? wanted->debugged : NULL, NULL);
        dprintf(2, "%s: error: cannot start gdb: %s\n", tool, strerror(errno));
        _exit(STATUS_DEFECT);
    }
}

/* The program is where the kernel would have let it begin: nothing of the loader is left in it. */
static void at_entry(struct run *run, pid_t process, unsigned long entry) {
    const struct supervision *wanted = run->supervision;
    if (wanted->shows_maps || wanted->shows_stack) describe(run, process, NULL);
    if (!wanted->stops && !wanted->debugged) {
        ptrace(PTRACE_CONT, process, NULL, 0);
        return;
    }
    /* A debugger takes the tracer's place. */
    run->is_traced = 0;
    run->stays_stopped = 1;
    ptrace(PTRACE_DETACH, process, NULL, SIGSTOP);
    if (wanted->stops)
        dprintf(2, "%s: process %d is stopped at its entry point, 0x%lx; to look at it: gdb -p %d; to let it go on: kill -CONT %d\n",
                tool, process, entry, process, process);
    else start_debugger(run, process);
}

/*
 * Leads a program to its entry. The stub sends itself SIGSTOP before its last step, with the entry as the third
 * argument; then a breakpoint waits where the program begins. Returns whether the signal was of this kind.
 */
int lead_to_entry(struct run *run, pid_t process, int signal) {
    struct user_regs_struct registers;
    if (process != run->child || ptrace(PTRACE_GETREGS, process, NULL, &registers) != 0) return 0;
    if (run->stage == BEFORE_ENTRY && signal == SIGSTOP) {
        run->stage = BEFORE_BREAKPOINT;
        set_breakpoint(process, registers.rdx);
        ptrace(PTRACE_CONT, process, NULL, 0);
        return 1;
    }
    if (run->stage == BEFORE_BREAKPOINT && signal == SIGTRAP) {
        run->stage = RUNNING;
        set_breakpoint(process, 0);
        at_entry(run, process, registers.rip);
        return 1;
    }
    return 0;
}

/* Whether the program has a handler for a signal, or ignores it. */
static int is_caught(pid_t process, int signal) {
    char path[64], line[256];
    unsigned long mask, caught = 0;
    snprintf(path, sizeof path, "/proc/%d/status", process);
    FILE *status = fopen(path, "re");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "SigCgt: %lx", &mask) == 1 || sscanf(line, "SigIgn: %lx", &mask) == 1) caught |= mask;
    if (status) fclose(status);
    return caught >> (signal - 1) & 1;
}

/* Tells about a signal by which the processor ends the program. */
void observe_fault(struct run *run, pid_t process, int signal) {
    siginfo_t info;
    if (signal != SIGSEGV && signal != SIGBUS && signal != SIGFPE && signal != SIGILL && signal != SIGTRAP) return;
    if (ptrace(PTRACE_GETSIGINFO, process, NULL, &info) != 0 || info.si_code <= 0 || is_caught(process, signal)) return;
    describe(run, process, &info);
}
