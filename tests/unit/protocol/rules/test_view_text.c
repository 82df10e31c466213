/* Texts of pages, gathered from their edits. */
#include "protocol/rules/view_text.h"
#include "tests/support/cmocka.h"
#include "tests/support/village.h"

static void view_text__merges_the_edits_of_a_page(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    village_check_text(&f, &page, "");
    struct copse_id base = village_edit(&f, CAT, &page, NULL, "003", "oak");
    (void)village_edit(&f, CAT, &page, &base, "004", "red ");
    (void)village_edit(&f, DAN, &page, &base, "305", " tree");
    village_check_text(&f, &page, "red oak tree");
    village_stop(&f);
}

static void view_text__leaves_hidden_and_erased_edits_out_of_a_text_and_keeps_the_rest(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id base = village_edit(&f, CAT, &page, NULL, "003", "oak");
    struct copse_id advert = village_edit(&f, DAN, &page, &base, "304", " buy");
    struct copse_id more = village_edit(&f, CAT, &page, &advert, "705", " tree");
    struct copse_id hidden = village_act(&f, BEN, COPSE_OP_HIDE, &advert, NULL);
    village_check_text(&f, &page, "oak tree");
    (void)village_act(&f, BEN, COPSE_OP_UNHIDE, &advert, &hidden);
    (void)village_act(&f, CAT, COPSE_OP_ERASE, &more, NULL);
    village_check_text(&f, &page, "oak buy");
    village_stop(&f);
}

static void view_text__gives_the_history_of_a_text_in_order(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id first = village_edit(&f, CAT, &page, NULL, "003", "oak");
    struct copse_id second = village_edit(&f, DAN, &page, &first, "305", " tree");
    const struct copse_id *order[] = {&first, &second};
    struct copse_view *view = copse_world_view(f.world);
    struct copse_view_cursor cursor;
    struct copse_view_entry entry;
    copse_view_text_open(&cursor, &page);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(copse_view_text_next(view, &entry, &cursor), COPSE_OK);
        assert_true(copse_bytes_equal_ids(&entry.held.id, order[i]));
        assert_int_equal(entry.op.ids.count, i);
    }
    assert_int_equal(copse_view_text_next(view, &entry, &cursor), COPSE_ERR_NOT_FOUND);
    village_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_text__merges_the_edits_of_a_page),
        cmocka_unit_test(
            view_text__leaves_hidden_and_erased_edits_out_of_a_text_and_keeps_the_rest),
        cmocka_unit_test(view_text__gives_the_history_of_a_text_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
