/* How it works: a key of LAYERS_EVEN or LAYERS_ODD is the number of the layer, then table and key.
 * So a layer is only ever added at the end of its table, and its pages are written in one piece.
 * Folding goes through all sealed layers at once in the order of keys; where it stopped is kept.
 * When all are folded, their table is emptied in one go, and it is the other one's turn.
 *
 * Two times as many keys as may be in layers unsealed are in them at most: each flush folds more
 * than it adds.
 */
#include "storage/layers.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 4u
#define STATE_BYTES 24u
#define REST_BYTES_MAX (1u + COPSE_LAYERS_KEY_BYTES_MAX)
#define ROW_BYTES_MAX (NUMBER_BYTES + REST_BYTES_MAX + 1u) /* one for what follows a key */

static const struct copse_slice nothing = {(const uint8_t *)"", 0};

void copse_layers_init(struct copse_layers *layers, struct copse_db_txn *txn,
                       const struct copse_memory *memory)
{
    *layers = (struct copse_layers){.memory = memory, .txn = txn};
}

void copse_layers_deinit(struct copse_layers *layers)
{
    copse_memory_free(layers->memory, layers->bytes);
    copse_memory_free(layers->memory, layers->keys);
    copse_layers_init(layers, layers->txn, layers->memory);
}

/* ---- which layers there are ---- */

static struct copse_slice state_key(void)
{
    return copse_bytes_of_string("layers");
}

static enum copse_err learn(struct copse_layers *layers)
{
    struct copse_slice value;
    if (layers->is_known) {
        return COPSE_OK;
    }
    enum copse_err err = copse_db_get(layers->txn, &value, COPSE_DB_META, state_key());
    if (err == COPSE_OK &&
        (value.size < STATE_BYTES || value.size - STATE_BYTES > REST_BYTES_MAX)) {
        return COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK) {
        layers->state = (struct copse_layers_state){
            .first = copse_bytes_get_u32(value.data),
            .sealed = copse_bytes_get_u32(value.data + 4),
            .next = copse_bytes_get_u32(value.data + 8),
            .turn = copse_bytes_get_u32(value.data + 12),
            .keys = copse_bytes_get_u32(value.data + 16),
            .together = copse_bytes_get_u32(value.data + 20),
            .done_size = value.size - STATE_BYTES,
        };
        memcpy(layers->state.done, value.data + STATE_BYTES, layers->state.done_size);
    }
    layers->is_known = err == COPSE_OK || err == COPSE_ERR_NOT_FOUND;
    return layers->is_known ? COPSE_OK : err;
}

static enum copse_err note(const struct copse_layers *layers)
{
    const struct copse_layers_state *state = &layers->state;
    uint8_t value[STATE_BYTES + REST_BYTES_MAX];
    copse_bytes_put_u32(value, state->first);
    copse_bytes_put_u32(value + 4, state->sealed);
    copse_bytes_put_u32(value + 8, state->next);
    copse_bytes_put_u32(value + 12, state->turn);
    copse_bytes_put_u32(value + 16, state->keys);
    copse_bytes_put_u32(value + 20, state->together);
    memcpy(value + STATE_BYTES, state->done, state->done_size);
    return copse_db_put(layers->txn, COPSE_DB_META, state_key(),
                        (struct copse_slice){value, STATE_BYTES + state->done_size});
}

/* Where a layer lies. */
static enum copse_db_table home_of(const struct copse_layers_state *state, uint32_t layer)
{
    bool is_odd = ((state->turn + (layer < state->sealed ? 1u : 0u)) & 1u) != 0;
    return is_odd ? COPSE_DB_LAYERS_ODD : COPSE_DB_LAYERS_EVEN;
}

/* ---- rows of layers ---- */

/* `rest` is table and key. */
static struct copse_slice row_of(uint8_t room[ROW_BYTES_MAX], uint32_t layer,
                                 struct copse_slice rest)
{
    copse_bytes_put_u32(room, layer);
    if (rest.size > 0) {
        memcpy(room + NUMBER_BYTES, rest.data, rest.size);
    }
    return (struct copse_slice){room, NUMBER_BYTES + rest.size};
}

static struct copse_slice rest_of(uint8_t room[REST_BYTES_MAX], enum copse_db_table table,
                                  struct copse_slice key)
{
    COPSE_ASSERT(key.size <= COPSE_LAYERS_KEY_BYTES_MAX);
    room[0] = (uint8_t)table;
    memcpy(room + 1, key.data, key.size);
    return (struct copse_slice){room, 1 + key.size};
}

