/* How it works: the next entry is imagined in its place, one seq behind the device's leaf, under
 * each grant of the person in turn, and copse_judge_entry says whether it would count. So what is
 * chosen here and what every other node finds when it judges the entry cannot differ. */
#include "node/practice/capacity.h"

#include "node/practice/membership.h"
#include "node/practice/who.h"
#include "protocol/authority/judge.h"
#include "protocol/entry/clock.h"

#include <stdio.h>
#include <string.h>

#define NEW_LOG UINT64_MAX /* a class 1 log that the entry would open */
#define NAMES_MAX 3u
#define NAME_BYTES 40u

static const char *const capacity_roles[] = {"a coordinator", "a moderator", "a member", "a guest"};

const char *copse_capacity_role_phrase(enum copse_op_role role)
{
    COPSE_ASSERT((size_t)role < COPSE_ARRAY_SIZE(capacity_roles));
    return capacity_roles[role];
}

const char *copse_capacity_role_name(enum copse_op_role role)
{
    return copse_capacity_role_phrase(role) + strlen("a ");
}

enum copse_err copse_capacity_role_named(enum copse_op_role *out, const char *name)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(capacity_roles); i++) {
        if (strcmp(copse_capacity_role_name((enum copse_op_role)i), name) == 0) {
            *out = (enum copse_op_role)i;
            return COPSE_OK;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

/* ---- what is loaded once ---- */

enum copse_err copse_capacity_commons(struct copse_practice_deed *deed,
                                      const struct copse_commons **out)
{
    struct copse_view *view;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK && deed->commons == NULL) {
        err = copse_commons_load(&deed->commons, &deed->state, deed->practice->memory);
    }
    *out = deed->commons;
    return err;
}

enum copse_err copse_capacity_standing(struct copse_practice_deed *deed,
                                       const struct copse_standing **out)
{
    struct copse_view *view;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK && deed->standing == NULL && deed->practice->keyring != NULL) {
        err = copse_standing_load(&deed->standing, &deed->state,
                                  copse_keyring_person(deed->practice->keyring), &deed->source,
                                  deed->practice->memory);
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    *out = deed->standing;
    return err;
}

/* ---- where the next entry goes ---- */

/* The place of an entry that is not written yet, and a source in which its log has it. */
struct place {
    struct copse_source source; /* asks `inner`, but for the one log */
    const struct copse_source *inner;
    struct copse_log log; /* with the entry as a leaf */
    struct copse_held held;
    struct copse_id join;
    struct copse_trail trail; /* of the entry before it in the log; of the JOIN for a new log */
};

static const struct copse_log *capacity_log(void *context, uint64_t log)
{
    const struct place *place = context;
    return log == place->held.position.log ? &place->log
                                           : place->inner->log(place->inner->context, log);
}

static enum copse_err capacity_find(void *context, struct copse_held *out,
                                    const struct copse_id *id)
{
    const struct place *place = context;
    return place->inner->find(place->inner->context, out, id);
}

enum copse_err copse_capacity_control_log(struct copse_practice_deed *deed, uint32_t *out)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    uint32_t newest = 0;
    uint32_t number = 0;
    enum copse_err err;
    while ((err = copse_entries_next_log(deed->txn, &number, &walk, deed->number,
                                         copse_keyring_device(deed->practice->keyring))) ==
           COPSE_OK) {
        const struct copse_log *log = NULL;
        err = copse_entries_log(deed->txn, &log, number);
        if (err != COPSE_OK) {
            return err;
        }
        if (log->class == COPSE_ENTRY_CONTROL && number > newest) {
            newest = number;
        }
    }
    *out = newest;
    return newest == 0 || err != COPSE_ERR_NOT_FOUND ? err : COPSE_OK;
}

