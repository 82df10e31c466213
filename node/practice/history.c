/* How it works: one reading of class 0 gives the acts about the person and all endings in the
 * community, since why an act does not count is often an ending of its author. */
#include "node/practice/history.h"

#include "node/practice/act.h"
#include "node/practice/capacity.h"
#include "node/practice/seniority.h"
#include "protocol/entry/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define KINDS                                                                                      \
    (COPSE_HISTORY_ENDINGS | COPSE_ANNALS_KIND(COPSE_OP_GENESIS) |                                 \
     COPSE_ANNALS_KIND(COPSE_OP_JOIN) | COPSE_ANNALS_KIND(COPSE_OP_GRANT) |                        \
     COPSE_ANNALS_KIND(COPSE_OP_INVITE) | COPSE_ANNALS_KIND(COPSE_OP_ACCEPT) |                     \
     COPSE_ANNALS_KIND(COPSE_OP_LEAVE) | COPSE_ANNALS_KIND(COPSE_OP_DEVICE_REVOKE) |               \
     COPSE_ANNALS_KIND(COPSE_OP_ASSENT))

/* What one walk knows. */
struct history {
    struct copse_practice_deed *deed;
    const struct copse_commons *commons;
    const struct copse_id *person;
    struct copse_annals record;
    struct copse_standing *standing; /* of the person; NULL: nobody knows them */
    struct copse_builder text;
    struct copse_builder why;
};

/* ---- which acts ---- */

/* Of grants and JOINs only the person's own are read; of endings all. */
static bool history_wants(void *context, const struct copse_held *held, const struct copse_op *op)
{
    const struct history *history = context;
    (void)held;
    return (op->kind != COPSE_OP_GRANT && op->kind != COPSE_OP_JOIN) ||
           copse_bytes_equal_ids(&op->target, history->person);
}

bool copse_history_names(const struct copse_annals_act *act, const struct copse_id *grant,
                         const struct copse_id *person)
{
    return act->op.kind == COPSE_OP_REVOKE ? copse_op_names(act->op.ids, grant)
                                           : copse_bytes_equal_ids(&act->op.target, person);
}

/* Is it a grant or JOIN of the person? */
static bool history_is_theirs(const struct history *history, const struct copse_annals_act *act)
{
    return (act->op.kind == COPSE_OP_GRANT || act->op.kind == COPSE_OP_JOIN) &&
           copse_bytes_equal_ids(&act->op.target, history->person);
}

/* A REVOKE is about the person when it names one of their grants, or a door they came in by and
 * does not keep them. */
static bool history_revokes(const struct history *history, const struct copse_annals_act *act)
{
    for (size_t i = 0; i < history->record.count; i++) {
        const struct copse_annals_act *grant = &history->record.acts[i];
        if (!history_is_theirs(history, grant)) {
            continue;
        }
        if (copse_op_names(act->op.ids, &grant->held.id) ||
            (grant->op.kind == COPSE_OP_JOIN &&
             copse_op_names(act->op.ids, &grant->held.trail.under.grant) &&
             !copse_op_names(act->op.keep, &grant->held.id))) {
            return true;
        }
    }
    return false;
}

static bool history_is_about(const struct history *history, const struct copse_annals_act *act)
{
    const struct copse_annals_act *other;
    switch ((unsigned)act->op.kind) {
    case COPSE_OP_GENESIS:
        return copse_op_names(act->op.ids, history->person);
    case COPSE_OP_REVOKE:
        return history_revokes(history, act);
    case COPSE_OP_LEAVE:
    case COPSE_OP_DEVICE_REVOKE:
        return copse_bytes_equal_ids(&act->person, history->person);
    case COPSE_OP_ASSENT:
    case COPSE_OP_ACCEPT:
        other = copse_annals_find(&history->record, &act->op.target);
        return other != NULL && other->op.kind != COPSE_OP_INVITE &&
               (other->op.kind == COPSE_OP_REVOKE
                    ? history_revokes(history, other)
                    : copse_bytes_equal_ids(&other->op.target, history->person));
    case COPSE_OP_INVITE:
        return false;
    default:
        return copse_bytes_equal_ids(&act->op.target, history->person);
    }
}

