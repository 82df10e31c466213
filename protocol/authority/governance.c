/* How it works: read the entries, find the units, count recalls, walk. If anything fails all of
 * it is given back; there is no half of an evaluation.
 */
#include "protocol/authority/governance.h"

#include "protocol/authority/recall.h"
#include "protocol/authority/walk.h"

static enum copse_err evaluate(struct copse_governance *governance)
{
    enum copse_err err = copse_control_read(&governance->control);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_unit_find(&governance->units, &governance->control);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_settle settle;
    copse_settle_init(&settle, &governance->control);
    err = copse_recall_count(&settle);
    if (err == COPSE_OK) {
        err = copse_walk(governance, &settle);
    }
    copse_settle_deinit(&settle);
    return err;
}

enum copse_err copse_governance_new(struct copse_governance **out, const struct copse_id *community,
                                    const struct copse_source *source,
                                    const struct copse_governance_options *options)
{
    struct copse_governance *governance = copse_memory_new(options->memory, 1, sizeof *governance);
    if (governance == NULL) {
        return COPSE_ERR_NOMEM;
    }
    struct copse_control *control = &governance->control;
    copse_arena_init(&control->arena, options->memory);
    control->source = *source;
    control->options = *options;
    control->community = *community;
    enum copse_err err = evaluate(governance);
    if (err != COPSE_OK) {
        copse_governance_free(governance);
        return err;
    }
    *out = governance;
    return COPSE_OK;
}

void copse_governance_free(struct copse_governance *governance)
{
    if (governance != NULL) {
        copse_control_deinit(&governance->control);
        copse_memory_free(governance->control.options.memory, governance);
    }
}

bool copse_governance_acts(enum copse_op_kind kind)
{
    return kind <= COPSE_OP_ASSENT;
}
