#include "node/practice/membership.h"

#include "node/practice/act.h"
#include "node/practice/capacity.h"
#include "node/practice/history.h"
#include "node/practice/roles.h"
#include "node/practice/seniority.h"
#include "protocol/entry/clock.h"

#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 80u

/* A name that fits into an error. */
static void membership_name(struct copse_practice_deed *deed, char out[NAME_BYTES],
                            const struct copse_id *person)
{
    struct copse_builder name;
    struct copse_slice text = {NULL, 0};
    copse_builder_init(&name, deed->practice->memory);
    out[0] = '\0';
    if (copse_seniority_name(deed, &name, person) == COPSE_OK &&
        copse_builder_end(&text, &name) == COPSE_OK) {
        (void)snprintf(out, NAME_BYTES, "%.*s", (int)(text.size < 60 ? text.size : 60),
                       (const char *)text.data);
    }
    copse_builder_deinit(&name);
}

/* ---- ending ---- */

static enum copse_err membership_cut(struct copse_practice_deed *deed, struct copse_act_cut *cut,
                                     const struct copse_membership_ending *ending,
                                     struct copse_error *error)
{
    enum copse_err err = copse_act_cut_person(deed, cut, &ending->person);
    if (err == COPSE_OK && ending->from != NULL) {
        err = copse_act_cut_before(deed, cut, ending->from);
        err = err == COPSE_ERR_NOT_FOUND
                  ? copse_error_set(error, err, "the entry from which on is not here")
                  : err;
    }
    return err;
}

static enum copse_err membership_write(struct copse_practice_deed *deed, struct copse_id *id,
                                       const struct copse_op *op,
                                       const struct copse_membership_ending *ending,
                                       struct copse_error *error)
{
    struct copse_act_cut cut;
    enum copse_err err = membership_cut(deed, &cut, ending, error);
    if (err == COPSE_OK) {
        err = copse_act_write(deed, id, op, &cut, ending->reason, error);
    }
    copse_act_cut_deinit(&cut);
    return err;
}

static enum copse_err membership_end(struct copse_practice_deed *deed, struct copse_id *id,
                                     const struct copse_op *op,
                                     const struct copse_membership_ending *ending,
                                     struct copse_error *error)
{
    enum copse_err err = membership_write(deed, id, op, ending, error);
    return err == COPSE_OK ? copse_capacity_confirm(deed, id, error) : err;
}

enum copse_err copse_membership_remove(struct copse_practice_deed *deed, struct copse_id *id,
                                       const struct copse_membership_ending *ending,
                                       struct copse_error *error)
{
    if (copse_bytes_equal_ids(&ending->person, copse_keyring_person(deed->practice->keyring))) {
        return copse_error_set(error, COPSE_ERR_REFUSED,
                               "nobody removes themself; to go, use copse community leave");
    }
    struct copse_op op = {.kind = COPSE_OP_REMOVE, .target = ending->person, .to = ending->to};
    enum copse_err err = membership_write(deed, id, &op, ending, error);
    if (err == COPSE_OK) {
        err = copse_capacity_confirm(deed, id, NULL);
        err = err == COPSE_ERR_REFUSED
                  ? copse_seniority_refuse(deed, &ending->person, "remove them", error)
                  : err;
    }
    return err;
}

/* ---- readmitting ---- */

