/* Objects, lists and threads, as they are read in a small community. */
#include "protocol/rules/view.h"
#include "tests/support/cmocka.h"
#include "tests/support/village.h"

enum { LONG_CHAIN = 70 };

static void view__knows_who_made_an_object(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_view_object object = village_object(&f, &page);
    struct copse_id cat = copse_world_root(f.world, CAT);
    struct copse_id dan = copse_world_root(f.world, DAN);
    assert_int_equal(object.kind, COPSE_OBJECT_PAGE);
    assert_true(object.is_visible);
    assert_int_equal(object.create.role, COPSE_OP_MEMBER);
    assert_true(copse_view_is_owner(&object, &cat));
    assert_false(copse_view_is_owner(&object, &dan));
    village_stop(&f);
}

static void view__finds_the_community_and_persons_but_no_plain_entries(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id community = copse_world_community(f.world);
    struct copse_id cat = copse_world_root(f.world, CAT);
    struct copse_id stranger = {{9}};
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id title =
        village_set(&f, CAT, &page, COPSE_OBJECT_FIELD_TITLE, &page, village_str(&f, "second"));
    struct copse_id odd = village_create(&f, CAT, 99, NULL);
    assert_int_equal(village_object(&f, &community).kind, COPSE_OBJECT_COMMUNITY);
    assert_int_equal(village_object(&f, &cat).kind, COPSE_OBJECT_PERSON);
    assert_true(village_object(&f, &cat).is_visible);
    struct copse_view_object object;
    struct copse_view *view = copse_world_view(f.world);
    assert_int_equal(copse_view_object(view, &object, &stranger), COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_view_object(view, &object, &title), COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_view_object(view, &object, &odd), COPSE_ERR_NOT_FOUND);
    village_stop(&f);
}

static void view__lists_objects_newest_first_and_persons_once(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id first = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id second = village_create(&f, DAN, COPSE_OBJECT_PAGE, NULL);
    (void)village_create(&f, DAN, COPSE_OBJECT_POST, &second);
    struct copse_view *view = copse_world_view(f.world);
    struct copse_view_cursor cursor;
    struct copse_view_object object;
    copse_view_open_kind(&cursor, COPSE_OBJECT_PAGE);
    assert_int_equal(copse_view_next(view, &object, &cursor), COPSE_OK);
    assert_true(copse_bytes_equal_ids(&object.id, &second));
    assert_int_equal(copse_view_next(view, &object, &cursor), COPSE_OK);
    assert_true(copse_bytes_equal_ids(&object.id, &first));
    assert_int_equal(copse_view_next(view, &object, &cursor), COPSE_ERR_NOT_FOUND);
    copse_view_open_people(&cursor);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(copse_view_next(view, &object, &cursor), COPSE_OK);
        assert_int_equal(object.kind, COPSE_OBJECT_PERSON);
    }
    assert_int_equal(copse_view_next(view, &object, &cursor), COPSE_ERR_NOT_FOUND);
    village_stop(&f);
}

/* Cat has two devices; a removal cuts before the JOIN of one of them. */
static void check_one_device_left(size_t which)
{
    struct village f;
    village_start(&f);
    size_t devices[] = {CAT, copse_world_another_device(f.world, CAT)};
    struct copse_id cat = copse_world_root(f.world, CAT);
    struct copse_op remove = {.kind = COPSE_OP_REMOVE, .target = cat};
    remove.cut = copse_world_cut(f.world, devices[which]);
    (void)copse_world_write(f.world, ANA, &remove, village_nothing);
    struct copse_view_object object = village_object(&f, &cat);
    struct copse_id device = copse_world_device(f.world, devices[which]);
    assert_true(object.is_visible);
    assert_true(copse_bytes_equal_ids(&object.create.held.entry.author, &device));
    village_stop(&f);
}

static void view__shows_a_person_as_long_as_one_device_counts(void **state)
{
    (void)state;
    check_one_device_left(0);
    check_one_device_left(1);
}

static void view__shows_no_person_of_whom_nothing_is_left(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id cat = copse_world_root(f.world, CAT);
    struct copse_op remove = {.kind = COPSE_OP_REMOVE, .target = cat};
    (void)copse_world_write(f.world, ANA, &remove, village_nothing);
    assert_false(village_object(&f, &cat).is_visible);
    village_stop(&f);
}

static void view__hides_a_person(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id cat = copse_world_root(f.world, CAT);
    (void)village_act(&f, DAN, COPSE_OP_HIDE, &cat, NULL); /* not Dan's */
    assert_true(village_object(&f, &cat).is_visible);
    struct copse_id hidden = village_act(&f, CAT, COPSE_OP_HIDE, &cat, NULL); /* her own */
    assert_false(village_object(&f, &cat).is_visible);
    (void)village_act(&f, CAT, COPSE_OP_UNHIDE, &cat, &hidden);
    assert_true(village_object(&f, &cat).is_visible);
    village_stop(&f);
}

static void view__reads_a_thread_each_post_followed_by_its_replies(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id root = village_create(&f, CAT, COPSE_OBJECT_POST, NULL);
    struct copse_id a = village_create(&f, DAN, COPSE_OBJECT_POST, &root);
    struct copse_id b = village_create(&f, BEN, COPSE_OBJECT_POST, &root);
    struct copse_id under_a = village_create(&f, BEN, COPSE_OBJECT_POST, &a);
    const struct copse_id *order[] = {&a, &under_a, &b};
    const size_t depths[] = {1, 2, 1};
    struct copse_view *view = copse_world_view(f.world);
    struct copse_view_thread thread;
    struct copse_view_object object;
    size_t depth = 0;
    copse_view_open_thread(&thread, &root);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(copse_view_next_in_thread(view, &object, &depth, &thread), COPSE_OK);
        assert_true(copse_bytes_equal_ids(&object.id, order[i]));
        assert_int_equal(depth, depths[i]);
    }
    assert_int_equal(copse_view_next_in_thread(view, &object, &depth, &thread),
                     COPSE_ERR_NOT_FOUND);
    village_stop(&f);
}

static void view__ends_a_thread_at_the_depth_it_may_have(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id root = village_create(&f, CAT, COPSE_OBJECT_POST, NULL);
    struct copse_id last = root;
    for (size_t i = 0; i < LONG_CHAIN; i++) {
        struct copse_op op = {.kind = COPSE_OP_CREATE,
                              .object_kind = COPSE_OBJECT_POST,
                              .has_ref = true,
                              .ref = last};
        last = copse_world_write(f.world, DAN, &op, village_nothing);
    }
    struct copse_view *view = copse_world_view(f.world);
    struct copse_view_thread thread;
    struct copse_view_object object;
    size_t depth = 0;
    size_t count = 0;
    copse_view_open_thread(&thread, &root);
    while (copse_view_next_in_thread(view, &object, &depth, &thread) == COPSE_OK) {
        count++;
    }
    assert_int_equal(count, COPSE_VIEW_DEPTH_MAX);
    assert_int_equal(depth, COPSE_VIEW_DEPTH_MAX);
    village_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view__knows_who_made_an_object),
        cmocka_unit_test(view__finds_the_community_and_persons_but_no_plain_entries),
        cmocka_unit_test(view__lists_objects_newest_first_and_persons_once),
        cmocka_unit_test(view__shows_a_person_as_long_as_one_device_counts),
        cmocka_unit_test(view__shows_no_person_of_whom_nothing_is_left),
        cmocka_unit_test(view__hides_a_person),
        cmocka_unit_test(view__reads_a_thread_each_post_followed_by_its_replies),
        cmocka_unit_test(view__ends_a_thread_at_the_depth_it_may_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
