/* One LMDB environment: tables, transactions, and what may go wrong with a file.
 *
 * db.c alone includes lmdb.h. Every other file of storage/ sees byte strings in
 * named tables, ordered as unsigned bytes. Durable mode only: a commit that
 * returned COPSE_OK survives a power cut.
 *
 * Rules that callers keep: transactions begin and end in one thread; one write
 * transaction at a time in a process; a read
 * transaction lives for one deed or one request, not longer; a slice that a call
 * gives is valid until the next put, del or commit of that transaction.
 *
 * Words:  environment  the open file with its lock file
 *         panic        after a failed sync nothing about the file is certain: every
 *                      later call gives COPSE_ERR_IO until the program starts anew
 */
#ifndef COPSE_STORAGE_DB_H
#define COPSE_STORAGE_DB_H

#include "protocol/base/bytes.h"
#include "protocol/base/memory.h"

#define COPSE_DB_FILE "store.mdb"               /* in the home directory */
#define COPSE_DB_MAP_BYTES ((uint64_t)64 << 30) /* sparse; COPSE_MAP_SIZE overrides */
#define COPSE_DB_MAP_BYTES_MIN ((uint64_t)1 << 20)
#define COPSE_DB_OPEN_MAX 8u /* environments in one process */

/* What a row of each table is stands in README.md. */
// clang-format off
#define COPSE_DB_TABLE_MAP(X)      \
    X(META,        "meta")         \
    X(COMMUNITIES, "communities")  \
    X(LOGS,        "logs")         \
    X(NAMES,       "names")        \
    X(ENTRIES,     "entries")      \
    X(PLACES,      "places")       \
    X(IDS,         "ids")          \
    X(ARRIVALS,    "arrivals")     \
    X(CONTENTS,    "contents")     \
    X(MISSING,     "missing")      \
    X(CHUNKS,      "chunks")       \
    X(BLOBS,       "blobs")        \
    X(STATE,       "state")        \
    X(SHAPES,      "shapes")       \
    X(LAYERS_EVEN, "layers even")  \
    X(LAYERS_ODD,  "layers odd")   \
    X(LOCAL,       "local")
// clang-format on

enum copse_db_table {
#define COPSE_DB_ENUM(name, text) COPSE_DB_##name,
    COPSE_DB_TABLE_MAP(COPSE_DB_ENUM)
#undef COPSE_DB_ENUM
        COPSE_DB_TABLES
};

enum copse_db_mode { COPSE_DB_READ, COPSE_DB_WRITE };

struct copse_db;     /* an environment */
struct copse_db_txn; /* a transaction */

/* Writes rows of an environment that nobody else has yet. */
typedef enum copse_err copse_db_fill(struct copse_db_txn *txn, struct copse_error *error);

/* Make an environment in the directory `home` (0700, made if absent) under a temporary name, with
 * its tables and what `fill` puts in, and move it into place when it is whole on the disk.
 * Returns COPSE_OK; COPSE_ERR_EXISTS when there is one; COPSE_ERR_UNSUITED (a network file system,
 * or a library known to lose locks); COPSE_ERR_FULL, _IO or _NOMEM. */
enum copse_err copse_db_create(const char *home, copse_db_fill *fill,
                               const struct copse_memory *memory,
                               struct copse_error *error) COPSE_MUST_CHECK;

/* Open it. Returns COPSE_OK; COPSE_ERR_NOT_FOUND; COPSE_ERR_BUSY when this process has it open
 * already; COPSE_ERR_CORRUPT when the file is shorter than its pages or its head is damaged;
 * COPSE_ERR_VERSION; COPSE_ERR_UNSUITED as above; COPSE_ERR_IO or _NOMEM. */
enum copse_err copse_db_open(struct copse_db **out, const char *home,
                             const struct copse_memory *memory,
                             struct copse_error *error) COPSE_MUST_CHECK;

/* No transaction may be open. NULL is fine. */
void copse_db_close(struct copse_db *db);

/* Wait for the write lock, or take a snapshot to read. Returns COPSE_OK, COPSE_ERR_IO (panic too),
 * COPSE_ERR_FULL, COPSE_ERR_BUSY (too many readers) or COPSE_ERR_NOMEM. */
