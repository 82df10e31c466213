#include "node/practice/invites.h"

#include "node/practice/act.h"
#include "node/practice/capacity.h"
#include "protocol/entry/clock.h"

#include <stdlib.h>

#define KEEP_MAX 200u /* SPEC 5.5: "keep, at most 200 rising ids" */

/* ---- reading ---- */

static enum copse_invites_state invites_state(const struct copse_invites_door *door, bool is_closed,
                                              uint64_t now)
{
    const struct copse_op *op = &door->act->op;
    if (!copse_annals_counts(door->act)) {
        return COPSE_INVITES_VOID;
    }
    if (is_closed) {
        return COPSE_INVITES_CLOSED;
    }
    if (op->has_uses && door->joined >= op->uses) {
        return COPSE_INVITES_USED_UP;
    }
    return op->has_until && op->until <= now ? COPSE_INVITES_EXPIRED : COPSE_INVITES_OPEN;
}

/* Who came in by a door, and the doors by id: for counting. */
struct guest {
    size_t door;
    struct copse_id person;
};

struct count {
    struct copse_invites *invites;
    const struct copse_invites_door **by_id;
    struct guest *guests; /* who stand; a device each */
    size_t guest_count;
    bool *is_closed; /* by door */
};

static int invites_compare_doors(const void *a, const void *b)
{
    const struct copse_invites_door *const *x = a;
    const struct copse_invites_door *const *y = b;
    return copse_bytes_compare_ids(&(*x)->act->held.id, &(*y)->act->held.id);
}

static int invites_compare_guests(const void *a, const void *b)
{
    const struct guest *x = a;
    const struct guest *y = b;
    return x->door != y->door ? (x->door < y->door ? -1 : 1)
                              : copse_bytes_compare_ids(&x->person, &y->person);
}

