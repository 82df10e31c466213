/* How it works: the lists of the view in a fixed order, and for each object the rows of its kind in
 * the order of the table. Lines go out as they are made.
 */
#include "protocol/rules/export.h"

#include "protocol/rules/view_field.h"
#include "protocol/rules/view_text.h"

#include <sodium.h>

#define MS_SHIFT 16u /* an hlc is milliseconds and a counter of this many bits; SPEC 4.13 */

struct exporter {
    struct copse_view *view;
    struct copse_json json;
    struct copse_view_field field; /* used again for each field */
};

/* ---- values ---- */

static void write_canonical(struct copse_json *json, const struct copse_object_field *row,
                            struct copse_slice value)
{
    struct copse_reader reader;
    copse_reader_init(&reader, value);
    struct copse_id id;
    uint64_t number = 0;
    switch (row->value) {
    case COPSE_OBJECT_LINE:
    case COPSE_OBJECT_PROSE:
        copse_json_string(json, copse_reader_str(&reader, row->max));
        break;
    case COPSE_OBJECT_COUNT:
        copse_json_number(json, (int64_t)copse_reader_uint(&reader, row->max));
        break;
    case COPSE_OBJECT_CHOICE:
        number = copse_reader_uint(&reader, row->max);
        if (copse_object_choice_name(row, number) != NULL) {
            copse_json_string(json, copse_bytes_of_string(copse_object_choice_name(row, number)));
        } else {
            copse_json_number(json, (int64_t)number);
        }
        break;
    case COPSE_OBJECT_BOOL:
        copse_json_bool(json, copse_reader_bool(&reader));
        break;
    case COPSE_OBJECT_ID:
        id = copse_reader_id(&reader);
        copse_json_id(json, &id);
        break;
    case COPSE_OBJECT_TIME:
        copse_json_number(json, copse_reader_int(&reader));
        break;
    }
}

static void write_key_id(struct copse_json *json, const char *key, const struct copse_id *id)
{
    copse_json_key(json, key);
    copse_json_id(json, id);
}

static void write_key_number(struct copse_json *json, const char *key, size_t value)
{
    copse_json_key(json, key);
    copse_json_number(json, (int64_t)value);
}

static void write_time(struct copse_json *json, uint64_t hlc)
{
    copse_json_key(json, "ms");
    copse_json_number(json, (int64_t)(hlc >> MS_SHIFT));
    copse_json_key(json, "tick");
    copse_json_number(json, (int64_t)(hlc & 0xffffu));
}

static void write_words(struct copse_json *json, enum copse_view_words words)
{
    const char *name = NULL;
    switch (words) {
    case COPSE_VIEW_HERE:
        return;
    case COPSE_VIEW_NONE:
        name = "none";
        break;
    case COPSE_VIEW_MISSING:
        name = "missing";
        break;
    case COPSE_VIEW_ERASED:
        name = "erased";
        break;
    case COPSE_VIEW_UNREADABLE:
        name = "unreadable";
        break;
    }
    copse_json_key(json, "words");
    copse_json_string(json, copse_bytes_of_string(name));
}

/* The inside of a value's object. */
static void write_value(struct copse_json *json, const struct copse_object_field *row,
                        const struct copse_view_field_value *value)
{
    copse_json_key(json, "value");
    if (value->words == COPSE_VIEW_HERE) {
        write_canonical(json, row, value->value);
    } else {
        copse_json_null(json);
        write_words(json, value->words);
    }
    if (value->has_hash) {
        write_key_id(json, "content", &value->content_hash);
    }
    write_key_id(json, "entry", &value->entry);
    write_key_id(json, "person", &value->person);
    write_key_id(json, "device", &value->author);
    write_time(json, value->hlc);
}

/* ---- fields ---- */

static bool has_words(const struct copse_view_field *field)
{
    for (size_t i = 0; i < field->live_count; i++) {
        if (field->values[i].words != COPSE_VIEW_NONE) {
            return true;
        }
    }
    return false;
}

