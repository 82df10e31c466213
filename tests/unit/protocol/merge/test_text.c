/* One text through its public face: what waits, what is refused, what shows, what it says. */
#include "protocol/merge/text.h"

#include "protocol/merge/text_edit.h"
#include "protocol/merge/text_walk.h"
#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/text_world.h"

#include <stdlib.h>
#include <string.h>

/* Ops by number, each by an author of that number; none by default. */
struct fixture {
    struct copse_text *text;
    struct copse_text_view view;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    assert_int_equal(copse_text_new(&fixture->text, copse_memory_heap()), COPSE_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    copse_text_free(fixture->text);
    free(fixture);
    return 0;
}

struct edit {
    uint64_t id;
    struct copse_text_patch patch;
    const char *inserted;
    uint64_t parents[3]; /* rising; 0: none */
    uint64_t author;     /* 0: as the id */
};

static enum copse_err add(struct fixture *fixture, const struct edit *edit)
{
    struct copse_id parents[3];
    uint8_t room[COPSE_TEXT_SHAPE_BYTES_MAX];
    struct copse_text_op op = {
        .id = copse_text_history_id(edit->id),
        .author = copse_text_history_id(edit->author == 0 ? edit->id : edit->author),
        .parents = parents,
        .content = copse_bytes_of_string(edit->inserted == NULL ? "" : edit->inserted),
    };
    op.content_size = op.content.size;
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(parents) && edit->parents[i] != 0; i++) {
        parents[op.parent_count++] = copse_text_history_id(edit->parents[i]);
    }
    assert_int_equal(copse_text_shape_encode(&op.shape, room, &edit->patch, 1), COPSE_OK);
    return copse_text_add(fixture->text, &op);
}

static void merge(struct fixture *fixture, const char *expected)
{
    assert_int_equal(copse_text_merge(fixture->text, &fixture->view, NULL), COPSE_OK);
    assert_int_equal(fixture->view.text.size, strlen(expected));
    if (expected[0] != '\0') {
        assert_memory_equal(fixture->view.text.data, expected, strlen(expected));
    }
}

static void add_abc(struct fixture *fixture)
{
    struct edit abc = {.id = 1, .patch = {.ins = 3}, .inserted = "abc"};
    assert_int_equal(add(fixture, &abc), COPSE_OK);
}

static void text__waits_for_parents(void **state)
{
    struct fixture *fixture = *state;
    struct edit x = {.id = 2, .patch = {.pos = 3, .ins = 1}, .inserted = "x", .parents = {1}};
    struct edit y = {.id = 3, .patch = {.pos = 4, .ins = 1}, .inserted = "y", .parents = {2}};
    assert_int_equal(add(fixture, &y), COPSE_OK);
    assert_int_equal(add(fixture, &x), COPSE_OK);
    merge(fixture, "");
    assert_int_equal(fixture->view.pending_count, 2);
    add_abc(fixture);
    merge(fixture, "abcxy");
    assert_int_equal(fixture->view.pending_count, 0);
}

static void text__takes_an_op_once(void **state)
{
    struct fixture *fixture = *state;
    struct edit again = {.id = 1, .patch = {.ins = 1}, .inserted = "z"};
    add_abc(fixture);
    assert_int_equal(add(fixture, &again), COPSE_ERR_EXISTS);
    merge(fixture, "abc");
}

static void text__is_no_place_for_an_op_that_names_itself_or_names_without_order(void **state)
{
    struct fixture *fixture = *state;
    struct edit self = {.id = 2, .patch = {.ins = 1}, .inserted = "x", .parents = {2}};
    struct edit twice = {.id = 2, .patch = {.ins = 1}, .inserted = "x", .parents = {1, 1}};
    struct edit falling = {.id = 2, .patch = {.ins = 1}, .inserted = "x", .parents = {3, 1}};
    assert_int_equal(add(fixture, &self), COPSE_ERR_FORM);
    assert_int_equal(add(fixture, &twice), COPSE_ERR_FORM);
    assert_int_equal(add(fixture, &falling), COPSE_ERR_FORM);
    struct copse_id many[COPSE_TEXT_PARENTS_MAX + 1];
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(many); i++) {
        many[i] = copse_text_history_id(10 + i);
    }
    struct copse_text_op op = {.id = copse_text_history_id(2),
                               .parents = many,
                               .parent_count = COPSE_ARRAY_SIZE(many),
                               .shape = {(const uint8_t *)"\x90", 1}};
    assert_int_equal(copse_text_add(fixture->text, &op), COPSE_ERR_FORM);
    op.parent_count--;
    assert_int_equal(copse_text_add(fixture->text, &op), COPSE_OK);
}

