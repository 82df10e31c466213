/* ACCEPT: letting stand what somebody's ending cut off. Part of membership.h. */
#include "node/practice/membership.h"

#include "node/practice/act.h"
#include "node/practice/capacity.h"
#include "node/practice/history.h"
#include "node/practice/unplaced.h"

#define ENDINGS_MAX 16u /* of one person; the newest */

/* What of one person is late. */
struct late {
    const struct copse_id *person;
    uint64_t count;
};

static void accept_count(void *context, const struct copse_unplaced_late *item)
{
    struct late *late = context;
    if (copse_bytes_equal_ids(&item->person, late->person)) {
        late->count += item->count;
    }
}

/* Does the act end a unit of the person? */
static bool accept_is_ending(const struct copse_annals_act *act,
                             const struct copse_standing *standing)
{
    for (size_t i = 0; i < standing->unit_count; i++) {
        if (copse_annals_counts(act) &&
            copse_history_names(act, &standing->units[i].grant, &standing->person)) {
            return true;
        }
    }
    return false;
}

/* The acts that ended the person's roles, the newest first. */
static enum copse_err accept_endings(struct copse_practice_deed *deed,
                                     struct copse_id out[ENDINGS_MAX], size_t *count,
                                     struct copse_id *ender, const struct copse_id *person)
{
    struct copse_annals annals;
    struct copse_standing *standing = NULL;
    *count = 0;
    enum copse_err err = copse_annals_read(deed, &annals, COPSE_HISTORY_ENDINGS, NULL, NULL);
    if (err == COPSE_OK) {
        err = copse_standing_load(&standing, &deed->state, person, &deed->source,
                                  deed->practice->memory);
    }
    for (size_t i = annals.count; err == COPSE_OK && i > 0 && *count < ENDINGS_MAX; i--) {
        const struct copse_annals_act *act = &annals.acts[i - 1];
        if (accept_is_ending(act, standing)) {
            *ender = *count == 0 ? act->person : *ender;
            out[(*count)++] = act->held.id;
        }
    }
    copse_standing_free(standing);
    copse_annals_deinit(&annals);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err accept_write(struct copse_practice_deed *deed, const struct copse_id *endings,
                                   size_t count, const struct copse_id *person,
                                   struct copse_slice reason, struct copse_error *error)
{
    struct copse_act_cut cut;
    struct copse_id id;
    enum copse_err err = copse_act_cut_person(deed, &cut, person);
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        struct copse_op op = {
            .kind = COPSE_OP_ACCEPT, .what = COPSE_OP_ACCEPTS_ENDING, .target = endings[i]};
        err = copse_act_write(deed, &id, &op, &cut, reason, error);
    }
    copse_act_cut_deinit(&cut);
    return err == COPSE_OK ? copse_capacity_confirm(deed, &id, error) : err;
}

enum copse_err copse_membership_accept(struct copse_practice_deed *deed,
                                       struct copse_membership_accepted *out,
                                       const struct copse_id *person, struct copse_slice reason,
                                       struct copse_error *error)
{
    struct copse_id endings[ENDINGS_MAX];
    struct late before = {person, 0};
    struct late after = {person, 0};
    size_t count = 0;
    *out = (struct copse_membership_accepted){.late = 0};
    enum copse_err err = copse_unplaced_late(deed, accept_count, &before);
    if (err == COPSE_OK) {
        err = accept_endings(deed, endings, &count, &out->ender, person);
    }
    if (err == COPSE_OK && (before.count == 0 || count == 0)) {
        err = copse_error_set(error, COPSE_ERR_NOT_FOUND, "nothing of theirs has come late here");
    }
    if (err == COPSE_OK) {
        err = accept_write(deed, endings, count, person, reason, error);
    }
    if (err == COPSE_OK) {
        err = copse_unplaced_late(deed, accept_count, &after);
    }
    out->late = before.count;
    out->takes_effect = after.count == 0;
    return err;
}
