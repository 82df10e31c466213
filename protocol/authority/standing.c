/* How it works: a person's items are read twice. The first pass counts them and the ids in
 * their lists, so that each sort of thing has one array; the second fills the arrays. A leaf is
 * looked up in the source for its position; one that is not held any more stands for nothing.
 */
#include "protocol/authority/standing.h"

#include "protocol/authority/standing_row.h"
#include "protocol/base/sort.h"

#include <string.h>

/* Which list of ids an item ends with, for MORE. */
enum list { LIST_NONE, LIST_JOINS, LIST_LEAVES, LIST_COUNTING };

struct loader {
    struct copse_standing *standing;
    const struct copse_state *state;
    const struct copse_source *source;
    size_t counts[COPSE_STANDING_ROW_ITEMS]; /* items of each sort */
    size_t id_total;                         /* ids in all lists */
    /* pools, and how much of each is used */
    struct copse_fence_group *groups;
    struct copse_fence_wall *walls;
    struct copse_fence_leaf *leaves;
    struct copse_id *ids;
    struct copse_fence_set **sets;
    size_t group_count;
    size_t wall_count;
    size_t leaf_count;
    size_t id_count;
    size_t set_count;
    /* where the second pass stands */
    enum list list;
    struct copse_standing_unit *unit;
    struct copse_fence_group *group; /* NULL: walls are own ones */
    struct copse_fence_set *set;
};

/* The first pass. */
static enum copse_err count_items(struct loader *loader, struct copse_reader *reader)
{
    size_t items = copse_reader_array(reader, SIZE_MAX);
    for (size_t i = 0; i < items; i++) {
        size_t fields = copse_reader_array(reader, 6);
        uint64_t item = copse_reader_uint(reader, COPSE_STANDING_ROW_MORE);
        for (size_t k = 2; k < fields; k++) {
            (void)copse_reader_value(reader, 1);
        }
        loader->counts[item]++;
        if (item == COPSE_STANDING_ROW_UNIT) {
            (void)copse_reader_value(reader, 1);
            continue;
        }
        size_t ids = copse_reader_array(reader, COPSE_STANDING_ROW_LIST_MAX);
        for (size_t k = 0; k < ids; k++) {
            (void)copse_reader_id(reader);
        }
        loader->id_total += ids;
    }
    return copse_reader_end(reader) == COPSE_OK ? COPSE_OK : COPSE_ERR_CORRUPT;
}

static enum copse_err add_leaf(struct loader *loader, const struct copse_id *id)
{
    struct copse_held held;
    enum copse_err err = loader->source->find(loader->source->context, &held, id);
    if (err == COPSE_ERR_NOT_FOUND) {
        return COPSE_OK;
    }
    if (err == COPSE_OK) {
        loader->leaves[loader->leaf_count++] = (struct copse_fence_leaf){held.position, *id};
        loader->set->count++;
    }
    return err;
}

static enum copse_err read_list(struct loader *loader, struct copse_reader *reader)
{
    struct copse_standing *standing = loader->standing;
    size_t count = copse_reader_array(reader, COPSE_STANDING_ROW_LIST_MAX);
    for (size_t i = 0; i < count; i++) {
        struct copse_id id = copse_reader_id(reader);
        if (loader->list == LIST_LEAVES) {
            enum copse_err err = add_leaf(loader, &id);
            if (err != COPSE_OK) {
                return err;
            }
            continue;
        }
        loader->ids[loader->id_count++] = id;
        switch (loader->list) {
        case LIST_JOINS:
            loader->group->join_count++;
            break;
        case LIST_COUNTING:
            standing->counting_count++;
            break;
        case LIST_LEAVES:
        case LIST_NONE:
            return COPSE_ERR_CORRUPT;
        }
    }
    return COPSE_OK;
}

static void open_set(struct loader *loader, struct copse_fence_set *set)
{
    loader->list = LIST_LEAVES;
    loader->set = set;
    set->leaves = &loader->leaves[loader->leaf_count];
    loader->sets[loader->set_count++] = set;
}

