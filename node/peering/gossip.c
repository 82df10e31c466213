/* How it works: whatever happens marks the links concerned and calls `gossip_run`, which goes round
 * until nothing moves: each marked link gives its bytes to its session, hands on what that
 * verified, and sends what it has to say while its queue is short; then what waits is stored and
 * told. So a session is never entered twice, and nothing depends on the order of calls.
 *
 * A connection has no session before a first handshake message may have come, so that a stranger
 * who only connects costs a few hundred bytes. */
#include "node/peering/link.h"
#include "node/peering/notice.h"
#include "node/peering/topics.h"

#include <sodium.h>

#include <string.h>

#define FIRST_BYTES (COPSE_RECORD_HEAD_BYTES + COPSE_NOISE_KEY_BYTES) /* of an initiator */
#define CLEAR_READERS_MS 60000u

struct copse_gossip {
    const struct copse_memory *memory;
    struct copse_store *store;
    const struct copse_keyring *keyring;
    const struct copse_env *env;
    struct copse_peers *peers;
    bool calls;
    bool is_stopping;
    bool is_running;
    struct copse_slice agent;
    struct copse_error *error;
    copse_gossip_tell *tell;
    void *context;
    struct copse_shelf shelf;
    struct copse_port port;
    struct copse_ingest ingest;
    struct copse_noise_pair node;
    struct copse_link_table links;
    struct copse_notice notice;
    struct copse_topics topics;
    uint64_t poll_ms;
    uint64_t clear_ms;
    uint64_t hold_ms; /* nobody is called or let in before */
    enum copse_err fault;
    uint8_t room[COPSE_RECORD_BYTES_MAX];
};

/* ---- time and faults ---- */

static uint64_t gossip_now(const struct copse_gossip *gossip)
{
    return gossip->env->now_ms(gossip->env->context);
}

static uint64_t gossip_wall(const struct copse_gossip *gossip)
{
    return gossip->env->wall_ms(gossip->env->context);
}

static uint32_t gossip_chance(const struct copse_gossip *gossip)
{
    uint8_t bytes[4];
    gossip->env->random(gossip->env->context, bytes, sizeof(bytes));
    return copse_bytes_get_u32(bytes);
}

/* The store or memory failed: remember the first reason. */
static bool gossip_is_fine(struct copse_gossip *gossip, enum copse_err err)
{
    if (err != COPSE_OK && gossip->fault == COPSE_OK) {
        gossip->fault = err;
    }
    return err == COPSE_OK;
}

/* ---- links ---- */

/* Nothing more is said on the link. */
static void gossip_finish(struct copse_gossip *gossip, struct copse_link *link,
                          enum copse_env_closing closing)
{
    if (!link->is_over) {
        link->is_over = true;
        gossip->env->close(gossip->env->context, link->connection, closing);
    }
}

/* Take away the links that are over, and tell. */
static void gossip_reap(struct copse_gossip *gossip)
{
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        struct copse_link *link = gossip->links.items[i];
        if (link == NULL || !link->is_over) {
            continue;
        }
        struct copse_peers_entry *entry = copse_peers_of(gossip->peers, link->connection);
        if (entry != NULL) {
            copse_peers_failed(entry, gossip_now(gossip), gossip_chance(gossip));
        }
        struct copse_gossip_news news = copse_link_news(link, COPSE_GOSSIP_GONE);
        copse_link_remove(&gossip->links, link);
        gossip->tell(gossip->context, &news);
    }
}

/* ---- sessions ---- */

static enum copse_err gossip_begin_session(struct copse_gossip *gossip, struct copse_link *link)
{
    uint8_t seed[COPSE_NOISE_KEY_BYTES];
    struct copse_session_options options = {
        .record = {.role = link->is_caller ? COPSE_NOISE_INITIATOR : COPSE_NOISE_RESPONDER,
                   .node = gossip->node,
                   .expected_key =
                       copse_bytes_is_zero(&link->expected) ? NULL : link->expected.bytes},
        .port = &gossip->port,
        .scheme = copse_key_ed25519(),
        .agent = gossip->agent,
        .wall_ms = gossip_wall(gossip),
        .window = COPSE_GOSSIP_WINDOW,
    };
    gossip->env->random(gossip->env->context, seed, sizeof(seed));
    copse_noise_pair_from_seed(&options.record.ephemeral, seed);
    enum copse_err err =
        copse_session_new(&link->session, &options, gossip_now(gossip), gossip->memory);
    sodium_memzero(seed, sizeof(seed));
    sodium_memzero(&options.record, sizeof(options.record));
    link->state = err == COPSE_OK ? COPSE_LINK_GREETING : link->state;
    return err;
}

