/* How it works: a stream has two buffers to send from. libuv writes one, whole; what comes
 * meanwhile fills the other, and they change places when the first is gone. So one write request is
 * enough, memory is bounded by COPSE_UV_NET_QUEUE_MAX, and small records travel together.
 *
 * libuv never calls back from inside a call, except that uv_close may be asked for in a callback;
 * the memory of a stream goes in its close callback, and nowhere else. */
#include "node/peering/uv_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define READ_BYTES 65536u
#define BACKLOG 64
#define SWEEP_MS 5000u
#define PORT_MAX 65535u

struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

/* A connection. */
struct stream {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    uv_getaddrinfo_t resolving;
    uv_write_t writing;
    struct copse_uv_net *net;
    struct stream *next;
    uint64_t connection;
    uint64_t moved_ms;     /* when the peer took bytes last */
    size_t queued_bytes;   /* that libuv had then */
    struct buffer going;   /* given to libuv */
    struct buffer waiting; /* to go next */
    bool is_writing;
    bool is_resolving;
    bool is_connected;
    bool is_closing; /* uv_close was called */
    bool is_closed;  /* and has called back */
    bool ends_when_sent;
    bool is_forgotten; /* gossip does not want to hear of it */
};

struct copse_uv_net {
    const struct copse_memory *memory;
    uv_loop_t *loop;
    struct copse_gossip *gossip;
    struct stream *streams;
    uv_tcp_t listener;
    uv_timer_t sweeper; /* ends connections whose peers do not read */
    bool is_listening;
    bool has_sweeper;
    uint8_t room[READ_BYTES];
};

/* ---- streams ---- */

static struct stream *uv_net_find(const struct copse_uv_net *net, uint64_t connection)
{
    for (struct stream *stream = net->streams; stream != NULL; stream = stream->next) {
        if (stream->connection == connection && !stream->is_forgotten) {
            return stream;
        }
    }
    return NULL;
}

static void uv_net_free_stream(struct stream *stream)
{
    struct copse_uv_net *net = stream->net;
    struct stream **at = &net->streams;
    while (*at != stream) {
        at = &(*at)->next;
    }
    *at = stream->next;
    copse_memory_free(net->memory, stream->going.data);
    copse_memory_free(net->memory, stream->waiting.data);
    copse_memory_free(net->memory, stream);
}

static void on_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    stream->is_closed = true;
    if (!stream->is_resolving) {
        uv_net_free_stream(stream);
    }
}

/* The only way a stream ends. Its memory goes when the handle and a running look-up are done. */
static void uv_net_finish(struct stream *stream)
{
    stream->is_forgotten = true;
    if (stream->is_closing) {
        return;
    }
    stream->is_closing = true;
    if (stream->is_resolving) {
        (void)uv_cancel((uv_req_t *)&stream->resolving);
    }
    uv_close((uv_handle_t *)&stream->tcp, on_closed);
}

/* The connection is of no more use: tell, and end it. */
static void uv_net_lose(struct stream *stream)
{
    bool is_forgotten = stream->is_forgotten;
    uint64_t connection = stream->connection;
    struct copse_gossip *gossip = stream->net->gossip;
    uv_net_finish(stream);
    if (!is_forgotten && gossip != NULL) {
        copse_gossip_lost(gossip, connection);
    }
}

static enum copse_err uv_net_add(struct copse_uv_net *net, struct stream **out)
{
    struct stream *stream = copse_memory_new(net->memory, 1, sizeof(*stream));
    if (stream == NULL) {
        return COPSE_ERR_NOMEM;
    }
    if (uv_tcp_init(net->loop, &stream->tcp) != 0) {
        copse_memory_free(net->memory, stream);
        return COPSE_ERR_NETWORK;
    }
    stream->net = net;
    stream->tcp.data = stream;
    stream->connecting.data = stream;
    stream->resolving.data = stream;
    stream->writing.data = stream;
    stream->moved_ms = uv_now(net->loop);
    stream->next = net->streams;
    net->streams = stream;
    *out = stream;
    return COPSE_OK;
}

