/* Sort in place, without memory of its own and without recursion. */
#ifndef COPSE_PROTOCOL_BASE_SORT_H
#define COPSE_PROTOCOL_BASE_SORT_H

#include "protocol/base/check.h"

#include <stddef.h>

#define COPSE_SORT_ITEM_MAX 128u /* bytes of one item */

/* <0, 0, >0: where `a` goes relative to `b`. */
typedef int copse_sort_compare(const void *a, const void *b);

/* Bring `count` items of `size` bytes (<= COPSE_SORT_ITEM_MAX) into rising order. Items that
 * compare equal may change places. Cost: O(count log count) comparisons in the worst case. Source:
 * heapsort, Williams 1964. */
void copse_sort(void *items, size_t count, size_t size, copse_sort_compare *compare);

#endif