/* ---- what happened ---- */

static void history_date(struct copse_builder *out, uint64_t hlc)
{
    char text[16] = "";
    time_t seconds = (time_t)(copse_clock_ms(hlc) / 1000u);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) != NULL) {
        (void)strftime(text, sizeof(text), "%Y-%m-%d", &parts);
    }
    copse_builder_text(out, text);
}

static enum copse_err history_name(struct history *history, struct copse_builder *out,
                                   const struct copse_id *person, const char *after)
{
    enum copse_err err = copse_seniority_name(history->deed, out, person);
    copse_builder_text(out, after);
    return err;
}

static const char *history_article(enum copse_op_role role)
{
    static const char *const names[] = {"a coordinator", "a moderator", "a member", "a guest"};
    return names[role];
}

static enum copse_err history_say_join(struct history *history, const struct copse_annals_act *act)
{
    struct copse_builder *out = &history->text;
    const struct copse_annals_act *door =
        copse_annals_find(&history->record, &act->held.trail.under.grant);
    enum copse_err err = history_name(history, out, &act->op.target, "");
    if (act->op.over.count > 0) {
        copse_builder_text(out, " came back");
    } else if (door != NULL && door->op.kind == COPSE_OP_INVITE) {
        copse_builder_text(out, " joined as ");
        copse_builder_text(out, history_article(door->op.role));
        copse_builder_text(out, ", by an invitation of ");
        err = err == COPSE_OK ? history_name(history, out, &door->person, "") : err;
    } else {
        copse_builder_text(out, " came in with a device");
    }
    return err;
}

static enum copse_err history_say_grant(struct history *history, const struct copse_annals_act *act)
{
    struct copse_builder *out = &history->text;
    enum copse_err err = history_name(history, out, &act->person, " made ");
    if (err == COPSE_OK) {
        err = history_name(history, out, &act->op.target, " ");
    }
    copse_builder_text(out, history_article(act->op.role));
    if (act->op.has_until) {
        copse_builder_text(out, " until ");
        history_date(out, act->op.until - 1); /* the last day of it */
    }
    copse_builder_text(out, act->op.over.count > 0 ? " again, in spite of an earlier removal" : "");
    return err;
}

static enum copse_err history_say_revoke(struct history *history,
                                         const struct copse_annals_act *act)
{
    struct copse_builder *out = &history->text;
    enum copse_err err = history_name(history, out, &act->person, "");
    switch (act->op.reason) {
    case COPSE_OP_REASON_TERM:
        copse_builder_text(out, " noted that a term was over: of ");
        break;
    case COPSE_OP_REASON_DOOR:
        copse_builder_text(out, " closed the invitation, without keeping ");
        break;
    case COPSE_OP_REASON_OTHER:
        copse_builder_text(out, " ended a role of ");
        break;
    }
    return err == COPSE_OK ? history_name(history, out, history->person, "") : err;
}

static enum copse_err history_say_leave(struct history *history, const struct copse_annals_act *act)
{
    const char *text = " left with one device; others of theirs go on";
    if (act->op.is_root_signed) {
        text = act->op.to == COPSE_OP_TO_NONE ? " left" : " stepped down to member";
    }
    return history_name(history, &history->text, &act->person, text);
}

