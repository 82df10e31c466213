#include "node/practice/post.h"

#define ROOT_STEPS_MAX COPSE_VIEW_DEPTH_MAX

/* SPEC 8.12: "A writer MUST NOT refer to a post that is more than 63 refs away from one without; it
 * refers to the last that is not." The ring holds what was passed last on the way up. */
static enum copse_err post_find_ref(struct copse_practice_deed *deed, struct copse_id *out,
                                    const struct copse_id *ref)
{
    struct copse_id ring[COPSE_VIEW_DEPTH_MAX] = {*ref};
    struct copse_id at = *ref;
    struct copse_view *view;
    size_t count = 0;
    enum copse_err err = copse_practice_view(deed, &view);
    while (err == COPSE_OK) {
        struct copse_view_object object;
        ring[count++ % COPSE_ARRAY_SIZE(ring)] = at;
        err = copse_view_object(view, &object, &at);
        if (err != COPSE_OK || !object.create.op.has_ref) {
            break;
        }
        at = object.create.op.ref;
    }
    *out = ring[count <= COPSE_ARRAY_SIZE(ring) ? 0 : count % COPSE_ARRAY_SIZE(ring)];
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_post_write(struct copse_practice_deed *deed, struct copse_id *id,
                                const struct copse_post *post, struct copse_error *error)
{
    struct copse_id ref;
    uint64_t type = 0;
    struct copse_practice_value values[3];
    size_t count = 0;
    const struct copse_object_field *row =
        copse_object_field(COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE);
    enum copse_err err = copse_object_choice_named(&type, row, copse_bytes_of_string(post->type));
    if (err != COPSE_OK) {
        return copse_error_set(error, err, "there is no type of post called %s", post->type);
    }
    if (post->ref != NULL) {
        err = post_find_ref(deed, &ref, post->ref);
        if (err != COPSE_OK) {
            return err;
        }
    }
    if (post->title.size > 0) {
        values[count++] = (struct copse_practice_value){.field = COPSE_OBJECT_FIELD_TITLE,
                                                        .shape = COPSE_PRACTICE_STRING,
                                                        .string = post->title};
    }
    if (post->body.size > 0) {
        values[count++] = (struct copse_practice_value){
            .field = COPSE_OBJECT_FIELD_BODY, .shape = COPSE_PRACTICE_STRING, .string = post->body};
    }
    if (post->tag_count > 0) {
        values[count++] = (struct copse_practice_value){.field = COPSE_OBJECT_FIELD_TAGS,
                                                        .shape = COPSE_PRACTICE_STRINGS,
                                                        .strings = post->tags,
                                                        .count = post->tag_count};
    }
    struct copse_practice_object object = {
        .kind = COPSE_OBJECT_POST,
        .type = (uint32_t)type,
        .ref = post->ref == NULL ? NULL : &ref,
        .values = values,
        .count = count,
    };
    return copse_practice_create(deed, id, &object, error);
}

enum copse_err copse_post_mark(struct copse_practice_deed *deed, bool *changed,
                               const struct copse_view_object *object,
                               enum copse_object_number mark, enum copse_post_turn turn,
                               struct copse_error *error)
{
    struct copse_id id;
    struct copse_reading_over over;
    struct copse_practice_value value = {.field = mark, .shape = COPSE_PRACTICE_TRUTH, .number = 1};
    *changed = false;
    if (copse_object_field(object->kind, mark) == NULL) {
        return copse_error_set(error, COPSE_ERR_FORM, "a %s takes no such mark",
                               copse_object_kind_name(object->kind));
    }
    enum copse_err err =
        copse_reading_over(deed, &over, object, mark, (struct copse_slice){NULL, 0});
    if (err != COPSE_OK) {
        return err;
    }
    /* A mark that was taken back is a live value without words: put again replaces it. */
    bool is_put = false;
    for (size_t i = 0; err == COPSE_OK && i < over.count; i++) {
        struct copse_view *view;
        struct copse_view_entry entry;
        err = copse_practice_view(deed, &view);
        if (err == COPSE_OK) {
            err = copse_view_load(view, &entry, &over.ids[i]);
        }
        is_put = is_put || (err == COPSE_OK && entry.words == COPSE_VIEW_HERE);
    }
    if (err != COPSE_OK || is_put == (turn == COPSE_POST_PUT)) {
        return err;
    }
    struct copse_practice_change change = {
        .kind = COPSE_OP_SET,
        .object_kind = (enum copse_object_kind)object->kind,
        .object = object->id,
        .field = mark,
        .over = over.ids,
        .over_count = over.count,
        .value = turn == COPSE_POST_PUT ? &value : NULL,
    };
    *changed = true;
    return copse_practice_change(deed, &id, &change, error);
}

/* Put one element into a set, or take it out with all its addings. */
static enum copse_err post_set(struct copse_practice_deed *deed, bool *changed,
                               const struct copse_view_object *object,
                               const struct copse_practice_value *value,
                               const struct copse_reading_over *over, enum copse_post_turn turn,
                               struct copse_error *error)
{
    struct copse_id id;
    bool is_in = over->count > 0;
    *changed = is_in != (turn == COPSE_POST_PUT);
    if (!*changed) {
        return COPSE_OK;
    }
    struct copse_practice_change change = {
        .kind = turn == COPSE_POST_PUT ? COPSE_OP_ADD : COPSE_OP_DEL,
        .object_kind = (enum copse_object_kind)object->kind,
        .object = object->id,
        .field = value->field,
        .over = over->ids,
        .over_count = turn == COPSE_POST_PUT ? 0 : over->count,
        .value = value,
    };
    return copse_practice_change(deed, &id, &change, error);
}

enum copse_err copse_post_tag(struct copse_practice_deed *deed, bool *changed,
                              const struct copse_view_object *object, struct copse_slice tag,
                              enum copse_post_turn turn, struct copse_error *error)
{
    struct copse_reading_over over;
    struct copse_practice_value value = {
        .field = COPSE_OBJECT_FIELD_TAGS, .shape = COPSE_PRACTICE_STRING, .string = tag};
    *changed = false;
    if (tag.size == 0) {
        return copse_error_set(error, COPSE_ERR_FORM, "a tag is empty");
    }
    if (copse_object_field(object->kind, COPSE_OBJECT_FIELD_TAGS) == NULL) {
        return copse_error_set(error, COPSE_ERR_FORM, "a %s takes no tags",
                               copse_object_kind_name(object->kind));
    }
    enum copse_err err = copse_reading_over(deed, &over, object, COPSE_OBJECT_FIELD_TAGS, tag);
    return err == COPSE_OK ? post_set(deed, changed, object, &value, &over, turn, error) : err;
}

enum copse_err copse_post_root(struct copse_practice_deed *deed, struct copse_view_object *out,
                               const struct copse_view_object *post)
{
    struct copse_view *view;
    struct copse_view_object object = *post;
    enum copse_err err = copse_practice_view(deed, &view);
    for (size_t i = 0; err == COPSE_OK && i < ROOT_STEPS_MAX; i++) {
        struct copse_view_object above;
        if (object.kind != COPSE_OBJECT_POST || !object.create.op.has_ref) {
            break;
        }
        err = copse_view_object(view, &above, &object.create.op.ref);
        if (err == COPSE_ERR_NOT_FOUND) { /* not here yet: the conversation begins with what is */
            err = COPSE_OK;
            break;
        }
        object = above;
    }
    *out = object;
    return err;
}

/* The addings of one id to the set of accepted replies. */
static enum copse_err post_accepted_over(struct copse_practice_deed *deed,
                                         struct copse_reading_over *over,
                                         const struct copse_view_object *question,
                                         const struct copse_id *reply)
{
    struct copse_view *view;
    struct copse_view_field field;
    over->count = 0;
    copse_view_field_init(&field, deed->practice->memory);
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_field_read(
            view, &field, question,
            copse_object_field(COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_ACCEPTED));
    }
    for (size_t i = 0; err == COPSE_OK && i < field.live_count; i++) {
        struct copse_reader reader;
        copse_reader_init(&reader, field.values[i].value);
        struct copse_id element = copse_reader_id(&reader);
        if (copse_bytes_equal_ids(&element, reply) && over->count < COPSE_OP_OVER_MAX) {
            over->ids[over->count++] = field.values[i].entry; /* by element, then id: rising */
        }
    }
    copse_view_field_deinit(&field);
    return err;
}

