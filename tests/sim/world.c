/* How it works: the seed fills in the options; the options make people and the community; then
 * steps of deeds and meetings; then quiet; then the checkers. Nothing else is random and nothing is
 * read from outside, so a seed always gives the same digest.
 */
#include "tests/sim/world.h"

#include "tests/sim/check.h"
#include "tests/sim/deeds.h"
#include "tests/sim/exchange.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define QUIET_ROUNDS_MAX 40u
#define FIRST_WALL_MS UINT64_C(1700000000000)
#define STEP_MS_MAX 60000u

/* ---- options ---- */

static uint32_t between(struct copse_random *random, uint32_t least, uint32_t most)
{
    return least + (uint32_t)copse_random_below(random, (uint64_t)(most - least) + 1);
}

/* Which kinds a seed uses and how much: each run is about something else. */
static void derive_weights(struct sim_options *out, struct copse_random *random)
{
    static const struct {
        uint8_t kind, usual;
    } rows[] = {
        {COPSE_OP_JOIN, 1},          {COPSE_OP_GRANT, 14}, {COPSE_OP_REVOKE, 2},
        {COPSE_OP_REMOVE, 3},        {COPSE_OP_ACCEPT, 2}, {COPSE_OP_LEAVE, 1},
        {COPSE_OP_DEVICE_REVOKE, 1}, {COPSE_OP_INVITE, 3}, {COPSE_OP_CHARTER, 3},
        {COPSE_OP_RECALL, 3},        {COPSE_OP_ASSENT, 6}, {COPSE_OP_HIDE, 3},
        {COPSE_OP_UNHIDE, 2},        {COPSE_OP_LOCK, 2},   {COPSE_OP_UNLOCK, 1},
        {COPSE_OP_BAR, 2},           {COPSE_OP_UNBAR, 1},  {COPSE_OP_APPROVE, 2},
        {COPSE_OP_ERASE, 2},         {COPSE_OP_FLAG, 2},   {COPSE_OP_SECRET, 1},
        {COPSE_OP_CREATE, 12},       {COPSE_OP_EDIT, 14},  {COPSE_OP_SET, 10},
        {COPSE_OP_ADD, 5},           {COPSE_OP_DEL, 3},
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        uint32_t times = between(random, 0, 4);
        uint32_t divisor = between(random, 1, 2);
        out->weights[rows[i].kind] = (uint8_t)(rows[i].usual * times / divisor);
    }
    out->weights[COPSE_OP_GRANT] = (uint8_t)(out->weights[COPSE_OP_GRANT] + 6);
    out->weights[COPSE_OP_CREATE] = (uint8_t)(out->weights[COPSE_OP_CREATE] + 4);
}

void sim_world_derive(struct sim_options *out, uint64_t seed, const struct sim_options *wished)
{
    struct copse_random random;
    copse_random_init(&random, seed ^ UINT64_C(0x636f707365));
    memset(out, 0, sizeof *out);
    out->seed = seed;
    out->nodes = between(&random, 2, 5);
    out->steps = between(&random, 30, 130);
    out->persons = between(&random, 2, 7);
    out->founders = between(&random, 1, 5);
    out->deed_share = between(&random, 40, 85);
    out->hostile_share = between(&random, 0, 2) == 0 ? 0 : between(&random, 1, 20);
    out->mutated_share = between(&random, 0, 15);
    out->inline_share = between(&random, 0, 100);
    out->lost_share = between(&random, 0, 1) == 0 ? 0 : between(&random, 1, 20);
    out->dropped_share = between(&random, 0, 20);
    out->copied_share = between(&random, 0, 1) == 0 ? 0 : between(&random, 1, 8);
    out->forked_share = between(&random, 0, 3) == 0 ? between(&random, 5, 60) : 0;
    out->storm_share = between(&random, 0, 5) == 0 ? 3 : 0;
    derive_weights(out, &random);
    out->is_real = seed % 10 == 9;
    out->nodes = wished->nodes == 0 ? out->nodes : wished->nodes;
    out->steps = wished->steps == 0 ? out->steps : wished->steps;
    out->is_linked = wished->is_linked;
    if (out->is_linked && seed % 3 == 0) { /* nobody has anybody's key: no log may fork */
        out->hostile_share = 0;
        out->copied_share = 0;
        out->forked_share = 0;
        out->storm_share = 0;
    }
    if (out->is_linked) {
        out->is_real = true;
        out->persons = out->persons < out->nodes ? out->nodes : out->persons;
        out->founders += seed % 4 == 0 ? 0 : 2; /* else many a node has nobody to speak with */
    }
    out->founders = out->founders > COPSE_OP_FOUNDERS_MAX ? COPSE_OP_FOUNDERS_MAX : out->founders;
    out->founders = out->founders > out->persons ? out->persons : out->founders;
}

