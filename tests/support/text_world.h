/* Replicas that edit one text at random and hear of each other now and then: histories for
 * property tests, hostile ops among them.
 */
#ifndef COPSE_TESTS_SUPPORT_TEXT_WORLD_H
#define COPSE_TESTS_SUPPORT_TEXT_WORLD_H

#include "tests/support/text_history.h"
#include "tests/support/text_oracle.h"

enum { COPSE_TEXT_WORLD_REPLICAS_MAX = 6 };

struct copse_text_world {
    struct copse_random random;
    struct copse_text_history history;
    struct copse_text *text; /* holds everything made so far */
    size_t replica_count;
    bool known[COPSE_TEXT_WORLD_REPLICAS_MAX][COPSE_TEXT_ORACLE_OPS_MAX];
    size_t last[COPSE_TEXT_WORLD_REPLICAS_MAX]; /* own op, or SIZE_MAX */
};

/* Make a history of up to `op_count` ops from a seed. */
void copse_text_world_init(struct copse_text_world *world, uint64_t seed, size_t op_count);
void copse_text_world_deinit(struct copse_text_world *world);

/* The ops that `replica` knows and that no op it knows descends from. `heads` has room for all. */
size_t copse_text_world_heads(const struct copse_text_world *world, size_t *heads, size_t replica);

/* A replica hears all that another one knows. */
void copse_text_world_hear(struct copse_text_world *world, size_t replica, size_t other);

/* Letters, some of several bytes, `units` of them; gives the bytes used of 4 * units. */
size_t copse_text_world_letters(struct copse_text_world *world, uint8_t *out, size_t units);

/* Append an op with random id, by `replica`, of what it knows; the caller's to change until it is
 * added with copse_text_world_add. */
struct copse_text_history_op *copse_text_world_push(struct copse_text_world *world, size_t replica,
                                                    const struct copse_text_patch *patches,
                                                    size_t count, struct copse_slice content);
void copse_text_world_add(struct copse_text_world *world, size_t replica);

/* Flip the status or the content of a few ops of the history. */
void copse_text_world_flip(struct copse_text_world *world);

#endif