enum copse_err copse_post_is_accepted(struct copse_practice_deed *deed, bool *out,
                                      const struct copse_view_object *question,
                                      const struct copse_id *reply)
{
    struct copse_reading_over over = {.count = 0};
    enum copse_err err = COPSE_OK;
    if (question->kind == COPSE_OBJECT_POST) {
        err = post_accepted_over(deed, &over, question, reply);
    }
    *out = over.count > 0;
    return err;
}

enum copse_err copse_post_accept(struct copse_practice_deed *deed, struct copse_id *question,
                                 bool *changed, const struct copse_view_object *reply,
                                 enum copse_post_turn turn, struct copse_error *error)
{
    struct copse_view_object root;
    struct copse_reading_over over;
    *changed = false;
    if (reply->kind != COPSE_OBJECT_POST || !reply->create.op.has_ref) {
        return copse_error_set(error, COPSE_ERR_FORM, "this is no reply to a question");
    }
    enum copse_err err = copse_post_root(deed, &root, reply);
    if (err != COPSE_OK) {
        return err;
    }
    if (root.kind != COPSE_OBJECT_POST || copse_bytes_equal_ids(&root.id, &reply->id)) {
        return copse_error_set(error, COPSE_ERR_FORM, "this is no reply to a question");
    }
    if (deed->practice->keyring == NULL ||
        !copse_view_is_owner(&root, copse_keyring_person(deed->practice->keyring))) {
        return copse_error_set(error, COPSE_ERR_REFUSED,
                               "only who asked can say what answered the question");
    }
    *question = root.id;
    err = post_accepted_over(deed, &over, &root, &reply->id);
    struct copse_practice_value value = {
        .field = COPSE_OBJECT_FIELD_ACCEPTED, .shape = COPSE_PRACTICE_ID, .id = reply->id};
    return err == COPSE_OK ? post_set(deed, changed, &root, &value, &over, turn, error) : err;
}
