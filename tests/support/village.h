/* Four people in a small world, and short words for what they do and what comes of it.
 *
 * Ana founded it and is its coordinator, Ben is a moderator, Cat and Dan are members. All calls
 * fail the test when something goes wrong.
 */
#ifndef COPSE_TESTS_SUPPORT_VILLAGE_H
#define COPSE_TESTS_SUPPORT_VILLAGE_H

#include "protocol/rules/view_field.h"
#include "tests/support/world.h"

enum { ANA, BEN, CAT, DAN };

#define VILLAGE_ROOM_BYTES 4096u

struct village {
    struct copse_world *world;
    struct copse_view_field field; /* what was read last */
    struct copse_writer writer;
    uint8_t room[VILLAGE_ROOM_BYTES]; /* values written */
};

extern const struct copse_slice village_nothing;

void village_start(struct village *village);
void village_start_with(struct village *village, struct copse_slice charter);
void village_stop(struct village *village);

/* Canonical values that last as long as the village. */
struct copse_slice village_str(struct village *village, const char *text);
struct copse_slice village_number(struct village *village, uint64_t value);
struct copse_slice village_true(struct village *village);

/* An object of type 1 with title "first", status 1 and tags oak and elm. `ref` may be NULL. */
struct copse_id village_create(struct village *village, size_t person, uint32_t kind,
                               const struct copse_id *ref);

/* SET, ADD or DEL; and a SET over one value or, with `over` NULL, none. */
struct copse_id village_write(struct village *village, size_t person, enum copse_op_kind kind,
                              const struct copse_id *object, uint32_t field,
                              const struct copse_id *over, size_t over_count,
                              struct copse_slice content);
struct copse_id village_set(struct village *village, size_t person, const struct copse_id *object,
                            uint32_t field, const struct copse_id *over,
                            struct copse_slice content);

/* An act on an object or entry, over one act or, with `over` NULL, none. */
struct copse_id village_act(struct village *village, size_t person, enum copse_op_kind kind,
                            const struct copse_id *target, const struct copse_id *over);

/* An EDIT with at most one parent. `shape` has one digit for each number of it. */
struct copse_id village_edit(struct village *village, size_t person, const struct copse_id *object,
                             const struct copse_id *parent, const char *shape, const char *text);

struct copse_view_object village_object(struct village *village, const struct copse_id *id);
const struct copse_view_field *village_field(struct village *village, const struct copse_id *id,
                                             const char *name);
enum copse_verdict village_verdict(struct village *village, const struct copse_id *id);

void village_check_value(const struct copse_view_field_value *value, struct copse_slice expected);

/* The shown value of a register; expected.data NULL: none. */
void village_check_shown(struct village *village, const struct copse_id *id, const char *name,
                         struct copse_slice expected);

/* The tags, in order, and no others. */
void village_check_tags(struct village *village, const struct copse_id *id, const char *const *tags,
                        size_t count);
void village_check_text(struct village *village, const struct copse_id *id, const char *expected);

#endif
