/* How it works: a hash table finds ops by id; an op that is named before it comes gets an empty
 * node, on which those that name it wait. When an op becomes ready, those that waited for it are
 * counted down, and the list of ready ops is at once the queue of this and an order in which
 * parents come first. Ids are hashes already, so a mix of their words spreads them; who grinds
 * ids to collide pays more hashing than the probing costs us.
 *
 * All room is asked for before anything changes, so that a failed add changes nothing. */
#include "protocol/merge/text_graph.h"

#include <string.h>

#define NONE COPSE_TEXT_GRAPH_NONE

/* Nodes that one op can bring: itself and its parents. */
#define NODES_PER_ADD (COPSE_TEXT_PARENTS_MAX + 1u)

void copse_text_graph_init(struct copse_text_graph *graph, const struct copse_memory *memory)
{
    *graph = (struct copse_text_graph){.memory = memory};
}

void copse_text_graph_deinit(struct copse_text_graph *graph)
{
    copse_memory_free(graph->memory, graph->nodes);
    copse_memory_free(graph->memory, graph->parents);
    copse_memory_free(graph->memory, graph->patches);
    copse_memory_free(graph->memory, graph->edges);
    copse_memory_free(graph->memory, graph->ready);
    copse_memory_free(graph->memory, graph->slots);
}

