/* Tests of storage/index.c. */
#include "storage/index.h"

#include "tests/support/cmocka.h"
#include "tests/support/random.h"
#include "tests/support/store_world.h"

#include <string.h>

#define SEED UINT64_C(77)

static void index__places_order_like_positions(void **state)
{
    (void)state;
    struct copse_position low = {1, 17, 300};
    struct copse_position high = {1, 0, 301};
    struct copse_index_place a = copse_index_place_of(&low);
    struct copse_index_place b = copse_index_place_of(&high);
    assert_true(memcmp(a.bytes, b.bytes, sizeof a.bytes) < 0);
    struct copse_position back = copse_index_position_of(&a);
    assert_int_equal(back.log, 1);
    assert_int_equal(back.branch, 17);
    assert_int_equal(back.seq, 300);
}

static void index__finds_what_waits_and_what_is_written(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_random random;
    static struct copse_id ids[3000];
    copse_random_init(&random, SEED);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    for (uint32_t i = 0; i < 3000; i++) {
        copse_random_bytes(&random, ids[i].bytes, sizeof ids[i].bytes);
        assert_int_equal(copse_index_add(&txn->index, &ids[i], i + 1), COPSE_OK);
        if (i == 1000) {
            assert_int_equal(copse_index_flush(&txn->index), COPSE_OK);
        }
    }
    for (uint32_t i = 0; i < 3000; i++) {
        uint64_t found[COPSE_INDEX_TWINS_MAX];
        size_t count = 0;
        assert_int_equal(copse_index_find(&txn->index, found, &count, &ids[i]), COPSE_OK);
        assert_int_equal(count, 1);
        assert_int_equal(found[0], i + 1);
    }
    uint64_t found[COPSE_INDEX_TWINS_MAX];
    size_t count = 7;
    assert_int_equal(copse_index_remove(&txn->index, &ids[5], 6), COPSE_OK);
    assert_int_equal(copse_index_find(&txn->index, found, &count, &ids[5]), COPSE_OK);
    assert_int_equal(count, 0);
    copse_store_abort(txn);
}

static void index__gives_all_ids_of_a_prefix_up_to_a_bound(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_id id = {{9}};
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    uint64_t found[COPSE_INDEX_TWINS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < COPSE_INDEX_TWINS_MAX; i++) {
        assert_int_equal(copse_index_add(&txn->index, &id, i + 1), COPSE_OK);
        if (i == 7) {
            assert_int_equal(copse_index_flush(&txn->index), COPSE_OK);
        }
        assert_int_equal(copse_index_find(&txn->index, found, &count, &id), COPSE_OK);
        assert_int_equal(count, i + 1);
    }
    assert_int_equal(copse_index_add(&txn->index, &id, 99), COPSE_OK);
    assert_int_equal(copse_index_find(&txn->index, found, &count, &id), COPSE_ERR_LIMIT);
    assert_int_equal(copse_index_flush(&txn->index), COPSE_OK);
    assert_int_equal(copse_index_find(&txn->index, found, &count, &id), COPSE_ERR_LIMIT);
    copse_store_abort(txn);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, copse_store_world_setup, copse_store_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(index__places_order_like_positions),
        TEST(index__finds_what_waits_and_what_is_written),
        TEST(index__gives_all_ids_of_a_prefix_up_to_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
