/* Every question is answered by looking at everything. */
#include "tests/support/governance_model_log.h"

const struct model_entry *model_at(const struct model *m, int i)
{
    return &m->history->entries[i];
}

bool model_has(const struct model_list *list, int item)
{
    for (int i = 0; i < list->count; i++) {
        if (list->items[i] == item) {
            return true;
        }
    }
    return false;
}

int model_class(const struct model_entry *entry)
{
    return entry->kind == MODEL_DATA ? 1 : 0;
}

int model_join_of(const struct model_history *history, int entry)
{
    while (history->entries[entry].prev != MODEL_NONE) {
        entry = history->entries[entry].prev;
    }
    return entry;
}

int model_person_of(const struct model *m, int entry)
{
    const struct model_entry *join = model_at(m, model_join_of(m->history, entry));
    if (join->is_refused || join->has_bad_signature) {
        return MODEL_NONE;
    }
    if (join->kind == MODEL_GENESIS) {
        return join->founders.items[0];
    }
    return join->kind == MODEL_JOIN ? join->person : MODEL_NONE;
}

bool model_counts_at_all(const struct model *m, int entry)
{
    const struct model_entry *e = model_at(m, entry);
    bool is_misplaced = (e->kind == MODEL_JOIN && e->prev != MODEL_NONE) ||
                        (e->kind == MODEL_GENESIS && entry != 0);
    return m->held[entry] && !e->is_refused && !is_misplaced;
}

int model_cited_grant(const struct model *m, int entry)
{
    while (entry != MODEL_NONE && model_at(m, entry)->grant == MODEL_NONE) {
        entry = model_at(m, entry)->prev;
    }
    return entry == MODEL_NONE ? MODEL_NONE : model_at(m, entry)->grant;
}

int model_cited_charter(const struct model *m, int entry)
{
    while (entry != MODEL_NONE && model_at(m, entry)->grant == MODEL_NONE) {
        entry = model_at(m, entry)->prev;
    }
    return entry == MODEL_NONE ? MODEL_NONE : model_at(m, entry)->charter;
}

int64_t model_log_time(const struct model *m, int entry)
{
    int64_t time = 0;
    for (; entry != MODEL_NONE; entry = model_at(m, entry)->prev) {
        time = model_at(m, entry)->hlc > time ? model_at(m, entry)->hlc : time;
    }
    return time;
}

bool model_reaches(const struct model *m, int a, int b)
{
    int class = model_class(model_at(m, b));
    while (b != MODEL_NONE && model_class(model_at(m, b)) == class) {
        if (a == b) {
            return true;
        }
        b = model_at(m, b)->prev;
    }
    return false;
}

bool model_same_log(const struct model *m, int a, int b)
{
    return model_join_of(m->history, a) == model_join_of(m->history, b) &&
           model_class(model_at(m, a)) == model_class(model_at(m, b));
}

bool model_is_good_leaf(const struct model *m, int act, int leaf)
{
    return m->held[leaf] && !model_has(&model_at(m, act)->bad_leaves, leaf) &&
           model_person_of(m, leaf) != MODEL_NONE;
}

bool model_inside(const struct model *m, int entry, int act)
{
    const struct model_list *cut = &model_at(m, act)->cut;
    for (int i = 0; i < cut->count; i++) {
        if (model_is_good_leaf(m, act, cut->items[i]) && model_reaches(m, entry, cut->items[i])) {
            return true;
        }
    }
    return false;
}

int model_seq_of(const struct model *m, int entry)
{
    int seq = 0;
    int class = model_class(model_at(m, entry));
    while (model_at(m, entry)->prev != MODEL_NONE &&
           model_class(model_at(m, model_at(m, entry)->prev)) == class) {
        entry = model_at(m, entry)->prev;
        seq++;
    }
    return seq;
}

bool model_is_frozen_off(const struct model *m, int entry)
{
    int leaves = 0;
    int lowest = MODEL_ENTRIES_MAX;
    for (int i = 0; i < m->history->count; i++) {
        if (!m->held[i] || !model_same_log(m, i, entry)) {
            continue;
        }
        bool is_leaf = true;
        for (int k = 0; k < m->history->count; k++) {
            if (!m->held[k] || !model_same_log(m, k, entry)) {
                continue;
            }
            is_leaf = is_leaf && model_at(m, k)->prev != i;
            if (k != i && model_seq_of(m, k) == model_seq_of(m, i) && model_seq_of(m, i) < lowest) {
                lowest = model_seq_of(m, i);
            }
        }
        leaves += is_leaf ? 1 : 0;
    }
    return leaves > 16 && model_seq_of(m, entry) >= lowest;
}

bool model_has_device_left(const struct model *m, int entry)
{
    for (int i = 0; i < m->history->count; i++) {
        if (model_counts_at_all(m, i) && model_at(m, i)->kind == MODEL_LEAVE &&
            !model_at(m, i)->is_root_signed && i != entry && model_reaches(m, i, entry)) {
            return true;
        }
    }
    return false;
}

int model_class_of_role(int role)
{
    return role < 2 ? role : 2;
}
