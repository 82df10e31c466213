/* How it works: what is due stands in bits and small fields, never in a queue of bytes, so a peer
 * that does not read cannot make this side hold more, and reading never waits for writing. What a
 * message brings about is done when it is taken; what has to wait until something is stored is done
 * by `advance`, before the next message goes out.
 */
#include "protocol/wire/channel.h"

#include <sodium.h>
#include <string.h>

#define BIT(state) (1u << (unsigned)(state))

/* Which states may follow which. */
static const unsigned moves[] = {
    [COPSE_CHANNEL_OPENING] =
        BIT(COPSE_CHANNEL_PROVING) | BIT(COPSE_CHANNEL_COMPARING) | BIT(COPSE_CHANNEL_CLOSED),
    [COPSE_CHANNEL_PROVING] = BIT(COPSE_CHANNEL_COMPARING) | BIT(COPSE_CHANNEL_CLOSED),
    [COPSE_CHANNEL_COMPARING] =
        BIT(COPSE_CHANNEL_EXCHANGING) | BIT(COPSE_CHANNEL_LIVE) | BIT(COPSE_CHANNEL_CLOSED),
    [COPSE_CHANNEL_EXCHANGING] = BIT(COPSE_CHANNEL_COMPARING) | BIT(COPSE_CHANNEL_CLOSED),
    [COPSE_CHANNEL_LIVE] = BIT(COPSE_CHANNEL_COMPARING) | BIT(COPSE_CHANNEL_CLOSED),
    [COPSE_CHANNEL_CLOSED] = 0,
};

static void move(struct copse_channel *channel, enum copse_channel_state state)
{
    COPSE_ASSERT((moves[channel->state] & BIT(state)) != 0);
    channel->state = state;
}

static void shut(struct copse_channel *channel, enum copse_code code, unsigned due)
{
    if (channel->state == COPSE_CHANNEL_CLOSED) {
        return;
    }
    move(channel, COPSE_CHANNEL_CLOSED);
    channel->code = code;
    channel->due = due;
    channel->news |= COPSE_CHANNEL_NEWS_CLOSED;
    copse_exchange_end(&channel->exchange);
    copse_stream_clear(&channel->exchange.stream);
}

void copse_channel_close(struct copse_channel *channel, enum copse_code code)
{
    shut(channel, code, COPSE_CHANNEL_DUE_CLOSE);
}

enum copse_err copse_channel_new(struct copse_channel **out, const struct copse_channel_link *link,
                                 enum copse_channel_part part, uint32_t handle,
                                 const struct copse_port_secret *secret, uint64_t now_ms)
{
    struct copse_channel *channel = copse_memory_new(link->memory, 1, sizeof *channel);
    if (channel == NULL) {
        return COPSE_ERR_NOMEM;
    }
    channel->is_leader = part == COPSE_CHANNEL_LEADER;
    channel->state = channel->is_leader ? COPSE_CHANNEL_OPENING : COPSE_CHANNEL_PROVING;
    channel->due = channel->is_leader ? COPSE_CHANNEL_DUE_OPEN : COPSE_CHANNEL_DUE_OPENED;
    channel->community = secret->community;
    channel->secret = *secret;
    channel->handle = handle;
    channel->progress_ms = now_ms;
    copse_exchange_init(&channel->exchange, link->memory);
    *out = channel;
    return COPSE_OK;
}

void copse_channel_free(struct copse_channel *channel, const struct copse_channel_link *link)
{
    if (channel != NULL) {
        copse_exchange_deinit(&channel->exchange);
        sodium_memzero(&channel->secret, sizeof channel->secret);
        copse_memory_free(link->memory, channel);
    }
}

static bool is_open(const struct copse_channel *channel)
{
    return channel->state == COPSE_CHANNEL_COMPARING ||
           channel->state == COPSE_CHANNEL_EXCHANGING || channel->state == COPSE_CHANNEL_LIVE;
}

/* ---- opening ---- */

static enum copse_err find_standing(struct copse_channel *channel,
                                    const struct copse_channel_link *link)
{
    return link->port->standing(link->port->context, &channel->standing, &channel->community,
                                &channel->peer_device);
}

/* The peer is known as well as it can be now. Who leads may learn from anybody who knows the
 * secret; who follows shows nothing to a stranger (SPEC 10.9). */
