/* How it works: a table from position to entry is kept beside the source, and made anew whenever
 * something was dropped, because positions change then.
 */
#include "tests/support/wire_node.h"

#include "protocol/wire/exchange.h"
#include "tests/support/hash_scheme.h"

#include <stdlib.h>
#include <string.h>

struct wire_signed {
    struct copse_id id;
    struct copse_signature signature;
    bool is_used;
};

struct wire_place {
    struct copse_position position;
    size_t index; /* plus one; 0: free */
};

static void *zeroed(size_t count, size_t size)
{
    void *pointer = calloc(count, size);
    if (pointer == NULL) {
        abort();
    }
    return pointer;
}

void wire_node_init(struct wire_node *node, const struct copse_key_scheme *scheme,
                    const struct copse_id *community, uint8_t seed)
{
    memset(node, 0, sizeof *node);
    uint8_t bytes[COPSE_SEED_BYTES] = {seed, 77};
    node->scheme = scheme;
    node->community = *community;
    copse_hash_scheme_pair(&node->device, &node->secret_key, bytes);
    node->source = memory_source_new(community);
    node->signature_room = 64;
    node->signatures = zeroed(node->signature_room, sizeof *node->signatures);
    node->place_room = 64;
    node->places = zeroed(node->place_room, sizeof *node->places);
    node->secrets[0].community = *community;
    memcpy(node->secrets[0].bytes, community->bytes, sizeof node->secrets[0].bytes);
    node->secrets[0].bytes[0] ^= 0xff;
    node->secret_count = 1;
}

void wire_node_deinit(struct wire_node *node)
{
    memory_source_free(node->source);
    free(node->signatures);
    free(node->places);
    memset(node, 0, sizeof *node);
}

/* ---- signatures ---- */

static struct wire_signed *slot_of(const struct wire_node *node, const struct copse_id *id)
{
    size_t at = copse_bytes_get_u32(id->bytes) % node->signature_room;
    while (node->signatures[at].is_used && !copse_bytes_equal_ids(&node->signatures[at].id, id)) {
        at = (at + 1) % node->signature_room;
    }
    return &node->signatures[at];
}

static void keep_signature(struct wire_node *node, const struct copse_id *id,
                           const struct copse_signature *signature)
{
    if (2 * node->signature_count >= node->signature_room) {
        struct wire_signed *old = node->signatures;
        size_t old_room = node->signature_room;
        node->signature_room *= 2;
        node->signatures = zeroed(node->signature_room, sizeof *node->signatures);
        for (size_t i = 0; i < old_room; i++) {
            if (old[i].is_used) {
                *slot_of(node, &old[i].id) = old[i];
            }
        }
        free(old);
    }
    struct wire_signed *slot = slot_of(node, id);
    if (!slot->is_used) {
        *slot = (struct wire_signed){*id, *signature, true};
        node->signature_count++;
    }
}

/* ---- places ---- */

static struct wire_place *place_of(const struct wire_node *node,
                                   const struct copse_position *position)
{
    size_t at = (size_t)(position->log * 1000003u + position->branch * 10007u + position->seq) %
                node->place_room;
    while (node->places[at].index != 0 && (node->places[at].position.log != position->log ||
                                           node->places[at].position.branch != position->branch ||
                                           node->places[at].position.seq != position->seq)) {
        at = (at + 1) % node->place_room;
    }
    return &node->places[at];
}

static void index_all(struct wire_node *node)
{
    free(node->places);
    size_t count = memory_source_count(node->source);
    while (node->place_room < 4 * count + 64) {
        node->place_room *= 2;
    }
    node->places = zeroed(node->place_room, sizeof *node->places);
    for (size_t i = 0; i < count; i++) {
        const struct copse_held *held = memory_source_at(node->source, i);
        *place_of(node, &held->position) = (struct wire_place){held->position, i + 1};
    }
    node->place_count = count;
}

static void index_last(struct wire_node *node)
{
    size_t count = memory_source_count(node->source);
    if (2 * count >= node->place_room) {
        index_all(node);
        return;
    }
    const struct copse_held *held = memory_source_at(node->source, count - 1);
    *place_of(node, &held->position) = (struct wire_place){held->position, count};
}

/* ---- storing ---- */

