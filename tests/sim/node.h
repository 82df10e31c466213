/* A node of the simulator: the entries it holds, their signatures, and the state it derives.
 *
 * It takes runs whole or not at all (SPEC 4.12), keeps what SPEC 4.8 tells it to keep, drops
 * signatures where SPEC 4.11 permits, and evaluates standing after what calls for it.
 *
 * Words:  note    what a node remembers of an entry beside the entry itself
 *         settle  bring what is derived up to what is held
 */
#ifndef COPSE_TESTS_SIM_NODE_H
#define COPSE_TESTS_SIM_NODE_H

#include "protocol/authority/update.h"
#include "tests/support/memory_source.h"
#include "tests/support/state_memory.h"

#define SIM_NONE SIZE_MAX

struct sim_note {
    struct copse_id id;
    struct copse_id author;
    struct copse_id about; /* the target of the op; zeros where it has none */
    uint32_t kind;         /* of the op; UINT32_MAX: refused */
    uint32_t field;        /* of the op */
    bool is_signed;
    bool is_named; /* by a cut, as a leaf */
    struct copse_signature signature;
    uint8_t *salted; /* its content, if here */
    size_t salted_size;
};

struct sim_node {
    size_t number;
    struct copse_id community;
    const struct copse_key_scheme *scheme; /* borrowed */
    struct memory_source *source;
    struct copse_state_memory *state;
    struct sim_note *notes; /* in the order of memory_source_at */
    size_t count;
    size_t capacity;
    size_t *slots; /* index of a note plus one, by id */
    size_t slot_count;
    /* what happened, for the summary */
    uint32_t surplus_count, unwanted_count, erased_count, restored_count, loose_count;
    bool is_stale; /* something came that calls for an evaluation */
    bool clips;    /* gives up what is not wanted */
    struct copse_update update;
};

void sim_node_init(struct sim_node *node, size_t number, const struct copse_id *community,
                   const struct copse_key_scheme *scheme);
void sim_node_deinit(struct sim_node *node);

/* The note of an entry; NULL: not held. Borrowed until the node changes. */
struct sim_note *sim_node_find(const struct sim_node *node, const struct copse_id *id);

/* Take one entry, already checked, with what is known of signature and content (NULL, data NULL).
 * What is held already is completed. COPSE_OK, or what memory_source_add refuses it with. */
enum copse_err sim_node_take(struct sim_node *node, struct copse_slice entry,
                             const struct copse_signature *signature, struct copse_slice salted);

/* Take a run from somebody: whole or not at all. COPSE_ERR_NOT_FOUND: its base is not here. */
enum copse_err sim_node_take_run(struct sim_node *node, struct copse_slice run);

/* Take a content. COPSE_OK, or it is not wanted. */
enum copse_err sim_node_take_content(struct sim_node *node, const struct copse_id *id,
                                     struct copse_slice salted);

/* Forget an entry and all that hangs from it; EDITs among it are held loose until it settles. */
void sim_node_drop(struct sim_node *node, const struct copse_id *id);

/* Drop the signature of a note where SPEC 4.11 permits it. True if it was dropped. */
bool sim_node_drop_signature(struct sim_node *node, struct sim_note *note);

/* The content of the note at `index` is gone. */
void sim_node_forget_content(struct sim_node *node, size_t index);

/* Evaluate standing if something called for it, give up what is not wanted, and erase. */
void sim_node_settle(struct sim_node *node);

/* A hash of all ids held, in no order. */
uint64_t sim_node_sum(const struct sim_node *node);

#endif
