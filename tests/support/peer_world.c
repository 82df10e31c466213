#include "tests/support/peer_world.h"

#include "node/practice/post.h"
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED UINT64_C(20261123)
#define WALL_MS UINT64_C(1790000000000)
#define QUEUE_MAX 1048576u
#define PIECE_MAX 3000u
#define STEPS_MAX 2000000u

/* ---- the port ---- */

static uint64_t now_ms(void *context)
{
    const struct copse_peer_node *node = context;
    return node->world->now_ms;
}

static uint64_t wall_ms(void *context)
{
    const struct copse_peer_node *node = context;
    return WALL_MS + node->world->now_ms;
}

static void random_bytes(void *context, uint8_t *out, size_t size)
{
    struct copse_peer_node *node = context;
    copse_random_bytes(&node->world->random, out, size);
}

/* The end of a connection at this node, and its wire. */
static struct copse_peer_end *find_end(struct copse_peer_node *node, uint64_t connection,
                                       struct copse_peer_wire **wire)
{
    for (size_t i = 0; i < COPSE_PEER_WORLD_WIRES_MAX; i++) {
        for (size_t side = 0; side < 2; side++) {
            struct copse_peer_end *end = &node->world->wires[i].ends_of[side];
            if (node->world->wires[i].is_used && end->node == node &&
                end->connection == connection) {
                *wire = &node->world->wires[i];
                return end;
            }
        }
    }
    return NULL;
}

static struct copse_peer_wire *free_wire(struct copse_peer_world *world)
{
    for (size_t i = 0; i < COPSE_PEER_WORLD_WIRES_MAX; i++) {
        if (!world->wires[i].is_used) {
            memset(&world->wires[i], 0, sizeof world->wires[i]);
            world->wires[i].is_used = true;
            world->wires[i].ends_of[0].is_reading = true;
            world->wires[i].ends_of[1].is_reading = true;
            return &world->wires[i];
        }
    }
    fail_msg("too many connections");
    return NULL;
}

static void drop_wire(struct copse_peer_wire *wire)
{
    free(wire->ends_of[0].queue);
    free(wire->ends_of[1].queue);
    free(wire->heard);
    memset(wire, 0, sizeof *wire);
}

/* An address is "4:127.0.0.1:" and the number of the node plus 1. */
static enum copse_err dial(void *context, uint64_t connection, const char *address)
{
    struct copse_peer_node *node = context;
    size_t to = (size_t)strtoul(strrchr(address, ':') + 1, NULL, 10) - 1;
    if (to >= node->world->node_count) {
        return COPSE_ERR_NETWORK;
    }
    struct copse_peer_wire *wire = free_wire(node->world);
    wire->is_calling = true;
    wire->ends_of[0].node = node;
    wire->ends_of[0].connection = connection;
    wire->ends_of[1].node = &node->world->nodes[to];
    return COPSE_OK;
}

static void append(struct copse_peer_end *end, struct copse_slice bytes)
{
    assert_int_equal(copse_memory_grow(copse_memory_heap(), &end->queue, &end->capacity,
                                       end->size + bytes.size, 1),
                     COPSE_OK);
    memcpy(end->queue + end->size, bytes.data, bytes.size);
    end->size += bytes.size;
}

static enum copse_err send_bytes(void *context, uint64_t connection, struct copse_slice bytes)
{
    struct copse_peer_wire *wire = NULL;
    struct copse_peer_end *end = find_end(context, connection, &wire);
    if (end == NULL || end->size + bytes.size > QUEUE_MAX) {
        return COPSE_ERR_LIMIT;
    }
    append(end, bytes);
    return COPSE_OK;
}

static size_t queued(void *context, uint64_t connection)
{
    struct copse_peer_wire *wire = NULL;
    const struct copse_peer_end *end = find_end(context, connection, &wire);
    return end == NULL ? 0 : end->size;
}

static void set_reading(void *context, uint64_t connection, enum copse_env_reading reading)
{
    struct copse_peer_wire *wire = NULL;
    struct copse_peer_end *end = find_end(context, connection, &wire);
    if (end != NULL) {
        end->is_reading = reading == COPSE_ENV_READ;
    }
}

static void close_connection(void *context, uint64_t connection, enum copse_env_closing closing)
{
    struct copse_peer_wire *wire = NULL;
    struct copse_peer_end *end = find_end(context, connection, &wire);
    if (end == NULL) {
        return;
    }
    end->connection = 0;
    wire->ends = true;
    if (closing == COPSE_ENV_AT_ONCE) {
        end->size = 0;
    }
}

