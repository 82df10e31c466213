/* EDITs that others are built on, and that no log here has (SPEC 6.14).
 *
 * Words:  loose    held by its id alone, beside the logs
 *         leaned   named in parents by an EDIT in a log here, or by one that is leaned on
 *         missing  leaned on, in no log here, and not loose
 *         surplus  loose, and not leaned on any more
 */
#ifndef COPSE_PROTOCOL_RULES_LOOSE_H
#define COPSE_PROTOCOL_RULES_LOOSE_H

#include "protocol/authority/op.h"
#include "protocol/base/memory.h"
#include "protocol/base/state.h"
#include "protocol/entry/source.h"

/* May these bytes (untrusted) be held loose? Then *entry and *op are theirs, borrowed from them:
 * op->target is the object. COPSE_OK, or COPSE_ERR_REFUSED. Whether the id is one that was asked
 * for is the caller's to see. */
enum copse_err copse_loose_read(struct copse_entry *entry, struct copse_op *op,
                                const struct copse_id *community,
                                struct copse_slice bytes) COPSE_MUST_CHECK;

/* What an object lacks and what it can spare; ids rise. */
struct copse_loose_look {
    struct copse_id *missing;
    size_t missing_count;
    struct copse_id *surplus;
    size_t surplus_count;
    const struct copse_memory *memory;
};

/* Look at all EDITs of an object. The caller frees *out, on success only.
 * COPSE_OK, COPSE_ERR_NOMEM, COPSE_ERR_CORRUPT, or a fault of state or source.
 * Cost: O(n log n) in EDITs and their parents. */
enum copse_err copse_loose_look_at(struct copse_loose_look *out, const struct copse_state *state,
                                   const struct copse_source *source,
                                   const struct copse_memory *memory,
                                   const struct copse_id *object) COPSE_MUST_CHECK;
void copse_loose_look_free(struct copse_loose_look *look);

#endif
