/* Handles: the communities of a session by their numbers (SPEC 10.5, 10.8).
 *
 * Words:  refusal  the CLOSE of an OPEN that never became a channel
 */
#ifndef COPSE_PROTOCOL_WIRE_HANDLES_H
#define COPSE_PROTOCOL_WIRE_HANDLES_H

#include "protocol/wire/channel.h"

struct copse_handles {
    uint64_t used;     /* bits: were ever given; a number is given once in a session */
    uint64_t refusals; /* bits: a refusal is due */
    uint8_t refusal_codes[COPSE_MESSAGE_HANDLES];
    struct copse_channel *channels[COPSE_MESSAGE_HANDLES]; /* NULL: none, or no more */
    struct copse_id opened[COPSE_MESSAGE_HANDLES]; /* what this side gave a number to; zeros */
    uint32_t turn;                                 /* the channel that is asked first */
    uint32_t weighed_turn;                         /* the same for entries and contents */
};

void copse_handles_deinit(struct copse_handles *handles, const struct copse_channel_link *link);

/* The channel of a community that is not closed; NULL: none. */
struct copse_channel *copse_handles_find(const struct copse_handles *handles,
                                         const struct copse_id *community);

/* Was the number ever given? */
bool copse_handles_is_used(const struct copse_handles *handles, uint64_t handle);

/* Give a number to a community and begin to open it: by its newest secret, and each further time in
 * this session by the next older one, from the newest on again after the oldest. Errors:
 * copse_session_open. */
enum copse_err copse_handles_open(struct copse_handles *handles,
                                  const struct copse_channel_link *link,
                                  const struct copse_id *community,
                                  uint64_t now_ms) COPSE_MUST_CHECK;

/* Take the peer's OPEN (untrusted). COPSE_OK: opened or refused; COPSE_ERR_FORM: the number is not
 * the peer's to give, or was given before; COPSE_ERR_NOMEM or a fault of the port. */
enum copse_err copse_handles_take_open(struct copse_handles *handles,
                                       const struct copse_channel_link *link,
                                       const struct copse_message *message,
                                       uint64_t now_ms) COPSE_MUST_CHECK;

/* Free a channel that has said and told everything. */
void copse_handles_sweep(struct copse_handles *handles, const struct copse_channel_link *link,
                         uint64_t handle);

/* The next message of any channel, or a refusal, in turn: copse_channel_next. */
enum copse_err copse_handles_next(struct copse_handles *handles, struct copse_message *out,
                                  struct copse_channel_link *link, struct copse_noise_room room,
                                  enum copse_exchange_pace pace, uint64_t now_ms) COPSE_MUST_CHECK;

/* The same for messages that take credit: copse_channel_next_weighed. */
enum copse_err copse_handles_next_weighed(struct copse_handles *handles, struct copse_message *out,
                                          struct copse_channel_link *link,
                                          uint64_t now_ms) COPSE_MUST_CHECK;

/* Take one piece of news off a channel that has any, in the order in which they come about.
 * NULL: there is none. The channel is good until it is swept. */
struct copse_channel *copse_handles_next_news(struct copse_handles *handles,
                                              enum copse_channel_news *news);

/* Entries that awaited publishing may leave. */
void copse_handles_published(struct copse_handles *handles);

uint64_t copse_handles_deadline_ms(const struct copse_handles *handles,
                                   const struct copse_channel_link *link);
void copse_handles_tick(struct copse_handles *handles, const struct copse_channel_link *link,
                        uint64_t now_ms);

#endif
