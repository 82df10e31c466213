/* The charter: what a community is about in prose, and the rules that the judge reads.
 *
 * Prose lies in fields of the community, rules in CHARTER entries (SPEC 5.4, 7.11). Versions
 * that were written apart stand side by side until a later one names them all.
 */
#ifndef COPSE_NODE_PRACTICE_CHARTER_H
#define COPSE_NODE_PRACTICE_CHARTER_H

#include "node/practice/annals.h"

/* Words for the kinds of class 1 ops that may wait for approval: a bit each, by kind less 32. */
#define COPSE_CHARTER_KINDS 5u
struct copse_charter_rules {
    bool invite;    /* members may invite, and make members */
    bool guests;    /* guests may write */
    unsigned waits; /* 1 CREATE, 2 EDIT, 4 SET, 8 ADD, 16 DEL */
};

/* Read the map of a GENESIS or CHARTER. */
void copse_charter_read(struct copse_charter_rules *out, struct copse_slice map);

/* Write one with these rules, and all other keys of `other` (size 0: none) as they are. */
enum copse_err copse_charter_map(struct copse_slice *out, struct copse_writer *writer,
                                 const struct copse_charter_rules *rules,
                                 struct copse_slice other) COPSE_MUST_CHECK;

/* One version of the rules. */
struct copse_charter_version {
    const struct copse_annals_act *act; /* GENESIS or CHARTER */
    struct copse_charter_rules rules;
    bool counts;
    bool is_in_force;
    bool is_replaced; /* a version that counts names it */
};

/* Borrowed from the deed's transaction; the caller deinits. */
struct copse_charter {
    struct copse_annals annals;
    struct copse_charter_version *versions; /* the oldest first */
    size_t count;
    size_t heads; /* versions that count and that none replaces: more than 1 stand side by side */
};
enum copse_err copse_charter_load(struct copse_practice_deed *deed,
                                  struct copse_charter *out) COPSE_MUST_CHECK;
void copse_charter_deinit(struct copse_charter *charter);

/* A version with these rules that replaces all that stand. Sets *changed; nothing is written where
 * one alone stands and says the same. COPSE_ERR_REFUSED: not permitted. The caller commits. */
enum copse_err copse_charter_amend(struct copse_practice_deed *deed, bool *changed,
                                   const struct copse_charter_rules *rules,
                                   struct copse_slice reason,
                                   struct copse_error *error) COPSE_MUST_CHECK;

/* The fields that make up the prose, and their words: "domain", "who", "practice" ... */
#define COPSE_CHARTER_PROSE_COUNT 6u
extern const enum copse_object_number copse_charter_prose[COPSE_CHARTER_PROSE_COUNT];

/* Set one of them. Sets *changed. COPSE_ERR_REFUSED: only coordinators may. The caller commits. */
enum copse_err copse_charter_set(struct copse_practice_deed *deed, bool *changed,
                                 enum copse_object_number field, struct copse_slice text,
                                 struct copse_error *error) COPSE_MUST_CHECK;

/* One entry that gave a field a value, for the history. */
struct copse_charter_change {
    struct copse_id id;
    struct copse_id person;
    uint64_t hlc;
    struct copse_slice text; /* size 0: taken away, or its words are not here */
    bool counts;
    bool is_shown;
};
typedef void copse_charter_tell(void *context, enum copse_object_number field,
                                const struct copse_charter_change *change);
enum copse_err copse_charter_changes(struct copse_practice_deed *deed,
                                     enum copse_object_number field, copse_charter_tell *tell,
                                     void *context) COPSE_MUST_CHECK;

#endif
