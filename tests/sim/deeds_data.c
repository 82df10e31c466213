/* Drafts of class 1 ops, and what no honest program writes. */
#include "tests/sim/deeds.h"

#include "protocol/merge/text.h"
#include "protocol/merge/text_shape.h"
#include "protocol/rules/object.h"
#include "tests/sim/pick.h"

#include <string.h>

#define BIT(kind) (UINT64_C(1) << (kind))

static const struct sim_node *node_of(const struct sim_world *world, const struct sim_hand *hand)
{
    return &world->nodes[hand->node];
}

static struct copse_slice letters(struct sim_world *world, size_t most)
{
    static const char text[] = "the quick brown fox \xc3\xa4 b c d e f";
    size_t size = 1 + sim_world_below(world, most < 20 ? most : 20);
    return (struct copse_slice){(const uint8_t *)text, size};
}

static void write_id(struct sim_world *world, const struct sim_hand *hand,
                     struct copse_writer *writer)
{
    const struct sim_note *note = pick_note(world, node_of(world, hand), SIM_KINDS);
    copse_writer_id(writer, note == NULL ? &world->genesis : &note->id);
}

/* A value that the field takes, now and then one that it does not. */
static void write_value(struct sim_world *world, const struct sim_hand *hand,
                        struct copse_writer *writer, const struct copse_object_field *field)
{
    if (field == NULL || sim_world_chance(world, 5)) {
        copse_writer_uint(writer, sim_world_below(world, 1000));
        return;
    }
    switch (field->value) {
    case COPSE_OBJECT_LINE:
    case COPSE_OBJECT_PROSE:
        copse_writer_str(writer,
                         field->lane == COPSE_OBJECT_SET
                             ? copse_bytes_of_string(sim_world_chance(world, 50) ? "a" : "b")
                             : letters(world, field->max == 0 ? 20 : field->max));
        break;
    case COPSE_OBJECT_COUNT:
    case COPSE_OBJECT_CHOICE:
        copse_writer_uint(writer, sim_world_below(world, 4));
        break;
    case COPSE_OBJECT_BOOL:
        copse_writer_bool(writer, sim_world_chance(world, 70));
        break;
    case COPSE_OBJECT_ID:
        write_id(world, hand, writer);
        break;
    case COPSE_OBJECT_TIME:
        copse_writer_int(writer, -5000 + (int64_t)sim_world_below(world, 10000));
        break;
    }
}

static const struct copse_object_field *any_field(struct sim_world *world, uint32_t kind)
{
    size_t count = 0;
    while (copse_object_field_at(kind, count) != NULL) {
        count++;
    }
    return copse_object_field_at(kind, sim_world_below(world, count));
}

static void create_content(struct sim_world *world, const struct sim_hand *hand,
                           struct deeds_draft *draft)
{
    struct copse_writer writer;
    const struct copse_object_field *field = NULL;
    size_t count = 0;
    uint32_t kind = draft->op.object_kind;
    bool chosen[64] = {false};
    for (size_t i = 0; i < 64 && (field = copse_object_field_at(kind, i)) != NULL; i++) {
        chosen[i] = field->lane == COPSE_OBJECT_REGISTER &&
                    field->number != COPSE_OBJECT_FIELD_TYPE && sim_world_chance(world, 40);
        count += chosen[i] ? 1 : 0;
    }
    if (count == 0 || sim_world_chance(world, 10)) {
        return;
    }
    deeds_content_begin(draft, &writer);
    copse_writer_map(&writer, count);
    for (size_t i = 0; i < 64; i++) {
        if (chosen[i]) {
            field = copse_object_field_at(kind, i);
            copse_writer_uint(&writer, (uint64_t)field->number);
            write_value(world, hand, &writer, field);
        }
    }
    deeds_content_end(draft, &writer);
}

static bool create(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    struct copse_op *op = &draft->op;
    op->object_kind = sim_world_chance(world, 50)   ? (uint32_t)COPSE_OBJECT_PAGE
                      : sim_world_chance(world, 90) ? (uint32_t)COPSE_OBJECT_POST
                                                    : (uint32_t)sim_world_below(world, 9);
    op->type = (uint32_t)sim_world_below(world, 9);
    op->has_ref = op->object_kind != COPSE_OBJECT_PAGE && sim_world_chance(world, 70);
    if (op->has_ref) {
        const struct sim_note *note = pick_note(
            world, node_of(world, hand), sim_world_chance(world, 90) ? COPSE_OP_CREATE : SIM_KINDS);
        op->has_ref = note != NULL;
        op->ref = note == NULL ? op->ref : note->id;
    }
    create_content(world, hand, draft);
    return true;
}

