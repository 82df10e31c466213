/* How it works: entries, logs and standings are read from the snapshot one by one. What costs a
 * walk, secrets and leaves, is gathered once and kept as long as the snapshot has the same number.
 */
#include "node/peering/shelf.h"

#include "node/peering/member.h"
#include "protocol/authority/item.h"
#include "protocol/authority/standing.h"
#include "protocol/authority/wanted.h"
#include "protocol/base/writer.h"
#include "protocol/entry/run.h"
#include "protocol/wire/message.h"
#include "storage/erased.h"
#include "storage/local.h"
#include "storage/shapes.h"

#include <string.h>

#define MARK_VALUE_BYTES (sizeof(uint64_t) + COPSE_ID_BYTES) /* when, and by which own device */

/* ---- beginning and end ---- */

enum copse_err copse_shelf_init(struct copse_shelf *shelf, struct copse_store *store,
                                const struct copse_keyring *keyring, struct copse_error *error)
{
    *shelf = (struct copse_shelf){
        .memory = copse_store_memory(store), .store = store, .keyring = keyring, .error = error};
    copse_secrets_init(&shelf->secrets, shelf->memory);
    shelf->room = copse_memory_new(shelf->memory, COPSE_MESSAGE_ADMISSION_MAX, 1);
    return shelf->room == NULL ? COPSE_ERR_NOMEM : COPSE_OK;
}

void copse_shelf_deinit(struct copse_shelf *shelf)
{
    if (shelf->memory == NULL) {
        return;
    }
    copse_shelf_leave(shelf);
    copse_secrets_deinit(&shelf->secrets);
    copse_memory_free(shelf->memory, shelf->leaves);
    copse_memory_free(shelf->memory, shelf->room);
    *shelf = (struct copse_shelf){.memory = NULL};
}

enum copse_err copse_shelf_enter(struct copse_shelf *shelf, const struct copse_id *peer)
{
    shelf->peer = *peer;
    return shelf->txn != NULL
               ? COPSE_OK
               : copse_store_begin(&shelf->txn, shelf->store, COPSE_DB_READ, 0, shelf->error);
}

void copse_shelf_leave(struct copse_shelf *shelf)
{
    copse_store_abort(shelf->txn);
    shelf->txn = NULL;
}

/* The newest arrival of the store: each community and class has a newest one. */
static enum copse_err shelf_newest(struct copse_txn *txn, uint64_t *out)
{
    struct copse_id community;
    uint32_t number = 0;
    uint64_t newest = 0;
    enum copse_err err;
    while ((err = copse_entries_next_community(txn, &community, &number)) == COPSE_OK) {
        for (unsigned class = 0; class < 2; class ++) {
            struct copse_entries_arrival last;
            err = copse_entries_arrived_before(txn, &last, number, (enum copse_entry_class) class,
                                               UINT64_MAX);
            if (err == COPSE_OK && last.number > newest) {
                newest = last.number;
            }
            if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
                return err;
            }
        }
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    *out = newest;
    return COPSE_OK;
}

enum copse_err copse_shelf_publish(struct copse_shelf *shelf)
{
    struct copse_txn *txn = NULL;
    uint64_t newest = 0;
    enum copse_err err = copse_store_begin(&txn, shelf->store, COPSE_DB_READ, 0, shelf->error);
    if (err != COPSE_OK) {
        return err;
    }
    /* storage/store.h: publishing covers what a transaction begun before it can see. */
    err = shelf_newest(txn, &newest);
    if (err == COPSE_OK) {
        err = copse_store_publish(shelf->store, copse_keyring_device(shelf->keyring), shelf->error);
    }
    copse_store_abort(txn);
    if (err == COPSE_OK && shelf->error != NULL) {
        shelf->error->text[0] = '\0'; /* what was overcome is not to be told */
    }
    if (err == COPSE_OK && newest > shelf->published_arrival) {
        shelf->published_arrival = newest;
    }
    return err;
}

/* ---- entries and logs ---- */

