/* How it works: one loop with a timer that gossip sets, a watch on the poke file, and two signals.
 * It is run step by step, so that the end is decided in one place. */
#include "node/peering/uv_env.h"

#include "storage/disk.h"

#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#define CHORES_FIRST_MS 2000u

struct copse_uv_env {
    const struct copse_memory *memory;
    uv_loop_t loop;
    uv_timer_t timer;
    uv_timer_t grace;
    uv_timer_t chores;
    copse_uv_env_work *work;
    void *work_context;
    uv_fs_event_t poke;
    uv_signal_t interrupt;
    uv_signal_t terminate;
    struct copse_uv_net *net;
    struct copse_gossip *gossip;
    struct copse_env port;
    bool is_stopping;
    bool is_over; /* the grace is over */
    bool is_interrupted;
};

/* ---- the port ---- */

static uint64_t uv_env_now_ms(void *context)
{
    (void)context;
    return uv_hrtime() / 1000000u;
}

static uint64_t uv_env_wall_ms(void *context)
{
    (void)context;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < 0) {
        return 0;
    }
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void uv_env_random(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
}

static void on_timer(uv_timer_t *timer)
{
    struct copse_uv_env *env = timer->data;
    copse_gossip_tick(env->gossip);
}

static void uv_env_wake(void *context, uint64_t at_ms)
{
    struct copse_uv_env *env = context;
    uint64_t now_ms = uv_env_now_ms(NULL);
    if (at_ms == UINT64_MAX) {
        (void)uv_timer_stop(&env->timer);
        return;
    }
    uv_update_time(&env->loop);
    (void)uv_timer_start(&env->timer, on_timer, at_ms > now_ms ? at_ms - now_ms : 0, 0);
}

static enum copse_err uv_env_dial(void *context, uint64_t connection, const char *address)
{
    struct copse_uv_env *env = context;
    return copse_uv_net_dial(env->net, connection, address);
}

static enum copse_err uv_env_send(void *context, uint64_t connection, struct copse_slice bytes)
{
    struct copse_uv_env *env = context;
    return copse_uv_net_send(env->net, connection, bytes);
}

static size_t uv_env_queued(void *context, uint64_t connection)
{
    struct copse_uv_env *env = context;
    return copse_uv_net_queued(env->net, connection);
}

static void uv_env_read(void *context, uint64_t connection, enum copse_env_reading reading)
{
    struct copse_uv_env *env = context;
    copse_uv_net_read(env->net, connection, reading);
}

static void uv_env_close(void *context, uint64_t connection, enum copse_env_closing closing)
{
    struct copse_uv_env *env = context;
    copse_uv_net_close(env->net, connection, closing);
}

/* ---- beginning and end ---- */

static void on_grace(uv_timer_t *timer)
{
    struct copse_uv_env *env = timer->data;
    env->is_over = true;
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct copse_uv_env *env = handle->data;
    (void)number;
    env->is_interrupted = true;
    env->is_over = env->is_stopping; /* asked twice: at once */
    copse_gossip_stop(env->gossip);
    copse_uv_env_stop(env);
}

static void on_poke(uv_fs_event_t *handle, const char *name, int events, int status)
{
    struct copse_uv_env *env = handle->data;
    (void)name;
    (void)events;
    if (status == 0) {
        copse_gossip_poked(env->gossip);
    }
}

