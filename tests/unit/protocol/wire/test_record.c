/* Records: any message comes out once, in order and whole, or the stream ends (SPEC 10.2 to
 * 10.4). */
#include "protocol/wire/record.h"
#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/random.h"

#include <sodium.h>
#include <string.h>

struct pair {
    struct copse_record ends[2]; /* the initiator first */
};

static uint8_t rooms[2][COPSE_RECORD_BYTES_MAX];

static struct copse_noise_room room_of(size_t which)
{
    return (struct copse_noise_room){rooms[which], sizeof rooms[which]};
}

static void init_end(struct pair *pair, size_t which, const uint8_t *network_key,
                     const uint8_t *expected_key)
{
    struct copse_record_options options = {
        .role = which == 0 ? COPSE_NOISE_INITIATOR : COPSE_NOISE_RESPONDER,
        .network_key = network_key,
        .expected_key = expected_key,
    };
    uint8_t seed[COPSE_NOISE_KEY_BYTES] = {(uint8_t)which, 1};
    copse_noise_pair_from_seed(&options.node, seed);
    seed[1] = 2;
    copse_noise_pair_from_seed(&options.ephemeral, seed);
    assert_int_equal(copse_record_init(&pair->ends[which], &options, copse_memory_heap()),
                     COPSE_OK);
}

static void begin(struct pair *pair)
{
    init_end(pair, 0, NULL, NULL);
    init_end(pair, 1, NULL, NULL);
}

static void end(struct pair *pair)
{
    copse_record_deinit(&pair->ends[0]);
    copse_record_deinit(&pair->ends[1]);
}

