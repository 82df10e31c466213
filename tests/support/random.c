/* How it works: splitmix64, a counter through a mixing function. */
#include "tests/support/random.h"

#include "protocol/base/check.h"

void copse_random_init(struct copse_random *random, uint64_t seed)
{
    random->state = seed;
}

uint64_t copse_random_u64(struct copse_random *random)
{
    random->state += 0x9e3779b97f4a7c15u;
    uint64_t mixed = random->state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

uint64_t copse_random_below(struct copse_random *random, uint64_t limit)
{
    COPSE_ASSERT(limit > 0);
    /* Numbers of the last, incomplete stretch of `limit` would make the small ones likelier. */
    uint64_t whole = UINT64_MAX - UINT64_MAX % limit;
    uint64_t number = copse_random_u64(random);
    while (number >= whole) {
        number = copse_random_u64(random);
    }
    return number % limit;
}

void copse_random_bytes(struct copse_random *random, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(copse_random_u64(random) & 0xffu);
    }
}
