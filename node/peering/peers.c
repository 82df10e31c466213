/* How it works: the book is a small array that is walked; it is read once and written one row at a
 * time. Failures double the time to the next call, with some chance in it so that many nodes whose
 * hub was away do not come back all at once. */
#include "node/peering/peers.h"

#include "storage/local.h"

#include <stdio.h>
#include <string.h>

#define OWN_KEY "self"
#define TICKET_KEY "ticket:"
#define SPREAD 4u /* the part of a wait that chance adds */

void copse_peers_init(struct copse_peers *peers, const struct copse_memory *memory)
{
    *peers = (struct copse_peers){.memory = memory};
}

void copse_peers_deinit(struct copse_peers *peers)
{
    if (peers->memory != NULL) {
        copse_memory_free(peers->memory, peers->entries);
    }
    *peers = (struct copse_peers){.memory = NULL};
}

enum copse_err copse_peers_address(char out[COPSE_ADDRESS_BYTES_MAX + 1], const char *text)
{
    static const char *const marks[] = {"", "4:", "6:", "o:", "d:"};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(marks); i++) {
        char made[COPSE_ADDRESS_BYTES_MAX + 1];
        int size = snprintf(made, sizeof(made), "%s%s", marks[i], text);
        if (size > 0 && (size_t)size < sizeof(made) &&
            copse_address_is_valid(copse_bytes_of_string(made))) {
            memcpy(out, made, (size_t)size + 1);
            return COPSE_OK;
        }
    }
    return COPSE_ERR_DECODE;
}

enum copse_err copse_peers_put(struct copse_peers *peers, size_t *index, const char *address,
                               const struct copse_id *node)
{
    if (!copse_address_is_valid(copse_bytes_of_string(address))) {
        return COPSE_ERR_DECODE;
    }
    for (size_t i = 0; i < peers->count; i++) {
        if (strcmp(peers->entries[i].address, address) == 0) {
            if (!copse_bytes_is_zero(node)) {
                peers->entries[i].node = *node;
            }
            *index = i;
            return COPSE_OK;
        }
    }
    if (peers->count == COPSE_PEERS_MAX) {
        return COPSE_ERR_LIMIT;
    }
    enum copse_err err = copse_memory_grow(peers->memory, &peers->entries, &peers->capacity,
                                           peers->count + 1, sizeof(*peers->entries));
    if (err == COPSE_OK) {
        struct copse_peers_entry *entry = &peers->entries[peers->count];
        *entry = (struct copse_peers_entry){.node = *node};
        memcpy(entry->address, address, strlen(address) + 1);
        *index = peers->count++;
    }
    return err;
}

/* ---- on the disk ---- */

static struct copse_slice peers_key(uint8_t room[COPSE_LOCAL_KEY_MAX], const char *address)
{
    size_t size = strlen(address);
    COPSE_ASSERT(size + 1 <= COPSE_LOCAL_KEY_MAX);
    room[0] = 'a';
    memcpy(room + 1, address, size);
    return (struct copse_slice){room, size + 1};
}

enum copse_err copse_peers_save(struct copse_txn *txn, const struct copse_peers_entry *entry)
{
    uint8_t room[COPSE_LOCAL_KEY_MAX];
    uint8_t value[COPSE_PEERS_VALUE_BYTES];
    memcpy(value, entry->node.bytes, COPSE_ID_BYTES);
    copse_bytes_put_u64(value + COPSE_ID_BYTES, entry->added_ms);
    copse_bytes_put_u64(value + COPSE_ID_BYTES + 8, entry->reached_ms);
    return copse_local_put(txn, COPSE_LOCAL_PEERS, peers_key(room, entry->address),
                           (struct copse_slice){value, sizeof(value)});
}

