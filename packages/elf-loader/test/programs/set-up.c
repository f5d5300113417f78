/* Starts a program with a file beyond 2, closed stdin, ignored and blocked signals, limits, odd names and bytes of variables. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
int main(int argc, char **argv) {
  dup2(open("/etc/passwd", O_RDONLY | O_CLOEXEC), 10);
  dup2(open("/", O_RDONLY | O_CLOEXEC), 251);
  close(0);
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  setrlimit(RLIMIT_NOFILE, &(struct rlimit){256, 4096});
  setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, 1 << 20});
  char path[4096] = "PATH=", cache[4096] = "XDG_CACHE_HOME=", *words[9] = {0};
  strcat(path, getenv("PATH"));
  strcat(cache, getenv("XDG_CACHE_HOME"));
  int count = 0;
  while (argv[count + 1]) words[count] = argv[count + 1], count++;
  words[count++] = "a\xff\xe9""b";
  words[count++] = "";
  words[count] = "two words";
  return execve(words[0], words, (char *[]){"B=\xff", "1=x", "BASH_FUNC_f%%=() { :; }", "A=", path, cache, NULL});
}
