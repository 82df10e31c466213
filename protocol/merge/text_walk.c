/* How it works: for each op the list is first moved to the version of its parents: ops that are
 * not among its ancestors are taken out of the count, those that are come in. Then the op's
 * patches are located by counting, its deletions noted, its insertions placed. Ops of a chain
 * need no move at all, and what one author typed in a row becomes one span.
 *
 * Order is free as long as parents come first. We go depth first and take the heaviest branch of
 * a fork last: every branch but the last is left again, and leaving costs its weight.
 *
 * When memory runs out halfway the list is no longer true: it is marked broken, and the next run
 * starts from nothing. */
#include "protocol/merge/text_walk.h"

#include "protocol/merge/text_place.h"

#define NONE COPSE_TEXT_GRAPH_NONE

enum color { FROM = 1, TO = 2, BOTH = 3 };

void copse_text_walk_init(struct copse_text_walk *walk, struct copse_text_graph *graph)
{
    *walk = (struct copse_text_walk){.graph = graph, .ops_max = COPSE_TEXT_OPS_MAX};
    copse_text_span_init(&walk->spans, graph->memory);
}

void copse_text_walk_deinit(struct copse_text_walk *walk)
{
    const struct copse_memory *memory = walk->graph->memory;
    copse_text_span_deinit(&walk->spans);
    copse_memory_free(memory, walk->order);
    copse_memory_free(memory, walk->inserters);
    copse_memory_free(memory, walk->removals);
    copse_memory_free(memory, walk->frontier);
    copse_memory_free(memory, walk->scratch);
    copse_memory_free(memory, walk->stack);
}

/* Forget what was walked, keep the room for it. */
static void start_again(struct copse_text_walk *walk)
{
    copse_text_span_deinit(&walk->spans);
    walk->order_count = 0;
    walk->ready_done = 0;
    walk->inserter_count = 0;
    walk->removal_count = 0;
    walk->frontier_count = 0;
    walk->ops = 0;
    walk->units = 0;
    walk->is_broken = false;
    for (size_t i = 0; i < walk->graph->node_count; i++) {
        struct copse_text_node *node = &walk->graph->nodes[i];
        node->order = NONE;
        node->color = 0;
        node->weight = 0;
        node->is_in_version = false;
        node->is_refused = false;
        node->is_named = false;
    }
}

static const uint32_t *parents_of(const struct copse_text_walk *walk,
                                  const struct copse_text_node *node)
{
    return walk->graph->parents + node->parents;
}

/* The heap of a move: the op that was walked last is on top, so that an op is met only when all
 * its descendants were. */
static bool is_later(const struct copse_text_walk *walk, uint32_t a, uint32_t b)
{
    return walk->graph->nodes[a].order > walk->graph->nodes[b].order;
}

