// An exception on its way up: each frame's .eh_frame record says how to leave it, each function's table what to do there.
#include <cstdio>
#include <stdexcept>
#include <string>

struct Guard {
  std::string name;
  ~Guard() { std::printf("  leaving %s\n", name.c_str()); }
};

static int parse(const std::string &text) {
  Guard guard{"parse"};
  return std::stoi(text);  // throws from inside libstdc++
}

static int twice(const std::string &text) {
  Guard guard{"twice"};
  try {
    return 2 * parse(text);
  } catch (const std::out_of_range &) {
    std::printf("  twice: too large, once more as an error of our own\n");
    throw std::runtime_error("no number: " + text);
  }
}

int main() {
  for (const char *text : {"21", "many", "99999999999"}) {
    std::printf("%s:\n", text);
    try {
      std::printf("  %d\n", twice(text));
    } catch (const std::invalid_argument &error) {
      std::printf("  main: invalid argument\n");
    } catch (const std::exception &error) {
      std::printf("  main: %s\n", error.what());
    }
  }
}
