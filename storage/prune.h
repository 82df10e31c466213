/* Giving up what this node need not keep: branches past a cut, surplus forks, signatures.
 */
#ifndef COPSE_STORAGE_PRUNE_H
#define COPSE_STORAGE_PRUNE_H

#include "storage/entries.h"

/* Take away the entries of one branch from a position on, with contents, index rows and views.
 * At the branch's first seq the branch goes as a whole, and the last branch takes its log along.
 * COPSE_OK; COPSE_ERR_NOT_FOUND; COPSE_ERR_REFUSED when another branch leaves this one there, or
 * when the entry that would become a leaf has no signature; or a fault. Cost: O(entries dropped).
 */
enum copse_err copse_prune_drop(struct copse_txn *txn,
                                const struct copse_position *from) COPSE_MUST_CHECK;

/* Give up what is not wanted of a log (SPEC 7.9), and with a log of class 0 that of the class 1
 * log beside it; whether anything is due. About `*budget` entries go, which is lowered by what
 * went; at 0 there may be more. COPSE_OK, COPSE_ERR_NOT_FOUND, or a fault.
 * Cost: O(entries that go, or get another branch number). */
enum copse_err copse_prune_unwanted(struct copse_txn *txn, size_t *budget,
                                    uint32_t log) COPSE_MUST_CHECK;
enum copse_err copse_prune_is_due(struct copse_txn *txn, bool *out, uint32_t log) COPSE_MUST_CHECK;

/* Make room for a fork in a log that has as many branches as are kept (SPEC 4.8): give up the
 * surplus branch, none on the way to a leaf that is named if there is another; the new one, the
 * last of `log`, takes its number. Sets *branch to the number that the new branch has from now on.
 * COPSE_OK, COPSE_ERR_LIMIT when the new one itself is surplus, or a fault. */
enum copse_err copse_prune_make_room(struct copse_txn *txn, uint32_t *branch,
                                     struct copse_txn_log *log) COPSE_MUST_CHECK;

/* Drop signatures on the way to a leaf that SPEC 4.11 permits to drop, at most `max` of them.
 * `named` says of an id whether a cut names it (NULL: none does). Sets *dropped. */
typedef bool copse_prune_is_named(void *context, const struct copse_id *id);
enum copse_err copse_prune_signatures(struct copse_txn *txn, size_t *dropped,
                                      const struct copse_position *leaf, size_t max,
                                      copse_prune_is_named *named, void *context) COPSE_MUST_CHECK;

#endif
