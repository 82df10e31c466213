/* How it works: a random hand does a deed of a kind chosen by the seed's weights. Its draft is
 * filled in by kind, spoiled if this is to be a hostile one, and written at the end of the hand's
 * log: where two hands share a device, that makes a fork.
 */
#include "tests/sim/deeds.h"

#include "protocol/entry/clock.h"
#include "tests/sim/links.h"
#include "tests/sim/pick.h"

#include <string.h>

void deeds_begin(struct deeds_draft *draft)
{
    memset(&draft->op, 0, sizeof draft->op);
    draft->raw = (struct copse_slice){NULL, 0};
    draft->class = COPSE_ENTRY_CONTROL;
    draft->has_under = false;
    draft->is_lost = false;
    draft->is_spoiled = false;
    draft->ext = (struct copse_slice){NULL, 0};
    draft->hlc = 0;
    draft->content_size = 0;
    copse_writer_init(&draft->list_writer, draft->lists, sizeof draft->lists);
}

void deeds_content_begin(struct deeds_draft *draft, struct copse_writer *writer)
{
    copse_writer_init(writer, draft->content + COPSE_CONTENT_SALT_BYTES, DEEDS_CONTENT_BYTES_MAX);
}

void deeds_content_end(struct deeds_draft *draft, const struct copse_writer *writer)
{
    struct copse_slice content = {NULL, 0};
    if (copse_writer_end(&content, writer) == COPSE_OK) {
        draft->content_size = content.size;
    }
}

/* ---- writing ---- */

static bool place(const struct sim_world *world, const struct sim_hand *hand,
                  struct copse_entry *entry)
{
    bool is_genesis = entry->class == COPSE_ENTRY_CONTROL && copse_bytes_is_zero(&world->genesis);
    if (!is_genesis) {
        entry->community = world->genesis;
    }
    if (hand->has_head[entry->class]) {
        entry->prev = hand->head[entry->class];
        entry->seq = hand->seq[entry->class] + 1;
        entry->has_prev = true;
        return true;
    }
    if (entry->class == COPSE_ENTRY_DATA) {
        entry->prev = hand->join;
        entry->has_prev = true;
        return hand->has_joined;
    }
    return true;
}

/* Sign the op with the person's root key, in place of the zeros that it has. SPEC 3.6. */
static bool sign_as_root(const struct sim_world *world, const struct sim_hand *hand,
                         struct copse_entry *entry, struct copse_op *op,
                         uint8_t room[COPSE_ENTRY_OP_BYTES_MAX])
{
    struct copse_id message;
    if (copse_op_root_message(&message, entry) != COPSE_OK) {
        return false;
    }
    size_t person = world->people.devices[hand->device].person;
    copse_key_sign(world->scheme, &op->signature, COPSE_KEY_ROOT, copse_bytes_of_id(&message),
                   &world->people.persons[person].secret);
    return copse_op_encode(&entry->op, room, op) == COPSE_OK;
}

static bool set_op(const struct sim_world *world, const struct sim_hand *hand,
                   struct copse_entry *entry, struct deeds_draft *draft,
                   uint8_t room[COPSE_ENTRY_OP_BYTES_MAX])
{
    if (draft->raw.data != NULL) {
        entry->op = draft->raw;
        return true;
    }
    if (copse_op_encode(&entry->op, room, &draft->op) != COPSE_OK) {
        return false;
    }
    return !draft->op.is_root_signed || sign_as_root(world, hand, entry, &draft->op, room);
}

void deeds_advance(struct sim_hand *hand, const struct copse_entry *entry,
                   const struct copse_id *id)
{
    if (entry->class == COPSE_ENTRY_CONTROL && entry->seq == 0) {
        hand->has_joined = true;
        hand->join = *id;
        hand->has_head[COPSE_ENTRY_DATA] = false;
    }
    hand->head[entry->class] = *id;
    hand->has_head[entry->class] = true;
    hand->seq[entry->class] = entry->seq;
    hand->hlc = entry->hlc > hand->hlc ? entry->hlc : hand->hlc;
}

