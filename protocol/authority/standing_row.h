/* The bytes of the rows of standing: what writer and reader share. */
#ifndef COPSE_PROTOCOL_AUTHORITY_STANDING_ROW_H
#define COPSE_PROTOCOL_AUTHORITY_STANDING_ROW_H

#include "protocol/base/bytes.h"

#define COPSE_STANDING_ROW_KEY_BYTES 36u /* G, letter, id, part */
#define COPSE_STANDING_ROW_KEY_MAX 66u   /* G, letter, two ids */
#define COPSE_STANDING_ROW_LIST_MAX 128u /* ids in one item; further ones follow as MORE */
#define COPSE_STANDING_ROW_ABOVE_MAX 400u
#define COPSE_STANDING_ROW_LEAVES_MAX 300u

/* Items of a person's rows: arrays whose first number is one of these. */
enum copse_standing_row_item {
    COPSE_STANDING_ROW_UNIT,     /* grant, role, depth, ended, until or nil */
    COPSE_STANDING_ROW_GROUP,    /* [joins]: a group of the unit; the first names none */
    COPSE_STANDING_ROW_WALL,     /* kind, device or nil, [leaves]: of the group, or an own one */
    COPSE_STANDING_ROW_ACCEPTED, /* [leaves]: of the unit */
    COPSE_STANDING_ROW_LINE,     /* join, device, [LEAVEs] */
    COPSE_STANDING_ROW_TIGHT,    /* charter, [leaves] */
    COPSE_STANDING_ROW_COUNTING, /* [ids] */
    COPSE_STANDING_ROW_MORE,     /* [ids]: more of the list before */
};
#define COPSE_STANDING_ROW_ITEMS 8u

struct copse_standing_row_key {
    uint8_t bytes[COPSE_STANDING_ROW_KEY_MAX];
    size_t size;
};

/* G and a letter; then an id, unless NULL; then a part. */
struct copse_standing_row_key copse_standing_row_prefix(char letter, const struct copse_id *id);
struct copse_standing_row_key copse_standing_row_key(char letter, const struct copse_id *id,
                                                     uint16_t part);

/* The row that says that a REMOVE is void for a live unit, of its author. */
struct copse_standing_row_key copse_standing_row_denied(const struct copse_id *author,
                                                        const struct copse_id *entry);
struct copse_slice copse_standing_row_bytes(const struct copse_standing_row_key *key);

#endif
