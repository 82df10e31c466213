/* How much of each line's logs is wanted, after the walk (SPEC 7.9). */
#ifndef COPSE_PROTOCOL_AUTHORITY_EXTENT_H
#define COPSE_PROTOCOL_AUTHORITY_EXTENT_H

#include "protocol/authority/walk.h"
#include "protocol/authority/wanted.h"

struct copse_extent_line {
    enum copse_wanted_extent of[2];   /* by class */
    struct copse_wanted_leaf *leaves; /* named; none where NOTHING is wanted; by class, seq, id */
    size_t leaf_count;
};

struct copse_extent {
    struct copse_extent_line *lines; /* one for each of control.lines */
    struct copse_id *awaited;        /* leaves named by what counts and not held, by id */
    size_t awaited_count;
};

/* Everything in `out` lies in `arena`. */
enum copse_err copse_extent_find(struct copse_extent *out, struct copse_arena *arena,
                                 const struct copse_governance *governance) COPSE_MUST_CHECK;

#endif
