/* How it works: the text at the version that was opened is compared with the text that is wanted;
 * the changes go to copse_text_edit_new, which knows what they are called in entries. It borrows
 * nothing afterwards, so the text is closed before the first entry is written: what a transaction
 * gave to read ends with its next write. */
#include "node/practice/page.h"

#include "node/practice/diff.h"
#include "protocol/entry/clock.h"
#include "protocol/merge/text_edit.h"
#include "protocol/merge/text_shape.h"

#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */

enum copse_err copse_page_open(struct copse_practice_deed *deed, struct copse_page *out,
                               const struct copse_view_object *object,
                               const struct copse_page_version *version)
{
    struct copse_view *view;
    struct copse_page page = {.text = NULL};
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_text_load(view, &page.text, object);
    }
    if (err != COPSE_OK) {
        return err;
    }
    err = version == NULL ? copse_text_merge(page.text, &page.view, NULL)
                          : copse_text_at(page.text, &page.view, version->heads, version->count);
    if (err != COPSE_OK) {
        copse_page_close(&page);
        return err;
    }
    *out = page;
    return COPSE_OK;
}

void copse_page_close(struct copse_page *page)
{
    copse_text_free(page->text);
    page->text = NULL;
}

/* ---- versions ---- */

void copse_page_version_of(struct copse_page_version *out, const struct copse_page *page)
{
    out->count =
        page->view.head_count < COPSE_PAGE_HEADS_MAX ? page->view.head_count : COPSE_PAGE_HEADS_MAX;
    for (size_t i = 0; i < out->count; i++) {
        out->heads[i] = page->view.heads[i];
    }
}

void copse_page_write_version(struct copse_builder *out, const struct copse_page_version *version,
                              const struct copse_id *object)
{
    char hex[COPSE_ID_HEX_BYTES];
    if (version->count == 0) {
        copse_bytes_id_to_hex(hex, object);
        copse_builder_text(out, hex);
    }
    for (size_t i = 0; i < version->count; i++) {
        copse_bytes_id_to_hex(hex, &version->heads[i]);
        copse_builder_text(out, i > 0 ? "+" : "");
        copse_builder_text(out, hex);
    }
}

/* The edit of `object` whose id begins with `digits`. */
static enum copse_err page_find_edit(struct copse_practice_deed *deed, struct copse_id *out,
                                     const struct copse_view_object *object, const char *digits)
{
    struct copse_view *view;
    struct copse_state_cursor rows;
    struct copse_slice key;
    struct copse_slice value;
    struct copse_fold_prefix prefix = copse_fold_edits(&object->id);
    size_t count = 0;
    enum copse_err err = copse_practice_view(deed, &view);
    copse_state_open(&rows, copse_fold_bytes(&prefix));
    while (err == COPSE_OK &&
           (err = copse_state_next(&rows, &key, &value, &deed->state)) == COPSE_OK) {
        struct copse_id id;
        err = copse_fold_entry_of(&id, key);
        if (err == COPSE_OK && copse_reading_begins(&id, digits)) {
            *out = id;
            count++;
        }
    }
    if (err != COPSE_ERR_NOT_FOUND || count == 0) {
        return err;
    }
    return count == 1 ? COPSE_OK : COPSE_ERR_EXISTS;
}

static int page_compare(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

enum copse_err copse_page_read_version(struct copse_practice_deed *deed,
                                       struct copse_page_version *out,
                                       const struct copse_view_object *object, const char *text)
{
    char part[2 * COPSE_ID_BYTES + 1];
    out->count = 0;
    for (bool is_more = true; is_more;) {
        size_t size = strcspn(text, "+");
        is_more = text[size] == '+';
        if (size < COPSE_READING_DIGITS_MIN || size > 2 * COPSE_ID_BYTES ||
            strspn(text, "0123456789abcdefABCDEF") < size) {
            return COPSE_ERR_DECODE;
        }
        memcpy(part, text, size);
        part[size] = '\0';
        text += size + is_more;
        struct copse_id id;
        enum copse_err err = page_find_edit(deed, &id, object, part);
        if (err == COPSE_ERR_NOT_FOUND && copse_reading_begins(&object->id, part)) {
            continue; /* the page itself: before any edit */
        }
        if (err != COPSE_OK) {
            return err;
        }
        if (out->count == COPSE_PAGE_HEADS_MAX) {
            return COPSE_ERR_DECODE;
        }
        out->heads[out->count++] = id;
    }
    qsort(out->heads, out->count, sizeof(*out->heads), page_compare);
    return COPSE_OK;
}

enum copse_err copse_page_before(struct copse_practice_deed *deed, struct copse_page_version *out,
                                 const struct copse_id *edit)
{
    struct copse_view *view;
    struct copse_view_entry entry;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_load(view, &entry, edit);
    }
    if (err != COPSE_OK) {
        return err;
    }
    out->count = 0;
    while (out->count < COPSE_PAGE_HEADS_MAX &&
           copse_op_next_id(&entry.op.ids, &out->heads[out->count])) {
        out->count++;
    }
    return COPSE_OK;
}

