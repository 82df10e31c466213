/* How it works: `recv` turns bytes into messages and hands each to the session's own part (HELLO,
 * BYE, PING, PONG, CREDIT, OPEN) or to the channel of its handle. A message that cannot be taken
 * yet stays where it was decrypted, and no further byte is read until it can. `send` looks for what
 * is due, most urgent first: what ends or keeps the session, then what channels have to say, in
 * turn, and last, as far as there is credit, entries and contents, in turn as well.
 */
#include "protocol/wire/session.h"

#include <sodium.h>
#include <string.h>

#define PACE_OWN_SHARE 2u /* this side uses half of what it allows a peer: clocks differ */
#define PACE_RETRY_MS 20u

enum state { HANDSHAKE, GREETING, READY, ENDING, ENDED };

/* Tokens for paced messages, refilled by time. */
struct bucket {
    uint64_t tokens;
    uint64_t filled_ms;
    uint64_t burst;
    uint64_t per_second;
};

struct copse_session {
    const struct copse_memory *memory;
    struct copse_record record;
    struct copse_slice agent;
    uint64_t wall_ms;
    enum state state;
    enum copse_code end_code;
    bool is_hello_due;
    bool has_hello;
    bool is_ready_news;
    bool is_ended_news;
    bool is_pong_due;
    bool is_ping_due;
    bool is_pace_held; /* a paced message waits for a token */
    uint64_t pong_token;
    uint64_t ping_token;
    uint64_t start_ms;
    uint64_t heard_ms; /* last message of the peer */
    uint64_t pinged_ms;
    struct copse_session_peer peer;
    uint64_t window;
    uint64_t credit;  /* that this side has */
    uint64_t given;   /* that the peer has */
    uint64_t to_give; /* that comes back to it */
    struct bucket pace_in;
    struct bucket pace_out;
    struct copse_slice held; /* a message that could not be taken yet */
    struct copse_channel_gift gift;
    struct copse_id gift_community;
    struct copse_handles handles;
    struct copse_channel_link link;
    uint8_t slices[COPSE_MESSAGE_PARTS_MAX]; /* what messages point to */
    uint8_t plain[COPSE_MESSAGE_BYTES_MAX];
};

_Static_assert(sizeof(struct copse_session) + COPSE_RECORD_BYTES_MAX +
                       COPSE_MESSAGE_HANDLES * sizeof(struct copse_channel) +
                       COPSE_RUN_ENTRIES_MAX * sizeof(struct copse_run_item) + COPSE_RUN_BYTES_MAX +
                       COPSE_ENTRY_BYTES_MAX <=
                   COPSE_SESSION_BYTES_MAX,
               "a session keeps within its bound");

/* ---- beginning and end ---- */

enum copse_err copse_session_new(struct copse_session **out,
                                 const struct copse_session_options *options, uint64_t now_ms,
                                 const struct copse_memory *memory)
{
    COPSE_ASSERT(options->window >= COPSE_SESSION_WINDOW_MIN &&
                 options->window <= COPSE_SESSION_WINDOW_MAX);
    COPSE_ASSERT(options->agent.size <= COPSE_MESSAGE_AGENT_MAX);
    struct copse_session *session = copse_memory_new(memory, 1, sizeof *session);
    if (session == NULL) {
        return COPSE_ERR_NOMEM;
    }
    session->memory = memory;
    session->agent = options->agent;
    session->wall_ms = options->wall_ms;
    session->window = options->window;
    session->start_ms = now_ms;
    session->heard_ms = now_ms;
    session->pace_in = (struct bucket){COPSE_SESSION_PACE_BURST, now_ms, COPSE_SESSION_PACE_BURST,
                                       COPSE_SESSION_PACE_PER_SECOND};
    session->pace_out = (struct bucket){COPSE_SESSION_PACE_BURST / PACE_OWN_SHARE, now_ms,
                                        COPSE_SESSION_PACE_BURST / PACE_OWN_SHARE,
                                        COPSE_SESSION_PACE_PER_SECOND / PACE_OWN_SHARE};
    session->link.port = options->port;
    session->link.scheme = options->scheme;
    session->link.memory = memory;
    session->link.ends.role = options->record.role;
    memcpy(session->link.ends.own_key, options->record.node.public_key, COPSE_NOISE_KEY_BYTES);
    enum copse_err err = copse_record_init(&session->record, &options->record, memory);
    if (err != COPSE_OK) {
        copse_memory_free(memory, session);
        return err;
    }
    err = copse_intake_init(&session->link.intake, options->scheme, memory);
    if (err != COPSE_OK) {
        copse_session_free(session);
        return err;
    }
    *out = session;
    return COPSE_OK;
}

