/* The allocator handed to everything that allocates.
 *
 * Nothing outside memory.c calls malloc, so a test can fail the n-th allocation
 * of any operation and a fuzz target can bound what an input may ask for.
 */
#ifndef COPSE_PROTOCOL_BASE_MEMORY_H
#define COPSE_PROTOCOL_BASE_MEMORY_H

#include "protocol/base/error.h"

#include <stddef.h>

struct copse_memory {
    /* Give `size` bytes for `old` (NULL: new bytes; `size` 0: free `old`, give
     * NULL). NULL for size > 0 means out of memory, and `old` is untouched. */
    void *(*resize)(void *context, void *old, size_t size);
    void *context; /* borrowed by every object made with this allocator */
};

/* The C library's heap. Static; never NULL. */
const struct copse_memory *copse_memory_heap(void);

/* Zeroed room for `count` items of `size` bytes; NULL when out of memory or when
 * the product overflows. */
void *copse_memory_new(const struct copse_memory *memory, size_t count,
                       size_t size) COPSE_MUST_CHECK;

/* Give back what copse_memory_new or copse_memory_grow gave. NULL is fine. */
void copse_memory_free(const struct copse_memory *memory, void *pointer);

/* Make `*array` (a T *, items of `size` bytes, room for `*capacity`) hold at least
 * `count` items, at least doubling it, so that n appends cost O(n).
 * Returns COPSE_OK, or COPSE_ERR_NOMEM and changes nothing. New items are not zeroed. */
enum copse_err copse_memory_grow(const struct copse_memory *memory, void *array, size_t *capacity,
                                 size_t count, size_t size) COPSE_MUST_CHECK;

#endif
