/* How it works: bytes are gathered in `in` until a head of two bytes and the body it announces are
 * there. During the handshake a body goes to the Noise machine and must carry nothing; afterwards
 * it is decrypted where it lies and handed out as a message. The length is checked as soon as
 * the head is read, so a stranger cannot make this side wait for more than a handshake.
 */
#include "protocol/wire/record.h"

#include <sodium.h>
#include <string.h>

#define PROLOGUE_BYTES 24u /* "copse/1", a zero byte, 16 bytes of the network; SPEC 10.2 */

/* SPEC 10.2: "the first 16 bytes of its hash, personalised `copse.network.v1`" */
static void make_prologue(uint8_t out[PROLOGUE_BYTES], const uint8_t *network_key)
{
    static const unsigned char personal[crypto_generichash_blake2b_PERSONALBYTES] =
        "copse.network.v1";
    static const uint8_t name[] = {'c', 'o', 'p', 's', 'e', '/', '1'};
    memset(out, 0, PROLOGUE_BYTES);
    memcpy(out, name, sizeof name);
    if (network_key != NULL) {
        uint8_t hash[32];
        (void)crypto_generichash_blake2b_salt_personal(
            hash, sizeof hash, network_key, COPSE_NOISE_KEY_BYTES, NULL, 0, NULL, personal);
        memcpy(out + 8, hash, 16);
    }
}

enum copse_err copse_record_init(struct copse_record *record,
                                 const struct copse_record_options *options,
                                 const struct copse_memory *memory)
{
    uint8_t *in = copse_memory_new(memory, COPSE_RECORD_BYTES_MAX, 1);
    if (in == NULL) {
        return COPSE_ERR_NOMEM;
    }
    memset(record, 0, sizeof *record);
    record->in = in;
    record->memory = memory;
    record->expects_key = options->expected_key != NULL;
    if (record->expects_key) {
        memcpy(record->expected_key, options->expected_key, sizeof record->expected_key);
    }
    uint8_t prologue[PROLOGUE_BYTES];
    make_prologue(prologue, options->network_key);
    bool is_public = options->network_key == NULL;
    struct copse_noise_options noise = {
        .pattern = is_public ? copse_noise_xx() : copse_noise_xxpsk0(),
        .role = options->role,
        .prologue = {prologue, sizeof prologue},
        .own = options->node,
        .ephemeral = options->ephemeral,
        .psks = options->network_key,
    };
    copse_noise_init(&record->noise, &noise);
    return COPSE_OK;
}

void copse_record_deinit(struct copse_record *record)
{
    copse_memory_free(record->memory, record->in);
    copse_noise_deinit(&record->noise);
    sodium_memzero(record, sizeof *record);
}

static enum copse_err close_record(struct copse_record *record, enum copse_err err)
{
    record->state = COPSE_RECORD_CLOSED;
    return err;
}

/* Once both sides have said all: make the ciphers and look at who it is. */
static enum copse_err finish_handshake(struct copse_record *record)
{
    if (!copse_noise_is_done(&record->noise)) {
        return COPSE_OK;
    }
    if (record->expects_key &&
        memcmp(record->expected_key, record->noise.peer_static, sizeof record->expected_key) != 0) {
        return close_record(record, COPSE_ERR_SIGNATURE);
    }
    copse_noise_split(&record->noise, &record->send, &record->receive);
    record->state = COPSE_RECORD_OPEN;
    return COPSE_OK;
}

static enum copse_err take_handshake(struct copse_record *record, struct copse_slice body)
{
    uint8_t room[COPSE_RECORD_HANDSHAKE_MAX];
    struct copse_slice payload = {NULL, 0};
    enum copse_err err = copse_noise_read(&record->noise, &payload,
                                          (struct copse_noise_room){room, sizeof room}, body);
    if (err != COPSE_OK) {
        return close_record(record, err);
    }
    /* SPEC 10.2: "Handshake payloads MUST be empty." */
    if (payload.size > 0) {
        return close_record(record, COPSE_ERR_DECODE);
    }
    return finish_handshake(record);
}

/* SPEC 10.3: "Each direction is rekeyed (Noise 11.3) after every 65,536 records" */
static void count_record(struct copse_noise_cipher *cipher, uint32_t *count)
{
    (*count)++;
    if (*count == COPSE_RECORD_REKEY_EVERY) {
        copse_noise_rekey(cipher);
        *count = 0;
    }
}

static enum copse_err take_message(struct copse_record *record, struct copse_slice *message,
                                   struct copse_slice body)
{
    struct copse_noise_room room = {record->in + COPSE_RECORD_HEAD_BYTES, COPSE_RECORD_BODY_MAX};
    struct copse_slice plain = {NULL, 0};
    enum copse_err err = copse_noise_decrypt(&record->receive, &plain, room, body);
    if (err != COPSE_OK) {
        return close_record(record, COPSE_ERR_SIGNATURE);
    }
    if (plain.size == 0) {
        return close_record(record, COPSE_ERR_DECODE);
    }
    count_record(&record->receive, &record->received);
    *message = plain;
    return COPSE_OK;
}

