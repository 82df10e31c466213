/* Ops: every kind there and back, every way of being malformed, and bytes that nobody meant. */
#include "protocol/authority/op.h"
#include "tests/support/cmocka.h"
#include "tests/support/random.h"

#include <string.h>

enum { ROUNDS = 400, LISTS_BYTES = 16384, CUT_LEAVES = 40 };
static const uint64_t SEED = 0x6f70;

static const uint32_t kinds[] = {
#define KIND(name, number, class) number,
    COPSE_OP_MAP(KIND)
#undef KIND
};

static const struct {
    uint32_t kind;
    enum copse_entry_class class;
} classes[] = {
#define KIND(name, number, class) {number, COPSE_ENTRY_##class},
    COPSE_OP_MAP(KIND)
#undef KIND
};

static enum copse_entry_class class_of(uint32_t kind)
{
    size_t at = 0;
    while (classes[at].kind != kind) {
        at++;
    }
    return classes[at].class;
}

/* ---- ops made at random: every field is filled, the encoder takes what the kind uses ---- */

struct sample {
    struct copse_op op;
    uint8_t lists[LISTS_BYTES];
    struct copse_writer writer;
    uint8_t map[8];
    uint8_t value[8];
};

static struct copse_id random_id(struct copse_random *random)
{
    struct copse_id id;
    copse_random_bytes(random, id.bytes, sizeof id.bytes);
    return id;
}

/* `count` ids that rise strictly: the first four bytes are their place. */
static struct copse_op_list random_ids(struct sample *sample, struct copse_random *random,
                                       size_t least, size_t most)
{
    struct copse_id ids[COPSE_OP_TARGETS_MAX];
    size_t count = least + (size_t)copse_random_below(random, most - least + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = random_id(random);
        copse_bytes_put_u32(ids[i].bytes, (uint32_t)i);
    }
    return copse_op_list_ids(&sample->writer, ids, count);
}

static struct copse_op_list random_cut(struct sample *sample, struct copse_random *random)
{
    struct copse_op_leaf leaves[CUT_LEAVES];
    size_t count = (size_t)copse_random_below(random, CUT_LEAVES + 1);
    for (size_t i = 0; i < count; i++) {
        struct copse_op_leaf *leaf = &leaves[i];
        leaf->class = i < count / 2 ? COPSE_ENTRY_CONTROL : COPSE_ENTRY_DATA;
        leaf->device = random_id(random);
        copse_bytes_put_u32(leaf->device.bytes, (uint32_t)i);
        leaf->seq = (uint32_t)copse_random_below(random, COPSE_ENTRY_SEQ_MAX);
        leaf->id = random_id(random);
        copse_random_bytes(random, leaf->signature.bytes, sizeof leaf->signature.bytes);
    }
    return copse_op_list_leaves(&sample->writer, leaves, count);
}

static size_t ids_least(uint32_t kind)
{
    return kind == COPSE_OP_EDIT ? 0 : 1;
}

static size_t ids_most(uint32_t kind)
{
    switch (kind) {
    case COPSE_OP_GENESIS:
        return COPSE_OP_FOUNDERS_MAX;
    case COPSE_OP_EDIT:
        return COPSE_OP_PARENTS_MAX;
    case COPSE_OP_REVOKE:
        return COPSE_OP_GRANTS_MAX;
    default:
        return COPSE_OP_TARGETS_MAX;
    }
}

static bool has_root_signature(const struct sample *sample, uint32_t kind)
{
    return kind == COPSE_OP_DEVICE_REVOKE || (kind == COPSE_OP_LEAVE && sample->op.is_root_signed);
}

/* What the op's kind does not use is left out when it is written, so all may be filled. A cut of
 * forty and three lists of ids do not fit one op together: the longest lists stand alone. */
