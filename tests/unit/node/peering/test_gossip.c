#include "node/peering/link.h"
#include "protocol/authority/op.h"
#include "protocol/rules/export.h"
#include "storage/shapes.h"
#include "tests/support/cmocka.h"
#include "tests/support/peer_liar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A (&world->nodes[0])
#define B (&world->nodes[1])

static void meet(struct copse_peer_world *world)
{
    (void)copse_peer_world_call(world, 1, 0);
    copse_peer_world_pass(world, 100);
}

static void gossip__brings_two_nodes_to_the_same(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    for (int i = 0; i < 40; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "number %d", i);
        (void)copse_peer_world_post(A, &community, text);
    }
    struct copse_id own = copse_peer_world_post(B, &community, "written before we met");
    meet(world);
    assert_true(copse_peer_world_is_equal(world, &community));
    assert_true(copse_peer_world_has(A, &own));
    const struct copse_gossip_news *gone = copse_peer_world_news(B, COPSE_GOSSIP_GONE);
    assert_non_null(gone);
    assert_int_equal(gone->equal, 1);
    assert_true(gone->entries_in >= 42);
    assert_true(gone->bytes_in > 0 && gone->bytes_out > 0);
}

static void gossip__costs_little_when_both_are_the_same(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    (void)copse_peer_world_post(A, &community, "one");
    meet(world);
    meet(world);
    const struct copse_gossip_news *gone = copse_peer_world_news(B, COPSE_GOSSIP_GONE);
    assert_int_equal(gone->equal, 1);
    assert_int_equal(gone->entries_in + gone->entries_out, 0);
    assert_true(gone->bytes_in + gone->bytes_out < 1024);
}

/* Put a mark: B is sure that A knows it. */
static void mark(struct copse_peer_world *world, const struct copse_id *community, uint64_t wall_ms)
{
    struct copse_shelf shelf;
    struct copse_id node;
    copse_gossip_node(A->gossip, &node);
    assert_int_equal(copse_shelf_init(&shelf, B->disk->store, B->keyring, NULL), COPSE_OK);
    assert_int_equal(copse_shelf_put_mark(&shelf, &node, community, wall_ms), COPSE_OK);
    copse_shelf_deinit(&shelf);
}

static void gossip__introduces_itself_again_to_who_has_forgotten(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    mark(world, &community, 1); /* and A does not know it */
    meet(world);
    assert_int_equal(copse_peer_world_news(B, COPSE_GOSSIP_GONE)->unknown, 1);
    meet(world);
    assert_int_equal(copse_peer_world_news(B, COPSE_GOSSIP_GONE)->equal, 1);
    assert_true(copse_peer_world_is_equal(world, &community));
}

static struct copse_held find_held(struct copse_txn *txn, const struct copse_id *id)
{
    struct copse_held held;
    uint32_t number = 0;
    assert_int_equal(copse_entries_find_anywhere(txn, &held, &number, id), COPSE_OK);
    return held;
}

static bool has_content(struct copse_peer_node *node, const struct copse_id *id)
{
    struct copse_txn *txn = copse_store_world_begin(node->disk, COPSE_DB_READ);
    struct copse_held held = find_held(txn, id);
    copse_store_abort(txn);
    return held.content_state == COPSE_CONTENT_PRESENT;
}

static void lose_content(struct copse_peer_node *node, const struct copse_id *id)
{
    struct copse_txn *txn = copse_store_world_begin(node->disk, COPSE_DB_WRITE);
    struct copse_held held = find_held(txn, id);
    assert_int_equal(copse_contents_release(txn, &held, COPSE_CONTENT_MISSING), COPSE_OK);
    copse_store_world_commit(node->disk, txn);
}

