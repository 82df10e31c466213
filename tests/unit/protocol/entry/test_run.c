/* Runs: what goes in comes out, and hostile ones are refused whole (SPEC 4.9 to 4.12). */
#include "protocol/entry/run.h"
#include "tests/support/cmocka.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/run_tree.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_BYTES 65519u /* a message on the wire */

/* ---- single runs ---- */

struct single {
    struct copse_run_tree tree;
    uint8_t room[ROOM_BYTES];
    struct copse_slice bytes;
};

static int set_up(void **state)
{
    struct single *single = calloc(1, sizeof *single);
    struct copse_random random;
    copse_random_init(&random, 5);
    copse_run_tree_init(&single->tree, 4, COPSE_ENTRY_DATA);
    struct copse_run_part parts[4];
    for (uint32_t i = 0; i < 4; i++) {
        copse_run_tree_grow(&single->tree, &random, i == 0 ? COPSE_RUN_TREE_NOBODY : i - 1, 30);
        parts[i].entry = copse_build_entry_bytes(single->tree.built[i]);
        parts[i].salted = copse_build_entry_salted(single->tree.built[i]);
    }
    struct copse_writer writer;
    copse_writer_init(&writer, single->room, sizeof single->room);
    assert_int_equal(copse_run_encode(&writer, parts, 4, single->tree.genesis->entry.hlc,
                                      &single->tree.built[3]->signature),
                     COPSE_OK);
    assert_int_equal(copse_writer_end(&single->bytes, &writer), COPSE_OK);
    *state = single;
    return 0;
}

static int tear_down(void **state)
{
    struct single *single = *state;
    copse_run_tree_free(&single->tree);
    free(single);
    return 0;
}

/* Would a stranger's node store this run? */
static bool is_accepted(const struct single *single, struct copse_slice bytes)
{
    struct copse_run run;
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_run_item item;
    const struct copse_built *genesis = single->tree.genesis;
    struct copse_run_base base = {genesis->id, genesis->entry};
    if (copse_run_open(&run, &genesis->id, bytes) != COPSE_OK ||
        (run.has_base && copse_run_start(&run, &base) != COPSE_OK)) {
        return false;
    }
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK) {
        err = copse_run_next(&run, &item, room);
    }
    return err == COPSE_ERR_NOT_FOUND && copse_run_verify(&run, copse_hash_scheme()) == COPSE_OK;
}

static void run__every_truncation_and_every_changed_byte_is_refused(void **state)
{
    struct single *single = *state;
    assert_true(is_accepted(single, single->bytes));
    for (size_t size = 0; size < single->bytes.size; size++) {
        assert_false(is_accepted(single, (struct copse_slice){single->room, size}));
    }
    for (size_t at = 0; at < single->bytes.size; at++) {
        uint8_t kept = single->room[at];
        for (unsigned flip = 1; flip < 256; flip += 2) {
            single->room[at] = (uint8_t)(kept ^ flip);
            assert_false(is_accepted(single, single->bytes));
        }
        single->room[at] = kept;
    }
}

static void run__refuses_a_base_that_is_not_its_own(void **state)
{
    struct single *single = *state;
    struct copse_run run;
    const struct copse_built *genesis = single->tree.genesis;
    assert_int_equal(copse_run_open(&run, &genesis->id, single->bytes), COPSE_OK);
    struct copse_run_base base = {single->tree.built[0]->id, single->tree.built[0]->entry};
    assert_int_equal(copse_run_start(&run, &base), COPSE_ERR_FORM);
    base = (struct copse_run_base){genesis->id, genesis->entry};
    base.entry.author.bytes[3] ^= 1;
    assert_int_equal(copse_run_start(&run, &base), COPSE_ERR_FORM);
    assert_int_equal(copse_run_open(&run, &single->tree.built[0]->id, single->bytes), COPSE_OK);
    base = (struct copse_run_base){genesis->id, genesis->entry};
    assert_int_equal(copse_run_start(&run, &base), COPSE_ERR_FORM);
}

