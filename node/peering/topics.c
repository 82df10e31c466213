#include "node/peering/topics.h"

#include "protocol/wire/message.h"
#include "storage/shapes.h"

static enum copse_err topics_open(struct copse_link *link, struct copse_link_topic *topic,
                                  uint64_t now_ms)
{
    enum copse_err err = copse_session_open(link->session, &topic->community, now_ms);
    topic->again_ms = UINT64_MAX;
    if (err == COPSE_OK || err == COPSE_ERR_EXISTS) {
        topic->state = err == COPSE_OK ? COPSE_LINK_OPENING : COPSE_LINK_OPEN;
        topic->is_ours = err == COPSE_OK;
    }
    if (err == COPSE_ERR_EXISTS || err == COPSE_ERR_BUSY || err == COPSE_ERR_LIMIT ||
        err == COPSE_ERR_NOT_FOUND) {
        err = COPSE_OK; /* not on this link */
    }
    return err;
}

enum copse_err copse_topics_open(struct copse_topics *topics, struct copse_link *link,
                                 enum copse_topics_manner manner, uint64_t now_ms)
{
    const struct copse_secrets_community *communities = NULL;
    size_t count = 0;
    bool opens = manner == COPSE_TOPICS_NEW || link->is_caller;
    enum copse_err err = copse_shelf_enter(topics->shelf, &link->node);
    if (err == COPSE_OK) {
        err = copse_shelf_communities(topics->shelf, &communities, &count);
    }
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        struct copse_link_topic *topic = copse_link_topic(link, &communities[i].id);
        if (topic != NULL && !copse_link_is_topic_due(topic, now_ms)) {
            continue;
        }
        err = copse_link_add_topic(topics->links, link, &topic, &communities[i].id);
        if (err == COPSE_OK && opens) {
            err = topics_open(link, topic, now_ms);
        } else if (err == COPSE_OK) {
            topic->again_ms = now_ms + COPSE_LINK_AGAIN_MS; /* the caller may know no such secret */
        }
    }
    return err;
}

