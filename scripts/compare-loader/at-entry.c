/*
 * Compares a process at its entry point under execve with one under the loader, without random addresses:
 *   at-entry [--no-gadget] LOADER... -- PROGRAM...
 * Each program is run by execve to the stop behind it, and by the loader to a breakpoint at the same address. Printed
 * is a line for each: "equal", "skipped: why" or the first difference. With --no-gadget the vdso loses the code by which
 * the loader's stub leaves, as if the kernel had been built otherwise: a page of the stub must stay, and nothing else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGEST = 1 << 20, AT_RANDOM_TYPE = 25, AT_VDSO_TYPE = 33, RANDOM_SIZE = 16, VDSO_SIZE = 4096 };

static int has_no_gadget;

/* All that is compared. Texts are as /proc gives them. */
struct image {
    char maps[LARGEST], auxv[4096], stat[512], comm[64], command_line[4096], exe[4096], stack[LARGEST];
    size_t maps_size, auxv_size, command_line_size, stack_size;
    struct user_regs_struct registers;
    struct user_fpregs_struct floating;
};
static struct image native, loaded;

static size_t read_proc(pid_t process, const char *name, char *into, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", process, name);
    int file = open(path, O_RDONLY);
    size_t length = 0;
    for (ssize_t count; file >= 0 && (count = read(file, into + length, size - 1 - length)) > 0;) length += (size_t)count;
    if (file >= 0) close(file);
    into[length] = 0;
    return length;
}

/* Fields of /proc/PID/stat that say addresses: 26 to 28 and 45 to 51. */
static void read_stat(pid_t process, char *into) {
    char text[2048], *field;
    read_proc(process, "stat", text, sizeof text);
    *into = 0;
    int number = 3;
    field = strrchr(text, ')');
    for (field = field ? strtok(field + 2, " ") : NULL; field; field = strtok(NULL, " "), number++)
        if ((number >= 26 && number <= 28) || (number >= 45 && number <= 51)) strcat(strcat(into, field), " ");
}

static void capture(pid_t process, struct image *image) {
    memset(image, 0, sizeof *image);
    image->maps_size = read_proc(process, "maps", image->maps, sizeof image->maps);
    image->auxv_size = read_proc(process, "auxv", image->auxv, sizeof image->auxv);
    image->command_line_size = read_proc(process, "cmdline", image->command_line, sizeof image->command_line);
    read_proc(process, "comm", image->comm, sizeof image->comm);
    read_stat(process, image->stat);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/exe", process);
    if (readlink(path, image->exe, sizeof image->exe - 1) < 0) image->exe[0] = 0;
    ptrace(PTRACE_GETREGS, process, NULL, &image->registers);
    ptrace(PTRACE_GETFPREGS, process, NULL, &image->floating);
    const char *line = strstr(image->maps, "[stack]");
    unsigned long start = 0, end = 0;
    while (line && line > image->maps && line[-1] != '\n') line--;
    if (line) sscanf(line, "%lx-%lx", &start, &end);
    unsigned long sp = image->registers.rsp;
    if (sp < start || sp >= end || end - sp > LARGEST) return;
    image->stack_size = end - sp;
    process_vm_readv(process, &(struct iovec){image->stack, end - sp}, 1, &(struct iovec){(void *)sp, end - sp}, 1, 0);
    /* The random bytes are random. */
    for (unsigned long *entry = (void *)image->auxv; entry[0]; entry += 2)
        if (entry[0] == AT_RANDOM_TYPE && entry[1] >= sp && entry[1] + RANDOM_SIZE <= end)
            memset(image->stack + (entry[1] - sp), 0, RANDOM_SIZE);
    /* Not of the program: the call that the process was in, and flags of the last calculation. */
    image->registers.orig_rax = 0;
    image->registers.eflags = 0;
}

static void end(pid_t process) {
    kill(process, SIGKILL);
    waitpid(process, NULL, __WALL);
}

/* Starts a command under our eyes, to the stop behind its execve. Returns 0, with errno, if there is none. */
static pid_t start(char **words) {
    int ends[2], error = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) exit(2);
    pid_t process = fork();
    if (process == 0) {
        int nothing = open("/dev/null", O_RDWR);
        for (int i = 0; i < 2; i++) dup2(nothing, i);
        close(nothing);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        personality(ADDR_NO_RANDOMIZE);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(words[0], words);
        error = errno;
        if (write(ends[1], &error, sizeof error)) {}
        _exit(127);
    }
    close(ends[1]);
    int status;
    waitpid(process, &status, __WALL);
    ssize_t size = WIFSTOPPED(status) ? 0 : read(ends[0], &error, sizeof error);
    close(ends[0]);
    if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP) {
        ptrace(PTRACE_SETOPTIONS, process, NULL, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
        return process;
    }
    if (WIFSTOPPED(status)) end(process);
    errno = size > 0 ? error : 0;
    return 0;
}

static void set_breakpoint(pid_t process, unsigned long address) {
    const size_t registers = offsetof(struct user, u_debugreg);
    ptrace(PTRACE_POKEUSER, process, registers, address);
    ptrace(PTRACE_POKEUSER, process, registers + 7 * sizeof(long), 1UL);
}

