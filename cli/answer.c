/* How it works: text is appended as it comes; one flag per open level says whether a comma is
 * due before the next value. */
#include "cli/answer.h"

#include "cli/terminal.h"

#include <inttypes.h>

void copse_answer_init(struct copse_answer *json, const struct copse_memory *memory)
{
    *json = (struct copse_answer){.depth = 0};
    copse_builder_init(&json->text, memory);
}

void copse_answer_deinit(struct copse_answer *json)
{
    copse_builder_deinit(&json->text);
    json->depth = 0;
    json->filled[0] = false;
}

static void answer_quote(struct copse_answer *json, struct copse_slice text)
{
    bool is_utf8 = copse_bytes_is_utf8(text); /* a path may be anything */
    copse_builder_byte(&json->text, '"');
    while (text.size > 0) {
        uint32_t scalar = text.data[0];
        size_t size = is_utf8 ? copse_bytes_next_scalar(&scalar, text) : 1;
        struct copse_slice bytes = {text.data, size};
        if (!is_utf8 && scalar >= 0x80) {
            copse_builder_text(&json->text, COPSE_TERMINAL_REPLACEMENT);
        } else if (scalar == '"' || scalar == '\\') {
            copse_builder_byte(&json->text, '\\');
            copse_builder_slice(&json->text, bytes);
        } else if (scalar == '\n') {
            copse_builder_text(&json->text, "\\n");
        } else if (copse_terminal_is_unsafe(scalar) || scalar == '\t') {
            copse_builder_format(&json->text, "\\u%04" PRIx32, scalar);
        } else {
            copse_builder_slice(&json->text, bytes);
        }
        text.data += size;
        text.size -= size;
    }
    copse_builder_byte(&json->text, '"');
}

/* What stands before a value: a comma, and the key inside an object. */
static void answer_lead(struct copse_answer *json, const char *key)
{
    if (json->filled[json->depth]) {
        copse_builder_byte(&json->text, ',');
    }
    json->filled[json->depth] = true;
    if (key != NULL) {
        answer_quote(json, copse_bytes_of_string(key));
        copse_builder_byte(&json->text, ':');
    }
}

static void answer_open(struct copse_answer *json, const char *key, char bracket)
{
    answer_lead(json, key);
    copse_builder_byte(&json->text, bracket);
    json->depth++;
    COPSE_ASSERT(json->depth < COPSE_ANSWER_DEPTH_MAX);
    json->filled[json->depth] = false;
}

static void answer_close(struct copse_answer *json, char bracket)
{
    COPSE_ASSERT(json->depth > 0);
    json->depth--;
    copse_builder_byte(&json->text, bracket);
}

void copse_answer_object(struct copse_answer *json, const char *key)
{
    answer_open(json, key, '{');
}

void copse_answer_object_end(struct copse_answer *json)
{
    answer_close(json, '}');
}

void copse_answer_array(struct copse_answer *json, const char *key)
{
    answer_open(json, key, '[');
}

void copse_answer_array_end(struct copse_answer *json)
{
    answer_close(json, ']');
}

void copse_answer_string(struct copse_answer *json, const char *key, struct copse_slice text)
{
    answer_lead(json, key);
    answer_quote(json, text);
}

void copse_answer_word(struct copse_answer *json, const char *key, const char *text)
{
    if (text == NULL) {
        copse_answer_null(json, key);
        return;
    }
    copse_answer_string(json, key, copse_bytes_of_string(text));
}

void copse_answer_number(struct copse_answer *json, const char *key, uint64_t number)
{
    answer_lead(json, key);
    copse_builder_format(&json->text, "%" PRIu64, number);
}

void copse_answer_signed(struct copse_answer *json, const char *key, int64_t number)
{
    answer_lead(json, key);
    copse_builder_format(&json->text, "%" PRId64, number);
}

void copse_answer_truth(struct copse_answer *json, const char *key, bool truth)
{
    answer_lead(json, key);
    copse_builder_text(&json->text, truth ? "true" : "false");
}

void copse_answer_null(struct copse_answer *json, const char *key)
{
    answer_lead(json, key);
    copse_builder_text(&json->text, "null");
}

void copse_answer_id(struct copse_answer *json, const char *key, const struct copse_id *id)
{
    char hex[COPSE_ID_HEX_BYTES];
    copse_bytes_id_to_hex(hex, id);
    copse_answer_word(json, key, hex);
}

void copse_answer_time(struct copse_answer *json, const char *key, int64_t time_ms)
{
    char text[COPSE_TERMINAL_TIME_BYTES];
    copse_terminal_time(text, time_ms, COPSE_TERMINAL_UTC);
    copse_answer_word(json, key, text);
}

void copse_answer_raw(struct copse_answer *json, const char *key, struct copse_slice value)
{
    answer_lead(json, key);
    copse_builder_slice(&json->text, value);
}

enum copse_err copse_answer_end(struct copse_slice *out, struct copse_answer *json)
{
    COPSE_ASSERT(json->depth == 0);
    return copse_builder_end(out, &json->text);
}
