/* Channel: one community within a session (SPEC 10.8 to 10.15).
 *
 * Who opens a community leads: it compares first and begins each round. A round is a SUMMARY and,
 * where it differs, one exchange of one class; class 0 comes before class 1.
 *
 *   leader    OPENING --OPENED--> COMPARING <--over-- EXCHANGING
 *   follower  PROVING --OPENED--> COMPARING --SAME--> LIVE --SUMMARY, a gap--> COMPARING
 *     (either may be PROVING while the peer's admission is judged)
 *     any state --CLOSE, a bad message, no progress--> CLOSED (final)
 *
 * Words:  leader    the side that sent OPEN; the other one follows
 *         standing  how the peer's device stands here (port.h)
 *         push      an entry newly stored, on its way to a peer that is LIVE
 */
#ifndef COPSE_PROTOCOL_WIRE_CHANNEL_H
#define COPSE_PROTOCOL_WIRE_CHANNEL_H

#include "protocol/wire/exchange.h"
#include "protocol/wire/intake.h"
#include "protocol/wire/proof.h"
#include "protocol/wire/want.h"

#define COPSE_CHANNEL_PUSHES_MAX 64u
#define COPSE_CHANNEL_PROGRESS_MS 60000u      /* SPEC 10.17, as all that follow */
#define COPSE_CHANNEL_ROUND_GAP_MS 1000u      /* between rounds that a gap in a push begins */
#define COPSE_CHANNEL_COMPARE_MS 480000u      /* a live community is compared again after this.. */
#define COPSE_CHANNEL_COMPARE_MORE_MS 240000u /* ..and up to this more */
#define COPSE_CHANNEL_LEARN_ROUNDS                                                                 \
    3u /* exchanges in which a peer of no standing may show who it is */
#define COPSE_CHANNEL_STUCK_ROUNDS 2u

/* state, states it may go to */
enum copse_channel_state {
    COPSE_CHANNEL_OPENING,
    COPSE_CHANNEL_PROVING,
    COPSE_CHANNEL_COMPARING,
    COPSE_CHANNEL_EXCHANGING,
    COPSE_CHANNEL_LIVE,
    COPSE_CHANNEL_CLOSED,
};

/* Messages that are due, and events that are to be told, as bits. */
enum copse_channel_due {
    COPSE_CHANNEL_DUE_OPEN = 1,
    COPSE_CHANNEL_DUE_OPENED = 2,
    COPSE_CHANNEL_DUE_SUMMARY = 4,
    COPSE_CHANNEL_DUE_SAME = 8,
    COPSE_CHANNEL_DUE_CLOSE = 16,
    COPSE_CHANNEL_DUE_CWANT = 32,
};

enum copse_channel_news {
    COPSE_CHANNEL_NEWS_OPENED = 1,
    COPSE_CHANNEL_NEWS_EQUAL = 2,
    COPSE_CHANNEL_NEWS_PUBLISH = 4,
    COPSE_CHANNEL_NEWS_CLOSED = 8,
};

/* What a session shares with its channels. */
struct copse_channel_link {
    const struct copse_port *port;
    const struct copse_key_scheme *scheme;
    const struct copse_memory *memory;
    struct copse_proof_ends ends;
    struct copse_reconcile_key key;
    struct copse_intake intake;
    struct copse_stream_room run_room;
    size_t weight;            /* plaintext bytes of the message that is being taken */
    enum copse_code end_code; /* not NONE: a channel found the session to be at its end */
};

/* Something that came and is to be stored, or to be told. Borrowed until the next recv. */
enum copse_channel_gift_kind {
    COPSE_CHANNEL_NO_GIFT,
    COPSE_CHANNEL_ENTRIES,
    COPSE_CHANNEL_ADMISSION, /* entries that begin with the peer's JOIN: store if it is honoured */
    COPSE_CHANNEL_CONTENT,
    COPSE_CHANNEL_LOOSE, /* the bytes of an entry that was asked for by id */
    COPSE_CHANNEL_NO_CONTENT,
};

struct copse_channel_gift {
    enum copse_channel_gift_kind kind;
    uint64_t ticket; /* 0: no outcome is awaited (NO_CONTENT) */
    const struct copse_run_item *items;
    size_t item_count;
    const struct copse_signature *signature; /* of the last item */
    struct copse_id id;                      /* of the entry: CONTENT, LOOSE, NO_CONTENT */
    struct copse_slice salted;               /* CONTENT; LOOSE: the entry */
    enum copse_message_why why;
};

