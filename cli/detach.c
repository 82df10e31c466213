/* How it works: the caller reads from a pipe. One byte says that the child stands; the end of the
 * pipe without it, that the child is gone, and what it had to say has been said. */
#include "cli/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static enum copse_exit detach_fail(struct copse_command *command, const char *deed)
{
    struct copse_output_fault fault = {COPSE_EXIT_FAILURE, "io", NULL};
    return copse_output_fail(&command->output, &fault, "%s: %s", deed, strerror(errno));
}

/* Wait for the byte, or for the end of the child. */
static enum copse_exit detach_wait(struct copse_command *command, int end, pid_t child)
{
    char byte = 0;
    ssize_t got;
    int status = 0;
    do {
        got = read(end, &byte, 1);
    } while (got < 0 && errno == EINTR);
    if (got == 1) {
        return COPSE_EXIT_OK;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        return (enum copse_exit)WEXITSTATUS(status);
    }
    struct copse_output_fault fault = {COPSE_EXIT_FAILURE, "failure", NULL};
    return copse_output_fail(&command->output, &fault, "it ended before it stood");
}

enum copse_exit copse_detach_begin(struct copse_detach *detach, struct copse_command *command)
{
    int ends[2];
    *detach = (struct copse_detach){.end = -1};
    if (pipe(ends) != 0) {
        return detach_fail(command, "no pipe");
    }
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        (void)setsid();
        *detach = (struct copse_detach){.is_child = true, .end = ends[1]};
        return COPSE_EXIT_OK;
    }
    (void)close(ends[1]);
    enum copse_exit status =
        child < 0 ? detach_fail(command, "no process") : detach_wait(command, ends[0], child);
    (void)close(ends[0]);
    return status;
}

enum copse_err copse_detach_open_log(int *file, char path[COPSE_FILES_PATH_MAX],
                                     struct copse_command *command, const char *name)
{
    enum copse_err err = copse_files_join(path, command->state_home, name);
    if (err == COPSE_OK) {
        err = copse_files_make_parents(path, &command->error);
    }
    if (err != COPSE_OK) {
        return err;
    }
    *file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *file >= 0 ? COPSE_OK
                      : copse_error_set(&command->error, COPSE_ERR_IO, "cannot write %s: %s", path,
                                        strerror(errno));
}

void copse_detach_stand(struct copse_detach *detach, int log)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) {
        (void)dup2(nothing, STDIN_FILENO);
        (void)close(nothing);
    }
    (void)dup2(log, STDOUT_FILENO);
    (void)dup2(log, STDERR_FILENO);
    (void)close(log);
    (void)!write(detach->end, "!", 1); /* nobody waits any more: then nobody has to be told */
    (void)close(detach->end);
    detach->end = -1;
}
