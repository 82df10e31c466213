/* The derived state of each community, on the state port (SPEC 7, 8).
 *
 * What the fold and the judge derive from entries lies in one table, under the
 * community's number. It is changed in the transaction that stores the entry, so
 * there is no moment at which it lags; and it can be made anew from the entries at
 * any time, giving the same bytes.
 */
#ifndef COPSE_STORAGE_VIEWS_H
#define COPSE_STORAGE_VIEWS_H

#include "protocol/base/state.h"
#include "storage/entries.h"

/* The port on this transaction and community. The result's context is `context`, which must stay as
 * long as the state is used. Writing through it needs a write transaction. */
struct copse_views {
    struct copse_txn *txn;
    uint32_t community;
    uint8_t key[4 + COPSE_STATE_KEY_MAX + 1];
};
struct copse_state copse_views_state(struct copse_views *context, struct copse_txn *txn,
                                     uint32_t community);

/* Is there a row of a standing or an act whose key begins with `prefix`? A look into one table,
 * whatever else the transaction has written. */
enum copse_err copse_views_has(struct copse_txn *txn, bool *out, uint32_t community,
                               struct copse_slice prefix) COPSE_MUST_CHECK;

/* Bring the views up to date with an entry that was just stored. */
enum copse_err copse_views_add(struct copse_txn *txn, uint32_t community,
                               const struct copse_held *held) COPSE_MUST_CHECK;

/* Take out what an entry that goes had put in. */
enum copse_err copse_views_remove(struct copse_txn *txn, uint32_t community,
                                  const struct copse_held *held) COPSE_MUST_CHECK;

/* Evaluate governance where something of this transaction asks for it. Called before
 * each commit, and by whoever wants to read standings in the transaction that changed them. */
enum copse_err copse_views_settle(struct copse_txn *txn) COPSE_MUST_CHECK;

/* Make the views of a community anew within this transaction, which others have to wait for.
 * Cost: O(entries). */
enum copse_err copse_views_rebuild(struct copse_txn *txn, uint32_t community) COPSE_MUST_CHECK;

/* Make them anew in memory and compare: sets *differences (0: equal) and, if any, the first key
 * that differs in `first` (cut to its size). Changes nothing. Cost: O(entries) time, O(state)
 * memory. */
struct copse_views_difference {
    uint64_t rows;  /* stored */
    uint64_t count; /* that differ */
    uint8_t key[COPSE_STATE_KEY_MAX];
    size_t key_size;
};
enum copse_err copse_views_compare(struct copse_txn *txn, struct copse_views_difference *out,
                                   uint32_t community) COPSE_MUST_CHECK;

#endif