static void text__refuses_what_reaches_beyond_its_version(void **state)
{
    struct fixture *fixture = *state;
    struct edit far = {.id = 2, .patch = {.pos = 4, .ins = 1}, .inserted = "x", .parents = {1}};
    struct edit near = {.id = 3, .patch = {.pos = 3, .ins = 1}, .inserted = "y", .parents = {1}};
    struct edit child = {.id = 4, .patch = {.pos = 1, .del = 1}, .parents = {2}};
    add_abc(fixture);
    assert_int_equal(add(fixture, &far), COPSE_OK);
    assert_int_equal(add(fixture, &near), COPSE_OK);
    assert_int_equal(add(fixture, &child), COPSE_OK);
    merge(fixture, "acy");
    assert_int_equal(fixture->view.refused_count, 1);
}

static void text__refuses_a_content_length_that_no_shape_has(void **state)
{
    struct fixture *fixture = *state;
    struct edit few = {.id = 2, .patch = {.ins = 3}, .inserted = "xy", .parents = {1}};
    struct edit many = {.id = 3, .patch = {.ins = 1}, .inserted = "12345", .parents = {1}};
    add_abc(fixture);
    assert_int_equal(add(fixture, &few), COPSE_OK);
    assert_int_equal(add(fixture, &many), COPSE_OK);
    merge(fixture, "abc");
    assert_int_equal(fixture->view.refused_count, 2);
}

static void text__counts_units_whose_content_does_not_fit_as_a_gap(void **state)
{
    struct fixture *fixture = *state;
    struct edit odd = {.id = 2, .patch = {.pos = 1, .ins = 2}, .inserted = "xyz", .parents = {1}};
    struct edit bell = {.id = 3, .patch = {.pos = 3, .ins = 1}, .inserted = "\a", .parents = {2}};
    struct edit next = {.id = 4, .patch = {.pos = 6, .ins = 1}, .inserted = "!", .parents = {3}};
    add_abc(fixture);
    assert_int_equal(add(fixture, &odd), COPSE_OK);
    assert_int_equal(add(fixture, &bell), COPSE_OK);
    assert_int_equal(add(fixture, &next), COPSE_OK);
    merge(fixture, "abc!");
    assert_int_equal(fixture->view.refused_count, 0);
    assert_int_equal(fixture->view.gap_count, 2);
    assert_int_equal(fixture->view.runs[1].bytes, 0);
    assert_int_equal(fixture->view.runs[1].unit, 1);
    assert_int_equal(fixture->view.runs[1].units, 2);
}

static void text__mutes_without_moving_what_others_wrote(void **state)
{
    struct fixture *fixture = *state;
    struct edit vandal = {
        .id = 2, .patch = {.pos = 1, .del = 1, .ins = 2}, .inserted = "##", .parents = {1}};
    struct edit after = {.id = 3, .patch = {.pos = 4, .ins = 1}, .inserted = "d", .parents = {2}};
    struct copse_id id = copse_text_history_id(2);
    add_abc(fixture);
    assert_int_equal(add(fixture, &vandal), COPSE_OK);
    assert_int_equal(add(fixture, &after), COPSE_OK);
    merge(fixture, "a##cd");
    assert_int_equal(copse_text_mute(fixture->text, &id, COPSE_TEXT_MUTED), COPSE_OK);
    merge(fixture, "abcd");
    assert_int_equal(fixture->view.muted_count, 1);
    assert_int_equal(copse_text_mute(fixture->text, &id, COPSE_TEXT_HONOURED), COPSE_OK);
    merge(fixture, "a##cd");
}