void copse_session_free(struct copse_session *session)
{
    if (session == NULL) {
        return;
    }
    const struct copse_memory *memory = session->memory;
    copse_handles_deinit(&session->handles, &session->link);
    copse_intake_deinit(&session->link.intake);
    copse_record_deinit(&session->record);
    sodium_memzero(session, sizeof *session);
    copse_memory_free(memory, session);
}

/* Over, without a word. */
static void end(struct copse_session *session, enum copse_code code)
{
    if (session->state != ENDED) {
        session->end_code = session->state == ENDING ? session->end_code : code;
        session->state = ENDED;
        session->is_ended_news = true;
        session->held = (struct copse_slice){NULL, 0};
    }
}

/* Say BYE, then over. */
static void leave(struct copse_session *session, enum copse_code code)
{
    if (session->state == HANDSHAKE) {
        end(session, code);
    } else if (session->state != ENDING && session->state != ENDED) {
        session->state = ENDING;
        session->end_code = code;
        session->held = (struct copse_slice){NULL, 0};
    }
}

void copse_session_leave(struct copse_session *session, enum copse_code code)
{
    leave(session, code);
}

bool copse_session_is_ended(const struct copse_session *session)
{
    return session->state == ENDED;
}

/* A fault of this side's: nothing more can be said. */
static enum copse_err fault(struct copse_session *session, enum copse_err err)
{
    if (err != COPSE_OK) {
        end(session, COPSE_CODE_BUSY);
    }
    return err;
}

void copse_session_peer(const struct copse_session *session, struct copse_session_peer *out)
{
    *out = session->peer;
}

/* ---- pace ---- */

static bool take_token(struct bucket *bucket, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms > bucket->filled_ms ? now_ms - bucket->filled_ms : 0;
    uint64_t fresh =
        passed_ms > COPSE_SESSION_DEAD_MS ? bucket->burst : passed_ms * bucket->per_second / 1000;
    if (fresh > 0) {
        bucket->tokens =
            bucket->tokens + fresh < bucket->burst ? bucket->tokens + fresh : bucket->burst;
        bucket->filled_ms = now_ms;
    }
    if (bucket->tokens == 0) {
        return false;
    }
    bucket->tokens--;
    return true;
}

enum copse_err copse_session_open(struct copse_session *session, const struct copse_id *community,
                                  uint64_t now_ms)
{
    if (session->state != READY) {
        return COPSE_ERR_BUSY;
    }
    return copse_handles_open(&session->handles, &session->link, community, now_ms);
}

/* ---- messages in ---- */

static void take_hello(struct copse_session *session, const struct copse_message *message)
{
    if (session->has_hello) {
        leave(session, COPSE_CODE_STATE);
        return;
    }
    session->has_hello = true;
    if (message->hello.version_min > COPSE_SESSION_VERSION ||
        message->hello.version_max < COPSE_SESSION_VERSION) {
        leave(session, COPSE_CODE_VERSION);
        return;
    }
    if (message->hello.credit > COPSE_SESSION_WINDOW_MAX) {
        leave(session, COPSE_CODE_TOO_LARGE);
        return;
    }
    session->credit = message->hello.credit;
    session->peer.wall_ms = message->hello.wall_ms;
    session->peer.features = message->hello.features;
    session->peer.agent_size = message->hello.agent.size;
    memcpy(session->peer.agent, message->hello.agent.data, message->hello.agent.size);
    session->is_ready_news = true;
    session->state = READY;
}

