/* How it works: a table says what rows an entry of each kind has; adding and removing differ in
 * what is done with their keys.
 */
#include "protocol/authority/docket.h"

#include <string.h>

#define KEY_BYTES_MAX (2u + 2u * COPSE_ID_BYTES)

struct docket_key {
    uint8_t bytes[KEY_BYTES_MAX];
    size_t size;
};

struct docket_writer {
    const struct copse_state *state;
    const struct copse_held *held;
    const struct copse_op *op;
    bool is_removing;
    enum copse_err err; /* sticky */
};

/* ---- keys ---- */

static struct docket_key begin(char letter, const struct copse_id *id)
{
    struct docket_key key = {{(uint8_t)letter}, 1 + COPSE_ID_BYTES};
    memcpy(key.bytes + 1, id->bytes, sizeof id->bytes);
    return key;
}

static void add_kind(struct docket_key *key, enum copse_op_kind kind)
{
    key->bytes[key->size++] = (uint8_t)kind;
}

static void open_at(struct copse_state_cursor *cursor, const struct docket_key *key)
{
    copse_state_open(cursor, (struct copse_slice){key->bytes, key->size});
}

/* ---- writing ---- */

static void put_row(struct docket_writer *writer, struct docket_key *key)
{
    static const uint8_t nothing[1];
    if (writer->err != COPSE_OK) {
        return;
    }
    memcpy(key->bytes + key->size, writer->held->id.bytes, COPSE_ID_BYTES);
    struct copse_slice bytes = {key->bytes, key->size + COPSE_ID_BYTES};
    writer->err = writer->is_removing
                      ? copse_state_del(writer->state, bytes)
                      : copse_state_put(writer->state, bytes, (struct copse_slice){nothing, 0});
}

static void put_about(struct docket_writer *writer, const struct copse_id *subject)
{
    struct docket_key key = begin('S', subject);
    add_kind(&key, writer->op->kind);
    put_row(writer, &key);
}

static void put_citing(struct docket_writer *writer, const struct copse_id *cited)
{
    struct docket_key key = begin('U', cited);
    put_row(writer, &key);
}

static void put_all_about(struct docket_writer *writer, struct copse_op_list list)
{
    struct copse_id id;
    while (copse_op_next_id(&list, &id)) {
        put_about(writer, &id);
    }
}

static void put_cut(struct docket_writer *writer)
{
    struct copse_op_list cut = writer->op->cut;
    struct copse_op_leaf leaf;
    while (copse_op_next_leaf(&cut, &leaf)) {
        put_about(writer, &leaf.device);
        put_about(writer, &leaf.id);
    }
}

/* What an entry of each kind has rows for, besides the leaves it names and their devices. */
enum {
    ABOUT_TARGET = 1,
    ABOUT_IDS = 2,
    ABOUT_AUTHOR = 4,
    ABOUT_COMMUNITY = 8,
    CITES_GRANT = 16,
    CITES_CHARTER = 32,
    AS_FOUNDER = 64, /* it has rows only if it cites the genesis: otherwise it is no voice */
};

// clang-format off
static const uint8_t table[] = {
    [COPSE_OP_GENESIS]       = ABOUT_IDS | ABOUT_AUTHOR | ABOUT_COMMUNITY,
    [COPSE_OP_JOIN]          = ABOUT_TARGET | ABOUT_AUTHOR | CITES_GRANT,
    [COPSE_OP_GRANT]         = ABOUT_TARGET | CITES_GRANT | CITES_CHARTER,
    [COPSE_OP_REVOKE]        = ABOUT_IDS | CITES_GRANT,
    [COPSE_OP_REMOVE]        = ABOUT_TARGET | CITES_GRANT,
    [COPSE_OP_ACCEPT]        = CITES_GRANT, /* it acts by its leaves alone */
    [COPSE_OP_LEAVE]         = ABOUT_AUTHOR,
    [COPSE_OP_DEVICE_REVOKE] = ABOUT_AUTHOR,
    [COPSE_OP_INVITE]        = CITES_GRANT | CITES_CHARTER,
    [COPSE_OP_CHARTER]       = ABOUT_COMMUNITY | CITES_GRANT,
    [COPSE_OP_RECALL]        = ABOUT_COMMUNITY | CITES_GRANT | AS_FOUNDER,
    [COPSE_OP_ASSENT]        = ABOUT_TARGET | CITES_GRANT | AS_FOUNDER,
};
// clang-format on

