/* protocol/base/error: every error has a name and a sentence. */
#include "protocol/base/error.h"

#include "tests/support/cmocka.h"

#include <string.h>

static const enum copse_err all_errors[] = {
#define VALUE_OF(name, value, text) COPSE_ERR_##name,
    COPSE_ERR_MAP(VALUE_OF)
#undef VALUE_OF
};

static void error__zero_is_no_error_and_all_others_are_below(void **state)
{
    (void)state;
    assert_int_equal(COPSE_OK, 0);
    for (size_t i = 1; i < COPSE_ARRAY_SIZE(all_errors); i++) {
        assert_true(all_errors[i] < 0);
    }
}

static void error__has_a_name_and_text_of_its_own_for_each_value(void **state)
{
    (void)state;
    assert_string_equal(copse_error_name(COPSE_ERR_NOT_FOUND), "NOT_FOUND");
    assert_string_equal(copse_error_text(COPSE_ERR_NOMEM), "out of memory");
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(all_errors); i++) {
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(all_errors[i], all_errors[k]);
            assert_string_not_equal(copse_error_name(all_errors[i]),
                                    copse_error_name(all_errors[k]));
            assert_string_not_equal(copse_error_text(all_errors[i]),
                                    copse_error_text(all_errors[k]));
        }
    }
}

static void error__gives_a_text_for_a_number_that_is_none(void **state)
{
    (void)state;
    assert_string_equal(copse_error_name((enum copse_err)(-9999)), "UNKNOWN");
    assert_non_null(copse_error_text((enum copse_err)(-9999)));
}

static void error__set_fills_in_the_context_and_cuts_what_is_too_long(void **state)
{
    (void)state;
    struct copse_error error;
    char name[2 * COPSE_ERROR_TEXT_MAX];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(copse_error_set(&error, COPSE_ERR_IO, "page %d of %s", 3, "the wiki"),
                     COPSE_ERR_IO);
    assert_string_equal(error.text, "page 3 of the wiki");
    assert_int_equal(copse_error_set(&error, COPSE_ERR_LIMIT, "%s", name), COPSE_ERR_LIMIT);
    assert_int_equal(strlen(error.text), COPSE_ERROR_TEXT_MAX - 1);
    assert_int_equal(copse_error_set(NULL, COPSE_ERR_NOMEM, "%s", name), COPSE_ERR_NOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error__zero_is_no_error_and_all_others_are_below),
        cmocka_unit_test(error__has_a_name_and_text_of_its_own_for_each_value),
        cmocka_unit_test(error__gives_a_text_for_a_number_that_is_none),
        cmocka_unit_test(error__set_fills_in_the_context_and_cuts_what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
