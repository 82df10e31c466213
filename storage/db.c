/* How it works: one read transaction at open makes the handles of all tables; after that
 * a transaction keeps one cursor for each table it touches, so that neighbouring keys
 * are found without a walk from the root.
 *
 * A fault inside a write transaction is remembered and given again by its commit, which
 * then aborts. What the disk says at a commit is sorted once, in `sort_failure`: no room
 * is COPSE_ERR_FULL, and anything else of the disk is panic.
 *
 * LMDB trusts what it reads. So before it maps a file, `check_file` looks at the two
 * head pages by itself: a file cut short would stop the program with a signal.
 */
#include "storage/db.h"

#include "storage/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READERS_MAX 254u
#define LOW_SPACE_BYTES ((uint64_t)1 << 20)
#define HEAD_BYTES 152u    /* of a head page that we read: up to the transaction number */
#define TAIL_PAGES_MAX 16u /* pages that a last transaction may have left unwritten at the end */

struct copse_db {
    MDB_env *env;
    MDB_dbi tables[COPSE_DB_TABLES];
    const struct copse_memory *memory;
    atomic_bool failed;     /* panic */
    atomic_uint open_count; /* transactions */
    char path[COPSE_DISK_PATH_BYTES];
};

struct copse_db_txn {
    struct copse_db *db;
    MDB_txn *txn;
    MDB_cursor *cursors[COPSE_DB_TABLES];
    enum copse_db_mode mode;
    enum copse_err fault; /* the first one of a write transaction */
};

static const char *const table_names[COPSE_DB_TABLES] = {
#define DB_NAME(name, text) [COPSE_DB_##name] = (text),
    COPSE_DB_TABLE_MAP(DB_NAME)
#undef DB_NAME
};

/* ---- errors ---- */

static enum copse_err error_of(int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return COPSE_OK;
    case MDB_NOTFOUND:
        return COPSE_ERR_NOT_FOUND;
    case MDB_KEYEXIST:
        return COPSE_ERR_EXISTS;
    case ENOMEM:
    case EAGAIN: /* no thread to copy with */
        return COPSE_ERR_NOMEM;
    case ENOSPC:
    case EDQUOT:
    case MDB_MAP_FULL:
        return COPSE_ERR_FULL;
    case MDB_READERS_FULL:
        return COPSE_ERR_BUSY;
    case MDB_VERSION_MISMATCH:
        return COPSE_ERR_VERSION;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_INCOMPATIBLE:
        return COPSE_ERR_CORRUPT;
    default:
        return COPSE_ERR_IO;
    }
}

/* A short write on a full disk comes as EIO: look at the room before crying damage. */
static enum copse_err sort_failure(struct copse_db *db, int code)
{
    enum copse_err err = error_of(code);
    if (err != COPSE_ERR_IO) {
        return err;
    }
    if (code != MDB_PANIC && copse_disk_room(db->path) < LOW_SPACE_BYTES) {
        return COPSE_ERR_FULL;
    }
    atomic_store(&db->failed, true);
    return COPSE_ERR_IO;
}

/* ---- one environment of a file in a process ---- */

/* Closing any descriptor of the lock file drops the process's locks, so a second environment on
 * the same file would let two writers in. Entries of a parent process do not count. */
static struct open_file {
    dev_t device;
    ino_t number;
    pid_t process; /* 0: free */
} open_files[COPSE_DB_OPEN_MAX];

static enum copse_err claim_file(const char *path, struct copse_error *error)
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
    return COPSE_OK;
}

static void unclaim_file(const char *path)
{
    struct stat file;
    if (stat(path, &file) != 0) {
        return;
    }
    for (size_t i = 0; i < COPSE_DB_OPEN_MAX; i++) {
        struct open_file *used = &open_files[i];
        if (used->process == getpid() && used->device == file.st_dev &&
            used->number == file.st_ino) {
            used->process = 0;
        }
    }
}

