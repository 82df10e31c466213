#include "tests/support/wire_scene.h"

#include "tests/support/cmocka.h"

void wire_scene_begin(struct wire_scene *scene, size_t device_count)
{
    wire_world_init(&scene->world, device_count);
    for (uint8_t i = 0; i < 2; i++) {
        wire_node_init(&scene->nodes[i], scene->world.scheme, &scene->world.community, i);
    }
}

void wire_scene_connect(struct wire_scene *scene, uint64_t seed)
{
    wire_pair_init(&scene->pair, &scene->nodes[0], &scene->nodes[1],
                   &(struct wire_pair_options){.seed = seed});
}

void wire_scene_end(struct wire_scene *scene)
{
    wire_pair_deinit(&scene->pair);
    wire_node_deinit(&scene->nodes[0]);
    wire_node_deinit(&scene->nodes[1]);
    wire_world_deinit(&scene->world);
}

void wire_scene_assert_live(const struct wire_scene *scene)
{
    for (size_t i = 0; i < 2; i++) {
        assert_false(scene->pair.ends[i].is_ended);
        assert_false(scene->pair.ends[i].is_closed);
        assert_true(scene->pair.ends[i].equals > 0);
    }
}

void wire_scene_assert_same(struct wire_scene *scene)
{
    wire_scene_assert_live(scene);
    assert_true(wire_node_sum(&scene->nodes[0]) == wire_node_sum(&scene->nodes[1]));
}

size_t wire_scene_bytes(const struct wire_scene *scene)
{
    return scene->pair.ends[0].in_bytes + scene->pair.ends[1].in_bytes;
}
