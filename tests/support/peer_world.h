/* Whole nodes in one process: stores on the disk, a network and a clock in memory.
 *
 * The network moves bytes in pieces of random size, in random order over connections; the clock
 * stands still as long as anything moves. The same seed gives the same meeting.
 */
#ifndef COPSE_TESTS_SUPPORT_PEER_WORLD_H
#define COPSE_TESTS_SUPPORT_PEER_WORLD_H

#include "node/peering/gossip.h"
#include "node/practice/community.h"
#include "tests/support/random.h"
#include "tests/support/store_world.h"

#define COPSE_PEER_WORLD_NODES_MAX 3u
#define COPSE_PEER_WORLD_WIRES_MAX 64u
#define COPSE_PEER_WORLD_NEWS_MAX 64u

struct copse_peer_world;

struct copse_peer_node {
    struct copse_peer_world *world;
    size_t number;
    struct copse_store_world *disk;
    struct copse_keyring *keyring;
    struct copse_practice practice;
    struct copse_env env;
    struct copse_peers peers;
    struct copse_gossip *gossip;
    struct copse_error error;
    uint64_t wake_ms;
    struct copse_gossip_news news[COPSE_PEER_WORLD_NEWS_MAX];
    size_t news_count;
};

/* One end of a connection. `node` NULL: a stranger, who is the test. */
struct copse_peer_end {
    struct copse_peer_node *node;
    uint64_t connection; /* 0: nobody is told any more */
    bool is_reading;
    uint8_t *queue; /* bytes on their way to the other end */
    size_t size;
    size_t capacity;
    bool is_drained_due;
};

struct copse_peer_wire {
    bool is_used;
    bool is_calling; /* not answered yet */
    bool ends;       /* when what is queued has arrived */
    struct copse_peer_end ends_of[2];
    uint8_t *heard; /* what a stranger at end 0 was told, and has not taken */
    size_t heard_size;
    size_t heard_capacity;
};

struct copse_peer_world {
    struct copse_random random;
    uint64_t now_ms;
    size_t node_count;
    struct copse_peer_node nodes[COPSE_PEER_WORLD_NODES_MAX];
    struct copse_peer_wire wires[COPSE_PEER_WORLD_WIRES_MAX];
    uint64_t bytes_moved;
    uint64_t cut_after; /* bytes_moved at which all connections break; 0: never */
};

/* For cmocka: *state becomes a world of two nodes with an identity each, and no community. */
int copse_peer_world_setup(void **state);
int copse_peer_world_teardown(void **state);

/* Found a community at one node and join it at the other, offline. */
struct copse_id copse_peer_world_found(struct copse_peer_world *world);

/* Write a post; its id. */
struct copse_id copse_peer_world_post(struct copse_peer_node *node,
                                      const struct copse_id *community, const char *text);

/* Does a node call the addresses in its book by itself? */
enum copse_peer_world_calls { COPSE_PEER_WORLD_WAITS, COPSE_PEER_WORLD_CALLS };

/* Make the node's gossip anew, as a program that starts; `calls` as in gossip.h. */
void copse_peer_world_start(struct copse_peer_node *node, enum copse_peer_world_calls calls);

/* Call node `to` from node `from`, once. The number of the connection. */
uint64_t copse_peer_world_call(struct copse_peer_world *world, size_t from, size_t to);

/* A stranger connects to a node and says `bytes` (may be none). The wire. */
struct copse_peer_wire *copse_peer_world_intrude(struct copse_peer_world *world, size_t to,
                                                 struct copse_slice bytes);

/* The stranger at a wire says more; or takes what it was told: the first `size` bytes of
 * wire->heard. */
void copse_peer_world_say(struct copse_peer_wire *wire, struct copse_slice bytes);
void copse_peer_world_take(struct copse_peer_wire *wire, size_t size);

/* Let everything happen that happens without the clock going on; then `ms` of the clock. */
void copse_peer_world_settle(struct copse_peer_world *world);
void copse_peer_world_pass(struct copse_peer_world *world, uint64_t ms);

/* Has the node the entry? Do two nodes hold the same of the community? */
bool copse_peer_world_has(struct copse_peer_node *node, const struct copse_id *id);
bool copse_peer_world_is_equal(struct copse_peer_world *world, const struct copse_id *community);

/* The news of a kind that was told last; NULL: none. */
const struct copse_gossip_news *copse_peer_world_news(const struct copse_peer_node *node,
                                                      enum copse_gossip_news_kind kind);

#endif
