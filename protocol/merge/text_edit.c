/* How it works: at the opened version the changes become numbers of units, which never change:
 * which units go, and behind which unit new text comes. Then the list is moved to the version
 * that the op will name as its parents (with the other tab's saves in it), passed over once, and
 * the numbers become indexes there. Between two units that stay lies a region; all that happens
 * in one region becomes one patch.
 *
 * Units that show although an op deleted them (it is muted) have no index. Where they are
 * touched, the patch sweeps (SPEC 6.8) and what should stay of them is inserted again. */
#include "protocol/merge/text_edit.h"

#include "protocol/merge/text_walk.h"

#include <string.h>

#define NONE COPSE_TEXT_GRAPH_NONE

struct bytes {
    uint8_t *data;
    size_t size, capacity;
};

/* New text, to come behind a unit (NONE: in front). */
struct arrival {
    uint32_t behind;
    uint32_t units;
    struct copse_slice text; /* borrowed from the request: only while planning */
};

/* What happens between two units that stay. */
struct region {
    uint32_t pos, del;
    uint32_t units;      /* inserted */
    uint32_t full_units; /* inserted, with what is kept of restored text */
    size_t content_start;
    bool has_kept;
    bool is_sweeping;
};

struct copse_text_edit {
    const struct copse_memory *memory;
    struct copse_id parents[COPSE_TEXT_PARENTS_MAX];
    size_t parent_count;
    struct copse_text_removal *cuts; /* in list order */
    size_t cut_count, cut_capacity;
    struct arrival *arrivals; /* in list order */
    size_t arrival_count;
    struct copse_text_patch *patches; /* of the whole edit, at the version of the parents */
    size_t patch_count, patch_capacity;
    struct bytes content; /* of all patches */
    struct bytes full;    /* of the region at hand, with what is kept of restored text */
    struct region region;

    size_t patch_done, content_done, part_count;
    uint32_t shift; /* what earlier parts added to positions, modulo 2^32 */
    struct copse_text_patch room[COPSE_TEXT_SHAPE_PATCHES_MAX];
    uint8_t shape[COPSE_TEXT_SHAPE_BYTES_MAX];
};

void copse_text_edit_free(struct copse_text_edit *edit)
{
    if (edit == NULL) {
        return;
    }
    copse_memory_free(edit->memory, edit->cuts);
    copse_memory_free(edit->memory, edit->arrivals);
    copse_memory_free(edit->memory, edit->patches);
    copse_memory_free(edit->memory, edit->content.data);
    copse_memory_free(edit->memory, edit->full.data);
    copse_memory_free(edit->memory, edit);
}

static enum copse_err append(struct copse_text_edit *edit, struct bytes *bytes,
                             struct copse_slice more)
{
    enum copse_err err =
        copse_memory_grow(edit->memory, &bytes->data, &bytes->capacity, bytes->size + more.size, 1);
    if (err == COPSE_OK && more.size > 0) {
        memcpy(bytes->data + bytes->size, more.data, more.size);
        bytes->size += more.size;
    }
    return err;
}

/* The front of valid UTF-8: at most `units` units and `bytes` bytes; says how many units it is. */
static struct copse_slice front(uint32_t *taken, struct copse_slice text, uint32_t units,
                                size_t bytes)
{
    size_t size = 0;
    *taken = 0;
    while (*taken < units && size < text.size) {
        size_t next = size + 1;
        while (next < text.size && (text.data[next] & 0xc0u) == 0x80u) {
            next++;
        }
        if (next > bytes) {
            break;
        }
        size = next;
        (*taken)++;
    }
    return (struct copse_slice){text.data, size};
}

