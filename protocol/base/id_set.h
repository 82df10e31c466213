/* A set of ids, in the order they were put in, each with its place. */
#ifndef COPSE_PROTOCOL_BASE_ID_SET_H
#define COPSE_PROTOCOL_BASE_ID_SET_H

#include "protocol/base/bytes.h"
#include "protocol/base/memory.h"

struct copse_id_set {
    const struct copse_memory *memory; /* borrowed */
    struct copse_id *ids;              /* by place */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* place + 1, open addressing; 0: free */
    size_t slot_count;
};

void copse_id_set_init(struct copse_id_set *set, const struct copse_memory *memory);
void copse_id_set_deinit(struct copse_id_set *set);

/* Empty it and keep its room. */
void copse_id_set_clear(struct copse_id_set *set);

/* COPSE_OK: it is new, at the last place. COPSE_ERR_EXISTS, or COPSE_ERR_NOMEM (nothing changed).
 */
enum copse_err copse_id_set_add(struct copse_id_set *set,
                                const struct copse_id *id) COPSE_MUST_CHECK;

/* Sets *place (or NULL). False: it is not in the set. Cost: O(1), unless ids were chosen to meet:
 * then O(those), so callers bound their sets. */
bool copse_id_set_find(const struct copse_id_set *set, size_t *place, const struct copse_id *id);

#endif
