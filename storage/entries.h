/* Entries, logs and communities as this node holds them (SPEC 1.3, 4.6 to 4.12).
 *
 * Entries lie in the order of arrival, in which runs mostly came whole. Numbers of
 * communities, logs, branches and arrivals are this node's own and leave it never.
 * An entry's id is computed when it is read, so damaged bytes are never given out as
 * the entry that was signed.
 *
 * Words:  place    position of an entry, as a key
 *         arrival  number in the order in which this node came to hold entries
 */
#ifndef COPSE_STORAGE_ENTRIES_H
#define COPSE_STORAGE_ENTRIES_H

#include "protocol/entry/source.h"
#include "storage/txn.h"

/* ---- communities ---- */

/* The number of a community. COPSE_OK, COPSE_ERR_NOT_FOUND, or a fault. */
enum copse_err copse_entries_community(struct copse_txn *txn, uint32_t *number,
                                       const struct copse_id *id) COPSE_MUST_CHECK;

/* Give a community a number, or find the one it has (COPSE_OK as well). */
enum copse_err copse_entries_add_community(struct copse_txn *txn, uint32_t *number,
                                           const struct copse_id *id) COPSE_MUST_CHECK;

/* The id of a community by its number. */
enum copse_err copse_entries_community_id(struct copse_txn *txn, struct copse_id *id,
                                          uint32_t number) COPSE_MUST_CHECK;

/* Walk all communities. Begin with *number = 0; each call gives the next one and its number.
 * COPSE_ERR_NOT_FOUND after the last. */
enum copse_err copse_entries_next_community(struct copse_txn *txn, struct copse_id *id,
                                            uint32_t *number) COPSE_MUST_CHECK;

/* ---- reading ---- */

/* What is kept beside an entry. */
struct copse_entries_row {
    struct copse_slice bytes;         /* canonical; borrowed from the transaction */
    struct copse_signature signature; /* meaningful if is_signed */
    uint64_t arrival;
    bool is_signed;
    bool is_own; /* written by this store */
};

/* The entry of an id in a community, or at a position. COPSE_OK, COPSE_ERR_NOT_FOUND,
 * COPSE_ERR_CORRUPT when its bytes are damaged, or another fault. Slices in *out are borrowed until
 * the next write or the end of the transaction. `row` may be NULL. */
enum copse_err copse_entries_find(struct copse_txn *txn, struct copse_held *out,
                                  struct copse_entries_row *row, uint32_t community,
                                  const struct copse_id *id) COPSE_MUST_CHECK;
enum copse_err copse_entries_at(struct copse_txn *txn, struct copse_held *out,
                                struct copse_entries_row *row,
                                const struct copse_position *position) COPSE_MUST_CHECK;

/* The same in whatever community it is; *community is set. */
enum copse_err copse_entries_find_anywhere(struct copse_txn *txn, struct copse_held *out,
                                           uint32_t *community,
                                           const struct copse_id *id) COPSE_MUST_CHECK;

/* Up to `max` ids that begin with `prefix` (1 to 8 bytes; for ids typed by hand): sets *count to
 * how many there are, at most max. COPSE_OK or a fault. */
enum copse_err copse_entries_match(struct copse_txn *txn, struct copse_id *out, size_t *count,
                                   size_t max, struct copse_slice prefix) COPSE_MUST_CHECK;

/* A log by its number; borrowed until the transaction ends. COPSE_OK, COPSE_ERR_NOT_FOUND, a fault.
 */
enum copse_err copse_entries_log(struct copse_txn *txn, const struct copse_log **out,
                                 uint32_t number) COPSE_MUST_CHECK;

/* The log that a JOIN opened, by class. Sets *number. COPSE_OK, COPSE_ERR_NOT_FOUND, a fault. */
enum copse_err copse_entries_log_of(struct copse_txn *txn, uint32_t *number, uint32_t community,
                                    const struct copse_id *join,
                                    enum copse_entry_class class) COPSE_MUST_CHECK;

/* Walk the logs of a community, or of one device in it (`author` not NULL), ordered by JOIN.
 * Begin with a cursor of zeros. Gives the number; COPSE_ERR_NOT_FOUND after the last. */
struct copse_entries_cursor {
    uint8_t next[80];
    size_t next_size;
};
enum copse_err copse_entries_next_log(struct copse_txn *txn, uint32_t *number,
                                      struct copse_entries_cursor *cursor, uint32_t community,
                                      const struct copse_id *author) COPSE_MUST_CHECK;

/* Make the cursor of a walk over one device stand behind one of its logs. COPSE_OK,
 * COPSE_ERR_NOT_FOUND (no such log), a fault. */
enum copse_err copse_entries_behind_log(struct copse_txn *txn, struct copse_entries_cursor *cursor,
                                        uint32_t number) COPSE_MUST_CHECK;

/* The position of seq on the way from the start of a log to the leaf of `branch`;
 * COPSE_ERR_NOT_FOUND past the leaf. Pure; cost O(branches). */
enum copse_err copse_entries_on_path(struct copse_position *out, const struct copse_log *log,
                                     const struct copse_position *leaf,
                                     uint32_t seq) COPSE_MUST_CHECK;

/* Order of arrival within a community and class. */
struct copse_entries_arrival {
    uint64_t number;     /* rises over all communities of the store */
    uint64_t arrived_ms; /* wall clock of this node */
    struct copse_position position;
};
/* The first arrival with a number > `after`, or the last with a number < `before`.
 * COPSE_ERR_NOT_FOUND when there is none. */
enum copse_err copse_entries_arrived_after(struct copse_txn *txn, struct copse_entries_arrival *out,
                                           uint32_t community, enum copse_entry_class class,
                                           uint64_t after) COPSE_MUST_CHECK;
enum copse_err copse_entries_arrived_before(struct copse_txn *txn,
                                            struct copse_entries_arrival *out, uint32_t community,
                                            enum copse_entry_class class,
                                            uint64_t before) COPSE_MUST_CHECK;
/* When an entry arrived, from its row's arrival number. */
enum copse_err copse_entries_arrival(struct copse_txn *txn, struct copse_entries_arrival *out,
                                     uint32_t community, enum copse_entry_class class,
                                     uint64_t number) COPSE_MUST_CHECK;

/* The port of protocol/entry/source.h on this transaction and community. `source->context` is the
 * `context` given, which must stay as long as the source is used. */
struct copse_entries_source {
    struct copse_txn *txn;
    uint32_t community;
};
struct copse_source copse_entries_source(struct copse_entries_source *context,
                                         struct copse_txn *txn, uint32_t community);

#endif