/* The shown value, and the others that somebody must settle. */
static void write_register(struct exporter *exporter, const struct copse_object_field *row)
{
    struct copse_json *json = &exporter->json;
    const struct copse_view_field *field = &exporter->field;
    bool has_others = false;
    copse_json_object(json);
    write_value(json, row, &field->values[0]);
    for (size_t i = 1; i < field->live_count; i++) {
        if (field->values[i].words == COPSE_VIEW_NONE) {
            continue;
        }
        if (!has_others) {
            copse_json_key(json, "others");
            copse_json_array(json);
            has_others = true;
        }
        copse_json_object(json);
        write_value(json, row, &field->values[i]);
        copse_json_object_end(json);
    }
    if (has_others) {
        copse_json_array_end(json);
    }
    copse_json_object_end(json);
}

/* Elements of a set, or marks of persons. */
static void write_list(struct exporter *exporter, const struct copse_object_field *row)
{
    struct copse_json *json = &exporter->json;
    copse_json_array(json);
    for (size_t i = 0; i < exporter->field.live_count; i++) {
        if (exporter->field.values[i].is_first) {
            copse_json_object(json);
            write_value(json, row, &exporter->field.values[i]);
            copse_json_object_end(json);
        }
    }
    copse_json_array_end(json);
}

static enum copse_err write_field(struct exporter *exporter, const struct copse_view_object *object,
                                  const struct copse_object_field *row)
{
    enum copse_err err = copse_view_field_read(exporter->view, &exporter->field, object, row);
    if (err != COPSE_OK || !has_words(&exporter->field)) {
        return err;
    }
    copse_json_key(&exporter->json, copse_object_field_name(row));
    if (row->lane == COPSE_OBJECT_REGISTER || row->lane == COPSE_OBJECT_FLAG) {
        write_register(exporter, row);
    } else {
        write_list(exporter, row);
    }
    return COPSE_OK;
}

/* SPEC 8.14: "of EDITs that are refused, muted or pending it says nothing, not even how many: they
 * need not be held" */
static void write_text(struct copse_json *json, const struct copse_object_field *row,
                       const struct copse_text_view *text)
{
    if (text->head_count == 0) {
        return;
    }
    copse_json_key(json, copse_object_field_name(row));
    copse_json_object(json);
    copse_json_key(json, "value");
    copse_json_string(json, text->text);
    copse_json_key(json, "heads");
    copse_json_array(json);
    for (size_t i = 0; i < text->head_count; i++) {
        copse_json_id(json, &text->heads[i]);
    }
    copse_json_array_end(json);
    write_key_number(json, "gaps", text->gap_count);
    copse_json_object_end(json);
}

static enum copse_err write_body(struct exporter *exporter, const struct copse_view_object *object,
                                 const struct copse_object_field *row)
{
    struct copse_text *text = NULL;
    struct copse_text_view merged;
    enum copse_err err = copse_view_text_load(exporter->view, &text, object);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_text_merge(text, &merged, NULL);
    if (err == COPSE_OK) {
        write_text(&exporter->json, row, &merged);
    }
    copse_text_free(text);
    return err;
}

/* ---- objects ---- */

static void write_head(struct copse_json *json, const struct copse_view_object *object)
{
    const struct copse_view_entry *create = &object->create;
    write_key_id(json, "object", &object->id);
    copse_json_key(json, "kind");
    copse_json_string(json, copse_bytes_of_string(copse_object_kind_name(object->kind)));
    if (create->op.kind == COPSE_OP_CREATE && create->op.has_ref) {
        write_key_id(json, "ref", &create->op.ref);
    }
    write_key_id(json, "person", &create->person);
    write_key_id(json, "device", &create->held.entry.author);
    write_time(json, create->held.entry.hlc);
}

