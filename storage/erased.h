/* Words that are erased by an act (SPEC 8.11): they are neither kept nor handed on.
 *
 * Whether an ERASE counts is for the rules to say; here their word is asked wherever words come in
 * or go out. Letting go of what is here is for node/, which knows when it is due.
 */
#ifndef COPSE_STORAGE_ERASED_H
#define COPSE_STORAGE_ERASED_H

#include "storage/contents.h"

/* Is the content of an entry erased? COPSE_OK or a fault. Cost: one look where nothing erases it.
 */
enum copse_err copse_erased_is(struct copse_txn *txn, bool *out, uint32_t community,
                               const struct copse_id *id) COPSE_MUST_CHECK;

/* Does any ERASE name an entry, whether it counts or not, and whether the entry is here or not? */
enum copse_err copse_erased_is_named(struct copse_txn *txn, bool *out, uint32_t community,
                                     const struct copse_id *id) COPSE_MUST_CHECK;

/* Keep a content that came (data NULL: none did), unless it is erased: then that is remembered, and
 * it is not asked for (COPSE_ERR_REFUSED). Otherwise as copse_contents_put. */
enum copse_err copse_erased_put(struct copse_txn *txn, uint32_t community,
                                const struct copse_held *held,
                                struct copse_slice salted) COPSE_MUST_CHECK;

#endif
