/* Channel and session against a peer that says what it must not: it ends itself and nothing else,
 * and gets no more out than it may (SPEC 10).
 */
#include "protocol/wire/channel.h"
#include "tests/support/cmocka.h"
#include "tests/support/wire_liar.h"
#include "tests/support/wire_world.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct wire_world world;
    struct wire_node node; /* the honest one's: device 0 */
    struct wire_node as;   /* whom the liar claims to be: device 1 */
    struct wire_liar *liar;
};

static void begin(struct fixture *fixture)
{
    wire_world_init(&fixture->world, 6);
    (void)wire_world_extend(&fixture->world, 2, COPSE_ENTRY_DATA, fixture->world.joins[2], 20);
    wire_node_init(&fixture->node, fixture->world.scheme, &fixture->world.community, 0);
    wire_node_init(&fixture->as, fixture->world.scheme, &fixture->world.community, 1);
    wire_world_give_all(&fixture->world, &fixture->node);
    wire_world_give_all(&fixture->world, &fixture->as);
    fixture->liar = malloc(sizeof *fixture->liar);
    assert_non_null(fixture->liar);
    wire_liar_init(fixture->liar, &fixture->node, COPSE_NOISE_RESPONDER, copse_memory_heap());
}

static void begin_greeted(struct fixture *fixture)
{
    struct copse_message message;
    begin(fixture);
    wire_liar_greet(fixture->liar, COPSE_SESSION_WINDOW_MIN);
    assert_true(wire_liar_hear_all(fixture->liar, COPSE_MESSAGE_HELLO, &message));
}

/* The honest side follows: the liar has opened, is a member, and leads. */
static void begin_open(struct fixture *fixture)
{
    begin_greeted(fixture);
    wire_liar_open(fixture->liar, &fixture->as, 0);
    assert_int_equal(fixture->liar->opened_events, 1);
}

static void end(struct fixture *fixture)
{
    wire_liar_deinit(fixture->liar);
    free(fixture->liar);
    wire_node_deinit(&fixture->node);
    wire_node_deinit(&fixture->as);
    wire_world_deinit(&fixture->world);
}

static struct copse_message plain(enum copse_message_type type)
{
    struct copse_message message;
    memset(&message, 0, sizeof message);
    message.type = type;
    return message;
}

/* It must have said BYE with this code, and no more. */
static void assert_bye(struct fixture *fixture, enum copse_code code)
{
    struct copse_message message;
    assert_true(wire_liar_hear_all(fixture->liar, COPSE_MESSAGE_BYE, &message));
    assert_int_equal(message.bye.code, code);
    assert_true(copse_session_is_ended(fixture->liar->session));
    assert_true(fixture->liar->is_ended);
    assert_int_equal(fixture->liar->ended_code, code);
}

static void assert_close(struct fixture *fixture, enum copse_code code)
{
    struct copse_message message;
    assert_true(wire_liar_hear_all(fixture->liar, COPSE_MESSAGE_CLOSE, &message));
    assert_int_equal(message.code, code);
    assert_true(fixture->liar->is_closed);
    assert_false(fixture->liar->is_ended);
}

/* ---- the session's own messages ---- */

static void channel__hears_nothing_before_hello(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct copse_message ping = plain(COPSE_MESSAGE_PING);
    wire_liar_say(fixture.liar, &ping);
    assert_bye(&fixture, COPSE_CODE_STATE);
    end(&fixture);
}

static void channel__ends_at_a_second_hello_or_another_version(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_greeted(&fixture);
    wire_liar_greet(fixture.liar, 0);
    assert_bye(&fixture, COPSE_CODE_STATE);
    end(&fixture);

    begin(&fixture);
    struct copse_message hello = plain(COPSE_MESSAGE_HELLO);
    hello.hello.version_min = 2;
    hello.hello.version_max = 9;
    wire_liar_say(fixture.liar, &hello);
    assert_bye(&fixture, COPSE_CODE_VERSION);
    end(&fixture);
}

