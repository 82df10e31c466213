/* Tests of storage/search.c on a store with posts. */
#include "storage/search.h"

#include "protocol/authority/op.h"
#include "protocol/rules/object.h"
#include "storage/prune.h"
#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A post is its own object; its words are its body. */
struct port {
    struct copse_txn *txn;
    bool hides_all;
};

static enum copse_err objects_of(void *context, const struct copse_held *held,
                                 enum copse_err (*found)(void *to, const struct copse_id *object),
                                 void *to)
{
    (void)context;
    struct copse_op op;
    if (copse_op_decode(&op, held->entry.op, held->entry.class) != COPSE_OK ||
        op.kind != COPSE_OP_CREATE) {
        return COPSE_OK;
    }
    return found(to, &held->id);
}

static enum copse_err words_of(void *context, struct copse_slice *text, uint32_t community,
                               const struct copse_id *object)
{
    const struct port *port = context;
    struct copse_held held;
    struct copse_slice value;
    *text = (struct copse_slice){NULL, 0};
    if (port->hides_all ||
        copse_entries_find(port->txn, &held, NULL, community, object) != COPSE_OK ||
        held.content_state != COPSE_CONTENT_PRESENT ||
        copse_object_initial(&value, held.content, COPSE_OBJECT_FIELD_BODY) != COPSE_OK) {
        return COPSE_OK;
    }
    struct copse_reader reader;
    copse_reader_init(&reader, value);
    *text = copse_reader_str(&reader, value.size);
    return COPSE_OK;
}

struct fixture {
    struct copse_store_world *world;
    struct copse_search *search;
    struct copse_store_person ana;
    struct copse_id community;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    void *world = NULL;
    assert_int_equal(copse_store_world_setup(&world), 0);
    fixture->world = world;
    copse_store_person_make(&fixture->ana, 1);
    fixture->community = copse_store_world_found(fixture->world, &fixture->ana);
    assert_int_equal(
        copse_search_open(&fixture->search, fixture->world->home, copse_memory_heap(), NULL),
        COPSE_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    void *world = fixture->world;
    copse_search_close(fixture->search);
    (void)copse_store_world_teardown(&world);
    free(fixture);
    return 0;
}

static struct copse_id say(struct fixture *fixture, const char *text)
{
    return copse_store_world_post(fixture->world, &fixture->community, &fixture->ana, text);
}

/* Take in what is new, `step` entries at a time. Returns how many calls it took. */
static int catch_up(struct fixture *fixture, size_t step)
{
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_READ);
    struct port context = {txn, false};
    struct copse_search_port port = {objects_of, words_of, &context};
    uint32_t number = 0;
    bool left = true;
    int calls = 0;
    assert_int_equal(copse_entries_community(txn, &number, &fixture->community), COPSE_OK);
    while (left) {
        assert_int_equal(copse_search_update(fixture->search, &left, txn, number, step, &port),
                         COPSE_OK);
        calls++;
    }
    copse_store_abort(txn);
    return calls;
}

static size_t find(struct fixture *fixture, struct copse_search_hit *hits, const char *text)
{
    struct copse_search_query query = {copse_bytes_of_string(text), 0, COPSE_SEARCH_NEWEST};
    size_t count = 0;
    assert_int_equal(copse_search_find(fixture->search, hits, &count, 20, &query), COPSE_OK);
    return count;
}

static bool finds(struct fixture *fixture, const char *text, const struct copse_id *object)
{
    struct copse_search_hit hits[20];
    size_t count = find(fixture, hits, text);
    for (size_t i = 0; i < count; i++) {
        if (copse_bytes_equal_ids(&hits[i].object, object)) {
            return true;
        }
    }
    return false;
}

static void search__finds_in_nine_languages(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text;
        const char *query;
    } cases[] = {
        {"Wie lang ist die Straße hier?", "strasse"}, /* German */
        {"On se retrouve au café demain", "CAFE"},    /* French */
        {"Η ακτίνα της μέλισσας", "μελισσας"},        /* Greek, accents */
        {"Школа у ёлки", "елки"},                     /* Russian */
        {"Người đọc sách tiếng Việt", "nguoi doc"},   /* Vietnamese */
        {"私は大学で物理を教えています", "物理"},     /* Japanese */
        {"학교에서 물리를 가르칩니다", "물리"},       /* Korean */
        {"我们在学校学习物理", "学校"},               /* Chinese */
        /* Arabic, vowels */
        {"كَتَبَ الطالبُ رسالةً", "الطالب"},
        /* Hindi */
        {"भौतिकी की कक्षा", "भौतिकी"},
        {"an eﬃcient ofﬁce", "efficient"}, /* ligatures */
    };
    struct copse_id objects[COPSE_ARRAY_SIZE(cases)];
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(cases); i++) {
        objects[i] = say(fixture, cases[i].text);
    }
    (void)catch_up(fixture, 1000);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(cases); i++) {
        if (!finds(fixture, cases[i].query, &objects[i])) {
            fail_msg("not found: %s", cases[i].query);
        }
    }
}

