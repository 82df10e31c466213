/* How it works: keys are built in place; ids go into them as their 32 bytes. */
#include "protocol/authority/standing_row.h"

#include <string.h>

struct copse_standing_row_key copse_standing_row_prefix(char letter, const struct copse_id *id)
{
    struct copse_standing_row_key key = {{'G', (uint8_t)letter}, 2};
    if (id != NULL) {
        memcpy(key.bytes + key.size, id->bytes, COPSE_ID_BYTES);
        key.size += COPSE_ID_BYTES;
    }
    return key;
}

struct copse_standing_row_key copse_standing_row_key(char letter, const struct copse_id *id,
                                                     uint16_t part)
{
    struct copse_standing_row_key key = copse_standing_row_prefix(letter, id);
    copse_bytes_put_u16(key.bytes + key.size, part);
    key.size += 2;
    return key;
}

struct copse_standing_row_key copse_standing_row_denied(const struct copse_id *author,
                                                        const struct copse_id *entry)
{
    struct copse_standing_row_key key = copse_standing_row_prefix('x', author);
    memcpy(key.bytes + key.size, entry->bytes, COPSE_ID_BYTES);
    key.size += COPSE_ID_BYTES;
    return key;
}

struct copse_slice copse_standing_row_bytes(const struct copse_standing_row_key *key)
{
    return (struct copse_slice){key->bytes, key->size};
}
