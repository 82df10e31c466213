/* The observed-remove set, case by case and against a model that follows the words of SPEC 8.7. */
#include "protocol/base/writer.h"
#include "protocol/merge/set.h"
#include "tests/support/cmocka.h"
#include "tests/support/random.h"

#include <string.h>

enum { ADDS_MAX = 12, DELS_MAX = 5, BARS_MAX = 2, NAMES_MAX = 6, ROUNDS = 20000 };
static const uint64_t SEED = 0x736574;

struct world {
    struct copse_set_add adds[ADDS_MAX];
    struct copse_set_del dels[DELS_MAX];
    struct copse_slice bars[BARS_MAX];
    struct copse_set set;
    struct copse_id names[DELS_MAX][NAMES_MAX];
    uint8_t room[DELS_MAX][NAMES_MAX * 34];
};

static struct copse_id id_of(uint32_t number)
{
    struct copse_id id = {{0}};
    copse_bytes_put_u32(id.bytes, number);
    return id;
}

static struct copse_slice element(const char *text)
{
    return copse_bytes_of_string(text);
}

static void start(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->set.adds = world->adds;
    world->set.dels = world->dels;
    world->set.bars = world->bars;
}

static void add(struct world *world, uint32_t id, struct copse_slice value)
{
    size_t at = world->set.add_count++;
    world->adds[at] = (struct copse_set_add){.id = id_of(id), .element = value, .tag = at};
}

static void del(struct world *world, const struct copse_id *names, size_t count,
                struct copse_slice value)
{
    size_t at = world->set.del_count++;
    struct copse_set_del *one = &world->dels[at];
    struct copse_writer writer;
    struct copse_slice bytes;
    copse_writer_init(&writer, world->room[at], sizeof world->room[at]);
    for (size_t i = 0; i < count; i++) {
        world->names[at][i] = names[i];
        copse_writer_id(&writer, &names[i]);
    }
    assert_int_equal(copse_writer_end(&bytes, &writer), COPSE_OK);
    copse_reader_init(&one->over, bytes);
    one->over_count = count;
    one->element = value;
}

static void del_one(struct world *world, uint32_t name, struct copse_slice value)
{
    struct copse_id id = id_of(name);
    del(world, &id, 1, value);
}

static const struct copse_slice any = {NULL, 0};

static void set__is_empty_without_adds(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    del_one(&world, 1, any);
    assert_int_equal(copse_set_settle(&world.set), 0);
}

static void set__merges_equal_elements_and_orders_them_by_their_bytes(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    add(&world, 3, element("oak"));
    add(&world, 1, element("elm"));
    add(&world, 2, element("oak"));
    assert_int_equal(copse_set_settle(&world.set), 3);
    assert_true(copse_bytes_equal(world.adds[0].element, element("elm")));
    assert_true(world.adds[0].is_first);
    assert_true(world.adds[1].is_first);
    assert_int_equal(world.adds[1].tag, 2);
    assert_false(world.adds[2].is_first);
}

static void set__keeps_an_element_that_was_added_again_unseen_by_the_removal(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    add(&world, 1, element("oak"));
    add(&world, 2, element("oak"));
    del_one(&world, 1, any);
    assert_int_equal(copse_set_settle(&world.set), 1);
    assert_int_equal(world.adds[0].tag, 1);
    assert_int_equal(world.adds[1].fate, COPSE_SET_REMOVED);
}

static void set__removes_one_of_the_elements_that_one_entry_added(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    add(&world, 1, element("oak"));
    add(&world, 1, element("elm"));
    add(&world, 1, element("ash"));
    del_one(&world, 1, element("elm"));
    assert_int_equal(copse_set_settle(&world.set), 2);
    assert_true(copse_bytes_equal(world.adds[0].element, element("ash")));
    assert_true(copse_bytes_equal(world.adds[1].element, element("oak")));
}

static void set__removes_all_that_one_entry_added_when_no_element_is_said(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    add(&world, 1, element("oak"));
    add(&world, 1, any);
    add(&world, 1, element(""));
    del_one(&world, 1, any);
    assert_int_equal(copse_set_settle(&world.set), 0);
}

static void set__keeps_a_barred_element_away_whoever_adds_it(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    add(&world, 1, element("spam"));
    add(&world, 2, element("oak"));
    world.bars[0] = element("spam");
    world.set.bar_count = 1;
    assert_int_equal(copse_set_settle(&world.set), 1);
    assert_true(copse_bytes_equal(world.adds[0].element, element("oak")));
    assert_int_equal(world.adds[1].fate, COPSE_SET_BARRED);
}

static void set__takes_unknown_elements_for_different_ones(void **state)
{
    (void)state;
    struct world world;
    start(&world);
    add(&world, 2, any);
    add(&world, 1, any);
    add(&world, 3, element("oak"));
    assert_int_equal(copse_set_settle(&world.set), 3);
    assert_int_equal(world.adds[0].tag, 2);
    assert_true(world.adds[1].is_first);
    assert_true(world.adds[2].is_first);
    assert_int_equal(world.adds[1].tag, 1);
}

