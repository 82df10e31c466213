/* How it works: as update.h says. Both evaluations read the part through a source of their own; the
 * one without the news does not find them. The rows of both are compared as they lie, by key.
 */
#include "protocol/authority/update.h"

#include "protocol/authority/docket.h"
#include "protocol/authority/part.h"
#include "protocol/authority/standing.h"
#include "protocol/authority/standing_row.h"
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

struct work {
    const struct copse_state *state;
    const struct copse_update *update;
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

static enum copse_err evaluate(const struct work *work, struct side *side)
{
    struct copse_source source = {side_find, side_log, side_next_control, NULL, side};
    clear_side(side);
    enum copse_err err =
        copse_governance_new(&side->governance, work->community, &source, work->options);
    if (err == COPSE_OK) {
        side->has_rows = true;
        err = copse_standing_rows_make(&side->rows, side->governance, &work->part.subjects);
    }
    return err;
}

/* ---- comparing rows ---- */

/* Values are NULL on the side where there is no row of the key. */
typedef enum copse_err on_difference(struct work *work, struct copse_slice key,
                                     const struct copse_slice *before,
                                     const struct copse_slice *after);

/* Call for each row that differs. */
static enum copse_err compare(struct work *work, on_difference *call)
{
    static const struct copse_standing_rows_row none;
    const struct copse_standing_rows *before = &work->before.rows;
    const struct copse_standing_rows *after = &work->after.rows;
    enum copse_err err = COPSE_OK;
    size_t b = 0;
    size_t a = 0;
    while (err == COPSE_OK && (b < before->count || a < after->count)) {
        const struct copse_standing_rows_row *old = b < before->count ? &before->rows[b] : &none;
        const struct copse_standing_rows_row *new = a < after->count ? &after->rows[a] : &none;
        int order = b == before->count  ? 1
                    : a == after->count ? -1
                                        : copse_bytes_compare(old->key, new->key);
        if (order < 0) {
            err = call(work, old->key, &old->value, NULL);
        } else if (order > 0) {
            err = call(work, new->key, NULL, &new->value);
        } else if (!copse_bytes_equal(old->value, new->value)) {
            err = call(work, new->key, &old->value, &new->value);
        }
        b += order <= 0 ? 1u : 0u;
        a += order >= 0 ? 1u : 0u;
    }
    return err;
}

static enum copse_err write_difference(struct work *work, struct copse_slice key,
                                       const struct copse_slice *before,
                                       const struct copse_slice *after)
{
    (void)before;
    return after != NULL ? copse_state_put(work->state, key, *after)
                         : copse_state_del(work->state, key);
}

/* ---- what comes out differently ---- */

/* Does an entry act alike on both sides? Whether a door is shut, or a recall in effect, follows
 * from entries with an outcome of their own. */
static bool is_alike(const struct copse_control_record *a, const struct copse_control_record *b)
{
    static const struct copse_control_record none;
    a = a == NULL ? &none : a;
    b = b == NULL ? &none : b;
    return a->is_honoured == b->is_honoured && a->voices == b->voices;
}

/* Cover those on whom entries with another outcome act. */
static enum copse_err follow_records(struct work *work)
{
    enum copse_err err = COPSE_OK;
    size_t count = work->part.ids.count;
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        struct copse_held held = work->part.items[i].held; /* items may move */
        const struct copse_id *id = &held.id;
        if (work->part.items[i].reason >= COPSE_PART_ACT &&
            !is_alike(copse_control_record_of(&work->before.governance->control, id),
                      copse_control_record_of(&work->after.governance->control, id))) {
            err = copse_part_cover_reached(&work->part, &held);
        }
    }
    return err;
}

/* A row that differs: what depends on it comes into the part. */
static enum copse_err follow_row(struct work *work, struct copse_slice key,
                                 const struct copse_slice *before, const struct copse_slice *after)
{
    struct copse_id id;
    if (key.data[1] != 'p' && key.data[1] != 'c') {
        return COPSE_OK;
    }
    memcpy(id.bytes, key.data + 2, sizeof id.bytes);
    if (key.data[1] == 'c') {
        /* In the first part of a version only this changes: whether it is in force. */
        bool is_first = copse_bytes_get_u16(key.data + key.size - 2) == 0;
        bool is_on_both = before != NULL && after != NULL;
        return is_first && is_on_both ? COPSE_OK : copse_part_take_citing(&work->part, &id);
    }
    const struct copse_control_person *person =
        copse_control_person_of(&work->after.governance->control, &id);
    const struct copse_unit *unit = person == NULL ? NULL : person->units;
    enum copse_err err = COPSE_OK;
    for (; unit != NULL && err == COPSE_OK; unit = unit->next) {
        err = copse_part_take_citing(&work->part, &unit->record->id);
    }
    return err;
}

