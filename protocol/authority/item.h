/* Items: what two nodes compare of their logs (SPEC 10.11).
 *
 * The leaves of what is wanted of a log; of a frozen one the freeze itself, and the leaves named.
 * Sessions reconcile them, and their digest says for a person whether two nodes hold the same.
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_ITEM_H
#define COPSE_PROTOCOL_AUTHORITY_ITEM_H

#include "protocol/authority/wanted.h"

#define COPSE_ITEM_OF_LOG_MAX (COPSE_LOG_BRANCHES_MAX + 1) /* a leaf a branch, and the freeze */

struct copse_item {
    struct copse_id author;
    struct copse_id id;             /* of the leaf; if frozen, of the trunk's last entry or zeros */
    struct copse_position position; /* of the leaf; if frozen, of an entry at the fork seq */
    enum copse_entry_class class;
    bool is_frozen;
};

/* The items of a log, by its number. COPSE_OK, also where it has none; COPSE_ERR_CORRUPT; or a
 * fault of state or source. Cost: O(leaves named for the log). */
enum copse_err copse_item_of_log(struct copse_item out[COPSE_ITEM_OF_LOG_MAX], size_t *count,
                                 const struct copse_state *state, const struct copse_source *source,
                                 uint64_t log) COPSE_MUST_CHECK;

/* The entries digest of items of both classes, which are put in order. Cost: O(n log n). */
void copse_item_digest(struct copse_id *out, struct copse_item *items, size_t count);

#endif
