#include "node/practice/membership.h"
#include "node/practice/mute.h"
#include "node/practice/unplaced.h"
#include "tests/support/cmocka.h"
#include "tests/support/commune.h"

#include <string.h>

/* ---- removal and return ---- */

static void membership__who_was_removed_comes_back_in_a_new_log(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id early;
    struct copse_id later;
    assert_int_equal(commune_post(commune, 1, &early, "early"), COPSE_OK);
    assert_int_equal(commune_remove(commune, 0, 1), COPSE_OK);
    assert_int_equal(commune_post(commune, 1, &later, "late"), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "your role here has ended");
    assert_int_equal(commune_join(commune, 1), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "an invitation does not undo that");
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_MEMBER, 0), COPSE_ERR_EXISTS);

    assert_int_equal(commune_readmit(commune, 0, 1), COPSE_OK);
    assert_int_equal(commune_post(commune, 1, &later, "again"), COPSE_OK);
    assert_true(commune_counts(commune, &early));
    assert_true(commune_counts(commune, &later));
    assert_int_equal(commune_readmit(commune, 0, 2), COPSE_ERR_NOT_FOUND);

    /* A second removal leaves what was written in either log. */
    assert_int_equal(commune_remove(commune, 0, 1), COPSE_OK);
    assert_true(commune_counts(commune, &early));
    assert_true(commune_counts(commune, &later));
    assert_int_equal(commune_readmit(commune, 0, 1), COPSE_OK);
    assert_int_equal(commune_post(commune, 1, &later, "once more"), COPSE_OK);
    assert_true(commune_counts(commune, &later));
}

static void membership__a_junior_cannot_take_a_removal_back(void **state)
{
    struct commune *commune = commune_three(state);
    size_t eve = commune_add(commune);
    assert_int_equal(commune_join(commune, eve), COPSE_OK);
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_MODERATOR, 0), COPSE_OK);
    assert_int_equal(commune_remove(commune, 0, eve), COPSE_OK);
    assert_int_equal(commune_readmit(commune, 1, eve), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "can take that back");
    commune_assert_no_role(commune, eve);
}

static void membership__from_an_entry_on_nothing_stands(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id posts[3];
    struct copse_id id;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(commune_post(commune, 1, &posts[i], "words"), COPSE_OK);
    }
    struct copse_membership_ending ending = {.person = *commune_person(commune, 1),
                                             .from = &posts[1],
                                             .reason = copse_bytes_of_string("test")};
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(
        commune_end(commune, copse_membership_remove(deed, &id, &ending, &commune->error)),
        COPSE_OK);
    assert_true(commune_counts(commune, &posts[0]));
    assert_false(commune_counts(commune, &posts[1]));
    assert_false(commune_counts(commune, &posts[2]));
}

static void membership__leaving_and_joining_again(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id early;
    struct copse_id later;
    struct copse_secret root = commune_root(commune, 1);
    assert_int_equal(commune_post(commune, 1, &early, "early"), COPSE_OK);
    struct copse_practice_deed *deed = commune_begin(commune, 1);
    deed->root = &root;
    assert_int_equal(
        commune_end(commune,
                    copse_membership_leave(deed, (struct copse_slice){NULL, 0}, &commune->error)),
        COPSE_OK);
    copse_key_forget(&root);
    commune_assert_no_role(commune, 1);
    assert_true(commune_counts(commune, &early));
    assert_int_equal(commune_post(commune, 1, &later, "late"), COPSE_ERR_REFUSED);
    assert_int_equal(commune_join(commune, 1), COPSE_OK);
    assert_int_equal(commune_join(commune, 1), COPSE_ERR_EXISTS);
    assert_int_equal(commune_post(commune, 1, &later, "again"), COPSE_OK);
    assert_true(commune_counts(commune, &later));
    assert_true(commune_counts(commune, &early));
}

static void membership__a_device_that_leaves_leaves_the_others_alone(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    size_t other = commune_add_device(commune, 1);
    assert_int_equal(commune_join(commune, other), COPSE_OK);
    struct copse_practice_deed *deed = commune_begin(commune, 1);
    assert_int_equal(
        commune_end(commune,
                    copse_membership_leave(deed, (struct copse_slice){NULL, 0}, &commune->error)),
        COPSE_OK);
    assert_int_equal(commune_post(commune, 1, &post, "late"), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "this device has left");
    assert_int_equal(commune_post(commune, other, &post, "still here"), COPSE_OK);
    assert_true(commune_counts(commune, &post));
}

