/* Who acts in a simulated community: persons, their devices, and hands that write.
 *
 * Words:  hand  one place where a device writes: a device that was copied has two,
 *               and what they write makes its logs trees
 */
#ifndef COPSE_TESTS_SIM_PEOPLE_H
#define COPSE_TESTS_SIM_PEOPLE_H

#include "protocol/entry/entry.h"

#define SIM_PERSONS_MAX 12u
#define SIM_DEVICES_MAX 32u
#define SIM_HANDS_MAX 48u
#define SIM_INVITES_MAX 16u

struct sim_world;

struct sim_pair {
    struct copse_id key;
    struct copse_secret secret;
};

struct sim_device {
    struct sim_pair pair;
    size_t person;
    struct copse_signature certificate;
};

struct sim_hand {
    size_t device;
    size_t node;
    bool has_joined;
    struct copse_id join;
    struct copse_id head[2]; /* by class; meaningful if has_head */
    bool has_head[2];
    uint32_t seq[2];
    uint64_t hlc;
    uint64_t skew_ms; /* its clock goes ahead by this */
};

struct sim_invite {
    struct sim_pair pair;
    struct copse_id entry;
};

struct sim_people {
    struct sim_pair persons[SIM_PERSONS_MAX];
    size_t person_count;
    struct sim_device devices[SIM_DEVICES_MAX];
    size_t device_count;
    struct sim_hand hands[SIM_HANDS_MAX];
    size_t hand_count;
    struct sim_invite invites[SIM_INVITES_MAX];
    size_t invite_count;
};

/* A new pair of keys of the world's scheme. */
void sim_people_make_pair(struct sim_world *world, struct sim_pair *out);

/* A device of a person with a hand at a node. NULL when there are too many. */
struct sim_hand *sim_people_add_hand(struct sim_world *world, size_t person, size_t node);

/* A second hand that goes on from where this one stands, at another node. NULL: too many. */
struct sim_hand *sim_people_copy_hand(struct sim_world *world, const struct sim_hand *hand,
                                      size_t node);

/* The person of a key of theirs or of a device of theirs; or SIM_NONE. */
size_t sim_people_of_key(const struct sim_people *people, const struct copse_id *key);
size_t sim_people_of_device(const struct sim_people *people, const struct copse_id *key);

#endif
