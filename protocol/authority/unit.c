/* How it works: founders are depth 0. The grants that cite a unit of depth d, and the
 * self-joins that cite an INVITE that cites it, make the units of depth d + 1. So the units
 * come layer by layer, and inside a layer the key reads (class, place of the granter in the
 * layer before, hlc, id). The whole order takes class by class, and layer by layer in it.
 */
#include "protocol/authority/unit.h"

#include "protocol/base/sort.h"

struct layer {
    struct copse_unit **units;
    size_t count;
};

struct finder {
    struct copse_control *control;
    struct copse_unit *pool; /* one for each record and founder at most */
    size_t used;
    struct layer layers[COPSE_UNIT_DEPTH_MAX + 1];
    size_t depth; /* layers found */
};

static struct copse_unit *new_unit(struct finder *finder, struct copse_control_record *record,
                                   struct copse_control_person *person, enum copse_op_role role)
{
    struct copse_unit *unit = &finder->pool[finder->used++];
    unit->record = record;
    unit->person = person;
    unit->role = role;
    unit->class = copse_permission_class(role);
    unit->until = UINT64_MAX;
    return unit;
}

static struct copse_unit *new_below(struct finder *finder, struct copse_control_record *record,
                                    struct copse_control_person *person, enum copse_op_role role,
                                    struct copse_unit *granter)
{
    struct copse_unit *unit = new_unit(finder, record, person, role);
    unit->granter = granter;
    unit->depth = granter->depth + 1;
    record->made = unit;
    return unit;
}

/* SPEC 7.1: "A GRANT is lawful when its author holds the lawful unit it cites, the class of the new
 * unit is not smaller than the class of that unit, and, where it makes a coordinator or moderator,
 * that unit is a coordinator's" */
static bool is_lawful(const struct copse_unit *author, enum copse_op_role role)
{
    return copse_permission_class(role) >= author->class &&
           (role >= COPSE_OP_MEMBER || author->role == COPSE_OP_COORDINATOR);
}

/* JOINs that came in by a door: those that cite `record`, an INVITE or the genesis. */
static void find_self_joins(struct finder *finder, struct copse_control_record *record,
                            enum copse_op_role role, struct copse_unit *granter)
{
    for (struct copse_control_record *join = record->first_citing; join != NULL;
         join = join->next_citing) {
        bool is_founder = record->op.kind == COPSE_OP_GENESIS && join->line != NULL &&
                          join->line->person->founder != COPSE_CONTROL_NO_FOUNDER;
        if (join->op.kind == COPSE_OP_JOIN && join->line != NULL && !is_founder) {
            struct copse_unit *unit = new_below(finder, join, join->line->person, role, granter);
            join->unit = unit; /* it is judged as an entry under the unit it makes */
        }
    }
}

/* What the holder of a unit wrote under it, and the units that come of it. */
static void find_below(struct finder *finder, struct copse_unit *unit)
{
    for (struct copse_control_record *entry = unit->record->first_citing; entry != NULL;
         entry = entry->next_citing) {
        if (entry->line == NULL || entry->line->person != unit->person) {
            continue;
        }
        entry->unit = unit;
        if (unit->depth == COPSE_UNIT_DEPTH_MAX) {
            continue;
        }
        if (entry->op.kind == COPSE_OP_GRANT && is_lawful(unit, entry->op.role)) {
            struct copse_control_person *person =
                copse_control_person_of(finder->control, &entry->op.target);
            struct copse_unit *made = new_below(finder, entry, person, entry->op.role, unit);
            made->until = entry->op.has_until ? entry->op.until : UINT64_MAX;
        } else if (entry->op.kind == COPSE_OP_INVITE) {
            find_self_joins(finder, entry, entry->op.role, unit);
        }
    }
}

/* Order of two units of one depth. */
static int compare_units(const void *a, const void *b)
{
    const struct copse_unit *x = *(struct copse_unit *const *)a;
    const struct copse_unit *y = *(struct copse_unit *const *)b;
    if (x->class != y->class) {
        return x->class < y->class ? -1 : 1;
    }
    if (x->granter != y->granter) {
        return x->granter->rank < y->granter->rank ? -1 : 1;
    }
    if (x->record->hlc != y->record->hlc) {
        return x->record->hlc < y->record->hlc ? -1 : 1;
    }
    return copse_bytes_compare_ids(&x->record->id, &y->record->id);
}

