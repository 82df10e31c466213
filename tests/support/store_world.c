#include "tests/support/store_world.h"

#include "protocol/authority/op.h"
#include "protocol/rules/object.h"
#include "storage/check.h"
#include "tests/support/cmocka.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW_MS UINT64_C(1790000000000)

/* ---- the directory ---- */

static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return;
    }
    for (struct dirent *item = readdir(directory); item != NULL; item = readdir(directory)) {
        char inner[600];
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0) {
            (void)snprintf(inner, sizeof inner, "%s/%s", path, item->d_name);
            (void)unlink(inner);
        }
    }
    (void)closedir(directory);
    (void)rmdir(path);
}

int copse_store_world_setup(void **state)
{
    struct copse_store_world *world = calloc(1, sizeof *world);
    const char *temporary = getenv("TMPDIR");
    if (world == NULL) {
        return -1;
    }
    (void)snprintf(world->root, sizeof world->root, "%s/copse-store-XXXXXX",
                   temporary != NULL ? temporary : ".");
    if (mkdtemp(world->root) == NULL) {
        free(world);
        return -1;
    }
    (void)snprintf(world->home, sizeof world->home, "%s/home", world->root);
    (void)snprintf(world->state_home, sizeof world->state_home, "%s/state", world->root);
    world->options = (struct copse_store_options){world->home, world->state_home,
                                                  copse_memory_heap(), copse_key_ed25519()};
    assert_int_equal(copse_key_self_test(), COPSE_OK);
    assert_int_equal(copse_store_create(&world->options, NULL), COPSE_OK);
    copse_store_world_open(world);
    *state = world;
    return 0;
}

int copse_store_world_teardown(void **state)
{
    struct copse_store_world *world = *state;
    copse_store_world_close(world);
    remove_directory(world->home);
    remove_directory(world->state_home);
    remove_directory(world->root);
    free(world);
    return 0;
}

void copse_store_world_open(struct copse_store_world *world)
{
    struct copse_error error = {""};
    enum copse_err err = copse_store_open(&world->store, &world->options, &error);
    if (err != COPSE_OK) {
        fail_msg("open: %s: %s", copse_error_name(err), error.text);
    }
}

void copse_store_world_close(struct copse_store_world *world)
{
    copse_store_close(world->store);
    world->store = NULL;
}

void copse_store_world_copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    char buffer[65536];
    for (size_t size = fread(buffer, 1, sizeof buffer, in); size > 0;
         size = fread(buffer, 1, sizeof buffer, in)) {
        assert_int_equal(fwrite(buffer, 1, size, out), size);
    }
    (void)fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* ---- people ---- */

void copse_store_person_make(struct copse_store_person *person, uint32_t number)
{
    uint8_t seed[COPSE_SEED_BYTES] = {1};
    copse_bytes_put_u32(seed + 4, number);
    copse_key_from_seed(&person->root, &person->root_secret, seed);
    seed[0] = 2;
    copse_key_from_seed(&person->device, &person->secret, seed);
    copse_key_sign(copse_key_ed25519(), &person->certificate, COPSE_KEY_DEVICE,
                   copse_bytes_of_id(&person->device), &person->root_secret);
}

struct copse_slice copse_store_world_genesis_op(uint8_t room[COPSE_ENTRY_OP_BYTES_MAX],
                                                const struct copse_store_person *person)
{
    uint8_t list_room[64];
    struct copse_writer writer;
    copse_writer_init(&writer, list_room, sizeof list_room);
    struct copse_op op = {.kind = COPSE_OP_GENESIS,
                          .has_role = true,
                          .role = COPSE_OP_MEMBER,
                          .signature = person->certificate};
    op.ids = copse_op_list_ids(&writer, &person->root, 1);
    struct copse_slice bytes;
    assert_int_equal(copse_op_encode(&bytes, room, &op), COPSE_OK);
    return bytes;
}

struct copse_slice copse_store_world_join_op(uint8_t room[COPSE_ENTRY_OP_BYTES_MAX],
                                             const struct copse_store_person *person)
{
    struct copse_op op = {
        .kind = COPSE_OP_JOIN, .target = person->root, .signature = person->certificate};
    struct copse_slice bytes;
    assert_int_equal(copse_op_encode(&bytes, room, &op), COPSE_OK);
    return bytes;
}

struct copse_slice copse_store_world_post_op(uint8_t room[COPSE_ENTRY_OP_BYTES_MAX])
{
    struct copse_op op = {.kind = COPSE_OP_CREATE, .object_kind = COPSE_OBJECT_POST};
    struct copse_slice bytes;
    assert_int_equal(copse_op_encode(&bytes, room, &op), COPSE_OK);
    return bytes;
}

