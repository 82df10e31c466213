/* Add-wins observed-remove set (SPEC 8.7).
 *
 * An element is in the set while some adding of it is live. A removal names the addings that its
 * author saw, so that an adding it did not see stays. A bar keeps an element away, whoever adds it.
 *
 * Words:  add  one adding of one element. One entry may add several: same id, other elements
 *         del  a removal of addings, by their ids
 *         bar  an element that is kept away
 *
 * Source: Bieniusa et al., An optimized conflict-free replicated set, 2012 (the observed-remove
 * rule). The bar is of our own making.
 */
#ifndef COPSE_PROTOCOL_MERGE_SET_H
#define COPSE_PROTOCOL_MERGE_SET_H

#include "protocol/base/reader.h"

enum copse_set_fate {
    COPSE_SET_LIVE,
    COPSE_SET_BARRED,  /* would be live but for a bar */
    COPSE_SET_REMOVED, /* named by a del */
};

struct copse_set_add {
    struct copse_id id;
    struct copse_slice element; /* data NULL: not known here; equal to no other. Borrowed */
    size_t tag;                 /* the caller's own, left alone: which entry this is */
    enum copse_set_fate fate;   /* set by copse_set_settle */
    bool is_first;              /* set by copse_set_settle: the first live add of its element */
};

struct copse_set_del {
    struct copse_reader over; /* stands before over_count ids, checked already; borrowed */
    size_t over_count;
    struct copse_slice element; /* removes only adds of this element; data NULL: of any */
};

/* What bears on one set; every entry behind it is counted already. The arrays are the caller's and
 * come back in another order. */
struct copse_set {
    struct copse_set_add *adds;
    size_t add_count;
    struct copse_set_del *dels;
    size_t del_count;
    struct copse_slice *bars;
    size_t bar_count;
};

/* Find the fate of each add and bring the live ones to the front: by element in byte order, then by
 * id; elements not known last. Of adds of equal elements the first has is_first, and so has each
 * add of an unknown one. Returns how many adds are live. The result does not depend on the order in
 * which anything came. Cost: O((adds + bars + names) log(adds + bars) + removed pairs of name and
 * add); memory only what qsort takes. Source: SPEC 8.7. */
size_t copse_set_settle(struct copse_set *set);

#endif
