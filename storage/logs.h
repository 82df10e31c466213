/* Logs as rows, and the names by which they are found.
 *
 * Part of entries.h, which everybody outside storage/ uses.
 */
#ifndef COPSE_STORAGE_LOGS_H
#define COPSE_STORAGE_LOGS_H

#include "storage/txn.h"

/* A log, from the transaction's cache or its row; borrowed until the transaction ends. Who changes
 * it sets `changed`. COPSE_OK, COPSE_ERR_NOT_FOUND, COPSE_ERR_CORRUPT, or a fault. */
enum copse_err copse_logs_get(struct copse_txn *txn, struct copse_txn_log **out,
                              uint32_t number) COPSE_MUST_CHECK;

/* The log that a JOIN opened in a class. COPSE_OK, COPSE_ERR_NOT_FOUND, or a fault. */
enum copse_err copse_logs_find(struct copse_txn *txn, uint32_t *number, uint32_t community,
                               const struct copse_id *join,
                               enum copse_entry_class class) COPSE_MUST_CHECK;

/* Make a log without branches, with a number and its names. */
enum copse_err copse_logs_make(struct copse_txn *txn, struct copse_txn_log **out,
                               uint32_t community, const struct copse_id *join,
                               const struct copse_entry *first) COPSE_MUST_CHECK;

/* Take a log with its names away; what was borrowed of it is gone. */
enum copse_err copse_logs_drop(struct copse_txn *txn, uint32_t number) COPSE_MUST_CHECK;

/* Write all that are changed. */
enum copse_err copse_logs_flush(struct copse_txn *txn) COPSE_MUST_CHECK;

/* The key under which the logs of a community (`author` NULL), or of a device in it, are named:
 * what a walk begins with. Returns its size, at most 37. */
size_t copse_logs_prefix(uint8_t out[37], uint32_t community, const struct copse_id *author);

/* The key of one log in the walk over its device. */
#define COPSE_LOGS_NAME_BYTES 70u
void copse_logs_name(uint8_t out[COPSE_LOGS_NAME_BYTES], const struct copse_txn_log *log);

#endif
