/* The entry's bytes: one form, decoded and encoded alike, everything else refused (SPEC 4.1 to 4.7,
 * 4.14). */
#include "protocol/base/writer.h"
#include "protocol/entry/entry.h"
#include "tests/support/build_entry.h"
#include "tests/support/cmocka.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/random.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
    struct copse_id author;
    struct copse_secret secret;
    struct copse_built *genesis;
    struct copse_built *join_data; /* the first entry of class 1 */
};

static struct copse_slice small_op(void)
{
    static const uint8_t op[] = {0x92, 0x0b, 0x01};
    return (struct copse_slice){op, sizeof op};
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    uint8_t seed[COPSE_SEED_BYTES] = {1};
    copse_hash_scheme_pair(&fixture->author, &fixture->secret, seed);
    struct copse_build build = {.scheme = copse_hash_scheme(),
                                .author = &fixture->author,
                                .secret = &fixture->secret,
                                .class = COPSE_ENTRY_CONTROL,
                                .hlc = 500,
                                .op = small_op()};
    fixture->genesis = copse_build_entry(&build);
    build.community = &fixture->genesis->id;
    build.class = COPSE_ENTRY_DATA;
    build.prev = fixture->genesis;
    build.hlc = 400;
    build.content = copse_bytes_of_string("words");
    fixture->join_data = copse_build_entry(&build);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    copse_build_entry_free(fixture->genesis);
    copse_build_entry_free(fixture->join_data);
    free(fixture);
    return 0;
}

static enum copse_err decode(const uint8_t *bytes, size_t size)
{
    struct copse_entry entry;
    return copse_entry_decode(&entry, (struct copse_slice){bytes, size});
}

/* A full entry with random fields, everything that may be there present or not. */
static void random_entry(struct copse_entry *entry, struct copse_random *random, uint8_t *op_room,
                         uint8_t *ext_room)
{
    memset(entry, 0, sizeof *entry);
    copse_random_bytes(random, entry->community.bytes, sizeof entry->community.bytes);
    copse_random_bytes(random, entry->author.bytes, sizeof entry->author.bytes);
    entry->class = (enum copse_entry_class)copse_random_below(random, 2);
    entry->seq = copse_random_below(random, 3) == 0
                     ? 0
                     : (uint32_t)copse_random_below(random, (uint64_t)COPSE_ENTRY_SEQ_MAX + 1);
    entry->has_prev = entry->class == COPSE_ENTRY_DATA || entry->seq > 0;
    copse_random_bytes(random, entry->prev.bytes, sizeof entry->prev.bytes);
    entry->hlc = copse_random_u64(random) >> (1 + copse_random_below(random, 60));
    entry->has_under = copse_random_below(random, 2) == 0;
    copse_random_bytes(random, entry->under.grant.bytes, COPSE_ID_BYTES);
    copse_random_bytes(random, entry->under.charter.bytes, COPSE_ID_BYTES);
    struct copse_writer writer;
    copse_writer_init(&writer, op_room, COPSE_ENTRY_OP_BYTES_MAX);
    copse_writer_array(&writer, 2);
    copse_writer_uint(&writer, copse_random_below(random, 300));
    copse_writer_bin(&writer, (struct copse_slice){op_room + 4000, copse_random_below(random, 70)});
    assert_int_equal(copse_writer_end(&entry->op, &writer), COPSE_OK);
    if (copse_random_below(random, 2) == 0) {
        entry->content_size = 1 + (uint32_t)copse_random_below(random, COPSE_CONTENT_BYTES_MAX);
        copse_random_bytes(random, entry->content_hash.bytes, COPSE_ID_BYTES);
    }
    size_t items = copse_random_below(random, 3);
    if (items > 0) {
        copse_writer_init(&writer, ext_room, COPSE_ENTRY_EXT_BYTES_MAX);
        copse_writer_array(&writer, items);
        for (size_t i = 0; i < items; i++) {
            copse_writer_array(&writer, 2);
            copse_writer_uint(&writer, 5 * i + copse_random_below(random, 5));
            copse_writer_bin(&writer, copse_bytes_of_string("ext"));
        }
        assert_int_equal(copse_writer_end(&entry->ext, &writer), COPSE_OK);
    }
}

