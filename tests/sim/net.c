/* How it works: each end keeps its bytes in one array: first those that have arrived and were not
 * read, then those on their way, then those queued. An event moves a border between them; since
 * bytes are always taken from the front, the order of events does not matter for their order.
 * Events carry the generation of their wire, so those of a wire that is gone do nothing.
 */
#include "tests/sim/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALL, ANSWER, PIECE, DELIVER, DRAINED, OVER, TICK, TIMER };

/* ---- the heap ---- */

static bool is_before(const struct net_event *a, const struct net_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->sequence < b->sequence;
}

static void swap(struct net_event *a, struct net_event *b)
{
    struct net_event kept = *a;
    *a = *b;
    *b = kept;
}

static void push(struct net *net, struct net_event event)
{
    if (net->heap_count == net->heap_capacity) {
        net->heap_capacity = net->heap_capacity == 0 ? 256 : 2 * net->heap_capacity;
        net->heap = realloc(net->heap, net->heap_capacity * sizeof net->heap[0]);
        COPSE_ASSERT(net->heap != NULL);
    }
    event.at_ms = event.at_ms < net->now_ms ? net->now_ms : event.at_ms;
    event.sequence = net->sequence++;
    size_t at = net->heap_count++;
    net->heap[at] = event;
    while (at > 0 && is_before(&net->heap[at], &net->heap[(at - 1) / 2])) {
        swap(&net->heap[at], &net->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static struct net_event pop(struct net *net)
{
    struct net_event first = net->heap[0];
    net->heap[0] = net->heap[--net->heap_count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < net->heap_count && is_before(&net->heap[child], &net->heap[least])) {
                least = child;
            }
        }
        if (least == at) {
            return first;
        }
        swap(&net->heap[at], &net->heap[least]);
        at = least;
    }
}

static void push_wire(struct net *net, const struct net_wire *wire, uint32_t kind, size_t side,
                      size_t size, uint64_t at_ms)
{
    push(net, (struct net_event){.at_ms = at_ms,
                                 .kind = kind,
                                 .generation = wire->generation,
                                 .index = (size_t)(wire - net->wires),
                                 .side = side,
                                 .size = size});
}

/* ---- paths ---- */

/* The path from a side to the other one. */
static const struct net_path *path_of(const struct net *net, const struct net_wire *wire,
                                      size_t side)
{
    return &net->paths[wire->ends[side].node][wire->ends[1 - side].node];
}

/* When something that leaves a side at a time arrives. */
static uint64_t arrival(struct net *net, const struct net_wire *wire, size_t side, uint64_t at_ms)
{
    const struct net_path *path = path_of(net, wire, side);
    at_ms = at_ms > path->closed_until_ms ? at_ms : path->closed_until_ms;
    return at_ms + path->delay_ms + copse_random_below(net->random, (uint64_t)path->jitter_ms + 1);
}

static bool is_closed(const struct net *net, const struct net_wire *wire, size_t side)
{
    return path_of(net, wire, side)->closed_until_ms > net->now_ms;
}

/* ---- wires ---- */

static struct net_wire *add_wire(struct net *net, size_t from, size_t to)
{
    for (size_t i = 0; i < NET_WIRES_MAX; i++) {
        struct net_wire *wire = &net->wires[i];
        if (!wire->is_used) {
            *wire = (struct net_wire){
                .is_used = true,
                .is_calling = true,
                .generation = ++net->generation,
                .ends = {{.node = from, .is_reading = true}, {.node = to, .is_reading = true}}};
            net->wire_top = i < net->wire_top ? net->wire_top : i + 1;
            return wire;
        }
    }
    return NULL;
}

static void drop_bytes(struct net_end *end)
{
    end->arrived = 0;
    end->flying = 0;
    end->queued = 0;
}

static void drop_wire(struct net_wire *wire)
{
    free(wire->ends[0].bytes);
    free(wire->ends[1].bytes);
    memset(wire, 0, sizeof *wire);
}

static struct net_end *find_end(struct net *net, size_t node, uint64_t connection,
                                struct net_wire **wire, size_t *side)
{
    for (size_t i = 0; i < net->wire_top; i++) {
        for (size_t k = 0; net->wires[i].is_used && k < 2; k++) {
            struct net_end *end = &net->wires[i].ends[k];
            if (end->node == node && end->connection == connection) {
                *wire = &net->wires[i];
                *side = k;
                return end;
            }
        }
    }
    return NULL;
}

/* Nothing more comes from this side: tell the other one, unless this side is silent. */
static void end_side(struct net *net, struct net_wire *wire, size_t side)
{
    struct net_end *end = &wire->ends[side];
    if (end->has_ended && !end->is_silent && end->queued == 0 && end->flying == 0) {
        push_wire(net, wire, OVER, 1 - side, 0, arrival(net, wire, side, net->now_ms));
    }
}

/* Let pieces leave as long as the other end takes them. */
static void take(struct net *net, struct net_wire *wire, size_t side)
{
    struct net_end *end = &wire->ends[side];
    const struct net_path *path = path_of(net, wire, side);
    bool had_queue = end->queued > 0;
    while (end->queued > 0 && end->flying + end->arrived < NET_WINDOW) {
        size_t size = 1 + (size_t)copse_random_below(net->random, path->piece_max);
        size = size < end->queued ? size : end->queued;
        uint64_t start_ms = end->free_ms > net->now_ms ? end->free_ms : net->now_ms;
        end->free_ms = start_ms + size / path->bytes_per_ms;
        end->queued -= size;
        end->flying += size;
        push_wire(net, wire, PIECE, side, size, arrival(net, wire, side, end->free_ms));
    }
    if (had_queue && end->queued == 0 && end->connection != 0 && !end->is_drained_due) {
        end->is_drained_due = true;
        push_wire(net, wire, DRAINED, side, 0, net->now_ms);
    }
}

static void tell_lost(struct net *net, struct net_end *end)
{
    uint64_t connection = end->connection;
    end->connection = 0;
    end->has_ended = true;
    drop_bytes(end);
    if (connection != 0 && end->node != NET_STRANGER) {
        net->user.lost(net->user.context, end->node, connection);
    }
}

/* Give an end what has arrived for it. */
static void deliver(struct net *net, struct net_wire *wire, size_t side)
{
    struct net_end *from = &wire->ends[1 - side];
    struct net_end *to = &wire->ends[side];
    while (from->arrived > 0 && (to->is_reading || to->connection == 0)) {
        size_t size = from->arrived;
        uint8_t *bytes = malloc(size);
        COPSE_ASSERT(bytes != NULL);
        memcpy(bytes, from->bytes, size);
        memmove(from->bytes, from->bytes + size, from->flying + from->queued);
        from->arrived = 0;
        net->bytes_moved += size;
        if (to->connection == 0 && to->is_silent && to->node != NET_STRANGER &&
            net->is_up[to->node]) {
            /* who is not known any more is told so */
            push_wire(net, wire, OVER, 1 - side, 0, arrival(net, wire, side, net->now_ms));
        } else if (to->connection != 0 && to->node != NET_STRANGER) {
            net->user.bytes(net->user.context, to->node, to->connection,
                            (struct copse_slice){bytes, size});
        }
        free(bytes);
        take(net, wire, 1 - side);
    }
    if (to->is_over_due && from->arrived == 0 && to->connection != 0) {
        tell_lost(net, to);
    }
}

/* ---- events ---- */

static void on_call(struct net *net, struct net_wire *wire)
{
    static const char stranger[] = "192.0.2.9";
    struct net_end *called = &wire->ends[1];
    char host[32];
    if (is_closed(net, wire, 0)) {
        push_wire(net, wire, CALL, 0, 0, arrival(net, wire, 0, net->now_ms));
        return;
    }
    wire->is_calling = false;
    if (wire->ends[0].connection == 0) {
        return; /* given up meanwhile */
    }
    (void)snprintf(host, sizeof host, "10.0.0.%zu", wire->ends[0].node + 1);
    bool is_stranger = wire->ends[0].node == NET_STRANGER;
    uint64_t connection = 0;
    if (net->is_up[called->node] && net->user.accepted(net->user.context, called->node, &connection,
                                                       is_stranger ? stranger : host) == COPSE_OK) {
        called->connection = connection;
        push_wire(net, wire, ANSWER, 0, 0, arrival(net, wire, 1, net->now_ms));
    } else {
        called->has_ended = true;
        end_side(net, wire, 1);
    }
}

static void on_answer(struct net *net, struct net_wire *wire)
{
    struct net_end *caller = &wire->ends[0];
    if (caller->node == NET_STRANGER) {
        take(net, wire, 0);
    } else if (caller->connection != 0) {
        net->user.connected(net->user.context, caller->node, caller->connection);
    }
}

static void on_piece(struct net *net, struct net_wire *wire, const struct net_event *event)
{
    struct net_end *from = &wire->ends[event->side];
    if (is_closed(net, wire, event->side)) {
        push_wire(net, wire, PIECE, event->side, event->size,
                  arrival(net, wire, event->side, net->now_ms));
        return;
    }
    size_t size = event->size < from->flying ? event->size : from->flying;
    from->flying -= size;
    if (from->is_broken) {
        return;
    }
    from->arrived += size;
    deliver(net, wire, 1 - event->side);
    end_side(net, wire, event->side);
}

static void on_over(struct net *net, struct net_wire *wire, size_t side)
{
    struct net_end *end = &wire->ends[side];
    if (is_closed(net, wire, 1 - side)) {
        push_wire(net, wire, OVER, side, 0, arrival(net, wire, 1 - side, net->now_ms));
        return;
    }
    end->is_over_due = true;
    deliver(net, wire, side);
}

static void on_wire(struct net *net, const struct net_event *event)
{
    struct net_wire *wire = &net->wires[event->index];
    struct net_end *end = &wire->ends[event->side];
    if (!wire->is_used || wire->generation != event->generation) {
        return;
    }
    switch (event->kind) {
    case CALL:
        on_call(net, wire);
        break;
    case ANSWER:
        on_answer(net, wire);
        break;
    case PIECE:
        on_piece(net, wire, event);
        break;
    case DELIVER:
        deliver(net, wire, event->side);
        break;
    case DRAINED:
        end->is_drained_due = false;
        if (end->connection != 0 && end->node != NET_STRANGER) {
            net->user.drained(net->user.context, end->node, end->connection);
        }
        break;
    default:
        on_over(net, wire, event->side);
        break;
    }
    if (!wire->is_calling && wire->ends[0].connection == 0 && wire->ends[1].connection == 0) {
        drop_wire(wire);
    }
}

static void on_tick(struct net *net, size_t node)
{
    net->tick_ms[node] = net->tick_ms[node] == net->now_ms ? UINT64_MAX : net->tick_ms[node];
    if (net->is_up[node] && net->wake_ms[node] <= net->now_ms) {
        net->wake_ms[node] = UINT64_MAX;
        net->user.tick(net->user.context, node);
    } else if (net->is_up[node]) {
        net_wake(net, node, net->wake_ms[node]);
    }
}

void net_run(struct net *net, uint64_t until_ms)
{
    while (net->heap_count > 0 && net->heap[0].at_ms <= until_ms) {
        struct net_event event = pop(net);
        net->now_ms = event.at_ms;
        if (event.kind == TICK) {
            on_tick(net, event.index);
        } else if (event.kind == TIMER) {
            net->user.timer(net->user.context, event.generation, event.index);
        } else {
            on_wire(net, &event);
        }
    }
    net->now_ms = until_ms;
}

void net_timer(struct net *net, uint64_t at_ms, uint32_t what, size_t number)
{
    push(net,
         (struct net_event){.at_ms = at_ms, .kind = TIMER, .generation = what, .index = number});
}

void net_init(struct net *net, struct copse_random *random, const struct net_user *user)
{
    memset(net, 0, sizeof *net);
    net->random = random;
    net->user = *user;
    for (size_t i = 0; i <= NET_NODES_MAX; i++) {
        for (size_t k = 0; k <= NET_NODES_MAX; k++) {
            net->paths[i][k] = (struct net_path){.bytes_per_ms = 1000, .piece_max = 1000};
        }
    }
    for (size_t i = 0; i < NET_NODES_MAX; i++) {
        net->wake_ms[i] = UINT64_MAX;
        net->tick_ms[i] = UINT64_MAX;
    }
}

void net_deinit(struct net *net)
{
    for (size_t i = 0; i < net->wire_top; i++) {
        drop_wire(&net->wires[i]);
    }
    free(net->heap);
    net->heap = NULL;
}

/* ---- the port ---- */

enum copse_err net_dial(struct net *net, size_t node, uint64_t connection, size_t to)
{
    struct net_wire *wire = add_wire(net, node, to);
    if (wire == NULL) {
        return COPSE_ERR_NETWORK;
    }
    wire->ends[0].connection = connection;
    push_wire(net, wire, CALL, 0, 0, arrival(net, wire, 0, net->now_ms));
    return COPSE_OK;
}

static void append(struct net_end *end, struct copse_slice bytes)
{
    size_t size = end->arrived + end->flying + end->queued;
    if (bytes.size == 0) {
        return;
    }
    if (size + bytes.size > end->capacity) {
        end->capacity = 2 * (size + bytes.size);
        end->bytes = realloc(end->bytes, end->capacity);
        COPSE_ASSERT(end->bytes != NULL);
    }
    memcpy(end->bytes + size, bytes.data, bytes.size);
    end->queued += bytes.size;
}

enum copse_err net_send(struct net *net, size_t node, uint64_t connection, struct copse_slice bytes)
{
    struct net_wire *wire = NULL;
    size_t side = 0;
    struct net_end *end = find_end(net, node, connection, &wire, &side);
    if (end == NULL || end->queued + bytes.size > NET_QUEUE_MAX) {
        return COPSE_ERR_LIMIT;
    }
    append(end, bytes);
    take(net, wire, side);
    return COPSE_OK;
}

size_t net_queued(struct net *net, size_t node, uint64_t connection)
{
    struct net_wire *wire = NULL;
    size_t side = 0;
    const struct net_end *end = find_end(net, node, connection, &wire, &side);
    return end == NULL ? 0 : end->queued;
}

void net_read(struct net *net, size_t node, uint64_t connection, enum copse_env_reading reading)
{
    struct net_wire *wire = NULL;
    size_t side = 0;
    struct net_end *end = find_end(net, node, connection, &wire, &side);
    if (end == NULL) {
        return;
    }
    end->is_reading = reading == COPSE_ENV_READ;
    if (end->is_reading) {
        push_wire(net, wire, DELIVER, side, 0, net->now_ms);
    }
}

void net_close(struct net *net, size_t node, uint64_t connection, enum copse_env_closing closing)
{
    struct net_wire *wire = NULL;
    size_t side = 0;
    struct net_end *end = find_end(net, node, connection, &wire, &side);
    if (end == NULL) {
        return;
    }
    end->connection = 0;
    end->has_ended = true;
    if (closing == COPSE_ENV_AT_ONCE) {
        drop_bytes(end);
    }
    end_side(net, wire, side);
    push_wire(net, wire, DELIVER, side, 0, net->now_ms); /* what comes is for nobody */
}

void net_wake(struct net *net, size_t node, uint64_t at_ms)
{
    net->wake_ms[node] = at_ms;
    if (at_ms < net->tick_ms[node]) {
        net->tick_ms[node] = at_ms > net->now_ms ? at_ms : net->now_ms;
        push(net, (struct net_event){.at_ms = net->tick_ms[node], .kind = TICK, .index = node});
    }
}

void net_intrude(struct net *net, size_t to, struct copse_slice bytes)
{
    struct net_wire *wire = add_wire(net, NET_STRANGER, to);
    if (wire != NULL) {
        wire->ends[0].connection = 1;
        append(&wire->ends[0], bytes);
        push_wire(net, wire, CALL, 0, 0, net->now_ms);
    }
}

/* ---- faults ---- */

void net_up(struct net *net, size_t node)
{
    net->is_up[node] = true;
}

void net_down(struct net *net, size_t node, enum net_farewell farewell)
{
    net->is_up[node] = false;
    net->wake_ms[node] = UINT64_MAX;
    for (size_t i = 0; i < net->wire_top; i++) {
        struct net_wire *wire = &net->wires[i];
        for (size_t side = 0; wire->is_used && side < 2; side++) {
            struct net_end *end = &wire->ends[side];
            if (end->node == node && end->connection != 0) {
                end->connection = 0;
                end->has_ended = true;
                end->is_silent = farewell == NET_SILENT;
                drop_bytes(end);
                end_side(net, wire, side);
            }
        }
    }
}

/* A random connection between two nodes that both know of it. NULL: none. */
static struct net_wire *choose_wire(struct net *net)
{
    struct net_wire *chosen = NULL;
    uint64_t seen = 0;
    for (size_t i = 0; i < net->wire_top; i++) {
        struct net_wire *wire = &net->wires[i];
        bool is_open = wire->is_used && wire->ends[0].node != NET_STRANGER &&
                       wire->ends[0].connection != 0 && wire->ends[1].connection != 0;
        if (is_open && copse_random_below(net->random, ++seen) == 0) {
            chosen = wire;
        }
    }
    return chosen;
}

bool net_reset(struct net *net, bool *had_bytes)
{
    struct net_wire *wire = choose_wire(net);
    if (wire == NULL) {
        return false;
    }
    *had_bytes = false;
    for (size_t side = 0; side < 2; side++) {
        struct net_end *end = &wire->ends[side];
        *had_bytes = *had_bytes || end->flying + end->queued + end->arrived > 0;
        drop_bytes(end);
        end->is_broken = true;
        push_wire(net, wire, OVER, side, 0, arrival(net, wire, 1 - side, net->now_ms));
    }
    return true;
}

bool net_forget(struct net *net)
{
    struct net_wire *wire = choose_wire(net);
    if (wire == NULL) {
        return false;
    }
    size_t side = (size_t)copse_random_below(net->random, 2);
    wire->ends[side].is_silent = true;
    tell_lost(net, &wire->ends[side]);
    return true;
}

void net_shut(struct net *net, size_t from, size_t to, uint64_t until_ms)
{
    struct net_path *path = &net->paths[from][to];
    path->closed_until_ms = until_ms > path->closed_until_ms ? until_ms : path->closed_until_ms;
}

typedef bool net_is_one(const struct net_wire *wire, size_t side);

static size_t count_ends(const struct net *net, size_t node, net_is_one *is_one)
{
    size_t count = 0;
    for (size_t i = 0; i < net->wire_top; i++) {
        const struct net_wire *wire = &net->wires[i];
        for (size_t side = 0; wire->is_used && side < 2; side++) {
            const struct net_end *end = &wire->ends[side];
            count += end->node == node && end->connection != 0 && is_one(wire, side);
        }
    }
    return count;
}

static bool is_any(const struct net_wire *wire, size_t side)
{
    (void)wire;
    (void)side;
    return true;
}

static bool is_with_stranger(const struct net_wire *wire, size_t side)
{
    return wire->ends[1 - side].node == NET_STRANGER;
}

size_t net_count(const struct net *net, size_t node)
{
    return count_ends(net, node, is_any);
}

size_t net_count_strangers(const struct net *net, size_t node)
{
    return count_ends(net, node, is_with_stranger);
}

size_t net_most_queued(const struct net *net, size_t node)
{
    size_t most = 0;
    for (size_t i = 0; i < net->wire_top; i++) {
        for (size_t side = 0; net->wires[i].is_used && side < 2; side++) {
            const struct net_end *end = &net->wires[i].ends[side];
            most = end->node == node && end->queued > most ? end->queued : most;
        }
    }
    return most;
}
