/* How it works: find prev, let copse_log_append say which branch the entry is on, and
 * write its rows. The entry added last is remembered, so that a run finds each prev
 * without a look into the tables; and an entry whose prev is a leaf cannot be held yet,
 * so it is not looked for.
 *
 * Row, arrival and content are written at once; the log and the key of the id wait for the flush.
 */
#include "storage/admit.h"

#include "storage/contents.h"
#include "storage/logs.h"
#include "storage/prune.h"
#include "storage/rows.h"

#include <string.h>

static const uint8_t arrival_name[] = "arrival"; /* in META: the number given last */

void copse_admit_arrival_key(uint8_t out[COPSE_ADMIT_ARRIVAL_BYTES], uint32_t community,
                             enum copse_entry_class class, uint64_t number)
{
    copse_bytes_put_u32(out, community);
    out[4] = (uint8_t) class;
    copse_bytes_put_u64(out + 5, number);
}

static struct copse_slice arrival_key(void)
{
    return (struct copse_slice){arrival_name, sizeof arrival_name - 1};
}

/* ---- prev ---- */

/* What an entry needs of the one before it. */
struct before {
    bool is_leaf; /* so that the entry cannot be held already */
    struct copse_id id;
    struct copse_entry entry; /* without op and ext */
    struct copse_position position;
    struct copse_trail trail;
    uint64_t under; /* arrival number */
    bool has_under;
    struct copse_run_gap gap; /* behind the last signed one on its branch, up to it */
};

/* SPEC 4.11: "The distance is counted along each branch, from the first entry where none is signed
 * before." Stops at more than a run may carry. */
