#include "storage/restore.h"

#include "storage/db.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES 65536u

static enum copse_err restore_fault(struct copse_error *error, int code, const char *path)
{
    return copse_error_set(error, copse_disk_error(code), "%s: %s", path, strerror(code));
}

static bool restore_write(int to, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = write(to, bytes, size);
        if (done < 0 && errno != EINTR) {
            return false;
        }
        bytes += done < 0 ? 0 : done;
        size -= done < 0 ? 0 : (size_t)done;
    }
    return true;
}

static enum copse_err restore_pour(int from, int to, const char *path, struct copse_error *error)
{
    uint8_t room[COPY_BYTES];
    ssize_t got;
    while ((got = read(from, room, sizeof(room))) != 0) {
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 || !restore_write(to, room, (size_t)got)) {
            return restore_fault(error, errno, path);
        }
    }
    return fsync(to) == 0 ? COPSE_OK : restore_fault(error, errno, path);
}

static enum copse_err restore_copy(const char *file, const char *path, struct copse_error *error)
{
    struct stat about;
    int from = open(file, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        return errno == ENOENT
                   ? copse_error_set(error, COPSE_ERR_NOT_FOUND, "there is no file %s", file)
                   : restore_fault(error, errno, file);
    }
    if (fstat(from, &about) != 0 || !S_ISREG(about.st_mode)) {
        (void)close(from);
        return copse_error_set(error, COPSE_ERR_FORM, "%s is no file", file);
    }
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum copse_err err = to < 0 ? restore_fault(error, errno, path) : COPSE_OK;
    if (err == COPSE_OK) {
        err = restore_pour(from, to, path, error);
        if (close(to) != 0 && err == COPSE_OK) {
            err = restore_fault(error, errno, path);
        }
    }
    (void)close(from);
    return err;
}

/* A folder of files, of this process or of one that was killed. */
static void restore_clear(const char *where)
{
    DIR *folder = opendir(where);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        struct copse_disk_path path;
        if (copse_disk_join(&path, where, entry->d_name, NULL) == COPSE_OK) {
            (void)unlink(path.text); /* "." and ".." stay */
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    (void)rmdir(where);
}

enum copse_err copse_restore_begin(struct copse_disk_path *where, const char *home,
                                   const char *file, struct copse_error *error)
{
    struct copse_disk_path store;
    struct copse_disk_path copy;
    enum copse_err err = copse_disk_join(&store, home, COPSE_DB_FILE, error);
    if (err == COPSE_OK && access(store.text, F_OK) == 0) {
        return copse_error_set(error, COPSE_ERR_EXISTS, "%s is there already", store.text);
    }
    if (err == COPSE_OK) {
        err = copse_disk_make_directory(home, error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_check_system(home, error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_join(where, home, "restore", error);
    }
    if (err != COPSE_OK) {
        return err;
    }
    restore_clear(where->text);
    err = copse_disk_make_directory(where->text, error);
    if (err == COPSE_OK) {
        err = copse_disk_join(&copy, where->text, COPSE_DB_FILE, error);
    }
    if (err == COPSE_OK) {
        err = restore_copy(file, copy.text, error);
    }
    if (err != COPSE_OK) {
        restore_clear(where->text);
    }
    return err;
}

enum copse_err copse_restore_end(const struct copse_disk_path *where, const char *home,
                                 enum copse_err err, struct copse_error *error)
{
    struct copse_disk_path store;
    struct copse_disk_path copy;
    if (err == COPSE_OK) {
        err = copse_disk_join(&store, home, COPSE_DB_FILE, error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_join(&copy, where->text, COPSE_DB_FILE, error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_sync(copy.text, error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_publish(copy.text, store.text, home, error);
    }
    restore_clear(where->text);
    return err;
}
