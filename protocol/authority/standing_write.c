/* How it works: all rows that follow from the evaluation are made in memory, sorted by key, and
 * merged with what the state holds.
 */
#include "protocol/authority/standing.h"
#include "protocol/authority/standing_rows.h"

#include <string.h>

static bool is_ours(struct copse_slice key)
{
    static const uint8_t letters[] = {'c', 'd', 'g', 'j', 'p', 'r', 'w', 'x'};
    return key.size >= 2 && memchr(letters, key.data[1], sizeof letters) != NULL;
}

/* Put the rows from `next` up to `stop`. */
static enum copse_err put_rows(const struct copse_state *state,
                               const struct copse_standing_rows *rows, size_t next, size_t stop)
{
    enum copse_err err = COPSE_OK;
    for (; next < stop && err == COPSE_OK; next++) {
        err = copse_state_put(state, rows->rows[next].key, rows->rows[next].value);
    }
    return err;
}

/* One row that the state holds: keep, replace or delete it, and put the new ones before it. */
static enum copse_err merge_row(const struct copse_state *state,
                                const struct copse_standing_rows *rows, size_t *next,
                                const struct copse_standing_rows_row *held)
{
    size_t stop = *next;
    while (stop < rows->count && copse_bytes_compare(rows->rows[stop].key, held->key) < 0) {
        stop++;
    }
    /* Compared before the first write, which ends the slices of `held`. */
    bool stays = stop < rows->count && copse_bytes_equal(rows->rows[stop].key, held->key);
    bool is_same = stays && copse_bytes_equal(rows->rows[stop].value, held->value);
    uint8_t copy[COPSE_STATE_KEY_MAX];
    struct copse_slice key = {copy, held->key.size};
    memcpy(copy, held->key.data, held->key.size);
    enum copse_err err = put_rows(state, rows, *next, stop);
    if (err == COPSE_OK && !stays) {
        err = copse_state_del(state, key);
    } else if (err == COPSE_OK && !is_same) {
        err = put_rows(state, rows, stop, stop + 1);
    }
    *next = stop + (stays ? 1 : 0);
    return err;
}

static enum copse_err merge(const struct copse_state *state, const struct copse_standing_rows *rows)
{
    static const uint8_t prefix[] = {'G'};
    struct copse_state_cursor cursor;
    copse_state_open(&cursor, (struct copse_slice){prefix, sizeof prefix});
    size_t next = 0;
    for (;;) {
        struct copse_standing_rows_row held;
        enum copse_err err = copse_state_next(&cursor, &held.key, &held.value, state);
        if (err == COPSE_ERR_NOT_FOUND) {
            return put_rows(state, rows, next, rows->count);
        }
        if (err == COPSE_OK && is_ours(held.key)) {
            err = merge_row(state, rows, &next, &held);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
}

enum copse_err copse_standing_write(const struct copse_state *state,
                                    const struct copse_governance *governance)
{
    struct copse_standing_rows rows;
    enum copse_err err = copse_standing_rows_make(&rows, governance, NULL);
    if (err == COPSE_OK) {
        err = merge(state, &rows);
    }
    copse_standing_rows_deinit(&rows);
    return err;
}
