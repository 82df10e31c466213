/* Tests of storage/prune.c, with the views that go along. */
#include "storage/prune.h"

#include "storage/check.h"
#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <string.h>

#define STEM 40u

/* A community with a founder and a member whose log of class 1 has a stem of STEM entries. */
struct fixture {
    struct copse_store_world *world;
    struct copse_store_person ana;
    struct copse_store_person ben;
    struct copse_built *first[2]; /* genesis, JOIN */
    struct copse_built *stem[STEM];
    struct copse_built *more[64];
    size_t more_count;
    uint32_t number;
};

static struct copse_built *entry_after(const struct fixture *fixture,
                                       const struct copse_built *prev, uint64_t hlc)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &fixture->ben.device,
                                .secret = &fixture->ben.secret,
                                .community = &fixture->first[0]->id,
                                .class = COPSE_ENTRY_DATA,
                                .prev = prev,
                                .hlc = hlc,
                                .content = copse_bytes_of_string("some words")};
    build.op = copse_store_world_post_op(room);
    return copse_build_entry(&build);
}

static enum copse_store_outcome add(struct fixture *fixture, const struct copse_built *built)
{
    struct copse_store_item item = copse_store_world_item(built);
    struct copse_store_batch batch = {&item, 1};
    assert_int_equal(
        copse_store_ingest(fixture->world->store, &fixture->first[0]->id, &batch, 1, NULL),
        COPSE_OK);
    return item.outcome;
}

static void make_first(struct fixture *fixture)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &fixture->ana.device,
                                .secret = &fixture->ana.secret,
                                .hlc = 1};
    build.op = copse_store_world_genesis_op(room, &fixture->ana);
    fixture->first[0] = copse_build_entry(&build);
    struct copse_under under = {fixture->first[0]->id, fixture->first[0]->id};
    build.author = &fixture->ben.device;
    build.secret = &fixture->ben.secret;
    build.community = &fixture->first[0]->id;
    build.under = &under;
    build.op = copse_store_world_join_op(room, &fixture->ben);
    fixture->first[1] = copse_build_entry(&build);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    void *world = NULL;
    assert_int_equal(copse_store_world_setup(&world), 0);
    fixture->world = world;
    copse_store_person_make(&fixture->ana, 1);
    copse_store_person_make(&fixture->ben, 2);
    make_first(fixture);
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    assert_int_equal(copse_entries_add_community(txn, &fixture->number, &fixture->first[0]->id),
                     COPSE_OK);
    copse_store_world_commit(fixture->world, txn);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(add(fixture, fixture->first[i]), COPSE_STORE_STORED);
    }
    for (size_t i = 0; i < STEM; i++) {
        fixture->stem[i] =
            entry_after(fixture, i == 0 ? fixture->first[1] : fixture->stem[i - 1], 100 + i);
        assert_int_equal(add(fixture, fixture->stem[i]), COPSE_STORE_STORED);
    }
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    void *world = fixture->world;
    (void)copse_store_world_teardown(&world);
    copse_build_entry_free(fixture->first[0]);
    copse_build_entry_free(fixture->first[1]);
    for (size_t i = 0; i < STEM; i++) {
        copse_build_entry_free(fixture->stem[i]);
    }
    for (size_t i = 0; i < fixture->more_count; i++) {
        copse_build_entry_free(fixture->more[i]);
    }
    free(fixture);
    return 0;
}

static struct copse_held find(const struct fixture *fixture, struct copse_txn *txn,
                              const struct copse_built *built)
{
    struct copse_held held;
    assert_int_equal(copse_entries_find(txn, &held, NULL, fixture->number, &built->id), COPSE_OK);
    return held;
}

static bool holds(const struct fixture *fixture, const struct copse_built *built)
{
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_READ);
    struct copse_held held;
    enum copse_err err = copse_entries_find(txn, &held, NULL, fixture->number, &built->id);
    copse_store_abort(txn);
    return err == COPSE_OK;
}

static void prune__drops_the_end_of_a_log_and_takes_it_again(void **state)
{
    struct fixture *fixture = *state;
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    struct copse_position from = find(fixture, txn, fixture->stem[10]).position;
    assert_int_equal(copse_prune_drop(txn, &from), COPSE_OK);
    copse_store_world_commit(fixture->world, txn);
    copse_store_world_check(fixture->world);
    assert_true(holds(fixture, fixture->stem[9]));
    assert_false(holds(fixture, fixture->stem[10]));
    for (size_t i = 10; i < STEM; i++) {
        assert_int_equal(add(fixture, fixture->stem[i]), COPSE_STORE_STORED);
    }
    copse_store_world_check(fixture->world);
}

