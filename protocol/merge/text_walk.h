/* The replay: brings every op into one list of units and moves it from version to version
 * (SPEC 6.4 to 6.8).
 *
 * The list stays between calls, so what comes later is walked alone, and any version can be
 * looked at by moving there. What a status or a content changes is only what shows.
 */
#ifndef COPSE_PROTOCOL_MERGE_TEXT_WALK_H
#define COPSE_PROTOCOL_MERGE_TEXT_WALK_H

#include "protocol/merge/text_graph.h"
#include "protocol/merge/text_span.h"

struct copse_text_removal {
    uint32_t unit;
    uint32_t units;
};

struct copse_text_walk {
    struct copse_text_graph *graph; /* borrowed */
    struct copse_text_spans spans;
    uint32_t *order; /* walked ops, parents first */
    size_t order_count, order_capacity;
    uint32_t *inserters; /* those that inserted something: rising by unit */
    size_t inserter_count, inserter_capacity;
    struct copse_text_removal *removals;
    size_t removal_count, removal_capacity;
    uint32_t *frontier; /* the version at hand is these and their ancestors */
    size_t frontier_count, frontier_capacity;
    uint32_t *scratch; /* heap of a move */
    size_t scratch_capacity;
    uint32_t *stack; /* what can be walked next, on top what comes first */
    size_t stack_capacity;
    size_t ready_done;   /* ready ops before it are walked */
    uint32_t ops, units; /* of the version at hand */
    uint64_t steps;      /* moves so far */
    bool is_broken;      /* memory ran out halfway: start again */
    uint32_t ops_max;    /* COPSE_TEXT_OPS_MAX; a test may raise it to measure */
};

void copse_text_walk_init(struct copse_text_walk *walk, struct copse_text_graph *graph);
void copse_text_walk_deinit(struct copse_text_walk *walk);

/* Walk ready ops that are not walked yet, until none is left or `budget` steps are done (at least
 * one op). Errors of copse_text_merge. */
enum copse_err copse_text_walk_run(struct copse_text_walk *walk, uint64_t budget) COPSE_MUST_CHECK;

/* Go to the version of these walked ops and their ancestors, or of all walked ops. */
enum copse_err copse_text_walk_move(struct copse_text_walk *walk, const uint32_t *ops,
                                    size_t count) COPSE_MUST_CHECK;
enum copse_err copse_text_walk_move_to_all(struct copse_text_walk *walk) COPSE_MUST_CHECK;

/* Change the status of an op. */
enum copse_err copse_text_walk_mute(struct copse_text_walk *walk, uint32_t op,
                                    enum copse_text_status status) COPSE_MUST_CHECK;

/* Note what the version at hand covers; then, until the next move: is a walked op one of its heads?
 * Cost: O(walked ops and their parents). SPEC 6.9. */
void copse_text_walk_cover(struct copse_text_walk *walk);
bool copse_text_walk_is_head(const struct copse_text_walk *walk, uint32_t op);

/* The op that inserted a unit, as a place in walk->inserters. */
size_t copse_text_walk_inserter(const struct copse_text_walk *walk, uint32_t unit);

/* A stretch of one op's units at the version at hand. */
struct copse_text_piece {
    uint32_t op;
    uint32_t unit; /* the first */
    uint32_t units;
    enum copse_text_overlap overlap; /* of its first unit */
    bool is_counted;                 /* indexes count it */
    bool is_alive;                   /* shows if its content is here */
    struct copse_slice text;         /* its content, if it is alive and here */
};

struct copse_text_walk_cursor {
    uint32_t span;
    uint32_t done; /* units of the span */
    size_t inserter;
};

/* Pieces in list order: start with copse_text_walk_first; false after the last. Nothing may change
 * in between. */
void copse_text_walk_first(struct copse_text_walk_cursor *cursor, struct copse_text_walk *walk);
bool copse_text_walk_next(struct copse_text_walk_cursor *cursor, struct copse_text_piece *piece,
                          struct copse_text_walk *walk);

#endif
