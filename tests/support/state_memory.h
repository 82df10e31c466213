/* The twin in memory of the state port (protocol/base/state.h), for tests.
 *
 * An ordered map over a sorted array: finding a key costs O(log n), putting a new
 * one moves the pointers behind it.
 */
#ifndef COPSE_TESTS_SUPPORT_STATE_MEMORY_H
#define COPSE_TESTS_SUPPORT_STATE_MEMORY_H

#include "protocol/base/memory.h"
#include "protocol/base/state.h"

enum copse_state_memory_mode {
    COPSE_STATE_MEMORY_FAST,
    /* Every answer is a copy that the next write frees, so that a slice used for too long is a
     * use after free, which the address sanitizer reports. */
    COPSE_STATE_MEMORY_STRICT,
};

struct copse_state_memory;

/* An empty map; NULL when out of memory. `memory` is borrowed. */
struct copse_state_memory *copse_state_memory_new(const struct copse_memory *memory,
                                                  enum copse_state_memory_mode mode);
void copse_state_memory_free(struct copse_state_memory *map);

/* The port on this map, valid as long as the map. */
const struct copse_state *copse_state_memory_port(struct copse_state_memory *map);

/* How many pairs there are, and the pair at `index` in the order of keys, borrowed until the
 * next write. */
size_t copse_state_memory_count(const struct copse_state_memory *map);
void copse_state_memory_at(const struct copse_state_memory *map, struct copse_slice *key,
                           struct copse_slice *value, size_t index);

/* A hash of all pairs in order. Two maps have the same one when they hold the same pairs. */
struct copse_id copse_state_memory_digest(const struct copse_state_memory *map);

/* Whether both hold the same pairs; otherwise the first pair that differs goes to stderr. */
bool copse_state_memory_equal(const struct copse_state_memory *a,
                              const struct copse_state_memory *b);

#endif