static void begin_comparing(struct copse_channel *channel)
{
    if (!channel->is_leader && channel->standing == COPSE_PORT_STRANGER) {
        copse_channel_close(channel, COPSE_CODE_NOT_MEMBER);
        return;
    }
    move(channel, COPSE_CHANNEL_COMPARING);
    channel->news |= COPSE_CHANNEL_NEWS_OPENED;
    if (channel->is_leader) {
        channel->due |= COPSE_CHANNEL_DUE_SUMMARY;
    }
}

/* A JOIN of the peer's own device, to be judged before anything else. */
static enum copse_err take_admission(struct copse_channel *channel, struct copse_channel_gift *gift,
                                     struct copse_channel_link *link, struct copse_slice bytes)
{
    if (copse_intake_is_full(&link->intake)) {
        return COPSE_ERR_BUSY;
    }
    enum copse_err err = copse_intake_open(&link->intake, link->port, &channel->community, bytes);
    if (err == COPSE_ERR_CORRUPT || err == COPSE_ERR_NOMEM) {
        return err;
    }
    const struct copse_run *run = &link->intake.run;
    if (err != COPSE_OK || run->has_base || run->class != COPSE_ENTRY_CONTROL ||
        !copse_bytes_equal_ids(&run->author, &channel->peer_device)) {
        begin_comparing(channel); /* as if there were none */
        return COPSE_OK;
    }
    channel->admission_ticket = copse_intake_put_run(&link->intake, channel->handle, 0);
    gift->kind = COPSE_CHANNEL_ADMISSION;
    gift->ticket = channel->admission_ticket;
    gift->items = link->intake.items;
    gift->item_count = link->intake.item_count;
    gift->signature = &run->signature;
    if (channel->state == COPSE_CHANNEL_OPENING) {
        move(channel, COPSE_CHANNEL_PROVING);
    }
    return COPSE_OK;
}

static enum copse_err take_opened(struct copse_channel *channel, struct copse_channel_gift *gift,
                                  struct copse_channel_link *link,
                                  const struct copse_message *message)
{
    bool is_awaited = channel->is_leader
                          ? channel->state == COPSE_CHANNEL_OPENING
                          : channel->state == COPSE_CHANNEL_PROVING &&
                                channel->admission_ticket == 0 && !channel->is_judged;
    if (!is_awaited || (channel->due & COPSE_CHANNEL_DUE_OPEN) != 0) {
        copse_channel_close(channel, COPSE_CODE_STATE);
        return COPSE_OK;
    }
    memcpy(channel->peer_device.bytes, message->open.device.data, COPSE_ID_BYTES);
    if (!copse_proof_is_good(&link->ends, link->scheme, &channel->secret, message)) {
        copse_channel_close(channel, COPSE_CODE_NOT_MEMBER);
        return COPSE_OK;
    }
    enum copse_err err = find_standing(channel, link);
    if (err != COPSE_OK) {
        return err;
    }
    if (channel->standing == COPSE_PORT_STRANGER && message->open.admission.data != NULL) {
        err = take_admission(channel, gift, link, message->open.admission);
    } else {
        begin_comparing(channel);
    }
    if (err == COPSE_OK && channel->is_leader && channel->state != COPSE_CHANNEL_CLOSED) {
        channel->due |= COPSE_CHANNEL_DUE_OPENED;
    }
    return err;
}

/* ---- rounds ---- */

static struct copse_exchange_view view_of(const struct copse_channel *channel,
                                          const struct copse_channel_link *link)
{
    return (struct copse_exchange_view){link->port, &link->key, &channel->community};
}

/* Turn what an exchange found wrong into the end of the channel or the session. */
static enum copse_err settle_error(struct copse_channel *channel, struct copse_channel_link *link,
                                   enum copse_err err)
{
    if (err == COPSE_ERR_DECODE) {
        link->end_code = COPSE_CODE_MALFORMED;
    } else if (err == COPSE_ERR_FORM) {
        copse_channel_close(channel, COPSE_CODE_STATE);
    } else if (err == COPSE_ERR_LIMIT) {
        copse_channel_close(channel, COPSE_CODE_TOO_LARGE);
    } else {
        return err;
    }
    return COPSE_OK;
}

