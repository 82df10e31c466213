/* S2, S15: own entries leave only when they are committed and noted; none is lost; none forks. */
#include "tests/sim/links.h"

static void complain(struct links *links, const struct peer *peer, const struct copse_id *id,
                     const char *what)
{
    char hex[COPSE_ID_HEX_BYTES];
    copse_bytes_id_to_hex(hex, id);
    sim_world_fail(links->world, "node %zu, entry %.16s: %s", peer->number, hex, what);
}

/* The node whose device this is. NULL: of none. */
static struct peer *home_of(struct links *links, const struct copse_id *device)
{
    for (size_t i = 0; i < links->world->options.nodes; i++) {
        if (copse_bytes_equal_ids(copse_keyring_device(links->peers[i].keyring), device)) {
            return &links->peers[i];
        }
    }
    return NULL;
}

/* Does the note of the home say that its log went as far as this entry? */
static bool is_noted(const struct peer *home, const struct copse_held *held)
{
    struct copse_head head;
    bool is_noted = false;
    copse_head_init(&head, copse_memory_heap());
    enum copse_err err = copse_head_load(&head, home->state_home, &home->store_name, NULL);
    for (size_t i = 0; err == COPSE_OK && i < head.count; i++) {
        const struct copse_head_row *row = &head.rows[i];
        bool is_log = copse_bytes_equal_ids(&row->device, &held->entry.author) &&
                      row->class == held->entry.class;
        is_noted = is_noted || (is_log && row->seq >= held->entry.seq);
    }
    copse_head_deinit(&head);
    return is_noted;
}

void check_arrival(struct links *links, struct peer *peer, const struct copse_held *held)
{
    const struct peer *home = home_of(links, &held->entry.author);
    if (home == NULL || home == peer || peer_ids_has(&links->forged, &held->id)) {
        return;
    }
    if (copse_bytes_equal_ids(&held->id, &links->world->genesis)) {
        return; /* it came in a file */
    }
    if (!peer_ids_has(&home->own, &held->id)) {
        complain(links, peer, &held->id, "it was never committed where it was made");
    } else if (!is_noted(home, held)) {
        complain(links, peer, &held->id, "it left without a note");
    }
}

/* Has another hand written with the key of this node's device? */
static bool is_copied(const struct links *links, const struct peer *home)
{
    return links->is_forged[links->world->people.hands[home->number].device];
}

/* A device that nobody copied has one branch in each log, wherever it is held. */
static void check_forks(struct links *links, struct peer *peer, struct copse_txn *txn)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    const struct copse_log *log = NULL;
    uint32_t community = 0;
    uint32_t number = 0;
    enum copse_err err = copse_entries_community(txn, &community, &links->world->genesis);
    while (err == COPSE_OK &&
           copse_entries_next_log(txn, &number, &walk, community, NULL) == COPSE_OK) {
        err = copse_entries_log(txn, &log, number);
        const struct peer *home = err == COPSE_OK ? home_of(links, &log->author) : NULL;
        if (home != NULL && log->branch_count > 1 && !is_copied(links, home)) {
            complain(links, peer, &log->join, "a log of a device that was not copied has forked");
        }
    }
}

void check_own(struct links *links, struct peer *peer)
{
    struct copse_txn *txn = NULL;
    /* Of a log that a thief forked too often, branches are given up (SPEC 4.8). */
    size_t count = is_copied(links, peer) ? 0 : peer->acked.count;
    enum copse_err err = copse_store_begin(&txn, peer->store, COPSE_DB_READ, 0, NULL);
    COPSE_ASSERT(err == COPSE_OK);
    for (size_t i = 0; i < count; i++) {
        struct copse_held held;
        uint32_t community = 0;
        if (copse_entries_find_anywhere(txn, &held, &community, &peer->acked.items[i]) !=
            COPSE_OK) {
            complain(links, peer, &peer->acked.items[i], "it was acknowledged, and is not here");
        }
    }
    check_forks(links, peer, txn);
    copse_store_abort(txn);
}
