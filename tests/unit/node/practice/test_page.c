#include "node/practice/community.h"
#include "node/practice/page.h"
#include "node/practice/people.h"

#include "tests/support/cmocka.h"
#include "tests/support/random.h"
#include "tests/support/store_world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEED 20261124u
#define ROUNDS 60u

struct fixture {
    char home[64];
    struct copse_random random;
    uint64_t now_ms;
    struct copse_store *store;
    struct copse_keyring *keyring;
    struct copse_practice practice;
    struct copse_id community;
};

static uint64_t fixture_now(void *context)
{
    struct fixture *fixture = context;
    return fixture->now_ms += 7;
}

static void fixture_random(void *context, uint8_t *out, size_t size)
{
    struct fixture *fixture = context;
    copse_random_bytes(&fixture->random, out, size);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    (void)snprintf(fixture->home, sizeof(fixture->home), "/tmp/test-page-XXXXXX");
    assert_non_null(mkdtemp(fixture->home));
    copse_random_init(&fixture->random, SEED);
    fixture->now_ms = 1700000000000u;
    struct copse_store_options options = {.home = fixture->home,
                                          .state_home = fixture->home,
                                          .memory = copse_memory_heap(),
                                          .scheme = copse_key_ed25519()};
    assert_int_equal(copse_key_self_test(), COPSE_OK);
    assert_int_equal(copse_store_create(&options, NULL), COPSE_OK);
    assert_int_equal(copse_keyring_create(fixture->home, NULL, copse_memory_heap(), NULL),
                     COPSE_OK);
    assert_int_equal(
        copse_keyring_open(&fixture->keyring, fixture->home, copse_memory_heap(), NULL), COPSE_OK);
    assert_int_equal(copse_store_open(&fixture->store, &options, NULL), COPSE_OK);
    fixture->practice = (struct copse_practice){.store = fixture->store,
                                                .keyring = fixture->keyring,
                                                .memory = copse_memory_heap(),
                                                .now_ms = fixture_now,
                                                .random = fixture_random,
                                                .context = fixture};
    struct copse_community_plan plan = {.name = copse_bytes_of_string("Test")};
    assert_int_equal(copse_community_create(&fixture->practice, &fixture->community, &plan, NULL),
                     COPSE_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"store.mdb", "store.mdb-lock", "identity", "poke",
                                        "reserve"};
    struct fixture *fixture = *state;
    copse_store_close(fixture->store);
    copse_keyring_close(fixture->keyring);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(names); i++) {
        char path[96];
        (void)snprintf(path, sizeof(path), "%s/%s", fixture->home, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(fixture->home);
    free(fixture);
    return 0;
}

static struct copse_practice_deed begin(struct fixture *fixture, enum copse_db_mode mode)
{
    struct copse_practice_deed deed;
    assert_int_equal(
        copse_practice_begin(&deed, &fixture->practice, &fixture->community, mode, NULL), COPSE_OK);
    return deed;
}

static struct copse_id make_page(struct fixture *fixture, struct copse_page_version *version,
                                 const char *body)
{
    struct copse_id id;
    struct copse_practice_deed deed = begin(fixture, COPSE_DB_WRITE);
    struct copse_practice_value title = {.field = COPSE_OBJECT_FIELD_TITLE,
                                         .shape = COPSE_PRACTICE_STRING,
                                         .string = copse_bytes_of_string("Title")};
    struct copse_page_draft draft = {
        .values = &title, .count = 1, .body = copse_bytes_of_string(body)};
    assert_int_equal(copse_page_create(&deed, &id, version, &draft, NULL), COPSE_OK);
    assert_int_equal(copse_practice_commit(&deed, NULL), COPSE_OK);
    return id;
}

/* Open the page in `deed`, which must stay where it is. */
static void find(struct copse_practice_deed *deed, struct copse_view_object *out,
                 const struct copse_id *id)
{
    struct copse_view *view;
    assert_int_equal(copse_practice_view(deed, &view), COPSE_OK);
    assert_int_equal(copse_view_object(view, out, id), COPSE_OK);
}

static int compare_ids(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

static size_t edit(struct fixture *fixture, const struct copse_id *id,
                   struct copse_page_version *version, const char *text)
{
    struct copse_view_object object;
    struct copse_page_version base = *version;
    size_t ops = 0;
    struct copse_practice_deed deed = begin(fixture, COPSE_DB_WRITE);
    find(&deed, &object, id);
    struct copse_page_edit wanted = {
        .object = &object, .base = &base, .text = copse_bytes_of_string(text)};
    assert_int_equal(copse_page_change(&deed, version, &ops, &wanted, NULL, NULL), COPSE_OK);
    assert_int_equal(copse_practice_commit(&deed, NULL), COPSE_OK);
    return ops;
}

static void expect(struct fixture *fixture, const struct copse_id *id,
                   const struct copse_page_version *version, const char *text)
{
    struct copse_view_object object;
    struct copse_page page;
    struct copse_practice_deed deed = begin(fixture, COPSE_DB_READ);
    find(&deed, &object, id);
    assert_int_equal(copse_page_open(&deed, &page, &object, version), COPSE_OK);
    assert_int_equal(page.view.text.size, strlen(text));
    assert_memory_equal(page.view.text.data, text, strlen(text));
    copse_page_close(&page);
    copse_practice_end(&deed);
}

static void page__text_is_what_was_saved_after_any_edits(void **state)
{
    static const char *const words[] = {"lens ",   "light ", "\n", "bench\n",
                                        "straße ", "光学",   ". "};
    struct fixture *fixture = *state;
    struct copse_page_version version;
    struct copse_id id = make_page(fixture, &version, "");
    char text[1024];
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t size = 0;
        size_t pieces = copse_random_below(&fixture->random, 40);
        for (size_t i = 0; i < pieces; i++) {
            const char *word = words[copse_random_below(&fixture->random, COPSE_ARRAY_SIZE(words))];
            memcpy(text + size, word, strlen(word));
            size += strlen(word);
        }
        text[size] = '\0';
        (void)edit(fixture, &id, &version, text);
        expect(fixture, &id, NULL, text);
        expect(fixture, &id, &version, text);
    }
}

static void page__saving_what_is_there_writes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct copse_page_version version;
    struct copse_id id = make_page(fixture, &version, "One.\n");
    assert_int_equal(edit(fixture, &id, &version, "One.\n"), 0);
    assert_int_equal(edit(fixture, &id, &version, "Two.\n"), 1);
}

