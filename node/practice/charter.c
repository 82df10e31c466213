#include "node/practice/charter.h"

#include "node/practice/act.h"
#include "node/practice/capacity.h"
#include "node/practice/reading.h"

#include <stdlib.h>

/* SPEC 5.4 */
#define KEY_INVITE 1u
#define KEY_GUESTS 2u
#define KEY_WAITS 3u

const enum copse_object_number copse_charter_prose[COPSE_CHARTER_PROSE_COUNT] = {
    COPSE_OBJECT_FIELD_DOMAIN,   COPSE_OBJECT_FIELD_PURPOSE, COPSE_OBJECT_FIELD_WHO,
    COPSE_OBJECT_FIELD_PRACTICE, COPSE_OBJECT_FIELD_NORMS,   COPSE_OBJECT_FIELD_VALUES,
};

/* ---- the map ---- */

void copse_charter_read(struct copse_charter_rules *out, struct copse_slice map)
{
    struct copse_permission_rules rules;
    struct copse_reader reader;
    int64_t last = -1;
    copse_permission_read(&rules, map);
    *out = (struct copse_charter_rules){.invite = rules.invite, .guests = rules.guests};
    copse_reader_init(&reader, rules.kinds);
    size_t count = rules.kinds.size == 0 ? 0 : copse_reader_array(&reader, rules.kinds.size);
    for (size_t i = 0; i < count; i++) {
        uint64_t kind = copse_reader_key(&reader, &last);
        if (kind >= COPSE_OP_CREATE && kind < COPSE_OP_CREATE + COPSE_CHARTER_KINDS) {
            out->waits |= 1u << (kind - COPSE_OP_CREATE);
        }
    }
}

static void charter_put_waits(struct copse_writer *writer, unsigned waits)
{
    size_t count = 0;
    for (unsigned i = 0; i < COPSE_CHARTER_KINDS; i++) {
        count += (waits >> i) & 1u;
    }
    copse_writer_array(writer, count);
    for (unsigned i = 0; i < COPSE_CHARTER_KINDS; i++) {
        if (((waits >> i) & 1u) != 0) {
            copse_writer_uint(writer, (uint64_t)COPSE_OP_CREATE + i);
        }
    }
}

/* The keys above those that are known, copied; or counted (writer NULL). */
static size_t charter_others(struct copse_writer *writer, struct copse_slice map)
{
    struct copse_reader reader;
    size_t others = 0;
    int64_t last = -1;
    copse_reader_init(&reader, map);
    size_t count = map.size == 0 ? 0 : copse_reader_map(&reader, map.size);
    for (size_t i = 0; i < count; i++) {
        uint64_t key = copse_reader_key(&reader, &last);
        struct copse_slice value = copse_reader_value(&reader, COPSE_READER_DEPTH_MAX);
        if (key <= KEY_WAITS) {
            continue;
        }
        others++;
        if (writer != NULL) {
            copse_writer_uint(writer, key);
            copse_writer_raw(writer, value);
        }
    }
    return others;
}

enum copse_err copse_charter_map(struct copse_slice *out, struct copse_writer *writer,
                                 const struct copse_charter_rules *rules, struct copse_slice other)
{
    copse_writer_map(writer,
                     1u + rules->guests + (rules->waits != 0) + charter_others(NULL, other));
    copse_writer_uint(writer, KEY_INVITE);
    copse_writer_bool(writer, rules->invite);
    if (rules->guests) {
        copse_writer_uint(writer, KEY_GUESTS);
        copse_writer_bool(writer, true);
    }
    if (rules->waits != 0) {
        copse_writer_uint(writer, KEY_WAITS);
        charter_put_waits(writer, rules->waits);
    }
    (void)charter_others(writer, other);
    return copse_writer_end(out, writer);
}

/* ---- versions ---- */

static bool charter_is_replaced(const struct copse_annals *annals, const struct copse_id *id)
{
    for (size_t i = 0; i < annals->count; i++) {
        const struct copse_annals_act *act = &annals->acts[i];
        if (act->op.kind == COPSE_OP_CHARTER && copse_annals_counts(act) &&
            copse_op_names(act->op.over, id)) {
            return true;
        }
    }
    return false;
}