static enum copse_err read_unit(struct loader *loader, struct copse_reader *reader)
{
    struct copse_standing_unit *unit = &loader->standing->units[loader->standing->unit_count++];
    unit->grant = copse_reader_id(reader);
    unit->role = (enum copse_op_role)copse_reader_uint(reader, COPSE_OP_GUEST);
    unit->depth = (unsigned)copse_reader_uint(reader, UINT8_MAX);
    unit->is_ended = copse_reader_bool(reader);
    unit->until = copse_reader_nil(reader) ? UINT64_MAX : copse_reader_uint(reader, INT64_MAX);
    unit->fence.groups = &loader->groups[loader->group_count];
    unit->fence.own = NULL;
    loader->unit = unit;
    loader->group = NULL;
    loader->list = LIST_NONE;
    return COPSE_OK;
}

static enum copse_err read_group(struct loader *loader, struct copse_reader *reader)
{
    if (loader->unit == NULL) {
        return COPSE_ERR_CORRUPT;
    }
    loader->group = &loader->groups[loader->group_count++];
    loader->group->joins = &loader->ids[loader->id_count];
    loader->group->walls = &loader->walls[loader->wall_count];
    loader->unit->fence.group_count++;
    loader->list = LIST_JOINS;
    return read_list(loader, reader);
}

static enum copse_err read_wall(struct loader *loader, struct copse_reader *reader)
{
    struct copse_fence_wall *wall = &loader->walls[loader->wall_count++];
    wall->kind = (enum copse_fence_kind)copse_reader_uint(reader, COPSE_FENCE_KINDS - 1);
    if (!copse_reader_nil(reader)) {
        wall->device = copse_reader_id(reader);
    }
    bool is_own = wall->kind > COPSE_FENCE_TO_NONE;
    if (loader->unit == NULL || (!is_own && loader->group == NULL)) {
        return COPSE_ERR_CORRUPT;
    }
    if (is_own) {
        struct copse_fence *fence = &loader->unit->fence;
        fence->own = fence->own_count == 0 ? wall : fence->own;
        fence->own_count++;
        loader->group = NULL;
    } else {
        loader->group->wall_count++;
    }
    open_set(loader, &wall->set);
    return read_list(loader, reader);
}

static enum copse_err read_line(struct loader *loader, struct copse_reader *reader)
{
    struct copse_fence_line *line = &loader->standing->lines[loader->standing->line_count++];
    line->join = copse_reader_id(reader);
    line->device = copse_reader_id(reader);
    open_set(loader, &line->leaves);
    return read_list(loader, reader);
}

static enum copse_err read_tight(struct loader *loader, struct copse_reader *reader)
{
    struct copse_standing_tight *tight = &loader->standing->tights[loader->standing->tight_count++];
    tight->charter = copse_reader_id(reader);
    open_set(loader, &tight->set);
    return read_list(loader, reader);
}

static enum copse_err read_item(struct loader *loader, struct copse_reader *reader)
{
    struct copse_standing *standing = loader->standing;
    (void)copse_reader_array(reader, 6);
    switch ((enum copse_standing_row_item)copse_reader_uint(reader, COPSE_STANDING_ROW_MORE)) {
    case COPSE_STANDING_ROW_UNIT:
        return read_unit(loader, reader);
    case COPSE_STANDING_ROW_GROUP:
        return read_group(loader, reader);
    case COPSE_STANDING_ROW_WALL:
        return read_wall(loader, reader);
    case COPSE_STANDING_ROW_ACCEPTED:
        if (loader->unit == NULL) {
            return COPSE_ERR_CORRUPT;
        }
        open_set(loader, &loader->unit->fence.accepted);
        return read_list(loader, reader);
    case COPSE_STANDING_ROW_LINE:
        return read_line(loader, reader);
    case COPSE_STANDING_ROW_TIGHT:
        return read_tight(loader, reader);
    case COPSE_STANDING_ROW_COUNTING:
        standing->counting = &loader->ids[loader->id_count];
        loader->list = LIST_COUNTING;
        return read_list(loader, reader);
    case COPSE_STANDING_ROW_MORE:
        return read_list(loader, reader);
    }
    return COPSE_ERR_CORRUPT;
}

