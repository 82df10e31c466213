/* How it works: choose a signed entry that the other side lacks; the way back from it to what the
 * other side holds is a stretch of one log. Where that is too long for a run, a signed entry
 * on the way is the end instead (SPEC 4.11 says there is one). Now and then the stretch begins
 * earlier than it must, its bytes are changed on the way, or it is sent although the other
 * side cannot take it: all of which must change nothing.
 */
#include "tests/sim/exchange.h"

#include "protocol/entry/run.h"

#include <string.h>

#define RUN_ROOM_BYTES (1u << 20)
#define CONTENT_BYTES_MAX (RUN_ROOM_BYTES - 2 * COPSE_RUN_BYTES_MAX)

/* A stretch of one log, first entry first: indexes of notes of the sender. */
struct stretch {
    size_t notes[COPSE_RUN_ENTRIES_MAX];
    size_t count;
};

static const struct copse_held *held_at(const struct sim_node *node, size_t index)
{
    return memory_source_at(node->source, index);
}

static size_t index_of(const struct sim_node *node, const struct copse_id *id)
{
    const struct sim_note *note = sim_node_find(node, id);
    return note == NULL ? SIM_NONE : (size_t)(note - node->notes);
}

/* The entry before, in the same log; SIM_NONE at its start. */
static size_t before(const struct sim_node *node, size_t index)
{
    const struct copse_entry *entry = &held_at(node, index)->entry;
    return entry->seq == 0 ? SIM_NONE : index_of(node, &entry->prev);
}

static size_t bytes_of(const struct sim_node *node, size_t index)
{
    return memory_source_bytes(node->source, &node->notes[index].id).size;
}

static void reverse(struct stretch *stretch)
{
    for (size_t i = 0; i < stretch->count / 2; i++) {
        size_t swap = stretch->notes[i];
        stretch->notes[i] = stretch->notes[stretch->count - 1 - i];
        stretch->notes[stretch->count - 1 - i] = swap;
    }
}

/* The first entry of class 0 of a log. */
static bool is_opening(const struct sim_node *node, size_t index)
{
    return !held_at(node, index)->entry.has_prev;
}

/* Where a stretch that ends at `last` may begin so that it fits a run; and whether the receiver
 * then holds what it hangs from. */
static bool stretch_back(struct stretch *out, const struct sim_node *from,
                         const struct sim_node *to, size_t last)
{
    size_t bytes = 0;
    out->count = 0;
    for (size_t at = last; at != SIM_NONE; at = before(from, at)) {
        if (sim_node_find(to, &from->notes[at].id) != NULL) {
            break;
        }
        bytes += bytes_of(from, at);
        if (out->count == COPSE_RUN_ENTRIES_MAX || bytes > COPSE_RUN_BYTES_MAX) {
            return false;
        }
        out->notes[out->count++] = at;
    }
    reverse(out);
    if (is_opening(from, out->notes[0])) {
        out->count = 1; /* it travels alone, so that everybody holds its signature */
    }
    return true;
}

/* The signed entry nearest to what the receiver holds, on the way to `last`. */
static size_t nearest_signed(const struct sim_node *from, const struct sim_node *to, size_t last)
{
    size_t nearest = last;
    for (size_t at = last; at != SIM_NONE; at = before(from, at)) {
        if (sim_node_find(to, &from->notes[at].id) != NULL) {
            break;
        }
        if (from->notes[at].is_signed) {
            nearest = at;
        }
    }
    return nearest;
}

/* Begin earlier than needed, where it fits. */
static void lengthen(struct sim_world *world, struct stretch *stretch, const struct sim_node *from)
{
    size_t bytes = 0;
    for (size_t i = 0; i < stretch->count; i++) {
        bytes += bytes_of(from, stretch->notes[i]);
    }
    for (size_t more = sim_world_below(world, 4); more > 0; more--) {
        size_t at = before(from, stretch->notes[0]);
        if (at == SIM_NONE || stretch->count == COPSE_RUN_ENTRIES_MAX ||
            bytes + bytes_of(from, at) > COPSE_RUN_BYTES_MAX || is_opening(from, at)) {
            return;
        }
        bytes += bytes_of(from, at);
        memmove(stretch->notes + 1, stretch->notes, stretch->count * sizeof stretch->notes[0]);
        stretch->notes[0] = at;
        stretch->count++;
    }
}

