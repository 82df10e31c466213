/* How it works: acts are found by the id they are about. What undoes them is found by the same id,
 * so the names it carries are gathered once, sorted, and asked for each act.
 *
 * An act is judged, but no act bears on an act: so there is no circle here.
 */
#include "protocol/rules/view_act.h"

#include "protocol/authority/wanted.h"

#include "protocol/authority/permission.h"
#include "protocol/base/sort.h"

/* An act that was undone, by a unit of a class. */
struct undoing {
    struct copse_id act;
    unsigned class;
};

struct walk {
    struct copse_view *view;
    const struct copse_id *target;
    struct undoing *undone;
    size_t undone_count, undone_capacity;
    struct copse_id owner; /* of the target; meaningful if has_owner */
    bool has_owner;
};

/* ---- rows ---- */

typedef enum copse_err on_act(struct walk *walk, struct copse_view_act *act, void *context);

/* Judge each act of a kind on the target. */
static enum copse_err for_each(struct walk *walk, enum copse_op_kind kind, on_act *visit,
                               void *context)
{
    struct copse_fold_prefix prefix = copse_fold_acts(walk->target, kind);
    struct copse_state_cursor cursor;
    copse_state_open(&cursor, copse_fold_bytes(&prefix));
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        struct copse_id id;
        struct copse_view_act act = {.is_in_force = false};
        enum copse_err err =
            copse_state_next(&cursor, &key, &value, copse_view_options_of(walk->view)->state);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = copse_fold_entry_of(&id, key);
        }
        if (err == COPSE_OK) {
            err = copse_view_judge(walk->view, &act.entry, &id);
        }
        if (err == COPSE_OK) {
            err = visit(walk, &act, context);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
}

/* ---- whose ---- */

/* The person who made the target. What is no entry is a person, who owns the profile. */
static enum copse_err find_owner(struct walk *walk)
{
    if (walk->has_owner) {
        return COPSE_OK;
    }
    struct copse_view_entry entry;
    enum copse_err err = copse_view_judge(walk->view, &entry, walk->target);
    if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    walk->owner = err == COPSE_OK ? entry.person : *walk->target;
    walk->has_owner = true;
    return COPSE_OK;
}

/* Does the act count on this target? */
static enum copse_err find_whether_counts(struct walk *walk, bool *out,
                                          const struct copse_view_entry *act)
{
    *out = act->verdict == COPSE_VERDICT_HONOURED;
    if (act->verdict != COPSE_VERDICT_OWN_ONLY) {
        return COPSE_OK;
    }
    enum copse_err err = find_owner(walk);
    if (err == COPSE_OK) {
        *out = copse_bytes_equal_ids(&walk->owner, &act->person);
    }
    return err;
}

/* ---- what undoes ---- */

static int compare_undone(const void *a, const void *b)
{
    const struct undoing *x = a;
    const struct undoing *y = b;
    int order = copse_bytes_compare_ids(&x->act, &y->act);
    return order != 0 ? order : (x->class > y->class) - (x->class < y->class);
}

static enum copse_err gather_undone(struct walk *walk, struct copse_view_act *act, void *context)
{
    (void)context;
    bool counts = false;
    enum copse_err err = find_whether_counts(walk, &counts, &act->entry);
    if (err != COPSE_OK || !counts) {
        return err;
    }
    struct copse_op_list over = act->entry.op.over;
    struct undoing one = {.class = copse_permission_class(act->entry.role)};
    while (err == COPSE_OK && copse_op_next_id(&over, &one.act)) {
        err =
            copse_memory_grow(copse_view_options_of(walk->view)->memory, &walk->undone,
                              &walk->undone_capacity, walk->undone_count + 1, sizeof *walk->undone);
        if (err == COPSE_OK) {
            walk->undone[walk->undone_count] = one;
            walk->undone_count++;
        }
    }
    return err;
}

static enum copse_err find_undone(struct walk *walk, enum copse_op_kind kind)
{
    enum copse_err err = COPSE_OK;
    if (kind == COPSE_OP_HIDE) {
        err = for_each(walk, COPSE_OP_UNHIDE, gather_undone, NULL);
    } else if (kind == COPSE_OP_LOCK) {
        err = for_each(walk, COPSE_OP_UNLOCK, gather_undone, NULL);
    } else if (kind == COPSE_OP_BAR) {
        err = for_each(walk, COPSE_OP_UNBAR, gather_undone, NULL);
    }
    if (err == COPSE_OK && walk->undone_count > 0) {
        copse_sort(walk->undone, walk->undone_count, sizeof *walk->undone, compare_undone);
    }
    return err;
}

