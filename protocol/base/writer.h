/* Write canonical msgpack into room of a fixed size (SPEC 2).
 *
 * Sticky: when something does not fit, all later calls do nothing and
 * copse_writer_end says so. msgpack-c chooses the shortest form of every value.
 */
#ifndef COPSE_PROTOCOL_BASE_WRITER_H
#define COPSE_PROTOCOL_BASE_WRITER_H

#include "protocol/base/bytes.h"

struct copse_writer {
    uint8_t *data;
    size_t capacity;
    size_t size; /* bytes written */
    bool full;   /* something did not fit */
};

/* Begin at the front of `data`, which is borrowed. */
void copse_writer_init(struct copse_writer *writer, uint8_t *data, size_t capacity);

void copse_writer_nil(struct copse_writer *writer);
void copse_writer_bool(struct copse_writer *writer, bool value);
void copse_writer_uint(struct copse_writer *writer, uint64_t value);
void copse_writer_int(struct copse_writer *writer, int64_t value);
void copse_writer_bin(struct copse_writer *writer, struct copse_slice bytes);
/* What is not valid UTF-8 is a bug. */
void copse_writer_str(struct copse_writer *writer, struct copse_slice utf8);
void copse_writer_id(struct copse_writer *writer, const struct copse_id *id);
/* An array of ids. */
void copse_writer_ids(struct copse_writer *writer, const struct copse_id *ids, size_t count);
void copse_writer_array(struct copse_writer *writer, size_t count);
void copse_writer_map(struct copse_writer *writer, size_t count); /* keys must be written rising */

/* Bytes that are canonical already: one or more whole values. */
void copse_writer_raw(struct copse_writer *writer, struct copse_slice bytes);

/* What was written, borrowed from the room: COPSE_OK, or COPSE_ERR_LIMIT and an empty slice. */
enum copse_err copse_writer_end(struct copse_slice *out,
                                const struct copse_writer *writer) COPSE_MUST_CHECK;

#endif