/* With 10 minutes between comparisons on average, so that peers do not all come at once. */
static uint64_t next_compare_ms(const struct copse_channel_link *link, uint64_t now_ms)
{
    uint64_t spread = copse_bytes_get_u32(link->ends.session_hash) % COPSE_CHANNEL_COMPARE_MORE_MS;
    return now_ms + COPSE_CHANNEL_COMPARE_MS + spread;
}

static void go_live(struct copse_channel *channel, const struct copse_channel_link *link,
                    uint64_t now_ms)
{
    move(channel, COPSE_CHANNEL_LIVE);
    channel->is_control_settled = true;
    channel->stuck_rounds = 0;
    channel->compare_ms = next_compare_ms(link, now_ms);
    channel->news |= COPSE_CHANNEL_NEWS_EQUAL;
}

static enum copse_err begin_exchange(struct copse_channel *channel, struct copse_channel_link *link,
                                     enum copse_entry_class class, enum copse_exchange_turn turn)
{
    bool may_share = channel->standing == COPSE_PORT_MEMBER || !channel->is_leader;
    struct copse_exchange_view view = view_of(channel, link);
    move(channel, COPSE_CHANNEL_EXCHANGING);
    channel->is_refused = false;
    channel->is_control_settled = channel->is_control_settled || class == COPSE_ENTRY_DATA;
    return copse_exchange_begin(&channel->exchange, &view, class, turn,
                                may_share ? COPSE_EXCHANGE_SHARE : COPSE_EXCHANGE_LEARN);
}

/* Was there an exchange since nothing was different from now? */
static bool is_stuck(struct copse_channel *channel, const uint64_t own[2])
{
    uint64_t sums[4] = {own[0], own[1], channel->peer_sums[0], channel->peer_sums[1]};
    bool is_same = memcmp(sums, channel->last_sums, sizeof sums) == 0;
    memcpy(channel->last_sums, sums, sizeof sums);
    channel->stuck_rounds = is_same ? channel->stuck_rounds + 1 : 0;
    return channel->stuck_rounds >= COPSE_CHANNEL_STUCK_ROUNDS;
}

static enum copse_err find_sums(uint64_t sums[2], const struct copse_channel *channel,
                                const struct copse_channel_link *link)
{
    struct copse_exchange_view view = view_of(channel, link);
    enum copse_err err = copse_exchange_sum(&sums[0], &view, COPSE_ENTRY_CONTROL);
    return err == COPSE_OK ? copse_exchange_sum(&sums[1], &view, COPSE_ENTRY_DATA) : err;
}

/* The follower's look at the leader's SUMMARY. */
static enum copse_err compare(struct copse_channel *channel, struct copse_channel_link *link,
                              uint64_t now_ms)
{
    channel->has_summary = false;
    copse_exchange_end(&channel->exchange);
    copse_stream_clear(&channel->exchange.stream);
    if (channel->state != COPSE_CHANNEL_COMPARING) {
        move(channel, COPSE_CHANNEL_COMPARING);
    }
    uint64_t own[2];
    enum copse_err err = find_sums(own, channel, link);
    if (err == COPSE_OK) {
        err = find_standing(channel, link);
    }
    if (err != COPSE_OK) {
        return err;
    }
    bool is_control_equal = own[0] == channel->peer_sums[0];
    bool is_member = channel->standing == COPSE_PORT_MEMBER;
    if (channel->standing == COPSE_PORT_STRANGER || (!is_member && is_control_equal)) {
        copse_channel_close(channel, COPSE_CODE_NOT_MEMBER);
    } else if (is_control_equal && own[1] == channel->peer_sums[1]) {
        channel->due |= COPSE_CHANNEL_DUE_SAME;
        go_live(channel, link, now_ms);
    } else if (is_stuck(channel, own)) {
        copse_channel_close(channel, COPSE_CODE_STUCK);
    } else {
        err =
            begin_exchange(channel, link, is_control_equal ? COPSE_ENTRY_DATA : COPSE_ENTRY_CONTROL,
                           COPSE_EXCHANGE_OWN);
    }
    return err;
}

static void begin_round(struct copse_channel *channel, uint64_t now_ms)
{
    channel->wants_round = false;
    channel->round_ms = now_ms;
    channel->progress_ms = now_ms;
    channel->due |= COPSE_CHANNEL_DUE_SUMMARY;
    if (channel->is_leader) {
        move(channel, COPSE_CHANNEL_COMPARING);
    }
}

