/* Messages: what is written is read back, and nothing else is (SPEC 10.4, 10.6). */
#include "protocol/wire/message.h"
#include "tests/support/cmocka.h"
#include "tests/support/random.h"

#include <string.h>

static const uint8_t bytes_of_seven[COPSE_MESSAGE_RUN_MAX] = {7};

static struct copse_slice some(size_t size)
{
    return (struct copse_slice){bytes_of_seven, size};
}

/* One of every type, each field at its largest. */
static size_t make_all(struct copse_message out[17])
{
    static const uint8_t empty_array[] = {0x90};
    memset(out, 0, 17 * sizeof *out);
    size_t n = 0;
    out[n].type = COPSE_MESSAGE_HELLO;
    out[n].hello.version_min = 1;
    out[n].hello.version_max = UINT32_MAX;
    out[n].hello.features = UINT64_MAX;
    out[n].hello.agent = copse_bytes_of_string("copse/0.1");
    out[n].hello.wall_ms = 1700000000000u;
    out[n++].hello.credit = UINT32_MAX;
    out[n].type = COPSE_MESSAGE_BYE;
    out[n].bye.code = 6;
    out[n].bye.wait_s = 60;
    out[n++].bye.text = copse_bytes_of_string("later");
    out[n].type = COPSE_MESSAGE_PING;
    out[n++].token = UINT64_MAX;
    out[n].type = COPSE_MESSAGE_PONG;
    out[n++].token = 0;
    out[n].type = COPSE_MESSAGE_CREDIT;
    out[n++].credit = 262144;
    out[n].type = COPSE_MESSAGE_OPEN;
    out[n].handle = 63;
    out[n++].open.tag = some(16);
    out[n].type = COPSE_MESSAGE_OPENED;
    out[n].open.tag = some(16);
    out[n].open.device = some(32);
    out[n].open.proof = some(64);
    out[n++].open.admission = some(COPSE_MESSAGE_ADMISSION_MAX);
    out[n].type = COPSE_MESSAGE_CLOSE;
    out[n++].code = 9;
    out[n].type = COPSE_MESSAGE_SUMMARY;
    out[n].sums[0] = UINT64_MAX;
    out[n++].sums[1] = 5;
    out[n++].type = COPSE_MESSAGE_SAME;
    out[n].type = COPSE_MESSAGE_RANGES;
    out[n].ranges.class = 1;
    out[n++].ranges.parts = (struct copse_slice){empty_array, 1};
    out[n].type = COPSE_MESSAGE_RUN;
    out[n++].run = some(COPSE_MESSAGE_RUN_MAX);
    out[n++].type = COPSE_MESSAGE_SENT;
    out[n].type = COPSE_MESSAGE_LOCATE;
    out[n].locate.class = 1;
    out[n].locate.is_answer = 1;
    out[n].locate.author = some(32);
    out[n++].locate.known = some(64 * 12);
    out[n].type = COPSE_MESSAGE_CWANT;
    out[n++].content.id = some(64 * 32);
    out[n].type = COPSE_MESSAGE_CDATA;
    out[n].content.id = some(32);
    out[n++].content.salted = some(COPSE_MESSAGE_SALTED_MAX);
    out[n].type = COPSE_MESSAGE_CNONE;
    out[n].content.why = 2;
    out[n++].content.id = some(32);
    return n;
}

static struct copse_slice encode(uint8_t room[COPSE_MESSAGE_BYTES_MAX],
                                 const struct copse_message *message)
{
    struct copse_slice out = {NULL, 0};
    assert_int_equal(copse_message_encode(
                         &out, (struct copse_noise_room){room, COPSE_MESSAGE_BYTES_MAX}, message),
                     COPSE_OK);
    return out;
}

static uint8_t rooms[2][COPSE_MESSAGE_BYTES_MAX];

static void message__reads_back_what_it_wrote(void **state)
{
    (void)state;
    struct copse_message all[17];
    size_t count = make_all(all);
    assert_int_equal(count, 17);
    for (size_t i = 0; i < count; i++) {
        struct copse_slice bytes = encode(rooms[0], &all[i]);
        struct copse_message again;
        assert_int_equal(copse_message_decode(&again, bytes), COPSE_OK);
        assert_int_equal(again.type, all[i].type);
        assert_int_equal(again.handle, all[i].handle);
        struct copse_slice second = encode(rooms[1], &again);
        assert_true(copse_bytes_equal(bytes, second));
    }
}

static void message__refuses_every_shorter_form(void **state)
{
    (void)state;
    struct copse_message all[17];
    size_t count = make_all(all);
    for (size_t i = 0; i < count; i++) {
        struct copse_slice bytes = encode(rooms[0], &all[i]);
        for (size_t size = 0; size < bytes.size; size += size < 300 ? 1 : 997) {
            struct copse_message again;
            assert_int_equal(copse_message_decode(&again, (struct copse_slice){bytes.data, size}),
                             COPSE_ERR_DECODE);
        }
    }
}

