// A line of the shell, taken apart.
#pragma once

enum { LONGEST_LINE = 4096, MOST_WORDS = 128, MOST_STAGES = 16 };

// One command of a pipeline.
struct stage {
  char *words[MOST_WORDS + 1]; // ended by a null, as execve wants it
  int count;
  char *input, *output; // the files behind < and >, or null
};

// Takes a line of at most LONGEST_LINE bytes apart. Returns the number of stages, 0 for an empty line, and -1, after
// a message, for one that makes no sense. The words live until the next call.
int parse(const char *line, struct stage stages[MOST_STAGES]);
