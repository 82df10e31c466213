/* How it works: a damaged file may take down whoever reads it, so a child process reads, and hands
 * its verdict back through a pipe. */
#include "cli/checker.h"

#include "node/practice/community.h"
#include "storage/search.h"

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS_PER_SECOND 4

/* Make the views of every community anew, each in one transaction. */
static enum copse_err checker_rebuild(struct copse_command *command, struct copse_error *error)
{
    struct copse_practice_deed deed;
    struct copse_id id;
    uint32_t number = 0;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK) {
        err = copse_practice_begin(&deed, &command->practice, NULL, COPSE_DB_WRITE, error);
        if (err != COPSE_OK) {
            return err;
        }
        err = copse_community_next(&deed, &id, &number);
        if (err == COPSE_OK) {
            err = copse_views_rebuild(deed.txn, number);
        }
        if (err == COPSE_OK) {
            err = copse_practice_commit(&deed, error);
        } else {
            copse_practice_end(&deed);
        }
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    struct copse_search *search = NULL;
    err = copse_search_open(&search, command->home, command->practice.memory, error);
    if (err == COPSE_OK) {
        err = copse_search_reset(search);
    }
    copse_search_close(search);
    return err;
}

/* In the child: a damaged file may take this process down, and no other. */
static void checker_check_here(struct copse_command *command, const char *home,
                               struct copse_checker_verdict *verdict)
{
    struct copse_store_options options = copse_command_store(command);
    options.home = home;
    verdict->err = copse_store_open(&command->store, &options, &verdict->error);
    if (verdict->err != COPSE_OK) {
        return;
    }
    command->practice.store = command->store;
    if (copse_arguments_has(&command->arguments, "rebuild")) {
        verdict->err = checker_rebuild(command, &verdict->error);
    }
    if (verdict->err == COPSE_OK) {
        verdict->err =
            copse_check_store(command->store, &verdict->report, COPSE_CHECK_FULL, &verdict->error);
    }
    copse_store_close(command->store);
    command->store = NULL;
}

enum direction { DIRECTION_IN, DIRECTION_OUT };

static bool checker_move(int file, void *data, size_t size, enum direction direction)
{
    uint8_t *bytes = data;
    while (size > 0) {
        ssize_t moved =
            direction == DIRECTION_OUT ? write(file, bytes, size) : read(file, bytes, size);
        if (moved < 0 && errno == EINTR) {
            continue;
        }
        if (moved <= 0) {
            return false;
        }
        bytes += moved;
        size -= (size_t)moved;
    }
    return true;
}

/* Wait until the child has something to say, and show that time goes by. */
static void checker_wait(struct copse_command *command, int end)
{
    struct copse_progress progress;
    struct pollfd wanted = {.fd = end, .events = POLLIN};
    uint64_t steps = 0;
    copse_progress_start(&progress, &command->output, "Checking, seconds", 0);
    while (poll(&wanted, 1, 1000 / STEPS_PER_SECOND) == 0) {
        steps++;
        copse_progress_step(&progress, steps / STEPS_PER_SECOND);
    }
    copse_progress_stop(&progress);
}

bool copse_checker_run(struct copse_command *command, const char *home,
                       struct copse_checker_verdict *verdict)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return false;
    }
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        checker_check_here(command, home, verdict);
        _exit(checker_move(ends[1], verdict, sizeof(*verdict), DIRECTION_OUT) ? 0 : 1);
    }
    (void)close(ends[1]);
    if (child > 0) {
        checker_wait(command, ends[0]);
    }
    bool is_whole = child > 0 && checker_move(ends[0], verdict, sizeof(*verdict), DIRECTION_IN);
    (void)close(ends[0]);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return is_whole && WIFEXITED(status);
}
