/* Evaluates histories of governance_model.h with the program, from bytes to verdicts. */
#ifndef COPSE_TESTS_SUPPORT_GOVERNANCE_RUN_H
#define COPSE_TESTS_SUPPORT_GOVERNANCE_RUN_H

#include "protocol/authority/judge.h"
#include "protocol/authority/wanted.h"
#include "tests/support/governance_build.h"

struct governance_outcome {
    struct copse_id digest; /* of all rows */
    bool is_held[MODEL_ENTRIES_MAX];
    enum copse_verdict verdict[MODEL_ENTRIES_MAX]; /* meaningful if held, as the next two */
    int class[MODEL_ENTRIES_MAX];                  /* of the unit it counts under */
    bool wanted[MODEL_ENTRIES_MAX];
    int role[MODEL_PERSONS_MAX];
    int charter;
};

/* Hold the `count` entries of `order`, which come after what precedes them in their log, evaluate,
 * write the rows and judge each. Fails the test if anything goes wrong. */
void governance_run(struct governance_outcome *out, const struct model_history *history,
                    const struct governance_built *built, const struct copse_key_scheme *scheme,
                    const int *order, int count);

/* Does an entry have effect, for HIDE and UNHIDE of members on what is their own? */
bool governance_run_counts(const struct governance_outcome *outcome, int entry);

#endif
