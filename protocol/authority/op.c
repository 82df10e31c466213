/* How it works: `forms` lists, for each kind, its items in order; `items` says of
 * each item its type, its place in struct copse_op and its range. Decoding and
 * encoding walk the same two tables, so what one writes the other reads.
 *
 * Lists are checked whole when the op is decoded (ids rise, leaves are complete), so
 * copse_op_next_id and copse_op_next_leaf cannot fail in the middle.
 */
#include "protocol/authority/op.h"

#include <string.h>

#define ITEMS_MAX 6u

enum item_type {
    ITEM_ID,
    ITEM_NUMBER,
    ITEM_UNTIL, /* an hlc or nil */
    ITEM_SIGNATURE,
    ITEM_MAP,
    ITEM_VALUE,
    ITEM_IDS,      /* rising strictly */
    ITEM_FOUNDERS, /* distinct, in an order that means something */
    ITEM_CUT,
};

enum item {
    NO_ITEM,
    ABOUT,
    ATTRIBUTES,
    CERTIFICATE,
    CHARTER,
    COMMUNITY_KIND,
    CUT,
    FIELD,
    FOUNDERS,
    GRANTS,
    INVITE_SIGNATURE,
    KEEP,
    OBJECT_KIND,
    OVER,
    OVER_SOME,
    PARENTS,
    REASON,
    REF,
    ROLE,
    ROLE_JUNIOR,
    ROLE_STANDING,
    ROOT_SIGNATURE,
    TARGET,
    TARGETS,
    TO,
    TO_LEAVE,
    TYPE,
    UNTIL,
    USES,
    VALUE,
    WHAT,
};

struct item_row {
    enum item_type type;
    size_t offset; /* of the field in struct copse_op */
    size_t flag;   /* of the bool that says it is there; 0: it must be */
    uint32_t least;
    uint32_t most; /* number: its range; list: its length; map: its bytes */
};

#define AT(field) offsetof(struct copse_op, field)

// clang-format off
static const struct item_row items[] = {
    [ABOUT]            = {ITEM_MAP,       AT(map), 0, 0, COPSE_OP_ATTRIBUTES_BYTES_MAX},
    [ATTRIBUTES]       = {ITEM_MAP,       AT(map), 0, 0, COPSE_OP_ATTRIBUTES_BYTES_MAX},
    [CERTIFICATE]      = {ITEM_SIGNATURE, AT(signature), 0, 0, 0},
    [CHARTER]          = {ITEM_MAP,       AT(charter), 0, 0, COPSE_OP_CHARTER_BYTES_MAX},
    [COMMUNITY_KIND]   = {ITEM_NUMBER,    AT(community_kind), 0, 0, 2},
    [CUT]              = {ITEM_CUT,       AT(cut), 0, 0, COPSE_OP_CUT_MAX},
    [FIELD]            = {ITEM_NUMBER,    AT(field), 0, 0, UINT32_MAX},
    [FOUNDERS]         = {ITEM_FOUNDERS,  AT(ids), 0, 1, COPSE_OP_FOUNDERS_MAX},
    [GRANTS]           = {ITEM_IDS,       AT(ids), 0, 1, COPSE_OP_GRANTS_MAX},
    [INVITE_SIGNATURE] = {ITEM_SIGNATURE, AT(invite_signature), AT(has_invite_signature), 0, 0},
    [KEEP]             = {ITEM_IDS,       AT(keep), 0, 0, COPSE_OP_TARGETS_MAX},
    [OBJECT_KIND]      = {ITEM_NUMBER,    AT(object_kind), 0, 0, UINT32_MAX},
    [OVER]             = {ITEM_IDS,       AT(over), 0, 0, COPSE_OP_OVER_MAX},
    [OVER_SOME]        = {ITEM_IDS,       AT(over), 0, 1, COPSE_OP_OVER_MAX},
    [PARENTS]          = {ITEM_IDS,       AT(ids), 0, 0, COPSE_OP_PARENTS_MAX},
    [REASON]           = {ITEM_NUMBER,    AT(reason), 0, 0, COPSE_OP_REASON_DOOR},
    [REF]              = {ITEM_ID,        AT(ref), AT(has_ref), 0, 0},
    [ROLE]             = {ITEM_NUMBER,    AT(role), 0, 0, COPSE_OP_GUEST},
    [ROLE_JUNIOR]      = {ITEM_NUMBER,    AT(role), 0, COPSE_OP_MEMBER, COPSE_OP_GUEST},
    [ROLE_STANDING]    = {ITEM_NUMBER,    AT(role), AT(has_role), COPSE_OP_MEMBER, COPSE_OP_GUEST},
    [ROOT_SIGNATURE]   = {ITEM_SIGNATURE, AT(signature), 0, 0, 0},
    [TARGET]           = {ITEM_ID,        AT(target), 0, 0, 0},
    [TARGETS]          = {ITEM_IDS,       AT(ids), 0, 1, COPSE_OP_TARGETS_MAX},
    [TO]               = {ITEM_NUMBER,    AT(to), 0, 0, COPSE_OP_TO_MODERATOR},
    [TO_LEAVE]         = {ITEM_NUMBER,    AT(to), 0, 0, COPSE_OP_TO_MEMBER},
    [TYPE]             = {ITEM_NUMBER,    AT(type), 0, 0, UINT32_MAX},
    [UNTIL]            = {ITEM_UNTIL,     AT(until), AT(has_until), 0, 0},
    [USES]             = {ITEM_NUMBER,    AT(uses), AT(has_uses), 1, COPSE_OP_INVITE_USES_MAX},
    [VALUE]            = {ITEM_VALUE,     AT(value), 0, 0, COPSE_ENTRY_OP_BYTES_MAX},
    [WHAT]             = {ITEM_NUMBER,    AT(what), 0, 0, COPSE_OP_ACCEPTS_DEVICE},
};

