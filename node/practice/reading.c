#include "node/practice/reading.h"

#include "protocol/rules/view_field.h"

#include <stdlib.h>
#include <string.h>

#define MATCHES_MAX 512u /* entries looked at for one typed id */

struct copse_slice copse_reading_text(struct copse_slice value)
{
    struct copse_reader reader;
    copse_reader_init(&reader, value);
    struct copse_slice text = copse_reader_str(&reader, value.size);
    return copse_reader_end(&reader) == COPSE_OK ? text : (struct copse_slice){NULL, 0};
}

static int reading_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool copse_reading_begins(const struct copse_id *id, const char *digits)
{
    size_t count = strlen(digits);
    if (count > 2 * COPSE_ID_BYTES) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        int byte = id->bytes[i / 2];
        if (reading_digit(digits[i]) != (i % 2 == 0 ? byte >> 4 : byte & 15)) {
            return false;
        }
    }
    return true;
}

static void reading_keep(struct copse_reading_match *out, const struct copse_view_object *object)
{
    for (size_t i = 0; i < out->count; i++) {
        if (copse_bytes_equal_ids(&out->objects[i].id, &object->id)) {
            return;
        }
    }
    if (out->count < COPSE_READING_CANDIDATES_MAX) {
        out->objects[out->count++] = *object;
    }
}

/* Among entries: those that made an object. */
static enum copse_err reading_match_entries(struct copse_practice_deed *deed,
                                            struct copse_view *view,
                                            struct copse_reading_match *out, const char *digits)
{
    uint8_t prefix[8];
    size_t size = strlen(digits) / 2 < sizeof(prefix) ? strlen(digits) / 2 : sizeof(prefix);
    for (size_t i = 0; i < size; i++) {
        prefix[i] = (uint8_t)(reading_digit(digits[2 * i]) * 16 + reading_digit(digits[2 * i + 1]));
    }
    struct copse_id *ids = copse_memory_new(deed->practice->memory, MATCHES_MAX, sizeof(*ids));
    if (ids == NULL) {
        return COPSE_ERR_NOMEM;
    }
    size_t count = 0;
    enum copse_err err = copse_entries_match(deed->txn, ids, &count, MATCHES_MAX,
                                             (struct copse_slice){prefix, size});
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        struct copse_view_object object;
        if (!copse_reading_begins(&ids[i], digits)) {
            continue;
        }
        err = copse_view_object(view, &object, &ids[i]);
        if (err == COPSE_OK) {
            reading_keep(out, &object);
        } else if (err == COPSE_ERR_NOT_FOUND) {
            err = COPSE_OK;
        }
    }
    copse_memory_free(deed->practice->memory, ids);
    return err;
}

