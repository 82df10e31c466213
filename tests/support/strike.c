/* A library for LD_PRELOAD that strikes a program at its n-th call to the disk (and to the network,
 * when it is to be killed), or at its n-th request for memory.
 *
 *   COPSE_STRIKE       kill    die before the call
 *                      tear    do half of a write, or all of another call, and die
 *                      short   do half of a write; other calls are not counted
 *                      enospc  the call fails: no room       (files only)
 *                      eio     the call fails: a bad disk    (files only)
 *                      nomem   a request for memory fails
 *   COPSE_STRIKE_AT    n, from 1
 *   COPSE_STRIKE_MARK  a file that tells afterwards which call was struck, and on what; a walk over
 *                      all n ends where there is none
 *
 * It wants glibc, whose malloc answers to a second name, and is built without sanitizers.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define VECTORS_MAX 64

enum strike_mode {
    STRIKE_NONE,
    STRIKE_KILL,
    STRIKE_TEAR,
    STRIKE_SHORT,
    STRIKE_ENOSPC,
    STRIKE_EIO,
    STRIKE_NOMEM,
};

static enum strike_mode mode;
static atomic_long calls_left;
static char mark[4096];

/* What to do instead of a call. */
enum verdict { DO_ALL, DO_HALF, DO_THEN_DIE, DO_FAIL };

__attribute__((constructor)) static void strike_begin(void)
{
    static const char *const names[] = {"", "kill", "tear", "short", "enospc", "eio", "nomem"};
    const char *wish = getenv("COPSE_STRIKE");
    const char *at = getenv("COPSE_STRIKE_AT");
    const char *file = getenv("COPSE_STRIKE_MARK");
    if (wish == NULL || at == NULL || file == NULL || strlen(file) >= sizeof mark) {
        return;
    }
    memcpy(mark, file, strlen(file) + 1);
    atomic_store(&calls_left, strtol(at, NULL, 10));
    for (size_t i = 1; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], wish) == 0) {
            mode = (enum strike_mode)i;
        }
    }
}

/* The call of the C library, or whoever stands before it. */
static void strike_find(void *out, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(out, &found, sizeof found);
}

static void strike_note(const char *call, const char *path)
{
    char text[4200];
    int (*next)(const char *, int, ...) = NULL;
    ssize_t (*put)(int, const void *, size_t) = NULL;
    strike_find(&next, "open");
    strike_find(&put, "write");
    int size = snprintf(text, sizeof text, "%s %s\n", call, path);
    int file = next(mark, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file >= 0 && size > 0) {
        ssize_t done = put(file, text, (size_t)size);
        (void)done;
        (void)close(file);
    }
}

static bool strike_is_due(void)
{
    return atomic_fetch_sub(&calls_left, 1) == 1;
}

static enum verdict strike_at(const char *call, const char *path, bool is_write)
{
    if (mode == STRIKE_NONE || mode == STRIKE_NOMEM || (mode == STRIKE_SHORT && !is_write) ||
        !strike_is_due()) {
        return DO_ALL;
    }
    strike_note(call, path);
    if (mode == STRIKE_KILL) {
        (void)raise(SIGKILL);
    }
    if (mode == STRIKE_TEAR) {
        return DO_THEN_DIE;
    }
    if (mode == STRIKE_SHORT) {
        return DO_HALF;
    }
    errno = mode == STRIKE_EIO ? EIO : ENOSPC;
    return DO_FAIL;
}

/* Files count always, sockets when it is about dying, pipes and the like never. */
static enum verdict strike_at_file(const char *call, int file, bool is_write)
{
    char link[64];
    char path[4096];
    struct stat status;
    if (mode == STRIKE_NONE || mode == STRIKE_NOMEM || fstat(file, &status) != 0) {
        return DO_ALL;
    }
    bool is_dying = mode == STRIKE_KILL || mode == STRIKE_TEAR;
    bool is_file = S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
    if (!is_file && !(is_dying && S_ISSOCK(status.st_mode))) {
        return DO_ALL;
    }
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size > 0 ? size : 0] = '\0';
    return strike_at(call, path, is_write);
}

static size_t strike_half(enum verdict verdict, size_t size, bool is_write)
{
    return is_write && (verdict == DO_HALF || verdict == DO_THEN_DIE) && size > 1 ? size / 2 : size;
}

