/* What a hostile program tries; 0 if it succeeds, 4 if it is told that it may not. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
static void *nothing(void *argument) { return argument; }
static int opens(const char *path, int flags) { return open(path, flags, 0644) < 0 ? 4 : 0; }
int main(int argc, char **argv) {
  const char *what = argv[1];
  #define TRY(name) if (!strcmp(what, name))
  TRY("compute") { void *p = malloc(1 << 20); printf("%d\n", p != NULL); return 23; }
  TRY("environment") { int n = 0; while (environ[n]) n++; return n; }
  TRY("read") return opens("/etc/passwd", O_RDONLY);
  TRY("write") return opens("written/x", O_WRONLY | O_CREAT);
  TRY("remove") return unlink("written/x") ? 4 : 0;
  TRY("memory of its own") return opens("/proc/self/mem", O_RDWR);
  TRY("socket") return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 4 : 0;
  TRY("local socket") return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 4 : 0;
  TRY("io_uring") return syscall(425, 1, NULL) < 0 && argc < 3 ? 4 : 0;
  TRY("fork") { if (!fork()) _exit(0); wait(NULL); return 0; }
  TRY("fork bomb") for (;;) fork();
  TRY("thread") { pthread_t t; return pthread_create(&t, NULL, nothing, NULL) || pthread_join(t, NULL) ? 4 : 0; }
  TRY("memory bomb") for (;;) { char *p = malloc(1 << 20); if (!p) return 4; memset(p, 1, 1 << 20); }
  TRY("loop") for (;;) {}
  TRY("sleep") for (;;) pause();
  TRY("flood") for (;;) puts("flood");
  TRY("large file") { FILE *f = fopen("written/x", "w"); for (int i = 0; f && i < 1 << 20; i++) fputs("large", f); return 0; }
  TRY("open files") { int n = 0; while (open("/", O_RDONLY) >= 0) n++; return n < 16 ? 4 : 0; }
  TRY("kill the parent") { kill(getppid(), SIGKILL); return 0; }
  TRY("kill all") { kill(-1, SIGTERM); return 0; }
  TRY("ptrace") return ptrace(PTRACE_ATTACH, getppid(), 0, 0) < 0 ? 4 : 0;
  TRY("execve") { execl("/bin/sh", "sh", "-c", "exit 0", NULL); return 4; }
  TRY("another machine") { int r; asm volatile("int $0x80" : "=a"(r) : "a"(20)); return 0; }
  TRY("x32") return syscall(0x40000000 | 39) < 0 ? 4 : 0;
  TRY("abort") abort();
  TRY("stay") { if (!fork()) { setsid(); if (!fork()) { sleep(60); } _exit(0); } wait(NULL); return 0; }
  TRY("comet") { if (!fork()) { setsid(); for (;;) if (fork()) _exit(0); } sleep(1); return 0; }
  TRY("stop") { raise(SIGSTOP); return 5; }
  TRY("stop from afar") { if (!fork()) { setsid(); kill(getppid(), SIGSTOP); _exit(0); } for (;;) pause(); }
  TRY("forge") { FILE *f = fopen("meta.json", "w"); fprintf(f, "%5000d", 1); fclose(f); return 5; }
  TRY("exchange") { unlink("meta.json"); return symlink("/etc/passwd", "meta.json") ? 4 : 5; }
  return 99;
}
