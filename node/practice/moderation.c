/* How it works: an act is written, evaluated, and looked at: only if it has come to what was meant
 * does the deed go on. So what the judge and the view say decides, and nothing is permitted here
 * that other nodes would not take. */
#include "node/practice/moderation.h"

#include "node/practice/act.h"
#include "node/practice/capacity.h"
#include "node/practice/reading.h"
#include "node/practice/seniority.h"
#include "protocol/rules/view_act.h"
#include "storage/local.h"

#include <stdlib.h>
#include <string.h>

#define ELEMENT 1u /* keys in the content of a BAR; SPEC 5.7 */
#define REASON 2u
#define KEY "override:"
#define KEY_BYTES (sizeof(KEY) - 1 + COPSE_ID_BYTES)

/* ---- acts that are in force ---- */

struct in_force {
    struct copse_id ids[COPSE_OP_OVER_MAX]; /* rising, as the view gives them */
    size_t count;
    struct copse_id person; /* of the first one */
    enum copse_op_role role;
    struct copse_slice tag; /* size 0: whatever it is about */
};

static enum copse_err moderation_note(void *context, const struct copse_view_act *act)
{
    struct in_force *acts = context;
    struct copse_slice element;
    bool is_one = act->is_in_force;
    if (is_one && acts->tag.size > 0) {
        is_one = act->entry.op.field == (uint32_t)COPSE_OBJECT_FIELD_TAGS &&
                 act->entry.words == COPSE_VIEW_HERE &&
                 copse_object_initial(&element, act->entry.held.content, ELEMENT) == COPSE_OK &&
                 copse_bytes_equal(copse_reading_text(element), acts->tag);
    }
    if (is_one && acts->count < COPSE_OP_OVER_MAX) {
        if (acts->count == 0) {
            acts->person = act->entry.person;
            acts->role = act->entry.role;
        }
        acts->ids[acts->count++] = act->entry.held.id;
    }
    return COPSE_OK;
}

static enum copse_err moderation_find(struct copse_practice_deed *deed, struct in_force *out,
                                      const struct copse_id *target, enum copse_op_kind kind,
                                      struct copse_slice tag)
{
    struct copse_view *view;
    *out = (struct in_force){.tag = tag};
    enum copse_err err = copse_practice_view(deed, &view);
    return err == COPSE_OK ? copse_view_act_each(view, target, kind, moderation_note, out) : err;
}

/* ---- refusing ---- */

enum copse_err copse_moderation_refuse(struct copse_practice_deed *deed, struct copse_error *error)
{
    static const struct copse_op steward = {.kind = COPSE_OP_LOCK}; /* SPEC 7.10: theirs alone */
    char who[COPSE_CAPACITY_WHO_BYTES];
    enum copse_err err = copse_capacity_who_may(deed, who, &steward);
    return err == COPSE_OK ? copse_error_set(error, COPSE_ERR_REFUSED,
                                             "this is for whoever wrote it, and for %s", who)
                           : err;
}

/* SPEC 8.10: "written under a unit of the same or a smaller class" */
static enum copse_err moderation_refuse_undoing(struct copse_practice_deed *deed,
                                                const struct in_force *left,
                                                struct copse_error *error)
{
    struct copse_builder name;
    struct copse_slice text = {NULL, 0};
    copse_builder_init(&name, deed->practice->memory);
    enum copse_err err = copse_seniority_name(deed, &name, &left->person);
    if (err == COPSE_OK) {
        err = copse_builder_end(&text, &name);
    }
    if (err == COPSE_OK) {
        const char *role = copse_capacity_role_name(left->role);
        err = copse_error_set(error, COPSE_ERR_REFUSED,
                              "%.*s did this as %s; only a %s, or somebody above, can take it back",
                              (int)(text.size < 60 ? text.size : 60), (const char *)text.data, role,
                              role);
    }
    copse_builder_deinit(&name);
    return err;
}

/* ---- a lock ---- */

/* Logs that have something under a thing, and the things that are still to be looked at. */
struct under {
    struct copse_practice_deed *deed;
    struct copse_id *things;
    size_t thing_count;
    size_t thing_capacity;
    uint32_t *logs;
    size_t log_count;
    size_t log_capacity;
};

static enum copse_err moderation_add_log(struct under *under, uint32_t number)
{
    for (size_t i = 0; i < under->log_count; i++) {
        if (under->logs[i] == number) {
            return COPSE_OK;
        }
    }
    enum copse_err err =
        copse_memory_grow(under->deed->practice->memory, &under->logs, &under->log_capacity,
                          under->log_count + 1, sizeof(*under->logs));
    if (err == COPSE_OK) {
        under->logs[under->log_count++] = number;
    }
    return err;
}