/* Do what had to wait: for an outcome, for everything to be stored, for time. */
static enum copse_err advance(struct copse_channel *channel, struct copse_channel_link *link,
                              uint64_t now_ms)
{
    enum copse_err err = COPSE_OK;
    if (channel->state == COPSE_CHANNEL_PROVING && channel->is_judged) {
        err = find_standing(channel, link);
        if (err != COPSE_OK) {
            return err;
        }
        begin_comparing(channel);
    }
    if (!is_open(channel) || copse_intake_count(&link->intake, channel->handle) > 0) {
        return COPSE_OK;
    }
    if (channel->has_summary && !copse_exchange_is_asking(&channel->exchange)) {
        return compare(channel, link, now_ms);
    }
    bool is_due = channel->state == COPSE_CHANNEL_LIVE && channel->wants_round &&
                  now_ms >= channel->round_ms + COPSE_CHANNEL_ROUND_GAP_MS;
    /* The exchange stays, for a LOCATE that crosses. */
    bool is_over = channel->is_leader && channel->state == COPSE_CHANNEL_EXCHANGING &&
                   copse_exchange_is_over(&channel->exchange);
    if (is_due || is_over) {
        begin_round(channel, now_ms);
    }
    return COPSE_OK;
}

static void take_summary(struct copse_channel *channel, const struct copse_message *message)
{
    bool is_early = channel->state == COPSE_CHANNEL_OPENING ||
                    (channel->state == COPSE_CHANNEL_PROVING && channel->admission_ticket == 0 &&
                     !channel->is_judged);
    if (is_early) {
        copse_channel_close(channel, COPSE_CODE_STATE);
    } else if (!channel->is_leader) {
        channel->has_summary = true;
        memcpy(channel->peer_sums, message->sums, sizeof channel->peer_sums);
    } else if (channel->state == COPSE_CHANNEL_LIVE) {
        channel->wants_round = true; /* the follower only asks for a round */
    }
}

/* The leader's SUMMARY is answered. */
static bool is_summary_answered(struct copse_channel *channel)
{
    return channel->is_leader && channel->state == COPSE_CHANNEL_COMPARING &&
           (channel->due & COPSE_CHANNEL_DUE_SUMMARY) == 0;
}

static enum copse_err take_same(struct copse_channel *channel, struct copse_channel_link *link,
                                uint64_t now_ms)
{
    if (!is_summary_answered(channel)) {
        copse_channel_close(channel, COPSE_CODE_STATE);
        return COPSE_OK;
    }
    enum copse_err err = find_standing(channel, link);
    copse_exchange_end(&channel->exchange);
    if (err == COPSE_OK && channel->standing == COPSE_PORT_MEMBER) {
        go_live(channel, link, now_ms);
    } else if (err == COPSE_OK) {
        copse_channel_close(channel, COPSE_CODE_NOT_MEMBER);
    }
    return err;
}

/* The follower's first parts: the leader gathers its own items and joins in. */
static enum copse_err join_exchange(struct copse_channel *channel, struct copse_channel_link *link,
                                    const struct copse_message *message)
{
    enum copse_err err = find_standing(channel, link);
    if (err != COPSE_OK) {
        return err;
    }
    bool is_data = message->ranges.class == (uint64_t)COPSE_ENTRY_DATA;
    if (channel->standing != COPSE_PORT_MEMBER) {
        channel->learn_rounds++;
        if (is_data || channel->learn_rounds > COPSE_CHANNEL_LEARN_ROUNDS) {
            copse_channel_close(channel, COPSE_CODE_NOT_MEMBER);
            return COPSE_OK;
        }
    }
    return begin_exchange(channel, link, is_data ? COPSE_ENTRY_DATA : COPSE_ENTRY_CONTROL,
                          COPSE_EXCHANGE_PEER);
}

/* SPEC 10.15: "A LOCATE that crosses the SUMMARY is still answered" */
static bool takes_exchange(const struct copse_channel *channel, enum copse_message_type type)
{
    return channel->state == COPSE_CHANNEL_EXCHANGING ||
           (channel->state == COPSE_CHANNEL_COMPARING && channel->is_leader &&
            type == COPSE_MESSAGE_LOCATE);
}

