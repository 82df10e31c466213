/* Text that grows: built piece by piece, then handed on as a slice.
 *
 * Sticky: when memory runs out all later calls do nothing and copse_builder_end says so, so a
 * function builds the whole text and asks once.
 */
#ifndef COPSE_NODE_PRACTICE_BUILDER_H
#define COPSE_NODE_PRACTICE_BUILDER_H

#include "protocol/base/bytes.h"
#include "protocol/base/memory.h"

struct copse_builder {
    const struct copse_memory *memory; /* borrowed */
    char *data;
    size_t size;
    size_t capacity;
    bool failed;
};

/* Begin empty; give everything back. After deinit the builder is empty and may be used again. */
void copse_builder_init(struct copse_builder *builder, const struct copse_memory *memory);
void copse_builder_deinit(struct copse_builder *builder);

/* Forget the text, keep the room. */
void copse_builder_clear(struct copse_builder *builder);

/* Append. `text` may be NULL: nothing. */
void copse_builder_text(struct copse_builder *builder, const char *text);
void copse_builder_slice(struct copse_builder *builder, struct copse_slice slice);
void copse_builder_byte(struct copse_builder *builder, char byte);
void copse_builder_format(struct copse_builder *builder, const char *format, ...)
    COPSE_PRINTF(2, 3);

/* What was built, borrowed until the next call, with a NUL behind its end.
 * Returns COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_builder_end(struct copse_slice *out,
                                 struct copse_builder *builder) COPSE_MUST_CHECK;

#endif
