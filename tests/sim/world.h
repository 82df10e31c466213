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
    bool is_linked;             /* links.h */
    uint8_t weights[SIM_KINDS]; /* how often each op kind is chosen */
};

/* Places that a campaign must come to: what is never reached is not tested. Some are places of
 * meetings, some of links, some of both. */
enum sim_where { SIM_MEETINGS = 1, SIM_LINKS = 2, SIM_ANY = 3 };
// clang-format off
#define SIM_REACHED_MAP(X)                                                                         \
    X(STORM,     ANY,      "a log forked 17 times at once")                                        \
    X(FROZEN,    ANY,      "a frozen log at quiet")                                                \
    X(SURPLUS,   MEETINGS, "a branch given up")                                                    \
    X(UNWANTED,  MEETINGS, "an entry given up as not wanted")                                      \
    X(ERASED,    ANY,      "a content erased")                                                     \
    X(RESTORED,  MEETINGS, "an erasure that did not count after all")                              \
    X(DROPPED,   MEETINGS, "a signature dropped")                                                  \
    X(LONG_RUN,  MEETINGS, "a run of ten entries or more")                                         \
    X(NO_BASE,   MEETINGS, "a run without its base")                                               \
    X(MUTATED,   MEETINGS, "a run changed on the way")                                             \
    X(RECALLED,  ANY,      "a founder recalled")                                                   \
    X(LOOSE,     MEETINGS, "an EDIT held loose")                                                   \
    X(RESET,     LINKS,    "a connection broken with bytes on the way")                            \
    X(FORGOTTEN, LINKS,    "a connection that one end knows nothing of any more")                  \
    X(HEALED,    LINKS,    "a partition healed")                                                   \
    X(ONE_WAY,   LINKS,    "a partition one way only")                                             \
    X(BEFORE,    LINKS,    "a death before a commit")                                              \
    X(AFTER,     LINKS,    "a death after a commit, before anybody was told")                      \
    X(NOTE,      LINKS,    "a death at the note of what was published")                            \
    X(IDLE,      LINKS,    "a death between writes")                                               \
    X(RESTARTED, LINKS,    "a node started again and linked")                                      \
    X(RESUMED,   LINKS,    "a node that took entries again after that")                            \
    X(PUT_BACK,  LINKS,    "a store put back from an old copy")                                    \
    X(BEHIND,    LINKS,    "a store that is behind refused to write")                              \
    X(FULL,      LINKS,    "a full disk")                                                          \
    X(BOTH,      LINKS,    "two nodes that called each other at once")                             \
    X(CAP,       LINKS,    "a table of connections that was full")                                 \
    X(WORDS,     LINKS,    "a content that came after its entry")                                  \
    X(COMPARED,  LINKS,    "two nodes that must be equal and are")                                 \
    X(TURNED,    LINKS,    "a node that another one takes for no member at quiet")
// clang-format on

enum sim_reached {
#define SIM_REACHED_ENUM(name, where, text) SIM_REACHED_##name,
    SIM_REACHED_MAP(SIM_REACHED_ENUM)
#undef SIM_REACHED_ENUM
};
#define SIM_REACHED_COUNT 30u

struct links;

struct sim_world {
    struct sim_options options;
    struct links *links; /* NULL: nodes meet and hand over runs (exchange.h) */
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

/* Derive everything from seed; `nodes` and `steps` 0: derived too. With links, all sign with
 * Ed25519, since sessions do, and each node has a device of its own. */
void sim_world_derive(struct sim_options *out, uint64_t seed, const struct sim_options *wished);
void sim_world_print_options(const struct sim_options *options);

/* Run one seed to quiet and check it. Returns how many checks failed (each printed). `last` gives
 * the digest and counts. */
struct sim_summary {
    uint64_t digest;
    uint32_t entries, held, honoured, runs, refused;
    uint32_t quiet_s; /* with links: virtual time until all was equal */
    uint32_t reached[SIM_REACHED_COUNT];
};
uint32_t sim_world_run(struct sim_summary *out, const struct sim_options *options);

/* Empty the world, and make its people from the seed; `links` NULL: nodes meet. */
void sim_world_begin(struct sim_world *world, const struct sim_options *options,
                     struct links *links);

/* Make the nodes of a community that was founded. */
void sim_world_open(struct sim_world *world, const struct copse_id *genesis);

/* Trace what nodes hold, sum up, and take the nodes away. */
void sim_world_end(struct sim_world *world, struct sim_summary *out);

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
