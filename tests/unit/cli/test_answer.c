#include "cli/answer.h"

#include "tests/support/cmocka.h"

#include <jansson.h>

#define SLICE(text) copse_bytes_of_string(text)

static void answer__is_json_that_another_reader_takes(void **state)
{
    (void)state;
    static const char words[] =
        "\"quoted\" \\ line\nfeed\ttab \033 \xc2\x9b \xe2\x80\xae caf\xc3\xa9";
    struct copse_answer answer;
    struct copse_slice text;
    struct copse_id id = {{0xab}};
    copse_answer_init(&answer, copse_memory_heap());
    copse_answer_object(&answer, NULL);
    copse_answer_string(&answer, "words", SLICE(words));
    copse_answer_array(&answer, "items");
    copse_answer_number(&answer, NULL, 18446744073709551615u);
    copse_answer_signed(&answer, NULL, -5);
    copse_answer_object(&answer, NULL);
    copse_answer_object_end(&answer);
    copse_answer_array_end(&answer);
    copse_answer_truth(&answer, "truth", true);
    copse_answer_null(&answer, "nothing");
    copse_answer_word(&answer, "no_word", NULL);
    copse_answer_id(&answer, "id", &id);
    copse_answer_raw(&answer, "raw", SLICE("[1]"));
    copse_answer_object_end(&answer);
    assert_int_equal(copse_answer_end(&text, &answer), COPSE_OK);
    json_t *read = json_loadb((const char *)text.data, text.size, JSON_DECODE_INT_AS_REAL, NULL);
    assert_non_null(read);
    assert_string_equal(json_string_value(json_object_get(read, "words")), words);
    assert_int_equal(json_array_size(json_object_get(read, "items")), 3);
    assert_true(json_is_true(json_object_get(read, "truth")));
    assert_true(json_is_null(json_object_get(read, "nothing")));
    assert_true(json_is_null(json_object_get(read, "no_word")));
    assert_int_equal(json_string_length(json_object_get(read, "id")), 64);
    json_decref(read);
    for (size_t i = 0; i < text.size; i++) {
        assert_true(text.data[i] >= 0x20 && text.data[i] != 0x7f);
    }
    copse_answer_deinit(&answer);
}

/* A path, say, that is no UTF-8: it can be read, and nothing behind it is lost. */
static void answer__takes_words_that_are_no_utf8(void **state)
{
    (void)state;
    struct copse_answer answer;
    struct copse_slice text;
    copse_answer_init(&answer, copse_memory_heap());
    copse_answer_object(&answer, NULL);
    copse_answer_word(&answer, "file", "/a\xff\"b\033\xc3");
    copse_answer_object_end(&answer);
    assert_int_equal(copse_answer_end(&text, &answer), COPSE_OK);
    json_t *read = json_loadb((const char *)text.data, text.size, 0, NULL);
    assert_non_null(read);
    assert_string_equal(json_string_value(json_object_get(read, "file")),
                        "/a\xef\xbf\xbd\"b\033\xef\xbf\xbd");
    json_decref(read);
    copse_answer_deinit(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer__is_json_that_another_reader_takes),
        cmocka_unit_test(answer__takes_words_that_are_no_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
