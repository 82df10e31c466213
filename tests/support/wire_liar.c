#include "tests/support/wire_liar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(enum copse_err err)
{
    if (err != COPSE_OK) {
        (void)fprintf(stderr, "%s\n", copse_error_name(err));
        abort();
    }
}

static void take_events(struct wire_liar *liar)
{
    struct copse_session_event event;
    while (copse_session_next_event(liar->session, &event)) {
        if (event.kind == COPSE_SESSION_ENTRIES || event.kind == COPSE_SESSION_ADMISSION) {
            for (size_t i = 0; i < event.gift.item_count; i++) {
                const struct copse_run_item *item = &event.gift.items[i];
                bool is_last = i + 1 == event.gift.item_count;
                (void)wire_node_add(liar->node, item->bytes, item->salted,
                                    is_last ? event.gift.signature : NULL);
            }
            liar->entries += event.gift.item_count;
        }
        if (event.gift.ticket != 0 && !liar->keeps_tickets) {
            copse_session_stored(liar->session, event.gift.ticket, COPSE_CHANNEL_STORED,
                                 liar->now_ms);
        }
        if (event.kind == COPSE_SESSION_OPENED) {
            liar->opened_events++;
        } else if (event.kind == COPSE_SESSION_PUBLISH) {
            liar->node->awaits_publish = false;
            copse_session_published(liar->session);
        } else if (event.kind == COPSE_SESSION_CLOSED) {
            liar->is_closed = true;
            liar->closed_code = event.code;
        } else if (event.kind == COPSE_SESSION_ENDED) {
            liar->is_ended = true;
            liar->ended_code = event.code;
        }
    }
}

static void give(struct wire_liar *liar, struct copse_slice bytes)
{
    liar->said += bytes.size;
    size_t before = bytes.size + 1;
    while (bytes.size > 0 && bytes.size < before) {
        before = bytes.size;
        must(copse_session_recv(liar->session, &bytes, liar->now_ms));
        take_events(liar);
    }
}

/* The session's next record, as bytes. */
static struct copse_slice take_record(struct wire_liar *liar)
{
    struct copse_slice out = {NULL, 0};
    must(copse_session_send(liar->session, &out,
                            (struct copse_noise_room){liar->room, sizeof liar->room},
                            liar->now_ms));
    liar->heard += out.size;
    take_events(liar);
    return out;
}

static void shake_hands(struct wire_liar *liar)
{
    while (liar->record.state == COPSE_RECORD_HANDSHAKE) {
        uint8_t room[COPSE_RECORD_BYTES_MAX];
        struct copse_slice out = {NULL, 0};
        must(copse_record_handshake(&liar->record, &out,
                                    (struct copse_noise_room){room, sizeof room}));
        give(liar, out);
        struct copse_slice message = {NULL, 0};
        if (liar->record.state == COPSE_RECORD_HANDSHAKE) {
            struct copse_slice bytes = take_record(liar);
            must(copse_record_recv(&liar->record, &message, &bytes));
        }
    }
}