static enum copse_err shelf_number(struct copse_shelf *shelf, uint32_t *number,
                                   const struct copse_id *community)
{
    COPSE_ASSERT(shelf->txn != NULL);
    return copse_entries_community(shelf->txn, number, community);
}

/* Words that are erased are not handed on, whether they are still here or not. */
static enum copse_err shelf_fill(struct copse_shelf *shelf, struct copse_port_entry *out,
                                 uint32_t community, const struct copse_held *held,
                                 const struct copse_entries_row *row)
{
    bool is_erased = false;
    *out = (struct copse_port_entry){
        .id = held->id,
        .position = held->position,
        .bytes = row->bytes,
        .content_state = held->content_state,
        .signature = row->signature,
        .is_signed = row->is_signed,
        .awaits_publish = row->is_own && row->arrival > shelf->published_arrival,
    };
    if (held->content_state != COPSE_CONTENT_PRESENT) {
        return COPSE_OK;
    }
    enum copse_err err = copse_erased_is(shelf->txn, &is_erased, community, &held->id);
    if (err != COPSE_OK || is_erased) {
        out->content_state = COPSE_CONTENT_ERASED;
        return err;
    }
    enum copse_content_state state;
    return copse_contents_get(shelf->txn, &state, &out->salted, held);
}

static enum copse_err shelf_find(void *context, struct copse_port_entry *out,
                                 const struct copse_id *community, const struct copse_id *id)
{
    struct copse_shelf *shelf = context;
    struct copse_held held;
    struct copse_entries_row row;
    uint32_t number = 0;
    enum copse_err err = shelf_number(shelf, &number, community);
    if (err == COPSE_OK) {
        err = copse_entries_find(shelf->txn, &held, &row, number, id);
    }
    return err == COPSE_OK ? shelf_fill(shelf, out, number, &held, &row) : err;
}

static enum copse_err shelf_at(void *context, struct copse_port_entry *out,
                               const struct copse_id *community,
                               const struct copse_position *position)
{
    struct copse_shelf *shelf = context;
    struct copse_held held;
    struct copse_entries_row row;
    uint32_t number = 0;
    enum copse_err err = shelf_number(shelf, &number, community);
    if (err == COPSE_OK) {
        err = copse_entries_at(shelf->txn, &held, &row, position);
    }
    return err == COPSE_OK ? shelf_fill(shelf, out, number, &held, &row) : err;
}

static const struct copse_log *shelf_log(void *context, const struct copse_id *community,
                                         uint64_t number)
{
    struct copse_shelf *shelf = context;
    const struct copse_log *log = NULL;
    (void)community;
    if (number > UINT32_MAX || copse_entries_log(shelf->txn, &log, (uint32_t)number) != COPSE_OK) {
        return NULL;
    }
    return log;
}

/* The cursor is the number of the log that was given last, which names where to go on: a device may
 * have as many JOINs as it likes. */
static enum copse_err shelf_next_log(void *context, uint64_t *number, uint64_t *cursor,
                                     const struct copse_id *community,
                                     const struct copse_id *author, enum copse_entry_class class)
{
    struct copse_shelf *shelf = context;
    struct copse_entries_cursor walk = {.next_size = 0};
    uint32_t community_number = 0;
    enum copse_err err = shelf_number(shelf, &community_number, community);
    if (err == COPSE_OK && *cursor != 0) {
        err = copse_entries_behind_log(shelf->txn, &walk, (uint32_t)*cursor);
    }
    while (err == COPSE_OK) {
        uint32_t log_number = 0;
        const struct copse_log *log = NULL;
        err = copse_entries_next_log(shelf->txn, &log_number, &walk, community_number, author);
        if (err == COPSE_OK) {
            err = copse_entries_log(shelf->txn, &log, log_number);
        }
        if (err == COPSE_OK && log->class == class) {
            *number = log_number;
            *cursor = log_number;
            return COPSE_OK;
        }
    }
    return err;
}

/* ---- leaves ---- */

