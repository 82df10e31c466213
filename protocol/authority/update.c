/* How it works: as update.h says. Both evaluations read the part through a source of their own; the
 * one without the news does not find them. The rows of both are compared as they lie, by key.
 */
#include "protocol/authority/update.h"

#include "protocol/authority/part.h"
#include "protocol/authority/standing_rows.h"
#include "protocol/authority/walk.h"
#include "protocol/authority/wanted.h"

#include <string.h>

/* The entries of a part, with the news or without. */
struct side {
    const struct copse_part *part;
    const struct copse_id_set *hidden; /* NULL: none */
    struct copse_governance *governance;
    struct copse_standing_rows rows;
    bool has_rows;
};

struct update {
    const struct copse_state *state;
    const struct copse_id_set *news;
    const struct copse_id *community;
    const struct copse_source *source;
    const struct copse_governance_options *options;
    struct copse_part part;
    struct side before;
    struct side after;
};

/* ---- sources ---- */

static bool is_hidden(const struct side *side, const struct copse_id *id)
{
    return side->hidden != NULL && copse_id_set_find(side->hidden, NULL, id);
}

static enum copse_err side_find(void *context, struct copse_held *out, const struct copse_id *id)
{
    const struct side *side = context;
    const struct copse_source *source = side->part->source;
    return is_hidden(side, id) ? COPSE_ERR_NOT_FOUND : source->find(source->context, out, id);
}

static const struct copse_log *side_log(void *context, uint64_t log)
{
    const struct side *side = context;
    return side->part->source->log(side->part->source->context, log);
}

