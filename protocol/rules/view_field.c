/* How it works: what was gathered (view_gather.c) is handed to the merge of the field's lane, which
 * says what is live and in which order.
 */
#include "protocol/rules/view_field.h"

#include "protocol/base/sort.h"
#include "protocol/merge/register.h"
#include "protocol/merge/set.h"
#include "protocol/rules/view_gather.h"

void copse_view_field_init(struct copse_view_field *field, const struct copse_memory *memory)
{
    *field = (struct copse_view_field){.memory = memory};
}

void copse_view_field_deinit(struct copse_view_field *field)
{
    copse_memory_free(field->memory, field->values);
    copse_view_field_init(field, field->memory);
}

const struct copse_view_field_value *copse_view_field_shown(const struct copse_view_field *field)
{
    bool is_shown = field->live_count > 0 && field->values[0].words == COPSE_VIEW_HERE;
    return is_shown ? &field->values[0] : NULL;
}

/* ---- settling ---- */

/* Write `item` behind what is in `out`, whose room is large enough. */
static struct copse_view_field_value *emit(struct copse_view_field *out,
                                           const struct copse_view_gather_item *item)
{
    COPSE_ASSERT(out->count < out->capacity);
    struct copse_view_field_value *value = &out->values[out->count];
    *value = item->value;
    out->count++;
    return value;
}

/* The items at `places`, as the register wants them; tags are their places. */
static void fill_register(struct copse_register_value *values,
                          const struct copse_view_gather_item *items, const size_t *places,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct copse_view_gather_item *item = &items[places[i]];
        values[i] = (struct copse_register_value){.id = item->value.entry,
                                                  .author = item->value.author,
                                                  .hlc = item->value.hlc,
                                                  .over = item->over.reader,
                                                  .over_count = item->over.count,
                                                  .tag = places[i],
                                                  .is_counted = item->counts};
    }
}

static void settle_register(struct copse_view_field *out, const struct copse_view_gather *gather,
                            struct copse_register_value *values, const size_t *places)
{
    fill_register(values, gather->items, places, gather->count);
    out->live_count = copse_register_settle(values, gather->count);
    for (size_t i = 0; i < gather->count; i++) {
        struct copse_view_field_value *value = emit(out, &gather->items[values[i].tag]);
        value->is_live = values[i].is_live;
        value->is_first = i == 0 && value->is_live;
    }
}

/* One person's marks are a register of their own: places[0..count). */
static void settle_mark(struct copse_view_field *out, const struct copse_view_gather *gather,
                        struct copse_register_value *values, const size_t *places, size_t count)
{
    fill_register(values, gather->items, places, count);
    if (copse_register_settle(values, count) == 0) {
        return;
    }
    const struct copse_view_gather_item *shown = &gather->items[values[0].tag];
    if (shown->value.words != COPSE_VIEW_NONE) {
        struct copse_view_field_value *value = emit(out, shown);
        value->is_live = true;
        value->is_first = true;
        out->live_count++;
    }
}

struct by_person {
    struct copse_id person;
    size_t place;
};

