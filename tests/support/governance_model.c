/* Written from the text of SPEC 7 alone, and on purpose not in the way the program does it: nothing
 * is prepared, every question is answered by looking at everything.
 */
#include "tests/support/governance_model_log.h"

#include <string.h>

enum { NONE_KIND, REVOKE_KIND, MODERATOR_KIND, MEMBER_KIND, TO_NONE_KIND };

/* ---- endings ---- */

static bool unit_reaches(const struct model *m, int actor, int unit)
{
    return m->rank[actor] < m->rank[unit] && (model_class_of_role(m->units[actor].role) == 0 ||
                                              model_class_of_role(m->units[unit].role) == 2);
}

static int seniority_of(const struct model *m, int ending)
{
    if (model_at(m, ending)->kind == MODEL_RECALL) {
        const struct model_list *founders = &model_at(m, 0)->founders;
        for (int i = 0; i < founders->count; i++) {
            if (founders->items[i] == model_person_of(m, ending)) {
                return i - MODEL_LIST_MAX;
            }
        }
    }
    return m->rank[m->unit_of[ending]];
}

static int ending_kind(const struct model *m, int act)
{
    const struct model_entry *e = model_at(m, act);
    if (e->kind == MODEL_RECALL) {
        return m->in_effect[act] ? TO_NONE_KIND : NONE_KIND;
    }
    if (!m->honoured[act]) {
        return NONE_KIND;
    }
    if (e->kind == MODEL_REVOKE) {
        return REVOKE_KIND;
    }
    if (e->kind == MODEL_REMOVE) {
        return e->to == 0 ? TO_NONE_KIND : e->to == 1 ? MEMBER_KIND : MODERATOR_KIND;
    }
    return NONE_KIND;
}

/* Would the ending end the unit, if nothing overcame it? */
static bool would_end(const struct model *m, int ending, int unit)
{
    static const int bounds[] = {0, 0, 1, 2, 3};
    const struct model_entry *e = model_at(m, ending);
    const struct model_unit *u = &m->units[unit];
    if (e->kind == MODEL_RECALL) {
        return e->person == u->person;
    }
    if (!unit_reaches(m, m->unit_of[ending], unit)) {
        return false;
    }
    if (e->kind == MODEL_REVOKE) {
        return u->granter != MODEL_NONE && model_has(&e->grants, u->record);
    }
    return e->person == u->person && model_class_of_role(u->role) < bounds[ending_kind(m, ending)];
}

static bool overcomes(const struct model *m, int unit, int ending)
{
    const struct model_unit *u = &m->units[unit];
    if (model_at(m, ending)->kind == MODEL_REVOKE || model_at(m, u->record)->kind != MODEL_GRANT ||
        !model_has(&model_at(m, u->record)->over, ending)) {
        return false;
    }
    if (model_person_of(m, u->record) == model_person_of(m, ending)) {
        return true;
    }
    return model_at(m, ending)->kind != MODEL_RECALL &&
           (m->rank[u->granter] <= m->rank[m->unit_of[ending]] ||
            m->units[m->unit_of[ending]].is_ended);
}

static bool bears(const struct model *m, int ending, int unit, int entry)
{
    int kind = ending_kind(m, ending);
    if (kind == NONE_KIND || !would_end(m, ending, unit)) {
        return false;
    }
    return !overcomes(m, unit, ending) ||
           (kind == TO_NONE_KIND &&
            !model_has(&model_at(m, model_join_of(m->history, entry))->over, ending));
}

static bool accept_counts(const struct model *m, int accept, int ending, int unit)
{
    const struct model_entry *a = model_at(m, accept);
    return m->honoured[accept] && a->kind == MODEL_ACCEPT && a->of_device == MODEL_NONE &&
           a->of == ending && unit_reaches(m, m->unit_of[accept], unit) &&
           (model_person_of(m, accept) == model_person_of(m, ending) ||
            (model_at(m, ending)->kind != MODEL_RECALL &&
             m->rank[m->unit_of[accept]] <= m->rank[m->unit_of[ending]]));
}

