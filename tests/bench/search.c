/* Takes the posts of a home into the index, then looks for words: rare, middling and frequent ones
 * as they come in the contents. */
#include "tests/bench/bench.h"
#include "tests/bench/home.h"

#include "node/practice/find.h"

#include <stdio.h>

#define HITS 20u
#define QUERIES 60u

static double find(struct bench_home *home, struct copse_search *search, const char *words,
                   size_t *hits)
{
    struct copse_practice_deed deed;
    struct copse_error error = {""};
    struct copse_search_hit found[HITS];
    struct copse_find_request request = {
        .search = search, .words = copse_bytes_of_string(words), .order = COPSE_SEARCH_NEWEST};
    bench_must(
        copse_practice_begin(&deed, &home->practice, &home->community, COPSE_DB_READ, &error),
        &error, "reading");
    double began_us = bench_now_us();
    bench_must(copse_find_search(&deed, found, hits, HITS, &request), NULL, "searching");
    double took_ms = (bench_now_us() - began_us) / 1e3;
    copse_practice_end(&deed);
    return took_ms;
}

void bench_search(const struct bench_arguments *arguments)
{
    struct bench_home home;
    struct copse_error error = {""};
    struct copse_search *search = NULL;
    double took_ms[QUERIES];
    size_t hits = 0;
    size_t most = 0;
    const char *path = bench_word(arguments, 0);
    double entries = (double)bench_number(arguments, "entries", 100000);
    bench_home_open(&home, path);
    bench_must(copse_search_open(&search, path, copse_memory_heap(), &error), &error, path);
    bench_must(copse_search_reset(search), NULL, "forgetting");
    double first_ms = find(&home, search, "ba", &hits);
    for (size_t i = 0; i < QUERIES; i++) {
        char words[8];
        (void)snprintf(words, sizeof(words), "%c%c%c", "bdfgklmnprstvz"[i % 14], "aeiou"[i % 5],
                       i < QUERIES / 2 ? "bdfgklmnprstvz"[i % 13] : '\0');
        took_ms[i] = find(&home, search, words, &hits);
        most = hits > most ? hits : most;
    }
    bench_must(most == HITS ? COPSE_OK : COPSE_ERR_NOT_FOUND, NULL, "words that are not found");
    printf("index_per_s %.0f\nnewest_ms %.3f\nnewest_worst_ms %.3f\n", entries / first_ms * 1e3,
           bench_quantile(took_ms, QUERIES, 0.5), bench_quantile(took_ms, QUERIES, 1.0));
    copse_search_close(search);
    bench_home_close(&home);
}
