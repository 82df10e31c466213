/* Records: the handshake and then encrypted messages over a byte stream (SPEC 10.2 to 10.4).
 *
 * A pure state machine for one side of one stream. Bytes come in, in pieces of any size;
 * messages come out, each once; bytes to send are made on request.
 *
 *   HANDSHAKE --last message--> OPEN
 *     any state --bad bytes, limit--> CLOSED (final)
 */
#ifndef COPSE_PROTOCOL_WIRE_RECORD_H
#define COPSE_PROTOCOL_WIRE_RECORD_H

#include "protocol/base/memory.h"
#include "protocol/wire/noise.h"

#define COPSE_RECORD_HEAD_BYTES 2u
#define COPSE_RECORD_BODY_MAX 65535u    /* SPEC 10.3 */
#define COPSE_RECORD_MESSAGE_MAX 65519u /* SPEC 10.4 */
#define COPSE_RECORD_BYTES_MAX (COPSE_RECORD_HEAD_BYTES + COPSE_RECORD_BODY_MAX)
#define COPSE_RECORD_HANDSHAKE_MAX 256u /* body of a record before the handshake is over */
#define COPSE_RECORD_REKEY_EVERY 65536u /* records; SPEC 10.3 */

enum copse_record_state { COPSE_RECORD_HANDSHAKE, COPSE_RECORD_OPEN, COPSE_RECORD_CLOSED };

struct copse_record_options {
    enum copse_noise_role role;
    struct copse_noise_pair node;      /* this node's transport pair */
    struct copse_noise_pair ephemeral; /* from fresh random bytes */
    const uint8_t *network_key;        /* COPSE_NOISE_KEY_BYTES, or NULL for the public network */
    const uint8_t *expected_key;       /* the peer's node key if it is known before, or NULL */
};

struct copse_record {
    enum copse_record_state state;
    struct copse_noise noise;
    struct copse_noise_cipher send;
    struct copse_noise_cipher receive;
    uint32_t sent;     /* records since the last rekey */
    uint32_t received; /* the same */
    bool expects_key;
    uint8_t expected_key[COPSE_NOISE_KEY_BYTES];
    uint8_t *in; /* the record that is coming in */
    size_t in_size;
    const struct copse_memory *memory;
};

/* Begin. Allocates room for one record. COPSE_OK or COPSE_ERR_NOMEM. End with copse_record_deinit,
 * which wipes the keys. */
enum copse_err copse_record_init(struct copse_record *record,
                                 const struct copse_record_options *options,
                                 const struct copse_memory *memory) COPSE_MUST_CHECK;
void copse_record_deinit(struct copse_record *record);

/* Take bytes off the front of *bytes (untrusted) until a message is whole or they are used up. Sets
 * *message, borrowed until the next call, or an empty one when more bytes are needed.
 * COPSE_OK; COPSE_ERR_DECODE or COPSE_ERR_SIGNATURE: CLOSED; drop the stream without a word. */
enum copse_err copse_record_recv(struct copse_record *record, struct copse_slice *message,
                                 struct copse_slice *bytes) COPSE_MUST_CHECK;

/* The handshake bytes that are due, into `room` of COPSE_RECORD_HEAD_BYTES +
 * COPSE_RECORD_HANDSHAKE_MAX; empty when it is not this side's turn. Call after init and after each
 * recv. COPSE_OK, or COPSE_ERR_SIGNATURE: CLOSED. */
enum copse_err copse_record_handshake(struct copse_record *record, struct copse_slice *out,
                                      struct copse_noise_room room) COPSE_MUST_CHECK;

/* Make the record of one message in `room`, which needs COPSE_RECORD_HEAD_BYTES +
 * COPSE_NOISE_TAG_BYTES more than the message. Only when OPEN.
 * COPSE_OK; COPSE_ERR_LIMIT (message too large, or no room; nothing changed). */
enum copse_err copse_record_seal(struct copse_record *record, struct copse_slice *out,
                                 struct copse_noise_room room,
                                 struct copse_slice message) COPSE_MUST_CHECK;

/* When OPEN: the peer's node key, and the handshake hash, which names the session. */
const uint8_t *copse_record_peer_key(const struct copse_record *record);
const uint8_t *copse_record_session_hash(const struct copse_record *record);

#endif
