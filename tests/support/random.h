/* A seeded generator for tests: the same seed gives the same numbers everywhere.
 *
 * A property test names its seed in a constant, prints it when it fails, and never
 * takes it from a clock.
 */
#ifndef COPSE_TESTS_SUPPORT_RANDOM_H
#define COPSE_TESTS_SUPPORT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct copse_random {
    uint64_t state;
};

void copse_random_init(struct copse_random *random, uint64_t seed);

/* Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014. */
uint64_t copse_random_u64(struct copse_random *random);

/* A number from 0 to `limit` - 1, all equally likely. `limit` is not 0. */
uint64_t copse_random_below(struct copse_random *random, uint64_t limit);

/* Fill `size` bytes. */
void copse_random_bytes(struct copse_random *random, uint8_t *out, size_t size);

#endif