/* A program that syncs once ends with the link: what came last must be stored by then. */
static void gossip__ends_no_link_before_the_contents_it_asked_for_are_stored(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id other = copse_peer_world_found(world);
    struct copse_id community = copse_peer_world_found(world);
    struct copse_id posts[4];
    char text[20001];
    memset(text, 'w', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(posts); i++) {
        posts[i] = copse_peer_world_post(A, i % 2 == 0 ? &community : &other, text);
    }
    meet(world);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(posts); i++) {
        lose_content(B, &posts[i]);
    }
    B->news_count = 0;
    memset(B->news, 0, sizeof B->news);
    (void)copse_peer_world_call(world, 1, 0);
    for (size_t ms = 0; ms < 100 && copse_peer_world_news(B, COPSE_GOSSIP_GONE) == NULL; ms++) {
        copse_peer_world_pass(world, 1);
    }
    assert_non_null(copse_peer_world_news(B, COPSE_GOSSIP_GONE));
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(posts); i++) {
        assert_true(has_content(B, &posts[i]));
    }
}

/* The mark that B has of A. */
static uint64_t mark_of(struct copse_peer_world *world, const struct copse_id *community)
{
    struct copse_id node;
    uint64_t wall_ms = 0;
    copse_gossip_node(A->gossip, &node);
    struct copse_txn *txn = copse_store_world_begin(B->disk, COPSE_DB_READ);
    assert_int_equal(copse_shelf_get_mark(txn, &wall_ms, &node, community), COPSE_OK);
    copse_store_abort(txn);
    return wall_ms;
}

/* The wall clock once stood ten years ahead. */
static void gossip__marks_when_two_were_equal_by_the_clock_of_now(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    meet(world);
    uint64_t now_ms = mark_of(world, &community);
    mark(world, &community, now_ms + UINT64_C(315360000000));
    meet(world);
    assert_true(mark_of(world, &community) < now_ms + 1000);
}

/* Both run, and B calls. */
static void live(struct copse_peer_world *world)
{
    static const struct copse_id anybody;
    size_t index = 0;
    assert_int_equal(copse_peers_put(&B->peers, &index, "4:127.0.0.1:1", &anybody), COPSE_OK);
    copse_peer_world_start(B, COPSE_PEER_WORLD_CALLS);
    copse_peer_world_pass(world, 100);
}

static void gossip__passes_on_what_is_committed_within_a_second(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    live(world);
    struct copse_id first = copse_peer_world_post(A, &community, "from A");
    struct copse_id second = copse_peer_world_post(B, &community, "from B");
    assert_false(copse_peer_world_has(B, &first));
    copse_peer_world_pass(world, COPSE_GOSSIP_POLL_MS);
    assert_true(copse_peer_world_has(B, &first));
    assert_true(copse_peer_world_has(A, &second));
}

/* A link lives for a day: what could not be opened at its beginning may be possible later. */
static void gossip__opens_again_on_the_same_link_what_was_closed(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    mark(world, &community, 1);
    live(world); /* B does not introduce itself, and A does not know it */
    assert_null(copse_peer_world_news(B, COPSE_GOSSIP_EQUAL));
    copse_peer_world_pass(world, 2 * (uint64_t)COPSE_LINK_AGAIN_MS);
    assert_non_null(copse_peer_world_news(B, COPSE_GOSSIP_EQUAL));
    assert_null(copse_peer_world_news(B, COPSE_GOSSIP_GONE));
    assert_true(copse_peer_world_is_equal(world, &community));
}

static void gossip__tries_ever_more_rarely_what_is_closed_each_time(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id id;
    struct copse_community_plan plan = {.name = copse_bytes_of_string("Physics")};
    assert_int_equal(copse_community_create(&B->practice, &id, &plan, NULL), COPSE_OK);
    live(world);
    uint64_t before = world->bytes_moved;
    copse_peer_world_pass(world, 6 * (uint64_t)COPSE_LINK_AGAIN_MAX_MS);
    assert_null(copse_peer_world_news(B, COPSE_GOSSIP_GONE));
    uint64_t pings = 6 * (uint64_t)COPSE_LINK_AGAIN_MAX_MS / COPSE_SESSION_IDLE_MS * 2 * 50;
    assert_true(world->bytes_moved - before < pings + (uint64_t)20 * 100);
}

