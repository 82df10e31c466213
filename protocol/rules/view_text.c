/* How it works: each EDIT of a log is judged and handed to the merge; what is held loose is muted,
 * and no judge is asked.
 */
#include "protocol/rules/view_text.h"

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

/* Hand an entry and its op, which is an EDIT, to the merge. */
static enum copse_err add(struct copse_text *text, const struct copse_id *id,
                          const struct copse_entry *entry, const struct copse_op *op,
                          enum copse_text_status status, struct copse_slice content)
{
    struct copse_id parents[COPSE_OP_PARENTS_MAX];
    struct copse_op_list list = op->ids;
    size_t count = 0;
    while (count < COPSE_ARRAY_SIZE(parents) && copse_op_next_id(&list, &parents[count])) {
        count++;
    }
    const struct copse_text_op edit = {
        .id = *id,
        .author = entry->author,
        .parents = parents,
        .parent_count = count,
        .shape = op->value,
        .content_size = entry->content_size,
        .content = content,
        .status = status,
    };
    return copse_text_add(text, &edit);
}

static enum copse_err add_held(struct copse_view *view, struct copse_text *text,
                               const struct copse_id *object)
{
    struct copse_view_cursor cursor;
    copse_view_text_open(&cursor, object);
    for (;;) {
        struct copse_view_entry entry;
        enum copse_err err = copse_view_text_next(view, &entry, &cursor);
        if (err == COPSE_OK && entry.verdict != COPSE_VERDICT_REFUSED) {
            const struct copse_slice words = {NULL, 0};
            err = add(text, &entry.held.id, &entry.held.entry, &entry.op,
                      entry.counts ? COPSE_TEXT_HONOURED : COPSE_TEXT_MUTED,
                      entry.words == COPSE_VIEW_HERE ? entry.held.content : words);
        }
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
    }
}

/* SPEC 6.14: "It is muted, whoever wrote it" */
static enum copse_err add_loose(struct copse_view *view, struct copse_text *text,
                                const struct copse_id *object)
{
    const struct copse_source *source = copse_view_options_of(view)->source;
    struct copse_id cursor = {{0}};
    struct copse_source_loose loose;
    enum copse_err err = source->next_loose == NULL ? COPSE_ERR_NOT_FOUND : COPSE_OK;
    while (err == COPSE_OK) {
        struct copse_op op;
        err = source->next_loose(source->context, &loose, &cursor, object);
        if (err == COPSE_OK) {
            err = copse_op_decode(&op, loose.entry.op, loose.entry.class);
        }
        if (err == COPSE_OK) {
            err = add(text, &loose.id, &loose.entry, &op, COPSE_TEXT_MUTED,
                      (struct copse_slice){NULL, 0});
        }
        err = err == COPSE_ERR_EXISTS ? COPSE_OK : err; /* its log has come */
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_view_text_load(struct copse_view *view, struct copse_text **out,
                                    const struct copse_view_object *object)
{
    struct copse_text *text = NULL;
    enum copse_err err = copse_text_new(&text, copse_view_options_of(view)->memory);
    if (err != COPSE_OK) {
        return err;
    }
    err = add_held(view, text, &object->id);
    if (err == COPSE_OK) {
        err = add_loose(view, text, &object->id);
    }
    if (err != COPSE_OK) {
        copse_text_free(text);
        return err;
    }
    *out = text;
    return COPSE_OK;
}
