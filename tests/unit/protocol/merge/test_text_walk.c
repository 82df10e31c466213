/* The replay against published histories, against the oracle, and what it costs. */
#include "protocol/merge/text_walk.h"

#include "tests/support/cmocka.h"
#include "tests/support/text_history.h"
#include "tests/support/text_oracle.h"
#include "tests/support/text_world.h"

#include <stdlib.h>
#include <string.h>

enum { SEEDS = 10000, CASES = 1000, ORDERS = 6 }; /* file, reverse, depth first, 3 random */

static struct copse_text *fresh_text(void)
{
    struct copse_text *text = NULL;
    assert_int_equal(copse_text_new(&text, copse_memory_heap()), COPSE_OK);
    return text;
}

static void give(struct copse_text *text, const struct copse_text_history *history, size_t number)
{
    struct copse_text_op op = copse_text_history_give(history, number);
    assert_int_equal(copse_text_add(text, &op), COPSE_OK);
}

static enum copse_text_history_order order_of(size_t i)
{
    static const enum copse_text_history_order orders[] = {
        COPSE_TEXT_HISTORY_FORWARD,
        COPSE_TEXT_HISTORY_BACKWARD,
        COPSE_TEXT_HISTORY_DEPTH_FIRST,
    };
    return i < COPSE_ARRAY_SIZE(orders) ? orders[i] : COPSE_TEXT_HISTORY_RANDOM;
}

static bool prints(struct copse_slice text, const char *expected)
{
    return copse_bytes_equal(text, copse_bytes_of_string(expected));
}

/* Deliver a history in one order; merging `merge_every` ops as well as at the end (0: not). */
static bool comes_to(const struct copse_text_history *history, const size_t *order,
                     size_t merge_every, const char *expected)
{
    struct copse_text *text = fresh_text();
    struct copse_text_view view;
    for (size_t i = 0; i < history->count; i++) {
        give(text, history, order[i]);
        if (merge_every != 0 && i % merge_every == 0) {
            assert_int_equal(copse_text_merge(text, &view, NULL), COPSE_OK);
        }
    }
    assert_int_equal(copse_text_merge(text, &view, NULL), COPSE_OK);
    assert_int_equal(view.pending_count, 0);
    bool is_right = prints(view.text, expected);
    copse_text_free(text);
    return is_right;
}

struct tally {
    struct copse_random random;
    size_t case_count;
    size_t differing;
};

static void run_case(const struct copse_text_history *history, size_t number, void *context)
{
    struct tally *tally = context;
    for (size_t i = 0; i < ORDERS; i++) {
        size_t *order = copse_text_history_order(history, order_of(i), &tally->random);
        if (!comes_to(history, order, 0, history->end)) {
            print_error("case %zu, order %zu differs\n", number, i);
            tally->differing++;
        }
        free(order);
    }
    tally->case_count++;
}

static void text_walk__agrees_with_the_conformance_file_in_every_order(void **state)
{
    (void)state;
    struct tally tally = {.case_count = 0};
    copse_random_init(&tally.random, 1);
    if (!copse_text_history_each_case("vectors/egwalker-conformance.json.gz", run_case, &tally)) {
        skip();
    }
    print_message("conformance: %zu cases, differs: %zu\n", tally.case_count, tally.differing);
    assert_int_equal(tally.case_count, CASES);
    assert_int_equal(tally.differing, 0);
}

static void run_oracle_case(const struct copse_text_history *history, size_t number, void *context)
{
    struct tally *tally = context;
    size_t refused = 0;
    tally->case_count++;
    if (history->count > COPSE_TEXT_ORACLE_OPS_MAX) {
        return;
    }
    char *text = copse_text_oracle_print(history, NULL, 0, &refused);
    if (strcmp(text, history->end) != 0) {
        print_error("case %zu: the oracle differs\n", number);
        tally->differing++;
    }
    free(text);
}

