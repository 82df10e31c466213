/* EDITs that others lean on: a text is the same whether they are in a log or loose, and what is
 * asked for and given up follows from the EDITs in logs. */
#include "protocol/rules/export.h"
#include "protocol/rules/loose.h"
#include "tests/support/cmocka.h"
#include "tests/support/village.h"

/* Dan is removed; what he wrote after the cut is what Ben's honoured EDIT is built on. */
struct fixture {
    struct village village;
    struct copse_id page;
    struct copse_id cut_off[2]; /* Dan's EDITs behind the cut, the second on the first */
    struct copse_id leaning;    /* Ben's */
};

static void start(struct fixture *f)
{
    struct village *village = &f->village;
    village_start(village);
    f->page = village_create(village, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id base = village_edit(village, CAT, &f->page, NULL, "003", "oak");
    struct copse_op remove = {.kind = COPSE_OP_REMOVE,
                              .target = copse_world_root(village->world, DAN)};
    remove.cut = copse_world_cut(village->world, DAN);
    f->cut_off[0] = village_edit(village, DAN, &f->page, &base, "002", "x ");
    f->cut_off[1] = village_edit(village, DAN, &f->page, &f->cut_off[0], "501", "!");
    f->leaning = village_edit(village, BEN, &f->page, &f->cut_off[1], "505", " tree");
    village_check_text(village, &f->page, "x oak tree!");
    (void)copse_world_write(village->world, ANA, &remove, village_nothing);
    village_check_text(village, &f->page, "oak tree");
}

static void stop(struct fixture *f)
{
    village_stop(&f->village);
}

static struct copse_id digest(struct fixture *f)
{
    struct copse_id out;
    assert_int_equal(copse_export_digest(copse_world_view(f->village.world), &out), COPSE_OK);
    return out;
}

static void check_look(struct fixture *f, const struct copse_id *missing,
                       const struct copse_id *surplus)
{
    struct copse_loose_look look = copse_world_look(f->village.world, &f->page);
    assert_int_equal(look.missing_count, missing == NULL ? 0 : 1);
    assert_int_equal(look.surplus_count, surplus == NULL ? 0 : 1);
    assert_true(missing == NULL || copse_bytes_equal_ids(&look.missing[0], missing));
    assert_true(surplus == NULL || copse_bytes_equal_ids(&look.surplus[0], surplus));
    copse_loose_look_free(&look);
}

/* SPEC 6.14: "So no cut and no freeze takes the ground from under an EDIT that counts." */
static void loose__shows_a_page_as_who_kept_the_log_does(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    struct copse_id kept = digest(&f);
    copse_world_loosen(f.village.world, &f.cut_off[1]);
    copse_world_loosen(f.village.world, &f.cut_off[0]);
    struct copse_id loose = digest(&f);
    assert_true(copse_bytes_equal_ids(&kept, &loose));
    village_check_text(&f.village, &f.page, "oak tree");
    check_look(&f, NULL, NULL);
    stop(&f);
}

static void loose__asks_for_what_is_leaned_on_one_after_the_other(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    for (size_t i = 2; i > 0; i--) {
        copse_world_loosen(f.village.world, &f.cut_off[i - 1]);
        copse_world_hold_loose(f.village.world, &f.cut_off[i - 1], false);
    }
    village_check_text(&f.village, &f.page, "oak");
    check_look(&f, &f.cut_off[1], NULL);
    copse_world_hold_loose(f.village.world, &f.cut_off[1], true);
    check_look(&f, &f.cut_off[0], NULL);
    copse_world_hold_loose(f.village.world, &f.cut_off[0], true);
    check_look(&f, NULL, NULL);
    village_check_text(&f.village, &f.page, "oak tree");
    stop(&f);
}

static void loose__gives_up_what_nobody_leans_on_and_what_a_log_has(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    copse_world_hold_loose(f.village.world, &f.cut_off[0], true);
    check_look(&f, NULL, &f.cut_off[0]);
    village_check_text(&f.village, &f.page, "oak tree");
    copse_world_loosen(f.village.world, &f.cut_off[1]);
    copse_world_loosen(f.village.world, &f.leaning);
    copse_world_hold_loose(f.village.world, &f.leaning, false);
    struct copse_loose_look look = copse_world_look(f.village.world, &f.page);
    assert_int_equal(look.missing_count, 0);
    assert_int_equal(look.surplus_count, 2);
    copse_loose_look_free(&look);
    stop(&f);
}

/* One that is loose has no standing: a member's own words do not show before the log comes. */
static void loose__is_muted_whoever_wrote_it(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    copse_world_loosen(f.village.world, &f.leaning);
    village_check_text(&f.village, &f.page, "oak");
    stop(&f);
}

/* ---- what may be held ---- */

static const struct copse_id COMMUNITY = {{3}};
static const struct copse_id OBJECT = {{7}};

/* An entry that has come, and is offered to be held loose. */
static enum copse_err offer(const struct copse_entry *entry, const struct copse_op *op)
{
    uint8_t op_room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_entry made = *entry;
    struct copse_slice bytes;
    struct copse_op read;
    assert_int_equal(copse_op_encode(&made.op, op_room, op), COPSE_OK);
    assert_int_equal(copse_entry_encode(&bytes, room, &made), COPSE_OK);
    return copse_loose_read(&made, &read, &COMMUNITY, bytes);
}

static void loose__holds_nothing_but_edits_of_the_community(void **state)
{
    (void)state;
    static const uint8_t even[] = {0x91, 0x92, 2, 0xc4, 0};
    static const uint8_t shape[] = {0x90};
    const struct copse_entry good = {
        .class = COPSE_ENTRY_DATA, .community = COMMUNITY, .seq = 1, .has_prev = true};
    const struct copse_op edit = {
        .kind = COPSE_OP_EDIT, .target = OBJECT, .value = {shape, sizeof shape}};
    struct copse_entry entry = good;
    assert_int_equal(offer(&entry, &edit), COPSE_OK);
    entry.community.bytes[0] = 4;
    assert_int_equal(offer(&entry, &edit), COPSE_ERR_REFUSED);
    entry = good;
    entry.ext = (struct copse_slice){even, sizeof even};
    assert_int_equal(offer(&entry, &edit), COPSE_ERR_REFUSED);
    const struct copse_op set = {.kind = COPSE_OP_SET, .target = OBJECT};
    assert_int_equal(offer(&good, &set), COPSE_ERR_REFUSED);
    struct copse_entry read;
    struct copse_op op;
    assert_int_equal(copse_loose_read(&read, &op, &COMMUNITY, (struct copse_slice){even, 5}),
                     COPSE_ERR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loose__shows_a_page_as_who_kept_the_log_does),
        cmocka_unit_test(loose__asks_for_what_is_leaned_on_one_after_the_other),
        cmocka_unit_test(loose__gives_up_what_nobody_leans_on_and_what_a_log_has),
        cmocka_unit_test(loose__is_muted_whoever_wrote_it),
        cmocka_unit_test(loose__holds_nothing_but_edits_of_the_community),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
