/* How it works: the merge wants to know of each op the one that its author made before it on this
 * text. So first the places of all EDITs are gathered and sorted by log, branch and seq: what comes
 * before an EDIT is its neighbour, or lies on a branch that its branch leaves. Then each is judged
 * and handed to the merge.
 */
#include "protocol/rules/view_text.h"

#include "protocol/base/sort.h"

struct edit {
    struct copse_id id;
    struct copse_position position;
};

struct edits {
    struct edit *items;
    size_t count, capacity;
};

static int compare_places(const void *a, const void *b)
{
    const struct copse_position *x = &((const struct edit *)a)->position;
    const struct copse_position *y = &((const struct edit *)b)->position;
    if (x->log != y->log) {
        return x->log < y->log ? -1 : 1;
    }
    if (x->branch != y->branch) {
        return x->branch < y->branch ? -1 : 1;
    }
    return (x->seq > y->seq) - (x->seq < y->seq);
}

void copse_view_text_open(struct copse_view_cursor *cursor, const struct copse_id *object)
{
    struct copse_fold_prefix prefix = copse_fold_edits(object);
    *cursor = (struct copse_view_cursor){.has_person = false};
    copse_state_open(&cursor->rows, copse_fold_bytes(&prefix));
}

static enum copse_err next_id(struct copse_view *view, struct copse_id *out,
                              struct copse_view_cursor *cursor)
{
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err =
        copse_state_next(&cursor->rows, &key, &value, copse_view_options_of(view)->state);
    return err != COPSE_OK ? err : copse_fold_entry_of(out, key);
}

enum copse_err copse_view_text_next(struct copse_view *view, struct copse_view_entry *out,
                                    struct copse_view_cursor *cursor)
{
    struct copse_id id;
    enum copse_err err = next_id(view, &id, cursor);
    return err != COPSE_OK ? err : copse_view_load(view, out, &id);
}

static enum copse_err gather(struct copse_view *view, struct edits *edits,
                             const struct copse_id *object)
{
    const struct copse_view_options *options = copse_view_options_of(view);
    struct copse_view_cursor cursor;
    copse_view_text_open(&cursor, object);
    for (;;) {
        struct copse_id id;
        struct copse_held held;
        enum copse_err err = next_id(view, &id, &cursor);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = options->source->find(options->source->context, &held, &id);
        }
        if (err == COPSE_OK) {
            err = copse_memory_grow(options->memory, &edits->items, &edits->capacity,
                                    edits->count + 1, sizeof *edits->items);
        }
        if (err != COPSE_OK) {
            return err;
        }
        edits->items[edits->count] = (struct edit){id, held.position};
        edits->count++;
    }
}

/* The last EDIT of one branch with a seq below `place`'s; NULL if there is none. */
static const struct edit *last_before(const struct edits *edits, const struct edit *place)
{
    size_t low = 0;
    size_t high = edits->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_places(&edits->items[middle], place) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return NULL;
    }
    const struct edit *found = &edits->items[low - 1];
    bool is_same_branch = found->position.log == place->position.log &&
                          found->position.branch == place->position.branch;
    return is_same_branch ? found : NULL;
}

/* The nearest EDIT before `edit` in its log: on its branch, or on one that this leaves. */
static const struct copse_id *previous_of(const struct copse_view_options *options,
                                          const struct edits *edits, const struct edit *edit)
{
    const struct copse_source *source = options->source;
    const struct copse_log *log = source->log(source->context, edit->position.log);
    struct edit place = *edit;
    const struct edit *found = last_before(edits, &place);
    while (found == NULL && log != NULL) {
        const struct copse_log_branch *branch = &log->branches[place.position.branch];
        if (branch->parent == place.position.branch) {
            break;
        }
        place.position.branch = branch->parent;
        place.position.seq = branch->first_seq;
        found = last_before(edits, &place);
    }
    return found == NULL ? NULL : &found->id;
}

static enum copse_err add(struct copse_view *view, struct copse_text *text,
                          const struct copse_id *id, const struct copse_id *previous)
{
    struct copse_view_entry entry;
    enum copse_err err = copse_view_load(view, &entry, id);
    if (err != COPSE_OK || entry.verdict == COPSE_VERDICT_REFUSED) {
        return err;
    }
    struct copse_id parents[COPSE_OP_PARENTS_MAX];
    struct copse_op_list list = entry.op.ids;
    size_t count = 0;
    while (count < COPSE_ARRAY_SIZE(parents) && copse_op_next_id(&list, &parents[count])) {
        count++;
    }
    struct copse_text_op op = {
        .id = *id,
        .author = entry.held.entry.author,
        .parents = parents,
        .parent_count = count,
        .previous = previous,
        .shape = entry.op.value,
        .content_size = entry.held.entry.content_size,
        .status = entry.counts ? COPSE_TEXT_HONOURED : COPSE_TEXT_MUTED,
    };
    if (entry.words == COPSE_VIEW_HERE) {
        op.content = entry.held.content;
    }
    return copse_text_add(text, &op);
}

enum copse_err copse_view_text_load(struct copse_view *view, struct copse_text **out,
                                    const struct copse_view_object *object)
{
    const struct copse_view_options *options = copse_view_options_of(view);
    struct edits edits = {NULL, 0, 0};
    struct copse_text *text = NULL;
    enum copse_err err = copse_text_new(&text, options->memory);
    if (err != COPSE_OK) {
        return err;
    }
    err = gather(view, &edits, &object->id);
    if (err == COPSE_OK && edits.count > 0) {
        copse_sort(edits.items, edits.count, sizeof *edits.items, compare_places);
    }
    for (size_t i = 0; err == COPSE_OK && i < edits.count; i++) {
        const struct copse_id *previous = previous_of(options, &edits, &edits.items[i]);
        err = add(view, text, &edits.items[i].id, previous);
    }
    copse_memory_free(options->memory, edits.items);
    if (err != COPSE_OK) {
        copse_text_free(text);
        return err;
    }
    *out = text;
    return COPSE_OK;
}
