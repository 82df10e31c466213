/* How it works: plain recursion over the value; tests and fuzz targets keep to a depth. */
#include "tests/support/value.h"

#include <msgpack.h>
#include <string.h>

enum { LEAF_BYTES_MAX = 300, ITEMS_MAX = 20 };

static uint64_t random_number(struct copse_random *random)
{
    return copse_random_u64(random) >> copse_random_below(random, 64);
}

static void random_leaf(struct copse_writer *writer, struct copse_random *random)
{
    uint8_t bytes[LEAF_BYTES_MAX];
    size_t size = (size_t)copse_random_below(random, sizeof bytes) >> copse_random_below(random, 8);
    copse_random_bytes(random, bytes, size);
    switch (copse_random_below(random, 6)) {
    case 0:
        copse_writer_nil(writer);
        break;
    case 1:
        copse_writer_bool(writer, copse_random_below(random, 2) == 1);
        break;
    case 2:
        copse_writer_uint(writer, random_number(random));
        break;
    case 3:
        copse_writer_int(writer, -1 - (int64_t)(random_number(random) >> 1));
        break;
    case 4:
        copse_writer_bin(writer, (struct copse_slice){bytes, size});
        break;
    default:
        for (size_t i = 0; i < size; i++) {
            bytes[i] &= 0x7fu;
        }
        copse_writer_str(writer, (struct copse_slice){bytes, size});
        break;
    }
}

void copse_value_random(struct copse_writer *writer, struct copse_random *random, unsigned depth)
{
    uint64_t kind = copse_random_below(random, 4);
    if (depth == 0 || kind < 2) {
        random_leaf(writer, random);
        return;
    }
    size_t count = (size_t)copse_random_below(random, ITEMS_MAX) >> copse_random_below(random, 4);
    if (kind == 2) {
        copse_writer_array(writer, count);
    } else {
        copse_writer_map(writer, count);
    }
    uint64_t key = 0;
    for (size_t i = 0; i < count; i++) {
        if (kind == 3) {
            copse_writer_uint(writer, key);
            key += 1 + (random_number(random) >> 8);
        }
        copse_value_random(writer, random, depth - 1);
    }
}

static void rewrite_items(struct copse_writer *writer, struct copse_reader *reader, unsigned depth)
{
    bool is_map = copse_reader_peek(reader) == COPSE_READER_MAP;
    int64_t last = -1;
    size_t count =
        is_map ? copse_reader_map(reader, SIZE_MAX) : copse_reader_array(reader, SIZE_MAX);
    if (depth == 0) {
        copse_reader_fail(reader);
        return;
    }
    if (is_map) {
        copse_writer_map(writer, count);
    } else {
        copse_writer_array(writer, count);
    }
    for (size_t i = 0; i < count && reader->cursor != NULL; i++) {
        if (is_map) {
            copse_writer_uint(writer, copse_reader_key(reader, &last));
        }
        copse_value_rewrite(writer, reader, depth - 1);
    }
}

void copse_value_rewrite(struct copse_writer *writer, struct copse_reader *reader, unsigned depth)
{
    switch (copse_reader_peek(reader)) {
    case COPSE_READER_NONE:
        copse_reader_fail(reader);
        break;
    case COPSE_READER_NIL:
        (void)copse_reader_nil(reader);
        copse_writer_nil(writer);
        break;
    case COPSE_READER_BOOL:
        copse_writer_bool(writer, copse_reader_bool(reader));
        break;
    case COPSE_READER_UINT:
        copse_writer_uint(writer, copse_reader_uint(reader, UINT64_MAX));
        break;
    case COPSE_READER_NEGATIVE:
        copse_writer_int(writer, copse_reader_int(reader));
        break;
    case COPSE_READER_BIN:
        copse_writer_bin(writer, copse_reader_bin(reader, SIZE_MAX));
        break;
    case COPSE_READER_STR:
        copse_writer_str(writer, copse_reader_str(reader, SIZE_MAX));
        break;
    case COPSE_READER_ARRAY:
    case COPSE_READER_MAP:
        rewrite_items(writer, reader, depth);
        break;
    }
}

static bool same_bytes(struct copse_slice ours, const char *data, uint32_t size)
{
    return ours.size == size && (size == 0 || memcmp(ours.data, data, size) == 0);
}

static bool same_value(struct copse_reader *reader, const msgpack_object *object);

static bool same_items(struct copse_reader *reader, const msgpack_object *object)
{
    if (object->type == MSGPACK_OBJECT_ARRAY) {
        bool same = copse_reader_array(reader, SIZE_MAX) == object->via.array.size;
        for (uint32_t i = 0; same && i < object->via.array.size; i++) {
            same = same_value(reader, &object->via.array.ptr[i]);
        }
        return same;
    }
    int64_t last = -1;
    bool same = copse_reader_map(reader, SIZE_MAX) == object->via.map.size;
    for (uint32_t i = 0; same && i < object->via.map.size; i++) {
        const msgpack_object_kv *pair = &object->via.map.ptr[i];
        same = pair->key.type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
               pair->key.via.u64 == copse_reader_key(reader, &last) &&
               same_value(reader, &pair->val);
    }
    return same;
}

static bool same_value(struct copse_reader *reader, const msgpack_object *object)
{
    switch (object->type) {
    case MSGPACK_OBJECT_NIL:
        return copse_reader_nil(reader);
    case MSGPACK_OBJECT_BOOLEAN:
        return copse_reader_peek(reader) == COPSE_READER_BOOL &&
               copse_reader_bool(reader) == object->via.boolean;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return copse_reader_peek(reader) == COPSE_READER_UINT &&
               copse_reader_uint(reader, UINT64_MAX) == object->via.u64;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return copse_reader_peek(reader) == COPSE_READER_NEGATIVE &&
               copse_reader_int(reader) == object->via.i64;
    case MSGPACK_OBJECT_BIN:
        return same_bytes(copse_reader_bin(reader, SIZE_MAX), object->via.bin.ptr,
                          object->via.bin.size);
    case MSGPACK_OBJECT_STR:
        return same_bytes(copse_reader_str(reader, SIZE_MAX), object->via.str.ptr,
                          object->via.str.size);
    case MSGPACK_OBJECT_ARRAY:
    case MSGPACK_OBJECT_MAP:
        return same_items(reader, object);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
    case MSGPACK_OBJECT_EXT:
        return false;
    }
    return false;
}

bool copse_value_same_as_msgpack(struct copse_slice bytes)
{
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    size_t used = 0;
    msgpack_unpack_return got =
        msgpack_unpack_next(&unpacked, (const char *)bytes.data, bytes.size, &used);
    struct copse_reader reader;
    copse_reader_init(&reader, bytes);
    bool same = got == MSGPACK_UNPACK_SUCCESS && used == bytes.size &&
                same_value(&reader, &unpacked.data) && copse_reader_end(&reader) == COPSE_OK;
    msgpack_unpacked_destroy(&unpacked);
    return same;
}