static enum copse_err shelf_add_leaf(struct copse_shelf *shelf, const struct copse_item *item)
{
    enum copse_err err = copse_memory_grow(shelf->memory, &shelf->leaves, &shelf->leaf_capacity,
                                           shelf->leaf_count + 1, sizeof(*shelf->leaves));
    if (err == COPSE_OK) {
        shelf->leaves[shelf->leaf_count++] =
            (struct copse_port_leaf){item->author, item->id, item->position, item->is_frozen};
    }
    return err;
}

static enum copse_err shelf_add_log(struct copse_shelf *shelf, const struct copse_state *state,
                                    const struct copse_source *source, uint32_t number,
                                    enum copse_entry_class class)
{
    struct copse_item items[COPSE_ITEM_OF_LOG_MAX];
    const struct copse_log *log = NULL;
    size_t count = 0;
    enum copse_err err = copse_entries_log(shelf->txn, &log, number);
    if (err == COPSE_OK && log->class == class) {
        err = copse_item_of_log(items, &count, state, source, number);
    }
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        err = shelf_add_leaf(shelf, &items[i]);
    }
    return err;
}

static enum copse_err shelf_gather(struct copse_shelf *shelf, const struct copse_id *community,
                                   enum copse_entry_class class)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    struct copse_entries_source entries;
    struct copse_views views;
    uint32_t community_number = 0;
    uint32_t log_number = 0;
    enum copse_err err = shelf_number(shelf, &community_number, community);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_state state = copse_views_state(&views, shelf->txn, community_number);
    struct copse_source source = copse_entries_source(&entries, shelf->txn, community_number);
    shelf->leaf_count = 0;
    shelf->leaves_number = 0; /* nothing is kept if this fails half-way */
    while ((err = copse_entries_next_log(shelf->txn, &log_number, &walk, community_number, NULL)) ==
           COPSE_OK) {
        err = shelf_add_log(shelf, &state, &source, log_number, class);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    shelf->leaves_number = copse_store_txn_number(shelf->txn);
    shelf->leaves_community = *community;
    shelf->leaves_class = class;
    return COPSE_OK;
}

static enum copse_err shelf_next_leaf(void *context, struct copse_port_leaf *out, uint64_t *cursor,
                                      const struct copse_id *community,
                                      enum copse_entry_class class)
{
    struct copse_shelf *shelf = context;
    if (shelf->leaves_number != copse_store_txn_number(shelf->txn) ||
        shelf->leaves_class != class ||
        !copse_bytes_equal_ids(&shelf->leaves_community, community)) {
        enum copse_err err = shelf_gather(shelf, community, class);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
    }
    if (*cursor >= shelf->leaf_count) {
        return COPSE_ERR_NOT_FOUND;
    }
    *out = shelf->leaves[(*cursor)++];
    return COPSE_OK;
}

/* ---- secrets ---- */

static enum copse_err shelf_refresh(struct copse_shelf *shelf)
{
    enum copse_err err =
        copse_secrets_refresh(&shelf->secrets, shelf->txn, copse_keyring_device(shelf->keyring));
    return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
}

enum copse_err copse_shelf_communities(struct copse_shelf *shelf,
                                       const struct copse_secrets_community **out, size_t *count)
{
    enum copse_err err = shelf_refresh(shelf);
    if (err == COPSE_OK) {
        *out = shelf->secrets.communities;
        *count = shelf->secrets.community_count;
    }
    return err;
}

static enum copse_err shelf_next_secret(void *context, struct copse_port_secret *out,
                                        uint64_t *cursor)
{
    struct copse_shelf *shelf = context;
    enum copse_err err = shelf_refresh(shelf);
    if (err != COPSE_OK) {
        return err;
    }
    if (*cursor >= shelf->secrets.count) {
        return COPSE_ERR_NOT_FOUND;
    }
    *out = shelf->secrets.items[(*cursor)++];
    return COPSE_OK;
}

/* ---- standing ---- */

