/* Bytes into the decoder of ops (SPEC 5), as both classes. What it accepts must be written again
 * byte for byte, and its lists must be readable to their ends. The first byte is the class.
 */
#include "protocol/authority/op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lists(struct copse_op *op)
{
    struct copse_id id;
    struct copse_op_leaf leaf;
    size_t count = op->ids.count;
    for (size_t i = 0; i < count; i++) {
        COPSE_ASSERT(copse_op_next_id(&op->ids, &id));
    }
    COPSE_ASSERT(!copse_op_next_id(&op->ids, &id));
    COPSE_ASSERT(op->over.count <= COPSE_OP_OVER_MAX);
    while (copse_op_next_id(&op->over, &id)) {
        COPSE_ASSERT(!copse_op_names(op->over, &id)); /* they rise, so none comes twice */
    }
    while (copse_op_next_id(&op->keep, &id)) {
        COPSE_ASSERT(!copse_op_names(op->keep, &id));
    }
    COPSE_ASSERT(op->cut.count <= COPSE_OP_CUT_MAX);
    while (copse_op_next_leaf(&op->cut, &leaf)) {
        COPSE_ASSERT(leaf.seq <= COPSE_ENTRY_SEQ_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > COPSE_ENTRY_OP_BYTES_MAX) {
        return 0;
    }
    enum copse_entry_class class = data[0] % 2 == 0 ? COPSE_ENTRY_CONTROL : COPSE_ENTRY_DATA;
    struct copse_slice bytes = {data + 1, size - 1};
    /* The entry's decoder lets only canonical values through to this one. */
    struct copse_reader reader;
    copse_reader_init(&reader, bytes);
    (void)copse_reader_value(&reader, COPSE_ENTRY_OP_DEPTH_MAX);
    struct copse_op op;
    if (copse_reader_end(&reader) != COPSE_OK || copse_op_decode(&op, bytes, class) != COPSE_OK) {
        return 0;
    }
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_slice again = {NULL, 0};
    COPSE_ASSERT(copse_op_encode(&again, room, &op) == COPSE_OK);
    COPSE_ASSERT(copse_bytes_equal(bytes, again));
    check_lists(&op);
    return 0;
}