/* "A verb P" for the acts that read so. */
static const struct {
    enum copse_op_kind kind;
    enum copse_op_removal to;
    const char *what;
    const char *before;
    const char *after;
} history_plain[] = {
    {COPSE_OP_REMOVE, COPSE_OP_TO_NONE, "removed", " removed ", ""},
    {COPSE_OP_REMOVE, COPSE_OP_TO_MEMBER, "removed", " left ", " no role but that of a member"},
    {COPSE_OP_REMOVE, COPSE_OP_TO_MODERATOR, "removed", " left ",
     " no role above that of a moderator"},
    {COPSE_OP_RECALL, COPSE_OP_TO_NONE, "recalled", " spoke for recalling ", ""},
    {COPSE_OP_ASSENT, COPSE_OP_TO_NONE, "assented", " agreed to the recall of ", ""},
    {COPSE_OP_ACCEPT, COPSE_OP_TO_NONE, "accepted", " let more stand of what was cut off of ", ""},
    {COPSE_OP_GENESIS, COPSE_OP_TO_NONE, "founded", " founded the community, naming as a founder ",
     ""},
};

static enum copse_err history_say(struct history *history, const char **what,
                                  const struct copse_annals_act *act)
{
    switch ((unsigned)act->op.kind) {
    case COPSE_OP_JOIN:
        *what = "joined";
        return history_say_join(history, act);
    case COPSE_OP_GRANT:
        *what = "granted";
        return history_say_grant(history, act);
    case COPSE_OP_REVOKE:
        *what = "revoked";
        return history_say_revoke(history, act);
    case COPSE_OP_LEAVE:
        *what = "left";
        return history_say_leave(history, act);
    case COPSE_OP_DEVICE_REVOKE:
        *what = "gave_up_device";
        return history_name(history, &history->text, &act->person, " gave up a device");
    default:
        break;
    }
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(history_plain); i++) {
        if (history_plain[i].kind == act->op.kind && history_plain[i].to == act->op.to) {
            *what = history_plain[i].what;
            enum copse_err err =
                history_name(history, &history->text, &act->person, history_plain[i].before);
            return err == COPSE_OK ? history_name(history, &history->text, history->person,
                                                  history_plain[i].after)
                                   : err;
        }
    }
    *what = "other";
    return COPSE_OK;
}

/* ---- why ---- */

struct copse_history_voices copse_history_voices_of(const struct copse_annals *record,
                                                    const struct copse_annals_act *recall,
                                                    size_t founders)
{
    struct copse_id seen[COPSE_OP_FOUNDERS_MAX];
    struct copse_history_voices out = {0, founders < 3 ? 2 : (founders - 1) / 2 + 1};
    out.needed = out.needed < 2 ? 2 : out.needed;
    for (size_t i = 0; i < record->count; i++) {
        const struct copse_annals_act *act = &record->acts[i];
        bool speaks = act == recall || (act->op.kind == COPSE_OP_ASSENT &&
                                        copse_bytes_equal_ids(&act->op.target, &recall->held.id));
        bool is_new = speaks && copse_annals_counts(act) && out.voices < COPSE_ARRAY_SIZE(seen);
        for (size_t k = 0; is_new && k < out.voices; k++) {
            is_new = !copse_bytes_equal_ids(&seen[k], &act->person);
        }
        if (is_new) {
            seen[out.voices++] = act->person;
        }
    }
    return out;
}

/* The ending, of all that count and name a grant, that was written under the most senior one. */
static enum copse_err history_ending_of(struct history *history,
                                        const struct copse_annals_act **out,
                                        const struct copse_seniority_grant *grant)
{
    struct copse_seniority_grant best = *grant;
    *out = NULL;
    for (size_t i = 0; i < history->record.count; i++) {
        const struct copse_annals_act *act = &history->record.acts[i];
        int order = -1;
        if ((COPSE_HISTORY_ENDINGS & COPSE_ANNALS_KIND(act->op.kind)) == 0 ||
            !copse_annals_counts(act) || !copse_history_names(act, &grant->grant, &grant->person)) {
            continue;
        }
        struct copse_seniority_grant under = {act->held.trail.under.grant, act->person};
        enum copse_err err =
            act->op.kind == COPSE_OP_RECALL
                ? COPSE_OK
                : copse_seniority_compare(history->deed, &order, NULL, &under, &best);
        if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
            return err;
        }
        if (err == COPSE_OK && order < 0) {
            best = under;
            *out = act;
        }
    }
    return COPSE_OK;
}

