#include "node/peering/link.h"

#include <string.h>

enum copse_err copse_link_add(struct copse_link_table *table, struct copse_link **out,
                              uint64_t now_ms)
{
    size_t place = 0;
    while (place < COPSE_LINK_MAX && table->items[place] != NULL) {
        place++;
    }
    if (place == COPSE_LINK_MAX) {
        return COPSE_ERR_LIMIT;
    }
    struct copse_link *link = copse_memory_new(table->memory, 1, sizeof(*link));
    if (link == NULL) {
        return COPSE_ERR_NOMEM;
    }
    link->connection = ++table->last_connection;
    link->began_ms = now_ms;
    link->is_reading = true;
    table->items[place] = link;
    *out = link;
    return COPSE_OK;
}

void copse_link_remove(struct copse_link_table *table, struct copse_link *link)
{
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        if (table->items[i] == link) {
            table->items[i] = NULL;
        }
    }
    copse_session_free(link->session);
    copse_memory_free(table->memory, link->pending);
    copse_memory_free(table->memory, link->topics);
    copse_memory_free(table->memory, link);
}

struct copse_link *copse_link_find(const struct copse_link_table *table, uint64_t connection)
{
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        if (table->items[i] != NULL && table->items[i]->connection == connection) {
            return table->items[i];
        }
    }
    return NULL;
}

bool copse_link_is_live(const struct copse_link *link)
{
    return link != NULL && link->state == COPSE_LINK_LINKED && !link->is_over;
}

/* ---- counting ---- */

size_t copse_link_count_linked(const struct copse_link_table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        count += copse_link_is_live(table->items[i]);
    }
    return count;
}

size_t copse_link_count_greeting(const struct copse_link_table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        const struct copse_link *link = table->items[i];
        count += link != NULL && !link->is_over && link->state != COPSE_LINK_LINKED;
    }
    return count;
}

size_t copse_link_count_from(const struct copse_link_table *table, const char *host)
{
    size_t count = 0;
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        const struct copse_link *link = table->items[i];
        count += link != NULL && !link->is_over && strcmp(link->host, host) == 0;
    }
    return count;
}

struct copse_link *copse_link_oldest(const struct copse_link_table *table, const char *host)
{
    struct copse_link *oldest = NULL;
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        struct copse_link *link = table->items[i];
        if (link != NULL && link->state != COPSE_LINK_LINKED && !link->is_caller &&
            !link->is_over && (host == NULL || strcmp(link->host, host) == 0) &&
            (oldest == NULL || link->connection < oldest->connection)) {
            oldest = link;
        }
    }
    return oldest;
}

static bool has_open_topic(const struct copse_link *link)
{
    for (size_t i = 0; i < link->topic_count; i++) {
        if (link->topics[i].state == COPSE_LINK_OPEN || link->topics[i].state == COPSE_LINK_EQUAL) {
            return true;
        }
    }
    return false;
}

struct copse_link *copse_link_idle(const struct copse_link_table *table, const char *host,
                                   uint64_t before_ms)
{
    struct copse_link *oldest = NULL;
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        struct copse_link *link = table->items[i];
        if (copse_link_is_live(link) && !link->has_left && !link->is_caller &&
            link->began_ms <= before_ms && !has_open_topic(link) &&
            (host == NULL || strcmp(link->host, host) == 0) &&
            (oldest == NULL || link->connection < oldest->connection)) {
            oldest = link;
        }
    }
    return oldest;
}

/* ---- topics ---- */

struct copse_link_topic *copse_link_topic(const struct copse_link *link,
                                          const struct copse_id *community)
{
    for (size_t i = 0; i < link->topic_count; i++) {
        if (copse_bytes_equal_ids(&link->topics[i].community, community)) {
            return &link->topics[i];
        }
    }
    return NULL;
}

enum copse_err copse_link_add_topic(struct copse_link_table *table, struct copse_link *link,
                                    struct copse_link_topic **out, const struct copse_id *community)
{
    struct copse_link_topic *topic = copse_link_topic(link, community);
    if (topic == NULL) {
        enum copse_err err = copse_memory_grow(table->memory, &link->topics, &link->topic_capacity,
                                               link->topic_count + 1, sizeof(*link->topics));
        if (err != COPSE_OK) {
            return err;
        }
        topic = &link->topics[link->topic_count++];
        *topic = (struct copse_link_topic){
            .community = *community, .state = COPSE_LINK_QUIET, .again_ms = UINT64_MAX};
    }
    *out = topic;
    return COPSE_OK;
}

