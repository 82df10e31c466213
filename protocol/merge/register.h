/* Multi-value register: a field that several people may set at once (SPEC 8.6).
 *
 * A value names the values that its author saw and replaces, its `over`. What no counted
 * value names is live. One live value is shown, the others are for a person to settle.
 *
 * Words:  counted  its entry is honoured and its author may set this field; what is not counted
 *                  is never live and replaces nothing
 *         live     counted and replaced by no counted value
 *         shown    the live value that is largest by (hlc, author, id)
 */
#ifndef COPSE_PROTOCOL_MERGE_REGISTER_H
#define COPSE_PROTOCOL_MERGE_REGISTER_H

#include "protocol/base/reader.h"

struct copse_register_value {
    struct copse_id id; /* different in each value of one register */
    struct copse_id author;
    uint64_t hlc;
    struct copse_reader over; /* stands before over_count ids, checked already; borrowed */
    size_t over_count;
    size_t tag;      /* the caller's own, left alone: which entry this is */
    bool is_counted; /* set by the caller */
    bool is_live;    /* set by copse_register_settle */
};

/* Find the live values and bring them to the front, the shown one first, the rest of them
 * falling by (hlc, author, id). Those that are not live follow in the same order.
 * Returns how many are live. The result does not depend on the order they came in.
 * Cost: O((count + names) log count); memory only what qsort takes. Source: SPEC 8.6. */
size_t copse_register_settle(struct copse_register_value *values, size_t count);

#endif
