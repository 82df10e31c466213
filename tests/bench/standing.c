/* How it works: a community is made up in memory: founders, coordinators, moderators, and members
 * who come by invitations and grants, renew their terms, and are sometimes removed. Its control
 * entries go into a store as gossip brings them. Then single acts are stored, one in a transaction
 * each, and timed with what governance makes of them. "Kept" is a removal whose cut keeps all that
 * was done, "lost" one without. A raw fold is a HIDE, which bears on nobody's standing. Times are
 * of the processor.
 *
 *   copse_bench_standing [--members N] [--entries N] [--rounds N] [--seed S]
 */
#include "protocol/authority/standing.h"
#include "protocol/authority/governance.h"
#include "protocol/authority/op.h"
#include "storage/store.h"
#include "tests/support/build_entry.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/random.h"
#include "tests/support/store_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FOUNDERS 3u
#define COORDINATORS 20u
#define MODERATORS 40u
#define INVITES 5u /* of each coordinator */
#define BATCH 1000u
#define NOW_MS UINT64_C(1790000000000)

struct person {
    struct copse_id root;
    struct copse_secret root_secret;
    struct copse_id device;
    struct copse_secret secret;
    struct copse_built *join;
    struct copse_built *last; /* of class 0 */
    struct copse_id grant;    /* what it acts under */
    bool has_said;            /* and has cited it */
};

struct town {
    struct copse_random random;
    struct person *people; /* founders, coordinators, moderators, members */
    size_t person_count;
    size_t member_count;
    struct copse_built **entries; /* in order */
    size_t count;
    size_t capacity;
    struct copse_id community;
    struct copse_id invites[COORDINATORS * INVITES];
    struct copse_id invite_keys[COORDINATORS * INVITES];
    struct copse_secret invite_secrets[COORDINATORS * INVITES];
    uint64_t hlc;
};

/* Of this process alone: other programs on the machine do not count. */
static double now_ms(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void must(enum copse_err err, const char *what)
{
    if (err != COPSE_OK) {
        fprintf(stderr, "copse_bench_standing: %s: %s\n", what, copse_error_name(err));
        exit(1);
    }
}

static uint64_t below(struct town *town, uint64_t limit)
{
    return copse_random_below(&town->random, limit);
}

/* ---- making entries ---- */

static void make_person(struct person *person, uint32_t number)
{
    uint8_t seed[COPSE_SEED_BYTES] = {1};
    memset(person, 0, sizeof *person);
    copse_bytes_put_u32(seed + 4, number);
    copse_hash_scheme_pair(&person->root, &person->root_secret, seed);
    seed[0] = 2;
    copse_hash_scheme_pair(&person->device, &person->secret, seed);
}

static void keep(struct town *town, struct copse_built *built)
{
    if (town->count == town->capacity) {
        town->capacity = town->capacity == 0 ? 1024 : 2 * town->capacity;
        town->entries = realloc(town->entries, town->capacity * sizeof *town->entries);
    }
    town->entries[town->count++] = built;
}

static struct copse_built *build(struct town *town, struct person *person,
                                 const struct copse_op *op, const struct copse_under *under,
                                 const struct copse_built *prev)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_slice bytes;
    must(copse_op_encode(&bytes, room, op), "op");
    struct copse_build what = {
        .scheme = copse_hash_scheme(),
        .author = &person->device,
        .secret = &person->secret,
        .community = op->kind == COPSE_OP_GENESIS ? NULL : &town->community,
        .class = COPSE_ENTRY_CONTROL,
        .prev = prev,
        .under = under,
        .hlc = ++town->hlc,
        .op = bytes,
    };
    return copse_build_entry(&what);
}

static struct copse_built *write_entry(struct town *town, struct person *person,
                                       const struct copse_op *op)
{
    struct copse_under under = {person->grant, town->community};
    struct copse_built *built =
        build(town, person, op, person->has_said ? NULL : &under, person->last);
    person->has_said = true;
    person->last = built;
    keep(town, built);
    return built;
}

static void certify(struct copse_signature *out, const struct person *person)
{
    copse_key_sign(copse_hash_scheme(), out, COPSE_KEY_DEVICE, copse_bytes_of_id(&person->device),
                   &person->root_secret);
}

