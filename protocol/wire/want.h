/* Want: contents that did not travel with their entries, and entries of which nothing but the id is
 * known (SPEC 10.15).
 *
 * One list each way, of one sort: what this side has asked for, and what it was asked for. Each id
 * is answered once, by CDATA or CNONE, and only then may the next list be asked for.
 */
#ifndef COPSE_PROTOCOL_WIRE_WANT_H
#define COPSE_PROTOCOL_WIRE_WANT_H

#include "protocol/wire/message.h"
#include "protocol/wire/port.h"

struct copse_want {
    struct copse_id wanted[COPSE_MESSAGE_IDS_MAX]; /* asked of the peer, not answered */
    size_t wanted_count;
    enum copse_message_what wanted_what;
    struct copse_id asked[COPSE_MESSAGE_IDS_MAX]; /* asked by the peer, not answered */
    size_t asked_count;
    enum copse_message_what asked_what;
};

/* Want these entries, or their contents. Returns how many were taken: none while others are
 * wanted. */
size_t copse_want_add(struct copse_want *want, enum copse_message_what what,
                      const struct copse_id *ids, size_t count);

/* The CWANT for what is wanted; its ids lie in `room`. */
void copse_want_write(const struct copse_want *want, struct copse_message *out,
                      struct copse_noise_room room);

/* An answer for `id` came. False: it was not wanted. */
bool copse_want_settle(struct copse_want *want, const struct copse_id *id);

/* A CWANT came. False: the last one is not answered yet. */
bool copse_want_take(struct copse_want *want, const struct copse_message *message);

/* The answer to the id asked first: CNONE if what is asked is not here, CDATA if it is. The id
 * lies in `room`. COPSE_OK; COPSE_ERR_NOT_FOUND: nothing is asked, or the other kind of answer
 * is due; or a fault of the port. */
enum copse_err copse_want_next_none(struct copse_want *want, struct copse_message *out,
                                    const struct copse_port *port, const struct copse_id *community,
                                    struct copse_noise_room room) COPSE_MUST_CHECK;
enum copse_err copse_want_next_data(struct copse_want *want, struct copse_message *out,
                                    const struct copse_port *port, const struct copse_id *community,
                                    struct copse_noise_room room) COPSE_MUST_CHECK;

/* Is this what was wanted of the entry? COPSE_OK; COPSE_ERR_SIGNATURE: no; COPSE_ERR_NOT_FOUND: the
 * entry whose content it is is not held; or a fault of the port. */
enum copse_err copse_want_check(const struct copse_want *want, const struct copse_port *port,
                                const struct copse_id *community, const struct copse_id *id,
                                struct copse_slice bytes) COPSE_MUST_CHECK;

#endif
