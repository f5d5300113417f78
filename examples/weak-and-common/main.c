// Four ways in which several files can name one variable or function.
#include <stdio.h>

int tentative;             // with -fcommon a tentative definition: one with the other file's
char buffer[4];            // smaller here than there: the larger size counts
extern void optional(void) __attribute__((weak));       // nobody defines it: its address is 0
extern void present(void) __attribute__((weak));

__attribute__((weak)) const char *greeting(void) { return "the weak default"; }   // the other file has a strong one
__attribute__((weak)) const char *fallback(void) { return "the weak default"; }   // nobody has

void report(void);

int main(void) {
  tentative = 7;
  report();
  printf("greeting: %s\nfallback: %s\n", greeting(), fallback());
  printf("optional: %s\n", optional ? "defined" : "not defined");
  if (present) present();
  return 0;
}