/* What the object of a note is: its op is read again. */
static uint32_t kind_of_object(const struct sim_node *node, const struct copse_id *id)
{
    struct copse_source port = memory_source_port(node->source);
    struct copse_held held;
    struct copse_op op;
    if (port.find(port.context, &held, id) != COPSE_OK ||
        copse_op_decode(&op, held.entry.op, held.entry.class) != COPSE_OK) {
        return COPSE_OBJECT_PERSON;
    }
    return op.kind == COPSE_OP_CREATE ? op.object_kind : (uint32_t)COPSE_OBJECT_COMMUNITY;
}

static bool about_object(struct sim_world *world, const struct sim_hand *hand,
                         struct deeds_draft *draft)
{
    const struct sim_note *note = pick_note(world, node_of(world, hand), COPSE_OP_CREATE);
    if (note == NULL || sim_world_chance(world, 10)) {
        size_t person = sim_world_below(world, world->people.person_count);
        draft->op.target =
            sim_world_chance(world, 50) ? world->genesis : world->people.persons[person].key;
        return true;
    }
    draft->op.target = note->id;
    return true;
}

/* SET, ADD and DEL: a field of the kind's lane, and what they supersede. */
static bool change_field(struct sim_world *world, const struct sim_hand *hand,
                         struct deeds_draft *draft)
{
    struct copse_op *op = &draft->op;
    const struct sim_node *node = node_of(world, hand);
    (void)about_object(world, hand, draft);
    uint32_t kind = kind_of_object(node, &op->target);
    const struct copse_object_field *field = any_field(world, kind);
    if (op->kind != COPSE_OP_SET && sim_world_chance(world, 80)) {
        const struct copse_object_field *set = copse_object_field(kind, COPSE_OBJECT_FIELD_TAGS);
        field = set == NULL ? field : set;
    }
    op->field = field == NULL ? 7 : (uint32_t)field->number;
    if (op->kind != COPSE_OP_ADD) {
        struct copse_id ids[16];
        const struct pick_filter over = {op->kind == COPSE_OP_SET ? BIT(COPSE_OP_SET)
                                                                  : BIT(COPSE_OP_ADD),
                                         &op->target, 60, COPSE_ARRAY_SIZE(ids)};
        size_t count = pick_ids(world, ids, node, &over);
        op->over = copse_op_list_ids(&draft->list_writer, ids, count);
        if (op->kind == COPSE_OP_DEL) {
            return count > 0;
        }
        if (sim_world_chance(world, 10)) {
            return true; /* unsets */
        }
    }
    struct copse_writer writer;
    deeds_content_begin(draft, &writer);
    write_value(world, hand, &writer, field);
    deeds_content_end(draft, &writer);
    return true;
}

/* ---- text ---- */

static bool read_edit(struct copse_op *op, struct copse_held *held, const struct sim_node *node,
                      size_t index)
{
    *held = *memory_source_at(node->source, index);
    return node->notes[index].kind == COPSE_OP_EDIT &&
           copse_op_decode(op, held->entry.op, held->entry.class) == COPSE_OK;
}

static void add_edit(struct copse_text *text, const struct sim_node *node, size_t index)
{
    struct copse_op op;
    struct copse_held held;
    struct copse_id parents[COPSE_TEXT_PARENTS_MAX];
    if (!read_edit(&op, &held, node, index)) {
        return;
    }
    struct copse_text_op edit = {.id = held.id, .author = held.entry.author};
    struct copse_op_list list = op.ids;
    while (copse_op_next_id(&list, &parents[edit.parent_count])) {
        edit.parent_count++;
    }
    edit.parents = parents;
    edit.shape = op.value;
    edit.content_size = held.entry.content_size;
    edit.content = held.content;
    enum copse_err err = copse_text_add(text, &edit);
    COPSE_ASSERT(err != COPSE_ERR_NOMEM);
}

static size_t make_patches(struct sim_world *world, struct copse_text_patch *patches, size_t units)
{
    size_t count = 0;
    uint32_t from = 0;
    bool is_wild = sim_world_chance(world, 5);
    for (size_t i = 1 + sim_world_below(world, 3); i > 0; i--) {
        size_t left = units >= from ? units - from : 0;
        struct copse_text_patch *patch = &patches[count];
        patch->pos = from + (uint32_t)sim_world_below(world, left + 1 + (is_wild ? 30 : 0));
        left = units >= patch->pos ? units - patch->pos : 0;
        patch->del = (uint32_t)sim_world_below(world, left < 6 ? left + 1 : 6);
        patch->ins = (uint32_t)sim_world_below(world, 8);
        patch->sweep = patch->del > 0 && sim_world_chance(world, 5);
        if (patch->del + patch->ins == 0) {
            continue;
        }
        from = patch->pos + patch->del + 1;
        count++;
        if (from > units) {
            break;
        }
    }
    return count;
}

