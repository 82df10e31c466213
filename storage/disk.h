/* Small files and directories: written whole or not at all, and synced.
 *
 * Everything a node keeps outside the database goes through here.
 */
#ifndef COPSE_STORAGE_DISK_H
#define COPSE_STORAGE_DISK_H

#include "protocol/base/bytes.h"
#include "protocol/base/memory.h"

#define COPSE_DISK_PATH_BYTES 4096u /* of a path, with the end of the string */

struct copse_disk_path {
    char text[COPSE_DISK_PATH_BYTES];
};

/* directory/name; COPSE_ERR_LIMIT when it is too long (64 bytes are left for endings). */
enum copse_err copse_disk_join(struct copse_disk_path *out, const char *directory, const char *name,
                               struct copse_error *error) COPSE_MUST_CHECK;

/* COPSE_ERR_FULL, _NOMEM, _EXISTS, _NOT_FOUND or _IO for an errno. */
enum copse_err copse_disk_error(int code);

/* Make a directory, and those above it, 0700; fine when it is there. */
enum copse_err copse_disk_make_directory(const char *path,
                                         struct copse_error *error) COPSE_MUST_CHECK;

/* Wait until a file or the names in a directory are on the disk. */
enum copse_err copse_disk_sync(const char *path, struct copse_error *error) COPSE_MUST_CHECK;

/* Give the file `from` the name `to`, and sync the directory. COPSE_ERR_EXISTS when the name is
 * taken; `from` is still there then. */
enum copse_err copse_disk_publish(const char *from, const char *to, const char *directory,
                                  struct copse_error *error) COPSE_MUST_CHECK;

/* Replace directory/name by `bytes`, mode 0600: a reader or a power cut sees the old file or the
 * new. */
enum copse_err copse_disk_write(const char *directory, const char *name, struct copse_slice bytes,
                                struct copse_error *error) COPSE_MUST_CHECK;

/* Read directory/name, at most `max` bytes, into fresh memory. COPSE_ERR_NOT_FOUND, _LIMIT
 * (larger), _IO, _NOMEM. `mode` (NULL allowed) is set to the permission bits. */
enum copse_err copse_disk_read(uint8_t **out, size_t *size, unsigned *mode, const char *directory,
                               const char *name, size_t max, const struct copse_memory *memory,
                               struct copse_error *error) COPSE_MUST_CHECK;

/* Refuse network file systems, whose memory maps do not agree between machines: COPSE_ERR_UNSUITED.
 */
enum copse_err copse_disk_check_system(const char *directory,
                                       struct copse_error *error) COPSE_MUST_CHECK;

/* Bytes free for this user where `path` lies; UINT64_MAX when it cannot be told. */
uint64_t copse_disk_room(const char *path);

#endif
