/* How it works: one read transaction at open makes the handles of all tables; after that
 * a transaction keeps one cursor for each table it touches, so that neighbouring keys
 * are found without a walk from the root.
 *
 * A fault inside a write transaction is remembered and given again by its commit, which
 * then aborts. What the disk says at a commit is sorted once, in `sort_failure`: no room
 * is COPSE_ERR_FULL, and anything else of the disk is panic.
 *
 * LMDB trusts what it reads. So before it maps a file, copse_file_check looks at the two
 * head pages by itself: a file cut short would stop the program with a signal.
 *
 * The file may be replaced by a compact one, by this process or another (copse_db_compact). Each
 * transaction therefore looks first whether what is open is what has the name, and opens that
 * otherwise; a transaction that writes looks once more when it has the lock. The old environment
 * is closed when its last transaction ends. Lock files go with their data files, so two open
 * environments never share one.
 */
#include "storage/db_env.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READERS_MAX 254u
#define LOW_SPACE_BYTES ((uint64_t)1 << 20)

const char *const copse_db_env_names[COPSE_DB_TABLES] = {
#define DB_NAME(name, text) [COPSE_DB_##name] = (text),
    COPSE_DB_TABLE_MAP(DB_NAME)
#undef DB_NAME
};

/* ---- errors ---- */

enum copse_err copse_db_env_error(int code)
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
    enum copse_err err = copse_db_env_error(code);
    if (err != COPSE_ERR_IO) {
        return err;
    }
    if (code != MDB_PANIC && copse_disk_room(db->path) < LOW_SPACE_BYTES) {
        return COPSE_ERR_FULL;
    }
    atomic_store(&db->failed, true);
    return COPSE_ERR_IO;
}

/* ---- open and create ---- */

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
int copse_db_env_open(MDB_env **out, const char *path, unsigned flags)
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
            code = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOTLS | flags, 0600);
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

int copse_db_env_tables(struct copse_db_env *at, enum copse_db_env_how how)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(at->env, NULL, how == COPSE_DB_ENV_FRESH ? 0 : MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS) {
        return code;
    }
    for (size_t i = 0; i < COPSE_DB_TABLES; i++) {
        unsigned flags = how == COPSE_DB_ENV_FRESH ? MDB_CREATE : 0;
        code = mdb_dbi_open(txn, copse_db_env_names[i], flags, &at->tables[i]);
        if (code != MDB_SUCCESS) {
            mdb_txn_abort(txn);
            return code == MDB_NOTFOUND ? MDB_INVALID : code;
        }
    }
    return mdb_txn_commit(txn);
}

static enum copse_err open_path(struct copse_db_env **out, const char *path,
                                enum copse_db_env_how how, const struct copse_memory *memory,
                                struct copse_error *error)
{
    struct copse_db_env *at = copse_memory_new(memory, 1, sizeof *at);
    if (at == NULL) {
        return COPSE_ERR_NOMEM;
    }
    int code = copse_db_env_open(&at->env, path, 0);
    if (code != MDB_SUCCESS) {
        goto fail_env;
    }
    int dead = 0;
    (void)mdb_reader_check(at->env, &dead);
    code = copse_db_env_tables(at, how);
    if (code != MDB_SUCCESS) {
        goto fail_tables;
    }
    *out = at;
    return COPSE_OK;

fail_tables:
    mdb_env_close(at->env);
fail_env:
    copse_memory_free(memory, at);
    return copse_error_set(error, copse_db_env_error(code), "open %s: %s", path,
                           mdb_strerror(code));
}

