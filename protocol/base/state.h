/* Port: an ordered map from short keys to short values, in which the fold keeps
 * what it derives from entries (SPEC 8).
 *
 * Keys order as unsigned bytes. Reads see the writes made before them. A slice
 * that a call gives is valid until the next put or del, or the end of the
 * transaction that the implementation keeps around the calls. One table of
 * storage/ implements it, and one twin in memory serves tests and simulator.
 *
 * Errors: COPSE_ERR_NOT_FOUND (an answer, not a fault), COPSE_ERR_NOMEM,
 * COPSE_ERR_IO and COPSE_ERR_CORRUPT from below.
 */
#ifndef COPSE_PROTOCOL_BASE_STATE_H
#define COPSE_PROTOCOL_BASE_STATE_H

#include "protocol/base/bytes.h"

#define COPSE_STATE_KEY_MAX 200u     /* bytes; keys are never empty */
#define COPSE_STATE_VALUE_MAX 16384u /* bytes */

struct copse_state {
    enum copse_err (*get)(void *context, struct copse_slice *value, struct copse_slice key);
    enum copse_err (*put)(void *context, struct copse_slice key, struct copse_slice value);
    enum copse_err (*del)(void *context, struct copse_slice key); /* absent: COPSE_OK */
    /* The first pair whose key is >= `from`; NOT_FOUND after the last. */
    enum copse_err (*seek)(void *context, struct copse_slice *key, struct copse_slice *value,
                           struct copse_slice from);
    void *context;
};

/* Walks the pairs whose keys begin with one prefix, in order. Writing between two
 * steps is allowed. */
struct copse_state_cursor {
    uint8_t next[COPSE_STATE_KEY_MAX + 1]; /* no key below it is left */
    size_t next_size;
    size_t prefix_size;
};

enum copse_err copse_state_get(const struct copse_state *state, struct copse_slice *value,
                               struct copse_slice key) COPSE_MUST_CHECK;
enum copse_err copse_state_put(const struct copse_state *state, struct copse_slice key,
                               struct copse_slice value) COPSE_MUST_CHECK;
enum copse_err copse_state_del(const struct copse_state *state,
                               struct copse_slice key) COPSE_MUST_CHECK;

/* Stand before the first pair of `prefix` (<= COPSE_STATE_KEY_MAX bytes). */
void copse_state_open(struct copse_state_cursor *cursor, struct copse_slice prefix);

/* The next pair, or COPSE_ERR_NOT_FOUND at the end of the prefix. */
enum copse_err copse_state_next(struct copse_state_cursor *cursor, struct copse_slice *key,
                                struct copse_slice *value,
                                const struct copse_state *state) COPSE_MUST_CHECK;

#endif