enum copse_err copse_uv_env_new(struct copse_uv_env **out, const struct copse_memory *memory,
                                struct copse_error *error)
{
    struct copse_uv_env *env = copse_memory_new(memory, 1, sizeof(*env));
    if (env == NULL) {
        return COPSE_ERR_NOMEM;
    }
    env->memory = memory;
    if (uv_loop_init(&env->loop) != 0) {
        copse_memory_free(memory, env);
        return copse_error_set(error, COPSE_ERR_NETWORK, "the system gives no event loop");
    }
    /* These cannot fail on a loop that is whole, except signals for want of descriptors. */
    (void)uv_timer_init(&env->loop, &env->timer);
    (void)uv_timer_init(&env->loop, &env->grace);
    (void)uv_timer_init(&env->loop, &env->chores);
    (void)uv_fs_event_init(&env->loop, &env->poke);
    (void)uv_signal_init(&env->loop, &env->interrupt);
    (void)uv_signal_init(&env->loop, &env->terminate);
    env->timer.data = env;
    env->grace.data = env;
    env->chores.data = env;
    env->poke.data = env;
    env->interrupt.data = env;
    env->terminate.data = env;
    env->port = (struct copse_env){
        .now_ms = uv_env_now_ms,
        .wall_ms = uv_env_wall_ms,
        .random = uv_env_random,
        .dial = uv_env_dial,
        .send = uv_env_send,
        .queued = uv_env_queued,
        .read = uv_env_read,
        .close = uv_env_close,
        .wake = uv_env_wake,
        .context = env,
    };
    enum copse_err err = copse_uv_net_new(&env->net, &env->loop, memory);
    if (err != COPSE_OK) {
        copse_uv_env_free(env);
        return err;
    }
    *out = env;
    return COPSE_OK;
}

void copse_uv_env_free(struct copse_uv_env *env)
{
    if (env == NULL) {
        return;
    }
    if (env->net != NULL) {
        copse_uv_net_stop(env->net);
    }
    uv_close((uv_handle_t *)&env->timer, NULL);
    uv_close((uv_handle_t *)&env->grace, NULL);
    uv_close((uv_handle_t *)&env->chores, NULL);
    uv_close((uv_handle_t *)&env->poke, NULL);
    uv_close((uv_handle_t *)&env->interrupt, NULL);
    uv_close((uv_handle_t *)&env->terminate, NULL);
    (void)uv_run(&env->loop, UV_RUN_DEFAULT);
    copse_uv_net_free(env->net);
    int code = uv_loop_close(&env->loop);
    COPSE_ASSERT(code == 0);
    copse_memory_free(env->memory, env);
}

const struct copse_env *copse_uv_env_port(const struct copse_uv_env *env)
{
    return &env->port;
}

struct copse_uv_net *copse_uv_env_net(struct copse_uv_env *env)
{
    return env->net;
}

void copse_uv_env_attach(struct copse_uv_env *env, struct copse_gossip *gossip, const char *home)
{
    struct copse_disk_path path;
    env->gossip = gossip;
    copse_uv_net_attach(env->net, gossip);
    if (copse_disk_join(&path, home, COPSE_STORE_POKE_FILE, NULL) == COPSE_OK) {
        (void)uv_fs_event_start(&env->poke, on_poke, path.text, 0);
    }
    (void)uv_signal_start(&env->interrupt, on_signal, SIGINT);
    (void)uv_signal_start(&env->terminate, on_signal, SIGTERM);
}

void copse_uv_env_stop(struct copse_uv_env *env)
{
    if (!env->is_stopping) {
        env->is_stopping = true;
        (void)uv_timer_start(&env->grace, on_grace, COPSE_UV_ENV_GRACE_MS, 0);
    }
}

static void on_chores(uv_timer_t *timer)
{
    struct copse_uv_env *env = timer->data;
    if (!env->is_stopping) {
        env->work(env->work_context);
    }
}

void copse_uv_env_every(struct copse_uv_env *env, uint64_t interval_ms, copse_uv_env_work *work,
                        void *context)
{
    env->work = work;
    env->work_context = context;
    (void)uv_timer_start(&env->chores, on_chores, CHORES_FIRST_MS, interval_ms);
}

void copse_uv_env_run(struct copse_uv_env *env, bool *interrupted)
{
    copse_gossip_tick(env->gossip);
    while (!env->is_over && !(env->is_stopping && copse_uv_net_is_idle(env->net))) {
        (void)uv_run(&env->loop, UV_RUN_ONCE);
    }
    *interrupted = env->is_interrupted;
}
