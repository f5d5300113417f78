// What a program finds on its stack when it starts: the arguments, the environment, and behind them the auxiliary
// vector, in which the kernel (or a loader in its place) tells what a program cannot know otherwise.
#include "../lib/libc.h"

struct auxiliary {
  unsigned long type, value;
};

// The names of <elf.h>, by number.
static const char *const names[] = {
    [3] = "AT_PHDR",           [4] = "AT_PHENT",    [5] = "AT_PHNUM",     [6] = "AT_PAGESZ",
    [7] = "AT_BASE",           [8] = "AT_FLAGS",    [9] = "AT_ENTRY",     [11] = "AT_UID",
    [12] = "AT_EUID",          [13] = "AT_GID",     [14] = "AT_EGID",     [15] = "AT_PLATFORM",
    [16] = "AT_HWCAP",         [17] = "AT_CLKTCK",  [23] = "AT_SECURE",   [24] = "AT_BASE_PLATFORM",
    [25] = "AT_RANDOM",        [26] = "AT_HWCAP2",  [27] = "AT_RSEQ_FEATURE_SIZE",
    [28] = "AT_RSEQ_ALIGN",    [31] = "AT_EXECFN",  [33] = "AT_SYSINFO_EHDR",
    [51] = "AT_MINSIGSTKSZ",
};
enum { AT_NULL = 0, AT_PLATFORM = 15, AT_EXECFN = 31 };

static void print_auxiliary(const struct auxiliary *entry) {
  const char *name = entry->type < sizeof names / sizeof *names ? names[entry->type] : 0;
  if (name)
    print("%s = 0x%x", name, entry->value);
  else
    print("AT_%u = 0x%x", entry->type, entry->value);
  if (entry->type == AT_EXECFN || entry->type == AT_PLATFORM) print(" \"%s\"", (const char *)entry->value);
  print("\n");
}

int main(int argc, char **argv, char **envp) {
  print("argc = %d\n", argc);
  for (int i = 0; i < argc; i++) print("argv[%d] = \"%s\"\n", i, argv[i]);
  print("argv[argc] is %s\n", argv[argc] ? "not null" : "null");
  print("envp stands %s argv\n", envp == argv + argc + 1 ? "behind" : "elsewhere than");

  char **end = envp;
  for (; *end; end++) print("environment: %s\n", *end);

  const struct auxiliary *entry = (const struct auxiliary *)(end + 1);
  for (; entry->type != AT_NULL; entry++) print_auxiliary(entry);
  return argc;
}
