/* How it works: ids lie in an array; a table of twice its size at least leads to places. Ids are
 * hashes, so the first bytes of one say its slot.
 */
#include "protocol/base/id_set.h"

#include <string.h>

#define SLOTS_MIN 64u

void copse_id_set_init(struct copse_id_set *set, const struct copse_memory *memory)
{
    *set = (struct copse_id_set){.memory = memory};
}

void copse_id_set_deinit(struct copse_id_set *set)
{
    copse_memory_free(set->memory, set->ids);
    copse_memory_free(set->memory, set->slots);
    copse_id_set_init(set, set->memory);
}

void copse_id_set_clear(struct copse_id_set *set)
{
    set->count = 0;
    if (set->slot_count > 0) {
        memset(set->slots, 0, set->slot_count * sizeof *set->slots);
    }
}

/* The slot of an id, or the free one where it would go. */
static size_t find_slot(const struct copse_id_set *set, const struct copse_id *id)
{
    size_t slot = (size_t)copse_bytes_get_u64(id->bytes) & (set->slot_count - 1);
    while (set->slots[slot] != 0 && !copse_bytes_equal_ids(&set->ids[set->slots[slot] - 1], id)) {
        slot = (slot + 1) & (set->slot_count - 1);
    }
    return slot;
}

static enum copse_err grow(struct copse_id_set *set)
{
    if ((set->count + 1) * 2 <= set->slot_count) {
        return COPSE_OK;
    }
    size_t slot_count = set->slot_count == 0 ? SLOTS_MIN : set->slot_count * 2;
    uint32_t *slots = copse_memory_new(set->memory, slot_count, sizeof *slots);
    if (slots == NULL) {
        return COPSE_ERR_NOMEM;
    }
    copse_memory_free(set->memory, set->slots);
    set->slots = slots;
    set->slot_count = slot_count;
    for (size_t i = 0; i < set->count; i++) {
        set->slots[find_slot(set, &set->ids[i])] = (uint32_t)i + 1;
    }
    return COPSE_OK;
}

enum copse_err copse_id_set_add(struct copse_id_set *set, const struct copse_id *id)
{
    enum copse_err err = grow(set);
    if (err != COPSE_OK) {
        return err;
    }
    size_t slot = find_slot(set, id);
    if (set->slots[slot] != 0) {
        return COPSE_ERR_EXISTS;
    }
    err =
        copse_memory_grow(set->memory, &set->ids, &set->capacity, set->count + 1, sizeof *set->ids);
    if (err == COPSE_OK) {
        set->ids[set->count++] = *id;
        set->slots[slot] = (uint32_t)set->count;
    }
    return err;
}

bool copse_id_set_find(const struct copse_id_set *set, size_t *place, const struct copse_id *id)
{
    if (set->count == 0) {
        return false;
    }
    uint32_t found = set->slots[find_slot(set, id)];
    if (found != 0 && place != NULL) {
        *place = found - 1;
    }
    return found != 0;
}