static void channel__ignores_odd_types_and_ends_at_even_ones(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_greeted(&fixture);
    static const uint8_t odd[] = {0x92, 0x33, 0xa2, 'h', 'i', 0, 0, 0};
    wire_liar_say_bytes(fixture.liar, (struct copse_slice){odd, sizeof odd});
    assert_false(copse_session_is_ended(fixture.liar->session));
    static const uint8_t even[] = {0x92, 0x34, 0x01};
    wire_liar_say_bytes(fixture.liar, (struct copse_slice){even, sizeof even});
    assert_bye(&fixture, COPSE_CODE_UNSUPPORTED);
    end(&fixture);
}

static void channel__answers_ping_and_takes_only_so_many(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_greeted(&fixture);
    struct copse_message message = plain(COPSE_MESSAGE_PING);
    message.token = 77;
    wire_liar_say(fixture.liar, &message);
    assert_true(wire_liar_hear_all(fixture.liar, COPSE_MESSAGE_PONG, &message));
    assert_int_equal(message.token, 77);
    message = plain(COPSE_MESSAGE_PING);
    for (size_t i = 0; i < COPSE_SESSION_PACE_BURST - 1; i++) {
        wire_liar_say(fixture.liar, &message);
    }
    assert_false(copse_session_is_ended(fixture.liar->session));
    wire_liar_say(fixture.liar, &message);
    assert_bye(&fixture, COPSE_CODE_RATE);
    end(&fixture);
}

static void channel__takes_paced_messages_again_after_a_while(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_greeted(&fixture);
    struct copse_message message = plain(COPSE_MESSAGE_PING);
    for (size_t i = 0; i < 20 * COPSE_SESSION_PACE_PER_SECOND; i++) {
        wire_liar_say(fixture.liar, &message);
        fixture.liar->now_ms += 4;
    }
    assert_false(copse_session_is_ended(fixture.liar->session));
    end(&fixture);
}

static struct copse_slice run_with_content(uint8_t room[50000], const struct copse_built *built,
                                           uint64_t base_hlc)
{
    struct copse_writer writer;
    struct copse_slice run = {NULL, 0};
    struct copse_run_part part = {copse_build_entry_bytes(built), copse_build_entry_salted(built)};
    copse_writer_init(&writer, room, 50000);
    assert_int_equal(copse_run_encode(&writer, &part, 1, base_hlc, &built->signature), COPSE_OK);
    assert_int_equal(copse_writer_end(&run, &writer), COPSE_OK);
    return run;
}

static void channel__cuts_off_who_sends_or_gives_more_than_there_is(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_open(&fixture);
    static uint8_t run[50000];
    struct copse_message message = plain(COPSE_MESSAGE_CREDIT);
    message.credit = COPSE_SESSION_WINDOW_MAX + 1;
    wire_liar_say(fixture.liar, &message);
    assert_bye(&fixture, COPSE_CODE_TOO_LARGE);
    end(&fixture);

    /* Runs of a size that fills the credit, while nothing is ever stored. */
    begin_open(&fixture);
    fixture.liar->keeps_tickets = true;
    const struct copse_built *last = fixture.world.joins[3];
    size_t sent = 0;
    while (!copse_session_is_ended(fixture.liar->session)) {
        struct copse_built *next =
            wire_world_add(&fixture.world, 3, COPSE_ENTRY_CONTROL, last, 40000);
        message = plain(COPSE_MESSAGE_RUN);
        message.run = run_with_content(run, next, last->entry.hlc);
        wire_liar_say(fixture.liar, &message);
        last = next;
        sent += message.run.size;
        assert_true(sent <= COPSE_SESSION_WINDOW_MIN + sizeof run);
        if (sent > COPSE_SESSION_WINDOW_MIN) {
            assert_bye(&fixture, COPSE_CODE_RATE);
        }
    }
    end(&fixture);
}

static void channel__needs_a_handle_that_was_given(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_greeted(&fixture);
    struct copse_message same = plain(COPSE_MESSAGE_SAME);
    same.handle = 4;
    wire_liar_say(fixture.liar, &same);
    assert_bye(&fixture, COPSE_CODE_HANDLE);
    end(&fixture);

    /* The liar began the session: odd ones are not for it to give. */
    begin_greeted(&fixture);
    uint8_t tag[COPSE_MESSAGE_TAG_BYTES] = {0};
    struct copse_message open = plain(COPSE_MESSAGE_OPEN);
    open.handle = 3;
    open.open.tag = (struct copse_slice){tag, sizeof tag};
    wire_liar_say(fixture.liar, &open);
    assert_bye(&fixture, COPSE_CODE_STATE);
    end(&fixture);
}

