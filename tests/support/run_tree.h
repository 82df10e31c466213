/* A log of real entries that is a tree, for tests of runs. */
#ifndef COPSE_TESTS_SUPPORT_RUN_TREE_H
#define COPSE_TESTS_SUPPORT_RUN_TREE_H

#include "tests/support/build_entry.h"
#include "tests/support/random.h"

/* The parent of an entry that hangs from the genesis, which everybody holds. */
#define COPSE_RUN_TREE_NOBODY UINT32_MAX

struct copse_run_tree {
    struct copse_id author;
    struct copse_secret secret;
    struct copse_built *genesis; /* its hlc is 1000 */
    struct copse_built **built;  /* each after its parent */
    uint32_t *parent;            /* by number, or COPSE_RUN_TREE_NOBODY */
    size_t count;
    enum copse_entry_class class;
};

/* A genesis and nothing else yet, with room for `most` entries; keys of the hash scheme. */
void copse_run_tree_init(struct copse_run_tree *tree, size_t most, enum copse_entry_class class);
void copse_run_tree_free(struct copse_run_tree *tree);

/* Add an entry with random fields and an op of fewer than `op_bytes` random bytes. */
void copse_run_tree_grow(struct copse_run_tree *tree, struct copse_random *random, uint32_t parent,
                         size_t op_bytes);

#endif