/* ---- what has come and gone ---- */

void copse_update_init(struct copse_update *update, const struct copse_memory *memory)
{
    copse_id_set_init(&update->news, memory);
    copse_id_set_init(&update->gone, memory);
    update->is_whole = false;
}

void copse_update_deinit(struct copse_update *update)
{
    copse_id_set_deinit(&update->news);
    copse_id_set_deinit(&update->gone);
}

bool copse_update_is_empty(const struct copse_update *update)
{
    return update->news.count == 0 && update->gone.count == 0 && !update->is_whole;
}

/* A fork in a frozen log may change what of it counts, and looks as if it had always been there. */
static bool is_for_whole(const struct copse_log *log, const struct copse_held *held)
{
    const struct copse_log_branch *branch = &log->branches[held->position.branch];
    bool is_fork = held->position.branch > 0 && held->position.seq == branch->first_seq;
    bool is_genesis = !held->entry.has_prev && copse_bytes_is_zero(&held->entry.community);
    return held->entry.class == COPSE_ENTRY_CONTROL &&
           (is_genesis || (is_fork && log->branch_count > COPSE_LOG_LEAVES_MAX));
}

static enum copse_err put(struct copse_id_set *set, const struct copse_id *id)
{
    enum copse_err err = copse_id_set_add(set, id);
    return err == COPSE_ERR_EXISTS ? COPSE_OK : err;
}

enum copse_err copse_update_add(struct copse_update *update, const struct copse_state *state,
                                const struct copse_log *log, const struct copse_held *held,
                                const struct copse_op *op)
{
    if (is_for_whole(log, held)) {
        update->is_whole = true;
        return COPSE_OK;
    }
    bool is_news =
        held->entry.class == COPSE_ENTRY_CONTROL && op != NULL && copse_governance_acts(op->kind);
    enum copse_err err = is_news ? COPSE_OK : copse_wanted_awaits(&is_news, state, &held->id);
    return err == COPSE_OK && is_news ? put(&update->news, &held->id) : err;
}

/* Is the entry of a log of which nothing is wanted, and named by none? Then nothing of the log
 * counts, and nobody but the person of its line has rows that say anything of it. */
static enum copse_err is_nothing(bool *out, const struct copse_state *state,
                                 const struct copse_log *log, const struct copse_held *held)
{
    enum copse_wanted_extent extent = COPSE_WANTED_ALL;
    struct copse_state_cursor cursor;
    struct copse_id naming;
    *out = false;
    enum copse_err err = copse_wanted_of_log(&extent, state, &log->join, log->class);
    if (err != COPSE_OK || extent != COPSE_WANTED_NOTHING) {
        return err;
    }
    copse_docket_open_about(&cursor, &held->id);
    err = copse_docket_next(&naming, &cursor, state);
    *out = err == COPSE_ERR_NOT_FOUND;
    return *out ? COPSE_OK : err;
}

enum copse_err copse_update_remove(struct copse_update *update, const struct copse_state *state,
                                   const struct copse_log *log, const struct copse_held *held)
{
    bool is_gone = false;
    enum copse_err err = is_nothing(&is_gone, state, log, held);
    if (err != COPSE_OK || !is_gone || update->news.count > 0) {
        update->is_whole = true; /* also since what goes may be among the news */
        return err;
    }
    struct copse_id person;
    err = copse_wanted_person_of(&person, state, &log->join);
    if (err == COPSE_OK) {
        err = put(&update->gone, &log->join);
        err = err == COPSE_OK ? put(&update->gone, &person) : err;
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err; /* a stranger's has no rows */
}

/* ---- the part ---- */

static enum copse_err begin(struct work *work)
{
    const struct copse_update *update = work->update;
    enum copse_err err = copse_part_cover(&work->part, work->community);
    for (size_t i = 0; err == COPSE_OK && i < update->gone.count; i++) {
        err = copse_part_cover(&work->part, &update->gone.ids[i]);
    }
    for (size_t i = 0; err == COPSE_OK && i < update->news.count; i++) {
        const struct copse_id *id = &update->news.ids[i];
        struct copse_held held;
        err = work->source->find(work->source->context, &held, id);
        if (err == COPSE_OK) {
            err = copse_part_take(&work->part, id, COPSE_PART_ACT);
        }
        if (err == COPSE_OK) {
            err = copse_part_cover(&work->part, &held.entry.author);
        }
        if (err == COPSE_OK) {
            err = copse_part_cover_reached(&work->part, &held);
        }
    }
    return err;
}

static enum copse_err grow(struct work *work)
{
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && copse_part_is_open(&work->part)) {
        err = copse_part_close(&work->part);
        err = err == COPSE_OK ? evaluate(work, &work->before) : err;
        err = err == COPSE_OK ? evaluate(work, &work->after) : err;
        err = err == COPSE_OK ? follow_records(work) : err;
        err = err == COPSE_OK ? compare(work, follow_row) : err;
    }
    return err;
}

