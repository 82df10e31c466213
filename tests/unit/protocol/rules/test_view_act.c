/* Acts on objects and entries, and what a change of standing does to what is read. */
#include "protocol/rules/view_act.h"
#include "tests/support/cmocka.h"
#include "tests/support/village.h"

static void view_act__drops_what_a_removed_person_wrote_past_the_cut(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, DAN, COPSE_OBJECT_PAGE, NULL);
    struct copse_id kept =
        village_set(&f, CAT, &page, COPSE_OBJECT_FIELD_TITLE, &page, village_str(&f, "kept"));
    struct copse_op remove = {.kind = COPSE_OP_REMOVE, .target = copse_world_root(f.world, CAT)};
    remove.cut = copse_world_cut(f.world, CAT);
    (void)village_set(&f, CAT, &page, COPSE_OBJECT_FIELD_TITLE, &kept, village_str(&f, "late"));
    village_check_shown(&f, &page, "title", village_str(&f, "late"));
    (void)copse_world_write(f.world, ANA, &remove, village_nothing);
    village_check_shown(&f, &page, "title", village_str(&f, "kept"));
    village_stop(&f);
}

static void view_act__hides_by_name_and_shows_again_by_name(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id post = village_create(&f, CAT, COPSE_OBJECT_POST, NULL);
    (void)village_create(&f, DAN, COPSE_OBJECT_POST, &post);
    (void)village_act(&f, DAN, COPSE_OP_HIDE, &post, NULL); /* not Dan's */
    assert_true(village_object(&f, &post).is_visible);
    struct copse_id by_ben = village_act(&f, BEN, COPSE_OP_HIDE, &post, NULL);
    assert_false(village_object(&f, &post).is_visible);
    (void)village_act(&f, CAT, COPSE_OP_UNHIDE, &post,
                      &by_ben); /* a member cannot undo a moderator */
    assert_true(village_object(&f, &post).create.is_hidden);
    struct copse_id by_cat = village_act(&f, CAT, COPSE_OP_HIDE, &post, NULL);
    (void)village_act(&f, ANA, COPSE_OP_UNHIDE, &post, &by_ben);
    assert_true(village_object(&f, &post).create.is_hidden); /* each needs naming */
    (void)village_act(&f, CAT, COPSE_OP_UNHIDE, &post, &by_cat);
    assert_true(village_object(&f, &post).is_visible);

    struct copse_view_thread thread;
    struct copse_view_object reply;
    size_t depth = 0;
    struct copse_view *view = copse_world_view(f.world);
    copse_view_open_thread(&thread, &post);
    assert_int_equal(copse_view_next_in_thread(view, &reply, &depth, &thread), COPSE_OK);
    assert_true(reply.is_visible);
    village_stop(&f);
}

static void view_act__shows_the_value_before_a_hidden_one(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id bad =
        village_set(&f, DAN, &page, COPSE_OBJECT_FIELD_TITLE, &page, village_str(&f, "bad"));
    (void)village_act(&f, BEN, COPSE_OP_HIDE, &bad, NULL);
    village_check_shown(&f, &page, "title", village_str(&f, "first"));
    village_stop(&f);
}

static void view_act__locks_members_out_from_the_cut_on_at_any_depth(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id root = village_create(&f, CAT, COPSE_OBJECT_POST, NULL);
    struct copse_id before = village_create(&f, DAN, COPSE_OBJECT_POST, &root);
    struct copse_op lock = {.kind = COPSE_OP_LOCK, .target = root};
    lock.cut = copse_world_cut(f.world, DAN);
    struct copse_id after = village_create(&f, DAN, COPSE_OBJECT_POST, &root);
    struct copse_id deep = village_create(&f, DAN, COPSE_OBJECT_POST, &before);
    struct copse_id by_ben = village_create(&f, BEN, COPSE_OBJECT_POST, &root);
    struct copse_id elsewhere = village_create(&f, DAN, COPSE_OBJECT_POST, NULL);
    struct copse_id locked = copse_world_write(f.world, BEN, &lock, village_nothing);
    assert_int_equal(village_verdict(&f, &before), COPSE_VERDICT_HONOURED);
    assert_int_equal(village_verdict(&f, &after), COPSE_VERDICT_LOCKED);
    assert_int_equal(village_verdict(&f, &deep), COPSE_VERDICT_LOCKED);
    assert_int_equal(village_verdict(&f, &by_ben), COPSE_VERDICT_HONOURED);
    assert_int_equal(village_verdict(&f, &elsewhere), COPSE_VERDICT_HONOURED);
    assert_int_equal(village_verdict(&f, &root), COPSE_VERDICT_HONOURED);
    (void)village_act(&f, BEN, COPSE_OP_UNLOCK, &root, &locked);
    assert_int_equal(village_verdict(&f, &after), COPSE_VERDICT_HONOURED);
    village_stop(&f);
}

