/* How it works: a file is written under a temporary name, synced, renamed over the old
 * one, and its directory synced; a name therefore always leads to whole bytes.
 */
#include "storage/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ENDING_BYTES 64u /* kept free in a path */

enum copse_err copse_disk_error(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return COPSE_ERR_FULL;
    case ENOMEM:
        return COPSE_ERR_NOMEM;
    case EEXIST:
        return COPSE_ERR_EXISTS;
    case ENOENT:
        return COPSE_ERR_NOT_FOUND;
    default:
        return COPSE_ERR_IO;
    }
}

static enum copse_err fail(struct copse_error *error, const char *deed, const char *path)
{
    int code = errno;
    return copse_error_set(error, copse_disk_error(code), "%s %s: %s", deed, path, strerror(code));
}

enum copse_err copse_disk_join(struct copse_disk_path *out, const char *directory, const char *name,
                               struct copse_error *error)
{
    struct copse_disk_path path;
    int size = snprintf(path.text, sizeof path.text, "%s/%s", directory, name);
    if (size < 0 || (size_t)size >= sizeof path.text - ENDING_BYTES) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "the path of %s is too long", name);
    }
    *out = path;
    return COPSE_OK;
}

enum copse_err copse_disk_make_directory(const char *path, struct copse_error *error)
{
    struct copse_disk_path part;
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part.text) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "the path of a directory is too long");
    }
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part.text, path, i);
        part.text[i] = '\0';
        if (mkdir(part.text, 0700) == 0 || errno == EEXIST) {
            continue;
        }
        int code = errno;
        if (access(part.text, F_OK) != 0) {
            errno = code;
            return fail(error, "make", part.text);
        }
    }
    return COPSE_OK;
}

enum copse_err copse_disk_sync(const char *path, struct copse_error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail(error, "open", path);
    }
    enum copse_err err = COPSE_OK;
    if (fsync(file) != 0) {
        err = fail(error, "sync", path);
    }
    (void)close(file);
    return err;
}

/* link() alone refuses a name that is taken; file systems without it get a rename. */
enum copse_err copse_disk_publish(const char *from, const char *to, const char *directory,
                                  struct copse_error *error)
{
    if (link(from, to) == 0) {
        (void)unlink(from);
    } else if (errno == EEXIST || access(to, F_OK) == 0) {
        return copse_error_set(error, COPSE_ERR_EXISTS, "%s is there already", to);
    } else if (rename(from, to) != 0) {
        return fail(error, "make", to);
    }
    return copse_disk_sync(directory, error);
}

static enum copse_err write_all(int file, struct copse_slice bytes, const char *path,
                                struct copse_error *error)
{
    for (size_t done = 0; done < bytes.size;) {
        ssize_t step = write(file, bytes.data + done, bytes.size - done);
        if (step < 0 && errno == EINTR) {
            continue;
        }
        if (step <= 0) {
            return fail(error, "write", path);
        }
        done += (size_t)step;
    }
    if (fsync(file) != 0) {
        return fail(error, "sync", path);
    }
    return COPSE_OK;
}

enum copse_err copse_disk_write(const char *directory, const char *name, struct copse_slice bytes,
                                struct copse_error *error)
{
    struct copse_disk_path path;
    struct copse_disk_path fresh;
    enum copse_err err = copse_disk_join(&path, directory, name, error);
    if (err != COPSE_OK) {
        return err;
    }
    (void)snprintf(fresh.text, sizeof fresh.text, "%.4000s.%ld", path.text, (long)getpid());
    (void)unlink(fresh.text); /* of a process of the same number that was killed here */
    int file = open(fresh.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return fail(error, "make", fresh.text);
    }
    err = write_all(file, bytes, fresh.text, error);
    (void)close(file);
    if (err == COPSE_OK && rename(fresh.text, path.text) != 0) {
        err = fail(error, "make", path.text);
    }
    if (err != COPSE_OK) {
        (void)unlink(fresh.text);
        return err;
    }
    return copse_disk_sync(directory, error);
}

static enum copse_err read_all(uint8_t *out, size_t size, int file, const char *path,
                               struct copse_error *error)
{
    for (size_t done = 0; done < size;) {
        ssize_t step = read(file, out + done, size - done);
        if (step < 0 && errno == EINTR) {
            continue;
        }
        if (step == 0) {
            return copse_error_set(error, COPSE_ERR_IO, "%s grew shorter while it was read", path);
        }
        if (step < 0) {
            return fail(error, "read", path);
        }
        done += (size_t)step;
    }
    return COPSE_OK;
}

enum copse_err copse_disk_read(uint8_t **out, size_t *size, unsigned *mode, const char *directory,
                               const char *name, size_t max, const struct copse_memory *memory,
                               struct copse_error *error)
{
    struct copse_disk_path path;
    enum copse_err err = copse_disk_join(&path, directory, name, error);
    if (err != COPSE_OK) {
        return err;
    }
    int file = open(path.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return fail(error, "open", path.text);
    }
    uint8_t *bytes = NULL;
    struct stat status;
    if (fstat(file, &status) != 0) {
        err = fail(error, "read", path.text);
    } else if (!S_ISREG(status.st_mode) || status.st_size < 0 || (uint64_t)status.st_size > max) {
        err = copse_error_set(error, COPSE_ERR_LIMIT, "%s is no file of ours", path.text);
    } else {
        /* One byte more, so that an empty file is no failure of memory. */
        bytes = copse_memory_new(memory, 1, (size_t)status.st_size + 1);
        err = bytes == NULL ? COPSE_ERR_NOMEM
                            : read_all(bytes, (size_t)status.st_size, file, path.text, error);
    }
    (void)close(file);
    if (err != COPSE_OK) {
        copse_memory_free(memory, bytes);
        return err;
    }
    if (mode != NULL) {
        *mode = status.st_mode & 0777u;
    }
    *out = bytes;
    *size = (size_t)status.st_size;
    return COPSE_OK;
}

enum copse_err copse_disk_check_system(const char *directory, struct copse_error *error)
{
    static const uint32_t network[] = {
        0x6969,     /* NFS */
        0x517b,     /* SMB */
        0xff534d42, /* CIFS */
        0xfe534d42, /* SMB2 */
        0x5346414f, /* AFS */
        0x73757245, /* Coda */
        0x564c,     /* NCP */
        0x01021997, /* 9P */
        0x00c36400, /* Ceph */
        0x0bd00bd0, /* Lustre */
        0x47504653, /* GPFS */
    };
    struct statfs system;
    if (statfs(directory, &system) != 0) {
        return fail(error, "look at", directory);
    }
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(network); i++) {
        if ((uint32_t)system.f_type == network[i]) {
            return copse_error_set(error, COPSE_ERR_UNSUITED,
                                   "%s is on a network file system, where a store would be damaged",
                                   directory);
        }
    }
    return COPSE_OK;
}

uint64_t copse_disk_room(const char *path)
{
    struct statvfs room;
    if (statvfs(path, &room) != 0) {
        return UINT64_MAX;
    }
    return (uint64_t)room.f_bavail * (uint64_t)room.f_frsize;
}
