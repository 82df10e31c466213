/* Plaintexts of records into the decoder of messages (SPEC 10.4, 10.6); what is accepted must be
 * written again as a message that says the same. Parts of RANGES are read to their end.
 */
#include "protocol/wire/message.h"
#include "protocol/wire/reconcile.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t rooms[2][COPSE_MESSAGE_BYTES_MAX];

static struct copse_slice encode(size_t room, const struct copse_message *message)
{
    struct copse_slice out = {NULL, 0};
    enum copse_err err = copse_message_encode(
        &out, (struct copse_noise_room){rooms[room], COPSE_MESSAGE_BYTES_MAX}, message);
    COPSE_ASSERT(err == COPSE_OK);
    return out;
}

/* A few items, so that ranges have something in them. */
static void fill(struct copse_reconcile *reconcile)
{
    copse_reconcile_init(reconcile, copse_memory_heap());
    for (uint8_t i = 0; i < 60; i++) {
        struct copse_reconcile_item item;
        memset(&item, 0, sizeof item);
        memset(item.author.bytes, (i / 3) * 12, sizeof item.author.bytes);
        item.tag = (uint64_t)i * 0x9e3779b97f4a7c15u;
        item.position.seq = i;
        COPSE_ASSERT(copse_reconcile_add(reconcile, &item) == COPSE_OK);
    }
    COPSE_ASSERT(copse_reconcile_finish(reconcile) == COPSE_OK);
}

static void read_parts(struct copse_slice parts)
{
    struct copse_reconcile reconcile;
    fill(&reconcile);
    copse_reconcile_open_set(&reconcile);
    struct copse_reader reader;
    size_t count = 0;
    size_t end = 0;
    enum copse_err err = copse_reconcile_open(&reconcile, &reader, &count, parts);
    for (size_t i = 0; i < count && err == COPSE_OK; i++) {
        struct copse_reconcile_part part;
        err = copse_reconcile_next(&reconcile, &part, &reader);
        if (err != COPSE_OK) {
            break;
        }
        COPSE_ASSERT(part.first == end && part.end >= part.first && part.end <= reconcile.count);
        end = part.end;
        enum copse_reconcile_mode answer = copse_reconcile_choose(&reconcile, &part, i);
        COPSE_ASSERT(copse_reconcile_answer(&reconcile, &part, answer) == COPSE_OK);
    }
    bool is_last = err != COPSE_OK || !reconcile.in_done;
    COPSE_ASSERT(is_last || end == reconcile.count);
    while (!is_last) {
        struct copse_slice out;
        copse_reconcile_write(&reconcile, &out, &is_last,
                              (struct copse_noise_room){rooms[0], sizeof rooms[0]});
        COPSE_ASSERT(out.size > 0 && out.size <= COPSE_MESSAGE_PARTS_MAX);
    }
    copse_reconcile_deinit(&reconcile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct copse_message message;
    if (copse_message_decode(&message, (struct copse_slice){data, size}) != COPSE_OK) {
        return 0;
    }
    struct copse_slice once = encode(0, &message);
    COPSE_ASSERT(once.size <= size);
    struct copse_message again;
    COPSE_ASSERT(copse_message_decode(&again, once) == COPSE_OK);
    struct copse_slice twice = encode(1, &again);
    COPSE_ASSERT(copse_bytes_equal(once, twice));
    if (message.type == COPSE_MESSAGE_RANGES) {
        read_parts(message.ranges.parts);
    }
    return 0;
}
