/* Writes the reference community to a store that a node may serve. */
#include "tests/bench/bench.h"
#include "tests/bench/community.h"

#include <stdio.h>

void bench_generate(const struct bench_arguments *arguments)
{
    struct copse_store_options where = {bench_word(arguments, 0), NULL, copse_memory_heap(),
                                        copse_key_ed25519()};
    struct bench_community_options options = {
        .seed = bench_number(arguments, "seed", 1),
        .entries = bench_number(arguments, "entries", 1000000),
        .devices = bench_number(arguments, "devices", 10),
        .threads = bench_number(arguments, "threads", 1000),
        .run = bench_number(arguments, "run", 64),
    };
    struct copse_store *store = NULL;
    struct copse_error error = {""};
    struct bench_community_result result;
    double began_us = bench_now_us();
    if (copse_store_open(&store, &where, NULL) != COPSE_OK) {
        bench_must(copse_store_create(&where, &error), &error, where.home);
        bench_must(copse_store_open(&store, &where, &error), &error, where.home);
    }
    bench_community_write(store, &result, &options);
    bench_must(copse_store_tidy(store, &error), &error, "tidying");
    copse_store_close(store);
    printf("ticket %s\nseconds %.3f\n", result.ticket, (bench_now_us() - began_us) / 1e6);
}
