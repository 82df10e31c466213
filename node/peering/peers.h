/* Peers: whom to call, and when again (SPEC 9.5 for addresses).
 *
 * A list of addresses with what came of calling them. Pure: times come in as arguments. The list
 * lies in the room COPSE_LOCAL_PEERS, under 'a' and the address; those of invitations that were
 * joined by are read beside it.
 *
 * Words:  book  the list of addresses
 */
#ifndef COPSE_NODE_PEERING_PEERS_H
#define COPSE_NODE_PEERING_PEERS_H

#include "protocol/base/memory.h"
#include "protocol/wire/ticket.h"
#include "storage/store.h"

#define COPSE_PEERS_MAX 2048u        /* addresses in the book */
#define COPSE_PEERS_DIALLED_MAX 16u  /* connections that this side has begun */
#define COPSE_PEERS_BACKOFF_MS 3000u /* after the first failure; doubles */
#define COPSE_PEERS_BACKOFF_MAX_MS 3600000u
#define COPSE_PEERS_LINKED_MS 60000u
#define COPSE_PEERS_VALUE_BYTES 48u

struct copse_peers_entry {
    char address[COPSE_ADDRESS_BYTES_MAX + 1];
    struct copse_id node; /* the key that must answer; zeros: any */
    uint64_t reached_ms;  /* wall clock, 0: never */
    uint64_t added_ms;    /* wall clock */
    uint64_t next_ms;     /* not called before this, monotonic */
    uint32_t failures;    /* in a row */
    uint64_t connection;  /* 0: none */
};

struct copse_peers {
    const struct copse_memory *memory;
    struct copse_peers_entry *entries;
    size_t count;
    size_t capacity;
};

void copse_peers_init(struct copse_peers *peers, const struct copse_memory *memory);
void copse_peers_deinit(struct copse_peers *peers);

/* Read what a person types (HOST:PORT, [IPV6]:PORT, or the form of SPEC 9.5) into that form.
 * COPSE_OK, or COPSE_ERR_DECODE. */
enum copse_err copse_peers_address(char out[COPSE_ADDRESS_BYTES_MAX + 1],
                                   const char *text) COPSE_MUST_CHECK;

/* Put an address in, or the node of one that is in. Sets *index. COPSE_OK, COPSE_ERR_NOMEM,
 * COPSE_ERR_LIMIT (the book is full), COPSE_ERR_DECODE (no address). */
enum copse_err copse_peers_put(struct copse_peers *peers, size_t *index, const char *address,
                               const struct copse_id *node) COPSE_MUST_CHECK;

/* Add what the store has: the book and the invitations. COPSE_OK, COPSE_ERR_NOMEM or a fault. */
enum copse_err copse_peers_load(struct copse_peers *peers, struct copse_txn *txn) COPSE_MUST_CHECK;

/* Write one entry of the book. */
enum copse_err copse_peers_save(struct copse_txn *txn,
                                const struct copse_peers_entry *entry) COPSE_MUST_CHECK;

/* The entry to call now: due, not connected, and fewer than COPSE_PEERS_DIALLED_MAX are. NULL:
 * none. Borrowed until the next put or load. */
struct copse_peers_entry *copse_peers_due(struct copse_peers *peers, uint64_t now_ms);
uint64_t copse_peers_deadline_ms(const struct copse_peers *peers);

/* The entry with this connection; NULL: none. */
struct copse_peers_entry *copse_peers_of(struct copse_peers *peers, uint64_t connection);

/* A call came to nothing, or a connection ended. `chance` is any number: spreads the next calls by
 * a quarter. */
void copse_peers_failed(struct copse_peers_entry *entry, uint64_t now_ms, uint32_t chance);
/* Whoever answers there is linked already: look again after COPSE_PEERS_LINKED_MS. */
void copse_peers_put_off(struct copse_peers_entry *entry, uint64_t now_ms);
void copse_peers_reached(struct copse_peers_entry *entry, uint64_t wall_ms);

/* ---- where this node listens ---- */

/* Note the addresses at which a running `serve` can be called, for invitations; none: not any
 * more. */
enum copse_err copse_peers_put_own(struct copse_txn *txn,
                                   const struct copse_ticket_peer *own) COPSE_MUST_CHECK;
/* COPSE_OK, or COPSE_ERR_NOT_FOUND. Whether that `serve` still runs is for the caller to know. */
enum copse_err copse_peers_get_own(struct copse_txn *txn,
                                   struct copse_ticket_peer *out) COPSE_MUST_CHECK;

#endif
