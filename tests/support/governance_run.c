/* How it works: the whole way that storage goes: source, evaluation, rows, loading, judging. */
#include "tests/support/governance_run.h"

#include "tests/support/cmocka.h"
#include "tests/support/state_memory.h"

#include <string.h>

struct run {
    struct governance_outcome *out;
    const struct model_history *history;
    const struct governance_built *built;
    const struct copse_key_scheme *scheme;
    struct copse_source source;
    const struct copse_state *state;
    struct copse_commons *commons;
    struct copse_standing *standings[MODEL_PERSONS_MAX];
};

static void evaluate(struct run *run)
{
    struct copse_governance_options options = {.memory = copse_memory_heap(),
                                               .scheme = run->scheme};
    struct copse_governance *governance = NULL;
    assert_int_equal(
        copse_governance_new(&governance, &run->history->entries[0].id, &run->source, &options),
        COPSE_OK);
    assert_int_equal(copse_standing_write(run->state, governance), COPSE_OK);
    copse_governance_free(governance);
}

static void load(struct run *run)
{
    assert_int_equal(copse_commons_load(&run->commons, run->state, copse_memory_heap()), COPSE_OK);
    for (int i = 0; i < run->history->person_count; i++) {
        struct copse_id person = governance_build_person(run->scheme, i);
        enum copse_err err = copse_standing_load(&run->standings[i], run->state, &person,
                                                 &run->source, copse_memory_heap());
        assert_true(err == COPSE_OK || err == COPSE_ERR_NOT_FOUND);
        enum copse_op_role role;
        run->out->role[i] = MODEL_NONE;
        if (err == COPSE_OK && copse_standing_role(&role, run->standings[i])) {
            run->out->role[i] = (int)role;
        }
    }
}

static const struct copse_standing *standing_of(const struct run *run,
                                                const struct copse_held *held)
{
    const struct copse_log *log = run->source.log(run->source.context, held->position.log);
    struct copse_id person;
    enum copse_err err = copse_wanted_person_of(&person, run->state, &log->join);
    if (err == COPSE_ERR_NOT_FOUND) {
        return NULL;
    }
    assert_int_equal(err, COPSE_OK);
    for (int i = 0; i < run->history->person_count; i++) {
        struct copse_id id = governance_build_person(run->scheme, i);
        if (copse_bytes_equal_ids(&id, &person)) {
            return run->standings[i];
        }
    }
    return NULL;
}

static void judge(struct run *run, int entry)
{
    struct copse_held held;
    struct copse_op op;
    struct copse_judge_verdict verdict;
    assert_int_equal(run->source.find(run->source.context, &held, &run->built->entries[entry].id),
                     COPSE_OK);
    bool is_op = copse_op_decode(&op, held.entry.op, held.entry.class) == COPSE_OK;
    copse_judge_entry(&verdict, standing_of(run, &held), run->commons, &run->source, &held,
                      is_op ? &op : NULL);
    run->out->is_held[entry] = true;
    run->out->verdict[entry] = verdict.verdict;
    run->out->class[entry] =
        verdict.unit == NULL ? MODEL_NONE : (int)copse_permission_class(verdict.unit->role);
    assert_int_equal(copse_wanted_has(&run->out->wanted[entry], run->state, &run->source, &held),
                     COPSE_OK);
}

static void find_charter(struct run *run)
{
    const struct copse_commons_charter *charter = copse_commons_in_force(run->commons);
    run->out->charter = MODEL_NONE;
    for (int i = 0; charter != NULL && i < run->history->count; i++) {
        if (copse_bytes_equal_ids(&run->built->entries[i].id, &charter->id)) {
            run->out->charter = i;
        }
    }
}

void governance_run(struct governance_outcome *out, const struct model_history *history,
                    const struct governance_built *built, const struct copse_key_scheme *scheme,
                    const int *order, int count)
{
    struct run run;
    memset(&run, 0, sizeof run);
    memset(out, 0, sizeof *out);
    run.out = out;
    run.history = history;
    run.built = built;
    run.scheme = scheme;
    struct memory_source *source = memory_source_new(&history->entries[0].id);
    struct copse_state_memory *map =
        copse_state_memory_new(copse_memory_heap(), COPSE_STATE_MEMORY_FAST);
    assert_non_null(map);
    run.state = copse_state_memory_port(map);
    for (int i = 0; i < count; i++) {
        governance_build_add(source, built, order[i]);
    }
    run.source = memory_source_port(source);
    evaluate(&run);
    out->digest = copse_state_memory_digest(map);
    load(&run);
    for (int i = 0; i < count; i++) {
        judge(&run, order[i]);
    }
    find_charter(&run);
    for (int i = 0; i < history->person_count; i++) {
        copse_standing_free(run.standings[i]);
    }
    copse_commons_free(run.commons);
    copse_state_memory_free(map);
    memory_source_free(source);
}

bool governance_run_counts(const struct governance_outcome *outcome, int entry)
{
    return outcome->is_held[entry] && (outcome->verdict[entry] == COPSE_VERDICT_HONOURED ||
                                       outcome->verdict[entry] == COPSE_VERDICT_OWN_ONLY);
}
