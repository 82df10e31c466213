/* How it works: each founder's own acts alone make a fence; a RECALL or ASSENT inside it is
 * a voice. Voices are a mask over the founders, so that nobody is counted twice.
 */
#include "protocol/authority/recall.h"

static struct copse_control_record *recall_of(const struct copse_control *control,
                                              struct copse_control_record *record)
{
    struct copse_control_record *recall = record;
    if (record->op.kind == COPSE_OP_ASSENT) {
        recall = copse_control_record_of(control, &record->op.target);
    }
    return recall != NULL && recall->op.kind == COPSE_OP_RECALL ? recall : NULL;
}

/* Is the author of a record a founder who cites the genesis? */
static bool is_by_founder(const struct copse_control *control,
                          const struct copse_control_record *record)
{
    return record->line != NULL && record->cited == control->genesis &&
           record->line->person->founder != COPSE_CONTROL_NO_FOUNDER;
}

/* SPEC 7.12: "A RECALL is one only if a founder other than its target wrote it citing the genesis,
 * and its target is a founder" */
static struct copse_control_person *target_of(const struct copse_control *control,
                                              const struct copse_control_record *recall)
{
    struct copse_control_person *target = copse_control_person_of(control, &recall->op.target);
    bool is_one = target != NULL && target->founder != COPSE_CONTROL_NO_FOUNDER &&
                  is_by_founder(control, recall) && recall->line->person != target;
    return is_one ? target : NULL;
}

static enum copse_err count_voice(struct copse_settle *settle, const struct copse_fence *fences,
                                  struct copse_control_record *record)
{
    struct copse_control *control = settle->control;
    struct copse_control_record *recall = recall_of(control, record);
    if (recall == NULL || !is_by_founder(control, record)) {
        return COPSE_OK;
    }
    struct copse_control_person *voice = record->line->person;
    struct copse_control_person *target = target_of(control, recall);
    if (target == NULL || voice == target) {
        return COPSE_OK;
    }
    struct copse_fence_place place = copse_control_place(control, record);
    if (copse_fence_judge(&fences[voice->founder], &place) != COPSE_VERDICT_HONOURED) {
        return COPSE_OK;
    }
    record->is_honoured = true;
    recall->voices |= 1u << voice->founder;
    return copse_control_append(control, &voice->voices, record);
}

static uint32_t count_bits(uint32_t mask)
{
    uint32_t count = 0;
    for (; mask != 0; mask &= mask - 1) {
        count++;
    }
    return count;
}

/* Those in effect, by place of their author among the founders. */
static enum copse_err take_effect(struct copse_control *control)
{
    for (uint32_t founder = 0; founder < control->founder_count; founder++) {
        for (size_t i = 0; i < control->record_count; i++) {
            struct copse_control_record *record = control->keys[i].record;
            if (record->voices == 0 || record->line->person->founder != founder) {
                continue;
            }
            /* SPEC 7.12: "It is in effect when at least two, and more than half of the other
             * founders, speak for it" */
            uint32_t voices = count_bits(record->voices);
            if (voices < 2 || (size_t)2 * voices <= control->founder_count - 1) {
                continue;
            }
            record->is_in_effect = true;
            record->order = founder;
            struct copse_control_person *target = target_of(control, record);
            enum copse_err err = copse_control_append(control, &target->removals, record);
            err = err == COPSE_OK ? copse_control_resolve(control, record) : err;
            if (err != COPSE_OK) {
                return err;
            }
        }
    }
    return COPSE_OK;
}

enum copse_err copse_recall_count(struct copse_settle *settle)
{
    struct copse_control *control = settle->control;
    struct copse_fence fences[COPSE_OP_FOUNDERS_MAX] = {{0}};
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; i < control->founder_count && err == COPSE_OK; i++) {
        err = copse_settle_voice(settle, &fences[i], control->founders[i]);
    }
    for (size_t i = 0; i < control->record_count && err == COPSE_OK; i++) {
        struct copse_control_record *record = control->keys[i].record;
        if (record->op.kind == COPSE_OP_RECALL || record->op.kind == COPSE_OP_ASSENT) {
            err = count_voice(settle, fences, record);
        }
    }
    return err == COPSE_OK ? take_effect(control) : err;
}
