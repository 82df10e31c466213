/* How it works: whether a log is still stopped is asked of the judge, by the entries at its ends:
 * an end that is FROZEN says so, whatever was done about it. */
#include "node/practice/forks.h"

#include "node/practice/act.h"
#include "node/practice/capacity.h"
#include "node/practice/seniority.h"
#include "protocol/entry/clock.h"

/* Where a branch begins to be its own: at its first entry, or, of one that others leave, behind the
 * lowest place where one does. */
static uint32_t forks_begin(const struct copse_log *log, uint32_t branch)
{
    uint32_t begin = log->branches[branch].last_seq;
    bool is_root = log->branches[branch].parent == branch;
    if (!is_root) {
        return log->branches[branch].first_seq;
    }
    for (uint32_t i = 0; i < log->branch_count; i++) {
        const struct copse_log_branch *other = &log->branches[i];
        bool leaves = i != branch && (other->parent == branch || other->parent == i);
        if (leaves && other->first_seq < begin) {
            begin = other->first_seq;
        }
    }
    return begin;
}

static enum copse_err forks_place(struct copse_practice_deed *deed, struct copse_forks_place *out,
                                  const struct copse_log *log, uint32_t number, uint32_t branch)
{
    struct copse_held held;
    struct copse_position position = {number, branch, forks_begin(log, branch)};
    out->count = (uint64_t)log->branches[branch].last_seq - position.seq + 1;
    enum copse_err err = copse_entries_at(deed->txn, &held, NULL, &position);
    if (err == COPSE_OK) {
        out->from = held.id;
        out->first_ms = copse_clock_ms(held.entry.hlc);
        err = copse_entries_find(deed->txn, &held, NULL, deed->number, &log->branches[branch].leaf);
    }
    if (err == COPSE_OK) {
        out->last_ms = copse_clock_ms(held.entry.hlc);
    }
    return err;
}

/* Is any end of the log stopped? Sets *person to whose it is. */
static enum copse_err forks_is_stopped(struct copse_practice_deed *deed, bool *out,
                                       struct copse_id *person, const struct copse_log *log)
{
    struct copse_view *view;
    *out = false;
    enum copse_err err = copse_practice_view(deed, &view);
    for (uint32_t i = 0; err == COPSE_OK && i < log->branch_count; i++) {
        struct copse_view_entry entry;
        struct copse_id leaf = log->branches[i].leaf;
        err = copse_view_judge(view, &entry, &leaf);
        if (err == COPSE_OK) {
            *person = entry.person;
            *out = *out || entry.verdict == COPSE_VERDICT_FROZEN;
        }
    }
    return err;
}

static enum copse_err forks_item(struct copse_practice_deed *deed, struct copse_forks_item *out,
                                 const struct copse_log *log, uint32_t number)
{
    uint32_t fork_seq = 0;
    bool is_stopped = false;
    *out = (struct copse_forks_item){.device = log->author,
                                     .class = log->class,
                                     .is_frozen = copse_log_is_frozen(&fork_seq, log),
                                     .place_count = log->branch_count};
    enum copse_err err = forks_is_stopped(deed, &is_stopped, &out->person, log);
    for (uint32_t i = 0; err == COPSE_OK && i < log->branch_count; i++) {
        err = forks_place(deed, &out->places[i], log, number, i);
    }
    out->is_settled = !is_stopped;
    return err;
}

enum copse_err copse_forks_walk(struct copse_practice_deed *deed, copse_forks_tell *tell,
                                void *context)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    uint32_t number = 0;
    enum copse_err err;
    while ((err = copse_entries_next_log(deed->txn, &number, &walk, deed->number, NULL)) ==
           COPSE_OK) {
        const struct copse_log *found = NULL;
        struct copse_forks_item item;
        err = copse_entries_log(deed->txn, &found, number);
        if (err == COPSE_OK && found->branch_count > 1) {
            struct copse_log log = *found;
            err = forks_item(deed, &item, &log, number);
            if (err == COPSE_OK) {
                tell(context, deed, &item);
            }
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* ---- letting it stand ---- */

struct stopped {
    const struct copse_id *device;
    struct copse_id person;
    bool is_stopped;
};

static void forks_note(void *context, struct copse_practice_deed *deed,
                       const struct copse_forks_item *item)
{
    struct stopped *stopped = context;
    (void)deed;
    if (copse_bytes_equal_ids(&item->device, stopped->device)) {
        stopped->person = item->person;
        stopped->is_stopped = stopped->is_stopped || !item->is_settled;
    }
}

enum copse_err copse_forks_accept(struct copse_practice_deed *deed, const struct copse_id *device,
                                  struct copse_slice reason, struct copse_error *error)
{
    struct copse_act_cut cut;
    struct copse_id id;
    struct stopped before = {.device = device};
    struct stopped after = {.device = device};
    struct copse_op op = {
        .kind = COPSE_OP_ACCEPT, .what = COPSE_OP_ACCEPTS_DEVICE, .target = *device};
    enum copse_err err = copse_forks_walk(deed, forks_note, &before);
    if (err == COPSE_OK && !before.is_stopped) {
        return copse_error_set(error, COPSE_ERR_NOT_FOUND,
                               "nothing of this device is stopped here");
    }
    if (err == COPSE_OK) {
        err = copse_act_cut_device(deed, &cut, device);
        if (err == COPSE_OK) {
            err = copse_act_write(deed, &id, &op, &cut, reason, error);
        }
        copse_act_cut_deinit(&cut);
    }
    if (err == COPSE_OK) {
        err = copse_capacity_confirm(deed, &id, error);
    }
    if (err == COPSE_OK) {
        err = copse_forks_walk(deed, forks_note, &after);
    }
    return err == COPSE_OK && after.is_stopped
               ? copse_seniority_refuse(deed, &before.person, "let their words stand", error)
               : err;
}
