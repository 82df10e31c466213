#include "node/practice/invites.h"

#include "node/practice/act.h"
#include "node/practice/capacity.h"
#include "protocol/entry/clock.h"

#include <stdlib.h>

#define KEEP_MAX 200u /* SPEC 5.5: "keep, at most 200 rising ids" */

/* ---- reading ---- */

/* Has somebody shut the door? SPEC 7.8: "A REVOKE that names a door shuts it" */
static bool invites_is_closed(const struct copse_annals *annals, const struct copse_id *door)
{
    for (size_t i = 0; i < annals->count; i++) {
        const struct copse_annals_act *act = &annals->acts[i];
        if (act->op.kind == COPSE_OP_REVOKE && copse_annals_counts(act) &&
            copse_op_names(act->op.ids, door)) {
            return true;
        }
    }
    return false;
}

static enum copse_invites_state invites_state(const struct copse_annals *annals,
                                              const struct copse_invites_door *door, uint64_t now)
{
    const struct copse_op *op = &door->act->op;
    if (!copse_annals_counts(door->act)) {
        return COPSE_INVITES_VOID;
    }
    if (invites_is_closed(annals, &door->act->held.id)) {
        return COPSE_INVITES_CLOSED;
    }
    if (op->has_uses && door->joined >= op->uses) {
        return COPSE_INVITES_USED_UP;
    }
    return op->has_until && op->until <= now ? COPSE_INVITES_EXPIRED : COPSE_INVITES_OPEN;
}

static struct copse_invites_door *invites_door_of(struct copse_invites *invites,
                                                  const struct copse_id *id)
{
    for (size_t i = 0; i < invites->door_count; i++) {
        if (copse_bytes_equal_ids(&invites->doors[i].act->held.id, id)) {
            return &invites->doors[i];
        }
    }
    return NULL;
}

/* A person who comes in with a second device, or again, is one. */
static bool invites_is_first(const struct copse_invites *invites, size_t door,
                             const struct copse_id *person)
{
    for (size_t i = 0; i < invites->join_count; i++) {
        const struct copse_annals_act *join = invites->joins[i].act;
        if (invites->joins[i].door == door && copse_annals_counts(join) &&
            copse_bytes_equal_ids(&join->op.target, person)) {
            return false;
        }
    }
    return true;
}

static void invites_sort_out(struct copse_invites *out)
{
    const struct copse_annals *annals = &out->annals;
    for (size_t i = 0; i < annals->count; i++) {
        if (annals->acts[i].op.kind == COPSE_OP_INVITE) {
            out->doors[out->door_count++] = (struct copse_invites_door){.act = &annals->acts[i]};
        }
    }
    for (size_t i = 0; i < annals->count; i++) {
        const struct copse_annals_act *join = &annals->acts[i];
        struct copse_invites_door *door = join->op.kind == COPSE_OP_JOIN
                                              ? invites_door_of(out, &join->held.trail.under.grant)
                                              : NULL;
        if (door == NULL) {
            continue;
        }
        size_t at = (size_t)(door - out->doors);
        bool counts = copse_annals_counts(join);
        door->joined += counts && invites_is_first(out, at, &join->op.target);
        door->refused += !counts;
        if (counts && join->held.entry.hlc > door->last) {
            door->last = join->held.entry.hlc;
        }
        out->joins[out->join_count++] = (struct copse_invites_join){join, at};
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
    out->doors = copse_memory_new(memory, out->annals.count + 1, sizeof(*out->doors));
    out->joins = copse_memory_new(memory, out->annals.count + 1, sizeof(*out->joins));
    if (out->doors == NULL || out->joins == NULL) {
        return COPSE_ERR_NOMEM;
    }
    invites_sort_out(out);
    uint64_t now = copse_clock_of_ms(practice->now_ms(practice->context));
    for (size_t i = 0; i < out->door_count; i++) {
        out->doors[i].state = invites_state(&out->annals, &out->doors[i], now);
    }
    return COPSE_OK;
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
    struct copse_invites_door *found = err == COPSE_OK ? invites_door_of(&invites, door) : NULL;
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