static int compare_persons(const void *a, const void *b)
{
    const struct by_person *x = a;
    const struct by_person *y = b;
    int order = copse_bytes_compare_ids(&x->person, &y->person);
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static enum copse_err settle_marks(struct copse_view_field *out,
                                   const struct copse_view_gather *gather,
                                   struct copse_register_value *values, size_t *places)
{
    size_t count = gather->count;
    struct by_person *order = copse_memory_new(gather->memory, count, sizeof *order);
    if (order == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = (struct by_person){gather->items[i].value.person, i};
    }
    copse_sort(order, count, sizeof *order, compare_persons);
    for (size_t i = 0; i < count; i++) {
        places[i] = order[i].place;
    }
    for (size_t first = 0; first < count;) {
        size_t end = first + 1;
        while (end < count && copse_bytes_equal_ids(&order[end].person, &order[first].person)) {
            end++;
        }
        settle_mark(out, gather, values, places + first, end - first);
        first = end;
    }
    copse_memory_free(gather->memory, order);
    return COPSE_OK;
}

/* A register, a flag, or the marks of all persons. */
static enum copse_err settle_values(struct copse_view_field *out,
                                    const struct copse_view_gather *gather)
{
    enum copse_err err = COPSE_ERR_NOMEM;
    size_t count = gather->count;
    struct copse_register_value *values = copse_memory_new(gather->memory, count, sizeof *values);
    size_t *places = copse_memory_new(gather->memory, count, sizeof *places);
    if (values == NULL || places == NULL) {
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        places[i] = i;
    }
    err = COPSE_OK;
    if (gather->row->lane == COPSE_OBJECT_MARK) {
        err = settle_marks(out, gather, values, places);
    } else {
        settle_register(out, gather, values, places);
    }
done:
    copse_memory_free(gather->memory, places);
    copse_memory_free(gather->memory, values);
    return err;
}

static void emit_adds(struct copse_view_field *out, const struct copse_view_gather *gather,
                      const struct copse_set *set, size_t live)
{
    for (size_t i = 0; i < set->add_count; i++) {
        struct copse_view_field_value *value = emit(out, &gather->items[set->adds[i].tag]);
        value->is_live = i < live;
        value->is_first = set->adds[i].is_first;
    }
    out->live_count = live;
}

static enum copse_err settle_set(struct copse_view_field *out,
                                 const struct copse_view_gather *gather)
{
    enum copse_err err = COPSE_ERR_NOMEM;
    struct copse_set set = {.bars = gather->bars, .bar_count = gather->bar_count};
    set.adds = copse_memory_new(gather->memory, gather->count, sizeof *set.adds);
    set.dels = copse_memory_new(gather->memory, gather->removal_count + 1, sizeof *set.dels);
    if (set.adds == NULL || set.dels == NULL) {
        goto done;
    }
    for (size_t i = 0; i < gather->count; i++) {
        const struct copse_view_field_value *value = &gather->items[i].value;
        /* What does not count, and what is no element, takes no part. */
        if (gather->items[i].counts && value->words != COPSE_VIEW_NONE &&
            value->words != COPSE_VIEW_UNREADABLE) {
            set.adds[set.add_count] =
                (struct copse_set_add){.id = value->entry, .element = value->value, .tag = i};
            set.add_count++;
        }
    }
    for (size_t i = 0; i < gather->removal_count; i++) {
        const struct copse_view_gather_removal *removal = &gather->removals[i];
        set.dels[i] = (struct copse_set_del){.over = removal->over.reader,
                                             .over_count = removal->over.count,
                                             .element = removal->element};
    }
    set.del_count = gather->removal_count;
    emit_adds(out, gather, &set, copse_set_settle(&set));
    err = COPSE_OK;
done:
    copse_memory_free(gather->memory, set.dels);
    copse_memory_free(gather->memory, set.adds);
    return err;
}

/* ---- reading ---- */

static enum copse_err settle(struct copse_view_field *out, struct copse_view_gather *gather)
{
    out->count = 0;
    out->live_count = 0;
    if (gather->count == 0) {
        return COPSE_OK;
    }
    enum copse_err err = copse_memory_grow(out->memory, &out->values, &out->capacity, gather->count,
                                           sizeof *out->values);
    if (err != COPSE_OK) {
        return err;
    }
    return gather->row->lane == COPSE_OBJECT_SET ? settle_set(out, gather)
                                                 : settle_values(out, gather);
}

enum copse_err copse_view_field_read(struct copse_view *view, struct copse_view_field *out,
                                     const struct copse_view_object *object,
                                     const struct copse_object_field *row)
{
    COPSE_ASSERT(row->lane != COPSE_OBJECT_TEXT);
    COPSE_ASSERT((uint32_t)row->kind == object->kind);
    struct copse_view_gather gather = {
        .view = view, .object = object, .row = row, .memory = out->memory};
    enum copse_err err = copse_view_gather_read(&gather);
    if (err == COPSE_OK) {
        err = settle(out, &gather);
    }
    if (err != COPSE_OK) {
        out->count = 0;
        out->live_count = 0;
    }
    copse_view_gather_deinit(&gather);
    return err;
}
