/* Tests of storage/file.c and the compaction in db_copy.c: a file is replaced while others have it
 * open, and nothing is lost. */
#include "storage/file.h"

#include "storage/search.h"
#include "tests/support/cmocka.h"
#include "tests/support/store_world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define POSTS 150u
#define COMPACTIONS 12u

struct scene {
    struct copse_store_world *world;
    struct copse_store_person ana;
    struct copse_store_person ben;
    struct copse_id community;
};

static struct scene begin(void **state)
{
    struct scene scene = {.world = *state};
    copse_store_person_make(&scene.ana, 1);
    copse_store_person_make(&scene.ben, 2);
    scene.community = copse_store_world_found(scene.world, &scene.ana);
    (void)copse_store_world_join(scene.world, &scene.community, &scene.ben);
    return scene;
}

static void compact(const struct copse_store_world *world)
{
    struct copse_error error = {""};
    enum copse_err err = copse_store_compact(world->store, &error);
    if (err != COPSE_OK) {
        fail_msg("compact: %s", error.text);
    }
}

static bool has(const struct copse_store_world *world, const struct copse_id *community,
                const struct copse_id *id)
{
    struct copse_held held;
    uint32_t number = 0;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
    assert_int_equal(copse_entries_community(txn, &number, community), COPSE_OK);
    enum copse_err err = copse_entries_find(txn, &held, NULL, number, id);
    copse_store_abort(txn);
    assert_true(err == COPSE_OK || err == COPSE_ERR_NOT_FOUND);
    return err == COPSE_OK;
}

static size_t count_file(const struct copse_store_world *world, const char *word)
{
    char path[400];
    (void)snprintf(path, sizeof path, "%s/store.mdb", world->home);
    int file = open(path, O_RDONLY);
    assert_true(file >= 0);
    off_t size = lseek(file, 0, SEEK_END);
    char *bytes = malloc((size_t)size);
    assert_non_null(bytes);
    assert_int_equal(pread(file, bytes, (size_t)size, 0), size);
    size_t found = 0;
    for (size_t i = 0; i + strlen(word) <= (size_t)size; i++) {
        found += memcmp(bytes + i, word, strlen(word)) == 0;
    }
    free(bytes);
    (void)close(file);
    return found;
}

static void compact__keeps_all_rows_and_numbers_go_on_rising(void **state)
{
    struct scene scene = begin(state);
    struct copse_id post =
        copse_store_world_post(scene.world, &scene.community, &scene.ana, "kept");
    uint64_t before = copse_store_number(scene.world->store);
    compact(scene.world);
    assert_true(copse_store_number(scene.world->store) > before);
    assert_true(has(scene.world, &scene.community, &post));
    copse_store_world_check(scene.world);
    copse_store_world_close(scene.world);
    copse_store_world_open(scene.world);
    assert_true(has(scene.world, &scene.community, &post));
}

/* What LMDB's own compact copy leaves: rows that were deleted, in pages that are in use. */
static void compact__leaves_nothing_of_what_was_deleted(void **state)
{
    struct scene scene = begin(state);
    struct copse_held held;
    uint32_t number = 0;
    struct copse_id post =
        copse_store_world_post(scene.world, &scene.community, &scene.ana, "zanzibarquux");
    (void)copse_store_world_post(scene.world, &scene.community, &scene.ana, "and another");
    assert_true(count_file(scene.world, "zanzibarquux") > 0);
    struct copse_txn *txn = copse_store_world_begin(scene.world, COPSE_DB_WRITE);
    assert_int_equal(copse_entries_community(txn, &number, &scene.community), COPSE_OK);
    assert_int_equal(copse_entries_find(txn, &held, NULL, number, &post), COPSE_OK);
    assert_int_equal(copse_contents_release(txn, &held, COPSE_CONTENT_ERASED), COPSE_OK);
    copse_store_world_commit(scene.world, txn);
    assert_true(count_file(scene.world, "zanzibarquux") > 0);
    compact(scene.world);
    assert_int_equal(count_file(scene.world, "zanzibarquux"), 0);
    uint64_t since_ms = 1;
    txn = copse_store_world_begin(scene.world, COPSE_DB_READ);
    assert_int_equal(copse_contents_traces(txn, &since_ms), COPSE_OK);
    assert_int_equal(since_ms, 0);
    copse_store_abort(txn);
}

static void compact__a_reader_finishes_on_the_old_file(void **state)
{
    struct scene scene = begin(state);
    uint32_t number = 0;
    struct copse_txn *reader = copse_store_world_begin(scene.world, COPSE_DB_READ);
    compact(scene.world);
    struct copse_id post =
        copse_store_world_post(scene.world, &scene.community, &scene.ana, "in the new file");
    assert_true(has(scene.world, &scene.community, &post));
    assert_int_equal(copse_entries_community(reader, &number, &scene.community), COPSE_OK);
    assert_true(copse_store_txn_number(reader) < copse_store_number(scene.world->store));
    copse_store_abort(reader);
    compact(scene.world);
    assert_true(has(scene.world, &scene.community, &post));
}