/* ---- writing ---- */

/* Write the parts of a planned edit; *version becomes the last one. */
static enum copse_err page_write_parts(struct copse_practice_deed *deed,
                                       struct copse_page_version *version, size_t *ops,
                                       const struct copse_id *object, struct copse_text_edit *edit,
                                       struct copse_error *error)
{
    struct copse_text_part part;
    struct copse_id id;
    const struct copse_id *former = NULL;
    enum copse_err err;
    while ((err = copse_text_edit_next(edit, &part, former)) == COPSE_OK) {
        uint8_t room[COPSE_TEXT_PARENTS_MAX * 34u + 8u];
        struct copse_writer writer;
        copse_writer_init(&writer, room, sizeof(room));
        struct copse_op op = {
            .kind = COPSE_OP_EDIT,
            .target = *object,
            .ids = copse_op_list_ids(&writer, part.parents, part.parent_count),
            .value = part.shape,
        };
        err = copse_practice_write(deed, &id, &op, part.content, error);
        if (err != COPSE_OK) {
            return err;
        }
        former = &id;
        version->heads[0] = id;
        version->count = 1;
        *ops += 1;
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* This device's last edit of the object, if there is one: each further one must follow it. */
static enum copse_err page_own_last(struct copse_practice_deed *deed, struct copse_id *out,
                                    size_t *count, const struct copse_id *object)
{
    struct copse_view *view;
    struct copse_view_cursor cursor;
    struct copse_view_entry entry;
    uint32_t last_seq = 0;
    *count = 0;
    if (deed->practice->keyring == NULL) {
        return COPSE_ERR_REFUSED;
    }
    enum copse_err err = copse_practice_view(deed, &view);
    copse_view_text_open(&cursor, object);
    while (err == COPSE_OK && (err = copse_view_text_next(view, &entry, &cursor)) == COPSE_OK) {
        bool is_own = copse_bytes_equal_ids(&entry.held.entry.author,
                                            copse_keyring_device(deed->practice->keyring));
        if (is_own && (*count == 0 || entry.held.entry.seq > last_seq)) {
            last_seq = entry.held.entry.seq;
            *out = entry.held.id;
            *count = 1;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* Changes in bytes become changes in characters of the old text. */
static void page_to_units(struct copse_text_change *out, const struct copse_diff *diff,
                          const struct copse_diff_pair *pair)
{
    size_t at = 0;
    size_t unit = 0;
    for (size_t i = 0; i < diff->count; i++) {
        const struct copse_diff_change *change = &diff->changes[i];
        for (; at < change->old_start; at++) {
            unit += (pair->old_text.data[at] & 0xc0u) != 0x80u;
        }
        out[i].unit = unit;
        for (; at < change->old_start + change->old_size; at++) {
            unit += (pair->old_text.data[at] & 0xc0u) != 0x80u;
        }
        out[i].deleted = unit - out[i].unit;
        out[i].inserted =
            (struct copse_slice){pair->new_text.data + change->new_start, change->new_size};
    }
}

/* Plan an edit of an open text. NULL when nothing differs. */
static enum copse_err page_plan(struct copse_practice_deed *deed, struct copse_text_edit **out,
                                struct copse_page *page, struct copse_text_request *request,
                                struct copse_slice text)
{
    const struct copse_memory *memory = deed->practice->memory;
    struct copse_diff diff;
    struct copse_diff_pair pair = {page->view.text, text};
    *out = NULL;
    enum copse_err err = copse_diff_init(&diff, &pair, COPSE_DIFF_WORDS, memory);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_text_change *changes = copse_memory_new(memory, diff.count + 1, sizeof(*changes));
    err = changes == NULL ? COPSE_ERR_NOMEM : COPSE_OK;
    if (err == COPSE_OK && diff.count > 0) {
        page_to_units(changes, &diff, &pair);
        request->changes = changes;
        request->change_count = diff.count;
        err = copse_text_edit_new(out, page->text, request);
    }
    copse_memory_free(memory, changes);
    copse_diff_deinit(&diff);
    return err;
}

/* An edit that changes nothing, but joins heads. It names nothing else: what another tab has saved
 * is not in the version that was opened, and must not come into it. */
static enum copse_err page_join(struct copse_practice_deed *deed,
                                struct copse_page_version *version, size_t *ops,
                                const struct copse_view_object *object,
                                const struct copse_page_version *base, struct copse_error *error)
{
    struct copse_page page;
    struct copse_text_edit *edit = NULL;
    struct copse_text_request request = {.opened = base->heads, .opened_count = base->count};
    enum copse_err err = copse_page_open(deed, &page, object, base);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_text_edit_new(&edit, page.text, &request);
    copse_page_close(&page);
    if (err == COPSE_OK) {
        err = page_write_parts(deed, version, ops, &object->id, edit, error);
    }
    copse_text_edit_free(edit);
    return err;
}

/* Bring a version down to heads that fit as parents, one place left for this device's own last
 * edit. */
static enum copse_err page_join_all(struct copse_practice_deed *deed,
                                    struct copse_page_version *version, size_t *ops,
                                    const struct copse_view_object *object,
                                    struct copse_error *error)
{
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && version->count > COPSE_TEXT_PARENTS_MAX - 1) {
        struct copse_page_version some = {.count = COPSE_TEXT_PARENTS_MAX - 1};
        struct copse_page_version joined = {.count = 0};
        size_t rest = version->count - some.count;
        memcpy(some.heads, version->heads, some.count * sizeof(*some.heads));
        err = page_join(deed, &joined, ops, object, &some, error);
        memmove(version->heads, version->heads + some.count, rest * sizeof(*version->heads));
        if (err == COPSE_OK) {
            version->heads[rest] = joined.heads[0];
            version->count = rest + 1;
            qsort(version->heads, version->count, sizeof(*version->heads), page_compare);
        }
    }
    return err;
}

/* Read what is there and plan the edit; *plan is NULL when nothing differs. */
static enum copse_err page_prepare(struct copse_practice_deed *deed, struct copse_text_edit **plan,
                                   const struct copse_page_edit *edit,
                                   const struct copse_page_version *base, struct copse_error *error)
{
    struct copse_page page;
    struct copse_id own;
    struct copse_text_request request = {
        .opened = base->heads, .opened_count = base->count, .own = &own};
    *plan = NULL;
    enum copse_err err = page_own_last(deed, &own, &request.own_count, &edit->object->id);
    if (err == COPSE_OK) {
        err = copse_page_open(deed, &page, edit->object, base);
    }
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND
                   ? copse_error_set(error, err, "the version the text was made from is not here")
                   : err;
    }
    err = page_plan(deed, plan, &page, &request, edit->text);
    copse_page_close(&page);
    if (err == COPSE_ERR_LIMIT) {
        (void)copse_error_set(error, err,
                              "the page is full: continue on a new one and name this one there");
    } else if (err == COPSE_ERR_FORM) {
        (void)copse_error_set(error, err, "the text has characters in it that a page cannot have");
    }
    return err;
}

enum copse_err copse_page_foresee(struct copse_practice_deed *deed, struct copse_page_plan *out,
                                  const struct copse_page_edit *edit, struct copse_error *error)
{
    struct copse_page_plan plan = {.number = copse_store_txn_number(deed->txn)};
    enum copse_err err = COPSE_OK;
    if (edit->base->count < COPSE_TEXT_PARENTS_MAX) {
        err = page_prepare(deed, &plan.edit, edit, edit->base, error);
        plan.is_whole = err == COPSE_OK;
    }
    if (err == COPSE_OK) {
        *out = plan;
    }
    return err;
}

void copse_page_forget(struct copse_page_plan *plan)
{
    copse_text_edit_free(plan->edit);
    *plan = (struct copse_page_plan){.edit = NULL};
}

enum copse_err copse_page_change(struct copse_practice_deed *deed,
                                 struct copse_page_version *version, size_t *ops,
                                 const struct copse_page_edit *edit,
                                 const struct copse_page_plan *foreseen, struct copse_error *error)
{
    struct copse_text_edit *plan = NULL;
    struct copse_page_version base = *edit->base;
    *ops = 0;
    *version = base;
    if (foreseen != NULL && foreseen->is_whole &&
        foreseen->number == copse_store_number(deed->practice->store)) {
        return foreseen->edit == NULL
                   ? COPSE_OK
                   : page_write_parts(deed, version, ops, &edit->object->id, foreseen->edit, error);
    }
    enum copse_err err = page_join_all(deed, &base, ops, edit->object, error);
    if (err == COPSE_OK) {
        err = page_prepare(deed, &plan, edit, &base, error);
    }
    *version = base;
    if (err == COPSE_OK && plan != NULL) {
        err = page_write_parts(deed, version, ops, &edit->object->id, plan, error);
    }
    copse_text_edit_free(plan);
    return err;
}

enum copse_err copse_page_create(struct copse_practice_deed *deed, struct copse_id *id,
                                 struct copse_page_version *version,
                                 const struct copse_page_draft *draft, struct copse_error *error)
{
    struct copse_text *text = NULL;
    struct copse_text_edit *plan = NULL;
    struct copse_text_change change = {.inserted = draft->body};
    struct copse_text_request request = {.changes = &change, .change_count = 1};
    struct copse_practice_object object = {.kind = COPSE_OBJECT_PAGE,
                                           .type = draft->type,
                                           .values = draft->values,
                                           .count = draft->count};
    size_t ops = 0;
    version->count = 0;
    enum copse_err err = copse_practice_create(deed, id, &object, error);
    if (err != COPSE_OK || draft->body.size == 0) {
        return err;
    }
    err = copse_text_new(&text, deed->practice->memory);
    if (err == COPSE_OK) {
        err = copse_text_edit_new(&plan, text, &request);
    }
    copse_text_free(text);
    if (err == COPSE_OK) {
        err = page_write_parts(deed, version, &ops, id, plan, error);
    } else if (err == COPSE_ERR_LIMIT || err == COPSE_ERR_FORM) {
        (void)copse_error_set(error, err,
                              "the text is too long for one page (%u characters) or "
                              "has characters in it that a page cannot have",
                              COPSE_TEXT_UNITS_MAX);
    }
    copse_text_edit_free(plan);
    return err;
}

enum copse_err copse_page_set(struct copse_practice_deed *deed, bool *changed,
                              const struct copse_view_object *object,
                              const struct copse_practice_value *value, struct copse_error *error)
{
    struct copse_id id;
    struct copse_slice shown;
    struct copse_reading_over over;
    *changed = false;
    enum copse_err err = COPSE_OK;
    if (value->shape == COPSE_PRACTICE_STRING) {
        err = copse_reading_string(deed, &shown, object, value->field);
        if (err != COPSE_OK || copse_bytes_equal(shown, value->string)) {
            return err;
        }
    }
    err = copse_reading_over(deed, &over, object, value->field, (struct copse_slice){NULL, 0});
    struct copse_practice_change change = {
        .kind = COPSE_OP_SET,
        .object_kind = COPSE_OBJECT_PAGE,
        .object = object->id,
        .field = value->field,
        .over = over.ids,
        .over_count = over.count,
        .value = value->shape == COPSE_PRACTICE_STRING && value->string.size == 0 ? NULL : value,
    };
    *changed = err == COPSE_OK;
    return err == COPSE_OK ? copse_practice_change(deed, &id, &change, error) : err;
}

/* ---- history ---- */

/* How many characters an edit takes away and puts in; a malformed one has no effect. */
static void page_measure(struct copse_page_step *step, struct copse_slice bytes)
{
    struct copse_text_shape shape;
    if (copse_text_shape_decode(&shape, bytes) != COPSE_OK) {
        return;
    }
    for (size_t i = 0; i < shape.count; i++) {
        step->deleted += shape.patches[i].del;
        step->inserted += shape.patches[i].ins;
    }
}

static int page_compare_steps(const void *a, const void *b)
{
    const struct copse_page_step *x = a;
    const struct copse_page_step *y = b;
    if (x->hlc != y->hlc) {
        return x->hlc > y->hlc ? -1 : 1;
    }
    return copse_bytes_compare_ids(&y->id, &x->id);
}

enum copse_err copse_page_history(struct copse_practice_deed *deed, struct copse_page_step **out,
                                  size_t *count, const struct copse_view_object *object)
{
    const struct copse_memory *memory = deed->practice->memory;
    struct copse_view *view;
    struct copse_view_cursor cursor;
    struct copse_view_entry entry;
    struct copse_page_step *steps = NULL;
    size_t capacity = 0;
    size_t found = 0;
    enum copse_err err = copse_practice_view(deed, &view);
    copse_view_text_open(&cursor, &object->id);
    while (err == COPSE_OK && (err = copse_view_text_next(view, &entry, &cursor)) == COPSE_OK) {
        err = copse_memory_grow(memory, &steps, &capacity, found + 1, sizeof(*steps));
        if (err == COPSE_OK) {
            struct copse_page_step *step = &steps[found++];
            *step = (struct copse_page_step){
                .id = entry.held.id,
                .person = entry.person,
                .hlc = entry.held.entry.hlc,
                .written_ms = copse_clock_ms(entry.held.entry.hlc),
                .counts = entry.counts,
            };
            page_measure(step, entry.op.value);
        }
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        copse_memory_free(memory, steps);
        return err;
    }
    if (found > 0) {
        qsort(steps, found, sizeof(*steps), page_compare_steps);
    }
    *out = steps;
    *count = found;
    return COPSE_OK;
}
