/* Tests of storage/store.c: what a whole store promises, with one process and several. */
#include "storage/store.h"

#include "storage/check.h"
#include "storage/migrate.h"
#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/random.h"
#include "tests/support/store_world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SEED UINT64_C(20261123)

static uint32_t number_of(struct copse_txn *txn, const struct copse_id *community)
{
    uint32_t number = 0;
    assert_int_equal(copse_entries_community(txn, &number, community), COPSE_OK);
    return number;
}

/* ---- create and open ---- */

static void store__opens_what_it_has_created(void **state)
{
    struct copse_store_world *world = *state;
    copse_store_world_close(world);
    copse_store_world_open(world);
    copse_store_world_check(world);
}

static void store__is_not_created_over_another(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_error error = {""};
    assert_int_equal(copse_store_create(&world->options, &error), COPSE_ERR_EXISTS);
    assert_true(strlen(error.text) > 0);
}

static void store__opens_once_in_a_process(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store *second = NULL;
    struct copse_error error = {""};
    assert_int_equal(copse_store_open(&second, &world->options, &error), COPSE_ERR_BUSY);
    assert_null(second);
}

static void store__keeps_its_files_private(void **state)
{
    struct copse_store_world *world = *state;
    struct stat status;
    char path[600];
    assert_int_equal(stat(world->home, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    static const char *const names[] = {"store.mdb", "store.mdb-lock", "poke", "reserve"};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", world->home, names[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
}

static void store__tells_that_there_is_none(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store *store = NULL;
    struct copse_store_options options = world->options;
    options.home = world->root;
    assert_int_equal(copse_store_open(&store, &options, NULL), COPSE_ERR_NOT_FOUND);
}

/* ---- own entries ---- */

static void store__keeps_own_entries_over_a_reopening(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    struct copse_id post = copse_store_world_post(world, &community, &ana, "a first question");
    copse_store_world_close(world);
    copse_store_world_open(world);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
    struct copse_held held;
    struct copse_entries_row row;
    uint32_t number = number_of(txn, &community);
    assert_int_equal(copse_entries_find(txn, &held, &row, number, &post), COPSE_OK);
    assert_int_equal(held.content_state, COPSE_CONTENT_PRESENT);
    assert_true(row.is_own);
    assert_true(row.is_signed);
    assert_int_equal(held.entry.class, COPSE_ENTRY_DATA);
    assert_int_equal(held.entry.seq, 0);
    assert_true(held.trail.has_under);
    assert_true(copse_bytes_equal_ids(&held.trail.under.grant, &community));
    copse_store_abort(txn);
    copse_store_world_check(world);
}

static void store__continues_a_log_with_rising_clock(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    uint64_t last = 0;
    for (uint32_t i = 0; i < 5; i++) {
        struct copse_id id = copse_store_world_post(world, &community, &ana, "again");
        struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
        struct copse_held held;
        uint32_t number = number_of(txn, &community);
        assert_int_equal(copse_entries_find(txn, &held, NULL, number, &id), COPSE_OK);
        assert_int_equal(held.entry.seq, i);
        assert_true(held.entry.hlc > last);
        last = held.entry.hlc;
        copse_store_abort(txn);
    }
}

static void store__refuses_a_device_that_has_not_joined(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    struct copse_store_person ben;
    copse_store_person_make(&ana, 1);
    copse_store_person_make(&ben, 2);
    struct copse_id community = copse_store_world_found(world, &ana);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    struct copse_id id;
    assert_int_equal(
        copse_store_world_write(world->store, txn, &id, &community, &ben, "hello", NULL),
        COPSE_ERR_NOT_FOUND);
    copse_store_abort(txn);
    (void)copse_store_world_join(world, &community, &ben);
    (void)copse_store_world_post(world, &community, &ben, "hello");
    copse_store_world_check(world);
}

static void store__forgets_an_aborted_deed(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    struct copse_id id;
    assert_int_equal(
        copse_store_world_write(world->store, txn, &id, &community, &ana, "never said", NULL),
        COPSE_OK);
    copse_store_abort(txn);
    txn = copse_store_world_begin(world, COPSE_DB_READ);
    struct copse_held held;
    uint32_t number = number_of(txn, &community);
    assert_int_equal(copse_entries_find(txn, &held, NULL, number, &id), COPSE_ERR_NOT_FOUND);
    copse_store_abort(txn);
    copse_store_world_check(world);
}

static void store__tells_of_a_commit_by_its_number(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    uint64_t before = copse_store_number(world->store);
    (void)copse_store_world_found(world, &ana);
    assert_true(copse_store_number(world->store) > before);
}

/* ---- several processes ---- */

static int write_posts(struct copse_store_world *world, const struct copse_id *community,
                       uint32_t person_number, int count)
{
    struct copse_store_person person;
    copse_store_person_make(&person, person_number);
    struct copse_store *store = NULL;
    if (copse_store_open(&store, &world->options, NULL) != COPSE_OK) {
        return 2;
    }
    for (int i = 0; i < count; i++) {
        struct copse_txn *txn = NULL;
        struct copse_id id;
        if (copse_store_begin(&txn, store, COPSE_DB_WRITE, 1, NULL) != COPSE_OK) {
            return 3;
        }
        if (copse_store_world_write(store, txn, &id, community, &person, "from a process", NULL) !=
            COPSE_OK) {
            return 4;
        }
        if (copse_store_commit(store, txn, NULL) != COPSE_OK) {
            return 5;
        }
    }
    copse_store_close(store);
    return 0;
}

static void store__takes_writes_of_two_processes(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person people[2];
    copse_store_person_make(&people[0], 1);
    copse_store_person_make(&people[1], 2);
    struct copse_id community = copse_store_world_found(world, &people[0]);
    (void)copse_store_world_join(world, &community, &people[1]);
    copse_store_world_close(world);
    pid_t children[2];
    for (uint32_t i = 0; i < 2; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            _exit(write_posts(world, &community, i + 1, 60));
        }
    }
    for (size_t i = 0; i < 2; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    copse_store_world_open(world);
    struct copse_check_report report;
    assert_int_equal(copse_check_store(world->store, &report, COPSE_CHECK_FULL, NULL), COPSE_OK);
    assert_int_equal(report.fault_count, 0);
    assert_int_equal(report.entries, 122);
    assert_int_equal(report.logs, 4);
}

/* Writes and acknowledges each id through a pipe after its commit, until it is killed. */
static void write_until_killed(struct copse_store_world *world, const struct copse_id *community,
                               int pipe_end)
{
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_store *store = NULL;
    if (copse_store_open(&store, &world->options, NULL) != COPSE_OK) {
        _exit(2);
    }
    for (;;) {
        struct copse_txn *txn = NULL;
        struct copse_id id;
        if (copse_store_begin(&txn, store, COPSE_DB_WRITE, 1, NULL) != COPSE_OK ||
            copse_store_world_write(store, txn, &id, community, &ana, "acknowledged", NULL) !=
                COPSE_OK ||
            copse_store_commit(store, txn, NULL) != COPSE_OK) {
            _exit(3);
        }
        if (write(pipe_end, id.bytes, sizeof id.bytes) != (ssize_t)sizeof id.bytes) {
            _exit(4);
        }
    }
}

static size_t kill_one_writer(struct copse_store_world *world, const struct copse_id *community,
                              uint64_t after_us)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    copse_store_world_close(world);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        write_until_killed(world, community, ends[1]);
    }
    (void)close(ends[1]);
    struct timespec wait = {0, (long)after_us * 1000};
    (void)nanosleep(&wait, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    copse_store_world_open(world);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
    uint32_t number = number_of(txn, community);
    size_t count = 0;
    struct copse_id id;
    while (read(ends[0], id.bytes, sizeof id.bytes) == (ssize_t)sizeof id.bytes) {
        struct copse_held held;
        assert_int_equal(copse_entries_find(txn, &held, NULL, number, &id), COPSE_OK);
        count++;
    }
    copse_store_abort(txn);
    (void)close(ends[0]);
    return count;
}

static void store__loses_nothing_acknowledged_to_a_kill(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    struct copse_random random;
    copse_random_init(&random, SEED);
    size_t acknowledged = 0;
    for (int i = 0; i < 25; i++) {
        acknowledged +=
            kill_one_writer(world, &community, 20000 + copse_random_below(&random, 40000));
    }
    assert_true(acknowledged > 25);
    copse_store_world_check(world);
}

/* ---- published heads ---- */

static void store__writes_nothing_of_its_own_when_it_is_behind(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    struct copse_error error = {""};
    char file[600];
    char copy[600];
    (void)snprintf(file, sizeof file, "%s/store.mdb", world->home);
    (void)snprintf(copy, sizeof copy, "%s/copy", world->home);
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    assert_int_equal(copse_store_publish(world->store, &ana.device, &error), COPSE_OK);
    copse_store_world_close(world);
    copse_store_world_copy_file(file, copy);
    copse_store_world_open(world);
    struct copse_id lost = copse_store_world_post(world, &community, &ana, "this one left");
    assert_int_equal(copse_store_publish(world->store, &ana.device, &error), COPSE_OK);
    copse_store_world_close(world);
    assert_int_equal(rename(copy, file), 0);
    copse_store_world_open(world);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    struct copse_id id;
    assert_int_equal(
        copse_store_world_write(world->store, txn, &id, &community, &ana, "a fork", &error),
        COPSE_ERR_REFUSED);
    assert_true(strlen(error.text) > 0);
    copse_store_abort(txn);
    assert_false(copse_bytes_is_zero(&lost));
}

static void store__notices_that_the_note_of_heads_is_gone(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    assert_int_equal(copse_store_publish(world->store, &ana.device, NULL), COPSE_OK);
    copse_store_world_close(world);
    char moved[600];
    (void)snprintf(moved, sizeof moved, "%s-away", world->state_home);
    assert_int_equal(rename(world->state_home, moved), 0);
    copse_store_world_open(world);
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    struct copse_id id;
    assert_int_equal(
        copse_store_world_write(world->store, txn, &id, &community, &ana, "a fork", NULL),
        COPSE_ERR_REFUSED);
    copse_store_abort(txn);
    assert_int_equal(rename(moved, world->state_home), 0);
    (void)copse_store_world_post(world, &community, &ana, "found again");
}

static void load_head(struct copse_head *head, struct copse_id *name,
                      const struct copse_store_world *world)
{
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
    assert_int_equal(copse_migrate_name(txn->db, name), COPSE_OK);
    copse_store_abort(txn);
    copse_head_init(head, copse_memory_heap());
    assert_int_equal(copse_head_load(head, world->state_home, name, NULL), COPSE_OK);
}

/* As on a machine to which home and state were copied, and which then got a device key. */
static void store__takes_a_new_device_where_another_machine_has_published(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    struct copse_store_person ben;
    struct copse_head head;
    struct copse_id name;
    copse_store_person_make(&ana, 1);
    copse_store_person_make(&ben, 2);
    struct copse_id community = copse_store_world_found(world, &ana);
    (void)copse_store_world_join(world, &community, &ben);
    assert_int_equal(copse_store_publish(world->store, &ana.device, NULL), COPSE_OK);
    load_head(&head, &name, world);
    for (size_t i = 0; i < head.count; i++) {
        head.rows[i].machine = (struct copse_id){{7}};
    }
    assert_int_equal(copse_head_save(&head, world->state_home, &name, NULL), COPSE_OK);
    copse_head_deinit(&head);
    for (int i = 0; i < 2; i++) {
        copse_store_world_close(world);
        copse_store_world_open(world);
        (void)copse_store_world_post(world, &community, &ben, "from the new device");
        assert_int_equal(copse_store_publish(world->store, &ben.device, NULL), COPSE_OK);
        struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_READ);
        assert_int_equal(copse_store_check_head(world->store, txn, &ana.device, NULL),
                         COPSE_ERR_REFUSED);
        copse_store_abort(txn);
    }
}

