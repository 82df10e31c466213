/* Ops: what an entry does, decoded (SPEC 5).
 *
 * One decoder for all kinds. What it accepts is well formed; whether its author may
 * do it, and to what effect, is for judge and fold. Everything is borrowed from the
 * op's bytes; lists are read one by one, without allocation.
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_OP_H
#define COPSE_PROTOCOL_AUTHORITY_OP_H

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"
#include "protocol/entry/entry.h"

#define COPSE_OP_CUT_MAX 48u               /* leaves; SPEC 5.2 */
#define COPSE_OP_OVER_MAX 48u              /* ids; SPEC 5.1 */
#define COPSE_OP_GRANTS_MAX 48u            /* ids; SPEC 5.5 */
#define COPSE_OP_TARGETS_MAX 200u          /* ids; SPEC 5.5 */
#define COPSE_OP_PARENTS_MAX 16u           /* ids; SPEC 5.6 */
#define COPSE_OP_FOUNDERS_MAX 5u           /* SPEC 5.5 */
#define COPSE_OP_CHARTER_BYTES_MAX 1024u   /* SPEC 5.4 */
#define COPSE_OP_ATTRIBUTES_BYTES_MAX 512u /* SPEC 5.5 */
#define COPSE_OP_INVITE_USES_MAX 65535u    /* SPEC 5.5 */
#define COPSE_OP_VALUE_DEPTH_MAX 4u        /* of a map or value inside an op */

// clang-format off
/* name, number, class */
#define COPSE_OP_MAP(X)                   \
    X(GENESIS,        0, CONTROL)         \
    X(JOIN,           1, CONTROL)         \
    X(GRANT,          2, CONTROL)         \
    X(REVOKE,         3, CONTROL)         \
    X(REMOVE,         4, CONTROL)         \
    X(ACCEPT,         5, CONTROL)         \
    X(LEAVE,          6, CONTROL)         \
    X(DEVICE_REVOKE,  7, CONTROL)         \
    X(INVITE,         8, CONTROL)         \
    X(CHARTER,        9, CONTROL)         \
    X(RECALL,        10, CONTROL)         \
    X(ASSENT,        11, CONTROL)         \
    X(HIDE,          12, CONTROL)         \
    X(UNHIDE,        13, CONTROL)         \
    X(LOCK,          14, CONTROL)         \
    X(UNLOCK,        15, CONTROL)         \
    X(BAR,           16, CONTROL)         \
    X(UNBAR,         17, CONTROL)         \
    X(APPROVE,       18, CONTROL)         \
    X(ERASE,         19, CONTROL)         \
    X(FLAG,          20, CONTROL)         \
    X(SECRET,        21, CONTROL)         \
    X(CREATE,        32, DATA)            \
    X(EDIT,          33, DATA)            \
    X(SET,           34, DATA)            \
    X(ADD,           35, DATA)            \
    X(DEL,           36, DATA)
// clang-format on

enum copse_op_kind {
#define COPSE_OP_ENUM(name, number, class) COPSE_OP_##name = (number),
    COPSE_OP_MAP(COPSE_OP_ENUM)
#undef COPSE_OP_ENUM
};

enum copse_op_role { COPSE_OP_COORDINATOR, COPSE_OP_MODERATOR, COPSE_OP_MEMBER, COPSE_OP_GUEST };
enum copse_op_removal { COPSE_OP_TO_NONE, COPSE_OP_TO_MEMBER, COPSE_OP_TO_MODERATOR };
enum copse_op_accepts { COPSE_OP_ACCEPTS_ENDING, COPSE_OP_ACCEPTS_DEVICE };
enum copse_op_reason { COPSE_OP_REASON_OTHER, COPSE_OP_REASON_TERM, COPSE_OP_REASON_DOOR };

/* A checked list inside the op: read with copse_op_next_id or copse_op_next_leaf. */
struct copse_op_list {
    struct copse_reader reader;
    size_t count; /* items not read yet */
};

/* One leaf of a cut. */
struct copse_op_leaf {
    enum copse_entry_class class;
    struct copse_id device;
    uint32_t seq;
    struct copse_id id;
    struct copse_signature signature;
};

