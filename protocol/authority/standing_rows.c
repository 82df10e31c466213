/* How it works: the items of a person's rows follow one another in the order unit, groups with
 * their walls, own walls, accepted leaves, next unit, ..., lines, tights, counting; they are packed
 * into values as many as fit.
 */
#include "protocol/authority/standing_rows.h"

#include "protocol/authority/charter.h"
#include "protocol/authority/extent.h"
#include "protocol/authority/standing_row.h"
#include "protocol/base/sort.h"

#include "protocol/base/writer.h"

#include <string.h>

#define HEADER_BYTES 5u /* of an array of any length */

struct maker {
    const struct copse_governance *governance;
    const struct copse_id_set *subjects; /* NULL: all */
    struct copse_extent wanted;
    struct copse_standing_rows *out;
    /* the ids of one list, sorted before they are written */
    struct copse_id *ids;
    size_t id_count;
    size_t id_capacity;
    /* the value that is being packed */
    const struct copse_id *owner;
    uint16_t part;
    size_t item_count;
    size_t body_size;
    uint8_t body[COPSE_STATE_VALUE_MAX];
    uint8_t room[COPSE_STATE_VALUE_MAX]; /* one item, or one whole value */
    enum copse_err err;                  /* sticky */
};

/* ---- rows ---- */

static struct copse_slice dup_bytes(struct maker *maker, struct copse_slice bytes)
{
    uint8_t *copy = copse_arena_new(&maker->out->arena, bytes.size, 1);
    if (copy == NULL) {
        maker->err = COPSE_ERR_NOMEM;
        return (struct copse_slice){NULL, 0};
    }
    if (bytes.size > 0) {
        memcpy(copy, bytes.data, bytes.size);
    }
    return (struct copse_slice){copy, bytes.size};
}

static void add_row(struct maker *maker, const struct copse_standing_row_key *key,
                    const struct copse_writer *value)
{
    struct copse_slice bytes;
    enum copse_err err = copse_writer_end(&bytes, value);
    COPSE_ASSERT(err == COPSE_OK); /* every list is split so that its value fits */
    if (maker->err != COPSE_OK) {
        return;
    }
    struct copse_standing_rows *out = maker->out;
    maker->err = copse_memory_grow(out->arena.memory, &out->rows, &out->capacity, out->count + 1,
                                   sizeof *out->rows);
    struct copse_slice own_key = dup_bytes(maker, copse_standing_row_bytes(key));
    struct copse_slice own_value = dup_bytes(maker, bytes);
    if (maker->err == COPSE_OK) {
        out->rows[out->count++] = (struct copse_standing_rows_row){own_key, own_value};
    }
}

static struct copse_writer begin_value(struct maker *maker)
{
    struct copse_writer writer;
    copse_writer_init(&writer, maker->room, sizeof maker->room);
    return writer;
}

static void write_optional(struct copse_writer *writer, uint64_t value)
{
    if (value == UINT64_MAX) {
        copse_writer_nil(writer);
    } else {
        copse_writer_uint(writer, value);
    }
}

/* ---- items of a person ---- */

static void close_part(struct maker *maker)
{
    uint8_t value[COPSE_STATE_VALUE_MAX];
    struct copse_writer writer;
    copse_writer_init(&writer, value, sizeof value);
    copse_writer_array(&writer, maker->item_count);
    copse_writer_raw(&writer, (struct copse_slice){maker->body, maker->body_size});
    struct copse_standing_row_key key = copse_standing_row_key('p', maker->owner, maker->part);
    add_row(maker, &key, &writer);
    maker->part++;
    maker->item_count = 0;
    maker->body_size = 0;
    if (maker->part == UINT16_MAX) {
        maker->err = COPSE_ERR_LIMIT; /* a billion bytes about one person */
    }
}

static void add_item(struct maker *maker, const struct copse_writer *item)
{
    struct copse_slice bytes;
    enum copse_err err = copse_writer_end(&bytes, item);
    COPSE_ASSERT(err == COPSE_OK);
    if (maker->err != COPSE_OK) {
        return;
    }
    if (maker->body_size + bytes.size + HEADER_BYTES > sizeof maker->body) {
        close_part(maker);
    }
    memcpy(maker->body + maker->body_size, bytes.data, bytes.size);
    maker->body_size += bytes.size;
    maker->item_count++;
}