/* ---- reading ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct stream *stream = handle->data;
    (void)suggested;
    *out = uv_buf_init((char *)stream->net->room, READ_BYTES);
}

static void on_read(uv_stream_t *handle, ssize_t size, const uv_buf_t *bytes)
{
    struct stream *stream = handle->data;
    if (size < 0) {
        uv_net_lose(stream);
    } else if (size > 0 && !stream->is_forgotten) {
        copse_gossip_bytes(stream->net->gossip, stream->connection,
                           (struct copse_slice){(const uint8_t *)bytes->base, (size_t)size});
    }
}

static void uv_net_start_reading(struct stream *stream)
{
    if (stream->is_connected && !stream->is_closing) {
        (void)uv_read_start((uv_stream_t *)&stream->tcp, on_alloc, on_read);
    }
}

void copse_uv_net_read(void *context, uint64_t connection, enum copse_env_reading reading)
{
    struct stream *stream = uv_net_find(context, connection);
    if (stream == NULL || !stream->is_connected) {
        return;
    }
    if (reading == COPSE_ENV_READ) {
        uv_net_start_reading(stream);
    } else {
        (void)uv_read_stop((uv_stream_t *)&stream->tcp);
    }
}

/* ---- writing ---- */

static void uv_net_write(struct stream *stream);

static void on_written(uv_write_t *request, int status)
{
    struct stream *stream = request->data;
    stream->is_writing = false;
    stream->going.size = 0;
    if (stream->is_closing) {
        return;
    }
    if (status < 0) {
        uv_net_lose(stream);
        return;
    }
    uv_net_write(stream);
    if (!stream->is_writing && stream->ends_when_sent) {
        uv_net_finish(stream);
    } else if (!stream->is_forgotten) {
        copse_gossip_drained(stream->net->gossip, stream->connection);
    }
}

static void uv_net_write(struct stream *stream)
{
    if (stream->is_writing || stream->waiting.size == 0 || !stream->is_connected) {
        return;
    }
    struct buffer empty = stream->going;
    stream->going = stream->waiting;
    stream->waiting = empty;
    uv_buf_t bytes = uv_buf_init((char *)stream->going.data, (unsigned)stream->going.size);
    stream->is_writing =
        uv_write(&stream->writing, (uv_stream_t *)&stream->tcp, &bytes, 1, on_written) == 0;
    if (!stream->is_writing) {
        stream->going.size = 0; /* it is broken: reading tells so too */
    }
}

enum copse_err copse_uv_net_send(void *context, uint64_t connection, struct copse_slice bytes)
{
    struct copse_uv_net *net = context;
    struct stream *stream = uv_net_find(net, connection);
    if (stream == NULL) {
        return COPSE_ERR_LIMIT;
    }
    struct buffer *waiting = &stream->waiting;
    size_t queued = waiting->size + stream->going.size;
    if (queued + bytes.size > COPSE_UV_NET_QUEUE_MAX) {
        return COPSE_ERR_LIMIT;
    }
    enum copse_err err = copse_memory_grow(net->memory, &waiting->data, &waiting->capacity,
                                           waiting->size + bytes.size, 1);
    if (err == COPSE_OK) {
        memcpy(waiting->data + waiting->size, bytes.data, bytes.size);
        waiting->size += bytes.size;
        uv_net_write(stream);
    }
    return err;
}

size_t copse_uv_net_queued(void *context, uint64_t connection)
{
    const struct stream *stream = uv_net_find(context, connection);
    return stream == NULL ? 0 : stream->waiting.size + stream->going.size;
}

static size_t uv_net_count_ending(const struct copse_uv_net *net)
{
    size_t count = 0;
    for (const struct stream *stream = net->streams; stream != NULL; stream = stream->next) {
        count += stream->ends_when_sent && !stream->is_closing;
    }
    return count;
}

/* Gossip has forgotten it, so nothing counts it but this: a peer that made sessions end while much
 * is queued, and reads slowly, would pile up descriptors. */
