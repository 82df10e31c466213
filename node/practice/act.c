#include "node/practice/act.h"

#include "node/practice/reading.h"

#include <stdlib.h>
#include <string.h>

/* A leaf is at most 1 + 1 + 34 + 5 + 34 + 66 bytes. */
#define MATCHES_MAX 512u /* entries looked at for one typed id */
#define CUT_ROOM (COPSE_OP_CUT_MAX * 141u + 8u)

/* ---- the cut ---- */

static int act_compare(const void *a, const void *b)
{
    const struct copse_op_leaf *x = a;
    const struct copse_op_leaf *y = b;
    int device = copse_bytes_compare_ids(&x->device, &y->device);
    if (x->class != y->class) {
        return x->class < y->class ? -1 : 1;
    }
    if (device != 0 || x->seq == y->seq) {
        return device != 0 ? device : copse_bytes_compare_ids(&x->id, &y->id);
    }
    return x->seq < y->seq ? -1 : 1;
}

/* The leaves of one log. One whose signature is not here says nothing, so it is left out. */
static struct copse_op_leaf act_leaf(const struct copse_held *held,
                                     const struct copse_entries_row *row)
{
    return (struct copse_op_leaf){.class = held->entry.class,
                                  .device = held->entry.author,
                                  .seq = held->entry.seq,
                                  .id = held->id,
                                  .signature = row->signature};
}

enum copse_err copse_act_cut_log(struct copse_practice_deed *deed, struct copse_act_cut *out,
                                 uint32_t number)
{
    const struct copse_log *log = NULL;
    out->memory = deed->practice->memory;
    enum copse_err err = copse_entries_log(deed->txn, &log, number);
    if (err == COPSE_OK) {
        err = copse_memory_grow(out->memory, &out->leaves, &out->capacity,
                                out->count + log->branch_count, sizeof(*out->leaves));
    }
    for (uint32_t i = 0; err == COPSE_OK && i < log->branch_count; i++) {
        struct copse_held held;
        struct copse_entries_row row;
        err = copse_entries_find(deed->txn, &held, &row, deed->number, &log->branches[i].leaf);
        if (err == COPSE_OK && row.is_signed) {
            out->leaves[out->count++] = act_leaf(&held, &row);
        }
    }
    if (out->count > 0) {
        qsort(out->leaves, out->count, sizeof(*out->leaves), act_compare);
    }
    return err;
}

enum copse_err copse_act_cut_line(struct copse_practice_deed *deed, struct copse_act_cut *out,
                                  const struct copse_id *join)
{
    static const enum copse_entry_class classes[] = {COPSE_ENTRY_CONTROL, COPSE_ENTRY_DATA};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(classes); i++) {
        uint32_t number = 0;
        enum copse_err err =
            copse_entries_log_of(deed->txn, &number, deed->number, join, classes[i]);
        if (err == COPSE_OK) {
            err = copse_act_cut_log(deed, out, number);
        }
        if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
            return err;
        }
    }
    return COPSE_OK;
}

