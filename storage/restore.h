/* A backup, put in the place of a store that is not there.
 *
 * In two steps: a copy is made beside the place where the store goes, for the caller to look into
 * as a store of its own; then it is put in place, whole, or taken away.
 */
#ifndef COPSE_STORAGE_RESTORE_H
#define COPSE_STORAGE_RESTORE_H

#include "storage/disk.h"

/* Copy the backup `file` to a store in a folder of its own in `home`, and set *where to it. Nothing
 * is verified. COPSE_OK; COPSE_ERR_EXISTS: there is a store in `home`; COPSE_ERR_NOT_FOUND: no such
 * file; COPSE_ERR_FORM: not a file; COPSE_ERR_FULL, _IO, _LIMIT, _UNSUITED. */
enum copse_err copse_restore_begin(struct copse_disk_path *where, const char *home,
                                   const char *file, struct copse_error *error) COPSE_MUST_CHECK;

/* The end: with `err` COPSE_OK the store is put in place; the folder is taken away in any case, and
 * nothing may have it open. Gives `err` back, or what went wrong. */
enum copse_err copse_restore_end(const struct copse_disk_path *where, const char *home,
                                 enum copse_err err, struct copse_error *error) COPSE_MUST_CHECK;

#endif
