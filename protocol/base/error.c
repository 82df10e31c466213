/* The names are made from the same table as the values, so they cannot drift. */
#include "protocol/base/error.h"

#include <stdarg.h>

static const struct {
    enum copse_err err;
    const char *name;
    const char *text;
} error_table[] = {
#define COPSE_ERR_ROW(name, value, text) {COPSE_ERR_##name, #name, text},
    COPSE_ERR_MAP(COPSE_ERR_ROW)
#undef COPSE_ERR_ROW
};

const char *copse_error_name(enum copse_err err)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(error_table); i++) {
        if (error_table[i].err == err) {
            return error_table[i].name;
        }
    }
    return "UNKNOWN";
}

const char *copse_error_text(enum copse_err err)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(error_table); i++) {
        if (error_table[i].err == err) {
            return error_table[i].text;
        }
    }
    return "an error without a name";
}

enum copse_err copse_error_set(struct copse_error *error, enum copse_err err, const char *format,
                               ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
    }
    return err;
}
