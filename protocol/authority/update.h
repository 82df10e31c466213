/* Bring the rows of standing up to date with entries that came or went, without a look at all the
 * others.
 *
 * A part of the control set (part.h) is evaluated twice: without the new entries and with them.
 * Whoever comes out differently has acts that may count now, or no more: these come into the part,
 * and so do those on whom acts with another outcome act. When nothing more comes out differently,
 * the difference between the two evaluations is the difference between the rows.
 *
 * Some things are evaluated as a whole instead: the genesis, a new branch in a frozen log, what
 * goes although it was wanted, and whatever touches more than COPSE_PART_ENTRIES_MAX entries.
 *
 * Words:  news  entries that came and may change standings
 *         gone  JOINs, and their persons, of logs of which nothing was wanted
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_UPDATE_H
#define COPSE_PROTOCOL_AUTHORITY_UPDATE_H

#include "protocol/authority/governance.h"
#include "protocol/base/id_set.h"
#include "protocol/base/state.h"

/* What has come and gone since the rows were written last. */
struct copse_update {
    struct copse_id_set news;
    struct copse_id_set gone;
    bool is_whole; /* all is to be evaluated */
};

void copse_update_init(struct copse_update *update, const struct copse_memory *memory);
void copse_update_deinit(struct copse_update *update);

/* Nothing came or went that may change standings. */
bool copse_update_is_empty(const struct copse_update *update);

/* To be called for each entry when it has come, and before it goes. `log` is the log that it is in,
 * `op` its op, NULL if the entry is refused. COPSE_OK, COPSE_ERR_NOMEM or a fault of the state. */
enum copse_err copse_update_add(struct copse_update *update, const struct copse_state *state,
                                const struct copse_log *log, const struct copse_held *held,
                                const struct copse_op *op) COPSE_MUST_CHECK;
enum copse_err copse_update_remove(struct copse_update *update, const struct copse_state *state,
                                   const struct copse_log *log,
                                   const struct copse_held *held) COPSE_MUST_CHECK;

/* Bring the rows up to date and empty the update. The state holds the docket of all entries that
 * `source` has. COPSE_OK; COPSE_ERR_NOMEM or a fault of the source (nothing written); or what the
 * state gives, then undo the transaction. Cost: like governance.h, but in the entries of the part.
 */
enum copse_err copse_update_settle(struct copse_update *update, const struct copse_state *state,
                                   const struct copse_id *community,
                                   const struct copse_source *source,
                                   const struct copse_governance_options *options) COPSE_MUST_CHECK;

#endif
