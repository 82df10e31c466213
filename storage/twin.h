/* The state port in memory, for a few thousand rows: what governance writes, made anew to compare.
 */
#ifndef COPSE_STORAGE_TWIN_H
#define COPSE_STORAGE_TWIN_H

#include "protocol/base/memory.h"
#include "protocol/base/state.h"

struct copse_twin_row {
    uint8_t *bytes; /* key, then value */
    size_t key_size;
    size_t value_size;
};

struct copse_twin {
    const struct copse_memory *memory;
    struct copse_twin_row *rows; /* by key */
    size_t count;
    size_t capacity;
};

void copse_twin_init(struct copse_twin *twin, const struct copse_memory *memory);
void copse_twin_deinit(struct copse_twin *twin);

/* The port on it; `twin` must stay as long as the state is used. */
struct copse_state copse_twin_state(struct copse_twin *twin);

#endif
