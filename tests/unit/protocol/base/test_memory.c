/* protocol/base/memory: zeroed, checked for overflow, unchanged by a failure. */
#include "protocol/base/memory.h"

#include "tests/support/cmocka.h"
#include "tests/support/fault.h"

#include <string.h>

static void memory__new_gives_zeroed_room(void **state)
{
    (void)state;
    static const uint8_t zeros[4096];
    const struct copse_memory *heap = copse_memory_heap();
    for (int round = 0; round < 3; round++) {
        uint8_t *room = copse_memory_new(heap, 64, 64);
        assert_non_null(room);
        assert_memory_equal(room, zeros, sizeof zeros);
        memset(room, 0xff, sizeof zeros); /* what the next round may get back */
        copse_memory_free(heap, room);
    }
}

static void memory__new_refuses_a_product_that_overflows_and_nothing(void **state)
{
    (void)state;
    struct copse_fault fault;
    copse_fault_init(&fault, 0);
    assert_null(copse_memory_new(&fault.memory, SIZE_MAX / 2 + 1, 2));
    assert_null(copse_memory_new(&fault.memory, 2, SIZE_MAX));
    assert_null(copse_memory_new(&fault.memory, 0, 8));
    assert_null(copse_memory_new(&fault.memory, 8, 0));
    assert_int_equal(fault.request_count, 0);
}

static void memory__free_takes_null(void **state)
{
    (void)state;
    struct copse_fault fault;
    copse_fault_init(&fault, 0);
    copse_memory_free(&fault.memory, NULL);
    assert_int_equal(fault.live_count, 0);
}

static void memory__grow_keeps_the_items_and_at_least_doubles(void **state)
{
    (void)state;
    struct copse_fault fault;
    copse_fault_init(&fault, 0);
    uint32_t *items = NULL;
    size_t capacity = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        assert_int_equal(
            copse_memory_grow(&fault.memory, &items, &capacity, i + 1, sizeof items[0]), COPSE_OK);
        assert_true(capacity > i);
        items[i] = i * 7;
    }
    for (uint32_t i = 0; i < 10000; i++) {
        assert_int_equal(items[i], i * 7);
    }
    assert_true(fault.request_count <= 13); /* 4, 8, .. 16384 */
    copse_memory_free(&fault.memory, items);
    assert_int_equal(fault.live_count, 0);
}

static void memory__grow_changes_nothing_when_it_fails(void **state)
{
    (void)state;
    struct copse_fault fault;
    copse_fault_init(&fault, 2);
    uint64_t *items = NULL;
    size_t capacity = 0;
    assert_int_equal(copse_memory_grow(&fault.memory, &items, &capacity, 1, sizeof items[0]),
                     COPSE_OK);
    items[0] = 42;
    const uint64_t *before = items;
    size_t capacity_before = capacity;
    assert_int_equal(copse_memory_grow(&fault.memory, &items, &capacity, 100, sizeof items[0]),
                     COPSE_ERR_NOMEM);
    assert_int_equal(
        copse_memory_grow(&fault.memory, &items, &capacity, SIZE_MAX / 4, sizeof items[0]),
        COPSE_ERR_NOMEM);
    assert_int_equal(copse_memory_grow(&fault.memory, &items, &capacity, SIZE_MAX, 1),
                     COPSE_ERR_NOMEM);
    assert_ptr_equal(items, before);
    assert_int_equal(capacity, capacity_before);
    assert_int_equal(items[0], 42);
    copse_memory_free(&fault.memory, items);
}

/* Two arrays, each grown twice: four requests. */
static enum copse_err grow_two(const struct copse_memory *memory, void *context)
{
    (void)context;
    uint8_t *one = NULL;
    uint8_t *two = NULL;
    size_t one_capacity = 0;
    size_t two_capacity = 0;
    enum copse_err err = COPSE_OK;
    for (size_t size = 1; err == COPSE_OK && size <= 100; size += 99) {
        err = copse_memory_grow(memory, &one, &one_capacity, size, 1);
        if (err == COPSE_OK) {
            err = copse_memory_grow(memory, &two, &two_capacity, size, 1);
        }
    }
    copse_memory_free(memory, one);
    copse_memory_free(memory, two);
    return err;
}

static void memory__survives_the_failure_of_each_request(void **state)
{
    (void)state;
    assert_int_equal(copse_fault_sweep(grow_two, NULL), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory__new_gives_zeroed_room),
        cmocka_unit_test(memory__new_refuses_a_product_that_overflows_and_nothing),
        cmocka_unit_test(memory__free_takes_null),
        cmocka_unit_test(memory__grow_keeps_the_items_and_at_least_doubles),
        cmocka_unit_test(memory__grow_changes_nothing_when_it_fails),
        cmocka_unit_test(memory__survives_the_failure_of_each_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