/* Inside the cut of an ending, as ACCEPTs widened it? */
static bool inside_ending(const struct model *m, int entry, int ending, int unit)
{
    if (model_inside(m, entry, ending)) {
        return true;
    }
    for (int i = 0; i < m->history->count; i++) {
        if (accept_counts(m, i, ending, unit) && model_inside(m, entry, i)) {
            return true;
        }
    }
    return false;
}

/* The author of the most senior ending that bears, or MODEL_NONE. */
static int deciding_person(const struct model *m, int unit, int entry)
{
    int best = MODEL_NONE;
    for (int i = 0; i < m->history->count; i++) {
        if (bears(m, i, unit, entry) &&
            (best == MODEL_NONE || seniority_of(m, i) < seniority_of(m, best))) {
            best = i;
        }
    }
    return best == MODEL_NONE ? MODEL_NONE : model_person_of(m, best);
}

static bool inside_all_kinds(const struct model *m, int unit, int entry, int person)
{
    for (int kind = REVOKE_KIND; kind <= TO_NONE_KIND; kind++) {
        bool any = false;
        bool is_inside = false;
        for (int i = 0; i < m->history->count; i++) {
            if (bears(m, i, unit, entry) && model_person_of(m, i) == person &&
                ending_kind(m, i) == kind) {
                any = true;
                is_inside = is_inside || inside_ending(m, entry, i, unit);
            }
        }
        if (any && !is_inside) {
            return false;
        }
    }
    return true;
}

static bool is_accepted_in_frozen(const struct model *m, int entry, int unit)
{
    for (int i = 0; unit != MODEL_NONE && i < m->history->count; i++) {
        const struct model_entry *a = model_at(m, i);
        if (m->honoured[i] && a->kind == MODEL_ACCEPT &&
            a->of_device == model_at(m, entry)->device && unit_reaches(m, m->unit_of[i], unit) &&
            model_inside(m, entry, i)) {
            return true;
        }
    }
    return false;
}

/* What seniors, the device's leave and the freeze shut out. Unit MODEL_NONE: a founder's voice. */
static bool shut_out_by_seniors(const struct model *m, int unit, int entry, bool *is_replaced)
{
    *is_replaced = false;
    if (model_has_device_left(m, entry)) {
        return true;
    }
    int person = unit == MODEL_NONE ? MODEL_NONE : deciding_person(m, unit, entry);
    *is_replaced = person != MODEL_NONE;
    return person != MODEL_NONE && !inside_all_kinds(m, unit, entry, person);
}

/* ---- own acts ---- */

static bool is_own_act(const struct model *m, int act, int person)
{
    const struct model_entry *a = model_at(m, act);
    return model_counts_at_all(m, act) && model_person_of(m, act) == person &&
           !a->has_bad_signature &&
           (a->kind == MODEL_DEVICE_REVOKE || (a->kind == MODEL_LEAVE && a->is_root_signed));
}

static bool own_act_counts(const struct model *m, int act, int unit)
{
    bool is_replaced = false;
    if (shut_out_by_seniors(m, unit, act, &is_replaced)) {
        return false;
    }
    return is_replaced || !model_is_frozen_off(m, act) || is_accepted_in_frozen(m, act, unit);
}

/* Does an own act bear on entries of a unit (MODEL_NONE: on a voice) on this device? */
static bool own_act_bears(const struct model *m, int act, int unit, int device)
{
    const struct model_entry *a = model_at(m, act);
    if (a->kind == MODEL_DEVICE_REVOKE) {
        return a->of_device == device;
    }
    if (unit == MODEL_NONE) {
        return true;
    }
    const struct model_unit *u = &m->units[unit];
    bool is_named = u->granter != MODEL_NONE && model_has(&model_at(m, u->record)->over, act);
    return !is_named && model_class_of_role(u->role) < (a->to == 0 ? 3 : 2);
}

static bool is_of_one_kind(const struct model_entry *a, const struct model_entry *b)
{
    return a->kind == b->kind && (a->kind == MODEL_DEVICE_REVOKE || a->to == b->to);
}

