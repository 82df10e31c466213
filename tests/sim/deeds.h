/* Deeds of members, all op kinds, honest and hostile, at random.
 *
 * Words:  draft  an entry before it has a place in a log
 */
#ifndef COPSE_TESTS_SIM_DEEDS_H
#define COPSE_TESTS_SIM_DEEDS_H

#include "tests/sim/world.h"

#define DEEDS_CONTENT_BYTES_MAX 4096u

struct deeds_draft {
    struct copse_op op; /* encoded when written, unless there are raw bytes */
    struct copse_slice raw;
    enum copse_entry_class class;
    struct copse_under under; /* if has_under */
    bool has_under;
    bool is_lost;    /* its content is given to nobody */
    bool is_spoiled; /* no honest program writes it */
    struct copse_slice ext;
    uint64_t hlc; /* 0: by the hand's clock */
    size_t content_size;
    /* rooms for what op and raw borrow */
    uint8_t content[COPSE_CONTENT_SALT_BYTES + DEEDS_CONTENT_BYTES_MAX];
    uint8_t lists[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t maps[2048];
    struct copse_writer list_writer;
};

/* An empty draft. */
void deeds_begin(struct deeds_draft *draft);

/* The writer of a draft's content (without salt), and the end of it. */
void deeds_content_begin(struct deeds_draft *draft, struct copse_writer *writer);
void deeds_content_end(struct deeds_draft *draft, const struct copse_writer *writer);

/* Sign the draft at the end of the hand's log and store it at the hand's node. False when it
 * cannot be written: not joined yet, or too large. */
bool deeds_write(struct sim_world *world, struct sim_hand *hand, struct deeds_draft *draft,
                 struct copse_id *id);

/* The hand has come to this entry. */
void deeds_advance(struct sim_hand *hand, const struct copse_entry *entry,
                   const struct copse_id *id);

/* The community's first entry, by the first hand. */
void deeds_found(struct sim_world *world);

/* The hand joins, if its node knows the community. */
bool deeds_join(struct sim_world *world, struct sim_hand *hand);

/* One deed of a random hand. */
void deeds_random(struct sim_world *world);

/* Fill in the op of one kind. False when there is nothing it could be about. */
bool deeds_draft_control(struct sim_world *world, const struct sim_hand *hand,
                         struct deeds_draft *draft, enum copse_op_kind kind);
bool deeds_draft_data(struct sim_world *world, const struct sim_hand *hand,
                      struct deeds_draft *draft, enum copse_op_kind kind);
bool deeds_draft_join(struct sim_world *world, const struct sim_hand *hand,
                      struct deeds_draft *draft);

/* Turn a draft into something that no honest program writes. */
void deeds_spoil(struct sim_world *world, const struct sim_hand *hand, struct deeds_draft *draft);

#endif