static void entry__decodes_to_what_was_encoded(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, 11);
    uint8_t op_room[COPSE_ENTRY_OP_BYTES_MAX] = {0};
    uint8_t ext_room[COPSE_ENTRY_EXT_BYTES_MAX];
    for (unsigned i = 0; i < 5000; i++) {
        struct copse_entry entry;
        random_entry(&entry, &random, op_room, ext_room);
        uint8_t room[COPSE_ENTRY_BYTES_MAX];
        uint8_t again[COPSE_ENTRY_BYTES_MAX];
        struct copse_slice bytes;
        struct copse_slice twice;
        struct copse_entry read;
        assert_int_equal(copse_entry_encode(&bytes, room, &entry), COPSE_OK);
        assert_int_equal(copse_entry_decode(&read, bytes), COPSE_OK);
        assert_int_equal(copse_entry_encode(&twice, again, &read), COPSE_OK);
        assert_true(copse_bytes_equal(bytes, twice));
        assert_int_equal(read.seq, entry.seq);
        assert_int_equal(read.hlc, entry.hlc);
        assert_int_equal(read.content_size, entry.content_size);
        assert_true(copse_bytes_equal(read.op, entry.op));
        assert_true(copse_bytes_equal(read.ext, entry.ext));
    }
}

static void entry__every_truncation_is_refused(void **state)
{
    struct fixture *fixture = *state;
    for (size_t size = 0; size < fixture->join_data->size; size++) {
        assert_int_equal(decode(fixture->join_data->bytes, size), COPSE_ERR_DECODE);
    }
    uint8_t longer[COPSE_ENTRY_BYTES_MAX + 1] = {0};
    memcpy(longer, fixture->join_data->bytes, fixture->join_data->size);
    assert_int_equal(decode(longer, fixture->join_data->size + 1), COPSE_ERR_DECODE);
}

static void expect_another_for_every_changed_byte(const struct copse_built *built)
{
    uint8_t changed[COPSE_ENTRY_BYTES_MAX];
    for (size_t at = 0; at < built->size; at++) {
        for (unsigned value = 0; value < 256; value++) {
            memcpy(changed, built->bytes, built->size);
            changed[at] = (uint8_t)value;
            struct copse_slice bytes = {changed, built->size};
            struct copse_entry entry;
            if (changed[at] == built->bytes[at] || copse_entry_decode(&entry, bytes) != COPSE_OK) {
                continue;
            }
            struct copse_id id;
            copse_id_of_entry(&id, bytes);
            assert_false(copse_bytes_equal_ids(&id, &built->id));
            uint8_t room[COPSE_ENTRY_BYTES_MAX];
            struct copse_slice again;
            assert_int_equal(copse_entry_encode(&again, room, &entry), COPSE_OK);
            assert_true(copse_bytes_equal(again, bytes));
        }
    }
}

static void entry__every_changed_byte_is_refused_or_another_entry(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t op[] = {0x93, 0x21, 0xa2, 0xc3, 0xa4, 0x81, 0x01, 0xd1, 0x80, 0x00};
    static const uint8_t ext[] = {0x92, 0x92, 3, 0xc4, 1, 7, 0x92, 0xcd, 1, 0, 0xc4, 0};
    struct copse_under under;
    memset(&under, 5, sizeof under);
    struct copse_build build = {.scheme = copse_hash_scheme(),
                                .author = &fixture->author,
                                .secret = &fixture->secret,
                                .community = &fixture->genesis->id,
                                .class = COPSE_ENTRY_DATA,
                                .prev = fixture->join_data,
                                .under = &under,
                                .hlc = 70000,
                                .op = {op, sizeof op},
                                .content = copse_bytes_of_string("all that there may be"),
                                .ext = {ext, sizeof ext}};
    struct copse_built *full = copse_build_entry(&build);
    expect_another_for_every_changed_byte(fixture->genesis);
    expect_another_for_every_changed_byte(fixture->join_data);
    expect_another_for_every_changed_byte(full);
    copse_build_entry_free(full);
}

