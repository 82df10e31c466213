/* Going on in the background: a child process goes on, and whoever called waits until it stands. */
#ifndef COPSE_CLI_DETACH_H
#define COPSE_CLI_DETACH_H

#include "cli/command.h"

struct copse_detach {
    bool is_child;
    int end; /* of the pipe to the caller; -1: nobody waits */
};

/* Fork, before anything is open. In the child, detach->is_child is set and COPSE_EXIT_OK given;
 * what it says still goes where the caller's words go. In the caller this returns when the child
 * stands or has ended, with the exit status to give. */
enum copse_exit copse_detach_begin(struct copse_detach *detach, struct copse_command *command);

/* Make the log of a command in the state folder, empty. Sets *file, and `path` for telling. */
enum copse_err copse_detach_open_log(int *file, char path[COPSE_FILES_PATH_MAX],
                                     struct copse_command *command,
                                     const char *name) COPSE_MUST_CHECK;

/* In the child: it stands. From now on it reads nothing and writes to `log`, which this closes. */
void copse_detach_stand(struct copse_detach *detach, int log);

#endif
