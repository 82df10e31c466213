/* Runs: stretches of a log under one signature, as they travel (SPEC 4.9 to 4.12).
 *
 * A run carries only what the receiver cannot compute. copse_run_encode makes one;
 * copse_run_open and copse_run_next give the entries back as their canonical bytes,
 * from the base that the receiver holds.
 */
#ifndef COPSE_PROTOCOL_ENTRY_RUN_H
#define COPSE_PROTOCOL_ENTRY_RUN_H

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"
#include "protocol/entry/entry.h"

#define COPSE_RUN_ENTRIES_MAX 256u /* SPEC 4.9 */
#define COPSE_RUN_BYTES_MAX 49152u /* of canonical bytes; SPEC 4.9 */

/* One entry to send. */
struct copse_run_part {
    struct copse_slice entry;  /* canonical bytes */
    struct copse_slice salted; /* its content to travel along; data NULL: hash and length travel */
};

/* What the receiver must hold to open a run: the entry its base names. */
struct copse_run_base {
    struct copse_id id;
    struct copse_entry entry;
};

struct copse_run {
    struct copse_id community;
    struct copse_id author;
    enum copse_entry_class class;
    struct copse_id base; /* meaningful if has_base */
    bool has_base;
    size_t count;                     /* entries in all */
    struct copse_signature signature; /* of the last entry */
    /* where copse_run_next stands */
    struct copse_reader reader;
    size_t given;
    size_t bytes; /* canonical bytes of the entries given */
    struct copse_id prev;
    uint64_t prev_hlc;
    uint32_t next_seq;
};

/* One entry that came. */
struct copse_run_item {
    struct copse_id id;
    struct copse_entry entry;  /* borrows from the room given to copse_run_next */
    struct copse_slice bytes;  /* canonical bytes, in that room */
    struct copse_slice salted; /* the content that came along, checked; data NULL: none; borrowed */
};

/* Write a run of `count` parts, each the prev of the next, with the last one's signature. A part
 * without prev goes alone. `base_hlc` is the hlc of the entry that the first part's prev names; it
 * means nothing where there is none. Returns COPSE_OK; COPSE_ERR_LIMIT when it breaks SPEC 4.9 or
 * does not fit the writer; COPSE_ERR_FORM when the parts are not a stretch of one log, or a content
 * is not its entry's. After an error the writer is as it was. Cost: O(bytes), contents hashed. */
enum copse_err copse_run_encode(struct copse_writer *writer, const struct copse_run_part *parts,
                                size_t count, uint64_t base_hlc,
                                const struct copse_signature *signature) COPSE_MUST_CHECK;

/* Begin to read a run of `community` from untrusted bytes (borrowed until done). Sets the
 * fields above "where copse_run_next stands". COPSE_OK or COPSE_ERR_DECODE. */
enum copse_err copse_run_open(struct copse_run *out, const struct copse_id *community,
                              struct copse_slice bytes) COPSE_MUST_CHECK;

/* Give the base that run->base names; needed before copse_run_next if has_base.
 * COPSE_OK, or COPSE_ERR_FORM when it is no base for this run. */
enum copse_err copse_run_start(struct copse_run *run,
                               const struct copse_run_base *base) COPSE_MUST_CHECK;

/* The next entry, built in `room`, which must stay as long as the item is used.
 * Returns COPSE_OK; COPSE_ERR_NOT_FOUND after the last; COPSE_ERR_DECODE or COPSE_ERR_FORM or
 * COPSE_ERR_LIMIT when the run breaks SPEC 4: then none of it may be stored, and the run is not to
 * be asked again. */
enum copse_err copse_run_next(struct copse_run *run, struct copse_run_item *out,
                              uint8_t room[COPSE_ENTRY_BYTES_MAX]) COPSE_MUST_CHECK;

/* After the last item: is its signature good? COPSE_OK or COPSE_ERR_SIGNATURE. Before storing, a
 * receiver that holds the base unsigned also asks copse_run_may_drop. */
enum copse_err copse_run_verify(const struct copse_run *run,
                                const struct copse_key_scheme *scheme) COPSE_MUST_CHECK;

/* A stretch between two signed entries: those after the first, up to and including the second. */
struct copse_run_gap {
    size_t entries;
    size_t bytes; /* canonical bytes */
};

/* May the signature between two neighbouring gaps be dropped? Whether the entry is a leaf, a fork
 * child, without prev or named by a cut is for the caller to know. Source: SPEC 4.11.
 * The same question decides whether a run may be stored on a base that is held unsigned: `before`
 * is then the stretch after the last signed entry up to and including the base, `after` the run.
 * Source: SPEC 4.12. */
bool copse_run_may_drop(struct copse_run_gap before, struct copse_run_gap after);

#endif
