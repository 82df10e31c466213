/* Drafts of class 0 ops. What they are about is picked at random from what the hand's node holds,
 * mostly such that an honest program might have written it; whether it is permitted is for
 * the judge.
 */
#include "tests/sim/deeds.h"

#include "protocol/entry/clock.h"
#include "protocol/rules/object.h"
#include "tests/sim/pick.h"

#define BIT(kind) (UINT64_C(1) << (kind))
#define ENDINGS (BIT(COPSE_OP_REMOVE) | BIT(COPSE_OP_REVOKE) | BIT(COPSE_OP_RECALL))
#define LEAVINGS (BIT(COPSE_OP_LEAVE) | BIT(COPSE_OP_REMOVE) | BIT(COPSE_OP_RECALL))
#define GRANTS                                                                                     \
    (BIT(COPSE_OP_GRANT) | BIT(COPSE_OP_JOIN) | BIT(COPSE_OP_INVITE) | BIT(COPSE_OP_GENESIS))
#define DATA                                                                                       \
    (BIT(COPSE_OP_CREATE) | BIT(COPSE_OP_EDIT) | BIT(COPSE_OP_SET) | BIT(COPSE_OP_ADD) |           \
     BIT(COPSE_OP_DEL))

static const struct sim_node *node_of(const struct sim_world *world, const struct sim_hand *hand)
{
    return &world->nodes[hand->node];
}

static struct copse_op_list list(struct sim_world *world, const struct sim_hand *hand,
                                 struct deeds_draft *draft, const struct pick_filter *filter)
{
    struct copse_id ids[COPSE_OP_TARGETS_MAX];
    COPSE_ASSERT(filter->most <= COPSE_ARRAY_SIZE(ids));
    size_t count = pick_ids(world, ids, node_of(world, hand), filter);
    return copse_op_list_ids(&draft->list_writer, ids, count);
}

static void cut(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft,
                size_t person)
{
    struct pick_leaves leaves;
    pick_cut(world, &leaves, node_of(world, hand), person);
    draft->op.cut = copse_op_list_leaves(&draft->list_writer, leaves.leaves, leaves.count);
}

static size_t any_person(struct sim_world *world)
{
    return sim_world_below(world, world->people.person_count);
}

static bool about_note(struct sim_world *world, const struct sim_hand *hand,
                       struct deeds_draft *draft, uint32_t kind)
{
    const struct sim_note *note = pick_note(world, node_of(world, hand), kind);
    if (note == NULL) {
        return false;
    }
    draft->op.target = note->id;
    return true;
}

static void reason(struct sim_world *world, struct deeds_draft *draft)
{
    struct copse_writer writer;
    if (sim_world_chance(world, 70)) {
        return;
    }
    deeds_content_begin(draft, &writer);
    copse_writer_str(&writer, copse_bytes_of_string("because"));
    deeds_content_end(draft, &writer);
}

static void charter_map(struct sim_world *world, struct deeds_draft *draft)
{
    struct copse_writer writer;
    copse_writer_init(&writer, draft->maps, sizeof draft->maps);
    copse_writer_map(&writer, 3);
    copse_writer_uint(&writer, 1);
    copse_writer_bool(&writer, sim_world_chance(world, 70));
    copse_writer_uint(&writer, 2);
    copse_writer_bool(&writer, sim_world_chance(world, 50));
    copse_writer_uint(&writer, 3);
    bool waits = sim_world_chance(world, 30);
    copse_writer_array(&writer, waits ? 2 : 0);
    if (waits) {
        copse_writer_uint(&writer, COPSE_OP_CREATE);
        copse_writer_uint(&writer, COPSE_OP_SET);
    }
    enum copse_err err = copse_writer_end(&draft->op.charter, &writer);
    COPSE_ASSERT(err == COPSE_OK);
}

static bool grant(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    static const enum copse_op_role roles[] = {
        COPSE_OP_COORDINATOR, COPSE_OP_COORDINATOR, COPSE_OP_MODERATOR, COPSE_OP_MODERATOR,
        COPSE_OP_MEMBER,      COPSE_OP_MEMBER,      COPSE_OP_MEMBER,    COPSE_OP_GUEST};
    struct copse_op *op = &draft->op;
    size_t person = any_person(world);
    op->target = world->people.persons[person].key;
    op->role = roles[sim_world_below(world, COPSE_ARRAY_SIZE(roles))];
    const struct pick_filter over = {LEAVINGS, sim_world_chance(world, 80) ? &op->target : NULL, 70,
                                     8};
    op->over = list(world, hand, draft, &over);
    op->has_until = sim_world_chance(world, 10);
    op->until = copse_clock_of_ms(world->wall_ms + sim_world_below(world, 2000000));
    return true;
}

