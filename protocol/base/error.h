/* What can go wrong in the world, by name.
 *
 * Three kinds of failure are kept apart: a bug stops the program (check.h); the
 * world failing (memory, disk, bytes that do not decode) is an enum copse_err;
 * an entry that its author was not permitted to write is ordinary data and has
 * a verdict (rules/judge.h), never an error.
 */
#ifndef COPSE_PROTOCOL_BASE_ERROR_H
#define COPSE_PROTOCOL_BASE_ERROR_H

#include "protocol/base/check.h"

/* name, value, text: one line, in words a person can act on */
// clang-format off
#define COPSE_ERR_MAP(X)                                                                           \
    X(OK,          0, "no error")                                                                  \
    X(NOMEM,      -1, "out of memory")                                                             \
    X(DECODE,     -2, "the bytes are not in the canonical form they must have")                    \
    X(LIMIT,      -3, "larger than the stated limit")                                              \
    X(NOT_FOUND,  -4, "not here")                                                                  \
    X(EXISTS,     -5, "here already")                                                              \
    X(SIGNATURE,  -6, "a signature or a key is not good")                                          \
    X(FORM,       -7, "breaks a rule of form")                                                     \
    X(UNSUITED,   -8, "the cryptographic library of this machine gives wrong answers")             \
    X(IO,         -9, "reading or writing failed")                                                 \
    X(CORRUPT,   -10, "stored bytes are damaged")                                                  \
    X(BUSY,      -11, "in use by another process")                                                 \
    X(FULL,      -12, "no room left on the disk")                                                  \
    X(VERSION,   -13, "made by a later version of copse")                                          \
    X(REFUSED,   -14, "not permitted")                                                             \
    X(NETWORK,   -15, "the other side cannot be reached")
// clang-format on

enum copse_err {
#define COPSE_ERR_ENUM(name, value, text) COPSE_ERR_##name = (value),
    COPSE_ERR_MAP(COPSE_ERR_ENUM)
#undef COPSE_ERR_ENUM
};
#define COPSE_OK COPSE_ERR_OK

#define COPSE_ERROR_TEXT_MAX 256u

/* Room for one sentence of context: what was tried, on which thing. Given by whoever wants to
 * tell a person; functions that touch the outside take it as their last argument, NULL allowed. */
struct copse_error {
    char text[COPSE_ERROR_TEXT_MAX];
};

/* Fill in the context once, at the border to the outside, and give `err` back. Too long a text
 * is cut. With `error` NULL nothing is written. */
enum copse_err copse_error_set(struct copse_error *error, enum copse_err err, const char *format,
                               ...) COPSE_PRINTF(3, 4);

/* Name ("NOT_FOUND") and sentence of an error; both static, never NULL. */
const char *copse_error_name(enum copse_err err);
const char *copse_error_text(enum copse_err err);

#endif