static void page__two_tabs_lose_no_word(void **state)
{
    struct fixture *fixture = *state;
    struct copse_page_version first;
    struct copse_id id = make_page(fixture, &first, "The lens is here.\n\nThe lamp is there.\n");
    struct copse_page_version one = first;
    struct copse_page_version other = first;
    (void)edit(fixture, &id, &one, "The thick lens is here.\n\nThe lamp is there.\n");
    (void)edit(fixture, &id, &other, "The lens is here.\n\nThe bright lamp is there.\n");
    expect(fixture, &id, NULL, "The thick lens is here.\n\nThe bright lamp is there.\n");
}

/* ---- more heads than an edit may name ---- */

enum { HEADS = 20 };

/* Somebody with a device of their own, who has been let in. */
struct guest {
    struct copse_store_person keys;
    struct copse_under under;
};

static struct copse_id write_op(struct fixture *fixture, const struct copse_store_deed *how,
                                const struct copse_op *op)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_store_deed deed = *how;
    struct copse_id id;
    deed.community = fixture->community;
    deed.class = op->kind < COPSE_OP_CREATE ? COPSE_ENTRY_CONTROL : COPSE_ENTRY_DATA;
    deed.wall_ms = fixture_now(fixture);
    assert_int_equal(copse_op_encode(&deed.op, room, op), COPSE_OK);
    struct copse_practice_deed open = begin(fixture, COPSE_DB_WRITE);
    assert_int_equal(copse_store_write(fixture->store, open.txn, &id, &deed, NULL), COPSE_OK);
    assert_int_equal(copse_practice_commit(&open, NULL), COPSE_OK);
    return id;
}

