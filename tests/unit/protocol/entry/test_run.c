/* Runs: what goes in comes out, hostile ones are refused whole, and relays that drop every
 * signature they may can still send everything (SPEC 4.9 to 4.12).
 */
#include "protocol/entry/run.h"
#include "tests/support/build_entry.h"
#include "tests/support/cmocka.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_BYTES 65519u /* a message on the wire */
#define NOBODY UINT32_MAX

/* ---- a log to send ---- */

struct tree {
    struct copse_id author;
    struct copse_secret secret;
    struct copse_built *genesis;
    struct copse_built **built;
    uint32_t *parent; /* NOBODY: the genesis, which everybody holds */
    size_t count;
    enum copse_entry_class class;
};

static struct copse_slice random_op(struct copse_random *random, uint8_t *room, size_t most)
{
    size_t size = copse_random_below(random, most);
    struct copse_writer writer;
    struct copse_slice op = {NULL, 0};
    uint8_t *filling = calloc(1, size + 1);
    copse_random_bytes(random, filling, size);
    copse_writer_init(&writer, room, COPSE_ENTRY_OP_BYTES_MAX);
    copse_writer_bin(&writer, (struct copse_slice){filling, size});
    assert_int_equal(copse_writer_end(&op, &writer), COPSE_OK);
    free(filling);
    return op;
}

static void tree_init(struct tree *tree, size_t most, enum copse_entry_class class)
{
    static const uint8_t op[] = {0x91, 0};
    uint8_t seed[COPSE_SEED_BYTES] = {3};
    memset(tree, 0, sizeof *tree);
    copse_hash_scheme_pair(&tree->author, &tree->secret, seed);
    struct copse_build build = {.scheme = copse_hash_scheme(),
                                .author = &tree->author,
                                .secret = &tree->secret,
                                .class = COPSE_ENTRY_CONTROL,
                                .hlc = 1000,
                                .op = {op, sizeof op}};
    tree->genesis = copse_build_entry(&build);
    tree->built = calloc(most, sizeof(struct copse_built *));
    tree->parent = calloc(most, sizeof *tree->parent);
    tree->class = class;
}

static void tree_free(struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        copse_build_entry_free(tree->built[i]);
    }
    copse_build_entry_free(tree->genesis);
    free(tree->built);
    free(tree->parent);
}

static void tree_grow(struct tree *tree, struct copse_random *random, uint32_t parent,
                      size_t op_bytes)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t words[200];
    copse_random_bytes(random, words, sizeof words);
    struct copse_under under;
    memset(&under, 6, sizeof under);
    static const uint8_t ext[] = {0x91, 0x92, 3, 0xc4, 0};
    const struct copse_built *prev = parent == NOBODY ? tree->genesis : tree->built[parent];
    struct copse_build build = {.scheme = copse_hash_scheme(),
                                .author = &tree->author,
                                .secret = &tree->secret,
                                .community = &tree->genesis->id,
                                .class = tree->class,
                                .prev = prev,
                                .hlc = 500 + copse_random_below(random, 1000),
                                .op = random_op(random, room, op_bytes)};
    if (copse_random_below(random, 4) == 0) {
        build.under = &under;
    }
    if (copse_random_below(random, 8) == 0) {
        build.ext = (struct copse_slice){ext, sizeof ext};
    }
    if (copse_random_below(random, 2) == 0) {
        build.content = (struct copse_slice){words, 1 + copse_random_below(random, sizeof words)};
    }
    tree->built[tree->count] = copse_build_entry(&build);
    tree->parent[tree->count] = parent;
    tree->count++;
}

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

static size_t count_children(const struct tree *tree, const struct relay *relay, uint32_t parent)
{
    size_t count = 0;
    for (size_t i = 0; i < tree->count; i++) {
        count += relay->holds[i] && tree->parent[i] == parent;
    }
    return count;
}

/* SPEC 4.11: "The signatures of leaves, of fork children (entries whose prev has another child in
 * the log) and of leaves that a cut names MUST be kept." */
