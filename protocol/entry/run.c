/* How it works: what the receiver holds (the base) or has just built (the entry before) gives
 * community, author, class, seq and prev of the next one; an item gives the rest. The entry is
 * encoded anew from these and hashed, so a run cannot say anything about an entry that its id and
 * the signature at the end do not cover.
 */
#include "protocol/entry/run.h"

#include <string.h>

#define RUN_FIELDS 5u
#define ITEM_FIELDS_MIN 3u
#define ITEM_FIELDS_MAX 5u
#define SALTED_BYTES_MAX (COPSE_CONTENT_SALT_BYTES + COPSE_CONTENT_BYTES_MAX)

/* ---- encoding ---- */

/* Decode the parts and check that they are one stretch of one log within the bounds of SPEC 4.9. */
static enum copse_err check_parts(const struct copse_run_part *parts, size_t count)
{
    if (count == 0 || count > COPSE_RUN_ENTRIES_MAX) {
        return COPSE_ERR_LIMIT;
    }
    size_t bytes = 0;
    struct copse_entry before = {0};
    struct copse_id before_id = {{0}};
    for (size_t i = 0; i < count; i++) {
        struct copse_entry entry;
        if (copse_entry_decode(&entry, parts[i].entry) != COPSE_OK ||
            (i > 0 && copse_entry_follows(&entry, &before, &before_id) != COPSE_OK) ||
            (!entry.has_prev && count > 1) || /* it goes alone, so no run crosses classes either */
            (parts[i].salted.data != NULL &&
             copse_entry_check_content(&entry, parts[i].salted) != COPSE_OK)) {
            return COPSE_ERR_FORM;
        }
        copse_id_of_entry(&before_id, parts[i].entry);
        before = entry;
        bytes += parts[i].entry.size;
    }
    return bytes > COPSE_RUN_BYTES_MAX ? COPSE_ERR_LIMIT : COPSE_OK;
}

static void write_content(struct copse_writer *writer, const struct copse_entry *entry,
                          struct copse_slice salted)
{
    if (entry->content_size == 0) {
        copse_writer_nil(writer);
    } else if (salted.data != NULL) {
        copse_writer_bin(writer, salted);
    } else {
        copse_writer_array(writer, 2);
        copse_writer_id(writer, &entry->content_hash);
        copse_writer_uint(writer, entry->content_size);
    }
}

static void write_item(struct copse_writer *writer, const struct copse_entry *entry,
                       struct copse_slice salted, int64_t hlc_step)
{
    bool has_ext = entry->ext.size > 0;
    bool has_under = entry->has_under || has_ext;
    copse_writer_array(writer, ITEM_FIELDS_MIN + (size_t)has_under + (size_t)has_ext);
    copse_writer_int(writer, hlc_step);
    copse_writer_raw(writer, entry->op);
    write_content(writer, entry, salted);
    if (entry->has_under) {
        copse_writer_array(writer, 2);
        copse_writer_id(writer, &entry->under.grant);
        copse_writer_id(writer, &entry->under.charter);
    } else if (has_under) {
        copse_writer_nil(writer);
    }
    if (has_ext) {
        copse_writer_raw(writer, entry->ext);
    }
}

enum copse_err copse_run_encode(struct copse_writer *writer, const struct copse_run_part *parts,
                                size_t count, uint64_t base_hlc,
                                const struct copse_signature *signature)
{
    enum copse_err err = check_parts(parts, count);
    if (err != COPSE_OK) {
        return err;
    }
    const struct copse_writer start = *writer;
    struct copse_entry entry;
    err = copse_entry_decode(&entry, parts[0].entry);
    COPSE_ASSERT(err == COPSE_OK);
    copse_writer_array(writer, RUN_FIELDS);
    copse_writer_id(writer, &entry.author);
    copse_writer_uint(writer, (uint64_t)entry.class);
    if (entry.has_prev) {
        copse_writer_id(writer, &entry.prev);
    } else {
        copse_writer_nil(writer);
    }
    copse_writer_array(writer, count);
    uint64_t hlc = entry.has_prev ? base_hlc : 0;
    for (size_t i = 0; i < count; i++) {
        err = copse_entry_decode(&entry, parts[i].entry);
        COPSE_ASSERT(err == COPSE_OK);
        /* Both are below 2^63, so the difference fits. */
        write_item(writer, &entry, parts[i].salted, (int64_t)entry.hlc - (int64_t)hlc);
        hlc = entry.hlc;
    }
    copse_writer_bin(writer, (struct copse_slice){signature->bytes, sizeof signature->bytes});
    if (writer->full) {
        *writer = start;
        return COPSE_ERR_LIMIT;
    }
    return COPSE_OK;
}

