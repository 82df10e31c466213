#include "node/practice/moderation.h"

#include "node/practice/ledger.h"
#include "node/practice/post.h"
#include "tests/support/cmocka.h"
#include "tests/support/commune.h"

#include <string.h>

static enum copse_err act(struct commune *commune, size_t person, bool *changed,
                          enum copse_op_kind kind, const struct copse_id *target)
{
    struct copse_id id;
    struct copse_moderation_plan plan = {
        .kind = kind, .target = *target, .reason = copse_bytes_of_string("test")};
    struct copse_practice_deed *deed = commune_begin(commune, person);
    if (kind == COPSE_OP_BAR || kind == COPSE_OP_UNBAR) {
        plan.tag = copse_bytes_of_string("oak");
    }
    return commune_end(commune, copse_moderation_act(deed, changed, &id, &plan, &commune->error));
}

static enum copse_err reply(struct commune *commune, size_t person, struct copse_id *id,
                            const struct copse_id *to)
{
    struct copse_practice_deed *deed = commune_begin(commune, person);
    struct copse_post post = {.type = "talk", .body = copse_bytes_of_string("reply"), .ref = to};
    return commune_end(commune, copse_post_write(deed, id, &post, &commune->error));
}

static void moderation__each_act_and_its_opposite(void **state)
{
    static const enum copse_op_kind kinds[][2] = {{COPSE_OP_HIDE, COPSE_OP_UNHIDE},
                                                  {COPSE_OP_LOCK, COPSE_OP_UNLOCK},
                                                  {COPSE_OP_BAR, COPSE_OP_UNBAR}};
    struct commune *commune = commune_three(state);
    struct copse_id post;
    bool changed = false;
    assert_int_equal(commune_post(commune, 2, &post, "by Cat"), COPSE_OK);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(kinds); i++) {
        assert_int_equal(act(commune, 0, &changed, kinds[i][1], &post), COPSE_OK);
        assert_false(changed);
        assert_int_equal(act(commune, 0, &changed, kinds[i][0], &post), COPSE_OK);
        assert_true(changed);
        assert_int_equal(act(commune, 0, &changed, kinds[i][0], &post), COPSE_OK);
        assert_false(changed);
        assert_int_equal(commune_counts(commune, &post), kinds[i][0] != COPSE_OP_HIDE);
        assert_int_equal(act(commune, 0, &changed, kinds[i][1], &post), COPSE_OK);
        assert_true(changed);
        assert_true(commune_counts(commune, &post));
    }
}

static void moderation__members_do_it_to_what_is_their_own_and_no_more(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    bool changed = false;
    assert_int_equal(commune_post(commune, 2, &post, "by Cat"), COPSE_OK);
    assert_int_equal(act(commune, 1, &changed, COPSE_OP_HIDE, &post), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "coordinators and moderators");
    assert_true(commune_counts(commune, &post));
    assert_int_equal(act(commune, 1, &changed, COPSE_OP_LOCK, &post), COPSE_ERR_REFUSED);
    assert_int_equal(act(commune, 1, &changed, COPSE_OP_BAR, &post), COPSE_ERR_REFUSED);
    assert_int_equal(act(commune, 2, &changed, COPSE_OP_HIDE, &post), COPSE_OK);
    assert_false(commune_counts(commune, &post));
    assert_int_equal(act(commune, 2, &changed, COPSE_OP_UNHIDE, &post), COPSE_OK);
    assert_int_equal(act(commune, 0, &changed, COPSE_OP_HIDE, &commune->community), COPSE_ERR_FORM);
}

/* SPEC 8.10: "written under a unit of the same or a smaller class" */
static void moderation__who_is_below_cannot_take_it_back(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    bool changed = false;
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_MODERATOR, 0), COPSE_OK);
    assert_int_equal(commune_post(commune, 2, &post, "by Cat"), COPSE_OK);
    assert_int_equal(act(commune, 0, &changed, COPSE_OP_HIDE, &post), COPSE_OK);
    assert_int_equal(act(commune, 1, &changed, COPSE_OP_UNHIDE, &post), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "only a coordinator");
    assert_int_equal(act(commune, 2, &changed, COPSE_OP_UNHIDE, &post), COPSE_ERR_REFUSED);
    assert_false(commune_counts(commune, &post));
}

static void moderation__a_lock_keeps_what_was_there(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    struct copse_id before;
    struct copse_id deep;
    struct copse_id after;
    bool changed = false;
    assert_int_equal(commune_post(commune, 2, &post, "by Cat"), COPSE_OK);
    assert_int_equal(reply(commune, 1, &before, &post), COPSE_OK);
    assert_int_equal(reply(commune, 2, &deep, &before), COPSE_OK);
    assert_int_equal(act(commune, 0, &changed, COPSE_OP_LOCK, &post), COPSE_OK);
    assert_int_equal(reply(commune, 1, &after, &deep), COPSE_OK);
    assert_true(commune_counts(commune, &before));
    assert_true(commune_counts(commune, &deep));
    assert_false(commune_counts(commune, &after));
    assert_int_equal(reply(commune, 0, &before, &post), COPSE_OK); /* a coordinator goes on */
    assert_true(commune_counts(commune, &before));
    assert_int_equal(act(commune, 0, &changed, COPSE_OP_UNLOCK, &post), COPSE_OK);
    assert_true(commune_counts(commune, &after));
}

