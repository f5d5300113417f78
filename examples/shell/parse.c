#include "parse.h"

#include "../lib/libc.h"

// Token kinds; the operators | < > stand for themselves.
enum { END = 0, WORD = 'w', OPEN_QUOTE = '"' };

static int is_blank(char c) { return c == ' ' || c == '\t'; }
static int is_operator(char c) { return c == '|' || c == '<' || c == '>'; }

// Takes the next token from *line. A word is copied to *store, without its quotes; what they enclose is left as it is.
static int next_token(const char **line, char **store) {
  const char *from = *line;
  char *to = *store;
  while (is_blank(*from)) from++;
  int kind = is_operator(*from) ? *from++ : *from ? WORD : END;
  if (kind == WORD) {
    while (*from && !is_blank(*from) && !is_operator(*from)) {
      if (*from != '\'' && *from != '"') {
        *to++ = *from++;
        continue;
      }
      char quote = *from++;
      while (*from && *from != quote) *to++ = *from++;
      if (!*from++) return OPEN_QUOTE;
    }
    *to++ = 0;
  }
  *line = from;
  *store = to;
  return kind;
}

static int complain(const char *problem) {
  print_to(STDERR, "shell: %s\n", problem);
  return -1;
}

int parse(const char *line, struct stage stages[MOST_STAGES]) {
  static char store[2 * LONGEST_LINE];
  char *free = store;
  for (int count = 0; count < MOST_STAGES; count++) {
    struct stage *stage = &stages[count];
    stage->count = 0;
    stage->input = stage->output = 0;

    int kind;
    char *word = free;
    while ((kind = next_token(&line, &free)) != END && kind != '|') {
      if (kind == '<' || kind == '>') {
        word = free;
        int next = next_token(&line, &free);
        if (next != WORD) return complain(next == OPEN_QUOTE ? "a quote is not closed" : "a file name is missing");
        *(kind == '<' ? &stage->input : &stage->output) = word;
      } else {
        if (kind == OPEN_QUOTE) return complain("a quote is not closed");
        if (stage->count == MOST_WORDS) return complain("too many words");
        stage->words[stage->count++] = word;
      }
      word = free;
    }
    stage->words[stage->count] = 0;

    if (stage->count == 0) {
      int empty = count == 0 && kind == END && !stage->input && !stage->output;
      return empty ? 0 : complain("a command is missing");
    }
    if (kind == END) return count + 1;
  }
  return complain("too many commands in a pipeline");
}
