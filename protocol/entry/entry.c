/* How it works: decode reads the twelve fields with the strict reader and then checks what one
 * entry shows of SPEC 4.5 and 4.6; encode checks the same and writes them. The decoder is the
 * judge of form: encode ends by asking it.
 */
#include "protocol/entry/entry.h"

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"

#define FIELDS 12u
#define VERSION 1u
#define EXT_ITEMS_MAX (COPSE_ENTRY_EXT_BYTES_MAX / 3) /* an item has three bytes at least */
#define EXT_NUMBER_MAX 0xffffu                        /* SPEC 4.1 */

static bool read_optional_id(struct copse_reader *reader, struct copse_id *out)
{
    if (copse_reader_nil(reader)) {
        return false;
    }
    *out = copse_reader_id(reader);
    return true;
}

static bool read_under(struct copse_reader *reader, struct copse_under *out)
{
    if (copse_reader_nil(reader)) {
        return false;
    }
    if (copse_reader_array(reader, 2) != 2) {
        copse_reader_fail(reader);
    }
    out->grant = copse_reader_id(reader);
    out->charter = copse_reader_id(reader);
    return true;
}

/* One item of ext. Gives its number. */
static uint64_t read_ext_item(struct copse_reader *reader)
{
    if (copse_reader_array(reader, 2) != 2) {
        copse_reader_fail(reader);
    }
    uint64_t number = copse_reader_uint(reader, EXT_NUMBER_MAX);
    (void)copse_reader_bin(reader, COPSE_ENTRY_EXT_BYTES_MAX);
    return number;
}

/* SPEC 4.2: "The numbers in ext MUST rise and ext is at most 256 bytes." An empty one gives an
 * empty slice. */
static struct copse_slice read_ext(struct copse_reader *reader)
{
    const uint8_t *start = reader->cursor;
    size_t count = copse_reader_array(reader, EXT_ITEMS_MAX);
    uint64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t number = read_ext_item(reader);
        if (i > 0 && number <= last) {
            copse_reader_fail(reader);
        }
        last = number;
    }
    if (reader->cursor == NULL || count == 0) {
        return (struct copse_slice){NULL, 0};
    }
    struct copse_slice ext = {start, (size_t)(reader->cursor - start)};
    if (ext.size > COPSE_ENTRY_EXT_BYTES_MAX) {
        copse_reader_fail(reader);
    }
    return ext;
}

/* What one entry shows of SPEC 4.2, 4.5 and 4.6. */
static bool is_well_formed(const struct copse_entry *entry, bool has_hash)
{
    /* SPEC 4.2: "The content hash is nil exactly when the content length is 0." */
    if (has_hash != (entry->content_size > 0)) {
        return false;
    }
    /* SPEC 4.6: "In class 0, prev is nil exactly when seq is 0. In class 1, prev is never nil" */
    bool may_begin = entry->class == COPSE_ENTRY_CONTROL && entry->seq == 0;
    if (entry->has_prev == may_begin) {
        return false;
    }
    /* SPEC 4.5: "The community of a genesis is 32 zero bytes; such an entry has class 0 and seq 0
     * and no under" */
    return !copse_bytes_is_zero(&entry->community) || (may_begin && !entry->has_under);
}

enum copse_err copse_entry_decode(struct copse_entry *out, struct copse_slice bytes)
{
    struct copse_entry entry = {0};
    struct copse_reader reader;
    copse_reader_init(&reader, bytes);
    if (copse_reader_array(&reader, FIELDS) != FIELDS ||
        copse_reader_uint(&reader, VERSION) != VERSION) {
        return COPSE_ERR_DECODE;
    }
    entry.community = copse_reader_id(&reader);
    entry.author = copse_reader_id(&reader);
    entry.class = (enum copse_entry_class)copse_reader_uint(&reader, COPSE_ENTRY_DATA);
    entry.seq = (uint32_t)copse_reader_uint(&reader, COPSE_ENTRY_SEQ_MAX);
    entry.has_prev = read_optional_id(&reader, &entry.prev);
    entry.hlc = copse_reader_uint(&reader, INT64_MAX);
    entry.has_under = read_under(&reader, &entry.under);
    /* SPEC 4.3: "Form rules see the twelve fields and sizes and MUST NOT look inside the op." */
    entry.op = copse_reader_value(&reader, COPSE_ENTRY_OP_DEPTH_MAX);
    bool has_hash = read_optional_id(&reader, &entry.content_hash);
    entry.content_size = (uint32_t)copse_reader_uint(&reader, COPSE_CONTENT_BYTES_MAX);
    entry.ext = read_ext(&reader);
    if (copse_reader_end(&reader) != COPSE_OK || entry.op.size > COPSE_ENTRY_OP_BYTES_MAX ||
        bytes.size - entry.op.size > COPSE_ENTRY_REST_BYTES_MAX ||
        !is_well_formed(&entry, has_hash)) {
        return COPSE_ERR_DECODE;
    }
    *out = entry;
    return COPSE_OK;
}

