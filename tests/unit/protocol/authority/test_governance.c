/* The text tables of tests/vectors/governance: every case in many orders of delivery, with both
 * schemes, after dropping what is unwanted, and beside the naive model.
 */
#include "protocol/authority/governance.h"

#include "tests/support/cmocka.h"
#include "tests/support/governance_run.h"
#include "tests/support/governance_table.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 20260101u
#define ORDERS_ALL_MAX 5000 /* cases with at most so many orders are tried in all of them */
#define ORDERS_RANDOM 500

static char *load_text(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/tests/vectors/governance/%s", COPSE_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s", path);
    }
    static char text[65536];
    size_t size = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    assert_true(size < sizeof text - 1);
    text[size] = '\0';
    return text;
}

/* ---- expectations ---- */

static bool is_hidden(const struct table_case *table, const struct governance_outcome *outcome,
                      int target)
{
    const struct model_entry *entries = table->history.entries;
    for (int i = 0; i < table->history.count; i++) {
        if (entries[i].kind != MODEL_HIDE || entries[i].of != target ||
            !governance_run_counts(outcome, i)) {
            continue;
        }
        bool is_undone = false;
        for (int k = 0; k < table->history.count; k++) {
            for (int n = 0; entries[k].kind == MODEL_UNHIDE && n < entries[k].over.count; n++) {
                is_undone = is_undone ||
                            (entries[k].over.items[n] == i && governance_run_counts(outcome, k) &&
                             outcome->class[k] <= outcome->class[i]);
            }
        }
        if (!is_undone) {
            return true;
        }
    }
    return false;
}

static bool holds(const struct table_case *table, const struct governance_outcome *outcome,
                  const struct table_expectation *expected)
{
    int subject = expected->subject;
    switch (expected->about) {
    case TABLE_STANDING:
        return outcome->role[subject] == expected->role;
    case TABLE_HONOURED:
        return governance_run_counts(outcome, subject);
    case TABLE_VOID:
        return !governance_run_counts(outcome, subject);
    case TABLE_HIDDEN:
        return is_hidden(table, outcome, subject);
    case TABLE_SHOWN:
        return !is_hidden(table, outcome, subject);
    case TABLE_CHARTER:
        return outcome->charter == subject;
    case TABLE_WANTED:
        return outcome->wanted[subject];
    case TABLE_UNWANTED:
        return !outcome->wanted[subject];
    }
    return false;
}

static const char *subject_of(const struct table_case *table,
                              const struct table_expectation *expected)
{
    return expected->about == TABLE_STANDING ? table->persons[expected->subject]
                                             : table->labels[expected->subject];
}

static void check_expectations(const struct table_case *table,
                               const struct governance_outcome *outcome, const char *when)
{
    static const char *const about[] = {"standing", "honoured", "void",   "hidden",
                                        "shown",    "charter",  "wanted", "unwanted"};
    bool failed = false;
    for (int i = 0; i < table->expectation_count; i++) {
        const struct table_expectation *expected = &table->expectations[i];
        if (!holds(table, outcome, expected)) {
            print_error("case %s, %s: not so: %s %s\n", table->title, when, about[expected->about],
                        subject_of(table, expected));
            failed = true;
        }
    }
    for (int i = 0; failed && i < table->history.count; i++) {
        print_error("  %-6s %s\n", table->labels[i],
                    outcome->is_held[i] ? copse_verdict_name(outcome->verdict[i]) : "not held");
    }
    assert_false(failed);
}

static void check_model(const struct table_case *table, const struct governance_outcome *outcome,
                        const bool held[MODEL_ENTRIES_MAX])
{
    struct model_result model;
    model_evaluate(&model, &table->history, held);
    for (int i = 0; i < table->history.count; i++) {
        if (held[i] && (governance_run_counts(outcome, i) != model.honoured[i] ||
                        outcome->wanted[i] != model.wanted[i])) {
            fail_msg("case %s: the model has %s as %s, %s", table->title, table->labels[i],
                     model.honoured[i] ? "honoured" : "void",
                     model.wanted[i] ? "wanted" : "unwanted");
        }
    }
    for (int i = 0; i < table->history.person_count; i++) {
        assert_int_equal(outcome->role[i], model.role[i]);
    }
    assert_int_equal(outcome->charter, model.charter);
}

