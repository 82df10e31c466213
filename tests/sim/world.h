/* The simulated world: one seed makes people, nodes, deeds and meetings (reproducible).
 *
 * Words:  quiet   the end of a run: everybody exchanges everything until nothing moves
 *         digest  a running hash of all that happened; the same seed gives the same one
 */
#ifndef COPSE_TESTS_SIM_WORLD_H
#define COPSE_TESTS_SIM_WORLD_H

#include "tests/sim/node.h"
#include "tests/sim/people.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/random.h"

#define SIM_NODES_MAX 8u
#define SIM_KINDS 64u /* op kinds have smaller numbers */

/* What a seed decides before anything happens; printed first. Shares are in percent. */
struct sim_options {
    uint64_t seed;
    uint32_t nodes;
    uint32_t steps;
    uint32_t persons;
    uint32_t founders;
    uint32_t deed_share;        /* of steps; the others are meetings */
    uint32_t hostile_share;     /* of deeds */
    uint32_t mutated_share;     /* of runs */
    uint32_t inline_share;      /* of contents, sent with their entries */
    uint32_t lost_share;        /* of contents, that their author never gives to anybody */
    uint32_t dropped_share;     /* of steps after which a node drops signatures */
    uint32_t copied_share;      /* of deeds that first copy a device */
    uint32_t forked_share;      /* of copied devices, that fork again and again */
    uint32_t storm_share;       /* of deeds, before which a thief forks the log 17 times */
    bool is_real;               /* Ed25519 */
    uint8_t weights[SIM_KINDS]; /* how often each op kind is chosen */
};

/* Places that a campaign must come to: what is never reached is not tested. */
// clang-format off
#define SIM_REACHED_MAP(X)                                                                         \
    X(STORM,     "a log forked 17 times at once")                                                  \
    X(FROZEN,    "a frozen log at quiet")                                                          \
    X(SURPLUS,   "a branch given up")                                                              \
    X(UNWANTED,  "an entry given up as not wanted")                                                \
    X(ERASED,    "a content erased")                                                               \
    X(RESTORED,  "an erasure that did not count after all")                                        \
    X(DROPPED,   "a signature dropped")                                                            \
    X(LONG_RUN,  "a run of ten entries or more")                                                   \
    X(NO_BASE,   "a run without its base")                                                         \
    X(MUTATED,   "a run changed on the way")                                                       \
    X(RECALLED,  "a founder recalled")                                                             \
    X(LOOSE,     "an EDIT held loose")
// clang-format on

enum sim_reached {
#define SIM_REACHED_ENUM(name, text) SIM_REACHED_##name,
    SIM_REACHED_MAP(SIM_REACHED_ENUM)
#undef SIM_REACHED_ENUM
};
#define SIM_REACHED_COUNT 12u

struct sim_world {
    struct sim_options options;
    struct copse_random random;
    const struct copse_key_scheme *scheme;
    struct sim_people people;
    struct sim_node nodes[SIM_NODES_MAX];
    struct copse_id genesis;
    uint64_t wall_ms;
    uint64_t digest;
    uint32_t step;
    uint32_t failure_count;
    /* what happened, for the summary */
    uint32_t entry_count, hostile_count, run_count, refused_count;
    uint32_t reached[SIM_REACHED_COUNT];
};

/* Derive everything from seed; `nodes` and `steps` 0: derived too. */
void sim_world_derive(struct sim_options *out, uint64_t seed, const struct sim_options *wished);
void sim_world_print_options(const struct sim_options *options);

/* Run one seed to quiet and check it. Returns how many checks failed (each printed). `last` gives
 * the digest and counts. */
struct sim_summary {
    uint64_t digest;
    uint32_t entries, held, honoured, runs, refused;
    uint32_t reached[SIM_REACHED_COUNT];
};
uint32_t sim_world_run(struct sim_summary *out, const struct sim_options *options);

/* Make the nodes of a community that was founded. */
void sim_world_open(struct sim_world *world, const struct copse_id *genesis);

/* Chance in percent; a number below `limit`, or 0 when it is 0. */
bool sim_world_chance(struct sim_world *world, uint32_t percent);
size_t sim_world_below(struct sim_world *world, size_t limit);

/* Put something that happened into the digest. */
void sim_world_trace(struct sim_world *world, const char *what, struct copse_slice bytes);

/* A place was reached. */
void sim_world_reach(struct sim_world *world, enum sim_reached place);

/* A check failed: say so with the seed. */
void sim_world_fail(struct sim_world *world, const char *format, ...) COPSE_PRINTF(2, 3);

#endif
