/* Signatures: published vectors, small-order points, contexts kept apart (SPEC 3.4, 3.5). */
#include "protocol/entry/key.h"
#include "tests/support/cmocka.h"
#include "tests/support/shared.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

static size_t unhex(uint8_t *out, size_t room, const json_t *object, const char *name)
{
    size_t size = 0;
    const char *hex = json_string_value(json_object_get(object, name));
    assert_non_null(hex);
    if (sodium_hex2bin(out, room, hex, strlen(hex), NULL, &size, NULL) != 0) {
        return SIZE_MAX;
    }
    return size;
}

static json_t *load(const char *name)
{
    size_t size = 0;
    char *text = copse_shared_load(&size, name);
    if (text == NULL) {
        skip();
    }
    json_t *root = json_loadb(text, size, 0, NULL);
    assert_non_null(root);
    copse_shared_free(text);
    return root;
}

static bool verify(const uint8_t *key, struct copse_slice message, const uint8_t *signature)
{
    struct copse_id id;
    struct copse_signature copy;
    memcpy(id.bytes, key, sizeof id.bytes);
    memcpy(copy.bytes, signature, sizeof copy.bytes);
    return copse_key_ed25519()->verify(&id, message, &copy);
}

static void key__passes_its_self_test_here(void **state)
{
    (void)state;
    assert_int_equal(copse_key_self_test(), COPSE_OK);
}

static void key__judges_points_of_small_order_as_agreed(void **state)
{
    (void)state;
    json_t *root = load("vectors/own_ed25519_torsion.json");
    const json_t *vectors = json_object_get(root, "vectors");
    assert_int_equal(json_array_size(vectors), 20);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        uint8_t key[32];
        uint8_t signature[64];
        assert_int_equal(unhex(key, sizeof key, vector, "pk"), sizeof key);
        assert_int_equal(unhex(signature, sizeof signature, vector, "sig"), sizeof signature);
        const char *message = json_string_value(json_object_get(vector, "msg"));
        const char *expect = json_string_value(json_object_get(vector, "expect"));
        assert_int_equal(verify(key, copse_bytes_of_string(message), signature),
                         strcmp(expect, "accept") == 0);
    }
    json_decref(root);
}

static void check_group(const json_t *group, size_t *checked)
{
    uint8_t key[32];
    const json_t *public_key = json_object_get(group, "publicKey");
    if (public_key == NULL) {
        public_key = json_object_get(group, "key");
    }
    assert_int_equal(unhex(key, sizeof key, public_key, "pk"), sizeof key);
    const json_t *tests = json_object_get(group, "tests");
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);
        uint8_t message[4096];
        uint8_t signature[64];
        size_t message_size = unhex(message, sizeof message, test, "msg");
        assert_true(message_size <= sizeof message);
        const char *result = json_string_value(json_object_get(test, "result"));
        if (unhex(signature, sizeof signature, test, "sig") != sizeof signature) {
            assert_string_equal(result, "invalid");
            continue;
        }
        assert_int_equal(verify(key, (struct copse_slice){message, message_size}, signature),
                         strcmp(result, "valid") == 0);
        (*checked)++;
    }
}

static void key__agrees_with_published_edge_cases(void **state)
{
    (void)state;
    json_t *root = load("vectors/wycheproof_ed25519_test.json");
    const json_t *groups = json_object_get(root, "testGroups");
    size_t checked = 0;
    for (size_t i = 0; i < json_array_size(groups); i++) {
        check_group(json_array_get(groups, i), &checked);
    }
    assert_true(checked > 100);
    json_decref(root);
}

static void key__a_signature_holds_for_one_purpose_only(void **state)
{
    (void)state;
    static const enum copse_key_purpose purposes[] = {COPSE_KEY_ENTRY, COPSE_KEY_DEVICE,
                                                      COPSE_KEY_ROOT,  COPSE_KEY_INVITE,
                                                      COPSE_KEY_AUTH,  COPSE_KEY_RECORD};
    uint8_t seed[COPSE_SEED_BYTES] = {5};
    struct copse_id key;
    struct copse_secret secret;
    copse_key_from_seed(&key, &secret, seed);
    struct copse_slice message = copse_bytes_of_string("32 bytes that name one entry....");
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(purposes); i++) {
        struct copse_signature signature;
        copse_key_sign(copse_key_ed25519(), &signature, purposes[i], message, &secret);
        for (size_t k = 0; k < COPSE_ARRAY_SIZE(purposes); k++) {
            assert_int_equal(
                copse_key_verify(copse_key_ed25519(), &key, purposes[k], message, &signature),
                i == k ? COPSE_OK : COPSE_ERR_SIGNATURE);
        }
    }
    copse_key_forget(&secret);
    assert_true(sodium_is_zero(secret.bytes, sizeof secret.bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key__passes_its_self_test_here),
        cmocka_unit_test(key__judges_points_of_small_order_as_agreed),
        cmocka_unit_test(key__agrees_with_published_edge_cases),
        cmocka_unit_test(key__a_signature_holds_for_one_purpose_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
