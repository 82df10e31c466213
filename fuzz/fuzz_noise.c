/* Each message of the handshake, and the first record behind it, with bytes changed (SPEC 10.2).
 * The first byte says which message and whose network key; then pairs of a place and what is
 * xored there follow, or, if that byte is high, the bytes that stand in the message's place.
 * Nothing that was changed may ever open.
 */
#include "protocol/wire/record.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGES = 4, REPLACE = 0x80, NETWORK = 0x40 };

static uint8_t room[COPSE_RECORD_BYTES_MAX];

static void begin(struct copse_record *record, enum copse_noise_role role,
                  const uint8_t *network_key)
{
    struct copse_record_options options = {.role = role, .network_key = network_key};
    uint8_t seed[COPSE_NOISE_KEY_BYTES] = {(uint8_t)role, 1};
    copse_noise_pair_from_seed(&options.node, seed);
    seed[1] = 2;
    copse_noise_pair_from_seed(&options.ephemeral, seed);
    COPSE_ASSERT(copse_record_init(record, &options, copse_memory_heap()) == COPSE_OK);
}

/* Change or replace the bytes of a record. Returns its new size. */
static size_t spoil(uint8_t *bytes, size_t bytes_size, const uint8_t *data, size_t size)
{
    if ((data[0] & REPLACE) != 0) {
        memcpy(bytes, data + 1, size - 1);
        return size - 1;
    }
    for (size_t i = 1; i + 1 < size; i += 2) {
        bytes[data[i] % bytes_size] ^= data[i + 1];
    }
    return bytes_size;
}

static struct copse_slice next_record(struct copse_record *from)
{
    struct copse_slice out = {NULL, 0};
    struct copse_noise_room whole = {room, sizeof room};
    if (from->state == COPSE_RECORD_OPEN) {
        static const uint8_t hello[] = {0x92, 0x04, 0x01};
        COPSE_ASSERT(copse_record_seal(from, &out, whole,
                                       (struct copse_slice){hello, sizeof hello}) == COPSE_OK);
    } else if (copse_record_handshake(from, &out, whole) != COPSE_OK) {
        out = (struct copse_slice){NULL, 0};
    }
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 4096) {
        return 0;
    }
    static const uint8_t key[COPSE_NOISE_KEY_BYTES] = {5};
    struct copse_record ends[2];
    begin(&ends[0], COPSE_NOISE_INITIATOR, (data[0] & NETWORK) != 0 ? key : NULL);
    begin(&ends[1], COPSE_NOISE_RESPONDER, (data[0] & NETWORK) != 0 ? key : NULL);
    size_t spoiled = data[0] % MESSAGES;
    bool is_changed = false;
    for (size_t i = 0; i < MESSAGES; i++) {
        /* Record 3 is the responder's first message behind the handshake. */
        struct copse_slice sent = next_record(&ends[i % 2]);
        static uint8_t honest[COPSE_RECORD_BYTES_MAX];
        if (sent.size > 0) {
            memcpy(honest, sent.data, sent.size);
        }
        struct copse_slice bytes = sent;
        if (i == spoiled && sent.size > 0) {
            bytes.size = spoil(room, sent.size, data, size);
            is_changed = bytes.size != sent.size || memcmp(honest, room, sent.size) != 0;
        }
        struct copse_slice message = {NULL, 0};
        enum copse_err err = COPSE_OK;
        struct copse_record *to = &ends[1 - i % 2];
        for (size_t before = bytes.size + 1; err == COPSE_OK && bytes.size < before;) {
            before = bytes.size;
            err = copse_record_recv(to, &message, &bytes);
            COPSE_ASSERT(message.size == 0 || !is_changed || i != spoiled || bytes.size > 0 ||
                         sent.size < size);
        }
        COPSE_ASSERT(err != COPSE_OK || message.size == 0 || (i == 3 && message.size == 3));
        if (err != COPSE_OK) {
            break;
        }
    }
    /* A changed first message is found out by the second at the latest: both cannot be open. */
    COPSE_ASSERT(!is_changed || spoiled == 3 || (data[0] & REPLACE) != 0 ||
                 ends[0].state != COPSE_RECORD_OPEN || ends[1].state != COPSE_RECORD_OPEN);
    copse_record_deinit(&ends[0]);
    copse_record_deinit(&ends[1]);
    return 0;
}
