// An address space is a promise. This program asks for 8 GiB, more than many machines have, gets it at once, and uses
// three pages of it.
#include "../lib/libc.h"

static const size_t page = 4096;
static const size_t size = 8UL << 30;

// Prints /proc/self/maps: every region of this address space, with its protection and what is mapped there.
static void print_maps(void) {
  static char text[4096];
  int file = open("/proc/self/maps", O_RDONLY, 0);
  for (long count; (count = read(file, text, sizeof text)) > 0;) write(STDOUT, text, count);
  close(file);
}

// The number behind "Rss:" (kilobytes that are really in memory) of the region that begins at an address.
static int resident_kilobytes(const void *address) {
  static char text[32768];
  size_t length = 0;
  int file = open("/proc/self/smaps", O_RDONLY, 0);
  for (long count; (count = read(file, text + length, sizeof text - 1 - length)) > 0;) length += count;
  close(file);
  text[length] = 0;

  int found = 0;
  for (char *line = text; *line; line++) {
    unsigned long start = 0;
    char *c = line;
    for (; (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'f'); c++) {
      start = start * 16 + (*c <= '9' ? *c - '0' : *c - 'a' + 10);
    }
    if (*c == '-') found = start == (unsigned long)address;
    if (found && strncmp(line, "Rss:", 4) == 0) {
      for (c = line + 4; *c == ' ';) c++;
      return atoi(c);
    }
    while (*line != '\n') line++;
  }
  return -1;
}

int main(void) {
  char *region = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (failed(region)) {
    print("mmap: error %d\n", -(int)(long)region);
    return 1;
  }
  // Where Linux is set to give out 2 MiB for each 4 KiB that are touched, the sum below would be another.
  madvise(region, size, MADV_NOHUGEPAGE);
  print("mmap gave %u GiB at 0x%x; %d KiB of them are in memory\n", size >> 30, (unsigned long)region,
        resident_kilobytes(region));

  char *places[] = {region, region + size / 2, region + size - 1};
  for (int i = 0; i < 3; i++) *places[i] = 'a' + i;
  print("wrote %c, %c and %c to the first byte, the middle and the last\n", *places[0], *places[1], *places[2]);
  print("the byte %u pages further on reads as %d\n", size / 4 / page, region[size / 4]);
  print("now %d KiB are in memory, and this is the address space:\n", resident_kilobytes(region));
  print_maps();
  return 0;
}
