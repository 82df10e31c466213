/* Trees of branches against the plainest model: an array of parents (SPEC 4.8). */
#include "protocol/entry/log.h"
#include "tests/support/cmocka.h"
#include "tests/support/random.h"

#include <string.h>

#define ENTRIES_MAX 120u
#define NOBODY UINT32_MAX

/* A log as the model sees it: each entry knows its parent. */
struct model {
    struct copse_log log;
    size_t count;
    uint32_t parent[ENTRIES_MAX];
    struct copse_position position[ENTRIES_MAX];
};

static struct copse_id id_of(size_t number)
{
    struct copse_id id = {{0}};
    copse_bytes_put_u32(id.bytes, (uint32_t)(number * 2654435761u));
    copse_bytes_put_u32(id.bytes + 4, (uint32_t)number);
    return id;
}

static bool add(struct model *model, uint32_t parent)
{
    struct copse_id id = id_of(model->count);
    const struct copse_position *prev = parent == NOBODY ? NULL : &model->position[parent];
    uint32_t branch = 0;
    if (copse_log_append(&model->log, &branch, prev, &id) != COPSE_OK) {
        return false;
    }
    uint32_t seq = prev == NULL ? 0 : prev->seq + 1;
    model->parent[model->count] = parent;
    model->position[model->count] = (struct copse_position){0, branch, seq};
    model->count++;
    return true;
}

static bool model_reaches(const struct model *model, uint32_t a, uint32_t b)
{
    while (b != NOBODY && b != a) {
        b = model->parent[b];
    }
    return b == a;
}

static bool has_child(const struct model *model, uint32_t entry)
{
    for (size_t i = 0; i < model->count; i++) {
        if (model->parent[i] == entry) {
            return true;
        }
    }
    return false;
}

/* The least seq at which two entries share a parent. */
static uint32_t model_fork(const struct model *model)
{
    uint32_t lowest = UINT32_MAX;
    for (size_t a = 0; a < model->count; a++) {
        for (size_t b = a + 1; b < model->count; b++) {
            if (model->parent[a] == model->parent[b] && model->position[a].seq < lowest) {
                lowest = model->position[a].seq;
            }
        }
    }
    return lowest;
}

static void check(const struct model *model)
{
    size_t leaves = 0;
    for (uint32_t a = 0; a < model->count; a++) {
        leaves += !has_child(model, a);
        for (uint32_t b = 0; b < model->count; b++) {
            assert_int_equal(
                copse_log_reaches(&model->log, &model->position[a], &model->position[b]),
                model_reaches(model, a, b));
        }
    }
    assert_int_equal(leaves, model->log.branch_count);
    uint32_t fork_seq = 0;
    bool is_frozen = copse_log_is_frozen(&fork_seq, &model->log);
    assert_int_equal(is_frozen, leaves > COPSE_LOG_LEAVES_MAX);
    if (is_frozen) {
        assert_int_equal(fork_seq, model_fork(model));
    }
}

static void log__agrees_with_a_plain_tree(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct copse_random random;
        copse_random_init(&random, seed);
        struct model model;
        memset(&model, 0, sizeof model);
        uint64_t forks = 1 + copse_random_below(&random, 20);
        for (size_t i = 0; i < ENTRIES_MAX; i++) {
            uint32_t parent = model.count == 0 ? NOBODY : (uint32_t)model.count - 1;
            if (model.count > 0 && copse_random_below(&random, 40) < forks) {
                /* anywhere, the start included */
                uint64_t any = copse_random_below(&random, model.count + 1);
                parent = any == model.count ? NOBODY : (uint32_t)any;
            }
            (void)add(&model, parent);
        }
        check(&model);
    }
}

static void log__has_room_for_eighteen_branches(void **state)
{
    (void)state;
    struct model model;
    memset(&model, 0, sizeof model);
    assert_true(add(&model, NOBODY));
    for (size_t i = 0; i < COPSE_LOG_BRANCHES_MAX; i++) {
        assert_true(add(&model, 0)); /* the first of them extends the branch */
    }
    assert_int_equal(model.log.branch_count, COPSE_LOG_BRANCHES_MAX);
    struct copse_log before = model.log;
    assert_false(add(&model, 0));
    assert_memory_equal(&before, &model.log, sizeof before);
    check(&model);
}

static void log__gives_up_the_highest_fork_first(void **state)
{
    (void)state;
    struct model model;
    memset(&model, 0, sizeof model);
    for (uint32_t i = 0; i < 30; i++) {
        assert_true(add(&model, i == 0 ? NOBODY : i - 1));
    }
    for (uint32_t i = 0; i < COPSE_LOG_LEAVES_MAX; i++) {
        assert_true(add(&model, 5 + i));
    }
    assert_int_equal(copse_log_surplus(&model.log, 0), model.log.branch_count);
    assert_true(add(&model, 2)); /* a lower fork than any: the 18th branch */
    uint32_t surplus = copse_log_surplus(&model.log, 0);
    assert_int_equal(model.log.branches[surplus].first_seq, 5 + COPSE_LOG_LEAVES_MAX - 1 + 1);
    /* Of those that are not spared; where all are, of all. */
    uint32_t low = copse_log_surplus(&model.log, ~UINT32_C(6));
    assert_int_equal(low,
                     model.log.branches[2].first_seq > model.log.branches[1].first_seq ? 2 : 1);
    assert_int_equal(copse_log_surplus(&model.log, ~UINT32_C(0)), surplus);
}

static void log__gives_up_the_larger_id_of_two_forks_at_one_seq(void **state)
{
    (void)state;
    for (uint32_t larger = 1; larger <= 2; larger++) {
        struct model model;
        memset(&model, 0, sizeof model);
        assert_true(add(&model, NOBODY));
        for (size_t i = 0; i < COPSE_LOG_LEAVES_MAX; i++) {
            assert_true(add(&model, 0)); /* the first of them extends the branch */
        }
        uint32_t end = (uint32_t)model.count;
        assert_true(add(&model, 1));
        for (uint32_t i = 0; i < 2; i++) { /* 17 and 18 branches; both begin at seq 2 */
            struct copse_id id = {{i + 1 == larger ? 9 : 8}};
            uint32_t branch = 0;
            assert_int_equal(copse_log_append(&model.log, &branch, &model.position[1], &id),
                             COPSE_OK);
            assert_int_equal(branch, COPSE_LOG_LEAVES_MAX + i);
        }
        assert_int_equal(model.position[end].branch, model.position[1].branch);
        assert_int_equal(copse_log_surplus(&model.log, 0), COPSE_LOG_LEAVES_MAX + larger - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log__agrees_with_a_plain_tree),
        cmocka_unit_test(log__has_room_for_eighteen_branches),
        cmocka_unit_test(log__gives_up_the_highest_fork_first),
        cmocka_unit_test(log__gives_up_the_larger_id_of_two_forks_at_one_seq),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
