#include "tests/bench/bench.h"

void bench_meet(const struct bench_arguments *arguments)
{
    (void)arguments;
}
