/* Relays that drop every signature they may can still send everything they hold, and every part of
 * it (SPEC 4.9 to 4.12).
 */
#include "protocol/entry/run.h"
#include "tests/support/cmocka.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/run_tree.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_BYTES 65519u /* a message on the wire */
#define RELAY_SEEDS 60u
#define STRIDE 7919u /* a prime: steps of it meet every entry of a smaller log once */

/* ---- what one relay holds of it ---- */

struct relay {
    bool *holds;
    bool *is_signed;
    bool *is_named; /* by a cut: the signature is kept */
};

static void relay_init(struct relay *relay, size_t count)
{
    relay->holds = calloc(count, sizeof(bool));
    relay->is_signed = calloc(count, sizeof(bool));
    relay->is_named = calloc(count, sizeof(bool));
}

static void relay_free(struct relay *relay)
{
    free(relay->holds);
    free(relay->is_signed);
    free(relay->is_named);
}

static size_t count_children(const struct copse_run_tree *tree, const struct relay *relay,
                             uint32_t parent)
{
    size_t count = 0;
    for (size_t i = 0; i < tree->count; i++) {
        count += relay->holds[i] && tree->parent[i] == parent;
    }
    return count;
}

static bool is_leaf(const struct copse_run_tree *tree, const struct relay *relay, uint32_t entry)
{
    return count_children(tree, relay, entry) == 0;
}

/* SPEC 4.11: "The signatures of leaves, of fork children (entries whose prev has another child in
 * the log) and of leaves that a cut names MUST be kept" */
static bool must_keep(const struct copse_run_tree *tree, const struct relay *relay, uint32_t entry)
{
    return relay->is_named[entry] || is_leaf(tree, relay, entry) ||
           count_children(tree, relay, tree->parent[entry]) > 1;
}

/* The stretch from the last signed ancestor (exclusive), or the start, to `entry`. */
static struct copse_run_gap gap_before(const struct copse_run_tree *tree, const struct relay *relay,
                                       uint32_t entry)
{
    struct copse_run_gap gap = {1, tree->built[entry]->size};
    for (uint32_t at = tree->parent[entry]; at != COPSE_RUN_TREE_NOBODY && !relay->is_signed[at];
         at = tree->parent[at]) {
        gap.entries++;
        gap.bytes += tree->built[at]->size;
    }
    return gap;
}

/* Is dropping the signature of `entry` permitted along every branch that goes on from it? The next
 * signed one on a branch is a signed entry whose last signed ancestor is `entry`. */
static bool may_drop(const struct copse_run_tree *tree, const struct relay *relay, uint32_t entry)
{
    if (!relay->is_signed[entry] || must_keep(tree, relay, entry)) {
        return false;
    }
    struct copse_run_gap before = gap_before(tree, relay, entry);
    for (uint32_t next = entry + 1; next < tree->count; next++) {
        if (!relay->holds[next] || !relay->is_signed[next]) {
            continue;
        }
        uint32_t at = tree->parent[next];
        while (at != COPSE_RUN_TREE_NOBODY && !relay->is_signed[at]) {
            at = tree->parent[at];
        }
        if (at == entry && !copse_run_may_drop(before, gap_before(tree, relay, next))) {
            return false;
        }
    }
    return true;
}

static void drop_all_it_may(const struct copse_run_tree *tree, struct relay *relay,
                            struct copse_random *random)
{
    size_t start = copse_random_below(random, tree->count);
    for (size_t i = 0; i < tree->count; i++) {
        /* an order that is not that of the log: a stride that meets every entry */
        uint32_t entry = (uint32_t)((start + i * STRIDE) % tree->count);
        if (relay->holds[entry] && may_drop(tree, relay, entry)) {
            relay->is_signed[entry] = false;
        }
    }
}