static void set_content(struct sim_world *world, struct copse_entry *entry,
                        struct deeds_draft *draft, struct copse_slice *salted,
                        struct copse_slice *late)
{
    if (draft->content_size == 0) {
        return;
    }
    copse_random_bytes(&world->random, draft->content, COPSE_CONTENT_SALT_BYTES);
    struct copse_slice whole = {draft->content, COPSE_CONTENT_SALT_BYTES + draft->content_size};
    copse_id_of_content(&entry->content_hash, whole);
    entry->content_size = (uint32_t)draft->content_size;
    *(draft->is_lost ? late : salted) = whole;
}

/* Store what was written at the hand's node. */
static enum copse_err store(struct sim_world *world, const struct sim_hand *hand,
                            const struct links_file *file)
{
    if (copse_bytes_is_zero(&world->genesis)) {
        sim_world_open(world, file->id);
    }
    return world->links != NULL ? links_import(world->links, hand, file)
                                : sim_node_take(&world->nodes[hand->node], file->bytes,
                                                file->signature, file->salted);
}

static void count_entry(struct sim_world *world, const struct copse_id *id)
{
    world->entry_count++;
    sim_world_trace(world, "entry", copse_bytes_of_id(id));
}

bool deeds_write(struct sim_world *world, struct sim_hand *hand, struct deeds_draft *draft,
                 struct copse_id *id)
{
    if (world->links != NULL && links_is_honest(world->links, hand, draft)) {
        bool is_told = links_write(world->links, hand, draft, id);
        if (is_told) {
            count_entry(world, id);
        }
        return is_told;
    }
    uint8_t op_room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_entry entry;
    struct copse_slice salted = {NULL, 0};
    struct copse_slice late = {NULL, 0};
    memset(&entry, 0, sizeof entry);
    const struct sim_device *device = &world->people.devices[hand->device];
    entry.author = device->pair.key;
    entry.class = draft->class;
    entry.hlc =
        draft->hlc != 0 ? draft->hlc : copse_clock_next(hand->hlc, world->wall_ms + hand->skew_ms);
    entry.has_under = draft->has_under;
    entry.under = draft->under;
    entry.ext = draft->ext;
    set_content(world, &entry, draft, &salted, &late);
    struct copse_slice bytes;
    if (!place(world, hand, &entry) || !set_op(world, hand, &entry, draft, op_room) ||
        copse_entry_encode(&bytes, room, &entry) != COPSE_OK) {
        return false;
    }
    copse_id_of_entry(id, bytes);
    struct copse_signature signature;
    copse_key_sign(world->scheme, &signature, COPSE_KEY_ENTRY, copse_bytes_of_id(id),
                   &device->pair.secret);
    const struct links_file file = {id, bytes, &signature, salted, late};
    if (store(world, hand, &file) != COPSE_OK) {
        return false;
    }
    deeds_advance(hand, &entry, id);
    count_entry(world, id);
    return true;
}

/* ---- choosing ---- */

static uint32_t choose_kind(struct sim_world *world)
{
    size_t sum = 0;
    for (uint32_t kind = 0; kind < SIM_KINDS; kind++) {
        sum += world->options.weights[kind];
    }
    size_t left = sim_world_below(world, sum);
    for (uint32_t kind = 0; kind < SIM_KINDS; kind++) {
        if (left < world->options.weights[kind]) {
            return kind;
        }
        left -= world->options.weights[kind];
    }
    return COPSE_OP_CREATE;
}

static bool is_control(uint32_t kind)
{
    return kind < COPSE_OP_CREATE;
}

static bool draft_kind(struct sim_world *world, const struct sim_hand *hand,
                       struct deeds_draft *draft, uint32_t kind)
{
    draft->op.kind = (enum copse_op_kind)kind;
    draft->class = is_control(kind) ? COPSE_ENTRY_CONTROL : COPSE_ENTRY_DATA;
    return is_control(kind) ? deeds_draft_control(world, hand, draft, draft->op.kind)
                            : deeds_draft_data(world, hand, draft, draft->op.kind);
}

