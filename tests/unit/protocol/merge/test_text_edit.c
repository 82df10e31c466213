/* What a person changed comes out as they left it, whatever is hidden and whoever else saved. */
#include "protocol/merge/text_edit.h"

#include "protocol/merge/text_walk.h"
#include "tests/support/cmocka.h"
#include "tests/support/text_world.h"

#include <stdlib.h>
#include <string.h>

enum { SEEDS = 3000, CHANGES = 4, LETTERS = 5, ROOM = 65536 };

struct draft {
    struct copse_text_change changes[CHANGES];
    uint8_t letters[CHANGES][LETTERS * 4];
    size_t count;
    char expected[ROOM];
};

static size_t seed_count(void)
{
    const char *wanted = getenv("COPSE_SEEDS");
    return wanted == NULL ? SEEDS : strtoul(wanted, NULL, 10);
}

static size_t byte_of(struct copse_slice text, size_t unit)
{
    size_t at = 0;
    for (; unit > 0; unit--) {
        uint32_t scalar = 0;
        at +=
            copse_bytes_next_scalar(&scalar, (struct copse_slice){text.data + at, text.size - at});
    }
    return at;
}

/* Random changes of a printed text, and the text they make. */
static void draft(struct draft *draft, struct copse_text_world *world, struct copse_slice text,
                  size_t units)
{
    size_t least = 0;
    size_t byte = 0;
    size_t size = 0;
    draft->count = 0;
    size_t wanted = (size_t)copse_random_below(&world->random, CHANGES + 1);
    for (; draft->count < wanted; draft->count++) {
        struct copse_text_change *change = &draft->changes[draft->count];
        change->unit = least + (size_t)copse_random_below(&world->random, units - least + 1);
        change->deleted = (size_t)copse_random_below(&world->random, units - change->unit + 1);
        change->deleted = change->deleted > 6 ? 6 : change->deleted;
        change->inserted.data = draft->letters[draft->count];
        change->inserted.size =
            copse_text_world_letters(world, draft->letters[draft->count],
                                     (size_t)copse_random_below(&world->random, LETTERS + 1));
        least = change->unit + change->deleted;
        size_t from = byte_of(text, change->unit);
        if (from > byte) {
            memcpy(draft->expected + size, text.data + byte, from - byte);
        }
        size += from - byte;
        memcpy(draft->expected + size, change->inserted.data, change->inserted.size);
        size += change->inserted.size;
        byte = byte_of(text, least);
    }
    if (text.size > byte) {
        memcpy(draft->expected + size, text.data + byte, text.size - byte);
        size += text.size - byte;
    }
    draft->expected[size] = '\0';
}

/* Sign the parts of an edit: each becomes an op of the history and of the text. */
static struct copse_id sign(struct copse_text_world *world, struct copse_text_edit *edit,
                            size_t replica)
{
    struct copse_text_part part;
    struct copse_id id;
    const struct copse_id *former = NULL;
    while (copse_text_edit_next(edit, &part, former) == COPSE_OK) {
        struct copse_text_shape shape;
        assert_int_equal(copse_text_shape_decode(&shape, part.shape), COPSE_OK);
        assert_true(shape.count <= 8);
        struct copse_text_history_op *op =
            copse_text_world_push(world, replica, shape.patches, shape.count, part.content);
        op->parent_count = 0;
        for (size_t i = 0; i < part.parent_count; i++) {
            for (size_t k = 0; k < world->history.count; k++) {
                if (copse_bytes_equal_ids(&world->history.ops[k].id, &part.parents[i])) {
                    copse_text_history_name(&world->history, world->history.count - 1, k);
                }
            }
        }
        assert_int_equal(world->history.ops[world->history.count - 1].parent_count,
                         part.parent_count);
        copse_text_world_add(world, replica);
        id = world->history.ops[world->history.count - 1].id;
        former = &id;
    }
    assert_non_null(former);
    return id;
}