/* Encode parts[0..count) as a run, read it back as a stranger would, and check every entry. */
static void travel(const struct copse_run_tree *tree, const uint32_t *path, size_t count,
                   struct copse_random *random)
{
    struct copse_run_part parts[COPSE_RUN_ENTRIES_MAX];
    static uint8_t room[ROOM_BYTES];
    size_t inlined = 0;
    for (size_t i = 0; i < count; i++) {
        const struct copse_built *built = tree->built[path[i]];
        parts[i].entry = copse_build_entry_bytes(built);
        parts[i].salted = (struct copse_slice){NULL, 0};
        if (built->salted != NULL && inlined < 8000 && copse_random_below(random, 2) == 0) {
            parts[i].salted = copse_build_entry_salted(built);
            inlined += parts[i].salted.size;
        }
    }
    uint32_t parent = tree->parent[path[0]];
    const struct copse_built *base =
        parent == COPSE_RUN_TREE_NOBODY ? tree->genesis : tree->built[parent];
    struct copse_writer writer;
    copse_writer_init(&writer, room, sizeof room);
    const struct copse_signature *signature = &tree->built[path[count - 1]]->signature;
    assert_int_equal(copse_run_encode(&writer, parts, count, base->entry.hlc, signature), COPSE_OK);
    struct copse_slice bytes;
    assert_int_equal(copse_writer_end(&bytes, &writer), COPSE_OK);

    struct copse_run run;
    assert_int_equal(copse_run_open(&run, &tree->genesis->id, bytes), COPSE_OK);
    assert_int_equal(run.count, count);
    assert_true(run.has_base);
    struct copse_run_base start = {base->id, base->entry};
    assert_int_equal(copse_run_start(&run, &start), COPSE_OK);
    uint8_t entry_room[COPSE_ENTRY_BYTES_MAX];
    struct copse_run_item item;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(copse_run_next(&run, &item, entry_room), COPSE_OK);
        assert_true(copse_bytes_equal(item.bytes, parts[i].entry));
        assert_true(copse_bytes_equal_ids(&item.id, &tree->built[path[i]]->id));
        assert_int_equal(item.salted.data != NULL, parts[i].salted.data != NULL);
        assert_true(copse_bytes_equal(item.salted, parts[i].salted));
    }
    assert_int_equal(copse_run_next(&run, &item, entry_room), COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_run_verify(&run, copse_hash_scheme()), COPSE_OK);
}

/* The bound of SPEC 4.11 for two stretches that become one gap. */
static bool fits(struct copse_run_gap before, struct copse_run_gap after)
{
    return copse_run_may_drop(before, after);
}

/* How far `entry` is from the last signed one before it: where a run from here hangs. */
static struct copse_run_gap behind(const struct copse_run_tree *tree, const struct relay *relay,
                                   uint32_t entry)
{
    if (entry == COPSE_RUN_TREE_NOBODY || relay->is_signed[entry]) {
        return (struct copse_run_gap){0, 0};
    }
    return gap_before(tree, relay, entry);
}

/* The way from `base`, exclusive, to `last`. Returns how many there are; 0: more than a run takes.
 * */
static size_t find_path(const struct copse_run_tree *tree, uint32_t path[COPSE_RUN_ENTRIES_MAX],
                        struct copse_run_gap *gap, uint32_t base, uint32_t last)
{
    *gap = (struct copse_run_gap){0, 0};
    for (uint32_t at = last; at != base; at = tree->parent[at]) {
        assert_true(at != COPSE_RUN_TREE_NOBODY);
        gap->entries++;
        gap->bytes += tree->built[at]->size;
        if (gap->entries > COPSE_RUN_ENTRIES_MAX || gap->bytes > COPSE_RUN_BYTES_MAX) {
            return 0;
        }
        path[COPSE_RUN_ENTRIES_MAX - gap->entries] = at;
    }
    memmove(path, path + COPSE_RUN_ENTRIES_MAX - gap->entries, gap->entries * sizeof *path);
    return gap->entries;
}

/* An entry on the way from `base` to `target` whose signature the sender has and a run can reach;
 * any of them, so that short runs are tried as well. That there is one is what SPEC 4.11 is for. */