/* Cite anew now and then, and always at the beginning. */
static void cite(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    bool is_first = hand->seq[COPSE_ENTRY_CONTROL] == 0 && !hand->has_head[draft->class];
    if (is_first || sim_world_chance(world, 20)) {
        draft->has_under = pick_under(world, hand, &draft->under);
    }
}

static struct sim_hand *choose_hand(struct sim_world *world)
{
    struct sim_people *people = &world->people;
    struct sim_hand *hand = &people->hands[sim_world_below(world, people->hand_count)];
    if (sim_world_chance(world, world->options.copied_share) && hand->has_joined) {
        struct sim_hand *copy =
            sim_people_copy_hand(world, hand, sim_world_below(world, world->options.nodes));
        return copy == NULL ? hand : copy;
    }
    if (sim_world_chance(world, 1)) {
        struct sim_hand *other = sim_people_add_hand(world, people->devices[hand->device].person,
                                                     sim_world_below(world, world->options.nodes));
        return other == NULL ? hand : other;
    }
    return hand;
}

/* A copied device that forks at every entry: its next one goes where this one went. */
static void fork_again(struct sim_world *world, struct sim_hand *hand,
                       const struct sim_hand *before)
{
    if (sim_world_chance(world, world->options.forked_share)) {
        *hand = *before;
    }
}

/* A thief of a device freezes its log: more forks at one place than a log may have (SPEC 4.8). */
static void storm(struct sim_world *world, struct sim_hand *hand)
{
    static struct deeds_draft draft; /* large */
    const struct sim_hand before = *hand;
    uint32_t kind = sim_world_chance(world, 50) ? COPSE_OP_SECRET : COPSE_OP_CREATE;
    for (size_t i = 0; i <= COPSE_LOG_LEAVES_MAX; i++) {
        struct copse_id id;
        *hand = before;
        deeds_begin(&draft);
        draft.is_spoiled = true; /* a thief, not the program of the device */
        if (draft_kind(world, hand, &draft, kind)) {
            (void)deeds_write(world, hand, &draft, &id);
        }
    }
    sim_node_settle(&world->nodes[hand->node]);
    sim_world_reach(world, SIM_REACHED_STORM);
}

static bool join(struct sim_world *world, struct sim_hand *hand, struct deeds_draft *draft)
{
    struct copse_id id;
    draft->op.kind = COPSE_OP_JOIN;
    bool is_fresh = !hand->has_joined;
    struct sim_hand kept = *hand;
    hand->has_head[COPSE_ENTRY_CONTROL] = false;
    hand->has_head[COPSE_ENTRY_DATA] = false;
    bool written = deeds_draft_join(world, hand, draft) && deeds_write(world, hand, draft, &id);
    if (!written && !is_fresh) {
        *hand = kept;
    }
    return written;
}

static bool act(struct sim_world *world, struct sim_hand *hand, struct deeds_draft *draft)
{
    uint32_t kind = choose_kind(world);
    if (!hand->has_joined || kind == COPSE_OP_JOIN) {
        return join(world, hand, draft);
    }
    if (sim_world_chance(world, world->options.storm_share)) {
        storm(world, hand);
    }
    if (!draft_kind(world, hand, draft, kind)) {
        return false;
    }
    cite(world, hand, draft);
    if (sim_world_chance(world, world->options.hostile_share)) {
        deeds_spoil(world, hand, draft);
        draft->is_spoiled = true;
        world->hostile_count++;
    }
    struct sim_hand before = *hand;
    struct copse_id id;
    bool written = deeds_write(world, hand, draft, &id);
    if (written) {
        fork_again(world, hand, &before);
    }
    return written;
}

bool deeds_join(struct sim_world *world, struct sim_hand *hand)
{
    static struct deeds_draft draft; /* large */
    deeds_begin(&draft);
    return join(world, hand, &draft);
}

void deeds_random(struct sim_world *world)
{
    static struct deeds_draft draft; /* large */
    for (size_t tries = 0; tries < 8; tries++) {
        struct sim_hand *hand = choose_hand(world);
        deeds_begin(&draft);
        if (act(world, hand, &draft)) {
            sim_node_settle(&world->nodes[hand->node]);
            return;
        }
    }
}
