/* How it works: see the layout in the header; the flags say which parts are there. */
#include "storage/rows.h"

#include <string.h>

#define HEAD_BYTES 19u
#define FLAG_SIGNED 1u
#define FLAG_OWN 2u
#define FLAG_UNDER_HERE 4u
#define FLAG_UNDER_ELSEWHERE 8u
#define FLAGS_KNOWN 15u

size_t copse_rows_encode(uint8_t out[COPSE_ROWS_BYTES_MAX], const struct copse_rows_row *row)
{
    COPSE_ASSERT(row->bytes.size <= COPSE_ENTRY_BYTES_MAX);
    unsigned flags = row->is_own ? FLAG_OWN : 0;
    size_t at = HEAD_BYTES;
    if (row->under == COPSE_ROWS_UNDER_HERE) {
        flags |= FLAG_UNDER_HERE;
    } else if (row->under == COPSE_ROWS_UNDER_ELSEWHERE) {
        flags |= FLAG_UNDER_ELSEWHERE;
        copse_bytes_put_u64(out + at, row->under_arrival);
        at += COPSE_INDEX_ARRIVAL_BYTES;
    }
    if (row->signature.size > 0) {
        COPSE_ASSERT(row->signature.size == COPSE_SIGNATURE_BYTES);
        flags |= FLAG_SIGNED;
        memcpy(out + at, row->signature.data, row->signature.size);
        at += row->signature.size;
    }
    out[0] = (uint8_t)flags;
    copse_bytes_put_u64(out + 1, row->log_time);
    memcpy(out + 9, row->place.bytes, sizeof row->place.bytes);
    memcpy(out + at, row->bytes.data, row->bytes.size);
    return at + row->bytes.size;
}

enum copse_err copse_rows_decode(struct copse_rows_row *out, struct copse_slice bytes)
{
    if (bytes.size < HEAD_BYTES || (bytes.data[0] & ~FLAGS_KNOWN) != 0) {
        return COPSE_ERR_CORRUPT;
    }
    unsigned flags = bytes.data[0];
    size_t wanted = HEAD_BYTES;
    wanted += (flags & FLAG_UNDER_ELSEWHERE) != 0 ? COPSE_INDEX_ARRIVAL_BYTES : 0;
    wanted += (flags & FLAG_SIGNED) != 0 ? COPSE_SIGNATURE_BYTES : 0;
    if (bytes.size <= wanted) {
        return COPSE_ERR_CORRUPT;
    }
    struct copse_rows_row row = {0};
    row.log_time = copse_bytes_get_u64(bytes.data + 1);
    memcpy(row.place.bytes, bytes.data + 9, sizeof row.place.bytes);
    row.is_own = (flags & FLAG_OWN) != 0;
    const uint8_t *at = bytes.data + HEAD_BYTES;
    if ((flags & FLAG_UNDER_HERE) != 0) {
        row.under = COPSE_ROWS_UNDER_HERE;
    } else if ((flags & FLAG_UNDER_ELSEWHERE) != 0) {
        row.under = COPSE_ROWS_UNDER_ELSEWHERE;
        row.under_arrival = copse_bytes_get_u64(at);
        at += COPSE_INDEX_ARRIVAL_BYTES;
    }
    if ((flags & FLAG_SIGNED) != 0) {
        row.signature = (struct copse_slice){at, COPSE_SIGNATURE_BYTES};
        at += COPSE_SIGNATURE_BYTES;
    }
    row.bytes = (struct copse_slice){at, bytes.size - wanted};
    *out = row;
    return COPSE_OK;
}

enum copse_err copse_rows_arrival(struct copse_db_txn *txn, uint64_t *out,
                                  const struct copse_index_place *place)
{
    struct copse_slice value;
    enum copse_err err = copse_db_get(txn, &value, COPSE_DB_PLACES,
                                      (struct copse_slice){place->bytes, sizeof place->bytes});
    if (err == COPSE_OK && value.size != COPSE_INDEX_ARRIVAL_BYTES) {
        err = COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK) {
        *out = copse_bytes_get_u64(value.data);
    }
    return err;
}

enum copse_err copse_rows_get(struct copse_db_txn *txn, struct copse_rows_row *out,
                              uint64_t arrival)
{
    uint8_t key[COPSE_INDEX_ARRIVAL_BYTES];
    struct copse_slice value;
    copse_bytes_put_u64(key, arrival);
    enum copse_err err =
        copse_db_get(txn, &value, COPSE_DB_ENTRIES, (struct copse_slice){key, sizeof key});
    if (err == COPSE_OK) {
        err = copse_rows_decode(out, value);
    }
    if (err == COPSE_OK) {
        out->arrival = arrival;
    }
    return err;
}

enum copse_err copse_rows_at(struct copse_db_txn *txn, struct copse_rows_row *out,
                             const struct copse_index_place *place)
{
    uint64_t arrival = 0;
    enum copse_err err = copse_rows_arrival(txn, &arrival, place);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_rows_get(txn, out, arrival);
    if (err == COPSE_ERR_NOT_FOUND ||
        (err == COPSE_OK && memcmp(out->place.bytes, place->bytes, sizeof place->bytes) != 0)) {
        err = COPSE_ERR_CORRUPT;
    }
    return err;
}

enum copse_err copse_rows_put(struct copse_db_txn *txn, const struct copse_rows_row *row)
{
    uint8_t key[COPSE_INDEX_ARRIVAL_BYTES];
    uint8_t bytes[COPSE_ROWS_BYTES_MAX];
    copse_bytes_put_u64(key, row->arrival);
    size_t size = copse_rows_encode(bytes, row);
    return copse_db_put(txn, COPSE_DB_ENTRIES, (struct copse_slice){key, sizeof key},
                        (struct copse_slice){bytes, size});
}
