/* Options and arguments of one command, read by the table of verbs.
 *
 * Global options stand before the verb or after it; the options of a verb after it. The reader is
 * getopt_long, with lists made from the table.
 */
#ifndef COPSE_CLI_ARGUMENTS_H
#define COPSE_CLI_ARGUMENTS_H

#include "node/practice/verbs.h"

#define COPSE_ARGUMENTS_VALUES_MAX 64u

/* One option as it was given. */
struct copse_arguments_value {
    const char *name; /* the long name, from the table */
    const char *text; /* "" for a switch; borrowed from argv */
};

struct copse_arguments {
    const struct copse_verb *verb; /* NULL before a verb was found */
    struct copse_arguments_value values[COPSE_ARGUMENTS_VALUES_MAX];
    size_t value_count;
    char **words; /* what is no option; borrowed from argv */
    size_t word_count;
};

/* What is wrong with a command line. */
enum copse_arguments_fault {
    COPSE_ARGUMENTS_FINE,
    COPSE_ARGUMENTS_NO_VERB,      /* nothing was asked for */
    COPSE_ARGUMENTS_UNKNOWN_VERB, /* `word` is none */
    COPSE_ARGUMENTS_GROUP_ALONE,  /* `group` needs another word */
    COPSE_ARGUMENTS_UNKNOWN_OPTION,
    COPSE_ARGUMENTS_VALUE_MISSING,
    COPSE_ARGUMENTS_TOO_MANY_OPTIONS,
    COPSE_ARGUMENTS_TOO_FEW,
    COPSE_ARGUMENTS_TOO_MANY,
};

struct copse_arguments_problem {
    enum copse_arguments_fault fault;
    const char *word; /* what it is about; borrowed from argv */
    char group[COPSE_VERBS_WORDS_MAX * COPSE_VERBS_WORD_MAX]; /* the words before it that were
                                                                 right ("people role"), or "" */
};

/* Read a command line. argv is permuted. When something is wrong `out` holds what was read so far,
 * so that --json and --help are known. With --help the number of arguments is not looked at. */
void copse_arguments_read(struct copse_arguments *out, struct copse_arguments_problem *problem,
                          int argc, char **argv);

/* The last value given for an option, or NULL; how often it was given; the index-th one. */
const char *copse_arguments_get(const struct copse_arguments *arguments, const char *name);
bool copse_arguments_has(const struct copse_arguments *arguments, const char *name);
const char *copse_arguments_nth(const struct copse_arguments *arguments, const char *name,
                                size_t index);

#endif
