/* Noise: published transcripts to the byte, and what a handshake must refuse (SPEC 10.2, 10.3). */
#include "protocol/wire/noise.h"
#include "tests/support/cmocka.h"
#include "tests/support/shared.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

#define PROTOCOL_SUFFIX "_25519_ChaChaPoly_BLAKE2b"

/* The pattern tokens of a name such as "XXpsk0+psk3": rows of the framework's section 7, with a psk
 * token put before the first message (psk0) or behind message n (pskn). */
struct named_pattern {
    const char *name;
    struct copse_noise_pattern pattern;
};

#define E COPSE_NOISE_E
#define S COPSE_NOISE_S
#define EE COPSE_NOISE_EE
#define ES COPSE_NOISE_ES
#define SE COPSE_NOISE_SE
#define SS COPSE_NOISE_SS
static const struct named_pattern base_patterns[] = {
    {"XX1", {.messages = {{E}, {E, EE, S}, {ES, S, SE}}, .message_count = 3}},
    {"XX", {.messages = {{E}, {E, EE, S, ES}, {S, SE}}, .message_count = 3}},
    {"XK", {.messages = {{E, ES}, {E, EE}, {S, SE}}, .message_count = 3, .knows_responder = true}},
    {"IK",
     {.messages = {{E, ES, S, SS}, {E, EE, SE}}, .message_count = 2, .knows_responder = true}},
    {"NN", {.messages = {{E}, {E, EE}}, .message_count = 2}},
};
#undef E
#undef S
#undef EE
#undef ES
#undef SE
#undef SS

static void put_token(enum copse_noise_token *tokens, size_t at)
{
    memmove(tokens + at + 1, tokens + at, (COPSE_NOISE_TOKENS_MAX - at - 1) * sizeof *tokens);
    tokens[at] = COPSE_NOISE_PSK;
}

static struct copse_noise_pattern pattern_of(const char *protocol)
{
    struct copse_noise_pattern pattern = {0};
    const char *rest = protocol + strlen("Noise_");
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(base_patterns) && pattern.message_count == 0; i++) {
        if (strncmp(rest, base_patterns[i].name, strlen(base_patterns[i].name)) == 0) {
            pattern = base_patterns[i].pattern;
        }
    }
    assert_true(pattern.message_count > 0);
    pattern.name = protocol;
    for (const char *psk = strstr(rest, "psk"); psk != NULL; psk = strstr(psk + 3, "psk")) {
        size_t which = (size_t)(psk[3] - '0');
        enum copse_noise_token *tokens = pattern.messages[which == 0 ? 0 : which - 1];
        size_t end = 0;
        while (which > 0 && tokens[end] != COPSE_NOISE_NONE) {
            end++;
        }
        put_token(tokens, end);
        pattern.has_psk = true;
    }
    return pattern;
}

static size_t unhex(uint8_t *out, size_t room, const json_t *text)
{
    size_t size = 0;
    if (text != NULL) {
        const char *hex = json_string_value(text);
        assert_int_equal(sodium_hex2bin(out, room, hex, strlen(hex), NULL, &size, NULL), 0);
    }
    return size;
}

struct side {
    struct copse_noise noise;
    struct copse_noise_cipher send;
    struct copse_noise_cipher receive;
};

static void side_init(struct side *side, const json_t *vector,
                      const struct copse_noise_pattern *pattern, enum copse_noise_role role)
{
    bool first = role == COPSE_NOISE_INITIATOR;
    uint8_t prologue[256];
    uint8_t psks[4][COPSE_NOISE_KEY_BYTES];
    uint8_t seed[COPSE_NOISE_KEY_BYTES];
    uint8_t responder_key[COPSE_NOISE_KEY_BYTES];
    struct copse_noise_options options = {.pattern = pattern, .role = role};
    options.prologue.size =
        unhex(prologue, sizeof prologue,
              json_object_get(vector, first ? "init_prologue" : "resp_prologue"));
    options.prologue.data = prologue;
    const json_t *keys = json_object_get(vector, first ? "init_psks" : "resp_psks");
    for (size_t i = 0; i < json_array_size(keys); i++) {
        assert_int_equal(unhex(psks[i], sizeof psks[i], json_array_get(keys, i)), sizeof psks[i]);
    }
    options.psks = &psks[0][0];
    if (unhex(seed, sizeof seed, json_object_get(vector, first ? "init_static" : "resp_static")) >
        0) {
        copse_noise_pair_from_seed(&options.own, seed);
    }
    (void)unhex(seed, sizeof seed,
                json_object_get(vector, first ? "init_ephemeral" : "resp_ephemeral"));
    copse_noise_pair_from_seed(&options.ephemeral, seed);
    if (pattern->knows_responder) {
        struct copse_noise_pair pair;
        (void)unhex(seed, sizeof seed, json_object_get(vector, "resp_static"));
        copse_noise_pair_from_seed(&pair, seed);
        memcpy(responder_key, pair.public_key, sizeof responder_key);
        options.responder_key = responder_key;
    }
    copse_noise_init(&side->noise, &options);
}