/* Neither evaluation knows what rows there were of what is gone: these are written anew. */
static enum copse_err renew(struct work *work, const struct copse_id *gone, char letter)
{
    struct copse_standing_row_key prefix = copse_standing_row_prefix(letter, gone);
    struct copse_slice bytes = copse_standing_row_bytes(&prefix);
    struct copse_state_cursor cursor;
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err = COPSE_OK;
    copse_state_open(&cursor, bytes);
    while ((err = copse_state_next(&cursor, &key, &value, work->state)) == COPSE_OK) {
        uint8_t copy[COPSE_STATE_KEY_MAX];
        memcpy(copy, key.data, key.size);
        err = copse_state_del(work->state, (struct copse_slice){copy, key.size});
        if (err != COPSE_OK) {
            return err;
        }
    }
    err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    for (size_t i = 0; err == COPSE_OK && i < work->after.rows.count; i++) {
        const struct copse_standing_rows_row *row = &work->after.rows.rows[i];
        if (row->key.size >= bytes.size && memcmp(row->key.data, bytes.data, bytes.size) == 0) {
            err = copse_state_put(work->state, row->key, row->value);
        }
    }
    return err;
}

static enum copse_err write_part(struct work *work)
{
    const struct copse_id_set *gone = &work->update->gone;
    enum copse_err err = compare(work, write_difference);
    for (size_t i = 0; err == COPSE_OK && i < gone->count; i++) {
        err = renew(work, &gone->ids[i], 'p');
        err = err == COPSE_OK ? renew(work, &gone->ids[i], 'j') : err;
    }
    return err;
}

static enum copse_err settle_part(const struct copse_update *update,
                                  const struct copse_state *state, const struct copse_id *community,
                                  const struct copse_source *source,
                                  const struct copse_governance_options *options)
{
    struct work work = {.state = state,
                        .update = update,
                        .community = community,
                        .source = source,
                        .options = options,
                        .before = {.part = &work.part, .hidden = &update->news},
                        .after = {.part = &work.part}};
    copse_part_init(&work.part, source, state, options->memory);
    enum copse_err err = begin(&work);
    err = err == COPSE_OK ? grow(&work) : err;
    err = err == COPSE_OK ? write_part(&work) : err;
    clear_side(&work.before);
    clear_side(&work.after);
    copse_part_deinit(&work.part);
    return err;
}

/* ---- the whole ---- */

static enum copse_err settle_whole(const struct copse_state *state,
                                   const struct copse_id *community,
                                   const struct copse_source *source,
                                   const struct copse_governance_options *options)
{
    struct copse_governance *governance = NULL;
    enum copse_err err = copse_governance_new(&governance, community, source, options);
    if (err == COPSE_OK) {
        err = copse_standing_write(state, governance);
        copse_governance_free(governance);
    }
    return err;
}

enum copse_err copse_update_settle(struct copse_update *update, const struct copse_state *state,
                                   const struct copse_id *community,
                                   const struct copse_source *source,
                                   const struct copse_governance_options *options)
{
    enum copse_err err = COPSE_ERR_LIMIT;
    if (copse_update_is_empty(update)) {
        return COPSE_OK;
    }
    if (!update->is_whole) {
        err = settle_part(update, state, community, source, options);
    }
    if (err == COPSE_ERR_LIMIT) {
        err = settle_whole(state, community, source, options);
    }
    if (err == COPSE_OK) {
        copse_id_set_clear(&update->news);
        copse_id_set_clear(&update->gone);
        update->is_whole = false;
    }
    return err;
}