/* The hlc of what an entry hangs from. */
static uint64_t base_hlc(const struct sim_node *node, size_t index)
{
    const struct copse_entry *entry = &held_at(node, index)->entry;
    return entry->has_prev ? held_at(node, index_of(node, &entry->prev))->entry.hlc : 0;
}

static struct copse_slice encode(struct sim_world *world, const struct sim_node *from,
                                 const struct stretch *stretch)
{
    static uint8_t room[RUN_ROOM_BYTES];
    static struct copse_run_part parts[COPSE_RUN_ENTRIES_MAX];
    size_t content_bytes = 0;
    for (size_t i = 0; i < stretch->count; i++) {
        const struct sim_note *note = &from->notes[stretch->notes[i]];
        parts[i].entry = memory_source_bytes(from->source, &note->id);
        parts[i].salted = (struct copse_slice){NULL, 0};
        if (note->salted != NULL && content_bytes + note->salted_size <= CONTENT_BYTES_MAX &&
            sim_world_chance(world, world->options.inline_share)) {
            parts[i].salted = (struct copse_slice){note->salted, note->salted_size};
            content_bytes += note->salted_size;
        }
    }
    struct copse_writer writer;
    copse_writer_init(&writer, room, sizeof room);
    struct copse_slice run = {NULL, 0};
    enum copse_err err =
        copse_run_encode(&writer, parts, stretch->count, base_hlc(from, stretch->notes[0]),
                         &from->notes[stretch->notes[stretch->count - 1]].signature);
    if (err == COPSE_OK) {
        err = copse_writer_end(&run, &writer);
    }
    if (err != COPSE_OK) {
        sim_world_fail(world, "node %zu cannot encode a run of %zu: %s", from->number,
                       stretch->count, copse_error_name(err));
        return (struct copse_slice){NULL, 0};
    }
    return run;
}

/* One byte of it is another. It must be refused and change nothing. */
static void send_mutated(struct sim_world *world, struct sim_node *to, struct copse_slice run)
{
    static uint8_t room[RUN_ROOM_BYTES];
    memcpy(room, run.data, run.size);
    size_t at = sim_world_below(world, run.size);
    room[at] ^= (uint8_t)(1 + sim_world_below(world, 255));
    size_t size = sim_world_chance(world, 10) ? at : run.size;
    size_t count = to->count;
    if (sim_node_take_run(to, (struct copse_slice){room, size}) == COPSE_OK) {
        sim_world_fail(world, "node %zu took a run with byte %zu changed", to->number, at);
    }
    if (to->count != count) {
        sim_world_fail(world, "node %zu kept part of a run that it refused", to->number);
    }
    world->refused_count++;
    sim_world_reach(world, SIM_REACHED_MUTATED);
}

static void trace_run(struct sim_world *world, size_t to, const struct copse_id *last,
                      enum copse_err err)
{
    uint8_t bytes[COPSE_ID_BYTES + 2];
    memcpy(bytes, last->bytes, COPSE_ID_BYTES);
    bytes[COPSE_ID_BYTES] = (uint8_t)to;
    bytes[COPSE_ID_BYTES + 1] = (uint8_t)(err & 0xff);
    sim_world_trace(world, "run", (struct copse_slice){bytes, sizeof bytes});
}

/* The base of a stretch is held, or it has none; so the receiver must take it. */
static bool has_base(const struct sim_node *from, const struct sim_node *to, size_t first)
{
    const struct copse_entry *entry = &held_at(from, first)->entry;
    return !entry->has_prev || sim_node_find(to, &entry->prev) != NULL;
}

