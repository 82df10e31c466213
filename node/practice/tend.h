/* Tending: what a community's stewards' nodes do by themselves, when it is due.
 *
 * An invitation that is used up, a term that is over, rules that were changed in two places at
 * once: each is put right by an act that all can see, never by a reader's clock. serve does it
 * after others were met and every hour, sync after each meeting. Doing it again changes nothing.
 *
 * Words:  duty   something that is due
 *         grace  how long is waited for entries that were written in time and have not arrived, and
 *                for whoever it concerns first
 */
#ifndef COPSE_NODE_PRACTICE_TEND_H
#define COPSE_NODE_PRACTICE_TEND_H

#include "node/practice/practice.h"

#define COPSE_TEND_GRACE_MS (UINT64_C(7) * 86400000u)

/* What was done. */
struct copse_tend_done {
    size_t invitations; /* closed */
    size_t terms;       /* ended */
    size_t rules;       /* joined */
    bool has_returned;  /* this device has opened a new log, after its person was readmitted */
};

/* Do what is due in one community, in as many transactions as there are duties. COPSE_OK, also when
 * nothing is due or this person may do nothing; or a fault. Cost: O(class 0). */
enum copse_err copse_tend_community(const struct copse_practice *practice,
                                    struct copse_tend_done *done, const struct copse_id *community,
                                    struct copse_error *error) COPSE_MUST_CHECK;

/* In all communities of the store; `done` is added up. */
enum copse_err copse_tend_all(const struct copse_practice *practice, struct copse_tend_done *done,
                              struct copse_error *error) COPSE_MUST_CHECK;

#endif