/* The second pass over one part. */
static enum copse_err read_items(struct loader *loader, struct copse_reader *reader)
{
    size_t items = copse_reader_array(reader, SIZE_MAX);
    for (size_t i = 0; i < items; i++) {
        enum copse_err err = read_item(loader, reader);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return copse_reader_end(reader) == COPSE_OK ? COPSE_OK : COPSE_ERR_CORRUPT;
}

typedef enum copse_err read_part(struct loader *loader, struct copse_reader *reader);

/* NOT_FOUND: the person has no rows. */
static enum copse_err for_each_part(struct loader *loader, read_part *read)
{
    struct copse_standing_row_key prefix =
        copse_standing_row_prefix('p', &loader->standing->person);
    struct copse_state_cursor cursor;
    copse_state_open(&cursor, copse_standing_row_bytes(&prefix));
    bool is_found = false;
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err = copse_state_next(&cursor, &key, &value, loader->state);
        if (err == COPSE_ERR_NOT_FOUND) {
            return is_found ? COPSE_OK : err;
        }
        if (err == COPSE_OK) {
            struct copse_reader reader;
            copse_reader_init(&reader, value);
            err = read(loader, &reader);
        }
        if (err != COPSE_OK) {
            return err;
        }
        is_found = true;
    }
}

static enum copse_err make_pools(struct loader *loader)
{
    struct copse_standing *standing = loader->standing;
    struct copse_arena *arena = &standing->arena;
    const size_t *counts = loader->counts;
    size_t units = counts[COPSE_STANDING_ROW_UNIT];
    size_t walls = counts[COPSE_STANDING_ROW_WALL];
    size_t lines = counts[COPSE_STANDING_ROW_LINE];
    size_t tights = counts[COPSE_STANDING_ROW_TIGHT];
    size_t sets = walls + lines + tights + counts[COPSE_STANDING_ROW_ACCEPTED];
    standing->units = copse_arena_new(arena, units, sizeof *standing->units);
    standing->by_grant = copse_arena_new(arena, units, sizeof(struct copse_standing_unit *));
    standing->lines = copse_arena_new(arena, lines, sizeof *standing->lines);
    standing->tights = copse_arena_new(arena, tights, sizeof *standing->tights);
    loader->groups =
        copse_arena_new(arena, counts[COPSE_STANDING_ROW_GROUP], sizeof *loader->groups);
    loader->walls = copse_arena_new(arena, walls, sizeof *loader->walls);
    loader->leaves = copse_arena_new(arena, loader->id_total, sizeof *loader->leaves);
    loader->ids = copse_arena_new(arena, loader->id_total, sizeof *loader->ids);
    loader->sets = copse_arena_new(arena, sets, sizeof(struct copse_fence_set *));
    bool is_made = standing->units != NULL && standing->by_grant != NULL &&
                   standing->lines != NULL && standing->tights != NULL && loader->groups != NULL &&
                   loader->walls != NULL && loader->leaves != NULL && loader->ids != NULL &&
                   loader->sets != NULL;
    return is_made ? COPSE_OK : COPSE_ERR_NOMEM;
}

static int compare_grants(const void *a, const void *b)
{
    const struct copse_standing_unit *x = *(struct copse_standing_unit *const *)a;
    const struct copse_standing_unit *y = *(struct copse_standing_unit *const *)b;
    return copse_bytes_compare_ids(&x->grant, &y->grant);
}

/* Sets lie one after another in the pool, so each may be put in form where it lies. None of their
 * leaves is inside another, whichever of a branch they were chosen to be. */
static void finish(struct loader *loader)
{
    struct copse_standing *standing = loader->standing;
    for (size_t i = 0; i < loader->set_count; i++) {
        struct copse_fence_set *set = loader->sets[i];
        struct copse_fence_leaf *leaves = &loader->leaves[set->leaves - loader->leaves];
        set->count = copse_fence_reduce(leaves, set->count, loader->source);
    }
    for (size_t i = 0; i < standing->unit_count; i++) {
        standing->by_grant[i] = &standing->units[i];
    }
    copse_sort(standing->by_grant, standing->unit_count, sizeof(struct copse_standing_unit *),
               compare_grants);
}