static enum copse_err take_exchange(struct copse_channel *channel, struct copse_channel_link *link,
                                    const struct copse_message *message)
{
    enum copse_err err = COPSE_OK;
    if (message->type == COPSE_MESSAGE_RANGES && is_summary_answered(channel)) {
        err = join_exchange(channel, link, message);
    }
    if (err == COPSE_OK && takes_exchange(channel, message->type)) {
        struct copse_exchange_view view = view_of(channel, link);
        err = copse_exchange_take(&channel->exchange, &view, message);
    } else if (err == COPSE_OK && message->type == COPSE_MESSAGE_RANGES) {
        copse_channel_close(channel, COPSE_CODE_STATE);
    }
    return settle_error(channel, link, err); /* SENT and LOCATE may have crossed the end */
}

/* ---- runs ---- */

/* A run that cannot be put to use: why, and what is done about it. */
static enum copse_err take_unusable(struct copse_channel *channel, struct copse_channel_link *link,
                                    enum copse_err err)
{
    if (err == COPSE_ERR_NOT_FOUND) {
        if (channel->state != COPSE_CHANNEL_EXCHANGING) {
            channel->wants_round = true;
        } else if (!channel->is_refused) {
            copse_exchange_ask(&channel->exchange, &link->intake.run.author);
        }
    } else if (err == COPSE_ERR_DECODE) {
        link->end_code = COPSE_CODE_MALFORMED;
    } else if (err == COPSE_ERR_SIGNATURE) {
        link->end_code = COPSE_CODE_SIGNATURE;
    } else if (err == COPSE_ERR_FORM || err == COPSE_ERR_LIMIT) {
        copse_channel_close(channel, COPSE_CODE_BAD_ENTRY);
    } else {
        return err;
    }
    return COPSE_OK;
}

static enum copse_err take_run(struct copse_channel *channel, struct copse_channel_gift *gift,
                               struct copse_channel_link *link, const struct copse_message *message)
{
    if (!is_open(channel)) {
        copse_channel_close(channel, COPSE_CODE_STATE);
        return COPSE_OK;
    }
    if (copse_intake_is_full(&link->intake)) {
        return COPSE_ERR_BUSY;
    }
    struct copse_intake *intake = &link->intake;
    enum copse_err err = copse_intake_open(intake, link->port, &channel->community, message->run);
    if (err == COPSE_OK && intake->run.class == COPSE_ENTRY_DATA && !channel->is_control_settled) {
        copse_channel_close(channel, COPSE_CODE_STATE);
        return COPSE_OK;
    }
    if (err != COPSE_OK) {
        return take_unusable(channel, link, err);
    }
    gift->kind = COPSE_CHANNEL_ENTRIES;
    gift->ticket = copse_intake_put_run(intake, channel->handle, link->weight);
    gift->items = intake->items;
    gift->item_count = intake->item_count;
    gift->signature = &intake->run.signature;
    return COPSE_OK;
}

void copse_channel_stored(struct copse_channel *channel, uint64_t ticket,
                          enum copse_channel_outcome outcome, uint64_t now_ms)
{
    channel->progress_ms = now_ms;
    if (ticket == channel->admission_ticket && ticket != 0) {
        channel->admission_ticket = 0;
        channel->is_judged = true;
    } else if (outcome == COPSE_CHANNEL_REFUSED) {
        channel->is_refused = true;
    }
}

/* ---- contents ---- */

/* A content came, and its entry is held: does it belong there? */
static enum copse_err take_cdata(struct copse_channel *channel, struct copse_channel_gift *gift,
                                 struct copse_channel_link *link,
                                 const struct copse_message *message)
{
    enum copse_err err = copse_want_check(&channel->want, link->port, &channel->community,
                                          &gift->id, message->content.salted);
    if (err == COPSE_ERR_SIGNATURE) {
        copse_channel_close(channel, COPSE_CODE_BAD_ENTRY);
        return COPSE_OK;
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        gift->kind = COPSE_CHANNEL_NO_CONTENT; /* its entry was given up meanwhile */
        gift->why = COPSE_MESSAGE_MISSING;
        return COPSE_OK;
    }
    if (err != COPSE_OK) {
        return err;
    }
    gift->kind = channel->want.wanted_what == COPSE_MESSAGE_ENTRIES ? COPSE_CHANNEL_LOOSE
                                                                    : COPSE_CHANNEL_CONTENT;
    gift->ticket = copse_intake_put_other(&link->intake, channel->handle, link->weight);
    gift->salted = message->content.salted;
    return COPSE_OK;
}

