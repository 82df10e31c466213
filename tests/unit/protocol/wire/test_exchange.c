/* Exchange: two nodes end with the same entries whoever holds what, and send little more than what
 * the other lacks (SPEC 10.11 to 10.15).
 */
#include "protocol/wire/exchange.h"
#include "tests/support/cmocka.h"
#include "tests/support/wire_scene.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* ---- cost ---- */

/* Logs of one entry each in class 0; `changed` of them have one more on the other side. */
static void count_changed(size_t logs, size_t changed, size_t limit)
{
    struct wire_scene fixture;
    wire_scene_begin(&fixture, logs);
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    wire_scene_connect(&fixture, 3);
    wire_pair_open(&fixture.pair);
    wire_scene_assert_same(&fixture);
    for (size_t i = 0; i < changed; i++) {
        size_t device = i * (logs / changed);
        (void)wire_node_add_built(&fixture.nodes[1],
                                  wire_world_add(&fixture.world, device, COPSE_ENTRY_CONTROL,
                                                 fixture.world.joins[device], 0));
    }
    size_t before = wire_scene_bytes(&fixture);
    size_t entries_before = fixture.pair.ends[0].entries;
    copse_session_compare(fixture.pair.ends[0].session, &fixture.world.community);
    wire_pair_wait(&fixture.pair, 1100);
    wire_scene_assert_same(&fixture);
    assert_int_equal(fixture.pair.ends[0].entries - entries_before, changed);
    /* A run of one small entry is 188 bytes with its record; its CREDIT comes much later. */
    size_t spent = wire_scene_bytes(&fixture) - before - changed * 188;
    printf("%zu changed of %zu logs: %zu bytes besides the entries\n", changed, logs, spent);
    assert_in_range(spent, 1, limit);
    wire_scene_end(&fixture);
}

static void exchange__finds_few_changes_among_many_logs_in_few_bytes(void **state)
{
    (void)state;
    count_changed(10, 1, 700);
    count_changed(100, 1, 1000);
    count_changed(1000, 1, 1300);
    count_changed(1000, 10, 4500);
    count_changed(1000, 100, 20000);
    count_changed(10000, 10, 6144);
}

/* ---- whoever holds what ---- */

static void run_random_world(uint64_t seed)
{
    struct copse_random random;
    copse_random_init(&random, seed);
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 2 + copse_random_below(&random, 40));
    wire_world_grow(&fixture.world, &random, copse_random_below(&random, 400));
    uint64_t shares[2] = {copse_random_below(&random, 1001), copse_random_below(&random, 1001)};
    for (size_t i = 0; i < 2; i++) {
        wire_world_give_some(&fixture.world, &fixture.nodes[i], &random, shares[i]);
    }
    wire_scene_connect(&fixture, seed);
    for (size_t i = 0; i < 2; i++) {
        size_t pieces[] = {0, 1, 7, 1000, 70000};
        fixture.pair.ends[i].piece_max = pieces[copse_random_below(&random, 5)];
        fixture.pair.ends[i].stores_late = copse_random_below(&random, 3) == 0;
    }
    fixture.pair.is_bulky = copse_random_below(&random, 2) == 0;
    wire_pair_open(&fixture.pair);
    for (size_t i = 0; i < 200; i++) {
        wire_pair_store(&fixture.pair);
        wire_pair_wait(&fixture.pair, 50);
    }
    bool is_same = wire_node_sum(&fixture.nodes[0]) == wire_node_sum(&fixture.nodes[1]) &&
                   fixture.pair.ends[0].equals > 0 && fixture.pair.ends[1].equals > 0 &&
                   !fixture.pair.ends[0].is_closed && !fixture.pair.ends[1].is_closed;
    if (!is_same) {
        printf("seed %llu\n", (unsigned long long)seed);
    }
    wire_scene_assert_same(&fixture);
    wire_scene_end(&fixture);
}

static void exchange__joins_what_two_nodes_hold_in_any_random_world(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        run_random_world(seed);
    }
    /* Both found: a frozen log without a trunk waited for the peer, and the peer for it. */
    run_random_world(171);
    run_random_world(633);
}

