/*
 * Runs files by execve, and images of the loader's stub that should be the same: outcomes DIRECTORY COUNT. For each
 * number N below COUNT, DIRECTORY/file-N and, if there is one, DIRECTORY/image-N, with the strings of DIRECTORY/argv-N;
 * prints "N native loader", each an errno's name, a signal's or a status.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The strings of a file, each ended by a NUL. */
static void read_strings(const char *path, char *words[16]) {
    static char text[1 << 16];
    int file = open(path, O_RDONLY), count = 0;
    ssize_t size = file < 0 ? 0 : read(file, text, sizeof text);
    if (file >= 0) close(file);
    for (char *at = text; at < text + size && count < 15; at += strlen(at) + 1) words[count++] = at;
    words[count] = NULL;
}

static const char *outcome(const char *path, char **words, char into[64]) {
    int ends[2], error = 0, status;
    if (pipe2(ends, O_CLOEXEC) != 0) exit(2);
    pid_t process = fork();
    if (process == 0) {
        int nothing = open("/dev/null", O_RDWR);
        for (int i = 0; i < 3; i++) dup2(nothing, i);
        close(nothing);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        setrlimit(RLIMIT_CPU, &(struct rlimit){1, 1});
        personality(ADDR_NO_RANDOMIZE);
        alarm(3);
        execve(path, words, (char *[]){NULL});
        error = errno;
        if (write(ends[1], &error, sizeof error)) {}
        _exit(127);
    }
    close(ends[1]);
    waitpid(process, &status, 0);
    if (read(ends[0], &error, sizeof error) == sizeof error) snprintf(into, 64, "%s", strerrorname_np(error));
    else if (WIFSIGNALED(status)) snprintf(into, 64, "SIG%s", sigabbrev_np(WTERMSIG(status)));
    else snprintf(into, 64, "status-%d", WEXITSTATUS(status));
    close(ends[0]);
    return into;
}

int main(int count, char **words) {
    if (count != 3 || chdir(words[1]) != 0) return 2;
    for (int i = 0; i < atoi(words[2]); i++) {
        char file[32], image[32], strings[32], native[64], loaded[64], *words[16];
        snprintf(file, sizeof file, "./file-%d", i);
        snprintf(image, sizeof image, "./image-%d", i);
        snprintf(strings, sizeof strings, "./argv-%d", i);
        read_strings(strings, words);
        printf("%d %s ", i, outcome(file, (char *[]){file, NULL}, native));
        printf("%s\n", access(image, F_OK) == 0 ? outcome(image, words, loaded) : "-");
    }
    return 0;
}
