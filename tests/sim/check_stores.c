/* S1, S4: stores are sound by themselves; those of members for each other hold the same. */
#include "tests/sim/links.h"

#include "protocol/rules/export.h"
#include "storage/check.h"
#include "tests/sim/derive.h"

#include <sodium.h>

#include <string.h>

/* Read all stores into the pictures. False: a node is down. */
static bool read_all(struct links *links)
{
    struct sim_world *world = links->world;
    for (size_t i = 0; i < world->options.nodes; i++) {
        struct sim_node *node = &world->nodes[i];
        if (!peer_is_up(&links->peers[i])) {
            return false;
        }
        sim_node_deinit(node);
        sim_node_init(node, i, &world->genesis, world->scheme);
        node->clips = false;
        peer_read(&links->peers[i], node);
        node->is_stale = true;
        sim_node_settle(node);
    }
    return true;
}

/* Of the entries that both have, is each content with both or with none? */
static bool have_same_contents(const struct sim_node *one, const struct sim_node *two)
{
    for (size_t i = 0; i < one->count; i++) {
        const struct sim_note *other = sim_node_find(two, &one->notes[i].id);
        if (other != NULL && (other->salted == NULL) != (one->notes[i].salted == NULL)) {
            return false;
        }
    }
    return true;
}

/* The store as sessions read it; the caller deinits. */
static struct copse_port open_shelf(struct copse_shelf *shelf, struct peer *peer)
{
    enum copse_err err = copse_shelf_init(shelf, peer->store, peer->keyring, NULL);
    if (err == COPSE_OK) {
        err = copse_shelf_enter(shelf, &peer->key);
    }
    COPSE_ASSERT(err == COPSE_OK);
    return copse_shelf_port(shelf);
}

/* Does `peer` take the device of `other` for a member's? By the code that answers sessions. */
static bool is_member(struct links *links, struct peer *peer, const struct peer *other)
{
    struct copse_shelf shelf;
    enum copse_port_standing standing = COPSE_PORT_STRANGER;
    struct copse_port port = open_shelf(&shelf, peer);
    enum copse_err err = port.standing(port.context, &standing, &links->world->genesis,
                                       copse_keyring_device(other->keyring));
    copse_shelf_deinit(&shelf);
    COPSE_ASSERT(err == COPSE_OK || err == COPSE_ERR_NOT_FOUND);
    return standing == COPSE_PORT_MEMBER;
}

/* A number for the items of a node, in no order: what sessions compare (SPEC 10.11). What is kept
 * on the way to a leaf that nobody has is not among them. */
static uint64_t items_of(struct links *links, struct peer *peer)
{
    struct copse_shelf shelf;
    struct copse_port port = open_shelf(&shelf, peer);
    uint64_t sum = 0;
    for (unsigned class = 0; class < 2; class ++) {
        struct copse_port_leaf leaf;
        uint64_t cursor = 0;
        while (port.next_leaf(port.context, &leaf, &cursor, &links->world->genesis,
                              (enum copse_entry_class) class) == COPSE_OK) {
            uint8_t item[2 * COPSE_ID_BYTES + 6];
            uint8_t hash[COPSE_ID_BYTES];
            memcpy(item, leaf.author.bytes, COPSE_ID_BYTES);
            memcpy(item + COPSE_ID_BYTES, leaf.id.bytes, COPSE_ID_BYTES);
            copse_bytes_put_u32(item + 2 * COPSE_ID_BYTES, leaf.position.seq);
            item[2 * COPSE_ID_BYTES + 4] = leaf.is_frozen;
            item[2 * COPSE_ID_BYTES + 5] = (uint8_t) class;
            (void)crypto_generichash(hash, sizeof hash, item, sizeof item, NULL, 0);
            sum += copse_bytes_get_u64(hash);
        }
    }
    copse_shelf_deinit(&shelf);
    return sum;
}

static bool is_equal(struct links *links, size_t one, size_t two)
{
    return items_of(links, &links->peers[one]) == items_of(links, &links->peers[two]) &&
           have_same_contents(&links->world->nodes[one], &links->world->nodes[two]);
}

static bool must_be_equal(struct links *links, size_t one, size_t two)
{
    return is_member(links, &links->peers[one], &links->peers[two]) &&
           is_member(links, &links->peers[two], &links->peers[one]);
}

bool check_are_equal(struct links *links)
{
    struct sim_world *world = links->world;
    if (!read_all(links)) {
        return false;
    }
    for (size_t i = 0; i < world->options.nodes; i++) {
        for (size_t k = 0; k < i; k++) {
            if (must_be_equal(links, i, k) && !is_equal(links, i, k)) {
                return false;
            }
        }
    }
    return true;
}

/* The store's own views, and every row of it. */
static void check_store(struct links *links, struct peer *peer)
{
    static struct copse_check_report report;
    struct copse_error error = {""};
    enum copse_err err = copse_check_store(peer->store, &report, COPSE_CHECK_FULL, &error);
    if (err != COPSE_OK || report.fault_count > 0) {
        sim_world_fail(links->world, "node %zu: the store: %s", peer->number,
                       err != COPSE_OK ? error.text : report.faults[0].text);
    }
}

/* What the store exports by the views it has kept. */
static struct copse_id export_of(struct links *links, struct peer *peer)
{
    struct copse_txn *txn = NULL;
    struct copse_views views;
    struct copse_entries_source entries;
    struct copse_view *view = NULL;
    struct copse_id digest = {{0}};
    uint32_t number = 0;
    enum copse_err err = copse_store_begin(&txn, peer->store, COPSE_DB_READ, 0, NULL);
    COPSE_ASSERT(err == COPSE_OK);
    err = copse_entries_community(txn, &number, &links->world->genesis);
    COPSE_ASSERT(err == COPSE_OK);
    struct copse_state state = copse_views_state(&views, txn, number);
    struct copse_source source = copse_entries_source(&entries, txn, number);
    const struct copse_view_options options = {&state, &source, copse_memory_heap(),
                                               links->world->genesis};
    err = copse_view_new(&view, &options);
    if (err == COPSE_OK) {
        err = copse_export_digest(view, &digest);
    }
    COPSE_ASSERT(err == COPSE_OK);
    copse_view_free(view);
    copse_store_abort(txn);
    return digest;
}

void check_stores(struct links *links)
{
    struct sim_world *world = links->world;
    if (!read_all(links)) {
        sim_world_fail(world, "a node did not start again");
        return;
    }
    for (size_t i = 0; i < world->options.nodes; i++) {
        struct copse_id shown[2] = {export_of(links, &links->peers[i]),
                                    derive_export(&world->nodes[i])};
        if (!copse_bytes_equal_ids(&shown[0], &shown[1])) {
            sim_world_fail(world, "node %zu: its store exports other things than its entries do",
                           i);
        }
        check_store(links, &links->peers[i]);
        check_own(links, &links->peers[i]);
        check_closure(world, &world->nodes[i]);
        check_parser(world, &world->nodes[i]);
        for (size_t k = 0; k < i; k++) {
            bool must = must_be_equal(links, i, k);
            sim_world_reach(world, must ? SIM_REACHED_COMPARED : SIM_REACHED_TURNED);
            if (must && !is_equal(links, i, k)) {
                sim_world_fail(world, "nodes %zu and %zu hold different sets", k, i);
                check_explain(&world->nodes[k], &world->nodes[i]);
                check_explain(&world->nodes[i], &world->nodes[k]);
            } else if (must) {
                derive_compare(world, &world->nodes[k], &world->nodes[i]);
            }
        }
    }
    check_state(world, &world->nodes[sim_world_below(world, world->options.nodes)]);
}