static void gossip__passes_on_at_once_when_poked(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    live(world);
    struct copse_id id = copse_peer_world_post(A, &community, "from A");
    copse_gossip_poked(A->gossip);
    copse_peer_world_settle(world);
    assert_true(copse_peer_world_has(B, &id));
}

/* More than one run may carry: another process has imported something. */
static void gossip__passes_on_many_entries_that_were_committed_at_once(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    struct copse_id last = community;
    live(world);
    for (size_t i = 0; i < COPSE_RUN_ENTRIES_MAX + 44; i++) {
        last = copse_peer_world_post(A, &community, "from a file");
    }
    copse_peer_world_pass(world, COPSE_GOSSIP_POLL_MS);
    assert_true(copse_peer_world_has(B, &last));
}

/* Open the store of a node anew; from the copy at `path` if that is not NULL. */
static void restart(struct copse_peer_node *node, const char *path)
{
    char file[600];
    (void)snprintf(file, sizeof file, "%s/store.mdb", node->disk->home);
    copse_gossip_free(node->gossip);
    node->gossip = NULL;
    copse_store_world_close(node->disk);
    if (path != NULL) {
        assert_int_equal(rename(path, file), 0);
    }
    copse_store_world_open(node->disk);
    node->practice.store = node->disk->store;
    copse_peer_world_start(node, COPSE_PEER_WORLD_WAITS);
}

/* A store that was put back reads and syncs; once its own entries are back, it writes again. */
static void gossip__gets_back_from_others_what_a_store_put_back_has_lost(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    char file[600];
    char copy[600];
    (void)snprintf(file, sizeof file, "%s/store.mdb", B->disk->home);
    (void)snprintf(copy, sizeof copy, "%s/copy", B->disk->home);
    (void)copse_peer_world_post(B, &community, "kept");
    meet(world);
    restart(B, NULL);
    copse_store_world_copy_file(file, copy);
    struct copse_id lost = copse_peer_world_post(B, &community, "lost");
    meet(world);
    restart(B, copy);
    assert_false(copse_peer_world_has(B, &lost));
    meet(world);
    assert_true(copse_peer_world_has(B, &lost));
    (void)copse_peer_world_post(B, &community, "not a fork");
    meet(world);
    assert_true(copse_peer_world_is_equal(world, &community));
}

static void gossip__sends_what_a_store_put_back_still_has(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    char file[600];
    char copy[600];
    (void)snprintf(file, sizeof file, "%s/store.mdb", B->disk->home);
    (void)snprintf(copy, sizeof copy, "%s/copy", B->disk->home);
    struct copse_id kept = copse_peer_world_post(B, &community, "kept");
    restart(B, NULL);
    copse_store_world_copy_file(file, copy);
    (void)copse_peer_world_post(B, &community, "lost, and another node has it");
    assert_int_equal(
        copse_store_publish(B->disk->store, copse_keyring_device(B->keyring), &B->error), COPSE_OK);
    restart(B, copy);
    meet(world);
    assert_true(copse_peer_world_has(A, &kept));
    struct copse_txn *txn = copse_store_world_begin(B->disk, COPSE_DB_READ);
    assert_int_equal(
        copse_store_check_head(B->disk->store, txn, copse_keyring_device(B->keyring), &B->error),
        COPSE_ERR_REFUSED);
    copse_store_abort(txn);
}

static void gossip__opens_a_community_that_is_joined_while_it_runs(void **state)
{
    struct copse_peer_world *world = *state;
    live(world);
    struct copse_id community = copse_peer_world_found(world);
    copse_peer_world_pass(world, 2 * COPSE_GOSSIP_POLL_MS);
    assert_true(copse_peer_world_is_equal(world, &community));
}

