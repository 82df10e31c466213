/* How it works: mix_hash and mix_key keep the running hash and chaining key of Noise 5.2; a
 * message is its tokens in order and then the payload. Reading and writing walk the same
 * tokens; only E and S differ, since one sends a key and the other takes it off the message.
 *
 * Failure: a failed DH or decryption sets has_failed and every later call refuses, so nothing
 * can be taken from a handshake that went wrong.
 */
#include "protocol/wire/noise.h"

#include <sodium.h>
#include <string.h>

#define BLOCK_BYTES 128u /* of BLAKE2b, for HMAC */

_Static_assert(COPSE_NOISE_KEY_BYTES == crypto_scalarmult_BYTES, "keys are X25519 keys");
_Static_assert(COPSE_NOISE_TAG_BYTES == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag size");

const struct copse_noise_pattern *copse_noise_xx(void)
{
    static const struct copse_noise_pattern xx = {
        .name = "Noise_XX_25519_ChaChaPoly_BLAKE2b",
        .messages = {{COPSE_NOISE_E},
                     {COPSE_NOISE_E, COPSE_NOISE_EE, COPSE_NOISE_S, COPSE_NOISE_ES},
                     {COPSE_NOISE_S, COPSE_NOISE_SE}},
        .message_count = 3,
    };
    return &xx;
}

const struct copse_noise_pattern *copse_noise_xxpsk0(void)
{
    static const struct copse_noise_pattern xxpsk0 = {
        .name = "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b",
        .messages = {{COPSE_NOISE_PSK, COPSE_NOISE_E},
                     {COPSE_NOISE_E, COPSE_NOISE_EE, COPSE_NOISE_S, COPSE_NOISE_ES},
                     {COPSE_NOISE_S, COPSE_NOISE_SE}},
        .message_count = 3,
        .has_psk = true,
    };
    return &xxpsk0;
}

void copse_noise_pair_from_seed(struct copse_noise_pair *out,
                                const uint8_t seed[COPSE_NOISE_KEY_BYTES])
{
    memcpy(out->secret_key, seed, sizeof out->secret_key);
    int failed = crypto_scalarmult_base(out->public_key, out->secret_key);
    COPSE_ASSERT(failed == 0);
}

/* ---- ciphers: Noise 5.1 ---- */

static void nonce_bytes(uint8_t out[12], uint64_t nonce)
{
    memset(out, 0, 4);
    for (size_t i = 0; i < 8; i++) {
        out[4 + i] = (uint8_t)(nonce >> (8 * i));
    }
}

static enum copse_err seal(struct copse_noise_cipher *cipher, struct copse_noise_room room,
                           struct copse_slice plaintext, struct copse_slice ad)
{
    /* 2^64 - 1 is kept for REKEY. */
    if (cipher->nonce == UINT64_MAX || room.size < COPSE_NOISE_TAG_BYTES ||
        plaintext.size > room.size - COPSE_NOISE_TAG_BYTES) {
        return COPSE_ERR_LIMIT;
    }
    uint8_t nonce[12];
    nonce_bytes(nonce, cipher->nonce);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(room.data, NULL, plaintext.data, plaintext.size,
                                                    ad.data, ad.size, NULL, nonce, cipher->key);
    cipher->nonce++;
    return COPSE_OK;
}

static enum copse_err unseal(struct copse_noise_cipher *cipher, struct copse_noise_room room,
                             struct copse_slice ciphertext, struct copse_slice ad)
{
    if (ciphertext.size < COPSE_NOISE_TAG_BYTES) {
        return COPSE_ERR_SIGNATURE;
    }
    if (cipher->nonce == UINT64_MAX || ciphertext.size - COPSE_NOISE_TAG_BYTES > room.size) {
        return COPSE_ERR_LIMIT;
    }
    uint8_t nonce[12];
    nonce_bytes(nonce, cipher->nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(room.data, NULL, NULL, ciphertext.data,
                                                  ciphertext.size, ad.data, ad.size, nonce,
                                                  cipher->key) != 0) {
        return COPSE_ERR_SIGNATURE;
    }
    /* SPEC 10.3: "The nonce goes on only after success." */
    cipher->nonce++;
    return COPSE_OK;
}

enum copse_err copse_noise_encrypt(struct copse_noise_cipher *cipher, struct copse_slice *out,
                                   struct copse_noise_room room, struct copse_slice plaintext)
{
    enum copse_err err = seal(cipher, room, plaintext, (struct copse_slice){NULL, 0});
    if (err == COPSE_OK) {
        *out = (struct copse_slice){room.data, plaintext.size + COPSE_NOISE_TAG_BYTES};
    }
    return err;
}

enum copse_err copse_noise_decrypt(struct copse_noise_cipher *cipher, struct copse_slice *out,
                                   struct copse_noise_room room, struct copse_slice ciphertext)
{
    enum copse_err err = unseal(cipher, room, ciphertext, (struct copse_slice){NULL, 0});
    if (err == COPSE_OK) {
        *out = (struct copse_slice){room.data, ciphertext.size - COPSE_NOISE_TAG_BYTES};
    }
    return err;
}

void copse_noise_rekey(struct copse_noise_cipher *cipher)
{
    uint8_t zeros[COPSE_NOISE_KEY_BYTES] = {0};
    uint8_t sealed[COPSE_NOISE_KEY_BYTES + COPSE_NOISE_TAG_BYTES];
    uint8_t nonce[12];
    nonce_bytes(nonce, UINT64_MAX);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(sealed, NULL, zeros, sizeof zeros, NULL, 0,
                                                    NULL, nonce, cipher->key);
    memcpy(cipher->key, sealed, sizeof cipher->key);
    sodium_memzero(sealed, sizeof sealed);
}

/* ---- hashing: Noise 4.3 and 5.2 ---- */

static void hash_two(uint8_t out[COPSE_NOISE_HASH_BYTES], struct copse_slice a,
                     struct copse_slice b)
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, COPSE_NOISE_HASH_BYTES);
    (void)crypto_generichash_update(&state, a.data, a.size);
    (void)crypto_generichash_update(&state, b.data, b.size);
    (void)crypto_generichash_final(&state, out, COPSE_NOISE_HASH_BYTES);
}

