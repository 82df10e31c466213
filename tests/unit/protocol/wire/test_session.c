/* Session: at a stated cost, whatever the bytes are cut into, whoever is at the other end, and for
 * as long as it lasts (SPEC 10).
 */
#include "protocol/wire/session.h"
#include "tests/support/cmocka.h"
#include "tests/support/fault.h"
#include "tests/support/wire_scene.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- cost ---- */

static void session__spends_60_bytes_on_two_equal_nodes(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 12);
    (void)wire_world_extend(&fixture.world, 3, COPSE_ENTRY_DATA, fixture.world.joins[3], 5);
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    wire_scene_connect(&fixture, 1);
    wire_pair_open(&fixture.pair);
    wire_scene_assert_same(&fixture);
    size_t before = wire_scene_bytes(&fixture);
    copse_session_compare(fixture.pair.ends[0].session, &fixture.world.community);
    wire_pair_wait(&fixture.pair, 1100);
    assert_int_equal(fixture.pair.ends[0].equals, 2);
    assert_int_equal(fixture.pair.ends[1].equals, 2);
    size_t spent = wire_scene_bytes(&fixture) - before;
    printf("in-sync check: %zu bytes; from the first byte to equal: %zu bytes\n", spent, before);
    assert_in_range(spent, 1, 60);
    wire_scene_end(&fixture);
}

static void session__brings_an_empty_node_up_to_date(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 10);
    enum { ENTRIES = 400 };
    for (size_t i = 0; i < 10; i++) {
        struct copse_built *last = fixture.world.joins[i];
        for (size_t j = 0; j < ENTRIES; j++) {
            last = wire_world_add(&fixture.world, i, COPSE_ENTRY_DATA, last, 112);
        }
    }
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    /* The newcomer has its own JOIN and nothing else. */
    (void)wire_node_add_built(&fixture.nodes[1], fixture.world.joins[1]);
    wire_pair_init(&fixture.pair, &fixture.nodes[1], &fixture.nodes[0],
                   &(struct wire_pair_options){.seed = 2});
    wire_pair_open(&fixture.pair);
    wire_pair_wait(&fixture.pair, 5000);
    wire_scene_assert_same(&fixture);
    assert_int_equal(wire_world_count(&fixture.world, &fixture.nodes[1]), fixture.world.count);
    const struct copse_built *some = fixture.world.entries[fixture.world.count - 1];
    size_t each = fixture.pair.ends[0].in_bytes / fixture.world.count;
    printf("first sync: %zu bytes per entry (%zu header and op, %zu content) in runs of %zu\n",
           each, some->size, some->salted_size,
           fixture.pair.ends[0].entries / fixture.pair.ends[0].runs);
    assert_in_range(each, 1, 230);
    wire_scene_end(&fixture);
}

/* ---- bytes in any pieces ---- */

/* A short session whose stream to one end is cut once, at byte `cut`. Returns its length. */
static size_t run_cut(size_t which, size_t cut)
{
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 2);
    (void)wire_world_extend(&fixture.world, 1, COPSE_ENTRY_DATA, fixture.world.joins[1], 3);
    (void)wire_node_add_built(&fixture.nodes[0], fixture.world.joins[0]);
    (void)wire_node_add_built(&fixture.nodes[0], fixture.world.joins[1]);
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    wire_scene_connect(&fixture, 9);
    fixture.pair.ends[which].cut_at = cut;
    wire_pair_open(&fixture.pair);
    wire_scene_assert_same(&fixture);
    assert_int_equal(wire_world_count(&fixture.world, &fixture.nodes[0]), fixture.world.count);
    size_t total = fixture.pair.ends[which].in_bytes;
    wire_scene_end(&fixture);
    return total;
}

static void session__does_not_mind_where_bytes_are_cut(void **state)
{
    (void)state;
    for (size_t which = 0; which < 2; which++) {
        size_t total = run_cut(which, 0);
        for (size_t cut = 1; cut < total; cut++) {
            assert_int_equal(run_cut(which, cut), total);
        }
    }
}

/* ---- credit ---- */

