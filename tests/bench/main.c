/* copse_bench PART WORDS... [--NAME NUMBER]...: what is measured inside a process.
 *
 *   generate HOME [--entries N] [--devices D] [--threads T] [--run R] [--seed S]
 *       write the reference community to the store at HOME, or go on with it; prints an invitation
 *   watch FILE PROGRAM ARGUMENT...
 *       run a program; write its time and its largest private memory to FILE
 *   often FILE MS PROGRAM ARGUMENT...
 *       run a program again and again, MS apart, as long as FILE is there; how long it takes
 *   live HOME HOME [--count N] [--pause MS]
 *       write a post at one home; how long until it can be read at the other
 *   meet HOME HOME
 *       compare two homes as two nodes do; bytes and rounds until entries come or both are equal
 *   text          replay published editing traces
 *   search HOME [--entries N]
 *       index the posts at HOME, N of them, and look for words
 */
#include "tests/bench/bench.h"

#include "protocol/entry/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t bench_number(const struct bench_arguments *arguments, const char *name, uint64_t otherwise)
{
    for (int i = 0; i + 1 < arguments->count; i++) {
        if (strncmp(arguments->values[i], "--", 2) == 0 &&
            strcmp(arguments->values[i] + 2, name) == 0) {
            return strtoull(arguments->values[i + 1], NULL, 10);
        }
    }
    return otherwise;
}

const char *bench_word(const struct bench_arguments *arguments, int index)
{
    if (index >= arguments->count) {
        bench_must(COPSE_ERR_FORM, NULL, "a word is missing");
    }
    return arguments->values[index];
}

void bench_must(enum copse_err err, const struct copse_error *error, const char *what)
{
    if (err != COPSE_OK) {
        fprintf(stderr, "copse_bench: %s: %s %s\n", what, copse_error_name(err),
                error == NULL ? "" : error->text);
        exit(1);
    }
}

double bench_now_us(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t count, double share)
{
    size_t at = (size_t)((double)count * share);
    qsort(values, count, sizeof(*values), compare_doubles);
    return values[at < count ? at : count - 1];
}

int main(int count, char **values)
{
    static const struct {
        const char *name;
        void (*run)(const struct bench_arguments *arguments);
    } parts[] = {
        {"generate", bench_generate}, {"watch", bench_watch}, {"often", bench_often},
        {"live", bench_live},         {"meet", bench_meet},   {"text", bench_text},
        {"search", bench_search},
    };
    bench_must(copse_key_self_test(), NULL, "libsodium");
    for (size_t i = 0; count > 1 && i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(parts[i].name, values[1]) == 0) {
            struct bench_arguments arguments = {count - 2, values + 2};
            parts[i].run(&arguments);
            return 0;
        }
    }
    fprintf(stderr, "copse_bench: no such part; main.c lists them\n");
    return 2;
}