static void text__takes_contents_that_come_and_go(void **state)
{
    struct fixture *fixture = *state;
    struct copse_id id = copse_text_history_id(1);
    struct copse_id other = copse_text_history_id(9);
    struct copse_slice nothing = {NULL, 0};
    add_abc(fixture);
    assert_int_equal(copse_text_set_content(fixture->text, &id, nothing), COPSE_OK);
    merge(fixture, "");
    assert_int_equal(fixture->view.gap_count, 1);
    assert_int_equal(copse_text_set_content(fixture->text, &id, copse_bytes_of_string("xyz")),
                     COPSE_OK);
    merge(fixture, "xyz");
    assert_int_equal(copse_text_set_content(fixture->text, &other, nothing), COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_text_mute(fixture->text, &other, COPSE_TEXT_MUTED), COPSE_ERR_NOT_FOUND);
}

static void text__orders_insertions_at_one_place_by_author(void **state)
{
    struct fixture *fixture = *state;
    struct edit late = {
        .id = 2, .patch = {.pos = 3, .ins = 2}, .inserted = "22", .parents = {1}, .author = 9};
    struct edit early = {
        .id = 3, .patch = {.pos = 3, .ins = 2}, .inserted = "33", .parents = {1}, .author = 8};
    add_abc(fixture);
    assert_int_equal(add(fixture, &late), COPSE_OK);
    assert_int_equal(add(fixture, &early), COPSE_OK);
    merge(fixture, "abc3322");
    assert_int_equal(fixture->view.mark_count, 2);
    assert_int_equal(fixture->view.marks[0].unit, 3);
    assert_int_equal(fixture->view.marks[0].overlap, COPSE_TEXT_ADJACENT);
    assert_int_equal(fixture->view.marks[1].unit, 5);
}

static void marks_inside(void **state, const struct edit *first, const struct edit *second)
{
    struct fixture *fixture = *state;
    add_abc(fixture);
    assert_int_equal(add(fixture, first), COPSE_OK);
    merge(fixture, first->patch.ins > 0 ? "abxc" : "");
    assert_int_equal(add(fixture, second), COPSE_OK);
    merge(fixture, "x");
    assert_int_equal(fixture->view.mark_count, 1);
    assert_int_equal(fixture->view.marks[0].overlap, COPSE_TEXT_INSIDE);
}

static const struct edit inserts = {
    .id = 2, .patch = {.pos = 2, .ins = 1}, .inserted = "x", .parents = {1}};
static const struct edit deletes = {.id = 3, .patch = {.pos = 0, .del = 3}, .parents = {1}};

static void text__marks_an_insertion_into_what_was_deleted(void **state)
{
    marks_inside(state, &deletes, &inserts);
}

static void text__marks_a_deletion_around_what_was_inserted(void **state)
{
    marks_inside(state, &inserts, &deletes);
}

static void text__says_who_wrote_what(void **state)
{
    struct fixture *fixture = *state;
    struct edit mid = {
        .id = 2, .patch = {.pos = 1, .del = 1, .ins = 1}, .inserted = "\xc3\xa9", .parents = {1}};
    struct copse_id ids[2] = {copse_text_history_id(1), copse_text_history_id(2)};
    add_abc(fixture);
    assert_int_equal(add(fixture, &mid), COPSE_OK);
    merge(fixture, "a\xc3\xa9"
                   "c");
    assert_int_equal(fixture->view.units, 3);
    assert_int_equal(fixture->view.run_count, 3);
    assert_true(copse_bytes_equal_ids(fixture->view.runs[0].op, &ids[0]));
    assert_true(copse_bytes_equal_ids(fixture->view.runs[1].op, &ids[1]));
    assert_int_equal(fixture->view.runs[1].byte, 1);
    assert_int_equal(fixture->view.runs[1].bytes, 2);
    assert_int_equal(fixture->view.runs[2].byte, 3);
    assert_int_equal(fixture->view.runs[2].unit, 2);
}

