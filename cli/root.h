/* The recovery code, asked for when a deed needs the person's root key. */
#ifndef COPSE_CLI_ROOT_H
#define COPSE_CLI_ROOT_H

#include "cli/command.h"

/* The root key: from the code that is still on this machine, or one typed on the terminal, or, with
 * `--code -`, the first line of standard input. `why` says what it is needed for. The caller wipes
 * *out with copse_key_forget. Without either 9, needs_input. Ask before a transaction is begun. */
enum copse_exit copse_root_ask(struct copse_command *command, struct copse_secret *out,
                               const char *why);

#endif
