/* Tests of storage/words.c. */
#include "storage/words.h"

#include "tests/support/cmocka.h"
#include "tests/support/random.h"

#include <string.h>

static void check(const char *text, const char *expected, enum copse_words_use use)
{
    struct copse_words words;
    copse_words_init(&words, copse_memory_heap());
    assert_int_equal(copse_words_fold(&words, copse_bytes_of_string(text), use), COPSE_OK);
    if (words.size != strlen(expected) ||
        (words.size > 0 && memcmp(words.text, expected, words.size) != 0)) {
        fail_msg("%s became %.*s, not %s", text, (int)words.size, words.text, expected);
    }
    copse_words_deinit(&words);
}

static void words__are_folded_and_separated(void **state)
{
    (void)state;
    check("Hello, World!  42x", "hello world 42x", COPSE_WORDS_INDEX);
    check("Straße ﬁn Élan", "strasse fin elan", COPSE_WORDS_INDEX);
    check("Đặng Łódź Ørsted", "dang lodz orsted", COPSE_WORDS_INDEX);
    check("ΟΔΌΣ", "οδοσ", COPSE_WORDS_INDEX);
    check("", "", COPSE_WORDS_INDEX);
    check(" -- !? ", "", COPSE_WORDS_INDEX);
}

static void words__pair_scripts_without_spaces(void **state)
{
    (void)state;
    check("物理学", "物理 理学 学", COPSE_WORDS_INDEX);
    check("物理学", "物理 理学", COPSE_WORDS_QUERY);
    check("物", "物", COPSE_WORDS_QUERY);
    check("a物理b", "a 物理 理 b", COPSE_WORDS_INDEX);
}

static void words__are_the_same_for_composed_and_decomposed_text(void **state)
{
    (void)state;
    check("cafe\xcc\x81", "cafe", COPSE_WORDS_INDEX);
    check("\xe3\x81\x8b\xe3\x82\x99", "\xe3\x81\x8c", COPSE_WORDS_INDEX); /* ka and mark: ga */
    check("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c", COPSE_WORDS_INDEX); /* han */
    check("\xef\xbd\xb6\xef\xbe\x9e", "\xe3\x82\xac", COPSE_WORDS_INDEX); /* half width: ga */
}

static void words__are_valid_text_whatever_came_in(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, 5);
    for (int round = 0; round < 300; round++) {
        char text[200];
        size_t size = 0;
        while (size + 4 < sizeof text) {
            uint32_t scalar = (uint32_t)copse_random_below(&random, 0x3000);
            if (scalar < 0x80) {
                text[size++] = (char)(scalar == 0 ? ' ' : scalar);
            } else if (scalar < 0x800) {
                text[size++] = (char)(0xc0u | (scalar >> 6));
                text[size++] = (char)(0x80u | (scalar & 0x3fu));
            } else {
                text[size++] = (char)(0xe0u | (scalar >> 12));
                text[size++] = (char)(0x80u | ((scalar >> 6) & 0x3fu));
                text[size++] = (char)(0x80u | (scalar & 0x3fu));
            }
        }
        struct copse_words once;
        copse_words_init(&once, copse_memory_heap());
        struct copse_slice bytes = {(const uint8_t *)text, size};
        assert_int_equal(copse_words_fold(&once, bytes, COPSE_WORDS_INDEX), COPSE_OK);
        struct copse_slice folded = {(const uint8_t *)once.text, once.size};
        assert_true(copse_bytes_is_utf8(folded));
        copse_words_deinit(&once);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words__are_folded_and_separated),
        cmocka_unit_test(words__pair_scripts_without_spaces),
        cmocka_unit_test(words__are_the_same_for_composed_and_decomposed_text),
        cmocka_unit_test(words__are_valid_text_whatever_came_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
