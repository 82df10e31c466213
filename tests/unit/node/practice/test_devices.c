#include "node/practice/devices.h"
#include "node/practice/forks.h"
#include "storage/local.h"
#include "tests/support/cmocka.h"
#include "tests/support/commune.h"

#include <string.h>

static const struct copse_practice *practice_of(struct commune *commune, size_t person)
{
    return &commune->persons[person].practice;
}

static struct copse_id device_of(struct commune *commune, size_t person)
{
    return *copse_keyring_device(commune->persons[person].keyring);
}

/* What the line of a person's device has for another of them, in commune->ticket. */
static void make_line(struct commune *commune, size_t person)
{
    struct copse_practice_deed *deed = commune_begin(commune, person);
    copse_ticket_forget(&commune->ticket);
    assert_int_equal(copse_devices_ticket(deed, &commune->ticket), COPSE_OK);
    copse_practice_end(deed);
    assert_true(commune->ticket.has_grant);
    assert_false(commune->ticket.has_invite);
}

static enum copse_err give_up(struct commune *commune, size_t by, size_t device,
                              const struct copse_id *from, struct copse_devices_done *done)
{
    struct copse_secret root = commune_root(commune, 1);
    struct copse_devices_giving_up plan = {.device = device_of(commune, device),
                                           .from = from,
                                           .from_count = from == NULL ? 0 : 1,
                                           .root = &root};
    commune->error.text[0] = '\0';
    enum copse_err err =
        copse_devices_give_up(practice_of(commune, by), done, &plan, &commune->error);
    copse_key_forget(&root);
    return err;
}

static struct copse_devices_item item_of(struct commune *commune, size_t person,
                                         const struct copse_id *device)
{
    struct copse_devices devices;
    struct copse_devices_item found = {.communities = 1000};
    assert_int_equal(copse_devices_read(practice_of(commune, person), &devices, &commune->error),
                     COPSE_OK);
    for (size_t i = 0; i < devices.count; i++) {
        if (copse_bytes_equal_ids(&devices.items[i].device, device)) {
            found = devices.items[i];
        }
    }
    copse_devices_deinit(&devices);
    assert_true(found.communities < 1000);
    return found;
}

static void devices__a_line_lets_in_who_has_the_code_with_all_their_roles(void **state)
{
    struct commune *commune = commune_three(state);
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_COORDINATOR, 0), COPSE_OK);
    make_line(commune, 1);
    size_t eve = commune_add(commune);
    assert_int_equal(commune_join(commune, eve), COPSE_ERR_FORM);
    COMMUNE_ASSERT_SAYS(commune, "for the devices of whoever made it");
    commune->ticket.inviter = *commune_person(commune, eve); /* forged: it is not their grant */
    assert_int_equal(commune_join(commune, eve), COPSE_ERR_REFUSED);
    make_line(commune, 1);
    size_t other = commune_add_device(commune, 1);
    assert_int_equal(commune_join(commune, other), COPSE_OK);
    assert_int_equal(commune_join(commune, other), COPSE_ERR_EXISTS);
    assert_int_equal(commune_grant(commune, other, 2, COPSE_OP_MODERATOR, 0), COPSE_OK);
    commune_assert_role(commune, 2, COPSE_OP_MODERATOR);
}

/* Any invitation will do for who is known, a closed one too. */
static void devices__an_old_invitation_brings_back_who_was_in(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id post;
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_MODERATOR, 0), COPSE_OK);
    assert_int_equal(commune_invite(commune, 0, 0, 1), COPSE_OK);
    commune->now_ms += 3 * COMMUNE_DAY_MS;
    size_t eve = commune_add(commune);
    assert_int_equal(commune_join(commune, eve), COPSE_ERR_REFUSED);
    size_t other = commune_add_device(commune, 1);
    assert_int_equal(commune_join(commune, other), COPSE_OK);
    assert_int_equal(commune_post(commune, other, &post, "back"), COPSE_OK);
    assert_true(commune_counts(commune, &post));
    commune_assert_role(commune, 1, COPSE_OP_MODERATOR);
}

