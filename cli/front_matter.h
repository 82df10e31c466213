/* A Markdown file as it lies on the disk, cleaned, and what its front matter says.
 *
 * Front matter is what stands between a first line "---" and the next: "key: value" lines in a
 * small part of YAML. What this reader does not understand it keeps as text and does not judge.
 *
 * Words:  normalised  without a byte order mark, with line feeds alone as ends of lines
 *         list        several values of a key: "[a, b]" or lines "- a" below it
 */
#ifndef COPSE_CLI_FRONT_MATTER_H
#define COPSE_CLI_FRONT_MATTER_H

#include "node/practice/builder.h"

/* What normalising met. */
struct copse_front_matter_report {
    bool had_mark;     /* a byte order mark */
    size_t crlf_count; /* ends of lines of two characters */
    size_t cr_count;   /* carriage returns alone */
};

enum copse_front_matter_fault {
    COPSE_FRONT_MATTER_FINE,
    COPSE_FRONT_MATTER_NOT_UTF8, /* at `byte` */
    COPSE_FRONT_MATTER_CONTROL,  /* the control character `character` at `line`, `column` */
};

struct copse_front_matter_problem {
    enum copse_front_matter_fault fault;
    size_t byte;   /* from 0 */
    size_t line;   /* from 1 */
    size_t column; /* from 1, in characters */
    uint32_t character;
};

/* Append `bytes` to `out`, normalised, or say why not. Tab and line feed are no controls here.
 * COPSE_OK with problem->fault set either way; COPSE_ERR_NOMEM. Cost: O(size). */
enum copse_err copse_front_matter_normalise(struct copse_builder *out,
                                            struct copse_front_matter_report *report,
                                            struct copse_front_matter_problem *problem,
                                            struct copse_slice bytes) COPSE_MUST_CHECK;

/* A normalised text in its parts, borrowed from it: fence + inside + fence + body is the text. */
struct copse_front_matter {
    bool is_present;
    struct copse_slice inside; /* between the fences, its last newline included */
    struct copse_slice body;   /* behind the second fence; the whole text if there is none */
};
void copse_front_matter_split(struct copse_front_matter *out, struct copse_slice text);

/* Put the parts together again. Without `is_present` it is the body alone. */
void copse_front_matter_join(struct copse_builder *out, const struct copse_front_matter *parts);

/* The value of a key at the outermost level, unquoted, appended to `out`. False: the key is absent
 * or has no single value. */
bool copse_front_matter_value(struct copse_builder *out, struct copse_slice inside,
                              const char *key);

/* The values of a list one by one; a single value is a list of one. Start with *cursor 0; `out` is
 * cleared first. False at the end. */
bool copse_front_matter_next(struct copse_builder *out, size_t *cursor, struct copse_slice inside,
                             const char *key);

/* Append "key: value\n", quoted where it must be. */
void copse_front_matter_write(struct copse_builder *out, const char *key, struct copse_slice value);

/* The time of a date as YAML writes them ("2018-03-29", "2018-03-29 3:30:00 -0500"), in
 * milliseconds since 1970. False: none that it understands. */
bool copse_front_matter_time(int64_t *time_ms, struct copse_slice text);

/* The first heading ("# Title") of a body; size 0: none. Borrowed. */
struct copse_slice copse_front_matter_heading(struct copse_slice body);

#endif
