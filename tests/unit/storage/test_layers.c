/* Tests of storage/layers.c, against a plain set. */
#include "storage/layers.h"

#include "tests/support/cmocka.h"
#include "tests/support/random.h"
#include "tests/support/store_world.h"

#include <stdlib.h>
#include <string.h>

#define SEED UINT64_C(4711)
#define KEYS 5000u
#define KEY_BYTES 8u

struct model {
    uint8_t keys[KEYS][KEY_BYTES]; /* rising */
    bool is_there[KEYS];
};

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, KEY_BYTES);
}

static void fill(struct model *model, struct copse_random *random)
{
    memset(model, 0, sizeof *model);
    copse_random_bytes(random, model->keys[0], sizeof model->keys);
    qsort(model->keys, KEYS, KEY_BYTES, compare_keys);
}

/* Key `i` lies in one of two tables. */
static enum copse_db_table table_of(size_t i)
{
    return i % 3 == 0 ? COPSE_DB_IDS : COPSE_DB_STATE;
}

static struct copse_slice key_of(const struct model *model, size_t i)
{
    return (struct copse_slice){model->keys[i], KEY_BYTES};
}

static void put_some(struct model *model, struct copse_layers *layers, struct copse_random *random,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t key = (size_t)copse_random_below(random, KEYS);
        assert_int_equal(copse_layers_put(layers, table_of(key), key_of(model, key)), COPSE_OK);
        model->is_there[key] = true;
    }
}

static void take_some(struct model *model, struct copse_layers *layers, struct copse_random *random,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t key = (size_t)copse_random_below(random, KEYS);
        assert_int_equal(copse_layers_del(layers, table_of(key), key_of(model, key)), COPSE_OK);
        model->is_there[key] = false;
    }
}

/* Walking a table gives exactly the keys of the model. */
static void check_table(const struct model *model, struct copse_layers *layers,
                        enum copse_db_table table)
{
    uint8_t from[KEY_BYTES + 1] = {0};
    size_t from_size = 1;
    struct copse_slice key;
    struct copse_slice value;
    for (size_t i = 0; i < KEYS; i++) {
        if (table_of(i) != table || !model->is_there[i]) {
            continue;
        }
        enum copse_err err =
            copse_layers_seek(layers, &key, &value, table, (struct copse_slice){from, from_size});
        assert_int_equal(err, COPSE_OK);
        assert_int_equal(value.size, 0);
        assert_true(copse_bytes_equal(key, key_of(model, i)));
        memcpy(from, key.data, KEY_BYTES);
        from[KEY_BYTES] = 0;
        from_size = sizeof from;
    }
    assert_int_equal(
        copse_layers_seek(layers, &key, &value, table, (struct copse_slice){from, from_size}),
        COPSE_ERR_NOT_FOUND);
}

static void check(const struct model *model, struct copse_txn *txn)
{
    uint64_t wanted[2] = {0, 0};
    uint64_t count = 0;
    for (size_t i = 0; i < KEYS; i++) {
        wanted[table_of(i) == COPSE_DB_STATE] += model->is_there[i];
    }
    assert_int_equal(copse_layers_count(&txn->layers, &count, COPSE_DB_IDS), COPSE_OK);
    assert_true(count >= wanted[0]); /* a key may lie in several layers */
    check_table(model, &txn->layers, COPSE_DB_IDS);
    check_table(model, &txn->layers, COPSE_DB_STATE);
}

/* In layers, folded or not. */
static uint64_t rows(struct copse_txn *txn)
{
    uint64_t even = 0;
    uint64_t odd = 0;
    assert_int_equal(copse_db_count(txn->db, &even, COPSE_DB_LAYERS_EVEN), COPSE_OK);
    assert_int_equal(copse_db_count(txn->db, &odd, COPSE_DB_LAYERS_ODD), COPSE_OK);
    return even + odd;
}

/* Large and small transactions in turn, so that layers come, are sealed and folded. */
static void layers__are_a_set_whatever_lies_where(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_random random;
    static struct model model;
    bool was_layered = false;
    bool was_folded = false;
    copse_random_init(&random, SEED);
    fill(&model, &random);
    for (size_t round = 0; round < 170; round++) {
        struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
        uint64_t before = rows(txn);
        bool is_large = copse_random_below(&random, 4) > 0;
        put_some(&model, &txn->layers, &random, is_large ? COPSE_LAYERS_FEW + 60 : 20);
        if (round % 7 == 3) {
            take_some(&model, &txn->layers, &random, 60);
        }
        if (round % 5 == 0) {
            check(&model, txn);
        }
        if (round % 11 == 10) {
            put_some(&model, &txn->layers, &random, COPSE_LAYERS_FEW + 1);
        }
        copse_store_world_commit(world, txn);
        txn = copse_store_world_begin(world, COPSE_DB_READ);
        was_layered = was_layered || rows(txn) > 0;
        was_folded = was_folded || (round % 7 != 3 && rows(txn) < before);
        if (round % 4 == 1) {
            check(&model, txn);
        }
        copse_store_abort(txn);
    }
    assert_true(was_layered);
    assert_true(was_folded);
}

static void layers__can_be_tidied_away(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_random random;
    static struct model model;
    bool left = true;
    copse_random_init(&random, SEED + 1);
    fill(&model, &random);
    for (size_t round = 0; round < 5; round++) {
        struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
        put_some(&model, &txn->layers, &random, COPSE_LAYERS_FEW + 1);
        copse_store_world_commit(world, txn);
    }
    for (size_t round = 0; left; round++) {
        struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
        assert_true(round < 20);
        assert_int_equal(copse_layers_tidy(&txn->layers, &left, 100), COPSE_OK);
        check(&model, txn);
        copse_store_world_commit(world, txn);
    }
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
    assert_int_equal(rows(txn), 0);
    check(&model, txn);
    copse_store_abort(txn);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, copse_store_world_setup, copse_store_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(layers__are_a_set_whatever_lies_where),
        TEST(layers__can_be_tidied_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