static bool shut_out(const struct model *m, int unit, int person, int entry)
{
    bool is_replaced = false;
    int device = model_at(m, entry)->device;
    if (shut_out_by_seniors(m, unit, entry, &is_replaced)) {
        return true;
    }
    for (int i = 0; i < m->history->count; i++) {
        if (!is_own_act(m, i, person) || !own_act_bears(m, i, unit, device) ||
            !own_act_counts(m, i, unit)) {
            continue;
        }
        is_replaced = is_replaced || model_at(m, i)->kind == MODEL_DEVICE_REVOKE;
        bool is_inside = false;
        for (int k = 0; k < m->history->count; k++) {
            is_inside = is_inside || (is_own_act(m, k, person) && own_act_counts(m, k, unit) &&
                                      own_act_bears(m, k, unit, device) &&
                                      is_of_one_kind(model_at(m, i), model_at(m, k)) &&
                                      model_inside(m, entry, k));
        }
        if (!is_inside) {
            return true;
        }
    }
    return !is_replaced && model_is_frozen_off(m, entry) && !is_accepted_in_frozen(m, entry, unit);
}

static bool is_ended(const struct model *m, int unit)
{
    int person = m->units[unit].person;
    for (int i = 0; i < m->history->count; i++) {
        if (ending_kind(m, i) != NONE_KIND && would_end(m, i, unit) && !overcomes(m, unit, i)) {
            return true;
        }
        if (is_own_act(m, i, person) && model_at(m, i)->kind == MODEL_LEAVE &&
            own_act_bears(m, i, unit, MODEL_NONE) && own_act_counts(m, i, unit)) {
            return true;
        }
    }
    return false;
}

/* ---- units ---- */

static int add_unit(struct model *m, int record, int person, int role, int granter)
{
    struct model_unit *u = &m->units[m->unit_count];
    memset(u, 0, sizeof *u);
    u->record = record;
    u->person = person;
    u->role = role;
    u->granter = granter;
    u->depth = granter == MODEL_NONE ? 0 : m->units[granter].depth + 1;
    return m->unit_count++;
}

/* The unit that a grant is to a person, or MODEL_NONE. */
static int find_unit(const struct model *m, int record, int person)
{
    for (int i = 0; i < m->unit_count; i++) {
        if (m->units[i].record == record && m->units[i].person == person) {
            return i;
        }
    }
    return MODEL_NONE;
}

static bool is_founder(const struct model *m, int person)
{
    return model_has(&model_at(m, 0)->founders, person);
}

static void find_units(struct model *m)
{
    for (int i = 0; i < model_at(m, 0)->founders.count; i++) {
        m->units[add_unit(m, 0, model_at(m, 0)->founders.items[i], 0, MODEL_NONE)].founder = i;
    }
    for (int i = 0; i < m->history->count; i++) {
        const struct model_entry *e = model_at(m, i);
        int cited = model_cited_grant(m, i);
        int person = model_person_of(m, i);
        m->unit_of[i] = MODEL_NONE;
        if (!model_counts_at_all(m, i) || person == MODEL_NONE || cited == MODEL_NONE ||
            !model_counts_at_all(m, cited)) {
            continue;
        }
        int unit = find_unit(m, cited, person);
        m->unit_of[i] = unit;
        if (e->kind == MODEL_JOIN && model_at(m, cited)->kind == MODEL_INVITE &&
            m->unit_of[cited] != MODEL_NONE) {
            m->unit_of[i] = add_unit(m, i, person, model_at(m, cited)->role, m->unit_of[cited]);
        } else if (e->kind == MODEL_JOIN && cited == 0 && model_at(m, 0)->role != MODEL_NONE &&
                   !is_founder(m, person)) {
            m->unit_of[i] = add_unit(m, i, person, model_at(m, 0)->role, 0);
        } else if (e->kind == MODEL_GRANT && unit != MODEL_NONE &&
                   model_class_of_role(e->role) >= model_class_of_role(m->units[unit].role) &&
                   (e->role > 1 || m->units[unit].role == 0)) {
            (void)add_unit(m, i, e->person, e->role, unit);
        }
    }
}

/* Keys: (class, depth, key of the granter, hlc, id); a founder's (0, 0, -, place). Read upwards,
 * two keys differ first in a class or depth; if in none, then downwards in hlc or id. */
