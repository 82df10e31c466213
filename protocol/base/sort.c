/* How it works: the items are made a heap with the largest in front, which then goes to the
 * end of what is left, again and again. Input chosen by an enemy costs no more than any other.
 */
#include "protocol/base/sort.h"

#include <stdint.h>
#include <string.h>

struct heap {
    uint8_t *items;
    size_t size;
    copse_sort_compare *compare;
};

static uint8_t *item(const struct heap *heap, size_t index)
{
    return heap->items + index * heap->size;
}

static void swap(const struct heap *heap, size_t a, size_t b)
{
    uint8_t held[COPSE_SORT_ITEM_MAX];
    memcpy(held, item(heap, a), heap->size);
    memcpy(item(heap, a), item(heap, b), heap->size);
    memcpy(item(heap, b), held, heap->size);
}

/* Let the item at `root` sink to its place among the first `count`. */
static void sink(const struct heap *heap, size_t root, size_t count)
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= count) {
            return;
        }
        if (child + 1 < count && heap->compare(item(heap, child), item(heap, child + 1)) < 0) {
            child++;
        }
        if (heap->compare(item(heap, root), item(heap, child)) >= 0) {
            return;
        }
        swap(heap, root, child);
        root = child;
    }
}

void copse_sort(void *items, size_t count, size_t size, copse_sort_compare *compare)
{
    COPSE_ASSERT(size <= COPSE_SORT_ITEM_MAX);
    struct heap heap = {items, size, compare};
    for (size_t i = count / 2; i > 0; i--) {
        sink(&heap, i - 1, count);
    }
    for (size_t left = count; left > 1; left--) {
        swap(&heap, 0, left - 1);
        sink(&heap, 0, left - 1);
    }
}
