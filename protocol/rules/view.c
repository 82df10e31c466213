/* How it works: an entry is found, decoded and judged, and then what acts make of it is looked up
 * (view_act.c). Lists and threads are walks over the rows of the fold; each step reads one object.
 */
#include "protocol/rules/view.h"

#include "protocol/authority/judge.h"
#include "protocol/authority/wanted.h"
#include "protocol/rules/view_act.h"

#define STANDINGS_MAX 256u /* persons whose standing is kept; a power of two */

struct copse_view {
    struct copse_view_options options;
    struct copse_commons *commons;                   /* NULL until it is needed */
    struct copse_standing *standings[STANDINGS_MAX]; /* each at a place its key gives; or NULL */
};

enum copse_err copse_view_new(struct copse_view **out, const struct copse_view_options *options)
{
    struct copse_view *view = copse_memory_new(options->memory, 1, sizeof *view);
    if (view == NULL) {
        return COPSE_ERR_NOMEM;
    }
    view->options = *options;
    *out = view;
    return COPSE_OK;
}

void copse_view_free(struct copse_view *view)
{
    if (view == NULL) {
        return;
    }
    for (size_t i = 0; i < STANDINGS_MAX; i++) {
        copse_standing_free(view->standings[i]);
    }
    copse_commons_free(view->commons);
    copse_memory_free(view->options.memory, view);
}

const struct copse_view_options *copse_view_options_of(const struct copse_view *view)
{
    return &view->options;
}

/* ---- standings ---- */

static enum copse_err find_commons(struct copse_view *view)
{
    if (view->commons != NULL) {
        return COPSE_OK;
    }
    return copse_commons_load(&view->commons, view->options.state, view->options.memory);
}

/* The standing of a person, kept until another person takes its place. NULL: nobody known. */
static enum copse_err find_standing(struct copse_view *view, struct copse_standing **out,
                                    const struct copse_id *person)
{
    size_t place = copse_bytes_get_u16(person->bytes) % STANDINGS_MAX;
    struct copse_standing *kept = view->standings[place];
    if (kept != NULL && copse_bytes_equal_ids(&kept->person, person)) {
        *out = kept;
        return COPSE_OK;
    }
    struct copse_standing *loaded = NULL;
    enum copse_err err = copse_standing_load(&loaded, view->options.state, person,
                                             view->options.source, view->options.memory);
    if (err == COPSE_ERR_NOT_FOUND) {
        *out = NULL;
        return COPSE_OK;
    }
    if (err == COPSE_OK) {
        copse_standing_free(kept);
        view->standings[place] = loaded;
        *out = loaded;
    }
    return err;
}

/* Set person, role and verdict. `op` NULL: it could not be decoded. */
static enum copse_err judge(struct copse_view *view, struct copse_view_entry *entry,
                            const struct copse_op *op)
{
    const struct copse_source *source = view->options.source;
    const struct copse_log *log = source->log(source->context, entry->held.position.log);
    struct copse_standing *standing = NULL;
    enum copse_err err = find_commons(view);
    if (err == COPSE_OK && log != NULL) {
        err = copse_wanted_person_of(&entry->person, view->options.state, &log->join);
        if (err == COPSE_OK) {
            err = find_standing(view, &standing, &entry->person);
        } else if (err == COPSE_ERR_NOT_FOUND) {
            err = COPSE_OK; /* a stranger */
        }
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_judge_verdict verdict;
    copse_judge_entry(&verdict, standing, view->commons, source, &entry->held, op);
    entry->verdict = verdict.verdict;
    entry->role = verdict.unit != NULL ? verdict.unit->role : COPSE_OP_GUEST;
    return COPSE_OK;
}

/* ---- entries ---- */

static enum copse_view_words words_of(const struct copse_held *held)
{
    switch (held->content_state) {
    case COPSE_CONTENT_NONE:
        return COPSE_VIEW_NONE;
    case COPSE_CONTENT_PRESENT:
        return COPSE_VIEW_HERE;
    case COPSE_CONTENT_MISSING:
    case COPSE_CONTENT_ERASED: /* whether an erasing act counts is not the store's to say */
    case COPSE_CONTENT_DECLINED:
        break;
    }
    return COPSE_VIEW_MISSING;
}

enum copse_err copse_view_judge(struct copse_view *view, struct copse_view_entry *out,
                                const struct copse_id *id)
{
    const struct copse_source *source = view->options.source;
    struct copse_view_entry entry = {.verdict = COPSE_VERDICT_REFUSED};
    enum copse_err err = source->find(source->context, &entry.held, id);
    if (err != COPSE_OK) {
        return err;
    }
    /* What the fold indexed can be decoded; but an act may name any entry at all. */
    struct copse_op op;
    bool is_known = copse_op_decode(&op, entry.held.entry.op, entry.held.entry.class) == COPSE_OK;
    err = judge(view, &entry, is_known ? &op : NULL);
    if (err != COPSE_OK) {
        return err;
    }
    if (entry.verdict != COPSE_VERDICT_REFUSED) {
        entry.op = op;
    }
    entry.words = words_of(&entry.held);
    entry.counts = entry.verdict == COPSE_VERDICT_HONOURED;
    *out = entry;
    return COPSE_OK;
}

enum copse_err copse_view_load(struct copse_view *view, struct copse_view_entry *out,
                               const struct copse_id *id)
{
    struct copse_view_entry entry;
    enum copse_err err = copse_view_judge(view, &entry, id);
    if (err == COPSE_OK) {
        err = copse_view_act_settle(view, &entry);
    }
    if (err == COPSE_OK) {
        *out = entry;
    }
    return err;
}

/* ---- objects ---- */

/* Source: SPEC 8.1. */
static enum copse_err find_made(struct copse_view *view, struct copse_view_object *out,
                                const struct copse_id *id)
{
    out->id = *id;
    enum copse_err err = copse_view_load(view, &out->create, id);
    if (err != COPSE_OK) {
        return err;
    }
    if (out->create.verdict == COPSE_VERDICT_REFUSED) {
        return COPSE_ERR_NOT_FOUND;
    }
    out->is_visible = out->create.counts;
    if (out->create.op.kind == COPSE_OP_GENESIS) {
        out->kind = COPSE_OBJECT_COMMUNITY;
        return COPSE_OK;
    }
    out->kind = out->create.op.object_kind;
    bool is_object = out->create.op.kind == COPSE_OP_CREATE && copse_object_is_creatable(out->kind);
    return is_object ? COPSE_OK : COPSE_ERR_NOT_FOUND;
}

/* A person is here by any device of theirs; the first that counts speaks for them all. */
static enum copse_err find_person(struct copse_view *view, struct copse_view_object *out,
                                  const struct copse_id *id)
{
    struct copse_fold_prefix prefix = copse_fold_devices(id);
    struct copse_state_cursor cursor;
    bool is_here = false;
    copse_state_open(&cursor, copse_fold_bytes(&prefix));
    out->id = *id;
    out->kind = COPSE_OBJECT_PERSON;
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        struct copse_id join;
        struct copse_view_entry entry;
        enum copse_err err = copse_state_next(&cursor, &key, &value, view->options.state);
        if (err == COPSE_OK) {
            err = copse_fold_entry_of(&join, key);
        }
        if (err == COPSE_OK) {
            err = copse_view_judge(view, &entry, &join);
        }
        if (err == COPSE_ERR_NOT_FOUND && is_here) {
            return COPSE_OK;
        }
        if (err != COPSE_OK) {
            return err;
        }
        if (!is_here || entry.counts) {
            out->create = entry;
        }
        if (entry.counts) {
            err = copse_view_act_hidden(view, &out->create.is_hidden, id);
            out->is_visible = !out->create.is_hidden;
            return err;
        }
        is_here = true;
    }
}

