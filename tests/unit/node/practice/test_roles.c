#include "node/practice/charter.h"
#include "node/practice/history.h"
#include "node/practice/invites.h"
#include "node/practice/people.h"
#include "node/practice/roles.h"
#include "node/practice/seniority.h"
#include "node/practice/tend.h"
#include "node/practice/who.h"
#include "protocol/entry/clock.h"
#include "tests/support/cmocka.h"
#include "tests/support/commune.h"

#include <string.h>

static struct copse_tend_done tend(struct commune *commune, size_t person)
{
    struct copse_tend_done done = {.invitations = 0};
    assert_int_equal(copse_tend_community(&commune->persons[person].practice, &done,
                                          &commune->community, &commune->error),
                     COPSE_OK);
    return done;
}

/* ---- in what capacity ---- */

static void capacity__a_role_that_ended_gives_way_to_one_that_holds(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id before;
    struct copse_id after;
    uint64_t until_ms = commune->now_ms + 2 * COMMUNE_DAY_MS;
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_MODERATOR, until_ms), COPSE_OK);
    assert_int_equal(commune_post(commune, 1, &before, "as moderator"), COPSE_OK);
    commune->now_ms = until_ms + 1000;
    assert_int_equal(commune_post(commune, 1, &after, "as member again"), COPSE_OK);
    assert_true(commune_counts(commune, &before));
    assert_true(commune_counts(commune, &after));
    assert_int_equal(commune_remove(commune, 1, 2), COPSE_ERR_REFUSED);
}

static void capacity__what_a_role_does_not_allow_is_refused_with_who_may(void **state)
{
    struct commune *commune = commune_three(state);
    assert_int_equal(commune_grant(commune, 1, 2, COPSE_OP_MODERATOR, 0), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "it is for coordinators");
    assert_int_equal(commune_remove(commune, 1, 2), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "coordinators and moderators");
    commune_assert_role(commune, 2, COPSE_OP_MEMBER);
}

static void capacity__a_moderated_community_lets_guests_wait(void **state)
{
    struct commune *commune = *state;
    struct copse_id post;
    struct copse_slice name;
    bool is_claimed = false;
    size_t said = 0;
    size_t eve = commune_add(commune);
    commune_found(commune, COPSE_COMMUNITY_MODERATED, 1);
    assert_int_equal(commune_invite(commune, 0, 0, 0), COPSE_OK);
    assert_int_equal(copse_people_set_name(&commune->persons[eve].practice, &said,
                                           copse_bytes_of_string("Eve"), &commune->error),
                     COPSE_OK);
    assert_int_equal(commune_join(commune, eve), COPSE_OK);
    commune_assert_role(commune, eve, COPSE_OP_GUEST);
    assert_int_equal(commune_post(commune, eve, &post, "too early"), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "you are a guest here");
    assert_int_equal(commune_invite(commune, eve, 0, 0), COPSE_ERR_REFUSED);

    /* Stewards see under what name somebody waits. */
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(copse_who_name(deed, &name, &is_claimed, commune_person(commune, eve)),
                     COPSE_OK);
    assert_true(is_claimed);
    assert_memory_equal(name.data, "Eve", 3);
    copse_practice_end(deed);

    assert_int_equal(commune_grant(commune, 0, eve, COPSE_OP_MEMBER, 0), COPSE_OK);
    assert_int_equal(commune_post(commune, eve, &post, "let in"), COPSE_OK);
    assert_true(commune_counts(commune, &post));
    (void)tend(commune, eve);
    deed = commune_begin(commune, 0);
    assert_int_equal(copse_who_name(deed, &name, &is_claimed, commune_person(commune, eve)),
                     COPSE_OK);
    assert_false(is_claimed); /* their program has said it again */
    copse_practice_end(deed);
}

/* ---- seniority ---- */

