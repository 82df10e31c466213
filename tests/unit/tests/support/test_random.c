/* tests/support/random: the published numbers, and none too often. */
#include "tests/support/random.h"

#include "tests/support/cmocka.h"

static void random__gives_the_published_numbers_of_splitmix64(void **state)
{
    (void)state;
    /* Source: the reference program of the authors, seed 1234567. */
    static const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u,
                                        9817491932198370423u, 4593380528125082431u};
    struct copse_random random;
    copse_random_init(&random, 1234567);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(copse_random_u64(&random) == expected[i]);
    }
}

static void random__below_meets_each_number_about_as_often(void **state)
{
    (void)state;
    enum { LIMIT = 7, ROUNDS = 70000 };
    size_t met[LIMIT] = {0};
    struct copse_random random;
    copse_random_init(&random, 5);
    for (int round = 0; round < ROUNDS; round++) {
        met[copse_random_below(&random, LIMIT)]++;
    }
    for (size_t i = 0; i < LIMIT; i++) {
        assert_in_range(met[i], 9500, 10500);
    }
    assert_int_equal(copse_random_below(&random, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random__gives_the_published_numbers_of_splitmix64),
        cmocka_unit_test(random__below_meets_each_number_about_as_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