static void take_credit(struct copse_session *session, uint64_t bytes)
{
    session->credit += bytes;
    if (session->credit > COPSE_SESSION_WINDOW_MAX) {
        leave(session, COPSE_CODE_TOO_LARGE);
    }
}

static enum copse_err take_for_channel(struct copse_session *session,
                                       const struct copse_message *message, uint64_t now_ms)
{
    if (!copse_handles_is_used(&session->handles, message->handle)) {
        leave(session, COPSE_CODE_HANDLE);
        return COPSE_OK;
    }
    struct copse_channel *channel = session->handles.channels[message->handle];
    if (channel == NULL) {
        return COPSE_OK; /* under way when it was closed */
    }
    struct copse_channel_gift gift;
    memset(&gift, 0, sizeof gift);
    enum copse_err err = copse_channel_take(channel, &gift, &session->link, message, now_ms);
    if (err == COPSE_OK) {
        session->gift = gift;
        session->gift_community = channel->community;
        copse_handles_sweep(&session->handles, &session->link, message->handle);
    }
    return err;
}

static enum copse_err take_open(struct copse_session *session, const struct copse_message *message,
                                uint64_t now_ms)
{
    enum copse_err err =
        copse_handles_take_open(&session->handles, &session->link, message, now_ms);
    if (err == COPSE_ERR_FORM) {
        leave(session, COPSE_CODE_STATE);
        return COPSE_OK;
    }
    return err;
}

/* What keeps or ends the session, and what belongs to a community. */
static enum copse_err dispatch(struct copse_session *session, const struct copse_message *message,
                               uint64_t now_ms)
{
    switch (message->type) {
    case COPSE_MESSAGE_HELLO:
        take_hello(session, message);
        return COPSE_OK;
    case COPSE_MESSAGE_BYE:
        end(session, message->bye.code <= COPSE_CODE_DUPLICATE ? (enum copse_code)message->bye.code
                                                               : COPSE_CODE_NONE);
        return COPSE_OK;
    case COPSE_MESSAGE_PING:
        session->is_pong_due = true;
        session->pong_token = message->token;
        return COPSE_OK;
    case COPSE_MESSAGE_PONG:
        return COPSE_OK; /* it has been heard: that is all */
    case COPSE_MESSAGE_CREDIT:
        take_credit(session, message->credit);
        return COPSE_OK;
    case COPSE_MESSAGE_OPEN:
        return take_open(session, message, now_ms);
    case COPSE_MESSAGE_OPENED:
    case COPSE_MESSAGE_CLOSE:
    case COPSE_MESSAGE_SUMMARY:
    case COPSE_MESSAGE_SAME:
    case COPSE_MESSAGE_RANGES:
    case COPSE_MESSAGE_RUN:
    case COPSE_MESSAGE_SENT:
    case COPSE_MESSAGE_LOCATE:
    case COPSE_MESSAGE_CWANT:
    case COPSE_MESSAGE_CDATA:
    case COPSE_MESSAGE_CNONE:
        return take_for_channel(session, message, now_ms);
    }
    return COPSE_OK;
}

/* Is the message allowed now? Counts it, so once per message. */
static bool is_allowed(struct copse_session *session, const struct copse_message *message,
                       size_t size, uint64_t now_ms)
{
    if (!session->has_hello && message->type != COPSE_MESSAGE_HELLO &&
        message->type != COPSE_MESSAGE_BYE) {
        leave(session, COPSE_CODE_STATE);
        return false;
    }
    if (copse_message_is_paced(message->type) && !take_token(&session->pace_in, now_ms)) {
        leave(session, COPSE_CODE_RATE);
        return false;
    }
    if (copse_message_is_weighed(message->type)) {
        /* SPEC 10.10: "Nobody sends without credit; who does is cut off." */
        if (size > session->given) {
            leave(session, COPSE_CODE_RATE);
            return false;
        }
        session->given -= size;
    }
    return true;
}

