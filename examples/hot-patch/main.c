// Code is bytes in memory. This program replaces one of its functions by another while it runs: it makes the page
// writable and writes a jump over the first five bytes of the old function.
#include "../lib/libc.h"

// The attribute keeps gcc from putting the functions into main. A jump is five bytes long, so price must be, too.
__attribute__((noipa)) int price(int cents, int count) { return cents * count + 500; }
__attribute__((noipa)) int price_of_the_sale(int cents, int count) { return cents * count * 3 / 4; }

static int set_protection(void *address, size_t size, int protection) {
  unsigned long first = (unsigned long)address & -4096UL;
  unsigned long last = ((unsigned long)address + size + 4095) & -4096UL;
  return mprotect((void *)first, last - first, protection);
}

// Makes every call of `function` run `replacement`: e9 and the distance, counted from the end of the instruction.
static int patch(void *function, void *replacement) {
  unsigned char jump[5] = {0xe9};
  int distance = (long)replacement - ((long)function + (long)sizeof jump);
  memcpy(jump + 1, &distance, sizeof distance);

  int error = set_protection(function, sizeof jump, PROT_READ | PROT_WRITE | PROT_EXEC);
  if (error) return error;
  memcpy(function, jump, sizeof jump);
  return set_protection(function, sizeof jump, PROT_READ | PROT_EXEC);
}

int main(void) {
  for (int day = 1; day <= 4; day++) {
    if (day == 3) {
      int error = patch(price, price_of_the_sale);
      if (error) {
        print("mprotect: error %d\n", -error);
        return 1;
      }
      print("patched: price begins with %x now\n", (unsigned long)*(unsigned char *)price);
    }
    print("day %d: price(1000, 2) = %d\n", day, price(1000, 2));
  }
  return 0;
}