static void run__carries_a_genesis_to_who_knows_only_its_id(void **state)
{
    struct single *single = *state;
    const struct copse_built *genesis = single->tree.genesis;
    struct copse_run_part part = {copse_build_entry_bytes(genesis), {NULL, 0}};
    uint8_t room[1024];
    struct copse_writer writer;
    copse_writer_init(&writer, room, sizeof room);
    assert_int_equal(copse_run_encode(&writer, &part, 1, 0, &genesis->signature), COPSE_OK);
    struct copse_slice bytes;
    assert_int_equal(copse_writer_end(&bytes, &writer), COPSE_OK);
    struct copse_run run;
    struct copse_run_item item;
    uint8_t entry_room[COPSE_ENTRY_BYTES_MAX];
    assert_int_equal(copse_run_open(&run, &genesis->id, bytes), COPSE_OK);
    assert_int_equal(copse_run_next(&run, &item, entry_room), COPSE_OK);
    assert_true(copse_bytes_is_zero(&item.entry.community));
    assert_true(copse_bytes_equal_ids(&item.id, &genesis->id));
    assert_int_equal(copse_run_verify(&run, copse_hash_scheme()), COPSE_OK);
    /* For another community the same bytes are somebody's JOIN there, and not signed for. */
    assert_int_equal(copse_run_open(&run, &single->tree.built[0]->id, bytes), COPSE_OK);
    assert_int_equal(copse_run_next(&run, &item, entry_room), COPSE_OK);
    assert_false(copse_bytes_is_zero(&item.entry.community));
    assert_int_equal(copse_run_verify(&run, copse_hash_scheme()), COPSE_ERR_SIGNATURE);
}

static void run__carries_a_join_with_and_without_under(void **state)
{
    struct single *single = *state;
    static const uint8_t op[] = {0x91, 1};
    struct copse_under under;
    memset(&under, 6, sizeof under);
    struct copse_build build = {.scheme = copse_hash_scheme(),
                                .author = &single->tree.author,
                                .secret = &single->tree.secret,
                                .community = &single->tree.genesis->id,
                                .class = COPSE_ENTRY_CONTROL,
                                .hlc = 70000,
                                .op = {op, sizeof op}};
    for (size_t i = 0; i < 2; i++) {
        build.under = i == 0 ? NULL : &under;
        struct copse_built *join = copse_build_entry(&build);
        struct copse_run_part part = {copse_build_entry_bytes(join), {NULL, 0}};
        uint8_t room[1024];
        struct copse_writer writer;
        copse_writer_init(&writer, room, sizeof room);
        assert_int_equal(copse_run_encode(&writer, &part, 1, 0, &join->signature), COPSE_OK);
        struct copse_slice bytes;
        assert_int_equal(copse_writer_end(&bytes, &writer), COPSE_OK);
        struct copse_run run;
        struct copse_run_item item;
        uint8_t entry_room[COPSE_ENTRY_BYTES_MAX];
        assert_int_equal(copse_run_open(&run, &single->tree.genesis->id, bytes), COPSE_OK);
        assert_int_equal(copse_run_next(&run, &item, entry_room), COPSE_OK);
        assert_true(copse_bytes_equal(item.bytes, part.entry));
        assert_int_equal(copse_run_verify(&run, copse_hash_scheme()), COPSE_OK);
        copse_build_entry_free(join);
    }
}

