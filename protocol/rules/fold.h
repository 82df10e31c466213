/* The index of entries by what they are about (SPEC 8.1).
 *
 * The state holds no values: a row says that an entry concerns an object, and what it comes
 * to is found when it is read (view.h). An entry is indexed whatever its verdict, without a
 * look at other rows. So the rows are a function of the set of entries, in whatever order they
 * come; an entry is taken out by deleting its rows; and a change of standing changes no row.
 *
 *   C object hlc entry         CREATE of a post or of anything else that refers to `object`
 *   K kind ~hlc entry          CREATE of an object; of a post only where it refers to none
 *   E object field entry       SET, ADD, DEL
 *   T object hlc entry         EDIT
 *   A target op-kind entry     HIDE, UNHIDE, LOCK, UNLOCK, BAR, UNBAR, APPROVE, ERASE, FLAG
 *   P person entry             JOIN, GENESIS: a device of a person
 *
 * Numbers are big-endian, 4 bytes (hlc: 8; ~hlc: with all bits turned, so that the newest comes
 * first). Values are empty. A key ends with the id of its entry.
 * One state holds one community; first letters other than these are free for others.
 *
 * Words:  row     one pair of the state
 *         prefix  what the keys of the rows that answer one question begin with
 */
#ifndef COPSE_PROTOCOL_RULES_FOLD_H
#define COPSE_PROTOCOL_RULES_FOLD_H

#include "protocol/authority/op.h"
#include "protocol/base/state.h"

#define COPSE_FOLD_KEY_BYTES_MAX 73u

struct copse_fold_prefix {
    uint8_t bytes[COPSE_FOLD_KEY_BYTES_MAX];
    size_t size;
};

/* Index an entry. `id` is its id, `op` its op, decoded. Refused entries (SPEC 4.3, 4.4) are not to
 * be given. Indexing one again changes nothing.
 * Returns COPSE_OK or what the state gives; then some rows may be there: do it again, or undo the
 * transaction. Cost: one row; up to 200 for APPROVE and ERASE, none for ops about standing alone.
 */
enum copse_err copse_fold_add(const struct copse_state *state, const struct copse_id *id,
                              const struct copse_entry *entry,
                              const struct copse_op *op) COPSE_MUST_CHECK;

/* Take the rows of an entry out again; those that are not there are no error. */
enum copse_err copse_fold_remove(const struct copse_state *state, const struct copse_id *id,
                                 const struct copse_entry *entry,
                                 const struct copse_op *op) COPSE_MUST_CHECK;

/* Prefixes, to be opened with copse_state_open, and the order in which their rows come. */
struct copse_fold_prefix copse_fold_children(const struct copse_id *object); /* (hlc, id) */
struct copse_fold_prefix copse_fold_all_children(void);                      /* (object, hlc, id) */
struct copse_fold_prefix copse_fold_kind(uint32_t object_kind); /* hlc falling, id rising */
struct copse_fold_prefix copse_fold_field(const struct copse_id *object, uint32_t field); /* id */
struct copse_fold_prefix copse_fold_all_fields(const struct copse_id *object); /* (field, id) */
struct copse_fold_prefix copse_fold_edits(const struct copse_id *object);      /* (hlc, id) */
struct copse_fold_prefix copse_fold_all_edits(void); /* (object, hlc, id) */
struct copse_fold_prefix copse_fold_acts(const struct copse_id *target,
                                         enum copse_op_kind kind);           /* id */
struct copse_fold_prefix copse_fold_all_acts(const struct copse_id *target); /* (op kind, id) */
struct copse_fold_prefix copse_fold_devices(const struct copse_id *person);  /* id */
struct copse_fold_prefix copse_fold_people(void);                            /* (person, id) */

/* Is this entry indexed as an EDIT of the object? COPSE_OK or what the state gives. Cost: one
 * read. */
enum copse_err copse_fold_has_edit(bool *out, const struct copse_state *state,
                                   const struct copse_id *object, const struct copse_id *id,
                                   uint64_t hlc) COPSE_MUST_CHECK;

/* The bytes of a prefix, borrowed from it. */
struct copse_slice copse_fold_bytes(const struct copse_fold_prefix *prefix);

/* From the key of a row: the id of its entry, and what follows the first letter: the object,
 * target or person of C, E, T, A and P. COPSE_ERR_CORRUPT when the key is none of these. */
enum copse_err copse_fold_entry_of(struct copse_id *out, struct copse_slice key) COPSE_MUST_CHECK;
enum copse_err copse_fold_subject_of(struct copse_id *out, struct copse_slice key) COPSE_MUST_CHECK;

bool copse_fold_is_device(struct copse_slice key); /* a P row */

#endif
