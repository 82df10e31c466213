#include "node/peering/secrets.h"

#include "protocol/rules/view.h"
#include "protocol/wire/ticket.h"
#include "storage/local.h"
#include "storage/store.h"

#include <sodium.h>

#include <stdlib.h>
#include <string.h>

#define TICKET_KEY "ticket:"
#define TICKET_KEY_BYTES (sizeof(TICKET_KEY) - 1 + COPSE_ID_BYTES)
#define ABOUT_SECRET 1u /* SPEC 5.5: "1 the first discovery secret, bin of 32" */

void copse_secrets_init(struct copse_secrets *secrets, const struct copse_memory *memory)
{
    *secrets = (struct copse_secrets){.memory = memory};
}

void copse_secrets_deinit(struct copse_secrets *secrets)
{
    if (secrets->memory == NULL) {
        return;
    }
    if (secrets->items != NULL) {
        sodium_memzero(secrets->items, secrets->capacity * sizeof(*secrets->items));
    }
    copse_memory_free(secrets->memory, secrets->communities);
    copse_memory_free(secrets->memory, secrets->items);
    *secrets = (struct copse_secrets){.memory = NULL};
}

/* A secret with what orders it. */
struct dated {
    struct copse_id secret;
    struct copse_id id;
    uint64_t hlc;
};

struct dated_list {
    const struct copse_memory *memory;
    struct dated *items;
    size_t count;
    size_t capacity;
};

/* SPEC 10.8: "the newest by (hlc, id) is used": it comes first. */
static int secrets_compare_dated(const void *a, const void *b)
{
    const struct dated *left = a;
    const struct dated *right = b;
    if (left->hlc != right->hlc) {
        return left->hlc > right->hlc ? -1 : 1;
    }
    return copse_bytes_compare_ids(&right->id, &left->id);
}

static enum copse_err secrets_date(struct dated_list *list, const struct dated *item)
{
    for (size_t i = 0; i < list->count; i++) {
        if (copse_bytes_equal_ids(&list->items[i].secret, &item->secret)) {
            return COPSE_OK;
        }
    }
    enum copse_err err = copse_memory_grow(list->memory, &list->items, &list->capacity,
                                           list->count + 1, sizeof(*list->items));
    if (err == COPSE_OK) {
        list->items[list->count++] = *item;
    }
    return err;
}

/* The secret that an entry of class 0 brings, if it counts. */
static enum copse_err secrets_date_entry(struct dated_list *list, struct copse_view *view,
                                         const struct copse_held *held)
{
    struct copse_op op;
    struct copse_view_entry entry;
    struct copse_id id = held->id;
    if (copse_op_decode(&op, held->entry.op, COPSE_ENTRY_CONTROL) != COPSE_OK ||
        (op.kind != COPSE_OP_SECRET && op.kind != COPSE_OP_GENESIS)) {
        return COPSE_OK;
    }
    enum copse_err err = copse_view_load(view, &entry, &id);
    if (err != COPSE_OK || !entry.counts) {
        return err;
    }
    struct dated item = {.id = id, .hlc = entry.held.entry.hlc, .secret = entry.op.target};
    if (entry.op.kind == COPSE_OP_GENESIS) {
        struct copse_reader reader;
        int64_t last = -1;
        copse_reader_init(&reader, entry.op.map);
        if (copse_reader_map(&reader, COPSE_OP_ATTRIBUTES_BYTES_MAX) == 0 ||
            copse_reader_key(&reader, &last) != ABOUT_SECRET) {
            return COPSE_OK;
        }
        item.secret = copse_reader_id(&reader);
        if (reader.cursor == NULL) {
            return COPSE_OK;
        }
    }
    return secrets_date(list, &item);
}