void copse_link_close_topic(const struct copse_link *link, struct copse_link_topic *topic,
                            enum copse_code code, uint64_t now_ms)
{
    uint64_t wait_ms = COPSE_LINK_AGAIN_MS;
    for (uint32_t i = 0; i < topic->closures && wait_ms < COPSE_LINK_AGAIN_MAX_MS; i++) {
        wait_ms *= 2;
    }
    wait_ms = wait_ms < COPSE_LINK_AGAIN_MAX_MS ? wait_ms : COPSE_LINK_AGAIN_MAX_MS;
    topic->state = COPSE_LINK_CLOSED;
    topic->code = code;
    topic->is_wanting = false;
    topic->closures++;
    topic->again_ms = topic->is_ours && !link->is_once ? now_ms + wait_ms : UINT64_MAX;
}

/* Until when a topic waits to be opened. */
static uint64_t topic_again_ms(const struct copse_link_topic *topic)
{
    bool waits = topic->state == COPSE_LINK_QUIET || topic->state == COPSE_LINK_CLOSED;
    return waits ? topic->again_ms : UINT64_MAX;
}

bool copse_link_is_topic_due(const struct copse_link_topic *topic, uint64_t now_ms)
{
    return topic_again_ms(topic) <= now_ms;
}

uint64_t copse_link_again_ms(const struct copse_link *link)
{
    uint64_t again_ms = UINT64_MAX;
    for (size_t i = 0; i < link->topic_count; i++) {
        uint64_t topic_ms = topic_again_ms(&link->topics[i]);
        again_ms = topic_ms < again_ms ? topic_ms : again_ms;
    }
    return again_ms;
}

/* ---- bytes ---- */

enum copse_err copse_link_keep(struct copse_link_table *table, struct copse_link *link,
                               struct copse_slice bytes)
{
    size_t size = link->pending_size + bytes.size;
    if (size > COPSE_LINK_PENDING_MAX) {
        return COPSE_ERR_LIMIT;
    }
    enum copse_err err =
        copse_memory_grow(table->memory, &link->pending, &link->pending_capacity, size, 1);
    if (err == COPSE_OK) {
        memcpy(link->pending + link->pending_size, bytes.data, bytes.size);
        link->pending_size = size;
    }
    return err;
}

void copse_link_consume(struct copse_link *link, size_t left)
{
    size_t taken = link->pending_size - left;
    if (taken > 0) {
        memmove(link->pending, link->pending + taken, left);
        link->pending_size = left;
    }
}

/* ---- going on and ending ---- */

void copse_link_leave(struct copse_link *link, enum copse_code code)
{
    if (link->session != NULL && !link->has_left) {
        link->has_left = true;
        link->is_dirty = true;
        copse_session_leave(link->session, code);
    }
}

bool copse_link_is_done(const struct copse_link *link)
{
    bool is_done = link->state == COPSE_LINK_LINKED && link->is_once;
    for (size_t i = 0; i < link->topic_count; i++) {
        const struct copse_link_topic *topic = &link->topics[i];
        is_done = is_done && topic->state != COPSE_LINK_OPENING &&
                  topic->state != COPSE_LINK_OPEN && !topic->is_wanting;
    }
    return is_done;
}

uint64_t copse_link_deadline_ms(const struct copse_link *link)
{
    uint64_t deadline_ms =
        link->state == COPSE_LINK_LINKED ? UINT64_MAX : link->began_ms + COPSE_GOSSIP_GREETING_MS;
    uint64_t session_ms =
        link->session == NULL ? UINT64_MAX : copse_session_deadline_ms(link->session);
    uint64_t again_ms = link->has_left ? UINT64_MAX : copse_link_again_ms(link);
    deadline_ms = session_ms < deadline_ms ? session_ms : deadline_ms;
    return again_ms < deadline_ms ? again_ms : deadline_ms;
}

struct copse_gossip_news copse_link_news(const struct copse_link *link,
                                         enum copse_gossip_news_kind kind)
{
    struct copse_gossip_news news = {
        .kind = kind,
        .connection = link->connection,
        .node = link->node,
        .err = link->err,
        .code = link->code,
        .entries_in = link->entries_in,
        .is_reached = link->state != COPSE_LINK_CALLING,
        .is_linked = !copse_bytes_is_zero(&link->node),
    };
    for (size_t i = 0; i < link->topic_count; i++) {
        const struct copse_link_topic *topic = &link->topics[i];
        news.topics += topic->state != COPSE_LINK_QUIET;
        news.equal += topic->state == COPSE_LINK_EQUAL;
        news.unknown += topic->state == COPSE_LINK_CLOSED && topic->code == COPSE_CODE_NOT_MEMBER;
    }
    if (link->session != NULL) {
        struct copse_session_peer peer;
        copse_session_peer(link->session, &peer);
        news.bytes_in = peer.bytes_in;
        news.bytes_out = peer.bytes_out;
        news.entries_out = peer.entries_out;
    }
    return news;
}
