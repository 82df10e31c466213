/* Everything a command says: plain for people, or one JSON object for programs.
 *
 * A command calls both sides: what it prints plainly is dropped in JSON mode, what it adds to
 * `data` is dropped in plain mode. What was asked for goes to standard output, all talk to
 * standard error.
 *
 * Words:  exit  what the shell gets; the numbers are stable (cli/README.md)
 *         code  the name of an error in JSON; stable too
 */
#ifndef COPSE_CLI_OUTPUT_H
#define COPSE_CLI_OUTPUT_H

#include "cli/answer.h"
#include "cli/terminal.h"

#include <stdio.h>

enum copse_exit {
    COPSE_EXIT_OK = 0,
    COPSE_EXIT_FAILURE = 1,
    COPSE_EXIT_USAGE = 2,
    COPSE_EXIT_NOT_FOUND = 3,
    COPSE_EXIT_PERMISSION = 4,
    COPSE_EXIT_CONFLICT = 5,
    COPSE_EXIT_INTEGRITY = 6,
    COPSE_EXIT_NETWORK = 7,
    COPSE_EXIT_BUSY = 8,
    COPSE_EXIT_INPUT = 9,
    COPSE_EXIT_INTERRUPTED = 130,
};

enum copse_output_mode { COPSE_OUTPUT_PLAIN, COPSE_OUTPUT_JSON };

/* How a word stands out, where the terminal can. */
enum copse_output_style {
    COPSE_OUTPUT_NORMAL,
    COPSE_OUTPUT_STRONG,
    COPSE_OUTPUT_FAINT,
    COPSE_OUTPUT_ADDED,
    COPSE_OUTPUT_REMOVED
};

struct copse_output {
    enum copse_output_mode mode;
    FILE *out;
    FILE *talk;
    bool is_terminal; /* standard output is one */
    size_t columns;   /* of it; 80 where it is none */
    bool has_color;
    bool is_quiet;
    struct copse_answer json; /* the members of `data` */
    struct copse_builder line;
};

/* Begin. `mode`, `is_quiet` and colour are set by the caller once the arguments are read. */
void copse_output_init(struct copse_output *output, const struct copse_memory *memory);
void copse_output_deinit(struct copse_output *output);

/* Our own words. */
void copse_output_text(struct copse_output *output, const char *format, ...) COPSE_PRINTF(2, 3);
void copse_output_styled(struct copse_output *output, enum copse_output_style style,
                         const char *format, ...) COPSE_PRINTF(3, 4);

/* Our own words in lines of no more than `columns`. `at` is the column the first line begins at;
 * the others begin at `indent`. A line feed ends it. */
void copse_output_wrapped(struct copse_output *output, size_t at, size_t indent, const char *text);

/* Somebody's words: cleaned; LINE keeps them on one line. */
void copse_output_words(struct copse_output *output, struct copse_slice text,
                        enum copse_terminal_shape shape);
/* The same on one line of a list: what is longer than COPSE_OUTPUT_TITLE_MAX characters, or than
 * the terminal is wide, is cut. */
#define COPSE_OUTPUT_TITLE_MAX 80u
void copse_output_title(struct copse_output *output, struct copse_slice text);
void copse_output_styled_words(struct copse_output *output, enum copse_output_style style,
                               struct copse_slice text);

/* A whole text that was asked for: as it is into a file or pipe, cleaned on a terminal. A newline
 * is added on a terminal where the text does not end in one. */
void copse_output_document(struct copse_output *output, struct copse_slice text);

/* A remark beside the result, on standard error, cleaned; nothing with --quiet or in JSON. */
void copse_output_note(struct copse_output *output, const char *format, ...) COPSE_PRINTF(2, 3);

/* The beginning of an id that people see and can type. */
#define COPSE_OUTPUT_SHORT_ID_BYTES 11u
void copse_output_short_id(char out[COPSE_OUTPUT_SHORT_ID_BYTES], const struct copse_id *id);

/* The end of a command that worked: flushes; in JSON mode prints {"ok":true,"data":{...}}.
 * Gives COPSE_EXIT_OK, or COPSE_EXIT_FAILURE when standard output cannot be written. */
enum copse_exit copse_output_done(struct copse_output *output);

/* The end of a command that did not: prints the message and the hint (NULL: none) or
 * {"ok":false,"error":{...}}, and gives `status` back. */
struct copse_output_fault {
    enum copse_exit status;
    const char *code;
    const char *hint;
};
enum copse_exit copse_output_fail(struct copse_output *output,
                                  const struct copse_output_fault *fault, const char *format, ...)
    COPSE_PRINTF(3, 4);

#endif