static enum copse_err measure_gap(struct copse_txn *txn, struct copse_run_gap *out,
                                  const struct copse_position *end)
{
    struct copse_txn_log *log = NULL;
    struct copse_position at = *end;
    *out = (struct copse_run_gap){0, 0};
    enum copse_err err = copse_logs_get(txn, &log, (uint32_t)end->log);
    while (err == COPSE_OK && out->entries <= COPSE_RUN_ENTRIES_MAX) {
        struct copse_rows_row row;
        struct copse_index_place place = copse_index_place_of(&at);
        err = copse_rows_at(txn->db, &row, &place);
        if (err != COPSE_OK || row.signature.size > 0) {
            break;
        }
        out->entries++;
        out->bytes += row.bytes.size;
        if (at.seq == 0) {
            break;
        }
        err = copse_entries_on_path(&at, &log->log, &at, at.seq - 1);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
}

static enum copse_err find_before(struct copse_txn *txn, struct before *out, uint32_t community,
                                  const struct copse_id *prev)
{
    const struct copse_txn_tip *tip = &txn->tip;
    if (tip->is_set && tip->community == community && copse_bytes_equal_ids(&tip->id, prev)) {
        *out = (struct before){
            .id = tip->id,
            .entry = tip->entry,
            .position = tip->position,
            .trail = tip->trail,
            .under = tip->under,
            .has_under = tip->has_under,
            .gap = tip->gap,
        };
    } else {
        struct copse_held held;
        enum copse_err err = copse_entries_find(txn, &held, NULL, community, prev);
        if (err != COPSE_OK) {
            return err;
        }
        struct copse_rows_row row;
        struct copse_index_place place = copse_index_place_of(&held.position);
        err = copse_rows_at(txn->db, &row, &place);
        if (err != COPSE_OK) {
            return err;
        }
        bool is_elsewhere = row.under == COPSE_ROWS_UNDER_ELSEWHERE;
        *out = (struct before){
            .id = held.id,
            .entry = held.entry,
            .position = held.position,
            .trail = held.trail,
            .under = is_elsewhere ? row.under_arrival : row.arrival,
            .has_under = held.trail.has_under,
        };
        err = measure_gap(txn, &out->gap, &held.position);
        if (err != COPSE_OK) {
            return err;
        }
    }
    out->entry.op = (struct copse_slice){NULL, 0};
    out->entry.ext = (struct copse_slice){NULL, 0};
    struct copse_txn_log *log = NULL;
    enum copse_err err = copse_logs_get(txn, &log, (uint32_t)out->position.log);
    if (err == COPSE_OK) {
        const struct copse_log_branch *branch = &log->log.branches[out->position.branch];
        out->is_leaf = branch->last_seq == out->position.seq;
    }
    return err;
}

/* ---- the place of an entry ---- */

/* The log that an entry belongs to; made if it is the first of it. */
static enum copse_err find_log(struct copse_txn *txn, struct copse_txn_log **out,
                               uint32_t community, const struct copse_admit_entry *fresh,
                               const struct before *before)
{
    if (before == NULL) {
        return copse_logs_make(txn, out, community, fresh->id, fresh->entry);
    }
    if (fresh->entry->class == before->entry.class) {
        return copse_logs_get(txn, out, (uint32_t)before->position.log);
    }
    /* The first of class 1 hangs from its JOIN, and so does every fork at the start. */
    uint32_t number = 0;
    enum copse_err err = copse_logs_find(txn, &number, community, &before->id, fresh->entry->class);
    if (err == COPSE_ERR_NOT_FOUND) {
        return copse_logs_make(txn, out, community, &before->id, fresh->entry);
    }
    return err == COPSE_OK ? copse_logs_get(txn, out, number) : err;
}

/* SPEC 4.8: "A program keeps at least 17 branches" */
static enum copse_err place_in_log(struct copse_txn *txn, struct copse_position *out,
                                   struct copse_txn_log *log, const struct copse_admit_entry *fresh,
                                   const struct before *before)
{
    bool is_inside = before != NULL && before->entry.class == fresh->entry->class;
    uint32_t branch = 0;
    enum copse_err err =
        copse_log_append(&log->log, &branch, is_inside ? &before->position : NULL, fresh->id);
    if (err == COPSE_OK && log->log.branch_count == COPSE_LOG_BRANCHES_MAX) {
        err = copse_prune_make_room(txn, &branch, log);
    }
    if (err != COPSE_OK) {
        return err;
    }
    log->changed = true;
    uint32_t bit = UINT32_C(1) << branch;
    log->unproved = fresh->signature == NULL ? log->unproved | bit : log->unproved & ~bit;
    *out = (struct copse_position){log->number, branch, fresh->entry->seq};
    return COPSE_OK;
}

/* ---- rows ---- */

enum copse_err copse_admit_last_arrival(struct copse_txn *txn, uint64_t *out)
{
    struct copse_slice value;
    enum copse_err err = COPSE_OK;
    uint64_t last = 0;
    if (txn->next_arrival != 0) {
        last = txn->next_arrival - 1;
    } else {
        err = copse_db_get(txn->db, &value, COPSE_DB_META, arrival_key());
        if (err == COPSE_OK && value.size != 8) {
            err = COPSE_ERR_CORRUPT;
        }
        last = err == COPSE_OK ? copse_bytes_get_u64(value.data) : 0;
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    if (err == COPSE_OK) {
        *out = last;
    }
    return err;
}

static enum copse_err next_arrival(struct copse_txn *txn, uint64_t *out)
{
    uint64_t last = 0;
    enum copse_err err = copse_admit_last_arrival(txn, &last);
    if (err == COPSE_OK) {
        *out = last + 1;
        txn->next_arrival = last + 2;
        txn->arrivals_changed = true;
    }
    return err;
}

static enum copse_err put_arrival(struct copse_txn *txn, uint64_t number, uint32_t community,
                                  enum copse_entry_class class,
                                  const struct copse_index_place *place)
{
    uint8_t key[COPSE_ADMIT_ARRIVAL_BYTES];
    uint8_t value[sizeof place->bytes + 6];
    copse_admit_arrival_key(key, community, class, number);
    memcpy(value, place->bytes, sizeof place->bytes);
    copse_bytes_put_u16(value + sizeof place->bytes, (uint16_t)(txn->arrived_ms >> 32 & 0xffffu));
    copse_bytes_put_u32(value + sizeof place->bytes + 2, (uint32_t)(txn->arrived_ms & 0xffffffffu));
    return copse_db_put(txn->db, COPSE_DB_ARRIVALS, (struct copse_slice){key, sizeof key},
                        (struct copse_slice){value, sizeof value});
}

static enum copse_err put_place(struct copse_txn *txn, const struct copse_rows_row *row)
{
    uint8_t value[COPSE_INDEX_ARRIVAL_BYTES];
    copse_bytes_put_u64(value, row->arrival);
    return copse_db_put(txn->db, COPSE_DB_PLACES,
                        (struct copse_slice){row->place.bytes, sizeof row->place.bytes},
                        (struct copse_slice){value, sizeof value});
}

/* Give the row its arrival number, and write it with all that leads to it. */
static enum copse_err put_rows(struct copse_txn *txn, struct copse_rows_row *row,
                               uint32_t community, const struct copse_admit_entry *fresh)
{
    enum copse_err err = next_arrival(txn, &row->arrival);
    if (err == COPSE_OK) {
        err = copse_rows_put(txn->db, row);
    }
    if (err == COPSE_OK) {
        err = put_place(txn, row);
    }
    if (err == COPSE_OK) {
        err = put_arrival(txn, row->arrival, community, fresh->entry->class, &row->place);
    }
    if (err == COPSE_OK) {
        err = copse_index_add(&txn->index, fresh->id, row->arrival);
    }
    if (err == COPSE_OK && fresh->entry->content_size > 0) {
        err = copse_contents_begin(txn, row, fresh->salted);
    }
    return err;
}

/* Remember the entry as the likely prev of the next one. */
static void set_tip(struct copse_txn *txn, uint32_t community, const struct copse_held *held,
                    const struct copse_rows_row *row, struct copse_run_gap gap)
{
    bool is_elsewhere = row->under == COPSE_ROWS_UNDER_ELSEWHERE;
    txn->tip = (struct copse_txn_tip){
        .is_set = true,
        .has_under = held->trail.has_under,
        .community = community,
        .id = held->id,
        .entry = held->entry,
        .position = held->position,
        .trail = held->trail,
        .under = is_elsewhere ? row->under_arrival : row->arrival,
        .gap = row->signature.size > 0 ? (struct copse_run_gap){0, 0} : gap,
    };
    txn->tip.entry.op = (struct copse_slice){NULL, 0};
    txn->tip.entry.ext = (struct copse_slice){NULL, 0};
}

static struct copse_held held_of(const struct copse_admit_entry *fresh,
                                 const struct copse_position *position, const struct before *before)
{
    struct copse_held held = {0};
    held.id = *fresh->id;
    held.entry = *fresh->entry;
    held.position = *position;
    copse_entry_trail(&held.trail, before == NULL ? NULL : &before->trail, fresh->entry, fresh->id);
    if (fresh->entry->content_size > 0) {
        bool is_here = fresh->salted.data != NULL;
        held.content_state = is_here ? COPSE_CONTENT_PRESENT : COPSE_CONTENT_MISSING;
        if (is_here) {
            held.content = (struct copse_slice){fresh->salted.data + COPSE_CONTENT_SALT_BYTES,
                                                fresh->salted.size - COPSE_CONTENT_SALT_BYTES};
        }
    }
    return held;
}

static enum copse_err store(struct copse_txn *txn, struct copse_held *out, uint32_t community,
                            const struct copse_admit_entry *fresh, const struct before *before)
{
    struct copse_txn_log *log = NULL;
    struct copse_position position;
    struct copse_run_gap gap = {0, 0};
    if (before != NULL && before->entry.class == fresh->entry->class) {
        gap = before->gap;
    }
    gap.entries++;
    gap.bytes += fresh->bytes.size;
    /* SPEC 4.12: "So every stored log can always be sent again" */
    if (gap.entries > COPSE_RUN_ENTRIES_MAX || gap.bytes > COPSE_RUN_BYTES_MAX) {
        return COPSE_ERR_FORM;
    }
    enum copse_err err = find_log(txn, &log, community, fresh, before);
    if (err == COPSE_OK) {
        err = place_in_log(txn, &position, log, fresh, before);
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_held held = held_of(fresh, &position, before);
    struct copse_rows_row row = {.log_time = held.trail.log_time,
                                 .place = copse_index_place_of(&position),
                                 .bytes = fresh->bytes,
                                 .is_own = fresh->origin == COPSE_ADMIT_OWN};
    if (fresh->entry->has_under || copse_bytes_is_zero(&fresh->entry->community)) {
        row.under = COPSE_ROWS_UNDER_HERE;
    } else if (held.trail.has_under) {
        COPSE_ASSERT(before != NULL && before->has_under);
        row.under = COPSE_ROWS_UNDER_ELSEWHERE;
        row.under_arrival = before->under;
    }
    if (fresh->signature != NULL) {
        row.signature =
            (struct copse_slice){fresh->signature->bytes, sizeof fresh->signature->bytes};
    }
    err = put_rows(txn, &row, community, fresh);
    if (err == COPSE_OK) {
        set_tip(txn, community, &held, &row, gap);
        *out = held;
    }
    return err;
}

static enum copse_err check_community(struct copse_txn *txn, uint32_t community,
                                      const struct copse_admit_entry *fresh)
{
    struct copse_id id;
    enum copse_err err = copse_entries_community_id(txn, &id, community);
    if (err != COPSE_OK) {
        return err;
    }
    const struct copse_id *own = copse_entry_community(fresh->entry, fresh->id);
    return copse_bytes_equal_ids(&id, own) ? COPSE_OK : COPSE_ERR_FORM;
}

enum copse_err copse_admit_add(struct copse_txn *txn, struct copse_held *out, uint32_t community,
                               const struct copse_admit_entry *fresh)
{
    COPSE_ASSERT(txn->mode == COPSE_DB_WRITE);
    enum copse_err err = check_community(txn, community, fresh);
    struct before before;
    if (err == COPSE_OK && fresh->entry->has_prev) {
        err = find_before(txn, &before, community, &fresh->entry->prev);
        if (err == COPSE_OK) {
            err = copse_entry_follows(fresh->entry, &before.entry, &before.id);
        }
    }
    if (err != COPSE_OK) {
        return err;
    }
    bool is_new =
        fresh->entry->has_prev && before.is_leaf && before.entry.class == fresh->entry->class;
    if (!is_new) {
        err = copse_entries_find(txn, out, NULL, community, fresh->id);
        if (err != COPSE_ERR_NOT_FOUND) {
            return err == COPSE_OK ? COPSE_ERR_EXISTS : err;
        }
    }
    return store(txn, out, community, fresh, fresh->entry->has_prev ? &before : NULL);
}

enum copse_err copse_admit_sign(struct copse_txn *txn, const struct copse_position *position,
                                const struct copse_signature *signature)
{
    struct copse_index_place place = copse_index_place_of(position);
    struct copse_txn_log *log = NULL;
    struct copse_rows_row row;
    enum copse_err err = copse_rows_at(txn->db, &row, &place);
    if (err != COPSE_OK || row.signature.size > 0) {
        return err;
    }
    row.signature = (struct copse_slice){signature->bytes, sizeof signature->bytes};
    err = copse_rows_put(txn->db, &row);
    if (err == COPSE_OK) {
        err = copse_logs_get(txn, &log, (uint32_t)position->log);
    }
    if (err == COPSE_OK && log->log.branches[position->branch].last_seq == position->seq) {
        log->unproved &= ~(UINT32_C(1) << position->branch);
    }
    txn->tip.is_set = false; /* distances are others now */
    return err;
}

enum copse_err copse_admit_move(struct copse_txn *txn, uint32_t community,
                                enum copse_entry_class class, uint64_t arrival,
                                const struct copse_index_place *from,
                                const struct copse_index_place *to)
{
    uint8_t key[COPSE_ADMIT_ARRIVAL_BYTES];
    uint8_t number[COPSE_INDEX_ARRIVAL_BYTES];
    uint8_t value[sizeof to->bytes + 6];
    struct copse_slice old;
    copse_admit_arrival_key(key, community, class, arrival);
    copse_bytes_put_u64(number, arrival);
    txn->tip.is_set = false;
    enum copse_err err =
        copse_db_get(txn->db, &old, COPSE_DB_ARRIVALS, (struct copse_slice){key, sizeof key});
    if (err == COPSE_OK && old.size == sizeof value) {
        memcpy(value, old.data, sizeof value);
        memcpy(value, to->bytes, sizeof to->bytes);
        err = copse_db_put(txn->db, COPSE_DB_ARRIVALS, (struct copse_slice){key, sizeof key},
                           (struct copse_slice){value, sizeof value});
    } else if (err == COPSE_OK || err == COPSE_ERR_NOT_FOUND) {
        err = COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK) {
        err = copse_db_del(txn->db, COPSE_DB_PLACES,
                           (struct copse_slice){from->bytes, sizeof from->bytes});
    }
    if (err == COPSE_OK) {
        err = copse_db_put(txn->db, COPSE_DB_PLACES,
                           (struct copse_slice){to->bytes, sizeof to->bytes},
                           (struct copse_slice){number, sizeof number});
    }
    return err;
}

bool copse_admit_is_unproved(const struct copse_txn *txn)
{
    for (size_t i = 0; i < txn->log_slots; i++) {
        if (txn->logs[i] != NULL && txn->logs[i]->unproved != 0) {
            return true;
        }
    }
    return false;
}

enum copse_err copse_admit_flush(struct copse_txn *txn)
{
    enum copse_err err = copse_logs_flush(txn);
    if (err == COPSE_OK) {
        err = copse_index_flush(&txn->index);
    }
    if (err == COPSE_OK) {
        err = copse_layers_flush(&txn->layers);
    }
    if (err == COPSE_OK && txn->arrivals_changed) {
        uint8_t value[8];
        copse_bytes_put_u64(value, txn->next_arrival - 1);
        err = copse_db_put(txn->db, COPSE_DB_META, arrival_key(),
                           (struct copse_slice){value, sizeof value});
        txn->arrivals_changed = false;
    }
    return err;
}