/* The next EDITs that others lean on and that are not here. */
static enum copse_err topics_list_edits(struct copse_topics *topics, struct copse_id *ids,
                                        size_t *count, struct copse_link_topic *topic)
{
    struct copse_txn *txn = topics->shelf->txn;
    uint32_t number = 0;
    enum copse_err err = copse_entries_community(txn, &number, &topic->community);
    while (err == COPSE_OK && *count < COPSE_MESSAGE_IDS_MAX && topic->edits_left > 0) {
        err = copse_shapes_next_awaited(txn, &ids[*count], &topic->edits, number);
        *count += err == COPSE_OK;
        topic->edits_left -= err == COPSE_OK;
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* Go on in the list where the last time ended, or begin it again if that was at its end. */
static enum copse_err topics_turn_list(struct copse_topics *topics, struct copse_link *link,
                                       struct copse_link_topic *topic)
{
    struct copse_id id;
    uint64_t cursor = topic->edits;
    uint32_t number = 0;
    enum copse_err err = copse_shelf_enter(topics->shelf, &link->node);
    if (err == COPSE_OK) {
        err = copse_entries_community(topics->shelf->txn, &number, &topic->community);
    }
    if (err == COPSE_OK) {
        err = copse_shapes_next_awaited(topics->shelf->txn, &id, &cursor, number);
    }
    topic->edits = err == COPSE_ERR_NOT_FOUND ? 0 : topic->edits;
    topic->edits_left = COPSE_TOPICS_EDITS_MAX;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* The next entries whose contents are not here. */
static enum copse_err topics_list_contents(struct copse_topics *topics, struct copse_id *ids,
                                           size_t *count, struct copse_link_topic *topic)
{
    struct copse_position position;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && *count < COPSE_MESSAGE_IDS_MAX) {
        struct copse_held held;
        struct copse_txn *txn = topics->shelf->txn;
        err = copse_contents_next_missing(txn, &position, &topic->cursor);
        if (err == COPSE_OK) {
            err = copse_entries_at(txn, &held, NULL, &position);
        }
        if (err == COPSE_OK && copse_bytes_equal_ids(copse_entry_community(&held.entry, &held.id),
                                                     &topic->community)) {
            ids[(*count)++] = held.id;
        } else if (err == COPSE_OK) {
            topic->cursor = (struct copse_position){position.log + 1, 0, 0}; /* its whole log is */
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* Ask for what a topic lacks: EDITs that others lean on, then contents. Each list is walked once.
 */
static enum copse_err topics_want(struct copse_topics *topics, struct copse_link *link,
                                  struct copse_link_topic *topic)
{
    struct copse_id ids[COPSE_MESSAGE_IDS_MAX];
    enum copse_message_what what = COPSE_MESSAGE_ENTRIES;
    size_t count = 0;
    enum copse_err err = copse_shelf_enter(topics->shelf, &link->node);
    if (err == COPSE_OK) {
        err = topics_list_edits(topics, ids, &count, topic);
    }
    if (err == COPSE_OK && count == 0) {
        what = COPSE_MESSAGE_CONTENTS;
        err = topics_list_contents(topics, ids, &count, topic);
    }
    if (err != COPSE_OK) {
        return err;
    }
    topic->wanted = copse_session_want(link->session, &topic->community, what, ids, count);
    topic->is_wanting = topic->wanted > 0;
    return COPSE_OK;
}

/* When the last entry of class 0 arrived: a mark from before says nothing of it. */
static enum copse_err topics_last_act(struct copse_txn *txn, uint64_t *out,
                                      const struct copse_id *community)
{
    struct copse_entries_arrival last;
    uint32_t number = 0;
    enum copse_err err = copse_entries_community(txn, &number, community);
    if (err == COPSE_OK) {
        err = copse_entries_arrived_before(txn, &last, number, COPSE_ENTRY_CONTROL, UINT64_MAX);
    }
    *out = err == COPSE_OK ? last.arrived_ms : 0;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_topics_equal(struct copse_topics *topics, struct copse_link *link,
                                  struct copse_link_topic *topic, uint64_t wall_ms)
{
    struct copse_shelf *shelf = topics->shelf;
    uint64_t marked_ms = 0;
    uint64_t acted_ms = 0;
    topic->state = COPSE_LINK_EQUAL;
    topic->closures = 0;
    enum copse_err err = copse_shelf_enter(shelf, &link->node);
    if (err == COPSE_OK) {
        err = copse_shelf_get_mark(shelf->txn, &marked_ms, &link->node, &topic->community);
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    if (err == COPSE_OK) {
        err = topics_last_act(shelf->txn, &acted_ms, &topic->community);
    }
    /* A mark of later than now is from a clock that was wrong. */
    bool is_fresh =
        marked_ms > acted_ms && marked_ms <= wall_ms && wall_ms - marked_ms < COPSE_GOSSIP_MARK_MS;
    if (err == COPSE_OK && !is_fresh) {
        err = copse_shelf_put_mark(shelf, &link->node, &topic->community, wall_ms);
    }
    copse_shelf_leave(shelf); /* sweeping may write */
    if (err == COPSE_OK) {
        err = copse_ingest_sweep(topics->ingest, &topic->community, wall_ms);
    }
    if (err == COPSE_OK) {
        err = copse_store_tidy(shelf->store, shelf->error);
    }
    if (err == COPSE_OK && !topic->is_wanting) {
        topic->cursor = (struct copse_position){0, 0, 0};
        err = topics_turn_list(topics, link, topic);
    }
    if (err == COPSE_OK && !topic->is_wanting) {
        err = topics_want(topics, link, topic);
    }
    return err;
}

enum copse_err copse_topics_closed(struct copse_topics *topics, struct copse_link *link,
                                   struct copse_link_topic *topic, enum copse_code code,
                                   uint64_t now_ms)
{
    struct copse_shelf *shelf = topics->shelf;
    uint64_t marked_ms = 0;
    if (code == COPSE_CODE_DUPLICATE) {
        /* The peer's own OPEN stands, unless it comes to nothing. */
        bool is_asked = topic->state == COPSE_LINK_OPENING;
        topic->state = is_asked ? COPSE_LINK_QUIET : topic->state;
        topic->again_ms = is_asked ? now_ms + COPSE_LINK_AGAIN_MS : topic->again_ms;
        return COPSE_OK;
    }
    copse_link_close_topic(link, topic, code, now_ms);
    if (code != COPSE_CODE_NOT_MEMBER) {
        return COPSE_OK;
    }
    enum copse_err err = copse_shelf_enter(shelf, &link->node);
    if (err == COPSE_OK) {
        err = copse_shelf_get_mark(shelf->txn, &marked_ms, &link->node, &topic->community);
    }
    if (err == COPSE_OK) {
        /* The peer has lost what it knew: introduce this device again next time. */
        err = copse_shelf_put_mark(shelf, &link->node, &topic->community, 0);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_topics_stored(struct copse_topics *topics, struct copse_link *link,
                                   const struct copse_ingest_unit *unit)
{
    struct copse_link_topic *topic = copse_link_topic(link, &unit->community);
    if (topic != NULL && unit->kind == COPSE_SESSION_LOOSE) {
        return copse_topics_answered(topics, link, topic);
    }
    bool is_news = topic != NULL && topic->state == COPSE_LINK_EQUAL && !topic->is_wanting &&
                   unit->stored > 0 && unit->class == COPSE_ENTRY_DATA;
    return is_news ? topics_want(topics, link, topic) : COPSE_OK;
}

enum copse_err copse_topics_answered(struct copse_topics *topics, struct copse_link *link,
                                     struct copse_link_topic *topic)
{
    topic->wanted -= topic->wanted > 0;
    return topic->wanted == 0 && topic->is_wanting ? topics_want(topics, link, topic) : COPSE_OK;
}