static void found(struct town *town)
{
    uint8_t room[256];
    struct copse_writer writer;
    struct copse_id ids[FOUNDERS];
    static const uint8_t charter[] = {0x81, 0x01, 0xc3}; /* members may invite */
    copse_writer_init(&writer, room, sizeof room);
    for (size_t i = 0; i < FOUNDERS; i++) {
        ids[i] = town->people[i].root;
    }
    struct person *ana = &town->people[0];
    struct copse_op op = {.kind = COPSE_OP_GENESIS, .charter = {charter, sizeof charter}};
    op.ids = copse_op_list_ids(&writer, ids, FOUNDERS);
    certify(&op.signature, ana);
    ana->join = build(town, ana, &op, NULL, NULL);
    ana->last = ana->join;
    town->community = ana->join->id;
    for (size_t i = 0; i < FOUNDERS; i++) {
        town->people[i].grant = town->community;
    }
    keep(town, ana->join);
}

static void join(struct town *town, struct person *person, size_t invite)
{
    struct copse_op op = {.kind = COPSE_OP_JOIN, .target = person->root};
    struct copse_under under = {person->grant, town->community};
    certify(&op.signature, person);
    if (invite < COORDINATORS * INVITES) {
        uint8_t message[3 * COPSE_ID_BYTES];
        under.grant = town->invites[invite];
        memcpy(message, town->community.bytes, COPSE_ID_BYTES);
        memcpy(message + COPSE_ID_BYTES, person->root.bytes, COPSE_ID_BYTES);
        memcpy(message + 2 * (size_t)COPSE_ID_BYTES, person->device.bytes, COPSE_ID_BYTES);
        op.has_invite_signature = true;
        copse_key_sign(copse_hash_scheme(), &op.invite_signature, COPSE_KEY_INVITE,
                       (struct copse_slice){message, sizeof message},
                       &town->invite_secrets[invite]);
    }
    person->join = build(town, person, &op, &under, NULL);
    person->last = person->join;
    if (invite < COORDINATORS * INVITES) {
        person->grant = person->join->id; /* to be cited from now on */
    } else {
        person->has_said = true;
    }
    keep(town, person->join);
}

static struct copse_built *grant(struct town *town, struct person *by, struct person *to,
                                 enum copse_op_role role)
{
    struct copse_op op = {.kind = COPSE_OP_GRANT, .target = to->root, .role = role};
    return write_entry(town, by, &op);
}

static struct copse_op_leaf leaf_of(const struct copse_built *built)
{
    return (struct copse_op_leaf){.class = built->entry.class,
                                  .device = built->entry.author,
                                  .seq = built->entry.seq,
                                  .id = built->id,
                                  .signature = built->signature};
}

static struct copse_built *remove_person(struct town *town, struct person *by,
                                         const struct person *who, bool keeps)
{
    uint8_t room[512];
    struct copse_writer writer;
    struct copse_op_leaf leaf;
    copse_writer_init(&writer, room, sizeof room);
    struct copse_op op = {.kind = COPSE_OP_REMOVE, .target = who->root, .to = COPSE_OP_TO_NONE};
    if (keeps) {
        leaf = leaf_of(who->last);
    }
    op.cut = copse_op_list_leaves(&writer, &leaf, keeps ? 1 : 0);
    return write_entry(town, by, &op);
}

static struct copse_built *revoke(struct town *town, struct person *by, const struct copse_id *what,
                                  const struct person *who)
{
    uint8_t room[64];
    uint8_t leaf_room[512];
    struct copse_writer writer;
    struct copse_writer leaf_writer;
    struct copse_op_leaf leaf = leaf_of(who->last);
    copse_writer_init(&writer, room, sizeof room);
    copse_writer_init(&leaf_writer, leaf_room, sizeof leaf_room);
    struct copse_op op = {.kind = COPSE_OP_REVOKE, .reason = COPSE_OP_REASON_TERM};
    op.ids = copse_op_list_ids(&writer, what, 1);
    op.cut = copse_op_list_leaves(&leaf_writer, &leaf, 1);
    return write_entry(town, by, &op);
}

static void write_charter(struct town *town, struct person *by, const struct copse_id *over)
{
    uint8_t room[64];
    struct copse_writer writer;
    static const uint8_t charter[] = {0x81, 0x01, 0xc3};
    copse_writer_init(&writer, room, sizeof room);
    struct copse_op op = {.kind = COPSE_OP_CHARTER, .charter = {charter, sizeof charter}};
    op.over = copse_op_list_ids(&writer, over, 1);
    (void)write_entry(town, by, &op);
}