static void devices__entering_needs_a_role(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_devices_done done;
    struct copse_id post;
    size_t other = commune_add_device(commune, 1);
    assert_int_equal(copse_devices_enter(practice_of(commune, other), &done, &commune->error),
                     COPSE_OK);
    assert_int_equal(done.joined, 1);
    assert_int_equal(commune_post(commune, other, &post, "one more"), COPSE_OK);
    assert_int_equal(copse_devices_enter(practice_of(commune, other), &done, &commune->error),
                     COPSE_OK);
    assert_int_equal(done.joined, 0);
    assert_int_equal(done.communities, 1);

    assert_int_equal(commune_remove(commune, 0, 2), COPSE_OK);
    size_t gone = commune_add_device(commune, 2);
    assert_int_equal(copse_devices_enter(practice_of(commune, gone), &done, &commune->error),
                     COPSE_OK);
    assert_int_equal(done.joined, 0);
    assert_int_equal(done.skipped, 1);
    assert_int_equal(commune_readmit(commune, 0, 2), COPSE_OK);
    assert_int_equal(copse_devices_enter(practice_of(commune, gone), &done, &commune->error),
                     COPSE_OK);
    assert_int_equal(done.joined, 1);
    assert_int_equal(commune_post(commune, gone, &post, "again"), COPSE_OK);
    assert_true(commune_counts(commune, &post));
}

static void devices__what_one_wrote_stays_when_it_is_given_up(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_devices_done done;
    struct copse_id early;
    struct copse_id post;
    struct copse_id lost = device_of(commune, 1);
    assert_int_equal(commune_post(commune, 1, &early, "early"), COPSE_OK);
    size_t other = commune_add_device(commune, 1);
    assert_int_equal(commune_join(commune, other), COPSE_OK);
    assert_int_equal(item_of(commune, other, &lost).given_up, 0);
    assert_int_equal(give_up(commune, other, 1, NULL, &done), COPSE_OK);
    assert_int_equal(done.communities, 1);
    assert_int_equal(commune_post(commune, 1, &post, "late"), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "copse fork repair");
    assert_true(commune_counts(commune, &early));
    assert_int_equal(commune_post(commune, other, &post, "still here"), COPSE_OK);
    assert_int_equal(item_of(commune, other, &lost).given_up, 1);
    assert_true(item_of(commune, other, &lost).last_ms > 0);
    struct copse_id own = device_of(commune, other);
    assert_true(item_of(commune, other, &own).is_own);
    assert_int_equal(item_of(commune, other, &own).given_up, 0);
}

/* Cuts are united, so the second time must not let stand what the first did not. */
static void devices__from_an_entry_on_nothing_stands_the_second_time_too(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_devices_done done;
    struct copse_id posts[3];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(commune_post(commune, 1, &posts[i], "words"), COPSE_OK);
    }
    size_t other = commune_add_device(commune, 1);
    assert_int_equal(commune_join(commune, other), COPSE_OK);
    for (size_t turn = 0; turn < 2; turn++) {
        assert_int_equal(give_up(commune, other, 1, turn == 0 ? &posts[1] : NULL, &done), COPSE_OK);
        assert_true(commune_counts(commune, &posts[0]));
        assert_false(commune_counts(commune, &posts[1]));
        assert_false(commune_counts(commune, &posts[2]));
    }
}

static enum copse_err repair(struct commune *commune, size_t person, struct copse_id *old)
{
    struct copse_devices_done done;
    struct copse_devices_giving_up plan = {.from = NULL};
    struct copse_keyring_code code;
    assert_int_equal(copse_keyring_code(commune->persons[person].keyring, &code), COPSE_OK);
    enum copse_err err =
        copse_devices_repair(practice_of(commune, person), commune->persons[person].keyring, &done,
                             &plan, code.text, &commune->error);
    *old = plan.device;
    return err;
}

static void devices__a_repair_gives_a_new_key_and_loses_nothing(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id early;
    struct copse_id late;
    struct copse_id old;
    struct copse_id before = device_of(commune, 1);
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_COORDINATOR, 0), COPSE_OK);
    assert_int_equal(commune_post(commune, 1, &early, "early"), COPSE_OK);
    assert_int_equal(repair(commune, 1, &old), COPSE_OK);
    assert_true(copse_bytes_equal_ids(&old, &before));
    struct copse_id after = device_of(commune, 1);
    assert_false(copse_bytes_equal_ids(&after, &before));
    assert_int_equal(commune_post(commune, 1, &late, "late"), COPSE_OK);
    assert_true(commune_counts(commune, &early));
    assert_true(commune_counts(commune, &late));
    commune_assert_role(commune, 1, COPSE_OP_COORDINATOR);
    assert_int_equal(item_of(commune, 1, &before).given_up, 1);
    assert_int_equal(item_of(commune, 1, &after).given_up, 0);
}

