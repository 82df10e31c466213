#include "tests/support/wire_world.h"

#include "tests/support/cmocka.h"
#include "tests/support/hash_scheme.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t small_op[] = {0x92, 0x01, 0x02};
/* As large as the op of an edit: kind, object, one parent, one patch. */
static uint8_t edit_op[76];

static void pair_of(struct copse_id *key, struct copse_secret *secret, size_t device)
{
    uint8_t seed[COPSE_SEED_BYTES] = {(uint8_t)device, 77, (uint8_t)(device >> 8)};
    copse_hash_scheme_pair(key, secret, seed);
}

static struct copse_built *keep(struct wire_world *world, struct copse_built *built)
{
    if (world->count == world->capacity) {
        world->capacity = world->capacity == 0 ? 64 : 2 * world->capacity;
        world->entries = realloc(world->entries, world->capacity * sizeof(struct copse_built *));
        assert_non_null(world->entries);
    }
    world->entries[world->count++] = built;
    return built;
}

static struct copse_built *build(struct wire_world *world, size_t device,
                                 enum copse_entry_class class, const struct copse_built *prev,
                                 size_t content_size)
{
    static uint8_t content[COPSE_CONTENT_BYTES_MAX];
    struct copse_id key;
    struct copse_secret secret;
    pair_of(&key, &secret, device);
    /* Entries must differ even where everything else is the same: the clock sees to it. */
    struct copse_build build = {
        .scheme = world->scheme,
        .author = &key,
        .secret = &secret,
        .community = world->count == 0 ? NULL : &world->community,
        .class = class,
        .prev = prev,
        .hlc = ((uint64_t)1700000000000u << 16) + ((uint64_t)world->count << 20),
        .op = {small_op, sizeof small_op},
    };
    if (content_size > 0) {
        for (size_t i = 0; i < content_size && i < 8; i++) {
            content[i] = (uint8_t)(world->count >> (8 * i));
        }
        build.content = (struct copse_slice){content, content_size};
        build.op = (struct copse_slice){edit_op, sizeof edit_op};
    }
    return keep(world, copse_build_entry(&build));
}

void wire_world_init(struct wire_world *world, size_t device_count)
{
    memset(world, 0, sizeof *world);
    memset(edit_op, 7, sizeof edit_op);
    static const uint8_t head[] = {0x94, 0x21, 0xc4, 0x20}; /* [33, bin of 32.. */
    memcpy(edit_op, head, sizeof head);
    edit_op[36] = 0xc4; /* ..bin of 36.. */
    edit_op[37] = 36;
    edit_op[74] = 0x01; /* ..1, nothing more fits: two numbers */
    edit_op[75] = 0x02;
    edit_op[0] = 0x95;
    world->scheme = copse_hash_scheme();
    world->device_count = device_count;
    world->joins = calloc(device_count, sizeof(struct copse_built *));
    assert_non_null(world->joins);
    world->joins[0] = build(world, 0, COPSE_ENTRY_CONTROL, NULL, 0);
    world->community = world->joins[0]->id;
    for (size_t i = 1; i < device_count; i++) {
        world->joins[i] = build(world, i, COPSE_ENTRY_CONTROL, NULL, 0);
    }
}

void wire_world_deinit(struct wire_world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        copse_build_entry_free(world->entries[i]);
    }
    free(world->entries);
    free(world->joins);
    memset(world, 0, sizeof *world);
}

struct copse_built *wire_world_add(struct wire_world *world, size_t device,
                                   enum copse_entry_class class, const struct copse_built *prev,
                                   size_t content_size)
{
    return build(world, device, class, prev, content_size);
}

struct copse_built *wire_world_extend(struct wire_world *world, size_t device,
                                      enum copse_entry_class class, const struct copse_built *prev,
                                      size_t count)
{
    struct copse_built *last = NULL;
    for (size_t i = 0; i < count; i++) {
        last = build(world, device, class, last == NULL ? prev : last, 0);
    }
    return last;
}