static int compare_units(const struct model *m, int a, int b)
{
    int result = 0;
    for (;;) {
        const struct model_unit *x = &m->units[a];
        const struct model_unit *y = &m->units[b];
        if (model_class_of_role(x->role) != model_class_of_role(y->role)) {
            return model_class_of_role(x->role) - model_class_of_role(y->role);
        }
        if (x->depth != y->depth) {
            return x->depth - y->depth;
        }
        if (x->granter == MODEL_NONE) {
            return x->founder != y->founder ? x->founder - y->founder : result;
        }
        /* What is further up weighs more, so the last difference found counts. */
        const struct model_entry *g = model_at(m, x->record);
        const struct model_entry *h = model_at(m, y->record);
        int here = g->hlc < h->hlc   ? -1
                   : g->hlc > h->hlc ? 1
                                     : copse_bytes_compare_ids(&g->id, &h->id);
        result = here != 0 ? here : result;
        a = x->granter;
        b = y->granter;
    }
}

static void order_units(struct model *m)
{
    for (int i = 0; i < m->unit_count; i++) {
        m->rank[i] = 0;
        for (int k = 0; k < m->unit_count; k++) {
            m->rank[i] += k != i && compare_units(m, k, i) < 0 ? 1 : 0;
        }
        m->order[m->rank[i]] = i;
    }
}

/* ---- recall ---- */

static bool is_voice(const struct model *m, int entry)
{
    int person = model_person_of(m, entry);
    return model_counts_at_all(m, entry) && person != MODEL_NONE && is_founder(m, person) &&
           model_cited_grant(m, entry) == 0 && !shut_out(m, MODEL_NONE, person, entry);
}

static void count_recalls(struct model *m)
{
    for (int i = 0; i < m->history->count; i++) {
        const struct model_entry *r = model_at(m, i);
        int author = model_person_of(m, i);
        if (!model_counts_at_all(m, i) || r->kind != MODEL_RECALL || author == MODEL_NONE ||
            !is_founder(m, author) || model_cited_grant(m, i) != 0 || !is_founder(m, r->person) ||
            r->person == author) {
            continue;
        }
        bool speaks[MODEL_PERSONS_MAX] = {false};
        for (int k = 0; k < m->history->count; k++) {
            bool names =
                k == i || (model_at(m, k)->kind == MODEL_ASSENT && model_at(m, k)->of == i);
            if (names && is_voice(m, k) && model_person_of(m, k) != r->person) {
                speaks[model_person_of(m, k)] = true;
                m->honoured[k] = true;
            }
        }
        int voices = 0;
        for (int k = 0; k < MODEL_PERSONS_MAX; k++) {
            voices += speaks[k] ? 1 : 0;
        }
        int others = model_at(m, 0)->founders.count - 1;
        m->in_effect[i] = voices >= 2 && 2 * voices > others;
    }
}

/* ---- charters ---- */

static bool is_version(const struct model *m, int entry)
{
    return entry == 0 || (model_at(m, entry)->kind == MODEL_CHARTER && m->honoured[entry]);
}

static bool descends(const struct model *m, int version, int from)
{
    bool is_above[MODEL_ENTRIES_MAX] = {false};
    is_above[version] = true;
    for (int i = version; i >= 0; i--) {
        for (int k = 0; is_above[i] && k < model_at(m, i)->over.count; k++) {
            int named = model_at(m, i)->over.items[k];
            is_above[named] = is_above[named] || is_version(m, named);
        }
    }
    return is_above[from];
}

/* May a class 2 unit do this by one version? */
static bool version_permits(const struct model *m, int version, int entry, int role)
{
    const struct model_entry *e = model_at(m, entry);
    if (e->kind == MODEL_GRANT || e->kind == MODEL_INVITE) {
        return model_at(m, version)->may_invite;
    }
    return role == 2 || model_at(m, version)->may_guests;
}

static bool charters_permit(const struct model *m, int entry, int role)
{
    int cited = model_cited_charter(m, entry);
    if (cited == MODEL_NONE || !m->held[cited] || !is_version(m, cited)) {
        cited = 0;
    }
    bool permitted = version_permits(m, cited, entry, role);
    for (int i = 1; i < m->history->count; i++) {
        if (!is_version(m, i)) {
            continue;
        }
        bool names_log = false;
        for (int k = 0; k < model_at(m, i)->cut.count; k++) {
            int leaf = model_at(m, i)->cut.items[k];
            names_log =
                names_log || (model_is_good_leaf(m, i, leaf) && model_same_log(m, leaf, entry));
        }
        if (names_log && !model_inside(m, entry, i) && !descends(m, cited, i)) {
            permitted = permitted && version_permits(m, i, entry, role);
        }
    }
    return permitted;
}