/* Before a stranger gets a session: may these be the first bytes of a handshake? SPEC 10.2, 10.3 */
static bool gossip_may_begin(struct copse_gossip *gossip, struct copse_link *link)
{
    if (link->pending_size >= COPSE_RECORD_HEAD_BYTES &&
        copse_bytes_get_u16(link->pending) != COPSE_NOISE_KEY_BYTES) {
        link->err = COPSE_ERR_NETWORK;
        gossip_finish(gossip, link, COPSE_ENV_AT_ONCE);
        return false;
    }
    return link->pending_size >= FIRST_BYTES;
}

/* Another link to the same node that stays. NULL: none. */
static const struct copse_link *gossip_find_other(const struct copse_gossip *gossip,
                                                  const struct copse_link *link,
                                                  const struct copse_id *node)
{
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        const struct copse_link *other = gossip->links.items[i];
        if (other != link && copse_link_is_live(other) && !other->has_left && !other->is_once &&
            copse_bytes_equal_ids(&other->node, node)) {
            return other;
        }
    }
    return NULL;
}

/* Both sides have called each other: the session of the smaller node key stands. This side has
 * called twice, by two addresses: the first one does. Who was called twice cannot tell whether the
 * first one is dead. */
static bool gossip_is_surplus(const struct copse_gossip *gossip, const struct copse_link *link)
{
    const struct copse_link *other =
        link->is_once ? NULL : gossip_find_other(gossip, link, &link->node);
    bool own_is_smaller =
        memcmp(gossip->node.public_key, link->node.bytes, COPSE_NOISE_KEY_BYTES) < 0;
    if (other == NULL) {
        return false;
    }
    return other->is_caller == link->is_caller ? link->is_caller
                                               : link->is_caller != own_is_smaller;
}

