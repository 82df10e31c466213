/* How a device stands in a community, by one JOIN: whether it is let in (SPEC 10.9). */
#ifndef COPSE_NODE_PEERING_MEMBER_H
#define COPSE_NODE_PEERING_MEMBER_H

#include "protocol/authority/standing.h"
#include "protocol/wire/port.h"

/* MEMBER: the log is wanted as a whole, and its person holds a grant under which the device acts.
 * FORMER: something of it is wanted. COPSE_OK or a fault. */
enum copse_err copse_member_standing(enum copse_port_standing *out, const struct copse_state *state,
                                     const struct copse_source *source, const struct copse_id *join,
                                     const struct copse_id *device,
                                     const struct copse_memory *memory) COPSE_MUST_CHECK;

#endif
