/* How it works: the functions that the network tells of something give it to the gossip of the node
 * and then look what that did: to the disk (dead?), to the store (what is new goes into the
 * picture and by the checkers), to the tables. */
#include "tests/sim/peer.h"

#include "storage/local.h"
#include "storage/migrate.h"
#include "storage/shapes.h"
#include "tests/sim/links.h"
#include "tests/sim/people.h"

#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYRING_SEED UINT64_C(0x6b6579)

static void demand(enum copse_err err, const struct copse_error *error)
{
    if (err != COPSE_OK) {
        fprintf(stderr, "not expected: %s: %s\n", copse_error_name(err),
                error == NULL ? "" : error->text);
    }
    COPSE_ASSERT(err == COPSE_OK);
}

/* ---- lists ---- */

void peer_ids_add(struct peer_ids *ids, const struct copse_id *id)
{
    enum copse_err err = copse_memory_grow(copse_memory_heap(), &ids->items, &ids->capacity,
                                           ids->count + 1, sizeof ids->items[0]);
    COPSE_ASSERT(err == COPSE_OK);
    ids->items[ids->count++] = *id;
}

bool peer_ids_has(const struct peer_ids *ids, const struct copse_id *id)
{
    for (size_t i = ids->count; i-- > 0;) {
        if (copse_bytes_equal_ids(&ids->items[i], id)) {
            return true;
        }
    }
    return false;
}

/* ---- the port ---- */

static struct net *net_of(struct peer *peer)
{
    return &peer->links->net;
}

static uint64_t now_ms(void *context)
{
    struct peer *peer = context;
    return net_of(peer)->now_ms;
}

static uint64_t wall_ms(void *context)
{
    struct peer *peer = context;
    return (uint64_t)((int64_t)(LINKS_WALL_MS + net_of(peer)->now_ms) + peer->skew_ms);
}

static void random_bytes(void *context, uint8_t *out, size_t size)
{
    struct peer *peer = context;
    copse_random_bytes(net_of(peer)->random, out, size);
}

/* An address is "4:10.0.0.1:" and the number of the node plus 1. */
static enum copse_err dial(void *context, uint64_t connection, const char *address)
{
    struct peer *peer = context;
    size_t to = (size_t)strtoul(strrchr(address, ':') + 1, NULL, 10) - 1;
    if (peer->disk.is_dead) {
        return COPSE_ERR_NETWORK;
    }
    return net_dial(net_of(peer), peer->number, connection, to);
}

static enum copse_err send_bytes(void *context, uint64_t connection, struct copse_slice bytes)
{
    struct peer *peer = context;
    return peer->disk.is_dead ? COPSE_ERR_LIMIT
                              : net_send(net_of(peer), peer->number, connection, bytes);
}

static size_t queued(void *context, uint64_t connection)
{
    struct peer *peer = context;
    return net_queued(net_of(peer), peer->number, connection);
}

static void set_reading(void *context, uint64_t connection, enum copse_env_reading reading)
{
    struct peer *peer = context;
    net_read(net_of(peer), peer->number, connection, reading);
}

/* Who is dead closes nothing: what its peers are told is up to peer_stop. */
static void close_connection(void *context, uint64_t connection, enum copse_env_closing closing)
{
    struct peer *peer = context;
    if (!peer->disk.is_dead) {
        net_close(net_of(peer), peer->number, connection, closing);
    }
}

static void wake(void *context, uint64_t at_ms)
{
    struct peer *peer = context;
    net_wake(net_of(peer), peer->number, at_ms);
}

/* ---- counted memory ---- */

union block {
    size_t size;
    max_align_t aligned;
};

static void *counted_resize(void *context, void *old, size_t size)
{
    struct peer *peer = context;
    union block *block = old == NULL ? NULL : (union block *)old - 1;
    size_t before = block == NULL ? 0 : block->size;
    if (size == 0) {
        peer->memory_bytes -= before;
        free(block);
        return NULL;
    }
    block = realloc(block, sizeof *block + size);
    COPSE_ASSERT(block != NULL);
    block->size = size;
    peer->memory_bytes += size - before;
    peer->memory_most =
        peer->memory_bytes > peer->memory_most ? peer->memory_bytes : peer->memory_most;
    return block + 1;
}

/* ---- keys ---- */

