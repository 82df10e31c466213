/* Tests of storage/erased.c: erased words are not stored, whichever way they come. */
#include "storage/erased.h"

#include "protocol/authority/op.h"
#include "protocol/base/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <string.h>

#define ITEMS_MAX 16u

/* Entries of one store as items for another one, copied. */
struct load {
    struct copse_store_item items[ITEMS_MAX];
    struct copse_signature signatures[ITEMS_MAX];
    uint8_t *copies[2 * ITEMS_MAX];
    size_t count;
    size_t copy_count;
};

static struct copse_slice copy(struct load *load, struct copse_slice bytes)
{
    uint8_t *room = malloc(bytes.size + 1);
    assert_non_null(room);
    memcpy(room, bytes.data, bytes.size);
    load->copies[load->copy_count++] = room;
    return (struct copse_slice){room, bytes.size};
}

/* All of a class, with contents. */
static void take(struct load *load, const struct copse_store_world *world,
                 const struct copse_id *community, enum copse_entry_class class)
{
    struct copse_entries_arrival arrival = {.number = 0};
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
    uint32_t number = 0;
    *load = (struct load){.count = 0};
    assert_int_equal(copse_entries_community(txn, &number, community), COPSE_OK);
    while (copse_entries_arrived_after(txn, &arrival, number, class, arrival.number) == COPSE_OK) {
        struct copse_store_item *item = &load->items[load->count];
        struct copse_held held;
        struct copse_entries_row row;
        enum copse_content_state state;
        struct copse_slice salted;
        assert_int_equal(copse_entries_at(txn, &held, &row, &arrival.position), COPSE_OK);
        assert_int_equal(copse_contents_get(txn, &state, &salted, &held), COPSE_OK);
        *item = (struct copse_store_item){.id = held.id, .bytes = copy(load, row.bytes)};
        assert_int_equal(copse_entry_decode(&item->entry, item->bytes), COPSE_OK);
        if (state == COPSE_CONTENT_PRESENT) {
            item->salted = copy(load, salted);
        }
        load->signatures[load->count] = row.signature;
        item->signature = row.is_signed ? &load->signatures[load->count] : NULL;
        load->count++;
    }
    copse_store_abort(txn);
}

static void give(struct load *load, const struct copse_store_world *world,
                 const struct copse_id *community)
{
    struct copse_store_batch batch = {load->items, load->count};
    assert_int_equal(copse_store_ingest(world->store, community, &batch, 1, NULL), COPSE_OK);
    for (size_t i = 0; i < load->count; i++) {
        assert_int_equal(load->items[i].outcome, COPSE_STORE_STORED);
    }
    for (size_t i = 0; i < load->copy_count; i++) {
        free(load->copies[i]);
    }
}

static void erase(const struct copse_store_world *world, const struct copse_id *community,
                  const struct copse_store_person *person, const struct copse_id *target)
{
    uint8_t list[64];
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_writer writer;
    struct copse_id id;
    copse_writer_init(&writer, list, sizeof list);
    struct copse_op op = {.kind = COPSE_OP_ERASE, .ids = copse_op_list_ids(&writer, target, 1)};
    struct copse_store_deed deed = {
        .class = COPSE_ENTRY_CONTROL,
        .community = *community,
        .device = person->device,
        .secret = &person->secret,
        .wall_ms = 2,
    };
    assert_int_equal(copse_op_encode(&deed.op, room, &op), COPSE_OK);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    assert_int_equal(copse_store_write(world->store, txn, &id, &deed, NULL), COPSE_OK);
    copse_store_world_commit(world, txn);
}

static enum copse_content_state state_of(const struct copse_store_world *world,
                                         const struct copse_id *community,
                                         const struct copse_id *id)
{
    struct copse_held held;
    uint32_t number = 0;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
    assert_int_equal(copse_entries_community(txn, &number, community), COPSE_OK);
    assert_int_equal(copse_entries_find(txn, &held, NULL, number, id), COPSE_OK);
    copse_store_abort(txn);
    return held.content_state;
}

/* Ana writes at one store, `eraser` erases it, and all of it with its words comes to another store,
 * class 0 first. What state are they in there? */
static enum copse_content_state travel(void **state, uint32_t eraser)
{
    struct copse_store_world *world = *state;
    struct copse_store_world *other = NULL;
    struct copse_store_person people[2];
    struct load control;
    struct load data;
    uint32_t number = 0;
    assert_int_equal(copse_store_world_setup((void **)&other), 0);
    for (uint32_t i = 0; i < 2; i++) {
        copse_store_person_make(&people[i], i + 1);
    }
    struct copse_id community = copse_store_world_found(world, &people[0]);
    (void)copse_store_world_join(world, &community, &people[1]);
    struct copse_id post = copse_store_world_post(world, &community, &people[0], "by mistake");
    struct copse_id kept = copse_store_world_post(world, &community, &people[0], "kept");
    erase(world, &community, &people[eraser], &post);
    take(&control, world, &community, COPSE_ENTRY_CONTROL);
    take(&data, world, &community, COPSE_ENTRY_DATA);
    struct copse_txn *txn = copse_store_world_begin(other, COPSE_DB_WRITE);
    assert_int_equal(copse_entries_add_community(txn, &number, &community), COPSE_OK);
    copse_store_world_commit(other, txn);
    give(&control, other, &community);
    give(&data, other, &community);
    enum copse_content_state found = state_of(other, &community, &post);
    assert_int_equal(state_of(other, &community, &kept), COPSE_CONTENT_PRESENT);
    assert_int_equal(copse_store_world_teardown((void **)&other), 0);
    return found;
}

static void erased__words_that_come_later_are_not_stored(void **state)
{
    assert_int_equal(travel(state, 0), COPSE_CONTENT_ERASED);
}

/* By somebody who holds no grant. */
static void erased__words_are_stored_where_the_act_does_not_take_them(void **state)
{
    assert_int_equal(travel(state, 1), COPSE_CONTENT_PRESENT);
}

/* What is here goes when it is due, not when somebody sends it once more. */
static void erased__words_that_are_here_stay_until_they_are_let_go(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    struct copse_held held;
    struct copse_slice salted;
    enum copse_content_state found;
    uint8_t copied[256];
    uint32_t number = 0;
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    struct copse_id post = copse_store_world_post(world, &community, &ana, "by mistake");
    erase(world, &community, &ana, &post);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    assert_int_equal(copse_entries_community(txn, &number, &community), COPSE_OK);
    assert_int_equal(copse_entries_find(txn, &held, NULL, number, &post), COPSE_OK);
    assert_int_equal(copse_contents_get(txn, &found, &salted, &held), COPSE_OK);
    assert_true(salted.size <= sizeof copied);
    memcpy(copied, salted.data, salted.size);
    salted.data = copied;
    assert_int_equal(copse_erased_put(txn, number, &held, salted), COPSE_ERR_REFUSED);
    copse_store_world_commit(world, txn);
    assert_int_equal(state_of(world, &community, &post), COPSE_CONTENT_PRESENT);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, copse_store_world_setup, copse_store_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(erased__words_that_come_later_are_not_stored),
        TEST(erased__words_are_stored_where_the_act_does_not_take_them),
        TEST(erased__words_that_are_here_stay_until_they_are_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
