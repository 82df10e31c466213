/* Slices of bytes, 32-byte names, and their hexadecimal form.
 *
 * Words:  slice  bytes that somebody else owns; never outlives them
 *         id     32 bytes that name a thing: an entry, a community, an object, a
 *                content, or a key (a person is a root key, a device a device key)
 */
#ifndef COPSE_PROTOCOL_BASE_BYTES_H
#define COPSE_PROTOCOL_BASE_BYTES_H

#include "protocol/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copse_slice {
    const uint8_t *data; /* NULL: nothing there; may be non-NULL with size 0 */
    size_t size;
};

#define COPSE_ID_BYTES 32u
#define COPSE_ID_HEX_BYTES 65u /* 64 digits and the end of the string */

struct copse_id {
    uint8_t bytes[COPSE_ID_BYTES];
};

/* A slice of a NUL-terminated string, without the NUL. */
struct copse_slice copse_bytes_of_string(const char *string);

/* A slice of an id; valid as long as `*id`. */
struct copse_slice copse_bytes_of_id(const struct copse_id *id);

/* Unsigned byte order, the shorter first where one begins the other: <0, 0, >0.
 * Not constant time: never for secrets. */
int copse_bytes_compare(struct copse_slice a, struct copse_slice b);
int copse_bytes_compare_ids(const struct copse_id *a, const struct copse_id *b);
bool copse_bytes_equal(struct copse_slice a, struct copse_slice b);
bool copse_bytes_equal_ids(const struct copse_id *a, const struct copse_id *b);
bool copse_bytes_is_zero(const struct copse_id *id);

/* Copy a slice of exactly 32 bytes; anything else gives COPSE_ERR_DECODE. */
enum copse_err copse_bytes_to_id(struct copse_id *out, struct copse_slice slice) COPSE_MUST_CHECK;

/* Lower-case hexadecimal with a final NUL. */
void copse_bytes_id_to_hex(char out[COPSE_ID_HEX_BYTES], const struct copse_id *id);

/* 64 hexadecimal digits of either case, nothing else; otherwise COPSE_ERR_DECODE. */
enum copse_err copse_bytes_id_from_hex(struct copse_id *out,
                                       struct copse_slice text) COPSE_MUST_CHECK;

/* Valid UTF-8: Unicode scalar values only, in shortest form. An empty slice is valid. */
bool copse_bytes_is_utf8(struct copse_slice text);

/* Take one scalar value off the front of valid UTF-8 (checked before). Returns its
 * length in bytes, 1 to 4, and sets *scalar. `text` must not be empty. */
size_t copse_bytes_next_scalar(uint32_t *scalar, struct copse_slice text);

/* Order-preserving: memcmp of the results orders as the numbers do. */
void copse_bytes_put_u16(uint8_t out[2], uint16_t value);
void copse_bytes_put_u32(uint8_t out[4], uint32_t value);
void copse_bytes_put_u64(uint8_t out[8], uint64_t value);
uint16_t copse_bytes_get_u16(const uint8_t in[2]);
uint32_t copse_bytes_get_u32(const uint8_t in[4]);
uint64_t copse_bytes_get_u64(const uint8_t in[8]);

#endif