static enum copse_err write_fields(struct exporter *exporter,
                                   const struct copse_view_object *object)
{
    const struct copse_object_field *row = copse_object_field_at(object->kind, 0);
    for (size_t i = 0; row != NULL; row = copse_object_field_at(object->kind, ++i)) {
        enum copse_err err = row->lane == COPSE_OBJECT_TEXT ? write_body(exporter, object, row)
                                                            : write_field(exporter, object, row);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

/* SPEC 8.14: "Of an object that is hidden the line says so and has no fields" */
static enum copse_err write_object(struct exporter *exporter,
                                   const struct copse_view_object *object)
{
    enum copse_err err = COPSE_OK;
    bool is_hidden = object->create.verdict == COPSE_VERDICT_HONOURED && object->create.is_hidden;
    if (!object->is_visible && !is_hidden) {
        return COPSE_OK;
    }
    copse_json_object(&exporter->json);
    write_head(&exporter->json, object);
    if (is_hidden) {
        copse_json_key(&exporter->json, "hidden");
        copse_json_bool(&exporter->json, true);
    } else {
        err = write_fields(exporter, object);
    }
    copse_json_object_end(&exporter->json);
    copse_json_line(&exporter->json);
    return err != COPSE_OK ? err : exporter->json.err;
}

static enum copse_err write_community(struct exporter *exporter)
{
    struct copse_view_object object;
    const struct copse_id *id = &copse_view_options_of(exporter->view)->community;
    enum copse_err err = copse_view_object(exporter->view, &object, id);
    if (err == COPSE_ERR_NOT_FOUND) {
        return COPSE_OK;
    }
    return err != COPSE_OK ? err : write_object(exporter, &object);
}

enum which { EVERY_OBJECT, POSTS_ONLY };

static enum copse_err write_list_of(struct exporter *exporter, struct copse_view_cursor *cursor,
                                    enum which which)
{
    for (;;) {
        struct copse_view_object object;
        enum copse_err err = copse_view_next(exporter->view, &object, cursor);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_OK;
        }
        if (err == COPSE_OK && (which == EVERY_OBJECT || object.kind == COPSE_OBJECT_POST)) {
            err = write_object(exporter, &object);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
}

static enum copse_err write_all(struct exporter *exporter)
{
    struct copse_view_cursor cursor;
    enum copse_err err = write_community(exporter);
    if (err != COPSE_OK) {
        return err;
    }
    copse_view_open_people(&cursor);
    err = write_list_of(exporter, &cursor, EVERY_OBJECT);
    for (uint32_t kind = 0; err == COPSE_OK && copse_object_kind_name(kind) != NULL; kind++) {
        if (copse_object_is_creatable(kind)) {
            copse_view_open_kind(&cursor, kind);
            err = write_list_of(exporter, &cursor, EVERY_OBJECT);
        }
    }
    if (err == COPSE_OK) {
        copse_view_open_replies(&cursor);
        err = write_list_of(exporter, &cursor, POSTS_ONLY);
    }
    return err;
}

static void start(struct exporter *exporter, struct copse_view *view, copse_json_sink *sink,
                  void *context)
{
    exporter->view = view;
    copse_json_init(&exporter->json, sink, context);
    copse_view_field_init(&exporter->field, copse_view_options_of(view)->memory);
}

/* The fault of the export before that of the sink: it came first. */
static enum copse_err finish(struct exporter *exporter, enum copse_err err)
{
    copse_view_field_deinit(&exporter->field);
    enum copse_err sunk = copse_json_end(&exporter->json);
    return err != COPSE_OK ? err : sunk;
}

enum copse_err copse_export_all(struct copse_view *view, copse_json_sink *sink, void *context)
{
    struct exporter exporter;
    start(&exporter, view, sink, context);
    return finish(&exporter, write_all(&exporter));
}

enum copse_err copse_export_object(struct copse_view *view, const struct copse_view_object *object,
                                   copse_json_sink *sink, void *context)
{
    struct exporter exporter;
    start(&exporter, view, sink, context);
    return finish(&exporter, write_object(&exporter, object));
}

static enum copse_err hash(void *context, struct copse_slice bytes)
{
    crypto_generichash_blake2b_update(context, bytes.data, bytes.size);
    return COPSE_OK;
}

enum copse_err copse_export_digest(struct copse_view *view, struct copse_id *out)
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "copse.state.v1";
    crypto_generichash_blake2b_state state;
    if (crypto_generichash_blake2b_init_salt_personal(&state, NULL, 0, sizeof out->bytes, NULL,
                                                      personal) != 0) {
        return COPSE_ERR_UNSUITED;
    }
    enum copse_err err = copse_export_all(view, hash, &state);
    if (err == COPSE_OK) {
        crypto_generichash_blake2b_final(&state, out->bytes, sizeof out->bytes);
    }
    return err;
}
