/* A whole node on the simulated network: a store on a real disk, sessions and policy as they are.
 *
 * Its picture (world->nodes[number]) is what its store holds, as a member's program reads it: deeds
 * are made from the picture and written through the store. A device that was copied, and what no
 * honest program writes, comes into the store as from a file.
 *
 *   DOWN --start--> UP --stop, a strike of its disk--> DOWN
 *
 * Words:  own     an entry that this node's store wrote and committed
 *         acked   an own one whose writer was told so
 *         forged  an entry that another hand wrote with a device's key
 *         note    the file that says how far own entries have been published (storage/head.h)
 */
#ifndef COPSE_TESTS_SIM_PEER_H
#define COPSE_TESTS_SIM_PEER_H

#include "node/peering/gossip.h"
#include "tests/sim/deeds.h"
#include "tests/sim/disk.h"
#include "tests/sim/net.h"

struct links;

struct peer_ids {
    struct copse_id *items;
    size_t count, capacity;
};

void peer_ids_add(struct peer_ids *ids, const struct copse_id *id);
bool peer_ids_has(const struct peer_ids *ids, const struct copse_id *id);

struct peer {
    struct links *links;
    size_t number;
    char home[96];
    char state_home[112];
    const struct copse_keyring *keyring; /* of this process; a node keeps it for ever */
    struct copse_id key;                 /* of the node */
    struct disk disk;
    struct copse_memory memory; /* counts */
    size_t memory_bytes;
    size_t memory_most;
    int64_t skew_ms;           /* its wall clock goes ahead by this */
    struct copse_store *store; /* NULL: down */
    struct copse_id store_name;
    struct copse_gossip *gossip;
    struct copse_peers book;
    struct copse_env env;
    struct copse_error error;
    uint64_t seen_number;     /* of the store, when the picture was brought up to it */
    uint64_t seen_arrival[2]; /* by class */
    struct peer_ids own;
    struct peer_ids acked;
    bool has_copy;    /* a copy of the store lies beside it */
    bool is_fresh;    /* it was started again, and has not linked since */
    bool is_resuming; /* it has, and took nothing since */
    uint32_t start_count;
};

/* Make the directory, the keys and an empty store; down. */
void peer_init(struct peer *peer, struct links *links, size_t number);
void peer_deinit(struct peer *peer);

/* The keys of the node of a number: always the same. Made once in a process. */
const struct copse_keyring *peer_keyring(size_t number);

void peer_start(struct peer *peer);
bool peer_is_up(const struct peer *peer);

/* Take it down without a word of its program; the system may tell the peers. */
void peer_stop(struct peer *peer, enum net_farewell farewell);

/* Keep a copy of the store; put it back in place of the store of a node that is down. */
void peer_copy(struct peer *peer);
void peer_put_back(struct peer *peer);

/* A deed of the device of this node, through copse_store_write. False: not written, or its writer
 * was not told. */
bool peer_write(struct peer *peer, struct sim_hand *hand, struct deeds_draft *draft,
                struct copse_id *id);

/* An entry from a file. COPSE_OK, or it is not stored, or nobody was told. */
struct links_file;
enum copse_err peer_import(struct peer *peer, const struct links_file *file);

/* The content of an entry from a file. */
void peer_import_words(struct peer *peer, const struct copse_id *id, struct copse_slice salted);

/* An invitation without addresses: how peers that speak of the community find each other. */
void peer_put_ticket(struct peer *peer);

/* From now on this node is the one that writes and draws. */
void peer_use(struct peer *peer);

/* After anything that this node did: is it dead? What is new in its store? */
void peer_after(struct peer *peer);

/* Read the whole store into an empty node of the simulator. */
void peer_read(struct peer *peer, struct sim_node *out);

/* Call everybody of the book. */
void peer_add_address(struct peer *peer, size_t to, bool expects_key);

#endif
