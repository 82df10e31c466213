/* The index of entries: where each kind is found, and that only the set of entries matters. */
#include "protocol/rules/fold.h"
#include "protocol/rules/object.h"
#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/random.h"
#include "tests/support/state_memory.h"

#include <stdio.h>
#include <string.h>

enum { ENTRIES = 120, ROUNDS = 60, LIST_BYTES = 512 };
static const uint64_t SEED = 0x666f6c64;

/* An entry as the fold sees it. */
struct item {
    struct copse_id id;
    struct copse_entry entry;
    struct copse_op op;
    uint8_t lists[LIST_BYTES];
};

static struct copse_id id_of(uint32_t number)
{
    struct copse_id id = {{0}};
    copse_bytes_put_u32(id.bytes + 7, number);
    return id;
}

static const struct copse_memory *heap(void)
{
    return copse_memory_heap();
}

static struct copse_state_memory *new_map(void)
{
    struct copse_state_memory *map = copse_state_memory_new(heap(), COPSE_STATE_MEMORY_STRICT);
    assert_non_null(map);
    return map;
}

static void add(struct copse_state_memory *map, const struct item *item)
{
    assert_int_equal(
        copse_fold_add(copse_state_memory_port(map), &item->id, &item->entry, &item->op), COPSE_OK);
}

static void remove_item(struct copse_state_memory *map, const struct item *item)
{
    assert_int_equal(
        copse_fold_remove(copse_state_memory_port(map), &item->id, &item->entry, &item->op),
        COPSE_OK);
}

/* The n-th row of a prefix as the id of its entry; NOT_FOUND past the last. */
static enum copse_err row_at(struct copse_state_memory *map, struct copse_fold_prefix prefix,
                             size_t index, struct copse_id *id)
{
    struct copse_state_cursor cursor;
    struct copse_slice key;
    struct copse_slice value;
    copse_state_open(&cursor, copse_fold_bytes(&prefix));
    for (size_t i = 0;; i++) {
        enum copse_err err = copse_state_next(&cursor, &key, &value, copse_state_memory_port(map));
        if (err != COPSE_OK) {
            return err;
        }
        if (i == index) {
            return copse_fold_entry_of(id, key);
        }
    }
}

static void expect_rows(struct copse_state_memory *map, struct copse_fold_prefix prefix,
                        const uint32_t *numbers, size_t count)
{
    struct copse_id id;
    for (size_t i = 0; i < count; i++) {
        struct copse_id expected = id_of(numbers[i]);
        assert_int_equal(row_at(map, prefix, i, &id), COPSE_OK);
        assert_memory_equal(id.bytes, expected.bytes, COPSE_ID_BYTES);
    }
    assert_int_equal(row_at(map, prefix, count, &id), COPSE_ERR_NOT_FOUND);
}

static struct item create(uint32_t number, uint32_t kind, uint64_t hlc, uint32_t ref)
{
    struct item item = {.id = id_of(number), .entry = {.class = COPSE_ENTRY_DATA, .hlc = hlc}};
    item.op.kind = COPSE_OP_CREATE;
    item.op.object_kind = kind;
    item.op.has_ref = ref != 0;
    item.op.ref = id_of(ref);
    return item;
}

static void fold__finds_replies_oldest_first_under_what_they_refer_to(void **state)
{
    (void)state;
    struct copse_state_memory *map = new_map();
    struct item a = create(1, COPSE_OBJECT_POST, 30, 9);
    struct item b = create(2, COPSE_OBJECT_POST, 10, 9);
    struct item c = create(3, COPSE_OBJECT_POST, 20, 8);
    struct copse_id nine = id_of(9);
    add(map, &a);
    add(map, &b);
    add(map, &c);
    expect_rows(map, copse_fold_children(&nine), (const uint32_t[]){2, 1}, 2);
    expect_rows(map, copse_fold_kind(COPSE_OBJECT_POST), NULL, 0);
    copse_state_memory_free(map);
}

static void fold__finds_objects_of_a_kind_newest_first(void **state)
{
    (void)state;
    struct copse_state_memory *map = new_map();
    struct item a = create(1, COPSE_OBJECT_PAGE, 10, 0);
    struct item b = create(2, COPSE_OBJECT_PAGE, 30, 0);
    struct item c = create(3, COPSE_OBJECT_PAGE, 20, 7);
    struct item d = create(4, COPSE_OBJECT_POST, 20, 0);
    struct item e = create(5, 99, 20, 0);
    struct copse_id seven = id_of(7);
    add(map, &a);
    add(map, &b);
    add(map, &c);
    add(map, &d);
    add(map, &e);
    expect_rows(map, copse_fold_kind(COPSE_OBJECT_PAGE), (const uint32_t[]){2, 3, 1}, 3);
    expect_rows(map, copse_fold_kind(COPSE_OBJECT_POST), (const uint32_t[]){4}, 1);
    expect_rows(map, copse_fold_kind(99), (const uint32_t[]){5}, 1);
    expect_rows(map, copse_fold_children(&seven), (const uint32_t[]){3}, 1);
    copse_state_memory_free(map);
}

