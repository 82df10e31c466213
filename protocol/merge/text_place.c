/* How it works: a deletion finds the counted unit with its index, again and again, and notes the
 * numbers of what it deleted. An insertion stands behind the counted unit before its index; if
 * units that its author did not see follow there, the rule of SPEC 6.4 decides how far it goes
 * past them. Places of units in the list are compared through the sums of the tree. */
#include "protocol/merge/text_place.h"

#define NONE COPSE_TEXT_GRAPH_NONE

enum change { DELETE, UNDELETE, APPEAR, VANISH };

/* One op more or less for a span. */
static void change_span(struct copse_text_walk *walk, uint32_t span, enum change change,
                        const struct copse_text_node *node)
{
    struct copse_text_span_state state = walk->spans.at[span].state;
    uint32_t muted = node->is_muted ? 1 : 0;
    switch (change) {
    case DELETE:
        state.deletes++;
        state.muted_deletes += muted;
        break;
    case UNDELETE:
        state.deletes--;
        state.muted_deletes -= muted;
        break;
    case APPEAR:
        state.is_here = true;
        break;
    case VANISH:
        state.is_here = false;
        break;
    }
    copse_text_span_set(&walk->spans, span, &state);
    walk->steps++;
}

/* The same for a range of units, by number; spans are cut at its ends. */
static enum copse_err change_range(struct copse_text_walk *walk, struct copse_text_removal range,
                                   enum change change, const struct copse_text_node *node)
{
    uint32_t end = range.unit + range.units;
    enum copse_err err = COPSE_OK;
    while (range.unit < end) {
        uint32_t span = copse_text_span_of(&walk->spans, range.unit);
        uint32_t offset = range.unit - walk->spans.at[span].unit;
        if (offset > 0) {
            err = copse_text_span_split(&walk->spans, &span, span, offset);
            if (err != COPSE_OK) {
                return err;
            }
        }
        if (walk->spans.at[span].units > end - range.unit) {
            uint32_t rest = NONE;
            err = copse_text_span_split(&walk->spans, &rest, span, end - range.unit);
            if (err != COPSE_OK) {
                return err;
            }
        }
        change_span(walk, span, change, node);
        range.unit += walk->spans.at[span].units;
    }
    return COPSE_OK;
}

enum copse_err copse_text_place_shift(struct copse_text_walk *walk, uint32_t op,
                                      enum copse_text_place_direction direction)
{
    struct copse_text_node *node = &walk->graph->nodes[op];
    bool is_in = direction == COPSE_TEXT_PLACE_IN;
    COPSE_ASSERT(node->is_in_version != is_in);
    node->is_in_version = is_in;
    walk->ops += is_in ? 1u : UINT32_MAX; /* modulo 2^32: one less */
    walk->steps++;
    if (node->is_refused) {
        return COPSE_OK;
    }
    walk->units += is_in ? node->units : 0u - node->units;
    enum copse_err err = change_range(walk, (struct copse_text_removal){node->base, node->units},
                                      is_in ? APPEAR : VANISH, node);
    for (uint32_t i = 0; i < node->removal_count && err == COPSE_OK; i++) {
        err =
            change_range(walk, walk->removals[node->removals + i], is_in ? DELETE : UNDELETE, node);
    }
    return err;
}

/* Note that `node` deleted a whole span. */
static enum copse_err remove_span(struct copse_text_walk *walk, struct copse_text_node *node,
                                  uint32_t span)
{
    struct copse_text_removal range = {walk->spans.at[span].unit, walk->spans.at[span].units};
    change_span(walk, span, DELETE, node);
    walk->spans.at[span].is_gone = true;
    if (node->removal_count > 0) {
        struct copse_text_removal *last = &walk->removals[walk->removal_count - 1];
        if (last->unit + last->units == range.unit) {
            last->units += range.units;
            return COPSE_OK;
        }
    }
    if (walk->removal_count + 1 >= NONE) {
        return COPSE_ERR_NOMEM;
    }
    enum copse_err err =
        copse_memory_grow(walk->graph->memory, &walk->removals, &walk->removal_capacity,
                          walk->removal_count + 1, sizeof *walk->removals);
    if (err == COPSE_OK) {
        walk->removals[walk->removal_count++] = range;
        node->removal_count++;
    }
    return err;
}

/* Make counted unit `index` the first of a span and give that span. */
static enum copse_err cut_at(struct copse_text_walk *walk, uint32_t *span, uint32_t index)
{
    uint32_t offset = 0;
    *span = copse_text_span_find(&walk->spans, &offset, index);
    return offset == 0 ? COPSE_OK : copse_text_span_split(&walk->spans, span, *span, offset);
}

/* Make `span` at most `units` long. */
static enum copse_err trim(struct copse_text_walk *walk, uint32_t span, uint32_t units)
{
    uint32_t rest = NONE;
    return walk->spans.at[span].units <= units
               ? COPSE_OK
               : copse_text_span_split(&walk->spans, &rest, span, units);
}

