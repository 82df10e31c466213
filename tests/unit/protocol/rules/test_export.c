/* The export and its digest: one form, whatever the order in which entries came. */
#include "protocol/rules/export.h"
#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/random.h"
#include "tests/support/world.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { ROOM_BYTES = 4000000, LINE_BYTES = 512, VALUE_BYTES = 256, WRITES = 150, ROUNDS = 12 };
enum { ANA, BEN, CAT, DAN, PERSONS };
static const uint64_t SEED = 0x6578706f7274;

static const struct copse_slice nothing = {NULL, 0};

/* ---- what is exported ---- */

struct sink {
    char *bytes;
    size_t size;
};

static enum copse_err take(void *context, struct copse_slice bytes)
{
    struct sink *sink = context;
    assert_true(bytes.size <= ROOM_BYTES - sink->size);
    memcpy(sink->bytes + sink->size, bytes.data, bytes.size);
    sink->size += bytes.size;
    return COPSE_OK;
}

/* The export of a world, to be freed with test_free, with a NUL behind it. */
static char *export_of(struct copse_world *world)
{
    struct sink sink = {test_calloc(ROOM_BYTES + 1, 1), 0};
    assert_int_equal(copse_export_all(copse_world_view(world), take, &sink), COPSE_OK);
    return sink.bytes;
}

static struct copse_id digest_of(struct copse_world *world)
{
    struct copse_id digest;
    assert_int_equal(copse_export_digest(copse_world_view(world), &digest), COPSE_OK);
    return digest;
}

static struct copse_world *new_world(void)
{
    struct copse_world *world = copse_world_new(nothing, nothing);
    assert_int_equal(copse_world_person(world, COPSE_OP_MODERATOR), BEN);
    assert_int_equal(copse_world_person(world, COPSE_OP_MEMBER), CAT);
    assert_int_equal(copse_world_person(world, COPSE_OP_MEMBER), DAN);
    return world;
}

static void hex(char out[COPSE_ID_HEX_BYTES], struct copse_id id)
{
    copse_bytes_id_to_hex(out, &id);
}

static struct copse_id write_post(struct copse_world *world, size_t person,
                                  struct copse_slice content)
{
    struct copse_op op = {.kind = COPSE_OP_CREATE, .object_kind = COPSE_OBJECT_POST, .type = 1};
    return copse_world_write(world, person, &op, content);
}

static void act(struct copse_world *world, size_t person, enum copse_op_kind kind,
                const struct copse_id *target)
{
    struct copse_op op = {.kind = kind, .target = *target};
    op.ids = copse_world_ids(world, target, 1);
    (void)copse_world_write(world, person, &op, nothing);
}

/* ---- one line ---- */

static void export__writes_a_post_as_the_specification_says(void **state)
{
    (void)state;
    static const uint8_t content[] = {0x81, 0x03, 0xa5, 'o', 'a', '"', 'k', '\n'};
    struct copse_world *world = new_world();
    copse_world_set_clock(world, ((uint64_t)1700000000000 << 16) + 5);
    struct copse_id post = write_post(world, CAT, (struct copse_slice){content, sizeof content});
    char id[COPSE_ID_HEX_BYTES];
    char person[COPSE_ID_HEX_BYTES];
    char device[COPSE_ID_HEX_BYTES];
    char hash[COPSE_ID_HEX_BYTES];
    char common[LINE_BYTES];
    char line[4 * LINE_BYTES];
    struct copse_view_entry entry;
    assert_int_equal(copse_view_load(copse_world_view(world), &entry, &post), COPSE_OK);
    hex(id, post);
    hex(person, copse_world_root(world, CAT));
    hex(device, copse_world_device(world, CAT));
    hex(hash, entry.held.entry.content_hash);
    (void)snprintf(common, sizeof common,
                   "\"person\":\"%s\",\"device\":\"%s\",\"ms\":1700000000000,\"tick\":5", person,
                   device);
    (void)snprintf(line, sizeof line,
                   "\n{\"object\":\"%s\",\"kind\":\"post\",%s,"
                   "\"type\":{\"value\":\"question\",\"entry\":\"%s\",%s},"
                   "\"body\":{\"value\":\"oa\\\"k\\n\",\"content\":\"%s\",\"entry\":\"%s\",%s}}\n",
                   id, common, id, common, hash, id, common);
    char *bytes = export_of(world);
    assert_non_null(strstr(bytes, line));
    test_free(bytes);
    copse_world_free(world);
}