static void text__prints_any_version(void **state)
{
    struct fixture *fixture = *state;
    struct edit left = {.id = 2, .patch = {.pos = 0, .ins = 1}, .inserted = "l", .parents = {1}};
    struct edit right = {.id = 3, .patch = {.pos = 3, .ins = 1}, .inserted = "r", .parents = {1}};
    struct copse_id ids[2] = {copse_text_history_id(2), copse_text_history_id(3)};
    struct copse_id unknown = copse_text_history_id(5);
    add_abc(fixture);
    assert_int_equal(add(fixture, &left), COPSE_OK);
    assert_int_equal(add(fixture, &right), COPSE_OK);
    merge(fixture, "labcr");
    assert_int_equal(copse_text_at(fixture->text, &fixture->view, &ids[0], 1), COPSE_OK);
    assert_memory_equal(fixture->view.text.data, "labc", 4);
    assert_int_equal(fixture->view.text.size, 4);
    assert_int_equal(copse_text_at(fixture->text, &fixture->view, ids, 2), COPSE_OK);
    assert_int_equal(fixture->view.text.size, 5);
    assert_int_equal(copse_text_at(fixture->text, &fixture->view, NULL, 0), COPSE_OK);
    assert_int_equal(fixture->view.text.size, 0);
    assert_int_equal(copse_text_at(fixture->text, &fixture->view, &unknown, 1),
                     COPSE_ERR_NOT_FOUND);
    merge(fixture, "labcr");
}

static void text__has_no_head_that_is_refused(void **state)
{
    struct fixture *fixture = *state;
    size_t count = 0;
    struct edit far = {.id = 2, .patch = {.pos = 9, .ins = 1}, .inserted = "x", .parents = {1}};
    struct edit good = {.id = 3, .patch = {.pos = 0, .ins = 1}, .inserted = "y", .parents = {2}};
    struct edit also = {.id = 4, .patch = {.pos = 0, .ins = 1}, .inserted = "z", .parents = {1}};
    struct copse_id ids[] = {copse_text_history_id(1), copse_text_history_id(3),
                             copse_text_history_id(4)};
    add_abc(fixture);
    assert_int_equal(add(fixture, &far), COPSE_OK);
    merge(fixture, "abc");
    assert_int_equal(fixture->view.head_count, 1);
    assert_true(copse_bytes_equal_ids(&fixture->view.heads[0], &ids[0]));
    assert_int_equal(add(fixture, &good), COPSE_OK);
    assert_int_equal(add(fixture, &also), COPSE_OK);
    assert_int_equal(copse_text_heads(fixture->text, &count), COPSE_OK);
    assert_int_equal(count, 2);
    merge(fixture, "yzabc");
    assert_true(copse_bytes_equal_ids(&fixture->view.heads[0], &ids[1]));
    assert_true(copse_bytes_equal_ids(&fixture->view.heads[1], &ids[2]));
}

static void check_head(const struct fixture *fixture, uint64_t number)
{
    struct copse_id id = copse_text_history_id(number);
    assert_int_equal(fixture->view.head_count, 1);
    assert_true(copse_bytes_equal_ids(&fixture->view.heads[0], &id));
}

/* What nobody built upon leaves the heads when it is muted; what is built upon it stays one. */
static void text__has_no_head_that_is_muted(void **state)
{
    struct fixture *fixture = *state;
    struct edit vandal = {.id = 2, .patch = {.pos = 0, .del = 3}, .parents = {1}};
    struct edit repair = {.id = 3, .patch = {.ins = 1}, .inserted = "y", .parents = {2}};
    struct copse_id ids[] = {copse_text_history_id(2), copse_text_history_id(3)};
    add_abc(fixture);
    assert_int_equal(add(fixture, &vandal), COPSE_OK);
    merge(fixture, "");
    check_head(fixture, 2);
    assert_int_equal(copse_text_mute(fixture->text, &ids[0], COPSE_TEXT_MUTED), COPSE_OK);
    merge(fixture, "abc");
    check_head(fixture, 1);
    assert_int_equal(add(fixture, &repair), COPSE_OK);
    merge(fixture, "yabc");
    check_head(fixture, 3);
    assert_int_equal(copse_text_mute(fixture->text, &ids[1], COPSE_TEXT_MUTED), COPSE_OK);
    merge(fixture, "abc");
    check_head(fixture, 1);
    assert_int_equal(copse_text_mute(fixture->text, &ids[0], COPSE_TEXT_HONOURED), COPSE_OK);
    merge(fixture, "");
    check_head(fixture, 2);
}

