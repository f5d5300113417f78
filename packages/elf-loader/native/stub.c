/*
 * The stub: what is left of the loader once execve has thrown Node away. It knows nothing of ELF or FLE. It carries
 * out a list of steps - most are system calls - that the planner appended to its code, then leaves the address space
 * and jumps to the program.
 *
 * Its image, as src/stub-image.ts puts it together, is one segment: a page with an ELF header and this code, the plan. The
 * memory behind it is anonymous. Everything is copied there first (stage two), so that the file can be unmapped: while a
 * file is mapped the kernel refuses to change /proc/self/exe. No libc, no data, no bss. fle-ld links it for an address
 * where it may run, but it runs at any.
 */
#include "plan.h"

enum { AT_RANDOM = 25, AT_EXECFN = 31, AT_PLATFORM = 15, AT_SYSINFO_EHDR = 33 };
enum { PROT_READ = 1, PROT_EXEC = 4 };
enum { SYS_write = 1, SYS_mprotect = 10, SYS_munmap = 11, SYS_getpid = 39, SYS_kill = 62, SYS_getrandom = 318, SIGSEGV = 11 };
enum { PAGE = 4096, RANDOM_BYTES = 16 };

/* Where it lies: in the page behind the one of this code, as the linker is told (build.mjs). */
extern const word plan[] __attribute__((visibility("hidden")));

/*
 * Stage one: copy the code and the plan, go on in the copy, on a stack of our own: the one that the kernel made will be
 * rebuilt. "leave" is used where the vdso has no such code (see find_gadget).
 */
asm(".text\n"
    ".globl start\n"
    "start: mov %rsp, %rdx\n"
    "  lea start(%rip), %rsi\n"
    "  mov plan(%rip), %rcx\n"
    "  mov plan + 8(%rip), %rdi\n"
    "  lea second(%rip), %rax\n"
    "  add %rdi, %rax\n"
    "  add %rsi, %rdi\n"
    "  cld\n"
    "  rep movsb\n"
    "  jmp *%rax\n"
    "second: mov plan + 16(%rip), %rsp\n"
    "  mov %rdx, %rdi\n"
    "  call run\n"
    "leave: syscall\n"
    "  xor %edx, %edx\n"
    "  xor %ecx, %ecx\n"
    "  xor %esi, %esi\n"
    "  xor %edi, %edi\n"
    "  xor %r11d, %r11d\n"
    "  ret\n");
extern const unsigned char leave[] __attribute__((visibility("hidden")));
#define FIRST_PAGE ((word)leave & -(word)PAGE)

