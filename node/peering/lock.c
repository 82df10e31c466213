#include "node/peering/lock.h"

#include "storage/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static enum copse_err lock_open(int *file, const char *home, int flags, struct copse_error *error)
{
    struct copse_disk_path path;
    enum copse_err err = copse_disk_join(&path, home, COPSE_LOCK_FILE, error);
    if (err != COPSE_OK) {
        return err;
    }
    *file = open(path.text, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *file >= 0 ? COPSE_OK
                      : copse_error_set(error, copse_disk_error(errno), "open %s: %s", path.text,
                                        strerror(errno));
}

enum copse_err copse_lock_take(int *lock, const char *home, struct copse_error *error)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int file = -1;
    enum copse_err err = lock_open(&file, home, O_RDWR | O_CREAT, error);
    if (err != COPSE_OK) {
        return err;
    }
    if (fcntl(file, F_SETLK, &whole) != 0) {
        err = errno == EACCES || errno == EAGAIN
                  ? copse_error_set(error, COPSE_ERR_BUSY, "copse serve runs already for %s", home)
                  : copse_error_set(error, COPSE_ERR_IO, "lock in %s: %s", home, strerror(errno));
        (void)close(file);
        return err;
    }
    *lock = file;
    return COPSE_OK;
}

void copse_lock_release(int lock)
{
    (void)close(lock);
}

bool copse_lock_is_taken(const char *home, long *process)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int file = -1;
    if (lock_open(&file, home, O_RDWR, NULL) != COPSE_OK) {
        return false;
    }
    bool is_taken = fcntl(file, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    (void)close(file);
    if (process != NULL) {
        *process = is_taken ? (long)whole.l_pid : 0;
    }
    return is_taken;
}
