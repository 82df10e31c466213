/* How it works: the text is a mark that names the version, then base64 of the packed
 * fields and of four bytes of their hash. Reading goes by the questions a person has:
 * is it an invitation, can this program read it, did all of it arrive, is it right?
 *
 * Everything read passes through two rooms on the stack, which hold secrets and are
 * overwritten before they go.
 */
#include "protocol/wire/ticket.h"

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"

#include <sodium.h>
#include <string.h>

#define VERSION 1u
#define FIELDS 13u
#define MARK "copse1_"
#define MARK_BYTES (sizeof(MARK) - 1)
#define CHECK_BYTES 4u
#define PACKED_BYTES_MAX ((COPSE_TICKET_TEXT_MAX - MARK_BYTES) / 4 * 3)
#define LATER_DIGITS_MAX 3u
#define LATER_FIELDS_MAX 64u

static const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

/* SPEC 9.1: "the check: the first 4 bytes of the hash of P, personalised `copse.ticket.v1`" */
static void make_check(uint8_t out[CHECK_BYTES], struct copse_slice packed)
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "copse.ticket.v1";
    uint8_t hash[COPSE_ID_BYTES];
    int result = crypto_generichash_blake2b_salt_personal(hash, sizeof hash, packed.data,
                                                          packed.size, NULL, 0, NULL, personal);
    COPSE_ASSERT(result == 0);
    memcpy(out, hash, CHECK_BYTES);
}

/* SPEC 9.4: "valid UTF-8 without control characters (U+0000 to U+001F, U+007F to U+009F)" */
static bool is_plain_text(struct copse_slice text)
{
    if (!copse_bytes_is_utf8(text)) {
        return false;
    }
    while (text.size > 0) {
        uint32_t scalar = 0;
        size_t size = copse_bytes_next_scalar(&scalar, text);
        if (scalar < 0x20 || (scalar >= 0x7f && scalar <= 0x9f)) {
            return false;
        }
        text.data += size;
        text.size -= size;
    }
    return true;
}

/* ---- writing ---- */

