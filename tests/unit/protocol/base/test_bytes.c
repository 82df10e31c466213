/* protocol/base/bytes: order, hexadecimal, UTF-8, order-preserving numbers. */
#include "protocol/base/bytes.h"

#include "tests/support/cmocka.h"
#include "tests/support/random.h"

#include <string.h>

enum { SEED = 20240601 };

static struct copse_slice text(const char *string)
{
    return copse_bytes_of_string(string);
}

static struct copse_id random_id(struct copse_random *random)
{
    struct copse_id id;
    copse_random_bytes(random, id.bytes, sizeof id.bytes);
    return id;
}

static void bytes__compare_is_unsigned_and_puts_a_beginning_first(void **state)
{
    (void)state;
    assert_true(copse_bytes_compare(text("a"), text("b")) < 0);
    assert_true(copse_bytes_compare(text("a"), text("ab")) < 0);
    assert_true(copse_bytes_compare(text("ab"), text("a")) > 0);
    assert_true(copse_bytes_compare(text("\x7f"), text("\x80")) < 0);
    assert_true(copse_bytes_compare(text("b"), text("aaaa")) > 0);
    assert_int_equal(copse_bytes_compare(text("same"), text("same")), 0);
    struct copse_slice nothing = {NULL, 0};
    assert_int_equal(copse_bytes_compare(nothing, text("")), 0);
    assert_true(copse_bytes_compare(nothing, text("a")) < 0);
    assert_true(copse_bytes_equal(nothing, text("")));
    assert_false(copse_bytes_equal(text("a"), text("ab")));
    assert_false(copse_bytes_equal(text("ab"), text("ac")));
}

static void bytes__an_id_is_equal_only_to_itself(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct copse_id a = random_id(&random);
    for (size_t i = 0; i < sizeof a.bytes; i++) {
        struct copse_id b = a;
        assert_true(copse_bytes_equal_ids(&a, &b));
        b.bytes[i] ^= 1u;
        assert_false(copse_bytes_equal_ids(&a, &b));
        assert_int_equal(copse_bytes_compare_ids(&a, &b) < 0, a.bytes[i] < b.bytes[i]);
    }
}

static void bytes__only_an_id_of_zeros_is_zero(void **state)
{
    (void)state;
    struct copse_id id = {{0}};
    assert_true(copse_bytes_is_zero(&id));
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        struct copse_id other = {{0}};
        other.bytes[i] = 1;
        assert_false(copse_bytes_is_zero(&other));
    }
}

static void bytes__to_id_takes_exactly_32_bytes(void **state)
{
    (void)state;
    uint8_t room[40] = {1, 2, 3};
    struct copse_id id = {{9}};
    for (size_t size = 0; size <= sizeof room; size++) {
        enum copse_err err = copse_bytes_to_id(&id, (struct copse_slice){room, size});
        assert_int_equal(err, size == 32 ? COPSE_OK : COPSE_ERR_DECODE);
        assert_int_equal(id.bytes[0], size >= 32 ? 1 : 9); /* set only on success */
    }
    assert_memory_equal(id.bytes, room, 32);
    assert_int_equal(copse_bytes_of_id(&id).size, 32);
    assert_ptr_equal(copse_bytes_of_id(&id).data, id.bytes);
}

static void bytes__hexadecimal_there_and_back(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    for (int round = 0; round < 200; round++) {
        char hex[COPSE_ID_HEX_BYTES];
        struct copse_id id = random_id(&random);
        struct copse_id back = {{0}};
        copse_bytes_id_to_hex(hex, &id);
        assert_int_equal(strlen(hex), 64);
        assert_int_equal(strspn(hex, "0123456789abcdef"), 64);
        assert_int_equal(copse_bytes_id_from_hex(&back, text(hex)), COPSE_OK);
        assert_true(copse_bytes_equal_ids(&id, &back));
    }
}

static void bytes__hexadecimal_takes_either_case_and_nothing_else(void **state)
{
    (void)state;
    char hex[80];
    memset(hex, 'A', sizeof hex);
    struct copse_id id = {{0}};
    assert_int_equal(copse_bytes_id_from_hex(&id, (struct copse_slice){(const uint8_t *)hex, 64}),
                     COPSE_OK);
    assert_int_equal(id.bytes[31], 0xaa);
    for (size_t size = 0; size <= sizeof hex; size++) {
        struct copse_slice part = {(const uint8_t *)hex, size};
        assert_int_equal(copse_bytes_id_from_hex(&id, part),
                         size == 64 ? COPSE_OK : COPSE_ERR_DECODE);
    }
    const char strange[] = {'g', ' ', ':', '\0', '-', 'x', '\n'};
    for (size_t at = 0; at < 64; at++) {
        for (size_t i = 0; i < sizeof strange; i++) {
            hex[at] = strange[i];
            assert_int_equal(
                copse_bytes_id_from_hex(&id, (struct copse_slice){(const uint8_t *)hex, 64}),
                COPSE_ERR_DECODE);
        }
        hex[at] = 'A';
    }
}

