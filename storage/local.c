/* How it works: one table; a key begins with the number of its room. */
#include "storage/local.h"

#include <string.h>

#define KEY_BYTES (1u + COPSE_LOCAL_KEY_MAX)

static struct copse_slice full_key(uint8_t out[KEY_BYTES], enum copse_local_room room,
                                   struct copse_slice key)
{
    COPSE_ASSERT(key.size <= COPSE_LOCAL_KEY_MAX);
    out[0] = (uint8_t)room;
    if (key.size > 0) {
        memcpy(out + 1, key.data, key.size);
    }
    return (struct copse_slice){out, key.size + 1};
}

enum copse_err copse_local_get(struct copse_txn *txn, struct copse_slice *value,
                               enum copse_local_room room, struct copse_slice key)
{
    uint8_t bytes[KEY_BYTES];
    return copse_db_get(txn->db, value, COPSE_DB_LOCAL, full_key(bytes, room, key));
}

enum copse_err copse_local_put(struct copse_txn *txn, enum copse_local_room room,
                               struct copse_slice key, struct copse_slice value)
{
    COPSE_ASSERT(key.size > 0 && value.size <= COPSE_LOCAL_VALUE_MAX);
    uint8_t bytes[KEY_BYTES];
    return copse_db_put(txn->db, COPSE_DB_LOCAL, full_key(bytes, room, key), value);
}

enum copse_err copse_local_del(struct copse_txn *txn, enum copse_local_room room,
                               struct copse_slice key)
{
    uint8_t bytes[KEY_BYTES];
    return copse_db_del(txn->db, COPSE_DB_LOCAL, full_key(bytes, room, key));
}

enum copse_err copse_local_seek(struct copse_txn *txn, struct copse_slice *key,
                                struct copse_slice *value, enum copse_local_room room,
                                struct copse_slice from)
{
    uint8_t bytes[KEY_BYTES];
    struct copse_slice found;
    struct copse_slice found_value;
    enum copse_err err =
        copse_db_seek(txn->db, &found, &found_value, COPSE_DB_LOCAL, full_key(bytes, room, from));
    if (err != COPSE_OK) {
        return err;
    }
    if (found.size < 2 || found.data[0] != (uint8_t)room) {
        return COPSE_ERR_NOT_FOUND;
    }
    *key = (struct copse_slice){found.data + 1, found.size - 1};
    *value = found_value;
    return COPSE_OK;
}
