/* Random histories: honest and hostile acts, forks, stolen devices, cuts of all sorts. */
#ifndef COPSE_TESTS_SUPPORT_GOVERNANCE_RANDOM_H
#define COPSE_TESTS_SUPPORT_GOVERNANCE_RANDOM_H

#include "tests/support/governance_model.h"
#include "tests/support/random.h"

/* A history of at most `entries` entries (and 20 more where a log is made to freeze). */
void governance_random_history(struct model_history *out, struct copse_random *random, int entries);

/* Some of a history that one node may hold: each with what comes before it in its log. */
void governance_random_subset(bool held[MODEL_ENTRIES_MAX], const struct model_history *history,
                              struct copse_random *random);

/* An order of delivery of what is held. Returns how many. */
int governance_random_order(int order[MODEL_ENTRIES_MAX], const struct model_history *history,
                            const bool held[MODEL_ENTRIES_MAX], struct copse_random *random);

#endif
