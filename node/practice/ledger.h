/* The ledger: who did what to what, when, why, and whether it still holds. All members read it. */
#ifndef COPSE_NODE_PRACTICE_LEDGER_H
#define COPSE_NODE_PRACTICE_LEDGER_H

#include "node/practice/annals.h"

struct copse_ledger_line {
    const struct copse_annals_act
        *act;               /* REMOVE, a GRANT that readmits, ERASE, and those of moderation.h */
    struct copse_id target; /* the first one of several */
    size_t targets;
    struct copse_slice tag;                /* BAR, UNBAR; size 0: not here */
    struct copse_slice reason;             /* size 0: not given, or not here */
    bool is_in_force;                      /* of what undoes, and APPROVE: it counts */
    const struct copse_annals_act *undone; /* by which act; NULL: by none */
};
typedef enum copse_err copse_ledger_tell(void *context, const struct copse_ledger_line *line);

/* Tell at most `max` lines, the newest first; what `tell` gives ends it. Cost: O(class 0), and for
 * each line O(acts on its target). */
enum copse_err copse_ledger_read(struct copse_practice_deed *deed, size_t max,
                                 copse_ledger_tell *tell, void *context) COPSE_MUST_CHECK;

#endif
