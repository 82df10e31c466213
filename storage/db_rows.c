/* Reading and writing rows: one cursor for each table that a transaction touches. */
#include "storage/db_env.h"

#include <string.h>

/* ---- rows ---- */

/* Remember the first fault of a transaction; answers are no faults. */
static enum copse_err settle(struct copse_db_txn *txn, int code)
{
    if (code == MDB_SUCCESS) {
        return COPSE_OK;
    }
    enum copse_err err = copse_db_env_error(code);
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
        int code = mdb_cursor_open(txn->txn, txn->from->tables[table], &txn->cursors[table]);
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
    int code = mdb_del(txn->txn, txn->from->tables[table], &old_key, NULL);
    return settle(txn, code == MDB_NOTFOUND ? MDB_SUCCESS : code);
}

enum copse_err copse_db_clear(struct copse_db_txn *txn, enum copse_db_table table)
{
    COPSE_ASSERT(txn->mode == COPSE_DB_WRITE);
    return settle(txn, mdb_drop(txn->txn, txn->from->tables[table], 0));
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
enum copse_err copse_db_count(struct copse_db_txn *txn, uint64_t *count, enum copse_db_table table)
{
    MDB_stat stat;
    int code = mdb_stat(txn->txn, txn->from->tables[table], &stat);
    if (code == MDB_SUCCESS) {
        *count = stat.ms_entries;
    }
    return settle(txn, code);
}