const struct copse_keyring *peer_keyring(size_t number)
{
    static struct copse_keyring *keyrings[NET_NODES_MAX];
    if (keyrings[number] == NULL) {
        struct copse_random random;
        struct disk disk = {.strike = DISK_GOOD};
        char home[96];
        links_make_directory(home, "keys", number);
        copse_random_init(&random, KEYRING_SEED + number);
        disk_use(&disk, &random);
        demand(copse_keyring_create(home, NULL, copse_memory_heap(), NULL), NULL);
        demand(copse_keyring_open(&keyrings[number], home, copse_memory_heap(), NULL), NULL);
        links_remove_directory(home);
    }
    return keyrings[number];
}

/* ---- up and down ---- */

void peer_use(struct peer *peer)
{
    disk_use(&peer->disk, net_of(peer)->random);
}

static struct copse_store_options store_options(struct peer *peer)
{
    return (struct copse_store_options){peer->home, peer->state_home, &peer->memory,
                                        copse_key_ed25519()};
}

void peer_init(struct peer *peer, struct links *links, size_t number)
{
    memset(peer, 0, sizeof *peer);
    peer->links = links;
    peer->number = number;
    peer->keyring = peer_keyring(number);
    struct copse_noise_pair pair;
    copse_noise_pair_from_seed(&pair, copse_keyring_node(peer->keyring));
    memcpy(peer->key.bytes, pair.public_key, sizeof peer->key.bytes);
    peer->memory = (struct copse_memory){counted_resize, peer};
    peer->env = (struct copse_env){now_ms, wall_ms,     random_bytes,     dial, send_bytes,
                                   queued, set_reading, close_connection, wake, peer};
    links_make_directory(peer->home, "node", number);
    (void)snprintf(peer->state_home, sizeof peer->state_home, "%s/state", peer->home);
    peer_use(peer);
    struct copse_store_options options = store_options(peer);
    demand(copse_store_create(&options, &peer->error), &peer->error);
}

void peer_deinit(struct peer *peer)
{
    if (peer->store != NULL) {
        peer_stop(peer, NET_TOLD);
    }
    links_remove_directory(peer->state_home);
    links_remove_directory(peer->home);
    copse_memory_free(copse_memory_heap(), peer->own.items);
    copse_memory_free(copse_memory_heap(), peer->acked.items);
}

static void tell(void *context, const struct copse_gossip_news *news)
{
    struct peer *peer = context;
    links_told(peer->links, peer, news);
}

static struct copse_txn *begin(struct peer *peer, enum copse_db_mode mode)
{
    struct copse_txn *txn = NULL;
    enum copse_err err = copse_store_begin(&txn, peer->store, mode, wall_ms(peer), &peer->error);
    demand(err, &peer->error);
    return txn;
}

void peer_start(struct peer *peer)
{
    struct copse_gossip_options options = {
        .keyring = peer->keyring,
        .env = &peer->env,
        .peers = &peer->book,
        .calls = true,
        .agent = copse_bytes_of_string("sim"),
        .error = &peer->error,
        .tell = tell,
        .context = peer,
    };
    struct copse_store_options store = store_options(peer);
    peer->disk.is_dead = false;
    peer->disk.strike = DISK_GOOD;
    peer_use(peer);
    demand(copse_store_open(&peer->store, &store, &peer->error), &peer->error);
    options.store = peer->store;
    copse_peers_init(&peer->book, &peer->memory);
    struct copse_txn *txn = begin(peer, COPSE_DB_READ);
    demand(copse_migrate_name(txn->db, &peer->store_name), NULL);
    demand(copse_peers_load(&peer->book, txn), NULL);
    copse_store_abort(txn);
    demand(copse_gossip_new(&peer->gossip, &options), NULL);
    links_add_addresses(peer->links, peer);
    net_up(net_of(peer), peer->number);
    peer->is_fresh = peer->start_count++ > 0;
    peer->is_resuming = false;
    peer->seen_number = 0;
    copse_gossip_tick(peer->gossip);
    peer_after(peer);
}

bool peer_is_up(const struct peer *peer)
{
    return peer->store != NULL && !peer->disk.is_dead;
}

void peer_stop(struct peer *peer, enum net_farewell farewell)
{
    peer->disk.is_dead = true;
    peer_use(peer);
    net_down(net_of(peer), peer->number, farewell);
    copse_gossip_free(peer->gossip);
    copse_peers_deinit(&peer->book);
    copse_store_close(peer->store);
    peer->gossip = NULL;
    peer->store = NULL;
    if (peer->memory_bytes != 0) {
        sim_world_fail(peer->links->world, "node %zu: %zu bytes are not given back", peer->number,
                       peer->memory_bytes);
        peer->memory_bytes = 0;
    }
}