void wire_liar_init(struct wire_liar *liar, struct wire_node *node, enum copse_noise_role role,
                    const struct copse_memory *memory)
{
    memset(liar, 0, sizeof *liar);
    liar->node = node;
    liar->port = wire_node_port(node);
    struct copse_session_options options = {
        .port = &liar->port,
        .scheme = node->scheme,
        .agent = copse_bytes_of_string("test"),
        .window = COPSE_SESSION_WINDOW_MIN,
        .record.role = role,
    };
    static const uint8_t seeds[4][COPSE_NOISE_KEY_BYTES] = {{11}, {12}, {13}, {14}};
    copse_noise_pair_from_seed(&options.record.node, seeds[0]);
    copse_noise_pair_from_seed(&options.record.ephemeral, seeds[1]);
    must(copse_session_new(&liar->session, &options, 0, memory));
    struct copse_record_options own = {
        .role = role == COPSE_NOISE_INITIATOR ? COPSE_NOISE_RESPONDER : COPSE_NOISE_INITIATOR};
    copse_noise_pair_from_seed(&own.node, seeds[2]);
    copse_noise_pair_from_seed(&own.ephemeral, seeds[3]);
    must(copse_record_init(&liar->record, &own, copse_memory_heap()));
    if (own.role == COPSE_NOISE_RESPONDER) {
        struct copse_slice message = {NULL, 0};
        struct copse_slice bytes = take_record(liar);
        must(copse_record_recv(&liar->record, &message, &bytes));
    }
    shake_hands(liar);
    liar->link.ends.role = own.role;
    memcpy(liar->link.ends.session_hash, copse_record_session_hash(&liar->record),
           COPSE_NOISE_HASH_BYTES);
    memcpy(liar->link.ends.own_key, own.node.public_key, COPSE_NOISE_KEY_BYTES);
    memcpy(liar->link.ends.peer_key, copse_record_peer_key(&liar->record), COPSE_NOISE_KEY_BYTES);
    copse_reconcile_key_of(&liar->link.key, liar->link.ends.session_hash);
}

void wire_liar_deinit(struct wire_liar *liar)
{
    copse_session_free(liar->session);
    copse_record_deinit(&liar->record);
}

void wire_liar_say_bytes(struct wire_liar *liar, struct copse_slice plaintext)
{
    uint8_t room[COPSE_RECORD_BYTES_MAX];
    struct copse_slice out = {NULL, 0};
    must(copse_record_seal(&liar->record, &out, (struct copse_noise_room){room, sizeof room},
                           plaintext));
    give(liar, out);
}

void wire_liar_say(struct wire_liar *liar, const struct copse_message *message)
{
    struct copse_slice plain = {NULL, 0};
    must(copse_message_encode(
        &plain, (struct copse_noise_room){liar->message_room, COPSE_MESSAGE_BYTES_MAX}, message));
    wire_liar_say_bytes(liar, plain);
}

bool wire_liar_hear(struct wire_liar *liar, struct copse_message *out)
{
    struct copse_slice bytes = take_record(liar);
    struct copse_slice plain = {NULL, 0};
    if (bytes.size == 0) {
        return false;
    }
    must(copse_record_recv(&liar->record, &plain, &bytes));
    must(copse_message_decode(out, plain));
    return true;
}

bool wire_liar_hear_all(struct wire_liar *liar, enum copse_message_type type,
                        struct copse_message *out)
{
    struct copse_message message;
    bool was_there = false;
    while (wire_liar_hear(liar, &message)) {
        if (message.type == type) {
            *out = message; /* without its slices: they are gone */
            was_there = true;
        }
    }
    return was_there;
}

void wire_liar_greet(struct wire_liar *liar, uint64_t credit)
{
    struct copse_message hello = {.type = COPSE_MESSAGE_HELLO};
    hello.hello.version_min = 1;
    hello.hello.version_max = 1;
    hello.hello.credit = credit;
    wire_liar_say(liar, &hello);
}

void wire_liar_open(struct wire_liar *liar, const struct wire_node *as, uint64_t handle)
{
    uint8_t tag[COPSE_MESSAGE_TAG_BYTES];
    copse_proof_tag(tag, &liar->link.ends, liar->link.ends.role, &as->secrets[0]);
    struct copse_message message = {.type = COPSE_MESSAGE_OPEN, .handle = handle};
    message.open.tag = (struct copse_slice){tag, sizeof tag};
    wire_liar_say(liar, &message);
    (void)wire_liar_hear_all(liar, COPSE_MESSAGE_OPENED, &message);
    struct wire_node copy = *as;
    struct copse_port port = wire_node_port(&copy);
    uint8_t room[256];
    memset(&message, 0, sizeof message);
    message.handle = handle;
    must(copse_proof_write(&message, &liar->link.ends, &port, &as->secrets[0],
                           (struct copse_noise_room){room, sizeof room}));
    wire_liar_say(liar, &message);
}
