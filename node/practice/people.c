#include "node/practice/people.h"

#include "node/practice/builder.h"
#include "storage/local.h"

#include <string.h>

#define NAME_KEY "me.name"

enum copse_err copse_people_own_name(struct copse_practice_deed *deed, struct copse_slice *out)
{
    *out = (struct copse_slice){NULL, 0};
    enum copse_err err =
        copse_local_get(deed->txn, out, COPSE_LOCAL_SETTINGS, copse_bytes_of_string(NAME_KEY));
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err people_keep_name(const struct copse_practice *practice,
                                       struct copse_slice name, struct copse_error *error)
{
    struct copse_practice_deed deed;
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_local_put(deed.txn, COPSE_LOCAL_SETTINGS, copse_bytes_of_string(NAME_KEY), name);
    if (err != COPSE_OK) {
        copse_practice_end(&deed);
        return copse_error_set(error, err, "the name cannot be kept");
    }
    return copse_practice_commit(&deed, error);
}

enum copse_err copse_people_say_name(struct copse_practice_deed *deed, bool *said,
                                     struct copse_error *error)
{
    uint8_t room[COPSE_OBJECT_LINE_BYTES_MAX];
    struct copse_slice name;
    struct copse_slice shown;
    struct copse_reading_over over = {.count = 0};
    struct copse_view_object object;
    struct copse_view *view;
    struct copse_id id;
    const struct copse_id *person = copse_keyring_person(deed->practice->keyring);
    *said = false;
    enum copse_err err = copse_people_own_name(deed, &name);
    if (err != COPSE_OK || name.size == 0 || name.size > sizeof(room)) {
        return err;
    }
    memcpy(room, name.data, name.size); /* the transaction's slice ends with the next write */
    name.data = room;
    err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_object(view, &object, person);
    }
    if (err == COPSE_OK) {
        err = copse_reading_string(deed, &shown, &object, COPSE_OBJECT_FIELD_NAME);
        if (err == COPSE_OK && copse_bytes_equal(shown, name)) {
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = copse_reading_over(deed, &over, &object, COPSE_OBJECT_FIELD_NAME,
                                     (struct copse_slice){NULL, 0});
        }
    } else if (err == COPSE_ERR_NOT_FOUND) {
        err = COPSE_OK; /* not in yet: there is nothing to replace */
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_practice_value value = {
        .field = COPSE_OBJECT_FIELD_NAME, .shape = COPSE_PRACTICE_STRING, .string = name};
    struct copse_practice_change change = {
        .kind = COPSE_OP_SET,
        .object_kind = COPSE_OBJECT_PERSON,
        .object = *person,
        .field = COPSE_OBJECT_FIELD_NAME,
        .over = over.ids,
        .over_count = over.count,
        .value = &value,
    };
    *said = true;
    return copse_practice_change(deed, &id, &change, error);
}

/* Say it in one community. One in which the device has no log is not the person's. */
static enum copse_err people_say_in(void *context, struct copse_practice_deed *deed,
                                    struct copse_error *error)
{
    size_t *said = context;
    bool now = false;
    enum copse_err err = copse_people_say_name(deed, &now, error);
    *said += err == COPSE_OK && now;
    return err == COPSE_OK && !now ? COPSE_ERR_NOT_FOUND : err;
}

enum copse_err copse_people_set_name(const struct copse_practice *practice, size_t *said,
                                     struct copse_slice name, struct copse_error *error)
{
    uint8_t room[COPSE_OBJECT_LINE_BYTES_MAX + 8u];
    struct copse_writer writer;
    struct copse_slice value = {NULL, 0};
    *said = 0;
    if (!copse_bytes_is_utf8(name)) {
        return copse_error_set(error, COPSE_ERR_FORM, "the name is not valid UTF-8");
    }
    copse_writer_init(&writer, room, sizeof(room));
    copse_writer_str(&writer, name);
    const struct copse_object_field *row =
        copse_object_field(COPSE_OBJECT_PERSON, COPSE_OBJECT_FIELD_NAME);
    if (copse_writer_end(&value, &writer) != COPSE_OK) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "the name is too long");
    }
    if (name.size == 0 || !copse_object_takes(row, value)) {
        return copse_error_set(error, COPSE_ERR_FORM,
                               "a name is one line of at most %u bytes, without control characters",
                               COPSE_OBJECT_LINE_BYTES_MAX);
    }
    enum copse_err err = people_keep_name(practice, name, error);
    return err == COPSE_OK && practice->keyring != NULL
               ? copse_practice_in_all(practice, COPSE_DB_WRITE, people_say_in, said, error)
               : err;
}

static enum copse_err people_look_for_name(void *context, struct copse_practice_deed *deed,
                                           struct copse_error *error)
{
    struct copse_builder *name = context;
    struct copse_slice text = {NULL, 0};
    (void)error;
    enum copse_err err = COPSE_OK;
    if (name->size == 0) {
        err = copse_reading_name(deed, &text, copse_keyring_person(deed->practice->keyring));
        copse_builder_slice(name, text);
    }
    return err;
}

enum copse_err copse_people_adopt_name(const struct copse_practice *practice,
                                       struct copse_error *error)
{
    struct copse_practice_deed deed;
    struct copse_slice name = {NULL, 0};
    struct copse_builder found;
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_READ, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_people_own_name(&deed, &name);
    bool has_name = name.size > 0;
    copse_practice_end(&deed);
    if (err != COPSE_OK || has_name) {
        return err;
    }
    copse_builder_init(&found, practice->memory);
    err = copse_practice_in_all(practice, COPSE_DB_READ, people_look_for_name, &found, error);
    if (err == COPSE_OK) {
        err = copse_builder_end(&name, &found);
    }
    if (err == COPSE_OK && name.size > 0) {
        err = people_keep_name(practice, name, error);
    }
    copse_builder_deinit(&found);
    return err;
}