static void take_undecoded(struct copse_session *session, enum copse_err err, uint64_t now_ms)
{
    if (err == COPSE_ERR_NOT_FOUND && take_token(&session->pace_in, now_ms)) {
        return; /* SPEC 10.4: "An unknown odd type is ignored" */
    }
    leave(session, err == COPSE_ERR_DECODE    ? COPSE_CODE_MALFORMED
                   : err == COPSE_ERR_VERSION ? COPSE_CODE_UNSUPPORTED
                                              : COPSE_CODE_RATE);
}

enum take { FIRST_TIME, AGAIN };

/* COPSE_ERR_BUSY: not now. */
static enum copse_err take_message(struct copse_session *session, struct copse_slice bytes,
                                   enum take take, uint64_t now_ms)
{
    struct copse_message message;
    enum copse_err err = copse_message_decode(&message, bytes);
    if (err != COPSE_OK) {
        take_undecoded(session, err, now_ms);
        return COPSE_OK;
    }
    if (take == FIRST_TIME && !is_allowed(session, &message, bytes.size, now_ms)) {
        return COPSE_OK;
    }
    session->link.weight = bytes.size;
    err = dispatch(session, &message, now_ms);
    if (err != COPSE_OK) {
        return err;
    }
    if (copse_message_is_weighed(message.type) && session->gift.ticket == 0) {
        session->to_give += bytes.size; /* of no use: nothing is to be stored */
    }
    if (session->link.end_code != COPSE_CODE_NONE) {
        leave(session, session->link.end_code);
    }
    return COPSE_OK;
}

/* ---- bytes in ---- */

/* The record layer has keys: now the session has a name. */
static void greet(struct copse_session *session)
{
    if (session->state != HANDSHAKE || session->record.state != COPSE_RECORD_OPEN) {
        return;
    }
    struct copse_proof_ends *ends = &session->link.ends;
    memcpy(ends->session_hash, copse_record_session_hash(&session->record),
           sizeof ends->session_hash);
    memcpy(ends->peer_key, copse_record_peer_key(&session->record), sizeof ends->peer_key);
    memcpy(session->peer.node_key, ends->peer_key, sizeof session->peer.node_key);
    copse_reconcile_key_of(&session->link.key, ends->session_hash);
    session->is_hello_due = true;
    session->state = GREETING;
}

static bool may_read(const struct copse_session *session)
{
    return session->state != ENDING && session->state != ENDED &&
           session->gift.kind == COPSE_CHANNEL_NO_GIFT;
}

/* Get the next message from the stream. False: none yet. */
static bool next_message(struct copse_session *session, struct copse_slice *bytes, uint64_t now_ms)
{
    size_t before = bytes->size;
    struct copse_slice message = {NULL, 0};
    enum copse_err err = copse_record_recv(&session->record, &message, bytes);
    session->peer.bytes_in += before - bytes->size;
    if (err != COPSE_OK) {
        end(session, COPSE_CODE_MALFORMED);
        return false;
    }
    greet(session);
    if (message.size == 0) {
        return false;
    }
    session->heard_ms = now_ms;
    session->held = message;
    return true;
}

enum copse_err copse_session_recv(struct copse_session *session, struct copse_slice *bytes,
                                  uint64_t now_ms)
{
    enum take take = AGAIN;
    while (may_read(session)) {
        if (session->held.size == 0) {
            if (!next_message(session, bytes, now_ms)) {
                break;
            }
            take = FIRST_TIME;
        }
        enum copse_err err = take_message(session, session->held, take, now_ms);
        if (err == COPSE_ERR_BUSY) {
            return COPSE_OK;
        }
        session->held = (struct copse_slice){NULL, 0};
        if (err != COPSE_OK) {
            return fault(session, err);
        }
    }
    if (session->state == ENDED) {
        *bytes = (struct copse_slice){NULL, 0};
    }
    return COPSE_OK;
}

