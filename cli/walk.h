/* The files of a folder and of those below it, in order of their names. */
#ifndef COPSE_CLI_WALK_H
#define COPSE_CLI_WALK_H

#include "cli/files.h"

#define COPSE_WALK_FILES_MAX 100000u

struct copse_walk {
    const struct copse_memory *memory;
    char **paths; /* relative to the folder, with slashes, sorted */
    size_t count;
    size_t capacity;
    size_t link_count;  /* symbolic links: not followed */
    size_t other_count; /* files with other endings, and hidden ones */
};

/* Find the files that end in one of `endings` (".md", NULL at the end). A folder below that cannot
 * be read stands among them. COPSE_OK, and the caller
 * calls copse_walk_deinit; COPSE_ERR_NOT_FOUND: no such folder; COPSE_ERR_LIMIT; COPSE_ERR_IO;
 * _NOMEM. */
enum copse_err copse_walk_init(struct copse_walk *out, const char *folder,
                               const char *const *endings, const struct copse_memory *memory,
                               struct copse_error *error) COPSE_MUST_CHECK;
void copse_walk_deinit(struct copse_walk *walk);

#endif