/* The first row of a layer whose rest is at least `from`: that rest. */
static enum copse_err seek_layer(const struct copse_layers *layers, struct copse_slice *rest,
                                 uint32_t layer, struct copse_slice from)
{
    uint8_t room[ROW_BYTES_MAX];
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err = copse_db_seek(layers->txn, &key, &value, home_of(&layers->state, layer),
                                       row_of(room, layer, from));
    if (err != COPSE_OK) {
        return err;
    }
    if (key.size <= NUMBER_BYTES || key.size - NUMBER_BYTES > REST_BYTES_MAX) {
        return COPSE_ERR_CORRUPT;
    }
    *rest = (struct copse_slice){key.data + NUMBER_BYTES, key.size - NUMBER_BYTES};
    return copse_bytes_get_u32(key.data) == layer ? COPSE_OK : COPSE_ERR_NOT_FOUND;
}

static enum copse_err put_in_table(struct copse_db_txn *txn, struct copse_slice rest)
{
    if (rest.data[0] >= COPSE_DB_TABLES) {
        return COPSE_ERR_CORRUPT;
    }
    return copse_db_put(txn, (enum copse_db_table)rest.data[0],
                        (struct copse_slice){rest.data + 1, rest.size - 1}, nothing);
}

/* ---- what waits ---- */

enum copse_err copse_layers_put(struct copse_layers *layers, enum copse_db_table table,
                                struct copse_slice key)
{
    uint8_t room[REST_BYTES_MAX];
    struct copse_slice rest = rest_of(room, table, key);
    enum copse_err err = copse_memory_grow(layers->memory, &layers->bytes, &layers->capacity,
                                           layers->size + rest.size, 1);
    if (err == COPSE_OK) {
        err = copse_memory_grow(layers->memory, &layers->keys, &layers->key_capacity,
                                layers->count + 1, sizeof *layers->keys);
    }
    if (err != COPSE_OK) {
        return err;
    }
    COPSE_ASSERT(layers->size <= UINT32_MAX);
    memcpy(layers->bytes + layers->size, rest.data, rest.size);
    layers->keys[layers->count++] =
        (struct copse_layers_key){(uint32_t)layers->size, (uint32_t)rest.size};
    layers->size += rest.size;
    return COPSE_OK;
}

static struct copse_slice waiting(const struct copse_layers *layers, size_t index)
{
    return (struct copse_slice){layers->bytes + layers->keys[index].at, layers->keys[index].size};
}

/* What waits goes into the tables, so that it can be read or taken away. */
static enum copse_err spill(struct copse_layers *layers)
{
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; err == COPSE_OK && i < layers->count; i++) {
        err = put_in_table(layers->txn, waiting(layers, i));
    }
    layers->count = 0;
    layers->size = 0;
    return err;
}

/* ---- reading ---- */

enum copse_err copse_layers_seek(struct copse_layers *layers, struct copse_slice *key,
                                 struct copse_slice *value, enum copse_db_table table,
                                 struct copse_slice from)
{
    uint8_t room[REST_BYTES_MAX];
    enum copse_err err = layers->count > 0 ? spill(layers) : COPSE_OK;
    if (err == COPSE_OK) {
        err = learn(layers);
    }
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_db_seek(layers->txn, key, value, table, from);
    if (layers->state.first == layers->state.next) {
        return err;
    }
    bool is_found = err == COPSE_OK;
    struct copse_slice rest = rest_of(room, table, from);
    for (uint32_t i = layers->state.first; i < layers->state.next; i++) {
        struct copse_slice found;
        if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
            return err;
        }
        err = seek_layer(layers, &found, i, rest);
        if (err != COPSE_OK || found.data[0] != (uint8_t)table) {
            continue;
        }
        struct copse_slice candidate = {found.data + 1, found.size - 1};
        if (!is_found || copse_bytes_compare(candidate, *key) < 0) {
            *key = candidate;
            *value = nothing;
            is_found = true;
        }
    }
    if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    return is_found ? COPSE_OK : COPSE_ERR_NOT_FOUND;
}

/* Is a key of a sealed layer in its table already? */
static bool is_done(const struct copse_layers_state *state, uint32_t layer, struct copse_slice rest)
{
    return layer < state->sealed &&
           copse_bytes_compare(rest, (struct copse_slice){state->done, state->done_size}) <= 0;
}

/* What comes right behind a key, to seek from. */
static struct copse_slice behind(uint8_t room[REST_BYTES_MAX + 1u], struct copse_slice rest)
{
    memmove(room, rest.data, rest.size);
    room[rest.size] = 0;
    return (struct copse_slice){room, rest.size + 1};
}

