/* How it works: the table SHAPES has rows of several letters. `a` is what is awaited and `l` what
 * is loose, by object; `i` leads from an id to the object of one that is loose, and `q` lists what
 * is awaited in the order in which it came to be. `d` is an object of which an EDIT has gone in
 * this transaction: before the commit its EDITs are looked at as a whole, since what was named may
 * now be leaned on by others or by nobody. `n` is the last number of `q`, and `s` counts bytes.
 */
#include "storage/shapes.h"

#include "protocol/rules/fold.h"
#include "protocol/rules/loose.h"
#include "storage/entries.h"
#include "storage/views.h"

#include <string.h>

#define KEY_BYTES_MAX (1u + 4u + 2u * COPSE_ID_BYTES)

struct key {
    uint8_t bytes[KEY_BYTES_MAX + 1];
    size_t size;
};

static struct key key_of(char letter, uint32_t community, const struct copse_id *first,
                         const struct copse_id *second)
{
    struct key key = {.bytes = {(uint8_t)letter}, .size = 5};
    copse_bytes_put_u32(key.bytes + 1, community);
    const struct copse_id *ids[] = {first, second};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(ids) && ids[i] != NULL; i++) {
        memcpy(key.bytes + key.size, ids[i]->bytes, COPSE_ID_BYTES);
        key.size += COPSE_ID_BYTES;
    }
    return key;
}

static struct copse_slice slice_of(const struct key *key)
{
    return (struct copse_slice){key->bytes, key->size};
}

static enum copse_err get(struct copse_txn *txn, struct copse_slice *value, struct key key)
{
    return copse_db_get(txn->db, value, COPSE_DB_SHAPES, slice_of(&key));
}

static enum copse_err put(struct copse_txn *txn, struct key key, struct copse_slice value)
{
    return copse_db_put(txn->db, COPSE_DB_SHAPES, slice_of(&key), value);
}

static enum copse_err del(struct copse_txn *txn, struct key key)
{
    return copse_db_del(txn->db, COPSE_DB_SHAPES, slice_of(&key));
}

/* The first row behind `from` that begins with `prefix` and has `size` bytes of key. */
static enum copse_err next(struct copse_txn *txn, struct copse_slice *key,
                           struct copse_slice *value, const struct key *prefix,
                           const struct key *from, size_t size)
{
    struct key after = *from;
    after.bytes[after.size++] = 0;
    enum copse_err err = copse_db_seek(txn->db, key, value, COPSE_DB_SHAPES, slice_of(&after));
    if (err == COPSE_OK &&
        (key->size < prefix->size || memcmp(key->data, prefix->bytes, prefix->size) != 0)) {
        return COPSE_ERR_NOT_FOUND;
    }
    return err == COPSE_OK && key->size != size ? COPSE_ERR_CORRUPT : err;
}

static struct copse_id id_at(struct copse_slice key, size_t offset)
{
    struct copse_id id;
    memcpy(id.bytes, key.data + offset, sizeof id.bytes);
    return id;
}