/* The key is in the file already, but no community has heard of it. */
static void devices__a_repair_that_was_cut_short_goes_on(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_keyring_code code;
    struct copse_id old;
    struct copse_id post;
    struct copse_id before = device_of(commune, 1);
    struct copse_practice_deed *deed = commune_begin(commune, 1);
    assert_int_equal(copse_local_put(deed->txn, COPSE_LOCAL_SETTINGS,
                                     copse_bytes_of_string("me.repair"),
                                     copse_bytes_of_id(&before)),
                     COPSE_OK);
    assert_int_equal(commune_end(commune, COPSE_OK), COPSE_OK);
    assert_int_equal(copse_keyring_code(commune->persons[1].keyring, &code), COPSE_OK);
    assert_int_equal(copse_keyring_renew(commune->persons[1].keyring, code.text, &commune->error),
                     COPSE_OK);
    struct copse_id renewed = device_of(commune, 1);
    assert_int_equal(repair(commune, 1, &old), COPSE_OK);
    assert_true(copse_bytes_equal_ids(&old, &before));
    struct copse_id after = device_of(commune, 1);
    assert_true(copse_bytes_equal_ids(&after, &renewed));
    assert_int_equal(item_of(commune, 1, &before).given_up, 1);
    assert_int_equal(commune_post(commune, 1, &post, "goes on"), COPSE_OK);
    assert_int_equal(repair(commune, 1, &old), COPSE_OK); /* a further one is a new one */
    assert_true(copse_bytes_equal_ids(&old, &renewed));
}

static void devices__have_names_on_this_machine(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id device = device_of(commune, 1);
    assert_int_equal(copse_devices_set_name(practice_of(commune, 1), &device,
                                            copse_bytes_of_string("laptop"), &commune->error),
                     COPSE_OK);
    assert_string_equal(item_of(commune, 1, &device).name, "laptop");
    assert_int_equal(copse_devices_set_name(practice_of(commune, 1), &device,
                                            copse_bytes_of_string("a\nb"), &commune->error),
                     COPSE_ERR_FORM);
    assert_int_equal(copse_devices_set_name(practice_of(commune, 1), &device,
                                            (struct copse_slice){NULL, 0}, &commune->error),
                     COPSE_OK);
    assert_string_equal(item_of(commune, 1, &device).name, "");
}

static void devices__a_copy_is_known_to_whose_it_is(void **state)
{
    struct commune *commune = commune_three(state);
    bool knows = false;
    size_t eve = commune_add(commune);
    assert_int_equal(copse_devices_knows(practice_of(commune, 0), &knows,
                                         commune_person(commune, 1), &commune->error),
                     COPSE_OK);
    assert_true(knows);
    assert_int_equal(copse_devices_knows(practice_of(commune, 0), &knows,
                                         commune_person(commune, eve), &commune->error),
                     COPSE_OK);
    assert_false(knows);
}

static void devices__accepting_what_is_not_stopped_is_refused(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_id device = device_of(commune, 1);
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(
        commune_end(commune, copse_forks_accept(deed, &device, copse_bytes_of_string("test"),
                                                &commune->error)),
        COPSE_ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, commune_setup, commune_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(devices__a_line_lets_in_who_has_the_code_with_all_their_roles),
        TEST(devices__an_old_invitation_brings_back_who_was_in),
        TEST(devices__entering_needs_a_role),
        TEST(devices__what_one_wrote_stays_when_it_is_given_up),
        TEST(devices__from_an_entry_on_nothing_stands_the_second_time_too),
        TEST(devices__a_repair_gives_a_new_key_and_loses_nothing),
        TEST(devices__a_repair_that_was_cut_short_goes_on),
        TEST(devices__have_names_on_this_machine),
        TEST(devices__a_copy_is_known_to_whose_it_is),
        TEST(devices__accepting_what_is_not_stopped_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
