/*
 * The one thing that Node cannot do: replace itself, in the state in which a shell would have started the program:
 * execute() by an executable image, which it puts into a file in memory, supervise() by the native front. The few declarations
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

/* Strings that lie one after the other, each ended by a NUL, as in /proc/self/cmdline: as a list for execve. */
static char **list_of(char *strings, unsigned count) {
    char **list = calloc(count + 1UL, sizeof *list);
    for (unsigned i = 0; list && i < count; i++) {
        list[i] = strings;
        while (*strings++) {}
    }
    return list;
}

/* The arguments of both functions. A text has a NUL at its end; argc is the number of strings in argv. */
struct call {
    void *bytes, *text, *strings;
    size_t size, text_size, strings_size;
    unsigned argc;
    char **argv; /* NULL if the arguments are wrong or there is no memory */
};

static struct call read_call(napi_env env, napi_callback_info info) {
    struct call call = {0};
    size_t count = 4;
    napi_value arguments[4];
    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    if (napi_get_typedarray_info(env, arguments[0], NULL, &call.size, &call.bytes, NULL, NULL) == 0 &&
        napi_get_typedarray_info(env, arguments[1], NULL, &call.text_size, &call.text, NULL, NULL) == 0 &&
        napi_get_typedarray_info(env, arguments[2], NULL, &call.strings_size, &call.strings, NULL, NULL) == 0 &&
        napi_get_value_uint32(env, arguments[3], &call.argc) == 0 && call.argc <= call.strings_size)
        call.argv = list_of(call.strings, call.argc);
    return call;
}

static napi_value errno_value(napi_env env, int error) {
    napi_value result;
    napi_create_int32(env, error, &result);
    return result;
}

/* execute(image: Uint8Array, name: Uint8Array, argv: Uint8Array, argc: number): errno; returns only on failure. */
static napi_value execute(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    if (!call.argv) return errno_value(env, EINVAL);
    int file = memory_file(call.text, call.bytes, call.size);
    if (file >= 0) {
        restore_process();
        fexecve(file, call.argv, environ);
    }
    return errno_value(env, errno);
}

/* supervise(program: Uint8Array, front: Uint8Array, argv, argc): errno; the front finds the program as file 3. */
static napi_value supervise(napi_env env, napi_callback_info info) {
    struct call call = read_call(env, info);
    if (!call.argv) return errno_value(env, EINVAL);
    int file = memory_file("plan", call.bytes, call.size);
    if (file >= 0 && (file == 3 ? fcntl(3, F_SETFD, 0) : dup2(file, 3)) >= 0) {
        restore_process();
        execv(call.text, call.argv);
    }
    return errno_value(env, errno);
}

static void export_function(napi_env env, napi_value exports, const char *name, napi_callback callback) {
    napi_value function;
    napi_create_function(env, name, (size_t)-1, callback, NULL, &function);
    napi_set_named_property(env, exports, name, function);
}

napi_value napi_register_module_v1(napi_env env, napi_value exports);
napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    export_function(env, exports, "execute", execute);
    export_function(env, exports, "supervise", supervise);
    return exports;
}
