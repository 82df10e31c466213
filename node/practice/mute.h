/* Muting: whose words this reader has folded away. It is kept on this machine, for all communities,
 * signed by nobody and told to nobody.
 */
#ifndef COPSE_NODE_PRACTICE_MUTE_H
#define COPSE_NODE_PRACTICE_MUTE_H

#include "node/practice/practice.h"

enum copse_mute_turn { COPSE_MUTE_ON, COPSE_MUTE_OFF };

/* Sets *changed. In a write transaction; the caller commits. */
enum copse_err copse_mute_set(struct copse_practice_deed *deed, bool *changed,
                              const struct copse_id *person,
                              enum copse_mute_turn turn) COPSE_MUST_CHECK;
enum copse_err copse_mute_is(struct copse_practice_deed *deed, bool *out,
                             const struct copse_id *person) COPSE_MUST_CHECK;

#endif
