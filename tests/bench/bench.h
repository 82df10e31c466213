/* What the programs of the bench share. All end the process with a message when something fails:
 * a measurement that went wrong is none.
 */
#ifndef COPSE_TESTS_BENCH_BENCH_H
#define COPSE_TESTS_BENCH_BENCH_H

#include "protocol/base/error.h"

#include <stdint.h>

/* Options of one part: NAME VALUE pairs behind the words. */
struct bench_arguments {
    int count;
    char **values;
};

/* The number behind "--name", or `otherwise`. */
uint64_t bench_number(const struct bench_arguments *arguments, const char *name,
                      uint64_t otherwise);

/* The word at `index`, in front of the options; ends the process if there is none. */
const char *bench_word(const struct bench_arguments *arguments, int index);

/* Ends the process unless err is COPSE_OK. */
void bench_must(enum copse_err err, const struct copse_error *error, const char *what);

/* Monotonic, in microseconds. */
double bench_now_us(void);

/* Sorts, and gives the value that `share` of the count are not above. */
double bench_quantile(double *values, size_t count, double share);

/* Each prints what it measured as lines "NAME VALUE". */
void bench_generate(const struct bench_arguments *arguments);
void bench_watch(const struct bench_arguments *arguments);
void bench_often(const struct bench_arguments *arguments);
void bench_live(const struct bench_arguments *arguments);
void bench_meet(const struct bench_arguments *arguments);
void bench_text(const struct bench_arguments *arguments);
void bench_search(const struct bench_arguments *arguments);

#endif
