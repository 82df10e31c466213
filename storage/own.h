/* A device's own entries: where the next one goes, and how far they have been published.
 *
 * Part of store.h, which everybody outside storage/ uses.
 */
#ifndef COPSE_STORAGE_OWN_H
#define COPSE_STORAGE_OWN_H

#include "storage/store.h"

/* Sign and store one entry: copse_store_write without the question whether the store is behind. */
enum copse_err copse_own_write(struct copse_txn *txn, struct copse_id *id,
                               const struct copse_store_deed *deed,
                               struct copse_error *error) COPSE_MUST_CHECK;

/* Raise the rows of `head` to what is committed of a device. Sets *changed if any was raised. */
enum copse_err copse_own_raise(struct copse_txn *txn, struct copse_head *head, bool *changed,
                               const struct copse_id *device) COPSE_MUST_CHECK;

/* Does the store hold all that `head` says was published of a device? COPSE_OK or
 * COPSE_ERR_REFUSED. */
enum copse_err copse_own_check(struct copse_txn *txn, const struct copse_head *head,
                               const struct copse_id *device,
                               struct copse_error *error) COPSE_MUST_CHECK;

#endif