/* The REMOVEs that are void, in rows of their own: counted, then read. */
static enum copse_err read_denied(struct loader *loader, bool is_filling)
{
    struct copse_standing *standing = loader->standing;
    struct copse_standing_row_key prefix = copse_standing_row_prefix('x', &standing->person);
    struct copse_state_cursor cursor;
    copse_state_open(&cursor, copse_standing_row_bytes(&prefix));
    standing->denied_count = 0;
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err = copse_state_next(&cursor, &key, &value, loader->state);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
        if (key.size != COPSE_STANDING_ROW_KEY_MAX) {
            return COPSE_ERR_CORRUPT;
        }
        if (is_filling) {
            memcpy(standing->denied[standing->denied_count].bytes,
                   key.data + key.size - COPSE_ID_BYTES, COPSE_ID_BYTES);
        }
        standing->denied_count++;
    }
}

static enum copse_err load_denied(struct loader *loader)
{
    struct copse_standing *standing = loader->standing;
    enum copse_err err = read_denied(loader, false);
    if (err != COPSE_OK || standing->denied_count == 0) {
        return err;
    }
    standing->denied =
        copse_arena_new(&standing->arena, standing->denied_count, sizeof *standing->denied);
    return standing->denied == NULL ? COPSE_ERR_NOMEM : read_denied(loader, true);
}

enum copse_err copse_standing_load(struct copse_standing **out, const struct copse_state *state,
                                   const struct copse_id *person, const struct copse_source *source,
                                   const struct copse_memory *memory)
{
    struct copse_standing *standing = copse_memory_new(memory, 1, sizeof *standing);
    if (standing == NULL) {
        return COPSE_ERR_NOMEM;
    }
    copse_arena_init(&standing->arena, memory);
    standing->person = *person;
    struct loader loader;
    memset(&loader, 0, sizeof loader);
    loader.standing = standing;
    loader.state = state;
    loader.source = source;
    enum copse_err err = for_each_part(&loader, count_items);
    if (err == COPSE_OK) {
        err = make_pools(&loader);
    }
    if (err == COPSE_OK) {
        err = for_each_part(&loader, read_items);
    }
    if (err == COPSE_OK) {
        err = load_denied(&loader);
    }
    if (err != COPSE_OK) {
        copse_standing_free(standing);
        return err;
    }
    finish(&loader);
    *out = standing;
    return COPSE_OK;
}

void copse_standing_free(struct copse_standing *standing)
{
    if (standing != NULL) {
        const struct copse_memory *memory = standing->arena.memory;
        copse_arena_deinit(&standing->arena);
        copse_memory_free(memory, standing);
    }
}

bool copse_standing_role(enum copse_op_role *role, const struct copse_standing *standing)
{
    bool is_found = false;
    for (size_t i = 0; i < standing->unit_count; i++) {
        const struct copse_standing_unit *unit = &standing->units[i];
        if (!unit->is_ended && (!is_found || unit->role < *role)) {
            *role = unit->role;
            is_found = true;
        }
    }
    return is_found;
}

/* ---- people ---- */

void copse_standing_open_people(struct copse_state_cursor *cursor)
{
    struct copse_standing_row_key prefix = copse_standing_row_prefix('p', NULL);
    copse_state_open(cursor, copse_standing_row_bytes(&prefix));
}

enum copse_err copse_standing_next_person(struct copse_id *out, struct copse_state_cursor *cursor,
                                          const struct copse_state *state)
{
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err = copse_state_next(cursor, &key, &value, state);
        if (err != COPSE_OK) {
            return err;
        }
        if (key.size != COPSE_STANDING_ROW_KEY_BYTES) {
            return COPSE_ERR_CORRUPT;
        }
        if (copse_bytes_get_u16(key.data + key.size - 2) == 0) {
            memcpy(out->bytes, key.data + 2, sizeof out->bytes);
            return COPSE_OK;
        }
    }
}