/* An insertion between two deleted units by somebody who did not see the deletion. */
static void mark_inside(struct copse_text_walk *walk, uint32_t removed)
{
    uint32_t next = copse_text_span_next(&walk->spans, removed);
    if (next != NONE && !walk->spans.at[next].state.is_here) {
        walk->spans.at[next].overlap = COPSE_TEXT_INSIDE;
    }
}

static enum copse_err remove_counted(struct copse_text_walk *walk, struct copse_text_node *node,
                                     const struct copse_text_patch *patch)
{
    for (uint32_t left = patch->del; left > 0;) {
        uint32_t span = NONE;
        enum copse_err err = cut_at(walk, &span, patch->pos);
        if (err == COPSE_OK) {
            err = trim(walk, span, left);
        }
        if (err == COPSE_OK) {
            err = remove_span(walk, node, span);
        }
        if (err != COPSE_OK) {
            return err;
        }
        left -= walk->spans.at[span].units;
        if (left > 0) {
            mark_inside(walk, span);
        }
    }
    return COPSE_OK;
}

/* SPEC 6.8: everything of the version between the counted units before and behind the patch. */
static enum copse_err remove_all_between(struct copse_text_walk *walk, struct copse_text_node *node,
                                         const struct copse_text_patch *patch)
{
    uint32_t span = walk->spans.first;
    uint32_t left = patch->del;
    enum copse_err err = COPSE_OK;
    if (patch->pos > 0) {
        uint32_t offset = 0;
        span = copse_text_span_find(&walk->spans, &offset, patch->pos - 1);
        err = trim(walk, span, offset + 1);
        span = err == COPSE_OK ? copse_text_span_next(&walk->spans, span) : NONE;
    }
    while (err == COPSE_OK && span != NONE) {
        bool is_counted = copse_text_span_is_counted(&walk->spans.at[span]);
        if (is_counted && left == 0) {
            break;
        }
        if (is_counted) {
            err = trim(walk, span, left);
            left -= err == COPSE_OK ? walk->spans.at[span].units : 0;
        }
        if (err == COPSE_OK && walk->spans.at[span].state.is_here) {
            err = remove_span(walk, node, span);
        }
        span = copse_text_span_next(&walk->spans, span);
        walk->steps++;
    }
    return err;
}

/* Where in the list a unit lies, from 1; the start before all. */
static uint32_t place_of(const struct copse_text_walk *walk, uint32_t unit)
{
    return unit == NONE ? 0 : copse_text_span_place(&walk->spans, unit) + 1;
}

/* Does the right parent of a unit that is passed lie before that of `fresh`, which differs? All
 * units between where `fresh` stands and its own right parent are unseen. So an unseen right
 * parent lies before it, a seen one does not, and none at all lies behind everything. */
static bool ends_before(const struct copse_text_walk *walk, const struct copse_text_span *other,
                        const struct copse_text_span *fresh)
{
    if (fresh->right_origin == NONE || other->right_origin == NONE) {
        return fresh->right_origin == NONE;
    }
    uint32_t span = copse_text_span_of(&walk->spans, other->right_origin);
    return !walk->spans.at[span].state.is_here;
}

/* SPEC 6.4: "the smaller (author, id) goes first" */
static bool goes_first(const struct copse_text_walk *walk, const struct copse_text_node *a,
                       uint32_t unit)
{
    const struct copse_text_node *b =
        &walk->graph->nodes[walk->inserters[copse_text_walk_inserter(walk, unit)]];
    int order = copse_bytes_compare_ids(&a->author, &b->author);
    return order != 0 ? order < 0 : copse_bytes_compare_ids(&a->id, &b->id) < 0;
}

/* How far `fresh`, standing behind span `after`, goes past units that its author did not see.
 * Source: SPEC 6.4; the scan of Gentle and Kleppmann 2025 with the right parent of Fugue. */
static uint32_t pass_concurrent(struct copse_text_walk *walk, const struct copse_text_node *node,
                                const struct copse_text_span *fresh, uint32_t after)
{
    const struct copse_text_spans *spans = &walk->spans;
    uint32_t next = after == NONE ? spans->first : copse_text_span_next(spans, after);
    if (next == NONE || spans->at[next].state.is_here) {
        return after;
    }
    uint32_t left_place = place_of(walk, fresh->left_origin);
    bool is_scanning = false;
    for (; next != NONE && !spans->at[next].state.is_here;
         next = copse_text_span_next(spans, next)) {
        const struct copse_text_span *other = &spans->at[next];
        walk->steps++;
        if (other->left_origin != fresh->left_origin) {
            if (place_of(walk, other->left_origin) < left_place) {
                break;
            }
        } else if (other->right_origin == fresh->right_origin) {
            if (goes_first(walk, node, other->unit)) {
                break;
            }
            is_scanning = false;
        } else {
            is_scanning = ends_before(walk, other, fresh);
        }
        after = is_scanning ? after : next;
    }
    return after;
}

/* SPEC 6.4: "its right parent is that next unit if it was inserted behind the same unit" */
static uint32_t right_parent(const struct copse_text_walk *walk, uint32_t left_origin,
                             uint32_t after)
{
    uint32_t next = copse_text_span_next_here(&walk->spans, after);
    bool is_sibling = next != NONE && walk->spans.at[next].left_origin == left_origin;
    return is_sibling ? walk->spans.at[next].unit : NONE;
}

