/* Milliseconds in the upper 48 bits, a counter in the lower 16. */
#include "protocol/entry/clock.h"

#define MS_MAX ((uint64_t)COPSE_CLOCK_MAX >> COPSE_CLOCK_COUNTER_BITS)

uint64_t copse_clock_ms(uint64_t hlc)
{
    return hlc >> COPSE_CLOCK_COUNTER_BITS;
}

uint64_t copse_clock_of_ms(uint64_t ms)
{
    return ms > MS_MAX ? (uint64_t)COPSE_CLOCK_MAX : ms << COPSE_CLOCK_COUNTER_BITS;
}

/* SPEC 4.13: "A new entry takes the larger of the wall clock and its device's last entry if that is
 * at most 5 minutes ahead of the wall clock; in the same millisecond the counter goes up, and at
 * its end the millisecond." */
uint64_t copse_clock_next(uint64_t last, uint64_t wall_ms)
{
    uint64_t wall = copse_clock_of_ms(wall_ms);
    uint64_t last_ms = copse_clock_ms(last);
    bool is_ahead = last_ms > wall_ms && last_ms - wall_ms > COPSE_CLOCK_AHEAD_MAX_MS;
    if (last == 0 || is_ahead || last < wall) {
        return wall;
    }
    return last >= (uint64_t)COPSE_CLOCK_MAX ? (uint64_t)COPSE_CLOCK_MAX : last + 1;
}
