/* Erasure: words that go, everywhere (SPEC 8.11).
 *
 * An ERASE hides at once on all nodes. The bytes go at once where their author erased them; where a
 * moderator did, each node that has held the hiding for a day lets them go. What is left of them in
 * free places of the files goes when the store is compacted.
 *
 * Words:  let go   take the bytes of a content out of the store
 *         grace    how long a node keeps the bytes of what a moderator erases
 *         traces   what was let go and may still lie in free places of a file
 */
#ifndef COPSE_NODE_PRACTICE_ERASURE_H
#define COPSE_NODE_PRACTICE_ERASURE_H

#include "node/practice/practice.h"

#define COPSE_ERASURE_GRACE_MS (UINT64_C(24) * 3600000u)

struct copse_erasure_plan {
    struct copse_id target; /* a thing: all words on it; an entry: its words */
    bool is_moderation;     /* whoever wrote them, and hidden first; otherwise one's own alone */
    struct copse_slice reason;
};

struct copse_erasure_result {
    struct copse_id act; /* the first ERASE, now or earlier; zeros: there is none */
    size_t words;        /* entries whose words were erased by this deed */
    bool has_hidden;     /* it was hidden by this deed too */
    size_t others;       /* entries there with words of others, which stay */
};

/* Erase in an open deed; the caller commits and then tends. Nothing is written for what is erased
 * already. COPSE_ERR_REFUSED: nothing there is one's own, or one is no moderator; `error` says who
 * may. COPSE_ERR_NOT_FOUND: it is not here, or has no words; COPSE_ERR_FORM: it is an act. */
enum copse_err copse_erasure_erase(struct copse_practice_deed *deed,
                                   struct copse_erasure_result *out,
                                   const struct copse_erasure_plan *plan,
                                   struct copse_error *error) COPSE_MUST_CHECK;

/* What was done in a store. */
struct copse_erasure_done {
    size_t let_go;   /* contents whose bytes went */
    size_t wanted;   /* contents whose erasure was undone: they are asked for again */
    uint64_t due_ms; /* wall clock: when the next bytes are due; 0: none */
};

/* Let go what is due in one community; `done` is added up. Doing it again changes nothing.
 * COPSE_OK or a fault. Cost: O(class 0), and one load for each entry that an ERASE names. */
enum copse_err copse_erasure_tend(const struct copse_practice *practice,
                                  struct copse_erasure_done *done, const struct copse_id *community,
                                  struct copse_error *error) COPSE_MUST_CHECK;
enum copse_err copse_erasure_tend_all(const struct copse_practice *practice,
                                      struct copse_erasure_done *done,
                                      struct copse_error *error) COPSE_MUST_CHECK;

/* Since when there may be traces in the store's file (wall clock); 0: there are none. */
enum copse_err copse_erasure_traces(const struct copse_practice *practice, uint64_t *since_ms,
                                    struct copse_error *error) COPSE_MUST_CHECK;

/* Take the traces out of all files of the store: the search index, then the store itself. Errors:
 * copse_store_compact. */
enum copse_err copse_erasure_compact(const struct copse_practice *practice,
                                     struct copse_error *error) COPSE_MUST_CHECK;

#endif