/* HMAC (RFC 2104) with BLAKE2b; `key` is at most a block. */
static void hmac(uint8_t out[COPSE_NOISE_HASH_BYTES], struct copse_slice key,
                 struct copse_slice message)
{
    COPSE_ASSERT(key.size <= BLOCK_BYTES);
    uint8_t inner_key[BLOCK_BYTES];
    uint8_t outer_key[BLOCK_BYTES];
    memset(inner_key, 0x36, sizeof inner_key);
    memset(outer_key, 0x5c, sizeof outer_key);
    for (size_t i = 0; i < key.size; i++) {
        inner_key[i] ^= key.data[i];
        outer_key[i] ^= key.data[i];
    }
    uint8_t inner[COPSE_NOISE_HASH_BYTES];
    hash_two(inner, (struct copse_slice){inner_key, sizeof inner_key}, message);
    hash_two(out, (struct copse_slice){outer_key, sizeof outer_key},
             (struct copse_slice){inner, sizeof inner});
    sodium_memzero(inner_key, sizeof inner_key);
    sodium_memzero(outer_key, sizeof outer_key);
    sodium_memzero(inner, sizeof inner);
}

/* Up to three outputs of the HKDF of Noise 4.3, from the chaining key. */
static void derive(uint8_t (*out)[COPSE_NOISE_HASH_BYTES], size_t count,
                   const uint8_t chaining_key[COPSE_NOISE_HASH_BYTES], struct copse_slice input)
{
    uint8_t temporary[COPSE_NOISE_HASH_BYTES];
    uint8_t message[COPSE_NOISE_HASH_BYTES + 1];
    hmac(temporary, (struct copse_slice){chaining_key, COPSE_NOISE_HASH_BYTES}, input);
    for (size_t i = 0; i < count; i++) {
        size_t carried = i == 0 ? 0 : COPSE_NOISE_HASH_BYTES;
        if (carried > 0) {
            memcpy(message, out[i - 1], carried);
        }
        message[carried] = (uint8_t)(i + 1);
        hmac(out[i], (struct copse_slice){temporary, sizeof temporary},
             (struct copse_slice){message, carried + 1});
    }
    sodium_memzero(temporary, sizeof temporary);
    sodium_memzero(message, sizeof message);
}

static void mix_hash(struct copse_noise *noise, struct copse_slice data)
{
    uint8_t hash[COPSE_NOISE_HASH_BYTES];
    hash_two(hash, (struct copse_slice){noise->hash, sizeof noise->hash}, data);
    memcpy(noise->hash, hash, sizeof noise->hash);
}