static int compare_ids(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

static void put_id(struct maker *maker, const struct copse_id *id)
{
    if (maker->err == COPSE_OK) {
        maker->err =
            copse_memory_grow(maker->governance->control.options.memory, &maker->ids,
                              &maker->id_capacity, maker->id_count + 1, sizeof *maker->ids);
    }
    if (maker->err == COPSE_OK) {
        maker->ids[maker->id_count++] = *id;
    }
}

/* Finish an item whose last part is the list of the ids that were put; it may take more items. */
static void add_list_item(struct maker *maker, struct copse_writer *item)
{
    size_t done = 0;
    copse_sort(maker->ids, maker->id_count, sizeof *maker->ids, compare_ids);
    do {
        size_t count = maker->id_count - done;
        count = count > COPSE_STANDING_ROW_LIST_MAX ? COPSE_STANDING_ROW_LIST_MAX : count;
        copse_writer_array(item, count);
        for (size_t i = 0; i < count; i++) {
            copse_writer_id(item, &maker->ids[done + i]);
        }
        add_item(maker, item);
        done += count;
        *item = begin_value(maker);
        copse_writer_array(item, 2);
        copse_writer_uint(item, COPSE_STANDING_ROW_MORE);
    } while (done < maker->id_count && maker->err == COPSE_OK);
    maker->id_count = 0;
}

static struct copse_writer begin_item(struct maker *maker, enum copse_standing_row_item item,
                                      size_t fields)
{
    struct copse_writer writer = begin_value(maker);
    copse_writer_array(&writer, fields + 1);
    copse_writer_uint(&writer, (uint64_t)item);
    return writer;
}

static void put_set(struct maker *maker, const struct copse_fence_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        put_id(maker, &set->leaves[i].id);
    }
}

static void write_wall(struct maker *maker, const struct copse_fence_wall *wall)
{
    struct copse_writer item = begin_item(maker, COPSE_STANDING_ROW_WALL, 3);
    copse_writer_uint(&item, (uint64_t)wall->kind);
    if (wall->kind == COPSE_FENCE_DEVICE) {
        copse_writer_id(&item, &wall->device);
    } else {
        copse_writer_nil(&item);
    }
    put_set(maker, &wall->set);
    add_list_item(maker, &item);
}

static void write_unit(struct maker *maker, const struct copse_unit *unit)
{
    const struct copse_fence *fence = &unit->fence;
    struct copse_writer item = begin_item(maker, COPSE_STANDING_ROW_UNIT, 5);
    copse_writer_id(&item, &unit->record->id);
    copse_writer_uint(&item, (uint64_t)unit->role);
    copse_writer_uint(&item, unit->depth);
    copse_writer_bool(&item, unit->is_ended);
    write_optional(&item, unit->until);
    add_item(maker, &item);
    for (size_t i = 0; i < fence->group_count; i++) {
        const struct copse_fence_group *group = &fence->groups[i];
        item = begin_item(maker, COPSE_STANDING_ROW_GROUP, 1);
        for (size_t k = 0; k < group->join_count; k++) {
            put_id(maker, &group->joins[k]);
        }
        add_list_item(maker, &item);
        for (size_t k = 0; k < group->wall_count; k++) {
            write_wall(maker, &group->walls[k]);
        }
    }
    for (size_t i = 0; i < fence->own_count; i++) {
        write_wall(maker, &fence->own[i]);
    }
    if (fence->accepted.count > 0) {
        item = begin_item(maker, COPSE_STANDING_ROW_ACCEPTED, 1);
        put_set(maker, &fence->accepted);
        add_list_item(maker, &item);
    }
}

static void write_line(struct maker *maker, const struct copse_control_line *line)
{
    struct copse_writer item = begin_item(maker, COPSE_STANDING_ROW_LINE, 3);
    copse_writer_id(&item, &line->fence.join);
    copse_writer_id(&item, &line->fence.device);
    put_set(maker, &line->fence.leaves);
    add_list_item(maker, &item);
}

/* The leaves by which versions of the charter name logs of a line, reduced as a fence is. */
static void write_tights(struct maker *maker, const struct copse_control_line *line)
{
    const struct copse_control *control = &maker->governance->control;
    for (const struct copse_control_link *link = line->charters.first; link != NULL;
         link = link->next) {
        const struct copse_control_cut *cut = link->record->cut;
        struct copse_fence_leaf leaves[COPSE_OP_CUT_MAX];
        size_t count = 0;
        for (size_t i = 0; i < cut->count; i++) {
            if (cut->leaves[i].line == line) {
                leaves[count++] =
                    (struct copse_fence_leaf){cut->leaves[i].position, cut->leaves[i].id};
            }
        }
        count = copse_fence_reduce(leaves, count, &control->source);
        struct copse_writer item = begin_item(maker, COPSE_STANDING_ROW_TIGHT, 2);
        copse_writer_id(&item, &link->record->id);
        struct copse_fence_set set = {leaves, count};
        put_set(maker, &set);
        add_list_item(maker, &item);
    }
}