/* ---- orders ---- */

struct orders {
    const struct table_case *table;
    const struct governance_built *built;
    const struct copse_id *digest;
    int order[MODEL_ENTRIES_MAX];
    int next[MODEL_ENTRIES_MAX]; /* candidates tried at each place */
    bool is_placed[MODEL_ENTRIES_MAX];
    int count;
};

static bool may_come(const struct orders *orders, int entry)
{
    int prev = orders->table->history.entries[entry].prev;
    return !orders->is_placed[entry] && (prev == MODEL_NONE || orders->is_placed[prev]);
}

static void check_order(const struct orders *orders)
{
    struct governance_outcome outcome;
    governance_run(&outcome, &orders->table->history, orders->built, copse_hash_scheme(),
                   orders->order, orders->count);
    if (!copse_bytes_equal_ids(&outcome.digest, orders->digest)) {
        print_error("case %s: other rows in the order", orders->table->title);
        for (int i = 0; i < orders->count; i++) {
            print_error(" %s", orders->table->labels[orders->order[i]]);
        }
        fail_msg("%s", ".");
    }
}

/* Go through orders that keep prev before entry, `limit` at most; `check` NULL only counts. */
static int enumerate(struct orders *orders, int limit, void (*check)(const struct orders *))
{
    int total = orders->table->history.count;
    int found = 0;
    memset(orders->is_placed, 0, sizeof orders->is_placed);
    orders->count = 0;
    orders->next[0] = 0;
    while (orders->count >= 0 && found < limit) {
        int *next = &orders->next[orders->count];
        while (*next < total && !may_come(orders, *next)) {
            (*next)++;
        }
        if (orders->count == total) {
            if (check != NULL) {
                check(orders);
            }
            found++;
        } else if (*next < total) {
            orders->order[orders->count] = *next;
            orders->is_placed[(*next)++] = true;
            orders->next[++orders->count] = 0;
            continue;
        }
        if (--orders->count >= 0) {
            orders->is_placed[orders->order[orders->count]] = false;
        }
    }
    return found;
}

static void shuffle(struct orders *orders, struct copse_random *random)
{
    int total = orders->table->history.count;
    memset(orders->is_placed, 0, sizeof orders->is_placed);
    for (orders->count = 0; orders->count < total;) {
        int entry = (int)copse_random_below(random, (uint64_t)total);
        if (may_come(orders, entry)) {
            orders->order[orders->count++] = entry;
            orders->is_placed[entry] = true;
        }
    }
}

static void check_orders(const struct table_case *table, const struct governance_built *built,
                         const struct copse_id *digest)
{
    static struct orders orders;
    memset(&orders, 0, sizeof orders);
    orders.table = table;
    orders.built = built;
    orders.digest = digest;
    if (enumerate(&orders, ORDERS_ALL_MAX + 1, NULL) <= ORDERS_ALL_MAX) {
        (void)enumerate(&orders, ORDERS_ALL_MAX, check_order);
        return;
    }
    struct copse_random random;
    copse_random_init(&random, SEED);
    for (int i = 0; i < ORDERS_RANDOM; i++) {
        shuffle(&orders, &random);
        check_order(&orders);
    }
}

/* Drop what is unwanted until all is wanted; what is expected must still hold. */
static void check_dropped(const struct table_case *table, const struct governance_built *built,
                          const struct governance_outcome *whole)
{
    struct governance_outcome outcome = *whole;
    bool held[MODEL_ENTRIES_MAX] = {false};
    int order[MODEL_ENTRIES_MAX];
    int before = table->history.count + 1;
    for (;;) {
        int count = 0;
        memset(held, 0, sizeof held);
        for (int i = 0; i < table->history.count; i++) {
            if (outcome.is_held[i] && outcome.wanted[i]) {
                held[i] = true;
                order[count++] = i;
            }
        }
        if (count == before) {
            break;
        }
        before = count;
        governance_run(&outcome, &table->history, built, copse_hash_scheme(), order, count);
    }
    check_expectations(table, &outcome, "after dropping what is unwanted");
    check_model(table, &outcome, held);
}

