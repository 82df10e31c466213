/* Rows of standing: written as a difference, read back, bounded, safe when memory or bytes fail. */
#include "protocol/authority/standing.h"

#include "protocol/authority/judge.h"
#include "protocol/authority/wanted.h"
#include "tests/support/build_entry.h"
#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/governance_random.h"
#include "tests/support/governance_run.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/state_memory.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS 400u

/* ---- random histories in one state ---- */

static struct memory_source *hold(const struct model_history *history,
                                  const struct governance_built *built,
                                  const bool held[MODEL_ENTRIES_MAX])
{
    struct memory_source *source = memory_source_new(&history->entries[0].id);
    for (int i = 0; i < history->count; i++) {
        if (held[i]) {
            governance_build_add(source, built, i);
        }
    }
    return source;
}

/* A port that counts what is written through it. */
struct counter {
    const struct copse_state *state;
    size_t writes;
};

static enum copse_err counted_get(void *context, struct copse_slice *value, struct copse_slice key)
{
    const struct copse_state *state = ((struct counter *)context)->state;
    return state->get(state->context, value, key);
}

static enum copse_err counted_put(void *context, struct copse_slice key, struct copse_slice value)
{
    struct counter *counter = context;
    counter->writes++;
    return counter->state->put(counter->state->context, key, value);
}

static enum copse_err counted_del(void *context, struct copse_slice key)
{
    struct counter *counter = context;
    counter->writes++;
    return counter->state->del(counter->state->context, key);
}

static enum copse_err counted_seek(void *context, struct copse_slice *key,
                                   struct copse_slice *value, struct copse_slice from)
{
    const struct copse_state *state = ((struct counter *)context)->state;
    return state->seek(state->context, key, value, from);
}

/* Returns how many rows were written or deleted. */
static size_t evaluate_into(const struct copse_state *state, struct memory_source *held,
                            const struct copse_id *community)
{
    struct counter counter = {state, 0};
    const struct copse_state counted = {counted_get, counted_put, counted_del, counted_seek,
                                        &counter};
    struct copse_source source = memory_source_port(held);
    struct copse_governance_options options = {.memory = copse_memory_heap(),
                                               .scheme = copse_hash_scheme()};
    struct copse_governance *governance = NULL;
    assert_int_equal(copse_governance_new(&governance, community, &source, &options), COPSE_OK);
    assert_int_equal(copse_standing_write(&counted, governance), COPSE_OK);
    copse_governance_free(governance);
    return counter.writes;
}

static struct copse_state_memory *new_state(void)
{
    struct copse_state_memory *map =
        copse_state_memory_new(copse_memory_heap(), COPSE_STATE_MEMORY_STRICT);
    assert_non_null(map);
    return map;
}

static void standing__leaves_what_a_fresh_write_would(void **state)
{
    (void)state;
    static struct model_history history;
    struct governance_built built;
    struct governance_build_options options = {copse_hash_scheme(), NULL};
    static const uint8_t foreign[] = {'F', 1};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct copse_random random;
        struct copse_state_memory *map = new_state();
        const struct copse_state *port = copse_state_memory_port(map);
        struct copse_slice other = {foreign, sizeof foreign};
        copse_random_init(&random, seed);
        governance_random_history(&history, &random, 40);
        governance_build(&built, &history, &options);
        assert_int_equal(copse_state_put(port, other, other), COPSE_OK);
        for (int round = 0; round < 3; round++) {
            bool held[MODEL_ENTRIES_MAX];
            governance_random_subset(held, &history, &random);
            struct memory_source *source = hold(&history, &built, held);
            (void)evaluate_into(port, source, &history.entries[0].id);
            struct copse_state_memory *fresh = new_state();
            assert_int_equal(copse_state_put(copse_state_memory_port(fresh), other, other),
                             COPSE_OK);
            (void)evaluate_into(copse_state_memory_port(fresh), source, &history.entries[0].id);
            assert_true(copse_state_memory_equal(map, fresh));
            assert_int_equal(evaluate_into(port, source, &history.entries[0].id), 0);
            copse_state_memory_free(fresh);
            memory_source_free(source);
        }
        governance_build_free(&built);
        copse_state_memory_free(map);
    }
}

/* ---- a person with very many devices ---- */

#define DEVICES 500u
#define LEAVES_EACH 48u

