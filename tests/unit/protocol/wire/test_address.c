/* protocol/wire/address: the four forms of an address and nothing beside them. */
#include "protocol/wire/address.h"

#include "tests/support/cmocka.h"

#include <string.h>

#define ONION "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx"
#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static void check_all(const char *const *rows, size_t count, bool expected)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(rows[i]);
        uint8_t *exact = malloc(size > 0 ? size : 1);
        assert_non_null(exact);
        memcpy(exact, rows[i], size);
        if (copse_address_is_valid((struct copse_slice){exact, size}) != expected) {
            print_error("judged wrong: %s\n", rows[i]);
            fail();
        }
        free(exact);
    }
}

static void address__takes_each_of_the_four_forms(void **state)
{
    (void)state;
    const char *const rows[] = {
        "4:1.2.3.4:7071",
        "4:0.0.0.0:1",
        "4:255.255.255.255:65535",
        "6:[::1]:7071",
        "6:[::]:7071",
        "6:[1::]:7071",
        "6:[2001:db8::7]:7071",
        "6:[2001:DB8:0:0:0:0:0:7]:7071",
        "6:[1:2:3:4:5:6:7::]:7071",
        "d:localhost:7071",
        "d:host.example:7071",
        "d:4711.xn--nxasmq6b:7071",
        "d:a-b.c-d:80",
        "d:" LABEL_63 ".example:7071",
        "o:" ONION ".onion:7071",
    };
    check_all(rows, COPSE_ARRAY_SIZE(rows), true);
}

static void address__refuses_every_other_form(void **state)
{
    (void)state;
    const char *const rows[] = {
        "",
        ":",
        "4:",
        "4::",
        "4::1",
        "x:host.example:7071",
        "host.example:7071",
        "d:host.example",
        /* ports */
        "d:host:0",
        "d:host:00",
        "d:host:07071",
        "d:host:65536",
        "d:host:4294974367",
        "d:host:",
        "d:host:7071 ",
        "d:host:-1",
        "d:host:+1",
        "d:host:0x10",
        /* IPv4 */
        "4:1.2.3:7071",
        "4:1.2.3.4.5:7071",
        "4:1.2.3.:7071",
        "4:1.2.3.4.:7071",
        "4:.1.2.3:7071",
        "4:256.1.1.1:7071",
        "4:01.2.3.4:7071",
        "4:1.2.3.4a:7071",
        "4:host.example:7071",
        /* IPv6 */
        "6:::1:7071",
        "6:[]:7071",
        "6:[:]:7071",
        "6:[1]:7071",
        "6:[:1]:7071",
        "6:[1:]:7071",
        "6:[1::2::3]:7071",
        "6:[:::]:7071",
        "6:[1:2:3:4:5:6:7]:7071",
        "6:[1:2:3:4:5:6:7:8:9]:7071",
        "6:[1:2:3:4:5:6:7:8::]:7071",
        "6:[12345::]:7071",
        "6:[g::]:7071",
        "6:[fe80::1%lo]:7071",
        "6:[::1:7071",
        "6:::1]:7071",
        "6:[::ffff:1.2.3.4]:7071",
    };
    check_all(rows, COPSE_ARRAY_SIZE(rows), false);
}

static void address__refuses_names_of_other_forms(void **state)
{
    (void)state;
    const char *const rows[] = {
        "d:.example:7071",
        "d:host.:7071",
        "d:host..example:7071",
        "d:-host:7071",
        "d:host-:7071",
        "d:ho_st:7071",
        "d:1.2.3.4:7071",
        "d:host.1:7071",
        "d:" LABEL_63 "a:7071",
        "d:h\xc3\xb6st:7071",
        "d:a/b:7071",
        /* onions */
        "o:abc.onion:7071",
        "o:" ONION ":7071",
        "o:" ONION ".onion.onion:7071",
        "o:" ONION ".example:7071",
        "o:1bcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion:1",
        "o:Abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion:1",
    };
    check_all(rows, COPSE_ARRAY_SIZE(rows), false);
}

static void address__is_bounded(void **state)
{
    (void)state;
    char text[COPSE_ADDRESS_BYTES_MAX + 2] = "d:";
    for (size_t i = 2; i < COPSE_ADDRESS_BYTES_MAX - 5; i++) {
        text[i] = i % 2 == 0 ? 'a' : '.';
    }
    memcpy(text + COPSE_ADDRESS_BYTES_MAX - 5, ":7071", 6);
    assert_int_equal(strlen(text), COPSE_ADDRESS_BYTES_MAX);
    assert_true(copse_address_is_valid(copse_bytes_of_string(text)));
    memcpy(text + COPSE_ADDRESS_BYTES_MAX - 5, ":17071", 7);
    assert_false(copse_address_is_valid(copse_bytes_of_string(text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address__takes_each_of_the_four_forms),
        cmocka_unit_test(address__refuses_every_other_form),
        cmocka_unit_test(address__refuses_names_of_other_forms),
        cmocka_unit_test(address__is_bounded),
    };
    return cmocka_run_group_tests_name("protocol/wire/address", tests, NULL, NULL);
}
