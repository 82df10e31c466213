/* Lists of chunks (SPEC 4.15). */
#include "protocol/entry/blob.h"
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

static struct copse_slice make_list(uint8_t *room, size_t room_size, uint64_t size, size_t count)
{
    struct copse_id *hashes = calloc(count, sizeof *hashes);
    for (size_t i = 0; i < count; i++) {
        copse_bytes_put_u32(hashes[i].bytes, (uint32_t)i);
    }
    struct copse_slice list = {NULL, 0};
    assert_int_equal(
        copse_blob_encode(&list, (struct copse_blob_room){room, room_size}, size, hashes, count),
        COPSE_OK);
    free(hashes);
    return list;
}

static void blob__gives_back_each_chunk_and_its_size(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, COPSE_BLOB_CHUNK_BYTES - 1, COPSE_BLOB_CHUNK_BYTES,
                                     COPSE_BLOB_CHUNK_BYTES + 1, COPSE_BLOB_BYTES_MAX};
    uint8_t *room = malloc(COPSE_BLOB_LIST_BYTES_MAX);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(sizes); i++) {
        size_t count = (size_t)((sizes[i] + COPSE_BLOB_CHUNK_BYTES - 1) / COPSE_BLOB_CHUNK_BYTES);
        struct copse_slice list = make_list(room, COPSE_BLOB_LIST_BYTES_MAX, sizes[i], count);
        struct copse_blob blob;
        assert_int_equal(copse_blob_decode(&blob, list), COPSE_OK);
        uint64_t total = 0;
        struct copse_id hash;
        size_t size = 0;
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(copse_blob_next(&blob, &hash, &size), COPSE_OK);
            assert_int_equal(copse_bytes_get_u32(hash.bytes), k);
            assert_true(size > 0 && size <= COPSE_BLOB_CHUNK_BYTES);
            total += size;
        }
        assert_int_equal(copse_blob_next(&blob, &hash, &size), COPSE_ERR_NOT_FOUND);
        assert_int_equal(total, sizes[i]);
    }
    free(room);
}

static void blob__refuses_a_count_that_does_not_fit_the_size(void **state)
{
    (void)state;
    uint8_t room[256];
    struct copse_id hashes[2] = {{{1}}, {{2}}};
    struct copse_slice list;
    struct copse_blob_room space = {room, sizeof room};
    assert_int_equal(copse_blob_encode(&list, space, 0, hashes, 0), COPSE_ERR_FORM);
    assert_int_equal(copse_blob_encode(&list, space, 5, hashes, 2), COPSE_ERR_FORM);
    assert_int_equal(copse_blob_encode(&list, space, COPSE_BLOB_BYTES_MAX + 1, hashes, 2),
                     COPSE_ERR_LIMIT);
    list = make_list(room, sizeof room, COPSE_BLOB_CHUNK_BYTES + 1, 2);
    struct copse_blob blob;
    for (size_t size = 0; size < list.size; size++) {
        assert_int_equal(copse_blob_decode(&blob, (struct copse_slice){room, size}),
                         COPSE_ERR_DECODE);
    }
    room[4] = 2; /* 65,537 becomes 131,073: three chunks, not two */
    assert_int_equal(copse_blob_decode(&blob, list), COPSE_ERR_DECODE);
    static const uint8_t one_for_nothing[] = {0x93, 1, 0, 0x90};
    assert_int_equal(copse_blob_decode(&blob, (struct copse_slice){one_for_nothing, 4}),
                     COPSE_ERR_DECODE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blob__gives_back_each_chunk_and_its_size),
        cmocka_unit_test(blob__refuses_a_count_that_does_not_fit_the_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
