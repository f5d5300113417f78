/* Files in memory, from which the loader's two ways to execve - the addon and the front - start the stub. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

/* A file in memory with the given content, to be executed or read, closed by execve; -1 if there is no room for it. */
static inline int memory_file(const char *name, const void *content, size_t size) {
    int file = memfd_create(name, MFD_CLOEXEC | MFD_EXEC);
    if (file < 0 && errno == EINVAL) file = memfd_create(name, MFD_CLOEXEC); /* before Linux 6.3 */
    for (size_t done = 0; file >= 0 && done < size;) {
        ssize_t count = write(file, (const char *)content + done, size - done);
        if (count > 0) done += (size_t)count;
        else if (errno != EINTR) {
            close(file);
            return -1;
        }
    }
    return file;
}
