/* Keys that come in no order, put where they belong only when many have come together.
 *
 * A table of ids or of the fold gets its keys all over it. Put at once, each of them writes a page
 * of its own to the disk, and a bulk waits for nothing else. So the keys of a large transaction
 * are kept sorted in a row of their own, a layer; when the layers hold enough they are folded into
 * their tables bit by bit, in order, by the transactions that follow. Reading looks through the
 * table and all layers: nothing lags behind, and nobody sees a difference.
 *
 * Only for tables whose keys say all: a key that is put has no value.
 *
 * Words:  layer   the sorted keys of one transaction, in one of the tables LAYERS_EVEN and _ODD
 *         sealed  being folded: nothing is added any more
 *         turn    grows with each sealing; layers are added to the table of its parity
 */
#ifndef COPSE_STORAGE_LAYERS_H
#define COPSE_STORAGE_LAYERS_H

#include "storage/db.h"

#define COPSE_LAYERS_FEW 256u        /* up to so many keys go into their tables at once */
#define COPSE_LAYERS_KEYS_MAX 98304u /* in layers, before they are sealed */
#define COPSE_LAYERS_MAX 48u         /* the same in layers */
#define COPSE_LAYERS_KEY_BYTES_MAX 208u

struct copse_layers_key {
    uint32_t at; /* in bytes: its table, then the key */
    uint32_t size;
};

/* What is kept in the table META: layers first to sealed - 1 are sealed, the others to next - 1
 * are not. */
struct copse_layers_state {
    uint32_t first;
    uint32_t sealed;
    uint32_t next;
    uint32_t turn;
    uint32_t keys;     /* in layers that are not sealed */
    uint32_t together; /* keys that were sealed together */
    size_t done_size;  /* 0: nothing of the sealed layers is in the tables yet */
    uint8_t done[1u + COPSE_LAYERS_KEY_BYTES_MAX + 1u]; /* the last key that is: table, key */
};

/* For the length of a transaction. */
struct copse_layers {
    const struct copse_memory *memory;
    struct copse_db_txn *txn; /* borrowed */
    uint8_t *bytes;           /* keys that wait for the flush */
    size_t size;
    size_t capacity;
    struct copse_layers_key *keys;
    size_t count;
    size_t key_capacity;
    bool is_known;
    struct copse_layers_state state; /* if is_known */
};

void copse_layers_init(struct copse_layers *layers, struct copse_db_txn *txn,
                       const struct copse_memory *memory);
void copse_layers_deinit(struct copse_layers *layers);

/* Put a key at the flush. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_layers_put(struct copse_layers *layers, enum copse_db_table table,
                                struct copse_slice key) COPSE_MUST_CHECK;

/* Take a key away, wherever it is. Absent: COPSE_OK. */
enum copse_err copse_layers_del(struct copse_layers *layers, enum copse_db_table table,
                                struct copse_slice key) COPSE_MUST_CHECK;

/* copse_db_seek through the table and all that was put. Cost: one look into each layer. */
enum copse_err copse_layers_seek(struct copse_layers *layers, struct copse_slice *key,
                                 struct copse_slice *value, enum copse_db_table table,
                                 struct copse_slice from) COPSE_MUST_CHECK;

/* Rows of a table together with its keys in layers. Cost: O(keys in layers). */
enum copse_err copse_layers_count(struct copse_layers *layers, uint64_t *count,
                                  enum copse_db_table table) COPSE_MUST_CHECK;

/* Write what waits, before the commit; fold about as many sealed keys. */
enum copse_err copse_layers_flush(struct copse_layers *layers) COPSE_MUST_CHECK;

/* Is anything in layers? */
enum copse_err copse_layers_has(struct copse_layers *layers, bool *out) COPSE_MUST_CHECK;

/* Fold up to `max` keys though there are few. Sets *left if more are in layers. */
enum copse_err copse_layers_tidy(struct copse_layers *layers, bool *left,
                                 size_t max) COPSE_MUST_CHECK;

#endif