/* A post that does not count need not be held, so nothing may hang on what it refers to. */
static void view_act__passes_no_lock_on_through_what_does_not_count(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id root = village_create(&f, DAN, COPSE_OBJECT_POST, NULL);
    struct copse_op lock = {.kind = COPSE_OP_LOCK, .target = root};
    struct copse_op remove = {.kind = COPSE_OP_REMOVE, .target = copse_world_root(f.world, CAT)};
    remove.cut = copse_world_cut(f.world, CAT);
    struct copse_id between = village_create(&f, CAT, COPSE_OBJECT_POST, &root);
    struct copse_id reply = village_create(&f, DAN, COPSE_OBJECT_POST, &between);
    (void)copse_world_write(f.world, BEN, &lock, village_nothing);
    assert_int_equal(village_verdict(&f, &reply), COPSE_VERDICT_LOCKED);
    (void)copse_world_write(f.world, ANA, &remove, village_nothing);
    assert_int_equal(village_verdict(&f, &between), COPSE_VERDICT_ENDED);
    assert_int_equal(village_verdict(&f, &reply), COPSE_VERDICT_HONOURED);
    village_stop(&f);
}

static void view_act__passes_a_lock_on_through_what_waits(void **state)
{
    (void)state;
    struct village f;
    static const uint8_t charter[] = {0x81, 0x03, 0x91, COPSE_OP_CREATE};
    village_start_with(&f, (struct copse_slice){charter, sizeof charter});
    struct copse_id root = village_create(&f, BEN, COPSE_OBJECT_POST, NULL);
    struct copse_op lock = {.kind = COPSE_OP_LOCK, .target = root};
    struct copse_id between = village_create(&f, CAT, COPSE_OBJECT_POST, &root);
    struct copse_id words = village_set(&f, CAT, &between, COPSE_OBJECT_FIELD_TITLE, &between,
                                        village_str(&f, "words"));
    (void)copse_world_write(f.world, BEN, &lock, village_nothing);
    assert_int_equal(village_verdict(&f, &words), COPSE_VERDICT_LOCKED);
    village_stop(&f);
}

static void view_act__counts_what_waits_once_it_is_approved(void **state)
{
    (void)state;
    struct village f;
    static const uint8_t charter[] = {0x81, 0x03, 0x91, COPSE_OP_CREATE};
    village_start_with(&f, (struct copse_slice){charter, sizeof charter});
    struct copse_id post = village_create(&f, CAT, COPSE_OBJECT_POST, NULL);
    struct copse_id by_ben = village_create(&f, BEN, COPSE_OBJECT_POST, NULL);
    assert_int_equal(village_verdict(&f, &post), COPSE_VERDICT_WAITING);
    assert_false(village_object(&f, &post).is_visible);
    assert_true(village_object(&f, &by_ben).is_visible);
    (void)village_act(&f, CAT, COPSE_OP_APPROVE, &post, NULL);
    assert_int_equal(village_verdict(&f, &post), COPSE_VERDICT_WAITING);
    (void)village_act(&f, BEN, COPSE_OP_APPROVE, &post, NULL);
    assert_int_equal(village_verdict(&f, &post), COPSE_VERDICT_HONOURED);
    assert_true(village_object(&f, &post).is_visible);
    village_stop(&f);
}

static void view_act__erases_by_the_author_at_once_and_by_stewards_what_is_hidden(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id title =
        village_set(&f, DAN, &page, COPSE_OBJECT_FIELD_TITLE, &page, village_str(&f, "x"));
    (void)village_act(&f, CAT, COPSE_OP_ERASE, &title, NULL); /* not Cat's */
    (void)village_act(&f, BEN, COPSE_OP_ERASE, &title, NULL); /* not hidden */
    village_check_shown(&f, &page, "title", village_str(&f, "x"));
    struct copse_id hidden = village_act(&f, BEN, COPSE_OP_HIDE, &page, NULL);
    assert_int_equal(village_field(&f, &page, "title")->values[0].words, COPSE_VIEW_ERASED);
    (void)village_act(&f, ANA, COPSE_OP_UNHIDE, &page, &hidden);
    village_check_shown(&f, &page, "title", village_str(&f, "x"));
    (void)village_act(&f, DAN, COPSE_OP_ERASE, &title, NULL);
    assert_int_equal(village_field(&f, &page, "title")->values[0].words, COPSE_VIEW_ERASED);
    assert_null(copse_view_field_shown(&f.field));
    village_stop(&f);
}

