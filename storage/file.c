/* How it works: while a store is opened, and while its file is replaced, the home directory is
 * locked: by any number who open, or by one who replaces. So nobody opens the new file with the
 * lock file of the old one, whose numbers would mean nothing in it.
 *
 * A replacement that was struck down half-way is found by its mark and brought to one end or the
 * other by the next who opens.
 */
#include "storage/file.h"

#include "storage/db.h"
#include "storage/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define HEAD_BYTES 152u    /* of a head page that we read: up to the transaction number */
#define TAIL_PAGES_MAX 16u /* pages that a last transaction may have left unwritten at the end */
#define LOCK_FILE COPSE_DB_FILE "-lock"
#define MARK_FILE COPSE_DB_FILE ".swap"

/* ---- one environment of a file in a process ---- */

/* Closing any descriptor of the lock file drops the process's locks, so a second environment on
 * the same file would let two writers in. Entries of a parent process do not count. */
static struct open_file {
    dev_t device;
    ino_t number;
    pid_t process; /* 0: free */
} open_files[COPSE_DB_OPEN_MAX];

enum copse_err copse_file_claim(struct copse_file *out, const char *path, struct copse_error *error)
{
    struct stat file;
    if (stat(path, &file) != 0) {
        return copse_error_set(error, copse_disk_error(errno), "open %s: %s", path,
                               strerror(errno));
    }
    struct open_file *slot = NULL;
    for (size_t i = 0; i < COPSE_DB_OPEN_MAX; i++) {
        struct open_file *used = &open_files[i];
        if (used->process != getpid()) {
            slot = slot == NULL ? used : slot;
        } else if (used->device == file.st_dev && used->number == file.st_ino) {
            return copse_error_set(error, COPSE_ERR_BUSY, "%s is open in this program already",
                                   path);
        }
    }
    if (slot == NULL) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "too many stores are open");
    }
    *slot = (struct open_file){file.st_dev, file.st_ino, getpid()};
    *out = (struct copse_file){file.st_dev, file.st_ino};
    return COPSE_OK;
}

void copse_file_unclaim(const struct copse_file *file)
{
    for (size_t i = 0; i < COPSE_DB_OPEN_MAX; i++) {
        struct open_file *used = &open_files[i];
        if (used->process == getpid() && used->device == file->device &&
            used->number == file->number) {
            used->process = 0;
        }
    }
}

bool copse_file_is_at(const struct copse_file *file, const char *path)
{
    struct stat there;
    return stat(path, &there) == 0 && there.st_dev == file->device && there.st_ino == file->number;
}

/* ---- before LMDB sees a file ---- */

/* What a head page of the file says. */
struct head_page {
    uint64_t page_bytes;
    uint64_t last_page;
    uint64_t txn;
};

static bool read_head(struct head_page *out, int file, uint64_t offset)
{
    uint8_t bytes[HEAD_BYTES];
    if (pread(file, bytes, sizeof bytes, (off_t)offset) != (ssize_t)sizeof bytes) {
        return false;
    }
    uint32_t magic = 0;
    uint32_t page_bytes = 0;
    memcpy(&magic, bytes + 16, sizeof magic);
    memcpy(&page_bytes, bytes + 40, sizeof page_bytes);
    memcpy(&out->last_page, bytes + 136, sizeof out->last_page);
    memcpy(&out->txn, bytes + 144, sizeof out->txn);
    out->page_bytes = page_bytes;
    return magic == 0xbeefc0de && page_bytes >= 512 && page_bytes <= 65536;
}

/* The layout above is that of 64-bit machines; on others LMDB's own checks have to do. */
enum copse_err copse_file_check(const char *path, struct copse_error *error)
{
    if (sizeof(size_t) != 8) {
        return COPSE_OK;
    }
    int file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        enum copse_err err = errno == ENOENT ? COPSE_ERR_NOT_FOUND : COPSE_ERR_IO;
        return copse_error_set(error, err, "open %s: %s", path, strerror(errno));
    }
    enum copse_err err = COPSE_OK;
    struct head_page first = {0, 0, 0};
    struct head_page second = {0, 0, 0};
    bool has_first = read_head(&first, file, 0);
    bool has_second = has_first && read_head(&second, file, first.page_bytes);
    struct stat status = {0};
    if (!has_first || !has_second || fstat(file, &status) != 0 ||
        first.page_bytes != second.page_bytes) {
        err = copse_error_set(error, COPSE_ERR_CORRUPT, "%s is no store, or its head is damaged",
                              path);
        goto close_file;
    }
    const struct head_page *newest = first.txn > second.txn ? &first : &second;
    uint64_t there = (uint64_t)status.st_size / newest->page_bytes;
    if (newest->last_page >= UINT32_MAX || newest->last_page + 1 > there + TAIL_PAGES_MAX) {
        err = copse_error_set(error, COPSE_ERR_CORRUPT,
                              "%s was cut short: %llu pages are there of %llu", path,
                              (unsigned long long)there, (unsigned long long)newest->last_page + 1);
    } else if (newest->last_page + 1 > there) {
        /* Pages given back within the last transaction need not have been written. Make room for
         * them, so that reading there gives zeros and no signal; a full disk is told of later. */
        (void)posix_fallocate(file, 0, (off_t)((newest->last_page + 1) * newest->page_bytes));
    }