static bool revoke(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    struct copse_op *op = &draft->op;
    const struct pick_filter grants = {GRANTS, NULL, 30, 1 + sim_world_below(world, 3)};
    const struct pick_filter keep = {BIT(COPSE_OP_JOIN), NULL, 50, 20};
    op->ids = list(world, hand, draft, &grants);
    op->keep = list(world, hand, draft, &keep);
    op->reason = (enum copse_op_reason)sim_world_below(world, 3);
    cut(world, hand, draft, any_person(world));
    reason(world, draft);
    return op->ids.count > 0;
}

static bool remove_person(struct sim_world *world, const struct sim_hand *hand,
                          struct deeds_draft *draft)
{
    size_t person = any_person(world);
    draft->op.target = world->people.persons[person].key;
    draft->op.to = (enum copse_op_removal)sim_world_below(world, 3);
    cut(world, hand, draft, person);
    reason(world, draft);
    return true;
}

static bool accept(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    struct copse_op *op = &draft->op;
    struct copse_id ids[4];
    const struct pick_filter endings = {ENDINGS, NULL, 60, COPSE_ARRAY_SIZE(ids)};
    size_t count = pick_ids(world, ids, node_of(world, hand), &endings);
    size_t device = sim_world_below(world, world->people.device_count);
    size_t person = any_person(world);
    if (count > 0 && sim_world_chance(world, 70)) {
        op->what = COPSE_OP_ACCEPTS_ENDING;
        op->target = ids[sim_world_below(world, count)];
        size_t about = sim_people_of_key(&world->people,
                                         &sim_node_find(node_of(world, hand), &op->target)->about);
        person = about == SIM_NONE ? person : about;
    } else {
        op->what = COPSE_OP_ACCEPTS_DEVICE;
        op->target = world->people.devices[device].pair.key;
        person = world->people.devices[device].person;
    }
    cut(world, hand, draft, person);
    return true;
}

static bool leave(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    draft->op.is_root_signed = sim_world_chance(world, 60);
    if (draft->op.is_root_signed) {
        draft->op.to = (enum copse_op_removal)sim_world_below(world, 2);
        cut(world, hand, draft, world->people.devices[hand->device].person);
    }
    reason(world, draft);
    return true;
}

static bool device_revoke(struct sim_world *world, const struct sim_hand *hand,
                          struct deeds_draft *draft)
{
    const struct sim_people *people = &world->people;
    size_t person = people->devices[hand->device].person;
    size_t device = sim_world_below(world, people->device_count);
    while (people->devices[device].person != person && !sim_world_chance(world, 3)) {
        device = (device + 1) % people->device_count;
    }
    draft->op.is_root_signed = true;
    draft->op.target = people->devices[device].pair.key;
    cut(world, hand, draft, person);
    return true;
}

/* A person hands the seed to others by other means, so everybody in the world knows it. */
static bool invite(struct sim_world *world, struct deeds_draft *draft)
{
    struct sim_people *people = &world->people;
    struct copse_op *op = &draft->op;
    if (people->invite_count == SIM_INVITES_MAX) {
        return false;
    }
    struct sim_invite *made = &people->invites[people->invite_count++];
    sim_people_make_pair(world, &made->pair);
    op->target = made->pair.key;
    op->role = sim_world_chance(world, 70) ? COPSE_OP_MEMBER : COPSE_OP_GUEST;
    op->has_uses = sim_world_chance(world, 30);
    op->uses = 2;
    op->has_until = sim_world_chance(world, 10);
    op->until = copse_clock_of_ms(world->wall_ms + sim_world_below(world, 2000000));
    return true;
}

static bool charter(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    const struct pick_filter over = {BIT(COPSE_OP_CHARTER) | BIT(COPSE_OP_GENESIS), NULL, 70, 4};
    charter_map(world, draft);
    draft->op.over = list(world, hand, draft, &over);
    if (sim_world_chance(world, 40)) {
        cut(world, hand, draft, any_person(world));
    }
    return draft->op.over.count > 0;
}

static bool recall(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    size_t person = sim_world_below(world, world->options.founders);
    draft->op.target = world->people.persons[person].key;
    cut(world, hand, draft, person);
    reason(world, draft);
    return true;
}

