/* A run with links: whole nodes on a network that fails, in place of meetings (world.h).
 *
 * The people and their deeds are those of any seed. Nodes are peer.h, the network is net.h. While
 * deeds are done, connections break, paths close, nodes die and start again, disks fill up, stores
 * are put back from old copies and strangers call. Then all that ends; after that, nodes that
 * take each other for members must come to hold the same within LINKS_QUIET_MS.
 *
 * Words:  fault  something that happens to the network or to a node, at a time that the seed says
 */
#ifndef COPSE_TESTS_SIM_LINKS_H
#define COPSE_TESTS_SIM_LINKS_H

#include "tests/sim/check.h"
#include "tests/sim/peer.h"

#define LINKS_WALL_MS UINT64_C(1790000000000)
#define LINKS_WORDS_MAX 64u    /* more are lost */
#define LINKS_QUIET_MS 900000u /* from the end of faults until all is equal, at most */

struct links_options {
    uint32_t delay_ms, jitter_ms, bytes_per_ms, piece_max; /* at most, for each path */
    uint32_t resets, forgets, partitions, stalls, crashes, copies, fulls, strangers; /* how many */
    uint32_t put_back_share; /* of crashes, after which an old copy is put back; percent */
    uint32_t book_share;     /* of other nodes whose address a node has from the start; percent */
    uint32_t skew_years;     /* of wall clocks, at most, either way */
    uint32_t slow_us;        /* disks: see disk.h */
    uint32_t gap_ms;         /* between deeds, at most */
};

/* A content that comes to a node later than its entry, from a file. */
struct links_words {
    struct copse_id id;
    size_t node;
    uint8_t *salted;
    size_t size;
};

struct links {
    struct sim_world *world;
    struct links_options options;
    struct net net;
    struct peer peers[SIM_NODES_MAX];
    struct links_words words[LINKS_WORDS_MAX];
    size_t words_count;
    struct peer_ids forged;
    bool is_forged[SIM_DEVICES_MAX];
    bool is_quiet; /* faults are over */
};

/* Run one seed with links; as sim_world_run. */
uint32_t links_run(struct sim_summary *out, const struct sim_options *options);

void links_print_options(const struct sim_options *options);

/* ---- for deeds.c ---- */

/* Does this hand write through the store of its node? Others import. */
bool links_is_honest(const struct links *links, const struct sim_hand *hand,
                     const struct deeds_draft *draft);
bool links_write(struct links *links, struct sim_hand *hand, struct deeds_draft *draft,
                 struct copse_id *id);
struct links_file {
    const struct copse_id *id;
    struct copse_slice bytes;
    const struct copse_signature *signature;
    struct copse_slice salted; /* data NULL: does not come along.. */
    struct copse_slice late;   /* ..but maybe later; data NULL: it has none */
};
enum copse_err links_import(struct links *links, const struct sim_hand *hand,
                            const struct links_file *file);

/* ---- for peer.c ---- */

void links_told(struct links *links, struct peer *peer, const struct copse_gossip_news *news);
void links_died(struct links *links, struct peer *peer);
void links_add_addresses(struct links *links, struct peer *peer);

/* A directory of this process for a node; files of one go with it. */
void links_make_directory(char out[96], const char *what, size_t number);
void links_remove_directory(const char *path);

/* ---- checkers: check_own.c, check_caps.c, check_stores.c ---- */

/* S15: an entry that arrived was committed, and its note written, where it was made. */
void check_arrival(struct links *links, struct peer *peer, const struct copse_held *held);
/* S2, S15: what was acknowledged is there; own logs do not fork. */
void check_own(struct links *links, struct peer *peer);

/* S9: no table is fuller than its limit, nor is memory. */
void check_caps(struct links *links, struct peer *peer);

/* S1, S4: stores are sound; those of nodes that are members for each other hold the same. */
void check_stores(struct links *links);
/* Are they equal yet? Reads them into the pictures. */
bool check_are_equal(struct links *links);

#endif
