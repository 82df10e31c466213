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

/* ---- how far ---- */

static void raise(struct copse_wanted_ends *ends, uint32_t branch, uint32_t end)
{
    if (ends->seq[branch] < end) {
        ends->seq[branch] = end;
    }
}

/* The leaf and the way to it. SPEC 7.3: "Whoever names a leaf MUST store it and its ancestors." */
static void want_way(struct copse_wanted_ends *ends, const struct copse_log *log, uint32_t branch,
                     uint32_t seq)
{
    for (uint32_t steps = 0; steps <= log->branch_count; steps++) {
        const struct copse_log_branch *own = &log->branches[branch];
        raise(ends, branch, seq + 1);
        if (own->parent == branch) {
            return;
        }
        seq = own->first_seq - 1;
        branch = own->parent;
    }
}

/* SPEC 7.9: "Until it is held, the entries of its log with a smaller seq are wanted too, since the
 * way to it may be longer than a run." */
static void want_below(struct copse_wanted_ends *ends, const struct copse_log *log, uint32_t seq)
{
    for (uint32_t i = 0; i < log->branch_count; i++) {
        uint32_t past = log->branches[i].last_seq + 1;
        raise(ends, i, seq < past ? seq : past);
    }
}

/* The branch on which a leaf is, in the log of this number; branch_count: it is not here, or void.
 * A void leaf is as one that is not held, so that who holds the entry it names wants the same as
 * who does not. */
static enum copse_err find_branch(uint32_t *branch, const struct copse_source *source,
                                  const struct copse_log *log, uint64_t number,
                                  const struct copse_wanted_leaf *leaf)
{
    struct copse_held held;
    *branch = 0;
    while (*branch < log->branch_count &&
           (log->branches[*branch].first_seq != leaf->seq ||
            !copse_bytes_equal_ids(&log->branches[*branch].first, &leaf->id))) {
        (*branch)++;
    }
    if (*branch < log->branch_count) {
        return COPSE_OK;
    }
    enum copse_err err = source->find(source->context, &held, &leaf->id);
    if (err == COPSE_OK && held.position.log == number && held.entry.seq == leaf->seq) {
        *branch = held.position.branch;
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* SPEC 4.8: "while such a leaf is not held, the one that came last" */
static void want_last(struct copse_wanted_ends *ends, const struct copse_log *log, uint32_t seq)
{
    uint32_t last = log->branch_count - 1;
    if (log->branches[last].first_seq <= seq) {
        want_way(ends, log, last, log->branches[last].last_seq);
    }
}

/* What to want for a leaf of this seq that is not held. */
typedef void want_missing(struct copse_wanted_ends *ends, const struct copse_log *log,
                          uint32_t seq);

/* SPEC 7.9: "wanted are its JOIN, the leaves that are named for it and not void, and their
 * ancestors in it" */
static enum copse_err want_named(struct copse_wanted_ends *ends, const struct copse_state *state,
                                 const struct copse_source *source, const struct copse_log *log,
                                 uint64_t number, want_missing *missing)
{
    struct join_row row;
    uint16_t part = 0;
    for (uint32_t i = 0; log->class == COPSE_ENTRY_CONTROL && i < log->branch_count; i++) {
        raise(ends, i, log->branches[i].first_seq == 0 ? 1 : 0); /* the JOIN */
    }
    enum copse_err err = read_join(&row, state, &log->join, part);
    while (err == COPSE_OK) {
        for (size_t i = 0; err == COPSE_OK && i < row.leaf_count; i++) {
            struct copse_wanted_leaf leaf;
            uint32_t branch = 0;
            if (!read_leaf(&leaf, &row.reader)) {
                return COPSE_ERR_CORRUPT;
            }
            if (leaf.class != log->class) {
                continue;
            }
            err = find_branch(&branch, source, log, number, &leaf);
            if (err == COPSE_OK && branch < log->branch_count) {
                want_way(ends, log, branch, leaf.seq);
            } else if (err == COPSE_OK) {
                missing(ends, log, leaf.seq);
            }
        }
        if (err == COPSE_OK) {
            err = part == UINT16_MAX ? COPSE_ERR_NOT_FOUND
                                     : read_join(&row, state, &log->join, ++part);
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_wanted_ends_of(struct copse_wanted_ends *out, const struct copse_state *state,
                                    const struct copse_source *source, uint64_t number)
{
    const struct copse_log *log = source->log(source->context, number);
    enum copse_wanted_extent extent = COPSE_WANTED_NOTHING;
    *out = (struct copse_wanted_ends){{0}};
    if (log == NULL) {
        return COPSE_OK;
    }
    enum copse_err err = copse_wanted_of_log(&extent, state, &log->join, log->class);
    for (uint32_t i = 0; i < log->branch_count; i++) {
        const struct copse_log_branch *branch = &log->branches[i];
        out->seq[i] = extent == COPSE_WANTED_ALL ? branch->last_seq + 1 : branch->first_seq;
    }
    if (err == COPSE_OK && extent == COPSE_WANTED_CLIPPED) {
        err = want_named(out, state, source, log, number, want_below);
    }
    return err;
}

enum copse_err copse_wanted_has(bool *out, const struct copse_state *state,
                                const struct copse_source *source, const struct copse_held *held)
{
    struct copse_wanted_ends ends;
    enum copse_err err = copse_wanted_ends_of(&ends, state, source, held->position.log);
    *out = err == COPSE_OK && held->position.seq < ends.seq[held->position.branch];
    return err;
}

enum copse_err copse_wanted_surplus(uint32_t *branch, const struct copse_state *state,
                                    const struct copse_source *source, uint64_t number)
{
    const struct copse_log *log = source->log(source->context, number);
    struct copse_wanted_ends ends = {{0}};
    uint32_t spared = 0;
    if (log == NULL) {
        return COPSE_ERR_NOT_FOUND;
    }
    enum copse_err err = want_named(&ends, state, source, log, number, want_last);
    for (uint32_t i = 0; i < log->branch_count; i++) {
        bool is_named = ends.seq[i] > log->branches[i].first_seq;
        spared |= is_named ? UINT32_C(1) << i : 0;
    }
    if (err == COPSE_OK) {
        *branch = copse_log_surplus(log, spared);
    }
    return err;
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