static bool must_keep(const struct tree *tree, const struct relay *relay, uint32_t entry)
{
    return relay->is_named[entry] || count_children(tree, relay, entry) == 0 ||
           count_children(tree, relay, tree->parent[entry]) > 1;
}

/* The stretch from the last signed ancestor (exclusive), or the start, to `entry`. */
static struct copse_run_gap gap_before(const struct tree *tree, const struct relay *relay,
                                       uint32_t entry)
{
    struct copse_run_gap gap = {1, tree->built[entry]->size};
    for (uint32_t at = tree->parent[entry]; at != NOBODY && !relay->is_signed[at];
         at = tree->parent[at]) {
        gap.entries++;
        gap.bytes += tree->built[at]->size;
    }
    return gap;
}

/* Is dropping the signature of `entry` permitted along every branch that goes on from it? The next
 * signed one on a branch is a signed entry whose last signed ancestor is `entry`. */
static bool may_drop(const struct tree *tree, const struct relay *relay, uint32_t entry)
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
        while (at != NOBODY && !relay->is_signed[at]) {
            at = tree->parent[at];
        }
        if (at == entry && !copse_run_may_drop(before, gap_before(tree, relay, next))) {
            return false;
        }
    }
    return true;
}

static void drop_all_it_may(const struct tree *tree, struct relay *relay,
                            struct copse_random *random)
{
    size_t start = copse_random_below(random, tree->count);
    for (size_t i = 0; i < tree->count; i++) {
        /* an order that is not that of the log: a stride that meets every entry */
        uint32_t entry = (uint32_t)((start + i * 7919u) % tree->count);
        if (relay->holds[entry] && may_drop(tree, relay, entry)) {
            relay->is_signed[entry] = false;
        }
    }
}