static void expect_form(const struct copse_entry *entry, enum copse_err err)
{
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_slice bytes;
    assert_int_equal(copse_entry_encode(&bytes, room, entry), err);
}

static void entry__keeps_the_rules_of_form(void **state)
{
    struct fixture *fixture = *state;
    const struct copse_entry good = fixture->join_data->entry;
    struct copse_entry bad = good;
    bad.has_prev = false; /* class 1 always has a prev */
    expect_form(&bad, COPSE_ERR_FORM);
    bad = good;
    bad.class = COPSE_ENTRY_CONTROL; /* class 0, seq 0 has none */
    expect_form(&bad, COPSE_ERR_FORM);
    bad = good;
    memset(&bad.community, 0, sizeof bad.community); /* zeros in a genesis only */
    expect_form(&bad, COPSE_ERR_FORM);
    bad = good;
    bad.hlc = (uint64_t)INT64_MAX + 1;
    expect_form(&bad, COPSE_ERR_FORM);
    bad = good;
    bad.seq = COPSE_ENTRY_SEQ_MAX + 1;
    expect_form(&bad, COPSE_ERR_FORM);
    bad = good;
    bad.content_size = COPSE_CONTENT_BYTES_MAX + 1;
    expect_form(&bad, COPSE_ERR_LIMIT);
    bad = good;
    bad.op.size = 0;
    expect_form(&bad, COPSE_ERR_FORM);
    static const uint8_t falling[] = {0x92, 0x92, 3, 0xc4, 0, 0x92, 2, 0xc4, 0};
    bad = good;
    bad.ext = (struct copse_slice){falling, sizeof falling};
    expect_form(&bad, COPSE_ERR_FORM);
    static const uint8_t twice[] = {0x92, 0x92, 3, 0xc4, 0, 0x92, 3, 0xc4, 0};
    bad.ext = (struct copse_slice){twice, sizeof twice};
    expect_form(&bad, COPSE_ERR_FORM);
    static const uint8_t deep[] = {0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x01};
    bad = good;
    bad.op = (struct copse_slice){deep, sizeof deep};
    expect_form(&bad, COPSE_ERR_FORM);
    bad.op = (struct copse_slice){deep + 1, sizeof deep - 1};
    expect_form(&bad, COPSE_OK);
    bad = fixture->genesis->entry; /* it cites itself and nothing else */
    expect_form(&bad, COPSE_OK);
    bad.has_under = true;
    expect_form(&bad, COPSE_ERR_FORM);
}

static void entry__of_the_largest_sizes_is_taken_and_one_byte_more_is_not(void **state)
{
    struct fixture *fixture = *state;
    uint8_t *op = calloc(1, COPSE_ENTRY_OP_BYTES_MAX + 1);
    op[0] = 0xc5;
    copse_bytes_put_u16(op + 1, COPSE_ENTRY_OP_BYTES_MAX - 3);
    struct copse_entry entry = fixture->join_data->entry;
    entry.op = (struct copse_slice){op, COPSE_ENTRY_OP_BYTES_MAX};
    expect_form(&entry, COPSE_OK);
    copse_bytes_put_u16(op + 1, COPSE_ENTRY_OP_BYTES_MAX - 2);
    entry.op.size++;
    expect_form(&entry, COPSE_ERR_LIMIT);
    free(op);
}

