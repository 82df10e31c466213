/* The units of a text in their final order, as runs in a balanced tree (SPEC 6.4).
 *
 * Every unit ever inserted stays. Units are numbered in the order in which the walk inserted
 * them; a span is a run of following numbers that lie side by side and share their state.
 *
 * Words:  span      such a run; named by its place in the pool, which never changes
 *         here      its inserting op belongs to the version at hand
 *         counted   here and deleted by no op of that version: what indexes count
 */
#ifndef COPSE_PROTOCOL_MERGE_TEXT_SPAN_H
#define COPSE_PROTOCOL_MERGE_TEXT_SPAN_H

#include "protocol/base/memory.h"

#include <stdbool.h>

#define COPSE_TEXT_SPAN_NONE UINT32_MAX

/* What depends on the version at hand. */
struct copse_text_span_state {
    uint32_t deletes;       /* ops of the version that deleted it */
    uint32_t muted_deletes; /* muted ones among them */
    bool is_here;
};

/* Units of a subtree. */
struct copse_text_span_sums {
    uint32_t all;
    uint32_t here;
    uint32_t counted;
};

struct copse_text_span {
    uint32_t unit; /* the first */
    uint32_t units;
    uint32_t left_origin;  /* the unit it was inserted behind, or NONE for the start */
    uint32_t right_origin; /* Fugue's right parent, or NONE for the end */
    struct copse_text_span_state state;
    bool is_gone;    /* some op walked so far deleted it */
    uint8_t overlap; /* enum copse_text_overlap of its first unit */

    uint8_t height;
    uint32_t parent, left, right;
    struct copse_text_span_sums below; /* with itself */
};

struct copse_text_span_chunk;

struct copse_text_spans {
    const struct copse_memory *memory;
    struct copse_text_span *at; /* the pool; moves when a span is made */
    size_t count, capacity;
    uint32_t root, first;
    struct copse_text_span_chunk **chunks; /* spans by number of unit, a few hundred a chunk */
    size_t chunk_count, chunk_capacity;
};

void copse_text_span_init(struct copse_text_spans *spans, const struct copse_memory *memory);
void copse_text_span_deinit(struct copse_text_spans *spans);

uint32_t copse_text_span_units(const struct copse_text_spans *spans);   /* all */
uint32_t copse_text_span_counted(const struct copse_text_spans *spans); /* all that count */

/* The span with counted unit `index` (below the sum), and how many counted units of it lie before.
 * Cost: O(log n), as everything here. */
uint32_t copse_text_span_find(const struct copse_text_spans *spans, uint32_t *offset,
                              uint32_t index);

/* The span that holds unit number `unit`, which must exist. */
uint32_t copse_text_span_of(const struct copse_text_spans *spans, uint32_t unit);

/* Its place among all units in list order, from 0. */
uint32_t copse_text_span_place(const struct copse_text_spans *spans, uint32_t unit);

/* The next span in list order, or NONE. */
uint32_t copse_text_span_next(const struct copse_text_spans *spans, uint32_t span);

/* The next span whose ops are in the version, or NONE; `span` NONE: the first such. */
uint32_t copse_text_span_next_here(const struct copse_text_spans *spans, uint32_t span);

/* Cut a span before its unit at `offset` (inside it): the second part is a new span and is given
 * back. COPSE_ERR_NOMEM changes nothing. */
enum copse_err copse_text_span_split(struct copse_text_spans *spans, uint32_t *out, uint32_t span,
                                     uint32_t offset) COPSE_MUST_CHECK;

/* Insert new units behind the span `after` (NONE: in front of everything). Their number must be
 * the number of units so far. COPSE_ERR_NOMEM changes nothing. */
enum copse_err copse_text_span_insert(struct copse_text_spans *spans, uint32_t *out,
                                      const struct copse_text_span *span,
                                      uint32_t after) COPSE_MUST_CHECK;

/* New units at the end of a span whose last unit has the highest number of all. */
void copse_text_span_extend(struct copse_text_spans *spans, uint32_t span, uint32_t units);

void copse_text_span_set(struct copse_text_spans *spans, uint32_t span,
                         const struct copse_text_span_state *state);

/* Whether indexes count its units. */
bool copse_text_span_is_counted(const struct copse_text_span *span);

#endif
