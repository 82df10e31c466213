/* How it works: units wait in the order they came. A flush goes through them in stretches of one
 * community and class. Class 0 is stored as it comes, since who stands can be said only when all of
 * it is here, but no more of it than a limit for what nobody stands behind; of class 1 only what is
 * wanted by the class 0 that is stored by then. What is refused was of no use here; the peer is
 * told by the outcome and nothing else.
 */
#include "node/peering/ingest.h"

#include "node/peering/member.h"
#include "protocol/authority/standing.h"
#include "protocol/authority/wanted.h"
#include "protocol/rules/view.h"
#include "storage/erased.h"
#include "storage/prune.h"
#include "storage/shapes.h"

#include <string.h>

void copse_ingest_init(struct copse_ingest *ingest, struct copse_store *store,
                       const struct copse_id *own, struct copse_error *error)
{
    *ingest = (struct copse_ingest){.memory = copse_store_memory(store),
                                    .store = store,
                                    .own = *own,
                                    .strangers_max = COPSE_INGEST_STRANGERS_MAX,
                                    .error = error};
}

void copse_ingest_clear(struct copse_ingest *ingest)
{
    for (size_t i = 0; i < ingest->unit_count; i++) {
        copse_memory_free(ingest->memory, ingest->units[i].block);
    }
    ingest->unit_count = 0;
    ingest->item_count = 0;
    ingest->bytes = 0;
}

void copse_ingest_deinit(struct copse_ingest *ingest)
{
    if (ingest->memory == NULL) {
        return;
    }
    copse_ingest_clear(ingest);
    copse_memory_free(ingest->memory, ingest->units);
    copse_memory_free(ingest->memory, ingest->items);
    *ingest = (struct copse_ingest){.memory = NULL};
}

/* ---- taking ---- */

static size_t ingest_size(const struct copse_channel_gift *gift)
{
    size_t size = gift->salted.size;
    for (size_t i = 0; i < gift->item_count; i++) {
        size += gift->items[i].bytes.size + gift->items[i].salted.size;
    }
    return size;
}

static struct copse_slice ingest_copy(uint8_t **at, struct copse_slice bytes)
{
    struct copse_slice copy = {*at, bytes.size};
    if (bytes.data == NULL) {
        return bytes;
    }
    memcpy(*at, bytes.data, bytes.size);
    *at += bytes.size;
    return copy;
}

static void ingest_fill(struct copse_ingest *ingest, struct copse_ingest_unit *unit,
                        const struct copse_channel_gift *gift)
{
    uint8_t *at = unit->block;
    unit->salted = ingest_copy(&at, gift->salted);
    for (size_t i = 0; i < gift->item_count; i++) {
        const struct copse_run_item *from = &gift->items[i];
        struct copse_store_item *to = &ingest->items[ingest->item_count++];
        *to = (struct copse_store_item){.id = from->id, .outcome = COPSE_STORE_WAITING};
        to->bytes = ingest_copy(&at, from->bytes);
        to->salted = ingest_copy(&at, from->salted);
        enum copse_err err = copse_entry_decode(&to->entry, to->bytes);
        COPSE_ASSERT(err == COPSE_OK); /* the session gives canonical bytes only */
    }
    if (gift->item_count > 0) {
        memcpy(at, gift->signature, sizeof(*gift->signature));
        struct copse_store_item *last = &ingest->items[ingest->item_count - 1];
        last->signature = (const struct copse_signature *)(const void *)at;
        unit->id = last->id;
        unit->class = last->entry.class;
    }
}

enum copse_err copse_ingest_take(struct copse_ingest *ingest, uint64_t source,
                                 const struct copse_session_event *event, uint64_t now_ms)
{
    const struct copse_channel_gift *gift = &event->gift;
    size_t size = ingest_size(gift);
    enum copse_err err = copse_memory_grow(ingest->memory, &ingest->units, &ingest->unit_capacity,
                                           ingest->unit_count + 1, sizeof(*ingest->units));
    if (err == COPSE_OK) {
        err = copse_memory_grow(ingest->memory, &ingest->items, &ingest->item_capacity,
                                ingest->item_count + gift->item_count, sizeof(*ingest->items));
    }
    if (err != COPSE_OK) {
        return err;
    }
    uint8_t *block = copse_memory_new(ingest->memory, size + sizeof(struct copse_signature), 1);
    if (block == NULL) {
        return COPSE_ERR_NOMEM;
    }
    struct copse_ingest_unit *unit = &ingest->units[ingest->unit_count];
    *unit = (struct copse_ingest_unit){
        .source = source,
        .ticket = gift->ticket,
        .kind = event->kind,
        .community = event->community,
        .id = gift->id,
        .first_item = ingest->item_count,
        .item_count = gift->item_count,
        .block = block,
    };
    ingest_fill(ingest, unit, gift);
    ingest->first_ms = ingest->unit_count == 0 ? now_ms : ingest->first_ms;
    ingest->unit_count++;
    ingest->bytes += size;
    return COPSE_OK;
}

