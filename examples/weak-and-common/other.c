#include <stdio.h>
#include <string.h>

int tentative;
char buffer[64];

const char *greeting(void) { return "the strong definition"; }
void present(void) { puts("present: defined"); }

void report(void) {
  memset(buffer, 'x', sizeof buffer - 1);
  printf("tentative: %d\nbuffer: %zu bytes\n", tentative, strlen(buffer));
}