static enum copse_err shelf_standing(void *context, enum copse_port_standing *out,
                                     const struct copse_id *community,
                                     const struct copse_id *device)
{
    struct copse_shelf *shelf = context;
    struct copse_entries_cursor walk = {.next_size = 0};
    struct copse_views views;
    struct copse_entries_source entries;
    uint32_t number = 0;
    uint32_t log_number = 0;
    enum copse_port_standing best = COPSE_PORT_STRANGER;
    enum copse_err err = shelf_number(shelf, &number, community);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_state state = copse_views_state(&views, shelf->txn, number);
    struct copse_source source = copse_entries_source(&entries, shelf->txn, number);
    while ((err = copse_entries_next_log(shelf->txn, &log_number, &walk, number, device)) ==
           COPSE_OK) {
        const struct copse_log *log = NULL;
        enum copse_port_standing found = COPSE_PORT_STRANGER;
        err = copse_entries_log(shelf->txn, &log, log_number);
        if (err == COPSE_OK && log->class == COPSE_ENTRY_CONTROL) {
            err = copse_member_standing(&found, &state, &source, &log->join, device, shelf->memory);
        }
        if (err != COPSE_OK) {
            return err;
        }
        best = found > best ? found : best;
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        *out = best;
        return COPSE_OK;
    }
    return err;
}

/* ---- proof ---- */