close_file:
    (void)close(file);
    return err;
}

/* ---- replacing ---- */

/* The files of a replacement. */
struct places {
    struct copse_disk_path store;
    struct copse_disk_path lock;
    struct copse_disk_path fresh;
    struct copse_disk_path mark;
};

static enum copse_err file_places(struct places *out, const char *home, struct copse_error *error)
{
    enum copse_err err = copse_disk_join(&out->store, home, COPSE_DB_FILE, error);
    if (err == COPSE_OK) {
        err = copse_disk_join(&out->lock, home, LOCK_FILE, error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_join(&out->fresh, home, COPSE_FILE_FRESH, error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_join(&out->mark, home, MARK_FILE, error);
    }
    return err;
}

static enum copse_err file_lock(int *gate, const char *home, int how, struct copse_error *error)
{
    int at = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0) {
        return copse_error_set(error, copse_disk_error(errno), "open %s: %s", home,
                               strerror(errno));
    }
    while (flock(at, how) != 0) {
        if (errno != EINTR) {
            (void)close(at);
            return copse_error_set(error, COPSE_ERR_IO, "lock %s: %s", home, strerror(errno));
        }
    }
    *gate = at;
    return COPSE_OK;
}

/* Gone, or never there. */
static enum copse_err file_drop(const char *path, struct copse_error *error)
{
    return unlink(path) == 0 || errno == ENOENT
               ? COPSE_OK
               : copse_error_set(error, copse_disk_error(errno), "remove %s: %s", path,
                                 strerror(errno));
}

/* Behind the gate: bring a replacement to one end or the other. As long as the fresh file is there,
 * it has not taken its place; then the mark goes first, for alone it would say that it has.
 * Otherwise it has, the lock file may be that of the old one, and the mark goes last. */
static enum copse_err file_recover(const struct places *places, struct copse_error *error)
{
    bool has_happened = access(places->fresh.text, F_OK) != 0;
    const char *first = has_happened ? places->lock.text : places->mark.text;
    const char *last = has_happened ? places->mark.text : places->fresh.text;
    enum copse_err err = file_drop(first, error);
    return err == COPSE_OK ? file_drop(last, error) : err;
}

enum copse_err copse_file_enter(int *gate, const char *home, struct copse_error *error)
{
    struct places places;
    enum copse_err err = file_places(&places, home, error);
    if (err == COPSE_OK) {
        err = file_lock(gate, home, LOCK_SH, error);
    }
    while (err == COPSE_OK && access(places.mark.text, F_OK) == 0) {
        copse_file_leave(*gate);
        err = file_lock(gate, home, LOCK_EX, error);
        if (err == COPSE_OK) {
            err = access(places.mark.text, F_OK) == 0 ? file_recover(&places, error) : COPSE_OK;
            copse_file_leave(*gate);
        }
        if (err == COPSE_OK) {
            err = file_lock(gate, home, LOCK_SH, error);
        }
    }
    return err;
}

void copse_file_leave(int gate)
{
    (void)close(gate);
}

enum copse_err copse_file_replace(const char *home, struct copse_error *error)
{
    struct places places;
    int gate = -1;
    enum copse_err err = file_places(&places, home, error);
    if (err == COPSE_OK) {
        err = file_lock(&gate, home, LOCK_EX, error);
    }
    if (err != COPSE_OK) {
        return err;
    }
    int mark = open(places.mark.text, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (mark >= 0) {
        (void)close(mark);
    }
    if (mark < 0 || rename(places.fresh.text, places.store.text) != 0) {
        err = copse_error_set(error, copse_disk_error(errno), "replace %s: %s", places.store.text,
                              strerror(errno));
    }
    /* If this fails, whoever opens does it. */
    enum copse_err cleared = file_recover(&places, err == COPSE_OK ? error : NULL);
    err = err == COPSE_OK ? cleared : err;
    if (err == COPSE_OK) {
        err = copse_disk_sync(home, error);
    }
    copse_file_leave(gate);
    return err;
}
