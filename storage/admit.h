/* Taking entries in: each after its prev, with all rows that lead to it (SPEC 4.6 to 4.12).
 */
#ifndef COPSE_STORAGE_ADMIT_H
#define COPSE_STORAGE_ADMIT_H

#include "storage/entries.h"

enum copse_admit_origin { COPSE_ADMIT_FOREIGN, COPSE_ADMIT_OWN };

/* An entry that was decoded and found authentic before the lock was taken. */
struct copse_admit_entry {
    const struct copse_id *id;
    const struct copse_entry *entry;
    struct copse_slice bytes;                /* canonical */
    struct copse_slice salted;               /* content, checked; data NULL: not here yet */
    const struct copse_signature *signature; /* NULL: its run's end has one */
    enum copse_admit_origin origin;
};

/* Store one entry after its prev. Sets *out to the entry as held, op and ext borrowed from `fresh`.
 * Returns COPSE_OK; COPSE_ERR_EXISTS (held already, nothing changed, *out set); COPSE_ERR_NOT_FOUND
 * (its prev is not held); COPSE_ERR_FORM (does not follow its prev, is of another community, or is
 * too far behind the last signed one: SPEC 4.12);
 * COPSE_ERR_LIMIT (a fork too many: SPEC 4.8); or a fault, after which the transaction must be
 * aborted. Views are not touched, but for those of a branch that was given up. */
enum copse_err copse_admit_add(struct copse_txn *txn, struct copse_held *out, uint32_t community,
                               const struct copse_admit_entry *fresh) COPSE_MUST_CHECK;

/* Keep the signature of an entry that is held without one; it was found good (SPEC 4.11). COPSE_OK,
 * also where one is held; or a fault. */
enum copse_err copse_admit_sign(struct copse_txn *txn, const struct copse_position *position,
                                const struct copse_signature *signature) COPSE_MUST_CHECK;

/* The entry with this arrival number has another place: in all rows but its own. */
enum copse_err copse_admit_move(struct copse_txn *txn, uint32_t community,
                                enum copse_entry_class class, uint64_t arrival,
                                const struct copse_index_place *from,
                                const struct copse_index_place *to) COPSE_MUST_CHECK;

/* Is a leaf without a signature left behind by what this transaction added? SPEC 4.12. */
bool copse_admit_is_unproved(const struct copse_txn *txn);

/* Write changed logs, waiting index rows and counters. Called before each commit. */
enum copse_err copse_admit_flush(struct copse_txn *txn) COPSE_MUST_CHECK;

/* The key of an arrival: community u32, class u8, number u64. */
#define COPSE_ADMIT_ARRIVAL_BYTES 13u
void copse_admit_arrival_key(uint8_t out[COPSE_ADMIT_ARRIVAL_BYTES], uint32_t community,
                             enum copse_entry_class class, uint64_t number);

/* The arrival number given last, 0: none yet. It stays when its entry goes. */
enum copse_err copse_admit_last_arrival(struct copse_txn *txn, uint64_t *out) COPSE_MUST_CHECK;

#endif
