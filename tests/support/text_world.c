/* How it works: the text under test holds everything and says how long the version is that a
 * replica sees, so that positions are mostly good ones; what must come out is left to the
 * oracle. */
#include "tests/support/text_world.h"

#include "protocol/merge/text_walk.h"

#include <stdlib.h>
#include <string.h>

enum { PATCHES = 3, UNITS = 4, LETTERS = PATCHES * UNITS * 4 };

static uint64_t below(struct copse_text_world *world, uint64_t limit)
{
    return copse_random_below(&world->random, limit);
}

void copse_text_world_hear(struct copse_text_world *world, size_t replica, size_t other)
{
    for (size_t i = 0; i < world->history.count; i++) {
        world->known[replica][i] = world->known[replica][i] || world->known[other][i];
    }
}

size_t copse_text_world_heads(const struct copse_text_world *world, size_t *heads, size_t replica)
{
    bool covered[COPSE_TEXT_ORACLE_OPS_MAX] = {false};
    size_t count = 0;
    for (size_t i = world->history.count; i-- > 0;) {
        if (!world->known[replica][i]) {
            continue;
        }
        if (!covered[i]) {
            heads[count++] = i;
        }
        for (size_t p = 0; p < world->history.ops[i].parent_count; p++) {
            covered[world->history.ops[i].parents[p]] = true;
        }
    }
    return count;
}

