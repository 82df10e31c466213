#include "node/practice/unplaced.h"

#include "node/practice/reading.h"
#include "protocol/authority/wanted.h"
#include "protocol/entry/clock.h"
#include "storage/local.h"

#include <stdlib.h>
#include <string.h>

#define KEY "unplaced:"
#define KEY_BYTES (sizeof(KEY) - 1 + COPSE_ID_BYTES)
#define VALUES_MAX 8u

/* ---- put away ---- */

static struct copse_slice unplaced_key(uint8_t room[KEY_BYTES], const struct copse_id *entry)
{
    memcpy(room, KEY, sizeof(KEY) - 1);
    memcpy(room + sizeof(KEY) - 1, entry->bytes, COPSE_ID_BYTES);
    return (struct copse_slice){room, KEY_BYTES};
}

static enum copse_err unplaced_is_away(struct copse_practice_deed *deed, bool *out,
                                       const struct copse_id *entry)
{
    uint8_t room[KEY_BYTES];
    struct copse_slice value;
    enum copse_err err =
        copse_local_get(deed->txn, &value, COPSE_LOCAL_MARKS, unplaced_key(room, entry));
    *out = err == COPSE_OK;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_unplaced_put_away(struct copse_practice_deed *deed,
                                       const struct copse_id *entry)
{
    uint8_t room[KEY_BYTES];
    return copse_local_put(deed->txn, COPSE_LOCAL_MARKS, unplaced_key(room, entry),
                           copse_bytes_of_string("1"));
}

/* ---- one's own ---- */

static struct copse_slice unplaced_initial(struct copse_slice content,
                                           enum copse_object_number number)
{
    struct copse_slice value;
    return copse_object_initial(&value, content, (uint32_t)number) == COPSE_OK
               ? copse_reading_text(value)
               : (struct copse_slice){NULL, 0};
}

static const char *unplaced_type(const struct copse_op *op)
{
    const char *name = NULL;
    if (op->kind == COPSE_OP_EDIT) {
        return "edit";
    }
    if (op->object_kind == COPSE_OBJECT_POST) {
        name = copse_object_choice_name(
            copse_object_field(COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE), op->type);
    }
    return name != NULL ? name : copse_object_kind_name(op->object_kind);
}

/* Does it have words, and no place? Hidden is another thing: the ledger speaks of that. */
static bool unplaced_is_one(struct copse_unplaced_item *item)
{
    const struct copse_view_entry *entry = &item->entry;
    bool has_place = entry->verdict <= COPSE_VERDICT_WAITING ||
                     entry->verdict == COPSE_VERDICT_REFUSED || entry->is_hidden;
    if (has_place || entry->words != COPSE_VIEW_HERE) {
        return false;
    }
    if (entry->op.kind == COPSE_OP_EDIT) {
        item->text = entry->held.content;
        item->title = (struct copse_slice){NULL, 0};
    } else if (entry->op.kind == COPSE_OP_CREATE &&
               copse_object_is_creatable(entry->op.object_kind)) {
        item->title = unplaced_initial(entry->held.content, COPSE_OBJECT_FIELD_TITLE);
        item->text = unplaced_initial(entry->held.content, COPSE_OBJECT_FIELD_BODY);
    } else {
        return false;
    }
    item->type = unplaced_type(&entry->op);
    return item->title.size > 0 || item->text.size > 0;
}

static enum copse_err unplaced_at(struct copse_practice_deed *deed,
                                  const struct copse_position *position, copse_unplaced_tell *tell,
                                  void *context)
{
    struct copse_unplaced_item item;
    struct copse_held held;
    bool is_away = false;
    memset(&item, 0, sizeof(item));
    enum copse_err err = copse_entries_at(deed->txn, &held, NULL, position);
    if (err == COPSE_OK) {
        err = unplaced_is_away(deed, &is_away, &held.id);
    }
    if (err == COPSE_OK && !is_away) {
        err = copse_view_load(deed->view, &item.entry, &held.id);
    }
    return err == COPSE_OK && !is_away && unplaced_is_one(&item) ? tell(context, &item) : err;
}

static enum copse_err unplaced_log(struct copse_practice_deed *deed, uint32_t number,
                                   copse_unplaced_tell *tell, void *context)
{
    const struct copse_log *log = NULL;
    enum copse_err err = copse_entries_log(deed->txn, &log, number);
    if (err != COPSE_OK || log->class != COPSE_ENTRY_DATA) {
        return err;
    }
    for (uint32_t i = 0; err == COPSE_OK && i < log->branch_count; i++) {
        const struct copse_log_branch *branch = &log->branches[i];
        for (uint32_t seq = branch->first_seq; err == COPSE_OK && seq <= branch->last_seq; seq++) {
            struct copse_position position = {number, i, seq};
            err = unplaced_at(deed, &position, tell, context);
        }
    }
    return err;
}

/* Is the log one of the acting person's? */
static enum copse_err unplaced_is_own(struct copse_practice_deed *deed, bool *out, uint32_t number)
{
    const struct copse_log *log = NULL;
    struct copse_id person;
    *out = false;
    enum copse_err err = copse_entries_log(deed->txn, &log, number);
    if (err == COPSE_OK) {
        err = copse_wanted_person_of(&person, &deed->state, &log->join);
        *out = err == COPSE_OK &&
               copse_bytes_equal_ids(&person, copse_keyring_person(deed->practice->keyring));
    }
    /* Whose JOIN nobody knows is a stranger's, and this device's own may be one. */
    if (err == COPSE_ERR_NOT_FOUND && log != NULL) {
        *out = copse_bytes_equal_ids(&log->author, copse_keyring_device(deed->practice->keyring));
        err = COPSE_OK;
    }
    return err;
}

enum copse_err copse_unplaced_walk(struct copse_practice_deed *deed, copse_unplaced_tell *tell,
                                   void *context)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    struct copse_view *view;
    struct copse_held genesis;
    uint32_t number = 0;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_entries_find(deed->txn, &genesis, NULL, deed->number, &deed->community);
    }
    if (err != COPSE_OK || deed->practice->keyring == NULL) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err; /* nothing is known to count or not */
    }
    while ((err = copse_entries_next_log(deed->txn, &number, &walk, deed->number, NULL)) ==
           COPSE_OK) {
        bool is_own = false;
        err = unplaced_is_own(deed, &is_own, number);
        if (err == COPSE_OK && is_own) {
            err = unplaced_log(deed, number, tell, context);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* ---- saying it again ---- */

/* Words of an item, copied: what the transaction gave to read ends with the next write. */
struct again {
    const struct copse_id *entry;
    struct copse_op op;
    uint8_t *room;
    struct copse_slice title;
    struct copse_slice text;
    bool is_found;
};

static struct copse_slice unplaced_copy(uint8_t *room, size_t *used, struct copse_slice text)
{
    struct copse_slice copy = {room + *used, text.size};
    if (text.size > 0) {
        memcpy(room + *used, text.data, text.size);
    }
    *used += text.size;
    return copy;
}

static enum copse_err unplaced_take(void *context, const struct copse_unplaced_item *item)
{
    struct again *again = context;
    size_t used = 0;
    if (!copse_bytes_equal_ids(&item->entry.held.id, again->entry)) {
        return COPSE_OK;
    }
    again->op = item->entry.op;
    again->title = unplaced_copy(again->room, &used, item->title);
    again->text = unplaced_copy(again->room, &used, item->text);
    again->is_found = true;
    return COPSE_OK;
}

/* Is the thing there and seen? */
static enum copse_err unplaced_is_seen(struct copse_practice_deed *deed, bool *out,
                                       const struct copse_id *id)
{
    struct copse_view_object object;
    *out = false;
    enum copse_err err = copse_view_object(deed->view, &object, id);
    *out = err == COPSE_OK && object.is_visible;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err unplaced_write(struct copse_practice_deed *deed, struct copse_id *fresh,
                                     const struct again *again, struct copse_error *error)
{
    struct copse_practice_value values[VALUES_MAX];
    struct copse_practice_object object = {
        .kind = COPSE_OBJECT_POST, .type = again->op.type, .values = values};
    const struct copse_id *ref = again->op.has_ref ? &again->op.ref : NULL;
    bool is_seen = false;
    if (again->op.kind == COPSE_OP_EDIT) {
        object.type = 0;
        ref = &again->op.target;
    } else {
        object.kind = (enum copse_object_kind)again->op.object_kind;
    }
    enum copse_err err = ref == NULL ? COPSE_OK : unplaced_is_seen(deed, &is_seen, ref);
    object.ref = is_seen ? ref : NULL;
    if (again->title.size > 0) {
        values[object.count++] = (struct copse_practice_value){.field = COPSE_OBJECT_FIELD_TITLE,
                                                               .shape = COPSE_PRACTICE_STRING,
                                                               .string = again->title};
    }
    if (again->text.size > 0 && object.kind == COPSE_OBJECT_POST) {
        values[object.count++] = (struct copse_practice_value){.field = COPSE_OBJECT_FIELD_BODY,
                                                               .shape = COPSE_PRACTICE_STRING,
                                                               .string = again->text};
    }
    return err == COPSE_OK ? copse_practice_create(deed, fresh, &object, error) : err;
}

enum copse_err copse_unplaced_repost(struct copse_practice_deed *deed, struct copse_id *fresh,
                                     const struct copse_id *entry, struct copse_error *error)
{
    struct again again = {.entry = entry};
    again.room = copse_memory_new(deed->practice->memory, COPSE_CONTENT_BYTES_MAX, 1);
    enum copse_err err =
        again.room == NULL ? COPSE_ERR_NOMEM : copse_unplaced_walk(deed, unplaced_take, &again);
    if (err == COPSE_OK && !again.is_found) {
        err = copse_error_set(error, COPSE_ERR_NOT_FOUND,
                              "that is none of your words that found no place");
    }
    if (err == COPSE_OK) {
        err = unplaced_write(deed, fresh, &again, error);
    }
    if (err == COPSE_OK) {
        err = copse_unplaced_put_away(deed, entry);
    }
    copse_memory_free(deed->practice->memory, again.room);
    return err;
}

/* ---- late ---- */

/* Entries of one branch, from its leaf back, as long as they are late. */
static enum copse_err unplaced_late_branch(struct copse_practice_deed *deed,
                                           struct copse_unplaced_late *late,
                                           const struct copse_position *leaf, uint32_t first_seq)
{
    for (uint32_t seq = leaf->seq + 1; seq > first_seq; seq--) {
        struct copse_position position = {leaf->log, leaf->branch, seq - 1};
        struct copse_held held;
        struct copse_view_entry entry;
        enum copse_err err = copse_entries_at(deed->txn, &held, NULL, &position);
        if (err == COPSE_OK) {
            err = copse_view_judge(deed->view, &entry, &held.id);
        }
        bool is_late = err == COPSE_OK && (entry.verdict == COPSE_VERDICT_ENDED ||
                                           entry.verdict == COPSE_VERDICT_TERM_OVER);
        if (!is_late) {
            return err;
        }
        uint64_t written_ms = copse_clock_ms(entry.held.entry.hlc);
        late->first_ms =
            late->count == 0 || written_ms < late->first_ms ? written_ms : late->first_ms;
        late->last_ms = written_ms > late->last_ms ? written_ms : late->last_ms;
        late->verdict = entry.verdict;
        late->person = entry.person;
        late->count++;
    }
    return COPSE_OK;
}

static void unplaced_add_late(struct copse_unplaced_late *items, size_t *count,
                              const struct copse_unplaced_late *late)
{
    for (size_t i = 0; i < *count; i++) {
        if (copse_bytes_equal_ids(&items[i].person, &late->person)) {
            items[i].count += late->count;
            items[i].first_ms =
                late->first_ms < items[i].first_ms ? late->first_ms : items[i].first_ms;
            items[i].last_ms = late->last_ms > items[i].last_ms ? late->last_ms : items[i].last_ms;
            return;
        }
    }
    items[(*count)++] = *late;
}

enum copse_err copse_unplaced_late(struct copse_practice_deed *deed, copse_unplaced_tell_late *tell,
                                   void *context)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    const struct copse_memory *memory = deed->practice->memory;
    struct copse_unplaced_late *items = NULL;
    size_t count = 0;
    size_t capacity = 0;
    struct copse_view *view;
    uint32_t number = 0;
    enum copse_err err = copse_practice_view(deed, &view);
    while (err == COPSE_OK && (err = copse_entries_next_log(deed->txn, &number, &walk, deed->number,
                                                            NULL)) == COPSE_OK) {
        const struct copse_log *log = NULL;
        struct copse_unplaced_late late = {.count = 0};
        err = copse_entries_log(deed->txn, &log, number);
        for (uint32_t i = 0; err == COPSE_OK && i < log->branch_count; i++) {
            struct copse_position leaf = {number, i, log->branches[i].last_seq};
            err = unplaced_late_branch(deed, &late, &leaf, log->branches[i].first_seq);
        }
        if (err == COPSE_OK && late.count > 0) {
            err = copse_memory_grow(memory, &items, &capacity, count + 1, sizeof(*items));
        }
        if (err == COPSE_OK && late.count > 0) {
            unplaced_add_late(items, &count, &late);
        }
    }
    err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        tell(context, &items[i]);
    }
    copse_memory_free(memory, items);
    return err;
}
