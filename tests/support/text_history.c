/* How it works: jansson reads the files; everything else is arrays. Ids carry a number in their
 * last bytes, most significant first, so that they order as the histories want ties to. */
#include "tests/support/text_history.h"

#include "tests/support/shared.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void copse_text_history_init(struct copse_text_history *history)
{
    *history = (struct copse_text_history){0};
}

void copse_text_history_deinit(struct copse_text_history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        free(history->ops[i].shape);
        free(history->ops[i].content);
    }
    free(history->ops);
    free(history->end);
}

static uint8_t *copy(const uint8_t *data, size_t size)
{
    uint8_t *fresh = malloc(size + 1);
    COPSE_ASSERT(fresh != NULL);
    if (size > 0) {
        memcpy(fresh, data, size);
    }
    fresh[size] = 0;
    return fresh;
}

struct copse_text_history_op *copse_text_history_push(struct copse_text_history *history,
                                                      const struct copse_id *id,
                                                      const struct copse_text_patch *patches,
                                                      size_t count, struct copse_slice content)
{
    COPSE_ASSERT(copse_memory_grow(copse_memory_heap(), &history->ops, &history->capacity,
                                   history->count + 1, sizeof *history->ops) == COPSE_OK);
    struct copse_text_history_op *op = &history->ops[history->count++];
    memset(op, 0, sizeof *op);
    op->id = *id;
    COPSE_ASSERT(count <= COPSE_ARRAY_SIZE(op->patches));
    for (size_t i = 0; i < count; i++) {
        op->patches[i] = patches[i];
    }
    op->patch_count = count;
    uint8_t room[COPSE_TEXT_SHAPE_BYTES_MAX];
    struct copse_slice shape;
    COPSE_ASSERT(copse_text_shape_encode(&shape, room, patches, count) == COPSE_OK);
    op->shape = copy(shape.data, shape.size);
    op->shape_size = shape.size;
    op->content = copy(content.data, content.size);
    op->content_size = content.size;
    return op;
}

void copse_text_history_name(struct copse_text_history *history, size_t op, size_t parent)
{
    struct copse_text_history_op *child = &history->ops[op];
    const struct copse_id *id = &history->ops[parent].id;
    size_t at = child->parent_count++;
    COPSE_ASSERT(at < COPSE_TEXT_PARENTS_MAX);
    child->parents[at] = parent;
    for (; at > 0 && copse_bytes_compare_ids(&child->parent_ids[at - 1], id) > 0; at--) {
        child->parent_ids[at] = child->parent_ids[at - 1];
    }
    child->parent_ids[at] = *id;
}

struct copse_id copse_text_history_id(uint64_t number)
{
    struct copse_id id = {{0}};
    copse_bytes_put_u64(id.bytes + COPSE_ID_BYTES - 8, number);
    return id;
}

struct copse_text_op copse_text_history_give(const struct copse_text_history *history,
                                             size_t number)
{
    const struct copse_text_history_op *op = &history->ops[number];
    struct copse_text_op give = {
        .id = op->id,
        .author = op->author,
        .parents = op->parent_ids,
        .parent_count = op->parent_count,
        .shape = {op->shape, op->shape_size},
        .content_size = op->content_size,
        .content = {op->is_erased ? NULL : op->content, op->is_erased ? 0 : op->content_size},
        .status = op->is_muted ? COPSE_TEXT_MUTED : COPSE_TEXT_HONOURED,
    };
    return give;
}

/* Parents first, the youngest that can go at once going first. */
static void depth_first(const struct copse_text_history *history, size_t *order)
{
    size_t *open = calloc(history->count + 1, sizeof *open);
    size_t *stack = calloc(history->count + 1, sizeof *stack);
    COPSE_ASSERT(open != NULL && stack != NULL);
    size_t count = 0;
    size_t done = 0;
    for (size_t i = 0; i < history->count; i++) {
        open[i] = history->ops[i].parent_count;
        if (open[i] == 0) {
            stack[count++] = i;
        }
    }
    while (count > 0) {
        size_t op = stack[--count];
        order[done++] = op;
        for (size_t i = op + 1; i < history->count; i++) {
            for (size_t p = 0; p < history->ops[i].parent_count; p++) {
                if (history->ops[i].parents[p] == op && --open[i] == 0) {
                    stack[count++] = i;
                }
            }
        }
    }
    COPSE_ASSERT(done == history->count);
    free(open);
    free(stack);
}

size_t *copse_text_history_order(const struct copse_text_history *history,
                                 enum copse_text_history_order order, struct copse_random *random)
{
    size_t *numbers = calloc(history->count + 1, sizeof *numbers);
    COPSE_ASSERT(numbers != NULL);
    for (size_t i = 0; i < history->count; i++) {
        numbers[i] = order == COPSE_TEXT_HISTORY_BACKWARD ? history->count - 1 - i : i;
    }
    if (order == COPSE_TEXT_HISTORY_DEPTH_FIRST) {
        depth_first(history, numbers);
    }
    for (size_t i = history->count; order == COPSE_TEXT_HISTORY_RANDOM && i > 1; i--) {
        size_t other = (size_t)copse_random_below(random, i);
        size_t swap = numbers[i - 1];
        numbers[i - 1] = numbers[other];
        numbers[other] = swap;
    }
    return numbers;
}