static void fill_both(struct wire_scene *fixture, size_t logs, size_t entries)
{
    for (size_t i = 0; i < logs; i++) {
        size_t mine = fixture->world.count;
        const struct copse_built *last = fixture->world.joins[i];
        for (size_t j = 0; j < entries; j++) {
            last = wire_world_add(&fixture->world, i, COPSE_ENTRY_DATA, last, 5000);
        }
        for (size_t j = mine; j < fixture->world.count; j++) {
            (void)wire_node_add_built(&fixture->nodes[i % 2], fixture->world.entries[j]);
        }
    }
}

static void session__goes_on_when_both_send_at_full_credit(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 20);
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    fill_both(&fixture, 20, 30);
    wire_scene_connect(&fixture, 10);
    fixture.pair.ends[0].stores_late = true;
    fixture.pair.ends[1].stores_late = true;
    wire_pair_open(&fixture.pair);
    for (size_t i = 0; i < 100; i++) {
        wire_pair_store(&fixture.pair);
        wire_pair_wait(&fixture.pair, 20);
    }
    wire_scene_assert_same(&fixture);
    assert_int_equal(wire_world_count(&fixture.world, &fixture.nodes[0]), fixture.world.count);
    assert_int_equal(wire_world_count(&fixture.world, &fixture.nodes[1]), fixture.world.count);
    wire_scene_end(&fixture);
}

static void session__sends_no_more_than_its_credit(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 20);
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    fill_both(&fixture, 20, 30);
    wire_scene_connect(&fixture, 11);
    fixture.pair.ends[0].never_stores = true;
    fixture.pair.ends[1].never_stores = true;
    wire_pair_open(&fixture.pair);
    wire_pair_wait(&fixture.pair, 20000);
    assert_false(fixture.pair.ends[0].is_ended);
    assert_in_range(fixture.pair.ends[0].in_bytes, COPSE_SESSION_WINDOW_MIN / 2,
                    COPSE_SESSION_WINDOW_MIN + 8192);
    assert_in_range(fixture.pair.ends[1].in_bytes, COPSE_SESSION_WINDOW_MIN / 2,
                    COPSE_SESSION_WINDOW_MIN + 8192);
    wire_scene_end(&fixture);
}

/* ---- who may what ---- */

static void session__says_the_same_to_a_stranger_whatever_is_here(void **state)
{
    (void)state;
    size_t bytes[2] = {0, 0};
    for (size_t i = 0; i < 2; i++) {
        struct wire_scene fixture;
        wire_scene_begin(&fixture, 4);
        wire_world_give_all(&fixture.world, &fixture.nodes[1]);
        /* One knocks with a wrong secret, the other where nothing is. */
        fixture.nodes[0].secrets[0].bytes[5] ^= 1;
        if (i == 1) {
            fixture.nodes[1].secret_count = 0;
        }
        wire_scene_connect(&fixture, 12);
        wire_pair_open(&fixture.pair);
        assert_true(fixture.pair.ends[0].is_closed);
        assert_int_equal(fixture.pair.ends[0].closed_code, COPSE_CODE_NOT_MEMBER);
        assert_int_equal(fixture.pair.ends[1].opened_events, 0);
        bytes[i] = wire_scene_bytes(&fixture);
        wire_scene_end(&fixture);
    }
    assert_int_equal(bytes[0], bytes[1]);
}

static void session__serves_nothing_to_a_device_without_standing(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 4);
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    /* A device that knows the secret, and has no JOIN. */
    struct wire_node stranger;
    wire_node_init(&stranger, fixture.world.scheme, &fixture.world.community, 200);
    wire_pair_init(&fixture.pair, &stranger, &fixture.nodes[1],
                   &(struct wire_pair_options){.seed = 13});
    wire_pair_open(&fixture.pair);
    assert_int_equal(fixture.pair.ends[0].closed_code, COPSE_CODE_NOT_MEMBER);
    assert_int_equal(memory_source_count(stranger.source), 0);
    wire_scene_end(&fixture);
    wire_node_deinit(&stranger);
}