/* The order of items in each op: the tables of SPEC 5.5 and 5.6. */
static const struct {
    enum copse_op_kind kind;
    enum copse_entry_class class;
    enum item items[ITEMS_MAX];
} forms[] = {
    {COPSE_OP_GENESIS,       COPSE_ENTRY_CONTROL,
        {COMMUNITY_KIND, FOUNDERS, CHARTER, ROLE_STANDING, CERTIFICATE, ABOUT}},
    {COPSE_OP_JOIN,          COPSE_ENTRY_CONTROL, {TARGET, CERTIFICATE, OVER, INVITE_SIGNATURE}},
    {COPSE_OP_GRANT,         COPSE_ENTRY_CONTROL, {TARGET, ROLE, OVER, UNTIL, ATTRIBUTES}},
    {COPSE_OP_REVOKE,        COPSE_ENTRY_CONTROL, {GRANTS, CUT, KEEP, REASON}},
    {COPSE_OP_REMOVE,        COPSE_ENTRY_CONTROL, {TARGET, TO, CUT}},
    {COPSE_OP_ACCEPT,        COPSE_ENTRY_CONTROL, {WHAT, TARGET, CUT}},
    {COPSE_OP_LEAVE,         COPSE_ENTRY_CONTROL, {TO_LEAVE, CUT, ROOT_SIGNATURE}},
    {COPSE_OP_DEVICE_REVOKE, COPSE_ENTRY_CONTROL, {TARGET, CUT, ROOT_SIGNATURE}},
    {COPSE_OP_INVITE,        COPSE_ENTRY_CONTROL, {ROLE_JUNIOR, TARGET, USES, UNTIL}},
    {COPSE_OP_CHARTER,       COPSE_ENTRY_CONTROL, {CHARTER, OVER_SOME, CUT}},
    {COPSE_OP_RECALL,        COPSE_ENTRY_CONTROL, {TARGET, CUT}},
    {COPSE_OP_ASSENT,        COPSE_ENTRY_CONTROL, {TARGET}},
    {COPSE_OP_HIDE,          COPSE_ENTRY_CONTROL, {TARGET}},
    {COPSE_OP_UNHIDE,        COPSE_ENTRY_CONTROL, {TARGET, OVER_SOME}},
    {COPSE_OP_LOCK,          COPSE_ENTRY_CONTROL, {TARGET, CUT}},
    {COPSE_OP_UNLOCK,        COPSE_ENTRY_CONTROL, {TARGET, OVER_SOME}},
    {COPSE_OP_BAR,           COPSE_ENTRY_CONTROL, {TARGET, FIELD}},
    {COPSE_OP_UNBAR,         COPSE_ENTRY_CONTROL, {TARGET, FIELD, OVER_SOME}},
    {COPSE_OP_APPROVE,       COPSE_ENTRY_CONTROL, {TARGETS}},
    {COPSE_OP_ERASE,         COPSE_ENTRY_CONTROL, {TARGETS}},
    {COPSE_OP_FLAG,          COPSE_ENTRY_CONTROL, {TARGET, FIELD, VALUE, OVER}},
    {COPSE_OP_SECRET,        COPSE_ENTRY_CONTROL, {TARGET}},
    {COPSE_OP_CREATE,        COPSE_ENTRY_DATA,    {OBJECT_KIND, TYPE, REF}},
    {COPSE_OP_EDIT,          COPSE_ENTRY_DATA,    {TARGET, PARENTS, VALUE}},
    {COPSE_OP_SET,           COPSE_ENTRY_DATA,    {TARGET, FIELD, OVER}},
    {COPSE_OP_ADD,           COPSE_ENTRY_DATA,    {TARGET, FIELD}},
    {COPSE_OP_DEL,           COPSE_ENTRY_DATA,    {TARGET, FIELD, OVER_SOME}},
};
// clang-format on

