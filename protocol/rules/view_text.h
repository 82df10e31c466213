/* The text of a page and its history (SPEC 8.9).
 *
 * Whoever keeps merged texts keys them by the object, the heads, and what was muted or erased.
 */
#ifndef COPSE_PROTOCOL_RULES_VIEW_TEXT_H
#define COPSE_PROTOCOL_RULES_VIEW_TEXT_H

#include "protocol/merge/text.h"
#include "protocol/rules/view.h"

/* Make the text of an object from all its EDITs, in logs and loose: those that do not count are
 * muted, and words that are erased or not here are absent. The caller owns *out and merges it; it
 * borrows contents from the source, so it must be freed before the read transaction ends. An object
 * without a text has an empty one.
 * Returns COPSE_OK, COPSE_ERR_NOMEM, or as copse_view_load.
 * Cost: one copse_view_load for each EDIT. Source: SPEC 8.9. */
enum copse_err copse_view_text_load(struct copse_view *view, struct copse_text **out,
                                    const struct copse_view_object *object) COPSE_MUST_CHECK;

/* Walk over the EDITs of an object by (hlc, id), whatever their verdict: its history. */
void copse_view_text_open(struct copse_view_cursor *cursor, const struct copse_id *object);
enum copse_err copse_view_text_next(struct copse_view *view, struct copse_view_entry *out,
                                    struct copse_view_cursor *cursor) COPSE_MUST_CHECK;

#endif
