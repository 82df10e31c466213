/* A node's home as a part of the bench opens it. */
#ifndef COPSE_TESTS_BENCH_HOME_H
#define COPSE_TESTS_BENCH_HOME_H

#include "node/practice/practice.h"

struct bench_home {
    struct copse_store *store;
    struct copse_keyring *keyring;
    struct copse_practice practice;
    struct copse_id community; /* the first one */
    uint32_t number;
};

/* Ends the process when it cannot. What was published is not noted: such a home lives as long as
 * the bench. */
void bench_home_open(struct bench_home *home, const char *path);
void bench_home_close(struct bench_home *home);

#endif
