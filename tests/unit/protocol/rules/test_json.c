/* JSON in one form only. */
#include "protocol/rules/json.h"
#include "tests/support/cmocka.h"

#include <string.h>

enum { ROOM_BYTES = 20000, LONG_TEXT = 10000 };

struct sink {
    uint8_t bytes[ROOM_BYTES];
    size_t size;
    size_t calls;
    enum copse_err answer;
};

static enum copse_err take(void *context, struct copse_slice bytes)
{
    struct sink *sink = context;
    sink->calls++;
    assert_true(bytes.size <= sizeof sink->bytes - sink->size);
    memcpy(sink->bytes + sink->size, bytes.data, bytes.size);
    sink->size += bytes.size;
    return sink->answer;
}

static void check(const struct sink *sink, const char *expected)
{
    assert_int_equal(sink->size, strlen(expected));
    assert_memory_equal(sink->bytes, expected, sink->size);
}

static void json__puts_commas_between_and_nowhere_else(void **state)
{
    (void)state;
    struct sink sink = {.size = 0};
    struct copse_json json;
    copse_json_init(&json, take, &sink);
    copse_json_object(&json);
    copse_json_key(&json, "a");
    copse_json_array(&json);
    copse_json_array_end(&json);
    copse_json_key(&json, "b");
    copse_json_array(&json);
    copse_json_number(&json, INT64_MIN);
    copse_json_number(&json, -70);
    copse_json_bool(&json, true);
    copse_json_null(&json);
    copse_json_object(&json);
    copse_json_object_end(&json);
    copse_json_array_end(&json);
    copse_json_object_end(&json);
    copse_json_line(&json);
    copse_json_bool(&json, false);
    copse_json_line(&json);
    assert_int_equal(copse_json_end(&json), COPSE_OK);
    check(&sink, "{\"a\":[],\"b\":[-9223372036854775808,-70,true,null,{}]}\nfalse\n");
}

static void json__escapes_what_must_be_and_leaves_the_rest(void **state)
{
    (void)state;
    static const char text[] = "\"\\/\n\t\r\b\x01\x1f\x7f \xc3\xa4\xe2\x80\xa8<";
    struct sink sink = {.size = 0};
    struct copse_json json;
    copse_json_init(&json, take, &sink);
    copse_json_string(&json, copse_bytes_of_string(text));
    assert_int_equal(copse_json_end(&json), COPSE_OK);
    check(&sink, "\"\\\"\\\\/\\n\\t\\r\\u0008\\u0001\\u001f\x7f \xc3\xa4\xe2\x80\xa8<\"");
}

static void json__hands_over_texts_longer_than_its_buffer(void **state)
{
    (void)state;
    static uint8_t text[LONG_TEXT];
    struct sink sink = {.size = 0};
    struct copse_json json;
    memset(text, 'x', sizeof text);
    copse_json_init(&json, take, &sink);
    copse_json_string(&json, (struct copse_slice){text, sizeof text});
    assert_int_equal(copse_json_end(&json), COPSE_OK);
    assert_int_equal(sink.size, LONG_TEXT + 2);
    assert_memory_equal(sink.bytes + 1, text, LONG_TEXT);
}

static void json__stops_at_the_first_fault_of_the_sink(void **state)
{
    (void)state;
    static uint8_t text[LONG_TEXT];
    struct sink sink = {.answer = COPSE_ERR_FULL};
    struct copse_json json;
    memset(text, 'x', sizeof text);
    copse_json_init(&json, take, &sink);
    copse_json_string(&json, (struct copse_slice){text, sizeof text});
    assert_int_equal(copse_json_end(&json), COPSE_ERR_FULL);
    assert_int_equal(sink.calls, 1);
}

static void json__writes_ids_in_hexadecimal(void **state)
{
    (void)state;
    struct sink sink = {.size = 0};
    struct copse_json json;
    struct copse_id id;
    memset(&id, 0xa5, sizeof id);
    copse_json_init(&json, take, &sink);
    copse_json_id(&json, &id);
    assert_int_equal(copse_json_end(&json), COPSE_OK);
    check(&sink, "\"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__puts_commas_between_and_nowhere_else),
        cmocka_unit_test(json__escapes_what_must_be_and_leaves_the_rest),
        cmocka_unit_test(json__hands_over_texts_longer_than_its_buffer),
        cmocka_unit_test(json__stops_at_the_first_fault_of_the_sink),
        cmocka_unit_test(json__writes_ids_in_hexadecimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