static int find_charter(const struct model *m)
{
    int best = MODEL_NONE;
    for (int i = 0; i < m->history->count; i++) {
        bool is_named = false;
        for (int k = 0; k < m->history->count; k++) {
            is_named = is_named || (is_version(m, k) && model_has(&model_at(m, k)->over, i));
        }
        if (!m->held[i] || !is_version(m, i) || is_named) {
            continue;
        }
        if (best == MODEL_NONE) {
            best = i;
            continue;
        }
        int rank = i == 0 ? 0 : m->rank[m->unit_of[i]];
        int best_rank = best == 0 ? 0 : m->rank[m->unit_of[best]];
        const struct model_entry *a = model_at(m, i);
        const struct model_entry *b = model_at(m, best);
        if (rank < best_rank ||
            (rank == best_rank &&
             (a->hlc < b->hlc ||
              (a->hlc == b->hlc && copse_bytes_compare_ids(&a->id, &b->id) < 0)))) {
            best = i;
        }
    }
    return best;
}

/* ---- the walk ---- */

static bool removes_rightly(const struct model *m, int unit, int entry)
{
    int person = model_at(m, entry)->person;
    if (person == m->units[unit].person) {
        return false;
    }
    for (int i = 0; i < m->unit_count; i++) {
        bool is_above = m->rank[i] < m->rank[unit] ||
                        (m->units[unit].role == 1 && model_class_of_role(m->units[i].role) < 2);
        if (m->units[i].person == person && is_above && m->units[i].is_honoured &&
            !m->units[i].is_ended) {
            return false;
        }
    }
    return true;
}

static bool role_permits(const struct model *m, int unit, int entry)
{
    const struct model_entry *e = model_at(m, entry);
    int role = m->units[unit].role;
    bool may_moderate = role < 2;
    switch (e->kind) {
    case MODEL_GENESIS:
    case MODEL_JOIN:
    case MODEL_LEAVE:
    case MODEL_DEVICE_REVOKE:
        return true;
    case MODEL_GRANT:
        return e->role < 2 ? role == 0 : may_moderate || charters_permit(m, entry, role);
    case MODEL_INVITE:
        return may_moderate || charters_permit(m, entry, role);
    case MODEL_CHARTER:
        return role == 0;
    case MODEL_REMOVE:
        return (e->to == 0 ? may_moderate : role == 0) && removes_rightly(m, unit, entry);
    case MODEL_REVOKE:
    case MODEL_ACCEPT:
        return may_moderate;
    case MODEL_RECALL:
        return false;
    case MODEL_HIDE:
    case MODEL_UNHIDE:
    case MODEL_ASSENT:
    case MODEL_DATA:
        return may_moderate || charters_permit(m, entry, role);
    }
    return false;
}

/* The person who decides whom a shut door keeps, or MODEL_NONE. */
static int find_shutter(const struct model *m, int door)
{
    int best = MODEL_NONE;
    for (int i = 0; i < m->history->count; i++) {
        if (m->honoured[i] && model_at(m, i)->kind == MODEL_REVOKE &&
            model_has(&model_at(m, i)->grants, door) &&
            (best == MODEL_NONE || seniority_of(m, i) < seniority_of(m, best))) {
            best = i;
        }
    }
    return best == MODEL_NONE ? MODEL_NONE : model_person_of(m, best);
}

static bool door_lets_in(const struct model *m, int join)
{
    int door = model_cited_grant(m, join);
    int shutter = find_shutter(m, door);
    bool is_kept = shutter == MODEL_NONE;
    for (int i = 0; i < m->history->count; i++) {
        is_kept =
            is_kept || (m->honoured[i] && model_at(m, i)->kind == MODEL_REVOKE &&
                        model_has(&model_at(m, i)->grants, door) &&
                        model_person_of(m, i) == shutter && model_has(&model_at(m, i)->keep, join));
    }
    if (door == 0) {
        return is_kept;
    }
    return is_kept && m->honoured[door] && !model_at(m, join)->has_bad_invite &&
           (model_at(m, door)->until < 0 || model_at(m, join)->hlc < model_at(m, door)->until);
}

