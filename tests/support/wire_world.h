/* A community of made-up entries for tests of the wire: form is right, meaning there is none. */
#ifndef COPSE_TESTS_SUPPORT_WIRE_WORLD_H
#define COPSE_TESTS_SUPPORT_WIRE_WORLD_H

#include "tests/support/random.h"
#include "tests/support/wire_node.h"

#define WIRE_WORLD_DEVICES_MAX 20000u

struct wire_world {
    const struct copse_key_scheme *scheme;
    struct copse_built **entries; /* each after its prev; the genesis first */
    size_t count;
    size_t capacity;
    struct copse_id community;
    struct copse_built **joins; /* first entries, by device; 0 is the founder's: the genesis */
    size_t device_count;
};

/* A community with `device_count` devices and nothing but their first entries. The pair of device i
 * is that of wire_node_init with seed i, for i < 250. */
void wire_world_init(struct wire_world *world, size_t device_count);
void wire_world_deinit(struct wire_world *world);

/* One more entry of a device behind `prev` (an entry of its log; for class 1 the JOIN begins it).
 * `content_size` 0: none. Owned by the world. */
struct copse_built *wire_world_add(struct wire_world *world, size_t device,
                                   enum copse_entry_class class, const struct copse_built *prev,
                                   size_t content_size);

/* `count` entries in a row; the last one. */
struct copse_built *wire_world_extend(struct wire_world *world, size_t device,
                                      enum copse_entry_class class, const struct copse_built *prev,
                                      size_t count);

/* Random logs with forks in them. */
void wire_world_grow(struct wire_world *world, struct copse_random *random, size_t count);

/* Give a node a random part of it, closed under prev: each entry with a chance of `permille`, of
 * first entries always. Signatures that SPEC 4.11 allows to drop are dropped at random. */
void wire_world_give_some(const struct wire_world *world, struct wire_node *node,
                          struct copse_random *random, uint64_t permille);

/* Give a node everything, signed throughout. */
void wire_world_give_all(const struct wire_world *world, struct wire_node *node);

/* Give a node `entry` and all it needs. */
void wire_world_give_path(const struct wire_world *world, struct wire_node *node,
                          const struct copse_built *entry);

/* How many entries of the world a node holds. */
size_t wire_world_count(const struct wire_world *world, const struct wire_node *node);

#endif