/* Lengthen the longest branch by the entry to be. */
static enum copse_err capacity_put_last(struct copse_practice_deed *deed, struct place *place,
                                        const struct copse_log *log, uint32_t number)
{
    struct copse_held last;
    uint32_t longest = 0;
    place->log = *log;
    for (uint32_t i = 1; i < log->branch_count; i++) {
        longest = log->branches[i].last_seq > log->branches[longest].last_seq ? i : longest;
    }
    enum copse_err err =
        copse_entries_find(deed->txn, &last, NULL, deed->number, &log->branches[longest].leaf);
    if (err == COPSE_OK) {
        place->trail = last.trail;
        place->log.branches[longest].last_seq++;
        place->held.position = (struct copse_position){
            .log = number, .branch = longest, .seq = log->branches[longest].last_seq + 1};
    }
    return err;
}

static enum copse_err capacity_put_first(struct copse_practice_deed *deed, struct place *place)
{
    struct copse_held join;
    enum copse_err err = copse_entries_find(deed->txn, &join, NULL, deed->number, &place->join);
    if (err == COPSE_OK) {
        place->trail = join.trail;
        place->log = (struct copse_log){.join = place->join,
                                        .author = join.entry.author,
                                        .class = COPSE_ENTRY_DATA,
                                        .branch_count = 1};
        place->held.position = (struct copse_position){.log = NEW_LOG};
    }
    return err;
}

static enum copse_err capacity_place(struct copse_practice_deed *deed, struct place *place,
                                     enum copse_entry_class class)
{
    const struct copse_log *log = NULL;
    uint32_t number = 0;
    memset(place, 0, sizeof(*place));
    enum copse_err err = copse_capacity_control_log(deed, &number);
    if (err == COPSE_OK) {
        err = copse_entries_log(deed->txn, &log, number);
    }
    if (err != COPSE_OK) {
        return err;
    }
    place->join = log->join;
    if (class == COPSE_ENTRY_DATA) {
        err = copse_entries_log_of(deed->txn, &number, deed->number, &place->join, class);
        if (err == COPSE_ERR_NOT_FOUND) {
            err = capacity_put_first(deed, place);
            log = NULL;
        } else if (err == COPSE_OK) {
            err = copse_entries_log(deed->txn, &log, number);
        }
    }
    if (err == COPSE_OK && log != NULL) {
        err = capacity_put_last(deed, place, log, number);
    }
    uint64_t now = copse_clock_of_ms(deed->practice->now_ms(deed->practice->context));
    place->held.entry.class = class;
    place->held.entry.seq = place->held.position.seq;
    place->held.trail.log_time = now > place->trail.log_time ? now : place->trail.log_time;
    place->held.trail.has_under = true;
    place->inner = &deed->source;
    place->source = (struct copse_source){
        .find = capacity_find, .log = capacity_log, .next_control = NULL, .context = place};
    return err;
}

/* ---- choosing ---- */

/* Whoever joins before meeting anybody writes without knowing the community. SPEC 7.1 counts "a
 * *self-join*, to its person, of the role of the door" among the grants: what follows such a JOIN
 * cites the JOIN itself, not the invitation that the JOIN cites. Another device's JOIN cites a
 * grant that its person holds (SPEC 9.3), as does what follows it. */
static enum copse_err capacity_early(struct copse_practice_deed *deed, struct copse_capacity *out,
                                     const struct place *place, const struct copse_commons *commons)
{
    struct copse_held join;
    struct copse_held door;
    struct copse_op op;
    enum copse_err err = copse_entries_find(deed->txn, &join, NULL, deed->number, &place->join);
    if (err != COPSE_OK || copse_op_decode(&op, join.entry.op, COPSE_ENTRY_CONTROL) != COPSE_OK ||
        op.kind != COPSE_OP_JOIN) {
        return err;
    }
    struct copse_under under = join.trail.under;
    if (!copse_bytes_is_zero(&commons->community)) {
        err = copse_entries_find(deed->txn, &door, NULL, deed->number, &under.grant);
        if (err != COPSE_ERR_NOT_FOUND) {
            return err; /* it is known whether that counts */
        }
    }
    *out = (struct copse_capacity){
        .under = {op.has_invite_signature ? place->join : under.grant, under.charter},
        .verdict = COPSE_VERDICT_HONOURED,
        .role = COPSE_OP_GUEST,
        .is_early = true};
    return COPSE_OK;
}

