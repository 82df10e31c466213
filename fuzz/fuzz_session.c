/* A session that is open with a member who then says anything (SPEC 10). The input is a list of
 * steps: a byte for what, two for how much, and that many bytes. Whatever happens: no crash, no
 * entry that nobody signed, nothing lost, and not more out than credit allows.
 */
#include "tests/support/hash_scheme.h"
#include "tests/support/wire_liar.h"
#include "tests/support/wire_world.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 64, DEVICES = 8 };

/* Made once: the same for every input. */
static struct wire_world *the_world(void)
{
    static struct wire_world world;
    if (world.count == 0) {
        wire_world_init(&world, DEVICES);
        struct copse_random random;
        copse_random_init(&random, 7);
        wire_world_grow(&world, &random, 60);
        (void)wire_world_extend(&world, 2, COPSE_ENTRY_DATA, world.joins[2], 20);
    }
    return &world;
}

/* Entries of the world in the liar's mouth: a true run, so that the way behind it is reached. */
static void say_run(struct wire_liar *liar, const struct wire_world *world, size_t which)
{
    static uint8_t run[COPSE_MESSAGE_RUN_MAX];
    const struct copse_built *built = world->entries[which % world->count];
    struct copse_writer writer;
    struct copse_run_part part = {copse_build_entry_bytes(built), copse_build_entry_salted(built)};
    struct copse_message message;
    memset(&message, 0, sizeof message);
    message.type = COPSE_MESSAGE_RUN;
    copse_writer_init(&writer, run, sizeof run);
    if (copse_run_encode(&writer, &part, 1, 0, &built->signature) == COPSE_OK &&
        copse_writer_end(&message.run, &writer) == COPSE_OK) {
        wire_liar_say(liar, &message);
    }
}

static void say_summary(struct wire_liar *liar, const struct wire_world *world, uint8_t which)
{
    struct copse_exchange_view view = {&liar->port, &liar->link.key, &world->community};
    struct copse_message message;
    memset(&message, 0, sizeof message);
    message.type = COPSE_MESSAGE_SUMMARY;
    for (size_t i = 0; i < 2; i++) {
        COPSE_ASSERT(copse_exchange_sum(&message.sums[i], &view, (enum copse_entry_class)i) ==
                     COPSE_OK);
        message.sums[i] ^= (which >> i) & 1;
    }
    wire_liar_say(liar, &message);
}

static void step(struct wire_liar *liar, const struct wire_world *world, uint8_t what,
                 struct copse_slice bytes)
{
    struct copse_message message;
    uint8_t first = bytes.size > 0 ? bytes.data[0] : 0;
    switch (what % 8) {
    case 0:
    case 1:
        if (bytes.size > 0) {
            wire_liar_say_bytes(liar, bytes);
        }
        break;
    case 2:
        (void)wire_liar_hear_all(liar, COPSE_MESSAGE_BYE, &message);
        break;
    case 3:
        liar->now_ms += (uint64_t)first * 997;
        copse_session_tick(liar->session, liar->now_ms);
        break;
    case 4:
        say_run(liar, world, first);
        break;
    case 5:
        say_summary(liar, world, first);
        break;
    case 6: {
        struct copse_channel_push push = {world->entries[first % world->count]->id,
                                          1 + (uint32_t)first % 4};
        copse_session_push(liar->session, &world->community, &push);
        break;
    }
    case 7: {
        const struct copse_id *id = &world->entries[first % world->count]->id;
        (void)copse_session_want(liar->session, &world->community, COPSE_MESSAGE_CONTENTS, id, 1);
        copse_session_compare(liar->session, &world->community);
        break;
    }
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_world *world = the_world();
    if (size < 1 || size > 65536) {
        return 0;
    }
    /* The session follows, or it leads: then its OPEN is never answered well, which is fine. */
    struct wire_node node;
    struct wire_node as;
    wire_node_init(&node, world->scheme, &world->community, 0);
    wire_node_init(&as, world->scheme, &world->community, 1);
    struct copse_random random;
    copse_random_init(&random, data[0] % 4);
    wire_world_give_some(world, &node, &random, 800);
    struct wire_liar *liar = malloc(sizeof *liar);
    COPSE_ASSERT(liar != NULL);
    wire_liar_init(liar, &node, COPSE_NOISE_RESPONDER, copse_memory_heap());
    wire_liar_greet(liar, COPSE_SESSION_WINDOW_MIN);
    wire_liar_open(liar, &as, 0);
    size_t before = wire_world_count(world, &node);
    size_t at = 1;
    for (size_t i = 0; i < STEPS_MAX && at + 3 <= size; i++) {
        size_t length = copse_bytes_get_u16(data + at + 1);
        length = length < size - at - 3 ? length : size - at - 3;
        step(liar, world, data[at], (struct copse_slice){data + at + 3, length});
        at += 3 + length;
        if (copse_session_is_ended(liar->session)) {
            break;
        }
    }
    COPSE_ASSERT(wire_world_count(world, &node) >= before);
    COPSE_ASSERT(memory_source_count(node.source) == wire_world_count(world, &node));
    wire_liar_deinit(liar);
    free(liar);
    wire_node_deinit(&node);
    wire_node_deinit(&as);
    return 0;
}
