/* Bytes into the reader of canonical msgpack (SPEC 2). What it accepts must be written again
 * byte for byte, and msgpack-c must see the same value in it.
 */
#include "tests/support/value.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_BYTES_MAX = 8192 };

static void check_accepted(struct copse_slice bytes)
{
    uint8_t room[INPUT_BYTES_MAX];
    struct copse_slice again = {NULL, 0};
    struct copse_reader reader;
    struct copse_writer writer;
    copse_reader_init(&reader, bytes);
    copse_writer_init(&writer, room, sizeof room);
    copse_value_rewrite(&writer, &reader, COPSE_READER_DEPTH_MAX);
    COPSE_ASSERT(copse_reader_end(&reader) == COPSE_OK);
    COPSE_ASSERT(copse_writer_end(&again, &writer) == COPSE_OK);
    COPSE_ASSERT(copse_bytes_equal(again, bytes));
    COPSE_ASSERT(copse_value_same_as_msgpack(bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_BYTES_MAX) {
        return 0;
    }
    struct copse_reader reader;
    copse_reader_init(&reader, (struct copse_slice){data, size});
    while (reader.cursor != NULL && reader.cursor != reader.end) {
        struct copse_slice value = copse_reader_value(&reader, COPSE_READER_DEPTH_MAX);
        if (value.data != NULL) {
            check_accepted(value);
        }
    }
    return 0;
}
