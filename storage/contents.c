/* How it works: CONTENTS holds, by arrival number of the entry, a state and the bytes; a missing
 * one has no row there but one in MISSING, by place, so that what is wanted can be listed.
 *
 * CHUNKS holds, by hash, how many lists name the chunk (u32), its state and its bytes;
 * BLOBS holds, by blob id, how many hold the blob (u32) and its list.
 */
#include "storage/contents.h"

#include <string.h>

#define COUNT_BYTES 4u
#define CHUNK_HEAD_BYTES 5u
#define CHUNK_SALTED_MAX (COPSE_CONTENT_SALT_BYTES + COPSE_BLOB_CHUNK_BYTES)
#define CONTENT_SALTED_MAX (COPSE_CONTENT_SALT_BYTES + COPSE_CONTENT_BYTES_MAX)

/* As stored; never renumbered. */
enum kept { KEPT_PRESENT = 1, KEPT_ERASED = 2, KEPT_DECLINED = 3, KEPT_MISSING = 4 };

static struct copse_slice key_of(const struct copse_index_place *place)
{
    return (struct copse_slice){place->bytes, sizeof place->bytes};
}

/* ---- traces ---- */

static struct copse_slice traces_key(void)
{
    return copse_bytes_of_string("traces");
}

static enum copse_err note_traces(struct copse_txn *txn)
{
    uint8_t value[sizeof(uint64_t)];
    copse_bytes_put_u64(value, txn->arrived_ms > 0 ? txn->arrived_ms : 1);
    return copse_db_put(txn->db, COPSE_DB_META, traces_key(),
                        (struct copse_slice){value, sizeof value});
}