static bool is_granted(const struct model *m, int unit)
{
    const struct model_unit *u = &m->units[unit];
    if (u->granter == MODEL_NONE) {
        return true;
    }
    if (model_at(m, u->record)->kind == MODEL_GRANT) {
        return m->honoured[u->record];
    }
    return door_lets_in(m, u->record) && !shut_out(m, unit, u->person, u->record);
}

/* A unit that is honoured, or would be if its person's own acts did not take its self-join back. */
static bool is_held(const struct model *m, int unit)
{
    const struct model_unit *u = &m->units[unit];
    bool is_replaced = false;
    bool is_self_join = u->granter != MODEL_NONE && model_at(m, u->record)->kind == MODEL_JOIN;
    return u->is_honoured || (is_self_join && door_lets_in(m, u->record) &&
                              !shut_out_by_seniors(m, unit, u->record, &is_replaced));
}

static void judge_unit(struct model *m, int unit)
{
    const struct model_unit *u = &m->units[unit];
    bool verdicts[MODEL_ENTRIES_MAX] = {false};
    for (int i = 0; i < m->history->count; i++) {
        const struct model_entry *e = model_at(m, i);
        if (m->unit_of[i] != unit || is_own_act(m, i, u->person)) {
            continue;
        }
        bool is_bad_own_act =
            e->kind == MODEL_DEVICE_REVOKE || (e->kind == MODEL_LEAVE && e->is_root_signed);
        int64_t until =
            model_at(m, u->record)->kind == MODEL_GRANT ? model_at(m, u->record)->until : -1;
        verdicts[i] = !is_bad_own_act && (until < 0 || model_log_time(m, i) < until) &&
                      !shut_out(m, unit, u->person, i) && role_permits(m, unit, i);
    }
    for (int i = 0; i < m->history->count; i++) {
        m->honoured[i] = m->honoured[i] || verdicts[i];
    }
}

static void walk(struct model *m)
{
    for (int class = 0; class <= 2; class ++) {
        /* Nothing in class 1 bears on standing in class 1: who is live there is known at once. */
        for (int i = 0; class == 1 && i < m->unit_count; i++) {
            struct model_unit *u = &m->units[m->order[i]];
            if (model_class_of_role(u->role) == 1) {
                u->is_honoured = is_granted(m, m->order[i]);
                u->is_ended = is_ended(m, m->order[i]);
            }
        }
        for (int i = 0; i < m->unit_count; i++) {
            int unit = m->order[i];
            struct model_unit *u = &m->units[unit];
            if (model_class_of_role(u->role) != class) {
                continue;
            }
            u->is_honoured = is_granted(m, unit);
            u->is_ended = is_ended(m, unit);
            if (u->is_honoured) {
                judge_unit(m, unit);
            }
        }
    }
    for (int i = 0; i < m->history->count; i++) {
        for (int unit = 0; unit < m->unit_count; unit++) {
            const struct model_unit *u = &m->units[unit];
            if (is_held(m, unit) && is_own_act(m, i, u->person) && own_act_counts(m, i, unit)) {
                m->honoured[i] = true;
            }
        }
    }
    m->honoured[0] = true;
}

/* ---- what is wanted ---- */

/* Do the leaves of an act's cut count as named for the logs of a person? */
static bool names_leaves(const struct model *m, int act, int person)
{
    enum model_kind kind = model_at(m, act)->kind;
    if ((kind == MODEL_DEVICE_REVOKE || kind == MODEL_LEAVE) && model_person_of(m, act) != person) {
        return false;
    }
    return m->in_effect[act] ||
           (m->honoured[act] &&
            (kind == MODEL_REVOKE || kind == MODEL_REMOVE || kind == MODEL_ACCEPT ||
             kind == MODEL_CHARTER || kind == MODEL_DEVICE_REVOKE || kind == MODEL_LEAVE));
}

