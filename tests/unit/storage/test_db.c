/* Tests of storage/db.c and disk.c: formats, full disks, readers, processes. */
#include "storage/db.h"

#include "storage/disk.h"
#include "storage/head.h"
#include "storage/local.h"
#include "storage/migrate.h"
#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct copse_slice text(const char *string)
{
    return copse_bytes_of_string(string);
}

/* ---- db ---- */

static void db__finds_neighbours_of_a_key(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    static const char *const keys[] = {"b", "d", "da", "f"};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(keys); i++) {
        assert_int_equal(copse_db_put(txn->db, COPSE_DB_LOCAL, text(keys[i]), text("v")), COPSE_OK);
    }
    struct copse_slice key;
    struct copse_slice value;
    assert_int_equal(copse_db_seek(txn->db, &key, &value, COPSE_DB_LOCAL, text("c")), COPSE_OK);
    assert_true(copse_bytes_equal(key, text("d")));
    assert_int_equal(copse_db_seek(txn->db, &key, &value, COPSE_DB_LOCAL, text("g")),
                     COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_db_seek_below(txn->db, &key, &value, COPSE_DB_LOCAL, text("d")),
                     COPSE_OK);
    assert_true(copse_bytes_equal(key, text("b")));
    assert_int_equal(copse_db_seek_below(txn->db, &key, &value, COPSE_DB_LOCAL, text("z")),
                     COPSE_OK);
    assert_true(copse_bytes_equal(key, text("f")));
    assert_int_equal(copse_db_seek_below(txn->db, &key, &value, COPSE_DB_LOCAL, text("b")),
                     COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_db_del(txn->db, COPSE_DB_LOCAL, text("nothing")), COPSE_OK);
    copse_store_abort(txn);
}

static void put_format(struct copse_txn *txn, uint32_t number)
{
    uint8_t format[4];
    copse_bytes_put_u32(format, number);
    assert_int_equal(copse_db_put(txn->db, COPSE_DB_META, text("format"),
                                  (struct copse_slice){format, sizeof format}),
                     COPSE_OK);
}

/* Format 1 had no docket. */
static void db__brings_the_views_of_an_older_format_up(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    struct copse_store_person ben;
    copse_store_person_make(&ana, 1);
    copse_store_person_make(&ben, 2);
    struct copse_id community = copse_store_world_found(world, &ana);
    (void)copse_store_world_join(world, &community, &ben);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    struct copse_slice key;
    struct copse_slice value;
    size_t rows = 0;
    while (copse_db_seek(txn->db, &key, &value, COPSE_DB_STATE, text("")) == COPSE_OK) {
        uint8_t copy[COPSE_STATE_KEY_MAX + 4];
        memcpy(copy, key.data, key.size);
        assert_int_equal(
            copse_db_del(txn->db, COPSE_DB_STATE, (struct copse_slice){copy, key.size}), COPSE_OK);
        rows++;
    }
    assert_true(rows > 0);
    put_format(txn, 1);
    copse_store_world_commit(world, txn);
    copse_store_world_close(world);
    copse_store_world_open(world);
    copse_store_world_check(world);
    uint32_t format = 0;
    txn = copse_store_world_begin(world, COPSE_DB_READ);
    assert_int_equal(copse_migrate_format(txn->db, &format), COPSE_OK);
    assert_int_equal(format, COPSE_MIGRATE_FORMAT);
    copse_store_abort(txn);
}

static void db__refuses_a_later_format(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    put_format(txn, COPSE_MIGRATE_FORMAT + 1);
    copse_store_world_commit(world, txn);
    copse_store_world_close(world);
    struct copse_error error = {""};
    assert_int_equal(copse_store_open(&world->store, &world->options, &error), COPSE_ERR_VERSION);
    assert_null(world->store);
    assert_non_null(strstr(error.text, "format 3"));
}

static void db__refuses_a_file_of_something_else(void **state)
{
    struct copse_store_world *world = *state;
    copse_store_world_close(world);
    char path[600];
    (void)snprintf(path, sizeof path, "%s/store.mdb", world->home);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 3000; i++) {
        (void)fputs("something else ", file);
    }
    assert_int_equal(fclose(file), 0);
    struct copse_error error = {""};
    assert_int_equal(copse_store_open(&world->store, &world->options, &error), COPSE_ERR_CORRUPT);
    assert_true(strlen(error.text) > 0);
}

