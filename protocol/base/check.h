/* Assertions, attributes and what copse assumes of the machine.
 *
 * A COPSE_ASSERT states something only a bug can break: it stays on in release
 * builds and stops the program. Bytes from a peer, a file or a browser never
 * reach one; they are refused with an enum copse_err.
 */
#ifndef COPSE_PROTOCOL_BASE_CHECK_H
#define COPSE_PROTOCOL_BASE_CHECK_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The result says whether the call worked: ignoring it is a compile error. */
#define COPSE_MUST_CHECK __attribute__((warn_unused_result))

/* Arguments from `first` on are checked against `text` like printf's. */
#define COPSE_PRINTF(text, first) __attribute__((format(printf, text, first)))

#define COPSE_ASSERT(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "copse: bug at %s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define COPSE_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

_Static_assert(CHAR_BIT == 8, "a byte has eight bits");
_Static_assert(sizeof(int) >= 4, "int has 32 bits at least");
_Static_assert(sizeof(size_t) >= 4, "size_t has 32 bits at least");
_Static_assert((-1 & 3) == 3, "negative numbers are two's complement");

#endif