static enum copse_err side_next_control(void *context, struct copse_held *out, uint64_t *cursor)
{
    const struct side *side = context;
    while (*cursor < side->part->ids.count) {
        const struct copse_held *held = &side->part->items[(*cursor)++].held;
        if (!is_hidden(side, &held->id)) {
            *out = *held;
            return COPSE_OK;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

static void clear_side(struct side *side)
{
    copse_governance_free(side->governance);
    side->governance = NULL;
    if (side->has_rows) {
        copse_standing_rows_deinit(&side->rows);
        side->has_rows = false;
    }
}

static enum copse_err evaluate(const struct update *update, struct side *side)
{
    struct copse_source source = {side_find, side_log, side_next_control, side};
    clear_side(side);
    enum copse_err err =
        copse_governance_new(&side->governance, update->community, &source, update->options);
    if (err == COPSE_OK) {
        side->has_rows = true;
        err = copse_standing_rows_make(&side->rows, side->governance, &update->part.subjects);
    }
    return err;
}

/* ---- what comes out differently ---- */

/* What others may see of an entry's outcome. */
static bool is_alike(const struct copse_control_record *a, const struct copse_control_record *b)
{
    static const struct copse_control_record none;
    static const struct copse_id nobody;
    a = a == NULL ? &none : a;
    b = b == NULL ? &none : b;
    const struct copse_id *shutter_a = a->shutter == NULL ? &nobody : &a->shutter->id;
    const struct copse_id *shutter_b = b->shutter == NULL ? &nobody : &b->shutter->id;
    /* SPEC 7.4: whether a grant overcomes a REMOVE may depend on the unit that wrote it. */
    bool is_removal = a->op.kind == COPSE_OP_REMOVE || b->op.kind == COPSE_OP_REMOVE;
    bool ended_a = is_removal && a->unit != NULL && a->unit->is_ended;
    bool ended_b = is_removal && b->unit != NULL && b->unit->is_ended;
    return a->is_honoured == b->is_honoured && ended_a == ended_b && a->voices == b->voices &&
           a->is_in_effect == b->is_in_effect && copse_bytes_equal_ids(shutter_a, shutter_b);
}

/* Cover those on whom entries with another outcome act. */
static enum copse_err follow_records(struct update *update)
{
    enum copse_err err = COPSE_OK;
    size_t count = update->part.ids.count;
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        struct copse_held held = update->part.items[i].held; /* items may move */
        const struct copse_id *id = &held.id;
        if (update->part.items[i].reason >= COPSE_PART_ACT &&
            !is_alike(copse_control_record_of(&update->before.governance->control, id),
                      copse_control_record_of(&update->after.governance->control, id))) {
            err = copse_part_cover_reached(&update->part, &held);
        }
    }
    return err;
}

/* A row that is on one side only, or differs: what depends on it comes into the part. */
static enum copse_err follow_row(struct update *update, struct copse_slice key, bool is_on_both)
{
    struct copse_id id;
    if (key.data[1] != 'p' && key.data[1] != 'c') {
        return COPSE_OK;
    }
    memcpy(id.bytes, key.data + 2, sizeof id.bytes);
    if (key.data[1] == 'c') {
        /* In the first part of a version only this changes: whether it is in force. */
        bool is_first = copse_bytes_get_u16(key.data + key.size - 2) == 0;
        return is_first && is_on_both ? COPSE_OK : copse_part_take_citing(&update->part, &id);
    }
    const struct copse_control_person *person =
        copse_control_person_of(&update->after.governance->control, &id);
    const struct copse_unit *unit = person == NULL ? NULL : person->units;
    enum copse_err err = COPSE_OK;
    for (; unit != NULL && err == COPSE_OK; unit = unit->next) {
        err = copse_part_take_citing(&update->part, &unit->record->id);
    }
    return err;
}

/* ---- comparing rows ---- */

typedef enum copse_err on_difference(struct update *update,
                                     const struct copse_standing_rows_row *before,
                                     const struct copse_standing_rows_row *after);

/* Call for each row that differs; NULL: it is not on that side. */
static enum copse_err compare(struct update *update, on_difference *call)
{
    const struct copse_standing_rows *before = &update->before.rows;
    const struct copse_standing_rows *after = &update->after.rows;
    enum copse_err err = COPSE_OK;
    size_t b = 0;
    size_t a = 0;
    while (err == COPSE_OK && (b < before->count || a < after->count)) {
        const struct copse_standing_rows_row *old = b < before->count ? &before->rows[b] : NULL;
        const struct copse_standing_rows_row *new = a < after->count ? &after->rows[a] : NULL;
        int order = old == NULL ? 1 : new == NULL ? -1 : copse_bytes_compare(old->key, new->key);
        b += order <= 0 ? 1u : 0u;
        a += order >= 0 ? 1u : 0u;
        if (order != 0 || !copse_bytes_equal(old->value, new->value)) {
            err = call(update, order <= 0 ? old : NULL, order >= 0 ? new : NULL);
        }
    }
    return err;
}

static enum copse_err follow_difference(struct update *update,
                                        const struct copse_standing_rows_row *before,
                                        const struct copse_standing_rows_row *after)
{
    return follow_row(update, before != NULL ? before->key : after->key,
                      before != NULL && after != NULL);
}

static enum copse_err write_difference(struct update *update,
                                       const struct copse_standing_rows_row *before,
                                       const struct copse_standing_rows_row *after)
{
    return after != NULL ? copse_state_put(update->state, after->key, after->value)
                         : copse_state_del(update->state, before->key);
}

/* ---- what an entry asks for ---- */

enum copse_err copse_update_needs(enum copse_update_need *out, const struct copse_state *state,
                                  const struct copse_log *log, const struct copse_held *held,
                                  const struct copse_op *op)
{
    bool is_control = held->entry.class == COPSE_ENTRY_CONTROL;
    const struct copse_log_branch *branch = &log->branches[held->position.branch];
    bool is_fork = held->position.branch > 0 && held->position.seq == branch->first_seq;
    if (is_control &&
        (!held->entry.has_prev ? op != NULL && op->kind == COPSE_OP_GENESIS
                               : is_fork && log->branch_count > COPSE_LOG_LEAVES_MAX)) {
        *out = COPSE_UPDATE_WHOLE;
        return COPSE_OK;
    }
    bool is_news = is_control && op != NULL && copse_governance_acts(op->kind);
    enum copse_err err = is_news ? COPSE_OK : copse_wanted_awaits(&is_news, state, &held->id);
    *out = is_news ? COPSE_UPDATE_NEWS : COPSE_UPDATE_NOTHING;
    return err;
}

/* ---- the whole ---- */

static enum copse_err begin(struct update *update)
{
    enum copse_err err = copse_part_cover(&update->part, update->community);
    for (size_t i = 0; err == COPSE_OK && i < update->news->count; i++) {
        const struct copse_id *id = &update->news->ids[i];
        struct copse_held held;
        err = update->source->find(update->source->context, &held, id);
        if (err == COPSE_OK) {
            err = copse_part_take(&update->part, id, COPSE_PART_ACT);
        }
        if (err == COPSE_OK) {
            err = copse_part_cover(&update->part, &held.entry.author);
        }
        if (err == COPSE_OK) {
            err = copse_part_cover_reached(&update->part, &held);
        }
    }
    return err;
}

static enum copse_err grow(struct update *update)
{
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && copse_part_is_open(&update->part)) {
        err = copse_part_close(&update->part);
        err = err == COPSE_OK ? evaluate(update, &update->before) : err;
        err = err == COPSE_OK ? evaluate(update, &update->after) : err;
        err = err == COPSE_OK ? follow_records(update) : err;
        err = err == COPSE_OK ? compare(update, follow_difference) : err;
    }
    return err;
}

enum copse_err copse_update_rows(const struct copse_state *state, const struct copse_id_set *news,
                                 const struct copse_id *community,
                                 const struct copse_source *source,
                                 const struct copse_governance_options *options)
{
    struct update update = {.state = state,
                            .news = news,
                            .community = community,
                            .source = source,
                            .options = options,
                            .before = {.part = &update.part, .hidden = news},
                            .after = {.part = &update.part}};
    copse_part_init(&update.part, source, state, options->memory);
    enum copse_err err = begin(&update);
    err = err == COPSE_OK ? grow(&update) : err;
    err = err == COPSE_OK ? compare(&update, write_difference) : err;
    clear_side(&update.before);
    clear_side(&update.after);
    copse_part_deinit(&update.part);
    return err;
}