static enum copse_err moderation_add_thing(struct under *under, const struct copse_id *thing)
{
    enum copse_err err =
        copse_memory_grow(under->deed->practice->memory, &under->things, &under->thing_capacity,
                          under->thing_count + 1, sizeof(*under->things));
    if (err == COPSE_OK) {
        under->things[under->thing_count++] = *thing;
    }
    return err;
}

enum below { BELOW_NOTHING, BELOW_THINGS };

/* All entries that a prefix finds: the logs of those that a lock could reach. */
static enum copse_err moderation_add_rows(struct under *under,
                                          const struct copse_fold_prefix *prefix, enum below below)
{
    struct copse_practice_deed *deed = under->deed;
    struct copse_state_cursor cursor;
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err;
    copse_state_open(&cursor, copse_fold_bytes(prefix));
    while ((err = copse_state_next(&cursor, &key, &value, &deed->state)) == COPSE_OK) {
        struct copse_view_entry entry;
        struct copse_id id;
        err = copse_fold_entry_of(&id, key);
        if (err == COPSE_OK) {
            err = copse_view_judge(deed->view, &entry, &id);
        }
        /* SPEC 8.10: "data under units of member and guest" */
        if (err == COPSE_OK && entry.role >= COPSE_OP_MEMBER) {
            err = moderation_add_log(under, (uint32_t)entry.held.position.log);
        }
        if (err == COPSE_OK && below == BELOW_THINGS) {
            err = moderation_add_thing(under, &id);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err moderation_look_under(struct under *under, const struct copse_id *target)
{
    enum copse_err err = moderation_add_thing(under, target);
    for (size_t i = 0; err == COPSE_OK && i < under->thing_count; i++) {
        struct copse_id thing = under->things[i];
        struct copse_fold_prefix children = copse_fold_children(&thing);
        struct copse_fold_prefix fields = copse_fold_all_fields(&thing);
        struct copse_fold_prefix edits = copse_fold_edits(&thing);
        err = moderation_add_rows(under, &children, BELOW_THINGS);
        if (err == COPSE_OK) {
            err = moderation_add_rows(under, &fields, BELOW_NOTHING);
        }
        if (err == COPSE_OK) {
            err = moderation_add_rows(under, &edits, BELOW_NOTHING);
        }
    }
    return err;
}

/* What stands until now: the leaves of all logs that have something there. */
static enum copse_err moderation_lock_cut(struct copse_practice_deed *deed,
                                          struct copse_act_cut *cut, const struct copse_id *target,
                                          struct copse_error *error)
{
    struct under under = {.deed = deed};
    enum copse_err err = moderation_look_under(&under, target);
    *cut = (struct copse_act_cut){.memory = deed->practice->memory};
    for (size_t i = 0; err == COPSE_OK && i < under.log_count; i++) {
        err = copse_act_cut_log(deed, cut, under.logs[i]);
    }
    copse_memory_free(deed->practice->memory, under.things);
    copse_memory_free(deed->practice->memory, under.logs);
    if (err == COPSE_OK && cut->count > COPSE_OP_CUT_MAX) {
        err = copse_error_set(error, COPSE_ERR_LIMIT,
                              "more than %u people have written here: closing it would take the "
                              "words of some of them away",
                              COPSE_OP_CUT_MAX);
    }
    return err;
}

/* ---- writing ---- */

static enum copse_op_kind moderation_undone_by(enum copse_op_kind kind)
{
    switch ((int)kind) {
    case COPSE_OP_UNHIDE:
        return COPSE_OP_HIDE;
    case COPSE_OP_UNLOCK:
        return COPSE_OP_LOCK;
    case COPSE_OP_UNBAR:
        return COPSE_OP_BAR;
    default:
        return kind;
    }
}

static enum copse_err moderation_write_bar(struct copse_practice_deed *deed, struct copse_id *id,
                                           const struct copse_moderation_plan *plan,
                                           struct copse_error *error)
{
    struct copse_writer writer;
    struct copse_slice content;
    struct copse_op op = {
        .kind = COPSE_OP_BAR, .target = plan->target, .field = (uint32_t)COPSE_OBJECT_FIELD_TAGS};
    enum copse_err err = copse_act_check_reason(plan->reason, error);
    if (err != COPSE_OK) {
        return err;
    }
    if (plan->tag.size == 0 || !copse_bytes_is_utf8(plan->tag)) {
        return copse_error_set(error, COPSE_ERR_FORM, "the tag is empty, or no valid UTF-8");
    }
    copse_writer_init(&writer, deed->room, COPSE_CONTENT_BYTES_MAX);
    copse_writer_map(&writer, plan->reason.size > 0 ? 2 : 1);
    copse_writer_uint(&writer, ELEMENT);
    copse_writer_str(&writer, plan->tag);
    if (plan->reason.size > 0) {
        copse_writer_uint(&writer, REASON);
        copse_writer_str(&writer, plan->reason);
    }
    err = copse_writer_end(&content, &writer);
    return err == COPSE_OK ? copse_practice_write(deed, id, &op, content, error) : err;
}

static enum copse_err moderation_write_lock(struct copse_practice_deed *deed, struct copse_id *id,
                                            const struct copse_moderation_plan *plan,
                                            struct copse_error *error)
{
    struct copse_act_cut cut;
    struct copse_op op = {.kind = COPSE_OP_LOCK, .target = plan->target};
    enum copse_err err = moderation_lock_cut(deed, &cut, &plan->target, error);
    if (err == COPSE_OK) {
        err = copse_act_write(deed, id, &op, &cut, plan->reason, error);
    }
    copse_act_cut_deinit(&cut);
    return err;
}

static enum copse_err moderation_write(struct copse_practice_deed *deed, struct copse_id *id,
                                       const struct copse_moderation_plan *plan,
                                       const struct in_force *before, struct copse_error *error)
{
    uint8_t room[COPSE_OP_OVER_MAX * 34u + 8u];
    struct copse_writer writer;
    struct copse_op op = {.kind = plan->kind, .target = plan->target};
    if (plan->kind == COPSE_OP_BAR) {
        return moderation_write_bar(deed, id, plan, error);
    }
    if (plan->kind == COPSE_OP_LOCK) {
        return moderation_write_lock(deed, id, plan, error);
    }
    copse_writer_init(&writer, room, sizeof(room));
    if (plan->kind == COPSE_OP_APPROVE) {
        op.ids = copse_op_list_ids(&writer, &plan->target, 1);
    } else if (plan->kind != COPSE_OP_HIDE) {
        op.over = copse_op_list_ids(&writer, before->ids, before->count);
        op.field = plan->kind == COPSE_OP_UNBAR ? (uint32_t)COPSE_OBJECT_FIELD_TAGS : 0;
    }
    return copse_act_write(deed, id, &op, NULL, plan->reason, error);
}

/* Has the act that was written come to what was meant? */
static enum copse_err moderation_confirm(struct copse_practice_deed *deed,
                                         const struct copse_id *act,
                                         const struct copse_moderation_plan *plan,
                                         struct copse_error *error)
{
    struct in_force left;
    bool is_undoing = moderation_undone_by(plan->kind) != plan->kind;
    enum copse_err err = copse_capacity_confirm(deed, act, error);
    if (err == COPSE_OK) {
        err = moderation_find(deed, &left, &plan->target, moderation_undone_by(plan->kind),
                              plan->tag);
    }
    if (err != COPSE_OK || (left.count > 0) != is_undoing) {
        return err;
    }
    return is_undoing ? moderation_refuse_undoing(deed, &left, error)
                      : copse_moderation_refuse(deed, error);
}

/* Can this be done to the target at all? */
static enum copse_err moderation_check(struct copse_practice_deed *deed,
                                       const struct copse_moderation_plan *plan, bool *is_idle,
                                       struct copse_error *error)
{
    struct copse_view *view;
    struct copse_view_entry entry;
    *is_idle = false;
    if (copse_bytes_equal_ids(&plan->target, &deed->community)) {
        return copse_error_set(error, COPSE_ERR_FORM, "this cannot be done to a whole community");
    }
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_load(view, &entry, &plan->target);
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        return COPSE_OK; /* a person, or it has not arrived */
    }
    if (err == COPSE_OK && entry.held.entry.class == COPSE_ENTRY_CONTROL) {
        return copse_error_set(error, COPSE_ERR_FORM,
                               "this is an act of moderation or membership: it can be undone by "
                               "its opposite, and stands in the ledger");
    }
    *is_idle =
        err == COPSE_OK && plan->kind == COPSE_OP_APPROVE && entry.verdict != COPSE_VERDICT_WAITING;
    return err;
}

enum copse_err copse_moderation_act(struct copse_practice_deed *deed, bool *changed,
                                    struct copse_id *id, const struct copse_moderation_plan *plan,
                                    struct copse_error *error)
{
    struct in_force before;
    bool is_idle = false;
    enum copse_op_kind kind = moderation_undone_by(plan->kind);
    *changed = false;
    enum copse_err err = moderation_check(deed, plan, &is_idle, error);
    if (err == COPSE_OK && !is_idle) {
        err = moderation_find(deed, &before, &plan->target, kind, plan->tag);
        is_idle = err == COPSE_OK && (before.count > 0) == (kind == plan->kind);
    }
    if (err != COPSE_OK || is_idle) {
        return err;
    }
    err = moderation_write(deed, id, plan, &before, error);
    if (err == COPSE_OK) {
        err = moderation_confirm(deed, id, plan, error);
    }
    *changed = err == COPSE_OK;
    return err;
}

/* ---- what is hidden, and by whom ---- */

static enum copse_err moderation_note_hidden(void *context, const struct copse_view_act *act)
{
    struct copse_moderation_hidden *hidden = context;
    if (act->is_in_force && copse_bytes_is_zero(&hidden->act)) {
        hidden->act = act->entry.held.id;
        hidden->person = act->entry.person;
        hidden->reason = copse_act_reason(&act->entry.held);
    }
    return COPSE_OK;
}

enum copse_err copse_moderation_hidden(struct copse_practice_deed *deed,
                                       struct copse_moderation_hidden *out,
                                       const struct copse_id *target)
{
    struct copse_view *view;
    memset(out, 0, sizeof(*out));
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_act_each(view, target, COPSE_OP_HIDE, moderation_note_hidden, out);
    }
    return err == COPSE_OK && copse_bytes_is_zero(&out->act) ? COPSE_ERR_NOT_FOUND : err;
}

/* ---- what waits ---- */

/* Does any version of the rules make something wait? */
static enum copse_err moderation_may_wait(struct copse_practice_deed *deed, bool *out)
{
    const struct copse_commons *commons = NULL;
    enum copse_err err = copse_capacity_commons(deed, &commons);
    *out = false;
    for (size_t i = 0; err == COPSE_OK && i < commons->charter_count; i++) {
        *out = *out || commons->charters[i].rules.kinds.size > 0;
    }
    return err;
}

static enum copse_err moderation_waiting_log(struct copse_practice_deed *deed, uint32_t number,
                                             copse_moderation_tell_waiting *tell, void *context)
{
    const struct copse_log *log = NULL;
    enum copse_err err = copse_entries_log(deed->txn, &log, number);
    if (err != COPSE_OK || log->class != COPSE_ENTRY_DATA) {
        return err;
    }
    for (uint32_t i = 0; err == COPSE_OK && i < log->branch_count; i++) {
        const struct copse_log_branch *branch = &log->branches[i];
        for (uint32_t seq = branch->first_seq; err == COPSE_OK && seq <= branch->last_seq; seq++) {
            struct copse_position position = {number, i, seq};
            struct copse_view_entry entry;
            struct copse_held held;
            err = copse_entries_at(deed->txn, &held, NULL, &position);
            if (err == COPSE_OK) {
                struct copse_id id = held.id;
                err = copse_view_load(deed->view, &entry, &id);
            }
            if (err == COPSE_OK && entry.verdict == COPSE_VERDICT_WAITING && !entry.is_hidden) {
                err = tell(context, &entry);
            }
        }
    }
    return err;
}

enum copse_err copse_moderation_waiting(struct copse_practice_deed *deed,
                                        copse_moderation_tell_waiting *tell, void *context)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    uint32_t number = 0;
    bool may_wait = false;
    enum copse_err err = moderation_may_wait(deed, &may_wait);
    while (err == COPSE_OK && may_wait &&
           (err = copse_entries_next_log(deed->txn, &number, &walk, deed->number, NULL)) ==
               COPSE_OK) {
        err = moderation_waiting_log(deed, number, tell, context);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_ERR_CORRUPT;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* ---- this reader's own word ---- */

static struct copse_slice moderation_key(uint8_t room[KEY_BYTES], const struct copse_id *target)
{
    memcpy(room, KEY, sizeof(KEY) - 1);
    memcpy(room + sizeof(KEY) - 1, target->bytes, COPSE_ID_BYTES);
    return (struct copse_slice){room, KEY_BYTES};
}

enum copse_err copse_moderation_is_overridden(struct copse_practice_deed *deed, bool *out,
                                              const struct copse_id *target)
{
    uint8_t room[KEY_BYTES];
    struct copse_slice value;
    enum copse_err err =
        copse_local_get(deed->txn, &value, COPSE_LOCAL_SETTINGS, moderation_key(room, target));
    *out = err == COPSE_OK;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_moderation_override(struct copse_practice_deed *deed, bool *changed,
                                         const struct copse_id *target,
                                         enum copse_moderation_turn turn)
{
    uint8_t room[KEY_BYTES];
    bool is_shown = false;
    struct copse_slice key = moderation_key(room, target);
    enum copse_err err = copse_moderation_is_overridden(deed, &is_shown, target);
    *changed = err == COPSE_OK && is_shown != (turn == COPSE_MODERATION_SHOW);
    if (err != COPSE_OK || !*changed) {
        return err;
    }
    return turn == COPSE_MODERATION_SHOW
               ? copse_local_put(deed->txn, COPSE_LOCAL_SETTINGS, key, copse_bytes_of_string("1"))
               : copse_local_del(deed->txn, COPSE_LOCAL_SETTINGS, key);
}