static void let_in(struct fixture *fixture, struct guest *guest)
{
    copse_store_person_make(&guest->keys, 9);
    guest->under = (struct copse_under){fixture->community, fixture->community};
    struct copse_op op = {
        .kind = COPSE_OP_GRANT, .target = guest->keys.root, .role = COPSE_OP_MEMBER};
    struct copse_store_deed deed = {.device = *copse_keyring_device(fixture->keyring),
                                    .secret = copse_keyring_secret(fixture->keyring),
                                    .under = &guest->under};
    guest->under.grant = write_op(fixture, &deed, &op);
    op = (struct copse_op){
        .kind = COPSE_OP_JOIN, .target = guest->keys.root, .signature = guest->keys.certificate};
    deed.device = guest->keys.device;
    deed.secret = &guest->keys.secret;
    deed.start = COPSE_STORE_JOIN;
    (void)write_op(fixture, &deed, &op);
}

/* The guest puts an exclamation mark before what stood at `parent`. */
static struct copse_id exclaim(struct fixture *fixture, const struct guest *guest,
                               const struct copse_id *page, const struct copse_id *parent)
{
    static const uint8_t shape[] = {0x93, 0, 0, 1};
    uint8_t list[64];
    struct copse_writer writer;
    copse_writer_init(&writer, list, sizeof(list));
    struct copse_op op = {.kind = COPSE_OP_EDIT, .target = *page, .value = {shape, sizeof(shape)}};
    op.ids = copse_op_list_ids(&writer, parent, 1);
    struct copse_store_deed deed = {.device = guest->keys.device,
                                    .secret = &guest->keys.secret,
                                    .content = copse_bytes_of_string("!")};
    return write_op(fixture, &deed, &op);
}

/* SPEC 6.9: "the program first joins up to 16 of the heads at a time with ops of an empty shape,
 * which name nothing else" */
static void page__joins_many_heads_and_loses_no_word(void **state)
{
    struct fixture *fixture = *state;
    struct guest guest;
    struct copse_page_version first;
    struct copse_page_version opened = {.count = HEADS};
    char text[HEADS + 24];
    let_in(fixture, &guest);
    struct copse_id id = make_page(fixture, &first, "chestnut");
    for (size_t i = 0; i < HEADS; i++) {
        opened.heads[i] = exclaim(fixture, &guest, &id, &first.heads[0]);
    }
    qsort(opened.heads, HEADS, sizeof(opened.heads[0]), compare_ids);
    struct copse_page_version other = first; /* another tab saves what no head descends from */
    assert_int_equal(edit(fixture, &id, &other, "chestnut tree"), 1);
    memset(text, '!', HEADS);
    memcpy(text + HEADS, "old chestnut", sizeof("old chestnut"));
    assert_int_equal(edit(fixture, &id, &opened, text), 2); /* one that joins */
    memcpy(text + HEADS, "old chestnut tree", sizeof("old chestnut tree"));
    expect(fixture, &id, NULL, text);
}

static void page__text_longer_than_an_entry_is_several(void **state)
{
    struct fixture *fixture = *state;
    struct copse_page_version version;
    size_t size = 200000;
    char *text = calloc(size + 1, 1);
    assert_non_null(text);
    for (size_t i = 0; i < size; i++) {
        text[i] = i % 60 == 59 ? '\n' : (char)('a' + i % 26);
    }
    struct copse_id id = make_page(fixture, &version, text);
    expect(fixture, &id, NULL, text);
    expect(fixture, &id, &version, text);
    text[size / 2] = 'X';
    assert_int_equal(edit(fixture, &id, &version, text), 1);
    expect(fixture, &id, NULL, text);
    free(text);
}

