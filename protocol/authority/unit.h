/* Units, in the order of their seniority (SPEC 7.1). */
#ifndef COPSE_PROTOCOL_AUTHORITY_UNIT_H
#define COPSE_PROTOCOL_AUTHORITY_UNIT_H

#include "protocol/authority/control.h"

#define COPSE_UNIT_DEPTH_MAX 255u /* SPEC 7.1 */

struct copse_unit {
    struct copse_control_record *record; /* its grant: genesis, GRANT or self-join */
    struct copse_control_person *person;
    struct copse_unit *granter; /* NULL: a founder's */
    struct copse_unit *next;    /* of the person, in order */
    enum copse_op_role role;
    unsigned class;
    unsigned depth;
    uint32_t rank;                     /* place in the order, from 0 */
    uint64_t until;                    /* UINT64_MAX: no term */
    struct copse_control_list revokes; /* honoured REVOKEs that reach it, senior first */
    struct copse_control_list own;     /* own acts that count for it */
    struct copse_fence fence;
    bool is_settled;
    bool is_honoured;
    bool is_ended;
    bool is_withdrawn; /* a self-join that nothing shuts out but its person's own acts */
};

struct copse_units {
    struct copse_unit **order; /* senior first */
    size_t count;
};

/* Find all lawful units and put them in order; sets unit and made of records, units of persons.
 * Source: SPEC 7.1. */
enum copse_err copse_unit_find(struct copse_units *out,
                               struct copse_control *control) COPSE_MUST_CHECK;

#endif
