/*
 * The one thing that Node cannot do: replace itself. execute(image, name, argv, argc) puts an executable image into
 * a file in memory and execve's it, in the state in which a shell would have started the program. The few declarations
 * of Node-API that this needs are written out (they are a stable ABI), so that gcc alone builds it.
 */
#define _GNU_SOURCE
#include "memory-file.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
int napi_create_int32(napi_env, int, napi_value *);
int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
int napi_get_typedarray_info(napi_env, napi_value, int *, size_t *, void **, napi_value *, size_t *);
int napi_get_value_uint32(napi_env, napi_value, unsigned *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);

/* Undoes what Node changed at its start and what execve keeps. */
static void restore_process(void) {
    for (int file = 0; file < 3; file++) fcntl(file, F_SETFD, 0);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    /* Node raised the soft limit of open files to the hard one. The process that started us still has what it was. */
    struct rlimit own, parent;
    if (getrlimit(RLIMIT_NOFILE, &own) == 0 && prlimit(getppid(), RLIMIT_NOFILE, NULL, &parent) == 0 &&
        parent.rlim_max == own.rlim_max && parent.rlim_cur < own.rlim_cur)
        setrlimit(RLIMIT_NOFILE, &parent);
}

/* execute(image: Uint8Array, name: Uint8Array, argv: Uint8Array, argc: number): errno; returns only on failure. */
static napi_value execute(napi_env env, napi_callback_info info) {
    size_t count = 4, size = 0, name_size = 0, argv_size = 0;
    napi_value arguments[4], result;
    void *image = NULL, *name = NULL, *strings = NULL;
    unsigned argc = 0;
    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    int error = EINVAL;
    /* The strings of argv lie one after the other, each ended by a NUL, as in /proc/self/cmdline; so does the name. */
    if (napi_get_typedarray_info(env, arguments[0], NULL, &size, &image, NULL, NULL) == 0 &&
        napi_get_typedarray_info(env, arguments[1], NULL, &name_size, &name, NULL, NULL) == 0 &&
        napi_get_typedarray_info(env, arguments[2], NULL, &argv_size, &strings, NULL, NULL) == 0 &&
        napi_get_value_uint32(env, arguments[3], &argc) == 0 && argc <= argv_size) {
        char **argv = calloc(argc + 1UL, sizeof *argv), *next = strings;
        for (unsigned i = 0; argv && i < argc; i++) {
            argv[i] = next;
            while (*next++) {}
        }
        int file = memory_file(name, image, size);
        if (argv && file >= 0) {
            restore_process();
            fexecve(file, argv, environ);
        }
        error = errno;
    }
    napi_create_int32(env, error, &result);
    return result;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports);
napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    napi_value function;
    napi_create_function(env, "execute", 7, execute, NULL, &function);
    napi_set_named_property(env, exports, "execute", function);
    return exports;
}
