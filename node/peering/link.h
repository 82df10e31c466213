/* Links: the connections of this node with what is known of each. Part of gossip.h.
 *
 *   CALLING --connected--> GREETING --READY--> LINKED
 *     any state --over--> to be reaped by gossip.c
 *
 * Words:  topic  a community on a link
 */
#ifndef COPSE_NODE_PEERING_LINK_H
#define COPSE_NODE_PEERING_LINK_H

#include "node/peering/gossip.h"

#define COPSE_LINK_MAX (COPSE_GOSSIP_LINKED_MAX + COPSE_GOSSIP_GREETING_MAX)
#define COPSE_LINK_HOST_BYTES 64u
#define COPSE_LINK_PENDING_MAX 1048576u /* bytes read that the session does not take yet */
#define COPSE_LINK_AGAIN_MS 5000u       /* until a topic that is not open is opened; doubles */
#define COPSE_LINK_AGAIN_MAX_MS 3600000u

enum copse_link_state { COPSE_LINK_CALLING, COPSE_LINK_GREETING, COPSE_LINK_LINKED };

enum copse_link_topic_state {
    COPSE_LINK_QUIET,   /* known on this side, not opened */
    COPSE_LINK_OPENING, /* this side asks to, and is not answered */
    COPSE_LINK_OPEN,
    COPSE_LINK_EQUAL, /* found so once; live since */
    COPSE_LINK_CLOSED,
};

struct copse_link_topic {
    struct copse_id community;
    enum copse_link_topic_state state;
    enum copse_code code; /* CLOSED */
    bool is_ours;         /* this side has opened it, and opens it again when it is closed */
    uint32_t closures;    /* in a row */
    uint64_t again_ms;    /* QUIET, CLOSED: not opened (again) before */
    bool is_wanting;      /* contents or entries are being asked for */
    size_t wanted;        /* and not answered */
    struct copse_position cursor; /* in the list of contents that are missing */
    uint64_t edits;               /* in that of EDITs that others lean on (storage/shapes.h) */
    size_t edits_left;            /* of them that are asked for until both are equal again */
};

struct copse_link {
    uint64_t connection;
    enum copse_link_state state;
    bool is_caller; /* this side has called */
    bool is_once;   /* ends when all its topics are equal or closed */
    bool is_dirty;  /* something happened: to be pumped */
    bool is_over;   /* nothing more is to be said; to be reaped */
    bool is_reading;
    bool has_left; /* a goodbye was asked of the session */
    char host[COPSE_LINK_HOST_BYTES];
    struct copse_id expected; /* node key; zeros: any */
    struct copse_id node;     /* zeros before READY */
    uint64_t began_ms;
    struct copse_session *session; /* NULL: not yet */
    uint8_t *pending;
    size_t pending_size;
    size_t pending_capacity;
    struct copse_link_topic *topics;
    size_t topic_count;
    size_t topic_capacity;
    uint64_t entries_in;
    enum copse_err err;
    enum copse_code code;
};

struct copse_link_table {
    const struct copse_memory *memory;
    struct copse_link *items[COPSE_LINK_MAX]; /* NULL: free */
    uint64_t last_connection;
};

/* Make a link with the next number. COPSE_OK, COPSE_ERR_LIMIT or COPSE_ERR_NOMEM. */
enum copse_err copse_link_add(struct copse_link_table *table, struct copse_link **out,
                              uint64_t now_ms) COPSE_MUST_CHECK;

/* Take a link out and free it with its session. */
void copse_link_remove(struct copse_link_table *table, struct copse_link *link);

/* By number; NULL: none. */
struct copse_link *copse_link_find(const struct copse_link_table *table, uint64_t connection);

/* Has it said HELLO and not been given up? NULL: no. */
bool copse_link_is_live(const struct copse_link *link);

/* Links that are not over: those that have said HELLO, those that have not, those from a host. */
size_t copse_link_count_linked(const struct copse_link_table *table);
size_t copse_link_count_greeting(const struct copse_link_table *table);
size_t copse_link_count_from(const struct copse_link_table *table, const char *host);

/* The oldest that was accepted and has not said HELLO, from a host or (NULL) any. NULL: none. */
struct copse_link *copse_link_oldest(const struct copse_link_table *table, const char *host);

/* The oldest that was accepted before `before_ms`, has said HELLO, and has no community open, from
 * a host or (NULL) any. NULL: none. */
struct copse_link *copse_link_idle(const struct copse_link_table *table, const char *host,
                                   uint64_t before_ms);

/* The topic of a community; NULL: none. Borrowed until one is added. */
struct copse_link_topic *copse_link_topic(const struct copse_link *link,
                                          const struct copse_id *community);
/* The same, made if there is none. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_link_add_topic(struct copse_link_table *table, struct copse_link *link,
                                    struct copse_link_topic **out,
                                    const struct copse_id *community) COPSE_MUST_CHECK;

/* Keep bytes until the session takes them. COPSE_OK, COPSE_ERR_NOMEM or COPSE_ERR_LIMIT. */
enum copse_err copse_link_keep(struct copse_link_table *table, struct copse_link *link,
                               struct copse_slice bytes) COPSE_MUST_CHECK;
/* All but the last `left` of the bytes kept were taken. */
void copse_link_consume(struct copse_link *link, size_t left);

/* Ask the session to say goodbye, once. */
void copse_link_leave(struct copse_link *link, enum copse_code code);

/* The session has closed a topic: when to open it again. */
void copse_link_close_topic(const struct copse_link *link, struct copse_link_topic *topic,
                            enum copse_code code, uint64_t now_ms);

/* Is a topic to be opened now? */
bool copse_link_is_topic_due(const struct copse_link_topic *topic, uint64_t now_ms);

/* When a topic is to be opened (again); UINT64_MAX: none. */
uint64_t copse_link_again_ms(const struct copse_link *link);

/* Is it there for once, and all is said? */
bool copse_link_is_done(const struct copse_link *link);

/* When something is due: the end of greeting, or what the session waits for. */
uint64_t copse_link_deadline_ms(const struct copse_link *link);

struct copse_gossip_news copse_link_news(const struct copse_link *link,
                                         enum copse_gossip_news_kind kind);

#endif