static size_t find_form(uint64_t kind)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(forms); i++) {
        if ((uint64_t)forms[i].kind == kind) {
            return i;
        }
    }
    return COPSE_ARRAY_SIZE(forms);
}

static size_t count_items(size_t form)
{
    size_t count = 0;
    while (count < ITEMS_MAX && forms[form].items[count] != NO_ITEM) {
        count++;
    }
    return count;
}

/* The field of `op` that a row is about. Rows of type NUMBER point at uint32_t or at enums, whose
 * type is the same. */
static void *field_of(struct copse_op *op, size_t offset)
{
    return (uint8_t *)op + offset;
}

static const void *const_field_of(const struct copse_op *op, size_t offset)
{
    return (const uint8_t *)op + offset;
}

/* ---- decoding ---- */

static void read_signature(struct copse_reader *reader, struct copse_signature *out)
{
    struct copse_slice bytes = copse_reader_bin(reader, sizeof out->bytes);
    if (bytes.size != sizeof out->bytes) {
        copse_reader_fail(reader);
        return;
    }
    memcpy(out->bytes, bytes.data, sizeof out->bytes);
}

static struct copse_op_leaf read_leaf(struct copse_reader *reader)
{
    struct copse_op_leaf leaf = {0};
    if (copse_reader_array(reader, 5) != 5) {
        copse_reader_fail(reader);
    }
    leaf.class = (enum copse_entry_class)copse_reader_uint(reader, COPSE_ENTRY_DATA);
    leaf.device = copse_reader_id(reader);
    leaf.seq = (uint32_t)copse_reader_uint(reader, COPSE_ENTRY_SEQ_MAX);
    leaf.id = copse_reader_id(reader);
    read_signature(reader, &leaf.signature);
    return leaf;
}

/* By class, device, seq, id. Source: SPEC 5.2. */
static int compare_leaves(const struct copse_op_leaf *a, const struct copse_op_leaf *b)
{
    if (a->class != b->class) {
        return a->class < b->class ? -1 : 1;
    }
    int device = copse_bytes_compare_ids(&a->device, &b->device);
    if (device != 0) {
        return device;
    }
    if (a->seq != b->seq) {
        return a->seq < b->seq ? -1 : 1;
    }
    return copse_bytes_compare_ids(&a->id, &b->id);
}