void peer_add_address(struct peer *peer, size_t to, bool expects_key)
{
    static const struct copse_id anybody;
    char address[32];
    size_t index = 0;
    (void)snprintf(address, sizeof address, "4:10.0.0.1:%zu", to + 1);
    demand(copse_peers_put(&peer->book, &index, address,
                           expects_key ? &peer->links->peers[to].key : &anybody),
           NULL);
}

/* ---- copies ---- */

static void copy_file(const char *from, const char *to)
{
    static uint8_t room[65536];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    COPSE_ASSERT(in >= 0 && out >= 0);
    for (ssize_t size = 1; size > 0;) {
        size = read(in, room, sizeof room);
        COPSE_ASSERT(size >= 0 && write(out, room, (size_t)size) == size);
    }
    (void)close(in);
    (void)close(out);
}

void peer_copy(struct peer *peer)
{
    char paths[2][128];
    (void)snprintf(paths[0], sizeof paths[0], "%s/%s", peer->home, COPSE_DB_FILE);
    (void)snprintf(paths[1], sizeof paths[1], "%s/copy", peer->home);
    copy_file(paths[0], paths[1]);
    peer->has_copy = true;
}

/* Deeds that the copy lacks are lost with the store, unless they had left. */
static void forget_lost(struct peer *peer)
{
    struct copse_txn *txn = begin(peer, COPSE_DB_READ);
    size_t kept = 0;
    for (size_t i = 0; i < peer->acked.count; i++) {
        struct copse_held held;
        uint32_t community = 0;
        enum copse_err err =
            copse_entries_find_anywhere(txn, &held, &community, &peer->acked.items[i]);
        if (err == COPSE_OK) {
            peer->acked.items[kept++] = peer->acked.items[i];
        }
    }
    peer->acked.count = kept;
    copse_store_abort(txn);
}

void peer_put_back(struct peer *peer)
{
    char paths[2][128];
    struct copse_store_options options = store_options(peer);
    (void)snprintf(paths[0], sizeof paths[0], "%s/%s", peer->home, COPSE_DB_FILE);
    (void)snprintf(paths[1], sizeof paths[1], "%s/copy", peer->home);
    copy_file(paths[1], paths[0]);
    peer->seen_arrival[0] = 0;
    peer->seen_arrival[1] = 0;
    peer_use(peer);
    demand(copse_store_open(&peer->store, &options, &peer->error), &peer->error);
    forget_lost(peer);
    copse_store_close(peer->store);
    peer->store = NULL;
}

/* ---- what is in the store ---- */

typedef void peer_take(struct peer *peer, struct sim_node *to, struct copse_txn *txn,
                       const struct copse_held *held, const struct copse_entries_row *row);

/* Give all that arrived after `after` (by class) to `take`, class 0 first. */
static void walk(struct peer *peer, uint64_t after[2], peer_take *take, struct sim_node *to)
{
    uint32_t number = 0;
    struct copse_txn *txn = begin(peer, COPSE_DB_READ);
    enum copse_err found = copse_entries_community(txn, &number, &peer->links->world->genesis);
    for (unsigned class = 0; found == COPSE_OK && class < 2; class ++) {
        struct copse_entries_arrival arrival;
        while (copse_entries_arrived_after(txn, &arrival, number, (enum copse_entry_class) class,
                                           after[class]) == COPSE_OK) {
            struct copse_held held;
            struct copse_entries_row row;
            after[class] = arrival.number;
            demand(copse_entries_at(txn, &held, &row, &arrival.position), NULL);
            take(peer, to, txn, &held, &row);
        }
    }
    copse_store_abort(txn);
}

static enum copse_err give(struct sim_node *node, struct copse_txn *txn,
                           const struct copse_held *held, const struct copse_entries_row *row)
{
    enum copse_content_state state = COPSE_CONTENT_NONE;
    struct copse_slice salted = {NULL, 0};
    if (held->content_state == COPSE_CONTENT_PRESENT) {
        demand(copse_contents_get(txn, &state, &salted, held), NULL);
    }
    return sim_node_take(node, row->bytes, row->is_signed ? &row->signature : NULL, salted);
}

static void take_into(struct peer *peer, struct sim_node *to, struct copse_txn *txn,
                      const struct copse_held *held, const struct copse_entries_row *row)
{
    (void)peer;
    demand(give(to, txn, held, row), NULL);
}

