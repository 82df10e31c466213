/* Disk: where storage/ meets the machine, and where a simulated node may die.
 *
 * The code of storage/ runs as it is; the linker leads its calls of copse_db_commit,
 * copse_disk_write, clock_gettime and nanosleep here (--wrap in CMakeLists.txt), and libsodium asks
 * here for randomness. So a node can be killed at any of its writes, and nothing is left to chance.
 *
 * Words:  strike  the write at which something happens, and what
 *         dead    from its strike on a node writes nothing more; whoever runs it takes it down
 */
#ifndef COPSE_TESTS_SIM_DISK_H
#define COPSE_TESTS_SIM_DISK_H

#include "tests/support/random.h"

#include <stdbool.h>

enum disk_strike {
    DISK_GOOD,
    DISK_FULL,   /* this write finds no room; later ones do */
    DISK_BEFORE, /* dies, and nothing of this write is stored */
    DISK_AFTER,  /* dies, and this write is stored; its caller is not told so */
};

struct disk {
    enum disk_strike strike;
    uint32_t left;           /* writes before the strike */
    enum disk_strike struck; /* the last one */
    bool is_dead;
    bool is_note;   /* it met the note of what was published, not a commit */
    uint32_t slow;  /* microseconds that pass between two looks at the clock, at most; 0: none */
    uint64_t us;    /* the clock */
    uint64_t fulls; /* writes that found no room */
};

/* From now on all writes are those of this disk, and chance and clock come from here. NULL: of
 * nobody that is simulated. `random` is borrowed until the next call. */
void disk_use(struct disk *disk, struct copse_random *random);

#endif
