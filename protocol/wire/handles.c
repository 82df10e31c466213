/* How it works: an array by number. Numbers are not given twice in a session, so a message that was
 * under way when its community was closed is told from one that belongs to nothing.
 */
#include "protocol/wire/handles.h"

#include <sodium.h>
#include <string.h>

static uint64_t bit_of(uint64_t handle)
{
    return (uint64_t)1 << handle;
}

void copse_handles_deinit(struct copse_handles *handles, const struct copse_channel_link *link)
{
    for (size_t i = 0; i < COPSE_MESSAGE_HANDLES; i++) {
        copse_channel_free(handles->channels[i], link);
        handles->channels[i] = NULL;
    }
}

struct copse_channel *copse_handles_find(const struct copse_handles *handles,
                                         const struct copse_id *community)
{
    for (size_t i = 0; i < COPSE_MESSAGE_HANDLES; i++) {
        struct copse_channel *channel = handles->channels[i];
        if (channel != NULL && channel->state != COPSE_CHANNEL_CLOSED &&
            copse_bytes_equal_ids(&channel->community, community)) {
            return channel;
        }
    }
    return NULL;
}

bool copse_handles_is_used(const struct copse_handles *handles, uint64_t handle)
{
    return (handles->used & bit_of(handle)) != 0;
}

void copse_handles_sweep(struct copse_handles *handles, const struct copse_channel_link *link,
                         uint64_t handle)
{
    struct copse_channel *channel = handles->channels[handle];
    if (channel != NULL && channel->state == COPSE_CHANNEL_CLOSED && channel->due == 0 &&
        channel->news == 0) {
        copse_channel_free(channel, link);
        handles->channels[handle] = NULL;
    }
}

/* ---- opening ---- */

/* SPEC 10.5: "numbers given by the session's initiator are even, by its responder odd" */
static uint32_t first_of(enum copse_noise_role role)
{
    return role == COPSE_NOISE_INITIATOR ? 0 : 1;
}

/* Which secret of the community comes next: SPEC 10.8. They come newest first. */
static enum copse_err find_secret(const struct copse_handles *handles,
                                  const struct copse_port *port, struct copse_port_secret *out,
                                  const struct copse_id *community)
{
    uint32_t skip = 0;
    for (size_t i = 0; i < COPSE_MESSAGE_HANDLES; i++) {
        skip += copse_bytes_equal_ids(&handles->opened[i], community);
    }
    for (;;) {
        struct copse_port_secret secret;
        uint64_t cursor = 0;
        uint32_t seen = 0;
        enum copse_err err = COPSE_OK;
        while ((err = port->next_secret(port->context, &secret, &cursor)) == COPSE_OK) {
            bool is_one = copse_bytes_equal_ids(&secret.community, community);
            if (is_one && seen++ == skip) {
                *out = secret;
                break;
            }
        }
        sodium_memzero(&secret, sizeof secret);
        if (err != COPSE_ERR_NOT_FOUND || seen == 0) {
            return err;
        }
        skip %= seen; /* from the newest on again */
    }
}

enum copse_err copse_handles_open(struct copse_handles *handles,
                                  const struct copse_channel_link *link,
                                  const struct copse_id *community, uint64_t now_ms)
{
    if (copse_handles_find(handles, community) != NULL) {
        return COPSE_ERR_EXISTS;
    }
    uint32_t handle = first_of(link->ends.role);
    while (handle < COPSE_MESSAGE_HANDLES && copse_handles_is_used(handles, handle)) {
        handle += 2;
    }
    if (handle >= COPSE_MESSAGE_HANDLES) {
        return COPSE_ERR_LIMIT;
    }
    struct copse_port_secret secret;
    memset(&secret, 0, sizeof secret);
    enum copse_err err = find_secret(handles, link->port, &secret, community);
    if (err == COPSE_OK) {
        err = copse_channel_new(&handles->channels[handle], link, COPSE_CHANNEL_LEADER, handle,
                                &secret, now_ms);
    }
    if (err == COPSE_OK) {
        handles->used |= bit_of(handle);
        handles->opened[handle] = *community;
    }
    sodium_memzero(&secret, sizeof secret);
    return err;
}

static void refuse(struct copse_handles *handles, uint64_t handle, enum copse_code code)
{
    handles->refusals |= bit_of(handle);
    handles->refusal_codes[handle] = (uint8_t)code;
}

