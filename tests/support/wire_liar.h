/* A peer that says whatever a test tells it to, to a real session: the handshake is honest, the
 * rest need not be.
 */
#ifndef COPSE_TESTS_SUPPORT_WIRE_LIAR_H
#define COPSE_TESTS_SUPPORT_WIRE_LIAR_H

#include "protocol/wire/session.h"
#include "tests/support/wire_node.h"

struct wire_liar {
    struct wire_node *node; /* that the session speaks for */
    struct copse_port port;
    struct copse_session *session;
    struct copse_record record;     /* the liar's side */
    struct copse_channel_link link; /* of the liar: for tags and proofs */
    uint64_t now_ms;
    size_t said; /* bytes of records */
    size_t heard;
    size_t entries; /* that the session handed on */
    bool is_ended;
    enum copse_code ended_code;
    bool is_closed;
    enum copse_code closed_code;
    size_t opened_events;
    bool keeps_tickets; /* outcomes are never told */
    uint8_t room[COPSE_RECORD_BYTES_MAX];
    uint8_t message_room[COPSE_RECORD_BYTES_MAX];
};

/* Shake hands. The session takes `role`; its memory comes from `memory`. */
void wire_liar_init(struct wire_liar *liar, struct wire_node *node, enum copse_noise_role role,
                    const struct copse_memory *memory);
void wire_liar_deinit(struct wire_liar *liar);

/* Say the plaintext of one record; what the session makes of it is done at once. */
void wire_liar_say_bytes(struct wire_liar *liar, struct copse_slice plaintext);
void wire_liar_say(struct wire_liar *liar, const struct copse_message *message);

/* Hear the session's next message. False: it has nothing to say. Good until the next call. */
bool wire_liar_hear(struct wire_liar *liar, struct copse_message *out);

/* Hear everything; the last message of a type, if there was one. */
bool wire_liar_hear_all(struct wire_liar *liar, enum copse_message_type type,
                        struct copse_message *out);

/* HELLO with that much credit. */
void wire_liar_greet(struct wire_liar *liar, uint64_t credit);

/* Open the community as the device of `as`: OPEN, its answer, OPENED. */
void wire_liar_open(struct wire_liar *liar, const struct wire_node *as, uint64_t handle);

#endif
