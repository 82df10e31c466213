/* What changed between two texts, as few readable changes.
 *
 * People edit whole texts; merging needs to know which places they touched. Lines are compared
 * first, then words inside the groups of changed lines, then stretches too short to mean
 * anything between two changes are taken into them. What a node finds here needs no agreement
 * with others: any list of changes that turns one text into the other is right.
 *
 * Words:  change  a stretch of the old text and the stretch of the new text in its place
 *         grain   how fine the changes are: whole lines, or words
 *
 * Source: E. Myers 1986, "An O(ND) difference algorithm and its variations", section 2.
 */
#ifndef COPSE_NODE_PRACTICE_DIFF_H
#define COPSE_NODE_PRACTICE_DIFF_H

#include "protocol/base/bytes.h"
#include "protocol/base/memory.h"

#define COPSE_DIFF_EDITS_MAX 3000u /* in one group; a group with more is replaced whole */
#define COPSE_DIFF_EQUAL_MIN 4u    /* characters; a shorter equal stretch is absorbed */

enum copse_diff_grain { COPSE_DIFF_LINES, COPSE_DIFF_WORDS };

/* All four count bytes and stand on the borders of characters. */
struct copse_diff_change {
    size_t old_start;
    size_t old_size;
    size_t new_start;
    size_t new_size;
};

/* Changes in ascending order, none empty, with at least one equal byte between two of them. */
struct copse_diff {
    const struct copse_memory *memory;
    struct copse_diff_change *changes;
    size_t count;
    size_t capacity;
};

/* The two texts, valid UTF-8, borrowed for the call. */
struct copse_diff_pair {
    struct copse_slice old_text;
    struct copse_slice new_text;
};

/* Compare. Returns COPSE_OK, and the caller calls copse_diff_deinit; or COPSE_ERR_NOMEM.
 * Cost: O(size + lines * edits + edits^2), with at most COPSE_DIFF_EDITS_MAX edits looked for. */
enum copse_err copse_diff_init(struct copse_diff *out, const struct copse_diff_pair *pair,
                               enum copse_diff_grain grain,
                               const struct copse_memory *memory) COPSE_MUST_CHECK;
void copse_diff_deinit(struct copse_diff *diff);

#endif
