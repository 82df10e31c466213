/* Entries are made one after the other and signed by the hash scheme. */
#include "tests/support/run_tree.h"

#include "protocol/base/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/hash_scheme.h"

#include <stdlib.h>
#include <string.h>

static struct copse_slice random_op(struct copse_random *random, uint8_t *room, size_t most)
{
    size_t size = copse_random_below(random, most);
    struct copse_writer writer;
    struct copse_slice op = {NULL, 0};
    uint8_t *filling = calloc(1, size + 1);
    copse_random_bytes(random, filling, size);
    copse_writer_init(&writer, room, COPSE_ENTRY_OP_BYTES_MAX);
    copse_writer_bin(&writer, (struct copse_slice){filling, size});
    assert_int_equal(copse_writer_end(&op, &writer), COPSE_OK);
    free(filling);
    return op;
}

void copse_run_tree_init(struct copse_run_tree *tree, size_t most, enum copse_entry_class class)
{
    static const uint8_t op[] = {0x91, 0};
    uint8_t seed[COPSE_SEED_BYTES] = {3};
    memset(tree, 0, sizeof *tree);
    copse_hash_scheme_pair(&tree->author, &tree->secret, seed);
    struct copse_build build = {.scheme = copse_hash_scheme(),
                                .author = &tree->author,
                                .secret = &tree->secret,
                                .class = COPSE_ENTRY_CONTROL,
                                .hlc = 1000,
                                .op = {op, sizeof op}};
    tree->genesis = copse_build_entry(&build);
    tree->built = calloc(most, sizeof(struct copse_built *));
    tree->parent = calloc(most, sizeof *tree->parent);
    tree->class = class;
}

void copse_run_tree_free(struct copse_run_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        copse_build_entry_free(tree->built[i]);
    }
    copse_build_entry_free(tree->genesis);
    free(tree->built);
    free(tree->parent);
}

void copse_run_tree_grow(struct copse_run_tree *tree, struct copse_random *random, uint32_t parent,
                         size_t op_bytes)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t words[200];
    copse_random_bytes(random, words, sizeof words);
    struct copse_under under;
    memset(&under, 6, sizeof under);
    static const uint8_t ext[] = {0x91, 0x92, 3, 0xc4, 0};
    const struct copse_built *prev =
        parent == COPSE_RUN_TREE_NOBODY ? tree->genesis : tree->built[parent];
    struct copse_build build = {.scheme = copse_hash_scheme(),
                                .author = &tree->author,
                                .secret = &tree->secret,
                                .community = &tree->genesis->id,
                                .class = tree->class,
                                .prev = prev,
                                .hlc = 500 + copse_random_below(random, 1000),
                                .op = random_op(random, room, op_bytes)};
    if (copse_random_below(random, 4) == 0) {
        build.under = &under;
    }
    if (copse_random_below(random, 8) == 0) {
        build.ext = (struct copse_slice){ext, sizeof ext};
    }
    if (copse_random_below(random, 2) == 0) {
        build.content = (struct copse_slice){words, 1 + copse_random_below(random, sizeof words)};
    }
    tree->built[tree->count] = copse_build_entry(&build);
    tree->parent[tree->count] = parent;
    tree->count++;
}
