// A process is a state machine: memory and registers, moved on by one instruction after the other. Three system calls
// make, replace and destroy such machines, and every program ever started was started by them.
#include "../lib/libc.h"

// Waits for a child and says how it ended.
static void report(const char *name, pid_t child) {
  int status;
  waitpid(child, &status, 0);
  if (EXITED(status))
    print("%s: destroyed itself with status %d\n", name, EXIT_STATUS(status));
  else
    print("%s: destroyed by signal %d\n", name, SIGNAL(status));
}

int main(int argc, char **argv, char **envp) {
  if (argc > 1) {
    print("execve: a new machine, and all it knows is argc = %d, argv[1] = \"%s\"\n", argc, argv[1]);
    return 7;
  }

  // fork copies the machine. Both go on from here with the same memory; only the result of fork tells them apart.
  int x = 1;
  pid_t child = fork();
  if (child == 0) {
    x += 1;
    print("fork: the copy has its own x = %d\n", x);
    exit(x);
  }
  report("copy", child);
  print("fork: the original still has x = %d\n", x);

  // execve resets the machine to the beginning of a program: nothing of what it was comes back.
  child = fork();
  if (child == 0) {
    x = 1000;
    char *arguments[] = {argv[0], "again", 0};
    int error = execve(argv[0], arguments, envp);
    print("execve %s failed: error %d\n", argv[0], -error);
    exit(1);
  }
  report("new machine", child);

  // A machine that does what no machine may do is destroyed as well.
  child = fork();
  if (child == 0) *(volatile int *)0 = x;
  report("null writer", child);
  return 0;
}
