#include "cli/invitation.h"

#include <string.h>

/* What is wrong with an invitation, in words. */
static enum copse_exit invitation_refuse(struct copse_command *command, enum copse_err err)
{
    struct copse_output_fault fault = {COPSE_EXIT_USAGE, "bad_ticket",
                                       "Ask for it again, and copy the whole line."};
    const char *text = "this is no invitation: one is a single long line of letters and digits";
    if (err == COPSE_ERR_CORRUPT) {
        text = "the invitation is cut short or mistyped: its check does not match";
    } else if (err == COPSE_ERR_VERSION) {
        fault = (struct copse_output_fault){COPSE_EXIT_FAILURE, "from_the_future",
                                            "Install a newer copse."};
        text = "the invitation was made by a later version of copse";
    } else if (err == COPSE_ERR_LIMIT) {
        text = "this is longer than an invitation can be";
    } else if (err == COPSE_ERR_DECODE) {
        fault.hint = "Ask for another one.";
        text = "the invitation is whole, but says something it may not";
    }
    return copse_output_fail(&command->output, &fault, "%s", text);
}

enum copse_exit copse_invitation_read(struct copse_command *command, struct copse_ticket *out,
                                      const char *text)
{
    enum copse_err err = copse_ticket_decode(out, copse_bytes_of_string(text));
    return err == COPSE_OK ? COPSE_EXIT_OK : invitation_refuse(command, err);
}

enum copse_err copse_invitation_put_addresses(struct copse_command *command,
                                              struct copse_ticket *ticket)
{
    struct copse_command_serving serving;
    size_t kept = 1;
    enum copse_err err = copse_command_serving(command, &serving);
    if (err != COPSE_OK || serving.own.address_count == 0) {
        return err;
    }
    struct copse_ticket_peer others[COPSE_TICKET_PEERS_MAX];
    memcpy(others, ticket->peers, sizeof(others));
    ticket->peers[0] = serving.own;
    for (size_t i = 0; i < ticket->peer_count && kept < COPSE_TICKET_PEERS_MAX; i++) {
        if (!copse_bytes_equal_ids(&others[i].node, &serving.own.node)) {
            ticket->peers[kept++] = others[i];
        }
    }
    ticket->peer_count = kept;
    return COPSE_OK;
}
