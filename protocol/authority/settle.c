/* How it works: the endings that reach the unit are listed, senior first, each with the word
 * whether the unit's grant overcomes it. Those not overcome bear on all lines. A removal to
 * none that is overcome still bears on lines whose JOIN does not name it; lines that name the
 * same ones form a group. Of what bears on a group the cuts of the most senior author become
 * walls, one for each kind. Last come the person's own acts, as far as they lie inside.
 */
#include "protocol/authority/settle.h"

#include "protocol/base/sort.h"

#include <string.h>

struct copse_settle_bearing {
    struct copse_control_record *ending;
    enum copse_fence_kind kind;
    bool is_overcome;
};

#define OVERCOME_MAX 64u /* a grant names at most 48 in `over` */
_Static_assert(COPSE_OP_OVER_MAX <= OVERCOME_MAX, "a group is a mask of what a JOIN names");

/* What bears on one group of lines: which of the bearings, as a mask of the overcome ones that
 * the JOINs of the group name, and so do not bear on it. */
struct group_name {
    uint64_t named;
    struct copse_id join;
};

void copse_settle_init(struct copse_settle *settle, struct copse_control *control)
{
    memset(settle, 0, sizeof *settle);
    settle->control = control;
}

void copse_settle_deinit(struct copse_settle *settle)
{
    copse_memory_free(settle->control->options.memory, settle->leaves);
    copse_memory_free(settle->control->options.memory, settle->bearings);
}

bool copse_settle_reaches(const struct copse_unit *actor, const struct copse_unit *unit)
{
    /* SPEC 7.2: "An act reaches only units whose key is larger than that of the unit it was cited
     * under" */
    /* SPEC 7.3: "What a moderator's unit ends, accepts or shuts reaches units of class 2 only" */
    return actor->rank < unit->rank && (actor->class == 0 || unit->class == 2);
}

/* ---- which endings bear ---- */

static bool is_recall(const struct copse_control_record *ending)
{
    return ending->op.kind == COPSE_OP_RECALL;
}

/* What a unit's grant says it overcomes: the `over` of its GRANT or self-join. */
static bool grant_names(const struct copse_unit *unit, const struct copse_id *id)
{
    return unit->granter != NULL && copse_op_names(unit->record->op.over, id);
}

static bool is_overcome(const struct copse_unit *unit, const struct copse_control_record *ending)
{
    /* SPEC 7.4: "A self-join overcomes no removal" */
    if (ending->op.kind == COPSE_OP_REVOKE || unit->record->op.kind != COPSE_OP_GRANT ||
        !grant_names(unit, &ending->id)) {
        return false;
    }
    if (unit->granter->person == ending->line->person) {
        return true;
    }
    /* SPEC 7.12: "Only the author of a recall may overcome it" */
    return !is_recall(ending) &&
           (unit->granter->rank <= ending->unit->rank || ending->unit->is_ended);
}

static enum copse_fence_kind kind_of(const struct copse_op *op)
{
    if (op->kind == COPSE_OP_REVOKE) {
        return COPSE_FENCE_REVOKED;
    }
    if (op->kind == COPSE_OP_REMOVE && op->to == COPSE_OP_TO_MODERATOR) {
        return COPSE_FENCE_TO_MODERATOR;
    }
    if (op->kind == COPSE_OP_REMOVE && op->to == COPSE_OP_TO_MEMBER) {
        return COPSE_FENCE_TO_MEMBER;
    }
    return COPSE_FENCE_TO_NONE;
}

/* Units of a class below this are ended by a removal of the kind. */
static unsigned class_bound(enum copse_fence_kind kind)
{
    return kind == COPSE_FENCE_TO_MODERATOR ? 1u : kind == COPSE_FENCE_TO_MEMBER ? 2u : 3u;
}

static enum copse_err add_bearing(struct copse_settle *settle, const struct copse_unit *unit,
                                  struct copse_control_record *ending)
{
    enum copse_fence_kind kind = kind_of(&ending->op);
    if (!is_recall(ending) &&
        (!copse_settle_reaches(ending->unit, unit) || unit->class >= class_bound(kind))) {
        return COPSE_OK;
    }
    bool overcome = is_overcome(unit, ending);
    if (overcome && kind != COPSE_FENCE_TO_NONE) {
        return COPSE_OK;
    }
    enum copse_err err = copse_memory_grow(settle->control->options.memory, &settle->bearings,
                                           &settle->bearing_capacity, settle->bearing_count + 1,
                                           sizeof *settle->bearings);
    if (err == COPSE_OK) {
        settle->bearings[settle->bearing_count++] =
            (struct copse_settle_bearing){ending, kind, overcome};
    }
    return err;
}

