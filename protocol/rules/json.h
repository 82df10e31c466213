/* Write JSON (RFC 8259) through a sink, in one form only: no spaces, keys in the order given.
 *
 * Sticky: after the sink has failed nothing more is written, and copse_json_end says so.
 */
#ifndef COPSE_PROTOCOL_RULES_JSON_H
#define COPSE_PROTOCOL_RULES_JSON_H

#include "protocol/base/bytes.h"

#define COPSE_JSON_BUFFER_BYTES 4096u

/* Takes bytes, in order; anything but COPSE_OK stops the writing. */
typedef enum copse_err copse_json_sink(void *context, struct copse_slice bytes);

struct copse_json {
    copse_json_sink *sink;
    void *context;
    enum copse_err err;
    size_t size;
    bool is_first; /* nothing stands before in this array or object */
    bool is_keyed; /* a key stands before */
    uint8_t buffer[COPSE_JSON_BUFFER_BYTES];
};

void copse_json_init(struct copse_json *json, copse_json_sink *sink, void *context);

/* Hand over what is left. COPSE_OK or what the sink gave. */
enum copse_err copse_json_end(struct copse_json *json) COPSE_MUST_CHECK;

void copse_json_object(struct copse_json *json);
void copse_json_object_end(struct copse_json *json);
void copse_json_array(struct copse_json *json);
void copse_json_array_end(struct copse_json *json);
void copse_json_key(struct copse_json *json, const char *key);            /* of a-z and _ */
void copse_json_string(struct copse_json *json, struct copse_slice utf8); /* checked before */
void copse_json_id(struct copse_json *json, const struct copse_id *id);   /* in hexadecimal */
void copse_json_number(struct copse_json *json, int64_t value);
void copse_json_bool(struct copse_json *json, bool value);
void copse_json_null(struct copse_json *json);

/* The end of a line, between values that stand alone. */
void copse_json_line(struct copse_json *json);

#endif