static void prune__drops_a_whole_log_and_takes_it_again(void **state)
{
    struct fixture *fixture = *state;
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    struct copse_position join = find(fixture, txn, fixture->first[1]).position;
    struct copse_position data = find(fixture, txn, fixture->stem[0]).position;
    assert_int_equal(copse_prune_drop(txn, &join), COPSE_ERR_REFUSED);
    assert_int_equal(copse_prune_drop(txn, &data), COPSE_OK);
    assert_int_equal(copse_prune_drop(txn, &join), COPSE_OK);
    copse_store_world_commit(fixture->world, txn);
    copse_store_world_check(fixture->world);
    assert_false(holds(fixture, fixture->first[1]));
    assert_int_equal(add(fixture, fixture->stem[0]), COPSE_STORE_ORPHAN);
    assert_int_equal(add(fixture, fixture->first[1]), COPSE_STORE_STORED);
    assert_int_equal(add(fixture, fixture->stem[0]), COPSE_STORE_STORED);
    copse_store_world_check(fixture->world);
}

static void prune__drops_a_log_whose_branches_rest_on_what_the_trunk_says(void **state)
{
    struct fixture *fixture = *state;
    struct copse_under under = {fixture->first[0]->id, fixture->first[1]->id};
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &fixture->ben.device,
                                .secret = &fixture->ben.secret,
                                .community = &fixture->first[0]->id,
                                .class = COPSE_ENTRY_DATA,
                                .prev = fixture->stem[STEM - 1],
                                .under = &under,
                                .hlc = 7};
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    build.op = copse_store_world_post_op(room);
    fixture->more[0] = copse_build_entry(&build); /* of the trunk, and cites anew */
    for (size_t i = 1; i < 4; i++) {
        fixture->more[i] = entry_after(fixture, fixture->more[i == 3 ? 1 : 0], 7 + i);
    }
    fixture->more_count = 4;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(add(fixture, fixture->more[i]), COPSE_STORE_STORED);
    }
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    struct copse_position data = find(fixture, txn, fixture->more[3]).position;
    assert_int_equal(copse_prune_drop_log(txn, (uint32_t)data.log), COPSE_OK);
    copse_store_world_commit(fixture->world, txn);
    copse_store_world_check(fixture->world);
    assert_false(holds(fixture, fixture->stem[0]));
    assert_true(holds(fixture, fixture->first[1]));
}

static void prune__keeps_what_another_branch_hangs_from(void **state)
{
    struct fixture *fixture = *state;
    fixture->more[0] = entry_after(fixture, fixture->stem[20], 7);
    fixture->more_count = 1;
    assert_int_equal(add(fixture, fixture->more[0]), COPSE_STORE_STORED);
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    struct copse_position from = find(fixture, txn, fixture->stem[15]).position;
    struct copse_position fork = find(fixture, txn, fixture->more[0]).position;
    assert_int_equal(copse_prune_drop(txn, &from), COPSE_ERR_REFUSED);
    assert_int_equal(copse_prune_drop(txn, &fork), COPSE_OK);
    assert_int_equal(copse_prune_drop(txn, &from), COPSE_OK);
    copse_store_world_commit(fixture->world, txn);
    copse_store_world_check(fixture->world);
}

static void prune__keeps_the_seventeen_lowest_forks(void **state)
{
    struct fixture *fixture = *state;
    /* Forks come from the highest to the lowest; from the 18th branch on the highest gives way. */
    for (size_t i = 0; i < 30; i++) {
        size_t index = fixture->more_count++;
        fixture->more[index] = entry_after(fixture, fixture->stem[STEM - 2 - i], 5000 + i);
        assert_int_equal(add(fixture, fixture->more[index]), COPSE_STORE_STORED);
    }
    copse_store_world_check(fixture->world);
    for (size_t i = 0; i < 30; i++) {
        assert_int_equal(holds(fixture, fixture->more[i]), i >= 14);
    }
    /* One higher than all that are kept is not taken. */
    struct copse_built *high = entry_after(fixture, fixture->stem[STEM - 2], 6000);
    fixture->more[fixture->more_count++] = high;
    assert_int_equal(add(fixture, high), COPSE_STORE_SURPLUS);
    assert_int_equal(add(fixture, fixture->stem[STEM - 1]), COPSE_STORE_HELD);
    copse_store_world_check(fixture->world);
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_READ);
    struct copse_held held = find(fixture, txn, fixture->stem[0]);
    const struct copse_log *log = NULL;
    uint32_t fork_seq = 0;
    assert_int_equal(copse_entries_log(txn, &log, (uint32_t)held.position.log), COPSE_OK);
    assert_int_equal(log->branch_count, 17);
    assert_true(copse_log_is_frozen(&fork_seq, log));
    assert_int_equal(fork_seq, STEM - 2 - 29 + 1);
    copse_store_abort(txn);
}

