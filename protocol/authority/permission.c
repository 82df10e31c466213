/* How it works: each kind belongs to one of a few sorts of deed; a table says what each role
 * may do of each sort.
 */
#include "protocol/authority/permission.h"

enum deed {
    DEED_PRESENCE, /* come, go, give up a device */
    DEED_APPOINT,  /* what only a coordinator does */
    DEED_WELCOME,  /* members and guests: make, invite */
    DEED_END,      /* remove to none, revoke, accept */
    DEED_MODERATE, /* close, keep away, approve */
    DEED_TEND,     /* hide, erase, flag: others' things too */
    DEED_WRITE,    /* data, assent */
    DEED_RECALL,   /* judged as a voice, before the walk */
};

enum may {
    MAY,
    MAY_NOT,
    MAY_BY_INVITE,
    MAY_OWN,
    MAY_OWN_BY_GUESTS,
    MAY_WRITE,
    MAY_WRITE_BY_GUESTS
};

// clang-format off
/* Source: SPEC 7.10. By deed, then coordinator, moderator, member, guest. */
static const enum may table[][4] = {
    [DEED_PRESENCE] = {MAY,     MAY,     MAY,           MAY},
    [DEED_APPOINT]  = {MAY,     MAY_NOT, MAY_NOT,       MAY_NOT},
    [DEED_WELCOME]  = {MAY,     MAY,     MAY_BY_INVITE, MAY_BY_INVITE},
    [DEED_END]      = {MAY,     MAY,     MAY_NOT,       MAY_NOT},
    [DEED_MODERATE] = {MAY,     MAY,     MAY_NOT,       MAY_NOT},
    [DEED_TEND]     = {MAY,     MAY,     MAY_OWN,       MAY_OWN_BY_GUESTS},
    [DEED_WRITE]    = {MAY,     MAY,     MAY_WRITE,     MAY_WRITE_BY_GUESTS},
    [DEED_RECALL]   = {MAY_NOT, MAY_NOT, MAY_NOT,       MAY_NOT},
};
// clang-format on

static enum deed deed_of(const struct copse_op *op)
{
    switch (op->kind) {
    case COPSE_OP_GENESIS:
    case COPSE_OP_JOIN:
    case COPSE_OP_LEAVE:
    case COPSE_OP_DEVICE_REVOKE:
        return DEED_PRESENCE;
    case COPSE_OP_GRANT:
        return op->role <= COPSE_OP_MODERATOR ? DEED_APPOINT : DEED_WELCOME;
    case COPSE_OP_INVITE:
        return DEED_WELCOME;
    case COPSE_OP_CHARTER:
        return DEED_APPOINT;
    case COPSE_OP_REMOVE:
        return op->to == COPSE_OP_TO_NONE ? DEED_END : DEED_APPOINT;
    case COPSE_OP_REVOKE:
    case COPSE_OP_ACCEPT:
        return DEED_END;
    case COPSE_OP_RECALL:
        return DEED_RECALL;
    case COPSE_OP_LOCK:
    case COPSE_OP_UNLOCK:
    case COPSE_OP_BAR:
    case COPSE_OP_UNBAR:
    case COPSE_OP_APPROVE:
    case COPSE_OP_SECRET:
        return DEED_MODERATE;
    case COPSE_OP_HIDE:
    case COPSE_OP_UNHIDE:
    case COPSE_OP_ERASE:
    case COPSE_OP_FLAG:
        return DEED_TEND;
    case COPSE_OP_ASSENT:
    case COPSE_OP_CREATE:
    case COPSE_OP_EDIT:
    case COPSE_OP_SET:
    case COPSE_OP_ADD:
    case COPSE_OP_DEL:
        return DEED_WRITE;
    }
    return DEED_RECALL; /* not reached: copse_op_decode gives no other kind */
}

unsigned copse_permission_class(enum copse_op_role role)
{
    return role <= COPSE_OP_MODERATOR ? (unsigned)role : 2u;
}

/* An array of rising numbers, nothing else; otherwise empty. */
static struct copse_slice read_kinds(struct copse_slice value)
{
    struct copse_reader reader;
    copse_reader_init(&reader, value);
    size_t count = copse_reader_array(&reader, SIZE_MAX);
    int64_t last = -1;
    for (size_t i = 0; i < count; i++) {
        (void)copse_reader_key(&reader, &last);
    }
    return copse_reader_end(&reader) == COPSE_OK ? value : (struct copse_slice){NULL, 0};
}

static bool read_truth(struct copse_slice value)
{
    struct copse_reader reader;
    copse_reader_init(&reader, value);
    return copse_reader_bool(&reader);
}

void copse_permission_read(struct copse_permission_rules *out, struct copse_slice charter)
{
    *out = (struct copse_permission_rules){false, false, {NULL, 0}};
    struct copse_reader reader;
    copse_reader_init(&reader, charter);
    size_t count = copse_reader_map(&reader, SIZE_MAX);
    int64_t last = -1;
    for (size_t i = 0; i < count; i++) {
        uint64_t key = copse_reader_key(&reader, &last);
        struct copse_slice value = copse_reader_value(&reader, COPSE_READER_DEPTH_MAX);
        if (key == 1) {
            out->invite = read_truth(value);
        } else if (key == 2) {
            out->guests = read_truth(value);
        } else if (key == 3) {
            out->kinds = read_kinds(value);
        }
    }
}

static bool must_wait(const struct copse_op *op, struct copse_slice kinds)
{
    if (kinds.size == 0 || op->kind < COPSE_OP_CREATE) {
        return false;
    }
    struct copse_reader reader;
    copse_reader_init(&reader, kinds);
    size_t count = copse_reader_array(&reader, SIZE_MAX);
    int64_t last = -1;
    for (size_t i = 0; i < count; i++) {
        if (copse_reader_key(&reader, &last) == (uint64_t)op->kind) {
            return true;
        }
    }
    return false;
}

enum copse_verdict copse_permission_judge(enum copse_op_role role, const struct copse_op *op,
                                          const struct copse_permission_rules *rules)
{
    bool permitted = true;
    enum copse_verdict verdict = COPSE_VERDICT_HONOURED;
    switch (table[deed_of(op)][role]) {
    case MAY:
        return COPSE_VERDICT_HONOURED;
    case MAY_NOT:
        return COPSE_VERDICT_NOT_PERMITTED;
    case MAY_BY_INVITE:
        permitted = rules->invite;
        break;
    case MAY_OWN_BY_GUESTS:
        permitted = rules->guests;
        verdict = COPSE_VERDICT_OWN_ONLY;
        break;
    case MAY_OWN:
        verdict = COPSE_VERDICT_OWN_ONLY;
        break;
    case MAY_WRITE_BY_GUESTS:
        permitted = rules->guests;
        verdict = must_wait(op, rules->kinds) ? COPSE_VERDICT_WAITING : COPSE_VERDICT_HONOURED;
        break;
    case MAY_WRITE:
        verdict = must_wait(op, rules->kinds) ? COPSE_VERDICT_WAITING : COPSE_VERDICT_HONOURED;
        break;
    }
    return permitted ? verdict : COPSE_VERDICT_NOT_PERMITTED;
}