static enum copse_err reading_match_people(struct copse_view *view, struct copse_reading_match *out,
                                           const char *digits)
{
    struct copse_view_cursor cursor;
    struct copse_view_object object;
    enum copse_err err;
    copse_view_open_people(&cursor);
    while ((err = copse_view_next(view, &object, &cursor)) == COPSE_OK) {
        if (copse_reading_begins(&object.id, digits)) {
            reading_keep(out, &object);
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_reading_match(struct copse_practice_deed *deed,
                                   struct copse_reading_match *out, const char *digits)
{
    struct copse_view *view;
    size_t count = strlen(digits);
    out->count = 0;
    if (count < COPSE_READING_DIGITS_MIN || count > 2 * COPSE_ID_BYTES) {
        return COPSE_ERR_DECODE;
    }
    for (size_t i = 0; i < count; i++) {
        if (reading_digit(digits[i]) < 0) {
            return COPSE_ERR_DECODE;
        }
    }
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = reading_match_entries(deed, view, out, digits);
    }
    return err == COPSE_OK ? reading_match_people(view, out, digits) : err;
}

/* Read a field; the caller deinits. */
static enum copse_err reading_field(struct copse_practice_deed *deed, struct copse_view_field *out,
                                    const struct copse_view_object *object,
                                    enum copse_object_number number)
{
    struct copse_view *view;
    const struct copse_object_field *row = copse_object_field(object->kind, number);
    copse_view_field_init(out, deed->practice->memory);
    if (row == NULL) {
        return COPSE_OK;
    }
    enum copse_err err = copse_practice_view(deed, &view);
    return err == COPSE_OK ? copse_view_field_read(view, out, object, row) : err;
}

/* The bytes of the shown value; they outlive the field, being the source's. */
static enum copse_err reading_shown(struct copse_practice_deed *deed, struct copse_slice *out,
                                    const struct copse_view_object *object,
                                    enum copse_object_number number)
{
    struct copse_view_field field;
    *out = (struct copse_slice){NULL, 0};
    enum copse_err err = reading_field(deed, &field, object, number);
    if (err == COPSE_OK) {
        const struct copse_view_field_value *shown = copse_view_field_shown(&field);
        if (shown != NULL) {
            *out = shown->value;
        }
    }
    copse_view_field_deinit(&field);
    return err;
}

enum copse_err copse_reading_string(struct copse_practice_deed *deed, struct copse_slice *out,
                                    const struct copse_view_object *object,
                                    enum copse_object_number number)
{
    enum copse_err err = reading_shown(deed, out, object, number);
    *out = copse_reading_text(*out);
    return err;
}

enum copse_err copse_reading_number(struct copse_practice_deed *deed, int64_t *out,
                                    const struct copse_view_object *object,
                                    enum copse_object_number number, int64_t otherwise)
{
    struct copse_slice value;
    struct copse_reader reader;
    enum copse_err err = reading_shown(deed, &value, object, number);
    copse_reader_init(&reader, value);
    int64_t read = copse_reader_int(&reader);
    *out = value.size > 0 && copse_reader_end(&reader) == COPSE_OK ? read : otherwise;
    return err;
}

enum copse_err copse_reading_type(struct copse_practice_deed *deed, const char **out,
                                  const struct copse_view_object *object)
{
    int64_t number = 0;
    enum copse_err err = copse_reading_number(deed, &number, object, COPSE_OBJECT_FIELD_TYPE,
                                              (int64_t)object->create.op.type);
    const struct copse_object_field *row =
        copse_object_field(object->kind, COPSE_OBJECT_FIELD_TYPE);
    const char *name =
        row == NULL || number < 0 ? NULL : copse_object_choice_name(row, (uint64_t)number);
    if (name == NULL) {
        name = copse_object_kind_name(object->kind);
    }
    *out = name == NULL ? "thing" : name;
    return err;
}

static int reading_compare(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

enum copse_err copse_reading_over(struct copse_practice_deed *deed, struct copse_reading_over *out,
                                  const struct copse_view_object *object,
                                  enum copse_object_number number, struct copse_slice element)
{
    struct copse_view_field field;
    const struct copse_object_field *row = copse_object_field(object->kind, number);
    const struct copse_keyring *keyring = deed->practice->keyring;
    size_t kept = 0;
    out->count = 0;
    enum copse_err err = reading_field(deed, &field, object, number);
    for (size_t i = 0; err == COPSE_OK && i < field.live_count; i++) {
        const struct copse_view_field_value *value = &field.values[i];
        bool is_other_person =
            row->lane == COPSE_OBJECT_MARK &&
            (keyring == NULL ||
             !copse_bytes_equal_ids(&value->person, copse_keyring_person(keyring)));
        bool is_other_element =
            element.size > 0 && !copse_bytes_equal(copse_reading_text(value->value), element);
        if (!is_other_person && !is_other_element && out->count < COPSE_OP_OVER_MAX) {
            out->ids[out->count++] = value->entry;
        }
    }
    copse_view_field_deinit(&field);
    qsort(out->ids, out->count, sizeof(*out->ids), reading_compare);
    for (size_t i = 0; i < out->count; i++) { /* an entry may have added several elements */
        if (kept == 0 || !copse_bytes_equal_ids(&out->ids[kept - 1], &out->ids[i])) {
            out->ids[kept++] = out->ids[i];
        }
    }
    out->count = kept;
    return err;
}

static struct copse_slice reading_value(const struct copse_object_field *row,
                                        struct copse_slice value)
{
    struct copse_reader reader;
    copse_reader_init(&reader, value);
    if (row->value != COPSE_OBJECT_CHOICE) {
        return copse_reading_text(value);
    }
    uint64_t number = copse_reader_uint(&reader, UINT32_MAX);
    const char *name =
        copse_reader_end(&reader) == COPSE_OK ? copse_object_choice_name(row, number) : NULL;
    return copse_bytes_of_string(name == NULL ? "" : name);
}

enum copse_err copse_reading_live(struct copse_practice_deed *deed,
                                  struct copse_reading_values *out,
                                  const struct copse_view_object *object,
                                  enum copse_object_number number)
{
    struct copse_view_field field;
    out->count = 0;
    enum copse_err err = reading_field(deed, &field, object, number);
    for (size_t i = 0; err == COPSE_OK && i < field.live_count; i++) {
        if (out->count < COPSE_READING_VALUES_MAX) {
            out->items[out->count++] =
                reading_value(copse_object_field(object->kind, number), field.values[i].value);
        }
    }
    copse_view_field_deinit(&field);
    return err;
}

static int reading_compare_text(const void *a, const void *b)
{
    return copse_bytes_compare(*(const struct copse_slice *)a, *(const struct copse_slice *)b);
}

enum copse_err copse_reading_tags(struct copse_practice_deed *deed, struct copse_reading_tags *out,
                                  const struct copse_view_object *object)
{
    struct copse_view_field field;
    out->count = 0;
    enum copse_err err = reading_field(deed, &field, object, COPSE_OBJECT_FIELD_TAGS);
    for (size_t i = 0; err == COPSE_OK && i < field.live_count; i++) {
        struct copse_slice tag = copse_reading_text(field.values[i].value);
        if (field.values[i].is_first && tag.size > 0 && out->count < COPSE_READING_TAGS_MAX) {
            out->items[out->count++] = tag;
        }
    }
    copse_view_field_deinit(&field);
    qsort(out->items, out->count, sizeof(*out->items), reading_compare_text);
    return err;
}

enum copse_err copse_reading_name(struct copse_practice_deed *deed, struct copse_slice *out,
                                  const struct copse_id *person)
{
    struct copse_view *view;
    struct copse_view_object object;
    *out = (struct copse_slice){NULL, 0};
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_object(view, &object, person);
    }
    if (err == COPSE_OK) {
        return copse_reading_string(deed, out, &object, COPSE_OBJECT_FIELD_NAME);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}