/* ---- decoding ---- */

enum copse_err copse_run_open(struct copse_run *out, const struct copse_id *community,
                              struct copse_slice bytes)
{
    struct copse_run run;
    memset(&run, 0, sizeof run);
    struct copse_reader reader;
    copse_reader_init(&reader, bytes);
    if (copse_reader_array(&reader, RUN_FIELDS) != RUN_FIELDS) {
        return COPSE_ERR_DECODE;
    }
    run.community = *community;
    run.author = copse_reader_id(&reader);
    run.class = (enum copse_entry_class)copse_reader_uint(&reader, COPSE_ENTRY_DATA);
    run.has_base = !copse_reader_nil(&reader);
    if (run.has_base) {
        run.base = copse_reader_id(&reader);
    }
    run.count = copse_reader_array(&reader, COPSE_RUN_ENTRIES_MAX);
    run.reader = reader;
    for (size_t i = 0; i < run.count; i++) {
        (void)copse_reader_value(&reader, COPSE_READER_DEPTH_MAX);
    }
    struct copse_slice signature = copse_reader_bin(&reader, COPSE_SIGNATURE_BYTES);
    if (copse_reader_end(&reader) != COPSE_OK || run.count == 0 ||
        signature.size != COPSE_SIGNATURE_BYTES ||
        (!run.has_base && (run.class != COPSE_ENTRY_CONTROL || run.count > 1))) {
        return COPSE_ERR_DECODE;
    }
    memcpy(run.signature.bytes, signature.data, sizeof run.signature.bytes);
    *out = run;
    return COPSE_OK;
}

enum copse_err copse_run_start(struct copse_run *run, const struct copse_run_base *base)
{
    COPSE_ASSERT(run->has_base);
    COPSE_ASSERT(run->given == 0);
    bool begins_data = run->class == COPSE_ENTRY_DATA && base->entry.class == COPSE_ENTRY_CONTROL;
    if (!copse_bytes_equal_ids(&run->base, &base->id) ||
        !copse_bytes_equal_ids(&run->author, &base->entry.author) ||
        !copse_bytes_equal_ids(&run->community, copse_entry_community(&base->entry, &base->id)) ||
        (!begins_data && run->class != base->entry.class) ||
        (begins_data && base->entry.seq != 0) ||
        (!begins_data && base->entry.seq == COPSE_ENTRY_SEQ_MAX)) {
        return COPSE_ERR_FORM;
    }
    run->next_seq = begins_data ? 0 : base->entry.seq + 1;
    run->prev = base->id;
    run->prev_hlc = base->entry.hlc;
    return COPSE_OK;
}

/* The content of an item: nothing, a hash and a length, or the bytes themselves. */
static void read_content(struct copse_reader *reader, struct copse_entry *entry,
                         struct copse_slice *salted)
{
    *salted = (struct copse_slice){NULL, 0};
    if (copse_reader_nil(reader)) {
        return;
    }
    if (copse_reader_peek(reader) == COPSE_READER_BIN) {
        struct copse_slice bytes = copse_reader_bin(reader, SALTED_BYTES_MAX);
        if (bytes.size <= COPSE_CONTENT_SALT_BYTES) {
            copse_reader_fail(reader);
            return;
        }
        copse_id_of_content(&entry->content_hash, bytes);
        entry->content_size = (uint32_t)(bytes.size - COPSE_CONTENT_SALT_BYTES);
        *salted = bytes;
        return;
    }
    if (copse_reader_array(reader, 2) != 2) {
        copse_reader_fail(reader);
    }
    entry->content_hash = copse_reader_id(reader);
    entry->content_size = (uint32_t)copse_reader_uint(reader, COPSE_CONTENT_BYTES_MAX);
    if (entry->content_size == 0) {
        copse_reader_fail(reader);
    }
}

static void read_under(struct copse_reader *reader, struct copse_entry *entry)
{
    entry->has_under = !copse_reader_nil(reader);
    if (!entry->has_under) {
        return;
    }
    if (copse_reader_array(reader, 2) != 2) {
        copse_reader_fail(reader);
    }
    entry->under.grant = copse_reader_id(reader);
    entry->under.charter = copse_reader_id(reader);
}

