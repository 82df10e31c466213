#include "node/practice/mute.h"

#include "storage/local.h"

#include <string.h>

#define KEY "mute:"
#define KEY_BYTES (sizeof(KEY) - 1 + COPSE_ID_BYTES)

static struct copse_slice mute_key(uint8_t room[KEY_BYTES], const struct copse_id *person)
{
    memcpy(room, KEY, sizeof(KEY) - 1);
    memcpy(room + sizeof(KEY) - 1, person->bytes, COPSE_ID_BYTES);
    return (struct copse_slice){room, KEY_BYTES};
}

enum copse_err copse_mute_is(struct copse_practice_deed *deed, bool *out,
                             const struct copse_id *person)
{
    uint8_t room[KEY_BYTES];
    struct copse_slice value;
    enum copse_err err =
        copse_local_get(deed->txn, &value, COPSE_LOCAL_SETTINGS, mute_key(room, person));
    *out = err == COPSE_OK;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_mute_set(struct copse_practice_deed *deed, bool *changed,
                              const struct copse_id *person, enum copse_mute_turn turn)
{
    uint8_t room[KEY_BYTES];
    bool is_muted = false;
    enum copse_err err = copse_mute_is(deed, &is_muted, person);
    *changed = err == COPSE_OK && is_muted != (turn == COPSE_MUTE_ON);
    if (err != COPSE_OK || !*changed) {
        return err;
    }
    struct copse_slice key = mute_key(room, person);
    return turn == COPSE_MUTE_ON
               ? copse_local_put(deed->txn, COPSE_LOCAL_SETTINGS, key, copse_bytes_of_string("1"))
               : copse_local_del(deed->txn, COPSE_LOCAL_SETTINGS, key);
}