/* Changes in order, apart, of text that prints. */
static enum copse_err take_changes(struct copse_text_edit *edit,
                                   const struct copse_text_request *request)
{
    if (request->change_count == 0) {
        return COPSE_OK;
    }
    edit->arrivals = copse_memory_new(edit->memory, request->change_count, sizeof *edit->arrivals);
    if (edit->arrivals == NULL) {
        return COPSE_ERR_NOMEM;
    }
    size_t end = 0;
    uint64_t units = 0;
    for (size_t i = 0; i < request->change_count; i++) {
        const struct copse_text_change *change = &request->changes[i];
        struct copse_slice text = change->inserted;
        struct copse_text_node any = {0};
        if (change->unit < end || change->deleted > COPSE_TEXT_SHAPE_NUMBER_MAX ||
            change->unit > SIZE_MAX / 2) {
            return COPSE_ERR_FORM;
        }
        if (text.size > 4 * (size_t)COPSE_TEXT_UNITS_MAX) {
            return COPSE_ERR_LIMIT;
        }
        (void)front(&any.units, text, UINT32_MAX, SIZE_MAX);
        if (text.size > 0 && copse_text_graph_fit(&any, text).data == NULL) {
            return COPSE_ERR_FORM;
        }
        units += any.units;
        end = change->unit + change->deleted;
        edit->arrivals[i] = (struct arrival){NONE, any.units, text};
    }
    edit->arrival_count = request->change_count;
    return units > COPSE_TEXT_UNITS_MAX ? COPSE_ERR_LIMIT : COPSE_OK;
}

static enum copse_err add_cut(struct copse_text_edit *edit, struct copse_text_removal cut)
{
    enum copse_err err = copse_memory_grow(edit->memory, &edit->cuts, &edit->cut_capacity,
                                           edit->cut_count + 1, sizeof *edit->cuts);
    if (err == COPSE_OK) {
        edit->cuts[edit->cut_count++] = cut;
    }
    return err;
}

/* The changes that begin or go on in a printed stretch of `piece`, which begins at unit `seen` of
 * the print. Gives how many changes are done with. */
static enum copse_err note_changes(struct copse_text_edit *edit, size_t *done,
                                   const struct copse_text_request *request,
                                   const struct copse_text_piece *piece, size_t seen)
{
    size_t seen_end = seen + piece->units;
    for (; *done < request->change_count; (*done)++) {
        const struct copse_text_change *change = &request->changes[*done];
        size_t end = change->unit + change->deleted;
        if (change->unit > seen && change->unit <= seen_end) {
            edit->arrivals[*done].behind = piece->unit + (uint32_t)(change->unit - 1 - seen);
        }
        size_t from = change->unit > seen ? change->unit : seen;
        size_t to = end < seen_end ? end : seen_end;
        if (from < to) {
            enum copse_err err =
                add_cut(edit, (struct copse_text_removal){piece->unit + (uint32_t)(from - seen),
                                                          (uint32_t)(to - from)});
            if (err != COPSE_OK) {
                return err;
            }
        }
        if (end > seen_end || change->unit > seen_end) {
            break;
        }
    }
    return COPSE_OK;
}

/* At the opened version: from printed units to numbers of units. */
static enum copse_err find_units(struct copse_text_edit *edit, struct copse_text_walk *walk,
                                 const struct copse_text_request *request)
{
    struct copse_text_walk_cursor cursor;
    struct copse_text_piece piece;
    size_t seen = 0;
    size_t done = 0;
    enum copse_err err = COPSE_OK;
    copse_text_walk_first(&cursor, walk);
    while (err == COPSE_OK && copse_text_walk_next(&cursor, &piece, walk)) {
        if (piece.text.data != NULL) {
            err = note_changes(edit, &done, request, &piece, seen);
            seen += piece.units;
        }
    }
    for (; err == COPSE_OK && done < request->change_count; done++) {
        if (request->changes[done].unit + request->changes[done].deleted > seen) {
            err = COPSE_ERR_FORM;
        }
    }
    return err;
}

static enum copse_err close_region(struct copse_text_edit *edit, uint32_t index)
{
    struct region *region = &edit->region;
    enum copse_err err = COPSE_OK;
    uint32_t units = region->units;
    if (region->is_sweeping) {
        edit->content.size = region->content_start;
        err = append(edit, &edit->content, (struct copse_slice){edit->full.data, edit->full.size});
        units = region->full_units;
    }
    if (err == COPSE_OK && (region->del > 0 || units > 0 || region->is_sweeping)) {
        err = copse_memory_grow(edit->memory, &edit->patches, &edit->patch_capacity,
                                edit->patch_count + 1, sizeof *edit->patches);
        if (err == COPSE_OK) {
            edit->patches[edit->patch_count++] =
                (struct copse_text_patch){region->pos, region->del, units, region->is_sweeping};
        }
    }
    edit->full.size = 0;
    *region = (struct region){.pos = index, .content_start = edit->content.size};
    return err;
}

