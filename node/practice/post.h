/* Posts: questions, answers, stories, talk; and the small deeds on what others wrote. */
#ifndef COPSE_NODE_PRACTICE_POST_H
#define COPSE_NODE_PRACTICE_POST_H

#include "node/practice/reading.h"

#define COPSE_POST_TAGS_MAX 32u

/* A post to be written. */
struct copse_post {
    const char *type;           /* "question"; from the choices of object.h */
    const struct copse_id *ref; /* what it replies to or is about; NULL: it starts a conversation */
    struct copse_slice title;   /* size 0: none */
    struct copse_slice body;
    const struct copse_slice *tags;
    size_t tag_count;
};

/* Write it. COPSE_OK and its id; COPSE_ERR_NOT_FOUND: there is no such type; COPSE_ERR_LIMIT,
 * COPSE_ERR_FORM: too long, or characters that are not allowed, with the field in `error`. */
enum copse_err copse_post_write(struct copse_practice_deed *deed, struct copse_id *id,
                                const struct copse_post *post,
                                struct copse_error *error) COPSE_MUST_CHECK;

enum copse_post_turn { COPSE_POST_PUT, COPSE_POST_TAKE_BACK };

/* One's own mark on a page or post: COPSE_OBJECT_FIELD_THANKS or _USEFUL. Sets *changed; when it is
 * so already nothing is written. COPSE_ERR_FORM: such a thing takes no such mark. */
enum copse_err copse_post_mark(struct copse_practice_deed *deed, bool *changed,
                               const struct copse_view_object *object,
                               enum copse_object_number mark, enum copse_post_turn turn,
                               struct copse_error *error) COPSE_MUST_CHECK;

/* Put a tag on, or take it off. Sets *changed. */
enum copse_err copse_post_tag(struct copse_practice_deed *deed, bool *changed,
                              const struct copse_view_object *object, struct copse_slice tag,
                              enum copse_post_turn turn,
                              struct copse_error *error) COPSE_MUST_CHECK;

/* Mark a reply as what answered the question it belongs to. Sets *question. COPSE_ERR_FORM: it is
 * no reply; COPSE_ERR_REFUSED: only who asked, or a steward, may do it. */
enum copse_err copse_post_accept(struct copse_practice_deed *deed, struct copse_id *question,
                                 bool *changed, const struct copse_view_object *reply,
                                 enum copse_post_turn turn,
                                 struct copse_error *error) COPSE_MUST_CHECK;

/* Is the reply accepted in `question`? */
enum copse_err copse_post_is_accepted(struct copse_practice_deed *deed, bool *out,
                                      const struct copse_view_object *question,
                                      const struct copse_id *reply) COPSE_MUST_CHECK;

/* Where a conversation begins: the post, or page, at the end of the chain of refs. */
enum copse_err copse_post_root(struct copse_practice_deed *deed, struct copse_view_object *out,
                               const struct copse_view_object *post) COPSE_MUST_CHECK;

#endif
