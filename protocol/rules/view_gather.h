/* Gather all that was ever said about one field, for view_field.c to settle (SPEC 8.4 to 8.8). */
#ifndef COPSE_PROTOCOL_RULES_VIEW_GATHER_H
#define COPSE_PROTOCOL_RULES_VIEW_GATHER_H

#include "protocol/rules/view_field.h"

/* One value with what the merge needs of its entry. */
struct copse_view_gather_item {
    struct copse_view_field_value value;
    struct copse_op_list over;
    bool counts;
};

/* One removal from a set that counts. */
struct copse_view_gather_removal {
    struct copse_op_list over;
    struct copse_slice element; /* data NULL: whole entries */
};

/* The first four are set by the caller, the rest zero. */
struct copse_view_gather {
    struct copse_view *view;
    const struct copse_view_object *object;
    const struct copse_object_field *row;
    const struct copse_memory *memory;
    struct copse_view_gather_item *items;
    size_t count, capacity;
    struct copse_view_gather_removal *removals;
    size_t removal_count, removal_capacity;
    struct copse_slice *bars; /* elements kept away */
    size_t bar_count, bar_capacity;
};

/* COPSE_OK, COPSE_ERR_NOMEM, or as copse_view_load. Deinit in any case. */
enum copse_err copse_view_gather_read(struct copse_view_gather *gather) COPSE_MUST_CHECK;
void copse_view_gather_deinit(struct copse_view_gather *gather);

#endif