/* Own acts bear on the person's units "whichever unit they cite" (SPEC 7.5), so any that is not
 * shut out will do for them; what says so of an entry is a kind that everybody may write. */
static const struct copse_op capacity_any = {.kind = COPSE_OP_LEAVE};

/* The best verdict, and of several units that give it the most senior. */
static enum copse_verdict capacity_try(struct place *place, struct copse_capacity *out,
                                       const struct copse_standing *standing,
                                       const struct copse_commons *commons,
                                       const struct copse_op *op)
{
    const struct copse_commons_charter *charter = copse_commons_in_force(commons);
    enum copse_verdict best = COPSE_VERDICT_NO_GRANT;
    for (size_t i = 0; standing != NULL && i < standing->unit_count; i++) {
        struct copse_judge_verdict verdict;
        place->held.trail.under.grant = standing->units[i].grant;
        place->held.trail.under.charter = charter == NULL ? commons->community : charter->id;
        copse_judge_entry(&verdict, standing, commons, &place->source, &place->held,
                          op->is_root_signed ? &capacity_any : op);
        if (verdict.verdict < best) {
            best = verdict.verdict;
            out->under = place->held.trail.under;
            out->role = standing->units[i].role;
        }
    }
    out->verdict = best;
    return best;
}

static enum copse_err capacity_refuse(struct copse_practice_deed *deed, enum copse_verdict verdict,
                                      const struct copse_op *op, struct copse_error *error);

/* SPEC 7.6: "A program writes nothing more in either log of a line whose device has left." For the
 * judge the class 1 log goes on, since nothing orders the two. */
static bool capacity_has_left(const struct copse_standing *standing, const struct copse_id *join)
{
    for (size_t i = 0; standing != NULL && i < standing->line_count; i++) {
        if (copse_bytes_equal_ids(&standing->lines[i].join, join)) {
            return standing->lines[i].leaves.count > 0;
        }
    }
    return false;
}

static enum copse_err capacity_choose(struct copse_practice_deed *deed, struct copse_capacity *out,
                                      const struct copse_op *op)
{
    struct place place;
    const struct copse_commons *commons = NULL;
    const struct copse_standing *standing = NULL;
    enum copse_entry_class class = (uint32_t)op->kind < 32 ? COPSE_ENTRY_CONTROL : COPSE_ENTRY_DATA;
    memset(out, 0, sizeof(*out));
    enum copse_err err = copse_capacity_commons(deed, &commons);
    if (err == COPSE_OK) {
        err = copse_capacity_standing(deed, &standing);
    }
    if (err == COPSE_OK) {
        err = capacity_place(deed, &place, class);
    }
    if (err != COPSE_OK) {
        return err;
    }
    if (capacity_has_left(standing, &place.join) && !op->is_root_signed) {
        out->verdict = COPSE_VERDICT_LEFT;
        return COPSE_OK;
    }
    if (capacity_try(&place, out, standing, commons, op) > COPSE_VERDICT_WAITING) {
        err = capacity_early(deed, out, &place, commons);
    }
    bool is_same = copse_bytes_equal_ids(&place.trail.under.grant, &out->under.grant) &&
                   copse_bytes_equal_ids(&place.trail.under.charter, &out->under.charter);
    out->inherits = (place.trail.has_under && is_same) || out->verdict > COPSE_VERDICT_WAITING;
    return err;
}