static void text_oracle__agrees_with_the_conformance_file(void **state)
{
    (void)state;
    struct tally tally = {.case_count = 0};
    if (!copse_text_history_each_case("vectors/egwalker-conformance.json.gz", run_oracle_case,
                                      &tally)) {
        skip();
    }
    assert_int_equal(tally.case_count, CASES);
    assert_int_equal(tally.differing, 0);
}

static void trace_comes_to_its_end(const char *name)
{
    struct copse_text_history history;
    struct copse_random random;
    copse_random_init(&random, 2);
    copse_text_history_init(&history);
    if (!copse_text_history_load_trace(&history, name)) {
        skip();
    }
    static const enum copse_text_history_order orders[] = {
        COPSE_TEXT_HISTORY_FORWARD, COPSE_TEXT_HISTORY_BACKWARD, COPSE_TEXT_HISTORY_RANDOM};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(orders); i++) {
        size_t *order = copse_text_history_order(&history, orders[i], &random);
        assert_true(comes_to(&history, order, i == 0 ? 2500 : 0, history.end));
        free(order);
    }
    copse_text_history_deinit(&history);
}

static void text_walk__replays_two_writers_in_any_order(void **state)
{
    (void)state;
    trace_comes_to_its_end("vectors/trace-friendsforever.json.gz");
}

static void text_walk__replays_one_writer_in_any_order(void **state)
{
    (void)state;
    trace_comes_to_its_end("vectors/trace-sveltecomponent.json.gz");
}

/* The limit on ops parts a long history into pages, each continuing the text of the one before. */
static void text_walk__replays_a_long_history_page_by_page(void **state)
{
    (void)state;
    struct copse_text_history history;
    copse_text_history_init(&history);
    if (!copse_text_history_load_trace(&history, "vectors/trace-automerge-paper.json.gz")) {
        skip();
    }
    struct copse_text_view view = {.units = 0};
    struct copse_text *text = NULL;
    struct copse_text_history page;
    copse_text_history_init(&page);
    for (size_t i = 0; i < history.count;) {
        struct copse_text_patch all = {0, 0, (uint32_t)view.units, false};
        struct copse_id id = copse_text_history_id(0);
        copse_text_history_push(&page, &id, &all, view.units > 0 ? 1 : 0, view.text);
        copse_text_free(text);
        text = fresh_text();
        give(text, &page, page.count - 1);
        for (size_t k = 1; k < COPSE_TEXT_OPS_MAX && i < history.count; k++, i++) {
            struct copse_text_op op = copse_text_history_give(&history, i);
            op.parents = k == 1 ? &page.ops[page.count - 1].id : op.parents;
            op.parent_count = 1;
            assert_int_equal(copse_text_add(text, &op), COPSE_OK);
        }
        assert_int_equal(copse_text_merge(text, &view, NULL), COPSE_OK);
        assert_int_equal(view.refused_count, 0);
    }
    assert_true(prints(view.text, history.end));
    copse_text_free(text);
    copse_text_history_deinit(&page);
    copse_text_history_deinit(&history);
}

static size_t seed_count(void)
{
    const char *wanted = getenv("COPSE_SEEDS");
    return wanted == NULL ? SEEDS : strtoul(wanted, NULL, 10);
}

/* The history in every order against the oracle; halfway statuses and contents are flipped. */
static bool every_order_agrees(struct copse_text_world *world)
{
    bool agrees = true;
    size_t refused = 0;
    char *expected = copse_text_oracle_print(&world->history, NULL, 0, &refused);
    for (size_t i = 0; i < ORDERS; i++) {
        if (i == 3) {
            free(expected);
            copse_text_world_flip(world);
            expected = copse_text_oracle_print(&world->history, NULL, 0, &refused);
        }
        size_t *order = copse_text_history_order(&world->history, order_of(i), &world->random);
        size_t every = (size_t)copse_random_below(&world->random, 6);
        agrees = agrees && comes_to(&world->history, order, every, expected);
        free(order);
    }
    free(expected);
    return agrees;
}

/* Do the heads of a version match, and does what they name show the same? `text` is the one that
 * `view` was made with, and is moved. */
