/* Which entries of a log are wanted: stored, reconciled and asked for (SPEC 7.9).
 *
 * Read from the rows that copse_standing_write leaves. The answer follows from class 0 alone,
 * so two nodes that hold the same class 0 clip their logs alike.
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_WANTED_H
#define COPSE_PROTOCOL_AUTHORITY_WANTED_H

#include "protocol/base/state.h"
#include "protocol/entry/source.h"

enum copse_wanted_extent {
    COPSE_WANTED_NOTHING, /* nothing of the log */
    COPSE_WANTED_CLIPPED, /* its JOIN, named leaves and their ancestors */
    COPSE_WANTED_ALL,
};

/* A leaf that is named for a log. */
struct copse_wanted_leaf {
    enum copse_entry_class class;
    uint32_t seq;
    struct copse_id id;
};

/* Begin with zeros. */
struct copse_wanted_cursor {
    uint16_t part;
    uint16_t index;
};

/* The person for whom a JOIN (or the genesis) opened its logs. COPSE_OK; COPSE_ERR_NOT_FOUND: a
 * stranger; COPSE_ERR_CORRUPT or a fault of the state, here and below. */
enum copse_err copse_wanted_person_of(struct copse_id *person, const struct copse_state *state,
                                      const struct copse_id *join) COPSE_MUST_CHECK;

/* How much of the log of a JOIN and class is wanted; NOTHING where the JOIN opened none. */
enum copse_err copse_wanted_of_log(enum copse_wanted_extent *out, const struct copse_state *state,
                                   const struct copse_id *join,
                                   enum copse_entry_class class) COPSE_MUST_CHECK;

/* The leaves named for the logs of a JOIN, by class, seq and id.
 * COPSE_ERR_NOT_FOUND after the last. Cost: O(index in the part), at most 300. */
enum copse_err copse_wanted_next_leaf(struct copse_wanted_leaf *out,
                                      struct copse_wanted_cursor *cursor,
                                      const struct copse_state *state,
                                      const struct copse_id *join) COPSE_MUST_CHECK;

/* How far each branch of a log is wanted, as one past the seq of the last wanted entry on it; of a
 * branch of which no own entry is wanted, its first seq. What comes before a wanted entry is
 * wanted. Cost: O(leaves named for the log). */
struct copse_wanted_ends {
    uint32_t seq[COPSE_LOG_BRANCHES_MAX]; /* by branch */
};
enum copse_err copse_wanted_ends_of(struct copse_wanted_ends *out, const struct copse_state *state,
                                    const struct copse_source *source,
                                    uint64_t log) COPSE_MUST_CHECK;

/* The branch of a log to give up, as copse_log_surplus: those on the way to a leaf that is named
 * are spared, and while one is not held, the last. The first entry of the last branch need not be
 * held yet. Source: SPEC 4.8. */
enum copse_err copse_wanted_surplus(uint32_t *branch, const struct copse_state *state,
                                    const struct copse_source *source,
                                    uint64_t log) COPSE_MUST_CHECK;

/* Is this entry wanted? Cost: O(leaves named for its log). */
enum copse_err copse_wanted_has(bool *out, const struct copse_state *state,
                                const struct copse_source *source,
                                const struct copse_held *held) COPSE_MUST_CHECK;

/* Does a cut wait for this entry? Then its arrival calls for a new evaluation. */
enum copse_err copse_wanted_awaits(bool *out, const struct copse_state *state,
                                   const struct copse_id *entry) COPSE_MUST_CHECK;

#endif