enum copse_err copse_charter_load(struct copse_practice_deed *deed, struct copse_charter *out)
{
    const struct copse_commons *commons = NULL;
    *out = (struct copse_charter){.count = 0};
    enum copse_err err = copse_capacity_commons(deed, &commons);
    if (err == COPSE_OK) {
        err = copse_annals_read(
            deed, &out->annals,
            COPSE_ANNALS_KIND(COPSE_OP_GENESIS) | COPSE_ANNALS_KIND(COPSE_OP_CHARTER), NULL, NULL);
    }
    if (err != COPSE_OK) {
        return err;
    }
    out->versions =
        copse_memory_new(deed->practice->memory, out->annals.count + 1, sizeof(*out->versions));
    if (out->versions == NULL) {
        return COPSE_ERR_NOMEM;
    }
    const struct copse_commons_charter *in_force = copse_commons_in_force(commons);
    for (size_t i = 0; i < out->annals.count; i++) {
        const struct copse_annals_act *act = &out->annals.acts[i];
        struct copse_charter_version *version = &out->versions[out->count++];
        *version = (struct copse_charter_version){
            .act = act,
            .counts = copse_annals_counts(act),
            .is_replaced = charter_is_replaced(&out->annals, &act->held.id),
            .is_in_force = in_force != NULL && copse_bytes_equal_ids(&in_force->id, &act->held.id),
        };
        copse_charter_read(&version->rules, act->op.charter);
        out->heads += version->counts && !version->is_replaced;
    }
    return COPSE_OK;
}

void copse_charter_deinit(struct copse_charter *charter)
{
    if (charter->versions != NULL) {
        copse_memory_free(charter->annals.memory, charter->versions);
    }
    copse_annals_deinit(&charter->annals);
    *charter = (struct copse_charter){.count = 0};
}

