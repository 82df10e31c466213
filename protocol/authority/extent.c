/* How it works: what bears on each line says whether it is clipped. Then passes over the cuts of
 * all that counts tell: the first, which lines that would not be wanted are clipped because a leaf
 * says their device; the others, first counting, then filling, which leaves are named for each
 * line.
 */
#include "protocol/authority/extent.h"

#include "protocol/base/sort.h"

#include <string.h>

enum pass { OPENING, COUNTING, FILLING };

struct finder {
    const struct copse_control *control;
    struct copse_extent *out;
    enum pass pass;
    const struct copse_control_person *only; /* name lines of this person only; NULL: of all */
};

static bool holds_anything(const struct copse_control_person *person)
{
    if (person->founder != COPSE_CONTROL_NO_FOUNDER) {
        return true;
    }
    for (const struct copse_unit *unit = person->units; unit != NULL; unit = unit->next) {
        if (unit->is_honoured || unit->is_withdrawn) {
            return true;
        }
    }
    return false;
}

/* Does a removal to none or a recall bear on the line? */
static bool is_removed(const struct copse_control_line *line)
{
    for (const struct copse_control_link *link = line->person->removals.first; link != NULL;
         link = link->next) {
        const struct copse_op *op = &link->record->op;
        bool is_to_none = op->kind == COPSE_OP_RECALL || op->to == COPSE_OP_TO_NONE;
        if (is_to_none && !copse_op_names(line->record->op.over, &link->record->id)) {
            return true;
        }
    }
    return false;
}

/* SPEC 7.9: "and an ending bears on its entries (7.4) under every unit that its person holds" */
static bool is_decided(const struct copse_control_line *line)
{
    for (const struct copse_unit *unit = line->person->units; unit != NULL; unit = unit->next) {
        if ((unit->is_honoured || unit->is_withdrawn) &&
            !copse_fence_bears(&unit->fence, &line->fence)) {
            return false;
        }
    }
    return true;
}

static void find_extent(struct copse_extent_line *out, const struct copse_control_line *line)
{
    enum copse_wanted_extent wanted = COPSE_WANTED_NOTHING;
    if (holds_anything(line->person)) {
        bool is_clipped = is_removed(line) && is_decided(line);
        wanted = is_clipped ? COPSE_WANTED_CLIPPED : COPSE_WANTED_ALL;
    }
    bool is_founder = line->person->founder != COPSE_CONTROL_NO_FOUNDER;
    out->of[COPSE_ENTRY_DATA] = wanted;
    /* SPEC 7.9: "Logs of class 0 of founders are never clipped" */
    out->of[COPSE_ENTRY_CONTROL] = is_founder ? COPSE_WANTED_ALL : wanted;
}

/* Leaves are named for every line of which something is wanted: that of a clipped log is what is
 * wanted, that of a frozen one is reconciled by itself (SPEC 10.11), and a log may freeze later. */
static bool is_wanted(const struct copse_extent_line *line)
{
    return line->of[0] != COPSE_WANTED_NOTHING || line->of[1] != COPSE_WANTED_NOTHING;
}

static void name(struct finder *finder, const struct copse_control_line *line,
                 const struct copse_wanted_leaf *leaf)
{
    struct copse_extent_line *wanted = &finder->out->lines[line - finder->control->lines];
    bool is_meant = finder->only == NULL || finder->only == line->person;
    if (!is_meant || !is_wanted(wanted)) {
        return;
    }
    if (finder->pass == FILLING) {
        wanted->leaves[wanted->leaf_count] = *leaf;
    }
    wanted->leaf_count++;
}

/* SPEC 7.9: "it is clipped instead if a leaf with a good signature that says its device is among
 * the named, held or not, void or not" */
static void open_line(struct finder *finder, const struct copse_control_line *line)
{
    struct copse_extent_line *wanted = &finder->out->lines[line - finder->control->lines];
    for (size_t class = 0; class < COPSE_ARRAY_SIZE(wanted->of); class ++) {
        if (wanted->of[class] == COPSE_WANTED_NOTHING) {
            wanted->of[class] = COPSE_WANTED_CLIPPED;
        }
    }
}

/* All lines of the device that a leaf says: while it is not held, its log is not known; a void one
 * is taken alike, so that who holds it wants the same as who does not. */
static void name_device(struct finder *finder, const struct copse_control_leaf *leaf)
{
    const struct copse_control *control = finder->control;
    struct copse_control_line **end = control->devices + control->line_count;
    const struct copse_wanted_leaf named = {leaf->class, leaf->seq, leaf->id};
    struct copse_control_line **line = copse_control_lines_of(control, &leaf->device);
    for (;
         line != NULL && line < end && copse_bytes_equal_ids(&(*line)->fence.device, &leaf->device);
         line++) {
        if (finder->pass == OPENING) {
            open_line(finder, *line);
        } else {
            name(finder, *line, &named);
        }
    }
}