static void text__gives_the_heads_of_the_version_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct edit left = {.id = 2, .patch = {.pos = 0, .ins = 1}, .inserted = "l", .parents = {1}};
    struct edit right = {.id = 3, .patch = {.pos = 3, .ins = 1}, .inserted = "r", .parents = {1}};
    struct copse_id ids[] = {copse_text_history_id(1), copse_text_history_id(3)};
    size_t count = 0;
    add_abc(fixture);
    assert_int_equal(add(fixture, &left), COPSE_OK);
    assert_int_equal(add(fixture, &right), COPSE_OK);
    assert_int_equal(copse_text_at(fixture->text, &fixture->view, &ids[1], 1), COPSE_OK);
    check_head(fixture, 3);
    assert_int_equal(copse_text_at(fixture->text, &fixture->view, ids, 2), COPSE_OK);
    check_head(fixture, 3);
    assert_int_equal(copse_text_at(fixture->text, &fixture->view, &ids[0], 1), COPSE_OK);
    check_head(fixture, 1);
    assert_int_equal(copse_text_at(fixture->text, &fixture->view, NULL, 0), COPSE_OK);
    assert_int_equal(fixture->view.head_count, 0);
    assert_int_equal(copse_text_heads(fixture->text, &count), COPSE_OK);
    assert_int_equal(count, 2);
}

/* A chain as long as the limit and one more, delivered backwards: no recursion, and the op over
 * the limit is refused. */
static void text__ends_with_its_limits(void **state)
{
    struct fixture *fixture = *state;
    for (uint64_t id = COPSE_TEXT_OPS_MAX + 1; id > 0; id--) {
        struct edit edit = {.id = id, .patch = {.ins = 1}, .inserted = "x"};
        edit.parents[0] = id - 1;
        assert_int_equal(add(fixture, &edit), COPSE_OK);
    }
    assert_int_equal(copse_text_merge(fixture->text, &fixture->view, NULL), COPSE_OK);
    assert_int_equal(fixture->view.units, COPSE_TEXT_OPS_MAX);
    assert_int_equal(fixture->view.refused_count, 1);
}

static void text__refuses_units_beyond_its_limit(void **state)
{
    struct fixture *fixture = *state;
    enum { PASTE = 49152, PASTES = 22 };
    uint8_t *paste = malloc(PASTE);
    assert_non_null(paste);
    memset(paste, 'x', PASTE);
    for (uint64_t id = 1; id <= PASTES; id++) {
        struct copse_text_patch patch = {.ins = PASTE};
        struct copse_id parent = copse_text_history_id(id - 1);
        uint8_t room[COPSE_TEXT_SHAPE_BYTES_MAX];
        struct copse_text_op op = {.id = copse_text_history_id(id),
                                   .parents = &parent,
                                   .parent_count = id > 1 ? 1 : 0,
                                   .content_size = PASTE,
                                   .content = {paste, PASTE}};
        assert_int_equal(copse_text_shape_encode(&op.shape, room, &patch, 1), COPSE_OK);
        assert_int_equal(copse_text_add(fixture->text, &op), COPSE_OK);
    }
    assert_int_equal(copse_text_merge(fixture->text, &fixture->view, NULL), COPSE_OK);
    assert_int_equal(fixture->view.refused_count, 1);
    assert_int_equal(fixture->view.units, COPSE_TEXT_UNITS_MAX / PASTE * PASTE);
    free(paste);
}

