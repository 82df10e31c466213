#include "node/practice/verbs.h"

#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

static void verbs__every_deed_has_exactly_one_row(void **state)
{
    (void)state;
    size_t count = 0;
    const struct copse_verb *verbs = copse_verbs_all(&count);
    size_t seen[COPSE_VERB_COUNT] = {0};
    assert_int_equal(count, COPSE_VERB_COUNT);
    for (size_t i = 0; i < count; i++) {
        seen[verbs[i].deed]++;
    }
    for (size_t i = 0; i < COPSE_VERB_COUNT; i++) {
        assert_int_equal(seen[i], 1);
    }
}

static void verbs__every_row_says_what_help_needs(void **state)
{
    (void)state;
    size_t count = 0;
    const struct copse_verb *verbs = copse_verbs_all(&count);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(verbs[i].summary);
        assert_non_null(verbs[i].arguments);
        assert_non_null(verbs[i].examples[0]);
        assert_true(verbs[i].arguments_min <= verbs[i].arguments_max);
        assert_true(strncmp(verbs[i].examples[0], "copse ", 6) == 0);
    }
}

static void verbs__no_letter_means_two_things(void **state)
{
    (void)state;
    size_t count = 0;
    const struct copse_verb *verbs = copse_verbs_all(&count);
    for (size_t i = 0; i < count; i++) {
        bool taken[256] = {false};
        for (const struct copse_verb_option *common = copse_verbs_common(); common->name != NULL;
             common++) {
            taken[(unsigned char)common->letter] = true;
        }
        for (size_t j = 0; j < COPSE_VERBS_OPTIONS_MAX && verbs[i].options[j].name != NULL; j++) {
            unsigned char letter = (unsigned char)verbs[i].options[j].letter;
            if (letter != 0 && taken[letter]) {
                fail_msg("copse %s: -%c", verbs[i].words, letter);
            }
            taken[letter] = true;
        }
    }
}

static void verbs__examples_name_their_verb(void **state)
{
    (void)state;
    size_t count = 0;
    const struct copse_verb *verbs = copse_verbs_all(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < COPSE_VERBS_EXAMPLES_MAX && verbs[i].examples[j] != NULL; j++) {
            char line[256];
            const char *words[COPSE_VERBS_WORDS_MAX];
            size_t word_count = 0;
            (void)snprintf(line, sizeof(line), "%s", verbs[i].examples[j] + strlen("copse "));
            for (char *next = line; next != NULL && word_count < COPSE_VERBS_WORDS_MAX;) {
                words[word_count++] = next;
                next = strchr(next, ' ');
                if (next != NULL) {
                    *next++ = '\0';
                }
            }
            size_t used = 0;
            assert_ptr_equal(copse_verbs_find(&used, words, word_count), &verbs[i]);
        }
    }
}

static void verbs__an_alias_finds_the_verb(void **state)
{
    (void)state;
    size_t used = 0;
    const char *invite[] = {"invite", "--qr"};
    const char *long_form[] = {"community", "invite"};
    const struct copse_verb *verb = copse_verbs_find(&used, invite, 2);
    assert_non_null(verb);
    assert_int_equal(used, 1);
    assert_ptr_equal(verb, copse_verbs_find(&used, long_form, 2));
    assert_int_equal(used, 2);
}

static void verbs__a_group_alone_is_no_verb(void **state)
{
    (void)state;
    size_t used = 0;
    const char *words[] = {"page"};
    assert_null(copse_verbs_find(&used, words, 1));
    assert_true(copse_verbs_is_group("page"));
    assert_false(copse_verbs_is_group("ask"));
}

static void verbs__a_slip_of_the_finger_is_recognised(void **state)
{
    (void)state;
    char room[COPSE_VERBS_WORD_MAX];
    assert_string_equal(copse_verbs_nearest(room, "serach", NULL), "search");
    assert_string_equal(copse_verbs_nearest(room, "comunity", NULL), "community");
    assert_string_equal(copse_verbs_nearest(room, "edti", "page"), "edit");
    assert_null(copse_verbs_nearest(room, "xylophone", NULL));
    assert_null(
        copse_verbs_nearest(room, "a-word-so-long-that-it-cannot-be-one-of-ours-at-all", NULL));
}

static void verbs__so_is_one_in_an_option(void **state)
{
    (void)state;
    size_t used = 0;
    char room[COPSE_VERBS_WORD_MAX];
    const char *words[] = {"page", "edit"};
    const struct copse_verb *verb = copse_verbs_find(&used, words, 2);
    assert_string_equal(copse_verbs_nearest_option(room, "--tilte", verb), "title");
    assert_string_equal(copse_verbs_nearest_option(room, "--bse=77c0", verb), "base");
    assert_string_equal(copse_verbs_nearest_option(room, "--jsno", NULL), "json");
    assert_null(copse_verbs_nearest_option(room, "--tilte", NULL));
    assert_null(copse_verbs_nearest_option(room, "-x", verb));
    assert_null(copse_verbs_nearest_option(room, "--xylophone", verb));
    assert_null(copse_verbs_nearest_option(room, "--a-word-so-long-that-it-is-none-of-ours", verb));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verbs__every_deed_has_exactly_one_row),
        cmocka_unit_test(verbs__every_row_says_what_help_needs),
        cmocka_unit_test(verbs__no_letter_means_two_things),
        cmocka_unit_test(verbs__examples_name_their_verb),
        cmocka_unit_test(verbs__an_alias_finds_the_verb),
        cmocka_unit_test(verbs__a_group_alone_is_no_verb),
        cmocka_unit_test(verbs__a_slip_of_the_finger_is_recognised),
        cmocka_unit_test(verbs__so_is_one_in_an_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
