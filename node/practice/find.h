/* Finding: what is new here, and what contains some words. */
#ifndef COPSE_NODE_PRACTICE_FIND_H
#define COPSE_NODE_PRACTICE_FIND_H

#include "node/practice/builder.h"
#include "node/practice/reading.h"
#include "storage/search.h"

/* Something that happened to a page or post. */
enum copse_find_what { COPSE_FIND_NEW, COPSE_FIND_EDITED };

struct copse_find_item {
    struct copse_view_object object;
    enum copse_find_what what;
    struct copse_id person; /* who did it */
    uint64_t written_ms;    /* as its author's clock had it */
    uint64_t arrived_ms;    /* at this node */
};

/* What reached this node last, newest first, each object once, in the deed's community: at most
 * `max` items. Sets *count. Cost: one load for each entry looked at. */
enum copse_err copse_find_news(struct copse_practice_deed *deed, struct copse_find_item *out,
                               size_t *count, size_t max) COPSE_MUST_CHECK;

/* The words of an object as search and lists see them: title, body, tags; appended to `out`.
 * Nothing for one that is not visible. */
enum copse_err copse_find_words(struct copse_practice_deed *deed, struct copse_builder *out,
                                const struct copse_view_object *object) COPSE_MUST_CHECK;

/* Bring the index of a community up to date, if there is an index (another process at it is no
 * error); and take all traces of words that are not in it any more out of its files. */
enum copse_err copse_find_refresh(const struct copse_practice *practice,
                                  const struct copse_id *community,
                                  struct copse_error *error) COPSE_MUST_CHECK;
enum copse_err copse_find_purge(const struct copse_practice *practice,
                                struct copse_error *error) COPSE_MUST_CHECK;

/* Bring the index of the deed's community up to date, then look. At most `max` hits, sets *count.
 * `step` (or NULL) is told how many entries were taken in. Errors: search.h. */
typedef void copse_find_step(void *context, uint64_t entries);
struct copse_find_request {
    struct copse_search *search; /* open */
    struct copse_slice words;
    enum copse_search_order order;
    copse_find_step *step;
    void *context;
};
enum copse_err copse_find_search(struct copse_practice_deed *deed, struct copse_search_hit *out,
                                 size_t *count, size_t max,
                                 const struct copse_find_request *request) COPSE_MUST_CHECK;

#endif