static uint32_t choose_end(const struct copse_run_tree *tree, const struct relay *from,
                           struct copse_random *random, uint32_t base, uint32_t target)
{
    uint32_t path[COPSE_RUN_ENTRIES_MAX];
    struct copse_run_gap gap;
    uint32_t chosen = COPSE_RUN_TREE_NOBODY;
    uint64_t found = 0;
    for (uint32_t at = target; at != base; at = tree->parent[at]) {
        if (from->is_signed[at] && find_path(tree, path, &gap, base, at) > 0 &&
            copse_random_below(random, ++found) == 0) {
            chosen = at;
        }
    }
    assert_true(chosen != COPSE_RUN_TREE_NOBODY);
    return chosen;
}

/* The last signed entry before `entry`, or at it. */
static uint32_t last_signed(const struct copse_run_tree *tree, const struct relay *relay,
                            uint32_t entry)
{
    while (entry != COPSE_RUN_TREE_NOBODY && !relay->is_signed[entry]) {
        entry = tree->parent[entry];
    }
    return entry;
}

/* One run towards `target`. Where it would stand too far from what the receiver has signatures of,
 * the receiver asks for what follows the last signed one instead (SPEC 4.12). */
static void send_run(const struct copse_run_tree *tree, const struct relay *from, struct relay *to,
                     uint32_t target, struct copse_random *random)
{
    uint32_t path[COPSE_RUN_ENTRIES_MAX];
    struct copse_run_gap gap = {0, 0};
    uint32_t base = target;
    while (base != COPSE_RUN_TREE_NOBODY && !to->holds[base]) {
        base = tree->parent[base];
    }
    uint32_t end = target;
    if (base != target) {
        end = choose_end(tree, from, random, base, target);
        (void)find_path(tree, path, &gap, base, end);
    }
    if (base == target || !fits(behind(tree, to, base), gap)) {
        base = last_signed(tree, to, base);
        end = choose_end(tree, from, random, base, target);
    }
    size_t count = find_path(tree, path, &gap, base, end);
    travel(tree, path, count, random);
    for (size_t i = 0; i < count; i++) {
        to->holds[path[i]] = true;
        to->is_signed[path[i]] |= to->is_named[path[i]]; /* its cut has the signature */
    }
    to->is_signed[end] = true;
}

static void send_path(const struct copse_run_tree *tree, const struct relay *from, struct relay *to,
                      uint32_t target, struct copse_random *random)
{
    while (!to->holds[target] || !to->is_signed[target]) {
        send_run(tree, from, to, target, random);
    }
}

/* What SPEC 4.11 and 4.12 promise of everything that is held. */
static void check_relay(const struct copse_run_tree *tree, const struct relay *relay)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        if (!relay->holds[i]) {
            continue;
        }
        assert_true(tree->parent[i] == COPSE_RUN_TREE_NOBODY || relay->holds[tree->parent[i]]);
        assert_true(relay->is_signed[i] || !is_leaf(tree, relay, i));
        struct copse_run_gap gap = behind(tree, relay, i);
        assert_true(fits(gap, (struct copse_run_gap){0, 0}));
        if (relay->is_signed[i]) {
            gap = gap_before(tree, relay, i);
            assert_true(fits(gap, (struct copse_run_gap){0, 0}));
        }
    }
}

/* Every leaf, in any order. */
static void send_everything(const struct copse_run_tree *tree, const struct relay *from,
                            struct relay *to, struct copse_random *random)
{
    size_t start = copse_random_below(random, tree->count);
    for (size_t i = 0; i < tree->count; i++) {
        uint32_t entry = (uint32_t)((start + i * STRIDE) % tree->count);
        if (is_leaf(tree, from, entry)) {
            send_path(tree, from, to, entry, random);
        }
    }
    for (size_t i = 0; i < tree->count; i++) {
        assert_int_equal(from->holds[i], to->holds[i]);
    }
    check_relay(tree, to);
}

/* Parts of what `from` holds, each to somebody who has nothing and wants nothing else: the log of
 * somebody whose other branches are cut off is sent so. */
