/* The multi-value register, case by case and against a model that follows the words of SPEC 8.6. */
#include "protocol/base/writer.h"
#include "protocol/merge/register.h"
#include "tests/support/cmocka.h"
#include "tests/support/random.h"

#include <stdio.h>
#include <string.h>

enum { VALUES_MAX = 12, ROUNDS = 20000, LONG_CHAIN = 20000, NAMES_MAX = 12 };
static const uint64_t SEED = 0x7265676973746572;

/* The room of one value's list of names. */
struct names {
    uint8_t bytes[NAMES_MAX * 34];
    struct copse_id ids[NAMES_MAX];
    size_t count;
};

static struct copse_id id_of(uint32_t number)
{
    struct copse_id id = {{0}};
    copse_bytes_put_u32(id.bytes, number);
    return id;
}

static uint32_t number_of(const struct copse_register_value *value)
{
    return copse_bytes_get_u32(value->id.bytes);
}

static void set_over(struct copse_register_value *value, struct names *names)
{
    struct copse_writer writer;
    struct copse_slice bytes;
    copse_writer_init(&writer, names->bytes, sizeof names->bytes);
    for (size_t i = 0; i < names->count; i++) {
        copse_writer_id(&writer, &names->ids[i]);
    }
    assert_int_equal(copse_writer_end(&bytes, &writer), COPSE_OK);
    copse_reader_init(&value->over, bytes);
    value->over_count = names->count;
}

static void add_name(struct names *names, uint32_t number)
{
    names->ids[names->count] = id_of(number);
    names->count++;
}

static struct copse_register_value value_of(uint32_t number, uint64_t hlc)
{
    return (struct copse_register_value){
        .id = id_of(number), .author = id_of(100), .hlc = hlc, .is_counted = true, .tag = number};
}

static void register__is_empty_without_values(void **state)
{
    (void)state;
    assert_int_equal(copse_register_settle(NULL, 0), 0);
}

static void register__shows_the_value_that_replaced_the_other_whatever_the_clocks_say(void **state)
{
    (void)state;
    struct names names = {.count = 0};
    struct copse_register_value values[] = {value_of(1, 900), value_of(2, 5)};
    add_name(&names, 1);
    set_over(&values[1], &names);
    assert_int_equal(copse_register_settle(values, 2), 1);
    assert_int_equal(number_of(&values[0]), 2);
    assert_false(values[1].is_live);
}

static void register__keeps_both_of_two_concurrent_values_the_later_first(void **state)
{
    (void)state;
    struct copse_register_value values[] = {value_of(1, 5), value_of(2, 6)};
    assert_int_equal(copse_register_settle(values, 2), 2);
    assert_int_equal(number_of(&values[0]), 2);
    assert_int_equal(number_of(&values[1]), 1);
}

static void register__breaks_ties_by_author_then_id(void **state)
{
    (void)state;
    struct copse_register_value values[] = {value_of(3, 5), value_of(2, 5), value_of(1, 5)};
    values[2].author = id_of(101);
    assert_int_equal(copse_register_settle(values, 3), 3);
    assert_int_equal(number_of(&values[0]), 1);
    assert_int_equal(number_of(&values[1]), 3);
    assert_int_equal(number_of(&values[2]), 2);
}

static void register__lets_a_value_that_does_not_count_replace_nothing(void **state)
{
    (void)state;
    struct names names = {.count = 0};
    struct copse_register_value values[] = {value_of(1, 5), value_of(2, 6)};
    add_name(&names, 1);
    set_over(&values[1], &names);
    values[1].is_counted = false;
    assert_int_equal(copse_register_settle(values, 2), 1);
    assert_int_equal(number_of(&values[0]), 1);
}

static void register__stays_replaced_by_one_that_was_itself_replaced(void **state)
{
    (void)state;
    struct names first = {.count = 0};
    struct names second = {.count = 0};
    struct copse_register_value values[] = {value_of(1, 5), value_of(2, 6), value_of(3, 7)};
    add_name(&first, 1);
    add_name(&second, 2);
    set_over(&values[1], &first);
    set_over(&values[2], &second);
    assert_int_equal(copse_register_settle(values, 3), 1);
    assert_int_equal(number_of(&values[0]), 3);
}

static void register__ignores_names_of_values_that_are_not_here(void **state)
{
    (void)state;
    struct names names = {.count = 0};
    struct copse_register_value values[] = {value_of(2, 6)};
    add_name(&names, 77);
    set_over(&values[0], &names);
    assert_int_equal(copse_register_settle(values, 1), 1);
}

static void register__settles_a_long_chain(void **state)
{
    (void)state;
    struct names *names = test_calloc(LONG_CHAIN, sizeof *names);
    struct copse_register_value *values = test_calloc(LONG_CHAIN, sizeof *values);
    for (uint32_t i = 0; i < LONG_CHAIN; i++) {
        values[i] = value_of(i, 1);
        if (i > 0) {
            add_name(&names[i], i - 1);
            set_over(&values[i], &names[i]);
        }
    }
    assert_int_equal(copse_register_settle(values, LONG_CHAIN), 1);
    assert_int_equal(number_of(&values[0]), LONG_CHAIN - 1);
    test_free(values);
    test_free(names);
}

