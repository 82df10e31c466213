/* Tests of storage/entries.c and admit.c: entries that come from elsewhere, and trees of them. */
#include "storage/entries.h"

#include "tests/support/cmocka.h"
#include "tests/support/random.h"
#include "tests/support/store_world.h"

#include <string.h>

#define SEED UINT64_C(20261123)

static uint32_t number_of(struct copse_txn *txn, const struct copse_id *community)
{
    uint32_t number = 0;
    assert_int_equal(copse_entries_community(txn, &number, community), COPSE_OK);
    return number;
}

#define TREE_ENTRIES 120u

struct tree {
    struct copse_built *built[TREE_ENTRIES + 2]; /* genesis, JOIN, then class 1 */
    size_t count;
    struct copse_id community;
};

/* A community of one founder and one member, whose class 1 log forks now and then. */
static void grow_tree(struct tree *tree, struct copse_random *random)
{
    struct copse_store_person ana;
    struct copse_store_person ben;
    copse_store_person_make(&ana, 1);
    copse_store_person_make(&ben, 2);
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_build build = {
        .scheme = copse_key_ed25519(), .author = &ana.device, .secret = &ana.secret, .hlc = 1000};
    build.op = copse_store_world_genesis_op(room, &ana);
    tree->built[0] = copse_build_entry(&build);
    tree->community = tree->built[0]->id;
    struct copse_under under = {tree->community, tree->community};
    build.author = &ben.device;
    build.secret = &ben.secret;
    build.community = &tree->community;
    build.under = &under;
    build.op = copse_store_world_join_op(room, &ben);
    tree->built[1] = copse_build_entry(&build);
    build.under = NULL;
    build.class = COPSE_ENTRY_DATA;
    build.op = copse_store_world_post_op(room);
    build.prev = tree->built[1];
    tree->count = 2;
    size_t forks = 0;
    while (tree->count < TREE_ENTRIES + 2) {
        bool forks_here = forks < 12 && copse_random_below(random, 12) == 0;
        if (tree->count > 2) {
            size_t at = forks_here ? 2 + (size_t)copse_random_below(random, tree->count - 2)
                                   : tree->count - 1;
            build.prev = tree->built[at];
        }
        forks += forks_here ? 1 : 0;
        uint8_t content[64];
        copse_random_bytes(random, content, sizeof content);
        build.content = (struct copse_slice){content, 1 + copse_random_below(random, 63)};
        build.hlc = 1000 + copse_random_below(random, 1000000);
        tree->built[tree->count++] = copse_build_entry(&build);
    }
}

static void free_tree(struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        copse_build_entry_free(tree->built[i]);
    }
}

/* Add all, each signed unless a child follows it in the same batch, in batches of random size. */
static void add_tree(struct copse_store_world *world, const struct tree *tree,
                     struct copse_random *random)
{
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    uint32_t number = 0;
    assert_int_equal(copse_entries_add_community(txn, &number, &tree->community), COPSE_OK);
    copse_store_world_commit(world, txn);
    for (size_t at = 0; at < tree->count;) {
        struct copse_store_item items[TREE_ENTRIES + 2];
        size_t count = 1 + (size_t)copse_random_below(random, 20);
        count = count > tree->count - at ? tree->count - at : count;
        for (size_t i = 0; i < count; i++) {
            items[i] = copse_store_world_item(tree->built[at + i]);
        }
        for (size_t i = 0; i + 1 < count; i++) {
            if (tree->built[at + i + 1]->entry.has_prev &&
                copse_bytes_equal_ids(&tree->built[at + i + 1]->entry.prev, &items[i].id) &&
                items[i].entry.class == COPSE_ENTRY_DATA) {
                items[i].signature = NULL;
            }
        }
        struct copse_store_batch batch = {items, count};
        assert_int_equal(copse_store_ingest(world->store, &tree->community, &batch, 1, NULL),
                         COPSE_OK);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(items[i].outcome, COPSE_STORE_STORED);
        }
        at += count;
    }
}

