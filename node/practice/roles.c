#include "node/practice/roles.h"

#include "node/practice/act.h"
#include "node/practice/capacity.h"
#include "node/practice/seniority.h"
#include "protocol/entry/clock.h"

#include <stdlib.h>

#define ATTRIBUTE_WORDS 1u /* SPEC 5.5: "1 what else the person is asked to be" */

static enum copse_err roles_standing(struct copse_practice_deed *deed, struct copse_standing **out,
                                     const struct copse_id *person)
{
    struct copse_view *view;
    *out = NULL;
    enum copse_err err = copse_practice_view(deed, &view);
    return err == COPSE_OK ? copse_standing_load(out, &deed->state, person, &deed->source,
                                                 deed->practice->memory)
                           : err;
}

enum copse_err copse_roles_of(struct copse_practice_deed *deed, enum copse_op_role *role,
                              uint64_t *until_ms, const struct copse_id *person)
{
    struct copse_standing *standing = NULL;
    enum copse_err err = roles_standing(deed, &standing, person);
    if (err != COPSE_OK) {
        return err;
    }
    bool has_one = copse_standing_role(role, standing);
    *until_ms = 0;
    for (size_t i = 0; has_one && i < standing->unit_count; i++) {
        const struct copse_standing_unit *unit = &standing->units[i];
        if (unit->role == *role && !unit->is_ended) {
            *until_ms = unit->until == UINT64_MAX ? 0 : copse_clock_ms(unit->until);
            if (*until_ms == 0) {
                break;
            }
        }
    }
    copse_standing_free(standing);
    return has_one ? COPSE_OK : COPSE_ERR_NOT_FOUND;
}

/* ---- giving ---- */

static enum copse_err roles_put_attributes(struct copse_slice *out, struct copse_writer *writer,
                                           const struct copse_roles_plan *plan,
                                           struct copse_error *error)
{
    copse_writer_map(writer, plan->attribute_count > 0 ? 1 : 0);
    if (plan->attribute_count > 0) {
        copse_writer_uint(writer, ATTRIBUTE_WORDS);
        copse_writer_array(writer, plan->attribute_count);
    }
    for (size_t i = 0; i < plan->attribute_count; i++) {
        struct copse_slice word = plan->attributes[i];
        for (size_t k = 0; k < word.size; k++) {
            if (word.data[k] < 0x20 || word.data[k] == 0x7f) {
                return copse_error_set(error, COPSE_ERR_FORM,
                                       "an attribute is one word, without control characters");
            }
        }
        if (word.size == 0 || word.size > COPSE_ROLES_ATTRIBUTE_BYTES_MAX ||
            !copse_bytes_is_utf8(word)) {
            return copse_error_set(error, COPSE_ERR_FORM, "an attribute is a word of 1 to %u bytes",
                                   COPSE_ROLES_ATTRIBUTE_BYTES_MAX);
        }
        copse_writer_str(writer, word);
    }
    return copse_writer_end(out, writer);
}

size_t copse_roles_attributes(struct copse_slice out[COPSE_ROLES_ATTRIBUTES_MAX],
                              struct copse_slice map)
{
    struct copse_reader reader;
    size_t count = 0;
    int64_t last = -1;
    copse_reader_init(&reader, map);
    size_t keys = copse_reader_map(&reader, map.size);
    for (size_t i = 0; i < keys; i++) {
        if (copse_reader_key(&reader, &last) != ATTRIBUTE_WORDS) {
            (void)copse_reader_value(&reader, COPSE_READER_DEPTH_MAX);
            continue;
        }
        size_t words = copse_reader_array(&reader, COPSE_ROLES_ATTRIBUTES_MAX);
        while (count < words) {
            out[count++] = copse_reader_str(&reader, COPSE_ROLES_ATTRIBUTE_BYTES_MAX);
        }
    }
    return copse_reader_end(&reader) == COPSE_OK ? count : 0;
}

