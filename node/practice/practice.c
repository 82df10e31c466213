/* How it works: a deed owns a transaction and two rooms to build ops and
 * contents in. What it writes is signed and stored by copse_store_write, which
 * reads seq, prev and clock inside the transaction. */
#include "node/practice/practice.h"

#include "node/practice/capacity.h"

#include <string.h>

#define PATIENCE_MS 30u /* leaves room for the commit within COPSE_STORE_WRITE_MS_MAX */

static uint64_t practice_now_ms(const struct copse_practice *practice)
{
    return practice->now_ms(practice->context);
}

enum copse_err copse_practice_begin(struct copse_practice_deed *out,
                                    const struct copse_practice *practice,
                                    const struct copse_id *community, enum copse_db_mode mode,
                                    struct copse_error *error)
{
    struct copse_practice_deed deed = {.practice = practice};
    if (mode == COPSE_DB_WRITE) {
        deed.room = copse_memory_new(practice->memory, COPSE_CONTENT_BYTES_MAX, 1);
        deed.op_room = copse_memory_new(practice->memory, COPSE_ENTRY_OP_BYTES_MAX, 1);
        if (deed.room == NULL || deed.op_room == NULL) {
            copse_practice_end(&deed);
            return copse_error_set(error, COPSE_ERR_NOMEM, "out of memory");
        }
    }
    deed.began_ms = practice_now_ms(practice);
    enum copse_err err = copse_store_begin(&deed.txn, practice->store, mode, deed.began_ms, error);
    if (err == COPSE_OK && community != NULL) {
        deed.community = *community;
        err = copse_entries_community(deed.txn, &deed.number, community);
        if (err != COPSE_OK) {
            err = copse_error_set(error, err, "the community is not here");
        }
    }
    if (err != COPSE_OK) {
        copse_practice_end(&deed);
        return err;
    }
    deed.began_ms = practice_now_ms(practice); /* waiting for the lock does not count */
    *out = deed;
    return COPSE_OK;
}

/* What was read stands no more. */
static void practice_forget(struct copse_practice_deed *deed)
{
    copse_view_free(deed->view);
    copse_commons_free(deed->commons);
    copse_standing_free(deed->standing);
    deed->view = NULL;
    deed->commons = NULL;
    deed->standing = NULL;
}

void copse_practice_end(struct copse_practice_deed *deed)
{
    practice_forget(deed);
    copse_store_abort(deed->txn);
    deed->txn = NULL;
    copse_memory_free(deed->practice->memory, deed->room);
    copse_memory_free(deed->practice->memory, deed->op_room);
    deed->room = NULL;
    deed->op_room = NULL;
}

enum copse_err copse_practice_commit(struct copse_practice_deed *deed, struct copse_error *error)
{
    struct copse_txn *txn = deed->txn;
    practice_forget(deed);
    deed->txn = NULL; /* gone whatever the commit gives */
    enum copse_err err = copse_store_commit(deed->practice->store, txn, error);
    if (err == COPSE_ERR_FULL) {
        copse_store_release_reserve(deed->practice->store); /* what people write goes first */
    }
    copse_practice_end(deed);
    return err;
}

enum copse_err copse_practice_next(const struct copse_practice *practice, struct copse_id *id,
                                   uint32_t *number, struct copse_error *error)
{
    struct copse_practice_deed deed;
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_READ, error);
    if (err == COPSE_OK) {
        err = copse_entries_next_community(deed.txn, id, number);
        copse_practice_end(&deed);
    }
    return err;
}

