/* Bytes as an entry: refused, or decoded, encoded again to the same bytes, with sound answers. */
#include "protocol/entry/entry.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct copse_slice bytes = {data, size};
    struct copse_entry entry;
    if (copse_entry_decode(&entry, bytes) != COPSE_OK) {
        return 0;
    }
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_slice again = {NULL, 0};
    COPSE_ASSERT(copse_entry_encode(&again, room, &entry) == COPSE_OK);
    COPSE_ASSERT(copse_bytes_equal(again, bytes));
    struct copse_id id;
    copse_id_of_entry(&id, bytes);
    struct copse_trail trail;
    copse_entry_trail(&trail, NULL, &entry, &id);
    COPSE_ASSERT(trail.log_time == entry.hlc);
    (void)copse_entry_has_unknown_ext(&entry);
    COPSE_ASSERT(copse_entry_follows(&entry, &entry, &id) != COPSE_OK);
    return 0;
}
