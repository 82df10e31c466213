/* Acts on objects and entries: hidden, locked, barred, approved, erased (SPEC 8.10, 8.11).
 *
 * Words:  in force  counts, and of HIDE, LOCK and BAR: not undone by one who may undo it
 *         on        an entry is on the object it names, and on what that one refers to, up to
 *                   COPSE_VIEW_DEPTH_MAX refs
 */
#ifndef COPSE_PROTOCOL_RULES_VIEW_ACT_H
#define COPSE_PROTOCOL_RULES_VIEW_ACT_H

#include "protocol/rules/view.h"

struct copse_view_act {
    struct copse_view_entry entry; /* judged; nothing bears on an act itself */
    bool is_in_force;
};

/* Gets one act; anything but COPSE_OK ends the walk and is given back. */
typedef enum copse_err copse_view_act_visit(void *context, const struct copse_view_act *act);

/* Visit all acts of one kind (HIDE, LOCK, BAR, APPROVE or ERASE) on an object or entry, by id,
 * those not in force too: the ledger shows them. That an ERASE is in force says only that it counts
 * (copse_view_act_settle asks more). Cost: O(n log n) in the acts and what undoes them. */
enum copse_err copse_view_act_each(struct copse_view *view, const struct copse_id *target,
                                   enum copse_op_kind kind, copse_view_act_visit *visit,
                                   void *context) COPSE_MUST_CHECK;

/* Is an object or entry hidden by an act in force? */
enum copse_err copse_view_act_hidden(struct copse_view *view, bool *out,
                                     const struct copse_id *target) COPSE_MUST_CHECK;

/* From the judge's word on an entry to what it comes to: approve, lock, hide, erase. Sets verdict,
 * is_hidden, words and counts of `entry`. */
enum copse_err copse_view_act_settle(struct copse_view *view,
                                     struct copse_view_entry *entry) COPSE_MUST_CHECK;

#endif