static void gossip__goes_on_where_a_connection_broke(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    for (int i = 0; i < 60; i++) {
        (void)copse_peer_world_post(A, &community, "a post of some length, so that it takes time");
    }
    for (uint64_t bytes = 50; bytes < 12000; bytes += 450) {
        world->cut_after = world->bytes_moved + bytes;
        meet(world);
    }
    world->cut_after = 0;
    meet(world);
    assert_true(copse_peer_world_is_equal(world, &community));
}

/* ---- behind a cut ---- */

/* One op by a device, written at node A as its own. */
struct hand {
    struct copse_id device;
    struct copse_secret secret;
};

static struct copse_id write_op(struct copse_peer_world *world, const struct hand *hand,
                                const struct copse_store_deed *how, const struct copse_op *op)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_store_deed deed = *how;
    struct copse_id id;
    deed.device = hand->device;
    deed.secret = &hand->secret;
    deed.class = op->kind < COPSE_OP_CREATE ? COPSE_ENTRY_CONTROL : COPSE_ENTRY_DATA;
    deed.wall_ms = world->now_ms;
    assert_int_equal(copse_op_encode(&deed.op, room, op), COPSE_OK);
    struct copse_txn *txn = copse_store_world_begin(A->disk, COPSE_DB_WRITE);
    assert_int_equal(copse_store_write(A->disk->store, txn, &id, &deed, NULL), COPSE_OK);
    copse_store_world_commit(A->disk, txn);
    return id;
}

static struct copse_id edit(struct copse_peer_world *world, const struct hand *hand,
                            const struct copse_id *community, const struct copse_id *page,
                            const struct copse_id *parent, const char *text)
{
    uint8_t ids[64];
    uint8_t shape[] = {0x93, 0, 0, (uint8_t)strlen(text)};
    struct copse_writer writer;
    copse_writer_init(&writer, ids, sizeof ids);
    struct copse_op op = {.kind = COPSE_OP_EDIT, .target = *page, .value = {shape, sizeof shape}};
    op.ids = copse_op_list_ids(&writer, parent, parent == NULL ? 0 : 1);
    struct copse_store_deed deed = {.community = *community,
                                    .content = copse_bytes_of_string(text)};
    return write_op(world, hand, &deed, &op);
}

/* Somebody whom A has let in, and who has written on A's page; A has written on top of that. */
struct scene {
    struct copse_id community;
    struct copse_store_person eve;
    struct copse_id of_eve[3]; /* nothing is built on the last */
    struct copse_id leaning;   /* A's */
};

static struct hand hand_of_a(struct copse_peer_world *world)
{
    return (struct hand){*copse_keyring_device(A->keyring), *copse_keyring_secret(A->keyring)};
}

static void write_scene(struct copse_peer_world *world, struct scene *scene)
{
    scene->community = copse_peer_world_found(world);
    copse_store_person_make(&scene->eve, 9);
    struct hand at_a = hand_of_a(world);
    struct hand of_eve = {scene->eve.device, scene->eve.secret};
    struct copse_under under = {scene->community, scene->community};
    struct copse_store_deed deed = {.community = scene->community, .under = &under};
    struct copse_op op = {
        .kind = COPSE_OP_GRANT, .target = scene->eve.root, .role = COPSE_OP_MEMBER};
    under.grant = write_op(world, &at_a, &deed, &op);
    deed.start = COPSE_STORE_JOIN;
    op = (struct copse_op){
        .kind = COPSE_OP_JOIN, .target = scene->eve.root, .signature = scene->eve.certificate};
    (void)write_op(world, &of_eve, &deed, &op);
    deed = (struct copse_store_deed){.community = scene->community};
    op = (struct copse_op){.kind = COPSE_OP_CREATE, .object_kind = COPSE_OBJECT_PAGE};
    struct copse_id page = write_op(world, &at_a, &deed, &op);
    struct copse_id last = edit(world, &at_a, &scene->community, &page, NULL, "oak");
    for (size_t i = 0; i < 2; i++) {
        last = edit(world, &of_eve, &scene->community, &page, &last, i == 0 ? "an " : "not ");
        scene->of_eve[i] = last;
    }
    scene->leaning = edit(world, &at_a, &scene->community, &page, &last, "tall ");
    scene->of_eve[2] = edit(world, &of_eve, &scene->community, &page, &last, "small ");
}