/* The object that a note makes or edits, if no note before it names the same. */
static const struct copse_id *object_at(const struct sim_node *node, size_t index)
{
    const struct sim_note *note = &node->notes[index];
    if (note->kind == COPSE_OP_CREATE) {
        return &note->id;
    }
    bool is_first = note->kind == COPSE_OP_EDIT && sim_node_find(node, &note->about) == NULL;
    for (size_t i = 0; is_first && i < index; i++) {
        is_first = node->notes[i].kind != COPSE_OP_EDIT ||
                   !copse_bytes_equal_ids(&node->notes[i].about, &note->about);
    }
    return is_first ? &note->about : NULL;
}

/* What the store holds loose (SPEC 6.14). */
static void read_loose(struct peer *peer, struct sim_node *out)
{
    uint32_t number = 0;
    struct copse_txn *txn = begin(peer, COPSE_DB_READ);
    demand(copse_entries_community(txn, &number, &out->community), NULL);
    for (size_t i = 0; i < out->count; i++) {
        const struct copse_id *object = object_at(out, i);
        struct copse_source_loose loose;
        struct copse_id cursor = {{0}};
        while (object != NULL &&
               copse_shapes_next(txn, &loose, &cursor, number, object) == COPSE_OK) {
            struct copse_slice bytes;
            demand(copse_shapes_find(txn, &bytes, number, &loose.id), NULL);
            memory_source_add_loose(out->source, object, bytes);
        }
    }
    copse_store_abort(txn);
}

void peer_read(struct peer *peer, struct sim_node *out)
{
    uint64_t after[2] = {0, 0};
    walk(peer, after, take_into, out);
    read_loose(peer, out);
}

/* The hand of this node's device has come as far as the store. */
static void follow(struct peer *peer, const struct copse_held *held)
{
    struct sim_hand *hand = &peer->links->world->people.hands[peer->number];
    deeds_advance(hand, &held->entry, &held->id);
}

static void take_new(struct peer *peer, struct sim_node *to, struct copse_txn *txn,
                     const struct copse_held *held, const struct copse_entries_row *row)
{
    bool is_own = row->is_own &&
                  copse_bytes_equal_ids(&held->entry.author, copse_keyring_device(peer->keyring));
    if (is_own && !peer_ids_has(&peer->own, &held->id)) {
        peer_ids_add(&peer->own, &held->id);
    }
    if (is_own) {
        follow(peer, held);
    }
    if (peer->is_resuming && !row->is_own) {
        peer->is_resuming = false;
        sim_world_reach(peer->links->world, SIM_REACHED_RESUMED);
    }
    check_arrival(peer->links, peer, held);
    enum copse_err err = give(to, txn, held, row);
    (void)err; /* a picture has room for fewer branches than came and went */
}

void peer_after(struct peer *peer)
{
    struct sim_world *world = peer->links->world;
    if (peer->store == NULL) {
        return;
    }
    if (peer->disk.is_dead) {
        links_died(peer->links, peer);
        return;
    }
    check_caps(peer->links, peer);
    uint64_t number = copse_store_number(peer->store);
    if (number != peer->seen_number && !copse_bytes_is_zero(&world->genesis)) {
        peer->seen_number = number;
        walk(peer, peer->seen_arrival, take_new, &world->nodes[peer->number]);
    }
}

/* ---- writing ---- */

static enum copse_err write_entry(struct peer *peer, struct copse_id *id,
                                  const struct copse_store_deed *deed)
{
    struct copse_txn *txn = begin(peer, COPSE_DB_WRITE);
    enum copse_err err = copse_store_write(peer->store, txn, id, deed, &peer->error);
    if (err != COPSE_OK) {
        copse_store_abort(txn);
        return err;
    }
    return copse_store_commit(peer->store, txn, &peer->error);
}

static enum copse_store_start start_of(const struct deeds_draft *draft)
{
    bool is_join = draft->op.kind == COPSE_OP_JOIN;
    return draft->op.kind == COPSE_OP_GENESIS ? COPSE_STORE_GENESIS
           : is_join                          ? COPSE_STORE_JOIN
                                              : COPSE_STORE_NEXT;
}

/* Others see what was committed at once (the poke file), or when they look (the poll). */
static void poke(struct peer *peer)
{
    if (!peer->disk.is_dead && sim_world_chance(peer->links->world, 70)) {
        copse_gossip_poked(peer->gossip);
    }
}