/* CDATA and CNONE: only what was asked for. */
static enum copse_err take_content(struct copse_channel *channel, struct copse_channel_gift *gift,
                                   struct copse_channel_link *link,
                                   const struct copse_message *message)
{
    bool is_data = message->type == COPSE_MESSAGE_CDATA;
    if (is_data && copse_intake_is_full(&link->intake)) {
        return COPSE_ERR_BUSY;
    }
    memcpy(gift->id.bytes, message->content.id.data, COPSE_ID_BYTES);
    if (!is_open(channel) || (channel->due & COPSE_CHANNEL_DUE_CWANT) != 0 ||
        !copse_want_settle(&channel->want, &gift->id)) {
        copse_channel_close(channel, COPSE_CODE_STATE);
        return COPSE_OK;
    }
    if (is_data) {
        return take_cdata(channel, gift, link, message);
    }
    gift->kind = COPSE_CHANNEL_NO_CONTENT;
    gift->why = (enum copse_message_why)message->content.why;
    return COPSE_OK;
}

static void take_cwant(struct copse_channel *channel, const struct copse_message *message)
{
    if (!is_open(channel) || channel->standing != COPSE_PORT_MEMBER) {
        copse_channel_close(channel, COPSE_CODE_STATE);
    } else if (!copse_want_take(&channel->want, message)) {
        copse_channel_close(channel, COPSE_CODE_RATE);
    }
}

size_t copse_channel_want(struct copse_channel *channel, enum copse_message_what what,
                          const struct copse_id *ids, size_t count)
{
    size_t taken = is_open(channel) ? copse_want_add(&channel->want, what, ids, count) : 0;
    if (taken > 0) {
        channel->due |= COPSE_CHANNEL_DUE_CWANT;
    }
    return taken;
}

/* ---- messages in ---- */

enum copse_err copse_channel_take(struct copse_channel *channel, struct copse_channel_gift *gift,
                                  struct copse_channel_link *link,
                                  const struct copse_message *message, uint64_t now_ms)
{
    if (channel->state == COPSE_CHANNEL_CLOSED) {
        return COPSE_OK; /* under way when it was closed */
    }
    channel->progress_ms = now_ms;
    switch (message->type) {
    case COPSE_MESSAGE_OPENED:
        return take_opened(channel, gift, link, message);
    case COPSE_MESSAGE_CLOSE:
        shut(channel,
             message->code <= COPSE_CODE_DUPLICATE ? (enum copse_code)message->code
                                                   : COPSE_CODE_NONE,
             0);
        return COPSE_OK;
    case COPSE_MESSAGE_SUMMARY:
        take_summary(channel, message);
        return COPSE_OK;
    case COPSE_MESSAGE_SAME:
        return take_same(channel, link, now_ms);
    case COPSE_MESSAGE_RANGES:
    case COPSE_MESSAGE_LOCATE:
    case COPSE_MESSAGE_SENT:
        return take_exchange(channel, link, message);
    case COPSE_MESSAGE_RUN:
        return take_run(channel, gift, link, message);
    case COPSE_MESSAGE_CWANT:
        take_cwant(channel, message);
        return COPSE_OK;
    case COPSE_MESSAGE_CDATA:
    case COPSE_MESSAGE_CNONE:
        return take_content(channel, gift, link, message);
    case COPSE_MESSAGE_OPEN:
    case COPSE_MESSAGE_HELLO:
    case COPSE_MESSAGE_BYE:
    case COPSE_MESSAGE_PING:
    case COPSE_MESSAGE_PONG:
    case COPSE_MESSAGE_CREDIT:
        break;
    }
    copse_channel_close(channel, COPSE_CODE_STATE);
    return COPSE_OK;
}

/* ---- messages out ---- */

/* Take the bit of a message that is due and allowed now. */
static bool take_due(struct copse_channel *channel, enum copse_channel_due due,
                     enum copse_exchange_pace pace)
{
    if ((channel->due & (unsigned)due) == 0 || pace == COPSE_EXCHANGE_HOLD) {
        return false;
    }
    channel->due &= ~(unsigned)due;
    return true;
}

