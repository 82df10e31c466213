/* How it works: the way to a leaf is a walk from branch to parent, lowering the seq to where each
 * branch leaves the other; two ways meet where the walks first stand on one branch. A pair
 * is looked up on every branch of every log of the device that has an entry of that seq.
 */
#include "protocol/wire/history.h"

#include <string.h>

static bool begins_log(const struct copse_log *log, uint32_t branch)
{
    return log->branches[branch].parent == branch;
}

/* Move to where the position's branch leaves its parent. False: it leaves none. */
static bool climb(struct copse_position *position, const struct copse_log *log)
{
    const struct copse_log_branch *branch = &log->branches[position->branch];
    if (begins_log(log, position->branch)) {
        return false;
    }
    position->seq = branch->first_seq - 1;
    position->branch = branch->parent;
    return true;
}

enum copse_err copse_history_on_path(struct copse_position *out, const struct copse_log *log,
                                     const struct copse_position *leaf, uint32_t seq)
{
    if (seq > leaf->seq) {
        return COPSE_ERR_NOT_FOUND;
    }
    struct copse_position position = *leaf;
    while (seq < log->branches[position.branch].first_seq) {
        if (!climb(&position, log)) {
            return COPSE_ERR_NOT_FOUND;
        }
    }
    position.seq = seq;
    *out = position;
    return COPSE_OK;
}

enum copse_err copse_history_common(struct copse_position *out, const struct copse_log *log,
                                    const struct copse_position *a, const struct copse_position *b)
{
    if (a->log != b->log) {
        return COPSE_ERR_NOT_FOUND;
    }
    struct copse_position one = *a;
    struct copse_position two = *b;
    while (one.branch != two.branch) {
        /* The one whose branch begins later cannot be shared above that beginning. */
        bool is_one_later =
            log->branches[one.branch].first_seq >= log->branches[two.branch].first_seq;
        if (is_one_later && begins_log(log, one.branch)) {
            is_one_later = false;
        }
        if (!climb(is_one_later ? &one : &two, log)) {
            return COPSE_ERR_NOT_FOUND;
        }
    }
    *out = one.seq < two.seq ? one : two;
    return COPSE_OK;
}

/* ---- pairs ---- */

static enum copse_err tag_at(const struct copse_history *history, uint64_t *tag,
                             const struct copse_position *position, uint32_t seq)
{
    if (*history->budget == 0) {
        return COPSE_ERR_NOT_FOUND;
    }
    (*history->budget)--;
    struct copse_port_entry entry;
    const struct copse_port *port = history->port;
    enum copse_err err = port->at(port->context, &entry, history->community, position);
    if (err == COPSE_OK) {
        *tag = copse_reconcile_tag(history->key, history->class, history->author, seq, &entry.id);
    }
    return err;
}

/* The tag of a log that is frozen at `seq` and has no trunk. */
static uint64_t rootless_tag(const struct copse_history *history, uint32_t seq)
{
    static const struct copse_id zeros = {{0}};
    return copse_reconcile_tag(history->key, history->class, history->author, seq, &zeros);
}

