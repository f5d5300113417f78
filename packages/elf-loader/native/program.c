/* A prepared program: read from bytes, compared with the files it was made from, started. */
#define _GNU_SOURCE
#include "front.h"
#include "memory-file.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The words that begin it; then the files, their paths, the strings of argv, and, aligned, the image. */
enum { MAGIC, EXIT_STATUS, FILE_COUNT, PATHS_SIZE, STRING_COUNT, STRINGS_SIZE, IMAGE_SIZE, PLAN_OFFSET, HEADER_WORDS };
static const char magic[] = "FLEPLAN1";

/* Whether a piece of memory is so many strings, each ended by a NUL. */
static int are_strings(const char *text, uint64_t size, uint64_t count) {
    const char *end = text + size;
    for (; count > 0; count--) {
        const char *terminator = memchr(text, 0, (size_t)(end - text));
        if (!terminator) return 0;
        text = terminator + 1;
    }
    return text == end;
}

int read_program(void *bytes, size_t size, struct program *program) {
    uint64_t *words = bytes;
    if (size < HEADER_WORDS * sizeof *words || memcmp(bytes, magic, sizeof *words) != 0) return 0;
    for (int i = FILE_COUNT; i < HEADER_WORDS; i++)
        if (words[i] > size) return 0;
    size_t files_size = words[FILE_COUNT] * sizeof(struct planned_file);
    size_t start = HEADER_WORDS * sizeof *words + files_size + words[PATHS_SIZE] + words[STRINGS_SIZE];
    start = (start + sizeof *words - 1) & -sizeof *words;
    if (start > size || words[IMAGE_SIZE] != size - start) return 0;
    *program = (struct program){
        .bytes = bytes,
        .size = size,
        .files = (const void *)(words + HEADER_WORDS),
        .file_count = words[FILE_COUNT],
        .string_count = words[STRING_COUNT],
        .image = (unsigned char *)bytes + start,
        .image_size = words[IMAGE_SIZE],
        .plan_offset = words[PLAN_OFFSET],
        .exit_status = words[EXIT_STATUS],
    };
    program->paths = (const char *)(program->files + program->file_count);
    program->strings = program->paths + words[PATHS_SIZE];
    return are_strings(program->paths, words[PATHS_SIZE], program->file_count) &&
           are_strings(program->strings, words[STRINGS_SIZE], program->string_count);
}

static uint64_t nanoseconds(struct timespec time) {
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

int is_current(const struct program *program) {
    const char *path = program->paths;
    for (uint64_t i = 0; i < program->file_count; i++, path += strlen(path) + 1) {
        const struct planned_file *file = program->files + i;
        struct stat now;
        if (stat(path, &now) != 0 || now.st_dev != file->device || now.st_ino != file->inode ||
            (uint64_t)now.st_size != file->size || nanoseconds(now.st_mtim) != file->modified ||
            nanoseconds(now.st_ctim) != file->changed)
            return 0;
        /* The planner asked the same; groups and mounts may have changed since. */
        int mode = file->flags & MUST_BE_EXECUTABLE ? R_OK | X_OK : R_OK;
        if (faccessat(AT_FDCWD, path, mode, AT_EACCESS) != 0) return 0;
    }
    return 1;
}

/* The name that /proc shows for the file in memory until the stub has set its own. */
enum { LONGEST_NAME = 240 };

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

/*
 * Whether a file of the program is open for writing, for which execve fails with ETXTBSY. Only execve itself can tell: it
 * is asked without being carried out, which kernels before Linux 6.14 do not know (EINVAL).
 */
static int is_busy(const struct program *program) {
    const char *path = program->paths;
    char *const nothing[] = {(char *)path, NULL};
    for (uint64_t i = 0; i < program->file_count; i++, path += strlen(path) + 1)
        if (program->files[i].flags & MUST_BE_EXECUTABLE &&
            syscall(SYS_execveat, AT_FDCWD, path, nothing, nothing, AT_EXECVE_CHECK) != 0 && errno == ETXTBSY)
            return 1;
    return 0;
}

int become(const struct program *program, char **arguments, char **environment) {
    size_t count = 0;
    if (is_busy(program)) return ETXTBSY;
    while (arguments[count]) count++;
    char **argv = malloc((program->string_count + count + 1) * sizeof *argv);
    if (!argv) return ENOMEM;
    const char *string = program->strings;
    for (uint64_t i = 0; i < program->string_count; i++, string += strlen(string) + 1) argv[i] = (char *)string;
    memcpy(argv + program->string_count, arguments, (count + 1) * sizeof *argv);
    char name[LONGEST_NAME + 1] = {0};
    const char *path = program->file_count > 0 ? program->paths : "";
    const char *slash = strrchr(path, '/');
    strncpy(name, slash ? slash + 1 : path, LONGEST_NAME);
    int file = memory_file(name, program->image, program->image_size);
    if (file >= 0) fexecve(file, argv, environment);
    int error = errno;
    if (file >= 0) close(file);
    free(argv);
    return error;
}
