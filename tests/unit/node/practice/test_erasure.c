#include "node/practice/erasure.h"

#include "node/practice/moderation.h"
#include "tests/support/cmocka.h"
#include "tests/support/commune.h"

#include <string.h>

#define HOUR_MS (COMMUNE_DAY_MS / 24)

static enum copse_err moderate(struct commune *commune, size_t person, enum copse_op_kind kind,
                               const struct copse_id *target)
{
    struct copse_id id;
    bool changed = false;
    struct copse_moderation_plan plan = {
        .kind = kind, .target = *target, .reason = copse_bytes_of_string("test")};
    struct copse_practice_deed *deed = commune_begin(commune, person);
    return commune_end(commune, copse_moderation_act(deed, &changed, &id, &plan, &commune->error));
}

static enum copse_err erase(struct commune *commune, size_t person,
                            struct copse_erasure_result *result, const struct copse_id *target,
                            bool is_moderation)
{
    struct copse_erasure_plan plan = {
        .target = *target, .is_moderation = is_moderation, .reason = copse_bytes_of_string("test")};
    struct copse_practice_deed *deed = commune_begin(commune, person);
    return commune_end(commune, copse_erasure_erase(deed, result, &plan, &commune->error));
}

static struct copse_erasure_done tend(struct commune *commune)
{
    struct copse_erasure_done done = {.let_go = 0};
    assert_int_equal(copse_erasure_tend(&commune->persons[0].practice, &done, &commune->community,
                                        &commune->error),
                     COPSE_OK);
    return done;
}

static enum copse_content_state content_of(struct commune *commune, const struct copse_id *id)
{
    struct copse_held held;
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(copse_entries_find(deed->txn, &held, NULL, deed->number, id), COPSE_OK);
    copse_practice_end(deed);
    return held.content_state;
}

static enum copse_view_words words_of(struct commune *commune, const struct copse_id *id)
{
    struct copse_view *view;
    struct copse_view_entry entry;
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(copse_practice_view(deed, &view), COPSE_OK);
    assert_int_equal(copse_view_load(view, &entry, id), COPSE_OK);
    copse_practice_end(deed);
    return entry.words;
}

static uint64_t traces(struct commune *commune)
{
    uint64_t since_ms = 0;
    assert_int_equal(copse_erasure_traces(&commune->persons[0].practice, &since_ms, NULL),
                     COPSE_OK);
    return since_ms;
}

static void erasure__an_authors_words_go_at_once(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_erasure_result result;
    struct copse_id post;
    assert_int_equal(commune_post(commune, 2, &post, "by mistake"), COPSE_OK);
    assert_int_equal(erase(commune, 2, &result, &post, false), COPSE_OK);
    assert_int_equal(result.words, 1);
    assert_int_equal(words_of(commune, &post), COPSE_VIEW_ERASED);
    assert_int_equal(traces(commune), 0);
    assert_int_equal(tend(commune).let_go, 1);
    assert_int_equal(content_of(commune, &post), COPSE_CONTENT_ERASED);
    assert_true(traces(commune) > 0);
    assert_int_equal(tend(commune).let_go, 0);

    /* Once more says that it was done, and by which act. */
    struct copse_id act = result.act;
    assert_int_equal(erase(commune, 2, &result, &post, false), COPSE_OK);
    assert_int_equal(result.words, 0);
    assert_true(copse_bytes_equal_ids(&result.act, &act));
}

static void erasure__words_of_others_are_for_moderators(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_erasure_result result;
    struct copse_id post;
    assert_int_equal(commune_post(commune, 2, &post, "by Cat"), COPSE_OK);
    assert_int_equal(erase(commune, 1, &result, &post, false), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "coordinators and moderators");
    assert_int_equal(erase(commune, 1, &result, &post, true), COPSE_ERR_REFUSED);
    COMMUNE_ASSERT_SAYS(commune, "coordinators and moderators");
    assert_int_equal(words_of(commune, &post), COPSE_VIEW_HERE);
    assert_int_equal(erase(commune, 0, &result, &commune->community, true), COPSE_ERR_NOT_FOUND);
}

/* From the arrival of the hiding here, not from the erasure. */
static void erasure__a_moderators_waits_a_day_from_the_hiding(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_erasure_result result;
    struct copse_id post;
    assert_int_equal(commune_grant(commune, 0, 1, COPSE_OP_MODERATOR, 0), COPSE_OK);
    assert_int_equal(commune_post(commune, 2, &post, "somebody's address"), COPSE_OK);
    uint64_t hidden_ms = commune->now_ms;
    assert_int_equal(moderate(commune, 1, COPSE_OP_HIDE, &post), COPSE_OK);
    commune->now_ms += 10 * HOUR_MS;
    assert_int_equal(erase(commune, 1, &result, &post, true), COPSE_OK);
    assert_false(result.has_hidden);
    assert_int_equal(words_of(commune, &post), COPSE_VIEW_ERASED);
    struct copse_erasure_done done = tend(commune);
    assert_int_equal(done.let_go, 0);
    assert_true(done.due_ms >= hidden_ms + COPSE_ERASURE_GRACE_MS);
    assert_true(done.due_ms < hidden_ms + COPSE_ERASURE_GRACE_MS + HOUR_MS);
    assert_int_equal(content_of(commune, &post), COPSE_CONTENT_PRESENT);

    commune->now_ms = done.due_ms - HOUR_MS;
    assert_int_equal(tend(commune).let_go, 0);
    commune->now_ms = done.due_ms;
    assert_int_equal(tend(commune).let_go, 1);
    assert_int_equal(content_of(commune, &post), COPSE_CONTENT_ERASED);
}

