/* The recovery code, asked for when a deed needs the person's root key. */
#ifndef COPSE_CLI_ROOT_H
#define COPSE_CLI_ROOT_H

#include "cli/command.h"

#define COPSE_ROOT_TYPED_BYTES 128u /* of a code as it is typed, with the end of the string */

/* A code without typing errors, as it was typed. Wipe it with copse_root_forget. */
struct copse_root_typed {
    char text[COPSE_ROOT_TYPED_BYTES];
};

/* The code: that which is still on this machine, or one typed on the terminal (again, after a
 * typing error), or, with `--code -`, the first line of standard input. With an identity open it
 * must be that person's. `why` says what it is needed for. Without any of these 9, needs_input. Ask
 * before a transaction is begun. */
enum copse_exit copse_root_code(struct copse_command *command, struct copse_root_typed *out,
                                const char *why);
void copse_root_forget(struct copse_root_typed *typed);

/* The same, and the root key made of it. The caller wipes *out with copse_key_forget. */
enum copse_exit copse_root_ask(struct copse_command *command, struct copse_secret *out,
                               const char *why);

#endif
