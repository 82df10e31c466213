/* The size and the number of chunks say the same twice; both are kept so that a reader knows how
 * much is to come and a wrong list is refused before any chunk is fetched.
 */
#include "protocol/entry/blob.h"

#include "protocol/base/writer.h"

#define VERSION 1u

static size_t chunks_of(uint64_t size)
{
    return (size_t)((size + COPSE_BLOB_CHUNK_BYTES - 1) / COPSE_BLOB_CHUNK_BYTES);
}

enum copse_err copse_blob_encode(struct copse_slice *out, struct copse_blob_room room,
                                 uint64_t size, const struct copse_id *hashes, size_t hash_count)
{
    if (size > COPSE_BLOB_BYTES_MAX) {
        return COPSE_ERR_LIMIT;
    }
    if (size == 0 || hash_count != chunks_of(size)) {
        return COPSE_ERR_FORM;
    }
    struct copse_writer writer;
    copse_writer_init(&writer, room.data, room.size);
    copse_writer_array(&writer, 3);
    copse_writer_uint(&writer, VERSION);
    copse_writer_uint(&writer, size);
    copse_writer_ids(&writer, hashes, hash_count);
    return copse_writer_end(out, &writer);
}

/* SPEC 4.15: "an array of [1, total length, [hash, ...]]" */
enum copse_err copse_blob_decode(struct copse_blob *out, struct copse_slice list)
{
    struct copse_reader reader;
    copse_reader_init(&reader, list);
    if (copse_reader_array(&reader, 3) != 3 || copse_reader_uint(&reader, VERSION) != VERSION) {
        return COPSE_ERR_DECODE;
    }
    struct copse_blob blob = {.size = copse_reader_uint(&reader, COPSE_BLOB_BYTES_MAX)};
    blob.chunk_count = copse_reader_array(&reader, COPSE_BLOB_CHUNKS_MAX);
    blob.hashes = reader;
    for (size_t i = 0; i < blob.chunk_count; i++) {
        (void)copse_reader_id(&reader);
    }
    if (copse_reader_end(&reader) != COPSE_OK || blob.size == 0 ||
        blob.chunk_count != chunks_of(blob.size)) {
        return COPSE_ERR_DECODE;
    }
    *out = blob;
    return COPSE_OK;
}

enum copse_err copse_blob_next(struct copse_blob *blob, struct copse_id *hash, size_t *size)
{
    if (blob->chunk_count == 0) {
        return COPSE_ERR_NOT_FOUND;
    }
    *hash = copse_reader_id(&blob->hashes);
    uint64_t before_last = (uint64_t)(blob->chunk_count - 1) * COPSE_BLOB_CHUNK_BYTES;
    bool is_last = blob->chunk_count == 1;
    *size = is_last ? (size_t)(blob->size - before_last) : COPSE_BLOB_CHUNK_BYTES;
    blob->chunk_count--;
    if (!is_last) {
        blob->size -= COPSE_BLOB_CHUNK_BYTES;
    }
    return COPSE_OK;
}
