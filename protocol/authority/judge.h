/* The judge: does one entry count? (SPEC 7.2 to 7.12)
 *
 * Pure and without memory of its own: the standing of the entry's person and what is common
 * are loaded once (standing.h, commons.h); an entry is then judged by looking things up.
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_JUDGE_H
#define COPSE_PROTOCOL_AUTHORITY_JUDGE_H

#include "protocol/authority/commons.h"
#include "protocol/authority/standing.h"

/* An entry's verdict, and the unit it counts under. */
struct copse_judge_verdict {
    enum copse_verdict verdict;
    const struct copse_standing_unit *unit; /* NULL unless HONOURED, OWN_ONLY or WAITING under one;
                                               borrowed from the standing */
};

/* Judge a held entry of either class.
 *
 * standing  of the person for whom the entry's log was opened; NULL: for nobody
 * op        of the entry, decoded; NULL: copse_op_decode refused it
 *
 * OWN_ONLY and WAITING leave the rest to who knows objects: who made what, what is approved.
 * Cost: O(log n) in the person's units and lines, O(branches) for each wall. */
void copse_judge_entry(struct copse_judge_verdict *out, const struct copse_standing *standing,
                       const struct copse_commons *commons, const struct copse_source *source,
                       const struct copse_held *held, const struct copse_op *op);

#endif
