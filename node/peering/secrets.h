/* Secrets: the communities that this node speaks of with peers, and by which secrets they are named
 * (SPEC 10.8).
 *
 * Gathered from the entries of class 0 and from invitations, and kept as long as nothing of class 0
 * is new.
 */
#ifndef COPSE_NODE_PEERING_SECRETS_H
#define COPSE_NODE_PEERING_SECRETS_H

#include "protocol/wire/port.h"
#include "storage/entries.h"

/* A community of this store in which this device has a log. */
struct copse_secrets_community {
    struct copse_id id;
    uint32_t number;
    uint64_t newest; /* arrival of the newest entry of class 0 when the secrets were read */
};

struct copse_secrets {
    const struct copse_memory *memory;
    uint64_t number; /* of the transaction that it is as of; 0: never read */
    struct copse_secrets_community *communities;
    size_t community_count;
    struct copse_port_secret *items; /* by community, newest first */
    size_t count;
    size_t capacity;
};

void copse_secrets_init(struct copse_secrets *secrets, const struct copse_memory *memory);
void copse_secrets_deinit(struct copse_secrets *secrets); /* wipes */

/* Bring them up to a snapshot. COPSE_OK, COPSE_ERR_NOMEM or a fault. Cost: O(communities);
 * O(entries of class 0) where any of them is new. */
enum copse_err copse_secrets_refresh(struct copse_secrets *secrets, struct copse_txn *txn,
                                     const struct copse_id *device) COPSE_MUST_CHECK;

/* The newest log of class 0 that the device has in a community. COPSE_OK, COPSE_ERR_NOT_FOUND, or a
 * fault. */
enum copse_err copse_secrets_own_log(uint32_t *log, struct copse_txn *txn, uint32_t community,
                                     const struct copse_id *device) COPSE_MUST_CHECK;

#endif