static void fold__costs_a_reply_one_row_of_73_bytes(void **state)
{
    (void)state;
    struct copse_state_memory *map = new_map();
    struct item reply = create(1, COPSE_OBJECT_POST, 30, 9);
    struct copse_slice key;
    struct copse_slice value;
    add(map, &reply);
    assert_int_equal(copse_state_memory_count(map), 1);
    copse_state_memory_at(map, &key, &value, 0);
    assert_int_equal(key.size, 73);
    assert_int_equal(value.size, 0);
    copse_state_memory_free(map);
}

static void fold__finds_an_act_under_each_of_its_targets(void **state)
{
    (void)state;
    struct copse_state_memory *map = new_map();
    struct item item = {.id = id_of(5)};
    struct copse_writer writer;
    const struct copse_id targets[] = {id_of(1), id_of(2)};
    copse_writer_init(&writer, item.lists, sizeof item.lists);
    item.op.kind = COPSE_OP_ERASE;
    item.op.ids = copse_op_list_ids(&writer, targets, 2);
    add(map, &item);
    assert_int_equal(copse_state_memory_count(map), 2);
    expect_rows(map, copse_fold_acts(&targets[0], COPSE_OP_ERASE), (const uint32_t[]){5}, 1);
    expect_rows(map, copse_fold_all_acts(&targets[1]), (const uint32_t[]){5}, 1);
    expect_rows(map, copse_fold_acts(&targets[0], COPSE_OP_HIDE), NULL, 0);
    copse_state_memory_free(map);
}

static void fold__keeps_no_rows_for_ops_about_standing_alone(void **state)
{
    (void)state;
    static const enum copse_op_kind kinds[] = {
        COPSE_OP_GRANT,  COPSE_OP_REVOKE,  COPSE_OP_REMOVE, COPSE_OP_ACCEPT, COPSE_OP_LEAVE,
        COPSE_OP_INVITE, COPSE_OP_CHARTER, COPSE_OP_RECALL, COPSE_OP_ASSENT, COPSE_OP_SECRET,
    };
    struct copse_state_memory *map = new_map();
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(kinds); i++) {
        struct item item = {.id = id_of(5)};
        item.op.kind = kinds[i];
        add(map, &item);
    }
    assert_int_equal(copse_state_memory_count(map), 0);
    copse_state_memory_free(map);
}

static void fold__tells_entry_and_subject_from_a_key(void **state)
{
    (void)state;
    struct copse_state_memory *map = new_map();
    struct item item = {.id = id_of(5)};
    struct copse_slice key;
    struct copse_slice value;
    struct copse_id id;
    item.op.kind = COPSE_OP_JOIN;
    item.op.target = id_of(6);
    add(map, &item);
    copse_state_memory_at(map, &key, &value, 0);
    assert_true(copse_fold_is_device(key));
    assert_int_equal(copse_fold_entry_of(&id, key), COPSE_OK);
    assert_memory_equal(id.bytes, item.id.bytes, COPSE_ID_BYTES);
    assert_int_equal(copse_fold_subject_of(&id, key), COPSE_OK);
    assert_memory_equal(id.bytes, item.op.target.bytes, COPSE_ID_BYTES);
    key.size = COPSE_ID_BYTES;
    assert_int_equal(copse_fold_entry_of(&id, key), COPSE_ERR_CORRUPT);
    assert_int_equal(copse_fold_subject_of(&id, key), COPSE_ERR_CORRUPT);
    copse_state_memory_free(map);
}

/* ---- the set of entries and nothing else ---- */

