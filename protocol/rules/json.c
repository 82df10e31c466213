/* How it works: bytes gather in a buffer that goes to the sink when it is full. A comma is written
 * before every key or value that is not the first at its place.
 */
#include "protocol/rules/json.h"

void copse_json_init(struct copse_json *json, copse_json_sink *sink, void *context)
{
    json->sink = sink;
    json->context = context;
    json->err = COPSE_OK;
    json->size = 0;
    json->is_first = true;
    json->is_keyed = false;
}

static void flush(struct copse_json *json)
{
    if (json->err == COPSE_OK && json->size > 0) {
        json->err = json->sink(json->context, (struct copse_slice){json->buffer, json->size});
    }
    json->size = 0;
}

enum copse_err copse_json_end(struct copse_json *json)
{
    flush(json);
    return json->err;
}

static void put(struct copse_json *json, char character)
{
    if (json->size == sizeof json->buffer) {
        flush(json);
    }
    json->buffer[json->size] = (uint8_t)character;
    json->size++;
}

static void put_text(struct copse_json *json, const char *text)
{
    for (; *text != '\0'; text++) {
        put(json, *text);
    }
}

static void begin(struct copse_json *json)
{
    if (!json->is_first && !json->is_keyed) {
        put(json, ',');
    }
    json->is_first = false;
    json->is_keyed = false;
}

static void open(struct copse_json *json, char bracket)
{
    begin(json);
    put(json, bracket);
    json->is_first = true;
}

static void close(struct copse_json *json, char bracket)
{
    put(json, bracket);
    json->is_first = false;
}

void copse_json_object(struct copse_json *json)
{
    open(json, '{');
}

void copse_json_object_end(struct copse_json *json)
{
    close(json, '}');
}

void copse_json_array(struct copse_json *json)
{
    open(json, '[');
}

void copse_json_array_end(struct copse_json *json)
{
    close(json, ']');
}

void copse_json_key(struct copse_json *json, const char *key)
{
    begin(json);
    put(json, '"');
    put_text(json, key);
    put_text(json, "\":");
    json->is_keyed = true;
}

/* RFC 8259, 7: what must be escaped; the two-character forms where there is one. */
static void put_escaped(struct copse_json *json, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    switch (byte) {
    case '"':
        put_text(json, "\\\"");
        break;
    case '\\':
        put_text(json, "\\\\");
        break;
    case '\n':
        put_text(json, "\\n");
        break;
    case '\r':
        put_text(json, "\\r");
        break;
    case '\t':
        put_text(json, "\\t");
        break;
    default:
        if (byte < 0x20) {
            put_text(json, "\\u00");
            put(json, digits[byte >> 4]);
            put(json, digits[byte & 0x0f]);
        } else {
            put(json, (char)byte);
        }
        break;
    }
}

void copse_json_string(struct copse_json *json, struct copse_slice utf8)
{
    begin(json);
    put(json, '"');
    for (size_t i = 0; i < utf8.size; i++) {
        put_escaped(json, utf8.data[i]);
    }
    put(json, '"');
}

void copse_json_id(struct copse_json *json, const struct copse_id *id)
{
    char hex[COPSE_ID_HEX_BYTES];
    copse_bytes_id_to_hex(hex, id);
    copse_json_string(json, copse_bytes_of_string(hex));
}

void copse_json_number(struct copse_json *json, int64_t value)
{
    char digits[20]; /* those of 2^64 at most */
    size_t count = 0;
    uint64_t rest = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    do {
        digits[count] = (char)('0' + (char)(rest % 10));
        count++;
        rest /= 10;
    } while (rest > 0);
    begin(json);
    if (value < 0) {
        put(json, '-');
    }
    while (count > 0) {
        count--;
        put(json, digits[count]);
    }
}

void copse_json_bool(struct copse_json *json, bool value)
{
    begin(json);
    put_text(json, value ? "true" : "false");
}

void copse_json_null(struct copse_json *json)
{
    begin(json);
    put_text(json, "null");
}

void copse_json_line(struct copse_json *json)
{
    put(json, '\n');
    json->is_first = true;
}
