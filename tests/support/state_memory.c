/* How it works: `pairs` is sorted by key. A pair is one allocation and is replaced,
 * never changed, so that a slice of an old value cannot quietly become the new one.
 */
#include "tests/support/state_memory.h"

#include <sodium.h>
#include <string.h>

struct pair {
    size_t key_size;
    size_t value_size;
    uint8_t bytes[]; /* the key, then the value */
};

struct copse_state_memory {
    const struct copse_memory *memory;
    enum copse_state_memory_mode mode;
    struct copse_state port;
    struct pair **pairs;
    size_t count;
    size_t capacity;
    struct pair **lent; /* copies that were answered since the last write */
    size_t lent_count;
    size_t lent_capacity;
};

static struct copse_slice key_of(const struct pair *pair)
{
    return (struct copse_slice){pair->bytes, pair->key_size};
}

static struct copse_slice value_of(const struct pair *pair)
{
    return (struct copse_slice){pair->bytes + pair->key_size, pair->value_size};
}

static struct pair *pair_new(const struct copse_memory *memory, struct copse_slice key,
                             struct copse_slice value)
{
    struct pair *pair = copse_memory_new(memory, 1, sizeof *pair + key.size + value.size);
    if (pair == NULL) {
        return NULL;
    }
    pair->key_size = key.size;
    pair->value_size = value.size;
    memcpy(pair->bytes, key.data, key.size);
    if (value.size > 0) {
        memcpy(pair->bytes + key.size, value.data, value.size);
    }
    return pair;
}

static void end_loans(struct copse_state_memory *map)
{
    for (size_t i = 0; i < map->lent_count; i++) {
        copse_memory_free(map->memory, map->lent[i]);
    }
    map->lent_count = 0;
}

/* What to answer with for `pair`: itself, or in strict mode a copy that lives until a write. */
static enum copse_err lend(struct copse_state_memory *map, const struct pair **out,
                           const struct pair *pair)
{
    if (map->mode == COPSE_STATE_MEMORY_FAST) {
        *out = pair;
        return COPSE_OK;
    }
    enum copse_err err = copse_memory_grow(map->memory, &map->lent, &map->lent_capacity,
                                           map->lent_count + 1, sizeof(struct pair *));
    if (err != COPSE_OK) {
        return err;
    }
    struct pair *copy = pair_new(map->memory, key_of(pair), value_of(pair));
    if (copy == NULL) {
        return COPSE_ERR_NOMEM;
    }
    map->lent[map->lent_count++] = copy;
    *out = copy;
    return COPSE_OK;
}

