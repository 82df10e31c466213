/* protocol/base/reader: exactly one form of every value, and no way past the end. */
#include "protocol/base/reader.h"

#include "tests/support/cmocka.h"
#include "tests/support/shared.h"
#include "tests/support/value.h"

#include <jansson.h>
#include <string.h>

enum { SEED = 4711, ROOM_BYTES = 60000, MSGPACK_BYTES_MAX = 1024 };

/* The bytes are one canonical value within `depth`, seen by each of the ways to read it. The copy
 * has exactly their size, so that the address sanitizer guards the end. */
static bool accepts(struct copse_slice bytes, unsigned depth)
{
    uint8_t *exact = malloc(bytes.size > 0 ? bytes.size : 1);
    assert_non_null(exact);
    if (bytes.size > 0) {
        memcpy(exact, bytes.data, bytes.size);
    }
    struct copse_reader reader;
    copse_reader_init(&reader, (struct copse_slice){exact, bytes.size});
    struct copse_slice value = copse_reader_value(&reader, depth);
    bool accepted = copse_reader_end(&reader) == COPSE_OK;
    if (accepted) {
        assert_ptr_equal(value.data, exact);
        assert_int_equal(value.size, bytes.size);
    } else if (reader.cursor == NULL) {
        assert_null(value.data);
    }
    free(exact);
    return accepted;
}

/* What was accepted is the same when written again and the same to msgpack-c. */
static void check_accepted(struct copse_slice bytes)
{
    static uint8_t room[ROOM_BYTES];
    struct copse_reader reader;
    struct copse_writer writer;
    struct copse_slice again = {NULL, 0};
    copse_reader_init(&reader, bytes);
    copse_writer_init(&writer, room, sizeof room);
    copse_value_rewrite(&writer, &reader, COPSE_READER_DEPTH_MAX);
    assert_int_equal(copse_reader_end(&reader), COPSE_OK);
    assert_int_equal(copse_writer_end(&again, &writer), COPSE_OK);
    assert_true(copse_bytes_equal(again, bytes));
    assert_true(copse_value_same_as_msgpack(bytes));
}

static struct copse_slice literal(const char *bytes, size_t size)
{
    return (struct copse_slice){(const uint8_t *)bytes, size};
}
#define LITERAL(string) literal(string, sizeof(string) - 1)

static void expect_refused(const struct copse_slice *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (accepts(rows[i], COPSE_READER_DEPTH_MAX)) {
            fail_msg("row %zu was accepted", i);
        }
    }
}

static void expect_accepted(const struct copse_slice *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!accepts(rows[i], COPSE_READER_DEPTH_MAX)) {
            fail_msg("row %zu was refused", i);
        }
        check_accepted(rows[i]);
    }
}

