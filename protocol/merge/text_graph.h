/* The ops of one text and which of them each one names: the version graph (SPEC 6.1, 6.3).
 *
 * Words:  ready    an op that is here with all its ancestors
 *         pending  an op that is here and waits for an ancestor
 *         number   an op's place in this graph, from 0: local, never sent
 */
#ifndef COPSE_PROTOCOL_MERGE_TEXT_GRAPH_H
#define COPSE_PROTOCOL_MERGE_TEXT_GRAPH_H

#include "protocol/base/memory.h"
#include "protocol/merge/text.h"
#include "protocol/merge/text_shape.h"

#define COPSE_TEXT_GRAPH_NONE UINT32_MAX /* no op, no unit, no edge */

/* One op, or the name of one that is not here yet. The second half belongs to the walk. */
struct copse_text_node {
    struct copse_id id;
    struct copse_id author;
    struct copse_slice content; /* checked against the shape; data NULL: absent */
    uint32_t parents;           /* the first in graph->parents */
    uint32_t patches;           /* the first in graph->patches */
    uint32_t children;          /* the first edge, or NONE */
    uint32_t units;             /* the sum of insertions */
    uint16_t patch_count;
    uint8_t parent_count;
    uint8_t waits_for; /* parents that are not ready */
    bool is_here;
    bool is_ready;
    bool is_malformed;
    bool is_muted;

    uint32_t order;         /* its place in the walk, or NONE */
    uint32_t base;          /* the first unit it inserted */
    uint32_t removals;      /* the first in walk->removals */
    uint32_t removal_count; /* ranges of units it deleted */
    uint32_t weight;        /* for choosing the order: ops that follow it, roughly */
    uint32_t cursor_units;  /* where printing its content has come to */
    uint32_t cursor_bytes;
    uint8_t color; /* scratch of a move from version to version */
    bool is_in_version;
    bool is_refused;
    bool is_covered; /* an op with an effect descends from it in the version: it is no head */
    bool is_named;   /* some walked op names it */
};

struct copse_text_edge {
    uint32_t child;
    uint32_t next; /* or NONE */
};

struct copse_text_graph {
    const struct copse_memory *memory;
    struct copse_text_node *nodes;
    size_t node_count, node_capacity;
    uint32_t *parents;
    size_t parent_count, parent_capacity;
    struct copse_text_patch *patches;
    size_t patch_count, patch_capacity;
    struct copse_text_edge *edges;
    size_t edge_count, edge_capacity;
    uint32_t *ready; /* numbers of ready ops, parents first */
    size_t ready_count, ready_capacity;
    uint32_t *slots; /* hash table of numbers plus one; 0: free */
    size_t slot_count;
    size_t here_count;
    struct copse_text_shape shape; /* scratch of an add: too large to be made anew each time */
};

void copse_text_graph_init(struct copse_text_graph *graph, const struct copse_memory *memory);
void copse_text_graph_deinit(struct copse_text_graph *graph);

/* As copse_text_add. Whatever it returns but COPSE_OK changes nothing. */
enum copse_err copse_text_graph_add(struct copse_text_graph *graph,
                                    const struct copse_text_op *op) COPSE_MUST_CHECK;

/* The number of an op, here or only named; NONE if never heard of. */
uint32_t copse_text_graph_find(const struct copse_text_graph *graph, const struct copse_id *id);

/* The content to print for a node: `content` if it fits the shape, otherwise nothing. */
struct copse_slice copse_text_graph_fit(const struct copse_text_node *node,
                                        struct copse_slice content);

#endif