/* Both lists have the senior first; so has their merger. */
static enum copse_err find_bearings(struct copse_settle *settle, const struct copse_unit *unit)
{
    const struct copse_control_link *removal = unit->person->removals.first;
    const struct copse_control_link *revoke = unit->revokes.first;
    settle->bearing_count = 0;
    while (removal != NULL || revoke != NULL) {
        bool takes_removal =
            revoke == NULL || (removal != NULL && removal->record->order <= revoke->record->order);
        const struct copse_control_link **next = takes_removal ? &removal : &revoke;
        enum copse_err err = add_bearing(settle, unit, (*next)->record);
        if (err != COPSE_OK) {
            return err;
        }
        *next = (*next)->next;
    }
    return COPSE_OK;
}

/* ---- sets of leaves ---- */

static enum copse_err add_leaf(struct copse_settle *settle, const struct copse_control_leaf *leaf)
{
    enum copse_err err =
        copse_memory_grow(settle->control->options.memory, &settle->leaves, &settle->leaf_capacity,
                          settle->leaf_count + 1, sizeof *settle->leaves);
    if (err == COPSE_OK) {
        settle->leaves[settle->leaf_count++] = (struct copse_fence_leaf){leaf->position, leaf->id};
    }
    return err;
}

/* Leaves of a cut in the logs of `person`; of one device only, if `device` is given. */
static enum copse_err add_cut(struct copse_settle *settle, struct copse_control_record *record,
                              const struct copse_control_person *person,
                              const struct copse_id *device)
{
    enum copse_err err = copse_control_resolve(settle->control, record);
    for (size_t i = 0; err == COPSE_OK && i < record->cut->count; i++) {
        const struct copse_control_leaf *leaf = &record->cut->leaves[i];
        if (leaf->line != NULL && leaf->line->person == person &&
            (device == NULL || copse_bytes_equal_ids(device, &leaf->device))) {
            err = add_leaf(settle, leaf);
        }
    }
    return err;
}

/* Take what was added as a set in the arena. */
static enum copse_err take_set(struct copse_settle *settle, struct copse_fence_set *out)
{
    struct copse_control *control = settle->control;
    size_t count = copse_fence_reduce(settle->leaves, settle->leaf_count, &control->source);
    settle->leaf_count = 0;
    struct copse_fence_leaf *leaves = copse_arena_new(&control->arena, count, sizeof *leaves);
    if (leaves == NULL) {
        return COPSE_ERR_NOMEM;
    }
    if (count > 0) {
        memcpy(leaves, settle->leaves, count * sizeof *leaves);
    }
    *out = (struct copse_fence_set){leaves, count};
    return COPSE_OK;
}

/* SPEC 7.5: "An ACCEPT of an ending adds its leaves to the cut of that ending, for the units it
 * reaches, if its author wrote the ending or its unit is senior to or the same as the unit of the
 * ending" */
static bool may_accept(const struct copse_control_record *accept,
                       const struct copse_control_record *ending, const struct copse_unit *unit)
{
    return copse_settle_reaches(accept->unit, unit) &&
           (accept->line->person == ending->line->person || accept->order <= ending->order);
}

static enum copse_err add_ending(struct copse_settle *settle, const struct copse_unit *unit,
                                 struct copse_control_record *ending)
{
    enum copse_err err = add_cut(settle, ending, unit->person, NULL);
    for (const struct copse_control_link *link = ending->accepts.first;
         link != NULL && err == COPSE_OK; link = link->next) {
        if (may_accept(link->record, ending, unit)) {
            err = add_cut(settle, link->record, unit->person, NULL);
        }
    }
    return err;
}

static enum copse_err add_accepted(struct copse_settle *settle, const struct copse_unit *unit,
                                   struct copse_fence_set *out)
{
    for (const struct copse_control_line *line = unit->person->lines; line != NULL;
         line = line->next) {
        for (const struct copse_control_link *link = line->accepts.first; link != NULL;
             link = link->next) {
            if (!copse_settle_reaches(link->record->unit, unit)) {
                continue;
            }
            enum copse_err err = add_cut(settle, link->record, unit->person, &line->fence.device);
            if (err != COPSE_OK) {
                return err;
            }
        }
    }
    return take_set(settle, out);
}

/* ---- groups ---- */

static int compare_names(const void *a, const void *b)
{
    const struct group_name *x = a;
    const struct group_name *y = b;
    if (x->named != y->named) {
        return x->named < y->named ? -1 : 1;
    }
    return copse_bytes_compare_ids(&x->join, &y->join);
}

/* Which of the overcome endings a JOIN names. */
static uint64_t named_by(const struct copse_settle *settle, const struct copse_control_line *line)
{
    uint64_t named = 0;
    uint64_t bit = 1;
    for (size_t i = 0; i < settle->bearing_count; i++) {
        if (settle->bearings[i].is_overcome) {
            if (copse_op_names(line->record->op.over, &settle->bearings[i].ending->id)) {
                named |= bit;
            }
            bit <<= 1;
        }
    }
    return named;
}