/* What belongs to opening, comparing and closing. */
static enum copse_err next_plain(struct copse_channel *channel, struct copse_message *out,
                                 const struct copse_channel_link *link,
                                 struct copse_noise_room room, enum copse_exchange_pace pace)
{
    if (take_due(channel, COPSE_CHANNEL_DUE_CLOSE, pace)) {
        out->type = COPSE_MESSAGE_CLOSE;
        out->code = (uint64_t)channel->code;
        return COPSE_OK;
    }
    if (take_due(channel, COPSE_CHANNEL_DUE_OPEN, pace)) {
        copse_proof_tag(room.data, &link->ends, link->ends.role, &channel->secret);
        out->open.tag = (struct copse_slice){room.data, COPSE_MESSAGE_TAG_BYTES};
        out->type = COPSE_MESSAGE_OPEN;
        return COPSE_OK;
    }
    if (take_due(channel, COPSE_CHANNEL_DUE_OPENED, COPSE_EXCHANGE_GO)) {
        return copse_proof_write(out, &link->ends, link->port, &channel->secret, room);
    }
    if (take_due(channel, COPSE_CHANNEL_DUE_SAME, COPSE_EXCHANGE_GO)) {
        out->type = COPSE_MESSAGE_SAME;
        return COPSE_OK;
    }
    if (take_due(channel, COPSE_CHANNEL_DUE_SUMMARY, pace)) {
        out->type = COPSE_MESSAGE_SUMMARY;
        return find_sums(out->sums, channel, link);
    }
    if (take_due(channel, COPSE_CHANNEL_DUE_CWANT, pace)) {
        copse_want_write(&channel->want, out, room);
        return COPSE_OK;
    }
    return COPSE_ERR_NOT_FOUND;
}

enum copse_err copse_channel_next(struct copse_channel *channel, struct copse_message *out,
                                  struct copse_channel_link *link, struct copse_noise_room room,
                                  enum copse_exchange_pace pace, uint64_t now_ms)
{
    enum copse_err err = advance(channel, link, now_ms);
    if (err != COPSE_OK) {
        err = settle_error(channel, link, err);
        if (err != COPSE_OK) {
            return err;
        }
    }
    memset(out, 0, sizeof *out);
    out->handle = channel->handle;
    err = next_plain(channel, out, link, room, pace);
    if (err == COPSE_ERR_NOT_FOUND && takes_exchange(channel, COPSE_MESSAGE_LOCATE)) {
        struct copse_exchange_view view = view_of(channel, link);
        err = copse_exchange_next(&channel->exchange, out, &view, room, pace);
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        err = copse_want_next_none(&channel->want, out, link->port, &channel->community, room);
    }
    if (err == COPSE_OK) {
        channel->progress_ms = now_ms;
    }
    return err;
}

/* Make a job of the oldest push. What is not here any more is not sent. */
static enum copse_err start_push(struct copse_channel *channel,
                                 const struct copse_channel_link *link)
{
    struct copse_channel_push push = channel->pushes[0];
    channel->push_count--;
    memmove(&channel->pushes[0], &channel->pushes[1],
            channel->push_count * sizeof channel->pushes[0]);
    struct copse_port_entry held;
    enum copse_err err =
        link->port->find(link->port->context, &held, &channel->community, &push.last);
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    uint32_t seq = held.position.seq;
    struct copse_stream_job job = {held.position, push.count > seq ? 0 : seq + 1 - push.count};
    return copse_stream_add(&channel->exchange.stream, &job, COPSE_STREAM_ANY);
}

static bool has_weighed(const struct copse_channel *channel)
{
    return is_open(channel) && !channel->is_publish_awaited &&
           (!copse_stream_is_empty(&channel->exchange.stream) || channel->want.asked_count > 0 ||
            (channel->state == COPSE_CHANNEL_LIVE && channel->push_count > 0));
}

/* Is the peer still one to send to? It may have been removed since the round began: a former
 * member is led to what says so, by a round, and nobody else gets anything more. */
static enum copse_err check_standing(struct copse_channel *channel,
                                     const struct copse_channel_link *link)
{
    enum copse_err err = find_standing(channel, link);
    if (err != COPSE_OK || channel->standing == COPSE_PORT_MEMBER) {
        return err;
    }
    if (channel->standing == COPSE_PORT_STRANGER || channel->is_leader) {
        copse_channel_close(channel, COPSE_CODE_NOT_MEMBER);
        return COPSE_ERR_NOT_FOUND;
    }
    bool is_control = channel->state == COPSE_CHANNEL_EXCHANGING &&
                      channel->exchange.class == COPSE_ENTRY_CONTROL;
    channel->wants_round = channel->wants_round || !is_control;
    return is_control ? COPSE_OK : COPSE_ERR_NOT_FOUND;
}

