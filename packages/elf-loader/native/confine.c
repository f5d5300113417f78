/*
 * What confines a program: limits, a filter of system calls, and folders. Limits and the filter are steps of the plan,
 * the last before the jump: the stub may still do what the program may not. A call that the filter stops is a ptrace
 * event, so that the supervisor can name it (kernel/seccomp.c, SECCOMP_RET_TRACE).
 */
#define _GNU_SOURCE
#include "front.h"
#include "room.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    int number;
} names[] = {
#include "system-call-names.h"
};

const char *system_call_name(long number) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number) return names[i].name;
    return NULL;
}

static void add_limit(struct room *room, int resource, uint64_t soft, uint64_t hard) {
    struct rlimit now;
    if (soft == NO_LIMIT) return;
    getrlimit(resource, &now);
    /* What is lower already stays. */
    if (hard > now.rlim_max) hard = now.rlim_max;
    if (soft > hard) soft = hard;
    word limit = add_bytes(room, &(struct rlimit){soft, hard}, sizeof now);
    add_step(room, SYS_prlimit64, (word)PLAN << 16, (word[6]){0, (word)resource, limit, 0});
}

static void add_limits(struct room *room, const struct supervision *supervision) {
    const struct supervision *s = supervision;
    /* At the soft limit of CPU time comes a signal that can be caught, at the hard one the end. */
    add_limit(room, RLIMIT_CPU, s->cpu, s->cpu == NO_LIMIT ? NO_LIMIT : s->cpu + 1);
    add_limit(room, RLIMIT_FSIZE, s->file, s->file);
    add_limit(room, RLIMIT_NOFILE, s->open, s->open);
    add_limit(room, RLIMIT_AS, s->memory, s->memory);
    add_limit(room, RLIMIT_CORE, s->is_sandboxed ? 0 : NO_LIMIT, 0);
}

/* --- The filter: a program of the classic BPF machine over struct seccomp_data. --- */

enum { MOST_INSTRUCTIONS = 400 };
struct filter {
    unsigned short count;
    struct sock_filter code[MOST_INSTRUCTIONS];
};

static void emit(struct filter *filter, unsigned short code, unsigned jump_true, unsigned jump_false, unsigned value) {
    if (filter->count == MOST_INSTRUCTIONS) die(STATUS_DEFECT, "internal error: the filter is too long");
    filter->code[filter->count++] = (struct sock_filter){code, (unsigned char)jump_true, (unsigned char)jump_false, value};
}

static void load(struct filter *filter, size_t offset) {
    emit(filter, BPF_LD | BPF_W | BPF_ABS, 0, 0, (unsigned)offset);
}
#define LOW(i) (offsetof(struct seccomp_data, args) + 8 * (i))
#define HIGH(i) (LOW(i) + 4)

/* If the accumulator is the value, the next `count` instructions, else what follows them. */
static void when_equal(struct filter *filter, unsigned value, unsigned count) {
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, count, value);
}
static void finish(struct filter *filter, unsigned action) {
    emit(filter, BPF_RET | BPF_K, 0, 0, action);
}

static void allow(struct filter *filter, int call) {
    when_equal(filter, (unsigned)call, 1);
    finish(filter, SECCOMP_RET_ALLOW);
}

/* Allows a call if the low half of an argument has none of the bits. */
static void allow_without_bits(struct filter *filter, int call, int argument, unsigned bits) {
    when_equal(filter, (unsigned)call, 4);
    load(filter, LOW(argument));
    emit(filter, BPF_JMP | BPF_JSET | BPF_K, 1, 0, bits);
    finish(filter, SECCOMP_RET_ALLOW);
    finish(filter, SECCOMP_RET_TRACE);
}

/* Allows a call if the low half of an argument is one of the values. */
static void allow_values(struct filter *filter, int call, int argument, const unsigned *values, unsigned count) {
    when_equal(filter, (unsigned)call, 2 + 2 * count);
    load(filter, LOW(argument));
    for (unsigned i = 0; i < count; i++) allow(filter, (int)values[i]);
    finish(filter, SECCOMP_RET_TRACE);
}

