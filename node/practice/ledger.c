#include "node/practice/ledger.h"

#include "node/practice/act.h"
#include "node/practice/reading.h"
#include "protocol/rules/view_act.h"

#define ELEMENT 1u /* keys in the content of a BAR; SPEC 5.7 */
#define REASON 2u
#define KIND(kind) COPSE_ANNALS_KIND(COPSE_OP_##kind)
#define LEDGER_KINDS                                                                               \
    (KIND(REMOVE) | KIND(GRANT) | KIND(HIDE) | KIND(UNHIDE) | KIND(LOCK) | KIND(UNLOCK) |          \
     KIND(BAR) | KIND(UNBAR) | KIND(APPROVE) | KIND(ERASE))

/* Of the GRANTs only those that overcome something. */
static bool ledger_wants(void *context, const struct copse_held *held, const struct copse_op *op)
{
    (void)context;
    (void)held;
    return op->kind != COPSE_OP_GRANT || op->over.count > 0;
}

/* ---- does it hold? ---- */

struct search {
    const struct copse_id *act;
    bool is_in_force;
};

static enum copse_err ledger_note(void *context, const struct copse_view_act *act)
{
    struct search *search = context;
    if (copse_bytes_equal_ids(&act->entry.held.id, search->act)) {
        search->is_in_force = act->is_in_force;
    }
    return COPSE_OK;
}

/* Words that an ERASE names are gone only if it counts for them (SPEC 8.11). */
static enum copse_err ledger_is_erased(struct copse_practice_deed *deed, bool *out,
                                       const struct copse_op *op)
{
    struct copse_op_list targets = op->ids;
    struct copse_id id;
    *out = false;
    while (!*out && copse_op_next_id(&targets, &id)) {
        struct copse_view_entry entry;
        enum copse_err err = copse_view_load(deed->view, &entry, &id);
        *out = err == COPSE_OK && entry.words == COPSE_VIEW_ERASED;
        if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
            return err;
        }
    }
    return COPSE_OK;
}

static enum copse_err ledger_holds(struct copse_practice_deed *deed, bool *out,
                                   const struct copse_ledger_line *line)
{
    struct search search = {&line->act->held.id, false};
    enum copse_op_kind kind = line->act->op.kind;
    enum copse_err err = COPSE_OK;
    *out = copse_annals_counts(line->act);
    if (kind == COPSE_OP_HIDE || kind == COPSE_OP_LOCK || kind == COPSE_OP_BAR) {
        err = copse_view_act_each(deed->view, &line->target, kind, ledger_note, &search);
        *out = search.is_in_force;
    } else if (kind == COPSE_OP_ERASE) {
        err = ledger_is_erased(deed, out, &line->act->op);
    } else if (kind == COPSE_OP_UNHIDE) {
        *out = line->act->verdict <= COPSE_VERDICT_OWN_ONLY;
    }
    return err;
}

/* The act that names another one in over: the first that counts. */
static const struct copse_annals_act *ledger_undone(const struct copse_annals *annals,
                                                    const struct copse_id *act)
{
    for (size_t i = 0; i < annals->count; i++) {
        const struct copse_annals_act *other = &annals->acts[i];
        if (other->verdict <= COPSE_VERDICT_OWN_ONLY && copse_op_names(other->op.over, act)) {
            return other;
        }
    }
    return NULL;
}

/* ---- one line ---- */

static struct copse_slice ledger_text_at(struct copse_slice map, uint32_t key)
{
    struct copse_slice value;
    return copse_object_initial(&value, map, key) == COPSE_OK ? copse_reading_text(value)
                                                              : (struct copse_slice){NULL, 0};
}

static void ledger_words(struct copse_ledger_line *line)
{
    const struct copse_held *held = &line->act->held;
    line->reason = copse_act_reason(held);
    if (line->act->op.kind == COPSE_OP_BAR && held->content_state == COPSE_CONTENT_PRESENT) {
        line->tag = ledger_text_at(held->content, ELEMENT);
        line->reason = ledger_text_at(held->content, REASON);
    }
}

static void ledger_target(struct copse_ledger_line *line)
{
    struct copse_op_list ids = line->act->op.ids;
    line->target = line->act->op.target;
    line->targets = 1;
    if (line->act->op.kind == COPSE_OP_APPROVE || line->act->op.kind == COPSE_OP_ERASE) {
        line->targets = ids.count;
        (void)copse_op_next_id(&ids, &line->target);
    }
}

/* An UNBAR says what it is about by the BAR that it names. */
static void ledger_tag_of_undoing(struct copse_ledger_line *line, const struct copse_annals *annals)
{
    struct copse_op_list over = line->act->op.over;
    struct copse_id id;
    while (line->act->op.kind == COPSE_OP_UNBAR && line->tag.size == 0 &&
           copse_op_next_id(&over, &id)) {
        const struct copse_annals_act *bar = copse_annals_find(annals, &id);
        if (bar != NULL && bar->held.content_state == COPSE_CONTENT_PRESENT) {
            line->tag = ledger_text_at(bar->held.content, ELEMENT);
        }
    }
}

enum copse_err copse_ledger_read(struct copse_practice_deed *deed, size_t max,
                                 copse_ledger_tell *tell, void *context)
{
    struct copse_annals annals;
    enum copse_err err = copse_annals_read(deed, &annals, LEDGER_KINDS, ledger_wants, NULL);
    for (size_t i = annals.count; err == COPSE_OK && i > 0 && annals.count - i < max; i--) {
        struct copse_ledger_line line = {.act = &annals.acts[i - 1]};
        ledger_target(&line);
        ledger_words(&line);
        ledger_tag_of_undoing(&line, &annals);
        err = ledger_holds(deed, &line.is_in_force, &line);
        line.undone = ledger_undone(&annals, &line.act->held.id);
        if (err == COPSE_OK && line.undone != NULL &&
            (line.act->op.kind == COPSE_OP_REMOVE || line.act->op.kind == COPSE_OP_GRANT)) {
            line.is_in_force = false;
        } else if (line.is_in_force) {
            line.undone = NULL; /* by somebody who may not undo it */
        }
        if (err == COPSE_OK) {
            err = tell(context, &line);
        }
    }
    copse_annals_deinit(&annals);
    return err;
}