/* Open the file that has the name now. */
static enum copse_err open_there(struct copse_db_env **out, const struct copse_db *db,
                                 struct copse_error *error)
{
    struct copse_file file;
    int gate = -1;
    enum copse_err err = copse_file_enter(&gate, db->home.text, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_file_claim(&file, db->path, error);
    if (err == COPSE_OK) {
        err = copse_file_check(db->path, error);
        if (err == COPSE_OK) {
            err = open_path(out, db->path, COPSE_DB_ENV_THERE, db->memory, error);
        }
        if (err == COPSE_OK) {
            (*out)->file = file;
        } else {
            copse_file_unclaim(&file);
        }
    }
    copse_file_leave(gate);
    return err;
}

static void close_environment(struct copse_db *db, struct copse_db_env *at)
{
    copse_file_unclaim(&at->file);
    mdb_env_close(at->env);
    copse_memory_free(db->memory, at);
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
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_db *db = copse_memory_new(memory, 1, sizeof *db);
    if (db == NULL) {
        return COPSE_ERR_NOMEM;
    }
    db->memory = memory;
    memcpy(db->path, path.text, sizeof db->path);
    memcpy(db->home.text, home, strlen(home) + 1); /* shorter than the path, which fits */
    err = open_there(&db->current, db, error);
    if (err != COPSE_OK) {
        copse_memory_free(memory, db);
        return err;
    }
    *out = db;
    return COPSE_OK;
}

void copse_db_close(struct copse_db *db)
{
    if (db == NULL) {
        return;
    }
    COPSE_ASSERT(atomic_load(&db->current->open_count) == 0);
    close_environment(db, db->current);
    copse_memory_free(db->memory, db);
}

static enum copse_err begin_at(struct copse_db_txn **out, struct copse_db *db,
                               struct copse_db_env *at, enum copse_db_mode mode,
                               struct copse_error *error);

static enum copse_err fill_path(const char *path, copse_db_fill *fill,
                                const struct copse_memory *memory, struct copse_error *error)
{
    struct copse_db db = {.memory = memory};
    enum copse_err err = open_path(&db.current, path, COPSE_DB_ENV_FRESH, memory, error);
    if (err != COPSE_OK) {
        return err;
    }
    COPSE_ASSERT(strlen(path) < sizeof db.path);
    memcpy(db.path, path, strlen(path) + 1);
    struct copse_db_txn *txn = NULL;
    err = begin_at(&txn, &db, db.current, COPSE_DB_WRITE, error);
    if (err == COPSE_OK) {
        err = fill(txn, error);
        if (err == COPSE_OK) {
            err = copse_db_commit(txn, error);
        } else {
            copse_db_abort(txn);
        }
    }
    mdb_env_close(db.current->env);
    copse_memory_free(memory, db.current);
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

static int begin_env(MDB_txn **out, struct copse_db_env *at, enum copse_db_mode mode)
{
    unsigned flags = mode == COPSE_DB_READ ? MDB_RDONLY : 0;
    int code = mdb_txn_begin(at->env, NULL, flags, out);
    if (code == MDB_READERS_FULL) {
        /* Processes that were killed keep their slots until somebody looks. */
        int dead = 0;
        (void)mdb_reader_check(at->env, &dead);
        code = mdb_txn_begin(at->env, NULL, flags, out);
    }
    if (code == MDB_MAP_RESIZED && atomic_load(&at->open_count) == 0) {
        /* A process with a larger map has written past ours. */
        code = mdb_env_set_mapsize(at->env, 0);
        if (code == MDB_SUCCESS) {
            code = mdb_txn_begin(at->env, NULL, flags, out);
        }
    }
    return code;
}

static enum copse_err begin_at(struct copse_db_txn **out, struct copse_db *db,
                               struct copse_db_env *at, enum copse_db_mode mode,
                               struct copse_error *error)
{
    struct copse_db_txn *txn = copse_memory_new(db->memory, 1, sizeof *txn);
    if (txn == NULL) {
        return COPSE_ERR_NOMEM;
    }
    int code = begin_env(&txn->txn, at, mode);
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
    txn->from = at;
    txn->number_base = db->number_base;
    txn->mode = mode;
    atomic_fetch_add(&at->open_count, 1);
    *out = txn;
    return COPSE_OK;
}

static uint64_t last_number(const struct copse_db *db)
{
    MDB_envinfo info;
    return db->number_base +
           (mdb_env_info(db->current->env, &info) == MDB_SUCCESS ? info.me_last_txnid : 0);
}

/* Is the file that is open the one that has the name? If not, go over to that. */
enum copse_err copse_db_env_follow(struct copse_db *db, struct copse_error *error)
{
    struct copse_db_env *fresh = NULL;
    if (copse_file_is_at(&db->current->file, db->path)) {
        return COPSE_OK;
    }
    enum copse_err err = open_there(&fresh, db, error);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_db_env *old = db->current;
    db->number_base = last_number(db) + 1; /* numbers go on rising */
    db->current = fresh;
    old->is_old = true;
    if (atomic_load(&old->open_count) == 0) {
        close_environment(db, old);
    }
    return COPSE_OK;
}

enum copse_err copse_db_begin(struct copse_db_txn **out, struct copse_db *db,
                              enum copse_db_mode mode, struct copse_error *error)
{
    for (;;) {
        if (atomic_load(&db->failed)) {
            return has_failed(db, error);
        }
        enum copse_err err = copse_db_env_follow(db, error);
        if (err == COPSE_OK) {
            err = begin_at(out, db, db->current, mode, error);
        }
        if (err != COPSE_OK || mode == COPSE_DB_READ ||
            copse_file_is_at(&db->current->file, db->path)) {
            return err;
        }
        copse_db_abort(*out); /* it was replaced while this one waited for the lock */
    }
}

static void end_txn(struct copse_db_txn *txn)
{
    struct copse_db_env *at = txn->from;
    if (atomic_fetch_sub(&at->open_count, 1) == 1 && at->is_old) {
        close_environment(txn->db, at);
    }
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

/* ---- numbers and readers ---- */

uint64_t copse_db_txn_number(const struct copse_db_txn *txn)
{
    return txn->number_base + mdb_txn_id(txn->txn);
}

uint64_t copse_db_last_number(struct copse_db *db)
{
    /* If the new file cannot be opened, the next transaction says so. */
    return copse_db_env_follow(db, NULL) == COPSE_OK ? last_number(db) : last_number(db) + 1;
}

void copse_db_clear_readers(struct copse_db *db)
{
    int dead = 0;
    (void)mdb_reader_check(db->current->env, &dead);
}