/* ---- bytes out ---- */

static void write_hello(const struct copse_session *session, struct copse_message *out)
{
    out->type = COPSE_MESSAGE_HELLO;
    out->hello.version_min = COPSE_SESSION_VERSION;
    out->hello.version_max = COPSE_SESSION_VERSION;
    out->hello.agent = session->agent;
    out->hello.wall_ms = session->wall_ms;
    out->hello.credit = session->window;
}

/* What the session itself has to say. False: nothing. */
static bool next_own(struct copse_session *session, struct copse_message *out, uint64_t now_ms)
{
    if (session->is_hello_due) {
        session->is_hello_due = false;
        session->given = session->window;
        write_hello(session, out);
    } else if (session->state == ENDING) {
        out->type = COPSE_MESSAGE_BYE;
        out->bye.code = (uint64_t)session->end_code;
        out->bye.text = copse_bytes_of_string(copse_message_code_text(out->bye.code));
    } else if (session->to_give >= session->window / 4) {
        out->type = COPSE_MESSAGE_CREDIT;
        out->credit = session->to_give;
        session->given += session->to_give;
        session->to_give = 0;
    } else if (session->is_pong_due) {
        session->is_pong_due = false;
        out->type = COPSE_MESSAGE_PONG;
        out->token = session->pong_token;
    } else if (session->is_ping_due && take_token(&session->pace_out, now_ms)) {
        session->is_ping_due = false;
        out->type = COPSE_MESSAGE_PING;
        out->token = session->ping_token++;
    } else {
        return false;
    }
    return true;
}

/* Ask the communities, with a token in hand for a paced message. */
static enum copse_err next_of_handles(struct copse_session *session, struct copse_message *out,
                                      uint64_t now_ms)
{
    struct copse_noise_room room = {session->slices, sizeof session->slices};
    bool has_token = take_token(&session->pace_out, now_ms);
    session->is_pace_held = !has_token;
    enum copse_err err =
        copse_handles_next(&session->handles, out, &session->link, room,
                           has_token ? COPSE_EXCHANGE_GO : COPSE_EXCHANGE_HOLD, now_ms);
    if (has_token && (err != COPSE_OK || !copse_message_is_paced(out->type))) {
        session->pace_out.tokens++;
    }
    return err;
}

static enum copse_err next_out(struct copse_session *session, struct copse_message *out,
                               uint64_t now_ms)
{
    memset(out, 0, sizeof *out);
    if (next_own(session, out, now_ms)) {
        return COPSE_OK;
    }
    if (session->state != READY) {
        return COPSE_ERR_NOT_FOUND;
    }
    enum copse_err err = next_of_handles(session, out, now_ms);
    /* Nothing is begun that might not fit, so that no run is cut small for want of credit. */
    if (err == COPSE_ERR_NOT_FOUND && session->credit >= COPSE_MESSAGE_BYTES_MAX) {
        err = copse_handles_next_weighed(&session->handles, out, &session->link, now_ms);
    }
    return err;
}

static void count_entries(struct copse_session *session, const struct copse_message *message)
{
    static const struct copse_id any;
    struct copse_run run;
    if (message->type == COPSE_MESSAGE_RUN &&
        copse_run_open(&run, &any, message->run) == COPSE_OK) {
        session->peer.entries_out += run.count;
    }
}

