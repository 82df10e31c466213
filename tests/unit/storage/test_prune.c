/* Tests of storage/prune.c, with the views that go along. */
#include "storage/prune.h"

#include "protocol/authority/op.h"
#include "protocol/entry/run.h"
#include "storage/check.h"
#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <string.h>

#define STEM 40u
#define RUN_MAX (COPSE_RUN_ENTRIES_MAX + 1u)

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

static bool is_signed(const struct fixture *fixture, const struct copse_built *built)
{
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_READ);
    struct copse_held held;
    struct copse_entries_row row;
    assert_int_equal(copse_entries_find(txn, &held, &row, fixture->number, &built->id), COPSE_OK);
    copse_store_abort(txn);
    return row.is_signed;
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

/* SPEC 4.11: the signature "of an entry without prev" is kept, though nothing forks there. */
static void prune__keeps_the_signature_of_an_entry_without_prev(void **state)
{
    struct fixture *fixture = *state;
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &fixture->ben.device,
                                .secret = &fixture->ben.secret,
                                .community = &fixture->first[0]->id,
                                .class = COPSE_ENTRY_CONTROL,
                                .prev = fixture->first[1]};
    const struct copse_op assent = {.kind = COPSE_OP_ASSENT, .target = fixture->stem[0]->id};
    assert_int_equal(copse_op_encode(&build.op, room, &assent), COPSE_OK);
    for (size_t i = 0; i < 4; i++) {
        build.hlc = 300 + i;
        build.prev = fixture->more[fixture->more_count++] = copse_build_entry(&build);
        assert_int_equal(add(fixture, build.prev), COPSE_STORE_STORED);
    }
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    struct copse_position leaf = find(fixture, txn, build.prev).position;
    size_t dropped = 0;
    assert_int_equal(copse_prune_signatures(txn, &dropped, &leaf, SIZE_MAX, NULL, NULL), COPSE_OK);
    assert_int_equal(dropped, 3);
    copse_store_world_commit(fixture->world, txn);
    assert_true(is_signed(fixture, fixture->first[1]));
    assert_false(is_signed(fixture, fixture->more[0]));
    assert_true(is_signed(fixture, build.prev));
}

/* An act of Ana's with a cut that names one entry of Ben's. */
static void cut_ben(struct fixture *fixture, enum copse_op_kind kind, const struct copse_id *target,
                    const struct copse_built *last)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t list[256];
    struct copse_writer writer;
    copse_writer_init(&writer, list, sizeof list);
    const struct copse_op_leaf leaf = {.class = COPSE_ENTRY_DATA,
                                       .device = fixture->ben.device,
                                       .seq = last->entry.seq,
                                       .id = last->id,
                                       .signature = last->signature};
    struct copse_op act = {.kind = kind, .target = *target};
    act.cut = copse_op_list_leaves(&writer, &leaf, 1);
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &fixture->ana.device,
                                .secret = &fixture->ana.secret,
                                .community = &fixture->first[0]->id,
                                .class = COPSE_ENTRY_CONTROL,
                                .prev = fixture->first[0],
                                .hlc = 800};
    assert_int_equal(copse_op_encode(&build.op, room, &act), COPSE_OK);
    struct copse_built *built = copse_build_entry(&build);
    fixture->more[fixture->more_count++] = built;
    assert_int_equal(add(fixture, built), COPSE_STORE_STORED);
}

/* ---- what is not wanted ---- */

static bool is_due(const struct fixture *fixture, uint32_t log)
{
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_READ);
    bool out = false;
    assert_int_equal(copse_prune_is_due(txn, &out, log), COPSE_OK);
    copse_store_abort(txn);
    return out;
}

/* SPEC 4.8: "So a leaf that a cut names is not lost because a device wrote more beside it" */
static void prune__gives_up_what_no_cut_names(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 16; i++) { /* with the stem 17 branches */
        struct copse_built *fork = entry_after(fixture, fixture->stem[STEM - 4 - i], 5000 + i);
        fixture->more[fixture->more_count++] = fork;
        assert_int_equal(add(fixture, fork), COPSE_STORE_STORED);
    }
    struct copse_built *named = entry_after(fixture, fixture->stem[STEM - 3], 6000);
    fixture->more[fixture->more_count++] = named;
    cut_ben(fixture, COPSE_OP_REMOVE, &fixture->ben.root, named);
    /* It is the highest fork of all; the highest that is not wanted makes room. */
    struct copse_store_item item = copse_store_world_item(named);
    struct copse_store_batch batch = {&item, 1};
    item.salted = (struct copse_slice){NULL, 0}; /* its content is on the list of what is missing */
    assert_int_equal(
        copse_store_ingest(fixture->world->store, &fixture->first[0]->id, &batch, 1, NULL),
        COPSE_OK);
    assert_int_equal(item.outcome, COPSE_STORE_STORED);
    assert_true(holds(fixture, named));
    assert_false(holds(fixture, fixture->more[0]));
    assert_true(holds(fixture, fixture->more[1]));
    copse_store_world_check(fixture->world);
}