enum copse_err copse_contents_traces(struct copse_txn *txn, uint64_t *since_ms)
{
    struct copse_slice value;
    enum copse_err err = copse_db_get(txn->db, &value, COPSE_DB_META, traces_key());
    *since_ms = 0;
    if (err == COPSE_OK && value.size != sizeof(uint64_t)) {
        return COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK) {
        *since_ms = copse_bytes_get_u64(value.data);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_contents_no_traces(struct copse_db_txn *txn, struct copse_error *error)
{
    (void)error;
    return copse_db_del(txn, COPSE_DB_META, traces_key());
}

/* ---- contents ---- */

/* The two keys of an entry's content. */
struct keys {
    struct copse_index_place place;
    uint8_t arrival[COPSE_INDEX_ARRIVAL_BYTES];
};

static struct copse_slice content_key(const struct keys *keys)
{
    return (struct copse_slice){keys->arrival, sizeof keys->arrival};
}

static struct keys keys_of(const struct copse_index_place *place, uint64_t arrival)
{
    struct keys keys = {.place = *place};
    copse_bytes_put_u64(keys.arrival, arrival);
    return keys;
}

static enum copse_err find_keys(struct copse_txn *txn, struct keys *out,
                                const struct copse_held *held)
{
    struct copse_index_place place = copse_index_place_of(&held->position);
    uint64_t arrival = 0;
    enum copse_err err = copse_rows_arrival(txn->db, &arrival, &place);
    if (err == COPSE_OK) {
        *out = keys_of(&place, arrival);
    }
    return err;
}

enum copse_err copse_contents_at(struct copse_txn *txn, enum copse_content_state *state,
                                 struct copse_slice *salted, uint64_t arrival)
{
    uint8_t key[COPSE_INDEX_ARRIVAL_BYTES];
    struct copse_slice row;
    copse_bytes_put_u64(key, arrival);
    *salted = (struct copse_slice){NULL, 0};
    enum copse_err err =
        copse_db_get(txn->db, &row, COPSE_DB_CONTENTS, (struct copse_slice){key, sizeof key});
    if (err == COPSE_ERR_NOT_FOUND) {
        *state = COPSE_CONTENT_MISSING;
        return COPSE_OK;
    }
    if (err != COPSE_OK) {
        return err;
    }
    if (row.size > COPSE_CONTENT_SALT_BYTES + 1 && row.data[0] == KEPT_PRESENT) {
        *state = COPSE_CONTENT_PRESENT;
        *salted = (struct copse_slice){row.data + 1, row.size - 1};
    } else if (row.size == 1 && row.data[0] == KEPT_ERASED) {
        *state = COPSE_CONTENT_ERASED;
    } else if (row.size == 1 && row.data[0] == KEPT_DECLINED) {
        *state = COPSE_CONTENT_DECLINED;
    } else {
        return COPSE_ERR_CORRUPT;
    }
    return COPSE_OK;
}

enum copse_err copse_contents_get(struct copse_txn *txn, enum copse_content_state *state,
                                  struct copse_slice *salted, const struct copse_held *held)
{
    if (held->entry.content_size == 0) {
        *state = COPSE_CONTENT_NONE;
        *salted = (struct copse_slice){NULL, 0};
        return COPSE_OK;
    }
    struct copse_index_place place = copse_index_place_of(&held->position);
    uint64_t arrival = 0;
    enum copse_err err = copse_rows_arrival(txn->db, &arrival, &place);
    return err == COPSE_OK ? copse_contents_at(txn, state, salted, arrival) : err;
}

static enum copse_err put_present(struct copse_txn *txn, const struct keys *keys,
                                  struct copse_slice salted)
{
    uint8_t *row = NULL;
    COPSE_ASSERT(salted.size > COPSE_CONTENT_SALT_BYTES && salted.size <= CONTENT_SALTED_MAX);
    enum copse_err err =
        copse_db_reserve(txn->db, &row, COPSE_DB_CONTENTS, content_key(keys), salted.size + 1);
    if (err == COPSE_OK) {
        row[0] = KEPT_PRESENT;
        memcpy(row + 1, salted.data, salted.size);
    }
    return err;
}

static enum copse_err put_missing(struct copse_txn *txn, const struct keys *keys)
{
    static const uint8_t nothing[1];
    return copse_db_put(txn->db, COPSE_DB_MISSING, key_of(&keys->place),
                        (struct copse_slice){nothing, 0});
}

enum copse_err copse_contents_begin(struct copse_txn *txn, const struct copse_rows_row *row,
                                    struct copse_slice salted)
{
    struct keys keys = keys_of(&row->place, row->arrival);
    return salted.data != NULL ? put_present(txn, &keys, salted) : put_missing(txn, &keys);
}

enum copse_err copse_contents_put(struct copse_txn *txn, const struct copse_held *held,
                                  struct copse_slice salted)
{
    enum copse_content_state state = COPSE_CONTENT_NONE;
    struct copse_slice old;
    enum copse_err err = copse_contents_get(txn, &state, &old, held);
    if (err != COPSE_OK) {
        return err;
    }
    if (state == COPSE_CONTENT_PRESENT) {
        return COPSE_ERR_EXISTS;
    }
    if (state == COPSE_CONTENT_ERASED) {
        return COPSE_ERR_REFUSED;
    }
    if (state == COPSE_CONTENT_NONE || salted.size > CONTENT_SALTED_MAX) {
        return COPSE_ERR_SIGNATURE;
    }
    struct keys keys;
    err = copse_entry_check_content(&held->entry, salted);
    if (err == COPSE_OK) {
        err = find_keys(txn, &keys, held);
    }
    if (err == COPSE_OK) {
        err = put_present(txn, &keys, salted);
    }
    if (err == COPSE_OK) {
        err = copse_db_del(txn->db, COPSE_DB_MISSING, key_of(&keys.place));
    }
    return err;
}

enum copse_err copse_contents_release(struct copse_txn *txn, const struct copse_held *held,
                                      enum copse_content_state state)
{
    COPSE_ASSERT(state == COPSE_CONTENT_ERASED || state == COPSE_CONTENT_DECLINED ||
                 state == COPSE_CONTENT_MISSING);
    if (held->entry.content_size == 0) {
        return COPSE_OK;
    }
    struct keys keys;
    enum copse_err err = find_keys(txn, &keys, held);
    if (err != COPSE_OK) {
        return err;
    }
    if (state == COPSE_CONTENT_MISSING) {
        err = copse_db_del(txn->db, COPSE_DB_CONTENTS, content_key(&keys));
        return err == COPSE_OK ? put_missing(txn, &keys) : err;
    }
    enum copse_content_state old = COPSE_CONTENT_NONE;
    struct copse_slice salted;
    uint8_t row[1] = {state == COPSE_CONTENT_ERASED ? KEPT_ERASED : KEPT_DECLINED};
    err = copse_contents_get(txn, &old, &salted, held);
    if (err == COPSE_OK && old == COPSE_CONTENT_PRESENT && state == COPSE_CONTENT_ERASED) {
        err = note_traces(txn);
    }
    if (err == COPSE_OK) {
        err = copse_db_put(txn->db, COPSE_DB_CONTENTS, content_key(&keys),
                           (struct copse_slice){row, sizeof row});
    }
    if (err == COPSE_OK) {
        err = copse_db_del(txn->db, COPSE_DB_MISSING, key_of(&keys.place));
    }
    return err;
}

enum copse_err copse_contents_forget(struct copse_txn *txn, uint64_t arrival,
                                     const struct copse_index_place *place)
{
    struct keys keys = keys_of(place, arrival);
    enum copse_err err = copse_db_del(txn->db, COPSE_DB_CONTENTS, content_key(&keys));
    if (err == COPSE_OK) {
        err = copse_db_del(txn->db, COPSE_DB_MISSING, key_of(place));
    }
    return err;
}

enum copse_err copse_contents_move(struct copse_txn *txn, const struct copse_index_place *from,
                                   const struct copse_index_place *to)
{
    struct copse_slice value;
    enum copse_err err = copse_db_get(txn->db, &value, COPSE_DB_MISSING, key_of(from));
    if (err == COPSE_OK) {
        err = copse_db_del(txn->db, COPSE_DB_MISSING, key_of(from));
        if (err == COPSE_OK) {
            err = copse_db_put(txn->db, COPSE_DB_MISSING, key_of(to),
                               (struct copse_slice){to->bytes, 0});
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_contents_next_missing(struct copse_txn *txn, struct copse_position *out,
                                           struct copse_position *cursor)
{
    struct copse_index_place from = copse_index_place_of(cursor);
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err = copse_db_seek(txn->db, &key, &value, COPSE_DB_MISSING, key_of(&from));
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_index_place place;
    if (key.size != sizeof place.bytes) {
        return COPSE_ERR_CORRUPT;
    }
    memcpy(place.bytes, key.data, key.size);
    *out = copse_index_position_of(&place);
    *cursor = *out;
    cursor->branch++; /* the least place above; branches are far fewer than 65,535 */
    return COPSE_OK;
}

/* ---- chunks ---- */

/* A row of CHUNKS, as read. */
struct chunk {
    uint32_t count;
    enum kept kept;
    struct copse_slice salted; /* borrowed */
};

static enum copse_err get_chunk(struct copse_txn *txn, struct chunk *out,
                                const struct copse_id *hash)
{
    struct copse_slice row;
    enum copse_err err = copse_db_get(txn->db, &row, COPSE_DB_CHUNKS, copse_bytes_of_id(hash));
    if (err != COPSE_OK) {
        return err;
    }
    if (row.size < CHUNK_HEAD_BYTES || row.data[4] < KEPT_PRESENT || row.data[4] > KEPT_MISSING ||
        (row.size > CHUNK_HEAD_BYTES) != (row.data[4] == KEPT_PRESENT) ||
        row.size > CHUNK_HEAD_BYTES + CHUNK_SALTED_MAX) {
        return COPSE_ERR_CORRUPT;
    }
    *out = (struct chunk){
        copse_bytes_get_u32(row.data),
        (enum kept)row.data[4],
        {row.data + CHUNK_HEAD_BYTES, row.size - CHUNK_HEAD_BYTES},
    };
    return COPSE_OK;
}

static enum copse_err put_chunk(struct copse_txn *txn, const struct copse_id *hash,
                                const struct chunk *chunk)
{
    uint8_t *row = copse_memory_new(txn->memory, 1, CHUNK_HEAD_BYTES + chunk->salted.size);
    if (row == NULL) {
        return COPSE_ERR_NOMEM;
    }
    copse_bytes_put_u32(row, chunk->count);
    row[4] = (uint8_t)chunk->kept;
    if (chunk->salted.size > 0) {
        memcpy(row + CHUNK_HEAD_BYTES, chunk->salted.data, chunk->salted.size);
    }
    enum copse_err err =
        copse_db_put(txn->db, COPSE_DB_CHUNKS, copse_bytes_of_id(hash),
                     (struct copse_slice){row, CHUNK_HEAD_BYTES + chunk->salted.size});
    copse_memory_free(txn->memory, row);
    return err;
}

/* One list more (or less) names a chunk; with none left it goes. */
enum count_step { COUNT_UP, COUNT_DOWN };

static enum copse_err count_chunk(struct copse_txn *txn, const struct copse_id *hash,
                                  enum count_step step)
{
    struct chunk chunk = {0, KEPT_MISSING, {NULL, 0}};
    enum copse_err err = get_chunk(txn, &chunk, hash);
    if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    if (step == COUNT_UP) {
        if (chunk.count == UINT32_MAX) {
            return COPSE_ERR_LIMIT;
        }
        chunk.count++;
        return put_chunk(txn, hash, &chunk);
    }
    if (err == COPSE_ERR_NOT_FOUND || chunk.count == 0) {
        return COPSE_ERR_CORRUPT;
    }
    chunk.count--;
    if (chunk.count > 0) {
        return put_chunk(txn, hash, &chunk);
    }
    /* What it was taken off for, nobody says here: if it was an erasure, this was it. */
    err = chunk.kept == KEPT_PRESENT ? note_traces(txn) : COPSE_OK;
    return err == COPSE_OK ? copse_db_del(txn->db, COPSE_DB_CHUNKS, copse_bytes_of_id(hash)) : err;
}

enum copse_err copse_contents_put_chunk(struct copse_txn *txn, struct copse_id *hash,
                                        struct copse_slice salted)
{
    if (salted.size <= COPSE_CONTENT_SALT_BYTES || salted.size > CHUNK_SALTED_MAX) {
        return COPSE_ERR_LIMIT;
    }
    struct copse_id id;
    struct chunk chunk;
    copse_id_of_content(&id, salted);
    enum copse_err err = get_chunk(txn, &chunk, &id);
    if (err != COPSE_OK) {
        return err;
    }
    if (chunk.kept == KEPT_PRESENT) {
        return COPSE_ERR_EXISTS;
    }
    if (chunk.kept == KEPT_ERASED) {
        return COPSE_ERR_REFUSED;
    }
    chunk.kept = KEPT_PRESENT;
    chunk.salted = salted;
    err = put_chunk(txn, &id, &chunk);
    if (err == COPSE_OK) {
        *hash = id;
    }
    return err;
}

enum copse_err copse_contents_get_chunk(struct copse_txn *txn, enum copse_contents_chunk *state,
                                        struct copse_slice *salted, const struct copse_id *hash)
{
    struct chunk chunk;
    enum copse_err err = get_chunk(txn, &chunk, hash);
    if (err != COPSE_OK) {
        return err;
    }
    switch (chunk.kept) {
    case KEPT_PRESENT:
        *state = COPSE_CONTENTS_PRESENT;
        break;
    case KEPT_ERASED:
        *state = COPSE_CONTENTS_ERASED;
        break;
    case KEPT_DECLINED:
        *state = COPSE_CONTENTS_DECLINED;
        break;
    case KEPT_MISSING:
        *state = COPSE_CONTENTS_MISSING;
        break;
    }
    *salted = chunk.salted;
    return COPSE_OK;
}

enum copse_err copse_contents_release_chunk(struct copse_txn *txn, const struct copse_id *hash,
                                            enum copse_contents_chunk state)
{
    COPSE_ASSERT(state != COPSE_CONTENTS_PRESENT);
    struct chunk chunk;
    enum copse_err err = get_chunk(txn, &chunk, hash);
    if (err != COPSE_OK) {
        return err;
    }
    if (chunk.kept == KEPT_PRESENT && state == COPSE_CONTENTS_ERASED) {
        err = note_traces(txn);
        if (err != COPSE_OK) {
            return err;
        }
    }
    chunk.salted = (struct copse_slice){NULL, 0};
    chunk.kept = state == COPSE_CONTENTS_ERASED     ? KEPT_ERASED
                 : state == COPSE_CONTENTS_DECLINED ? KEPT_DECLINED
                                                    : KEPT_MISSING;
    return put_chunk(txn, hash, &chunk);
}

/* ---- blobs ---- */

static enum copse_err count_chunks(struct copse_txn *txn, struct copse_slice list,
                                   enum count_step step)
{
    struct copse_blob blob;
    enum copse_err err = copse_blob_decode(&blob, list);
    struct copse_id hash;
    size_t size = 0;
    while (err == COPSE_OK) {
        err = copse_blob_next(&blob, &hash, &size);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = count_chunk(txn, &hash, step);
        }
    }
    return err;
}

static enum copse_err get_blob(struct copse_txn *txn, uint32_t *count, struct copse_slice *list,
                               const struct copse_id *id)
{
    struct copse_slice row;
    enum copse_err err = copse_db_get(txn->db, &row, COPSE_DB_BLOBS, copse_bytes_of_id(id));
    if (err != COPSE_OK) {
        return err;
    }
    if (row.size <= COUNT_BYTES || row.size > COUNT_BYTES + COPSE_BLOB_LIST_BYTES_MAX) {
        return COPSE_ERR_CORRUPT;
    }
    *count = copse_bytes_get_u32(row.data);
    *list = (struct copse_slice){row.data + COUNT_BYTES, row.size - COUNT_BYTES};
    return COPSE_OK;
}

/* `list` may lie in the very row that is replaced, so it is copied first. */
static enum copse_err put_blob(struct copse_txn *txn, const struct copse_id *id, uint32_t count,
                               struct copse_slice list)
{
    uint8_t row[COUNT_BYTES + COPSE_BLOB_LIST_BYTES_MAX];
    copse_bytes_put_u32(row, count);
    memcpy(row + COUNT_BYTES, list.data, list.size);
    return copse_db_put(txn->db, COPSE_DB_BLOBS, copse_bytes_of_id(id),
                        (struct copse_slice){row, COUNT_BYTES + list.size});
}

enum copse_err copse_contents_put_blob(struct copse_txn *txn, struct copse_id *id,
                                       struct copse_slice list)
{
    struct copse_blob blob;
    enum copse_err err = copse_blob_decode(&blob, list);
    if (err != COPSE_OK || list.size > COPSE_BLOB_LIST_BYTES_MAX) {
        return COPSE_ERR_DECODE;
    }
    struct copse_id name;
    copse_id_of_blob(&name, list);
    uint32_t count = 0;
    struct copse_slice old;
    err = get_blob(txn, &count, &old, &name);
    if (err == COPSE_ERR_NOT_FOUND) {
        err = count_chunks(txn, list, COUNT_UP);
    }
    if (err == COPSE_OK && count == UINT32_MAX) {
        err = COPSE_ERR_LIMIT;
    }
    if (err == COPSE_OK) {
        err = put_blob(txn, &name, count + 1, list);
    }
    if (err == COPSE_OK) {
        *id = name;
    }
    return err;
}

enum copse_err copse_contents_get_blob(struct copse_txn *txn, struct copse_slice *list,
                                       const struct copse_id *id)
{
    uint32_t count = 0;
    return get_blob(txn, &count, list, id);
}

enum copse_err copse_contents_drop_blob(struct copse_txn *txn, const struct copse_id *id)
{
    uint32_t count = 0;
    struct copse_slice list;
    enum copse_err err = get_blob(txn, &count, &list, id);
    if (err != COPSE_OK) {
        return err;
    }
    if (count > 1) {
        return put_blob(txn, id, count - 1, list);
    }
    /* Deleting chunks may move the list's page: work on a copy. */
    uint8_t copy[COPSE_BLOB_LIST_BYTES_MAX];
    memcpy(copy, list.data, list.size);
    err = copse_db_del(txn->db, COPSE_DB_BLOBS, copse_bytes_of_id(id));
    if (err == COPSE_OK) {
        err = count_chunks(txn, (struct copse_slice){copy, list.size}, COUNT_DOWN);
    }
    return err;
}