static void view_act__erases_no_reply_because_its_thread_is_hidden(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id post = village_create(&f, CAT, COPSE_OBJECT_POST, NULL);
    struct copse_id reply = village_create(&f, DAN, COPSE_OBJECT_POST, &post);
    (void)village_act(&f, BEN, COPSE_OP_HIDE, &post, NULL);
    (void)village_act(&f, BEN, COPSE_OP_ERASE, &reply, NULL);
    assert_int_equal(village_object(&f, &reply).create.words, COPSE_VIEW_HERE);
    village_stop(&f);
}

static void view_act__finds_nothing_to_erase_where_there_are_no_words(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id unset =
        village_set(&f, CAT, &page, COPSE_OBJECT_FIELD_TITLE, &page, village_nothing);
    (void)village_act(&f, CAT, COPSE_OP_ERASE, &unset, NULL);
    assert_int_equal(village_field(&f, &page, "title")->values[0].words, COPSE_VIEW_NONE);
    village_stop(&f);
}

struct tally {
    size_t all, in_force;
};

static enum copse_err count_act(void *context, const struct copse_view_act *one)
{
    struct tally *tally = context;
    tally->all++;
    tally->in_force += one->is_in_force ? 1 : 0;
    return COPSE_OK;
}

static void view_act__visits_acts_in_force_and_others_for_the_ledger(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id post = village_create(&f, CAT, COPSE_OBJECT_POST, NULL);
    struct copse_id hide = village_act(&f, BEN, COPSE_OP_HIDE, &post, NULL);
    (void)village_act(&f, DAN, COPSE_OP_HIDE, &post, NULL);
    (void)village_act(&f, ANA, COPSE_OP_HIDE, &post, NULL);
    (void)village_act(&f, ANA, COPSE_OP_UNHIDE, &post, &hide);
    struct tally tally = {0, 0};
    struct copse_view *view = copse_world_view(f.world);
    assert_int_equal(copse_view_act_each(view, &post, COPSE_OP_HIDE, count_act, &tally), COPSE_OK);
    assert_int_equal(tally.all, 3);
    assert_int_equal(tally.in_force, 1);
    village_stop(&f);
}

static void view_act__reads_acts_on_entries_that_are_refused(void **state)
{
    (void)state;
    struct village f;
    static const uint8_t unknown[] = {0x91, 0x7f};
    village_start(&f);
    struct copse_id odd =
        copse_world_write_refused(f.world, CAT, COPSE_ENTRY_DATA, (struct copse_slice){unknown, 2});
    (void)village_act(&f, CAT, COPSE_OP_HIDE, &odd, NULL);
    assert_int_equal(village_verdict(&f, &odd), COPSE_VERDICT_REFUSED);
    struct tally tally = {0, 0};
    struct copse_view_object object;
    struct copse_view *view = copse_world_view(f.world);
    assert_int_equal(copse_view_act_each(view, &odd, COPSE_OP_HIDE, count_act, &tally), COPSE_OK);
    assert_int_equal(tally.in_force, 1);
    assert_int_equal(copse_view_object(view, &object, &odd), COPSE_ERR_NOT_FOUND);
    village_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_act__drops_what_a_removed_person_wrote_past_the_cut),
        cmocka_unit_test(view_act__hides_by_name_and_shows_again_by_name),
        cmocka_unit_test(view_act__shows_the_value_before_a_hidden_one),
        cmocka_unit_test(view_act__locks_members_out_from_the_cut_on_at_any_depth),
        cmocka_unit_test(view_act__passes_no_lock_on_through_what_does_not_count),
        cmocka_unit_test(view_act__passes_a_lock_on_through_what_waits),
        cmocka_unit_test(view_act__counts_what_waits_once_it_is_approved),
        cmocka_unit_test(view_act__erases_by_the_author_at_once_and_by_stewards_what_is_hidden),
        cmocka_unit_test(view_act__erases_no_reply_because_its_thread_is_hidden),
        cmocka_unit_test(view_act__finds_nothing_to_erase_where_there_are_no_words),
        cmocka_unit_test(view_act__visits_acts_in_force_and_others_for_the_ledger),
        cmocka_unit_test(view_act__reads_acts_on_entries_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