/* Take the units made since `first` as the next layer; ranks count within the layer for now. */
static enum copse_err close_layer(struct finder *finder, size_t first)
{
    struct layer *layer = &finder->layers[finder->depth];
    layer->count = finder->used - first;
    layer->units =
        copse_arena_new(&finder->control->arena, layer->count, sizeof(struct copse_unit *));
    if (layer->units == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < layer->count; i++) {
        layer->units[i] = &finder->pool[first + i];
    }
    if (finder->depth > 0) {
        copse_sort(layer->units, layer->count, sizeof(struct copse_unit *), compare_units);
    }
    for (size_t i = 0; i < layer->count; i++) {
        layer->units[i]->rank = (uint32_t)i;
    }
    finder->depth++;
    return COPSE_OK;
}

static enum copse_err find_founder_units(struct finder *finder)
{
    struct copse_control *control = finder->control;
    for (size_t i = 0; i < control->founder_count; i++) {
        (void)new_unit(finder, control->genesis, control->founders[i], COPSE_OP_COORDINATOR);
    }
    return close_layer(finder, 0);
}

static enum copse_err find_layers(struct finder *finder)
{
    struct copse_control *control = finder->control;
    enum copse_err err = find_founder_units(finder);
    while (err == COPSE_OK && finder->layers[finder->depth - 1].count > 0 &&
           finder->depth <= COPSE_UNIT_DEPTH_MAX) {
        const struct layer *above = &finder->layers[finder->depth - 1];
        size_t first = finder->used;
        if (finder->depth == 1 && control->genesis->op.has_role) {
            find_self_joins(finder, control->genesis, control->genesis->op.role, above->units[0]);
        }
        for (size_t i = 0; i < above->count; i++) {
            find_below(finder, above->units[i]);
        }
        err = close_layer(finder, first);
    }
    /* The deepest units make none, but entries cite them. */
    if (err == COPSE_OK && finder->depth == COPSE_UNIT_DEPTH_MAX + 1) {
        const struct layer *last = &finder->layers[COPSE_UNIT_DEPTH_MAX];
        for (size_t i = 0; i < last->count; i++) {
            find_below(finder, last->units[i]);
        }
    }
    return err;
}

/* SPEC 7.1: "Units are ordered by their keys, the smaller first" */
static void put_in_order(struct copse_units *out, const struct finder *finder)
{
    for (unsigned class = 0; class <= 2; class ++) {
        for (size_t depth = 0; depth < finder->depth; depth++) {
            const struct layer *layer = &finder->layers[depth];
            for (size_t i = 0; i < layer->count; i++) {
                if (layer->units[i]->class == class) {
                    out->order[out->count++] = layer->units[i];
                }
            }
        }
    }
    for (size_t i = out->count; i > 0; i--) {
        struct copse_unit *unit = out->order[i - 1];
        unit->rank = (uint32_t)(i - 1);
        unit->next = unit->person->units;
        unit->person->units = unit;
    }
}

enum copse_err copse_unit_find(struct copse_units *out, struct copse_control *control)
{
    *out = (struct copse_units){NULL, 0};
    if (control->genesis == NULL) {
        return COPSE_OK;
    }
    struct finder *finder = copse_arena_new(&control->arena, 1, sizeof *finder);
    size_t most = control->record_count + COPSE_OP_FOUNDERS_MAX;
    struct copse_unit *pool = copse_arena_new(&control->arena, most, sizeof *pool);
    if (finder == NULL || pool == NULL) {
        return COPSE_ERR_NOMEM;
    }
    finder->control = control;
    finder->pool = pool;
    enum copse_err err = find_layers(finder);
    if (err != COPSE_OK) {
        return err;
    }
    out->order = copse_arena_new(&control->arena, finder->used, sizeof(struct copse_unit *));
    if (out->order == NULL) {
        return COPSE_ERR_NOMEM;
    }
    put_in_order(out, finder);
    return COPSE_OK;
}