static void run__an_entry_of_the_largest_size_fits_one_message(void **state)
{
    (void)state;
    struct copse_run_tree tree;
    copse_run_tree_init(&tree, 1, COPSE_ENTRY_DATA);
    uint8_t *op = calloc(1, COPSE_ENTRY_OP_BYTES_MAX);
    uint8_t *words = calloc(1, COPSE_CONTENT_BYTES_MAX);
    uint8_t ext[COPSE_ENTRY_EXT_BYTES_MAX] = {0x91, 0x92, 3, 0xc4, 251};
    op[0] = 0xc5;
    copse_bytes_put_u16(op + 1, COPSE_ENTRY_OP_BYTES_MAX - 3);
    struct copse_under under;
    memset(&under, 9, sizeof under);
    struct copse_build build = {.scheme = copse_hash_scheme(),
                                .author = &tree.author,
                                .secret = &tree.secret,
                                .community = &tree.genesis->id,
                                .class = COPSE_ENTRY_DATA,
                                .prev = tree.genesis,
                                .under = &under,
                                .hlc = INT64_MAX,
                                .op = {op, COPSE_ENTRY_OP_BYTES_MAX},
                                .content = {words, COPSE_CONTENT_BYTES_MAX},
                                .ext = {ext, sizeof ext}};
    struct copse_built *built = copse_build_entry(&build);
    struct copse_run_part part = {copse_build_entry_bytes(built), copse_build_entry_salted(built)};
    uint8_t *room = malloc(ROOM_BYTES);
    struct copse_writer writer;
    copse_writer_init(&writer, room, 60000);
    assert_int_equal(copse_run_encode(&writer, &part, 1, 0, &built->signature), COPSE_OK);
    free(room);
    free(op);
    free(words);
    copse_build_entry_free(built);
    copse_run_tree_free(&tree);
}

static void run__is_bounded_in_entries_and_bytes(void **state)
{
    struct single *single = *state;
    struct copse_random random;
    copse_random_init(&random, 7);
    struct copse_run_tree tree;
    size_t most = COPSE_RUN_ENTRIES_MAX + 1;
    copse_run_tree_init(&tree, most, COPSE_ENTRY_DATA);
    struct copse_run_part *parts = calloc(most, sizeof *parts);
    for (uint32_t i = 0; i < most; i++) {
        copse_run_tree_grow(&tree, &random, i == 0 ? COPSE_RUN_TREE_NOBODY : i - 1, 4);
        parts[i].entry = copse_build_entry_bytes(tree.built[i]);
    }
    struct copse_writer writer;
    copse_writer_init(&writer, single->room, sizeof single->room);
    const struct copse_signature *signature = &tree.built[most - 1]->signature;
    assert_int_equal(copse_run_encode(&writer, parts, most, 0, signature), COPSE_ERR_LIMIT);
    assert_int_equal(copse_run_encode(&writer, parts, 0, 0, signature), COPSE_ERR_LIMIT);
    assert_int_equal(copse_run_encode(&writer, parts + 1, 2, 0, signature), COPSE_OK);
    parts[2] = parts[1];
    assert_int_equal(copse_run_encode(&writer, parts + 1, 2, 0, signature), COPSE_ERR_FORM);
    free(parts);
    copse_run_tree_free(&tree);
    assert_false(
        copse_run_may_drop((struct copse_run_gap){200, 10}, (struct copse_run_gap){57, 10}));
    assert_true(
        copse_run_may_drop((struct copse_run_gap){200, 10}, (struct copse_run_gap){56, 10}));
    assert_false(copse_run_may_drop((struct copse_run_gap){1, COPSE_RUN_BYTES_MAX},
                                    (struct copse_run_gap){1, 1}));
}

/* ---- items by hand ---- */

#define FILL_16 "00112233445566778899aabbccddeeff"
#define HASH "c420" FILL_16 FILL_16

/* A run of class 1 from the genesis, whose hlc is 1000, with `count` times the same item. */
static struct copse_slice write_by_hand(const struct copse_run_tree *tree, uint8_t *room,
                                        size_t size, struct copse_slice item, size_t count)
{
    static const uint8_t signature[COPSE_SIGNATURE_BYTES];
    struct copse_writer writer;
    copse_writer_init(&writer, room, size);
    copse_writer_array(&writer, 5);
    copse_writer_id(&writer, &tree->author);
    copse_writer_uint(&writer, COPSE_ENTRY_DATA);
    copse_writer_id(&writer, &tree->genesis->id);
    copse_writer_array(&writer, count);
    for (size_t i = 0; i < count; i++) {
        copse_writer_raw(&writer, item);
    }
    copse_writer_bin(&writer, (struct copse_slice){signature, sizeof signature});
    struct copse_slice bytes = {NULL, 0};
    assert_int_equal(copse_writer_end(&bytes, &writer), COPSE_OK);
    return bytes;
}

