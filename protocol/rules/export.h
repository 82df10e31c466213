/* The community as JSON Lines, in one form only, and the state digest (SPEC 8.14, 8.15).
 *
 * One line for each object, as a neutral reader sees it: nobody's own settings, nothing of when or
 * whence an entry came. Two nodes that hold the same entries and the same contents write the same
 * bytes; where a content is not here its hash stands alone, so a difference can be found.
 */
#ifndef COPSE_PROTOCOL_RULES_EXPORT_H
#define COPSE_PROTOCOL_RULES_EXPORT_H

#include "protocol/rules/json.h"
#include "protocol/rules/view.h"

/* Write everything that is visible: the community, persons, objects by kind, replies.
 * Returns COPSE_OK, COPSE_ERR_NOMEM, what the sink gave, or as copse_view_load.
 * Memory: that of the largest object. Source: SPEC 8.14. */
enum copse_err copse_export_all(struct copse_view *view, copse_json_sink *sink,
                                void *context) COPSE_MUST_CHECK;

/* Write the line of one object; nothing if it is neither visible nor hidden. */
enum copse_err copse_export_object(struct copse_view *view, const struct copse_view_object *object,
                                   copse_json_sink *sink, void *context) COPSE_MUST_CHECK;

/* The hash of what copse_export_all writes. Source: SPEC 8.15. */
enum copse_err copse_export_digest(struct copse_view *view, struct copse_id *out) COPSE_MUST_CHECK;

#endif
