#include "tests/support/wire_pair.h"

#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

static void start(struct wire_end *end, enum copse_noise_role role,
                  const struct wire_pair_options *options)
{
    uint8_t seed[COPSE_NOISE_KEY_BYTES];
    struct copse_session_options made = {
        .port = &end->port,
        .scheme = end->node->scheme,
        .agent = copse_bytes_of_string("test"),
        .wall_ms = 1700000000000u,
        .window = options->window == 0 ? COPSE_SESSION_WINDOW_MIN : options->window,
    };
    made.record.role = role;
    bool is_first = role == COPSE_NOISE_INITIATOR;
    memset(seed, is_first ? 1 : 2, sizeof seed);
    copse_noise_pair_from_seed(&made.record.node, seed);
    memset(seed, is_first ? 3 : 4, sizeof seed);
    seed[1] = (uint8_t)options->seed;
    copse_noise_pair_from_seed(&made.record.ephemeral, seed);
    made.record.network_key = is_first ? options->network_key : options->peer_network_key;
    made.record.expected_key = is_first ? options->expected_key : NULL;
    assert_int_equal(copse_session_new(&end->session, &made, 0, copse_memory_heap()), COPSE_OK);
}

void wire_pair_init(struct wire_pair *pair, struct wire_node *a, struct wire_node *b,
                    const struct wire_pair_options *options)
{
    memset(pair, 0, sizeof *pair);
    copse_random_init(&pair->random, options->seed);
    pair->ends[0].node = a;
    pair->ends[1].node = b;
    for (size_t i = 0; i < 2; i++) {
        struct wire_end *end = &pair->ends[i];
        end->port = wire_node_port(end->node);
        end->pipe = malloc(WIRE_PIPE_BYTES);
        assert_non_null(end->pipe);
        start(end, i == 0 ? COPSE_NOISE_INITIATOR : COPSE_NOISE_RESPONDER, options);
    }
}

void wire_pair_deinit(struct wire_pair *pair)
{
    for (size_t i = 0; i < 2; i++) {
        copse_session_free(pair->ends[i].session);
        free(pair->ends[i].pipe);
    }
}

/* ---- events ---- */

static void tell(struct wire_pair *pair, struct wire_end *end, uint64_t ticket,
                 enum copse_channel_outcome outcome)
{
    if (outcome == COPSE_CHANNEL_REFUSED) {
        end->refused++;
    }
    if (end->never_stores || end->stores_late) {
        assert_true(end->ticket_count < WIRE_TICKETS_MAX);
        end->tickets[end->ticket_count] = ticket;
        end->outcomes[end->ticket_count++] = outcome;
    } else {
        copse_session_stored(end->session, ticket, outcome, pair->now_ms);
    }
}

static void store_entries(struct wire_pair *pair, struct wire_end *end,
                          const struct copse_session_event *event)
{
    bool is_held = true;
    for (size_t i = 0; i < event->gift.item_count; i++) {
        const struct copse_run_item *item = &event->gift.items[i];
        bool is_last = i + 1 == event->gift.item_count;
        is_held = wire_node_add(end->node, item->bytes, item->salted,
                                is_last ? event->gift.signature : NULL);
    }
    end->runs++;
    end->entries += event->gift.item_count;
    tell(pair, end, event->gift.ticket, is_held ? COPSE_CHANNEL_STORED : COPSE_CHANNEL_REFUSED);
}

static void on_event(struct wire_pair *pair, struct wire_end *end,
                     const struct copse_session_event *event)
{
    switch (event->kind) {
    case COPSE_SESSION_READY:
        end->is_ready = true;
        break;
    case COPSE_SESSION_OPENED:
        end->opened_events++;
        end->standing = event->standing;
        break;
    case COPSE_SESSION_ENTRIES:
        store_entries(pair, end, event);
        break;
    case COPSE_SESSION_ADMISSION:
        if (end->node->refuses_strangers) {
            tell(pair, end, event->gift.ticket, COPSE_CHANNEL_REFUSED);
        } else {
            store_entries(pair, end, event);
        }
        break;
    case COPSE_SESSION_CONTENT:
        end->contents++;
        assert_int_equal(memory_source_set_content(end->node->source, &event->gift.id,
                                                   COPSE_CONTENT_PRESENT, event->gift.salted),
                         COPSE_OK);
        tell(pair, end, event->gift.ticket, COPSE_CHANNEL_STORED);
        break;
    case COPSE_SESSION_LOOSE:
        end->contents++;
        memory_source_add_loose(end->node->source, &event->community, event->gift.salted);
        tell(pair, end, event->gift.ticket, COPSE_CHANNEL_STORED);
        break;
    case COPSE_SESSION_NO_CONTENT:
        end->no_contents++;
        break;
    case COPSE_SESSION_EQUAL:
        end->equals++;
        break;
    case COPSE_SESSION_PUBLISH:
        end->publishes++;
        if (!end->never_publishes) {
            end->node->awaits_publish = false;
            copse_session_published(end->session);
        }
        break;
    case COPSE_SESSION_CLOSED:
        end->is_closed = true;
        end->closed_code = event->code;
        break;
    case COPSE_SESSION_ENDED:
        end->is_ended = true;
        end->ended_code = event->code;
        break;
    }
}