/* ---- the model ---- */

static bool model_is_removed(const struct world *world, const struct copse_set_add *one)
{
    for (size_t i = 0; i < world->set.del_count; i++) {
        struct copse_slice only = world->dels[i].element;
        bool fits = only.data == NULL ||
                    (one->element.data != NULL && copse_bytes_equal(only, one->element));
        for (size_t k = 0; fits && k < world->dels[i].over_count; k++) {
            if (copse_bytes_equal_ids(&world->names[i][k], &one->id)) {
                return true;
            }
        }
    }
    return false;
}

static bool model_is_barred(const struct world *world, const struct copse_set_add *one)
{
    for (size_t i = 0; i < world->set.bar_count; i++) {
        if (one->element.data != NULL && copse_bytes_equal(world->bars[i], one->element)) {
            return true;
        }
    }
    return false;
}

static struct copse_slice random_element(struct copse_random *random)
{
    static const char *const words[] = {"", "ash", "elm", "oak"};
    size_t pick = (size_t)copse_random_below(random, COPSE_ARRAY_SIZE(words) + 1);
    return pick < COPSE_ARRAY_SIZE(words) ? element(words[pick]) : any;
}

static void make_world(struct world *world, struct copse_random *random)
{
    start(world);
    size_t adds = 1 + (size_t)copse_random_below(random, ADDS_MAX);
    for (size_t i = 0; i < adds; i++) {
        add(world, (uint32_t)copse_random_below(random, 8), random_element(random));
    }
    size_t dels = (size_t)copse_random_below(random, DELS_MAX + 1);
    for (size_t i = 0; i < dels; i++) {
        struct copse_id names[NAMES_MAX];
        size_t count = 1 + (size_t)copse_random_below(random, NAMES_MAX);
        for (size_t k = 0; k < count; k++) {
            names[k] = id_of((uint32_t)copse_random_below(random, 10));
        }
        del(world, names, count, random_element(random));
    }
    size_t bars = (size_t)copse_random_below(random, BARS_MAX + 1);
    for (size_t i = 0; i < bars; i++) {
        struct copse_slice one = random_element(random);
        world->bars[i] = one.data == NULL ? element("oak") : one;
    }
    world->set.bar_count = bars;
}

static enum copse_set_fate model_fate(const struct world *world, const struct copse_set_add *one)
{
    if (model_is_removed(world, one)) {
        return COPSE_SET_REMOVED;
    }
    return model_is_barred(world, one) ? COPSE_SET_BARRED : COPSE_SET_LIVE;
}

static void check_first(const struct world *world, size_t at, size_t live)
{
    const struct copse_set_add *one = &world->adds[at];
    bool is_repeated = false;
    for (size_t k = 0; k < at && k < live; k++) {
        is_repeated |= one->element.data != NULL && world->adds[k].element.data != NULL &&
                       copse_bytes_equal(world->adds[k].element, one->element);
    }
    assert_int_equal(one->is_first, at < live && !is_repeated);
}

static void set__agrees_with_the_model_in_any_order(void **state)
{
    (void)state;
    print_message("seed %llu\n", (unsigned long long)SEED);
    struct copse_random random;
    copse_random_init(&random, SEED);
    for (int round = 0; round < ROUNDS; round++) {
        struct world world;
        make_world(&world, &random);
        enum copse_set_fate fates[ADDS_MAX];
        size_t expected = 0;
        for (size_t i = 0; i < world.set.add_count; i++) {
            fates[i] = model_fate(&world, &world.adds[i]);
            expected += fates[i] == COPSE_SET_LIVE ? 1 : 0;
        }
        for (size_t i = world.set.add_count; i > 1; i--) {
            size_t other = (size_t)copse_random_below(&random, i);
            struct copse_set_add kept = world.adds[i - 1];
            world.adds[i - 1] = world.adds[other];
            world.adds[other] = kept;
        }
        size_t live = copse_set_settle(&world.set);
        assert_int_equal(live, expected);
        for (size_t i = 0; i < world.set.add_count; i++) {
            assert_int_equal(world.adds[i].fate, fates[world.adds[i].tag]);
            assert_int_equal(i < live, world.adds[i].fate == COPSE_SET_LIVE);
            check_first(&world, i, live);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set__is_empty_without_adds),
        cmocka_unit_test(set__merges_equal_elements_and_orders_them_by_their_bytes),
        cmocka_unit_test(set__keeps_an_element_that_was_added_again_unseen_by_the_removal),
        cmocka_unit_test(set__removes_one_of_the_elements_that_one_entry_added),
        cmocka_unit_test(set__removes_all_that_one_entry_added_when_no_element_is_said),
        cmocka_unit_test(set__keeps_a_barred_element_away_whoever_adds_it),
        cmocka_unit_test(set__takes_unknown_elements_for_different_ones),
        cmocka_unit_test(set__agrees_with_the_model_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
