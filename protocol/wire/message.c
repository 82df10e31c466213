/* How it works: a row of `rows` is one message: its properties and its fields, each with a form, a
 * place in struct copse_message and its limits. Decoding and encoding walk the same row.
 */
#include "protocol/wire/message.h"

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"

#include <stddef.h>
#include <string.h>

#define FIELDS_MAX 6u
#define ITEMS_MAX 32u /* items of a message with those of later versions */

enum form {
    NUMBER, /* from 0 to max */
    BYTES,  /* a bin of `min` to `max` bytes, a multiple of `unit` */
    BYTES_OR_NIL,
    TEXT, /* a str of at most `max` bytes */
    LIST, /* an array of at most `max` bytes in all, whatever is in it */
};

struct field {
    enum form form;
    size_t place; /* in struct copse_message */
    uint64_t min; /* bytes */
    uint64_t max; /* bytes, or the largest number */
    size_t unit;
};

struct row {
    enum copse_message_type type;
    bool has_handle;
    bool is_paced;
    bool is_weighed;
    size_t field_count;
    struct field fields[FIELDS_MAX];
};

#define AT(member) offsetof(struct copse_message, member)
#define HANDLE_FIELD                                                                               \
    {                                                                                              \
        NUMBER, AT(handle), 0, COPSE_MESSAGE_HANDLES - 1, 0                                        \
    }
#define EXACT(member, size)                                                                        \
    {                                                                                              \
        BYTES, AT(member), (size), (size), 1                                                       \
    }
#define UP_TO(member, limit)                                                                       \
    {                                                                                              \
        NUMBER, AT(member), 0, (limit), 0                                                          \
    }

// clang-format off
static const struct row rows[] = {
    {COPSE_MESSAGE_HELLO, false, false, false, 6,
     {UP_TO(hello.version_min, UINT32_MAX), UP_TO(hello.version_max, UINT32_MAX),
      UP_TO(hello.features, UINT64_MAX), {TEXT, AT(hello.agent), 0, COPSE_MESSAGE_AGENT_MAX, 1},
      UP_TO(hello.wall_ms, UINT64_MAX), UP_TO(hello.credit, UINT32_MAX)}},
    {COPSE_MESSAGE_BYE, false, false, false, 3,
     {UP_TO(bye.code, UINT32_MAX), UP_TO(bye.wait_s, UINT32_MAX),
      {TEXT, AT(bye.text), 0, COPSE_MESSAGE_TEXT_MAX, 1}}},
    {COPSE_MESSAGE_PING, false, true, false, 1, {UP_TO(token, UINT64_MAX)}},
    {COPSE_MESSAGE_PONG, false, false, false, 1, {UP_TO(token, UINT64_MAX)}},
    {COPSE_MESSAGE_CREDIT, false, false, false, 1, {UP_TO(credit, UINT32_MAX)}},
    {COPSE_MESSAGE_OPEN, true, true, false, 2,
     {HANDLE_FIELD, EXACT(open.tag, COPSE_MESSAGE_TAG_BYTES)}},
    {COPSE_MESSAGE_OPENED, true, false, false, 5,
     {HANDLE_FIELD, EXACT(open.tag, COPSE_MESSAGE_TAG_BYTES), EXACT(open.device, COPSE_ID_BYTES),
      EXACT(open.proof, COPSE_MESSAGE_PROOF_BYTES),
      {BYTES_OR_NIL, AT(open.admission), 1, COPSE_MESSAGE_ADMISSION_MAX, 1}}},
    {COPSE_MESSAGE_CLOSE, true, true, false, 2, {HANDLE_FIELD, UP_TO(code, UINT32_MAX)}},
    {COPSE_MESSAGE_SUMMARY, true, true, false, 3,
     {HANDLE_FIELD, UP_TO(sums[0], UINT64_MAX), UP_TO(sums[1], UINT64_MAX)}},
    {COPSE_MESSAGE_SAME, true, false, false, 1, {HANDLE_FIELD}},
    {COPSE_MESSAGE_RANGES, true, false, false, 3,
     {HANDLE_FIELD, UP_TO(ranges.class, 1),
      {LIST, AT(ranges.parts), 1, COPSE_MESSAGE_PARTS_MAX, 1}}},
    {COPSE_MESSAGE_RUN, true, false, true, 2,
     {HANDLE_FIELD, {BYTES, AT(run), 1, COPSE_MESSAGE_RUN_MAX, 1}}},
    {COPSE_MESSAGE_SENT, true, false, false, 1, {HANDLE_FIELD}},
    {COPSE_MESSAGE_LOCATE, true, true, false, 5,
     {HANDLE_FIELD, UP_TO(locate.class, 1), UP_TO(locate.is_answer, 1),
      EXACT(locate.author, COPSE_ID_BYTES),
      {BYTES, AT(locate.known), 0, (size_t)COPSE_MESSAGE_KNOWN_MAX * COPSE_MESSAGE_KNOWN_BYTES,
       COPSE_MESSAGE_KNOWN_BYTES}}},
    {COPSE_MESSAGE_CWANT, true, true, false, 3,
     {HANDLE_FIELD, UP_TO(content.what, COPSE_MESSAGE_ENTRIES),
      {BYTES, AT(content.id), COPSE_ID_BYTES, (size_t)COPSE_MESSAGE_IDS_MAX * COPSE_ID_BYTES,
       COPSE_ID_BYTES}}},
    {COPSE_MESSAGE_CDATA, true, false, true, 3,
     {HANDLE_FIELD, EXACT(content.id, COPSE_ID_BYTES),
      {BYTES, AT(content.salted), COPSE_CONTENT_SALT_BYTES + 1, COPSE_MESSAGE_SALTED_MAX, 1}}},
    {COPSE_MESSAGE_CNONE, true, false, false, 3,
     {HANDLE_FIELD, EXACT(content.id, COPSE_ID_BYTES),
      UP_TO(content.why, COPSE_MESSAGE_DECLINED)}},
};
// clang-format on

