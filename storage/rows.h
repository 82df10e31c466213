/* Rows of the table ENTRIES, as bytes. The key is the arrival number, u64.
 *
 *   flags u8, log time u64, place (10), arrival number of the entry that names the grant and
 *   charter in effect (8, if it is another one), signature (64, if held), canonical bytes
 *
 * Part of entries.h, which everybody outside storage/ uses.
 */
#ifndef COPSE_STORAGE_ROWS_H
#define COPSE_STORAGE_ROWS_H

#include "protocol/entry/entry.h"
#include "storage/index.h"

#define COPSE_ROWS_BYTES_MAX (1u + 8 + 10 + 8 + COPSE_SIGNATURE_BYTES + COPSE_ENTRY_BYTES_MAX)

/* Where the grant and charter in effect are written. */
enum copse_rows_under { COPSE_ROWS_NO_UNDER, COPSE_ROWS_UNDER_HERE, COPSE_ROWS_UNDER_ELSEWHERE };

struct copse_rows_row {
    uint64_t arrival; /* the key */
    uint64_t log_time;
    struct copse_index_place place;
    enum copse_rows_under under;
    uint64_t under_arrival;       /* meaningful if ELSEWHERE */
    struct copse_slice signature; /* 64 bytes or none; borrowed */
    struct copse_slice bytes;     /* borrowed */
    bool is_own;
};

/* Returns the size written. */
size_t copse_rows_encode(uint8_t out[COPSE_ROWS_BYTES_MAX], const struct copse_rows_row *row);

/* COPSE_OK or COPSE_ERR_CORRUPT. Leaves out->arrival 0. */
enum copse_err copse_rows_decode(struct copse_rows_row *out,
                                 struct copse_slice bytes) COPSE_MUST_CHECK;

/* The arrival number of the entry at a place; the row of an arrival number; the row at a place.
 * COPSE_OK, COPSE_ERR_NOT_FOUND, COPSE_ERR_CORRUPT, or a fault. */
enum copse_err copse_rows_arrival(struct copse_db_txn *txn, uint64_t *out,
                                  const struct copse_index_place *place) COPSE_MUST_CHECK;
enum copse_err copse_rows_get(struct copse_db_txn *txn, struct copse_rows_row *out,
                              uint64_t arrival) COPSE_MUST_CHECK;
enum copse_err copse_rows_at(struct copse_db_txn *txn, struct copse_rows_row *out,
                             const struct copse_index_place *place) COPSE_MUST_CHECK;

/* Write a row under row->arrival. */
enum copse_err copse_rows_put(struct copse_db_txn *txn,
                              const struct copse_rows_row *row) COPSE_MUST_CHECK;

#endif
