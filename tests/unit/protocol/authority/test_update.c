/* After every single entry the rows that are brought up to date are those of a whole evaluation. */
#include "protocol/authority/update.h"

#include "protocol/authority/docket.h"
#include "protocol/authority/standing.h"
#include "protocol/authority/wanted.h"
#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/governance_random.h"
#include "tests/support/governance_run.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/state_memory.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS 600u /* the environment variable COPSE_SEEDS asks for more or fewer */
#define ENTRIES_MAX 90

static uint64_t seed_count(void)
{
    const char *text = getenv("COPSE_SEEDS");
    return text == NULL ? SEEDS : strtoull(text, NULL, 10);
}

/* What one node holds, and the rows it keeps. */
struct node {
    struct memory_source *held;
    struct copse_source source;
    struct copse_id community;
    struct copse_state_memory *map;
    const struct copse_state *state;
    struct copse_update update;
};

static const struct copse_governance_options *options(void)
{
    static struct copse_governance_options made;
    made.memory = copse_memory_heap();
    made.scheme = copse_hash_scheme();
    return &made;
}

static void open_node(struct node *node, const struct copse_id *community)
{
    memset(node, 0, sizeof *node);
    node->community = *community;
    node->held = memory_source_new(community);
    node->source = memory_source_port(node->held);
    node->map = copse_state_memory_new(copse_memory_heap(), COPSE_STATE_MEMORY_FAST);
    assert_non_null(node->map);
    node->state = copse_state_memory_port(node->map);
    copse_update_init(&node->update, copse_memory_heap());
}

static void close_node(struct node *node)
{
    copse_update_deinit(&node->update);
    copse_state_memory_free(node->map);
    memory_source_free(node->held);
}

static void evaluate(const struct node *node, const struct copse_state *state)
{
    struct copse_governance *governance = NULL;
    assert_int_equal(copse_governance_new(&governance, &node->community, &node->source, options()),
                     COPSE_OK);
    assert_int_equal(copse_standing_write(state, governance), COPSE_OK);
    copse_governance_free(governance);
}

static bool read_op(struct copse_op *op, const struct copse_held *held)
{
    return !copse_entry_has_unknown_ext(&held->entry) &&
           copse_op_decode(op, held->entry.op, held->entry.class) == COPSE_OK;
}

static void take(struct node *node, const struct governance_built *built, int entry)
{
    struct copse_held held;
    struct copse_op op;
    governance_build_add(node->held, built, entry);
    assert_int_equal(node->source.find(node->source.context, &held, &built->entries[entry].id),
                     COPSE_OK);
    bool is_known = read_op(&op, &held);
    const struct copse_log *log = node->source.log(node->source.context, held.position.log);
    if (is_known) {
        assert_int_equal(copse_docket_add(node->state, &held, &op), COPSE_OK);
    }
    assert_int_equal(
        copse_update_add(&node->update, node->state, log, &held, is_known ? &op : NULL), COPSE_OK);
}

/* How often, and how often as a whole. */
struct tally {
    size_t updates;
    size_t wholes;
    size_t drops;
};

static void settle(struct node *node, struct tally *tally)
{
    tally->updates += copse_update_is_empty(&node->update) ? 0u : 1u;
    tally->wholes += node->update.is_whole ? 1u : 0u;
    assert_int_equal(
        copse_update_settle(&node->update, node->state, &node->community, &node->source, options()),
        COPSE_OK);
}

static bool is_of(const struct copse_held *held, const struct node *node,
                  const struct copse_id *join)
{
    const struct copse_log *log = node->source.log(node->source.context, held->position.log);
    return copse_bytes_equal_ids(&log->join, join);
}

/* Give up both logs of a JOIN. */
static void drop(struct node *node, const struct copse_id *join)
{
    for (size_t i = 0; i < memory_source_count(node->held); i++) {
        const struct copse_held *held = memory_source_at(node->held, i);
        struct copse_op op;
        if (!is_of(held, node, join)) {
            continue;
        }
        const struct copse_log *log = node->source.log(node->source.context, held->position.log);
        assert_int_equal(copse_update_remove(&node->update, node->state, log, held), COPSE_OK);
        if (read_op(&op, held)) {
            assert_int_equal(copse_docket_remove(node->state, held, &op), COPSE_OK);
        }
    }
    assert_true(memory_source_drop(node->held, join));
}