static void wake(void *context, uint64_t at_ms)
{
    struct copse_peer_node *node = context;
    node->wake_ms = at_ms;
}

/* ---- nodes ---- */

static void tell(void *context, const struct copse_gossip_news *news)
{
    struct copse_peer_node *node = context;
    assert_int_not_equal(news->kind, COPSE_GOSSIP_FAULT);
    node->news[node->news_count++ % COPSE_PEER_WORLD_NEWS_MAX] = *news;
}

void copse_peer_world_start(struct copse_peer_node *node, enum copse_peer_world_calls calls)
{
    struct copse_gossip_options options = {
        .store = node->disk->store,
        .keyring = node->keyring,
        .env = &node->env,
        .peers = &node->peers,
        .calls = calls == COPSE_PEER_WORLD_CALLS,
        .agent = copse_bytes_of_string("test"),
        .error = &node->error,
        .tell = tell,
        .context = node,
    };
    copse_gossip_free(node->gossip);
    node->gossip = NULL;
    node->wake_ms = 0;
    assert_int_equal(copse_gossip_new(&node->gossip, &options), COPSE_OK);
    copse_gossip_tick(node->gossip);
}

static void make_node(struct copse_peer_world *world, size_t number)
{
    struct copse_peer_node *node = &world->nodes[number];
    void *disk = NULL;
    node->world = world;
    node->number = number;
    assert_int_equal(copse_store_world_setup(&disk), 0);
    node->disk = disk;
    assert_int_equal(copse_keyring_create(node->disk->home, NULL, copse_memory_heap(), NULL),
                     COPSE_OK);
    assert_int_equal(
        copse_keyring_open(&node->keyring, node->disk->home, copse_memory_heap(), NULL), COPSE_OK);
    node->practice = (struct copse_practice){node->disk->store, node->keyring, copse_memory_heap(),
                                             wall_ms,           random_bytes,  node};
    node->env = (struct copse_env){now_ms, wall_ms,     random_bytes,     dial, send_bytes,
                                   queued, set_reading, close_connection, wake, node};
    copse_peers_init(&node->peers, copse_memory_heap());
    copse_peer_world_start(node, COPSE_PEER_WORLD_WAITS);
}

int copse_peer_world_setup(void **state)
{
    struct copse_peer_world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return -1;
    }
    copse_random_init(&world->random, SEED);
    world->now_ms = 1000;
    world->node_count = 2;
    for (size_t i = 0; i < world->node_count; i++) {
        make_node(world, i);
    }
    *state = world;
    return 0;
}

int copse_peer_world_teardown(void **state)
{
    struct copse_peer_world *world = *state;
    for (size_t i = 0; i < COPSE_PEER_WORLD_WIRES_MAX; i++) {
        drop_wire(&world->wires[i]);
    }
    for (size_t i = 0; i < world->node_count; i++) {
        struct copse_peer_node *node = &world->nodes[i];
        void *disk = node->disk;
        copse_gossip_free(node->gossip);
        copse_peers_deinit(&node->peers);
        copse_keyring_close(node->keyring);
        (void)copse_store_world_teardown(&disk);
    }
    free(world);
    return 0;
}

struct copse_id copse_peer_world_found(struct copse_peer_world *world)
{
    struct copse_ticket ticket;
    struct copse_id community;
    char text[COPSE_TICKET_TEXT_MAX + 1];
    struct copse_community_plan plan = {.name = copse_bytes_of_string("Physics")};
    struct copse_community_offer offer = {.role = COPSE_OP_MEMBER};
    const struct copse_practice *founder = &world->nodes[0].practice;
    assert_int_equal(copse_community_create(founder, &community, &plan, NULL), COPSE_OK);
    assert_int_equal(copse_community_invite(founder, &ticket, &community, &offer, NULL), COPSE_OK);
    assert_int_equal(copse_ticket_encode(text, &ticket), COPSE_OK);
    assert_int_equal(
        copse_community_join(&world->nodes[1].practice, &ticket, copse_bytes_of_string(text), NULL),
        COPSE_OK);
    copse_ticket_forget(&ticket);
    return community;
}

