/* How it works: the base of a run is looked for in the store, then among the last entries that are
 * pending. If it is held without its signature, the way back to the last signed entry is measured,
 * because what is stored must be within what one run can carry. If it is in neither and something
 * of the community is pending, it may lie in the middle of that, so the caller is told to ask again
 * when that is stored.
 */
#include "protocol/wire/intake.h"

#include <string.h>

/* A run's canonical bytes, and room in which the next entry is built before it is counted. */
#define ROOM_BYTES (COPSE_RUN_BYTES_MAX + COPSE_ENTRY_BYTES_MAX)

enum copse_err copse_intake_init(struct copse_intake *intake, const struct copse_key_scheme *scheme,
                                 const struct copse_memory *memory)
{
    memset(intake, 0, sizeof *intake);
    intake->memory = memory;
    intake->scheme = scheme;
    intake->next_ticket = 1;
    intake->items = copse_memory_new(memory, COPSE_RUN_ENTRIES_MAX, sizeof *intake->items);
    intake->room = copse_memory_new(memory, ROOM_BYTES, 1);
    if (intake->items == NULL || intake->room == NULL) {
        copse_intake_deinit(intake);
        return COPSE_ERR_NOMEM;
    }
    return COPSE_OK;
}

void copse_intake_deinit(struct copse_intake *intake)
{
    if (intake->memory != NULL) {
        copse_memory_free(intake->memory, intake->items);
        copse_memory_free(intake->memory, intake->room);
    }
    memset(intake, 0, sizeof *intake);
}

bool copse_intake_is_full(const struct copse_intake *intake)
{
    return intake->pending_count == COPSE_INTAKE_PENDING_MAX;
}

size_t copse_intake_count(const struct copse_intake *intake, uint32_t channel)
{
    size_t count = 0;
    for (size_t i = 0; intake->pending_count > 0 && i < COPSE_INTAKE_PENDING_MAX; i++) {
        count += intake->pending[i].ticket != 0 && intake->pending[i].channel == channel;
    }
    return count;
}

/* ---- the base ---- */

static void fill_base(struct copse_run_base *base, const struct copse_intake_pending *pending)
{
    memset(base, 0, sizeof *base);
    base->id = pending->last;
    base->entry.author = pending->author;
    base->entry.class = pending->class;
    base->entry.seq = pending->seq;
    base->entry.hlc = pending->hlc;
    if (!pending->is_genesis) {
        base->entry.community = pending->community;
    }
}

/* The entries behind the last signed one, up to and including the base. Sets more than any run may
 * have when there are too many. Source: SPEC 4.11. */
static enum copse_err measure_gap(struct copse_run_gap *gap, const struct copse_port *port,
                                  const struct copse_id *community,
                                  const struct copse_port_entry *base)
{
    const struct copse_log *log = port->log(port->context, community, base->position.log);
    struct copse_port_entry entry = *base;
    *gap = (struct copse_run_gap){0, 0};
    while (!entry.is_signed && gap->entries < COPSE_RUN_ENTRIES_MAX) {
        gap->entries++;
        gap->bytes += entry.bytes.size;
        if (entry.position.seq == 0) {
            break;
        }
        struct copse_position before;
        enum copse_err err = log == NULL ? COPSE_ERR_NOT_FOUND
                                         : copse_history_on_path(&before, log, &entry.position,
                                                                 entry.position.seq - 1);
        if (err == COPSE_OK) {
            err = port->at(port->context, &entry, community, &before);
        }
        if (err != COPSE_OK) {
            return COPSE_ERR_CORRUPT; /* a held entry's ancestors are held */
        }
    }
    return COPSE_OK;
}

