// What runs before main and after it, in which order: three arrays of functions, each sorted by the linker.
#include <stdio.h>
#include <stdlib.h>

static void say(const char *what) { puts(what); }

static void first(void) { say("preinit_array"); }
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(void) = first;

__attribute__((constructor(102))) static void second(void) { say("constructor, priority 102"); }
__attribute__((constructor(101))) static void before_second(void) { say("constructor, priority 101"); }
__attribute__((constructor)) static void last(void) { say("constructor without a priority"); }

__attribute__((destructor)) static void end_first(void) { say("destructor without a priority"); }
__attribute__((destructor(101))) static void end_last(void) { say("destructor, priority 101"); }
__attribute__((destructor(102))) static void end_second(void) { say("destructor, priority 102"); }

static void at_exit(void) { say("atexit"); }

int main(void) {
  atexit(at_exit);
  say("main");
  return 0;
}
