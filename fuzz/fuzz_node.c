/* A whole node with a store on the disk, and a member who says anything to it (SPEC 10). The input
 * is a list of steps: a byte for what, two for how much, and that many bytes. Whatever happens: no
 * fault, the community's entries stay, and the store is found whole at the end.
 *
 * Keys are made anew in each process, so an input means the same steps each time, not the same
 * bytes on the wire. Run it where writing is cheap: TMPDIR=/dev/shm.
 */
#include "protocol/wire/exchange.h"
#include "storage/check.h"
#include "tests/support/build_entry.h"
#include "tests/support/peer_liar.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 48, POSTS = 12, ENTRIES_MAX = 64 };

/* Made once; node 0 is put back for each input. */
struct village {
    struct copse_peer_world *world;
    struct copse_id community;
    char file[600];
    char kept[600];
    struct copse_built *entries[ENTRIES_MAX]; /* node 1's own, and what was forged of them */
    size_t own_count;
    size_t count;
};

/* What node 1 wrote, as it would send it. */
static void collect(struct village *into)
{
    struct copse_peer_node *node = &into->world->nodes[1];
    struct copse_txn *txn = copse_store_world_begin(node->disk, COPSE_DB_READ);
    for (unsigned class = 0; class < 2; class ++) {
        struct copse_entries_arrival arrival = {.number = 0};
        while (copse_entries_arrived_after(txn, &arrival, 1, (enum copse_entry_class) class,
                                           arrival.number) == COPSE_OK) {
            struct copse_held held;
            struct copse_entries_row row;
            struct copse_slice salted = {NULL, 0};
            enum copse_content_state state = COPSE_CONTENT_NONE;
            COPSE_ASSERT(copse_entries_at(txn, &held, &row, &arrival.position) == COPSE_OK);
            COPSE_ASSERT(copse_contents_get(txn, &state, &salted, &held) == COPSE_OK);
            if (!row.is_own || into->count == ENTRIES_MAX / 2) {
                continue;
            }
            struct copse_built *built = calloc(1, sizeof *built);
            COPSE_ASSERT(built != NULL);
            built->id = held.id;
            built->signature = row.signature;
            memcpy(built->bytes, row.bytes.data, row.bytes.size);
            built->size = row.bytes.size;
            COPSE_ASSERT(copse_entry_decode(&built->entry, copse_build_entry_bytes(built)) ==
                         COPSE_OK);
            if (salted.size > 0) {
                built->salted = malloc(salted.size);
                COPSE_ASSERT(built->salted != NULL);
                memcpy(built->salted, salted.data, salted.size);
                built->salted_size = salted.size;
            }
            into->entries[into->count++] = built;
        }
    }
    copse_store_abort(txn);
    into->own_count = into->count;
}

static struct village village;

static void end_village(void)
{
    void *world = village.world;
    for (size_t i = 0; i < village.count; i++) {
        copse_build_entry_free(village.entries[i]);
    }
    (void)copse_peer_world_teardown(&world);
}

static void begin_village(void)
{
    if (village.world == NULL) {
        void *world = NULL;
        COPSE_ASSERT(copse_peer_world_setup(&world) == 0);
        village.world = world;
        village.community = copse_peer_world_found(village.world);
        for (size_t i = 0; i < POSTS; i++) {
            struct copse_peer_node *node = &village.world->nodes[i % 2];
            (void)copse_peer_world_post(node, &village.community, "words of a member");
        }
        collect(&village);
        const char *home = village.world->nodes[0].disk->home;
        (void)snprintf(village.file, sizeof village.file, "%s/store.mdb", home);
        (void)snprintf(village.kept, sizeof village.kept, "%s/kept", home);
        copse_gossip_free(village.world->nodes[0].gossip);
        village.world->nodes[0].gossip = NULL;
        copse_store_world_close(village.world->nodes[0].disk);
        copse_store_world_copy_file(village.file, village.kept);
        (void)atexit(end_village);
    }
}

