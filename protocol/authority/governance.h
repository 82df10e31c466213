/* Governance: who stands how, as a function of the set of class 0 entries (SPEC 7).
 *
 * The walk takes the units from senior to junior, judges what cites each, and lets what is
 * honoured act on juniors. Its result is written to the state as rows (standing.h), which
 * are what everybody else reads.
 *
 *   entries --control--> records, lines, persons --unit--> units in order
 *           --recall--> recalls in effect --walk--> standing of units --standing--> rows
 *
 * Words:  unit     one grant held by its person
 *         senior   with a smaller key, fixed when the grant was made
 *         ending   REMOVE, REVOKE or a recall in effect
 *         own act  DEVICE_REVOKE or LEAVE, signed by the person's root key
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_GOVERNANCE_H
#define COPSE_PROTOCOL_AUTHORITY_GOVERNANCE_H

#include "protocol/authority/op.h"
#include "protocol/base/memory.h"
#include "protocol/entry/source.h"

/* What is known of the signatures inside the op of one entry. A bit each: the leaves of its cut by
 * place, then its certificate, root signature and invite signature. */
struct copse_governance_checks {
    uint64_t done; /* checked */
    uint64_t good; /* and found good; never more than done */
};

struct copse_governance_options {
    const struct copse_memory *memory;     /* borrowed until free */
    const struct copse_key_scheme *scheme; /* borrowed until free */
    /* A memory of checks between evaluations, or NULL. `get` gives zeros for an entry it does not
     * know; `put` is told all that is known of one. */
    void (*get_checks)(void *context, struct copse_governance_checks *out,
                       const struct copse_id *entry);
    void (*put_checks)(void *context, const struct copse_id *entry,
                       const struct copse_governance_checks *checks);
    /* Told of each leaf of a cut that counts, is held and is not void, with its signature, which is
     * good; or NULL. */
    void (*take_leaf)(void *context, const struct copse_position *position,
                      const struct copse_signature *signature);
    void *context;
};

struct copse_governance; /* the result of one evaluation */

/* Evaluate all class 0 entries of `community` that `source` holds; class 1 is asked for leaves
 * only. Sets *out (caller owns). `source` must not change until free. Returns COPSE_OK;
 * COPSE_ERR_NOMEM; or a fault of the source. Cost: O(n log n) in entries and leaves of cuts, and
 * one verification for each embedded signature that matters and that get_checks does not know.
 * Source: SPEC 7.2. */
enum copse_err
copse_governance_new(struct copse_governance **out, const struct copse_id *community,
                     const struct copse_source *source,
                     const struct copse_governance_options *options) COPSE_MUST_CHECK;
void copse_governance_free(struct copse_governance *governance);

/* Does an entry of this kind call for a new evaluation? Besides, any entry does that
 * copse_wanted_awaits names, and any class 0 entry that makes a fork in a log which then has
 * more than 16 leaves. Conservative: true where it only may. */
bool copse_governance_acts(enum copse_op_kind kind);

#endif
