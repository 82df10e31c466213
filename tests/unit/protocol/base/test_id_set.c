/* Sets of ids: what was put in is found at its place, and nothing else. */
#include "protocol/base/id_set.h"

#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/random.h"

#include <string.h>

#define IDS 1000u

/* Of every eight ids seven share their first bytes. */
static struct copse_id id_of(uint64_t number)
{
    struct copse_id id = {{0}};
    copse_bytes_put_u64(id.bytes, number % 8 == 0 ? number * UINT64_C(0x9e3779b97f4a7c15) : 7);
    copse_bytes_put_u64(id.bytes + 24, number);
    return id;
}

static void id_set__finds_what_was_put_in(void **state)
{
    (void)state;
    struct copse_id_set set;
    copse_id_set_init(&set, copse_memory_heap());
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < IDS; i++) {
            struct copse_id id = id_of(i);
            size_t place = 0;
            assert_false(copse_id_set_find(&set, &place, &id));
            assert_int_equal(copse_id_set_add(&set, &id), COPSE_OK);
            assert_int_equal(copse_id_set_add(&set, &id), COPSE_ERR_EXISTS);
            assert_true(copse_id_set_find(&set, &place, &id));
            assert_int_equal(place, i);
        }
        assert_int_equal(set.count, IDS);
        for (uint64_t i = 0; i < IDS; i++) {
            struct copse_id id = id_of(i);
            assert_true(copse_bytes_equal_ids(&set.ids[i], &id));
        }
        copse_id_set_clear(&set);
        assert_int_equal(set.count, 0);
    }
    copse_id_set_deinit(&set);
}

static enum copse_err fill(const struct copse_memory *memory, void *context)
{
    struct copse_id_set set;
    enum copse_err err = COPSE_OK;
    (void)context;
    copse_id_set_init(&set, memory);
    for (uint64_t i = 0; err == COPSE_OK && i < IDS; i++) {
        struct copse_id id = id_of(i);
        size_t before = set.count;
        err = copse_id_set_add(&set, &id);
        assert_int_equal(set.count, before + (err == COPSE_OK ? 1u : 0u));
    }
    copse_id_set_deinit(&set);
    return err;
}

static void id_set__survives_lack_of_memory(void **state)
{
    (void)state;
    assert_true(copse_fault_sweep(fill, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_set__finds_what_was_put_in),
        cmocka_unit_test(id_set__survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