/* ---- proofs ---- */

static void channel__takes_no_proof_that_was_made_for_another_session(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct fixture fixture;
        begin_greeted(&fixture);
        struct copse_proof_ends *ends = &fixture.liar->link.ends;
        struct copse_proof_ends honest = *ends;
        uint8_t tag[COPSE_MESSAGE_TAG_BYTES];
        copse_proof_tag(tag, ends, ends->role, &fixture.as.secrets[0]);
        struct copse_message message = plain(COPSE_MESSAGE_OPEN);
        message.open.tag = (struct copse_slice){tag, sizeof tag};
        wire_liar_say(fixture.liar, &message);
        (void)wire_liar_hear_all(fixture.liar, COPSE_MESSAGE_OPENED, &message);
        /* Another hash, another node key, the other role, another community. */
        struct copse_port_secret secret = fixture.as.secrets[0];
        ends->session_hash[0] ^= i == 0;
        ends->own_key[0] ^= i == 1;
        ends->role = i == 2 ? copse_proof_peer_role(&honest) : honest.role;
        secret.community.bytes[0] ^= i == 3;
        uint8_t room[256];
        struct copse_port port = wire_node_port(&fixture.as);
        message = plain(COPSE_MESSAGE_OPENED);
        assert_int_equal(copse_proof_write(&message, ends, &port, &secret,
                                           (struct copse_noise_room){room, sizeof room}),
                         COPSE_OK);
        copse_proof_tag(room, &honest, honest.role, &fixture.as.secrets[0]);
        wire_liar_say(fixture.liar, &message);
        assert_close(&fixture, COPSE_CODE_NOT_MEMBER);
        assert_int_equal(fixture.liar->opened_events, 0);
        end(&fixture);
    }
}

static void channel__shows_nobody_a_device_before_the_peer_knows_the_secret(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_greeted(&fixture);
    struct copse_message message = plain(COPSE_MESSAGE_OPEN);
    uint8_t tag[COPSE_MESSAGE_TAG_BYTES];
    /* The tag of the other role: what the honest side itself would show. */
    copse_proof_tag(tag, &fixture.liar->link.ends, copse_proof_peer_role(&fixture.liar->link.ends),
                    &fixture.as.secrets[0]);
    message.open.tag = (struct copse_slice){tag, sizeof tag};
    wire_liar_say(fixture.liar, &message);
    assert_true(wire_liar_hear_all(fixture.liar, COPSE_MESSAGE_CLOSE, &message));
    assert_int_equal(message.code, COPSE_CODE_NOT_MEMBER);
    end(&fixture);
}

static void channel__shows_no_device_to_who_answers_with_a_wrong_tag(void **state)
{
    (void)state;
    for (uint8_t wrong = 0; wrong < 2; wrong++) {
        struct fixture fixture;
        begin_greeted(&fixture);
        assert_int_equal(copse_session_open(fixture.liar->session, &fixture.world.community, 0),
                         COPSE_OK);
        struct copse_message message;
        assert_true(wire_liar_hear_all(fixture.liar, COPSE_MESSAGE_OPEN, &message));
        assert_int_equal(message.handle, 1);
        uint8_t room[256];
        struct copse_port port = wire_node_port(&fixture.as);
        message = plain(COPSE_MESSAGE_OPENED);
        assert_int_equal(copse_proof_write(&message, &fixture.liar->link.ends, &port,
                                           &fixture.as.secrets[0],
                                           (struct copse_noise_room){room, sizeof room}),
                         COPSE_OK);
        message.handle = 1;
        room[0] ^= wrong;
        wire_liar_say(fixture.liar, &message);
        assert_int_equal(wire_liar_hear_all(fixture.liar, COPSE_MESSAGE_OPENED, &message),
                         wrong == 0);
        assert_int_equal(fixture.liar->is_closed, wrong == 1);
        end(&fixture);
    }
}

/* ---- entries ---- */