/* The walls of a group: of the most senior author's endings, one for each kind. */
static enum copse_err fill_group(struct copse_settle *settle, const struct copse_unit *unit,
                                 struct copse_fence_group *group, uint64_t named)
{
    const struct copse_control_person *author = NULL;
    uint64_t bit = 1;
    bool bears[COPSE_FENCE_KINDS] = {false};
    struct copse_fence_wall *walls =
        copse_arena_new(&settle->control->arena, COPSE_FENCE_TO_NONE + 1, sizeof *walls);
    if (walls == NULL) {
        return COPSE_ERR_NOMEM;
    }
    group->walls = walls;
    for (enum copse_fence_kind kind = COPSE_FENCE_REVOKED; kind <= COPSE_FENCE_TO_NONE; kind++) {
        bit = 1;
        for (size_t i = 0; i < settle->bearing_count; i++) {
            const struct copse_settle_bearing *bearing = &settle->bearings[i];
            bool is_named = bearing->is_overcome && (named & bit) != 0;
            bit <<= bearing->is_overcome ? 1 : 0;
            if (is_named) {
                continue;
            }
            author = author == NULL ? bearing->ending->line->person : author;
            if (bearing->kind != kind || bearing->ending->line->person != author) {
                continue;
            }
            enum copse_err err = add_ending(settle, unit, bearing->ending);
            if (err != COPSE_OK) {
                return err;
            }
            bears[kind] = true;
        }
        if (bears[kind]) {
            walls[group->wall_count].kind = kind;
            enum copse_err err = take_set(settle, &walls[group->wall_count++].set);
            if (err != COPSE_OK) {
                return err;
            }
        }
    }
    return COPSE_OK;
}

/* The lines that name something, sorted so that those of one group stand together. */
static enum copse_err name_groups(const struct copse_settle *settle,
                                  const struct copse_control_person *person,
                                  struct group_name **out, size_t *out_count)
{
    size_t count = 0;
    for (const struct copse_control_line *line = person->lines; line != NULL; line = line->next) {
        count += named_by(settle, line) != 0 ? 1u : 0u;
    }
    struct group_name *names = copse_arena_new(&settle->control->arena, count, sizeof *names);
    if (names == NULL) {
        return COPSE_ERR_NOMEM;
    }
    count = 0;
    for (const struct copse_control_line *line = person->lines; line != NULL; line = line->next) {
        uint64_t named = named_by(settle, line);
        if (named != 0) {
            names[count++] = (struct group_name){named, line->fence.join};
        }
    }
    copse_sort(names, count, sizeof *names, compare_names);
    *out = names;
    *out_count = count;
    return COPSE_OK;
}

static enum copse_err make_groups(struct copse_settle *settle, struct copse_unit *unit)
{
    struct copse_arena *arena = &settle->control->arena;
    struct group_name *names = NULL;
    size_t count = 0;
    enum copse_err err = name_groups(settle, unit->person, &names, &count);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_fence_group *groups = copse_arena_new(arena, count + 1, sizeof *groups);
    struct copse_id *joins = copse_arena_new(arena, count, sizeof *joins);
    if (groups == NULL || joins == NULL) {
        return COPSE_ERR_NOMEM;
    }
    unit->fence.groups = groups;
    unit->fence.group_count = 1;
    err = fill_group(settle, unit, &groups[0], 0);
    for (size_t i = 0; i < count && err == COPSE_OK; i++) {
        joins[i] = names[i].join;
        bool is_new = i == 0 || names[i].named != names[i - 1].named;
        if (is_new) {
            struct copse_fence_group *group = &groups[unit->fence.group_count++];
            group->joins = &joins[i];
            err = fill_group(settle, unit, group, names[i].named);
        }
        groups[unit->fence.group_count - 1].join_count++;
    }
    return err;
}

/* ---- the person's own acts ---- */

static enum copse_fence_kind own_kind_of(const struct copse_op *op)
{
    if (op->kind == COPSE_OP_DEVICE_REVOKE) {
        return COPSE_FENCE_DEVICE;
    }
    return op->to == COPSE_OP_TO_NONE ? COPSE_FENCE_LEFT : COPSE_FENCE_LEFT_TO_MEMBER;
}

/* By kind, then device (zeros in a LEAVE): those of one wall together. */
static int compare_own(const void *a, const void *b)
{
    const struct copse_op *x = &(*(struct copse_control_record *const *)a)->op;
    const struct copse_op *y = &(*(struct copse_control_record *const *)b)->op;
    if (own_kind_of(x) != own_kind_of(y)) {
        return own_kind_of(x) < own_kind_of(y) ? -1 : 1;
    }
    return copse_bytes_compare_ids(&x->target, &y->target);
}