/* What a program that computes needs, and what tells it about itself. The most frequent ones come first. */
static const int harmless[] = {
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_close, SYS_fstat,
    SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_clock_gettime,
    SYS_exit, SYS_exit_group, SYS_arch_prctl, SYS_set_tid_address, SYS_set_robust_list, SYS_rseq, SYS_getrandom,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending, SYS_rt_sigsuspend, SYS_sigaltstack,
    SYS_gettimeofday, SYS_time, SYS_times, SYS_clock_getres, SYS_nanosleep, SYS_clock_nanosleep, SYS_pause,
    SYS_alarm, SYS_setitimer, SYS_getitimer, SYS_restart_syscall, SYS_sched_yield, SYS_sched_getaffinity,
    SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getgroups, SYS_getpgrp,
    SYS_getpgid, SYS_getsid, SYS_getresuid, SYS_getresgid, SYS_getrlimit, SYS_getrusage, SYS_uname, SYS_sysinfo,
    SYS_getcwd, SYS_readlink, SYS_readlinkat, SYS_stat, SYS_lstat, SYS_newfstatat, SYS_statx, SYS_access,
    SYS_faccessat, SYS_faccessat2, SYS_dup, SYS_dup2, SYS_dup3, SYS_fcntl, SYS_ftruncate, SYS_fsync,
    SYS_getdents64, SYS_pipe, SYS_pipe2, SYS_poll, SYS_ppoll, SYS_select, SYS_pselect6, SYS_epoll_create1,
    SYS_epoll_ctl, SYS_epoll_wait, SYS_epoll_pwait, SYS_eventfd2, SYS_fadvise64, SYS_umask, SYS_mincore, SYS_msync,
};

/* With more than one process: to start them and to wait for them. No namespaces: those are bits of clone's flags. */
static const int for_processes[] = {SYS_fork, SYS_vfork, SYS_wait4, SYS_waitid};
static const int for_writing[] = {
    SYS_creat, SYS_unlink, SYS_unlinkat, SYS_mkdir, SYS_mkdirat, SYS_rmdir, SYS_rename, SYS_renameat, SYS_renameat2,
    SYS_truncate, SYS_link, SYS_linkat, SYS_symlink, SYS_symlinkat, SYS_chmod, SYS_fchmod, SYS_fchmodat, SYS_utimensat,
};
#define ALLOW_ALL(filter, calls) \
    for (size_t i = 0; i < sizeof(calls) / sizeof *(calls); i++) allow(filter, (calls)[i])

static void filter_sandbox(struct filter *filter, const struct supervision *supervision) {
    const unsigned writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    const unsigned namespaces = 0x7e020080; /* CLONE_NEW*: user, pid, net, ipc, uts, cgroup, mount, time */
    const unsigned terminal[] = {TCGETS, TIOCGWINSZ, FIONREAD};
    const unsigned own[] = {(unsigned)getpid()};
    const unsigned process[] = {15, 16, 0x53564d41}; /* PR_SET_NAME, PR_GET_NAME, PR_SET_VMA */
    ALLOW_ALL(filter, harmless);
    /* A signal to itself, as abort() and raise() send; tgkill names a thread of the group. */
    allow_values(filter, SYS_kill, 0, own, 1);
    allow_values(filter, SYS_tgkill, 0, own, 1);
    allow_values(filter, SYS_ioctl, 1, terminal, 3);
    allow_values(filter, SYS_prctl, 0, process, 3);
    /* prlimit64 of any process, as long as it sets nothing: its third argument is NULL, in both halves. */
    when_equal(filter, SYS_prlimit64, 6);
    load(filter, LOW(2));
    when_equal(filter, 0, 3);
    load(filter, HIGH(2));
    when_equal(filter, 0, 1);
    finish(filter, SECCOMP_RET_ALLOW);
    finish(filter, SECCOMP_RET_TRACE);
    if (supervision->readable || supervision->writable) {
        /* Landlock says which; a folder that may be written may be read. */
        allow_without_bits(filter, SYS_open, 1, supervision->writable ? 0 : writes);
        allow_without_bits(filter, SYS_openat, 2, supervision->writable ? 0 : writes);
        allow(filter, SYS_chdir);
    }
    if (supervision->writable) ALLOW_ALL(filter, for_writing);
    if (supervision->processes != NO_LIMIT && supervision->processes > 1) {
        ALLOW_ALL(filter, for_processes);
        allow_without_bits(filter, SYS_clone, 0, namespaces);
        /* Its flags are in memory: the C library then falls back on clone. */
        when_equal(filter, SYS_clone3, 1);
        finish(filter, SECCOMP_RET_ERRNO | ENOSYS);
    }
    finish(filter, SECCOMP_RET_TRACE);
}

/* No sockets but those within this machine; io_uring could make some unseen. */
static void filter_network(struct filter *filter) {
    when_equal(filter, SYS_socket, 4);
    load(filter, LOW(0));
    when_equal(filter, 1 /* AF_UNIX */, 1);
    finish(filter, SECCOMP_RET_ALLOW);
    finish(filter, SECCOMP_RET_ERRNO | EACCES);
    when_equal(filter, SYS_io_uring_setup, 1);
    finish(filter, SECCOMP_RET_ERRNO | ENOSYS);
    finish(filter, SECCOMP_RET_ALLOW);
}