static int charter_compare(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

static bool charter_is_same(const struct copse_charter_rules *a,
                            const struct copse_charter_rules *b)
{
    return a->invite == b->invite && a->guests == b->guests && a->waits == b->waits;
}

enum copse_err copse_charter_amend(struct copse_practice_deed *deed, bool *changed,
                                   const struct copse_charter_rules *rules,
                                   struct copse_slice reason, struct copse_error *error)
{
    uint8_t map_room[COPSE_OP_CHARTER_BYTES_MAX];
    uint8_t over_room[COPSE_OP_OVER_MAX * 34u + 8u];
    struct copse_id heads[COPSE_OP_OVER_MAX];
    struct copse_charter charter;
    struct copse_writer map;
    struct copse_writer over;
    struct copse_slice other = {NULL, 0};
    struct copse_id id;
    size_t count = 0;
    bool is_same = false;
    *changed = false;
    struct copse_op op = {.kind = COPSE_OP_CHARTER};
    copse_writer_init(&map, map_room, sizeof(map_room));
    copse_writer_init(&over, over_room, sizeof(over_room));
    enum copse_err err = copse_charter_load(deed, &charter);
    for (size_t i = 0; err == COPSE_OK && i < charter.count; i++) {
        const struct copse_charter_version *version = &charter.versions[i];
        if (version->is_in_force) {
            other = version->act->op.charter;
            is_same = charter.heads == 1 && charter_is_same(&version->rules, rules);
        }
        if (version->counts && !version->is_replaced && count < COPSE_OP_OVER_MAX) {
            heads[count++] = version->act->held.id;
        }
    }
    if (err == COPSE_OK && count == 0) {
        err = copse_error_set(error, COPSE_ERR_NOT_FOUND,
                              "the community's first entry is not here yet");
    }
    if (err == COPSE_OK) {
        err = copse_charter_map(&op.charter, &map, rules, other);
    }
    copse_charter_deinit(&charter);
    if (err != COPSE_OK || is_same) {
        return err;
    }
    qsort(heads, count, sizeof(*heads), charter_compare);
    op.over = copse_op_list_ids(&over, heads, count);
    err = copse_act_write(deed, &id, &op, NULL, reason, error);
    if (err == COPSE_OK) {
        err = copse_capacity_confirm(deed, &id, error);
    }
    *changed = err == COPSE_OK;
    return err;
}

/* ---- prose ---- */

enum copse_err copse_charter_set(struct copse_practice_deed *deed, bool *changed,
                                 enum copse_object_number field, struct copse_slice text,
                                 struct copse_error *error)
{
    static const struct copse_op as_coordinator = {.kind = COPSE_OP_CHARTER};
    struct copse_view *view;
    struct copse_view_object object;
    struct copse_reading_over over;
    struct copse_slice shown;
    struct copse_capacity capacity;
    struct copse_id id;
    *changed = false;
    /* SPEC 8.5: coord, "under a unit of coordinator"; the judge lets everybody write a SET. */
    enum copse_err err = copse_capacity_choose(deed, &capacity, &as_coordinator, error);
    if (err == COPSE_OK) {
        err = copse_practice_view(deed, &view);
    }
    if (err == COPSE_OK) {
        err = copse_view_object(view, &object, &deed->community);
    }
    if (err == COPSE_OK) {
        err = copse_reading_string(deed, &shown, &object, field);
    }
    if (err == COPSE_OK) {
        err = copse_reading_over(deed, &over, &object, field, (struct copse_slice){NULL, 0});
    }
    if (err != COPSE_OK || (copse_bytes_equal(shown, text) && over.count < 2)) {
        return err;
    }
    struct copse_practice_value value = {
        .field = field, .shape = COPSE_PRACTICE_STRING, .string = text};
    struct copse_practice_change change = {
        .kind = COPSE_OP_SET,
        .object_kind = COPSE_OBJECT_COMMUNITY,
        .object = deed->community,
        .field = field,
        .over = over.ids,
        .over_count = over.count,
        .value = text.size > 0 ? &value : NULL,
    };
    err = copse_practice_change(deed, &id, &change, error);
    *changed = err == COPSE_OK;
    return err;
}

/* ---- history of the prose ---- */

struct changes {
    struct copse_charter_change *items;
    size_t count;
    size_t capacity;
};

static int charter_compare_changes(const void *a, const void *b)
{
    const struct copse_charter_change *x = a;
    const struct copse_charter_change *y = b;
    if (x->hlc != y->hlc) {
        return x->hlc < y->hlc ? -1 : 1;
    }
    return copse_bytes_compare_ids(&x->id, &y->id);
}

static enum copse_err charter_add(struct copse_practice_deed *deed, struct changes *out,
                                  const struct copse_object_field *row, const struct copse_id *id)
{
    struct copse_view_entry entry;
    struct copse_slice value = {NULL, 0};
    enum copse_err err = copse_memory_grow(deed->practice->memory, &out->items, &out->capacity,
                                           out->count + 1, sizeof(*out->items));
    if (err == COPSE_OK) {
        err = copse_view_load(deed->view, &entry, id);
    }
    if (err != COPSE_OK) {
        return err;
    }
    if (entry.words == COPSE_VIEW_HERE) {
        value = entry.held.content;
        if (entry.op.kind == COPSE_OP_GENESIS &&
            copse_object_initial(&value, entry.held.content, (uint32_t)row->number) != COPSE_OK) {
            return COPSE_OK; /* it said nothing on this */
        }
    }
    bool may = entry.op.kind == COPSE_OP_GENESIS || entry.role == COPSE_OP_COORDINATOR;
    out->items[out->count++] = (struct copse_charter_change){.id = *id,
                                                             .person = entry.person,
                                                             .hlc = entry.held.entry.hlc,
                                                             .text = copse_reading_text(value),
                                                             .counts = entry.counts && may};
    return COPSE_OK;
}

static enum copse_err charter_gather(struct copse_practice_deed *deed, struct changes *out,
                                     const struct copse_object_field *row)
{
    struct copse_state_cursor rows;
    struct copse_slice key;
    struct copse_slice value;
    struct copse_fold_prefix prefix = copse_fold_field(&deed->community, (uint32_t)row->number);
    struct copse_view *view;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = charter_add(deed, out, row, &deed->community);
    }
    copse_state_open(&rows, copse_fold_bytes(&prefix));
    while (err == COPSE_OK &&
           (err = copse_state_next(&rows, &key, &value, &deed->state)) == COPSE_OK) {
        struct copse_id id;
        err = copse_fold_entry_of(&id, key);
        if (err == COPSE_OK) {
            err = charter_add(deed, out, row, &id);
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_charter_changes(struct copse_practice_deed *deed,
                                     enum copse_object_number field, copse_charter_tell *tell,
                                     void *context)
{
    struct changes changes = {NULL, 0, 0};
    struct copse_view_object object;
    struct copse_reading_over live = {.count = 0};
    const struct copse_object_field *row = copse_object_field(COPSE_OBJECT_COMMUNITY, field);
    enum copse_err err = charter_gather(deed, &changes, row);
    if (err == COPSE_OK) {
        err = copse_view_object(deed->view, &object, &deed->community);
    }
    if (err == COPSE_OK) {
        err = copse_reading_over(deed, &live, &object, field, (struct copse_slice){NULL, 0});
    }
    if (err == COPSE_OK && changes.count > 0) {
        qsort(changes.items, changes.count, sizeof(*changes.items), charter_compare_changes);
    }
    for (size_t i = 0; err == COPSE_OK && i < changes.count; i++) {
        for (size_t k = 0; k < live.count; k++) {
            changes.items[i].is_shown = changes.items[i].is_shown ||
                                        copse_bytes_equal_ids(&live.ids[k], &changes.items[i].id);
        }
        tell(context, field, &changes.items[i]);
    }
    copse_memory_free(deed->practice->memory, changes.items);
    return err;
}
