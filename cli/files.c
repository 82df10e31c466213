#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES 65536u

static enum copse_err files_error(struct copse_error *error, const char *deed, const char *path)
{
    enum copse_err err = errno == ENOSPC || errno == EDQUOT ? COPSE_ERR_FULL : COPSE_ERR_IO;
    return copse_error_set(error, err, "%s %s: %s", deed, path, strerror(errno));
}

static enum copse_err files_read_from(struct copse_builder *out, int file, const char *path,
                                      size_t max, struct copse_error *error)
{
    char room[READ_BYTES];
    size_t total = 0;
    for (;;) {
        ssize_t size = read(file, room, sizeof(room));
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return files_error(error, "cannot read", path);
        }
        if (size == 0) {
            return out->failed ? COPSE_ERR_NOMEM : COPSE_OK;
        }
        total += (size_t)size;
        if (total > max) {
            return copse_error_set(error, COPSE_ERR_LIMIT, "%s is larger than %zu bytes", path,
                                   max);
        }
        copse_builder_slice(out, (struct copse_slice){(const uint8_t *)room, (size_t)size});
    }
}

enum copse_err copse_files_read(struct copse_builder *out, const char *path, size_t max,
                                struct copse_error *error)
{
    if (strcmp(path, "-") == 0) {
        return files_read_from(out, STDIN_FILENO, "standard input", max, error);
    }
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) {
        return copse_error_set(error, COPSE_ERR_NOT_FOUND, "there is no file %s", path);
    }
    if (file < 0) {
        return files_error(error, "cannot open", path);
    }
    enum copse_err err = files_read_from(out, file, path, max, error);
    (void)close(file);
    return err;
}

enum copse_err copse_files_make_parents(const char *path, struct copse_error *error)
{
    char room[COPSE_FILES_PATH_MAX];
    size_t size = strlen(path);
    if (size >= sizeof(room)) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "the path is too long: %s", path);
    }
    memcpy(room, path, size + 1);
    for (size_t i = 1; i < size; i++) {
        if (room[i] != '/') {
            continue;
        }
        room[i] = '\0';
        if (mkdir(room, 0700) != 0 && errno != EEXIST) {
            return files_error(error, "cannot make the folder", room);
        }
        room[i] = '/';
    }
    return COPSE_OK;
}

static enum copse_err files_write_all(int file, struct copse_slice bytes, const char *path,
                                      struct copse_error *error)
{
    while (bytes.size > 0) {
        ssize_t size = write(file, bytes.data, bytes.size);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return files_error(error, "cannot write", path);
        }
        bytes.data += size;
        bytes.size -= (size_t)size;
    }
    return fsync(file) == 0 ? COPSE_OK : files_error(error, "cannot write", path);
}

enum copse_err copse_files_write(const char *path, struct copse_slice bytes,
                                 struct copse_error *error)
{
    char room[COPSE_FILES_PATH_MAX];
    int size = snprintf(room, sizeof(room), "%s.%ld.tmp", path, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof(room)) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "the path is too long: %s", path);
    }
    enum copse_err err = copse_files_make_parents(path, error);
    if (err != COPSE_OK) {
        return err;
    }
    int file = open(room, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0) {
        return files_error(error, "cannot write", path);
    }
    err = files_write_all(file, bytes, path, error);
    if (close(file) != 0 && err == COPSE_OK) {
        err = files_error(error, "cannot write", path);
    }
    if (err == COPSE_OK && rename(room, path) != 0) {
        err = files_error(error, "cannot write", path);
    }
    if (err != COPSE_OK) {
        (void)unlink(room);
    }
    return err;
}

enum copse_err copse_files_join(char out[COPSE_FILES_PATH_MAX], const char *directory,
                                const char *name)
{
    int size = snprintf(out, COPSE_FILES_PATH_MAX, "%s/%s", directory, name);
    return size < 0 || (size_t)size >= COPSE_FILES_PATH_MAX ? COPSE_ERR_LIMIT : COPSE_OK;
}

enum copse_err copse_files_home(char out[COPSE_FILES_PATH_MAX], const char *home)
{
    const char *given = home != NULL ? home : getenv("COPSE_HOME");
    if (given != NULL && given[0] != '\0') {
        int size = snprintf(out, COPSE_FILES_PATH_MAX, "%s", given);
        return size < 0 || (size_t)size >= COPSE_FILES_PATH_MAX ? COPSE_ERR_LIMIT : COPSE_OK;
    }
    const char *data = getenv("XDG_DATA_HOME");
    if (data != NULL && data[0] == '/') {
        return copse_files_join(out, data, "copse");
    }
    const char *person = getenv("HOME");
    if (person == NULL || person[0] == '\0') {
        return COPSE_ERR_NOT_FOUND;
    }
    return copse_files_join(out, person, ".local/share/copse");
}
