/* The control set in memory, read once: records, lines, persons (SPEC 7.1).
 *
 * Everything points to one another, and lasts as long as one evaluation.
 *
 * Words:  record  a class 0 entry that bears on standing
 *         line    a JOIN with a good certificate, or the genesis, with the two logs it opens
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_CONTROL_H
#define COPSE_PROTOCOL_AUTHORITY_CONTROL_H

#include "protocol/authority/fence.h"
#include "protocol/authority/governance.h"
#include "protocol/authority/permission.h"
#include "protocol/base/arena.h"

/* Bits of struct copse_governance_checks; leaf i of a cut has bit i. */
#define COPSE_CONTROL_CERTIFICATE 60u
#define COPSE_CONTROL_ROOT 61u
#define COPSE_CONTROL_INVITE 62u

#define COPSE_CONTROL_ORDER_RECALL 8u /* orders below are recalls, by founder of their author */

struct copse_unit;
struct copse_control_record;

/* One leaf of a cut whose signature is good. */
struct copse_control_leaf {
    struct copse_id id;
    struct copse_id device;
    enum copse_entry_class class;
    uint32_t seq;
    struct copse_position position;  /* meaningful if line */
    struct copse_control_line *line; /* of the log it is in; NULL: the entry is not here, or void */
    bool is_void;                    /* the entry is here and not what the leaf says */
};

struct copse_control_cut {
    struct copse_control_leaf *leaves;
    size_t count;
};

/* A list of records, in the order they were put in. */
struct copse_control_link {
    struct copse_control_record *record;
    struct copse_control_link *next;
};
struct copse_control_list {
    struct copse_control_link *first;
    struct copse_control_link *last;
};

struct copse_control_record {
    struct copse_id id;
    struct copse_position position;
    struct copse_under under; /* in effect; meaningful if has_under */
    uint64_t hlc;
    uint64_t log_time;
    struct copse_op op;
    struct copse_governance_checks checks;
    struct copse_control_line *line;           /* NULL: a stranger's */
    struct copse_control_record *cited;        /* what it cites as its grant; NULL: not here */
    struct copse_control_record *first_citing; /* what cites it as a grant */
    struct copse_control_record *next_citing;
    struct copse_unit *unit;       /* that it is judged under, if lawful; NULL: none */
    struct copse_unit *made;       /* by GRANT or self-join; NULL: not lawful, or another kind */
    struct copse_control_cut *cut; /* NULL: not resolved yet */
    struct copse_control_list accepts;    /* honoured ACCEPTs of this ending */
    struct copse_control_person *shutter; /* of a door: the most senior person who shut it */
    uint32_t order; /* of an ending: seniority, smaller first; recalls before units */
    bool has_under;
    bool has_checks; /* get_checks was asked */
    bool is_honoured;
    bool is_denied;    /* REMOVE void for a live unit */
    bool is_kept;      /* JOIN by a door that is shut: named to stay */
    bool is_in_effect; /* RECALL */
    uint32_t voices;   /* RECALL */
};

struct copse_control_line {
    struct copse_fence_line fence;
    struct copse_control_person *person;
    struct copse_control_record *record; /* the JOIN, or the genesis */
    struct copse_control_line *next;     /* of the person, by rising join id */
    struct copse_control_list accepts;   /* honoured ACCEPTs of the device's logs */
    struct copse_control_list charters;  /* honoured CHARTERs with a leaf in one of its logs */
};

struct copse_control_person {
    struct copse_id id;
    struct copse_control_line *lines;   /* by rising join id */
    struct copse_control_list own_acts; /* with a good root signature */
    struct copse_control_list removals; /* honoured REMOVEs and recalls, senior first */
    struct copse_control_list voices;   /* RECALLs and ASSENTs that count */
    struct copse_unit *units;           /* senior first */
    size_t live_count;                  /* units walked, honoured and not ended */
    uint32_t founder; /* place in the genesis, from 0; or COPSE_CONTROL_NO_FOUNDER */
};
#define COPSE_CONTROL_NO_FOUNDER UINT32_MAX

struct copse_control_key {
    uint64_t prefix; /* the first bytes of the id */
    struct copse_control_record *record;
};

struct copse_control {
    struct copse_arena arena;
    struct copse_source source;
    struct copse_governance_options options;
    struct copse_id community;
    struct copse_control_record *genesis; /* NULL: not here, or not well formed: nobody stands */
    struct copse_control_record *records; /* in one piece of their own, in order of arrival */
    size_t record_count;
    struct copse_control_key *keys;      /* by id */
    struct copse_control_line *lines;    /* by join id */
    struct copse_control_line **devices; /* by device, then join id */
    size_t line_count;
    struct copse_control_person *persons; /* by id */
    size_t person_count;
    struct copse_control_person *founders[COPSE_OP_FOUNDERS_MAX];
    size_t founder_count;
};

/* Read the source. `control` has arena, source, options and community set, the rest zero. */
enum copse_err copse_control_read(struct copse_control *control) COPSE_MUST_CHECK;

/* Give everything back. */
void copse_control_deinit(struct copse_control *control);

/* By id; NULL: none. Cost: O(log n). */
struct copse_control_record *copse_control_record_of(const struct copse_control *control,
                                                     const struct copse_id *id);
struct copse_control_person *copse_control_person_of(const struct copse_control *control,
                                                     const struct copse_id *id);

/* The line whose log has this number; NULL: none was opened. */
struct copse_control_line *copse_control_line_of(const struct copse_control *control, uint64_t log);

/* The first line of a device, in control->devices; or NULL. */
struct copse_control_line **copse_control_lines_of(const struct copse_control *control,
                                                   const struct copse_id *device);

/* The place of a record, whose line is not NULL. */
struct copse_fence_place copse_control_place(const struct copse_control *control,
                                             const struct copse_control_record *record);

enum copse_err copse_control_append(struct copse_control *control, struct copse_control_list *list,
                                    struct copse_control_record *record) COPSE_MUST_CHECK;

/* One signature inside a record's op, checked at most once: bit as above. */
struct copse_control_check {
    unsigned bit;
    enum copse_key_purpose purpose;
    const struct copse_id *key;
    struct copse_slice message;
    const struct copse_signature *signature;
};
bool copse_control_is_good(struct copse_control *control, struct copse_control_record *record,
                           const struct copse_control_check *check);

/* Resolve the cut of a record, once: sets record->cut. */
enum copse_err copse_control_resolve(struct copse_control *control,
                                     struct copse_control_record *record) COPSE_MUST_CHECK;

#endif
