/* How it works: timers stand for everything that is not the nodes' own doing. The deed timer does a
 * deed and sets itself again; each fault has timers at times drawn at the start. When the last
 * deed is done, paths open, nodes start, and the network runs on until stores have been at rest
 * for a while and are equal, or time is up.
 */
#include "tests/sim/links.h"

#include "storage/local.h"
#include "tests/sim/derive.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTITION_MS 150000u
#define STALL_MS 20000u
#define DOWN_MS 60000u
#define IDLE_MS 15000u
#define REST_MS 40000u /* stores at rest for this long: are they equal? */
#define LOOK_MS 2000u
#define INTRUDERS 12u
#define WORDS_MS 30000u

enum timer {
    DEED,
    RESET,
    FORGET,
    PARTITION,
    HEAL,
    STALL,
    CRASH,
    IDLE,
    START,
    COPY,
    FULL,
    INTRUDE,
    WORDS
};

/* ---- options ---- */

static uint32_t between(struct copse_random *random, uint32_t least, uint32_t most)
{
    return least + (uint32_t)copse_random_below(random, (uint64_t)(most - least) + 1);
}

/* A kind of fault is absent from half of the seeds. */
static uint32_t some(struct copse_random *random, uint32_t most)
{
    return between(random, 0, 1) == 0 ? 0 : between(random, 1, most);
}

static void derive_options(struct links_options *out, uint64_t seed)
{
    static const uint32_t delays[] = {0, 5, 60, 250, 600};
    static const uint32_t pieces[] = {40, 700, 3000, 65536};
    static const uint32_t speeds[] = {4, 60, 1000, 100000};
    static const uint32_t gaps[] = {20, 400, 2000, 6000};
    struct copse_random random;
    copse_random_init(&random, seed ^ UINT64_C(0x6c696e6b73));
    *out = (struct links_options){0};
    out->delay_ms = delays[between(&random, 0, COPSE_ARRAY_SIZE(delays) - 1)];
    out->jitter_ms = delays[between(&random, 0, COPSE_ARRAY_SIZE(delays) - 1)];
    out->piece_max = pieces[between(&random, 0, COPSE_ARRAY_SIZE(pieces) - 1)];
    out->bytes_per_ms = speeds[between(&random, 0, COPSE_ARRAY_SIZE(speeds) - 1)];
    out->gap_ms = gaps[between(&random, 0, COPSE_ARRAY_SIZE(gaps) - 1)];
    out->resets = some(&random, 20);
    out->forgets = some(&random, 6);
    out->partitions = some(&random, 4);
    out->stalls = some(&random, 20);
    out->crashes = some(&random, 8);
    out->copies = some(&random, 4);
    out->fulls = some(&random, 3);
    out->strangers = some(&random, 3);
    out->put_back_share = between(&random, 20, 90);
    out->copies += seed % 3 == 0 ? 2 : 0; /* where no log may fork: world.c */
    out->crashes = out->copies > 0 && out->crashes < 4 ? 4 : out->crashes; /* a copy is for use */
    out->book_share = between(&random, 30, 100);
    out->skew_years = some(&random, 50);
    out->slow_us = between(&random, 0, 2) == 0 ? between(&random, 1, 12000) : 0;
}

void links_print_options(const struct sim_options *options)
{
    struct links_options links;
    derive_options(&links, options->seed);
    printf("  links: delay %u+%u ms, %u bytes a ms, pieces of %u; deeds every %u ms; resets %u "
           "forgets %u partitions %u stalls %u crashes %u copies %u put back %u%% full %u "
           "strangers %u; books %u%% skew %u years slow %u us\n",
           links.delay_ms, links.jitter_ms, links.bytes_per_ms, links.piece_max, links.gap_ms,
           links.resets, links.forgets, links.partitions, links.stalls, links.crashes, links.copies,
           links.put_back_share, links.fulls, links.strangers, links.book_share, links.skew_years,
           links.slow_us);
}

/* ---- directories ---- */

static void make_root(char out[64])
{
    const char *temporary = getenv("TMPDIR");
    const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                        : temporary != NULL           ? temporary
                                                      : "/tmp";
    (void)snprintf(out, 64, "%.32s/copse-sim-%ld", place, (long)getpid());
}

void links_make_directory(char out[96], const char *what, size_t number)
{
    char root[64];
    make_root(root);
    (void)snprintf(out, 96, "%s/%s%zu", root, what, number);
    links_remove_directory(out); /* of a process of the same number that was killed here */
    (void)mkdir(root, 0700);
    COPSE_ASSERT(mkdir(out, 0700) == 0);
}

