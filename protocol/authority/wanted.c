/* How it works: the rows of JOINs, read one part at a time (wanted.h, standing.h). */
#include "protocol/authority/wanted.h"

#include "protocol/base/reader.h"

#include "protocol/authority/standing_row.h"

/* One part of a JOIN's row, up to its leaves. */
struct join_row {
    struct copse_id person;
    enum copse_wanted_extent of[2];
    size_t leaf_count;
    struct copse_reader reader; /* before the first leaf */
};

static enum copse_err read_join(struct join_row *out, const struct copse_state *state,
                                const struct copse_id *join, uint16_t part)
{
    struct copse_standing_row_key key = copse_standing_row_key('j', join, part);
    struct copse_slice value;
    enum copse_err err = copse_state_get(state, &value, copse_standing_row_bytes(&key));
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_reader *reader = &out->reader;
    copse_reader_init(reader, value);
    (void)copse_reader_array(reader, 4);
    out->person = copse_reader_id(reader);
    out->of[0] = (enum copse_wanted_extent)copse_reader_uint(reader, COPSE_WANTED_ALL);
    out->of[1] = (enum copse_wanted_extent)copse_reader_uint(reader, COPSE_WANTED_ALL);
    out->leaf_count = copse_reader_array(reader, COPSE_STANDING_ROW_LEAVES_MAX);
    return reader->cursor == NULL ? COPSE_ERR_CORRUPT : COPSE_OK;
}

enum copse_err copse_wanted_person_of(struct copse_id *person, const struct copse_state *state,
                                      const struct copse_id *join)
{
    struct join_row row;
    enum copse_err err = read_join(&row, state, join, 0);
    if (err == COPSE_OK) {
        *person = row.person;
    }
    return err;
}

enum copse_err copse_wanted_of_log(enum copse_wanted_extent *out, const struct copse_state *state,
                                   const struct copse_id *join, enum copse_entry_class class)
{
    struct join_row row;
    enum copse_err err = read_join(&row, state, join, 0);
    if (err == COPSE_ERR_NOT_FOUND) {
        *out = COPSE_WANTED_NOTHING;
        return COPSE_OK;
    }
    if (err == COPSE_OK) {
        *out = row.of[class];
    }
    return err;
}

static bool read_leaf(struct copse_wanted_leaf *out, struct copse_reader *reader)
{
    (void)copse_reader_array(reader, 3);
    out->class = (enum copse_entry_class)copse_reader_uint(reader, COPSE_ENTRY_DATA);
    out->seq = (uint32_t)copse_reader_uint(reader, COPSE_ENTRY_SEQ_MAX);
    out->id = copse_reader_id(reader);
    return reader->cursor != NULL;
}

enum copse_err copse_wanted_next_leaf(struct copse_wanted_leaf *out,
                                      struct copse_wanted_cursor *cursor,
                                      const struct copse_state *state, const struct copse_id *join)
{
    struct join_row row;
    enum copse_err err = read_join(&row, state, join, cursor->part);
    if (err == COPSE_OK && cursor->index == row.leaf_count) {
        err = cursor->part == UINT16_MAX
                  ? COPSE_ERR_NOT_FOUND
                  : read_join(&row, state, join, (uint16_t)(cursor->part + 1));
        if (err != COPSE_OK || row.leaf_count == 0) {
            return err == COPSE_OK ? COPSE_ERR_CORRUPT : err;
        }
        cursor->part++;
        cursor->index = 0;
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_wanted_leaf leaf;
    for (size_t i = 0; i <= cursor->index; i++) {
        if (!read_leaf(&leaf, &row.reader)) {
            return COPSE_ERR_CORRUPT;
        }
    }
    cursor->index++;
    *out = leaf;
    return COPSE_OK;
}

/* Is the entry the one of a named leaf, or an ancestor, or may it be one? A void leaf is as one
 * that is not held, so that who holds the entry it names wants the same as who does not. */
static enum copse_err is_below(bool *out, const struct copse_source *source,
                               const struct copse_log *log, const struct copse_held *held,
                               const struct copse_wanted_leaf *leaf)
{
    struct copse_held named;
    *out = false;
    if (leaf->class != held->entry.class || leaf->seq < held->entry.seq) {
        return COPSE_OK;
    }
    enum copse_err err = source->find(source->context, &named, &leaf->id);
    if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    bool is_good =
        err == COPSE_OK && named.position.log == held->position.log && named.entry.seq == leaf->seq;
    /* SPEC 7.9: "Until it is held, the entries of its log with a smaller seq are wanted too, since
     * the way to it may be longer than a run." */
    *out = is_good ? copse_log_reaches(log, &held->position, &named.position)
                   : held->entry.seq < leaf->seq;
    return COPSE_OK;
}

static enum copse_err is_named(bool *out, const struct copse_state *state,
                               const struct copse_source *source, const struct copse_log *log,
                               const struct copse_held *held)
{
    struct join_row row;
    uint16_t part = 0;
    *out = false;
    enum copse_err err = read_join(&row, state, &log->join, part);
    while (err == COPSE_OK) {
        for (size_t i = 0; i < row.leaf_count; i++) {
            struct copse_wanted_leaf leaf;
            if (!read_leaf(&leaf, &row.reader)) {
                return COPSE_ERR_CORRUPT;
            }
            err = is_below(out, source, log, held, &leaf);
            if (err != COPSE_OK || *out) {
                return err;
            }
        }
        if (part == UINT16_MAX) {
            break;
        }
        err = read_join(&row, state, &log->join, ++part);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_wanted_has(bool *out, const struct copse_state *state,
                                const struct copse_source *source, const struct copse_held *held)
{
    const struct copse_log *log = source->log(source->context, held->position.log);
    if (log == NULL) {
        *out = false;
        return COPSE_OK;
    }
    enum copse_wanted_extent wanted;
    enum copse_err err = copse_wanted_of_log(&wanted, state, &log->join, held->entry.class);
    if (err != COPSE_OK) {
        return err;
    }
    bool is_join = copse_bytes_equal_ids(&held->id, &log->join);
    *out = wanted == COPSE_WANTED_ALL || (wanted == COPSE_WANTED_CLIPPED && is_join);
    if (wanted != COPSE_WANTED_CLIPPED || is_join) {
        return COPSE_OK;
    }
    return is_named(out, state, source, log, held);
}

enum copse_err copse_wanted_awaits(bool *out, const struct copse_state *state,
                                   const struct copse_id *entry)
{
    struct copse_standing_row_key key = copse_standing_row_prefix('w', entry);
    struct copse_slice value;
    enum copse_err err = copse_state_get(state, &value, copse_standing_row_bytes(&key));
    if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    *out = err == COPSE_OK;
    return COPSE_OK;
}