static void send(struct sim_world *world, struct sim_node *from, struct sim_node *to,
                 const struct stretch *stretch)
{
    struct copse_slice run = encode(world, from, stretch);
    if (run.data == NULL) {
        return;
    }
    if (sim_world_chance(world, world->options.mutated_share)) {
        send_mutated(world, to, run);
    }
    struct copse_id last = from->notes[stretch->notes[stretch->count - 1]].id;
    bool is_due = has_base(from, to, stretch->notes[0]);
    enum copse_err err = sim_node_take_run(to, run);
    world->run_count++;
    if (stretch->count >= 10) {
        sim_world_reach(world, SIM_REACHED_LONG_RUN);
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        sim_world_reach(world, SIM_REACHED_NO_BASE);
    }
    trace_run(world, to->number, &last, err);
    if (is_due && err != COPSE_OK) {
        sim_world_fail(world, "node %zu refused a run from %zu: %s", to->number, from->number,
                       copse_error_name(err));
    }
    if (!is_due && err != COPSE_ERR_NOT_FOUND) {
        sim_world_fail(world, "node %zu took a run without its base: %s", to->number,
                       copse_error_name(err));
    }
}

/* A note of the sender that the receiver lacks and that may end a run; from a random place on. */
static size_t choose_last(struct sim_world *world, const struct sim_node *from,
                          const struct sim_node *to)
{
    size_t start = sim_world_below(world, from->count);
    for (size_t i = 0; i < from->count; i++) {
        size_t at = (start + i) % from->count;
        if (from->notes[at].is_signed && sim_node_find(to, &from->notes[at].id) == NULL &&
            derive_wants(to, from, held_at(from, at))) {
            return at;
        }
    }
    return SIM_NONE;
}

static bool send_one(struct sim_world *world, struct sim_node *from, struct sim_node *to)
{
    size_t last = choose_last(world, from, to);
    if (last == SIM_NONE) {
        return false;
    }
    struct stretch stretch;
    if (sim_world_chance(world, 30)) {
        last = nearest_signed(from, to, last);
    }
    if (!stretch_back(&stretch, from, to, last)) {
        last = nearest_signed(from, to, last);
        if (!stretch_back(&stretch, from, to, last)) {
            sim_world_fail(world, "node %zu cannot send an entry in one run", from->number);
            return false;
        }
    }
    if (sim_world_chance(world, 20)) {
        lengthen(world, &stretch, from);
    }
    send(world, from, to, &stretch);
    return true;
}

static void send_content(struct sim_world *world, const struct sim_note *note, struct sim_node *to)
{
    static uint8_t room[COPSE_CONTENT_SALT_BYTES + COPSE_CONTENT_BYTES_MAX];
    struct copse_slice salted = {note->salted, note->salted_size};
    if (sim_world_chance(world, world->options.mutated_share)) {
        memcpy(room, salted.data, salted.size);
        room[sim_world_below(world, salted.size)] ^= 1;
        if (sim_node_take_content(to, &note->id, (struct copse_slice){room, salted.size}) ==
            COPSE_OK) {
            sim_world_fail(world, "node %zu took a content with a bit changed", to->number);
        }
    }
    if (sim_node_take_content(to, &note->id, salted) == COPSE_OK) {
        sim_world_trace(world, "content", copse_bytes_of_id(&note->id));
    }
}

static void send_contents(struct sim_world *world, const struct sim_node *from, struct sim_node *to,
                          uint32_t percent)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct sim_note *note = &from->notes[i];
        if (note->salted != NULL && sim_world_chance(world, percent)) {
            send_content(world, note, to);
        }
    }
}

void exchange_some(struct sim_world *world, size_t from, size_t to, size_t batch)
{
    struct sim_node *sender = &world->nodes[from];
    struct sim_node *receiver = &world->nodes[to];
    for (size_t i = 0; i < batch && send_one(world, sender, receiver); i++) {
        if (sim_world_chance(world, 25)) {
            sim_node_settle(receiver);
        }
    }
    send_contents(world, sender, receiver, 30);
    derive_give_loose(world, sender, receiver);
    sim_node_settle(receiver);
}

void exchange_all(struct sim_world *world, size_t from, size_t to)
{
    struct sim_node *sender = &world->nodes[from];
    struct sim_node *receiver = &world->nodes[to];
    size_t rounds = 4 * sender->count + 16;
    for (size_t i = 0; i < rounds && send_one(world, sender, receiver); i++) {
        if (sim_world_chance(world, 10)) {
            sim_node_settle(receiver);
        }
    }
    sim_node_settle(receiver);
    send_contents(world, sender, receiver, 100);
    derive_give_loose(world, sender, receiver);
    sim_node_settle(receiver);
}