static void make_sample(struct sample *sample, uint32_t kind, struct copse_random *random)
{
    memset(sample, 0, sizeof *sample);
    copse_writer_init(&sample->writer, sample->lists, sizeof sample->lists);
    struct copse_op *op = &sample->op;
    bool is_small = kind == COPSE_OP_REVOKE;
    op->kind = (enum copse_op_kind)kind;
    op->target = random_id(random);
    op->role = (enum copse_op_role)(2 + copse_random_below(random, 2));
    op->to = (enum copse_op_removal)copse_random_below(random, 2);
    op->what = (enum copse_op_accepts)copse_random_below(random, 2);
    op->reason = (enum copse_op_reason)copse_random_below(random, 3);
    op->has_role = copse_random_below(random, 2) == 0;
    op->has_ref = copse_random_below(random, 2) == 0;
    op->has_until = copse_random_below(random, 2) == 0;
    op->has_invite_signature = copse_random_below(random, 2) == 0;
    op->has_uses = copse_random_below(random, 2) == 0;
    op->is_root_signed = copse_random_below(random, 2) == 0;
    op->until = copse_random_u64(random) >> 1;
    op->community_kind = (uint32_t)copse_random_below(random, 3);
    op->uses = 1 + (uint32_t)copse_random_below(random, COPSE_OP_INVITE_USES_MAX);
    op->object_kind = (uint32_t)copse_random_u64(random);
    op->type = (uint32_t)copse_random_below(random, 300);
    op->field = (uint32_t)copse_random_below(random, 70000);
    op->ref = random_id(random);
    copse_random_bytes(random, op->signature.bytes, sizeof op->signature.bytes);
    copse_random_bytes(random, op->invite_signature.bytes, sizeof op->invite_signature.bytes);
    memcpy(sample->map, (const uint8_t[]){0x81, 0x01, 0xc3}, 3);
    memcpy(sample->value, (const uint8_t[]){0x93, 0x00, 0x02, 0x05}, 4);
    op->charter = (struct copse_slice){sample->map, 3};
    op->map = (struct copse_slice){sample->map, 3};
    op->value = (struct copse_slice){sample->value, 4};
    op->ids = random_ids(sample, random, ids_least(kind), is_small ? 20 : ids_most(kind));
    op->over = random_ids(sample, random, 1, 20);
    op->keep = random_ids(sample, random, 0, 20);
    op->cut = random_cut(sample, random);
}

static struct copse_slice encode_sample(uint8_t room[COPSE_ENTRY_OP_BYTES_MAX], uint32_t kind,
                                        struct copse_random *random)
{
    struct sample sample;
    struct copse_slice bytes = {NULL, 0};
    make_sample(&sample, kind, random);
    assert_int_equal(copse_op_encode(&bytes, room, &sample.op), COPSE_OK);
    return bytes;
}

static void check_lists_equal(struct copse_op_list a, struct copse_op_list b)
{
    struct copse_id x;
    struct copse_id y;
    while (copse_op_next_id(&a, &x)) {
        assert_true(copse_op_next_id(&b, &y));
        assert_memory_equal(x.bytes, y.bytes, sizeof x.bytes);
    }
    assert_false(copse_op_next_id(&b, &y));
}

static void check_cuts_equal(struct copse_op_list a, struct copse_op_list b)
{
    struct copse_op_leaf x;
    struct copse_op_leaf y;
    while (copse_op_next_leaf(&a, &x)) {
        assert_true(copse_op_next_leaf(&b, &y));
        assert_int_equal(x.class, y.class);
        assert_int_equal(x.seq, y.seq);
        assert_memory_equal(x.device.bytes, y.device.bytes, COPSE_ID_BYTES);
        assert_memory_equal(x.id.bytes, y.id.bytes, COPSE_ID_BYTES);
        assert_memory_equal(x.signature.bytes, y.signature.bytes, COPSE_SIGNATURE_BYTES);
    }
    assert_false(copse_op_next_leaf(&b, &y));
}

