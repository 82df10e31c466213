/* Words from the person: arguments, -m, -F, standard input, or their editor. */
#ifndef COPSE_CLI_INPUT_H
#define COPSE_CLI_INPUT_H

#include "cli/command.h"

#define COPSE_INPUT_BYTES_MAX (4u << 20) /* of any text: the largest page */

enum copse_input_words { COPSE_INPUT_TAKES_WORDS, COPSE_INPUT_NO_WORDS };
enum copse_input_empty { COPSE_INPUT_NOT_EMPTY, COPSE_INPUT_MAY_BE_EMPTY };

/* What is wanted. */
struct copse_input {
    const char *name;            /* what it is to be: "question" */
    struct copse_slice template; /* what the editor starts with; size 0: nothing */
    size_t first;                /* arguments from here on are the text, where there are any */
    enum copse_input_words words;
    enum copse_input_empty empty;
};

/* Get a text, normalised: line feeds alone end lines, no other control characters but tabs. From
 * the editor, a last line that explains is taken out. Failing is said already, and nothing typed is
 * lost. */
enum copse_exit copse_input_text(struct copse_command *command, struct copse_builder *out,
                                 const struct copse_input *input);

/* Keep a text that could not be saved, and say where it is; not what stands in a file or in the
 * command that was typed. */
void copse_input_keep(struct copse_command *command, struct copse_slice text);

/* They are in the store: the editor's draft may go. */
void copse_input_drop(struct copse_command *command);

/* Ask one line on the terminal, with `prompt`. COPSE_EXIT_INPUT when nobody can be asked. */
enum copse_exit copse_input_line(struct copse_command *command, struct copse_builder *out,
                                 const char *prompt, const char *hint);

#endif
