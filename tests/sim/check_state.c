/* S3 for one node: the order of arrival leaves no trace in what is derived. */
#include "tests/sim/check.h"

#include <stdlib.h>

enum { ROUNDS_MAX = 40, IDLE_ROUNDS = 5 };

/* Put the notes of `node` into another order, in which each still comes after its prev. */
static void shuffle(struct sim_world *world, const struct sim_node *node, size_t *order)
{
    for (size_t i = 0; i < node->count; i++) {
        order[i] = i;
    }
    for (size_t i = node->count; i > 1; i--) {
        size_t k = sim_world_below(world, i);
        size_t swap = order[i - 1];
        order[i - 1] = order[k];
        order[k] = swap;
    }
}

/* Give all that can be given now, and settle; whether that changed what is held. */
static bool give_some(struct sim_world *world, const struct sim_node *from, struct sim_node *to,
                      const size_t *order, uint32_t settle_percent)
{
    uint64_t before = sim_node_sum(to);
    for (size_t i = 0; i < from->count; i++) {
        const struct sim_note *note = &from->notes[order[i]];
        if (sim_node_find(to, &note->id) != NULL) {
            continue;
        }
        struct copse_slice salted = {note->salted, note->salted_size};
        enum copse_err err = sim_node_take(to, memory_source_bytes(from->source, &note->id),
                                           note->is_signed ? &note->signature : NULL, salted);
        if (err == COPSE_OK && sim_world_chance(world, settle_percent)) {
            sim_node_settle(to);
        }
    }
    to->is_stale = true;
    sim_node_settle(to);
    return sim_node_sum(to) != before;
}

/* What was erased on the way, by an act that then did not count after all, is asked for again. */
static void give_contents(struct sim_world *world, const struct sim_node *from, struct sim_node *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct sim_note *note = &from->notes[i];
        if (note->salted != NULL) {
            (void)sim_node_take_content(to, &note->id,
                                        (struct copse_slice){note->salted, note->salted_size});
        }
    }
    derive_give_loose(world, from, to);
    sim_node_settle(to);
}

void check_state(struct sim_world *world, const struct sim_node *node)
{
    struct sim_node fresh;
    size_t *order = calloc(node->count + 1, sizeof *order);
    COPSE_ASSERT(order != NULL);
    sim_node_init(&fresh, node->number + 1, &node->community, node->scheme);
    fresh.clips = !node->clips;
    uint32_t settle_percent = sim_world_chance(world, 50) ? 0 : 20;
    shuffle(world, node, order);
    /* A clipping node may first take and then give up what it wants only later. */
    size_t idle = 0;
    for (size_t round = 0; round < ROUNDS_MAX && idle < IDLE_ROUNDS; round++) {
        idle = give_some(world, node, &fresh, order, settle_percent) ? 0 : idle + 1;
    }
    give_contents(world, node, &fresh);
    struct copse_id held[2] = {check_held(node), check_held(&fresh)};
    if (!copse_bytes_equal_ids(&held[0], &held[1])) {
        sim_world_fail(world, "node %zu, rebuilt, holds other entries", node->number);
        check_explain(node, &fresh);
        check_explain(&fresh, node);
    }
    derive_compare(world, node, &fresh);
    sim_node_deinit(&fresh);
    free(order);
}
