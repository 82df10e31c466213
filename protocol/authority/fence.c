/* How it works: a log has few branches, so of many leaves in one log at most one for each
 * branch matters. reduce keeps those; asking is then a search for the log and a look at each.
 */
#include "protocol/authority/fence.h"

#include "protocol/base/sort.h"

#include <string.h>

/* The first leaf of a log at or above `log`. */
static size_t find_log(const struct copse_fence_set *set, uint64_t log)
{
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->leaves[middle].position.log < log) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool copse_fence_inside(const struct copse_fence_set *set, const struct copse_fence_place *place)
{
    uint64_t log = place->position.log;
    for (size_t i = find_log(set, log); i < set->count && set->leaves[i].position.log == log; i++) {
        if (copse_log_reaches(place->log, &place->position, &set->leaves[i].position)) {
            return true;
        }
    }
    return false;
}

static bool is_same(const struct copse_position *a, const struct copse_position *b)
{
    return a->log == b->log && a->branch == b->branch && a->seq == b->seq;
}

/* Has the device left before this, on this branch? */
static bool has_left(const struct copse_fence_place *place)
{
    const struct copse_fence_set *leaves = &place->line->leaves;
    for (size_t i = 0; i < leaves->count; i++) {
        const struct copse_position *leave = &leaves->leaves[i].position;
        if (leave->log == place->position.log && !is_same(leave, &place->position) &&
            copse_log_reaches(place->log, leave, &place->position)) {
            return true;
        }
    }
    return false;
}

static bool names_join(const struct copse_fence_group *group, const struct copse_id *join)
{
    size_t low = 0;
    size_t high = group->join_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = copse_bytes_compare_ids(&group->joins[middle], join);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

static const struct copse_fence_group *group_of(const struct copse_fence *fence,
                                                const struct copse_fence_line *line)
{
    for (size_t i = 1; i < fence->group_count; i++) {
        if (names_join(&fence->groups[i], &line->join)) {
            return &fence->groups[i];
        }
    }
    return fence->group_count > 0 ? &fence->groups[0] : NULL;
}

bool copse_fence_bears(const struct copse_fence *fence, const struct copse_fence_line *line)
{
    const struct copse_fence_group *group = group_of(fence, line);
    return group != NULL && group->wall_count > 0;
}

/* Is this outside of what counts in a frozen log? */
static bool is_frozen_out(const struct copse_fence *fence, const struct copse_fence_place *place)
{
    uint32_t fork_seq = 0;
    return copse_log_is_frozen(&fork_seq, place->log) && place->position.seq >= fork_seq &&
           !copse_fence_inside(&fence->accepted, place);
}

/* Sets *is_replaced: an ending bears on the line, so a freeze means nothing. */
static enum copse_verdict judge_endings(bool *is_replaced, const struct copse_fence *fence,
                                        const struct copse_fence_place *place)
{
    *is_replaced = false;
    if (has_left(place)) {
        return COPSE_VERDICT_LEFT;
    }
    if (!copse_fence_bears(fence, place->line)) {
        return COPSE_VERDICT_HONOURED;
    }
    const struct copse_fence_group *group = group_of(fence, place->line);
    *is_replaced = true;
    for (size_t i = 0; i < group->wall_count; i++) {
        if (!copse_fence_inside(&group->walls[i].set, place)) {
            return COPSE_VERDICT_ENDED;
        }
    }
    return COPSE_VERDICT_HONOURED;
}

enum copse_verdict copse_fence_judge_seniors(const struct copse_fence *fence,
                                             const struct copse_fence_place *place)
{
    bool is_replaced = false;
    enum copse_verdict verdict = judge_endings(&is_replaced, fence, place);
    if (verdict == COPSE_VERDICT_HONOURED && !is_replaced && is_frozen_out(fence, place)) {
        return COPSE_VERDICT_FROZEN;
    }
    return verdict;
}

enum copse_verdict copse_fence_judge(const struct copse_fence *fence,
                                     const struct copse_fence_place *place)
{
    bool is_replaced = false;
    enum copse_verdict verdict = judge_endings(&is_replaced, fence, place);
    if (verdict != COPSE_VERDICT_HONOURED) {
        return verdict;
    }
    for (size_t i = 0; i < fence->own_count; i++) {
        const struct copse_fence_wall *wall = &fence->own[i];
        if (wall->kind == COPSE_FENCE_DEVICE) {
            if (!copse_bytes_equal_ids(&wall->device, &place->line->device)) {
                continue;
            }
            is_replaced = true;
        }
        if (!copse_fence_inside(&wall->set, place)) {
            return COPSE_VERDICT_WITHDRAWN;
        }
    }
    if (!is_replaced && is_frozen_out(fence, place)) {
        return COPSE_VERDICT_FROZEN;
    }
    return COPSE_VERDICT_HONOURED;
}

/* ---- making sets ---- */

static int compare_leaves(const void *a, const void *b)
{
    const struct copse_position *x = &((const struct copse_fence_leaf *)a)->position;
    const struct copse_position *y = &((const struct copse_fence_leaf *)b)->position;
    if (x->log != y->log) {
        return x->log < y->log ? -1 : 1;
    }
    if (x->branch != y->branch) {
        return x->branch < y->branch ? -1 : 1;
    }
    return (x->seq > y->seq) - (x->seq < y->seq);
}

enum which { WHICH_LAST, WHICH_FIRST };

/* Does `a` make `b` superfluous? */
static bool covers(const struct copse_log *log, const struct copse_fence_leaf *a,
                   const struct copse_fence_leaf *b, enum which which)
{
    return which == WHICH_LAST ? copse_log_reaches(log, &b->position, &a->position)
                               : copse_log_reaches(log, &a->position, &b->position);
}

/* Of the leaves of one log, at most one for each branch, move to `out` those that no other covers.
 */
static size_t keep_needed(struct copse_fence_leaf *out, const struct copse_fence_leaf *leaves,
                          size_t count, const struct copse_log *log, enum which which)
{
    struct copse_fence_leaf one_each[COPSE_LOG_BRANCHES_MAX];
    COPSE_ASSERT(count <= COPSE_LOG_BRANCHES_MAX);
    memcpy(one_each, leaves, count * sizeof one_each[0]);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_needed = true;
        for (size_t k = 0; k < count && is_needed; k++) {
            is_needed = k == i || !covers(log, &one_each[k], &one_each[i], which);
        }
        if (is_needed) {
            out[kept++] = one_each[i];
        }
    }
    return kept;
}

