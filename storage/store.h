/* The store: what this node remembers, for any number of processes at once.
 *
 * The face of storage/. A command opens it, reads or writes in one transaction and
 * closes it; `serve` does the same, only longer. Reading goes through entries.h,
 * contents.h and views.h with the transaction that copse_store_begin gives.
 *
 *   COPSE_HOME/  store.mdb  store.mdb-lock  identity  search.db  reserve  poke
 *
 * Words:  deed   what a member does, before it has become an entry
 *         poke   an empty file touched after each commit, for others to watch
 */
#ifndef COPSE_STORAGE_STORE_H
#define COPSE_STORAGE_STORE_H

#include "storage/contents.h"
#include "storage/entries.h"
#include "storage/head.h"
#include "storage/views.h"

#define COPSE_STORE_WRITE_MS_MAX 50u         /* a write transaction, commit included */
#define COPSE_STORE_PAUSE_US 200u            /* after each, when more work follows */
#define COPSE_STORE_RESERVE_BYTES (4u << 20) /* freed when the disk is full */
#define COPSE_STORE_RESERVE_TIMES 16u        /* as much must be free for it to be made */
#define COPSE_STORE_POKE_FILE "poke"

struct copse_store;

struct copse_store_options {
    const char *home; /* COPSE_HOME; borrowed for the call */
    const char
        *state_home; /* where own heads are kept (head.h); borrowed for the call; NULL: nowhere */
    const struct copse_memory *memory;     /* borrowed until close */
    const struct copse_key_scheme *scheme; /* borrowed until close */
};

/* Make an empty store in `home` (0700, made if absent); not opened. Errors: db.h. */
enum copse_err copse_store_create(const struct copse_store_options *options,
                                  struct copse_error *error) COPSE_MUST_CHECK;

/* Open it, bringing an older format up to date. Errors: db.h, and COPSE_ERR_VERSION. */
enum copse_err copse_store_open(struct copse_store **out, const struct copse_store_options *options,
                                struct copse_error *error) COPSE_MUST_CHECK;

/* No transaction may be open. NULL is fine. */
void copse_store_close(struct copse_store *store);

/* Begin and end a transaction: db.h. `now_ms` is the wall clock, for dates of arrival. Commit
 * settles the views first and touches `poke` after. A failed commit has stored nothing. */
enum copse_err copse_store_begin(struct copse_txn **out, struct copse_store *store,
                                 enum copse_db_mode mode, uint64_t now_ms,
                                 struct copse_error *error) COPSE_MUST_CHECK;
enum copse_err copse_store_commit(struct copse_store *store, struct copse_txn *txn,
                                  struct copse_error *error) COPSE_MUST_CHECK;
void copse_store_abort(struct copse_txn *txn); /* NULL is fine */

/* The number of the newest commit of any process. Cheap. What was read in a transaction of the same
 * number (copse_store_txn_number) is still what is stored. */
uint64_t copse_store_number(struct copse_store *store);
uint64_t copse_store_txn_number(const struct copse_txn *txn);

const struct copse_memory *copse_store_memory(const struct copse_store *store);
const char *copse_store_home(const struct copse_store *store);

/* ---- a member's own entries ---- */

enum copse_store_start {
    COPSE_STORE_NEXT,    /* after the device's last entry; opens its class 1 log if need be */
    COPSE_STORE_JOIN,    /* opens a new class 0 log */
    COPSE_STORE_GENESIS, /* founds a community */
};

struct copse_store_deed {
    enum copse_store_start start;
    enum copse_entry_class class;
    struct copse_id community;       /* not for GENESIS */
    const struct copse_under *under; /* NULL: what the log's last entry was under */
    struct copse_slice op;           /* canonical. Root-signed kinds: any 64 bytes as signature */
    struct copse_slice content;      /* without salt; size 0: none */
    struct copse_id device;
    const struct copse_secret *secret; /* of the device */
    const struct copse_secret *root;   /* for root-signed ops (SPEC 3.6); otherwise NULL */
    uint64_t wall_ms;
};

/* Sign and store one entry of this device in a write transaction; seq, prev and hlc are read in it.
 * Sets *id. It counts when the commit has returned COPSE_OK.
 * Returns COPSE_OK; COPSE_ERR_NOT_FOUND (unknown community, or the device has no log there);
 * COPSE_ERR_REFUSED (the store is behind what this device has published: head.h); COPSE_ERR_LIMIT
 * or _FORM (op or content too large or malformed; nothing stored); or a fault. */
