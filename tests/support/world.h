/* A small community for tests of views: persons who write, a store in memory, rows, a judge.
 *
 * Person 0 founds it. Every write is a real entry, signed by the hash scheme, and is indexed at
 * once; standings are evaluated when a view is asked for.
 */
#ifndef COPSE_TESTS_SUPPORT_WORLD_H
#define COPSE_TESTS_SUPPORT_WORLD_H

#include "protocol/authority/op.h"
#include "protocol/rules/loose.h"
#include "protocol/rules/view.h"
#include "tests/support/memory_source.h"
#include "tests/support/state_memory.h"

struct copse_world;

/* A community with the given charter (a map) and content of its GENESIS, each data NULL: none, and
 * person 0. Fails the test when anything goes wrong, as all calls here do. */
struct copse_world *copse_world_new(struct copse_slice charter, struct copse_slice content);
void copse_world_free(struct copse_world *world);

/* Somebody comes in with one device under a role that person 0 grants. Returns their number. */
size_t copse_world_person(struct copse_world *world, enum copse_op_role role);

/* Another device of a person, under the same grant. Returns a number that stands for it. */
size_t copse_world_another_device(struct copse_world *world, size_t person);

/* The root key and the device key of a person. */
struct copse_id copse_world_root(const struct copse_world *world, size_t person);
struct copse_id copse_world_device(const struct copse_world *world, size_t person);
struct copse_id copse_world_community(const struct copse_world *world);

/* One entry by a person's device, at the end of its log. The class follows from the op. The clock
 * is 1 more than that of the entry before, or as set last. */
struct copse_id copse_world_write(struct copse_world *world, size_t person,
                                  const struct copse_op *op, struct copse_slice content);

/* The same for an op that nothing can decode: it is stored, and not indexed. */
struct copse_id copse_world_write_refused(struct copse_world *world, size_t person,
                                          enum copse_entry_class class, struct copse_slice op);

/* The clock of the next entry. */
void copse_world_set_clock(struct copse_world *world, uint64_t hlc);

/* Go back `count` class 1 entries of a person: the next write makes a fork. */
void copse_world_go_back(struct copse_world *world, size_t person, size_t count);

/* Take the content of an entry away, leaving it in `state`. */
void copse_world_lose(struct copse_world *world, const struct copse_id *entry,
                      enum copse_content_state state);

/* Take the last entry of a log away, as who does not want it does: an EDIT is held loose then. */
void copse_world_loosen(struct copse_world *world, const struct copse_id *entry);

/* Take away what is loose, or give it back. */
void copse_world_hold_loose(struct copse_world *world, const struct copse_id *entry, bool holds);

/* What an object lacks, and what of it can go; the caller frees it. */
struct copse_loose_look copse_world_look(struct copse_world *world, const struct copse_id *object);

/* A cut that names the last entry of each class of a person. */
struct copse_op_list copse_world_cut(struct copse_world *world, size_t person);

/* Lists for ops, in room that lasts as long as the world; ids need not be sorted. */
struct copse_op_list copse_world_ids(struct copse_world *world, const struct copse_id *ids,
                                     size_t count);

/* A view of all that was written so far; the one given before is freed. */
struct copse_view *copse_world_view(struct copse_world *world);

/* Another world that holds the same entries, taken in another order: `seed` says which. */
struct copse_world *copse_world_copy(const struct copse_world *world, uint64_t seed);

#endif