/* The first place whose key is not below `key`. */
static size_t lower_bound(const struct copse_state_memory *map, struct copse_slice key)
{
    size_t low = 0;
    size_t high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (copse_bytes_compare(key_of(map->pairs[middle]), key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool holds(const struct copse_state_memory *map, size_t place, struct copse_slice key)
{
    return place < map->count && copse_bytes_equal(key_of(map->pairs[place]), key);
}

static enum copse_err map_get(void *context, struct copse_slice *value, struct copse_slice key)
{
    struct copse_state_memory *map = context;
    const struct pair *answer = NULL;
    size_t place = lower_bound(map, key);
    if (!holds(map, place, key)) {
        return COPSE_ERR_NOT_FOUND;
    }
    enum copse_err err = lend(map, &answer, map->pairs[place]);
    if (err == COPSE_OK) {
        *value = value_of(answer);
    }
    return err;
}

static enum copse_err map_put(void *context, struct copse_slice key, struct copse_slice value)
{
    struct copse_state_memory *map = context;
    enum copse_err err = copse_memory_grow(map->memory, &map->pairs, &map->capacity, map->count + 1,
                                           sizeof(struct pair *));
    if (err != COPSE_OK) {
        return err;
    }
    /* Copied before anything is freed: `value` may be a slice that this map lent. */
    struct pair *fresh = pair_new(map->memory, key, value);
    if (fresh == NULL) {
        return COPSE_ERR_NOMEM;
    }
    size_t place = lower_bound(map, key);
    if (holds(map, place, key)) {
        copse_memory_free(map->memory, map->pairs[place]);
    } else {
        memmove(&map->pairs[place + 1], &map->pairs[place],
                (map->count - place) * sizeof(struct pair *));
        map->count++;
    }
    map->pairs[place] = fresh;
    end_loans(map);
    return COPSE_OK;
}

static enum copse_err map_del(void *context, struct copse_slice key)
{
    struct copse_state_memory *map = context;
    size_t place = lower_bound(map, key);
    if (holds(map, place, key)) {
        copse_memory_free(map->memory, map->pairs[place]);
        map->count--;
        memmove(&map->pairs[place], &map->pairs[place + 1],
                (map->count - place) * sizeof(struct pair *));
    }
    end_loans(map);
    return COPSE_OK;
}

static enum copse_err map_seek(void *context, struct copse_slice *key, struct copse_slice *value,
                               struct copse_slice from)
{
    struct copse_state_memory *map = context;
    const struct pair *answer = NULL;
    size_t place = lower_bound(map, from);
    if (place == map->count) {
        return COPSE_ERR_NOT_FOUND;
    }
    enum copse_err err = lend(map, &answer, map->pairs[place]);
    if (err == COPSE_OK) {
        *key = key_of(answer);
        *value = value_of(answer);
    }
    return err;
}

struct copse_state_memory *copse_state_memory_new(const struct copse_memory *memory,
                                                  enum copse_state_memory_mode mode)
{
    struct copse_state_memory *map = copse_memory_new(memory, 1, sizeof *map);
    if (map != NULL) {
        map->memory = memory;
        map->mode = mode;
        map->port = (struct copse_state){map_get, map_put, map_del, map_seek, map};
    }
    return map;
}

void copse_state_memory_free(struct copse_state_memory *map)
{
    if (map == NULL) {
        return;
    }
    end_loans(map);
    for (size_t i = 0; i < map->count; i++) {
        copse_memory_free(map->memory, map->pairs[i]);
    }
    copse_memory_free(map->memory, map->lent);
    copse_memory_free(map->memory, map->pairs);
    copse_memory_free(map->memory, map);
}

const struct copse_state *copse_state_memory_port(struct copse_state_memory *map)
{
    return &map->port;
}

size_t copse_state_memory_count(const struct copse_state_memory *map)
{
    return map->count;
}

void copse_state_memory_at(const struct copse_state_memory *map, struct copse_slice *key,
                           struct copse_slice *value, size_t index)
{
    COPSE_ASSERT(index < map->count);
    *key = key_of(map->pairs[index]);
    *value = value_of(map->pairs[index]);
}

static void hash_slice(crypto_generichash_state *hash, struct copse_slice bytes)
{
    uint8_t size[8];
    copse_bytes_put_u64(size, bytes.size);
    (void)crypto_generichash_update(hash, size, sizeof size);
    (void)crypto_generichash_update(hash, bytes.data, bytes.size);
}

struct copse_id copse_state_memory_digest(const struct copse_state_memory *map)
{
    struct copse_id digest;
    crypto_generichash_state hash;
    (void)crypto_generichash_init(&hash, NULL, 0, sizeof digest.bytes);
    for (size_t i = 0; i < map->count; i++) {
        hash_slice(&hash, key_of(map->pairs[i]));
        hash_slice(&hash, value_of(map->pairs[i]));
    }
    (void)crypto_generichash_final(&hash, digest.bytes, sizeof digest.bytes);
    return digest;
}

static void print_pair(const char *label, const struct copse_state_memory *map, size_t index)
{
    (void)fprintf(stderr, "%s: ", label);
    if (index >= map->count) {
        (void)fprintf(stderr, "nothing\n");
        return;
    }
    const struct pair *pair = map->pairs[index];
    for (size_t i = 0; i < pair->key_size + pair->value_size; i++) {
        (void)fprintf(stderr, "%s%02x", i == pair->key_size ? " = " : "", pair->bytes[i]);
    }
    (void)fprintf(stderr, "\n");
}

bool copse_state_memory_equal(const struct copse_state_memory *a,
                              const struct copse_state_memory *b)
{
    size_t count = a->count > b->count ? a->count : b->count;
    for (size_t i = 0; i < count; i++) {
        if (i >= a->count || i >= b->count ||
            !copse_bytes_equal(key_of(a->pairs[i]), key_of(b->pairs[i])) ||
            !copse_bytes_equal(value_of(a->pairs[i]), value_of(b->pairs[i]))) {
            (void)fprintf(stderr, "the maps differ at pair %zu\n", i);
            print_pair("one", a, i);
            print_pair("two", b, i);
            return false;
        }
    }
    return true;
}
