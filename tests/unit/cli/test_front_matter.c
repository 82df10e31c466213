#include "cli/front_matter.h"

#include "tests/support/cmocka.h"

#include <string.h>

#define SLICE(text) copse_bytes_of_string(text)

struct fixture {
    struct copse_builder text;
    struct copse_front_matter_report report;
    struct copse_front_matter_problem problem;
};

static int setup(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof(fixture));
    copse_builder_init(&fixture.text, copse_memory_heap());
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    copse_builder_deinit(&fixture->text);
    return 0;
}

static const char *normalise(struct fixture *fixture, struct copse_slice bytes)
{
    struct copse_slice out;
    assert_int_equal(
        copse_front_matter_normalise(&fixture->text, &fixture->report, &fixture->problem, bytes),
        COPSE_OK);
    assert_int_equal(copse_builder_end(&out, &fixture->text), COPSE_OK);
    return (const char *)out.data;
}

static void normalise__turns_every_end_of_line_into_a_line_feed(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(normalise(fixture, SLICE("\xef\xbb\xbf"
                                                 "a\r\nb\rc\nd\r\r\n")),
                        "a\nb\nc\nd\n\n");
    assert_true(fixture->report.had_mark);
    assert_int_equal(fixture->report.crlf_count, 2);
    assert_int_equal(fixture->report.cr_count, 2);
    assert_int_equal(fixture->problem.fault, COPSE_FRONT_MATTER_FINE);
}

static void normalise__names_line_and_column_of_a_control_character(void **state)
{
    struct fixture *fixture = *state;
    (void)normalise(fixture, SLICE("ok\r\nsch\xc3\xb6n \x01 rest"));
    assert_int_equal(fixture->problem.fault, COPSE_FRONT_MATTER_CONTROL);
    assert_int_equal(fixture->problem.line, 2);
    assert_int_equal(fixture->problem.column, 7);
    assert_int_equal(fixture->problem.character, 1);
}

static void normalise__names_the_byte_that_is_no_utf8(void **state)
{
    struct fixture *fixture = *state;
    (void)normalise(fixture, SLICE("\xe5\x85\x89 caf\xe9 noir"));
    assert_int_equal(fixture->problem.fault, COPSE_FRONT_MATTER_NOT_UTF8);
    assert_int_equal(fixture->problem.byte, 7);
}

static const char page[] = "---\n"
                           "# a remark\n"
                           "title: \"Say \\\"when\\\"\" # why\n"
                           "date: 2018-03-29 3:30:00 -0500\n"
                           "topics:\n"
                           "  - optics\n"
                           "  # not this\n"
                           "  - 'lab work'\n"
                           "\n"
                           "tags: [one, \"two, three\", four]\n"
                           "nested:\n"
                           "  title: no\n"
                           "plain: a: b # c\n"
                           "---\n"
                           "\n# Heading\n\nBody\n";

static void split__parts_make_the_text_again(void **state)
{
    struct fixture *fixture = *state;
    static const char *const texts[] = {page,
                                        "",
                                        "---\n",
                                        "---\nopen\n",
                                        "no front matter\n",
                                        "---\n---\n",
                                        "---\na: b\n---",
                                        "text\n---\na\n---\n"};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(texts); i++) {
        struct copse_front_matter parts;
        struct copse_slice out;
        copse_builder_clear(&fixture->text);
        copse_front_matter_split(&parts, SLICE(texts[i]));
        copse_front_matter_join(&fixture->text, &parts);
        assert_int_equal(copse_builder_end(&out, &fixture->text), COPSE_OK);
        assert_string_equal((const char *)out.data, texts[i]);
    }
}

static const char *value(struct fixture *fixture, struct copse_slice inside, const char *key)
{
    struct copse_slice out;
    copse_builder_clear(&fixture->text);
    if (!copse_front_matter_value(&fixture->text, inside, key)) {
        return "(none)";
    }
    assert_int_equal(copse_builder_end(&out, &fixture->text), COPSE_OK);
    return (const char *)out.data;
}

