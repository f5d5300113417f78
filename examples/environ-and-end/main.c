// Names that no file defines: the linker makes them, at the ends of what it has laid out.
#define _GNU_SOURCE
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char etext[], edata[], end[], __bss_start[], __executable_start[];
extern const Elf64_Ehdr __ehdr_start;
extern char **environ;

int initialized = 1;
int zeroed[1000];

static void order(const char *what, const void *a, const void *b) {
  printf("%s: %s\n", what, (const char *)a < (const char *)b ? "yes" : "no");
}

int main(void) {
  printf("the image begins with %.3s\n", (const char *)__ehdr_start.e_ident + 1);
  order("the header is before the code", &__ehdr_start, (void *)main);
  order("main is before etext", (void *)main, etext);
  order("etext is before initialized data", etext, &initialized);
  order("initialized data is before edata", &initialized, edata);
  order("edata is not behind __bss_start", edata - 1, __bss_start);
  order("zeroed data is at __bss_start or behind it", __bss_start - 1, zeroed);
  order("zeroed data is before end", &zeroed[999], end);
  order("the heap is not before end", end - 1, sbrk(0));
  printf("COLOUR=%s\n", getenv("COLOUR"));
  setenv("COLOUR", "green", 1);
  for (char **variable = environ; *variable; variable++)
    if (**variable == 'C') puts(*variable);
  return 0;
}
