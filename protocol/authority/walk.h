/* The walk: units from senior to junior (SPEC 7.2). */
#ifndef COPSE_PROTOCOL_AUTHORITY_WALK_H
#define COPSE_PROTOCOL_AUTHORITY_WALK_H

#include "protocol/authority/settle.h"

/* A charter version that is honoured, and what it changes for logs it names. */
struct copse_walk_charter {
    struct copse_control_record *record;
    struct copse_permission_rules rules;
    bool is_named; /* by an honoured version: not in force */
    bool names_logs;
    size_t *above; /* places in `charters` of those that name logs and that it descends from */
    size_t above_count;
};

/* The result of an evaluation. */
struct copse_governance {
    struct copse_control control;
    struct copse_units units;
    struct copse_walk_charter *charters; /* by id */
    size_t charter_count;
    struct copse_walk_charter *in_force; /* NULL: no genesis */
    struct copse_control_list doors; /* REVOKEs that name an INVITE or the genesis, senior first */
    struct copse_control_list cuts;  /* honoured endings, ACCEPTs and CHARTERs */
};

/* Walk all units. */
enum copse_err copse_walk(struct copse_governance *governance,
                          struct copse_settle *settle) COPSE_MUST_CHECK;

/* Is this JOIN shut out by a door that was shut? */
bool copse_walk_is_dropped(const struct copse_control_record *join);

#endif
