/* How it works: entries go from the last to the first, each with its rows in every table
 * and in the views; then the branch in the log's record is shortened or taken away.
 *
 * Branch numbers are part of places. So when a branch in the middle is taken away, the last one
 * takes its number, and its entries other places.
 */
#include "storage/prune.h"

#include "protocol/authority/wanted.h"
#include "protocol/entry/run.h"
#include "storage/admit.h"
#include "storage/contents.h"
#include "storage/logs.h"
#include "storage/rows.h"
#include "storage/views.h"

static struct copse_slice key_of(const struct copse_index_place *place)
{
    return (struct copse_slice){place->bytes, sizeof place->bytes};
}

static enum copse_err drop_entry(struct copse_txn *txn, uint32_t community,
                                 const struct copse_position *position)
{
    struct copse_held held;
    struct copse_entries_row row;
    enum copse_err err = copse_entries_at(txn, &held, &row, position);
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
    }
    struct copse_index_place place = copse_index_place_of(position);
    uint8_t arrival[COPSE_ADMIT_ARRIVAL_BYTES];
    uint8_t number[COPSE_INDEX_ARRIVAL_BYTES];
    copse_admit_arrival_key(arrival, community, held.entry.class, row.arrival);
    /* First what reads the entry's bytes: they are borrowed from its row. */
    err = copse_views_remove(txn, community, &held);
    if (err == COPSE_OK) {
        err = copse_index_remove(&txn->index, &held.id, row.arrival);
    }
    if (err == COPSE_OK) {
        err = copse_contents_forget(txn, row.arrival, &place);
    }
    if (err == COPSE_OK) {
        err =
            copse_db_del(txn->db, COPSE_DB_ARRIVALS, (struct copse_slice){arrival, sizeof arrival});
    }
    if (err == COPSE_OK) {
        err = copse_db_del(txn->db, COPSE_DB_PLACES, key_of(&place));
    }
    if (err == COPSE_OK) {
        copse_bytes_put_u64(number, row.arrival);
        err = copse_db_del(txn->db, COPSE_DB_ENTRIES, (struct copse_slice){number, sizeof number});
    }
    return err;
}