static enum copse_err find_base(const struct copse_intake *intake, struct copse_run_base *base,
                                struct copse_run_gap *gap, const struct copse_port *port,
                                const struct copse_run *run)
{
    struct copse_port_entry held;
    *gap = (struct copse_run_gap){0, 0};
    enum copse_err err = port->find(port->context, &held, &run->community, &run->base);
    if (err == COPSE_OK) {
        base->id = held.id;
        err = copse_entry_decode(&base->entry, held.bytes);
        return err == COPSE_OK ? measure_gap(gap, port, &run->community, &held) : COPSE_ERR_CORRUPT;
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        return COPSE_ERR_CORRUPT;
    }
    bool is_any = false;
    for (size_t i = 0; intake->pending_count > 0 && i < COPSE_INTAKE_PENDING_MAX; i++) {
        const struct copse_intake_pending *pending = &intake->pending[i];
        if (pending->ticket == 0 || !pending->is_run ||
            !copse_bytes_equal_ids(&pending->community, &run->community)) {
            continue;
        }
        if (copse_bytes_equal_ids(&pending->last, &run->base)) {
            fill_base(base, pending);
            return COPSE_OK;
        }
        is_any = true;
    }
    return is_any ? COPSE_ERR_BUSY : COPSE_ERR_NOT_FOUND;
}

/* ---- runs ---- */

static enum copse_err build_items(struct copse_intake *intake)
{
    size_t used = 0;
    for (;;) {
        struct copse_run_item item;
        enum copse_err err = copse_run_next(&intake->run, &item, intake->room + used);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_OK;
        }
        if (err != COPSE_OK) {
            return err;
        }
        used += item.bytes.size;
        intake->items[intake->item_count++] = item;
    }
}

/* SPEC 4.12: "A run is accepted whole or not at all" */
enum copse_err copse_intake_open(struct copse_intake *intake, const struct copse_port *port,
                                 const struct copse_id *community, struct copse_slice bytes)
{
    intake->item_count = 0;
    enum copse_err err = copse_run_open(&intake->run, community, bytes);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_run_gap gap = {0, 0};
    if (intake->run.has_base) {
        struct copse_run_base base;
        err = find_base(intake, &base, &gap, port, &intake->run);
        if (err == COPSE_OK) {
            err = copse_run_start(&intake->run, &base);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    err = build_items(intake);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_run_verify(&intake->run, intake->scheme);
    if (err != COPSE_OK || gap.entries == 0) {
        return err;
    }
    /* SPEC 4.12: "Where they are not, the receiver asks for what follows that signed entry
     * instead." */
    struct copse_run_gap after = {intake->item_count, intake->run.bytes};
    return copse_run_may_drop(gap, after) ? COPSE_OK : COPSE_ERR_NOT_FOUND;
}

/* ---- pending ---- */

static struct copse_intake_pending *put(struct copse_intake *intake, uint32_t channel,
                                        size_t weight)
{
    COPSE_ASSERT(!copse_intake_is_full(intake));
    size_t place = 0;
    while (intake->pending[place].ticket != 0) {
        place++;
    }
    struct copse_intake_pending *pending = &intake->pending[place];
    memset(pending, 0, sizeof *pending);
    pending->ticket = intake->next_ticket++;
    pending->channel = channel;
    pending->weight = (uint32_t)weight;
    intake->pending_count++;
    return pending;
}

uint64_t copse_intake_put_run(struct copse_intake *intake, uint32_t channel, size_t weight)
{
    COPSE_ASSERT(intake->item_count > 0);
    const struct copse_run_item *last = &intake->items[intake->item_count - 1];
    struct copse_intake_pending *pending = put(intake, channel, weight);
    pending->is_run = true;
    pending->community = intake->run.community;
    pending->last = last->id;
    pending->author = last->entry.author;
    pending->class = last->entry.class;
    pending->seq = last->entry.seq;
    pending->hlc = last->entry.hlc;
    pending->is_genesis = copse_bytes_is_zero(&last->entry.community);
    return pending->ticket;
}

uint64_t copse_intake_put_other(struct copse_intake *intake, uint32_t channel, size_t weight)
{
    return put(intake, channel, weight)->ticket;
}

bool copse_intake_take(struct copse_intake *intake, struct copse_intake_pending *out,
                       uint64_t ticket)
{
    for (size_t i = 0; ticket != 0 && i < COPSE_INTAKE_PENDING_MAX; i++) {
        if (intake->pending[i].ticket == ticket) {
            *out = intake->pending[i];
            intake->pending[i].ticket = 0;
            intake->pending_count--;
            return true;
        }
    }
    return false;
}