/* A small file system of its own; false where mounting is not permitted. */
static bool mount_small(const char *path)
{
    return mkdir(path, 0700) == 0 && mount("tmpfs", path, "tmpfs", 0, "size=3m,mode=0700") == 0;
}

static void db__goes_on_when_there_is_room_again(void **state)
{
    struct copse_store_world *world = *state;
    char path[290];
    (void)snprintf(path, sizeof path, "%s/small", world->root);
    if (!mount_small(path)) {
        (void)rmdir(path);
        print_message("mounting is not permitted here: skipped\n");
        skip();
    }
    char filler[400];
    struct copse_store_world small = *world;
    small.store = NULL;
    (void)snprintf(small.home, sizeof small.home, "%s/home", path);
    small.options.home = small.home;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    assert_int_equal(copse_store_create(&small.options, NULL), COPSE_OK);
    copse_store_world_open(&small);
    struct copse_id community = copse_store_world_found(&small, &ana);
    (void)snprintf(filler, sizeof filler, "%s/filler", path);
    static char words[8000];
    memset(words, 'a', sizeof words - 1);
    FILE *file = fopen(filler, "wb");
    assert_non_null(file);
    for (int i = 0; i < 200; i++) {
        (void)fwrite(words, 1, sizeof words, file);
    }
    (void)fclose(file);
    enum copse_err err = COPSE_OK;
    struct copse_error error = {""};
    for (int i = 0; i < 1000 && err == COPSE_OK; i++) {
        struct copse_txn *txn = copse_store_world_begin(&small, COPSE_DB_WRITE);
        struct copse_id id;
        err = copse_store_world_write(small.store, txn, &id, &community, &ana, words, &error);
        if (err == COPSE_OK) {
            err = copse_store_commit(small.store, txn, &error);
        } else {
            copse_store_abort(txn);
        }
    }
    assert_int_equal(err, COPSE_ERR_FULL);
    assert_true(strlen(error.text) > 0);
    copse_store_world_check(&small); /* it stays readable */
    assert_int_equal(unlink(filler), 0);
    (void)copse_store_world_post(&small, &community, &ana, "room again");
    copse_store_world_check(&small);
    copse_store_world_close(&small);
    assert_int_equal(umount(path), 0);
    assert_int_equal(rmdir(path), 0);
}

static void db__lets_a_reader_see_its_snapshot_only(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_txn *reader = copse_store_world_begin(world, COPSE_DB_READ);
    struct copse_id community = copse_store_world_found(world, &ana);
    uint32_t number = 0;
    assert_int_equal(copse_entries_community(reader, &number, &community), COPSE_ERR_NOT_FOUND);
    assert_true(copse_store_txn_number(reader) < copse_store_number(world->store));
    copse_store_abort(reader);
}

/* ---- local ---- */

static void local__keeps_rooms_apart(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    struct copse_slice key;
    struct copse_slice value;
    assert_int_equal(copse_local_put(txn, COPSE_LOCAL_SETTINGS, text("a"), text("1")), COPSE_OK);
    assert_int_equal(copse_local_put(txn, COPSE_LOCAL_PEERS, text("a"), text("2")), COPSE_OK);
    assert_int_equal(copse_local_get(txn, &value, COPSE_LOCAL_SETTINGS, text("a")), COPSE_OK);
    assert_true(copse_bytes_equal(value, text("1")));
    assert_int_equal(copse_local_seek(txn, &key, &value, COPSE_LOCAL_SETTINGS, text("")), COPSE_OK);
    assert_true(copse_bytes_equal(key, text("a")));
    assert_int_equal(copse_local_seek(txn, &key, &value, COPSE_LOCAL_SETTINGS, text("b")),
                     COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_local_del(txn, COPSE_LOCAL_PEERS, text("a")), COPSE_OK);
    assert_int_equal(copse_local_get(txn, &value, COPSE_LOCAL_PEERS, text("a")),
                     COPSE_ERR_NOT_FOUND);
    copse_store_abort(txn);
}