/* Encode parts[0..count) as a run, read it back as a stranger would, and check every entry. */
static void travel(const struct tree *tree, const uint32_t *path, size_t count,
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
    const struct copse_built *base = parent == NOBODY ? tree->genesis : tree->built[parent];
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

/* Send the run that ends at `last`, if it is signed, not there yet, and a run at all. */
static bool send_run(const struct tree *tree, const struct relay *from, struct relay *to,
                     uint32_t last, struct copse_random *random)
{
    if (!from->holds[last] || !from->is_signed[last] || to->holds[last]) {
        return false;
    }
    uint32_t path[COPSE_RUN_ENTRIES_MAX];
    size_t count = 0;
    size_t bytes = 0;
    for (uint32_t at = last; at != NOBODY && !to->holds[at]; at = tree->parent[at]) {
        bytes += tree->built[at]->size;
        if (count == COPSE_RUN_ENTRIES_MAX || bytes > COPSE_RUN_BYTES_MAX) {
            return false;
        }
        path[COPSE_RUN_ENTRIES_MAX - ++count] = at;
    }
    const uint32_t *first = &path[COPSE_RUN_ENTRIES_MAX - count];
    travel(tree, first, count, random);
    for (size_t i = 0; i < count; i++) {
        to->holds[first[i]] = true;
    }
    to->is_signed[last] = true;
    return true;
}

static void send_everything(const struct tree *tree, const struct relay *from, struct relay *to,
                            struct copse_random *random)
{
    bool has_moved = true;
    while (has_moved) {
        has_moved = false;
        for (size_t i = 0; i < tree->count; i++) {
            uint32_t entry = (uint32_t)copse_random_below(random, tree->count);
            has_moved |= send_run(tree, from, to, entry, random);
        }
        for (uint32_t i = 0; i < tree->count; i++) {
            has_moved |= send_run(tree, from, to, i, random);
        }
    }
    for (size_t i = 0; i < tree->count; i++) {
        assert_int_equal(from->holds[i], to->holds[i]);
    }
    /* Signatures that must be kept come along, even where no run had to end there. */
    for (uint32_t i = 0; i < tree->count; i++) {
        to->is_named[i] = from->is_named[i];
        to->is_signed[i] |= from->is_signed[i] && must_keep(tree, from, i);
    }
}

/* Some entries with all their ancestors, the last of each path signed: a node that was away. */
static void hold_some(const struct tree *tree, struct relay *relay, struct copse_random *random)
{
    size_t paths = copse_random_below(random, 4);
    for (size_t i = 0; i < paths; i++) {
        uint32_t at = (uint32_t)copse_random_below(random, tree->count);
        relay->is_signed[at] = true;
        for (; at != NOBODY && !relay->holds[at]; at = tree->parent[at]) {
            relay->holds[at] = true;
            /* more signatures than needed, so that every gap is one a run could have made */
            relay->is_signed[at] |= copse_random_below(random, 3) == 0;
        }
    }
    /* Make it a state that SPEC 4.12 allows: where a gap is too long, an entry is signed. */
    for (uint32_t i = 0; i < tree->count; i++) {
        struct copse_run_gap gap = gap_before(tree, relay, i);
        if (relay->holds[i] && (gap.entries >= COPSE_RUN_ENTRIES_MAX / 2 ||
                                gap.bytes >= COPSE_RUN_BYTES_MAX - 2 * COPSE_ENTRY_BYTES_MAX)) {
            relay->is_signed[i] = true;
        }
    }
}

static void relay_seed(uint64_t seed)
{
    struct copse_random random;
    copse_random_init(&random, seed);
    struct tree tree;
    size_t most = 20 + copse_random_below(&random, 500);
    size_t op_bytes = seed % 3 == 0 ? 8000 : 20 + copse_random_below(&random, 300);
    tree_init(&tree, most, seed % 2 == 0 ? COPSE_ENTRY_DATA : COPSE_ENTRY_CONTROL);
    uint64_t forks = copse_random_below(&random, 16);
    for (size_t i = 0; i < most; i++) {
        uint32_t parent = i == 0 ? NOBODY : (uint32_t)i - 1;
        if (i > 0 && copse_random_below(&random, most) < forks) {
            parent = (uint32_t)copse_random_below(&random, i);
        }
        tree_grow(&tree, &random, parent, op_bytes);
    }
    struct relay relays[4];
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(relays); i++) {
        relay_init(&relays[i], tree.count);
    }
    for (uint32_t i = 0; i < tree.count; i++) {
        relays[0].holds[i] = true;
        relays[0].is_signed[i] = true;
        relays[0].is_named[i] = copse_random_below(&random, 50) == 0;
    }
    for (size_t i = 0; i + 1 < COPSE_ARRAY_SIZE(relays); i++) {
        drop_all_it_may(&tree, &relays[i], &random);
        hold_some(&tree, &relays[i + 1], &random);
        send_everything(&tree, &relays[i], &relays[i + 1], &random);
    }
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(relays); i++) {
        relay_free(&relays[i]);
    }
    tree_free(&tree);
}

static void run__relays_that_drop_what_they_may_can_send_everything(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        if (getenv("COPSE_VERBOSE") != NULL) {
            (void)fprintf(stderr, "seed %u\n", (unsigned)seed);
        }
        relay_seed(seed);
    }
}

/* ---- single runs ---- */

struct single {
    struct tree tree;
    uint8_t room[ROOM_BYTES];
    struct copse_slice bytes;
};

static int set_up(void **state)
{
    struct single *single = calloc(1, sizeof *single);
    struct copse_random random;
    copse_random_init(&random, 5);
    tree_init(&single->tree, 4, COPSE_ENTRY_DATA);
    struct copse_run_part parts[4];
    for (uint32_t i = 0; i < 4; i++) {
        tree_grow(&single->tree, &random, i == 0 ? NOBODY : i - 1, 30);
        parts[i].entry = copse_build_entry_bytes(single->tree.built[i]);
        parts[i].salted = copse_build_entry_salted(single->tree.built[i]);
    }
    struct copse_writer writer;
    copse_writer_init(&writer, single->room, sizeof single->room);
    assert_int_equal(copse_run_encode(&writer, parts, 4, single->tree.genesis->entry.hlc,
                                      &single->tree.built[3]->signature),
                     COPSE_OK);
    assert_int_equal(copse_writer_end(&single->bytes, &writer), COPSE_OK);
    *state = single;
    return 0;
}