/* One row; rows of other kinds, and what a later version wrote, are passed over. */
static enum copse_err peers_read(struct copse_peers *peers, struct copse_slice key,
                                 struct copse_slice value)
{
    char address[COPSE_ADDRESS_BYTES_MAX + 1];
    struct copse_id node;
    size_t index = 0;
    if (key.size < 2 || key.data[0] != 'a' || key.size - 1 > COPSE_ADDRESS_BYTES_MAX ||
        value.size != COPSE_PEERS_VALUE_BYTES) {
        return COPSE_OK;
    }
    memcpy(address, key.data + 1, key.size - 1);
    address[key.size - 1] = '\0';
    memcpy(node.bytes, value.data, COPSE_ID_BYTES);
    uint64_t added_ms = copse_bytes_get_u64(value.data + COPSE_ID_BYTES);
    uint64_t reached_ms = copse_bytes_get_u64(value.data + COPSE_ID_BYTES + 8);
    enum copse_err err = copse_peers_put(peers, &index, address, &node);
    if (err == COPSE_OK) {
        peers->entries[index].added_ms = added_ms;
        peers->entries[index].reached_ms = reached_ms;
    }
    return err == COPSE_ERR_DECODE || err == COPSE_ERR_LIMIT ? COPSE_OK : err;
}

static enum copse_err peers_read_ticket(struct copse_peers *peers, struct copse_slice text)
{
    struct copse_ticket ticket;
    enum copse_err err = COPSE_OK;
    if (copse_ticket_decode(&ticket, text) != COPSE_OK) {
        return COPSE_OK;
    }
    for (size_t i = 0; err == COPSE_OK && i < ticket.peer_count; i++) {
        const struct copse_ticket_peer *peer = &ticket.peers[i];
        for (size_t j = 0; err == COPSE_OK && j < peer->address_count; j++) {
            size_t index = 0;
            err = copse_peers_put(peers, &index, peer->addresses[j], &peer->node);
            err = err == COPSE_ERR_DECODE || err == COPSE_ERR_LIMIT ? COPSE_OK : err;
        }
    }
    copse_ticket_forget(&ticket);
    return err;
}

static bool peers_is_ticket(struct copse_slice key)
{
    return key.size > sizeof(TICKET_KEY) - 1 &&
           memcmp(key.data, TICKET_KEY, sizeof(TICKET_KEY) - 1) == 0;
}

/* Walk a room from `from` as long as keys begin with `prefix`. */
typedef enum copse_err peers_row(struct copse_peers *peers, struct copse_slice key,
                                 struct copse_slice value);

static enum copse_err peers_read_ticket_row(struct copse_peers *peers, struct copse_slice key,
                                            struct copse_slice value)
{
    return peers_is_ticket(key) ? peers_read_ticket(peers, value) : COPSE_OK;
}

