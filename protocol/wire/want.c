/* How it works: two short lists, searched from the front. Whether something is here is read again
 * when its turn comes, so what has been erased since it was asked for is not sent.
 */
#include "protocol/wire/want.h"

#include <string.h>

size_t copse_want_add(struct copse_want *want, enum copse_message_what what,
                      const struct copse_id *ids, size_t count)
{
    if (want->wanted_count > 0 || count == 0) {
        return 0;
    }
    size_t taken = count < COPSE_MESSAGE_IDS_MAX ? count : COPSE_MESSAGE_IDS_MAX;
    memcpy(want->wanted, ids, taken * sizeof *ids);
    want->wanted_count = taken;
    want->wanted_what = what;
    return taken;
}

void copse_want_write(const struct copse_want *want, struct copse_message *out,
                      struct copse_noise_room room)
{
    size_t size = want->wanted_count * COPSE_ID_BYTES;
    COPSE_ASSERT(size <= room.size);
    memcpy(room.data, want->wanted, size);
    out->content.id = (struct copse_slice){room.data, size};
    out->content.what = (uint64_t)want->wanted_what;
    out->type = COPSE_MESSAGE_CWANT;
}

static void remove_at(struct copse_id *ids, size_t *count, size_t index)
{
    (*count)--;
    memmove(&ids[index], &ids[index + 1], (*count - index) * sizeof ids[0]);
}

bool copse_want_settle(struct copse_want *want, const struct copse_id *id)
{
    for (size_t i = 0; i < want->wanted_count; i++) {
        if (copse_bytes_equal_ids(&want->wanted[i], id)) {
            remove_at(want->wanted, &want->wanted_count, i);
            return true;
        }
    }
    return false;
}

bool copse_want_take(struct copse_want *want, const struct copse_message *message)
{
    if (want->asked_count > 0) {
        return false;
    }
    want->asked_count = message->content.id.size / COPSE_ID_BYTES;
    want->asked_what = (enum copse_message_what)message->content.what;
    memcpy(want->asked, message->content.id.data, want->asked_count * COPSE_ID_BYTES);
    return true;
}

/* ---- answers ---- */

/* What there is to give for the id asked first. */
struct found {
    struct copse_slice bytes; /* data NULL: nothing */
    enum copse_message_why why;
};

static enum copse_err find_content(struct found *out, const struct copse_port *port,
                                   const struct copse_id *community, const struct copse_id *id)
{
    struct copse_port_entry held;
    memset(&held, 0, sizeof held);
    enum copse_err err = port->find(port->context, &held, community, id);
    if (err != COPSE_OK) {
        return err;
    }
    out->bytes = held.salted;
    if (held.content_state == COPSE_CONTENT_ERASED) {
        out->why = COPSE_MESSAGE_ERASED;
    } else if (held.content_state == COPSE_CONTENT_DECLINED) {
        out->why = COPSE_MESSAGE_DECLINED;
    }
    return COPSE_OK;
}

/* SPEC 10.15: "An entry is given from whatever log it is in, wanted or not, or as it is held
 * loose." */
static enum copse_err find_entry(struct found *out, const struct copse_port *port,
                                 const struct copse_id *community, const struct copse_id *id)
{
    struct copse_port_entry held;
    struct copse_entry entry;
    memset(&held, 0, sizeof held);
    enum copse_err err = port->find(port->context, &held, community, id);
    if (err == COPSE_ERR_NOT_FOUND) {
        return port->find_loose(port->context, &out->bytes, community, id);
    }
    if (err == COPSE_OK && copse_entry_decode(&entry, held.bytes) != COPSE_OK) {
        return COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK && entry.class == COPSE_ENTRY_DATA && !held.awaits_publish) {
        out->bytes = held.bytes;
    }
    return err;
}

static enum copse_err find_asked(const struct copse_want *want, struct found *out,
                                 const struct copse_port *port, const struct copse_id *community)
{
    *out = (struct found){{NULL, 0}, COPSE_MESSAGE_MISSING};
    if (want->asked_count == 0) {
        return COPSE_ERR_NOT_FOUND;
    }
    enum copse_err err = want->asked_what == COPSE_MESSAGE_CONTENTS
                             ? find_content(out, port, community, &want->asked[0])
                             : find_entry(out, port, community, &want->asked[0]);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static void put_id(struct copse_want *want, struct copse_message *out, struct copse_noise_room room)
{
    COPSE_ASSERT(room.size >= COPSE_ID_BYTES);
    memcpy(room.data, want->asked[0].bytes, COPSE_ID_BYTES);
    out->content.id = (struct copse_slice){room.data, COPSE_ID_BYTES};
    remove_at(want->asked, &want->asked_count, 0);
}

enum copse_err copse_want_next_none(struct copse_want *want, struct copse_message *out,
                                    const struct copse_port *port, const struct copse_id *community,
                                    struct copse_noise_room room)
{
    struct found found;
    enum copse_err err = find_asked(want, &found, port, community);
    if (err != COPSE_OK || found.bytes.data != NULL) {
        return err == COPSE_OK ? COPSE_ERR_NOT_FOUND : err;
    }
    out->type = COPSE_MESSAGE_CNONE;
    out->content.why = (uint64_t)found.why;
    put_id(want, out, room);
    return COPSE_OK;
}

enum copse_err copse_want_next_data(struct copse_want *want, struct copse_message *out,
                                    const struct copse_port *port, const struct copse_id *community,
                                    struct copse_noise_room room)
{
    struct found found;
    enum copse_err err = find_asked(want, &found, port, community);
    if (err != COPSE_OK || found.bytes.data == NULL) {
        return err == COPSE_OK ? COPSE_ERR_NOT_FOUND : err;
    }
    out->type = COPSE_MESSAGE_CDATA;
    out->content.salted = found.bytes;
    put_id(want, out, room);
    return COPSE_OK;
}

enum copse_err copse_want_check(const struct copse_want *want, const struct copse_port *port,
                                const struct copse_id *community, const struct copse_id *id,
                                struct copse_slice bytes)
{
    struct copse_port_entry held;
    struct copse_entry entry;
    if (want->wanted_what == COPSE_MESSAGE_ENTRIES) {
        struct copse_id found;
        copse_id_of_entry(&found, bytes);
        return copse_bytes_equal_ids(&found, id) ? COPSE_OK : COPSE_ERR_SIGNATURE;
    }
    memset(&held, 0, sizeof held);
    enum copse_err err = port->find(port->context, &held, community, id);
    if (err != COPSE_OK) {
        return err;
    }
    if (copse_entry_decode(&entry, held.bytes) != COPSE_OK) {
        return COPSE_ERR_CORRUPT;
    }
    return copse_entry_check_content(&entry, bytes);
}
