/* How it works: chunks from the allocator, each filled from front to back and twice as large as
 * the one before, up to a limit. A piece that is larger than that gets a chunk of its own.
 */
#include "protocol/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#define CHUNK_BYTES_MIN 1024u
#define CHUNK_BYTES_MAX 65536u

struct copse_arena_chunk {
    struct copse_arena_chunk *next;
    size_t size; /* bytes of `bytes` */
    alignas(max_align_t) uint8_t bytes[];
};

void copse_arena_init(struct copse_arena *arena, const struct copse_memory *memory)
{
    *arena = (struct copse_arena){memory, NULL, 0};
}

void copse_arena_deinit(struct copse_arena *arena)
{
    struct copse_arena_chunk *chunk = arena->chunks;
    while (chunk != NULL) {
        struct copse_arena_chunk *next = chunk->next;
        copse_memory_free(arena->memory, chunk);
        chunk = next;
    }
    arena->chunks = NULL;
    arena->used = 0;
}

void *copse_arena_new(struct copse_arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total) || total > SIZE_MAX / 2) {
        return NULL;
    }
    size_t align = alignof(max_align_t);
    total = (total + align - 1) / align * align;
    struct copse_arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - arena->used < total) {
        size_t bytes = chunk == NULL ? CHUNK_BYTES_MIN : 2 * chunk->size;
        bytes = bytes > CHUNK_BYTES_MAX ? CHUNK_BYTES_MAX : bytes;
        bytes = total > bytes ? total : bytes;
        struct copse_arena_chunk *older = chunk;
        chunk = copse_memory_new(arena->memory, 1, sizeof *chunk + bytes);
        if (chunk == NULL) {
            return NULL;
        }
        chunk->size = bytes;
        chunk->next = older;
        arena->chunks = chunk;
        arena->used = 0;
    }
    void *piece = chunk->bytes + arena->used;
    arena->used += total;
    return piece;
}
