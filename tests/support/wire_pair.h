/* Two sessions on an in-memory stream, with what their nodes do with events: entries are stored,
 * now or later, and everything that passes is counted.
 */
#ifndef COPSE_TESTS_SUPPORT_WIRE_PAIR_H
#define COPSE_TESTS_SUPPORT_WIRE_PAIR_H

#include "protocol/wire/session.h"
#include "tests/support/random.h"
#include "tests/support/wire_node.h"

#define WIRE_PIPE_BYTES (1u << 22)
#define WIRE_TICKETS_MAX 512u

struct wire_end {
    struct wire_node *node;
    struct copse_port port;
    struct copse_session *session;
    uint8_t *pipe; /* bytes on the way to this end */
    size_t pipe_size;
    size_t piece_max; /* bytes that are given at once; 0: any */
    size_t cut_at;    /* not 0: nothing is given across this byte at once */
    size_t in_bytes;  /* that have arrived */
    size_t records;   /* that it has sent */
    size_t runs;      /* that it has received */
    size_t entries;
    size_t equals;
    size_t contents;
    size_t no_contents;
    size_t publishes;
    size_t refused;
    size_t opened_events;
    bool is_ready;
    bool stores_late; /* outcomes are kept until wire_pair_store */
    bool never_stores;
    bool never_publishes;
    enum copse_port_standing standing;
    bool is_closed; /* the community was */
    enum copse_code closed_code;
    bool is_ended;
    enum copse_code ended_code;
    uint64_t tickets[WIRE_TICKETS_MAX]; /* kept back, with their outcomes */
    enum copse_channel_outcome outcomes[WIRE_TICKETS_MAX];
    size_t ticket_count;
};

struct wire_pair {
    struct wire_end ends[2]; /* the initiator first */
    uint64_t now_ms;
    struct copse_random random;
    size_t flips_at; /* not 0: this byte of the initiator's stream is changed on its way */
    size_t sent_by_initiator;
    bool is_bulky; /* each end says all it has before the other hears any of it */
};

struct wire_pair_options {
    uint32_t window;            /* 0: the least */
    const uint8_t *network_key; /* of the initiator, and of the responder */
    const uint8_t *peer_network_key;
    const uint8_t *expected_key;
    uint64_t seed;
};

void wire_pair_init(struct wire_pair *pair, struct wire_node *a, struct wire_node *b,
                    const struct wire_pair_options *options);
void wire_pair_deinit(struct wire_pair *pair);

/* Let everything pass until nothing moves. Returns the records that have passed. */
size_t wire_pair_settle(struct wire_pair *pair);

/* Tell the outcomes that were kept back. */
void wire_pair_store(struct wire_pair *pair);

/* Let time pass, with all ticks. */
void wire_pair_wait(struct wire_pair *pair, uint64_t ms);

/* Handshake, HELLO, and the community opened by the initiator. */
void wire_pair_open(struct wire_pair *pair);

#endif