static void erasure__is_taken_back_with_the_hiding(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_erasure_result result;
    struct copse_id post;
    assert_int_equal(commune_post(commune, 2, &post, "not so bad"), COPSE_OK);
    assert_int_equal(erase(commune, 0, &result, &post, true), COPSE_OK);
    assert_true(result.has_hidden);
    assert_int_equal(moderate(commune, 0, COPSE_OP_UNHIDE, &post), COPSE_OK);
    assert_int_equal(words_of(commune, &post), COPSE_VIEW_HERE);
    commune->now_ms += 2 * COMMUNE_DAY_MS;
    assert_int_equal(tend(commune).let_go, 0);
    assert_int_equal(content_of(commune, &post), COPSE_CONTENT_PRESENT);

    /* After the bytes have gone it is wanted again: others may have it. */
    assert_int_equal(moderate(commune, 0, COPSE_OP_HIDE, &post), COPSE_OK);
    commune->now_ms += 2 * COMMUNE_DAY_MS;
    assert_int_equal(tend(commune).let_go, 1);
    assert_int_equal(moderate(commune, 0, COPSE_OP_UNHIDE, &post), COPSE_OK);
    assert_int_equal(tend(commune).wanted, 1);
    assert_int_equal(content_of(commune, &post), COPSE_CONTENT_MISSING);
}

static void erasure__of_a_thing_takes_all_that_one_wrote_there(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_erasure_result result;
    struct copse_id post;
    struct copse_id tag;
    struct copse_practice_value value = {.field = COPSE_OBJECT_FIELD_TAGS,
                                         .shape = COPSE_PRACTICE_STRING,
                                         .string = copse_bytes_of_string("oak")};
    assert_int_equal(commune_post(commune, 2, &post, "by Cat"), COPSE_OK);
    for (size_t person = 1; person <= 2; person++) {
        struct copse_practice_change change = {.kind = COPSE_OP_ADD,
                                               .object_kind = COPSE_OBJECT_POST,
                                               .object = post,
                                               .field = COPSE_OBJECT_FIELD_TAGS,
                                               .value = &value};
        struct copse_practice_deed *deed = commune_begin(commune, person);
        assert_int_equal(
            commune_end(commune, copse_practice_change(deed, &tag, &change, &commune->error)),
            COPSE_OK);
    }
    assert_int_equal(erase(commune, 2, &result, &post, false), COPSE_OK);
    assert_int_equal(result.words, 2);
    assert_int_equal(result.others, 1);
    assert_int_equal(tend(commune).let_go, 2);
}

static void erasure__a_compaction_leaves_no_byte(void **state)
{
    struct commune *commune = commune_three(state);
    struct copse_erasure_result result;
    struct copse_id post;
    char path[128];
    char bytes[4096 + 16];
    size_t kept = 0;
    size_t found = 0;
    assert_int_equal(commune_post(commune, 2, &post, "zanzibarquux"), COPSE_OK);
    assert_int_equal(erase(commune, 2, &result, &post, false), COPSE_OK);
    assert_int_equal(tend(commune).let_go, 1);
    assert_int_equal(copse_erasure_compact(&commune->persons[0].practice, &commune->error),
                     COPSE_OK);
    assert_int_equal(traces(commune), 0);
    (void)snprintf(path, sizeof(path), "%s/store.mdb", commune->home);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t size; (size = fread(bytes + kept, 1, 4096, file)) > 0;) {
        for (size_t i = 0; i + 12 <= kept + size; i++) {
            found += memcmp(bytes + i, "zanzibarquux", 12) == 0;
        }
        size += kept;
        kept = size < 11 ? size : 11;
        memmove(bytes, bytes + size - kept, kept);
    }
    (void)fclose(file);
    assert_int_equal(found, 0);
    assert_int_equal(words_of(commune, &post), COPSE_VIEW_ERASED);
    assert_int_equal(commune_post(commune, 2, &post, "and it goes on"), COPSE_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, commune_setup, commune_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(erasure__an_authors_words_go_at_once),
        TEST(erasure__words_of_others_are_for_moderators),
        TEST(erasure__a_moderators_waits_a_day_from_the_hiding),
        TEST(erasure__is_taken_back_with_the_hiding),
        TEST(erasure__of_a_thing_takes_all_that_one_wrote_there),
        TEST(erasure__a_compaction_leaves_no_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