static bool heads_agree(struct copse_text_world *world, const struct copse_text_view *view,
                        const size_t *version, size_t version_count, const char *expected)
{
    size_t heads[COPSE_TEXT_ORACLE_OPS_MAX];
    struct copse_id ids[COPSE_TEXT_ORACLE_OPS_MAX];
    size_t count = copse_text_oracle_heads(&world->history, heads, version, version_count);
    size_t found = 0;
    for (size_t i = 0; i < view->head_count; i++) {
        ids[i] = view->heads[i];
        for (size_t k = 0; k < count; k++) {
            found += copse_bytes_equal_ids(&ids[i], &world->history.ops[heads[k]].id) ? 1 : 0;
        }
    }
    struct copse_text_view again;
    bool agrees = found == count && view->head_count == count;
    assert_int_equal(copse_text_at(world->text, &again, ids, view->head_count), COPSE_OK);
    return agrees && again.head_count == count && prints(again.text, expected);
}

/* What the world's own text prints, which was moved about while the history was made and is now
 * told of the flips. */
static bool flips_agree(struct copse_text_world *world)
{
    struct copse_text_view view;
    size_t refused = 0;
    for (size_t i = 0; i < world->history.count; i++) {
        struct copse_text_op op = copse_text_history_give(&world->history, i);
        assert_int_equal(copse_text_mute(world->text, &op.id, op.status), COPSE_OK);
        assert_int_equal(copse_text_set_content(world->text, &op.id, op.content), COPSE_OK);
    }
    char *expected = copse_text_oracle_print(&world->history, NULL, 0, &refused);
    assert_int_equal(copse_text_merge(world->text, &view, NULL), COPSE_OK);
    bool agrees = prints(view.text, expected) && view.refused_count == refused &&
                  heads_agree(world, &view, NULL, 0, expected);
    free(expected);
    return agrees;
}

/* Any version, too. */
static bool a_version_agrees(struct copse_text_world *world)
{
    size_t heads[COPSE_TEXT_ORACLE_OPS_MAX];
    struct copse_id ids[COPSE_TEXT_ORACLE_OPS_MAX];
    struct copse_text_view view;
    size_t refused = 0;
    size_t replica = (size_t)copse_random_below(&world->random, world->replica_count);
    size_t count = copse_text_world_heads(world, heads, replica);
    for (size_t i = 0; i < count; i++) {
        ids[i] = world->history.ops[heads[i]].id;
    }
    char *expected = copse_text_oracle_print(&world->history, heads, count, &refused);
    assert_int_equal(copse_text_at(world->text, &view, ids, count), COPSE_OK);
    bool agrees = prints(view.text, expected) && heads_agree(world, &view, heads, count, expected);
    free(expected);
    return agrees;
}

static void text_walk__gives_one_text_in_every_order_for_random_histories(void **state)
{
    (void)state;
    size_t failures = 0;
    size_t ops = 0;
    for (size_t seed = 0; seed < seed_count(); seed++) {
        struct copse_text_world world;
        copse_text_world_init(&world, seed, 24);
        if (!every_order_agrees(&world) || !flips_agree(&world) || !a_version_agrees(&world)) {
            print_error("seed %zu (%zu ops) differs\n", seed, world.history.count);
            failures++;
        }
        ops += world.history.count;
        copse_text_world_deinit(&world);
    }
    print_message("random histories: %zu, ops: %zu, differs: %zu\n", seed_count(), ops, failures);
    assert_int_equal(failures, 0);
}

/* One op of one patch, that names `parents` numbers. */
static void push_op(struct copse_text_history *history, struct copse_text_patch patch,
                    const size_t *parents, size_t parent_count)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    size_t number = history->count;
    /* A mix of the number, so that ties do not fall in the order of arrival. */
    struct copse_id id = copse_text_history_id((number + 1) * 0x9e3779b97f4a7c15u);
    struct copse_slice content = {(const uint8_t *)letters, patch.ins};
    copse_text_history_push(history, &id, &patch, 1, content)->author = id;
    for (size_t i = 0; i < parent_count; i++) {
        copse_text_history_name(history, number, parents[i]);
    }
}

