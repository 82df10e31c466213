/* How it works: items in order of arrival, a table of buckets from id to item, and one
 * struct copse_log for each log. Dropping marks what hangs from the entry, forgets all logs
 * and appends what is left again, so there is one way only in which a tree comes about.
 */
#include "tests/support/memory_source.h"

#include <stdlib.h>
#include <string.h>

#define NO_LOG UINT64_MAX

struct item {
    struct copse_held held;
    struct item *prev;
    struct item *next_in_bucket;
    uint64_t data_log; /* of a JOIN: number of its class 1 log, or NO_LOG */
    uint8_t *bytes;
    size_t size;
    uint8_t *salted; /* NULL: none here */
    bool is_dropped;
};

struct loose {
    struct copse_id id;
    struct copse_id object;
    uint8_t *bytes;
    size_t size;
};

struct memory_source {
    struct loose *loose; /* by id */
    size_t loose_count;
    struct copse_id community;
    bool has_community;
    struct item **items;
    size_t count;
    size_t capacity;
    struct item **buckets;
    size_t bucket_count; /* a power of two */
    struct copse_log **logs;
    size_t log_count;
    size_t log_capacity;
};

static void *checked(void *pointer)
{
    if (pointer == NULL) {
        abort();
    }
    return pointer;
}

static uint8_t *dup_bytes(struct copse_slice bytes)
{
    uint8_t *copy = checked(malloc(bytes.size + 1));
    if (bytes.size > 0) {
        memcpy(copy, bytes.data, bytes.size);
    }
    return copy;
}

struct memory_source *memory_source_new(const struct copse_id *community)
{
    struct memory_source *source = checked(calloc(1, sizeof *source));
    source->bucket_count = 64;
    source->buckets = checked(calloc(source->bucket_count, sizeof(struct item *)));
    if (community != NULL) {
        source->community = *community;
        source->has_community = true;
    }
    return source;
}

static void free_item(struct item *item)
{
    free(item->bytes);
    free(item->salted);
    free(item);
}

void memory_source_free(struct memory_source *source)
{
    if (source == NULL) {
        return;
    }
    for (size_t i = 0; i < source->count; i++) {
        free_item(source->items[i]);
    }
    for (size_t i = 0; i < source->log_count; i++) {
        free(source->logs[i]);
    }
    for (size_t i = 0; i < source->loose_count; i++) {
        free(source->loose[i].bytes);
    }
    free(source->loose);
    free(source->items);
    free(source->buckets);
    free(source->logs);
    free(source);
}

static struct item **bucket_of(const struct memory_source *source, const struct copse_id *id)
{
    size_t hash = 0;
    memcpy(&hash, id->bytes, sizeof hash);
    return &source->buckets[hash & (source->bucket_count - 1)];
}

static struct item *find_item(const struct memory_source *source, const struct copse_id *id)
{
    struct item *item = *bucket_of(source, id);
    while (item != NULL && !copse_bytes_equal_ids(&item->held.id, id)) {
        item = item->next_in_bucket;
    }
    return item;
}

static void index_item(struct memory_source *source, struct item *item)
{
    struct item **bucket = bucket_of(source, &item->held.id);
    item->next_in_bucket = *bucket;
    *bucket = item;
}

static void index_all(struct memory_source *source)
{
    memset(source->buckets, 0, source->bucket_count * sizeof(struct item *));
    for (size_t i = 0; i < source->count; i++) {
        index_item(source, source->items[i]);
    }
}

static void make_room(struct memory_source *source)
{
    if (source->count == source->capacity) {
        source->capacity = source->capacity == 0 ? 64 : source->capacity * 2;
        source->items = checked(realloc(source->items, source->capacity * sizeof(struct item *)));
    }
    if (source->count >= source->bucket_count) {
        source->bucket_count *= 2;
        source->buckets =
            checked(realloc(source->buckets, source->bucket_count * sizeof(struct item *)));
        index_all(source);
    }
}

static uint64_t new_log(struct memory_source *source, const struct copse_id *join,
                        const struct copse_entry *entry)
{
    if (source->log_count == source->log_capacity) {
        source->log_capacity = source->log_capacity == 0 ? 16 : source->log_capacity * 2;
        source->logs =
            checked(realloc(source->logs, source->log_capacity * sizeof(struct copse_log *)));
    }
    struct copse_log *log = checked(calloc(1, sizeof *log));
    log->join = *join;
    log->author = entry->author;
    log->class = entry->class;
    source->logs[source->log_count] = log;
    return source->log_count++;
}