static struct copse_slice run_of(uint8_t room[4096], const struct copse_built *built,
                                 const struct copse_signature *signature, uint64_t base_hlc)
{
    struct copse_writer writer;
    struct copse_slice run = {NULL, 0};
    struct copse_run_part part = {copse_build_entry_bytes(built), {NULL, 0}};
    copse_writer_init(&writer, room, 4096);
    assert_int_equal(copse_run_encode(&writer, &part, 1, base_hlc, signature), COPSE_OK);
    assert_int_equal(copse_writer_end(&run, &writer), COPSE_OK);
    return run;
}

static void channel__takes_class_1_only_behind_class_0(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_open(&fixture);
    struct copse_built *built =
        wire_world_add(&fixture.world, 3, COPSE_ENTRY_DATA, fixture.world.joins[3], 0);
    uint8_t room[4096];
    struct copse_message message = plain(COPSE_MESSAGE_RUN);
    message.run = run_of(room, built, &built->signature, fixture.world.joins[3]->entry.hlc);
    wire_liar_say(fixture.liar, &message);
    assert_close(&fixture, COPSE_CODE_STATE);
    assert_int_equal(fixture.liar->entries, 0);
    end(&fixture);
}

static void channel__ends_at_a_bad_signature(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_open(&fixture);
    struct copse_built *built =
        wire_world_add(&fixture.world, 3, COPSE_ENTRY_CONTROL, fixture.world.joins[3], 0);
    uint8_t room[4096];
    struct copse_message message = plain(COPSE_MESSAGE_RUN);
    message.run =
        run_of(room, built, &fixture.world.joins[3]->signature, fixture.world.joins[3]->entry.hlc);
    wire_liar_say(fixture.liar, &message);
    assert_bye(&fixture, COPSE_CODE_SIGNATURE);
    assert_int_equal(fixture.liar->entries, 0);
    end(&fixture);
}

static void channel__reads_no_further_while_too_much_is_pending(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_open(&fixture);
    fixture.liar->keeps_tickets = true;
    const struct copse_built *last = fixture.world.joins[3];
    uint8_t room[4096];
    for (size_t i = 0; i < COPSE_INTAKE_PENDING_MAX + 20; i++) {
        struct copse_built *next = wire_world_add(&fixture.world, 3, COPSE_ENTRY_CONTROL, last, 0);
        struct copse_message message = plain(COPSE_MESSAGE_RUN);
        message.run = run_of(room, next, &next->signature, last->entry.hlc);
        wire_liar_say(fixture.liar, &message);
        last = next;
    }
    assert_int_equal(fixture.liar->entries, COPSE_INTAKE_PENDING_MAX);
    assert_false(fixture.liar->is_ended);
    end(&fixture);
}

/* ---- no order of messages does harm ---- */

static const enum copse_message_type types[] = {
    COPSE_MESSAGE_HELLO,   COPSE_MESSAGE_BYE,    COPSE_MESSAGE_PING,   COPSE_MESSAGE_PONG,
    COPSE_MESSAGE_CREDIT,  COPSE_MESSAGE_OPEN,   COPSE_MESSAGE_OPENED, COPSE_MESSAGE_CLOSE,
    COPSE_MESSAGE_SUMMARY, COPSE_MESSAGE_SAME,   COPSE_MESSAGE_RANGES, COPSE_MESSAGE_RUN,
    COPSE_MESSAGE_SENT,    COPSE_MESSAGE_LOCATE, COPSE_MESSAGE_CWANT,  COPSE_MESSAGE_CDATA,
    COPSE_MESSAGE_CNONE};

struct scratch {
    uint8_t bytes[8192];
    uint8_t run[4096];
};

static struct copse_slice take(struct scratch *scratch, size_t *used, struct copse_random *random,
                               size_t size)
{
    uint8_t *at = scratch->bytes + *used;
    copse_random_bytes(random, at, size);
    *used += size;
    return (struct copse_slice){at, size};
}