static void write_optional_id(struct copse_writer *writer, const struct copse_id *id, bool is_there)
{
    if (is_there) {
        copse_writer_id(writer, id);
    } else {
        copse_writer_nil(writer);
    }
}

static void write_fields(struct copse_writer *writer, const struct copse_entry *entry)
{
    copse_writer_array(writer, FIELDS);
    copse_writer_uint(writer, VERSION);
    copse_writer_id(writer, &entry->community);
    copse_writer_id(writer, &entry->author);
    copse_writer_uint(writer, (uint64_t)entry->class);
    copse_writer_uint(writer, entry->seq);
    write_optional_id(writer, &entry->prev, entry->has_prev);
    copse_writer_uint(writer, entry->hlc);
    if (entry->has_under) {
        copse_writer_array(writer, 2);
        copse_writer_id(writer, &entry->under.grant);
        copse_writer_id(writer, &entry->under.charter);
    } else {
        copse_writer_nil(writer);
    }
    copse_writer_raw(writer, entry->op);
    write_optional_id(writer, &entry->content_hash, entry->content_size > 0);
    copse_writer_uint(writer, entry->content_size);
    if (entry->ext.size > 0) {
        copse_writer_raw(writer, entry->ext);
    } else {
        copse_writer_array(writer, 0);
    }
}

enum copse_err copse_entry_encode(struct copse_slice *out, uint8_t room[COPSE_ENTRY_BYTES_MAX],
                                  const struct copse_entry *entry)
{
    if (entry->op.size > COPSE_ENTRY_OP_BYTES_MAX ||
        entry->content_size > COPSE_CONTENT_BYTES_MAX ||
        entry->ext.size > COPSE_ENTRY_EXT_BYTES_MAX) {
        return COPSE_ERR_LIMIT;
    }
    struct copse_writer writer;
    copse_writer_init(&writer, room, COPSE_ENTRY_BYTES_MAX);
    write_fields(&writer, entry);
    struct copse_slice bytes = {NULL, 0};
    enum copse_err err = copse_writer_end(&bytes, &writer);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_entry check;
    if (copse_entry_decode(&check, bytes) != COPSE_OK) {
        return COPSE_ERR_FORM;
    }
    *out = bytes;
    return COPSE_OK;
}

const struct copse_id *copse_entry_community(const struct copse_entry *entry,
                                             const struct copse_id *id)
{
    return copse_bytes_is_zero(&entry->community) ? id : &entry->community;
}

/* SPEC 4.6: "the prev of seq 0 is the first entry of a class 0 log of the same author and
 * community. Otherwise prev names an entry of the same community, author and class with seq one
 * less. The genesis counts as an entry of the community it founds." */
enum copse_err copse_entry_follows(const struct copse_entry *entry, const struct copse_entry *prev,
                                   const struct copse_id *prev_id)
{
    bool begins_data = entry->class == COPSE_ENTRY_DATA && entry->seq == 0;
    bool is_next =
        begins_data ? prev->class == COPSE_ENTRY_CONTROL && prev->seq == 0
                    : prev->class == entry->class && entry->seq > 0 && prev->seq == entry->seq - 1;
    if (!entry->has_prev || !is_next || !copse_bytes_equal_ids(&entry->prev, prev_id) ||
        !copse_bytes_equal_ids(&entry->author, &prev->author) ||
        !copse_bytes_equal_ids(&entry->community, copse_entry_community(prev, prev_id))) {
        return COPSE_ERR_FORM;
    }
    return COPSE_OK;
}

/* SPEC 4.14: "*under* is its own, or where nil that of its prev; its *log time* is the largest hlc
 * among itself and its ancestors in the log." */
void copse_entry_trail(struct copse_trail *out, const struct copse_trail *prev,
                       const struct copse_entry *entry, const struct copse_id *id)
{
    struct copse_trail trail = {.log_time = entry->hlc};
    if (prev != NULL) {
        trail = *prev;
        trail.log_time = entry->hlc > prev->log_time ? entry->hlc : prev->log_time;
    } else if (copse_bytes_is_zero(&entry->community)) {
        trail.under = (struct copse_under){*id, *id};
        trail.has_under = true;
    }
    if (entry->has_under) {
        trail.under = entry->under;
        trail.has_under = true;
    }
    *out = trail;
}

bool copse_entry_has_unknown_ext(const struct copse_entry *entry)
{
    struct copse_reader reader;
    copse_reader_init(&reader, entry->ext);
    size_t count = entry->ext.size == 0 ? 0 : copse_reader_array(&reader, EXT_ITEMS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (read_ext_item(&reader) % 2 == 0) {
            return true;
        }
    }
    return false;
}

enum copse_err copse_entry_check_content(const struct copse_entry *entry, struct copse_slice salted)
{
    if (entry->content_size == 0 ||
        salted.size != (size_t)entry->content_size + COPSE_CONTENT_SALT_BYTES) {
        return COPSE_ERR_SIGNATURE;
    }
    struct copse_id hash;
    copse_id_of_content(&hash, salted);
    return copse_bytes_equal_ids(&hash, &entry->content_hash) ? COPSE_OK : COPSE_ERR_SIGNATURE;
}
