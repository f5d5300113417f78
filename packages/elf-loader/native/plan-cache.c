/*
 * Plans of earlier runs, a file each, in $XDG_CACHE_HOME/fle/plans or ~/.cache/fle/plans. Only what this user alone can
 * write is trusted, and only if it is whole. What cannot be read or written is passed over: a cache saves time, no more.
 */
#define _GNU_SOURCE
#include "front.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a file begins with; the key and then, aligned, the prepared program follow. */
struct header {
    uint64_t checksum; /* of all that follows it */
    uint64_t key_size; /* its NULs included: a multiple of 8 */
};
enum { MOST_FILES = 1000, LONGEST_PROGRAM = 16 << 20, LONGEST_TICK = 20000000 /* nanoseconds */ };

/* FNV-1a over words. It finds damage; malice is kept out by the owner and the mode. */
static uint64_t hash(const void *bytes, size_t size) {
    uint64_t value = 0xcbf29ce484222325;
    const unsigned char *at = bytes;
    for (; size >= sizeof value; at += sizeof value, size -= sizeof value) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        value = (value ^ word) * 0x100000001b3;
        value ^= value >> 32;
    }
    for (; size > 0; size--) value = (value ^ *at++) * 0x100000001b3;
    return value;
}

/* Whether a file or folder can be changed by this user alone. */
static int is_ours(int file, mode_t type) {
    struct stat stat;
    return fstat(file, &stat) == 0 && (stat.st_mode & S_IFMT) == type && stat.st_uid == geteuid() &&
           (stat.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Opens a folder below another, which it makes if it is missing; -1 if it is not ours. Closes the other. */
static int open_below(int parent, const char *name, int creates) {
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (parent < 0) return -1;
    int folder = openat(parent, name, flags);
    if (folder < 0 && errno == ENOENT && creates && mkdirat(parent, name, 0700) == 0) folder = openat(parent, name, flags);
    close(parent);
    if (folder >= 0 && !is_ours(folder, S_IFDIR)) {
        close(folder);
        return -1;
    }
    return folder;
}

static int open_folder(int creates) {
    if (getauxval(AT_SECURE)) return -1; /* the environment is another user's */
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int folder;
    if (cache && cache[0] == '/') {
        if (creates) mkdir(cache, 0700);
        folder = open(cache, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } else {
        if (!home || home[0] != '/') return -1;
        folder = open_below(open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ".cache", creates);
    }
    return open_below(open_below(folder, "fle", creates), "plans", creates);
}

static void name_of(const char *key, char name[17]) {
    snprintf(name, 17, "%016lx", hash(key, strlen(key)));
}

/* The bytes of the key in the file: it ends with at least one NUL and fills whole words. */
static size_t padded_size(const char *key) {
    return (strlen(key) + sizeof(uint64_t)) & -sizeof(uint64_t);
}

/* Maps a file of ours; NULL if it is none. */
static unsigned char *map_file(int folder, const char *name, size_t *size) {
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return NULL;
    struct stat stat;
    void *bytes = MAP_FAILED;
    if (is_ours(file, S_IFREG) && fstat(file, &stat) == 0 && stat.st_size > 0) {
        *size = (size_t)stat.st_size;
        bytes = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, file, 0);
    }
    close(file);
    return bytes == MAP_FAILED ? NULL : bytes;
}

/* Finds the plan of a key. Returns 0 if there is none, or none that still holds. */
int load_cached(const char *key, struct program *program) {
    char name[17];
    name_of(key, name);
    int folder = open_folder(0);
    if (folder < 0) return 0;
    size_t size = 0, key_size = padded_size(key);
    unsigned char *bytes = map_file(folder, name, &size);
    close(folder);
    const struct header *header = (const void *)bytes;
    if (!bytes || size < sizeof *header + key_size) return 0;
    return header->key_size == key_size &&
           header->checksum == hash(bytes + sizeof header->checksum, size - sizeof header->checksum) &&
           strcmp((const char *)(header + 1), key) == 0 &&
           read_program(bytes + sizeof *header + key_size, size - sizeof *header - key_size, program) &&
           program->exit_status == 0 && is_current(program);
}

/*
 * Whether every file is older than the planning. The kernel's clock for files ticks each few milliseconds: a file that
 * had changed just before the planner looked may have changed again in the same tick, and would show the same times.
 */
static int are_settled(const struct program *program, struct timespec planned) {
    uint64_t limit = (uint64_t)planned.tv_sec * 1000000000 + (uint64_t)planned.tv_nsec - LONGEST_TICK;
    for (uint64_t i = 0; i < program->file_count; i++)
        if (program->files[i].changed >= limit) return 0;
    return 1;
}

/* Removes all plans when there are too many: most are of programs that are gone. */
static void prune(int folder) {
    int copy = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (!list) return;
    int count = 0;
    while (readdir(list)) count++;
    rewinddir(list);
    for (struct dirent *entry; count > MOST_FILES && (entry = readdir(list));)
        if (entry->d_name[0] != '.') unlinkat(folder, entry->d_name, 0);
    closedir(list);
}

static int write_all(int file, const void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t count = write(file, (const char *)bytes + done, size - done);
        if (count > 0) done += (size_t)count;
        else if (errno != EINTR) return 0;
    }
    return 1;
}

/* Keeps a plan for later runs, in one step: a reader finds the old plan or the new one. */
void store_cached(const char *key, const struct program *program, struct timespec planned) {
    if (program->size > LONGEST_PROGRAM || !are_settled(program, planned)) return;
    struct rlimit limit;
    size_t key_size = padded_size(key), size = sizeof(struct header) + key_size + program->size;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur < size) return; /* a signal would end us */
    int folder = open_folder(1);
    unsigned char *bytes = folder < 0 ? NULL : calloc(1, size);
    if (bytes) {
        struct header *header = (void *)bytes;
        header->key_size = key_size;
        memcpy(bytes + sizeof *header, key, strlen(key));
        memcpy(bytes + sizeof *header + key_size, program->bytes, program->size);
        header->checksum = hash(bytes + sizeof header->checksum, size - sizeof header->checksum);
        char name[17], temporary[64];
        name_of(key, name);
        snprintf(temporary, sizeof temporary, "%s.%d", name, getpid());
        prune(folder);
        int file = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (file >= 0) {
            int is_whole = write_all(file, bytes, size);
            close(file);
            if (!is_whole || renameat(folder, temporary, folder, name) != 0) unlinkat(folder, temporary, 0);
        }
    }
    free(bytes);
    if (folder >= 0) close(folder);
}
