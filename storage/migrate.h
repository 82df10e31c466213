/* The format number of a store and the way up from older ones. */
#ifndef COPSE_STORAGE_MIGRATE_H
#define COPSE_STORAGE_MIGRATE_H

#include "storage/db.h"

#define COPSE_MIGRATE_FORMAT 2u /* what this program writes */

/* The format of a store; 0 when it has none yet. */
enum copse_err copse_migrate_format(struct copse_db_txn *txn, uint32_t *format) COPSE_MUST_CHECK;

/* Bring the tables of a store up to COPSE_MIGRATE_FORMAT within a write transaction; the views of a
 * store that had an older format are then to be made anew in it. COPSE_OK; COPSE_ERR_VERSION when a
 * later program wrote it; or a fault. */
enum copse_err copse_migrate_run(struct copse_db_txn *txn,
                                 struct copse_error *error) COPSE_MUST_CHECK;

/* The random name that a store was given when it was made. */
enum copse_err copse_migrate_name(struct copse_db_txn *txn, struct copse_id *out) COPSE_MUST_CHECK;

#endif
