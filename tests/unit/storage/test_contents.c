/* Tests of storage/contents.c: blobs and chunks. Contents of entries are in test_store.c. */
#include "storage/contents.h"

#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <string.h>

#define CHUNK_BYTES (COPSE_CONTENT_SALT_BYTES + COPSE_BLOB_CHUNK_BYTES)

static uint8_t chunks[3][CHUNK_BYTES];

/* Fill three chunks (the last one short) and their hashes. */
static void make_chunks(struct copse_slice salted[3], struct copse_id hashes[3])
{
    for (size_t i = 0; i < 3; i++) {
        memset(chunks[i], (int)i + 1, sizeof chunks[i]);
        salted[i] =
            (struct copse_slice){chunks[i], i < 2 ? CHUNK_BYTES : COPSE_CONTENT_SALT_BYTES + 10};
        copse_id_of_content(&hashes[i], salted[i]);
    }
}

static struct copse_slice list_of(uint8_t room[COPSE_BLOB_LIST_BYTES_MAX], uint64_t size,
                                  const struct copse_id *hashes, size_t count)
{
    struct copse_slice list;
    struct copse_blob_room blob_room = {room, COPSE_BLOB_LIST_BYTES_MAX};
    assert_int_equal(copse_blob_encode(&list, blob_room, size, hashes, count), COPSE_OK);
    return list;
}

static enum copse_contents_chunk state_of(struct copse_txn *txn, const struct copse_id *hash)
{
    enum copse_contents_chunk chunk = COPSE_CONTENTS_DECLINED;
    struct copse_slice salted;
    assert_int_equal(copse_contents_get_chunk(txn, &chunk, &salted, hash), COPSE_OK);
    return chunk;
}

static void contents__counts_chunks_by_the_blobs_that_list_them(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_slice salted[3];
    struct copse_id hashes[3];
    static uint8_t rooms[2][COPSE_BLOB_LIST_BYTES_MAX];
    make_chunks(salted, hashes);
    struct copse_slice lists[2];
    lists[0] = list_of(rooms[0], 2 * COPSE_BLOB_CHUNK_BYTES + 10, hashes, 3);
    lists[1] = list_of(rooms[1], COPSE_BLOB_CHUNK_BYTES, hashes, 1);
    struct copse_id blobs[2];
    struct copse_id hash;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    assert_int_equal(copse_contents_put_chunk(txn, &hash, salted[0]), COPSE_ERR_NOT_FOUND);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(copse_contents_put_blob(txn, &blobs[i], lists[i]), COPSE_OK);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(state_of(txn, &hashes[i]), COPSE_CONTENTS_MISSING);
        assert_int_equal(copse_contents_put_chunk(txn, &hash, salted[i]), COPSE_OK);
        assert_true(copse_bytes_equal_ids(&hash, &hashes[i]));
        assert_int_equal(state_of(txn, &hashes[i]), COPSE_CONTENTS_PRESENT);
    }
    assert_int_equal(copse_contents_put_chunk(txn, &hash, salted[0]), COPSE_ERR_EXISTS);
    assert_int_equal(copse_contents_drop_blob(txn, &blobs[0]), COPSE_OK);
    enum copse_contents_chunk chunk = COPSE_CONTENTS_DECLINED;
    struct copse_slice found;
    assert_int_equal(copse_contents_get_chunk(txn, &chunk, &found, &hashes[0]), COPSE_OK);
    assert_true(copse_bytes_equal(found, salted[0]));
    assert_int_equal(copse_contents_get_chunk(txn, &chunk, &found, &hashes[1]),
                     COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_contents_get_blob(txn, &found, &blobs[0]), COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_contents_drop_blob(txn, &blobs[1]), COPSE_OK);
    assert_int_equal(copse_contents_get_chunk(txn, &chunk, &found, &hashes[0]),
                     COPSE_ERR_NOT_FOUND);
    copse_store_abort(txn);
}

static void contents__keeps_a_blob_as_long_as_it_is_held_twice(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_slice salted[3];
    struct copse_id hashes[3];
    static uint8_t room[COPSE_BLOB_LIST_BYTES_MAX];
    make_chunks(salted, hashes);
    struct copse_slice list = list_of(room, 2 * COPSE_BLOB_CHUNK_BYTES + 10, hashes, 3);
    struct copse_id blob;
    struct copse_slice found;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    assert_int_equal(copse_contents_put_blob(txn, &blob, list), COPSE_OK);
    assert_int_equal(copse_contents_put_blob(txn, &blob, list), COPSE_OK);
    assert_int_equal(copse_contents_drop_blob(txn, &blob), COPSE_OK);
    assert_int_equal(copse_contents_get_blob(txn, &found, &blob), COPSE_OK);
    assert_true(copse_bytes_equal(found, list));
    assert_int_equal(copse_contents_drop_blob(txn, &blob), COPSE_OK);
    assert_int_equal(copse_contents_get_blob(txn, &found, &blob), COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_contents_drop_blob(txn, &blob), COPSE_ERR_NOT_FOUND);
    copse_store_abort(txn);
}

static void contents__does_not_take_an_erased_chunk_back(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_slice salted[3];
    struct copse_id hashes[3];
    static uint8_t room[COPSE_BLOB_LIST_BYTES_MAX];
    make_chunks(salted, hashes);
    struct copse_slice list = list_of(room, 10, &hashes[2], 1);
    struct copse_id blob;
    struct copse_id hash;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    assert_int_equal(copse_contents_put_blob(txn, &blob, list), COPSE_OK);
    assert_int_equal(copse_contents_put_chunk(txn, &hash, salted[2]), COPSE_OK);
    assert_int_equal(copse_contents_release_chunk(txn, &hash, COPSE_CONTENTS_DECLINED), COPSE_OK);
    assert_int_equal(copse_contents_put_chunk(txn, &hash, salted[2]), COPSE_OK);
    assert_int_equal(copse_contents_release_chunk(txn, &hash, COPSE_CONTENTS_ERASED), COPSE_OK);
    assert_int_equal(state_of(txn, &hash), COPSE_CONTENTS_ERASED);
    assert_int_equal(copse_contents_put_chunk(txn, &hash, salted[2]), COPSE_ERR_REFUSED);
    copse_store_world_commit(world, txn);
    copse_store_world_check(world);
}

static void contents__refuses_a_list_that_is_none(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_id blob;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    assert_int_equal(copse_contents_put_blob(txn, &blob, copse_bytes_of_string("no list")),
                     COPSE_ERR_DECODE);
    copse_store_abort(txn);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, copse_store_world_setup, copse_store_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(contents__counts_chunks_by_the_blobs_that_list_them),
        TEST(contents__keeps_a_blob_as_long_as_it_is_held_twice),
        TEST(contents__does_not_take_an_erased_chunk_back),
        TEST(contents__refuses_a_list_that_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