/* Makes each `syscall` in the vdso of a process an `ud2`. */
static void remove_gadgets(pid_t process) {
    unsigned long auxv[512] = {0}, vdso = 0;
    unsigned char code[VDSO_SIZE];
    read_proc(process, "auxv", (char *)auxv, sizeof auxv);
    for (unsigned long *entry = auxv; *entry; entry += 2)
        if (*entry == AT_VDSO_TYPE) vdso = entry[1];
    for (size_t i = 0; i < sizeof code; i += sizeof(long)) {
        long word = ptrace(PTRACE_PEEKDATA, process, vdso + i, NULL);
        memcpy(code + i, &word, sizeof word);
    }
    for (size_t i = 0; i + 1 < sizeof code; i++)
        if (code[i] == 0x0f && code[i + 1] == 0x05) code[i + 1] = 0x0b;
    for (size_t i = 0; i < sizeof code; i += sizeof(long)) {
        long word;
        memcpy(&word, code + i, sizeof word);
        ptrace(PTRACE_POKEDATA, process, vdso + i, word);
    }
}

/* Takes the line of the page that the stub leaves out of the maps; where there is none they stay as they are. */
static void forget_stub(struct image *image) {
    unsigned long start, end;
    char *line = image->maps;
    for (char *next; *line; line = next) {
        next = strchr(line, '\n') + 1;
        static const char anonymous[] = " r-xp 00000000 00:00 0 \n";
        if (sscanf(line, "%lx-%lx", &start, &end) != 2 || end - start != 4096) continue;
        if (strncmp(strchr(line, ' '), anonymous, sizeof anonymous - 1) != 0) continue;
        memmove(line, next, strlen(next) + 1);
        image->maps_size -= (size_t)(next - line);
        return;
    }
    strcpy(image->maps, "no page of the stub");
}

/* Runs the loader up to an address in the program; 0 if it never comes there. */
static pid_t load(char **words, unsigned long entry, int *status) {
    pid_t process = start(words);
    if (process == 0) return 0;
    for (int signal = 0, is_stub = 0;;) {
        ptrace(PTRACE_CONT, process, NULL, signal);
        waitpid(process, status, __WALL);
        if (!WIFSTOPPED(*status)) return 0;
        signal = WSTOPSIG(*status);
        if (*status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
            is_stub = 1;
            if (has_no_gadget) remove_gadgets(process);
            set_breakpoint(process, entry);
            signal = 0;
        } else if (is_stub && signal == SIGTRAP) return process;
    }
}

static int differ(const char *what, const void *a, size_t a_size, const void *b, size_t b_size) {
    if (a_size == b_size && memcmp(a, b, a_size) == 0) return 0;
    size_t at = 0, shorter = a_size < b_size ? a_size : b_size;
    while (at < shorter && ((const char *)a)[at] == ((const char *)b)[at]) at++;
    printf("%s differs at byte %zu of %zu and %zu", what, at, a_size, b_size);
    if (*what == '/') printf(": '%.80s' and '%.80s'", (const char *)a + at, (const char *)b + at);
    printf("\n");
    return 1;
}

static void compare(char **words, int program_at) {
    struct stat stat_;
    char *program = words[program_at];
    if (stat(program, &stat_) == 0 && stat_.st_mode & (S_ISUID | S_ISGID)) {
        printf("skipped: set-id\n");
        return;
    }
    pid_t process = start(words + program_at);
    if (process == 0) {
        printf("skipped: execve fails: %s\n", strerror(errno));
        return;
    }
    capture(process, &native);
    end(process);
    int status = 0;
    process = load(words, native.registers.rip, &status);
    if (process == 0) {
        if (WIFSIGNALED(status)) printf("the loader is killed by %s\n", strsignal(WTERMSIG(status)));
        else printf("the loader ends with status %d\n", WEXITSTATUS(status));
        return;
    }
    capture(process, &loaded);
    end(process);
    if (has_no_gadget) forget_stub(&loaded);
    if (differ("/maps", native.maps, native.maps_size, loaded.maps, loaded.maps_size) ||
        differ("auxv", native.auxv, native.auxv_size, loaded.auxv, loaded.auxv_size) ||
        differ("registers", &native.registers, sizeof native.registers, &loaded.registers, sizeof loaded.registers) ||
        differ("floating point", &native.floating, sizeof native.floating, &loaded.floating, sizeof loaded.floating) ||
        differ("stack", native.stack, native.stack_size, loaded.stack, loaded.stack_size) ||
        differ("/stat", native.stat, strlen(native.stat), loaded.stat, strlen(loaded.stat)) ||
        differ("/comm", native.comm, strlen(native.comm), loaded.comm, strlen(loaded.comm)) ||
        differ("/cmdline", native.command_line, native.command_line_size, loaded.command_line, loaded.command_line_size))
        return;
    /* Only root may change it. */
    if (geteuid() == 0 && differ("/exe", native.exe, strlen(native.exe), loaded.exe, strlen(loaded.exe))) return;
    printf("equal\n");
}

int main(int count, char **words) {
    has_no_gadget = count > 1 && strcmp(words[1], "--no-gadget") == 0;
    words += has_no_gadget;
    count -= has_no_gadget;
    int separator = 1;
    while (separator < count && strcmp(words[separator], "--") != 0) separator++;
    int loader_words = separator - 1;
    char *command[64] = {0};
    if (loader_words < 1 || loader_words > 60) return 2;
    memcpy(command, words + 1, (size_t)loader_words * sizeof *command);
    for (int i = separator + 1; i < count; i++) {
        command[loader_words] = words[i];
        compare(command, loader_words);
        fflush(stdout);
    }
    return 0;
}