/* Give an item its place in its log, and its trail. LIMIT: nothing changed. */
static enum copse_err place(struct memory_source *source, struct item *item)
{
    struct copse_held *held = &item->held;
    struct item *prev = item->prev;
    bool is_first = held->entry.seq == 0;
    bool is_new = false;
    if (!is_first) {
        held->position.log = prev->held.position.log;
    } else if (prev == NULL || prev->data_log == NO_LOG) {
        held->position.log =
            new_log(source, prev == NULL ? &held->id : &prev->held.id, &held->entry);
        is_new = true;
    } else {
        held->position.log = prev->data_log;
    }
    enum copse_err err = copse_log_append(source->logs[held->position.log], &held->position.branch,
                                          is_first ? NULL : &prev->held.position, &held->id);
    if (err != COPSE_OK) {
        return err;
    }
    if (is_new && prev != NULL) {
        prev->data_log = held->position.log;
    }
    held->position.seq = held->entry.seq;
    copse_entry_trail(&held->trail, prev == NULL ? NULL : &prev->held.trail, &held->entry,
                      &held->id);
    return COPSE_OK;
}

/* Form along the log. Sets item->prev. */
static enum copse_err check_form(struct memory_source *source, struct item *item)
{
    const struct copse_entry *entry = &item->held.entry;
    const struct copse_id *community = copse_entry_community(entry, &item->held.id);
    if (!source->has_community) {
        if (!copse_bytes_is_zero(&entry->community)) {
            return COPSE_ERR_NOT_FOUND;
        }
        source->community = *community;
        source->has_community = true;
    }
    if (!copse_bytes_equal_ids(community, &source->community)) {
        return COPSE_ERR_FORM;
    }
    if (!entry->has_prev) {
        return COPSE_OK;
    }
    item->prev = find_item(source, &entry->prev);
    return item->prev == NULL
               ? COPSE_ERR_NOT_FOUND
               : copse_entry_follows(entry, &item->prev->held.entry, &item->prev->held.id);
}

static enum copse_err take_content(struct item *item, struct copse_slice salted)
{
    if (salted.data == NULL) {
        return COPSE_OK;
    }
    enum copse_err err = copse_entry_check_content(&item->held.entry, salted);
    if (err != COPSE_OK) {
        return err;
    }
    uint8_t *copy = dup_bytes(salted);
    free(item->salted);
    item->salted = copy;
    item->held.content = (struct copse_slice){copy + COPSE_CONTENT_SALT_BYTES,
                                              salted.size - COPSE_CONTENT_SALT_BYTES};
    item->held.content_state = COPSE_CONTENT_PRESENT;
    return COPSE_OK;
}

enum copse_err memory_source_add(struct memory_source *source, struct copse_id *id,
                                 struct copse_slice entry, struct copse_slice salted)
{
    struct item *item = checked(calloc(1, sizeof *item));
    item->bytes = dup_bytes(entry);
    item->size = entry.size;
    item->data_log = NO_LOG;
    struct copse_held *held = &item->held;
    enum copse_err err =
        copse_entry_decode(&held->entry, (struct copse_slice){item->bytes, item->size});
    if (err != COPSE_OK) {
        goto fail;
    }
    copse_id_of_entry(&held->id, entry);
    if (id != NULL) {
        *id = held->id;
    }
    if (find_item(source, &held->id) != NULL) {
        err = COPSE_ERR_EXISTS;
        goto fail;
    }
    held->content_state =
        held->entry.content_size == 0 ? COPSE_CONTENT_NONE : COPSE_CONTENT_MISSING;
    err = check_form(source, item);
    if (err != COPSE_OK) {
        goto fail;
    }
    err = take_content(item, salted);
    if (err != COPSE_OK) {
        goto fail;
    }
    err = place(source, item);
    if (err != COPSE_OK) {
        goto fail;
    }
    make_room(source);
    source->items[source->count++] = item;
    index_item(source, item);
    return COPSE_OK;

fail:
    free_item(item);
    return err;
}

/* Append every item to fresh logs, in order of arrival. */
static void place_all(struct memory_source *source)
{
    for (size_t i = 0; i < source->log_count; i++) {
        free(source->logs[i]);
    }
    source->log_count = 0;
    for (size_t i = 0; i < source->count; i++) {
        source->items[i]->data_log = NO_LOG;
        if (place(source, source->items[i]) != COPSE_OK) {
            abort(); /* fewer branches than there were */
        }
    }
}

