/* How it works: subjects and items are worked off in the order they came, each once for every
 * reason it has. Subjects bring the docket's rows about them, items bring what they need to be
 * judged.
 */
#include "protocol/authority/part.h"

#include "protocol/authority/docket.h"

void copse_part_init(struct copse_part *part, const struct copse_source *source,
                     const struct copse_state *state, const struct copse_memory *memory)
{
    *part = (struct copse_part){.memory = memory, .source = source, .state = state};
    copse_id_set_init(&part->subjects, memory);
    copse_id_set_init(&part->ids, memory);
}

void copse_part_deinit(struct copse_part *part)
{
    copse_id_set_deinit(&part->subjects);
    copse_id_set_deinit(&part->ids);
    copse_memory_free(part->memory, part->items);
    copse_memory_free(part->memory, part->work);
}

bool copse_part_is_open(const struct copse_part *part)
{
    return part->work_count > 0 || part->subjects_done < part->subjects.count;
}

enum copse_err copse_part_cover(struct copse_part *part, const struct copse_id *subject)
{
    enum copse_err err = copse_id_set_add(&part->subjects, subject);
    return err == COPSE_ERR_EXISTS ? COPSE_OK : err;
}

/* ---- entries ---- */

static bool read_op(struct copse_op *op, const struct copse_held *held)
{
    return !copse_entry_has_unknown_ext(&held->entry) &&
           copse_op_decode(op, held->entry.op, held->entry.class) == COPSE_OK;
}

static enum copse_err add_item(struct copse_part *part, const struct copse_id *id)
{
    struct copse_held held;
    enum copse_err err = part->source->find(part->source->context, &held, id);
    if (err != COPSE_OK || held.entry.class != COPSE_ENTRY_CONTROL) {
        return err == COPSE_OK ? COPSE_ERR_NOT_FOUND : err;
    }
    if (part->ids.count == COPSE_PART_ENTRIES_MAX) {
        return COPSE_ERR_LIMIT;
    }
    err = copse_memory_grow(part->memory, &part->items, &part->item_capacity, part->ids.count + 1,
                            sizeof *part->items);
    if (err == COPSE_OK) {
        part->items[part->ids.count] = (struct copse_part_item){held, COPSE_PART_LINE, false};
        err = copse_id_set_add(&part->ids, id);
    }
    return err;
}

enum copse_err copse_part_take(struct copse_part *part, const struct copse_id *id,
                               enum copse_part_reason reason)
{
    size_t place = part->ids.count;
    if (!copse_id_set_find(&part->ids, &place, id)) {
        enum copse_err err = add_item(part, id);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
    }
    struct copse_part_item *item = &part->items[place];
    if (item->reason >= reason) {
        return COPSE_OK;
    }
    item->reason = reason;
    if (item->is_waiting) {
        return COPSE_OK;
    }
    enum copse_err err = copse_memory_grow(part->memory, &part->work, &part->work_capacity,
                                           part->work_count + 1, sizeof *part->work);
    if (err == COPSE_OK) {
        part->work[part->work_count++] = place;
        item->is_waiting = true;
    }
    return err;
}

/* Put in all that a cursor over the docket leads to. */
static enum copse_err take_all(struct copse_part *part, struct copse_state_cursor *cursor,
                               enum copse_part_reason reason)
{
    for (;;) {
        struct copse_id id;
        enum copse_err err = copse_docket_next(&id, cursor, part->state);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = copse_part_take(part, &id, reason);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
}

enum copse_err copse_part_take_citing(struct copse_part *part, const struct copse_id *cited)
{
    struct copse_state_cursor cursor;
    copse_docket_open_citing(&cursor, cited);
    return take_all(part, &cursor, COPSE_PART_ACT);
}

/* ---- what an item needs ---- */

enum { TARGET = 1, DEVICE = 2, ITSELF = 4 };

/* What must be covered, besides author and cited grant, for an entry to be judged; and what is
 * about an entry that bears on something covered, and so bears on that as well. */
struct needs {
    uint8_t judged;
    uint8_t bearing;
};

// clang-format off
static const struct needs table[] = {
    [COPSE_OP_GENESIS] = {0,                        DEVICE | ITSELF},
    [COPSE_OP_JOIN]    = {TARGET | DEVICE | ITSELF, 0},
    [COPSE_OP_GRANT]   = {0,                        ITSELF}, /* REVOKEs name it */
    [COPSE_OP_REMOVE]  = {TARGET,                   0},      /* void if the target stands senior;
                                                              overcome if its author is ended */
    [COPSE_OP_INVITE]  = {ITSELF,                   0},      /* REVOKEs shut it */
    [COPSE_OP_RECALL]  = {0,                        ITSELF}, /* ASSENTs name it */
};
// clang-format on

static const struct needs *needs_of(const struct copse_op *op)
{
    static const struct needs nothing;
    return (size_t)op->kind < COPSE_ARRAY_SIZE(table) ? &table[op->kind] : &nothing;
}

static enum copse_err cover_all(struct copse_part *part, struct copse_op_list list)
{
    struct copse_id id;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && copse_op_next_id(&list, &id)) {
        err = copse_part_cover(part, &id);
    }
    return err;
}