void links_remove_directory(const char *path)
{
    char root[64];
    DIR *directory = opendir(path);
    for (struct dirent *item = NULL; directory != NULL && (item = readdir(directory)) != NULL;) {
        char inner[400];
        (void)snprintf(inner, sizeof inner, "%s/%s", path, item->d_name);
        (void)unlink(inner); /* fails for . and .. */
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    (void)rmdir(path);
    make_root(root);
    (void)rmdir(root); /* if that was the last one */
}

/* ---- for deeds.c ---- */

bool links_is_honest(const struct links *links, const struct sim_hand *hand,
                     const struct deeds_draft *draft)
{
    size_t number = (size_t)(hand - links->world->people.hands);
    bool is_late = draft->is_lost && links->world->options.seed % 3 != 0;
    return number < links->world->options.nodes && !draft->is_spoiled && !is_late;
}

bool links_write(struct links *links, struct sim_hand *hand, struct deeds_draft *draft,
                 struct copse_id *id)
{
    return peer_write(&links->peers[hand->node], hand, draft, id);
}

enum copse_err links_import(struct links *links, const struct sim_hand *hand,
                            const struct links_file *file)
{
    peer_ids_add(&links->forged, file->id);
    links->is_forged[hand->device] = true;
    enum copse_err err = peer_import(&links->peers[hand->node], file);
    if (err == COPSE_OK && file->late.data != NULL && links->words_count < LINKS_WORDS_MAX) {
        struct links_words *words = &links->words[links->words_count];
        *words =
            (struct links_words){*file->id, hand->node, malloc(file->late.size), file->late.size};
        COPSE_ASSERT(words->salted != NULL);
        memcpy(words->salted, file->late.data, file->late.size);
        net_timer(&links->net, links->net.now_ms + sim_world_below(links->world, WORDS_MS), WORDS,
                  links->words_count++);
    }
    return err;
}

/* ---- nodes ---- */

void links_add_addresses(struct links *links, struct peer *peer)
{
    for (size_t i = 0; i < links->world->options.nodes; i++) {
        bool is_known =
            links->is_quiet || sim_world_chance(links->world, links->options.book_share);
        bool expects_key = sim_world_chance(links->world, 50);
        if (i != peer->number && is_known) {
            peer_add_address(peer, i, expects_key);
        }
    }
}

void links_told(struct links *links, struct peer *peer, const struct copse_gossip_news *news)
{
    struct sim_world *world = links->world;
    uint8_t bytes[] = {(uint8_t)peer->number, (uint8_t)news->kind, (uint8_t)news->code};
    sim_world_trace(world, "news", (struct copse_slice){bytes, sizeof bytes});
    if (news->kind == COPSE_GOSSIP_LINKED && peer->is_fresh) {
        peer->is_fresh = false;
        peer->is_resuming = true;
        sim_world_reach(world, SIM_REACHED_RESTARTED);
    }
    if (news->kind == COPSE_GOSSIP_GONE && news->code == COPSE_CODE_DUPLICATE) {
        sim_world_reach(world, SIM_REACHED_BOTH);
    }
    bool is_expected = peer->disk.is_dead || (news->err == COPSE_ERR_FULL && peer->disk.fulls > 0);
    if (news->kind == COPSE_GOSSIP_FAULT && !is_expected) {
        sim_world_fail(world, "node %zu: %s: %s", peer->number, copse_error_name(news->err),
                       peer->error.text);
        peer->disk.is_dead = true; /* the program ends */
    }
}

static void stop(struct links *links, struct peer *peer)
{
    struct sim_world *world = links->world;
    enum net_farewell farewell = sim_world_chance(world, 50) ? NET_TOLD : NET_SILENT;
    peer_stop(peer, farewell);
    if (peer->has_copy && sim_world_chance(world, links->options.put_back_share)) {
        peer_put_back(peer);
        sim_world_reach(world, SIM_REACHED_PUT_BACK);
    }
    net_timer(&links->net, links->net.now_ms + sim_world_below(world, DOWN_MS), START,
              peer->number);
}

void links_died(struct links *links, struct peer *peer)
{
    sim_world_reach(links->world, peer->disk.is_note                 ? SIM_REACHED_NOTE
                                  : peer->disk.struck == DISK_BEFORE ? SIM_REACHED_BEFORE
                                                                     : SIM_REACHED_AFTER);
    stop(links, peer);
}

/* ---- what the network tells ---- */

static struct peer *peer_of(void *context, size_t node)
{
    struct links *links = context;
    peer_use(&links->peers[node]);
    return &links->peers[node];
}

static enum copse_err accepted(void *context, size_t node, uint64_t *connection, const char *host)
{
    struct links *links = context;
    struct peer *peer = peer_of(context, node);
    if (net_count_strangers(&links->net, node) >= COPSE_GOSSIP_ADDRESS_MAX) {
        sim_world_reach(links->world, SIM_REACHED_CAP);
    }
    return copse_gossip_accepted(peer->gossip, connection, host);
}

static void connected(void *context, size_t node, uint64_t connection)
{
    struct peer *peer = peer_of(context, node);
    copse_gossip_connected(peer->gossip, connection);
    peer_after(peer);
}

static void bytes(void *context, size_t node, uint64_t connection, struct copse_slice slice)
{
    struct peer *peer = peer_of(context, node);
    copse_gossip_bytes(peer->gossip, connection, slice);
    peer_after(peer);
}

static void drained(void *context, size_t node, uint64_t connection)
{
    struct peer *peer = peer_of(context, node);
    copse_gossip_drained(peer->gossip, connection);
    peer_after(peer);
}

static void lost(void *context, size_t node, uint64_t connection)
{
    struct peer *peer = peer_of(context, node);
    copse_gossip_lost(peer->gossip, connection);
    peer_after(peer);
}

static void tick(void *context, size_t node)
{
    struct peer *peer = peer_of(context, node);
    copse_gossip_tick(peer->gossip);
    peer_after(peer);
}

/* ---- faults ---- */

static struct peer *random_peer(struct links *links)
{
    return &links->peers[sim_world_below(links->world, links->world->options.nodes)];
}

static void deed(struct links *links)
{
    struct sim_world *world = links->world;
    world->wall_ms = LINKS_WALL_MS + links->net.now_ms;
    deeds_random(world);
    world->step++;
    if (world->step < world->options.steps) {
        uint64_t gap_ms = sim_world_below(world, (size_t)links->options.gap_ms + 1);
        net_timer(&links->net, links->net.now_ms + gap_ms, DEED, 0);
    }
}

/* Two groups of nodes do not hear each other, or one does not hear the other one. */
static void part(struct links *links)
{
    struct sim_world *world = links->world;
    uint64_t until_ms = links->net.now_ms + sim_world_below(world, PARTITION_MS);
    size_t mask = 1 + sim_world_below(world, ((size_t)1 << world->options.nodes) - 2);
    bool is_one_way = sim_world_chance(world, 30);
    for (size_t i = 0; i < world->options.nodes; i++) {
        for (size_t k = 0; k < world->options.nodes; k++) {
            bool parts = (mask >> i & 1) == 1 && (mask >> k & 1) == 0;
            if (parts) {
                net_shut(&links->net, i, k, until_ms);
            }
            if (parts && !is_one_way) {
                net_shut(&links->net, k, i, until_ms);
            }
        }
    }
    if (is_one_way) {
        sim_world_reach(world, SIM_REACHED_ONE_WAY);
    }
    net_timer(&links->net, until_ms, HEAL, 0);
}

static void stall(struct links *links)
{
    struct sim_world *world = links->world;
    size_t from = sim_world_below(world, world->options.nodes);
    size_t to = sim_world_below(world, world->options.nodes);
    net_shut(&links->net, from, to, links->net.now_ms + sim_world_below(world, STALL_MS));
}

/* The node will die at one of its next writes; if there are none, between two. */
static void arm(struct links *links, struct peer *peer, enum disk_strike strike)
{
    struct sim_world *world = links->world;
    if (!peer_is_up(peer) || peer->disk.strike != DISK_GOOD) {
        return;
    }
    peer->disk.strike = strike;
    peer->disk.left = (uint32_t)sim_world_below(world, 6);
    if (strike != DISK_FULL) {
        net_timer(&links->net, links->net.now_ms + sim_world_below(world, IDLE_MS), IDLE,
                  peer->number);
    }
}

static void idle(struct links *links, struct peer *peer)
{
    bool is_armed = peer->disk.strike == DISK_BEFORE || peer->disk.strike == DISK_AFTER;
    if (peer_is_up(peer) && is_armed) {
        sim_world_reach(links->world, SIM_REACHED_IDLE);
        stop(links, peer);
    }
}

/* Strangers who say nothing, anything, or what may begin a handshake, and no more. */
static void intrude(struct links *links, struct peer *peer)
{
    struct sim_world *world = links->world;
    size_t count = 1 + sim_world_below(world, INTRUDERS);
    for (size_t i = 0; i < count; i++) {
        uint8_t room[64];
        copse_random_bytes(&world->random, room, sizeof room);
        if (sim_world_chance(world, 50)) {
            room[0] = 0;
            room[1] = COPSE_NOISE_KEY_BYTES;
        }
        net_intrude(&links->net, peer->number,
                    (struct copse_slice){room, sim_world_below(world, sizeof room + 1)});
    }
}

static void timer(void *context, uint32_t what, size_t number)
{
    struct links *links = context;
    struct peer *peer = &links->peers[what == WORDS ? links->words[number].node : number];
    const struct links_words *words = &links->words[what == WORDS ? number : 0];
    bool had_bytes = false;
    sim_world_trace(links->world, "timer", (struct copse_slice){(const uint8_t *)&what, 1});
    switch ((enum timer)what) {
    case DEED:
        deed(links);
        break;
    case RESET:
        if (net_reset(&links->net, &had_bytes) && had_bytes) {
            sim_world_reach(links->world, SIM_REACHED_RESET);
        }
        break;
    case FORGET:
        if (net_forget(&links->net)) {
            sim_world_reach(links->world, SIM_REACHED_FORGOTTEN);
        }
        break;
    case PARTITION:
        part(links);
        break;
    case HEAL:
        if (!links->is_quiet) {
            sim_world_reach(links->world, SIM_REACHED_HEALED);
        }
        break;
    case STALL:
        stall(links);
        break;
    case CRASH:
        arm(links, peer, sim_world_chance(links->world, 50) ? DISK_BEFORE : DISK_AFTER);
        break;
    case IDLE:
        idle(links, peer);
        break;
    case START:
        peer_start(peer);
        break;
    case COPY:
        if (peer_is_up(peer)) {
            peer_copy(peer);
        }
        break;
    case FULL:
        arm(links, peer, DISK_FULL);
        break;
    case INTRUDE:
        intrude(links, peer);
        break;
    case WORDS:
        peer_import_words(peer, &words->id, (struct copse_slice){words->salted, words->size});
        break;
    }
}

/* ---- the run ---- */

static void set_paths(struct links *links)
{
    struct sim_world *world = links->world;
    const struct links_options *options = &links->options;
    for (size_t i = 0; i < world->options.nodes; i++) {
        for (size_t k = 0; k < world->options.nodes; k++) {
            links->net.paths[i][k] = (struct net_path){
                .delay_ms = (uint32_t)sim_world_below(world, (size_t)options->delay_ms + 1),
                .jitter_ms = (uint32_t)sim_world_below(world, (size_t)options->jitter_ms + 1),
                .bytes_per_ms = 1 + (uint32_t)sim_world_below(world, options->bytes_per_ms),
                .piece_max = 1 + (uint32_t)sim_world_below(world, options->piece_max),
            };
        }
    }
}

static void set_timers(struct links *links)
{
    struct sim_world *world = links->world;
    const struct links_options *options = &links->options;
    const struct {
        enum timer what;
        uint32_t count;
    } rows[] = {
        {RESET, options->resets}, {FORGET, options->forgets},    {PARTITION, options->partitions},
        {STALL, options->stalls}, {CRASH, options->crashes},     {COPY, options->copies},
        {FULL, options->fulls},   {INTRUDE, options->strangers},
    };
    size_t length_ms = (size_t)world->options.steps * (options->gap_ms + 1) / 2;
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        for (uint32_t k = 0; k < rows[i].count; k++) {
            net_timer(&links->net, links->net.now_ms + sim_world_below(world, length_ms),
                      rows[i].what, random_peer(links)->number);
        }
    }
    net_timer(&links->net, links->net.now_ms, DEED, 0);
}

