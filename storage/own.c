/* How it works: the next entry of a device goes after the leaf of its newest log (of the
 * JOIN that came last, on the branch that is longest). The clock of the device is one row,
 * whatever the community, since a device's entries rise all together.
 */
#include "storage/own.h"

#include "protocol/authority/op.h"
#include "protocol/entry/clock.h"
#include "storage/admit.h"

#include <sodium.h>
#include <string.h>

#define SALTED_MAX (COPSE_CONTENT_SALT_BYTES + COPSE_CONTENT_BYTES_MAX)

/* ---- where ---- */

/* The newest log of a device in a class: numbers rise. */
static enum copse_err newest_log(struct copse_txn *txn, uint32_t *out, uint32_t community,
                                 const struct copse_id *device, enum copse_entry_class class)
{
    struct copse_entries_cursor cursor = {{0}, 0};
    uint32_t newest = 0;
    enum copse_err err = COPSE_OK;
    for (;;) {
        uint32_t number = 0;
        const struct copse_log *log = NULL;
        err = copse_entries_next_log(txn, &number, &cursor, community, device);
        if (err != COPSE_OK) {
            break;
        }
        err = copse_entries_log(txn, &log, number);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
        if (log->class == class && number > newest) {
            newest = number;
        }
    }
    if (err != COPSE_ERR_NOT_FOUND || newest == 0) {
        return err;
    }
    *out = newest;
    return COPSE_OK;
}

/* Where a log goes on. */
struct end {
    struct copse_id id;
    uint32_t seq;
};

static struct end end_of(const struct copse_log *log)
{
    const struct copse_log_branch *longest = &log->branches[0];
    for (uint32_t i = 1; i < log->branch_count; i++) {
        if (log->branches[i].last_seq > longest->last_seq) {
            longest = &log->branches[i];
        }
    }
    return (struct end){longest->leaf, longest->last_seq};
}