/* One op. Which fields mean something follows from the kind (SPEC 5.5, 5.6); the others are zero.
 */
struct copse_op {
    enum copse_op_kind kind;
    struct copse_id target; /* what it is about: person, founder, device, object, target, of, invite
                             * key, discovery secret */
    enum copse_op_role role;     /* GRANT, INVITE; GENESIS: the standing role if has_role */
    enum copse_op_removal to;    /* REMOVE, LEAVE */
    enum copse_op_accepts what;  /* ACCEPT */
    enum copse_op_reason reason; /* REVOKE */
    bool has_role;               /* GENESIS: it has a standing role */
    bool has_ref;                /* CREATE */
    bool has_until;              /* GRANT, INVITE */
    bool has_invite_signature;   /* JOIN */
    bool has_uses;               /* INVITE; otherwise without limit */
    bool is_root_signed;         /* LEAVE, DEVICE_REVOKE */
    uint64_t until;              /* an hlc */
    uint32_t community_kind;     /* GENESIS */
    uint32_t uses;               /* INVITE, if has_uses */
    uint32_t object_kind;        /* CREATE */
    uint32_t type;               /* CREATE */
    uint32_t field;              /* BAR, UNBAR, SET, ADD, DEL; FLAG: the flag */
    struct copse_id ref;         /* CREATE */
    struct copse_signature
        signature; /* certificate of GENESIS and JOIN; root signature of LEAVE, DEVICE_REVOKE */
    struct copse_signature invite_signature; /* JOIN */
    struct copse_slice charter;              /* GENESIS, CHARTER */
    struct copse_slice map;                  /* GENESIS: about; GRANT: attributes */
    struct copse_slice value;                /* FLAG: the value; EDIT: the shape */
    struct copse_op_list ids;                /* founders, grants, targets, parents */
    struct copse_op_list over;
    struct copse_op_list keep; /* REVOKE */
    struct copse_op_list cut;
};

/* Decode an op (canonical already, as copse_entry_decode checks) of an entry of `class`.
 * Returns COPSE_OK, or COPSE_ERR_DECODE: unknown, malformed, or of the other class; the entry is
 * then refused (SPEC 4.3). The result borrows from the bytes. Cost: O(size). */
enum copse_err copse_op_decode(struct copse_op *out, struct copse_slice bytes,
                               enum copse_entry_class class) COPSE_MUST_CHECK;

/* Encode an op into `room` of COPSE_ENTRY_OP_BYTES_MAX bytes; what the kind does not use is
 * ignored. Returns COPSE_OK and the bytes, borrowed from `room`; COPSE_ERR_LIMIT when they are too
 * many, or COPSE_ERR_FORM when copse_op_decode would not take them. */
enum copse_err copse_op_encode(struct copse_slice *out, uint8_t room[COPSE_ENTRY_OP_BYTES_MAX],
                               const struct copse_op *op) COPSE_MUST_CHECK;

/* Make a list for copse_op_encode from ids (they must rise strictly, founders aside) or from leaves
 * (rising by class, device, seq, id). The items are written to `writer`, whose room must outlive
 * it. */
struct copse_op_list copse_op_list_ids(struct copse_writer *writer, const struct copse_id *ids,
                                       size_t count);
struct copse_op_list copse_op_list_leaves(struct copse_writer *writer,
                                          const struct copse_op_leaf *leaves, size_t count);

/* The next item of a list. False at its end. */
bool copse_op_next_id(struct copse_op_list *list, struct copse_id *out);
bool copse_op_next_leaf(struct copse_op_list *list, struct copse_op_leaf *out);

/* Is `id` in the list? Cost: O(count). */
bool copse_op_names(struct copse_op_list list, const struct copse_id *id);

/* The id that the root signature of a LEAVE or DEVICE_REVOKE in `entry` is over: that of the entry
 * with an empty bin in its place. COPSE_OK, or COPSE_ERR_FORM when the entry is no such act.
 * Source: SPEC 3.6. */
enum copse_err copse_op_root_message(struct copse_id *out,
                                     const struct copse_entry *entry) COPSE_MUST_CHECK;

/* Name of a kind in capitals ("GRANT"); NULL for an unknown number. */
const char *copse_op_name(uint32_t kind);

#endif