/* With a cut that has nothing of hers inside. */
static void remove_eve(struct copse_peer_world *world, const struct scene *scene)
{
    struct hand at_a = hand_of_a(world);
    struct copse_under under = {scene->community, scene->community};
    struct copse_store_deed deed = {.community = scene->community, .under = &under};
    struct copse_op op = {.kind = COPSE_OP_REMOVE, .target = scene->eve.root};
    (void)write_op(world, &at_a, &deed, &op);
}

static struct copse_id shown(struct copse_peer_node *node, const struct copse_id *community)
{
    struct copse_practice_deed deed;
    struct copse_view *view = NULL;
    struct copse_id digest;
    assert_int_equal(copse_practice_begin(&deed, &node->practice, community, COPSE_DB_READ, NULL),
                     COPSE_OK);
    assert_int_equal(copse_practice_view(&deed, &view), COPSE_OK);
    assert_int_equal(copse_export_digest(view, &digest), COPSE_OK);
    copse_practice_end(&deed);
    return digest;
}

static bool has_loose(struct copse_peer_node *node, const struct copse_id *community,
                      const struct copse_id *id)
{
    struct copse_txn *txn = copse_store_world_begin(node->disk, COPSE_DB_READ);
    struct copse_slice bytes;
    uint32_t number = 0;
    assert_int_equal(copse_entries_community(txn, &number, community), COPSE_OK);
    enum copse_err err = copse_shapes_find(txn, &bytes, number, id);
    copse_store_abort(txn);
    return err == COPSE_OK;
}

/* B shows what A shows; of Eve's EDITs it has those that A's is built on, and no log. */
static void check_behind_the_cut(struct copse_peer_world *world, const struct scene *scene)
{
    assert_int_equal(copse_peer_world_news(B, COPSE_GOSSIP_GONE)->equal, 1);
    assert_true(copse_peer_world_is_equal(world, &scene->community));
    assert_true(copse_peer_world_has(B, &scene->leaning));
    for (size_t i = 0; i < 3; i++) {
        assert_false(copse_peer_world_has(B, &scene->of_eve[i]));
        assert_int_equal(has_loose(B, &scene->community, &scene->of_eve[i]), i < 2);
    }
    struct copse_id at_a = shown(A, &scene->community);
    struct copse_id at_b = shown(B, &scene->community);
    assert_true(copse_bytes_equal_ids(&at_a, &at_b));
    copse_store_world_check(B->disk);
}

/* SPEC 6.14: who never held the log shows the page as who wrote it does. */
static void gossip__fetches_what_others_lean_on_behind_a_cut(void **state)
{
    struct copse_peer_world *world = *state;
    struct scene scene;
    write_scene(world, &scene);
    remove_eve(world, &scene);
    meet(world);
    check_behind_the_cut(world, &scene);
}

/* SPEC 7.9: what was wanted before the removal is given up, but for what others lean on. */
static void gossip__gives_up_what_a_cut_has_cut_off(void **state)
{
    struct copse_peer_world *world = *state;
    struct scene scene;
    write_scene(world, &scene);
    meet(world);
    assert_true(copse_peer_world_has(B, &scene.of_eve[2]));
    remove_eve(world, &scene);
    meet(world);
    check_behind_the_cut(world, &scene);
}

static void gossip__shows_a_stranger_nothing(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id id;
    struct copse_community_plan plan = {.name = copse_bytes_of_string("Physics")};
    assert_int_equal(copse_community_create(&A->practice, &id, &plan, NULL), COPSE_OK);
    plan.name = copse_bytes_of_string("Chemistry");
    assert_int_equal(copse_community_create(&B->practice, &id, &plan, NULL), COPSE_OK);
    meet(world);
    const struct copse_gossip_news *gone = copse_peer_world_news(B, COPSE_GOSSIP_GONE);
    assert_true(gone->is_linked);
    assert_int_equal(gone->topics, 1);
    assert_int_equal(gone->unknown, 1);
    assert_int_equal(gone->entries_in + gone->entries_out, 0);
}