static struct copse_id write_edit(struct copse_world *world, size_t person,
                                  const struct copse_id *page, const struct copse_id *parent,
                                  const uint8_t *shape, const char *text)
{
    struct copse_op op = {.kind = COPSE_OP_EDIT, .target = *page};
    op.ids = copse_world_ids(world, parent, parent == NULL ? 0 : 1);
    op.value = (struct copse_slice){shape, 4};
    return copse_world_write(world, person, &op, copse_bytes_of_string(text));
}

/* An EDIT that does not count, and one whose parent is not here, need not be held: a page says
 * nothing of them. */
static void export__says_of_a_text_what_counts_and_nothing_else(void **state)
{
    (void)state;
    static const uint8_t insert[] = {0x93, 0, 0, 3};
    static const uint8_t clear[] = {0x93, 0, 6, 0};
    struct copse_world *world = new_world();
    struct copse_op create = {.kind = COPSE_OP_CREATE, .object_kind = COPSE_OBJECT_PAGE};
    struct copse_id page = copse_world_write(world, CAT, &create, nothing);
    struct copse_id unknown = {{1}};
    (void)write_edit(world, DAN, &page, &unknown, insert, "elm");
    char *before = export_of(world);
    assert_null(strstr(before, "\"body\""));
    struct copse_id oak = write_edit(world, CAT, &page, NULL, insert, "oak");
    char *after = export_of(world);
    char id[COPSE_ID_HEX_BYTES];
    char body[LINE_BYTES];
    hex(id, oak);
    (void)snprintf(body, sizeof body, ",\"body\":{\"value\":\"oak\",\"heads\":[\"%s\"],\"gaps\":0}",
                   id);
    assert_non_null(strstr(after, body));
    struct copse_id vandal = write_edit(world, BEN, &page, &oak, clear, "");
    char *cleared = export_of(world);
    assert_null(strstr(cleared, body));
    act(world, BEN, COPSE_OP_HIDE, &vandal);
    char *again = export_of(world);
    assert_non_null(strstr(again, body));
    test_free(before);
    test_free(after);
    test_free(cleared);
    test_free(again);
    copse_world_free(world);
}

static void export__says_of_a_hidden_object_only_that_it_is(void **state)
{
    (void)state;
    static const uint8_t content[] = {0x81, 0x03, 0xa3, 'o', 'a', 'k'};
    struct copse_world *world = new_world();
    struct copse_id post = write_post(world, CAT, (struct copse_slice){content, sizeof content});
    char *before = export_of(world);
    act(world, BEN, COPSE_OP_HIDE, &post);
    char *after = export_of(world);
    assert_non_null(strstr(before, "oak"));
    assert_null(strstr(after, "oak"));
    assert_non_null(strstr(after, ",\"hidden\":true}\n"));
    test_free(before);
    test_free(after);
    copse_world_free(world);
}

static size_t count_of(const char *bytes, const char *needle)
{
    size_t count = 0;
    for (const char *at = strstr(bytes, needle); at != NULL; at = strstr(at + 1, needle)) {
        count++;
    }
    return count;
}

static void export__writes_each_object_once(void **state)
{
    (void)state;
    struct copse_world *world = new_world();
    struct copse_op op = {.kind = COPSE_OP_CREATE, .object_kind = COPSE_OBJECT_POST};
    struct copse_id post = copse_world_write(world, CAT, &op, nothing);
    op.has_ref = true;
    op.ref = post;
    (void)copse_world_write(world, CAT, &op, nothing);
    op.object_kind = COPSE_OBJECT_PAGE; /* found below the post and among the pages */
    (void)copse_world_write(world, CAT, &op, nothing);
    char *bytes = export_of(world);
    assert_int_equal(count_of(bytes, "\"kind\":\"post\""), 2);
    assert_int_equal(count_of(bytes, "\"kind\":\"page\""), 1);
    assert_int_equal(count_of(bytes, "\"kind\":\"person\""), 4);
    assert_int_equal(count_of(bytes, "\"kind\":\"community\""), 1);
    test_free(bytes);
    copse_world_free(world);
}

