/* How it works: waiting rows are an array in order of arrival, with a hash table of row
 * numbers over it, so that an entry added in this transaction is found before its row is
 * in the table. The flush sorts the array by key and puts it.
 */
#include "storage/index.h"

#include <string.h>

#define SLOTS_MIN 64u

void copse_index_init(struct copse_index *index, const struct copse_memory *memory)
{
    *index = (struct copse_index){memory, NULL, 0, 0, NULL, 0};
}

void copse_index_deinit(struct copse_index *index)
{
    copse_memory_free(index->memory, index->rows);
    copse_memory_free(index->memory, index->slots);
    copse_index_init(index, index->memory);
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

static struct copse_slice prefix_of(const struct copse_id *id)
{
    return (struct copse_slice){id->bytes, COPSE_INDEX_PREFIX_BYTES};
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
    struct copse_index_row *row = &index->rows[index->count];
    memcpy(row->prefix, id->bytes, sizeof row->prefix);
    copse_bytes_put_u64(row->arrival, arrival);
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

enum copse_err copse_index_find(const struct copse_index *index,
                                uint64_t out[COPSE_INDEX_TWINS_MAX], size_t *count,
                                struct copse_db_txn *txn, const struct copse_id *id)
{
    size_t found = 0;
    enum copse_err err = COPSE_OK;
    for (;;) {
        struct copse_slice value;
        err = copse_db_get_twin(txn, &value, prefix_of(id), found);
        if (err != COPSE_OK) {
            break;
        }
        if (value.size != COPSE_INDEX_ARRIVAL_BYTES) {
            return COPSE_ERR_CORRUPT;
        }
        if (found == COPSE_INDEX_TWINS_MAX) {
            return COPSE_ERR_LIMIT;
        }
        out[found++] = copse_bytes_get_u64(value.data);
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    err = find_waiting(index, out, &found, id);
    if (err == COPSE_OK) {
        *count = found;
    }
    return err;
}

enum copse_err copse_index_remove(struct copse_index *index, struct copse_db_txn *txn,
                                  const struct copse_id *id, uint64_t arrival)
{
    /* Rare, so the simple way: what waits goes into the table first. */
    enum copse_err err = copse_index_flush(index, txn);
    if (err != COPSE_OK) {
        return err;
    }
    uint8_t bytes[COPSE_INDEX_ARRIVAL_BYTES];
    copse_bytes_put_u64(bytes, arrival);
    return copse_db_del_twin(txn, prefix_of(id), (struct copse_slice){bytes, sizeof bytes});
}

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct copse_index_row));
}

_Static_assert(sizeof(struct copse_index_row) == 16, "rows are compared as bytes");

enum copse_err copse_index_flush(struct copse_index *index, struct copse_db_txn *txn)
{
    if (index->count == 0) {
        return COPSE_OK;
    }
    qsort(index->rows, index->count, sizeof *index->rows, compare_rows);
    for (size_t i = 0; i < index->count; i++) {
        const struct copse_index_row *row = &index->rows[i];
        enum copse_err err =
            copse_db_put_twin(txn, (struct copse_slice){row->prefix, sizeof row->prefix},
                              (struct copse_slice){row->arrival, sizeof row->arrival});
        if (err != COPSE_OK) {
            return err;
        }
    }
    index->count = 0;
    memset(index->slots, 0, index->slot_count * sizeof *index->slots);
    return COPSE_OK;
}
