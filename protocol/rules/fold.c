/* How it works: for_each_row builds the key of each row of an entry and hands it to put or del.
 * Adding and removing are the same walk, so what one writes the other finds.
 */
#include "protocol/rules/fold.h"

#include "protocol/rules/object.h"

#include <string.h>

enum row_deed { ROW_PUT, ROW_DEL };

/* ---- keys ---- */

static struct copse_fold_prefix begin(char letter)
{
    struct copse_fold_prefix key = {{(uint8_t)letter}, 1};
    return key;
}

static void append(struct copse_fold_prefix *key, struct copse_slice bytes)
{
    COPSE_ASSERT(bytes.size <= sizeof key->bytes - key->size);
    memcpy(key->bytes + key->size, bytes.data, bytes.size);
    key->size += bytes.size;
}

static void append_id(struct copse_fold_prefix *key, const struct copse_id *id)
{
    append(key, copse_bytes_of_id(id));
}

static void append_u32(struct copse_fold_prefix *key, uint32_t value)
{
    uint8_t bytes[4];
    copse_bytes_put_u32(bytes, value);
    append(key, (struct copse_slice){bytes, sizeof bytes});
}

static void append_u64(struct copse_fold_prefix *key, uint64_t value)
{
    uint8_t bytes[8];
    copse_bytes_put_u64(bytes, value);
    append(key, (struct copse_slice){bytes, sizeof bytes});
}

static struct copse_fold_prefix begin_with_id(char letter, const struct copse_id *id)
{
    struct copse_fold_prefix key = begin(letter);
    append_id(&key, id);
    return key;
}

static struct copse_fold_prefix begin_with_id_and_number(char letter, const struct copse_id *id,
                                                         uint32_t number)
{
    struct copse_fold_prefix key = begin_with_id(letter, id);
    append_u32(&key, number);
    return key;
}

struct copse_fold_prefix copse_fold_children(const struct copse_id *object)
{
    return begin_with_id('C', object);
}

struct copse_fold_prefix copse_fold_all_children(void)
{
    return begin('C');
}

struct copse_fold_prefix copse_fold_kind(uint32_t object_kind)
{
    struct copse_fold_prefix key = begin('K');
    append_u32(&key, object_kind);
    return key;
}

struct copse_fold_prefix copse_fold_field(const struct copse_id *object, uint32_t field)
{
    return begin_with_id_and_number('E', object, field);
}

struct copse_fold_prefix copse_fold_all_fields(const struct copse_id *object)
{
    return begin_with_id('E', object);
}

struct copse_fold_prefix copse_fold_edits(const struct copse_id *object)
{
    return begin_with_id('T', object);
}

struct copse_fold_prefix copse_fold_all_edits(void)
{
    return begin('T');
}

struct copse_fold_prefix copse_fold_acts(const struct copse_id *target, enum copse_op_kind kind)
{
    return begin_with_id_and_number('A', target, (uint32_t)kind);
}

struct copse_fold_prefix copse_fold_all_acts(const struct copse_id *target)
{
    return begin_with_id('A', target);
}

struct copse_fold_prefix copse_fold_devices(const struct copse_id *person)
{
    return begin_with_id('P', person);
}

struct copse_fold_prefix copse_fold_people(void)
{
    return begin('P');
}