/* Does the person hold a role at least as good, without a term? */
static enum copse_err roles_has(struct copse_practice_deed *deed, bool *out,
                                const struct copse_id *person, enum copse_op_role role)
{
    enum copse_op_role best = COPSE_OP_GUEST;
    uint64_t until_ms = 0;
    enum copse_err err = copse_roles_of(deed, &best, &until_ms, person);
    *out = err == COPSE_OK && best <= role && until_ms == 0;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_roles_lives(struct copse_practice_deed *deed, bool *out,
                                 const struct copse_id *person, const struct copse_id *grant)
{
    struct copse_standing *standing = NULL;
    *out = false;
    enum copse_err err = roles_standing(deed, &standing, person);
    for (size_t i = 0; err == COPSE_OK && i < standing->unit_count; i++) {
        *out = *out || (copse_bytes_equal_ids(&standing->units[i].grant, grant) &&
                        !standing->units[i].is_ended);
    }
    copse_standing_free(standing);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_roles_grant(struct copse_practice_deed *deed, bool *changed,
                                 const struct copse_roles_plan *plan, struct copse_error *error)
{
    uint8_t room[COPSE_OP_ATTRIBUTES_BYTES_MAX];
    struct copse_writer writer;
    struct copse_id id;
    bool lives = false;
    struct copse_op op = {
        .kind = COPSE_OP_GRANT,
        .target = plan->person,
        .role = plan->role,
        .has_until = plan->until_ms > 0,
        .until = plan->until_ms > 0 ? copse_clock_of_ms(plan->until_ms) : 0,
    };
    copse_writer_init(&writer, room, sizeof(room));
    *changed = false;
    enum copse_err err = roles_put_attributes(&op.map, &writer, plan, error);
    if (err == COPSE_OK && plan->attribute_count == 0) {
        err = roles_has(deed, &lives, &plan->person, plan->role);
    }
    if (err != COPSE_OK || lives) {
        return err;
    }
    err = copse_act_write(deed, &id, &op, NULL, plan->reason, error);
    if (err == COPSE_OK) {
        err = copse_capacity_confirm(deed, &id, error);
    }
    if (err == COPSE_OK) {
        err = copse_roles_lives(deed, &lives, &plan->person, &id);
    }
    if (err == COPSE_OK && !lives) {
        return copse_error_set(error, COPSE_ERR_EXISTS,
                               "they were removed from this community, so a role alone gives them "
                               "nothing: copse moderate readmit");
    }
    *changed = err == COPSE_OK;
    return err;
}

/* ---- ending ---- */

static int roles_compare(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

static enum copse_err roles_revoke_all(struct copse_practice_deed *deed,
                                       const struct copse_id *person, struct copse_id *grants,
                                       size_t count, enum copse_op_reason why,
                                       struct copse_slice reason, struct copse_error *error)
{
    uint8_t room[COPSE_ROLES_GRANTS_MAX * 34u + 8u];
    struct copse_writer writer;
    struct copse_act_cut cut;
    struct copse_id id;
    bool lives = false;
    qsort(grants, count, sizeof(*grants), roles_compare);
    copse_writer_init(&writer, room, sizeof(room));
    struct copse_op op = {
        .kind = COPSE_OP_REVOKE, .ids = copse_op_list_ids(&writer, grants, count), .reason = why};
    enum copse_err err = copse_act_cut_person(deed, &cut, person);
    if (err == COPSE_OK) {
        err = copse_act_write(deed, &id, &op, &cut, reason, error);
    }
    copse_act_cut_deinit(&cut);
    if (err == COPSE_OK) {
        err = copse_capacity_confirm(deed, &id, error);
    }
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        err = copse_roles_lives(deed, &lives, person, &grants[i]);
        if (err == COPSE_OK && lives) {
            return copse_seniority_refuse(deed, person, "end this role", error);
        }
    }
    return err;
}

enum copse_err copse_roles_revoke_grant(struct copse_practice_deed *deed,
                                        const struct copse_id *person, const struct copse_id *grant,
                                        enum copse_op_reason why, struct copse_slice reason,
                                        struct copse_error *error)
{
    struct copse_id grants[1] = {*grant};
    return roles_revoke_all(deed, person, grants, 1, why, reason, error);
}

enum copse_err copse_roles_revoke(struct copse_practice_deed *deed, const struct copse_id *person,
                                  enum copse_op_role role, enum copse_op_reason why,
                                  struct copse_slice reason, struct copse_error *error)
{
    struct copse_standing *standing = NULL;
    struct copse_id grants[COPSE_ROLES_GRANTS_MAX];
    size_t count = 0;
    bool is_founder = false;
    enum copse_err err = roles_standing(deed, &standing, person);
    for (size_t i = 0; err == COPSE_OK && i < standing->unit_count; i++) {
        const struct copse_standing_unit *unit = &standing->units[i];
        bool is_it = unit->role == role && !unit->is_ended;
        bool is_genesis = copse_bytes_equal_ids(&unit->grant, &deed->community);
        is_founder = is_founder || (is_it && is_genesis);
        if (is_it && !is_genesis && count < COPSE_ROLES_GRANTS_MAX) {
            grants[count++] = unit->grant;
        }
    }
    copse_standing_free(standing);
    if (err == COPSE_OK && is_founder) {
        return copse_error_set(error, COPSE_ERR_REFUSED,
                               "a founder's role cannot be revoked: they step down themselves, "
                               "founders may recall them (copse people recall), or an earlier "
                               "founder may remove them (copse moderate remove)");
    }
    if (err == COPSE_ERR_NOT_FOUND || (err == COPSE_OK && count == 0)) {
        return copse_error_set(error, COPSE_ERR_NOT_FOUND, "they are no %s here",
                               copse_capacity_role_name(role));
    }
    return err == COPSE_OK ? roles_revoke_all(deed, person, grants, count, why, reason, error)
                           : err;
}

/* ---- one's own ---- */

/* A membership that outlives the role: one that is held, or given to oneself now. */
static enum copse_err roles_keep_membership(struct copse_practice_deed *deed,
                                            struct copse_error *error)
{
    const struct copse_standing *own = NULL;
    bool is_member = false;
    struct copse_id id;
    enum copse_err err = copse_capacity_standing(deed, &own);
    for (size_t i = 0; err == COPSE_OK && own != NULL && i < own->unit_count; i++) {
        is_member = is_member || (own->units[i].role == COPSE_OP_MEMBER && !own->units[i].is_ended);
    }
    if (err != COPSE_OK || is_member) {
        return err;
    }
    struct copse_op op = {.kind = COPSE_OP_GRANT,
                          .target = *copse_keyring_person(deed->practice->keyring),
                          .role = COPSE_OP_MEMBER};
    static const uint8_t no_attributes[] = {0x80};
    op.map = (struct copse_slice){no_attributes, sizeof(no_attributes)};
    return copse_act_write(deed, &id, &op, NULL, (struct copse_slice){NULL, 0}, error);
}

enum copse_err copse_roles_step_down(struct copse_practice_deed *deed, struct copse_slice reason,
                                     struct copse_error *error)
{
    const struct copse_id *person = copse_keyring_person(deed->practice->keyring);
    enum copse_op_role role = COPSE_OP_GUEST;
    uint64_t until_ms = 0;
    struct copse_act_cut cut;
    struct copse_id id;
    COPSE_ASSERT(deed->root != NULL);
    enum copse_err err = copse_roles_of(deed, &role, &until_ms, person);
    if (err == COPSE_ERR_NOT_FOUND || (err == COPSE_OK && role > COPSE_OP_MODERATOR)) {
        return copse_error_set(error, COPSE_ERR_NOT_FOUND,
                               "you are neither coordinator nor moderator here");
    }
    if (err == COPSE_OK) {
        err = roles_keep_membership(deed, error);
    }
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_practice_settle(deed);
    if (err == COPSE_OK) {
        err = copse_act_cut_person(deed, &cut, person);
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_op op = {.kind = COPSE_OP_LEAVE, .to = COPSE_OP_TO_MEMBER, .is_root_signed = true};
    err = copse_act_write(deed, &id, &op, &cut, reason, error);
    copse_act_cut_deinit(&cut);
    return err == COPSE_OK ? copse_capacity_confirm(deed, &id, error) : err;
}