/* Deliver in order of making, merge once, and say what it cost. */
static uint64_t steps_of(const struct copse_text_history *history)
{
    struct copse_text *text = fresh_text();
    struct copse_text_view view;
    for (size_t i = 0; i < history->count; i++) {
        give(text, history, i);
    }
    assert_int_equal(copse_text_merge(text, &view, NULL), COPSE_OK);
    assert_int_equal(view.refused_count, 0);
    uint64_t steps = view.steps;
    copse_text_free(text);
    return steps;
}

enum { ATTACK_OPS = 4000 };

static const struct copse_text_patch at_start = {.pos = 0, .ins = 1};

static void text_walk__takes_a_chain_step_by_step(void **state)
{
    (void)state;
    struct copse_text_history history;
    copse_text_history_init(&history);
    for (size_t i = 0; i < ATTACK_OPS; i++) {
        push_op(&history, at_start, &(size_t){i - 1}, i > 0 ? 1 : 0);
    }
    assert_in_range(steps_of(&history), ATTACK_OPS, 4 * ATTACK_OPS);
    copse_text_history_deinit(&history);
}

/* Two branches that come by turns, each at an end of its own. */
static void text_walk__leaves_a_branch_once(void **state)
{
    (void)state;
    struct copse_text_history history;
    copse_text_history_init(&history);
    push_op(&history, (struct copse_text_patch){.ins = 2}, NULL, 0);
    for (size_t i = 1; i < ATTACK_OPS; i++) {
        struct copse_text_patch patch = {.pos = i % 2 == 0 ? 0 : (uint32_t)(i / 2 + 2), .ins = 1};
        push_op(&history, patch, &(size_t){i < 3 ? 0 : i - 2}, 1);
    }
    assert_in_range(steps_of(&history), ATTACK_OPS, 12 * ATTACK_OPS);
    copse_text_history_deinit(&history);
}

/* Half the ops a chain, the others leaves anywhere on it, delivered after it. */
static void text_walk__takes_leaves_of_an_old_chain_where_they_hang(void **state)
{
    (void)state;
    struct copse_text_history history;
    struct copse_random random;
    copse_random_init(&random, 3);
    copse_text_history_init(&history);
    for (size_t i = 0; i < ATTACK_OPS; i++) {
        size_t parent =
            i < ATTACK_OPS / 2 ? i - 1 : (size_t)copse_random_below(&random, ATTACK_OPS / 2);
        struct copse_text_patch patch = {.pos = i == 0 ? 0 : (uint32_t)parent + 1, .ins = 1};
        push_op(&history, patch, &parent, i > 0 ? 1 : 0);
    }
    assert_in_range(steps_of(&history), ATTACK_OPS, 12 * ATTACK_OPS);
    copse_text_history_deinit(&history);
}

/* One paste, then one deletion a unit, in no order. */
static void text_walk__survives_a_shredded_paste(void **state)
{
    (void)state;
    struct copse_text_history history;
    struct copse_random random;
    copse_random_init(&random, 4);
    copse_text_history_init(&history);
    static uint8_t paste[ATTACK_OPS];
    memset(paste, 'x', sizeof paste);
    struct copse_text_patch patch = {.ins = ATTACK_OPS};
    struct copse_id id = copse_text_history_id(0);
    copse_text_history_push(&history, &id, &patch, 1, (struct copse_slice){paste, sizeof paste});
    for (size_t i = 1; i < ATTACK_OPS; i++) {
        uint32_t left = (uint32_t)(ATTACK_OPS + 1 - i);
        struct copse_text_patch cut = {.pos = (uint32_t)copse_random_below(&random, left),
                                       .del = 1};
        push_op(&history, cut, &(size_t){i - 1}, 1);
    }
    assert_in_range(steps_of(&history), ATTACK_OPS, 4 * ATTACK_OPS);
    copse_text_history_deinit(&history);
}

