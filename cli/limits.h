/* Every cap there is, in one table. A constant stands beside what it bounds; here it gets the name
 * that programs know it by and the words that people read. */
#ifndef COPSE_CLI_LIMITS_H
#define COPSE_CLI_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct copse_limits_row {
    const char *name; /* NULL: a heading, which `text` is */
    uint64_t value;
    const char *text;
};

/* All rows, headings among them. Static. */
const struct copse_limits_row *copse_limits_all(size_t *count);

#endif
