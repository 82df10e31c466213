/* Ingest: what sessions hand on, stored in batches.
 *
 * Sessions verify; this gathers what they verified from all of them, and stores it together, so
 * that the disk is waited for once for many entries. An outcome is told only after its commit:
 * acknowledged means durable.
 *
 * Words:  unit    what one event brought: a run, an admission, or a content
 *         source  number of the connection that it came over, the caller's
 */
#ifndef COPSE_NODE_PEERING_INGEST_H
#define COPSE_NODE_PEERING_INGEST_H

#include "protocol/wire/session.h"
#include "storage/store.h"

#define COPSE_INGEST_BYTES_MAX 524288u /* that wait before they are stored at once */
#define COPSE_INGEST_UNITS_MAX 4096u
#define COPSE_INGEST_BYTES_FEW 16384u /* up to which nothing is waited for: live entries */
#define COPSE_INGEST_WAIT_MS 15u      /* that more may take to come together */
#define COPSE_INGEST_SWEEP_MAX 1024u  /* entries taken out in one transaction */
/* Bytes of class 0 that nobody stands behind yet, between two sweeps; what is over is declined, and
 * comes again with a later round. */
#define COPSE_INGEST_STRANGERS_MAX 67108864u

struct copse_ingest_unit {
    uint64_t source;
    uint64_t ticket;
    enum copse_session_event_kind kind; /* ENTRIES, ADMISSION, CONTENT or LOOSE */
    struct copse_id community;
    enum copse_entry_class class; /* of a run */
    struct copse_id id;           /* CONTENT, LOOSE: of its entry; of a run: of its last */
    struct copse_slice salted;    /* CONTENT; LOOSE: the entry */
    size_t first_item;
    size_t item_count;
    size_t stored; /* entries that were not here before; set by flush */
    bool is_refused;
    uint8_t *block; /* all its bytes */
};

struct copse_ingest {
    const struct copse_memory *memory;
    struct copse_store *store;
    struct copse_error *error;
    struct copse_ingest_unit *units;
    size_t unit_count;
    size_t unit_capacity;
    struct copse_store_item *items;
    size_t item_count;
    size_t item_capacity;
    size_t bytes;
    struct copse_id own; /* device whose logs are never swept */
    size_t strangers;    /* bytes stored for logs that nobody stands behind, since the last sweep */
    size_t strangers_max; /* COPSE_INGEST_STRANGERS_MAX */
    uint64_t first_ms;    /* when the first of the batch came */
    uint64_t entries;     /* stored since the beginning */
    /* as of the transaction with this number there was nothing to sweep in this community */
    uint64_t swept_number;
    struct copse_id swept_community;
};

void copse_ingest_init(struct copse_ingest *ingest, struct copse_store *store,
                       const struct copse_id *own, struct copse_error *error);
void copse_ingest_deinit(struct copse_ingest *ingest); /* what waits is dropped, not stored */

/* Copy what an event brought. COPSE_OK or COPSE_ERR_NOMEM (nothing taken). */
enum copse_err copse_ingest_take(struct copse_ingest *ingest, uint64_t source,
                                 const struct copse_session_event *event,
                                 uint64_t now_ms) COPSE_MUST_CHECK;

/* Does anything wait that came over this connection? */
bool copse_ingest_waits(const struct copse_ingest *ingest, uint64_t source);

/* When flush is due; UINT64_MAX: nothing waits. */
uint64_t copse_ingest_deadline_ms(const struct copse_ingest *ingest);

/* Store all that waits, in order. No transaction may be open in this thread but reading ones.
 * COPSE_OK: each unit has its outcome; the caller tells them and calls clear. Otherwise a fault:
 * what was stored is not known to the sessions, which must end; clear as well. */
enum copse_err copse_ingest_flush(struct copse_ingest *ingest, uint64_t wall_ms) COPSE_MUST_CHECK;
void copse_ingest_clear(struct copse_ingest *ingest);

/* Give up what is not wanted (SPEC 7.9), but for own logs, in transactions of about
 * COPSE_INGEST_SWEEP_MAX entries. To be called when class 0 is complete, so that the order of
 * arrival does not matter; flush does the same to all communities when more has come that nobody
 * stands behind than there is room for. COPSE_OK or a fault. Cost: O(logs); nothing when there was
 * no commit since. */
enum copse_err copse_ingest_sweep(struct copse_ingest *ingest, const struct copse_id *community,
                                  uint64_t wall_ms) COPSE_MUST_CHECK;

#endif
