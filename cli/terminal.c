#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIME_MS_MAX 253402300799999 /* the last millisecond of year 9999 */

bool copse_terminal_is_unsafe(uint32_t scalar)
{
    return (scalar < 0x20 && scalar != '\n' && scalar != '\t') ||
           (scalar >= 0x7f && scalar <= 0x9f) || scalar == 0x61c || scalar == 0x200e ||
           scalar == 0x200f || (scalar >= 0x2028 && scalar <= 0x202e) ||
           (scalar >= 0x2066 && scalar <= 0x2069);
}

void copse_terminal_clean(struct copse_builder *out, struct copse_slice text,
                          enum copse_terminal_shape shape)
{
    bool is_utf8 = copse_bytes_is_utf8(text);
    while (text.size > 0) {
        uint32_t scalar = text.data[0];
        size_t size = is_utf8 ? copse_bytes_next_scalar(&scalar, text) : 1;
        struct copse_slice bytes = {text.data, size};
        if ((!is_utf8 && scalar >= 0x80) || copse_terminal_is_unsafe(scalar)) {
            copse_builder_text(out, COPSE_TERMINAL_REPLACEMENT);
        } else if (shape == COPSE_TERMINAL_LINE && (scalar == '\n' || scalar == '\t')) {
            copse_builder_byte(out, ' ');
        } else {
            copse_builder_slice(out, bytes);
        }
        text.data += size;
        text.size -= size;
    }
}

void copse_terminal_time(char out[COPSE_TERMINAL_TIME_BYTES], int64_t time_ms,
                         enum copse_terminal_zone zone)
{
    struct tm fields;
    memcpy(out, "-", 2);
    if (time_ms < -TIME_MS_MAX / 8 || time_ms > TIME_MS_MAX) {
        return;
    }
    int64_t seconds = time_ms / 1000 - (time_ms % 1000 < 0);
    time_t moment = (time_t)seconds;
    if (zone == COPSE_TERMINAL_UTC) {
        if (gmtime_r(&moment, &fields) != NULL) {
            (void)strftime(out, COPSE_TERMINAL_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &fields);
        }
    } else if (localtime_r(&moment, &fields) != NULL) {
        (void)strftime(out, COPSE_TERMINAL_TIME_BYTES, "%Y-%m-%d %H:%M", &fields);
    }
}