static void set_key(struct copse_noise *noise, const uint8_t key[COPSE_NOISE_HASH_BYTES])
{
    memcpy(noise->cipher.key, key, sizeof noise->cipher.key);
    noise->cipher.nonce = 0;
    noise->has_key = true;
}

static void mix_key(struct copse_noise *noise, struct copse_slice input)
{
    uint8_t keys[2][COPSE_NOISE_HASH_BYTES];
    derive(keys, 2, noise->chaining_key, input);
    memcpy(noise->chaining_key, keys[0], sizeof noise->chaining_key);
    set_key(noise, keys[1]);
    sodium_memzero(keys, sizeof keys);
}

static void mix_psk(struct copse_noise *noise)
{
    uint8_t keys[3][COPSE_NOISE_HASH_BYTES];
    const uint8_t *psk = noise->psks[noise->next_psk++];
    derive(keys, 3, noise->chaining_key, (struct copse_slice){psk, COPSE_NOISE_KEY_BYTES});
    memcpy(noise->chaining_key, keys[0], sizeof noise->chaining_key);
    mix_hash(noise, (struct copse_slice){keys[1], sizeof keys[1]});
    set_key(noise, keys[2]);
    sodium_memzero(keys, sizeof keys);
}

/* ---- handshake: Noise 5.3 ---- */

static size_t count_psks(const struct copse_noise_pattern *pattern)
{
    size_t count = 0;
    for (size_t i = 0; i < pattern->message_count; i++) {
        for (size_t k = 0; k < COPSE_NOISE_TOKENS_MAX; k++) {
            count += pattern->messages[i][k] == COPSE_NOISE_PSK;
        }
    }
    return count;
}

void copse_noise_init(struct copse_noise *noise, const struct copse_noise_options *options)
{
    memset(noise, 0, sizeof *noise);
    noise->pattern = options->pattern;
    noise->role = options->role;
    noise->own = options->own;
    noise->ephemeral = options->ephemeral;
    size_t psk_count = count_psks(options->pattern);
    COPSE_ASSERT(psk_count <= COPSE_ARRAY_SIZE(noise->psks));
    if (psk_count > 0) {
        memcpy(noise->psks, options->psks, psk_count * COPSE_NOISE_KEY_BYTES);
    }
    struct copse_slice name = copse_bytes_of_string(options->pattern->name);
    if (name.size <= sizeof noise->hash) {
        memcpy(noise->hash, name.data, name.size);
    } else {
        hash_two(noise->hash, name, (struct copse_slice){NULL, 0});
    }
    memcpy(noise->chaining_key, noise->hash, sizeof noise->chaining_key);
    mix_hash(noise, options->prologue);
    if (options->pattern->knows_responder) {
        COPSE_ASSERT(options->responder_key != NULL);
        mix_hash(noise, (struct copse_slice){options->responder_key, COPSE_NOISE_KEY_BYTES});
        if (options->role == COPSE_NOISE_INITIATOR) {
            memcpy(noise->peer_static, options->responder_key, sizeof noise->peer_static);
        }
    }
}

void copse_noise_deinit(struct copse_noise *noise)
{
    sodium_memzero(noise, sizeof *noise);
}

bool copse_noise_is_done(const struct copse_noise *noise)
{
    return !noise->has_failed && noise->next_message == noise->pattern->message_count;
}

/* Message 0 is the initiator's, and so on in turn. */
static bool is_own_turn(const struct copse_noise *noise)
{
    bool is_initiators = noise->next_message % 2 == 0;
    return is_initiators == (noise->role == COPSE_NOISE_INITIATOR);
}

bool copse_noise_writes(const struct copse_noise *noise)
{
    return !noise->has_failed && !copse_noise_is_done(noise) && is_own_turn(noise);
}

static enum copse_err mix_dh(struct copse_noise *noise, const uint8_t *secret,
                             const uint8_t *public_key)
{
    uint8_t shared[COPSE_NOISE_KEY_BYTES];
    /* SPEC 10.2: "A result of zeros from X25519, a failed decryption, or a node key other than the
     * one expected ends the session at once and without a word." */
    if (crypto_scalarmult(shared, secret, public_key) != 0) {
        return COPSE_ERR_SIGNATURE;
    }
    mix_key(noise, (struct copse_slice){shared, sizeof shared});
    sodium_memzero(shared, sizeof shared);
    return COPSE_OK;
}

