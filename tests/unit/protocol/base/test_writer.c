/* protocol/base/writer: the shortest form of everything, never past its room. */
#include "protocol/base/writer.h"

#include "tests/support/cmocka.h"
#include "tests/support/value.h"

#include <string.h>

enum { SEED = 31337, ROOM_BYTES = 70000 };

struct fixture {
    struct copse_writer writer;
    uint8_t room[ROOM_BYTES];
};

static int setup(void **state)
{
    static struct fixture fixture;
    copse_writer_init(&fixture.writer, fixture.room, sizeof fixture.room);
    *state = &fixture;
    return 0;
}

/* What was written since the last call begins with `bytes` and is `size` long. */
static void expect_size(struct fixture *fixture, const char *bytes, size_t known, size_t size)
{
    struct copse_slice out = {NULL, 0};
    assert_int_equal(copse_writer_end(&out, &fixture->writer), COPSE_OK);
    assert_int_equal(out.size, size);
    assert_memory_equal(out.data, bytes, known);
    copse_writer_init(&fixture->writer, fixture->room, sizeof fixture->room);
}

static void expect(struct fixture *fixture, const char *bytes, size_t size)
{
    expect_size(fixture, bytes, size, size);
}

static void expect_uint(struct fixture *fixture, uint64_t value, const char *bytes, size_t size)
{
    copse_writer_uint(&fixture->writer, value);
    expect(fixture, bytes, size);
    if (value <= INT64_MAX) {
        copse_writer_int(&fixture->writer, (int64_t)value);
        expect(fixture, bytes, size);
    }
}

