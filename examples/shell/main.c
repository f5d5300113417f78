// A small shell: pipelines, < and > to files, quotes, and the two commands that only the shell itself can be: cd and
// exit. Everything else is a program, found through PATH.
#include "../lib/libc.h"
#include "parse.h"

static void complain(const char *subject, int error) {
  const char *reason = error == -2    ? "no such file"
                       : error == -13 ? "permission denied"
                       : error == -20 ? "not a directory"
                       : error == -21 ? "is a directory"
                                      : "failed";
  print_to(STDERR, "shell: %s: %s (error %d)\n", subject, reason, -error);
}

// Reads one line, without its end. Returns 0 at the end of the input. It is read byte by byte: whatever comes after the
// line belongs to the command that the line starts.
static int read_line(char line[LONGEST_LINE]) {
  int length = 0;
  char c;
  long count;
  while ((count = read(STDIN, &c, 1)) == 1 && c != '\n') {
    if (length < LONGEST_LINE - 1) line[length++] = c;
  }
  line[length] = 0;
  return count == 1 || length > 0;
}

static const char *variable(char **environment, const char *name) {
  size_t length = strlen(name);
  for (; *environment; environment++) {
    if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') return *environment + length + 1;
  }
  return "";
}

// Becomes the program that a command names. Returns, with the error, only if there is none.
static int execute(char **words, char **environment) {
  const char *name = words[0];
  for (const char *c = name; *c; c++) {
    if (*c == '/') return execve(name, words, environment);
  }
  int error = -2;
  const char *folder = variable(environment, "PATH");
  while (*folder) {
    size_t length = 0;
    while (folder[length] && folder[length] != ':') length++;
    char path[LONGEST_LINE];
    if (length + 1 + strlen(name) < sizeof path) {
      memcpy(path, folder, length);
      path[length] = '/';
      memcpy(path + length + 1, name, strlen(name) + 1);
      int attempt = execve(path, words, environment);
      if (attempt != -2) error = attempt;
    }
    folder += length + (folder[length] == ':');
  }
  return error;
}

// Puts a file in the place of stdin or stdout.
static void redirect(const char *path, int flags, int place) {
  int file = open(path, flags, 0666);
  if (file < 0) {
    complain(path, file);
    exit(1);
  }
  dup2(file, place);
  close(file);
}

static pid_t start(struct stage *stage, char **environment, int input, int output, int unused) {
  pid_t child = fork();
  if (child != 0) return child;
  if (unused >= 0) close(unused);
  if (input != STDIN) dup2(input, STDIN), close(input);
  if (output != STDOUT) dup2(output, STDOUT), close(output);
  if (stage->input) redirect(stage->input, O_RDONLY, STDIN);
  if (stage->output) redirect(stage->output, O_WRONLY | O_CREAT | O_TRUNC, STDOUT);
  int error = execute(stage->words, environment);
  complain(stage->words[0], error);
  exit(error == -2 ? 127 : 126);
}

// Starts all commands of a pipeline, joined by pipes, and waits for them. Returns the status of the last one.
static int run_pipeline(struct stage *stages, int count, char **environment) {
  pid_t children[MOST_STAGES];
  int started = 0;
  int input = STDIN;
  for (int i = 0; i < count; i++) {
    int ends[2] = {-1, STDOUT};
    int error = i + 1 < count ? pipe(ends) : 0;
    if (error) {
      complain("|", error);
      break;
    }
    children[started++] = start(&stages[i], environment, input, ends[1], ends[0]);
    // The pipe's ends belong to the children now: a reader sees its end only when every copy of the writing end is closed.
    if (input != STDIN) close(input);
    if (ends[1] != STDOUT) close(ends[1]);
    input = ends[0];
  }
  int status = 1;
  for (int i = 0; i < started; i++) {
    int ended = 0;
    if (children[i] < 0 || waitpid(children[i], &ended, 0) < 0) continue;
    status = EXITED(ended) ? EXIT_STATUS(ended) : 128 + SIGNAL(ended);
  }
  return status;
}

int main(int argc, char **argv, char **environment) {
  (void)argc, (void)argv;
  static struct stage stages[MOST_STAGES];
  char line[LONGEST_LINE];
  int status = 0;
  for (;;) {
    print_to(STDERR, "$ ");
    if (!read_line(line)) return status;
    int count = parse(line, stages);
    if (count == 0) continue;
    char **words = stages[0].words;
    if (count < 0) {
      status = 2;
    } else if (count == 1 && strcmp(words[0], "exit") == 0) {
      return words[1] ? atoi(words[1]) : status;
    } else if (count == 1 && strcmp(words[0], "cd") == 0) {
      const char *folder = words[1] ? words[1] : variable(environment, "HOME");
      int error = chdir(folder);
      if (error) complain(folder, error);
      status = error != 0;
    } else {
      status = run_pipeline(stages, count, environment);
    }
  }
}
