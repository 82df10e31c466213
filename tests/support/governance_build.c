/* How it works: keys come from their numbers. A leaf carries the signature of its entry; a root
 * signature is made over the entry with an empty bin in its place. To give an id its first byte, a
 * counter in an ext field that may be ignored is raised until the hash suits.
 */
#include "tests/support/governance_build.h"

#include "protocol/authority/op.h"
#include "tests/support/cmocka.h"
#include "tests/support/hash_scheme.h"

#include <stdlib.h>
#include <string.h>

enum key_use { USE_PERSON, USE_DEVICE, USE_INVITE, USE_COUNT };

struct pair {
    struct copse_id key;
    struct copse_secret secret;
    bool is_made;
};

#define NUMBER_MAX 128

/* Pairs made so far, by scheme (0: the hash), use and number. */
static struct pair pairs[2][USE_COUNT][NUMBER_MAX];

static const struct pair *pair_of(const struct copse_key_scheme *scheme, enum key_use use,
                                  int number)
{
    bool is_hash = scheme == copse_hash_scheme();
    assert_in_range(number, 0, NUMBER_MAX - 1);
    struct pair *pair = &pairs[is_hash ? 0 : 1][use][number];
    if (!pair->is_made) {
        uint8_t seed[COPSE_SEED_BYTES] = {(uint8_t)use, (uint8_t)number, 1};
        if (is_hash) {
            copse_hash_scheme_pair(&pair->key, &pair->secret, seed);
        } else {
            copse_key_from_seed(&pair->key, &pair->secret, seed);
        }
        pair->is_made = true;
    }
    return pair;
}

struct copse_id governance_build_person(const struct copse_key_scheme *scheme, int person)
{
    return pair_of(scheme, USE_PERSON, person)->key;
}

struct copse_id governance_build_device(const struct copse_key_scheme *scheme, int device)
{
    return pair_of(scheme, USE_DEVICE, device)->key;
}

struct builder {
    struct governance_built *out;
    struct model_history *history;
    const struct governance_build_options *options;
    struct copse_writer lists; /* room for the lists of one op */
    uint8_t list_room[16384];
    uint8_t map_room[16];
};

static void spoil(struct copse_signature *signature, bool is_bad)
{
    signature->bytes[7] ^= is_bad ? 1u : 0u;
}

static int compare_ids(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

/* The ids of a list of entries, rising and each once. */
static struct copse_op_list ids_of(struct builder *b, const struct model_list *list)
{
    struct copse_id ids[MODEL_LIST_MAX];
    size_t count = 0;
    for (int i = 0; i < list->count; i++) {
        ids[count++] = b->history->entries[list->items[i]].id;
    }
    qsort(ids, count, sizeof ids[0], compare_ids);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare_ids(&ids[kept - 1], &ids[i]) != 0) {
            ids[kept++] = ids[i];
        }
    }
    return copse_op_list_ids(&b->lists, ids, kept);
}

static int compare_leaves(const void *a, const void *b)
{
    const struct copse_op_leaf *x = a;
    const struct copse_op_leaf *y = b;
    int device = copse_bytes_compare_ids(&x->device, &y->device);
    if (x->class != y->class) {
        return x->class < y->class ? -1 : 1;
    }
    if (device != 0) {
        return device;
    }
    if (x->seq != y->seq) {
        return x->seq < y->seq ? -1 : 1;
    }
    return copse_bytes_compare_ids(&x->id, &y->id);
}

static bool has(const struct model_list *list, int item)
{
    for (int i = 0; i < list->count; i++) {
        if (list->items[i] == item) {
            return true;
        }
    }
    return false;
}

static struct copse_op_list cut_of(struct builder *b, const struct model_entry *entry)
{
    struct copse_op_leaf leaves[MODEL_LIST_MAX];
    size_t count = 0;
    for (int i = 0; i < entry->cut.count; i++) {
        int named = entry->cut.items[i];
        const struct model_entry *leaf = &b->history->entries[named];
        bool is_twice = false;
        for (int k = 0; k < i; k++) {
            is_twice = is_twice || entry->cut.items[k] == named;
        }
        if (is_twice) {
            continue;
        }
        leaves[count].class = (enum copse_entry_class)model_class(leaf);
        leaves[count].device = pair_of(b->options->scheme, USE_DEVICE, leaf->device)->key;
        leaves[count].seq = b->out->entries[named].seq;
        leaves[count].id = leaf->id;
        leaves[count].signature = b->out->entries[named].signature;
        spoil(&leaves[count++].signature, has(&entry->bad_leaves, named));
    }
    qsort(leaves, count, sizeof leaves[0], compare_leaves);
    return copse_op_list_leaves(&b->lists, leaves, count);
}

