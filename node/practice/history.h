/* The history of a person's roles: every act about them, whether it counts, and why, in words. */
#ifndef COPSE_NODE_PRACTICE_HISTORY_H
#define COPSE_NODE_PRACTICE_HISTORY_H

#include "node/practice/annals.h"
#include "node/practice/builder.h"

/* One act. Slices are borrowed until the teller returns. */
struct copse_history_item {
    const struct copse_annals_act *act;
    const char *what;          /* a word for programs: "granted", "removed" ... (history.c) */
    struct copse_slice text;   /* "Ana Ruiz made Ben Ode a coordinator" */
    struct copse_slice why;    /* why it counts or not, one sentence without a full stop */
    struct copse_slice reason; /* in the words of who did it; size 0: none */
};
typedef void copse_history_tell(void *context, const struct copse_history_item *item);

/* Tell all acts about a person, the oldest first. COPSE_OK or a fault. Cost: O(class 0). */
enum copse_err copse_history_walk(struct copse_practice_deed *deed, const struct copse_id *person,
                                  copse_history_tell *tell, void *context) COPSE_MUST_CHECK;

/* How far a recall has come. Source: SPEC 7.12. */
struct copse_history_voices {
    size_t voices; /* founders who speak for it */
    size_t needed;
};
struct copse_history_voices copse_history_voices_of(const struct copse_annals *record,
                                                    const struct copse_annals_act *recall,
                                                    size_t founders);

/* Does an act (REMOVE, REVOKE, RECALL) name this grant of this person as one that it would end? */
bool copse_history_names(const struct copse_annals_act *act, const struct copse_id *grant,
                         const struct copse_id *person);

/* The acts that concern membership: what copse_annals_read is asked for. */
#define COPSE_HISTORY_ENDINGS                                                                      \
    (COPSE_ANNALS_KIND(COPSE_OP_REMOVE) | COPSE_ANNALS_KIND(COPSE_OP_REVOKE) |                     \
     COPSE_ANNALS_KIND(COPSE_OP_RECALL))

#endif