static void op__writes_each_kind_and_reads_it_back_to_the_same_bytes(void **state)
{
    (void)state;
    print_message("seed %llu\n", (unsigned long long)SEED);
    struct copse_random random;
    copse_random_init(&random, SEED);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COPSE_ARRAY_SIZE(kinds); i++) {
            uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
            uint8_t again_room[COPSE_ENTRY_OP_BYTES_MAX];
            struct copse_slice again;
            struct copse_op op;
            struct copse_slice bytes = encode_sample(room, kinds[i], &random);
            assert_int_equal(copse_op_decode(&op, bytes, class_of(kinds[i])), COPSE_OK);
            assert_int_equal((uint32_t)op.kind, kinds[i]);
            assert_int_equal(copse_op_encode(&again, again_room, &op), COPSE_OK);
            assert_true(copse_bytes_equal(bytes, again));
        }
    }
}

static void op__reads_back_every_item_that_was_written(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED + 1);
    struct sample sample;
    struct copse_op op;
    struct copse_slice bytes;
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];

    make_sample(&sample, COPSE_OP_REVOKE, &random);
    assert_int_equal(copse_op_encode(&bytes, room, &sample.op), COPSE_OK);
    assert_int_equal(copse_op_decode(&op, bytes, COPSE_ENTRY_CONTROL), COPSE_OK);
    check_lists_equal(op.ids, sample.op.ids);
    check_lists_equal(op.keep, sample.op.keep);
    check_cuts_equal(op.cut, sample.op.cut);
    assert_int_equal(op.reason, sample.op.reason);

    make_sample(&sample, COPSE_OP_CREATE, &random);
    sample.op.has_ref = true;
    assert_int_equal(copse_op_encode(&bytes, room, &sample.op), COPSE_OK);
    assert_int_equal(copse_op_decode(&op, bytes, COPSE_ENTRY_DATA), COPSE_OK);
    assert_int_equal(op.object_kind, sample.op.object_kind);
    assert_int_equal(op.type, sample.op.type);
    assert_true(op.has_ref);
    assert_memory_equal(op.ref.bytes, sample.op.ref.bytes, COPSE_ID_BYTES);

    make_sample(&sample, COPSE_OP_INVITE, &random);
    sample.op.has_until = true;
    sample.op.has_uses = true;
    assert_int_equal(copse_op_encode(&bytes, room, &sample.op), COPSE_OK);
    assert_int_equal(copse_op_decode(&op, bytes, COPSE_ENTRY_CONTROL), COPSE_OK);
    assert_int_equal(op.role, sample.op.role);
    assert_int_equal(op.uses, sample.op.uses);
    assert_true(op.until == sample.op.until);
    assert_memory_equal(op.target.bytes, sample.op.target.bytes, COPSE_ID_BYTES);
}

static void op__refuses_the_other_class(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED + 2);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(kinds); i++) {
        uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
        struct copse_op op;
        struct copse_slice bytes = encode_sample(room, kinds[i], &random);
        enum copse_entry_class other =
            class_of(kinds[i]) == COPSE_ENTRY_CONTROL ? COPSE_ENTRY_DATA : COPSE_ENTRY_CONTROL;
        assert_int_equal(copse_op_decode(&op, bytes, other), COPSE_ERR_DECODE);
    }
}

static void op__refuses_every_truncation_and_anything_behind(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED + 3);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(kinds); i++) {
        uint8_t room[COPSE_ENTRY_OP_BYTES_MAX + 1];
        struct copse_op op;
        struct copse_slice bytes = encode_sample(room, kinds[i], &random);
        for (size_t size = 0; size < bytes.size; size++) {
            struct copse_slice part = {bytes.data, size};
            assert_int_equal(copse_op_decode(&op, part, class_of(kinds[i])), COPSE_ERR_DECODE);
        }
        room[bytes.size] = 0xc0;
        bytes.size++;
        assert_int_equal(copse_op_decode(&op, bytes, class_of(kinds[i])), COPSE_ERR_DECODE);
    }
}