static struct copse_noise_room room_of(uint8_t *data, size_t size)
{
    return (struct copse_noise_room){data, size};
}

/* One message of a transcript passes from `from` to `to`, in the handshake or after it. */
static void pass(struct side *from, struct side *to, const json_t *message)
{
    uint8_t payload[1024];
    uint8_t expected[2048];
    uint8_t sent[2048];
    uint8_t got[2048];
    struct copse_slice plain = {
        payload, unhex(payload, sizeof payload, json_object_get(message, "payload"))};
    size_t expected_size = unhex(expected, sizeof expected, json_object_get(message, "ciphertext"));
    struct copse_slice out = {NULL, 0};
    struct copse_slice in = {NULL, 0};
    if (!copse_noise_is_done(&from->noise)) {
        assert_true(copse_noise_writes(&from->noise));
        assert_int_equal(copse_noise_write(&from->noise, &out, room_of(sent, sizeof sent), plain),
                         0);
        assert_int_equal(copse_noise_read(&to->noise, &in, room_of(got, sizeof got), out), 0);
        if (copse_noise_is_done(&from->noise)) {
            assert_true(copse_noise_is_done(&to->noise));
            assert_memory_equal(from->noise.hash, to->noise.hash, COPSE_NOISE_HASH_BYTES);
            copse_noise_split(&from->noise, &from->send, &from->receive);
            copse_noise_split(&to->noise, &to->send, &to->receive);
        }
    } else {
        assert_int_equal(copse_noise_encrypt(&from->send, &out, room_of(sent, sizeof sent), plain),
                         0);
        assert_int_equal(copse_noise_decrypt(&to->receive, &in, room_of(got, sizeof got), out), 0);
    }
    assert_int_equal(out.size, expected_size);
    assert_memory_equal(out.data, expected, expected_size);
    assert_true(copse_bytes_equal(in, plain));
}

static void run_vector(const json_t *vector)
{
    struct copse_noise_pattern pattern =
        pattern_of(json_string_value(json_object_get(vector, "protocol_name")));
    struct side sides[2];
    side_init(&sides[0], vector, &pattern, COPSE_NOISE_INITIATOR);
    side_init(&sides[1], vector, &pattern, COPSE_NOISE_RESPONDER);
    const json_t *messages = json_object_get(vector, "messages");
    for (size_t i = 0; i < json_array_size(messages); i++) {
        pass(&sides[i % 2], &sides[1 - i % 2], json_array_get(messages, i));
    }
    const json_t *hash = json_object_get(vector, "handshake_hash");
    if (hash != NULL) {
        uint8_t expected[COPSE_NOISE_HASH_BYTES];
        assert_int_equal(unhex(expected, sizeof expected, hash), sizeof expected);
        assert_memory_equal(sides[0].noise.hash, expected, sizeof expected);
    }
    copse_noise_deinit(&sides[0].noise);
    copse_noise_deinit(&sides[1].noise);
}

static void run_file(const char *name)
{
    size_t size = 0;
    char *text = copse_shared_load(&size, name);
    if (text == NULL) {
        skip();
    }
    json_t *root = json_loadb(text, size, 0, NULL);
    assert_non_null(root);
    const json_t *vectors = json_is_array(root) ? root : json_object_get(root, "vectors");
    assert_true(json_array_size(vectors) >= 3);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        run_vector(json_array_get(vectors, i));
    }
    json_decref(root);
    copse_shared_free(text);
}

static void noise__gives_the_published_xx_transcripts(void **state)
{
    (void)state;
    run_file("vectors/noise_XX_25519_ChaChaPoly_BLAKE2b.cacophony.json");
    run_file("vectors/noise_XX_25519_ChaChaPoly_BLAKE2b.snow.json");
}

static void noise__gives_the_published_transcripts_of_other_patterns(void **state)
{
    (void)state;
    run_file("vectors/noise_other_25519_ChaChaPoly_BLAKE2b.json");
}

static void make_side(struct side *side, const struct copse_noise_pattern *pattern,
                      enum copse_noise_role role, uint8_t mark)
{
    uint8_t seed[COPSE_NOISE_KEY_BYTES];
    uint8_t psk[COPSE_NOISE_KEY_BYTES];
    memset(seed, mark, sizeof seed);
    memset(psk, 9, sizeof psk);
    struct copse_noise_options options = {.pattern = pattern,
                                          .role = role,
                                          .prologue = copse_bytes_of_string("copse/1"),
                                          .psks = psk};
    copse_noise_pair_from_seed(&options.own, seed);
    seed[0] ^= 0x55;
    copse_noise_pair_from_seed(&options.ephemeral, seed);
    copse_noise_init(&side->noise, &options);
}

/* Run a handshake in which byte `at` of all that passes is changed by `flip`; how many messages
 * were accepted? */
