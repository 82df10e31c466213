/* The file of the store as a file: who has it open in this process, is it whole, is it still the
 * one that is there, and putting another in its place.
 *
 * Part of db.c, which alone includes lmdb.h.
 *
 * Words:  gate  a lock on the home directory, held while the file is opened or replaced
 */
#ifndef COPSE_STORAGE_FILE_H
#define COPSE_STORAGE_FILE_H

#include "protocol/base/error.h"

#include <stdbool.h>
#include <sys/stat.h>

#define COPSE_FILE_FRESH "store.mdb.new" /* what is to take the place of the store, beside it */

/* Which file it is. */
struct copse_file {
    dev_t device;
    ino_t number;
};

/* Note that this process opens the file at `path`, and that it has closed it. COPSE_OK;
 * COPSE_ERR_BUSY: it is open already; COPSE_ERR_LIMIT; COPSE_ERR_NOT_FOUND. */
enum copse_err copse_file_claim(struct copse_file *out, const char *path,
                                struct copse_error *error) COPSE_MUST_CHECK;
void copse_file_unclaim(const struct copse_file *file);

/* Is it this file that has the name? */
bool copse_file_is_at(const struct copse_file *file, const char *path);

/* Is the file whole, as far as can be told without LMDB? COPSE_OK, COPSE_ERR_CORRUPT, _NOT_FOUND,
 * _IO. */
enum copse_err copse_file_check(const char *path, struct copse_error *error) COPSE_MUST_CHECK;

/* Hold the gate open while the store in `home` is opened. */
enum copse_err copse_file_enter(int *gate, const char *home,
                                struct copse_error *error) COPSE_MUST_CHECK;
void copse_file_leave(int gate);

/* Put COPSE_FILE_FRESH, which is on the disk, in the place of the store; it is gone afterwards, in
 * either case. The caller holds the write lock, and has been in the gate since nobody else could
 * replace. Whoever has the old file open goes on reading it until it looks (copse_file_is_at). */
enum copse_err copse_file_replace(const char *home, struct copse_error *error) COPSE_MUST_CHECK;

#endif