/* SPEC 7.5: "their cuts are united for each device and for each kind of LEAVE, and an entry must be
 * inside each" */
static enum copse_err make_own_walls(struct copse_settle *settle, struct copse_fence *fence,
                                     const struct copse_control_list *list,
                                     const struct copse_control_person *person)
{
    struct copse_arena *arena = &settle->control->arena;
    size_t count = 0;
    for (const struct copse_control_link *link = list->first; link != NULL; link = link->next) {
        count++;
    }
    struct copse_control_record **acts =
        copse_arena_new(arena, count, sizeof(struct copse_control_record *));
    struct copse_fence_wall *walls = copse_arena_new(arena, count, sizeof *walls);
    if (acts == NULL || walls == NULL) {
        return COPSE_ERR_NOMEM;
    }
    count = 0;
    for (const struct copse_control_link *link = list->first; link != NULL; link = link->next) {
        acts[count++] = link->record;
    }
    copse_sort(acts, count, sizeof(struct copse_control_record *), compare_own);
    fence->own = walls;
    for (size_t i = 0; i < count; i++) {
        struct copse_fence_wall *wall = &walls[fence->own_count];
        wall->kind = own_kind_of(&acts[i]->op);
        bool is_device = wall->kind == COPSE_FENCE_DEVICE;
        if (is_device) {
            wall->device = acts[i]->op.target;
        }
        enum copse_err err = add_cut(settle, acts[i], person, is_device ? &wall->device : NULL);
        bool is_last = i + 1 == count || compare_own(&acts[i], &acts[i + 1]) != 0;
        if (err == COPSE_OK && is_last) {
            err = take_set(settle, &wall->set);
            fence->own_count++;
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

/* Of the own acts that count for a unit, those that shut something out on it. */
static bool bears_on(const struct copse_unit *unit, const struct copse_op *op,
                     const struct copse_id *id)
{
    if (op->kind == COPSE_OP_DEVICE_REVOKE) {
        return true;
    }
    /* SPEC 7.5: "A LEAVE is overcome by a grant or self-join that names it" */
    unsigned bound = op->to == COPSE_OP_TO_NONE ? 3u : 2u;
    return unit->class < bound && !grant_names(unit, id);
}

static enum copse_err settle_own(struct copse_settle *settle, struct copse_unit *unit)
{
    struct copse_control_list bearing = {NULL, NULL};
    for (const struct copse_control_link *link = unit->person->own_acts.first; link != NULL;
         link = link->next) {
        struct copse_control_record *act = link->record;
        struct copse_fence_place place = copse_control_place(settle->control, act);
        if (copse_fence_judge_seniors(&unit->fence, &place) != COPSE_VERDICT_HONOURED) {
            continue;
        }
        enum copse_err err = copse_control_append(settle->control, &unit->own, act);
        err = err == COPSE_OK ? copse_control_resolve(settle->control, act) : err;
        if (err != COPSE_OK) {
            return err;
        }
        if (!bears_on(unit, &act->op, &act->id)) {
            continue;
        }
        unit->is_ended = unit->is_ended || act->op.kind == COPSE_OP_LEAVE;
        err = copse_control_append(settle->control, &bearing, act);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return make_own_walls(settle, &unit->fence, &bearing, unit->person);
}

enum copse_err copse_settle_unit(struct copse_settle *settle, struct copse_unit *unit)
{
    unit->is_settled = true;
    enum copse_err err = find_bearings(settle, unit);
    if (err != COPSE_OK) {
        return err;
    }
    for (size_t i = 0; i < settle->bearing_count; i++) {
        unit->is_ended = unit->is_ended || !settle->bearings[i].is_overcome;
    }
    if (settle->bearing_count > 0) {
        err = make_groups(settle, unit);
        if (err != COPSE_OK) {
            return err;
        }
    }
    err = add_accepted(settle, unit, &unit->fence.accepted);
    return err == COPSE_OK ? settle_own(settle, unit) : err;
}

enum copse_err copse_settle_voice(struct copse_settle *settle, struct copse_fence *fence,
                                  struct copse_control_person *person)
{
    struct copse_control_list acts = {NULL, NULL};
    for (const struct copse_control_link *link = person->own_acts.first; link != NULL;
         link = link->next) {
        struct copse_fence_place place = copse_control_place(settle->control, link->record);
        if (copse_fence_judge_seniors(fence, &place) == COPSE_VERDICT_HONOURED) {
            enum copse_err err = copse_control_append(settle->control, &acts, link->record);
            if (err != COPSE_OK) {
                return err;
            }
        }
    }
    return make_own_walls(settle, fence, &acts, person);
}
