/* A peer of a whole node that says whatever a test tells it to: the handshake is honest, the rest
 * need not be. wire_liar.h is the same against a session alone.
 */
#ifndef COPSE_TESTS_SUPPORT_PEER_LIAR_H
#define COPSE_TESTS_SUPPORT_PEER_LIAR_H

#include "protocol/wire/proof.h"
#include "protocol/wire/reconcile.h"
#include "protocol/wire/record.h"
#include "tests/support/peer_world.h"

struct copse_peer_liar {
    struct copse_peer_world *world;
    struct copse_peer_wire *wire;
    struct copse_record record;
    struct copse_proof_ends ends;
    struct copse_reconcile_key key;
    uint8_t room[COPSE_RECORD_BYTES_MAX];
    uint8_t plain[COPSE_MESSAGE_BYTES_MAX];
};

/* Call node `to` with the node key of a number, shake hands and say HELLO. */
void copse_peer_liar_init(struct copse_peer_liar *liar, struct copse_peer_world *world, size_t to,
                          uint8_t number);
void copse_peer_liar_deinit(struct copse_peer_liar *liar);

/* Is the node still on the line? */
bool copse_peer_liar_is_heard(const struct copse_peer_liar *liar);

/* Say the plaintext of one record, or a message, and let everything happen that follows. */
void copse_peer_liar_say_bytes(struct copse_peer_liar *liar, struct copse_slice plaintext);
void copse_peer_liar_say(struct copse_peer_liar *liar, const struct copse_message *message);

/* The next message of the node. False: it has said nothing more. Good until the next call. */
bool copse_peer_liar_hear(struct copse_peer_liar *liar, struct copse_message *out);

/* Open the first community of the node `as` in its device's name: OPEN, its answer, OPENED. */
void copse_peer_liar_open(struct copse_peer_liar *liar, const struct copse_peer_node *as,
                          uint64_t handle);

#endif
