/* How it works: two short lists, searched from the front. Whether a content is here is read again
 * when its turn comes, so what has been erased since it was asked for is not sent.
 */
#include "protocol/wire/want.h"

#include <string.h>

size_t copse_want_add(struct copse_want *want, const struct copse_id *ids, size_t count)
{
    if (want->wanted_count > 0 || count == 0) {
        return 0;
    }
    size_t taken = count < COPSE_MESSAGE_IDS_MAX ? count : COPSE_MESSAGE_IDS_MAX;
    memcpy(want->wanted, ids, taken * sizeof *ids);
    want->wanted_count = taken;
    return taken;
}

void copse_want_write(const struct copse_want *want, struct copse_message *out,
                      struct copse_noise_room room)
{
    size_t size = want->wanted_count * COPSE_ID_BYTES;
    COPSE_ASSERT(size <= room.size);
    memcpy(room.data, want->wanted, size);
    out->content.id = (struct copse_slice){room.data, size};
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

bool copse_want_take(struct copse_want *want, struct copse_slice ids)
{
    if (want->asked_count > 0) {
        return false;
    }
    want->asked_count = ids.size / COPSE_ID_BYTES;
    memcpy(want->asked, ids.data, want->asked_count * COPSE_ID_BYTES);
    return true;
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
    if (want->asked_count == 0) {
        return COPSE_ERR_NOT_FOUND;
    }
    struct copse_port_entry held;
    memset(&held, 0, sizeof held);
    enum copse_err err = port->find(port->context, &held, community, &want->asked[0]);
    if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    if (err == COPSE_OK && held.salted.data != NULL) {
        return COPSE_ERR_NOT_FOUND;
    }
    out->content.why = COPSE_MESSAGE_MISSING;
    if (err == COPSE_OK && held.content_state == COPSE_CONTENT_ERASED) {
        out->content.why = COPSE_MESSAGE_ERASED;
    } else if (err == COPSE_OK && held.content_state == COPSE_CONTENT_DECLINED) {
        out->content.why = COPSE_MESSAGE_DECLINED;
    }
    out->type = COPSE_MESSAGE_CNONE;
    put_id(want, out, room);
    return COPSE_OK;
}

enum copse_err copse_want_next_data(struct copse_want *want, struct copse_message *out,
                                    const struct copse_port *port, const struct copse_id *community,
                                    struct copse_noise_room room)
{
    if (want->asked_count == 0) {
        return COPSE_ERR_NOT_FOUND;
    }
    struct copse_port_entry held;
    memset(&held, 0, sizeof held);
    enum copse_err err = port->find(port->context, &held, community, &want->asked[0]);
    if (err != COPSE_OK || held.salted.data == NULL) {
        return err == COPSE_OK ? COPSE_ERR_NOT_FOUND : err;
    }
    out->type = COPSE_MESSAGE_CDATA;
    out->content.salted = held.salted;
    put_id(want, out, room);
    return COPSE_OK;
}

enum copse_err copse_want_check(const struct copse_port *port, const struct copse_id *community,
                                const struct copse_id *id, struct copse_slice salted)
{
    struct copse_port_entry held;
    memset(&held, 0, sizeof held);
    enum copse_err err = port->find(port->context, &held, community, id);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_entry entry;
    if (copse_entry_decode(&entry, held.bytes) != COPSE_OK) {
        return COPSE_ERR_CORRUPT;
    }
    return copse_entry_check_content(&entry, salted);
}
