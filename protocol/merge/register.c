/* How it works: sorted by id, each name in the `over` of a counted value is found by halving
 * and its value taken off the live ones. Then all are sorted for showing.
 */
#include "protocol/merge/register.h"

static int compare_ids(const void *a, const void *b)
{
    const struct copse_register_value *x = a;
    const struct copse_register_value *y = b;
    return copse_bytes_compare_ids(&x->id, &y->id);
}

/* Live before not live, then the larger (hlc, author, id) before the smaller. */
static int compare_rank(const void *a, const void *b)
{
    const struct copse_register_value *x = a;
    const struct copse_register_value *y = b;
    if (x->is_live != y->is_live) {
        return x->is_live ? -1 : 1;
    }
    if (x->hlc != y->hlc) {
        return x->hlc > y->hlc ? -1 : 1;
    }
    int author = copse_bytes_compare_ids(&y->author, &x->author);
    return author != 0 ? author : copse_bytes_compare_ids(&y->id, &x->id);
}

/* The value of an id among values sorted by id; NULL if it is not there. */
static struct copse_register_value *find(struct copse_register_value *values, size_t count,
                                         const struct copse_id *id)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = copse_bytes_compare_ids(&values[middle].id, id);
        if (order == 0) {
            return &values[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* Take what `value` names off the live ones. */
static void replace(struct copse_register_value *values, size_t count,
                    const struct copse_register_value *value)
{
    struct copse_reader over = value->over;
    for (size_t i = 0; i < value->over_count; i++) {
        struct copse_id id = copse_reader_id(&over);
        struct copse_register_value *named = find(values, count, &id);
        if (named != NULL) {
            named->is_live = false;
        }
    }
}

size_t copse_register_settle(struct copse_register_value *values, size_t count)
{
    if (count == 0) {
        return 0;
    }
    qsort(values, count, sizeof *values, compare_ids);
    for (size_t i = 0; i < count; i++) {
        values[i].is_live = values[i].is_counted;
    }
    for (size_t i = 0; i < count; i++) {
        if (values[i].is_counted) {
            replace(values, count, &values[i]);
        }
    }
    qsort(values, count, sizeof *values, compare_rank);
    size_t live = 0;
    while (live < count && values[live].is_live) {
        live++;
    }
    return live;
}
