// Defined here, used in main.c: the linker's first duty is to bring the two together.
int n = 3;

void print(const char *text);

void foo(void) {
  for (int i = 0; i < n; i++) print("Hello, FLE!\n");
}
