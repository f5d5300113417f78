/*
 * measure TIMES COMMAND... [-- COMMAND...]...: runs the commands in turn, so often, and prints for each the least and the
 * median CPU time and the least time from start to end, in milliseconds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double milliseconds(struct timeval time) {
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int count, char **words) {
    enum { MOST = 16 };
    int times = count > 2 ? atoi(words[1]) : 0, commands = 0;
    char **command[MOST] = {words + 2};
    double *cpu[MOST], *wall[MOST];
    for (int i = 2; i < count && commands < MOST - 1; i++)
        if (strcmp(words[i], "--") == 0) words[i] = NULL, command[++commands] = words + i + 1;
    commands++;
    for (int k = 0; k < commands; k++) cpu[k] = calloc((size_t)times, sizeof(double)), wall[k] = calloc((size_t)times, sizeof(double));
    for (int i = 0; i < times; i++)
        for (int k = 0; k < commands; k++) {
            int status;
            struct rusage usage;
            double start = now();
            pid_t process = vfork();
            if (process == 0) {
                int nothing = open("/dev/null", O_RDWR);
                dup2(nothing, 0);
                dup2(nothing, 1);
                execvp(command[k][0], command[k]);
                _exit(127);
            }
            wait4(process, &status, 0, &usage);
            wall[k][i] = now() - start;
            cpu[k][i] = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
        }
    for (int k = 0; k < commands; k++) {
        qsort(cpu[k], (size_t)times, sizeof(double), compare);
        qsort(wall[k], (size_t)times, sizeof(double), compare);
        printf("%.3f %.3f %.3f\n", cpu[k][0], cpu[k][times / 2], wall[k][0]);
    }
    return 0;
}