static void op__reads_bytes_that_nobody_meant_or_refuses_them(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED + 4);
    size_t accepted = 0;
    size_t refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COPSE_ARRAY_SIZE(kinds); i++) {
            uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
            uint8_t again_room[COPSE_ENTRY_OP_BYTES_MAX];
            struct copse_slice again;
            struct copse_op op;
            struct copse_slice bytes = encode_sample(room, kinds[i], &random);
            size_t at = (size_t)copse_random_below(&random, bytes.size < 48 ? bytes.size : 48);
            room[at] = (uint8_t)copse_random_u64(&random);
            if (copse_op_decode(&op, bytes, class_of(kinds[i])) != COPSE_OK) {
                refused++;
                continue;
            }
            accepted++;
            assert_int_equal(copse_op_encode(&again, again_room, &op), COPSE_OK);
            assert_true(copse_bytes_equal(bytes, again));
        }
    }
    assert_true(accepted > 0);
    assert_true(refused > 0);
}

/* ---- what is malformed, one rule each ---- */

#define X8 "0101010101010101"
#define Y8 "0202020202020202"
#define ID1 "c420" X8 X8 X8 X8
#define ID2 "c420" Y8 Y8 Y8 Y8
#define SHORT_ID "c41f" X8 X8 X8 "01010101010101"
#define SIG "c440" X8 X8 X8 X8 Y8 Y8 Y8 Y8
#define SHORT_SIG "c43f" X8 X8 X8 X8 Y8 Y8 Y8 "02020202020202"
#define LEAF1 "9500" ID1 "05" ID1 SIG
#define LEAF2 "9500" ID1 "06" ID1 SIG