static enum copse_err drop_entries(struct copse_txn *txn, const struct copse_txn_log *log,
                                   const struct copse_position *from)
{
    txn->tip.is_set = false;
    uint32_t last = log->log.branches[from->branch].last_seq;
    for (uint32_t left = last - from->seq + 1; left > 0; left--) {
        struct copse_position at = {from->log, from->branch, from->seq + left - 1};
        enum copse_err err = drop_entry(txn, log->community, &at);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

/* A JOIN stays as long as there is a log of class 1 that hangs from it. */
static enum copse_err check_join(struct copse_txn *txn, const struct copse_txn_log *log)
{
    uint32_t other = 0;
    if (log->log.class != COPSE_ENTRY_CONTROL) {
        return COPSE_OK;
    }
    enum copse_err err =
        copse_logs_find(txn, &other, log->community, &log->log.join, COPSE_ENTRY_DATA);
    if (err == COPSE_ERR_NOT_FOUND) {
        return COPSE_OK;
    }
    return err == COPSE_OK ? COPSE_ERR_REFUSED : err;
}

/* May a branch end before `from`? If it goes on before it, *leaf is set to the entry that ends it.
 */
static enum copse_err check_end(struct copse_txn *txn, struct copse_id *leaf,
                                const struct copse_txn_log *log, const struct copse_position *from)
{
    const struct copse_log *tree = &log->log;
    for (uint32_t i = 0; i < tree->branch_count; i++) {
        if (i != from->branch && tree->branches[i].parent == from->branch &&
            tree->branches[i].first_seq > from->seq) {
            return COPSE_ERR_REFUSED;
        }
    }
    if (from->seq > tree->branches[from->branch].first_seq) {
        struct copse_held held;
        struct copse_entries_row row;
        struct copse_position before = {from->log, from->branch, from->seq - 1};
        enum copse_err err = copse_entries_at(txn, &held, &row, &before);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
        *leaf = held.id;
        return row.is_signed ? COPSE_OK : COPSE_ERR_REFUSED;
    }
    if (from->branch + 1 != tree->branch_count) {
        return COPSE_ERR_REFUSED;
    }
    return tree->branch_count == 1 ? check_join(txn, log) : COPSE_OK;
}

enum copse_err copse_prune_drop(struct copse_txn *txn, const struct copse_position *from)
{
    COPSE_ASSERT(txn->mode == COPSE_DB_WRITE);
    struct copse_txn_log *log = NULL;
    if (from->log > UINT32_MAX) {
        return COPSE_ERR_NOT_FOUND;
    }
    enum copse_err err = copse_logs_get(txn, &log, (uint32_t)from->log);
    if (err != COPSE_OK) {
        return err;
    }
    if (from->branch >= log->log.branch_count) {
        return COPSE_ERR_NOT_FOUND;
    }
    struct copse_log_branch *branch = &log->log.branches[from->branch];
    if (from->seq < branch->first_seq || from->seq > branch->last_seq) {
        return COPSE_ERR_NOT_FOUND;
    }
    struct copse_id leaf;
    err = check_end(txn, &leaf, log, from);
    if (err == COPSE_OK) {
        err = drop_entries(txn, log, from);
    }
    if (err != COPSE_OK) {
        return err;
    }
    log->changed = true;
    log->unproved &= ~(UINT32_C(1) << from->branch);
    if (from->seq > branch->first_seq) {
        branch->last_seq = from->seq - 1;
        branch->leaf = leaf;
    } else if (log->log.branch_count > 1) {
        log->log.branch_count--;
    } else {
        err = copse_logs_drop(txn, log->number);
    }
    return err;
}

enum copse_err copse_prune_make_room(struct copse_txn *txn, uint32_t *branch,
                                     struct copse_txn_log *log)
{
    struct copse_views views;
    struct copse_entries_source entries;
    struct copse_state state = copse_views_state(&views, txn, log->community);
    struct copse_source source = copse_entries_source(&entries, txn, log->community);
    uint32_t fresh = log->log.branch_count - 1;
    uint32_t surplus = fresh;
    enum copse_err err = copse_wanted_surplus(&surplus, &state, &source, log->number);
    if (err == COPSE_OK && surplus < fresh) {
        struct copse_position from = {log->number, surplus, log->log.branches[surplus].first_seq};
        err = drop_entries(txn, log, &from);
    }
    if (err != COPSE_OK) {
        return err;
    }
    log->log.branch_count = fresh;
    if (surplus >= fresh) {
        return COPSE_ERR_LIMIT;
    }
    struct copse_log_branch *moved = &log->log.branches[surplus];
    *moved = log->log.branches[fresh];
    moved->parent = moved->parent == fresh ? surplus : moved->parent; /* log.h: "its own number" */
    log->unproved &= ~(UINT32_C(1) << surplus);
    *branch = surplus;
    return COPSE_OK;
}

/* ---- what is not wanted ---- */

/* Give the entry at a place another place. */
static enum copse_err move_entry(struct copse_txn *txn, uint32_t community,
                                 enum copse_entry_class class, const struct copse_index_place *from,
                                 const struct copse_index_place *to)
{
    struct copse_rows_row row;
    enum copse_err err = copse_rows_at(txn->db, &row, from);
    if (err == COPSE_OK) {
        row.place = *to;
        err = copse_rows_put(txn->db, &row);
    }
    if (err == COPSE_OK) {
        err = copse_admit_move(txn, community, class, row.arrival, from, to);
    }
    return err == COPSE_OK ? copse_contents_move(txn, from, to) : err;
}

/* Take a branch that nothing leaves out of the record; the last one takes its number. */
static enum copse_err close_gap(struct copse_txn *txn, struct copse_txn_log *log, uint32_t branch)
{
    struct copse_log *tree = &log->log;
    uint32_t last = tree->branch_count - 1;
    enum copse_err err = COPSE_OK;
    for (uint32_t seq = tree->branches[last].first_seq;
         err == COPSE_OK && branch != last && seq <= tree->branches[last].last_seq; seq++) {
        struct copse_position at = {log->number, last, seq};
        struct copse_index_place from = copse_index_place_of(&at);
        at.branch = branch;
        struct copse_index_place to = copse_index_place_of(&at);
        err = move_entry(txn, log->community, tree->class, &from, &to);
    }
    uint32_t bits = log->unproved & ~(UINT32_C(1) << branch);
    bool is_unproved = branch != last && (bits >> last & 1u) != 0;
    log->unproved = bits & ~(UINT32_C(1) << last);
    log->unproved |= is_unproved ? UINT32_C(1) << branch : 0;
    tree->branches[branch] = tree->branches[last];
    tree->branch_count = last;
    for (uint32_t i = 0; i < last; i++) {
        if (tree->branches[i].parent == last) {
            tree->branches[i].parent = branch;
        }
    }
    return err;
}

/* Where the branches of a log are to end. A branch that is wanted in part ends at a signed entry,
 * so that what is left is provable. */
static enum copse_err plan_ends(struct copse_txn *txn, struct copse_wanted_ends *ends,
                                const struct copse_log *tree, uint32_t community, uint32_t number)
{
    struct copse_views views;
    struct copse_entries_source entries;
    struct copse_state state = copse_views_state(&views, txn, community);
    struct copse_source source = copse_entries_source(&entries, txn, community);
    enum copse_err err = copse_wanted_ends_of(ends, &state, &source, number);
    for (uint32_t i = 0; err == COPSE_OK && i < tree->branch_count; i++) {
        const struct copse_log_branch *branch = &tree->branches[i];
        bool is_signed = false;
        while (err == COPSE_OK && !is_signed && ends->seq[i] > branch->first_seq &&
               ends->seq[i] <= branch->last_seq) {
            struct copse_position at = {number, i, ends->seq[i] - 1};
            struct copse_index_place place = copse_index_place_of(&at);
            struct copse_rows_row row;
            err = copse_rows_at(txn->db, &row, &place);
            is_signed = err == COPSE_OK && row.signature.size > 0;
            ends->seq[i] += is_signed ? 0 : 1;
        }
    }
    return err;
}

enum copse_err copse_prune_is_due(struct copse_txn *txn, bool *out, uint32_t number)
{
    struct copse_txn_log *log = NULL;
    struct copse_wanted_ends ends;
    *out = false;
    enum copse_err err = copse_logs_get(txn, &log, number);
    if (err == COPSE_OK) {
        err = plan_ends(txn, &ends, &log->log, log->community, number);
    }
    for (uint32_t i = 0; err == COPSE_OK && i < log->log.branch_count; i++) {
        *out = *out || ends.seq[i] <= log->log.branches[i].last_seq;
    }
    return err;
}

/* The branch of which something goes that begins highest: what leaves it has gone before.
 * branch_count: none. */
static uint32_t next_due(const struct copse_log *tree, const struct copse_wanted_ends *ends)
{
    uint32_t found = tree->branch_count;
    for (uint32_t i = 0; i < tree->branch_count; i++) {
        bool is_higher = found == tree->branch_count ||
                         tree->branches[i].first_seq > tree->branches[found].first_seq;
        found = ends->seq[i] <= tree->branches[i].last_seq && is_higher ? i : found;
    }
    return found;
}

/* From where on about `budget` entries of a branch's end go, none before `end`: behind a signed
 * one, or at the end itself. */
static enum copse_err find_cut(struct copse_txn *txn, struct copse_position *from,
                               const struct copse_log_branch *branch, uint32_t end, size_t budget)
{
    enum copse_err err = COPSE_OK;
    bool is_signed = false;
    end = end > branch->first_seq ? end : branch->first_seq;
    from->seq =
        branch->last_seq + 1 - end <= budget ? end : branch->last_seq + 1 - (uint32_t)budget;
    while (err == COPSE_OK && from->seq > end && !is_signed) {
        struct copse_position before = {from->log, from->branch, from->seq - 1};
        struct copse_index_place place = copse_index_place_of(&before);
        struct copse_rows_row row;
        err = copse_rows_at(txn->db, &row, &place);
        is_signed = err == COPSE_OK && row.signature.size > 0;
        from->seq -= is_signed ? 0 : 1;
    }
    return err;
}

/* Give the end of a branch up, or all of it. With the last branch goes the log. */
static enum copse_err drop_end(struct copse_txn *txn, struct copse_txn_log *log,
                               struct copse_wanted_ends *ends, const struct copse_position *from)
{
    struct copse_log *tree = &log->log;
    if (from->seq > tree->branches[from->branch].first_seq) {
        return copse_prune_drop(txn, from);
    }
    log->changed = true;
    enum copse_err err = drop_entries(txn, log, from);
    if (err == COPSE_OK && tree->branch_count == 1) {
        return copse_logs_drop(txn, log->number);
    }
    if (err == COPSE_OK) {
        ends->seq[from->branch] = ends->seq[tree->branch_count - 1];
        err = close_gap(txn, log, (uint32_t)from->branch);
    }
    return err;
}

enum copse_err copse_prune_unwanted(struct copse_txn *txn, size_t *budget, uint32_t number)
{
    COPSE_ASSERT(txn->mode == COPSE_DB_WRITE);
    struct copse_txn_log *log = NULL;
    struct copse_wanted_ends ends;
    enum copse_err err = copse_logs_get(txn, &log, number);
    if (err == COPSE_OK && log->log.class == COPSE_ENTRY_CONTROL) {
        /* A JOIN stays as long as there is a log of class 1 that hangs from it. */
        uint32_t other = 0;
        err = copse_logs_find(txn, &other, log->community, &log->log.join, COPSE_ENTRY_DATA);
        if (err == COPSE_OK) {
            err = copse_prune_unwanted(txn, budget, other);
        }
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    if (err == COPSE_OK) {
        err = plan_ends(txn, &ends, &log->log, log->community, number);
    }
    bool is_whole = false;
    while (err == COPSE_OK && *budget > 0 && !is_whole) {
        struct copse_position from = {number, next_due(&log->log, &ends), 0};
        if (from.branch == log->log.branch_count) {
            return COPSE_OK;
        }
        struct copse_log_branch branch = log->log.branches[from.branch];
        is_whole = log->log.branch_count == 1;
        err = find_cut(txn, &from, &branch, ends.seq[from.branch], *budget);
        is_whole = is_whole && from.seq == branch.first_seq;
        if (err == COPSE_OK) {
            err = drop_end(txn, log, &ends, &from);
        }
        size_t count = branch.last_seq + 1 - from.seq;
        *budget -= count < *budget ? count : *budget;
    }
    return err;
}

/* ---- signatures ---- */

/* SPEC 4.11: "The signatures of leaves, of fork children (entries whose prev has another child in
 * the log) and of leaves that a cut names MUST be kept, as must that of an entry without prev."
 *
 * Does a branch of the log leave the way to `leaf` at or behind seq `low`, and before `high`? Or
 * does one begin beside the entry at `low`? Then its gaps would change, or it is a fork child. */
static bool has_fork(const struct copse_log *log, uint32_t low, uint32_t high)
{
    for (uint32_t i = 0; i < log->branch_count; i++) {
        uint32_t first = log->branches[i].first_seq;
        if (first >= low && first <= high && !(i == 0 && first == 0 && low > 0)) {
            return true;
        }
    }
    return false;
}

static enum copse_err unsign(struct copse_txn *txn, const struct copse_position *position)
{
    struct copse_index_place place = copse_index_place_of(position);
    struct copse_rows_row row;
    enum copse_err err = copse_rows_at(txn->db, &row, &place);
    if (err != COPSE_OK) {
        return err;
    }
    row.signature = (struct copse_slice){NULL, 0};
    return copse_rows_put(txn->db, &row);
}

/* Where the walk over a path stands. */
struct thinning {
    struct copse_run_gap before;    /* up to and including the candidate */
    struct copse_run_gap after;     /* since the candidate */
    struct copse_position position; /* of the candidate */
    bool has_candidate;             /* else `after` counts from the start */
    bool may_drop;                  /* it is not named by a cut */
};

/* A signed entry ends the gap: decide about the candidate, and make this entry the next one. */
static enum copse_err end_gap(struct copse_txn *txn, struct thinning *thinning, size_t *dropped,
                              const struct copse_log *log, const struct copse_position *here,
                              bool may_drop)
{
    struct copse_run_gap gap = thinning->after;
    if (thinning->has_candidate && thinning->may_drop &&
        !has_fork(log, thinning->position.seq, here->seq) &&
        copse_run_may_drop(thinning->before, thinning->after)) {
        enum copse_err err = unsign(txn, &thinning->position);
        if (err != COPSE_OK) {
            return err;
        }
        (*dropped)++;
        gap.entries += thinning->before.entries;
        gap.bytes += thinning->before.bytes;
    }
    *thinning = (struct thinning){gap, {0, 0}, *here, true, may_drop};
    return COPSE_OK;
}

enum copse_err copse_prune_signatures(struct copse_txn *txn, size_t *dropped,
                                      const struct copse_position *leaf, size_t max,
                                      copse_prune_is_named *named, void *context)
{
    const struct copse_log *log = NULL;
    if (leaf->log > UINT32_MAX) {
        return COPSE_ERR_NOT_FOUND;
    }
    enum copse_err err = copse_entries_log(txn, &log, (uint32_t)leaf->log);
    struct thinning thinning = {0};
    size_t done = 0;
    for (uint32_t seq = 0; err == COPSE_OK && seq <= leaf->seq && done < max; seq++) {
        struct copse_position here;
        struct copse_held held;
        struct copse_entries_row row;
        err = copse_entries_on_path(&here, log, leaf, seq);
        if (err == COPSE_OK) {
            err = copse_entries_at(txn, &held, &row, &here);
        }
        if (err != COPSE_OK) {
            break;
        }
        thinning.after.entries++;
        thinning.after.bytes += row.bytes.size;
        if (row.is_signed) {
            bool may_drop = named == NULL || !named(context, &held.id);
            err = end_gap(txn, &thinning, &done, log, &here, may_drop);
        }
    }
    if (err == COPSE_OK) {
        *dropped = done;
    }
    return err;
}
