#include "tests/bench/bench.h"

void bench_text(const struct bench_arguments *arguments)
{
    (void)arguments;
}