static enum copse_err gossip_save_entry(struct copse_gossip *gossip,
                                        struct copse_peers_entry *entry)
{
    struct copse_txn *txn = NULL;
    uint64_t wall_ms = gossip_wall(gossip);
    copse_peers_reached(entry, wall_ms);
    copse_shelf_leave(&gossip->shelf);
    enum copse_err err =
        copse_store_begin(&txn, gossip->store, COPSE_DB_WRITE, wall_ms, gossip->error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_peers_save(txn, entry);
    if (err != COPSE_OK) {
        copse_store_abort(txn);
        return err;
    }
    return copse_store_commit(gossip->store, txn, gossip->error);
}

/* Who has said HELLO and then shares no community makes room. NULL: there is nobody. */
static struct copse_link *gossip_find_idle(const struct copse_gossip *gossip, const char *host)
{
    uint64_t now_ms = gossip_now(gossip);
    return now_ms < COPSE_GOSSIP_GREETING_MS
               ? NULL
               : copse_link_idle(&gossip->links, host, now_ms - COPSE_GOSSIP_GREETING_MS);
}

static enum copse_err gossip_on_ready(struct copse_gossip *gossip, struct copse_link *link)
{
    struct copse_session_peer peer;
    struct copse_peers_entry *entry = copse_peers_of(gossip->peers, link->connection);
    copse_session_peer(link->session, &peer);
    memcpy(link->node.bytes, peer.node_key, sizeof(link->node.bytes));
    if (memcmp(peer.node_key, gossip->node.public_key, sizeof(peer.node_key)) == 0) {
        copse_link_leave(link, COPSE_CODE_WRONG_PEER); /* this is us */
        return COPSE_OK;
    }
    if (entry != NULL && copse_bytes_is_zero(&entry->node)) {
        entry->node = link->node;
    }
    if (gossip_is_surplus(gossip, link)) {
        copse_link_leave(link, COPSE_CODE_DUPLICATE);
        return COPSE_OK;
    }
    if (copse_link_count_linked(&gossip->links) >= COPSE_GOSSIP_LINKED_MAX) {
        struct copse_link *idle = gossip_find_idle(gossip, NULL);
        copse_link_leave(idle == NULL ? link : idle, COPSE_CODE_BUSY);
        if (idle == NULL) {
            return COPSE_OK;
        }
    }
    link->state = COPSE_LINK_LINKED;
    struct copse_gossip_news news = copse_link_news(link, COPSE_GOSSIP_LINKED);
    gossip->tell(gossip->context, &news);
    enum copse_err err = entry == NULL ? COPSE_OK : gossip_save_entry(gossip, entry);
    return err == COPSE_OK
               ? copse_topics_open(&gossip->topics, link, COPSE_TOPICS_FIRST, gossip_now(gossip))
               : err;
}

static enum copse_err gossip_on_publish(struct copse_gossip *gossip, struct copse_link *link)
{
    copse_shelf_leave(&gossip->shelf);
    enum copse_err err = copse_shelf_publish(&gossip->shelf);
    if (err == COPSE_OK) {
        copse_session_published(link->session);
    }
    return err;
}

static enum copse_err gossip_on_equal(struct copse_gossip *gossip, struct copse_link *link,
                                      struct copse_link_topic *topic)
{
    enum copse_err err = copse_topics_equal(&gossip->topics, link, topic, gossip_wall(gossip));
    struct copse_gossip_news news = copse_link_news(link, COPSE_GOSSIP_EQUAL);
    news.community = topic->community;
    gossip->tell(gossip->context, &news);
    return err;
}

static enum copse_err gossip_on_event(struct copse_gossip *gossip, struct copse_link *link,
                                      const struct copse_session_event *event)
{
    struct copse_link_topic *topic = NULL;
    enum copse_err err = COPSE_OK;
    if (event->kind != COPSE_SESSION_READY && event->kind != COPSE_SESSION_ENDED) {
        err = copse_link_add_topic(&gossip->links, link, &topic, &event->community);
        if (err != COPSE_OK) {
            return err;
        }
    }
    switch (event->kind) {
    case COPSE_SESSION_READY:
        return gossip_on_ready(gossip, link);
    case COPSE_SESSION_OPENED:
        topic->state = topic->state == COPSE_LINK_EQUAL ? COPSE_LINK_EQUAL : COPSE_LINK_OPEN;
        return COPSE_OK;
    case COPSE_SESSION_CONTENT:
        err = copse_ingest_take(&gossip->ingest, link->connection, event, gossip_now(gossip));
        return err == COPSE_OK ? copse_topics_answered(&gossip->topics, link, topic) : err;
    case COPSE_SESSION_ENTRIES:
    case COPSE_SESSION_ADMISSION:
    case COPSE_SESSION_LOOSE: /* answered when it is stored: more may be wanted then */
        return copse_ingest_take(&gossip->ingest, link->connection, event, gossip_now(gossip));
    case COPSE_SESSION_NO_CONTENT:
        return copse_topics_answered(&gossip->topics, link, topic);
    case COPSE_SESSION_EQUAL:
        return gossip_on_equal(gossip, link, topic);
    case COPSE_SESSION_PUBLISH:
        return gossip_on_publish(gossip, link);
    case COPSE_SESSION_CLOSED:
        return copse_topics_closed(&gossip->topics, link, topic, event->code, gossip_now(gossip));
    case COPSE_SESSION_ENDED:
        link->code = event->code;
        return COPSE_OK;
    }
    return COPSE_OK;
}

/* ---- going round ---- */

/* Take what the session has to tell. Sets *moved if anything. */
static enum copse_err gossip_take_events(struct copse_gossip *gossip, struct copse_link *link,
                                         bool *moved)
{
    struct copse_session_event event;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && copse_session_next_event(link->session, &event)) {
        err = gossip_on_event(gossip, link, &event);
        *moved = true;
    }
    return err;
}

/* Give the session its bytes, and take what it hands on. */
static enum copse_err gossip_pump_in(struct copse_gossip *gossip, struct copse_link *link,
                                     bool *moved)
{
    struct copse_slice bytes = {link->pending, link->pending_size};
    enum copse_err err = copse_shelf_enter(&gossip->shelf, &link->node);
    if (err == COPSE_OK) {
        err = copse_session_recv(link->session, &bytes, gossip_now(gossip));
    }
    if (err == COPSE_OK) {
        *moved = *moved || bytes.size != link->pending_size;
        err = gossip_take_events(gossip, link, moved);
    }
    copse_link_consume(link, bytes.size);
    return err;
}

