/* How it works: items lie sorted by (author, tag) with prefix sums beside them, so the sum of any
 * range is one subtraction and its ends are two binary searches. A set of parts need not fit a
 * message: `in_end` and `in_bound` keep the place in the set that comes in, `written` and
 * `written_items` in the one that goes out. Neighbours with the same simple answer become one
 * part, so equal stretches cost their bound only.
 */
#include "protocol/wire/reconcile.h"

#include "protocol/base/writer.h"

#include <sodium.h>
#include <string.h>

#define KEY_BYTES (COPSE_ID_BYTES + 8u) /* of an item in the order: author, tag */
#define PART_HEAD_MAX 64u               /* a part without its rows */
#define ARRAY_HEAD_BYTES 3u             /* of the parts, where it can be large */

/* ---- tags ---- */

/* SPEC 10.11: "keyed with the first 16 bytes of BLAKE2b-256 keyed with the handshake hash over
 * `copse.recon.v1`" */
void copse_reconcile_key_of(struct copse_reconcile_key *out,
                            const uint8_t session_hash[COPSE_NOISE_HASH_BYTES])
{
    static const char purpose[] = "copse.recon.v1";
    uint8_t hash[32];
    (void)crypto_generichash(hash, sizeof hash, (const uint8_t *)purpose, sizeof purpose - 1,
                             session_hash, COPSE_NOISE_HASH_BYTES);
    memcpy(out->bytes, hash, sizeof out->bytes);
}

uint64_t copse_reconcile_tag(const struct copse_reconcile_key *key, enum copse_entry_class class,
                             const struct copse_id *author, uint32_t seq, const struct copse_id *id)
{
    uint8_t in[1 + COPSE_ID_BYTES + 4 + COPSE_ID_BYTES];
    uint8_t out[crypto_shorthash_siphashx24_BYTES];
    in[0] = (uint8_t) class;
    memcpy(in + 1, author->bytes, COPSE_ID_BYTES);
    copse_bytes_put_u32(in + 1 + COPSE_ID_BYTES, seq);
    memcpy(in + 5 + COPSE_ID_BYTES, id->bytes, COPSE_ID_BYTES);
    (void)crypto_shorthash_siphashx24(out, in, sizeof in, key->bytes);
    return copse_bytes_get_u64(out);
}

/* ---- items ---- */

void copse_reconcile_init(struct copse_reconcile *reconcile, const struct copse_memory *memory)
{
    memset(reconcile, 0, sizeof *reconcile);
    reconcile->memory = memory;
}

void copse_reconcile_deinit(struct copse_reconcile *reconcile)
{
    if (reconcile->memory != NULL) {
        copse_memory_free(reconcile->memory, reconcile->items);
        copse_memory_free(reconcile->memory, reconcile->sums);
        copse_memory_free(reconcile->memory, reconcile->replies);
    }
    memset(reconcile, 0, sizeof *reconcile);
}

enum copse_err copse_reconcile_add(struct copse_reconcile *reconcile,
                                   const struct copse_reconcile_item *item)
{
    COPSE_ASSERT(reconcile->sums == NULL);
    if (reconcile->count == COPSE_RECONCILE_ITEMS_MAX) {
        return COPSE_ERR_LIMIT;
    }
    enum copse_err err =
        copse_memory_grow(reconcile->memory, &reconcile->items, &reconcile->capacity,
                          reconcile->count + 1, sizeof *reconcile->items);
    if (err == COPSE_OK) {
        reconcile->items[reconcile->count++] = *item;
    }
    return err;
}

static int compare_items(const struct copse_reconcile_item *a, const struct copse_reconcile_item *b)
{
    int order = copse_bytes_compare_ids(&a->author, &b->author);
    return order != 0 ? order : (a->tag > b->tag) - (a->tag < b->tag);
}

/* Let items[root] sink into the heap of the first `count` items. */
static void sink(struct copse_reconcile_item *items, size_t root, size_t count)
{
    struct copse_reconcile_item sinking = items[root];
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= count) {
            break;
        }
        if (child + 1 < count && compare_items(&items[child], &items[child + 1]) < 0) {
            child++;
        }
        if (compare_items(&sinking, &items[child]) >= 0) {
            break;
        }
        items[root] = items[child];
        root = child;
    }
    items[root] = sinking;
}