void copse_uv_net_close(void *context, uint64_t connection, enum copse_env_closing closing)
{
    struct copse_uv_net *net = context;
    struct stream *stream = uv_net_find(net, connection);
    if (stream == NULL) {
        return;
    }
    stream->is_forgotten = true;
    if (closing == COPSE_ENV_AFTER_SENDING && stream->is_writing &&
        uv_net_count_ending(net) < COPSE_UV_NET_ENDING_MAX) {
        stream->ends_when_sent = true;
        stream->moved_ms = uv_now(net->loop);
        (void)uv_read_stop((uv_stream_t *)&stream->tcp);
    } else {
        uv_net_finish(stream);
    }
}

/* ---- calling ---- */

static void on_connected(uv_connect_t *request, int status)
{
    struct stream *stream = request->data;
    if (stream->is_closing) {
        return;
    }
    if (status < 0) {
        uv_net_lose(stream);
        return;
    }
    stream->is_connected = true;
    (void)uv_tcp_nodelay(&stream->tcp, 1);
    uv_net_start_reading(stream);
    copse_gossip_connected(stream->net->gossip, stream->connection);
}

static int uv_net_connect(struct stream *stream, const struct sockaddr *at)
{
    return uv_tcp_connect(&stream->connecting, &stream->tcp, at, on_connected);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct stream *stream = request->data;
    stream->is_resolving = false;
    if (stream->is_closed) {
        uv_net_free_stream(stream); /* on_closed has left it to this */
    } else if (stream->is_closing) {
        /* on_closed comes */
    } else if (status < 0 || found == NULL || uv_net_connect(stream, found->ai_addr) != 0) {
        uv_net_lose(stream);
    }
    uv_freeaddrinfo(found); /* NULL is fine */
}

/* An address split: what stands before the last colon, without brackets, and the port. */
struct place {
    char host[COPSE_ADDRESS_BYTES_MAX + 1];
    char port[8];
    int number;
    bool is_six;
};

static bool uv_net_split(struct place *out, const char *address)
{
    const char *colon = strrchr(address, ':');
    const char *host = address;
    if (colon == NULL) {
        return false;
    }
    size_t size = (size_t)(colon - address);
    out->is_six = address[0] == '[';
    if (out->is_six) {
        if (size < 2 || address[size - 1] != ']') {
            return false;
        }
        host = address + 1;
        size -= 2;
    }
    char *end = NULL;
    unsigned long number = strtoul(colon + 1, &end, 10);
    if (size == 0 || size >= sizeof(out->host) || colon[1] < '0' || colon[1] > '9' ||
        *end != '\0' || number > PORT_MAX) {
        return false;
    }
    memcpy(out->host, host, size);
    out->host[size] = '\0';
    out->number = (int)number;
    (void)snprintf(out->port, sizeof(out->port), "%lu", number);
    return true;
}

static bool uv_net_to_sockaddr(struct sockaddr_storage *out, const struct place *place)
{
    memset(out, 0, sizeof(*out));
    return place->is_six
               ? uv_ip6_addr(place->host, place->number, (struct sockaddr_in6 *)(void *)out) == 0
               : uv_ip4_addr(place->host, place->number, (struct sockaddr_in *)(void *)out) == 0;
}

enum copse_err copse_uv_net_dial(void *context, uint64_t connection, const char *address)
{
    struct copse_uv_net *net = context;
    struct place place;
    struct sockaddr_storage at;
    struct stream *stream = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    /* SPEC 9.5: a mark of two bytes, then the address. Onion names need a way that is not here. */
    if (address[0] == 'o' || !uv_net_split(&place, address + 2)) {
        return COPSE_ERR_NETWORK;
    }
    enum copse_err err = uv_net_add(net, &stream);
    if (err != COPSE_OK) {
        return err;
    }
    stream->connection = connection;
    if (address[0] == 'd') {
        stream->is_resolving = uv_getaddrinfo(net->loop, &stream->resolving, on_resolved,
                                              place.host, place.port, &hints) == 0;
        err = stream->is_resolving ? COPSE_OK : COPSE_ERR_NETWORK;
    } else if (!uv_net_to_sockaddr(&at, &place) ||
               uv_net_connect(stream, (const struct sockaddr *)&at) != 0) {
        err = COPSE_ERR_NETWORK;
    }
    if (err != COPSE_OK) {
        uv_net_finish(stream);
    }
    return err;
}

/* ---- listening ---- */

