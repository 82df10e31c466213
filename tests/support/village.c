/* How it works: values are written behind one another into one room, so that all of them last as
 * long as the village. Every check reads afresh, with a new view.
 */
#include "tests/support/village.h"

#include "protocol/rules/view_text.h"
#include "tests/support/cmocka.h"

#include <string.h>

const struct copse_slice village_nothing = {NULL, 0};

void village_start_with(struct village *village, struct copse_slice charter)
{
    memset(village, 0, sizeof *village);
    copse_writer_init(&village->writer, village->room, sizeof village->room);
    copse_view_field_init(&village->field, copse_memory_heap());
    village->world = copse_world_new(charter, village_nothing);
    assert_int_equal(copse_world_person(village->world, COPSE_OP_MODERATOR), BEN);
    assert_int_equal(copse_world_person(village->world, COPSE_OP_MEMBER), CAT);
    assert_int_equal(copse_world_person(village->world, COPSE_OP_MEMBER), DAN);
}

void village_start(struct village *village)
{
    village_start_with(village, village_nothing);
}

void village_stop(struct village *village)
{
    copse_view_field_deinit(&village->field);
    copse_world_free(village->world);
}

/* ---- writing ---- */

/* Room for one more value: what was written before stays. */
static struct copse_slice written(struct village *village, size_t from)
{
    assert_false(village->writer.full);
    return (struct copse_slice){village->room + from, village->writer.size - from};
}

struct copse_slice village_str(struct village *village, const char *text)
{
    size_t from = village->writer.size;
    copse_writer_str(&village->writer, copse_bytes_of_string(text));
    return written(village, from);
}

struct copse_slice village_number(struct village *village, uint64_t value)
{
    size_t from = village->writer.size;
    copse_writer_uint(&village->writer, value);
    return written(village, from);
}

struct copse_slice village_true(struct village *village)
{
    size_t from = village->writer.size;
    copse_writer_bool(&village->writer, true);
    return written(village, from);
}

/* {title, status, tags: [oak, elm]} */
static struct copse_slice initial(struct village *village, const char *title)
{
    size_t from = village->writer.size;
    copse_writer_map(&village->writer, 3);
    copse_writer_uint(&village->writer, COPSE_OBJECT_FIELD_TITLE);
    copse_writer_str(&village->writer, copse_bytes_of_string(title));
    copse_writer_uint(&village->writer, COPSE_OBJECT_FIELD_STATUS);
    copse_writer_uint(&village->writer, 1);
    copse_writer_uint(&village->writer, COPSE_OBJECT_FIELD_TAGS);
    copse_writer_array(&village->writer, 2);
    copse_writer_str(&village->writer, copse_bytes_of_string("oak"));
    copse_writer_str(&village->writer, copse_bytes_of_string("elm"));
    return written(village, from);
}

struct copse_id village_create(struct village *village, size_t person, uint32_t kind,
                               const struct copse_id *ref)
{
    struct copse_op op = {.kind = COPSE_OP_CREATE, .object_kind = kind, .type = 1};
    op.has_ref = ref != NULL;
    if (ref != NULL) {
        op.ref = *ref;
    }
    return copse_world_write(village->world, person, &op, initial(village, "first"));
}

/* One op on a field, over up to two ids. */
struct copse_id village_write(struct village *village, size_t person, enum copse_op_kind kind,
                              const struct copse_id *object, uint32_t field,
                              const struct copse_id *over, size_t over_count,
                              struct copse_slice content)
{
    struct copse_op op = {.kind = kind, .target = *object, .field = field};
    op.over = copse_world_ids(village->world, over, over_count);
    return copse_world_write(village->world, person, &op, content);
}

struct copse_id village_set(struct village *village, size_t person, const struct copse_id *object,
                            uint32_t field, const struct copse_id *over, struct copse_slice content)
{
    return village_write(village, person, COPSE_OP_SET, object, field, over, over == NULL ? 0 : 1,
                         content);
}