/* The fields of an entry with this op and this ext, written without any check. */
static enum copse_err decode_with(const struct fixture *fixture, struct copse_slice op,
                                  struct copse_slice ext)
{
    uint8_t room[COPSE_ENTRY_BYTES_MAX + 100];
    struct copse_writer writer;
    copse_writer_init(&writer, room, sizeof room);
    copse_writer_array(&writer, 12);
    copse_writer_uint(&writer, 1);
    copse_writer_id(&writer, &fixture->genesis->id);
    copse_writer_id(&writer, &fixture->author);
    copse_writer_uint(&writer, COPSE_ENTRY_DATA);
    copse_writer_uint(&writer, 0);
    copse_writer_id(&writer, &fixture->genesis->id);
    copse_writer_uint(&writer, 70000);
    copse_writer_nil(&writer);
    copse_writer_raw(&writer, op);
    copse_writer_nil(&writer);
    copse_writer_uint(&writer, 0);
    copse_writer_raw(&writer, ext);
    struct copse_slice bytes = {NULL, 0};
    assert_int_equal(copse_writer_end(&bytes, &writer), COPSE_OK);
    return decode(bytes.data, bytes.size);
}

static void entry__with_an_op_or_ext_that_is_too_large_is_not_decoded(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t no_ext[] = {0x90};
    static uint8_t op[COPSE_ENTRY_OP_BYTES_MAX + 1] = {0xc5};
    struct copse_slice none = {no_ext, sizeof no_ext};
    copse_bytes_put_u16(op + 1, COPSE_ENTRY_OP_BYTES_MAX - 3);
    assert_int_equal(decode_with(fixture, (struct copse_slice){op, COPSE_ENTRY_OP_BYTES_MAX}, none),
                     COPSE_OK);
    copse_bytes_put_u16(op + 1, COPSE_ENTRY_OP_BYTES_MAX - 2);
    assert_int_equal(decode_with(fixture, (struct copse_slice){op, sizeof op}, none),
                     COPSE_ERR_DECODE);
    uint8_t ext[COPSE_ENTRY_EXT_BYTES_MAX + 1] = {0x91, 0x92, 3, 0xc4, 251};
    assert_int_equal(
        decode_with(fixture, small_op(), (struct copse_slice){ext, COPSE_ENTRY_EXT_BYTES_MAX}),
        COPSE_OK);
    ext[4] = 252;
    assert_int_equal(decode_with(fixture, small_op(), (struct copse_slice){ext, sizeof ext}),
                     COPSE_ERR_DECODE);
}

static void entry__follows_only_its_prev(void **state)
{
    struct fixture *fixture = *state;
    const struct copse_entry *genesis = &fixture->genesis->entry;
    struct copse_entry entry = fixture->join_data->entry;
    const struct copse_id *id = &fixture->genesis->id;
    assert_int_equal(copse_entry_follows(&entry, genesis, id), COPSE_OK);
    assert_int_equal(copse_entry_follows(&entry, genesis, &fixture->join_data->id), COPSE_ERR_FORM);
    struct copse_entry other = entry;
    other.author.bytes[0] ^= 1;
    assert_int_equal(copse_entry_follows(&other, genesis, id), COPSE_ERR_FORM);
    other = entry;
    other.community.bytes[0] ^= 1;
    assert_int_equal(copse_entry_follows(&other, genesis, id), COPSE_ERR_FORM);
    other = entry;
    other.seq = 1; /* class 1 hangs from the JOIN at seq 0 only */
    assert_int_equal(copse_entry_follows(&other, genesis, id), COPSE_ERR_FORM);
    other = entry;
    other.class = COPSE_ENTRY_CONTROL;
    other.seq = 1;
    assert_int_equal(copse_entry_follows(&other, genesis, id), COPSE_OK);
    other.seq = 2;
    assert_int_equal(copse_entry_follows(&other, genesis, id), COPSE_ERR_FORM);
    /* the second of class 1, after the first */
    const struct copse_entry *first = &fixture->join_data->entry;
    other = entry;
    other.prev = fixture->join_data->id;
    assert_int_equal(copse_entry_follows(&other, first, &other.prev), COPSE_ERR_FORM); /* seq 0 */
    other.seq = 1;
    assert_int_equal(copse_entry_follows(&other, first, &other.prev), COPSE_OK);
    assert_int_equal(copse_entry_follows(&other, first, id), COPSE_ERR_FORM);
    struct copse_entry later = *first;
    later.class = COPSE_ENTRY_CONTROL;
    later.seq = 1;
    other.seq = 0; /* class 1 begins after seq 0 only */
    assert_int_equal(copse_entry_follows(&other, &later, &other.prev), COPSE_ERR_FORM);
}

