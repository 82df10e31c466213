/* The checked face of the port: bounds are asserted here once, so that every
 * implementation may rely on them, and the cursor needs only `seek`.
 */
#include "protocol/base/state.h"

#include <string.h>

static void check_key(struct copse_slice key)
{
    COPSE_ASSERT(key.size > 0);
    COPSE_ASSERT(key.size <= COPSE_STATE_KEY_MAX);
}

enum copse_err copse_state_get(const struct copse_state *state, struct copse_slice *value,
                               struct copse_slice key)
{
    check_key(key);
    return state->get(state->context, value, key);
}

enum copse_err copse_state_put(const struct copse_state *state, struct copse_slice key,
                               struct copse_slice value)
{
    check_key(key);
    COPSE_ASSERT(value.size <= COPSE_STATE_VALUE_MAX);
    return state->put(state->context, key, value);
}

enum copse_err copse_state_del(const struct copse_state *state, struct copse_slice key)
{
    check_key(key);
    return state->del(state->context, key);
}

void copse_state_open(struct copse_state_cursor *cursor, struct copse_slice prefix)
{
    check_key(prefix);
    memcpy(cursor->next, prefix.data, prefix.size);
    cursor->next_size = prefix.size;
    cursor->prefix_size = prefix.size;
}

enum copse_err copse_state_next(struct copse_state_cursor *cursor, struct copse_slice *key,
                                struct copse_slice *value, const struct copse_state *state)
{
    struct copse_slice from = {cursor->next, cursor->next_size};
    struct copse_slice found_key = {NULL, 0};
    struct copse_slice found_value = {NULL, 0};
    enum copse_err err = state->seek(state->context, &found_key, &found_value, from);
    if (err != COPSE_OK) {
        return err;
    }
    /* All that was opened or found so far shares the prefix; a longer key that does not ends it. */
    if (found_key.size < cursor->prefix_size ||
        memcmp(found_key.data, cursor->next, cursor->prefix_size) != 0) {
        return COPSE_ERR_NOT_FOUND;
    }
    COPSE_ASSERT(found_key.size <= COPSE_STATE_KEY_MAX);
    /* The least key above this one is this one with a zero byte behind it. */
    memcpy(cursor->next, found_key.data, found_key.size);
    cursor->next[found_key.size] = 0;
    cursor->next_size = found_key.size + 1;
    *key = found_key;
    *value = found_value;
    return COPSE_OK;
}