static enum copse_err secrets_date_entries(struct copse_txn *txn, struct dated_list *list,
                                           const struct copse_secrets_community *community)
{
    struct copse_views views;
    struct copse_entries_source entries;
    struct copse_state state = copse_views_state(&views, txn, community->number);
    struct copse_source source = copse_entries_source(&entries, txn, community->number);
    struct copse_view_options options = {&state, &source, list->memory, community->id};
    struct copse_view *view = NULL;
    struct copse_held held;
    uint64_t cursor = 0;
    enum copse_err err = copse_view_new(&view, &options);
    while (err == COPSE_OK &&
           (err = source.next_control(source.context, &held, &cursor)) == COPSE_OK) {
        err = secrets_date_entry(list, view, &held);
    }
    copse_view_free(view);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* The invitation that was joined by knows a secret too, for as long as the entries do not. */
static enum copse_err secrets_date_ticket(struct copse_txn *txn, struct dated_list *list,
                                          const struct copse_id *community)
{
    uint8_t key[TICKET_KEY_BYTES];
    struct copse_slice text;
    struct copse_ticket ticket;
    memcpy(key, TICKET_KEY, sizeof(TICKET_KEY) - 1);
    memcpy(key + sizeof(TICKET_KEY) - 1, community->bytes, COPSE_ID_BYTES);
    enum copse_err err =
        copse_local_get(txn, &text, COPSE_LOCAL_SETTINGS, (struct copse_slice){key, sizeof(key)});
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    if (copse_ticket_decode(&ticket, text) == COPSE_OK) {
        struct dated item = {.secret = ticket.discovery};
        err = secrets_date(list, &item);
        copse_ticket_forget(&ticket);
    }
    return err;
}

static enum copse_err secrets_add(struct copse_secrets *secrets, struct copse_txn *txn,
                                  const struct copse_secrets_community *community)
{
    struct dated_list list = {.memory = secrets->memory};
    enum copse_err err = secrets_date_entries(txn, &list, community);
    if (err == COPSE_OK) {
        err = secrets_date_ticket(txn, &list, &community->id);
    }
    if (err == COPSE_OK && list.count > 0) {
        qsort(list.items, list.count, sizeof(*list.items), secrets_compare_dated);
        err = copse_memory_grow(secrets->memory, &secrets->items, &secrets->capacity,
                                secrets->count + list.count, sizeof(*secrets->items));
    }
    for (size_t i = 0; err == COPSE_OK && i < list.count; i++) {
        struct copse_port_secret *secret = &secrets->items[secrets->count++];
        secret->community = community->id;
        memcpy(secret->bytes, list.items[i].secret.bytes, sizeof(secret->bytes));
    }
    if (list.items != NULL) {
        sodium_memzero(list.items, list.capacity * sizeof(*list.items));
    }
    copse_memory_free(secrets->memory, list.items);
    return err;
}

/* Has this device a log in it? Without one it cannot show who it is. */
enum copse_err copse_secrets_own_log(uint32_t *log, struct copse_txn *txn, uint32_t community,
                                     const struct copse_id *device)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    uint32_t newest = 0;
    uint32_t number = 0;
    enum copse_err err;
    while ((err = copse_entries_next_log(txn, &number, &walk, community, device)) == COPSE_OK) {
        const struct copse_log *found = NULL;
        err = copse_entries_log(txn, &found, number);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
        if (found->class == COPSE_ENTRY_CONTROL && number > newest) {
            newest = number;
        }
    }
    if (err != COPSE_ERR_NOT_FOUND || newest == 0) {
        return err;
    }
    *log = newest;
    return COPSE_OK;
}

/* What the communities are and how new each is, without their secrets. */
static enum copse_err secrets_list(struct copse_secrets *secrets, struct copse_txn *txn,
                                   const struct copse_id *device,
                                   struct copse_secrets_community **out, size_t *count)
{
    struct copse_secrets_community community = {.newest = 0};
    size_t capacity = 0;
    uint32_t number = 0;
    enum copse_err err;
    while ((err = copse_entries_next_community(txn, &community.id, &number)) == COPSE_OK) {
        uint32_t log = 0;
        struct copse_entries_arrival last;
        err = copse_secrets_own_log(&log, txn, number, device);
        if (err == COPSE_ERR_NOT_FOUND) {
            continue;
        }
        if (err == COPSE_OK) {
            err = copse_entries_arrived_before(txn, &last, number, COPSE_ENTRY_CONTROL, UINT64_MAX);
        }
        if (err == COPSE_OK) {
            err = copse_memory_grow(secrets->memory, out, &capacity, *count + 1, sizeof(**out));
        }
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
        community.number = number;
        community.newest = last.number;
        (*out)[(*count)++] = community;
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static bool secrets_is_same(const struct copse_secrets *secrets,
                            const struct copse_secrets_community *fresh, size_t count)
{
    bool is_same = count == secrets->community_count;
    for (size_t i = 0; is_same && i < count; i++) {
        is_same = copse_bytes_equal_ids(&fresh[i].id, &secrets->communities[i].id) &&
                  fresh[i].newest == secrets->communities[i].newest;
    }
    return is_same;
}

enum copse_err copse_secrets_refresh(struct copse_secrets *secrets, struct copse_txn *txn,
                                     const struct copse_id *device)
{
    uint64_t number = copse_store_txn_number(txn);
    if (secrets->number == number) {
        return COPSE_OK;
    }
    struct copse_secrets_community *fresh = NULL;
    size_t count = 0;
    enum copse_err err = secrets_list(secrets, txn, device, &fresh, &count);
    if (err == COPSE_OK && secrets->number != 0 && secrets_is_same(secrets, fresh, count)) {
        secrets->number = number;
        copse_memory_free(secrets->memory, fresh);
        return COPSE_OK;
    }
    secrets->number = 0;
    secrets->count = 0;
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        err = secrets_add(secrets, txn, &fresh[i]);
    }
    if (err != COPSE_OK) {
        copse_memory_free(secrets->memory, fresh);
        return err;
    }
    copse_memory_free(secrets->memory, secrets->communities);
    secrets->communities = fresh;
    secrets->community_count = count;
    secrets->number = number;
    return COPSE_OK;
}