static enum copse_err peers_walk(struct copse_peers *peers, struct copse_txn *txn,
                                 enum copse_local_room room, const char *prefix, peers_row *row)
{
    uint8_t next[COPSE_LOCAL_KEY_MAX + 1];
    size_t prefix_size = strlen(prefix);
    struct copse_slice from = copse_bytes_of_string(prefix);
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && (err = copse_local_seek(txn, &key, &value, room, from)) == COPSE_OK) {
        if (key.size < prefix_size || memcmp(key.data, prefix, prefix_size) != 0 ||
            key.size > COPSE_LOCAL_KEY_MAX) {
            return COPSE_OK;
        }
        memcpy(next, key.data, key.size);
        next[key.size] = 0; /* the first key behind this one */
        from = (struct copse_slice){next, key.size + 1};
        err = row(peers, key, value);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_peers_load(struct copse_peers *peers, struct copse_txn *txn)
{
    enum copse_err err = peers_walk(peers, txn, COPSE_LOCAL_PEERS, "a", peers_read);
    return err == COPSE_OK
               ? peers_walk(peers, txn, COPSE_LOCAL_SETTINGS, TICKET_KEY, peers_read_ticket_row)
               : err;
}

/* ---- calling ---- */

struct copse_peers_entry *copse_peers_due(struct copse_peers *peers, uint64_t now_ms)
{
    struct copse_peers_entry *first = NULL;
    size_t connected = 0;
    for (size_t i = 0; i < peers->count; i++) {
        struct copse_peers_entry *entry = &peers->entries[i];
        connected += entry->connection != 0;
        if (entry->connection == 0 && entry->next_ms <= now_ms &&
            (first == NULL || entry->next_ms < first->next_ms)) {
            first = entry;
        }
    }
    return connected < COPSE_PEERS_DIALLED_MAX ? first : NULL;
}

uint64_t copse_peers_deadline_ms(const struct copse_peers *peers)
{
    uint64_t deadline_ms = UINT64_MAX;
    size_t connected = 0;
    for (size_t i = 0; i < peers->count; i++) {
        const struct copse_peers_entry *entry = &peers->entries[i];
        connected += entry->connection != 0;
        if (entry->connection == 0 && entry->next_ms < deadline_ms) {
            deadline_ms = entry->next_ms;
        }
    }
    return connected < COPSE_PEERS_DIALLED_MAX ? deadline_ms : UINT64_MAX;
}

struct copse_peers_entry *copse_peers_of(struct copse_peers *peers, uint64_t connection)
{
    for (size_t i = 0; connection != 0 && i < peers->count; i++) {
        if (peers->entries[i].connection == connection) {
            return &peers->entries[i];
        }
    }
    return NULL;
}

void copse_peers_failed(struct copse_peers_entry *entry, uint64_t now_ms, uint32_t chance)
{
    uint64_t wait_ms = COPSE_PEERS_BACKOFF_MS;
    for (uint32_t i = 0; i < entry->failures && wait_ms < COPSE_PEERS_BACKOFF_MAX_MS; i++) {
        wait_ms *= 2;
    }
    wait_ms = wait_ms < COPSE_PEERS_BACKOFF_MAX_MS ? wait_ms : COPSE_PEERS_BACKOFF_MAX_MS;
    wait_ms += chance % (wait_ms / SPREAD);
    entry->failures += entry->failures < UINT32_MAX;
    entry->next_ms = now_ms + wait_ms;
    entry->connection = 0;
}

void copse_peers_put_off(struct copse_peers_entry *entry, uint64_t now_ms)
{
    entry->next_ms = now_ms + COPSE_PEERS_LINKED_MS;
}

void copse_peers_reached(struct copse_peers_entry *entry, uint64_t wall_ms)
{
    entry->failures = 0;
    entry->reached_ms = wall_ms;
}

/* ---- where this node listens ---- */

enum copse_err copse_peers_put_own(struct copse_txn *txn, const struct copse_ticket_peer *own)
{
    uint8_t room[COPSE_ID_BYTES + COPSE_TICKET_ADDRESSES_MAX * (COPSE_ADDRESS_BYTES_MAX + 1)];
    struct copse_slice key = copse_bytes_of_string(OWN_KEY);
    size_t size = COPSE_ID_BYTES;
    if (own->address_count == 0) {
        return copse_local_del(txn, COPSE_LOCAL_PEERS, key);
    }
    memcpy(room, own->node.bytes, COPSE_ID_BYTES);
    for (size_t i = 0; i < own->address_count; i++) {
        size_t length = strlen(own->addresses[i]) + 1;
        memcpy(room + size, own->addresses[i], length);
        size += length;
    }
    return copse_local_put(txn, COPSE_LOCAL_PEERS, key, (struct copse_slice){room, size});
}

enum copse_err copse_peers_get_own(struct copse_txn *txn, struct copse_ticket_peer *out)
{
    struct copse_slice value;
    struct copse_ticket_peer own;
    memset(&own, 0, sizeof(own));
    enum copse_err err =
        copse_local_get(txn, &value, COPSE_LOCAL_PEERS, copse_bytes_of_string(OWN_KEY));
    if (err != COPSE_OK) {
        return err;
    }
    if (value.size <= COPSE_ID_BYTES || value.data[value.size - 1] != '\0') {
        return COPSE_ERR_CORRUPT;
    }
    memcpy(own.node.bytes, value.data, COPSE_ID_BYTES);
    size_t at = COPSE_ID_BYTES;
    while (at < value.size && own.address_count < COPSE_TICKET_ADDRESSES_MAX) {
        size_t length = strlen((const char *)value.data + at);
        if (length > COPSE_ADDRESS_BYTES_MAX) {
            return COPSE_ERR_CORRUPT;
        }
        memcpy(own.addresses[own.address_count++], value.data + at, length + 1);
        at += length + 1;
    }
    *out = own;
    return COPSE_OK;
}
