/* Who may do what by role and charter alone (SPEC 7.10, 7.11). */
#ifndef COPSE_PROTOCOL_AUTHORITY_PERMISSION_H
#define COPSE_PROTOCOL_AUTHORITY_PERMISSION_H

#include "protocol/authority/op.h"
#include "protocol/authority/verdict.h"

/* What the judge reads of a charter. Source: SPEC 5.4. */
struct copse_permission_rules {
    bool invite; /* members and guests may invite and grant membership */
    bool guests; /* guests may write */
    struct copse_slice
        kinds; /* array of rising kinds that wait for approval, or size 0; borrowed */
};

/* Read the map of a GENESIS or CHARTER; what is absent or of another type is false or empty. */
void copse_permission_read(struct copse_permission_rules *out, struct copse_slice charter);

/* The class of a unit of a role. Source: SPEC 5.3. */
unsigned copse_permission_class(enum copse_op_role role);

/* May a unit of `role` do this? HONOURED, OWN_ONLY, WAITING or NOT_PERMITTED. `rules` are read for
 * members and guests only. Not decided here: whom a REMOVE finds in a live senior unit, and voices
 * for a recall. Source: SPEC 7.10, 7.11. */
enum copse_verdict copse_permission_judge(enum copse_op_role role, const struct copse_op *op,
                                          const struct copse_permission_rules *rules);

#endif
