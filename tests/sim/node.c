/* How it works: memory_source holds entries; `notes` runs beside it, index for index, with a
 * table from id to index. Taking a run first builds all its entries, then verifies, and
 * only then stores, so a run that breaks a rule anywhere leaves nothing behind.
 */
#include "tests/sim/node.h"

#include "protocol/entry/run.h"
#include "tests/sim/derive.h"

#include <stdlib.h>
#include <string.h>

#define RUN_ROOM_BYTES (COPSE_RUN_BYTES_MAX + COPSE_ENTRY_BYTES_MAX)

static void *checked(void *pointer)
{
    COPSE_ASSERT(pointer != NULL);
    return pointer;
}

void sim_node_init(struct sim_node *node, size_t number, const struct copse_id *community,
                   const struct copse_key_scheme *scheme)
{
    memset(node, 0, sizeof *node);
    node->number = number;
    node->community = *community;
    node->scheme = scheme;
    node->source = memory_source_new(community);
    node->state = checked(
        copse_state_memory_new(copse_memory_heap(), number % 2 == 0 ? COPSE_STATE_MEMORY_STRICT
                                                                    : COPSE_STATE_MEMORY_FAST));
    copse_update_init(&node->update, copse_memory_heap());
    node->slot_count = 256;
    node->slots = checked(calloc(node->slot_count, sizeof node->slots[0]));
}

void sim_node_deinit(struct sim_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        free(node->notes[i].salted);
    }
    free(node->notes);
    free(node->slots);
    copse_update_deinit(&node->update);
    copse_state_memory_free(node->state);
    memory_source_free(node->source);
}

/* ---- notes ---- */

static size_t *slot_of(const struct sim_node *node, const struct copse_id *id)
{
    size_t at = 0;
    memcpy(&at, id->bytes, sizeof at);
    at &= node->slot_count - 1;
    while (node->slots[at] != 0 &&
           !copse_bytes_equal_ids(&node->notes[node->slots[at] - 1].id, id)) {
        at = (at + 1) & (node->slot_count - 1);
    }
    return &node->slots[at];
}

static void index_all(struct sim_node *node)
{
    memset(node->slots, 0, node->slot_count * sizeof node->slots[0]);
    for (size_t i = 0; i < node->count; i++) {
        *slot_of(node, &node->notes[i].id) = i + 1;
    }
}

struct sim_note *sim_node_find(const struct sim_node *node, const struct copse_id *id)
{
    size_t slot = *slot_of(node, id);
    return slot == 0 ? NULL : &node->notes[slot - 1];
}

static void keep_content(struct sim_note *note, struct copse_slice salted)
{
    free(note->salted);
    note->salted = checked(malloc(salted.size));
    memcpy(note->salted, salted.data, salted.size);
    note->salted_size = salted.size;
}

static void keep_signature(struct sim_note *note, const struct copse_signature *signature)
{
    if (!note->is_signed) {
        note->is_signed = true;
        note->signature = *signature;
    }
}

static struct sim_note *add_note(struct sim_node *node, const struct copse_held *held)
{
    if (node->count == node->capacity) {
        node->capacity = node->capacity == 0 ? 64 : 2 * node->capacity;
        node->notes = checked(realloc(node->notes, node->capacity * sizeof node->notes[0]));
    }
    if (2 * (node->count + 1) > node->slot_count) {
        node->slot_count *= 2;
        node->slots = checked(realloc(node->slots, node->slot_count * sizeof node->slots[0]));
        index_all(node);
    }
    struct sim_note *note = &node->notes[node->count++];
    memset(note, 0, sizeof *note);
    note->id = held->id;
    note->author = held->entry.author;
    note->kind = UINT32_MAX;
    *slot_of(node, &note->id) = node->count;
    return note;
}

/* ---- taking ---- */

enum copse_err sim_node_take(struct sim_node *node, struct copse_slice entry,
                             const struct copse_signature *signature, struct copse_slice salted)
{
    struct copse_id id;
    enum copse_err err = memory_source_add(node->source, &id, entry, salted);
    if (err != COPSE_OK && err != COPSE_ERR_EXISTS) {
        return err;
    }
    if (err == COPSE_OK) {
        const struct copse_held *held = memory_source_at(node->source, node->count);
        derive_entry(node, add_note(node, held), held);
        if (salted.data != NULL) {
            keep_content(&node->notes[node->count - 1], salted);
        }
    } else if (salted.data != NULL) {
        (void)sim_node_take_content(node, &id, salted);
    }
    if (signature != NULL) {
        keep_signature(sim_node_find(node, &id), signature);
    }
    return COPSE_OK;
}