static enum copse_err find_in_log(const struct copse_history *history, struct copse_position *out,
                                  bool *is_frozen, const struct copse_log *log, uint64_t number,
                                  const struct copse_history_known *known)
{
    for (uint32_t branch = 0; branch < log->branch_count; branch++) {
        const struct copse_log_branch *span = &log->branches[branch];
        /* An entry of that seq; or the one before, with the seq of the fork that follows it. */
        for (uint32_t back = 0; back <= 1 && back <= known->seq; back++) {
            struct copse_position position = {number, branch, known->seq - back};
            if (position.seq < span->first_seq || position.seq > span->last_seq) {
                continue;
            }
            uint64_t tag = 0;
            enum copse_err err = tag_at(history, &tag, &position, known->seq);
            if (err == COPSE_OK && tag == known->tag) {
                *out = position;
                *is_frozen = back == 1;
                return COPSE_OK;
            }
            if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
                return err;
            }
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

enum copse_err copse_history_find(const struct copse_history *history, struct copse_position *out,
                                  bool *is_frozen, const struct copse_history_known *known)
{
    const struct copse_port *port = history->port;
    uint64_t cursor = 0;
    for (;;) {
        uint64_t number = 0;
        enum copse_err err = port->next_log(port->context, &number, &cursor, history->community,
                                            history->author, history->class);
        if (err != COPSE_OK) {
            return err;
        }
        const struct copse_log *log = port->log(port->context, history->community, number);
        if (log == NULL) {
            continue;
        }
        err = find_in_log(history, out, is_frozen, log, number, known);
        if (err != COPSE_ERR_NOT_FOUND) {
            return err;
        }
    }
}

/* Does a pair that shows a log of the device as frozen and without a trunk mean the log of `item`?
 * The pair is the same for any log. If such a log is held, it is meant; else it may be this one. */
static enum copse_err means_item(const struct copse_history *history, bool *out,
                                 const struct copse_reconcile_item *item)
{
    const struct copse_port *port = history->port;
    uint64_t cursor = 0;
    uint64_t number = 0;
    enum copse_err err = COPSE_OK;
    *out = true;
    while ((err = port->next_log(port->context, &number, &cursor, history->community,
                                 history->author, history->class)) == COPSE_OK) {
        const struct copse_log *log = port->log(port->context, history->community, number);
        uint32_t fork_seq = 0;
        if (log != NULL && copse_log_is_frozen(&fork_seq, log) && fork_seq == 0) {
            *out = number == item->position.log;
            if (*out) {
                return COPSE_OK;
            }
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* ---- what to do ---- */

/* What has been learned from the pairs so far. */
struct findings {
    bool is_fork_sure;   /* it shows one that would be held if it were of this branch */
    bool is_ahead;       /* it shows one beyond the own leaf that is not held */
    bool is_peer_frozen; /* it shows this log as frozen, and its trunk is held */
    uint32_t peer_fork;  /* then: its fork seq */
    bool has_base;
    uint32_t base_seq;
    enum copse_history_shown shown;
};

static void note_held(struct findings *findings, const struct copse_log *log,
                      const struct copse_reconcile_item *item, const struct copse_position *held,
                      bool is_frozen)
{
    struct copse_position common;
    if (held->log != item->position.log ||
        copse_history_common(&common, log, &item->position, held) != COPSE_OK) {
        return;
    }
    if (is_frozen) {
        findings->is_peer_frozen = true;
        findings->peer_fork = held->seq + 1;
    }
    bool is_usable = findings->shown == COPSE_HISTORY_ROWS || common.seq == held->seq;
    if (is_usable && (!findings->has_base || common.seq > findings->base_seq)) {
        findings->has_base = true;
        findings->base_seq = common.seq;
    }
}

static enum copse_err look_up(const struct copse_history *history, struct findings *findings,
                              const struct copse_reconcile_item *item, const struct copse_log *log,
                              const struct copse_history_known *known)
{
    struct copse_position held;
    bool is_frozen = false;
    enum copse_err err = copse_history_find(history, &held, &is_frozen, known);
    if (err == COPSE_OK) {
        note_held(findings, log, item, &held, is_frozen);
        return COPSE_OK;
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    if (known->tag == rootless_tag(history, known->seq)) {
        bool is_meant = false;
        err = means_item(history, &is_meant, item);
        findings->is_peer_frozen = findings->is_peer_frozen || is_meant;
        findings->peer_fork = is_meant ? 0 : findings->peer_fork;
        return err;
    }
    if (known->seq <= item->position.seq) {
        findings->is_fork_sure = true;
    } else {
        findings->is_ahead = true;
    }
    return COPSE_OK;
}

/* SPEC 10.14: from what the peer shows of a device, what to do about one own item of it. Where the
 * own log is frozen, what is no frozen item is a leaf that is named. */
static struct copse_history_plan decide(const struct findings *findings,
                                        const struct copse_reconcile_item *item,
                                        const struct copse_log *log)
{
    struct copse_history_plan plan = {COPSE_HISTORY_SEND, 0};
    uint32_t fork_seq = 0;
    bool is_lower = item->is_frozen && item->position.seq < findings->peer_fork;
    bool is_named = !item->is_frozen && copse_log_is_frozen(&fork_seq, log);
    if (findings->is_peer_frozen && !is_lower && !is_named) {
        plan.verdict = COPSE_HISTORY_NOTHING;
    } else if (findings->has_base) {
        plan.from_seq = findings->base_seq + 1;
    } else if (findings->is_fork_sure || (findings->is_ahead && item->is_frozen)) {
        plan.verdict = COPSE_HISTORY_ASK;
    } else if (findings->is_ahead) {
        plan.verdict = COPSE_HISTORY_WAIT;
    }
    return plan;
}

enum copse_err copse_history_plan(const struct copse_history *history,
                                  struct copse_history_plan *out,
                                  const struct copse_reconcile_item *item,
                                  enum copse_history_shown shown,
                                  const struct copse_history_known *known, size_t known_count)
{
    const struct copse_port *port = history->port;
    const struct copse_log *log = port->log(port->context, history->community, item->position.log);
    if (log == NULL) {
        return COPSE_ERR_CORRUPT;
    }
    struct findings findings = {.shown = shown};
    for (size_t i = 0; i < known_count; i++) {
        enum copse_err err = look_up(history, &findings, item, log, &known[i]);
        if (err != COPSE_OK) {
            return err;
        }
    }
    *out = decide(&findings, item, log);
    return COPSE_OK;
}

/* ---- LOCATE ---- */

/* Move back to the nearest entry whose signature is held. COPSE_ERR_NOT_FOUND: there is none. */
static enum copse_err find_signed(const struct copse_history *history, struct copse_port_entry *out,
                                  const struct copse_log *log,
                                  const struct copse_position *position)
{
    const struct copse_port *port = history->port;
    struct copse_position at = *position;
    while (*history->budget > 0) {
        (*history->budget)--;
        enum copse_err err = port->at(port->context, out, history->community, &at);
        if (err != COPSE_OK || out->is_signed) {
            return err;
        }
        if (at.seq == 0) {
            return COPSE_ERR_NOT_FOUND;
        }
        err = copse_history_on_path(&at, log, position, at.seq - 1);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

static enum copse_err put_pair(const struct copse_history *history, struct copse_noise_room *room,
                               const struct copse_log *log, const struct copse_position *position)
{
    struct copse_port_entry entry;
    enum copse_err err = find_signed(history, &entry, log, position);
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    COPSE_ASSERT(room->size >= COPSE_MESSAGE_KNOWN_BYTES);
    uint32_t seq = entry.position.seq;
    copse_bytes_put_u32(room->data, seq);
    copse_bytes_put_u64(room->data + 4, copse_reconcile_tag(history->key, history->class,
                                                            history->author, seq, &entry.id));
    *room = (struct copse_noise_room){room->data + COPSE_MESSAGE_KNOWN_BYTES,
                                      room->size - COPSE_MESSAGE_KNOWN_BYTES};
    return COPSE_OK;
}

/* One round over all leaves: each as it is, or `back` entries before. *any: one was that long. */
static enum copse_err put_round(const struct copse_history *history, struct copse_noise_room *room,
                                uint64_t back, bool *any)
{
    const struct copse_port *port = history->port;
    uint64_t cursor = 0;
    uint64_t number = 0;
    enum copse_err err = COPSE_OK;
    while (room->size >= COPSE_MESSAGE_KNOWN_BYTES &&
           (err = port->next_log(port->context, &number, &cursor, history->community,
                                 history->author, history->class)) == COPSE_OK) {
        const struct copse_log *log = port->log(port->context, history->community, number);
        for (uint32_t i = 0; log != NULL && i < log->branch_count; i++) {
            struct copse_position leaf = {number, i, log->branches[i].last_seq};
            struct copse_position position = leaf;
            if (back > leaf.seq || room->size < COPSE_MESSAGE_KNOWN_BYTES ||
                copse_history_on_path(&position, log, &leaf, leaf.seq - (uint32_t)back) !=
                    COPSE_OK) {
                continue;
            }
            *any = true;
            err = put_pair(history, room, log, &position);
            if (err != COPSE_OK) {
                return err;
            }
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_history_locate(const struct copse_history *history, struct copse_slice *out,
                                    struct copse_noise_room room)
{
    COPSE_ASSERT(room.size >= (size_t)COPSE_MESSAGE_KNOWN_MAX * COPSE_MESSAGE_KNOWN_BYTES);
    struct copse_noise_room rest = {room.data,
                                    (size_t)COPSE_MESSAGE_KNOWN_MAX * COPSE_MESSAGE_KNOWN_BYTES};
    bool any = true;
    for (uint64_t back = 0; any; back = back == 0 ? 1 : back * 2) {
        any = false;
        enum copse_err err = put_round(history, &rest, back, &any);
        if (err != COPSE_OK) {
            return err;
        }
    }
    *out = (struct copse_slice){room.data, (size_t)(rest.data - room.data)};
    return COPSE_OK;
}

size_t copse_history_unpack(struct copse_history_known *out, struct copse_slice packed)
{
    size_t count = packed.size / COPSE_MESSAGE_KNOWN_BYTES;
    if (count > COPSE_MESSAGE_KNOWN_MAX) {
        count = COPSE_MESSAGE_KNOWN_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *bytes = packed.data + i * COPSE_MESSAGE_KNOWN_BYTES;
        out[i].seq = copse_bytes_get_u32(bytes);
        out[i].tag = copse_bytes_get_u64(bytes + 4);
    }
    return count;
}
