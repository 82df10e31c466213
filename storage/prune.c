/* How it works: entries go from the last to the first, each with its rows in every table
 * and in the views; then the branch in the log's record is shortened or taken away.
 *
 * Branch numbers are part of places. So a branch in the middle is taken away only when
 * another takes its number at once (copse_prune_make_room).
 */
#include "storage/prune.h"

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

/* May a branch end before `from`? If it goes on before it, *leaf is set to the entry that ends it.
 */
static enum copse_err check_end(struct copse_txn *txn, struct copse_id *leaf,
                                const struct copse_txn_log *log, const struct copse_position *from)
{
    const struct copse_log *tree = &log->log;
    for (uint32_t i = 0; i < tree->branch_count; i++) {
        if (i != from->branch && tree->branches[i].parent == from->branch &&
            tree->branches[i].first_seq >= from->seq) {
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
    /* A JOIN stays as long as there is a log of class 1 that hangs from it. */
    uint32_t other = 0;
    if (tree->branch_count == 1 && tree->class == COPSE_ENTRY_CONTROL) {
        enum copse_err err =
            copse_logs_find(txn, &other, log->community, &tree->join, COPSE_ENTRY_DATA);
        if (err != COPSE_ERR_NOT_FOUND) {
            return err == COPSE_OK ? COPSE_ERR_REFUSED : err;
        }
    }
    return COPSE_OK;
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
    uint32_t fresh = log->log.branch_count - 1;
    uint32_t surplus = copse_log_surplus(&log->log);
    if (surplus >= fresh) {
        log->log.branch_count = fresh;
        return COPSE_ERR_LIMIT;
    }
    struct copse_position from = {log->number, surplus, log->log.branches[surplus].first_seq};
    enum copse_err err = drop_entries(txn, log, &from);
    if (err != COPSE_OK) {
        return err;
    }
    log->log.branches[surplus] = log->log.branches[fresh];
    log->log.branch_count = fresh;
    log->unproved &= ~(UINT32_C(1) << surplus);
    *branch = surplus;
    return COPSE_OK;
}

/* ---- signatures ---- */

/* Does a branch of the log leave the way to `leaf` at or behind seq `low`, and before `high`? Or
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
