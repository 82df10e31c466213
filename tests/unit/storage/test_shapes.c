/* Tests of storage/shapes.c: EDITs that others lean on are asked for, held, and given up. */
#include "storage/shapes.h"

#include "protocol/authority/op.h"
#include "storage/prune.h"
#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <string.h>

enum { ANA, BEN, PEOPLE };

/* Ana and Ben have joined, and write EDITs of one object. */
struct fixture {
    struct copse_store_world *world;
    struct copse_store_person people[PEOPLE];
    struct copse_built *joins[PEOPLE]; /* Ana's is the genesis */
    struct copse_built *last[PEOPLE];  /* of class 1 */
    struct copse_built *made[16];
    size_t made_count;
    struct copse_id object;
    uint32_t number;
};

static struct copse_built *keep(struct fixture *f, struct copse_built *built)
{
    assert_true(f->made_count < COPSE_ARRAY_SIZE(f->made));
    f->made[f->made_count++] = built;
    return built;
}

static enum copse_store_outcome take(struct fixture *f, const struct copse_built *built)
{
    struct copse_store_item item = copse_store_world_item(built);
    struct copse_store_batch batch = {&item, 1};
    assert_int_equal(copse_store_ingest(f->world->store, &f->joins[ANA]->id, &batch, 1, NULL),
                     COPSE_OK);
    return item.outcome;
}

/* Write an EDIT with at most one parent; nobody has taken it yet. */
static struct copse_built *edit(struct fixture *f, size_t person, const struct copse_built *parent)
{
    static const uint8_t shape[] = {0x93, 0, 0, 1};
    uint8_t ids[64];
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_writer writer;
    copse_writer_init(&writer, ids, sizeof ids);
    struct copse_op op = {
        .kind = COPSE_OP_EDIT, .target = f->object, .value = {shape, sizeof shape}};
    op.ids =
        copse_op_list_ids(&writer, parent == NULL ? NULL : &parent->id, parent == NULL ? 0 : 1);
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &f->people[person].device,
                                .secret = &f->people[person].secret,
                                .community = &f->joins[ANA]->id,
                                .class = COPSE_ENTRY_DATA,
                                .prev =
                                    f->last[person] == NULL ? f->joins[person] : f->last[person],
                                .hlc = 100 + f->made_count,
                                .content = copse_bytes_of_string("x")};
    assert_int_equal(copse_op_encode(&build.op, room, &op), COPSE_OK);
    f->last[person] = keep(f, copse_build_entry(&build));
    return f->last[person];
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    void *world = NULL;
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    assert_int_equal(copse_store_world_setup(&world), 0);
    f->world = world;
    f->object.bytes[0] = 7;
    copse_store_person_make(&f->people[ANA], 1);
    copse_store_person_make(&f->people[BEN], 2);
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = &f->people[ANA].device,
                                .secret = &f->people[ANA].secret,
                                .hlc = 1,
                                .op = copse_store_world_genesis_op(room, &f->people[ANA])};
    f->joins[ANA] = keep(f, copse_build_entry(&build));
    struct copse_under under = {f->joins[ANA]->id, f->joins[ANA]->id};
    build.author = &f->people[BEN].device;
    build.secret = &f->people[BEN].secret;
    build.community = &f->joins[ANA]->id;
    build.under = &under;
    build.op = copse_store_world_join_op(room, &f->people[BEN]);
    f->joins[BEN] = keep(f, copse_build_entry(&build));
    struct copse_txn *txn = copse_store_world_begin(f->world, COPSE_DB_WRITE);
    assert_int_equal(copse_entries_add_community(txn, &f->number, &f->joins[ANA]->id), COPSE_OK);
    copse_store_world_commit(f->world, txn);
    assert_int_equal(take(f, f->joins[ANA]), COPSE_STORE_STORED);
    assert_int_equal(take(f, f->joins[BEN]), COPSE_STORE_STORED);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    void *world = f->world;
    copse_store_world_check(f->world);
    (void)copse_store_world_teardown(&world);
    for (size_t i = 0; i < f->made_count; i++) {
        copse_build_entry_free(f->made[i]);
    }
    free(f);
    return 0;
}

/* What is awaited is this one, or with NULL nothing. */
static void check_awaited(struct fixture *f, const struct copse_built *built)
{
    struct copse_txn *txn = copse_store_world_begin(f->world, COPSE_DB_READ);
    struct copse_id id;
    uint64_t cursor = 0;
    enum copse_err err = copse_shapes_next_awaited(txn, &id, &cursor, f->number);
    assert_int_equal(err, built == NULL ? COPSE_ERR_NOT_FOUND : COPSE_OK);
    if (built != NULL) {
        assert_true(copse_bytes_equal_ids(&id, &built->id));
        err = copse_shapes_next_awaited(txn, &id, &cursor, f->number);
        assert_int_equal(err, COPSE_ERR_NOT_FOUND);
    }
    copse_store_abort(txn);
}

/* Is it loose, by id and by object? */
static bool is_loose(struct fixture *f, const struct copse_built *built)
{
    struct copse_txn *txn = copse_store_world_begin(f->world, COPSE_DB_READ);
    struct copse_slice bytes;
    struct copse_source_loose loose;
    struct copse_id cursor = {{0}};
    bool is_listed = false;
    enum copse_err err = copse_shapes_find(txn, &bytes, f->number, &built->id);
    assert_true(err == COPSE_ERR_NOT_FOUND ||
                copse_bytes_equal(bytes, copse_build_entry_bytes(built)));
    while (copse_shapes_next(txn, &loose, &cursor, f->number, &f->object) == COPSE_OK) {
        is_listed = is_listed || copse_bytes_equal_ids(&loose.id, &built->id);
    }
    copse_store_abort(txn);
    assert_int_equal(is_listed, err == COPSE_OK);
    return is_listed;
}