/* An act against something, or one that ends acts of `opposite` by name. */
static bool moderate(struct sim_world *world, const struct sim_hand *hand,
                     struct deeds_draft *draft, enum copse_op_kind opposite)
{
    struct copse_op *op = &draft->op;
    const struct sim_node *node = node_of(world, hand);
    if (opposite == COPSE_OP_GENESIS) {
        bool is_object = sim_world_chance(world, 70);
        if (!about_note(world, hand, draft, is_object ? COPSE_OP_CREATE : SIM_KINDS)) {
            return false;
        }
        reason(world, draft);
        return true;
    }
    const struct sim_note *act = pick_note(world, node, (uint32_t)opposite);
    if (act == NULL) {
        return false;
    }
    op->target = act->about;
    op->field = act->field;
    const struct pick_filter over = {BIT(opposite),
                                     sim_world_chance(world, 90) ? &act->about : NULL, 80, 8};
    op->over = list(world, hand, draft, &over);
    return op->over.count > 0;
}

static bool bar(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    struct copse_writer writer;
    draft->op.field = sim_world_chance(world, 90) ? COPSE_OBJECT_FIELD_TAGS
                                                  : (uint32_t)sim_world_below(world, 60);
    deeds_content_begin(draft, &writer);
    copse_writer_map(&writer, 2);
    copse_writer_uint(&writer, 1);
    copse_writer_str(&writer, copse_bytes_of_string(sim_world_chance(world, 50) ? "a" : "b"));
    copse_writer_uint(&writer, 2);
    copse_writer_str(&writer, copse_bytes_of_string("rude"));
    deeds_content_end(draft, &writer);
    return about_note(world, hand, draft, COPSE_OP_CREATE);
}

static bool targets(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    const struct pick_filter some = {DATA | BIT(COPSE_OP_HIDE), NULL, 10, 6};
    draft->op.ids = list(world, hand, draft, &some);
    return draft->op.ids.count > 0;
}

static bool flag(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft)
{
    static const uint8_t values[] = {0xc3, 0xc2, 0xc0, 0x07};
    struct copse_op *op = &draft->op;
    if (!about_note(world, hand, draft, COPSE_OP_CREATE)) {
        return false;
    }
    op->field = sim_world_chance(world, 50) ? COPSE_OBJECT_FIELD_PUBLIC : COPSE_OBJECT_FIELD_PINNED;
    op->value = (struct copse_slice){values + sim_world_below(world, sizeof values), 1};
    const struct pick_filter over = {BIT(COPSE_OP_FLAG), &op->target, 60, 8};
    op->over = list(world, hand, draft, &over);
    return true;
}

bool deeds_draft_control(struct sim_world *world, const struct sim_hand *hand,
                         struct deeds_draft *draft, enum copse_op_kind kind)
{
    switch (kind) {
    case COPSE_OP_GRANT:
        return grant(world, hand, draft);
    case COPSE_OP_REVOKE:
        return revoke(world, hand, draft);
    case COPSE_OP_REMOVE:
        return remove_person(world, hand, draft);
    case COPSE_OP_ACCEPT:
        return accept(world, hand, draft);
    case COPSE_OP_LEAVE:
        return leave(world, hand, draft);
    case COPSE_OP_DEVICE_REVOKE:
        return device_revoke(world, hand, draft);
    case COPSE_OP_INVITE:
        return invite(world, draft);
    case COPSE_OP_CHARTER:
        return charter(world, hand, draft);
    case COPSE_OP_RECALL:
        return recall(world, hand, draft);
    case COPSE_OP_ASSENT:
        return about_note(world, hand, draft,
                          sim_world_chance(world, 90) ? COPSE_OP_RECALL : SIM_KINDS);
    case COPSE_OP_HIDE:
        return moderate(world, hand, draft, COPSE_OP_GENESIS);
    case COPSE_OP_UNHIDE:
        return moderate(world, hand, draft, COPSE_OP_HIDE);
    case COPSE_OP_LOCK:
        cut(world, hand, draft, any_person(world));
        return moderate(world, hand, draft, COPSE_OP_GENESIS);
    case COPSE_OP_UNLOCK:
        return moderate(world, hand, draft, COPSE_OP_LOCK);
    case COPSE_OP_BAR:
        return bar(world, hand, draft);
    case COPSE_OP_UNBAR:
        return moderate(world, hand, draft, COPSE_OP_BAR);
    case COPSE_OP_APPROVE:
    case COPSE_OP_ERASE:
        return targets(world, hand, draft);
    case COPSE_OP_FLAG:
        return flag(world, hand, draft);
    case COPSE_OP_SECRET:
        copse_random_bytes(&world->random, draft->op.target.bytes, sizeof draft->op.target.bytes);
        return true;
    case COPSE_OP_GENESIS:
    case COPSE_OP_JOIN:
    case COPSE_OP_CREATE:
    case COPSE_OP_EDIT:
    case COPSE_OP_SET:
    case COPSE_OP_ADD:
    case COPSE_OP_DEL:
        break;
    }
    return false;
}