/* The DH of a token: its first letter names the initiator's key, its second the responder's. */
static enum copse_err mix_token_dh(struct copse_noise *noise, enum copse_noise_token token)
{
    bool is_initiator = noise->role == COPSE_NOISE_INITIATOR;
    bool initiator_static = token == COPSE_NOISE_SE || token == COPSE_NOISE_SS;
    bool responder_static = token == COPSE_NOISE_ES || token == COPSE_NOISE_SS;
    bool own_static = is_initiator ? initiator_static : responder_static;
    bool peer_static = is_initiator ? responder_static : initiator_static;
    return mix_dh(noise, own_static ? noise->own.secret_key : noise->ephemeral.secret_key,
                  peer_static ? noise->peer_static : noise->peer_ephemeral);
}

/* An ephemeral key that passed: Noise 9.2 mixes it into the key as well where psks are used. */
static void mix_ephemeral(struct copse_noise *noise, const uint8_t *public_key)
{
    struct copse_slice bytes = {public_key, COPSE_NOISE_KEY_BYTES};
    mix_hash(noise, bytes);
    if (noise->pattern->has_psk) {
        mix_key(noise, bytes);
    }
}

/* EncryptAndHash: plaintext goes out as it is while there is no key yet. */
static enum copse_err write_hashed(struct copse_noise *noise, struct copse_noise_room *room,
                                   struct copse_slice plaintext)
{
    size_t size = plaintext.size + (noise->has_key ? COPSE_NOISE_TAG_BYTES : 0);
    COPSE_ASSERT(size <= room->size);
    if (noise->has_key) {
        enum copse_err err = seal(&noise->cipher, *room, plaintext,
                                  (struct copse_slice){noise->hash, sizeof noise->hash});
        if (err != COPSE_OK) {
            return err;
        }
    } else if (plaintext.size > 0) {
        memcpy(room->data, plaintext.data, plaintext.size);
    }
    mix_hash(noise, (struct copse_slice){room->data, size});
    *room = (struct copse_noise_room){room->data + size, room->size - size};
    return COPSE_OK;
}

/* DecryptAndHash of the next `size` bytes of plaintext off `message`. */
static enum copse_err read_hashed(struct copse_noise *noise, struct copse_noise_room room,
                                  struct copse_slice *message, size_t size)
{
    size_t sealed = size + (noise->has_key ? COPSE_NOISE_TAG_BYTES : 0);
    if (sealed > message->size) {
        return COPSE_ERR_DECODE;
    }
    struct copse_slice bytes = {message->data, sealed};
    if (noise->has_key) {
        enum copse_err err = unseal(&noise->cipher, room, bytes,
                                    (struct copse_slice){noise->hash, sizeof noise->hash});
        if (err != COPSE_OK) {
            return err;
        }
    } else if (size > 0) {
        memcpy(room.data, bytes.data, size);
    }
    mix_hash(noise, bytes);
    *message = (struct copse_slice){message->data + sealed, message->size - sealed};
    return COPSE_OK;
}

static enum copse_err write_token(struct copse_noise *noise, struct copse_noise_room *room,
                                  enum copse_noise_token token)
{
    switch (token) {
    case COPSE_NOISE_NONE:
        return COPSE_OK;
    case COPSE_NOISE_E:
        memcpy(room->data, noise->ephemeral.public_key, COPSE_NOISE_KEY_BYTES);
        *room = (struct copse_noise_room){room->data + COPSE_NOISE_KEY_BYTES,
                                          room->size - COPSE_NOISE_KEY_BYTES};
        mix_ephemeral(noise, noise->ephemeral.public_key);
        return COPSE_OK;
    case COPSE_NOISE_S:
        return write_hashed(noise, room,
                            (struct copse_slice){noise->own.public_key, COPSE_NOISE_KEY_BYTES});
    case COPSE_NOISE_PSK:
        mix_psk(noise);
        return COPSE_OK;
    case COPSE_NOISE_EE:
    case COPSE_NOISE_ES:
    case COPSE_NOISE_SE:
    case COPSE_NOISE_SS:
        return mix_token_dh(noise, token);
    }
    return COPSE_ERR_FORM;
}