static void gossip__ends_a_greeting_that_takes_too_long(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_peer_wire *wire =
        copse_peer_world_intrude(world, 0, (struct copse_slice){NULL, 0});
    copse_peer_world_pass(world, COPSE_GOSSIP_GREETING_MS - 1);
    assert_true(wire->is_used);
    copse_peer_world_pass(world, 2);
    assert_false(wire->is_used);
}

static void gossip__hangs_up_at_once_on_what_is_no_handshake(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_peer_wire *wire =
        copse_peer_world_intrude(world, 0, copse_bytes_of_string("GET / HTTP/1.1\r\n\r\n"));
    copse_peer_world_settle(world);
    assert_false(wire->is_used);
    assert_int_equal(copse_peer_world_news(A, COPSE_GOSSIP_GONE)->bytes_out, 0);
}

static void gossip__survives_random_bytes(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    uint8_t noise[4000];
    for (size_t i = 0; i < 50; i++) {
        copse_random_bytes(&world->random, noise, sizeof noise);
        noise[0] = 0;
        noise[1] = 32; /* the head of a first message */
        (void)copse_peer_world_intrude(world, 0, (struct copse_slice){noise, 34 + 70 * i});
        copse_peer_world_settle(world);
    }
    meet(world);
    assert_true(copse_peer_world_is_equal(world, &community));
}

static void gossip__makes_room_by_hanging_up_on_the_longest_silent(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_peer_wire *wires[COPSE_GOSSIP_ADDRESS_MAX + 1];
    for (size_t i = 0; i <= COPSE_GOSSIP_ADDRESS_MAX; i++) {
        wires[i] = copse_peer_world_intrude(world, 0, (struct copse_slice){NULL, 0});
    }
    copse_peer_world_settle(world);
    assert_false(wires[0]->is_used);
    for (size_t i = 1; i <= COPSE_GOSSIP_ADDRESS_MAX; i++) {
        assert_true(wires[i]->is_used);
    }
}

/* A handshake costs a stranger little, so it must not keep a place. */
static void gossip__makes_room_by_hanging_up_on_who_shares_nothing(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    struct copse_peer_liar *liars[COPSE_GOSSIP_ADDRESS_MAX];
    const struct copse_slice nothing = {NULL, 0};
    (void)copse_peer_world_post(B, &community, "so that both are at it");
    for (uint8_t i = 0; i < COPSE_GOSSIP_ADDRESS_MAX; i++) {
        liars[i] = malloc(sizeof *liars[i]);
        assert_non_null(liars[i]);
        copse_peer_liar_init(liars[i], world, 0, i);
    }
    copse_peer_liar_open(liars[0], B, 0); /* a member: it may stay */
    assert_false(copse_peer_world_intrude(world, 0, nothing)->ends_of[1].connection != 0);
    copse_peer_world_pass(world, COPSE_GOSSIP_GREETING_MS + 1000);
    assert_true(copse_peer_world_intrude(world, 0, nothing)->ends_of[1].connection != 0);
    copse_peer_world_settle(world);
    assert_true(copse_peer_liar_is_heard(liars[0]));
    assert_false(copse_peer_liar_is_heard(liars[1]));
    for (uint8_t i = 0; i < COPSE_GOSSIP_ADDRESS_MAX; i++) {
        assert_true(i == 1 || copse_peer_liar_is_heard(liars[i]));
        copse_peer_liar_deinit(liars[i]);
        free(liars[i]);
    }
}

static void gossip__does_not_speak_with_itself(void **state)
{
    struct copse_peer_world *world = *state;
    (void)copse_peer_world_found(world);
    (void)copse_peer_world_call(world, 0, 0);
    copse_peer_world_pass(world, 100);
    assert_int_equal(copse_peer_world_news(A, COPSE_GOSSIP_GONE)->code, COPSE_CODE_WRONG_PEER);
    assert_null(copse_peer_world_news(A, COPSE_GOSSIP_EQUAL));
}

