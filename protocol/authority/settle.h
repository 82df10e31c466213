/* Settle a unit: what bears on it, as a fence, and whether it is ended (SPEC 7.3 to 7.6). */
#ifndef COPSE_PROTOCOL_AUTHORITY_SETTLE_H
#define COPSE_PROTOCOL_AUTHORITY_SETTLE_H

#include "protocol/authority/unit.h"

struct copse_settle_bearing;

/* Room that is used again for each unit. */
struct copse_settle {
    struct copse_control *control; /* borrowed */
    struct copse_fence_leaf *leaves;
    size_t leaf_count;
    size_t leaf_capacity;
    struct copse_settle_bearing *bearings; /* senior first */
    size_t bearing_count;
    size_t bearing_capacity;
};

void copse_settle_init(struct copse_settle *settle, struct copse_control *control);
void copse_settle_deinit(struct copse_settle *settle);

/* Does an act cited under `actor` reach `unit`? Source: SPEC 7.2, 7.3. */
bool copse_settle_reaches(const struct copse_unit *actor, const struct copse_unit *unit);

/* Make the fence of a unit, when all that is senior to it has acted. */
enum copse_err copse_settle_unit(struct copse_settle *settle,
                                 struct copse_unit *unit) COPSE_MUST_CHECK;

/* The fence that a founder's own acts alone make, for voices. Source: SPEC 7.12. */
enum copse_err copse_settle_voice(struct copse_settle *settle, struct copse_fence *fence,
                                  struct copse_control_person *person) COPSE_MUST_CHECK;

#endif