enum copse_err copse_act_cut_device(struct copse_practice_deed *deed, struct copse_act_cut *out,
                                    const struct copse_id *device)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    uint32_t number = 0;
    enum copse_err err;
    *out = (struct copse_act_cut){.memory = deed->practice->memory};
    while ((err = copse_entries_next_log(deed->txn, &number, &walk, deed->number, device)) ==
           COPSE_OK) {
        const struct copse_log *log = NULL;
        err = copse_entries_log(deed->txn, &log, number);
        if (err == COPSE_OK && log->class == COPSE_ENTRY_CONTROL) {
            struct copse_id join = log->join;
            err = copse_act_cut_line(deed, out, &join);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_act_cut_person(struct copse_practice_deed *deed, struct copse_act_cut *out,
                                    const struct copse_id *person)
{
    struct copse_view *view;
    struct copse_state_cursor rows;
    struct copse_slice key;
    struct copse_slice value;
    struct copse_fold_prefix devices = copse_fold_devices(person);
    *out = (struct copse_act_cut){.memory = deed->practice->memory};
    enum copse_err err = copse_practice_view(deed, &view);
    copse_state_open(&rows, copse_fold_bytes(&devices));
    while (err == COPSE_OK &&
           (err = copse_state_next(&rows, &key, &value, &deed->state)) == COPSE_OK) {
        struct copse_id join;
        err = copse_fold_entry_of(&join, key);
        if (err == COPSE_OK) {
            err = copse_act_cut_line(deed, out, &join);
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* The last signed entry before a position, on the way from the start of its log. */
static enum copse_err act_signed_before(struct copse_practice_deed *deed, struct copse_op_leaf *out,
                                        const struct copse_log *log,
                                        const struct copse_position *position)
{
    struct copse_position at;
    uint32_t seq = position->seq;
    while (seq > 0) {
        struct copse_held held;
        struct copse_entries_row row;
        enum copse_err err = copse_entries_on_path(&at, log, position, --seq);
        if (err == COPSE_OK) {
            err = copse_entries_at(deed->txn, &held, &row, &at);
        }
        if (err != COPSE_OK) {
            return err;
        }
        if (row.is_signed) {
            *out = act_leaf(&held, &row);
            return COPSE_OK;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

enum copse_err copse_act_cut_before(struct copse_practice_deed *deed, struct copse_act_cut *cut,
                                    const struct copse_id *entry)
{
    struct copse_held held;
    struct copse_op_leaf before;
    const struct copse_log *log = NULL;
    size_t kept = 0;
    enum copse_err err = copse_entries_find(deed->txn, &held, NULL, deed->number, entry);
    if (err == COPSE_OK) {
        err = copse_entries_log(deed->txn, &log, (uint32_t)held.position.log);
    }
    for (size_t i = 0; err == COPSE_OK && i < cut->count; i++) {
        struct copse_held leaf;
        err = copse_entries_find(deed->txn, &leaf, NULL, deed->number, &cut->leaves[i].id);
        if (err == COPSE_OK && !copse_log_reaches(log, &held.position, &leaf.position)) {
            cut->leaves[kept++] = cut->leaves[i];
        }
    }
    if (err != COPSE_OK || kept == cut->count) {
        return err; /* nothing of it was in the cut */
    }
    cut->count = kept;
    err = act_signed_before(deed, &before, log, &held.position);
    if (err == COPSE_OK) {
        cut->leaves[cut->count++] = before;
        qsort(cut->leaves, cut->count, sizeof(*cut->leaves), act_compare);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

void copse_act_cut_deinit(struct copse_act_cut *cut)
{
    if (cut->leaves != NULL) {
        copse_memory_free(cut->memory, cut->leaves);
    }
    *cut = (struct copse_act_cut){.memory = NULL};
}

enum copse_err copse_act_match(struct copse_practice_deed *deed, struct copse_id *out,
                               size_t *count, const char *digits)
{
    char padded[2 * COPSE_ID_BYTES + 1];
    struct copse_id first;
    struct copse_id *ids = NULL;
    size_t found = 0;
    size_t size = strlen(digits);
    *count = 0;
    memset(padded, '0', sizeof(padded) - 1);
    padded[sizeof(padded) - 1] = '\0';
    if (size < COPSE_READING_DIGITS_MIN || size >= sizeof(padded)) {
        return COPSE_ERR_DECODE;
    }
    memcpy(padded, digits, size);
    if (copse_bytes_id_from_hex(&first, copse_bytes_of_string(padded)) != COPSE_OK) {
        return COPSE_ERR_DECODE;
    }
    ids = copse_memory_new(deed->practice->memory, MATCHES_MAX, sizeof(*ids));
    enum copse_err err =
        ids == NULL
            ? COPSE_ERR_NOMEM
            : copse_entries_match(deed->txn, ids, &found, MATCHES_MAX,
                                  (struct copse_slice){first.bytes, size / 2 < 8 ? size / 2 : 8});
    for (size_t i = 0; err == COPSE_OK && i < found; i++) {
        struct copse_held held;
        if (!copse_reading_begins(&ids[i], digits)) {
            continue;
        }
        err = copse_entries_find(deed->txn, &held, NULL, deed->number, &ids[i]);
        if (err == COPSE_OK) {
            *out = ids[i];
            *count += 1;
        }
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    copse_memory_free(deed->practice->memory, ids);
    return err;
}

/* ---- writing ---- */

enum copse_err copse_act_check_reason(struct copse_slice reason, struct copse_error *error)
{
    if (reason.size > COPSE_ACT_REASON_BYTES_MAX) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "a reason is at most %u bytes long",
                               COPSE_ACT_REASON_BYTES_MAX);
    }
    for (size_t i = 0; i < reason.size; i++) {
        uint8_t byte = reason.data[i];
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) {
            return copse_error_set(error, COPSE_ERR_FORM,
                                   "the reason has control characters in it");
        }
    }
    if (!copse_bytes_is_utf8(reason)) {
        return copse_error_set(error, COPSE_ERR_FORM, "the reason is not valid UTF-8");
    }
    return COPSE_OK;
}

static enum copse_err act_content(struct copse_practice_deed *deed, struct copse_slice *out,
                                  struct copse_slice reason, struct copse_error *error)
{
    struct copse_writer writer;
    *out = (struct copse_slice){NULL, 0};
    enum copse_err err = copse_act_check_reason(reason, error);
    if (err != COPSE_OK || reason.size == 0) {
        return err;
    }
    copse_writer_init(&writer, deed->room, COPSE_CONTENT_BYTES_MAX);
    copse_writer_str(&writer, reason);
    return copse_writer_end(out, &writer);
}

enum copse_err copse_act_write(struct copse_practice_deed *deed, struct copse_id *first,
                               const struct copse_op *op, const struct copse_act_cut *cut,
                               struct copse_slice reason, struct copse_error *error)
{
    uint8_t room[CUT_ROOM];
    struct copse_slice content;
    size_t done = 0;
    size_t count = cut == NULL ? 0 : cut->count;
    enum copse_err err = act_content(deed, &content, reason, error);
    while (err == COPSE_OK) {
        struct copse_writer writer;
        struct copse_op part = *op;
        struct copse_id id;
        size_t leaves = count - done < COPSE_OP_CUT_MAX ? count - done : COPSE_OP_CUT_MAX;
        if (cut != NULL) {
            copse_writer_init(&writer, room, sizeof(room));
            part.cut = copse_op_list_leaves(&writer, count > 0 ? &cut->leaves[done] : NULL, leaves);
        }
        err = copse_practice_write(deed, &id, &part, content, error);
        if (err == COPSE_OK && done == 0) {
            *first = id;
        }
        done += leaves;
        if (done == count) {
            break;
        }
    }
    return err;
}

struct copse_slice copse_act_reason(const struct copse_held *held)
{
    return held->content_state == COPSE_CONTENT_PRESENT ? copse_reading_text(held->content)
                                                        : (struct copse_slice){NULL, 0};
}
