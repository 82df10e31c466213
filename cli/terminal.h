/* What a terminal can be harmed or misled by, and how times and sizes are written for people. */
#ifndef COPSE_CLI_TERMINAL_H
#define COPSE_CLI_TERMINAL_H

#include "node/practice/builder.h"

#define COPSE_TERMINAL_TIME_BYTES 32u
#define COPSE_TERMINAL_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Written in UTC for programs ("2026-03-12T08:15:00Z"), or in the reader's zone ("2026-03-12
 * 09:15"). */
enum copse_terminal_zone { COPSE_TERMINAL_UTC, COPSE_TERMINAL_LOCAL };

/* Can this character move the cursor, begin a command to the terminal or turn the direction of
 * writing? C0 but tab and line feed, DEL, C1, the line and paragraph separators, and the controls
 * of direction (Unicode 15, table 23-3). */
bool copse_terminal_is_unsafe(uint32_t scalar);

/* Append text that somebody else wrote. Unsafe characters become U+FFFD. With LINE, line feeds and
 * tabs become blanks, so it stays one line. Bytes that are no UTF-8 become U+FFFD too. */
enum copse_terminal_shape { COPSE_TERMINAL_LINE, COPSE_TERMINAL_BLOCK };
void copse_terminal_clean(struct copse_builder *out, struct copse_slice text,
                          enum copse_terminal_shape shape);

/* A time in milliseconds since 1970. One out of the calendar's reach is written as "-". */
void copse_terminal_time(char out[COPSE_TERMINAL_TIME_BYTES], int64_t time_ms,
                         enum copse_terminal_zone zone);

#endif