/* SPEC 4.8: "but first those on the way to a leaf that is named for the log (7.9) and not void, and
 * while such a leaf is not held, the one that came last" */
static void prune__takes_the_way_to_what_is_named_of_a_frozen_log(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 16; i++) { /* with the stem 17 branches */
        struct copse_built *fork = entry_after(fixture, fixture->stem[STEM - 6 - i], 5000 + i);
        fixture->more[fixture->more_count++] = fork;
        assert_int_equal(add(fixture, fork), COPSE_STORE_STORED);
    }
    struct copse_built *way[3] = {fixture->stem[STEM - 4]};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(way); i++) {
        way[i] = entry_after(fixture, i == 0 ? way[0] : way[i - 1], 6000 + i);
        fixture->more[fixture->more_count++] = way[i];
    }
    assert_int_equal(add(fixture, way[0]), COPSE_STORE_SURPLUS);
    cut_ben(fixture, COPSE_OP_ACCEPT, &fixture->ben.device, way[2]);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(way); i++) {
        assert_int_equal(add(fixture, way[i]), COPSE_STORE_STORED);
    }
    assert_false(holds(fixture, fixture->more[0])); /* the highest of the others */
    assert_true(holds(fixture, fixture->more[1]));
    /* Now that it is held it stays, and what is new has no privilege any more. */
    struct copse_built *high = entry_after(fixture, fixture->stem[STEM - 3], 7000);
    struct copse_built *low = entry_after(fixture, fixture->stem[2], 7001);
    fixture->more[fixture->more_count++] = high;
    fixture->more[fixture->more_count++] = low;
    assert_int_equal(add(fixture, high), COPSE_STORE_SURPLUS);
    assert_int_equal(add(fixture, low), COPSE_STORE_STORED);
    assert_false(holds(fixture, fixture->more[1]));
    assert_true(holds(fixture, way[2]));
    copse_store_world_check(fixture->world);
}

static uint32_t log_of(const struct fixture *fixture, const struct copse_built *built)
{
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_READ);
    struct copse_held held = find(fixture, txn, built);
    copse_store_abort(txn);
    return (uint32_t)held.position.log;
}

static void prune_all(const struct fixture *fixture, uint32_t log)
{
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    size_t budget = 0; /* piece by piece: the same comes of it */
    while (budget == 0) {
        budget = 1;
        enum copse_err err = copse_prune_unwanted(txn, &budget, log);
        assert_true(err == COPSE_OK || (err == COPSE_ERR_NOT_FOUND && budget == 1));
    }
    copse_store_world_commit(fixture->world, txn);
    copse_store_world_check(fixture->world);
}

static void prune__leaves_of_a_clipped_log_the_ways_to_what_is_named(void **state)
{
    struct fixture *fixture = *state;
    prune__gives_up_what_no_cut_names(state);
    const struct copse_built *named = fixture->more[16];
    uint32_t data = log_of(fixture, named);
    uint32_t control = log_of(fixture, fixture->first[1]);
    assert_true(is_due(fixture, data));
    assert_false(is_due(fixture, control));
    prune_all(fixture, control);
    assert_false(is_due(fixture, data));
    assert_true(holds(fixture, fixture->first[1]));
    assert_true(holds(fixture, named));
    for (size_t i = 0; i < STEM; i++) {
        assert_int_equal(holds(fixture, fixture->stem[i]), i <= STEM - 3);
    }
    for (size_t i = 0; i < 16; i++) {
        assert_false(holds(fixture, fixture->more[i]));
    }
    /* The branch that was named has got another number, and goes on. */
    struct copse_built *next = entry_after(fixture, named, 7000);
    fixture->more[fixture->more_count++] = next;
    assert_int_equal(add(fixture, next), COPSE_STORE_STORED);
    copse_store_world_check(fixture->world);
    prune_all(fixture, data);
    assert_false(holds(fixture, next));
    assert_true(holds(fixture, named));
}