static enum copse_err shelf_admission(struct copse_shelf *shelf, struct copse_slice *out,
                                      uint32_t community)
{
    struct copse_held held;
    struct copse_entries_row row;
    struct copse_writer writer;
    const struct copse_log *log = NULL;
    uint32_t number = 0;
    enum copse_err err =
        copse_secrets_own_log(&number, shelf->txn, community, copse_keyring_device(shelf->keyring));
    if (err == COPSE_OK) {
        err = copse_entries_log(shelf->txn, &log, number);
    }
    if (err == COPSE_OK) {
        err = copse_entries_find(shelf->txn, &held, &row, community, &log->join);
    }
    if (err == COPSE_OK) {
        err = copse_shelf_publish(shelf); /* it is an own entry, and leaves now */
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_run_part part = {.entry = row.bytes};
    copse_writer_init(&writer, shelf->room, COPSE_MESSAGE_ADMISSION_MAX);
    err = copse_run_encode(&writer, &part, 1, 0, &row.signature);
    return err == COPSE_OK ? copse_writer_end(out, &writer) : err;
}

static struct copse_slice shelf_mark_key(uint8_t room[COPSE_SHELF_MARK_BYTES],
                                         const struct copse_id *peer,
                                         const struct copse_id *community)
{
    room[0] = 'e';
    memcpy(room + 1, peer->bytes, COPSE_ID_BYTES);
    memcpy(room + 1 + COPSE_ID_BYTES, community->bytes, COPSE_ID_BYTES);
    return (struct copse_slice){room, COPSE_SHELF_MARK_BYTES};
}

/* Does the peer know this device? It has the same, and had it from the device that this one is now:
 * after a repair the key is a new one. */
static enum copse_err shelf_is_known(struct copse_shelf *shelf, bool *out,
                                     const struct copse_id *community)
{
    uint8_t room[COPSE_SHELF_MARK_BYTES];
    struct copse_slice value;
    enum copse_err err = copse_local_get(shelf->txn, &value, COPSE_LOCAL_PEERS,
                                         shelf_mark_key(room, &shelf->peer, community));
    *out = err == COPSE_OK && value.size == MARK_VALUE_BYTES &&
           memcmp(value.data + sizeof(uint64_t), copse_keyring_device(shelf->keyring)->bytes,
                  COPSE_ID_BYTES) == 0;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err shelf_prove(void *context, struct copse_port_proof *out,
                                  const struct copse_id *community, struct copse_slice message)
{
    struct copse_shelf *shelf = context;
    uint32_t number = 0;
    bool is_known = false;
    enum copse_err err = shelf_number(shelf, &number, community);
    if (err != COPSE_OK) {
        return err;
    }
    *out = (struct copse_port_proof){.device = *copse_keyring_device(shelf->keyring)};
    copse_key_sign(copse_key_ed25519(), &out->signature, COPSE_KEY_AUTH, message,
                   copse_keyring_secret(shelf->keyring));
    err = shelf_is_known(shelf, &is_known, community);
    return err == COPSE_OK && !is_known ? shelf_admission(shelf, &out->admission, number) : err;
}

static enum copse_err shelf_find_loose(void *context, struct copse_slice *out,
                                       const struct copse_id *community, const struct copse_id *id)
{
    struct copse_shelf *shelf = context;
    uint32_t number = 0;
    enum copse_err err = shelf_number(shelf, &number, community);
    return err == COPSE_OK ? copse_shapes_find(shelf->txn, out, number, id) : err;
}

struct copse_port copse_shelf_port(struct copse_shelf *shelf)
{
    return (struct copse_port){
        .find = shelf_find,
        .at = shelf_at,
        .log = shelf_log,
        .next_log = shelf_next_log,
        .next_leaf = shelf_next_leaf,
        .next_secret = shelf_next_secret,
        .standing = shelf_standing,
        .prove = shelf_prove,
        .find_loose = shelf_find_loose,
        .context = shelf,
    };
}

/* ---- marks ---- */

enum copse_err copse_shelf_get_mark(struct copse_txn *txn, uint64_t *wall_ms,
                                    const struct copse_id *peer, const struct copse_id *community)
{
    uint8_t room[COPSE_SHELF_MARK_BYTES];
    struct copse_slice value;
    enum copse_err err =
        copse_local_get(txn, &value, COPSE_LOCAL_PEERS, shelf_mark_key(room, peer, community));
    if (err == COPSE_OK && value.size != MARK_VALUE_BYTES) {
        return COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK) {
        *wall_ms = copse_bytes_get_u64(value.data);
    }
    return err;
}

enum copse_err copse_shelf_put_mark(struct copse_shelf *shelf, const struct copse_id *peer,
                                    const struct copse_id *community, uint64_t wall_ms)
{
    uint8_t room[COPSE_SHELF_MARK_BYTES];
    uint8_t value[MARK_VALUE_BYTES];
    struct copse_slice key = shelf_mark_key(room, peer, community);
    struct copse_txn *txn = NULL;
    copse_shelf_leave(shelf);
    enum copse_err err =
        copse_store_begin(&txn, shelf->store, COPSE_DB_WRITE, wall_ms, shelf->error);
    if (err != COPSE_OK) {
        return err;
    }
    copse_bytes_put_u64(value, wall_ms);
    memcpy(value + sizeof(uint64_t), copse_keyring_device(shelf->keyring)->bytes, COPSE_ID_BYTES);
    err = wall_ms == 0 ? copse_local_del(txn, COPSE_LOCAL_PEERS, key)
                       : copse_local_put(txn, COPSE_LOCAL_PEERS, key,
                                         (struct copse_slice){value, sizeof(value)});
    if (err != COPSE_OK) {
        copse_store_abort(txn);
        return err;
    }
    return copse_store_commit(shelf->store, txn, shelf->error);
}

enum copse_err copse_shelf_next_mark(struct copse_txn *txn, struct copse_shelf_mark *mark)
{
    uint8_t room[COPSE_SHELF_MARK_BYTES + 1];
    struct copse_slice from = shelf_mark_key(room, &mark->peer, &mark->community);
    struct copse_slice key;
    struct copse_slice value;
    room[COPSE_SHELF_MARK_BYTES] = 0;
    from.size++; /* the first key behind that of the last mark */
    enum copse_err err = copse_local_seek(txn, &key, &value, COPSE_LOCAL_PEERS, from);
    if (err != COPSE_OK) {
        return err;
    }
    if (key.size != COPSE_SHELF_MARK_BYTES || key.data[0] != 'e') {
        return COPSE_ERR_NOT_FOUND;
    }
    if (value.size != MARK_VALUE_BYTES) {
        return COPSE_ERR_CORRUPT;
    }
    memcpy(mark->peer.bytes, key.data + 1, COPSE_ID_BYTES);
    memcpy(mark->community.bytes, key.data + 1 + COPSE_ID_BYTES, COPSE_ID_BYTES);
    mark->wall_ms = copse_bytes_get_u64(value.data);
    return COPSE_OK;
}