static struct copse_built *hide(struct town *town, struct person *by)
{
    struct copse_op op = {.kind = COPSE_OP_HIDE};
    copse_random_bytes(&town->random, op.target.bytes, sizeof op.target.bytes);
    return write_entry(town, by, &op);
}

static struct copse_built *invite(struct town *town, struct person *by, size_t number)
{
    uint8_t seed[COPSE_SEED_BYTES] = {3};
    copse_bytes_put_u32(seed + 4, (uint32_t)number);
    copse_hash_scheme_pair(&town->invite_keys[number], &town->invite_secrets[number], seed);
    struct copse_op op = {
        .kind = COPSE_OP_INVITE, .target = town->invite_keys[number], .role = COPSE_OP_MEMBER};
    return write_entry(town, by, &op);
}

static struct person *coordinator(struct town *town)
{
    return &town->people[FOUNDERS + below(town, COORDINATORS)];
}

static struct person *staff(struct town *town)
{
    return &town->people[FOUNDERS + below(town, COORDINATORS + MODERATORS)];
}

static struct person *member(struct town *town, size_t came)
{
    return &town->people[FOUNDERS + COORDINATORS + MODERATORS + below(town, came)];
}

static void arrive(struct town *town, size_t number)
{
    struct person *person = &town->people[FOUNDERS + COORDINATORS + MODERATORS + number];
    if (number % 2 == 0) {
        person->grant = grant(town, staff(town), person, COPSE_OP_MEMBER)->id;
        join(town, person, SIZE_MAX);
    } else {
        join(town, person, below(town, COORDINATORS * INVITES));
    }
}

/* What the staff does on an ordinary day. */
static void deed(struct town *town, size_t came)
{
    struct person *who = member(town, came);
    uint64_t dice = below(town, 1000);
    if (dice < 620) {
        (void)grant(town, staff(town), who, COPSE_OP_MEMBER);
    } else if (dice < 720) {
        struct copse_built *term = grant(town, staff(town), who, COPSE_OP_GUEST);
        struct person *by = &town->people[below(town, FOUNDERS)];
        (void)revoke(town, by, &term->id, who);
    } else if (dice < 735) {
        (void)remove_person(town, coordinator(town), who, below(town, 4) != 0);
    } else if (dice < 737) {
        write_charter(town, coordinator(town), &town->community);
    } else {
        (void)hide(town, staff(town));
    }
}

static void make_town(struct town *town, size_t members, size_t entries, uint64_t seed)
{
    memset(town, 0, sizeof *town);
    copse_random_init(&town->random, seed);
    town->member_count = members;
    town->person_count = FOUNDERS + COORDINATORS + MODERATORS + members;
    town->people = calloc(town->person_count, sizeof *town->people);
    for (size_t i = 0; i < town->person_count; i++) {
        make_person(&town->people[i], (uint32_t)i);
    }
    found(town);
    for (size_t i = 1; i < FOUNDERS; i++) {
        join(town, &town->people[i], SIZE_MAX);
    }
    for (size_t i = FOUNDERS; i < FOUNDERS + COORDINATORS + MODERATORS; i++) {
        bool is_moderator = i >= FOUNDERS + COORDINATORS;
        struct person *by = is_moderator ? coordinator(town) : &town->people[i % FOUNDERS];
        town->people[i].grant = grant(town, by, &town->people[i],
                                      is_moderator ? COPSE_OP_MODERATOR : COPSE_OP_COORDINATOR)
                                    ->id;
        join(town, &town->people[i], SIZE_MAX);
        for (size_t k = 0; !is_moderator && k < INVITES; k++) {
            size_t number = (i - FOUNDERS) * INVITES + k;
            town->invites[number] = invite(town, &town->people[i], number)->id;
        }
    }
    size_t came = 0;
    while (town->count < entries) {
        /* members come evenly over the whole time */
        size_t due = (size_t)((double)members * (double)town->count / (double)entries) + 1;
        if (came < members && came < due) {
            arrive(town, came++);
        } else {
            deed(town, came);
        }
    }
}

/* ---- the store ---- */

