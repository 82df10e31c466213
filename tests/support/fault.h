/* An allocator that fails on demand and counts what is alive.
 *
 * Words:  sweep  run an operation with its 1st, 2nd, 3rd.. allocation failing,
 *                until a run asks for fewer and so sees no failure
 */
#ifndef COPSE_TESTS_SUPPORT_FAULT_H
#define COPSE_TESTS_SUPPORT_FAULT_H

#include "protocol/base/memory.h"

#include <stdbool.h>

struct copse_fault {
    struct copse_memory memory; /* hand out &fault.memory; points into this struct */
    size_t requests_left;       /* requests until one fails; 0: none does */
    size_t request_count;       /* requests for new or larger room so far */
    size_t live_count;          /* allocations not given back yet */
    bool happened;              /* a request was failed */
};

/* The `fail_at`-th request fails, the later ones succeed again; 0: all succeed. */
void copse_fault_init(struct copse_fault *fault, size_t fail_at);

/* Does everything with `memory`, frees everything, and says how it went. */
typedef enum copse_err (*copse_fault_operation)(const struct copse_memory *memory, void *context);

/* Sweep `operation`. Each run with a failure must give COPSE_ERR_NOMEM, the last one COPSE_OK,
 * and none may leave anything allocated; otherwise the running cmocka test fails.
 * Returns how many failures were tried, so that a test can say it was not none. */
size_t copse_fault_sweep(copse_fault_operation operation, void *context);

#endif
