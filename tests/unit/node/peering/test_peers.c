#include "node/peering/peers.h"

#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <stdio.h>
#include <string.h>

static const struct copse_id anybody;

static void peers__reads_addresses_as_people_type_them(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        const char *meant;
    } cases[] = {
        {"192.0.2.7:7071", "4:192.0.2.7:7071"},
        {"[2001:db8::7]:7071", "6:[2001:db8::7]:7071"},
        {"hub.example:7071", "d:hub.example:7071"},
        {"4:192.0.2.7:7071", "4:192.0.2.7:7071"},
    };
    static const char *const bad[] = {"",      "nowhere",         "192.0.2.7", "192.0.2.7:0",
                                      ":7071", "192.0.2.7:70711", "a b:7071",  "[::1:7071"};
    char out[COPSE_ADDRESS_BYTES_MAX + 1];
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(cases); i++) {
        assert_int_equal(copse_peers_address(out, cases[i].typed), COPSE_OK);
        assert_string_equal(out, cases[i].meant);
    }
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(bad); i++) {
        assert_int_equal(copse_peers_address(out, bad[i]), COPSE_ERR_DECODE);
    }
}

static void peers__waits_twice_as_long_after_each_failure_up_to_an_hour(void **state)
{
    (void)state;
    struct copse_peers_entry entry = {.failures = 0};
    uint64_t expected_ms = COPSE_PEERS_BACKOFF_MS;
    for (int i = 0; i < 40; i++) {
        copse_peers_failed(&entry, 1000, 0);
        assert_int_equal(entry.next_ms, 1000 + expected_ms);
        expected_ms = expected_ms * 2 < COPSE_PEERS_BACKOFF_MAX_MS ? expected_ms * 2
                                                                   : COPSE_PEERS_BACKOFF_MAX_MS;
    }
    copse_peers_failed(&entry, 0, UINT32_MAX);
    assert_true(entry.next_ms >= COPSE_PEERS_BACKOFF_MAX_MS);
    assert_true(entry.next_ms < COPSE_PEERS_BACKOFF_MAX_MS / 4 * 5);
    copse_peers_reached(&entry, 77);
    copse_peers_failed(&entry, 0, 0);
    assert_int_equal(entry.next_ms, COPSE_PEERS_BACKOFF_MS);
}

static void peers__calls_who_is_due_and_not_connected(void **state)
{
    (void)state;
    struct copse_peers peers;
    size_t index = 0;
    copse_peers_init(&peers, copse_memory_heap());
    assert_null(copse_peers_due(&peers, 0));
    assert_int_equal(copse_peers_put(&peers, &index, "4:192.0.2.1:1", &anybody), COPSE_OK);
    peers.entries[index].next_ms = 500;
    assert_int_equal(copse_peers_put(&peers, &index, "4:192.0.2.2:1", &anybody), COPSE_OK);
    peers.entries[index].next_ms = 400;
    assert_int_equal(copse_peers_deadline_ms(&peers), 400);
    assert_null(copse_peers_due(&peers, 399));
    struct copse_peers_entry *due = copse_peers_due(&peers, 1000);
    assert_string_equal(due->address, "4:192.0.2.2:1");
    due->connection = 9;
    assert_ptr_equal(copse_peers_of(&peers, 9), due);
    assert_string_equal(copse_peers_due(&peers, 1000)->address, "4:192.0.2.1:1");
    copse_peers_deinit(&peers);
}

static void peers__begins_no_more_connections_than_it_may(void **state)
{
    (void)state;
    struct copse_peers peers;
    copse_peers_init(&peers, copse_memory_heap());
    for (unsigned i = 0; i <= COPSE_PEERS_DIALLED_MAX; i++) {
        char address[32];
        size_t index = 0;
        assert_int_equal(copse_peers_due(&peers, 0) == NULL, true);
        (void)snprintf(address, sizeof address, "4:192.0.2.1:%u", i + 1);
        assert_int_equal(copse_peers_put(&peers, &index, address, &anybody), COPSE_OK);
        if (i < COPSE_PEERS_DIALLED_MAX) {
            assert_non_null(copse_peers_due(&peers, 0));
            peers.entries[index].connection = i + 1;
        }
    }
    assert_null(copse_peers_due(&peers, 0));
    assert_int_equal(copse_peers_deadline_ms(&peers), UINT64_MAX);
    copse_peers_deinit(&peers);
}

static void peers__keeps_the_book_in_the_store(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_peers peers;
    struct copse_peers_entry entry = {
        .address = "d:hub.example:7071", .node = {{7}}, .added_ms = 5, .reached_ms = 6};
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    assert_int_equal(copse_peers_save(txn, &entry), COPSE_OK);
    copse_store_world_commit(world, txn);
    copse_peers_init(&peers, copse_memory_heap());
    txn = copse_store_world_begin(world, COPSE_DB_READ);
    assert_int_equal(copse_peers_load(&peers, txn), COPSE_OK);
    copse_store_abort(txn);
    assert_int_equal(peers.count, 1);
    assert_string_equal(peers.entries[0].address, entry.address);
    assert_true(copse_bytes_equal_ids(&peers.entries[0].node, &entry.node));
    assert_int_equal(peers.entries[0].added_ms, 5);
    assert_int_equal(peers.entries[0].reached_ms, 6);
    copse_peers_deinit(&peers);
}

static void peers__notes_where_this_node_listens(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_ticket_peer own = {
        .node = {{1}}, .address_count = 2, .addresses = {"4:192.0.2.1:1", "6:[2001:db8::7]:2"}};
    struct copse_ticket_peer found;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    assert_int_equal(copse_peers_get_own(txn, &found), COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_peers_put_own(txn, &own), COPSE_OK);
    assert_int_equal(copse_peers_get_own(txn, &found), COPSE_OK);
    assert_int_equal(found.address_count, 2);
    assert_string_equal(found.addresses[1], own.addresses[1]);
    own.address_count = 0;
    assert_int_equal(copse_peers_put_own(txn, &own), COPSE_OK);
    assert_int_equal(copse_peers_get_own(txn, &found), COPSE_ERR_NOT_FOUND);
    copse_store_abort(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peers__reads_addresses_as_people_type_them),
        cmocka_unit_test(peers__waits_twice_as_long_after_each_failure_up_to_an_hour),
        cmocka_unit_test(peers__calls_who_is_due_and_not_connected),
        cmocka_unit_test(peers__begins_no_more_connections_than_it_may),
        cmocka_unit_test_setup_teardown(peers__keeps_the_book_in_the_store, copse_store_world_setup,
                                        copse_store_world_teardown),
        cmocka_unit_test_setup_teardown(peers__notes_where_this_node_listens,
                                        copse_store_world_setup, copse_store_world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