static struct copse_txn *begin(struct copse_store *store, enum copse_db_mode mode)
{
    struct copse_txn *txn = NULL;
    must(copse_store_begin(&txn, store, mode, NOW_MS, NULL), "begin");
    return txn;
}

static double quantile(double *values, size_t count, double share);

static void add_all(const struct town *town, struct copse_store *store)
{
    struct copse_store_item *items = calloc(BATCH, sizeof *items);
    double *times = calloc(town->count / BATCH + 1, sizeof *times);
    size_t flushes = 0;
    double whole = now_ms();
    uint64_t commits = copse_store_number(store);
    for (size_t first = 0; first < town->count; first += BATCH) {
        size_t count = town->count - first < BATCH ? town->count - first : BATCH;
        for (size_t i = 0; i < count; i++) {
            items[i] = copse_store_world_item(town->entries[first + i]);
        }
        struct copse_store_batch batch = {items, count};
        double start = now_ms();
        must(copse_store_ingest(store, &town->community, &batch, NOW_MS, NULL), "ingest");
        times[flushes++] = now_ms() - start;
    }
    whole = now_ms() - whole;
    commits = copse_store_number(store) - commits;
    printf("ingest_all_ms %.0f in %zu batches of %u\n", whole, flushes, BATCH);
    printf("ingest_transaction_ms %.1f on average\n", whole / (double)commits);
    printf("ingest_batch_last_ms %.1f\n", times[flushes - 1]);
    printf("ingest_batch_max_ms %.1f\n", quantile(times, flushes, 1));
    free(times);
    free(items);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *values, size_t count, double share)
{
    size_t at = (size_t)((double)count * share);
    qsort(values, count, sizeof *values, compare_doubles);
    return values[at < count ? at : count - 1];
}

static void measure_whole(struct copse_store *store, const struct copse_id *id)
{
    for (int round = 0; round < 3; round++) {
        uint32_t community = 0;
        struct copse_txn *txn = begin(store, COPSE_DB_WRITE);
        must(copse_entries_community(txn, &community, id), "community");
        struct copse_entries_source context;
        struct copse_source source = copse_entries_source(&context, txn, community);
        double start = now_ms();
        uint64_t cursor = 0;
        struct copse_held held;
        size_t count = 0;
        while (source.next_control(source.context, &held, &cursor) == COPSE_OK) {
            count++;
        }
        printf("read_ms %.1f of %zu entries\n", now_ms() - start, count);
        struct copse_views views;
        struct copse_state state = copse_views_state(&views, txn, community);
        struct copse_governance_options options = {.memory = copse_memory_heap(),
                                                   .scheme = copse_hash_scheme()};
        struct copse_governance *governance = NULL;
        start = now_ms();
        must(copse_governance_new(&governance, id, &source, &options), "governance");
        printf("evaluate_ms %.1f\n", now_ms() - start);
        start = now_ms();
        must(copse_standing_write(&state, governance), "rows");
        printf("rows_ms %.1f\n", now_ms() - start);
        copse_governance_free(governance);
        copse_store_abort(txn);
    }
}

/* Store one entry alone; the time of its transaction without the disk. */
static double add_one(struct copse_store *store, const struct copse_id *id,
                      const struct copse_built *built, bool keeps)
{
    uint32_t community = 0;
    struct copse_store_item item = copse_store_world_item(built);
    struct copse_store_batch batch = {&item, 1};
    struct copse_txn *txn = begin(store, COPSE_DB_WRITE);
    double start = now_ms();
    must(copse_entries_community(txn, &community, id), "community");
    must(copse_store_add(txn, community, &batch), "add");
    must(copse_views_settle(txn), "settle");
    double time = now_ms() - start;
    if (item.outcome != COPSE_STORE_STORED) {
        must(COPSE_ERR_FORM, "outcome");
    }
    if (keeps) {
        must(copse_store_commit(store, txn, NULL), "commit");
    } else {
        copse_store_abort(txn);
    }
    return time;
}

enum act { ACT_HIDE, ACT_GRANT, ACT_JOIN, ACT_REVOKE, ACT_REMOVE, ACT_CHARTER, ACT_COUNT };

