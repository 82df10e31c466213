/* In what capacity a member acts: under which of their grants, and by which charter.
 *
 * A person may hold several grants, and what the last entry was under may have ended since. So
 * before each entry the judge is asked under which grant it would count; whoever calls
 * copse_practice_write has nothing to do for it. What would count under none is not written.
 *
 * Words:  capacity  the grant and charter that an entry is under
 *         steward   a coordinator or moderator
 */
#ifndef COPSE_NODE_PRACTICE_CAPACITY_H
#define COPSE_NODE_PRACTICE_CAPACITY_H

#include "node/practice/practice.h"
#include "protocol/authority/commons.h"
#include "protocol/authority/standing.h"

struct copse_capacity {
    struct copse_under under;
    bool inherits;              /* nothing to write: it is what the log's last entry is under */
    enum copse_verdict verdict; /* the entry's to be: HONOURED, OWN_ONLY or WAITING */
    enum copse_op_role role;    /* of the grant; guest where it is not known yet */
    bool is_early; /* what the JOIN came by is not here: it may turn out not to count */
};

/* The most senior grant under which an entry of this device with `op` would count now, and the
 * charter in force. Where the community's first entry, or the invitation one came by, is not here
 * yet, the JOIN itself. COPSE_OK; COPSE_ERR_REFUSED: under none, `error` says why and who may;
 * COPSE_ERR_NOT_FOUND: the device has no log there; or a fault. Not for GENESIS and JOIN. */
enum copse_err copse_capacity_choose(struct copse_practice_deed *deed, struct copse_capacity *out,
                                     const struct copse_op *op,
                                     struct copse_error *error) COPSE_MUST_CHECK;

/* Evaluate what the deed has written and ask whether an entry of it counts. What only the walk
 * knows (that a REMOVE names somebody more senior, say) shows here; the caller then ends the deed,
 * and nothing has happened. COPSE_OK; COPSE_ERR_REFUSED with the reason; or a fault. */
enum copse_err copse_capacity_confirm(struct copse_practice_deed *deed, const struct copse_id *id,
                                      struct copse_error *error) COPSE_MUST_CHECK;

/* What is the same for all, and how the acting person stands. Loaded once in a deed, until
 * copse_practice_settle; borrowed. `standing` is NULL for somebody nobody knows here; commons of a
 * community whose first entry is not here have zeros as their community. */
enum copse_err copse_capacity_commons(struct copse_practice_deed *deed,
                                      const struct copse_commons **out) COPSE_MUST_CHECK;
enum copse_err copse_capacity_standing(struct copse_practice_deed *deed,
                                       const struct copse_standing **out) COPSE_MUST_CHECK;

/* Who may write an op, in words: "coordinators and moderators: Ana Ruiz, Ben Ode". For errors and
 * hints; at most three names. Cost: O(people). */
#define COPSE_CAPACITY_WHO_BYTES 192u
enum copse_err copse_capacity_who_may(struct copse_practice_deed *deed,
                                      char out[COPSE_CAPACITY_WHO_BYTES],
                                      const struct copse_op *op) COPSE_MUST_CHECK;

/* The name of a role in words ("coordinator"), and in a sentence ("a coordinator"); never NULL. And
 * back: COPSE_ERR_NOT_FOUND. */
const char *copse_capacity_role_name(enum copse_op_role role);
const char *copse_capacity_role_phrase(enum copse_op_role role);
enum copse_err copse_capacity_role_named(enum copse_op_role *out,
                                         const char *name) COPSE_MUST_CHECK;

/* The class 0 log that this device goes on writing: the newest one of its own. COPSE_OK,
 * COPSE_ERR_NOT_FOUND: it has none here, or a fault. */
enum copse_err copse_capacity_control_log(struct copse_practice_deed *deed,
                                          uint32_t *out) COPSE_MUST_CHECK;

#endif