enum copse_err copse_channel_next_weighed(struct copse_channel *channel, struct copse_message *out,
                                          struct copse_channel_link *link, uint64_t now_ms)
{
    memset(out, 0, sizeof *out);
    out->handle = channel->handle;
    if (!has_weighed(channel)) {
        return COPSE_ERR_NOT_FOUND;
    }
    struct copse_stream *stream = &channel->exchange.stream;
    enum copse_err err = check_standing(channel, link);
    while (err == COPSE_OK && channel->state == COPSE_CHANNEL_LIVE &&
           copse_stream_is_empty(stream) && channel->push_count > 0) {
        err = start_push(channel, link);
    }
    if (err == COPSE_OK) {
        err =
            copse_stream_next(stream, &out->run, &link->run_room, link->port, &channel->community);
        out->type = COPSE_MESSAGE_RUN;
        if (err == COPSE_ERR_NOT_FOUND) {
            struct copse_noise_room room = {link->run_room.bytes, sizeof link->run_room.bytes};
            err = copse_want_next_data(&channel->want, out, link->port, &channel->community, room);
        }
    }
    if (err == COPSE_ERR_BUSY) {
        channel->is_publish_awaited = true;
        channel->news |= COPSE_CHANNEL_NEWS_PUBLISH;
        return COPSE_ERR_NOT_FOUND;
    }
    if (err == COPSE_OK) {
        channel->progress_ms = now_ms;
    }
    return err;
}

/* ---- commands and time ---- */

void copse_channel_push(struct copse_channel *channel, const struct copse_channel_push *push)
{
    if (channel->state == COPSE_CHANNEL_CLOSED) {
        return;
    }
    if (channel->push_count == COPSE_CHANNEL_PUSHES_MAX) {
        channel->wants_round = true;
        return;
    }
    channel->pushes[channel->push_count++] = *push;
}

void copse_channel_compare(struct copse_channel *channel)
{
    channel->wants_round = true;
}

/* Is this side waiting for the peer? In LIVE nobody waits but for contents that were asked for;
 * what is being stored is our own delay. */
static bool waits_for_peer(const struct copse_channel *channel,
                           const struct copse_channel_link *link)
{
    bool is_asking =
        channel->want.wanted_count > 0 && (channel->due & COPSE_CHANNEL_DUE_CWANT) == 0;
    return (channel->state != COPSE_CHANNEL_LIVE || is_asking) &&
           channel->state != COPSE_CHANNEL_CLOSED && !channel->is_publish_awaited &&
           copse_intake_count(&link->intake, channel->handle) == 0;
}

uint64_t copse_channel_deadline_ms(const struct copse_channel *channel,
                                   const struct copse_channel_link *link)
{
    uint64_t deadline_ms = UINT64_MAX;
    if (channel->state == COPSE_CHANNEL_LIVE && channel->wants_round) {
        deadline_ms = channel->round_ms + COPSE_CHANNEL_ROUND_GAP_MS;
    } else if (channel->state == COPSE_CHANNEL_LIVE && channel->is_leader) {
        deadline_ms = channel->compare_ms;
    }
    if (waits_for_peer(channel, link) &&
        channel->progress_ms + COPSE_CHANNEL_PROGRESS_MS < deadline_ms) {
        deadline_ms = channel->progress_ms + COPSE_CHANNEL_PROGRESS_MS;
    }
    return deadline_ms;
}

void copse_channel_tick(struct copse_channel *channel, const struct copse_channel_link *link,
                        uint64_t now_ms)
{
    if (waits_for_peer(channel, link) &&
        now_ms >= channel->progress_ms + COPSE_CHANNEL_PROGRESS_MS) {
        copse_channel_close(channel, COPSE_CODE_TIMEOUT);
    } else if (channel->state == COPSE_CHANNEL_LIVE && channel->is_leader &&
               now_ms >= channel->compare_ms) {
        channel->wants_round = true;
        channel->compare_ms = next_compare_ms(link, now_ms);
    }
}