static size_t hash_of(const struct copse_id *id)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < COPSE_ID_BYTES; i += sizeof hash) {
        uint64_t word = 0;
        memcpy(&word, id->bytes + i, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return (size_t)hash;
}

/* The slot where `id` is or would go. */
static size_t slot_of(const struct copse_text_graph *graph, const struct copse_id *id)
{
    size_t slot = hash_of(id) & (graph->slot_count - 1);
    while (graph->slots[slot] != 0 &&
           !copse_bytes_equal_ids(&graph->nodes[graph->slots[slot] - 1].id, id)) {
        slot = (slot + 1) & (graph->slot_count - 1);
    }
    return slot;
}

uint32_t copse_text_graph_find(const struct copse_text_graph *graph, const struct copse_id *id)
{
    return graph->slot_count == 0 ? NONE : graph->slots[slot_of(graph, id)] - 1;
}

/* Room for `count` nodes at half load. */
static enum copse_err reserve_slots(struct copse_text_graph *graph, size_t count)
{
    if (count * 2 <= graph->slot_count) {
        return COPSE_OK;
    }
    size_t slot_count = graph->slot_count == 0 ? 64 : graph->slot_count;
    while (slot_count < count * 2) {
        slot_count *= 2;
    }
    uint32_t *slots = copse_memory_new(graph->memory, slot_count, sizeof *slots);
    if (slots == NULL) {
        return COPSE_ERR_NOMEM;
    }
    copse_memory_free(graph->memory, graph->slots);
    graph->slots = slots;
    graph->slot_count = slot_count;
    for (size_t i = 0; i < graph->node_count; i++) {
        slots[slot_of(graph, &graph->nodes[i].id)] = (uint32_t)i + 1;
    }
    return COPSE_OK;
}

static enum copse_err reserve(struct copse_text_graph *graph, size_t patch_count)
{
    size_t nodes = graph->node_count + NODES_PER_ADD;
    if (nodes >= NONE || graph->patch_count + patch_count >= NONE ||
        graph->parent_count + COPSE_TEXT_PARENTS_MAX >= NONE) {
        return COPSE_ERR_NOMEM;
    }
    const struct copse_memory *memory = graph->memory;
    enum copse_err err = reserve_slots(graph, nodes);
    if (err == COPSE_OK) {
        err = copse_memory_grow(memory, &graph->nodes, &graph->node_capacity, nodes,
                                sizeof *graph->nodes);
    }
    if (err == COPSE_OK) {
        err = copse_memory_grow(memory, &graph->ready, &graph->ready_capacity, nodes,
                                sizeof *graph->ready);
    }
    if (err == COPSE_OK) {
        err =
            copse_memory_grow(memory, &graph->parents, &graph->parent_capacity,
                              graph->parent_count + COPSE_TEXT_PARENTS_MAX, sizeof *graph->parents);
    }
    if (err == COPSE_OK) {
        err = copse_memory_grow(memory, &graph->edges, &graph->edge_capacity,
                                graph->edge_count + COPSE_TEXT_PARENTS_MAX, sizeof *graph->edges);
    }
    if (err == COPSE_OK) {
        err = copse_memory_grow(memory, &graph->patches, &graph->patch_capacity,
                                graph->patch_count + patch_count, sizeof *graph->patches);
    }
    return err;
}

/* The number of `id`, new if need be; there is room. */
static uint32_t name(struct copse_text_graph *graph, const struct copse_id *id)
{
    size_t slot = slot_of(graph, id);
    if (graph->slots[slot] == 0) {
        graph->nodes[graph->node_count] =
            (struct copse_text_node){.id = *id, .children = NONE, .order = NONE};
        graph->node_count++;
        graph->slots[slot] = (uint32_t)graph->node_count;
    }
    return graph->slots[slot] - 1;
}

/* SPEC 6.7: "A content is good if it is UTF-8 of exactly as many units as the shape inserts,
 * without C0 controls other than LF and TAB." */
struct copse_slice copse_text_graph_fit(const struct copse_text_node *node,
                                        struct copse_slice content)
{
    const struct copse_slice nothing = {NULL, 0};
    if (content.data == NULL || node->is_malformed || !copse_bytes_is_utf8(content)) {
        return nothing;
    }
    size_t units = 0;
    for (size_t i = 0; i < content.size; i++) {
        uint8_t byte = content.data[i];
        if (byte < 0x20 && byte != '\n' && byte != '\t') {
            return nothing;
        }
        units += (byte & 0xc0u) != 0x80u ? 1 : 0;
    }
    return units == node->units ? content : nothing;
}

static bool are_parents_good(const struct copse_text_op *op)
{
    if (op->parent_count > COPSE_TEXT_PARENTS_MAX) {
        return false;
    }
    for (size_t i = 0; i < op->parent_count; i++) {
        if (copse_bytes_equal_ids(&op->parents[i], &op->id) ||
            (i > 0 && copse_bytes_compare_ids(&op->parents[i - 1], &op->parents[i]) >= 0)) {
            return false;
        }
    }
    return true;
}

/* SPEC 6.5: "The declared length of its content is less than the units that its shape inserts, or
 * more than four times as many." */
static void take_shape(struct copse_text_graph *graph, struct copse_text_node *node,
                       const struct copse_text_shape *shape, const struct copse_text_op *op)
{
    node->patches = (uint32_t)graph->patch_count;
    node->is_malformed = shape == NULL || op->content_size < shape->units ||
                         op->content_size > 4 * (size_t)shape->units;
    if (!node->is_malformed) {
        node->patch_count = (uint16_t)shape->count;
        node->units = shape->units;
        for (size_t i = 0; i < shape->count; i++) {
            graph->patches[graph->patch_count++] = shape->patches[i];
        }
    }
}

static void link_parents(struct copse_text_graph *graph, uint32_t number,
                         const struct copse_text_op *op)
{
    graph->nodes[number].parents = (uint32_t)graph->parent_count;
    graph->nodes[number].parent_count = (uint8_t)op->parent_count;
    for (size_t i = 0; i < op->parent_count; i++) {
        uint32_t parent = name(graph, &op->parents[i]);
        graph->parents[graph->parent_count++] = parent;
        graph->edges[graph->edge_count] =
            (struct copse_text_edge){number, graph->nodes[parent].children};
        graph->nodes[parent].children = (uint32_t)graph->edge_count;
        graph->edge_count++;
        if (!graph->nodes[parent].is_ready) {
            graph->nodes[number].waits_for++;
        }
    }
}

/* SPEC 6.3: "A program MUST bring in what waited without recursion." The list of ready ops is the
 * queue. */
static void drain(struct copse_text_graph *graph, uint32_t number)
{
    size_t next = graph->ready_count;
    graph->nodes[number].is_ready = true;
    graph->ready[graph->ready_count++] = number;
    for (; next < graph->ready_count; next++) {
        uint32_t edge = graph->nodes[graph->ready[next]].children;
        for (; edge != NONE; edge = graph->edges[edge].next) {
            struct copse_text_node *child = &graph->nodes[graph->edges[edge].child];
            COPSE_ASSERT(child->waits_for > 0);
            child->waits_for--;
            if (child->waits_for == 0) {
                child->is_ready = true;
                graph->ready[graph->ready_count++] = graph->edges[edge].child;
            }
        }
    }
}

enum copse_err copse_text_graph_add(struct copse_text_graph *graph, const struct copse_text_op *op)
{
    if (!are_parents_good(op)) {
        return COPSE_ERR_FORM;
    }
    uint32_t number = copse_text_graph_find(graph, &op->id);
    if (number != NONE && graph->nodes[number].is_here) {
        return COPSE_ERR_EXISTS;
    }
    bool is_shaped = copse_text_shape_decode(&graph->shape, op->shape) == COPSE_OK;
    enum copse_err err = reserve(graph, is_shaped ? graph->shape.count : 0);
    if (err != COPSE_OK) {
        return err;
    }
    number = name(graph, &op->id);
    struct copse_text_node *node = &graph->nodes[number];
    node->author = op->author;
    node->is_here = true;
    node->is_muted = op->status == COPSE_TEXT_MUTED;
    take_shape(graph, node, is_shaped ? &graph->shape : NULL, op);
    node->content = copse_text_graph_fit(node, op->content);
    graph->here_count++;
    link_parents(graph, number, op);
    if (node->waits_for == 0) {
        drain(graph, number);
    }
    return COPSE_OK;
}