static bool has_right_form(const struct copse_ticket *ticket)
{
    if (ticket->name[0] == 0 || ticket->peer_count > COPSE_TICKET_PEERS_MAX ||
        (ticket->has_expiry && ticket->expires_s > INT64_MAX)) {
        return false;
    }
    const struct copse_slice texts[] = {
        {(const uint8_t *)ticket->name, strnlen(ticket->name, sizeof ticket->name)},
        {(const uint8_t *)ticket->purpose, strnlen(ticket->purpose, sizeof ticket->purpose)},
        {(const uint8_t *)ticket->greeting, strnlen(ticket->greeting, sizeof ticket->greeting)},
    };
    const size_t limits[] = {COPSE_TICKET_NAME_MAX, COPSE_TICKET_PROSE_MAX, COPSE_TICKET_PROSE_MAX};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(texts); i++) {
        if (texts[i].size > limits[i] || !is_plain_text(texts[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < ticket->peer_count; i++) {
        const struct copse_ticket_peer *peer = &ticket->peers[i];
        if (peer->address_count > COPSE_TICKET_ADDRESSES_MAX) {
            return false;
        }
        for (size_t k = 0; k < peer->address_count; k++) {
            size_t size = strnlen(peer->addresses[k], sizeof peer->addresses[k]);
            if (!copse_address_is_valid(
                    (struct copse_slice){(const uint8_t *)peer->addresses[k], size})) {
                return false;
            }
        }
    }
    return true;
}

static void write_text(struct copse_writer *writer, const char *text)
{
    copse_writer_str(writer, copse_bytes_of_string(text));
}

static void write_peers(struct copse_writer *writer, const struct copse_ticket *ticket)
{
    copse_writer_array(writer, ticket->peer_count);
    for (size_t i = 0; i < ticket->peer_count; i++) {
        const struct copse_ticket_peer *peer = &ticket->peers[i];
        copse_writer_array(writer, 2);
        copse_writer_id(writer, &peer->node);
        copse_writer_array(writer, peer->address_count);
        for (size_t k = 0; k < peer->address_count; k++) {
            write_text(writer, peer->addresses[k]);
        }
    }
}

static void write_fields(struct copse_writer *writer, const struct copse_ticket *ticket)
{
    copse_writer_array(writer, FIELDS);
    copse_writer_uint(writer, VERSION);
    copse_writer_id(writer, &ticket->community);
    copse_writer_id(writer, &ticket->discovery);
    copse_writer_id(writer, &ticket->charter);
    copse_writer_id(writer, &ticket->inviter);
    if (ticket->has_invite) {
        copse_writer_bin(writer, (struct copse_slice){ticket->invite_seed, COPSE_SEED_BYTES});
        copse_writer_id(writer, &ticket->invite);
    } else {
        copse_writer_nil(writer);
        if (ticket->has_grant) {
            copse_writer_id(writer, &ticket->invite);
        } else {
            copse_writer_nil(writer);
        }
    }
    if (ticket->has_expiry) {
        copse_writer_uint(writer, ticket->expires_s);
    } else {
        copse_writer_nil(writer);
    }
    if (ticket->has_network) {
        copse_writer_id(writer, &ticket->network);
    } else {
        copse_writer_nil(writer);
    }
    write_text(writer, ticket->name);
    write_text(writer, ticket->purpose);
    write_text(writer, ticket->greeting);
    write_peers(writer, ticket);
}

enum copse_err copse_ticket_encode(char out[COPSE_TICKET_TEXT_MAX + 1],
                                   const struct copse_ticket *ticket)
{
    if (!has_right_form(ticket)) {
        return COPSE_ERR_FORM;
    }
    uint8_t room[PACKED_BYTES_MAX];
    struct copse_writer writer;
    copse_writer_init(&writer, room, sizeof room - CHECK_BYTES);
    write_fields(&writer, ticket);
    struct copse_slice packed;
    enum copse_err err = copse_writer_end(&packed, &writer);
    if (err == COPSE_OK) {
        make_check(room + packed.size, packed);
        memcpy(out, MARK, MARK_BYTES);
        (void)sodium_bin2base64(out + MARK_BYTES, COPSE_TICKET_TEXT_MAX + 1 - MARK_BYTES, room,
                                packed.size + CHECK_BYTES, variant);
    }
    sodium_memzero(room, sizeof room);
    return err;
}

/* ---- reading ---- */

static bool is_white_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Copy `text` without white space to `out`; what is beyond the room is left out.
 * Returns how many bytes there are in all. */
static size_t strip(uint8_t out[COPSE_TICKET_TEXT_MAX], struct copse_slice text)
{
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (is_white_space(text.data[i])) {
            continue;
        }
        if (size < COPSE_TICKET_TEXT_MAX) {
            out[size] = text.data[i];
        }
        size++;
    }
    return size;
}

/* What the mark says: this version, a later one (a number from 2 to 999), or nothing of ours. */
static enum copse_err read_mark(struct copse_slice text)
{
    struct copse_slice word = copse_bytes_of_string("copse");
    if (text.size < word.size || memcmp(text.data, word.data, word.size) != 0) {
        return COPSE_ERR_NOT_FOUND;
    }
    size_t at = word.size;
    uint32_t version = 0;
    while (at < text.size && at < word.size + LATER_DIGITS_MAX && text.data[at] >= '0' &&
           text.data[at] <= '9') {
        version = version * 10 + (uint32_t)(text.data[at] - '0');
        at++;
    }
    if (version == 0 || text.data[word.size] == '0' || at == text.size || text.data[at] != '_') {
        return COPSE_ERR_NOT_FOUND;
    }
    return version == VERSION ? COPSE_OK : COPSE_ERR_VERSION;
}

/* Only the characters of SPEC 9.1. libsodium's reader alone does not do: it computes with plain
 * chars, and where these are signed it takes the byte 0x80 for '_'. */
static bool is_base64url(struct copse_slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool is_one = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                      (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
        if (!is_one) {
            return false;
        }
    }
    return true;
}

/* Undo base64 and take off the check, which must match. */
static enum copse_err unpack(struct copse_slice *packed, uint8_t room[PACKED_BYTES_MAX],
                             struct copse_slice text)
{
    size_t size = 0;
    if (!is_base64url(text) ||
        sodium_base642bin(room, PACKED_BYTES_MAX, (const char *)text.data, text.size, NULL, &size,
                          NULL, variant) != 0 ||
        size <= CHECK_BYTES) {
        return COPSE_ERR_CORRUPT;
    }
    uint8_t check[CHECK_BYTES];
    *packed = (struct copse_slice){room, size - CHECK_BYTES};
    make_check(check, *packed);
    return memcmp(check, room + packed->size, CHECK_BYTES) == 0 ? COPSE_OK : COPSE_ERR_CORRUPT;
}

static void read_text(struct copse_reader *reader, char *out, size_t max)
{
    struct copse_slice text = copse_reader_str(reader, max);
    if (!is_plain_text(text)) {
        copse_reader_fail(reader);
        return;
    }
    if (text.size > 0) {
        memcpy(out, text.data, text.size);
    }
    out[text.size] = 0;
}

static void read_peer(struct copse_reader *reader, struct copse_ticket_peer *out)
{
    if (copse_reader_array(reader, 2) != 2) {
        copse_reader_fail(reader);
    }
    out->node = copse_reader_id(reader);
    out->address_count = copse_reader_array(reader, COPSE_TICKET_ADDRESSES_MAX);
    for (size_t i = 0; i < out->address_count; i++) {
        read_text(reader, out->addresses[i], COPSE_ADDRESS_BYTES_MAX);
        if (!copse_address_is_valid(copse_bytes_of_string(out->addresses[i]))) {
            copse_reader_fail(reader);
        }
    }
}

/* SPEC 9.3: "Where there is a seed, there is an invite." */
static void read_invite(struct copse_reader *reader, struct copse_ticket *out)
{
    out->has_invite = !copse_reader_nil(reader);
    if (out->has_invite) {
        struct copse_id seed = copse_reader_id(reader);
        memcpy(out->invite_seed, seed.bytes, sizeof out->invite_seed);
        sodium_memzero(&seed, sizeof seed);
    }
    out->has_grant = !out->has_invite && !copse_reader_nil(reader);
    if (out->has_invite || out->has_grant) {
        out->invite = copse_reader_id(reader);
    }
}

static void read_fields(struct copse_reader *reader, struct copse_ticket *out)
{
    out->community = copse_reader_id(reader);
    out->discovery = copse_reader_id(reader);
    out->charter = copse_reader_id(reader);
    out->inviter = copse_reader_id(reader);
    read_invite(reader, out);
    out->has_expiry = !copse_reader_nil(reader);
    if (out->has_expiry) {
        out->expires_s = copse_reader_uint(reader, INT64_MAX);
    }
    out->has_network = !copse_reader_nil(reader);
    if (out->has_network) {
        out->network = copse_reader_id(reader);
    }
    read_text(reader, out->name, COPSE_TICKET_NAME_MAX);
    read_text(reader, out->purpose, COPSE_TICKET_PROSE_MAX);
    read_text(reader, out->greeting, COPSE_TICKET_PROSE_MAX);
    out->peer_count = copse_reader_array(reader, COPSE_TICKET_PEERS_MAX);
    for (size_t i = 0; i < out->peer_count; i++) {
        read_peer(reader, &out->peers[i]);
    }
    if (out->name[0] == 0) {
        copse_reader_fail(reader);
    }
}

static enum copse_err read_packed(struct copse_ticket *out, struct copse_slice packed)
{
    struct copse_reader reader;
    copse_reader_init(&reader, packed);
    size_t fields = copse_reader_array(&reader, LATER_FIELDS_MAX);
    uint64_t version = copse_reader_uint(&reader, UINT32_MAX);
    if (version > VERSION) {
        return COPSE_ERR_VERSION;
    }
    if (version != VERSION || fields != FIELDS) {
        return COPSE_ERR_DECODE;
    }
    read_fields(&reader, out);
    return copse_reader_end(&reader);
}

enum copse_err copse_ticket_decode(struct copse_ticket *out, struct copse_slice text)
{
    uint8_t stripped[COPSE_TICKET_TEXT_MAX] = {0};
    uint8_t room[PACKED_BYTES_MAX];
    struct copse_ticket ticket;
    memset(&ticket, 0, sizeof ticket);
    size_t size = strip(stripped, text);
    bool fits = size <= sizeof stripped;
    struct copse_slice whole = {stripped, fits ? size : sizeof stripped};
    enum copse_err err = read_mark(whole);
    if (err == COPSE_OK && !fits) {
        err = COPSE_ERR_LIMIT;
    }
    struct copse_slice packed = {NULL, 0};
    if (err == COPSE_OK) {
        err = unpack(&packed, room,
                     (struct copse_slice){stripped + MARK_BYTES, whole.size - MARK_BYTES});
    }
    if (err == COPSE_OK) {
        err = read_packed(&ticket, packed);
    }
    if (err == COPSE_OK) {
        *out = ticket;
    }
    copse_ticket_forget(&ticket);
    sodium_memzero(room, sizeof room);
    sodium_memzero(stripped, sizeof stripped);
    return err;
}

void copse_ticket_forget(struct copse_ticket *ticket)
{
    sodium_memzero(ticket, sizeof *ticket);
}
