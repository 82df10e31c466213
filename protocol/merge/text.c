/* How it works: the graph keeps what was added, the walk keeps the list and stands at one version;
 * printing passes over the list once. All views are built in the same three buffers. */
#include "protocol/merge/text.h"

#include "protocol/merge/text_walk.h"

#include <string.h>

#define NONE COPSE_TEXT_GRAPH_NONE

struct copse_text {
    const struct copse_memory *memory;
    struct copse_text_graph graph;
    struct copse_text_walk walk;
    uint8_t *bytes;
    size_t byte_capacity;
    struct copse_text_run *runs;
    size_t run_capacity;
    struct copse_text_mark *marks;
    size_t mark_capacity;
    struct copse_id *heads;
    size_t head_capacity;
    uint32_t *version; /* heads asked for, as numbers */
    size_t version_capacity;
};

enum copse_err copse_text_new(struct copse_text **out, const struct copse_memory *memory)
{
    struct copse_text *text = copse_memory_new(memory, 1, sizeof *text);
    if (text == NULL) {
        return COPSE_ERR_NOMEM;
    }
    text->memory = memory;
    copse_text_graph_init(&text->graph, memory);
    copse_text_walk_init(&text->walk, &text->graph);
    *out = text;
    return COPSE_OK;
}

void copse_text_free(struct copse_text *text)
{
    if (text == NULL) {
        return;
    }
    copse_text_walk_deinit(&text->walk);
    copse_text_graph_deinit(&text->graph);
    copse_memory_free(text->memory, text->bytes);
    copse_memory_free(text->memory, text->runs);
    copse_memory_free(text->memory, text->marks);
    copse_memory_free(text->memory, text->heads);
    copse_memory_free(text->memory, text->version);
    copse_memory_free(text->memory, text);
}

struct copse_text_walk *copse_text_inside(struct copse_text *text)
{
    return &text->walk;
}

enum copse_err copse_text_add(struct copse_text *text, const struct copse_text_op *op)
{
    return copse_text_graph_add(&text->graph, op);
}

/* The node of an op that was added; NULL if it was not. */
static struct copse_text_node *find(struct copse_text *text, const struct copse_id *id)
{
    uint32_t op = copse_text_graph_find(&text->graph, id);
    return op == NONE || !text->graph.nodes[op].is_here ? NULL : &text->graph.nodes[op];
}

enum copse_err copse_text_mute(struct copse_text *text, const struct copse_id *id,
                               enum copse_text_status status)
{
    struct copse_text_node *node = find(text, id);
    if (node == NULL) {
        return COPSE_ERR_NOT_FOUND;
    }
    return copse_text_walk_mute(&text->walk, (uint32_t)(node - text->graph.nodes), status);
}

enum copse_err copse_text_set_content(struct copse_text *text, const struct copse_id *id,
                                      struct copse_slice content)
{
    struct copse_text_node *node = find(text, id);
    if (node == NULL) {
        return COPSE_ERR_NOT_FOUND;
    }
    node->content = copse_text_graph_fit(node, content);
    return COPSE_OK;
}

static int compare_heads(const struct copse_id *heads, size_t a, size_t b)
{
    return copse_bytes_compare_ids(&heads[a], &heads[b]);
}

/* Sift down for heapsort: heads may be many, and order must not cost more for some inputs. */
static void sift(struct copse_id *heads, size_t top, size_t count)
{
    for (size_t child = 2 * top + 1; child < count; child = 2 * top + 1) {
        if (child + 1 < count && compare_heads(heads, child, child + 1) < 0) {
            child++;
        }
        if (compare_heads(heads, top, child) >= 0) {
            return;
        }
        struct copse_id swap = heads[top];
        heads[top] = heads[child];
        heads[child] = swap;
        top = child;
    }
}

static void sort_heads(struct copse_id *heads, size_t count)
{
    for (size_t i = count / 2; i-- > 0;) {
        sift(heads, i, count);
    }
    for (size_t end = count; end-- > 1;) {
        struct copse_id swap = heads[0];
        heads[0] = heads[end];
        heads[end] = swap;
        sift(heads, 0, end);
    }
}

/* The heads of the version at hand. */
static enum copse_err list_heads(struct copse_text *text, struct copse_text_view *view)
{
    size_t count = 0;
    copse_text_walk_cover(&text->walk);
    for (size_t i = 0; i < text->walk.order_count; i++) {
        uint32_t op = text->walk.order[i];
        if (copse_text_walk_is_head(&text->walk, op)) {
            enum copse_err err = copse_memory_grow(text->memory, &text->heads, &text->head_capacity,
                                                   count + 1, sizeof *text->heads);
            if (err != COPSE_OK) {
                return err;
            }
            text->heads[count++] = text->graph.nodes[op].id;
        }
    }
    sort_heads(text->heads, count);
    view->heads = text->heads;
    view->head_count = count;
    return COPSE_OK;
}

static enum copse_err add_mark(struct copse_text *text, struct copse_text_view *view,
                               const struct copse_text_piece *piece)
{
    enum copse_err err = copse_memory_grow(text->memory, &text->marks, &text->mark_capacity,
                                           view->mark_count + 1, sizeof *text->marks);
    if (err != COPSE_OK) {
        return err;
    }
    text->marks[view->mark_count++] = (struct copse_text_mark){
        .unit = view->units, .op = &text->graph.nodes[piece->op].id, .overlap = piece->overlap};
    return COPSE_OK;
}