static void roles__the_senior_of_two_stands_and_it_is_told_why(void **state)
{
    struct commune *commune = commune_three(state);
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_COORDINATOR, 0), COPSE_OK);
    assert_int_equal(commune_grant(commune, 0, 2, COPSE_OP_COORDINATOR, 0), COPSE_OK);
    assert_int_equal(commune_remove(commune, 2, 1), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, " appointed ");
    COMMUNE_ASSERT_SAYS(commune, " before ");
    assert_int_equal(commune_remove(commune, 2, 0), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "nearer to the founders");
    assert_int_equal(commune_remove(commune, 1, 2), COPSE_OK);
    commune_assert_no_role(commune, 2);
}

static void roles__a_moderator_cannot_touch_a_coordinator(void **state)
{
    struct commune *commune = commune_three(state);
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_MODERATOR, 0), COPSE_OK);
    assert_int_equal(commune_grant(commune, 0, 2, COPSE_OP_COORDINATOR, 0), COPSE_OK);
    assert_int_equal(commune_remove(commune, 1, 2), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "acted as coordinator");
    commune_assert_role(commune, 2, COPSE_OP_COORDINATOR);
}

/* ---- ending ---- */

static void roles__revoking_leaves_what_was_done_and_other_roles(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_MODERATOR, 0), COPSE_OK);
    assert_int_equal(commune_post(commune, 1, &post, "as moderator"), COPSE_OK);
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(
        commune_end(commune, copse_roles_revoke(deed, commune_person(commune, 1),
                                                COPSE_OP_MODERATOR, COPSE_OP_REASON_OTHER,
                                                copse_bytes_of_string("over"), &commune->error)),
        COPSE_OK);
    commune_assert_role(commune, 1, COPSE_OP_MEMBER);
    assert_true(commune_counts(commune, &post));
    assert_int_equal(commune_post(commune, 1, &post, "as member"), COPSE_OK);
    assert_true(commune_counts(commune, &post));
}

static void roles__stepping_down_keeps_a_founder_as_member(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    struct copse_secret root = commune_root(commune, 0);
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_COORDINATOR, 0), COPSE_OK);
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    deed->root = &root;
    assert_int_equal(commune_end(commune, copse_roles_step_down(deed, (struct copse_slice){NULL, 0},
                                                                &commune->error)),
                     COPSE_OK);
    copse_key_forget(&root);
    commune_assert_role(commune, 0, COPSE_OP_MEMBER);
    commune_assert_role(commune, 1, COPSE_OP_COORDINATOR); /* what was given before stands */
    assert_int_equal(commune_post(commune, 0, &post, "as member"), COPSE_OK);
    assert_true(commune_counts(commune, &post));
    assert_int_equal(commune_grant(commune, 0, 2, COPSE_OP_MODERATOR, 0), COPSE_ERR_REFUSED);
}

static void roles__a_cut_of_many_devices_goes_into_several_entries(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id posts[30];
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(posts); i++) {
        size_t device = commune_add_device(commune, 1);
        assert_int_equal(commune_join(commune, device), COPSE_OK);
        assert_int_equal(commune_post(commune, device, &posts[i], "from a device"), COPSE_OK);
    }
    assert_int_equal(commune_remove(commune, 0, 1), COPSE_OK);
    commune_assert_no_role(commune, 1);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(posts); i++) {
        assert_true(commune_counts(commune, &posts[i]));
    }
}

/* ---- invitations ---- */

static struct copse_invites_door first_door(struct commune *commune)
{
    struct copse_invites invites;
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(copse_invites_read(deed, &invites), COPSE_OK);
    assert_true(invites.door_count > 0);
    struct copse_invites_door door = invites.doors[0];
    copse_invites_deinit(&invites);
    copse_practice_end(deed);
    return door;
}

static void invites__one_that_is_used_up_is_closed_and_all_who_came_stay(void **state)
{
    struct commune *commune = *state;
    commune_found(commune, COPSE_COMMUNITY_OPEN, 1);
    assert_int_equal(commune_invite(commune, 0, 1, 0), COPSE_OK);
    for (size_t i = 1; i <= 2; i++) {
        assert_int_equal(commune_add(commune), i);
        assert_int_equal(commune_join(commune, i), COPSE_OK);
    }
    assert_int_equal(first_door(commune).state, COPSE_INVITES_USED_UP);
    assert_int_equal(first_door(commune).joined, 2);
    assert_int_equal(tend(commune, 1).invitations, 0); /* a member's node leaves it alone */
    assert_int_equal(tend(commune, 0).invitations, 1);
    assert_int_equal(tend(commune, 0).invitations, 0);
    assert_int_equal(first_door(commune).state, COPSE_INVITES_CLOSED);
    commune_assert_role(commune, 1, COPSE_OP_MEMBER);
    commune_assert_role(commune, 2, COPSE_OP_MEMBER);
    size_t late = commune_add(commune);
    assert_int_equal(commune_join(commune, late), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "closed");
    commune_assert_no_role(commune, late);
}

