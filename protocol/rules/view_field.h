/* Fields of an object: registers, sets, marks, flags, as their entries come to (SPEC 8.6 to 8.10).
 *
 * Words:  value  what one entry gives a field; an ADD or CREATE may give a set several
 *         live   its entry counts and nothing that counts replaces or removes it
 *         shown  the first live value
 */
#ifndef COPSE_PROTOCOL_RULES_VIEW_FIELD_H
#define COPSE_PROTOCOL_RULES_VIEW_FIELD_H

#include "protocol/rules/view.h"

struct copse_view_field_value {
    struct copse_id entry;
    struct copse_id author; /* device */
    struct copse_id person;
    uint64_t hlc;
    struct copse_slice
        value; /* canonical; data NULL unless words is HERE; borrowed from the source */
    enum copse_view_words words;
    struct copse_id content_hash; /* meaningful if has_hash */
    bool has_hash;
    bool is_live;
    bool is_first; /* SET: the first of its element, or of no known one */
};

/* What a field comes to. The live values are in front.
 *
 *   REGISTER, FLAG  every value ever given, by falling (hlc, author, id): the first is shown. A
 *                   live one with words NONE unsets, or is the CREATE that did not set the field
 *   MARK            the shown value of each person who gave one, by rising person
 *   SET             every adding that counts, by element, then id
 */
struct copse_view_field {
    const struct copse_memory *memory;
    struct copse_view_field_value *values;
    size_t capacity;
    size_t count;
    size_t live_count;
};

void copse_view_field_init(struct copse_view_field *field, const struct copse_memory *memory);
void copse_view_field_deinit(struct copse_view_field *field);

/* Read a field, whose lane is not TEXT. What was read into `out` before is given up.
 * Returns COPSE_OK, COPSE_ERR_NOMEM, or as copse_view_load; then *out is empty.
 * Cost: one copse_view_load for each entry that ever named the field, and sorting.
 * Source: SPEC 8.6 to 8.10. */
enum copse_err copse_view_field_read(struct copse_view *view, struct copse_view_field *out,
                                     const struct copse_view_object *object,
                                     const struct copse_object_field *row) COPSE_MUST_CHECK;

/* What a person is shown: the first live value if it has words here; NULL otherwise. Of a set and
 * of marks walk over `values`. */
const struct copse_view_field_value *copse_view_field_shown(const struct copse_view_field *field);

#endif