enum copse_err copse_store_write(struct copse_store *store, struct copse_txn *txn,
                                 struct copse_id *id, const struct copse_store_deed *deed,
                                 struct copse_error *error) COPSE_MUST_CHECK;

/* To be called before the first byte of own entries leaves the machine: notes on the disk, and
 * waits for it, how far each own log has been committed. It covers what a transaction that was
 * begun before this call can see: begin, publish, then send what that transaction reads. */
enum copse_err copse_store_publish(struct copse_store *store, const struct copse_id *device,
                                   struct copse_error *error) COPSE_MUST_CHECK;

/* Is this store behind what a device has published? COPSE_OK, or COPSE_ERR_REFUSED with the reason
 * in `error`. copse_store_write asks it before a device's first write; entries that come back from
 * others heal it, a copy of a store on another machine needs a new device key. */
enum copse_err copse_store_check_head(struct copse_store *store, struct copse_txn *txn,
                                      const struct copse_id *device,
                                      struct copse_error *error) COPSE_MUST_CHECK;

/* ---- entries of others ---- */

enum copse_store_outcome {
    COPSE_STORE_WAITING, /* not looked at */
    COPSE_STORE_STORED,
    COPSE_STORE_HELD,   /* was here already; a content that came along was kept if it was missing */
    COPSE_STORE_ORPHAN, /* its prev is not held */
    COPSE_STORE_BAD,    /* does not follow its prev, or is of another community */
    COPSE_STORE_SURPLUS, /* a fork too many: SPEC 4.8 */
};

/* One entry, decoded and verified by the caller: either it has a good signature, or a later item
 * that descends from it has. All borrowed for the call. */
struct copse_store_item {
    struct copse_id id;
    struct copse_entry entry;
    struct copse_slice bytes;                /* canonical */
    struct copse_slice salted;               /* content, checked; data NULL: did not come along */
    const struct copse_signature *signature; /* NULL: none came */
    enum copse_store_outcome outcome;        /* set by the call */
};

struct copse_store_batch {
    struct copse_store_item *items; /* each after its prev; runs whole */
    size_t count;
};

/* Store a batch in one write transaction. The community must have a number
 * (copse_entries_add_community). COPSE_OK: each item has its outcome; COPSE_ERR_FORM when a run
 * came without a signature at its end, or a fault: abort the transaction. */
enum copse_err copse_store_add(struct copse_txn *txn, uint32_t community,
                               const struct copse_store_batch *batch) COPSE_MUST_CHECK;

/* The same in as many transactions as keep each under COPSE_STORE_WRITE_MS_MAX, cut after signed
 * items, with pauses between them. On an error the outcomes tell how far it came. */
enum copse_err copse_store_ingest(struct copse_store *store, const struct copse_id *community,
                                  const struct copse_store_batch *batch, uint64_t now_ms,
                                  struct copse_error *error) COPSE_MUST_CHECK;

/* Wait COPSE_STORE_PAUSE_US between two transactions of one piece of work. */
void copse_store_pause(void);

/* ---- care ---- */

/* After much was stored: fold what lies in layers (layers.h), so that reading looks into tables
 * alone again. In short transactions, with pauses. Nothing to do: cheap. */
enum copse_err copse_store_tidy(struct copse_store *store,
                                struct copse_error *error) COPSE_MUST_CHECK;

/* Write a compact, verified copy of the store, without identity and search, to `path` (0600). The
 * copy is put in place whole or not at all. COPSE_ERR_EXISTS when `path` is there. */
enum copse_err copse_store_backup(struct copse_store *store, const char *path,
                                  struct copse_error *error) COPSE_MUST_CHECK;

/* Take what was erased out of the free places of the file: a compact copy takes its place, and all
 * processes go over to it. What other files have of erased words is for their owners (search.h).
 * COPSE_OK; COPSE_ERR_FULL: no room for the copy, nothing has changed; or a fault. Cost: O(store),
 * during which nobody writes. */
enum copse_err copse_store_compact(struct copse_store *store,
                                   struct copse_error *error) COPSE_MUST_CHECK;

/* Free what readers hold whose process is gone; a long-running process calls it every minute. */
void copse_store_clear_readers(struct copse_store *store);

/* Give the reserve file's room back to the disk, which is full, so that a member's next deed fits;
 * or make it again where the disk has room for many (COPSE_STORE_RESERVE_TIMES), else
 * COPSE_ERR_FULL. Opening a store tries to. */
void copse_store_release_reserve(struct copse_store *store);
enum copse_err copse_store_make_reserve(struct copse_store *store,
                                        struct copse_error *error) COPSE_MUST_CHECK;

#endif
