/* How it works: a reading finds the duties, without the lock; each is then a deed of its own, which
 * looks again. Whoever wrote what is to be closed comes first, others of the stewards a grace
 * later: so two nodes rarely do one thing twice, and where they do it does no harm. */
#include "node/practice/tend.h"

#include "node/practice/capacity.h"
#include "node/practice/charter.h"
#include "node/practice/invites.h"
#include "node/practice/membership.h"
#include "node/practice/people.h"
#include "node/practice/roles.h"
#include "protocol/entry/clock.h"

#define DUTIES_MAX 64u /* in one go; the next one does the rest */

enum duty_kind { DUTY_INVITATION, DUTY_TERM };

struct duty {
    enum duty_kind kind;
    struct copse_id id; /* of the INVITE or GRANT */
    struct copse_id person;
};

struct duties {
    struct duty items[DUTIES_MAX];
    size_t count;
    bool joins_rules;
    uint64_t now_ms;
    const struct copse_id *own;
};

/* Is it due at `at_ms` for whoever wrote it, a grace later for others? */
static bool tend_is_due(const struct duties *duties, uint64_t at_ms, const struct copse_id *author)
{
    bool is_first = copse_bytes_equal_ids(author, duties->own);
    return duties->now_ms >= at_ms + (is_first ? 0 : COPSE_TEND_GRACE_MS);
}

static void tend_add(struct duties *duties, enum duty_kind kind, const struct copse_id *id,
                     const struct copse_id *person)
{
    if (duties->count < DUTIES_MAX) {
        duties->items[duties->count++] = (struct duty){kind, *id, *person};
    }
}

/* ---- looking ---- */

/* Who may close their own invitation does it at once; for a member's any steward does. */
static enum copse_err tend_find_invitations(struct copse_practice_deed *deed, struct duties *duties)
{
    struct copse_invites invites;
    enum copse_err err = copse_invites_read(deed, &invites);
    for (size_t i = 0; err == COPSE_OK && i < invites.door_count; i++) {
        const struct copse_invites_door *door = &invites.doors[i];
        bool is_stewards = door->act->role <= COPSE_OP_MODERATOR;
        const struct copse_id *first = is_stewards ? &door->act->person : duties->own;
        uint64_t at_ms = door->state == COPSE_INVITES_USED_UP
                             ? copse_clock_ms(door->last)
                             : copse_clock_ms(door->act->op.until) + COPSE_TEND_GRACE_MS;
        bool is_over = door->state == COPSE_INVITES_USED_UP || door->state == COPSE_INVITES_EXPIRED;
        if (is_over && tend_is_due(duties, at_ms, first)) {
            tend_add(duties, DUTY_INVITATION, &door->act->held.id, &door->act->person);
        }
    }
    copse_invites_deinit(&invites);
    return err;
}

static bool tend_has_term(void *context, const struct copse_held *held, const struct copse_op *op)
{
    const struct duties *duties = context;
    (void)held;
    return op->has_until && duties->now_ms >= copse_clock_ms(op->until) + COPSE_TEND_GRACE_MS;
}

static enum copse_err tend_find_terms(struct copse_practice_deed *deed, struct duties *duties)
{
    struct copse_annals annals;
    enum copse_err err =
        copse_annals_read(deed, &annals, COPSE_ANNALS_KIND(COPSE_OP_GRANT), tend_has_term, duties);
    for (size_t i = 0; err == COPSE_OK && i < annals.count; i++) {
        const struct copse_annals_act *act = &annals.acts[i];
        uint64_t at_ms = copse_clock_ms(act->op.until) + COPSE_TEND_GRACE_MS;
        bool lives = false;
        if (copse_annals_counts(act) && tend_is_due(duties, at_ms, &act->person)) {
            err = copse_roles_lives(deed, &lives, &act->op.target, &act->held.id);
        }
        if (err == COPSE_OK && lives) {
            tend_add(duties, DUTY_TERM, &act->held.id, &act->op.target);
        }
    }
    copse_annals_deinit(&annals);
    return err;
}

/* SPEC 7.11: "A coordinator's program SHOULD join several by one that names all." */
static enum copse_err tend_find_rules(struct copse_practice_deed *deed, struct duties *duties)
{
    struct copse_charter charter;
    const struct copse_annals_act *in_force = NULL;
    uint64_t newest = 0;
    enum copse_err err = copse_charter_load(deed, &charter);
    for (size_t i = 0; err == COPSE_OK && i < charter.count; i++) {
        const struct copse_charter_version *version = &charter.versions[i];
        if (version->is_in_force) {
            in_force = version->act;
        }
        if (version->counts && !version->is_replaced && version->act->held.entry.hlc > newest) {
            newest = version->act->held.entry.hlc;
        }
    }
    duties->joins_rules = err == COPSE_OK && charter.heads > 1 && in_force != NULL &&
                          tend_is_due(duties, copse_clock_ms(newest), &in_force->person);
    copse_charter_deinit(&charter);
    return err;
}

