/* Reconcile: every difference of two sets is listed by somebody, whatever the sets are (SPEC 10.11
 * to 10.13).
 */
#include "protocol/wire/reconcile.h"
#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct side {
    struct copse_reconcile reconcile;
    size_t lacks; /* own items that were in no list of the other's where they belong */
    size_t news;  /* rows that are no own items */
};

static void add(struct side *side, uint64_t author, uint64_t tag)
{
    struct copse_reconcile_item item;
    memset(&item, 0, sizeof item);
    copse_bytes_put_u64(item.author.bytes, author * 0x9e3779b97f4a7c15u);
    item.tag = tag;
    assert_int_equal(copse_reconcile_add(&side->reconcile, &item), COPSE_OK);
}

static bool is_listed(const struct copse_reconcile_part *part,
                      const struct copse_reconcile_item *item)
{
    size_t first = 0;
    size_t count = copse_reconcile_rows_of(part, &first, &item->author);
    for (size_t i = first; i < first + count; i++) {
        if (copse_reconcile_row(part, i).tag == item->tag) {
            return true;
        }
    }
    return false;
}

static size_t count_news(const struct side *side, const struct copse_reconcile_part *part)
{
    size_t news = 0;
    for (size_t i = 0; i < copse_reconcile_row_count(part); i++) {
        struct copse_reconcile_row row = copse_reconcile_row(part, i);
        size_t first = 0;
        size_t items = copse_reconcile_items_of(&side->reconcile, &first, part, &row);
        bool is_own = false;
        for (size_t j = first; j < first + items; j++) {
            is_own = is_own || side->reconcile.items[j].tag == row.tag;
        }
        news += !is_own;
    }
    return news;
}

static void take_part(struct side *side, const struct copse_reconcile_part *part, size_t sets,
                      bool *asks)
{
    enum copse_reconcile_mode answer = COPSE_RECONCILE_SETTLED;
    if (part->mode == COPSE_RECONCILE_SUM) {
        *asks = true;
        answer = copse_reconcile_choose(&side->reconcile, part, sets);
    } else if (part->mode != COPSE_RECONCILE_SETTLED) {
        *asks = *asks || part->mode == COPSE_RECONCILE_LIST;
        for (size_t i = part->first; i < part->end; i++) {
            side->lacks += !is_listed(part, &side->reconcile.items[i]);
        }
        size_t news = count_news(side, part);
        side->news += news;
        if (part->mode == COPSE_RECONCILE_LIST && news > 0) {
            answer = COPSE_RECONCILE_ANSWER;
        }
    }
    assert_int_equal(copse_reconcile_answer(&side->reconcile, part, answer), COPSE_OK);
}

/* Pass one set. True: it wants an answer. */
static bool pass(struct side *from, struct side *to, size_t sets, size_t *bytes)
{
    static uint8_t room[COPSE_MESSAGE_PARTS_MAX];
    bool is_last = false;
    bool asks = false;
    copse_reconcile_open_set(&to->reconcile);
    while (!is_last) {
        struct copse_slice parts = {NULL, 0};
        copse_reconcile_write(&from->reconcile, &parts, &is_last,
                              (struct copse_noise_room){room, sizeof room});
        *bytes += parts.size;
        struct copse_reader reader;
        size_t count = 0;
        assert_int_equal(copse_reconcile_open(&to->reconcile, &reader, &count, parts), COPSE_OK);
        for (size_t i = 0; i < count; i++) {
            struct copse_reconcile_part part;
            assert_int_equal(copse_reconcile_next(&to->reconcile, &part, &reader), COPSE_OK);
            take_part(to, &part, sets, &asks);
        }
        assert_int_equal(copse_reader_end(&reader), COPSE_OK);
    }
    assert_true(to->reconcile.in_done);
    assert_int_equal(to->reconcile.in_end, to->reconcile.count);
    return asks;
}

static void begin(struct side sides[2])
{
    memset(sides, 0, 2 * sizeof *sides);
    for (size_t i = 0; i < 2; i++) {
        copse_reconcile_init(&sides[i].reconcile, copse_memory_heap());
    }
}

