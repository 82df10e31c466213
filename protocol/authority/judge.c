/* How it works: who wrote it (line), under what (unit), in time (term), inside (fence), and with
 * the right to (permission, charter). The walk has said the rest: which own acts and voices
 * count, and which removals are void for whom they name.
 */
#include "protocol/authority/judge.h"

static bool has_id(const struct copse_id *ids, size_t count, const struct copse_id *id)
{
    for (size_t i = 0; i < count; i++) {
        if (copse_bytes_equal_ids(&ids[i], id)) {
            return true;
        }
    }
    return false;
}

static const struct copse_fence_line *line_of(const struct copse_standing *standing,
                                              const struct copse_id *join)
{
    size_t low = 0;
    size_t high = standing->line_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = copse_bytes_compare_ids(&standing->lines[middle].join, join);
        if (order == 0) {
            return &standing->lines[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static const struct copse_standing_unit *unit_of(const struct copse_standing *standing,
                                                 const struct copse_id *grant)
{
    size_t low = 0;
    size_t high = standing->unit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = copse_bytes_compare_ids(&standing->by_grant[middle]->grant, grant);
        if (order == 0) {
            return standing->by_grant[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* Is the op where it may be? SPEC 7.1: "A JOIN that is not the first entry of a log, and a GENESIS
 * that is not the genesis, are refused" */
static bool is_in_place(const struct copse_commons *commons, const struct copse_held *held,
                        const struct copse_op *op)
{
    bool is_genesis = copse_bytes_equal_ids(&held->id, &commons->community);
    if (is_genesis || op->kind == COPSE_OP_GENESIS) {
        return is_genesis && op->kind == COPSE_OP_GENESIS;
    }
    return op->kind != COPSE_OP_JOIN || held->entry.seq == 0;
}

/* Is the place in a log that the version names, but outside of its cut? */
static bool is_touched(const struct copse_standing_tight *tight,
                       const struct copse_fence_place *place)
{
    for (size_t i = 0; i < tight->set.count; i++) {
        if (tight->set.leaves[i].position.log == place->position.log) {
            return !copse_fence_inside(&tight->set, place);
        }
    }
    return false;
}

static enum copse_verdict judge_by_charter(const struct copse_standing *standing,
                                           const struct copse_commons *commons,
                                           const struct copse_standing_unit *unit,
                                           const struct copse_fence_place *place,
                                           const struct copse_held *held, const struct copse_op *op)
{
    const struct copse_commons_charter *cited =
        copse_commons_charter_of(commons, &held->trail.under.charter);
    if (cited == NULL) {
        cited = copse_commons_charter_of(commons, &commons->community);
    }
    if (cited == NULL) {
        return COPSE_VERDICT_NOT_PERMITTED; /* nothing counts without a genesis */
    }
    enum copse_verdict verdict = copse_permission_judge(unit->role, op, &cited->rules);
    for (size_t i = 0; i < standing->tight_count; i++) {
        const struct copse_standing_tight *tight = &standing->tights[i];
        if (!is_touched(tight, place) ||
            has_id(cited->above, cited->above_count, &tight->charter)) {
            continue;
        }
        const struct copse_commons_charter *also =
            copse_commons_charter_of(commons, &tight->charter);
        if (also != NULL) {
            verdict =
                copse_verdict_worse(verdict, copse_permission_judge(unit->role, op, &also->rules));
        }
    }
    return verdict;
}

static enum copse_verdict judge_permission(const struct copse_standing *standing,
                                           const struct copse_commons *commons,
                                           const struct copse_standing_unit *unit,
                                           const struct copse_fence_place *place,
                                           const struct copse_held *held, const struct copse_op *op)
{
    /* SPEC 7.1: "a unit of depth 255 makes no others" */
    bool is_too_deep =
        (op->kind == COPSE_OP_GRANT || op->kind == COPSE_OP_INVITE) && unit->depth == UINT8_MAX;
    if (is_too_deep || (op->kind == COPSE_OP_REMOVE &&
                        has_id(standing->denied, standing->denied_count, &held->id))) {
        return COPSE_VERDICT_NOT_PERMITTED;
    }
    if (copse_permission_class(unit->role) == 2) {
        return judge_by_charter(standing, commons, unit, place, held, op);
    }
    /* SPEC 7.11: "A charter never alters what a coordinator or moderator may do" */
    static const struct copse_permission_rules no_rules;
    return copse_permission_judge(unit->role, op, &no_rules);
}

/* Own acts and RECALLs: what counts of them, the walk knows. */
static bool is_counted_before(const struct copse_op *op)
{
    return op->is_root_signed || op->kind == COPSE_OP_RECALL;
}

static enum copse_verdict judge_unit(const struct copse_standing *standing,
                                     const struct copse_commons *commons,
                                     const struct copse_standing_unit *unit,
                                     const struct copse_fence_place *place,
                                     const struct copse_held *held, const struct copse_op *op)
{
    if (is_counted_before(op)) {
        enum copse_verdict verdict = copse_fence_judge_seniors(&unit->fence, place);
        return verdict == COPSE_VERDICT_HONOURED ? COPSE_VERDICT_NOT_PERMITTED : verdict;
    }
    /* SPEC 7.2: "its log time is below the until of the unit, if there is one" */
    if (held->trail.log_time >= unit->until) {
        return COPSE_VERDICT_TERM_OVER;
    }
    enum copse_verdict verdict = copse_fence_judge(&unit->fence, place);
    return verdict == COPSE_VERDICT_HONOURED
               ? judge_permission(standing, commons, unit, place, held, op)
               : verdict;
}

void copse_judge_entry(struct copse_judge_verdict *out, const struct copse_standing *standing,
                       const struct copse_commons *commons, const struct copse_source *source,
                       const struct copse_held *held, const struct copse_op *op)
{
    *out = (struct copse_judge_verdict){COPSE_VERDICT_REFUSED, NULL};
    if (op == NULL || copse_entry_has_unknown_ext(&held->entry) ||
        !is_in_place(commons, held, op)) {
        return;
    }
    const struct copse_log *log = source->log(source->context, held->position.log);
    const struct copse_fence_line *line =
        standing == NULL || log == NULL ? NULL : line_of(standing, &log->join);
    if (line == NULL) {
        out->verdict = COPSE_VERDICT_STRANGER;
        return;
    }
    /* A self-join cites the unit that it makes. */
    const struct copse_standing_unit *unit =
        op->kind == COPSE_OP_JOIN ? unit_of(standing, &held->id) : NULL;
    if (unit == NULL && held->trail.has_under) {
        unit = unit_of(standing, &held->trail.under.grant);
    }
    if (op->kind == COPSE_OP_GENESIS ||
        has_id(standing->counting, standing->counting_count, &held->id)) {
        *out = (struct copse_judge_verdict){COPSE_VERDICT_HONOURED, unit};
        return;
    }
    if (unit == NULL) {
        out->verdict = COPSE_VERDICT_NO_GRANT;
        return;
    }
    struct copse_fence_place place = {line, log, held->position};
    out->verdict = judge_unit(standing, commons, unit, &place, held, op);
    out->unit = out->verdict <= COPSE_VERDICT_WAITING ? unit : NULL;
}