/* Heapsort: in place, without recursion, O(n log n) whatever a peer chose. */
static void sort_items(struct copse_reconcile_item *items, size_t count)
{
    for (size_t i = count / 2; i > 0; i--) {
        sink(items, i - 1, count);
    }
    for (size_t end = count; end > 1; end--) {
        struct copse_reconcile_item largest = items[0];
        items[0] = items[end - 1];
        items[end - 1] = largest;
        sink(items, 0, end - 1);
    }
}

enum copse_err copse_reconcile_finish(struct copse_reconcile *reconcile)
{
    COPSE_ASSERT(reconcile->sums == NULL);
    uint64_t *sums =
        copse_memory_new(reconcile->memory, reconcile->count + 1, sizeof *reconcile->sums);
    if (sums == NULL) {
        return COPSE_ERR_NOMEM;
    }
    if (reconcile->count > 1) {
        sort_items(reconcile->items, reconcile->count);
    }
    for (size_t i = 0; i < reconcile->count; i++) {
        sums[i + 1] = sums[i] + reconcile->items[i].tag;
    }
    reconcile->sums = sums;
    return COPSE_OK;
}

uint64_t copse_reconcile_sum(const struct copse_reconcile *reconcile)
{
    COPSE_ASSERT(reconcile->sums != NULL);
    return reconcile->sums[reconcile->count];
}

/* ---- bounds ---- */

static void put_item_key(uint8_t out[KEY_BYTES], const struct copse_reconcile_item *item)
{
    memcpy(out, item->author.bytes, COPSE_ID_BYTES);
    copse_bytes_put_u64(out + COPSE_ID_BYTES, item->tag);
}

/* Does the item lie before the bound? */
static bool is_before(const struct copse_reconcile_item *item,
                      const struct copse_reconcile_bound *bound)
{
    uint8_t key[KEY_BYTES];
    put_item_key(key, item);
    return bound->size == 0 || memcmp(key, bound->bytes, bound->size) < 0;
}

