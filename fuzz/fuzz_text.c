/* Bytes into the ops of a text (SPEC 6), delivered forwards, backwards with merges in between, and
 * to the oracle: all three must print the same.
 *
 * An op is: a byte of flags, a byte that names parents among the last eight ops, a byte with
 * author and length of content, the content, a byte with the length of the shape, the shape. With
 * PLAIN the shape is three bytes, one patch.
 */
#include "tests/support/text_oracle.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPS_MAX = 32, PATCHES_MAX = 8 };
enum { PLAIN = 1, MUTED = 2, ERASED = 4 };

struct input {
    struct copse_slice rest;
};

static uint8_t take_byte(struct input *input)
{
    if (input->rest.size == 0) {
        return 0;
    }
    input->rest.size--;
    return *input->rest.data++;
}

static struct copse_slice take_bytes(struct input *input, size_t size)
{
    struct copse_slice taken = {input->rest.data,
                                size < input->rest.size ? size : input->rest.size};
    input->rest.data += taken.size;
    input->rest.size -= taken.size;
    return taken;
}

/* The shape of the next op; false where it is malformed. */
static bool take_shape(struct copse_slice *bytes, struct copse_text_shape *shape,
                       struct input *input, uint8_t flags)
{
    static uint8_t room[COPSE_TEXT_SHAPE_BYTES_MAX];
    if ((flags & PLAIN) != 0) {
        struct copse_text_patch patch = {.pos = take_byte(input)};
        uint8_t del = take_byte(input);
        patch.del = del >> 1;
        patch.sweep = (del & 1u) != 0;
        patch.ins = take_byte(input) & 15u;
        bool is_empty = patch.del == 0 && patch.ins == 0 && !patch.sweep;
        COPSE_ASSERT(copse_text_shape_encode(bytes, room, &patch, is_empty ? 0 : 1) == COPSE_OK);
    } else {
        *bytes = take_bytes(input, take_byte(input));
    }
    bool is_shaped = copse_text_shape_decode(shape, *bytes) == COPSE_OK;
    if (is_shaped && shape->count > PATCHES_MAX) {
        bytes->size = 0; /* more than a history holds: leave it malformed */
        is_shaped = false;
    }
    return is_shaped;
}

static void name_parents(struct copse_text_history *history, size_t number, uint8_t mask)
{
    for (size_t i = 0; i < 8 && i < number; i++) {
        if (((unsigned)mask >> i & 1u) != 0) {
            copse_text_history_name(history, number, number - 1 - i);
        }
    }
}

static void take_op(struct copse_text_history *history, struct input *input)
{
    struct copse_text_shape shape = {.count = 0};
    struct copse_slice encoded;
    size_t number = history->count;
    uint8_t flags = take_byte(input);
    uint8_t mask = take_byte(input);
    uint8_t author = take_byte(input);
    struct copse_slice content = take_bytes(input, author >> 3);
    bool is_shaped = take_shape(&encoded, &shape, input, flags);
    bool is_text = copse_bytes_is_utf8(content);
    /* A mix, so that ids do not order as they come. */
    struct copse_id id = copse_text_history_id((number + 1) * 0x9e3779b97f4a7c15u);
    struct copse_text_history_op *op =
        copse_text_history_push(history, &id, shape.patches, is_shaped ? shape.count : 0, content);
    op->author = copse_text_history_id((author & 3u) + 1u);
    op->is_malformed = !is_shaped;
    op->is_muted = (flags & MUTED) != 0;
    op->is_erased = (flags & ERASED) != 0 || !is_text;
    uint8_t *bytes = malloc(encoded.size + 1);
    COPSE_ASSERT(bytes != NULL);
    if (encoded.size > 0) {
        memcpy(bytes, encoded.data, encoded.size);
    }
    free(op->shape);
    op->shape = bytes;
    op->shape_size = encoded.size;
    name_parents(history, number, mask);
}

/* Print the history as it comes out of a text; merging after every op if delivered backwards. */
static void check(const struct copse_text_history *history, enum copse_text_history_order order,
                  const char *expected)
{
    struct copse_text *text = NULL;
    struct copse_text_view view = {.units = 0};
    COPSE_ASSERT(copse_text_new(&text, copse_memory_heap()) == COPSE_OK);
    for (size_t i = 0; i < history->count; i++) {
        bool is_backward = order == COPSE_TEXT_HISTORY_BACKWARD;
        size_t number = is_backward ? history->count - 1 - i : i;
        struct copse_text_op op = copse_text_history_give(history, number);
        COPSE_ASSERT(copse_text_add(text, &op) == COPSE_OK);
        if (is_backward) {
            COPSE_ASSERT(copse_text_merge(text, &view, NULL) == COPSE_OK);
        } else {
            COPSE_ASSERT(copse_text_at(text, &view, &op.id, 1) == COPSE_OK);
        }
    }
    COPSE_ASSERT(copse_text_merge(text, &view, NULL) == COPSE_OK);
    COPSE_ASSERT(view.pending_count == 0 && view.deferred_count == 0);
    COPSE_ASSERT(copse_bytes_equal(view.text, copse_bytes_of_string(expected)));
    COPSE_ASSERT(copse_bytes_is_utf8(view.text));
    copse_text_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {{data, size}};
    struct copse_text_history history;
    size_t refused = 0;
    copse_text_history_init(&history);
    while (input.rest.size > 0 && history.count < OPS_MAX) {
        take_op(&history, &input);
    }
    char *expected = copse_text_oracle_print(&history, NULL, 0, &refused);
    check(&history, COPSE_TEXT_HISTORY_FORWARD, expected);
    check(&history, COPSE_TEXT_HISTORY_BACKWARD, expected);
    free(expected);
    copse_text_history_deinit(&history);
    return 0;
}