/* Both have the same long log up to a point, and then each its own. */
static void exchange__finds_where_two_branches_part_without_sending_the_log(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 3);
    struct wire_world *world = &fixture.world;
    struct copse_built *common =
        wire_world_extend(world, 2, COPSE_ENTRY_DATA, world->joins[2], 3000);
    wire_world_give_all(world, &fixture.nodes[0]);
    wire_world_give_all(world, &fixture.nodes[1]);
    wire_world_give_path(world, &fixture.nodes[0],
                         wire_world_extend(world, 2, COPSE_ENTRY_DATA, common, 10));
    wire_world_give_path(world, &fixture.nodes[1],
                         wire_world_extend(world, 2, COPSE_ENTRY_DATA, common, 20));
    wire_scene_connect(&fixture, 4);
    wire_pair_open(&fixture.pair);
    wire_scene_assert_same(&fixture);
    printf("parted 10 and 20 back of 3000: %zu and %zu entries sent\n",
           fixture.pair.ends[1].entries, fixture.pair.ends[0].entries);
    assert_in_range(fixture.pair.ends[0].entries, 20, 26);
    assert_in_range(fixture.pair.ends[1].entries, 10, 26);
    wire_scene_end(&fixture);
}

static void exchange__sends_only_what_follows_when_one_side_is_ahead(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 3);
    struct wire_world *world = &fixture.world;
    struct copse_built *common =
        wire_world_extend(world, 2, COPSE_ENTRY_CONTROL, world->joins[2], 600);
    wire_world_give_all(world, &fixture.nodes[0]);
    wire_world_give_all(world, &fixture.nodes[1]);
    wire_world_give_path(world, &fixture.nodes[1],
                         wire_world_extend(world, 2, COPSE_ENTRY_CONTROL, common, 300));
    wire_scene_connect(&fixture, 5);
    wire_pair_open(&fixture.pair);
    wire_scene_assert_same(&fixture);
    assert_int_equal(fixture.pair.ends[0].entries, 300);
    assert_int_equal(fixture.pair.ends[1].entries, 0);
    wire_scene_end(&fixture);
}

/* `branches` entries behind one. */
static void fork_at(struct wire_scene *fixture, struct wire_node *node,
                    const struct copse_built *at, size_t branches)
{
    for (size_t i = 0; i < branches; i++) {
        struct copse_built *leaf =
            wire_world_extend(&fixture->world, 2, COPSE_ENTRY_CONTROL, at, 1 + i % 3);
        wire_world_give_path(&fixture->world, node, leaf);
    }
}

static uint32_t fork_seq_of(struct wire_node *node, const struct copse_built *entry)
{
    struct copse_source source = memory_source_port(node->source);
    struct copse_held held;
    uint32_t seq = UINT32_MAX;
    assert_int_equal(source.find(source.context, &held, &entry->id), COPSE_OK);
    assert_true(copse_log_is_frozen(&seq, source.log(source.context, held.position.log)));
    return seq;
}

static size_t run_frozen(size_t own_forks, size_t other_forks, uint32_t own_at, uint32_t other_at,
                         uint32_t expected)
{
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 3);
    struct wire_world *world = &fixture.world;
    struct copse_built *trunk[41] = {world->joins[2]};
    for (size_t i = 1; i <= 40; i++) {
        trunk[i] = wire_world_add(world, 2, COPSE_ENTRY_CONTROL, trunk[i - 1], 0);
    }
    wire_world_give_all(world, &fixture.nodes[0]);
    wire_world_give_all(world, &fixture.nodes[1]);
    fork_at(&fixture, &fixture.nodes[0], trunk[own_at], own_forks);
    fork_at(&fixture, &fixture.nodes[1], trunk[other_at], other_forks);
    wire_scene_connect(&fixture, 6);
    wire_pair_open(&fixture.pair);
    wire_pair_wait(&fixture.pair, 3000);
    wire_scene_assert_same(&fixture);
    assert_int_equal(fork_seq_of(&fixture.nodes[0], trunk[0]), expected);
    assert_int_equal(fork_seq_of(&fixture.nodes[1], trunk[0]), expected);
    size_t entries = fixture.pair.ends[1].entries;
    wire_scene_end(&fixture);
    return entries;
}