enum copse_err copse_layers_count(struct copse_layers *layers, uint64_t *count,
                                  enum copse_db_table table)
{
    uint8_t room[REST_BYTES_MAX + 1u];
    struct copse_slice rest;
    enum copse_err err = layers->count > 0 ? spill(layers) : COPSE_OK;
    if (err == COPSE_OK) {
        err = learn(layers);
    }
    if (err == COPSE_OK) {
        err = copse_db_count(layers->txn, count, table);
    }
    for (uint32_t i = layers->state.first; err == COPSE_OK && i < layers->state.next; i++) {
        struct copse_slice from = nothing;
        while ((err = seek_layer(layers, &rest, i, from)) == COPSE_OK) {
            *count += rest.data[0] == (uint8_t)table && !is_done(&layers->state, i, rest);
            from = behind(room, rest);
        }
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    return err;
}

/* ---- taking away ---- */

enum copse_err copse_layers_del(struct copse_layers *layers, enum copse_db_table table,
                                struct copse_slice key)
{
    uint8_t room[REST_BYTES_MAX];
    uint8_t row[ROW_BYTES_MAX];
    struct copse_slice rest = rest_of(room, table, key);
    enum copse_err err = layers->count > 0 ? spill(layers) : COPSE_OK;
    if (err == COPSE_OK) {
        err = learn(layers);
    }
    if (err == COPSE_OK) {
        err = copse_db_del(layers->txn, table, key);
    }
    for (uint32_t i = layers->state.first; err == COPSE_OK && i < layers->state.next; i++) {
        err = copse_db_del(layers->txn, home_of(&layers->state, i), row_of(row, i, rest));
    }
    return err;
}

/* ---- folding ---- */

/* The least row of a sealed layer that is not folded yet. */
struct head {
    uint32_t layer;
    uint32_t size;
    uint8_t rest[REST_BYTES_MAX];
};

/* The heads of all sealed layers that are not at their end, as a heap: the least one on top. */
struct heap {
    struct head *heads; /* in the order of layers */
    struct head **items;
    size_t count;
};

static struct copse_slice slice_of(const struct head *head)
{
    return (struct copse_slice){head->rest, head->size};
}

/* Move the item at the top down to where it belongs. */
static void sift(struct heap *heap, size_t at)
{
    for (size_t child = 2 * at + 1; child < heap->count; child = 2 * at + 1) {
        struct head **items = heap->items;
        if (child + 1 < heap->count &&
            copse_bytes_compare(slice_of(items[child + 1]), slice_of(items[child])) < 0) {
            child++;
        }
        if (copse_bytes_compare(slice_of(items[at]), slice_of(items[child])) <= 0) {
            return;
        }
        struct head *other = items[at];
        items[at] = items[child];
        items[child] = other;
        at = child;
    }
}

/* The least row of its layer behind `done`. */
static enum copse_err fill_head(struct head *head, const struct copse_layers *layers,
                                struct copse_slice done)
{
    uint8_t room[REST_BYTES_MAX + 1u];
    struct copse_slice rest;
    enum copse_err err =
        seek_layer(layers, &rest, head->layer, done.size > 0 ? behind(room, done) : done);
    if (err == COPSE_OK) {
        memcpy(head->rest, rest.data, rest.size);
        head->size = (uint32_t)rest.size;
    }
    return err;
}

static enum copse_err make_heap(struct heap *heap, const struct copse_layers *layers)
{
    const struct copse_layers_state *state = &layers->state;
    size_t count = state->sealed - state->first;
    heap->count = 0;
    heap->heads = copse_memory_new(layers->memory, count, sizeof *heap->heads);
    heap->items = copse_memory_new(layers->memory, count, sizeof(struct head *));
    if (heap->heads == NULL || heap->items == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        struct head *head = &heap->heads[i];
        head->layer = state->first + (uint32_t)i;
        enum copse_err err =
            fill_head(head, layers, (struct copse_slice){state->done, state->done_size});
        if (err == COPSE_OK) {
            heap->items[heap->count++] = head;
        } else if (err != COPSE_ERR_NOT_FOUND) {
            return err;
        }
    }
    for (size_t i = heap->count / 2; i > 0; i--) {
        sift(heap, i - 1);
    }
    return COPSE_OK;
}

/* Put the least of all heads into its table. */
static enum copse_err fold_least(struct heap *heap, struct copse_layers *layers)
{
    struct head *least = heap->items[0];
    struct copse_layers_state *state = &layers->state;
    enum copse_err err = put_in_table(layers->txn, slice_of(least));
    memcpy(state->done, least->rest, least->size);
    state->done_size = least->size;
    if (err == COPSE_OK) {
        err = fill_head(least, layers, slice_of(least));
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        heap->items[0] = heap->items[--heap->count];
        err = COPSE_OK;
    }
    sift(heap, 0);
    return err;
}

static enum copse_err fold(struct copse_layers *layers, size_t max)
{
    struct heap heap = {NULL, NULL, 0};
    struct copse_layers_state *state = &layers->state;
    if (state->first == state->sealed) {
        return COPSE_OK;
    }
    enum copse_err err = make_heap(&heap, layers);
    for (size_t i = 0; err == COPSE_OK && heap.count > 0 && i < max; i++) {
        err = fold_least(&heap, layers);
    }
    if (err == COPSE_OK && heap.count == 0) {
        err = copse_db_clear(layers->txn, home_of(state, state->first));
        state->first = state->sealed;
        state->done_size = 0;
    }
    copse_memory_free(layers->memory, heap.heads);
    copse_memory_free(layers->memory, heap.items);
    return err;
}

static void seal(struct copse_layers_state *state)
{
    state->sealed = state->next;
    state->together = state->keys;
    state->keys = 0;
    state->turn++;
}

/* ---- writing ---- */

static int compare_slices(const void *a, const void *b)
{
    return copse_bytes_compare(*(const struct copse_slice *)a, *(const struct copse_slice *)b);
}

/* All that waits, in order; it has to be given back. NULL: no memory. */
static struct copse_slice *sort_waiting(const struct copse_layers *layers)
{
    struct copse_slice *sorted = copse_memory_new(layers->memory, layers->count, sizeof *sorted);
    for (size_t i = 0; sorted != NULL && i < layers->count; i++) {
        sorted[i] = waiting(layers, i);
    }
    if (sorted != NULL) {
        qsort(sorted, layers->count, sizeof *sorted, compare_slices);
    }
    return sorted;
}

static enum copse_err write_waiting(struct copse_layers *layers, const struct copse_slice *sorted)
{
    uint8_t row[ROW_BYTES_MAX];
    bool is_layer = layers->count > COPSE_LAYERS_FEW;
    uint32_t number = layers->state.next;
    enum copse_db_table home = home_of(&layers->state, number);
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; err == COPSE_OK && i < layers->count; i++) {
        err = is_layer ? copse_db_put(layers->txn, home, row_of(row, number, sorted[i]), nothing)
                       : put_in_table(layers->txn, sorted[i]);
    }
    if (err == COPSE_OK && is_layer) {
        layers->state.next++;
        layers->state.keys += (uint32_t)layers->count;
    }
    return err;
}

