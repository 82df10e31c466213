#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES 65536u

/* What is wrong with a name, or not for us, is told apart from a disk that fails. */
static enum copse_err files_code(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return COPSE_ERR_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return COPSE_ERR_REFUSED;
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
        return COPSE_ERR_NOT_FOUND;
    case ENAMETOOLONG:
        return COPSE_ERR_LIMIT;
    case EINVAL:
    case EILSEQ:
        return COPSE_ERR_FORM;
    default:
        return COPSE_ERR_IO;
    }
}

static enum copse_err files_error(struct copse_error *error, const char *deed, const char *path)
{
    int code = errno;
    return copse_error_set(error, files_code(code), "cannot %s %s: %s", deed, path, strerror(code));
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
            return files_error(error, "read", path);
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
        return files_error(error, "open", path);
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
            return files_error(error, "make the folder", room);
        }
        room[i] = '/';
    }
    return COPSE_OK;
}

enum copse_err copse_files_begin(struct copse_files_new *out, const char *path, mode_t mode,
                                 struct copse_error *error)
{
    *out = (struct copse_files_new){.path = path};
    int size = snprintf(out->room, sizeof(out->room), "%s.%ld.tmp", path, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof(out->room)) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "the path is too long: %s", path);
    }
    enum copse_err err = copse_files_make_parents(path, error);
    if (err != COPSE_OK) {
        return err;
    }
    int file = open(out->room, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (file < 0) {
        return files_error(error, "write", path);
    }
    out->stream = fdopen(file, "w");
    if (out->stream == NULL) {
        (void)close(file);
        (void)unlink(out->room);
        return COPSE_ERR_NOMEM;
    }
    return COPSE_OK;
}

enum copse_err copse_files_end(struct copse_files_new *new, enum copse_err err,
                               struct copse_error *error)
{
    bool is_written =
        err == COPSE_OK && fflush(new->stream) == 0 && fsync(fileno(new->stream)) == 0;
    if (!is_written && (err == COPSE_OK || err == COPSE_ERR_IO)) {
        err = files_error(error, "write", new->path);
    }
    if (fclose(new->stream) != 0 && err == COPSE_OK) {
        err = files_error(error, "write", new->path);
    }
    if (err == COPSE_OK && rename(new->room, new->path) != 0) {
        err = files_error(error, "write", new->path);
    }
    if (err != COPSE_OK) {
        (void)unlink(new->room);
    }
    return err;
}

enum copse_err copse_files_write(const char *path, struct copse_slice bytes, mode_t mode,
                                 struct copse_error *error)
{
    struct copse_files_new new;
    enum copse_err err = copse_files_begin(&new, path, mode, error);
    if (err != COPSE_OK) {
        return err;
    }
    bool is_written =
        bytes.size == 0 || fwrite(bytes.data, 1, bytes.size, new.stream) == bytes.size;
    return copse_files_end(&new, is_written ? COPSE_OK : COPSE_ERR_IO, error);
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
