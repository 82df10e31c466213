/* The hybrid logical clock (SPEC 4.13). */
#include "protocol/entry/clock.h"
#include "tests/support/cmocka.h"

#define MINUTE_MS 60000u

static void clock__takes_the_wall_clock_when_it_is_later(void **state)
{
    (void)state;
    assert_int_equal(copse_clock_next(0, 1000), (uint64_t)1000 << 16);
    assert_int_equal(copse_clock_next(copse_clock_of_ms(999) + 7, 1000), copse_clock_of_ms(1000));
}

static void clock__counts_within_a_millisecond_and_rises(void **state)
{
    (void)state;
    uint64_t last = copse_clock_of_ms(1000);
    for (unsigned i = 0; i < 70000; i++) {
        uint64_t next = copse_clock_next(last, 1000);
        assert_true(next > last);
        last = next;
    }
    /* 65,536 counts fill a millisecond; then the next one is used. */
    assert_int_equal(copse_clock_ms(last), 1001);
}

static void clock__follows_an_own_entry_up_to_five_minutes_ahead(void **state)
{
    (void)state;
    uint64_t ahead = copse_clock_of_ms(1000 + 5 * MINUTE_MS);
    assert_int_equal(copse_clock_next(ahead, 1000), ahead + 1);
    assert_int_equal(copse_clock_next(copse_clock_of_ms(1001 + 5 * MINUTE_MS), 1000),
                     copse_clock_of_ms(1000));
}

static void clock__stays_in_its_range_for_any_wall_clock(void **state)
{
    (void)state;
    assert_true(copse_clock_next(0, UINT64_MAX) <= (uint64_t)COPSE_CLOCK_MAX);
    assert_int_equal(copse_clock_next(COPSE_CLOCK_MAX, UINT64_MAX), COPSE_CLOCK_MAX);
    assert_int_equal(copse_clock_next(COPSE_CLOCK_MAX, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock__takes_the_wall_clock_when_it_is_later),
        cmocka_unit_test(clock__counts_within_a_millisecond_and_rises),
        cmocka_unit_test(clock__follows_an_own_entry_up_to_five_minutes_ahead),
        cmocka_unit_test(clock__stays_in_its_range_for_any_wall_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
