#include "tests/support/commune.h"

#include "node/practice/membership.h"
#include "node/practice/people.h"
#include "node/practice/post.h"
#include "node/practice/roles.h"
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED 20261127u

static uint64_t commune_now(void *context)
{
    struct commune *commune = context;
    return commune->now_ms += 7;
}

static void commune_random(void *context, uint8_t *out, size_t size)
{
    struct commune *commune = context;
    copse_random_bytes(&commune->random, out, size);
}

static void commune_path(const struct commune *commune, char out[96], size_t person)
{
    (void)snprintf(out, 96, "%s/%zu", commune->home, person);
}

static size_t commune_open(struct commune *commune, const char *code)
{
    char path[96];
    size_t number = commune->count++;
    struct commune_person *person = &commune->persons[number];
    assert_true(number < COMMUNE_PERSONS_MAX);
    commune_path(commune, path, number);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(copse_keyring_create(path, code, copse_memory_heap(), NULL), COPSE_OK);
    assert_int_equal(copse_keyring_open(&person->keyring, path, copse_memory_heap(), NULL),
                     COPSE_OK);
    person->practice = (struct copse_practice){.store = commune->store,
                                               .keyring = person->keyring,
                                               .memory = copse_memory_heap(),
                                               .now_ms = commune_now,
                                               .random = commune_random,
                                               .context = commune};
    return number;
}

int commune_setup(void **state)
{
    struct commune *commune = calloc(1, sizeof(*commune));
    assert_non_null(commune);
    (void)snprintf(commune->home, sizeof(commune->home), "/tmp/test-commune-XXXXXX");
    assert_non_null(mkdtemp(commune->home));
    copse_random_init(&commune->random, SEED);
    commune->now_ms = 1700000000000u;
    /* Heads are of one device a store; this one has many, so none are kept. */
    struct copse_store_options options = {.home = commune->home,
                                          .state_home = NULL,
                                          .memory = copse_memory_heap(),
                                          .scheme = copse_key_ed25519()};
    assert_int_equal(copse_key_self_test(), COPSE_OK);
    assert_int_equal(copse_store_create(&options, NULL), COPSE_OK);
    assert_int_equal(copse_store_open(&commune->store, &options, NULL), COPSE_OK);
    (void)commune_open(commune, NULL);
    *state = commune;
    return 0;
}

static void commune_remove_file(const char *home, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", home, name);
    (void)unlink(path);
}

int commune_teardown(void **state)
{
    static const char *const names[] = {"store.mdb", "store.mdb-lock", "poke", "reserve"};
    struct commune *commune = *state;
    char path[96];
    copse_ticket_forget(&commune->ticket);
    copse_store_close(commune->store);
    for (size_t i = 0; i < commune->count; i++) {
        copse_keyring_close(commune->persons[i].keyring);
        commune_path(commune, path, i);
        commune_remove_file(path, COPSE_KEYRING_FILE);
        assert_int_equal(rmdir(path), 0);
    }
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(names); i++) {
        commune_remove_file(commune->home, names[i]);
    }
    assert_int_equal(rmdir(commune->home), 0);
    free(commune);
    return 0;
}

size_t commune_add(struct commune *commune)
{
    return commune_open(commune, NULL);
}

size_t commune_add_device(struct commune *commune, size_t person)
{
    struct copse_keyring_code code;
    assert_int_equal(copse_keyring_code(commune->persons[person].keyring, &code), COPSE_OK);
    return commune_open(commune, code.text);
}

const struct copse_id *commune_person(const struct commune *commune, size_t person)
{
    return copse_keyring_person(commune->persons[person].keyring);
}

struct copse_secret commune_root(const struct commune *commune, size_t person)
{
    struct copse_keyring_code code;
    struct copse_secret root;
    assert_int_equal(copse_keyring_code(commune->persons[person].keyring, &code), COPSE_OK);
    assert_int_equal(copse_keyring_root(commune->persons[person].keyring, &root, code.text),
                     COPSE_OK);
    return root;
}

void commune_found(struct commune *commune, enum copse_community_kind kind, size_t founders)
{
    struct copse_id others[COPSE_OP_FOUNDERS_MAX];
    for (size_t i = 1; i < founders; i++) {
        others[i - 1] = *commune_person(commune, i);
    }
    struct copse_community_plan plan = {.kind = kind,
                                        .name = copse_bytes_of_string("Commune"),
                                        .founders = others,
                                        .founder_count = founders - 1};
    assert_int_equal(copse_community_create(&commune->persons[0].practice, &commune->community,
                                            &plan, &commune->error),
                     COPSE_OK);
}

