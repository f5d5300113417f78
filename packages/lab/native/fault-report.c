// Runs before a program of a lab: has SIGSEGV reported on stderr as the labs' loader does, and then lets the program
// die of it. Freestanding; the two words before the code are filled in when the program is loaded.

typedef unsigned long word;

struct action {
  void (*handler)(int, void *, void *);
  word flags;
  void (*restorer)(void);
  word mask;
};

struct stack {
  void *start;
  int flags;
  word size;
};

enum { SYS_write = 1, SYS_rt_sigaction = 13, SYS_rt_sigreturn = 15, SYS_sigaltstack = 131 };
enum { SIGSEGV = 11, SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000 };
static const word SA_RESETHAND = 0x80000000;

// Indices in the machine registers of a ucontext (asm/sigcontext.h), which begin behind 40 bytes.
enum { REG_RSP = 15, REG_RIP = 16, REG_ERROR = 19 };

// Where the program begins, and the end of a page-aligned piece of memory for the handler's stack. `_start` follows.
__asm__(
    ".section .text.first, \"ax\"\n"
    "entry: .quad 0\n"
    "stack_start: .quad 0\n"
    ".globl _start\n"
    "_start:\n"
    "  push %rdi\n"
    "  push %rsi\n"
    "  push %rdx\n"
    "  mov stack_start(%rip), %rdi\n"
    "  call install\n"
    "  pop %rdx\n"
    "  pop %rsi\n"
    "  pop %rdi\n"
    // What the loader has made 0, the program finds 0.
    "  xor %eax, %eax\n"
    "  xor %ecx, %ecx\n"
    "  xor %r8d, %r8d\n"
    "  xor %r9d, %r9d\n"
    "  xor %r10d, %r10d\n"
    "  xor %r11d, %r11d\n"
    "  jmp *entry(%rip)\n"
    "restore:\n"
    "  mov $15, %eax\n"
    "  syscall\n"
    ".text\n");

extern void restore(void) __attribute__((visibility("hidden")));

static long call(long number, long a, long b, long c, long d) {
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return result;
}

static char *append(char *to, const char *text) {
  while (*text) *to++ = *text++;
  return to;
}

static char *append_hexadecimal(char *to, word value) {
  to = append(to, "0x");
  int digits = 1;
  while (digits < 16 && value >> (4 * digits)) digits++;
  while (digits-- > 0) {
    int digit = (value >> (4 * digits)) & 15;
    *to++ = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
  }
  return to;
}

static char *append_decimal(char *to, word value) {
  char digits[20];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while (value /= 10);
  while (count > 0) *to++ = digits[--count];
  return to;
}

static void print(const char *text, const char *end) { call(SYS_write, 2, (long)text, end - text, 0); }

// Returns into the instruction that failed. It fails again, and by then the signal has its usual effect.
static void report(int signal, void *info, void *context) {
  (void)signal;
  const word *registers = (const word *)((char *)context + 40);
  char text[160];
  char *end = append(text, "Caught SIGSEGV at address: ");
  end = append_hexadecimal(end, *(word *)((char *)info + 16));
  end = append(end, "\nError code: ");
  end = append_decimal(end, registers[REG_ERROR]);
  end = append(end, "\nInstruction at: ");
  end = append_hexadecimal(end, registers[REG_RIP]);
  end = append(end, "\n");
  print(text, end);
  // The stack itself may be what cannot be read: then this is the end.
  end = append(text, "Likely return address: ");
  end = append_hexadecimal(end, *(const word *)registers[REG_RSP]);
  end = append(end, "\n");
  print(text, end);
}

__attribute__((used)) static void install(char *stack_start) {
  struct stack stack = {stack_start, 0, 65536};
  call(SYS_sigaltstack, (long)&stack, 0, 0, 0);
  // One by one: a whole one would be copied from data, which holds addresses and needs a linker.
  struct action action;
  action.handler = report;
  action.flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_RESTORER;
  action.restorer = restore;
  action.mask = 0;
  call(SYS_rt_sigaction, SIGSEGV, (long)&action, 0, 8);
}
