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

/* The ops of that version that are neither refused nor muted and that no such op of it descends
 * from, to `out`, which has room for all; gives how many. */
size_t copse_text_oracle_heads(const struct copse_text_history *history, size_t *out,
                               const size_t *heads, size_t head_count);

#endif
