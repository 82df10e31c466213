/* S4: what is stored can be verified from nothing and sent again. */
#include "tests/sim/check.h"

#include "protocol/entry/run.h"

#include <stdlib.h>

static void complain(struct sim_world *world, const struct sim_node *node,
                     const struct sim_note *note, const char *what)
{
    char hex[COPSE_ID_HEX_BYTES];
    copse_bytes_id_to_hex(hex, &note->id);
    sim_world_fail(world, "node %zu, entry %.16s: %s", node->number, hex, what);
}

static size_t index_of(const struct sim_node *node, const struct copse_id *id)
{
    const struct sim_note *note = sim_node_find(node, id);
    return note == NULL ? SIM_NONE : (size_t)(note - node->notes);
}

/* Id, form and content of one entry, from its bytes. */
static void check_bytes(struct sim_world *world, const struct sim_node *node, size_t index)
{
    const struct sim_note *note = &node->notes[index];
    struct copse_slice bytes = memory_source_bytes(node->source, &note->id);
    struct copse_entry entry;
    struct copse_id id;
    copse_id_of_entry(&id, bytes);
    if (!copse_bytes_equal_ids(&id, &note->id) || copse_entry_decode(&entry, bytes) != COPSE_OK) {
        complain(world, node, note, "its bytes are not its own");
        return;
    }
    if (note->salted != NULL &&
        copse_entry_check_content(&entry, (struct copse_slice){note->salted, note->salted_size}) !=
            COPSE_OK) {
        complain(world, node, note, "its content is not its own");
    }
    if (note->is_signed && copse_key_verify(node->scheme, &entry.author, COPSE_KEY_ENTRY,
                                            copse_bytes_of_id(&id), &note->signature) != COPSE_OK) {
        complain(world, node, note, "a bad signature is kept");
    }
}

struct links {
    size_t *prev;       /* in the same log, or SIM_NONE */
    uint32_t *children; /* in the same log */
    bool *proved;       /* a signed descendant-or-self is held */
};

static void find_links(struct sim_world *world, const struct sim_node *node, struct links *links)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct copse_entry *entry = &memory_source_at(node->source, i)->entry;
        links->prev[i] = SIM_NONE;
        if (!entry->has_prev) {
            continue;
        }
        size_t prev = index_of(node, &entry->prev);
        if (prev == SIM_NONE || prev >= i) {
            complain(world, node, &node->notes[i], "its prev is not held before it");
        } else if (entry->seq > 0) {
            links->prev[i] = prev;
            links->children[prev]++;
        }
    }
    for (size_t i = node->count; i-- > 0;) {
        links->proved[i] = links->proved[i] || node->notes[i].is_signed;
        if (links->proved[i] && links->prev[i] != SIM_NONE) {
            links->proved[links->prev[i]] = true;
        }
    }
}

/* SPEC 4.11: which signatures must be there, and how far apart they may be. */
static void check_signatures(struct sim_world *world, const struct sim_node *node,
                             const struct links *links)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct sim_note *note = &node->notes[i];
        bool is_leaf = links->children[i] == 0;
        if (!links->proved[i]) {
            complain(world, node, note, "no signature vouches for it");
        }
        if ((is_leaf || note->is_named) && !note->is_signed) {
            complain(world, node, note, "a leaf, or named by a cut, and not signed");
        }
        if (!note->is_signed) {
            continue;
        }
        struct copse_run_gap gap = {0, 0};
        size_t at = i;
        do {
            gap.entries++;
            gap.bytes += memory_source_bytes(node->source, &node->notes[at].id).size;
            at = links->prev[at];
        } while (at != SIM_NONE && !node->notes[at].is_signed);
        if (gap.entries > COPSE_RUN_ENTRIES_MAX || gap.bytes > COPSE_RUN_BYTES_MAX) {
            complain(world, node, note, "too far from the signature before it");
        }
    }
}

void check_closure(struct sim_world *world, const struct sim_node *node)
{
    struct links links = {calloc(node->count + 1, sizeof *links.prev),
                          calloc(node->count + 1, sizeof *links.children),
                          calloc(node->count + 1, sizeof *links.proved)};
    COPSE_ASSERT(links.prev != NULL && links.children != NULL && links.proved != NULL);
    if (node->count != memory_source_count(node->source)) {
        sim_world_fail(world, "node %zu: notes and entries differ", node->number);
    }
    for (size_t i = 0; i < node->count; i++) {
        check_bytes(world, node, i);
    }
    find_links(world, node, &links);
    check_signatures(world, node, &links);
    free(links.prev);
    free(links.children);
    free(links.proved);
}