static size_t count_wires(const struct copse_peer_world *world)
{
    size_t used = 0;
    for (size_t i = 0; i < COPSE_PEER_WORLD_WIRES_MAX; i++) {
        used += world->wires[i].is_used;
    }
    return used;
}

static void gossip__keeps_one_of_two_sessions_that_began_at_once(void **state)
{
    struct copse_peer_world *world = *state;
    static const struct copse_id anybody;
    size_t index = 0;
    struct copse_id community = copse_peer_world_found(world);
    assert_int_equal(copse_peers_put(&A->peers, &index, "4:127.0.0.1:2", &anybody), COPSE_OK);
    assert_int_equal(copse_peers_put(&B->peers, &index, "4:127.0.0.1:1", &anybody), COPSE_OK);
    copse_peer_world_start(A, COPSE_PEER_WORLD_CALLS);
    copse_peer_world_start(B, COPSE_PEER_WORLD_CALLS);
    copse_peer_world_pass(world, 500);
    assert_int_equal(count_wires(world), 1);
    assert_true(copse_peer_world_is_equal(world, &community));
}

/* By another address, or because that one has called: no second link, and no call every 3 s. */
static void gossip__leaves_who_is_linked_in_peace(void **state)
{
    struct copse_peer_world *world = *state;
    static const struct copse_id anybody;
    size_t index = 0;
    (void)copse_peer_world_found(world);
    assert_int_equal(copse_peers_put(&A->peers, &index, "4:127.0.0.1:2", &anybody), COPSE_OK);
    assert_int_equal(copse_peers_put(&B->peers, &index, "4:127.0.0.1:1", &anybody), COPSE_OK);
    assert_int_equal(copse_peers_put(&B->peers, &index, "4:127.0.0.2:1", &anybody), COPSE_OK);
    copse_peer_world_start(A, COPSE_PEER_WORLD_CALLS);
    copse_peer_world_start(B, COPSE_PEER_WORLD_CALLS);
    copse_peer_world_pass(world, 5000);
    assert_int_equal(count_wires(world), 1);
    A->news_count = 0;
    copse_peer_world_pass(world, 60000);
    assert_int_equal(count_wires(world), 1);
    assert_true(A->news_count < 4);
}

/* Write an op of class 0; under what the node acted under last, or under a grant. */
static struct copse_id write_as_node(struct copse_peer_node *node, const struct copse_id *community,
                                     const struct copse_id *grant, const struct copse_op *op)
{
    struct copse_practice_deed deed;
    struct copse_id id;
    struct copse_under under = {*community, *community};
    assert_int_equal(copse_practice_begin(&deed, &node->practice, community, COPSE_DB_WRITE, NULL),
                     COPSE_OK);
    if (grant != NULL) {
        under.grant = *grant;
        deed.under = &under;
    }
    assert_int_equal(copse_practice_write(&deed, &id, op, (struct copse_slice){NULL, 0}, NULL),
                     COPSE_OK);
    assert_int_equal(copse_practice_commit(&deed, NULL), COPSE_OK);
    return id;
}

static const struct copse_op new_secret = {.kind = COPSE_OP_SECRET, .target = {{9}}};
static const struct copse_op other_secret = {.kind = COPSE_OP_SECRET, .target = {{8}}};

