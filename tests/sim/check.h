/* Checkers: what must hold of nodes at quiet. Each says what fails through sim_world_fail. */
#ifndef COPSE_TESTS_SIM_CHECK_H
#define COPSE_TESTS_SIM_CHECK_H

#include "tests/sim/derive.h"
#include "tests/sim/world.h"

/* A hash of what a node holds: entries and which contents are here, in the order of ids. Left out
 * are entries that are not wanted, and those beyond the fork of a frozen log: nodes need not keep
 * the same ones. */
struct copse_id check_held(const struct sim_node *node);

/* Print what the first node has of this and the second has not. */
void check_explain(const struct sim_node *one, const struct sim_node *two);

/* All nodes hold the same entries and contents, have derived the same state, and export the same.
 */
void check_converged(struct sim_world *world);

/* Every entry's log ancestors are held; every entry has a signed descendant-or-self; every leaf and
 * fork child is signed; gaps between signatures fit a run; and everything verifies again. */
void check_closure(struct sim_world *world, const struct sim_node *node);

/* Every entry, op and stretch of a log, decoded and encoded again, has the same bytes. */
void check_parser(struct sim_world *world, const struct sim_node *node);

/* A node that is given the same entries in another order, all at once or one by one, derives the
 * same state and exports the same. */
void check_state(struct sim_world *world, const struct sim_node *node);

#endif