/* ---- before LMDB sees a file ---- */

/* 0.9.26 to 0.9.31 destroy the shared lock on close while others use it. */
static enum copse_err check_library(struct copse_error *error)
{
    int major = 0;
    int minor = 0;
    int patch = 0;
    const char *name = mdb_version(&major, &minor, &patch);
    if (major == 0 && minor == 9 && patch >= 26 && patch <= 31) {
        return copse_error_set(error, COPSE_ERR_UNSUITED,
                               "%s loses locks between programs; use 0.9.25 or 0.9.32 and later",
                               name);
    }
    return COPSE_OK;
}

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
static enum copse_err check_file(const char *path, struct copse_error *error)
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

/* ---- open and create ---- */

static uint64_t map_bytes(void)
{
    const char *wish = getenv("COPSE_MAP_SIZE");
    if (wish != NULL) {
        char *end = NULL;
        unsigned long long bytes = strtoull(wish, &end, 10);
        if (end != wish && *end == '\0' && bytes >= COPSE_DB_MAP_BYTES_MIN && bytes < SIZE_MAX) {
            return bytes - bytes % 65536;
        }
    }
    return sizeof(size_t) == 8 ? COPSE_DB_MAP_BYTES : (uint64_t)1 << 30;
}

/* The address space may be limited: try half until it fits. */
static int open_env(MDB_env **out, const char *path)
{
    int code = MDB_SUCCESS;
    for (uint64_t bytes = map_bytes(); bytes >= COPSE_DB_MAP_BYTES_MIN; bytes /= 2) {
        MDB_env *env = NULL;
        code = mdb_env_create(&env);
        if (code != MDB_SUCCESS) {
            return code;
        }
        (void)mdb_env_set_maxdbs(env, COPSE_DB_TABLES);
        (void)mdb_env_set_maxreaders(env, READERS_MAX);
        code = mdb_env_set_mapsize(env, (size_t)bytes);
        if (code == MDB_SUCCESS) {
            code = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOTLS, 0600);
        }
        if (code == MDB_SUCCESS) {
            *out = env;
            return code;
        }
        mdb_env_close(env);
        if (code != ENOMEM) {
            break;
        }
    }
    return code;
}

enum open_how { OPEN_THERE, OPEN_FRESH };

static int open_tables(struct copse_db *db, enum open_how how)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(db->env, NULL, how == OPEN_FRESH ? 0 : MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS) {
        return code;
    }
    for (size_t i = 0; i < COPSE_DB_TABLES; i++) {
        unsigned flags = how == OPEN_FRESH ? MDB_CREATE : 0;
        code = mdb_dbi_open(txn, table_names[i], flags, &db->tables[i]);
        if (code != MDB_SUCCESS) {
            mdb_txn_abort(txn);
            return code == MDB_NOTFOUND ? MDB_INVALID : code;
        }
    }
    return mdb_txn_commit(txn);
}

static enum copse_err open_path(struct copse_db **out, const char *path, enum open_how how,
                                const struct copse_memory *memory, struct copse_error *error)
{
    struct copse_db *db = copse_memory_new(memory, 1, sizeof *db);
    if (db == NULL) {
        return COPSE_ERR_NOMEM;
    }
    db->memory = memory;
    COPSE_ASSERT(strlen(path) < sizeof db->path);
    memcpy(db->path, path, strlen(path) + 1);
    int code = open_env(&db->env, path);
    if (code != MDB_SUCCESS) {
        goto fail_env;
    }
    int dead = 0;
    (void)mdb_reader_check(db->env, &dead);
    code = open_tables(db, how);
    if (code != MDB_SUCCESS) {
        goto fail_tables;
    }
    *out = db;
    return COPSE_OK;

fail_tables:
    mdb_env_close(db->env);
fail_env:
    copse_memory_free(memory, db);
    return copse_error_set(error, error_of(code), "open %s: %s", path, mdb_strerror(code));
}