struct crowd {
    struct memory_source *source;
    struct copse_id community;
    struct copse_id ana;
    struct copse_id ben;
    struct copse_secret ana_secret;
    struct copse_secret ben_secret;
    struct copse_built *last; /* of ana's log */
    struct copse_built *grant;
    struct copse_built *joins[DEVICES];
    struct copse_built *removals[DEVICES / LEAVES_EACH + 1];
    size_t removal_count;
};

static void pair(struct copse_id *key, struct copse_secret *secret, uint16_t number)
{
    uint8_t seed[COPSE_SEED_BYTES] = {7};
    copse_bytes_put_u16(seed + 1, number);
    copse_hash_scheme_pair(key, secret, seed);
}

static struct copse_signature certify(const struct copse_secret *root,
                                      const struct copse_id *device)
{
    struct copse_signature signature;
    copse_key_sign(copse_hash_scheme(), &signature, COPSE_KEY_DEVICE, copse_bytes_of_id(device),
                   root);
    return signature;
}

static void take(struct crowd *crowd, const struct copse_built *built)
{
    assert_int_equal(memory_source_add(crowd->source, NULL, copse_build_entry_bytes(built),
                                       (struct copse_slice){NULL, 0}),
                     COPSE_OK);
}

/* The next entry of ana's only device, which uses her root key as its own. */
static struct copse_built *write_as_ana(struct crowd *crowd, const struct copse_op *op)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_build build = {copse_hash_scheme(),
                                &crowd->ana,
                                &crowd->ana_secret,
                                crowd->last == NULL ? NULL : &crowd->community,
                                COPSE_ENTRY_CONTROL,
                                crowd->last,
                                NULL,
                                1,
                                {NULL, 0},
                                {NULL, 0},
                                {NULL, 0}};
    assert_int_equal(copse_op_encode(&build.op, room, op), COPSE_OK);
    struct copse_built *built = copse_build_entry(&build);
    if (crowd->last == NULL) {
        crowd->community = built->id;
    }
    take(crowd, built);
    return built;
}

static struct copse_built *join_as_ben(struct crowd *crowd, uint16_t number)
{
    struct copse_id device;
    struct copse_secret secret;
    struct copse_op op = {.kind = COPSE_OP_JOIN, .target = crowd->ben};
    struct copse_under under = {crowd->grant->id, crowd->community};
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    pair(&device, &secret, number);
    op.signature = certify(&crowd->ben_secret, &device);
    struct copse_build build = {copse_hash_scheme(), &device,   &secret,  &crowd->community,
                                COPSE_ENTRY_CONTROL, NULL,      &under,   1,
                                {NULL, 0},           {NULL, 0}, {NULL, 0}};
    assert_int_equal(copse_op_encode(&build.op, room, &op), COPSE_OK);
    struct copse_built *built = copse_build_entry(&build);
    take(crowd, built);
    return built;
}

static int compare_devices(const void *a, const void *b)
{
    const struct copse_op_leaf *x = a;
    const struct copse_op_leaf *y = b;
    return copse_bytes_compare_ids(&x->device, &y->device);
}

/* A removal whose cut names the JOINs from `first` on; `seq_error` is added to each leaf's seq. */
static struct copse_built *remove_ben(struct crowd *crowd, size_t first, uint32_t seq_error)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_writer lists;
    struct copse_op_leaf leaves[LEAVES_EACH];
    size_t count = 0;
    for (size_t i = first; i < DEVICES && count < LEAVES_EACH; i++) {
        const struct copse_built *join = crowd->joins[i];
        leaves[count++] = (struct copse_op_leaf){COPSE_ENTRY_CONTROL, join->entry.author, seq_error,
                                                 join->id, join->signature};
    }
    qsort(leaves, count, sizeof leaves[0], compare_devices);
    copse_writer_init(&lists, room, sizeof room);
    struct copse_op op = {.kind = COPSE_OP_REMOVE, .target = crowd->ben};
    op.cut = copse_op_list_leaves(&lists, leaves, count);
    return write_as_ana(crowd, &op);
}

