/* Other persons on the command line: who is meant, and why something is done to them. */
#ifndef COPSE_CLI_PERSON_H
#define COPSE_CLI_PERSON_H

#include "cli/command.h"

/* The person called `text`: by name or by the beginning of their key. Failing is said already:
 * nobody (3, not_found), or several (2, ambiguous, with the list). */
enum copse_exit copse_person_find(struct copse_command *command, struct copse_practice_deed *deed,
                                  struct copse_id *out, const char *text);

/* The reason of an act on others: --reason TEXT, or asked for on the terminal with `prompt`, and
 * without either 9, needs_input. Never empty. Ask before a transaction is begun. */
enum copse_exit copse_person_reason(struct copse_command *command, struct copse_builder *out,
                                    const char *prompt);

/* What a deed on a person begins with: open, find who is called `word`, ask why (`reason` NULL: do
 * not), begin a write transaction. The reason is copied with copse_builder_end. */
enum copse_exit copse_person_begin(struct copse_command *command, struct copse_practice_deed *deed,
                                   struct copse_id *person, const char *word,
                                   struct copse_builder *reason, const char *prompt);

/* An entry by the beginning of its id, in a deed that is begun. Failing is said, the deed ended. */
enum copse_exit copse_person_entry(struct copse_command *command, struct copse_practice_deed *deed,
                                   struct copse_id *out, const char *digits);

/* What a deed on an entry begins with: open, begin a write transaction, find the entry that the
 * first word names. Failing is said. */
enum copse_exit copse_person_begin_on_entry(struct copse_command *command,
                                            struct copse_practice_deed *deed, struct copse_id *out);

/* The entry of --from ID, in `room`; *out is NULL where it is not given. As above. */
enum copse_exit copse_person_from(struct copse_command *command, struct copse_practice_deed *deed,
                                  const struct copse_id **out, struct copse_id *room);

/* A yes to something that cannot be taken back: --yes, or asked for on the terminal; without
 * either 9, needs_input; a no is 130, interrupted, and nothing has happened. */
enum copse_exit copse_person_agree(struct copse_command *command, const char *question);

/* Plain output: "Ana Ruiz", or "somebody (3fa2...)". */
void copse_person_print(struct copse_command *command, struct copse_practice_deed *deed,
                        const struct copse_id *person);

#endif