/* SPEC 4.10: "An item is an array of three to five" */
static void read_item(struct copse_reader *reader, struct copse_entry *entry,
                      struct copse_slice *salted, uint64_t prev_hlc)
{
    size_t fields = copse_reader_array(reader, ITEM_FIELDS_MAX);
    int64_t hlc = 0;
    if (fields < ITEM_FIELDS_MIN ||
        __builtin_add_overflow((int64_t)prev_hlc, copse_reader_int(reader), &hlc) || hlc < 0) {
        copse_reader_fail(reader);
    }
    entry->hlc = (uint64_t)hlc;
    entry->op = copse_reader_value(reader, COPSE_ENTRY_OP_DEPTH_MAX);
    read_content(reader, entry, salted);
    if (fields > ITEM_FIELDS_MIN) {
        read_under(reader, entry);
    }
    if (fields == ITEM_FIELDS_MAX) {
        entry->ext = copse_reader_value(reader, 2);
        if (entry->ext.size == 0 || entry->ext.data[0] == 0x90) {
            copse_reader_fail(reader); /* the empty array is left out */
        }
    } else if (fields == ITEM_FIELDS_MAX - 1 && !entry->has_under) {
        copse_reader_fail(reader); /* and so is a nil at the end */
    }
}

/* Encode what was read and give it its id. A first entry may be the genesis, which has no under:
 * then, and only then, zeros in the place of the community make it the entry that names this
 * community. */
static enum copse_err build(struct copse_run_item *item, const struct copse_run *run,
                            uint8_t room[COPSE_ENTRY_BYTES_MAX])
{
    if (!item->entry.has_prev && !item->entry.has_under) {
        struct copse_entry genesis = item->entry;
        memset(genesis.community.bytes, 0, sizeof genesis.community.bytes);
        enum copse_err err = copse_entry_encode(&item->bytes, room, &genesis);
        if (err != COPSE_OK) {
            return err;
        }
        copse_id_of_entry(&item->id, item->bytes);
        if (copse_bytes_equal_ids(&item->id, &run->community)) {
            return copse_entry_decode(&item->entry, item->bytes);
        }
    }
    enum copse_err err = copse_entry_encode(&item->bytes, room, &item->entry);
    if (err != COPSE_OK) {
        return err;
    }
    copse_id_of_entry(&item->id, item->bytes);
    return copse_entry_decode(&item->entry, item->bytes);
}

enum copse_err copse_run_next(struct copse_run *run, struct copse_run_item *out,
                              uint8_t room[COPSE_ENTRY_BYTES_MAX])
{
    if (run->given == run->count) {
        return COPSE_ERR_NOT_FOUND;
    }
    bool has_prev = run->has_base; /* one without base has one entry */
    COPSE_ASSERT(!has_prev || run->given > 0 || copse_bytes_equal_ids(&run->prev, &run->base));
    struct copse_run_item item;
    memset(&item, 0, sizeof item);
    item.entry.community = run->community;
    item.entry.author = run->author;
    item.entry.class = run->class;
    item.entry.seq = run->next_seq;
    item.entry.has_prev = has_prev;
    item.entry.prev = run->prev;
    read_item(&run->reader, &item.entry, &item.salted, has_prev ? run->prev_hlc : 0);
    if (run->reader.cursor == NULL) {
        return COPSE_ERR_DECODE;
    }
    enum copse_err err = build(&item, run, room);
    if (err != COPSE_OK) {
        return err;
    }
    run->bytes += item.bytes.size;
    if (run->bytes > COPSE_RUN_BYTES_MAX) {
        return COPSE_ERR_LIMIT;
    }
    run->given++;
    run->next_seq++;
    run->prev = item.id;
    run->prev_hlc = item.entry.hlc;
    *out = item;
    return COPSE_OK;
}

/* SPEC 4.12: "A run is accepted whole or not at all" */
enum copse_err copse_run_verify(const struct copse_run *run, const struct copse_key_scheme *scheme)
{
    COPSE_ASSERT(run->given == run->count);
    return copse_key_verify(scheme, &run->author, COPSE_KEY_ENTRY, copse_bytes_of_id(&run->prev),
                            &run->signature);
}

/* SPEC 4.11: "only while the entries after the last signed one before it, up to and including the
 * next signed one after it, are at most 256 and at most 49,152 bytes" */
bool copse_run_may_drop(struct copse_run_gap before, struct copse_run_gap after)
{
    return before.entries + after.entries <= COPSE_RUN_ENTRIES_MAX &&
           before.bytes + after.bytes <= COPSE_RUN_BYTES_MAX;
}