/* Close a list that was checked while its items were read from `first`. */
static struct copse_op_list list_between(struct copse_reader first, const uint8_t *last,
                                         size_t count)
{
    first.end = last;
    return (struct copse_op_list){first, count};
}

static struct copse_op_list read_cut(struct copse_reader *reader, const struct item_row *row)
{
    size_t count = copse_reader_array(reader, row->most);
    struct copse_reader first = *reader;
    struct copse_op_leaf before = {0};
    for (size_t i = 0; i < count; i++) {
        struct copse_op_leaf leaf = read_leaf(reader);
        if (i > 0 && compare_leaves(&before, &leaf) >= 0) {
            copse_reader_fail(reader);
        }
        before = leaf;
    }
    return list_between(first, reader->cursor, count);
}

static struct copse_op_list read_ids(struct copse_reader *reader, const struct item_row *row)
{
    size_t count = copse_reader_array(reader, row->most);
    struct copse_reader first = *reader;
    struct copse_id before = {{0}};
    for (size_t i = 0; i < count; i++) {
        struct copse_id id = copse_reader_id(reader);
        if (i > 0 && copse_bytes_compare_ids(&before, &id) >= 0) {
            copse_reader_fail(reader);
        }
        before = id;
    }
    if (count < row->least) {
        copse_reader_fail(reader);
    }
    return list_between(first, reader->cursor, count);
}

static struct copse_op_list read_founders(struct copse_reader *reader, const struct item_row *row)
{
    struct copse_id founders[COPSE_OP_FOUNDERS_MAX];
    size_t count = copse_reader_array(reader, row->most);
    struct copse_reader first = *reader;
    for (size_t i = 0; i < count; i++) {
        founders[i] = copse_reader_id(reader);
        for (size_t k = 0; k < i; k++) {
            if (copse_bytes_equal_ids(&founders[k], &founders[i])) {
                copse_reader_fail(reader);
            }
        }
    }
    if (count < row->least) {
        copse_reader_fail(reader);
    }
    return list_between(first, reader->cursor, count);
}

static struct copse_slice read_value(struct copse_reader *reader, const struct item_row *row)
{
    if (row->type == ITEM_MAP && copse_reader_peek(reader) != COPSE_READER_MAP) {
        copse_reader_fail(reader);
    }
    struct copse_slice value = copse_reader_value(reader, COPSE_OP_VALUE_DEPTH_MAX);
    if (value.size > row->most) {
        copse_reader_fail(reader);
    }
    return value;
}

static void read_item(struct copse_reader *reader, struct copse_op *op, const struct item_row *row)
{
    void *field = field_of(op, row->offset);
    if (row->flag != 0) {
        bool *there = field_of(op, row->flag);
        *there = !copse_reader_nil(reader);
        if (!*there) {
            return;
        }
    }
    switch (row->type) {
    case ITEM_ID:
        *(struct copse_id *)field = copse_reader_id(reader);
        break;
    case ITEM_NUMBER:
        *(uint32_t *)field = (uint32_t)copse_reader_uint(reader, row->most);
        if (*(uint32_t *)field < row->least) {
            copse_reader_fail(reader);
        }
        break;
    case ITEM_UNTIL:
        *(uint64_t *)field = copse_reader_uint(reader, INT64_MAX);
        break;
    case ITEM_SIGNATURE:
        read_signature(reader, field);
        break;
    case ITEM_MAP:
    case ITEM_VALUE:
        *(struct copse_slice *)field = read_value(reader, row);
        break;
    case ITEM_IDS:
        *(struct copse_op_list *)field = read_ids(reader, row);
        break;
    case ITEM_FOUNDERS:
        *(struct copse_op_list *)field = read_founders(reader, row);
        break;
    case ITEM_CUT:
        *(struct copse_op_list *)field = read_cut(reader, row);
        break;
    }
}

/* A LEAVE of the device alone has no items; with items it is the person's own act. */
static bool is_device_leave(const struct copse_op *op, size_t count)
{
    return op->kind == COPSE_OP_LEAVE && count == 0;
}

