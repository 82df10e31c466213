/* From an entry's id to its arrival number: an index on the first 8 bytes of ids.
 *
 * The rows of one transaction wait in memory, where they are found by their hash, and go to the
 * table IDS, or the layers before it, at the commit.
 * Ids are hashes that an author may grind: several ids may share a prefix, and every
 * candidate is compared with its entry by the caller. More than
 * COPSE_INDEX_TWINS_MAX ids of one prefix are refused; making so many costs more
 * work than forging an id of 14 bytes.
 */
#ifndef COPSE_STORAGE_INDEX_H
#define COPSE_STORAGE_INDEX_H

#include "protocol/entry/log.h"
#include "storage/layers.h"

#define COPSE_INDEX_PLACE_BYTES 10u /* log u32, seq u32, branch u16, each big-endian */
#define COPSE_INDEX_PREFIX_BYTES 8u
#define COPSE_INDEX_ARRIVAL_BYTES 8u
#define COPSE_INDEX_TWINS_MAX 16u

/* A position as a key: what the tables PLACES and MISSING go by. */
struct copse_index_place {
    uint8_t bytes[COPSE_INDEX_PLACE_BYTES];
};

struct copse_index_row {
    uint8_t prefix[COPSE_INDEX_PREFIX_BYTES];
    uint8_t arrival[COPSE_INDEX_ARRIVAL_BYTES];
};

/* Rows that wait for the end of their transaction. */
struct copse_index {
    const struct copse_memory *memory;
    struct copse_layers *layers; /* borrowed */
    struct copse_index_row *rows;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* by prefix, open addressing: row number + 1, 0: free */
    size_t slot_count;
};

void copse_index_init(struct copse_index *index, struct copse_layers *layers,
                      const struct copse_memory *memory);
void copse_index_deinit(struct copse_index *index);

struct copse_index_place copse_index_place_of(const struct copse_position *position);
struct copse_position copse_index_position_of(const struct copse_index_place *place);

/* Note that the entry `id` has this arrival number. COPSE_OK, COPSE_ERR_NOMEM. */
enum copse_err copse_index_add(struct copse_index *index, const struct copse_id *id,
                               uint64_t arrival) COPSE_MUST_CHECK;

/* Which entries may have this id: at most COPSE_INDEX_TWINS_MAX arrival numbers, from the table and
 * from what waits. Sets *count. COPSE_OK, COPSE_ERR_LIMIT when there are more, or a fault. */
enum copse_err copse_index_find(const struct copse_index *index,
                                uint64_t out[COPSE_INDEX_TWINS_MAX], size_t *count,
                                const struct copse_id *id) COPSE_MUST_CHECK;

/* Take the row of an entry away, wherever it is. */
enum copse_err copse_index_remove(struct copse_index *index, const struct copse_id *id,
                                  uint64_t arrival) COPSE_MUST_CHECK;

/* Hand what waits to the layers, which are flushed next. */
enum copse_err copse_index_flush(struct copse_index *index) COPSE_MUST_CHECK;

#endif