static void send_parts(const struct copse_run_tree *tree, const struct relay *from,
                       struct copse_random *random)
{
    for (size_t i = 0; i < 6; i++) {
        uint32_t target = (uint32_t)copse_random_below(random, tree->count);
        if (from->is_signed[target]) {
            struct relay stranger;
            relay_init(&stranger, tree->count);
            send_path(tree, from, &stranger, target, random);
            check_relay(tree, &stranger);
            relay_free(&stranger);
        }
    }
}

/* A node that was away: it once got some of the author's entries, and has dropped what it may. */
static void hold_some(const struct copse_run_tree *tree, const struct relay *author,
                      struct relay *relay, struct copse_random *random)
{
    for (size_t paths = copse_random_below(random, 4); paths > 0; paths--) {
        uint32_t target = (uint32_t)copse_random_below(random, tree->count);
        send_path(tree, author, relay, target, random);
        drop_all_it_may(tree, relay, random);
    }
    check_relay(tree, relay);
}

static void grow_randomly(struct copse_run_tree *tree, struct copse_random *random, size_t most,
                          size_t op_bytes)
{
    uint64_t forks = copse_random_below(random, 16);
    for (size_t i = 0; i < most; i++) {
        uint32_t parent = i == 0 ? COPSE_RUN_TREE_NOBODY : (uint32_t)i - 1;
        if (i > 0 && copse_random_below(random, most) < forks) {
            uint64_t any = copse_random_below(random, i + 1); /* the start included */
            parent = any == i ? COPSE_RUN_TREE_NOBODY : (uint32_t)any;
        }
        copse_run_tree_grow(tree, random, parent, op_bytes);
    }
}

static void relay_seed(uint64_t seed)
{
    struct copse_random random;
    copse_random_init(&random, seed);
    struct copse_run_tree tree;
    size_t most = 20 + copse_random_below(&random, 500);
    size_t op_bytes = seed % 3 == 0 ? 8000 : 20 + copse_random_below(&random, 300);
    copse_run_tree_init(&tree, most, seed % 2 == 0 ? COPSE_ENTRY_DATA : COPSE_ENTRY_CONTROL);
    grow_randomly(&tree, &random, most, op_bytes);
    struct relay relays[4];
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(relays); i++) {
        relay_init(&relays[i], tree.count);
    }
    struct relay author;
    relay_init(&author, tree.count);
    for (uint32_t i = 0; i < tree.count; i++) {
        author.holds[i] = true;
        author.is_signed[i] = true;
        bool is_named = copse_random_below(&random, 50) == 0;
        for (size_t k = 0; k < COPSE_ARRAY_SIZE(relays); k++) {
            relays[k].is_named[i] = is_named;
        }
    }
    const struct relay *from = &author;
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(relays); i++) {
        hold_some(&tree, &author, &relays[i], &random);
        send_everything(&tree, from, &relays[i], &random);
        drop_all_it_may(&tree, &relays[i], &random);
        check_relay(&tree, &relays[i]);
        send_parts(&tree, &relays[i], &random);
        from = &relays[i];
    }
    relay_free(&author);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(relays); i++) {
        relay_free(&relays[i]);
    }
    copse_run_tree_free(&tree);
}

static int forget_seed(void **state)
{
    *state = calloc(1, sizeof(uint64_t));
    return *state == NULL ? -1 : 0;
}

/* A seed that is left here did not get to its end. */
static int tell_seed(void **state)
{
    uint64_t *seed = *state;
    if (*seed != 0) {
        print_message("failed with seed %u\n", (unsigned)*seed);
    }
    free(seed);
    return 0;
}

static void run__relays_that_drop_what_they_may_can_send_everything(void **state)
{
    uint64_t *seed = *state;
    for (*seed = 1; *seed <= RELAY_SEEDS; (*seed)++) {
        relay_seed(*seed);
    }
    *seed = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(run__relays_that_drop_what_they_may_can_send_everything,
                                        forget_seed, tell_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