static size_t device_of(const struct wire_world *world, const struct copse_built *entry)
{
    size_t device = 0;
    while (!copse_bytes_equal_ids(&world->joins[device]->entry.author, &entry->entry.author)) {
        device++;
    }
    return device;
}

void wire_world_grow(struct wire_world *world, struct copse_random *random, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* Mostly behind something recent, so that there are long logs with some forks. */
        size_t back = copse_random_below(random, 8) == 0 ? world->count : 12;
        size_t from = back < world->count ? world->count - back : 0;
        const struct copse_built *prev =
            world->entries[from + copse_random_below(random, world->count - from)];
        enum copse_entry_class class = prev->entry.class;
        if (prev->entry.seq == 0 && copse_random_below(random, 2) == 0) {
            class = COPSE_ENTRY_DATA;
        }
        size_t content = copse_random_below(random, 3) == 0 ? copse_random_below(random, 200) : 0;
        if (copse_random_below(random, 40) == 0) {
            content = 1 + copse_random_below(random, COPSE_CONTENT_BYTES_MAX);
        }
        (void)build(world, device_of(world, prev), class, prev, content);
    }
}

static bool holds(const struct wire_node *node, const struct copse_id *id)
{
    return memory_source_bytes(node->source, id).data != NULL;
}

void wire_world_give_some(const struct wire_world *world, struct wire_node *node,
                          struct copse_random *random, uint64_t permille)
{
    bool *is_given = calloc(world->count, sizeof(bool));
    size_t *children = calloc(world->count, sizeof(size_t));
    size_t *prevs = calloc(world->count, sizeof(size_t));
    assert_true(is_given != NULL && children != NULL && prevs != NULL);
    for (size_t i = 0; i < world->count; i++) {
        const struct copse_entry *entry = &world->entries[i]->entry;
        prevs[i] = SIZE_MAX;
        for (size_t j = 0; entry->has_prev && j < i; j++) {
            if (copse_bytes_equal_ids(&world->entries[j]->id, &entry->prev)) {
                prevs[i] = j;
            }
        }
        is_given[i] =
            !entry->has_prev || (is_given[prevs[i]] && copse_random_below(random, 1000) < permille);
        if (is_given[i] && prevs[i] != SIZE_MAX) {
            /* A JOIN has its class 1 children beside the one that goes on in class 0. */
            children[prevs[i]] += entry->class == world->entries[prevs[i]]->entry.class ? 1 : 0;
        }
    }
    for (size_t i = 0; i < world->count; i++) {
        const struct copse_built *built = world->entries[i];
        bool must_keep = prevs[i] == SIZE_MAX || children[prevs[i]] > 1 || built->entry.seq == 0;
        bool may_drop = children[i] == 1 && !must_keep;
        if (is_given[i]) {
            bool drops = may_drop && copse_random_below(random, 2) == 0;
            (void)wire_node_add(node, copse_build_entry_bytes(built),
                                copse_build_entry_salted(built), drops ? NULL : &built->signature);
        }
    }
    free(is_given);
    free(children);
    free(prevs);
}

void wire_world_give_all(const struct wire_world *world, struct wire_node *node)
{
    for (size_t i = 0; i < world->count; i++) {
        (void)wire_node_add_built(node, world->entries[i]);
    }
}

void wire_world_give_path(const struct wire_world *world, struct wire_node *node,
                          const struct copse_built *entry)
{
    while (!holds(node, &entry->id)) {
        /* The lowest ancestor that is missing, then again. */
        const struct copse_built *next = entry;
        while (next->entry.has_prev && !holds(node, &next->entry.prev)) {
            size_t i = 0;
            while (!copse_bytes_equal_ids(&world->entries[i]->id, &next->entry.prev)) {
                i++;
            }
            next = world->entries[i];
        }
        if (!wire_node_add_built(node, next)) {
            return; /* a fork too many: given up at once */
        }
    }
}

size_t wire_world_count(const struct wire_world *world, const struct wire_node *node)
{
    size_t count = 0;
    for (size_t i = 0; i < world->count; i++) {
        count += holds(node, &world->entries[i]->id);
    }
    return count;
}
