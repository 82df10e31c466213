/* One Markdown file as a page: what it says, and how it differs from what was imported before.
 *
 * Words:  record  what is remembered of a file that was imported: its page, the version it became,
 *                 its hash and its front matter. Kept beside the store, by community and path
 */
#ifndef COPSE_CLI_IMPORT_MARKDOWN_H
#define COPSE_CLI_IMPORT_MARKDOWN_H

#include "cli/front_matter.h"
#include "node/practice/page.h"
#include "node/practice/post.h"

#define COPSE_IMPORT_MARKDOWN_TAGS_MAX 48u

/* A file that was read. */
struct copse_import_markdown_file {
    const char *path;          /* relative, with slashes; borrowed */
    struct copse_builder text; /* normalised */
    struct copse_slice slice;  /* the same */
    struct copse_front_matter parts;
    struct copse_builder title;
    struct copse_slice title_slice;
    struct copse_builder author; /* as the file claims */
    struct copse_slice author_slice;
    struct copse_builder tag_room;
    struct copse_slice tags[COPSE_IMPORT_MARKDOWN_TAGS_MAX];
    size_t tag_count;
    int64_t time_ms; /* if has_time: as the file claims */
    bool has_time;
    struct copse_front_matter_report report;
    struct copse_id hash;               /* of the normalised text */
    char problem[COPSE_ERROR_TEXT_MAX]; /* why it cannot be imported; empty: it can */
    const char *problem_code;
};

/* Read a file of `folder`. What is wrong with the file is in file->problem. COPSE_OK or
 * COPSE_ERR_NOMEM; the caller deinits either way. */
enum copse_err copse_import_markdown_read(struct copse_import_markdown_file *out,
                                          const char *folder, const char *path,
                                          const struct copse_memory *memory) COPSE_MUST_CHECK;
void copse_import_markdown_deinit(struct copse_import_markdown_file *file);

/* Pages that say from which path they came, by the hash of the path. */
struct copse_import_markdown_sources {
    const struct copse_memory *memory;
    struct copse_import_markdown_source {
        struct copse_id path_hash;
        struct copse_id page;
    } * items;
    size_t count;
    size_t capacity;
};
enum copse_err
copse_import_markdown_open_sources(struct copse_import_markdown_sources *out,
                                   struct copse_practice_deed *deed) COPSE_MUST_CHECK;
void copse_import_markdown_close_sources(struct copse_import_markdown_sources *sources);

enum copse_import_markdown_outcome {
    COPSE_IMPORT_MARKDOWN_NEW,
    COPSE_IMPORT_MARKDOWN_CHANGED,
    COPSE_IMPORT_MARKDOWN_UNCHANGED,
};

/* What importing the file comes to. With a read transaction nothing is written and *outcome says
 * what would be; with a write transaction it is done, not committed. */
enum copse_err copse_import_markdown_apply(struct copse_practice_deed *deed,
                                           enum copse_import_markdown_outcome *outcome,
                                           const struct copse_import_markdown_sources *sources,
                                           const struct copse_import_markdown_file *file,
                                           struct copse_error *error) COPSE_MUST_CHECK;

#endif
