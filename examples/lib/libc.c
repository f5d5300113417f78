#include "libc.h"

#include <stdarg.h>

// A system call takes its number in rax, its arguments in rdi, rsi, rdx, r10, r8, r9, and returns in rax. The kernel
// keeps all other registers but rcx and r11.
static long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

long read(int file, void *buffer, size_t size) { return system_call(0, file, (long)buffer, size, 0, 0, 0); }
long write(int file, const void *buffer, size_t size) { return system_call(1, file, (long)buffer, size, 0, 0, 0); }
int open(const char *path, int flags, int mode) { return system_call(2, (long)path, flags, mode, 0, 0, 0); }
int close(int file) { return system_call(3, file, 0, 0, 0, 0, 0); }
int pipe(int ends[2]) { return system_call(22, (long)ends, 0, 0, 0, 0, 0); }
int dup2(int file, int as) { return system_call(33, file, as, 0, 0, 0, 0); }
int chdir(const char *path) { return system_call(80, (long)path, 0, 0, 0, 0, 0); }

pid_t fork(void) { return system_call(57, 0, 0, 0, 0, 0, 0); }
int execve(const char *path, char *const argv[], char *const envp[]) {
  return system_call(59, (long)path, (long)argv, (long)envp, 0, 0, 0);
}
pid_t waitpid(pid_t child, int *status, int options) {
  return system_call(61, child, (long)status, options, 0, 0, 0);
}
void exit(int status) {
  for (;;) system_call(231, status, 0, 0, 0, 0, 0);
}

void *mmap(void *address, size_t size, int protection, int flags, int file, long offset) {
  return (void *)system_call(9, (long)address, size, protection, flags, file, offset);
}
int mprotect(void *address, size_t size, int protection) {
  return system_call(10, (long)address, size, protection, 0, 0, 0);
}
int madvise(void *address, size_t size, int advice) {
  return system_call(28, (long)address, size, advice, 0, 0, 0);
}
// Errors are the numbers from -4095 to -1: no address lies in the last page.
int failed(const void *address) { return (unsigned long)address >= -4095UL; }

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

int strncmp(const char *a, const char *b, size_t limit) {
  for (size_t i = 0; i < limit; i++) {
    if (a[i] != b[i] || !a[i]) return (unsigned char)a[i] - (unsigned char)b[i];
  }
  return 0;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, -1UL); }

// gcc calls memcpy and memset even from freestanding code; the string instructions keep it from seeing them in here.
void *memcpy(void *to, const void *from, size_t size) {
  void *end = to;
  __asm__ volatile("rep movsb" : "+D"(end), "+S"(from), "+c"(size) : : "memory");
  return to;
}

void *memset(void *to, int byte, size_t size) {
  void *end = to;
  __asm__ volatile("rep stosb" : "+D"(end), "+c"(size) : "a"(byte) : "memory");
  return to;
}

int atoi(const char *text) {
  int value = 0;
  for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (*text - '0');
  return value;
}

struct output {
  int file;
  size_t length;
  char buffer[512];
};

static void flush(struct output *output) {
  for (size_t done = 0; done < output->length;) {
    long count = write(output->file, output->buffer + done, output->length - done);
    if (count <= 0) break;
    done += count;
  }
  output->length = 0;
}

static void put(struct output *output, char c) {
  if (output->length == sizeof output->buffer) flush(output);
  output->buffer[output->length++] = c;
}

static void put_number(struct output *output, unsigned long value, unsigned base) {
  if (value >= base) put_number(output, value / base, base);
  put(output, "0123456789abcdef"[value % base]);
}

static void put_signed(struct output *output, int value) {
  if (value < 0) put(output, '-');
  put_number(output, value < 0 ? -(long)value : value, 10);
}

static void put_text(struct output *output, const char *text) {
  while (*text) put(output, *text++);
}

static void print_list(int file, const char *format, va_list list) {
  struct output output = {.file = file, .length = 0};
  for (; *format; format++) {
    if (*format != '%') {
      put(&output, *format);
      continue;
    }
    switch (*++format) {
      case 's': put_text(&output, va_arg(list, const char *)); break;
      case 'd': put_signed(&output, va_arg(list, int)); break;
      case 'u': put_number(&output, va_arg(list, unsigned long), 10); break;
      case 'x': put_number(&output, va_arg(list, unsigned long), 16); break;
      case 'c': put(&output, va_arg(list, int)); break;
      case '\0': format--; break;
      default: put(&output, *format);
    }
  }
  flush(&output);
}

void print(const char *format, ...) {
  va_list list;
  va_start(list, format);
  print_list(STDOUT, format, list);
  va_end(list);
}

void print_to(int file, const char *format, ...) {
  va_list list;
  va_start(list, format);
  print_list(file, format, list);
  va_end(list);
}