static uint32_t units_of(const char *utf8)
{
    uint32_t units = 0;
    for (; *utf8 != '\0'; utf8++) {
        units += ((uint8_t)*utf8 & 0xc0u) != 0x80u ? 1 : 0;
    }
    return units;
}

/* One op from [position, deleted, inserted]. */
static struct copse_text_history_op *push_json(struct copse_text_history *history,
                                               const json_t *patch, const struct copse_id *id)
{
    const char *inserted = json_string_value(json_array_get(patch, 2));
    struct copse_text_patch one = {
        .pos = (uint32_t)json_integer_value(json_array_get(patch, 0)),
        .del = (uint32_t)json_integer_value(json_array_get(patch, 1)),
        .ins = units_of(inserted),
    };
    return copse_text_history_push(history, id, &one, 1, copse_bytes_of_string(inserted));
}

static void load_transactions(struct copse_text_history *history, const json_t *root)
{
    const json_t *transactions = json_object_get(root, "txns");
    size_t count = json_array_size(transactions);
    size_t *last = calloc(count + 1, sizeof *last); /* the last op of each transaction */
    COPSE_ASSERT(last != NULL);
    for (size_t i = 0; i < count; i++) {
        const json_t *transaction = json_array_get(transactions, i);
        const json_t *patches = json_object_get(transaction, "patches");
        const json_t *parents = json_object_get(transaction, "parents");
        json_int_t agent = json_integer_value(json_object_get(transaction, "agent"));
        for (size_t p = 0; p < json_array_size(patches); p++) {
            size_t number = history->count;
            struct copse_id id = copse_text_history_id(number + 1);
            push_json(history, json_array_get(patches, p), &id)->author =
                copse_text_history_id((uint64_t)agent + 1);
            if (p > 0 || (parents == NULL && number > 0)) {
                copse_text_history_name(history, number, number - 1);
            } else {
                for (size_t k = 0; k < json_array_size(parents); k++) {
                    copse_text_history_name(
                        history, number,
                        last[(size_t)json_integer_value(json_array_get(parents, k))]);
                }
            }
        }
        last[i] = history->count - 1;
    }
    free(last);
}

bool copse_text_history_load_trace(struct copse_text_history *history, const char *name)
{
    size_t size = 0;
    char *text = copse_shared_load(&size, name);
    if (text == NULL) {
        return false;
    }
    json_t *root = json_loadb(text, size, 0, NULL);
    COPSE_ASSERT(root != NULL);
    load_transactions(history, root);
    const char *end = json_string_value(json_object_get(root, "endContent"));
    history->end = (char *)copy((const uint8_t *)end, strlen(end));
    json_decref(root);
    copse_shared_free(text);
    return true;
}

/* The op that ends at version number `version` of a case. */
static size_t op_at(const size_t *ends, size_t count, size_t version)
{
    for (size_t i = 0; i < count; i++) {
        if (ends[i] == version) {
            return i;
        }
    }
    COPSE_ASSERT(false);
    return 0;
}

/* SPEC 6.4 breaks ties by (author, id): the agent's letter, then its count of units. */
static void load_case(struct copse_text_history *history, const json_t *root)
{
    const json_t *transactions = json_object_get(root, "txns");
    size_t ends[4096];
    for (size_t i = 0; i < json_array_size(transactions); i++) {
        const json_t *transaction = json_array_get(transactions, i);
        const json_t *ops = json_object_get(transaction, "ops");
        const json_t *parents = json_object_get(transaction, "parents");
        uint64_t agent = (uint8_t)json_string_value(json_object_get(transaction, "agent"))[0];
        uint64_t seq = (uint64_t)json_integer_value(json_object_get(transaction, "seqStart"));
        size_t version =
            (size_t)json_integer_value(json_array_get(json_object_get(transaction, "span"), 0));
        for (size_t p = 0; p < json_array_size(ops); p++) {
            size_t number = history->count;
            struct copse_id id = copse_text_history_id((agent << 32) + seq);
            struct copse_text_history_op *op = push_json(history, json_array_get(ops, p), &id);
            op->author = copse_text_history_id(agent);
            size_t units = op->patches[0].del + op->patches[0].ins;
            seq += units;
            version += units;
            COPSE_ASSERT(number < COPSE_ARRAY_SIZE(ends));
            ends[number] = version - 1;
            for (size_t k = 0; p == 0 && k < json_array_size(parents); k++) {
                size_t parent = (size_t)json_integer_value(json_array_get(parents, k));
                copse_text_history_name(history, number, op_at(ends, number, parent));
            }
            if (p > 0) {
                copse_text_history_name(history, number, number - 1);
            }
        }
    }
    const char *end = json_string_value(json_object_get(root, "endContent"));
    history->end = (char *)copy((const uint8_t *)end, strlen(end));
}

bool copse_text_history_each_case(const char *name, copse_text_history_case each, void *context)
{
    size_t size = 0;
    char *text = copse_shared_load(&size, name);
    if (text == NULL) {
        return false;
    }
    json_t *root = json_loadb(text, size, 0, NULL);
    COPSE_ASSERT(root != NULL);
    for (size_t i = 0; i < json_array_size(root); i++) {
        struct copse_text_history history;
        copse_text_history_init(&history);
        load_case(&history, json_array_get(root, i));
        each(&history, i, context);
        copse_text_history_deinit(&history);
    }
    json_decref(root);
    copse_shared_free(text);
    return true;
}