static void invites__more_than_200_who_stay_take_several_entries(void **state)
{
    struct commune *commune = *state;
    size_t kept = 0;
    commune_found(commune, COPSE_COMMUNITY_OPEN, 1);
    assert_int_equal(commune_invite(commune, 0, 0, 0), COPSE_OK);
    for (size_t i = 1; i <= 203; i++) {
        assert_int_equal(commune_add(commune), i);
        assert_int_equal(commune_join(commune, i), COPSE_OK);
    }
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    struct copse_id door = commune->ticket.invite;
    assert_int_equal(
        commune_end(commune, copse_invites_close(deed, &kept, &door, (struct copse_slice){NULL, 0},
                                                 &commune->error)),
        COPSE_OK);
    assert_int_equal(kept, 203);
    for (size_t i = 1; i <= 203; i++) {
        commune_assert_role(commune, i, COPSE_OP_MEMBER);
    }
    deed = commune_begin(commune, 0);
    assert_int_equal(
        commune_end(commune, copse_invites_close(deed, &kept, &door, (struct copse_slice){NULL, 0},
                                                 &commune->error)),
        COPSE_ERR_EXISTS);
}

static void invites__a_members_node_cannot_close_but_a_stewards_does(void **state)
{
    struct commune *commune = commune_three(state);
    size_t kept = 0;
    assert_int_equal(commune_invite(commune, 1, 0, 0), COPSE_OK);
    struct copse_id door = commune->ticket.invite;
    struct copse_practice_deed *deed = commune_begin(commune, 1);
    assert_int_equal(
        commune_end(commune, copse_invites_close(deed, &kept, &door, (struct copse_slice){NULL, 0},
                                                 &commune->error)),
        COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "coordinators and moderators");
}

static void tend__an_invitation_that_is_over_is_closed_after_a_week(void **state)
{
    struct commune *commune = *state;
    commune_found(commune, COPSE_COMMUNITY_OPEN, 1);
    assert_int_equal(commune_invite(commune, 0, 0, 3), COPSE_OK);
    size_t ben = commune_add(commune);
    assert_int_equal(commune_join(commune, ben), COPSE_OK);
    commune->now_ms += 4 * COMMUNE_DAY_MS;
    assert_int_equal(first_door(commune).state, COPSE_INVITES_EXPIRED);
    assert_int_equal(tend(commune, 0).invitations, 0);
    size_t late = commune_add(commune);
    assert_int_equal(commune_join(commune, late), COPSE_ERR_REFUSED);
    commune->now_ms += COPSE_TEND_GRACE_MS;
    assert_int_equal(tend(commune, 0).invitations, 1);
    commune_assert_role(commune, ben, COPSE_OP_MEMBER);
}

static void tend__a_term_that_is_over_is_ended_by_who_gave_it_first(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    uint64_t until_ms = commune->now_ms + COMMUNE_DAY_MS;
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_MODERATOR, until_ms), COPSE_OK);
    assert_int_equal(commune_grant(commune, 0, 2, COPSE_OP_COORDINATOR, 0), COPSE_OK);
    assert_int_equal(commune_post(commune, 1, &post, "in time"), COPSE_OK);
    commune->now_ms = until_ms + COPSE_TEND_GRACE_MS + COMMUNE_DAY_MS;
    assert_int_equal(tend(commune, 2).terms, 0); /* Ana gave it */
    assert_int_equal(tend(commune, 0).terms, 1);
    assert_int_equal(tend(commune, 0).terms, 0);
    commune_assert_role(commune, 1, COPSE_OP_MEMBER);
    assert_true(commune_counts(commune, &post));
}