static void reader__refuses_a_longer_form_of_a_number(void **state)
{
    (void)state;
    const struct copse_slice longer[] = {
        LITERAL("\xcc\x00"),
        LITERAL("\xcc\x7f"),
        LITERAL("\xcd\x00\xff"),
        LITERAL("\xce\x00\x00\xff\xff"),
        LITERAL("\xcf\x00\x00\x00\x00\xff\xff\xff\xff"),
        LITERAL("\xd0\x00"),
        LITERAL("\xd0\x7f"),
        LITERAL("\xd0\xe0"),
        LITERAL("\xd0\xff"),
        LITERAL("\xd1\x00\x80"),
        LITERAL("\xd1\xff\x80"),
        LITERAL("\xd2\x00\x01\x00\x00"),
        LITERAL("\xd2\xff\xff\x80\x00"),
        LITERAL("\xd3\x00\x00\x00\x01\x00\x00\x00\x00"),
        LITERAL("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff"),
        LITERAL("\xd3\xff\xff\xff\xff\x80\x00\x00\x00"),
    };
    const struct copse_slice shortest[] = {
        LITERAL("\x00"),
        LITERAL("\xcc\x80"),
        LITERAL("\xcd\x01\x00"),
        LITERAL("\xce\x00\x01\x00\x00"),
        LITERAL("\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
        LITERAL("\xff"),
        LITERAL("\xe0"),
        LITERAL("\xd0\xdf"),
        LITERAL("\xd1\xff\x7f"),
        LITERAL("\xd2\xff\xff\x7f\xff"),
        LITERAL("\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"),
    };
    expect_refused(longer, COPSE_ARRAY_SIZE(longer));
    expect_accepted(shortest, COPSE_ARRAY_SIZE(shortest));
}

static void reader__refuses_a_longer_form_of_a_length_or_count(void **state)
{
    (void)state;
    static uint8_t room[70000];
    static const struct {
        uint8_t first;
        size_t width;
        size_t least;
        size_t bytes_per_item;
    } rows[] = {
        {0xc5, 2, 256, 1},   {0xc6, 4, 65536, 1}, {0xd9, 1, 32, 1},    {0xda, 2, 256, 1},
        {0xdb, 4, 65536, 1}, {0xdc, 2, 16, 1},    {0xdd, 4, 65536, 1},
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        for (size_t count = rows[i].least - 1; count <= rows[i].least; count++) {
            room[0] = rows[i].first;
            for (size_t k = 0; k < rows[i].width; k++) {
                room[1 + k] = (uint8_t)((count >> (8 * (rows[i].width - 1 - k))) & 0xffu);
            }
            memset(room + 1 + rows[i].width, 0x01, count);
            struct copse_slice bytes = {room, 1 + rows[i].width + count};
            assert_int_equal(accepts(bytes, 1), count == rows[i].least);
        }
    }
    const struct copse_slice longer[] = {
        LITERAL("\xc5\x00\x00"),
        LITERAL("\xc6\x00\x00\x00\x00"),
        LITERAL("\xd9\x00"),
        LITERAL("\xda\x00\x00"),
        LITERAL("\xdb\x00\x00\x00\x00"),
        LITERAL("\xdc\x00\x00"),
        LITERAL("\xdd\x00\x00\x00\x00"),
        LITERAL("\xde\x00\x00"),
        LITERAL("\xdf\x00\x00\x00\x00"),
    };
    expect_refused(longer, COPSE_ARRAY_SIZE(longer));
}

static void reader__refuses_a_longer_form_of_a_map(void **state)
{
    (void)state;
    const struct copse_slice longer[] = {
        LITERAL("\xde\x00\x01\x00\xc0"),
        LITERAL("\xdf\x00\x00\x00\x01\x00\xc0"),
    };
    expect_refused(longer, COPSE_ARRAY_SIZE(longer));
    /* 15 pairs fit the short form, 16 do not: 0: 0, 1: 1, .. */
    for (uint8_t count = 15; count <= 16; count++) {
        uint8_t bytes[3 + 2 * 16] = {0xde, 0x00, count};
        for (uint8_t i = 0; i < count; i++) {
            bytes[3 + 2 * i] = bytes[3 + 2 * i + 1] = i;
        }
        struct copse_slice whole = {bytes, 3 + 2 * (size_t)count};
        assert_int_equal(accepts(whole, 1), count == 16);
    }
}

static void reader__refuses_floats_extensions_and_the_unused_byte(void **state)
{
    (void)state;
    const struct copse_slice rows[] = {
        LITERAL(""),
        LITERAL("\xc1"),
        LITERAL("\xca\x00\x00\x00\x00"),
        LITERAL("\xcb\x00\x00\x00\x00\x00\x00\x00\x00"),
        LITERAL("\xd4\x01\x00"),
        LITERAL("\xd5\x01\x00\x00"),
        LITERAL("\xd6\xff\x00\x00\x00\x00"),
        LITERAL("\xd7\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
        LITERAL("\xd8\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
        LITERAL("\xc7\x00\x01"),
        LITERAL("\xc8\x00\x00\x01"),
        LITERAL("\xc9\x00\x00\x00\x00\x01"),
        LITERAL("\x91\xca\x00\x00\x00\x00"),
        LITERAL("\x81\x00\xc1"),
    };
    expect_refused(rows, COPSE_ARRAY_SIZE(rows));
}

static void reader__refuses_map_keys_that_do_not_rise_or_are_no_numbers(void **state)
{
    (void)state;
    const struct copse_slice bad[] = {
        LITERAL("\x82\x01\xc0\x01\xc0"),
        LITERAL("\x82\x02\xc0\x01\xc0"),
        LITERAL("\x81\xff\xc0"),
        LITERAL("\x81\xa1\x61\xc0"),
        LITERAL("\x81\xc0\xc0"),
        LITERAL("\x81\x90\xc0"),
        LITERAL("\x81\xcf\x80\x00\x00\x00\x00\x00\x00\x00\xc0"),
        LITERAL("\x82\x01\x82\x05\xc0\x05\xc0\x02\xc0"),
    };
    const struct copse_slice good[] = {
        LITERAL("\x80"),
        LITERAL("\x82\x00\xc0\x01\xc0"),
        LITERAL("\x82\x00\x81\x05\xc0\x01\x81\x00\xc0"),
        LITERAL("\x81\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\xc0"),
    };
    expect_refused(bad, COPSE_ARRAY_SIZE(bad));
    expect_accepted(good, COPSE_ARRAY_SIZE(good));
}

static void reader__refuses_a_str_that_is_not_utf8(void **state)
{
    (void)state;
    const struct copse_slice bad[] = {
        LITERAL("\xa1\x80"), LITERAL("\xa2\xc0\x80"),         LITERAL("\xa3\xed\xa0\x80"),
        LITERAL("\xa1\xc3"), LITERAL("\xa4\xf4\x90\x80\x80"),
    };
    const struct copse_slice good[] = {LITERAL("\xa2\xc3\xbc"), LITERAL("\xc4\x01\x80")};
    expect_refused(bad, COPSE_ARRAY_SIZE(bad));
    expect_accepted(good, COPSE_ARRAY_SIZE(good));
}

static void reader__refuses_a_size_larger_than_the_bytes_that_are_left(void **state)
{
    (void)state;
    const struct copse_slice rows[] = {
        LITERAL("\xc4\x01"),
        LITERAL("\xc6\xff\xff\xff\xff"),
        LITERAL("\xdb\xff\xff\xff\xff\x61"),
        LITERAL("\xdd\xff\xff\xff\xff\xc0"),
        LITERAL("\xdf\xff\xff\xff\xff\x00\xc0"),
        LITERAL("\xdf\x80\x00\x00\x00\x00\xc0"),
        LITERAL("\x9f\xc0"),
        LITERAL("\x81\x00"),
        LITERAL("\x92\x92\x92\xc0\xc0"),
    };
    expect_refused(rows, COPSE_ARRAY_SIZE(rows));
}

static void reader__refuses_a_count_before_its_items_are_read(void **state)
{
    (void)state;
    struct copse_reader reader;
    copse_reader_init(&reader, LITERAL("\x92\xc0"));
    assert_int_equal(copse_reader_array(&reader, SIZE_MAX), 0);
    assert_int_equal(copse_reader_end(&reader), COPSE_ERR_DECODE);
    copse_reader_init(&reader, LITERAL("\x82\x00\xc0\x01"));
    assert_int_equal(copse_reader_map(&reader, SIZE_MAX), 0);
    assert_int_equal(copse_reader_end(&reader), COPSE_ERR_DECODE);
    copse_reader_init(&reader, LITERAL("\x92\xc0\xc0"));
    assert_int_equal(copse_reader_array(&reader, SIZE_MAX), 2);
    copse_reader_init(&reader, LITERAL("\x82\x00\xc0\x01\xc0"));
    assert_int_equal(copse_reader_map(&reader, SIZE_MAX), 2);
}

static void reader__keeps_to_the_depth_it_was_given(void **state)
{
    (void)state;
    uint8_t arrays[64];
    uint8_t maps[64];
    for (size_t nesting = 0; nesting <= COPSE_READER_DEPTH_MAX + 2; nesting++) {
        memset(arrays, 0x91, nesting);
        arrays[nesting] = 0xc0;
        for (size_t i = 0; i < nesting; i++) {
            maps[2 * i] = 0x81;
            maps[2 * i + 1] = 0x00;
        }
        maps[2 * nesting] = 0xc0;
        for (unsigned depth = 0; depth <= COPSE_READER_DEPTH_MAX; depth++) {
            bool fits = nesting <= depth;
            assert_int_equal(accepts((struct copse_slice){arrays, nesting + 1}, depth), fits);
            assert_int_equal(accepts((struct copse_slice){maps, 2 * nesting + 1}, depth), fits);
        }
    }
    /* An empty array is an array too; what is closed no longer counts. */
    assert_false(accepts(LITERAL("\x90"), 0));
    assert_false(accepts(LITERAL("\x91\x90"), 1));
    assert_true(accepts(LITERAL("\x93\x90\x80\x91\xc0"), 2));
}

static void reader__endless_nesting_costs_no_stack(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    uint8_t *bytes = malloc(SIZE);
    assert_non_null(bytes);
    memset(bytes, 0x91, SIZE);
    assert_false(accepts((struct copse_slice){bytes, SIZE}, COPSE_READER_DEPTH_MAX));
    free(bytes);
}

static void reader__is_sticky_after_a_failure(void **state)
{
    (void)state;
    int64_t last = -1;
    struct copse_reader reader;
    copse_reader_init(&reader, LITERAL("\xc3\x05\xc4\x01\x61\xa1\x62\x91\xc0"));
    assert_int_equal(copse_reader_uint(&reader, 10), 0); /* it is a bool */
    assert_false(copse_reader_bool(&reader));
    assert_false(copse_reader_nil(&reader));
    assert_int_equal(copse_reader_peek(&reader), COPSE_READER_NONE);
    assert_int_equal(copse_reader_uint(&reader, UINT64_MAX), 0);
    assert_int_equal(copse_reader_int(&reader), 0);
    assert_null(copse_reader_bin(&reader, 10).data);
    assert_null(copse_reader_str(&reader, 10).data);
    assert_int_equal(copse_reader_array(&reader, 10), 0);
    assert_int_equal(copse_reader_map(&reader, 10), 0);
    assert_int_equal(copse_reader_key(&reader, &last), 0);
    assert_null(copse_reader_value(&reader, 3).data);
    struct copse_id id = copse_reader_id(&reader);
    assert_true(copse_bytes_is_zero(&id));
    assert_int_equal(copse_reader_end(&reader), COPSE_ERR_DECODE);
    copse_reader_init(&reader, LITERAL(""));
    assert_int_equal(copse_reader_end(&reader), COPSE_OK);
    copse_reader_fail(&reader);
    assert_int_equal(copse_reader_end(&reader), COPSE_ERR_DECODE);
}

static void reader__typed_calls_give_the_values_and_keep_to_their_limits(void **state)
{
    (void)state;
    struct copse_reader reader;
    int64_t last = -1;
    copse_reader_init(&reader, LITERAL("\x96\xc0\xc3\xcc\xc8\xf0\xc4\x02\x01\x02\x81\x07\xa1\x61"));
    assert_int_equal(copse_reader_array(&reader, 6), 6);
    assert_true(copse_reader_nil(&reader));
    assert_false(copse_reader_nil(&reader)); /* no nil, and no failure */
    assert_true(copse_reader_bool(&reader));
    assert_int_equal(copse_reader_uint(&reader, 200), 200);
    assert_int_equal(copse_reader_int(&reader), -16);
    assert_int_equal(copse_reader_bin(&reader, 2).size, 2);
    assert_int_equal(copse_reader_map(&reader, 1), 1);
    assert_int_equal(copse_reader_key(&reader, &last), 7);
    assert_int_equal(last, 7);
    assert_int_equal(copse_reader_str(&reader, 1).data[0], 'a');
    assert_int_equal(copse_reader_end(&reader), COPSE_OK);

    copse_reader_init(&reader, LITERAL("\xcc\xc8"));
    (void)copse_reader_uint(&reader, 199);
    assert_int_equal(copse_reader_end(&reader), COPSE_ERR_DECODE);
    copse_reader_init(&reader, LITERAL("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"));
    (void)copse_reader_int(&reader); /* 2^63 is no int64 */
    assert_int_equal(copse_reader_end(&reader), COPSE_ERR_DECODE);
    copse_reader_init(&reader, LITERAL("\xc4\x02\x01\x02"));
    (void)copse_reader_bin(&reader, 1);
    assert_int_equal(copse_reader_end(&reader), COPSE_ERR_DECODE);
    copse_reader_init(&reader, LITERAL("\xa2\x61\x62"));
    (void)copse_reader_str(&reader, 1);
    assert_int_equal(copse_reader_end(&reader), COPSE_ERR_DECODE);
    copse_reader_init(&reader, LITERAL("\x92\xc0\xc0"));
    (void)copse_reader_array(&reader, 1);
    assert_int_equal(copse_reader_end(&reader), COPSE_ERR_DECODE);
    copse_reader_init(&reader, LITERAL("\x82\x00\xc0\x01\xc0"));
    (void)copse_reader_map(&reader, 1);
    assert_int_equal(copse_reader_end(&reader), COPSE_ERR_DECODE);
}

static void reader__an_id_is_a_bin_of_32_bytes(void **state)
{
    (void)state;
    uint8_t bytes[40] = {0xc4};
    for (uint8_t size = 30; size <= 34; size++) {
        struct copse_reader reader;
        bytes[1] = size;
        bytes[2] = 9;
        copse_reader_init(&reader, (struct copse_slice){bytes, 2 + (size_t)size});
        struct copse_id id = copse_reader_id(&reader);
        assert_int_equal(id.bytes[0], size == 32 ? 9 : 0);
        assert_int_equal(copse_reader_end(&reader), size == 32 ? COPSE_OK : COPSE_ERR_DECODE);
    }
}

static void reader__refuses_every_beginning_of_a_value_and_anything_behind_it(void **state)
{
    (void)state;
    static uint8_t room[ROOM_BYTES];
    struct copse_random random;
    copse_random_init(&random, SEED);
    for (int round = 0; round < 60; round++) {
        struct copse_writer writer;
        struct copse_slice whole = {NULL, 0};
        copse_writer_init(&writer, room, sizeof room - 1);
        copse_value_random(&writer, &random, 2);
        assert_int_equal(copse_writer_end(&whole, &writer), COPSE_OK);
        for (size_t size = 0; size < whole.size; size++) {
            assert_false(accepts((struct copse_slice){room, size}, COPSE_READER_DEPTH_MAX));
        }
        assert_true(accepts(whole, COPSE_READER_DEPTH_MAX));
        room[whole.size] = 0xc0;
        assert_false(accepts((struct copse_slice){room, whole.size + 1}, COPSE_READER_DEPTH_MAX));
    }
}

static void reader__reads_what_the_writer_wrote(void **state)
{
    (void)state;
    static uint8_t room[4 * ROOM_BYTES];
    struct copse_random random;
    copse_random_init(&random, SEED + 1);
    for (int round = 0; round < 2000; round++) {
        struct copse_writer writer;
        struct copse_slice whole = {NULL, 0};
        copse_writer_init(&writer, room, sizeof room);
        copse_value_random(&writer, &random, 3);
        assert_int_equal(copse_writer_end(&whole, &writer), COPSE_OK);
        assert_true(accepts(whole, 3));
        if (whole.size <= ROOM_BYTES) {
            check_accepted(whole);
        }
    }
}

/* Flip, overwrite, insert or remove some bytes. */
static size_t mutate(uint8_t *bytes, size_t size, struct copse_random *random)
{
    for (uint64_t left = 1 + copse_random_below(random, 3); left > 0 && size > 1; left--) {
        size_t at = (size_t)copse_random_below(random, size);
        switch (copse_random_below(random, 4)) {
        case 0:
            bytes[at] ^= (uint8_t)(1u << copse_random_below(random, 8));
            break;
        case 1:
            bytes[at] = (uint8_t)(0xc0u + copse_random_below(random, 64));
            break;
        case 2:
            memmove(bytes + at + 1, bytes + at, size - at);
            bytes[at] = (uint8_t)copse_random_below(random, 256);
            size++;
            break;
        default:
            memmove(bytes + at, bytes + at + 1, size - at - 1);
            size--;
            break;
        }
    }
    return size;
}

static void reader__accepts_of_mutated_values_only_what_msgpack_sees_the_same(void **state)
{
    (void)state;
    static uint8_t room[ROOM_BYTES];
    struct copse_random random;
    copse_random_init(&random, SEED + 2);
    size_t accepted = 0;
    size_t refused = 0;
    for (int round = 0; round < 20000; round++) {
        struct copse_writer writer;
        copse_writer_init(&writer, room, sizeof room - 8);
        copse_value_random(&writer, &random, 1);
        struct copse_slice bytes = {room, mutate(room, writer.size, &random)};
        if (accepts(bytes, COPSE_READER_DEPTH_MAX)) {
            accepted++;
            check_accepted(bytes);
        } else {
            refused++;
        }
    }
    /* Both sides must have been met, or the test shows nothing. */
    assert_true(accepted > 1000);
    assert_true(refused > 1000);
}

static void reader__accepts_of_random_bytes_only_what_msgpack_sees_the_same(void **state)
{
    (void)state;
    uint8_t bytes[12];
    struct copse_random random;
    copse_random_init(&random, SEED + 3);
    size_t accepted = 0;
    for (int round = 0; round < 200000; round++) {
        size_t size = 1 + (size_t)copse_random_below(&random, sizeof bytes);
        copse_random_bytes(&random, bytes, size);
        if (accepts((struct copse_slice){bytes, size}, COPSE_READER_DEPTH_MAX)) {
            accepted++;
            check_accepted((struct copse_slice){bytes, size});
        }
    }
    assert_true(accepted > 1000);
}

/* "c4-01-ff" */
static size_t bytes_of_suite(uint8_t out[MSGPACK_BYTES_MAX], const char *hex)
{
    size_t size = 0;
    for (; hex[0] != '\0'; hex += hex[2] == '-' ? 3 : 2) {
        char digits[3] = {hex[0], hex[1], '\0'};
        assert_true(size < MSGPACK_BYTES_MAX);
        out[size++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return size;
}

/* Which of a value's encodings we accept: returns how many, and whether that one is as short as
 * any. */
static size_t count_accepted(bool *shortest, const json_t *encodings)
{
    uint8_t bytes[MSGPACK_BYTES_MAX];
    size_t accepted = 0;
    size_t accepted_size = 0;
    size_t least_size = SIZE_MAX;
    for (size_t i = 0; i < json_array_size(encodings); i++) {
        size_t size = bytes_of_suite(bytes, json_string_value(json_array_get(encodings, i)));
        bool is_float = bytes[0] == 0xca || bytes[0] == 0xcb;
        least_size = !is_float && size < least_size ? size : least_size;
        if (accepts((struct copse_slice){bytes, size}, COPSE_READER_DEPTH_MAX)) {
            check_accepted((struct copse_slice){bytes, size});
            accepted++;
            accepted_size = size;
        }
    }
    *shortest = accepted > 0 && accepted_size == least_size;
    return accepted;
}

static json_t *load_suite(void)
{
    size_t size = 0;
    char *text = copse_shared_load(&size, "vectors/msgpack-test-suite.json");
    if (text == NULL) {
        return NULL;
    }
    json_t *suite = json_loadb(text, size, 0, NULL);
    copse_shared_free(text);
    assert_non_null(suite);
    return suite;
}

/* Groups whose values exist in canonical form; maps of the suite have strings for keys. */
static bool is_canonical_group(const char *group)
{
    return strstr(group, "float") == NULL && strstr(group, "timestamp") == NULL &&
           strstr(group, "ext") == NULL && strstr(group, "map") == NULL &&
           strstr(group, "nested") == NULL;
}

static void reader__accepts_one_encoding_of_each_value_of_the_published_suite(void **state)
{
    (void)state;
    json_t *suite = load_suite();
    if (suite == NULL) {
        skip();
    }
    const char *group = NULL;
    json_t *values = NULL;
    size_t seen = 0;
    json_object_foreach(suite, group, values)
    {
        for (size_t i = 0; i < json_array_size(values); i++) {
            bool shortest = false;
            const json_t *encodings = json_object_get(json_array_get(values, i), "msgpack");
            size_t accepted = count_accepted(&shortest, encodings);
            if (is_canonical_group(group) && (accepted != 1 || !shortest)) {
                fail_msg("%s, value %zu: %zu encodings accepted", group, i, accepted);
            }
            if (strstr(group, "timestamp") != NULL || strstr(group, "60.ext") != NULL) {
                assert_int_equal(accepted, 0);
            }
            seen++;
        }
    }
    assert_true(seen > 80);
    json_decref(suite);
}

static void reader__refuses_every_float_of_the_published_suite(void **state)
{
    (void)state;
    json_t *suite = load_suite();
    if (suite == NULL) {
        skip();
    }
    const json_t *values = json_object_get(suite, "22.number-float.yaml");
    size_t seen = 0;
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *encodings = json_object_get(json_array_get(values, i), "msgpack");
        for (size_t k = 0; k < json_array_size(encodings); k++) {
            uint8_t bytes[MSGPACK_BYTES_MAX];
            size_t size = bytes_of_suite(bytes, json_string_value(json_array_get(encodings, k)));
            if (bytes[0] == 0xca || bytes[0] == 0xcb) {
                assert_false(accepts((struct copse_slice){bytes, size}, COPSE_READER_DEPTH_MAX));
                seen++;
            }
        }
    }
    assert_true(seen > 0);
    json_decref(suite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader__refuses_a_longer_form_of_a_number),
        cmocka_unit_test(reader__refuses_a_longer_form_of_a_length_or_count),
        cmocka_unit_test(reader__refuses_a_longer_form_of_a_map),
        cmocka_unit_test(reader__refuses_floats_extensions_and_the_unused_byte),
        cmocka_unit_test(reader__refuses_map_keys_that_do_not_rise_or_are_no_numbers),
        cmocka_unit_test(reader__refuses_a_str_that_is_not_utf8),
        cmocka_unit_test(reader__refuses_a_size_larger_than_the_bytes_that_are_left),
        cmocka_unit_test(reader__refuses_a_count_before_its_items_are_read),
        cmocka_unit_test(reader__keeps_to_the_depth_it_was_given),
        cmocka_unit_test(reader__endless_nesting_costs_no_stack),
        cmocka_unit_test(reader__is_sticky_after_a_failure),
        cmocka_unit_test(reader__typed_calls_give_the_values_and_keep_to_their_limits),
        cmocka_unit_test(reader__an_id_is_a_bin_of_32_bytes),
        cmocka_unit_test(reader__refuses_every_beginning_of_a_value_and_anything_behind_it),
        cmocka_unit_test(reader__reads_what_the_writer_wrote),
        cmocka_unit_test(reader__accepts_of_mutated_values_only_what_msgpack_sees_the_same),
        cmocka_unit_test(reader__accepts_of_random_bytes_only_what_msgpack_sees_the_same),
        cmocka_unit_test(reader__accepts_one_encoding_of_each_value_of_the_published_suite),
        cmocka_unit_test(reader__refuses_every_float_of_the_published_suite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
