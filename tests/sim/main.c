/* copse_sim: run seeds.
 *
 *   copse_sim --seed N [--nodes K] [--steps M]   one seed, with its options and digest
 *   copse_sim --from N --count C [--steps M]     many seeds, each 20th one twice
 *   copse_sim --file FILE                        the seeds of a file, one to a line
 *   copse_sim --links ...                        the same with links (links.h) in place of meetings
 *
 * Exits with 1 when a check failed, or when 200 seeds or more never came to some place that they
 * must come to; each failure is printed with the line that repeats it.
 */
#include "tests/sim/links.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TWICE_EVERY 20u
#define REACH_SEEDS 200u

struct arguments {
    uint64_t seed, from, count;
    struct sim_options wished;
    const char *file;
    bool has_seed;
};

static bool read_number(uint64_t *out, const char *text)
{
    char *end = NULL;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == 0;
}

static bool read_arguments(struct arguments *out, int count, char **values)
{
    memset(out, 0, sizeof *out);
    for (int i = 1; i < count; i += 2) {
        uint64_t number = 0;
        const char *name = values[i];
        if (strcmp(name, "--links") == 0) {
            out->wished.is_linked = true;
            i--;
            continue;
        }
        if (i + 1 == count) {
            return false;
        }
        if (strcmp(name, "--file") == 0) {
            out->file = values[i + 1];
            continue;
        }
        if (!read_number(&number, values[i + 1])) {
            return false;
        }
        if (strcmp(name, "--seed") == 0) {
            out->seed = number;
            out->has_seed = true;
        } else if (strcmp(name, "--from") == 0) {
            out->from = number;
        } else if (strcmp(name, "--count") == 0) {
            out->count = number;
        } else if (strcmp(name, "--nodes") == 0 && number >= 2 && number <= SIM_NODES_MAX) {
            out->wished.nodes = (uint32_t)number;
        } else if (strcmp(name, "--steps") == 0 && number <= 100000) {
            out->wished.steps = (uint32_t)number;
        } else {
            return false;
        }
    }
    return out->has_seed || out->count > 0 || out->file != NULL;
}

static uint32_t run(struct sim_summary *out, const struct sim_options *options)
{
    return options->is_linked ? links_run(out, options) : sim_world_run(out, options);
}

/* Failures of one seed; run twice, its digests must be equal. */
static uint32_t run_seed(struct sim_summary *out, uint64_t seed, const struct sim_options *wished,
                         unsigned times)
{
    struct sim_options options;
    sim_world_derive(&options, seed, wished);
    uint32_t failures = run(out, &options);
    for (unsigned i = 1; i < times; i++) {
        struct sim_summary again;
        (void)run(&again, &options);
        if (again.digest != out->digest) {
            fprintf(stderr, "seed %" PRIu64 ": run again, another digest\n", seed);
            failures++;
        }
    }
    return failures;
}

static uint32_t run_one(const struct arguments *arguments)
{
    struct sim_options options;
    struct sim_summary summary;
    sim_world_derive(&options, arguments->seed, &arguments->wished);
    sim_world_print_options(&options);
    if (options.is_linked) {
        links_print_options(&options);
    }
    (void)fflush(stdout);
    uint32_t failures = run(&summary, &options);
    printf("%u entries written, %u held, %u honoured; %u runs, %u mutated; %u failures\n",
           summary.entries, summary.held, summary.honoured, summary.runs, summary.refused,
           failures);
    if (options.is_linked) {
        printf("equal after %u s\n", summary.quiet_s);
    }
    printf("digest %016" PRIx64 "\n", summary.digest);
    return failures;
}

struct totals {
    uint64_t seeds, failed, entries, honoured, runs, quiet_s;
    uint64_t reached[SIM_REACHED_COUNT];
};

static void add(struct totals *totals, const struct sim_summary *summary, uint32_t failures)
{
    totals->seeds++;
    totals->failed += failures > 0 ? 1 : 0;
    totals->entries += summary->held;
    totals->honoured += summary->honoured;
    totals->runs += summary->runs;
    totals->quiet_s = summary->quiet_s > totals->quiet_s ? summary->quiet_s : totals->quiet_s;
    for (size_t i = 0; i < SIM_REACHED_COUNT; i++) {
        totals->reached[i] += summary->reached[i];
    }
}