/* SPEC 4.8: at least the 17 branches with the lowest forks are kept. */
static void give_up_surplus(struct wire_node *node, const struct copse_id *id)
{
    struct copse_source source = memory_source_port(node->source);
    struct copse_held held;
    if (source.find(source.context, &held, id) != COPSE_OK) {
        return;
    }
    const struct copse_log *log = source.log(source.context, held.position.log);
    uint32_t surplus = copse_log_surplus(log, 0);
    if (surplus < log->branch_count) {
        struct copse_id first = log->branches[surplus].first;
        (void)memory_source_drop(node->source, &first);
        index_all(node);
    }
}

bool wire_node_add(struct wire_node *node, struct copse_slice entry, struct copse_slice salted,
                   const struct copse_signature *signature)
{
    struct copse_id id;
    enum copse_err err = memory_source_add(node->source, &id, entry, salted);
    if (err == COPSE_ERR_EXISTS && salted.data != NULL) {
        (void)!memory_source_set_content(node->source, &id, COPSE_CONTENT_PRESENT, salted);
    }
    if (err != COPSE_OK && err != COPSE_ERR_EXISTS) {
        return false;
    }
    if (signature != NULL) {
        keep_signature(node, &id, signature);
    }
    if (err == COPSE_OK) {
        index_last(node);
        give_up_surplus(node, &id);
    }
    return memory_source_bytes(node->source, &id).data != NULL;
}

bool wire_node_add_built(struct wire_node *node, const struct copse_built *built)
{
    return wire_node_add(node, copse_build_entry_bytes(built), copse_build_entry_salted(built),
                         &built->signature);
}

/* ---- the port ---- */

static void fill(struct wire_node *node, struct copse_port_entry *out,
                 const struct copse_held *held)
{
    memset(out, 0, sizeof *out);
    out->id = held->id;
    out->position = held->position;
    out->bytes = memory_source_bytes(node->source, &held->id);
    out->content_state = held->content_state;
    if (held->content_state == COPSE_CONTENT_PRESENT) {
        out->salted = (struct copse_slice){held->content.data - COPSE_CONTENT_SALT_BYTES,
                                           held->content.size + COPSE_CONTENT_SALT_BYTES};
    }
    const struct wire_signed *slot = slot_of(node, &held->id);
    out->is_signed = slot->is_used;
    out->signature = slot->signature;
    out->awaits_publish =
        node->awaits_publish && copse_bytes_equal_ids(&held->entry.author, &node->device);
}

static enum copse_err port_find(void *context, struct copse_port_entry *out,
                                const struct copse_id *community, const struct copse_id *id)
{
    struct wire_node *node = context;
    struct copse_source source = memory_source_port(node->source);
    struct copse_held held;
    node->reads++;
    if (!copse_bytes_equal_ids(community, &node->community) ||
        source.find(source.context, &held, id) != COPSE_OK) {
        return COPSE_ERR_NOT_FOUND;
    }
    fill(node, out, &held);
    return COPSE_OK;
}

static enum copse_err port_at(void *context, struct copse_port_entry *out,
                              const struct copse_id *community,
                              const struct copse_position *position)
{
    struct wire_node *node = context;
    (void)community;
    node->reads++;
    const struct wire_place *place = place_of(node, position);
    if (place->index == 0) {
        return COPSE_ERR_NOT_FOUND;
    }
    fill(node, out, memory_source_at(node->source, place->index - 1));
    return COPSE_OK;
}

static const struct copse_log *port_log(void *context, const struct copse_id *community,
                                        uint64_t number)
{
    struct wire_node *node = context;
    (void)community;
    struct copse_source source = memory_source_port(node->source);
    return source.log(source.context, number);
}

