/* A gap: where something stands that a moderator or its author has hidden. It says who, why, and
 * how to look all the same. */
#ifndef COPSE_CLI_GAP_H
#define COPSE_CLI_GAP_H

#include "cli/command.h"

/* Is a thing a gap to this reader: hidden, not written by this device, and not to be shown
 * nevertheless? */
enum copse_err copse_gap_is(struct copse_command *command, struct copse_practice_deed *deed,
                            bool *out, const struct copse_view_object *object) COPSE_MUST_CHECK;

/* "hidden" in JSON: null, or by, by_name and reason. Plainly "(hidden by NAME: REASON)" and a line
 * feed, behind `indent` blanks; nothing for what is not hidden. */
enum copse_err copse_gap_say(struct copse_command *command, struct copse_practice_deed *deed,
                             const struct copse_view_object *object,
                             size_t indent) COPSE_MUST_CHECK;

#endif
