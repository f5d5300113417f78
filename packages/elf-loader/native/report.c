/* What became of a program: as JSON for --meta, as a line for --time. */
#define _GNU_SOURCE
#include "front.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Before the program starts, so that it can be said in time that it cannot be written. */
FILE *open_meta(const char *path) {
    FILE *file = fopen(path, "we");
    if (!file) die(STATUS_DEFECT, "cannot write %s: %s", path, strerror(errno));
    return file;
}

/* The program may have written to the file, or put another in its place: what it did is undone. */
static FILE *open_meta_again(FILE *file, const char *path) {
    struct stat opened, now;
    if (fstat(fileno(file), &opened) != 0 || !S_ISREG(opened.st_mode)) return file;
    if (stat(path, &now) == 0 && now.st_dev == opened.st_dev && now.st_ino == opened.st_ino)
        return ftruncate(fileno(file), 0) == 0 ? file : NULL;
    fclose(file);
    unlink(path);
    return fopen(path, "wxe");
}

void write_json_text(FILE *file, const char *text) {
    fputc('"', file);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') fprintf(file, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f) fprintf(file, "\\u%04x", c); 
        else fputc(c, file);
    }
    fputc('"', file);
}

void write_meta(FILE *file, const char *path, const struct outcome *outcome) {
    int status = outcome->status;
    file = open_meta_again(file, path);
    if (!file) die(STATUS_DEFECT, "cannot write %s: %s", path, strerror(errno));
    fprintf(file, "{\"status\": ");
    if (WIFEXITED(status)) fprintf(file, "%d", WEXITSTATUS(status));
    else fprintf(file, "null");
    fprintf(file, ", \"signal\": ");
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        if (name) fprintf(file, "\"SIG%s\"", name);
        else fprintf(file, "\"SIGRTMIN+%d\"", WTERMSIG(status) - SIGRTMIN);
    } else fprintf(file, "null");
    fprintf(file, ", \"reason\": \"%s\", \"message\": ", outcome->reason);
    write_json_text(file, outcome->message);
    fprintf(file, ", \"call\": ");
    if (outcome->blocked_call) write_json_text(file, outcome->blocked_call);
    else fprintf(file, "null");
    fprintf(file, ", \"wall\": %.6f, \"cpu\": %.6f, \"user\": %.6f, \"system\": %.6f, \"memory\": %lu}\n", outcome->wall,
            outcome->user + outcome->system, outcome->user, outcome->system, outcome->memory);
    if (fclose(file) != 0) die(STATUS_DEFECT, "cannot write %s: %s", path, strerror(errno));
}

void print_time(const struct outcome *outcome) {
    dprintf(2, "%s: time: %.3f s, of it on the processor %.3f s (user %.3f, system %.3f); memory: %.1f MiB at most\n", tool,
            outcome->wall, outcome->user + outcome->system, outcome->user, outcome->system,
            (double)outcome->memory / (1 << 20));
}
