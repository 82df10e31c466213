/* Session: one peer, from its first byte to its last (SPEC 10).
 *
 * A pure state machine over records: bytes and time come in as arguments, bytes and events
 * come out. It reads the node through a port and never waits: storing is the caller's, which says
 * when it is done. Nothing that is sent is queued: each record is made when it is asked for.
 *
 *   HANDSHAKE --keys--> GREETING --HELLO both ways--> READY --BYE, a fault--> ENDING --> ENDED
 *
 * The calling loop, after anything happened (bytes came, an outcome, a command, time):
 *   recv until its bytes are used up; after each, next_event until there is none;
 *   send until it gives nothing; then wait for bytes, or until deadline_ms and call tick.
 *
 * Words:  handle  number of a community in this session
 *         credit  bytes of entries and contents that may be sent
 *         outcome what became of an ENTRIES, ADMISSION or CONTENT event
 */
#ifndef COPSE_PROTOCOL_WIRE_SESSION_H
#define COPSE_PROTOCOL_WIRE_SESSION_H

#include "protocol/wire/handles.h"
#include "protocol/wire/record.h"

#define COPSE_SESSION_VERSION 1u
#define COPSE_SESSION_WINDOW_MIN 262144u /* credit given to a peer; SPEC 10.10 */
#define COPSE_SESSION_WINDOW_MAX 4194304u
#define COPSE_SESSION_GREETING_MS 10000u /* SPEC 10.17, as all that follow */
#define COPSE_SESSION_IDLE_MS 30000u
#define COPSE_SESSION_DEAD_MS 90000u
#define COPSE_SESSION_AGE_MAX_MS 86400000u /* SPEC 10.3 */
#define COPSE_SESSION_PACE_BURST 1024u     /* paced messages; SPEC 10.16 */
#define COPSE_SESSION_PACE_PER_SECOND 256u
/* Of one session, without the arrays of its exchanges (SPEC 10.16: reconcile.h bounds these). */
#define COPSE_SESSION_BYTES_MAX 2411724u /* 2.3 MiB */

struct copse_session; /* opaque */

struct copse_session_options {
    struct copse_record_options record;
    const struct copse_port *port;         /* borrowed until free */
    const struct copse_key_scheme *scheme; /* borrowed until free */
    struct copse_slice agent; /* UTF-8, at most COPSE_MESSAGE_AGENT_MAX; borrowed until free */
    uint64_t wall_ms;         /* for the peer to compare its clock with */
    uint32_t window;          /* credit given to the peer, COPSE_SESSION_WINDOW_MIN to _MAX */
};

enum copse_session_event_kind {
    COPSE_SESSION_READY,      /* both have said HELLO: communities can be opened */
    COPSE_SESSION_OPENED,     /* the peer has shown who it is; `standing` */
    COPSE_SESSION_ENTRIES,    /* verified, to be stored: tell the outcome */
    COPSE_SESSION_ADMISSION,  /* the same; store only if the JOIN it begins with is honoured */
    COPSE_SESSION_CONTENT,    /* verified, to be stored: tell the outcome */
    COPSE_SESSION_LOOSE,      /* an entry asked for by id, no more checked than that: tell it too */
    COPSE_SESSION_NO_CONTENT, /* the peer has not what was asked for; `gift.why` */
    COPSE_SESSION_EQUAL,      /* both hold the same of this community now */
    COPSE_SESSION_PUBLISH,    /* own entries are about to leave for the first time: note it on the
                                 disk, then call copse_session_published */
    COPSE_SESSION_CLOSED,     /* a community is; `code`. DUPLICATE: the peer's own OPEN stands */
    COPSE_SESSION_ENDED,      /* the session is; `code` */
};

/* Slices and pointers are borrowed until the next call of recv or of stored. */
struct copse_session_event {
    enum copse_session_event_kind kind;
    struct copse_id community; /* of all but READY and ENDED */
    struct copse_id device;    /* OPENED: the peer's */
    enum copse_port_standing standing;
    enum copse_code code;
    struct copse_channel_gift gift; /* ENTRIES, ADMISSION, CONTENT, LOOSE, NO_CONTENT */
};

