/* tests/support/state_memory: the same as a plain list of pairs, whatever is done to it. */
#include "tests/support/state_memory.h"

#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/random.h"

#include <string.h>

enum { SEED = 99, KEY_COUNT = 64 };

/* The model: for each possible key the value, or absent. A key is its number, spelt so that some
 * begin others: "0", "0x", "1", "1x", .. */
struct model {
    bool present[KEY_COUNT];
    uint64_t values[KEY_COUNT];
};

static struct copse_slice key_of(char room[8], size_t number)
{
    int size = snprintf(room, 8, "%zo%s", number / 2, number % 2 == 0 ? "" : "x");
    assert_true(size > 0);
    return (struct copse_slice){(const uint8_t *)room, (size_t)size};
}

static struct copse_slice value_of(const uint64_t *value)
{
    return (struct copse_slice){(const uint8_t *)value, 1 + *value % sizeof *value};
}

static void random_step(struct copse_state_memory *map, struct model *model,
                        struct copse_random *random)
{
    char room[8];
    const struct copse_state *port = copse_state_memory_port(map);
    size_t number = (size_t)copse_random_below(random, KEY_COUNT);
    struct copse_slice key = key_of(room, number);
    if (copse_random_below(random, 3) == 0) {
        assert_int_equal(copse_state_del(port, key), COPSE_OK);
        model->present[number] = false;
    } else {
        model->present[number] = true;
        model->values[number] = copse_random_u64(random);
        assert_int_equal(copse_state_put(port, key, value_of(&model->values[number])), COPSE_OK);
    }
}

/* Number of the least present key that is >= `from`; KEY_COUNT: none. */
static size_t model_seek(const struct model *model, struct copse_slice from)
{
    char room[8];
    char best_room[8];
    size_t best = KEY_COUNT;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        struct copse_slice key = key_of(room, i);
        if (model->present[i] && copse_bytes_compare(key, from) >= 0 &&
            (best == KEY_COUNT || copse_bytes_compare(key, key_of(best_room, best)) < 0)) {
            best = i;
        }
    }
    return best;
}

static void check_against(struct copse_state_memory *map, const struct model *model)
{
    const struct copse_state *port = copse_state_memory_port(map);
    size_t count = 0;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        char room[8];
        char found_room[8];
        struct copse_slice key = {NULL, 0};
        struct copse_slice value = {NULL, 0};
        struct copse_slice wanted = key_of(room, i);
        enum copse_err err = copse_state_get(port, &value, wanted);
        assert_int_equal(err, model->present[i] ? COPSE_OK : COPSE_ERR_NOT_FOUND);
        assert_true(err != COPSE_OK || copse_bytes_equal(value, value_of(&model->values[i])));
        count += model->present[i] ? 1 : 0;
        size_t found = model_seek(model, wanted);
        err = port->seek(port->context, &key, &value, wanted);
        assert_int_equal(err, found < KEY_COUNT ? COPSE_OK : COPSE_ERR_NOT_FOUND);
        if (err == COPSE_OK) {
            assert_true(copse_bytes_equal(key, key_of(found_room, found)));
            assert_true(copse_bytes_equal(value, value_of(&model->values[found])));
        }
    }
    assert_int_equal(copse_state_memory_count(map), count);
}

static void state_memory__agrees_with_a_plain_list(void **state)
{
    (void)state;
    static const enum copse_state_memory_mode modes[] = {COPSE_STATE_MEMORY_FAST,
                                                         COPSE_STATE_MEMORY_STRICT};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(modes); i++) {
        struct model model = {{false}, {0}};
        struct copse_random random;
        copse_random_init(&random, SEED);
        struct copse_state_memory *map = copse_state_memory_new(copse_memory_heap(), modes[i]);
        assert_non_null(map);
        for (int round = 0; round < 400; round++) {
            random_step(map, &model, &random);
            check_against(map, &model);
        }
        copse_state_memory_free(map);
    }
}

static void state_memory__is_equal_by_contents_and_not_by_history(void **state)
{
    (void)state;
    const struct copse_memory *heap = copse_memory_heap();
    struct copse_state_memory *a = copse_state_memory_new(heap, COPSE_STATE_MEMORY_FAST);
    struct copse_state_memory *b = copse_state_memory_new(heap, COPSE_STATE_MEMORY_FAST);
    struct copse_slice one = copse_bytes_of_string("1");
    struct copse_slice two = copse_bytes_of_string("2");
    assert_int_equal(copse_state_put(copse_state_memory_port(a), one, two), COPSE_OK);
    assert_int_equal(copse_state_put(copse_state_memory_port(a), two, one), COPSE_OK);
    assert_int_equal(copse_state_put(copse_state_memory_port(b), two, two), COPSE_OK);
    struct copse_id digest_a = copse_state_memory_digest(a);
    struct copse_id digest_b = copse_state_memory_digest(b);
    assert_false(copse_bytes_equal_ids(&digest_a, &digest_b));
    assert_false(copse_state_memory_equal(a, b));
    assert_int_equal(copse_state_put(copse_state_memory_port(b), two, one), COPSE_OK);
    assert_false(copse_state_memory_equal(b, a));
    assert_int_equal(copse_state_put(copse_state_memory_port(b), one, two), COPSE_OK);
    digest_b = copse_state_memory_digest(b);
    assert_true(copse_bytes_equal_ids(&digest_a, &digest_b));
    assert_true(copse_state_memory_equal(a, b));
    struct copse_slice key = {NULL, 0};
    struct copse_slice value = {NULL, 0};
    copse_state_memory_at(a, &key, &value, 1);
    assert_true(copse_bytes_equal(key, two));
    assert_true(copse_bytes_equal(value, one));
    copse_state_memory_free(a);
    copse_state_memory_free(b);
}

static enum copse_err put_and_read(const struct copse_memory *memory, void *context)
{
    (void)context;
    struct copse_state_memory *map = copse_state_memory_new(memory, COPSE_STATE_MEMORY_STRICT);
    if (map == NULL) {
        return COPSE_ERR_NOMEM;
    }
    const struct copse_state *port = copse_state_memory_port(map);
    struct copse_slice value = {NULL, 0};
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; err == COPSE_OK && i < 12; i++) {
        char room[8];
        err = copse_state_put(port, key_of(room, i), copse_bytes_of_string("some value"));
        if (err == COPSE_OK) {
            err = copse_state_get(port, &value, key_of(room, i));
        }
        if (err == COPSE_OK) {
            /* A slice that the map lent may be given back to it. */
            err = copse_state_put(port, key_of(room, i + 1), value);
        }
    }
    copse_state_memory_free(map);
    return err;
}

static void state_memory__survives_the_failure_of_each_request(void **state)
{
    (void)state;
    assert_true(copse_fault_sweep(put_and_read, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_memory__agrees_with_a_plain_list),
        cmocka_unit_test(state_memory__is_equal_by_contents_and_not_by_history),
        cmocka_unit_test(state_memory__survives_the_failure_of_each_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
