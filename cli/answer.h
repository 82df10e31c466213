/* The answer for programs: JSON, written into a text that grows.
 *
 * Commas are the writer's business; the caller opens, fills and closes. Inside an array `key` is
 * NULL. What could move a terminal's cursor or turn writing around is written as an escape.
 */
#ifndef COPSE_CLI_ANSWER_H
#define COPSE_CLI_ANSWER_H

#include "node/practice/builder.h"

#define COPSE_ANSWER_DEPTH_MAX 16u

struct copse_answer {
    struct copse_builder text;
    unsigned depth;
    bool filled[COPSE_ANSWER_DEPTH_MAX]; /* the open object or array has something in it */
};

void copse_answer_init(struct copse_answer *json, const struct copse_memory *memory);
void copse_answer_deinit(struct copse_answer *json);

void copse_answer_object(struct copse_answer *json, const char *key);
void copse_answer_object_end(struct copse_answer *json);
void copse_answer_array(struct copse_answer *json, const char *key);
void copse_answer_array_end(struct copse_answer *json);

/* `text` is valid UTF-8. */
void copse_answer_string(struct copse_answer *json, const char *key, struct copse_slice text);
void copse_answer_word(struct copse_answer *json, const char *key,
                       const char *text); /* NULL: null */
void copse_answer_number(struct copse_answer *json, const char *key, uint64_t number);
void copse_answer_signed(struct copse_answer *json, const char *key, int64_t number);
void copse_answer_truth(struct copse_answer *json, const char *key, bool truth);
void copse_answer_null(struct copse_answer *json, const char *key);
void copse_answer_id(struct copse_answer *json, const char *key, const struct copse_id *id);

/* A time in milliseconds since 1970 as RFC 3339 in UTC ("2026-03-12T08:15:00Z"). */
void copse_answer_time(struct copse_answer *json, const char *key, int64_t time_ms);

/* Copy a value that is JSON already. */
void copse_answer_raw(struct copse_answer *json, const char *key, struct copse_slice value);

/* The text so far, borrowed; everything must be closed. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_answer_end(struct copse_slice *out,
                                struct copse_answer *json) COPSE_MUST_CHECK;

#endif
