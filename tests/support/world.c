/* How it works: entries are kept as they were built, so that a copy of the world can take them in
 * another order; what a person's device wrote last is found in their two lists.
 */
#include "tests/support/world.h"

#include "protocol/authority/governance.h"
#include "protocol/authority/standing.h"
#include "protocol/rules/fold.h"
#include "tests/support/build_entry.h"
#include "tests/support/cmocka.h"
#include "tests/support/hash_scheme.h"
#include "tests/support/random.h"

#include <stdlib.h>
#include <string.h>

enum { PERSONS_MAX = 16, ENTRIES_MAX = 4096, LISTS_BYTES = 1 << 18 };

struct person {
    struct copse_id root, device;
    struct copse_secret root_secret, device_secret;
    struct copse_built *join;
    struct copse_built *last[2];           /* by class; NULL: none */
    struct copse_built *data[ENTRIES_MAX]; /* class 1, in order, for going back */
    size_t data_count;
    struct copse_under under;
};

struct copse_world {
    struct copse_id community;
    struct person persons[PERSONS_MAX];
    size_t person_count;
    struct copse_built *entries[ENTRIES_MAX];
    size_t entry_count;
    struct memory_source *store;
    struct copse_source source;
    struct copse_state_memory *map;
    struct copse_view *view;
    uint64_t clock;
    uint8_t lists[LISTS_BYTES];
    struct copse_writer list_writer;
};

static void make_pair(struct copse_id *key, struct copse_secret *secret, uint32_t number)
{
    uint8_t seed[COPSE_SEED_BYTES] = {0};
    copse_bytes_put_u32(seed, number);
    copse_hash_scheme_pair(key, secret, seed);
}

static struct copse_slice encode(uint8_t room[COPSE_ENTRY_OP_BYTES_MAX], const struct copse_op *op)
{
    struct copse_slice bytes = {NULL, 0};
    assert_int_equal(copse_op_encode(&bytes, room, op), COPSE_OK);
    return bytes;
}

/* Store an entry, and index it unless it is refused. */
static void take(struct copse_world *world, struct copse_built *built)
{
    struct copse_op op;
    assert_true(world->entry_count < ENTRIES_MAX);
    assert_int_equal(memory_source_add(world->store, NULL, copse_build_entry_bytes(built),
                                       copse_build_entry_salted(built)),
                     COPSE_OK);
    if (copse_op_decode(&op, built->entry.op, built->entry.class) == COPSE_OK) {
        assert_int_equal(
            copse_fold_add(copse_state_memory_port(world->map), &built->id, &built->entry, &op),
            COPSE_OK);
    }
    world->entries[world->entry_count] = built;
    world->entry_count++;
}

static struct copse_built *build_bytes(struct copse_world *world, struct person *person,
                                       struct copse_slice op, struct copse_slice content,
                                       enum copse_entry_class class)
{
    bool is_genesis = world->entry_count == 0;
    bool begins_data = class == COPSE_ENTRY_DATA && person->last[class] == NULL;
    bool is_join = class == COPSE_ENTRY_CONTROL && person->last[class] == NULL && !is_genesis;
    struct copse_build plan = {
        .scheme = copse_hash_scheme(),
        .author = &person->device,
        .secret = &person->device_secret,
        .community = is_genesis ? NULL : &world->community,
        .class = class,
        .prev = begins_data ? person->join : person->last[class],
        .under = is_join ? &person->under : NULL,
        .hlc = world->clock,
        .op = op,
        .content = content,
    };
    struct copse_built *built = copse_build_entry(&plan);
    world->clock++;
    person->last[class] = built;
    if (class == COPSE_ENTRY_DATA) {
        person->data[person->data_count] = built;
        person->data_count++;
    }
    return built;
}

static struct copse_built *build(struct copse_world *world, struct person *person,
                                 const struct copse_op *op, struct copse_slice content,
                                 enum copse_entry_class class)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    return build_bytes(world, person, encode(room, op), content, class);
}

static struct person *add_person(struct copse_world *world)
{
    assert_true(world->person_count < PERSONS_MAX);
    uint32_t number = (uint32_t)world->person_count;
    struct person *person = &world->persons[world->person_count];
    world->person_count++;
    make_pair(&person->root, &person->root_secret, 1000 + number);
    make_pair(&person->device, &person->device_secret, 2000 + number);
    return person;
}

static void certify(struct copse_signature *out, const struct person *person)
{
    copse_key_sign(copse_hash_scheme(), out, COPSE_KEY_DEVICE, copse_bytes_of_id(&person->device),
                   &person->root_secret);
}

