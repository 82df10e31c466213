/* After every single entry the rows that are brought up to date are those of a whole evaluation. */
#include "protocol/authority/update.h"

#include "protocol/authority/docket.h"
#include "protocol/authority/standing.h"
#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/governance_random.h"
#include "tests/support/governance_run.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/state_memory.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS 2000u /* the environment variable COPSE_SEEDS asks for more or fewer */
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
    struct copse_id_set news;
    bool needs_whole;
    size_t updates;
    size_t wholes;
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
    copse_id_set_init(&node->news, copse_memory_heap());
}

static void close_node(struct node *node)
{
    copse_id_set_deinit(&node->news);
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
    enum copse_update_need need = COPSE_UPDATE_NOTHING;
    governance_build_add(node->held, built, entry);
    assert_int_equal(node->source.find(node->source.context, &held, &built->entries[entry].id),
                     COPSE_OK);
    bool is_known = read_op(&op, &held);
    if (is_known) {
        assert_int_equal(copse_docket_add(node->state, &held, &op), COPSE_OK);
    }
    assert_int_equal(copse_update_needs(&need, node->state,
                                        node->source.log(node->source.context, held.position.log),
                                        &held, is_known ? &op : NULL),
                     COPSE_OK);
    if (need == COPSE_UPDATE_NEWS) {
        assert_int_equal(copse_id_set_add(&node->news, &held.id), COPSE_OK);
    }
    node->needs_whole = node->needs_whole || need == COPSE_UPDATE_WHOLE;
}

static void settle(struct node *node)
{
    if (node->needs_whole) {
        evaluate(node, node->state);
        node->wholes++;
    } else if (node->news.count > 0) {
        assert_int_equal(
            copse_update_rows(node->state, &node->news, &node->community, &node->source, options()),
            COPSE_OK);
        node->updates++;
    }
    node->needs_whole = false;
    copse_id_set_clear(&node->news);
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

static void run(uint64_t seed, int batch, size_t *updates, size_t *wholes)
{
    static struct model_history history;
    static int order[MODEL_ENTRIES_MAX];
    struct copse_random random;
    struct governance_built built;
    struct governance_build_options build = {copse_hash_scheme(), NULL};
    bool held[MODEL_ENTRIES_MAX];
    struct node node;
    copse_random_init(&random, seed);
    int entries = 10 + (int)copse_random_below(&random, ENTRIES_MAX - 10);
    governance_random_history(&history, &random, entries);
    governance_build(&built, &history, &build);
    governance_random_subset(held, &history, &random);
    int count = governance_random_order(order, &history, held, &random);
    if (copse_random_below(&random, 2) == 0) { /* as it was written, for once */
        count = 0;
        for (int i = 0; i < history.count; i++) {
            if (held[i]) {
                order[count++] = i;
            }
        }
    }
    open_node(&node, &history.entries[0].id);
    for (int i = 0; i < count; i++) {
        take(&node, &built, order[i]);
        if (i + 1 == count || copse_random_below(&random, (uint64_t)batch) == 0) {
            settle(&node);
            check(&node, seed, i);
        }
    }
    *updates += node.updates;
    *wholes += node.wholes;
    close_node(&node);
    governance_build_free(&built);
}

static void update__leaves_what_a_whole_evaluation_would(void **state)
{
    (void)state;
    size_t updates = 0;
    size_t wholes = 0;
    for (uint64_t seed = 1; seed <= seed_count(); seed++) {
        run(seed, 1, &updates, &wholes);
    }
    print_message("%zu updates, %zu whole evaluations\n", updates, wholes);
    assert_true(updates > 10 * wholes);
}

static void update__takes_many_entries_at_once(void **state)
{
    (void)state;
    size_t updates = 0;
    size_t wholes = 0;
    for (uint64_t seed = 1; seed <= seed_count() / 4; seed++) {
        run(seed, 8, &updates, &wholes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(update__leaves_what_a_whole_evaluation_would),
        cmocka_unit_test(update__takes_many_entries_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
