/* Memory that is given back all at once: what one evaluation builds up.
 *
 * Pieces are zeroed and aligned for any type. None is given back alone.
 */
#ifndef COPSE_PROTOCOL_BASE_ARENA_H
#define COPSE_PROTOCOL_BASE_ARENA_H

#include "protocol/base/memory.h"

struct copse_arena_chunk;

struct copse_arena {
    const struct copse_memory *memory; /* borrowed */
    struct copse_arena_chunk *chunks;  /* newest first */
    size_t used;                       /* bytes of the newest chunk */
};

void copse_arena_init(struct copse_arena *arena, const struct copse_memory *memory);

/* Give back every piece. */
void copse_arena_deinit(struct copse_arena *arena);

/* Zeroed room for `count` items of `size` bytes, valid until deinit; `count` 0 gives a piece of no
 * bytes. NULL when out of memory. */
void *copse_arena_new(struct copse_arena *arena, size_t count, size_t size) COPSE_MUST_CHECK;

#endif