/* Edit with a plan that was worked out before; `between` commits something else in the meantime. */
static void edit_foreseen(struct fixture *fixture, const struct copse_id *id,
                          const struct copse_page_version *base, const char *text,
                          const char *between)
{
    struct copse_view_object object;
    struct copse_page_plan plan;
    struct copse_page_version version = *base;
    struct copse_page_version other = *base;
    size_t ops = 0;
    struct copse_practice_deed deed = begin(fixture, COPSE_DB_READ);
    find(&deed, &object, id);
    struct copse_page_edit wanted = {
        .object = &object, .base = base, .text = copse_bytes_of_string(text)};
    assert_int_equal(copse_page_foresee(&deed, &plan, &wanted, NULL), COPSE_OK);
    assert_true(plan.is_whole);
    copse_practice_end(&deed);
    if (between != NULL) {
        (void)edit(fixture, id, &other, between);
    }
    deed = begin(fixture, COPSE_DB_WRITE);
    find(&deed, &object, id);
    assert_int_equal(copse_page_change(&deed, &version, &ops, &wanted, &plan, NULL), COPSE_OK);
    assert_int_equal(ops, 1);
    assert_int_equal(copse_practice_commit(&deed, NULL), COPSE_OK);
    copse_page_forget(&plan);
}

static void page__an_edit_that_was_foreseen_is_the_same_edit(void **state)
{
    struct fixture *fixture = *state;
    struct copse_page_version version;
    struct copse_id id = make_page(fixture, &version, "The lens is here.\n");
    edit_foreseen(fixture, &id, &version, "The thick lens is here.\n", NULL);
    expect(fixture, &id, NULL, "The thick lens is here.\n");
}

static void page__a_plan_that_is_overtaken_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    struct copse_page_version version;
    struct copse_id id = make_page(fixture, &version, "The lens is here.\n\nThe lamp too.\n");
    edit_foreseen(fixture, &id, &version, "The thick lens is here.\n\nThe lamp too.\n",
                  "The lens is here.\n\nThe bright lamp too.\n");
    expect(fixture, &id, NULL, "The thick lens is here.\n\nThe bright lamp too.\n");
}

static void page__version_is_read_back_as_it_was_written(void **state)
{
    struct fixture *fixture = *state;
    struct copse_page_version version;
    struct copse_page_version back;
    struct copse_view_object object;
    struct copse_builder out;
    struct copse_slice text;
    struct copse_id id = make_page(fixture, &version, "One.\n");
    copse_builder_init(&out, copse_memory_heap());
    copse_page_write_version(&out, &version, &id);
    assert_int_equal(copse_builder_end(&text, &out), COPSE_OK);
    struct copse_practice_deed deed = begin(fixture, COPSE_DB_READ);
    find(&deed, &object, &id);
    assert_int_equal(copse_page_read_version(&deed, &back, &object, (const char *)text.data),
                     COPSE_OK);
    assert_int_equal(back.count, 1);
    assert_true(copse_bytes_equal_ids(&back.heads[0], &version.heads[0]));
    assert_int_equal(copse_page_read_version(&deed, &back, &object, "xyz"), COPSE_ERR_DECODE);
    assert_int_equal(copse_page_read_version(&deed, &back, &object, "0123456789"),
                     COPSE_ERR_NOT_FOUND);
    copse_practice_end(&deed);
    copse_builder_deinit(&out);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(page__text_is_what_was_saved_after_any_edits),
        TEST(page__saving_what_is_there_writes_nothing),
        TEST(page__two_tabs_lose_no_word),
        TEST(page__joins_many_heads_and_loses_no_word),
        TEST(page__text_longer_than_an_entry_is_several),
        TEST(page__an_edit_that_was_foreseen_is_the_same_edit),
        TEST(page__a_plan_that_is_overtaken_is_made_anew),
        TEST(page__version_is_read_back_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