/* ---- writing ---- */

struct copse_txn *copse_store_world_begin(const struct copse_store_world *world,
                                          enum copse_db_mode mode)
{
    struct copse_txn *txn = NULL;
    struct copse_error error = {""};
    enum copse_err err = copse_store_begin(&txn, world->store, mode, NOW_MS, &error);
    if (err != COPSE_OK) {
        fail_msg("begin: %s: %s", copse_error_name(err), error.text);
    }
    return txn;
}

void copse_store_world_commit(const struct copse_store_world *world, struct copse_txn *txn)
{
    struct copse_error error = {""};
    enum copse_err err = copse_store_commit(world->store, txn, &error);
    if (err != COPSE_OK) {
        fail_msg("commit: %s: %s", copse_error_name(err), error.text);
    }
}

static struct copse_store_deed deed_of(const struct copse_store_person *person)
{
    return (struct copse_store_deed){
        .device = person->device, .secret = &person->secret, .wall_ms = NOW_MS};
}

static struct copse_id write_alone(const struct copse_store_world *world,
                                   const struct copse_store_deed *deed)
{
    struct copse_id id;
    struct copse_error error = {""};
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    enum copse_err err = copse_store_write(world->store, txn, &id, deed, &error);
    if (err != COPSE_OK) {
        fail_msg("write: %s: %s", copse_error_name(err), error.text);
    }
    copse_store_world_commit(world, txn);
    return id;
}

struct copse_id copse_store_world_found(const struct copse_store_world *world,
                                        const struct copse_store_person *person)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_store_deed deed = deed_of(person);
    deed.start = COPSE_STORE_GENESIS;
    deed.op = copse_store_world_genesis_op(room, person);
    return write_alone(world, &deed);
}

struct copse_id copse_store_world_join(const struct copse_store_world *world,
                                       const struct copse_id *community,
                                       const struct copse_store_person *person)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_under under = {*community, *community};
    struct copse_store_deed deed = deed_of(person);
    deed.start = COPSE_STORE_JOIN;
    deed.community = *community;
    deed.under = &under;
    deed.op = copse_store_world_join_op(room, person);
    return write_alone(world, &deed);
}

enum copse_err copse_store_world_write(struct copse_store *store, struct copse_txn *txn,
                                       struct copse_id *id, const struct copse_id *community,
                                       const struct copse_store_person *person, const char *text,
                                       struct copse_error *error)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t content_room[COPSE_CONTENT_BYTES_MAX];
    struct copse_writer writer;
    copse_writer_init(&writer, content_room, sizeof content_room);
    copse_writer_map(&writer, 1);
    copse_writer_uint(&writer, COPSE_OBJECT_FIELD_BODY);
    copse_writer_str(&writer, copse_bytes_of_string(text));
    struct copse_store_deed deed = deed_of(person);
    deed.class = COPSE_ENTRY_DATA;
    deed.community = *community;
    deed.op = copse_store_world_post_op(room);
    enum copse_err err = copse_writer_end(&deed.content, &writer);
    return err == COPSE_OK ? copse_store_write(store, txn, id, &deed, error) : err;
}

struct copse_id copse_store_world_post(const struct copse_store_world *world,
                                       const struct copse_id *community,
                                       const struct copse_store_person *person, const char *text)
{
    struct copse_id id;
    struct copse_error error = {""};
    struct copse_txn *txn = copse_store_world_begin(world, COPSE_DB_WRITE);
    enum copse_err err =
        copse_store_world_write(world->store, txn, &id, community, person, text, &error);
    if (err != COPSE_OK) {
        fail_msg("write: %s: %s", copse_error_name(err), error.text);
    }
    copse_store_world_commit(world, txn);
    return id;
}

struct copse_store_item copse_store_world_item(const struct copse_built *built)
{
    struct copse_store_item item = {.id = built->id,
                                    .entry = built->entry,
                                    .bytes = copse_build_entry_bytes(built),
                                    .signature = &built->signature};
    if (built->salted != NULL) {
        item.salted = copse_build_entry_salted(built);
    }
    return item;
}

void copse_store_world_check(const struct copse_store_world *world)
{
    struct copse_check_report report;
    struct copse_error error = {""};
    enum copse_err err = copse_check_store(world->store, &report, COPSE_CHECK_FULL, &error);
    if (err != COPSE_OK) {
        fail_msg("check: %s: %s", copse_error_name(err), error.text);
    }
    if (report.fault_count > 0) {
        fail_msg("check found %llu faults, the first: %s", (unsigned long long)report.fault_count,
                 report.faults[0].text);
    }
}