static void search__wants_all_words_and_takes_the_last_as_a_beginning(void **state)
{
    struct fixture *fixture = *state;
    struct copse_id object = say(fixture, "pendulums swing slowly");
    (void)catch_up(fixture, 1000);
    assert_true(finds(fixture, "pendulums sw", &object));
    assert_true(finds(fixture, "slowly, pendulums!", &object));
    assert_false(finds(fixture, "pend swing", &object));
    assert_false(finds(fixture, "pendulums fast", &object));
}

static void search__gives_nothing_for_a_query_without_words(void **state)
{
    struct fixture *fixture = *state;
    struct copse_search_hit hits[20];
    (void)say(fixture, "something");
    (void)catch_up(fixture, 1000);
    static const char *const queries[] = {"", "   ", "\"*()", "---", "'\"'"};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(queries); i++) {
        assert_int_equal(find(fixture, hits, queries[i]), 0);
    }
    assert_int_equal(find(fixture, hits, "\" OR something*"), 0);
    assert_int_equal(find(fixture, hits, "NEAR(something)"), 0);
}

static void search__catches_up_in_steps_and_gives_the_newest_first(void **state)
{
    struct fixture *fixture = *state;
    struct copse_id said[12];
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(said); i++) {
        said[i] = say(fixture, "lever");
    }
    assert_true(catch_up(fixture, 5) >= 3);
    struct copse_search_hit hits[20];
    assert_int_equal(find(fixture, hits, "lever"), COPSE_ARRAY_SIZE(said));
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(said); i++) { /* also of those taken in together */
        assert_true(copse_bytes_equal_ids(&hits[COPSE_ARRAY_SIZE(said) - 1 - i].object, &said[i]));
    }
    struct copse_id last = say(fixture, "another lever");
    (void)catch_up(fixture, 5);
    assert_int_equal(find(fixture, hits, "lever"), COPSE_ARRAY_SIZE(said) + 1);
    assert_true(copse_bytes_equal_ids(&hits[0].object, &last));
}

static void search__forgets_words_that_are_gone(void **state)
{
    struct fixture *fixture = *state;
    struct copse_id object = say(fixture, "unrepeatable indiscretion");
    (void)catch_up(fixture, 1000);
    assert_true(finds(fixture, "indiscretion", &object));
    struct port context = {NULL, true};
    struct copse_search_port port = {objects_of, words_of, &context};
    assert_int_equal(copse_search_refresh(fixture->search, 1, &object, &port), COPSE_OK);
    assert_false(finds(fixture, "indiscretion", &object));
}

static void search__is_made_anew_when_its_file_is_broken(void **state)
{
    struct fixture *fixture = *state;
    struct copse_id object = say(fixture, "resilient");
    (void)catch_up(fixture, 1000);
    copse_search_close(fixture->search);
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", fixture->world->home, COPSE_SEARCH_FILE);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 5000; i++) {
        (void)fputs("no database ", file);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(
        copse_search_open(&fixture->search, fixture->world->home, copse_memory_heap(), NULL),
        COPSE_OK);
    assert_false(finds(fixture, "resilient", &object));
    (void)catch_up(fixture, 1000);
    assert_true(finds(fixture, "resilient", &object));
}

/* What came last was given up: a surplus fork, or a log that nobody stands behind. */
static void search__keeps_what_it_has_when_the_newest_entries_go(void **state)
{
    struct fixture *fixture = *state;
    struct copse_id first = say(fixture, "a heron by the river");
    for (int i = 0; i < 20; i++) {
        (void)say(fixture, "more herons");
    }
    struct copse_id last = say(fixture, "a kingfisher");
    (void)catch_up(fixture, 5);
    struct copse_txn *txn = copse_store_world_begin(fixture->world, COPSE_DB_WRITE);
    struct copse_held held;
    uint32_t number = 0;
    assert_int_equal(copse_entries_find_anywhere(txn, &held, &number, &last), COPSE_OK);
    assert_int_equal(copse_prune_drop(txn, &held.position), COPSE_OK);
    copse_store_world_commit(fixture->world, txn);
    assert_int_equal(catch_up(fixture, 5), 1);
    assert_true(finds(fixture, "river", &first));
}

static void search__goes_on_where_it_was_after_a_reopening(void **state)
{
    struct fixture *fixture = *state;
    struct copse_id object = say(fixture, "persistent");
    (void)catch_up(fixture, 1000);
    copse_search_close(fixture->search);
    assert_int_equal(
        copse_search_open(&fixture->search, fixture->world->home, copse_memory_heap(), NULL),
        COPSE_OK);
    assert_true(finds(fixture, "persistent", &object));
    assert_int_equal(catch_up(fixture, 1), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(search__finds_in_nine_languages),
        TEST(search__wants_all_words_and_takes_the_last_as_a_beginning),
        TEST(search__gives_nothing_for_a_query_without_words),
        TEST(search__catches_up_in_steps_and_gives_the_newest_first),
        TEST(search__forgets_words_that_are_gone),
        TEST(search__is_made_anew_when_its_file_is_broken),
        TEST(search__keeps_what_it_has_when_the_newest_entries_go),
        TEST(search__goes_on_where_it_was_after_a_reopening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