/* ---- recall ---- */

static enum copse_err recall(struct commune *commune, struct copse_membership_recall *out,
                             size_t by, size_t who, const struct copse_id *from)
{
    struct copse_membership_ending ending = {.person = *commune_person(commune, who),
                                             .from = from,
                                             .reason = copse_bytes_of_string("test")};
    struct copse_practice_deed *deed = commune_begin(commune, by);
    return commune_end(commune, copse_membership_recall(deed, out, &ending, &commune->error));
}

static enum copse_err assent(struct commune *commune, struct copse_membership_recall *out,
                             size_t by, const struct copse_id *id)
{
    struct copse_practice_deed *deed = commune_begin(commune, by);
    return commune_end(commune, copse_membership_assent(
                                    deed, out, id, (struct copse_slice){NULL, 0}, &commune->error));
}

static void recall__founders_removed_by_the_first_have_the_last_word(void **state)
{
    struct commune *commune = *state;
    struct copse_membership_recall said;
    struct copse_id post;
    struct copse_id act;
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(commune_add(commune), i);
    }
    commune_found(commune, COPSE_COMMUNITY_OPEN, 3);
    assert_int_equal(commune_invite(commune, 0, 0, 0), COPSE_OK);
    assert_int_equal(commune_join(commune, 1), COPSE_OK);
    assert_int_equal(commune_join(commune, 2), COPSE_OK);
    commune_assert_role(commune, 1, COPSE_OP_COORDINATOR);
    assert_int_equal(commune_post(commune, 0, &post, "before"), COPSE_OK);
    struct copse_membership_ending ending = {.person = *commune_person(commune, 1)};
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(
        commune_end(commune, copse_membership_remove(deed, &act, &ending, &commune->error)),
        COPSE_OK);
    assert_int_equal(commune_remove(commune, 0, 2), COPSE_OK);
    commune_assert_no_role(commune, 1);

    assert_int_equal(recall(commune, &said, 1, 1, NULL), COPSE_ERR_REFUSED);
    assert_int_equal(recall(commune, &said, 1, 0, &act), COPSE_OK);
    assert_int_equal(said.voices, 1);
    assert_int_equal(said.needed, 2);
    commune_assert_role(commune, 0, COPSE_OP_COORDINATOR);
    struct copse_id id = said.id;
    assert_int_equal(assent(commune, &said, 2, &id), COPSE_OK);
    assert_int_equal(said.voices, 2);
    commune_assert_no_role(commune, 0);
    commune_assert_role(commune, 1, COPSE_OP_COORDINATOR);
    commune_assert_role(commune, 2, COPSE_OP_COORDINATOR);
    assert_true(commune_counts(commune, &post));
}

static void recall__a_cut_of_many_devices_stands_as_a_whole(void **state)
{
    struct commune *commune = *state;
    struct copse_membership_recall said;
    struct copse_id posts[26];
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(commune_add(commune), i);
    }
    commune_found(commune, COPSE_COMMUNITY_OPEN, 3);
    assert_int_equal(commune_invite(commune, 0, 0, 0), COPSE_OK);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(commune_join(commune, i), COPSE_OK);
    }
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(posts); i++) {
        size_t device = commune_add_device(commune, 0);
        assert_int_equal(commune_join(commune, device), COPSE_OK);
        assert_int_equal(commune_post(commune, device, &posts[i], "words"), COPSE_OK);
    }
    assert_int_equal(recall(commune, &said, 1, 0, NULL), COPSE_OK);
    struct copse_id id = said.id;
    assert_int_equal(assent(commune, &said, 2, &id), COPSE_OK);
    commune_assert_no_role(commune, 0);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(posts); i++) {
        assert_true(commune_counts(commune, &posts[i]));
    }
}

