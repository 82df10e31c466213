#include "node/practice/find.h"

#include "node/practice/page.h"
#include "protocol/entry/clock.h"

#define UPDATE_ENTRIES 2000u

/* ---- what is new ---- */

/* Turn an entry into an item. COPSE_ERR_NOT_FOUND: nothing people would be told of. */
static enum copse_err find_item(struct copse_practice_deed *deed, struct copse_find_item *out,
                                const struct copse_entries_arrival *arrival)
{
    struct copse_view *view;
    struct copse_held held;
    struct copse_view_entry entry;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_entries_at(deed->txn, &held, NULL, &arrival->position);
    }
    if (err == COPSE_OK) {
        struct copse_id id = held.id;
        err = copse_view_load(view, &entry, &id);
    }
    if (err != COPSE_OK) {
        return err;
    }
    bool is_edit = entry.op.kind == COPSE_OP_EDIT;
    if (!entry.counts || (!is_edit && entry.op.kind != COPSE_OP_CREATE)) {
        return COPSE_ERR_NOT_FOUND;
    }
    struct copse_id object = is_edit ? entry.op.target : entry.held.id;
    out->what = is_edit ? COPSE_FIND_EDITED : COPSE_FIND_NEW;
    out->person = entry.person;
    out->written_ms = copse_clock_ms(entry.held.entry.hlc);
    out->arrived_ms = arrival->arrived_ms;
    err = copse_view_object(view, &out->object, &object);
    return err == COPSE_OK && !out->object.is_visible ? COPSE_ERR_NOT_FOUND : err;
}

/* Is the object listed already? The first edit of a page belongs to its making: then the page
 * counts as new, with the date of its making. */
static bool find_is_listed(struct copse_find_item *items, size_t count,
                           const struct copse_find_item *item)
{
    for (size_t i = 0; i < count; i++) {
        if (!copse_bytes_equal_ids(&items[i].object.id, &item->object.id)) {
            continue;
        }
        bool is_making = items[i].what == COPSE_FIND_EDITED && item->what == COPSE_FIND_NEW &&
                         copse_bytes_equal_ids(&items[i].person, &item->person) &&
                         items[i].arrived_ms == item->arrived_ms;
        if (is_making) {
            items[i] = *item;
        }
        return true;
    }
    return false;
}

enum copse_err copse_find_news(struct copse_practice_deed *deed, struct copse_find_item *out,
                               size_t *count, size_t max)
{
    struct copse_entries_arrival arrival = {.number = UINT64_MAX};
    *count = 0;
    for (;;) {
        struct copse_find_item item;
        enum copse_err err = copse_entries_arrived_before(deed->txn, &arrival, deed->number,
                                                          COPSE_ENTRY_DATA, arrival.number);
        if (err == COPSE_OK) {
            err = find_item(deed, &item, &arrival);
            if (err == COPSE_ERR_NOT_FOUND) {
                continue;
            }
        }
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
        if (find_is_listed(out, *count, &item)) {
            continue; /* also behind the last one: the making of a page lies before its words */
        }
        if (*count == max) {
            return COPSE_OK;
        }
        out[(*count)++] = item;
    }
}

/* ---- words ---- */

static enum copse_err find_append(struct copse_practice_deed *deed, struct copse_builder *out,
                                  const struct copse_view_object *object,
                                  enum copse_object_number number)
{
    struct copse_slice text;
    enum copse_err err = copse_reading_string(deed, &text, object, number);
    if (err == COPSE_OK && text.size > 0) {
        copse_builder_slice(out, text);
        copse_builder_byte(out, '\n');
    }
    return err;
}

static enum copse_err find_append_tags(struct copse_practice_deed *deed, struct copse_builder *out,
                                       const struct copse_view_object *object)
{
    struct copse_reading_tags tags;
    enum copse_err err = copse_reading_tags(deed, &tags, object);
    for (size_t i = 0; err == COPSE_OK && i < tags.count; i++) {
        copse_builder_slice(out, tags.items[i]);
        copse_builder_byte(out, '\n');
    }
    return err;
}

enum copse_err copse_find_words(struct copse_practice_deed *deed, struct copse_builder *out,
                                const struct copse_view_object *object)
{
    if (!object->is_visible) {
        return COPSE_OK;
    }
    if (object->kind == COPSE_OBJECT_PERSON || object->kind == COPSE_OBJECT_COMMUNITY) {
        return find_append(deed, out, object, COPSE_OBJECT_FIELD_NAME);
    }
    enum copse_err err = find_append(deed, out, object, COPSE_OBJECT_FIELD_TITLE);
    if (err == COPSE_OK && object->kind == COPSE_OBJECT_PAGE) {
        struct copse_page page;
        err = copse_page_open(deed, &page, object, NULL);
        if (err == COPSE_OK) {
            copse_builder_slice(out, page.view.text);
            copse_builder_byte(out, '\n');
            copse_page_close(&page);
        }
    } else if (err == COPSE_OK) {
        err = find_append(deed, out, object, COPSE_OBJECT_FIELD_BODY);
    }
    if (err == COPSE_OK) {
        err = find_append_tags(deed, out, object);
    }
    return err == COPSE_OK && out->failed ? COPSE_ERR_NOMEM : err;
}

