// A sieve for prime numbers made of processes: each holds one prime, lets through the numbers that it does not divide,
// and the first number that reaches the end of the line becomes the next process. All of them run at the same time.
#include "../lib/libc.h"

enum { LIMIT = 60 };

static void fail(const char *what, int error) {
  print_to(STDERR, "%s: error %d\n", what, -error);
  exit(1);
}

// Makes a pipe and a child that runs `stage` on its reading end. Returns the writing end.
static int start(void (*stage)(int input), pid_t *child) {
  int ends[2];
  int error = pipe(ends);
  if (error) fail("pipe", error);
  *child = fork();
  if (*child < 0) fail("fork", *child);
  if (*child == 0) {
    // A pipe ends when the last writer has closed it. The child is a writer as well until it closes its copy.
    close(ends[1]);
    stage(ends[0]);
    exit(0);
  }
  close(ends[0]);
  return ends[1];
}

static void finish(int output, pid_t child) {
  close(output);
  waitpid(child, 0, 0);
}

static void sieve(int input) {
  int prime, number;
  if (read(input, &prime, sizeof prime) != sizeof prime) return;
  print("%d\n", prime);

  pid_t child;
  int output = start(sieve, &child);
  while (read(input, &number, sizeof number) == sizeof number) {
    if (number % prime) write(output, &number, sizeof number);
  }
  finish(output, child);
}

int main(void) {
  pid_t child;
  int output = start(sieve, &child);
  for (int number = 2; number < LIMIT; number++) write(output, &number, sizeof number);
  finish(output, child);
  print("no more primes below %d\n", LIMIT);
  return 0;
}
