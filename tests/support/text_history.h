/* A history of text edits for tests: ops with all that a text wants of them, parents first.
 *
 * Words:  order  the numbers of a history's ops in the order in which they are delivered
 */
#ifndef COPSE_TESTS_SUPPORT_TEXT_HISTORY_H
#define COPSE_TESTS_SUPPORT_TEXT_HISTORY_H

#include "protocol/merge/text.h"
#include "protocol/merge/text_shape.h"
#include "tests/support/random.h"

struct copse_text_history_op {
    struct copse_id id;
    struct copse_id author;
    struct copse_id parent_ids[COPSE_TEXT_PARENTS_MAX]; /* rising */
    size_t parents[COPSE_TEXT_PARENTS_MAX];             /* numbers, in no order */
    size_t parent_count;
    struct copse_text_patch patches[8];
    size_t patch_count;
    bool is_malformed; /* the shape is not one */
    bool is_muted;
    bool is_erased;
    uint8_t *shape;
    size_t shape_size;
    uint8_t *content;
    size_t content_size;
};

struct copse_text_history {
    struct copse_text_history_op *ops;
    size_t count, capacity;
    char *end; /* the text that must come out, if the history says so */
};

void copse_text_history_init(struct copse_text_history *history);
void copse_text_history_deinit(struct copse_text_history *history);

/* Append an op with these patches and content; parents by number. It is borrowed until the next. */
struct copse_text_history_op *copse_text_history_push(struct copse_text_history *history,
                                                      const struct copse_id *id,
                                                      const struct copse_text_patch *patches,
                                                      size_t count, struct copse_slice content);
void copse_text_history_name(struct copse_text_history *history, size_t op, size_t parent);

/* Ids and authors that order as numbers do. */
struct copse_id copse_text_history_id(uint64_t number);

/* What a text is given for op `number`. Borrowed from the history. */
struct copse_text_op copse_text_history_give(const struct copse_text_history *history,
                                             size_t number);

enum copse_text_history_order {
    COPSE_TEXT_HISTORY_FORWARD,
    COPSE_TEXT_HISTORY_BACKWARD,
    COPSE_TEXT_HISTORY_DEPTH_FIRST,
    COPSE_TEXT_HISTORY_RANDOM,
};

/* Numbers 0 to count - 1 in that order; free() them. */
size_t *copse_text_history_order(const struct copse_text_history *history,
                                 enum copse_text_history_order order, struct copse_random *random);

/* Read an editing trace, e.g. "vectors/trace-friendsforever.json.gz": one op a patch, those of a
 * transaction in a chain. False, with a notice, when it is not here. */
bool copse_text_history_load_trace(struct copse_text_history *history, const char *name);

/* Called with each case of the conformance file. */
typedef void (*copse_text_history_case)(const struct copse_text_history *history, size_t number,
                                        void *context);
bool copse_text_history_each_case(const char *name, copse_text_history_case each, void *context);

#endif
