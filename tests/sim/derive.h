/* What a node derives from what it holds: the index, standing, wanted logs, erasures, exports.
 *
 * All of it is the project's own code; this is where the simulator calls it.
 */
#ifndef COPSE_TESTS_SIM_DERIVE_H
#define COPSE_TESTS_SIM_DERIVE_H

#include "tests/sim/world.h"

/* An entry was stored: fill in what its note says of its op, and index it. */
void derive_entry(struct sim_node *node, struct sim_note *note, const struct copse_held *held);

/* An entry and all that hangs from it are about to be dropped: take them out of the index. */
void derive_before_drop(struct sim_node *node, const struct copse_id *id);

/* Evaluate governance, write the standing, and give up what is not wanted any more. */
void derive_standing(struct sim_node *node);

/* Erase the bytes that acts in force erase; what was erased by an act that is not in force any
 * more is missing. */
void derive_erasures(struct sim_node *node);

/* Give up what is loose and not leaned on any more (SPEC 6.14). */
void derive_loose(struct sim_node *node);

/* Give `to` what it lacks of what others lean on, as far as `from` has it; now and then changed on
 * the way, which it must refuse. */
void derive_give_loose(struct sim_world *world, const struct sim_node *from, struct sim_node *to);

/* Is this entry wanted where it is held? */
bool derive_is_wanted(const struct sim_node *node, const struct copse_held *held);

/* The branch of a log that is given up first when there are too many. */
uint32_t derive_surplus(const struct sim_node *node, uint64_t log);

/* Does `node` ask for this entry, which `sender` holds? */
bool derive_wants(const struct sim_node *node, const struct sim_node *sender,
                  const struct copse_held *held);

/* The digest of what the node would compare with others (SPEC 10.11). */
struct copse_id derive_items(const struct sim_node *node);

/* The digest of what a neutral reader is shown. */
struct copse_id derive_export(const struct sim_node *node);

/* Two nodes that hold the same judge and export the same; where they hold all the same, unwanted
 * entries too, they have derived the same rows. */
void derive_compare(struct sim_world *world, const struct sim_node *one,
                    const struct sim_node *two);

/* Recalls in effect. */
uint32_t derive_recalls(const struct sim_node *node);

/* Entries that count. */
uint32_t derive_honoured(const struct sim_node *node);

#endif