static void check_case(struct table_case *table, const struct copse_key_scheme *scheme)
{
    struct governance_built built;
    struct governance_build_options options = {scheme, table->first_bytes};
    struct governance_outcome outcome;
    int order[MODEL_ENTRIES_MAX];
    bool held[MODEL_ENTRIES_MAX] = {false};
    governance_build(&built, &table->history, &options);
    for (int i = 0; i < table->history.count; i++) {
        order[i] = i;
        held[i] = true;
    }
    governance_run(&outcome, &table->history, &built, scheme, order, table->history.count);
    check_expectations(table, &outcome, "as listed");
    check_model(table, &outcome, held);
    if (scheme == copse_hash_scheme()) {
        check_orders(table, &built, &outcome.digest);
        check_dropped(table, &built, &outcome);
    }
    governance_build_free(&built);
}

static int check_file(const char *name, const struct copse_key_scheme *scheme)
{
    static struct table_case table;
    const char *text = load_text(name);
    int count = 0;
    while (governance_table_next(&table, &text)) {
        check_case(&table, scheme);
        count++;
    }
    return count;
}

static void governance__orders_by_seniority(void **state)
{
    (void)state;
    assert_int_equal(check_file("1-order.txt", copse_hash_scheme()), 6);
}

static void governance__ends_and_restores_standing(void **state)
{
    (void)state;
    assert_int_equal(check_file("2-removal.txt", copse_hash_scheme()), 10);
}

static void governance__follows_devices_and_forks(void **state)
{
    (void)state;
    assert_int_equal(check_file("3-devices.txt", copse_hash_scheme()), 6);
}

static void governance__recalls_founders(void **state)
{
    (void)state;
    assert_int_equal(check_file("4-recall.txt", copse_hash_scheme()), 2);
}

static void governance__reads_charters(void **state)
{
    (void)state;
    assert_int_equal(check_file("5-charter.txt", copse_hash_scheme()), 6);
}

static void governance__opens_and_shuts_doors(void **state)
{
    (void)state;
    assert_int_equal(check_file("6-doors.txt", copse_hash_scheme()), 10);
}

static void governance__counts_what_is_inside_cuts(void **state)
{
    (void)state;
    assert_int_equal(check_file("7-cuts.txt", copse_hash_scheme()), 21);
}

static void governance__holds_at_the_edges_of_freeze_and_recall(void **state)
{
    (void)state;
    assert_int_equal(check_file("8-freeze-recall.txt", copse_hash_scheme()), 12);
}

static void governance__gives_the_same_with_real_signatures(void **state)
{
    (void)state;
    static const char *const files[] = {"1-order.txt",  "2-removal.txt",      "3-devices.txt",
                                        "4-recall.txt", "5-charter.txt",      "6-doors.txt",
                                        "7-cuts.txt",   "8-freeze-recall.txt"};
    int count = 0;
    assert_int_equal(copse_key_self_test(), COPSE_OK);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(files); i++) {
        count += check_file(files[i], copse_key_ed25519());
    }
    assert_int_equal(count, 73);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(governance__orders_by_seniority),
        cmocka_unit_test(governance__ends_and_restores_standing),
        cmocka_unit_test(governance__follows_devices_and_forks),
        cmocka_unit_test(governance__recalls_founders),
        cmocka_unit_test(governance__reads_charters),
        cmocka_unit_test(governance__opens_and_shuts_doors),
        cmocka_unit_test(governance__counts_what_is_inside_cuts),
        cmocka_unit_test(governance__holds_at_the_edges_of_freeze_and_recall),
        cmocka_unit_test(governance__gives_the_same_with_real_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