bool memory_source_drop(struct memory_source *source, const struct copse_id *id)
{
    struct item *first = find_item(source, id);
    if (first == NULL) {
        return false;
    }
    first->is_dropped = true;
    for (size_t i = 0; i < source->count; i++) {
        struct item *item = source->items[i];
        if (item->prev != NULL && item->prev->is_dropped) {
            item->is_dropped = true;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < source->count; i++) {
        if (source->items[i]->is_dropped) {
            free_item(source->items[i]);
        } else {
            source->items[kept++] = source->items[i];
        }
    }
    source->count = kept;
    index_all(source);
    place_all(source);
    return true;
}

enum copse_err memory_source_set_content(struct memory_source *source, const struct copse_id *id,
                                         enum copse_content_state state, struct copse_slice salted)
{
    struct item *item = find_item(source, id);
    if (item == NULL) {
        return COPSE_ERR_NOT_FOUND;
    }
    if (salted.data != NULL) {
        return take_content(item, salted);
    }
    free(item->salted);
    item->salted = NULL;
    item->held.content = (struct copse_slice){NULL, 0};
    item->held.content_state = state;
    return COPSE_OK;
}

size_t memory_source_count(const struct memory_source *source)
{
    return source->count;
}

const struct copse_held *memory_source_at(const struct memory_source *source, size_t index)
{
    return &source->items[index]->held;
}

struct copse_slice memory_source_bytes(const struct memory_source *source,
                                       const struct copse_id *id)
{
    const struct item *item = find_item(source, id);
    return item == NULL ? (struct copse_slice){NULL, 0}
                        : (struct copse_slice){item->bytes, item->size};
}

/* ---- loose ---- */

/* The first that is not before `id`. */
static size_t loose_at(const struct memory_source *source, const struct copse_id *id)
{
    size_t at = 0;
    while (at < source->loose_count && copse_bytes_compare_ids(&source->loose[at].id, id) < 0) {
        at++;
    }
    return at;
}

static bool is_loose(const struct memory_source *source, size_t at, const struct copse_id *id)
{
    return at < source->loose_count && copse_bytes_equal_ids(&source->loose[at].id, id);
}

void memory_source_add_loose(struct memory_source *source, const struct copse_id *object,
                             struct copse_slice entry)
{
    struct loose fresh = {.object = *object, .bytes = dup_bytes(entry), .size = entry.size};
    copse_id_of_entry(&fresh.id, entry);
    size_t at = loose_at(source, &fresh.id);
    if (is_loose(source, at, &fresh.id)) {
        free(fresh.bytes);
        return;
    }
    size_t count = source->loose_count + 1;
    source->loose = checked(realloc(source->loose, count * sizeof *source->loose));
    memmove(source->loose + at + 1, source->loose + at,
            (source->loose_count - at) * sizeof *source->loose);
    source->loose[at] = fresh;
    source->loose_count = count;
}

void memory_source_drop_loose(struct memory_source *source, const struct copse_id *id)
{
    size_t at = loose_at(source, id);
    if (is_loose(source, at, id)) {
        free(source->loose[at].bytes);
        source->loose_count--;
        memmove(source->loose + at, source->loose + at + 1,
                (source->loose_count - at) * sizeof *source->loose);
    }
}

size_t memory_source_loose_count(const struct memory_source *source)
{
    return source->loose_count;
}

const struct copse_id *memory_source_loose_object(const struct memory_source *source, size_t index)
{
    return &source->loose[index].object;
}

struct copse_slice memory_source_loose(const struct memory_source *source,
                                       const struct copse_id *id)
{
    size_t at = loose_at(source, id);
    return is_loose(source, at, id)
               ? (struct copse_slice){source->loose[at].bytes, source->loose[at].size}
               : (struct copse_slice){NULL, 0};
}

/* ---- the port ---- */

static enum copse_err port_find(void *context, struct copse_held *out, const struct copse_id *id)
{
    const struct item *item = find_item(context, id);
    if (item == NULL) {
        return COPSE_ERR_NOT_FOUND;
    }
    *out = item->held;
    return COPSE_OK;
}

static const struct copse_log *port_log(void *context, uint64_t log)
{
    const struct memory_source *source = context;
    return log < source->log_count ? source->logs[log] : NULL;
}

static enum copse_err port_next_control(void *context, struct copse_held *out, uint64_t *cursor)
{
    const struct memory_source *source = context;
    while (*cursor < source->count) {
        const struct item *item = source->items[(*cursor)++];
        if (item->held.entry.class == COPSE_ENTRY_CONTROL) {
            *out = item->held;
            return COPSE_OK;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

static enum copse_err port_next_loose(void *context, struct copse_source_loose *out,
                                      struct copse_id *cursor, const struct copse_id *object)
{
    const struct memory_source *source = context;
    size_t at = loose_at(source, cursor);
    for (at += is_loose(source, at, cursor) ? 1 : 0; at < source->loose_count; at++) {
        const struct loose *loose = &source->loose[at];
        if (copse_bytes_equal_ids(&loose->object, object)) {
            out->id = loose->id;
            *cursor = loose->id;
            return copse_entry_decode(&out->entry, (struct copse_slice){loose->bytes, loose->size});
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

struct copse_source memory_source_port(struct memory_source *source)
{
    return (struct copse_source){port_find, port_log, port_next_control, port_next_loose, source};
}