static void uv_net_host_of(char out[COPSE_UV_NET_ADDRESS_BYTES], const uv_tcp_t *tcp)
{
    struct sockaddr_storage peer;
    int size = sizeof(peer);
    out[0] = '\0';
    if (uv_tcp_getpeername(tcp, (struct sockaddr *)&peer, &size) == 0) {
        (void)uv_ip_name((const struct sockaddr *)&peer, out, COPSE_UV_NET_ADDRESS_BYTES);
    }
}

static void on_called(uv_stream_t *listener, int status)
{
    struct copse_uv_net *net = listener->data;
    struct stream *stream = NULL;
    char host[COPSE_UV_NET_ADDRESS_BYTES];
    if (status < 0 || uv_net_add(net, &stream) != COPSE_OK) {
        return;
    }
    if (uv_accept(listener, (uv_stream_t *)&stream->tcp) != 0) {
        uv_net_finish(stream);
        return;
    }
    uv_net_host_of(host, &stream->tcp);
    stream->is_connected = true;
    (void)uv_tcp_nodelay(&stream->tcp, 1);
    if (copse_gossip_accepted(net->gossip, &stream->connection, host) != COPSE_OK) {
        uv_net_finish(stream);
        return;
    }
    uv_net_start_reading(stream);
}

static enum copse_err uv_net_name(const uv_tcp_t *tcp, char at[COPSE_UV_NET_ADDRESS_BYTES])
{
    struct sockaddr_storage own;
    char host[COPSE_UV_NET_ADDRESS_BYTES];
    int size = sizeof(own);
    if (uv_tcp_getsockname(tcp, (struct sockaddr *)&own, &size) != 0 ||
        uv_ip_name((const struct sockaddr *)&own, host, sizeof(host)) != 0) {
        return COPSE_ERR_NETWORK;
    }
    bool is_six = own.ss_family == AF_INET6;
    unsigned port = is_six ? ntohs(((const struct sockaddr_in6 *)(const void *)&own)->sin6_port)
                           : ntohs(((const struct sockaddr_in *)(const void *)&own)->sin_port);
    int length = snprintf(at, COPSE_UV_NET_ADDRESS_BYTES, is_six ? "[%s]:%u" : "%s:%u", host, port);
    return length > 0 && (size_t)length < COPSE_UV_NET_ADDRESS_BYTES ? COPSE_OK : COPSE_ERR_NETWORK;
}

enum copse_err copse_uv_net_listen(struct copse_uv_net *net, char at[COPSE_UV_NET_ADDRESS_BYTES],
                                   const char *address, struct copse_error *error)
{
    struct place place;
    struct sockaddr_storage own;
    if (!uv_net_split(&place, address) || !uv_net_to_sockaddr(&own, &place)) {
        return copse_error_set(error, COPSE_ERR_DECODE,
                               "%s is no address to listen at: it takes ADDR:PORT", address);
    }
    if (uv_tcp_init(net->loop, &net->listener) != 0) {
        return copse_error_set(error, COPSE_ERR_NETWORK, "no connection can be made");
    }
    net->listener.data = net;
    net->is_listening = true;
    int code = uv_tcp_bind(&net->listener, (const struct sockaddr *)&own, 0);
    if (code == 0) {
        code = uv_listen((uv_stream_t *)&net->listener, BACKLOG, on_called);
    }
    if (code != 0) {
        return copse_error_set(error, code == UV_EADDRINUSE ? COPSE_ERR_BUSY : COPSE_ERR_NETWORK,
                               "cannot listen at %s: %s", address, uv_strerror(code));
    }
    return uv_net_name(&net->listener, at);
}

/* Add one address if there is room and it is one. */
static void uv_net_put_address(struct copse_ticket_peer *out, const struct place *place)
{
    char made[COPSE_ADDRESS_BYTES_MAX + 1];
    int size = snprintf(made, sizeof(made), place->is_six ? "6:[%s]:%s" : "4:%s:%s", place->host,
                        place->port);
    if (size > 0 && (size_t)size < sizeof(made) &&
        out->address_count < COPSE_TICKET_ADDRESSES_MAX &&
        copse_address_is_valid(copse_bytes_of_string(made))) {
        memcpy(out->addresses[out->address_count++], made, (size_t)size + 1);
    }
}

