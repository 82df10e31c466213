/* Gossip: all sessions of this node, between the network and the store.
 *
 * Stands on the port env.h alone: bytes come in by the functions below, everything else is asked of
 * the port. Sessions read the store through the shelf, and what they bring goes through ingest.
 * What is newly stored, by this process or another one, is pushed on all sessions.
 *
 *   a link:  CALLING --connected--> GREETING --READY--> LINKED --ENDED, lost--> gone
 *
 * Words:  link   a connection and its session
 *         topic  a community on a link
 *         once   a link that ends by itself when all its topics are equal or closed
 */
#ifndef COPSE_NODE_PEERING_GOSSIP_H
#define COPSE_NODE_PEERING_GOSSIP_H

#include "node/peering/env.h"
#include "node/peering/ingest.h"
#include "node/peering/peers.h"
#include "node/peering/shelf.h"

#define COPSE_GOSSIP_LINKED_MAX 64u      /* links that have said HELLO */
#define COPSE_GOSSIP_GREETING_MAX 64u    /* links that have not */
#define COPSE_GOSSIP_ADDRESS_MAX 8u      /* links from one host */
#define COPSE_GOSSIP_GREETING_MS 10000u  /* for connecting and handshake */
#define COPSE_GOSSIP_QUEUE_BYTES 262144u /* queued for a peer above which nothing more is made */
#define COPSE_GOSSIP_POLL_MS 1000u       /* between looks for what other processes committed */
#define COPSE_GOSSIP_PUSH_MAX 4096u      /* entries at once; more are left to a comparison */
#define COPSE_GOSSIP_WINDOW 1048576u     /* credit a peer is given */
#define COPSE_GOSSIP_HOLD_MS 10000u      /* without peers when the disk is full */
#define COPSE_GOSSIP_MARK_MS 60000u      /* a mark is not written more often */

struct copse_gossip; /* opaque */

enum copse_gossip_news_kind {
    COPSE_GOSSIP_LINKED, /* a peer has said HELLO */
    COPSE_GOSSIP_STORED, /* something of a link's has been */
    COPSE_GOSSIP_EQUAL,  /* a topic is */
    COPSE_GOSSIP_GONE,   /* a link is; the totals hold */
    COPSE_GOSSIP_FAULT,  /* the store failed: all links are gone. With COPSE_ERR_FULL it goes on by
                            itself after COPSE_GOSSIP_HOLD_MS; otherwise stop */
};

struct copse_gossip_news {
    enum copse_gossip_news_kind kind;
    uint64_t connection;
    struct copse_id node;      /* zeros before LINKED */
    struct copse_id community; /* EQUAL */
    enum copse_err err;   /* FAULT, or GONE: COPSE_ERR_NETWORK if it was never LINKED or broke */
    enum copse_code code; /* GONE: what was said */
    bool is_reached;      /* GONE: somebody answered the call */
    bool is_linked;       /* GONE: and was a node */
    size_t topics;        /* GONE: communities opened, of which equal, refused as unknown */
    size_t equal;
    size_t unknown;
    uint64_t entries_in; /* so far: stored that were not here */
    uint64_t entries_out;
    uint64_t bytes_in; /* of the stream */
    uint64_t bytes_out;
};

/* Tells news. It must not call back into this gossip. */
typedef void copse_gossip_tell(void *context, const struct copse_gossip_news *news);

/* All borrowed until free. */
struct copse_gossip_options {
    struct copse_store *store;
    const struct copse_keyring *keyring;
    const struct copse_env *env;
    struct copse_peers *peers; /* addresses; called only if `calls` */
    bool calls;
    struct copse_slice agent; /* name and version of the program */
    struct copse_error *error;
    copse_gossip_tell *tell;
    void *context;
};

/* COPSE_OK, COPSE_ERR_NOMEM or a fault of the store. Begins with nothing; call tick. */
enum copse_err copse_gossip_new(struct copse_gossip **out,
                                const struct copse_gossip_options *options) COPSE_MUST_CHECK;

/* All connections must be closed, or never be told of again. NULL is fine. */
void copse_gossip_free(struct copse_gossip *gossip);

/* The public key of this node. */
void copse_gossip_node(const struct copse_gossip *gossip, struct copse_id *out);

/* Call an address of the book now, once. Sets *connection. COPSE_OK or COPSE_ERR_NETWORK, _NOMEM,
 * _LIMIT. */
enum copse_err copse_gossip_call(struct copse_gossip *gossip, uint64_t *connection,
                                 struct copse_peers_entry *entry) COPSE_MUST_CHECK;

/* Say goodbye on all links. They are gone when the port has sent what is queued. */
void copse_gossip_stop(struct copse_gossip *gossip);

/* ---- what the port tells ---- */

/* Somebody has called from `host` (an address without port). Sets the number of the connection.
 * COPSE_OK, COPSE_ERR_LIMIT or COPSE_ERR_NOMEM: close it. */
enum copse_err copse_gossip_accepted(struct copse_gossip *gossip, uint64_t *connection,
                                     const char *host) COPSE_MUST_CHECK;
void copse_gossip_connected(struct copse_gossip *gossip, uint64_t connection);
void copse_gossip_bytes(struct copse_gossip *gossip, uint64_t connection, struct copse_slice bytes);
void copse_gossip_drained(struct copse_gossip *gossip, uint64_t connection);
void copse_gossip_lost(struct copse_gossip *gossip, uint64_t connection);
void copse_gossip_tick(struct copse_gossip *gossip);

/* Somebody may have committed. Cheap when not. */
void copse_gossip_poked(struct copse_gossip *gossip);

#endif