static struct copse_built *make_act(struct town *town, enum act act, size_t round)
{
    struct person *who = member(town, town->member_count);
    struct person *by = coordinator(town);
    switch (act) {
    case ACT_HIDE:
        return hide(town, by);
    case ACT_GRANT:
        return grant(town, by, who, COPSE_OP_MEMBER);
    case ACT_JOIN: {
        struct person *fresh = calloc(1, sizeof *fresh);
        make_person(fresh, (uint32_t)(1000000 + round));
        join(town, fresh, below(town, COORDINATORS * INVITES));
        return fresh->join;
    }
    case ACT_REVOKE: {
        struct person *ana = &town->people[below(town, FOUNDERS)];
        return revoke(town, ana, &who->grant, who);
    }
    case ACT_REMOVE:
        return remove_person(town, by, who, true);
    case ACT_CHARTER:
    case ACT_COUNT:
        break;
    }
    write_charter(town, by, &town->community);
    return town->entries[town->count - 1];
}

static void measure_acts(struct town *town, struct copse_store *store, size_t rounds)
{
    static const char *const names[] = {"hide", "grant", "join", "revoke", "remove", "charter"};
    double *times = calloc(rounds, sizeof *times);
    double raw = 1;
    for (enum act act = ACT_HIDE; act < ACT_COUNT; act++) {
        for (size_t i = 0; i < rounds; i++) {
            times[i] = add_one(store, &town->community, make_act(town, act, i), true);
        }
        double p50 = quantile(times, rounds, 0.5);
        double p99 = quantile(times, rounds, 0.99);
        raw = act == ACT_HIDE ? p50 : raw;
        printf("%s_ms p50 %.3f p99 %.3f, %.1f raw folds\n", names[act], p50, p99, p50 / raw);
    }
    free(times);
    for (size_t i = 0; i < 5; i++) {
        struct person *senior = &town->people[FOUNDERS + i];
        struct person *ana = &town->people[0];
        struct copse_built *last = ana->last;
        struct copse_built *keeping = remove_person(town, ana, senior, true);
        printf("remove_senior_kept_ms %.1f\n", add_one(store, &town->community, keeping, false));
        ana->last = last;
        struct copse_built *losing = remove_person(town, ana, senior, false);
        printf("remove_senior_lost_ms %.1f\n", add_one(store, &town->community, losing, false));
        ana->last = last;
    }
}

static void measure_open(struct copse_store_world *world, const struct copse_id *id)
{
    copse_store_world_close(world);
    double start = now_ms();
    copse_store_world_open(world);
    struct copse_txn *txn = begin(world->store, COPSE_DB_READ);
    uint32_t community = 0;
    must(copse_entries_community(txn, &community, id), "community");
    struct copse_views views;
    struct copse_state state = copse_views_state(&views, txn, community);
    struct copse_state_cursor cursor;
    struct copse_id person;
    size_t count = 0;
    copse_standing_open_people(&cursor);
    while (copse_standing_next_person(&person, &cursor, &state) == COPSE_OK) {
        count++;
    }
    printf("open_ms %.1f with %zu persons\n", now_ms() - start, count);
    copse_store_abort(txn);
    txn = begin(world->store, COPSE_DB_WRITE);
    start = now_ms();
    must(copse_views_rebuild(txn, community), "rebuild");
    printf("replay_ms %.1f\n", now_ms() - start);
    copse_store_abort(txn);
}

static size_t option(int count, char **values, const char *name, size_t otherwise)
{
    for (int i = 1; i + 1 < count; i++) {
        if (strcmp(values[i], name) == 0) {
            return strtoull(values[i + 1], NULL, 10);
        }
    }
    return otherwise;
}

int main(int count, char **values)
{
    static struct town town;
    void *state = NULL;
    if (copse_store_world_setup(&state) != 0) {
        return 1;
    }
    struct copse_store_world *world = state;
    copse_store_world_close(world);
    world->options.scheme = copse_hash_scheme();
    copse_store_world_open(world);
    make_town(&town, option(count, values, "--members", 10000),
              option(count, values, "--entries", 100000), option(count, values, "--seed", 1));
    struct copse_txn *txn = begin(world->store, COPSE_DB_WRITE);
    uint32_t community = 0;
    must(copse_entries_add_community(txn, &community, &town.community), "community");
    must(copse_store_commit(world->store, txn, NULL), "commit");
    add_all(&town, world->store);
    measure_whole(world->store, &town.community);
    measure_open(world, &town.community);
    measure_acts(&town, world->store, option(count, values, "--rounds", 100));
    return copse_store_world_teardown(&state);
}