enum copse_err copse_capacity_choose(struct copse_practice_deed *deed, struct copse_capacity *out,
                                     const struct copse_op *op, struct copse_error *error)
{
    bool has_come_back = false;
    enum copse_err err = capacity_choose(deed, out, op);
    if (err == COPSE_ERR_NOT_FOUND) {
        return copse_error_set(error, err, "this device has not joined that community");
    }
    bool writes = deed->room != NULL; /* a question asked while reading changes nothing */
    if (err == COPSE_OK && out->verdict > COPSE_VERDICT_WAITING && !op->is_root_signed && writes) {
        err = copse_membership_come_back(deed, &has_come_back, error);
        if (err == COPSE_OK && has_come_back) {
            err = capacity_choose(deed, out, op);
        }
    }
    if (err == COPSE_OK && out->verdict > COPSE_VERDICT_WAITING && !op->is_root_signed) {
        return capacity_refuse(deed, out->verdict, op, error);
    }
    return err;
}

enum copse_err copse_capacity_confirm(struct copse_practice_deed *deed, const struct copse_id *id,
                                      struct copse_error *error)
{
    struct copse_view *view;
    struct copse_view_entry entry;
    enum copse_err err = copse_practice_settle(deed);
    if (err == COPSE_OK) {
        err = copse_practice_view(deed, &view);
    }
    if (err == COPSE_OK) {
        err = copse_view_judge(view, &entry, id);
    }
    if (err != COPSE_OK || entry.verdict <= COPSE_VERDICT_WAITING) {
        return err;
    }
    return capacity_refuse(deed, entry.verdict, &entry.op, error);
}

/* ---- why not, and who may ---- */

