#include "node/peering/member.h"

#include "protocol/authority/wanted.h"

/* A unit under which this device still acts: neither ended, nor left, nor the device revoked. */
static bool member_unit_lives(const struct copse_standing_unit *unit, const struct copse_id *device)
{
    bool lives = !unit->is_ended;
    for (size_t i = 0; i < unit->fence.own_count; i++) {
        const struct copse_fence_wall *wall = &unit->fence.own[i];
        lives = lives && wall->kind != COPSE_FENCE_LEFT &&
                (wall->kind != COPSE_FENCE_DEVICE || !copse_bytes_equal_ids(&wall->device, device));
    }
    return lives;
}

enum copse_err copse_member_standing(enum copse_port_standing *out, const struct copse_state *state,
                                     const struct copse_source *source, const struct copse_id *join,
                                     const struct copse_id *device,
                                     const struct copse_memory *memory)
{
    enum copse_wanted_extent extent = COPSE_WANTED_NOTHING;
    struct copse_standing *standing = NULL;
    struct copse_id person;
    *out = COPSE_PORT_STRANGER;
    enum copse_err err = copse_wanted_of_log(&extent, state, join, COPSE_ENTRY_DATA);
    if (err != COPSE_OK || extent == COPSE_WANTED_NOTHING) {
        return err;
    }
    *out = COPSE_PORT_FORMER;
    if (extent == COPSE_WANTED_CLIPPED) {
        return COPSE_OK;
    }
    err = copse_wanted_person_of(&person, state, join);
    if (err == COPSE_OK) {
        err = copse_standing_load(&standing, state, &person, source, memory);
    }
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    for (size_t i = 0; i < standing->unit_count; i++) {
        if (member_unit_lives(&standing->units[i], device)) {
            *out = COPSE_PORT_MEMBER;
        }
    }
    copse_standing_free(standing);
    return COPSE_OK;
}