static struct copse_slice charter_of(struct builder *b, const struct model_entry *entry)
{
    struct copse_writer writer;
    copse_writer_init(&writer, b->map_room, sizeof b->map_room);
    copse_writer_map(&writer, (entry->may_invite ? 1u : 0u) + (entry->may_guests ? 1u : 0u));
    if (entry->may_invite) {
        copse_writer_uint(&writer, 1);
        copse_writer_bool(&writer, true);
    }
    if (entry->may_guests) {
        copse_writer_uint(&writer, 2);
        copse_writer_bool(&writer, true);
    }
    struct copse_slice map = {NULL, 0};
    assert_int_equal(copse_writer_end(&map, &writer), COPSE_OK);
    return map;
}

static struct copse_signature certificate_of(struct builder *b, const struct model_entry *entry,
                                             int person)
{
    const struct copse_key_scheme *scheme = b->options->scheme;
    struct copse_signature signature;
    copse_key_sign(scheme, &signature, COPSE_KEY_DEVICE,
                   copse_bytes_of_id(&pair_of(scheme, USE_DEVICE, entry->device)->key),
                   &pair_of(scheme, USE_PERSON, person)->secret);
    spoil(&signature, entry->has_bad_signature);
    return signature;
}

static void fill_genesis(struct builder *b, struct copse_op *op, const struct model_entry *entry)
{
    struct copse_id founders[COPSE_OP_FOUNDERS_MAX];
    for (int i = 0; i < entry->founders.count; i++) {
        founders[i] = governance_build_person(b->options->scheme, entry->founders.items[i]);
    }
    op->kind = COPSE_OP_GENESIS;
    op->ids = copse_op_list_ids(&b->lists, founders, (size_t)entry->founders.count);
    op->charter = charter_of(b, entry);
    op->has_role = entry->role != MODEL_NONE;
    op->role = op->has_role ? (enum copse_op_role)entry->role : COPSE_OP_COORDINATOR;
    op->signature = certificate_of(b, entry, entry->founders.items[0]);
}

static void fill_join(struct builder *b, struct copse_op *op, const struct model_entry *entry)
{
    const struct copse_key_scheme *scheme = b->options->scheme;
    op->kind = COPSE_OP_JOIN;
    op->target = governance_build_person(scheme, entry->person);
    op->signature = certificate_of(b, entry, entry->person);
    op->over = ids_of(b, &entry->over);
    if (entry->grant == MODEL_NONE || b->history->entries[entry->grant].kind != MODEL_INVITE) {
        return;
    }
    uint8_t message[3 * COPSE_ID_BYTES];
    struct copse_id device = governance_build_device(scheme, entry->device);
    memcpy(message, b->history->entries[0].id.bytes, COPSE_ID_BYTES);
    memcpy(message + COPSE_ID_BYTES, op->target.bytes, COPSE_ID_BYTES);
    memcpy(message + 2 * (size_t)COPSE_ID_BYTES, device.bytes, COPSE_ID_BYTES);
    op->has_invite_signature = true;
    copse_key_sign(scheme, &op->invite_signature, COPSE_KEY_INVITE,
                   (struct copse_slice){message, sizeof message},
                   &pair_of(scheme, USE_INVITE, entry->grant)->secret);
    spoil(&op->invite_signature, entry->has_bad_invite);
}

static void fill_accept(struct builder *b, struct copse_op *op, const struct model_entry *entry)
{
    bool is_device = entry->of_device != MODEL_NONE;
    op->kind = COPSE_OP_ACCEPT;
    op->what = is_device ? COPSE_OP_ACCEPTS_DEVICE : COPSE_OP_ACCEPTS_ENDING;
    op->target = is_device ? governance_build_device(b->options->scheme, entry->of_device)
                           : b->history->entries[entry->of].id;
    op->cut = cut_of(b, entry);
}

