/* How it works: every value begins with a byte that says its type and, for the
 * short forms, its number or length. take_head reads that byte and the big-endian
 * number behind it, and refuses a form longer than the number needs (SPEC 2.2).
 * The typed calls are take_head and a check of the type.
 */
#include "protocol/base/reader.h"

#include <string.h>

/* One value without its payload: for a number the number itself (negative ones in two's
 * complement), for bin and str the length, for array and map the count, for bool 0 or 1. */
struct head {
    enum copse_reader_type type;
    uint64_t number;
};

/* The forms with a number behind the first byte: its width, and the least number that needs it.
 * SPEC 2.2: "Every integer, length and count MUST have its shortest form" */
struct long_form {
    uint8_t first;
    uint8_t width;
    enum copse_reader_type type;
    uint64_t least;
};

// clang-format off
static const struct long_form long_forms[] = {
    {0xc4, 1, COPSE_READER_BIN,   0},
    {0xc5, 2, COPSE_READER_BIN,   0x100},
    {0xc6, 4, COPSE_READER_BIN,   0x10000},
    {0xcc, 1, COPSE_READER_UINT,  0x80},
    {0xcd, 2, COPSE_READER_UINT,  0x100},
    {0xce, 4, COPSE_READER_UINT,  0x10000},
    {0xcf, 8, COPSE_READER_UINT,  0x100000000},
    {0xd9, 1, COPSE_READER_STR,   0x20},
    {0xda, 2, COPSE_READER_STR,   0x100},
    {0xdb, 4, COPSE_READER_STR,   0x10000},
    {0xdc, 2, COPSE_READER_ARRAY, 0x10},
    {0xdd, 4, COPSE_READER_ARRAY, 0x10000},
    {0xde, 2, COPSE_READER_MAP,   0x10},
    {0xdf, 4, COPSE_READER_MAP,   0x10000},
};
// clang-format on

void copse_reader_init(struct copse_reader *reader, struct copse_slice bytes)
{
    static const uint8_t nothing;
    reader->cursor = bytes.data == NULL ? &nothing : bytes.data;
    reader->end = reader->cursor + bytes.size;
}

/* SPEC 2.6: "A reader MUST refuse what breaks 2.1 to 2.5 and MUST NOT repair it." */
void copse_reader_fail(struct copse_reader *reader)
{
    reader->cursor = NULL;
    reader->end = NULL;
}

static size_t bytes_left(const struct copse_reader *reader)
{
    return reader->cursor == NULL ? 0 : (size_t)(reader->end - reader->cursor);
}

/* The forms that are one byte; NONE for the others. */
static struct head short_head(uint8_t first)
{
    if (first <= 0x7f) {
        return (struct head){COPSE_READER_UINT, first};
    }
    if (first <= 0x8f) {
        return (struct head){COPSE_READER_MAP, first & 0x0fu};
    }
    if (first <= 0x9f) {
        return (struct head){COPSE_READER_ARRAY, first & 0x0fu};
    }
    if (first <= 0xbf) {
        return (struct head){COPSE_READER_STR, first & 0x1fu};
    }
    if (first == 0xc0) {
        return (struct head){COPSE_READER_NIL, 0};
    }
    if (first == 0xc2 || first == 0xc3) {
        return (struct head){COPSE_READER_BOOL, first & 1u};
    }
    if (first >= 0xe0) {
        return (struct head){COPSE_READER_NEGATIVE, UINT64_MAX - 0xffu + first};
    }
    /* SPEC 2.1: "Floats and extensions MUST be refused." They are among what is left. */
    return (struct head){COPSE_READER_NONE, 0};
}

static uint64_t big_endian(const uint8_t *bytes, size_t width)
{
    uint64_t number = 0;
    for (size_t i = 0; i < width; i++) {
        number = (number << 8) | bytes[i];
    }
    return number;
}

/* Negative numbers: int8 to int64, sign-extended; each must not fit the next shorter form.
 * SPEC 2.2: "a number that is not negative MUST use the unsigned forms" */