bool peer_write(struct peer *peer, struct sim_hand *hand, struct deeds_draft *draft,
                struct copse_id *id)
{
    struct sim_world *world = peer->links->world;
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    const struct sim_device *device = &world->people.devices[hand->device];
    struct copse_store_deed deed = {
        .start = start_of(draft),
        .class = draft->class,
        .community = world->genesis,
        .under = draft->has_under ? &draft->under : NULL,
        .content = {draft->content + COPSE_CONTENT_SALT_BYTES, draft->content_size},
        .device = device->pair.key,
        .secret = &device->pair.secret,
        .root = draft->op.is_root_signed ? &world->people.persons[device->person].secret : NULL,
        .wall_ms = wall_ms(peer),
    };
    if (!peer_is_up(peer) || copse_op_encode(&deed.op, room, &draft->op) != COPSE_OK) {
        return false;
    }
    peer_use(peer);
    enum copse_err err = write_entry(peer, id, &deed);
    if (err == COPSE_ERR_REFUSED) {
        sim_world_reach(world, SIM_REACHED_BEHIND);
    }
    if (err == COPSE_OK) {
        peer_ids_add(&peer->acked, id);
        if (copse_bytes_is_zero(&world->genesis)) {
            sim_world_open(world, id);
        }
    }
    if (err == COPSE_OK) {
        peer_after(peer); /* it is in the picture before it is sent */
        poke(peer);
    }
    peer_after(peer);
    return err == COPSE_OK;
}

enum copse_err peer_import(struct peer *peer, const struct links_file *file)
{
    struct copse_store_item item = {.id = *file->id,
                                    .bytes = file->bytes,
                                    .salted = file->salted,
                                    .signature = file->signature};
    struct copse_store_batch batch = {&item, 1};
    uint32_t number = 0;
    if (!peer_is_up(peer)) {
        return COPSE_ERR_BUSY;
    }
    peer_use(peer);
    demand(copse_entry_decode(&item.entry, file->bytes), NULL);
    struct copse_txn *txn = begin(peer, COPSE_DB_WRITE);
    demand(copse_entries_add_community(txn, &number, &peer->links->world->genesis), NULL);
    enum copse_err err = copse_store_add(txn, number, &batch);
    if (err == COPSE_OK) {
        err = copse_store_commit(peer->store, txn, &peer->error);
    } else {
        copse_store_abort(txn);
    }
    if (err == COPSE_OK && item.outcome != COPSE_STORE_STORED) {
        err = COPSE_ERR_REFUSED;
    }
    peer_after(peer);
    return err;
}

void peer_import_words(struct peer *peer, const struct copse_id *id, struct copse_slice salted)
{
    struct copse_held held;
    uint32_t number = 0;
    if (!peer_is_up(peer)) {
        return;
    }
    peer_use(peer);
    struct copse_txn *txn = begin(peer, COPSE_DB_WRITE);
    enum copse_err err = copse_entries_find_anywhere(txn, &held, &number, id);
    if (err == COPSE_OK) {
        err = copse_contents_put(txn, &held, salted);
    }
    if (err == COPSE_OK) {
        err = copse_store_commit(peer->store, txn, &peer->error);
    } else {
        copse_store_abort(txn);
    }
    if (err == COPSE_OK) {
        sim_world_reach(peer->links->world, SIM_REACHED_WORDS);
    }
    peer_after(peer);
}

void peer_put_ticket(struct peer *peer)
{
    static const char prefix[] = "ticket:";
    uint8_t key[sizeof prefix - 1 + COPSE_ID_BYTES];
    char text[COPSE_TICKET_TEXT_MAX + 1];
    struct copse_ticket ticket = {.community = peer->links->world->genesis, .name = "nurses"};
    memset(ticket.discovery.bytes, 7, sizeof ticket.discovery.bytes);
    memcpy(key, prefix, sizeof prefix - 1);
    memcpy(key + sizeof prefix - 1, ticket.community.bytes, COPSE_ID_BYTES);
    demand(copse_ticket_encode(text, &ticket), NULL);
    peer_use(peer);
    struct copse_txn *txn = begin(peer, COPSE_DB_WRITE);
    demand(copse_local_put(txn, COPSE_LOCAL_SETTINGS, (struct copse_slice){key, sizeof key},
                           copse_bytes_of_string(text)),
           NULL);
    demand(copse_store_commit(peer->store, txn, &peer->error), &peer->error);
    peer_after(peer);
}