/* A large campaign must come everywhere. */
static bool print_reached(const struct totals *totals, enum sim_where where)
{
    static const enum sim_where wheres[] = {
#define SIM_REACHED_WHERE(name, where, text) SIM_##where,
        SIM_REACHED_MAP(SIM_REACHED_WHERE)
#undef SIM_REACHED_WHERE
    };
    static const char *const texts[] = {
#define SIM_REACHED_TEXT(name, where, text) text,
        SIM_REACHED_MAP(SIM_REACHED_TEXT)
#undef SIM_REACHED_TEXT
    };
    _Static_assert(COPSE_ARRAY_SIZE(texts) == SIM_REACHED_COUNT, "the count of the list");
    bool is_good = true;
    for (size_t i = 0; i < SIM_REACHED_COUNT; i++) {
        if (((unsigned)wheres[i] & (unsigned)where) == 0) {
            continue;
        }
        printf("  %8" PRIu64 "  %s\n", totals->reached[i], texts[i]);
        is_good = is_good && (totals->reached[i] > 0 || totals->seeds < REACH_SEEDS);
    }
    if (!is_good) {
        fprintf(stderr, "some of this was never reached\n");
    }
    return is_good;
}

static bool run_file(struct totals *totals, const struct arguments *arguments)
{
    FILE *file = fopen(arguments->file, "r");
    if (file == NULL) {
        perror(arguments->file);
        return false;
    }
    char line[256];
    bool is_good = true;
    while (fgets(line, sizeof line, file) != NULL) {
        uint64_t seed = 0;
        struct sim_summary summary;
        line[strcspn(line, " \n")] = 0;
        if (line[0] == '#' || line[0] == 0) {
            continue;
        }
        if (!read_number(&seed, line)) {
            fprintf(stderr, "%s: not a seed: %s\n", arguments->file, line);
            is_good = false;
            break;
        }
        add(totals, &summary, run_seed(&summary, seed, &arguments->wished, 1));
    }
    (void)fclose(file);
    return is_good;
}

int main(int count, char **values)
{
    struct arguments arguments;
    if (!read_arguments(&arguments, count, values)) {
        fprintf(stderr, "copse_sim [--links] --seed N [--nodes K] [--steps M]\n"
                        "copse_sim [--links] --from N --count C [--nodes K] [--steps M]\n"
                        "copse_sim [--links] --file FILE\n");
        return 2;
    }
    if (copse_key_self_test() != COPSE_OK) {
        fprintf(stderr, "%s\n", copse_error_text(COPSE_ERR_UNSUITED));
        return 1;
    }
    if (arguments.has_seed) {
        return run_one(&arguments) == 0 ? 0 : 1;
    }
    bool is_linked = arguments.wished.is_linked;
    struct totals totals;
    memset(&totals, 0, sizeof totals);
    bool is_good = arguments.file == NULL || run_file(&totals, &arguments);
    for (uint64_t i = 0; i < arguments.count; i++) {
        struct sim_summary summary;
        uint64_t seed = arguments.from + i;
        unsigned times = seed % TWICE_EVERY == 0 ? 2 : 1;
        add(&totals, &summary, run_seed(&summary, seed, &arguments.wished, times));
    }
    printf("%" PRIu64 " seeds, %" PRIu64 " failed; %" PRIu64 " entries held by a node, %" PRIu64
           " honoured; %" PRIu64 " %s\n",
           totals.seeds, totals.failed, totals.entries, totals.honoured, totals.runs,
           is_linked ? "kB on links" : "runs");
    if (is_linked) {
        printf("  %8" PRIu64 "  seconds until all was equal, at most\n", totals.quiet_s);
    }
    return print_reached(&totals, is_linked ? SIM_LINKS : SIM_MEETINGS) && is_good &&
                   totals.failed == 0
               ? 0
               : 1;
}
