/* Posts at one home, one by one, and looks at the other until it can be read there. Both are served
 * by other processes, who carry it over. */
#include "tests/bench/bench.h"
#include "tests/bench/home.h"

#include "node/practice/post.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PATIENCE_US 5e6
#define LOOK_NS 20000L

static void pause_ns(long ns)
{
    struct timespec pause = {0, ns};
    (void)nanosleep(&pause, NULL);
}

static struct copse_id post(struct bench_home *home)
{
    struct copse_practice_deed deed;
    struct copse_error error = {""};
    struct copse_id id;
    struct copse_post words = {.type = "talk", .body = copse_bytes_of_string("Live.")};
    bench_must(
        copse_practice_begin(&deed, &home->practice, &home->community, COPSE_DB_WRITE, &error),
        &error, "beginning");
    bench_must(copse_post_write(&deed, &id, &words, &error), &error, "posting");
    bench_must(copse_practice_commit(&deed, &error), &error, "committing");
    return id;
}

static bool has(struct bench_home *home, const struct copse_id *id)
{
    struct copse_error error = {""};
    struct copse_txn *txn = NULL;
    struct copse_held held;
    bench_must(copse_store_begin(&txn, home->store, COPSE_DB_READ, 0, &error), &error, "reading");
    enum copse_err err = copse_entries_find(txn, &held, NULL, home->number, id);
    bool is_here = err == COPSE_OK && held.content_state == COPSE_CONTENT_PRESENT;
    copse_store_abort(txn);
    return is_here;
}

void bench_live(const struct bench_arguments *arguments)
{
    struct bench_home one;
    struct bench_home other;
    size_t count = bench_number(arguments, "count", 200);
    long between_ns = (long)bench_number(arguments, "pause", 20) * 1000000L;
    double *took_ms = calloc(count, sizeof(*took_ms));
    bench_home_open(&one, bench_word(arguments, 0));
    bench_home_open(&other, bench_word(arguments, 1));
    for (size_t i = 0; took_ms != NULL && i < count; i++) {
        double began_us = bench_now_us();
        uint64_t number = copse_store_number(other.store);
        struct copse_id id = post(&one);
        while (copse_store_number(other.store) == number || !has(&other, &id)) {
            bench_must(bench_now_us() - began_us < PATIENCE_US ? COPSE_OK : COPSE_ERR_NETWORK, NULL,
                       "a post that does not arrive");
            pause_ns(LOOK_NS);
        }
        took_ms[i] = (bench_now_us() - began_us) / 1e3;
        pause_ns(between_ns);
    }
    printf("median_ms %.2f\np95_ms %.2f\n", bench_quantile(took_ms, count, 0.5),
           bench_quantile(took_ms, count, 0.95));
    free(took_ms);
    bench_home_close(&one);
    bench_home_close(&other);
}
