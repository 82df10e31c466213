/* What a history's text must be, by the simplest code that follows SPEC 6: one node a unit in
 * the tree that Fugue describes, versions as sets of ops, nothing undone and nothing cached. */
#ifndef COPSE_TESTS_SUPPORT_TEXT_ORACLE_H
#define COPSE_TESTS_SUPPORT_TEXT_ORACLE_H

#include "tests/support/text_history.h"

#define COPSE_TEXT_ORACLE_OPS_MAX 256u

/* Print the version that holds the ops of `heads` and their ancestors (`heads` NULL: all ops) to
 * malloc'ed memory; counts refused ops of the whole history. Limits of 6.5 are not looked at. */
char *copse_text_oracle_print(const struct copse_text_history *history, const size_t *heads,
                              size_t head_count, size_t *refused_count);

#endif