static struct copse_world *new_empty(void)
{
    struct copse_world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->clock = 100;
    world->store = memory_source_new(NULL);
    world->source = memory_source_port(world->store);
    world->map = copse_state_memory_new(copse_memory_heap(), COPSE_STATE_MEMORY_STRICT);
    assert_non_null(world->map);
    copse_writer_init(&world->list_writer, world->lists, sizeof world->lists);
    return world;
}

struct copse_world *copse_world_new(struct copse_slice charter, struct copse_slice content)
{
    static const uint8_t empty_map[] = {0x80};
    struct copse_world *world = new_empty();
    struct person *founder = add_person(world);
    struct copse_op op = {.kind = COPSE_OP_GENESIS,
                          .charter = charter,
                          .map = {empty_map, 1},
                          .ids = copse_world_ids(world, &founder->root, 1)};
    certify(&op.signature, founder);
    founder->join = build(world, founder, &op, content, COPSE_ENTRY_CONTROL);
    world->community = founder->join->id;
    take(world, founder->join);
    return world;
}

void copse_world_free(struct copse_world *world)
{
    if (world == NULL) {
        return;
    }
    copse_view_free(world->view);
    copse_state_memory_free(world->map);
    memory_source_free(world->store);
    for (size_t i = 0; i < world->entry_count; i++) {
        copse_build_entry_free(world->entries[i]);
    }
    free(world);
}

static void join(struct copse_world *world, struct person *person)
{
    struct copse_slice none = {NULL, 0};
    struct copse_op op = {.kind = COPSE_OP_JOIN, .target = person->root};
    certify(&op.signature, person);
    person->join = build(world, person, &op, none, COPSE_ENTRY_CONTROL);
    take(world, person->join);
}

size_t copse_world_another_device(struct copse_world *world, size_t number)
{
    const struct person *person = &world->persons[number];
    struct person *other = add_person(world);
    other->root = person->root;
    other->root_secret = person->root_secret;
    other->under = person->under;
    join(world, other);
    return world->person_count - 1;
}

size_t copse_world_person(struct copse_world *world, enum copse_op_role role)
{
    static const uint8_t empty_map[] = {0x80};
    struct copse_slice none = {NULL, 0};
    struct person *person = add_person(world);
    struct copse_op grant = {
        .kind = COPSE_OP_GRANT, .target = person->root, .role = role, .map = {empty_map, 1}};
    struct copse_built *granted =
        build(world, &world->persons[0], &grant, none, COPSE_ENTRY_CONTROL);
    take(world, granted);
    person->under = (struct copse_under){.grant = granted->id, .charter = world->community};
    join(world, person);
    return world->person_count - 1;
}

struct copse_id copse_world_root(const struct copse_world *world, size_t person)
{
    return world->persons[person].root;
}

struct copse_id copse_world_device(const struct copse_world *world, size_t person)
{
    return world->persons[person].device;
}

struct copse_id copse_world_community(const struct copse_world *world)
{
    return world->community;
}

struct copse_id copse_world_write(struct copse_world *world, size_t person,
                                  const struct copse_op *op, struct copse_slice content)
{
    enum copse_entry_class class =
        op->kind >= COPSE_OP_CREATE ? COPSE_ENTRY_DATA : COPSE_ENTRY_CONTROL;
    struct copse_built *built = build(world, &world->persons[person], op, content, class);
    take(world, built);
    return built->id;
}

struct copse_id copse_world_write_refused(struct copse_world *world, size_t number,
                                          enum copse_entry_class class, struct copse_slice op)
{
    struct copse_slice none = {NULL, 0};
    struct copse_op decoded;
    assert_int_not_equal(copse_op_decode(&decoded, op, class), COPSE_OK);
    struct copse_built *built = build_bytes(world, &world->persons[number], op, none, class);
    take(world, built);
    return built->id;
}

void copse_world_set_clock(struct copse_world *world, uint64_t hlc)
{
    world->clock = hlc;
}

void copse_world_go_back(struct copse_world *world, size_t number, size_t count)
{
    struct person *person = &world->persons[number];
    assert_true(count <= person->data_count);
    person->data_count -= count;
    person->last[COPSE_ENTRY_DATA] =
        person->data_count == 0 ? NULL : person->data[person->data_count - 1];
}

void copse_world_lose(struct copse_world *world, const struct copse_id *entry,
                      enum copse_content_state state)
{
    struct copse_slice none = {NULL, 0};
    assert_int_equal(memory_source_set_content(world->store, entry, state, none), COPSE_OK);
}

static const struct copse_built *find_built(const struct copse_world *world,
                                            const struct copse_id *entry)
{
    size_t i = 0;
    while (i < world->entry_count && !copse_bytes_equal_ids(&world->entries[i]->id, entry)) {
        i++;
    }
    assert_true(i < world->entry_count);
    return world->entries[i];
}

