/* How it works: everything is made from the world's generator, so a seed makes the same keys. */
#include "tests/sim/people.h"

#include "tests/sim/world.h"

#include <string.h>

void sim_people_make_pair(struct sim_world *world, struct sim_pair *out)
{
    uint8_t seed[COPSE_SEED_BYTES];
    copse_random_bytes(&world->random, seed, sizeof seed);
    if (world->options.is_real) {
        copse_key_from_seed(&out->key, &out->secret, seed);
    } else {
        copse_hash_scheme_pair(&out->key, &out->secret, seed);
    }
}

struct sim_hand *sim_people_add_hand(struct sim_world *world, size_t person, size_t node)
{
    struct sim_people *people = &world->people;
    if (people->device_count == SIM_DEVICES_MAX || people->hand_count == SIM_HANDS_MAX) {
        return NULL;
    }
    struct sim_device *device = &people->devices[people->device_count];
    sim_people_make_pair(world, &device->pair);
    device->person = person;
    copse_key_sign(world->scheme, &device->certificate, COPSE_KEY_DEVICE,
                   copse_bytes_of_id(&device->pair.key), &people->persons[person].secret);
    struct sim_hand *hand = &people->hands[people->hand_count++];
    memset(hand, 0, sizeof *hand);
    hand->device = people->device_count++;
    hand->node = node;
    hand->skew_ms = sim_world_chance(world, 10) ? sim_world_below(world, 4000000) : 0;
    return hand;
}

struct sim_hand *sim_people_copy_hand(struct sim_world *world, const struct sim_hand *hand,
                                      size_t node)
{
    struct sim_people *people = &world->people;
    if (people->hand_count == SIM_HANDS_MAX) {
        return NULL;
    }
    struct sim_hand *copy = &people->hands[people->hand_count++];
    *copy = *hand;
    copy->node = node;
    return copy;
}

size_t sim_people_of_key(const struct sim_people *people, const struct copse_id *key)
{
    for (size_t i = 0; i < people->person_count; i++) {
        if (copse_bytes_equal_ids(&people->persons[i].key, key)) {
            return i;
        }
    }
    return SIM_NONE;
}

size_t sim_people_of_device(const struct sim_people *people, const struct copse_id *key)
{
    for (size_t i = 0; i < people->device_count; i++) {
        if (copse_bytes_equal_ids(&people->devices[i].pair.key, key)) {
            return people->devices[i].person;
        }
    }
    return SIM_NONE;
}