/* Why an act that came too late for its author does not count. */
static enum copse_err history_explain_ended(struct history *history,
                                            const struct copse_annals_act *act)
{
    struct copse_builder *why = &history->why;
    const struct copse_annals_act *ending = NULL;
    struct copse_seniority_grant under = {act->held.trail.under.grant, act->person};
    int order = 0;
    enum copse_err err = history_ending_of(history, &ending, &under);
    if (err != COPSE_OK || ending == NULL) {
        copse_builder_text(why, "the role it was done under had ended");
        return err;
    }
    copse_builder_text(why, "it does not count: ");
    err = history_name(history, why, &ending->person, " ended the role of ");
    if (err == COPSE_OK) {
        err = history_name(history, why, &act->person, ", and this is past what that lets stand");
    }
    if (err != COPSE_OK || ending->op.kind == COPSE_OP_RECALL) {
        return err;
    }
    struct copse_seniority_grant senior = {ending->held.trail.under.grant, ending->person};
    copse_builder_text(why, "; ");
    err = history_name(history, why, &ending->person, " is senior: ");
    return err == COPSE_OK ? copse_seniority_compare(history->deed, &order, why, &senior, &under)
                           : err;
}

static enum copse_err history_explain_senior(struct history *history,
                                             const struct copse_annals_act *act)
{
    struct copse_builder *why = &history->why;
    int order = 0;
    if (copse_bytes_equal_ids(&act->person, history->person)) {
        copse_builder_text(why, "it does not count: nobody removes themself");
        return COPSE_OK;
    }
    if (history->standing == NULL || history->standing->unit_count == 0) {
        copse_builder_text(why, "it does not count: the role did not allow it");
        return COPSE_OK;
    }
    struct copse_seniority_grant under = {act->held.trail.under.grant, act->person};
    struct copse_seniority_grant theirs = {history->standing->units[0].grant, *history->person};
    copse_builder_text(why, "it does not count: ");
    enum copse_err err = copse_seniority_compare(history->deed, &order, why, &theirs, &under);
    return err;
}

/* Of a grant that counts: does it still hold, and if not, who ended it? */
static enum copse_err history_explain_grant(struct history *history,
                                            const struct copse_annals_act *act)
{
    struct copse_builder *why = &history->why;
    const struct copse_annals_act *ending = NULL;
    struct copse_seniority_grant grant = {act->held.id, *history->person};
    bool is_ended = false;
    bool is_over =
        act->op.kind == COPSE_OP_GRANT && act->op.has_until &&
        act->op.until <=
            copse_clock_of_ms(history->deed->practice->now_ms(history->deed->practice->context));
    for (size_t i = 0; history->standing != NULL && i < history->standing->unit_count; i++) {
        is_ended =
            is_ended || (history->standing->units[i].is_ended &&
                         copse_bytes_equal_ids(&history->standing->units[i].grant, &act->held.id));
    }
    copse_builder_text(why, !is_ended && is_over ? "it counts; the term is over" : "it counts");
    if (!is_ended) {
        return COPSE_OK;
    }
    enum copse_err err = history_ending_of(history, &ending, &grant);
    copse_builder_text(why, "; what it gave has ended");
    if (err == COPSE_OK && ending != NULL) {
        copse_builder_text(why, ", by ");
        err = history_name(history, why, &ending->person, " on ");
        history_date(why, ending->held.entry.hlc);
    }
    return err;
}

static void history_explain_recall(struct history *history, const struct copse_annals_act *act)
{
    struct copse_history_voices voices =
        copse_history_voices_of(&history->record, act, history->commons->founder_count);
    copse_builder_format(&history->why, "%s: %zu of the %zu founders' voices it needs",
                         voices.voices >= voices.needed ? "it is in effect" : "not in effect",
                         voices.voices, voices.needed);
}