/* What the peer said of itself, and how much has passed. */
struct copse_session_peer {
    uint8_t node_key[COPSE_NOISE_KEY_BYTES];
    uint64_t wall_ms;
    uint64_t features;
    size_t agent_size;
    char agent[COPSE_MESSAGE_AGENT_MAX];
    uint64_t bytes_in; /* of the stream */
    uint64_t bytes_out;
    uint64_t entries_out; /* in runs */
};

/* Begin. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_session_new(struct copse_session **out,
                                 const struct copse_session_options *options, uint64_t now_ms,
                                 const struct copse_memory *memory) COPSE_MUST_CHECK;
void copse_session_free(struct copse_session *session); /* NULL is fine */

/* Take bytes off the front of *bytes (untrusted). Stops early while an event waits to be taken,
 * while something must be stored first (call again after copse_session_stored), or when this
 * side has to speak first (call send, then again). What is left must be given again. COPSE_OK;
 * otherwise a fault of the port, or COPSE_ERR_NOMEM: the session has ENDED. */
enum copse_err copse_session_recv(struct copse_session *session, struct copse_slice *bytes,
                                  uint64_t now_ms) COPSE_MUST_CHECK;

/* Make the next record in `room` (COPSE_RECORD_BYTES_MAX). *out is empty when there is none now.
 * Returns as recv does. */
enum copse_err copse_session_send(struct copse_session *session, struct copse_slice *out,
                                  struct copse_noise_room room, uint64_t now_ms) COPSE_MUST_CHECK;

/* When tick wants to be called; UINT64_MAX: never. */
uint64_t copse_session_deadline_ms(const struct copse_session *session);
void copse_session_tick(struct copse_session *session, uint64_t now_ms);

/* The next event. False: none. */
bool copse_session_next_event(struct copse_session *session, struct copse_session_event *out);

/* Has everything been said? Then the stream can be closed. */
bool copse_session_is_ended(const struct copse_session *session);

void copse_session_peer(const struct copse_session *session, struct copse_session_peer *out);

/* ---- commands ---- */

/* Open a community. COPSE_OK; COPSE_ERR_BUSY before READY or after the end; COPSE_ERR_EXISTS: it is
 * open; COPSE_ERR_NOT_FOUND: the port has no secret of it; COPSE_ERR_LIMIT: all handles of this
 * session are used up; COPSE_ERR_NOMEM or a fault of the port. */
enum copse_err copse_session_open(struct copse_session *session, const struct copse_id *community,
                                  uint64_t now_ms) COPSE_MUST_CHECK;

/* These do nothing for a community that is not open here. */
void copse_session_close(struct copse_session *session, const struct copse_id *community,
                         enum copse_code code);
/* `push->last` was newly stored, from here or from another peer; tell the peers that have not sent
 * it. */
void copse_session_push(struct copse_session *session, const struct copse_id *community,
                        const struct copse_channel_push *push);
/* Compare again when what is under way is over. */
void copse_session_compare(struct copse_session *session, const struct copse_id *community);
/* Ask for entries by id, or for their contents. Returns how many ids were taken: none while others
 * are asked. */
size_t copse_session_want(struct copse_session *session, const struct copse_id *community,
                          enum copse_message_what what, const struct copse_id *ids, size_t count);

/* The outcome of an event's ticket, once durable. Each ticket once; an unknown one is a bug. */
void copse_session_stored(struct copse_session *session, uint64_t ticket,
                          enum copse_channel_outcome outcome, uint64_t now_ms);

/* After a PUBLISH event: the note is on the disk. */
void copse_session_published(struct copse_session *session);

/* Say BYE and end. */
void copse_session_leave(struct copse_session *session, enum copse_code code);

#endif
