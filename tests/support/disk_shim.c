/* Makes a disk look like another one to the program it is preloaded into (LD_PRELOAD). What the
 * variable COPSE_DISK says: "network", every folder is on a network file system; "full", nothing
 * more can be written into a file; what stdio has written fails when it is synced. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NFS 0x6969

static bool is_disk(const char *kind)
{
    const char *wanted = getenv("COPSE_DISK");
    return wanted != NULL && strcmp(wanted, kind) == 0;
}

/* Is it a file that cannot grow? Pipes and sockets can. */
static bool is_full(int file)
{
    struct stat status;
    bool full = is_disk("full") && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    errno = full ? ENOSPC : errno;
    return full;
}

/* `next` is the function that stands behind ours. */
#define BEHIND(result, arguments, name)                                                            \
    result(*next) arguments;                                                                       \
    void *found = dlsym(RTLD_NEXT, name);                                                          \
    memcpy(&next, &found, sizeof(next))

int statfs(const char *path, struct statfs *out)
{
    BEHIND(int, (const char *, struct statfs *), "statfs");
    int result = next(path, out);
    if (result == 0 && is_disk("network")) {
        out->f_type = NFS;
    }
    return result;
}

ssize_t write(int file, const void *bytes, size_t size)
{
    BEHIND(ssize_t, (int, const void *, size_t), "write");
    return is_full(file) ? -1 : next(file, bytes, size);
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    BEHIND(ssize_t, (int, const struct iovec *, int), "writev");
    return is_full(file) ? -1 : next(file, parts, count);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    BEHIND(ssize_t, (int, const void *, size_t, off_t), "pwrite");
    return is_full(file) ? -1 : next(file, bytes, size, offset);
}

int fsync(int file)
{
    BEHIND(int, (int), "fsync");
    return is_full(file) ? -1 : next(file);
}