static size_t reduce(struct copse_fence_leaf *leaves, size_t count,
                     const struct copse_source *source, enum which which)
{
    copse_sort(leaves, count, sizeof leaves[0], compare_leaves);
    size_t kept = 0;
    size_t start = 0;
    while (start < count) {
        uint64_t number = leaves[start].position.log;
        struct copse_fence_leaf one_each[COPSE_LOG_BRANCHES_MAX];
        size_t branches = 0;
        size_t end = start;
        for (; end < count && leaves[end].position.log == number; end++) {
            bool is_new =
                end == start || leaves[end].position.branch != leaves[end - 1].position.branch;
            if (is_new) {
                COPSE_ASSERT(branches < COPSE_LOG_BRANCHES_MAX);
                one_each[branches++] = leaves[end];
            } else if (which == WHICH_LAST) {
                one_each[branches - 1] = leaves[end];
            }
        }
        const struct copse_log *log = source->log(source->context, number);
        COPSE_ASSERT(log != NULL);
        kept += keep_needed(&leaves[kept], one_each, branches, log, which);
        start = end;
    }
    return kept;
}

size_t copse_fence_reduce(struct copse_fence_leaf *leaves, size_t count,
                          const struct copse_source *source)
{
    return reduce(leaves, count, source, WHICH_LAST);
}

size_t copse_fence_reduce_first(struct copse_fence_leaf *leaves, size_t count,
                                const struct copse_source *source)
{
    return reduce(leaves, count, source, WHICH_FIRST);
}