static void take_events(struct wire_pair *pair, struct wire_end *end)
{
    struct copse_session_event event;
    while (copse_session_next_event(end->session, &event)) {
        on_event(pair, end, &event);
    }
}

/* ---- bytes ---- */

/* Give one end a piece of what is on its way. True: it took some. */
static bool feed(struct wire_pair *pair, struct wire_end *end)
{
    size_t piece = end->pipe_size;
    if (end->piece_max > 0 && piece > end->piece_max) {
        piece = 1 + (size_t)copse_random_below(&pair->random, end->piece_max);
    }
    if (end->in_bytes < end->cut_at && end->in_bytes + piece > end->cut_at) {
        piece = end->cut_at - end->in_bytes;
    }
    struct copse_slice bytes = {end->pipe, piece};
    assert_int_equal(copse_session_recv(end->session, &bytes, pair->now_ms), COPSE_OK);
    size_t taken = copse_session_is_ended(end->session) ? end->pipe_size : piece - bytes.size;
    memmove(end->pipe, end->pipe + taken, end->pipe_size - taken);
    end->pipe_size -= taken;
    end->in_bytes += taken;
    take_events(pair, end);
    return taken > 0;
}

static void flip(struct wire_pair *pair, uint8_t *bytes, size_t size)
{
    size_t first = pair->sent_by_initiator;
    pair->sent_by_initiator += size;
    if (pair->flips_at > first && pair->flips_at <= first + size) {
        bytes[pair->flips_at - first - 1] ^= 0x10;
    }
}

/* Let one end send one record. True: it did. */
static bool drain(struct wire_pair *pair, size_t which)
{
    static uint8_t room[COPSE_RECORD_BYTES_MAX];
    struct wire_end *end = &pair->ends[which];
    struct wire_end *other = &pair->ends[1 - which];
    if (other->pipe_size + COPSE_RECORD_BYTES_MAX > WIRE_PIPE_BYTES) {
        return false;
    }
    struct copse_slice out;
    assert_int_equal(copse_session_send(end->session, &out,
                                        (struct copse_noise_room){room, sizeof room}, pair->now_ms),
                     COPSE_OK);
    take_events(pair, end);
    if (out.size == 0) {
        return false;
    }
    memcpy(other->pipe + other->pipe_size, out.data, out.size);
    if (which == 0) {
        flip(pair, other->pipe + other->pipe_size, out.size);
    }
    other->pipe_size += out.size;
    end->records++;
    return true;
}

size_t wire_pair_settle(struct wire_pair *pair)
{
    size_t before = pair->ends[0].records + pair->ends[1].records;
    bool moved = true;
    for (size_t steps = 0; moved; steps++) {
        assert_true(steps < 10000000);
        moved = false;
        for (size_t i = 0; i < 2; i++) {
            bool sent = drain(pair, i);
            moved = moved || sent;
            while (sent && pair->is_bulky) {
                sent = drain(pair, i);
            }
            moved = feed(pair, &pair->ends[i]) || moved;
        }
    }
    return pair->ends[0].records + pair->ends[1].records - before;
}

void wire_pair_store(struct wire_pair *pair)
{
    for (size_t i = 0; i < 2; i++) {
        struct wire_end *end = &pair->ends[i];
        size_t count = end->ticket_count;
        end->ticket_count = 0;
        for (size_t j = 0; j < count; j++) {
            copse_session_stored(end->session, end->tickets[j], end->outcomes[j], pair->now_ms);
        }
    }
}

void wire_pair_wait(struct wire_pair *pair, uint64_t ms)
{
    uint64_t until_ms = pair->now_ms + ms;
    while (pair->now_ms < until_ms) {
        (void)wire_pair_settle(pair);
        uint64_t next_ms = until_ms;
        for (size_t i = 0; i < 2; i++) {
            uint64_t deadline_ms = copse_session_deadline_ms(pair->ends[i].session);
            next_ms = deadline_ms < next_ms ? deadline_ms : next_ms;
        }
        pair->now_ms = next_ms > pair->now_ms ? next_ms : pair->now_ms + 1;
        for (size_t i = 0; i < 2; i++) {
            copse_session_tick(pair->ends[i].session, pair->now_ms);
            take_events(pair, &pair->ends[i]);
        }
    }
    (void)wire_pair_settle(pair);
}

void wire_pair_open(struct wire_pair *pair)
{
    (void)wire_pair_settle(pair);
    assert_true(pair->ends[0].is_ready && pair->ends[1].is_ready);
    assert_int_equal(
        copse_session_open(pair->ends[0].session, &pair->ends[0].node->community, pair->now_ms),
        COPSE_OK);
    (void)wire_pair_settle(pair);
}
