/* The Noise handshake and the ciphers it ends in (SPEC 10.2, 10.3).
 *
 * A pure state machine: the ephemeral key comes in as an argument, messages go in
 * and out as bytes. Patterns are data, so one walk serves all of them.
 *
 *   initiator: write 0, read 1, write 2      responder: read 0, write 1, read 2
 *     each message: tokens in order, then the payload       --last--> split
 *     any failure --> FAILED (final)
 *
 * Words:  token  one step of a pattern: send or read a key, mix in a DH or a psk
 *         psk    a key both sides know before (a network key)
 *
 * Source: The Noise Protocol Framework, revision 34, sections 5, 7 and 9.
 */
#ifndef COPSE_PROTOCOL_WIRE_NOISE_H
#define COPSE_PROTOCOL_WIRE_NOISE_H

#include "protocol/base/bytes.h"

#define COPSE_NOISE_KEY_BYTES 32u
#define COPSE_NOISE_HASH_BYTES 64u
#define COPSE_NOISE_TAG_BYTES 16u
#define COPSE_NOISE_MESSAGE_MAX 65535u
#define COPSE_NOISE_TOKENS_MAX 8u
#define COPSE_NOISE_MESSAGES_MAX 3u

enum copse_noise_token {
    COPSE_NOISE_NONE,
    COPSE_NOISE_E,
    COPSE_NOISE_S,
    COPSE_NOISE_EE,
    COPSE_NOISE_ES,
    COPSE_NOISE_SE,
    COPSE_NOISE_SS,
    COPSE_NOISE_PSK,
};

struct copse_noise_pattern {
    const char *name; /* of the whole protocol: "Noise_XX_25519_ChaChaPoly_BLAKE2b" */
    enum copse_noise_token messages[COPSE_NOISE_MESSAGES_MAX][COPSE_NOISE_TOKENS_MAX];
    size_t message_count;
    bool knows_responder; /* the initiator knows the responder's static key before */
    bool has_psk;
};

enum copse_noise_role { COPSE_NOISE_INITIATOR, COPSE_NOISE_RESPONDER };

struct copse_noise_pair {
    uint8_t public_key[COPSE_NOISE_KEY_BYTES];
    uint8_t secret_key[COPSE_NOISE_KEY_BYTES];
};

/* What a side begins with. Copied. */
struct copse_noise_options {
    const struct copse_noise_pattern *pattern; /* borrowed; static */
    enum copse_noise_role role;
    struct copse_slice prologue;
    struct copse_noise_pair own;       /* static pair */
    struct copse_noise_pair ephemeral; /* made anew for this handshake from fresh random bytes */
    const uint8_t *responder_key; /* COPSE_NOISE_KEY_BYTES if knows_responder, for both roles */
    const uint8_t *psks;          /* as many keys as the pattern has psk tokens, in order */
};

/* One direction of a session after the handshake. */
struct copse_noise_cipher {
    uint8_t key[COPSE_NOISE_KEY_BYTES];
    uint64_t nonce; /* of the next message */
};

struct copse_noise {
    const struct copse_noise_pattern *pattern;
    enum copse_noise_role role;
    size_t next_message;
    bool has_key;
    bool has_failed;
    struct copse_noise_cipher cipher;
    uint8_t chaining_key[COPSE_NOISE_HASH_BYTES];
    uint8_t hash[COPSE_NOISE_HASH_BYTES];
    struct copse_noise_pair own;
    struct copse_noise_pair ephemeral;
    uint8_t peer_static[COPSE_NOISE_KEY_BYTES];
    uint8_t peer_ephemeral[COPSE_NOISE_KEY_BYTES];
    uint8_t psks[COPSE_NOISE_MESSAGES_MAX + 1][COPSE_NOISE_KEY_BYTES];
    size_t next_psk;
};

/* Writable bytes. */
struct copse_noise_room {
    uint8_t *data;
    size_t size;
};

/* The patterns of SPEC 10.2. Static. */
const struct copse_noise_pattern *copse_noise_xx(void);
const struct copse_noise_pattern *copse_noise_xxpsk0(void);

/* The pair of 32 secret random bytes. */
void copse_noise_pair_from_seed(struct copse_noise_pair *out,
                                const uint8_t seed[COPSE_NOISE_KEY_BYTES]);

/* Begin. `noise` holds secrets: end with copse_noise_deinit. */
void copse_noise_init(struct copse_noise *noise, const struct copse_noise_options *options);
void copse_noise_deinit(struct copse_noise *noise);

/* Is it this side's turn to write? False when the handshake is over or failed. */
bool copse_noise_writes(const struct copse_noise *noise);

/* Have all messages passed? */
bool copse_noise_is_done(const struct copse_noise *noise);

/* Write the next handshake message with a payload (may be empty) into `room`; *out borrows from
 * it. COPSE_OK; COPSE_ERR_LIMIT (no room, nothing changed); COPSE_ERR_SIGNATURE (a DH gave
 * zeros; FAILED). */
enum copse_err copse_noise_write(struct copse_noise *noise, struct copse_slice *out,
                                 struct copse_noise_room room,
                                 struct copse_slice payload) COPSE_MUST_CHECK;

/* Read the peer's next message (untrusted); its payload is decrypted into `room`. COPSE_OK;
 * COPSE_ERR_LIMIT (no room, nothing changed); COPSE_ERR_DECODE or COPSE_ERR_SIGNATURE: the
 * handshake has FAILED; close without a word. */
enum copse_err copse_noise_read(struct copse_noise *noise, struct copse_slice *payload,
                                struct copse_noise_room room,
                                struct copse_slice message) COPSE_MUST_CHECK;

/* After the last message: the ciphers of both directions. The hash (noise->hash) names the
 * session. */
void copse_noise_split(const struct copse_noise *noise, struct copse_noise_cipher *send,
                       struct copse_noise_cipher *receive);

/* Encrypt; needs COPSE_NOISE_TAG_BYTES more room than plaintext. COPSE_OK, or COPSE_ERR_LIMIT:
 * no room, or the nonces are used up (the session must end). */
enum copse_err copse_noise_encrypt(struct copse_noise_cipher *cipher, struct copse_slice *out,
                                   struct copse_noise_room room,
                                   struct copse_slice plaintext) COPSE_MUST_CHECK;

/* Decrypt. COPSE_OK; COPSE_ERR_LIMIT as above; COPSE_ERR_SIGNATURE: not what the peer sent, or
 * not in its order; the nonce has not moved and the session must end. */
enum copse_err copse_noise_decrypt(struct copse_noise_cipher *cipher, struct copse_slice *out,
                                   struct copse_noise_room room,
                                   struct copse_slice ciphertext) COPSE_MUST_CHECK;

/* Replace the key as Noise 4.2 REKEY says. The nonce goes on. */
void copse_noise_rekey(struct copse_noise_cipher *cipher);

#endif