struct opened {
    struct copse_id ids[COPSE_TEXT_ORACLE_OPS_MAX];
    size_t count;
};

static void open_version(struct opened *opened, struct copse_text_view *view,
                         struct copse_text_world *world, size_t replica)
{
    size_t heads[COPSE_TEXT_ORACLE_OPS_MAX];
    opened->count = copse_text_world_heads(world, heads, replica);
    for (size_t i = 0; i < opened->count; i++) {
        opened->ids[i] = world->history.ops[heads[i]].id;
    }
    assert_int_equal(copse_text_at(world->text, view, opened->ids, opened->count), COPSE_OK);
}

static struct copse_id save(struct copse_text_world *world, const struct opened *opened,
                            const struct draft *made, const struct copse_id *own, size_t replica)
{
    struct copse_text_edit *edit = NULL;
    struct copse_text_request request = {
        .opened = opened->ids,
        .opened_count = opened->count,
        .own = own,
        .own_count = own == NULL ? 0 : 1,
        .changes = made->changes,
        .change_count = made->count,
    };
    assert_int_equal(copse_text_edit_new(&edit, world->text, &request), COPSE_OK);
    struct copse_id id = sign(world, edit, replica);
    copse_text_edit_free(edit);
    return id;
}

static bool is_print(struct copse_slice text, const char *expected)
{
    return copse_bytes_equal(text, copse_bytes_of_string(expected));
}

static void text_edit__prints_what_the_person_left_whatever_is_hidden(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t seed = 0; seed < seed_count(); seed++) {
        struct copse_text_world world;
        struct copse_text_view view;
        struct opened opened;
        struct draft made;
        copse_text_world_init(&world, seed, 20);
        open_version(&opened, &view, &world, 0);
        draft(&made, &world, view.text, view.units);
        struct copse_id id = save(&world, &opened, &made, NULL, 0);
        assert_int_equal(copse_text_at(world.text, &view, &id, 1), COPSE_OK);
        if (!is_print(view.text, made.expected)) {
            print_error("seed %zu differs:\n%.*s\n%s\n", seed, (int)view.text.size,
                        (const char *)view.text.data, made.expected);
            failures++;
        }
        copse_text_world_deinit(&world);
    }
    assert_int_equal(failures, 0);
}

static int compare_bytes(const void *a, const void *b)
{
    return (int)*(const uint8_t *)a - (int)*(const uint8_t *)b;
}

/* The bytes of a text in rising order: what is in it, not where. */
static char *bag_of(const char *text)
{
    char *bag = strdup(text);
    assert_non_null(bag);
    qsort(bag, strlen(bag), 1, compare_bytes);
    return bag;
}

static size_t printed_units(const struct copse_text_view *view, const struct copse_id *op)
{
    size_t units = 0;
    for (size_t i = 0; i < view->run_count; i++) {
        units += copse_bytes_equal_ids(view->runs[i].op, op) ? view->runs[i].units : 0;
    }
    return units;
}

static size_t inserted_units(const struct draft *made)
{
    size_t units = 0;
    for (size_t i = 0; i < made->count; i++) {
        for (size_t k = 0; k < made->changes[i].inserted.size; k++) {
            units += (made->changes[i].inserted.data[k] & 0xc0u) != 0x80u ? 1 : 0;
        }
    }
    return units;
}

/* Two tabs of one device save over the same opened version. What comes out holds exactly what it
 * would hold had two devices saved. */
