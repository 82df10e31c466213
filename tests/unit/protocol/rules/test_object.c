/* The table of objects: its own consistency, and what each type of value takes. */
#include "protocol/rules/object.h"
#include "tests/support/cmocka.h"

#include <string.h>

enum { KINDS_TRIED = 64, NUMBERS_TRIED = 256 };

static struct copse_slice bytes_of(const char *bytes, size_t size)
{
    return (struct copse_slice){(const uint8_t *)bytes, size};
}

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

static const struct copse_object_field *field_of(uint32_t kind, const char *name)
{
    const struct copse_object_field *field =
        copse_object_field_named(kind, copse_bytes_of_string(name));
    assert_non_null(field);
    return field;
}

static void object__lists_the_fields_of_a_kind_in_rising_order(void **state)
{
    (void)state;
    size_t total = 0;
    for (uint32_t kind = 0; kind < KINDS_TRIED; kind++) {
        int64_t last = -1;
        const struct copse_object_field *field = copse_object_field_at(kind, 0);
        for (size_t i = 0; field != NULL; field = copse_object_field_at(kind, ++i)) {
            assert_int_equal((uint32_t)field->kind, kind);
            assert_true((int64_t)field->number > last);
            last = (int64_t)field->number;
            assert_ptr_equal(copse_object_field(kind, (uint32_t)field->number), field);
            assert_ptr_equal(field_of(kind, copse_object_field_name(field)), field);
            total++;
        }
    }
    assert_true(total > 30);
}

static void object__has_no_more_than_one_text_in_a_kind(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < KINDS_TRIED; kind++) {
        size_t texts = 0;
        for (size_t i = 0; copse_object_field_at(kind, i) != NULL; i++) {
            texts += copse_object_field_at(kind, i)->lane == COPSE_OBJECT_TEXT ? 1 : 0;
        }
        assert_true(texts <= 1);
    }
}

static void object__gives_nothing_for_unknown_kinds_and_numbers(void **state)
{
    (void)state;
    assert_null(copse_object_field(COPSE_OBJECT_EVENT, COPSE_OBJECT_FIELD_TITLE));
    assert_null(copse_object_field(99, 0));
    assert_null(copse_object_field(COPSE_OBJECT_PAGE, 9999));
    assert_null(copse_object_field_named(COPSE_OBJECT_PAGE, BYTES("colour")));
    assert_null(copse_object_kind_name(7));
    assert_null(copse_object_kind_name(UINT32_MAX));
    assert_false(copse_object_is_known(COPSE_OBJECT_EVENT));
}

static void object__lets_a_create_make_pages_and_posts_only(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < KINDS_TRIED; kind++) {
        bool is_made = kind == COPSE_OBJECT_PAGE || kind == COPSE_OBJECT_POST;
        assert_int_equal(copse_object_is_creatable(kind), is_made);
    }
}

static void object__names_kinds_and_choices_both_ways(void **state)
{
    (void)state;
    const struct copse_object_field *status = field_of(COPSE_OBJECT_PAGE, "status");
    const struct copse_object_field *type = field_of(COPSE_OBJECT_POST, "type");
    uint64_t number = 0;
    assert_string_equal(copse_object_kind_name(COPSE_OBJECT_PROPOSAL), "proposal");
    for (uint32_t i = 0; i < NUMBERS_TRIED; i++) {
        const char *name = copse_object_choice_name(type, i);
        if (name != NULL) {
            assert_int_equal(copse_object_choice_named(&number, type, copse_bytes_of_string(name)),
                             COPSE_OK);
            assert_int_equal(number, i);
        }
    }
    assert_string_equal(copse_object_choice_name(status, 1), "agreed");
    assert_null(copse_object_choice_name(status, 3));
    assert_int_equal(copse_object_choice_named(&number, status, BYTES("question")),
                     COPSE_ERR_NOT_FOUND);
}

