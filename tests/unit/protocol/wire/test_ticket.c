/* protocol/wire/ticket: whole invitations come back as they were, everything else is told apart. */
#include "protocol/wire/ticket.h"

#include "protocol/base/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/random.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { SEED = 20477, MARK_BYTES = 7, PACKED_MAX = 2000 };

static void put_text(char *out, size_t room, const char *text)
{
    int size = snprintf(out, room, "%s", text);
    assert_in_range(size, 0, room - 1);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void fill_id(struct copse_id *id, struct copse_random *random)
{
    copse_random_bytes(random, id->bytes, sizeof id->bytes);
}

static struct copse_ticket make_ticket(struct copse_random *random)
{
    struct copse_ticket ticket;
    memset(&ticket, 0, sizeof ticket);
    fill_id(&ticket.community, random);
    fill_id(&ticket.discovery, random);
    fill_id(&ticket.charter, random);
    fill_id(&ticket.inviter, random);
    ticket.has_invite = true;
    copse_random_bytes(random, ticket.invite_seed, sizeof ticket.invite_seed);
    fill_id(&ticket.invite, random);
    ticket.has_expiry = true;
    ticket.expires_s = 1900000000;
    put_text(ticket.name, sizeof ticket.name, "Nurses of the north");
    put_text(ticket.purpose, sizeof ticket.purpose,
             "What works on a ward at night \xe2\x80\x93 and what does not");
    put_text(ticket.greeting, sizeof ticket.greeting,
             "Come and ask, L\xc3\xa9"
             "a");
    ticket.peer_count = 2;
    fill_id(&ticket.peers[0].node, random);
    ticket.peers[0].address_count = 2;
    put_text(ticket.peers[0].addresses[0], sizeof ticket.peers[0].addresses[0], "4:192.0.2.7:7071");
    put_text(ticket.peers[0].addresses[1], sizeof ticket.peers[0].addresses[1],
             "d:hub.example:7071");
    fill_id(&ticket.peers[1].node, random);
    return ticket;
}

static enum copse_err decode(const char *text)
{
    struct copse_ticket ticket;
    memset(&ticket, 0x5a, sizeof ticket);
    struct copse_ticket before = ticket;
    enum copse_err err = copse_ticket_decode(&ticket, copse_bytes_of_string(text));
    if (err != COPSE_OK) {
        assert_memory_equal(&ticket, &before, sizeof ticket);
    }
    return err;
}

/* The text of packed bytes with a right check, whatever they are. */
static void make_text(char out[2 * PACKED_MAX], struct copse_slice packed)
{
    uint8_t bytes[PACKED_MAX + 4];
    uint8_t hash[32];
    uint8_t personal[16] = "copse.ticket.v1";
    assert_true(packed.size <= PACKED_MAX);
    memcpy(bytes, packed.data, packed.size);
    assert_int_equal(crypto_generichash_blake2b_salt_personal(hash, sizeof hash, packed.data,
                                                              packed.size, NULL, 0, NULL, personal),
                     0);
    memcpy(bytes + packed.size, hash, 4);
    memcpy(out, "copse1_", 8);
    assert_non_null(sodium_bin2base64(out + MARK_BYTES, 2 * PACKED_MAX - MARK_BYTES, bytes,
                                      packed.size + 4, sodium_base64_VARIANT_URLSAFE_NO_PADDING));
}

static size_t unmake_text(uint8_t out[PACKED_MAX], const char *text)
{
    size_t size = 0;
    assert_int_equal(sodium_base642bin(out, PACKED_MAX, text + MARK_BYTES,
                                       strlen(text) - MARK_BYTES, NULL, &size, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    return size - 4;
}

static void expect_same(const struct copse_ticket *ticket)
{
    char text[COPSE_TICKET_TEXT_MAX + 1];
    assert_int_equal(copse_ticket_encode(text, ticket), COPSE_OK);
    assert_true(strlen(text) <= COPSE_TICKET_TEXT_MAX);
    assert_int_equal(strncmp(text, "copse1_", MARK_BYTES), 0);
    assert_int_equal(strspn(text + MARK_BYTES, alphabet), strlen(text) - MARK_BYTES);
    struct copse_ticket again;
    memset(&again, 0xff, sizeof again);
    assert_int_equal(copse_ticket_decode(&again, copse_bytes_of_string(text)), COPSE_OK);
    char text_again[COPSE_TICKET_TEXT_MAX + 1];
    assert_int_equal(copse_ticket_encode(text_again, &again), COPSE_OK);
    assert_string_equal(text_again, text);
    assert_memory_equal(&again.community, &ticket->community, sizeof again.community);
    assert_memory_equal(&again.discovery, &ticket->discovery, sizeof again.discovery);
    assert_memory_equal(&again.charter, &ticket->charter, sizeof again.charter);
    assert_memory_equal(&again.inviter, &ticket->inviter, sizeof again.inviter);
    assert_memory_equal(&again.network, &ticket->network, sizeof again.network);
    assert_memory_equal(again.invite_seed, ticket->invite_seed, sizeof again.invite_seed);
    assert_memory_equal(&again.invite, &ticket->invite, sizeof again.invite);
    assert_int_equal(again.expires_s, ticket->expires_s);
    assert_int_equal(again.has_expiry, ticket->has_expiry);
    assert_int_equal(again.has_invite, ticket->has_invite);
    assert_int_equal(again.has_grant, ticket->has_grant);
    assert_int_equal(again.has_network, ticket->has_network);
    assert_string_equal(again.name, ticket->name);
    assert_string_equal(again.purpose, ticket->purpose);
    assert_string_equal(again.greeting, ticket->greeting);
    assert_int_equal(again.peer_count, ticket->peer_count);
    assert_memory_equal(again.peers, ticket->peers, sizeof again.peers);
}

static void ticket__comes_back_as_it_was(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct copse_ticket ticket = make_ticket(&random);
    expect_same(&ticket);
    ticket.has_network = true;
    fill_id(&ticket.network, &random);
    ticket.peer_count = 0;
    memset(ticket.peers, 0, sizeof ticket.peers);
    expect_same(&ticket);
    ticket.has_invite = false;
    memset(ticket.invite_seed, 0, sizeof ticket.invite_seed);
    memset(&ticket.invite, 0, sizeof ticket.invite);
    expect_same(&ticket);
    ticket.has_grant = true;
    fill_id(&ticket.invite, &random);
    ticket.has_expiry = false;
    ticket.expires_s = 0;
    ticket.purpose[0] = 0;
    ticket.greeting[0] = 0;
    put_text(ticket.name, sizeof ticket.name, "x");
    expect_same(&ticket);
}

static void ticket__refuses_every_truncation(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct copse_ticket ticket = make_ticket(&random);
    char text[COPSE_TICKET_TEXT_MAX + 1];
    assert_int_equal(copse_ticket_encode(text, &ticket), COPSE_OK);
    for (size_t size = strlen(text); size-- > 0;) {
        text[size] = 0;
        assert_int_equal(decode(text),
                         size >= MARK_BYTES ? COPSE_ERR_CORRUPT : COPSE_ERR_NOT_FOUND);
    }
}

static void ticket__refuses_every_change_of_one_character(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct copse_ticket ticket = make_ticket(&random);
    char text[COPSE_TICKET_TEXT_MAX + 1];
    assert_int_equal(copse_ticket_encode(text, &ticket), COPSE_OK);
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        char right = text[i];
        for (int c = 1; c < 256; c++) {
            if ((char)c == right || c == ' ' || (c >= '\t' && c <= '\r')) {
                continue;
            }
            text[i] = (char)c;
            enum copse_err err = decode(text);
            if (i >= MARK_BYTES) {
                assert_int_equal(err, COPSE_ERR_CORRUPT);
            } else {
                assert_int_equal(err, i == 5 && c >= '2' && c <= '9' ? COPSE_ERR_VERSION
                                                                     : COPSE_ERR_NOT_FOUND);
            }
        }
        text[i] = right;
    }
    assert_int_equal(decode(text), COPSE_OK);
}

static void ticket__refuses_two_characters_exchanged_or_one_doubled(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct copse_ticket ticket = make_ticket(&random);
    char text[COPSE_TICKET_TEXT_MAX + 1];
    char wrong[COPSE_TICKET_TEXT_MAX + 2];
    assert_int_equal(copse_ticket_encode(text, &ticket), COPSE_OK);
    size_t size = strlen(text);
    for (size_t i = MARK_BYTES; i + 1 < size; i++) {
        memcpy(wrong, text, size + 1);
        wrong[i] = text[i + 1];
        wrong[i + 1] = text[i];
        assert_int_equal(decode(wrong), text[i] == text[i + 1] ? COPSE_OK : COPSE_ERR_CORRUPT);
        memcpy(wrong, text, i + 1);
        memcpy(wrong + i + 1, text + i, size - i + 1);
        assert_int_equal(decode(wrong), COPSE_ERR_CORRUPT);
    }
}

static void ticket__is_read_across_white_space(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct copse_ticket ticket = make_ticket(&random);
    char text[COPSE_TICKET_TEXT_MAX + 1];
    char pasted[8 * COPSE_TICKET_TEXT_MAX];
    assert_int_equal(copse_ticket_encode(text, &ticket), COPSE_OK);
    size_t size = 0;
    for (size_t i = 0; text[i] != 0; i++) {
        for (uint64_t spaces = copse_random_below(&random, 5); spaces > 0; spaces--) {
            pasted[size++] = " \t\n\v\f\r"[copse_random_below(&random, 6)];
        }
        pasted[size++] = text[i];
    }
    pasted[size++] = '\n';
    pasted[size] = 0;
    assert_int_equal(decode(pasted), COPSE_OK);
    pasted[0] = '>';
    pasted[1] = ' ';
    assert_int_equal(decode(pasted), COPSE_ERR_NOT_FOUND);
}

static void ticket__tells_what_is_no_invitation(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        " \n",
        "copse",
        "copse_",
        "copse1",
        "copse0_AAAA",
        "copse01_AAAA",
        "copse1000_AAAA",
        "copsex_AAAA",
        "Copse1_AAAA",
        "https://host.example/copse1_AAAA",
        "copse-1_AAAA",
        "copse1-AAAA",
        "\xff\xfe\x01",
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
        assert_int_equal(decode(rows[i]), COPSE_ERR_NOT_FOUND);
    }
    char text[2 * COPSE_TICKET_TEXT_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    assert_int_equal(decode(text), COPSE_ERR_NOT_FOUND);
}

static void ticket__tells_a_later_version(void **state)
{
    (void)state;
    char text[2 * PACKED_MAX];
    assert_int_equal(decode("copse2_"), COPSE_ERR_VERSION);
    assert_int_equal(decode("copse10_anything at all!"), COPSE_ERR_VERSION);
    assert_int_equal(decode("copse999_AAAA"), COPSE_ERR_VERSION);
    const uint8_t two[] = {0x92, 0x02, 0xc3};
    make_text(text, (struct copse_slice){two, sizeof two});
    assert_int_equal(decode(text), COPSE_ERR_VERSION);
    const uint8_t zero[] = {0x92, 0x00, 0xc3};
    make_text(text, (struct copse_slice){zero, sizeof zero});
    assert_int_equal(decode(text), COPSE_ERR_DECODE);
    /* A later version that is also mistyped is mistyped. */
    make_text(text, (struct copse_slice){two, sizeof two});
    text[MARK_BYTES] = text[MARK_BYTES] == 'A' ? 'B' : 'A';
    assert_int_equal(decode(text), COPSE_ERR_CORRUPT);
}

static void ticket__has_a_longest_text(void **state)
{
    (void)state;
    char text[COPSE_TICKET_TEXT_MAX + 2];
    memset(text, 'A', sizeof text);
    memcpy(text, "copse1_", MARK_BYTES);
    text[COPSE_TICKET_TEXT_MAX + 1] = 0;
    assert_int_equal(decode(text), COPSE_ERR_LIMIT);
    text[COPSE_TICKET_TEXT_MAX] = 0;
    assert_int_equal(decode(text), COPSE_ERR_CORRUPT);

    /* Grow an invitation byte by byte until it does not fit: the last that fits comes back. */
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct copse_ticket ticket = make_ticket(&random);
    ticket.peer_count = 4;
    for (size_t i = 0; i < 4; i++) {
        fill_id(&ticket.peers[i].node, &random);
        ticket.peers[i].address_count = 3;
        for (size_t k = 0; k < 3; k++) {
            put_text(ticket.peers[i].addresses[k], sizeof ticket.peers[i].addresses[k],
                     "d:a-long-name-of-a-hub.example:7071");
        }
    }
    size_t longest = 0;
    for (size_t size = 0; size <= COPSE_TICKET_PROSE_MAX; size++) {
        memset(ticket.greeting, 'g', size);
        ticket.greeting[size] = 0;
        enum copse_err err = copse_ticket_encode(text, &ticket);
        if (err == COPSE_OK) {
            assert_int_equal(longest, size);
            longest = size + 1;
            expect_same(&ticket);
        } else {
            assert_int_equal(err, COPSE_ERR_LIMIT);
        }
    }
    assert_in_range(longest, 1, COPSE_TICKET_PROSE_MAX);
}

static void ticket__refuses_to_write_what_breaks_the_rules(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    const struct copse_ticket good = make_ticket(&random);
    char text[COPSE_TICKET_TEXT_MAX + 1];
    struct copse_ticket bad = good;
    bad.name[0] = 0;
    assert_int_equal(copse_ticket_encode(text, &bad), COPSE_ERR_FORM);
    bad = good;
    memset(bad.name, 'n', sizeof bad.name);
    assert_int_equal(copse_ticket_encode(text, &bad), COPSE_ERR_FORM);
    bad = good;
    put_text(bad.purpose, sizeof bad.purpose, "two\nlines");
    assert_int_equal(copse_ticket_encode(text, &bad), COPSE_ERR_FORM);
    bad = good;
    put_text(bad.greeting, sizeof bad.greeting, "\xc2\x85");
    assert_int_equal(copse_ticket_encode(text, &bad), COPSE_ERR_FORM);
    bad = good;
    put_text(bad.greeting, sizeof bad.greeting, "\xff");
    assert_int_equal(copse_ticket_encode(text, &bad), COPSE_ERR_FORM);
    bad = good;
    bad.expires_s = (uint64_t)INT64_MAX + 1;
    assert_int_equal(copse_ticket_encode(text, &bad), COPSE_ERR_FORM);
    bad = good;
    bad.peer_count = 5;
    assert_int_equal(copse_ticket_encode(text, &bad), COPSE_ERR_FORM);
    bad = good;
    bad.peers[1].address_count = 4;
    assert_int_equal(copse_ticket_encode(text, &bad), COPSE_ERR_FORM);
    bad = good;
    put_text(bad.peers[0].addresses[1], sizeof bad.peers[0].addresses[1], "host:1");
    assert_int_equal(copse_ticket_encode(text, &bad), COPSE_ERR_FORM);
    assert_int_equal(copse_ticket_encode(text, &good), COPSE_OK);
}

/* Thirteen fields, one of them another value than it should be. */
static void pack_with(struct copse_writer *writer, size_t field, struct copse_slice value)
{
    const struct copse_id id = {{7}};
    copse_writer_array(writer, 13);
    for (size_t i = 0; i < 13; i++) {
        if (i == field) {
            copse_writer_raw(writer, value);
        } else if (i == 0) {
            copse_writer_uint(writer, 1);
        } else if (i <= 4) {
            copse_writer_id(writer, &id);
        } else if (i <= 8) {
            copse_writer_nil(writer);
        } else if (i <= 11) {
            copse_writer_str(writer, copse_bytes_of_string("ab"));
        } else {
            copse_writer_array(writer, 0);
        }
    }
}

static enum copse_err decode_with(size_t field, const char *value, size_t size)
{
    uint8_t room[PACKED_MAX];
    char text[2 * PACKED_MAX];
    struct copse_writer writer;
    struct copse_slice packed;
    copse_writer_init(&writer, room, sizeof room);
    pack_with(&writer, field, (struct copse_slice){(const uint8_t *)value, size});
    assert_int_equal(copse_writer_end(&packed, &writer), COPSE_OK);
    make_text(text, packed);
    return decode(text);
}
#define DECODE_WITH(field, value) decode_with(field, value, sizeof(value) - 1)

#define ZEROS_8 "\0\0\0\0\0\0\0\0"
#define ID "\xc4\x20" ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8

static void ticket__refuses_fields_of_another_form(void **state)
{
    (void)state;
    assert_int_equal(DECODE_WITH(13, ""), COPSE_OK);
    for (size_t field = 1; field <= 12; field++) {
        assert_int_equal(DECODE_WITH(field, "\xc3"), COPSE_ERR_DECODE);
        assert_int_equal(DECODE_WITH(field, "\xc4\x1f" ZEROS_8 ZEROS_8 ZEROS_8 "1234567"),
                         COPSE_ERR_DECODE);
    }
    /* A seed without an INVITE; but a grant stands without a seed. */
    assert_int_equal(DECODE_WITH(5, ID), COPSE_ERR_DECODE);
    assert_int_equal(DECODE_WITH(6, ID), COPSE_OK);
    assert_int_equal(DECODE_WITH(7, "\x00"), COPSE_OK);
    assert_int_equal(DECODE_WITH(7, "\xcf\x80" ZEROS_8), COPSE_ERR_DECODE);
    assert_int_equal(DECODE_WITH(7, "\xcc\x07"), COPSE_ERR_DECODE);
    assert_int_equal(DECODE_WITH(8, ID), COPSE_OK);
    assert_int_equal(DECODE_WITH(9, "\xa0"), COPSE_ERR_DECODE);
    assert_int_equal(DECODE_WITH(10, "\xa0"), COPSE_OK);
    assert_int_equal(DECODE_WITH(11, "\xa1\x07"), COPSE_ERR_DECODE);
    assert_int_equal(DECODE_WITH(11, "\xa1\x7f"), COPSE_ERR_DECODE);
    assert_int_equal(DECODE_WITH(11, "\xa2\xc2\x9f"), COPSE_ERR_DECODE);
    assert_int_equal(DECODE_WITH(11, "\xa2\xc2\xa0"), COPSE_OK);
    assert_int_equal(DECODE_WITH(11, "\xa1\xff"), COPSE_ERR_DECODE);
    /* Peers: one with an address, too many, an address that is none, an item too many. */
    assert_int_equal(DECODE_WITH(12, "\x91\x92" ID "\x91\xaa"
                                     "d:host:443"),
                     COPSE_OK);
    assert_int_equal(DECODE_WITH(12, "\x91\x92" ID "\x91\xa8"
                                     "d:host:0"),
                     COPSE_ERR_DECODE);
    assert_int_equal(DECODE_WITH(12, "\x91\x93" ID "\x90\xc0"), COPSE_ERR_DECODE);
    assert_int_equal(
        DECODE_WITH(12, "\x94\x92" ID "\x90\x92" ID "\x90\x92" ID "\x90\x92" ID "\x90"), COPSE_OK);
    assert_int_equal(DECODE_WITH(12, "\x95\x92" ID "\x90\x92" ID "\x90\x92" ID "\x90\x92" ID
                                     "\x90\x92" ID "\x90"),
                     COPSE_ERR_DECODE);
    assert_int_equal(DECODE_WITH(12, "\x91\x92" ID "\x94\xa5"
                                     "d:a:1"
                                     "\xa5"
                                     "d:a:1"
                                     "\xa5"
                                     "d:a:1"
                                     "\xa5"
                                     "d:a:1"),
                     COPSE_ERR_DECODE);
    /* Nothing may follow. */
    assert_int_equal(DECODE_WITH(12, "\x90\x90"), COPSE_ERR_DECODE);
}

static void ticket__survives_any_change_of_its_bytes(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct copse_ticket ticket = make_ticket(&random);
    char text[2 * PACKED_MAX];
    uint8_t packed[PACKED_MAX];
    assert_int_equal(copse_ticket_encode(text, &ticket), COPSE_OK);
    size_t size = unmake_text(packed, text);
    size_t accepted = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t right = packed[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            packed[i] = (uint8_t)(right ^ (1u << bit));
            make_text(text, (struct copse_slice){packed, size});
            struct copse_ticket other;
            if (copse_ticket_decode(&other, copse_bytes_of_string(text)) == COPSE_OK) {
                accepted++;
                expect_same(&other);
            }
        }
        packed[i] = right;
    }
    /* Keys, secrets and letters may take other values. */
    assert_in_range(accepted, 1, size * 8 - 1);
}

static void ticket__leaves_nothing_when_forgotten(void **state)
{
    (void)state;
    struct copse_random random;
    copse_random_init(&random, SEED);
    struct copse_ticket ticket = make_ticket(&random);
    copse_ticket_forget(&ticket);
    assert_true(sodium_is_zero((const unsigned char *)&ticket, sizeof ticket));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticket__comes_back_as_it_was),
        cmocka_unit_test(ticket__refuses_every_truncation),
        cmocka_unit_test(ticket__refuses_every_change_of_one_character),
        cmocka_unit_test(ticket__refuses_two_characters_exchanged_or_one_doubled),
        cmocka_unit_test(ticket__is_read_across_white_space),
        cmocka_unit_test(ticket__tells_what_is_no_invitation),
        cmocka_unit_test(ticket__tells_a_later_version),
        cmocka_unit_test(ticket__has_a_longest_text),
        cmocka_unit_test(ticket__refuses_to_write_what_breaks_the_rules),
        cmocka_unit_test(ticket__refuses_fields_of_another_form),
        cmocka_unit_test(ticket__survives_any_change_of_its_bytes),
        cmocka_unit_test(ticket__leaves_nothing_when_forgotten),
    };
    return cmocka_run_group_tests_name("protocol/wire/ticket", tests, NULL, NULL);
}
