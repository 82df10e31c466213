/* Charters: which version an entry is judged by, and which is in force (SPEC 7.11). */
#ifndef COPSE_PROTOCOL_AUTHORITY_CHARTER_H
#define COPSE_PROTOCOL_AUTHORITY_CHARTER_H

#include "protocol/authority/walk.h"

/* When all class 0 units are walked: find the honoured versions, the one in force, and the logs
 * that cuts of versions name. */
enum copse_err copse_charter_find(struct copse_governance *governance) COPSE_MUST_CHECK;

/* By id; NULL: not an honoured version. */
const struct copse_walk_charter *copse_charter_of(const struct copse_governance *governance,
                                                  const struct copse_id *id);

/* May a member or guest do what a record says, by the version it cites and by those that name its
 * log? */
enum copse_verdict copse_charter_judge(const struct copse_governance *governance,
                                       const struct copse_control_record *record);

#endif
