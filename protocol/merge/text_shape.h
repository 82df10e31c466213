/* The shape of a text op: where it deletes and how much it inserts (SPEC 6.2).
 *
 * Words:  unit   one Unicode scalar value
 *         patch  one place of a text at which units go away or come in
 *         sweep  a patch that also deletes what was deleted already and may still show,
 *                because the op that deleted it is muted (SPEC 6.8)
 */
#ifndef COPSE_PROTOCOL_MERGE_TEXT_SHAPE_H
#define COPSE_PROTOCOL_MERGE_TEXT_SHAPE_H

#include "protocol/base/bytes.h"

#define COPSE_TEXT_SHAPE_PATCHES_MAX 512u    /* SPEC 6.2 */
#define COPSE_TEXT_SHAPE_NUMBER_MAX 1048576u /* units: position, deletion, insertion; SPEC 6.2 */
#define COPSE_TEXT_SHAPE_BYTES_MAX 6000u     /* what a writer makes at most; SPEC 6.12 */
#define COPSE_TEXT_SHAPE_CONTENT_MAX 49152u  /* bytes inserted by one op; SPEC 3.3 */

struct copse_text_patch {
    uint32_t pos; /* units before it, in the text as it was before the op */
    uint32_t del;
    uint32_t ins;
    bool sweep;
};

struct copse_text_shape {
    struct copse_text_patch patches[COPSE_TEXT_SHAPE_PATCHES_MAX];
    size_t count;
    uint32_t units; /* the sum of `ins` */
};

/* Decode. Returns COPSE_OK, or COPSE_ERR_DECODE (`out` may have changed): the op is refused.
 * Cost: O(size). Source: SPEC 6.2. */
enum copse_err copse_text_shape_decode(struct copse_text_shape *out,
                                       struct copse_slice bytes) COPSE_MUST_CHECK;

/* Encode `count` patches that are as 6.2 wants them (a bug otherwise) into `room`.
 * Returns COPSE_OK, or COPSE_ERR_LIMIT: more than COPSE_TEXT_SHAPE_BYTES_MAX bytes. */
enum copse_err copse_text_shape_encode(struct copse_slice *out,
                                       uint8_t room[COPSE_TEXT_SHAPE_BYTES_MAX],
                                       const struct copse_text_patch *patches,
                                       size_t count) COPSE_MUST_CHECK;

/* Bytes that the three numbers of a patch take, `gap` units behind the patch before it. */
size_t copse_text_shape_patch_bytes(const struct copse_text_patch *patch, uint32_t gap);

#endif
