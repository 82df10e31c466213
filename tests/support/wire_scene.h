/* Two nodes in one world, connected: what most tests of the wire begin with. */
#ifndef COPSE_TESTS_SUPPORT_WIRE_SCENE_H
#define COPSE_TESTS_SUPPORT_WIRE_SCENE_H

#include "tests/support/wire_pair.h"
#include "tests/support/wire_world.h"

/* Node 0 is the founder's device 0, node 1 device 1. */
struct wire_scene {
    struct wire_world world;
    struct wire_node nodes[2];
    struct wire_pair pair;
};

/* A world, and two nodes that hold nothing yet. */
void wire_scene_begin(struct wire_scene *scene, size_t device_count);

/* Node 0 as the initiator, node 1 as the responder; nothing has passed yet. */
void wire_scene_connect(struct wire_scene *scene, uint64_t seed);

void wire_scene_end(struct wire_scene *scene);

/* Fail the test unless both have found themselves equal and are still open. */
void wire_scene_assert_live(const struct wire_scene *scene);

/* The same, and that they hold the same. */
void wire_scene_assert_same(struct wire_scene *scene);

/* Bytes both ways so far. */
size_t wire_scene_bytes(const struct wire_scene *scene);

#endif