static long system_call(word number, const word a[6]) {
    register word r10 asm("r10") = a[3];
    register word r8 asm("r8") = a[4];
    register word r9 asm("r9") = a[5];
    long result;
    asm volatile("syscall"
                 : "=a"(result)
                 : "0"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return result;
}

static void copy(void *to, const void *from, word count) {
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

static void copy_backwards(char *to, const char *from, word count) {
    to += count - 1;
    from += count - 1;
    asm volatile("std; rep movsb; cld" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

static void zero(void *to, word count) {
    asm volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(0) : "memory");
}

static word length(const char *text) {
    word count = 0;
    while (text[count]) count++;
    return count;
}

/* Writes a text of the plan to stderr. */
static void print(word offset) {
    const char *text = (const char *)plan + offset;
    system_call(SYS_write, (word[6]){2, (word)text, length(text)});
}

/* Writes a number to stderr: one digit as it is, others in hexadecimal. */
static void print_number(word value) {
    char text[2 + 16], *end = text + sizeof text, *at = end;
    do {
        *--at = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    if (end - at > 1 || *at > '9') {
        *--at = 'x';
        *--at = '0';
    }
    system_call(SYS_write, (word[6]){2, (word)at, (word)(end - at)});
}

/* Writes a call to stderr; bytes from 1 to 6 stand for its arguments. */
static void print_call(word offset, const word *arguments) {
    const char *text = (const char *)plan + offset;
    while (*text) {
        word count = 0;
        while (text[count] > 6 || text[count] < 0) count++;
        system_call(SYS_write, (word[6]){2, (word)text, count});
        text += count;
        if (*text) print_number(arguments[*text++ - 1]);
    }
}

static word reason_of(word error) {
    const word *reason = (const word *)((const char *)plan + plan[REASONS]);
    while (*reason && *reason != error) reason += 2;
    return reason[1];
}

/* Writes what came of a traced step to stderr. */
static void print_result(const struct step *step, long result) {
    static const char equals[] = " = ", end[] = "\n";
    if (result < 0 && result > -PAGE) return print(reason_of((word)-result));
    if (step->result || step->operation < SET) {
        system_call(SYS_write, (word[6]){2, (word)equals, sizeof equals - 1});
        print_number((word)result);
    }
    system_call(SYS_write, (word[6]){2, (word)end, sizeof end - 1});
}

/* Says what failed, and why, and dies as the kernel lets a program die whose execve fails beyond the point of no return. */
static void fail(word text, word error) {
    print(text);
    print(reason_of(error));
    word process = (word)system_call(SYS_getpid, (word[6]){0});
    for (;;) system_call(SYS_kill, (word[6]){process, SIGSEGV});
}

/* A random number below a count. */
static word draw(word count) {
    word number = 0;
    system_call(SYS_getrandom, (word[6]){(word)&number, sizeof number});
    return number % count;
}

/*
 * Builds the stack as create_elf_tables() of fs/binfmt_elf.c does, in the stack that the kernel made for the stub:
 * from the top down 8 zero bytes, the program's name, the strings of the environment and of the arguments (they are
 * there already and only move), a gap, the platform's name, AT_RANDOM's bytes, and the tables. `changes` are
 * pairs (type, value) for auxv, ended by type 0. Sets the variables that tell where things are.
 */
static void build_stack(const word *kernel, const char *name, const word *changes, word gap, word *variables) {
    word count = *kernel + 2;
    while (kernel[count]) count++;
    word vectors = ++count;
    const word *old_auxv = kernel + vectors;
    const char *old_name = 0, *platform = 0, *random_bytes = 0;
    for (const word *entry = old_auxv; *entry; entry += 2) {
        if (entry[0] == AT_EXECFN) old_name = (const char *)entry[1];
        if (entry[0] == AT_PLATFORM) platform = (const char *)entry[1];
        if (entry[0] == AT_RANDOM) random_bytes = (const char *)entry[1];
        count += 2;
    }
    count += 2;

    /* What stands where the new tables may come to lie. */
    word *tables = (word *)plan[SCRATCH];
    char saved[PAGE / 16 + RANDOM_BYTES];
    copy(tables, kernel, count * sizeof(word));
    word platform_size = platform ? length(platform) + 1 : 0;
    if (platform_size > PAGE / 16) platform_size = 0;
    copy(saved, random_bytes, RANDOM_BYTES);
    copy(saved + RANDOM_BYTES, platform, platform_size);

    char *top = (char *)old_name + length(old_name) + 1 + sizeof(word);
    char *new_name = top - sizeof(word) - (length(name) + 1);
    char *strings = (char *)kernel[1];
    word strings_size = (word)(old_name - strings);
    word shift = (word)(new_name - old_name);
    if (new_name < old_name) copy(strings + shift, strings, strings_size);
    else copy_backwards(strings + shift, strings, strings_size);
    copy(new_name, name, length(name) + 1);
    strings += shift;

    word at = ((word)strings - gap) & ~15UL;
    at -= platform_size;
    word new_platform = at;
    at -= RANDOM_BYTES;
    word new_random_bytes = at;
    word *stack = (word *)((at - count * sizeof(word)) & ~15UL);
    char *lowest = (char *)(stack < kernel ? stack : kernel);
    zero(lowest, (word)(strings - lowest));
    copy((void *)new_random_bytes, saved, RANDOM_BYTES);
    copy((void *)new_platform, saved + RANDOM_BYTES, platform_size);

    /* argc, then the pointers, which move with their strings; auxv. */
    for (word i = 1; i < vectors; i++) stack[i] = tables[i] ? tables[i] + shift : 0;
    stack[0] = tables[0];
    for (word i = vectors; i < count; i += 2) {
        word type = tables[i];
        word value = tables[i + 1];
        if (type == AT_EXECFN) value = (word)new_name;
        if (type == AT_PLATFORM) value = new_platform;
        if (type == AT_RANDOM) value = new_random_bytes;
        if (type == AT_SYSINFO_EHDR) value = variables[VDSO];
        for (const word *change = changes; *change; change += 2)
            if (*change == type) value = change[1];
        stack[i] = type;
        stack[i + 1] = value;
    }
    variables[STACK_POINTER] = (word)stack;
    variables[STACK_TOP] = (word)top;
    variables[ARGUMENTS] = (word)strings;
    variables[ARGUMENTS_END] = variables[ENVIRONMENT] = stack[stack[0] + 2] ? stack[stack[0] + 2] : (word)new_name;
    variables[ENVIRONMENT_END] = (word)new_name;
    variables[AUXV] = (word)(stack + vectors);
    variables[AUXV_SIZE] = (count - vectors) * sizeof(word);
}

/*
 * Finds `syscall`, then nothing but xors of a register with itself, then `ret` in the vdso: code that is mapped in
 * every process and can unmap the last of us. The xors clear what the system call leaves in registers.
 */
static const unsigned char *find_gadget(const unsigned char *vdso) {
    for (word i = 0; vdso && i + 32 < PAGE; i++) {
        const unsigned char *code = vdso + i;
        if (code[0] != 0x0f || code[1] != 0x05) continue;
        word n = 2;
        while (n < 24) {
            if (code[n] == 0x45) n++;
            if (code[n] != 0x31 || (code[n + 1] & 0xc0) != 0xc0) break;
            n += 2;
        }
        if (code[n] == 0xc3) return code;
    }
    return 0;
}

/* Leaves: unmaps our memory with all registers 0 and "returns" to the entry with the program's stack. */
static void enter(word entry, const word *variables) {
    word start = FIRST_PAGE, size = plan[WORK_STACK] - FIRST_PAGE;
    const unsigned char *gadget = find_gadget((const unsigned char *)variables[VDSO]);
    if (!gadget) {
        /* Our first page stays, for no other code could unmap it. */
        system_call(SYS_mprotect, (word[6]){start, PAGE, PROT_READ | PROT_EXEC});
        gadget = leave;
        start += PAGE;
        size -= PAGE;
    }
    word *stack = (word *)variables[STACK_POINTER];
    stack[-1] = entry;
    stack[-2] = (word)gadget;
    asm volatile("mov %0, %%rsp\n"
                 "xor %%ebx, %%ebx\n xor %%ecx, %%ecx\n xor %%edx, %%edx\n xor %%ebp, %%ebp\n"
                 "xor %%r8d, %%r8d\n xor %%r9d, %%r9d\n xor %%r10d, %%r10d\n xor %%r11d, %%r11d\n"
                 "xor %%r12d, %%r12d\n xor %%r13d, %%r13d\n xor %%r14d, %%r14d\n xor %%r15d, %%r15d\n"
                 "ret"
                 :
                 : "r"(stack - 2), "a"((word)SYS_munmap), "D"(start), "S"(size)
                 : "memory");
    __builtin_unreachable();
}

__attribute__((used)) static void run(const word *kernel_stack) {
    word variables[VARIABLES];
    zero(variables, sizeof variables);
    variables[PLAN] = (word)plan;
    system_call(SYS_munmap, (word[6]){FIRST_PAGE - plan[COPY_DISTANCE], plan[COPY_DISTANCE]});
    const word *auxv = kernel_stack + *kernel_stack + 2;
    while (*auxv++) {}
    for (; *auxv; auxv += 2)
        if (*auxv == AT_SYSINFO_EHDR) variables[VDSO] = auxv[1];

    const struct step *step = (const struct step *)((const char *)plan + plan[STEPS]);
    for (word i = 0; i < plan[STEP_COUNT]; i++, step++) {
        word a[6];
        for (int k = 0; k < 6; k++) a[k] = step->arguments[k] + variables[(step->uses >> 8 * k) & (VARIABLES - 1)];
        long result = 0;
        if (step->trace) print_call(step->trace, a);
        switch (step->operation) {
        case SET: *(word *)a[0] = a[1]; break;
        case ZERO: zero((void *)a[0], a[1]); break;
        case COPY: copy((void *)a[0], (const void *)a[1], a[2]); break;
        case MASK: result = (long)(a[0] & a[1]); break;
        case DRAW: result = (long)(a[0] + draw(a[1]) * a[2]); break;
        case BUILD_STACK: build_stack(kernel_stack, (const char *)a[0], (const word *)a[1], a[2], variables); break;
        case ENTER: enter(a[0], variables); break;
        case NOTHING: break;
        default: result = system_call(step->operation, a);
        }
        if (step->trace) print_result(step, result);
        if (result < 0 && result > -PAGE && step->failure) fail(step->failure, (word)-result);
        variables[step->result & (VARIABLES - 1)] = (word)result;
        variables[NONE] = 0;
    }
}