static enum copse_err seal(struct copse_session *session, struct copse_slice *out,
                           struct copse_noise_room room, const struct copse_message *message)
{
    struct copse_noise_room plain_room = {session->plain, sizeof session->plain};
    struct copse_slice plain = {NULL, 0};
    enum copse_err err = copse_message_encode(&plain, plain_room, message);
    COPSE_ASSERT(err == COPSE_OK); /* the limits of the table fit a record */
    err = copse_record_seal(&session->record, out, room, plain);
    if (err == COPSE_OK && copse_message_is_weighed(message->type)) {
        COPSE_ASSERT(plain.size <= session->credit);
        session->credit -= plain.size;
    }
    if (message->type == COPSE_MESSAGE_BYE) {
        end(session, session->end_code);
    }
    return err;
}

enum copse_err copse_session_send(struct copse_session *session, struct copse_slice *out,
                                  struct copse_noise_room room, uint64_t now_ms)
{
    COPSE_ASSERT(room.size >= COPSE_RECORD_BYTES_MAX);
    *out = (struct copse_slice){NULL, 0};
    if (session->state == ENDED) {
        return COPSE_OK;
    }
    if (session->state == HANDSHAKE) {
        if (copse_record_handshake(&session->record, out, room) != COPSE_OK) {
            end(session, COPSE_CODE_MALFORMED);
        }
        greet(session);
        session->peer.bytes_out += out->size;
        return COPSE_OK;
    }
    struct copse_message message;
    enum copse_err err = next_out(session, &message, now_ms);
    if (err == COPSE_OK) {
        count_entries(session, &message);
        err = seal(session, out, room, &message);
        session->peer.bytes_out += out->size;
    } else if (err == COPSE_ERR_NOT_FOUND) {
        err = COPSE_OK;
    }
    return fault(session, err);
}

/* ---- events ---- */

static bool next_gift(struct copse_session *session, struct copse_session_event *out)
{
    switch (session->gift.kind) {
    case COPSE_CHANNEL_NO_GIFT:
        return false;
    case COPSE_CHANNEL_ENTRIES:
        out->kind = COPSE_SESSION_ENTRIES;
        break;
    case COPSE_CHANNEL_ADMISSION:
        out->kind = COPSE_SESSION_ADMISSION;
        break;
    case COPSE_CHANNEL_CONTENT:
        out->kind = COPSE_SESSION_CONTENT;
        break;
    case COPSE_CHANNEL_LOOSE:
        out->kind = COPSE_SESSION_LOOSE;
        break;
    case COPSE_CHANNEL_NO_CONTENT:
        out->kind = COPSE_SESSION_NO_CONTENT;
        break;
    }
    out->gift = session->gift;
    out->community = session->gift_community;
    memset(&session->gift, 0, sizeof session->gift);
    return true;
}

static enum copse_session_event_kind kind_of(enum copse_channel_news news)
{
    switch (news) {
    case COPSE_CHANNEL_NEWS_OPENED:
        return COPSE_SESSION_OPENED;
    case COPSE_CHANNEL_NEWS_EQUAL:
        return COPSE_SESSION_EQUAL;
    case COPSE_CHANNEL_NEWS_PUBLISH:
        return COPSE_SESSION_PUBLISH;
    case COPSE_CHANNEL_NEWS_CLOSED:
        break;
    }
    return COPSE_SESSION_CLOSED;
}

static bool next_news(struct copse_session *session, struct copse_session_event *out)
{
    enum copse_channel_news news = COPSE_CHANNEL_NEWS_CLOSED;
    struct copse_channel *channel = copse_handles_next_news(&session->handles, &news);
    if (channel == NULL) {
        return false;
    }
    out->kind = kind_of(news);
    out->community = channel->community;
    out->device = channel->peer_device;
    out->standing = channel->standing;
    out->code = channel->code;
    copse_handles_sweep(&session->handles, &session->link, channel->handle);
    return true;
}

bool copse_session_next_event(struct copse_session *session, struct copse_session_event *out)
{
    memset(out, 0, sizeof *out);
    if (session->is_ready_news) {
        session->is_ready_news = false;
        out->kind = COPSE_SESSION_READY;
        return true;
    }
    if (next_gift(session, out) || next_news(session, out)) {
        return true;
    }
    if (session->is_ended_news) {
        session->is_ended_news = false;
        out->kind = COPSE_SESSION_ENDED;
        out->code = session->end_code;
        return true;
    }
    return false;
}

