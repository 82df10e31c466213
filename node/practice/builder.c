/* How it works: one allocation that at least doubles. Room for a NUL is kept behind the text. */
#include "node/practice/builder.h"

#include <stdarg.h>
#include <string.h>

void copse_builder_init(struct copse_builder *builder, const struct copse_memory *memory)
{
    *builder = (struct copse_builder){.memory = memory};
}

void copse_builder_deinit(struct copse_builder *builder)
{
    if (builder->memory != NULL) {
        copse_memory_free(builder->memory, builder->data);
    }
    copse_builder_init(builder, builder->memory);
}

void copse_builder_clear(struct copse_builder *builder)
{
    builder->size = 0;
    builder->failed = false;
}

/* Room for `size` more bytes and a NUL; NULL when there is none. */
static char *builder_room(struct copse_builder *builder, size_t size)
{
    if (builder->failed || size > SIZE_MAX - builder->size - 1 ||
        copse_memory_grow(builder->memory, &builder->data, &builder->capacity,
                          builder->size + size + 1, 1) != COPSE_OK) {
        builder->failed = true;
        return NULL;
    }
    return builder->data + builder->size;
}

void copse_builder_slice(struct copse_builder *builder, struct copse_slice slice)
{
    char *room = builder_room(builder, slice.size);
    if (room != NULL && slice.size > 0) {
        memcpy(room, slice.data, slice.size);
        builder->size += slice.size;
    }
}

void copse_builder_text(struct copse_builder *builder, const char *text)
{
    if (text != NULL) {
        copse_builder_slice(builder, copse_bytes_of_string(text));
    }
}

void copse_builder_byte(struct copse_builder *builder, char byte)
{
    char *room = builder_room(builder, 1);
    if (room != NULL) {
        *room = byte;
        builder->size++;
    }
}

void copse_builder_format(struct copse_builder *builder, const char *format, ...)
{
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    COPSE_ASSERT(size >= 0);
    char *room = builder_room(builder, (size_t)size);
    if (room != NULL) {
        (void)vsnprintf(room, (size_t)size + 1, format, again);
        builder->size += (size_t)size;
    }
    va_end(again);
    va_end(arguments);
}

enum copse_err copse_builder_end(struct copse_slice *out, struct copse_builder *builder)
{
    char *room = builder_room(builder, 0);
    if (room == NULL) {
        return COPSE_ERR_NOMEM;
    }
    *room = '\0';
    *out = (struct copse_slice){(const uint8_t *)builder->data, builder->size};
    return COPSE_OK;
}