static int tear_down(void **state)
{
    struct single *single = *state;
    tree_free(&single->tree);
    free(single);
    return 0;
}

/* Would a stranger's node store this run? */
static bool is_accepted(const struct single *single, struct copse_slice bytes)
{
    struct copse_run run;
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_run_item item;
    const struct copse_built *genesis = single->tree.genesis;
    struct copse_run_base base = {genesis->id, genesis->entry};
    if (copse_run_open(&run, &genesis->id, bytes) != COPSE_OK ||
        (run.has_base && copse_run_start(&run, &base) != COPSE_OK)) {
        return false;
    }
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK) {
        err = copse_run_next(&run, &item, room);
    }
    return err == COPSE_ERR_NOT_FOUND && copse_run_verify(&run, copse_hash_scheme()) == COPSE_OK;
}

static void run__every_truncation_and_every_changed_byte_is_refused(void **state)
{
    struct single *single = *state;
    assert_true(is_accepted(single, single->bytes));
    for (size_t size = 0; size < single->bytes.size; size++) {
        assert_false(is_accepted(single, (struct copse_slice){single->room, size}));
    }
    for (size_t at = 0; at < single->bytes.size; at++) {
        uint8_t kept = single->room[at];
        for (unsigned flip = 1; flip < 256; flip += 2) {
            single->room[at] = (uint8_t)(kept ^ flip);
            assert_false(is_accepted(single, single->bytes));
        }
        single->room[at] = kept;
    }
}

static void run__refuses_a_base_that_is_not_its_own(void **state)
{
    struct single *single = *state;
    struct copse_run run;
    const struct copse_built *genesis = single->tree.genesis;
    assert_int_equal(copse_run_open(&run, &genesis->id, single->bytes), COPSE_OK);
    struct copse_run_base base = {single->tree.built[0]->id, single->tree.built[0]->entry};
    assert_int_equal(copse_run_start(&run, &base), COPSE_ERR_FORM);
    base = (struct copse_run_base){genesis->id, genesis->entry};
    base.entry.author.bytes[3] ^= 1;
    assert_int_equal(copse_run_start(&run, &base), COPSE_ERR_FORM);
    assert_int_equal(copse_run_open(&run, &single->tree.built[0]->id, single->bytes), COPSE_OK);
    base = (struct copse_run_base){genesis->id, genesis->entry};
    assert_int_equal(copse_run_start(&run, &base), COPSE_ERR_FORM);
}

static void run__carries_a_genesis_to_who_knows_only_its_id(void **state)
{
    struct single *single = *state;
    const struct copse_built *genesis = single->tree.genesis;
    struct copse_run_part part = {copse_build_entry_bytes(genesis), {NULL, 0}};
    uint8_t room[1024];
    struct copse_writer writer;
    copse_writer_init(&writer, room, sizeof room);
    assert_int_equal(copse_run_encode(&writer, &part, 1, 0, &genesis->signature), COPSE_OK);
    struct copse_slice bytes;
    assert_int_equal(copse_writer_end(&bytes, &writer), COPSE_OK);
    struct copse_run run;
    struct copse_run_item item;
    uint8_t entry_room[COPSE_ENTRY_BYTES_MAX];
    assert_int_equal(copse_run_open(&run, &genesis->id, bytes), COPSE_OK);
    assert_int_equal(copse_run_next(&run, &item, entry_room), COPSE_OK);
    assert_true(copse_bytes_is_zero(&item.entry.community));
    assert_true(copse_bytes_equal_ids(&item.id, &genesis->id));
    assert_int_equal(copse_run_verify(&run, copse_hash_scheme()), COPSE_OK);
    /* For another community the same bytes are somebody's JOIN there, and not signed for. */
    assert_int_equal(copse_run_open(&run, &single->tree.built[0]->id, bytes), COPSE_OK);
    assert_int_equal(copse_run_next(&run, &item, entry_room), COPSE_OK);
    assert_false(copse_bytes_is_zero(&item.entry.community));
    assert_int_equal(copse_run_verify(&run, copse_hash_scheme()), COPSE_ERR_SIGNATURE);
}