static void exchange__brings_frozen_logs_to_their_lowest_fork(void **state)
{
    (void)state;
    (void)run_frozen(20, 0, 10, 10, 11); /* frozen here, linear there */
    (void)run_frozen(0, 20, 10, 10, 11);
    (void)run_frozen(20, 2, 10, 20, 11); /* forked there, above */
    (void)run_frozen(20, 2, 10, 5, 6);   /* forked there, below */
    /* Frozen on both sides: who has the higher fork seq has nothing to show. */
    assert_int_equal(run_frozen(20, 20, 10, 5, 6), 0);
    (void)run_frozen(20, 20, 7, 7, 8);
    (void)run_frozen(9, 9, 12, 30, 13); /* frozen only together */
    (void)run_frozen(20, 1, 0, 39, 1);  /* right behind the first entry */
}

/* Frozen alike on both sides, and a leaf is named that one holds, further on than a run reaches. */
static void run_named(bool has_trunk, uint64_t seed)
{
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 3);
    struct wire_world *world = &fixture.world;
    wire_world_give_all(world, &fixture.nodes[0]);
    wire_world_give_all(world, &fixture.nodes[1]);
    struct copse_built *trunk = world->joins[2];
    if (has_trunk) {
        trunk = wire_world_extend(world, 2, COPSE_ENTRY_DATA, trunk, 5);
    }
    struct copse_built *first = wire_world_add(world, 2, COPSE_ENTRY_DATA, trunk, 0);
    for (size_t i = 0; i < 2; i++) {
        wire_world_give_path(world, &fixture.nodes[i], first);
        for (size_t k = 0; k < 16; k++) {
            wire_world_give_path(world, &fixture.nodes[i],
                                 i == 0 ? wire_world_add(world, 2, COPSE_ENTRY_DATA, trunk, 0)
                                        : world->entries[world->count - 16 + k]);
        }
    }
    struct copse_built *named = wire_world_extend(world, 2, COPSE_ENTRY_DATA, first, 300);
    wire_world_give_path(world, &fixture.nodes[1], named);
    fixture.nodes[0].named = named->id;
    fixture.nodes[1].named = named->id;
    wire_scene_connect(&fixture, seed);
    wire_pair_open(&fixture.pair);
    wire_pair_wait(&fixture.pair, 3000);
    wire_scene_assert_same(&fixture);
    assert_non_null(memory_source_bytes(fixture.nodes[0].source, &named->id).data);
    assert_in_range(fixture.pair.ends[0].entries, 300, 302);
    assert_int_equal(fixture.pair.ends[1].entries, 0);
    wire_scene_end(&fixture);
}

static void exchange__brings_what_is_named_of_a_frozen_log(void **state)
{
    (void)state;
    run_named(true, 24);
    run_named(false, 25);
}

/* The first entry itself is written twice in class 1: nothing is the trunk. */
static void exchange__brings_a_log_without_trunk_to_both_sides(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 3);
    struct wire_world *world = &fixture.world;
    wire_world_give_all(world, &fixture.nodes[0]);
    wire_world_give_all(world, &fixture.nodes[1]);
    for (size_t i = 0; i < 20; i++) {
        struct copse_built *first = wire_world_add(world, 2, COPSE_ENTRY_DATA, world->joins[2], 0);
        (void)wire_node_add_built(&fixture.nodes[i % 3 == 0], first);
        (void)wire_node_add_built(&fixture.nodes[1], i < 3 ? first : world->joins[2]);
    }
    wire_scene_connect(&fixture, 7);
    wire_pair_open(&fixture.pair);
    wire_pair_wait(&fixture.pair, 3000);
    wire_scene_assert_same(&fixture);
    wire_scene_end(&fixture);
}

/* A log without a trunk names itself by zeros; another log of the device is not meant by that. */
static void exchange__brings_a_log_beside_one_without_trunk(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 3);
    struct wire_world *world = &fixture.world;
    struct copse_built *join = wire_world_add(world, 2, COPSE_ENTRY_CONTROL, NULL, 0);
    for (size_t i = 0; i < 20; i++) {
        (void)wire_world_add(world, 2, COPSE_ENTRY_DATA, world->joins[2], 0);
    }
    wire_world_give_all(world, &fixture.nodes[0]);
    wire_world_give_all(world, &fixture.nodes[1]);
    wire_world_give_path(world, &fixture.nodes[0],
                         wire_world_extend(world, 2, COPSE_ENTRY_DATA, join, 3));
    wire_scene_connect(&fixture, 8);
    wire_pair_open(&fixture.pair);
    wire_pair_wait(&fixture.pair, 3000);
    wire_scene_assert_same(&fixture);
    assert_int_equal(fixture.pair.ends[1].entries, 3);
    wire_scene_end(&fixture);
}