/* Parts of any modes with rising bounds; some rows are true ones. */
static struct copse_slice random_parts(struct scratch *scratch, size_t *used,
                                       struct copse_random *random, const struct fixture *fixture)
{
    struct copse_writer writer;
    struct copse_slice parts = {NULL, 0};
    size_t count = 1 + copse_random_below(random, 5);
    copse_writer_init(&writer, scratch->bytes + *used, 2048);
    copse_writer_array(&writer, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t mode = copse_random_below(random, 4);
        uint8_t bound = (uint8_t)(40 * (i + 1));
        copse_writer_array(&writer, mode == 0 ? 2 : 3);
        bool is_last = i + 1 == count && copse_random_below(random, 8) != 0;
        copse_writer_bin(&writer, (struct copse_slice){&bound, is_last ? 0 : 1});
        copse_writer_uint(&writer, mode);
        if (mode == 1) {
            copse_writer_uint(&writer, copse_random_u64(random));
        } else if (mode > 1) {
            uint8_t row[COPSE_RECONCILE_ROW_BYTES];
            copse_random_bytes(random, row, sizeof row);
            size_t device = copse_random_below(random, fixture->world.device_count);
            const struct copse_built *join = fixture->world.joins[device];
            memcpy(row, join->entry.author.bytes, 6);
            copse_bytes_put_u32(row + 6, (uint32_t)copse_random_below(random, 30));
            copse_writer_bin(
                &writer,
                (struct copse_slice){row, copse_random_below(random, 3) == 0 ? 0 : sizeof row});
        }
    }
    *used += 2048;
    assert_int_equal(copse_writer_end(&parts, &writer), COPSE_OK);
    return parts;
}

static struct copse_message random_message(struct scratch *scratch, struct copse_random *random,
                                           const struct fixture *fixture)
{
    size_t used = 0;
    struct copse_message message =
        plain(types[copse_random_below(random, COPSE_ARRAY_SIZE(types))]);
    /* Messages that end everything at once would leave little to see. */
    if (message.type == COPSE_MESSAGE_BYE || message.type == COPSE_MESSAGE_HELLO) {
        message.type = COPSE_MESSAGE_RANGES;
    }
    message.handle = copse_random_below(random, 20) == 0 ? copse_random_below(random, 64) : 0;
    const struct copse_built *some =
        fixture->world.entries[copse_random_below(random, fixture->world.count)];
    struct copse_slice id = copse_bytes_of_id(&some->id);
    switch (message.type) {
    case COPSE_MESSAGE_PING:
    case COPSE_MESSAGE_PONG:
        message.token = copse_random_u64(random);
        break;
    case COPSE_MESSAGE_CREDIT:
        message.credit = copse_random_below(random, 100000);
        break;
    case COPSE_MESSAGE_OPEN:
    case COPSE_MESSAGE_OPENED:
        message.open.tag = take(scratch, &used, random, COPSE_MESSAGE_TAG_BYTES);
        message.open.device = id;
        message.open.proof = take(scratch, &used, random, COPSE_MESSAGE_PROOF_BYTES);
        break;
    case COPSE_MESSAGE_SUMMARY:
        message.sums[0] = copse_random_u64(random);
        message.sums[1] = copse_random_u64(random);
        break;
    case COPSE_MESSAGE_RANGES:
        message.ranges.class = copse_random_below(random, 2);
        message.ranges.parts = random_parts(scratch, &used, random, fixture);
        break;
    case COPSE_MESSAGE_RUN:
        message.run = run_of(scratch->run, some, &some->signature, some->entry.hlc);
        break;
    case COPSE_MESSAGE_LOCATE:
        message.locate.class = copse_random_below(random, 2);
        message.locate.is_answer = copse_random_below(random, 2);
        message.locate.author = copse_bytes_of_id(&some->entry.author);
        message.locate.known =
            take(scratch, &used, random, 12 * (size_t)copse_random_below(random, 65));
        break;
    case COPSE_MESSAGE_CWANT:
        message.content.id = id;
        message.content.what = copse_random_below(random, 2);
        break;
    case COPSE_MESSAGE_CDATA:
        message.content.id = id;
        message.content.salted =
            take(scratch, &used, random, 17 + (size_t)copse_random_below(random, 500));
        break;
    case COPSE_MESSAGE_CNONE:
        message.content.id = id;
        message.content.why = copse_random_below(random, 3);
        break;
    case COPSE_MESSAGE_HELLO:
    case COPSE_MESSAGE_BYE:
    case COPSE_MESSAGE_CLOSE:
    case COPSE_MESSAGE_SAME:
    case COPSE_MESSAGE_SENT:
        break;
    }
    return message;
}