/* Read a run to its end or first error; from the genesis, at `seq` if that is not 0. */
static enum copse_err read_all(const struct copse_run_tree *tree, struct copse_slice bytes,
                               uint32_t seq)
{
    struct copse_run run;
    struct copse_run_item item;
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_run_base base = {tree->genesis->id, tree->genesis->entry};
    if (seq > 0) {
        base.entry.community = tree->genesis->id;
        base.entry.class = COPSE_ENTRY_DATA;
        base.entry.seq = seq;
    }
    enum copse_err err = copse_run_open(&run, &tree->genesis->id, bytes);
    if (err == COPSE_OK && run.has_base) {
        err = copse_run_start(&run, &base);
    }
    while (err == COPSE_OK) {
        err = copse_run_next(&run, &item, room);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err read_item_of_hex(const struct copse_run_tree *tree, const char *hex)
{
    uint8_t item[256];
    uint8_t room[1024];
    size_t size = 0;
    assert_int_equal(sodium_hex2bin(item, sizeof item, hex, strlen(hex), NULL, &size, NULL), 0);
    struct copse_slice one = {item, size};
    return read_all(tree, write_by_hand(tree, room, sizeof room, one, 1), 0);
}

static void run__has_one_form_of_every_item(void **state)
{
    static const struct {
        const char *item;
        bool is_taken;
    } cases[] = {
        {"930001c0", true},
        {"920001", false},                 /* too few */
        {"960001c0c0919203c400c0", false}, /* too many */
        {"93d1fc1801c0", true},            /* hlc 0 */
        {"93d1fc1701c0", false},           /* below it */
        {"93cf7ffffffffffffc1701c0", true},
        {"93cf7ffffffffffffc1801c0", false}, /* 2^63 */
        {"93cf800000000000000001c0", false},
        {"930091919191"
         "9101c0",
         true},
        {"93009191919191"
         "9101c0",
         false},                       /* the op is too deep */
        {"930001c410" FILL_16, false}, /* salt and nothing */
        {"930001c411" FILL_16 "77", true},
        {"93000192" HASH "01", true},
        {"93000192" HASH "00", false}, /* no content is nil */
        {"93000192" HASH "cdc000", true},
        {"93000192" HASH "cdc001", false},
        {"93000191" HASH, false},
        {"940001c092" HASH HASH, true},
        {"940001c091" HASH, false},
        {"940001c0c0", false}, /* nothing to say */
        {"950001c0c0919203c400", true},
        {"950001c092" HASH HASH "919203c400", true},
        {"950001c0c090", false}, /* nothing to say */
        {"950001c092" HASH HASH "90", false},
        {"950001c0c0929203c4009202c400", false}, /* ext falls */
    };
    struct single *single = *state;
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(cases); i++) {
        enum copse_err err = read_item_of_hex(&single->tree, cases[i].item);
        if ((err == COPSE_OK) != cases[i].is_taken) {
            fail_msg("%s: %s", cases[i].item, copse_error_name(err));
        }
    }
}

static void run__of_a_hostile_length_is_refused(void **state)
{
    struct single *single = *state;
    static const uint8_t small[] = {0x93, 0x00, 0x01, 0xc0};
    static uint8_t large[8010] = {0x93, 0x00, 0xc5, 0x1f, 0x40};
    large[8005] = 0xc0;
    struct copse_slice one = {small, sizeof small};
    struct copse_slice big = {large, 8006};
    static uint8_t room[ROOM_BYTES];
    const struct copse_run_tree *tree = &single->tree;
    struct copse_slice bytes = write_by_hand(tree, room, sizeof room, one, COPSE_RUN_ENTRIES_MAX);
    assert_int_equal(read_all(tree, bytes, 0), COPSE_OK);
    bytes = write_by_hand(tree, room, sizeof room, one, COPSE_RUN_ENTRIES_MAX + 1);
    assert_int_equal(read_all(tree, bytes, 0), COPSE_ERR_DECODE);
    assert_int_equal(read_all(tree, write_by_hand(tree, room, sizeof room, one, 0), 0),
                     COPSE_ERR_DECODE);
    assert_int_equal(read_all(tree, write_by_hand(tree, room, sizeof room, big, 6), 0), COPSE_OK);
    assert_int_equal(read_all(tree, write_by_hand(tree, room, sizeof room, big, 7), 0),
                     COPSE_ERR_LIMIT);
    bytes = write_by_hand(tree, room, sizeof room, one, 2);
    assert_int_equal(read_all(tree, bytes, COPSE_ENTRY_SEQ_MAX - 2), COPSE_OK);
    assert_int_equal(read_all(tree, bytes, COPSE_ENTRY_SEQ_MAX - 1), COPSE_ERR_FORM);
    assert_int_equal(read_all(tree, bytes, COPSE_ENTRY_SEQ_MAX), COPSE_ERR_FORM);
}

/* SPEC 4.9: "An entry without prev is a run by itself" */
static void run__without_base_is_one_entry_of_class_0(void **state)
{
    struct single *single = *state;
    struct copse_run_tree control;
    struct copse_random random;
    copse_random_init(&random, 2);
    copse_run_tree_init(&control, 1, COPSE_ENTRY_CONTROL);
    copse_run_tree_grow(&control, &random, COPSE_RUN_TREE_NOBODY, 20);
    struct copse_run_part parts[2] = {{copse_build_entry_bytes(control.genesis), {NULL, 0}},
                                      {copse_build_entry_bytes(control.built[0]), {NULL, 0}}};
    uint8_t room[1024];
    struct copse_writer writer;
    copse_writer_init(&writer, room, sizeof room);
    const struct copse_signature *signature = &control.built[0]->signature;
    assert_int_equal(copse_run_encode(&writer, parts, 2, 0, signature), COPSE_ERR_FORM);
    copse_run_tree_free(&control);
    /* author, class and base are 1 + 34 + 1 + 34 bytes; a nil there makes the rest begin earlier */
    static const uint8_t one[] = {0x93, 0x00, 0x01, 0xc0};
    for (uint8_t class = 0; class < 2; class ++) {
        for (size_t count = 1; count < 3; count++) {
            struct copse_slice bytes = write_by_hand(&single->tree, room, sizeof room,
                                                     (struct copse_slice){one, sizeof one}, count);
            memmove(room + 37, room + 70, bytes.size - 70);
            room[35] = class;
            room[36] = 0xc0;
            bytes.size -= 33;
            assert_int_equal(read_all(&single->tree, bytes, 0),
                             class == 0 && count == 1 ? COPSE_OK : COPSE_ERR_DECODE);
        }
    }
}

static void run__that_does_not_fit_leaves_the_writer_as_it_was(void **state)
{
    struct single *single = *state;
    const struct copse_built *built = single->tree.built[0];
    struct copse_run_part part = {copse_build_entry_bytes(built), {NULL, 0}};
    uint8_t room[256];
    size_t least = 0;
    for (size_t size = 1; size <= sizeof room && least == 0; size++) {
        struct copse_writer writer;
        copse_writer_init(&writer, room, size);
        copse_writer_nil(&writer);
        enum copse_err err = copse_run_encode(&writer, &part, 1, 1000, &built->signature);
        if (err == COPSE_OK) {
            least = size;
        } else {
            assert_int_equal(err, COPSE_ERR_LIMIT);
            assert_int_equal(writer.size, 1);
            assert_false(writer.full);
        }
    }
    assert_true(least > 100);
}

static enum copse_err start(struct copse_run run, enum copse_entry_class run_class,
                            const struct copse_run_tree *tree, enum copse_entry_class class,
                            uint32_t seq)
{
    struct copse_run_base base = {tree->genesis->id, tree->genesis->entry};
    run.class = run_class;
    base.entry.community = tree->genesis->id;
    base.entry.class = class;
    base.entry.seq = seq;
    return copse_run_start(&run, &base);
}

static void run__begins_where_its_class_and_seq_allow(void **state)
{
    static const struct {
        enum copse_entry_class run, base;
        uint32_t seq;
        enum copse_err err;
    } cases[] = {
        {COPSE_ENTRY_CONTROL, COPSE_ENTRY_CONTROL, 0, COPSE_OK},
        {COPSE_ENTRY_CONTROL, COPSE_ENTRY_DATA, 0, COPSE_ERR_FORM},
        {COPSE_ENTRY_DATA, COPSE_ENTRY_CONTROL, 0, COPSE_OK},
        {COPSE_ENTRY_DATA, COPSE_ENTRY_CONTROL, 1, COPSE_ERR_FORM},
        {COPSE_ENTRY_DATA, COPSE_ENTRY_DATA, 1, COPSE_OK},
        {COPSE_ENTRY_DATA, COPSE_ENTRY_DATA, COPSE_ENTRY_SEQ_MAX - 1, COPSE_OK},
        {COPSE_ENTRY_DATA, COPSE_ENTRY_DATA, COPSE_ENTRY_SEQ_MAX, COPSE_ERR_FORM},
    };
    struct single *single = *state;
    const struct copse_run_tree *tree = &single->tree;
    struct copse_run run;
    assert_int_equal(copse_run_open(&run, &tree->genesis->id, single->bytes), COPSE_OK);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(cases); i++) {
        assert_int_equal(start(run, cases[i].run, tree, cases[i].base, cases[i].seq), cases[i].err);
    }
}