/* The node as it was, and nothing published of it. */
static void put_back(void)
{
    struct copse_peer_node *node = &village.world->nodes[0];
    DIR *directory = opendir(node->disk->state_home);
    for (struct dirent *item = directory == NULL ? NULL : readdir(directory); item != NULL;
         item = readdir(directory)) {
        char path[900];
        (void)snprintf(path, sizeof path, "%s/%s", node->disk->state_home, item->d_name);
        (void)unlink(path);
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    copse_store_world_copy_file(village.kept, village.file);
    copse_store_world_open(node->disk);
    node->practice.store = node->disk->store;
    copse_peer_world_start(node, COPSE_PEER_WORLD_WAITS);
}

static void hear_all(struct copse_peer_liar *liar)
{
    struct copse_message message;
    while (copse_peer_liar_hear(liar, &message)) {
    }
}

/* ---- steps ---- */

static void say_run(struct copse_peer_liar *liar, const struct copse_built *built)
{
    static uint8_t run[COPSE_MESSAGE_RUN_MAX];
    struct copse_writer writer;
    struct copse_run_part part = {copse_build_entry_bytes(built), copse_build_entry_salted(built)};
    struct copse_message message = {.type = COPSE_MESSAGE_RUN};
    copse_writer_init(&writer, run, sizeof run);
    if (copse_run_encode(&writer, &part, 1, 0, &built->signature) == COPSE_OK &&
        copse_writer_end(&message.run, &writer) == COPSE_OK) {
        copse_peer_liar_say(liar, &message);
    }
}

/* A good entry of the member's device, wherever in its logs, with any op. */
static void forge(struct copse_slice bytes)
{
    if (village.count == ENTRIES_MAX || bytes.size < 4) {
        return;
    }
    const struct copse_keyring *keyring = village.world->nodes[1].keyring;
    const struct copse_built *prev = village.entries[bytes.data[0] % village.count];
    struct copse_slice op = {bytes.data + 3, bytes.size - 3};
    struct copse_reader reader;
    copse_reader_init(&reader, op);
    (void)copse_reader_value(&reader, 5);
    if (copse_reader_end(&reader) != COPSE_OK || op.size > COPSE_ENTRY_OP_BYTES_MAX ||
        prev->entry.seq >= COPSE_ENTRY_SEQ_MAX) {
        op = prev->entry.op;
    }
    enum copse_entry_class class = prev->entry.class;
    if (class == COPSE_ENTRY_CONTROL && prev->entry.seq == 0 && bytes.data[1] % 2 == 1) {
        class = COPSE_ENTRY_DATA;
    }
    struct copse_build build = {.scheme = copse_key_ed25519(),
                                .author = copse_keyring_device(keyring),
                                .secret = copse_keyring_secret(keyring),
                                .community = &village.community,
                                .class = class,
                                .prev = prev,
                                .hlc = bytes.data[2],
                                .op = op};
    if (bytes.data[1] % 4 >= 2) {
        build.content = bytes;
    }
    village.entries[village.count++] = copse_build_entry(&build);
}

static void say_summary(struct copse_peer_liar *liar, uint8_t which)
{
    static const struct copse_id nobody;
    struct copse_peer_node *node = &village.world->nodes[0];
    struct copse_shelf shelf;
    struct copse_message message = {.type = COPSE_MESSAGE_SUMMARY};
    COPSE_ASSERT(copse_shelf_init(&shelf, node->disk->store, node->keyring, NULL) == COPSE_OK);
    COPSE_ASSERT(copse_shelf_enter(&shelf, &nobody) == COPSE_OK);
    struct copse_port port = copse_shelf_port(&shelf);
    struct copse_exchange_view view = {&port, &liar->key, &village.community};
    for (size_t i = 0; i < 2; i++) {
        COPSE_ASSERT(copse_exchange_sum(&message.sums[i], &view, (enum copse_entry_class)i) ==
                     COPSE_OK);
        message.sums[i] ^= (which >> i) & 1;
    }
    copse_shelf_deinit(&shelf);
    copse_peer_liar_say(liar, &message);
}

static void lose_content(uint8_t which)
{
    struct copse_peer_node *node = &village.world->nodes[0];
    struct copse_txn *txn = copse_store_world_begin(node->disk, COPSE_DB_WRITE);
    struct copse_entries_arrival arrival = {.number = which % POSTS};
    struct copse_held held;
    if (copse_entries_arrived_after(txn, &arrival, 1, COPSE_ENTRY_DATA, arrival.number) ==
            COPSE_OK &&
        copse_entries_at(txn, &held, NULL, &arrival.position) == COPSE_OK) {
        COPSE_ASSERT(copse_contents_release(txn, &held, COPSE_CONTENT_MISSING) == COPSE_OK);
    }
    copse_store_world_commit(node->disk, txn);
}

static void step(struct copse_peer_liar *liar, uint8_t what, struct copse_slice bytes)
{
    uint8_t first = bytes.size > 0 ? bytes.data[0] : 0;
    switch (what % 9) {
    case 0:
    case 1:
        if (bytes.size > 0 && bytes.size <= COPSE_RECORD_MESSAGE_MAX) {
            copse_peer_liar_say_bytes(liar, bytes);
        }
        break;
    case 2:
        hear_all(liar);
        break;
    case 3:
        copse_peer_world_pass(village.world, (uint64_t)first * 97);
        break;
    case 4:
        say_run(liar, village.entries[first % village.count]);
        break;
    case 5:
        say_summary(liar, first);
        break;
    case 6:
        (void)copse_peer_world_post(&village.world->nodes[0], &village.community, "meanwhile");
        break;
    case 7:
        lose_content(first);
        break;
    case 8:
        forge(bytes);
        break;
    default:
        break;
    }
}

static void check(void)
{
    struct copse_peer_node *node = &village.world->nodes[0];
    struct copse_check_report report;
    COPSE_ASSERT(copse_check_store(node->disk->store, &report, COPSE_CHECK_FULL, NULL) == COPSE_OK);
    if (report.fault_count > 0) {
        (void)fprintf(stderr, "%s\n", report.faults[0].text);
    }
    COPSE_ASSERT(report.fault_count == 0);
    COPSE_ASSERT(report.entries > POSTS / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin_village();
    if (size > 65536) {
        return 0;
    }
    put_back();
    struct copse_peer_liar *liar = malloc(sizeof *liar);
    COPSE_ASSERT(liar != NULL);
    copse_peer_liar_init(liar, village.world, 0, 1);
    copse_peer_liar_open(liar, &village.world->nodes[1], 0);
    size_t at = 0;
    for (size_t i = 0; i < STEPS_MAX && at + 3 <= size; i++) {
        size_t length = copse_bytes_get_u16(data + at + 1);
        length = length < size - at - 3 ? length : size - at - 3;
        step(liar, data[at], (struct copse_slice){data + at + 3, length});
        at += 3 + length;
    }
    copse_peer_liar_deinit(liar);
    free(liar);
    copse_peer_world_pass(village.world, 2 * COPSE_GOSSIP_POLL_MS);
    check();
    struct copse_peer_node *node = &village.world->nodes[0];
    copse_gossip_free(node->gossip);
    node->gossip = NULL;
    copse_store_world_close(node->disk);
    for (size_t i = 0; i < COPSE_PEER_WORLD_WIRES_MAX; i++) {
        struct copse_peer_wire *wire = &village.world->wires[i];
        free(wire->ends_of[0].queue);
        free(wire->ends_of[1].queue);
        free(wire->heard);
        memset(wire, 0, sizeof *wire);
    }
    while (village.count > village.own_count) {
        copse_build_entry_free(village.entries[--village.count]);
    }
    return 0;
}
