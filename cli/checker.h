/* Checking a store, in a process of its own. */
#ifndef COPSE_CLI_CHECKER_H
#define COPSE_CLI_CHECKER_H

#include "cli/command.h"
#include "storage/check.h"

struct copse_checker_verdict {
    enum copse_err err; /* of opening and reading: then there is no report */
    struct copse_error error;
    struct copse_check_report report;
};

/* Check the store in `home`; with --rebuild its views are made anew first. Nothing may be open.
 * False: the checker died, or there is none to be had. */
bool copse_checker_run(struct copse_command *command, const char *home,
                       struct copse_checker_verdict *verdict);

#endif
