/* History: which own entry is meant by a tag, and from where a peer needs a log (SPEC 10.14).
 *
 * Pure questions to the port. What a peer shows of a device are pairs of seq and tag; an entry
 * is recognised by computing the tag of each own entry of that device and seq.
 *
 * Words:  base    the newest entry on the way to a leaf that the peer is known to hold
 *         trunk   of a frozen log: its entries below the fork seq
 */
#ifndef COPSE_PROTOCOL_WIRE_HISTORY_H
#define COPSE_PROTOCOL_WIRE_HISTORY_H

#include "protocol/wire/reconcile.h"

#define COPSE_HISTORY_BUDGET 16384u /* entries looked at for one message; SPEC 10.16 */

/* What is asked about. All borrowed. */
struct copse_history {
    const struct copse_port *port;
    const struct copse_reconcile_key *key;
    const struct copse_id *community;
    const struct copse_id *author;
    enum copse_entry_class class;
    size_t *budget; /* entries that may still be looked at; at 0 nothing is found any more */
};

/* A pair that a peer showed. */
struct copse_history_known {
    uint32_t seq;
    uint64_t tag;
};

/* The entry at `seq` on the way from the start of a log to `leaf`. COPSE_ERR_NOT_FOUND past it. */
enum copse_err copse_history_on_path(struct copse_position *out, const struct copse_log *log,
                                     const struct copse_position *leaf,
                                     uint32_t seq) COPSE_MUST_CHECK;

/* The last entry that the ways to `a` and to `b` have in common. COPSE_ERR_NOT_FOUND: none. */
enum copse_err copse_history_common(struct copse_position *out, const struct copse_log *log,
                                    const struct copse_position *a,
                                    const struct copse_position *b) COPSE_MUST_CHECK;

/* The own entry that a pair means. If the pair is that of a frozen log, the entry is the last of
 * its trunk and *is_frozen is set. COPSE_OK, COPSE_ERR_NOT_FOUND, or a fault. Cost: O(branches)
 * reads. */
enum copse_err copse_history_find(const struct copse_history *history, struct copse_position *out,
                                  bool *is_frozen,
                                  const struct copse_history_known *known) COPSE_MUST_CHECK;

/* What follows for one own item from all the pairs that the peer shows of its device. */
enum copse_history_verdict {
    COPSE_HISTORY_SEND,    /* from `from_seq` on */
    COPSE_HISTORY_WAIT,    /* the peer is likely to be ahead: it will send, or ask */
    COPSE_HISTORY_ASK,     /* both have what the other does not: LOCATE */
    COPSE_HISTORY_NOTHING, /* the peer's log is frozen and needs nothing of this one */
};

/* Where pairs come from. Rows of a list are leaves: the peer holds all before them, signed or not.
 * Pairs of a LOCATE are taken as they are, because the peer can store a run only from there. */
enum copse_history_shown { COPSE_HISTORY_ROWS, COPSE_HISTORY_PAIRS };

struct copse_history_plan {
    enum copse_history_verdict verdict;
    uint32_t from_seq; /* meaningful for SEND */
};

/* COPSE_OK or a fault from the port. Source: SPEC 10.14. */
enum copse_err
copse_history_plan(const struct copse_history *history, struct copse_history_plan *out,
                   const struct copse_reconcile_item *item, enum copse_history_shown shown,
                   const struct copse_history_known *known, size_t known_count) COPSE_MUST_CHECK;

/* The pairs for a LOCATE: leaves of the device's logs first, then back from them in doubling
 * steps, each moved back to a signed entry, so that a run from there can be stored (SPEC 4.12).
 * Packed into `room` (COPSE_MESSAGE_KNOWN_MAX * COPSE_MESSAGE_KNOWN_BYTES). COPSE_OK or a fault. */
enum copse_err copse_history_locate(const struct copse_history *history, struct copse_slice *out,
                                    struct copse_noise_room room) COPSE_MUST_CHECK;

/* Read packed pairs; their number. `out` has room for COPSE_MESSAGE_KNOWN_MAX. */
size_t copse_history_unpack(struct copse_history_known *out, struct copse_slice packed);

#endif