/* Give up logs: of those that nothing is wanted of all, of others now and then one. */
static void drop_some(struct node *node, struct copse_random *random, struct tally *tally)
{
    for (size_t i = 0; i < memory_source_count(node->held); i++) {
        const struct copse_held *held = memory_source_at(node->held, i);
        const struct copse_log *log = node->source.log(node->source.context, held->position.log);
        enum copse_wanted_extent extent = COPSE_WANTED_ALL;
        struct copse_id join = log->join;
        assert_int_equal(copse_wanted_of_log(&extent, node->state, &join, COPSE_ENTRY_CONTROL),
                         COPSE_OK);
        if (extent == COPSE_WANTED_NOTHING || copse_random_below(random, 40) == 0) {
            drop(node, &join);
            tally->drops += extent == COPSE_WANTED_NOTHING ? 1u : 0u;
            i = SIZE_MAX; /* from the start */
        }
    }
}

/* The rows of a whole evaluation of what the node holds. */
static void check(const struct node *node, uint64_t seed, int step)
{
    struct copse_state_memory *fresh =
        copse_state_memory_new(copse_memory_heap(), COPSE_STATE_MEMORY_FAST);
    assert_non_null(fresh);
    const struct copse_state *state = copse_state_memory_port(fresh);
    for (size_t i = 0; i < memory_source_count(node->held); i++) {
        const struct copse_held *held = memory_source_at(node->held, i);
        struct copse_op op;
        if (read_op(&op, held)) {
            assert_int_equal(copse_docket_add(state, held, &op), COPSE_OK);
        }
    }
    evaluate(node, state);
    if (!copse_state_memory_equal(fresh, node->map)) {
        fail_msg("seed %llu: the rows differ after entry %d", (unsigned long long)seed, step);
    }
    copse_state_memory_free(fresh);
}

struct scene {
    struct model_history history;
    struct governance_built built;
    struct copse_random random;
    int order[MODEL_ENTRIES_MAX];
    int count;
};

/* Half of them come in the order in which they were written. */
static void open_scene(struct scene *scene, uint64_t seed)
{
    struct governance_build_options build = {copse_hash_scheme(), NULL};
    bool held[MODEL_ENTRIES_MAX];
    copse_random_init(&scene->random, seed);
    int entries = 10 + (int)copse_random_below(&scene->random, ENTRIES_MAX - 10);
    governance_random_history(&scene->history, &scene->random, entries);
    governance_build(&scene->built, &scene->history, &build);
    governance_random_subset(held, &scene->history, &scene->random);
    scene->count = governance_random_order(scene->order, &scene->history, held, &scene->random);
    if (copse_random_below(&scene->random, 2) == 0) {
        scene->count = 0;
        for (int i = 0; i < scene->history.count; i++) {
            if (held[i]) {
                scene->order[scene->count++] = i;
            }
        }
    }
}

static void update__leaves_what_a_whole_evaluation_would(void **state)
{
    (void)state;
    static struct scene scene;
    struct tally tally = {0, 0, 0};
    for (uint64_t seed = 1; seed <= seed_count(); seed++) {
        struct node node;
        open_scene(&scene, seed);
        open_node(&node, &scene.history.entries[0].id);
        for (int i = 0; i < scene.count; i++) {
            take(&node, &scene.built, scene.order[i]);
            settle(&node, &tally);
            check(&node, seed, i);
        }
        close_node(&node);
        governance_build_free(&scene.built);
    }
    assert_true(tally.updates > 10 * tally.wholes);
}

static bool is_held(const struct node *node, const struct scene *scene, int entry)
{
    struct copse_held held;
    return entry == MODEL_NONE || node->source.find(node->source.context, &held,
                                                    &scene->built.entries[entry].id) == COPSE_OK;
}

