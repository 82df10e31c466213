/* How it works: normalising goes through the bytes once. Keys are looked up by walking the lines
 * between the fences; there are few, and nothing has to be kept. */
#include "cli/front_matter.h"

#include <string.h>

#define FENCE "---\n"
#define FENCE_BYTES 4u

static bool front_matter_is_control(uint32_t scalar)
{
    return (scalar < 0x20 && scalar != '\n' && scalar != '\t') ||
           (scalar >= 0x7f && scalar <= 0x9f);
}

/* The first byte where no character of valid UTF-8 begins. */
static size_t front_matter_bad_byte(struct copse_slice bytes)
{
    size_t at = 0;
    size_t size = 1;
    while (at < bytes.size && size <= 4) {
        bool fits = size <= bytes.size - at;
        if (fits && copse_bytes_is_utf8((struct copse_slice){bytes.data + at, size})) {
            at += size;
            size = 1;
        } else {
            size++;
        }
    }
    return at;
}

enum copse_err copse_front_matter_normalise(struct copse_builder *out,
                                            struct copse_front_matter_report *report,
                                            struct copse_front_matter_problem *problem,
                                            struct copse_slice bytes)
{
    *report = (struct copse_front_matter_report){.had_mark = false};
    *problem = (struct copse_front_matter_problem){.fault = COPSE_FRONT_MATTER_FINE, .line = 1};
    if (!copse_bytes_is_utf8(bytes)) {
        problem->fault = COPSE_FRONT_MATTER_NOT_UTF8;
        problem->byte = front_matter_bad_byte(bytes);
        return COPSE_OK;
    }
    if (bytes.size >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0) {
        report->had_mark = true;
        bytes.data += 3;
        bytes.size -= 3;
    }
    while (bytes.size > 0) {
        uint32_t scalar = 0;
        size_t size = copse_bytes_next_scalar(&scalar, bytes);
        problem->column++;
        if (scalar == '\r') {
            bool is_pair = bytes.size > 1 && bytes.data[1] == '\n';
            size = is_pair ? 2 : 1;
            report->crlf_count += is_pair;
            report->cr_count += !is_pair;
            scalar = '\n';
        }
        if (front_matter_is_control(scalar)) {
            problem->fault = COPSE_FRONT_MATTER_CONTROL;
            problem->character = scalar;
            return COPSE_OK;
        }
        if (scalar == '\n') {
            problem->line++;
            problem->column = 0;
            copse_builder_byte(out, '\n');
        } else {
            copse_builder_slice(out, (struct copse_slice){bytes.data, size});
        }
        bytes.data += size;
        bytes.size -= size;
    }
    return out->failed ? COPSE_ERR_NOMEM : COPSE_OK;
}

/* The line at `at` with its newline; size 0 at the end. */
static struct copse_slice front_matter_line(struct copse_slice text, size_t at)
{
    const uint8_t *newline = memchr(text.data + at, '\n', text.size - at);
    size_t end = newline == NULL ? text.size : (size_t)(newline - text.data) + 1;
    return (struct copse_slice){text.data + at, end - at};
}

void copse_front_matter_split(struct copse_front_matter *out, struct copse_slice text)
{
    *out = (struct copse_front_matter){.body = text};
    if (text.size < FENCE_BYTES || memcmp(text.data, FENCE, FENCE_BYTES) != 0) {
        return;
    }
    for (size_t at = FENCE_BYTES; at < text.size;) {
        struct copse_slice line = front_matter_line(text, at);
        /* A fence without a newline, at the very end, could not be put back as it was. */
        if (line.size == FENCE_BYTES && memcmp(line.data, FENCE, FENCE_BYTES) == 0) {
            out->is_present = true;
            out->inside = (struct copse_slice){text.data + FENCE_BYTES, at - FENCE_BYTES};
            at += line.size;
            out->body = (struct copse_slice){text.data + at, text.size - at};
            return;
        }
        at += line.size;
    }
}

void copse_front_matter_join(struct copse_builder *out, const struct copse_front_matter *parts)
{
    if (parts->is_present) {
        copse_builder_text(out, FENCE);
        copse_builder_slice(out, parts->inside);
        copse_builder_text(out, FENCE);
    }
    copse_builder_slice(out, parts->body);
}

static struct copse_slice front_matter_trim(struct copse_slice text)
{
    while (text.size > 0 && strchr(" \t\n", text.data[0]) != NULL) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && strchr(" \t\n", text.data[text.size - 1]) != NULL) {
        text.size--;
    }
    return text;
}

