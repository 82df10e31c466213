/* A store in a directory of its own, with people who write to it.
 */
#ifndef COPSE_TESTS_SUPPORT_STORE_WORLD_H
#define COPSE_TESTS_SUPPORT_STORE_WORLD_H

#include "storage/store.h"
#include "tests/support/build_entry.h"

struct copse_store_world {
    char root[256]; /* made by setup, removed by teardown */
    char home[300];
    char state_home[300];
    struct copse_store_options options;
    struct copse_store *store; /* NULL: closed */
};

struct copse_store_person {
    struct copse_id root;
    struct copse_secret root_secret;
    struct copse_id device;
    struct copse_secret secret;
    struct copse_signature certificate;
};

/* For cmocka: *state becomes a struct copse_store_world with an open, empty store. */
int copse_store_world_setup(void **state);
int copse_store_world_teardown(void **state);

void copse_store_world_open(struct copse_store_world *world);
void copse_store_world_close(struct copse_store_world *world);

/* Copy a file; a store must be closed. */
void copse_store_world_copy_file(const char *from, const char *to);

/* Always the same keys for a number. */
void copse_store_person_make(struct copse_store_person *person, uint32_t number);

/* A write or read transaction; commits must work. */
struct copse_txn *copse_store_world_begin(const struct copse_store_world *world,
                                          enum copse_db_mode mode);
void copse_store_world_commit(const struct copse_store_world *world, struct copse_txn *txn);

/* Each in a transaction of its own: found a community, join it by its standing grant, post. */
struct copse_id copse_store_world_found(const struct copse_store_world *world,
                                        const struct copse_store_person *person);
struct copse_id copse_store_world_join(const struct copse_store_world *world,
                                       const struct copse_id *community,
                                       const struct copse_store_person *person);
struct copse_id copse_store_world_post(const struct copse_store_world *world,
                                       const struct copse_id *community,
                                       const struct copse_store_person *person, const char *text);

/* The same in a transaction that is open. */
enum copse_err copse_store_world_write(struct copse_store *store, struct copse_txn *txn,
                                       struct copse_id *id, const struct copse_id *community,
                                       const struct copse_store_person *person, const char *text,
                                       struct copse_error *error);

/* The ops of the above, for entries made elsewhere. Borrowed from `room`. */
struct copse_slice copse_store_world_genesis_op(uint8_t room[COPSE_ENTRY_OP_BYTES_MAX],
                                                const struct copse_store_person *person);
struct copse_slice copse_store_world_join_op(uint8_t room[COPSE_ENTRY_OP_BYTES_MAX],
                                             const struct copse_store_person *person);
struct copse_slice copse_store_world_post_op(uint8_t room[COPSE_ENTRY_OP_BYTES_MAX]);

/* An entry that came from elsewhere, as an item for copse_store_add. */
struct copse_store_item copse_store_world_item(const struct copse_built *built);

/* Check everything; fails the test with the first fault that is found. */
void copse_store_world_check(const struct copse_store_world *world);

#endif