static void put_subjects(struct docket_writer *writer, unsigned has)
{
    const struct copse_held *held = writer->held;
    if ((has & ABOUT_TARGET) != 0) {
        put_about(writer, &writer->op->target);
    }
    if ((has & ABOUT_IDS) != 0) {
        put_all_about(writer, writer->op->ids);
    }
    if ((has & ABOUT_AUTHOR) != 0) {
        put_about(writer, &held->entry.author);
    }
    if ((has & ABOUT_COMMUNITY) != 0) {
        put_about(writer, copse_entry_community(&held->entry, &held->id));
    }
    put_cut(writer);
}

static void put_cited(struct docket_writer *writer, unsigned has)
{
    const struct copse_held *held = writer->held;
    const struct copse_under *under = &held->trail.under;
    if (!held->trail.has_under) {
        return;
    }
    if ((has & CITES_GRANT) != 0) {
        put_citing(writer, &under->grant);
    }
    /* By the genesis an entry is judged at any rate, so it is never news. */
    if ((has & CITES_CHARTER) != 0 &&
        !copse_bytes_equal_ids(&under->charter, copse_entry_community(&held->entry, &held->id))) {
        put_citing(writer, &under->charter);
    }
}

/* Does the entry speak as a founder, if its author is one? */
static bool cites_genesis(const struct copse_held *held)
{
    return held->trail.has_under &&
           copse_bytes_equal_ids(&held->trail.under.grant,
                                 copse_entry_community(&held->entry, &held->id));
}

static enum copse_err write_rows(struct docket_writer *writer)
{
    unsigned has = (size_t)writer->op->kind < sizeof table ? table[writer->op->kind] : 0;
    if (has != 0 && ((has & AS_FOUNDER) == 0 || cites_genesis(writer->held))) {
        put_subjects(writer, has);
        put_cited(writer, has);
    }
    return writer->err;
}

enum copse_err copse_docket_add(const struct copse_state *state, const struct copse_held *held,
                                const struct copse_op *op)
{
    struct docket_writer writer = {state, held, op, false, COPSE_OK};
    return write_rows(&writer);
}

enum copse_err copse_docket_remove(const struct copse_state *state, const struct copse_held *held,
                                   const struct copse_op *op)
{
    struct docket_writer writer = {state, held, op, true, COPSE_OK};
    return write_rows(&writer);
}

/* ---- reading ---- */

void copse_docket_open_about(struct copse_state_cursor *cursor, const struct copse_id *subject)
{
    struct docket_key key = begin('S', subject);
    open_at(cursor, &key);
}

void copse_docket_open_kind(struct copse_state_cursor *cursor, const struct copse_id *subject,
                            enum copse_op_kind kind)
{
    struct docket_key key = begin('S', subject);
    add_kind(&key, kind);
    open_at(cursor, &key);
}

void copse_docket_open_citing(struct copse_state_cursor *cursor, const struct copse_id *cited)
{
    struct docket_key key = begin('U', cited);
    open_at(cursor, &key);
}

enum copse_err copse_docket_next(struct copse_id *out, struct copse_state_cursor *cursor,
                                 const struct copse_state *state)
{
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err = copse_state_next(cursor, &key, &value, state);
    if (err != COPSE_OK) {
        return err;
    }
    if (key.size < 1 + 2 * (size_t)COPSE_ID_BYTES) {
        return COPSE_ERR_CORRUPT;
    }
    memcpy(out->bytes, key.data + key.size - COPSE_ID_BYTES, COPSE_ID_BYTES);
    return COPSE_OK;
}