static void prune__keeps_seventeen_branches_that_begin_a_log(void **state)
{
    struct fixture *fixture = *state;
    size_t stored = 0;
    for (size_t i = 0; i < 40; i++) {
        size_t index = fixture->more_count++;
        fixture->more[index] = entry_after(fixture, fixture->first[1], 5000 + i);
        stored += add(fixture, fixture->more[index]) == COPSE_STORE_STORED;
    }
    assert_true(stored > 17); /* some were given up for others */
    copse_store_world_check(fixture->world);
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_READ);
    const struct copse_log *log = NULL;
    uint32_t number = 0;
    assert_int_equal(copse_entries_log_of(txn, &number, fixture->number, &fixture->first[1]->id,
                                          COPSE_ENTRY_DATA),
                     COPSE_OK);
    assert_int_equal(copse_entries_log(txn, &log, number), COPSE_OK);
    assert_int_equal(log->branch_count, 17);
    copse_store_abort(txn);
}

static bool is_tenth(void *context, const struct copse_id *id)
{
    const struct fixture *fixture = context;
    return copse_bytes_equal_ids(id, &fixture->stem[10]->id);
}

static void prune__drops_signatures_but_those_that_must_stay(void **state)
{
    struct fixture *fixture = *state;
    fixture->more[0] = entry_after(fixture, fixture->stem[20], 7);
    fixture->more_count = 1;
    assert_int_equal(add(fixture, fixture->more[0]), COPSE_STORE_STORED);
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    struct copse_position leaf = find(fixture, txn, fixture->stem[STEM - 1]).position;
    size_t dropped = 0;
    assert_int_equal(copse_prune_signatures(txn, &dropped, &leaf, SIZE_MAX, is_tenth, fixture),
                     COPSE_OK);
    copse_store_world_commit(fixture->world, txn);
    assert_true(dropped >= STEM - 8);
    copse_store_world_check(fixture->world);
    txn = copse_store_world_begin(fixture->world, COPSE_DB_READ);
    const struct copse_built *kept[] = {fixture->stem[10], fixture->stem[21], fixture->more[0],
                                        fixture->stem[STEM - 1]};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(kept); i++) {
        struct copse_held held;
        struct copse_entries_row row;
        assert_int_equal(copse_entries_find(txn, &held, &row, fixture->number, &kept[i]->id),
                         COPSE_OK);
        assert_true(row.is_signed);
    }
    copse_store_abort(txn);
}

static void views__are_the_same_when_made_anew(void **state)
{
    struct fixture *fixture = *state;
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    struct copse_views_difference difference;
    struct copse_views context;
    struct copse_state port = copse_views_state(&context, txn, fixture->number);
    assert_int_equal(copse_views_compare(txn, &difference, fixture->number), COPSE_OK);
    assert_int_equal(difference.count, 0);
    assert_true(difference.rows > STEM);
    /* A row too many, one too few, and one changed are each told, and mended by a rebuild. */
    struct copse_state_cursor cursor;
    struct copse_slice key;
    struct copse_slice value;
    copse_state_open(&cursor, copse_bytes_of_string("K"));
    assert_int_equal(copse_state_next(&cursor, &key, &value, &port), COPSE_OK);
    uint8_t copy[COPSE_STATE_KEY_MAX];
    memcpy(copy, key.data, key.size);
    assert_int_equal(copse_state_del(&port, (struct copse_slice){copy, key.size}), COPSE_OK);
    assert_int_equal(copse_views_compare(txn, &difference, fixture->number), COPSE_OK);
    assert_int_equal(difference.count, 1);
    assert_int_equal(copse_views_rebuild(txn, fixture->number), COPSE_OK);
    assert_int_equal(copse_views_compare(txn, &difference, fixture->number), COPSE_OK);
    assert_int_equal(difference.count, 0);
    assert_int_equal(
        copse_state_put(&port, copse_bytes_of_string("Kx"), copse_bytes_of_string("y")), COPSE_OK);
    assert_int_equal(
        copse_state_put(&port, copse_bytes_of_string("Gzz"), copse_bytes_of_string("y")), COPSE_OK);
    assert_int_equal(copse_views_compare(txn, &difference, fixture->number), COPSE_OK);
    assert_true(difference.count >= 2);
    copse_store_abort(txn);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(prune__drops_the_end_of_a_log_and_takes_it_again),
        TEST(prune__drops_a_whole_log_and_takes_it_again),
        TEST(prune__drops_a_log_whose_branches_rest_on_what_the_trunk_says),
        TEST(prune__keeps_what_another_branch_hangs_from),
        TEST(prune__keeps_the_seventeen_lowest_forks),
        TEST(prune__keeps_seventeen_branches_that_begin_a_log),
        TEST(prune__drops_signatures_but_those_that_must_stay),
        TEST(views__are_the_same_when_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
