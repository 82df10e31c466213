/* The peer lock: one `serve` for each home.
 *
 * A lock of the system on a small file, so that it goes with its process, however that ends.
 */
#ifndef COPSE_NODE_PEERING_LOCK_H
#define COPSE_NODE_PEERING_LOCK_H

#include "protocol/base/error.h"

#include <stdbool.h>

#define COPSE_LOCK_FILE "serve.lock"

/* Take it in the directory `home`, until `release` or the end of the process. Sets *lock.
 * COPSE_OK; COPSE_ERR_BUSY: another process has it; COPSE_ERR_IO; COPSE_ERR_LIMIT. */
enum copse_err copse_lock_take(int *lock, const char *home,
                               struct copse_error *error) COPSE_MUST_CHECK;
void copse_lock_release(int lock);

/* Has another process taken it? Sets *process to its number, where `process` is not NULL. */
bool copse_lock_is_taken(const char *home, long *process);

#endif