/* ---- charter ---- */

static struct copse_charter_rules rules_now(struct commune *commune, size_t *heads)
{
    struct copse_charter charter;
    struct copse_charter_rules rules = {false, false, 0};
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(copse_charter_load(deed, &charter), COPSE_OK);
    for (size_t i = 0; i < charter.count; i++) {
        if (charter.versions[i].is_in_force) {
            rules = charter.versions[i].rules;
        }
    }
    *heads = charter.heads;
    copse_charter_deinit(&charter);
    copse_practice_end(deed);
    return rules;
}

/* Two versions that know nothing of each other, as two coordinators apart would write them. */
static void write_beside(struct commune *commune, size_t who, bool guests)
{
    uint8_t map_room[32];
    uint8_t over_room[48];
    struct copse_writer map;
    struct copse_writer over;
    struct copse_id id;
    struct copse_charter_rules rules = {.invite = true, .guests = guests};
    struct copse_op op = {.kind = COPSE_OP_CHARTER};
    copse_writer_init(&map, map_room, sizeof(map_room));
    copse_writer_init(&over, over_room, sizeof(over_room));
    struct copse_practice_deed *deed = commune_begin(commune, who);
    assert_int_equal(copse_charter_map(&op.charter, &map, &rules, (struct copse_slice){NULL, 0}),
                     COPSE_OK);
    op.over = copse_op_list_ids(&over, &commune->community, 1);
    assert_int_equal(
        commune_end(commune, copse_practice_write(deed, &id, &op, (struct copse_slice){NULL, 0},
                                                  &commune->error)),
        COPSE_OK);
}

static void charter__versions_side_by_side_are_joined_by_one_that_names_all(void **state)
{
    struct commune *commune = commune_three(state);
    size_t heads = 0;
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_COORDINATOR, 0), COPSE_OK);
    write_beside(commune, 1, false);
    write_beside(commune, 0, true);
    assert_true(rules_now(commune, &heads).guests); /* of the most senior */
    assert_int_equal(heads, 2);
    assert_int_equal(tend(commune, 1).rules, 0); /* Ana's is in force, so it is for her */
    assert_int_equal(tend(commune, 0).rules, 1);
    assert_true(rules_now(commune, &heads).guests);
    assert_int_equal(heads, 1);
    assert_int_equal(tend(commune, 0).rules, 0);
}

static void charter__a_change_keeps_what_it_does_not_speak_of(void **state)
{
    static const uint8_t strange[] = {0x82, 0x01, 0xc3, 0x09, 0xa1, 0x78}; /* {1: true, 9: "x"} */
    struct copse_slice out;
    struct copse_writer writer;
    uint8_t room[64];
    struct copse_charter_rules rules;
    (void)state;
    copse_charter_read(&rules, (struct copse_slice){strange, sizeof(strange)});
    assert_true(rules.invite);
    rules.invite = false;
    rules.waits = 3;
    copse_writer_init(&writer, room, sizeof(room));
    assert_int_equal(
        copse_charter_map(&out, &writer, &rules, (struct copse_slice){strange, sizeof(strange)}),
        COPSE_OK);
    copse_charter_read(&rules, out);
    assert_false(rules.invite);
    assert_int_equal(rules.waits, 3);
    assert_memory_equal(out.data + out.size - 3, strange + 3, 3);
}

static void charter__only_coordinators_change_it(void **state)
{
    struct commune *commune = commune_three(state);
    bool changed = false;
    struct copse_practice_deed *deed = commune_begin(commune, 1);
    assert_int_equal(commune_end(commune, copse_charter_set(
                                              deed, &changed, COPSE_OBJECT_FIELD_NORMS,
                                              copse_bytes_of_string("Be brief."), &commune->error)),
                     COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "coordinators");
    deed = commune_begin(commune, 0);
    assert_int_equal(commune_end(commune, copse_charter_set(
                                              deed, &changed, COPSE_OBJECT_FIELD_NORMS,
                                              copse_bytes_of_string("Be brief."), &commune->error)),
                     COPSE_OK);
    assert_true(changed);
}

/* ---- history ---- */