static void add_filter(struct room *room, const struct supervision *supervision) {
    struct filter filter = {0};
    const unsigned x32 = 0x40000000;
    load(&filter, offsetof(struct seccomp_data, arch));
    emit(&filter, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64);
    finish(&filter, SECCOMP_RET_KILL_PROCESS); /* the numbers of another machine's calls: int $0x80 */
    load(&filter, offsetof(struct seccomp_data, nr));
    emit(&filter, BPF_JMP | BPF_JGE | BPF_K, 0, 1, x32);
    finish(&filter, SECCOMP_RET_KILL_PROCESS);
    if (supervision->is_sandboxed) filter_sandbox(&filter, supervision);
    else filter_network(&filter);
    word code = add_bytes(room, filter.code, filter.count * sizeof *filter.code);
    struct {
        word count, code;
    } program = {filter.count, 0}; /* struct sock_fprog */
    word fprog = add_bytes(room, &program, sizeof program);
    add_step(room, SET, (word)PLAN | (word)PLAN << 8, (word[6]){fprog + 8, code});
    add_step(room, SYS_prctl, 0, (word[6]){PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0});
    add_step(room, SYS_prctl, (word)PLAN << 16, (word[6]){PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fprog});
}

/* --- Landlock: rights of include/uapi/linux/landlock.h, some of which are younger than the headers of this machine. --- */

enum { EXECUTE = 1 << 0, WRITE_FILE = 1 << 1, READ_FILE = 1 << 2, READ_DIR = 1 << 3, TRUNCATE = 1 << 14 };
enum { OF_FOLDERS = 0x3ff0 /* remove, make and rename in a folder */, READ = READ_FILE | READ_DIR };
enum { ADD_RULE_PATH = 1, VERSION = 1 };

static void add_rule(int rules, const char *path, uint64_t rights, int must_exist) {
    struct stat stat;
    struct {
        uint64_t rights;
        int folder;
    } __attribute__((packed)) rule = {rights, open(path, O_PATH | O_CLOEXEC)};
    if (rule.folder < 0 || fstat(rule.folder, &stat) != 0) {
        if (must_exist) die(STATUS_DEFECT, "cannot open %s: %s", path, strerror(errno));
        return;
    }
    if (!S_ISDIR(stat.st_mode)) rule.rights &= EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE;
    if (rule.rights != 0 && syscall(SYS_landlock_add_rule, rules, ADD_RULE_PATH, &rule, 0) != 0)
        die(STATUS_DEFECT, "cannot allow %s: %s", path, strerror(errno));
    close(rule.folder);
}

static void restrict_files(const struct program *program, const struct supervision *supervision) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION);
    if (version < 1) {
        if (supervision->is_best_effort) return;
        die(STATUS_DEFECT, "--read and --write need Landlock, which this kernel does not have\n"
                           ">>> hint: --best-effort runs the program without");
    }
    uint64_t known = version >= 3 ? 0x7fff : version == 2 ? 0x3fff : 0x1fff;
    uint64_t writes = (WRITE_FILE | OF_FOLDERS | TRUNCATE) & known;
    uint64_t handled = writes | (supervision->readable ? READ : 0);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0) die(STATUS_DEFECT, "cannot restrict files: %s", strerror(errno));
    for (const char **path = supervision->readable; path && *path; path++) add_rule(rules, *path, READ & handled, 1);
    for (const char **path = supervision->writable; path && *path; path++)
        add_rule(rules, *path, writes | (READ & handled), 1);
    /* The stub must be able to open the program itself. */
    const char *path = program->paths;
    for (uint64_t i = 0; i < program->file_count; i++, path += strlen(path) + 1)
        add_rule(rules, path, READ_FILE & handled, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        die(STATUS_DEFECT, "cannot restrict files: %s", strerror(errno));
    close(rules);
}

/* The stub stops before its last step; the tracer reads the entry, where the program will begin, from a register. */
static void add_stop(struct room *room) {
    word uses = (room->jump->uses & 0xff) << 16;
    add_step(room, SYS_kill, uses, (word[6]){(word)getpid(), SIGSTOP, room->jump->arguments[0]});
}

void confine(struct program *program, const struct supervision *supervision, int stops) {
    struct room room = open_room(program);
    add_limits(&room, supervision);
    if (supervision->readable || supervision->writable) restrict_files(program, supervision);
    if (supervision->is_sandboxed || supervision->has_no_network) {
        if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0) add_filter(&room, supervision);
        else if (!supervision->is_best_effort)
            die(STATUS_DEFECT, "--sandbox and --no-network need seccomp, which this kernel does not have\n"
                               ">>> hint: --best-effort runs the program without");
    }
    if (stops) add_stop(&room);
}