static enum copse_err port_next_log(void *context, uint64_t *number, uint64_t *cursor,
                                    const struct copse_id *community, const struct copse_id *author,
                                    enum copse_entry_class class)
{
    const struct copse_log *log = NULL;
    while ((log = port_log(context, community, *cursor)) != NULL) {
        *number = (*cursor)++;
        if (log->class == class && copse_bytes_equal_ids(&log->author, author)) {
            return COPSE_OK;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

/* Make the leaf of a log this entry. False: it is not of the log, or not here. */
static bool put_leaf(struct wire_node *node, struct copse_port_leaf *leaf, uint64_t number,
                     const struct copse_id *id)
{
    struct copse_source source = memory_source_port(node->source);
    struct copse_held held;
    if (copse_bytes_is_zero(id) || source.find(source.context, &held, id) != COPSE_OK ||
        held.position.log != number) {
        return false;
    }
    leaf->position = held.position;
    leaf->id = held.id;
    return true;
}

static void freeze_leaf(struct wire_node *node, struct copse_port_leaf *leaf, uint32_t fork_seq)
{
    leaf->is_frozen = true;
    leaf->position.branch = 0;
    leaf->position.seq = fork_seq;
    memset(&leaf->id, 0, sizeof leaf->id);
    struct copse_position trunk = leaf->position;
    struct copse_port_entry entry;
    if (fork_seq > 0) {
        trunk.seq--;
        if (port_at(node, &entry, &node->community, &trunk) == COPSE_OK) {
            leaf->id = entry.id;
        }
    }
}

/* The cursor is the log's number times 32 and the branch. */
static enum copse_err port_next_leaf(void *context, struct copse_port_leaf *out, uint64_t *cursor,
                                     const struct copse_id *community, enum copse_entry_class class)
{
    struct wire_node *node = context;
    const struct copse_log *log = NULL;
    while ((log = port_log(context, community, *cursor / 32)) != NULL) {
        uint64_t number = *cursor / 32;
        uint32_t branch = (uint32_t)(*cursor % 32);
        if (log->class != class || branch >= log->branch_count) {
            *cursor = (number + 1) * 32;
            continue;
        }
        memset(out, 0, sizeof *out);
        out->author = log->author;
        out->id = log->branches[branch].leaf;
        out->position = (struct copse_position){number, branch, log->branches[branch].last_seq};
        *cursor = *cursor + 1;
        uint32_t fork_seq = 0;
        if (put_leaf(node, out, number, &node->clip)) { /* less is wanted than is held */
            *cursor = (number + 1) * 32;
        } else if (copse_log_is_frozen(&fork_seq, log) &&
                   (branch > 0 || !put_leaf(node, out, number, &node->named))) {
            freeze_leaf(node, out, fork_seq);
            *cursor = (number + 1) * 32;
        }
        return COPSE_OK;
    }
    return COPSE_ERR_NOT_FOUND;
}

static enum copse_err port_next_secret(void *context, struct copse_port_secret *out,
                                       uint64_t *cursor)
{
    const struct wire_node *node = context;
    if (*cursor >= node->secret_count) {
        return COPSE_ERR_NOT_FOUND;
    }
    *out = node->secrets[(*cursor)++];
    return COPSE_OK;
}

static enum copse_err port_standing(void *context, enum copse_port_standing *out,
                                    const struct copse_id *community, const struct copse_id *device)
{
    struct wire_node *node = context;
    uint64_t number = 0;
    uint64_t cursor = 0;
    *out = COPSE_PORT_STRANGER;
    if (port_next_log(context, &number, &cursor, community, device, COPSE_ENTRY_CONTROL) ==
        COPSE_OK) {
        *out = node->is_former ? COPSE_PORT_FORMER : COPSE_PORT_MEMBER;
    }
    return COPSE_OK;
}

static enum copse_err port_prove(void *context, struct copse_port_proof *out,
                                 const struct copse_id *community, struct copse_slice message)
{
    const struct wire_node *node = context;
    (void)community;
    out->device = node->device;
    out->admission = node->admission;
    copse_key_sign(node->scheme, &out->signature, COPSE_KEY_AUTH, message, &node->secret_key);
    return COPSE_OK;
}

static enum copse_err port_find_loose(void *context, struct copse_slice *out,
                                      const struct copse_id *community, const struct copse_id *id)
{
    const struct wire_node *node = context;
    (void)community;
    *out = memory_source_loose(node->source, id);
    return out->data == NULL ? COPSE_ERR_NOT_FOUND : COPSE_OK;
}

struct copse_port wire_node_port(struct wire_node *node)
{
    return (struct copse_port){
        port_find,        port_at,       port_log,   port_next_log,   port_next_leaf,
        port_next_secret, port_standing, port_prove, port_find_loose, node};
}

uint64_t wire_node_sum(struct wire_node *node)
{
    static const struct copse_reconcile_key key = {{1, 2, 3}};
    struct copse_port port = wire_node_port(node);
    struct copse_exchange_view view = {&port, &key, &node->community};
    uint64_t sums[2] = {0, 0};
    if (copse_exchange_sum(&sums[0], &view, COPSE_ENTRY_CONTROL) != COPSE_OK ||
        copse_exchange_sum(&sums[1], &view, COPSE_ENTRY_DATA) != COPSE_OK) {
        abort();
    }
    return sums[0] * 31 + sums[1];
}
