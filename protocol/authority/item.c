/* How it works: where nothing is cut away the branches give the leaves. Of a clipped log the named
 * leaves do, of which none is inside another: so there is one on a branch at most.
 */
#include "protocol/authority/item.h"

#include "protocol/base/sort.h"

#include <sodium.h>
#include <string.h>

struct finder {
    struct copse_item *items;
    size_t count;
    const struct copse_state *state;
    const struct copse_source *source;
    const struct copse_log *log;
    uint64_t number;
};

static void add(struct finder *finder, const struct copse_id *id,
                const struct copse_position *position)
{
    COPSE_ASSERT(finder->count < COPSE_ITEM_OF_LOG_MAX);
    finder->items[finder->count++] = (struct copse_item){.author = finder->log->author,
                                                         .id = *id,
                                                         .position = *position,
                                                         .class = finder->log->class};
}

/* Add a leaf unless it is inside one that was added; take out those inside it. */
static void add_clip(struct finder *finder, const struct copse_id *id,
                     const struct copse_position *position)
{
    size_t kept = 0;
    for (size_t i = 0; i < finder->count; i++) {
        if (copse_log_reaches(finder->log, position, &finder->items[i].position)) {
            return;
        }
    }
    for (size_t i = 0; i < finder->count; i++) {
        if (!copse_log_reaches(finder->log, &finder->items[i].position, position)) {
            finder->items[kept++] = finder->items[i];
        }
    }
    finder->count = kept;
    add(finder, id, position);
}

/* The leaves named for the log that are held and not void, from this seq on. */
static enum copse_err find_named(struct finder *finder, uint32_t low)
{
    const struct copse_source *source = finder->source;
    struct copse_wanted_cursor cursor = {0, 0};
    struct copse_wanted_leaf named;
    struct copse_held held;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK) {
        err = copse_wanted_next_leaf(&named, &cursor, finder->state, &finder->log->join);
        if (err != COPSE_OK || named.class != finder->log->class || named.seq < low) {
            continue;
        }
        err = source->find(source->context, &held, &named.id);
        /* A leaf that says another seq is void: nobody offers what it names (SPEC 7.3). */
        if (err == COPSE_OK && held.position.log == finder->number &&
            held.position.seq == named.seq) {
            add_clip(finder, &held.id, &held.position);
        }
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* The branch that leaves the others, or begins beside them, at the fork seq. */
static uint32_t find_fork(const struct copse_log *log, uint32_t fork_seq)
{
    uint32_t i = log->branch_count;
    while (i > 0) {
        i--;
        if (log->branches[i].first_seq == fork_seq) {
            break;
        }
    }
    return i;
}

/* SPEC 10.11: "A frozen log has one item instead: the fork seq in the place of seq, and as id that
 * of the last entry of its trunk (zeros if there is none); and besides it the leaves that are named
 * for it (7.9), held and not void, at or behind the fork seq, but for those inside another." */
static enum copse_err find_frozen(struct finder *finder, uint32_t fork_seq)
{
    uint32_t branch = find_fork(finder->log, fork_seq);
    struct copse_position position = {finder->number, branch, fork_seq};
    struct copse_id trunk = {{0}};
    struct copse_held held;
    if (fork_seq > 0) {
        enum copse_err err = finder->source->find(finder->source->context, &held,
                                                  &finder->log->branches[branch].first);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
        trunk = held.entry.prev;
    }
    enum copse_err err = find_named(finder, fork_seq);
    add(finder, &trunk, &position);
    finder->items[finder->count - 1].is_frozen = true;
    return err;
}

static enum copse_err find_whole(struct finder *finder)
{
    uint32_t fork_seq = 0;
    if (copse_log_is_frozen(&fork_seq, finder->log)) {
        return find_frozen(finder, fork_seq);
    }
    for (uint32_t i = 0; i < finder->log->branch_count; i++) {
        const struct copse_log_branch *branch = &finder->log->branches[i];
        struct copse_position position = {finder->number, i, branch->last_seq};
        add(finder, &branch->leaf, &position);
    }
    return COPSE_OK;
}

/* SPEC 7.9: "wanted are its JOIN, the leaves that are named for it and not void, and their
 * ancestors in it" */
static enum copse_err find_clipped(struct finder *finder)
{
    const struct copse_source *source = finder->source;
    struct copse_held held;
    if (finder->log->class == COPSE_ENTRY_CONTROL) {
        enum copse_err err = source->find(source->context, &held, &finder->log->join);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
        add(finder, &held.id, &held.position);
    }
    return find_named(finder, 0);
}

enum copse_err copse_item_of_log(struct copse_item out[COPSE_ITEM_OF_LOG_MAX], size_t *count,
                                 const struct copse_state *state, const struct copse_source *source,
                                 uint64_t number)
{
    struct finder finder = {out, 0, state, source, source->log(source->context, number), number};
    enum copse_wanted_extent extent = COPSE_WANTED_NOTHING;
    *count = 0;
    if (finder.log == NULL) {
        return COPSE_OK;
    }
    enum copse_err err = copse_wanted_of_log(&extent, state, &finder.log->join, finder.log->class);
    if (err == COPSE_OK && extent == COPSE_WANTED_ALL) {
        err = find_whole(&finder);
    } else if (err == COPSE_OK && extent == COPSE_WANTED_CLIPPED) {
        err = find_clipped(&finder);
    }
    *count = finder.count;
    return err;
}

/* ---- the digest ---- */

#define ROW_BYTES (1u + COPSE_ID_BYTES + 4u + COPSE_ID_BYTES)

static void write_row(uint8_t row[ROW_BYTES], const struct copse_item *item)
{
    row[0] = (uint8_t)item->class;
    memcpy(row + 1, item->author.bytes, COPSE_ID_BYTES);
    copse_bytes_put_u32(row + 1 + COPSE_ID_BYTES, item->position.seq);
    memcpy(row + 5 + COPSE_ID_BYTES, item->id.bytes, COPSE_ID_BYTES);
}

static int compare_items(const void *a, const void *b)
{
    uint8_t x[ROW_BYTES];
    uint8_t y[ROW_BYTES];
    write_row(x, a);
    write_row(y, b);
    return memcmp(x, y, sizeof x);
}

/* SPEC 10.11: "The *entries digest* is the hash (3.1, `copse.items.v1`) of the items of both
 * classes" */
void copse_item_digest(struct copse_id *out, struct copse_item *items, size_t count)
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "copse.items.v1";
    crypto_generichash_blake2b_state hash;
    int failed = crypto_generichash_blake2b_init_salt_personal(&hash, NULL, 0, sizeof out->bytes,
                                                               NULL, personal);
    COPSE_ASSERT(failed == 0);
    if (count > 0) {
        copse_sort(items, count, sizeof *items, compare_items);
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t row[ROW_BYTES];
        write_row(row, &items[i]);
        (void)crypto_generichash_blake2b_update(&hash, row, sizeof row);
    }
    (void)crypto_generichash_blake2b_final(&hash, out->bytes, sizeof out->bytes);
}
