/* How it works: spans are nodes of an AVL tree in list order. Sums per subtree answer "which
 * span holds the n-th unit that counts", "where does this unit lie" and "what is the next that is
 * here". Spans are never taken
 * out, so a tree that only grows is enough, and one that is balanced by height gives an attacker
 * who chooses the places no deep path.
 *
 * A second index leads from a unit's number to its span: spans ordered by number, in chunks whose
 * first unit never changes, because a cut only adds a span behind the one that is cut. */
#include "protocol/merge/text_span.h"

#include <string.h>

#define NONE COPSE_TEXT_SPAN_NONE
#define CHUNK_MAX 254u

struct copse_text_span_chunk {
    uint32_t first; /* unit */
    uint32_t count;
    uint32_t spans[CHUNK_MAX];
};

void copse_text_span_init(struct copse_text_spans *spans, const struct copse_memory *memory)
{
    *spans = (struct copse_text_spans){.memory = memory, .root = NONE, .first = NONE};
}

void copse_text_span_deinit(struct copse_text_spans *spans)
{
    for (size_t i = 0; i < spans->chunk_count; i++) {
        copse_memory_free(spans->memory, spans->chunks[i]);
    }
    copse_memory_free(spans->memory, spans->chunks);
    copse_memory_free(spans->memory, spans->at);
    copse_text_span_init(spans, spans->memory);
}

bool copse_text_span_is_counted(const struct copse_text_span *span)
{
    return span->state.is_here && span->state.deletes == 0;
}

/* What a span adds to the sums of those above it. */
static struct copse_text_span_sums own_sums(const struct copse_text_span *span)
{
    return (struct copse_text_span_sums){
        .all = span->units,
        .here = span->state.is_here ? span->units : 0,
        .counted = copse_text_span_is_counted(span) ? span->units : 0,
    };
}

static struct copse_text_span_sums below(const struct copse_text_spans *spans, uint32_t span)
{
    return span == NONE ? (struct copse_text_span_sums){0, 0, 0} : spans->at[span].below;
}

static int height(const struct copse_text_spans *spans, uint32_t span)
{
    return span == NONE ? 0 : spans->at[span].height;
}

uint32_t copse_text_span_units(const struct copse_text_spans *spans)
{
    return below(spans, spans->root).all;
}

uint32_t copse_text_span_counted(const struct copse_text_spans *spans)
{
    return below(spans, spans->root).counted;
}

uint32_t copse_text_span_find(const struct copse_text_spans *spans, uint32_t *offset,
                              uint32_t index)
{
    COPSE_ASSERT(index < copse_text_span_counted(spans));
    uint32_t span = spans->root;
    for (;;) {
        const struct copse_text_span *at = &spans->at[span];
        uint32_t before = below(spans, at->left).counted;
        uint32_t own = own_sums(at).counted;
        if (index < before) {
            span = at->left;
            continue;
        }
        index -= before;
        if (index < own) {
            *offset = index;
            return span;
        }
        index -= own;
        span = at->right;
    }
}

uint32_t copse_text_span_next(const struct copse_text_spans *spans, uint32_t span)
{
    uint32_t next = spans->at[span].right;
    if (next != NONE) {
        while (spans->at[next].left != NONE) {
            next = spans->at[next].left;
        }
        return next;
    }
    next = spans->at[span].parent;
    while (next != NONE && spans->at[next].right == span) {
        span = next;
        next = spans->at[span].parent;
    }
    return next;
}

/* The first span of a subtree that is here; there is one. */
static uint32_t first_here(const struct copse_text_spans *spans, uint32_t span)
{
    for (;;) {
        const struct copse_text_span *at = &spans->at[span];
        if (below(spans, at->left).here > 0) {
            span = at->left;
        } else if (at->state.is_here) {
            return span;
        } else {
            span = at->right;
        }
    }
}

uint32_t copse_text_span_next_here(const struct copse_text_spans *spans, uint32_t span)
{
    if (span == NONE) {
        return below(spans, spans->root).here > 0 ? first_here(spans, spans->root) : NONE;
    }
    if (below(spans, spans->at[span].right).here > 0) {
        return first_here(spans, spans->at[span].right);
    }
    for (uint32_t up = spans->at[span].parent; up != NONE; up = spans->at[up].parent) {
        if (spans->at[up].left == span) {
            if (spans->at[up].state.is_here) {
                return up;
            }
            if (below(spans, spans->at[up].right).here > 0) {
                return first_here(spans, spans->at[up].right);
            }
        }
        span = up;
    }
    return NONE;
}