static void open_crowd(struct crowd *crowd, uint32_t seq_error)
{
    memset(crowd, 0, sizeof *crowd);
    pair(&crowd->ana, &crowd->ana_secret, UINT16_MAX);
    pair(&crowd->ben, &crowd->ben_secret, UINT16_MAX - 1);
    crowd->source = memory_source_new(NULL);
    uint8_t room[256];
    struct copse_writer lists;
    copse_writer_init(&lists, room, sizeof room);
    struct copse_op genesis = {.kind = COPSE_OP_GENESIS};
    genesis.ids = copse_op_list_ids(&lists, &crowd->ana, 1);
    genesis.signature = certify(&crowd->ana_secret, &crowd->ana);
    struct copse_built *first = write_as_ana(crowd, &genesis);
    struct copse_op grant = {.kind = COPSE_OP_GRANT, .target = crowd->ben, .role = COPSE_OP_MEMBER};
    crowd->last = first;
    crowd->grant = write_as_ana(crowd, &grant);
    copse_build_entry_free(first);
    crowd->last = crowd->grant;
    for (uint16_t i = 0; i < DEVICES; i++) {
        crowd->joins[i] = join_as_ben(crowd, i);
    }
    for (size_t i = 0; i < DEVICES; i += LEAVES_EACH) {
        crowd->last = crowd->removals[crowd->removal_count++] = remove_ben(crowd, i, seq_error);
    }
}

static void close_crowd(struct crowd *crowd)
{
    memory_source_free(crowd->source);
    copse_build_entry_free(crowd->grant);
    for (size_t i = 0; i < DEVICES; i++) {
        copse_build_entry_free(crowd->joins[i]);
    }
    for (size_t i = 0; i < crowd->removal_count; i++) {
        copse_build_entry_free(crowd->removals[i]);
    }
}

static enum copse_verdict judge_join(struct crowd *crowd, const struct copse_standing *standing,
                                     const struct copse_commons *commons, size_t number)
{
    struct copse_source source = memory_source_port(crowd->source);
    struct copse_held held;
    struct copse_op op;
    struct copse_judge_verdict verdict;
    assert_int_equal(source.find(source.context, &held, &crowd->joins[number]->id), COPSE_OK);
    assert_int_equal(copse_op_decode(&op, held.entry.op, held.entry.class), COPSE_OK);
    copse_judge_entry(&verdict, standing, commons, &source, &held, &op);
    return verdict.verdict;
}

/* How many of ben's JOINs count, after evaluation and loading. */
static size_t count_joins(struct crowd *crowd, const struct copse_state *port)
{
    struct copse_source source = memory_source_port(crowd->source);
    struct copse_standing *standing = NULL;
    struct copse_commons *commons = NULL;
    size_t count = 0;
    (void)evaluate_into(port, crowd->source, &crowd->community);
    assert_int_equal(
        copse_standing_load(&standing, port, &crowd->ben, &source, copse_memory_heap()), COPSE_OK);
    assert_int_equal(copse_commons_load(&commons, port, copse_memory_heap()), COPSE_OK);
    for (size_t i = 0; i < DEVICES; i++) {
        count += judge_join(crowd, standing, commons, i) == COPSE_VERDICT_HONOURED ? 1u : 0u;
    }
    copse_commons_free(commons);
    copse_standing_free(standing);
    return count;
}

static bool has_many_parts(const struct copse_state_memory *map, const struct copse_id *person)
{
    size_t parts = 0;
    for (size_t i = 0; i < copse_state_memory_count(map); i++) {
        struct copse_slice key;
        struct copse_slice value;
        copse_state_memory_at(map, &key, &value, i);
        assert_true(value.size <= COPSE_STATE_VALUE_MAX);
        bool is_his = key.size > 34 && key.data[1] == 'p' &&
                      memcmp(key.data + 2, person->bytes, COPSE_ID_BYTES) == 0;
        parts += is_his ? 1u : 0u;
    }
    return parts > 1;
}

static void standing__splits_what_is_large(void **state)
{
    (void)state;
    static struct crowd crowd;
    struct copse_state_memory *map = new_state();
    open_crowd(&crowd, 0);
    assert_int_equal(count_joins(&crowd, copse_state_memory_port(map)), DEVICES);
    assert_true(has_many_parts(map, &crowd.ben));
    close_crowd(&crowd);
    copse_state_memory_free(map);
}

static void standing__takes_no_leaf_that_says_another_seq(void **state)
{
    (void)state;
    static struct crowd crowd;
    struct copse_state_memory *map = new_state();
    open_crowd(&crowd, 1);
    assert_int_equal(count_joins(&crowd, copse_state_memory_port(map)), 0);
    close_crowd(&crowd);
    copse_state_memory_free(map);
}

