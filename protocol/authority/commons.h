/* What is the same for all persons of a community: founders and charters (SPEC 7.11).
 *
 * Read from the rows that copse_standing_write leaves.
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_COMMONS_H
#define COPSE_PROTOCOL_AUTHORITY_COMMONS_H

#include "protocol/authority/permission.h"
#include "protocol/base/arena.h"
#include "protocol/base/state.h"

/* One charter version that is honoured. */
struct copse_commons_charter {
    struct copse_id id;
    struct copse_permission_rules rules;
    struct copse_slice map;
    const struct copse_id *above; /* versions that name logs and that it descends from, by id */
    size_t above_count;
    bool is_in_force;
};

/* Everything is borrowed from `arena`. */
struct copse_commons {
    struct copse_arena arena;
    struct copse_id community; /* zeros: no genesis that counts is here */
    struct copse_id founders[COPSE_OP_FOUNDERS_MAX];
    size_t founder_count;
    struct copse_commons_charter *charters; /* by id; the genesis is one */
    size_t charter_count;
};

/* Load. Sets *out (caller frees); good until the next write of rows. COPSE_OK, COPSE_ERR_NOMEM,
 * COPSE_ERR_CORRUPT, or a fault of the state. */
enum copse_err copse_commons_load(struct copse_commons **out, const struct copse_state *state,
                                  const struct copse_memory *memory) COPSE_MUST_CHECK;
void copse_commons_free(struct copse_commons *commons);

/* A version by id; NULL: not an honoured one. */
const struct copse_commons_charter *copse_commons_charter_of(const struct copse_commons *commons,
                                                             const struct copse_id *id);

/* The version in force; NULL: there is no genesis that counts. */
const struct copse_commons_charter *copse_commons_in_force(const struct copse_commons *commons);

#endif
