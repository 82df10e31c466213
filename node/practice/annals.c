#include "node/practice/annals.h"

#include <stdlib.h>

static int annals_compare(const void *a, const void *b)
{
    const struct copse_annals_act *x = a;
    const struct copse_annals_act *y = b;
    if (x->held.entry.hlc != y->held.entry.hlc) {
        return x->held.entry.hlc < y->held.entry.hlc ? -1 : 1;
    }
    return copse_bytes_compare_ids(&x->held.id, &y->held.id);
}

static enum copse_err annals_add(struct copse_practice_deed *deed, struct copse_annals *out,
                                 const struct copse_id *id)
{
    struct copse_view_entry entry;
    enum copse_err err = copse_memory_grow(out->memory, &out->acts, &out->capacity, out->count + 1,
                                           sizeof(*out->acts));
    if (err == COPSE_OK) {
        err = copse_view_judge(deed->view, &entry, id);
    }
    if (err == COPSE_OK && entry.verdict != COPSE_VERDICT_REFUSED) {
        out->acts[out->count++] = (struct copse_annals_act){.held = entry.held,
                                                            .op = entry.op,
                                                            .person = entry.person,
                                                            .role = entry.role,
                                                            .verdict = entry.verdict};
    }
    return err;
}

enum copse_err copse_annals_read(struct copse_practice_deed *deed, struct copse_annals *out,
                                 uint64_t kinds, copse_annals_wants *wants, void *context)
{
    struct copse_view *view;
    struct copse_held held;
    uint64_t cursor = 0;
    *out = (struct copse_annals){.memory = deed->practice->memory};
    enum copse_err err = copse_practice_view(deed, &view);
    while (err == COPSE_OK &&
           (err = deed->source.next_control(deed->source.context, &held, &cursor)) == COPSE_OK) {
        struct copse_op op;
        struct copse_id id = held.id;
        bool is_one = copse_op_decode(&op, held.entry.op, COPSE_ENTRY_CONTROL) == COPSE_OK &&
                      (kinds & COPSE_ANNALS_KIND(op.kind)) != 0;
        if (is_one && (wants == NULL || wants(context, &held, &op))) {
            err = annals_add(deed, out, &id);
        }
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        err = COPSE_OK;
    }
    if (err == COPSE_OK && out->count > 0) {
        qsort(out->acts, out->count, sizeof(*out->acts), annals_compare);
    }
    return err;
}

void copse_annals_deinit(struct copse_annals *record)
{
    if (record->acts != NULL) {
        copse_memory_free(record->memory, record->acts);
    }
    *record = (struct copse_annals){.memory = NULL};
}

const struct copse_annals_act *copse_annals_find(const struct copse_annals *record,
                                                 const struct copse_id *id)
{
    for (size_t i = 0; i < record->count; i++) {
        if (copse_bytes_equal_ids(&record->acts[i].held.id, id)) {
            return &record->acts[i];
        }
    }
    return NULL;
}

bool copse_annals_counts(const struct copse_annals_act *act)
{
    return act->verdict == COPSE_VERDICT_HONOURED;
}
