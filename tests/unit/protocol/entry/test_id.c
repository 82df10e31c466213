/* Hashes that name things: fixed answers, and kinds kept apart (SPEC 3.1 to 3.3). */
#include "protocol/entry/id.h"
#include "tests/support/cmocka.h"

static void expect_hex(const struct copse_id *id, const char *hex)
{
    char text[COPSE_ID_HEX_BYTES];
    copse_bytes_id_to_hex(text, id);
    assert_string_equal(text, hex);
}

/* From another implementation of BLAKE2b: python -c "import hashlib;
 * print(hashlib.blake2b(b'copse', digest_size=32, person=b'copse.entry.v1').hexdigest())" and so
 * on. */
static void id__is_blake2b_with_the_personalisation_of_its_kind(void **state)
{
    (void)state;
    struct copse_slice bytes = copse_bytes_of_string("copse");
    struct copse_id id;
    copse_id_of_entry(&id, bytes);
    expect_hex(&id, "171541e3227bcdc88ab1d23913a558571b4f4aad38036356eda54d65275ac2a8");
    copse_id_of_content(&id, bytes);
    expect_hex(&id, "406799d277d31a8b00bef25ceee66609d171f2eac2312aa7382a1df444b1efb7");
    copse_id_of_blob(&id, bytes);
    expect_hex(&id, "60102962789ae36f99cbf394289324b31bdfab8566eccacbd9e5984a35b41340");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id__is_blake2b_with_the_personalisation_of_its_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