/* The chunk that holds `unit`; there is one. */
static size_t chunk_of(const struct copse_text_spans *spans, uint32_t unit)
{
    size_t low = 0;
    size_t high = spans->chunk_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (spans->chunks[middle]->first <= unit) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static size_t slot_of(const struct copse_text_spans *spans,
                      const struct copse_text_span_chunk *chunk, uint32_t unit)
{
    size_t low = 0;
    size_t high = chunk->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (spans->at[chunk->spans[middle]].unit <= unit) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t copse_text_span_of(const struct copse_text_spans *spans, uint32_t unit)
{
    COPSE_ASSERT(unit < copse_text_span_units(spans));
    const struct copse_text_span_chunk *chunk = spans->chunks[chunk_of(spans, unit)];
    return chunk->spans[slot_of(spans, chunk, unit)];
}

uint32_t copse_text_span_place(const struct copse_text_spans *spans, uint32_t unit)
{
    uint32_t span = copse_text_span_of(spans, unit);
    uint32_t place = below(spans, spans->at[span].left).all + (unit - spans->at[span].unit);
    for (uint32_t up = spans->at[span].parent; up != NONE; up = spans->at[up].parent) {
        if (spans->at[up].right == span) {
            place += below(spans, spans->at[up].left).all + spans->at[up].units;
        }
        span = up;
    }
    return place;
}

static void add(struct copse_text_span_sums *sums, struct copse_text_span_sums more)
{
    sums->all += more.all;
    sums->here += more.here;
    sums->counted += more.counted;
}

static void sum(struct copse_text_spans *spans, uint32_t span)
{
    struct copse_text_span *at = &spans->at[span];
    int left = height(spans, at->left);
    int right = height(spans, at->right);
    at->height = (uint8_t)(1 + (left > right ? left : right));
    at->below = own_sums(at);
    add(&at->below, below(spans, at->left));
    add(&at->below, below(spans, at->right));
}

/* Put `fresh` where `old` hung under `parent`. */
static void replace_child(struct copse_text_spans *spans, uint32_t parent, uint32_t old,
                          uint32_t fresh)
{
    if (parent == NONE) {
        spans->root = fresh;
    } else if (spans->at[parent].left == old) {
        spans->at[parent].left = fresh;
    } else {
        spans->at[parent].right = fresh;
    }
    spans->at[fresh].parent = parent;
}

/* Lift the right child of `span` above it; gives the lifted one. */
static uint32_t rotate_left(struct copse_text_spans *spans, uint32_t span)
{
    uint32_t lifted = spans->at[span].right;
    uint32_t moved = spans->at[lifted].left;
    replace_child(spans, spans->at[span].parent, span, lifted);
    spans->at[span].right = moved;
    if (moved != NONE) {
        spans->at[moved].parent = span;
    }
    spans->at[lifted].left = span;
    spans->at[span].parent = lifted;
    sum(spans, span);
    sum(spans, lifted);
    return lifted;
}

static uint32_t rotate_right(struct copse_text_spans *spans, uint32_t span)
{
    uint32_t lifted = spans->at[span].left;
    uint32_t moved = spans->at[lifted].right;
    replace_child(spans, spans->at[span].parent, span, lifted);
    spans->at[span].left = moved;
    if (moved != NONE) {
        spans->at[moved].parent = span;
    }
    spans->at[lifted].right = span;
    spans->at[span].parent = lifted;
    sum(spans, span);
    sum(spans, lifted);
    return lifted;
}

static int lean(const struct copse_text_spans *spans, uint32_t span)
{
    return height(spans, spans->at[span].left) - height(spans, spans->at[span].right);
}

/* Sums and heights from `span` to the root. Source: Adelson-Velsky, Landis 1962. */
static void rebalance(struct copse_text_spans *spans, uint32_t span)
{
    for (; span != NONE; span = spans->at[span].parent) {
        sum(spans, span);
        int leaning = lean(spans, span);
        if (leaning > 1) {
            if (lean(spans, spans->at[span].left) < 0) {
                (void)rotate_left(spans, spans->at[span].left);
            }
            span = rotate_right(spans, span);
        } else if (leaning < -1) {
            if (lean(spans, spans->at[span].right) > 0) {
                (void)rotate_right(spans, spans->at[span].right);
            }
            span = rotate_left(spans, span);
        }
    }
}

/* Hang a span, whose own fields are set, behind `after`. */
static void hang(struct copse_text_spans *spans, uint32_t span, uint32_t after)
{
    struct copse_text_span *at = &spans->at[span];
    at->left = NONE;
    at->right = NONE;
    if (after == NONE) {
        at->parent = spans->first;
        if (spans->first == NONE) {
            spans->root = span;
        } else {
            spans->at[spans->first].left = span;
        }
        spans->first = span;
    } else if (spans->at[after].right == NONE) {
        at->parent = after;
        spans->at[after].right = span;
    } else {
        uint32_t next = copse_text_span_next(spans, after);
        at->parent = next;
        spans->at[next].left = span;
    }
    rebalance(spans, span);
}

/* A chunk with room behind `index`; asks for memory, changes nothing that can be seen. */
static enum copse_err split_chunk(struct copse_text_spans *spans, size_t index, uint32_t keep)
{
    enum copse_err err =
        copse_memory_grow(spans->memory, &spans->chunks, &spans->chunk_capacity,
                          spans->chunk_count + 1, sizeof(struct copse_text_span_chunk *));
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_text_span_chunk *fresh = copse_memory_new(spans->memory, 1, sizeof *fresh);
    if (fresh == NULL) {
        return COPSE_ERR_NOMEM;
    }
    size_t place = spans->chunk_count == 0 ? 0 : index + 1;
    if (spans->chunk_count > 0) {
        struct copse_text_span_chunk *old = spans->chunks[index];
        fresh->count = old->count - keep;
        memcpy(fresh->spans, old->spans + keep, fresh->count * sizeof fresh->spans[0]);
        old->count = keep;
        fresh->first = fresh->count == 0 ? 0 : spans->at[fresh->spans[0]].unit;
    }
    memmove(spans->chunks + place + 1, spans->chunks + place,
            (spans->chunk_count - place) * sizeof(struct copse_text_span_chunk *));
    spans->chunks[place] = fresh;
    spans->chunk_count++;
    return COPSE_OK;
}

/* Room for one more span, in the pool and in the chunk where `unit` goes. */
static enum copse_err reserve(struct copse_text_spans *spans, uint32_t unit)
{
    if (spans->count + 1 >= NONE) {
        return COPSE_ERR_NOMEM;
    }
    enum copse_err err = copse_memory_grow(spans->memory, &spans->at, &spans->capacity,
                                           spans->count + 1, sizeof *spans->at);
    if (err != COPSE_OK) {
        return err;
    }
    if (spans->chunk_count == 0) {
        return split_chunk(spans, 0, 0);
    }
    size_t index = chunk_of(spans, unit);
    return spans->chunks[index]->count < CHUNK_MAX ? COPSE_OK
                                                   : split_chunk(spans, index, CHUNK_MAX / 2);
}

/* Enter a span into the index by number; there is room. */
static void enter(struct copse_text_spans *spans, uint32_t span)
{
    uint32_t unit = spans->at[span].unit;
    struct copse_text_span_chunk *chunk = spans->chunks[chunk_of(spans, unit)];
    size_t slot = chunk->count == 0 ? 0 : slot_of(spans, chunk, unit) + 1;
    memmove(chunk->spans + slot + 1, chunk->spans + slot,
            (chunk->count - slot) * sizeof chunk->spans[0]);
    chunk->spans[slot] = span;
    chunk->count++;
}

enum copse_err copse_text_span_split(struct copse_text_spans *spans, uint32_t *out, uint32_t span,
                                     uint32_t offset)
{
    COPSE_ASSERT(offset > 0 && offset < spans->at[span].units);
    enum copse_err err = reserve(spans, spans->at[span].unit);
    if (err != COPSE_OK) {
        return err;
    }
    uint32_t fresh = (uint32_t)spans->count++;
    struct copse_text_span *first = &spans->at[span];
    struct copse_text_span *second = &spans->at[fresh];
    *second = *first;
    second->unit += offset;
    second->units -= offset;
    second->left_origin = second->unit - 1;
    second->right_origin = NONE;
    second->overlap = 0;
    first->units = offset;
    enter(spans, fresh);
    hang(spans, fresh, span); /* `span` is above it, so its sums are made anew too */
    *out = fresh;
    return COPSE_OK;
}

enum copse_err copse_text_span_insert(struct copse_text_spans *spans, uint32_t *out,
                                      const struct copse_text_span *span, uint32_t after)
{
    COPSE_ASSERT(span->unit == copse_text_span_units(spans));
    enum copse_err err = reserve(spans, span->unit);
    if (err != COPSE_OK) {
        return err;
    }
    uint32_t fresh = (uint32_t)spans->count++;
    spans->at[fresh] = *span;
    enter(spans, fresh);
    hang(spans, fresh, after);
    *out = fresh;
    return COPSE_OK;
}

/* After a change of one span: bring the sums from it to the root in line. Differences may be
 * negative, modulo 2^32. */
static void add_up(struct copse_text_spans *spans, uint32_t span,
                   struct copse_text_span_sums before)
{
    struct copse_text_span_sums more = own_sums(&spans->at[span]);
    more.all -= before.all;
    more.here -= before.here;
    more.counted -= before.counted;
    if ((more.all | more.here | more.counted) == 0) {
        return;
    }
    for (; span != NONE; span = spans->at[span].parent) {
        add(&spans->at[span].below, more);
    }
}

void copse_text_span_extend(struct copse_text_spans *spans, uint32_t span, uint32_t units)
{
    struct copse_text_span_sums before = own_sums(&spans->at[span]);
    spans->at[span].units += units;
    add_up(spans, span, before);
}

void copse_text_span_set(struct copse_text_spans *spans, uint32_t span,
                         const struct copse_text_span_state *state)
{
    struct copse_text_span_sums before = own_sums(&spans->at[span]);
    spans->at[span].state = *state;
    add_up(spans, span, before);
}
