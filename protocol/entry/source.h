/* Port: the entries that this node holds (SPEC 1.3: all of them provable).
 *
 * Slices that a call gives are valid until the next call that writes, or the end of
 * the transaction that the implementation keeps around the calls.
 */
#ifndef COPSE_PROTOCOL_ENTRY_SOURCE_H
#define COPSE_PROTOCOL_ENTRY_SOURCE_H

#include "protocol/entry/log.h"

enum copse_content_state {
    COPSE_CONTENT_NONE,     /* the entry has none */
    COPSE_CONTENT_PRESENT,  /* here */
    COPSE_CONTENT_MISSING,  /* not here yet; wanted */
    COPSE_CONTENT_ERASED,   /* erased by an act that is in force */
    COPSE_CONTENT_DECLINED, /* this node does not keep it */
};

struct copse_held {
    struct copse_id id;
    struct copse_entry entry; /* op and ext borrowed */
    struct copse_position position;
    struct copse_trail trail;
    enum copse_content_state content_state;
    struct copse_slice content; /* without salt; meaningful if PRESENT; borrowed */
};

/* An entry that is held by its id alone, beside the logs (SPEC 6.14). */
struct copse_source_loose {
    struct copse_id id;
    struct copse_entry entry; /* op and ext borrowed */
};

struct copse_source {
    /* The entry of an id of this community. COPSE_OK or COPSE_ERR_NOT_FOUND, or a fault from below.
     */
    enum copse_err (*find)(void *context, struct copse_held *out, const struct copse_id *id);
    /* The log of a position. NULL: there is none. */
    const struct copse_log *(*log)(void *context, uint64_t log);
    /* Every class 0 entry, each after its prev. Begin with *cursor = 0; COPSE_ERR_NOT_FOUND at the
     * end. */
    enum copse_err (*next_control)(void *context, struct copse_held *out, uint64_t *cursor);
    /* The loose EDITs of an object by id: the first behind *cursor, which is set to it. Begin with
     * zeros; COPSE_ERR_NOT_FOUND after the last. NULL: there are none. */
    enum copse_err (*next_loose)(void *context, struct copse_source_loose *out,
                                 struct copse_id *cursor, const struct copse_id *object);
    void *context;
};

#endif