enum copse_err copse_layers_flush(struct copse_layers *layers)
{
    struct copse_layers_state *state = &layers->state;
    size_t count = layers->count;
    if (count == 0) {
        return COPSE_OK;
    }
    enum copse_err err = learn(layers);
    struct copse_slice *sorted = err == COPSE_OK ? sort_waiting(layers) : NULL;
    if (sorted == NULL) {
        return err == COPSE_OK ? COPSE_ERR_NOMEM : err;
    }
    err = write_waiting(layers, sorted);
    copse_memory_free(layers->memory, sorted);
    layers->count = 0;
    layers->size = 0;
    if (err != COPSE_OK || count <= COPSE_LAYERS_FEW) {
        return err;
    }
    if (state->first == state->sealed &&
        (state->keys >= COPSE_LAYERS_KEYS_MAX || state->next - state->sealed >= COPSE_LAYERS_MAX)) {
        seal(state);
    }
    size_t share = state->together / (COPSE_LAYERS_MAX - 1);
    err = fold(layers, count + count / 8 > share ? count + count / 8 : share);
    return err == COPSE_OK ? note(layers) : err;
}

enum copse_err copse_layers_has(struct copse_layers *layers, bool *out)
{
    enum copse_err err = learn(layers);
    *out = err == COPSE_OK && layers->state.first < layers->state.next;
    return err;
}

enum copse_err copse_layers_tidy(struct copse_layers *layers, bool *left, size_t max)
{
    struct copse_layers_state *state = &layers->state;
    enum copse_err err = learn(layers);
    if (err == COPSE_OK && state->first < state->next) {
        if (state->first == state->sealed) {
            seal(state);
        }
        err = fold(layers, max);
        if (err == COPSE_OK) {
            err = note(layers);
        }
    }
    *left = err == COPSE_OK && state->first < state->next;
    return err;
}