/* The JOIN of device `i` as a run. */
static struct copse_slice join_run(uint8_t room[1024], const struct wire_world *world, size_t i)
{
    struct copse_writer writer;
    struct copse_slice run = {NULL, 0};
    struct copse_run_part part = {copse_build_entry_bytes(world->joins[i]), {NULL, 0}};
    copse_writer_init(&writer, room, 1024);
    assert_int_equal(copse_run_encode(&writer, &part, 1, 0, &world->joins[i]->signature), COPSE_OK);
    assert_int_equal(copse_writer_end(&run, &writer), COPSE_OK);
    return run;
}

static void session__takes_in_a_new_device_with_its_join(void **state)
{
    (void)state;
    for (size_t refuses = 0; refuses < 2; refuses++) {
        struct wire_scene fixture;
        wire_scene_begin(&fixture, 4);
        uint8_t room[1024];
        for (size_t i = 0; i < 4; i++) {
            if (i != 1) {
                (void)wire_node_add_built(&fixture.nodes[0], fixture.world.joins[i]);
            }
        }
        (void)wire_node_add_built(&fixture.nodes[1], fixture.world.joins[1]);
        fixture.nodes[1].admission = join_run(room, &fixture.world, 1);
        fixture.nodes[0].refuses_strangers = refuses == 1;
        wire_pair_init(&fixture.pair, &fixture.nodes[1], &fixture.nodes[0],
                       &(struct wire_pair_options){.seed = 14});
        wire_pair_open(&fixture.pair);
        if (refuses == 1) {
            assert_int_equal(fixture.pair.ends[0].closed_code, COPSE_CODE_NOT_MEMBER);
            assert_int_equal(memory_source_count(fixture.nodes[0].source), 3);
        } else {
            wire_scene_assert_same(&fixture);
            assert_int_equal(memory_source_count(fixture.nodes[1].source), 4);
        }
        wire_scene_end(&fixture);
    }
}

static void session__shows_a_former_member_class_0_and_then_the_door(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 6);
    (void)wire_world_extend(&fixture.world, 3, COPSE_ENTRY_DATA, fixture.world.joins[3], 5);
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    (void)wire_node_add_built(&fixture.nodes[0], fixture.world.joins[0]);
    (void)wire_node_add_built(&fixture.nodes[0], fixture.world.joins[1]);
    fixture.nodes[1].is_former = true;
    wire_scene_connect(&fixture, 15);
    wire_pair_open(&fixture.pair);
    assert_int_equal(fixture.pair.ends[0].closed_code, COPSE_CODE_NOT_MEMBER);
    assert_int_equal(memory_source_count(fixture.nodes[0].source), 6);
    wire_scene_end(&fixture);
}

static void session__learns_from_a_peer_that_it_does_not_know_yet(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 6);
    /* Node 1 knows only itself; it must not send its own entries before it knows who asks. */
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    (void)wire_node_add_built(&fixture.nodes[1], fixture.world.joins[1]);
    struct copse_built *own =
        wire_world_add(&fixture.world, 1, COPSE_ENTRY_CONTROL, fixture.world.joins[1], 0);
    (void)wire_node_add_built(&fixture.nodes[1], own);
    wire_pair_init(&fixture.pair, &fixture.nodes[1], &fixture.nodes[0],
                   &(struct wire_pair_options){.seed = 16});
    wire_pair_open(&fixture.pair);
    wire_pair_wait(&fixture.pair, 100);
    wire_scene_assert_same(&fixture);
    assert_int_equal(fixture.pair.ends[1].entries, 1);
    wire_scene_end(&fixture);
}

static void session__lets_one_handle_stand_when_both_open(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 4);
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    wire_scene_connect(&fixture, 17);
    (void)wire_pair_settle(&fixture.pair);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            copse_session_open(fixture.pair.ends[i].session, &fixture.world.community, 0),
            COPSE_OK);
    }
    (void)wire_pair_settle(&fixture.pair);
    assert_int_equal(fixture.pair.ends[0].equals, 1);
    assert_int_equal(fixture.pair.ends[1].equals, 1);
    assert_int_equal(fixture.pair.ends[1].closed_code, COPSE_CODE_DUPLICATE);
    assert_int_equal(copse_session_open(fixture.pair.ends[1].session, &fixture.world.community, 0),
                     COPSE_ERR_EXISTS);
    wire_scene_end(&fixture);
}