/* Where the honest side is when the noise begins. */
static void reach(struct fixture *fixture, size_t where)
{
    struct copse_message message;
    if (where == 0) {
        begin_greeted(fixture);
        return;
    }
    begin_open(fixture);
    struct copse_exchange_view view = {&fixture->liar->port, &fixture->liar->link.key,
                                       &fixture->world.community};
    message = plain(COPSE_MESSAGE_SUMMARY);
    if (where >= 2) {
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(copse_exchange_sum(&message.sums[i], &view, (enum copse_entry_class)i),
                             COPSE_OK);
        }
        message.sums[1] ^= where == 2; /* an exchange of class 1; otherwise LIVE */
        wire_liar_say(fixture->liar, &message);
        assert_true(wire_liar_hear_all(
            fixture->liar, where == 2 ? COPSE_MESSAGE_RANGES : COPSE_MESSAGE_SAME, &message));
    }
}

static void run_noise(uint64_t seed)
{
    struct copse_random random;
    copse_random_init(&random, seed);
    struct fixture fixture;
    reach(&fixture, copse_random_below(&random, 4));
    struct scratch *scratch = malloc(sizeof *scratch);
    assert_non_null(scratch);
    for (size_t i = 0; i < 60 && !copse_session_is_ended(fixture.liar->session); i++) {
        struct copse_message message = random_message(scratch, &random, &fixture);
        wire_liar_say(fixture.liar, &message);
        if (copse_random_below(&random, 3) == 0) {
            (void)wire_liar_hear_all(fixture.liar, COPSE_MESSAGE_PING, &message);
        }
        fixture.liar->now_ms += copse_random_below(&random, 2000);
        copse_session_tick(fixture.liar->session, fixture.liar->now_ms);
    }
    /* Nothing that was held before is gone, and nothing came in that nobody signed. */
    assert_in_range(wire_world_count(&fixture.world, &fixture.node), fixture.world.count,
                    fixture.world.count);
    assert_int_equal(memory_source_count(fixture.node.source), fixture.world.count);
    free(scratch);
    end(&fixture);
}

/* Otherwise who waits for contents, before it ends or before it asks another, waits for ever. */
static void channel__gives_up_a_peer_that_answers_no_question_for_contents(void **state)
{
    (void)state;
    struct fixture fixture;
    struct copse_message message;
    begin_open(&fixture);
    struct copse_exchange_view view = {&fixture.liar->port, &fixture.liar->link.key,
                                       &fixture.world.community};
    struct copse_message summary = plain(COPSE_MESSAGE_SUMMARY);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(copse_exchange_sum(&summary.sums[i], &view, (enum copse_entry_class)i),
                         COPSE_OK);
    }
    wire_liar_say(fixture.liar, &summary);
    assert_true(wire_liar_hear_all(fixture.liar, COPSE_MESSAGE_SAME, &message));
    assert_int_equal(copse_session_want(fixture.liar->session, &fixture.world.community,
                                        COPSE_MESSAGE_CONTENTS, &fixture.world.entries[0]->id, 1),
                     1);
    assert_true(wire_liar_hear_all(fixture.liar, COPSE_MESSAGE_CWANT, &message));
    for (size_t i = 0; i < 5 && !fixture.liar->is_closed; i++) {
        struct copse_message ping = plain(COPSE_MESSAGE_PING); /* it is there, and does not say */
        fixture.liar->now_ms += COPSE_CHANNEL_PROGRESS_MS / 4 + 1;
        copse_session_tick(fixture.liar->session, fixture.liar->now_ms);
        wire_liar_say(fixture.liar, &ping);
        (void)wire_liar_hear_all(fixture.liar, COPSE_MESSAGE_PONG, &message);
    }
    assert_true(fixture.liar->is_closed);
    assert_int_equal(fixture.liar->closed_code, COPSE_CODE_TIMEOUT);
    end(&fixture);
}

static void channel__survives_any_messages_in_any_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        run_noise(seed);
    }
}

/* ---- bounds ---- */