/* Print one piece: its bytes, and a run, which goes on if the same op goes on. */
static enum copse_err print_piece(struct copse_text *text, struct copse_text_view *view,
                                  const struct copse_text_piece *piece)
{
    const struct copse_text_node *node = &text->graph.nodes[piece->op];
    bool is_gap = piece->text.data == NULL;
    enum copse_err err = copse_memory_grow(text->memory, &text->runs, &text->run_capacity,
                                           view->run_count + 1, sizeof *text->runs);
    if (err == COPSE_OK) {
        err = copse_memory_grow(text->memory, &text->bytes, &text->byte_capacity,
                                view->text.size + piece->text.size, 1);
    }
    if (err != COPSE_OK) {
        return err;
    }
    COPSE_ASSERT(text->runs != NULL);
    if (!is_gap) {
        memcpy(text->bytes + view->text.size, piece->text.data, piece->text.size);
    }
    struct copse_text_run *last = view->run_count == 0 ? NULL : &text->runs[view->run_count - 1];
    if (last != NULL && last->op == &node->id) {
        last->bytes += piece->text.size;
        last->units += piece->units;
    } else {
        text->runs[view->run_count++] = (struct copse_text_run){
            .op = &node->id,
            .author = &node->author,
            .byte = view->text.size,
            .bytes = piece->text.size,
            .unit = view->units,
            .units = piece->units,
        };
        view->gap_count += is_gap ? 1 : 0;
    }
    view->text.size += piece->text.size;
    view->units += is_gap ? 0 : piece->units;
    return COPSE_OK;
}

static enum copse_err print_text(struct copse_text *text, struct copse_text_view *view)
{
    struct copse_text_walk_cursor cursor;
    struct copse_text_piece piece;
    enum copse_err err = COPSE_OK;
    copse_text_walk_first(&cursor, &text->walk);
    while (err == COPSE_OK && copse_text_walk_next(&cursor, &piece, &text->walk)) {
        if (piece.is_alive && piece.overlap != COPSE_TEXT_APART) {
            err = add_mark(text, view, &piece);
        }
        if (piece.is_alive && err == COPSE_OK) {
            err = print_piece(text, view, &piece);
        }
    }
    view->text.data = text->bytes;
    view->runs = text->runs;
    view->marks = text->marks;
    return err;
}

static void count_ops(const struct copse_text *text, struct copse_text_view *view)
{
    for (size_t i = 0; i < text->walk.order_count; i++) {
        const struct copse_text_node *node = &text->graph.nodes[text->walk.order[i]];
        view->refused_count += node->is_in_version && node->is_refused ? 1 : 0;
        view->muted_count += node->is_in_version && node->is_muted ? 1 : 0;
    }
    view->pending_count = text->graph.here_count - text->graph.ready_count;
    view->deferred_count = text->graph.ready_count - text->walk.order_count;
}

/* Print the version at hand; `steps` is what the walk had done before this call. */
static enum copse_err print(struct copse_text *text, struct copse_text_view *out, uint64_t steps)
{
    struct copse_text_view view = {.steps = text->walk.steps - steps};
    enum copse_err err = print_text(text, &view);
    if (err == COPSE_OK) {
        err = list_heads(text, &view);
    }
    if (err == COPSE_OK) {
        count_ops(text, &view);
        *out = view;
    }
    return err;
}

enum copse_err copse_text_merge(struct copse_text *text, struct copse_text_view *view,
                                const struct copse_text_options *options)
{
    uint64_t steps = text->walk.steps;
    enum copse_err err = copse_text_walk_run(&text->walk, options == NULL ? 0 : options->budget);
    if (err == COPSE_OK) {
        err = copse_text_walk_move_to_all(&text->walk);
    }
    return err == COPSE_OK ? print(text, view, steps) : err;
}

enum copse_err copse_text_at(struct copse_text *text, struct copse_text_view *view,
                             const struct copse_id *heads, size_t count)
{
    uint64_t steps = text->walk.steps;
    enum copse_err err = copse_text_walk_run(&text->walk, 0);
    if (err == COPSE_OK) {
        err = copse_memory_grow(text->memory, &text->version, &text->version_capacity, count,
                                sizeof *text->version);
    }
    for (size_t i = 0; i < count && err == COPSE_OK; i++) {
        text->version[i] = copse_text_graph_find(&text->graph, &heads[i]);
        if (text->version[i] == NONE || !text->graph.nodes[text->version[i]].is_ready) {
            err = COPSE_ERR_NOT_FOUND;
        }
    }
    if (err == COPSE_OK) {
        err = copse_text_walk_move(&text->walk, text->version, count);
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_text_view printed;
    err = print(text, &printed, steps);
    if (err == COPSE_OK) {
        *view = printed;
    }
    return err;
}

enum copse_err copse_text_heads(struct copse_text *text, size_t *count)
{
    enum copse_err err = copse_text_walk_run(&text->walk, 0);
    struct copse_text_view view = {0};
    if (err == COPSE_OK) {
        err = copse_text_walk_move_to_all(&text->walk);
    }
    if (err == COPSE_OK) {
        err = list_heads(text, &view);
    }
    if (err == COPSE_OK) {
        *count = view.head_count;
    }
    return err;
}