/* Set class, seq and prev of the device's next entry. */
static enum copse_err set_place(struct copse_txn *txn, struct copse_entry *entry,
                                uint32_t community)
{
    uint32_t control = 0;
    enum copse_err err = newest_log(txn, &control, community, &entry->author, COPSE_ENTRY_CONTROL);
    const struct copse_log *log = NULL;
    if (err == COPSE_OK) {
        err = copse_entries_log(txn, &log, control);
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct end end = end_of(log);
    entry->has_prev = true;
    entry->prev = end.id;
    entry->seq = end.seq + 1;
    if (entry->class == COPSE_ENTRY_DATA) {
        uint32_t data = 0;
        struct copse_id join = log->join;
        err = copse_entries_log_of(txn, &data, community, &join, COPSE_ENTRY_DATA);
        if (err == COPSE_ERR_NOT_FOUND) {
            entry->prev = join;
            entry->seq = 0;
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = copse_entries_log(txn, &log, data);
        }
        if (err != COPSE_OK) {
            return err;
        }
        end = end_of(log);
        entry->prev = end.id;
        entry->seq = end.seq + 1;
    }
    return entry->seq <= COPSE_ENTRY_SEQ_MAX ? COPSE_OK : COPSE_ERR_LIMIT;
}

/* ---- when ---- */

static struct copse_slice clock_key(void)
{
    return copse_bytes_of_string("clock");
}

static enum copse_err next_clock(struct copse_txn *txn, uint64_t *out, uint64_t wall_ms)
{
    struct copse_slice value;
    uint64_t last = 0;
    enum copse_err err = copse_db_get(txn->db, &value, COPSE_DB_META, clock_key());
    if (err == COPSE_OK && value.size == 8) {
        last = copse_bytes_get_u64(value.data);
    } else if (err != COPSE_ERR_NOT_FOUND) {
        return err == COPSE_OK ? COPSE_ERR_CORRUPT : err;
    }
    uint64_t next = copse_clock_next(last, wall_ms);
    uint8_t bytes[8];
    copse_bytes_put_u64(bytes, next);
    err = copse_db_put(txn->db, COPSE_DB_META, clock_key(),
                       (struct copse_slice){bytes, sizeof bytes});
    if (err == COPSE_OK) {
        *out = next;
    }
    return err;
}

/* ---- what ---- */

/* Put the person's signature into an op that wants one. Source: SPEC 3.6. */
static enum copse_err sign_op(struct copse_entry *entry, uint8_t room[COPSE_ENTRY_OP_BYTES_MAX],
                              const struct copse_key_scheme *scheme,
                              const struct copse_secret *root)
{
    struct copse_op op;
    struct copse_id message;
    if (copse_op_decode(&op, entry->op, entry->class) != COPSE_OK || !op.is_root_signed ||
        copse_op_root_message(&message, entry) != COPSE_OK) {
        return COPSE_ERR_FORM;
    }
    copse_key_sign(scheme, &op.signature, COPSE_KEY_ROOT, copse_bytes_of_id(&message), root);
    return copse_op_encode(&entry->op, room, &op);
}

static enum copse_err set_content(struct copse_entry *entry, struct copse_slice *out,
                                  uint8_t room[SALTED_MAX], struct copse_slice content)
{
    *out = (struct copse_slice){NULL, 0};
    if (content.size == 0) {
        return COPSE_OK;
    }
    if (content.size > COPSE_CONTENT_BYTES_MAX) {
        return COPSE_ERR_LIMIT;
    }
    randombytes_buf(room, COPSE_CONTENT_SALT_BYTES);
    memcpy(room + COPSE_CONTENT_SALT_BYTES, content.data, content.size);
    *out = (struct copse_slice){room, COPSE_CONTENT_SALT_BYTES + content.size};
    copse_id_of_content(&entry->content_hash, *out);
    entry->content_size = (uint32_t)content.size;
    return COPSE_OK;
}

static enum copse_err begin_entry(struct copse_txn *txn, struct copse_entry *entry,
                                  uint32_t *community, const struct copse_store_deed *deed)
{
    *entry = (struct copse_entry){
        .author = deed->device,
        .class = deed->start == COPSE_STORE_NEXT ? deed->class : COPSE_ENTRY_CONTROL,
        .op = deed->op,
    };
    if (deed->under != NULL) {
        entry->under = *deed->under;
        entry->has_under = true;
    }
    enum copse_err err = COPSE_OK;
    if (deed->start != COPSE_STORE_GENESIS) {
        entry->community = deed->community;
        err = copse_entries_community(txn, community, &deed->community);
    }
    if (err == COPSE_OK && deed->start == COPSE_STORE_NEXT) {
        err = set_place(txn, entry, *community);
    }
    if (err == COPSE_OK) {
        err = next_clock(txn, &entry->hlc, deed->wall_ms);
    }
    return err;
}

enum copse_err copse_own_write(struct copse_txn *txn, struct copse_id *id,
                               const struct copse_store_deed *deed, struct copse_error *error)
{
    uint8_t op_room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    uint8_t salted_room[SALTED_MAX];
    struct copse_entry entry;
    struct copse_slice salted;
    struct copse_slice bytes;
    uint32_t community = 0;
    enum copse_err err = begin_entry(txn, &entry, &community, deed);
    if (err == COPSE_ERR_NOT_FOUND) {
        return copse_error_set(error, err, "this device has not joined that community");
    }
    if (err == COPSE_OK) {
        err = set_content(&entry, &salted, salted_room, deed->content);
    }
    if (err == COPSE_OK && deed->root != NULL) {
        err = sign_op(&entry, op_room, txn->scheme, deed->root);
    }
    if (err == COPSE_OK) {
        err = copse_entry_encode(&bytes, room, &entry);
    }
    if (err != COPSE_OK) {
        return copse_error_set(error, err, "the entry cannot be made: %s", copse_error_text(err));
    }
    struct copse_id fresh_id;
    struct copse_signature signature;
    copse_id_of_entry(&fresh_id, bytes);
    copse_key_sign(txn->scheme, &signature, COPSE_KEY_ENTRY, copse_bytes_of_id(&fresh_id),
                   deed->secret);
    if (deed->start == COPSE_STORE_GENESIS) {
        err = copse_entries_add_community(txn, &community, &fresh_id);
    }
    struct copse_admit_entry fresh = {&fresh_id, &entry,     bytes,
                                      salted,    &signature, COPSE_ADMIT_OWN};
    struct copse_held held;
    if (err == COPSE_OK) {
        err = copse_admit_add(txn, &held, community, &fresh);
    }
    if (err == COPSE_OK) {
        err = copse_views_add(txn, community, &held);
    }
    if (err != COPSE_OK) {
        return copse_error_set(error, err, "the entry was not stored: %s", copse_error_text(err));
    }
    *id = fresh_id;
    return COPSE_OK;
}

/* ---- published ---- */

static enum copse_err raise_in(struct copse_txn *txn, struct copse_head *head, bool *changed,
                               uint32_t community, struct copse_head_row *row)
{
    struct copse_entries_cursor cursor = {{0}, 0};
    for (;;) {
        uint32_t number = 0;
        const struct copse_log *log = NULL;
        enum copse_err err = copse_entries_next_log(txn, &number, &cursor, community, &row->device);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
        err = copse_entries_log(txn, &log, number);
        if (err != COPSE_OK) {
            return err;
        }
        struct end end = end_of(log);
        row->join = log->join;
        row->class = log->class;
        row->seq = end.seq;
        row->id = end.id;
        bool raised = false;
        err = copse_head_raise(head, &raised, row);
        if (err != COPSE_OK) {
            return err;
        }
        *changed = *changed || raised;
    }
}

enum copse_err copse_own_raise(struct copse_txn *txn, struct copse_head *head, bool *changed,
                               const struct copse_id *device)
{
    uint32_t community = 0;
    bool any = false;
    for (;;) {
        struct copse_head_row row = {.device = *device};
        copse_head_machine(&row.machine);
        enum copse_err err = copse_entries_next_community(txn, &row.community, &community);
        if (err == COPSE_ERR_NOT_FOUND) {
            *changed = any;
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = raise_in(txn, head, &any, community, &row);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
}

enum copse_err copse_own_check(struct copse_txn *txn, const struct copse_head *head,
                               const struct copse_id *device, struct copse_error *error)
{
    struct copse_id machine;
    copse_head_machine(&machine);
    for (size_t i = 0; i < head->count; i++) {
        const struct copse_head_row *row = &head->rows[i];
        if (!copse_bytes_equal_ids(&row->device, device)) {
            continue;
        }
        if (!copse_bytes_equal_ids(&row->machine, &machine)) {
            return copse_error_set(error, COPSE_ERR_REFUSED,
                                   "this store was copied from another machine, so nothing can be "
                                   "written here: copse fork repair gives this one a key of its "
                                   "own");
        }
        struct copse_held held;
        uint32_t community = 0;
        enum copse_err err = copse_entries_find_anywhere(txn, &held, &community, &row->id);
        if (err == COPSE_ERR_NOT_FOUND) {
            return copse_error_set(error, COPSE_ERR_REFUSED,
                                   "this store is older than what this machine has sent to others, "
                                   "so nothing can be written here: copse sync fetches that back; "
                                   "where nobody has it, copse fork repair goes on with a new key");
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}