/* ---- the index ---- */

struct indexing {
    struct copse_practice_deed *deed;
    struct copse_builder words;
};

/* The object that an entry is about: what it made, or what it changes. */
static enum copse_err find_object_of(struct copse_practice_deed *deed, struct copse_id *out,
                                     const struct copse_id *target)
{
    struct copse_held held;
    struct copse_op op;
    *out = *target;
    enum copse_err err = copse_entries_find(deed->txn, &held, NULL, deed->number, target);
    if (err == COPSE_OK && held.entry.class == COPSE_ENTRY_DATA &&
        copse_op_decode(&op, held.entry.op, COPSE_ENTRY_DATA) == COPSE_OK &&
        op.kind != COPSE_OP_CREATE) {
        *out = op.target;
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err find_objects(void *context, const struct copse_held *held,
                                   enum copse_err (*found)(void *to, const struct copse_id *object),
                                   void *to)
{
    struct indexing *indexing = context;
    struct copse_op op;
    struct copse_id object;
    if (copse_op_decode(&op, held->entry.op, held->entry.class) != COPSE_OK) {
        return COPSE_OK;
    }
    if (held->entry.class == COPSE_ENTRY_DATA) {
        object = op.kind == COPSE_OP_CREATE ? held->id : op.target;
        return found(to, &object);
    }
    enum copse_err err = COPSE_OK;
    if (op.kind == COPSE_OP_APPROVE || op.kind == COPSE_OP_ERASE) {
        struct copse_id target;
        while (err == COPSE_OK && copse_op_next_id(&op.ids, &target)) {
            err = find_object_of(indexing->deed, &object, &target);
            if (err == COPSE_OK) {
                err = found(to, &object);
            }
        }
    } else if (op.kind == COPSE_OP_HIDE || op.kind == COPSE_OP_UNHIDE) {
        err = find_object_of(indexing->deed, &object, &op.target);
        if (err == COPSE_OK) {
            err = found(to, &object);
        }
    }
    return err;
}

static enum copse_err find_words(void *context, struct copse_slice *text, uint32_t community,
                                 const struct copse_id *id)
{
    struct indexing *indexing = context;
    struct copse_view *view;
    struct copse_view_object object;
    *text = (struct copse_slice){NULL, 0};
    COPSE_ASSERT(community == indexing->deed->number);
    copse_builder_clear(&indexing->words);
    enum copse_err err = copse_practice_view(indexing->deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_object(view, &object, id);
    }
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    err = copse_find_words(indexing->deed, &indexing->words, &object);
    return err == COPSE_OK ? copse_builder_end(text, &indexing->words) : err;
}

static enum copse_err find_update(struct copse_practice_deed *deed, struct copse_search *search,
                                  copse_find_step *step, void *context)
{
    struct indexing indexing = {.deed = deed};
    struct copse_search_port port = {find_objects, find_words, &indexing};
    bool left = true;
    enum copse_err err = COPSE_OK;
    copse_builder_init(&indexing.words, deed->practice->memory);
    for (uint64_t done = 0; err == COPSE_OK && left; done += UPDATE_ENTRIES) {
        err = copse_search_update(search, &left, deed->txn, deed->number, UPDATE_ENTRIES, &port);
        if (step != NULL) {
            step(context, done);
        }
    }
    copse_builder_deinit(&indexing.words);
    return err == COPSE_ERR_BUSY ? COPSE_OK : err; /* another process brings it up to date */
}

enum copse_err copse_find_refresh(const struct copse_practice *practice,
                                  const struct copse_id *community, struct copse_error *error)
{
    struct copse_practice_deed deed;
    struct copse_search *search = NULL;
    const char *home = copse_store_home(practice->store);
    if (!copse_search_is_there(home)) {
        return COPSE_OK;
    }
    enum copse_err err = copse_search_open(&search, home, practice->memory, error);
    if (err == COPSE_OK) {
        err = copse_practice_begin(&deed, practice, community, COPSE_DB_READ, error);
    }
    if (err == COPSE_OK) {
        err = find_update(&deed, search, NULL, NULL);
        copse_practice_end(&deed);
    }
    copse_search_close(search);
    return err;
}

enum copse_err copse_find_purge(const struct copse_practice *practice, struct copse_error *error)
{
    struct copse_search *search = NULL;
    const char *home = copse_store_home(practice->store);
    if (!copse_search_is_there(home)) {
        return COPSE_OK;
    }
    enum copse_err err = copse_search_open(&search, home, practice->memory, error);
    if (err == COPSE_OK) {
        err = copse_search_purge(search);
    }
    copse_search_close(search);
    return err;
}

enum copse_err copse_find_search(struct copse_practice_deed *deed, struct copse_search_hit *out,
                                 size_t *count, size_t max,
                                 const struct copse_find_request *request)
{
    enum copse_err err = find_update(deed, request->search, request->step, request->context);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_search_query query = {request->words, deed->number, request->order};
    return copse_search_find(request->search, out, count, max, &query);
}
