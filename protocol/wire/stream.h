/* Stream: stretches of logs to send, as runs (SPEC 10.14, 4.9, 4.11).
 *
 * A queue of jobs and a way to make the next run of the first one. Nothing is held between two
 * calls but positions, so entries that are waiting to be sent cost nothing.
 *
 * Words:  job  a stretch of one way through a log, from a seq to an entry
 */
#ifndef COPSE_PROTOCOL_WIRE_STREAM_H
#define COPSE_PROTOCOL_WIRE_STREAM_H

#include "protocol/base/memory.h"
#include "protocol/base/writer.h"
#include "protocol/entry/run.h"
#include "protocol/wire/history.h"

struct copse_stream_job {
    struct copse_position leaf; /* the last entry to send; signed */
    uint32_t from_seq;          /* the first */
};

struct copse_stream {
    const struct copse_memory *memory;
    struct copse_stream_job *jobs; /* from `first` to `count` */
    size_t first;
    size_t count;
    size_t capacity;
};

void copse_stream_init(struct copse_stream *stream, const struct copse_memory *memory);
void copse_stream_deinit(struct copse_stream *stream); /* of a zeroed struct is fine */

bool copse_stream_is_empty(const struct copse_stream *stream);

/* Forget all jobs. */
void copse_stream_clear(struct copse_stream *stream);

/* Add a job unless the same leaf waits already. An empty stretch is none. COPSE_OK or
 * COPSE_ERR_NOMEM. Cost: O(jobs that wait) if `is_unique` is COPSE_STREAM_UNIQUE. */
enum copse_stream_check { COPSE_STREAM_ANY, COPSE_STREAM_UNIQUE };
enum copse_err copse_stream_add(struct copse_stream *stream, const struct copse_stream_job *job,
                                enum copse_stream_check check) COPSE_MUST_CHECK;

/* Add what makes a peer see that a log is frozen: each branch up to its own first entry and to the
 * entry beside that, or on to the next signed one, as far as the peer does not hold it (it holds
 * what is below `from_seq` on the way to `trunk`).
 * COPSE_OK, COPSE_ERR_NOMEM or a fault of the port.
 * Source: SPEC 10.14. */
enum copse_err copse_stream_add_frozen(struct copse_stream *stream, const struct copse_port *port,
                                       const struct copse_id *community,
                                       const struct copse_position *trunk,
                                       uint32_t from_seq) COPSE_MUST_CHECK;

/* Entries of one run while it is put together; large, so the caller keeps it. */
struct copse_stream_room {
    struct copse_run_part parts[COPSE_RUN_ENTRIES_MAX];
    uint8_t bytes[COPSE_MESSAGE_RUN_MAX];
};

/* Make the next run; *out borrows from `room`. The job goes on behind it.
 * COPSE_OK; COPSE_ERR_NOT_FOUND: no job is left; COPSE_ERR_BUSY: the run has an entry that awaits
 * publishing, nothing changed; COPSE_ERR_NOMEM or a fault of the port. */
enum copse_err copse_stream_next(struct copse_stream *stream, struct copse_slice *out,
                                 struct copse_stream_room *room, const struct copse_port *port,
                                 const struct copse_id *community) COPSE_MUST_CHECK;

#endif