static void await(struct finder *finder, const struct copse_control_leaf *leaf)
{
    if (leaf->is_void) {
        return;
    }
    if (finder->pass == FILLING) {
        finder->out->awaited[finder->out->awaited_count] = leaf->id;
    }
    finder->out->awaited_count++;
}

static void name_cut(struct finder *finder, const struct copse_control_record *record)
{
    for (size_t i = 0; record->cut != NULL && i < record->cut->count; i++) {
        const struct copse_control_leaf *leaf = &record->cut->leaves[i];
        if (finder->pass == OPENING) {
            name_device(finder, leaf);
        } else if (leaf->line == NULL) {
            name_device(finder, leaf);
            await(finder, leaf);
        } else {
            const struct copse_wanted_leaf named = {leaf->class, leaf->seq, leaf->id};
            name(finder, leaf->line, &named);
        }
    }
}

static void pass_over(struct finder *finder, const struct copse_governance *governance)
{
    for (const struct copse_control_link *link = governance->cuts.first; link != NULL;
         link = link->next) {
        name_cut(finder, link->record);
    }
    for (size_t i = 0; i < finder->control->record_count; i++) {
        const struct copse_control_record *record = &finder->control->records[i];
        if (record->op.kind == COPSE_OP_RECALL && record->is_in_effect) {
            name_cut(finder, record);
        }
        /* An own act says nothing of others: else anybody could bring back what was given up. */
        if (record->op.is_root_signed && record->is_honoured && finder->pass != OPENING) {
            finder->only = record->line->person;
            name_cut(finder, record);
            finder->only = NULL;
            const struct copse_wanted_leaf itself = {COPSE_ENTRY_CONTROL, record->position.seq,
                                                     record->id};
            name(finder, record->line, &itself);
        }
    }
}

static int compare_leaves(const void *a, const void *b)
{
    const struct copse_wanted_leaf *x = a;
    const struct copse_wanted_leaf *y = b;
    if (x->class != y->class) {
        return x->class < y->class ? -1 : 1;
    }
    if (x->seq != y->seq) {
        return x->seq < y->seq ? -1 : 1;
    }
    return copse_bytes_compare_ids(&x->id, &y->id);
}

static int compare_ids(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

/* Sort and leave out what is there twice. Returns how many are left. */
static size_t make_unique(void *items, size_t count, size_t size, copse_sort_compare *compare)
{
    uint8_t *bytes = items;
    size_t kept = 0;
    copse_sort(items, count, size, compare);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare(bytes + (kept - 1) * size, bytes + i * size) != 0) {
            memmove(bytes + kept * size, bytes + i * size, size);
            kept++;
        }
    }
    return kept;
}

static enum copse_err make_room(struct finder *finder, struct copse_arena *arena)
{
    struct copse_extent *out = finder->out;
    for (size_t i = 0; i < finder->control->line_count; i++) {
        struct copse_extent_line *line = &out->lines[i];
        line->leaves = copse_arena_new(arena, line->leaf_count, sizeof *line->leaves);
        if (line->leaves == NULL) {
            return COPSE_ERR_NOMEM;
        }
        line->leaf_count = 0;
    }
    out->awaited = copse_arena_new(arena, out->awaited_count, sizeof *out->awaited);
    out->awaited_count = 0;
    return out->awaited == NULL ? COPSE_ERR_NOMEM : COPSE_OK;
}

enum copse_err copse_extent_find(struct copse_extent *out, struct copse_arena *arena,
                                 const struct copse_governance *governance)
{
    const struct copse_control *control = &governance->control;
    memset(out, 0, sizeof *out);
    out->lines = copse_arena_new(arena, control->line_count, sizeof *out->lines);
    if (out->lines == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < control->line_count; i++) {
        find_extent(&out->lines[i], &control->lines[i]);
    }
    struct finder finder = {control, out, OPENING, NULL};
    pass_over(&finder, governance);
    finder.pass = COUNTING;
    pass_over(&finder, governance);
    enum copse_err err = make_room(&finder, arena);
    if (err != COPSE_OK) {
        return err;
    }
    finder.pass = FILLING;
    pass_over(&finder, governance);
    for (size_t i = 0; i < control->line_count; i++) {
        struct copse_extent_line *line = &out->lines[i];
        line->leaf_count =
            make_unique(line->leaves, line->leaf_count, sizeof *line->leaves, compare_leaves);
    }
    out->awaited_count =
        make_unique(out->awaited, out->awaited_count, sizeof *out->awaited, compare_ids);
    return COPSE_OK;
}
