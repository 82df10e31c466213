/* How it works: two prefixes are read, charters in two passes as persons are (standing.h). */
#include "protocol/authority/commons.h"

#include "protocol/authority/standing_row.h"

#include <string.h>

struct loader {
    struct copse_commons *commons;
    const struct copse_state *state;
    bool is_filling;
    struct copse_id *above; /* the pool of their ids */
    size_t above_count;
};

typedef enum copse_err read_row(struct loader *loader, struct copse_slice key,
                                struct copse_slice value);

static enum copse_err for_each_row(struct loader *loader, char letter, read_row *read)
{
    struct copse_standing_row_key prefix = copse_standing_row_prefix(letter, NULL);
    struct copse_state_cursor cursor;
    copse_state_open(&cursor, copse_standing_row_bytes(&prefix));
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err = copse_state_next(&cursor, &key, &value, loader->state);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = read(loader, key, value);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
}

static enum copse_err read_genesis(struct loader *loader, struct copse_slice key,
                                   struct copse_slice value)
{
    (void)key;
    struct copse_commons *commons = loader->commons;
    struct copse_reader reader;
    copse_reader_init(&reader, value);
    (void)copse_reader_array(&reader, 2);
    commons->community = copse_reader_id(&reader);
    commons->founder_count = copse_reader_array(&reader, COPSE_OP_FOUNDERS_MAX);
    for (size_t i = 0; i < commons->founder_count; i++) {
        commons->founders[i] = copse_reader_id(&reader);
    }
    return copse_reader_end(&reader) == COPSE_OK ? COPSE_OK : COPSE_ERR_CORRUPT;
}

static enum copse_err fill_charter(struct loader *loader, struct copse_slice key,
                                   struct copse_reader *reader)
{
    struct copse_commons *commons = loader->commons;
    struct copse_commons_charter *charter = &commons->charters[commons->charter_count];
    memcpy(charter->id.bytes, key.data + 2, COPSE_ID_BYTES);
    (void)copse_reader_array(reader, 2);
    charter->is_in_force = copse_reader_bool(reader);
    struct copse_slice map = copse_reader_value(reader, COPSE_READER_DEPTH_MAX);
    uint8_t *copy = copse_arena_new(&commons->arena, map.size, 1);
    if (copy == NULL) {
        return COPSE_ERR_NOMEM;
    }
    if (map.size > 0) {
        memcpy(copy, map.data, map.size);
    }
    charter->map = (struct copse_slice){copy, map.size};
    copse_permission_read(&charter->rules, charter->map);
    charter->above = &loader->above[loader->above_count];
    return COPSE_OK;
}

static enum copse_err read_charter(struct loader *loader, struct copse_slice key,
                                   struct copse_slice value)
{
    struct copse_commons *commons = loader->commons;
    struct copse_reader reader;
    copse_reader_init(&reader, value);
    if (key.size != COPSE_STANDING_ROW_KEY_BYTES) {
        return COPSE_ERR_CORRUPT;
    }
    if (copse_bytes_get_u16(key.data + key.size - 2) == 0) {
        enum copse_err err = loader->is_filling ? fill_charter(loader, key, &reader) : COPSE_OK;
        commons->charter_count++;
        return err;
    }
    size_t count = copse_reader_array(&reader, COPSE_STANDING_ROW_ABOVE_MAX);
    if (commons->charter_count == 0) {
        return COPSE_ERR_CORRUPT;
    }
    for (size_t i = 0; i < count; i++) {
        struct copse_id id = copse_reader_id(&reader);
        if (loader->is_filling) {
            loader->above[loader->above_count] = id;
            commons->charters[commons->charter_count - 1].above_count++;
        }
        loader->above_count++;
    }
    return copse_reader_end(&reader) == COPSE_OK ? COPSE_OK : COPSE_ERR_CORRUPT;
}

static enum copse_err read_all(struct loader *loader)
{
    loader->commons->charter_count = 0;
    loader->above_count = 0;
    enum copse_err err = for_each_row(loader, 'g', read_genesis);
    return err == COPSE_OK ? for_each_row(loader, 'c', read_charter) : err;
}

static enum copse_err load(struct loader *loader)
{
    struct copse_commons *commons = loader->commons;
    enum copse_err err = read_all(loader);
    if (err != COPSE_OK) {
        return err;
    }
    commons->charters =
        copse_arena_new(&commons->arena, commons->charter_count, sizeof *commons->charters);
    loader->above = copse_arena_new(&commons->arena, loader->above_count, sizeof *loader->above);
    if (commons->charters == NULL || loader->above == NULL) {
        return COPSE_ERR_NOMEM;
    }
    loader->is_filling = true;
    return read_all(loader);
}

enum copse_err copse_commons_load(struct copse_commons **out, const struct copse_state *state,
                                  const struct copse_memory *memory)
{
    struct copse_commons *commons = copse_memory_new(memory, 1, sizeof *commons);
    if (commons == NULL) {
        return COPSE_ERR_NOMEM;
    }
    copse_arena_init(&commons->arena, memory);
    struct loader loader = {commons, state, false, NULL, 0};
    enum copse_err err = load(&loader);
    if (err != COPSE_OK) {
        copse_commons_free(commons);
        return err;
    }
    *out = commons;
    return COPSE_OK;
}

void copse_commons_free(struct copse_commons *commons)
{
    if (commons != NULL) {
        const struct copse_memory *memory = commons->arena.memory;
        copse_arena_deinit(&commons->arena);
        copse_memory_free(memory, commons);
    }
}

/* ---- looking up ---- */

const struct copse_commons_charter *copse_commons_charter_of(const struct copse_commons *commons,
                                                             const struct copse_id *id)
{
    size_t low = 0;
    size_t high = commons->charter_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = copse_bytes_compare_ids(&commons->charters[middle].id, id);
        if (order == 0) {
            return &commons->charters[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct copse_commons_charter *copse_commons_in_force(const struct copse_commons *commons)
{
    for (size_t i = 0; i < commons->charter_count; i++) {
        if (commons->charters[i].is_in_force) {
            return &commons->charters[i];
        }
    }
    return NULL;
}
