/* The port env.h on libuv: the loop of a process, its clock, its signals, and the poke file.
 */
#ifndef COPSE_NODE_PEERING_UV_ENV_H
#define COPSE_NODE_PEERING_UV_ENV_H

#include "node/peering/gossip.h"
#include "node/peering/uv_net.h"

#define COPSE_UV_ENV_GRACE_MS 2000u /* for goodbyes, after stop */

struct copse_uv_env; /* opaque */

/* COPSE_OK, COPSE_ERR_NOMEM or COPSE_ERR_NETWORK. */
enum copse_err copse_uv_env_new(struct copse_uv_env **out, const struct copse_memory *memory,
                                struct copse_error *error) COPSE_MUST_CHECK;
void copse_uv_env_free(struct copse_uv_env *env); /* NULL is fine */

/* The port, and its network; borrowed until free. */
const struct copse_env *copse_uv_env_port(const struct copse_uv_env *env);
struct copse_uv_net *copse_uv_env_net(struct copse_uv_env *env);

/* Tell this gossip from now on what happens; borrowed until free. `home` is where the poke file
 * lies (a process that cannot watch it goes by the poll alone). */
void copse_uv_env_attach(struct copse_uv_env *env, struct copse_gossip *gossip, const char *home);

/* Call `work` every so often while it runs, the first time after two seconds. Once; `work` must not
 * call back into the gossip. */
typedef void copse_uv_env_work(void *context);
void copse_uv_env_every(struct copse_uv_env *env, uint64_t interval_ms, copse_uv_env_work *work,
                        void *context);

/* Run until stop, or until an interrupt or SIGTERM has said goodbye to all peers. Sets
 * *interrupted. */
void copse_uv_env_run(struct copse_uv_env *env, bool *interrupted);

/* End run when what is queued has gone out. May be called from what gossip tells. */
void copse_uv_env_stop(struct copse_uv_env *env);

#endif