/* ---- the model ---- */

struct world {
    struct names names[VALUES_MAX];
    struct copse_register_value values[VALUES_MAX];
    size_t count;
};

/* Words of the model: live if counted and named by no counted one. */
static bool model_is_live(const struct world *world, size_t at)
{
    if (!world->values[at].is_counted) {
        return false;
    }
    for (size_t i = 0; i < world->count; i++) {
        for (size_t k = 0; world->values[i].is_counted && k < world->names[i].count; k++) {
            if (copse_bytes_equal_ids(&world->names[i].ids[k], &world->values[at].id)) {
                return false;
            }
        }
    }
    return true;
}

static bool model_is_larger(const struct copse_register_value *a,
                            const struct copse_register_value *b)
{
    uint8_t x[8 + 2 * COPSE_ID_BYTES];
    uint8_t y[sizeof x];
    copse_bytes_put_u64(x, a->hlc);
    copse_bytes_put_u64(y, b->hlc);
    memcpy(x + 8, a->author.bytes, COPSE_ID_BYTES);
    memcpy(y + 8, b->author.bytes, COPSE_ID_BYTES);
    memcpy(x + 8 + COPSE_ID_BYTES, a->id.bytes, COPSE_ID_BYTES);
    memcpy(y + 8 + COPSE_ID_BYTES, b->id.bytes, COPSE_ID_BYTES);
    return memcmp(x, y, sizeof x) > 0;
}

static void make_world(struct world *world, struct copse_random *random)
{
    memset(world, 0, sizeof *world);
    world->count = 1 + (size_t)copse_random_below(random, VALUES_MAX);
    for (uint32_t i = 0; i < world->count; i++) {
        struct copse_register_value *value = &world->values[i];
        *value = value_of(i * 7 % 13, copse_random_below(random, 4));
        value->author = id_of((uint32_t)copse_random_below(random, 3));
        value->is_counted = copse_random_below(random, 5) != 0;
        for (uint32_t k = 0; k < i; k++) {
            if (copse_random_below(random, 4) == 0) {
                add_name(&world->names[i], k * 7 % 13);
            }
        }
        set_over(value, &world->names[i]);
    }
}

static void shuffle(struct copse_register_value *values, size_t count, struct copse_random *random)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)copse_random_below(random, i);
        struct copse_register_value kept = values[i - 1];
        values[i - 1] = values[other];
        values[other] = kept;
    }
}

static void check_world(const struct world *world, const struct copse_register_value *settled,
                        size_t live)
{
    size_t expected = 0;
    for (size_t i = 0; i < world->count; i++) {
        expected += model_is_live(world, i) ? 1 : 0;
    }
    assert_int_equal(live, expected);
    for (size_t i = 0; i < world->count; i++) {
        size_t at = 0;
        while (settled[at].tag != world->values[i].tag) {
            at++;
        }
        assert_int_equal(settled[at].is_live, model_is_live(world, i));
        assert_int_equal(at < live, settled[at].is_live);
    }
    for (size_t i = 1; i < live; i++) {
        assert_true(model_is_larger(&settled[i - 1], &settled[i]));
    }
}

static void register__agrees_with_the_model_in_any_order(void **state)
{
    (void)state;
    print_message("seed %llu\n", (unsigned long long)SEED);
    struct copse_random random;
    copse_random_init(&random, SEED);
    for (int round = 0; round < ROUNDS; round++) {
        struct world world;
        make_world(&world, &random);
        struct copse_register_value once[VALUES_MAX];
        memcpy(once, world.values, sizeof once);
        size_t live = copse_register_settle(once, world.count);
        check_world(&world, once, live);

        struct copse_register_value again[VALUES_MAX];
        memcpy(again, world.values, sizeof again);
        shuffle(again, world.count, &random);
        assert_int_equal(copse_register_settle(again, world.count), live);
        for (size_t i = 0; i < world.count; i++) {
            assert_int_equal(once[i].tag, again[i].tag);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(register__is_empty_without_values),
        cmocka_unit_test(register__shows_the_value_that_replaced_the_other_whatever_the_clocks_say),
        cmocka_unit_test(register__keeps_both_of_two_concurrent_values_the_later_first),
        cmocka_unit_test(register__breaks_ties_by_author_then_id),
        cmocka_unit_test(register__lets_a_value_that_does_not_count_replace_nothing),
        cmocka_unit_test(register__stays_replaced_by_one_that_was_itself_replaced),
        cmocka_unit_test(register__ignores_names_of_values_that_are_not_here),
        cmocka_unit_test(register__settles_a_long_chain),
        cmocka_unit_test(register__agrees_with_the_model_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