static int membership_compare(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

/* What ends the person's roles and can be overcome. */
static bool membership_bars(const struct copse_annals_act *act, const struct copse_id *person)
{
    bool is_own = act->op.kind == COPSE_OP_LEAVE && act->op.is_root_signed &&
                  copse_bytes_equal_ids(&act->person, person);
    bool is_ending = (act->op.kind == COPSE_OP_REMOVE || act->op.kind == COPSE_OP_RECALL) &&
                     copse_bytes_equal_ids(&act->op.target, person);
    return copse_annals_counts(act) && (is_own || is_ending);
}

struct overcome {
    struct copse_id ids[COPSE_OP_OVER_MAX];
    size_t count;
    struct copse_id remover; /* of the newest removal */
    bool has_remover;
};

/* The newest come first where there are more than fit. */
static enum copse_err membership_find(struct copse_practice_deed *deed, struct overcome *out,
                                      const struct copse_id *person)
{
    struct copse_annals record;
    *out = (struct overcome){.count = 0};
    enum copse_err err = copse_annals_read(
        deed, &record, COPSE_HISTORY_ENDINGS | COPSE_ANNALS_KIND(COPSE_OP_LEAVE), NULL, NULL);
    for (size_t i = record.count; err == COPSE_OK && i > 0; i--) {
        const struct copse_annals_act *act = &record.acts[i - 1];
        if (!membership_bars(act, person) || out->count == COPSE_OP_OVER_MAX) {
            continue;
        }
        out->ids[out->count++] = act->held.id;
        if (!out->has_remover && act->op.kind != COPSE_OP_LEAVE) {
            out->remover = act->person;
            out->has_remover = true;
        }
    }
    copse_annals_deinit(&record);
    qsort(out->ids, out->count, sizeof(*out->ids), membership_compare);
    return err;
}

enum copse_err copse_membership_was_removed(struct copse_practice_deed *deed, bool *out)
{
    struct overcome over;
    enum copse_err err =
        membership_find(deed, &over, copse_keyring_person(deed->practice->keyring));
    *out = err == COPSE_OK && over.has_remover;
    return err;
}

enum copse_err copse_membership_readmit(struct copse_practice_deed *deed, size_t *overcome,
                                        const struct copse_membership_return *plan,
                                        struct copse_error *error)
{
    static const uint8_t no_attributes[] = {0x80};
    uint8_t room[COPSE_OP_OVER_MAX * 34u + 8u];
    struct copse_writer writer;
    struct overcome over;
    struct copse_id id;
    bool lives = false;
    char name[NAME_BYTES];
    enum copse_err err = membership_find(deed, &over, &plan->person);
    if (err == COPSE_OK && over.count == 0) {
        return copse_error_set(
            error, COPSE_ERR_NOT_FOUND,
            "nothing has removed them here: copse people role grant gives a role");
    }
    if (err != COPSE_OK) {
        return err;
    }
    copse_writer_init(&writer, room, sizeof(room));
    struct copse_op op = {.kind = COPSE_OP_GRANT,
                          .target = plan->person,
                          .role = plan->role,
                          .over = copse_op_list_ids(&writer, over.ids, over.count),
                          .map = {no_attributes, sizeof(no_attributes)}};
    err = copse_act_write(deed, &id, &op, NULL, plan->reason, error);
    if (err == COPSE_OK) {
        err = copse_capacity_confirm(deed, &id, error);
    }
    if (err == COPSE_OK) {
        err = copse_roles_lives(deed, &lives, &plan->person, &id);
    }
    if (err == COPSE_OK && !lives) {
        membership_name(deed, name, &over.remover);
        return copse_error_set(error, COPSE_ERR_REFUSED,
                               "%s removed them; only %s, or somebody at least as senior, can take "
                               "that back",
                               name, name);
    }
    *overcome = over.count;
    return err;
}

/* ---- coming back ---- */

/* A grant of the acting person that holds, and that names what the JOIN of the present log does
 * not. COPSE_ERR_NOT_FOUND: none. */
static enum copse_err membership_new_grant(struct copse_practice_deed *deed,
                                           struct copse_held *grant, struct copse_op *op,
                                           const struct copse_op *join)
{
    const struct copse_standing *own = NULL;
    enum copse_err err = copse_capacity_standing(deed, &own);
    for (size_t i = 0; err == COPSE_OK && own != NULL && i < own->unit_count; i++) {
        struct copse_id named;
        if (own->units[i].is_ended) {
            continue;
        }
        err = copse_entries_find(deed->txn, grant, NULL, deed->number, &own->units[i].grant);
        if (err != COPSE_OK ||
            copse_op_decode(op, grant->entry.op, COPSE_ENTRY_CONTROL) != COPSE_OK ||
            op->kind != COPSE_OP_GRANT) {
            continue;
        }
        struct copse_op_list over = op->over;
        while (copse_op_next_id(&over, &named)) {
            if (!copse_op_names(join->over, &named)) {
                return COPSE_OK;
            }
        }
    }
    return err == COPSE_OK ? COPSE_ERR_NOT_FOUND : err;
}

/* The JOIN of the log that this device goes on writing. */
static enum copse_err membership_own_join(struct copse_practice_deed *deed, struct copse_op *out)
{
    const struct copse_log *log = NULL;
    struct copse_held held;
    uint32_t number = 0;
    enum copse_err err = copse_capacity_control_log(deed, &number);
    if (err == COPSE_OK) {
        err = copse_entries_log(deed->txn, &log, number);
    }
    if (err == COPSE_OK) {
        err = copse_entries_find(deed->txn, &held, NULL, deed->number, &log->join);
    }
    return err == COPSE_OK && copse_op_decode(out, held.entry.op, COPSE_ENTRY_CONTROL) != COPSE_OK
               ? COPSE_ERR_CORRUPT
               : err;
}

/* A new log of this device under a grant of its person, naming what the grant overcame. SPEC 7.4:
 * "So a removed person who returns needs both: a grant that overcomes and a new log" */
static enum copse_err membership_open_log(struct copse_practice_deed *deed,
                                          const struct copse_id *grant, struct copse_op_list over,
                                          struct copse_error *error)
{
    const struct copse_keyring *keyring = deed->practice->keyring;
    const struct copse_commons *commons = NULL;
    struct copse_id id;
    enum copse_err err = copse_capacity_commons(deed, &commons);
    if (err != COPSE_OK) {
        return err;
    }
    const struct copse_commons_charter *charter = copse_commons_in_force(commons);
    struct copse_under under = {*grant, charter == NULL ? deed->community : charter->id};
    struct copse_op op = {.kind = COPSE_OP_JOIN,
                          .target = *copse_keyring_person(keyring),
                          .signature = *copse_keyring_certificate(keyring),
                          .over = over};
    const struct copse_under *before = deed->under;
    deed->under = &under;
    err = copse_practice_write(deed, &id, &op, (struct copse_slice){NULL, 0}, error);
    deed->under = before;
    return err == COPSE_OK ? copse_practice_settle(deed) : err;
}

enum copse_err copse_membership_come_back(struct copse_practice_deed *deed, bool *opened,
                                          struct copse_error *error)
{
    struct copse_op join;
    struct copse_op granted;
    struct copse_held grant;
    *opened = false;
    enum copse_err err = membership_own_join(deed, &join);
    if (err == COPSE_OK) {
        err = membership_new_grant(deed, &grant, &granted, &join);
    }
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    err = membership_open_log(deed, &grant.id, granted.over, error);
    *opened = err == COPSE_OK;
    return err;
}

enum copse_err copse_membership_join_again(struct copse_practice_deed *deed, bool *opened,
                                           struct copse_error *error)
{
    const struct copse_standing *own = NULL;
    struct copse_held grant;
    struct copse_op granted;
    size_t best = 0;
    uint64_t now = copse_clock_of_ms(deed->practice->now_ms(deed->practice->context));
    *opened = false;
    enum copse_err err = copse_capacity_standing(deed, &own);
    while (err == COPSE_OK && own != NULL && best < own->unit_count &&
           (own->units[best].is_ended || own->units[best].until <= now)) {
        best++;
    }
    if (err != COPSE_OK || own == NULL || best == own->unit_count) {
        return err;
    }
    err = copse_entries_find(deed->txn, &grant, NULL, deed->number, &own->units[best].grant);
    if (err == COPSE_OK &&
        copse_op_decode(&granted, grant.entry.op, COPSE_ENTRY_CONTROL) != COPSE_OK) {
        err = COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK) {
        err = membership_open_log(deed, &grant.id, granted.over, error);
    }
    *opened = err == COPSE_OK;
    return err;
}

/* ---- recall ---- */

static bool membership_is_founder(const struct copse_commons *commons,
                                  const struct copse_id *person)
{
    for (size_t i = 0; i < commons->founder_count; i++) {
        if (copse_bytes_equal_ids(&commons->founders[i], person)) {
            return true;
        }
    }
    return false;
}

/* SPEC 7.12: "by founders other than the target who cite the genesis" */
static enum copse_err membership_may_speak(struct copse_practice_deed *deed,
                                           const struct copse_commons *commons,
                                           const struct copse_id *founder,
                                           struct copse_error *error)
{
    const struct copse_id *own = copse_keyring_person(deed->practice->keyring);
    if (commons->founder_count < 3) {
        return copse_error_set(
            error, COPSE_ERR_REFUSED,
            "there is no recall here: it takes 3 founders, and this community was founded by %zu; "
            "the last resort is a new one: copse community successor",
            commons->founder_count);
    }
    if (!membership_is_founder(commons, founder)) {
        return copse_error_set(error, COPSE_ERR_NOT_FOUND,
                               "they are no founder: copse moderate remove is for others");
    }
    if (!membership_is_founder(commons, own)) {
        return copse_error_set(error, COPSE_ERR_REFUSED,
                               "only the founders can recall one of them");
    }
    if (copse_bytes_equal_ids(own, founder)) {
        return copse_error_set(error, COPSE_ERR_REFUSED,
                               "nobody recalls themself: copse people role end steps down");
    }
    return COPSE_OK;
}

/* Where a recall stands with what was just written. */
static enum copse_err membership_count(struct copse_practice_deed *deed,
                                       struct copse_membership_recall *out)
{
    const struct copse_commons *commons = NULL;
    struct copse_annals record;
    enum copse_err err = copse_capacity_commons(deed, &commons);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_annals_read(deed, &record,
                            COPSE_ANNALS_KIND(COPSE_OP_RECALL) | COPSE_ANNALS_KIND(COPSE_OP_ASSENT),
                            NULL, NULL);
    const struct copse_annals_act *recall =
        err == COPSE_OK ? copse_annals_find(&record, &out->id) : NULL;
    if (recall != NULL) {
        struct copse_history_voices voices =
            copse_history_voices_of(&record, recall, commons->founder_count);
        out->voices = voices.voices;
        out->needed = voices.needed;
    }
    copse_annals_deinit(&record);
    return err;
}

/* Voices cite the genesis, whatever else the founder holds or held. */
static struct copse_under membership_voice(struct copse_practice_deed *deed,
                                           const struct copse_commons *commons)
{
    const struct copse_commons_charter *charter = copse_commons_in_force(commons);
    return (struct copse_under){deed->community, charter == NULL ? deed->community : charter->id};
}

enum copse_err copse_membership_recall(struct copse_practice_deed *deed,
                                       struct copse_membership_recall *out,
                                       const struct copse_membership_ending *ending,
                                       struct copse_error *error)
{
    const struct copse_commons *commons = NULL;
    *out = (struct copse_membership_recall){.founder = ending->person};
    enum copse_err err = copse_capacity_commons(deed, &commons);
    if (err == COPSE_OK) {
        err = membership_may_speak(deed, commons, &ending->person, error);
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_op op = {.kind = COPSE_OP_RECALL, .target = ending->person};
    struct copse_under under = membership_voice(deed, commons);
    deed->under = &under;
    err = membership_end(deed, &out->id, &op, ending, error);
    deed->under = NULL;
    return err == COPSE_OK ? membership_count(deed, out) : err;
}

static bool membership_is_among(const struct copse_id *ids, size_t count, const struct copse_id *id)
{
    for (size_t i = 0; i < count; i++) {
        if (copse_bytes_equal_ids(&ids[i], id)) {
            return true;
        }
    }
    return false;
}

static bool membership_is_recall_of(void *context, const struct copse_held *held,
                                    const struct copse_op *op)
{
    const struct copse_id *founder = context;
    (void)held;
    return copse_bytes_equal_ids(&op->target, founder);
}

/* A recall whose cut does not fit one entry is several, one behind the other in their author's log,
 * and each needs the voices. The caller frees *out. */
static enum copse_err membership_parts(struct copse_practice_deed *deed, struct copse_id **out,
                                       size_t *count, const struct copse_membership_recall *recall)
{
    struct copse_annals annals;
    struct copse_id *parts = NULL;
    *count = 0;
    struct copse_id founder = recall->founder;
    enum copse_err err = copse_annals_read(deed, &annals, COPSE_ANNALS_KIND(COPSE_OP_RECALL),
                                           membership_is_recall_of, &founder);
    if (err == COPSE_OK) {
        parts = copse_memory_new(deed->practice->memory, annals.count + 1, sizeof(*parts));
        err = parts == NULL ? COPSE_ERR_NOMEM : COPSE_OK;
    }
    struct copse_id first = recall->id;
    for (size_t i = annals.count; err == COPSE_OK && i > 0; i--) {
        const struct copse_held *held = &annals.acts[i - 1].held;
        bool is_before = copse_bytes_equal_ids(&held->id, &first) &&
                         copse_annals_find(&annals, &held->entry.prev) != NULL;
        first = is_before ? held->entry.prev : first;
    }
    for (size_t i = 0; err == COPSE_OK && i < annals.count; i++) {
        const struct copse_held *held = &annals.acts[i].held;
        if (copse_bytes_equal_ids(&held->id, &first) ||
            membership_is_among(parts, *count, &held->entry.prev)) {
            parts[(*count)++] = held->id;
        }
    }
    copse_annals_deinit(&annals);
    *out = parts;
    return err;
}

enum copse_err copse_membership_assent(struct copse_practice_deed *deed,
                                       struct copse_membership_recall *out,
                                       const struct copse_id *recall, struct copse_slice reason,
                                       struct copse_error *error)
{
    const struct copse_commons *commons = NULL;
    struct copse_view_entry entry;
    struct copse_id id;
    struct copse_id *parts = NULL;
    size_t part_count = 0;
    *out = (struct copse_membership_recall){.id = *recall};
    enum copse_err err = copse_capacity_commons(deed, &commons);
    if (err == COPSE_OK) {
        err = copse_view_judge(deed->view, &entry, recall);
    }
    if (err == COPSE_ERR_NOT_FOUND || (err == COPSE_OK && entry.op.kind != COPSE_OP_RECALL)) {
        return copse_error_set(error, COPSE_ERR_NOT_FOUND, "that is no recall");
    }
    if (err == COPSE_OK) {
        out->founder = entry.op.target;
        err = membership_may_speak(deed, commons, &out->founder, error);
    }
    if (err != COPSE_OK) {
        return err;
    }
    err = membership_parts(deed, &parts, &part_count, out);
    struct copse_under under = membership_voice(deed, commons);
    deed->under = &under;
    for (size_t i = 0; err == COPSE_OK && i < part_count; i++) {
        struct copse_op op = {.kind = COPSE_OP_ASSENT, .target = parts[i]};
        err = copse_act_write(deed, &id, &op, NULL, reason, error);
    }
    deed->under = NULL;
    copse_memory_free(deed->practice->memory, parts);
    if (err == COPSE_OK) {
        err = copse_capacity_confirm(deed, &id, error);
    }
    return err == COPSE_OK ? membership_count(deed, out) : err;
}

/* ---- leaving ---- */

enum copse_err copse_membership_leave(struct copse_practice_deed *deed, struct copse_slice reason,
                                      struct copse_error *error)
{
    struct copse_id id;
    if (deed->root == NULL) {
        struct copse_op alone = {.kind = COPSE_OP_LEAVE};
        enum copse_err err = copse_act_write(deed, &id, &alone, NULL, reason, error);
        return err == COPSE_OK ? copse_capacity_confirm(deed, &id, error) : err;
    }
    struct copse_op op = {.kind = COPSE_OP_LEAVE, .to = COPSE_OP_TO_NONE, .is_root_signed = true};
    struct copse_membership_ending ending = {
        .person = *copse_keyring_person(deed->practice->keyring), .reason = reason};
    return membership_end(deed, &id, &op, &ending, error);
}

enum copse_err copse_membership_leaves(struct copse_practice_deed *deed,
                                       struct copse_id out[COPSE_OP_OVER_MAX], size_t *count)
{
    struct copse_annals record;
    *count = 0;
    enum copse_err err =
        copse_annals_read(deed, &record, COPSE_ANNALS_KIND(COPSE_OP_LEAVE), NULL, NULL);
    for (size_t i = record.count; err == COPSE_OK && i > 0 && *count < COPSE_OP_OVER_MAX; i--) {
        if (membership_bars(&record.acts[i - 1], copse_keyring_person(deed->practice->keyring))) {
            out[(*count)++] = record.acts[i - 1].held.id;
        }
    }
    copse_annals_deinit(&record);
    qsort(out, *count, sizeof(*out), membership_compare);
    return err;
}