static struct head negative_head(const uint8_t *bytes, uint8_t first, size_t left)
{
    static const int64_t below[4] = {-32, INT8_MIN, INT16_MIN, INT32_MIN};
    size_t form = first - 0xd0u;
    size_t width = (size_t)1 << form;
    if (left < width + 1) {
        return (struct head){COPSE_READER_NONE, 0};
    }
    if ((bytes[1] & 0x80u) == 0) {
        return (struct head){COPSE_READER_NONE, 0};
    }
    uint64_t number = big_endian(bytes + 1, width);
    if (width < 8) {
        number |= UINT64_MAX << (8 * width);
    }
    if ((int64_t)number >= below[form]) {
        return (struct head){COPSE_READER_NONE, 0};
    }
    return (struct head){COPSE_READER_NEGATIVE, number};
}

/* Read the head at the cursor without moving; `*size` is its length. NONE: not canonical. */
static struct head look_head(size_t *size, const struct copse_reader *reader)
{
    size_t left = bytes_left(reader);
    *size = 0;
    if (left == 0) {
        return (struct head){COPSE_READER_NONE, 0};
    }
    uint8_t first = *reader->cursor;
    struct head head = short_head(first);
    *size = 1;
    if (head.type != COPSE_READER_NONE) {
        return head;
    }
    if (first >= 0xd0 && first <= 0xd3) {
        *size = 1 + ((size_t)1 << (first - 0xd0u));
        return negative_head(reader->cursor, first, left);
    }
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(long_forms); i++) {
        const struct long_form *form = &long_forms[i];
        if (form->first == first && left > form->width) {
            uint64_t number = big_endian(reader->cursor + 1, form->width);
            *size = 1 + (size_t)form->width;
            return (struct head){number < form->least ? COPSE_READER_NONE : form->type, number};
        }
    }
    return head;
}

enum copse_reader_type copse_reader_peek(const struct copse_reader *reader)
{
    size_t size = 0;
    return look_head(&size, reader).type;
}

/* Take a head of type `type` whose number is at most `max`; otherwise fail and give 0. */
static uint64_t take_head(struct copse_reader *reader, enum copse_reader_type type, uint64_t max)
{
    size_t size = 0;
    struct head head = look_head(&size, reader);
    if (head.type != type || head.number > max) {
        copse_reader_fail(reader);
        return 0;
    }
    reader->cursor += size;
    return head.number;
}

bool copse_reader_nil(struct copse_reader *reader)
{
    if (copse_reader_peek(reader) != COPSE_READER_NIL) {
        return false;
    }
    reader->cursor++;
    return true;
}

bool copse_reader_bool(struct copse_reader *reader)
{
    return take_head(reader, COPSE_READER_BOOL, 1) != 0;
}

uint64_t copse_reader_uint(struct copse_reader *reader, uint64_t max)
{
    return take_head(reader, COPSE_READER_UINT, max);
}

int64_t copse_reader_int(struct copse_reader *reader)
{
    if (copse_reader_peek(reader) == COPSE_READER_NEGATIVE) {
        return (int64_t)take_head(reader, COPSE_READER_NEGATIVE, UINT64_MAX);
    }
    return (int64_t)take_head(reader, COPSE_READER_UINT, INT64_MAX);
}

/* Take `size` bytes of payload. */
static struct copse_slice take_bytes(struct copse_reader *reader, uint64_t size)
{
    if (size > bytes_left(reader) || reader->cursor == NULL) {
        copse_reader_fail(reader);
        return (struct copse_slice){NULL, 0};
    }
    struct copse_slice bytes = {reader->cursor, (size_t)size};
    reader->cursor += size;
    return bytes;
}

struct copse_slice copse_reader_bin(struct copse_reader *reader, size_t max)
{
    return take_bytes(reader, take_head(reader, COPSE_READER_BIN, max));
}

/* SPEC 2.3: "A str MUST be valid UTF-8" */
struct copse_slice copse_reader_str(struct copse_reader *reader, size_t max)
{
    struct copse_slice text = take_bytes(reader, take_head(reader, COPSE_READER_STR, max));
    if (!copse_bytes_is_utf8(text)) {
        copse_reader_fail(reader);
        return (struct copse_slice){NULL, 0};
    }
    return text;
}

struct copse_id copse_reader_id(struct copse_reader *reader)
{
    struct copse_id id = {{0}};
    struct copse_slice bytes = copse_reader_bin(reader, sizeof id.bytes);
    if (copse_bytes_to_id(&id, bytes) != COPSE_OK) {
        copse_reader_fail(reader);
    }
    return id;
}

