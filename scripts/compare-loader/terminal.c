/*
 * terminal COMMAND...: runs a command on a terminal of its own, types what comes as lines of "TEXT" (with \xNN for keys)
 * on stdin, each when the command has been silent for a while, and prints all that the terminal shows.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Prints until nothing has come for so many milliseconds. Returns 0 when the terminal is closed. */
static int show(int terminal, int silence) {
    char buffer[4096];
    struct pollfd file = {terminal, POLLIN, 0};
    while (poll(&file, 1, silence) > 0) {
        ssize_t size = read(terminal, buffer, sizeof buffer);
        if (size <= 0) return 0;
        fwrite(buffer, 1, (size_t)size, stdout);
    }
    return 1;
}

int main(int count, char **words) {
    char line[1024];
    int terminal;
    if (count < 2) return 2;
    pid_t process = forkpty(&terminal, NULL, NULL, NULL);
    if (process == 0) {
        execvp(words[1], words + 1);
        _exit(127);
    }
    int is_open = show(terminal, 700);
    while (is_open && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        char keys[1024], *key = keys;
        for (char *c = line; *c; c++) {
            if (c[0] == '\\' && c[1] == 'x') *key++ = (char)strtol((char[]){c[2], c[3], 0}, NULL, 16), c += 3;
            else *key++ = *c;
        }
        if (write(terminal, keys, (size_t)(key - keys)) < 0) break;
        is_open = show(terminal, 400);
    }
    int status;
    waitpid(process, &status, 0);
    printf("status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