static void message__takes_padding_of_zeros_only(void **state)
{
    (void)state;
    uint8_t bytes[] = {0x92, 0x04, 0x01, 0, 0, 0};
    struct copse_message message;
    struct copse_slice padded = {bytes, sizeof bytes};
    assert_int_equal(copse_message_decode(&message, padded), COPSE_OK);
    assert_int_equal(message.token, 1);
    bytes[4] = 1;
    assert_int_equal(copse_message_decode(&message, padded), COPSE_ERR_DECODE);
}

static void message__ignores_items_of_a_later_version(void **state)
{
    (void)state;
    static const uint8_t longer[] = {0x94, 0x04, 0x01, 0xa1, 'x', 0x91, 0xc0};
    static const uint8_t broken[] = {0x93, 0x04, 0x01, 0xc1};
    struct copse_message message;
    assert_int_equal(copse_message_decode(&message, (struct copse_slice){longer, sizeof longer}),
                     COPSE_OK);
    assert_int_equal(message.token, 1);
    assert_int_equal(copse_message_decode(&message, (struct copse_slice){broken, sizeof broken}),
                     COPSE_ERR_DECODE);
}

static void message__tells_unknown_odd_types_from_even_ones(void **state)
{
    (void)state;
    static const uint8_t odd[] = {0x92, 0x05, 0xc3};
    static const uint8_t even[] = {0x91, 0x22};
    struct copse_message message;
    assert_int_equal(copse_message_decode(&message, (struct copse_slice){odd, sizeof odd}),
                     COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_message_decode(&message, (struct copse_slice){even, sizeof even}),
                     COPSE_ERR_VERSION);
}

static void message__refuses_what_is_out_of_its_range(void **state)
{
    (void)state;
    static const struct {
        uint8_t size;
        uint8_t bytes[12];
    } cases[] = {
        {3, {0x92, 0x12, 0x40}},             /* SAME with handle 64 */
        {3, {0x92, 0x12, 0xc0}},             /* ..nil */
        {4, {0x92, 0x12, 0xcc, 0x01}},       /* ..in a longer form */
        {4, {0x92, 0x12, 0xcd, 0x00}},       /* ..cut */
        {5, {0x94, 0x14, 0x00, 0x02, 0x90}}, /* RANGES of class 2 */
        {5, {0x94, 0x14, 0x00, 0x01, 0xc0}}, /* ..without parts */
        {4, {0x93, 0x1c, 0x00, 0xc4}},       /* CWANT without ids */
        {5, {0x93, 0x1c, 0x00, 0xc4, 0x00}},
        {7, {0x93, 0x1c, 0x00, 0xc4, 0x02, 1, 2}},
        {1, {0x90}},
        {1, {0x12}},
        {2, {0x91, 0xff}},
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(cases); i++) {
        struct copse_message message;
        assert_int_equal(
            copse_message_decode(&message, (struct copse_slice){cases[i].bytes, cases[i].size}),
            COPSE_ERR_DECODE);
    }
}

static void message__is_the_same_again_whatever_bytes_it_took(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, 42);
    struct copse_message all[17];
    size_t count = make_all(all);
    static uint8_t mutated[COPSE_MESSAGE_BYTES_MAX];
    size_t accepted = 0;
    for (size_t i = 0; i < 200000; i++) {
        const struct copse_message *from = &all[copse_random_below(&random, count)];
        if (from->type == COPSE_MESSAGE_RUN || from->type == COPSE_MESSAGE_CDATA) {
            continue;
        }
        struct copse_slice bytes = encode(rooms[0], from);
        memcpy(mutated, bytes.data, bytes.size);
        size_t reach = bytes.size < 24 ? bytes.size : 24;
        mutated[copse_random_below(&random, reach)] = (uint8_t)copse_random_u64(&random);
        struct copse_message message;
        struct copse_slice given = {mutated, bytes.size};
        if (copse_message_decode(&message, given) == COPSE_OK) {
            struct copse_slice again = encode(rooms[1], &message);
            struct copse_message second;
            assert_true(again.size <= given.size);
            assert_int_equal(copse_message_decode(&second, again), COPSE_OK);
            assert_int_equal(second.type, message.type);
            accepted++;
        }
    }
    assert_in_range(accepted, 1000, 200000);
}

static void message__has_a_text_for_every_code(void **state)
{
    (void)state;
    for (uint64_t code = 0; code < 40; code++) {
        struct copse_slice text = copse_bytes_of_string(copse_message_code_text(code));
        assert_in_range(text.size, 1, COPSE_MESSAGE_TEXT_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message__reads_back_what_it_wrote),
        cmocka_unit_test(message__refuses_every_shorter_form),
        cmocka_unit_test(message__takes_padding_of_zeros_only),
        cmocka_unit_test(message__ignores_items_of_a_later_version),
        cmocka_unit_test(message__tells_unknown_odd_types_from_even_ones),
        cmocka_unit_test(message__refuses_what_is_out_of_its_range),
        cmocka_unit_test(message__is_the_same_again_whatever_bytes_it_took),
        cmocka_unit_test(message__has_a_text_for_every_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
