/* Moderation: hiding, closing, keeping tags away, letting in what waits.
 *
 * Each act gives a reason, is undone by its opposite, and stands in a ledger that all members read
 * (ledger.h). A reader may look at what is hidden all the same, on their own node.
 *
 * Words:  act  HIDE, LOCK, BAR, or what undoes it: UNHIDE, UNLOCK, UNBAR; APPROVE (SPEC 8.10)
 */
#ifndef COPSE_NODE_PRACTICE_MODERATION_H
#define COPSE_NODE_PRACTICE_MODERATION_H

#include "node/practice/practice.h"

/* What is to be done. */
struct copse_moderation_plan {
    enum copse_op_kind kind; /* one of the acts above */
    struct copse_id target;  /* a thing, or an entry such as an edit of a page */
    struct copse_slice tag;  /* BAR, UNBAR: as typed */
    struct copse_slice reason;
};

/* Do it in an open deed. Sets *changed (false: it is so already, nothing was written) and *id to
 * the first entry written. COPSE_ERR_REFUSED: not permitted, or done by somebody whose act this
 * person may not undo; `error` says who may. COPSE_ERR_LIMIT: more people have written here than a
 * lock can name. COPSE_ERR_FORM: there is nothing on it that this can be done to. */
enum copse_err copse_moderation_act(struct copse_practice_deed *deed, bool *changed,
                                    struct copse_id *id, const struct copse_moderation_plan *plan,
                                    struct copse_error *error) COPSE_MUST_CHECK;

/* COPSE_ERR_REFUSED, naming the coordinators and moderators. */
enum copse_err copse_moderation_refuse(struct copse_practice_deed *deed,
                                       struct copse_error *error) COPSE_MUST_CHECK;

/* The act in force that hides a thing or entry: who and why, borrowed from the view.
 * COPSE_ERR_NOT_FOUND: none. */
struct copse_moderation_hidden {
    struct copse_id act;
    struct copse_id person;
    struct copse_slice reason;
};
enum copse_err copse_moderation_hidden(struct copse_practice_deed *deed,
                                       struct copse_moderation_hidden *out,
                                       const struct copse_id *target) COPSE_MUST_CHECK;

/* ---- what waits for approval ---- */

typedef enum copse_err copse_moderation_tell_waiting(void *context,
                                                     const struct copse_view_entry *entry);

/* Tell entries of class 1 that wait and are not hidden, log by log, the oldest first. Cost: O(class
 * 1) where some version of the rules makes anything wait, otherwise O(1). */
enum copse_err copse_moderation_waiting(struct copse_practice_deed *deed,
                                        copse_moderation_tell_waiting *tell,
                                        void *context) COPSE_MUST_CHECK;

/* ---- what this reader sees nevertheless ---- */

/* Has the reader said that they want to see a hidden thing? And say so: for this store alone. */
enum copse_moderation_turn { COPSE_MODERATION_SHOW, COPSE_MODERATION_AS_OTHERS };
enum copse_err copse_moderation_is_overridden(struct copse_practice_deed *deed, bool *out,
                                              const struct copse_id *target) COPSE_MUST_CHECK;
enum copse_err copse_moderation_override(struct copse_practice_deed *deed, bool *changed,
                                         const struct copse_id *target,
                                         enum copse_moderation_turn turn) COPSE_MUST_CHECK;

#endif