/* ---- commands ---- */

void copse_session_close(struct copse_session *session, const struct copse_id *community,
                         enum copse_code code)
{
    struct copse_channel *channel = copse_handles_find(&session->handles, community);
    if (channel != NULL) {
        copse_channel_close(channel, code);
    }
}

void copse_session_push(struct copse_session *session, const struct copse_id *community,
                        const struct copse_channel_push *push)
{
    COPSE_ASSERT(push->count > 0);
    struct copse_channel *channel = copse_handles_find(&session->handles, community);
    if (channel != NULL) {
        copse_channel_push(channel, push);
    }
}

void copse_session_compare(struct copse_session *session, const struct copse_id *community)
{
    struct copse_channel *channel = copse_handles_find(&session->handles, community);
    if (channel != NULL) {
        copse_channel_compare(channel);
    }
}

size_t copse_session_want(struct copse_session *session, const struct copse_id *community,
                          enum copse_message_what what, const struct copse_id *ids, size_t count)
{
    struct copse_channel *channel = copse_handles_find(&session->handles, community);
    return channel == NULL ? 0 : copse_channel_want(channel, what, ids, count);
}

void copse_session_stored(struct copse_session *session, uint64_t ticket,
                          enum copse_channel_outcome outcome, uint64_t now_ms)
{
    struct copse_intake_pending pending;
    bool is_known = copse_intake_take(&session->link.intake, &pending, ticket);
    COPSE_ASSERT(is_known);
    session->to_give += pending.weight;
    struct copse_channel *channel = session->handles.channels[pending.channel];
    if (channel != NULL) {
        copse_channel_stored(channel, ticket, outcome, now_ms);
    }
}

void copse_session_published(struct copse_session *session)
{
    copse_handles_published(&session->handles);
}

/* ---- time ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t copse_session_deadline_ms(const struct copse_session *session)
{
    if (session->state == ENDED) {
        return UINT64_MAX;
    }
    if (session->state != READY) {
        return session->start_ms + COPSE_SESSION_GREETING_MS;
    }
    uint64_t deadline = earlier(session->start_ms + COPSE_SESSION_AGE_MAX_MS,
                                session->heard_ms + COPSE_SESSION_DEAD_MS);
    uint64_t quiet_ms =
        session->pinged_ms > session->heard_ms ? session->pinged_ms : session->heard_ms;
    deadline = earlier(deadline, quiet_ms + COPSE_SESSION_IDLE_MS);
    if (session->is_pace_held) {
        deadline = earlier(deadline, session->pace_out.filled_ms + PACE_RETRY_MS);
    }
    return earlier(deadline, copse_handles_deadline_ms(&session->handles, &session->link));
}

void copse_session_tick(struct copse_session *session, uint64_t now_ms)
{
    if (session->state == ENDED) {
        return;
    }
    if (session->state != READY) {
        if (now_ms >= session->start_ms + COPSE_SESSION_GREETING_MS) {
            end(session, COPSE_CODE_TIMEOUT);
        }
        return;
    }
    if (now_ms >= session->start_ms + COPSE_SESSION_AGE_MAX_MS) {
        leave(session, COPSE_CODE_NONE);
        return;
    }
    if (now_ms >= session->heard_ms + COPSE_SESSION_DEAD_MS) {
        end(session, COPSE_CODE_TIMEOUT);
        return;
    }
    uint64_t quiet_ms =
        session->pinged_ms > session->heard_ms ? session->pinged_ms : session->heard_ms;
    if (now_ms >= quiet_ms + COPSE_SESSION_IDLE_MS) {
        session->is_ping_due = true;
        session->pinged_ms = now_ms;
    }
    copse_handles_tick(&session->handles, &session->link, now_ms);
}
