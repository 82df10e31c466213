/* Roles: giving one, ending one, handing one's own over.
 *
 * Each of these writes in an open deed, and has confirmed that it counts when it returns COPSE_OK;
 * the caller commits. COPSE_ERR_REFUSED: not permitted, `error` says who may.
 */
#ifndef COPSE_NODE_PRACTICE_ROLES_H
#define COPSE_NODE_PRACTICE_ROLES_H

#include "node/practice/practice.h"

#define COPSE_ROLES_ATTRIBUTES_MAX 8u
#define COPSE_ROLES_ATTRIBUTE_BYTES_MAX 32u
#define COPSE_ROLES_GRANTS_MAX 48u /* of one person that are looked at */

struct copse_roles_plan {
    struct copse_id person;
    enum copse_op_role role;
    uint64_t until_ms;                    /* since 1970; 0: without a term */
    const struct copse_slice *attributes; /* "mentor", "broker"; for people, not for the judge */
    size_t attribute_count;
    struct copse_slice reason; /* size 0: none */
};

/* Give a role. Sets *changed; nothing is written for somebody who has it already, without a term
 * and with these attributes or none. COPSE_ERR_EXISTS: they were removed, and have to be readmitted
 * (membership.h). */
enum copse_err copse_roles_grant(struct copse_practice_deed *deed, bool *changed,
                                 const struct copse_roles_plan *plan,
                                 struct copse_error *error) COPSE_MUST_CHECK;

/* The words of a GRANT's attributes, at most COPSE_ROLES_ATTRIBUTES_MAX. Borrowed from `map`. */
size_t copse_roles_attributes(struct copse_slice out[COPSE_ROLES_ATTRIBUTES_MAX],
                              struct copse_slice map);

/* End a person's grants of a role: what they did until now stands. `why` is TERM or OTHER.
 * COPSE_ERR_NOT_FOUND: they hold no such role. */
enum copse_err copse_roles_revoke(struct copse_practice_deed *deed, const struct copse_id *person,
                                  enum copse_op_role role, enum copse_op_reason why,
                                  struct copse_slice reason,
                                  struct copse_error *error) COPSE_MUST_CHECK;

/* One grant alone, of whom- and whatever role: for terms that are over. */
enum copse_err copse_roles_revoke_grant(struct copse_practice_deed *deed,
                                        const struct copse_id *person, const struct copse_id *grant,
                                        enum copse_op_reason why, struct copse_slice reason,
                                        struct copse_error *error) COPSE_MUST_CHECK;

/* Step down to member, signed with the root key in deed->root. Who holds no membership beside the
 * role gives it to themself first. COPSE_ERR_NOT_FOUND: one is neither coordinator nor moderator.
 */
enum copse_err copse_roles_step_down(struct copse_practice_deed *deed, struct copse_slice reason,
                                     struct copse_error *error) COPSE_MUST_CHECK;

/* The best role of a person that is not ended, and when it ends (0: without a term).
 * COPSE_ERR_NOT_FOUND: none. */
enum copse_err copse_roles_of(struct copse_practice_deed *deed, enum copse_op_role *role,
                              uint64_t *until_ms, const struct copse_id *person) COPSE_MUST_CHECK;

/* Does a person's grant count, and is it not ended? One that counts may give nothing, where an
 * earlier removal ends it at once. */
enum copse_err copse_roles_lives(struct copse_practice_deed *deed, bool *out,
                                 const struct copse_id *person,
                                 const struct copse_id *grant) COPSE_MUST_CHECK;

#endif