static void channel__says_little_to_who_has_proved_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    begin_greeted(&fixture);
    struct copse_random random;
    copse_random_init(&random, 5);
    for (uint64_t i = 0; i < 500 && !copse_session_is_ended(fixture.liar->session); i++) {
        uint8_t tag[COPSE_MESSAGE_TAG_BYTES];
        copse_proof_tag(tag, &fixture.liar->link.ends, fixture.liar->link.ends.role,
                        &fixture.as.secrets[0]);
        tag[0] ^= (uint8_t)(i % 3 == 0);
        struct copse_message message = plain(i < 32 ? COPSE_MESSAGE_OPEN : COPSE_MESSAGE_PING);
        message.handle = 2 * (i % 32);
        if (i < 32) {
            message.open.tag = (struct copse_slice){tag, sizeof tag};
        }
        wire_liar_say(fixture.liar, &message);
        (void)wire_liar_hear_all(fixture.liar, COPSE_MESSAGE_PONG, &message);
        assert_true(fixture.liar->heard <= 3 * fixture.liar->said + 4096);
    }
    printf("to a stranger: %zu bytes for %zu\n", fixture.liar->heard, fixture.liar->said);
    end(&fixture);
}

/* An allocator that knows how much is in use. */
struct counted {
    size_t live;
    size_t peak;
};

static void *count_resize(void *context, void *old, size_t size)
{
    struct counted *counted = context;
    size_t *block = old == NULL ? NULL : (size_t *)old - 2;
    if (block != NULL) {
        counted->live -= block[0];
    }
    if (size == 0) {
        free(block);
        return NULL;
    }
    block = realloc(block, size + 2 * sizeof *block);
    assert_non_null(block);
    block[0] = size;
    counted->live += size;
    counted->peak = counted->live > counted->peak ? counted->live : counted->peak;
    return block + 2;
}

static void channel__keeps_a_session_within_its_bound(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    wire_liar_deinit(fixture.liar);
    struct counted counted = {0, 0};
    struct copse_memory memory = {count_resize, &counted};
    wire_liar_init(fixture.liar, &fixture.node, COPSE_NOISE_RESPONDER, &memory);
    wire_liar_greet(fixture.liar, COPSE_SESSION_WINDOW_MIN);
    wire_liar_open(fixture.liar, &fixture.as, 0);
    for (size_t i = 0; i < 500 && !copse_session_is_ended(fixture.liar->session); i++) {
        struct copse_message message = plain(COPSE_MESSAGE_SUMMARY);
        message.sums[0] = i;
        wire_liar_say(fixture.liar, &message);
    }
    printf("a session at its largest here: %zu bytes\n", counted.peak);
    assert_true(counted.peak <= COPSE_SESSION_BYTES_MAX);
    end(&fixture);
    assert_int_equal(counted.live, 0);
}

int main(void)
{
    assert_int_equal(sodium_init() < 0, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channel__hears_nothing_before_hello),
        cmocka_unit_test(channel__ends_at_a_second_hello_or_another_version),
        cmocka_unit_test(channel__ignores_odd_types_and_ends_at_even_ones),
        cmocka_unit_test(channel__answers_ping_and_takes_only_so_many),
        cmocka_unit_test(channel__takes_paced_messages_again_after_a_while),
        cmocka_unit_test(channel__cuts_off_who_sends_or_gives_more_than_there_is),
        cmocka_unit_test(channel__needs_a_handle_that_was_given),
        cmocka_unit_test(channel__takes_no_proof_that_was_made_for_another_session),
        cmocka_unit_test(channel__shows_nobody_a_device_before_the_peer_knows_the_secret),
        cmocka_unit_test(channel__shows_no_device_to_who_answers_with_a_wrong_tag),
        cmocka_unit_test(channel__takes_class_1_only_behind_class_0),
        cmocka_unit_test(channel__ends_at_a_bad_signature),
        cmocka_unit_test(channel__reads_no_further_while_too_much_is_pending),
        cmocka_unit_test(channel__gives_up_a_peer_that_answers_no_question_for_contents),
        cmocka_unit_test(channel__survives_any_messages_in_any_order),
        cmocka_unit_test(channel__says_little_to_who_has_proved_nothing),
        cmocka_unit_test(channel__keeps_a_session_within_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