struct copse_id copse_peer_world_post(struct copse_peer_node *node,
                                      const struct copse_id *community, const char *text)
{
    struct copse_practice_deed deed;
    struct copse_id id;
    struct copse_post post = {.type = "talk", .body = copse_bytes_of_string(text)};
    assert_int_equal(copse_practice_begin(&deed, &node->practice, community, COPSE_DB_WRITE, NULL),
                     COPSE_OK);
    assert_int_equal(copse_post_write(&deed, &id, &post, NULL), COPSE_OK);
    assert_int_equal(copse_practice_commit(&deed, NULL), COPSE_OK);
    return id;
}

uint64_t copse_peer_world_call(struct copse_peer_world *world, size_t from, size_t to)
{
    struct copse_peer_node *node = &world->nodes[from];
    static const struct copse_id anybody;
    char address[32];
    size_t index = 0;
    uint64_t connection = 0;
    (void)snprintf(address, sizeof address, "4:127.0.0.1:%zu", to + 1);
    assert_int_equal(copse_peers_put(&node->peers, &index, address, &anybody), COPSE_OK);
    assert_int_equal(copse_gossip_call(node->gossip, &connection, &node->peers.entries[index]),
                     COPSE_OK);
    return connection;
}

struct copse_peer_wire *copse_peer_world_intrude(struct copse_peer_world *world, size_t to,
                                                 struct copse_slice bytes)
{
    struct copse_peer_wire *wire = free_wire(world);
    struct copse_peer_end *end = &wire->ends_of[1];
    end->node = &world->nodes[to];
    if (copse_gossip_accepted(end->node->gossip, &end->connection, "192.0.2.9") != COPSE_OK) {
        wire->ends = true;
    } else {
        copse_peer_world_say(wire, bytes);
    }
    return wire;
}

void copse_peer_world_say(struct copse_peer_wire *wire, struct copse_slice bytes)
{
    if (bytes.size > 0) {
        append(&wire->ends_of[0], bytes);
    }
}

void copse_peer_world_take(struct copse_peer_wire *wire, size_t size)
{
    assert_true(size <= wire->heard_size);
    if (size > 0) {
        memmove(wire->heard, wire->heard + size, wire->heard_size - size);
        wire->heard_size -= size;
    }
}

/* ---- going on ---- */

static void answer_call(struct copse_peer_wire *wire)
{
    struct copse_peer_end *caller = &wire->ends_of[0];
    struct copse_peer_end *called = &wire->ends_of[1];
    wire->is_calling = false;
    if (copse_gossip_accepted(called->node->gossip, &called->connection, "127.0.0.1") != COPSE_OK) {
        wire->ends = true;
    } else if (caller->connection != 0) {
        copse_gossip_connected(caller->node->gossip, caller->connection);
    }
}

/* Move a piece from one end to the other. */
static void move_piece(struct copse_peer_world *world, struct copse_peer_wire *wire, size_t side)
{
    uint8_t piece[PIECE_MAX];
    struct copse_peer_end *from = &wire->ends_of[side];
    struct copse_peer_end *to = &wire->ends_of[1 - side];
    size_t size = 1 + (size_t)copse_random_below(&world->random, PIECE_MAX);
    size = size < from->size ? size : from->size;
    memcpy(piece, from->queue, size);
    memmove(from->queue, from->queue + size, from->size - size);
    from->size -= size;
    from->is_drained_due = from->size == 0;
    world->bytes_moved += size;
    if (to->connection != 0) {
        copse_gossip_bytes(to->node->gossip, to->connection, (struct copse_slice){piece, size});
    } else if (to->node == NULL) {
        assert_int_equal(copse_memory_grow(copse_memory_heap(), &wire->heard, &wire->heard_capacity,
                                           wire->heard_size + size, 1),
                         COPSE_OK);
        memcpy(wire->heard + wire->heard_size, piece, size);
        wire->heard_size += size;
    }
}

/* Tell both ends that a connection is over, if nothing is on its way any more. */
static bool end_wire(struct copse_peer_wire *wire)
{
    for (size_t side = 0; side < 2; side++) {
        const struct copse_peer_end *to = &wire->ends_of[1 - side];
        if (wire->ends_of[side].size > 0 && to->connection != 0) {
            return false;
        }
    }
    for (size_t side = 0; side < 2; side++) {
        struct copse_peer_end *end = &wire->ends_of[side];
        uint64_t connection = end->connection;
        end->connection = 0;
        if (connection != 0) {
            copse_gossip_lost(end->node->gossip, connection);
        }
    }
    drop_wire(wire);
    return true;
}