static enum copse_err put(struct fixture *f, const struct copse_id *id,
                          const struct copse_built *built)
{
    struct copse_txn *txn = copse_store_world_begin(f->world, COPSE_DB_WRITE);
    enum copse_err err = copse_shapes_put(txn, f->number, id, copse_build_entry_bytes(built));
    if (err == COPSE_OK) {
        copse_store_world_commit(f->world, txn);
    } else {
        copse_store_abort(txn);
    }
    return err;
}

/* Drop a log from this entry on. */
static void drop(struct fixture *f, const struct copse_built *built)
{
    struct copse_txn *txn = copse_store_world_begin(f->world, COPSE_DB_WRITE);
    struct copse_held held;
    assert_int_equal(copse_entries_find(txn, &held, NULL, f->number, &built->id), COPSE_OK);
    assert_int_equal(copse_prune_drop(txn, &held.position), COPSE_OK);
    copse_store_world_commit(f->world, txn);
}

static void shapes__holds_what_is_awaited_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct copse_built *first = edit(f, BEN, NULL);
    struct copse_built *second = edit(f, BEN, first);
    struct copse_built *leaning = edit(f, ANA, second);
    assert_int_equal(take(f, leaning), COPSE_STORE_STORED);
    check_awaited(f, second);
    assert_int_equal(put(f, &first->id, first), COPSE_ERR_EXISTS);
    assert_int_equal(put(f, &second->id, first), COPSE_ERR_REFUSED);
    assert_int_equal(put(f, &second->id, second), COPSE_OK);
    assert_true(is_loose(f, second));
    check_awaited(f, first);
    assert_int_equal(put(f, &first->id, first), COPSE_OK);
    assert_int_equal(put(f, &first->id, first), COPSE_ERR_EXISTS);
    check_awaited(f, NULL);
}

static void shapes__lets_go_of_what_comes_into_a_log(void **state)
{
    struct fixture *f = *state;
    struct copse_built *first = edit(f, BEN, NULL);
    struct copse_built *leaning = edit(f, ANA, first);
    assert_int_equal(take(f, leaning), COPSE_STORE_STORED);
    assert_int_equal(put(f, &first->id, first), COPSE_OK);
    assert_int_equal(take(f, first), COPSE_STORE_STORED);
    assert_false(is_loose(f, first));
    check_awaited(f, NULL);
}

static void shapes__awaits_nothing_that_came_in_order(void **state)
{
    struct fixture *f = *state;
    struct copse_built *first = edit(f, BEN, NULL);
    assert_int_equal(take(f, first), COPSE_STORE_STORED);
    assert_int_equal(take(f, edit(f, ANA, first)), COPSE_STORE_STORED);
    check_awaited(f, NULL);
}

/* SPEC 6.14: "Of an EDIT in a log that is given up, what is leaned on MUST be kept loose." */
static void shapes__keeps_of_a_log_that_goes_what_is_leaned_on(void **state)
{
    struct fixture *f = *state;
    struct copse_built *first = edit(f, BEN, NULL);
    struct copse_built *second = edit(f, BEN, first);
    struct copse_built *third = edit(f, BEN, second);
    struct copse_built *leaning = edit(f, ANA, second);
    struct copse_built *all[] = {first, second, third, leaning};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(all); i++) {
        assert_int_equal(take(f, all[i]), COPSE_STORE_STORED);
    }
    drop(f, first);
    assert_true(is_loose(f, first) && is_loose(f, second));
    assert_false(is_loose(f, third));
    check_awaited(f, NULL);
    drop(f, leaning);
    assert_false(is_loose(f, first) || is_loose(f, second) || is_loose(f, leaning));
}

/* Anybody may name anything. What is here and is no EDIT of the object is no parent, and the store
 * is as it should be (teardown checks it). */
static void shapes__awaits_in_vain_what_is_no_edit(void **state)
{
    struct fixture *f = *state;
    struct copse_built *leaning = edit(f, ANA, f->joins[BEN]);
    assert_int_equal(take(f, leaning), COPSE_STORE_STORED);
    check_awaited(f, f->joins[BEN]);
    assert_int_equal(put(f, &f->joins[BEN]->id, f->joins[BEN]), COPSE_ERR_REFUSED);
    struct copse_id object = f->object;
    struct copse_built *early = edit(f, ANA, NULL);
    f->object.bytes[0] = 8; /* another text */
    struct copse_built *other = edit(f, BEN, early);
    assert_int_equal(take(f, other), COPSE_STORE_STORED);
    assert_int_equal(put(f, &early->id, early), COPSE_ERR_EXISTS);
    assert_int_equal(take(f, early), COPSE_STORE_STORED);
    f->object = object;
    drop(f, early);
    assert_false(is_loose(f, early));
}

static void shapes__asks_no_more_when_nobody_leans(void **state)
{
    struct fixture *f = *state;
    struct copse_built *first = edit(f, BEN, NULL);
    struct copse_built *leaning = edit(f, ANA, first);
    assert_int_equal(take(f, leaning), COPSE_STORE_STORED);
    check_awaited(f, first);
    drop(f, leaning);
    check_awaited(f, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shapes__holds_what_is_awaited_and_nothing_else),
        TEST(shapes__lets_go_of_what_comes_into_a_log),
        TEST(shapes__awaits_nothing_that_came_in_order),
        TEST(shapes__keeps_of_a_log_that_goes_what_is_leaned_on),
        TEST(shapes__awaits_in_vain_what_is_no_edit),
        TEST(shapes__asks_no_more_when_nobody_leans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