/* A plain value ends before " #". */
static struct copse_slice front_matter_without_remark(struct copse_slice text)
{
    for (size_t i = 0; i + 1 < text.size; i++) {
        if (text.data[i + 1] == '#' && (text.data[i] == ' ' || text.data[i] == '\t')) {
            text.size = i;
            break;
        }
    }
    if (text.size > 0 && text.data[0] == '#') {
        text.size = 0;
    }
    return front_matter_trim(text);
}

/* Append a scalar without its quotation marks. Gives what stands behind it. */
static struct copse_slice front_matter_scalar(struct copse_builder *out, struct copse_slice text)
{
    text = front_matter_trim(text);
    uint8_t quote = text.size > 0 ? text.data[0] : 0;
    if (quote != '"' && quote != '\'') {
        copse_builder_slice(out, front_matter_without_remark(text));
        return (struct copse_slice){text.data + text.size, 0};
    }
    size_t i = 1;
    for (; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool has_next = i + 1 < text.size;
        if (byte == quote && !(quote == '\'' && has_next && text.data[i + 1] == '\'')) {
            break;
        }
        if (has_next && (byte == quote || (quote == '"' && byte == '\\'))) {
            i++; /* '' stands for one mark; a backslash for the character behind it */
            byte = text.data[i];
            byte = quote == '"' && (byte == 'n' || byte == 't') ? ' ' : byte;
        }
        copse_builder_byte(out, (char)byte);
    }
    i += i < text.size;
    return (struct copse_slice){text.data + i, text.size - i};
}

/* Find "key:" at the outermost level. Sets *value to the rest of its line and *below to the lines
 * behind it. */
static bool front_matter_find(struct copse_slice *value, size_t *below, struct copse_slice inside,
                              const char *key)
{
    size_t key_size = strlen(key);
    for (size_t at = 0; at < inside.size;) {
        struct copse_slice line = front_matter_line(inside, at);
        at += line.size;
        if (line.size > key_size && memcmp(line.data, key, key_size) == 0 &&
            line.data[key_size] == ':') {
            *value = (struct copse_slice){line.data + key_size + 1, line.size - key_size - 1};
            *value = front_matter_trim(*value);
            *below = at;
            return true;
        }
    }
    return false;
}

bool copse_front_matter_value(struct copse_builder *out, struct copse_slice inside, const char *key)
{
    struct copse_slice value;
    size_t below = 0;
    if (!front_matter_find(&value, &below, inside, key) || value.size == 0 ||
        strchr("[{|>&*", value.data[0]) != NULL) {
        return false;
    }
    size_t before = out->size;
    (void)front_matter_scalar(out, value);
    return out->size > before;
}

/* The next value of "[a, b]" from `cursor`, which counts bytes of `value`. */
static bool front_matter_next_inline(struct copse_builder *out, size_t *cursor,
                                     struct copse_slice value)
{
    *cursor = *cursor == 0 ? 1 : *cursor;
    while (*cursor < value.size && value.data[*cursor] != ']') {
        struct copse_slice rest = {value.data + *cursor, value.size - *cursor};
        rest = front_matter_trim(rest);
        if (rest.size == 0 || rest.data[0] == ']') {
            return false;
        }
        size_t start = (size_t)(rest.data - value.data);
        if (rest.data[0] == '"' || rest.data[0] == '\'') {
            struct copse_slice behind = front_matter_scalar(out, rest);
            start = (size_t)(behind.data - value.data);
            rest = behind;
        }
        size_t end = 0;
        while (end < rest.size && rest.data[end] != ',' && rest.data[end] != ']') {
            end++;
        }
        if (out->size == 0) {
            (void)front_matter_scalar(out, (struct copse_slice){rest.data, end});
        }
        *cursor = start + end + (end < rest.size && rest.data[end] == ',');
        if (out->size > 0) {
            return true;
        }
    }
    return false;
}

