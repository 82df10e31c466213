/* Words that found no place: written after a role had ended, a thread was closed, a device given
 * up. They are never silently lost: their author finds them, and stewards see how many came late.
 */
#ifndef COPSE_NODE_PRACTICE_UNPLACED_H
#define COPSE_NODE_PRACTICE_UNPLACED_H

#include "node/practice/practice.h"

/* One entry of the acting person that has words and does not count. Slices are borrowed from the
 * deed until its next write. */
struct copse_unplaced_item {
    struct copse_view_entry entry; /* a CREATE, or an EDIT of a page's text */
    struct copse_slice title;      /* of a CREATE */
    struct copse_slice text;
    const char *type; /* "question", "page", "edit" */
};
typedef enum copse_err copse_unplaced_tell(void *context, const struct copse_unplaced_item *item);

/* Tell all of them, the oldest first, but those that were put away. What `tell` gives ends it.
 * COPSE_OK or a fault. Cost: O(own entries). */
enum copse_err copse_unplaced_walk(struct copse_practice_deed *deed, copse_unplaced_tell *tell,
                                   void *context) COPSE_MUST_CHECK;

/* Say the words of one again: a post as a post in the same place, or a new conversation where that
 * is not there any more; a page as a page; words meant for a page as a reply to it. It is put away.
 * Sets *fresh. COPSE_ERR_NOT_FOUND: not one of them. */
enum copse_err copse_unplaced_repost(struct copse_practice_deed *deed, struct copse_id *fresh,
                                     const struct copse_id *entry,
                                     struct copse_error *error) COPSE_MUST_CHECK;

/* Do not list one any more. */
enum copse_err copse_unplaced_put_away(struct copse_practice_deed *deed,
                                       const struct copse_id *entry) COPSE_MUST_CHECK;

/* What of one person is held here and was written after what stewards let stand. */
struct copse_unplaced_late {
    struct copse_id person;
    uint64_t count;
    uint64_t first_ms; /* as their clock had it */
    uint64_t last_ms;
    enum copse_verdict verdict;
};
typedef void copse_unplaced_tell_late(void *context, const struct copse_unplaced_late *late);

/* Cost: one judgement for each branch of each log, and one for each late entry. */
enum copse_err copse_unplaced_late(struct copse_practice_deed *deed, copse_unplaced_tell_late *tell,
                                   void *context) COPSE_MUST_CHECK;

#endif