enum copse_channel_outcome {
    COPSE_CHANNEL_STORED,  /* durable, or held already */
    COPSE_CHANNEL_REFUSED, /* not wanted, or one fork too many */
};

struct copse_channel_push {
    struct copse_id last; /* signed */
    uint32_t count;       /* entries up to it; it goes out as as many runs as it takes */
};

struct copse_channel {
    enum copse_channel_state state;
    struct copse_id community;
    uint32_t handle;
    bool is_leader;
    unsigned due;         /* enum copse_channel_due */
    unsigned news;        /* enum copse_channel_news */
    enum copse_code code; /* why it is CLOSED */
    struct copse_port_secret secret;
    struct copse_id peer_device;
    enum copse_port_standing standing;
    bool is_control_settled; /* class 0 was found equal */
    bool is_refused;         /* in this exchange a run of the peer's was refused */
    bool has_summary;        /* the peer's, not looked at yet */
    uint64_t peer_sums[2];
    uint64_t last_sums[4]; /* own and peer's when the last exchange began */
    unsigned stuck_rounds;
    unsigned learn_rounds;
    uint64_t admission_ticket; /* 0: none is being judged */
    bool is_judged;            /* one was */
    bool is_publish_awaited;
    uint64_t progress_ms; /* when something passed last */
    uint64_t round_ms;    /* when the last round began */
    uint64_t compare_ms;  /* LIVE and leader: when the next one does */
    struct copse_exchange exchange;
    struct copse_channel_push pushes[COPSE_CHANNEL_PUSHES_MAX];
    size_t push_count;
    bool wants_round; /* a push was lost, or did not fit: compare again */
    struct copse_want want;
};

/* Make a channel and begin: as leader with OPEN, as follower with OPENED. `secret` names the
 * community. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_channel_part { COPSE_CHANNEL_LEADER, COPSE_CHANNEL_FOLLOWER };
enum copse_err copse_channel_new(struct copse_channel **out, const struct copse_channel_link *link,
                                 enum copse_channel_part part, uint32_t handle,
                                 const struct copse_port_secret *secret,
                                 uint64_t now_ms) COPSE_MUST_CHECK;
void copse_channel_free(struct copse_channel *channel, const struct copse_channel_link *link);

/* Take a message for this channel (untrusted). May set *gift, and link->end_code.
 * COPSE_OK; COPSE_ERR_BUSY: not now, give it again when something pending is stored;
 * otherwise a fault of the port or COPSE_ERR_NOMEM. */
enum copse_err copse_channel_take(struct copse_channel *channel, struct copse_channel_gift *gift,
                                  struct copse_channel_link *link,
                                  const struct copse_message *message,
                                  uint64_t now_ms) COPSE_MUST_CHECK;

/* What was handed on is stored, or is not. */
void copse_channel_stored(struct copse_channel *channel, uint64_t ticket,
                          enum copse_channel_outcome outcome, uint64_t now_ms);

/* The next message to send; its slices lie in `room` (COPSE_MESSAGE_PARTS_MAX at least) or in the
 * link. `pace`: may it be a paced one? COPSE_OK; COPSE_ERR_NOT_FOUND: none; or a fault. */
enum copse_err copse_channel_next(struct copse_channel *channel, struct copse_message *out,
                                  struct copse_channel_link *link, struct copse_noise_room room,
                                  enum copse_exchange_pace pace, uint64_t now_ms) COPSE_MUST_CHECK;

/* The next message that takes credit (RUN, CDATA). Call only with credit for the largest. */
enum copse_err copse_channel_next_weighed(struct copse_channel *channel, struct copse_message *out,
                                          struct copse_channel_link *link,
                                          uint64_t now_ms) COPSE_MUST_CHECK;

/* Close; a CLOSE goes to the peer. Nothing happens if it is closed already. */
void copse_channel_close(struct copse_channel *channel, enum copse_code code);

/* A new entry for a LIVE peer; kept until then otherwise. */
void copse_channel_push(struct copse_channel *channel, const struct copse_channel_push *push);

/* Begin a new round when the present one is over. */
void copse_channel_compare(struct copse_channel *channel);

/* Ask the peer for entries or contents. Returns how many of them were taken: none while others are
 * asked. */
size_t copse_channel_want(struct copse_channel *channel, enum copse_message_what what,
                          const struct copse_id *ids, size_t count);

/* When tick has something to do, and doing it. UINT64_MAX: never. */
uint64_t copse_channel_deadline_ms(const struct copse_channel *channel,
                                   const struct copse_channel_link *link);
void copse_channel_tick(struct copse_channel *channel, const struct copse_channel_link *link,
                        uint64_t now_ms);

#endif