static size_t run_changed(const struct copse_noise_pattern *pattern, size_t at, uint8_t flip)
{
    struct side sides[2];
    make_side(&sides[0], pattern, COPSE_NOISE_INITIATOR, 1);
    make_side(&sides[1], pattern, COPSE_NOISE_RESPONDER, 2);
    size_t passed = 0;
    size_t accepted = 0;
    for (size_t i = 0; i < pattern->message_count; i++) {
        uint8_t sent[256];
        uint8_t got[256];
        struct copse_slice out = {NULL, 0};
        struct copse_slice in = {NULL, 0};
        assert_int_equal(copse_noise_write(&sides[i % 2].noise, &out, room_of(sent, sizeof sent),
                                           (struct copse_slice){NULL, 0}),
                         0);
        if (at >= passed && at < passed + out.size) {
            sent[at - passed] ^= flip;
        }
        passed += out.size;
        if (copse_noise_read(&sides[1 - i % 2].noise, &in, room_of(got, sizeof got), out) !=
            COPSE_OK) {
            assert_false(copse_noise_is_done(&sides[1 - i % 2].noise));
            assert_false(copse_noise_writes(&sides[1 - i % 2].noise));
            return accepted;
        }
        accepted++;
    }
    return accepted;
}

static void noise__no_changed_byte_passes(void **state)
{
    (void)state;
    const struct copse_noise_pattern *patterns[] = {copse_noise_xx(), copse_noise_xxpsk0()};
    for (size_t p = 0; p < 2; p++) {
        assert_int_equal(run_changed(patterns[p], SIZE_MAX, 0), 3);
        size_t sizes = 32 + 96 + 64 + (p == 1 ? 16 : 0);
        for (size_t at = 0; at < sizes; at++) {
            /* The top bit of an X25519 key means nothing to the DH, but it is hashed. */
            assert_true(run_changed(patterns[p], at, 0x80) < 3);
            assert_true(run_changed(patterns[p], at, 0x01) < 3);
        }
    }
}

static void noise__refuses_a_key_whose_dh_is_zero(void **state)
{
    (void)state;
    struct side side;
    make_side(&side, copse_noise_xx(), COPSE_NOISE_INITIATOR, 1);
    uint8_t room[256];
    struct copse_slice out;
    assert_int_equal(copse_noise_write(&side.noise, &out, room_of(room, sizeof room),
                                       (struct copse_slice){NULL, 0}),
                     0);
    uint8_t zeros[96] = {0};
    struct copse_slice in;
    assert_int_equal(copse_noise_read(&side.noise, &in, room_of(room, sizeof room),
                                      (struct copse_slice){zeros, sizeof zeros}),
                     COPSE_ERR_SIGNATURE);
}

static void noise__a_failed_decryption_does_not_move_the_nonce(void **state)
{
    (void)state;
    struct copse_noise_cipher send = {.nonce = 7};
    struct copse_noise_cipher receive = {.nonce = 7};
    uint8_t sealed[64];
    uint8_t opened[64];
    struct copse_slice out;
    struct copse_slice in;
    assert_int_equal(copse_noise_encrypt(&send, &out, room_of(sealed, sizeof sealed),
                                         copse_bytes_of_string("hello")),
                     0);
    sealed[3] ^= 1;
    assert_int_equal(copse_noise_decrypt(&receive, &in, room_of(opened, sizeof opened), out),
                     COPSE_ERR_SIGNATURE);
    assert_int_equal(receive.nonce, 7);
    sealed[3] ^= 1;
    assert_int_equal(copse_noise_decrypt(&receive, &in, room_of(opened, sizeof opened), out), 0);
    assert_int_equal(receive.nonce, 8);
    send.nonce = UINT64_MAX;
    assert_int_equal(copse_noise_encrypt(&send, &out, room_of(sealed, sizeof sealed),
                                         copse_bytes_of_string("x")),
                     COPSE_ERR_LIMIT);
}

static void noise__both_sides_rekey_alike(void **state)
{
    (void)state;
    struct copse_noise_cipher send = {.nonce = 3};
    struct copse_noise_cipher receive = {.nonce = 3};
    copse_noise_rekey(&send);
    uint8_t sealed[64];
    uint8_t opened[64];
    struct copse_slice out;
    struct copse_slice in;
    assert_int_equal(copse_noise_encrypt(&send, &out, room_of(sealed, sizeof sealed),
                                         copse_bytes_of_string("after")),
                     0);
    assert_int_equal(copse_noise_decrypt(&receive, &in, room_of(opened, sizeof opened), out),
                     COPSE_ERR_SIGNATURE);
    copse_noise_rekey(&receive);
    assert_int_equal(copse_noise_decrypt(&receive, &in, room_of(opened, sizeof opened), out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise__gives_the_published_xx_transcripts),
        cmocka_unit_test(noise__gives_the_published_transcripts_of_other_patterns),
        cmocka_unit_test(noise__no_changed_byte_passes),
        cmocka_unit_test(noise__refuses_a_key_whose_dh_is_zero),
        cmocka_unit_test(noise__a_failed_decryption_does_not_move_the_nonce),
        cmocka_unit_test(noise__both_sides_rekey_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
