/* How it works: zlib reads packed and plain files alike. */
#include "tests/support/shared.h"

#include "protocol/base/memory.h"

#include <zlib.h>

enum { PATH_BYTES = 4096 };

static gzFile open_shared(const char *name)
{
    char path[PATH_BYTES];
    const char *folder = getenv("COPSE_SHARED");
    if (folder == NULL || folder[0] == '\0') {
        folder = COPSE_SOURCE_DIR "/../shared";
    }
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    COPSE_ASSERT(length > 0 && (size_t)length < sizeof path);
    return gzopen(path, "rb");
}

char *copse_shared_load(size_t *size, const char *name)
{
    const struct copse_memory *heap = copse_memory_heap();
    gzFile file = open_shared(name);
    if (file == NULL) {
        (void)fprintf(stderr, "notice: %s is not here, its tests are skipped\n", name);
        return NULL;
    }
    char *text = NULL;
    size_t used = 0;
    size_t capacity = 0;
    int got = 0;
    do {
        used += (size_t)got;
        COPSE_ASSERT(copse_memory_grow(heap, &text, &capacity, used + 65537, 1) == COPSE_OK);
        got = gzread(file, text + used, 65536);
        COPSE_ASSERT(got >= 0);
    } while (got > 0);
    COPSE_ASSERT(gzclose(file) == Z_OK);
    text[used] = '\0';
    *size = used;
    return text;
}

void copse_shared_free(char *text)
{
    copse_memory_free(copse_memory_heap(), text);
}
