/* Contents of entries, and blobs with their chunks, apart from the entries (SPEC 3.3, 4.15).
 *
 * An entry stays verifiable when its words are gone. Each content is present, missing
 * (wanted), erased or declined; a chunk likewise, counted by the blobs that list it.
 */
#ifndef COPSE_STORAGE_CONTENTS_H
#define COPSE_STORAGE_CONTENTS_H

#include "protocol/entry/blob.h"
#include "protocol/entry/source.h"
#include "storage/rows.h"
#include "storage/txn.h"

/* The state of an entry's content and, if PRESENT, its salt and bytes joined (borrowed).
 * COPSE_OK or a fault. */
enum copse_err copse_contents_get(struct copse_txn *txn, enum copse_content_state *state,
                                  struct copse_slice *salted,
                                  const struct copse_held *held) COPSE_MUST_CHECK;

/* The same by arrival number, for an entry that has a content. */
enum copse_err copse_contents_at(struct copse_txn *txn, enum copse_content_state *state,
                                 struct copse_slice *salted, uint64_t arrival) COPSE_MUST_CHECK;

/* What is known of the content of a fresh entry: its bytes, checked before, or none (data NULL). */
enum copse_err copse_contents_begin(struct copse_txn *txn, const struct copse_rows_row *row,
                                    struct copse_slice salted) COPSE_MUST_CHECK;

/* Forget all about the content of an entry that goes. */
enum copse_err copse_contents_forget(struct copse_txn *txn, uint64_t arrival,
                                     const struct copse_index_place *place) COPSE_MUST_CHECK;

/* An entry has another place. */
enum copse_err copse_contents_move(struct copse_txn *txn, const struct copse_index_place *from,
                                   const struct copse_index_place *to) COPSE_MUST_CHECK;

/* Keep a content that came (checked here against the entry). COPSE_OK; COPSE_ERR_EXISTS when it is
 * here; COPSE_ERR_REFUSED when it was erased; COPSE_ERR_SIGNATURE when it is not the one that was
 * signed for; or a fault. A declined one is taken. */
enum copse_err copse_contents_put(struct copse_txn *txn, const struct copse_held *held,
                                  struct copse_slice salted) COPSE_MUST_CHECK;

/* Let the bytes go: ERASED and DECLINED are remembered, MISSING means wanted again. Traces may be
 * left in free places of the file; of erased bytes it is noted that they do (below). */
enum copse_err copse_contents_release(struct copse_txn *txn, const struct copse_held *held,
                                      enum copse_content_state state) COPSE_MUST_CHECK;

/* Walk what is missing, by place. Begin with a position of zeros; gives the next position and steps
 * past it. COPSE_ERR_NOT_FOUND at the end. */
enum copse_err copse_contents_next_missing(struct copse_txn *txn, struct copse_position *out,
                                           struct copse_position *cursor) COPSE_MUST_CHECK;

/* When (wall clock) bytes that were erased went last, if the file has not been compacted since; 0:
 * it has, or none did. And the note taken back, for the compact file (a copse_db_fill). */
enum copse_err copse_contents_traces(struct copse_txn *txn, uint64_t *since_ms) COPSE_MUST_CHECK;
enum copse_err copse_contents_no_traces(struct copse_db_txn *txn,
                                        struct copse_error *error) COPSE_MUST_CHECK;

/* ---- blobs ---- */

enum copse_contents_chunk {
    COPSE_CONTENTS_PRESENT,
    COPSE_CONTENTS_MISSING,
    COPSE_CONTENTS_ERASED,
    COPSE_CONTENTS_DECLINED,
};

/* Keep the list of a blob (untrusted: decoded here); its chunks become missing, or one more count
 * on those that are here. Sets *id. COPSE_OK, also when held already (then one more reference);
 * COPSE_ERR_DECODE; or a fault. */
enum copse_err copse_contents_put_blob(struct copse_txn *txn, struct copse_id *id,
                                       struct copse_slice list) COPSE_MUST_CHECK;

/* The list of a blob, borrowed. COPSE_OK or COPSE_ERR_NOT_FOUND. */
enum copse_err copse_contents_get_blob(struct copse_txn *txn, struct copse_slice *list,
                                       const struct copse_id *id) COPSE_MUST_CHECK;

/* Take one reference off a blob; at none left its list goes, and its chunks that no other lists. */
enum copse_err copse_contents_drop_blob(struct copse_txn *txn,
                                        const struct copse_id *id) COPSE_MUST_CHECK;

/* Keep a chunk that a held blob lists; checked against its hash. COPSE_OK; COPSE_ERR_NOT_FOUND when
 * no blob lists it; COPSE_ERR_EXISTS; COPSE_ERR_REFUSED when it was erased; COPSE_ERR_LIMIT. */
enum copse_err copse_contents_put_chunk(struct copse_txn *txn, struct copse_id *hash,
                                        struct copse_slice salted) COPSE_MUST_CHECK;

/* The state of a chunk and, if PRESENT, its salt and bytes joined (borrowed). */
enum copse_err copse_contents_get_chunk(struct copse_txn *txn, enum copse_contents_chunk *state,
                                        struct copse_slice *salted,
                                        const struct copse_id *hash) COPSE_MUST_CHECK;

/* Let the bytes of a chunk go and remember why. */
enum copse_err copse_contents_release_chunk(struct copse_txn *txn, const struct copse_id *hash,
                                            enum copse_contents_chunk state) COPSE_MUST_CHECK;

#endif
