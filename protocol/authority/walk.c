/* How it works: units are taken in order. Each is settled (what bears on it), what cites it is
 * judged, and what is honoured acts: it is put into the lists that juniors are settled from.
 *
 * Class by class: moderators' permissions ask who stands among all of class 1, and nothing in
 * class 1 changes that, so class 1 is settled as a whole before it is walked. Charters and
 * doors are read for class 2 only, and settled before it.
 */
#include "protocol/authority/charter.h"

#include <string.h>

bool copse_walk_is_dropped(const struct copse_control_record *join)
{
    return join->cited->shutter != NULL && !join->is_kept;
}

/* ---- is the grant of a unit honoured? ---- */

static bool has_invite_signature(struct copse_control *control, struct copse_control_record *join)
{
    /* SPEC 7.8: "its message is the community, the person and the device, 96 bytes" */
    if (!join->op.has_invite_signature) {
        return false;
    }
    uint8_t message[3 * COPSE_ID_BYTES];
    memcpy(message, control->community.bytes, COPSE_ID_BYTES);
    memcpy(message + COPSE_ID_BYTES, join->line->person->id.bytes, COPSE_ID_BYTES);
    memcpy(message + 2 * (size_t)COPSE_ID_BYTES, join->line->fence.device.bytes, COPSE_ID_BYTES);
    struct copse_control_check what = {
        COPSE_CONTROL_INVITE, COPSE_KEY_INVITE, &join->cited->op.target,
        (struct copse_slice){message, sizeof message}, &join->op.invite_signature};
    return copse_control_is_good(control, join, &what);
}

/* May a JOIN come in by the door it cites, endings of its own unit aside? */
static bool is_let_in(struct copse_control *control, struct copse_control_record *join)
{
    const struct copse_control_record *door = join->cited;
    if (copse_walk_is_dropped(join)) {
        return false;
    }
    if (door->op.kind == COPSE_OP_GENESIS) {
        return true;
    }
    /* SPEC 7.8: "it is honoured only while its log time is below the until of the INVITE" */
    return door->is_honoured && (!door->op.has_until || join->log_time < door->op.until) &&
           has_invite_signature(control, join);
}

static bool is_granted(struct copse_control *control, const struct copse_unit *unit)
{
    if (unit->granter == NULL) {
        return true;
    }
    return unit->record->op.kind == COPSE_OP_JOIN ? is_let_in(control, unit->record)
                                                  : unit->record->is_honoured;
}

/* ---- judging ---- */

static bool is_shut_out(const struct copse_control *control,
                        const struct copse_control_record *record, const struct copse_unit *unit)
{
    struct copse_fence_place place = copse_control_place(control, record);
    return record->log_time >= unit->until ||
           copse_fence_judge(&unit->fence, &place) != COPSE_VERDICT_HONOURED;
}

/* Does the person a REMOVE names hold a live unit that its author may not touch? */
static bool may_remove(const struct copse_control *control,
                       const struct copse_control_record *record)
{
    /* SPEC 7.10: "A REMOVE of its own author, or of a person with a live unit senior to the one it
     * cites, is void as a whole; so is a moderator's of a person with a live unit of class 0 or 1"
     */
    const struct copse_control_person *person =
        copse_control_person_of(control, &record->op.target);
    return person != record->line->person && (person == NULL || person->live_count == 0);
}

static void judge(struct copse_governance *governance, struct copse_control_record *record)
{
    const struct copse_unit *unit = record->unit;
    enum copse_op_kind kind = record->op.kind;
    if (record->op.is_root_signed || kind == COPSE_OP_RECALL || kind == COPSE_OP_ASSENT) {
        return; /* own acts were judged when units were settled, voices before the walk */
    }
    if (is_shut_out(&governance->control, record, unit)) {
        return;
    }
    if ((kind == COPSE_OP_GRANT && record->made == NULL) ||
        (kind == COPSE_OP_INVITE && unit->depth == COPSE_UNIT_DEPTH_MAX)) {
        return;
    }
    static const struct copse_permission_rules no_rules;
    enum copse_verdict verdict = unit->class == 2
                                     ? copse_charter_judge(governance, record)
                                     : copse_permission_judge(unit->role, &record->op, &no_rules);
    record->is_honoured = verdict == COPSE_VERDICT_HONOURED;
    if (record->is_honoured && kind == COPSE_OP_REMOVE) {
        record->is_honoured = may_remove(&governance->control, record);
        record->is_denied = !record->is_honoured;
    }
}