void copse_world_hold_loose(struct copse_world *world, const struct copse_id *entry, bool holds)
{
    const struct copse_built *built = find_built(world, entry);
    struct copse_op op;
    assert_int_equal(copse_op_decode(&op, built->entry.op, built->entry.class), COPSE_OK);
    if (holds) {
        memory_source_add_loose(world->store, &op.target, copse_build_entry_bytes(built));
    } else {
        memory_source_drop_loose(world->store, entry);
    }
}

void copse_world_loosen(struct copse_world *world, const struct copse_id *entry)
{
    const struct copse_built *built = find_built(world, entry);
    struct copse_op op;
    size_t count = memory_source_count(world->store);
    assert_int_equal(copse_op_decode(&op, built->entry.op, built->entry.class), COPSE_OK);
    assert_int_equal(
        copse_fold_remove(copse_state_memory_port(world->map), &built->id, &built->entry, &op),
        COPSE_OK);
    copse_world_hold_loose(world, entry, true);
    assert_true(memory_source_drop(world->store, entry));
    assert_int_equal(memory_source_count(world->store), count - 1);
}

struct copse_loose_look copse_world_look(struct copse_world *world, const struct copse_id *object)
{
    struct copse_loose_look look;
    assert_int_equal(copse_loose_look_at(&look, copse_state_memory_port(world->map), &world->source,
                                         copse_memory_heap(), object),
                     COPSE_OK);
    return look;
}

static int compare_ids(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

struct copse_op_list copse_world_cut(struct copse_world *world, size_t number)
{
    const struct person *person = &world->persons[number];
    struct copse_op_leaf leaves[2];
    size_t count = 0;
    for (size_t class = 0; class < 2; class ++) {
        const struct copse_built *last = person->last[class];
        if (last != NULL) {
            leaves[count] = (struct copse_op_leaf){(enum copse_entry_class) class, person->device,
                                                   last->entry.seq, last->id, last->signature};
            count++;
        }
    }
    struct copse_op_list list = copse_op_list_leaves(&world->list_writer, leaves, count);
    assert_false(world->list_writer.full);
    return list;
}

struct copse_op_list copse_world_ids(struct copse_world *world, const struct copse_id *ids,
                                     size_t count)
{
    struct copse_id *sorted = test_calloc(count + 1, sizeof *sorted);
    if (count > 0) {
        memcpy(sorted, ids, count * sizeof *ids);
        qsort(sorted, count, sizeof *sorted, compare_ids);
    }
    struct copse_op_list list = copse_op_list_ids(&world->list_writer, sorted, count);
    assert_false(world->list_writer.full);
    test_free(sorted);
    return list;
}

struct copse_view *copse_world_view(struct copse_world *world)
{
    struct copse_governance *governance = NULL;
    struct copse_governance_options options = {.memory = copse_memory_heap(),
                                               .scheme = copse_hash_scheme()};
    assert_int_equal(copse_governance_new(&governance, &world->community, &world->source, &options),
                     COPSE_OK);
    assert_int_equal(copse_standing_write(copse_state_memory_port(world->map), governance),
                     COPSE_OK);
    copse_governance_free(governance);
    copse_view_free(world->view);
    world->view = NULL;
    struct copse_view_options view_options = {.state = copse_state_memory_port(world->map),
                                              .source = &world->source,
                                              .memory = copse_memory_heap(),
                                              .community = world->community};
    assert_int_equal(copse_view_new(&world->view, &view_options), COPSE_OK);
    return world->view;
}

static struct copse_built *copy_of(const struct copse_built *built)
{
    struct copse_built *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    *copy = *built;
    assert_int_equal(copse_entry_decode(&copy->entry, copse_build_entry_bytes(copy)), COPSE_OK);
    if (built->salted != NULL) {
        copy->salted = malloc(built->salted_size);
        assert_non_null(copy->salted);
        memcpy(copy->salted, built->salted, built->salted_size);
    }
    return copy;
}

static bool has(const struct copse_world *world, const struct copse_id *id)
{
    struct copse_held held;
    return world->source.find(world->source.context, &held, id) == COPSE_OK;
}

struct copse_world *copse_world_copy(const struct copse_world *world, uint64_t seed)
{
    struct copse_world *copy = new_empty();
    struct copse_random random;
    bool *is_taken = test_calloc(world->entry_count, sizeof *is_taken);
    copse_random_init(&random, seed);
    copy->community = world->community;
    take(copy, copy_of(world->entries[0]));
    is_taken[0] = true;
    while (copy->entry_count < world->entry_count) {
        size_t at = (size_t)copse_random_below(&random, world->entry_count);
        const struct copse_entry *entry = &world->entries[at]->entry;
        if (!is_taken[at] && (!entry->has_prev || has(copy, &entry->prev))) {
            take(copy, copy_of(world->entries[at]));
            is_taken[at] = true;
        }
    }
    test_free(is_taken);
    return copy;
}