/* The number of items before the bound, of which `from` are known to be. */
static size_t count_before(const struct copse_reconcile *reconcile, size_t from,
                           const struct copse_reconcile_bound *bound)
{
    size_t low = from;
    size_t high = reconcile->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(&reconcile->items[middle], bound)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The shortest bound with item `index` - 1 before it and item `index` not. */
static void bound_before(struct copse_reconcile_bound *out, const struct copse_reconcile *reconcile,
                         size_t index)
{
    uint8_t before[KEY_BYTES];
    put_item_key(before, &reconcile->items[index - 1]);
    put_item_key(out->bytes, &reconcile->items[index]);
    size_t size = 1;
    while (size < KEY_BYTES && memcmp(before, out->bytes, size) == 0) {
        size++;
    }
    out->size = (uint8_t)size;
}

static bool is_rising(const struct copse_reconcile_bound *last,
                      const struct copse_reconcile_bound *next)
{
    return next->size == 0 ||
           copse_bytes_compare((struct copse_slice){last->bytes, last->size},
                               (struct copse_slice){next->bytes, next->size}) < 0;
}

/* ---- what comes in ---- */

void copse_reconcile_open_set(struct copse_reconcile *reconcile)
{
    reconcile->reply_count = 0;
    reconcile->written = 0;
    reconcile->written_items = 0;
    reconcile->in_parts = 0;
    reconcile->in_end = 0;
    memset(&reconcile->in_bound, 0, sizeof reconcile->in_bound);
    reconcile->in_done = false;
}

enum copse_err copse_reconcile_open(const struct copse_reconcile *reconcile,
                                    struct copse_reader *reader, size_t *count,
                                    struct copse_slice parts)
{
    struct copse_reader opened;
    copse_reader_init(&opened, parts);
    size_t found = copse_reader_array(&opened, COPSE_RECONCILE_PARTS_MAX);
    if (opened.cursor == NULL || found == 0 || reconcile->in_done) {
        return COPSE_ERR_DECODE;
    }
    *reader = opened;
    *count = found;
    return COPSE_OK;
}

/* SPEC 10.12: "Rows rise by author." */
static bool are_rows_good(struct copse_slice rows)
{
    if (rows.size % COPSE_RECONCILE_ROW_BYTES != 0) {
        return false;
    }
    for (size_t at = COPSE_RECONCILE_ROW_BYTES; at < rows.size; at += COPSE_RECONCILE_ROW_BYTES) {
        if (memcmp(rows.data + at - COPSE_RECONCILE_ROW_BYTES, rows.data + at,
                   COPSE_RECONCILE_AUTHOR_BYTES) > 0) {
            return false;
        }
    }
    return true;
}

/* Read [bound, mode, value]; a part of mode 0 has no value. */
static void read_part(struct copse_reconcile_part *part, struct copse_reader *reader)
{
    size_t items = copse_reader_array(reader, 3);
    struct copse_slice bound = copse_reader_bin(reader, COPSE_RECONCILE_BOUND_MAX);
    part->bound.size = (uint8_t)bound.size;
    if (bound.size > 0) {
        memcpy(part->bound.bytes, bound.data, bound.size);
    }
    part->is_last = bound.size == 0;
    part->mode =
        (enum copse_reconcile_mode)copse_reader_uint(reader, (uint64_t)COPSE_RECONCILE_ANSWER);
    switch (part->mode) {
    case COPSE_RECONCILE_SETTLED:
        break;
    case COPSE_RECONCILE_SUM:
        part->sum = copse_reader_uint(reader, UINT64_MAX);
        break;
    case COPSE_RECONCILE_LIST:
    case COPSE_RECONCILE_ANSWER:
        part->rows = copse_reader_bin(reader, COPSE_MESSAGE_PARTS_MAX);
        break;
    }
    if (items != (part->mode == COPSE_RECONCILE_SETTLED ? 2u : 3u) || !are_rows_good(part->rows)) {
        copse_reader_fail(reader);
    }
}

enum copse_err copse_reconcile_next(struct copse_reconcile *reconcile,
                                    struct copse_reconcile_part *out, struct copse_reader *reader)
{
    struct copse_reconcile_part part;
    memset(&part, 0, sizeof part);
    read_part(&part, reader);
    if (reader->cursor == NULL || reconcile->in_done ||
        !is_rising(&reconcile->in_bound, &part.bound)) {
        return COPSE_ERR_DECODE;
    }
    if (reconcile->in_parts == COPSE_RECONCILE_PARTS_MAX) {
        return COPSE_ERR_LIMIT;
    }
    reconcile->in_parts++;
    part.first = reconcile->in_end;
    part.end = count_before(reconcile, part.first, &part.bound);
    reconcile->in_end = part.end;
    reconcile->in_bound = part.bound;
    reconcile->in_done = part.is_last;
    *out = part;
    return COPSE_OK;
}

size_t copse_reconcile_row_count(const struct copse_reconcile_part *part)
{
    return part->rows.size / COPSE_RECONCILE_ROW_BYTES;
}

struct copse_reconcile_row copse_reconcile_row(const struct copse_reconcile_part *part,
                                               size_t index)
{
    const uint8_t *bytes = part->rows.data + index * COPSE_RECONCILE_ROW_BYTES;
    return (struct copse_reconcile_row){
        .author = bytes,
        .seq = copse_bytes_get_u32(bytes + COPSE_RECONCILE_AUTHOR_BYTES),
        .tag = copse_bytes_get_u64(bytes + COPSE_RECONCILE_AUTHOR_BYTES + 4),
    };
}

size_t copse_reconcile_rows_of(const struct copse_reconcile_part *part, size_t *first,
                               const struct copse_id *author)
{
    size_t count = copse_reconcile_row_count(part);
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(copse_reconcile_row(part, middle).author, author->bytes,
                   COPSE_RECONCILE_AUTHOR_BYTES) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *first = low;
    while (high < count && memcmp(copse_reconcile_row(part, high).author, author->bytes,
                                  COPSE_RECONCILE_AUTHOR_BYTES) == 0) {
        high++;
    }
    return high - low;
}

size_t copse_reconcile_items_of(const struct copse_reconcile *reconcile, size_t *first,
                                const struct copse_reconcile_part *part,
                                const struct copse_reconcile_row *row)
{
    size_t low = part->first;
    size_t high = part->end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(reconcile->items[middle].author.bytes, row->author,
                   COPSE_RECONCILE_AUTHOR_BYTES) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *first = low;
    while (high < part->end && memcmp(reconcile->items[high].author.bytes, row->author,
                                      COPSE_RECONCILE_AUTHOR_BYTES) == 0) {
        high++;
    }
    return high - low;
}

/* ---- what goes out ---- */

static uint64_t sum_of(const struct copse_reconcile *reconcile, size_t first, size_t end)
{
    return reconcile->sums[end] - reconcile->sums[first];
}

/* Can a neighbour of the same mode be joined to it? Sums cannot: they are there to be finer. */
static bool joins(enum copse_reconcile_mode mode)
{
    return mode != COPSE_RECONCILE_SUM;
}

static enum copse_err add_reply(struct copse_reconcile *reconcile,
                                const struct copse_reconcile_reply *reply)
{
    if (reconcile->reply_count > 0 && joins(reply->mode)) {
        struct copse_reconcile_reply *last = &reconcile->replies[reconcile->reply_count - 1];
        if (last->mode == reply->mode) {
            last->end = reply->end;
            last->bound = reply->bound;
            return COPSE_OK;
        }
    }
    enum copse_err err =
        copse_memory_grow(reconcile->memory, &reconcile->replies, &reconcile->reply_capacity,
                          reconcile->reply_count + 1, sizeof *reconcile->replies);
    if (err == COPSE_OK) {
        reconcile->replies[reconcile->reply_count++] = *reply;
    }
    return err;
}

static bool is_one_author(const struct copse_reconcile *reconcile, size_t first, size_t end)
{
    return end - first < 2 || copse_bytes_equal_ids(&reconcile->items[first].author,
                                                    &reconcile->items[end - 1].author);
}

/* Cut a range into parts of about equal own count. A device's items stay together, so that a list
 * always shows all that the sender has of it. */
static enum copse_err split(struct copse_reconcile *reconcile,
                            const struct copse_reconcile_part *part)
{
    size_t begin = part->first;
    size_t total = part->end - part->first;
    for (size_t i = 1; i <= COPSE_RECONCILE_SPLIT; i++) {
        size_t end = part->first + total * i / COPSE_RECONCILE_SPLIT;
        while (end > begin && end < part->end && is_one_author(reconcile, end - 1, end + 1)) {
            end++;
        }
        if (end <= begin) {
            continue;
        }
        struct copse_reconcile_reply reply = {
            .mode = COPSE_RECONCILE_SUM, .first = (uint32_t)begin, .end = (uint32_t)end};
        if (end == part->end) {
            reply.bound = part->bound;
        } else {
            bound_before(&reply.bound, reconcile, end);
        }
        enum copse_err err = add_reply(reconcile, &reply);
        if (err != COPSE_OK) {
            return err;
        }
        begin = end;
    }
    return COPSE_OK;
}

enum copse_err copse_reconcile_answer(struct copse_reconcile *reconcile,
                                      const struct copse_reconcile_part *part,
                                      enum copse_reconcile_mode mode)
{
    if (mode == COPSE_RECONCILE_SUM && reconcile->reply_count < COPSE_RECONCILE_SPLIT_REPLIES &&
        !is_one_author(reconcile, part->first, part->end)) {
        return split(reconcile, part);
    }
    struct copse_reconcile_reply reply = {
        .mode = mode == COPSE_RECONCILE_SUM ? COPSE_RECONCILE_LIST : mode,
        .first = (uint32_t)part->first,
        .end = (uint32_t)part->end,
        .bound = part->bound,
    };
    return add_reply(reconcile, &reply);
}

enum copse_reconcile_mode copse_reconcile_choose(const struct copse_reconcile *reconcile,
                                                 const struct copse_reconcile_part *part,
                                                 size_t sets)
{
    if (sum_of(reconcile, part->first, part->end) == part->sum) {
        return COPSE_RECONCILE_SETTLED;
    }
    bool is_small = part->end - part->first < COPSE_RECONCILE_LIST_BELOW;
    return is_small || sets >= COPSE_RECONCILE_SETS_MAX ? COPSE_RECONCILE_LIST
                                                        : COPSE_RECONCILE_SUM;
}

/* SPEC 10.13: "Fewer than 32 items in all are sent as mode 2 at once." */
enum copse_err copse_reconcile_start(struct copse_reconcile *reconcile)
{
    COPSE_ASSERT(reconcile->sums != NULL);
    copse_reconcile_open_set(reconcile);
    struct copse_reconcile_part whole = {.end = reconcile->count};
    bool is_small = reconcile->count < COPSE_RECONCILE_SMALL;
    return copse_reconcile_answer(reconcile, &whole,
                                  is_small ? COPSE_RECONCILE_LIST : COPSE_RECONCILE_SUM);
}

bool copse_reconcile_asks(const struct copse_reconcile *reconcile)
{
    for (size_t i = 0; i < reconcile->reply_count; i++) {
        if (reconcile->replies[i].mode == COPSE_RECONCILE_SUM ||
            reconcile->replies[i].mode == COPSE_RECONCILE_LIST) {
            return true;
        }
    }
    return false;
}

static void put_row(uint8_t out[COPSE_RECONCILE_ROW_BYTES], const struct copse_reconcile_item *item)
{
    memcpy(out, item->author.bytes, COPSE_RECONCILE_AUTHOR_BYTES);
    copse_bytes_put_u32(out + COPSE_RECONCILE_AUTHOR_BYTES, item->position.seq);
    copse_bytes_put_u64(out + COPSE_RECONCILE_AUTHOR_BYTES + 4, item->tag);
}

static void write_rows(struct copse_writer *writer, const struct copse_reconcile *reconcile,
                       size_t first, size_t end)
{
    /* A bin's head, then the rows one by one: they are too many for room on the stack. */
    size_t size = (end - first) * COPSE_RECONCILE_ROW_BYTES;
    uint8_t head[3] = {0xc4, (uint8_t)size, 0};
    size_t head_size = 2;
    if (size > UINT8_MAX) {
        head[0] = 0xc5;
        copse_bytes_put_u16(head + 1, (uint16_t)size);
        head_size = 3;
    }
    copse_writer_raw(writer, (struct copse_slice){head, head_size});
    for (size_t i = first; i < end; i++) {
        uint8_t row[COPSE_RECONCILE_ROW_BYTES];
        put_row(row, &reconcile->items[i]);
        copse_writer_raw(writer, (struct copse_slice){row, sizeof row});
    }
}

static void write_head(struct copse_writer *writer, const struct copse_reconcile_bound *bound,
                       enum copse_reconcile_mode mode)
{
    copse_writer_array(writer, mode == COPSE_RECONCILE_SETTLED ? 2 : 3);
    copse_writer_bin(writer, (struct copse_slice){bound->bytes, bound->size});
    copse_writer_uint(writer, (uint64_t)mode);
}

/* Write the next reply, or as much of a list as there is room for. False: nothing more fits. */
static bool write_reply(struct copse_writer *writer, struct copse_reconcile *reconcile)
{
    const struct copse_reconcile_reply *reply = &reconcile->replies[reconcile->written];
    size_t left = writer->capacity - writer->size;
    if (left < PART_HEAD_MAX) {
        return false;
    }
    bool is_list = reply->mode == COPSE_RECONCILE_LIST || reply->mode == COPSE_RECONCILE_ANSWER;
    size_t first = reply->first + reconcile->written_items;
    size_t fitting = (left - PART_HEAD_MAX) / COPSE_RECONCILE_ROW_BYTES;
    if (is_list && reply->end - first > fitting) {
        if (fitting == 0) {
            return false;
        }
        struct copse_reconcile_bound bound;
        bound_before(&bound, reconcile, first + fitting);
        write_head(writer, &bound, reply->mode);
        write_rows(writer, reconcile, first, first + fitting);
        reconcile->written_items += fitting;
        return true;
    }
    write_head(writer, &reply->bound, reply->mode);
    if (is_list) {
        write_rows(writer, reconcile, first, reply->end);
    } else if (reply->mode == COPSE_RECONCILE_SUM) {
        copse_writer_uint(writer, sum_of(reconcile, reply->first, reply->end));
    }
    reconcile->written++;
    reconcile->written_items = 0;
    return true;
}

void copse_reconcile_write(struct copse_reconcile *reconcile, struct copse_slice *parts,
                           bool *is_last, struct copse_noise_room room)
{
    COPSE_ASSERT(room.size >= COPSE_MESSAGE_PARTS_MAX);
    COPSE_ASSERT(reconcile->written < reconcile->reply_count);
    /* The parts first, behind room for the longest head; then the head right before them. */
    struct copse_writer writer;
    copse_writer_init(&writer, room.data + ARRAY_HEAD_BYTES,
                      COPSE_MESSAGE_PARTS_MAX - ARRAY_HEAD_BYTES);
    size_t count = 0;
    while (reconcile->written < reconcile->reply_count && write_reply(&writer, reconcile)) {
        count++;
    }
    COPSE_ASSERT(!writer.full && count > 0);
    uint8_t head[ARRAY_HEAD_BYTES];
    struct copse_writer head_writer;
    copse_writer_init(&head_writer, head, sizeof head);
    copse_writer_array(&head_writer, count);
    COPSE_ASSERT(!head_writer.full);
    uint8_t *begin = room.data + ARRAY_HEAD_BYTES - head_writer.size;
    memcpy(begin, head, head_writer.size);
    *parts = (struct copse_slice){begin, head_writer.size + writer.size};
    *is_last = reconcile->written == reconcile->reply_count;
}