/* In a child: open the store, write posts one by one, and end with 0 if all went well. */
static void write_posts(const struct scene *scene, int ready)
{
    struct copse_store *store = NULL;
    if (copse_store_open(&store, &scene->world->options, NULL) != COPSE_OK ||
        write(ready, "r", 1) != 1) {
        _exit(1);
    }
    for (unsigned i = 0; i < POSTS; i++) {
        struct copse_txn *txn = NULL;
        struct copse_id id;
        struct copse_error error = {""};
        if (copse_store_begin(&txn, store, COPSE_DB_WRITE, 1, &error) != COPSE_OK ||
            copse_store_world_write(store, txn, &id, &scene->community, &scene->ben, "by Ben",
                                    &error) != COPSE_OK ||
            copse_store_commit(store, txn, &error) != COPSE_OK) {
            (void)fprintf(stderr, "child: %s\n", error.text);
            _exit(2);
        }
        copse_store_pause();
    }
    copse_store_close(store);
    _exit(0);
}

static uint64_t count_entries(const struct copse_store_world *world)
{
    uint64_t count = 0;
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
    assert_int_equal(copse_db_count(txn->db, &count, COPSE_DB_ENTRIES), COPSE_OK);
    copse_store_abort(txn);
    return count;
}

static void compact__loses_nothing_of_a_process_that_writes_all_the_while(void **state)
{
    struct scene scene = begin(state);
    int ends[2];
    int status = 0;
    char byte = 0;
    uint64_t before = count_entries(scene.world);
    copse_store_world_close(scene.world);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        write_posts(&scene, ends[1]);
    }
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    (void)close(ends[0]);
    copse_store_world_open(scene.world);
    for (unsigned i = 0; i < COMPACTIONS; i++) {
        compact(scene.world);
        (void)copse_store_world_post(scene.world, &scene.community, &scene.ana, "by Ana");
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(count_entries(scene.world), before + POSTS + COMPACTIONS);
    copse_store_world_check(scene.world);
}

static void touch(const struct copse_store_world *world, const char *name)
{
    char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", world->home, name);
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(file >= 0);
    (void)close(file);
}

static bool is_there(const struct copse_store_world *world, const char *name)
{
    char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", world->home, name);
    return access(path, F_OK) == 0;
}

static void replace__that_was_killed_before_the_new_file_had_the_name(void **state)
{
    struct scene scene = begin(state);
    struct copse_id post = copse_store_world_post(scene.world, &scene.community, &scene.ana, "x");
    copse_store_world_close(scene.world);
    touch(scene.world, COPSE_FILE_FRESH); /* not whole: nobody may take it for the store */
    touch(scene.world, "store.mdb.swap");
    copse_store_world_open(scene.world);
    assert_true(has(scene.world, &scene.community, &post));
    assert_false(is_there(scene.world, COPSE_FILE_FRESH));
    assert_false(is_there(scene.world, "store.mdb.swap"));
}

/* The worst moment: the new file has the name, and the lock file of the old one is still there,
 * held by a process that has the old one open. Its numbers mean nothing in the new one. */
static void replace__that_was_killed_with_the_old_lock_file(void **state)
{
    struct scene scene = begin(state);
    char fresh[400];
    char path[400];
    int ends[2];
    char byte = 0;
    for (unsigned i = 0; i < 5; i++) { /* an odd and an even number of transactions from the copy */
        (void)copse_store_world_post(scene.world, &scene.community, &scene.ana, "x");
    }
    (void)snprintf(fresh, sizeof fresh, "%s/%s", scene.world->home, COPSE_FILE_FRESH);
    (void)snprintf(path, sizeof path, "%s/store.mdb", scene.world->home);
    assert_int_equal(copse_store_backup(scene.world->store, fresh, NULL), COPSE_OK);
    uint64_t entries = count_entries(scene.world);
    copse_store_world_close(scene.world);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct copse_store *store = NULL;
        bool is_open = copse_store_open(&store, &scene.world->options, NULL) == COPSE_OK;
        (void)alarm(60); /* a test that fails leaves it alone */
        if (write(ends[1], is_open ? "r" : "n", 1) == 1) {
            (void)pause();
        }
        _exit(0);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, 'r');
    touch(scene.world, "store.mdb.swap");
    assert_int_equal(rename(fresh, path), 0);
    copse_store_world_open(scene.world);
    assert_int_equal(count_entries(scene.world), entries);
    struct copse_id post = copse_store_world_post(scene.world, &scene.community, &scene.ana, "on");
    assert_true(has(scene.world, &scene.community, &post));
    assert_false(is_there(scene.world, "store.mdb.swap"));
    copse_store_world_check(scene.world);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, copse_store_world_setup, copse_store_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(compact__keeps_all_rows_and_numbers_go_on_rising),
        TEST(compact__leaves_nothing_of_what_was_deleted),
        TEST(compact__a_reader_finishes_on_the_old_file),
        TEST(compact__loses_nothing_of_a_process_that_writes_all_the_while),
        TEST(replace__that_was_killed_before_the_new_file_had_the_name),
        TEST(replace__that_was_killed_with_the_old_lock_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