static const struct row *row_of(uint64_t type)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        if ((uint64_t)rows[i].type == type) {
            return &rows[i];
        }
    }
    return NULL;
}

/* ---- decoding ---- */

static bool is_size(const struct field *field, size_t size)
{
    return size >= field->min && size <= field->max && size % field->unit == 0;
}

static struct copse_slice read_slice(struct copse_reader *reader, const struct field *field)
{
    struct copse_slice slice = {NULL, 0};
    switch (field->form) {
    case BYTES_OR_NIL:
        if (copse_reader_nil(reader)) {
            return slice;
        }
        slice = copse_reader_bin(reader, (size_t)field->max);
        break;
    case BYTES:
        slice = copse_reader_bin(reader, (size_t)field->max);
        break;
    case TEXT:
        slice = copse_reader_str(reader, (size_t)field->max);
        break;
    case LIST:
        if (copse_reader_peek(reader) == COPSE_READER_ARRAY) {
            slice = copse_reader_value(reader, COPSE_READER_DEPTH_MAX - 1);
        }
        break;
    case NUMBER:
        break;
    }
    if (!is_size(field, slice.size)) {
        copse_reader_fail(reader);
    }
    return slice;
}

static void read_field(struct copse_message *out, struct copse_reader *reader,
                       const struct field *field)
{
    uint8_t *place = (uint8_t *)out + field->place;
    if (field->form == NUMBER) {
        uint64_t number = copse_reader_uint(reader, field->max);
        memcpy(place, &number, sizeof number);
    } else {
        struct copse_slice slice = read_slice(reader, field);
        memcpy(place, &slice, sizeof slice);
    }
}

/* SPEC 10.4: "followed by zero bytes (padding) or nothing" */
static bool is_padding(const struct copse_reader *reader)
{
    if (reader->cursor == NULL) {
        return false;
    }
    for (const uint8_t *byte = reader->cursor; byte < reader->end; byte++) {
        if (*byte != 0) {
            return false;
        }
    }
    return true;
}