/* SPEC 7.9: "A log of a stranger is not wanted." */
static void prune__gives_up_both_logs_of_a_stranger_with_all_branches(void **state)
{
    struct fixture *fixture = *state;
    struct copse_store_person eve;
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    copse_store_person_make(&eve, 3);
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &eve.device,
                                .secret = &eve.secret,
                                .community = &fixture->first[0]->id,
                                .hlc = 50};
    build.op = copse_store_world_join_op(room, &eve); /* cites nothing */
    struct copse_built *join = copse_build_entry(&build);
    fixture->more[fixture->more_count++] = join;
    assert_int_equal(add(fixture, join), COPSE_STORE_STORED);
    /* The trunk, which cites anew, and two branches and what leaves one, which rest on that. */
    static const size_t prev_of[] = {0, 1, 2, 2, 3, 4, 4};
    struct copse_under under = {fixture->first[0]->id, fixture->first[1]->id};
    build.class = COPSE_ENTRY_DATA;
    build.op = copse_store_world_post_op(room);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(prev_of); i++) {
        build.prev = fixture->more[prev_of[i]];
        build.under = i == 1 ? &under : NULL;
        build.hlc = 51 + i;
        fixture->more[fixture->more_count++] = copse_build_entry(&build);
        assert_int_equal(add(fixture, fixture->more[i + 1]), COPSE_STORE_STORED);
    }
    uint32_t control = log_of(fixture, join);
    assert_true(is_due(fixture, control));
    prune_all(fixture, control);
    for (size_t i = 0; i < fixture->more_count; i++) {
        assert_false(holds(fixture, fixture->more[i]));
    }
    assert_true(holds(fixture, fixture->stem[STEM - 1]));
}

/* ---- signatures that come later, and too late ---- */

/* Store entries of which the last alone brings its signature; whether that is permitted. */
static bool add_run(struct fixture *fixture, struct copse_built **run, size_t count)
{
    struct copse_store_item items[RUN_MAX];
    assert_true(count <= RUN_MAX);
    for (size_t i = 0; i < count; i++) {
        items[i] = copse_store_world_item(run[i]);
        items[i].signature = i + 1 == count ? items[i].signature : NULL;
    }
    struct copse_store_batch batch = {items, count};
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    if (copse_store_add(txn, fixture->number, &batch) != COPSE_OK) {
        copse_store_abort(txn);
        return false;
    }
    copse_store_world_commit(fixture->world, txn);
    return true;
}

static void free_run(struct copse_built **run, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        copse_build_entry_free(run[i]);
    }
}

static void make_run(struct copse_built **run, size_t count, const struct fixture *fixture,
                     const struct copse_built *prev, uint64_t hlc)
{
    for (size_t i = 0; i < count; i++) {
        run[i] = entry_after(fixture, i == 0 ? prev : run[i - 1], hlc + i);
    }
}

/* SPEC 4.11: "A signature that comes for an entry held without one, in a run or in a cut, is kept
 * from then on." */
static void admit__keeps_a_signature_that_comes_later(void **state)
{
    struct fixture *fixture = *state;
    struct copse_built *run[5];
    make_run(run, 5, fixture, fixture->stem[STEM - 1], 700);
    assert_true(add_run(fixture, run, 5));
    assert_false(is_signed(fixture, run[1]) || is_signed(fixture, run[3]));
    assert_int_equal(add(fixture, run[1]), COPSE_STORE_HELD);
    assert_true(is_signed(fixture, run[1]));
    cut_ben(fixture, COPSE_OP_REMOVE, &fixture->ben.root, run[3]);
    assert_true(is_signed(fixture, run[3]));
    assert_false(is_signed(fixture, run[2]));
    copse_store_world_check(fixture->world);
    free_run(run, 5);
}

/* SPEC 4.12: "the entries after the last signed one before it, up to and including the last of the
 * run, within the bound of 4.11" */
static void admit__takes_nothing_too_far_from_a_signature(void **state)
{
    struct fixture *fixture = *state;
    struct copse_built *run[RUN_MAX];
    struct copse_built *fork[RUN_MAX];
    make_run(run, RUN_MAX, fixture, fixture->stem[STEM - 1], 700);
    assert_false(add_run(fixture, run, RUN_MAX));
    assert_true(add_run(fixture, run, RUN_MAX - 1));
    make_run(fork, RUN_MAX - 100, fixture, run[99], 2000);
    assert_false(add_run(fixture, fork, RUN_MAX - 100));
    assert_true(add_run(fixture, fork, RUN_MAX - 101));
    copse_store_world_check(fixture->world);
    free_run(run, RUN_MAX);
    free_run(fork, RUN_MAX - 100);
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
        TEST(prune__keeps_what_another_branch_hangs_from),
        TEST(prune__keeps_the_seventeen_lowest_forks),
        TEST(prune__keeps_seventeen_branches_that_begin_a_log),
        TEST(prune__drops_signatures_but_those_that_must_stay),
        TEST(prune__keeps_the_signature_of_an_entry_without_prev),
        TEST(prune__gives_up_what_no_cut_names),
        TEST(prune__takes_the_way_to_what_is_named_of_a_frozen_log),
        TEST(prune__leaves_of_a_clipped_log_the_ways_to_what_is_named),
        TEST(prune__gives_up_both_logs_of_a_stranger_with_all_branches),
        TEST(admit__keeps_a_signature_that_comes_later),
        TEST(admit__takes_nothing_too_far_from_a_signature),
        TEST(views__are_the_same_when_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