enum copse_err copse_practice_in_all(const struct copse_practice *practice, enum copse_db_mode mode,
                                     copse_practice_each *each, void *context,
                                     struct copse_error *error)
{
    uint32_t number = 0;
    struct copse_id community;
    enum copse_err err;
    while ((err = copse_practice_next(practice, &community, &number, error)) == COPSE_OK) {
        struct copse_practice_deed deed;
        err = copse_practice_begin(&deed, practice, &community, mode, error);
        if (err != COPSE_OK) {
            return err;
        }
        err = each(context, &deed, error);
        if (err == COPSE_OK) {
            err = copse_practice_commit(&deed, error);
        } else {
            copse_practice_end(&deed);
        }
        if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
            return err;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_practice_view(struct copse_practice_deed *deed, struct copse_view **out)
{
    if (deed->view == NULL) {
        deed->state = copse_views_state(&deed->views, deed->txn, deed->number);
        deed->source = copse_entries_source(&deed->entries, deed->txn, deed->number);
        struct copse_view_options options = {
            .state = &deed->state,
            .source = &deed->source,
            .memory = deed->practice->memory,
            .community = deed->community,
        };
        enum copse_err err = copse_view_new(&deed->view, &options);
        if (err != COPSE_OK) {
            return err;
        }
    }
    *out = deed->view;
    return COPSE_OK;
}

enum copse_err copse_practice_settle(struct copse_practice_deed *deed)
{
    practice_forget(deed);
    return copse_views_settle(deed->txn);
}

bool copse_practice_is_due(const struct copse_practice_deed *deed)
{
    return practice_now_ms(deed->practice) >= deed->began_ms + PATIENCE_MS;
}

enum copse_err copse_practice_write(struct copse_practice_deed *deed, struct copse_id *id,
                                    const struct copse_op *op, struct copse_slice content,
                                    struct copse_error *error)
{
    const struct copse_keyring *keyring = deed->practice->keyring;
    if (keyring == NULL) {
        return copse_error_set(error, COPSE_ERR_REFUSED, "there is no identity on this machine");
    }
    struct copse_slice bytes;
    struct copse_capacity capacity = {.inherits = true};
    if (deed->under == NULL && op->kind != COPSE_OP_GENESIS && op->kind != COPSE_OP_JOIN) {
        enum copse_err chosen = copse_capacity_choose(deed, &capacity, op, error);
        if (chosen != COPSE_OK) {
            return chosen;
        }
    }
    enum copse_err err = copse_op_encode(&bytes, deed->op_room, op);
    if (err != COPSE_OK) {
        return copse_error_set(error, err, "what was to be written does not fit one entry");
    }
    struct copse_store_deed stored = {
        .start = op->kind == COPSE_OP_GENESIS ? COPSE_STORE_GENESIS
                 : op->kind == COPSE_OP_JOIN  ? COPSE_STORE_JOIN
                                              : COPSE_STORE_NEXT,
        .class = (uint32_t)op->kind < 32 ? COPSE_ENTRY_CONTROL : COPSE_ENTRY_DATA,
        .community = deed->community,
        .under = capacity.inherits ? deed->under : &capacity.under,
        .op = bytes,
        .content = content,
        .device = *copse_keyring_device(keyring),
        .secret = copse_keyring_secret(keyring),
        .root = op->is_root_signed ? deed->root : NULL,
        .wall_ms = practice_now_ms(deed->practice),
    };
    return copse_store_write(deed->practice->store, deed->txn, id, &stored, error);
}

static void practice_put(struct copse_writer *writer, const struct copse_practice_value *value)
{
    switch (value->shape) {
    case COPSE_PRACTICE_STRING:
        copse_writer_str(writer, value->string);
        return;
    case COPSE_PRACTICE_STRINGS:
        copse_writer_array(writer, value->count);
        for (size_t i = 0; i < value->count; i++) {
            copse_writer_str(writer, value->strings[i]);
        }
        return;
    case COPSE_PRACTICE_NUMBER:
        copse_writer_int(writer, value->number);
        return;
    case COPSE_PRACTICE_TRUTH:
        copse_writer_bool(writer, value->number != 0);
        return;
    case COPSE_PRACTICE_ID:
        copse_writer_id(writer, &value->id);
        return;
    }
}

static enum copse_err practice_too_long(struct copse_error *error)
{
    return copse_error_set(error, COPSE_ERR_LIMIT,
                           "it is longer than %u bytes: what is longer belongs on a page",
                           COPSE_OBJECT_TEXT_BYTES_MAX);
}

/* Words from outside may be anything; the writer takes UTF-8 only. */
static bool practice_is_utf8(const struct copse_practice_value *value)
{
    if (value->shape == COPSE_PRACTICE_STRING) {
        return copse_bytes_is_utf8(value->string);
    }
    for (size_t i = 0; value->shape == COPSE_PRACTICE_STRINGS && i < value->count; i++) {
        if (!copse_bytes_is_utf8(value->strings[i])) {
            return false;
        }
    }
    return true;
}

static enum copse_err practice_not_utf8(const struct copse_practice_value *value,
                                        enum copse_object_kind kind, struct copse_error *error)
{
    return copse_error_set(error, COPSE_ERR_FORM, "the %s is not valid UTF-8",
                           copse_object_field_name(copse_object_field(kind, value->field)));
}

/* Is one written value what its field takes? A set's values are looked at one
 * by one. */
static enum copse_err practice_check(enum copse_object_kind kind, enum copse_object_number number,
                                     struct copse_slice bytes, struct copse_error *error)
{
    const struct copse_object_field *field = copse_object_field(kind, number);
    COPSE_ASSERT(field != NULL);
    struct copse_reader reader;
    size_t count = 1;
    copse_reader_init(&reader, bytes);
    if (copse_reader_peek(&reader) == COPSE_READER_ARRAY) {
        count = copse_reader_array(&reader, COPSE_OBJECT_INITIAL_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        struct copse_slice value = copse_reader_value(&reader, 1);
        if (value.size == 0 || !copse_object_takes(field, value)) {
            return copse_error_set(
                error, value.size > field->max ? COPSE_ERR_LIMIT : COPSE_ERR_FORM,
                "the %s is too long or has characters in it that it may not have",
                copse_object_field_name(field));
        }
    }
    return COPSE_OK;
}

enum copse_err copse_practice_map(struct copse_practice_deed *deed, struct copse_slice *out,
                                  enum copse_object_kind kind,
                                  const struct copse_practice_value *values, size_t count,
                                  struct copse_error *error)
{
    struct copse_writer writer;
    copse_writer_init(&writer, deed->room, COPSE_CONTENT_BYTES_MAX);
    copse_writer_map(&writer, count);
    for (size_t i = 0; i < count; i++) {
        copse_writer_uint(&writer, (uint64_t)values[i].field);
        size_t start = writer.size;
        if (!practice_is_utf8(&values[i])) {
            return practice_not_utf8(&values[i], kind, error);
        }
        practice_put(&writer, &values[i]);
        if (writer.full) {
            return practice_too_long(error);
        }
        struct copse_slice value = {deed->room + start, writer.size - start};
        enum copse_err err = practice_check(kind, values[i].field, value, error);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return copse_writer_end(out, &writer);
}

enum copse_err copse_practice_create(struct copse_practice_deed *deed, struct copse_id *id,
                                     const struct copse_practice_object *object,
                                     struct copse_error *error)
{
    struct copse_slice content = {NULL, 0};
    struct copse_op op = {
        .kind = COPSE_OP_CREATE,
        .object_kind = object->kind,
        .type = object->type,
        .has_ref = object->ref != NULL,
    };
    if (object->ref != NULL) {
        op.ref = *object->ref;
    }
    if (object->count > 0) {
        enum copse_err err =
            copse_practice_map(deed, &content, object->kind, object->values, object->count, error);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return copse_practice_write(deed, id, &op, content, error);
}

enum copse_err copse_practice_change(struct copse_practice_deed *deed, struct copse_id *id,
                                     const struct copse_practice_change *change,
                                     struct copse_error *error)
{
    struct copse_writer writer;
    uint8_t over_room[COPSE_OP_OVER_MAX * 34u + 8u];
    struct copse_slice content = {NULL, 0};
    COPSE_ASSERT(change->over_count <= COPSE_OP_OVER_MAX);
    if (change->value != NULL) {
        if (!practice_is_utf8(change->value)) {
            return practice_not_utf8(change->value, change->object_kind, error);
        }
        copse_writer_init(&writer, deed->room, COPSE_CONTENT_BYTES_MAX);
        practice_put(&writer, change->value);
        if (copse_writer_end(&content, &writer) != COPSE_OK) {
            return practice_too_long(error);
        }
        enum copse_err err = practice_check(change->object_kind, change->field, content, error);
        if (err != COPSE_OK) {
            return err;
        }
    }
    copse_writer_init(&writer, over_room, sizeof(over_room));
    struct copse_op op = {
        .kind = change->kind,
        .target = change->object,
        .field = (uint32_t)change->field,
        .over = copse_op_list_ids(&writer, change->over, change->over_count),
    };
    return copse_practice_write(deed, id, &op, content, error);
}
