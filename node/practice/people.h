/* Who acts on this machine: making an identity, its name, and the name in every community. */
#ifndef COPSE_NODE_PRACTICE_PEOPLE_H
#define COPSE_NODE_PRACTICE_PEOPLE_H

#include "node/practice/reading.h"

/* The name others are to see. It is kept beside the store, and said in each community that the
 * person is in, if there are keys to say it with: sets *said to how many. COPSE_ERR_LIMIT,
 * COPSE_ERR_FORM: no possible name. */
enum copse_err copse_people_set_name(const struct copse_practice *practice, size_t *said,
                                     struct copse_slice name,
                                     struct copse_error *error) COPSE_MUST_CHECK;

/* On a machine where no name was given: take up the one that the person goes by in a community. */
enum copse_err copse_people_adopt_name(const struct copse_practice *practice,
                                       struct copse_error *error) COPSE_MUST_CHECK;

/* The name as it was given; size 0 when none was. Borrowed from the transaction. */
enum copse_err copse_people_own_name(struct copse_practice_deed *deed,
                                     struct copse_slice *out) COPSE_MUST_CHECK;

/* Say one's name in the deed's community, unless it is said there already. Sets *said. */
enum copse_err copse_people_say_name(struct copse_practice_deed *deed, bool *said,
                                     struct copse_error *error) COPSE_MUST_CHECK;

#endif
