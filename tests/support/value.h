/* Canonical values for tests: made at random, taken apart, written again, compared. */
#ifndef COPSE_TESTS_SUPPORT_VALUE_H
#define COPSE_TESTS_SUPPORT_VALUE_H

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"
#include "tests/support/random.h"

/* Write a random canonical value with at most `depth` arrays and maps within one another. */
void copse_value_random(struct copse_writer *writer, struct copse_random *random, unsigned depth);

/* Take one value off `reader` call by call and write it to `writer` again.
 * The reader fails, as it does by itself, where the bytes are not canonical. */
void copse_value_rewrite(struct copse_writer *writer, struct copse_reader *reader, unsigned depth);

/* Whether msgpack-c's unpacker sees in `bytes` exactly one value, and the same one that our
 * reader does. `bytes` must have been accepted by copse_reader_value. */
bool copse_value_same_as_msgpack(struct copse_slice bytes);

#endif
