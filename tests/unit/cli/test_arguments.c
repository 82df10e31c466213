#include "cli/arguments.h"

#include "tests/support/cmocka.h"

#include <string.h>

#define WORDS_MAX 12

struct line {
    char room[WORDS_MAX][32];
    char *words[WORDS_MAX + 1];
    struct copse_arguments arguments;
    struct copse_arguments_problem problem;
};

/* Read a command line written with blanks between its words. */
static void read_line(struct line *line, const char *text)
{
    int count = 0;
    memset(line, 0, sizeof(*line));
    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        assert_true(count < WORDS_MAX && size < sizeof(line->room[0]));
        memcpy(line->room[count], text, size);
        line->words[count] = line->room[count];
        count++;
        text += size + (text[size] == ' ');
    }
    copse_arguments_read(&line->arguments, &line->problem, count, line->words);
}

static void arguments__options_stand_anywhere_around_the_words(void **state)
{
    (void)state;
    struct line line;
    read_line(&line, "copse -C physics page edit --base 1234 abcd -F x.md --json");
    assert_int_equal(line.problem.fault, COPSE_ARGUMENTS_FINE);
    assert_int_equal(line.arguments.verb->deed, COPSE_VERB_PAGE_EDIT);
    assert_int_equal(line.arguments.word_count, 1);
    assert_string_equal(line.arguments.words[0], "abcd");
    assert_string_equal(copse_arguments_get(&line.arguments, "community"), "physics");
    assert_string_equal(copse_arguments_get(&line.arguments, "base"), "1234");
    assert_string_equal(copse_arguments_get(&line.arguments, "file"), "x.md");
    assert_true(copse_arguments_has(&line.arguments, "json"));
    assert_false(copse_arguments_has(&line.arguments, "quiet"));
}

static void arguments__two_dashes_end_the_options(void **state)
{
    (void)state;
    struct line line;
    read_line(&line, "copse reply abcd -- --json -x");
    assert_int_equal(line.problem.fault, COPSE_ARGUMENTS_FINE);
    assert_int_equal(line.arguments.word_count, 3);
    assert_string_equal(line.arguments.words[1], "--json");
    assert_false(copse_arguments_has(&line.arguments, "json"));
}

static void arguments__a_dash_alone_is_a_word(void **state)
{
    (void)state;
    struct line line;
    read_line(&line, "copse post -");
    assert_int_equal(line.problem.fault, COPSE_ARGUMENTS_FINE);
    assert_string_equal(line.arguments.words[0], "-");
}

static void arguments__an_option_given_twice_is_kept_twice(void **state)
{
    (void)state;
    struct line line;
    read_line(&line, "copse ask why --tag a -t b");
    assert_string_equal(copse_arguments_nth(&line.arguments, "tag", 0), "a");
    assert_string_equal(copse_arguments_nth(&line.arguments, "tag", 1), "b");
    assert_null(copse_arguments_nth(&line.arguments, "tag", 2));
    assert_string_equal(copse_arguments_get(&line.arguments, "tag"), "b");
}

static void arguments__say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum copse_arguments_fault fault;
        const char *word;
    } lines[] = {
        {"copse", COPSE_ARGUMENTS_NO_VERB, NULL},
        {"copse serach", COPSE_ARGUMENTS_UNKNOWN_VERB, "serach"},
        {"copse page edti x", COPSE_ARGUMENTS_UNKNOWN_VERB, "edti"},
        {"copse page", COPSE_ARGUMENTS_GROUP_ALONE, "page"},
        {"copse ask --wrong", COPSE_ARGUMENTS_UNKNOWN_OPTION, "--wrong"},
        {"copse ask -m", COPSE_ARGUMENTS_VALUE_MISSING, "-m"},
        {"copse reply", COPSE_ARGUMENTS_TOO_FEW, NULL},
        {"copse status x", COPSE_ARGUMENTS_TOO_MANY, "x"},
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(lines); i++) {
        struct line line;
        read_line(&line, lines[i].text);
        assert_int_equal(line.problem.fault, lines[i].fault);
        if (lines[i].word != NULL) {
            assert_string_equal(line.problem.word, lines[i].word);
        }
    }
}

static void arguments__more_options_than_fit_are_refused(void **state)
{
    (void)state;
    char *words[COPSE_ARGUMENTS_VALUES_MAX + 4];
    char program[] = "copse";
    char verb[] = "feed";
    char option[] = "-q";
    struct copse_arguments arguments;
    struct copse_arguments_problem problem;
    words[0] = program;
    words[1] = verb;
    for (size_t i = 2; i < COPSE_ARRAY_SIZE(words) - 1; i++) {
        words[i] = option;
    }
    words[COPSE_ARRAY_SIZE(words) - 1] = NULL;
    copse_arguments_read(&arguments, &problem, (int)COPSE_ARRAY_SIZE(words) - 1, words);
    assert_int_equal(problem.fault, COPSE_ARGUMENTS_TOO_MANY_OPTIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments__options_stand_anywhere_around_the_words),
        cmocka_unit_test(arguments__two_dashes_end_the_options),
        cmocka_unit_test(arguments__a_dash_alone_is_a_word),
        cmocka_unit_test(arguments__an_option_given_twice_is_kept_twice),
        cmocka_unit_test(arguments__say_what_is_wrong),
        cmocka_unit_test(arguments__more_options_than_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