static void run__of_more_bytes_than_the_bound_is_not_encoded(void **state)
{
    (void)state;
    struct copse_run_tree tree;
    struct copse_random random;
    copse_random_init(&random, 4);
    copse_run_tree_init(&tree, 40, COPSE_ENTRY_DATA);
    struct copse_run_part parts[40];
    size_t total = 0;
    size_t count = 0;
    static uint8_t room[ROOM_BYTES];
    for (; count < 40 && total <= COPSE_RUN_BYTES_MAX; count++) {
        uint32_t parent = count == 0 ? COPSE_RUN_TREE_NOBODY : (uint32_t)count - 1;
        copse_run_tree_grow(&tree, &random, parent, 8000);
        parts[count].entry = copse_build_entry_bytes(tree.built[count]);
        parts[count].salted = (struct copse_slice){NULL, 0};
        total += parts[count].entry.size;
    }
    assert_true(total > COPSE_RUN_BYTES_MAX && count < 40);
    struct copse_writer writer;
    copse_writer_init(&writer, room, sizeof room);
    const struct copse_signature *signature = &tree.built[count - 1]->signature;
    assert_int_equal(copse_run_encode(&writer, parts, count, 1000, signature), COPSE_ERR_LIMIT);
    assert_int_equal(copse_run_encode(&writer, parts, count - 1, 1000, signature), COPSE_OK);
    copse_run_tree_free(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(run__every_truncation_and_every_changed_byte_is_refused,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(run__refuses_a_base_that_is_not_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(run__carries_a_genesis_to_who_knows_only_its_id, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(run__begins_where_its_class_and_seq_allow, set_up,
                                        tear_down),
        cmocka_unit_test(run__of_more_bytes_than_the_bound_is_not_encoded),
        cmocka_unit_test_setup_teardown(run__has_one_form_of_every_item, set_up, tear_down),
        cmocka_unit_test_setup_teardown(run__of_a_hostile_length_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(run__without_base_is_one_entry_of_class_0, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(run__that_does_not_fit_leaves_the_writer_as_it_was, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(run__carries_a_join_with_and_without_under, set_up,
                                        tear_down),
        cmocka_unit_test(run__an_entry_of_the_largest_size_fits_one_message),
        cmocka_unit_test_setup_teardown(run__is_bounded_in_entries_and_bytes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