static void standing__waits_for_a_leaf_that_is_not_here(void **state)
{
    (void)state;
    static struct crowd crowd;
    bool awaits = false;
    enum copse_wanted_extent extent = COPSE_WANTED_NOTHING;
    struct copse_state_memory *map = new_state();
    const struct copse_state *port = copse_state_memory_port(map);
    open_crowd(&crowd, 0);
    struct copse_id gone = crowd.joins[3]->id;
    assert_true(memory_source_drop(crowd.source, &gone));
    (void)evaluate_into(port, crowd.source, &crowd.community);
    assert_int_equal(copse_wanted_awaits(&awaits, port, &gone), COPSE_OK);
    assert_true(awaits);
    assert_int_equal(copse_wanted_awaits(&awaits, port, &crowd.joins[4]->id), COPSE_OK);
    assert_false(awaits);
    assert_int_equal(copse_wanted_of_log(&extent, port, &gone, COPSE_ENTRY_CONTROL), COPSE_OK);
    assert_int_equal(extent, COPSE_WANTED_NOTHING);
    take(&crowd, crowd.joins[3]);
    (void)evaluate_into(port, crowd.source, &crowd.community);
    assert_int_equal(copse_wanted_awaits(&awaits, port, &gone), COPSE_OK);
    assert_false(awaits);
    assert_int_equal(copse_wanted_of_log(&extent, port, &gone, COPSE_ENTRY_CONTROL), COPSE_OK);
    assert_int_equal(extent, COPSE_WANTED_CLIPPED);
    close_crowd(&crowd);
    copse_state_memory_free(map);
}

static void standing__lists_the_leaves_of_a_clipped_log(void **state)
{
    (void)state;
    static struct crowd crowd;
    struct copse_wanted_cursor cursor = {0, 0};
    struct copse_wanted_leaf leaf;
    struct copse_state_memory *map = new_state();
    const struct copse_state *port = copse_state_memory_port(map);
    open_crowd(&crowd, 0);
    (void)evaluate_into(port, crowd.source, &crowd.community);
    const struct copse_id *join = &crowd.joins[9]->id;
    assert_int_equal(copse_wanted_next_leaf(&leaf, &cursor, port, join), COPSE_OK);
    assert_true(copse_bytes_equal_ids(&leaf.id, join));
    assert_int_equal(leaf.seq, 0);
    assert_int_equal(copse_wanted_next_leaf(&leaf, &cursor, port, join), COPSE_ERR_NOT_FOUND);
    close_crowd(&crowd);
    copse_state_memory_free(map);
}

/* An entry of a device of ben that follows `last` in its log of class 0. */
static struct copse_built *write_as_ben(struct crowd *crowd, struct copse_built *last,
                                        uint16_t number)
{
    struct copse_id device;
    struct copse_secret secret;
    struct copse_op op = {.kind = COPSE_OP_HIDE, .target = crowd->community};
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    pair(&device, &secret, number);
    struct copse_build build = {copse_hash_scheme(), &device,   &secret,  &crowd->community,
                                COPSE_ENTRY_CONTROL, last,      NULL,     1,
                                {NULL, 0},           {NULL, 0}, {NULL, 0}};
    assert_int_equal(copse_op_encode(&build.op, room, &op), COPSE_OK);
    struct copse_built *built = copse_build_entry(&build);
    take(crowd, built);
    return built;
}

static struct copse_built *remove_ben_at(struct crowd *crowd, const struct copse_built *last,
                                         uint32_t seq)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_writer lists;
    const struct copse_op_leaf leaf = {COPSE_ENTRY_CONTROL, last->entry.author, seq, last->id,
                                       last->signature};
    copse_writer_init(&lists, room, sizeof room);
    struct copse_op op = {.kind = COPSE_OP_REMOVE, .target = crowd->ben};
    op.cut = copse_op_list_leaves(&lists, &leaf, 1);
    return write_as_ana(crowd, &op);
}

static void assert_wanted(const struct crowd *crowd, const struct copse_state *port,
                          const struct copse_built *built, bool is_expected)
{
    struct copse_source source = memory_source_port(crowd->source);
    struct copse_held held;
    bool is_wanted = !is_expected;
    assert_int_equal(source.find(source.context, &held, &built->id), COPSE_OK);
    assert_int_equal(copse_wanted_has(&is_wanted, port, &source, &held), COPSE_OK);
    assert_int_equal(is_wanted, is_expected);
}

