/* How it works: the honoured versions are few and sorted by id. A version that names logs
 * marks those that descend from it, so that citing one of them frees from its cut.
 */
#include "protocol/authority/charter.h"

#include "protocol/base/sort.h"

const struct copse_walk_charter *copse_charter_of(const struct copse_governance *governance,
                                                  const struct copse_id *id)
{
    size_t low = 0;
    size_t high = governance->charter_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = copse_bytes_compare_ids(&governance->charters[middle].record->id, id);
        if (order == 0) {
            return &governance->charters[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static enum copse_err list_versions(struct copse_governance *governance)
{
    const struct copse_control *control = &governance->control;
    size_t count = 0;
    for (size_t i = 0; i < control->record_count; i++) {
        const struct copse_control_record *record = control->keys[i].record;
        count += record->op.kind == COPSE_OP_CHARTER && record->is_honoured ? 1u : 0u;
    }
    governance->charters =
        copse_arena_new(&governance->control.arena, count + 1, sizeof *governance->charters);
    if (governance->charters == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < control->record_count; i++) {
        struct copse_control_record *record = control->keys[i].record;
        if (record == control->genesis ||
            (record->op.kind == COPSE_OP_CHARTER && record->is_honoured)) {
            struct copse_walk_charter *charter = &governance->charters[governance->charter_count++];
            charter->record = record;
            copse_permission_read(&charter->rules, record->op.charter);
        }
    }
    return COPSE_OK;
}

/* The version whose place is `index` names these; genesis names none. */
static void mark_named(struct copse_governance *governance)
{
    for (size_t i = 0; i < governance->charter_count; i++) {
        struct copse_op_list over = governance->charters[i].record->op.over;
        struct copse_id id;
        while (copse_op_next_id(&over, &id)) {
            const struct copse_walk_charter *named = copse_charter_of(governance, &id);
            if (named != NULL) {
                governance->charters[named - governance->charters].is_named = true;
            }
        }
    }
}

static uint32_t rank_of(const struct copse_walk_charter *charter)
{
    return charter->record->op.kind == COPSE_OP_GENESIS ? 0 : charter->record->unit->rank;
}

/* SPEC 7.11: "of several, that of the most senior unit, then the smaller hlc, then the smaller id"
 */
static bool comes_before(const struct copse_walk_charter *a, const struct copse_walk_charter *b)
{
    if (rank_of(a) != rank_of(b)) {
        return rank_of(a) < rank_of(b);
    }
    if (a->record->hlc != b->record->hlc) {
        return a->record->hlc < b->record->hlc;
    }
    return copse_bytes_compare_ids(&a->record->id, &b->record->id) < 0;
}

static void find_in_force(struct copse_governance *governance)
{
    for (size_t i = 0; i < governance->charter_count; i++) {
        struct copse_walk_charter *charter = &governance->charters[i];
        if (!charter->is_named &&
            (governance->in_force == NULL || comes_before(charter, governance->in_force))) {
            governance->in_force = charter;
        }
    }
}

/* Tell the lines whose logs a version names. */
static enum copse_err name_logs(struct copse_governance *governance,
                                struct copse_walk_charter *charter)
{
    struct copse_control *control = &governance->control;
    enum copse_err err = copse_control_resolve(control, charter->record);
    for (size_t i = 0; err == COPSE_OK && i < charter->record->cut->count; i++) {
        struct copse_control_line *line = charter->record->cut->leaves[i].line;
        if (line == NULL) {
            continue;
        }
        charter->names_logs = true;
        if (line->charters.last == NULL || line->charters.last->record != charter->record) {
            err = copse_control_append(control, &line->charters, charter->record);
        }
    }
    return err;
}

/* Find what a version descends from, by its `over` through honoured versions, as far as that
 * names logs. `marks` and `queue` have room for all versions; marks are those of `stamp` only. */
static enum copse_err find_above(struct copse_governance *governance, size_t index, size_t *marks,
                                 size_t *queue)
{
    struct copse_walk_charter *charter = &governance->charters[index];
    size_t stamp = index + 1;
    size_t filled = 1;
    size_t found = 0;
    queue[0] = index;
    marks[index] = stamp;
    for (size_t next = 0; next < filled; next++) {
        const struct copse_walk_charter *from = &governance->charters[queue[next]];
        found += from->names_logs ? 1u : 0u;
        struct copse_op_list over = from->record->op.over;
        struct copse_id id;
        while (copse_op_next_id(&over, &id)) {
            const struct copse_walk_charter *named = copse_charter_of(governance, &id);
            if (named == NULL || marks[named - governance->charters] == stamp) {
                continue;
            }
            marks[named - governance->charters] = stamp;
            queue[filled++] = (size_t)(named - governance->charters);
        }
    }
    charter->above = copse_arena_new(&governance->control.arena, found, sizeof *charter->above);
    if (charter->above == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < governance->charter_count; i++) {
        if (marks[i] == stamp && governance->charters[i].names_logs) {
            charter->above[charter->above_count++] = i;
        }
    }
    return COPSE_OK;
}

static enum copse_err find_lineage(struct copse_governance *governance)
{
    size_t count = governance->charter_count;
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        enum copse_err err = name_logs(governance, &governance->charters[i]);
        if (err != COPSE_OK) {
            return err;
        }
        any = any || governance->charters[i].names_logs;
    }
    if (!any) {
        return COPSE_OK;
    }
    size_t *marks = copse_arena_new(&governance->control.arena, count, sizeof *marks);
    size_t *queue = copse_arena_new(&governance->control.arena, count, sizeof *queue);
    if (marks == NULL || queue == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        enum copse_err err = find_above(governance, i, marks, queue);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

enum copse_err copse_charter_find(struct copse_governance *governance)
{
    enum copse_err err = list_versions(governance);
    if (err != COPSE_OK) {
        return err;
    }
    mark_named(governance);
    find_in_force(governance);
    return find_lineage(governance);
}

/* Does one version of those a cut belongs to say no? */
static bool frees(const struct copse_governance *governance, const struct copse_walk_charter *cited,
                  const struct copse_control_record *version)
{
    for (size_t i = 0; i < cited->above_count; i++) {
        if (governance->charters[cited->above[i]].record == version) {
            return true;
        }
    }
    return false;
}

/* Is a record inside the cut of a version, or in a log it does not name? */
static bool is_untouched(const struct copse_control *control,
                         const struct copse_control_record *record,
                         const struct copse_control_record *version)
{
    struct copse_fence_place place = copse_control_place(control, record);
    bool is_named = false;
    for (size_t i = 0; i < version->cut->count; i++) {
        const struct copse_control_leaf *leaf = &version->cut->leaves[i];
        if (leaf->line != record->line || leaf->position.log != record->position.log) {
            continue;
        }
        is_named = true;
        if (copse_log_reaches(place.log, &record->position, &leaf->position)) {
            return true;
        }
    }
    return !is_named;
}

enum copse_verdict copse_charter_judge(const struct copse_governance *governance,
                                       const struct copse_control_record *record)
{
    const struct copse_walk_charter *cited = copse_charter_of(governance, &record->under.charter);
    if (cited == NULL) {
        /* SPEC 7.11: "by the genesis, where that is not held or not honoured" */
        cited = copse_charter_of(governance, &governance->control.community);
    }
    COPSE_ASSERT(cited != NULL);
    enum copse_op_role role = record->unit->role;
    enum copse_verdict verdict = copse_permission_judge(role, &record->op, &cited->rules);
    for (const struct copse_control_link *link = record->line->charters.first; link != NULL;
         link = link->next) {
        if (!is_untouched(&governance->control, record, link->record) &&
            !frees(governance, cited, link->record)) {
            const struct copse_walk_charter *also = copse_charter_of(governance, &link->record->id);
            verdict = copse_verdict_worse(verdict,
                                          copse_permission_judge(role, &record->op, &also->rules));
        }
    }
    return verdict;
}
