/* Files that a command reads and writes for its user, and where copse keeps its own. */
#ifndef COPSE_CLI_FILES_H
#define COPSE_CLI_FILES_H

#include "node/practice/builder.h"

#include <stdio.h>
#include <sys/types.h>

#define COPSE_FILES_PATH_MAX 4096u
#define COPSE_FILES_SHARED 0644
#define COPSE_FILES_PRIVATE 0600

/* Read a whole file, or standard input where `path` is "-", and append it to `out`.
 * COPSE_OK; COPSE_ERR_NOT_FOUND; COPSE_ERR_LIMIT when it is larger than `max` bytes;
 * COPSE_ERR_REFUSED, COPSE_ERR_IO with the reason in `error`; COPSE_ERR_NOMEM. */
enum copse_err copse_files_read(struct copse_builder *out, const char *path, size_t max,
                                struct copse_error *error) COPSE_MUST_CHECK;

/* Write a file whole or not at all: under a temporary name, synced, then renamed. Directories on
 * the way are made. COPSE_OK; COPSE_ERR_FULL, _NOMEM, _IO; or what is wrong with the path alone:
 * _REFUSED, _NOT_FOUND (a name on the way is no folder), _LIMIT, _FORM. */
enum copse_err copse_files_write(const char *path, struct copse_slice bytes, mode_t mode,
                                 struct copse_error *error) COPSE_MUST_CHECK;

/* The same in pieces: begin, print to `stream`, end. `end` is told how the printing went, gives
 * that back if it went wrong, and takes the file away then; COPSE_ERR_IO stands for errno. */
struct copse_files_new {
    FILE *stream;
    const char *path; /* borrowed */
    char room[COPSE_FILES_PATH_MAX];
};
enum copse_err copse_files_begin(struct copse_files_new *out, const char *path, mode_t mode,
                                 struct copse_error *error) COPSE_MUST_CHECK;
enum copse_err copse_files_end(struct copse_files_new *new, enum copse_err err,
                               struct copse_error *error) COPSE_MUST_CHECK;

/* Make the directory of `path` and those above it, 0700. */
enum copse_err copse_files_make_parents(const char *path,
                                        struct copse_error *error) COPSE_MUST_CHECK;

/* Where the store lies: `home` if not NULL, else $COPSE_HOME, $XDG_DATA_HOME/copse or
 * ~/.local/share/copse. COPSE_ERR_NOT_FOUND when nothing says, COPSE_ERR_LIMIT when too long. */
enum copse_err copse_files_home(char out[COPSE_FILES_PATH_MAX], const char *home) COPSE_MUST_CHECK;

/* Join with a slash. COPSE_OK or COPSE_ERR_LIMIT. */
enum copse_err copse_files_join(char out[COPSE_FILES_PATH_MAX], const char *directory,
                                const char *name) COPSE_MUST_CHECK;

#endif