static enum copse_err read_token(struct copse_noise *noise, struct copse_slice *message,
                                 enum copse_noise_token token)
{
    switch (token) {
    case COPSE_NOISE_NONE:
        return COPSE_OK;
    case COPSE_NOISE_E:
        if (message->size < COPSE_NOISE_KEY_BYTES) {
            return COPSE_ERR_DECODE;
        }
        memcpy(noise->peer_ephemeral, message->data, COPSE_NOISE_KEY_BYTES);
        *message = (struct copse_slice){message->data + COPSE_NOISE_KEY_BYTES,
                                        message->size - COPSE_NOISE_KEY_BYTES};
        mix_ephemeral(noise, noise->peer_ephemeral);
        return COPSE_OK;
    case COPSE_NOISE_S:
        return read_hashed(noise,
                           (struct copse_noise_room){noise->peer_static, COPSE_NOISE_KEY_BYTES},
                           message, COPSE_NOISE_KEY_BYTES);
    case COPSE_NOISE_PSK:
        mix_psk(noise);
        return COPSE_OK;
    case COPSE_NOISE_EE:
    case COPSE_NOISE_ES:
    case COPSE_NOISE_SE:
    case COPSE_NOISE_SS:
        return mix_token_dh(noise, token);
    }
    return COPSE_ERR_FORM;
}

static enum copse_err fail(struct copse_noise *noise, enum copse_err err)
{
    noise->has_failed = true;
    return err;
}

/* No message of any pattern carries more keys and tags than this. */
static size_t overhead_max(void)
{
    return 2 * COPSE_NOISE_KEY_BYTES + 2 * COPSE_NOISE_TAG_BYTES;
}

enum copse_err copse_noise_write(struct copse_noise *noise, struct copse_slice *out,
                                 struct copse_noise_room room, struct copse_slice payload)
{
    COPSE_ASSERT(copse_noise_writes(noise));
    if (payload.size > COPSE_NOISE_MESSAGE_MAX - overhead_max() ||
        room.size < payload.size + overhead_max()) {
        return COPSE_ERR_LIMIT;
    }
    struct copse_noise_room rest = room;
    const enum copse_noise_token *tokens = noise->pattern->messages[noise->next_message];
    for (size_t i = 0; i < COPSE_NOISE_TOKENS_MAX; i++) {
        enum copse_err err = write_token(noise, &rest, tokens[i]);
        if (err != COPSE_OK) {
            return fail(noise, err);
        }
    }
    enum copse_err err = write_hashed(noise, &rest, payload);
    if (err != COPSE_OK) {
        return fail(noise, err);
    }
    noise->next_message++;
    *out = (struct copse_slice){room.data, room.size - rest.size};
    return COPSE_OK;
}

enum copse_err copse_noise_read(struct copse_noise *noise, struct copse_slice *payload,
                                struct copse_noise_room room, struct copse_slice message)
{
    COPSE_ASSERT(!copse_noise_is_done(noise));
    if (noise->has_failed || is_own_turn(noise) || message.size > COPSE_NOISE_MESSAGE_MAX) {
        return fail(noise, COPSE_ERR_DECODE);
    }
    if (room.size < message.size) {
        return COPSE_ERR_LIMIT;
    }
    const enum copse_noise_token *tokens = noise->pattern->messages[noise->next_message];
    for (size_t i = 0; i < COPSE_NOISE_TOKENS_MAX; i++) {
        enum copse_err err = read_token(noise, &message, tokens[i]);
        if (err != COPSE_OK) {
            return fail(noise, err);
        }
    }
    size_t tag = noise->has_key ? COPSE_NOISE_TAG_BYTES : 0;
    if (message.size < tag) {
        return fail(noise, COPSE_ERR_DECODE);
    }
    size_t size = message.size - tag;
    enum copse_err err = read_hashed(noise, room, &message, size);
    if (err != COPSE_OK) {
        return fail(noise, err);
    }
    noise->next_message++;
    *payload = (struct copse_slice){room.data, size};
    return COPSE_OK;
}

void copse_noise_split(const struct copse_noise *noise, struct copse_noise_cipher *send,
                       struct copse_noise_cipher *receive)
{
    COPSE_ASSERT(copse_noise_is_done(noise));
    uint8_t keys[2][COPSE_NOISE_HASH_BYTES];
    derive(keys, 2, noise->chaining_key, (struct copse_slice){NULL, 0});
    bool is_initiator = noise->role == COPSE_NOISE_INITIATOR;
    memcpy(send->key, keys[is_initiator ? 0 : 1], sizeof send->key);
    memcpy(receive->key, keys[is_initiator ? 1 : 0], sizeof receive->key);
    send->nonce = 0;
    receive->nonce = 0;
    sodium_memzero(keys, sizeof keys);
}