static void heap_push(struct copse_text_walk *walk, size_t *count, uint32_t op)
{
    uint32_t *heap = walk->scratch;
    size_t at = (*count)++;
    while (at > 0 && is_later(walk, op, heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = op;
}

static uint32_t heap_pop(struct copse_text_walk *walk, size_t *count)
{
    uint32_t *heap = walk->scratch;
    uint32_t top = heap[0];
    uint32_t last = heap[--(*count)];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < *count && is_later(walk, heap[child + 1], heap[child])) {
            child++;
        }
        if (child >= *count || !is_later(walk, heap[child], last)) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return top;
}

/* What is on the heap. Each op is there once; `open` counts those not known to be on both sides. */
struct move {
    size_t count;
    size_t open;
};

static void color(struct copse_text_walk *walk, struct move *move, uint32_t op, uint8_t colors)
{
    struct copse_text_node *node = &walk->graph->nodes[op];
    uint8_t before = node->color;
    node->color |= colors;
    if (before == 0) {
        heap_push(walk, &move->count, op);
        move->open += node->color != BOTH ? 1 : 0;
    } else if (before != BOTH && node->color == BOTH) {
        move->open--;
    }
}

enum copse_err copse_text_walk_move(struct copse_text_walk *walk, const uint32_t *ops, size_t count)
{
    struct move move = {0, 0};
    struct copse_text_node *nodes = walk->graph->nodes;
    enum copse_err err = copse_memory_grow(walk->graph->memory, &walk->frontier,
                                           &walk->frontier_capacity, count, sizeof *walk->frontier);
    if (err != COPSE_OK) {
        return err;
    }
    for (size_t i = 0; i < walk->frontier_count; i++) {
        color(walk, &move, walk->frontier[i], FROM);
    }
    for (size_t i = 0; i < count; i++) {
        color(walk, &move, ops[i], TO);
    }
    while (move.open > 0) {
        uint32_t op = heap_pop(walk, &move.count);
        uint8_t colors = nodes[op].color;
        nodes[op].color = 0;
        move.open -= colors != BOTH ? 1 : 0;
        if (err == COPSE_OK && colors != BOTH) {
            err = copse_text_place_shift(walk, op,
                                         colors == TO ? COPSE_TEXT_PLACE_IN : COPSE_TEXT_PLACE_OUT);
        }
        for (size_t i = 0; i < nodes[op].parent_count; i++) {
            color(walk, &move, parents_of(walk, &nodes[op])[i], colors);
        }
        walk->steps++;
    }
    for (size_t i = 0; i < move.count; i++) {
        nodes[walk->scratch[i]].color = 0;
    }
    for (size_t i = 0; i < count; i++) {
        walk->frontier[i] = ops[i];
    }
    walk->frontier_count = count;
    walk->is_broken = err != COPSE_OK;
    return err;
}

enum copse_err copse_text_walk_move_to_all(struct copse_text_walk *walk)
{
    if (walk->ops == walk->order_count) {
        return COPSE_OK;
    }
    enum copse_err err =
        copse_memory_grow(walk->graph->memory, &walk->frontier, &walk->frontier_capacity,
                          walk->order_count, sizeof *walk->frontier);
    if (err != COPSE_OK) {
        return err;
    }
    walk->frontier_count = 0;
    for (size_t i = 0; i < walk->order_count && err == COPSE_OK; i++) {
        const struct copse_text_node *node = &walk->graph->nodes[walk->order[i]];
        if (!node->is_in_version) {
            err = copse_text_place_shift(walk, walk->order[i], COPSE_TEXT_PLACE_IN);
        }
        if (!node->is_named) {
            walk->frontier[walk->frontier_count++] = walk->order[i];
        }
    }
    walk->is_broken = err != COPSE_OK;
    return err;
}

/* SPEC 6.5: "An op is *refused* if any of these holds; it then counts as an op without patches, and
 * keeps its place in the graph." The walk stands at the version of its parents.
 * SPEC 6.5: "refusing MUST NOT look at a log, at a content, at a status, or at anything concurrent"
 */
static bool is_refused(const struct copse_text_walk *walk, const struct copse_text_node *node)
{
    if (node->is_malformed || walk->ops >= walk->ops_max ||
        (uint64_t)walk->units + node->units > COPSE_TEXT_UNITS_MAX) {
        return true;
    }
    if (node->patch_count == 0) {
        return false;
    }
    const struct copse_text_patch *last =
        &walk->graph->patches[node->patches + node->patch_count - 1u];
    return last->pos + last->del > copse_text_span_counted(&walk->spans);
}

static enum copse_err walk_op(struct copse_text_walk *walk, uint32_t op)
{
    struct copse_text_node *node = &walk->graph->nodes[op];
    const uint32_t *parents = parents_of(walk, node);
    bool is_next =
        node->parent_count == 1 && walk->frontier_count == 1 && walk->frontier[0] == parents[0];
    if (!is_next) {
        enum copse_err err = copse_text_walk_move(walk, parents, node->parent_count);
        if (err != COPSE_OK) {
            return err;
        }
    }
    node->is_refused = is_refused(walk, node);
    node->order = (uint32_t)walk->order_count;
    walk->order[walk->order_count++] = op;
    walk->steps++;
    enum copse_err err = copse_text_place_apply(walk, op);
    if (err != COPSE_OK) {
        walk->is_broken = true;
        return err;
    }
    for (size_t i = 0; i < node->parent_count; i++) {
        walk->graph->nodes[parents[i]].is_named = true;
    }
    walk->frontier[0] = op;
    walk->frontier_count = 1;
    return COPSE_OK;
}

/* Weights of what is not walked yet: an op gives its own to one of its parents, so that every op
 * is counted on one path only. */
static void weigh(struct copse_text_walk *walk)
{
    const struct copse_text_graph *graph = walk->graph;
    for (size_t i = walk->ready_done; i < graph->ready_count; i++) {
        graph->nodes[graph->ready[i]].weight = 1;
    }
    for (size_t i = graph->ready_count; i-- > walk->ready_done;) {
        const struct copse_text_node *node = &graph->nodes[graph->ready[i]];
        if (node->order == NONE && node->parent_count > 0) {
            graph->nodes[parents_of(walk, node)[node->parent_count - 1u]].weight += node->weight;
        }
    }
}

/* How many parents of `node` are not walked. */
static uint8_t open_parents(const struct copse_text_walk *walk, const struct copse_text_node *node)
{
    uint32_t count = 0;
    for (size_t i = 0; i < node->parent_count; i++) {
        count += walk->graph->nodes[parents_of(walk, node)[i]].order == NONE ? 1 : 0;
    }
    return (uint8_t)count;
}

/* Push an op whose parents are all walked; the heaviest of those from `bottom` up goes lowest. */
static void push(struct copse_text_walk *walk, size_t *count, size_t bottom, uint32_t op)
{
    const struct copse_text_node *nodes = walk->graph->nodes;
    uint32_t *stack = walk->stack;
    stack[*count] = op;
    if (*count > bottom && nodes[op].weight > nodes[stack[bottom]].weight) {
        stack[*count] = stack[bottom];
        stack[bottom] = op;
    }
    (*count)++;
}

/* Count the parents that each fresh op waits for; push those that wait for none. */
static size_t line_up(struct copse_text_walk *walk)
{
    const struct copse_text_graph *graph = walk->graph;
    size_t count = 0;
    while (walk->ready_done < graph->ready_count &&
           graph->nodes[graph->ready[walk->ready_done]].order != NONE) {
        walk->ready_done++;
    }
    weigh(walk);
    for (size_t i = walk->ready_done; i < graph->ready_count; i++) {
        struct copse_text_node *node = &graph->nodes[graph->ready[i]];
        if (node->order == NONE) {
            node->waits_for = open_parents(walk, node);
            if (node->waits_for == 0) {
                push(walk, &count, 0, graph->ready[i]);
            }
        }
    }
    return count;
}

/* Push the children of `op` that waited for it alone. */
static void push_children(struct copse_text_walk *walk, size_t *count, uint32_t op)
{
    const struct copse_text_graph *graph = walk->graph;
    size_t bottom = *count;
    uint32_t edge = graph->nodes[op].children;
    for (; edge != NONE; edge = graph->edges[edge].next) {
        struct copse_text_node *child = &graph->nodes[graph->edges[edge].child];
        if (child->is_ready) {
            child->waits_for--;
            if (child->waits_for == 0) {
                push(walk, count, bottom, graph->edges[edge].child);
            }
        }
    }
}

static enum copse_err reserve(struct copse_text_walk *walk)
{
    const struct copse_memory *memory = walk->graph->memory;
    size_t count = walk->graph->ready_count;
    enum copse_err err =
        copse_memory_grow(memory, &walk->order, &walk->order_capacity, count, sizeof *walk->order);
    if (err == COPSE_OK) {
        err = copse_memory_grow(memory, &walk->inserters, &walk->inserter_capacity, count,
                                sizeof *walk->inserters);
    }
    if (err == COPSE_OK) {
        err = copse_memory_grow(memory, &walk->scratch, &walk->scratch_capacity, count,
                                sizeof *walk->scratch);
    }
    if (err == COPSE_OK) {
        err = copse_memory_grow(memory, &walk->stack, &walk->stack_capacity, count,
                                sizeof *walk->stack);
    }
    if (err == COPSE_OK) {
        err = copse_memory_grow(memory, &walk->frontier, &walk->frontier_capacity, count,
                                sizeof *walk->frontier);
    }
    return err;
}

/* SPEC 6.13: "It MUST NOT refuse an op for what merging it costs" */
enum copse_err copse_text_walk_run(struct copse_text_walk *walk, uint64_t budget)
{
    if (walk->is_broken) {
        start_again(walk);
    }
    if (walk->order_count == walk->graph->ready_count) {
        return COPSE_OK;
    }
    enum copse_err err = reserve(walk);
    if (err != COPSE_OK) {
        return err;
    }
    uint64_t start = walk->steps;
    size_t count = line_up(walk);
    while (err == COPSE_OK && count > 0) {
        uint32_t op = walk->stack[--count];
        err = walk_op(walk, op);
        push_children(walk, &count, op);
        if (budget != 0 && walk->steps - start >= budget) {
            break;
        }
    }
    return err;
}

enum copse_err copse_text_walk_mute(struct copse_text_walk *walk, uint32_t op,
                                    enum copse_text_status status)
{
    struct copse_text_node *node = &walk->graph->nodes[op];
    bool is_muted = status == COPSE_TEXT_MUTED;
    if (node->is_muted == is_muted) {
        return COPSE_OK;
    }
    /* Its deletions are counted as what they are: take it out, change it, bring it back. */
    enum copse_err err = COPSE_OK;
    bool was_in = node->is_in_version && !walk->is_broken;
    if (was_in) {
        err = copse_text_place_shift(walk, op, COPSE_TEXT_PLACE_OUT);
    }
    node->is_muted = is_muted;
    if (was_in && err == COPSE_OK) {
        err = copse_text_place_shift(walk, op, COPSE_TEXT_PLACE_IN);
    }
    walk->is_broken = walk->is_broken || err != COPSE_OK;
    return err;
}

static bool has_effect(const struct copse_text_node *node)
{
    return node->is_in_version && !node->is_refused && !node->is_muted;
}

/* Children stand after their parents in the order of the walk, so from its end each op is covered
 * before it covers. */
void copse_text_walk_cover(struct copse_text_walk *walk)
{
    struct copse_text_node *nodes = walk->graph->nodes;
    for (size_t i = 0; i < walk->order_count; i++) {
        nodes[walk->order[i]].is_covered = false;
    }
    for (size_t i = walk->order_count; i-- > 0;) {
        const struct copse_text_node *node = &nodes[walk->order[i]];
        bool covers = node->is_covered || has_effect(node);
        for (size_t k = 0; covers && k < node->parent_count; k++) {
            nodes[parents_of(walk, node)[k]].is_covered = true;
        }
    }
}

/* SPEC 6.9: "its ops that are neither refused nor muted and that no such op of the version descends
 * from" */
bool copse_text_walk_is_head(const struct copse_text_walk *walk, uint32_t op)
{
    const struct copse_text_node *node = &walk->graph->nodes[op];
    return has_effect(node) && !node->is_covered;
}

/* The last inserter whose first unit is `unit` or before: the op that inserted it. */
size_t copse_text_walk_inserter(const struct copse_text_walk *walk, uint32_t unit)
{
    size_t low = 0;
    size_t high = walk->inserter_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (walk->graph->nodes[walk->inserters[middle]].base <= unit) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void copse_text_walk_first(struct copse_text_walk_cursor *cursor, struct copse_text_walk *walk)
{
    *cursor = (struct copse_text_walk_cursor){.span = walk->spans.first};
    for (size_t i = 0; i < walk->inserter_count; i++) {
        walk->graph->nodes[walk->inserters[i]].cursor_units = 0;
        walk->graph->nodes[walk->inserters[i]].cursor_bytes = 0;
    }
}

/* Bytes of the first `units` units of valid UTF-8. */
static uint32_t bytes_of(struct copse_slice text, uint32_t units)
{
    uint32_t at = 0;
    for (; units > 0; units--) {
        at++;
        while (at < text.size && (text.data[at] & 0xc0u) == 0x80u) {
            at++;
        }
    }
    return at;
}

/* The content of an op's units, taken in rising order: the units of one op lie in the list in the
 * order of their numbers, so each content is passed through once. */
static struct copse_slice take_text(struct copse_text_node *node, uint32_t offset, uint32_t units)
{
    struct copse_slice content = node->content;
    if (content.data == NULL || content.size == node->units) {
        return (struct copse_slice){content.data == NULL ? NULL : content.data + offset,
                                    content.data == NULL ? 0 : units};
    }
    COPSE_ASSERT(offset >= node->cursor_units);
    struct copse_slice rest = {content.data + node->cursor_bytes,
                               content.size - node->cursor_bytes};
    uint32_t skip = bytes_of(rest, offset - node->cursor_units);
    rest.data += skip;
    rest.size -= skip;
    uint32_t bytes = bytes_of(rest, units);
    node->cursor_units = offset + units;
    node->cursor_bytes += skip + bytes;
    return (struct copse_slice){rest.data, bytes};
}

bool copse_text_walk_next(struct copse_text_walk_cursor *cursor, struct copse_text_piece *piece,
                          struct copse_text_walk *walk)
{
    if (cursor->span == NONE) {
        return false;
    }
    const struct copse_text_span *span = &walk->spans.at[cursor->span];
    if (cursor->done == 0) {
        cursor->inserter = copse_text_walk_inserter(walk, span->unit);
    }
    uint32_t unit = span->unit + cursor->done;
    uint32_t op = walk->inserters[cursor->inserter];
    struct copse_text_node *node = &walk->graph->nodes[op];
    uint32_t of_op = node->base + node->units - unit;
    uint32_t of_span = span->units - cursor->done;
    uint32_t units = of_op < of_span ? of_op : of_span;
    *piece = (struct copse_text_piece){
        .op = op,
        .unit = unit,
        .units = units,
        .overlap = cursor->done == 0 ? (enum copse_text_overlap)span->overlap : COPSE_TEXT_APART,
        .is_counted = copse_text_span_is_counted(span),
        .is_alive = span->state.is_here && span->state.deletes == span->state.muted_deletes &&
                    !node->is_muted,
    };
    if (piece->is_alive) {
        piece->text = take_text(node, unit - node->base, units);
    }
    cursor->done += units;
    cursor->inserter++;
    if (cursor->done == span->units) {
        cursor->span = copse_text_span_next(&walk->spans, cursor->span);
        cursor->done = 0;
    }
    return true;
}
