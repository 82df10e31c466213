/* One op in the list: locate its patches, place what it inserts, take it out and bring it back
 * (SPEC 6.4, 6.8).
 */
#ifndef COPSE_PROTOCOL_MERGE_TEXT_PLACE_H
#define COPSE_PROTOCOL_MERGE_TEXT_PLACE_H

#include "protocol/merge/text_walk.h"

enum copse_text_place_direction {
    COPSE_TEXT_PLACE_OUT, /* the op leaves the version at hand */
    COPSE_TEXT_PLACE_IN,
};

/* Bring in an op for the first time, at the version of its parents; one that is refused brings
 * nothing. COPSE_ERR_NOMEM or COPSE_ERR_LIMIT leave the walk broken.
 * Cost: O(log n) per patch, per span deleted, and per concurrent span at the place of insertion. */
enum copse_err copse_text_place_apply(struct copse_text_walk *walk, uint32_t op) COPSE_MUST_CHECK;

/* An op that was applied leaves the version or comes back. Shifts commute: what an op did is kept
 * as numbers of units. COPSE_ERR_NOMEM leaves the walk broken. */
enum copse_err copse_text_place_shift(struct copse_text_walk *walk, uint32_t op,
                                      enum copse_text_place_direction direction) COPSE_MUST_CHECK;

#endif