/* ---- disk ---- */

static void disk__replaces_a_file_whole(void **state)
{
    struct copse_store_world *world = *state;
    uint8_t *bytes = NULL;
    size_t size = 0;
    unsigned mode = 0;
    assert_int_equal(copse_disk_write(world->home, "note", text("first"), NULL), COPSE_OK);
    assert_int_equal(copse_disk_write(world->home, "note", text("second"), NULL), COPSE_OK);
    assert_int_equal(
        copse_disk_read(&bytes, &size, &mode, world->home, "note", 100, copse_memory_heap(), NULL),
        COPSE_OK);
    assert_true(copse_bytes_equal((struct copse_slice){bytes, size}, text("second")));
    assert_int_equal(mode, 0600);
    copse_memory_free(copse_memory_heap(), bytes);
    assert_int_equal(
        copse_disk_read(&bytes, &size, NULL, world->home, "note", 3, copse_memory_heap(), NULL),
        COPSE_ERR_LIMIT);
    assert_int_equal(
        copse_disk_read(&bytes, &size, NULL, world->home, "none", 3, copse_memory_heap(), NULL),
        COPSE_ERR_NOT_FOUND);
}

static void disk__does_not_follow_a_link(void **state)
{
    struct copse_store_world *world = *state;
    char path[600];
    uint8_t *bytes = NULL;
    size_t size = 0;
    (void)snprintf(path, sizeof path, "%s/link", world->home);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_int_equal(
        copse_disk_read(&bytes, &size, NULL, world->home, "link", 1000, copse_memory_heap(), NULL),
        COPSE_ERR_IO);
}

/* ---- head ---- */

static void head__gives_back_what_was_raised(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_id store = {{7}};
    struct copse_head head;
    struct copse_head_row row = {.seq = 4, .class = COPSE_ENTRY_DATA, .machine = {{9}}};
    bool changed = false;
    int lock = -1;
    copse_head_init(&head, copse_memory_heap());
    assert_int_equal(copse_head_load(&head, world->state_home, &store, NULL), COPSE_ERR_NOT_FOUND);
    for (uint8_t i = 0; i < 5; i++) {
        row.community.bytes[0] = i;
        assert_int_equal(copse_head_raise(&head, &changed, &row), COPSE_OK);
        assert_true(changed);
    }
    row.seq = 3;
    assert_int_equal(copse_head_raise(&head, &changed, &row), COPSE_OK);
    assert_false(changed);
    assert_int_equal(copse_head_lock(&lock, world->state_home, NULL), COPSE_OK);
    assert_int_equal(copse_head_save(&head, world->state_home, &store, NULL), COPSE_OK);
    copse_head_unlock(lock);
    struct copse_head loaded;
    copse_head_init(&loaded, copse_memory_heap());
    assert_int_equal(copse_head_load(&loaded, world->state_home, &store, NULL), COPSE_OK);
    assert_int_equal(loaded.count, 5);
    assert_int_equal(loaded.rows[4].seq, 4);
    assert_true(copse_bytes_equal_ids(&loaded.rows[4].machine, &row.machine));
    copse_head_deinit(&loaded);
    assert_int_equal(copse_disk_write(world->state_home, "head-0700000000000000", text("x"), NULL),
                     COPSE_OK);
    copse_head_init(&loaded, copse_memory_heap());
    assert_int_equal(copse_head_load(&loaded, world->state_home, &store, NULL), COPSE_ERR_CORRUPT);
    copse_head_deinit(&loaded);
    copse_head_deinit(&head);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, copse_store_world_setup, copse_store_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(db__finds_neighbours_of_a_key),
        TEST(db__brings_the_views_of_an_older_format_up),
        TEST(db__refuses_a_later_format),
        TEST(db__refuses_a_file_of_something_else),
        TEST(db__goes_on_when_there_is_room_again),
        TEST(db__lets_a_reader_see_its_snapshot_only),
        TEST(local__keeps_rooms_apart),
        TEST(disk__replaces_a_file_whole),
        TEST(disk__does_not_follow_a_link),
        TEST(head__gives_back_what_was_raised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