static bool two_tabs_agree(struct copse_text_world *world)
{
    struct copse_text_view view;
    struct opened opened;
    struct draft one;
    struct draft two;
    size_t refused = 0;
    for (size_t i = 0; i < world->history.count; i++) {
        world->history.ops[i].is_muted = false;
        assert_int_equal(
            copse_text_mute(world->text, &world->history.ops[i].id, COPSE_TEXT_HONOURED), COPSE_OK);
    }
    open_version(&opened, &view, world, 0);
    draft(&one, world, view.text, view.units);
    draft(&two, world, view.text, view.units);
    struct copse_id first = save(world, &opened, &one, NULL, 0);
    world->last[0] = world->history.count - 1;
    struct copse_id second = save(world, &opened, &two, &first, 0);
    assert_int_equal(copse_text_at(world->text, &view, &second, 1), COPSE_OK);
    bool is_kept = printed_units(&view, &first) == inserted_units(&one) &&
                   printed_units(&view, &second) == inserted_units(&two);
    char *both = calloc(view.text.size + 1, 1);
    assert_non_null(both);
    if (view.text.size > 0) {
        memcpy(both, view.text.data, view.text.size);
    }

    size_t heads[2] = {world->history.count - 2, world->history.count};
    world->last[1] = SIZE_MAX;
    (void)save(world, &opened, &two, NULL, 1);
    char *apart = copse_text_oracle_print(&world->history, heads, 2, &refused);
    char *bags[2] = {bag_of(both), bag_of(apart)};
    bool agrees = is_kept && strcmp(bags[0], bags[1]) == 0;
    free(both);
    free(apart);
    free(bags[0]);
    free(bags[1]);
    return agrees;
}

static void text_edit__loses_nothing_of_two_tabs(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t seed = 0; seed < seed_count(); seed++) {
        struct copse_text_world world;
        copse_text_world_init(&world, seed, 16);
        if (!two_tabs_agree(&world)) {
            print_error("seed %zu differs\n", seed);
            failures++;
        }
        copse_text_world_deinit(&world);
    }
    assert_int_equal(failures, 0);
}

/* A world of replica 0 alone, in which it has written `text`. */
static struct copse_id write_first(struct copse_text_world *world, const char *text)
{
    struct draft made = {.count = 1};
    struct opened nothing = {.count = 0};
    made.changes[0] = (struct copse_text_change){0, 0, copse_bytes_of_string(text)};
    copse_text_world_init(world, 1, 0);
    return save(world, &nothing, &made, NULL, 0);
}

static void text_edit__reaches_text_that_shows_again(void **state)
{
    (void)state;
    struct copse_text_world world;
    struct copse_text_view view;
    struct draft made = {.count = 2};
    struct opened opened = {.count = 1, .ids = {write_first(&world, "a page")}};
    struct draft blank = {.count = 1};
    blank.changes[0] = (struct copse_text_change){0, 6, {NULL, 0}};
    opened.ids[0] = save(&world, &opened, &blank, NULL, 0);
    assert_int_equal(copse_text_mute(world.text, &opened.ids[0], COPSE_TEXT_MUTED), COPSE_OK);
    world.history.ops[1].is_muted = true;

    made.changes[0] = (struct copse_text_change){2, 1, copse_bytes_of_string("c")};
    made.changes[1] = (struct copse_text_change){6, 0, copse_bytes_of_string("!")};
    opened.ids[0] = save(&world, &opened, &made, NULL, 0);
    assert_int_equal(copse_text_merge(world.text, &view, NULL), COPSE_OK);
    assert_true(is_print(view.text, "a cage!"));
    copse_text_world_deinit(&world);
}

/* SPEC 6.9: an author's next op names the author's last one "though it be muted"; nobody else
 * names it. */