static enum copse_err edit_all(struct copse_text *text, const struct copse_text_view *view)
{
    struct copse_text_change change = {0, view->units > 0 ? 1 : 0, copse_bytes_of_string("new")};
    struct copse_text_request request = {.opened = view->heads,
                                         .opened_count = view->head_count,
                                         .changes = &change,
                                         .change_count = 1};
    struct copse_text_edit *edit = NULL;
    enum copse_err err = copse_text_edit_new(&edit, text, &request);
    copse_text_edit_free(err == COPSE_OK ? edit : NULL);
    return err;
}

/* Build, merge, move about, mute and edit; after a failure the same text must still come to the
 * right end, which the first run, without failures, tells. */
static enum copse_err use(const struct copse_memory *memory, void *context)
{
    struct copse_text_world *world = context;
    const struct copse_text_history *history = &world->history;
    struct copse_text *text = NULL;
    struct copse_text_view view;
    enum copse_err err = copse_text_new(&text, memory);
    if (err != COPSE_OK) {
        return err;
    }
    for (size_t i = 0; i < history->count; i++) {
        struct copse_text_op op = copse_text_history_give(history, i);
        enum copse_err added = copse_text_add(text, &op);
        if (added == COPSE_ERR_NOMEM) {
            err = added;
            assert_int_equal(copse_text_add(text, &op), COPSE_OK);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        struct copse_id id = history->ops[history->count / 2].id;
        enum copse_err done = i == 0   ? copse_text_merge(text, &view, NULL)
                              : i == 1 ? copse_text_at(text, &view, &id, 1)
                              : i == 2 ? copse_text_mute(text, &id, COPSE_TEXT_MUTED)
                                       : copse_text_mute(text, &id, COPSE_TEXT_HONOURED);
        err = done == COPSE_OK ? err : done;
    }
    if (history->ops[history->count / 2].is_muted) {
        (void)!copse_text_mute(text, &history->ops[history->count / 2].id, COPSE_TEXT_MUTED);
    }
    enum copse_err merged = copse_text_merge(text, &view, NULL);
    err = merged == COPSE_OK ? err : merged;
    if (merged == COPSE_OK) {
        assert_true(copse_bytes_equal(view.text, copse_bytes_of_string(history->end)));
        enum copse_err edited = edit_all(text, &view);
        err = edited == COPSE_OK ? err : edited;
    }
    copse_text_free(text);
    return err;
}

static void text__survives_running_out_of_memory_anywhere(void **state)
{
    (void)state;
    struct copse_text_world world;
    size_t refused = 0;
    copse_text_world_init(&world, 11, 40);
    world.history.end = copse_text_oracle_print(&world.history, NULL, 0, &refused);
    assert_true(world.history.count > 20);
    assert_true(copse_fault_sweep(use, &world) > 20);
    copse_text_world_deinit(&world);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text__waits_for_parents),
        TEST(text__takes_an_op_once),
        TEST(text__is_no_place_for_an_op_that_names_itself_or_names_without_order),
        TEST(text__refuses_what_reaches_beyond_its_version),
        TEST(text__refuses_a_content_length_that_no_shape_has),
        TEST(text__counts_units_whose_content_does_not_fit_as_a_gap),
        TEST(text__mutes_without_moving_what_others_wrote),
        TEST(text__takes_contents_that_come_and_go),
        TEST(text__orders_insertions_at_one_place_by_author),
        TEST(text__marks_an_insertion_into_what_was_deleted),
        TEST(text__marks_a_deletion_around_what_was_inserted),
        TEST(text__says_who_wrote_what),
        TEST(text__prints_any_version),
        TEST(text__has_no_head_that_is_refused),
        TEST(text__has_no_head_that_is_muted),
        TEST(text__gives_the_heads_of_the_version_asked_for),
        TEST(text__ends_with_its_limits),
        TEST(text__refuses_units_beyond_its_limit),
        cmocka_unit_test(text__survives_running_out_of_memory_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
