/* How it works: the rows of the fold say which entries name the field; each is judged and, if it
 * is of the field's lane, kept with what it names in turn. A CREATE or GENESIS takes part in each
 * register as if it had set it, with a value or without, so that what is live never depends on
 * whether its content is here.
 */
#include "protocol/rules/view_gather.h"

#include "protocol/rules/view_act.h"

#define BAR_ELEMENT 1u /* key in the content of a BAR; SPEC 5.7 */

/* ---- who may ---- */

static bool may_write(const struct copse_view_gather *gather, const struct copse_view_entry *entry)
{
    switch (gather->row->who) {
    case COPSE_OBJECT_ANY:
        return true;
    case COPSE_OBJECT_OWN:
        return entry->role <= COPSE_OP_MODERATOR ||
               copse_view_is_owner(gather->object, &entry->person);
    case COPSE_OBJECT_STEWARD:
        return entry->role <= COPSE_OP_MODERATOR;
    case COPSE_OBJECT_COORDINATOR:
        return entry->role == COPSE_OP_COORDINATOR;
    case COPSE_OBJECT_SELF:
        return copse_bytes_equal_ids(&entry->person, &gather->object->id);
    }
    return false;
}

/* ---- gather ---- */

static enum copse_err append(struct copse_view_gather *gather,
                             const struct copse_view_gather_item *item)
{
    enum copse_err err = copse_memory_grow(gather->memory, &gather->items, &gather->capacity,
                                           gather->count + 1, sizeof *gather->items);
    if (err == COPSE_OK) {
        gather->items[gather->count] = *item;
        gather->count++;
    }
    return err;
}

/* A FLAG may count for what its author made only. */
static bool is_good(const struct copse_view_gather *gather, const struct copse_view_entry *entry)
{
    return entry->counts || (entry->verdict == COPSE_VERDICT_OWN_ONLY && !entry->is_hidden &&
                             copse_view_is_owner(gather->object, &entry->person));
}

/* What every value of an entry has in common. */
static struct copse_view_gather_item begin(const struct copse_view_gather *gather,
                                           const struct copse_view_entry *entry)
{
    struct copse_view_gather_item item = {
        .value = {.entry = entry->held.id,
                  .author = entry->held.entry.author,
                  .person = entry->person,
                  .hlc = entry->held.entry.hlc,
                  .words = entry->words,
                  .content_hash = entry->held.entry.content_hash,
                  .has_hash = entry->held.entry.content_size > 0},
        .over = entry->op.over,
        .counts = is_good(gather, entry) && may_write(gather, entry),
    };
    return item;
}

/* SPEC 8.3: "A value that its field does not take reads as none" */
static void set_value(struct copse_view_gather_item *item, const struct copse_object_field *row,
                      struct copse_slice value)
{
    if (copse_object_takes(row, value)) {
        item->value.value = value;
        item->value.words = COPSE_VIEW_HERE;
    } else {
        item->value.words = COPSE_VIEW_UNREADABLE;
    }
}

/* A SET, ADD or FLAG. */
static enum copse_err gather_value(struct copse_view_gather *gather,
                                   const struct copse_view_entry *entry)
{
    struct copse_view_gather_item item = begin(gather, entry);
    if (entry->op.kind == COPSE_OP_FLAG) {
        item.value.has_hash = false;
        set_value(&item, gather->row, entry->op.value);
    } else if (item.value.words == COPSE_VIEW_HERE) {
        set_value(&item, gather->row, entry->held.content);
    }
    return append(gather, &item);
}

/* SPEC 8.7: "With content it removes only that element" */
static enum copse_err gather_removal(struct copse_view_gather *gather,
                                     const struct copse_view_entry *entry)
{
    bool is_whole = entry->words == COPSE_VIEW_NONE;
    bool is_here = entry->words == COPSE_VIEW_HERE;
    if (!entry->counts || !may_write(gather, entry) || !(is_whole || is_here)) {
        return COPSE_OK;
    }
    enum copse_err err =
        copse_memory_grow(gather->memory, &gather->removals, &gather->removal_capacity,
                          gather->removal_count + 1, sizeof *gather->removals);
    if (err == COPSE_OK) {
        struct copse_view_gather_removal *removal = &gather->removals[gather->removal_count];
        removal->over = entry->op.over;
        removal->element = is_whole ? (struct copse_slice){NULL, 0} : entry->held.content;
        gather->removal_count++;
    }
    return err;
}

static enum copse_err gather_entry(struct copse_view_gather *gather, const struct copse_id *id)
{
    struct copse_view_entry entry;
    enum copse_err err = copse_view_load(gather->view, &entry, id);
    if (err != COPSE_OK) {
        return err;
    }
    enum copse_object_lane lane = gather->row->lane;
    if (entry.verdict == COPSE_VERDICT_REFUSED) {
        return COPSE_OK;
    }
    if (entry.op.kind == COPSE_OP_SET && lane != COPSE_OBJECT_SET) {
        return gather_value(gather, &entry);
    }
    if (entry.op.kind == COPSE_OP_ADD && lane == COPSE_OBJECT_SET) {
        return gather_value(gather, &entry);
    }
    if (entry.op.kind == COPSE_OP_DEL && lane == COPSE_OBJECT_SET) {
        return gather_removal(gather, &entry);
    }
    if (entry.op.kind == COPSE_OP_FLAG && entry.op.field == (uint32_t)gather->row->number) {
        return gather_value(gather, &entry);
    }
    return COPSE_OK; /* an op of another lane: no effect; SPEC 8.5 */
}