enum copse_err sim_node_take_content(struct sim_node *node, const struct copse_id *id,
                                     struct copse_slice salted)
{
    struct copse_source port = memory_source_port(node->source);
    struct copse_held held;
    enum copse_err err = port.find(port.context, &held, id);
    if (err != COPSE_OK) {
        return err;
    }
    if (held.content_state != COPSE_CONTENT_MISSING) {
        return COPSE_ERR_EXISTS;
    }
    err = memory_source_set_content(node->source, id, COPSE_CONTENT_PRESENT, salted);
    if (err == COPSE_OK) {
        keep_content(sim_node_find(node, id), salted);
    }
    return err;
}

struct built {
    uint8_t room[RUN_ROOM_BYTES];
    size_t used;
    struct {
        size_t at, size;
        struct copse_slice salted;
    } items[COPSE_RUN_ENTRIES_MAX];
    size_t count;
};

/* Build the entries of a run and check them; nothing is stored. */
static enum copse_err build_run(struct built *built, const struct sim_node *node,
                                struct copse_run *run, struct copse_slice bytes)
{
    enum copse_err err = copse_run_open(run, &node->community, bytes);
    if (err != COPSE_OK) {
        return err;
    }
    if (run->has_base) {
        struct copse_source port = memory_source_port(node->source);
        struct copse_held held;
        err = port.find(port.context, &held, &run->base);
        if (err != COPSE_OK) {
            return err;
        }
        struct copse_run_base base = {held.id, held.entry};
        err = copse_run_start(run, &base);
    }
    while (err == COPSE_OK) {
        COPSE_ASSERT(sizeof built->room - built->used >= COPSE_ENTRY_BYTES_MAX);
        struct copse_run_item item;
        err = copse_run_next(run, &item, built->room + built->used);
        if (err == COPSE_OK) {
            COPSE_ASSERT(built->count < COPSE_RUN_ENTRIES_MAX);
            built->items[built->count].at = built->used;
            built->items[built->count].size = item.bytes.size;
            built->items[built->count++].salted = item.salted;
            built->used += item.bytes.size;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? copse_run_verify(run, node->scheme) : err;
}

/* At most 17 branches of a log are kept: SPEC 4.8. */
static void give_up_surplus(struct sim_node *node, uint64_t number)
{
    struct copse_source port = memory_source_port(node->source);
    const struct copse_log *log = port.log(port.context, number);
    if (log == NULL || log->branch_count < COPSE_LOG_BRANCHES_MAX) {
        return;
    }
    uint32_t branch = derive_surplus(node, number);
    if (branch < log->branch_count) {
        struct copse_id first = log->branches[branch].first;
        sim_node_drop(node, &first);
        node->surplus_count++;
    }
}

enum copse_err sim_node_take_run(struct sim_node *node, struct copse_slice bytes)
{
    static struct built built; /* large */
    built.used = 0;
    built.count = 0;
    struct copse_run run;
    enum copse_err err = build_run(&built, node, &run, bytes);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_id last = {{0}};
    for (size_t i = 0; i < built.count; i++) {
        struct copse_slice entry = {built.room + built.items[i].at, built.items[i].size};
        err = sim_node_take(node, entry, i + 1 == built.count ? &run.signature : NULL,
                            built.items[i].salted);
        COPSE_ASSERT(err == COPSE_OK);
        copse_id_of_entry(&last, entry);
    }
    struct copse_source port = memory_source_port(node->source);
    struct copse_held held;
    if (port.find(port.context, &held, &last) == COPSE_OK) {
        give_up_surplus(node, held.position.log);
    }
    return COPSE_OK;
}

/* ---- giving up ---- */

void sim_node_drop(struct sim_node *node, const struct copse_id *id)
{
    derive_before_drop(node, id);
    bool was_here = memory_source_drop(node->source, id);
    COPSE_ASSERT(was_here);
    size_t kept = 0;
    for (size_t i = 0; i < node->count; i++) {
        bool is_here =
            kept < memory_source_count(node->source) &&
            copse_bytes_equal_ids(&memory_source_at(node->source, kept)->id, &node->notes[i].id);
        if (is_here) {
            node->notes[kept++] = node->notes[i];
        } else {
            free(node->notes[i].salted);
        }
    }
    COPSE_ASSERT(kept == memory_source_count(node->source));
    node->count = kept;
    index_all(node);
    node->is_stale = true;
}

/* The only entry that follows `id` in its log; false when there is none, *many when several. */
static bool find_child(const struct sim_node *node, size_t *child, bool *many,
                       const struct copse_held *held)
{
    bool found = false;
    *many = false;
    for (size_t i = 0; i < node->count; i++) {
        const struct copse_entry *entry = &memory_source_at(node->source, i)->entry;
        bool follows = entry->has_prev && entry->class == held->entry.class &&
                       copse_bytes_equal_ids(&entry->prev, &held->id);
        *many = *many || (follows && found);
        if (follows) {
            *child = i;
            found = true;
        }
    }
    return found;
}

/* Entries and bytes after the last signed one before `held`, up to and including it. False when
 * `held` is the child of a fork. */
static bool measure_before(const struct sim_node *node, struct copse_run_gap *gap,
                           const struct copse_held *held)
{
    struct copse_source port = memory_source_port(node->source);
    struct copse_held at = *held;
    *gap = (struct copse_run_gap){0, 0};
    bool is_first = true;
    for (;;) {
        gap->entries++;
        gap->bytes += memory_source_bytes(node->source, &at.id).size;
        if (at.entry.seq == 0) {
            return true;
        }
        enum copse_err err = port.find(port.context, &at, &at.entry.prev);
        COPSE_ASSERT(err == COPSE_OK);
        size_t child = 0;
        bool many = false;
        (void)find_child(node, &child, &many, &at);
        if (is_first && many) {
            return false;
        }
        is_first = false;
        if (sim_node_find(node, &at.id)->is_signed) {
            return true;
        }
    }
}

/* Entries and bytes after `held` up to and including the next signed one. False at a leaf and
 * where a fork comes first: the simulator is careful there. */
static bool measure_after(const struct sim_node *node, struct copse_run_gap *gap,
                          const struct copse_held *held)
{
    struct copse_held at = *held;
    *gap = (struct copse_run_gap){0, 0};
    for (;;) {
        size_t child = 0;
        bool many = false;
        if (!find_child(node, &child, &many, &at) || many) {
            return false;
        }
        at = *memory_source_at(node->source, child);
        gap->entries++;
        gap->bytes += memory_source_bytes(node->source, &at.id).size;
        if (node->notes[child].is_signed) {
            return true;
        }
    }
}

bool sim_node_drop_signature(struct sim_node *node, struct sim_note *note)
{
    struct copse_source port = memory_source_port(node->source);
    struct copse_held held;
    struct copse_run_gap before;
    struct copse_run_gap after;
    if (!note->is_signed || note->is_named ||
        port.find(port.context, &held, &note->id) != COPSE_OK || !held.entry.has_prev ||
        !measure_after(node, &after, &held) || !measure_before(node, &before, &held) ||
        !copse_run_may_drop(before, after)) {
        return false;
    }
    note->is_signed = false;
    return true;
}

void sim_node_forget_content(struct sim_node *node, size_t index)
{
    free(node->notes[index].salted);
    node->notes[index].salted = NULL;
    node->notes[index].salted_size = 0;
}

/* The same for every log, after own entries were written. */
static void give_up_surplus_of_all(struct sim_node *node)
{
    struct copse_source port = memory_source_port(node->source);
    for (uint64_t number = 0; port.log(port.context, number) != NULL; number++) {
        give_up_surplus(node, number);
    }
}

void sim_node_settle(struct sim_node *node)
{
    give_up_surplus_of_all(node);
    if (node->is_stale) {
        node->is_stale = false;
        derive_standing(node);
    }
    derive_loose(node);
    derive_erasures(node);
}

uint64_t sim_node_sum(const struct sim_node *node)
{
    uint64_t sum = node->count;
    for (size_t i = 0; i < node->count; i++) {
        uint64_t part = 0;
        memcpy(&part, node->notes[i].id.bytes, sizeof part);
        sum += part * 0x9e3779b97f4a7c15u;
    }
    return sum;
}
