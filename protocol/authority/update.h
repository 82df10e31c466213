/* Bring the rows of standing up to date with new entries, without a look at all the others.
 *
 * A part of the control set (part.h) is evaluated twice: without the new entries and with them.
 * Whoever comes out differently has acts that may count now, or no more: these come into the part,
 * and so do those on whom acts with another outcome act. When nothing more comes out differently,
 * the difference between the two evaluations is the difference between the rows.
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_UPDATE_H
#define COPSE_PROTOCOL_AUTHORITY_UPDATE_H

#include "protocol/authority/governance.h"
#include "protocol/base/id_set.h"
#include "protocol/base/state.h"

/* What the coming of an entry asks for. What goes always asks for WHOLE. */
enum copse_update_need {
    COPSE_UPDATE_NOTHING,
    COPSE_UPDATE_NEWS,  /* that it is among the news of copse_update_rows */
    COPSE_UPDATE_WHOLE, /* that all is evaluated anew, for copse_standing_write: the genesis, and a
                           new branch in a log with more than 16 leaves (SPEC 4.8) */
};

/* `log` is that of the entry, with it; `op` is its op, NULL if the entry is refused. */
enum copse_err copse_update_needs(enum copse_update_need *out, const struct copse_state *state,
                                  const struct copse_log *log, const struct copse_held *held,
                                  const struct copse_op *op) COPSE_MUST_CHECK;

/* `news` are all entries that asked for it since the rows were written last. The docket of all
 * entries held is in the state. Returns COPSE_OK; COPSE_ERR_LIMIT when too much is touched
 * (nothing written): evaluate all, for copse_standing_write; COPSE_ERR_NOMEM or a fault of the
 * source (nothing written); or what the state gives, then undo the transaction. */
enum copse_err copse_update_rows(const struct copse_state *state, const struct copse_id_set *news,
                                 const struct copse_id *community,
                                 const struct copse_source *source,
                                 const struct copse_governance_options *options) COPSE_MUST_CHECK;

#endif