/* Does a cut that counts say the device of the entry? Whether its leaf is held does not matter. */
static bool is_device_named(const struct model *m, int entry)
{
    for (int i = 0; i < m->history->count; i++) {
        const struct model_list *cut = &model_at(m, i)->cut;
        for (int k = 0; names_leaves(m, i, model_person_of(m, entry)) && k < cut->count; k++) {
            if (model_at(m, cut->items[k])->device == model_at(m, entry)->device &&
                !model_has(&model_at(m, i)->bad_leaves, cut->items[k])) {
                return true;
            }
        }
    }
    return false;
}

/* May the entry be on the way to a leaf that is not held, or void though its signature is good? */
static bool is_on_the_way(const struct model *m, int entry, int act)
{
    const struct model_list *cut = &model_at(m, act)->cut;
    for (int i = 0; i < cut->count; i++) {
        int leaf = cut->items[i];
        if (!model_has(&model_at(m, act)->bad_leaves, leaf) && !model_is_good_leaf(m, act, leaf) &&
            model_at(m, leaf)->device == model_at(m, entry)->device &&
            model_class(model_at(m, leaf)) == model_class(model_at(m, entry)) &&
            model_seq_of(m, entry) < model_seq_of(m, leaf)) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct model *m, int entry)
{
    int person = model_person_of(m, entry);
    int join = model_join_of(m->history, entry);
    bool holds = person != MODEL_NONE && is_founder(m, person);
    bool is_removed = false;
    if (person == MODEL_NONE) {
        return false;
    }
    if (holds && model_class(model_at(m, entry)) == 0) {
        return true;
    }
    for (int i = 0; i < m->unit_count; i++) {
        holds = holds || (m->units[i].person == person && is_held(m, i));
    }
    for (int i = 0; i < m->history->count; i++) {
        is_removed =
            is_removed || (ending_kind(m, i) == TO_NONE_KIND && model_at(m, i)->person == person &&
                           !model_has(&model_at(m, join)->over, i));
    }
    for (int i = 0; i < m->unit_count; i++) {
        bool is_meant = m->units[i].person == person && is_held(m, i);
        is_removed = is_removed && (!is_meant || deciding_person(m, i, join) != MODEL_NONE);
    }
    if (holds ? !is_removed : !is_device_named(m, entry)) {
        return holds;
    }
    bool is_named = entry == join;
    for (int i = 0; i < m->history->count; i++) {
        is_named = is_named || (names_leaves(m, i, person) &&
                                (model_inside(m, entry, i) || is_on_the_way(m, entry, i)));
        is_named =
            is_named || (m->honoured[i] && is_own_act(m, i, person) && model_reaches(m, entry, i));
    }
    return is_named;
}

void model_evaluate(struct model_result *out, const struct model_history *history,
                    const bool held[MODEL_ENTRIES_MAX])
{
    static struct model m;
    memset(&m, 0, sizeof m);
    memset(out, 0, sizeof *out);
    m.history = history;
    m.held = held;
    for (int i = 0; i < MODEL_PERSONS_MAX; i++) {
        out->role[i] = MODEL_NONE;
        out->seniority[i] = MODEL_UNITS_MAX;
    }
    out->charter = MODEL_NONE;
    if (!model_counts_at_all(&m, 0) || model_person_of(&m, 0) == MODEL_NONE) {
        return;
    }
    find_units(&m);
    order_units(&m);
    count_recalls(&m);
    walk(&m);
    out->charter = find_charter(&m);
    memcpy(out->honoured, m.honoured, sizeof m.honoured);
    for (int i = 0; i < history->count; i++) {
        out->wanted[i] = held[i] && is_wanted(&m, i);
    }
    for (int i = 0; i < m.unit_count; i++) {
        const struct model_unit *u = &m.units[i];
        if (m.rank[i] < out->seniority[u->person]) {
            out->seniority[u->person] = m.rank[i];
        }
        if (u->is_honoured && !u->is_ended &&
            (out->role[u->person] == MODEL_NONE || u->role < out->role[u->person])) {
            out->role[u->person] = u->role;
        }
    }
    for (int i = 0; i < history->count; i++) {
        out->under[i] = m.unit_of[i] == MODEL_NONE ? MODEL_NONE : m.rank[m.unit_of[i]];
    }
}
