/* How it works: everything goes through the notes of the hand's node in order of arrival, so a seed
 * picks the same things.
 */
#include "tests/sim/pick.h"

#include <stdlib.h>
#include <string.h>

static bool matches(const struct sim_note *note, uint32_t kind)
{
    return kind == SIM_KINDS || note->kind == kind;
}

const struct sim_note *pick_note(struct sim_world *world, const struct sim_node *node,
                                 uint32_t kind)
{
    size_t count = 0;
    for (size_t i = 0; i < node->count; i++) {
        count += matches(&node->notes[i], kind) ? 1 : 0;
    }
    size_t left = sim_world_below(world, count);
    for (size_t i = 0; i < node->count; i++) {
        if (matches(&node->notes[i], kind) && left-- == 0) {
            return &node->notes[i];
        }
    }
    return NULL;
}

static int compare_ids(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

size_t pick_ids(struct sim_world *world, struct copse_id *out, const struct sim_node *node,
                const struct pick_filter *filter)
{
    size_t count = 0;
    for (size_t i = 0; i < node->count && count < filter->most; i++) {
        const struct sim_note *note = &node->notes[i];
        bool is_one = note->kind < SIM_KINDS && (filter->kinds >> note->kind & 1) != 0 &&
                      (filter->about == NULL || copse_bytes_equal_ids(filter->about, &note->about));
        if (is_one && sim_world_chance(world, filter->percent)) {
            out[count++] = note->id;
        }
    }
    qsort(out, count, sizeof out[0], compare_ids);
    return count;
}

static int compare_leaves(const void *a, const void *b)
{
    const struct copse_op_leaf *left = a;
    const struct copse_op_leaf *right = b;
    if (left->class != right->class) {
        return left->class < right->class ? -1 : 1;
    }
    int device = copse_bytes_compare_ids(&left->device, &right->device);
    if (device != 0) {
        return device;
    }
    if (left->seq != right->seq) {
        return left->seq < right->seq ? -1 : 1;
    }
    return copse_bytes_compare_ids(&left->id, &right->id);
}

static void add_leaf(struct pick_leaves *out, const struct sim_node *node,
                     const struct copse_id *id)
{
    const struct sim_note *note = sim_node_find(node, id);
    if (out->count == COPSE_OP_CUT_MAX || note == NULL || !note->is_signed) {
        return;
    }
    const struct copse_held *held = memory_source_at(node->source, (size_t)(note - node->notes));
    struct copse_op_leaf *leaf = &out->leaves[out->count++];
    leaf->class = held->entry.class;
    leaf->device = held->entry.author;
    leaf->seq = held->entry.seq;
    leaf->id = held->id;
    leaf->signature = note->signature;
}

/* An ancestor of `id` in its log some steps back. */
static struct copse_id step_back(struct sim_world *world, const struct sim_node *node,
                                 const struct copse_id *id)
{
    struct copse_source port = memory_source_port(node->source);
    struct copse_id at = *id;
    struct copse_held held;
    for (size_t steps = 1 + sim_world_below(world, 6); steps > 0; steps--) {
        if (port.find(port.context, &held, &at) != COPSE_OK || held.entry.seq == 0) {
            break;
        }
        at = held.entry.prev;
    }
    return at;
}

static void spoil_leaf(struct sim_world *world, struct copse_op_leaf *leaf)
{
    switch (sim_world_below(world, 3)) {
    case 0:
        leaf->signature.bytes[5] ^= 1;
        break;
    case 1:
        leaf->seq++;
        break;
    default:
        copse_random_bytes(&world->random, leaf->id.bytes, sizeof leaf->id.bytes);
        break;
    }
}

void pick_cut(struct sim_world *world, struct pick_leaves *out, const struct sim_node *node,
              size_t person)
{
    struct copse_source port = memory_source_port(node->source);
    uint32_t missing = sim_world_chance(world, 30) ? 50 : 0;
    uint32_t early = sim_world_chance(world, 40) ? 60 : 0;
    out->count = 0;
    const struct copse_log *log = NULL;
    for (uint64_t number = 0; (log = port.log(port.context, number)) != NULL; number++) {
        size_t owner = sim_people_of_device(&world->people, &log->author);
        if (owner != person && !sim_world_chance(world, 2)) {
            continue;
        }
        for (uint32_t i = 0; i < log->branch_count; i++) {
            struct copse_id id = log->branches[i].leaf;
            if (sim_world_chance(world, missing)) {
                continue;
            }
            if (sim_world_chance(world, early)) {
                id = step_back(world, node, &id);
            }
            add_leaf(out, node, &id);
        }
    }
    if (out->count > 0 && sim_world_chance(world, 5)) {
        spoil_leaf(world, &out->leaves[sim_world_below(world, out->count)]);
    }
    qsort(out->leaves, out->count, sizeof out->leaves[0], compare_leaves);
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (kept == 0 || compare_leaves(&out->leaves[kept - 1], &out->leaves[i]) != 0) {
            out->leaves[kept++] = out->leaves[i];
        }
    }
    out->count = kept;
}

static bool is_grant_of(const struct sim_world *world, const struct sim_note *note,
                        const struct sim_hand *hand)
{
    size_t person = world->people.devices[hand->device].person;
    switch (note->kind) {
    case COPSE_OP_GENESIS:
        return person < world->options.founders;
    case COPSE_OP_GRANT:
        return copse_bytes_equal_ids(&note->about, &world->people.persons[person].key);
    case COPSE_OP_JOIN:
        return hand->has_joined && copse_bytes_equal_ids(&note->id, &hand->join);
    default:
        return false;
    }
}

bool pick_under(struct sim_world *world, const struct sim_hand *hand, struct copse_under *out)
{
    const struct sim_node *node = &world->nodes[hand->node];
    const struct sim_note *grant = NULL;
    size_t seen = 0;
    bool latest = sim_world_chance(world, 60);
    for (size_t i = 0; i < node->count; i++) {
        if (is_grant_of(world, &node->notes[i], hand)) {
            seen++;
            if (latest || sim_world_below(world, seen) == 0) {
                grant = &node->notes[i];
            }
        }
    }
    if (grant == NULL) {
        return false;
    }
    out->grant = grant->id;
    out->charter = world->genesis;
    const struct sim_note *charter = pick_note(world, node, COPSE_OP_CHARTER);
    if (charter != NULL && sim_world_chance(world, 60)) {
        out->charter = charter->id;
    }
    return true;
}