/* The caller's newest secrets are not known to who comes back: its OPENs are refused. */
static void gossip__lets_the_called_side_open_by_an_older_secret(void **state)
{
    struct copse_peer_world *world = *state;
    static const struct copse_id anybody;
    size_t index = 0;
    struct copse_id community = copse_peer_world_found(world);
    struct copse_op op = new_secret;
    struct copse_id id = write_as_node(A, &community, NULL, &op);
    for (op.target.bytes[0] = 1; op.target.bytes[0] < 8; op.target.bytes[0]++) {
        id = write_as_node(A, &community, NULL, &op);
    }
    assert_int_equal(copse_peers_put(&A->peers, &index, "4:127.0.0.1:2", &anybody), COPSE_OK);
    copse_peer_world_start(A, COPSE_PEER_WORLD_CALLS);
    copse_peer_world_pass(world, 3 * (uint64_t)COPSE_LINK_AGAIN_MS);
    assert_true(copse_peer_world_has(B, &id));
    assert_true(copse_peer_world_is_equal(world, &community));
}

static void gossip__meets_though_each_side_has_a_new_secret(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_id community = copse_peer_world_found(world);
    struct copse_op op = {.kind = COPSE_OP_GRANT,
                          .target = *copse_keyring_person(B->keyring),
                          .role = COPSE_OP_COORDINATOR};
    struct copse_id grant = write_as_node(A, &community, NULL, &op);
    (void)copse_peer_world_call(world, 1, 0);
    copse_peer_world_pass(world, 1000);
    assert_true(copse_peer_world_has(B, &grant));
    struct copse_id ids[] = {write_as_node(A, &community, NULL, &new_secret),
                             write_as_node(B, &community, &grant, &other_secret)};
    live(world);
    copse_peer_world_pass(world, 8 * (uint64_t)COPSE_LINK_AGAIN_MS);
    assert_true(copse_peer_world_has(B, &ids[0]) && copse_peer_world_has(A, &ids[1]));
    assert_true(copse_peer_world_is_equal(world, &community));
}

static void gossip__says_goodbye_when_it_stops(void **state)
{
    struct copse_peer_world *world = *state;
    (void)copse_peer_world_found(world);
    live(world);
    copse_gossip_stop(A->gossip);
    copse_peer_world_settle(world);
    assert_int_equal(copse_peer_world_news(B, COPSE_GOSSIP_GONE)->code, COPSE_CODE_SHUTDOWN);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, copse_peer_world_setup, copse_peer_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gossip__brings_two_nodes_to_the_same),
        TEST(gossip__costs_little_when_both_are_the_same),
        TEST(gossip__introduces_itself_again_to_who_has_forgotten),
        TEST(gossip__marks_when_two_were_equal_by_the_clock_of_now),
        TEST(gossip__ends_no_link_before_the_contents_it_asked_for_are_stored),
        TEST(gossip__passes_on_what_is_committed_within_a_second),
        TEST(gossip__opens_again_on_the_same_link_what_was_closed),
        TEST(gossip__tries_ever_more_rarely_what_is_closed_each_time),
        TEST(gossip__passes_on_at_once_when_poked),
        TEST(gossip__passes_on_many_entries_that_were_committed_at_once),
        TEST(gossip__gets_back_from_others_what_a_store_put_back_has_lost),
        TEST(gossip__sends_what_a_store_put_back_still_has),
        TEST(gossip__opens_a_community_that_is_joined_while_it_runs),
        TEST(gossip__goes_on_where_a_connection_broke),
        TEST(gossip__fetches_what_others_lean_on_behind_a_cut),
        TEST(gossip__gives_up_what_a_cut_has_cut_off),
        TEST(gossip__shows_a_stranger_nothing),
        TEST(gossip__ends_a_greeting_that_takes_too_long),
        TEST(gossip__hangs_up_at_once_on_what_is_no_handshake),
        TEST(gossip__survives_random_bytes),
        TEST(gossip__makes_room_by_hanging_up_on_the_longest_silent),
        TEST(gossip__makes_room_by_hanging_up_on_who_shares_nothing),
        TEST(gossip__does_not_speak_with_itself),
        TEST(gossip__keeps_one_of_two_sessions_that_began_at_once),
        TEST(gossip__leaves_who_is_linked_in_peace),
        TEST(gossip__lets_the_called_side_open_by_an_older_secret),
        TEST(gossip__meets_though_each_side_has_a_new_secret),
        TEST(gossip__says_goodbye_when_it_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
