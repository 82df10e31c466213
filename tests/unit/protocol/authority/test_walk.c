/* The walk against the naive model on random histories, and the properties the text promises. */
#include "protocol/authority/walk.h"

#include "tests/support/cmocka.h"
#include "tests/support/governance_random.h"
#include "tests/support/governance_run.h"
#include "tests/support/hash_scheme.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS 10000u /* the environment variable COPSE_SEEDS asks for more or fewer */
#define ENTRIES_MAX 56

static uint64_t seed_count(void)
{
    const char *text = getenv("COPSE_SEEDS");
    return text == NULL ? SEEDS : strtoull(text, NULL, 10);
}

/* One random history, built, with what a node holds of it. */
struct scene {
    uint64_t seed;
    struct copse_random random;
    struct model_history history;
    struct governance_built built;
    bool held[MODEL_ENTRIES_MAX];
    int order[MODEL_ENTRIES_MAX];
    int count;
};

static void open_scene(struct scene *scene, uint64_t seed)
{
    struct governance_build_options options = {copse_hash_scheme(), NULL};
    memset(scene, 0, sizeof *scene);
    scene->seed = seed;
    copse_random_init(&scene->random, seed);
    int entries = 10 + (int)copse_random_below(&scene->random, ENTRIES_MAX - 10);
    governance_random_history(&scene->history, &scene->random, entries);
    governance_build(&scene->built, &scene->history, &options);
    governance_random_subset(scene->held, &scene->history, &scene->random);
}

static void run(struct governance_outcome *out, struct scene *scene)
{
    scene->count =
        governance_random_order(scene->order, &scene->history, scene->held, &scene->random);
    governance_run(out, &scene->history, &scene->built, copse_hash_scheme(), scene->order,
                   scene->count);
}

static void check_against_model(const struct scene *scene, const struct governance_outcome *outcome)
{
    struct model_result model;
    model_evaluate(&model, &scene->history, scene->held);
    for (int i = 0; i < scene->history.count; i++) {
        if (!scene->held[i]) {
            continue;
        }
        if (governance_run_counts(outcome, i) != model.honoured[i]) {
            fail_msg("seed %llu: entry %d of kind %d is %s, the model has it %s",
                     (unsigned long long)scene->seed, i, (int)scene->history.entries[i].kind,
                     copse_verdict_name(outcome->verdict[i]), model.honoured[i] ? "in" : "out");
        }
        if (outcome->wanted[i] != model.wanted[i]) {
            fail_msg("seed %llu: entry %d is %s", (unsigned long long)scene->seed, i,
                     model.wanted[i] ? "not wanted but should be" : "wanted but should not be");
        }
    }
    for (int i = 0; i < scene->history.person_count; i++) {
        if (outcome->role[i] != model.role[i]) {
            fail_msg("seed %llu: person %d has role %d, by the model %d",
                     (unsigned long long)scene->seed, i, outcome->role[i], model.role[i]);
        }
    }
    if (outcome->charter != model.charter) {
        fail_msg("seed %llu: charter %d, by the model %d", (unsigned long long)scene->seed,
                 outcome->charter, model.charter);
    }
}

static void walk__agrees_with_the_model(void **state)
{
    (void)state;
    static struct scene scene;
    static struct governance_outcome outcome;
    for (uint64_t seed = 1; seed <= seed_count(); seed++) {
        open_scene(&scene, seed);
        run(&outcome, &scene);
        check_against_model(&scene, &outcome);
        governance_build_free(&scene.built);
    }
}

static void walk__gives_the_same_rows_in_any_order(void **state)
{
    (void)state;
    static struct scene scene;
    static struct governance_outcome first;
    static struct governance_outcome second;
    for (uint64_t seed = 1; seed <= seed_count() / 2; seed++) {
        open_scene(&scene, seed);
        run(&first, &scene);
        run(&second, &scene);
        if (!copse_bytes_equal_ids(&first.digest, &second.digest)) {
            fail_msg("seed %llu: the rows differ", (unsigned long long)seed);
        }
        assert_memory_equal(first.verdict, second.verdict, sizeof first.verdict);
        governance_build_free(&scene.built);
    }
}

static void walk__needs_only_what_is_wanted(void **state)
{
    (void)state;
    static struct scene scene;
    static struct governance_outcome whole;
    static struct governance_outcome part;
    for (uint64_t seed = 1; seed <= seed_count() / 2; seed++) {
        open_scene(&scene, seed);
        run(&whole, &scene);
        memcpy(scene.held, whole.wanted, sizeof scene.held);
        run(&part, &scene);
        for (int i = 0; i < scene.history.count; i++) {
            bool was_wanted = whole.is_held[i] && whole.wanted[i];
            if (governance_run_counts(&whole, i) != governance_run_counts(&part, i) ||
                (was_wanted && !part.wanted[i])) {
                fail_msg("seed %llu: entry %d of kind %d: %s with all, %s with what is wanted",
                         (unsigned long long)seed, i, (int)scene.history.entries[i].kind,
                         copse_verdict_name(whole.verdict[i]),
                         part.is_held[i] ? copse_verdict_name(part.verdict[i]) : "gone");
            }
        }
        assert_memory_equal(whole.role, part.role, sizeof whole.role);
        assert_int_equal(whole.charter, part.charter);
        governance_build_free(&scene.built);
    }
}

static bool may_reach_up(const struct model_history *history)
{
    for (int i = 0; i < history->count; i++) {
        if (history->entries[i].kind == MODEL_RECALL) {
            return true;
        }
    }
    return false;
}

/* SPEC 7.2: what comes late from somebody changes nothing that is senior to all they hold. */
static void walk__lets_a_late_entry_change_juniors_only(void **state)
{
    (void)state;
    static struct scene scene;
    static struct governance_outcome with;
    static struct governance_outcome without;
    struct model_result model;
    int checked = 0;
    for (uint64_t seed = 1; seed <= seed_count() / 2; seed++) {
        open_scene(&scene, seed);
        int late = scene.history.count - 1;
        if (!scene.held[late] || late == 0 || may_reach_up(&scene.history)) {
            governance_build_free(&scene.built);
            continue;
        }
        const struct model_entry *join =
            &scene.history.entries[model_join_of(&scene.history, late)];
        int person = join->kind == MODEL_GENESIS ? join->founders.items[0] : join->person;
        run(&with, &scene);
        model_evaluate(&model, &scene.history, scene.held);
        scene.held[late] = false;
        run(&without, &scene);
        for (int i = 0; i < late; i++) {
            bool is_senior =
                model.under[i] != MODEL_NONE && model.under[i] < model.seniority[person];
            if (scene.held[i] && is_senior && with.verdict[i] != without.verdict[i]) {
                fail_msg("seed %llu: entry %d became %s by entry %d", (unsigned long long)seed, i,
                         copse_verdict_name(with.verdict[i]), late);
            }
            checked += is_senior ? 1 : 0;
        }
        governance_build_free(&scene.built);
    }
    assert_true(checked > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk__agrees_with_the_model),
        cmocka_unit_test(walk__gives_the_same_rows_in_any_order),
        cmocka_unit_test(walk__needs_only_what_is_wanted),
        cmocka_unit_test(walk__lets_a_late_entry_change_juniors_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
