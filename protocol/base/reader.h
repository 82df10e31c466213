/* Read canonical msgpack, strictly (SPEC 2).
 *
 * A pull reader over bytes that somebody else owns: no allocation, no recursion.
 * It is sticky: after the first failure every call gives zero or an empty slice,
 * so a decoder reads all its fields and asks once, with copse_reader_end.
 *
 * Every value has exactly one accepted form, so two nodes that accept the same
 * value hold the same bytes. A count is refused when fewer bytes than items are
 * left, so a declared size never costs more than the bytes that carry it.
 */
#ifndef COPSE_PROTOCOL_BASE_READER_H
#define COPSE_PROTOCOL_BASE_READER_H

#include "protocol/base/bytes.h"

#define COPSE_READER_DEPTH_MAX 8u /* arrays and maps within one another; SPEC 2.5 */

struct copse_reader {
    const uint8_t *cursor; /* NULL after a failure */
    const uint8_t *end;
};

/* What the next value is; NONE at the end, after a failure, or for a form that is not canonical
 * msgpack at all (a float, an extension). */
enum copse_reader_type {
    COPSE_READER_NONE,
    COPSE_READER_NIL,
    COPSE_READER_BOOL,
    COPSE_READER_UINT,
    COPSE_READER_NEGATIVE,
    COPSE_READER_BIN,
    COPSE_READER_STR,
    COPSE_READER_ARRAY,
    COPSE_READER_MAP,
};

/* Begin. `bytes` is borrowed as long as the reader and the slices it gives are used. */
void copse_reader_init(struct copse_reader *reader, struct copse_slice bytes);

enum copse_reader_type copse_reader_peek(const struct copse_reader *reader);

/* Take a nil if one is next, and say so. Anything else is left in place: no failure. */
bool copse_reader_nil(struct copse_reader *reader);

bool copse_reader_bool(struct copse_reader *reader);

/* A number from 0 to `max`; a larger one is a failure. */
uint64_t copse_reader_uint(struct copse_reader *reader, uint64_t max);

/* A number of either sign. */
int64_t copse_reader_int(struct copse_reader *reader);

/* A bin or a str (valid UTF-8) of at most `max` bytes, in place. */
struct copse_slice copse_reader_bin(struct copse_reader *reader, size_t max);
struct copse_slice copse_reader_str(struct copse_reader *reader, size_t max);

/* A bin of exactly 32 bytes; zeros after a failure. */
struct copse_id copse_reader_id(struct copse_reader *reader);

/* The number of items of an array, or of pairs of a map, at most `max`. The items
 * follow. The caller checks that keys of a map rise (copse_reader_key does). */
size_t copse_reader_array(struct copse_reader *reader, size_t max);
size_t copse_reader_map(struct copse_reader *reader, size_t max);

/* The next key of a map: a number larger than `*last`, which it becomes. Start with -1. */
uint64_t copse_reader_key(struct copse_reader *reader, int64_t *last);

/* Any one value, whole, in place: canonical throughout, map keys unsigned and rising,
 * `depth` arrays and maps within one another at most (<= COPSE_READER_DEPTH_MAX). */
struct copse_slice copse_reader_value(struct copse_reader *reader, unsigned depth);

/* Fail by hand: a rule of the caller's is broken. */
void copse_reader_fail(struct copse_reader *reader);

/* Everything read, nothing left over: COPSE_OK, otherwise COPSE_ERR_DECODE. */
enum copse_err copse_reader_end(const struct copse_reader *reader) COPSE_MUST_CHECK;

#endif