/* ASSENT, HIDE, UNHIDE: a word about an entry. */
static void fill_word(struct builder *b, struct copse_op *op, const struct model_entry *entry)
{
    op->kind = entry->kind == MODEL_ASSENT ? COPSE_OP_ASSENT
               : entry->kind == MODEL_HIDE ? COPSE_OP_HIDE
                                           : COPSE_OP_UNHIDE;
    op->target = b->history->entries[entry->of].id;
    op->over = ids_of(b, &entry->over);
}

/* The op of an entry, but for its root signature. */
static void fill_op(struct builder *b, struct copse_op *op, const struct model_entry *entry,
                    int number)
{
    const struct copse_key_scheme *scheme = b->options->scheme;
    memset(op, 0, sizeof *op);
    copse_writer_init(&b->lists, b->list_room, sizeof b->list_room);
    op->role = (enum copse_op_role)entry->role;
    op->to = (enum copse_op_removal)entry->to;
    op->has_until = entry->until >= 0;
    op->until = op->has_until ? (uint64_t)entry->until : 0;
    switch (entry->kind) {
    case MODEL_GENESIS:
        fill_genesis(b, op, entry);
        break;
    case MODEL_JOIN:
        fill_join(b, op, entry);
        break;
    case MODEL_GRANT:
        op->kind = COPSE_OP_GRANT;
        op->target = governance_build_person(scheme, entry->person);
        op->over = ids_of(b, &entry->over);
        break;
    case MODEL_REVOKE:
        op->kind = COPSE_OP_REVOKE;
        op->ids = ids_of(b, &entry->grants);
        op->keep = ids_of(b, &entry->keep);
        op->cut = cut_of(b, entry);
        break;
    case MODEL_REMOVE:
    case MODEL_RECALL:
        op->kind = entry->kind == MODEL_REMOVE ? COPSE_OP_REMOVE : COPSE_OP_RECALL;
        op->target = governance_build_person(scheme, entry->person);
        op->cut = cut_of(b, entry);
        break;
    case MODEL_ACCEPT:
        fill_accept(b, op, entry);
        break;
    case MODEL_LEAVE:
        op->kind = COPSE_OP_LEAVE;
        op->is_root_signed = entry->is_root_signed;
        op->cut = cut_of(b, entry);
        break;
    case MODEL_DEVICE_REVOKE:
        op->kind = COPSE_OP_DEVICE_REVOKE;
        op->is_root_signed = true;
        op->target = governance_build_device(scheme, entry->of_device);
        op->cut = cut_of(b, entry);
        break;
    case MODEL_INVITE:
        op->kind = COPSE_OP_INVITE;
        op->target = pair_of(scheme, USE_INVITE, number)->key;
        break;
    case MODEL_CHARTER:
        op->kind = COPSE_OP_CHARTER;
        op->charter = charter_of(b, entry);
        op->over = ids_of(b, &entry->over);
        op->cut = cut_of(b, entry);
        break;
    case MODEL_ASSENT:
    case MODEL_HIDE:
    case MODEL_UNHIDE:
        fill_word(b, op, entry);
        break;
    case MODEL_DATA:
        op->kind = COPSE_OP_CREATE;
        op->object_kind = 3;
        break;
    }
}

static void fill_header(struct builder *b, struct copse_entry *out, const struct model_entry *entry,
                        int number)
{
    memset(out, 0, sizeof *out);
    out->community = number == 0 ? (struct copse_id){{0}} : b->history->entries[0].id;
    out->author = governance_build_device(b->options->scheme, entry->device);
    out->class = (enum copse_entry_class)model_class(entry);
    out->hlc = (uint64_t)entry->hlc;
    if (entry->prev != MODEL_NONE) {
        const struct model_entry *prev = &b->history->entries[entry->prev];
        out->has_prev = true;
        out->prev = prev->id;
        bool goes_on = model_class(prev) == model_class(entry);
        out->seq = goes_on ? b->out->entries[entry->prev].seq + 1 : 0;
    }
    if (number != 0 && entry->grant != MODEL_NONE) {
        out->has_under = true;
        out->under.grant = b->history->entries[entry->grant].id;
        out->under.charter = b->history->entries[entry->charter].id;
    }
}