/* The place of a door in invites->doors; door_count: none. */
static size_t invites_place(const struct count *count, const struct copse_id *id)
{
    size_t low = 0;
    size_t high = count->invites->door_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = copse_bytes_compare_ids(&count->by_id[middle]->act->held.id, id);
        if (order == 0) {
            return (size_t)(count->by_id[middle] - count->invites->doors);
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return count->invites->door_count;
}

static void invites_add_join(struct count *count, const struct copse_annals_act *join)
{
    struct copse_invites *out = count->invites;
    size_t at = invites_place(count, &join->held.trail.under.grant);
    if (at == out->door_count) {
        return;
    }
    struct copse_invites_door *door = &out->doors[at];
    bool counts = copse_annals_counts(join);
    door->refused += !counts;
    if (counts) {
        count->guests[count->guest_count++] = (struct guest){at, join->op.target};
        door->last = join->held.entry.hlc > door->last ? join->held.entry.hlc : door->last;
    }
    out->joins[out->join_count++] = (struct copse_invites_join){join, at};
}

/* SPEC 7.8: "A REVOKE that names a door shuts it" */
static void invites_add_revoke(struct count *count, const struct copse_annals_act *revoke)
{
    struct copse_op_list ids = revoke->op.ids;
    struct copse_id id;
    while (copse_annals_counts(revoke) && copse_op_next_id(&ids, &id)) {
        size_t at = invites_place(count, &id);
        if (at < count->invites->door_count) {
            count->is_closed[at] = true;
        }
    }
}

/* A person who came in with a second device, or again, is one. */
static void invites_count(struct count *count)
{
    qsort(count->guests, count->guest_count, sizeof(*count->guests), invites_compare_guests);
    for (size_t i = 0; i < count->guest_count; i++) {
        if (i == 0 || invites_compare_guests(&count->guests[i - 1], &count->guests[i]) != 0) {
            count->invites->doors[count->guests[i].door].joined++;
        }
    }
}

static void invites_sort_out(struct count *count, uint64_t now)
{
    struct copse_invites *out = count->invites;
    for (size_t i = 0; i < out->annals.count; i++) {
        if (out->annals.acts[i].op.kind == COPSE_OP_INVITE) {
            struct copse_invites_door *door = &out->doors[out->door_count];
            *door = (struct copse_invites_door){.act = &out->annals.acts[i]};
            count->by_id[out->door_count++] = door;
        }
    }
    qsort(count->by_id, out->door_count, sizeof(struct copse_invites_door *),
          invites_compare_doors);
    for (size_t i = 0; i < out->annals.count; i++) {
        const struct copse_annals_act *act = &out->annals.acts[i];
        if (act->op.kind == COPSE_OP_JOIN) {
            invites_add_join(count, act);
        } else if (act->op.kind == COPSE_OP_REVOKE) {
            invites_add_revoke(count, act);
        }
    }
    invites_count(count);
    for (size_t i = 0; i < out->door_count; i++) {
        out->doors[i].state = invites_state(&out->doors[i], count->is_closed[i], now);
    }
}

enum copse_err copse_invites_read(struct copse_practice_deed *deed, struct copse_invites *out)
{
    const struct copse_memory *memory = deed->practice->memory;
    const struct copse_practice *practice = deed->practice;
    *out = (struct copse_invites){.door_count = 0};
    enum copse_err err =
        copse_annals_read(deed, &out->annals,
                          COPSE_ANNALS_KIND(COPSE_OP_INVITE) | COPSE_ANNALS_KIND(COPSE_OP_JOIN) |
                              COPSE_ANNALS_KIND(COPSE_OP_REVOKE),
                          NULL, NULL);
    if (err != COPSE_OK) {
        return err;
    }
    size_t most = out->annals.count + 1;
    struct count count = {.invites = out};
    out->doors = copse_memory_new(memory, most, sizeof(*out->doors));
    out->joins = copse_memory_new(memory, most, sizeof(*out->joins));
    count.by_id = copse_memory_new(memory, most, sizeof(struct copse_invites_door *));
    count.guests = copse_memory_new(memory, most, sizeof(*count.guests));
    count.is_closed = copse_memory_new(memory, most, sizeof(*count.is_closed));
    bool has_room = out->doors != NULL && out->joins != NULL && count.by_id != NULL &&
                    count.guests != NULL && count.is_closed != NULL;
    if (has_room) {
        invites_sort_out(&count, copse_clock_of_ms(practice->now_ms(practice->context)));
    }
    copse_memory_free(memory, (void *)count.by_id);
    copse_memory_free(memory, count.guests);
    copse_memory_free(memory, count.is_closed);
    return has_room ? COPSE_OK : COPSE_ERR_NOMEM;
}

void copse_invites_deinit(struct copse_invites *invites)
{
    if (invites->doors != NULL) {
        copse_memory_free(invites->annals.memory, invites->doors);
    }
    if (invites->joins != NULL) {
        copse_memory_free(invites->annals.memory, invites->joins);
    }
    copse_annals_deinit(&invites->annals);
    *invites = (struct copse_invites){.door_count = 0};
}

/* ---- closing ---- */

static int invites_compare(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

/* The JOINs to keep, rising. The caller frees *out. */
static enum copse_err invites_keep(struct copse_practice_deed *deed, struct copse_id **out,
                                   size_t *count, const struct copse_invites *invites, size_t door)
{
    struct copse_id *ids =
        copse_memory_new(deed->practice->memory, invites->join_count + 1, sizeof(*ids));
    *count = 0;
    if (ids == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < invites->join_count; i++) {
        if (invites->joins[i].door == door && copse_annals_counts(invites->joins[i].act)) {
            ids[(*count)++] = invites->joins[i].act->held.id;
        }
    }
    qsort(ids, *count, sizeof(*ids), invites_compare);
    *out = ids;
    return COPSE_OK;
}

/* SPEC 7.8: "it lists the JOINs that stay; the lists of one person are united" */
static enum copse_err invites_write(struct copse_practice_deed *deed, const struct copse_id *door,
                                    const struct copse_id *keep, size_t count,
                                    struct copse_slice reason, struct copse_error *error)
{
    uint8_t door_room[48];
    uint8_t keep_room[KEEP_MAX * 34u + 8u];
    size_t done = 0;
    enum copse_err err;
    do {
        struct copse_writer doors;
        struct copse_writer kept;
        struct copse_id id;
        size_t part = count - done < KEEP_MAX ? count - done : KEEP_MAX;
        copse_writer_init(&doors, door_room, sizeof(door_room));
        copse_writer_init(&kept, keep_room, sizeof(keep_room));
        struct copse_op op = {.kind = COPSE_OP_REVOKE,
                              .ids = copse_op_list_ids(&doors, door, 1),
                              .keep = copse_op_list_ids(&kept, keep + done, part),
                              .reason = COPSE_OP_REASON_DOOR};
        err = copse_act_write(deed, &id, &op, NULL, reason, error);
        if (err == COPSE_OK && done + part == count) {
            err = copse_capacity_confirm(deed, &id, error);
        }
        done += part;
    } while (err == COPSE_OK && done < count);
    return err;
}

enum copse_err copse_invites_close(struct copse_practice_deed *deed, size_t *kept,
                                   const struct copse_id *door, struct copse_slice reason,
                                   struct copse_error *error)
{
    struct copse_invites invites;
    struct copse_id *keep = NULL;
    *kept = 0;
    enum copse_err err = copse_invites_read(deed, &invites);
    struct copse_invites_door *found = NULL;
    for (size_t i = 0; err == COPSE_OK && i < invites.door_count; i++) {
        if (copse_bytes_equal_ids(&invites.doors[i].act->held.id, door)) {
            found = &invites.doors[i];
        }
    }
    if (err == COPSE_OK && found == NULL) {
        err = copse_error_set(error, COPSE_ERR_NOT_FOUND, "there is no such invitation here");
    } else if (err == COPSE_OK && found->state == COPSE_INVITES_CLOSED) {
        err = copse_error_set(error, COPSE_ERR_EXISTS, "this invitation is closed already");
    } else if (err == COPSE_OK) {
        err = invites_keep(deed, &keep, kept, &invites, (size_t)(found - invites.doors));
    }
    copse_invites_deinit(&invites);
    if (err == COPSE_OK) {
        struct copse_id id = *door;
        err = invites_write(deed, &id, keep, *kept, reason, error);
    }
    copse_memory_free(deed->practice->memory, keep);
    return err;
}
