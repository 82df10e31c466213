/* msgpack-c packs through one callback, put_bytes, which keeps to the room. Its
 * pack functions take the shortest form of numbers and lengths, which is the
 * canonical one (SPEC 2.2).
 */
#include "protocol/base/writer.h"

#include <msgpack.h>
#include <string.h>

static int put_bytes(void *context, const char *bytes, size_t size)
{
    struct copse_writer *writer = context;
    if (writer->full || size > writer->capacity - writer->size) {
        writer->full = true;
        return -1;
    }
    if (size > 0) {
        memcpy(writer->data + writer->size, bytes, size);
        writer->size += size;
    }
    return 0;
}

static msgpack_packer packer_of(struct copse_writer *writer)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, writer, put_bytes);
    return packer;
}

void copse_writer_init(struct copse_writer *writer, uint8_t *data, size_t capacity)
{
    *writer = (struct copse_writer){data, capacity, 0, false};
}

void copse_writer_nil(struct copse_writer *writer)
{
    msgpack_packer packer = packer_of(writer);
    (void)msgpack_pack_nil(&packer);
}

void copse_writer_bool(struct copse_writer *writer, bool value)
{
    msgpack_packer packer = packer_of(writer);
    (void)(value ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
}

void copse_writer_uint(struct copse_writer *writer, uint64_t value)
{
    msgpack_packer packer = packer_of(writer);
    (void)msgpack_pack_uint64(&packer, value);
}

void copse_writer_int(struct copse_writer *writer, int64_t value)
{
    msgpack_packer packer = packer_of(writer);
    (void)msgpack_pack_int64(&packer, value);
}

void copse_writer_bin(struct copse_writer *writer, struct copse_slice bytes)
{
    msgpack_packer packer = packer_of(writer);
    (void)msgpack_pack_bin(&packer, bytes.size);
    (void)put_bytes(writer, (const char *)bytes.data, bytes.size);
}

void copse_writer_str(struct copse_writer *writer, struct copse_slice utf8)
{
    COPSE_ASSERT(copse_bytes_is_utf8(utf8));
    msgpack_packer packer = packer_of(writer);
    (void)msgpack_pack_str(&packer, utf8.size);
    (void)put_bytes(writer, (const char *)utf8.data, utf8.size);
}

void copse_writer_id(struct copse_writer *writer, const struct copse_id *id)
{
    copse_writer_bin(writer, copse_bytes_of_id(id));
}

void copse_writer_ids(struct copse_writer *writer, const struct copse_id *ids, size_t count)
{
    copse_writer_array(writer, count);
    for (size_t i = 0; i < count; i++) {
        copse_writer_id(writer, &ids[i]);
    }
}

void copse_writer_array(struct copse_writer *writer, size_t count)
{
    msgpack_packer packer = packer_of(writer);
    (void)msgpack_pack_array(&packer, count);
}

void copse_writer_map(struct copse_writer *writer, size_t count)
{
    msgpack_packer packer = packer_of(writer);
    (void)msgpack_pack_map(&packer, count);
}

void copse_writer_raw(struct copse_writer *writer, struct copse_slice bytes)
{
    (void)put_bytes(writer, (const char *)bytes.data, bytes.size);
}

enum copse_err copse_writer_end(struct copse_slice *out, const struct copse_writer *writer)
{
    if (writer->full) {
        *out = (struct copse_slice){NULL, 0};
        return COPSE_ERR_LIMIT;
    }
    *out = (struct copse_slice){writer->data, writer->size};
    return COPSE_OK;
}