static const struct {
    const char *rule;
    enum copse_entry_class class;
    bool is_good;
    const char *hex;
} rows[] = {
    {"a HIDE", COPSE_ENTRY_CONTROL, true, "920c" ID1},
    {"no array", COPSE_ENTRY_CONTROL, false, "0c"},
    {"the empty array", COPSE_ENTRY_CONTROL, false, "90"},
    {"a map", COPSE_ENTRY_CONTROL, false, "810c" ID1},
    {"a sealed op", COPSE_ENTRY_CONTROL, false, "c4020c0c"},
    {"an unknown kind", COPSE_ENTRY_CONTROL, false, "91cc99"},
    {"a kind that is no number", COPSE_ENTRY_CONTROL, false, "92a10c" ID1},
    {"a kind above 2^32", COPSE_ENTRY_CONTROL, false, "92cf000000010000000c" ID1},
    {"an item too many", COPSE_ENTRY_CONTROL, false, "930c" ID1 "c0"},
    {"an item too few", COPSE_ENTRY_CONTROL, false, "910c"},
    {"an id of 31 bytes", COPSE_ENTRY_CONTROL, false, "920c" SHORT_ID},
    {"nil for an id", COPSE_ENTRY_CONTROL, false, "920cc0"},
    {"an UNHIDE", COPSE_ENTRY_CONTROL, true, "930d" ID1 "91" ID2},
    {"an UNHIDE over nothing", COPSE_ENTRY_CONTROL, false, "930d" ID1 "90"},
    {"over in rising order", COPSE_ENTRY_CONTROL, true, "930d" ID1 "92" ID1 ID2},
    {"over in falling order", COPSE_ENTRY_CONTROL, false, "930d" ID1 "92" ID2 ID1},
    {"over naming one twice", COPSE_ENTRY_CONTROL, false, "930d" ID1 "92" ID1 ID1},
    {"a LOCK without a cut", COPSE_ENTRY_CONTROL, true, "930e" ID1 "90"},
    {"a LOCK with two leaves", COPSE_ENTRY_CONTROL, true, "930e" ID1 "92" LEAF1 LEAF2},
    {"leaves in falling order", COPSE_ENTRY_CONTROL, false, "930e" ID1 "92" LEAF2 LEAF1},
    {"a leaf twice", COPSE_ENTRY_CONTROL, false, "930e" ID1 "92" LEAF1 LEAF1},
    {"a leaf of class 2", COPSE_ENTRY_CONTROL, false, "930e" ID1 "919502" ID1 "05" ID1 SIG},
    {"a leaf of seq 2^31", COPSE_ENTRY_CONTROL, false,
     "930e" ID1 "919500" ID1 "ce80000000" ID1 SIG},
    {"a leaf with a short signature", COPSE_ENTRY_CONTROL, false,
     "930e" ID1 "919500" ID1 "05" ID1 SHORT_SIG},
    {"a leaf of four items", COPSE_ENTRY_CONTROL, false, "930e" ID1 "919400" ID1 "05" ID1},
    {"a LEAVE of the device", COPSE_ENTRY_CONTROL, true, "9106"},
    {"a LEAVE of the person", COPSE_ENTRY_CONTROL, true, "94060090" SIG},
    {"a LEAVE down to moderator", COPSE_ENTRY_CONTROL, false, "94060290" SIG},
    {"half a LEAVE", COPSE_ENTRY_CONTROL, false, "920600"},
    {"a REMOVE to 3", COPSE_ENTRY_CONTROL, false, "9404" ID1 "0390"},
    {"a GRANT", COPSE_ENTRY_CONTROL, true, "9602" ID1 "0290c080"},
    {"a GRANT of role 4", COPSE_ENTRY_CONTROL, false, "9602" ID1 "0490c080"},
    {"a GRANT until 2^63", COPSE_ENTRY_CONTROL, false, "9602" ID1 "0290cf800000000000000080"},
    {"attributes that are no map", COPSE_ENTRY_CONTROL, false, "9602" ID1 "0290c090"},
    {"an INVITE", COPSE_ENTRY_CONTROL, true, "950802" ID1 "01c0"},
    {"an INVITE of moderators", COPSE_ENTRY_CONTROL, false, "950801" ID1 "01c0"},
    {"an INVITE with no use", COPSE_ENTRY_CONTROL, false, "950802" ID1 "00c0"},
    {"an INVITE with 65,536 uses", COPSE_ENTRY_CONTROL, false, "950802" ID1 "ce00010000c0"},
    {"a GENESIS", COPSE_ENTRY_CONTROL, true, "97000091" ID1 "80c0" SIG "80"},
    {"a GENESIS of kind 3", COPSE_ENTRY_CONTROL, false, "97000391" ID1 "80c0" SIG "80"},
    {"a GENESIS without founders", COPSE_ENTRY_CONTROL, false, "9700009080c0" SIG "80"},
    {"founders in any order", COPSE_ENTRY_CONTROL, true, "97000092" ID2 ID1 "80c0" SIG "80"},
    {"a founder twice", COPSE_ENTRY_CONTROL, false, "97000092" ID1 ID1 "80c0" SIG "80"},
    {"a standing role of moderator", COPSE_ENTRY_CONTROL, false, "97000091" ID1 "8001" SIG "80"},
    {"an APPROVE of nothing", COPSE_ENTRY_CONTROL, false, "921290"},
    {"a CREATE", COPSE_ENTRY_DATA, true, "94200200c0"},
    {"a CREATE with a ref", COPSE_ENTRY_DATA, true, "94200306" ID1},
    {"a CREATE of kind -1", COPSE_ENTRY_DATA, false, "9420ff00c0"},
    {"a CREATE of an unknown kind", COPSE_ENTRY_DATA, true, "9420cc9900c0"},
    {"a SET over nothing", COPSE_ENTRY_DATA, true, "9422" ID1 "0290"},
    {"a DEL over nothing", COPSE_ENTRY_DATA, false, "9424" ID1 "2090"},
    {"a field above 2^32", COPSE_ENTRY_DATA, false, "9323" ID1 "cf0000000100000000"},
    {"an EDIT", COPSE_ENTRY_DATA, true, "9421" ID1 "9093000001"},
};