static void text_edit__follows_its_author_s_muted_op_and_nobody_else_s(void **state)
{
    (void)state;
    struct copse_text_world world;
    struct copse_text_view view;
    struct draft blank = {.count = 1};
    struct draft more = {.count = 1};
    struct opened opened = {.count = 1, .ids = {write_first(&world, "a page")}};
    blank.changes[0] = (struct copse_text_change){0, 6, {NULL, 0}};
    more.changes[0] = (struct copse_text_change){6, 0, copse_bytes_of_string("!")};
    struct copse_id muted = save(&world, &opened, &blank, NULL, 0);
    assert_int_equal(copse_text_mute(world.text, &muted, COPSE_TEXT_MUTED), COPSE_OK);
    world.history.ops[1].is_muted = true;
    assert_int_equal(copse_text_merge(world.text, &view, NULL), COPSE_OK);
    assert_int_equal(view.head_count, 1);
    assert_true(copse_bytes_equal_ids(&view.heads[0], &opened.ids[0]));

    (void)save(&world, &opened, &more, &muted, 0);
    assert_int_equal(world.history.ops[2].parent_count, 1);
    assert_int_equal(world.history.ops[2].parents[0], 1);
    more.changes[0] = (struct copse_text_change){6, 0, copse_bytes_of_string("?")};
    (void)save(&world, &opened, &more, NULL, 1);
    assert_int_equal(world.history.ops[3].parent_count, 1);
    assert_int_equal(world.history.ops[3].parents[0], 0);
    assert_int_equal(copse_text_merge(world.text, &view, NULL), COPSE_OK);
    assert_int_equal(view.refused_count, 0);
    assert_int_equal(view.head_count, 2);
    assert_true(is_print(view.text, "a page!?") || is_print(view.text, "a page?!"));
    copse_text_world_deinit(&world);
}

static void text_edit__joins_heads_with_an_empty_edit(void **state)
{
    (void)state;
    struct copse_text_world world;
    struct opened opened = {.count = 1, .ids = {write_first(&world, "x")}};
    struct draft nothing = {.count = 0};
    (void)save(&world, &opened, &nothing, NULL, 0);
    assert_int_equal(world.history.ops[1].patch_count, 0);
    assert_int_equal(world.history.ops[1].parent_count, 1);
    copse_text_world_deinit(&world);
}

/* Add the parts of an edit straight to a text; gives how many. */
static size_t add_parts(struct copse_text *text, struct copse_text_edit *edit, uint8_t *contents,
                        uint64_t first_id)
{
    struct copse_text_part part;
    struct copse_id id = copse_text_history_id(first_id);
    size_t count = 0;
    while (copse_text_edit_next(edit, &part, count == 0 ? NULL : &id) == COPSE_OK) {
        assert_true(part.shape.size <= COPSE_TEXT_SHAPE_BYTES_MAX);
        assert_true(part.content.size <= COPSE_TEXT_SHAPE_CONTENT_MAX);
        memcpy(contents, part.content.data, part.content.size);
        struct copse_text_op op = {
            .id = copse_text_history_id(first_id + 1 + count),
            .author = copse_text_history_id(1),
            .parents = part.parents,
            .parent_count = part.parent_count,
            .shape = part.shape,
            .content_size = part.content.size,
            .content = {contents, part.content.size},
        };
        assert_int_equal(copse_text_add(text, &op), COPSE_OK);
        id = op.id;
        contents += part.content.size;
        count++;
    }
    return count;
}

static size_t apply(struct copse_text *text, const struct copse_text_change *changes, size_t count,
                    uint8_t *contents)
{
    struct copse_text_view view;
    struct copse_text_edit *edit = NULL;
    assert_int_equal(copse_text_merge(text, &view, NULL), COPSE_OK);
    struct copse_text_request request = {.opened = view.heads,
                                         .opened_count = view.head_count,
                                         .changes = changes,
                                         .change_count = count};
    assert_int_equal(copse_text_edit_new(&edit, text, &request), COPSE_OK);
    size_t parts = add_parts(text, edit, contents, view.units + 1000000 * view.head_count);
    copse_text_edit_free(edit);
    return parts;
}

