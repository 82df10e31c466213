/* Network: virtual time, and streams of bytes between nodes that are slow, stop and break.
 *
 * One heap of events. A stream keeps its bytes in order, as TCP does; how long they take, and in
 * which pieces they come, is a matter of chance for each path, so streams overtake one another.
 * A path that is closed loses nothing: what is on its way comes when it opens, if both ends last.
 *
 *   CALLING --accepted--> OPEN --close, reset, forget, down--> over (an end is told, or never)
 *
 * Words:  path    from one node to another; the way back is another one
 *         wire    a connection; side 0 has called
 *         silent  an end that is gone without a word: the other one learns it when it speaks, or
 *                 never
 */
#ifndef COPSE_TESTS_SIM_NET_H
#define COPSE_TESTS_SIM_NET_H

#include "node/peering/env.h"
#include "tests/support/random.h"

#define NET_NODES_MAX 8u
#define NET_STRANGER NET_NODES_MAX /* somebody who is no node */
#define NET_WIRES_MAX 256u
#define NET_QUEUE_MAX 1048576u /* bytes queued for a peer that does not read */
#define NET_WINDOW 65536u      /* bytes on the way and not read */

struct net_path {
    uint32_t delay_ms;
    uint32_t jitter_ms;
    uint32_t bytes_per_ms;
    uint32_t piece_max;
    uint64_t closed_until_ms; /* nothing arrives before */
};

struct net_end {
    size_t node;
    uint64_t connection; /* 0: nobody is told any more */
    bool is_reading;
    bool is_silent;
    bool is_broken;      /* what it says comes nowhere */
    bool has_ended;      /* says nothing more */
    bool is_over_due;    /* the other end's end has come, but not all before it was read */
    bool is_drained_due; /* an event is on its way */
    uint8_t *bytes;      /* to the other end: those that arrived, those on the way, those queued */
    size_t capacity;
    size_t arrived, flying, queued;
    uint64_t free_ms; /* when the last of those on the way has left */
};

struct net_wire {
    bool is_used;
    bool is_calling;
    uint32_t generation;
    struct net_end ends[2];
};

struct net_event {
    uint64_t at_ms;
    uint64_t sequence;
    uint32_t kind;
    uint32_t generation;
    size_t index; /* a wire, a node, or what the timer was given */
    size_t side;
    size_t size;
};

/* What the network tells; nothing of it is called from inside a call of the port. */
struct net_user {
    enum copse_err (*accepted)(void *context, size_t node, uint64_t *connection, const char *host);
    void (*connected)(void *context, size_t node, uint64_t connection);
    void (*bytes)(void *context, size_t node, uint64_t connection, struct copse_slice bytes);
    void (*drained)(void *context, size_t node, uint64_t connection);
    void (*lost)(void *context, size_t node, uint64_t connection);
    void (*tick)(void *context, size_t node);
    void (*timer)(void *context, uint32_t what, size_t number);
    void *context;
};

struct net {
    struct copse_random *random;
    struct net_user user;
    uint64_t now_ms;
    uint64_t sequence;
    uint32_t generation;
    struct net_event *heap;
    size_t heap_count, heap_capacity;
    struct net_wire wires[NET_WIRES_MAX];
    size_t wire_top; /* those from here on were never used */
    struct net_path paths[NET_NODES_MAX + 1][NET_NODES_MAX + 1];
    bool is_up[NET_NODES_MAX];
    uint64_t wake_ms[NET_NODES_MAX];
    uint64_t tick_ms[NET_NODES_MAX];
    uint64_t bytes_moved;
};

void net_init(struct net *net, struct copse_random *random, const struct net_user *user);
void net_deinit(struct net *net);

/* Let happen what happens until then. */
void net_run(struct net *net, uint64_t until_ms);

/* Call net_user.timer at a time. */
void net_timer(struct net *net, uint64_t at_ms, uint32_t what, size_t number);

/* ---- the port (env.h) ---- */

enum copse_err net_dial(struct net *net, size_t node, uint64_t connection, size_t to);
enum copse_err net_send(struct net *net, size_t node, uint64_t connection,
                        struct copse_slice bytes);
size_t net_queued(struct net *net, size_t node, uint64_t connection);
void net_read(struct net *net, size_t node, uint64_t connection, enum copse_env_reading reading);
void net_close(struct net *net, size_t node, uint64_t connection, enum copse_env_closing closing);
void net_wake(struct net *net, size_t node, uint64_t at_ms);

/* A stranger calls a node and says something (maybe nothing), and no more. */
void net_intrude(struct net *net, size_t to, struct copse_slice bytes);

/* ---- faults ---- */

enum net_farewell { NET_TOLD, NET_SILENT };

/* A node is there (again), or is gone with all its ends. */
void net_up(struct net *net, size_t node);
void net_down(struct net *net, size_t node, enum net_farewell farewell);

/* Break a random connection between nodes: both ends are told, or one and the other one never.
 * False: there is none. *had_bytes: something was on its way. */
bool net_reset(struct net *net, bool *had_bytes);
bool net_forget(struct net *net);

/* Nothing arrives on a path before then. */
void net_shut(struct net *net, size_t from, size_t to, uint64_t until_ms);

/* Connections that a node knows of; those of them that strangers began; the bytes queued on that
 * which has most. */
size_t net_count(const struct net *net, size_t node);
size_t net_count_strangers(const struct net *net, size_t node);
size_t net_most_queued(const struct net *net, size_t node);

#endif
