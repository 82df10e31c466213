/* Who is meant: persons by name, or by the beginning of their key. */
#ifndef COPSE_NODE_PRACTICE_WHO_H
#define COPSE_NODE_PRACTICE_WHO_H

#include "node/practice/practice.h"

#define COPSE_WHO_MAX 8u

/* Who answers to a word. More than one: the word is ambiguous, and the caller lists them. */
struct copse_who {
    struct copse_id persons[COPSE_WHO_MAX];
    size_t count; /* COPSE_WHO_MAX may be more */
};

/* Persons of the deed's community called `text`, case and accents aside; or, where nobody is, whose
 * key begins with it (4 digits or more) or whose name has words that begin with those of `text` in
 * that order. A whole key means its person, known here or not, so that somebody can be named before
 * their entries arrive. COPSE_OK with a count of 0 for nobody; or a fault. Cost: O(people). */
enum copse_err copse_who_find(struct copse_practice_deed *deed, struct copse_who *out,
                              const char *text) COPSE_MUST_CHECK;

/* The name by which to speak of a person: what they call themself; where nothing that counts says
 * it, as of a newcomer who waits, the name in the first entry that gives one, and then *is_claimed.
 * Size 0: none is here. Borrowed from the view. */
enum copse_err copse_who_name(struct copse_practice_deed *deed, struct copse_slice *out,
                              bool *is_claimed, const struct copse_id *person) COPSE_MUST_CHECK;

#endif
