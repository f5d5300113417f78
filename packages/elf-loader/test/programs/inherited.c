/* What a process inherits. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
static char buffer[1 << 16];
static long show(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  long size = read(file, buffer, sizeof buffer - 1);
  close(file);
  buffer[size < 0 ? 0 : size] = 0;
  return size;
}
int main(int argc, char **argv) {
  show("/proc/self/status");
  for (char *line = strtok(buffer, "\n"); line; line = strtok(NULL, "\n"))
    if ((!strncmp(line, "Sig", 3) && line[3] != 'Q') || !strncmp(line, "Shd", 3) || !strncmp(line, "Name", 4) ||
        !strncmp(line, "NoNewPrivs", 10) || !strncmp(line, "Threads", 7) || !strncmp(line, "Seccomp", 7))
      puts(line);
  for (int i = 0; i < 300; i++) {
    int flags = fcntl(i, F_GETFD);
    if (flags >= 0) printf("file %d %d %x\n", i, flags, fcntl(i, F_GETFL));
  }
  const char *paths[] = {"/proc/self/limits", "/proc/self/cmdline", "/proc/self/environ", "/proc/self/maps"};
  for (int i = 0; i < 4; i++) {
    long size = show(paths[i]);
    puts(paths[i]);
    for (long k = 0; k < size; k++) printf(i == 0 || i == 3 ? "%c" : "%02x", buffer[k] & 0xff);
    puts("");
  }
  struct rusage children, own;
  getrusage(RUSAGE_CHILDREN, &children);
  getrusage(RUSAGE_SELF, &own);
  printf("children %d %d, wait %d, memory %d\n", children.ru_utime.tv_usec / 20000 + (int)children.ru_utime.tv_sec,
    children.ru_stime.tv_usec / 20000, (int)waitpid(-1, NULL, WNOHANG), own.ru_maxrss > 8 << 10);
  printf("time %d\n", own.ru_utime.tv_usec + own.ru_stime.tv_usec > 20000);
  return 23;
}