enum copse_err copse_message_decode(struct copse_message *out, struct copse_slice bytes)
{
    struct copse_reader reader;
    copse_reader_init(&reader, bytes);
    size_t items = copse_reader_array(&reader, ITEMS_MAX);
    uint64_t type = copse_reader_uint(&reader, UINT32_MAX);
    if (reader.cursor == NULL || items == 0 || bytes.size > COPSE_MESSAGE_BYTES_MAX) {
        return COPSE_ERR_DECODE;
    }
    const struct row *row = row_of(type);
    size_t known = row == NULL ? 0 : row->field_count;
    if (items < known + 1) {
        return COPSE_ERR_DECODE;
    }
    struct copse_message message;
    memset(&message, 0, sizeof message);
    for (size_t i = 0; i < known; i++) {
        read_field(&message, &reader, &row->fields[i]);
    }
    /* SPEC 10.4: "Readers ignore further items at the end of the array." */
    for (size_t i = known + 1; i < items; i++) {
        (void)copse_reader_value(&reader, COPSE_READER_DEPTH_MAX - 1);
    }
    if (!is_padding(&reader)) {
        return COPSE_ERR_DECODE;
    }
    if (row == NULL) {
        return type % 2 == 1 ? COPSE_ERR_NOT_FOUND : COPSE_ERR_VERSION;
    }
    message.type = row->type;
    *out = message;
    return COPSE_OK;
}

/* ---- encoding ---- */

static void write_field(struct copse_writer *writer, const struct copse_message *message,
                        const struct field *field)
{
    const uint8_t *place = (const uint8_t *)message + field->place;
    uint64_t number = 0;
    struct copse_slice slice = {NULL, 0};
    if (field->form == NUMBER) {
        memcpy(&number, place, sizeof number);
        COPSE_ASSERT(number <= field->max);
    } else {
        memcpy(&slice, place, sizeof slice);
        COPSE_ASSERT((slice.data == NULL && field->form == BYTES_OR_NIL) ||
                     is_size(field, slice.size));
    }
    switch (field->form) {
    case NUMBER:
        copse_writer_uint(writer, number);
        break;
    case BYTES_OR_NIL:
        if (slice.data == NULL) {
            copse_writer_nil(writer);
            break;
        }
        copse_writer_bin(writer, slice);
        break;
    case BYTES:
        copse_writer_bin(writer, slice);
        break;
    case TEXT:
        copse_writer_str(writer, slice);
        break;
    case LIST:
        copse_writer_raw(writer, slice);
        break;
    }
}

enum copse_err copse_message_encode(struct copse_slice *out, struct copse_noise_room room,
                                    const struct copse_message *message)
{
    const struct row *row = row_of((uint64_t)message->type);
    COPSE_ASSERT(row != NULL);
    struct copse_writer writer;
    copse_writer_init(&writer, room.data, room.size);
    copse_writer_array(&writer, row->field_count + 1);
    copse_writer_uint(&writer, (uint64_t)row->type);
    for (size_t i = 0; i < row->field_count; i++) {
        write_field(&writer, message, &row->fields[i]);
    }
    return copse_writer_end(out, &writer);
}

/* ---- properties ---- */

bool copse_message_has_handle(enum copse_message_type type)
{
    return row_of((uint64_t)type)->has_handle;
}

bool copse_message_is_paced(enum copse_message_type type)
{
    return row_of((uint64_t)type)->is_paced;
}

bool copse_message_is_weighed(enum copse_message_type type)
{
    return row_of((uint64_t)type)->is_weighed;
}

const char *copse_message_code_text(uint64_t code)
{
    switch (code) {
#define CODE_TEXT(name, value, text)                                                               \
    case (value):                                                                                  \
        return text;
        COPSE_CODE_MAP(CODE_TEXT)
#undef CODE_TEXT
    default:
        return "a reason of a later version";
    }
}