/* Several locks let through only what lies inside each, so one has to name them all. */
static void moderation__a_lock_that_cannot_name_all_is_refused(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    struct copse_id id;
    bool changed = false;
    assert_int_equal(commune_post(commune, 0, &post, "to all"), COPSE_OK);
    for (size_t i = 0; i <= COPSE_OP_CUT_MAX; i++) {
        size_t person = commune_add(commune);
        assert_int_equal(commune_join(commune, person), COPSE_OK);
        assert_int_equal(reply(commune, person, &id, &post), COPSE_OK);
        if (i == COPSE_OP_CUT_MAX - 1) {
            assert_int_equal(act(commune, 0, &changed, COPSE_OP_LOCK, &post), COPSE_OK);
            assert_true(commune_counts(commune, &id));
            assert_int_equal(act(commune, 0, &changed, COPSE_OP_UNLOCK, &post), COPSE_OK);
        }
    }
    assert_int_equal(act(commune, 0, &changed, COPSE_OP_LOCK, &post), COPSE_ERR_LIMIT);
    COMMUNE_ASSERT_SAYS(commune, "more than 48 people");
}

struct seen {
    size_t count;
    enum copse_op_kind kinds[8];
    bool in_force[8];
    bool undone[8];
};

static enum copse_err see(void *context, const struct copse_ledger_line *line)
{
    struct seen *seen = context;
    assert_true(seen->count < 8);
    assert_true(copse_bytes_equal(line->reason, copse_bytes_of_string("test")));
    seen->kinds[seen->count] = line->act->op.kind;
    seen->in_force[seen->count] = line->is_in_force;
    seen->undone[seen->count] = line->undone != NULL;
    seen->count++;
    return COPSE_OK;
}

static void ledger__says_what_holds_and_what_was_taken_back(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    struct seen seen = {.count = 0};
    bool changed = false;
    assert_int_equal(commune_post(commune, 2, &post, "by Cat"), COPSE_OK);
    assert_int_equal(act(commune, 0, &changed, COPSE_OP_BAR, &post), COPSE_OK);
    assert_int_equal(act(commune, 0, &changed, COPSE_OP_HIDE, &post), COPSE_OK);
    assert_int_equal(act(commune, 0, &changed, COPSE_OP_UNHIDE, &post), COPSE_OK);
    assert_int_equal(commune_remove(commune, 0, 1), COPSE_OK);
    struct copse_practice_deed *deed = commune_begin(commune, 2);
    assert_int_equal(copse_ledger_read(deed, 8, see, &seen), COPSE_OK);
    copse_practice_end(deed);
    static const enum copse_op_kind kinds[] = {COPSE_OP_REMOVE, COPSE_OP_UNHIDE, COPSE_OP_HIDE,
                                               COPSE_OP_BAR};
    assert_int_equal(seen.count, COPSE_ARRAY_SIZE(kinds));
    for (size_t i = 0; i < seen.count; i++) {
        assert_int_equal(seen.kinds[i], kinds[i]);
        assert_int_equal(seen.in_force[i], kinds[i] != COPSE_OP_HIDE);
        assert_int_equal(seen.undone[i], kinds[i] == COPSE_OP_HIDE);
    }
}

static void moderation__a_reader_overrules_for_themself(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    bool is_shown = true;
    bool changed = false;
    assert_int_equal(commune_post(commune, 2, &post, "by Cat"), COPSE_OK);
    assert_int_equal(act(commune, 0, &changed, COPSE_OP_HIDE, &post), COPSE_OK);
    struct copse_practice_deed *deed = commune_begin(commune, 1);
    assert_int_equal(copse_moderation_is_overridden(deed, &is_shown, &post), COPSE_OK);
    assert_false(is_shown);
    assert_int_equal(copse_moderation_override(deed, &changed, &post, COPSE_MODERATION_SHOW),
                     COPSE_OK);
    assert_true(changed);
    assert_int_equal(copse_moderation_is_overridden(deed, &is_shown, &post), COPSE_OK);
    assert_true(is_shown);
    assert_int_equal(copse_moderation_override(deed, &changed, &post, COPSE_MODERATION_AS_OTHERS),
                     COPSE_OK);
    assert_int_equal(copse_moderation_is_overridden(deed, &is_shown, &post), COPSE_OK);
    assert_false(is_shown);
    copse_practice_end(deed);
    assert_false(commune_counts(commune, &post));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, commune_setup, commune_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(moderation__each_act_and_its_opposite),
        TEST(moderation__members_do_it_to_what_is_their_own_and_no_more),
        TEST(moderation__who_is_below_cannot_take_it_back),
        TEST(moderation__a_lock_keeps_what_was_there),
        TEST(moderation__a_lock_that_cannot_name_all_is_refused),
        TEST(ledger__says_what_holds_and_what_was_taken_back),
        TEST(moderation__a_reader_overrules_for_themself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
