#include "tests/bench/bench.h"

void bench_search(const struct bench_arguments *arguments)
{
    (void)arguments;
}
