/* How it works: a branch knows which branch it leaves and at which seq its own entries begin, so
 * whether one position reaches another is a walk from branch to parent, lowering the seq on the
 * way to where each one was left. Parents have smaller numbers or are as early, so it ends.
 */
#include "protocol/entry/log.h"

#include <string.h>

/* Does this branch begin at the start of the log? */
static bool is_first(const struct copse_log *log, uint32_t branch)
{
    return log->branches[branch].parent == branch;
}

enum copse_err copse_log_append(struct copse_log *log, uint32_t *branch,
                                const struct copse_position *prev, const struct copse_id *id)
{
    uint32_t seq = prev == NULL ? 0 : prev->seq + 1;
    if (prev != NULL) {
        COPSE_ASSERT(prev->branch < log->branch_count);
        struct copse_log_branch *extended = &log->branches[prev->branch];
        COPSE_ASSERT(prev->seq <= extended->last_seq);
        if (extended->last_seq == prev->seq) {
            extended->last_seq = seq;
            extended->leaf = *id;
            *branch = prev->branch;
            return COPSE_OK;
        }
    }
    if (log->branch_count == COPSE_LOG_BRANCHES_MAX) {
        return COPSE_ERR_LIMIT;
    }
    uint32_t fresh = log->branch_count++;
    log->branches[fresh] = (struct copse_log_branch){
        .parent = prev == NULL ? fresh : prev->branch,
        .first_seq = seq,
        .last_seq = seq,
        .first = *id,
        .leaf = *id,
    };
    *branch = fresh;
    return COPSE_OK;
}

bool copse_log_reaches(const struct copse_log *log, const struct copse_position *a,
                       const struct copse_position *b)
{
    if (a->log != b->log || a->seq > b->seq) {
        return false;
    }
    uint32_t branch = b->branch;
    /* On the way from b to the start, the entries of `branch` that are passed end at `seq`. */
    uint32_t seq = b->seq;
    for (uint32_t steps = 0; steps <= log->branch_count; steps++) {
        COPSE_ASSERT(branch < log->branch_count);
        if (branch == a->branch) {
            return a->seq <= seq;
        }
        if (is_first(log, branch)) {
            return false;
        }
        seq = log->branches[branch].first_seq - 1;
        branch = log->branches[branch].parent;
    }
    return false;
}

/* The lowest seq at which two entries differ: where a branch leaves another, or begins beside it.
 */
bool copse_log_is_frozen(uint32_t *fork_seq, const struct copse_log *log)
{
    if (log->branch_count <= COPSE_LOG_LEAVES_MAX) {
        return false;
    }
    uint32_t lowest = UINT32_MAX;
    bool has_first = false;
    for (uint32_t i = 0; i < log->branch_count; i++) {
        if (is_first(log, i) && !has_first) {
            has_first = true;
            continue;
        }
        if (log->branches[i].first_seq < lowest) {
            lowest = log->branches[i].first_seq;
        }
    }
    *fork_seq = lowest;
    return true;
}

/* Is branch `a` of a higher fork than `b`, or of two alike that with the larger id? */
static bool is_higher(const struct copse_log *log, uint32_t a, uint32_t b)
{
    const struct copse_log_branch *x = &log->branches[a];
    const struct copse_log_branch *y = &log->branches[b];
    return x->first_seq > y->first_seq ||
           (x->first_seq == y->first_seq && copse_bytes_compare_ids(&x->first, &y->first) > 0);
}

/* A branch begins above the one that it leaves, so nothing leaves the one that begins highest. */
uint32_t copse_log_surplus(const struct copse_log *log, uint32_t spared)
{
    uint32_t worst = log->branch_count;
    uint32_t all = (UINT32_C(1) << log->branch_count) - 1;
    if (log->branch_count <= COPSE_LOG_LEAVES_MAX + 1) {
        return worst;
    }
    spared = (spared & all) == all ? 0 : spared;
    for (uint32_t i = 0; i < log->branch_count; i++) {
        bool is_spared = (spared & UINT32_C(1) << i) != 0;
        if (!is_spared && (worst == log->branch_count || is_higher(log, i, worst))) {
            worst = i;
        }
    }
    return worst;
}