static void find_why(void *context, const struct copse_history_item *item)
{
    char *why = context;
    if (strcmp(item->what, "removed") == 0) {
        (void)snprintf(why, 256, "%.*s", (int)item->why.size, (const char *)item->why.data);
    }
}

static void history__a_removal_that_was_taken_back_says_so(void **state)
{
    struct commune *commune = commune_three(state);
    char why[256] = "";
    assert_int_equal(commune_remove(commune, 0, 1), COPSE_OK);
    struct copse_practice_deed *deed = commune_begin(commune, 2);
    assert_int_equal(copse_history_walk(deed, commune_person(commune, 1), find_why, why), COPSE_OK);
    copse_practice_end(deed);
    assert_string_equal(why, "it counts");
    assert_int_equal(commune_readmit(commune, 0, 1), COPSE_OK);
    deed = commune_begin(commune, 2);
    assert_int_equal(copse_history_walk(deed, commune_person(commune, 1), find_why, why), COPSE_OK);
    copse_practice_end(deed);
    assert_non_null(strstr(why, "let them come back"));
}

/* ---- who ---- */

static size_t who(struct commune *commune, const char *text, struct copse_id *out)
{
    struct copse_who found;
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(copse_who_find(deed, &found, text), COPSE_OK);
    copse_practice_end(deed);
    *out = found.persons[0];
    return found.count;
}

static void who__names_keys_and_what_is_ambiguous(void **state)
{
    struct commune *commune = commune_three(state);
    static const char *const names[] = {"Ana Ruiz", "Jos\xc3\xa9 Ruiz", "Ana"};
    struct copse_id id;
    char hex[COPSE_ID_HEX_BYTES];
    size_t said = 0;
    for (size_t i = 0; i < 3; i++) {
        /* One store: the name kept in the settings is the last one's, so each says their own. */
        assert_int_equal(copse_people_set_name(&commune->persons[i].practice, &said,
                                               copse_bytes_of_string(names[i]), &commune->error),
                         COPSE_OK);
    }
    assert_int_equal(who(commune, "jose ruiz", &id), 1);
    assert_memory_equal(&id, commune_person(commune, 1), sizeof(id));
    assert_int_equal(who(commune, "Ruiz", &id), 2);
    assert_int_equal(who(commune, "ana", &id), 1); /* a whole name comes before a part of one */
    assert_memory_equal(&id, commune_person(commune, 2), sizeof(id));
    assert_int_equal(who(commune, "nobody", &id), 0);
    copse_bytes_id_to_hex(hex, commune_person(commune, 1));
    assert_int_equal(who(commune, hex, &id), 1);
    hex[12] = '\0';
    assert_int_equal(who(commune, hex, &id), 1);
    assert_memory_equal(&id, commune_person(commune, 1), sizeof(id));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, commune_setup, commune_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(capacity__a_role_that_ended_gives_way_to_one_that_holds),
        TEST(capacity__what_a_role_does_not_allow_is_refused_with_who_may),
        TEST(capacity__a_moderated_community_lets_guests_wait),
        TEST(roles__the_senior_of_two_stands_and_it_is_told_why),
        TEST(roles__a_moderator_cannot_touch_a_coordinator),
        TEST(roles__revoking_leaves_what_was_done_and_other_roles),
        TEST(roles__stepping_down_keeps_a_founder_as_member),
        TEST(roles__a_cut_of_many_devices_goes_into_several_entries),
        TEST(invites__one_that_is_used_up_is_closed_and_all_who_came_stay),
        TEST(invites__more_than_200_who_stay_take_several_entries),
        TEST(invites__a_members_node_cannot_close_but_a_stewards_does),
        TEST(tend__an_invitation_that_is_over_is_closed_after_a_week),
        TEST(tend__a_term_that_is_over_is_ended_by_who_gave_it_first),
        TEST(charter__versions_side_by_side_are_joined_by_one_that_names_all),
        cmocka_unit_test(charter__a_change_keeps_what_it_does_not_speak_of),
        TEST(charter__only_coordinators_change_it),
        TEST(history__a_removal_that_was_taken_back_says_so),
        TEST(who__names_keys_and_what_is_ambiguous),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