enum copse_err copse_db_open(struct copse_db **out, const char *home,
                             const struct copse_memory *memory, struct copse_error *error)
{
    struct copse_disk_path path;
    enum copse_err err = copse_disk_join(&path, home, COPSE_DB_FILE, error);
    if (err == COPSE_OK) {
        err = check_library(error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_check_system(home, error);
    }
    if (err == COPSE_OK) {
        err = claim_file(path.text, error);
    }
    if (err != COPSE_OK) {
        return err;
    }
    err = check_file(path.text, error);
    if (err == COPSE_OK) {
        err = open_path(out, path.text, OPEN_THERE, memory, error);
    }
    if (err != COPSE_OK) {
        unclaim_file(path.text);
    }
    return err;
}

void copse_db_close(struct copse_db *db)
{
    if (db == NULL) {
        return;
    }
    COPSE_ASSERT(atomic_load(&db->open_count) == 0);
    unclaim_file(db->path);
    mdb_env_close(db->env);
    copse_memory_free(db->memory, db);
}

static enum copse_err fill_path(const char *path, copse_db_fill *fill,
                                const struct copse_memory *memory, struct copse_error *error)
{
    struct copse_db *db = NULL;
    enum copse_err err = open_path(&db, path, OPEN_FRESH, memory, error);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_db_txn *txn = NULL;
    err = copse_db_begin(&txn, db, COPSE_DB_WRITE, error);
    if (err == COPSE_OK) {
        err = fill(txn, error);
        if (err == COPSE_OK) {
            err = copse_db_commit(txn, error);
        } else {
            copse_db_abort(txn);
        }
    }
    mdb_env_close(db->env);
    copse_memory_free(memory, db);
    return err;
}

enum copse_err copse_db_create(const char *home, copse_db_fill *fill,
                               const struct copse_memory *memory, struct copse_error *error)
{
    struct copse_disk_path path;
    enum copse_err err = copse_disk_join(&path, home, COPSE_DB_FILE, error);
    if (err == COPSE_OK) {
        err = check_library(error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_make_directory(home, error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_check_system(home, error);
    }
    if (err != COPSE_OK) {
        return err;
    }
    if (access(path.text, F_OK) == 0) {
        return copse_error_set(error, COPSE_ERR_EXISTS, "%s is there already", path.text);
    }
    char fresh_name[64];
    char lock_name[96];
    struct copse_disk_path fresh;
    struct copse_disk_path lock;
    (void)snprintf(fresh_name, sizeof fresh_name, "%s.%ld", COPSE_DB_FILE, (long)getpid());
    (void)snprintf(lock_name, sizeof lock_name, "%s-lock", fresh_name);
    err = copse_disk_join(&fresh, home, fresh_name, error);
    if (err == COPSE_OK) {
        err = copse_disk_join(&lock, home, lock_name, error);
    }
    if (err != COPSE_OK) {
        return err;
    }
    (void)unlink(fresh.text); /* of a process of the same number that was killed here */
    err = fill_path(fresh.text, fill, memory, error);
    if (err == COPSE_OK) {
        err = copse_disk_sync(fresh.text, error);
    }
    if (err == COPSE_OK) {
        err = copse_disk_publish(fresh.text, path.text, home, error);
    }
    if (err != COPSE_OK) {
        (void)unlink(fresh.text);
    }
    (void)unlink(lock.text);
    return err;
}

/* ---- transactions ---- */

static enum copse_err has_failed(const struct copse_db *db, struct copse_error *error)
{
    return copse_error_set(error, COPSE_ERR_IO,
                           "%s failed to take a write; close the program and check the disk",
                           db->path);
}

enum copse_err copse_db_begin(struct copse_db_txn **out, struct copse_db *db,
                              enum copse_db_mode mode, struct copse_error *error)
{
    if (atomic_load(&db->failed)) {
        return has_failed(db, error);
    }
    struct copse_db_txn *txn = copse_memory_new(db->memory, 1, sizeof *txn);
    if (txn == NULL) {
        return COPSE_ERR_NOMEM;
    }
    unsigned flags = mode == COPSE_DB_READ ? MDB_RDONLY : 0;
    int code = mdb_txn_begin(db->env, NULL, flags, &txn->txn);
    if (code == MDB_READERS_FULL) {
        /* Processes that were killed keep their slots until somebody looks. */
        copse_db_clear_readers(db);
        code = mdb_txn_begin(db->env, NULL, flags, &txn->txn);
    }
    if (code == MDB_MAP_RESIZED && atomic_load(&db->open_count) == 0) {
        /* A process with a larger map has written past ours. */
        code = mdb_env_set_mapsize(db->env, 0);
        if (code == MDB_SUCCESS) {
            code = mdb_txn_begin(db->env, NULL, flags, &txn->txn);
        }
    }
    if (code != MDB_SUCCESS) {
        copse_memory_free(db->memory, txn);
        if (code == MDB_PANIC) {
            atomic_store(&db->failed, true);
            return has_failed(db, error);
        }
        enum copse_err err = code == MDB_MAP_RESIZED ? COPSE_ERR_BUSY : sort_failure(db, code);
        return copse_error_set(error, err, "%s: %s", db->path, mdb_strerror(code));
    }
    txn->db = db;
    txn->mode = mode;
    atomic_fetch_add(&db->open_count, 1);
    *out = txn;
    return COPSE_OK;
}

static void end_txn(struct copse_db_txn *txn)
{
    atomic_fetch_sub(&txn->db->open_count, 1);
    copse_memory_free(txn->db->memory, txn);
}

static void close_cursors(struct copse_db_txn *txn)
{
    for (size_t i = 0; i < COPSE_DB_TABLES; i++) {
        if (txn->cursors[i] != NULL) {
            mdb_cursor_close(txn->cursors[i]);
            txn->cursors[i] = NULL;
        }
    }
}

void copse_db_abort(struct copse_db_txn *txn)
{
    if (txn == NULL) {
        return;
    }
    close_cursors(txn);
    mdb_txn_abort(txn->txn);
    end_txn(txn);
}

enum copse_err copse_db_commit(struct copse_db_txn *txn, struct copse_error *error)
{
    if (txn->fault != COPSE_OK) {
        enum copse_err fault = txn->fault;
        copse_error_set(error, fault, "writing to %s failed", txn->db->path);
        copse_db_abort(txn);
        return fault;
    }
    close_cursors(txn);
    struct copse_db *db = txn->db;
    int code = mdb_txn_commit(txn->txn);
    end_txn(txn);
    if (code == MDB_SUCCESS) {
        return COPSE_OK;
    }
    return copse_error_set(error, sort_failure(db, code), "commit to %s: %s", db->path,
                           mdb_strerror(code));
}

/* ---- rows ---- */

/* Remember the first fault of a transaction; answers are no faults. */
static enum copse_err settle(struct copse_db_txn *txn, int code)
{
    if (code == MDB_SUCCESS) {
        return COPSE_OK;
    }
    enum copse_err err = error_of(code);
    if (code == MDB_BAD_TXN && txn->fault != COPSE_OK) {
        return txn->fault;
    }
    if (err != COPSE_ERR_NOT_FOUND && err != COPSE_ERR_EXISTS && txn->fault == COPSE_OK) {
        txn->fault = err;
    }
    return err;
}

static int cursor_of(struct copse_db_txn *txn, MDB_cursor **out, enum copse_db_table table)
{
    COPSE_ASSERT(table < COPSE_DB_TABLES);
    if (txn->cursors[table] == NULL) {
        int code = mdb_cursor_open(txn->txn, txn->db->tables[table], &txn->cursors[table]);
        if (code != MDB_SUCCESS) {
            txn->cursors[table] = NULL;
            return code;
        }
    }
    *out = txn->cursors[table];
    return MDB_SUCCESS;
}

/* LMDB takes pointers to data that it does not change as void *. */
static MDB_val val_of(struct copse_slice slice)
{
    MDB_val val = {slice.size, NULL};
    memcpy(&val.mv_data, &slice.data, sizeof val.mv_data);
    return val;
}

static struct copse_slice slice_of(MDB_val val)
{
    return (struct copse_slice){val.mv_data, val.mv_size};
}

enum copse_err copse_db_get(struct copse_db_txn *txn, struct copse_slice *value,
                            enum copse_db_table table, struct copse_slice key)
{
    MDB_cursor *cursor = NULL;
    MDB_val found_key = val_of(key);
    MDB_val found = {0, NULL};
    int code = cursor_of(txn, &cursor, table);
    if (code == MDB_SUCCESS) {
        code = mdb_cursor_get(cursor, &found_key, &found, MDB_SET);
    }
    if (code == MDB_SUCCESS) {
        *value = slice_of(found);
    }
    return settle(txn, code);
}

enum copse_err copse_db_put(struct copse_db_txn *txn, enum copse_db_table table,
                            struct copse_slice key, struct copse_slice value)
{
    COPSE_ASSERT(txn->mode == COPSE_DB_WRITE);
    MDB_cursor *cursor = NULL;
    MDB_val new_key = val_of(key);
    MDB_val new_value = val_of(value);
    int code = cursor_of(txn, &cursor, table);
    if (code == MDB_SUCCESS) {
        code = mdb_cursor_put(cursor, &new_key, &new_value, 0);
    }
    return settle(txn, code);
}

enum copse_err copse_db_reserve(struct copse_db_txn *txn, uint8_t **room, enum copse_db_table table,
                                struct copse_slice key, size_t size)
{
    COPSE_ASSERT(txn->mode == COPSE_DB_WRITE);
    MDB_cursor *cursor = NULL;
    MDB_val new_key = val_of(key);
    MDB_val value = {size, NULL};
    int code = cursor_of(txn, &cursor, table);
    if (code == MDB_SUCCESS) {
        code = mdb_cursor_put(cursor, &new_key, &value, MDB_RESERVE);
    }
    *room = value.mv_data;
    return settle(txn, code);
}

enum copse_err copse_db_del(struct copse_db_txn *txn, enum copse_db_table table,
                            struct copse_slice key)
{
    COPSE_ASSERT(txn->mode == COPSE_DB_WRITE);
    MDB_val old_key = val_of(key);
    int code = mdb_del(txn->txn, txn->db->tables[table], &old_key, NULL);
    return settle(txn, code == MDB_NOTFOUND ? MDB_SUCCESS : code);
}

enum copse_err copse_db_clear(struct copse_db_txn *txn, enum copse_db_table table)
{
    COPSE_ASSERT(txn->mode == COPSE_DB_WRITE);
    return settle(txn, mdb_drop(txn->txn, txn->db->tables[table], 0));
}

enum copse_err copse_db_seek(struct copse_db_txn *txn, struct copse_slice *key,
                             struct copse_slice *value, enum copse_db_table table,
                             struct copse_slice from)
{
    MDB_cursor *cursor = NULL;
    MDB_val found_key = val_of(from);
    MDB_val found = {0, NULL};
    int code = cursor_of(txn, &cursor, table);
    if (code == MDB_SUCCESS) {
        code =
            mdb_cursor_get(cursor, &found_key, &found, from.size == 0 ? MDB_FIRST : MDB_SET_RANGE);
    }
    if (code == MDB_SUCCESS) {
        *key = slice_of(found_key);
        *value = slice_of(found);
    }
    return settle(txn, code);
}

enum copse_err copse_db_seek_below(struct copse_db_txn *txn, struct copse_slice *key,
                                   struct copse_slice *value, enum copse_db_table table,
                                   struct copse_slice below)
{
    MDB_cursor *cursor = NULL;
    MDB_val found_key = val_of(below);
    MDB_val found = {0, NULL};
    int code = cursor_of(txn, &cursor, table);
    if (code == MDB_SUCCESS && below.size > 0) {
        code = mdb_cursor_get(cursor, &found_key, &found, MDB_SET_RANGE);
        if (code == MDB_SUCCESS) {
            code = mdb_cursor_get(cursor, &found_key, &found, MDB_PREV);
        } else if (code == MDB_NOTFOUND) {
            code = mdb_cursor_get(cursor, &found_key, &found, MDB_LAST);
        }
    } else if (code == MDB_SUCCESS) {
        code = mdb_cursor_get(cursor, &found_key, &found, MDB_LAST);
    }
    if (code == MDB_SUCCESS) {
        *key = slice_of(found_key);
        *value = slice_of(found);
    }
    return settle(txn, code);
}

/* ---- the rest ---- */

enum copse_err copse_db_count(struct copse_db_txn *txn, uint64_t *count, enum copse_db_table table)
{
    MDB_stat stat;
    int code = mdb_stat(txn->txn, txn->db->tables[table], &stat);
    if (code == MDB_SUCCESS) {
        *count = stat.ms_entries;
    }
    return settle(txn, code);
}

uint64_t copse_db_txn_number(const struct copse_db_txn *txn)
{
    return mdb_txn_id(txn->txn);
}

uint64_t copse_db_last_number(struct copse_db *db)
{
    MDB_envinfo info;
    return mdb_env_info(db->env, &info) == MDB_SUCCESS ? info.me_last_txnid : 0;
}

enum copse_err copse_db_copy(struct copse_db *db, const char *path, struct copse_error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return copse_error_set(error, copse_disk_error(errno), "make %s: %s", path,
                               strerror(errno));
    }
    int code = mdb_env_copyfd2(db->env, file, MDB_CP_COMPACT);
    if (code == MDB_SUCCESS && fsync(file) != 0) {
        code = errno;
    }
    (void)close(file);
    if (code != MDB_SUCCESS) {
        (void)unlink(path);
        return copse_error_set(error, error_of(code), "copy to %s: %s", path, mdb_strerror(code));
    }
    return COPSE_OK;
}

void copse_db_clear_readers(struct copse_db *db)
{
    int dead = 0;
    (void)mdb_reader_check(db->env, &dead);
}

static int walk_table(MDB_txn *txn, const char *name)
{
    MDB_dbi table = 0;
    MDB_cursor *cursor = NULL;
    int code = mdb_dbi_open(txn, name, 0, &table);
    if (code == MDB_SUCCESS) {
        code = mdb_cursor_open(txn, table, &cursor);
    }
    if (code != MDB_SUCCESS) {
        return code == MDB_NOTFOUND ? MDB_INVALID : code;
    }
    MDB_val key;
    MDB_val value;
    do {
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    } while (code == MDB_SUCCESS);
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

enum copse_err copse_db_verify(const char *path, struct copse_error *error)
{
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    int code = mdb_env_create(&env);
    if (code != MDB_SUCCESS) {
        return COPSE_ERR_NOMEM;
    }
    (void)mdb_env_set_maxdbs(env, COPSE_DB_TABLES);
    code = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0600);
    if (code == MDB_SUCCESS) {
        code = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    }
    for (size_t i = 0; i < COPSE_DB_TABLES && code == MDB_SUCCESS; i++) {
        code = walk_table(txn, table_names[i]);
    }
    if (txn != NULL) {
        mdb_txn_abort(txn);
    }
    mdb_env_close(env);
    return code == MDB_SUCCESS
               ? COPSE_OK
               : copse_error_set(error, error_of(code), "read %s: %s", path, mdb_strerror(code));
}
