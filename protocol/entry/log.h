/* A log as a tree of branches, and questions about ancestry (SPEC 4.7, 4.8).
 *
 * A branch is a stretch of entries, each following the one before. The first
 * branch begins at seq 0; every other one leaves another branch, its parent, and
 * begins at the seq of its own first entry. Branch numbers go by arrival and mean
 * nothing outside this node.
 *
 *   branch 0:  0 - 1 - 2 - 3 - 4
 *   branch 1:       \- 2 - 3            parent 0, first seq 2
 *
 * Words:  position  the place of an entry: log (this node's number), branch, seq
 *         leaf      the last entry of a branch
 */
#ifndef COPSE_PROTOCOL_ENTRY_LOG_H
#define COPSE_PROTOCOL_ENTRY_LOG_H

#include "protocol/entry/entry.h"

#define COPSE_LOG_LEAVES_MAX 16u   /* more freeze the log; SPEC 4.8 */
#define COPSE_LOG_BRANCHES_MAX 18u /* one more than is kept, to take in a lower fork */

struct copse_position {
    uint64_t log;
    uint32_t branch;
    uint32_t seq;
};

struct copse_log_branch {
    uint32_t parent;       /* its own number: leaves nothing, begins at seq 0 */
    uint32_t first_seq;    /* of its own first entry */
    uint32_t last_seq;     /* of its leaf */
    struct copse_id first; /* id of its own first entry */
    struct copse_id leaf;
};

struct copse_log {
    struct copse_id join; /* the first entry of class 0: names the log, with the class */
    struct copse_id author;
    enum copse_entry_class class;
    uint32_t branch_count;
    struct copse_log_branch branches[COPSE_LOG_BRANCHES_MAX];
};

/* Where an entry goes: after the entry at `prev_branch`, `prev_seq`, or at the start of the log.
 * Extends a branch if prev is its leaf, otherwise makes one. Sets *branch.
 * Returns COPSE_OK, or COPSE_ERR_LIMIT when there is no room for another branch (nothing changed).
 */
enum copse_err copse_log_append(struct copse_log *log, uint32_t *branch,
                                const struct copse_position *prev, /* NULL: at the start */
                                const struct copse_id *id) COPSE_MUST_CHECK;

/* Is the entry at `a` the one at `b` or an ancestor of it, in one log? Positions of different
 * logs: false. Cost: O(branches). */
bool copse_log_reaches(const struct copse_log *log, const struct copse_position *a,
                       const struct copse_position *b);

/* Is the log frozen? Then *fork_seq is the seq of its lowest fork: entries of a smaller seq
 * are its trunk. Source: SPEC 4.8. */
bool copse_log_is_frozen(uint32_t *fork_seq, const struct copse_log *log);

/* The branch to give up when there are more than 17: of those whose bit is not in `spared`, or of
 * all where it has them all, the one with the highest first seq (ties: the larger id of its first
 * entry). Nothing leaves it but what is not spared either. Returns its number, or branch_count when
 * there are no more than 17. Source: SPEC 4.8. */
uint32_t copse_log_surplus(const struct copse_log *log, uint32_t spared);

#endif