bool copse_ingest_waits(const struct copse_ingest *ingest, uint64_t source)
{
    size_t i = 0;
    while (i < ingest->unit_count && ingest->units[i].source != source) {
        i++;
    }
    return i < ingest->unit_count;
}

uint64_t copse_ingest_deadline_ms(const struct copse_ingest *ingest)
{
    if (ingest->unit_count == 0) {
        return UINT64_MAX;
    }
    bool is_now = ingest->bytes <= COPSE_INGEST_BYTES_FEW ||
                  ingest->bytes >= COPSE_INGEST_BYTES_MAX ||
                  ingest->unit_count >= COPSE_INGEST_UNITS_MAX;
    return is_now ? 0 : ingest->first_ms + COPSE_INGEST_WAIT_MS;
}

/* ---- storing ---- */

/* A transaction with the port of the state and the entries of one community. */
struct snapshot {
    struct copse_txn *txn;
    uint32_t community;
    struct copse_views views;
    struct copse_entries_source entries;
    struct copse_state state;
    struct copse_source source;
};

static enum copse_err ingest_begin(struct copse_ingest *ingest, struct snapshot *out,
                                   const struct copse_id *community, enum copse_db_mode mode,
                                   uint64_t wall_ms)
{
    enum copse_err err = copse_store_begin(&out->txn, ingest->store, mode, wall_ms, ingest->error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_entries_community(out->txn, &out->community, community);
    if (err != COPSE_OK) {
        copse_store_abort(out->txn);
        out->txn = NULL;
        return err;
    }
    out->state = copse_views_state(&out->views, out->txn, out->community);
    out->source = copse_entries_source(&out->entries, out->txn, out->community);
    return COPSE_OK;
}

static struct copse_store_batch ingest_batch(struct copse_ingest *ingest,
                                             const struct copse_ingest_unit *unit)
{
    return (struct copse_store_batch){ingest->items + unit->first_item, unit->item_count};
}

/* Count what became of a unit's entries. */
static void ingest_conclude(struct copse_ingest *ingest, struct copse_ingest_unit *unit)
{
    for (size_t i = 0; i < unit->item_count; i++) {
        enum copse_store_outcome outcome = ingest->items[unit->first_item + i].outcome;
        unit->stored += outcome == COPSE_STORE_STORED;
        unit->is_refused =
            unit->is_refused || (outcome != COPSE_STORE_STORED && outcome != COPSE_STORE_HELD);
    }
    ingest->entries += unit->stored;
}

/* Store a unit in a transaction of its own, and keep it only if `keeps` says so. */
typedef enum copse_err ingest_keeps(struct copse_ingest *ingest, bool *out, struct snapshot *in,
                                    const struct copse_ingest_unit *unit);

static enum copse_err ingest_store_if(struct copse_ingest *ingest, struct copse_ingest_unit *unit,
                                      ingest_keeps *keeps, uint64_t wall_ms)
{
    struct snapshot in;
    bool is_kept = false;
    struct copse_store_batch batch = ingest_batch(ingest, unit);
    enum copse_err err = ingest_begin(ingest, &in, &unit->community, COPSE_DB_WRITE, wall_ms);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_store_add(in.txn, in.community, &batch);
    if (err == COPSE_OK) {
        err = copse_views_settle(in.txn);
    }
    if (err == COPSE_OK) {
        err = keeps(ingest, &is_kept, &in, unit);
    }
    if (err != COPSE_OK || !is_kept) {
        copse_store_abort(in.txn);
        unit->is_refused = true;
        return err == COPSE_ERR_FORM ? COPSE_OK : err; /* a run that does not fit what is here */
    }
    err = copse_store_commit(ingest->store, in.txn, ingest->error);
    if (err == COPSE_OK) {
        ingest_conclude(ingest, unit);
    }
    unit->is_refused = unit->is_refused || err == COPSE_ERR_FORM;
    return err == COPSE_ERR_FORM ? COPSE_OK : err;
}

/* SPEC 10.9: the JOIN is stored "if it is honoured or makes the device a member". */
static enum copse_err ingest_is_admitted(struct copse_ingest *ingest, bool *out,
                                         struct snapshot *in, const struct copse_ingest_unit *unit)
{
    struct copse_view *view = NULL;
    struct copse_view_entry entry;
    struct copse_view_options options = {&in->state, &in->source, ingest->memory, unit->community};
    enum copse_port_standing standing = COPSE_PORT_STRANGER;
    const struct copse_store_item *join = &ingest->items[unit->first_item];
    *out = false;
    enum copse_err err = copse_view_new(&view, &options);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_view_judge(view, &entry, &join->id);
    copse_view_free(view);
    if (err == COPSE_OK) {
        err = copse_member_standing(&standing, &in->state, &in->source, &join->id,
                                    &join->entry.author, ingest->memory);
    }
    *out = err == COPSE_OK &&
           (entry.verdict == COPSE_VERDICT_HONOURED || standing == COPSE_PORT_MEMBER);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* Is the end of a run, and with it all of the run, inside what is wanted of its log? */
static enum copse_err ingest_is_wanted(struct copse_ingest *ingest, bool *out, struct snapshot *in,
                                       const struct copse_ingest_unit *unit)
{
    struct copse_held held;
    (void)ingest;
    *out = false;
    enum copse_err err = copse_entries_find(in->txn, &held, NULL, in->community, &unit->id);
    if (err == COPSE_OK) {
        err = copse_wanted_has(out, &in->state, &in->source, &held);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err ingest_is_anything(struct copse_ingest *ingest, bool *out,
                                         struct snapshot *in, const struct copse_ingest_unit *unit)
{
    (void)ingest;
    (void)in;
    (void)unit;
    *out = true;
    return COPSE_OK;
}

/* How much is wanted of a device's logs of class 1 at most, and at least. */
struct extents {
    struct copse_id author;
    bool is_set;
    enum copse_wanted_extent least;
    enum copse_wanted_extent most;
};

static enum copse_err ingest_extents(struct extents *out, struct snapshot *in,
                                     const struct copse_id *author)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    uint32_t number = 0;
    if (out->is_set && copse_bytes_equal_ids(&out->author, author)) {
        return COPSE_OK;
    }
    *out = (struct extents){*author, true, COPSE_WANTED_ALL, COPSE_WANTED_NOTHING};
    enum copse_err err;
    while ((err = copse_entries_next_log(in->txn, &number, &walk, in->community, author)) ==
           COPSE_OK) {
        const struct copse_log *log = NULL;
        enum copse_wanted_extent extent = COPSE_WANTED_NOTHING;
        err = copse_entries_log(in->txn, &log, number);
        if (err == COPSE_OK) {
            err = copse_wanted_of_log(&extent, &in->state, &log->join, COPSE_ENTRY_DATA);
        }
        if (err != COPSE_OK) {
            return err;
        }
        out->least = extent < out->least ? extent : out->least;
        out->most = extent > out->most ? extent : out->most;
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* What is done with each unit of a stretch. */
enum ingest_way { INGEST_TOGETHER, INGEST_ALONE, INGEST_REFUSE };

static enum ingest_way ingest_way_of(const struct extents *extents)
{
    if (extents->most == COPSE_WANTED_NOTHING) {
        return INGEST_REFUSE;
    }
    return extents->least == COPSE_WANTED_ALL ? INGEST_TOGETHER : INGEST_ALONE;
}

/* The units from `first` on that can be stored together with the first one. */
static enum copse_err ingest_stretch(struct copse_ingest *ingest, size_t *end, enum ingest_way *way,
                                     size_t first, size_t last)
{
    struct snapshot in;
    struct extents extents = {.is_set = false};
    enum copse_err err =
        ingest_begin(ingest, &in, &ingest->units[first].community, COPSE_DB_READ, 0);
    size_t at = first;
    while (err == COPSE_OK && at < last) {
        const struct copse_store_item *item = &ingest->items[ingest->units[at].first_item];
        err = ingest_extents(&extents, &in, &item->entry.author);
        if (err == COPSE_OK && at == first) {
            *way = ingest_way_of(&extents);
        } else if (err == COPSE_OK && *way != ingest_way_of(&extents)) {
            break;
        }
        at++;
    }
    copse_store_abort(in.txn);
    *end = at;
    return err;
}

static enum copse_err ingest_together(struct copse_ingest *ingest, size_t first, size_t end,
                                      uint64_t wall_ms)
{
    struct copse_ingest_unit *units = ingest->units;
    struct copse_store_batch batch = {ingest->items + units[first].first_item, 0};
    for (size_t i = first; i < end; i++) {
        batch.count += units[i].item_count;
    }
    enum copse_err err =
        copse_store_ingest(ingest->store, &units[first].community, &batch, wall_ms, ingest->error);
    if (err == COPSE_ERR_FORM) {
        /* One of them does not fit what is here: find out which, and keep the others. */
        err = COPSE_OK;
        for (size_t i = first; err == COPSE_OK && i < end; i++) {
            err = ingest_store_if(ingest, &units[i], ingest_is_anything, wall_ms);
        }
        return err;
    }
    for (size_t i = first; err == COPSE_OK && i < end; i++) {
        ingest_conclude(ingest, &units[i]);
    }
    return err;
}

/* Runs of class 1, of one community. */
static enum copse_err ingest_data(struct copse_ingest *ingest, size_t first, size_t last,
                                  uint64_t wall_ms)
{
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && first < last) {
        enum ingest_way way = INGEST_REFUSE;
        size_t end = first;
        err = ingest_stretch(ingest, &end, &way, first, last);
        if (err == COPSE_OK && way == INGEST_TOGETHER) {
            err = ingest_together(ingest, first, end, wall_ms);
        }
        for (size_t i = first; err == COPSE_OK && way != INGEST_TOGETHER && i < end; i++) {
            ingest->units[i].is_refused = way == INGEST_REFUSE;
            if (way == INGEST_ALONE) {
                err = ingest_store_if(ingest, &ingest->units[i], ingest_is_wanted, wall_ms);
            }
        }
        first = end;
    }
    return err;
}

/* What was asked for by id, a content or an EDIT that others lean on, if it is still of use. */
static enum copse_err ingest_put_asked(struct snapshot *in, struct copse_ingest_unit *unit)
{
    struct copse_held held;
    enum copse_err err;
    if (unit->kind == COPSE_SESSION_LOOSE) {
        err = copse_shapes_put(in->txn, in->community, &unit->id, unit->salted);
    } else {
        err = copse_entries_find(in->txn, &held, NULL, in->community, &unit->id);
        if (err == COPSE_OK) {
            err = copse_erased_put(in->txn, in->community, &held, unit->salted);
        }
    }
    unit->is_refused = err != COPSE_OK && err != COPSE_ERR_EXISTS;
    return err == COPSE_ERR_EXISTS || err == COPSE_ERR_REFUSED || err == COPSE_ERR_NOT_FOUND ||
                   err == COPSE_ERR_SIGNATURE || err == COPSE_ERR_LIMIT
               ? COPSE_OK
               : err;
}

/* What was asked for in one community, together: no more wait than COPSE_INGEST_BYTES_MAX and one.
 */
static enum copse_err ingest_asked(struct copse_ingest *ingest, size_t first, size_t end,
                                   uint64_t wall_ms)
{
    struct snapshot in;
    enum copse_err err =
        ingest_begin(ingest, &in, &ingest->units[first].community, COPSE_DB_WRITE, wall_ms);
    if (err != COPSE_OK) {
        return err;
    }
    for (size_t i = first; err == COPSE_OK && i < end; i++) {
        err = ingest_put_asked(&in, &ingest->units[i]);
    }
    if (err == COPSE_OK) {
        return copse_store_commit(ingest->store, in.txn, ingest->error);
    }
    copse_store_abort(in.txn);
    return err;
}

/* ---- sweeping ---- */

/* Is this node a coordinator's or moderator's? */
static enum copse_err ingest_is_stewards(struct snapshot *in, bool *out, const struct copse_id *own)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    struct copse_standing *standing = NULL;
    const struct copse_log *log = NULL;
    struct copse_id person;
    enum copse_op_role role;
    uint32_t number = 0;
    *out = false;
    enum copse_err err = copse_entries_next_log(in->txn, &number, &walk, in->community, own);
    if (err == COPSE_OK) {
        err = copse_entries_log(in->txn, &log, number);
    }
    if (err == COPSE_OK) {
        err = copse_wanted_person_of(&person, &in->state, &log->join);
    }
    if (err == COPSE_OK) {
        err = copse_standing_load(&standing, &in->state, &person, &in->source, copse_memory_heap());
    }
    *out = err == COPSE_OK && copse_standing_role(&role, standing) && role <= COPSE_OP_MODERATOR;
    copse_standing_free(standing);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* May it go? A steward's node keeps the end of a clipped log of class 1: words that it took in
 * before the removal was known, and that may be let stand. Nobody is sent them; no more come. */
static enum copse_err ingest_may_go(struct snapshot *in, bool *out, const struct copse_log *log,
                                    uint32_t number, bool is_stewards)
{
    enum copse_wanted_extent extent = COPSE_WANTED_NOTHING;
    *out = false;
    enum copse_err err = is_stewards && log->class == COPSE_ENTRY_DATA
                             ? copse_wanted_of_log(&extent, &in->state, &log->join, log->class)
                             : COPSE_OK;
    return err != COPSE_OK || extent == COPSE_WANTED_CLIPPED
               ? err
               : copse_prune_is_due(in->txn, out, number);
}

/* The next log of which something is not wanted, and may go. */
static enum copse_err ingest_unwanted(uint32_t *number, struct snapshot *in,
                                      struct copse_entries_cursor *walk, const struct copse_id *own)
{
    bool is_stewards = false;
    enum copse_err err = ingest_is_stewards(in, &is_stewards, own);
    while (err == COPSE_OK &&
           (err = copse_entries_next_log(in->txn, number, walk, in->community, NULL)) == COPSE_OK) {
        const struct copse_log *log = NULL;
        bool is_due = false;
        err = copse_entries_log(in->txn, &log, *number);
        if (err == COPSE_OK && !copse_bytes_equal_ids(&log->author, own)) {
            err = ingest_may_go(in, &is_due, log, *number, is_stewards);
        }
        if (err != COPSE_OK || is_due) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_ERR_CORRUPT : err;
        }
    }
    return err;
}

/* Class 0 is complete as far as peers know; or more has come than there is room for. */
enum ingest_when { INGEST_COMPLETE, INGEST_OVERFULL };

/* Whether anything is there to sweep, without the lock. */
static enum copse_err ingest_needs_sweep(struct copse_ingest *ingest, bool *out,
                                         const struct copse_id *community, enum ingest_when when)
{
    struct snapshot in;
    struct copse_entries_cursor walk = {.next_size = 0};
    struct copse_held genesis;
    uint32_t number = 0;
    *out = false;
    enum copse_err err = ingest_begin(ingest, &in, community, COPSE_DB_READ, 0);
    if (err != COPSE_OK) {
        return err;
    }
    uint64_t txn_number = copse_store_txn_number(in.txn);
    if (ingest->swept_number == txn_number &&
        copse_bytes_equal_ids(&ingest->swept_community, community)) {
        copse_store_abort(in.txn);
        return COPSE_OK;
    }
    /* Without the genesis nobody stands, and nothing can be said about anybody. */
    if (when == INGEST_COMPLETE) {
        err = copse_entries_find(in.txn, &genesis, NULL, in.community, community);
    }
    if (err == COPSE_OK) {
        err = ingest_unwanted(&number, &in, &walk, &ingest->own);
        *out = err == COPSE_OK;
        if (err == COPSE_ERR_NOT_FOUND) {
            ingest->swept_number = txn_number;
            ingest->swept_community = *community;
        }
    }
    copse_store_abort(in.txn);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err ingest_sweep(struct copse_ingest *ingest, const struct copse_id *community,
                                   enum ingest_when when, uint64_t wall_ms)
{
    bool is_needed = false;
    enum copse_err err = ingest_needs_sweep(ingest, &is_needed, community, when);
    while (err == COPSE_OK && is_needed) {
        struct snapshot in;
        struct copse_entries_cursor walk = {.next_size = 0};
        size_t budget = COPSE_INGEST_SWEEP_MAX;
        uint32_t number = 0;
        err = ingest_begin(ingest, &in, community, COPSE_DB_WRITE, wall_ms);
        if (err != COPSE_OK) {
            return err;
        }
        while (err == COPSE_OK && budget > 0 &&
               (err = ingest_unwanted(&number, &in, &walk, &ingest->own)) == COPSE_OK) {
            err = copse_prune_unwanted(in.txn, &budget, number);
        }
        is_needed = err == COPSE_OK;
        if (err == COPSE_OK || err == COPSE_ERR_NOT_FOUND) {
            err = copse_store_commit(ingest->store, in.txn, ingest->error);
            copse_store_pause();
        } else {
            copse_store_abort(in.txn);
        }
    }
    return err;
}

enum copse_err copse_ingest_sweep(struct copse_ingest *ingest, const struct copse_id *community,
                                  uint64_t wall_ms)
{
    return ingest_sweep(ingest, community, INGEST_COMPLETE, wall_ms);
}

static enum copse_err ingest_sweep_all(struct copse_ingest *ingest, uint64_t wall_ms)
{
    struct copse_id community;
    uint32_t number = 0;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK) {
        struct copse_txn *txn = NULL;
        err = copse_store_begin(&txn, ingest->store, COPSE_DB_READ, wall_ms, ingest->error);
        if (err != COPSE_OK) {
            return err;
        }
        err = copse_entries_next_community(txn, &community, &number);
        copse_store_abort(txn);
        if (err == COPSE_OK) {
            err = ingest_sweep(ingest, &community, INGEST_OVERFULL, wall_ms);
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* ---- class 0 ---- */

/* Bytes of the runs that were stored and that nobody stands behind now. */
static enum copse_err ingest_count_strangers(struct copse_ingest *ingest, size_t first, size_t end)
{
    struct snapshot in;
    enum copse_err err =
        ingest_begin(ingest, &in, &ingest->units[first].community, COPSE_DB_READ, 0);
    if (err != COPSE_OK) {
        return err;
    }
    for (size_t i = first; err == COPSE_OK && i < end; i++) {
        const struct copse_ingest_unit *unit = &ingest->units[i];
        const struct copse_log *log = NULL;
        enum copse_wanted_extent extent = COPSE_WANTED_ALL;
        struct copse_held held;
        if (unit->stored > 0) {
            err = copse_entries_find(in.txn, &held, NULL, in.community, &unit->id);
        }
        if (err == COPSE_OK && unit->stored > 0) {
            err = copse_entries_log(in.txn, &log, (uint32_t)held.position.log);
        }
        if (err == COPSE_OK && log != NULL) {
            err = copse_wanted_of_log(&extent, &in.state, &log->join, log->class);
        }
        for (size_t k = 0; extent == COPSE_WANTED_NOTHING && k < unit->item_count; k++) {
            ingest->strangers += ingest->items[unit->first_item + k].bytes.size;
        }
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err; /* a fork too many */
    }
    copse_store_abort(in.txn);
    return err;
}

/* Runs of class 0, of one community. SPEC 7.9: "A program MAY delay JOINs it did not know; it MUST
 * NOT refuse them for good." What is refused here is offered again with the next round. */
static enum copse_err ingest_control(struct copse_ingest *ingest, size_t first, size_t end,
                                     uint64_t wall_ms)
{
    if (ingest->strangers < ingest->strangers_max) {
        enum copse_err err = ingest_together(ingest, first, end, wall_ms);
        return err == COPSE_OK ? ingest_count_strangers(ingest, first, end) : err;
    }
    for (size_t i = first; i < end; i++) {
        ingest->units[i].is_refused = true;
    }
    ingest->strangers = 0;
    return ingest_sweep_all(ingest, wall_ms);
}

/* ---- all of it ---- */

/* How far units go on like the first one. */
static size_t ingest_alike(const struct copse_ingest *ingest, size_t first)
{
    const struct copse_ingest_unit *one = &ingest->units[first];
    size_t end = first + 1;
    while (end < ingest->unit_count && one->kind != COPSE_SESSION_ADMISSION &&
           ingest->units[end].kind == one->kind && ingest->units[end].class == one->class &&
           copse_bytes_equal_ids(&ingest->units[end].community, &one->community)) {
        end++;
    }
    return end;
}

enum copse_err copse_ingest_flush(struct copse_ingest *ingest, uint64_t wall_ms)
{
    enum copse_err err = COPSE_OK;
    size_t end = 0;
    for (size_t first = 0; err == COPSE_OK && first < ingest->unit_count; first = end) {
        struct copse_ingest_unit *unit = &ingest->units[first];
        end = ingest_alike(ingest, first);
        if (unit->kind == COPSE_SESSION_CONTENT || unit->kind == COPSE_SESSION_LOOSE) {
            err = ingest_asked(ingest, first, end, wall_ms);
        } else if (unit->kind == COPSE_SESSION_ADMISSION) {
            err = ingest_store_if(ingest, unit, ingest_is_admitted, wall_ms);
        } else if (unit->class == COPSE_ENTRY_CONTROL) {
            err = ingest_control(ingest, first, end, wall_ms);
        } else {
            err = ingest_data(ingest, first, end, wall_ms);
        }
    }
    return err;
}