static void check_tree(struct copse_store_world *world, const struct tree *tree)
{
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
    struct copse_entries_source context;
    struct copse_source source =
        copse_entries_source(&context, txn, number_of(txn, &tree->community));
    for (size_t i = 0; i < tree->count; i++) {
        const struct copse_built *built = tree->built[i];
        struct copse_held held;
        assert_int_equal(source.find(source.context, &held, &built->id), COPSE_OK);
        assert_true(copse_bytes_equal_ids(&held.id, &built->id));
        assert_int_equal(held.entry.seq, built->entry.seq);
        assert_int_equal(held.entry.hlc, built->entry.hlc);
        assert_true(copse_bytes_equal(held.entry.op, built->entry.op));
        assert_true(held.trail.log_time >= built->entry.hlc);
        assert_true(held.trail.has_under);
        assert_true(copse_bytes_equal_ids(&held.trail.under.grant, &tree->community));
        const struct copse_log *log = source.log(source.context, held.position.log);
        assert_non_null(log);
        assert_int_equal(log->class, built->entry.class);
        if (built->entry.class == COPSE_ENTRY_DATA && built->entry.seq > 0) {
            struct copse_held before;
            assert_int_equal(source.find(source.context, &before, &built->entry.prev), COPSE_OK);
            assert_true(copse_log_reaches(log, &before.position, &held.position));
            assert_false(copse_log_reaches(log, &held.position, &before.position));
        }
        if (built->salted != NULL) {
            assert_int_equal(held.content_state, COPSE_CONTENT_PRESENT);
        }
    }
    uint64_t cursor = 0;
    struct copse_held control;
    assert_int_equal(source.next_control(source.context, &control, &cursor), COPSE_OK);
    assert_true(copse_bytes_equal_ids(&control.id, &tree->built[0]->id));
    assert_int_equal(source.next_control(source.context, &control, &cursor), COPSE_OK);
    assert_int_equal(source.next_control(source.context, &control, &cursor), COPSE_ERR_NOT_FOUND);
    copse_store_abort(txn);
}

static void entries__gives_random_trees_back(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct tree tree;
    grow_tree(&tree, &random);
    add_tree(world, &tree, &random);
    check_tree(world, &tree);
    copse_store_world_check(world);
    copse_store_world_close(world);
    copse_store_world_open(world);
    check_tree(world, &tree);
    copse_store_world_check(world);
    free_tree(&tree);
}

static void entries__answers_held_without_change(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_random random;
    copse_random_init(&random, SEED + 1);
    struct tree tree;
    grow_tree(&tree, &random);
    add_tree(world, &tree, &random);
    struct copse_store_item items[TREE_ENTRIES + 2];
    for (size_t i = 0; i < tree.count; i++) {
        items[i] = copse_store_world_item(tree.built[i]);
    }
    struct copse_store_batch batch = {items, tree.count};
    assert_int_equal(copse_store_ingest(world->store, &tree.community, &batch, 1, NULL), COPSE_OK);
    for (size_t i = 0; i < tree.count; i++) {
        assert_int_equal(items[i].outcome, COPSE_STORE_HELD);
    }
    copse_store_world_check(world);
    free_tree(&tree);
}

static void entries__refuses_what_has_no_prev_or_signature(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_random random;
    copse_random_init(&random, SEED + 2);
    struct tree tree;
    grow_tree(&tree, &random);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    uint32_t number = 0;
    assert_int_equal(copse_entries_add_community(txn, &number, &tree.community), COPSE_OK);
    struct copse_store_item item = copse_store_world_item(tree.built[2]);
    struct copse_store_batch batch = {&item, 1};
    assert_int_equal(copse_store_add(txn, number, &batch), COPSE_OK);
    assert_int_equal(item.outcome, COPSE_STORE_ORPHAN);
    item = copse_store_world_item(tree.built[0]);
    item.signature = NULL;
    assert_int_equal(copse_store_add(txn, number, &batch), COPSE_ERR_FORM);
    copse_store_abort(txn);
    copse_store_world_check(world);
    free_tree(&tree);
}

static void entries__takes_a_join_before_the_genesis(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_random random;
    copse_random_init(&random, SEED + 4);
    struct tree tree;
    grow_tree(&tree, &random);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    uint32_t number = 0;
    assert_int_equal(copse_entries_add_community(txn, &number, &tree.community), COPSE_OK);
    copse_store_world_commit(world, txn);
    static const size_t order[] = {1, 2, 0};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(order); i++) {
        struct copse_store_item item = copse_store_world_item(tree.built[order[i]]);
        struct copse_store_batch batch = {&item, 1};
        assert_int_equal(copse_store_ingest(world->store, &tree.community, &batch, 1, NULL),
                         COPSE_OK);
        assert_int_equal(item.outcome, COPSE_STORE_STORED);
        copse_store_world_check(world);
    }
    free_tree(&tree);
}