void sim_world_print_options(const struct sim_options *options)
{
    printf(
        "seed %" PRIu64 " --nodes %u --steps %u: persons %u founders %u deeds %u%% hostile %u%% "
        "mutated %u%% inline %u%% lost %u%% dropped %u%% copied %u%% forked %u%% storms %u%% %s\n",
        options->seed, options->nodes, options->steps, options->persons, options->founders,
        options->deed_share, options->hostile_share, options->mutated_share, options->inline_share,
        options->lost_share, options->dropped_share, options->copied_share, options->forked_share,
        options->storm_share, options->is_real ? "Ed25519" : "keyed hash");
    printf("  weights:");
    for (uint32_t kind = 0; kind < SIM_KINDS; kind++) {
        if (options->weights[kind] > 0) {
            printf(" %s %u", copse_op_name(kind), options->weights[kind]);
        }
    }
    printf("\n");
}

/* ---- the world ---- */

bool sim_world_chance(struct sim_world *world, uint32_t percent)
{
    return copse_random_below(&world->random, 100) < percent;
}

size_t sim_world_below(struct sim_world *world, size_t limit)
{
    return limit == 0 ? 0 : (size_t)copse_random_below(&world->random, limit);
}

/* Source: FNV-1a, 64 bits; Fowler, Noll, Vo. */
static void digest_bytes(uint64_t *digest, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        *digest = (*digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
}

void sim_world_trace(struct sim_world *world, const char *what, struct copse_slice bytes)
{
    digest_bytes(&world->digest, (const uint8_t *)what, strlen(what));
    digest_bytes(&world->digest, bytes.data, bytes.size);
}

void sim_world_reach(struct sim_world *world, enum sim_reached place)
{
    world->reached[place]++;
}

void sim_world_fail(struct sim_world *world, const char *format, ...)
{
    va_list arguments;
    world->failure_count++;
    fprintf(stderr, "copse_sim %s--seed %" PRIu64 " --nodes %u --steps %u: step %u: ",
            world->options.is_linked ? "--links " : "", world->options.seed, world->options.nodes,
            world->options.steps, world->step);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
}

void sim_world_open(struct sim_world *world, const struct copse_id *genesis)
{
    world->genesis = *genesis;
    for (size_t i = 0; i < world->options.nodes; i++) {
        sim_node_init(&world->nodes[i], i, genesis, world->scheme);
        world->nodes[i].clips = world->links == NULL && i % 2 == 1;
    }
}

static void make_people(struct sim_world *world)
{
    struct sim_people *people = &world->people;
    people->person_count = world->options.persons;
    for (size_t i = 0; i < people->person_count; i++) {
        sim_people_make_pair(world, &people->persons[i]);
    }
    for (size_t i = 0; i < people->person_count; i++) {
        struct sim_hand *hand = sim_people_add_hand(world, i, i % world->options.nodes);
        COPSE_ASSERT(hand != NULL);
    }
}

/* Two different nodes, or one and itself where there is only one. */
static void meet(struct sim_world *world, size_t batch)
{
    size_t nodes = world->options.nodes;
    size_t from = sim_world_below(world, nodes);
    size_t to = (from + 1 + sim_world_below(world, nodes - 1)) % nodes;
    if (world->nodes[from].count > 0) {
        exchange_some(world, from, to, batch);
    }
}

static void drop_signatures(struct sim_world *world)
{
    struct sim_node *node = &world->nodes[sim_world_below(world, world->options.nodes)];
    for (size_t i = 0; i < node->count; i++) {
        if (sim_world_chance(world, 50)) {
            bool is_dropped = sim_node_drop_signature(node, &node->notes[i]);
            world->reached[SIM_REACHED_DROPPED] += is_dropped ? 1 : 0;
        }
    }
}

static void step(struct sim_world *world)
{
    world->wall_ms += sim_world_below(world, STEP_MS_MAX);
    if (sim_world_chance(world, world->options.deed_share)) {
        deeds_random(world);
    } else {
        meet(world, 1 + sim_world_below(world, 12));
    }
    if (sim_world_chance(world, world->options.dropped_share)) {
        drop_signatures(world);
    }
}

/* Everybody sends everything to everybody until a whole round changes nothing. */
static void be_quiet(struct sim_world *world)
{
    size_t nodes = world->options.nodes;
    for (uint32_t round = 0; round < QUIET_ROUNDS_MAX; round++) {
        struct copse_id before[SIM_NODES_MAX];
        uint32_t loose[SIM_NODES_MAX];
        bool moved = false;
        for (size_t i = 0; i < nodes; i++) {
            before[i] = check_held(&world->nodes[i]);
            loose[i] = world->nodes[i].loose_count;
        }
        for (size_t from = 0; from < nodes; from++) {
            for (size_t to = 0; to < nodes; to++) {
                if (from != to && world->nodes[from].count > 0) {
                    exchange_all(world, from, to);
                }
            }
        }
        for (size_t i = 0; i < nodes; i++) {
            struct copse_id after = check_held(&world->nodes[i]);
            moved = moved || !copse_bytes_equal_ids(&before[i], &after) ||
                    loose[i] != world->nodes[i].loose_count;
        }
        if (!moved) {
            return;
        }
    }
    sim_world_fail(world, "%u rounds of exchange do not bring it to rest", QUIET_ROUNDS_MAX);
}

static void run_checks(struct sim_world *world)
{
    for (size_t i = 0; i < world->options.nodes; i++) {
        check_closure(world, &world->nodes[i]);
        check_parser(world, &world->nodes[i]);
    }
    check_converged(world);
    check_state(world, &world->nodes[sim_world_below(world, world->options.nodes)]);
}

/* What only the nodes know. */
static void count_reached(struct sim_world *world, const struct sim_node *node)
{
    struct copse_source port = memory_source_port(node->source);
    uint32_t fork_seq = 0;
    const struct copse_log *log = NULL;
    for (uint64_t number = 0; (log = port.log(port.context, number)) != NULL; number++) {
        world->reached[SIM_REACHED_FROZEN] += copse_log_is_frozen(&fork_seq, log) ? 1 : 0;
    }
    world->reached[SIM_REACHED_SURPLUS] += node->surplus_count;
    world->reached[SIM_REACHED_UNWANTED] += node->unwanted_count;
    world->reached[SIM_REACHED_ERASED] += node->erased_count;
    world->reached[SIM_REACHED_RESTORED] += node->restored_count;
    world->reached[SIM_REACHED_LOOSE] += node->loose_count;
    world->reached[SIM_REACHED_RECALLED] += derive_recalls(node);
}

void sim_world_begin(struct sim_world *world, const struct sim_options *options,
                     struct links *links)
{
    memset(world, 0, sizeof *world);
    world->options = *options;
    world->links = links;
    world->scheme = options->is_real ? copse_key_ed25519() : copse_hash_scheme();
    world->wall_ms = FIRST_WALL_MS;
    world->digest = UINT64_C(0xcbf29ce484222325);
    copse_random_init(&world->random, options->seed);
    make_people(world);
}

void sim_world_end(struct sim_world *world, struct sim_summary *out)
{
    for (size_t i = 0; i < world->options.nodes; i++) {
        struct copse_id held = check_held(&world->nodes[i]);
        struct copse_id shown = derive_export(&world->nodes[i]);
        sim_world_trace(world, "held", copse_bytes_of_id(&held));
        sim_world_trace(world, "shown", copse_bytes_of_id(&shown));
        count_reached(world, &world->nodes[i]);
    }
    *out = (struct sim_summary){.digest = world->digest,
                                .entries = world->entry_count,
                                .held = (uint32_t)world->nodes[0].count,
                                .honoured = derive_honoured(&world->nodes[0]),
                                .runs = world->run_count,
                                .refused = world->refused_count};
    memcpy(out->reached, world->reached, sizeof out->reached);
    for (size_t i = 0; i < world->options.nodes; i++) {
        sim_node_deinit(&world->nodes[i]);
    }
}

uint32_t sim_world_run(struct sim_summary *out, const struct sim_options *options)
{
    static struct sim_world world; /* large */
    sim_world_begin(&world, options, NULL);
    deeds_found(&world);
    for (world.step = 0; world.step < options->steps; world.step++) {
        step(&world);
    }
    be_quiet(&world);
    run_checks(&world);
    sim_world_end(&world, out);
    return world.failure_count;
}
