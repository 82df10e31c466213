/* How it works: a run is gathered from the job's first seq on, entry by entry, until one of its
 * bounds is met, and cut back to the last signed entry. Contents travel along while they fit; if
 * that leaves no signed entry, the run is gathered again without contents, and SPEC 4.11 promises
 * that there is one then.
 */
#include "protocol/wire/stream.h"

#include <string.h>

#define RUN_HEAD_MAX 192u /* a run without its items: author, class, base, signature, heads */
/* An item is smaller than its entry: at least version, community, author and seq are left out. */
#define ITEM_SAVES 60u
/* With its content it leaves out the hash as well, and the content brings a head of three. */
#define ITEM_WITH_CONTENT_SAVES 90u

void copse_stream_init(struct copse_stream *stream, const struct copse_memory *memory)
{
    memset(stream, 0, sizeof *stream);
    stream->memory = memory;
}

void copse_stream_deinit(struct copse_stream *stream)
{
    if (stream->memory != NULL) {
        copse_memory_free(stream->memory, stream->jobs);
    }
    memset(stream, 0, sizeof *stream);
}

bool copse_stream_is_empty(const struct copse_stream *stream)
{
    return stream->first == stream->count;
}

void copse_stream_clear(struct copse_stream *stream)
{
    const struct copse_memory *memory = stream->memory;
    copse_stream_deinit(stream);
    stream->memory = memory;
}

static bool waits(const struct copse_stream *stream, const struct copse_stream_job *job)
{
    for (size_t i = stream->first; i < stream->count; i++) {
        const struct copse_position *leaf = &stream->jobs[i].leaf;
        if (leaf->log == job->leaf.log && leaf->branch == job->leaf.branch &&
            leaf->seq == job->leaf.seq && stream->jobs[i].from_seq <= job->from_seq) {
            return true;
        }
    }
    return false;
}

enum copse_err copse_stream_add(struct copse_stream *stream, const struct copse_stream_job *job,
                                enum copse_stream_check check)
{
    if (job->from_seq > job->leaf.seq || (check == COPSE_STREAM_UNIQUE && waits(stream, job))) {
        return COPSE_OK;
    }
    if (stream->first == stream->count) {
        stream->first = 0;
        stream->count = 0;
    }
    enum copse_err err = copse_memory_grow(stream->memory, &stream->jobs, &stream->capacity,
                                           stream->count + 1, sizeof *stream->jobs);
    if (err == COPSE_OK) {
        stream->jobs[stream->count++] = *job;
    }
    return err;
}

/* ---- frozen logs ---- */

/* What a frozen log is sent from. */
struct frozen {
    const struct copse_port *port;
    const struct copse_id *community;
    const struct copse_log *log;
    struct copse_position
        known[2 * COPSE_LOG_BRANCHES_MAX + 1]; /* the peer holds or is sent them */
    size_t known_count;
};

/* Go on along the branch to the next entry whose signature is held; every leaf's is. */
static enum copse_err find_signed(const struct frozen *frozen, struct copse_position *position)
{
    for (; position->seq <= frozen->log->branches[position->branch].last_seq; position->seq++) {
        struct copse_port_entry entry;
        enum copse_err err =
            frozen->port->at(frozen->port->context, &entry, frozen->community, position);
        if (err != COPSE_OK || entry.is_signed) {
            return err;
        }
    }
    return COPSE_ERR_NOT_FOUND;
}

/* One entry that shows a fork, from behind what the peer holds or has been sent before. */
static enum copse_err add_target(struct copse_stream *stream, struct frozen *frozen,
                                 struct copse_position target)
{
    enum copse_err err = find_signed(frozen, &target);
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    struct copse_stream_job job = {target, 0};
    for (size_t i = 0; i < frozen->known_count; i++) {
        struct copse_position common;
        if (copse_history_common(&common, frozen->log, &target, &frozen->known[i]) == COPSE_OK &&
            common.seq + 1 > job.from_seq) {
            job.from_seq = common.seq + 1;
        }
    }
    frozen->known[frozen->known_count++] = target;
    return copse_stream_add(stream, &job, COPSE_STREAM_ANY);
}

enum copse_err copse_stream_add_frozen(struct copse_stream *stream, const struct copse_port *port,
                                       const struct copse_id *community,
                                       const struct copse_position *trunk, uint32_t from_seq)
{
    struct frozen frozen = {.port = port, .community = community};
    frozen.log = port->log(port->context, community, trunk->log);
    if (frozen.log == NULL) {
        return COPSE_OK; /* gone since; the next round will tell */
    }
    if (from_seq > 0 &&
        copse_history_on_path(&frozen.known[0], frozen.log, trunk, from_seq - 1) == COPSE_OK) {
        frozen.known_count = 1;
    }
    enum copse_err err = COPSE_OK;
    for (uint32_t i = 0; i < frozen.log->branch_count && err == COPSE_OK; i++) {
        const struct copse_log_branch *branch = &frozen.log->branches[i];
        struct copse_position own = {trunk->log, i, branch->first_seq};
        struct copse_position beside = {trunk->log, branch->parent, branch->first_seq};
        /* A first branch leaves none, so that nothing is beside it but other first ones. */
        if (branch->parent != i) {
            err = add_target(stream, &frozen, beside);
        }
        if (err == COPSE_OK) {
            err = add_target(stream, &frozen, own);
        }
    }
    return err;
}