enum copse_err copse_fold_has_edit(bool *out, const struct copse_state *state,
                                   const struct copse_id *object, const struct copse_id *id,
                                   uint64_t hlc)
{
    struct copse_fold_prefix key = copse_fold_edits(object);
    struct copse_slice value;
    append_u64(&key, hlc);
    append_id(&key, id);
    enum copse_err err = copse_state_get(state, &value, copse_fold_bytes(&key));
    *out = err == COPSE_OK;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

struct copse_slice copse_fold_bytes(const struct copse_fold_prefix *prefix)
{
    return (struct copse_slice){prefix->bytes, prefix->size};
}

enum copse_err copse_fold_entry_of(struct copse_id *out, struct copse_slice key)
{
    if (key.size <= COPSE_ID_BYTES) {
        return COPSE_ERR_CORRUPT;
    }
    memcpy(out->bytes, key.data + key.size - COPSE_ID_BYTES, COPSE_ID_BYTES);
    return COPSE_OK;
}

enum copse_err copse_fold_subject_of(struct copse_id *out, struct copse_slice key)
{
    if (key.size <= (size_t)2 * COPSE_ID_BYTES) {
        return COPSE_ERR_CORRUPT;
    }
    memcpy(out->bytes, key.data + 1, COPSE_ID_BYTES);
    return COPSE_OK;
}

bool copse_fold_is_device(struct copse_slice key)
{
    return key.size > 0 && key.data[0] == 'P';
}

/* ---- rows ---- */

static enum copse_err do_row(const struct copse_state *state, struct copse_fold_prefix key,
                             const struct copse_id *id, enum row_deed deed)
{
    static const uint8_t nothing[1];
    append_id(&key, id);
    struct copse_slice bytes = copse_fold_bytes(&key);
    if (deed == ROW_DEL) {
        return copse_state_del(state, bytes);
    }
    return copse_state_put(state, bytes, (struct copse_slice){nothing, 0});
}

/* A post that refers to something is found there and has one row; everything else is found
 * by its kind too. */
static enum copse_err do_create(const struct copse_state *state, const struct copse_id *id,
                                const struct copse_entry *entry, const struct copse_op *op,
                                enum row_deed deed)
{
    if (op->has_ref) {
        struct copse_fold_prefix child = copse_fold_children(&op->ref);
        append_u64(&child, entry->hlc);
        enum copse_err err = do_row(state, child, id, deed);
        if (err != COPSE_OK || op->object_kind == COPSE_OBJECT_POST) {
            return err;
        }
    }
    struct copse_fold_prefix key = copse_fold_kind(op->object_kind);
    append_u64(&key, ~entry->hlc);
    return do_row(state, key, id, deed);
}

static enum copse_err do_edit(const struct copse_state *state, const struct copse_id *id,
                              const struct copse_entry *entry, const struct copse_op *op,
                              enum row_deed deed)
{
    struct copse_fold_prefix key = copse_fold_edits(&op->target);
    append_u64(&key, entry->hlc);
    return do_row(state, key, id, deed);
}

static enum copse_err do_targets(const struct copse_state *state, const struct copse_id *id,
                                 const struct copse_op *op, enum row_deed deed)
{
    struct copse_op_list targets = op->ids;
    struct copse_id target;
    while (copse_op_next_id(&targets, &target)) {
        enum copse_err err = do_row(state, copse_fold_acts(&target, op->kind), id, deed);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

static enum copse_err do_genesis(const struct copse_state *state, const struct copse_id *id,
                                 const struct copse_op *op, enum row_deed deed)
{
    struct copse_op_list founders = op->ids;
    struct copse_id first = {{0}};
    bool has_founder = copse_op_next_id(&founders, &first);
    COPSE_ASSERT(has_founder); /* the decoder wants one */
    return do_row(state, copse_fold_devices(&first), id, deed);
}

static enum copse_err for_each_row(const struct copse_state *state, const struct copse_id *id,
                                   const struct copse_entry *entry, const struct copse_op *op,
                                   enum row_deed deed)
{
    switch (op->kind) {
    case COPSE_OP_GENESIS:
        return do_genesis(state, id, op, deed);
    case COPSE_OP_JOIN:
        return do_row(state, copse_fold_devices(&op->target), id, deed);
    case COPSE_OP_HIDE:
    case COPSE_OP_UNHIDE:
    case COPSE_OP_LOCK:
    case COPSE_OP_UNLOCK:
    case COPSE_OP_BAR:
    case COPSE_OP_UNBAR:
    case COPSE_OP_FLAG:
        return do_row(state, copse_fold_acts(&op->target, op->kind), id, deed);
    case COPSE_OP_APPROVE:
    case COPSE_OP_ERASE:
        return do_targets(state, id, op, deed);
    case COPSE_OP_CREATE:
        return do_create(state, id, entry, op, deed);
    case COPSE_OP_EDIT:
        return do_edit(state, id, entry, op, deed);
    case COPSE_OP_SET:
    case COPSE_OP_ADD:
    case COPSE_OP_DEL:
        return do_row(state, copse_fold_field(&op->target, op->field), id, deed);
    case COPSE_OP_GRANT:
    case COPSE_OP_REVOKE:
    case COPSE_OP_REMOVE:
    case COPSE_OP_ACCEPT:
    case COPSE_OP_LEAVE:
    case COPSE_OP_DEVICE_REVOKE:
    case COPSE_OP_INVITE:
    case COPSE_OP_CHARTER:
    case COPSE_OP_RECALL:
    case COPSE_OP_ASSENT:
    case COPSE_OP_SECRET:
        break; /* about standing: the governance rows have them */
    }
    return COPSE_OK;
}

enum copse_err copse_fold_add(const struct copse_state *state, const struct copse_id *id,
                              const struct copse_entry *entry, const struct copse_op *op)
{
    return for_each_row(state, id, entry, op, ROW_PUT);
}

enum copse_err copse_fold_remove(const struct copse_state *state, const struct copse_id *id,
                                 const struct copse_entry *entry, const struct copse_op *op)
{
    return for_each_row(state, id, entry, op, ROW_DEL);
}
