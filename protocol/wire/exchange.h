/* Exchange: one round over one class of a community, until both sides have sent what the other
 * lacks (SPEC 10.12 to 10.14).
 *
 *   begin --> sets go to and fro --> all jobs sent --SENT both ways--> over
 *
 * Either side may meanwhile ask for a device's log by LOCATE; the answer comes behind the runs that
 * the asked side sends because of it.
 *
 * Words:  turn  whose set of parts is due
 *         ask   a LOCATE that wants an answer
 */
#ifndef COPSE_PROTOCOL_WIRE_EXCHANGE_H
#define COPSE_PROTOCOL_WIRE_EXCHANGE_H

#include "protocol/wire/stream.h"

#define COPSE_EXCHANGE_ASKS_MAX 16u    /* unanswered at once; SPEC 10.14 */
#define COPSE_EXCHANGE_ASKED_MAX 1024u /* in one exchange; SPEC 10.16 */
#define COPSE_EXCHANGE_SETS_MAX 24u    /* SPEC 10.13 */

enum copse_exchange_turn { COPSE_EXCHANGE_OWN, COPSE_EXCHANGE_PEER, COPSE_EXCHANGE_NOBODY };

/* Whether this side may send entries to the peer. */
enum copse_exchange_manner { COPSE_EXCHANGE_LEARN, COPSE_EXCHANGE_SHARE };

struct copse_exchange_authors {
    struct copse_id authors[COPSE_EXCHANGE_ASKS_MAX];
    size_t count;
};

/* What an exchange reads. All borrowed for the call. */
struct copse_exchange_view {
    const struct copse_port *port;
    const struct copse_reconcile_key *key;
    const struct copse_id *community;
};

struct copse_exchange {
    struct copse_reconcile reconcile;
    struct copse_stream stream;
    enum copse_entry_class class;
    enum copse_exchange_manner manner;
    enum copse_exchange_turn turn;
    size_t sets;        /* that have passed, both ways */
    size_t asked_count; /* asks made in this exchange */
    bool in_set;        /* the peer's set has begun to come in */
    bool in_asks;       /* it has a part that wants an answer */
    bool has_said_sent;
    bool has_peer_sent;
    struct copse_exchange_authors asks;    /* to be asked */
    struct copse_exchange_authors waiting; /* asked, not answered */
    struct copse_exchange_authors
        crossed; /* the same, but the peer's own ask came and said it all */
    struct copse_exchange_authors answers; /* asked by the peer, not answered */
};

void copse_exchange_init(struct copse_exchange *exchange, const struct copse_memory *memory);
void copse_exchange_deinit(struct copse_exchange *exchange);

/* Gather the items of a class and begin. The side whose turn is COPSE_EXCHANGE_OWN speaks first.
 * COPSE_OK, COPSE_ERR_NOMEM, COPSE_ERR_LIMIT (more items than SPEC 10.16 allows) or a fault. */
enum copse_err copse_exchange_begin(struct copse_exchange *exchange,
                                    const struct copse_exchange_view *view,
                                    enum copse_entry_class class, enum copse_exchange_turn turn,
                                    enum copse_exchange_manner manner) COPSE_MUST_CHECK;

/* Give the items back; jobs are kept. */
void copse_exchange_end(struct copse_exchange *exchange);

/* The sum of the items of a class, without keeping them. COPSE_OK or a fault. O(leaves). */
enum copse_err copse_exchange_sum(uint64_t *sum, const struct copse_exchange_view *view,
                                  enum copse_entry_class class) COPSE_MUST_CHECK;

/* Take a message of the peer (untrusted). COPSE_OK; COPSE_ERR_DECODE: malformed; COPSE_ERR_FORM:
 * does not belong here; COPSE_ERR_LIMIT: more than SPEC 10 allows; COPSE_ERR_NOMEM or a fault. */
enum copse_err copse_exchange_take(struct copse_exchange *exchange,
                                   const struct copse_exchange_view *view,
                                   const struct copse_message *message) COPSE_MUST_CHECK;

/* The next message that is due and needs no credit; its slices lie in `room`
 * COPSE_OK; COPSE_ERR_NOT_FOUND: none; or a fault. */
enum copse_exchange_pace { COPSE_EXCHANGE_HOLD, COPSE_EXCHANGE_GO };
enum copse_err copse_exchange_next(struct copse_exchange *exchange, struct copse_message *out,
                                   const struct copse_exchange_view *view,
                                   struct copse_noise_room room,
                                   enum copse_exchange_pace pace) COPSE_MUST_CHECK;

/* A run of this device has come whose base is not held: ask where to begin. */
void copse_exchange_ask(struct copse_exchange *exchange, const struct copse_id *author);

/* Is an ask of this side's open? */
bool copse_exchange_is_asking(const struct copse_exchange *exchange);

/* Have both sides said all? */
bool copse_exchange_is_over(const struct copse_exchange *exchange);

#endif