static void bytes__utf8_refuses_what_is_not_a_scalar_in_shortest_form(void **state)
{
    (void)state;
    static const char *const good[] = {
        "",
        "a",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "gr\xc3\xbc\xc3\x9f",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x7f",
        "\xc2\xc0",
        "\xe0\x9f\xbf",
        "\xe0\xa0",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xfe",
        "a\xff",
        "\xf8\x88\x80\x80\x80",
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(good); i++) {
        assert_true(copse_bytes_is_utf8(text(good[i])));
    }
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(bad); i++) {
        assert_false(copse_bytes_is_utf8(text(bad[i])));
    }
    assert_true(copse_bytes_is_utf8((struct copse_slice){(const uint8_t *)"a\0b", 3}));
    assert_true(copse_bytes_is_utf8((struct copse_slice){NULL, 0}));
}

/* UTF-8 by the definition: RFC 3629, section 3. */
static size_t encode_scalar(uint8_t out[4], uint32_t scalar)
{
    if (scalar < 0x80) {
        out[0] = (uint8_t)scalar;
        return 1;
    }
    size_t size = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
    static const uint8_t leads[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size; i > 1; i--) {
        out[i - 1] = (uint8_t)(0x80u | (scalar & 0x3fu));
        scalar >>= 6;
    }
    out[0] = (uint8_t)(leads[size] | scalar);
    return size;
}

static void bytes__next_scalar_gives_back_each_scalar_there_is(void **state)
{
    (void)state;
    for (uint32_t scalar = 0; scalar <= 0x110000; scalar++) {
        uint8_t encoded[4];
        size_t size = encode_scalar(encoded, scalar);
        struct copse_slice slice = {encoded, size};
        bool is_scalar = scalar <= 0x10ffff && (scalar < 0xd800 || scalar > 0xdfff);
        uint32_t got = 0;
        if (copse_bytes_is_utf8(slice) != is_scalar) {
            fail_msg("wrong about %x", scalar);
        }
        if (is_scalar && (copse_bytes_next_scalar(&got, slice) != size || got != scalar)) {
            fail_msg("%x became %x", scalar, got);
        }
    }
}

static void bytes__put_numbers_keep_their_order(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    for (int round = 0; round < 2000; round++) {
        uint64_t a = copse_random_u64(&random) >> copse_random_below(&random, 64);
        uint64_t b = copse_random_u64(&random) >> copse_random_below(&random, 64);
        uint8_t a_bytes[8];
        uint8_t b_bytes[8];
        copse_bytes_put_u64(a_bytes, a);
        copse_bytes_put_u64(b_bytes, b);
        assert_int_equal(memcmp(a_bytes, b_bytes, 8) < 0, a < b);
        assert_true(copse_bytes_get_u64(a_bytes) == a);
        copse_bytes_put_u32(a_bytes, (uint32_t)a);
        assert_int_equal(copse_bytes_get_u32(a_bytes), (uint32_t)a);
        copse_bytes_put_u16(a_bytes, (uint16_t)a);
        assert_int_equal(copse_bytes_get_u16(a_bytes), (uint16_t)a);
    }
    uint8_t fixed[8];
    copse_bytes_put_u64(fixed, 0x0102030405060708u);
    assert_memory_equal(fixed, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes__compare_is_unsigned_and_puts_a_beginning_first),
        cmocka_unit_test(bytes__an_id_is_equal_only_to_itself),
        cmocka_unit_test(bytes__only_an_id_of_zeros_is_zero),
        cmocka_unit_test(bytes__to_id_takes_exactly_32_bytes),
        cmocka_unit_test(bytes__hexadecimal_there_and_back),
        cmocka_unit_test(bytes__hexadecimal_takes_either_case_and_nothing_else),
        cmocka_unit_test(bytes__utf8_refuses_what_is_not_a_scalar_in_shortest_form),
        cmocka_unit_test(bytes__next_scalar_gives_back_each_scalar_there_is),
        cmocka_unit_test(bytes__put_numbers_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
