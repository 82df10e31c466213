/* S18: what was accepted, decoded and encoded again, has the same bytes. */
#include "tests/sim/check.h"

#include "protocol/entry/run.h"

static void complain(struct sim_world *world, const struct sim_node *node,
                     const struct sim_note *note, const char *what)
{
    char hex[COPSE_ID_HEX_BYTES];
    copse_bytes_id_to_hex(hex, &note->id);
    sim_world_fail(world, "node %zu, entry %.16s: %s", node->number, hex, what);
}

static void check_entry(struct sim_world *world, const struct sim_node *node,
                        const struct sim_note *note)
{
    struct copse_slice bytes = memory_source_bytes(node->source, &note->id);
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_entry entry;
    struct copse_slice again;
    if (copse_entry_decode(&entry, bytes) != COPSE_OK ||
        copse_entry_encode(&again, room, &entry) != COPSE_OK || !copse_bytes_equal(bytes, again)) {
        complain(world, node, note, "is another one when encoded again");
    }
}

static void check_op(struct sim_world *world, const struct sim_node *node,
                     const struct sim_note *note, const struct copse_entry *entry)
{
    uint8_t room[COPSE_ENTRY_OP_BYTES_MAX];
    struct copse_op op;
    struct copse_slice again;
    if (copse_op_decode(&op, entry->op, entry->class) != COPSE_OK) {
        return;
    }
    if (copse_op_encode(&again, room, &op) != COPSE_OK || !copse_bytes_equal(entry->op, again)) {
        complain(world, node, note, "its op is another one when encoded again");
    }
}

/* A run of this entry alone gives its bytes back, from its prev. */
static void check_run(struct sim_world *world, const struct sim_node *node,
                      const struct sim_note *note, const struct copse_entry *entry)
{
    static uint8_t run_room[2 * COPSE_ENTRY_BYTES_MAX];
    static uint8_t entry_room[COPSE_ENTRY_BYTES_MAX];
    struct copse_run_part part = {memory_source_bytes(node->source, &note->id), {NULL, 0}};
    struct copse_writer writer;
    struct copse_slice bytes;
    copse_writer_init(&writer, run_room, sizeof run_room);
    struct copse_run run;
    struct copse_held prev = {.entry = {.hlc = 0}};
    if (entry->has_prev) {
        struct copse_source port = memory_source_port(node->source);
        enum copse_err err = port.find(port.context, &prev, &entry->prev);
        COPSE_ASSERT(err == COPSE_OK);
    }
    if (copse_run_encode(&writer, &part, 1, prev.entry.hlc, &note->signature) != COPSE_OK ||
        copse_writer_end(&bytes, &writer) != COPSE_OK ||
        copse_run_open(&run, &node->community, bytes) != COPSE_OK) {
        complain(world, node, note, "cannot be sent alone");
        return;
    }
    if (entry->has_prev) {
        struct copse_run_base base = {prev.id, prev.entry};
        if (copse_run_start(&run, &base) != COPSE_OK) {
            complain(world, node, note, "its run does not start");
        }
    }
    struct copse_run_item item;
    struct copse_run_item none;
    if (copse_run_next(&run, &item, entry_room) != COPSE_OK ||
        !copse_bytes_equal(item.bytes, part.entry) || !copse_bytes_equal_ids(&item.id, &note->id) ||
        copse_run_next(&run, &none, entry_room) != COPSE_ERR_NOT_FOUND) {
        complain(world, node, note, "is another one when it came in a run");
    } else if (note->is_signed && copse_run_verify(&run, node->scheme) != COPSE_OK) {
        complain(world, node, note, "its run does not verify");
    }
}

void check_parser(struct sim_world *world, const struct sim_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct copse_entry *entry = &memory_source_at(node->source, i)->entry;
        check_entry(world, node, &node->notes[i]);
        check_op(world, node, &node->notes[i], entry);
        check_run(world, node, &node->notes[i], entry);
    }
}
