/* The rows that follow from an evaluation, in memory, before they meet the state (standing.h). */
#ifndef COPSE_PROTOCOL_AUTHORITY_STANDING_ROWS_H
#define COPSE_PROTOCOL_AUTHORITY_STANDING_ROWS_H

#include "protocol/authority/governance.h"
#include "protocol/base/arena.h"
#include "protocol/base/id_set.h"

struct copse_standing_rows_row {
    struct copse_slice key;
    struct copse_slice value;
};

struct copse_standing_rows {
    struct copse_arena arena;             /* the bytes */
    struct copse_standing_rows_row *rows; /* by key */
    size_t count;
    size_t capacity;
};

/* Make them. `subjects` NULL: all; otherwise those of the persons in it only, and those that are of
 * nobody: charters, doors, recalls, leaves that are waited for, REMOVEs that are void. COPSE_OK or
 * COPSE_ERR_NOMEM; deinit in any case. Cost: O(n log n) in rows. */
enum copse_err copse_standing_rows_make(struct copse_standing_rows *out,
                                        const struct copse_governance *governance,
                                        const struct copse_id_set *subjects) COPSE_MUST_CHECK;
void copse_standing_rows_deinit(struct copse_standing_rows *rows);

#endif