/* The newest seq that the note on the disk says of a device. */
static uint32_t noted_seq(const struct copse_store_world *world, const struct copse_id *name)
{
    struct copse_head head;
    uint32_t seq = 0;
    copse_head_init(&head, copse_memory_heap());
    if (copse_head_load(&head, world->state_home, name, NULL) == COPSE_OK) {
        for (size_t i = 0; i < head.count; i++) {
            seq = head.rows[i].seq > seq ? head.rows[i].seq : seq;
        }
    }
    copse_head_deinit(&head);
    return seq;
}

/* Writes, publishes and looks at the note. The exit code of a process. */
static int publish_many(struct copse_store_world *world, const struct copse_id *community)
{
    struct copse_store_person ana;
    struct copse_store *store = NULL;
    struct copse_id name;
    int code = copse_store_open(&store, &world->options, NULL) == COPSE_OK ? 0 : 1;
    copse_store_person_make(&ana, 1);
    for (size_t i = 0; i < 60 && code == 0; i++) {
        struct copse_txn *txn = NULL;
        struct copse_id id;
        struct copse_held held;
        uint32_t number = 0;
        if (copse_store_begin(&txn, store, COPSE_DB_WRITE, 1, NULL) != COPSE_OK ||
            copse_migrate_name(txn->db, &name) != COPSE_OK ||
            copse_store_world_write(store, txn, &id, community, &ana, "to be sent", NULL) !=
                COPSE_OK ||
            copse_entries_find_anywhere(txn, &held, &number, &id) != COPSE_OK) {
            return 2;
        }
        uint32_t seq = held.position.seq;
        if (copse_store_commit(store, txn, NULL) != COPSE_OK ||
            copse_store_publish(store, &ana.device, NULL) != COPSE_OK) {
            return 3;
        }
        code = noted_seq(world, &name) >= seq ? 0 : 4;
    }
    copse_store_close(store);
    return code;
}