/* Let both find out. Returns the sets that passed. */
static size_t run(struct side sides[2], size_t *bytes)
{
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(copse_reconcile_finish(&sides[i].reconcile), COPSE_OK);
    }
    assert_int_equal(copse_reconcile_start(&sides[0].reconcile), COPSE_OK);
    size_t sets = 0;
    *bytes = 0;
    for (bool asks = true; asks; sets++) {
        assert_true(sets < 20);
        asks = pass(&sides[sets % 2], &sides[1 - sets % 2], sets + 1, bytes);
    }
    return sets;
}

static void end(struct side sides[2])
{
    copse_reconcile_deinit(&sides[0].reconcile);
    copse_reconcile_deinit(&sides[1].reconcile);
}

static void run_random(uint64_t seed, size_t count, uint64_t per_author, uint64_t permille)
{
    struct copse_random random;
    copse_random_init(&random, seed);
    struct side sides[2];
    begin(sides);
    size_t only[2] = {0, 0};
    for (size_t i = 0; i < count; i++) {
        uint64_t author = copse_random_below(&random, count / per_author + 1);
        uint64_t tag = copse_random_u64(&random);
        uint64_t where =
            copse_random_below(&random, 1000) < permille ? copse_random_below(&random, 2) : 2;
        for (size_t j = 0; j < 2; j++) {
            if (where == 2 || where == j) {
                add(&sides[j], author, tag);
                only[j] += where == j;
            }
        }
    }
    size_t bytes = 0;
    (void)run(sides, &bytes);
    for (size_t i = 0; i < 2; i++) {
        if (sides[i].lacks != only[i]) {
            printf("seed %llu\n", (unsigned long long)seed);
        }
        assert_int_equal(sides[i].lacks, only[i]);
    }
    end(sides);
}

static void reconcile__tells_each_side_all_that_the_other_lacks(void **state)
{
    (void)state;
    static const uint64_t permilles[] = {0, 1, 20, 300, 1000};
    for (uint64_t seed = 1; seed <= 400; seed++) {
        static const size_t counts[] = {0, 1, 15, 31, 32, 33, 400, 3000};
        run_random(seed, counts[seed % 8], 1 + seed % 3, permilles[seed % 5]);
    }
    run_random(1000, 20000, 1, 1000);
    run_random(1001, 20000, 2000, 500); /* more of a device than a list has room for */
}

static void reconcile__spends_one_set_on_equal_items(void **state)
{
    (void)state;
    struct side sides[2];
    begin(sides);
    for (uint64_t i = 0; i < 1000; i++) {
        add(&sides[0], i, i * 77);
        add(&sides[1], i, i * 77);
    }
    size_t bytes = 0;
    assert_int_equal(run(sides, &bytes), 2);
    assert_int_equal(copse_reconcile_sum(&sides[0].reconcile),
                     copse_reconcile_sum(&sides[1].reconcile));
    assert_in_range(bytes, 1, 300);
    end(sides);
}

static void reconcile__does_not_mind_the_order_in_which_items_come(void **state)
{
    (void)state;
    struct side sides[2];
    begin(sides);
    for (uint64_t i = 0; i < 500; i++) {
        add(&sides[0], i % 50, i);
        add(&sides[1], (499 - i) % 50, 499 - i);
    }
    assert_int_equal(copse_reconcile_finish(&sides[0].reconcile), COPSE_OK);
    assert_int_equal(copse_reconcile_finish(&sides[1].reconcile), COPSE_OK);
    for (size_t i = 0; i < 500; i++) {
        assert_true(sides[0].reconcile.items[i].tag == sides[1].reconcile.items[i].tag);
        assert_true(sides[0].reconcile.sums[i] == sides[1].reconcile.sums[i]);
    }
    end(sides);
}

