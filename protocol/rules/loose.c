/* How it works: ids of what is in logs, ids of what is loose, and a heap of ids that are named. A
 * name that no log has marks the loose EDIT it means, whose own parents are then named too; or it
 * is missing. Each loose EDIT is marked once, so this ends.
 */
#include "protocol/rules/loose.h"

#include "protocol/base/sort.h"
#include "protocol/rules/fold.h"

struct ids {
    struct copse_id *items;
    size_t count, capacity;
};

struct look {
    const struct copse_memory *memory;
    struct ids logged;
    struct ids loose; /* rising */
    struct ids named; /* not looked at yet */
    struct ids missing;
    struct copse_op_list *parents; /* of each that is loose; an empty list: it is marked */
    bool *is_marked;
    size_t parent_capacity, mark_capacity;
};

static int compare_ids(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

static enum copse_err push(struct look *look, struct ids *ids, const struct copse_id *id)
{
    enum copse_err err = copse_memory_grow(look->memory, &ids->items, &ids->capacity,
                                           ids->count + 1, sizeof *ids->items);
    if (err == COPSE_OK) {
        ids->items[ids->count++] = *id;
    }
    return err;
}

static enum copse_err push_list(struct look *look, struct copse_op_list list)
{
    struct copse_id id;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && copse_op_next_id(&list, &id)) {
        err = push(look, &look->named, &id);
    }
    return err;
}

/* Sort, and leave one of those that are the same. */
static void order(struct ids *ids)
{
    size_t kept = 0;
    if (ids->count > 0) {
        copse_sort(ids->items, ids->count, sizeof *ids->items, compare_ids);
    }
    for (size_t i = 0; i < ids->count; i++) {
        if (kept == 0 || !copse_bytes_equal_ids(&ids->items[kept - 1], &ids->items[i])) {
            ids->items[kept++] = ids->items[i];
        }
    }
    ids->count = kept;
}

/* Where `id` is; the count: nowhere. */
static size_t find(const struct ids *ids, const struct copse_id *id)
{
    size_t low = 0;
    size_t high = ids->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = copse_bytes_compare_ids(&ids->items[middle], id);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return ids->count;
}

static enum copse_err gather_logged(struct look *look, const struct copse_state *state,
                                    const struct copse_source *source,
                                    const struct copse_id *object)
{
    struct copse_fold_prefix prefix = copse_fold_edits(object);
    struct copse_state_cursor cursor;
    copse_state_open(&cursor, copse_fold_bytes(&prefix));
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        struct copse_id id;
        struct copse_held held;
        struct copse_op op;
        enum copse_err err = copse_state_next(&cursor, &key, &value, state);
        if (err == COPSE_ERR_NOT_FOUND) {
            order(&look->logged);
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = copse_fold_entry_of(&id, key);
        }
        if (err == COPSE_OK) {
            err = source->find(source->context, &held, &id);
        }
        if (err == COPSE_OK) {
            err = copse_op_decode(&op, held.entry.op, held.entry.class);
        }
        if (err == COPSE_OK) {
            err = push(look, &look->logged, &id);
        }
        if (err == COPSE_OK) {
            err = push_list(look, op.ids);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
}

static enum copse_err add_loose(struct look *look, const struct copse_source_loose *loose)
{
    struct copse_op op;
    size_t count = look->loose.count;
    enum copse_err err = copse_op_decode(&op, loose->entry.op, loose->entry.class);
    if (err == COPSE_OK) {
        err = copse_memory_grow(look->memory, &look->parents, &look->parent_capacity, count + 1,
                                sizeof *look->parents);
    }
    if (err == COPSE_OK) {
        err = copse_memory_grow(look->memory, &look->is_marked, &look->mark_capacity, count + 1,
                                sizeof *look->is_marked);
    }
    if (err == COPSE_OK) {
        err = push(look, &look->loose, &loose->id);
    }
    if (err == COPSE_OK) {
        look->parents[count] = op.ids;
        look->is_marked[count] = false;
    }
    return err;
}

static enum copse_err gather_loose(struct look *look, const struct copse_source *source,
                                   const struct copse_id *object)
{
    struct copse_id cursor = {{0}};
    struct copse_source_loose loose;
    enum copse_err err = source->next_loose == NULL ? COPSE_ERR_NOT_FOUND : COPSE_OK;
    while (err == COPSE_OK) {
        err = source->next_loose(source->context, &loose, &cursor, object);
        if (err == COPSE_OK) {
            err = add_loose(look, &loose);
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* SPEC 6.14: "*Leaned on* is an EDIT that an EDIT of the same object in a log here names in
 * parents, or one that is leaned on does." */
static enum copse_err follow(struct look *look)
{
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && look->named.count > 0) {
        struct copse_id id = look->named.items[--look->named.count];
        size_t loose = find(&look->loose, &id);
        if (find(&look->logged, &id) < look->logged.count) {
            continue;
        }
        if (loose == look->loose.count) {
            err = push(look, &look->missing, &id);
        } else if (!look->is_marked[loose]) {
            look->is_marked[loose] = true;
            err = push_list(look, look->parents[loose]);
        }
    }
    order(&look->missing);
    return err;
}

/* What is left of `loose` is surplus. */
static void keep_unmarked(struct look *look)
{
    size_t kept = 0;
    for (size_t i = 0; i < look->loose.count; i++) {
        bool is_logged = find(&look->logged, &look->loose.items[i]) < look->logged.count;
        if (is_logged || !look->is_marked[i]) {
            look->loose.items[kept++] = look->loose.items[i];
        }
    }
    look->loose.count = kept;
}

enum copse_err copse_loose_look_at(struct copse_loose_look *out, const struct copse_state *state,
                                   const struct copse_source *source,
                                   const struct copse_memory *memory, const struct copse_id *object)
{
    struct look look = {.memory = memory};
    enum copse_err err = gather_logged(&look, state, source, object);
    if (err == COPSE_OK) {
        err = gather_loose(&look, source, object);
    }
    if (err == COPSE_OK) {
        err = follow(&look);
    }
    if (err == COPSE_OK) {
        keep_unmarked(&look);
        *out = (struct copse_loose_look){look.missing.items, look.missing.count, look.loose.items,
                                         look.loose.count, memory};
    } else {
        copse_memory_free(memory, look.missing.items);
        copse_memory_free(memory, look.loose.items);
    }
    copse_memory_free(memory, look.logged.items);
    copse_memory_free(memory, look.named.items);
    copse_memory_free(memory, look.parents);
    copse_memory_free(memory, look.is_marked);
    return err;
}

void copse_loose_look_free(struct copse_loose_look *look)
{
    copse_memory_free(look->memory, look->missing);
    copse_memory_free(look->memory, look->surplus);
}

enum copse_err copse_loose_read(struct copse_entry *entry, struct copse_op *op,
                                const struct copse_id *community, struct copse_slice bytes)
{
    bool is_edit =
        copse_entry_decode(entry, bytes) == COPSE_OK && entry->class == COPSE_ENTRY_DATA &&
        copse_bytes_equal_ids(&entry->community, community) &&
        !copse_entry_has_unknown_ext(entry) &&
        copse_op_decode(op, entry->op, entry->class) == COPSE_OK && op->kind == COPSE_OP_EDIT;
    return is_edit ? COPSE_OK : COPSE_ERR_REFUSED;
}