static void entry__inherits_under_and_log_time(void **state)
{
    struct fixture *fixture = *state;
    struct copse_trail genesis;
    copse_entry_trail(&genesis, NULL, &fixture->genesis->entry, &fixture->genesis->id);
    assert_true(genesis.has_under);
    assert_true(copse_bytes_equal_ids(&genesis.under.grant, &fixture->genesis->id));
    assert_int_equal(genesis.log_time, 500);
    struct copse_trail data;
    copse_entry_trail(&data, &genesis, &fixture->join_data->entry, &fixture->join_data->id);
    assert_int_equal(data.log_time, 500); /* its own hlc is 400: time does not run back */
    assert_true(copse_bytes_equal_ids(&data.under.grant, &fixture->genesis->id));
    struct copse_entry entry = fixture->join_data->entry;
    entry.has_under = true;
    memset(&entry.under, 7, sizeof entry.under);
    entry.hlc = 600;
    copse_entry_trail(&data, &genesis, &entry, &fixture->join_data->id);
    assert_memory_equal(&data.under, &entry.under, sizeof entry.under);
    assert_int_equal(data.log_time, 600);
    entry.has_under = false;
    copse_entry_trail(&data, NULL, &entry, &fixture->join_data->id);
    assert_false(data.has_under);
}

static void entry__an_even_ext_is_not_known(void **state)
{
    struct fixture *fixture = *state;
    struct copse_entry entry = fixture->join_data->entry;
    static const uint8_t odd[] = {0x91, 0x92, 3, 0xc4, 0};
    static const uint8_t both[] = {0x92, 0x92, 3, 0xc4, 0, 0x92, 4, 0xc4, 0};
    assert_false(copse_entry_has_unknown_ext(&entry));
    entry.ext = (struct copse_slice){odd, sizeof odd};
    assert_false(copse_entry_has_unknown_ext(&entry));
    entry.ext = (struct copse_slice){both, sizeof both};
    assert_true(copse_entry_has_unknown_ext(&entry));
}

static void entry__takes_no_content_but_its_own(void **state)
{
    struct fixture *fixture = *state;
    struct copse_built *built = fixture->join_data;
    struct copse_slice salted = copse_build_entry_salted(built);
    assert_int_equal(copse_entry_check_content(&built->entry, salted), COPSE_OK);
    for (size_t i = 0; i < salted.size; i++) {
        built->salted[i] ^= 1;
        assert_int_equal(copse_entry_check_content(&built->entry, salted), COPSE_ERR_SIGNATURE);
        built->salted[i] ^= 1;
    }
    salted.size--;
    assert_int_equal(copse_entry_check_content(&built->entry, salted), COPSE_ERR_SIGNATURE);
    assert_int_equal(copse_entry_check_content(&fixture->genesis->entry, salted),
                     COPSE_ERR_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry__decodes_to_what_was_encoded),
        cmocka_unit_test(entry__every_truncation_is_refused),
        cmocka_unit_test(entry__every_changed_byte_is_refused_or_another_entry),
        cmocka_unit_test(entry__keeps_the_rules_of_form),
        cmocka_unit_test(entry__of_the_largest_sizes_is_taken_and_one_byte_more_is_not),
        cmocka_unit_test(entry__with_an_op_or_ext_that_is_too_large_is_not_decoded),
        cmocka_unit_test(entry__follows_only_its_prev),
        cmocka_unit_test(entry__inherits_under_and_log_time),
        cmocka_unit_test(entry__an_even_ext_is_not_known),
        cmocka_unit_test(entry__takes_no_content_but_its_own),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
