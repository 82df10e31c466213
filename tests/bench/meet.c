/* Two homes compare what they hold, session to session without a network, in turns: one side says
 * all it can say before the other one hears it. Counted from the moment both have shown who they
 * are until both are equal, or until the first entries come. */
#include "tests/bench/bench.h"
#include "tests/bench/home.h"

#include "node/peering/shelf.h"
#include "protocol/wire/session.h"

#include <sodium.h>

#include <stdio.h>
#include <string.h>

#define TURNS_MAX 1000u

struct side {
    struct bench_home home;
    struct copse_shelf shelf;
    struct copse_port port;
    struct copse_noise_pair node;
    struct copse_session *session;
    struct copse_error error;
    bool is_ready;
    bool is_open;
    bool is_equal;
    bool has_entries;
};

struct meeting {
    struct side sides[2]; /* the first one calls */
    size_t bytes;         /* since both were open */
    size_t turns;
};

static void begin_side(struct side *side, const char *path, enum copse_noise_role role)
{
    uint8_t seed[COPSE_NOISE_KEY_BYTES];
    bench_home_open(&side->home, path);
    bench_must(copse_shelf_init(&side->shelf, side->home.store, side->home.keyring, &side->error),
               &side->error, "the shelf");
    side->port = copse_shelf_port(&side->shelf);
    copse_noise_pair_from_seed(&side->node, copse_keyring_node(side->home.keyring));
    struct copse_session_options options = {
        .record = {.role = role, .node = side->node},
        .port = &side->port,
        .scheme = copse_key_ed25519(),
        .agent = copse_bytes_of_string("bench"),
        .window = COPSE_SESSION_WINDOW_MAX,
    };
    randombytes_buf(seed, sizeof(seed));
    copse_noise_pair_from_seed(&options.record.ephemeral, seed);
    bench_must(copse_session_new(&side->session, &options, 0, copse_memory_heap()), NULL,
               "a session");
}

static void end_side(struct side *side)
{
    copse_session_free(side->session);
    copse_shelf_deinit(&side->shelf);
    bench_home_close(&side->home);
}

static void enter(struct meeting *meeting, size_t number)
{
    struct copse_id peer;
    memcpy(peer.bytes, meeting->sides[1 - number].node.public_key, sizeof(peer.bytes));
    bench_must(copse_shelf_enter(&meeting->sides[number].shelf, &peer), NULL, "a snapshot");
}

static void publish(struct side *side)
{
    copse_shelf_leave(&side->shelf);
    bench_must(copse_shelf_publish(&side->shelf), &side->error, "publishing");
    copse_session_published(side->session);
}

static void take_events(struct meeting *meeting, size_t number)
{
    struct side *side = &meeting->sides[number];
    struct copse_session_event event;
    while (copse_session_next_event(side->session, &event)) {
        side->is_ready = side->is_ready || event.kind == COPSE_SESSION_READY;
        side->is_open = side->is_open || event.kind == COPSE_SESSION_OPENED;
        side->is_equal = side->is_equal || event.kind == COPSE_SESSION_EQUAL;
        side->has_entries = side->has_entries || event.kind == COPSE_SESSION_ENTRIES;
        if (event.kind == COPSE_SESSION_READY && number == 0) {
            bench_must(copse_session_open(side->session, &side->home.community, 0), NULL,
                       "opening");
        }
        if (event.kind == COPSE_SESSION_PUBLISH) {
            publish(side);
            enter(meeting, number);
        }
        if (event.kind == COPSE_SESSION_CLOSED || event.kind == COPSE_SESSION_ENDED) {
            bench_must(COPSE_ERR_NETWORK, NULL, "they do not speak with each other");
        }
    }
}

static bool is_over(const struct meeting *meeting)
{
    const struct side *sides = meeting->sides;
    return sides[0].has_entries || sides[1].has_entries || (sides[0].is_equal && sides[1].is_equal);
}

/* One side says all that it has to say. Returns whether it said anything. */
static bool speak(struct meeting *meeting, size_t number)
{
    static uint8_t room[COPSE_RECORD_BYTES_MAX];
    struct side *from = &meeting->sides[number];
    struct side *to = &meeting->sides[1 - number];
    bool spoke = false;
    for (;;) {
        struct copse_slice record = {NULL, 0};
        bool counts = from->is_open && to->is_open;
        enter(meeting, number);
        bench_must(copse_session_send(from->session, &record,
                                      (struct copse_noise_room){room, sizeof(room)}, 0),
                   NULL, "sending");
        take_events(meeting, number);
        if (record.size == 0) {
            return spoke;
        }
        meeting->turns += counts && !spoke;
        spoke = true;
        size_t size = record.size;
        enter(meeting, 1 - number);
        bench_must(copse_session_recv(to->session, &record, 0), NULL, "receiving");
        take_events(meeting, 1 - number);
        meeting->bytes += counts && !to->has_entries ? size : 0;
        if (is_over(meeting)) {
            return true;
        }
    }
}

void bench_meet(const struct bench_arguments *arguments)
{
    static struct meeting meeting;
    begin_side(&meeting.sides[0], bench_word(arguments, 0), COPSE_NOISE_INITIATOR);
    begin_side(&meeting.sides[1], bench_word(arguments, 1), COPSE_NOISE_RESPONDER);
    size_t number = 0;
    for (size_t silent = 0; !is_over(&meeting) && silent < 2 && meeting.turns < TURNS_MAX;) {
        silent = speak(&meeting, number) ? 0 : silent + 1;
        number = 1 - number;
    }
    bench_must(is_over(&meeting) ? COPSE_OK : COPSE_ERR_NETWORK, NULL, "they came to no end");
    printf("equal %d\nbytes %zu\nround_trips %zu\n", meeting.sides[0].is_equal, meeting.bytes,
           (meeting.turns + 1) / 2);
    end_side(&meeting.sides[0]);
    end_side(&meeting.sides[1]);
}