static void reconcile__makes_tags_that_depend_on_all_they_cover(void **state)
{
    (void)state;
    struct copse_reconcile_key keys[2];
    uint8_t hash[COPSE_NOISE_HASH_BYTES] = {1};
    copse_reconcile_key_of(&keys[0], hash);
    hash[63] = 1;
    copse_reconcile_key_of(&keys[1], hash);
    struct copse_id a = {{1}};
    struct copse_id b = {{2}};
    uint64_t tags[6] = {
        copse_reconcile_tag(&keys[0], COPSE_ENTRY_CONTROL, &a, 1, &b),
        copse_reconcile_tag(&keys[1], COPSE_ENTRY_CONTROL, &a, 1, &b),
        copse_reconcile_tag(&keys[0], COPSE_ENTRY_DATA, &a, 1, &b),
        copse_reconcile_tag(&keys[0], COPSE_ENTRY_CONTROL, &b, 1, &b),
        copse_reconcile_tag(&keys[0], COPSE_ENTRY_CONTROL, &a, 2, &b),
        copse_reconcile_tag(&keys[0], COPSE_ENTRY_CONTROL, &a, 1, &a),
    };
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_true(tags[i] != tags[j]);
        }
    }
}

static enum copse_err read_all(struct side *side, struct copse_slice parts)
{
    struct copse_reader reader;
    size_t count = 0;
    copse_reconcile_open_set(&side->reconcile);
    enum copse_err err = copse_reconcile_open(&side->reconcile, &reader, &count, parts);
    for (size_t i = 0; i < count && err == COPSE_OK; i++) {
        struct copse_reconcile_part part;
        err = copse_reconcile_next(&side->reconcile, &part, &reader);
    }
    return err == COPSE_OK ? copse_reader_end(&reader) : err;
}

static void reconcile__refuses_parts_out_of_order_or_form(void **state)
{
    (void)state;
    static const struct {
        uint8_t size;
        uint8_t bytes[32];
    } cases[] = {
        {1, {0x90}},
        {5, {0x91, 0x93, 0xc4, 0x00, 0x00}},       /* cut */
        {7, {0x91, 0x93, 0xc4, 0x00, 0x00, 0x01}}, /* value at mode 0 */
        {5, {0x91, 0x92, 0xc4, 0x00, 0x01}},       /* no sum */
        {5, {0x91, 0x92, 0xc4, 0x00, 0x04}},       /* mode 4 */
        {11, {0x92, 0x92, 0xc4, 0x01, 0x40, 0x00, 0x92, 0xc4, 0x01, 0x40, 0x00}}, /* not rising */
        {10, {0x92, 0x92, 0xc4, 0x00, 0x00, 0x92, 0xc4, 0x01, 0x40, 0x00}}, /* behind the last */
        {8, {0x91, 0x93, 0xc4, 0x00, 0x02, 0xc4, 0x01, 0x07}},              /* half a row */
    };
    struct side sides[2];
    begin(sides);
    add(&sides[0], 5, 5);
    assert_int_equal(copse_reconcile_finish(&sides[0].reconcile), COPSE_OK);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(cases); i++) {
        assert_int_equal(read_all(&sides[0], (struct copse_slice){cases[i].bytes, cases[i].size}),
                         COPSE_ERR_DECODE);
    }
    static const uint8_t good[] = {0x91, 0x92, 0xc4, 0x00, 0x00};
    assert_int_equal(read_all(&sides[0], (struct copse_slice){good, sizeof good}), COPSE_OK);
    end(sides);
}

static enum copse_err build(const struct copse_memory *memory, void *context)
{
    (void)context;
    struct copse_reconcile reconcile;
    copse_reconcile_init(&reconcile, memory);
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; i < 100 && err == COPSE_OK; i++) {
        struct copse_reconcile_item item = {.tag = i * 99};
        item.author.bytes[0] = (uint8_t)i;
        err = copse_reconcile_add(&reconcile, &item);
    }
    if (err == COPSE_OK) {
        err = copse_reconcile_finish(&reconcile);
    }
    if (err == COPSE_OK) {
        err = copse_reconcile_start(&reconcile);
    }
    copse_reconcile_deinit(&reconcile);
    return err;
}

static void reconcile__survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_in_range(copse_fault_sweep(build, NULL), 3, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reconcile__tells_each_side_all_that_the_other_lacks),
        cmocka_unit_test(reconcile__spends_one_set_on_equal_items),
        cmocka_unit_test(reconcile__does_not_mind_the_order_in_which_items_come),
        cmocka_unit_test(reconcile__makes_tags_that_depend_on_all_they_cover),
        cmocka_unit_test(reconcile__refuses_parts_out_of_order_or_form),
        cmocka_unit_test(reconcile__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
