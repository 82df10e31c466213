/* The entries of one community in memory: entry/source.h for tests, simulator and fuzzing.
 *
 * Entries are taken in any order in which each comes after its prev. Nothing is verified but
 * form: whoever adds an entry vouches for its signature, as storage does by SPEC 4.12.
 */
#ifndef COPSE_TESTS_SUPPORT_MEMORY_SOURCE_H
#define COPSE_TESTS_SUPPORT_MEMORY_SOURCE_H

#include "protocol/entry/source.h"

struct memory_source;

/* An empty source, or one that aborts the test when there is no memory. `community` NULL: that of
 * the first genesis added. */
struct memory_source *memory_source_new(const struct copse_id *community);
void memory_source_free(struct memory_source *source);

/* Take one entry (canonical bytes, copied) with its content (salt and bytes joined, copied; data
 * NULL: none here). Sets *id, also when the entry is here already; `id` may be NULL.
 * Returns COPSE_OK; COPSE_ERR_EXISTS; COPSE_ERR_NOT_FOUND when its prev is not here;
 * COPSE_ERR_DECODE or COPSE_ERR_FORM; COPSE_ERR_LIMIT when its log has no room for another branch;
 * COPSE_ERR_SIGNATURE when the content is not the one it names. */
enum copse_err memory_source_add(struct memory_source *source, struct copse_id *id,
                                 struct copse_slice entry,
                                 struct copse_slice salted) COPSE_MUST_CHECK;

/* Forget an entry and all that follow it, in both classes if it is a JOIN. Positions given before
 * mean nothing afterwards. True if it was here. Cost: O(entries held). */
bool memory_source_drop(struct memory_source *source, const struct copse_id *id);

/* Give the content of an entry, or take it away (`salted.data` NULL), with its new state.
 * COPSE_OK, COPSE_ERR_NOT_FOUND or COPSE_ERR_SIGNATURE. */
enum copse_err memory_source_set_content(struct memory_source *source, const struct copse_id *id,
                                         enum copse_content_state state,
                                         struct copse_slice salted) COPSE_MUST_CHECK;

/* What is held, in order of arrival: index below the count. Borrowed until it is dropped. */
size_t memory_source_count(const struct memory_source *source);
const struct copse_held *memory_source_at(const struct memory_source *source, size_t index);

/* The canonical bytes of an entry, or data NULL. Borrowed until it is dropped. */
struct copse_slice memory_source_bytes(const struct memory_source *source,
                                       const struct copse_id *id);

/* Hold an EDIT of `object` loose (SPEC 6.14), or give it up; nothing is checked. */
void memory_source_add_loose(struct memory_source *source, const struct copse_id *object,
                             struct copse_slice entry);
void memory_source_drop_loose(struct memory_source *source, const struct copse_id *id);

/* The object of what is loose, by an index below the count; more than one may have the same. */
size_t memory_source_loose_count(const struct memory_source *source);
const struct copse_id *memory_source_loose_object(const struct memory_source *source, size_t index);

/* The bytes of an EDIT that is loose, or data NULL. */
struct copse_slice memory_source_loose(const struct memory_source *source,
                                       const struct copse_id *id);

/* The port. Borrows the source; positions change only with memory_source_drop. */
struct copse_source memory_source_port(struct memory_source *source);

#endif
