/* How it works: the table STATE holds all communities; a key is the community's number
 * before the key of the port, so each community is one range.
 *
 * The rows of the fold and of the docket are put when an entry is stored and taken when it goes.
 * Standings are brought up to date at the end of a transaction that stored entries which act, in
 * it.
 */
#include "storage/views.h"

#include "protocol/authority/docket.h"
#include "protocol/authority/update.h"
#include "protocol/rules/fold.h"
#include "storage/admit.h"
#include "storage/rows.h"
#include "storage/shapes.h"
#include "storage/twin.h"

#include <string.h>

#define NUMBER_BYTES 4u

/* ---- the port ---- */

static struct copse_slice full_key(struct copse_views *views, struct copse_slice key)
{
    copse_bytes_put_u32(views->key, views->community);
    memcpy(views->key + NUMBER_BYTES, key.data, key.size);
    return (struct copse_slice){views->key, NUMBER_BYTES + key.size};
}

/* Standings and acts are few, and looked at with each entry that comes: they never wait in layers.
 * All other rows are of the fold, come in no order and have no values. */
static bool is_direct(struct copse_slice key)
{
    return key.size > 0 && (key.data[0] == 'G' || key.data[0] == 'A');
}

static enum copse_err views_seek(void *context, struct copse_slice *key, struct copse_slice *value,
                                 struct copse_slice from)
{
    struct copse_views *views = context;
    struct copse_slice found_key;
    struct copse_slice found;
    enum copse_err err = copse_layers_seek(&views->txn->layers, &found_key, &found, COPSE_DB_STATE,
                                           full_key(views, from));
    if (err != COPSE_OK) {
        return err;
    }
    if (found_key.size <= NUMBER_BYTES || copse_bytes_get_u32(found_key.data) != views->community) {
        return COPSE_ERR_NOT_FOUND;
    }
    *key = (struct copse_slice){found_key.data + NUMBER_BYTES, found_key.size - NUMBER_BYTES};
    *value = found;
    return COPSE_OK;
}

static enum copse_err views_get(void *context, struct copse_slice *value, struct copse_slice key)
{
    struct copse_views *views = context;
    struct copse_slice found;
    if (is_direct(key)) {
        return copse_db_get(views->txn->db, value, COPSE_DB_STATE, full_key(views, key));
    }
    enum copse_err err = views_seek(views, &found, value, key);
    return err == COPSE_OK && !copse_bytes_equal(found, key) ? COPSE_ERR_NOT_FOUND : err;
}

static enum copse_err views_put(void *context, struct copse_slice key, struct copse_slice value)
{
    struct copse_views *views = context;
    if (is_direct(key) || value.size > 0) {
        return copse_db_put(views->txn->db, COPSE_DB_STATE, full_key(views, key), value);
    }
    return copse_layers_put(&views->txn->layers, COPSE_DB_STATE, full_key(views, key));
}

static enum copse_err views_del(void *context, struct copse_slice key)
{
    struct copse_views *views = context;
    if (is_direct(key)) {
        return copse_db_del(views->txn->db, COPSE_DB_STATE, full_key(views, key));
    }
    return copse_layers_del(&views->txn->layers, COPSE_DB_STATE, full_key(views, key));
}

struct copse_state copse_views_state(struct copse_views *context, struct copse_txn *txn,
                                     uint32_t community)
{
    context->txn = txn;
    context->community = community;
    return (struct copse_state){views_get, views_put, views_del, views_seek, context};
}

