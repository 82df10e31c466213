/* How it works: two tables made from one list. */
#include "protocol/authority/verdict.h"

static const char *const names[] = {
#define NAME(name, text) #name,
    COPSE_VERDICT_MAP(NAME)
#undef NAME
};

static const char *const texts[] = {
#define TEXT(name, text) text,
    COPSE_VERDICT_MAP(TEXT)
#undef TEXT
};

const char *copse_verdict_name(enum copse_verdict verdict)
{
    COPSE_ASSERT((size_t)verdict < COPSE_ARRAY_SIZE(names));
    return names[verdict];
}

const char *copse_verdict_text(enum copse_verdict verdict)
{
    COPSE_ASSERT((size_t)verdict < COPSE_ARRAY_SIZE(texts));
    return texts[verdict];
}

enum copse_verdict copse_verdict_worse(enum copse_verdict a, enum copse_verdict b)
{
    return a > b ? a : b;
}