static void entries__takes_a_content_that_comes_later(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_random random;
    copse_random_init(&random, SEED + 3);
    struct tree tree;
    grow_tree(&tree, &random);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    uint32_t number = 0;
    assert_int_equal(copse_entries_add_community(txn, &number, &tree.community), COPSE_OK);
    struct copse_store_item items[3];
    for (size_t i = 0; i < 3; i++) {
        items[i] = copse_store_world_item(tree.built[i]);
    }
    items[2].salted = (struct copse_slice){NULL, 0};
    struct copse_store_batch batch = {items, 3};
    assert_int_equal(copse_store_add(txn, number, &batch), COPSE_OK);
    struct copse_held held;
    assert_int_equal(copse_entries_find(txn, &held, NULL, number, &items[2].id), COPSE_OK);
    assert_int_equal(held.content_state, COPSE_CONTENT_MISSING);
    struct copse_position cursor = {0, 0, 0};
    struct copse_position missing;
    assert_int_equal(copse_contents_next_missing(txn, &missing, &cursor), COPSE_OK);
    assert_int_equal(missing.log, held.position.log);
    struct copse_slice wrong = copse_build_entry_salted(tree.built[3]);
    assert_int_equal(copse_contents_put(txn, &held, wrong), COPSE_ERR_SIGNATURE);
    struct copse_slice right = copse_build_entry_salted(tree.built[2]);
    assert_int_equal(copse_contents_put(txn, &held, right), COPSE_OK);
    cursor = (struct copse_position){0, 0, 0};
    assert_int_equal(copse_contents_next_missing(txn, &missing, &cursor), COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_contents_release(txn, &held, COPSE_CONTENT_ERASED), COPSE_OK);
    assert_int_equal(copse_contents_put(txn, &held, right), COPSE_ERR_REFUSED);
    copse_store_world_commit(world, txn);
    copse_store_world_check(world);
    free_tree(&tree);
}

/* The logs of a device, walked from the start or each time from behind the last one. */
static void entries__go_on_behind_a_log(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    struct copse_store_person ben;
    copse_store_person_make(&ana, 1);
    copse_store_person_make(&ben, 2);
    struct copse_id community = copse_store_world_found(world, &ana);
    for (size_t i = 0; i < 5; i++) {
        (void)copse_store_world_join(world, &community, &ben);
        (void)copse_store_world_post(world, &community, &ben, "with a log of class 1");
    }
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
    uint32_t community_number = number_of(txn, &community);
    struct copse_entries_cursor whole = {.next_size = 0};
    struct copse_entries_cursor again = {.next_size = 0};
    uint32_t number = 0;
    size_t count = 0;
    while (copse_entries_next_log(txn, &number, &whole, community_number, &ben.device) ==
           COPSE_OK) {
        uint32_t same = 0;
        assert_int_equal(copse_entries_next_log(txn, &same, &again, community_number, &ben.device),
                         COPSE_OK);
        assert_int_equal(same, number);
        assert_int_equal(copse_entries_behind_log(txn, &again, same), COPSE_OK);
        count++;
    }
    assert_int_equal(count, 10);
    assert_int_equal(copse_entries_next_log(txn, &number, &again, community_number, &ben.device),
                     COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_entries_behind_log(txn, &again, UINT32_MAX), COPSE_ERR_NOT_FOUND);
    copse_store_abort(txn);
}

/* Walks from branch to parent have no other bound. */
static void entries__find_a_log_damaged_whose_branches_leave_each_other(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    (void)copse_store_world_found(world, &ana);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    uint8_t key[4] = {0, 0, 0, 1};
    uint8_t row[70 + 2 * 74] = {0};
    struct copse_slice name = {key, sizeof key};
    struct copse_slice value;
    assert_int_equal(copse_db_get(txn->db, &value, COPSE_DB_LOGS, name), COPSE_OK);
    assert_int_equal(value.size, 70 + 74);
    memcpy(row, value.data, value.size);
    row[69] = 2; /* branches, of which each leaves the other at seq 5 */
    for (size_t i = 0; i < 2; i++) {
        uint8_t *branch = row + 70 + i * 74;
        copse_bytes_put_u16(branch, (uint16_t)(1 - i));
        copse_bytes_put_u32(branch + 2, 5);
        copse_bytes_put_u32(branch + 6, 9);
    }
    assert_int_equal(
        copse_db_put(txn->db, COPSE_DB_LOGS, name, (struct copse_slice){row, sizeof row}),
        COPSE_OK);
    copse_store_world_commit(world, txn);
    txn = copse_store_world_begin(world, COPSE_DB_READ);
    const struct copse_log *log = NULL;
    assert_int_equal(copse_entries_log(txn, &log, 1), COPSE_ERR_CORRUPT);
    copse_store_abort(txn);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, copse_store_world_setup, copse_store_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(entries__gives_random_trees_back),
        TEST(entries__answers_held_without_change),
        TEST(entries__refuses_what_has_no_prev_or_signature),
        TEST(entries__takes_a_join_before_the_genesis),
        TEST(entries__takes_a_content_that_comes_later),
        TEST(entries__go_on_behind_a_log),
        TEST(entries__find_a_log_damaged_whose_branches_leave_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
