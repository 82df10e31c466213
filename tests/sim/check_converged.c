/* S1 and S3: nodes that have exchanged everything are the same, however it came to them. */
#include "tests/sim/check.h"

#include "protocol/authority/wanted.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct row {
    struct copse_id id;
    uint8_t content; /* is it here? */
};

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct row));
}

/* Is the entry wanted, and in the part of its log that all nodes keep? */
static bool is_common(const struct sim_node *node, const struct copse_held *held)
{
    struct copse_source port = memory_source_port(node->source);
    const struct copse_log *log = port.log(port.context, held->position.log);
    uint32_t fork_seq = 0;
    enum copse_wanted_extent extent = COPSE_WANTED_NOTHING;
    /* What is wanted of a clipped log is named, frozen or not. */
    COPSE_ASSERT(copse_wanted_of_log(&extent, copse_state_memory_port(node->state), &log->join,
                                     held->entry.class) == COPSE_OK);
    return derive_is_wanted(node, held) &&
           (extent == COPSE_WANTED_CLIPPED || !copse_log_is_frozen(&fork_seq, log) ||
            held->position.seq < fork_seq);
}

/* All notes in the order of ids; the caller frees it. */
static struct row *make_rows(const struct sim_node *node, size_t *count)
{
    struct row *rows = calloc(node->count + 1, sizeof *rows);
    COPSE_ASSERT(rows != NULL);
    *count = 0;
    for (size_t i = 0; i < node->count; i++) {
        if (is_common(node, memory_source_at(node->source, i))) {
            rows[*count].id = node->notes[i].id;
            rows[*count].content = node->notes[i].salted != NULL ? 1 : 0;
            (*count)++;
        }
    }
    qsort(rows, *count, sizeof rows[0], compare_rows);
    return rows;
}

struct copse_id check_held(const struct sim_node *node)
{
    size_t count = 0;
    struct row *rows = make_rows(node, &count);
    struct copse_id hash;
    (void)crypto_generichash(hash.bytes, sizeof hash.bytes, (const uint8_t *)rows,
                             count * sizeof rows[0], NULL, 0);
    free(rows);
    return hash;
}

void check_explain(const struct sim_node *one, const struct sim_node *two)
{
    struct copse_source port = memory_source_port(one->source);
    for (size_t i = 0; i < one->count; i++) {
        const struct sim_note *mine = &one->notes[i];
        const struct sim_note *other = sim_node_find(two, &mine->id);
        const struct copse_held *held = memory_source_at(one->source, i);
        const char *what = NULL;
        if (!is_common(one, held)) {
            continue;
        }
        if (other == NULL) {
            what = "is not here";
        } else if (!is_common(two, memory_source_at(two->source, (size_t)(other - two->notes)))) {
            what = "is here and not wanted";
        } else if ((other->salted == NULL) != (mine->salted == NULL)) {
            what = mine->salted == NULL ? "has a content" : "has no content";
        } else {
            continue;
        }
        char hex[COPSE_ID_HEX_BYTES];
        copse_bytes_id_to_hex(hex, &mine->id);
        fprintf(stderr, "  node %zu: %.16s (%s, class %d, seq %u, log of %u branches) %s\n",
                two->number, hex, mine->kind == UINT32_MAX ? "refused" : copse_op_name(mine->kind),
                (int)held->entry.class, held->entry.seq,
                port.log(port.context, held->position.log)->branch_count, what);
    }
}

static void compare(struct sim_world *world, const struct sim_node *one, const struct sim_node *two)
{
    struct copse_id held[2] = {check_held(one), check_held(two)};
    if (!copse_bytes_equal_ids(&held[0], &held[1])) {
        sim_world_fail(world, "nodes %zu and %zu hold different sets", one->number, two->number);
        check_explain(one, two);
        check_explain(two, one);
        return;
    }
    struct copse_id items[2] = {derive_items(one), derive_items(two)};
    if (!copse_bytes_equal_ids(&items[0], &items[1])) {
        sim_world_fail(world, "nodes %zu and %zu have nothing to exchange and different items",
                       one->number, two->number);
    }
    derive_compare(world, one, two);
}

void check_converged(struct sim_world *world)
{
    for (size_t i = 1; i < world->options.nodes; i++) {
        compare(world, &world->nodes[0], &world->nodes[i]);
    }
}
