/* Help, made from the table of verbs: examples first. */
#ifndef COPSE_CLI_HELP_H
#define COPSE_CLI_HELP_H

#include "cli/output.h"
#include "node/practice/verbs.h"

enum copse_help_depth { COPSE_HELP_SHORT, COPSE_HELP_ALL };

/* What there is to do. SHORT: what is done daily. */
void copse_help_overview(struct copse_output *output, enum copse_help_depth depth);

/* One verb: examples, then usage, then options. */
void copse_help_verb(struct copse_output *output, const struct copse_verb *verb);

/* The second words of a group ("page"): one line each. */
void copse_help_group(struct copse_output *output, const char *group);

/* The parts of the man page that list verbs and options, as scdoc source. */
void copse_help_manual(struct copse_builder *out);

#endif
