/* How it works: from each grant the way up to a founder is written down. SPEC 7.1: "Two keys are
 * compared item by item from the left, so classes and depths up to a founder decide before any hlc,
 * and what is nearer the founder before what is further away." So: classes from the grants
 * upwards, the depth, the founders, and then dates from the founders down. */
#include "node/practice/seniority.h"

#include "node/practice/capacity.h"
#include "node/practice/who.h"
#include "protocol/authority/permission.h"

#define STEPS_MAX 257u /* COPSE_UNIT_DEPTH_MAX and the founder's own */

struct step {
    struct copse_id person;
    struct copse_id grant;
    enum copse_op_role role;
    uint64_t hlc;
};

/* steps[0] is the grant asked about, steps[count - 1] a founder's. */
struct way {
    struct step steps[STEPS_MAX];
    size_t count;
    size_t founder; /* place in the genesis */
};

static enum copse_err seniority_author(struct copse_practice_deed *deed, struct copse_id *person,
                                       struct copse_held *held, struct copse_op *op,
                                       const struct copse_id *id)
{
    struct copse_view_entry entry;
    enum copse_err err = copse_view_judge(deed->view, &entry, id);
    if (err == COPSE_OK) {
        *person = entry.person;
        *held = entry.held;
        *op = entry.op;
    }
    return err;
}

/* The grant above: who made this one, under what. */
static enum copse_err seniority_step(struct copse_practice_deed *deed, struct step *out,
                                     struct copse_seniority_grant *above,
                                     const struct copse_commons *commons,
                                     const struct copse_seniority_grant *grant)
{
    struct copse_held held;
    struct copse_op op;
    struct copse_id author;
    enum copse_err err = seniority_author(deed, &author, &held, &op, &grant->grant);
    if (err != COPSE_OK) {
        return err;
    }
    *out = (struct step){grant->person, grant->grant, op.role, held.entry.hlc};
    if (op.kind == COPSE_OP_JOIN) {
        struct copse_id door = held.trail.under.grant;
        err = seniority_author(deed, &author, &held, &op, &door);
        out->role = op.role;
        if (err == COPSE_OK && op.kind == COPSE_OP_GENESIS) {
            *above = (struct copse_seniority_grant){commons->community, commons->founders[0]};
            return COPSE_OK;
        }
    }
    *above = (struct copse_seniority_grant){held.trail.under.grant, author};
    return err;
}