enum copse_err copse_op_decode(struct copse_op *out, struct copse_slice bytes,
                               enum copse_entry_class class)
{
    struct copse_op op;
    memset(&op, 0, sizeof op);
    struct copse_reader reader;
    copse_reader_init(&reader, bytes);
    size_t length = copse_reader_array(&reader, ITEMS_MAX + 1);
    size_t form = find_form(copse_reader_uint(&reader, UINT32_MAX));
    if (length == 0 || reader.cursor == NULL || form == COPSE_ARRAY_SIZE(forms) ||
        forms[form].class != class) {
        return COPSE_ERR_DECODE;
    }
    op.kind = forms[form].kind;
    size_t count = length - 1;
    if (!is_device_leave(&op, count)) {
        if (count != count_items(form)) {
            return COPSE_ERR_DECODE;
        }
        for (size_t i = 0; i < count; i++) {
            read_item(&reader, &op, &items[forms[form].items[i]]);
        }
        op.is_root_signed = op.kind == COPSE_OP_LEAVE || op.kind == COPSE_OP_DEVICE_REVOKE;
    }
    enum copse_err err = copse_reader_end(&reader);
    if (err == COPSE_OK) {
        *out = op;
    }
    return err;
}

bool copse_op_next_id(struct copse_op_list *list, struct copse_id *out)
{
    if (list->count == 0) {
        return false;
    }
    list->count--;
    *out = copse_reader_id(&list->reader);
    return true;
}

bool copse_op_next_leaf(struct copse_op_list *list, struct copse_op_leaf *out)
{
    if (list->count == 0) {
        return false;
    }
    list->count--;
    *out = read_leaf(&list->reader);
    return true;
}

bool copse_op_names(struct copse_op_list list, const struct copse_id *id)
{
    struct copse_id named;
    while (copse_op_next_id(&list, &named)) {
        if (copse_bytes_equal_ids(&named, id)) {
            return true;
        }
    }
    return false;
}

/* ---- encoding ---- */

static void write_list(struct copse_writer *writer, const struct copse_op_list *list)
{
    copse_writer_array(writer, list->count);
    if (list->count > 0) {
        const uint8_t *cursor = list->reader.cursor;
        copse_writer_raw(writer, (struct copse_slice){cursor, (size_t)(list->reader.end - cursor)});
    }
}

/* What a missing map or value is written as: the empty map, nil. */
static void write_value(struct copse_writer *writer, struct copse_slice value, enum item_type type)
{
    if (value.size > 0) {
        copse_writer_raw(writer, value);
    } else if (type == ITEM_MAP) {
        copse_writer_map(writer, 0);
    } else {
        copse_writer_nil(writer);
    }
}

static void write_item(struct copse_writer *writer, const struct copse_op *op,
                       const struct item_row *row)
{
    const void *field = const_field_of(op, row->offset);
    if (row->flag != 0 && !*(const bool *)const_field_of(op, row->flag)) {
        copse_writer_nil(writer);
        return;
    }
    switch (row->type) {
    case ITEM_ID:
        copse_writer_id(writer, field);
        break;
    case ITEM_NUMBER:
        copse_writer_uint(writer, *(const uint32_t *)field);
        break;
    case ITEM_UNTIL:
        copse_writer_uint(writer, *(const uint64_t *)field);
        break;
    case ITEM_SIGNATURE:
        copse_writer_bin(writer, (struct copse_slice){field, COPSE_SIGNATURE_BYTES});
        break;
    case ITEM_MAP:
    case ITEM_VALUE:
        write_value(writer, *(const struct copse_slice *)field, row->type);
        break;
    case ITEM_IDS:
    case ITEM_FOUNDERS:
    case ITEM_CUT:
        write_list(writer, field);
        break;
    }
}

enum blank { KEEP_ROOT_SIGNATURE, BLANK_ROOT_SIGNATURE };