void copse_uv_net_addresses(struct copse_ticket_peer *out, const char *at)
{
    struct place place;
    uv_interface_address_t *all = NULL;
    int count = 0;
    out->address_count = 0;
    if (!uv_net_split(&place, at)) {
        return;
    }
    bool is_any = strcmp(place.host, "0.0.0.0") == 0 || strcmp(place.host, "::") == 0;
    if (!is_any) {
        uv_net_put_address(out, &place);
        return;
    }
    if (uv_interface_addresses(&all, &count) != 0) {
        return;
    }
    for (int i = 0; i < count; i++) {
        bool is_six = all[i].address.address4.sin_family == AF_INET6;
        struct place one = place;
        one.is_six = is_six;
        int code = is_six ? uv_ip6_name(&all[i].address.address6, one.host, sizeof(one.host))
                          : uv_ip4_name(&all[i].address.address4, one.host, sizeof(one.host));
        if (code == 0 && all[i].is_internal == 0 && (!is_six || place.is_six)) {
            uv_net_put_address(out, &one);
        }
    }
    uv_free_interface_addresses(all, count);
    if (out->address_count == 0) { /* no network: then for a second node on this machine */
        (void)snprintf(place.host, sizeof(place.host), "%s", place.is_six ? "::1" : "127.0.0.1");
        uv_net_put_address(out, &place);
    }
}

/* ---- beginning and end ---- */

/* Has the peer taken nothing for too long? At the end it has to take all in that time. */
static bool uv_net_is_stuck(struct stream *stream, uint64_t now_ms)
{
    size_t queued = uv_stream_get_write_queue_size((uv_stream_t *)&stream->tcp);
    if (!stream->ends_when_sent && (queued == 0 || queued != stream->queued_bytes)) {
        stream->queued_bytes = queued;
        stream->moved_ms = now_ms;
    }
    return now_ms - stream->moved_ms > COPSE_UV_NET_STUCK_MS;
}

static void on_sweep(uv_timer_t *timer)
{
    struct copse_uv_net *net = timer->data;
    struct stream *next = NULL;
    for (struct stream *stream = net->streams; stream != NULL; stream = next) {
        next = stream->next;
        if (!stream->is_closing && uv_net_is_stuck(stream, uv_now(net->loop))) {
            uv_net_lose(stream); /* frees nothing before its callback, so `next` stays good */
        }
    }
}

enum copse_err copse_uv_net_new(struct copse_uv_net **out, struct uv_loop_s *loop,
                                const struct copse_memory *memory)
{
    struct copse_uv_net *net = copse_memory_new(memory, 1, sizeof(*net));
    if (net == NULL) {
        return COPSE_ERR_NOMEM;
    }
    net->memory = memory;
    net->loop = loop;
    if (uv_timer_init(loop, &net->sweeper) != 0) {
        copse_memory_free(memory, net);
        return COPSE_ERR_NOMEM;
    }
    net->sweeper.data = net;
    net->has_sweeper = true;
    (void)uv_timer_start(&net->sweeper, on_sweep, SWEEP_MS, SWEEP_MS);
    *out = net;
    return COPSE_OK;
}

void copse_uv_net_attach(struct copse_uv_net *net, struct copse_gossip *gossip)
{
    net->gossip = gossip;
}

bool copse_uv_net_is_idle(const struct copse_uv_net *net)
{
    return net->streams == NULL;
}

void copse_uv_net_stop(struct copse_uv_net *net)
{
    if (net->is_listening) {
        net->is_listening = false;
        uv_close((uv_handle_t *)&net->listener, NULL);
    }
    if (net->has_sweeper) {
        net->has_sweeper = false;
        uv_close((uv_handle_t *)&net->sweeper, NULL);
    }
    for (struct stream *stream = net->streams; stream != NULL; stream = stream->next) {
        uv_net_finish(stream);
    }
}

void copse_uv_net_free(struct copse_uv_net *net)
{
    if (net != NULL) {
        COPSE_ASSERT(net->streams == NULL);
        copse_memory_free(net->memory, net);
    }
}
