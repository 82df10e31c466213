/* Standing as data: the result of the walk in rows of the state, and read back (SPEC 7).
 *
 * A write leaves in the state exactly the rows that follow from the entries held: two nodes with
 * the same entries hold the same bytes. Reading turns one person's rows into a small object with
 * which any of that person's entries is judged without allocation (judge.h).
 *
 *   G c charter part   [in force, map]; further parts: ids of the versions it descends from
 *                      that name logs
 *   G d door           INVITE or genesis by which one may join: [role, shut, until, author]
 *   G g                [genesis, [founders]]
 *   G j join part      [person, wanted of class 0, of class 1, [[class, seq, id]...]]
 *   G p person part    items: units and their fences, lines, own acts (standing_write.c)
 *   G r recall         [founder, in effect, voices]
 *   G w leaf           a leaf that a cut names and that is not held
 *   G x person entry   a REMOVE of theirs that is void for a live unit
 *
 * Part numbers are two bytes, big-endian. All other letters after G are free.
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_STANDING_H
#define COPSE_PROTOCOL_AUTHORITY_STANDING_H

#include "protocol/authority/fence.h"
#include "protocol/authority/governance.h"
#include "protocol/authority/permission.h"
#include "protocol/base/arena.h"
#include "protocol/base/state.h"

struct copse_standing_unit {
    struct copse_id grant;
    enum copse_op_role role;
    unsigned depth;
    uint64_t until; /* UINT64_MAX: no term */
    bool is_ended;
    struct copse_fence fence;
};

/* A charter version that names logs of the person by its cut. */
struct copse_standing_tight {
    struct copse_id charter;
    struct copse_fence_set set;
};

/* How one person stands. Everything is borrowed from `arena`. */
struct copse_standing {
    struct copse_arena arena;
    struct copse_id person;
    struct copse_standing_unit *units; /* honoured ones, senior first */
    size_t unit_count;
    struct copse_standing_unit **by_grant; /* the same, by grant */
    struct copse_fence_line *lines;        /* by join */
    size_t line_count;
    struct copse_standing_tight *tights;
    size_t tight_count;
    struct copse_id *counting; /* own acts and voices that count, by id */
    size_t counting_count;
    struct copse_id *denied; /* REMOVEs void for a live unit, by id */
    size_t denied_count;
};

/* Bring the rows in line with an evaluation of all entries: put what differs, delete what is gone.
 * Returns COPSE_OK, COPSE_ERR_NOMEM (nothing written), or what the state gives; then undo the
 * transaction. Cost: O(rows). */
enum copse_err copse_standing_write(const struct copse_state *state,
                                    const struct copse_governance *governance) COPSE_MUST_CHECK;

/* Load one person's standing. It is good until the next write of rows, or until positions of
 * `source` change. COPSE_OK; COPSE_ERR_NOT_FOUND for a person nobody knows; COPSE_ERR_NOMEM,
 * COPSE_ERR_CORRUPT, or a fault of state or source. Cost: O(rows of the person). */
enum copse_err copse_standing_load(struct copse_standing **out, const struct copse_state *state,
                                   const struct copse_id *person, const struct copse_source *source,
                                   const struct copse_memory *memory) COPSE_MUST_CHECK;
void copse_standing_free(struct copse_standing *standing);

/* The best role among units that are not ended. False: none. */
bool copse_standing_role(enum copse_op_role *role, const struct copse_standing *standing);

/* All persons that have a row, by id: begin with copse_standing_open_people. */
void copse_standing_open_people(struct copse_state_cursor *cursor);
enum copse_err copse_standing_next_person(struct copse_id *out, struct copse_state_cursor *cursor,
                                          const struct copse_state *state) COPSE_MUST_CHECK;

#endif