static bool draft_edit(struct sim_world *world, struct deeds_draft *draft, struct copse_text *text)
{
    struct copse_text_view view;
    struct copse_text_patch patches[4];
    struct copse_slice shape;
    if (copse_text_merge(text, &view, NULL) != COPSE_OK ||
        view.head_count > COPSE_TEXT_PARENTS_MAX) {
        return false;
    }
    draft->op.ids = copse_op_list_ids(&draft->list_writer, view.heads, view.head_count);
    size_t count = make_patches(world, patches, view.units);
    uint8_t room[COPSE_TEXT_SHAPE_BYTES_MAX];
    if (count == 0 || copse_text_shape_encode(&shape, room, patches, count) != COPSE_OK ||
        shape.size > sizeof draft->maps) {
        return false;
    }
    memcpy(draft->maps, shape.data, shape.size);
    draft->op.value = (struct copse_slice){draft->maps, shape.size};
    struct copse_writer writer;
    deeds_content_begin(draft, &writer);
    for (size_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < patches[i].ins; k++) {
            uint8_t letter = (uint8_t)('a' + sim_world_below(world, 26));
            copse_writer_raw(&writer, (struct copse_slice){&letter, 1});
        }
    }
    deeds_content_end(draft, &writer);
    return true;
}

static bool edit(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    const struct sim_node *node = node_of(world, hand);
    struct copse_text *text = NULL;
    (void)about_object(world, hand, draft);
    enum copse_err err = copse_text_new(&text, copse_memory_heap());
    COPSE_ASSERT(err == COPSE_OK);
    for (size_t i = 0; i < node->count; i++) {
        bool is_one = node->notes[i].kind == COPSE_OP_EDIT &&
                      copse_bytes_equal_ids(&node->notes[i].about, &draft->op.target);
        if (is_one) {
            add_edit(text, node, i);
        }
    }
    bool is_drafted = draft_edit(world, draft, text);
    copse_text_free(text);
    return is_drafted;
}

bool deeds_draft_data(struct sim_world *world, const struct sim_hand *hand,
                      struct deeds_draft *draft, enum copse_op_kind kind)
{
    draft->is_lost = sim_world_chance(world, world->options.lost_share);
    if (kind == COPSE_OP_CREATE) {
        return create(world, hand, draft);
    }
    return kind == COPSE_OP_EDIT ? edit(world, hand, draft) : change_field(world, hand, draft);
}

/* ---- hostile ---- */

static void spoil_op(struct sim_world *world, struct deeds_draft *draft)
{
    static const uint8_t unknown[] = {0x92, 0x19, 0x03, 0xe8, 0xa1, 'x'}; /* kind 1000 */
    static const uint8_t longer[] = {0x93, 0x0b, 0xc4, 0x00, 0xc0};       /* no ASSENT */
    static const uint8_t sealed[] = {0xc4, 0x03, 1, 2, 3};                /* a bin */
    const struct copse_slice rows[] = {
        {unknown, sizeof unknown}, {longer, sizeof longer}, {sealed, sizeof sealed}};
    draft->raw = rows[sim_world_below(world, COPSE_ARRAY_SIZE(rows))];
}

void deeds_spoil(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    static const uint8_t even[] = {0x91, 0x92, 0x02, 0xc4, 0x01, 0x07};
    static const uint8_t odd[] = {0x91, 0x92, 0x03, 0xc4, 0x01, 0x07};
    const struct sim_note *note = pick_note(world, node_of(world, hand), SIM_KINDS);
    switch (sim_world_below(world, 8)) {
    case 0:
    case 1:
        spoil_op(world, draft);
        break;
    case 2:
        draft->ext = (struct copse_slice){even, sizeof even};
        break;
    case 3:
        draft->ext = (struct copse_slice){odd, sizeof odd};
        break;
    case 4: /* dated back */
        draft->hlc = 1 + sim_world_below(world, 1000);
        break;
    case 5: /* dated far ahead */
        draft->hlc = INT64_MAX - sim_world_below(world, 1000);
        break;
    case 6: /* cites anything */
        draft->has_under = note != NULL;
        draft->under.grant = note == NULL ? world->genesis : note->id;
        note = pick_note(world, node_of(world, hand), SIM_KINDS);
        draft->under.charter = note == NULL ? world->genesis : note->id;
        break;
    default: /* of the wrong class */
        draft->class = draft->class == COPSE_ENTRY_DATA ? COPSE_ENTRY_CONTROL : COPSE_ENTRY_DATA;
        break;
    }
}