/* The device of each node is its first hand's. */
static void give_devices(struct links *links)
{
    struct sim_people *people = &links->world->people;
    for (size_t i = 0; i < links->world->options.nodes; i++) {
        struct sim_device *device = &people->devices[people->hands[i].device];
        device->pair.key = *copse_keyring_device(peer_keyring(i));
        device->pair.secret = *copse_keyring_secret(peer_keyring(i));
        copse_key_sign(links->world->scheme, &device->certificate, COPSE_KEY_DEVICE,
                       copse_bytes_of_id(&device->pair.key),
                       &people->persons[device->person].secret);
    }
}

/* Everybody has an invitation, and the first entry of the community in a file. */
static void invite(struct links *links)
{
    struct sim_world *world = links->world;
    const struct sim_note *note = sim_node_find(&world->nodes[0], &world->genesis);
    const struct links_file file = {&world->genesis,
                                    memory_source_bytes(world->nodes[0].source, &world->genesis),
                                    &note->signature,
                                    {note->salted, note->salted_size},
                                    {NULL, 0}};
    for (size_t i = 0; i < world->options.nodes; i++) {
        peer_put_ticket(&links->peers[i]);
        if (i > 0) {
            enum copse_err err = peer_import(&links->peers[i], &file);
            COPSE_ASSERT(err == COPSE_OK);
        }
        for (size_t tries = 0; i > 0 && tries < 20 && !world->people.hands[i].has_joined; tries++) {
            (void)deeds_join(world, &world->people.hands[i]);
        }
    }
}