static void export__lists_other_values_but_not_those_that_are_none(void **state)
{
    (void)state;
    static const uint8_t words[] = {0xa3, 'o', 'a', 'k', 0xa3, 'e', 'l', 'm'};
    struct copse_world *world = new_world();
    struct copse_op create = {.kind = COPSE_OP_CREATE, .object_kind = COPSE_OBJECT_PAGE};
    struct copse_id page = copse_world_write(world, CAT, &create, nothing);
    struct copse_op set = {.kind = COPSE_OP_SET, .target = page, .field = COPSE_OBJECT_FIELD_TITLE};
    (void)copse_world_write(world, CAT, &set, (struct copse_slice){words, 4});
    char *one = export_of(world); /* beside it the CREATE is live, without a title */
    assert_int_equal(count_of(one, "\"others\""), 0);
    (void)copse_world_write(world, DAN, &set, (struct copse_slice){words + 4, 4});
    char *two = export_of(world);
    assert_int_equal(count_of(two, "\"others\":[{\"value\":\"oak\""), 1);
    assert_int_equal(count_of(two, "\"value\":null"), 0);
    test_free(one);
    test_free(two);
    copse_world_free(world);
}

static void export__leaves_out_what_does_not_count(void **state)
{
    (void)state;
    struct copse_world *world = new_world();
    char *before = export_of(world);
    size_t guest = copse_world_person(world, COPSE_OP_GUEST);
    char *with_guest = export_of(world);
    (void)write_post(world, guest, nothing); /* the charter does not let guests write */
    char *after = export_of(world);
    assert_string_not_equal(before, with_guest);
    assert_string_equal(with_guest, after);
    test_free(before);
    test_free(with_guest);
    test_free(after);
    copse_world_free(world);
}

static void export__differs_where_a_content_is_missing_and_keeps_its_hash(void **state)
{
    (void)state;
    static const uint8_t content[] = {0x81, 0x03, 0xa3, 'o', 'a', 'k'};
    struct copse_world *world = new_world();
    struct copse_id post = write_post(world, CAT, (struct copse_slice){content, sizeof content});
    struct copse_id before = digest_of(world);
    copse_world_lose(world, &post, COPSE_CONTENT_MISSING);
    struct copse_id after = digest_of(world);
    char *bytes = export_of(world);
    assert_memory_not_equal(before.bytes, after.bytes, COPSE_ID_BYTES);
    assert_non_null(strstr(bytes, "\"body\":{\"value\":null,\"words\":\"missing\",\"content\":\""));
    test_free(bytes);
    copse_world_free(world);
}

static void export__is_the_same_after_an_erasure_whether_bytes_are_left_or_not(void **state)
{
    (void)state;
    static const uint8_t content[] = {0x81, 0x03, 0xa3, 'o', 'a', 'k'};
    struct copse_world *world = new_world();
    struct copse_id post = write_post(world, CAT, (struct copse_slice){content, sizeof content});
    act(world, CAT, COPSE_OP_ERASE, &post);
    struct copse_id before = digest_of(world);
    copse_world_lose(world, &post, COPSE_CONTENT_ERASED);
    struct copse_id after = digest_of(world);
    assert_memory_equal(before.bytes, after.bytes, COPSE_ID_BYTES);
    copse_world_free(world);
}

/* ---- a random community ---- */

struct history {
    struct copse_world *world;
    struct copse_random random;
    struct copse_id objects[WRITES];
    size_t object_count;
    struct copse_id entries[WRITES];
    size_t entry_count;
    uint8_t room[VALUE_BYTES];
};

static struct copse_id pick(struct history *history, const struct copse_id *ids, size_t count)
{
    return ids[(size_t)copse_random_below(&history->random, count)];
}

static struct copse_slice random_value(struct history *history)
{
    struct copse_writer writer;
    struct copse_slice value = {NULL, 0};
    char word[] = "oak";
    word[0] = (char)('a' + (char)copse_random_below(&history->random, 4));
    copse_writer_init(&writer, history->room, sizeof history->room);
    switch (copse_random_below(&history->random, 5)) {
    case 0:
        copse_writer_uint(&writer, copse_random_below(&history->random, 3));
        break;
    case 1:
        copse_writer_bool(&writer, true);
        break;
    case 2:
        return nothing;
    default:
        copse_writer_str(&writer, copse_bytes_of_string(word));
        break;
    }
    assert_int_equal(copse_writer_end(&value, &writer), COPSE_OK);
    return value;
}

