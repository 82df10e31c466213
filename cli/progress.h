/* A bar on standard error for work that takes longer than a blink. Silent where nobody looks:
 * standard error is no terminal, --quiet, --json. */
#ifndef COPSE_CLI_PROGRESS_H
#define COPSE_CLI_PROGRESS_H

#include "cli/output.h"

struct copse_progress {
    FILE *talk; /* NULL: silent */
    const char *label;
    uint64_t total; /* 0: not known */
    uint64_t started_ms;
    uint64_t drawn_ms; /* 0: not yet */
};

/* Begin. `label` is a static string: what is being done ("Importing"). */
void copse_progress_start(struct copse_progress *progress, const struct copse_output *output,
                          const char *label, uint64_t total);

/* Say how far it is. Draws at most ten times a second, and nothing in the first half second. */
void copse_progress_step(struct copse_progress *progress, uint64_t done);

/* Take the bar away. */
void copse_progress_stop(struct copse_progress *progress);

#endif
