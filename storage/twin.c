/* How it works: rows sorted by key in one array; a put in the middle moves the pointers behind it,
 * which is cheap for as few rows as there are.
 */
#include "storage/twin.h"

#include <string.h>

void copse_twin_init(struct copse_twin *twin, const struct copse_memory *memory)
{
    *twin = (struct copse_twin){memory, NULL, 0, 0};
}

void copse_twin_deinit(struct copse_twin *twin)
{
    for (size_t i = 0; i < twin->count; i++) {
        copse_memory_free(twin->memory, twin->rows[i].bytes);
    }
    copse_memory_free(twin->memory, twin->rows);
    copse_twin_init(twin, twin->memory);
}

static struct copse_slice key_at(const struct copse_twin *twin, size_t index)
{
    return (struct copse_slice){twin->rows[index].bytes, twin->rows[index].key_size};
}

static struct copse_slice value_at(const struct copse_twin *twin, size_t index)
{
    const struct copse_twin_row *row = &twin->rows[index];
    return (struct copse_slice){row->bytes + row->key_size, row->value_size};
}

/* The first row whose key is >= `key`. */
static size_t lower_bound(const struct copse_twin *twin, struct copse_slice key)
{
    size_t low = 0;
    size_t high = twin->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (copse_bytes_compare(key_at(twin, middle), key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct copse_twin *twin, size_t index, struct copse_slice key)
{
    return index < twin->count && copse_bytes_equal(key_at(twin, index), key);
}

static enum copse_err twin_get(void *context, struct copse_slice *value, struct copse_slice key)
{
    const struct copse_twin *twin = context;
    size_t index = lower_bound(twin, key);
    if (!is_at(twin, index, key)) {
        return COPSE_ERR_NOT_FOUND;
    }
    *value = value_at(twin, index);
    return COPSE_OK;
}

static enum copse_err twin_put(void *context, struct copse_slice key, struct copse_slice value)
{
    struct copse_twin *twin = context;
    size_t index = lower_bound(twin, key);
    enum copse_err err = copse_memory_grow(twin->memory, &twin->rows, &twin->capacity,
                                           twin->count + 1, sizeof *twin->rows);
    uint8_t *bytes = copse_memory_new(twin->memory, 1, key.size + value.size);
    if (err != COPSE_OK || bytes == NULL) {
        copse_memory_free(twin->memory, bytes);
        return COPSE_ERR_NOMEM;
    }
    memcpy(bytes, key.data, key.size);
    if (value.size > 0) {
        memcpy(bytes + key.size, value.data, value.size);
    }
    if (is_at(twin, index, key)) {
        copse_memory_free(twin->memory, twin->rows[index].bytes);
    } else {
        memmove(twin->rows + index + 1, twin->rows + index,
                (twin->count - index) * sizeof *twin->rows);
        twin->count++;
    }
    twin->rows[index] = (struct copse_twin_row){bytes, key.size, value.size};
    return COPSE_OK;
}

static enum copse_err twin_del(void *context, struct copse_slice key)
{
    struct copse_twin *twin = context;
    size_t index = lower_bound(twin, key);
    if (is_at(twin, index, key)) {
        copse_memory_free(twin->memory, twin->rows[index].bytes);
        twin->count--;
        memmove(twin->rows + index, twin->rows + index + 1,
                (twin->count - index) * sizeof *twin->rows);
    }
    return COPSE_OK;
}

static enum copse_err twin_seek(void *context, struct copse_slice *key, struct copse_slice *value,
                                struct copse_slice from)
{
    const struct copse_twin *twin = context;
    size_t index = lower_bound(twin, from);
    if (index == twin->count) {
        return COPSE_ERR_NOT_FOUND;
    }
    *key = key_at(twin, index);
    *value = value_at(twin, index);
    return COPSE_OK;
}

struct copse_state copse_twin_state(struct copse_twin *twin)
{
    return (struct copse_state){twin_get, twin_put, twin_del, twin_seek, twin};
}