static enum copse_err gossip_pump_out(struct copse_gossip *gossip, struct copse_link *link,
                                      bool *moved)
{
    const struct copse_env *env = gossip->env;
    struct copse_noise_room room = {gossip->room, sizeof(gossip->room)};
    enum copse_err err = copse_shelf_enter(&gossip->shelf, &link->node);
    while (err == COPSE_OK && !link->is_over &&
           env->queued(env->context, link->connection) < COPSE_GOSSIP_QUEUE_BYTES) {
        struct copse_slice record = {NULL, 0};
        err = copse_session_send(link->session, &record, room, gossip_now(gossip));
        if (err != COPSE_OK || record.size == 0) {
            return err;
        }
        *moved = true;
        if (env->send(env->context, link->connection, record) != COPSE_OK) {
            link->err = COPSE_ERR_NETWORK;
            gossip_finish(gossip, link, COPSE_ENV_AT_ONCE);
        }
    }
    return err;
}

/* Reading goes on as long as the session takes what comes, and its answers go out. */
static void gossip_set_reading(struct copse_gossip *gossip, struct copse_link *link)
{
    const struct copse_env *env = gossip->env;
    bool is_reading = link->pending_size == 0 &&
                      env->queued(env->context, link->connection) < COPSE_GOSSIP_QUEUE_BYTES;
    if (link->session != NULL && !link->is_over && is_reading != link->is_reading) {
        link->is_reading = is_reading;
        env->read(env->context, link->connection,
                  is_reading ? COPSE_ENV_READ : COPSE_ENV_STOP_READING);
    }
}

static void gossip_pump(struct copse_gossip *gossip, struct copse_link *link)
{
    enum copse_err err = COPSE_OK;
    bool moved = link->state != COPSE_LINK_CALLING && !link->is_over;
    link->is_dirty = false;
    if (moved && link->session == NULL) {
        if (!link->is_caller && !gossip_may_begin(gossip, link)) {
            return;
        }
        moved = gossip_is_fine(gossip, gossip_begin_session(gossip, link));
    }
    if (moved && copse_link_again_ms(link) <= gossip_now(gossip)) {
        err = copse_topics_open(&gossip->topics, link, COPSE_TOPICS_NEW, gossip_now(gossip));
    }
    while (moved && err == COPSE_OK && !link->is_over) {
        moved = false;
        err = gossip_pump_in(gossip, link, &moved);
        if (err == COPSE_OK) {
            err = gossip_pump_out(gossip, link, &moved);
        }
        if (err == COPSE_OK) {
            err = gossip_take_events(gossip, link, &moved); /* sending may have raised some */
        }
        if (err == COPSE_OK && copse_link_is_done(link) && !link->has_left &&
            !copse_ingest_waits(&gossip->ingest, link->connection)) {
            copse_link_leave(link, COPSE_CODE_NONE);
            moved = true;
        }
        if (copse_session_is_ended(link->session)) {
            gossip_finish(gossip, link, COPSE_ENV_AFTER_SENDING);
        }
    }
    if (gossip_is_fine(gossip, err)) {
        gossip_set_reading(gossip, link);
    }
}

/* ---- storing and pushing ---- */

static void gossip_tell_unit(struct copse_gossip *gossip, const struct copse_ingest_unit *unit)
{
    struct copse_link *link = copse_link_find(&gossip->links, unit->source);
    if (link != NULL && !link->is_over) {
        copse_session_stored(link->session, unit->ticket,
                             unit->is_refused ? COPSE_CHANNEL_REFUSED : COPSE_CHANNEL_STORED,
                             gossip_now(gossip));
        link->entries_in += unit->stored;
        link->is_dirty = true;
        struct copse_gossip_news news = copse_link_news(link, COPSE_GOSSIP_STORED);
        gossip->tell(gossip->context, &news);
    }
    if (unit->stored > 0) {
        struct copse_channel_push push = {unit->id, (uint32_t)unit->stored};
        copse_notice_push(&gossip->links, unit->source, &unit->community, &push);
    }
    if (link != NULL && !link->is_over) {
        (void)gossip_is_fine(gossip, copse_topics_stored(&gossip->topics, link, unit));
    }
}

static void gossip_flush(struct copse_gossip *gossip)
{
    copse_shelf_leave(&gossip->shelf);
    if (gossip_is_fine(gossip, copse_ingest_flush(&gossip->ingest, gossip_wall(gossip)))) {
        for (size_t i = 0; i < gossip->ingest.unit_count; i++) {
            gossip_tell_unit(gossip, &gossip->ingest.units[i]);
        }
    }
    copse_ingest_clear(&gossip->ingest);
}