static void run__an_entry_of_the_largest_size_fits_one_message(void **state)
{
    (void)state;
    struct tree tree;
    tree_init(&tree, 1, COPSE_ENTRY_DATA);
    uint8_t *op = calloc(1, COPSE_ENTRY_OP_BYTES_MAX);
    uint8_t *words = calloc(1, COPSE_CONTENT_BYTES_MAX);
    uint8_t ext[COPSE_ENTRY_EXT_BYTES_MAX] = {0x91, 0x92, 3, 0xc4, 251};
    op[0] = 0xc5;
    copse_bytes_put_u16(op + 1, COPSE_ENTRY_OP_BYTES_MAX - 3);
    struct copse_under under;
    memset(&under, 9, sizeof under);
    struct copse_build build = {.scheme = copse_hash_scheme(),
                                .author = &tree.author,
                                .secret = &tree.secret,
                                .community = &tree.genesis->id,
                                .class = COPSE_ENTRY_DATA,
                                .prev = tree.genesis,
                                .under = &under,
                                .hlc = INT64_MAX,
                                .op = {op, COPSE_ENTRY_OP_BYTES_MAX},
                                .content = {words, COPSE_CONTENT_BYTES_MAX},
                                .ext = {ext, sizeof ext}};
    struct copse_built *built = copse_build_entry(&build);
    struct copse_run_part part = {copse_build_entry_bytes(built), copse_build_entry_salted(built)};
    uint8_t *room = malloc(ROOM_BYTES);
    struct copse_writer writer;
    copse_writer_init(&writer, room, 60000);
    assert_int_equal(copse_run_encode(&writer, &part, 1, 0, &built->signature), COPSE_OK);
    free(room);
    free(op);
    free(words);
    copse_build_entry_free(built);
    tree_free(&tree);
}

static void run__is_bounded_in_entries_and_bytes(void **state)
{
    struct single *single = *state;
    struct copse_random random;
    copse_random_init(&random, 7);
    struct tree tree;
    size_t most = COPSE_RUN_ENTRIES_MAX + 1;
    tree_init(&tree, most, COPSE_ENTRY_DATA);
    struct copse_run_part *parts = calloc(most, sizeof *parts);
    for (uint32_t i = 0; i < most; i++) {
        tree_grow(&tree, &random, i == 0 ? NOBODY : i - 1, 4);
        parts[i].entry = copse_build_entry_bytes(tree.built[i]);
    }
    struct copse_writer writer;
    copse_writer_init(&writer, single->room, sizeof single->room);
    const struct copse_signature *signature = &tree.built[most - 1]->signature;
    assert_int_equal(copse_run_encode(&writer, parts, most, 0, signature), COPSE_ERR_LIMIT);
    assert_int_equal(copse_run_encode(&writer, parts, 0, 0, signature), COPSE_ERR_LIMIT);
    assert_int_equal(copse_run_encode(&writer, parts + 1, 2, 0, signature), COPSE_OK);
    parts[2] = parts[1];
    assert_int_equal(copse_run_encode(&writer, parts + 1, 2, 0, signature), COPSE_ERR_FORM);
    free(parts);
    tree_free(&tree);
    assert_false(
        copse_run_may_drop((struct copse_run_gap){200, 10}, (struct copse_run_gap){57, 10}));
    assert_true(
        copse_run_may_drop((struct copse_run_gap){200, 10}, (struct copse_run_gap){56, 10}));
    assert_false(copse_run_may_drop((struct copse_run_gap){1, COPSE_RUN_BYTES_MAX},
                                    (struct copse_run_gap){1, 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(run__every_truncation_and_every_changed_byte_is_refused,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(run__refuses_a_base_that_is_not_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(run__carries_a_genesis_to_who_knows_only_its_id, set_up,
                                        tear_down),
        cmocka_unit_test(run__an_entry_of_the_largest_size_fits_one_message),
        cmocka_unit_test_setup_teardown(run__is_bounded_in_entries_and_bytes, set_up, tear_down),
        cmocka_unit_test(run__relays_that_drop_what_they_may_can_send_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