static void write_counting(struct maker *maker, const struct copse_control_person *person)
{
    for (const struct copse_control_link *link = person->own_acts.first; link != NULL;
         link = link->next) {
        if (link->record->is_honoured) {
            put_id(maker, &link->record->id);
        }
    }
    for (const struct copse_control_link *link = person->voices.first; link != NULL;
         link = link->next) {
        put_id(maker, &link->record->id);
    }
    if (maker->id_count > 0) {
        struct copse_writer item = begin_item(maker, COPSE_STANDING_ROW_COUNTING, 1);
        add_list_item(maker, &item);
    }
}

static void write_person(struct maker *maker, const struct copse_control_person *person)
{
    maker->owner = &person->id;
    maker->part = 0;
    for (const struct copse_unit *unit = person->units; unit != NULL; unit = unit->next) {
        if (unit->is_honoured) {
            write_unit(maker, unit);
        }
    }
    for (const struct copse_control_line *line = person->lines; line != NULL; line = line->next) {
        write_line(maker, line);
    }
    for (const struct copse_control_line *line = person->lines; line != NULL; line = line->next) {
        write_tights(maker, line);
    }
    write_counting(maker, person);
    if (maker->item_count > 0) {
        close_part(maker);
    }
}

/* ---- the other rows ---- */

static void write_join(struct maker *maker, const struct copse_control_line *line,
                       const struct copse_extent_line *wanted)
{
    size_t done = 0;
    uint16_t part = 0;
    do {
        size_t count = wanted->leaf_count - done;
        count = count > COPSE_STANDING_ROW_LEAVES_MAX ? COPSE_STANDING_ROW_LEAVES_MAX : count;
        struct copse_writer writer = begin_value(maker);
        copse_writer_array(&writer, 4);
        copse_writer_id(&writer, &line->person->id);
        copse_writer_uint(&writer, (uint64_t)wanted->of[COPSE_ENTRY_CONTROL]);
        copse_writer_uint(&writer, (uint64_t)wanted->of[COPSE_ENTRY_DATA]);
        copse_writer_array(&writer, count);
        for (size_t i = done; i < done + count; i++) {
            copse_writer_array(&writer, 3);
            copse_writer_uint(&writer, (uint64_t)wanted->leaves[i].class);
            copse_writer_uint(&writer, wanted->leaves[i].seq);
            copse_writer_id(&writer, &wanted->leaves[i].id);
        }
        struct copse_standing_row_key key = copse_standing_row_key('j', &line->fence.join, part++);
        add_row(maker, &key, &writer);
        done += count;
    } while (done < wanted->leaf_count && part < UINT16_MAX && maker->err == COPSE_OK);
}

static void write_charter(struct maker *maker, const struct copse_walk_charter *charter)
{
    const struct copse_governance *governance = maker->governance;
    const struct copse_id *id = &charter->record->id;
    struct copse_writer writer = begin_value(maker);
    copse_writer_array(&writer, 2);
    copse_writer_bool(&writer, charter == governance->in_force);
    copse_writer_raw(&writer, charter->record->op.charter);
    struct copse_standing_row_key key = copse_standing_row_key('c', id, 0);
    add_row(maker, &key, &writer);
    uint16_t part = 1;
    for (size_t done = 0; done < charter->above_count && part < UINT16_MAX;) {
        size_t count = charter->above_count - done;
        count = count > COPSE_STANDING_ROW_ABOVE_MAX ? COPSE_STANDING_ROW_ABOVE_MAX : count;
        writer = begin_value(maker);
        copse_writer_array(&writer, count);
        for (size_t i = done; i < done + count; i++) {
            copse_writer_id(&writer, &governance->charters[charter->above[i]].record->id);
        }
        key = copse_standing_row_key('c', id, part++);
        add_row(maker, &key, &writer);
        done += count;
    }
}

static void write_genesis(struct maker *maker)
{
    const struct copse_control *control = &maker->governance->control;
    struct copse_writer writer = begin_value(maker);
    copse_writer_array(&writer, 2);
    copse_writer_id(&writer, &control->community);
    copse_writer_array(&writer, control->founder_count);
    for (size_t i = 0; i < control->founder_count; i++) {
        copse_writer_id(&writer, &control->founders[i]->id);
    }
    struct copse_standing_row_key key = copse_standing_row_prefix('g', NULL);
    add_row(maker, &key, &writer);
}

