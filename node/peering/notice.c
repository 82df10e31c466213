/* How it works: arrival numbers rise by one with each entry of the store, so comparing counts tells
 * whether anything but what sessions brought is new. If so the new arrivals are walked, and
 * those that follow one another in a log are pushed as one stretch, which a session cuts into runs.
 */
#include "node/peering/notice.h"

void copse_notice_push(struct copse_link_table *table, uint64_t except,
                       const struct copse_id *community, const struct copse_channel_push *push)
{
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        struct copse_link *link = table->items[i];
        if (copse_link_is_live(link) && link->connection != except) {
            copse_session_push(link->session, community, push);
            link->is_dirty = true;
        }
    }
}

/* Entries that arrived one behind the other in one log. */
struct stretch {
    struct copse_position last;
    struct copse_id id;
    uint32_t count;
    bool is_signed;
};

static void notice_push_stretch(struct copse_link_table *table, const struct copse_id *community,
                                const struct stretch *stretch)
{
    struct copse_channel_push push = {stretch->id, stretch->count};
    if (stretch->count > 0 && stretch->is_signed) {
        copse_notice_push(table, 0, community, &push);
    }
}

/* Push what arrived in a community and class. */
static enum copse_err notice_push_class(const struct copse_notice *notice,
                                        struct copse_link_table *table, struct copse_txn *txn,
                                        const struct copse_secrets_community *community,
                                        enum copse_entry_class class)
{
    struct copse_entries_arrival arrival = {.number = notice->arrival};
    struct stretch stretch = {.count = 0};
    enum copse_err err;
    while ((err = copse_entries_arrived_after(txn, &arrival, community->number, class,
                                              arrival.number)) == COPSE_OK) {
        struct copse_held held;
        struct copse_entries_row row;
        err = copse_entries_at(txn, &held, &row, &arrival.position);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
        bool follows = stretch.count > 0 && stretch.last.log == held.position.log &&
                       stretch.last.branch == held.position.branch &&
                       stretch.last.seq + 1 == held.position.seq;
        if (!follows) {
            notice_push_stretch(table, &community->id, &stretch);
            stretch.count = 0;
        }
        stretch.last = held.position;
        stretch.id = held.id;
        stretch.is_signed = row.is_signed;
        stretch.count++;
    }
    notice_push_stretch(table, &community->id, &stretch);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* Too much to push: let the sessions compare. */
static void notice_compare(struct copse_link_table *table)
{
    for (size_t i = 0; i < COPSE_LINK_MAX; i++) {
        struct copse_link *link = table->items[i];
        for (size_t j = 0; copse_link_is_live(link) && j < link->topic_count; j++) {
            copse_session_compare(link->session, &link->topics[j].community);
            link->is_dirty = true;
        }
    }
}

/* The newest arrival in the communities that are spoken of. */
static enum copse_err notice_newest(const struct copse_notice *notice, uint64_t *out,
                                    struct copse_txn *txn,
                                    const struct copse_secrets_community *communities, size_t count)
{
    uint64_t newest = notice->arrival;
    for (size_t i = 0; i < count; i++) {
        for (unsigned class = 0; class < 2; class ++) {
            struct copse_entries_arrival last;
            enum copse_err err = copse_entries_arrived_before(
                txn, &last, communities[i].number, (enum copse_entry_class) class, UINT64_MAX);
            if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
                return err;
            }
            newest = err == COPSE_OK && last.number > newest ? last.number : newest;
        }
    }
    *out = newest;
    return COPSE_OK;
}

enum copse_err copse_notice_look(struct copse_notice *notice, struct copse_link_table *table,
                                 struct copse_shelf *shelf, uint64_t entries)
{
    const struct copse_secrets_community *communities = NULL;
    size_t count = 0;
    uint64_t newest = 0;
    enum copse_err err = copse_shelf_communities(shelf, &communities, &count);
    if (err == COPSE_OK) {
        err = notice_newest(notice, &newest, shelf->txn, communities, count);
    }
    if (err != COPSE_OK) {
        return err;
    }
    uint64_t fresh = newest - notice->arrival;
    bool is_told = notice->number == 0 || fresh == entries - notice->entries ||
                   copse_link_count_linked(table) == 0;
    if (!is_told && fresh > COPSE_GOSSIP_PUSH_MAX) {
        notice_compare(table);
        is_told = true;
    }
    for (size_t i = 0; err == COPSE_OK && !is_told && i < count; i++) {
        err = notice_push_class(notice, table, shelf->txn, &communities[i], COPSE_ENTRY_CONTROL);
        if (err == COPSE_OK) {
            err = notice_push_class(notice, table, shelf->txn, &communities[i], COPSE_ENTRY_DATA);
        }
    }
    if (err == COPSE_OK) {
        *notice = (struct copse_notice){copse_store_txn_number(shelf->txn), newest, entries};
    }
    return err;
}