/* Faults are over. */
static void heal(struct links *links)
{
    struct sim_world *world = links->world;
    links->is_quiet = true;
    for (size_t i = 0; i < world->options.nodes; i++) {
        links->peers[i].disk.strike = DISK_GOOD;
        for (size_t k = 0; k < world->options.nodes; k++) {
            links->net.paths[i][k].closed_until_ms = 0;
        }
        if (peer_is_up(&links->peers[i])) {
            links_add_addresses(links, &links->peers[i]);
        }
    }
}

/* A number that changes when any store does. */
static uint64_t sum_of_stores(const struct links *links)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < links->world->options.nodes; i++) {
        const struct peer *peer = &links->peers[i];
        sum = sum * 1000003 + (peer->store == NULL ? 0 : copse_store_number(peer->store));
    }
    return sum;
}

/* Run on until all are equal; how long that took. */
static uint64_t be_quiet(struct links *links)
{
    uint64_t began_ms = links->net.now_ms;
    uint64_t moved_ms = began_ms;
    uint64_t sum = 0;
    while (links->net.now_ms - began_ms < LINKS_QUIET_MS) {
        net_run(&links->net, links->net.now_ms + LOOK_MS);
        uint64_t now_sum = sum_of_stores(links);
        moved_ms = now_sum == sum ? moved_ms : links->net.now_ms;
        sum = now_sum;
        if (links->net.now_ms - moved_ms >= REST_MS) {
            if (check_are_equal(links)) {
                return moved_ms - began_ms;
            }
            moved_ms = links->net.now_ms;
        }
    }
    return LINKS_QUIET_MS;
}