/* Add to a counter, 0 at first, up to `max`; *out is what it has come to. COPSE_ERR_LIMIT. */
static enum copse_err count(struct copse_txn *txn, uint64_t *out, struct key key, int64_t change,
                            uint64_t max)
{
    struct copse_slice value;
    uint8_t bytes[8];
    uint64_t now = 0;
    enum copse_err err = get(txn, &value, key);
    if (err == COPSE_OK && value.size != sizeof bytes) {
        return COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK) {
        now = copse_bytes_get_u64(value.data);
    } else if (err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    now += (uint64_t)change;
    if (change > 0 && now > max) {
        return COPSE_ERR_LIMIT;
    }
    copse_bytes_put_u64(bytes, now);
    *out = now;
    return put(txn, key, (struct copse_slice){bytes, sizeof bytes});
}

/* ---- what is awaited ---- */

static struct key key_in_order(uint32_t community, uint64_t number)
{
    struct key key = key_of('q', community, NULL, NULL);
    copse_bytes_put_u64(key.bytes + key.size, number);
    key.size += 8;
    return key;
}

static enum copse_err await(struct copse_txn *txn, uint32_t community,
                            const struct copse_id *object, const struct copse_id *id)
{
    struct copse_slice value;
    struct key key = key_of('a', community, object, id);
    uint8_t bytes[8];
    uint64_t number = 0;
    enum copse_err err = get(txn, &value, key);
    if (err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    err = count(txn, &number, key_of('n', community, NULL, NULL), 1, UINT64_MAX);
    if (err == COPSE_OK) {
        copse_bytes_put_u64(bytes, number);
        err = put(txn, key, (struct copse_slice){bytes, sizeof bytes});
    }
    return err == COPSE_OK ? put(txn, key_in_order(community, number), copse_bytes_of_id(id)) : err;
}

static enum copse_err stop_awaiting(struct copse_txn *txn, uint32_t community,
                                    const struct copse_id *object, const struct copse_id *id)
{
    struct copse_slice value;
    struct key key = key_of('a', community, object, id);
    enum copse_err err = get(txn, &value, key);
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    if (value.size != 8) {
        return COPSE_ERR_CORRUPT;
    }
    err = del(txn, key_in_order(community, copse_bytes_get_u64(value.data)));
    return err == COPSE_OK ? del(txn, key) : err;
}

/* ---- what is loose ---- */

static enum copse_err add_size(struct copse_txn *txn, uint32_t community, int64_t change)
{
    uint64_t size = 0;
    return count(txn, &size, key_of('s', community, NULL, NULL), change, COPSE_SHAPES_BYTES_MAX);
}

static enum copse_err is_loose(struct copse_txn *txn, bool *out, uint32_t community,
                               const struct copse_id *object, const struct copse_id *id)
{
    struct copse_slice value;
    enum copse_err err = get(txn, &value, key_of('l', community, object, id));
    *out = err == COPSE_OK;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err keep(struct copse_txn *txn, uint32_t community, const struct copse_id *object,
                           const struct copse_id *id, struct copse_slice bytes)
{
    enum copse_err err = add_size(txn, community, (int64_t)bytes.size);
    if (err == COPSE_OK) {
        err = put(txn, key_of('l', community, object, id), bytes);
    }
    if (err == COPSE_OK) {
        err = put(txn, key_of('i', community, id, NULL), copse_bytes_of_id(object));
    }
    return err == COPSE_OK ? stop_awaiting(txn, community, object, id) : err;
}

static enum copse_err give_up(struct copse_txn *txn, uint32_t community,
                              const struct copse_id *object, const struct copse_id *id)
{
    struct copse_slice value;
    enum copse_err err = get(txn, &value, key_of('l', community, object, id));
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    err = add_size(txn, community, -(int64_t)value.size);
    if (err == COPSE_OK) {
        err = del(txn, key_of('l', community, object, id));
    }
    return err == COPSE_OK ? del(txn, key_of('i', community, id, NULL)) : err;
}

/* ---- what comes and goes ---- */

/* Is an EDIT of the object in a log here? An entry of this id that is none will never do. */
static enum copse_err is_logged(struct copse_txn *txn, bool *out, uint32_t community,
                                const struct copse_id *object, const struct copse_id *id)
{
    struct copse_views views;
    struct copse_held held;
    const struct copse_txn_tip *tip = &txn->tip;
    struct copse_state state = copse_views_state(&views, txn, community);
    enum copse_err err = COPSE_OK;
    *out = false;
    if (tip->is_set && tip->community == community && copse_bytes_equal_ids(&tip->id, id)) {
        held.entry.hlc = tip->entry.hlc;
    } else {
        err = copse_entries_find(txn, &held, NULL, community, id);
    }
    if (err == COPSE_OK) {
        err = copse_fold_has_edit(out, &state, object, id, held.entry.hlc);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err await_parents(struct copse_txn *txn, uint32_t community,
                                    const struct copse_op *op)
{
    struct copse_op_list parents = op->ids;
    struct copse_id id;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && copse_op_next_id(&parents, &id)) {
        bool is_here = false;
        err = is_logged(txn, &is_here, community, &op->target, &id);
        if (err == COPSE_OK && !is_here) {
            err = is_loose(txn, &is_here, community, &op->target, &id);
        }
        if (err == COPSE_OK && !is_here) {
            err = await(txn, community, &op->target, &id);
        }
    }
    return err;
}

enum copse_err copse_shapes_add(struct copse_txn *txn, uint32_t community,
                                const struct copse_held *held, const struct copse_op *op)
{
    enum copse_err err = stop_awaiting(txn, community, &op->target, &held->id);
    if (err == COPSE_OK) {
        err = give_up(txn, community, &op->target, &held->id);
    }
    return err == COPSE_OK ? await_parents(txn, community, op) : err;
}

/* SPEC 6.14: "Of an EDIT in a log that is given up, what is leaned on MUST be kept loose." */
enum copse_err copse_shapes_remove(struct copse_txn *txn, uint32_t community,
                                   const struct copse_held *held, const struct copse_op *op)
{
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_slice bytes;
    enum copse_err err = copse_entry_encode(&bytes, room, &held->entry);
    if (err == COPSE_OK) {
        err = keep(txn, community, &op->target, &held->id, bytes);
    }
    if (err == COPSE_OK || err == COPSE_ERR_LIMIT) {
        err = put(txn, key_of('d', community, &op->target, NULL), (struct copse_slice){room, 0});
    }
    return err;
}

enum copse_err copse_shapes_put(struct copse_txn *txn, uint32_t community,
                                const struct copse_id *id, struct copse_slice bytes)
{
    struct copse_id own;
    struct copse_id found;
    struct copse_entry entry;
    struct copse_op op;
    struct copse_slice value;
    copse_id_of_entry(&found, bytes);
    enum copse_err err = copse_entries_community_id(txn, &own, community);
    if (err == COPSE_OK) {
        err = copse_loose_read(&entry, &op, &own, bytes);
    }
    if (err == COPSE_OK && !copse_bytes_equal_ids(&found, id)) {
        err = COPSE_ERR_REFUSED;
    }
    if (err == COPSE_OK) {
        err = get(txn, &value, key_of('a', community, &op.target, id));
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_EXISTS : err;
    }
    if (err == COPSE_OK) {
        err = keep(txn, community, &op.target, id, bytes);
    }
    return err == COPSE_OK ? await_parents(txn, community, &op) : err;
}

/* ---- looking at an object as a whole ---- */

static bool is_in(const struct copse_id *ids, size_t count, const struct copse_id *id)
{
    size_t at = 0;
    while (at < count && copse_bytes_compare_ids(&ids[at], id) < 0) {
        at++;
    }
    return at < count && copse_bytes_equal_ids(&ids[at], id);
}

/* Walk what is awaited of an object: what is not missing is let go, or with `surplus` only counted.
 */
static enum copse_err pass_awaited(struct copse_txn *txn, uint32_t community,
                                   const struct copse_id *object,
                                   const struct copse_loose_look *look, uint64_t *surplus)
{
    struct key prefix = key_of('a', community, object, NULL);
    struct key from = prefix;
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err = next(txn, &key, &value, &prefix, &from, KEY_BYTES_MAX);
        if (err == COPSE_OK) {
            struct copse_id id = id_at(key, 5 + COPSE_ID_BYTES);
            bool is_missing = is_in(look->missing, look->missing_count, &id);
            from = key_of('a', community, object, &id);
            if (!is_missing && surplus != NULL) {
                (*surplus)++;
            } else if (!is_missing) {
                err = stop_awaiting(txn, community, object, &id);
            }
        }
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
    }
}

static enum copse_err look_at(struct copse_txn *txn, struct copse_loose_look *out,
                              uint32_t community, const struct copse_id *object)
{
    struct copse_views views;
    struct copse_entries_source entries;
    struct copse_state state = copse_views_state(&views, txn, community);
    struct copse_source source = copse_entries_source(&entries, txn, community);
    return copse_loose_look_at(out, &state, &source, txn->memory, object);
}

static enum copse_err settle(struct copse_txn *txn, uint32_t community,
                             const struct copse_id *object)
{
    struct copse_loose_look look;
    enum copse_err err = look_at(txn, &look, community, object);
    if (err != COPSE_OK) {
        return err;
    }
    for (size_t i = 0; err == COPSE_OK && i < look.surplus_count; i++) {
        err = give_up(txn, community, object, &look.surplus[i]);
    }
    if (err == COPSE_OK) {
        err = pass_awaited(txn, community, object, &look, NULL);
    }
    for (size_t i = 0; err == COPSE_OK && i < look.missing_count; i++) {
        err = await(txn, community, object, &look.missing[i]);
    }
    copse_loose_look_free(&look);
    return err;
}

enum copse_err copse_shapes_check(struct copse_txn *txn, uint64_t *faults, uint32_t community,
                                  const struct copse_id *object)
{
    struct copse_loose_look look;
    struct copse_slice value;
    enum copse_err err = look_at(txn, &look, community, object);
    if (err != COPSE_OK) {
        return err;
    }
    *faults = look.surplus_count;
    for (size_t i = 0; err == COPSE_OK && i < look.missing_count; i++) {
        err = get(txn, &value, key_of('a', community, object, &look.missing[i]));
        *faults += err == COPSE_ERR_NOT_FOUND;
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    if (err == COPSE_OK) {
        err = pass_awaited(txn, community, object, &look, faults);
    }
    copse_loose_look_free(&look);
    return err;
}

enum copse_err copse_shapes_settle(struct copse_txn *txn)
{
    const struct key prefix = {.bytes = {'d'}, .size = 1};
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err = next(txn, &key, &value, &prefix, &prefix, 5 + COPSE_ID_BYTES);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
        uint32_t community = copse_bytes_get_u32(key.data + 1);
        struct copse_id object = id_at(key, 5);
        err = settle(txn, community, &object);
        if (err == COPSE_OK) {
            err = del(txn, key_of('d', community, &object, NULL));
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
}

/* ---- reading ---- */

enum copse_err copse_shapes_next_awaited(struct copse_txn *txn, struct copse_id *out,
                                         uint64_t *cursor, uint32_t community)
{
    struct copse_slice key;
    struct copse_slice value;
    struct key prefix = key_of('q', community, NULL, NULL);
    struct key from = key_in_order(community, *cursor);
    enum copse_err err = next(txn, &key, &value, &prefix, &from, from.size);
    if (err == COPSE_OK) {
        *cursor = copse_bytes_get_u64(key.data + prefix.size);
        err = copse_bytes_to_id(out, value) == COPSE_OK ? COPSE_OK : COPSE_ERR_CORRUPT;
    }
    return err;
}

enum copse_err copse_shapes_find(struct copse_txn *txn, struct copse_slice *out, uint32_t community,
                                 const struct copse_id *id)
{
    struct copse_slice value;
    enum copse_err err = get(txn, &value, key_of('i', community, id, NULL));
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_id object;
    err = copse_bytes_to_id(&object, value);
    if (err == COPSE_OK) {
        err = get(txn, out, key_of('l', community, &object, id));
    }
    return err == COPSE_OK ? COPSE_OK : COPSE_ERR_CORRUPT;
}

enum copse_err copse_shapes_next(struct copse_txn *txn, struct copse_source_loose *out,
                                 struct copse_id *cursor, uint32_t community,
                                 const struct copse_id *object)
{
    struct copse_slice key;
    struct copse_slice value;
    struct key prefix = key_of('l', community, object, NULL);
    struct key from = key_of('l', community, object, cursor);
    enum copse_err err = next(txn, &key, &value, &prefix, &from, KEY_BYTES_MAX);
    if (err == COPSE_OK) {
        *cursor = id_at(key, 5 + COPSE_ID_BYTES);
        /* As for entries in logs: the id is that of the bytes, whatever the key says. */
        copse_id_of_entry(&out->id, value);
        err = copse_entry_decode(&out->entry, value) == COPSE_OK ? COPSE_OK : COPSE_ERR_CORRUPT;
    }
    return err;
}
