/* One text that many people edit at once (SPEC 6).
 *
 * A replicated sequence of Unicode scalar values. An op says at which index, counted at the
 * version its author saw, units go away and come in. Ops are replayed over the graph of
 * versions (Gentle and Kleppmann 2025) and concurrent insertions are ordered as Fugue does
 * (Weidner and Kleppmann). The same set of ops gives the same text in any order of arrival.
 *
 * Words:  unit     one Unicode scalar value
 *         version  a set of ops with all their ancestors, named by heads
 *         heads    the ops of a version that are neither refused nor muted and that no such op
 *                  of it descends from
 *         refused  an op that breaks a rule which its ancestors decide: as if it had no patches
 *         muted    an op that keeps moving positions and shows and hides nothing
 *         pending  an op with an ancestor that is not here: no part of the text yet
 *         gap      units that would show if their content were here
 */
#ifndef COPSE_PROTOCOL_MERGE_TEXT_H
#define COPSE_PROTOCOL_MERGE_TEXT_H

#include "protocol/base/bytes.h"
#include "protocol/base/memory.h"

#define COPSE_TEXT_PARENTS_MAX 16u    /* SPEC 6.1 */
#define COPSE_TEXT_OPS_MAX 65536u     /* an op and its ancestors; SPEC 6.5 */
#define COPSE_TEXT_UNITS_MAX 1048576u /* ever inserted by an op and its ancestors; SPEC 6.5 */

struct copse_text;
struct copse_text_walk;

enum copse_text_status {
    COPSE_TEXT_HONOURED,
    COPSE_TEXT_MUTED,
};

struct copse_text_op {
    struct copse_id id;
    struct copse_id author;         /* a device key */
    const struct copse_id *parents; /* rising; borrowed for the call */
    size_t parent_count;            /* at most COPSE_TEXT_PARENTS_MAX */
    struct copse_slice shape;       /* SPEC 6.2; borrowed for the call */
    size_t content_size;            /* bytes, as the entry declares; whether held or not */
    struct copse_slice content;     /* data NULL: absent; borrowed until it is replaced with
                                        copse_text_set_content, or the text is freed */
    enum copse_text_status status;
};

/* A stretch of the printed text that one op inserted. */
struct copse_text_run {
    const struct copse_id *op;     /* borrowed like the view */
    const struct copse_id *author; /* borrowed like the view */
    size_t byte, bytes;            /* where in the text; bytes 0: a gap */
    size_t unit, units;            /* the same in units; of a gap the units that are missing */
};

enum copse_text_overlap {
    COPSE_TEXT_APART,
    COPSE_TEXT_ADJACENT, /* two authors inserted at one place, neither seeing the other */
    COPSE_TEXT_INSIDE,   /* inserted into what somebody deleted meanwhile */
};

/* Advice for the reader's eye, no part of the state: where edits overlapped. */
struct copse_text_mark {
    size_t unit; /* in the printed text */
    const struct copse_id *op;
    enum copse_text_overlap overlap;
};

/* A version, printed. Everything is borrowed from the text until the next call that takes it
 * without const. */
struct copse_text_view {
    struct copse_slice text; /* UTF-8 */
    size_t units;
    const struct copse_text_run *runs; /* in order of the text; gaps are runs of no bytes */
    size_t run_count;
    size_t gap_count;
    const struct copse_text_mark *marks; /* in order of the text */
    size_t mark_count;
    const struct copse_id *heads; /* rising; of the version: what a new op names, SPEC 6.9 */
    size_t head_count;
    size_t refused_count, muted_count; /* ops of the version */
    size_t pending_count;              /* ops outside every version */
    size_t deferred_count;             /* ready ops that the budget left out: merge again */
    uint64_t steps;                    /* moves that this call cost */
};

struct copse_text_options {
    uint64_t budget; /* moves after which to stop between two ops; 0: no limit. SPEC 6.13 */
};

/* Make an empty text. `memory` is borrowed until the text is freed. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_text_new(struct copse_text **out,
                              const struct copse_memory *memory) COPSE_MUST_CHECK;
void copse_text_free(struct copse_text *text);

/* Add an op, in any order. A shape that is malformed is no error: the op is refused (SPEC 6.5).
 * Returns COPSE_OK; COPSE_ERR_EXISTS (nothing changed); COPSE_ERR_FORM (parents too many, not
 * rising, or the op itself: no text op at all, nothing changed); COPSE_ERR_NOMEM (nothing changed).
 * Cost: O(op), and the drain of what waited for it. */
enum copse_err copse_text_add(struct copse_text *text,
                              const struct copse_text_op *op) COPSE_MUST_CHECK;

/* Change what is known of an op that was added: whether it counts, or its content (erased: data
 * NULL; arrived late). COPSE_OK, COPSE_ERR_NOT_FOUND or COPSE_ERR_NOMEM (the status is set; the
 * next merge replays everything). Cost: O(what the op deleted), O(content).
 * Source: SPEC 6.6, 6.7. */
enum copse_err copse_text_mute(struct copse_text *text, const struct copse_id *id,
                               enum copse_text_status status) COPSE_MUST_CHECK;
enum copse_err copse_text_set_content(struct copse_text *text, const struct copse_id *id,
                                      struct copse_slice content) COPSE_MUST_CHECK;

/* Replay what was added since the last merge and print the whole text.
 * options  NULL: no budget
 * Over budget it prints the version it has come to, and the next call goes on: at least one op
 * is replayed per call. Returns COPSE_OK; COPSE_ERR_NOMEM (the next call replays everything);
 * COPSE_ERR_LIMIT (2^32 units in one text: a limit of this program).
 * Cost: O(log n) per patch of an op whose parents are the version before it. Source: SPEC 6.4. */
enum copse_err copse_text_merge(struct copse_text *text, struct copse_text_view *view,
                                const struct copse_text_options *options) COPSE_MUST_CHECK;

/* Print the version that `heads` name. As copse_text_merge without a budget; COPSE_ERR_NOT_FOUND
 * when one of them is not here or pending. */
enum copse_err copse_text_at(struct copse_text *text, struct copse_text_view *view,
                             const struct copse_id *heads, size_t count) COPSE_MUST_CHECK;

/* How many heads the merged text has: over COPSE_TEXT_PARENTS_MAX the writer first joins them
 * with empty edits. Replays what is new and moves there. Errors of copse_text_merge. */
enum copse_err copse_text_heads(struct copse_text *text, size_t *count) COPSE_MUST_CHECK;

/* The machine inside, for text_edit.c. */
struct copse_text_walk *copse_text_inside(struct copse_text *text);

#endif
