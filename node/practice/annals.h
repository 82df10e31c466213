/* The annals: acts of class 0 as they were written, with the judge's word on each.
 *
 * What membership, roles, invitations and rules came to be by. Everything in it is borrowed from
 * the deed's transaction: read, keep ids, and write last.
 */
#ifndef COPSE_NODE_PRACTICE_ANNALS_H
#define COPSE_NODE_PRACTICE_ANNALS_H

#include "node/practice/practice.h"

#define COPSE_ANNALS_KIND(kind) (UINT64_C(1) << (kind))

struct copse_annals_act {
    struct copse_held held;
    struct copse_op op;
    struct copse_id person; /* who did it; zeros: a stranger */
    enum copse_op_role role;
    enum copse_verdict verdict;
};

/* Rising by hlc, then id. Begin with zeros; the caller deinits. */
struct copse_annals {
    const struct copse_memory *memory;
    struct copse_annals_act *acts;
    size_t count;
    size_t capacity;
};

/* Is the act wanted? Asked before it is judged. NULL: all of the kinds. */
typedef bool copse_annals_wants(void *context, const struct copse_held *held,
                                const struct copse_op *op);

/* All acts of some kinds (a sum of COPSE_ANNALS_KIND) that are held. COPSE_OK or a fault. Cost:
 * O(class 0), and one judgement for each that is wanted. */
enum copse_err copse_annals_read(struct copse_practice_deed *deed, struct copse_annals *out,
                                 uint64_t kinds, copse_annals_wants *wants,
                                 void *context) COPSE_MUST_CHECK;
void copse_annals_deinit(struct copse_annals *record);

/* By id; NULL: not in it. */
const struct copse_annals_act *copse_annals_find(const struct copse_annals *record,
                                                 const struct copse_id *id);

/* Does an act count? */
bool copse_annals_counts(const struct copse_annals_act *act);

#endif
