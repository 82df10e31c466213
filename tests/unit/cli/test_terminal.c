#include "cli/terminal.h"

#include "tests/support/cmocka.h"

static const char *clean(struct copse_builder *out, const char *text,
                         enum copse_terminal_shape shape)
{
    struct copse_slice slice;
    copse_builder_clear(out);
    copse_terminal_clean(out, copse_bytes_of_string(text), shape);
    assert_int_equal(copse_builder_end(&slice, out), COPSE_OK);
    return (const char *)slice.data;
}

static void clean__takes_out_what_moves_the_cursor_or_turns_writing(void **state)
{
    (void)state;
    struct copse_builder out;
    copse_builder_init(&out, copse_memory_heap());
    assert_string_equal(clean(&out, "a\033[2Jb\rc\x7f", COPSE_TERMINAL_BLOCK),
                        "a\xef\xbf\xbd[2Jb\xef\xbf\xbd"
                        "c\xef\xbf\xbd");
    assert_string_equal(clean(&out, "\xc2\x9b\xe2\x80\xae\xe2\x81\xa6", COPSE_TERMINAL_BLOCK),
                        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    copse_builder_deinit(&out);
}

static void clean__keeps_lines_and_tabs_in_a_block_only(void **state)
{
    (void)state;
    struct copse_builder out;
    copse_builder_init(&out, copse_memory_heap());
    assert_string_equal(clean(&out, "a\n\tb", COPSE_TERMINAL_BLOCK), "a\n\tb");
    assert_string_equal(clean(&out, "a\n\tb", COPSE_TERMINAL_LINE), "a  b");
    copse_builder_deinit(&out);
}

static void clean__shows_bytes_that_are_no_utf8_as_replaced(void **state)
{
    (void)state;
    struct copse_builder out;
    copse_builder_init(&out, copse_memory_heap());
    assert_string_equal(clean(&out, "caf\xe9!", COPSE_TERMINAL_LINE), "caf\xef\xbf\xbd!");
    assert_string_equal(clean(&out, "caf\xc3\xa9!", COPSE_TERMINAL_LINE), "caf\xc3\xa9!");
    copse_builder_deinit(&out);
}

static void time__is_rfc_3339_in_utc(void **state)
{
    (void)state;
    char text[COPSE_TERMINAL_TIME_BYTES];
    copse_terminal_time(text, 0, COPSE_TERMINAL_UTC);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    copse_terminal_time(text, 1522312200999, COPSE_TERMINAL_UTC);
    assert_string_equal(text, "2018-03-29T08:30:00Z");
    copse_terminal_time(text, -1, COPSE_TERMINAL_UTC);
    assert_string_equal(text, "1969-12-31T23:59:59Z");
    copse_terminal_time(text, INT64_MAX, COPSE_TERMINAL_UTC);
    assert_string_equal(text, "-");
    copse_terminal_time(text, INT64_MIN, COPSE_TERMINAL_LOCAL);
    assert_string_equal(text, "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean__takes_out_what_moves_the_cursor_or_turns_writing),
        cmocka_unit_test(clean__keeps_lines_and_tabs_in_a_block_only),
        cmocka_unit_test(clean__shows_bytes_that_are_no_utf8_as_replaced),
        cmocka_unit_test(time__is_rfc_3339_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
