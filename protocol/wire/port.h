/* Port: what a session reads of the node that it speaks for (SPEC 10.8 to 10.15).
 *
 * All calls are synchronous reads. Slices and logs that a call gives must stay valid until the
 * session function that made the call returns: the node keeps one read transaction around
 * each. Errors other than those named are faults; they end the session.
 */
#ifndef COPSE_PROTOCOL_WIRE_PORT_H
#define COPSE_PROTOCOL_WIRE_PORT_H

#include "protocol/entry/source.h"

#define COPSE_PORT_SECRET_BYTES 32u

/* An entry that is held. */
struct copse_port_entry {
    struct copse_id id;
    struct copse_position position;
    struct copse_slice bytes;  /* canonical */
    struct copse_slice salted; /* its content; data NULL unless PRESENT */
    enum copse_content_state content_state;
    struct copse_signature signature; /* meaningful if is_signed */
    bool is_signed;
    bool awaits_publish; /* written here, and the note that it leaves is not on the disk yet */
};

/* A leaf of a log that is wanted, cut back to what is wanted (SPEC 10.11). */
struct copse_port_leaf {
    struct copse_id author;
    struct copse_id id;             /* of the leaf; if frozen, of the trunk's last entry or zeros */
    struct copse_position position; /* of the leaf; if frozen, of any entry at the fork seq */
    bool is_frozen;
};

/* A discovery secret and the community it belongs to. */
struct copse_port_secret {
    struct copse_id community;
    uint8_t bytes[COPSE_PORT_SECRET_BYTES];
};

/* With what this node shows that it may open a community. */
struct copse_port_proof {
    struct copse_id device;
    struct copse_signature signature; /* purpose COPSE_KEY_AUTH */
    struct copse_slice admission; /* a run that begins with the device's JOIN; data NULL: none */
};

enum copse_port_standing {
    COPSE_PORT_STRANGER, /* no JOIN of the device is honoured */
    COPSE_PORT_FORMER,   /* one was; it may read why it is no more: class 0 */
    COPSE_PORT_MEMBER,
};

struct copse_port {
    /* Entries, by id or position. COPSE_OK or COPSE_ERR_NOT_FOUND. */
    enum copse_err (*find)(void *context, struct copse_port_entry *out,
                           const struct copse_id *community, const struct copse_id *id);
    enum copse_err (*at)(void *context, struct copse_port_entry *out,
                         const struct copse_id *community, const struct copse_position *position);
    /* The log of a number. NULL: there is none. */
    const struct copse_log *(*log)(void *context, const struct copse_id *community,
                                   uint64_t number);
    /* The logs of a device in a class. Begin with *cursor = 0; COPSE_ERR_NOT_FOUND at the end. */
    enum copse_err (*next_log)(void *context, uint64_t *number, uint64_t *cursor,
                               const struct copse_id *community, const struct copse_id *author,
                               enum copse_entry_class class);
    /* The leaves of all wanted logs of a class, in any order. Begin with *cursor = 0. */
    enum copse_err (*next_leaf)(void *context, struct copse_port_leaf *out, uint64_t *cursor,
                                const struct copse_id *community, enum copse_entry_class class);
    /* Every secret of every community that is to be spoken of with this peer; those of one
     * community newest first. Begin with *cursor = 0. */
    enum copse_err (*next_secret)(void *context, struct copse_port_secret *out, uint64_t *cursor);
    /* How a device stands, by the entries held. */
    enum copse_err (*standing)(void *context, enum copse_port_standing *out,
                               const struct copse_id *community, const struct copse_id *device);
    /* Sign `message` (SPEC 10.9) by this node's device of the community. */
    enum copse_err (*prove)(void *context, struct copse_port_proof *out,
                            const struct copse_id *community, struct copse_slice message);
    /* The bytes of an entry that is held loose (SPEC 6.14). COPSE_OK or COPSE_ERR_NOT_FOUND. */
    enum copse_err (*find_loose)(void *context, struct copse_slice *out,
                                 const struct copse_id *community, const struct copse_id *id);
    void *context;
};

#endif