static void store__never_lowers_the_note_of_heads_for_two_processes(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    pid_t children[2];
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    copse_store_world_close(world);
    for (size_t i = 0; i < 2; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            _exit(publish_many(world, &community));
        }
    }
    for (size_t i = 0; i < 2; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    copse_store_world_open(world);
}

/* ---- damage and lack of room ---- */

static void store__tells_of_a_file_cut_short(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    for (int i = 0; i < 200; i++) {
        (void)copse_store_world_post(world, &community, &ana, "something to fill pages with");
    }
    copse_store_world_close(world);
    char file[600];
    (void)snprintf(file, sizeof file, "%s/store.mdb", world->home);
    assert_int_equal(truncate(file, 16384), 0);
    struct copse_store *store = NULL;
    struct copse_error error = {""};
    assert_int_equal(copse_store_open(&store, &world->options, &error), COPSE_ERR_CORRUPT);
    assert_non_null(strstr(error.text, "cut short"));
    assert_int_equal(truncate(file, 0), 0);
    assert_int_equal(copse_store_open(&store, &world->options, &error), COPSE_ERR_CORRUPT);
}

/* A child opens and checks a damaged file: it may report anything but a clean bill, and may be
 * stopped by a signal, which is why it is a child. True when the damage was told of. */
static bool check_in_child(struct copse_store_world *world)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct copse_store *store = NULL;
        struct copse_check_report report;
        if (freopen("/dev/null", "w", stderr) == NULL ||
            copse_store_open(&store, &world->options, NULL) != COPSE_OK) {
            _exit(1);
        }
        enum copse_err err = copse_check_store(store, &report, COPSE_CHECK_FULL, NULL);
        _exit(err != COPSE_OK || report.fault_count > 0 ? 1 : 0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* Changes the first byte of these bytes wherever they are in the closed store's file. */
static void change_bytes(struct copse_store_world *world, struct copse_slice wanted)
{
    char file[600];
    (void)snprintf(file, sizeof file, "%s/store.mdb", world->home);
    int data = open(file, O_RDWR);
    assert_true(data >= 0);
    static uint8_t bytes[1 << 20];
    ssize_t size = pread(data, bytes, sizeof bytes, 0);
    assert_true(size > 0);
    bool found = false;
    for (size_t i = 0; i + wanted.size < (size_t)size; i++) {
        if (memcmp(bytes + i, wanted.data, wanted.size) == 0) {
            uint8_t other = bytes[i] ^ 1u;
            assert_int_equal(pwrite(data, &other, 1, (off_t)i), 1);
            found = true;
        }
    }
    (void)close(data);
    assert_true(found);
}

static void store__check_finds_a_changed_byte_of_an_entry(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    struct copse_id post = copse_store_world_post(world, &community, &ana, "unmistakable words");
    copse_store_world_close(world);
    change_bytes(world, copse_bytes_of_string("unmistakable words"));
    assert_false(copse_bytes_is_zero(&post));
    assert_true(check_in_child(world));
}

static void store__check_finds_a_community_that_its_id_does_not_lead_to(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    copse_store_world_close(world);
    assert_false(check_in_child(world));
    uint8_t row[COPSE_ID_BYTES + 4] = {0}; /* the id, and behind it the number 1 */
    memcpy(row, community.bytes, sizeof community.bytes);
    row[sizeof row - 1] = 1;
    change_bytes(world, (struct copse_slice){row, sizeof row});
    assert_true(check_in_child(world));
}

static void store__says_that_there_is_no_room(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    copse_store_world_close(world);
    assert_int_equal(setenv("COPSE_MAP_SIZE", "1048576", 1), 0);
    copse_store_world_open(world);
    struct copse_id community = copse_store_world_found(world, &ana);
    static char text[8000];
    memset(text, 'a', sizeof text - 1);
    enum copse_err err = COPSE_OK;
    for (int i = 0; i < 1000 && err == COPSE_OK; i++) {
        struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
        struct copse_id id;
        err = copse_store_world_write(world->store, txn, &id, &community, &ana, text, NULL);
        if (err == COPSE_OK) {
            err = copse_store_commit(world->store, txn, NULL);
        } else {
            copse_store_abort(txn);
        }
    }
    assert_int_equal(err, COPSE_ERR_FULL);
    copse_store_world_close(world);
    assert_int_equal(unsetenv("COPSE_MAP_SIZE"), 0);
    copse_store_world_open(world);
    (void)copse_store_world_post(world, &community, &ana, "room again");
    copse_store_world_check(world);
}

struct attempt {
    struct copse_store_options options;
    struct copse_store_person ana;
    struct copse_id community;
};

static enum copse_err write_and_abort(struct copse_store *store, const struct attempt *attempt)
{
    struct copse_txn *txn = NULL;
    struct copse_id id;
    enum copse_err err = copse_store_begin(&txn, store, COPSE_DB_WRITE, 1, NULL);
    if (err != COPSE_OK) {
        return err;
    }
    err =
        copse_store_world_write(store, txn, &id, &attempt->community, &attempt->ana, "words", NULL);
    struct copse_views_difference difference;
    if (err == COPSE_OK) {
        err = copse_views_compare(txn, &difference, 1);
    }
    if (err == COPSE_OK) {
        err = copse_store_check_head(store, txn, &attempt->ana.device, NULL);
    }
    copse_store_abort(txn);
    return err;
}

static enum copse_err open_and_write(const struct copse_memory *memory, void *context)
{
    struct attempt *attempt = context;
    struct copse_store *store = NULL;
    struct copse_store_options options = attempt->options;
    options.memory = memory;
    enum copse_err err = copse_store_open(&store, &options, NULL);
    if (err == COPSE_OK) {
        err = write_and_abort(store, attempt);
        copse_store_close(store);
    }
    return err;
}

static void store__comes_through_every_failed_allocation(void **state)
{
    struct copse_store_world *world = *state;
    struct attempt attempt = {.options = world->options};
    copse_store_person_make(&attempt.ana, 1);
    attempt.community = copse_store_world_found(world, &attempt.ana);
    (void)copse_store_world_post(world, &attempt.community, &attempt.ana, "first");
    assert_int_equal(copse_store_publish(world->store, &attempt.ana.device, NULL), COPSE_OK);
    copse_store_world_close(world);
    assert_true(copse_fault_sweep(open_and_write, &attempt) > 10);
    copse_store_world_open(world);
    copse_store_world_check(world);
}

/* ---- care ---- */

static void store__backup_is_a_whole_store(void **state)
{
    struct copse_store_world *world = *state;
    struct copse_store_person ana;
    copse_store_person_make(&ana, 1);
    struct copse_id community = copse_store_world_found(world, &ana);
    struct copse_id post = copse_store_world_post(world, &community, &ana, "worth keeping");
    char directory[600];
    char path[700];
    (void)snprintf(directory, sizeof directory, "%s/other", world->root);
    (void)snprintf(path, sizeof path, "%s/store.mdb", directory);
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(copse_store_backup(world->store, path, NULL), COPSE_OK);
    assert_int_equal(copse_store_backup(world->store, path, NULL), COPSE_ERR_EXISTS);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    struct copse_store_options options = world->options;
    options.home = directory;
    struct copse_store *store = NULL;
    assert_int_equal(copse_store_open(&store, &options, NULL), COPSE_OK);
    struct copse_txn *txn = NULL;
    assert_int_equal(copse_store_begin(&txn, store, COPSE_DB_READ, 0, NULL), COPSE_OK);
    struct copse_held held;
    uint32_t number = number_of(txn, &community);
    assert_int_equal(copse_entries_find(txn, &held, NULL, number, &post), COPSE_OK);
    copse_store_abort(txn);
    copse_store_close(store);
    static const char *const names[] = {"store.mdb", "store.mdb-lock", "poke", "reserve"};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(directory), 0);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, copse_store_world_setup, copse_store_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(store__opens_what_it_has_created),
        TEST(store__is_not_created_over_another),
        TEST(store__opens_once_in_a_process),
        TEST(store__keeps_its_files_private),
        TEST(store__tells_that_there_is_none),
        TEST(store__keeps_own_entries_over_a_reopening),
        TEST(store__continues_a_log_with_rising_clock),
        TEST(store__refuses_a_device_that_has_not_joined),
        TEST(store__forgets_an_aborted_deed),
        TEST(store__tells_of_a_commit_by_its_number),
        TEST(store__takes_writes_of_two_processes),
        TEST(store__loses_nothing_acknowledged_to_a_kill),
        TEST(store__writes_nothing_of_its_own_when_it_is_behind),
        TEST(store__notices_that_the_note_of_heads_is_gone),
        TEST(store__takes_a_new_device_where_another_machine_has_published),
        TEST(store__never_lowers_the_note_of_heads_for_two_processes),
        TEST(store__takes_a_new_device_where_another_machine_has_published),
        TEST(store__never_lowers_the_note_of_heads_for_two_processes),
        TEST(store__tells_of_a_file_cut_short),
        TEST(store__check_finds_a_changed_byte_of_an_entry),
        TEST(store__check_finds_a_community_that_its_id_does_not_lead_to),
        TEST(store__says_that_there_is_no_room),
        TEST(store__comes_through_every_failed_allocation),
        TEST(store__backup_is_a_whole_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