size_t copse_reader_array(struct copse_reader *reader, size_t max)
{
    uint64_t count = take_head(reader, COPSE_READER_ARRAY, max);
    if (count > bytes_left(reader)) {
        copse_reader_fail(reader);
        return 0;
    }
    return (size_t)count;
}

size_t copse_reader_map(struct copse_reader *reader, size_t max)
{
    uint64_t count = take_head(reader, COPSE_READER_MAP, max);
    if (count > bytes_left(reader) / 2) {
        copse_reader_fail(reader);
        return 0;
    }
    return (size_t)count;
}

/* SPEC 2.4: "The keys of a map MUST be unsigned integers below 2^63 in strictly rising order." */
uint64_t copse_reader_key(struct copse_reader *reader, int64_t *last)
{
    uint64_t key = copse_reader_uint(reader, INT64_MAX);
    if (reader->cursor != NULL && (int64_t)key <= *last) {
        copse_reader_fail(reader);
        return 0;
    }
    *last = (int64_t)key;
    return key;
}

/* An array or map of which some items are still to come. */
struct open_value {
    uint64_t left; /* values still to read, keys included */
    int64_t last;  /* the last key of a map */
    bool is_map;
};

/* Enter an array or map of `left` values. False, and the reader failed, when there are too many
 * for the bytes left or `depth` are open already.
 * SPEC 2.5: "Arrays and maps MUST NOT be nested more than 8 deep." */
static bool enter(struct copse_reader *reader, struct open_value *open, unsigned *used,
                  unsigned depth)
{
    bool is_map = copse_reader_peek(reader) == COPSE_READER_MAP;
    uint64_t left = is_map ? 2 * (uint64_t)copse_reader_map(reader, SIZE_MAX)
                           : copse_reader_array(reader, SIZE_MAX);
    if (*used == depth) {
        copse_reader_fail(reader);
    }
    if (reader->cursor == NULL) {
        return false;
    }
    open[(*used)++] = (struct open_value){left, -1, is_map};
    return true;
}

/* One value that is no array and no map. */
static void skip_simple(struct copse_reader *reader, enum copse_reader_type type)
{
    switch (type) {
    case COPSE_READER_NIL:
        (void)copse_reader_nil(reader);
        break;
    case COPSE_READER_BOOL:
        (void)copse_reader_bool(reader);
        break;
    case COPSE_READER_UINT:
        (void)copse_reader_uint(reader, UINT64_MAX);
        break;
    case COPSE_READER_NEGATIVE:
        (void)copse_reader_int(reader);
        break;
    case COPSE_READER_BIN:
        (void)copse_reader_bin(reader, SIZE_MAX);
        break;
    case COPSE_READER_STR:
        (void)copse_reader_str(reader, SIZE_MAX);
        break;
    case COPSE_READER_NONE:
    case COPSE_READER_ARRAY:
    case COPSE_READER_MAP:
        copse_reader_fail(reader);
        break;
    }
}

/* Read one value, or, for an array or map, its head and remember what it still lacks. */
static void step_value(struct copse_reader *reader, struct open_value *open, unsigned *used,
                       unsigned depth)
{
    if (*used > 0) {
        struct open_value *top = &open[*used - 1];
        if (top->is_map && top->left % 2 == 0) {
            (void)copse_reader_key(reader, &top->last);
            top->left--;
        }
        top->left--;
    }
    enum copse_reader_type type = copse_reader_peek(reader);
    if (type == COPSE_READER_ARRAY || type == COPSE_READER_MAP) {
        (void)enter(reader, open, used, depth);
    } else {
        skip_simple(reader, type);
    }
    while (*used > 0 && open[*used - 1].left == 0) {
        (*used)--;
    }
}

struct copse_slice copse_reader_value(struct copse_reader *reader, unsigned depth)
{
    COPSE_ASSERT(depth <= COPSE_READER_DEPTH_MAX);
    struct open_value open[COPSE_READER_DEPTH_MAX];
    unsigned used = 0;
    const uint8_t *start = reader->cursor;
    do {
        step_value(reader, open, &used, depth);
    } while (used > 0 && reader->cursor != NULL);
    if (reader->cursor == NULL) {
        return (struct copse_slice){NULL, 0};
    }
    return (struct copse_slice){start, (size_t)(reader->cursor - start)};
}

enum copse_err copse_reader_end(const struct copse_reader *reader)
{
    return reader->cursor != NULL && reader->cursor == reader->end ? COPSE_OK : COPSE_ERR_DECODE;
}
