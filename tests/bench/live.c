#include "tests/bench/bench.h"

void bench_live(const struct bench_arguments *arguments)
{
    (void)arguments;
}