/* ---- live ---- */

static void begin_live(struct wire_scene *fixture)
{
    wire_scene_begin(fixture, 4);
    wire_world_give_all(&fixture->world, &fixture->nodes[0]);
    wire_world_give_all(&fixture->world, &fixture->nodes[1]);
    wire_scene_connect(fixture, 18);
    wire_pair_open(&fixture->pair);
    wire_scene_assert_same(fixture);
}

static void push(struct wire_scene *fixture, const struct copse_built *built, uint32_t count)
{
    struct copse_channel_push pushed = {built->id, count};
    copse_session_push(fixture->pair.ends[0].session, &fixture->world.community, &pushed);
    (void)wire_pair_settle(&fixture->pair);
}

static void session__pushes_new_entries_in_one_record(void **state)
{
    (void)state;
    struct wire_scene fixture;
    begin_live(&fixture);
    struct copse_built *built =
        wire_world_add(&fixture.world, 0, COPSE_ENTRY_DATA, fixture.world.joins[0], 100);
    (void)wire_node_add_built(&fixture.nodes[0], built);
    size_t records = fixture.pair.ends[0].records;
    push(&fixture, built, 1);
    assert_int_equal(fixture.pair.ends[0].records, records + 1);
    assert_int_equal(wire_world_count(&fixture.world, &fixture.nodes[1]), fixture.world.count);
    wire_scene_end(&fixture);
}

static void session__pushes_nothing_to_who_was_removed_meanwhile(void **state)
{
    (void)state;
    for (size_t pusher = 0; pusher < 2; pusher++) {
        struct wire_scene fixture;
        begin_live(&fixture);
        struct copse_built *built =
            wire_world_add(&fixture.world, 0, COPSE_ENTRY_DATA, fixture.world.joins[0], 0);
        struct copse_built *removal =
            wire_world_add(&fixture.world, 0, COPSE_ENTRY_CONTROL, fixture.world.joins[0], 0);
        struct wire_node *node = &fixture.nodes[pusher];
        (void)wire_node_add_built(node, built);
        (void)wire_node_add_built(node, removal);
        node->is_former = true;
        struct copse_channel_push pushed = {built->id, 1};
        copse_session_push(fixture.pair.ends[pusher].session, &fixture.world.community, &pushed);
        wire_pair_wait(&fixture.pair, 3000);
        assert_true(fixture.pair.ends[1 - pusher].is_closed);
        assert_int_equal(fixture.pair.ends[1 - pusher].closed_code, COPSE_CODE_NOT_MEMBER);
        const struct wire_node *other = &fixture.nodes[1 - pusher];
        assert_null(memory_source_bytes(other->source, &built->id).data);
        /* Who follows has shown the removed one why. */
        bool is_told = memory_source_bytes(other->source, &removal->id).data != NULL;
        assert_int_equal(is_told, pusher == 1);
        wire_scene_end(&fixture);
    }
}

static void session__mends_a_gap_by_a_new_round(void **state)
{
    (void)state;
    for (size_t pusher = 0; pusher < 2; pusher++) {
        struct wire_scene fixture;
        begin_live(&fixture);
        struct copse_built *built =
            wire_world_extend(&fixture.world, 0, COPSE_ENTRY_DATA, fixture.world.joins[0], 3);
        wire_world_give_path(&fixture.world, &fixture.nodes[pusher], built);
        struct copse_channel_push pushed = {built->id, 1};
        copse_session_push(fixture.pair.ends[pusher].session, &fixture.world.community, &pushed);
        wire_pair_wait(&fixture.pair, 1500);
        wire_scene_assert_same(&fixture);
        assert_int_equal(fixture.pair.ends[0].equals, 2);
        wire_scene_end(&fixture);
    }
}