/* SPEC 8.10: "names them, written under a unit of the same or a smaller class" */
static bool is_undone(const struct walk *walk, const struct copse_view_entry *act)
{
    size_t low = 0;
    size_t high = walk->undone_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (copse_bytes_compare_ids(&walk->undone[middle].act, &act->held.id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    /* Of several that name it the one of the smallest class comes first. */
    return low < walk->undone_count &&
           copse_bytes_equal_ids(&walk->undone[low].act, &act->held.id) &&
           walk->undone[low].class <= copse_permission_class(act->role);
}

struct visitor {
    copse_view_act_visit *visit;
    void *context;
};

static enum copse_err visit_act(struct walk *walk, struct copse_view_act *act, void *context)
{
    const struct visitor *visitor = context;
    bool counts = false;
    enum copse_err err = find_whether_counts(walk, &counts, &act->entry);
    if (err != COPSE_OK) {
        return err;
    }
    act->is_in_force = counts && !is_undone(walk, &act->entry);
    return visitor->visit(visitor->context, act);
}

enum copse_err copse_view_act_each(struct copse_view *view, const struct copse_id *target,
                                   enum copse_op_kind kind, copse_view_act_visit *visit,
                                   void *context)
{
    struct walk walk = {.view = view, .target = target};
    struct visitor visitor = {visit, context};
    enum copse_err err = find_undone(&walk, kind);
    if (err == COPSE_OK) {
        err = for_each(&walk, kind, visit_act, &visitor);
    }
    copse_memory_free(copse_view_options_of(view)->memory, walk.undone);
    return err;
}

/* ---- what acts make of an entry ---- */

/* Most things have no act on them at all: one look saves the rest. */
static enum copse_err find_whether_any(struct copse_view *view, bool *out,
                                       const struct copse_id *target)
{
    struct copse_fold_prefix prefix = copse_fold_all_acts(target);
    struct copse_state_cursor cursor;
    struct copse_slice key;
    struct copse_slice value;
    copse_state_open(&cursor, copse_fold_bytes(&prefix));
    enum copse_err err =
        copse_state_next(&cursor, &key, &value, copse_view_options_of(view)->state);
    if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    *out = err == COPSE_OK;
    return COPSE_OK;
}

static enum copse_err note_in_force(void *context, const struct copse_view_act *act)
{
    bool *found = context;
    *found = *found || act->is_in_force;
    return COPSE_OK;
}

/* Is an act of this kind on the target in force? */
static enum copse_err find_in_force(struct copse_view *view, bool *out,
                                    const struct copse_id *target, enum copse_op_kind kind)
{
    *out = false;
    return copse_view_act_each(view, target, kind, note_in_force, out);
}

enum copse_err copse_view_act_hidden(struct copse_view *view, bool *out,
                                     const struct copse_id *target)
{
    return find_in_force(view, out, target, COPSE_OP_HIDE);
}

/* Is the place inside one leaf of a cut? SPEC 8.10: "A leaf of the cut whose entry is not held, or
 * is not wanted (7.9), has nothing inside it." */
static enum copse_err reaches_leaf(struct copse_view *view, bool *out,
                                   const struct copse_position *place, const struct copse_id *leaf)
{
    const struct copse_view_options *options = copse_view_options_of(view);
    const struct copse_source *source = options->source;
    struct copse_held held;
    bool is_wanted = false;
    *out = false;
    enum copse_err err = source->find(source->context, &held, leaf);
    if (err == COPSE_OK) {
        err = copse_wanted_has(&is_wanted, options->state, source, &held);
    }
    if (err == COPSE_OK && is_wanted) {
        const struct copse_log *log = source->log(source->context, place->log);
        *out = log != NULL && copse_log_reaches(log, place, &held.position);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err find_inside(struct copse_view *view, bool *out,
                                  const struct copse_position *place, struct copse_op_list cut)
{
    struct copse_op_leaf leaf;
    *out = false;
    while (!*out && copse_op_next_leaf(&cut, &leaf)) {
        enum copse_err err = reaches_leaf(view, out, place, &leaf.id);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

struct outside {
    struct copse_view *view;
    const struct copse_position *place;
    bool found;
};

static enum copse_err note_outside(void *context, const struct copse_view_act *act)
{
    struct outside *outside = context;
    if (!act->is_in_force || outside->found) {
        return COPSE_OK;
    }
    bool is_inside = false;
    enum copse_err err = find_inside(outside->view, &is_inside, outside->place, act->entry.op.cut);
    outside->found = err == COPSE_OK && !is_inside;
    return err;
}

/* The object that an entry is on, if any. */
static bool object_of(struct copse_id *out, const struct copse_op *op)
{
    if (op->kind == COPSE_OP_CREATE) {
        *out = op->ref;
        return op->has_ref;
    }
    *out = op->target;
    return op->kind == COPSE_OP_EDIT || op->kind == COPSE_OP_SET || op->kind == COPSE_OP_ADD ||
           op->kind == COPSE_OP_DEL;
}

/* SPEC 8.10: "A lock reaches what is on its target, up to 64 refs away" */
static enum copse_err find_locked(struct copse_view *view, bool *out,
                                  const struct copse_view_entry *entry)
{
    struct outside outside = {view, &entry->held.position, false};
    struct copse_id object;
    bool is_on = object_of(&object, &entry->op);
    for (unsigned depth = 0; is_on && !outside.found && depth < COPSE_VIEW_DEPTH_MAX; depth++) {
        bool has_acts = false;
        enum copse_err err = find_whether_any(view, &has_acts, &object);
        if (err == COPSE_OK && has_acts) {
            err = copse_view_act_each(view, &object, COPSE_OP_LOCK, note_outside, &outside);
        }
        struct copse_view_entry above;
        if (err == COPSE_OK) {
            err = copse_view_judge(view, &above, &object);
        }
        if (err == COPSE_ERR_NOT_FOUND) {
            break; /* what it refers to is not here, or a person */
        }
        if (err != COPSE_OK) {
            return err;
        }
        /* SPEC 8.10: "It goes on only through a CREATE that is honoured or waits: others need not
         * be held" */
        is_on = above.verdict <= COPSE_VERDICT_WAITING && above.op.kind == COPSE_OP_CREATE &&
                above.op.has_ref;
        object = above.op.ref;
    }
    *out = outside.found;
    return COPSE_OK;
}

struct erasure {
    const struct copse_view_entry *entry;
    bool by_author;
    bool by_steward;
};

static enum copse_err note_erasure(void *context, const struct copse_view_act *act)
{
    struct erasure *erasure = context;
    if (act->is_in_force) {
        bool is_own = copse_bytes_equal_ids(&act->entry.person, &erasure->entry->person);
        erasure->by_author = erasure->by_author || is_own;
        erasure->by_steward = erasure->by_steward || act->entry.role <= COPSE_OP_MODERATOR;
    }
    return COPSE_OK;
}

/* SPEC 8.11: "by its author, or by a coordinator or moderator while it or its object is hidden" */
static enum copse_err find_erased(struct copse_view *view, bool *out,
                                  const struct copse_view_entry *entry)
{
    struct erasure erasure = {entry, false, false};
    struct copse_id object;
    bool is_hidden = entry->is_hidden;
    enum copse_err err =
        copse_view_act_each(view, &entry->held.id, COPSE_OP_ERASE, note_erasure, &erasure);
    if (err == COPSE_OK && erasure.by_steward && !is_hidden && object_of(&object, &entry->op) &&
        entry->op.kind != COPSE_OP_CREATE) {
        err = copse_view_act_hidden(view, &is_hidden, &object);
    }
    *out = erasure.by_author || (erasure.by_steward && is_hidden);
    return err;
}

static enum copse_err settle_own(struct copse_view *view, struct copse_view_entry *entry)
{
    bool is_erased = false;
    bool is_approved = false;
    enum copse_err err = copse_view_act_hidden(view, &entry->is_hidden, &entry->held.id);
    if (err == COPSE_OK && entry->verdict == COPSE_VERDICT_WAITING) {
        err = find_in_force(view, &is_approved, &entry->held.id, COPSE_OP_APPROVE);
    }
    if (err == COPSE_OK) {
        err = find_erased(view, &is_erased, entry);
    }
    if (err != COPSE_OK) {
        return err;
    }
    if (is_approved) {
        entry->verdict = COPSE_VERDICT_HONOURED;
    }
    if (is_erased && entry->words != COPSE_VIEW_NONE) {
        entry->words = COPSE_VIEW_ERASED;
    }
    return COPSE_OK;
}

enum copse_err copse_view_act_settle(struct copse_view *view, struct copse_view_entry *entry)
{
    bool has_acts = false;
    enum copse_err err = find_whether_any(view, &has_acts, &entry->held.id);
    if (err == COPSE_OK && has_acts) {
        err = settle_own(view, entry);
    }
    bool is_lockable = entry->held.entry.class == COPSE_ENTRY_DATA &&
                       entry->role >= COPSE_OP_MEMBER && entry->verdict <= COPSE_VERDICT_WAITING;
    bool is_locked = false;
    if (err == COPSE_OK && is_lockable) {
        err = find_locked(view, &is_locked, entry);
    }
    if (err != COPSE_OK) {
        return err;
    }
    if (is_locked) {
        entry->verdict = COPSE_VERDICT_LOCKED;
    }
    entry->counts = entry->verdict == COPSE_VERDICT_HONOURED && !entry->is_hidden;
    return COPSE_OK;
}