/* ---- coming in ---- */

void deeds_found(struct sim_world *world)
{
    static struct deeds_draft draft; /* large */
    struct sim_hand *hand = &world->people.hands[0];
    struct copse_id founders[COPSE_OP_FOUNDERS_MAX];
    deeds_begin(&draft);
    struct copse_op *op = &draft.op;
    op->kind = COPSE_OP_GENESIS;
    op->community_kind = (uint32_t)sim_world_below(world, 2);
    for (size_t i = 0; i < world->options.founders; i++) {
        founders[i] = world->people.persons[i].key;
    }
    op->ids = copse_op_list_ids(&draft.list_writer, founders, world->options.founders);
    charter_map(world, &draft);
    op->has_role = sim_world_chance(world, 40);
    op->role = sim_world_chance(world, 50) ? COPSE_OP_MEMBER : COPSE_OP_GUEST;
    op->signature = world->people.devices[hand->device].certificate;
    struct copse_writer writer;
    deeds_content_begin(&draft, &writer);
    copse_writer_map(&writer, 1);
    copse_writer_uint(&writer, COPSE_OBJECT_FIELD_NAME);
    copse_writer_str(&writer, copse_bytes_of_string("nurses"));
    deeds_content_end(&draft, &writer);
    struct copse_id id;
    bool written = deeds_write(world, hand, &draft, &id);
    COPSE_ASSERT(written);
}

/* By an invitation: SPEC 7.8 says what its key signs. */
static bool by_invite(struct sim_world *world, const struct sim_hand *hand,
                      struct deeds_draft *draft)
{
    const struct sim_people *people = &world->people;
    const struct sim_note *note = pick_note(world, node_of(world, hand), COPSE_OP_INVITE);
    if (note == NULL) {
        return false;
    }
    draft->under.grant = note->id;
    for (size_t i = 0; i < people->invite_count; i++) {
        if (copse_bytes_equal_ids(&people->invites[i].pair.key, &note->about)) {
            uint8_t message[3 * COPSE_ID_BYTES];
            const struct sim_device *device = &people->devices[hand->device];
            for (size_t k = 0; k < COPSE_ID_BYTES; k++) {
                message[k] = world->genesis.bytes[k];
                message[COPSE_ID_BYTES + k] = people->persons[device->person].key.bytes[k];
                message[2 * COPSE_ID_BYTES + k] = device->pair.key.bytes[k];
            }
            draft->op.has_invite_signature = true;
            copse_key_sign(world->scheme, &draft->op.invite_signature, COPSE_KEY_INVITE,
                           (struct copse_slice){message, sizeof message},
                           &people->invites[i].pair.secret);
        }
    }
    return true;
}

bool deeds_draft_join(struct sim_world *world, const struct sim_hand *hand,
                      struct deeds_draft *draft)
{
    struct copse_op *op = &draft->op;
    const struct sim_device *device = &world->people.devices[hand->device];
    const struct sim_node *node = node_of(world, hand);
    if (node->count == 0) {
        return false; /* the community is not known here */
    }
    op->target = world->people.persons[device->person].key;
    op->signature = device->certificate;
    if (sim_world_chance(world, 2)) {
        op->signature.bytes[9] ^= 1;
    }
    const struct pick_filter over = {LEAVINGS, sim_world_chance(world, 80) ? &op->target : NULL, 80,
                                     8};
    op->over = list(world, hand, draft, &over);
    draft->has_under = true;
    draft->under.charter = world->genesis;
    if (pick_under(world, hand, &draft->under) && sim_world_chance(world, 90)) {
        return true;
    }
    if (by_invite(world, hand, draft) && sim_world_chance(world, 80)) {
        return true;
    }
    draft->under.grant = world->genesis;
    return sim_world_chance(world, 30);
}