/* ---- runs ---- */

enum along { ALONE, WITH_CONTENTS };

/* What was gathered. */
struct gathered {
    size_t signed_count; /* entries up to the last signed one */
    struct copse_signature signature;
    bool awaits_publish; /* one of them does */
};

struct source {
    const struct copse_port *port;
    const struct copse_id *community;
    const struct copse_log *log;
};

static size_t item_size(const struct copse_port_entry *entry, enum along along)
{
    return along == WITH_CONTENTS && entry->salted.data != NULL
               ? entry->bytes.size + entry->salted.size - ITEM_WITH_CONTENT_SAVES
               : entry->bytes.size - ITEM_SAVES;
}

static enum copse_err gather(struct gathered *out, struct copse_stream_room *room,
                             const struct source *source, const struct copse_stream_job *job,
                             enum along along)
{
    memset(out, 0, sizeof *out);
    bool awaits_publish = false;
    size_t canonical = 0;
    size_t size = RUN_HEAD_MAX;
    size_t count = 0;
    for (uint32_t seq = job->from_seq; seq <= job->leaf.seq && count < COPSE_RUN_ENTRIES_MAX;
         seq++) {
        struct copse_position position;
        struct copse_port_entry entry;
        enum copse_err err = copse_history_on_path(&position, source->log, &job->leaf, seq);
        if (err == COPSE_OK) {
            err = source->port->at(source->port->context, &entry, source->community, &position);
        }
        if (err != COPSE_OK) {
            return err;
        }
        canonical += entry.bytes.size;
        size += item_size(&entry, along);
        if (canonical > COPSE_RUN_BYTES_MAX || size > COPSE_MESSAGE_RUN_MAX) {
            break;
        }
        room->parts[count].entry = entry.bytes;
        room->parts[count].salted =
            along == WITH_CONTENTS ? entry.salted : (struct copse_slice){NULL, 0};
        count++;
        awaits_publish = awaits_publish || entry.awaits_publish;
        if (entry.is_signed) {
            out->signed_count = count;
            out->signature = entry.signature;
            out->awaits_publish = awaits_publish;
        }
        /* SPEC 4.9: "An entry without prev is a run by itself" */
        if (seq == 0 && source->log->class == COPSE_ENTRY_CONTROL) {
            break;
        }
    }
    return COPSE_OK;
}

/* The hlc of the entry that the first part follows; 0 where there is none. */
static enum copse_err find_base_hlc(uint64_t *hlc, const struct source *source,
                                    const struct copse_run_part *first)
{
    struct copse_entry entry;
    enum copse_err err = copse_entry_decode(&entry, first->entry);
    *hlc = 0;
    if (err != COPSE_OK || !entry.has_prev) {
        return err;
    }
    struct copse_port_entry base;
    err = source->port->find(source->port->context, &base, source->community, &entry.prev);
    if (err == COPSE_OK) {
        err = copse_entry_decode(&entry, base.bytes);
    }
    if (err == COPSE_OK) {
        *hlc = entry.hlc;
    }
    return err;
}

static enum copse_err make_run(struct copse_slice *out, struct copse_stream_room *room,
                               const struct source *source, struct copse_stream_job *job)
{
    struct gathered gathered;
    enum copse_err err = gather(&gathered, room, source, job, WITH_CONTENTS);
    if (err == COPSE_OK && gathered.signed_count == 0) {
        err = gather(&gathered, room, source, job, ALONE);
    }
    if (err != COPSE_OK) {
        return err;
    }
    if (gathered.signed_count == 0) {
        return COPSE_ERR_NOT_FOUND; /* the log has changed under the job */
    }
    if (gathered.awaits_publish) {
        return COPSE_ERR_BUSY;
    }
    uint64_t base_hlc = 0;
    err = find_base_hlc(&base_hlc, source, &room->parts[0]);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_writer writer;
    copse_writer_init(&writer, room->bytes, sizeof room->bytes);
    err = copse_run_encode(&writer, room->parts, gathered.signed_count, base_hlc,
                           &gathered.signature);
    if (err != COPSE_OK) {
        return COPSE_ERR_CORRUPT;
    }
    job->from_seq += (uint32_t)gathered.signed_count;
    return copse_writer_end(out, &writer);
}

enum copse_err copse_stream_next(struct copse_stream *stream, struct copse_slice *out,
                                 struct copse_stream_room *room, const struct copse_port *port,
                                 const struct copse_id *community)
{
    while (!copse_stream_is_empty(stream)) {
        struct copse_stream_job *job = &stream->jobs[stream->first];
        struct source source = {port, community,
                                port->log(port->context, community, job->leaf.log)};
        /* What is not here any more (a surplus branch was given up) is not sent. */
        enum copse_err err = COPSE_ERR_NOT_FOUND;
        if (source.log != NULL && job->leaf.branch < source.log->branch_count) {
            err = make_run(out, room, &source, job);
        }
        if (err == COPSE_ERR_NOT_FOUND || (err == COPSE_OK && job->from_seq > job->leaf.seq)) {
            stream->first++;
        }
        if (err != COPSE_ERR_NOT_FOUND) {
            return err;
        }
    }
    copse_stream_clear(stream);
    return COPSE_ERR_NOT_FOUND;
}
