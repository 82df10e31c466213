#include "tests/bench/home.h"

#include "tests/bench/bench.h"

#include <sodium.h>

#include <time.h>

static uint64_t wall_ms(void *context)
{
    struct timespec now = {0, 0};
    (void)context;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void chance(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
}

void bench_home_open(struct bench_home *home, const char *path)
{
    struct copse_error error = {""};
    struct copse_txn *txn = NULL;
    struct copse_store_options where = {path, NULL, copse_memory_heap(), copse_key_ed25519()};
    home->number = 0;
    bench_must(copse_store_open(&home->store, &where, &error), &error, path);
    bench_must(copse_keyring_open(&home->keyring, path, copse_memory_heap(), &error), &error, path);
    home->practice = (struct copse_practice){home->store, home->keyring, copse_memory_heap(),
                                             wall_ms,     chance,        NULL};
    bench_must(copse_store_begin(&txn, home->store, COPSE_DB_READ, 0, &error), &error, path);
    bench_must(copse_entries_next_community(txn, &home->community, &home->number), NULL,
               "a community");
    copse_store_abort(txn);
}

void bench_home_close(struct bench_home *home)
{
    copse_keyring_close(home->keyring);
    copse_store_close(home->store);
}