/* Find the secret that a tag was made with. All are tried, so that time tells nothing. */
static enum copse_err match_tag(const struct copse_channel_link *link, bool *is_known,
                                struct copse_port_secret *out, struct copse_slice tag)
{
    struct copse_port_secret secret;
    memset(&secret, 0, sizeof secret);
    uint64_t cursor = 0;
    enum copse_err err = COPSE_OK;
    *is_known = false;
    while ((err = link->port->next_secret(link->port->context, &secret, &cursor)) == COPSE_OK) {
        uint8_t expected[COPSE_MESSAGE_TAG_BYTES];
        copse_proof_tag(expected, &link->ends, copse_proof_peer_role(&link->ends), &secret);
        if (sodium_memcmp(expected, tag.data, sizeof expected) == 0 && !*is_known) {
            *is_known = true;
            *out = secret;
        }
    }
    sodium_memzero(&secret, sizeof secret);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* SPEC 10.8: "Where both have opened the same community, the session initiator's OPEN stands" */
static bool yields(const struct copse_channel_link *link, struct copse_channel *own)
{
    if (link->ends.role == COPSE_NOISE_INITIATOR || !own->is_leader ||
        own->state != COPSE_CHANNEL_OPENING) {
        return false;
    }
    copse_channel_close(own, COPSE_CODE_DUPLICATE);
    return true;
}

enum copse_err copse_handles_take_open(struct copse_handles *handles,
                                       const struct copse_channel_link *link,
                                       const struct copse_message *message, uint64_t now_ms)
{
    uint32_t handle = (uint32_t)message->handle;
    if (handle % 2 != first_of(copse_proof_peer_role(&link->ends)) ||
        copse_handles_is_used(handles, handle)) {
        return COPSE_ERR_FORM;
    }
    handles->used |= bit_of(handle);
    bool is_known = false;
    struct copse_port_secret secret;
    memset(&secret, 0, sizeof secret);
    enum copse_err err = match_tag(link, &is_known, &secret, message->open.tag);
    if (err != COPSE_OK || !is_known) {
        refuse(handles, handle, COPSE_CODE_NOT_MEMBER);
        return err;
    }
    struct copse_channel *own = copse_handles_find(handles, &secret.community);
    if (own != NULL && !yields(link, own)) {
        refuse(handles, handle, COPSE_CODE_DUPLICATE);
    } else {
        err = copse_channel_new(&handles->channels[handle], link, COPSE_CHANNEL_FOLLOWER, handle,
                                &secret, now_ms);
    }
    sodium_memzero(&secret, sizeof secret);
    return err;
}

/* ---- messages out ---- */

static bool next_refusal(struct copse_handles *handles, struct copse_message *out)
{
    for (uint64_t handle = 0; handles->refusals != 0; handle++) {
        if ((handles->refusals & bit_of(handle)) != 0) {
            handles->refusals &= ~bit_of(handle);
            memset(out, 0, sizeof *out);
            out->type = COPSE_MESSAGE_CLOSE;
            out->handle = handle;
            out->code = handles->refusal_codes[handle];
            return true;
        }
    }
    return false;
}

enum copse_err copse_handles_next(struct copse_handles *handles, struct copse_message *out,
                                  struct copse_channel_link *link, struct copse_noise_room room,
                                  enum copse_exchange_pace pace, uint64_t now_ms)
{
    if (pace == COPSE_EXCHANGE_GO && next_refusal(handles, out)) {
        return COPSE_OK;
    }
    uint32_t turn = handles->turn;
    for (uint32_t i = 0; i < COPSE_MESSAGE_HANDLES; i++) {
        uint32_t handle = (turn + i) % COPSE_MESSAGE_HANDLES;
        if (handles->channels[handle] == NULL) {
            continue;
        }
        enum copse_err err =
            copse_channel_next(handles->channels[handle], out, link, room, pace, now_ms);
        copse_handles_sweep(handles, link, handle);
        if (err != COPSE_ERR_NOT_FOUND) {
            handles->turn = handle + 1;
            return err;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

enum copse_err copse_handles_next_weighed(struct copse_handles *handles, struct copse_message *out,
                                          struct copse_channel_link *link, uint64_t now_ms)
{
    uint32_t turn = handles->weighed_turn;
    for (uint32_t i = 0; i < COPSE_MESSAGE_HANDLES; i++) {
        uint32_t handle = (turn + i) % COPSE_MESSAGE_HANDLES;
        if (handles->channels[handle] == NULL) {
            continue;
        }
        enum copse_err err =
            copse_channel_next_weighed(handles->channels[handle], out, link, now_ms);
        if (err != COPSE_ERR_NOT_FOUND) {
            handles->weighed_turn = handle + 1;
            return err;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

/* ---- the rest ---- */

struct copse_channel *copse_handles_next_news(struct copse_handles *handles,
                                              enum copse_channel_news *news)
{
    static const enum copse_channel_news kinds[] = {
        COPSE_CHANNEL_NEWS_OPENED, COPSE_CHANNEL_NEWS_EQUAL, COPSE_CHANNEL_NEWS_PUBLISH,
        COPSE_CHANNEL_NEWS_CLOSED};
    for (size_t handle = 0; handle < COPSE_MESSAGE_HANDLES; handle++) {
        struct copse_channel *channel = handles->channels[handle];
        for (size_t i = 0; channel != NULL && i < COPSE_ARRAY_SIZE(kinds); i++) {
            if ((channel->news & (unsigned)kinds[i]) != 0) {
                channel->news &= ~(unsigned)kinds[i];
                *news = kinds[i];
                return channel;
            }
        }
    }
    return NULL;
}

void copse_handles_published(struct copse_handles *handles)
{
    for (size_t i = 0; i < COPSE_MESSAGE_HANDLES; i++) {
        if (handles->channels[i] != NULL) {
            handles->channels[i]->is_publish_awaited = false;
        }
    }
}

uint64_t copse_handles_deadline_ms(const struct copse_handles *handles,
                                   const struct copse_channel_link *link)
{
    uint64_t deadline = UINT64_MAX;
    for (size_t i = 0; i < COPSE_MESSAGE_HANDLES; i++) {
        if (handles->channels[i] != NULL) {
            uint64_t next = copse_channel_deadline_ms(handles->channels[i], link);
            deadline = next < deadline ? next : deadline;
        }
    }
    return deadline;
}

void copse_handles_tick(struct copse_handles *handles, const struct copse_channel_link *link,
                        uint64_t now_ms)
{
    for (size_t i = 0; i < COPSE_MESSAGE_HANDLES; i++) {
        if (handles->channels[i] != NULL) {
            copse_channel_tick(handles->channels[i], link, now_ms);
        }
    }
}