enum copse_err copse_view_object(struct copse_view *view, struct copse_view_object *out,
                                 const struct copse_id *id)
{
    struct copse_view_object object = {.is_visible = false};
    enum copse_err err = find_made(view, &object, id);
    if (err == COPSE_ERR_NOT_FOUND) {
        err = find_person(view, &object, id);
    }
    if (err == COPSE_OK) {
        *out = object;
    }
    return err;
}

bool copse_view_is_owner(const struct copse_view_object *object, const struct copse_id *person)
{
    const struct copse_id *owner =
        object->kind == COPSE_OBJECT_PERSON ? &object->id : &object->create.person;
    return copse_bytes_equal_ids(owner, person);
}

/* ---- lists ---- */

static void open_rows(struct copse_view_cursor *cursor, struct copse_fold_prefix prefix)
{
    *cursor = (struct copse_view_cursor){.has_person = false};
    copse_state_open(&cursor->rows, copse_fold_bytes(&prefix));
}

void copse_view_open_kind(struct copse_view_cursor *cursor, uint32_t kind)
{
    open_rows(cursor, copse_fold_kind(kind));
}

void copse_view_open_children(struct copse_view_cursor *cursor, const struct copse_id *object)
{
    open_rows(cursor, copse_fold_children(object));
}

void copse_view_open_people(struct copse_view_cursor *cursor)
{
    open_rows(cursor, copse_fold_people());
}

void copse_view_open_replies(struct copse_view_cursor *cursor)
{
    open_rows(cursor, copse_fold_all_children());
}

/* The object of the next row: its entry's, or for devices the person, once. */
static enum copse_err next_id(struct copse_view *view, struct copse_id *out,
                              struct copse_view_cursor *cursor)
{
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err = copse_state_next(&cursor->rows, &key, &value, view->options.state);
        if (err != COPSE_OK) {
            return err;
        }
        if (!copse_fold_is_device(key)) {
            return copse_fold_entry_of(out, key);
        }
        struct copse_id person;
        err = copse_fold_subject_of(&person, key);
        if (err != COPSE_OK) {
            return err;
        }
        if (!cursor->has_person || !copse_bytes_equal_ids(&person, &cursor->person)) {
            cursor->person = person;
            cursor->has_person = true;
            *out = person;
            return COPSE_OK;
        }
    }
}

enum copse_err copse_view_next(struct copse_view *view, struct copse_view_object *out,
                               struct copse_view_cursor *cursor)
{
    for (;;) {
        struct copse_id id;
        enum copse_err err = next_id(view, &id, cursor);
        if (err != COPSE_OK) {
            return err;
        }
        err = copse_view_object(view, out, &id);
        if (err == COPSE_ERR_NOT_FOUND) {
            continue; /* of a kind that this version does not know */
        }
        return err;
    }
}

void copse_view_open_thread(struct copse_view_thread *thread, const struct copse_id *object)
{
    copse_view_open_children(&thread->levels[0], object);
    thread->depth = 1;
}

enum copse_err copse_view_next_in_thread(struct copse_view *view, struct copse_view_object *out,
                                         size_t *depth, struct copse_view_thread *thread)
{
    while (thread->depth > 0) {
        enum copse_err err = copse_view_next(view, out, &thread->levels[thread->depth - 1]);
        if (err == COPSE_ERR_NOT_FOUND) {
            thread->depth--;
            continue;
        }
        if (err == COPSE_OK) {
            *depth = thread->depth;
            if (thread->depth < COPSE_VIEW_DEPTH_MAX) {
                copse_view_open_children(&thread->levels[thread->depth], &out->id);
                thread->depth++;
            }
        }
        return err;
    }
    return COPSE_ERR_NOT_FOUND;
}
