/* S9: what a node keeps stays within limits, whatever its peers do. */
#include "tests/sim/links.h"

#include "node/peering/link.h"

#define BASE_BYTES 16777216u /* a node without links: transactions, arrays of leaves, the index */

void check_caps(struct links *links, struct peer *peer)
{
    struct net *net = &links->net;
    size_t count = net_count(net, peer->number);
    size_t most = net_most_queued(net, peer->number);
    size_t bytes = BASE_BYTES + count * (COPSE_SESSION_BYTES_MAX + COPSE_LINK_PENDING_MAX);
    if (count > COPSE_LINK_MAX) {
        sim_world_fail(links->world, "node %zu has %zu connections", peer->number, count);
    }
    if (net_count_strangers(net, peer->number) > COPSE_GOSSIP_ADDRESS_MAX) {
        sim_world_fail(links->world, "node %zu has too many connections from one host",
                       peer->number);
    }
    if (most > COPSE_GOSSIP_QUEUE_BYTES + COPSE_RECORD_BYTES_MAX) {
        sim_world_fail(links->world, "node %zu has queued %zu bytes for a peer", peer->number,
                       most);
    }
    if (peer->memory_most > bytes) {
        sim_world_fail(links->world, "node %zu took %zu bytes of memory with %zu connections",
                       peer->number, peer->memory_most, count);
    }
    peer->memory_most = peer->memory_bytes;
    if (peer->book.count > COPSE_PEERS_MAX) {
        sim_world_fail(links->world, "node %zu has %zu addresses", peer->number, peer->book.count);
    }
}