static void text_edit__parts_what_is_too_long_for_one_op(void **state)
{
    (void)state;
    enum { UNITS = 60000, PLACES = 2000 };
    struct copse_text *text = NULL;
    struct copse_text_view view;
    static uint8_t long_text[UNITS * 2];
    static uint8_t contents[UNITS * 2 + PLACES * 2];
    static struct copse_text_change changes[PLACES];
    for (size_t i = 0; i < UNITS; i++) {
        memcpy(long_text + 2 * i, "\xc3\xa9", 2);
    }
    assert_int_equal(copse_text_new(&text, copse_memory_heap()), COPSE_OK);
    struct copse_text_change paste = {0, 0, {long_text, sizeof long_text}};
    assert_int_equal(apply(text, &paste, 1, contents), 3);
    assert_int_equal(copse_text_merge(text, &view, NULL), COPSE_OK);
    assert_int_equal(view.units, UNITS);
    assert_int_equal(view.head_count, 1);

    for (size_t i = 0; i < PLACES; i++) {
        changes[i] = (struct copse_text_change){i * 30, 2, copse_bytes_of_string("xy")};
    }
    assert_true(apply(text, changes, PLACES, contents + sizeof long_text) >= 4);
    assert_int_equal(copse_text_merge(text, &view, NULL), COPSE_OK);
    assert_int_equal(view.refused_count, 0);
    assert_int_equal(view.units, UNITS);
    for (size_t i = 0; i < PLACES; i++) {
        assert_memory_equal(view.text.data + i * 58, "xy\xc3\xa9", 4);
    }
    copse_text_free(text);
}

static enum copse_err try(struct copse_text *text, const struct copse_id *opened, size_t count,
                          const struct copse_text_change *changes, size_t change_count)
{
    struct copse_text_edit *edit = NULL;
    struct copse_text_request request = {
        .opened = opened, .opened_count = count, .changes = changes, .change_count = change_count};
    enum copse_err err = copse_text_edit_new(&edit, text, &request);
    copse_text_edit_free(edit);
    return err;
}

static void text_edit__refuses_what_makes_no_sense(void **state)
{
    (void)state;
    struct copse_text_world world;
    struct copse_id id = write_first(&world, "four");
    struct copse_id many[COPSE_TEXT_PARENTS_MAX + 1];
    struct copse_id unknown = copse_text_history_id(99);
    struct copse_text_change beyond[] = {{3, 2, {NULL, 0}}};
    struct copse_text_change behind[] = {{5, 0, copse_bytes_of_string("x")}};
    struct copse_text_change crossed[] = {{1, 2, {NULL, 0}}, {2, 1, {NULL, 0}}};
    struct copse_text_change control[] = {{0, 0, copse_bytes_of_string("\r\n")}};
    struct copse_text_change bytes[] = {{0, 0, copse_bytes_of_string("\xff")}};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(many); i++) {
        many[i] = id;
    }
    assert_int_equal(try(world.text, &id, 1, beyond, 1), COPSE_ERR_FORM);
    assert_int_equal(try(world.text, &id, 1, behind, 1), COPSE_ERR_FORM);
    assert_int_equal(try(world.text, &id, 1, crossed, 2), COPSE_ERR_FORM);
    assert_int_equal(try(world.text, &id, 1, control, 1), COPSE_ERR_FORM);
    assert_int_equal(try(world.text, &id, 1, bytes, 1), COPSE_ERR_FORM);
    assert_int_equal(try(world.text, &unknown, 1, NULL, 0), COPSE_ERR_NOT_FOUND);
    assert_int_equal(try(world.text, many, COPSE_ARRAY_SIZE(many), NULL, 0), COPSE_ERR_LIMIT);
    assert_int_equal(try(world.text, &id, 1, NULL, 0), COPSE_OK);
    copse_text_world_deinit(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_edit__prints_what_the_person_left_whatever_is_hidden),
        cmocka_unit_test(text_edit__loses_nothing_of_two_tabs),
        cmocka_unit_test(text_edit__reaches_text_that_shows_again),
        cmocka_unit_test(text_edit__follows_its_author_s_muted_op_and_nobody_else_s),
        cmocka_unit_test(text_edit__joins_heads_with_an_empty_edit),
        cmocka_unit_test(text_edit__parts_what_is_too_long_for_one_op),
        cmocka_unit_test(text_edit__refuses_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
