/* The docket: which class 0 entries bear on whom, as rows of the state.
 *
 * With it the part of the control set that a new entry touches is found without reading all of it
 * (part.h). As in the index of objects, a row says of one entry only what the entry itself says,
 * whatever its verdict; so rows are a function of the set of entries.
 *
 *   S subject op-kind entry   what the entry is about: the person, grants, door or recall it names,
 *                             the device that wrote a JOIN, LEAVE or DEVICE_REVOKE, the leaves of
 *                             its cut and the devices they say; of the genesis, CHARTERs and
 *                             RECALLs the community
 *   U grant entry             what the entry cites: a grant or INVITE, and a charter version if
 *                             what it may do depends on one
 *
 * The op kind is one byte. Values are empty.
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_DOCKET_H
#define COPSE_PROTOCOL_AUTHORITY_DOCKET_H

#include "protocol/authority/op.h"
#include "protocol/base/state.h"
#include "protocol/entry/source.h"

/* Put the rows of an entry, or take them out again. An op that bears on no standing has none;
 * refused entries (SPEC 4.3, 4.4) are not to be given. COPSE_OK or what the state gives; then undo
 * the transaction. Cost: a few rows, and two for each leaf of a cut. */
enum copse_err copse_docket_add(const struct copse_state *state, const struct copse_held *held,
                                const struct copse_op *op) COPSE_MUST_CHECK;
enum copse_err copse_docket_remove(const struct copse_state *state, const struct copse_held *held,
                                   const struct copse_op *op) COPSE_MUST_CHECK;

/* Stand before the rows about a subject, all or of one kind of op, or before those that cite. */
void copse_docket_open_about(struct copse_state_cursor *cursor, const struct copse_id *subject);
void copse_docket_open_kind(struct copse_state_cursor *cursor, const struct copse_id *subject,
                            enum copse_op_kind kind);
void copse_docket_open_citing(struct copse_state_cursor *cursor, const struct copse_id *cited);

/* The next entry; COPSE_ERR_NOT_FOUND after the last, or a fault. */
enum copse_err copse_docket_next(struct copse_id *out, struct copse_state_cursor *cursor,
                                 const struct copse_state *state) COPSE_MUST_CHECK;

#endif
