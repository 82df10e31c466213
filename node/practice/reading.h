/* Reading what a person asks for: things by the beginning of their id, fields as words. */
#ifndef COPSE_NODE_PRACTICE_READING_H
#define COPSE_NODE_PRACTICE_READING_H

#include "node/practice/practice.h"
#include "protocol/rules/view_field.h"

#define COPSE_READING_DIGITS_MIN 4u     /* of an id that is typed */
#define COPSE_READING_CANDIDATES_MAX 8u /* that an ambiguous one is answered with */

/* What a typed id may mean. */
struct copse_reading_match {
    struct copse_view_object objects[COPSE_READING_CANDIDATES_MAX];
    size_t count; /* 1 when it is unambiguous; COPSE_READING_CANDIDATES_MAX may be more */
};

/* Objects of the deed's community, persons and the community itself included, whose id begins with
 * `digits`, at least COPSE_READING_DIGITS_MIN hexadecimal digits. COPSE_OK; COPSE_ERR_DECODE when
 * it is no such beginning; or a fault. Slices in it live until the deed ends or writes. */
enum copse_err copse_reading_match(struct copse_practice_deed *deed,
                                   struct copse_reading_match *out,
                                   const char *digits) COPSE_MUST_CHECK;

/* Does the lower-case form of `id` begin with `digits`? False when they are no hexadecimal digits.
 */
bool copse_reading_begins(const struct copse_id *id, const char *digits);

/* The shown value of a string field; size 0 when there is none or its words are not here. */
enum copse_err copse_reading_string(struct copse_practice_deed *deed, struct copse_slice *out,
                                    const struct copse_view_object *object,
                                    enum copse_object_number number) COPSE_MUST_CHECK;

/* The shown value of a number or choice; `otherwise` when there is none. */
enum copse_err copse_reading_number(struct copse_practice_deed *deed, int64_t *out,
                                    const struct copse_view_object *object,
                                    enum copse_object_number number,
                                    int64_t otherwise) COPSE_MUST_CHECK;

/* The type of a page or post in words ("question"); never NULL. */
enum copse_err copse_reading_type(struct copse_practice_deed *deed, const char **out,
                                  const struct copse_view_object *object) COPSE_MUST_CHECK;

/* What a new value of a register replaces, or a removal from a set takes away: entries of the live
 * values, rising; for MARK those of `person` alone; for SET those whose value is `element` (size 0:
 * all). At most COPSE_OP_OVER_MAX. */
struct copse_reading_over {
    struct copse_id ids[COPSE_OP_OVER_MAX];
    size_t count;
};
enum copse_err copse_reading_over(struct copse_practice_deed *deed, struct copse_reading_over *out,
                                  const struct copse_view_object *object,
                                  enum copse_object_number number,
                                  struct copse_slice element) COPSE_MUST_CHECK;

/* The live values of a register: more than one is for a person to settle. Strings as they are,
 * numbers of a choice by name; what is neither is an empty string. */
#define COPSE_READING_VALUES_MAX 16u
struct copse_reading_values {
    struct copse_slice items[COPSE_READING_VALUES_MAX];
    size_t count;
};
enum copse_err copse_reading_live(struct copse_practice_deed *deed,
                                  struct copse_reading_values *out,
                                  const struct copse_view_object *object,
                                  enum copse_object_number number) COPSE_MUST_CHECK;

/* The tags of a page or post, in byte order; what is beyond the room is left out. Borrowed as the
 * view's slices are. */
#define COPSE_READING_TAGS_MAX 64u
struct copse_reading_tags {
    struct copse_slice items[COPSE_READING_TAGS_MAX];
    size_t count;
};
enum copse_err copse_reading_tags(struct copse_practice_deed *deed, struct copse_reading_tags *out,
                                  const struct copse_view_object *object) COPSE_MUST_CHECK;

/* The name of a person; size 0 when it is not known. */
enum copse_err copse_reading_name(struct copse_practice_deed *deed, struct copse_slice *out,
                                  const struct copse_id *person) COPSE_MUST_CHECK;

/* A canonical str as its bytes; size 0 for anything else. */
struct copse_slice copse_reading_text(struct copse_slice value);

#endif