static void write_op(struct copse_writer *writer, const struct copse_op *op, enum blank blank)
{
    size_t form = find_form((uint64_t)op->kind);
    COPSE_ASSERT(form < COPSE_ARRAY_SIZE(forms));
    bool is_short = op->kind == COPSE_OP_LEAVE && !op->is_root_signed;
    size_t count = is_short ? 0 : count_items(form);
    copse_writer_array(writer, count + 1);
    copse_writer_uint(writer, (uint64_t)op->kind);
    for (size_t i = 0; i < count; i++) {
        enum item item = forms[form].items[i];
        if (item == ROOT_SIGNATURE && blank == BLANK_ROOT_SIGNATURE) {
            copse_writer_bin(writer, (struct copse_slice){NULL, 0});
        } else {
            write_item(writer, op, &items[item]);
        }
    }
}

enum copse_err copse_op_encode(struct copse_slice *out, uint8_t room[COPSE_ENTRY_OP_BYTES_MAX],
                               const struct copse_op *op)
{
    struct copse_writer writer;
    copse_writer_init(&writer, room, COPSE_ENTRY_OP_BYTES_MAX);
    write_op(&writer, op, KEEP_ROOT_SIGNATURE);
    struct copse_slice bytes;
    enum copse_err err = copse_writer_end(&bytes, &writer);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_op check;
    if (copse_op_decode(&check, bytes, forms[find_form((uint64_t)op->kind)].class) != COPSE_OK) {
        return COPSE_ERR_FORM;
    }
    *out = bytes;
    return COPSE_OK;
}

/* A list over what was written since `start`. */
static struct copse_op_list list_written(const struct copse_writer *writer, size_t start,
                                         size_t count)
{
    struct copse_op_list list = {{NULL, NULL}, count};
    copse_reader_init(&list.reader,
                      (struct copse_slice){writer->data + start, writer->size - start});
    return list;
}

struct copse_op_list copse_op_list_ids(struct copse_writer *writer, const struct copse_id *ids,
                                       size_t count)
{
    size_t start = writer->size;
    for (size_t i = 0; i < count; i++) {
        copse_writer_id(writer, &ids[i]);
    }
    return list_written(writer, start, count);
}

struct copse_op_list copse_op_list_leaves(struct copse_writer *writer,
                                          const struct copse_op_leaf *leaves, size_t count)
{
    size_t start = writer->size;
    for (size_t i = 0; i < count; i++) {
        copse_writer_array(writer, 5);
        copse_writer_uint(writer, (uint64_t)leaves[i].class);
        copse_writer_id(writer, &leaves[i].device);
        copse_writer_uint(writer, leaves[i].seq);
        copse_writer_id(writer, &leaves[i].id);
        copse_writer_bin(writer,
                         (struct copse_slice){leaves[i].signature.bytes, COPSE_SIGNATURE_BYTES});
    }
    return list_written(writer, start, count);
}

enum copse_err copse_op_root_message(struct copse_id *out, const struct copse_entry *entry)
{
    struct copse_op op;
    if (copse_op_decode(&op, entry->op, entry->class) != COPSE_OK || !op.is_root_signed) {
        return COPSE_ERR_FORM;
    }
    uint8_t op_room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_writer writer;
    copse_writer_init(&writer, op_room, sizeof op_room);
    write_op(&writer, &op, BLANK_ROOT_SIGNATURE);
    struct copse_entry blanked = *entry;
    enum copse_err err = copse_writer_end(&blanked.op, &writer);
    if (err != COPSE_OK) {
        return err;
    }
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_slice bytes;
    err = copse_entry_encode(&bytes, room, &blanked);
    if (err == COPSE_OK) {
        copse_id_of_entry(out, bytes);
    }
    return err;
}

const char *copse_op_name(uint32_t kind)
{
    static const struct {
        uint32_t kind;
        const char *name;
    } names[] = {
#define COPSE_OP_ROW(name, number, class) {number, #name},
        COPSE_OP_MAP(COPSE_OP_ROW)
#undef COPSE_OP_ROW
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(names); i++) {
        if (names[i].kind == kind) {
            return names[i].name;
        }
    }
    return NULL;
}
