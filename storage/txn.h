/* A transaction of the store: an LMDB transaction and what is cached for its length.
 *
 * Made by copse_store_begin. Only storage/ looks inside; everybody else passes it on.
 */
#ifndef COPSE_STORAGE_TXN_H
#define COPSE_STORAGE_TXN_H

#include "protocol/authority/update.h"
#include "protocol/entry/log.h"
#include "protocol/entry/run.h"
#include "storage/db.h"
#include "storage/index.h"
#include "storage/layers.h"

#define COPSE_TXN_COMMUNITIES_MAX 64u /* that one write transaction may change */

/* A log read or changed in this transaction. */
struct copse_txn_log {
    uint32_t number;
    uint32_t community;
    uint32_t unproved; /* bit b: the leaf of branch b has no signature yet */
    bool changed;      /* to be written before the commit */
    struct copse_log log;
};

/* What has to be brought up to date before the commit. */
struct copse_txn_pending {
    uint32_t community;
    struct copse_update update; /* of standings */
};

/* The entry added last: the prev of the next one, nearly always. */
struct copse_txn_tip {
    bool is_set;
    bool has_under;
    uint32_t community;
    struct copse_id id;
    struct copse_entry entry; /* without op and ext */
    struct copse_position position;
    struct copse_trail trail;
    uint64_t under; /* arrival number of the entry that names the trail's grant and charter */
    struct copse_run_gap gap; /* behind the last signed one on its branch, up to it */
};

struct copse_txn {
    struct copse_db_txn *db;
    enum copse_db_mode mode;
    const struct copse_memory *memory;
    const struct copse_key_scheme *scheme;
    struct copse_index index;    /* ids of entries added in this transaction */
    struct copse_layers layers;  /* keys of IDS and of the fold that were added in it */
    struct copse_txn_log **logs; /* by number, open addressing; NULL: free */
    size_t log_slots;
    size_t log_count;
    struct copse_txn_pending pending[COPSE_TXN_COMMUNITIES_MAX];
    size_t pending_count;
    struct copse_txn_tip tip;
    uint64_t next_arrival; /* 0: not read yet */
    uint64_t arrived_ms;   /* wall clock when the transaction began */
    bool arrivals_changed;
};

/* What a transaction needs from the store; borrowed until it ends. */
struct copse_txn_options {
    enum copse_db_mode mode;
    uint64_t now_ms; /* the wall clock, for dates of arrival */
    const struct copse_memory *memory;
    const struct copse_key_scheme *scheme;
};

/* Begin and end; like their namesakes of db.h. */
enum copse_err copse_txn_begin(struct copse_txn **out, struct copse_db *db,
                               const struct copse_txn_options *options,
                               struct copse_error *error) COPSE_MUST_CHECK;
enum copse_err copse_txn_commit(struct copse_txn *txn, struct copse_error *error) COPSE_MUST_CHECK;
void copse_txn_abort(struct copse_txn *txn); /* NULL is fine */

/* Find or make the note of what is pending for a community. COPSE_ERR_LIMIT: too many in one
 * transaction. Borrowed until the transaction ends. */
enum copse_err copse_txn_note(struct copse_txn *txn, struct copse_txn_pending **out,
                              uint32_t community) COPSE_MUST_CHECK;

/* Look for a cached log, and put one in (`log` is taken over, must come from txn->memory). */
struct copse_txn_log *copse_txn_find_log(const struct copse_txn *txn, uint32_t number);
enum copse_err copse_txn_keep_log(struct copse_txn *txn,
                                  struct copse_txn_log *log) COPSE_MUST_CHECK;

#endif
