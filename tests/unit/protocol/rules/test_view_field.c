/* Fields: what entries about them come to, and who may write them. */
#include "protocol/rules/view_field.h"
#include "tests/support/cmocka.h"
#include "tests/support/village.h"

static void view_field__reads_what_a_create_sets_from_the_start(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    village_check_shown(&f, &page, "title", village_str(&f, "first"));
    village_check_shown(&f, &page, "type", village_number(&f, 1));
    village_check_shown(&f, &page, "lang", village_nothing);
    village_check_tags(&f, &page, (const char *const[]){"elm", "oak"}, 2);
    village_stop(&f);
}

static void view_field__lets_nobody_set_from_the_start_what_they_could_not_set_later(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id by_member = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id by_moderator = village_create(&f, BEN, COPSE_OBJECT_PAGE, NULL);
    village_check_shown(&f, &by_member, "status", village_nothing);
    village_check_shown(&f, &by_moderator, "status", village_number(&f, 1));
    (void)village_set(&f, CAT, &by_member, COPSE_OBJECT_FIELD_STATUS, NULL, village_number(&f, 2));
    village_check_shown(&f, &by_member, "status", village_nothing);
    (void)village_set(&f, BEN, &by_member, COPSE_OBJECT_FIELD_STATUS, NULL, village_number(&f, 2));
    village_check_shown(&f, &by_member, "status", village_number(&f, 2));
    village_stop(&f);
}

static void view_field__shows_the_later_of_two_titles_and_lists_the_other(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id a =
        village_set(&f, CAT, &page, COPSE_OBJECT_FIELD_TITLE, &page, village_str(&f, "oak"));
    struct copse_id b =
        village_set(&f, DAN, &page, COPSE_OBJECT_FIELD_TITLE, &page, village_str(&f, "elm"));
    const struct copse_view_field *field = village_field(&f, &page, "title");
    assert_int_equal(field->count, 3);
    assert_int_equal(field->live_count, 2);
    village_check_value(&field->values[0], village_str(&f, "elm"));
    village_check_value(&field->values[1], village_str(&f, "oak"));
    const struct copse_id both[] = {a, b};
    (void)village_write(&f, BEN, COPSE_OP_SET, &page, COPSE_OBJECT_FIELD_TITLE, both, 2,
                        village_str(&f, "ash"));
    assert_int_equal(village_field(&f, &page, "title")->live_count, 1);
    village_check_shown(&f, &page, "title", village_str(&f, "ash"));
    village_stop(&f);
}

static void view_field__unsets_a_field_by_a_set_without_content(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    (void)village_set(&f, CAT, &page, COPSE_OBJECT_FIELD_TITLE, &page, village_nothing);
    village_check_shown(&f, &page, "title", village_nothing);
    village_stop(&f);
}

static void view_field__lets_only_author_and_stewards_change_a_post(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id post = village_create(&f, CAT, COPSE_OBJECT_POST, NULL);
    struct copse_id other =
        village_set(&f, DAN, &post, COPSE_OBJECT_FIELD_TITLE, &post, village_str(&f, "dan"));
    village_check_shown(&f, &post, "title", village_str(&f, "first"));
    (void)village_set(&f, CAT, &post, COPSE_OBJECT_FIELD_TITLE, &post, village_str(&f, "cat"));
    village_check_shown(&f, &post, "title", village_str(&f, "cat"));
    (void)village_set(&f, BEN, &post, COPSE_OBJECT_FIELD_TITLE, &other, village_str(&f, "ben"));
    assert_int_equal(village_field(&f, &post, "title")->live_count, 2);
    village_check_shown(&f, &post, "title", village_str(&f, "ben"));
    village_stop(&f);
}

static void view_field__lets_only_the_person_write_a_profile(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id cat = copse_world_root(f.world, CAT);
    (void)village_set(&f, ANA, &cat, COPSE_OBJECT_FIELD_NAME, NULL, village_str(&f, "not cat"));
    village_check_shown(&f, &cat, "name", village_nothing);
    (void)village_set(&f, CAT, &cat, COPSE_OBJECT_FIELD_NAME, NULL, village_str(&f, "cat"));
    village_check_shown(&f, &cat, "name", village_str(&f, "cat"));
    village_stop(&f);
}

