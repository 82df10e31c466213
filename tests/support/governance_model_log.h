/* What the naive model asks of one history: logs, ancestors, cuts (SPEC 4, 7.1, 7.3, 7.6). */
#ifndef COPSE_TESTS_SUPPORT_GOVERNANCE_MODEL_LOG_H
#define COPSE_TESTS_SUPPORT_GOVERNANCE_MODEL_LOG_H

#include "tests/support/governance_model.h"

struct model_unit {
    int record;
    int person;
    int granter; /* unit, or MODEL_NONE */
    int founder;
    int role;
    int depth;
    bool is_honoured;
    bool is_ended;
};

struct model {
    const struct model_history *history;
    const bool *held;
    struct model_unit units[MODEL_UNITS_MAX];
    int unit_count;
    int order[MODEL_UNITS_MAX]; /* units, senior first */
    int rank[MODEL_UNITS_MAX];
    int unit_of[MODEL_ENTRIES_MAX]; /* cited, if its author holds it */
    bool honoured[MODEL_ENTRIES_MAX];
    bool in_effect[MODEL_ENTRIES_MAX]; /* RECALL */
};

/* One entry. */
const struct model_entry *model_at(const struct model *m, int i);
/* Is an item in the list? */
bool model_has(const struct model_list *list, int item);
/* The person of an entry's log, or MODEL_NONE for a stranger's. */
int model_person_of(const struct model *m, int entry);
/* Held, not refused, and in its place? */
bool model_counts_at_all(const struct model *m, int entry);
/* What an entry cites, its own words or those of what comes before it; or MODEL_NONE. */
int model_cited_grant(const struct model *m, int entry);
int model_cited_charter(const struct model *m, int entry);
/* The largest hlc up to an entry. */
int64_t model_log_time(const struct model *m, int entry);
/* Is `a` the entry `b` or before it in the same log? */
bool model_reaches(const struct model *m, int a, int b);
/* In one log? */
bool model_same_log(const struct model *m, int a, int b);
/* Does a leaf of the cut of `act` name what is held? */
bool model_is_good_leaf(const struct model *m, int act, int leaf);
/* Inside the cut of `act`? */
bool model_inside(const struct model *m, int entry, int act);
/* Place in its log. */
int model_seq_of(const struct model *m, int entry);
/* In a frozen log, and not in its trunk? */
bool model_is_frozen_off(const struct model *m, int entry);
/* After a LEAVE of the device? */
bool model_has_device_left(const struct model *m, int entry);
/* Class of a unit. */
int model_class_of_role(int role);

#endif