static bool step_wire(struct copse_peer_world *world, struct copse_peer_wire *wire)
{
    size_t side = (size_t)copse_random_below(&world->random, 2);
    if (!wire->is_used) {
        return false;
    }
    if (wire->is_calling) {
        answer_call(wire);
        return true;
    }
    for (size_t i = 0; i < 2; i++, side = 1 - side) {
        struct copse_peer_end *from = &wire->ends_of[side];
        if (from->size > 0 && (wire->ends_of[1 - side].is_reading || wire->ends)) {
            move_piece(world, wire, side);
            return true;
        }
        if (from->is_drained_due && from->connection != 0) {
            from->is_drained_due = false;
            copse_gossip_drained(from->node->gossip, from->connection);
            return true;
        }
    }
    return wire->ends && end_wire(wire);
}

static void cut(struct copse_peer_world *world)
{
    world->cut_after = 0;
    for (size_t i = 0; i < COPSE_PEER_WORLD_WIRES_MAX; i++) {
        struct copse_peer_wire *wire = &world->wires[i];
        if (wire->is_used) {
            wire->ends_of[0].size = 0;
            wire->ends_of[1].size = 0;
            (void)end_wire(wire);
        }
    }
}

void copse_peer_world_settle(struct copse_peer_world *world)
{
    bool moved = true;
    for (size_t steps = 0; moved; steps++) {
        assert_true(steps < STEPS_MAX); /* otherwise it never comes to rest */
        moved = false;
        size_t first = (size_t)copse_random_below(&world->random, COPSE_PEER_WORLD_WIRES_MAX);
        for (size_t i = 0; i < COPSE_PEER_WORLD_WIRES_MAX; i++) {
            size_t at = (first + i) % COPSE_PEER_WORLD_WIRES_MAX;
            moved = step_wire(world, &world->wires[at]) || moved;
            if (world->cut_after != 0 && world->bytes_moved >= world->cut_after) {
                cut(world);
            }
        }
        for (size_t i = 0; i < world->node_count; i++) {
            if (world->nodes[i].wake_ms <= world->now_ms) {
                world->nodes[i].wake_ms = UINT64_MAX;
                copse_gossip_tick(world->nodes[i].gossip);
                moved = true;
            }
        }
    }
}

void copse_peer_world_pass(struct copse_peer_world *world, uint64_t ms)
{
    uint64_t end_ms = world->now_ms + ms;
    copse_peer_world_settle(world);
    while (world->now_ms < end_ms) {
        uint64_t next_ms = end_ms;
        for (size_t i = 0; i < world->node_count; i++) {
            uint64_t wake_ms = world->nodes[i].wake_ms;
            next_ms = wake_ms < next_ms ? wake_ms : next_ms;
        }
        world->now_ms = next_ms > world->now_ms ? next_ms : world->now_ms + 1;
        copse_peer_world_settle(world);
    }
}

/* ---- looking ---- */

bool copse_peer_world_has(struct copse_peer_node *node, const struct copse_id *id)
{
    struct copse_txn *txn = copse_store_world_begin(node->disk, COPSE_DB_READ);
    struct copse_held held;
    uint32_t community = 0;
    enum copse_err err = copse_entries_find_anywhere(txn, &held, &community, id);
    copse_store_abort(txn);
    return err == COPSE_OK;
}

bool copse_peer_world_is_equal(struct copse_peer_world *world, const struct copse_id *community)
{
    struct copse_id digests[2];
    for (size_t i = 0; i < 2; i++) {
        struct copse_practice_deed deed;
        assert_int_equal(
            copse_practice_begin(&deed, &world->nodes[i].practice, community, COPSE_DB_READ, NULL),
            COPSE_OK);
        assert_int_equal(copse_community_digest(&deed, &digests[i]), COPSE_OK);
        copse_practice_end(&deed);
    }
    return copse_bytes_equal_ids(&digests[0], &digests[1]);
}

const struct copse_gossip_news *copse_peer_world_news(const struct copse_peer_node *node,
                                                      enum copse_gossip_news_kind kind)
{
    size_t first = node->news_count > COPSE_PEER_WORLD_NEWS_MAX
                       ? node->news_count - COPSE_PEER_WORLD_NEWS_MAX
                       : 0;
    for (size_t i = node->news_count; i > first; i--) {
        const struct copse_gossip_news *news = &node->news[(i - 1) % COPSE_PEER_WORLD_NEWS_MAX];
        if (news->kind == kind) {
            return news;
        }
    }
    return NULL;
}
