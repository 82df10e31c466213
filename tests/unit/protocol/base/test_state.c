/* protocol/base/state: the cursor keeps to its prefix and bears writing. */
#include "protocol/base/state.h"

#include "tests/support/cmocka.h"
#include "tests/support/state_memory.h"

#include <string.h>

struct fixture {
    struct copse_state_memory *map;
    const struct copse_state *state;
};

static struct fixture fixture;

static int setup(void **state)
{
    fixture.map = copse_state_memory_new(copse_memory_heap(), COPSE_STATE_MEMORY_STRICT);
    assert_non_null(fixture.map);
    fixture.state = copse_state_memory_port(fixture.map);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    copse_state_memory_free(fixture.map);
    return 0;
}

static void put(const struct copse_state *state, const char *key, const char *value)
{
    assert_int_equal(
        copse_state_put(state, copse_bytes_of_string(key), copse_bytes_of_string(value)), COPSE_OK);
}

/* The next pair of the cursor is `expected`; NULL: it is at its end. */
static void expect_next(struct copse_state_cursor *cursor, const struct copse_state *state,
                        const char *expected)
{
    struct copse_slice key = {NULL, 0};
    struct copse_slice value = {NULL, 0};
    enum copse_err err = copse_state_next(cursor, &key, &value, state);
    if (expected == NULL) {
        assert_int_equal(err, COPSE_ERR_NOT_FOUND);
        assert_null(key.data);
        return;
    }
    assert_int_equal(err, COPSE_OK);
    assert_true(copse_bytes_equal(key, copse_bytes_of_string(expected)));
    assert_true(copse_bytes_equal(value, copse_bytes_of_string("v")));
}

static void state__cursor_gives_exactly_the_pairs_of_its_prefix_in_order(void **state)
{
    const struct copse_state *map = ((struct fixture *)*state)->state;
    const char *const keys[] = {"a", "ab", "ab\x01", "ab\xff", "abc", "ac", "b", "\xff\xff"};
    for (size_t i = COPSE_ARRAY_SIZE(keys); i > 0; i--) {
        put(map, keys[i - 1], "v");
    }
    struct copse_state_cursor cursor;
    copse_state_open(&cursor, copse_bytes_of_string("ab"));
    expect_next(&cursor, map, "ab");
    expect_next(&cursor, map, "ab\x01");
    expect_next(&cursor, map, "abc");
    expect_next(&cursor, map, "ab\xff");
    expect_next(&cursor, map, NULL);
    expect_next(&cursor, map, NULL);
    copse_state_open(&cursor, copse_bytes_of_string("\xff"));
    expect_next(&cursor, map, "\xff\xff");
    expect_next(&cursor, map, NULL);
    copse_state_open(&cursor, copse_bytes_of_string("aa"));
    expect_next(&cursor, map, NULL);
}

static void state__cursor_bears_writing_between_two_steps(void **state)
{
    const struct copse_state *map = ((struct fixture *)*state)->state;
    put(map, "k1", "v");
    put(map, "k3", "v");
    put(map, "k5", "v");
    struct copse_state_cursor cursor;
    copse_state_open(&cursor, copse_bytes_of_string("k"));
    expect_next(&cursor, map, "k1");
    assert_int_equal(copse_state_del(map, copse_bytes_of_string("k1")), COPSE_OK);
    assert_int_equal(copse_state_del(map, copse_bytes_of_string("k3")), COPSE_OK);
    put(map, "k0", "v"); /* behind the cursor: not seen */
    put(map, "k2", "v"); /* before it: seen */
    expect_next(&cursor, map, "k2");
    expect_next(&cursor, map, "k5");
    put(map, "k6", "v");
    expect_next(&cursor, map, "k6");
    expect_next(&cursor, map, NULL);
}

static void state__cursor_takes_keys_and_prefixes_of_the_largest_size(void **state)
{
    const struct copse_state *map = ((struct fixture *)*state)->state;
    uint8_t bytes[COPSE_STATE_KEY_MAX];
    memset(bytes, 0xff, sizeof bytes);
    struct copse_slice full = {bytes, sizeof bytes};
    struct copse_slice key = {NULL, 0};
    struct copse_slice value = {NULL, 0};
    assert_int_equal(copse_state_put(map, full, full), COPSE_OK);
    for (size_t size = 1; size <= sizeof bytes; size++) {
        struct copse_state_cursor cursor;
        copse_state_open(&cursor, (struct copse_slice){bytes, size});
        assert_int_equal(copse_state_next(&cursor, &key, &value, map), COPSE_OK);
        assert_true(copse_bytes_equal(key, full));
        assert_int_equal(copse_state_next(&cursor, &key, &value, map), COPSE_ERR_NOT_FOUND);
    }
}

static void state__reads_see_the_writes_before_them(void **state)
{
    const struct copse_state *map = ((struct fixture *)*state)->state;
    struct copse_slice value = {NULL, 0};
    struct copse_slice key = copse_bytes_of_string("k");
    assert_int_equal(copse_state_get(map, &value, key), COPSE_ERR_NOT_FOUND);
    put(map, "k", "one");
    put(map, "k", "three");
    assert_int_equal(copse_state_get(map, &value, key), COPSE_OK);
    assert_true(copse_bytes_equal(value, copse_bytes_of_string("three")));
    put(map, "k", "");
    assert_int_equal(copse_state_get(map, &value, key), COPSE_OK);
    assert_int_equal(value.size, 0);
    assert_int_equal(copse_state_del(map, key), COPSE_OK);
    assert_int_equal(copse_state_del(map, key), COPSE_OK);
    assert_int_equal(copse_state_get(map, &value, key), COPSE_ERR_NOT_FOUND);
}

static enum copse_err fail_seek(void *context, struct copse_slice *key, struct copse_slice *value,
                                struct copse_slice from)
{
    (void)key;
    (void)value;
    (void)from;
    return *(enum copse_err *)context;
}

static void state__cursor_passes_on_an_error_and_stays_where_it_is(void **state)
{
    const struct copse_state *map = ((struct fixture *)*state)->state;
    enum copse_err err = COPSE_ERR_CORRUPT;
    struct copse_state broken = *map;
    broken.seek = fail_seek;
    broken.context = &err;
    put(map, "k1", "v");
    struct copse_state_cursor cursor;
    struct copse_slice key = {NULL, 0};
    struct copse_slice value = {NULL, 0};
    copse_state_open(&cursor, copse_bytes_of_string("k"));
    assert_int_equal(copse_state_next(&cursor, &key, &value, &broken), COPSE_ERR_CORRUPT);
    expect_next(&cursor, map, "k1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            state__cursor_gives_exactly_the_pairs_of_its_prefix_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(state__cursor_bears_writing_between_two_steps, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(state__cursor_takes_keys_and_prefixes_of_the_largest_size,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(state__reads_see_the_writes_before_them, setup, teardown),
        cmocka_unit_test_setup_teardown(state__cursor_passes_on_an_error_and_stays_where_it_is,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