/* The next new text. Behind restored text it can only come by a sweep. */
static enum copse_err arrive(struct copse_text_edit *edit, const struct arrival *arrival)
{
    edit->region.units += arrival->units;
    edit->region.full_units += arrival->units;
    edit->region.is_sweeping =
        edit->region.is_sweeping || (edit->region.has_kept && arrival->units > 0);
    enum copse_err err = append(edit, &edit->content, arrival->text);
    return err == COPSE_OK ? append(edit, &edit->full, arrival->text) : err;
}

enum fate { STAYS, GOES };

/* Units of one kind and one fate, in list order; `index` counts those that have one. */
static enum copse_err pass(struct copse_text_edit *edit, uint32_t *index,
                           const struct copse_text_piece *stretch, enum fate fate)
{
    if (stretch->is_counted) {
        *index += stretch->units;
        if (fate == STAYS) {
            return close_region(edit, *index);
        }
        edit->region.del += stretch->units;
        return COPSE_OK;
    }
    if (stretch->text.data == NULL) {
        return COPSE_OK;
    }
    if (fate == GOES) {
        edit->region.is_sweeping = true;
        return COPSE_OK;
    }
    edit->region.has_kept = true;
    edit->region.full_units += stretch->units;
    return append(edit, &edit->full, stretch->text);
}

struct progress {
    uint32_t index;
    size_t cut, arrival;
};

/* How many units from `unit` on share a fate and end where new text comes. */
static uint32_t stretch_of(const struct copse_text_edit *edit, enum fate *fate,
                           const struct progress *progress, uint32_t unit, uint32_t units)
{
    *fate = STAYS;
    if (progress->cut < edit->cut_count) {
        struct copse_text_removal cut = edit->cuts[progress->cut];
        if (unit >= cut.unit && unit - cut.unit < cut.units) {
            *fate = GOES;
            uint32_t left = cut.units - (unit - cut.unit);
            units = left < units ? left : units;
        } else if (cut.unit > unit && cut.unit - unit < units) {
            units = cut.unit - unit;
        }
    }
    if (progress->arrival < edit->arrival_count) {
        uint32_t behind = edit->arrivals[progress->arrival].behind;
        if (behind >= unit && behind - unit < units) {
            units = behind - unit + 1;
        }
    }
    return units;
}

static enum copse_err pass_piece(struct copse_text_edit *edit, struct progress *progress,
                                 struct copse_text_piece piece)
{
    enum copse_err err = COPSE_OK;
    while (piece.units > 0 && err == COPSE_OK) {
        enum fate fate = STAYS;
        struct copse_text_piece stretch = piece;
        stretch.units = stretch_of(edit, &fate, progress, piece.unit, piece.units);
        if (piece.text.data != NULL) {
            uint32_t taken = 0;
            stretch.text = front(&taken, piece.text, stretch.units, SIZE_MAX);
            piece.text.data += stretch.text.size;
            piece.text.size -= stretch.text.size;
        }
        piece.unit += stretch.units;
        piece.units -= stretch.units;
        err = pass(edit, &progress->index, &stretch, fate);
        if (fate == GOES &&
            piece.unit == edit->cuts[progress->cut].unit + edit->cuts[progress->cut].units) {
            progress->cut++;
        }
        while (err == COPSE_OK && progress->arrival < edit->arrival_count &&
               edit->arrivals[progress->arrival].behind == piece.unit - 1) {
            err = arrive(edit, &edit->arrivals[progress->arrival++]);
        }
    }
    return err;
}

/* At the version of the parents: from numbers of units to patches. */
static enum copse_err make_patches(struct copse_text_edit *edit, struct copse_text_walk *walk)
{
    struct copse_text_walk_cursor cursor;
    struct copse_text_piece piece;
    struct progress progress = {0, 0, 0};
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && progress.arrival < edit->arrival_count &&
           edit->arrivals[progress.arrival].behind == NONE) {
        err = arrive(edit, &edit->arrivals[progress.arrival++]);
    }
    copse_text_walk_first(&cursor, walk);
    while (err == COPSE_OK && copse_text_walk_next(&cursor, &piece, walk)) {
        err = pass_piece(edit, &progress, piece);
    }
    return err == COPSE_OK ? close_region(edit, progress.index) : err;
}

