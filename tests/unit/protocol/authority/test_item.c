/* What two nodes compare: the same for who keeps what is not wanted and who does not. */
#include "protocol/authority/item.h"
#include "tests/support/cmocka.h"
#include "tests/support/village.h"

#include <string.h>

enum { ITEMS_MAX = 256 };

/* The items of all logs. */
static size_t gather(struct village *f, struct copse_item *items)
{
    const struct copse_view_options *options = copse_view_options_of(copse_world_view(f->world));
    const struct copse_source *source = options->source;
    size_t count = 0;
    for (uint64_t log = 0; source->log(source->context, log) != NULL; log++) {
        size_t more = 0;
        assert_true(count + COPSE_ITEM_OF_LOG_MAX <= ITEMS_MAX);
        assert_int_equal(copse_item_of_log(items + count, &more, options->state, source, log),
                         COPSE_OK);
        count += more;
    }
    return count;
}

static struct copse_id digest(struct village *f)
{
    static struct copse_item items[ITEMS_MAX];
    struct copse_id out;
    copse_item_digest(&out, items, gather(f, items));
    return out;
}

static void check_digest(struct village *f, const struct copse_id *expected, bool is_same)
{
    struct copse_id now = digest(f);
    assert_int_equal(copse_bytes_equal_ids(&now, expected), is_same);
}

static void item__says_nothing_of_what_a_cut_has_cut_off(void **state)
{
    (void)state;
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, CAT, COPSE_OBJECT_PAGE, NULL);
    struct copse_id inside = village_edit(&f, DAN, &page, NULL, "003", "oak");
    struct copse_op remove = {.kind = COPSE_OP_REMOVE, .target = copse_world_root(f.world, DAN)};
    remove.cut = copse_world_cut(f.world, DAN);
    struct copse_id outside = village_edit(&f, DAN, &page, &inside, "301", "s");
    struct copse_id before = digest(&f);
    (void)copse_world_write(f.world, ANA, &remove, village_nothing);
    check_digest(&f, &before, false);
    struct copse_id kept = digest(&f);
    copse_world_loosen(f.world, &outside);
    check_digest(&f, &kept, true);
    copse_world_loosen(f.world, &inside);
    check_digest(&f, &kept, false);
    village_stop(&f);
}

/* SPEC 10.11: "A frozen log has one item instead" */
static void item__is_one_for_a_frozen_log_whichever_branches_are_held(void **state)
{
    (void)state;
    static struct copse_item items[ITEMS_MAX];
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, DAN, COPSE_OBJECT_PAGE, NULL);
    struct copse_id forks[18];
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(forks); i++) {
        forks[i] = village_edit(&f, DAN, &page, NULL, "001", "x");
        copse_world_go_back(f.world, DAN, 1);
    }
    struct copse_id kept = digest(&f);
    copse_world_loosen(f.world, &forks[3]);
    check_digest(&f, &kept, true);
    size_t frozen = 0;
    size_t count = gather(&f, items);
    for (size_t i = 0; i < count; i++) {
        frozen += items[i].is_frozen;
        assert_true(!items[i].is_frozen || copse_bytes_equal_ids(&items[i].id, &page));
        assert_true(!items[i].is_frozen || items[i].position.seq == 1);
    }
    assert_int_equal(frozen, 1);
    copse_world_loosen(f.world, &forks[7]); /* 16 are left */
    check_digest(&f, &kept, false);
    village_stop(&f);
}

/* SPEC 10.11: "and besides it the leaves that are named for it (7.9), held and not void, at or
 * behind the fork seq, but for those inside another" */
static void item__says_the_leaf_that_an_accept_names_of_a_frozen_log(void **state)
{
    (void)state;
    static struct copse_item items[ITEMS_MAX];
    struct village f;
    village_start(&f);
    struct copse_id page = village_create(&f, DAN, COPSE_OBJECT_PAGE, NULL);
    for (size_t i = 0; i < 16; i++) {
        (void)village_edit(&f, DAN, &page, NULL, "001", "x");
        copse_world_go_back(f.world, DAN, 1);
    }
    struct copse_op accept = {.kind = COPSE_OP_ACCEPT, .target = copse_world_device(f.world, DAN)};
    (void)village_edit(&f, DAN, &page, NULL, "002", "y");
    struct copse_id named[2];
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(named); i++) {
        named[i] = village_edit(&f, DAN, &page, NULL, "003", "z");
        accept.cut = copse_world_cut(f.world, DAN);
        (void)copse_world_write(f.world, ANA, &accept, village_nothing);
    }
    struct copse_id beyond = village_edit(&f, DAN, &page, NULL, "004", "w");
    struct copse_id kept = digest(&f);
    copse_world_loosen(f.world, &beyond);
    check_digest(&f, &kept, true);
    size_t found[2] = {0, 0};
    size_t count = gather(&f, items);
    for (size_t i = 0; i < count; i++) {
        found[0] += copse_bytes_equal_ids(&items[i].id, &named[0]);
        found[1] += copse_bytes_equal_ids(&items[i].id, &named[1]) && !items[i].is_frozen;
    }
    assert_int_equal(found[0], 0); /* inside the other */
    assert_int_equal(found[1], 1);
    copse_world_loosen(f.world, &named[1]);
    check_digest(&f, &kept, false);
    village_stop(&f);
}

static void item__digest_does_not_depend_on_the_order(void **state)
{
    (void)state;
    struct copse_item items[2][2];
    struct copse_id out[2];
    memset(items, 0, sizeof items);
    items[0][0].author.bytes[0] = 2;
    items[0][1].author.bytes[0] = 1;
    items[1][0] = items[0][1];
    items[1][1] = items[0][0];
    for (size_t i = 0; i < 2; i++) {
        copse_item_digest(&out[i], items[i], 2);
    }
    assert_true(copse_bytes_equal_ids(&out[0], &out[1]));
    items[1][1].position.seq++;
    copse_item_digest(&out[1], items[1], 2);
    assert_false(copse_bytes_equal_ids(&out[0], &out[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(item__says_nothing_of_what_a_cut_has_cut_off),
        cmocka_unit_test(item__is_one_for_a_frozen_log_whichever_branches_are_held),
        cmocka_unit_test(item__says_the_leaf_that_an_accept_names_of_a_frozen_log),
        cmocka_unit_test(item__digest_does_not_depend_on_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