/* The end of a call that was let through. */
static void strike_end(enum verdict verdict)
{
    if (verdict == DO_THEN_DIE) {
        (void)raise(SIGKILL);
    }
}

/* STRIKE(result, name, arguments, names, verdict, half): a call that is counted. */
#define STRIKE(result, name, parameters, values, verdict_of, halve)                                \
    result name parameters;                                                                        \
    result name parameters                                                                         \
    {                                                                                              \
        static result(*next) parameters;                                                           \
        enum verdict verdict = verdict_of;                                                         \
        if (verdict == DO_FAIL) {                                                                  \
            return -1;                                                                             \
        }                                                                                          \
        halve;                                                                                     \
        if (next == NULL) {                                                                        \
            strike_find(&next, #name);                                                             \
        }                                                                                          \
        result done = next values;                                                                 \
        strike_end(verdict);                                                                       \
        return done;                                                                               \
    }

#define HALVE size = strike_half(verdict, size, true)
#define WHOLE (void)0

// clang-format off
STRIKE(ssize_t, write, (int file, const void *data, size_t size), (file, data, size),
       strike_at_file("write", file, true), HALVE)
STRIKE(ssize_t, pwrite, (int file, const void *data, size_t size, off_t at),
       (file, data, size, at), strike_at_file("pwrite", file, true), HALVE)
STRIKE(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at),
       (file, data, size, at), strike_at_file("pwrite", file, true), HALVE)
STRIKE(ssize_t, send, (int file, const void *data, size_t size, int flags),
       (file, data, size, flags), strike_at_file("send", file, true), HALVE)
STRIKE(int, fsync, (int file), (file), strike_at_file("fsync", file, false), WHOLE)
STRIKE(int, fdatasync, (int file), (file), strike_at_file("fdatasync", file, false), WHOLE)
STRIKE(int, ftruncate, (int file, off_t size), (file, size),
       strike_at_file("ftruncate", file, false), WHOLE)
STRIKE(int, ftruncate64, (int file, off64_t size), (file, size),
       strike_at_file("ftruncate", file, false), WHOLE)
STRIKE(int, msync, (void *from, size_t size, int flags), (from, size, flags),
       strike_at("msync", "", false), WHOLE)
STRIKE(int, rename, (const char *from, const char *to), (from, to),
       strike_at("rename", to, false), WHOLE)
STRIKE(int, link, (const char *from, const char *to), (from, to),
       strike_at("link", to, false), WHOLE)
STRIKE(int, unlink, (const char *path), (path), strike_at("unlink", path, false), WHOLE)
STRIKE(int, mkdir, (const char *path, mode_t rights), (path, rights),
       strike_at("mkdir", path, false), WHOLE)
// clang-format on

/* Half of several pieces: the first ones, as many as half of them. */
#define FEWER                                                                                      \
    count = (verdict == DO_HALF || verdict == DO_THEN_DIE) && count > 1 ? count / 2 : count

// clang-format off
STRIKE(ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count),
       strike_at_file("writev", file, true), FEWER)
STRIKE(ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t at),
       (file, parts, count, at), strike_at_file("pwritev", file, true), FEWER)
STRIKE(ssize_t, sendmsg, (int file, const struct msghdr *message, int flags),
       (file, message, flags), strike_at_file("sendmsg", file, false), WHOLE)
// clang-format on

/* These give the error back instead of setting errno. */
static int strike_allocate(int file, off64_t from, off64_t size)
{
    static int (*next)(int, off64_t, off64_t);
    enum verdict verdict = strike_at_file("fallocate", file, false);
    if (verdict == DO_FAIL) {
        return errno;
    }
    if (next == NULL) {
        strike_find(&next, "posix_fallocate64");
    }
    int done = next(file, from, size);
    strike_end(verdict);
    return done;
}

int posix_fallocate(int file, off_t from, off_t size)
{
    return strike_allocate(file, from, size);
}

int posix_fallocate64(int file, off64_t from, off64_t size)
{
    return strike_allocate(file, from, size);
}

/* ---- memory ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool strike_memory(void)
{
    if (mode != STRIKE_NOMEM || !strike_is_due()) {
        return false;
    }
    mode = STRIKE_NONE; /* noting may want memory itself */
    strike_note("memory", "");
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return strike_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return strike_memory() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return strike_memory() ? NULL : __libc_realloc(old, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = strike_memory() ? NULL : __libc_memalign(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}