static void recall__two_founders_have_none_and_are_told(void **state)
{
    struct commune *commune = *state;
    struct copse_membership_recall said;
    assert_int_equal(commune_add(commune), 1);
    commune_found(commune, COPSE_COMMUNITY_OPEN, 2);
    assert_int_equal(commune_invite(commune, 0, 0, 0), COPSE_OK);
    assert_int_equal(commune_join(commune, 1), COPSE_OK);
    assert_int_equal(recall(commune, &said, 1, 0, NULL), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "it takes 3 founders");
    COMMUNE_ASSERT_SAYS(commune, "successor");
}

/* ---- mute, unplaced ---- */

static void mute__is_the_readers_own(void **state)
{
    struct commune *commune = commune_three(state);
    bool changed = false;
    bool is_muted = false;
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(copse_mute_set(deed, &changed, commune_person(commune, 1), COPSE_MUTE_ON),
                     COPSE_OK);
    assert_true(changed);
    assert_int_equal(copse_mute_set(deed, &changed, commune_person(commune, 1), COPSE_MUTE_ON),
                     COPSE_OK);
    assert_false(changed);
    assert_int_equal(copse_mute_is(deed, &is_muted, commune_person(commune, 1)), COPSE_OK);
    assert_true(is_muted);
    assert_int_equal(copse_mute_set(deed, &changed, commune_person(commune, 1), COPSE_MUTE_OFF),
                     COPSE_OK);
    assert_int_equal(copse_mute_is(deed, &is_muted, commune_person(commune, 1)), COPSE_OK);
    assert_false(is_muted);
    copse_practice_end(deed);
}

static enum copse_err count_item(void *context, const struct copse_unplaced_item *item)
{
    size_t *count = context;
    (void)item;
    *count += 1;
    return COPSE_OK;
}

static size_t unplaced(struct commune *commune, size_t person)
{
    size_t count = 0;
    struct copse_practice_deed *deed = commune_begin(commune, person);
    assert_int_equal(copse_unplaced_walk(deed, count_item, &count), COPSE_OK);
    copse_practice_end(deed);
    return count;
}

static void sum_late(void *context, const struct copse_unplaced_late *late)
{
    uint64_t *count = context;
    *count += late->count;
}

static void unplaced__words_cut_off_are_found_and_said_again(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id posts[3];
    struct copse_id fresh;
    uint64_t late = 0;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(commune_post(commune, 1, &posts[i], "words"), COPSE_OK);
    }
    assert_int_equal(unplaced(commune, 1), 0);
    struct copse_id id;
    struct copse_membership_ending ending = {.person = *commune_person(commune, 1),
                                             .from = &posts[1]};
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(
        commune_end(commune, copse_membership_remove(deed, &id, &ending, &commune->error)),
        COPSE_OK);
    assert_int_equal(unplaced(commune, 1), 2);
    assert_int_equal(unplaced(commune, 2), 0);
    deed = commune_begin(commune, 0);
    assert_int_equal(copse_unplaced_late(deed, sum_late, &late), COPSE_OK);
    copse_practice_end(deed);
    assert_int_equal(late, 2);

    assert_int_equal(commune_readmit(commune, 0, 1), COPSE_OK);
    deed = commune_begin(commune, 1);
    assert_int_equal(
        commune_end(commune, copse_unplaced_repost(deed, &fresh, &posts[1], &commune->error)),
        COPSE_OK);
    assert_true(commune_counts(commune, &fresh));
    assert_false(commune_counts(commune, &posts[1]));
    assert_int_equal(unplaced(commune, 1), 1);
    deed = commune_begin(commune, 1);
    assert_int_equal(
        commune_end(commune, copse_unplaced_repost(deed, &fresh, &posts[0], &commune->error)),
        COPSE_ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, commune_setup, commune_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(membership__who_was_removed_comes_back_in_a_new_log),
        TEST(membership__a_junior_cannot_take_a_removal_back),
        TEST(membership__from_an_entry_on_nothing_stands),
        TEST(membership__leaving_and_joining_again),
        TEST(membership__a_device_that_leaves_leaves_the_others_alone),
        TEST(recall__founders_removed_by_the_first_have_the_last_word),
        TEST(recall__a_cut_of_many_devices_stands_as_a_whole),
        TEST(recall__two_founders_have_none_and_are_told),
        TEST(mute__is_the_readers_own),
        TEST(unplaced__words_cut_off_are_found_and_said_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