static void standing__wants_the_same_whether_a_void_leaf_is_here_or_not(void **state)
{
    (void)state;
    static struct crowd crowd;
    struct copse_built *log[4];
    open_crowd(&crowd, 0);
    log[0] = crowd.joins[0];
    for (size_t i = 1; i < 4; i++) {
        log[i] = write_as_ben(&crowd, log[i - 1], 0);
    }
    struct copse_built *lie = remove_ben_at(&crowd, log[3], 2);
    for (size_t is_here = 2; is_here-- > 0;) {
        struct copse_state_memory *map = new_state();
        const struct copse_state *port = copse_state_memory_port(map);
        (void)evaluate_into(port, crowd.source, &crowd.community);
        assert_wanted(&crowd, port, log[0], true);
        assert_wanted(&crowd, port, log[1], true); /* the way to what has seq 2, if there is one */
        assert_wanted(&crowd, port, log[2], false);
        copse_state_memory_free(map);
        assert_int_equal(memory_source_drop(crowd.source, &log[3]->id), is_here == 1);
    }
    for (size_t i = 1; i < 4; i++) {
        copse_build_entry_free(log[i]);
    }
    copse_build_entry_free(lie);
    close_crowd(&crowd);
}

/* ---- checks of signatures are remembered ---- */

struct notes {
    struct copse_id ids[64];
    struct copse_governance_checks checks[64];
    size_t count;
    size_t puts;
};

static void get_note(void *context, struct copse_governance_checks *out, const struct copse_id *id)
{
    const struct notes *notes = context;
    *out = (struct copse_governance_checks){0, 0};
    for (size_t i = 0; i < notes->count; i++) {
        if (copse_bytes_equal_ids(&notes->ids[i], id)) {
            *out = notes->checks[i];
        }
    }
}

static void put_note(void *context, const struct copse_id *id,
                     const struct copse_governance_checks *checks)
{
    struct notes *notes = context;
    size_t place = 0;
    notes->puts++;
    while (place < notes->count && !copse_bytes_equal_ids(&notes->ids[place], id)) {
        place++;
    }
    assert_true(place < COPSE_ARRAY_SIZE(notes->ids));
    notes->count = place == notes->count ? place + 1 : notes->count;
    notes->ids[place] = *id;
    notes->checks[place] = *checks;
}

static size_t verified;

static bool counting_verify(const struct copse_id *key, struct copse_slice message,
                            const struct copse_signature *signature)
{
    verified++;
    return copse_hash_scheme()->verify(key, message, signature);
}

static void standing__verifies_each_signature_once(void **state)
{
    (void)state;
    static struct model_history history;
    struct governance_built built;
    struct governance_build_options build = {copse_hash_scheme(), NULL};
    struct copse_key_scheme counting = {copse_hash_scheme()->sign, counting_verify};
    static struct notes notes;
    struct copse_governance_options options = {.memory = copse_memory_heap(),
                                               .scheme = &counting,
                                               .get_checks = get_note,
                                               .put_checks = put_note,
                                               .context = &notes};
    bool held[MODEL_ENTRIES_MAX];
    memset(held, true, sizeof held);
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct copse_random random;
        copse_random_init(&random, seed);
        governance_random_history(&history, &random, 40);
        governance_build(&built, &history, &build);
        struct memory_source *source = hold(&history, &built, held);
        struct copse_source port = memory_source_port(source);
        struct copse_governance *governance = NULL;
        memset(&notes, 0, sizeof notes);
        verified = 0;
        assert_int_equal(copse_governance_new(&governance, &history.entries[0].id, &port, &options),
                         COPSE_OK);
        copse_governance_free(governance);
        assert_true(verified > 0);
        assert_true(notes.puts > 0);
        verified = 0;
        assert_int_equal(copse_governance_new(&governance, &history.entries[0].id, &port, &options),
                         COPSE_OK);
        copse_governance_free(governance);
        assert_int_equal(verified, 0);
        memory_source_free(source);
        governance_build_free(&built);
    }
}

/* ---- lack of memory, damaged bytes ---- */

struct attempt {
    struct copse_source source;
    struct copse_id community;
    struct copse_id person;
};

