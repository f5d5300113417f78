extern int n;
void foo(void);

int main(void) {
  foo();
  return n;
}