/* Look for what was committed since, by whichever process. */
static enum copse_err gossip_notice(struct copse_gossip *gossip)
{
    static const struct copse_id nobody = {{0}};
    copse_shelf_leave(&gossip->shelf); /* it may be older than what is to be seen */
    enum copse_err err = copse_shelf_enter(&gossip->shelf, &nobody);
    if (err == COPSE_OK) {
        err = copse_notice_look(&gossip->notice, &gossip->links, &gossip->shelf,
                                gossip->ingest.entries);
    }
    for (size_t i = 0; err == COPSE_OK && i < COPSE_LINK_MAX; i++) {
        struct copse_link *link = gossip->links.items[i];
        if (copse_link_is_live(link) && !link->has_left && !link->is_once) {
            err = copse_topics_open(&gossip->topics, link, COPSE_TOPICS_NEW, gossip_now(gossip));
            link->is_dirty = true;
        }
    }
    return err;
}

/* ---- the round ---- */

static void gossip_wake(struct copse_gossip *gossip)
{
    uint64_t at_ms = copse_ingest_deadline_ms(&gossip->ingest);
    at_ms = gossip->poll_ms < at_ms ? gossip->poll_ms : at_ms;
    if (gossip->calls && !gossip->is_stopping) {
        uint64_t call_ms = copse_peers_deadline_ms(gossip->peers);
        call_ms = call_ms > gossip->hold_ms ? call_ms : gossip->hold_ms;
        at_ms = call_ms < at_ms ? call_ms : at_ms;
    }
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        if (gossip->links.items[i] != NULL) {
            uint64_t link_ms = copse_link_deadline_ms(gossip->links.items[i]);
            at_ms = link_ms < at_ms ? link_ms : at_ms;
        }
    }
    gossip->env->wake(gossip->env->context, at_ms);
}

/* The store failed: nothing can be said truthfully any more. */
static void gossip_fail(struct copse_gossip *gossip)
{
    struct copse_gossip_news news = {.kind = COPSE_GOSSIP_FAULT, .err = gossip->fault};
    copse_ingest_clear(&gossip->ingest);
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        if (gossip->links.items[i] != NULL) {
            gossip->links.items[i]->err = gossip->fault;
            gossip_finish(gossip, gossip->links.items[i], COPSE_ENV_AT_ONCE);
        }
    }
    gossip_reap(gossip);
    if (gossip->fault == COPSE_ERR_FULL) {
        gossip->fault = COPSE_OK;
        gossip->hold_ms = gossip_now(gossip) + COPSE_GOSSIP_HOLD_MS;
    }
    gossip->tell(gossip->context, &news);
}

static bool gossip_round(struct copse_gossip *gossip)
{
    bool moved = false;
    for (size_t i = 0; i < COPSE_LINK_MAX && gossip->fault == COPSE_OK; i++) {
        struct copse_link *link = gossip->links.items[i];
        if (link != NULL && link->is_dirty && !link->is_over) {
            gossip_pump(gossip, link);
            moved = true;
        }
    }
    if (gossip->fault == COPSE_OK &&
        copse_ingest_deadline_ms(&gossip->ingest) <= gossip_now(gossip)) {
        gossip_flush(gossip);
        moved = true;
    }
    if (gossip->fault == COPSE_OK && copse_store_number(gossip->store) != gossip->notice.number) {
        (void)gossip_is_fine(gossip, gossip_notice(gossip));
        moved = true;
    }
    return moved && gossip->fault == COPSE_OK;
}

static void gossip_run(struct copse_gossip *gossip)
{
    COPSE_ASSERT(!gossip->is_running);
    gossip->is_running = true;
    bool had_fault = gossip->fault != COPSE_OK; /* told before */
    while (gossip_round(gossip)) {
    }
    copse_shelf_leave(&gossip->shelf);
    if (gossip->fault != COPSE_OK && !had_fault) {
        gossip_fail(gossip);
    }
    gossip_reap(gossip);
    gossip_wake(gossip);
    gossip->is_running = false;
}

/* ---- from outside ---- */

