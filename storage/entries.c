/* How it works: an entry's row lies under its arrival number, so rows are only ever added at
 * the end of their table. PLACES leads to it from its position, IDS from its id, ARRIVALS
 * from the order of arrival in a community; NAMES and LOGS lead to positions.
 *
 * Reading: the row gives bytes, log time and where the grant in effect is written; the
 * rest of struct copse_held is decoded from the bytes.
 */
#include "storage/entries.h"

#include "storage/admit.h"
#include "storage/contents.h"
#include "storage/logs.h"
#include "storage/rows.h"
#include "storage/shapes.h"

#include <string.h>

#define ARRIVAL_VALUE_BYTES 16u /* place, wall clock in ms as u48 */

/* ---- communities ---- */

enum copse_err copse_entries_community(struct copse_txn *txn, uint32_t *number,
                                       const struct copse_id *id)
{
    struct copse_slice value;
    enum copse_err err = copse_db_get(txn->db, &value, COPSE_DB_COMMUNITIES, copse_bytes_of_id(id));
    if (err == COPSE_OK && value.size != 4) {
        err = COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK) {
        *number = copse_bytes_get_u32(value.data);
    }
    return err;
}

enum copse_err copse_entries_community_id(struct copse_txn *txn, struct copse_id *id,
                                          uint32_t number)
{
    uint8_t key[4];
    copse_bytes_put_u32(key, number);
    struct copse_slice value;
    enum copse_err err =
        copse_db_get(txn->db, &value, COPSE_DB_COMMUNITIES, (struct copse_slice){key, sizeof key});
    if (err == COPSE_OK && copse_bytes_to_id(id, value) != COPSE_OK) {
        err = COPSE_ERR_CORRUPT;
    }
    return err;
}

enum copse_err copse_entries_next_community(struct copse_txn *txn, struct copse_id *id,
                                            uint32_t *number)
{
    /* Keys are numbers of 4 bytes and ids of 32: an id may lie between two numbers. */
    uint8_t from[5] = {0};
    size_t size = 4;
    copse_bytes_put_u32(from, *number);
    size = 5; /* the least key above the number's own */
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err = copse_db_seek(txn->db, &key, &value, COPSE_DB_COMMUNITIES,
                                           (struct copse_slice){from, size});
        if (err != COPSE_OK) {
            return err;
        }
        if (key.size == 4) {
            if (copse_bytes_to_id(id, value) != COPSE_OK) {
                return COPSE_ERR_CORRUPT;
            }
            *number = copse_bytes_get_u32(key.data);
            return COPSE_OK;
        }
        /* Past the ids that begin with these 4 bytes. */
        uint32_t first = copse_bytes_get_u32(key.data);
        if (first == UINT32_MAX) {
            return COPSE_ERR_NOT_FOUND;
        }
        copse_bytes_put_u32(from, first + 1);
        size = 4;
    }
}