/* Everybody at the same place at once: each passes others, so the square is the price. */
static void text_walk__pays_at_most_the_square_for_a_fan_at_one_place(void **state)
{
    (void)state;
    struct copse_text_history history;
    copse_text_history_init(&history);
    for (size_t i = 0; i < ATTACK_OPS; i++) {
        push_op(&history, at_start, NULL, 0);
    }
    assert_in_range(steps_of(&history), ATTACK_OPS, (uint64_t)ATTACK_OPS * ATTACK_OPS);
    copse_text_history_deinit(&history);
}

static void text_walk__pays_at_most_the_square_for_two_branches_at_one_place(void **state)
{
    (void)state;
    struct copse_text_history history;
    copse_text_history_init(&history);
    for (size_t i = 0; i < ATTACK_OPS; i++) {
        push_op(&history, at_start, &(size_t){i - 2}, i > 1 ? 1 : 0);
    }
    assert_in_range(steps_of(&history), ATTACK_OPS, (uint64_t)ATTACK_OPS * ATTACK_OPS);
    copse_text_history_deinit(&history);
}

/* 32 chains, then ops that each merge a random 16 of them: square in any order. The budget puts
 * off what is left, and going on comes to the text that no budget gives. */
static void text_walk__puts_off_what_costs_too_much(void **state)
{
    (void)state;
    enum { CHAINS = 32, BUDGET = 20000 };
    struct copse_text_history history;
    struct copse_random random;
    copse_random_init(&random, 5);
    copse_text_history_init(&history);
    for (size_t i = 0; i < ATTACK_OPS / 2; i++) {
        push_op(&history, at_start, &(size_t){i - CHAINS}, i >= CHAINS ? 1 : 0);
    }
    for (size_t i = 0; i < ATTACK_OPS / 8; i++) {
        size_t parents[COPSE_TEXT_PARENTS_MAX];
        size_t first = (size_t)copse_random_below(&random, CHAINS);
        for (size_t p = 0; p < COPSE_TEXT_PARENTS_MAX; p++) {
            parents[p] = ATTACK_OPS / 2 - 1 - (first + p * (1 + i % 2)) % CHAINS;
        }
        push_op(&history, at_start, parents, COPSE_TEXT_PARENTS_MAX);
    }
    struct copse_text *whole = fresh_text();
    struct copse_text *parts = fresh_text();
    struct copse_text_view all;
    struct copse_text_view view = {.deferred_count = 1};
    for (size_t i = 0; i < history.count; i++) {
        give(whole, &history, i);
        give(parts, &history, i);
    }
    assert_int_equal(copse_text_merge(whole, &all, NULL), COPSE_OK);
    size_t rounds = 0;
    for (; view.deferred_count > 0; rounds++) {
        struct copse_text_options options = {.budget = BUDGET};
        assert_int_equal(copse_text_merge(parts, &view, &options), COPSE_OK);
        /* One op, and the move to what is printed, may go over. */
        assert_in_range(view.steps, 0, BUDGET + 40 * ATTACK_OPS);
    }
    assert_true(rounds > 3);
    assert_true(copse_bytes_equal(view.text, all.text));
    copse_text_free(whole);
    copse_text_free(parts);
    copse_text_history_deinit(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_walk__agrees_with_the_conformance_file_in_every_order),
        cmocka_unit_test(text_oracle__agrees_with_the_conformance_file),
        cmocka_unit_test(text_walk__replays_two_writers_in_any_order),
        cmocka_unit_test(text_walk__replays_one_writer_in_any_order),
        cmocka_unit_test(text_walk__replays_a_long_history_page_by_page),
        cmocka_unit_test(text_walk__gives_one_text_in_every_order_for_random_histories),
        cmocka_unit_test(text_walk__takes_a_chain_step_by_step),
        cmocka_unit_test(text_walk__leaves_a_branch_once),
        cmocka_unit_test(text_walk__takes_leaves_of_an_old_chain_where_they_hang),
        cmocka_unit_test(text_walk__survives_a_shredded_paste),
        cmocka_unit_test(text_walk__pays_at_most_the_square_for_a_fan_at_one_place),
        cmocka_unit_test(text_walk__pays_at_most_the_square_for_two_branches_at_one_place),
        cmocka_unit_test(text_walk__puts_off_what_costs_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