static void update__takes_and_gives_up_many_at_once(void **state)
{
    (void)state;
    static struct scene scene;
    struct tally tally = {0, 0, 0};
    for (uint64_t seed = 1; seed <= seed_count(); seed++) {
        struct node node;
        open_scene(&scene, seed);
        open_node(&node, &scene.history.entries[0].id);
        for (int i = 0; i < scene.count; i++) {
            if (is_held(&node, &scene, scene.history.entries[scene.order[i]].prev)) {
                take(&node, &scene.built, scene.order[i]);
            }
            if (i + 1 == scene.count || copse_random_below(&scene.random, 8) == 0) {
                if (copse_random_below(&scene.random, 3) > 0) {
                    settle(&node, &tally);
                    check(&node, seed, i);
                }
                drop_some(&node, &scene.random, &tally);
                settle(&node, &tally);
                check(&node, seed, i);
            }
        }
        close_node(&node);
        governance_build_free(&scene.built);
    }
    assert_true(tally.drops > 0);
}

/* ---- histories that chance does not make ---- */

static struct model_entry *put(struct model_history *history, enum model_kind kind, int device,
                               int prev, int grant)
{
    struct model_entry *entry = &history->entries[history->count];
    entry->kind = kind;
    entry->device = device;
    entry->prev = prev;
    entry->grant = grant;
    entry->charter = grant == MODEL_NONE ? MODEL_NONE : 0;
    entry->hlc = ++history->count;
    entry->role = MODEL_NONE;
    entry->of = MODEL_NONE;
    entry->of_device = MODEL_NONE;
    entry->until = -1;
    return entry;
}

static void name(struct model_list *list, int item)
{
    list->items[list->count++] = item;
}

static void appoint(struct model_history *history, int person, int role)
{
    int prev = history->count - 1;
    struct model_entry *entry = put(history, MODEL_GRANT, 0, prev, 0);
    entry->person = person;
    entry->role = role;
}

/* All members join, and the first has something to name. */
static void begin(struct model_history *history, int members)
{
    memset(history, 0, sizeof *history);
    history->person_count = members + 1;
    history->device_count = members + 1;
    name(&put(history, MODEL_GENESIS, 0, MODEL_NONE, MODEL_NONE)->founders, 0);
    for (int person = 1; person <= members; person++) {
        appoint(history, person, person == 1 ? 2 : 0);
    }
    for (int person = 1; person <= members; person++) {
        put(history, MODEL_JOIN, person, MODEL_NONE, person)->person = person;
    }
    put(history, MODEL_HIDE, 1, members + 1, MODEL_NONE)->of = 0;
}

/* Entry by entry, one of them after all others; all but the genesis without a whole evaluation. */
static void deliver(struct model_history *history, int late)
{
    struct governance_built built;
    struct governance_build_options build = {copse_hash_scheme(), NULL};
    struct tally tally = {0, 0, 0};
    struct node node;
    governance_build(&built, history, &build);
    open_node(&node, &history->entries[0].id);
    for (int i = 0; i <= history->count; i++) {
        if (i != late) {
            take(&node, &built, i == history->count ? late : i);
            settle(&node, &tally);
            check(&node, 0, i);
        }
    }
    assert_int_equal(tally.wholes, 1);
    close_node(&node);
    governance_build_free(&built);
}

/* A REMOVE that is void, since its target stands senior to its author, names no leaf of others
 * either; that is seen though the target has nothing to do with what is new. */
static void update__asks_whether_others_may_be_removed(void **state)
{
    (void)state;
    static struct model_history history;
    begin(&history, 3); /* 7 is the HIDE, by 1; 2 and 3 are coordinators */
    struct model_entry *removal = put(&history, MODEL_REMOVE, 3, 6, MODEL_NONE);
    removal->person = 2;
    name(&removal->cut, 7);
    put(&history, MODEL_REMOVE, 0, 3, MODEL_NONE)->person = 1;
    deliver(&history, history.count - 1);
}