static void view_field__lets_only_coordinators_write_about_the_community(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id community = copse_world_community(f.world);
    (void)village_set(&f, ANA, &community, COPSE_OBJECT_FIELD_NAME, &community,
                      village_str(&f, "trees"));
    (void)village_set(&f, BEN, &community, COPSE_OBJECT_FIELD_NAME, NULL,
                      village_str(&f, "shrubs"));
    village_check_shown(&f, &community, "name", village_str(&f, "trees"));
    assert_int_equal(village_field(&f, &community, "name")->live_count, 1);
    village_stop(&f);
}

static void
view_field__reads_a_value_of_another_type_as_none_and_what_it_replaced_stays_so(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    (void)village_set(&f, CAT, &page, COPSE_OBJECT_FIELD_TITLE, &page, village_number(&f, 7));
    const struct copse_view_field *field = village_field(&f, &page, "title");
    assert_int_equal(field->live_count, 1);
    assert_int_equal(field->values[0].words, COPSE_VIEW_UNREADABLE);
    assert_null(copse_view_field_shown(field));
    village_stop(&f);
}

static void view_field__ignores_ops_of_another_lane_and_unknown_fields(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    (void)village_write(&f, CAT, COPSE_OP_ADD, &page, COPSE_OBJECT_FIELD_TITLE, NULL, 0,
                        village_str(&f, "x"));
    (void)village_set(&f, CAT, &page, COPSE_OBJECT_FIELD_TAGS, NULL, village_str(&f, "x"));
    (void)village_set(&f, CAT, &page, 9999, NULL, village_str(&f, "x"));
    village_check_shown(&f, &page, "title", village_str(&f, "first"));
    village_check_tags(&f, &page, (const char *const[]){"elm", "oak"}, 2);
    village_stop(&f);
}

static void view_field__has_the_same_structure_where_a_content_is_missing(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id title =
        village_set(&f, CAT, &page, COPSE_OBJECT_FIELD_TITLE, &page, village_str(&f, "x"));
    copse_world_lose(f.world, &title, COPSE_CONTENT_MISSING);
    copse_world_lose(f.world, &page, COPSE_CONTENT_DECLINED);
    const struct copse_view_field *field = village_field(&f, &page, "title");
    assert_int_equal(field->live_count, 1);
    assert_int_equal(field->values[0].words, COPSE_VIEW_MISSING);
    assert_true(copse_bytes_equal_ids(&field->values[0].entry, &title));
    village_check_shown(&f, &page, "type", village_number(&f, 1));
    field = village_field(&f, &page, "tags");
    assert_int_equal(field->live_count, 1);
    assert_int_equal(field->values[0].words, COPSE_VIEW_MISSING);
    village_stop(&f);
}

static void view_field__adds_and_removes_elements_of_a_set(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    uint32_t tags = COPSE_OBJECT_FIELD_TAGS;
    struct copse_id ash =
        village_write(&f, CAT, COPSE_OP_ADD, &page, tags, NULL, 0, village_str(&f, "ash"));
    (void)village_write(&f, DAN, COPSE_OP_ADD, &page, tags, NULL, 0, village_str(&f, "ash"));
    (void)village_write(&f, DAN, COPSE_OP_DEL, &page, tags, &page, 1, village_str(&f, "oak"));
    village_check_tags(&f, &page, (const char *const[]){"ash", "elm"}, 2);
    (void)village_write(&f, DAN, COPSE_OP_DEL, &page, tags, &ash, 1, village_nothing);
    village_check_tags(&f, &page, (const char *const[]){"ash", "elm"}, 2);
    (void)village_write(&f, DAN, COPSE_OP_DEL, &page, tags, &page, 1, village_nothing);
    village_check_tags(&f, &page, (const char *const[]){"ash"}, 1);
    village_stop(&f);
}

static void view_field__takes_nothing_and_other_types_for_no_elements(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    uint32_t tags = COPSE_OBJECT_FIELD_TAGS;
    (void)village_write(&f, CAT, COPSE_OP_ADD, &page, tags, NULL, 0, village_nothing);
    (void)village_write(&f, CAT, COPSE_OP_ADD, &page, tags, NULL, 0, village_number(&f, 7));
    assert_int_equal(village_field(&f, &page, "tags")->live_count, 2);
    village_stop(&f);
}