static enum copse_err gather_rows(struct copse_view_gather *gather)
{
    const struct copse_id *object = &gather->object->id;
    struct copse_fold_prefix prefix = gather->row->lane == COPSE_OBJECT_FLAG
                                          ? copse_fold_acts(object, COPSE_OP_FLAG)
                                          : copse_fold_field(object, (uint32_t)gather->row->number);
    struct copse_state_cursor cursor;
    copse_state_open(&cursor, copse_fold_bytes(&prefix));
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        struct copse_id id;
        enum copse_err err =
            copse_state_next(&cursor, &key, &value, copse_view_options_of(gather->view)->state);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = copse_fold_entry_of(&id, key);
        }
        if (err == COPSE_OK) {
            err = gather_entry(gather, &id);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
}

/* ---- what the CREATE or GENESIS gives ---- */

/* SPEC 8.4: "field 0, the type, is the one in the op" */
static enum copse_err gather_type(struct copse_view_gather *gather,
                                  struct copse_view_gather_item *item)
{
    /* The op is [kind, object kind, type, ...]: the bytes of its third item are the value. */
    struct copse_reader reader;
    copse_reader_init(&reader, gather->object->create.held.entry.op);
    (void)copse_reader_array(&reader, 4);
    (void)copse_reader_value(&reader, 1);
    (void)copse_reader_value(&reader, 1);
    item->value.has_hash = false;
    set_value(item, gather->row, copse_reader_value(&reader, 1));
    return append(gather, item);
}

static enum copse_err gather_elements(struct copse_view_gather *gather,
                                      const struct copse_view_gather_item *common,
                                      struct copse_slice list)
{
    struct copse_reader reader;
    copse_reader_init(&reader, list);
    size_t count = copse_reader_array(&reader, COPSE_OBJECT_INITIAL_MAX);
    for (size_t i = 0; i < count; i++) {
        struct copse_view_gather_item item = *common;
        set_value(&item, gather->row, copse_reader_value(&reader, 1));
        enum copse_err err = append(gather, &item);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

static enum copse_err gather_initial(struct copse_view_gather *gather)
{
    const struct copse_view_entry *create = &gather->object->create;
    enum copse_object_lane lane = gather->row->lane;
    bool is_genesis = gather->object->kind == COPSE_OBJECT_COMMUNITY;
    bool is_initial = is_genesis || create->op.kind == COPSE_OP_CREATE;
    if (!is_initial || (lane != COPSE_OBJECT_REGISTER && lane != COPSE_OBJECT_SET)) {
        return COPSE_OK;
    }
    struct copse_view_gather_item item = begin(gather, create);
    /* Hiding an object hides it as a whole and takes none of its values away. */
    item.counts =
        create->verdict == COPSE_VERDICT_HONOURED && (is_genesis || may_write(gather, create));
    if (gather->row->number == COPSE_OBJECT_FIELD_TYPE) {
        return gather_type(gather, &item);
    }
    bool is_list = lane == COPSE_OBJECT_SET;
    if (item.value.words != COPSE_VIEW_HERE) {
        /* A set without elements is empty, but what is missing may have some. */
        return is_list && item.value.words == COPSE_VIEW_NONE ? COPSE_OK : append(gather, &item);
    }
    struct copse_slice value = {NULL, 0};
    enum copse_err err =
        copse_object_initial(&value, create->held.content, (uint32_t)gather->row->number);
    if (err != COPSE_OK) {
        item.value.words = err == COPSE_ERR_DECODE ? COPSE_VIEW_UNREADABLE : COPSE_VIEW_NONE;
        return is_list ? COPSE_OK : append(gather, &item);
    }
    if (is_list) {
        return gather_elements(gather, &item, value);
    }
    set_value(&item, gather->row, value);
    return append(gather, &item);
}

/* ---- bars ---- */

/* SPEC 5.7: "BAR's content is a map of 1 (the element) and 2 (the reason)." */
static enum copse_err gather_bar(void *context, const struct copse_view_act *act)
{
    struct copse_view_gather *gather = context;
    const struct copse_view_entry *entry = &act->entry;
    struct copse_slice element;
    if (!act->is_in_force || entry->op.field != (uint32_t)gather->row->number ||
        entry->words != COPSE_VIEW_HERE ||
        copse_object_initial(&element, entry->held.content, BAR_ELEMENT) != COPSE_OK) {
        return COPSE_OK;
    }
    enum copse_err err = copse_memory_grow(gather->memory, &gather->bars, &gather->bar_capacity,
                                           gather->bar_count + 1, sizeof *gather->bars);
    if (err == COPSE_OK) {
        gather->bars[gather->bar_count] = element;
        gather->bar_count++;
    }
    return err;
}

enum copse_err copse_view_gather_read(struct copse_view_gather *gather)
{
    enum copse_err err = gather_initial(gather);
    if (err == COPSE_OK) {
        err = gather_rows(gather);
    }
    if (err == COPSE_OK && gather->row->lane == COPSE_OBJECT_SET) {
        err = copse_view_act_each(gather->view, &gather->object->id, COPSE_OP_BAR, gather_bar,
                                  gather);
    }
    return err;
}

void copse_view_gather_deinit(struct copse_view_gather *gather)
{
    copse_memory_free(gather->memory, gather->bars);
    copse_memory_free(gather->memory, gather->removals);
    copse_memory_free(gather->memory, gather->items);
}