static enum copse_err seniority_way(struct copse_practice_deed *deed, struct way *out,
                                    const struct copse_commons *commons,
                                    const struct copse_seniority_grant *grant)
{
    struct copse_seniority_grant at = *grant;
    out->count = 0;
    while (!copse_bytes_equal_ids(&at.grant, &commons->community)) {
        struct copse_seniority_grant above;
        if (out->count == STEPS_MAX - 1) {
            return COPSE_ERR_NOT_FOUND; /* deeper than anybody may appoint */
        }
        enum copse_err err = seniority_step(deed, &out->steps[out->count], &above, commons, &at);
        if (err != COPSE_OK) {
            return err;
        }
        out->count++;
        at = above;
    }
    out->steps[out->count++] =
        (struct step){.person = at.person, .grant = at.grant, .role = COPSE_OP_COORDINATOR};
    for (out->founder = 0; out->founder < commons->founder_count; out->founder++) {
        if (copse_bytes_equal_ids(&commons->founders[out->founder], &at.person)) {
            return COPSE_OK;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

enum copse_err copse_seniority_name(struct copse_practice_deed *deed, struct copse_builder *out,
                                    const struct copse_id *person)
{
    struct copse_slice name;
    bool is_claimed = false;
    char hex[COPSE_ID_HEX_BYTES];
    enum copse_err err = copse_who_name(deed, &name, &is_claimed, person);
    if (err == COPSE_OK && name.size > 0) {
        copse_builder_slice(out, name);
    } else if (err == COPSE_OK) {
        copse_bytes_id_to_hex(hex, person);
        copse_builder_format(out, "somebody (%.10s)", hex);
    }
    return err;
}

/* "A, role, " pieces with names between texts. */
static enum copse_err seniority_say(struct copse_practice_deed *deed, struct copse_builder *out,
                                    const struct copse_id *first, const char *between,
                                    const struct copse_id *second)
{
    if (out == NULL) {
        return COPSE_OK;
    }
    enum copse_err err = copse_seniority_name(deed, out, first);
    copse_builder_text(out, between);
    return err == COPSE_OK && second != NULL ? copse_seniority_name(deed, out, second) : err;
}

/* The reason when the grants part at step `at`, of two ways of one length; `winner` is senior. */
static enum copse_err seniority_say_parting(struct copse_practice_deed *deed,
                                            struct copse_builder *why, const struct way *winner,
                                            const struct way *loser, size_t at)
{
    enum copse_err err = COPSE_OK;
    if (why == NULL) {
        return COPSE_OK;
    }
    if (at > 0) {
        err = seniority_say(deed, why, &winner->steps[0].person, " was appointed through ",
                            &winner->steps[at].person);
        copse_builder_text(why, " and ");
        if (err == COPSE_OK) {
            err = seniority_say(deed, why, &loser->steps[0].person, " through ",
                                &loser->steps[at].person);
        }
        copse_builder_text(why, "; ");
    }
    if (err == COPSE_OK && at + 1 == winner->count) {
        copse_builder_text(why, "among the founders ");
        return seniority_say(deed, why, &winner->steps[at].person, " is named before ",
                             &loser->steps[at].person);
    }
    if (err == COPSE_OK) {
        err = seniority_say(deed, why, &winner->steps[at + 1].person, " appointed ",
                            &winner->steps[at].person);
    }
    copse_builder_text(why, " before ");
    return err == COPSE_OK ? copse_seniority_name(deed, why, &loser->steps[at].person) : err;
}

static enum copse_err seniority_by_class(struct copse_practice_deed *deed, int *order,
                                         struct copse_builder *why, const struct way *a,
                                         const struct way *b)
{
    size_t shorter = a->count < b->count ? a->count : b->count;
    unsigned class_a = copse_permission_class(a->steps[0].role);
    unsigned class_b = copse_permission_class(b->steps[0].role);
    size_t at = 0;
    if (class_a == class_b && a->count != b->count) {
        *order = a->count < b->count ? -1 : 1;
        const struct way *winner = *order < 0 ? a : b;
        const struct way *loser = *order < 0 ? b : a;
        enum copse_err err =
            seniority_say(deed, why, &winner->steps[0].person,
                          " was appointed nearer to the founders than ", &loser->steps[0].person);
        return err;
    }
    while (at < shorter && class_a == class_b) {
        at++;
        class_a = at < shorter ? copse_permission_class(a->steps[at].role) : 0;
        class_b = at < shorter ? copse_permission_class(b->steps[at].role) : 0;
    }
    if (at == shorter) {
        *order = 0;
        return COPSE_OK;
    }
    *order = class_a < class_b ? -1 : 1;
    const struct step *winner = *order < 0 ? &a->steps[at] : &b->steps[at];
    const struct step *loser = *order < 0 ? &b->steps[at] : &a->steps[at];
    enum copse_err err = seniority_say(deed, why, &winner->person, " acted as ", NULL);
    if (why != NULL) {
        copse_builder_format(why, "%s and ", copse_capacity_role_name(winner->role));
    }
    if (err == COPSE_OK) {
        err = seniority_say(deed, why, &loser->person, " as ", NULL);
    }
    if (why != NULL) {
        copse_builder_text(why, copse_capacity_role_name(loser->role));
    }
    return err;
}

static enum copse_err seniority_of_ways(struct copse_practice_deed *deed, int *order,
                                        struct copse_builder *why, const struct way *a,
                                        const struct way *b)
{
    enum copse_err err = seniority_by_class(deed, order, why, a, b);
    if (err != COPSE_OK || *order != 0) {
        return err;
    }
    size_t at = a->count - 1;
    if (a->founder != b->founder) {
        *order = a->founder < b->founder ? -1 : 1;
    }
    while (*order == 0 && at > 0) {
        at--;
        const struct step *x = &a->steps[at];
        const struct step *y = &b->steps[at];
        *order = x->hlc != y->hlc ? (x->hlc < y->hlc ? -1 : 1)
                                  : copse_bytes_compare_ids(&x->grant, &y->grant);
    }
    return *order == 0
               ? COPSE_OK
               : seniority_say_parting(deed, why, *order < 0 ? a : b, *order < 0 ? b : a, at);
}

enum copse_err copse_seniority_compare(struct copse_practice_deed *deed, int *order,
                                       struct copse_builder *why,
                                       const struct copse_seniority_grant *a,
                                       const struct copse_seniority_grant *b)
{
    const struct copse_memory *memory = deed->practice->memory;
    const struct copse_commons *commons = NULL;
    struct way *ways = copse_memory_new(memory, 2, sizeof(*ways));
    *order = 0;
    enum copse_err err = ways == NULL ? COPSE_ERR_NOMEM : copse_capacity_commons(deed, &commons);
    if (err == COPSE_OK) {
        err = seniority_way(deed, &ways[0], commons, a);
    }
    if (err == COPSE_OK) {
        err = seniority_way(deed, &ways[1], commons, b);
    }
    if (err == COPSE_OK) {
        err = seniority_of_ways(deed, order, why, &ways[0], &ways[1]);
    }
    copse_memory_free(memory, ways);
    return err;
}

/* The most senior grant of a person that is not ended. */
static enum copse_err seniority_first(struct copse_practice_deed *deed,
                                      struct copse_seniority_grant *out,
                                      const struct copse_id *person)
{
    struct copse_standing *standing = NULL;
    struct copse_view *view;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_standing_load(&standing, &deed->state, person, &deed->source,
                                  deed->practice->memory);
    }
    if (err != COPSE_OK) {
        return err;
    }
    err = COPSE_ERR_NOT_FOUND;
    for (size_t i = standing->unit_count; i > 0; i--) {
        if (!standing->units[i - 1].is_ended) {
            *out = (struct copse_seniority_grant){standing->units[i - 1].grant, *person};
            err = COPSE_OK;
        }
    }
    copse_standing_free(standing);
    return err;
}

enum copse_err copse_seniority_refuse(struct copse_practice_deed *deed,
                                      const struct copse_id *person, const char *what,
                                      struct copse_error *error)
{
    struct copse_seniority_grant theirs;
    struct copse_seniority_grant mine;
    struct copse_builder why;
    struct copse_slice text = {NULL, 0};
    int order = 0;
    copse_builder_init(&why, deed->practice->memory);
    enum copse_err err = seniority_first(deed, &theirs, person);
    if (err == COPSE_OK) {
        err = seniority_first(deed, &mine, copse_keyring_person(deed->practice->keyring));
    }
    if (err == COPSE_OK) {
        err = copse_seniority_compare(deed, &order, &why, &theirs, &mine);
    }
    if (err == COPSE_OK || err == COPSE_ERR_NOT_FOUND) {
        err = copse_builder_end(&text, &why);
    }
    if (err == COPSE_OK) {
        err = copse_error_set(
            error, COPSE_ERR_REFUSED, "you may not %s: it takes somebody senior to them%s%s", what,
            text.size > 0 ? ", and " : "", text.size > 0 ? (const char *)text.data : "");
    }
    copse_builder_deinit(&why);
    return err;
}
