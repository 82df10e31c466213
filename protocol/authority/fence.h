/* Fences: where in its author's logs an entry under one unit still counts (SPEC 7.3 to 7.6).
 *
 * The walk builds one fence for each unit that anything bears on, the rows of the state
 * keep it, and walk and judge ask it the same question in the same function.
 *
 * Words:  line    a JOIN, or the genesis, with the two logs it opens
 *         inside  being a named leaf or an ancestor of one in its log
 *         wall    leaves of which an entry must be inside one
 *         group   lines on which the same endings bear
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_FENCE_H
#define COPSE_PROTOCOL_AUTHORITY_FENCE_H

#include "protocol/authority/verdict.h"
#include "protocol/entry/source.h"

enum copse_fence_kind {
    COPSE_FENCE_REVOKED,
    COPSE_FENCE_TO_MODERATOR,
    COPSE_FENCE_TO_MEMBER,
    COPSE_FENCE_TO_NONE,
    COPSE_FENCE_LEFT,           /* own LEAVE to none */
    COPSE_FENCE_LEFT_TO_MEMBER, /* own LEAVE to member */
    COPSE_FENCE_DEVICE,         /* own DEVICE_REVOKE */
};
#define COPSE_FENCE_KINDS 7u

struct copse_fence_leaf {
    struct copse_position position;
    struct copse_id id;
};

/* Leaves of which none is inside another, by number of the log. */
struct copse_fence_set {
    const struct copse_fence_leaf *leaves;
    size_t count;
};

struct copse_fence_wall {
    enum copse_fence_kind kind;
    struct copse_id device; /* DEVICE: the one it is about */
    struct copse_fence_set set;
};

struct copse_fence_group {
    const struct copse_id
        *joins; /* rising; the first group has none: all lines not named by another */
    size_t join_count;
    const struct copse_fence_wall *walls; /* one of each kind at most; none: no ending bears */
    size_t wall_count;
};

/* All zeros: nothing bears on the unit. */
struct copse_fence {
    const struct copse_fence_group *groups; /* none, or the first is for lines not named */
    size_t group_count;
    const struct copse_fence_wall *own; /* the person's own acts */
    size_t own_count;
    struct copse_fence_set accepted; /* what seniors accept of frozen logs */
};

struct copse_fence_line {
    struct copse_id join;
    struct copse_id device;
    struct copse_fence_set leaves; /* LEAVE entries of the device alone: the first on each branch */
};

/* An entry's place. */
struct copse_fence_place {
    const struct copse_fence_line *line;
    const struct copse_log *log; /* that position.log names */
    struct copse_position position;
};

/* Is the place inside the set? Cost: O(log leaves + branches). */
bool copse_fence_inside(const struct copse_fence_set *set, const struct copse_fence_place *place);

/* Does an ending bear on the entries of a line? Then what is inside the cuts counts, and no freeze
 * decides about anything (SPEC 7.6). */
bool copse_fence_bears(const struct copse_fence *fence, const struct copse_fence_line *line);

/* HONOURED, or what shuts the place out: LEFT, ENDED, WITHDRAWN or FROZEN. */
enum copse_verdict copse_fence_judge(const struct copse_fence *fence,
                                     const struct copse_fence_place *place);

/* The same without the person's own acts: what seniors, the freeze and the device's LEAVE leave. */
enum copse_verdict copse_fence_judge_seniors(const struct copse_fence *fence,
                                             const struct copse_fence_place *place);

/* Bring leaves of one or many logs into the form of a set, in place: sorted by log, and of each log
 * only those that are not inside another. Returns how many are left. Positions must be those of
 * `source`. Cost: O(n log n). */
size_t copse_fence_reduce(struct copse_fence_leaf *leaves, size_t count,
                          const struct copse_source *source);

/* Likewise, but of each log only those that have no other of the set before them. */
size_t copse_fence_reduce_first(struct copse_fence_leaf *leaves, size_t count,
                                const struct copse_source *source);

#endif
