/* A part of the control set: enough to evaluate some persons as all of it would.
 *
 * A subject (a person, device, grant, door or ending) is covered when every entry that bears on it
 * is in the part, and the authors of those are covered as well, up to the founders. What is covered
 * comes out of the part alone just as it comes out of all entries: whom a unit is ended by, which
 * cuts count, who is senior, are matters of those entries and their authors' units (SPEC 7).
 *
 *   cover(person) -> entries about them -> their authors, what they cite -> cover(author) -> ...
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_PART_H
#define COPSE_PROTOCOL_AUTHORITY_PART_H

#include "protocol/authority/op.h"
#include "protocol/base/id_set.h"
#include "protocol/base/state.h"
#include "protocol/entry/source.h"

#define COPSE_PART_ENTRIES_MAX 20000u /* about a second's fifth; more is evaluated as a whole */

/* Why an entry is in the part; a later reason says more. */
enum copse_part_reason {
    COPSE_PART_LINE,  /* it opens a line, so that a leaf is known to be in one; nothing else */
    COPSE_PART_ACT,   /* it is to be judged: its author and what it cites are covered */
    COPSE_PART_BEARS, /* it bears on a covered subject: so does what is about it */
};

struct copse_part_item {
    struct copse_held held; /* of class 0 */
    enum copse_part_reason reason;
    bool is_waiting; /* in `work` */
};

struct copse_part {
    const struct copse_memory *memory; /* borrowed, as the next two */
    const struct copse_source *source; /* of all entries */
    const struct copse_state *state;   /* with the docket's rows */
    struct copse_id_set subjects;      /* covered, or to be */
    size_t subjects_done;
    struct copse_id_set ids; /* of items, by the same places */
    struct copse_part_item *items;
    size_t item_capacity;
    size_t *work; /* places of items whose reason has changed */
    size_t work_count;
    size_t work_capacity;
};

/* The part must not outlive source and state, and neither may be written to while it lasts. */
void copse_part_init(struct copse_part *part, const struct copse_source *source,
                     const struct copse_state *state, const struct copse_memory *memory);
void copse_part_deinit(struct copse_part *part);

/* Note that a subject is to be covered. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_part_cover(struct copse_part *part,
                                const struct copse_id *subject) COPSE_MUST_CHECK;

/* Put an entry into the part; one that is not held, or of class 1, is left out. COPSE_OK,
 * COPSE_ERR_NOMEM, COPSE_ERR_LIMIT when the part is full, or a fault of the source. */
enum copse_err copse_part_take(struct copse_part *part, const struct copse_id *id,
                               enum copse_part_reason reason) COPSE_MUST_CHECK;

/* Put in all that cite a grant, INVITE or charter version, as acts. */
enum copse_err copse_part_take_citing(struct copse_part *part,
                                      const struct copse_id *cited) COPSE_MUST_CHECK;

/* Note that all on whom an entry acts are to be covered. Errors as of take. */
enum copse_err copse_part_cover_reached(struct copse_part *part,
                                        const struct copse_held *held) COPSE_MUST_CHECK;

/* Cover what is noted. Errors as of take. Sets *grew if the part is larger by it. */
enum copse_err copse_part_close(struct copse_part *part) COPSE_MUST_CHECK;

/* Is anything noted and not covered yet? */
bool copse_part_is_open(const struct copse_part *part);

#endif