size_t copse_text_world_letters(struct copse_text_world *world, uint8_t *out, size_t units)
{
    static const char *const wide[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8c\xb1", "\n"};
    size_t size = 0;
    for (size_t i = 0; i < units; i++) {
        if (below(world, 6) == 0) {
            const char *letter = wide[below(world, COPSE_ARRAY_SIZE(wide))];
            memcpy(out + size, letter, strlen(letter));
            size += strlen(letter);
        } else {
            out[size++] = (uint8_t)('a' + below(world, 26));
        }
    }
    return size;
}

struct copse_text_history_op *copse_text_world_push(struct copse_text_world *world, size_t replica,
                                                    const struct copse_text_patch *patches,
                                                    size_t count, struct copse_slice content)
{
    struct copse_id id;
    size_t heads[COPSE_TEXT_ORACLE_OPS_MAX];
    copse_random_bytes(&world->random, id.bytes, sizeof id.bytes);
    size_t head_count = copse_text_world_heads(world, heads, replica);
    struct copse_text_history_op *op =
        copse_text_history_push(&world->history, &id, patches, count, content);
    op->author = copse_text_history_id(replica + 1);
    for (size_t i = 0; i < head_count && i < COPSE_TEXT_PARENTS_MAX; i++) {
        copse_text_history_name(&world->history, world->history.count - 1, heads[i]);
    }
    return op;
}

void copse_text_world_add(struct copse_text_world *world, size_t replica)
{
    size_t number = world->history.count - 1;
    struct copse_text_op give = copse_text_history_give(&world->history, number);
    COPSE_ASSERT(copse_text_add(world->text, &give) == COPSE_OK);
    world->known[replica][number] = true;
    world->last[replica] = number;
}

/* How many units indexes of a replica count. */
static uint32_t length_for(struct copse_text_world *world, size_t replica)
{
    size_t heads[COPSE_TEXT_ORACLE_OPS_MAX];
    struct copse_id ids[COPSE_TEXT_ORACLE_OPS_MAX];
    struct copse_text_view view;
    size_t count = copse_text_world_heads(world, heads, replica);
    for (size_t i = 0; i < count; i++) {
        ids[i] = world->history.ops[heads[i]].id;
    }
    COPSE_ASSERT(copse_text_at(world->text, &view, ids, count) == COPSE_OK);
    return copse_text_span_counted(&copse_text_inside(world->text)->spans);
}

/* Patches in order, one unit apart at least; a third of them at index 0, one in fifty too far. */
static size_t random_patches(struct copse_text_world *world, struct copse_text_patch *patches,
                             uint32_t length)
{
    size_t wanted = 1 + (size_t)below(world, PATCHES);
    size_t count = 0;
    uint32_t least = 0;
    while (count < wanted && least <= length) {
        struct copse_text_patch patch = {
            .pos =
                below(world, 3) == 0 ? least : least + (uint32_t)below(world, length - least + 1)};
        patch.del =
            below(world, 2) == 0
                ? 0
                : (uint32_t)below(world, (length - patch.pos > 5 ? 5 : length - patch.pos) + 1);
        patch.ins = (uint32_t)below(world, UNITS + 1);
        patch.sweep = below(world, 8) == 0;
        if (below(world, 50) == 0) {
            patch.del += length + 1;
        }
        if (patch.del > 0 || patch.ins > 0 || patch.sweep) {
            patches[count++] = patch;
        }
        least = patch.pos + patch.del + 1;
    }
    return count;
}

/* What an author may send to do harm. */
static void spoil(struct copse_text_world *world, struct copse_text_history_op *op)
{
    static const uint8_t bad_shapes[][6] = {
        {0x93, 0x00, 0x00, 0x00}, /* a patch that does nothing */
        {0x92, 0x00, 0x02},       /* not a multiple of three */
        {0x96, 0x00, 0x02, 0x00, 0x00, 0x02},
        {0xc0},
    };
    switch (below(world, 40)) {
    case 0: {
        const uint8_t *bad = bad_shapes[below(world, COPSE_ARRAY_SIZE(bad_shapes))];
        size_t size = bad[0] == 0xc0 ? 1 : (bad[0] == 0x92 ? 3 : (bad[0] == 0x93 ? 4 : 6));
        op->shape_size = size < op->shape_size ? size : op->shape_size;
        memcpy(op->shape, bad, op->shape_size);
        op->is_malformed = true;
        break;
    }
    case 1:
        op->content_size /= 2; /* fewer units than the shape says, perhaps too few bytes */
        while (op->content_size > 0 && (op->content[op->content_size] & 0xc0u) == 0x80u) {
            op->content_size--;
        }
        break;
    case 2:
        if (op->content_size > 0 && op->content[0] < 0x80) {
            op->content[0] = 0x07;
        }
        break;
    default:
        break;
    }
}

static void edit(struct copse_text_world *world, size_t replica)
{
    struct copse_text_patch patches[PATCHES];
    uint8_t letters[LETTERS];
    size_t units = 0;
    size_t count = random_patches(world, patches, length_for(world, replica));
    for (size_t i = 0; i < count; i++) {
        units += patches[i].ins;
    }
    size_t size = copse_text_world_letters(world, letters, units);
    struct copse_text_history_op *op =
        copse_text_world_push(world, replica, patches, count, (struct copse_slice){letters, size});
    spoil(world, op);
    op->is_muted = below(world, 8) == 0;
    op->is_erased = below(world, 12) == 0;
    if (below(world, 50) == 0) {
        op->parent_count = op->parent_count > 1 ? 1 : 0; /* forgets its own, as a rule */
    }
    if (op->parent_count == 1) {
        op->parent_ids[0] = world->history.ops[op->parents[0]].id;
    }
    copse_text_world_add(world, replica);
}

void copse_text_world_init(struct copse_text_world *world, uint64_t seed, size_t op_count)
{
    *world = (struct copse_text_world){.text = NULL};
    COPSE_ASSERT(op_count <= COPSE_TEXT_ORACLE_OPS_MAX);
    copse_random_init(&world->random, seed);
    copse_text_history_init(&world->history);
    COPSE_ASSERT(copse_text_new(&world->text, copse_memory_heap()) == COPSE_OK);
    world->replica_count = 2 + (size_t)below(world, COPSE_TEXT_WORLD_REPLICAS_MAX - 1);
    for (size_t i = 0; i < world->replica_count; i++) {
        world->last[i] = SIZE_MAX;
    }
    size_t count = op_count == 0 ? 0 : 1 + (size_t)below(world, op_count);
    for (size_t i = 0; i < count; i++) {
        size_t replica = (size_t)below(world, world->replica_count);
        if (below(world, 3) == 0) {
            copse_text_world_hear(world, replica, (size_t)below(world, world->replica_count));
        }
        edit(world, replica);
    }
}

void copse_text_world_deinit(struct copse_text_world *world)
{
    copse_text_free(world->text);
    copse_text_history_deinit(&world->history);
}

void copse_text_world_flip(struct copse_text_world *world)
{
    for (size_t i = 0; i < world->history.count; i++) {
        struct copse_text_history_op *op = &world->history.ops[i];
        op->is_muted = below(world, 5) == 0 ? !op->is_muted : op->is_muted;
        op->is_erased = below(world, 9) == 0 ? !op->is_erased : op->is_erased;
    }
}