static void session__compares_by_a_round_when_pushes_overflow(void **state)
{
    (void)state;
    struct wire_scene fixture;
    begin_live(&fixture);
    const struct copse_built *last = fixture.world.joins[0];
    for (size_t i = 0; i < COPSE_CHANNEL_PUSHES_MAX + 10; i++) {
        last = wire_world_add(&fixture.world, 0, COPSE_ENTRY_DATA, last, 0);
        (void)wire_node_add_built(&fixture.nodes[0], last);
        struct copse_channel_push pushed = {last->id, 1};
        copse_session_push(fixture.pair.ends[0].session, &fixture.world.community, &pushed);
    }
    wire_pair_wait(&fixture.pair, 1500);
    wire_scene_assert_same(&fixture);
    wire_scene_end(&fixture);
}

static void session__compares_again_by_itself_after_minutes(void **state)
{
    (void)state;
    struct wire_scene fixture;
    begin_live(&fixture);
    struct copse_built *built =
        wire_world_add(&fixture.world, 0, COPSE_ENTRY_DATA, fixture.world.joins[0], 0);
    (void)wire_node_add_built(&fixture.nodes[1], built);
    wire_pair_wait(&fixture.pair, COPSE_CHANNEL_COMPARE_MS - 1000);
    assert_int_equal(fixture.pair.ends[0].equals, 1);
    wire_pair_wait(&fixture.pair, COPSE_CHANNEL_COMPARE_MORE_MS + 1000);
    wire_scene_assert_same(&fixture);
    assert_int_equal(fixture.pair.ends[0].equals, 2);
    wire_scene_end(&fixture);
}

static void session__fetches_contents_that_did_not_travel(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 4);
    const struct copse_built *last = fixture.world.joins[0];
    struct copse_id ids[6];
    for (size_t i = 0; i < 6; i++) {
        last = wire_world_add(&fixture.world, 0, COPSE_ENTRY_DATA, last, 40000);
        ids[i] = last->id;
    }
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(memory_source_set_content(fixture.nodes[1].source, &ids[i],
                                                   COPSE_CONTENT_MISSING,
                                                   (struct copse_slice){NULL, 0}),
                         COPSE_OK);
    }
    assert_int_equal(memory_source_set_content(fixture.nodes[0].source, &ids[2],
                                               COPSE_CONTENT_ERASED, (struct copse_slice){NULL, 0}),
                     COPSE_OK);
    wire_scene_connect(&fixture, 19);
    wire_pair_open(&fixture.pair);
    wire_scene_assert_same(&fixture);
    struct copse_session *asker = fixture.pair.ends[1].session;
    assert_int_equal(
        copse_session_want(asker, &fixture.world.community, COPSE_MESSAGE_CONTENTS, ids, 6), 6);
    assert_int_equal(
        copse_session_want(asker, &fixture.world.community, COPSE_MESSAGE_CONTENTS, ids, 6), 0);
    (void)wire_pair_settle(&fixture.pair);
    assert_int_equal(fixture.pair.ends[1].contents, 5);
    assert_int_equal(fixture.pair.ends[1].no_contents, 1);
    assert_int_equal(
        copse_session_want(asker, &fixture.world.community, COPSE_MESSAGE_CONTENTS, &ids[2], 1), 1);
    wire_scene_end(&fixture);
}

/* SPEC 10.15: "An entry is given from whatever log it is in, wanted or not, or as it is held
 * loose." */
static void session__gives_entries_of_class_1_by_id_from_logs_and_loose(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 4);
    const struct copse_built *join = fixture.world.joins[0];
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    struct copse_built *logged = wire_world_add(&fixture.world, 0, COPSE_ENTRY_DATA, join, 10);
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    struct copse_built *loose = wire_world_add(&fixture.world, 0, COPSE_ENTRY_DATA, logged, 10);
    struct copse_built *unknown = wire_world_add(&fixture.world, 0, COPSE_ENTRY_DATA, loose, 10);
    memory_source_add_loose(fixture.nodes[0].source, &fixture.world.community,
                            copse_build_entry_bytes(loose));
    const struct copse_id ids[] = {join->id, logged->id, loose->id, unknown->id};
    wire_scene_connect(&fixture, 29);
    wire_pair_open(&fixture.pair);
    struct copse_session *asker = fixture.pair.ends[1].session;
    assert_int_equal(
        copse_session_want(asker, &fixture.world.community, COPSE_MESSAGE_ENTRIES, ids, 4), 4);
    (void)wire_pair_settle(&fixture.pair);
    assert_int_equal(fixture.pair.ends[1].contents, 2);
    assert_int_equal(fixture.pair.ends[1].no_contents, 2);
    const struct copse_built *given[] = {logged, loose};
    for (size_t i = 0; i < 2; i++) {
        struct copse_slice bytes = memory_source_loose(fixture.nodes[1].source, &given[i]->id);
        assert_true(copse_bytes_equal(bytes, copse_build_entry_bytes(given[i])));
    }
    wire_scene_end(&fixture);
}

