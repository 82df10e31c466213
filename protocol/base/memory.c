/* The only file that may call the C library's allocator. */
#include "protocol/base/memory.h"

#include <string.h>

static void *heap_resize(void *context, void *old, size_t size)
{
    (void)context;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

const struct copse_memory *copse_memory_heap(void)
{
    static const struct copse_memory heap = {heap_resize, NULL};
    return &heap;
}

void *copse_memory_new(const struct copse_memory *memory, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total) || total == 0) {
        return NULL;
    }
    void *fresh = memory->resize(memory->context, NULL, total);
    if (fresh != NULL) {
        memset(fresh, 0, total);
    }
    return fresh;
}

void copse_memory_free(const struct copse_memory *memory, void *pointer)
{
    if (pointer != NULL) {
        (void)memory->resize(memory->context, pointer, 0);
    }
}

enum copse_err copse_memory_grow(const struct copse_memory *memory, void *array, size_t *capacity,
                                 size_t count, size_t size)
{
    COPSE_ASSERT(size > 0);
    if (count <= *capacity) {
        return COPSE_OK;
    }
    size_t wanted = *capacity < 4 ? 4 : *capacity;
    while (wanted < count) {
        if (__builtin_mul_overflow(wanted, 2, &wanted)) {
            return COPSE_ERR_NOMEM;
        }
    }
    size_t total = 0;
    if (__builtin_mul_overflow(wanted, size, &total)) {
        return COPSE_ERR_NOMEM;
    }
    /* `array` is the address of some T *: copy the pointer, since void ** may not alias it. */
    void *old = NULL;
    memcpy(&old, array, sizeof old);
    void *fresh = memory->resize(memory->context, old, total);
    if (fresh == NULL) {
        return COPSE_ERR_NOMEM;
    }
    memcpy(array, &fresh, sizeof fresh);
    *capacity = wanted;
    return COPSE_OK;
}