/* An honoured INVITE, or the genesis if it has a standing role. */
static void write_door(struct maker *maker, const struct copse_control_record *door)
{
    struct copse_writer writer = begin_value(maker);
    copse_writer_array(&writer, 4);
    copse_writer_uint(&writer, (uint64_t)door->op.role);
    copse_writer_bool(&writer, door->shutter != NULL);
    write_optional(&writer, door->op.has_until ? door->op.until : UINT64_MAX);
    copse_writer_id(&writer, &door->line->person->id);
    struct copse_standing_row_key key = copse_standing_row_prefix('d', &door->id);
    add_row(maker, &key, &writer);
}

static uint64_t count_voices(uint32_t voices)
{
    uint64_t count = 0;
    for (; voices != 0; voices &= voices - 1) {
        count++;
    }
    return count;
}

static void write_recall(struct maker *maker, const struct copse_control_record *recall)
{
    struct copse_writer writer = begin_value(maker);
    copse_writer_array(&writer, 3);
    copse_writer_id(&writer, &recall->op.target);
    copse_writer_bool(&writer, recall->is_in_effect);
    copse_writer_uint(&writer, count_voices(recall->voices));
    struct copse_standing_row_key key = copse_standing_row_prefix('r', &recall->id);
    add_row(maker, &key, &writer);
}

static void write_denied(struct maker *maker, const struct copse_control_record *record)
{
    struct copse_writer writer = begin_value(maker);
    copse_writer_nil(&writer);
    struct copse_standing_row_key key =
        copse_standing_row_denied(&record->line->person->id, &record->id);
    add_row(maker, &key, &writer);
}

static void write_record(struct maker *maker, const struct copse_control_record *record)
{
    const struct copse_control *control = &maker->governance->control;
    if ((record->op.kind == COPSE_OP_INVITE && record->is_honoured) ||
        (record == control->genesis && record->op.has_role)) {
        write_door(maker, record);
    } else if (record->voices != 0) {
        write_recall(maker, record);
    } else if (record->is_denied) {
        write_denied(maker, record);
    }
}

static bool is_meant(const struct maker *maker, const struct copse_control_person *person)
{
    return maker->subjects == NULL || copse_id_set_find(maker->subjects, NULL, &person->id);
}

static void make_rows(struct maker *maker)
{
    const struct copse_governance *governance = maker->governance;
    const struct copse_control *control = &governance->control;
    for (size_t i = 0; i < control->person_count && maker->err == COPSE_OK; i++) {
        if (is_meant(maker, &control->persons[i])) {
            write_person(maker, &control->persons[i]);
        }
    }
    for (size_t i = 0; i < control->line_count && maker->err == COPSE_OK; i++) {
        if (is_meant(maker, control->lines[i].person)) {
            write_join(maker, &control->lines[i], &maker->wanted.lines[i]);
        }
    }
    for (size_t i = 0; i < governance->charter_count && maker->err == COPSE_OK; i++) {
        write_charter(maker, &governance->charters[i]);
    }
    for (size_t i = 0; i < control->record_count && maker->err == COPSE_OK; i++) {
        write_record(maker, &control->records[i]);
    }
    for (size_t i = 0; i < maker->wanted.awaited_count && maker->err == COPSE_OK; i++) {
        struct copse_writer writer = begin_value(maker);
        copse_writer_nil(&writer);
        struct copse_standing_row_key key =
            copse_standing_row_prefix('w', &maker->wanted.awaited[i]);
        add_row(maker, &key, &writer);
    }
    if (control->genesis != NULL) {
        write_genesis(maker);
    }
}

static int compare_rows(const void *a, const void *b)
{
    return copse_bytes_compare(((const struct copse_standing_rows_row *)a)->key,
                               ((const struct copse_standing_rows_row *)b)->key);
}

enum copse_err copse_standing_rows_make(struct copse_standing_rows *out,
                                        const struct copse_governance *governance,
                                        const struct copse_id_set *subjects)
{
    const struct copse_memory *memory = governance->control.options.memory;
    *out = (struct copse_standing_rows){.rows = NULL};
    copse_arena_init(&out->arena, memory);
    struct maker *maker = copse_memory_new(memory, 1, sizeof *maker);
    if (maker == NULL) {
        return COPSE_ERR_NOMEM;
    }
    maker->governance = governance;
    maker->subjects = subjects;
    maker->out = out;
    enum copse_err err = copse_extent_find(&maker->wanted, &out->arena, governance);
    if (err == COPSE_OK) {
        make_rows(maker);
        err = maker->err;
    }
    copse_sort(out->rows, out->count, sizeof *out->rows, compare_rows);
    copse_memory_free(memory, maker->ids);
    copse_memory_free(memory, maker);
    return err;
}

void copse_standing_rows_deinit(struct copse_standing_rows *rows)
{
    copse_memory_free(rows->arena.memory, rows->rows);
    copse_arena_deinit(&rows->arena);
}