/* Numbers of ops, and whether all of them are ready. */
struct heads {
    uint32_t ops[2 * COPSE_TEXT_PARENTS_MAX];
    size_t count;
};

static enum copse_err add_heads(struct heads *heads, const struct copse_text_walk *walk,
                                const struct copse_id *ids, size_t count)
{
    if (count > COPSE_TEXT_PARENTS_MAX) {
        return COPSE_ERR_LIMIT;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t op = copse_text_graph_find(walk->graph, &ids[i]);
        if (op == NONE || !walk->graph->nodes[op].is_ready) {
            return COPSE_ERR_NOT_FOUND;
        }
        heads->ops[heads->count++] = op;
    }
    return COPSE_OK;
}

/* Leave out heads that belong to the version at hand. */
static void drop_held(struct heads *heads, const struct copse_text_walk *walk)
{
    size_t kept = 0;
    for (size_t i = 0; i < heads->count; i++) {
        if (!walk->graph->nodes[heads->ops[i]].is_in_version) {
            heads->ops[kept++] = heads->ops[i];
        }
    }
    heads->count = kept;
}

static enum copse_err take_parents(struct copse_text_edit *edit, const struct copse_text_walk *walk,
                                   const struct heads *heads)
{
    for (size_t i = 0; i < heads->count; i++) {
        const struct copse_id *id = &walk->graph->nodes[heads->ops[i]].id;
        size_t at = 0;
        while (at < edit->parent_count && copse_bytes_compare_ids(&edit->parents[at], id) < 0) {
            at++;
        }
        if (at < edit->parent_count && copse_bytes_equal_ids(&edit->parents[at], id)) {
            continue;
        }
        if (edit->parent_count == COPSE_TEXT_PARENTS_MAX) {
            return COPSE_ERR_LIMIT;
        }
        memmove(&edit->parents[at + 1], &edit->parents[at],
                (edit->parent_count - at) * sizeof edit->parents[0]);
        edit->parents[at] = *id;
        edit->parent_count++;
    }
    return COPSE_OK;
}

/* From the opened version to that of the parents: the opened heads and the device's own ops that
 * they lack, without heads that those descend from. */
static enum copse_err move_to_parents(struct copse_text_edit *edit, struct copse_text_walk *walk,
                                      struct heads *opened, struct heads *own)
{
    enum copse_err err = COPSE_OK;
    drop_held(own, walk);
    if (own->count > 0) {
        err = copse_text_walk_move(walk, own->ops, own->count);
        if (err != COPSE_OK) {
            return err;
        }
        drop_held(opened, walk);
        for (size_t i = 0; i < opened->count; i++) {
            own->ops[own->count++] = opened->ops[i];
        }
        opened = own;
        err = copse_text_walk_move(walk, opened->ops, opened->count);
    }
    return err == COPSE_OK ? take_parents(edit, walk, opened) : err;
}

static enum copse_err plan(struct copse_text_edit *edit, struct copse_text_walk *walk,
                           const struct copse_text_request *request)
{
    struct heads opened = {.count = 0};
    struct heads own = {.count = 0};
    enum copse_err err = copse_text_walk_run(walk, 0);
    if (err == COPSE_OK) {
        err = add_heads(&opened, walk, request->opened, request->opened_count);
    }
    if (err == COPSE_OK) {
        err = add_heads(&own, walk, request->own, request->own_count);
    }
    if (err == COPSE_OK) {
        err = take_changes(edit, request);
    }
    if (err == COPSE_OK) {
        err = copse_text_walk_move(walk, opened.ops, opened.count);
    }
    if (err == COPSE_OK) {
        err = find_units(edit, walk, request);
    }
    if (err == COPSE_OK) {
        err = move_to_parents(edit, walk, &opened, &own);
    }
    if (err == COPSE_OK) {
        err = make_patches(edit, walk);
    }
    return err;
}

/* SPEC 6.5, before the fact: would an op of this edit be refused? A part holds at least one patch
 * or a full content. */
