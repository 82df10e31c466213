/* The hybrid logical clock of entries (SPEC 4.13).
 *
 * It serves display, ties and terms. It never decides whether an entry is taken.
 */
#ifndef COPSE_PROTOCOL_ENTRY_CLOCK_H
#define COPSE_PROTOCOL_ENTRY_CLOCK_H

#include "protocol/base/check.h"

#include <stdbool.h>

#define COPSE_CLOCK_COUNTER_BITS 16u
#define COPSE_CLOCK_AHEAD_MAX_MS 300000u /* 5 minutes; SPEC 4.13 */
#define COPSE_CLOCK_MAX INT64_MAX        /* largest hlc; SPEC 4.1 */

/* The hlc of a device's next entry. `last` is that of its latest entry, 0 if there is none;
 * `wall_ms` the wall clock in milliseconds since 1970. Never above COPSE_CLOCK_MAX. */
uint64_t copse_clock_next(uint64_t last, uint64_t wall_ms);

/* Milliseconds since 1970. */
uint64_t copse_clock_ms(uint64_t hlc);

/* The first hlc of a millisecond; COPSE_CLOCK_MAX where it would not fit. */
uint64_t copse_clock_of_ms(uint64_t ms);

#endif