enum copse_err copse_db_begin(struct copse_db_txn **out, struct copse_db *db,
                              enum copse_db_mode mode, struct copse_error *error) COPSE_MUST_CHECK;

/* End a transaction; it is gone whatever is returned. Durable when COPSE_OK. Otherwise nothing of
 * it was stored: COPSE_ERR_FULL (go on after room is made), or COPSE_ERR_IO: panic. */
enum copse_err copse_db_commit(struct copse_db_txn *txn,
                               struct copse_error *error) COPSE_MUST_CHECK;
void copse_db_abort(struct copse_db_txn *txn); /* NULL is fine */

/* COPSE_OK, COPSE_ERR_NOT_FOUND, or a fault: COPSE_ERR_IO, _CORRUPT, _FULL, _NOMEM. A write
 * transaction in which a put or del gave a fault can only be aborted: its commit fails too. */
enum copse_err copse_db_get(struct copse_db_txn *txn, struct copse_slice *value,
                            enum copse_db_table table, struct copse_slice key) COPSE_MUST_CHECK;
enum copse_err copse_db_put(struct copse_db_txn *txn, enum copse_db_table table,
                            struct copse_slice key, struct copse_slice value) COPSE_MUST_CHECK;
enum copse_err copse_db_del(struct copse_db_txn *txn, enum copse_db_table table,
                            struct copse_slice key) COPSE_MUST_CHECK; /* absent: COPSE_OK */

/* A put whose value the caller writes to *room, all `size` bytes of it, before any other call. */
enum copse_err copse_db_reserve(struct copse_db_txn *txn, uint8_t **room, enum copse_db_table table,
                                struct copse_slice key, size_t size) COPSE_MUST_CHECK;

/* Take all rows of a table away. Cost: O(pages). */
enum copse_err copse_db_clear(struct copse_db_txn *txn, enum copse_db_table table) COPSE_MUST_CHECK;

/* The first pair whose key is >= `from` (empty: of all), or the last one whose key is < `below`
 * (empty: of all). COPSE_ERR_NOT_FOUND if there is none. Cost: near the pair used last, O(1). */
enum copse_err copse_db_seek(struct copse_db_txn *txn, struct copse_slice *key,
                             struct copse_slice *value, enum copse_db_table table,
                             struct copse_slice from) COPSE_MUST_CHECK;
enum copse_err copse_db_seek_below(struct copse_db_txn *txn, struct copse_slice *key,
                                   struct copse_slice *value, enum copse_db_table table,
                                   struct copse_slice below) COPSE_MUST_CHECK;

/* Rows of a table, as this transaction sees it. */
enum copse_err copse_db_count(struct copse_db_txn *txn, uint64_t *count,
                              enum copse_db_table table) COPSE_MUST_CHECK;

/* Numbers of committed transactions, rising with each write of any process: what this transaction
 * sees, and the newest there is (no transaction needed). Cached values carry the former. */
uint64_t copse_db_txn_number(const struct copse_db_txn *txn);
uint64_t copse_db_last_number(struct copse_db *db);

/* Write a copy to `path` (0600; refused if it exists), synced: all rows, and no byte besides. Cost:
 * O(rows); others may write meanwhile. */
enum copse_err copse_db_copy(struct copse_db *db, const char *path,
                             struct copse_error *error) COPSE_MUST_CHECK;

/* Put such a copy in the place of the file, so that nothing that was deleted is left in it; `edit`
 * (or NULL) changes rows of the copy on the way. Others wait for the write lock meanwhile; whoever
 * has the old file open goes over to the new one with its next transaction. COPSE_OK;
 * COPSE_ERR_FULL: there is no room for the copy; or a fault: the file is as it was. Cost: O(rows).
 */
enum copse_err copse_db_compact(struct copse_db *db, copse_db_fill *edit,
                                struct copse_error *error) COPSE_MUST_CHECK;

/* Read all of a copy: COPSE_OK, COPSE_ERR_CORRUPT, or a fault. Nothing else may have it open. */
enum copse_err copse_db_verify(const char *path, struct copse_error *error) COPSE_MUST_CHECK;

/* Free the slots of readers whose process is gone; they would keep old pages from reuse. */
void copse_db_clear_readers(struct copse_db *db);

#endif
