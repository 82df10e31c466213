/* Connections over TCP, on libuv: the part of the port env.h that speaks to the network.
 *
 * Words:  stream  one connection here: a handle of libuv with what is queued for it
 */
#ifndef COPSE_NODE_PEERING_UV_NET_H
#define COPSE_NODE_PEERING_UV_NET_H

#include "node/peering/gossip.h"

#define COPSE_UV_NET_QUEUE_MAX 1048576u /* bytes queued for a peer that end its connection */
#define COPSE_UV_NET_STUCK_MS 30000u    /* without a byte taken by the peer, the same */
#define COPSE_UV_NET_ENDING_MAX 64u     /* connections that only send their last bytes */

struct copse_uv_net; /* opaque */
struct uv_loop_s;

/* COPSE_OK or COPSE_ERR_NOMEM. `loop` is borrowed until free. */
enum copse_err copse_uv_net_new(struct copse_uv_net **out, struct uv_loop_s *loop,
                                const struct copse_memory *memory) COPSE_MUST_CHECK;

/* What happens is told to this one from now on; borrowed. */
void copse_uv_net_attach(struct copse_uv_net *net, struct copse_gossip *gossip);

/* Listen at "ADDR:PORT" or "[ADDR6]:PORT"; port 0: any. `at` is set to what it came to.
 * COPSE_OK; COPSE_ERR_DECODE (no such address), COPSE_ERR_BUSY (taken), COPSE_ERR_NETWORK. */
#define COPSE_UV_NET_ADDRESS_BYTES 64u
enum copse_err copse_uv_net_listen(struct copse_uv_net *net, char at[COPSE_UV_NET_ADDRESS_BYTES],
                                   const char *address, struct copse_error *error) COPSE_MUST_CHECK;

/* The addresses (SPEC 9.5) under which others may reach what listens at `at`: itself, or those of
 * this machine where it listens at all of them (without a network its own). Sets
 * out->address_count. */
void copse_uv_net_addresses(struct copse_ticket_peer *out, const char *at);

/* Functions of the port. */
enum copse_err copse_uv_net_dial(void *context, uint64_t connection, const char *address);
enum copse_err copse_uv_net_send(void *context, uint64_t connection, struct copse_slice bytes);
size_t copse_uv_net_queued(void *context, uint64_t connection);
void copse_uv_net_read(void *context, uint64_t connection, enum copse_env_reading reading);
void copse_uv_net_close(void *context, uint64_t connection, enum copse_env_closing closing);

/* Close what is open; memory goes as the loop runs on. Then, when the loop has run out, free. */
void copse_uv_net_stop(struct copse_uv_net *net);
bool copse_uv_net_is_idle(const struct copse_uv_net *net); /* no connection is left */
void copse_uv_net_free(struct copse_uv_net *net);          /* NULL is fine */

#endif