bool copse_front_matter_next(struct copse_builder *out, size_t *cursor, struct copse_slice inside,
                             const char *key)
{
    struct copse_slice value;
    size_t below = 0;
    copse_builder_clear(out);
    if (!front_matter_find(&value, &below, inside, key)) {
        return false;
    }
    if (value.size > 0 && value.data[0] == '[') {
        return front_matter_next_inline(out, cursor, value);
    }
    if (value.size > 0 && value.data[0] != '#') {
        return (*cursor)++ == 0 && copse_front_matter_value(out, inside, key);
    }
    for (size_t at = *cursor == 0 ? below : *cursor; at < inside.size;) {
        struct copse_slice line = front_matter_line(inside, at);
        struct copse_slice trimmed = front_matter_trim(line);
        bool is_item = trimmed.size > 1 && trimmed.data[0] == '-' && trimmed.data[1] == ' ';
        bool is_skipped = trimmed.size == 0 || trimmed.data[0] == '#' || trimmed.data[0] == '-' ||
                          line.data[0] == ' ' || line.data[0] == '\t';
        if (!is_item && !is_skipped) {
            return false; /* the next key */
        }
        at += line.size;
        *cursor = at;
        if (is_item) {
            (void)front_matter_scalar(out,
                                      (struct copse_slice){trimmed.data + 1, trimmed.size - 1});
            if (out->size > 0) {
                return true;
            }
        }
    }
    return false;
}

void copse_front_matter_write(struct copse_builder *out, const char *key, struct copse_slice value)
{
    copse_builder_format(out, "%s: \"", key);
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\') {
            copse_builder_byte(out, '\\');
        }
        copse_builder_byte(out, value.data[i] == '\n' ? ' ' : (char)value.data[i]);
    }
    copse_builder_text(out, "\"\n");
}

/* Take a number of one to `digits_max` digits off the front. */
static bool front_matter_digits(int64_t *out, struct copse_slice *text, size_t digits_max)
{
    size_t count = 0;
    *out = 0;
    while (count < digits_max && count < text->size && text->data[count] >= '0' &&
           text->data[count] <= '9') {
        *out = *out * 10 + (text->data[count] - '0');
        count++;
    }
    text->data += count;
    text->size -= count;
    return count > 0;
}

static bool front_matter_sign(struct copse_slice *text, char sign)
{
    if (text->size == 0 || text->data[0] != (uint8_t)sign) {
        return false;
    }
    text->data++;
    text->size--;
    return true;
}

/* Days since 1970-01-01 in the Gregorian calendar, by counting years from 1 March 0000. */
static int64_t front_matter_days(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = month > 2 ? year : year - 1;
    int64_t from_march = (month + 9) % 12;
    int64_t leap_days = shifted / 4 - shifted / 100 + shifted / 400;
    return shifted * 365 + leap_days + (from_march * 153 + 2) / 5 + day - 1 - 719468;
}

/* "+0530", "-5", "-05:00" or "Z": minutes east. */
static int64_t front_matter_zone(struct copse_slice text)
{
    int64_t hours = 0;
    int64_t minutes = 0;
    bool is_west = front_matter_sign(&text, '-');
    if (!is_west && !front_matter_sign(&text, '+')) {
        return 0;
    }
    if (!front_matter_digits(&hours, &text, 2)) {
        return 0;
    }
    (void)front_matter_sign(&text, ':');
    (void)front_matter_digits(&minutes, &text, 2);
    minutes += hours * 60;
    return is_west ? -minutes : minutes;
}

bool copse_front_matter_time(int64_t *time_ms, struct copse_slice text)
{
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    int64_t clock[3] = {0, 0, 0};
    text = front_matter_trim(text);
    if (!front_matter_digits(&year, &text, 4) || !front_matter_sign(&text, '-') ||
        !front_matter_digits(&month, &text, 2) || !front_matter_sign(&text, '-') ||
        !front_matter_digits(&day, &text, 2) || month < 1 || month > 12 || day < 1 || day > 31) {
        return false;
    }
    (void)(front_matter_sign(&text, 'T') || front_matter_sign(&text, 't'));
    text = front_matter_trim(text);
    for (size_t i = 0; i < 3 && front_matter_digits(&clock[i], &text, 2); i++) {
        if (!front_matter_sign(&text, ':')) {
            break;
        }
    }
    text = front_matter_trim(text);
    int64_t minutes = front_matter_days(year, month, day) * 1440 + clock[0] * 60 + clock[1] -
                      front_matter_zone(text);
    *time_ms = (minutes * 60 + clock[2]) * 1000;
    return true;
}

struct copse_slice copse_front_matter_heading(struct copse_slice body)
{
    for (size_t at = 0; at < body.size;) {
        struct copse_slice line = front_matter_line(body, at);
        if (line.size > 2 && line.data[0] == '#' && line.data[1] == ' ') {
            return front_matter_trim((struct copse_slice){line.data + 2, line.size - 2});
        }
        at += line.size;
    }
    return (struct copse_slice){NULL, 0};
}