static struct copse_slice random_initial(struct history *history)
{
    struct copse_writer writer;
    struct copse_slice value = {NULL, 0};
    copse_writer_init(&writer, history->room, sizeof history->room);
    copse_writer_map(&writer, 3);
    copse_writer_uint(&writer, COPSE_OBJECT_FIELD_TITLE);
    copse_writer_str(&writer, copse_bytes_of_string("title"));
    copse_writer_uint(&writer, COPSE_OBJECT_FIELD_STATUS);
    copse_writer_uint(&writer, copse_random_below(&history->random, 4));
    copse_writer_uint(&writer, COPSE_OBJECT_FIELD_TAGS);
    copse_writer_array(&writer, 2);
    copse_writer_str(&writer, copse_bytes_of_string("aak"));
    copse_writer_str(&writer, copse_bytes_of_string("bak"));
    assert_int_equal(copse_writer_end(&value, &writer), COPSE_OK);
    return value;
}

static void write_create(struct history *history, size_t person)
{
    struct copse_op op = {.kind = COPSE_OP_CREATE};
    op.object_kind = 2 + (uint32_t)copse_random_below(&history->random, 3);
    op.type = (uint32_t)copse_random_below(&history->random, 10);
    op.has_ref = history->object_count > 0 && copse_random_below(&history->random, 2) == 0;
    if (op.has_ref) {
        op.ref = pick(history, history->objects, history->object_count);
    }
    struct copse_id id = copse_world_write(history->world, person, &op, random_initial(history));
    history->objects[history->object_count] = id;
    history->object_count++;
}

static void write_on_object(struct history *history, size_t person)
{
    static const enum copse_op_kind kinds[] = {COPSE_OP_SET,  COPSE_OP_SET,   COPSE_OP_ADD,
                                               COPSE_OP_DEL,  COPSE_OP_EDIT,  COPSE_OP_HIDE,
                                               COPSE_OP_LOCK, COPSE_OP_ERASE, COPSE_OP_FLAG};
    static const uint32_t fields[] = {
        COPSE_OBJECT_FIELD_TITLE,  COPSE_OBJECT_FIELD_STATUS, COPSE_OBJECT_FIELD_TAGS,
        COPSE_OBJECT_FIELD_THANKS, COPSE_OBJECT_FIELD_PUBLIC, COPSE_OBJECT_FIELD_TYPE,
    };
    static const uint8_t insertion[] = {0x93, 0x00, 0x00, 0x03};
    static const uint8_t yes[] = {0xc3};
    struct copse_op op = {.kind =
                              kinds[copse_random_below(&history->random, COPSE_ARRAY_SIZE(kinds))]};
    op.target = pick(history, history->objects, history->object_count);
    op.field = fields[copse_random_below(&history->random, COPSE_ARRAY_SIZE(fields))];
    bool is_edit = op.kind == COPSE_OP_EDIT;
    op.value = is_edit ? (struct copse_slice){insertion, 4} : (struct copse_slice){yes, 1};
    struct copse_id named = op.target;
    if (history->entry_count > 0 && copse_random_below(&history->random, 3) > 0) {
        named = pick(history, history->entries, history->entry_count);
    }
    op.over = copse_world_ids(history->world, &named, 1);
    op.ids = op.over;
    if (is_edit && copse_random_below(&history->random, 2) == 0) {
        op.ids.count = 0;
    }
    op.cut = copse_world_cut(history->world, CAT);
    struct copse_id id =
        copse_world_write(history->world, person, &op,
                          is_edit ? copse_bytes_of_string("abc") : random_value(history));
    history->entries[history->entry_count] = id;
    history->entry_count++;
}