/* Two authors met: mark the insertion and the one it came to lie beside. */
static void mark_meeting(struct copse_text_walk *walk, const struct copse_text_node *node,
                         uint32_t span, uint32_t neighbour)
{
    if (neighbour == NONE || walk->spans.at[neighbour].state.is_here) {
        return;
    }
    struct copse_text_span *other = &walk->spans.at[neighbour];
    const struct copse_text_node *theirs =
        &walk->graph->nodes[walk->inserters[copse_text_walk_inserter(walk, other->unit)]];
    if (!copse_bytes_equal_ids(&node->author, &theirs->author)) {
        walk->spans.at[span].overlap = COPSE_TEXT_ADJACENT;
        other->overlap = other->overlap == COPSE_TEXT_APART ? COPSE_TEXT_ADJACENT : other->overlap;
    }
}

static void mark(struct copse_text_walk *walk, const struct copse_text_node *node, uint32_t span,
                 uint32_t before)
{
    const struct copse_text_spans *spans = &walk->spans;
    uint32_t behind = copse_text_span_next(spans, span);
    mark_meeting(walk, node, span, before);
    mark_meeting(walk, node, span, behind);
    if (before != NONE && behind != NONE && spans->at[before].is_gone &&
        spans->at[before].state.deletes == 0 && spans->at[behind].is_gone &&
        spans->at[behind].state.deletes == 0) {
        walk->spans.at[span].overlap = COPSE_TEXT_INSIDE;
    }
}

/* Typing on: new units that hang behind the last unit of all, in an untouched span, join it. */
static bool can_join(const struct copse_text_walk *walk, const struct copse_text_span *fresh,
                     uint32_t after)
{
    if (after == NONE || fresh->right_origin != NONE) {
        return false;
    }
    const struct copse_text_span *span = &walk->spans.at[after];
    uint32_t next = copse_text_span_next(&walk->spans, after);
    if (next != NONE && !walk->spans.at[next].state.is_here) {
        return false; /* somebody else is here: it will be marked */
    }
    return span->unit + span->units == fresh->unit && fresh->left_origin == fresh->unit - 1 &&
           copse_text_span_is_counted(span) && !span->is_gone;
}

/* The span whose last unit is counted unit `index` - 1; NONE for index 0. */
static enum copse_err stand_at(struct copse_text_walk *walk, uint32_t *after, uint32_t index)
{
    uint32_t offset = 0;
    *after = NONE;
    if (index == 0) {
        return COPSE_OK;
    }
    *after = copse_text_span_find(&walk->spans, &offset, index - 1);
    return trim(walk, *after, offset + 1);
}

static enum copse_err insert(struct copse_text_walk *walk, const struct copse_text_node *node,
                             const struct copse_text_patch *patch)
{
    uint32_t after = NONE;
    enum copse_err err = stand_at(walk, &after, patch->pos);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_text_span fresh = {
        .unit = copse_text_span_units(&walk->spans),
        .units = patch->ins,
        .left_origin = NONE,
        .state = {.is_here = true},
    };
    if (after != NONE) {
        fresh.left_origin = walk->spans.at[after].unit + walk->spans.at[after].units - 1;
    }
    fresh.right_origin = right_parent(walk, fresh.left_origin, after);
    uint32_t before = pass_concurrent(walk, node, &fresh, after);
    if (before == after && can_join(walk, &fresh, after)) {
        copse_text_span_extend(&walk->spans, after, patch->ins);
        return COPSE_OK;
    }
    uint32_t span = NONE;
    err = copse_text_span_insert(&walk->spans, &span, &fresh, before);
    if (err == COPSE_OK) {
        mark(walk, node, span, before);
    }
    return err;
}

enum copse_err copse_text_place_apply(struct copse_text_walk *walk, uint32_t op)
{
    struct copse_text_node *node = &walk->graph->nodes[op];
    node->base = copse_text_span_units(&walk->spans);
    node->removals = (uint32_t)walk->removal_count;
    node->removal_count = 0;
    node->is_in_version = true;
    walk->ops++;
    if (node->is_refused) {
        return COPSE_OK;
    }
    if (node->base >= NONE - 1 - node->units) {
        return COPSE_ERR_LIMIT;
    }
    walk->units += node->units;
    if (node->units > 0) {
        walk->inserters[walk->inserter_count++] = op;
    }
    uint32_t shift = 0; /* modulo 2^32: may be below nothing */
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; i < node->patch_count && err == COPSE_OK; i++) {
        struct copse_text_patch patch = walk->graph->patches[node->patches + i];
        patch.pos += shift;
        shift += patch.ins - patch.del;
        walk->steps++;
        err = patch.sweep ? remove_all_between(walk, node, &patch)
                          : remove_counted(walk, node, &patch);
        if (err == COPSE_OK && patch.ins > 0) {
            err = insert(walk, node, &patch);
        }
    }
    return err;
}