/* Does a live role of the person permit the op? */
static enum copse_err capacity_permits(struct copse_practice_deed *deed, bool *out,
                                       const struct copse_id *person, const bool may[4])
{
    struct copse_standing *standing = NULL;
    enum copse_op_role role;
    *out = false;
    enum copse_err err =
        copse_standing_load(&standing, &deed->state, person, &deed->source, deed->practice->memory);
    if (err == COPSE_OK) {
        *out = copse_standing_role(&role, standing) && may[role];
        copse_standing_free(standing);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static void capacity_append(char out[COPSE_CAPACITY_WHO_BYTES], const char *text,
                            struct copse_slice name)
{
    size_t size = strlen(out);
    size_t shown = name.size < NAME_BYTES ? name.size : NAME_BYTES;
    while (shown > 0 && shown < name.size && (name.data[shown] & 0xc0u) == 0x80u) {
        shown--; /* not within a character */
    }
    int more = snprintf(out + size, COPSE_CAPACITY_WHO_BYTES - size, "%s%.*s", text, (int)shown,
                        shown > 0 ? (const char *)name.data : "");
    if (more < 0 || (size_t)more >= COPSE_CAPACITY_WHO_BYTES - size) {
        out[size] = '\0'; /* what does not fit as a whole is left out */
    }
}

static enum copse_err capacity_name_holders(struct copse_practice_deed *deed,
                                            char out[COPSE_CAPACITY_WHO_BYTES], const bool may[4])
{
    struct copse_state_cursor cursor;
    struct copse_id person;
    size_t count = 0;
    enum copse_err err = COPSE_OK;
    copse_standing_open_people(&cursor);
    while (count <= NAMES_MAX &&
           (err = copse_standing_next_person(&person, &cursor, &deed->state)) == COPSE_OK) {
        struct copse_slice name = {NULL, 0};
        bool permits = false;
        bool is_claimed = false;
        err = capacity_permits(deed, &permits, &person, may);
        if (err == COPSE_OK && permits) {
            err = copse_who_name(deed, &name, &is_claimed, &person);
        }
        if (err != COPSE_OK) {
            return err;
        }
        if (permits && ++count <= NAMES_MAX) {
            capacity_append(out, count == 1 ? ": " : ", ",
                            name.size > 0 ? name : copse_bytes_of_string("somebody"));
        } else if (permits) {
            capacity_append(out, " and others", (struct copse_slice){NULL, 0});
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_capacity_who_may(struct copse_practice_deed *deed,
                                      char out[COPSE_CAPACITY_WHO_BYTES], const struct copse_op *op)
{
    static const struct copse_permission_rules no_rules;
    const struct copse_commons *commons = NULL;
    bool may[4] = {false, false, false, false};
    size_t left = 0;
    out[0] = '\0';
    enum copse_err err = copse_capacity_commons(deed, &commons);
    if (err != COPSE_OK) {
        return err;
    }
    const struct copse_commons_charter *charter = copse_commons_in_force(commons);
    for (size_t role = 0; role < 4; role++) {
        may[role] = copse_permission_judge((enum copse_op_role)role, op,
                                           charter == NULL ? &no_rules : &charter->rules) !=
                    COPSE_VERDICT_NOT_PERMITTED;
        left += may[role];
    }
    for (size_t role = 0; role < 4; role++) {
        if (may[role]) {
            bool is_first = out[0] == '\0';
            left--;
            capacity_append(
                out,
                is_first   ? ""
                : left > 0 ? ", "
                           : " and ",
                copse_bytes_of_string(copse_capacity_role_name((enum copse_op_role)role)));
            capacity_append(out, "s", (struct copse_slice){NULL, 0});
        }
    }
    return capacity_name_holders(deed, out, may);
}

/* Why nothing counts any more, and, where it is not for others to help, what to do. */
static const struct capacity_reason {
    enum copse_verdict verdict;
    const char *text;
    const char *next;
} capacity_reasons[] = {
    {COPSE_VERDICT_FROZEN,
     "this identity wrote in more than 16 places at once and is stopped until that is repaired",
     "copse fork repair gives this machine a key of its own"},
    {COPSE_VERDICT_WITHDRAWN,
     "this device was given up, or you have left: what it writes counts nowhere",
     "copse fork repair makes it a device again; after leaving, an invitation brings you back"},
    {COPSE_VERDICT_LEFT, "this device has left the community: what it writes counts nowhere", NULL},
    {COPSE_VERDICT_ENDED, "your role here has ended: what you write now would count nowhere", NULL},
    {COPSE_VERDICT_TERM_OVER, "your term here is over: what you write now would count nowhere",
     NULL},
};

static const struct capacity_reason *capacity_reason(enum copse_verdict verdict)
{
    static const struct capacity_reason other = {
        COPSE_VERDICT_NO_GRANT,
        "you hold no role in this community: what you write would count nowhere", NULL};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(capacity_reasons); i++) {
        if (capacity_reasons[i].verdict == verdict) {
            return &capacity_reasons[i];
        }
    }
    return &other;
}

static enum copse_err capacity_refuse(struct copse_practice_deed *deed, enum copse_verdict verdict,
                                      const struct copse_op *op, struct copse_error *error)
{
    /* Guests are let in by whoever may make members; an end is for those who may end. */
    static const struct copse_op welcome = {.kind = COPSE_OP_GRANT, .role = COPSE_OP_MEMBER};
    static const struct copse_op ending = {.kind = COPSE_OP_REMOVE, .to = COPSE_OP_TO_NONE};
    char who[COPSE_CAPACITY_WHO_BYTES];
    bool is_role = verdict == COPSE_VERDICT_NOT_PERMITTED;
    bool is_guest = is_role && op->kind >= COPSE_OP_CREATE;
    enum copse_err err = copse_capacity_who_may(deed, who,
                                                is_guest  ? &welcome
                                                : is_role ? op
                                                          : &ending);
    if (err != COPSE_OK) {
        return err;
    }
    if (is_guest) {
        return copse_error_set(error, COPSE_ERR_REFUSED,
                               "you are a guest here: you can read, and write once you are a "
                               "member; ask %s",
                               who);
    }
    if (is_role) {
        return copse_error_set(error, COPSE_ERR_REFUSED,
                               "your role does not allow this; it is for %s", who);
    }
    const struct capacity_reason *reason = capacity_reason(verdict);
    bool is_own = reason->next != NULL;
    return copse_error_set(error, COPSE_ERR_REFUSED, "%s; %s%s", reason->text, is_own ? "" : "ask ",
                           is_own ? reason->next : who);
}