static void writer__writes_numbers_in_their_shortest_form(void **state)
{
    struct fixture *fixture = *state;
    expect_uint(fixture, 0, "\x00", 1);
    expect_uint(fixture, 0x7f, "\x7f", 1);
    expect_uint(fixture, 0x80, "\xcc\x80", 2);
    expect_uint(fixture, 0xff, "\xcc\xff", 2);
    expect_uint(fixture, 0x100, "\xcd\x01\x00", 3);
    expect_uint(fixture, 0xffff, "\xcd\xff\xff", 3);
    expect_uint(fixture, 0x10000, "\xce\x00\x01\x00\x00", 5);
    expect_uint(fixture, 0xffffffff, "\xce\xff\xff\xff\xff", 5);
    expect_uint(fixture, 0x100000000, "\xcf\x00\x00\x00\x01\x00\x00\x00\x00", 9);
    expect_uint(fixture, INT64_MAX, "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9);
    expect_uint(fixture, UINT64_MAX, "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9);
}

static void writer__writes_negative_numbers_in_their_shortest_form(void **state)
{
    static const struct {
        int64_t value;
        size_t size;
        const char *bytes;
    } rows[] = {
        {-1, 1, "\xff"},
        {-32, 1, "\xe0"},
        {-33, 2, "\xd0\xdf"},
        {-128, 2, "\xd0\x80"},
        {-129, 3, "\xd1\xff\x7f"},
        {-32768, 3, "\xd1\x80\x00"},
        {-32769, 5, "\xd2\xff\xff\x7f\xff"},
        {INT32_MIN, 5, "\xd2\x80\x00\x00\x00"},
        {(int64_t)INT32_MIN - 1, 9, "\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"},
        {INT64_MIN, 9, "\xd3\x80\x00\x00\x00\x00\x00\x00\x00"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        copse_writer_int(&fixture->writer, rows[i].value);
        expect(fixture, rows[i].bytes, rows[i].size);
    }
}

static void writer__writes_lengths_and_counts_in_their_shortest_form(void **state)
{
    static uint8_t letters[65536];
    memset(letters, 'a', sizeof letters);
    struct fixture *fixture = *state;
    static const struct {
        size_t size;
        size_t bin_head;
        size_t str_head;
        const char *bin;
        const char *str;
    } rows[] = {
        {0, 2, 1, "\xc4\x00", "\xa0"},
        {31, 2, 1, "\xc4\x1f", "\xbf"},
        {32, 2, 2, "\xc4\x20", "\xd9\x20"},
        {255, 2, 2, "\xc4\xff", "\xd9\xff"},
        {256, 3, 3, "\xc5\x01\x00", "\xda\x01\x00"},
        {65535, 3, 3, "\xc5\xff\xff", "\xda\xff\xff"},
        {65536, 5, 5, "\xc6\x00\x01\x00\x00", "\xdb\x00\x01\x00\x00"},
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        struct copse_slice slice = {letters, rows[i].size};
        copse_writer_bin(&fixture->writer, slice);
        expect_size(fixture, rows[i].bin, rows[i].bin_head, rows[i].bin_head + rows[i].size);
        copse_writer_str(&fixture->writer, slice);
        expect_size(fixture, rows[i].str, rows[i].str_head, rows[i].str_head + rows[i].size);
    }
    copse_writer_array(&fixture->writer, 15);
    expect(fixture, "\x9f", 1);
    copse_writer_array(&fixture->writer, 16);
    expect(fixture, "\xdc\x00\x10", 3);
    copse_writer_array(&fixture->writer, 65536);
    expect(fixture, "\xdd\x00\x01\x00\x00", 5);
    copse_writer_map(&fixture->writer, 15);
    expect(fixture, "\x8f", 1);
    copse_writer_map(&fixture->writer, 65535);
    expect(fixture, "\xde\xff\xff", 3);
    copse_writer_map(&fixture->writer, 65536);
    expect(fixture, "\xdf\x00\x01\x00\x00", 5);
}

static void writer__writes_nil_booleans_ids_and_raw_bytes(void **state)
{
    struct fixture *fixture = *state;
    copse_writer_nil(&fixture->writer);
    copse_writer_bool(&fixture->writer, false);
    copse_writer_bool(&fixture->writer, true);
    copse_writer_raw(&fixture->writer, (struct copse_slice){(const uint8_t *)"\x01\x02", 2});
    copse_writer_raw(&fixture->writer, (struct copse_slice){NULL, 0});
    expect(fixture, "\xc0\xc2\xc3\x01\x02", 5);
    struct copse_id ids[2] = {{{7}}, {{8}}};
    copse_writer_ids(&fixture->writer, ids, 2);
    expect_size(fixture, "\x92\xc4\x20\x07", 4, 1 + 2 * 34);
    copse_writer_ids(&fixture->writer, NULL, 0);
    expect(fixture, "\x90", 1);
}

static void writer__stays_full_and_within_its_room(void **state)
{
    struct fixture *fixture = *state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    for (int round = 0; round < 300; round++) {
        struct copse_random again = random;
        struct copse_slice whole = {NULL, 0};
        copse_writer_init(&fixture->writer, fixture->room, sizeof fixture->room);
        copse_value_random(&fixture->writer, &random, 2);
        assert_int_equal(copse_writer_end(&whole, &fixture->writer), COPSE_OK);
        size_t size = (size_t)copse_random_below(&random, whole.size);
        /* Room of exactly that size: the address sanitizer guards its end. */
        uint8_t *room = malloc(size + 1);
        assert_non_null(room);
        room[size] = 0x5a;
        struct copse_writer writer;
        struct copse_slice out = {fixture->room, 1};
        copse_writer_init(&writer, room, size);
        copse_value_random(&writer, &again, 2);
        copse_writer_nil(&writer);
        assert_int_equal(copse_writer_end(&out, &writer), COPSE_ERR_LIMIT);
        assert_null(out.data);
        assert_int_equal(out.size, 0);
        assert_int_equal(room[size], 0x5a);
        free(room);
    }
}

static void writer__fills_its_room_to_the_last_byte(void **state)
{
    (void)state;
    uint8_t room[3];
    struct copse_writer writer;
    struct copse_slice out = {NULL, 0};
    copse_writer_init(&writer, room, sizeof room);
    copse_writer_uint(&writer, 0x1234);
    assert_int_equal(copse_writer_end(&out, &writer), COPSE_OK);
    assert_int_equal(out.size, 3);
    copse_writer_init(&writer, room, sizeof room);
    copse_writer_uint(&writer, 0x12345);
    size_t size = writer.size;
    copse_writer_nil(&writer); /* it would fit, but what came before did not */
    assert_int_equal(writer.size, size);
    assert_int_equal(copse_writer_end(&out, &writer), COPSE_ERR_LIMIT);
    copse_writer_init(&writer, NULL, 0);
    assert_int_equal(copse_writer_end(&out, &writer), COPSE_OK);
    assert_int_equal(out.size, 0);
    copse_writer_nil(&writer);
    assert_int_equal(copse_writer_end(&out, &writer), COPSE_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(writer__writes_numbers_in_their_shortest_form, setup),
        cmocka_unit_test_setup(writer__writes_negative_numbers_in_their_shortest_form, setup),
        cmocka_unit_test_setup(writer__writes_lengths_and_counts_in_their_shortest_form, setup),
        cmocka_unit_test_setup(writer__writes_nil_booleans_ids_and_raw_bytes, setup),
        cmocka_unit_test_setup(writer__stays_full_and_within_its_room, setup),
        cmocka_unit_test(writer__fills_its_room_to_the_last_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