static void view_field__keeps_a_barred_element_away_until_it_is_unbarred(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_op bar = {.kind = COPSE_OP_BAR, .target = page, .field = COPSE_OBJECT_FIELD_TAGS};
    static const uint8_t oak[] = {0x81, 0x01, 0xa3, 'o', 'a', 'k'};
    struct copse_slice element = {oak, sizeof oak};
    (void)copse_world_write(f.world, CAT, &bar, element); /* a member may not */
    village_check_tags(&f, &page, (const char *const[]){"elm", "oak"}, 2);
    bar.field = COPSE_OBJECT_FIELD_ALIASES; /* another field */
    (void)copse_world_write(f.world, BEN, &bar, element);
    village_check_tags(&f, &page, (const char *const[]){"elm", "oak"}, 2);
    bar.field = COPSE_OBJECT_FIELD_TAGS;
    struct copse_id barred = copse_world_write(f.world, BEN, &bar, element);
    village_check_tags(&f, &page, (const char *const[]){"elm"}, 1);
    (void)village_act(&f, CAT, COPSE_OP_UNBAR, &page, &barred);
    village_check_tags(&f, &page, (const char *const[]){"elm"}, 1);
    (void)village_act(&f, ANA, COPSE_OP_UNBAR, &page, &barred);
    village_check_tags(&f, &page, (const char *const[]){"elm", "oak"}, 2);
    village_stop(&f);
}

static void view_field__keeps_one_mark_for_each_person(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    uint32_t thanks = COPSE_OBJECT_FIELD_THANKS;
    struct copse_id cats = village_set(&f, CAT, &page, thanks, NULL, village_true(&f));
    (void)village_set(&f, DAN, &page, thanks, NULL, village_true(&f));
    (void)village_set(&f, DAN, &page, thanks, NULL, village_true(&f));
    (void)village_set(&f, BEN, &page, thanks, &cats,
                      village_true(&f)); /* names a mark that is not Ben's */
    assert_int_equal(village_field(&f, &page, "thanks")->live_count, 3);
    (void)village_set(&f, CAT, &page, thanks, &cats, village_nothing);
    const struct copse_view_field *field = village_field(&f, &page, "thanks");
    assert_int_equal(field->live_count, 2);
    assert_true(copse_bytes_compare_ids(&field->values[0].person, &field->values[1].person) < 0);
    village_stop(&f);
}

static void view_field__reads_flags_from_their_ops(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_op flag = {.kind = COPSE_OP_FLAG, .target = page, .value = village_true(&f)};
    flag.field = COPSE_OBJECT_FIELD_PUBLIC;
    (void)copse_world_write(f.world, DAN, &flag, village_nothing); /* not Dan's */
    village_check_shown(&f, &page, "public", village_nothing);
    (void)copse_world_write(f.world, CAT, &flag, village_nothing);
    village_check_shown(&f, &page, "public", village_true(&f));
    flag.field = COPSE_OBJECT_FIELD_PINNED;
    (void)copse_world_write(f.world, CAT, &flag, village_nothing); /* stewards pin */
    village_check_shown(&f, &page, "pinned", village_nothing);
    (void)copse_world_write(f.world, BEN, &flag, village_nothing);
    village_check_shown(&f, &page, "pinned", village_true(&f));
    village_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_field__reads_what_a_create_sets_from_the_start),
        cmocka_unit_test(view_field__lets_nobody_set_from_the_start_what_they_could_not_set_later),
        cmocka_unit_test(view_field__shows_the_later_of_two_titles_and_lists_the_other),
        cmocka_unit_test(view_field__unsets_a_field_by_a_set_without_content),
        cmocka_unit_test(view_field__lets_only_author_and_stewards_change_a_post),
        cmocka_unit_test(view_field__lets_only_the_person_write_a_profile),
        cmocka_unit_test(view_field__lets_only_coordinators_write_about_the_community),
        cmocka_unit_test(
            view_field__reads_a_value_of_another_type_as_none_and_what_it_replaced_stays_so),
        cmocka_unit_test(view_field__ignores_ops_of_another_lane_and_unknown_fields),
        cmocka_unit_test(view_field__has_the_same_structure_where_a_content_is_missing),
        cmocka_unit_test(view_field__adds_and_removes_elements_of_a_set),
        cmocka_unit_test(view_field__takes_nothing_and_other_types_for_no_elements),
        cmocka_unit_test(view_field__keeps_a_barred_element_away_until_it_is_unbarred),
        cmocka_unit_test(view_field__keeps_one_mark_for_each_person),
        cmocka_unit_test(view_field__reads_flags_from_their_ops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
