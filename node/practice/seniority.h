/* Who of two is senior, and why, in words (SPEC 7.1).
 *
 * The walk orders all grants by their keys and keeps the order to itself; here two are
 * compared by the entries they come from, so that a person can be told.
 */
#ifndef COPSE_NODE_PRACTICE_SENIORITY_H
#define COPSE_NODE_PRACTICE_SENIORITY_H

#include "node/practice/builder.h"
#include "node/practice/practice.h"

/* A grant held by a person. Of the genesis each founder holds one. */
struct copse_seniority_grant {
    struct copse_id grant;
    struct copse_id person;
};

/* Compare: *order < 0 when `a` is senior, 0 when they are the same. The reason is appended to `why`
 * (or NULL), a clause without a full stop: "Ana Ruiz appointed Ben before Cat". COPSE_OK;
 * COPSE_ERR_NOT_FOUND when an entry on the way to the founders is not here; or a fault. */
enum copse_err copse_seniority_compare(struct copse_practice_deed *deed, int *order,
                                       struct copse_builder *why,
                                       const struct copse_seniority_grant *a,
                                       const struct copse_seniority_grant *b) COPSE_MUST_CHECK;

/* COPSE_ERR_REFUSED, saying that the acting person may not do something ("remove them") to somebody
 * who is not junior, and why they are not; or a fault. */
enum copse_err copse_seniority_refuse(struct copse_practice_deed *deed,
                                      const struct copse_id *person, const char *what,
                                      struct copse_error *error) COPSE_MUST_CHECK;

/* Append a person's name, or "somebody (1a2b3c4d)". */
enum copse_err copse_seniority_name(struct copse_practice_deed *deed, struct copse_builder *out,
                                    const struct copse_id *person) COPSE_MUST_CHECK;

#endif