/* Move bytes in until `in` holds `wanted`. True when it does. */
static bool gather(struct copse_record *record, struct copse_slice *bytes, size_t wanted)
{
    size_t missing = wanted - record->in_size;
    size_t taken = bytes->size < missing ? bytes->size : missing;
    if (taken > 0) {
        memcpy(record->in + record->in_size, bytes->data, taken);
        *bytes = (struct copse_slice){bytes->data + taken, bytes->size - taken};
        record->in_size += taken;
    }
    return record->in_size == wanted;
}

enum copse_err copse_record_recv(struct copse_record *record, struct copse_slice *message,
                                 struct copse_slice *bytes)
{
    *message = (struct copse_slice){NULL, 0};
    while (record->state != COPSE_RECORD_CLOSED) {
        if (record->in_size < COPSE_RECORD_HEAD_BYTES &&
            !gather(record, bytes, COPSE_RECORD_HEAD_BYTES)) {
            return COPSE_OK;
        }
        size_t size = copse_bytes_get_u16(record->in);
        bool is_open = record->state == COPSE_RECORD_OPEN;
        if (size < COPSE_NOISE_TAG_BYTES || (!is_open && size > COPSE_RECORD_HANDSHAKE_MAX)) {
            return close_record(record, COPSE_ERR_DECODE);
        }
        if (!gather(record, bytes, COPSE_RECORD_HEAD_BYTES + size)) {
            return COPSE_OK;
        }
        struct copse_slice body = {record->in + COPSE_RECORD_HEAD_BYTES, size};
        record->in_size = 0;
        if (is_open) {
            return take_message(record, message, body);
        }
        enum copse_err err = take_handshake(record, body);
        if (err != COPSE_OK) {
            return err;
        }
        /* The peer may have sent more at once, but this side may have to answer first. */
        if (copse_noise_writes(&record->noise)) {
            return COPSE_OK;
        }
    }
    return COPSE_ERR_DECODE;
}

enum copse_err copse_record_handshake(struct copse_record *record, struct copse_slice *out,
                                      struct copse_noise_room room)
{
    *out = (struct copse_slice){NULL, 0};
    if (record->state != COPSE_RECORD_HANDSHAKE || !copse_noise_writes(&record->noise)) {
        return COPSE_OK;
    }
    COPSE_ASSERT(room.size >= COPSE_RECORD_HEAD_BYTES + COPSE_RECORD_HANDSHAKE_MAX);
    struct copse_noise_room body = {room.data + COPSE_RECORD_HEAD_BYTES,
                                    room.size - COPSE_RECORD_HEAD_BYTES};
    struct copse_slice made = {NULL, 0};
    enum copse_err err =
        copse_noise_write(&record->noise, &made, body, (struct copse_slice){NULL, 0});
    if (err != COPSE_OK) {
        return close_record(record, COPSE_ERR_SIGNATURE);
    }
    copse_bytes_put_u16(room.data, (uint16_t)made.size);
    err = finish_handshake(record);
    if (err == COPSE_OK) {
        *out = (struct copse_slice){room.data, COPSE_RECORD_HEAD_BYTES + made.size};
    }
    return err;
}

enum copse_err copse_record_seal(struct copse_record *record, struct copse_slice *out,
                                 struct copse_noise_room room, struct copse_slice message)
{
    COPSE_ASSERT(record->state == COPSE_RECORD_OPEN);
    COPSE_ASSERT(message.size > 0);
    if (message.size > COPSE_RECORD_MESSAGE_MAX || room.size < COPSE_RECORD_HEAD_BYTES) {
        return COPSE_ERR_LIMIT;
    }
    struct copse_noise_room body = {room.data + COPSE_RECORD_HEAD_BYTES,
                                    room.size - COPSE_RECORD_HEAD_BYTES};
    struct copse_slice made = {NULL, 0};
    enum copse_err err = copse_noise_encrypt(&record->send, &made, body, message);
    if (err != COPSE_OK) {
        return err;
    }
    count_record(&record->send, &record->sent);
    copse_bytes_put_u16(room.data, (uint16_t)made.size);
    *out = (struct copse_slice){room.data, COPSE_RECORD_HEAD_BYTES + made.size};
    return COPSE_OK;
}

const uint8_t *copse_record_peer_key(const struct copse_record *record)
{
    COPSE_ASSERT(record->state == COPSE_RECORD_OPEN);
    return record->noise.peer_static;
}

const uint8_t *copse_record_session_hash(const struct copse_record *record)
{
    COPSE_ASSERT(record->state == COPSE_RECORD_OPEN);
    return record->noise.hash;
}
