/* Intake: what a peer has sent, between its verification and its being stored (SPEC 4.12, 10.14).
 *
 * A run is opened on its base, its entries are built and hashed, and its signature is checked, all
 * before anything is handed on. Storing takes its time: the last entry of each run that is not
 * stored yet is remembered here, so that the next run of a log can begin behind it.
 *
 * Words:  ticket   number of something handed on, until its outcome is told
 *         pending  handed on, outcome not told
 */
#ifndef COPSE_PROTOCOL_WIRE_INTAKE_H
#define COPSE_PROTOCOL_WIRE_INTAKE_H

#include "protocol/base/memory.h"
#include "protocol/entry/run.h"
#include "protocol/wire/history.h"

#define COPSE_INTAKE_PENDING_MAX 256u /* SPEC 10.16 */

struct copse_intake_pending {
    uint64_t ticket;  /* 0: this place is free */
    uint32_t channel; /* who is waiting for it: a number of the caller's */
    uint32_t weight;  /* bytes of credit that come back with it */
    bool is_run;
    struct copse_id community;
    struct copse_id last; /* the last entry; this and the rest are meaningful if is_run */
    struct copse_id author;
    enum copse_entry_class class;
    uint32_t seq;
    uint64_t hlc;
    bool is_genesis;
};

struct copse_intake {
    const struct copse_memory *memory;
    const struct copse_key_scheme *scheme;
    uint64_t next_ticket;
    size_t pending_count;
    struct copse_intake_pending pending[COPSE_INTAKE_PENDING_MAX];
    struct copse_run run; /* the one opened last, and its entries */
    size_t item_count;
    struct copse_run_item *items; /* COPSE_RUN_ENTRIES_MAX */
    uint8_t *room;                /* their canonical bytes */
};

/* Allocates room for one run. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_intake_init(struct copse_intake *intake, const struct copse_key_scheme *scheme,
                                 const struct copse_memory *memory) COPSE_MUST_CHECK;
void copse_intake_deinit(struct copse_intake *intake);

/* Whether there is no room for another pending thing: then nothing may be taken in. */
bool copse_intake_is_full(const struct copse_intake *intake);

/* Pending things of a channel. Cost: O(pending). */
size_t copse_intake_count(const struct copse_intake *intake, uint32_t channel);

/* Open and verify a run (untrusted; borrowed with everything in intake->items until the next call).
 * COPSE_OK; COPSE_ERR_NOT_FOUND: its base is not held, or is held so far from a signature that
 * SPEC 4.12 wants another one (intake->run says whose it is);
 * COPSE_ERR_BUSY: the base may be among what is pending: ask again later;
 * COPSE_ERR_DECODE, COPSE_ERR_FORM, COPSE_ERR_LIMIT: breaks SPEC 4; COPSE_ERR_SIGNATURE;
 * COPSE_ERR_CORRUPT or another fault from the port: none of the run's doing. */
enum copse_err copse_intake_open(struct copse_intake *intake, const struct copse_port *port,
                                 const struct copse_id *community,
                                 struct copse_slice bytes) COPSE_MUST_CHECK;

/* Remember as pending: the run that was opened last, or something without entries. Returns its
 * ticket. There must be room. */
uint64_t copse_intake_put_run(struct copse_intake *intake, uint32_t channel, size_t weight);
uint64_t copse_intake_put_other(struct copse_intake *intake, uint32_t channel, size_t weight);

/* Forget one. False: no such ticket. Sets what it was. */
bool copse_intake_take(struct copse_intake *intake, struct copse_intake_pending *out,
                       uint64_t ticket);

#endif