/* The bytes of a row; every row has whole bytes. */
static struct copse_slice bytes_of_hex(uint8_t room[COPSE_ENTRY_OP_BYTES_MAX], const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = strlen(hex) / 2;
    assert_int_equal(strlen(hex) % 2, 0);
    for (size_t i = 0; i < size; i++) {
        const char *high = strchr(digits, hex[2 * i]);
        const char *low = strchr(digits, hex[2 * i + 1]);
        assert_non_null(high);
        assert_non_null(low);
        room[i] = (uint8_t)((high - digits) * 16 + (low - digits));
    }
    return (struct copse_slice){room, size};
}

static void op__refuses_what_breaks_one_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
        struct copse_op op;
        struct copse_slice bytes = bytes_of_hex(room, rows[i].hex);
        enum copse_err err = copse_op_decode(&op, bytes, rows[i].class);
        if ((err == COPSE_OK) != rows[i].is_good) {
            fail_msg("%s: %s", rows[i].rule, copse_error_name(err));
        }
    }
}

/* Lists as long as they may be, and one longer. */
static void op__holds_lists_to_their_lengths(void **state)
{
    (void)state;
    static const struct {
        enum copse_op_kind kind;
        const char *head;
        size_t most;
    } lists[] = {
        {COPSE_OP_APPROVE, "9212", COPSE_OP_TARGETS_MAX},
        {COPSE_OP_ERASE, "9213", COPSE_OP_TARGETS_MAX},
        {COPSE_OP_UNHIDE, "930d" ID1, COPSE_OP_OVER_MAX},
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(lists); i++) {
        for (size_t count = lists[i].most; count <= lists[i].most + 1; count++) {
            uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
            struct copse_writer writer;
            struct copse_slice bytes;
            struct copse_op op;
            struct copse_slice head = bytes_of_hex(room, lists[i].head);
            copse_writer_init(&writer, room + head.size, sizeof room - head.size);
            copse_writer_array(&writer, count);
            for (size_t k = 0; k < count; k++) {
                struct copse_id id = {{0}};
                copse_bytes_put_u32(id.bytes, (uint32_t)k);
                copse_writer_id(&writer, &id);
            }
            assert_int_equal(copse_writer_end(&bytes, &writer), COPSE_OK);
            bytes = (struct copse_slice){room, head.size + bytes.size};
            assert_int_equal(copse_op_decode(&op, bytes, COPSE_ENTRY_CONTROL),
                             count > lists[i].most ? COPSE_ERR_DECODE : COPSE_OK);
        }
    }
}

static void op__does_not_write_what_it_would_not_read(void **state)
{
    (void)state;
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_slice bytes;
    struct copse_op op = {.kind = COPSE_OP_UNHIDE};
    assert_int_equal(copse_op_encode(&bytes, room, &op), COPSE_ERR_FORM);
    op = (struct copse_op){.kind = COPSE_OP_INVITE, .role = COPSE_OP_COORDINATOR};
    assert_int_equal(copse_op_encode(&bytes, room, &op), COPSE_ERR_FORM);
}

static void op__finds_an_id_in_a_list(void **state)
{
    (void)state;
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_op op;
    struct copse_slice bytes = bytes_of_hex(room, "930d" ID1 "92" ID1 ID2);
    struct copse_id id;
    assert_int_equal(copse_op_decode(&op, bytes, COPSE_ENTRY_CONTROL), COPSE_OK);
    memset(&id, 2, sizeof id);
    assert_true(copse_op_names(op.over, &id));
    memset(&id, 3, sizeof id);
    assert_false(copse_op_names(op.over, &id));
    assert_int_equal(op.over.count, 2);
}