/* field, kind, value, does it take it */
static const struct {
    const char *field;
    uint32_t kind;
    const char *bytes;
    size_t size;
    bool is_taken;
} values[] = {
#define VALUE(kind, field, literal, taken)                                                         \
    {                                                                                              \
        field, COPSE_OBJECT_##kind, literal, sizeof(literal) - 1, taken                            \
    }
    VALUE(PAGE, "title", "\xa3oak", true),
    VALUE(PAGE, "title", "\xa0", true),
    VALUE(PAGE, "title", "\xa3o\nk", false),
    VALUE(PAGE, "title", "\xa3o\x00k", false),
    VALUE(PAGE, "title", "\xa3o\x7fk", false),
    VALUE(PAGE, "title", "\xa2\xc3\xa4", true),
    VALUE(PAGE, "title", "\xa2\xc3\x28", false),
    VALUE(PAGE, "title", "\xc4\x03oak", false),
    VALUE(PAGE, "title", "\x05", false),
    VALUE(PAGE, "title", "\xa3oak\xc0", false),
    VALUE(PAGE, "title", "\xd9\x03oak", false),
    VALUE(PAGE, "title", "", false),
    VALUE(POST, "body", "\xa5o\n\tk.", true),
    VALUE(POST, "body", "\xa3o\rk", false),
    VALUE(PAGE, "status", "\x02", true),
    VALUE(PAGE, "status", "\xcc\xff", true),
    VALUE(PAGE, "status", "\xff", false),
    VALUE(PAGE, "status", "\xcf\x00\x00\x00\x01\x00\x00\x00\x00", false),
    VALUE(PAGE, "tried", "\x02", true),
    VALUE(PAGE, "tried", "\x03", false),
    VALUE(PAGE, "thanks", "\xc3", true),
    VALUE(PAGE, "thanks", "\x01", false),
    VALUE(PAGE, "claimed_time", "\xff", true),
    VALUE(PAGE, "claimed_time", "\xa1x", false),
    VALUE(PAGE, "links",
          "\xc4\x20"
          "0123456789abcdef0123456789abcdef",
          true),
    VALUE(PAGE, "links",
          "\xc4\x1f"
          "0123456789abcdef0123456789abcde",
          false),
#undef VALUE
};

static void object__takes_values_of_the_field_s_type_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(values); i++) {
        const struct copse_object_field *field = field_of(values[i].kind, values[i].field);
        struct copse_slice value = bytes_of(values[i].bytes, values[i].size);
        if (copse_object_takes(field, value) != values[i].is_taken) {
            fail_msg("row %zu: %s", i, values[i].field);
        }
    }
}

static void object__takes_a_text_up_to_its_limit_and_no_longer(void **state)
{
    (void)state;
    uint8_t room[3 + COPSE_OBJECT_LINE_BYTES_MAX + 1];
    const struct copse_object_field *title = field_of(COPSE_OBJECT_PAGE, "title");
    memset(room, 'a', sizeof room);
    room[0] = 0xda;
    copse_bytes_put_u16(room + 1, COPSE_OBJECT_LINE_BYTES_MAX);
    assert_true(copse_object_takes(title, (struct copse_slice){room, sizeof room - 1}));
    copse_bytes_put_u16(room + 1, COPSE_OBJECT_LINE_BYTES_MAX + 1);
    assert_false(copse_object_takes(title, (struct copse_slice){room, sizeof room}));
}

static void object__finds_initial_values_in_a_map(void **state)
{
    (void)state;
    struct copse_slice content = BYTES("\x83\x02\xa3oak\x03\xa4text\x20\x92\xa1x\xa1y");
    struct copse_slice value;
    assert_int_equal(copse_object_initial(&value, content, COPSE_OBJECT_FIELD_TITLE), COPSE_OK);
    assert_true(copse_bytes_equal(value, BYTES("\xa3oak")));
    assert_int_equal(copse_object_initial(&value, content, COPSE_OBJECT_FIELD_TAGS), COPSE_OK);
    assert_true(copse_bytes_equal(value, BYTES("\x92\xa1x\xa1y")));
    assert_int_equal(copse_object_initial(&value, content, COPSE_OBJECT_FIELD_LANG),
                     COPSE_ERR_NOT_FOUND);
}

static void object__takes_no_part_of_a_content_that_is_malformed_anywhere(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } bad[] = {
#define BAD(literal) {literal, sizeof(literal) - 1}
        BAD(""),                         /* nothing */
        BAD("\xa3oak"),                  /* no map */
        BAD("\x82\x02\xa3oak"),          /* cut off */
        BAD("\x81\x02\xa3oak\xc0"),      /* something behind */
        BAD("\x82\x03\xa1x\x02\xa3oak"), /* keys that fall */
        BAD("\x82\x02\xa1x\x02\xa3oak"), /* a key twice */
        BAD("\x81\xa1t\xa3oak"),         /* a key that is no number */
        BAD("\x82\x02\xa3oak\x03\xcb"
            "12345678"), /* a float elsewhere */
#undef BAD
    };
    struct copse_slice value;
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(bad); i++) {
        assert_int_equal(copse_object_initial(&value, bytes_of(bad[i].bytes, bad[i].size),
                                              COPSE_OBJECT_FIELD_TITLE),
                         COPSE_ERR_DECODE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(object__lists_the_fields_of_a_kind_in_rising_order),
        cmocka_unit_test(object__has_no_more_than_one_text_in_a_kind),
        cmocka_unit_test(object__gives_nothing_for_unknown_kinds_and_numbers),
        cmocka_unit_test(object__lets_a_create_make_pages_and_posts_only),
        cmocka_unit_test(object__names_kinds_and_choices_both_ways),
        cmocka_unit_test(object__takes_values_of_the_field_s_type_only),
        cmocka_unit_test(object__takes_a_text_up_to_its_limit_and_no_longer),
        cmocka_unit_test(object__finds_initial_values_in_a_map),
        cmocka_unit_test(object__takes_no_part_of_a_content_that_is_malformed_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