/* Pass handshake records until nobody has any. The first error of either side. */
static enum copse_err shake_hands(struct pair *pair)
{
    for (size_t turn = 0; turn < 4; turn++) {
        struct copse_record *from = &pair->ends[turn % 2];
        struct copse_record *to = &pair->ends[1 - turn % 2];
        struct copse_slice out = {NULL, 0};
        struct copse_slice message = {NULL, 0};
        enum copse_err err = copse_record_handshake(from, &out, room_of(0));
        if (err == COPSE_OK && out.size > 0) {
            err = copse_record_recv(to, &message, &out);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

static void begin_open(struct pair *pair)
{
    begin(pair);
    assert_int_equal(shake_hands(pair), COPSE_OK);
    assert_int_equal(pair->ends[0].state, COPSE_RECORD_OPEN);
    assert_int_equal(pair->ends[1].state, COPSE_RECORD_OPEN);
}

static struct copse_slice seal(struct pair *pair, size_t from, struct copse_slice message)
{
    struct copse_slice out = {NULL, 0};
    assert_int_equal(copse_record_seal(&pair->ends[from], &out, room_of(from), message), COPSE_OK);
    return out;
}

static void record__gives_both_sides_the_same_session(void **state)
{
    (void)state;
    struct pair pair;
    begin_open(&pair);
    assert_memory_equal(copse_record_session_hash(&pair.ends[0]),
                        copse_record_session_hash(&pair.ends[1]), COPSE_NOISE_HASH_BYTES);
    assert_memory_equal(copse_record_peer_key(&pair.ends[0]), pair.ends[1].noise.own.public_key,
                        COPSE_NOISE_KEY_BYTES);
    assert_memory_equal(copse_record_peer_key(&pair.ends[1]), pair.ends[0].noise.own.public_key,
                        COPSE_NOISE_KEY_BYTES);
    end(&pair);
}

static void record__carries_messages_of_every_size_in_any_pieces(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, 1);
    static uint8_t message[COPSE_RECORD_MESSAGE_MAX];
    copse_random_bytes(&random, message, sizeof message);
    static const size_t sizes[] = {1, 2, 47, 48, 1000, 60000, COPSE_RECORD_MESSAGE_MAX};
    struct pair pair;
    begin_open(&pair);
    for (size_t i = 0; i < 200; i++) {
        size_t from = i % 2;
        struct copse_slice given = {message, sizes[copse_random_below(&random, 7)]};
        struct copse_slice stream = seal(&pair, from, given);
        struct copse_slice got = {NULL, 0};
        while (stream.size > 0) {
            assert_int_equal(got.size, 0);
            size_t piece = 1 + (size_t)copse_random_below(&random, i % 3 == 0 ? 5 : 70000);
            piece = piece < stream.size && given.size < 2000 ? piece : stream.size;
            struct copse_slice bytes = {stream.data, piece};
            assert_int_equal(copse_record_recv(&pair.ends[1 - from], &got, &bytes), COPSE_OK);
            assert_int_equal(bytes.size, 0);
            stream = (struct copse_slice){stream.data + piece, stream.size - piece};
        }
        assert_true(copse_bytes_equal(got, given));
    }
    end(&pair);
}

static void record__gives_one_message_at_a_time(void **state)
{
    (void)state;
    struct pair pair;
    begin_open(&pair);
    uint8_t stream[200];
    size_t size = 0;
    for (uint8_t i = 0; i < 3; i++) {
        struct copse_slice sealed = seal(&pair, 0, (struct copse_slice){&i, 1});
        memcpy(stream + size, sealed.data, sealed.size);
        size += sealed.size;
    }
    struct copse_slice bytes = {stream, size};
    for (uint8_t i = 0; i < 3; i++) {
        struct copse_slice message = {NULL, 0};
        assert_int_equal(copse_record_recv(&pair.ends[1], &message, &bytes), COPSE_OK);
        assert_int_equal(message.size, 1);
        assert_int_equal(message.data[0], i);
    }
    assert_int_equal(bytes.size, 0);
    end(&pair);
}

static void record__ends_at_a_record_changed_repeated_or_left_out(void **state)
{
    (void)state;
    for (size_t how = 0; how < 3; how++) {
        struct pair pair;
        begin_open(&pair);
        uint8_t first[64];
        struct copse_slice message = {(const uint8_t *)"one", 3};
        struct copse_slice sealed = seal(&pair, 0, message);
        memcpy(first, sealed.data, sealed.size);
        struct copse_slice bytes = {first, sealed.size};
        if (how == 0) {
            first[5] ^= 1;
        } else if (how == 1) {
            assert_int_equal(copse_record_recv(&pair.ends[1], &message, &bytes), COPSE_OK);
            sealed = seal(&pair, 0, (struct copse_slice){first, 3});
            bytes = (struct copse_slice){first, sealed.size}; /* the first one again */
        } else {
            bytes = seal(&pair, 0, (struct copse_slice){(const uint8_t *)"two", 3});
        }
        assert_int_equal(copse_record_recv(&pair.ends[1], &message, &bytes), COPSE_ERR_SIGNATURE);
        assert_int_equal(pair.ends[1].state, COPSE_RECORD_CLOSED);
        assert_int_equal(message.size, 0);
        assert_int_equal(copse_record_recv(&pair.ends[1], &message, &bytes), COPSE_ERR_DECODE);
        end(&pair);
    }
}

static void record__ends_at_a_length_that_cannot_be(void **state)
{
    (void)state;
    static const uint8_t short_one[] = {0, 15};
    static const uint8_t long_one[] = {1, 1};
    struct pair pair;
    begin(&pair);
    struct copse_slice message = {NULL, 0};
    struct copse_slice bytes = {short_one, sizeof short_one};
    assert_int_equal(copse_record_recv(&pair.ends[1], &message, &bytes), COPSE_ERR_DECODE);
    end(&pair);
    /* Before the handshake is over nobody is waited for with a large record. */
    begin(&pair);
    bytes = (struct copse_slice){long_one, sizeof long_one};
    assert_int_equal(copse_record_recv(&pair.ends[1], &message, &bytes), COPSE_ERR_DECODE);
    end(&pair);
    begin_open(&pair);
    bytes = (struct copse_slice){short_one, sizeof short_one};
    assert_int_equal(copse_record_recv(&pair.ends[1], &message, &bytes), COPSE_ERR_DECODE);
    end(&pair);
}

static void record__takes_no_empty_message_and_seals_none_too_large(void **state)
{
    (void)state;
    static uint8_t large[COPSE_RECORD_MESSAGE_MAX + 1];
    struct pair pair;
    begin_open(&pair);
    struct copse_slice out = {NULL, 0};
    assert_int_equal(copse_record_seal(&pair.ends[0], &out, room_of(0),
                                       (struct copse_slice){large, sizeof large}),
                     COPSE_ERR_LIMIT);
    uint8_t body[COPSE_RECORD_HEAD_BYTES + COPSE_NOISE_TAG_BYTES] = {0, COPSE_NOISE_TAG_BYTES};
    struct copse_noise_room room = {body + COPSE_RECORD_HEAD_BYTES, COPSE_NOISE_TAG_BYTES};
    assert_int_equal(
        copse_noise_encrypt(&pair.ends[0].send, &out, room, (struct copse_slice){large, 0}),
        COPSE_OK);
    struct copse_slice bytes = {body, sizeof body};
    struct copse_slice message = {NULL, 0};
    assert_int_equal(copse_record_recv(&pair.ends[1], &message, &bytes), COPSE_ERR_DECODE);
    end(&pair);
}

static void record__changes_keys_on_both_sides_at_the_same_record(void **state)
{
    (void)state;
    struct pair pair;
    begin_open(&pair);
    uint8_t key[COPSE_NOISE_KEY_BYTES];
    memcpy(key, pair.ends[0].send.key, sizeof key);
    for (uint32_t i = 1; i <= 2 * COPSE_RECORD_REKEY_EVERY + 10; i++) {
        uint8_t number[4];
        copse_bytes_put_u32(number, i);
        struct copse_slice bytes = seal(&pair, 0, (struct copse_slice){number, sizeof number});
        struct copse_slice message = {NULL, 0};
        assert_int_equal(copse_record_recv(&pair.ends[1], &message, &bytes), COPSE_OK);
        assert_int_equal(copse_bytes_get_u32(message.data), i);
        bool is_changed = memcmp(key, pair.ends[0].send.key, sizeof key) != 0;
        assert_int_equal(is_changed, i % COPSE_RECORD_REKEY_EVERY == 0);
        memcpy(key, pair.ends[0].send.key, sizeof key);
    }
    end(&pair);
}

static void record__needs_the_expected_node_and_network(void **state)
{
    (void)state;
    static const uint8_t keys[2][COPSE_NOISE_KEY_BYTES] = {{1}, {2}};
    struct pair pair;
    begin(&pair);
    uint8_t expected[COPSE_NOISE_KEY_BYTES];
    memcpy(expected, pair.ends[1].noise.own.public_key, sizeof expected);
    end(&pair);
    for (uint8_t wrong = 0; wrong < 2; wrong++) {
        expected[0] ^= wrong;
        init_end(&pair, 0, keys[0], expected);
        init_end(&pair, 1, keys[0], NULL);
        assert_int_equal(shake_hands(&pair), wrong == 0 ? COPSE_OK : COPSE_ERR_SIGNATURE);
        end(&pair);
    }
    init_end(&pair, 0, keys[0], NULL);
    init_end(&pair, 1, keys[1], NULL);
    assert_int_equal(shake_hands(&pair), COPSE_ERR_SIGNATURE);
    end(&pair);
}

static enum copse_err init_with(const struct copse_memory *memory, void *context)
{
    (void)context;
    struct copse_record record;
    struct copse_record_options options = {.role = COPSE_NOISE_INITIATOR};
    enum copse_err err = copse_record_init(&record, &options, memory);
    if (err == COPSE_OK) {
        copse_record_deinit(&record);
    }
    return err;
}

static void record__survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_int_equal(copse_fault_sweep(init_with, NULL), 1);
}

int main(void)
{
    assert_int_equal(sodium_init() < 0, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record__gives_both_sides_the_same_session),
        cmocka_unit_test(record__carries_messages_of_every_size_in_any_pieces),
        cmocka_unit_test(record__gives_one_message_at_a_time),
        cmocka_unit_test(record__ends_at_a_record_changed_repeated_or_left_out),
        cmocka_unit_test(record__ends_at_a_length_that_cannot_be),
        cmocka_unit_test(record__takes_no_empty_message_and_seals_none_too_large),
        cmocka_unit_test(record__changes_keys_on_both_sides_at_the_same_record),
        cmocka_unit_test(record__needs_the_expected_node_and_network),
        cmocka_unit_test(record__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