static void op__knows_the_names_of_kinds(void **state)
{
    (void)state;
    assert_string_equal(copse_op_name(COPSE_OP_GENESIS), "GENESIS");
    assert_string_equal(copse_op_name(COPSE_OP_DEL), "DEL");
    assert_null(copse_op_name(31));
}

/* ---- the message of a root signature ---- */

static struct copse_entry entry_of(struct copse_slice op, enum copse_entry_class class)
{
    struct copse_entry entry = {.class = class, .seq = 3, .hlc = 9, .op = op, .has_prev = true};
    memset(entry.community.bytes, 7, sizeof entry.community.bytes);
    memset(entry.author.bytes, 8, sizeof entry.author.bytes);
    memset(entry.prev.bytes, 9, sizeof entry.prev.bytes);
    return entry;
}

static void op__root_message_leaves_out_the_signature_and_nothing_else(void **state)
{
    (void)state;
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t blank_room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t entry_room[COPSE_ENTRY_BYTES_MAX];
    struct copse_slice bytes;
    struct copse_id message;
    struct copse_id other;
    struct copse_entry entry = entry_of(bytes_of_hex(room, "94060190" SIG), COPSE_ENTRY_CONTROL);
    assert_int_equal(copse_op_root_message(&message, &entry), COPSE_OK);

    struct copse_entry blank = entry;
    blank.op = bytes_of_hex(blank_room, "94060190c400");
    assert_int_equal(copse_entry_encode(&bytes, entry_room, &blank), COPSE_OK);
    copse_id_of_entry(&other, bytes);
    assert_memory_equal(message.bytes, other.bytes, COPSE_ID_BYTES);

    room[entry.op.size - 1] ^= 1; /* inside the signature */
    assert_int_equal(copse_op_root_message(&other, &entry), COPSE_OK);
    assert_memory_equal(message.bytes, other.bytes, COPSE_ID_BYTES);
    room[2] = 0; /* leaves to nothing instead */
    assert_int_equal(copse_op_root_message(&other, &entry), COPSE_OK);
    assert_memory_not_equal(message.bytes, other.bytes, COPSE_ID_BYTES);
    entry.seq++;
    struct copse_id third;
    assert_int_equal(copse_op_root_message(&third, &entry), COPSE_OK);
    assert_memory_not_equal(third.bytes, other.bytes, COPSE_ID_BYTES);
}

static void op__root_message_is_of_root_acts_only(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED + 5);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(kinds); i++) {
        uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
        struct sample sample;
        struct copse_slice bytes;
        struct copse_id id;
        make_sample(&sample, kinds[i], &random);
        assert_int_equal(copse_op_encode(&bytes, room, &sample.op), COPSE_OK);
        struct copse_entry entry = entry_of(bytes, class_of(kinds[i]));
        assert_int_equal(copse_op_root_message(&id, &entry),
                         has_root_signature(&sample, kinds[i]) ? COPSE_OK : COPSE_ERR_FORM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(op__writes_each_kind_and_reads_it_back_to_the_same_bytes),
        cmocka_unit_test(op__reads_back_every_item_that_was_written),
        cmocka_unit_test(op__refuses_the_other_class),
        cmocka_unit_test(op__refuses_every_truncation_and_anything_behind),
        cmocka_unit_test(op__reads_bytes_that_nobody_meant_or_refuses_them),
        cmocka_unit_test(op__refuses_what_breaks_one_rule),
        cmocka_unit_test(op__holds_lists_to_their_lengths),
        cmocka_unit_test(op__does_not_write_what_it_would_not_read),
        cmocka_unit_test(op__finds_an_id_in_a_list),
        cmocka_unit_test(op__knows_the_names_of_kinds),
        cmocka_unit_test(op__root_message_leaves_out_the_signature_and_nothing_else),
        cmocka_unit_test(op__root_message_is_of_root_acts_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
