/* Picking what a deed is about, from what the node of its hand holds. */
#ifndef COPSE_TESTS_SIM_PICK_H
#define COPSE_TESTS_SIM_PICK_H

#include "tests/sim/world.h"

/* A random note of an op kind (SIM_KINDS: any entry), or NULL. */
const struct sim_note *pick_note(struct sim_world *world, const struct sim_node *node,
                                 uint32_t kind);

/* What a random set of kinds is. */
struct pick_filter {
    uint64_t kinds;               /* a bit for each op kind */
    const struct copse_id *about; /* only about this; NULL: anything */
    uint32_t percent;             /* of those that match */
    size_t most;
};

/* Ids of notes that match, rising, no two the same. Returns their count. */
size_t pick_ids(struct sim_world *world, struct copse_id *out, const struct sim_node *node,
                const struct pick_filter *filter);

/* Leaves of the logs of a person as a cut, rising: those that the node holds, now and then an
 * ancestor, now and then none of a log, seldom a false one. */
struct pick_leaves {
    struct copse_op_leaf leaves[COPSE_OP_CUT_MAX];
    size_t count;
};
void pick_cut(struct sim_world *world, struct pick_leaves *out, const struct sim_node *node,
              size_t person);

/* A grant and a charter to cite, such as the hand's person might hold. */
bool pick_under(struct sim_world *world, const struct sim_hand *hand, struct copse_under *out);

#endif