static void session__lets_no_own_entry_leave_before_it_is_noted(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 4);
    wire_world_give_all(&fixture.world, &fixture.nodes[1]);
    struct copse_built *own =
        wire_world_add(&fixture.world, 0, COPSE_ENTRY_CONTROL, fixture.world.joins[0], 0);
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    fixture.nodes[0].awaits_publish = true;
    wire_scene_connect(&fixture, 20);
    fixture.pair.ends[0].never_publishes = true;
    wire_pair_open(&fixture.pair);
    assert_int_equal(fixture.pair.ends[0].publishes, 1);
    assert_null(memory_source_bytes(fixture.nodes[1].source, &own->id).data);
    fixture.nodes[0].awaits_publish = false;
    copse_session_published(fixture.pair.ends[0].session);
    (void)wire_pair_settle(&fixture.pair);
    wire_scene_assert_same(&fixture);
    wire_scene_end(&fixture);
}

/* ---- time ---- */

static void session__ends_when_a_peer_is_silent(void **state)
{
    (void)state;
    struct wire_scene fixture;
    begin_live(&fixture);
    /* One that answers PING lives; then the responder is not asked any more. */
    wire_pair_wait(&fixture.pair, 200000);
    wire_scene_assert_live(&fixture);
    struct copse_session *alone = fixture.pair.ends[0].session;
    uint64_t now_ms = fixture.pair.now_ms;
    while (!copse_session_is_ended(alone)) {
        uint64_t deadline_ms = copse_session_deadline_ms(alone);
        assert_true(deadline_ms > now_ms || deadline_ms <= now_ms + COPSE_SESSION_DEAD_MS);
        now_ms = deadline_ms > now_ms ? deadline_ms : now_ms + 1;
        assert_in_range(now_ms - fixture.pair.now_ms, 0, COPSE_SESSION_DEAD_MS);
        copse_session_tick(alone, now_ms);
    }
    wire_scene_end(&fixture);
}

static void session__ends_when_no_greeting_comes(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 2);
    wire_scene_connect(&fixture, 21);
    struct copse_session *alone = fixture.pair.ends[1].session;
    assert_int_equal(copse_session_deadline_ms(alone), COPSE_SESSION_GREETING_MS);
    copse_session_tick(alone, COPSE_SESSION_GREETING_MS - 1);
    assert_false(copse_session_is_ended(alone));
    copse_session_tick(alone, COPSE_SESSION_GREETING_MS);
    assert_true(copse_session_is_ended(alone));
    wire_scene_end(&fixture);
}

static void session__ends_after_a_day(void **state)
{
    (void)state;
    struct wire_scene fixture;
    begin_live(&fixture);
    wire_pair_wait(&fixture.pair, COPSE_SESSION_AGE_MAX_MS);
    assert_true(fixture.pair.ends[0].is_ended);
    assert_true(fixture.pair.ends[1].is_ended);
    wire_scene_end(&fixture);
}

/* ---- who is there ---- */