static bool is_text_full(const struct copse_text_edit *edit, const struct copse_text_walk *walk)
{
    uint64_t units = walk->units;
    for (size_t i = 0; i < edit->patch_count; i++) {
        units += edit->patches[i].ins;
    }
    size_t parts = 2 + 2 * (edit->content.size / COPSE_TEXT_SHAPE_CONTENT_MAX) +
                   edit->patch_count / (COPSE_TEXT_SHAPE_PATCHES_MAX / 2);
    return units > COPSE_TEXT_UNITS_MAX || walk->ops + parts > COPSE_TEXT_OPS_MAX;
}

enum copse_err copse_text_edit_new(struct copse_text_edit **out, struct copse_text *text,
                                   const struct copse_text_request *request)
{
    struct copse_text_walk *walk = copse_text_inside(text);
    const struct copse_memory *memory = walk->graph->memory;
    struct copse_text_edit *edit = copse_memory_new(memory, 1, sizeof *edit);
    if (edit == NULL) {
        return COPSE_ERR_NOMEM;
    }
    edit->memory = memory;
    enum copse_err err = plan(edit, walk, request);
    if (err == COPSE_OK && is_text_full(edit, walk)) {
        err = COPSE_ERR_LIMIT;
    }
    if (err != COPSE_OK) {
        copse_text_edit_free(edit);
        return err;
    }
    *out = edit;
    return COPSE_OK;
}

/* The content from a byte on; nothing where there is none. */
static struct copse_slice content_from(const struct copse_text_edit *edit, size_t start)
{
    struct copse_slice rest = {edit->content.data, edit->content.size - start};
    if (start > 0) {
        rest.data += start;
    }
    return rest;
}

/* Move as much of the next patch into the part as fits; the rest of a long insertion stays, as an
 * insertion behind what is sent. False: the part is full. */
static bool take_patch(struct copse_text_edit *edit, struct copse_text_patch *out,
                       size_t *content_left)
{
    struct copse_text_patch *patch = &edit->patches[edit->patch_done];
    struct copse_slice rest = content_from(edit, edit->content_done);
    uint32_t taken = 0;
    size_t bytes = patch->ins == 0 ? 0 : front(&taken, rest, patch->ins, *content_left).size;
    if (taken == 0 && patch->ins > 0) {
        return false;
    }
    *out = *patch;
    out->pos += edit->shift;
    out->ins = taken;
    *content_left -= bytes;
    edit->content_done += bytes;
    if (taken == patch->ins) {
        edit->patch_done++;
    } else {
        *patch = (struct copse_text_patch){patch->pos + patch->del, 0, patch->ins - taken, false};
        *content_left = 0;
    }
    return true;
}

enum copse_err copse_text_edit_next(struct copse_text_edit *edit, struct copse_text_part *part,
                                    const struct copse_id *former)
{
    COPSE_ASSERT((edit->part_count == 0) == (former == NULL));
    if (edit->part_count > 0 && edit->patch_done == edit->patch_count) {
        return COPSE_ERR_NOT_FOUND;
    }
    if (former != NULL) {
        edit->parents[0] = *former;
        edit->parent_count = 1;
    }
    size_t content_start = edit->content_done;
    size_t content_left = COPSE_TEXT_SHAPE_CONTENT_MAX;
    size_t bytes = 3; /* the head of the longest array */
    size_t count = 0;
    uint32_t end = 0;
    while (edit->patch_done < edit->patch_count && count < COPSE_TEXT_SHAPE_PATCHES_MAX) {
        /* What is taken may be less than the whole: never more bytes than this. */
        struct copse_text_patch whole = edit->patches[edit->patch_done];
        uint32_t gap = whole.pos + edit->shift - end;
        bytes += copse_text_shape_patch_bytes(&whole, gap);
        if (bytes > COPSE_TEXT_SHAPE_BYTES_MAX ||
            !take_patch(edit, &edit->room[count], &content_left)) {
            break;
        }
        end = edit->room[count].pos + edit->room[count].del;
        count++;
        if (content_left == 0) {
            break;
        }
    }
    for (size_t i = 0; i < count; i++) {
        edit->shift += edit->room[i].ins - edit->room[i].del;
    }
    enum copse_err err = copse_text_shape_encode(&part->shape, edit->shape, edit->room, count);
    COPSE_ASSERT(err == COPSE_OK);
    edit->part_count++;
    part->parents = edit->parents;
    part->parent_count = edit->parent_count;
    part->content = content_from(edit, content_start);
    part->content.size = edit->content_done - content_start;
    return COPSE_OK;
}
