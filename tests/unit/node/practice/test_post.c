#include "node/practice/post.h"

#include "tests/support/cmocka.h"
#include "tests/support/peer_world.h"

static struct copse_id reply(struct copse_peer_node *node, const struct copse_id *community,
                             const struct copse_id *ref, struct copse_id *found)
{
    struct copse_practice_deed deed;
    struct copse_view *view;
    struct copse_view_object object;
    struct copse_id id;
    struct copse_post post = {.type = "talk", .body = copse_bytes_of_string("and"), .ref = ref};
    assert_int_equal(copse_practice_begin(&deed, &node->practice, community, COPSE_DB_WRITE, NULL),
                     COPSE_OK);
    assert_int_equal(copse_post_write(&deed, &id, &post, NULL), COPSE_OK);
    assert_int_equal(copse_practice_commit(&deed, NULL), COPSE_OK);
    assert_int_equal(copse_practice_begin(&deed, &node->practice, community, COPSE_DB_READ, NULL),
                     COPSE_OK);
    assert_int_equal(copse_practice_view(&deed, &view), COPSE_OK);
    assert_int_equal(copse_view_object(view, &object, &id), COPSE_OK);
    *found = object.create.op.ref;
    copse_practice_end(&deed);
    return id;
}

/* SPEC 8.12: "A writer MUST NOT refer to a post that is more than 63 refs away from one without; it
 * refers to the last that is not." */
static void post__refers_no_deeper_than_a_thread_goes(void **state)
{
    struct copse_peer_world *world = *state;
    struct copse_peer_node *node = &world->nodes[0];
    struct copse_community_plan plan = {.name = copse_bytes_of_string("Physics")};
    struct copse_id community;
    struct copse_id found;
    assert_int_equal(copse_community_create(&node->practice, &community, &plan, NULL), COPSE_OK);
    struct copse_id chain[65] = {copse_peer_world_post(node, &community, "first")};
    for (size_t i = 1; i <= 64; i++) {
        chain[i] = reply(node, &community, &chain[i - 1], &found);
        assert_true(copse_bytes_equal_ids(&found, &chain[i - 1]));
    }
    struct copse_id deep = reply(node, &community, &chain[64], &found);
    assert_true(copse_bytes_equal_ids(&found, &chain[63]));
    (void)reply(node, &community, &deep, &found);
    assert_true(copse_bytes_equal_ids(&found, &chain[63]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(post__refers_no_deeper_than_a_thread_goes,
                                        copse_peer_world_setup, copse_peer_world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
