/* Bytes as a run of a community whose id is made up, from a base made up to fit: every entry that
 * comes out is well formed and follows the one before, and all of it encodes to the same run again.
 */
#include "protocol/entry/run.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The entries of a run, kept to encode them again. */
struct kept {
    struct copse_run_part parts[COPSE_RUN_ENTRIES_MAX];
    uint8_t bytes[COPSE_RUN_BYTES_MAX];
    size_t used;
    size_t count;
};

static void keep(struct kept *kept, const struct copse_run_item *item)
{
    COPSE_ASSERT(item->bytes.size <= sizeof kept->bytes - kept->used);
    uint8_t *copy = kept->bytes + kept->used;
    memcpy(copy, item->bytes.data, item->bytes.size);
    kept->used += item->bytes.size;
    kept->parts[kept->count].entry = (struct copse_slice){copy, item->bytes.size};
    kept->parts[kept->count].salted = item->salted;
    kept->count++;
}

static void check_same(const struct kept *kept, const struct copse_run *run, uint64_t base_hlc,
                       struct copse_slice bytes)
{
    static uint8_t room[1u << 20]; /* more than an input has */
    if (bytes.size > sizeof room) {
        return;
    }
    struct copse_writer writer;
    copse_writer_init(&writer, room, sizeof room);
    struct copse_slice again = {NULL, 0};
    COPSE_ASSERT(copse_run_encode(&writer, kept->parts, kept->count, base_hlc, &run->signature) ==
                 COPSE_OK);
    COPSE_ASSERT(copse_writer_end(&again, &writer) == COPSE_OK);
    COPSE_ASSERT(copse_bytes_equal(again, bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct copse_slice bytes = {data, size};
    struct copse_id community;
    memset(community.bytes, 1, sizeof community.bytes);
    struct copse_run run;
    if (copse_run_open(&run, &community, bytes) != COPSE_OK) {
        return 0;
    }
    struct copse_run_base base;
    memset(&base, 0, sizeof base);
    base.id = run.base;
    base.entry.community = community;
    base.entry.author = run.author;
    /* odd authors begin their class 1 log */
    bool begins = run.class == COPSE_ENTRY_DATA && run.author.bytes[0] % 2 == 1;
    base.entry.class = begins ? COPSE_ENTRY_CONTROL : run.class;
    base.entry.seq = begins ? 0 : 4;
    base.entry.hlc = 70000;
    if (run.has_base && copse_run_start(&run, &base) != COPSE_OK) {
        return 0;
    }
    static struct kept kept;
    kept.used = 0;
    kept.count = 0;
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_run_item item;
    enum copse_err err = copse_run_next(&run, &item, room);
    for (; err == COPSE_OK; err = copse_run_next(&run, &item, room)) {
        keep(&kept, &item);
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        check_same(&kept, &run, base.entry.hlc, bytes);
    }
    return 0;
}