/* A removal that a later grant has overcome? */
static bool history_is_overcome(const struct history *history, const struct copse_annals_act *act)
{
    for (size_t i = 0; i < history->record.count; i++) {
        const struct copse_annals_act *grant = &history->record.acts[i];
        if (grant->op.kind != COPSE_OP_GRANT || !copse_annals_counts(grant) ||
            !copse_op_names(grant->op.over, &act->held.id)) {
            continue;
        }
        for (size_t k = 0; history->standing != NULL && k < history->standing->unit_count; k++) {
            if (!history->standing->units[k].is_ended &&
                copse_bytes_equal_ids(&history->standing->units[k].grant, &grant->held.id)) {
                return true;
            }
        }
    }
    return false;
}

static enum copse_err history_explain(struct history *history, const struct copse_annals_act *act)
{
    if (act->op.kind == COPSE_OP_RECALL && copse_annals_counts(act)) {
        history_explain_recall(history, act);
        return COPSE_OK;
    }
    if (copse_annals_counts(act) &&
        (act->op.kind == COPSE_OP_GRANT || act->op.kind == COPSE_OP_JOIN)) {
        return history_explain_grant(history, act);
    }
    if (copse_annals_counts(act)) {
        copse_builder_text(&history->why,
                           act->op.kind == COPSE_OP_REMOVE && history_is_overcome(history, act)
                               ? "it counts; a later decision let them come back"
                               : "it counts");
        return COPSE_OK;
    }
    if (act->verdict == COPSE_VERDICT_ENDED) {
        return history_explain_ended(history, act);
    }
    if (act->verdict == COPSE_VERDICT_NOT_PERMITTED && act->op.kind == COPSE_OP_REMOVE) {
        return history_explain_senior(history, act);
    }
    copse_builder_format(&history->why, "it does not count: this %s",
                         copse_verdict_text(act->verdict));
    return COPSE_OK;
}

/* ---- the walk ---- */

static enum copse_err history_tell(struct history *history, const struct copse_annals_act *act,
                                   copse_history_tell *tell, void *context)
{
    struct copse_history_item item = {.act = act, .reason = copse_act_reason(&act->held)};
    copse_builder_clear(&history->text);
    copse_builder_clear(&history->why);
    enum copse_err err = history_say(history, &item.what, act);
    if (err == COPSE_OK) {
        err = history_explain(history, act);
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err; /* a way to the founders is not here */
    }
    if (err == COPSE_OK) {
        err = copse_builder_end(&item.text, &history->text);
    }
    if (err == COPSE_OK) {
        err = copse_builder_end(&item.why, &history->why);
    }
    if (err == COPSE_OK) {
        tell(context, &item);
    }
    return err;
}

enum copse_err copse_history_walk(struct copse_practice_deed *deed, const struct copse_id *person,
                                  copse_history_tell *tell, void *context)
{
    struct history history = {.deed = deed, .person = person};
    copse_builder_init(&history.text, deed->practice->memory);
    copse_builder_init(&history.why, deed->practice->memory);
    enum copse_err err = copse_capacity_commons(deed, &history.commons);
    if (err == COPSE_OK) {
        err = copse_annals_read(deed, &history.record, KINDS, history_wants, &history);
    }
    if (err == COPSE_OK) {
        err = copse_standing_load(&history.standing, &deed->state, person, &deed->source,
                                  deed->practice->memory);
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    for (size_t i = 0; err == COPSE_OK && i < history.record.count; i++) {
        if (history_is_about(&history, &history.record.acts[i])) {
            err = history_tell(&history, &history.record.acts[i], tell, context);
        }
    }
    copse_standing_free(history.standing);
    copse_annals_deinit(&history.record);
    copse_builder_deinit(&history.text);
    copse_builder_deinit(&history.why);
    return err;
}