/* SPEC 7.4: a grant overcomes a REMOVE whose unit has itself been ended, though the REMOVE goes on
 * to count. */
static void update__sees_that_a_remover_was_removed(void **state)
{
    (void)state;
    static struct model_history history;
    begin(&history, 3);
    put(&history, MODEL_REMOVE, 2, 5, MODEL_NONE)->person = 1;
    struct model_entry *again = put(&history, MODEL_GRANT, 3, 6, MODEL_NONE);
    again->person = 1;
    again->role = 2;
    name(&again->over, 8);
    struct model_entry *removal = put(&history, MODEL_REMOVE, 0, 3, MODEL_NONE);
    removal->person = 2;
    name(&removal->cut, 8);
    deliver(&history, history.count - 1);
}

/* A version of the charter descends from one that names logs, of whomever. */
static void update__sees_logs_that_a_charter_names(void **state)
{
    (void)state;
    static struct model_history history;
    begin(&history, 1); /* 3 is the HIDE */
    struct model_entry *charter = put(&history, MODEL_CHARTER, 0, 1, MODEL_NONE);
    name(&charter->over, 0);
    name(&charter->cut, 3);
    name(&put(&history, MODEL_CHARTER, 0, 4, MODEL_NONE)->over, 4);
    deliver(&history, history.count - 1);
}

/* What a member did under a version of the charter counts when the version comes. */
static void update__follows_a_charter_that_comes_late(void **state)
{
    (void)state;
    static struct model_history history;
    begin(&history, 1); /* 3 is the HIDE */
    struct model_entry *charter = put(&history, MODEL_CHARTER, 0, 1, MODEL_NONE);
    charter->may_invite = true;
    name(&charter->over, 0);
    struct model_entry *grant = put(&history, MODEL_GRANT, 1, 3, 1);
    grant->charter = 4;
    grant->person = 2;
    grant->role = 2;
    history.person_count = 3;
    deliver(&history, 4);
}

/* ---- lack of memory ---- */

struct attempt {
    struct node *node;
    struct copse_id entry;
};

static enum copse_err attempt_update(const struct copse_memory *memory, void *context)
{
    const struct attempt *attempt = context;
    struct node *node = attempt->node;
    struct copse_governance_options with = *options();
    struct copse_update update;
    struct copse_id before = copse_state_memory_digest(node->map);
    with.memory = memory;
    copse_update_init(&update, memory);
    enum copse_err err = copse_id_set_add(&update.news, &attempt->entry);
    if (err == COPSE_OK) {
        err = copse_update_settle(&update, node->state, &node->community, &node->source, &with);
    }
    if (err != COPSE_OK) {
        struct copse_id after = copse_state_memory_digest(node->map);
        assert_true(copse_bytes_equal_ids(&before, &after));
    }
    copse_update_deinit(&update);
    return err;
}

static void update__survives_lack_of_memory(void **state)
{
    (void)state;
    static struct scene scene;
    struct tally tally = {0, 0, 0};
    size_t failures = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct node node;
        open_scene(&scene, seed);
        open_node(&node, &scene.history.entries[0].id);
        for (int i = 0; i < scene.count; i++) {
            take(&node, &scene.built, scene.order[i]);
            if (i + 1 < scene.count) {
                settle(&node, &tally);
            }
        }
        if (node.update.news.count > 0) {
            struct attempt attempt = {&node, node.update.news.ids[0]};
            failures += copse_fault_sweep(attempt_update, &attempt);
            check(&node, seed, scene.count);
        }
        close_node(&node);
        governance_build_free(&scene.built);
    }
    assert_true(failures > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(update__leaves_what_a_whole_evaluation_would),
        cmocka_unit_test(update__takes_and_gives_up_many_at_once),
        cmocka_unit_test(update__asks_whether_others_may_be_removed),
        cmocka_unit_test(update__sees_that_a_remover_was_removed),
        cmocka_unit_test(update__sees_logs_that_a_charter_names),
        cmocka_unit_test(update__follows_a_charter_that_comes_late),
        cmocka_unit_test(update__survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
