/* The reference community: many devices that write in many threads, made from a seed.
 *
 * An entry is a post in a thread, about 200 bytes of header and op, with a content of 112 bytes,
 * salt included. Only the last of each run carries a signature, as a node keeps them. The same
 * options give the same entries, and going on where a store ends is the same call again.
 */
#ifndef COPSE_TESTS_BENCH_COMMUNITY_H
#define COPSE_TESTS_BENCH_COMMUNITY_H

#include "storage/store.h"

#define BENCH_COMMUNITY_CONTENT_BYTES 112u

struct bench_community_options {
    uint64_t seed;
    size_t entries; /* of class 1, in addition to what is there */
    size_t devices;
    size_t threads;
    size_t run; /* entries that one device writes before the next one's turn */
};

/* Write to a store, founding the community where it is not there. `ticket` becomes an invitation
 * for any number of members. Ends the process on a fault. */
struct bench_community_result {
    struct copse_id community;
    char ticket[1401];
};
void bench_community_write(struct copse_store *store, struct bench_community_result *out,
                           const struct bench_community_options *options);

#endif