/* ---- acting ---- */

static enum copse_err act_remove(struct copse_control *control, struct copse_control_record *record)
{
    struct copse_control_person *person = copse_control_person_of(control, &record->op.target);
    return person == NULL ? COPSE_OK : copse_control_append(control, &person->removals, record);
}

static enum copse_err act_revoke(struct copse_governance *governance,
                                 struct copse_control_record *record)
{
    struct copse_control *control = &governance->control;
    struct copse_op_list grants = record->op.ids;
    struct copse_id id;
    bool shuts = false;
    while (copse_op_next_id(&grants, &id)) {
        struct copse_control_record *grant = copse_control_record_of(control, &id);
        if (grant == NULL) {
            continue;
        }
        if (grant->op.kind == COPSE_OP_INVITE || grant->op.kind == COPSE_OP_GENESIS) {
            /* SPEC 7.8: "Of several persons who shut one door, the one whose unit is most senior
             * decides" */
            grant->shutter = grant->shutter == NULL ? record->line->person : grant->shutter;
            shuts = true;
        } else if (grant->made != NULL && copse_settle_reaches(record->unit, grant->made)) {
            enum copse_err err = copse_control_append(control, &grant->made->revokes, record);
            if (err != COPSE_OK) {
                return err;
            }
        }
    }
    return shuts ? copse_control_append(control, &governance->doors, record) : COPSE_OK;
}