enum copse_err copse_entries_add_community(struct copse_txn *txn, uint32_t *number,
                                           const struct copse_id *id)
{
    enum copse_err err = copse_entries_community(txn, number, id);
    if (err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    uint32_t last = 0;
    struct copse_id other;
    do {
        err = copse_entries_next_community(txn, &other, &last);
    } while (err == COPSE_OK);
    if (err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    uint8_t bytes[4];
    copse_bytes_put_u32(bytes, last + 1);
    struct copse_slice key = {bytes, sizeof bytes};
    err = copse_db_put(txn->db, COPSE_DB_COMMUNITIES, key, copse_bytes_of_id(id));
    if (err == COPSE_OK) {
        err = copse_db_put(txn->db, COPSE_DB_COMMUNITIES, copse_bytes_of_id(id), key);
    }
    if (err == COPSE_OK) {
        *number = last + 1;
    }
    return err;
}

/* ---- reading ---- */

/* The grant and charter that an entry names. */
static enum copse_err under_at(struct copse_txn *txn, struct copse_under *out, uint64_t arrival)
{
    struct copse_rows_row row;
    struct copse_entry entry;
    enum copse_err err = copse_rows_get(txn->db, &row, arrival);
    if (err == COPSE_OK) {
        err = copse_entry_decode(&entry, row.bytes);
    }
    if (err != COPSE_OK) {
        return COPSE_ERR_CORRUPT;
    }
    struct copse_id id = {{0}};
    if (!entry.has_prev) {
        copse_id_of_entry(&id, row.bytes); /* a genesis cites itself */
    }
    struct copse_trail trail;
    copse_entry_trail(&trail, NULL, &entry, &id);
    if (!trail.has_under) {
        return COPSE_ERR_CORRUPT;
    }
    *out = trail.under;
    return COPSE_OK;
}

static enum copse_err read_trail(struct copse_txn *txn, struct copse_trail *out,
                                 const struct copse_rows_row *row, const struct copse_entry *entry,
                                 const struct copse_id *id)
{
    struct copse_trail trail = {0};
    switch (row->under) {
    case COPSE_ROWS_NO_UNDER:
        break;
    case COPSE_ROWS_UNDER_HERE:
        copse_entry_trail(&trail, NULL, entry, id);
        break;
    case COPSE_ROWS_UNDER_ELSEWHERE: {
        enum copse_err err = under_at(txn, &trail.under, row->under_arrival);
        if (err != COPSE_OK) {
            return err;
        }
        trail.has_under = true;
        break;
    }
    }
    trail.log_time = row->log_time;
    *out = trail;
    return COPSE_OK;
}

static enum copse_err read_content(struct copse_txn *txn, struct copse_held *held, uint64_t arrival)
{
    held->content = (struct copse_slice){NULL, 0};
    held->content_state = COPSE_CONTENT_NONE;
    if (held->entry.content_size == 0) {
        return COPSE_OK;
    }
    struct copse_slice salted;
    enum copse_err err = copse_contents_at(txn, &held->content_state, &salted, arrival);
    if (err == COPSE_OK && held->content_state == COPSE_CONTENT_PRESENT) {
        if (salted.size != COPSE_CONTENT_SALT_BYTES + (size_t)held->entry.content_size) {
            return COPSE_ERR_CORRUPT;
        }
        held->content =
            (struct copse_slice){salted.data + COPSE_CONTENT_SALT_BYTES, held->entry.content_size};
    }
    return err;
}

/* Fill *held from a row whose id is known. */
static enum copse_err read_held(struct copse_txn *txn, struct copse_held *out,
                                struct copse_entries_row *kept, const struct copse_rows_row *row,
                                const struct copse_id *id)
{
    struct copse_held held = {0};
    held.id = *id;
    held.position = copse_index_position_of(&row->place);
    if (copse_entry_decode(&held.entry, row->bytes) != COPSE_OK) {
        return COPSE_ERR_CORRUPT;
    }
    enum copse_err err = read_trail(txn, &held.trail, row, &held.entry, id);
    if (err == COPSE_OK) {
        err = read_content(txn, &held, row->arrival);
    }
    if (err != COPSE_OK) {
        return err;
    }
    *out = held;
    if (kept != NULL) {
        *kept = (struct copse_entries_row){.bytes = row->bytes,
                                           .arrival = row->arrival,
                                           .is_signed = row->signature.size > 0,
                                           .is_own = row->is_own};
        if (kept->is_signed) {
            memcpy(kept->signature.bytes, row->signature.data, COPSE_SIGNATURE_BYTES);
        }
    }
    return COPSE_OK;
}

/* Find the row of an id among those with its prefix. */
static enum copse_err find_row(struct copse_txn *txn, struct copse_rows_row *row,
                               const struct copse_id *id)
{
    uint64_t arrivals[COPSE_INDEX_TWINS_MAX];
    size_t count = 0;
    enum copse_err err = copse_index_find(&txn->index, arrivals, &count, id);
    if (err != COPSE_OK) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        err = copse_rows_get(txn->db, row, arrivals[i]);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
        struct copse_id found;
        copse_id_of_entry(&found, row->bytes);
        if (copse_bytes_equal_ids(&found, id)) {
            return COPSE_OK;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

enum copse_err copse_entries_find_anywhere(struct copse_txn *txn, struct copse_held *out,
                                           uint32_t *community, const struct copse_id *id)
{
    struct copse_rows_row row;
    struct copse_txn_log *log = NULL;
    enum copse_err err = find_row(txn, &row, id);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_logs_get(txn, &log, copse_bytes_get_u32(row.place.bytes));
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
    }
    err = read_held(txn, out, NULL, &row, id);
    if (err == COPSE_OK) {
        *community = log->community;
    }
    return err;
}

enum copse_err copse_entries_find(struct copse_txn *txn, struct copse_held *out,
                                  struct copse_entries_row *row, uint32_t community,
                                  const struct copse_id *id)
{
    struct copse_rows_row found;
    struct copse_txn_log *log = NULL;
    enum copse_err err = find_row(txn, &found, id);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_logs_get(txn, &log, copse_bytes_get_u32(found.place.bytes));
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
    }
    if (log->community != community) {
        return COPSE_ERR_NOT_FOUND;
    }
    return read_held(txn, out, row, &found, id);
}

enum copse_err copse_entries_at(struct copse_txn *txn, struct copse_held *out,
                                struct copse_entries_row *row,
                                const struct copse_position *position)
{
    if (position->log > UINT32_MAX || position->branch > UINT16_MAX) {
        return COPSE_ERR_NOT_FOUND;
    }
    struct copse_index_place place = copse_index_place_of(position);
    struct copse_rows_row found;
    enum copse_err err = copse_rows_at(txn->db, &found, &place);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_id id;
    copse_id_of_entry(&id, found.bytes);
    return read_held(txn, out, row, &found, &id);
}

enum copse_err copse_entries_match(struct copse_txn *txn, struct copse_id *out, size_t *count,
                                   size_t max, struct copse_slice prefix)
{
    COPSE_ASSERT(prefix.size > 0 && prefix.size <= COPSE_INDEX_PREFIX_BYTES);
    uint8_t room[sizeof(struct copse_index_row) + 1];
    struct copse_slice from = prefix;
    enum copse_err err = copse_index_flush(&txn->index);
    *count = 0;
    while (err == COPSE_OK && *count < max) {
        struct copse_slice key;
        struct copse_slice value;
        struct copse_rows_row row;
        err = copse_layers_seek(&txn->layers, &key, &value, COPSE_DB_IDS, from);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_OK;
        }
        if (err == COPSE_OK && key.size != sizeof(struct copse_index_row)) {
            return COPSE_ERR_CORRUPT;
        }
        if (err == COPSE_OK && memcmp(key.data, prefix.data, prefix.size) != 0) {
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            memcpy(room, key.data, key.size);
            room[key.size] = 0;
            from = (struct copse_slice){room, key.size + 1};
            err =
                copse_rows_get(txn->db, &row, copse_bytes_get_u64(room + COPSE_INDEX_PREFIX_BYTES));
            err = err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
        if (err == COPSE_OK) {
            copse_id_of_entry(&out[(*count)++], row.bytes);
        }
    }
    return err;
}

/* ---- logs ---- */

enum copse_err copse_entries_log(struct copse_txn *txn, const struct copse_log **out,
                                 uint32_t number)
{
    struct copse_txn_log *log = NULL;
    enum copse_err err = copse_logs_get(txn, &log, number);
    if (err == COPSE_OK) {
        *out = &log->log;
    }
    return err;
}

enum copse_err copse_entries_log_of(struct copse_txn *txn, uint32_t *number, uint32_t community,
                                    const struct copse_id *join, enum copse_entry_class class)
{
    return copse_logs_find(txn, number, community, join, class);
}

enum copse_err copse_entries_next_log(struct copse_txn *txn, uint32_t *number,
                                      struct copse_entries_cursor *cursor, uint32_t community,
                                      const struct copse_id *author)
{
    uint8_t prefix[37];
    size_t prefix_size = copse_logs_prefix(prefix, community, author);
    struct copse_slice from = {cursor->next, cursor->next_size};
    if (from.size == 0) {
        from = (struct copse_slice){prefix, prefix_size};
    }
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err = copse_db_seek(txn->db, &key, &value, COPSE_DB_NAMES, from);
    if (err != COPSE_OK) {
        return err;
    }
    if (key.size < prefix_size || memcmp(key.data, prefix, prefix_size) != 0) {
        return COPSE_ERR_NOT_FOUND;
    }
    if (value.size != 4 || key.size >= sizeof cursor->next) {
        return COPSE_ERR_CORRUPT;
    }
    *number = copse_bytes_get_u32(value.data);
    memcpy(cursor->next, key.data, key.size);
    cursor->next[key.size] = 0;
    cursor->next_size = key.size + 1;
    return COPSE_OK;
}

enum copse_err copse_entries_behind_log(struct copse_txn *txn, struct copse_entries_cursor *cursor,
                                        uint32_t number)
{
    struct copse_txn_log *log = NULL;
    enum copse_err err = copse_logs_get(txn, &log, number);
    if (err == COPSE_OK) {
        copse_logs_name(cursor->next, log);
        cursor->next[COPSE_LOGS_NAME_BYTES] = 0;
        cursor->next_size = COPSE_LOGS_NAME_BYTES + 1;
    }
    return err;
}

enum copse_err copse_entries_on_path(struct copse_position *out, const struct copse_log *log,
                                     const struct copse_position *leaf, uint32_t seq)
{
    if (seq > leaf->seq || leaf->branch >= log->branch_count) {
        return COPSE_ERR_NOT_FOUND;
    }
    uint32_t branch = leaf->branch;
    while (seq < log->branches[branch].first_seq) {
        if (log->branches[branch].parent == branch) {
            return COPSE_ERR_NOT_FOUND;
        }
        branch = log->branches[branch].parent;
    }
    *out = (struct copse_position){leaf->log, branch, seq};
    return COPSE_OK;
}

/* ---- arrivals ---- */

static enum copse_err read_arrival(struct copse_entries_arrival *out, struct copse_slice key,
                                   struct copse_slice value, uint32_t community,
                                   enum copse_entry_class class)
{
    if (key.size != COPSE_ADMIT_ARRIVAL_BYTES || value.size != ARRIVAL_VALUE_BYTES) {
        return COPSE_ERR_CORRUPT;
    }
    if (copse_bytes_get_u32(key.data) != community || key.data[4] != (uint8_t) class) {
        return COPSE_ERR_NOT_FOUND;
    }
    struct copse_index_place place;
    memcpy(place.bytes, value.data, sizeof place.bytes);
    const uint8_t *ms = value.data + sizeof place.bytes;
    *out = (struct copse_entries_arrival){copse_bytes_get_u64(key.data + 5),
                                          ((uint64_t)copse_bytes_get_u16(ms) << 32) |
                                              copse_bytes_get_u32(ms + 2),
                                          copse_index_position_of(&place)};
    return COPSE_OK;
}

enum copse_err copse_entries_arrived_after(struct copse_txn *txn, struct copse_entries_arrival *out,
                                           uint32_t community, enum copse_entry_class class,
                                           uint64_t after)
{
    if (after == UINT64_MAX) {
        return COPSE_ERR_NOT_FOUND;
    }
    uint8_t from[COPSE_ADMIT_ARRIVAL_BYTES];
    copse_admit_arrival_key(from, community, class, after + 1);
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err = copse_db_seek(txn->db, &key, &value, COPSE_DB_ARRIVALS,
                                       (struct copse_slice){from, sizeof from});
    return err == COPSE_OK ? read_arrival(out, key, value, community, class) : err;
}

enum copse_err copse_entries_arrived_before(struct copse_txn *txn,
                                            struct copse_entries_arrival *out, uint32_t community,
                                            enum copse_entry_class class, uint64_t before)
{
    uint8_t below[COPSE_ADMIT_ARRIVAL_BYTES];
    copse_admit_arrival_key(below, community, class, before);
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err = copse_db_seek_below(txn->db, &key, &value, COPSE_DB_ARRIVALS,
                                             (struct copse_slice){below, sizeof below});
    return err == COPSE_OK ? read_arrival(out, key, value, community, class) : err;
}

enum copse_err copse_entries_arrival(struct copse_txn *txn, struct copse_entries_arrival *out,
                                     uint32_t community, enum copse_entry_class class,
                                     uint64_t number)
{
    uint8_t bytes[COPSE_ADMIT_ARRIVAL_BYTES];
    copse_admit_arrival_key(bytes, community, class, number);
    struct copse_slice key = {bytes, sizeof bytes};
    struct copse_slice value;
    enum copse_err err = copse_db_get(txn->db, &value, COPSE_DB_ARRIVALS, key);
    return err == COPSE_OK ? read_arrival(out, key, value, community, class) : err;
}

/* ---- the port ---- */

static enum copse_err source_find(void *context, struct copse_held *out, const struct copse_id *id)
{
    struct copse_entries_source *source = context;
    return copse_entries_find(source->txn, out, NULL, source->community, id);
}

static const struct copse_log *source_log(void *context, uint64_t log)
{
    struct copse_entries_source *source = context;
    struct copse_txn_log *found = NULL;
    if (log > UINT32_MAX || copse_logs_get(source->txn, &found, (uint32_t)log) != COPSE_OK ||
        found->community != source->community) {
        return NULL;
    }
    return &found->log;
}

/* By arrival: an entry was never stored before its prev. */
static enum copse_err source_next_control(void *context, struct copse_held *out, uint64_t *cursor)
{
    struct copse_entries_source *source = context;
    struct copse_entries_arrival arrival;
    enum copse_err err = copse_entries_arrived_after(source->txn, &arrival, source->community,
                                                     COPSE_ENTRY_CONTROL, *cursor);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_entries_at(source->txn, out, NULL, &arrival.position);
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
    }
    *cursor = arrival.number;
    return COPSE_OK;
}

static enum copse_err source_next_loose(void *context, struct copse_source_loose *out,
                                        struct copse_id *cursor, const struct copse_id *object)
{
    struct copse_entries_source *source = context;
    return copse_shapes_next(source->txn, out, cursor, source->community, object);
}

struct copse_source copse_entries_source(struct copse_entries_source *context,
                                         struct copse_txn *txn, uint32_t community)
{
    *context = (struct copse_entries_source){txn, community};
    return (struct copse_source){source_find, source_log, source_next_control, source_next_loose,
                                 context};
}