/* Put the root signature into an op, for this one entry. */
static void sign_by_root(struct builder *b, struct copse_op *op, struct copse_entry *header,
                         uint8_t room[COPSE_ENTRY_OP_BYTES_MAX], const struct model_entry *entry,
                         int number)
{
    int join = model_join_of(b->history, number);
    const struct model_entry *first = &b->history->entries[join];
    int person = first->kind == MODEL_GENESIS ? first->founders.items[0] : first->person;
    struct copse_id message;
    assert_int_equal(copse_op_encode(&header->op, room, op), COPSE_OK);
    assert_int_equal(copse_op_root_message(&message, header), COPSE_OK);
    copse_key_sign(b->options->scheme, &op->signature, COPSE_KEY_ROOT, copse_bytes_of_id(&message),
                   &pair_of(b->options->scheme, USE_PERSON, person)->secret);
    spoil(&op->signature, entry->has_bad_signature);
}

/* One attempt: everything, with `attempt` in the ext. */
static size_t encode(struct builder *b, uint8_t bytes[COPSE_ENTRY_BYTES_MAX], struct copse_op *op,
                     const struct model_entry *entry, int number, uint32_t attempt)
{
    uint8_t op_room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t ext_room[32];
    uint8_t counter[4];
    struct copse_entry header;
    struct copse_writer ext;
    fill_header(b, &header, entry, number);
    copse_bytes_put_u32(counter, attempt);
    copse_writer_init(&ext, ext_room, sizeof ext_room);
    copse_writer_array(&ext, 1);
    copse_writer_array(&ext, 2);
    copse_writer_uint(&ext, entry->is_refused ? 2 : 1);
    copse_writer_bin(&ext, (struct copse_slice){counter, sizeof counter});
    header.ext = (struct copse_slice){ext_room, ext.size};
    if (op->is_root_signed) {
        sign_by_root(b, op, &header, op_room, entry, number);
    }
    assert_int_equal(copse_op_encode(&header.op, op_room, op), COPSE_OK);
    struct copse_slice encoded = {NULL, 0};
    assert_int_equal(copse_entry_encode(&encoded, bytes, &header), COPSE_OK);
    return encoded.size;
}

static void build_one(struct builder *b, int number)
{
    struct model_entry *entry = &b->history->entries[number];
    struct governance_built_entry *out = &b->out->entries[number];
    const uint8_t *first = b->options->first_bytes;
    uint8_t bytes[COPSE_ENTRY_BYTES_MAX];
    struct copse_op op;
    fill_op(b, &op, entry, number);
    uint32_t attempt = (uint32_t)number << 20; /* so that no two entries are alike */
    do {
        out->size = encode(b, bytes, &op, entry, number, attempt++);
        copse_id_of_entry(&out->id, (struct copse_slice){bytes, out->size});
    } while (first != NULL && out->id.bytes[0] != first[number]);
    out->bytes = malloc(out->size);
    assert_non_null(out->bytes);
    memcpy(out->bytes, bytes, out->size);
    struct copse_entry decoded;
    assert_int_equal(copse_entry_decode(&decoded, (struct copse_slice){out->bytes, out->size}),
                     COPSE_OK);
    out->seq = decoded.seq;
    entry->id = out->id;
    copse_key_sign(b->options->scheme, &out->signature, COPSE_KEY_ENTRY,
                   copse_bytes_of_id(&out->id),
                   &pair_of(b->options->scheme, USE_DEVICE, entry->device)->secret);
}

void governance_build(struct governance_built *out, struct model_history *history,
                      const struct governance_build_options *options)
{
    static struct builder b;
    memset(out, 0, sizeof *out);
    b.out = out;
    b.history = history;
    b.options = options;
    for (int i = 0; i < history->count; i++) {
        build_one(&b, i);
    }
    out->count = history->count;
}

void governance_build_free(struct governance_built *built)
{
    for (int i = 0; i < built->count; i++) {
        free(built->entries[i].bytes);
    }
    built->count = 0;
}

void governance_build_add(struct memory_source *source, const struct governance_built *built,
                          int entry)
{
    const struct governance_built_entry *one = &built->entries[entry];
    assert_int_equal(memory_source_add(source, NULL, (struct copse_slice){one->bytes, one->size},
                                       (struct copse_slice){NULL, 0}),
                     COPSE_OK);
}
