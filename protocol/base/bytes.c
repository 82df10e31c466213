/* Small pure helpers; nothing here allocates or fails but the two decoders. */
#include "protocol/base/bytes.h"

#include <sodium.h>
#include <string.h>

struct copse_slice copse_bytes_of_string(const char *string)
{
    return (struct copse_slice){(const uint8_t *)string, strlen(string)};
}

struct copse_slice copse_bytes_of_id(const struct copse_id *id)
{
    return (struct copse_slice){id->bytes, sizeof id->bytes};
}

int copse_bytes_compare(struct copse_slice a, struct copse_slice b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0) {
        return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}

int copse_bytes_compare_ids(const struct copse_id *a, const struct copse_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool copse_bytes_equal(struct copse_slice a, struct copse_slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool copse_bytes_equal_ids(const struct copse_id *a, const struct copse_id *b)
{
    return copse_bytes_compare_ids(a, b) == 0;
}

bool copse_bytes_is_zero(const struct copse_id *id)
{
    static const struct copse_id zero;
    return copse_bytes_equal_ids(id, &zero);
}

enum copse_err copse_bytes_to_id(struct copse_id *out, struct copse_slice slice)
{
    if (slice.size != sizeof out->bytes) {
        return COPSE_ERR_DECODE;
    }
    memcpy(out->bytes, slice.data, sizeof out->bytes);
    return COPSE_OK;
}

void copse_bytes_id_to_hex(char out[COPSE_ID_HEX_BYTES], const struct copse_id *id)
{
    (void)sodium_bin2hex(out, COPSE_ID_HEX_BYTES, id->bytes, sizeof id->bytes);
}

enum copse_err copse_bytes_id_from_hex(struct copse_id *out, struct copse_slice text)
{
    size_t size = 0;
    struct copse_id id;
    if (text.size != COPSE_ID_HEX_BYTES - 1 ||
        sodium_hex2bin(id.bytes, sizeof id.bytes, (const char *)text.data, text.size, NULL, &size,
                       NULL) != 0 ||
        size != sizeof id.bytes) {
        return COPSE_ERR_DECODE;
    }
    *out = id;
    return COPSE_OK;
}

/* Length of the sequence that `first` begins and the bits it carries; 0: no sequence begins so. */
static size_t utf8_sequence(uint32_t *bits, uint8_t first)
{
    if (first < 0x80) {
        *bits = first;
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        *bits = first & 0x1fu;
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        *bits = first & 0x0fu;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        *bits = first & 0x07u;
        return 4;
    }
    return 0;
}

/* Length of the valid sequence at the front of `text`; 0 if there is none. */
static size_t utf8_take(uint32_t *scalar, struct copse_slice text)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t value = 0;
    size_t length = utf8_sequence(&value, text.data[0]);
    if (length == 0 || length > text.size) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text.data[i] & 0xc0u) != 0x80u) {
            return 0;
        }
        value = (value << 6) | (text.data[i] & 0x3fu);
    }
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    *scalar = value;
    return length;
}

bool copse_bytes_is_utf8(struct copse_slice text)
{
    uint32_t scalar = 0;
    for (size_t at = 0; at < text.size;) {
        size_t length = utf8_take(&scalar, (struct copse_slice){text.data + at, text.size - at});
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

size_t copse_bytes_next_scalar(uint32_t *scalar, struct copse_slice text)
{
    COPSE_ASSERT(text.size > 0);
    size_t length = utf8_take(scalar, text);
    COPSE_ASSERT(length > 0);
    return length;
}

void copse_bytes_put_u16(uint8_t out[2], uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)(value & 0xffu);
}

void copse_bytes_put_u32(uint8_t out[4], uint32_t value)
{
    copse_bytes_put_u16(out, (uint16_t)(value >> 16));
    copse_bytes_put_u16(out + 2, (uint16_t)(value & 0xffffu));
}

void copse_bytes_put_u64(uint8_t out[8], uint64_t value)
{
    copse_bytes_put_u32(out, (uint32_t)(value >> 32));
    copse_bytes_put_u32(out + 4, (uint32_t)(value & 0xffffffffu));
}

uint16_t copse_bytes_get_u16(const uint8_t in[2])
{
    return (uint16_t)(((uint32_t)in[0] << 8) | in[1]);
}

uint32_t copse_bytes_get_u32(const uint8_t in[4])
{
    return ((uint32_t)copse_bytes_get_u16(in) << 16) | copse_bytes_get_u16(in + 2);
}

uint64_t copse_bytes_get_u64(const uint8_t in[8])
{
    return ((uint64_t)copse_bytes_get_u32(in) << 32) | copse_bytes_get_u32(in + 4);
}
