/* Membership: removing, readmitting, recalling, leaving, coming back.
 *
 * Each of these writes in an open deed, and has confirmed that it counts when it returns COPSE_OK;
 * the caller commits. COPSE_ERR_REFUSED: not permitted, `error` says who may.
 */
#ifndef COPSE_NODE_PRACTICE_MEMBERSHIP_H
#define COPSE_NODE_PRACTICE_MEMBERSHIP_H

#include "node/practice/practice.h"

/* An act that ends somebody's roles. What they wrote until now stands, but for what follows `from`
 * (NULL: all stands): their entry from which on nothing shall. */
struct copse_membership_ending {
    struct copse_id person;
    enum copse_op_removal to; /* REMOVE */
    const struct copse_id *from;
    struct copse_slice reason;
};

/* REMOVE. Sets *id to the act. */
enum copse_err copse_membership_remove(struct copse_practice_deed *deed, struct copse_id *id,
                                       const struct copse_membership_ending *ending,
                                       struct copse_error *error) COPSE_MUST_CHECK;

/* A role again for somebody who was removed, recalled or has left: a GRANT that names all of it.
 * Sets *overcome to how many acts that are. COPSE_ERR_NOT_FOUND: there is nothing to overcome. */
struct copse_membership_return {
    struct copse_id person;
    enum copse_op_role role;
    struct copse_slice reason;
};
enum copse_err copse_membership_readmit(struct copse_practice_deed *deed, size_t *overcome,
                                        const struct copse_membership_return *plan,
                                        struct copse_error *error) COPSE_MUST_CHECK;

/* ACCEPT of all that ended a person's roles, with everything of theirs that is held here: late
 * words (unplaced.h) shall stand. By whoever ended them, or somebody at least as senior, it takes
 * effect; by another steward it does not, but what it names is wanted from then on (SPEC 7.9), so
 * that those who decide get to see it. COPSE_ERR_NOT_FOUND: nothing of theirs has come late here.
 */
struct copse_membership_accepted {
    uint64_t late;         /* how many entries it is about */
    bool takes_effect;     /* none of them is late any more */
    struct copse_id ender; /* who wrote the newest ending */
};
enum copse_err copse_membership_accept(struct copse_practice_deed *deed,
                                       struct copse_membership_accepted *out,
                                       const struct copse_id *person, struct copse_slice reason,
                                       struct copse_error *error) COPSE_MUST_CHECK;

/* The other side of it: where the acting person has been readmitted and this device writes in a log
 * from before, open a new one. Sets *opened. Writing does this by itself (capacity.h). */
enum copse_err copse_membership_come_back(struct copse_practice_deed *deed, bool *opened,
                                          struct copse_error *error) COPSE_MUST_CHECK;

/* This device joins, or joins once more, as one that its person's roles here vouch for: a JOIN
 * under the most senior grant that is not ended. *opened is false where there is none. */
enum copse_err copse_membership_join_again(struct copse_practice_deed *deed, bool *opened,
                                           struct copse_error *error) COPSE_MUST_CHECK;

/* RECALL by a founder, and ASSENT of another. `voices` and `needed` are where it stands with this
 * one. COPSE_ERR_REFUSED with the reason: too few founders, or not one. COPSE_ERR_NOT_FOUND: no
 * founder of that name; no such recall. */
struct copse_membership_recall {
    struct copse_id id;
    struct copse_id founder;
    size_t voices;
    size_t needed;
};
enum copse_err copse_membership_recall(struct copse_practice_deed *deed,
                                       struct copse_membership_recall *out,
                                       const struct copse_membership_ending *ending,
                                       struct copse_error *error) COPSE_MUST_CHECK;
enum copse_err copse_membership_assent(struct copse_practice_deed *deed,
                                       struct copse_membership_recall *out,
                                       const struct copse_id *recall, struct copse_slice reason,
                                       struct copse_error *error) COPSE_MUST_CHECK;

/* LEAVE: for this device alone, or, with deed->root set, for the person. */
enum copse_err copse_membership_leave(struct copse_practice_deed *deed, struct copse_slice reason,
                                      struct copse_error *error) COPSE_MUST_CHECK;

/* Has somebody removed or recalled the acting person, whether or not that was overcome since? */
enum copse_err copse_membership_was_removed(struct copse_practice_deed *deed,
                                            bool *out) COPSE_MUST_CHECK;

/* LEAVEs of the acting person that a JOIN has to name to come in again; at most
 * COPSE_OP_OVER_MAX, rising. */
enum copse_err copse_membership_leaves(struct copse_practice_deed *deed,
                                       struct copse_id out[COPSE_OP_OVER_MAX],
                                       size_t *count) COPSE_MUST_CHECK;

#endif
