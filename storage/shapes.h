/* EDITs that are held loose: by id, beside the logs, because others are built on them (SPEC 6.14).
 *
 * Words:  leaned on, loose  as in protocol/rules/loose.h
 *         awaited           leaned on and not here
 */
#ifndef COPSE_STORAGE_SHAPES_H
#define COPSE_STORAGE_SHAPES_H

#include "protocol/authority/op.h"
#include "protocol/entry/source.h"
#include "storage/txn.h"

#define COPSE_SHAPES_BYTES_MAX ((uint64_t)64 << 20) /* of one community; SPEC 10.16 */

/* An EDIT has come into a log: await its parents that are not here, and give up its bytes if it was
 * loose. COPSE_OK or a fault, as all here. Cost: a look-up for each parent. */
enum copse_err copse_shapes_add(struct copse_txn *txn, uint32_t community,
                                const struct copse_held *held,
                                const struct copse_op *op) COPSE_MUST_CHECK;

/* An EDIT goes from its log: keep it loose until copse_shapes_settle finds out who leans on it. */
enum copse_err copse_shapes_remove(struct copse_txn *txn, uint32_t community,
                                   const struct copse_held *held,
                                   const struct copse_op *op) COPSE_MUST_CHECK;

/* Give up what is not leaned on any more, of objects of which an EDIT has gone, and await what is.
 * Called before each commit. Cost: O(n log n) in the EDITs of these objects. */
enum copse_err copse_shapes_settle(struct copse_txn *txn) COPSE_MUST_CHECK;

/* Is there of an object what settle would leave? Sets *faults to how many rows say otherwise. */
enum copse_err copse_shapes_check(struct copse_txn *txn, uint64_t *faults, uint32_t community,
                                  const struct copse_id *object) COPSE_MUST_CHECK;

/* Hold loose what has come for an awaited id (untrusted). COPSE_ERR_EXISTS: it is not awaited;
 * COPSE_ERR_REFUSED: the bytes are not that EDIT; COPSE_ERR_LIMIT: no room for more. */
enum copse_err copse_shapes_put(struct copse_txn *txn, uint32_t community,
                                const struct copse_id *id,
                                struct copse_slice bytes) COPSE_MUST_CHECK;

/* Walk what is awaited in a community, in the order in which it came to be. Begin with 0; *cursor
 * stays good: what is awaited later lies behind it. COPSE_ERR_NOT_FOUND after the last. */
enum copse_err copse_shapes_next_awaited(struct copse_txn *txn, struct copse_id *out,
                                         uint64_t *cursor, uint32_t community) COPSE_MUST_CHECK;

/* The bytes of one that is loose (borrowed). COPSE_OK, COPSE_ERR_NOT_FOUND, or a fault. */
enum copse_err copse_shapes_find(struct copse_txn *txn, struct copse_slice *out, uint32_t community,
                                 const struct copse_id *id) COPSE_MUST_CHECK;

/* Those of an object, as `next_loose` of protocol/entry/source.h. */
enum copse_err copse_shapes_next(struct copse_txn *txn, struct copse_source_loose *out,
                                 struct copse_id *cursor, uint32_t community,
                                 const struct copse_id *object) COPSE_MUST_CHECK;

#endif
