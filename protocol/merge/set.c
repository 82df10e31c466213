/* How it works: sorted by (id, element), the adds that a del names lie side by side and are found
 * by halving. Sorted again by fate and element, equal elements are neighbours.
 */
#include "protocol/merge/set.h"

/* Known elements in byte order, then the unknown ones, which are all equal here. */
static int compare_elements(struct copse_slice a, struct copse_slice b)
{
    if (a.data == NULL || b.data == NULL) {
        return (a.data == NULL) - (b.data == NULL);
    }
    return copse_bytes_compare(a, b);
}

static int compare_by_id(const void *a, const void *b)
{
    const struct copse_set_add *x = a;
    const struct copse_set_add *y = b;
    int order = copse_bytes_compare_ids(&x->id, &y->id);
    return order != 0 ? order : compare_elements(x->element, y->element);
}

static int compare_by_fate(const void *a, const void *b)
{
    const struct copse_set_add *x = a;
    const struct copse_set_add *y = b;
    if (x->fate != y->fate) {
        return x->fate < y->fate ? -1 : 1;
    }
    int order = compare_elements(x->element, y->element);
    return order != 0 ? order : copse_bytes_compare_ids(&x->id, &y->id);
}

static int compare_bars(const void *a, const void *b)
{
    const struct copse_slice *x = a;
    const struct copse_slice *y = b;
    return copse_bytes_compare(*x, *y);
}

static bool is_barred(const struct copse_set *set, struct copse_slice element)
{
    return element.data != NULL && set->bar_count > 0 &&
           bsearch(&element, set->bars, set->bar_count, sizeof *set->bars, compare_bars) != NULL;
}

/* The first add that is not before (id, element); add_count if there is none. */
static size_t lower_bound(const struct copse_set *set, const struct copse_set_add *wanted)
{
    size_t low = 0;
    size_t high = set->add_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_by_id(&set->adds[middle], wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void remove_named(struct copse_set *set, const struct copse_set_del *del)
{
    /* No element is smaller than the empty one: a search for it finds the first add of an id. */
    static const uint8_t nothing[1];
    bool is_whole = del->element.data == NULL;
    struct copse_reader over = del->over;
    for (size_t i = 0; i < del->over_count; i++) {
        struct copse_set_add wanted = {.id = copse_reader_id(&over)};
        wanted.element = is_whole ? (struct copse_slice){nothing, 0} : del->element;
        for (size_t at = lower_bound(set, &wanted); at < set->add_count; at++) {
            struct copse_set_add *add = &set->adds[at];
            if (!copse_bytes_equal_ids(&add->id, &wanted.id) ||
                (!is_whole && compare_elements(add->element, del->element) != 0)) {
                break;
            }
            add->fate = COPSE_SET_REMOVED;
        }
    }
}

size_t copse_set_settle(struct copse_set *set)
{
    if (set->add_count == 0) {
        return 0;
    }
    if (set->bar_count > 0) {
        qsort(set->bars, set->bar_count, sizeof *set->bars, compare_bars);
    }
    qsort(set->adds, set->add_count, sizeof *set->adds, compare_by_id);
    for (size_t i = 0; i < set->add_count; i++) {
        set->adds[i].fate =
            is_barred(set, set->adds[i].element) ? COPSE_SET_BARRED : COPSE_SET_LIVE;
    }
    for (size_t i = 0; i < set->del_count; i++) {
        remove_named(set, &set->dels[i]);
    }
    qsort(set->adds, set->add_count, sizeof *set->adds, compare_by_fate);
    size_t live = 0;
    while (live < set->add_count && set->adds[live].fate == COPSE_SET_LIVE) {
        struct copse_set_add *add = &set->adds[live];
        add->is_first = live == 0 || add->element.data == NULL ||
                        compare_elements(set->adds[live - 1].element, add->element) != 0;
        live++;
    }
    for (size_t i = live; i < set->add_count; i++) {
        set->adds[i].is_first = false;
    }
    return live;
}