static enum copse_err attempt_all(const struct copse_memory *memory, void *context)
{
    const struct attempt *attempt = context;
    struct copse_governance_options options = {.memory = memory, .scheme = copse_hash_scheme()};
    struct copse_governance *governance = NULL;
    struct copse_standing *standing = NULL;
    struct copse_commons *commons = NULL;
    struct copse_state_memory *map = new_state();
    const struct copse_state *port = copse_state_memory_port(map);
    enum copse_err err =
        copse_governance_new(&governance, &attempt->community, &attempt->source, &options);
    if (err == COPSE_OK) {
        err = copse_standing_write(port, governance);
    }
    if (err == COPSE_OK) {
        err = copse_standing_load(&standing, port, &attempt->person, &attempt->source, memory);
    }
    if (err == COPSE_OK) {
        err = copse_commons_load(&commons, port, memory);
    }
    copse_commons_free(commons);
    copse_standing_free(standing);
    copse_governance_free(governance);
    copse_state_memory_free(map);
    return err;
}

static void standing__survives_lack_of_memory(void **state)
{
    (void)state;
    static struct model_history history;
    struct governance_built built;
    struct governance_build_options options = {copse_hash_scheme(), NULL};
    bool held[MODEL_ENTRIES_MAX];
    memset(held, true, sizeof held);
    size_t failures = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct copse_random random;
        copse_random_init(&random, seed);
        governance_random_history(&history, &random, 50);
        governance_build(&built, &history, &options);
        struct memory_source *source = hold(&history, &built, held);
        struct attempt attempt = {memory_source_port(source), history.entries[0].id,
                                  governance_build_person(copse_hash_scheme(), 0)};
        failures += copse_fault_sweep(attempt_all, &attempt);
        memory_source_free(source);
        governance_build_free(&built);
    }
    assert_true(failures > 100);
}

static void standing__refuses_damaged_rows(void **state)
{
    (void)state;
    static struct model_history history;
    struct governance_built built;
    struct governance_build_options options = {copse_hash_scheme(), NULL};
    struct copse_random random;
    bool held[MODEL_ENTRIES_MAX];
    size_t refused = 0;
    memset(held, true, sizeof held);
    copse_random_init(&random, 5);
    governance_random_history(&history, &random, 50);
    governance_build(&built, &history, &options);
    struct memory_source *source = hold(&history, &built, held);
    struct copse_source port = memory_source_port(source);
    struct copse_id person = governance_build_person(copse_hash_scheme(), 0);
    for (int round = 0; round < 2000; round++) {
        struct copse_state_memory *map = new_state();
        const struct copse_state *rows = copse_state_memory_port(map);
        (void)evaluate_into(rows, source, &history.entries[0].id);
        size_t index = (size_t)copse_random_below(&random, copse_state_memory_count(map));
        struct copse_slice key;
        struct copse_slice value;
        uint8_t key_copy[COPSE_STATE_KEY_MAX];
        uint8_t value_copy[COPSE_STATE_VALUE_MAX];
        copse_state_memory_at(map, &key, &value, index);
        memcpy(key_copy, key.data, key.size);
        memcpy(value_copy, value.data, value.size);
        value_copy[copse_random_below(&random, value.size)] ^=
            (uint8_t)(1u + copse_random_below(&random, 255));
        size_t size = value.size - (size_t)copse_random_below(&random, 2);
        assert_int_equal(copse_state_put(rows, (struct copse_slice){key_copy, key.size},
                                         (struct copse_slice){value_copy, size}),
                         COPSE_OK);
        struct copse_standing *standing = NULL;
        struct copse_commons *commons = NULL;
        enum copse_err err =
            copse_standing_load(&standing, rows, &person, &port, copse_memory_heap());
        assert_true(err == COPSE_OK || err == COPSE_ERR_CORRUPT);
        refused += err == COPSE_OK ? 0 : 1;
        err = copse_commons_load(&commons, rows, copse_memory_heap());
        assert_true(err == COPSE_OK || err == COPSE_ERR_CORRUPT);
        refused += err == COPSE_OK ? 0 : 1;
        copse_commons_free(commons);
        copse_standing_free(standing);
        copse_state_memory_free(map);
    }
    assert_true(refused > 0);
    memory_source_free(source);
    governance_build_free(&built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standing__leaves_what_a_fresh_write_would),
        cmocka_unit_test(standing__splits_what_is_large),
        cmocka_unit_test(standing__takes_no_leaf_that_says_another_seq),
        cmocka_unit_test(standing__waits_for_a_leaf_that_is_not_here),
        cmocka_unit_test(standing__lists_the_leaves_of_a_clipped_log),
        cmocka_unit_test(standing__wants_the_same_whether_a_void_leaf_is_here_or_not),
        cmocka_unit_test(standing__verifies_each_signature_once),
        cmocka_unit_test(standing__survives_lack_of_memory),
        cmocka_unit_test(standing__refuses_damaged_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
