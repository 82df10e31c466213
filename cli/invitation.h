/* Invitations on the command line: read as they were pasted, and told where this node is. */
#ifndef COPSE_CLI_INVITATION_H
#define COPSE_CLI_INVITATION_H

#include "cli/command.h"
#include "protocol/wire/ticket.h"

/* Read one. What is wrong with it is said. The caller forgets it. */
enum copse_exit copse_invitation_read(struct copse_command *command, struct copse_ticket *out,
                                      const char *text);

/* Say in it where this node can be reached, if copse serve runs: before what is there. */
enum copse_err copse_invitation_put_addresses(struct copse_command *command,
                                              struct copse_ticket *ticket) COPSE_MUST_CHECK;

#endif