static void begin(struct links *links, struct sim_world *world, const struct sim_options *options)
{
    const struct net_user user = {accepted, connected, bytes, drained, lost, tick, timer, links};
    memset(links, 0, sizeof *links);
    links->world = world;
    derive_options(&links->options, options->seed);
    sim_world_begin(world, options, links);
    net_init(&links->net, &world->random, &user);
    give_devices(links);
    for (size_t i = 0; i < options->nodes; i++) {
        peer_init(&links->peers[i], links, i);
        int64_t most_ms = (int64_t)links->options.skew_years * 365 * 86400000;
        links->peers[i].skew_ms =
            (int64_t)copse_random_below(&world->random, (uint64_t)(2 * most_ms) + 1) - most_ms;
        links->peers[i].disk.slow = links->options.slow_us;
    }
    set_paths(links);
    for (size_t i = 0; i < options->nodes; i++) {
        peer_start(&links->peers[i]);
    }
}

uint32_t links_run(struct sim_summary *out, const struct sim_options *options)
{
    static struct sim_world world; /* large */
    static struct links links;     /* large */
    begin(&links, &world, options);
    deeds_found(&world);
    invite(&links);
    set_timers(&links);
    while (world.step < options->steps) {
        net_run(&links.net, links.net.now_ms + LOOK_MS);
    }
    heal(&links);
    uint64_t quiet_ms = be_quiet(&links);
    check_stores(&links);
    sim_world_end(&world, out);
    out->quiet_s = (uint32_t)(quiet_ms / 1000);
    out->runs = (uint32_t)(links.net.bytes_moved / 1000);
    for (size_t i = 0; i < options->nodes; i++) {
        out->reached[SIM_REACHED_FULL] += (uint32_t)links.peers[i].disk.fulls;
        peer_deinit(&links.peers[i]);
    }
    for (size_t i = 0; i < links.words_count; i++) {
        free(links.words[i].salted);
    }
    net_deinit(&links.net);
    copse_memory_free(copse_memory_heap(), links.forged.items);
    disk_use(NULL, &world.random);
    return world.failure_count;
}
