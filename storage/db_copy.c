/* Copies of the file: for a backup, and to take its place. */
#include "storage/db_env.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define COPY_ROWS 20000u /* in one transaction */

/* Rows of one table, in order, from a transaction into a fresh environment. */
static int copy_table(struct copse_db_txn *from, struct copse_db_env *to, size_t table)
{
    MDB_cursor *reader = NULL;
    MDB_txn *txn = NULL;
    MDB_val key;
    MDB_val value;
    int code = mdb_cursor_open(from->txn, from->from->tables[table], &reader);
    if (code != MDB_SUCCESS) {
        return code;
    }
    code = mdb_cursor_get(reader, &key, &value, MDB_FIRST);
    for (size_t rows = 0; code == MDB_SUCCESS; rows++) {
        if (rows % COPY_ROWS == 0) {
            code = txn == NULL ? MDB_SUCCESS : mdb_txn_commit(txn);
            txn = NULL;
            if (code == MDB_SUCCESS) {
                code = mdb_txn_begin(to->env, NULL, 0, &txn);
            }
        }
        if (code == MDB_SUCCESS) {
            code = mdb_put(txn, to->tables[table], &key, &value, MDB_APPEND);
        }
        if (code == MDB_SUCCESS) {
            code = mdb_cursor_get(reader, &key, &value, MDB_NEXT);
        }
    }
    mdb_cursor_close(reader);
    if (txn != NULL && code == MDB_NOTFOUND) {
        return mdb_txn_commit(txn);
    }
    mdb_txn_abort(txn);
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

/* LMDB's own copy takes pages as they are, with what was deleted in them. So rows are written anew,
 * and whatever is no row is not in the copy. Nobody else knows of the file: it needs no lock. */
static int copy_rows(struct copse_db_txn *from, const char *path)
{
    struct copse_db_env to = {.env = NULL};
    int code = copse_db_env_open(&to.env, path, MDB_NOSYNC | MDB_NOLOCK);
    if (code != MDB_SUCCESS) {
        return code;
    }
    code = copse_db_env_tables(&to, COPSE_DB_ENV_FRESH);
    for (size_t i = 0; i < COPSE_DB_TABLES && code == MDB_SUCCESS; i++) {
        code = copy_table(from, &to, i);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_sync(to.env, 1);
    }
    mdb_env_close(to.env);
    return code;
}

static enum copse_err copy_to(struct copse_db_txn *from, const char *path,
                              struct copse_error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return copse_error_set(error, copse_disk_error(errno), "make %s: %s", path,
                               strerror(errno));
    }
    int code = copy_rows(from, path);
    if (code == MDB_SUCCESS && fsync(file) != 0) {
        code = errno;
    }
    (void)close(file);
    if (code != MDB_SUCCESS) {
        (void)unlink(path);
        return copse_error_set(error, copse_db_env_error(code), "copy to %s: %s", path,
                               mdb_strerror(code));
    }
    return COPSE_OK;
}

enum copse_err copse_db_copy(struct copse_db *db, const char *path, struct copse_error *error)
{
    struct copse_db_txn *txn = NULL;
    enum copse_err err = copse_db_begin(&txn, db, COPSE_DB_READ, error);
    if (err == COPSE_OK) {
        err = copy_to(txn, path, error);
        copse_db_abort(txn);
    }
    return err;
}

/* What an earlier one that was killed has left, behind the gate. */
static enum copse_err clear_fresh(const struct copse_db *db, const char *path,
                                  struct copse_error *error)
{
    int gate = -1;
    enum copse_err err = copse_file_enter(&gate, db->home.text, error);
    if (err == COPSE_OK) {
        (void)unlink(path);
        copse_file_leave(gate);
    }
    return err;
}

enum copse_err copse_db_compact(struct copse_db *db, copse_db_fill *edit, struct copse_error *error)
{
    struct copse_disk_path fresh;
    struct copse_db_txn *txn = NULL;
    enum copse_err err = copse_disk_join(&fresh, db->home.text, COPSE_FILE_FRESH, error);
    if (err == COPSE_OK) {
        err = copse_db_begin(&txn, db, COPSE_DB_WRITE, error); /* nobody writes from here on */
    }
    if (err != COPSE_OK) {
        return err;
    }
    err = clear_fresh(db, fresh.text, error);
    if (err == COPSE_OK && edit != NULL) {
        err = edit(txn, error); /* never committed: only the copy has it */
    }
    if (err == COPSE_OK) {
        err = copy_to(txn, fresh.text, error);
    }
    if (err == COPSE_OK) {
        err = copse_db_verify(fresh.text, error);
        if (err != COPSE_OK) {
            (void)unlink(fresh.text);
        }
    }
    if (err == COPSE_OK) {
        err = copse_file_replace(db->home.text, error);
    }
    copse_db_abort(txn);
    return err == COPSE_OK ? copse_db_env_follow(db, error) : err;
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
        code = walk_table(txn, copse_db_env_names[i]);
    }
    if (txn != NULL) {
        mdb_txn_abort(txn);
    }
    mdb_env_close(env);
    return code == MDB_SUCCESS ? COPSE_OK
                               : copse_error_set(error, copse_db_env_error(code), "read %s: %s",
                                                 path, mdb_strerror(code));
}
