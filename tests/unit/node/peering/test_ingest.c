/* Tests of node/peering/ingest.c: what is stored of what sessions hand on, and what is swept. */
#include "node/peering/ingest.h"

#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <stdlib.h>

#define MEMBERS 3u

/* A community with a founder, and members who have joined and written one entry each. */
struct fixture {
    struct copse_store_world *world;
    struct copse_ingest ingest;
    struct copse_store_person people[MEMBERS + 1];
    struct copse_built *genesis;
    struct copse_built *joins[MEMBERS];
    struct copse_built *posts[MEMBERS];
    uint32_t number;
};

static void add(struct fixture *fixture, const struct copse_built *built)
{
    struct copse_store_item item = copse_store_world_item(built);
    struct copse_store_batch batch = {&item, 1};
    assert_int_equal(
        copse_store_ingest(fixture->world->store, &fixture->genesis->id, &batch, 1, NULL),
        COPSE_OK);
    assert_int_equal(item.outcome, COPSE_STORE_STORED);
}

enum member { STANDS, STRANGER }; /* whose person has not signed for the device */

static void make_member(struct fixture *fixture, size_t place, enum member member)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_store_person person = fixture->people[place + 1];
    struct copse_under under = {fixture->genesis->id, fixture->genesis->id};
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &person.device,
                                .secret = &person.secret,
                                .community = &fixture->genesis->id,
                                .under = &under,
                                .hlc = 2};
    if (member == STRANGER) {
        person.certificate = fixture->people[0].certificate;
    }
    build.op = copse_store_world_join_op(room, &person);
    fixture->joins[place] = copse_build_entry(&build);
    build.class = COPSE_ENTRY_DATA;
    build.prev = fixture->joins[place];
    build.under = NULL;
    build.content = copse_bytes_of_string("some words");
    build.op = copse_store_world_post_op(room);
    fixture->posts[place] = copse_build_entry(&build);
    add(fixture, fixture->joins[place]);
    add(fixture, fixture->posts[place]);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    void *world = NULL;
    assert_int_equal(copse_store_world_setup(&world), 0);
    fixture->world = world;
    for (size_t i = 0; i <= MEMBERS; i++) {
        copse_store_person_make(&fixture->people[i], (uint32_t)i + 1);
    }
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &fixture->people[0].device,
                                .secret = &fixture->people[0].secret,
                                .hlc = 1};
    build.op = copse_store_world_genesis_op(room, &fixture->people[0]);
    fixture->genesis = copse_build_entry(&build);
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    assert_int_equal(copse_entries_add_community(txn, &fixture->number, &fixture->genesis->id),
                     COPSE_OK);
    copse_store_world_commit(fixture->world, txn);
    add(fixture, fixture->genesis);
    copse_ingest_init(&fixture->ingest, fixture->world->store, &fixture->people[0].device, NULL);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    void *world = fixture->world;
    copse_ingest_deinit(&fixture->ingest);
    (void)copse_store_world_teardown(&world);
    for (size_t i = 0; i < MEMBERS; i++) {
        if (fixture->joins[i] != NULL) {
            copse_build_entry_free(fixture->joins[i]);
            copse_build_entry_free(fixture->posts[i]);
        }
    }
    copse_build_entry_free(fixture->genesis);
    free(fixture);
    return 0;
}

static bool holds(const struct fixture *fixture, const struct copse_built *built)
{
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_READ);
    struct copse_held held;
    enum copse_err err = copse_entries_find(txn, &held, NULL, fixture->number, &built->id);
    copse_store_abort(txn);
    return err == COPSE_OK;
}

static void sweep(struct fixture *fixture)
{
    assert_int_equal(copse_ingest_sweep(&fixture->ingest, &fixture->genesis->id, 1), COPSE_OK);
}

/* Who stands no more may have written while it did: a removal of who had let it in came later. */
static void ingest__sweeps_what_was_written_by_who_stands_no_more(void **state)
{
    struct fixture *fixture = *state;
    make_member(fixture, 0, STANDS);
    make_member(fixture, 1, STRANGER);
    make_member(fixture, 2, STRANGER);
    sweep(fixture);
    assert_true(holds(fixture, fixture->joins[0]) && holds(fixture, fixture->posts[0]));
    assert_false(holds(fixture, fixture->joins[1]) || holds(fixture, fixture->posts[1]));
    assert_false(holds(fixture, fixture->joins[2]) || holds(fixture, fixture->posts[2]));
    copse_store_world_check(fixture->world);
}

/* A chain of entries of class 1 behind one; its last one, to be freed by the caller. */
static struct copse_built *write_chain(struct fixture *fixture, size_t place,
                                       const struct copse_built *prev, size_t count)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    const struct copse_store_person *person = &fixture->people[place + 1];
    struct copse_built *last = NULL;
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &person->device,
                                .secret = &person->secret,
                                .community = &fixture->genesis->id,
                                .class = COPSE_ENTRY_DATA,
                                .prev = prev};
    build.op = copse_store_world_post_op(room);
    for (size_t i = 0; i < count; i++) {
        build.hlc = 100 + count + i;
        struct copse_built *next = copse_build_entry(&build);
        add(fixture, next);
        if (last != NULL) {
            copse_build_entry_free(last);
        }
        last = next;
        build.prev = last;
    }
    return last;
}

/* In several transactions, and with forks that leave one another. */
static void ingest__sweeps_long_logs_piece_by_piece(void **state)
{
    struct fixture *fixture = *state;
    make_member(fixture, 0, STANDS);
    make_member(fixture, 1, STRANGER);
    struct copse_built *trunk = write_chain(fixture, 1, fixture->posts[1], 20);
    struct copse_built *ends[3] = {
        write_chain(fixture, 1, trunk, COPSE_INGEST_SWEEP_MAX + 100),
        write_chain(fixture, 1, trunk, 30),
        write_chain(fixture, 1, fixture->posts[1], 10),
    };
    sweep(fixture);
    assert_true(holds(fixture, fixture->posts[0]));
    assert_false(holds(fixture, fixture->joins[1]) || holds(fixture, trunk));
    for (size_t i = 0; i < 3; i++) {
        assert_false(holds(fixture, ends[i]));
        copse_build_entry_free(ends[i]);
    }
    copse_build_entry_free(trunk);
    copse_store_world_check(fixture->world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ingest__sweeps_what_was_written_by_who_stands_no_more,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(ingest__sweeps_long_logs_piece_by_piece, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
