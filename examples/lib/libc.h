// As much of a C library as the examples need: system calls under their names, and printing.
// A system call that fails returns minus the number of the error (-2 is ENOENT), as the kernel says it.
#pragma once

typedef unsigned long size_t;
typedef int pid_t;

enum { STDIN, STDOUT, STDERR };

// System calls.
long read(int file, void *buffer, size_t size);
long write(int file, const void *buffer, size_t size);
enum { O_RDONLY = 0, O_WRONLY = 01, O_CREAT = 0100, O_TRUNC = 01000 };
int open(const char *path, int flags, int mode);
int close(int file);
int pipe(int ends[2]); // ends[0] is read from what is written to ends[1]
int dup2(int file, int as);
int chdir(const char *path);

pid_t fork(void);
int execve(const char *path, char *const argv[], char *const envp[]);
pid_t waitpid(pid_t child, int *status, int options);
#define EXITED(status) (((status) & 0x7f) == 0)
#define EXIT_STATUS(status) (((status) >> 8) & 0xff)
#define SIGNAL(status) ((status) & 0x7f)
__attribute__((noreturn)) void exit(int status);

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_PRIVATE = 0x02, MAP_ANONYMOUS = 0x20, MAP_NORESERVE = 0x4000 };
void *mmap(void *address, size_t size, int protection, int flags, int file, long offset);
int mprotect(void *address, size_t size, int protection);
enum { MADV_NOHUGEPAGE = 15 };
int madvise(void *address, size_t size, int advice);
int failed(const void *address); // whether what mmap returned is an error

// Strings.
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int atoi(const char *text);

// Prints with %s (string), %d (int), %u and %x (unsigned long, decimal and hexadecimal), %c and %%. One call is one
// write system call as long as the text is short, so that lines of several processes do not mix.
void print(const char *format, ...);
void print_to(int file, const char *format, ...);
