#include "tests/support/peer_liar.h"

#include "protocol/wire/session.h"
#include "tests/support/cmocka.h"

#include <string.h>

bool copse_peer_liar_is_heard(const struct copse_peer_liar *liar)
{
    const struct copse_peer_wire *wire = liar->wire;
    return wire->is_used && wire->ends_of[1].connection != 0;
}

/* Give what was heard to the record layer. */
static struct copse_slice take_record(struct copse_peer_liar *liar)
{
    struct copse_slice bytes = {liar->wire->heard, liar->wire->heard_size};
    struct copse_slice message = {NULL, 0};
    size_t before = bytes.size;
    assert_int_equal(copse_record_recv(&liar->record, &message, &bytes), COPSE_OK);
    copse_peer_world_take(liar->wire, before - bytes.size);
    return message;
}

static void shake_hands(struct copse_peer_liar *liar)
{
    while (liar->record.state == COPSE_RECORD_HANDSHAKE) {
        struct copse_slice out = {NULL, 0};
        assert_int_equal(
            copse_record_handshake(&liar->record, &out,
                                   (struct copse_noise_room){liar->room, sizeof liar->room}),
            COPSE_OK);
        copse_peer_world_say(liar->wire, out);
        copse_peer_world_settle(liar->world);
        if (liar->record.state == COPSE_RECORD_HANDSHAKE) {
            (void)take_record(liar);
        }
    }
}

void copse_peer_liar_init(struct copse_peer_liar *liar, struct copse_peer_world *world, size_t to,
                          uint8_t number)
{
    uint8_t seed[COPSE_NOISE_KEY_BYTES] = {1, number};
    struct copse_record_options options = {.role = COPSE_NOISE_INITIATOR};
    struct copse_message hello = {.type = COPSE_MESSAGE_HELLO};
    memset(liar, 0, sizeof *liar);
    liar->world = world;
    liar->wire = copse_peer_world_intrude(world, to, (struct copse_slice){NULL, 0});
    copse_noise_pair_from_seed(&options.node, seed);
    seed[0] = 2;
    copse_noise_pair_from_seed(&options.ephemeral, seed);
    assert_int_equal(copse_record_init(&liar->record, &options, copse_memory_heap()), COPSE_OK);
    shake_hands(liar);
    liar->ends.role = options.role;
    memcpy(liar->ends.session_hash, copse_record_session_hash(&liar->record),
           COPSE_NOISE_HASH_BYTES);
    memcpy(liar->ends.own_key, options.node.public_key, COPSE_NOISE_KEY_BYTES);
    memcpy(liar->ends.peer_key, copse_record_peer_key(&liar->record), COPSE_NOISE_KEY_BYTES);
    copse_reconcile_key_of(&liar->key, liar->ends.session_hash);
    hello.hello.version_min = COPSE_SESSION_VERSION;
    hello.hello.version_max = COPSE_SESSION_VERSION;
    hello.hello.credit = COPSE_SESSION_WINDOW_MAX;
    copse_peer_liar_say(liar, &hello);
}

void copse_peer_liar_deinit(struct copse_peer_liar *liar)
{
    copse_record_deinit(&liar->record);
}

void copse_peer_liar_say_bytes(struct copse_peer_liar *liar, struct copse_slice plaintext)
{
    struct copse_slice out = {NULL, 0};
    assert_int_equal(copse_record_seal(&liar->record, &out,
                                       (struct copse_noise_room){liar->room, sizeof liar->room},
                                       plaintext),
                     COPSE_OK);
    if (copse_peer_liar_is_heard(liar)) {
        copse_peer_world_say(liar->wire, out);
        copse_peer_world_settle(liar->world);
    }
}

void copse_peer_liar_say(struct copse_peer_liar *liar, const struct copse_message *message)
{
    struct copse_slice plain = {NULL, 0};
    assert_int_equal(
        copse_message_encode(&plain, (struct copse_noise_room){liar->plain, sizeof liar->plain},
                             message),
        COPSE_OK);
    copse_peer_liar_say_bytes(liar, plain);
}

bool copse_peer_liar_hear(struct copse_peer_liar *liar, struct copse_message *out)
{
    struct copse_slice plain = take_record(liar);
    if (plain.size == 0) {
        return false;
    }
    assert_int_equal(copse_message_decode(out, plain), COPSE_OK);
    return true;
}

void copse_peer_liar_open(struct copse_peer_liar *liar, const struct copse_peer_node *as,
                          uint64_t handle)
{
    static const struct copse_id nobody;
    uint8_t tag[COPSE_MESSAGE_TAG_BYTES];
    uint8_t room[256];
    struct copse_shelf shelf;
    struct copse_port_secret secret;
    struct copse_message message = {.type = COPSE_MESSAGE_OPEN, .handle = handle};
    uint64_t cursor = 0;
    assert_int_equal(copse_shelf_init(&shelf, as->disk->store, as->keyring, NULL), COPSE_OK);
    assert_int_equal(copse_shelf_enter(&shelf, &nobody), COPSE_OK);
    struct copse_port port = copse_shelf_port(&shelf);
    assert_int_equal(port.next_secret(port.context, &secret, &cursor), COPSE_OK);
    copse_proof_tag(tag, &liar->ends, liar->ends.role, &secret);
    message.open.tag = (struct copse_slice){tag, sizeof tag};
    copse_peer_liar_say(liar, &message);
    memset(&message, 0, sizeof message);
    message.handle = handle;
    assert_int_equal(copse_proof_write(&message, &liar->ends, &port, &secret,
                                       (struct copse_noise_room){room, sizeof room}),
                     COPSE_OK);
    copse_peer_liar_say(liar, &message);
    copse_shelf_deinit(&shelf);
}