struct copse_practice_deed *commune_begin(struct commune *commune, size_t person)
{
    commune->error.text[0] = '\0';
    assert_int_equal(copse_practice_begin(&commune->deed, &commune->persons[person].practice,
                                          &commune->community, COPSE_DB_WRITE, &commune->error),
                     COPSE_OK);
    return &commune->deed;
}

enum copse_err commune_end(struct commune *commune, enum copse_err err)
{
    if (err == COPSE_OK) {
        assert_int_equal(copse_practice_commit(&commune->deed, &commune->error), COPSE_OK);
    } else {
        copse_practice_end(&commune->deed);
    }
    return err;
}

enum copse_err commune_invite(struct commune *commune, size_t person, uint32_t uses, uint32_t days)
{
    struct copse_community_offer offer = {.uses = uses, .days = days};
    copse_ticket_forget(&commune->ticket);
    return copse_community_invite(&commune->persons[person].practice, &commune->ticket,
                                  &commune->community, &offer, &commune->error);
}

enum copse_err commune_join(struct commune *commune, size_t person)
{
    return copse_community_join(&commune->persons[person].practice, &commune->ticket,
                                copse_bytes_of_string("ticket"), &commune->error);
}

enum copse_err commune_post(struct commune *commune, size_t person, struct copse_id *id,
                            const char *text)
{
    struct copse_post post = {.type = "talk", .body = copse_bytes_of_string(text)};
    struct copse_practice_deed *deed = commune_begin(commune, person);
    return commune_end(commune, copse_post_write(deed, id, &post, &commune->error));
}

bool commune_counts(struct commune *commune, const struct copse_id *id)
{
    struct copse_view *view;
    struct copse_view_entry entry;
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    assert_int_equal(copse_practice_view(deed, &view), COPSE_OK);
    assert_int_equal(copse_view_load(view, &entry, id), COPSE_OK);
    copse_practice_end(deed);
    return entry.counts;
}

enum copse_err commune_grant(struct commune *commune, size_t by, size_t to, enum copse_op_role role,
                             uint64_t until_ms)
{
    bool changed = false;
    struct copse_roles_plan plan = {.person = *commune_person(commune, to),
                                    .role = role,
                                    .until_ms = until_ms,
                                    .reason = copse_bytes_of_string("test")};
    struct copse_practice_deed *deed = commune_begin(commune, by);
    return commune_end(commune, copse_roles_grant(deed, &changed, &plan, &commune->error));
}

enum copse_err commune_remove(struct commune *commune, size_t by, size_t who)
{
    struct copse_id id;
    struct copse_membership_ending ending = {.person = *commune_person(commune, who),
                                             .reason = copse_bytes_of_string("test")};
    struct copse_practice_deed *deed = commune_begin(commune, by);
    return commune_end(commune, copse_membership_remove(deed, &id, &ending, &commune->error));
}

enum copse_err commune_role(struct commune *commune, size_t who, enum copse_op_role *role)
{
    uint64_t until_ms = 0;
    struct copse_practice_deed *deed = commune_begin(commune, 0);
    enum copse_err err = copse_roles_of(deed, role, &until_ms, commune_person(commune, who));
    copse_practice_end(deed);
    return err;
}

struct commune *commune_three(void **state)
{
    struct commune *commune = *state;
    size_t ben = commune_add(commune);
    size_t cat = commune_add(commune);
    commune_found(commune, COPSE_COMMUNITY_OPEN, 1);
    assert_int_equal(commune_invite(commune, 0, 0, 0), COPSE_OK);
    assert_int_equal(commune_join(commune, ben), COPSE_OK);
    assert_int_equal(commune_join(commune, cat), COPSE_OK);
    return commune;
}

void commune_assert_role(struct commune *commune, size_t who, enum copse_op_role role)
{
    enum copse_op_role has;
    assert_int_equal(commune_role(commune, who, &has), COPSE_OK);
    assert_int_equal(has, role);
}

void commune_assert_no_role(struct commune *commune, size_t who)
{
    enum copse_op_role has;
    assert_int_equal(commune_role(commune, who, &has), COPSE_ERR_NOT_FOUND);
}

enum copse_err commune_readmit(struct commune *commune, size_t by, size_t who)
{
    size_t overcome = 0;
    struct copse_membership_return plan = {.person = *commune_person(commune, who),
                                           .role = COPSE_OP_MEMBER};
    struct copse_practice_deed *deed = commune_begin(commune, by);
    return commune_end(commune, copse_membership_readmit(deed, &overcome, &plan, &commune->error));
}
