/* What is taken of people nobody stands behind is bounded, and no bar to those who are let in. */
#include "node/peering/ingest.h"

#include "protocol/authority/op.h"
#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <string.h>

enum { STRANGERS = 40 };

struct fixture {
    struct copse_store_world *world;
    struct copse_store_person ana;
    struct copse_id community;
    struct copse_ingest ingest;
    uint64_t ticket;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    void *world = NULL;
    assert_int_equal(copse_store_world_setup(&world), 0);
    f->world = world;
    copse_store_person_make(&f->ana, 1);
    f->community = copse_store_world_found(f->world, &f->ana);
    copse_ingest_init(&f->ingest, f->world->store, &f->ana.device, NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    void *world = f->world;
    copse_ingest_deinit(&f->ingest);
    copse_store_world_check(f->world);
    (void)copse_store_world_teardown(&world);
    free(f);
    return 0;
}

/* A JOIN of somebody; by the open door if `under` is not NULL. */
static struct copse_built *make_join(const struct fixture *f, uint32_t number,
                                     const struct copse_under *under)
{
    struct copse_store_person person;
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    copse_store_person_make(&person, number);
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &person.device,
                                .secret = &person.secret,
                                .community = &f->community,
                                .class = COPSE_ENTRY_CONTROL,
                                .under = under,
                                .hlc = 1000 + number,
                                .op = copse_store_world_join_op(room, &person)};
    return copse_build_entry(&build);
}

/* A peer sends it. Was it taken? */
static bool offer(struct fixture *f, const struct copse_built *built)
{
    struct copse_run_item item = {
        .id = built->id, .entry = built->entry, .bytes = copse_build_entry_bytes(built)};
    struct copse_session_event event = {
        .kind = COPSE_SESSION_ENTRIES,
        .community = f->community,
        .gift = {.kind = COPSE_CHANNEL_ENTRIES,
                 .ticket = ++f->ticket,
                 .items = &item,
                 .item_count = 1,
                 .signature = &built->signature},
    };
    assert_int_equal(copse_ingest_take(&f->ingest, 1, &event, 0), COPSE_OK);
    assert_int_equal(copse_ingest_flush(&f->ingest, 0), COPSE_OK);
    bool is_taken = !f->ingest.units[0].is_refused;
    copse_ingest_clear(&f->ingest);
    return is_taken;
}

static size_t count_logs(const struct fixture *f)
{
    struct copse_txn *txn = copse_store_world_begin(f->world, COPSE_DB_READ);
    struct copse_entries_cursor cursor = {.next_size = 0};
    uint32_t community = 0;
    uint32_t number = 0;
    size_t count = 0;
    assert_int_equal(copse_entries_community(txn, &community, &f->community), COPSE_OK);
    while (copse_entries_next_log(txn, &number, &cursor, community, NULL) == COPSE_OK) {
        count++;
    }
    copse_store_abort(txn);
    return count;
}

static void ingest__holds_no_more_of_strangers_than_there_is_room_for(void **state)
{
    struct fixture *f = *state;
    size_t refused = 0;
    size_t most = 0;
    f->ingest.strangers_max = 2000;
    for (uint32_t i = 0; i < STRANGERS; i++) {
        struct copse_built *join = make_join(f, 100 + i, NULL);
        refused += !offer(f, join);
        copse_build_entry_free(join);
        size_t logs = count_logs(f);
        most = logs > most ? logs : most;
    }
    assert_true(refused > 1 && refused < STRANGERS / 2);
    assert_true(most < STRANGERS / 2);
}

static void ingest__takes_any_number_who_are_let_in(void **state)
{
    struct fixture *f = *state;
    const struct copse_under door = {f->community, f->community};
    f->ingest.strangers_max = 2000;
    for (uint32_t i = 0; i < STRANGERS; i++) {
        struct copse_built *join = make_join(f, 100 + i, &door);
        assert_true(offer(f, join));
        copse_build_entry_free(join);
    }
    assert_int_equal(count_logs(f), 1 + STRANGERS);
    assert_int_equal(f->ingest.strangers, 0);
}

/* SPEC 7.9: "it MUST NOT refuse them for good" */
static void ingest__takes_who_was_declined_when_they_come_again(void **state)
{
    struct fixture *f = *state;
    const struct copse_under door = {f->community, f->community};
    struct copse_built *stranger = make_join(f, 100, NULL);
    struct copse_built *newcomer = make_join(f, 101, &door);
    f->ingest.strangers_max = 1;
    assert_true(offer(f, stranger));
    assert_false(offer(f, newcomer));
    assert_int_equal(count_logs(f), 1);
    assert_true(offer(f, newcomer));
    assert_int_equal(count_logs(f), 2);
    copse_build_entry_free(stranger);
    copse_build_entry_free(newcomer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ingest__holds_no_more_of_strangers_than_there_is_room_for),
        TEST(ingest__takes_any_number_who_are_let_in),
        TEST(ingest__takes_who_was_declined_when_they_come_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
