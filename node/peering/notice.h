/* Notice: what was committed since it was last looked, by whichever process, and who is to be told.
 * Part of gossip.h.
 */
#ifndef COPSE_NODE_PEERING_NOTICE_H
#define COPSE_NODE_PEERING_NOTICE_H

#include "node/peering/link.h"

struct copse_notice {
    uint64_t number;  /* of the store when it was looked at last; 0: never */
    uint64_t arrival; /* the newest then */
    uint64_t entries; /* that had come over sessions until then */
};

/* Tell all live links but `except` (0: none) of entries that end in push->last. */
void copse_notice_push(struct copse_link_table *table, uint64_t except,
                       const struct copse_id *community, const struct copse_channel_push *push);

/* Look at the snapshot of the shelf, and push what is new there. `entries` is how many have come
 * over sessions since the beginning: these were pushed when they were stored. The first look pushes
 * nothing. COPSE_OK or a fault. Cost: O(communities + new entries). */
enum copse_err copse_notice_look(struct copse_notice *notice, struct copse_link_table *table,
                                 struct copse_shelf *shelf, uint64_t entries) COPSE_MUST_CHECK;

#endif
