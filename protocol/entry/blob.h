/* Blobs: what is larger than a content, as a list of salted chunks (SPEC 4.15). */
#ifndef COPSE_PROTOCOL_ENTRY_BLOB_H
#define COPSE_PROTOCOL_ENTRY_BLOB_H

#include "protocol/base/reader.h"
#include "protocol/entry/id.h"

#define COPSE_BLOB_CHUNK_BYTES 65536u
#define COPSE_BLOB_CHUNKS_MAX 1024u
#define COPSE_BLOB_BYTES_MAX ((uint64_t)COPSE_BLOB_CHUNK_BYTES * COPSE_BLOB_CHUNKS_MAX)
#define COPSE_BLOB_LIST_BYTES_MAX (COPSE_BLOB_CHUNKS_MAX * 34u + 16u)

/* Writable bytes. */
struct copse_blob_room {
    uint8_t *data;
    size_t size;
};

struct copse_blob {
    uint64_t size; /* bytes in all, at least 1 */
    size_t chunk_count;
    struct copse_reader hashes; /* borrowed from the list; read with copse_blob_next */
};

/* Write the list of a blob into `room` (COPSE_BLOB_LIST_BYTES_MAX suffice for any). `hashes` are
 * those of its chunks in order. Returns COPSE_OK, COPSE_ERR_FORM when count and size do not agree,
 * or COPSE_ERR_LIMIT. */
enum copse_err copse_blob_encode(struct copse_slice *out, struct copse_blob_room room,
                                 uint64_t size, const struct copse_id *hashes,
                                 size_t hash_count) COPSE_MUST_CHECK;

/* Read a list (untrusted; borrowed). COPSE_OK or COPSE_ERR_DECODE: wrong form or wrong count. */
enum copse_err copse_blob_decode(struct copse_blob *out, struct copse_slice list) COPSE_MUST_CHECK;

/* The next chunk's hash and size without salt. COPSE_ERR_NOT_FOUND after the last. */
enum copse_err copse_blob_next(struct copse_blob *blob, struct copse_id *hash,
                               size_t *size) COPSE_MUST_CHECK;

#endif