static enum copse_err act_accept(struct copse_control *control, struct copse_control_record *record)
{
    if (record->op.what == COPSE_OP_ACCEPTS_ENDING) {
        struct copse_control_record *ending = copse_control_record_of(control, &record->op.target);
        return ending == NULL ? COPSE_OK : copse_control_append(control, &ending->accepts, record);
    }
    struct copse_control_line **end = control->devices + control->line_count;
    struct copse_control_line **line = copse_control_lines_of(control, &record->op.target);
    for (; line != NULL && line < end &&
           copse_bytes_equal_ids(&(*line)->fence.device, &record->op.target);
         line++) {
        enum copse_err err = copse_control_append(control, &(*line)->accepts, record);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

static bool has_effect_by_cut(enum copse_op_kind kind)
{
    return kind == COPSE_OP_REMOVE || kind == COPSE_OP_REVOKE || kind == COPSE_OP_ACCEPT ||
           kind == COPSE_OP_CHARTER;
}

static enum copse_err act(struct copse_governance *governance, struct copse_control_record *record)
{
    struct copse_control *control = &governance->control;
    enum copse_err err = COPSE_OK;
    record->order = COPSE_CONTROL_ORDER_RECALL + record->unit->rank;
    if (record->op.kind == COPSE_OP_REMOVE) {
        err = act_remove(control, record);
    } else if (record->op.kind == COPSE_OP_REVOKE) {
        err = act_revoke(governance, record);
    } else if (record->op.kind == COPSE_OP_ACCEPT) {
        err = act_accept(control, record);
    }
    if (err == COPSE_OK && has_effect_by_cut(record->op.kind)) {
        err = copse_control_append(control, &governance->cuts, record);
        err = err == COPSE_OK ? copse_control_resolve(control, record) : err;
    }
    return err;
}

/* ---- walking ---- */

/* SPEC 7.5: "An own act is honoured if it counts for some unit of its person that is honoured, or
 * for a self-join that only own acts shut out" */
static void honour_own_acts(struct copse_unit *unit)
{
    for (const struct copse_control_link *link = unit->own.first; link != NULL; link = link->next) {
        link->record->is_honoured = true;
    }
}

/* A self-join is judged under the unit it makes. What takes it back stays honoured, and so wanted:
 * whoever gave it up would see the JOIN stand again. */
static void judge_self_join(const struct copse_control *control, struct copse_unit *unit)
{
    struct copse_fence_place place = copse_control_place(control, unit->record);
    enum copse_verdict verdict = copse_fence_judge(&unit->fence, &place);
    unit->record->is_honoured = verdict == COPSE_VERDICT_HONOURED;
    unit->is_withdrawn = verdict == COPSE_VERDICT_WITHDRAWN;
}

static enum copse_err settle(struct copse_governance *governance, struct copse_settle *room,
                             struct copse_unit *unit)
{
    struct copse_control *control = &governance->control;
    if (unit->is_settled || !is_granted(control, unit)) {
        return COPSE_OK;
    }
    enum copse_err err = copse_settle_unit(room, unit);
    if (err != COPSE_OK) {
        return err;
    }
    if (unit->record->op.kind == COPSE_OP_JOIN) {
        /* SPEC 7.8: "A self-join is judged as an entry that cites the unit it makes" */
        judge_self_join(control, unit);
    }
    if (unit->record->is_honoured) {
        unit->is_honoured = true;
        unit->person->live_count += unit->is_ended ? 0 : 1;
    }
    if (unit->is_honoured || unit->is_withdrawn) {
        honour_own_acts(unit);
    }
    return COPSE_OK;
}

/* Judge what cites a unit, then let what is honoured act. */
static enum copse_err walk_unit(struct copse_governance *governance, struct copse_unit *unit)
{
    struct copse_control_record *first = unit->record->first_citing;
    for (struct copse_control_record *entry = first; entry != NULL; entry = entry->next_citing) {
        if (entry->unit == unit) {
            judge(governance, entry);
        }
    }
    for (struct copse_control_record *entry = first; entry != NULL; entry = entry->next_citing) {
        bool acts = entry->unit == unit && entry->is_honoured && !entry->op.is_root_signed &&
                    entry->op.kind != COPSE_OP_RECALL && entry->op.kind != COPSE_OP_ASSENT;
        enum copse_err err = acts ? act(governance, entry) : COPSE_OK;
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

/* SPEC 7.8: "it lists the JOINs that stay; the lists of one person are united" */
static void keep_joins(struct copse_governance *governance)
{
    struct copse_control *control = &governance->control;
    for (const struct copse_control_link *link = governance->doors.first; link != NULL;
         link = link->next) {
        struct copse_op_list keep = link->record->op.keep;
        struct copse_id id;
        while (copse_op_next_id(&keep, &id)) {
            struct copse_control_record *join = copse_control_record_of(control, &id);
            if (join != NULL && join->op.kind == COPSE_OP_JOIN && join->cited != NULL &&
                join->cited->shutter == link->record->line->person &&
                copse_op_names(link->record->op.ids, &join->cited->id)) {
                join->is_kept = true;
            }
        }
    }
}

/* What must be settled before the first unit of a class. */
static enum copse_err begin_class(struct copse_governance *governance, struct copse_settle *room,
                                  unsigned class)
{
    if (class == 1) {
        for (size_t i = 0; i < governance->units.count; i++) {
            struct copse_unit *unit = governance->units.order[i];
            enum copse_err err = unit->class == 1 ? settle(governance, room, unit) : COPSE_OK;
            if (err != COPSE_OK) {
                return err;
            }
        }
        return COPSE_OK;
    }
    if (class == 2) {
        keep_joins(governance);
        return copse_charter_find(governance);
    }
    return COPSE_OK;
}

enum copse_err copse_walk(struct copse_governance *governance, struct copse_settle *room)
{
    size_t next = 0;
    if (governance->control.genesis == NULL) {
        return COPSE_OK;
    }
    governance->control.genesis->is_honoured = true;
    for (unsigned class = 0; class <= 2; class ++) {
        enum copse_err err = begin_class(governance, room, class);
        for (; err == COPSE_OK && next < governance->units.count &&
               governance->units.order[next]->class == class;
             next++) {
            struct copse_unit *unit = governance->units.order[next];
            err = settle(governance, room, unit);
            if (err == COPSE_OK && unit->is_honoured) {
                err = walk_unit(governance, unit);
            }
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}