static void exchange__counts_a_log_only_as_far_as_it_is_wanted(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 3);
    struct wire_world *world = &fixture.world;
    struct copse_built *cut = wire_world_extend(world, 2, COPSE_ENTRY_DATA, world->joins[2], 10);
    struct copse_built *beyond = wire_world_extend(world, 2, COPSE_ENTRY_DATA, cut, 10);
    wire_world_give_all(world, &fixture.nodes[0]);
    wire_world_give_path(world, &fixture.nodes[1], world->joins[0]);
    wire_world_give_path(world, &fixture.nodes[1], world->joins[1]);
    fixture.nodes[0].clip = cut->id;
    fixture.nodes[1].clip = cut->id;
    wire_scene_connect(&fixture, 8);
    wire_pair_open(&fixture.pair);
    wire_scene_assert_same(&fixture);
    assert_non_null(memory_source_bytes(fixture.nodes[1].source, &cut->id).data);
    assert_null(memory_source_bytes(fixture.nodes[1].source, &beyond->id).data);
    wire_scene_end(&fixture);
}

/* One holds a long stretch under one signature, the other a branch that leaves it in the middle: a
 * run from there could not be sent again by who stores it, so it must come another way. */
static void run_unsigned_stretch(bool is_bulky)
{
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 3);
    struct wire_world *world = &fixture.world;
    wire_world_give_all(world, &fixture.nodes[0]);
    wire_world_give_all(world, &fixture.nodes[1]);
    const struct copse_built *last = world->joins[2];
    const struct copse_built *middle = NULL;
    for (size_t i = 0; i <= 200; i++) {
        last = wire_world_add(world, 2, COPSE_ENTRY_DATA, last, 0);
        bool is_kept = i == 0 || i == 200;
        (void)wire_node_add_built(&fixture.nodes[0], last);
        (void)wire_node_add(&fixture.nodes[1], copse_build_entry_bytes(last),
                            (struct copse_slice){NULL, 0}, is_kept ? &last->signature : NULL);
        middle = i == 150 ? last : middle;
    }
    last = middle;
    for (size_t i = 0; i < 120; i++) {
        last = wire_world_add(world, 2, COPSE_ENTRY_DATA, last, 0);
        bool is_kept = i == 0 || i == 119;
        (void)wire_node_add(&fixture.nodes[0], copse_build_entry_bytes(last),
                            (struct copse_slice){NULL, 0}, is_kept ? &last->signature : NULL);
    }
    wire_scene_connect(&fixture, 23);
    fixture.pair.is_bulky = is_bulky;
    wire_pair_open(&fixture.pair);
    wire_scene_assert_same(&fixture);
    assert_int_equal(wire_world_count(world, &fixture.nodes[1]), world->count);
    /* The stretch up to the middle again, for its signature, and then the branch. */
    assert_int_equal(fixture.pair.ends[1].entries, 150 + 120);
    wire_scene_end(&fixture);
}

static void exchange__asks_for_a_signature_where_a_branch_leaves_an_unsigned_stretch(void **state)
{
    (void)state;
    run_unsigned_stretch(false);
    run_unsigned_stretch(true);
}

int main(void)
{
    assert_int_equal(sodium_init() < 0, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchange__finds_few_changes_among_many_logs_in_few_bytes),
        cmocka_unit_test(exchange__joins_what_two_nodes_hold_in_any_random_world),
        cmocka_unit_test(exchange__finds_where_two_branches_part_without_sending_the_log),
        cmocka_unit_test(exchange__sends_only_what_follows_when_one_side_is_ahead),
        cmocka_unit_test(exchange__brings_frozen_logs_to_their_lowest_fork),
        cmocka_unit_test(exchange__brings_what_is_named_of_a_frozen_log),
        cmocka_unit_test(exchange__brings_a_log_without_trunk_to_both_sides),
        cmocka_unit_test(exchange__brings_a_log_beside_one_without_trunk),
        cmocka_unit_test(exchange__counts_a_log_only_as_far_as_it_is_wanted),
        cmocka_unit_test(exchange__asks_for_a_signature_where_a_branch_leaves_an_unsigned_stretch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
