#include "protocol/merge/text_shape.h"

#include "protocol/base/reader.h"
#include "tests/support/cmocka.h"
#include "tests/support/random.h"

#include <string.h>

static enum copse_err decode(struct copse_text_shape *shape, const char *hex)
{
    static uint8_t bytes[64];
    size_t size = strlen(hex) / 2;
    assert_true(size <= sizeof bytes);
    for (size_t i = 0; i < size; i++) {
        unsigned value = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        bytes[i] = (uint8_t)value;
    }
    return copse_text_shape_decode(shape, (struct copse_slice){bytes, size});
}

static void text_shape__reads_positions_from_gaps(void **state)
{
    (void)state;
    struct copse_text_shape shape;
    assert_int_equal(decode(&shape, "96050600010105"), COPSE_OK);
    assert_int_equal(shape.count, 2);
    assert_int_equal(shape.units, 5);
    assert_int_equal(shape.patches[0].pos, 5);
    assert_int_equal(shape.patches[0].del, 3);
    assert_false(shape.patches[0].sweep);
    assert_int_equal(shape.patches[1].pos, 9);
    assert_int_equal(shape.patches[1].del, 0);
    assert_int_equal(shape.patches[1].ins, 5);
    assert_true(shape.patches[1].sweep);
}

static void text_shape__takes_an_empty_shape(void **state)
{
    (void)state;
    struct copse_text_shape shape;
    assert_int_equal(decode(&shape, "90"), COPSE_OK);
    assert_int_equal(shape.count, 0);
    assert_int_equal(shape.units, 0);
}

static void text_shape__refuses_what_breaks_its_rules(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",                       /* nothing */
        "c0",                     /* no array */
        "920002",                 /* not three numbers */
        "93000000",               /* a patch that does nothing */
        "96000200000200",         /* patches that touch */
        "9300cc0201",             /* a number in a longer form */
        "93ff0001",               /* a negative number */
        "9300000100",             /* something behind it */
        "9300ce0020000200",       /* deletes 1,048,577 */
        "93ce001000000200",       /* ends at 1,048,577 */
        "930000ce00100001",       /* inserts 1,048,577 */
        "960000ce00100000010001", /* inserts so many together */
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(bad); i++) {
        struct copse_text_shape shape;
        if (decode(&shape, bad[i]) != COPSE_ERR_DECODE) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

static void text_shape__refuses_a_patch_too_many(void **state)
{
    (void)state;
    static uint8_t bytes[3 + 3 * (COPSE_TEXT_SHAPE_PATCHES_MAX + 1)];
    struct copse_text_shape shape;
    for (size_t count = COPSE_TEXT_SHAPE_PATCHES_MAX; count < COPSE_TEXT_SHAPE_PATCHES_MAX + 2;
         count++) {
        bytes[0] = 0xdc;
        copse_bytes_put_u16(bytes + 1, (uint16_t)(3 * count));
        memset(bytes + 3, 1, 3 * count);
        enum copse_err err =
            copse_text_shape_decode(&shape, (struct copse_slice){bytes, 3 + 3 * count});
        assert_int_equal(err, count == COPSE_TEXT_SHAPE_PATCHES_MAX ? COPSE_OK : COPSE_ERR_DECODE);
    }
}

static void text_shape__reads_what_it_wrote(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, 7);
    for (size_t round = 0; round < 2000; round++) {
        struct copse_text_patch patches[20];
        size_t count = (size_t)copse_random_below(&random, COPSE_ARRAY_SIZE(patches) + 1);
        size_t bytes = count * 3 < 16 ? 1 : 3;
        uint32_t end = 0;
        for (size_t i = 0; i < count; i++) {
            uint32_t limit = (uint32_t)1 << copse_random_below(&random, 15);
            uint32_t gap = 1 + (uint32_t)copse_random_below(&random, limit);
            patches[i] = (struct copse_text_patch){
                .pos = end + gap,
                .del = (uint32_t)copse_random_below(&random, limit),
                .ins = 1 + (uint32_t)copse_random_below(&random, limit),
                .sweep = copse_random_below(&random, 4) == 0,
            };
            bytes += copse_text_shape_patch_bytes(&patches[i], gap);
            end = patches[i].pos + patches[i].del;
        }
        uint8_t room[COPSE_TEXT_SHAPE_BYTES_MAX];
        struct copse_slice encoded;
        struct copse_text_shape shape;
        assert_int_equal(copse_text_shape_encode(&encoded, room, patches, count), COPSE_OK);
        assert_int_equal(encoded.size, bytes);
        assert_int_equal(copse_text_shape_decode(&shape, encoded), COPSE_OK);
        assert_int_equal(shape.count, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(shape.patches[i].pos, patches[i].pos);
            assert_int_equal(shape.patches[i].del, patches[i].del);
            assert_int_equal(shape.patches[i].ins, patches[i].ins);
            assert_int_equal(shape.patches[i].sweep, patches[i].sweep);
        }
    }
}

static void text_shape__says_when_it_grows_too_large(void **state)
{
    (void)state;
    static struct copse_text_patch patches[COPSE_TEXT_SHAPE_PATCHES_MAX];
    uint8_t room[COPSE_TEXT_SHAPE_BYTES_MAX];
    struct copse_slice encoded;
    for (uint32_t i = 0; i < COPSE_TEXT_SHAPE_PATCHES_MAX; i++) {
        patches[i] = (struct copse_text_patch){i * 2000, 1000, 70000, false};
    }
    assert_int_equal(copse_text_shape_encode(&encoded, room, patches, COPSE_TEXT_SHAPE_PATCHES_MAX),
                     COPSE_OK);
    for (uint32_t i = 0; i < COPSE_TEXT_SHAPE_PATCHES_MAX; i++) {
        patches[i] = (struct copse_text_patch){i * 200000, 100000, 70000, false};
    }
    assert_int_equal(copse_text_shape_encode(&encoded, room, patches, COPSE_TEXT_SHAPE_PATCHES_MAX),
                     COPSE_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_shape__reads_positions_from_gaps),
        cmocka_unit_test(text_shape__takes_an_empty_shape),
        cmocka_unit_test(text_shape__refuses_what_breaks_its_rules),
        cmocka_unit_test(text_shape__refuses_a_patch_too_many),
        cmocka_unit_test(text_shape__reads_what_it_wrote),
        cmocka_unit_test(text_shape__says_when_it_grows_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
