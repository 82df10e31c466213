/* Runs a program and looks at its private memory (RssAnon) all the time: the kernel keeps the
 * largest resident size, but not how much of that was private. */
#include "tests/bench/bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE_NS 2000000L
#define OFTEN_MIN 40u
#define OFTEN_MAX 2000u

static pid_t child;

static void pass_on(int number)
{
    if (child > 0) {
        (void)kill(child, number);
    }
}

static unsigned long private_kib(const char *path)
{
    char line[256];
    unsigned long kib = 0;
    FILE *status = fopen(path, "r");
    if (status == NULL) {
        return 0;
    }
    while (fgets(line, sizeof(line), status) != NULL && sscanf(line, "RssAnon: %lu", &kib) != 1) {
    }
    (void)fclose(status);
    return kib;
}

/* Wait for the child; the largest private memory that was seen. */
static unsigned long watch_child(int *ended)
{
    char path[64];
    unsigned long most = 0;
    (void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)child);
    while (waitpid(child, ended, WNOHANG) == 0) {
        struct timespec pause = {0, SAMPLE_NS};
        unsigned long now = private_kib(path);
        most = now > most ? now : most;
        (void)nanosleep(&pause, NULL);
    }
    return most;
}

/* ---- again and again ---- */

static double run_once(char **arguments)
{
    int ended = 0;
    double began_us = bench_now_us();
    pid_t process = fork();
    if (process == 0) {
        if (freopen("/dev/null", "w", stdout) != NULL) {
            (void)execv(arguments[0], arguments);
        }
        _exit(127);
    }
    (void)waitpid(process, &ended, 0);
    bench_must(WIFEXITED(ended) && WEXITSTATUS(ended) == 0 ? COPSE_OK : COPSE_ERR_IO, NULL,
               arguments[0]);
    return (bench_now_us() - began_us) / 1e3;
}

void bench_often(const struct bench_arguments *arguments)
{
    double took_ms[OFTEN_MAX];
    size_t count = 0;
    const char *until = bench_word(arguments, 0);
    long pause_ms = strtol(bench_word(arguments, 1), NULL, 10);
    (void)bench_word(arguments, 2);
    while (count < OFTEN_MAX && (count < OFTEN_MIN || access(until, F_OK) == 0)) {
        struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000L};
        took_ms[count++] = run_once(arguments->values + 2);
        (void)nanosleep(&pause, NULL);
    }
    printf("count %zu\nmedian_ms %.2f\np99_ms %.2f\nworst_ms %.2f\n", count,
           bench_quantile(took_ms, count, 0.5), bench_quantile(took_ms, count, 0.99),
           bench_quantile(took_ms, count, 1.0));
}

/* ---- once ---- */

void bench_watch(const struct bench_arguments *arguments)
{
    const char *path = bench_word(arguments, 0);
    const char *program = bench_word(arguments, 1);
    int ended = 0;
    struct rusage usage;
    double began_us = bench_now_us();
    child = fork();
    if (child == 0) {
        (void)execv(program, arguments->values + 1);
        _exit(127);
    }
    (void)signal(SIGINT, pass_on);
    (void)signal(SIGTERM, pass_on);
    unsigned long most = watch_child(&ended);
    double took_us = bench_now_us() - began_us;
    (void)getrusage(RUSAGE_CHILDREN, &usage);
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        bench_must(COPSE_ERR_IO, NULL, path);
    } else {
        fprintf(out, "seconds %.6f\nprivate_mib %.1f\ncpu_seconds %.3f\n", took_us / 1e6,
                (double)most / 1024,
                (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
        (void)fclose(out);
    }
    if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0) {
        exit(WIFEXITED(ended) ? WEXITSTATUS(ended) : 1);
    }
}