enum copse_err copse_views_has(struct copse_txn *txn, bool *out, uint32_t community,
                               struct copse_slice prefix)
{
    struct copse_views views = {.txn = txn, .community = community};
    struct copse_slice key;
    struct copse_slice value;
    COPSE_ASSERT(is_direct(prefix));
    struct copse_slice full = full_key(&views, prefix);
    enum copse_err err = copse_db_seek(txn->db, &key, &value, COPSE_DB_STATE, full);
    *out = err == COPSE_OK && key.size >= full.size && memcmp(key.data, full.data, full.size) == 0;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* ---- one entry ---- */

/* The op of an entry, unless the entry is refused (SPEC 4.3, 4.4). */
static bool read_op(struct copse_op *op, const struct copse_held *held)
{
    return !copse_entry_has_unknown_ext(&held->entry) &&
           copse_op_decode(op, held->entry.op, held->entry.class) == COPSE_OK;
}

/* Put the rows that say of an entry what it says of itself. */
static enum copse_err index_entry(const struct copse_state *state, const struct copse_held *held,
                                  const struct copse_op *op)
{
    enum copse_err err = copse_fold_add(state, &held->id, &held->entry, op);
    return err == COPSE_OK ? copse_docket_add(state, held, op) : err;
}

enum copse_err copse_views_add(struct copse_txn *txn, uint32_t community,
                               const struct copse_held *held)
{
    struct copse_op op;
    struct copse_views views;
    struct copse_state state = copse_views_state(&views, txn, community);
    const struct copse_log *log = NULL;
    struct copse_txn_pending *pending = NULL;
    bool is_known = read_op(&op, held);
    enum copse_err err = copse_entries_log(txn, &log, (uint32_t)held->position.log);
    if (err == COPSE_OK) {
        err = copse_txn_note(txn, &pending, community);
    }
    if (err == COPSE_OK) {
        err = copse_update_add(&pending->update, &state, log, held, is_known ? &op : NULL);
    }
    if (err == COPSE_OK && is_known) {
        err = index_entry(&state, held, &op);
    }
    if (err == COPSE_OK && is_known && op.kind == COPSE_OP_EDIT) {
        err = copse_shapes_add(txn, community, held, &op);
    }
    return err;
}

enum copse_err copse_views_remove(struct copse_txn *txn, uint32_t community,
                                  const struct copse_held *held)
{
    struct copse_op op;
    struct copse_views views;
    struct copse_state state = copse_views_state(&views, txn, community);
    const struct copse_log *log = NULL;
    struct copse_txn_pending *pending = NULL;
    bool is_known = read_op(&op, held);
    enum copse_err err = copse_entries_log(txn, &log, (uint32_t)held->position.log);
    if (err == COPSE_OK) {
        err = copse_txn_note(txn, &pending, community);
    }
    if (err == COPSE_OK) {
        err = copse_update_remove(&pending->update, &state, log, held);
    }
    if (err == COPSE_OK && is_known) {
        err = copse_fold_remove(&state, &held->id, &held->entry, &op);
    }
    if (err == COPSE_OK && is_known && op.kind == COPSE_OP_EDIT) {
        err = copse_shapes_remove(txn, community, held, &op);
    }
    if (err == COPSE_OK && is_known) {
        err = copse_docket_remove(&state, held, &op);
    }
    return err;
}

/* ---- governance ---- */

#define CHECKS_KEY_BYTES (1u + COPSE_ID_BYTES)
#define CHECKS_VALUE_BYTES 16u

/* What governance learns of signatures, written down when it is done: it reads borrowed bytes. */
/* The signature that a cut has of an entry which is held without one. */
struct checks_leaf {
    struct copse_position position;
    struct copse_signature signature;
};

struct checks {
    struct copse_txn *txn;
    struct copse_id_set entries;
    struct copse_governance_checks *known; /* by place in `entries` */
    size_t capacity;
    struct checks_leaf *leaves;
    size_t leaf_count;
    size_t leaf_capacity;
};

static void checks_key(uint8_t out[CHECKS_KEY_BYTES], const struct copse_id *entry)
{
    out[0] = 'k';
    memcpy(out + 1, entry->bytes, sizeof entry->bytes);
}

static void get_checks(void *context, struct copse_governance_checks *out,
                       const struct copse_id *entry)
{
    const struct checks *checks = context;
    uint8_t key[CHECKS_KEY_BYTES];
    size_t place = 0;
    if (copse_id_set_find(&checks->entries, &place, entry)) {
        *out = checks->known[place];
        return;
    }
    checks_key(key, entry);
    struct copse_slice value;
    *out = (struct copse_governance_checks){0, 0};
    if (copse_db_get(checks->txn->db, &value, COPSE_DB_META,
                     (struct copse_slice){key, sizeof key}) == COPSE_OK &&
        value.size == CHECKS_VALUE_BYTES) {
        out->done = copse_bytes_get_u64(value.data);
        out->good = copse_bytes_get_u64(value.data + 8);
    }
}

/* Not to know a check again costs time only, so being out of memory is no failure here. */
static void put_checks(void *context, const struct copse_id *entry,
                       const struct copse_governance_checks *known)
{
    struct checks *checks = context;
    size_t place = checks->entries.count;
    if (!copse_id_set_find(&checks->entries, &place, entry) &&
        (copse_memory_grow(checks->txn->memory, &checks->known, &checks->capacity, place + 1,
                           sizeof *checks->known) != COPSE_OK ||
         copse_id_set_add(&checks->entries, entry) != COPSE_OK)) {
        return;
    }
    checks->known[place] = *known;
}

/* Like put_checks, what is lost here comes again with the next evaluation. */
static void take_leaf(void *context, const struct copse_position *position,
                      const struct copse_signature *signature)
{
    struct checks *checks = context;
    struct copse_index_place place = copse_index_place_of(position);
    struct copse_rows_row row;
    if (checks->txn->mode == COPSE_DB_WRITE &&
        copse_rows_at(checks->txn->db, &row, &place) == COPSE_OK && row.signature.size == 0 &&
        copse_memory_grow(checks->txn->memory, &checks->leaves, &checks->leaf_capacity,
                          checks->leaf_count + 1, sizeof *checks->leaves) == COPSE_OK) {
        checks->leaves[checks->leaf_count++] = (struct checks_leaf){*position, *signature};
    }
}

static enum copse_err keep_checks(const struct checks *checks)
{
    for (size_t i = 0; i < checks->leaf_count; i++) {
        const struct checks_leaf *leaf = &checks->leaves[i];
        enum copse_err err = copse_admit_sign(checks->txn, &leaf->position, &leaf->signature);
        if (err != COPSE_OK) {
            return err;
        }
    }
    for (size_t i = 0; i < checks->entries.count; i++) {
        uint8_t key[CHECKS_KEY_BYTES];
        uint8_t value[CHECKS_VALUE_BYTES];
        checks_key(key, &checks->entries.ids[i]);
        copse_bytes_put_u64(value, checks->known[i].done);
        copse_bytes_put_u64(value + 8, checks->known[i].good);
        enum copse_err err =
            copse_db_put(checks->txn->db, COPSE_DB_META, (struct copse_slice){key, sizeof key},
                         (struct copse_slice){value, sizeof value});
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

/* Bring the standings of a community up to date. */
static enum copse_err settle(struct copse_txn *txn, uint32_t community,
                             const struct copse_state *state, struct copse_update *update)
{
    struct copse_id id;
    enum copse_err err = copse_entries_community_id(txn, &id, community);
    if (err != COPSE_OK) {
        return err;
    }
    struct checks checks = {.txn = txn};
    copse_id_set_init(&checks.entries, txn->memory);
    struct copse_entries_source context;
    struct copse_source source = copse_entries_source(&context, txn, community);
    struct copse_governance_options options = {
        .memory = txn->memory,
        .scheme = txn->scheme,
        .get_checks = get_checks,
        .put_checks = put_checks,
        .take_leaf = take_leaf,
        .context = &checks,
    };
    err = copse_update_settle(update, state, &id, &source, &options);
    if (err == COPSE_OK && txn->mode == COPSE_DB_WRITE) {
        err = keep_checks(&checks);
    }
    copse_memory_free(txn->memory, checks.leaves);
    copse_memory_free(txn->memory, checks.known);
    copse_id_set_deinit(&checks.entries);
    return err;
}

/* Evaluate all of it and write the standings to `state`. Without its genesis there is nothing to
 * evaluate yet, and governance says so by finding nobody. */
static enum copse_err evaluate(struct copse_txn *txn, uint32_t community,
                               const struct copse_state *state)
{
    struct copse_update update;
    copse_update_init(&update, txn->memory);
    update.is_whole = true;
    enum copse_err err = settle(txn, community, state, &update);
    copse_update_deinit(&update);
    return err;
}

enum copse_err copse_views_settle(struct copse_txn *txn)
{
    for (size_t i = 0; i < txn->pending_count; i++) {
        struct copse_txn_pending *pending = &txn->pending[i];
        if (copse_update_is_empty(&pending->update)) {
            continue;
        }
        struct copse_views views;
        struct copse_state state = copse_views_state(&views, txn, pending->community);
        enum copse_err err = settle(txn, pending->community, &state, &pending->update);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

/* ---- all entries ---- */

static enum copse_err fold_class(struct copse_txn *txn, uint32_t community,
                                 const struct copse_state *state, enum copse_entry_class class)
{
    uint64_t after = 0;
    for (;;) {
        struct copse_entries_arrival arrival;
        enum copse_err err = copse_entries_arrived_after(txn, &arrival, community, class, after);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
        struct copse_held held;
        struct copse_op op;
        err = copse_entries_at(txn, &held, NULL, &arrival.position);
        if (err == COPSE_ERR_NOT_FOUND) {
            err = COPSE_ERR_CORRUPT;
        }
        if (err == COPSE_OK && read_op(&op, &held)) {
            err = index_entry(state, &held, &op);
        }
        if (err != COPSE_OK) {
            return err;
        }
        after = arrival.number;
    }
}

static enum copse_err fold_all(struct copse_txn *txn, uint32_t community,
                               const struct copse_state *state)
{
    enum copse_err err = fold_class(txn, community, state, COPSE_ENTRY_CONTROL);
    if (err == COPSE_OK) {
        err = fold_class(txn, community, state, COPSE_ENTRY_DATA);
    }
    return err;
}

static enum copse_err clear(struct copse_txn *txn, uint32_t community)
{
    uint8_t from[NUMBER_BYTES];
    copse_bytes_put_u32(from, community);
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err = copse_layers_seek(&txn->layers, &key, &value, COPSE_DB_STATE,
                                               (struct copse_slice){from, sizeof from});
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
        uint8_t copy[NUMBER_BYTES + COPSE_STATE_KEY_MAX];
        if (key.size < NUMBER_BYTES || key.size > sizeof copy) {
            return COPSE_ERR_CORRUPT;
        }
        if (copse_bytes_get_u32(key.data) != community) {
            return COPSE_OK;
        }
        memcpy(copy, key.data, key.size);
        err = copse_layers_del(&txn->layers, COPSE_DB_STATE, (struct copse_slice){copy, key.size});
        if (err != COPSE_OK) {
            return err;
        }
    }
}

enum copse_err copse_views_rebuild(struct copse_txn *txn, uint32_t community)
{
    struct copse_views views;
    struct copse_state state = copse_views_state(&views, txn, community);
    enum copse_err err = clear(txn, community);
    if (err == COPSE_OK) {
        err = fold_all(txn, community, &state);
    }
    if (err == COPSE_OK) {
        err = evaluate(txn, community, &state);
    }
    return err;
}

/* ---- comparing ---- */

/* A state port whose put asks whether the row is stored already. */
struct comparison {
    struct copse_views views;
    struct copse_state stored;
    struct copse_views_difference *out;
    uint64_t equal;
};

static void differ(struct comparison *comparison, struct copse_slice key)
{
    struct copse_views_difference *out = comparison->out;
    if (out->count == 0 && key.size <= sizeof out->key) {
        memcpy(out->key, key.data, key.size);
        out->key_size = key.size;
    }
    out->count++;
}

static enum copse_err compare_put(void *context, struct copse_slice key, struct copse_slice value)
{
    struct comparison *comparison = context;
    struct copse_slice stored;
    enum copse_err err = copse_state_get(&comparison->stored, &stored, key);
    if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    if (err == COPSE_OK && copse_bytes_equal(stored, value)) {
        comparison->equal++;
    } else {
        differ(comparison, key);
    }
    return COPSE_OK;
}

/* Walk what is stored: standings must be those of `twin`, and of the other rows there must be no
 * more than were derived. */
static enum copse_err compare_stored(struct comparison *comparison, const struct copse_twin *twin)
{
    static const uint8_t least[1] = {0};
    struct copse_slice from = {least, sizeof least};
    uint8_t next[COPSE_STATE_KEY_MAX + 1];
    uint64_t others = 0;
    size_t standings = 0;
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err =
            comparison->stored.seek(comparison->stored.context, &key, &value, from);
        if (err == COPSE_ERR_NOT_FOUND) {
            break;
        }
        if (err != COPSE_OK) {
            return err;
        }
        if (key.size > COPSE_STATE_KEY_MAX) {
            return COPSE_ERR_CORRUPT;
        }
        comparison->out->rows++;
        if (key.data[0] != 'G') {
            others++;
        } else {
            const struct copse_twin_row *row =
                standings < twin->count ? &twin->rows[standings] : NULL;
            if (row == NULL ||
                !copse_bytes_equal(key, (struct copse_slice){row->bytes, row->key_size}) ||
                !copse_bytes_equal(
                    value, (struct copse_slice){row->bytes + row->key_size, row->value_size})) {
                differ(comparison, key);
            }
            standings++;
        }
        memcpy(next, key.data, key.size);
        next[key.size] = 0;
        from = (struct copse_slice){next, key.size + 1};
    }
    for (; standings < twin->count; standings++) {
        const struct copse_twin_row *row = &twin->rows[standings];
        differ(comparison, (struct copse_slice){row->bytes, row->key_size});
    }
    if (others > comparison->equal) {
        static const uint8_t unknown[1] = {'?'};
        differ(comparison, (struct copse_slice){unknown, sizeof unknown});
    }
    return COPSE_OK;
}

enum copse_err copse_views_compare(struct copse_txn *txn, struct copse_views_difference *out,
                                   uint32_t community)
{
    struct copse_views_difference difference = {0};
    struct comparison comparison = {.out = &difference};
    comparison.stored = copse_views_state(&comparison.views, txn, community);
    struct copse_state asking = comparison.stored;
    asking.put = compare_put;
    asking.context = &comparison;
    struct copse_twin twin;
    copse_twin_init(&twin, txn->memory);
    struct copse_state fresh = copse_twin_state(&twin);
    enum copse_err err = fold_all(txn, community, &asking);
    if (err == COPSE_OK) {
        err = evaluate(txn, community, &fresh);
    }
    if (err == COPSE_OK) {
        err = compare_stored(&comparison, &twin);
    }
    copse_twin_deinit(&twin);
    if (err == COPSE_OK) {
        *out = difference;
    }
    return err;
}
