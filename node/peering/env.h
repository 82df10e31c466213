/* Port: the world as peering meets it: time, chance, connections.
 *
 * Policy (gossip, peers, ingest) stands on this; uv_env.c and uv_net.c implement it on libuv, the
 * simulator and the tests in memory. Nothing here calls back from inside a call: what happens
 * to a connection is told later, by the functions that gossip.h names for it.
 *
 * Words:  connection  a byte stream to one peer, by a number that is never used twice
 */
#ifndef COPSE_NODE_PEERING_ENV_H
#define COPSE_NODE_PEERING_ENV_H

#include "protocol/base/bytes.h"

enum copse_env_reading { COPSE_ENV_STOP_READING, COPSE_ENV_READ };

enum copse_env_closing {
    COPSE_ENV_AFTER_SENDING, /* what is queued goes out first, as long as the peer takes it */
    COPSE_ENV_AT_ONCE,
};

struct copse_env {
    uint64_t (*now_ms)(void *context);                        /* monotonic */
    uint64_t (*wall_ms)(void *context);                       /* since 1970, for display only */
    void (*random)(void *context, uint8_t *out, size_t size); /* fit for secrets */
    /* Connect to `address` (SPEC 9.5). Told by copse_gossip_connected or _lost. COPSE_OK;
     * COPSE_ERR_NETWORK or _NOMEM: nothing will be told. */
    enum copse_err (*dial)(void *context, uint64_t connection, const char *address);
    /* Queue bytes (copied). COPSE_OK; COPSE_ERR_NOMEM, or COPSE_ERR_LIMIT: the peer does not read;
     * close it. */
    enum copse_err (*send)(void *context, uint64_t connection, struct copse_slice bytes);
    /* Bytes queued and not taken by the system yet. When they get few, copse_gossip_drained. */
    size_t (*queued)(void *context, uint64_t connection);
    void (*read)(void *context, uint64_t connection, enum copse_env_reading reading);
    /* Nothing more is told of the connection afterwards. */
    void (*close)(void *context, uint64_t connection, enum copse_env_closing closing);
    /* Call copse_gossip_tick at this time, instead of the time said before. UINT64_MAX: never. */
    void (*wake)(void *context, uint64_t at_ms);
    void *context;
};

#endif