static void value__reads_outer_keys_without_quotes_and_remarks(void **state)
{
    struct fixture *fixture = *state;
    struct copse_front_matter parts;
    copse_front_matter_split(&parts, SLICE(page));
    assert_string_equal(value(fixture, parts.inside, "title"), "Say \"when\"");
    assert_string_equal(value(fixture, parts.inside, "plain"), "a: b");
    assert_string_equal(value(fixture, parts.inside, "topics"), "(none)");
    assert_string_equal(value(fixture, parts.inside, "absent"), "(none)");
    assert_string_equal(value(fixture, SLICE("t: 'it''s'\n"), "t"), "it's");
    assert_string_equal(value(fixture, SLICE("t: |\n  block\n"), "t"), "(none)");
    assert_string_equal(value(fixture, SLICE("t: \"open\n"), "t"), "open");
}

static void next__reads_both_forms_of_a_list(void **state)
{
    struct fixture *fixture = *state;
    static const char *const expected[][3] = {{"optics", "lab work", NULL},
                                              {"one", "two, three", "four"}};
    static const char *const keys[] = {"topics", "tags"};
    struct copse_front_matter parts;
    copse_front_matter_split(&parts, SLICE(page));
    for (size_t i = 0; i < 2; i++) {
        size_t cursor = 0;
        struct copse_slice out;
        for (size_t j = 0; j < 3 && expected[i][j] != NULL; j++) {
            assert_true(copse_front_matter_next(&fixture->text, &cursor, parts.inside, keys[i]));
            assert_int_equal(copse_builder_end(&out, &fixture->text), COPSE_OK);
            assert_string_equal((const char *)out.data, expected[i][j]);
        }
        assert_false(copse_front_matter_next(&fixture->text, &cursor, parts.inside, keys[i]));
    }
}

static void next__a_single_value_is_a_list_of_one(void **state)
{
    struct fixture *fixture = *state;
    size_t cursor = 0;
    assert_true(copse_front_matter_next(&fixture->text, &cursor, SLICE("tags: one\n"), "tags"));
    assert_false(copse_front_matter_next(&fixture->text, &cursor, SLICE("tags: one\n"), "tags"));
    cursor = 0;
    assert_false(copse_front_matter_next(&fixture->text, &cursor, SLICE("tags: []\n"), "tags"));
    cursor = 0;
    assert_false(copse_front_matter_next(&fixture->text, &cursor, SLICE("tags: [\n"), "tags"));
}

static void time__reads_dates_with_and_without_a_zone(void **state)
{
    (void)state;
    int64_t time_ms = 0;
    assert_true(copse_front_matter_time(&time_ms, SLICE("1970-01-01")));
    assert_int_equal(time_ms, 0);
    assert_true(copse_front_matter_time(&time_ms, SLICE("2018-03-29 3:30:00 -0500")));
    assert_int_equal(time_ms, 1522312200000);
    assert_true(copse_front_matter_time(&time_ms, SLICE("2000-02-29T12:00:00+01:00")));
    assert_int_equal(time_ms, 951822000000);
    assert_false(copse_front_matter_time(&time_ms, SLICE("last spring")));
    assert_false(copse_front_matter_time(&time_ms, SLICE("2018-13-01")));
}

static void write__is_read_back_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    struct copse_builder lines;
    struct copse_slice inside;
    copse_builder_init(&lines, copse_memory_heap());
    copse_front_matter_write(&lines, "title", SLICE("A \"quoted\" back\\slash: #1"));
    assert_int_equal(copse_builder_end(&inside, &lines), COPSE_OK);
    assert_string_equal(value(fixture, inside, "title"), "A \"quoted\" back\\slash: #1");
    copse_builder_deinit(&lines);
}

static void heading__is_the_first_of_the_first_level(void **state)
{
    (void)state;
    struct copse_slice heading = copse_front_matter_heading(SLICE("text\n## Sub\n#  Top \nmore"));
    assert_int_equal(heading.size, 3);
    assert_memory_equal(heading.data, "Top", 3);
    assert_int_equal(copse_front_matter_heading(SLICE("nothing\n")).size, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(normalise__turns_every_end_of_line_into_a_line_feed),
        TEST(normalise__names_line_and_column_of_a_control_character),
        TEST(normalise__names_the_byte_that_is_no_utf8),
        TEST(split__parts_make_the_text_again),
        TEST(value__reads_outer_keys_without_quotes_and_remarks),
        TEST(next__reads_both_forms_of_a_list),
        TEST(next__a_single_value_is_a_list_of_one),
        TEST(time__reads_dates_with_and_without_a_zone),
        TEST(write__is_read_back_as_it_was),
        TEST(heading__is_the_first_of_the_first_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
