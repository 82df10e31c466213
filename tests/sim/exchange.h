/* Meetings of two nodes: one sends what the other lacks, as runs, in any order and split. */
#ifndef COPSE_TESTS_SIM_EXCHANGE_H
#define COPSE_TESTS_SIM_EXCHANGE_H

#include "tests/sim/derive.h"
#include "tests/sim/world.h"

/* Send at most `batch` runs and some contents. */
void exchange_some(struct sim_world *world, size_t from, size_t to, size_t batch);

/* Send everything that can be sent, contents too. */
void exchange_all(struct sim_world *world, size_t from, size_t to);

#endif