static void make_items(struct item *items, size_t count, struct copse_random *random)
{
    static const enum copse_op_kind kinds[] = {
        COPSE_OP_GENESIS, COPSE_OP_JOIN,   COPSE_OP_HIDE, COPSE_OP_UNHIDE, COPSE_OP_LOCK,
        COPSE_OP_UNLOCK,  COPSE_OP_BAR,    COPSE_OP_FLAG, COPSE_OP_UNBAR,  COPSE_OP_APPROVE,
        COPSE_OP_ERASE,   COPSE_OP_CREATE, COPSE_OP_EDIT, COPSE_OP_SET,    COPSE_OP_ADD,
        COPSE_OP_DEL,     COPSE_OP_REMOVE,
    };
    for (size_t i = 0; i < count; i++) {
        struct item *item = &items[i];
        struct copse_writer writer;
        struct copse_id ids[4];
        memset(item, 0, sizeof *item);
        copse_writer_init(&writer, item->lists, sizeof item->lists);
        for (uint32_t k = 0; k < COPSE_ARRAY_SIZE(ids); k++) {
            ids[k] = id_of(10 * k + (uint32_t)copse_random_below(random, 10));
        }
        item->id = id_of(1000 + (uint32_t)i);
        item->entry.hlc = copse_random_below(random, 5);
        item->op.kind = kinds[copse_random_below(random, COPSE_ARRAY_SIZE(kinds))];
        item->op.target = id_of((uint32_t)copse_random_below(random, 40));
        item->op.ref = id_of((uint32_t)copse_random_below(random, 40));
        item->op.has_ref = copse_random_below(random, 2) == 0;
        item->op.object_kind = (uint32_t)copse_random_below(random, 6);
        item->op.field = (uint32_t)copse_random_below(random, 3);
        item->op.ids = copse_op_list_ids(&writer, ids, COPSE_ARRAY_SIZE(ids));
    }
}

static void shuffle(size_t *order, size_t count, struct copse_random *random)
{
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)copse_random_below(random, i);
        size_t kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

static void fold__is_the_same_in_any_order_and_however_often(void **state)
{
    (void)state;
    print_message("seed %llu\n", (unsigned long long)SEED);
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct item *items = test_calloc(ENTRIES, sizeof *items);
    for (int round = 0; round < ROUNDS; round++) {
        size_t order[ENTRIES];
        make_items(items, ENTRIES, &random);
        struct copse_state_memory *straight = new_map();
        struct copse_state_memory *mixed = new_map();
        shuffle(order, ENTRIES, &random);
        for (size_t i = 0; i < ENTRIES; i++) {
            add(straight, &items[i]);
            add(mixed, &items[order[i]]);
            add(mixed, &items[order[(size_t)copse_random_below(&random, i + 1)]]);
        }
        assert_true(copse_state_memory_count(straight) > ENTRIES / 2);
        assert_true(copse_state_memory_equal(straight, mixed));
        copse_state_memory_free(straight);
        copse_state_memory_free(mixed);
    }
    test_free(items);
}

static void fold__forgets_an_entry_as_if_it_had_never_come(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED + 1);
    struct item *items = test_calloc(ENTRIES, sizeof *items);
    for (int round = 0; round < ROUNDS; round++) {
        size_t order[ENTRIES];
        size_t kept = (size_t)copse_random_below(&random, ENTRIES + 1);
        make_items(items, ENTRIES, &random);
        struct copse_state_memory *some = new_map();
        struct copse_state_memory *all = new_map();
        for (size_t i = 0; i < ENTRIES; i++) {
            add(all, &items[i]);
        }
        shuffle(order, ENTRIES, &random);
        for (size_t i = 0; i < kept; i++) {
            add(some, &items[order[i]]);
        }
        for (size_t i = kept; i < ENTRIES; i++) {
            remove_item(all, &items[order[i]]);
            remove_item(all, &items[order[i]]);
        }
        assert_true(copse_state_memory_equal(some, all));
        copse_state_memory_free(some);
        copse_state_memory_free(all);
    }
    test_free(items);
}

static enum copse_err add_all(const struct copse_memory *memory, void *context)
{
    const struct item *items = context;
    struct copse_state_memory *map = copse_state_memory_new(memory, COPSE_STATE_MEMORY_FAST);
    if (map == NULL) {
        return COPSE_ERR_NOMEM;
    }
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; i < 20 && err == COPSE_OK; i++) {
        err = copse_fold_add(copse_state_memory_port(map), &items[i].id, &items[i].entry,
                             &items[i].op);
    }
    copse_state_memory_free(map);
    return err;
}

static void fold__reports_what_the_state_reports(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED + 2);
    struct item *items = test_calloc(20, sizeof *items);
    make_items(items, 20, &random);
    assert_true(copse_fault_sweep(add_all, items) > 10);
    test_free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fold__finds_replies_oldest_first_under_what_they_refer_to),
        cmocka_unit_test(fold__finds_objects_of_a_kind_newest_first),
        cmocka_unit_test(fold__costs_a_reply_one_row_of_73_bytes),
        cmocka_unit_test(fold__finds_an_act_under_each_of_its_targets),
        cmocka_unit_test(fold__keeps_no_rows_for_ops_about_standing_alone),
        cmocka_unit_test(fold__tells_entry_and_subject_from_a_key),
        cmocka_unit_test(fold__is_the_same_in_any_order_and_however_often),
        cmocka_unit_test(fold__forgets_an_entry_as_if_it_had_never_come),
        cmocka_unit_test(fold__reports_what_the_state_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