static void session__needs_the_same_network_key_on_both_sides(void **state)
{
    (void)state;
    static const uint8_t keys[2][COPSE_NOISE_KEY_BYTES] = {{1}, {2}};
    for (size_t i = 0; i < 3; i++) {
        struct wire_scene fixture;
        wire_scene_begin(&fixture, 2);
        struct wire_pair_options options = {.network_key = keys[0]};
        options.peer_network_key = i == 0 ? keys[0] : i == 1 ? keys[1] : NULL;
        wire_pair_init(&fixture.pair, &fixture.nodes[0], &fixture.nodes[1], &options);
        (void)wire_pair_settle(&fixture.pair);
        assert_int_equal(fixture.pair.ends[0].is_ready, i == 0);
        assert_int_equal(fixture.pair.ends[1].is_ended, i != 0);
        wire_scene_end(&fixture);
    }
}

static void session__ends_without_a_word_when_another_node_answers(void **state)
{
    (void)state;
    static const uint8_t other[COPSE_NOISE_KEY_BYTES] = {9};
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 2);
    wire_pair_init(&fixture.pair, &fixture.nodes[0], &fixture.nodes[1],
                   &(struct wire_pair_options){.expected_key = other});
    (void)wire_pair_settle(&fixture.pair);
    assert_true(fixture.pair.ends[0].is_ended);
    assert_false(fixture.pair.ends[1].is_ready);
    wire_scene_end(&fixture);
}

static void session__ends_at_any_changed_byte(void **state)
{
    (void)state;
    size_t total = 1;
    for (size_t at = 0; at < total; at++) {
        struct wire_scene fixture;
        wire_scene_begin(&fixture, 2);
        (void)wire_world_extend(&fixture.world, 0, COPSE_ENTRY_DATA, fixture.world.joins[0], 2);
        wire_world_give_all(&fixture.world, &fixture.nodes[0]);
        wire_world_give_path(&fixture.world, &fixture.nodes[1], fixture.world.joins[1]);
        wire_world_give_path(&fixture.world, &fixture.nodes[1], fixture.world.joins[0]);
        wire_scene_connect(&fixture, 22);
        fixture.pair.flips_at = at;
        (void)wire_pair_settle(&fixture.pair);
        if (fixture.pair.ends[0].is_ready) {
            (void)!copse_session_open(fixture.pair.ends[0].session, &fixture.world.community, 0);
        }
        wire_pair_wait(&fixture.pair, 100);
        if (at == 0) {
            wire_scene_assert_same(&fixture);
            total = fixture.pair.sent_by_initiator;
        } else {
            /* A longer length makes it wait for more, which never comes. */
            wire_pair_wait(&fixture.pair, 100000);
            assert_true(fixture.pair.ends[1].is_ended);
        }
        wire_scene_end(&fixture);
    }
    printf("%zu bytes changed one by one\n", total - 1);
}

/* ---- memory ---- */

static enum copse_err pass(struct copse_session *from, struct copse_session *to,
                           struct wire_node *to_node, bool *moved)
{
    static uint8_t room[COPSE_RECORD_BYTES_MAX];
    struct copse_slice out = {NULL, 0};
    enum copse_err err =
        copse_session_send(from, &out, (struct copse_noise_room){room, sizeof room}, 0);
    *moved = *moved || out.size > 0;
    for (bool any = true; err == COPSE_OK && any;) {
        any = false;
        err = copse_session_recv(to, &out, 0);
        struct copse_session_event event;
        while (err == COPSE_OK && copse_session_next_event(to, &event)) {
            any = true;
            for (size_t i = 0; i < event.gift.item_count; i++) {
                (void)wire_node_add(to_node, event.gift.items[i].bytes, event.gift.items[i].salted,
                                    i + 1 == event.gift.item_count ? event.gift.signature : NULL);
            }
            if (event.gift.ticket != 0) {
                copse_session_stored(to, event.gift.ticket, COPSE_CHANNEL_STORED, 0);
            }
        }
    }
    return err;
}