/* The person for whom the entry's log was opened. */
static enum copse_err cover_author(struct copse_part *part, const struct copse_held *held)
{
    const struct copse_log *log = part->source->log(part->source->context, held->position.log);
    struct copse_held join;
    struct copse_op op;
    COPSE_ASSERT(log != NULL);
    enum copse_err err = part->source->find(part->source->context, &join, &log->join);
    if (err != COPSE_OK || !read_op(&op, &join)) {
        return err;
    }
    err = copse_part_take(part, &log->join, COPSE_PART_LINE);
    if (err == COPSE_OK && op.kind == COPSE_OP_JOIN) {
        err = copse_part_cover(part, &op.target);
    } else if (err == COPSE_OK && op.kind == COPSE_OP_GENESIS) {
        err = cover_all(part, op.ids);
    }
    return err;
}

/* A version is asked whether it names logs of anybody, and a leaf is void where no line opened its
 * log. Other cuts matter to their own persons only. */
static enum copse_err take_lines(struct copse_part *part, struct copse_op_list cut)
{
    struct copse_op_leaf leaf;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && copse_op_next_leaf(&cut, &leaf)) {
        struct copse_state_cursor cursor;
        copse_docket_open_kind(&cursor, &leaf.device, COPSE_OP_JOIN);
        err = take_all(part, &cursor, COPSE_PART_LINE);
    }
    return err;
}

/* Cover what an entry names, or is. */
static enum copse_err cover_named(struct copse_part *part, const struct copse_held *held,
                                  const struct copse_op *op, unsigned names)
{
    enum copse_err err = COPSE_OK;
    if ((names & TARGET) != 0) {
        err = copse_part_cover(part, &op->target);
    }
    if (err == COPSE_OK && (names & DEVICE) != 0) {
        err = copse_part_cover(part, &held->entry.author);
    }
    if (err == COPSE_OK && (names & ITSELF) != 0) {
        err = copse_part_cover(part, &held->id);
    }
    return err;
}

static enum copse_err support(struct copse_part *part, size_t place)
{
    const struct copse_held held = part->items[place].held; /* items may move */
    enum copse_part_reason reason = part->items[place].reason;
    struct copse_op op;
    if (!read_op(&op, &held)) {
        return COPSE_OK;
    }
    enum copse_err err = cover_author(part, &held);
    if (err == COPSE_OK && held.trail.has_under) {
        err = copse_part_take(part, &held.trail.under.grant, COPSE_PART_ACT);
    }
    if (err == COPSE_OK && op.kind == COPSE_OP_CHARTER) {
        err = take_lines(part, op.cut);
    }
    if (err == COPSE_OK) {
        err = cover_named(part, &held, &op, needs_of(&op)->judged);
    }
    if (err == COPSE_OK && reason == COPSE_PART_BEARS) {
        err = cover_named(part, &held, &op, needs_of(&op)->bearing);
    }
    return err;
}

enum copse_err copse_part_close(struct copse_part *part)
{
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && copse_part_is_open(part)) {
        if (part->work_count > 0) {
            size_t place = part->work[--part->work_count];
            part->items[place].is_waiting = false;
            err = support(part, place);
        } else {
            struct copse_id subject = part->subjects.ids[part->subjects_done++];
            struct copse_state_cursor cursor;
            copse_docket_open_about(&cursor, &subject);
            err = take_all(part, &cursor, COPSE_PART_BEARS);
        }
    }
    return err;
}

/* ---- on whom an entry acts ---- */

/* The holder of a grant that a REVOKE names; or all who came by a door that it shuts. */
static enum copse_err cover_grant(struct copse_part *part, const struct copse_id *grant)
{
    struct copse_held held;
    struct copse_op op;
    enum copse_err err = part->source->find(part->source->context, &held, grant);
    if (err != COPSE_OK || !read_op(&op, &held)) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    if (op.kind == COPSE_OP_GRANT || op.kind == COPSE_OP_JOIN) {
        return copse_part_cover(part, &op.target);
    }
    err = copse_part_take(part, grant, COPSE_PART_ACT);
    return err == COPSE_OK ? copse_part_take_citing(part, grant) : err;
}

static enum copse_err cover_grants(struct copse_part *part, struct copse_op_list grants)
{
    struct copse_id id;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && copse_op_next_id(&grants, &id)) {
        err = cover_grant(part, &id);
    }
    return err;
}

static enum copse_err cover_devices(struct copse_part *part, struct copse_op_list cut)
{
    struct copse_op_leaf leaf;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && copse_op_next_leaf(&cut, &leaf)) {
        err = copse_part_cover(part, &leaf.device);
    }
    return err;
}

enum copse_err copse_part_cover_reached(struct copse_part *part, const struct copse_held *held)
{
    struct copse_op op;
    if (!read_op(&op, held)) {
        return COPSE_OK;
    }
    enum copse_err err = cover_devices(part, op.cut);
    if (err != COPSE_OK) {
        return err;
    }
    if (op.kind == COPSE_OP_REVOKE) {
        return cover_grants(part, op.ids);
    }
    if (op.kind == COPSE_OP_INVITE) {
        return copse_part_take_citing(part, &held->id);
    }
    bool is_to_person = op.kind == COPSE_OP_JOIN || op.kind == COPSE_OP_GRANT ||
                        op.kind == COPSE_OP_REMOVE || op.kind == COPSE_OP_RECALL;
    return is_to_person ? copse_part_cover(part, &op.target) : COPSE_OK;
}
