/* Pages: texts that everyone may edit at once.
 *
 * A person edits a whole text. What is written is the difference to the version they opened, so
 * that whatever others wrote meanwhile stays. A difference too large for one entry becomes several.
 *
 * Words:  version  what a text was at one time: the last edits it contains. Written as their ids
 *                  joined by '+'; the id of the page stands for the empty text before any edit
 */
#ifndef COPSE_NODE_PRACTICE_PAGE_H
#define COPSE_NODE_PRACTICE_PAGE_H

#include "node/practice/builder.h"
#include "node/practice/reading.h"
#include "protocol/rules/view_text.h"

#define COPSE_PAGE_BYTES_MAX (4u << 20) /* a text of COPSE_TEXT_UNITS_MAX characters */
#define COPSE_PAGE_HEADS_MAX 256u /* of a version; more than an edit can name are joined first */

/* The last edits of a version. No heads: the empty text before any. */
struct copse_page_version {
    struct copse_id heads[COPSE_PAGE_HEADS_MAX];
    size_t count;
};

/* An open text at one version. `view` is borrowed from it. */
struct copse_page {
    struct copse_text *text;
    struct copse_text_view view;
};

/* Open the text of a page: at a version, or as it is now (NULL). COPSE_OK; COPSE_ERR_NOT_FOUND: the
 * version is not here; or a fault. It must be closed before the deed ends or writes. */
enum copse_err copse_page_open(struct copse_practice_deed *deed, struct copse_page *out,
                               const struct copse_view_object *object,
                               const struct copse_page_version *version) COPSE_MUST_CHECK;
void copse_page_close(struct copse_page *page);

/* The version that is open. One with more heads than fit gives as many as fit. */
void copse_page_version_of(struct copse_page_version *out, const struct copse_page *page);

/* Append the written form of a version. `object` is the page. */
void copse_page_write_version(struct copse_builder *out, const struct copse_page_version *version,
                              const struct copse_id *object);

/* Read a written version: each part the beginning of the id of an edit of the page, or of the page.
 * COPSE_OK; COPSE_ERR_DECODE: no such form; COPSE_ERR_NOT_FOUND; COPSE_ERR_EXISTS: a part has more
 * than one meaning. */
enum copse_err copse_page_read_version(struct copse_practice_deed *deed,
                                       struct copse_page_version *out,
                                       const struct copse_view_object *object,
                                       const char *text) COPSE_MUST_CHECK;

/* Make a page. `values` in rising order of field; `body` may have size 0. Sets *id, and *version to
 * that of its text. In the deed's transaction; not committed. */
struct copse_page_draft {
    const struct copse_practice_value *values;
    size_t count;
    uint32_t type;
    struct copse_slice body;
};
enum copse_err copse_page_create(struct copse_practice_deed *deed, struct copse_id *id,
                                 struct copse_page_version *version,
                                 const struct copse_page_draft *draft,
                                 struct copse_error *error) COPSE_MUST_CHECK;

/* An edit that is wanted: make `text` of what stood at `base`. */
struct copse_page_edit {
    const struct copse_view_object *object;
    const struct copse_page_version *base;
    struct copse_slice text; /* UTF-8 without control characters but line feed and tab */
};

/* Work an edit out in a read transaction, so that the write transaction is short. It holds as long
 * as nothing is committed in between; copse_page_change sees to that. Errors as copse_page_change.
 * The caller forgets the plan. */
struct copse_page_plan {
    struct copse_text_edit *edit; /* NULL: nothing differs, or not whole */
    uint64_t number;              /* of the commit it was worked out from */
    bool is_whole;                /* false: there are entries to be written before */
};
enum copse_err copse_page_foresee(struct copse_practice_deed *deed, struct copse_page_plan *out,
                                  const struct copse_page_edit *edit,
                                  struct copse_error *error) COPSE_MUST_CHECK;
void copse_page_forget(struct copse_page_plan *plan);

/* Edit. `foreseen` may be NULL; it is used up. Sets *version to that of the edit (of `base` if
 * nothing differs) and *ops to the number of entries written. COPSE_ERR_NOT_FOUND: base is not
 * here; COPSE_ERR_LIMIT: the page is full; COPSE_ERR_FORM: the text has control characters; or a
 * fault. */
enum copse_err copse_page_change(struct copse_practice_deed *deed,
                                 struct copse_page_version *version, size_t *ops,
                                 const struct copse_page_edit *edit,
                                 const struct copse_page_plan *foreseen,
                                 struct copse_error *error) COPSE_MUST_CHECK;

/* Set a register of a page (title, source, extra...) unless it is so already. Sets *changed. */
enum copse_err copse_page_set(struct copse_practice_deed *deed, bool *changed,
                              const struct copse_view_object *object,
                              const struct copse_practice_value *value,
                              struct copse_error *error) COPSE_MUST_CHECK;

/* One edit in the history of a page. */
struct copse_page_step {
    struct copse_id id;
    struct copse_id person;
    uint64_t hlc;
    uint64_t written_ms;
    size_t inserted; /* characters */
    size_t deleted;
    bool counts;
};

/* The history, newest first, appended to a list that the caller frees with copse_memory_free. */
enum copse_err copse_page_history(struct copse_practice_deed *deed, struct copse_page_step **out,
                                  size_t *count,
                                  const struct copse_view_object *object) COPSE_MUST_CHECK;

/* The version that an edit was made on: its parents. */
enum copse_err copse_page_before(struct copse_practice_deed *deed, struct copse_page_version *out,
                                 const struct copse_id *edit) COPSE_MUST_CHECK;

#endif
