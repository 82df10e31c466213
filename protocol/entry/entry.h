/* The entry: one signed record of a device (SPEC 4.1 to 4.7, 4.14).
 *
 * Words:  canonical bytes  the one msgpack form of an entry; its id is their hash
 *         form rule        a rule that sees the twelve fields and sizes only
 *         trail            what an entry inherits along its log
 */
#ifndef COPSE_PROTOCOL_ENTRY_ENTRY_H
#define COPSE_PROTOCOL_ENTRY_ENTRY_H

#include "protocol/entry/id.h"
#include "protocol/entry/key.h"

#define COPSE_ENTRY_OP_BYTES_MAX 8192u  /* SPEC 4.2 */
#define COPSE_ENTRY_REST_BYTES_MAX 512u /* the entry without its op; SPEC 4.2 */
#define COPSE_ENTRY_BYTES_MAX (COPSE_ENTRY_OP_BYTES_MAX + COPSE_ENTRY_REST_BYTES_MAX)
#define COPSE_ENTRY_OP_DEPTH_MAX 5u     /* SPEC 4.2 */
#define COPSE_ENTRY_EXT_BYTES_MAX 256u  /* SPEC 4.2 */
#define COPSE_ENTRY_SEQ_MAX 0x7fffffffu /* SPEC 4.1 */

enum copse_entry_class {
    COPSE_ENTRY_CONTROL = 0, /* everything the judge reads */
    COPSE_ENTRY_DATA = 1,    /* what only the fold reads */
};

/* The grant and the charter version that an entry is written under. */
struct copse_under {
    struct copse_id grant;
    struct copse_id charter;
};

struct copse_entry {
    struct copse_id community; /* zeros in a genesis */
    struct copse_id author;    /* device key */
    enum copse_entry_class class;
    uint32_t seq;
    struct copse_id prev; /* meaningful if has_prev */
    uint64_t hlc;
    struct copse_under under;     /* meaningful if has_under */
    struct copse_slice op;        /* one canonical value; borrowed */
    struct copse_id content_hash; /* meaningful if content_size > 0 */
    uint32_t content_size;        /* without salt */
    struct copse_slice ext;       /* canonical array, or size 0 for the empty one; borrowed */
    bool has_prev;
    bool has_under;
};

/* What an entry inherits along its log: the grant and charter in effect and the log time. */
struct copse_trail {
    struct copse_under under;
    uint64_t log_time; /* largest hlc of the entry and its log ancestors */
    bool has_under;    /* false: no entry of the log named a grant yet */
};

/* Decode canonical bytes (untrusted, borrowed as long as out->op and out->ext are used).
 * Returns COPSE_OK, or COPSE_ERR_DECODE when they break SPEC 2, 4.1 or 4.2, or the parts
 * of 4.5 and 4.6 that one entry shows. */
enum copse_err copse_entry_decode(struct copse_entry *out,
                                  struct copse_slice bytes) COPSE_MUST_CHECK;

/* Encode into `room`. Returns COPSE_OK and the canonical bytes, borrowed from `room`, or
 * COPSE_ERR_LIMIT when a size of SPEC 4.2 is exceeded, COPSE_ERR_FORM when a field is out of
 * its range or `op` or `ext` is not canonical. What it gives, decode accepts. */
enum copse_err copse_entry_encode(struct copse_slice *out, uint8_t room[COPSE_ENTRY_BYTES_MAX],
                                  const struct copse_entry *entry) COPSE_MUST_CHECK;

/* The community an entry belongs to: its own id (given) for a genesis. */
const struct copse_id *copse_entry_community(const struct copse_entry *entry,
                                             const struct copse_id *id);

/* Does `entry` follow `prev`, whose id is *prev_id? For has_prev entries.
 * Returns COPSE_OK or COPSE_ERR_FORM. Source: SPEC 4.6. */
enum copse_err copse_entry_follows(const struct copse_entry *entry, const struct copse_entry *prev,
                                   const struct copse_id *prev_id) COPSE_MUST_CHECK;

/* The trail of `entry`, whose id is *id, from that of its prev (NULL where it has none).
 * Source: SPEC 4.14. */
void copse_entry_trail(struct copse_trail *out, const struct copse_trail *prev,
                       const struct copse_entry *entry, const struct copse_id *id);

/* Does ext carry an even number? None is known yet, so such an entry is refused. SPEC 4.4. */
bool copse_entry_has_unknown_ext(const struct copse_entry *entry);

/* Check a content against the entry that names it: salt and bytes joined.
 * Returns COPSE_OK or COPSE_ERR_SIGNATURE (not the bytes that were signed for). */
enum copse_err copse_entry_check_content(const struct copse_entry *entry,
                                         struct copse_slice salted) COPSE_MUST_CHECK;

#endif