static struct copse_world *random_world(uint64_t seed)
{
    struct history *history = test_calloc(1, sizeof *history);
    history->world = new_world();
    copse_random_init(&history->random, seed);
    for (size_t i = 0; i < WRITES; i++) {
        size_t person = (size_t)copse_random_below(&history->random, PERSONS);
        copse_world_set_clock(history->world, 1000 + copse_random_below(&history->random, 50));
        if (history->object_count == 0 || copse_random_below(&history->random, 4) == 0) {
            write_create(history, person);
        } else {
            write_on_object(history, person);
        }
    }
    struct copse_world *world = history->world;
    test_free(history);
    return world;
}

static void export__is_the_same_in_any_order_of_arrival(void **state)
{
    (void)state;
    print_message("seed %llu\n", (unsigned long long)SEED);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct copse_world *world = random_world(SEED + round);
        struct copse_world *copy = copse_world_copy(world, SEED - round);
        char *bytes = export_of(world);
        char *copied = export_of(copy);
        struct copse_id digest = digest_of(world);
        struct copse_id copied_digest = digest_of(copy);
        assert_true(strlen(bytes) > 10000);
        assert_string_equal(bytes, copied);
        assert_memory_equal(digest.bytes, copied_digest.bytes, COPSE_ID_BYTES);
        test_free(bytes);
        test_free(copied);
        copse_world_free(copy);
        copse_world_free(world);
    }
}

static void export__digest_is_the_hash_of_the_bytes(void **state)
{
    (void)state;
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "copse.state.v1";
    struct copse_world *world = random_world(SEED);
    char *bytes = export_of(world);
    struct copse_id digest = digest_of(world);
    struct copse_id expected;
    assert_int_equal(crypto_generichash_blake2b_salt_personal(expected.bytes, sizeof expected.bytes,
                                                              (const uint8_t *)bytes, strlen(bytes),
                                                              NULL, 0, NULL, personal),
                     0);
    assert_memory_equal(digest.bytes, expected.bytes, COPSE_ID_BYTES);
    test_free(bytes);
    copse_world_free(world);
}

static enum copse_err digest_with(const struct copse_memory *memory, void *context)
{
    struct copse_view_options options = *copse_view_options_of(context);
    struct copse_view *view = NULL;
    struct copse_id digest;
    options.memory = memory;
    enum copse_err err = copse_view_new(&view, &options);
    if (err == COPSE_OK) {
        err = copse_export_digest(view, &digest);
    }
    copse_view_free(view);
    return err;
}

static void export__gives_everything_back_when_memory_runs_out(void **state)
{
    (void)state;
    struct copse_world *world = new_world();
    static const uint8_t insertion[] = {0x93, 0x00, 0x00, 0x03};
    struct copse_op page = {.kind = COPSE_OP_CREATE, .object_kind = COPSE_OBJECT_PAGE};
    struct copse_id id = copse_world_write(world, CAT, &page, nothing);
    struct copse_op edit = {.kind = COPSE_OP_EDIT, .target = id, .value = {insertion, 4}};
    (void)copse_world_write(world, CAT, &edit, copse_bytes_of_string("oak"));
    struct copse_op mark = {.kind = COPSE_OP_SET, .target = id, .field = COPSE_OBJECT_FIELD_THANKS};
    static const uint8_t yes[] = {0xc3};
    (void)copse_world_write(world, DAN, &mark, (struct copse_slice){yes, 1});
    act(world, DAN, COPSE_OP_HIDE, &id);
    assert_true(copse_fault_sweep(digest_with, copse_world_view(world)) > 20);
    copse_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(export__writes_a_post_as_the_specification_says),
        cmocka_unit_test(export__says_of_a_text_what_counts_and_nothing_else),
        cmocka_unit_test(export__says_of_a_hidden_object_only_that_it_is),
        cmocka_unit_test(export__writes_each_object_once),
        cmocka_unit_test(export__lists_other_values_but_not_those_that_are_none),
        cmocka_unit_test(export__leaves_out_what_does_not_count),
        cmocka_unit_test(export__differs_where_a_content_is_missing_and_keeps_its_hash),
        cmocka_unit_test(export__is_the_same_after_an_erasure_whether_bytes_are_left_or_not),
        cmocka_unit_test(export__is_the_same_in_any_order_of_arrival),
        cmocka_unit_test(export__digest_is_the_hash_of_the_bytes),
        cmocka_unit_test(export__gives_everything_back_when_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