static enum copse_err sync_with(const struct copse_memory *memory, void *context)
{
    struct wire_scene *fixture = context;
    struct wire_node empty;
    wire_node_init(&empty, fixture->world.scheme, &fixture->world.community, 1);
    (void)wire_node_add_built(&empty, fixture->world.joins[1]);
    struct wire_node *nodes[2] = {&fixture->nodes[0], &empty};
    struct copse_session *sessions[2] = {NULL, NULL};
    struct copse_port ports[2];
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; i < 2 && err == COPSE_OK; i++) {
        ports[i] = wire_node_port(nodes[i]);
        struct copse_session_options options = {
            .port = &ports[i], .scheme = fixture->world.scheme, .window = COPSE_SESSION_WINDOW_MIN};
        options.record.role = i == 0 ? COPSE_NOISE_INITIATOR : COPSE_NOISE_RESPONDER;
        uint8_t seed[COPSE_NOISE_KEY_BYTES] = {(uint8_t)(i + 1)};
        copse_noise_pair_from_seed(&options.record.node, seed);
        seed[1] = 1;
        copse_noise_pair_from_seed(&options.record.ephemeral, seed);
        err = copse_session_new(&sessions[i], &options, 0, memory);
    }
    bool is_opened = false;
    for (bool moved = true; err == COPSE_OK && moved;) {
        moved = false;
        for (size_t i = 0; i < 2 && err == COPSE_OK; i++) {
            err = pass(sessions[i], sessions[1 - i], nodes[1 - i], &moved);
        }
        if (err == COPSE_OK && !moved && !is_opened) {
            is_opened = moved = true;
            err = copse_session_open(sessions[1], &fixture->world.community, 0);
        }
    }
    if (err == COPSE_OK) {
        assert_true(wire_node_sum(nodes[0]) == wire_node_sum(nodes[1]));
    }
    copse_session_free(sessions[0]);
    copse_session_free(sessions[1]);
    wire_node_deinit(&empty);
    return err;
}

static void session__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct wire_scene fixture;
    wire_scene_begin(&fixture, 40);
    (void)wire_world_extend(&fixture.world, 3, COPSE_ENTRY_DATA, fixture.world.joins[3], 5);
    wire_world_give_all(&fixture.world, &fixture.nodes[0]);
    size_t failures = copse_fault_sweep(sync_with, &fixture);
    assert_in_range(failures, 10, 1000);
    wire_node_deinit(&fixture.nodes[0]);
    wire_node_deinit(&fixture.nodes[1]);
    wire_world_deinit(&fixture.world);
}

int main(void)
{
    assert_int_equal(sodium_init() < 0, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session__spends_60_bytes_on_two_equal_nodes),
        cmocka_unit_test(session__brings_an_empty_node_up_to_date),
        cmocka_unit_test(session__does_not_mind_where_bytes_are_cut),
        cmocka_unit_test(session__goes_on_when_both_send_at_full_credit),
        cmocka_unit_test(session__sends_no_more_than_its_credit),
        cmocka_unit_test(session__says_the_same_to_a_stranger_whatever_is_here),
        cmocka_unit_test(session__serves_nothing_to_a_device_without_standing),
        cmocka_unit_test(session__takes_in_a_new_device_with_its_join),
        cmocka_unit_test(session__shows_a_former_member_class_0_and_then_the_door),
        cmocka_unit_test(session__learns_from_a_peer_that_it_does_not_know_yet),
        cmocka_unit_test(session__lets_one_handle_stand_when_both_open),
        cmocka_unit_test(session__pushes_new_entries_in_one_record),
        cmocka_unit_test(session__pushes_nothing_to_who_was_removed_meanwhile),
        cmocka_unit_test(session__mends_a_gap_by_a_new_round),
        cmocka_unit_test(session__compares_by_a_round_when_pushes_overflow),
        cmocka_unit_test(session__compares_again_by_itself_after_minutes),
        cmocka_unit_test(session__fetches_contents_that_did_not_travel),
        cmocka_unit_test(session__gives_entries_of_class_1_by_id_from_logs_and_loose),
        cmocka_unit_test(session__lets_no_own_entry_leave_before_it_is_noted),
        cmocka_unit_test(session__ends_when_a_peer_is_silent),
        cmocka_unit_test(session__ends_when_no_greeting_comes),
        cmocka_unit_test(session__ends_after_a_day),
        cmocka_unit_test(session__needs_the_same_network_key_on_both_sides),
        cmocka_unit_test(session__ends_without_a_word_when_another_node_answers),
        cmocka_unit_test(session__ends_at_any_changed_byte),
        cmocka_unit_test(session__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