/* Nothing is due for somebody who is no steward. */
static enum copse_err tend_find(const struct copse_practice *practice, struct duties *duties,
                                const struct copse_id *community, struct copse_error *error)
{
    struct copse_practice_deed deed;
    const struct copse_standing *own = NULL;
    enum copse_op_role role = COPSE_OP_GUEST;
    enum copse_err err = copse_practice_begin(&deed, practice, community, COPSE_DB_READ, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_capacity_standing(&deed, &own);
    bool is_steward = err == COPSE_OK && own != NULL && copse_standing_role(&role, own) &&
                      role <= COPSE_OP_MODERATOR;
    if (is_steward) {
        err = tend_find_invitations(&deed, duties);
    }
    if (is_steward && err == COPSE_OK) {
        err = tend_find_terms(&deed, duties);
    }
    if (is_steward && role == COPSE_OP_COORDINATOR && err == COPSE_OK) {
        err = tend_find_rules(&deed, duties);
    }
    copse_practice_end(&deed);
    return err;
}

/* ---- doing ---- */

/* What somebody else has done meanwhile, or this person may not do, is no fault. */
static bool tend_is_settled(enum copse_err err)
{
    return err == COPSE_ERR_REFUSED || err == COPSE_ERR_EXISTS || err == COPSE_ERR_NOT_FOUND;
}

static enum copse_err tend_rules(struct copse_practice_deed *deed, bool *changed,
                                 struct copse_slice reason)
{
    struct copse_charter charter;
    struct copse_charter_rules rules = {false, false, 0};
    enum copse_err err = copse_charter_load(deed, &charter);
    for (size_t i = 0; err == COPSE_OK && i < charter.count; i++) {
        if (charter.versions[i].is_in_force) {
            rules = charter.versions[i].rules;
        }
    }
    copse_charter_deinit(&charter);
    return err == COPSE_OK ? copse_charter_amend(deed, changed, &rules, reason, NULL) : err;
}

static enum copse_err tend_do(struct copse_practice_deed *deed, struct copse_tend_done *done,
                              const struct duty *duty)
{
    size_t kept = 0;
    bool changed = false;
    enum copse_err err;
    if (duty == NULL) {
        err = tend_rules(deed, &changed,
                         copse_bytes_of_string("joins rules that were changed in several places"));
        done->rules += err == COPSE_OK && changed;
        return err == COPSE_OK && !changed ? COPSE_ERR_EXISTS : err;
    }
    if (duty->kind == DUTY_INVITATION) {
        err = copse_invites_close(deed, &kept, &duty->id, (struct copse_slice){NULL, 0}, NULL);
        done->invitations += err == COPSE_OK;
        return err;
    }
    err = copse_roles_revoke_grant(deed, &duty->person, &duty->id, COPSE_OP_REASON_TERM,
                                   (struct copse_slice){NULL, 0}, NULL);
    done->terms += err == COPSE_OK;
    return err;
}

static enum copse_err tend_one(const struct copse_practice *practice, struct copse_tend_done *done,
                               const struct copse_id *community, const struct duty *duty,
                               struct copse_error *error)
{
    struct copse_practice_deed deed;
    enum copse_err err = copse_practice_begin(&deed, practice, community, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = tend_do(&deed, done, duty);
    if (err == COPSE_OK) {
        return copse_practice_commit(&deed, error);
    }
    copse_practice_end(&deed);
    return tend_is_settled(err) ? COPSE_OK : err;
}

/* What a newcomer said of their name counts only once they are let in, so it is said again. Where a
 * name is known it is left alone: another device may have another one. */
static enum copse_err tend_name(struct copse_practice_deed *deed, bool *said)
{
    struct copse_slice known;
    enum copse_err err =
        copse_reading_name(deed, &known, copse_keyring_person(deed->practice->keyring));
    return err == COPSE_OK && known.size == 0 ? copse_people_say_name(deed, said, NULL) : err;
}

static enum copse_err tend_come_back(const struct copse_practice *practice,
                                     struct copse_tend_done *done, const struct copse_id *community,
                                     struct copse_error *error)
{
    struct copse_practice_deed deed;
    bool has_returned = false;
    bool says_name = false;
    enum copse_err err = copse_practice_begin(&deed, practice, community, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_membership_come_back(&deed, &has_returned, error);
    enum copse_err said = err == COPSE_OK ? tend_name(&deed, &says_name) : err;
    if (err == COPSE_OK && (has_returned || (said == COPSE_OK && says_name))) {
        done->has_returned = done->has_returned || has_returned;
        return copse_practice_commit(&deed, error);
    }
    copse_practice_end(&deed);
    return tend_is_settled(err) ? COPSE_OK : err;
}

enum copse_err copse_tend_community(const struct copse_practice *practice,
                                    struct copse_tend_done *done, const struct copse_id *community,
                                    struct copse_error *error)
{
    if (practice->keyring == NULL) {
        return COPSE_OK;
    }
    struct duties *duties = copse_memory_new(practice->memory, 1, sizeof(*duties));
    if (duties == NULL) {
        return COPSE_ERR_NOMEM;
    }
    duties->now_ms = practice->now_ms(practice->context);
    duties->own = copse_keyring_person(practice->keyring);
    enum copse_err err = tend_come_back(practice, done, community, error);
    if (err == COPSE_OK) {
        err = tend_find(practice, duties, community, error);
    }
    for (size_t i = 0; err == COPSE_OK && i < duties->count; i++) {
        err = tend_one(practice, done, community, &duties->items[i], error);
    }
    if (err == COPSE_OK && duties->joins_rules) {
        err = tend_one(practice, done, community, NULL, error);
    }
    copse_memory_free(practice->memory, duties);
    return err;
}

enum copse_err copse_tend_all(const struct copse_practice *practice, struct copse_tend_done *done,
                              struct copse_error *error)
{
    struct copse_id community;
    uint32_t number = 0;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK) {
        err = copse_practice_next(practice, &community, &number, error);
        if (err == COPSE_OK) {
            err = copse_tend_community(practice, done, &community, error);
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}