enum copse_err copse_gossip_new(struct copse_gossip **out,
                                const struct copse_gossip_options *options)
{
    const struct copse_memory *memory = copse_store_memory(options->store);
    struct copse_gossip *gossip = copse_memory_new(memory, 1, sizeof(*gossip));
    if (gossip == NULL) {
        return COPSE_ERR_NOMEM;
    }
    gossip->memory = memory;
    gossip->store = options->store;
    gossip->keyring = options->keyring;
    gossip->env = options->env;
    gossip->peers = options->peers;
    gossip->calls = options->calls;
    gossip->agent = options->agent;
    gossip->error = options->error;
    gossip->tell = options->tell;
    gossip->context = options->context;
    copse_noise_pair_from_seed(&gossip->node, copse_keyring_node(options->keyring));
    gossip->links.memory = memory;
    gossip->topics = (struct copse_topics){&gossip->links, &gossip->shelf, &gossip->ingest};
    copse_ingest_init(&gossip->ingest, options->store, copse_keyring_device(options->keyring),
                      options->error);
    enum copse_err err =
        copse_shelf_init(&gossip->shelf, options->store, options->keyring, options->error);
    if (err != COPSE_OK) {
        copse_gossip_free(gossip);
        return err;
    }
    gossip->port = copse_shelf_port(&gossip->shelf);
    *out = gossip;
    return COPSE_OK;
}

void copse_gossip_free(struct copse_gossip *gossip)
{
    if (gossip == NULL) {
        return;
    }
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        if (gossip->links.items[i] != NULL) {
            copse_link_remove(&gossip->links, gossip->links.items[i]);
        }
    }
    copse_ingest_deinit(&gossip->ingest);
    copse_shelf_deinit(&gossip->shelf);
    sodium_memzero(&gossip->node, sizeof(gossip->node));
    copse_memory_free(gossip->memory, gossip);
}

void copse_gossip_node(const struct copse_gossip *gossip, struct copse_id *out)
{
    memcpy(out->bytes, gossip->node.public_key, sizeof(out->bytes));
}

/* Begin a link by calling. */
static enum copse_err gossip_dial(struct copse_gossip *gossip, struct copse_link **out,
                                  struct copse_peers_entry *entry)
{
    struct copse_link *link = NULL;
    enum copse_err err = copse_link_add(&gossip->links, &link, gossip_now(gossip));
    if (err != COPSE_OK) {
        return err;
    }
    link->is_caller = true;
    link->expected = entry->node;
    err = gossip->env->dial(gossip->env->context, link->connection, entry->address);
    if (err == COPSE_OK) {
        entry->connection = link->connection;
        *out = link;
        return COPSE_OK;
    }
    copse_link_remove(&gossip->links, link);
    return err;
}

enum copse_err copse_gossip_call(struct copse_gossip *gossip, uint64_t *connection,
                                 struct copse_peers_entry *entry)
{
    struct copse_link *link = NULL;
    enum copse_err err = gossip_dial(gossip, &link, entry);
    if (err == COPSE_OK) {
        link->is_once = true;
        *connection = link->connection;
        gossip_run(gossip);
    }
    return err;
}

void copse_gossip_stop(struct copse_gossip *gossip)
{
    gossip->is_stopping = true;
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        struct copse_link *link = gossip->links.items[i];
        if (link != NULL && link->session == NULL) {
            gossip_finish(gossip, link, COPSE_ENV_AT_ONCE);
        } else if (link != NULL) {
            copse_link_leave(link, COPSE_CODE_SHUTDOWN);
        }
    }
    gossip_run(gossip);
}

/* Make room for one more from `host`: who has said nothing goes first. False: there is none. */
static bool gossip_make_room(struct copse_gossip *gossip, const char *host)
{
    struct copse_link *victim = NULL;
    if (copse_link_count_from(&gossip->links, host) >= COPSE_GOSSIP_ADDRESS_MAX) {
        victim = copse_link_oldest(&gossip->links, host);
        victim = victim == NULL ? gossip_find_idle(gossip, host) : victim;
    } else if (copse_link_count_greeting(&gossip->links) >= COPSE_GOSSIP_GREETING_MAX) {
        victim = copse_link_oldest(&gossip->links, NULL);
    } else {
        return true;
    }
    if (victim == NULL) {
        return false;
    }
    victim->err = COPSE_ERR_NETWORK;
    gossip_finish(gossip, victim, COPSE_ENV_AT_ONCE);
    gossip_reap(gossip);
    return true;
}

