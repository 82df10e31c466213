#include "cli/progress.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 500u
#define PERIOD_MS 100u
#define BAR_CELLS 24u

static uint64_t progress_now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

void copse_progress_start(struct copse_progress *progress, const struct copse_output *output,
                          const char *label, uint64_t total)
{
    bool is_seen =
        output->mode == COPSE_OUTPUT_PLAIN && !output->is_quiet && isatty(STDERR_FILENO) != 0;
    *progress = (struct copse_progress){
        .talk = is_seen ? output->talk : NULL,
        .label = label,
        .total = total,
        .started_ms = progress_now_ms(),
    };
}

static void progress_draw(const struct copse_progress *progress, uint64_t done, uint64_t now_ms)
{
    char bar[BAR_CELLS + 1];
    if (progress->total == 0) {
        (void)fprintf(progress->talk, "\r\033[K%s: %" PRIu64, progress->label, done);
        return;
    }
    uint64_t part = done < progress->total ? done : progress->total;
    uint64_t filled = part * BAR_CELLS / progress->total;
    for (size_t i = 0; i < BAR_CELLS; i++) {
        bar[i] = i < filled ? '#' : '.';
    }
    bar[BAR_CELLS] = '\0';
    (void)fprintf(progress->talk, "\r\033[K%s [%s] %" PRIu64 " of %" PRIu64, progress->label, bar,
                  part, progress->total);
    if (part > 0) {
        uint64_t left_s = (now_ms - progress->started_ms) * (progress->total - part) / part / 1000u;
        (void)fprintf(progress->talk, ", %" PRIu64 " s left", left_s);
    }
}

void copse_progress_step(struct copse_progress *progress, uint64_t done)
{
    if (progress->talk == NULL) {
        return;
    }
    uint64_t now_ms = progress_now_ms();
    if (now_ms - progress->started_ms < PATIENCE_MS ||
        (progress->drawn_ms != 0 && now_ms - progress->drawn_ms < PERIOD_MS)) {
        return;
    }
    progress_draw(progress, done, now_ms);
    (void)fflush(progress->talk);
    progress->drawn_ms = now_ms;
}

void copse_progress_stop(struct copse_progress *progress)
{
    if (progress->talk != NULL && progress->drawn_ms != 0) {
        (void)fputs("\r\033[K", progress->talk);
        (void)fflush(progress->talk);
    }
    progress->talk = NULL;
}