struct copse_id village_act(struct village *village, size_t person, enum copse_op_kind kind,
                            const struct copse_id *target, const struct copse_id *over)
{
    struct copse_op op = {.kind = kind, .target = *target};
    op.over = copse_world_ids(village->world, over, over == NULL ? 0 : 1);
    op.ids = copse_world_ids(village->world, target, 1);
    return copse_world_write(village->world, person, &op, village_nothing);
}

struct copse_id village_edit(struct village *village, size_t person, const struct copse_id *object,
                             const struct copse_id *parent, const char *shape, const char *text)
{
    struct copse_op op = {.kind = COPSE_OP_EDIT, .target = *object};
    op.ids = copse_world_ids(village->world, parent, parent == NULL ? 0 : 1);
    op.value = copse_bytes_of_string(shape);
    size_t from = village->writer.size;
    copse_writer_array(&village->writer, op.value.size);
    for (size_t i = 0; i < op.value.size; i++) {
        copse_writer_uint(&village->writer, (uint64_t)(op.value.data[i] - '0'));
    }
    op.value = written(village, from);
    return copse_world_write(village->world, person, &op, copse_bytes_of_string(text));
}

/* ---- reading ---- */

struct copse_view_object village_object(struct village *village, const struct copse_id *id)
{
    struct copse_view_object object;
    struct copse_view *view = copse_world_view(village->world);
    assert_int_equal(copse_view_object(view, &object, id), COPSE_OK);
    return object;
}

/* Read a field of an object by name, afresh. */
const struct copse_view_field *village_field(struct village *village, const struct copse_id *id,
                                             const char *name)
{
    struct copse_view_object object;
    struct copse_view *view = copse_world_view(village->world);
    assert_int_equal(copse_view_object(view, &object, id), COPSE_OK);
    const struct copse_object_field *row =
        copse_object_field_named(object.kind, copse_bytes_of_string(name));
    assert_non_null(row);
    assert_int_equal(copse_view_field_read(view, &village->field, &object, row), COPSE_OK);
    return &village->field;
}

void village_check_value(const struct copse_view_field_value *value, struct copse_slice expected)
{
    assert_int_equal(value->words, COPSE_VIEW_HERE);
    assert_true(copse_bytes_equal(value->value, expected));
}

/* The shown value of a register; expected.data NULL: none. */
void village_check_shown(struct village *village, const struct copse_id *id, const char *name,
                         struct copse_slice expected)
{
    const struct copse_view_field_value *shown =
        copse_view_field_shown(village_field(village, id, name));
    if (expected.data == NULL) {
        assert_null(shown);
        return;
    }
    assert_non_null(shown);
    village_check_value(shown, expected);
}

void village_check_tags(struct village *village, const struct copse_id *id, const char *const *tags,
                        size_t count)
{
    const struct copse_view_field *field = village_field(village, id, "tags");
    size_t found = 0;
    for (size_t i = 0; i < field->live_count; i++) {
        if (field->values[i].is_first) {
            assert_true(found < count);
            village_check_value(&field->values[i], village_str(village, tags[found]));
            found++;
        }
    }
    assert_int_equal(found, count);
}

void village_check_text(struct village *village, const struct copse_id *id, const char *expected)
{
    struct copse_text *text = NULL;
    struct copse_text_view merged;
    struct copse_view_object object = village_object(village, id);
    struct copse_view *view = copse_world_view(village->world);
    assert_int_equal(copse_view_text_load(view, &text, &object), COPSE_OK);
    assert_int_equal(copse_text_merge(text, &merged, NULL), COPSE_OK);
    assert_int_equal(merged.text.size, strlen(expected));
    assert_memory_equal(merged.text.data, expected, merged.text.size);
    copse_text_free(text);
}

enum copse_verdict village_verdict(struct village *village, const struct copse_id *id)
{
    struct copse_view_entry entry;
    struct copse_view *view = copse_world_view(village->world);
    assert_int_equal(copse_view_load(view, &entry, id), COPSE_OK);
    return entry.verdict;
}
