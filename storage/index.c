/* How it works: waiting rows are an array in order of arrival, with a hash table of row
 * numbers over it, so that an entry added in this transaction is found before its row is
 * in the table. A row, prefix and arrival, is a key of the table IDS.
 */
#include "storage/index.h"

#include <string.h>

#define SLOTS_MIN 64u

void copse_index_init(struct copse_index *index, struct copse_layers *layers,
                      const struct copse_memory *memory)
{
    *index = (struct copse_index){.memory = memory, .layers = layers};
}

void copse_index_deinit(struct copse_index *index)
{
    copse_memory_free(index->memory, index->rows);
    copse_memory_free(index->memory, index->slots);
    copse_index_init(index, index->layers, index->memory);
}

struct copse_index_place copse_index_place_of(const struct copse_position *position)
{
    COPSE_ASSERT(position->log <= UINT32_MAX);
    COPSE_ASSERT(position->branch <= UINT16_MAX);
    struct copse_index_place place;
    copse_bytes_put_u32(place.bytes, (uint32_t)position->log);
    copse_bytes_put_u32(place.bytes + 4, position->seq);
    copse_bytes_put_u16(place.bytes + 8, (uint16_t)position->branch);
    return place;
}

struct copse_position copse_index_position_of(const struct copse_index_place *place)
{
    return (struct copse_position){copse_bytes_get_u32(place->bytes),
                                   copse_bytes_get_u16(place->bytes + 8),
                                   copse_bytes_get_u32(place->bytes + 4)};
}

/* Ids are hashes: their bytes need no further mixing. An author can only grind collisions within
 * one transaction, which is as long as it is. */
static size_t first_slot(const struct copse_index *index, const uint8_t *prefix)
{
    return (size_t)copse_bytes_get_u64(prefix) & (index->slot_count - 1);
}

static void take_slot(struct copse_index *index, size_t row)
{
    size_t slot = first_slot(index, index->rows[row].prefix);
    while (index->slots[slot] != 0) {
        slot = (slot + 1) & (index->slot_count - 1);
    }
    index->slots[slot] = (uint32_t)row + 1;
}

static enum copse_err grow_slots(struct copse_index *index)
{
    size_t count = index->slot_count == 0 ? SLOTS_MIN : index->slot_count * 2;
    uint32_t *slots = copse_memory_new(index->memory, count, sizeof *slots);
    if (slots == NULL) {
        return COPSE_ERR_NOMEM;
    }
    copse_memory_free(index->memory, index->slots);
    index->slots = slots;
    index->slot_count = count;
    for (size_t i = 0; i < index->count; i++) {
        take_slot(index, i);
    }
    return COPSE_OK;
}

enum copse_err copse_index_add(struct copse_index *index, const struct copse_id *id,
                               uint64_t arrival)
{
    COPSE_ASSERT(index->count < UINT32_MAX - 1);
    enum copse_err err = copse_memory_grow(index->memory, &index->rows, &index->capacity,
                                           index->count + 1, sizeof *index->rows);
    if (err == COPSE_OK && (index->count + 1) * 2 > index->slot_count) {
        err = grow_slots(index);
    }
    if (err != COPSE_OK) {
        return err;
    }
    memcpy(index->rows[index->count].prefix, id->bytes, COPSE_INDEX_PREFIX_BYTES);
    copse_bytes_put_u64(index->rows[index->count].arrival, arrival);
    take_slot(index, index->count);
    index->count++;
    return COPSE_OK;
}

static enum copse_err find_waiting(const struct copse_index *index, uint64_t *out, size_t *count,
                                   const struct copse_id *id)
{
    if (index->slot_count == 0) {
        return COPSE_OK;
    }
    for (size_t slot = first_slot(index, id->bytes); index->slots[slot] != 0;
         slot = (slot + 1) & (index->slot_count - 1)) {
        const struct copse_index_row *row = &index->rows[index->slots[slot] - 1];
        if (memcmp(row->prefix, id->bytes, sizeof row->prefix) != 0) {
            continue;
        }
        if (*count == COPSE_INDEX_TWINS_MAX) {
            return COPSE_ERR_LIMIT;
        }
        out[(*count)++] = copse_bytes_get_u64(row->arrival);
    }
    return COPSE_OK;
}

static struct copse_index_row row_of(const struct copse_id *id, uint64_t arrival)
{
    struct copse_index_row row;
    memcpy(row.prefix, id->bytes, sizeof row.prefix);
    copse_bytes_put_u64(row.arrival, arrival);
    return row;
}

static struct copse_slice key_of(const struct copse_index_row *row)
{
    return (struct copse_slice){row->prefix, sizeof *row};
}

_Static_assert(sizeof(struct copse_index_row) ==
                   COPSE_INDEX_PREFIX_BYTES + COPSE_INDEX_ARRIVAL_BYTES,
               "a row is a key as it lies in memory");

enum copse_err copse_index_find(const struct copse_index *index,
                                uint64_t out[COPSE_INDEX_TWINS_MAX], size_t *count,
                                const struct copse_id *id)
{
    size_t found = 0;
    struct copse_index_row from = row_of(id, 0);
    enum copse_err err = COPSE_OK;
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        err = copse_layers_seek(index->layers, &key, &value, COPSE_DB_IDS, key_of(&from));
        if (err == COPSE_OK && key.size != sizeof from) {
            return COPSE_ERR_CORRUPT;
        }
        if (err != COPSE_OK || memcmp(key.data, id->bytes, COPSE_INDEX_PREFIX_BYTES) != 0) {
            break;
        }
        if (found == COPSE_INDEX_TWINS_MAX) {
            return COPSE_ERR_LIMIT;
        }
        out[found] = copse_bytes_get_u64(key.data + COPSE_INDEX_PREFIX_BYTES);
        from = row_of(id, out[found] + 1); /* arrivals never come near their end */
        found++;
    }
    if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    err = find_waiting(index, out, &found, id);
    if (err == COPSE_OK) {
        *count = found;
    }
    return err;
}

enum copse_err copse_index_remove(struct copse_index *index, const struct copse_id *id,
                                  uint64_t arrival)
{
    /* Rare, so the simple way: what waits goes on first. */
    struct copse_index_row row = row_of(id, arrival);
    enum copse_err err = copse_index_flush(index);
    return err == COPSE_OK ? copse_layers_del(index->layers, COPSE_DB_IDS, key_of(&row)) : err;
}

enum copse_err copse_index_flush(struct copse_index *index)
{
    for (size_t i = 0; i < index->count; i++) {
        enum copse_err err = copse_layers_put(index->layers, COPSE_DB_IDS, key_of(&index->rows[i]));
        if (err != COPSE_OK) {
            return err;
        }
    }
    if (index->count > 0) {
        index->count = 0;
        memset(index->slots, 0, index->slot_count * sizeof *index->slots);
    }
    return COPSE_OK;
}
