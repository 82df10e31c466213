/* Shelf: the store as a session reads it (protocol/wire/port.h).
 *
 * One read transaction is kept around each session call, and ended before anything is stored, so
 * that a session always reads what it was told is stored.
 *
 * Words:  mark  "this peer and this node held the same of a community at this time", in the room
 *               COPSE_LOCAL_PEERS; a peer that has one knows this device
 */
#ifndef COPSE_NODE_PEERING_SHELF_H
#define COPSE_NODE_PEERING_SHELF_H

#include "node/peering/secrets.h"
#include "storage/keyring.h"
#include "storage/store.h"

#define COPSE_SHELF_MARK_BYTES (1u + 2u * COPSE_ID_BYTES) /* key: 'e', node key, community */

struct copse_shelf {
    const struct copse_memory *memory;
    struct copse_store *store;
    const struct copse_keyring *keyring;
    struct copse_txn *txn; /* NULL: none */
    struct copse_error *error;
    struct copse_id peer;       /* node key of the peer of the session that is being called */
    uint64_t published_arrival; /* own entries up to this one have been noted on the disk */
    struct copse_secrets secrets;
    /* leaves of one community and class, as of the transaction with this number */
    uint64_t leaves_number;
    struct copse_id leaves_community;
    enum copse_entry_class leaves_class;
    struct copse_port_leaf *leaves;
    size_t leaf_count;
    size_t leaf_capacity;
    uint8_t *room; /* for an admission */
};

/* Begin. `store` and `keyring` are borrowed until deinit; the reason of a fault goes to `error`.
 * COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_shelf_init(struct copse_shelf *shelf, struct copse_store *store,
                                const struct copse_keyring *keyring,
                                struct copse_error *error) COPSE_MUST_CHECK;
void copse_shelf_deinit(struct copse_shelf *shelf); /* of a zeroed struct is fine */

/* The port; borrowed from the shelf. */
struct copse_port copse_shelf_port(struct copse_shelf *shelf);

/* Take a snapshot unless there is one, to speak with the node of this key (zeros: not known yet).
 * COPSE_OK or a fault. */
enum copse_err copse_shelf_enter(struct copse_shelf *shelf,
                                 const struct copse_id *peer) COPSE_MUST_CHECK;
void copse_shelf_leave(struct copse_shelf *shelf); /* no snapshot: nothing */

/* Note on the disk how far own entries go, so that all of them may leave. COPSE_OK or a fault. */
enum copse_err copse_shelf_publish(struct copse_shelf *shelf) COPSE_MUST_CHECK;

/* The communities that are spoken of with peers, in the snapshot. Borrowed until the next call of
 * enter. COPSE_OK or a fault. Cost: O(communities) where nothing of class 0 is new. */
enum copse_err copse_shelf_communities(struct copse_shelf *shelf,
                                       const struct copse_secrets_community **out,
                                       size_t *count) COPSE_MUST_CHECK;

/* When `peer` and this node last held the same of a community (wall clock), by the mark.
 * COPSE_OK, COPSE_ERR_NOT_FOUND or a fault. */
enum copse_err copse_shelf_get_mark(struct copse_txn *txn, uint64_t *wall_ms,
                                    const struct copse_id *peer,
                                    const struct copse_id *community) COPSE_MUST_CHECK;

/* Put a mark, or with `wall_ms` 0 take it away: the peer does not know this device any more. */
enum copse_err copse_shelf_put_mark(struct copse_shelf *shelf, const struct copse_id *peer,
                                    const struct copse_id *community,
                                    uint64_t wall_ms) COPSE_MUST_CHECK;

/* Walk all marks. Begin with zeros; each call gives the next one. COPSE_ERR_NOT_FOUND after the
 * last. */
struct copse_shelf_mark {
    struct copse_id peer;
    struct copse_id community;
    uint64_t wall_ms;
};
enum copse_err copse_shelf_next_mark(struct copse_txn *txn,
                                     struct copse_shelf_mark *mark) COPSE_MUST_CHECK;

#endif
