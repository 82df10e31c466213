/* From what a person changed to ops: indexes of what they saw become indexes that every replica
 * understands (SPEC 6.10 to 6.12).
 *
 * Words:  opened  the heads of the version that the person saw
 *         own     ops of the same device on this text that the opened version may lack: another
 *                 tab saved meanwhile
 *         part    one op of an edit; what does not fit into one goes on in the next, its child
 */
#ifndef COPSE_PROTOCOL_MERGE_TEXT_EDIT_H
#define COPSE_PROTOCOL_MERGE_TEXT_EDIT_H

#include "protocol/merge/text.h"

struct copse_text_edit;

/* One place that a person changed, in units of the printed text of the opened version. */
struct copse_text_change {
    size_t unit;
    size_t deleted; /* units */
    struct copse_slice inserted;
};

struct copse_text_request {
    const struct copse_id *opened;
    size_t opened_count;
    const struct copse_id *own;
    size_t own_count;
    const struct copse_text_change *changes; /* rising, not overlapping */
    size_t change_count;                     /* 0: an empty edit, which joins the heads */
};

struct copse_text_part {
    const struct copse_id *parents; /* rising */
    size_t parent_count;
    struct copse_slice shape;   /* at most COPSE_TEXT_SHAPE_BYTES_MAX */
    struct copse_slice content; /* at most COPSE_TEXT_SHAPE_CONTENT_MAX */
};

/* Plan an edit. It borrows nothing from the request and nothing from the text afterwards; new
 * contents must not be set on the text in between.
 * Returns COPSE_OK; COPSE_ERR_NOT_FOUND (a head is not here or pending); COPSE_ERR_FORM (changes
 * overlap, reach beyond the text, or insert what 6.7 does not print); COPSE_ERR_LIMIT (more than
 * COPSE_TEXT_PARENTS_MAX parents: join them first; or the text is full, SPEC 6.5); COPSE_ERR_NOMEM.
 * Cost: O(text) and the moves to the version. Source: SPEC 6.10. */
enum copse_err copse_text_edit_new(struct copse_text_edit **out, struct copse_text *text,
                                   const struct copse_text_request *request) COPSE_MUST_CHECK;
void copse_text_edit_free(struct copse_text_edit *edit);

/* The next part, borrowed from the edit until the next call.
 * former  the id that the caller gave the part before; NULL for the first
 * Returns COPSE_OK, or COPSE_ERR_NOT_FOUND after the last; there is always a first. */
enum copse_err copse_text_edit_next(struct copse_text_edit *edit, struct copse_text_part *part,
                                    const struct copse_id *former) COPSE_MUST_CHECK;

#endif