enum copse_err copse_gossip_accepted(struct copse_gossip *gossip, uint64_t *connection,
                                     const char *host)
{
    struct copse_link *link = NULL;
    if (gossip->is_stopping || gossip->fault != COPSE_OK || gossip_now(gossip) < gossip->hold_ms ||
        !gossip_make_room(gossip, host)) {
        return COPSE_ERR_LIMIT;
    }
    enum copse_err err = copse_link_add(&gossip->links, &link, gossip_now(gossip));
    if (err == COPSE_OK) {
        (void)snprintf(link->host, sizeof(link->host), "%s", host);
        link->state = COPSE_LINK_GREETING;
        *connection = link->connection;
        gossip_wake(gossip);
    }
    return err;
}

void copse_gossip_connected(struct copse_gossip *gossip, uint64_t connection)
{
    struct copse_link *link = copse_link_find(&gossip->links, connection);
    if (link != NULL && !link->is_over) {
        link->state = COPSE_LINK_GREETING;
        link->is_dirty = true;
        gossip_run(gossip);
    }
}

void copse_gossip_bytes(struct copse_gossip *gossip, uint64_t connection, struct copse_slice bytes)
{
    struct copse_link *link = copse_link_find(&gossip->links, connection);
    if (link == NULL || link->is_over || bytes.size == 0) {
        return;
    }
    if (copse_link_keep(&gossip->links, link, bytes) != COPSE_OK) {
        link->err = COPSE_ERR_NETWORK;
        gossip_finish(gossip, link, COPSE_ENV_AT_ONCE);
    } else {
        link->is_dirty = true;
    }
    gossip_run(gossip);
}

void copse_gossip_drained(struct copse_gossip *gossip, uint64_t connection)
{
    struct copse_link *link = copse_link_find(&gossip->links, connection);
    if (link != NULL && link->session != NULL) {
        link->is_dirty = true;
        gossip_run(gossip);
    }
}

void copse_gossip_lost(struct copse_gossip *gossip, uint64_t connection)
{
    struct copse_link *link = copse_link_find(&gossip->links, connection);
    if (link != NULL && !link->is_over) {
        link->is_over = true;
        link->err = COPSE_ERR_NETWORK;
        gossip->env->close(gossip->env->context, connection, COPSE_ENV_AT_ONCE);
        gossip_run(gossip);
    }
}

/* Call who is due. */
static void gossip_call_due(struct copse_gossip *gossip, uint64_t now_ms)
{
    struct copse_peers_entry *entry;
    while (gossip->calls && !gossip->is_stopping && gossip->fault == COPSE_OK &&
           now_ms >= gossip->hold_ms && (entry = copse_peers_due(gossip->peers, now_ms)) != NULL) {
        struct copse_link *link = NULL;
        if (gossip_find_other(gossip, NULL, &entry->node) != NULL) {
            copse_peers_put_off(entry, now_ms);
        } else if (gossip_dial(gossip, &link, entry) != COPSE_OK) {
            copse_peers_failed(entry, now_ms, gossip_chance(gossip));
        }
    }
}

void copse_gossip_tick(struct copse_gossip *gossip)
{
    uint64_t now_ms = gossip_now(gossip);
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        struct copse_link *link = gossip->links.items[i];
        if (link == NULL || link->is_over) {
            continue;
        }
        if (link->state != COPSE_LINK_LINKED &&
            now_ms >= link->began_ms + COPSE_GOSSIP_GREETING_MS) {
            link->err = COPSE_ERR_NETWORK;
            gossip_finish(gossip, link, COPSE_ENV_AT_ONCE);
        } else if (link->session != NULL && copse_session_deadline_ms(link->session) <= now_ms) {
            copse_session_tick(link->session, now_ms);
            link->is_dirty = true;
        } else if (copse_link_deadline_ms(link) <= now_ms) {
            link->is_dirty = true; /* a topic is to be opened again */
        }
    }
    if (now_ms >= gossip->poll_ms) {
        gossip->poll_ms = now_ms + COPSE_GOSSIP_POLL_MS;
    }
    if (now_ms >= gossip->clear_ms) {
        gossip->clear_ms = now_ms + CLEAR_READERS_MS;
        copse_store_clear_readers(gossip->store);
    }
    gossip_call_due(gossip, now_ms);
    gossip_run(gossip);
}

void copse_gossip_poked(struct copse_gossip *gossip)
{
    if (gossip->fault == COPSE_OK && copse_store_number(gossip->store) != gossip->notice.number) {
        gossip_run(gossip);
    }
}
