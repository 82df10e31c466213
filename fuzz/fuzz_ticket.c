/* Texts and packed bytes into the reader of invitations (SPEC 9). The first byte chooses: an
 * even one means that the rest is a text, an odd one that it is packed bytes, which are given
 * a right check, so that what lies behind the check is reached too. What is accepted must be
 * written again as the same text.
 */
#include "protocol/wire/ticket.h"

#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MARK_BYTES = 7, PACKED_BYTES_MAX = 1100, TEXT_BYTES_MAX = 4096 };

static size_t make_text(char out[TEXT_BYTES_MAX], struct copse_slice packed)
{
    uint8_t bytes[PACKED_BYTES_MAX + 4];
    uint8_t hash[32];
    static const uint8_t personal[16] = "copse.ticket.v1";
    if (packed.size > 0) {
        memcpy(bytes, packed.data, packed.size);
    }
    (void)crypto_generichash_blake2b_salt_personal(hash, sizeof hash, packed.data, packed.size,
                                                   NULL, 0, NULL, personal);
    memcpy(bytes + packed.size, hash, 4);
    memcpy(out, "copse1_", MARK_BYTES);
    (void)sodium_bin2base64(out + MARK_BYTES, TEXT_BYTES_MAX - MARK_BYTES, bytes, packed.size + 4,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return strlen(out);
}

static void check_accepted(const struct copse_ticket *ticket, struct copse_slice text)
{
    char again[COPSE_TICKET_TEXT_MAX + 1];
    COPSE_ASSERT(copse_ticket_encode(again, ticket) == COPSE_OK);
    size_t at = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte != ' ' && (byte < '\t' || byte > '\r')) {
            COPSE_ASSERT((uint8_t)again[at] == byte);
            at++;
        }
    }
    COPSE_ASSERT(again[at] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > PACKED_BYTES_MAX) {
        return 0;
    }
    char made[TEXT_BYTES_MAX];
    struct copse_slice text = {data + 1, size - 1};
    if (data[0] % 2 == 1) {
        text = (struct copse_slice){(const uint8_t *)made, make_text(made, text)};
    }
    struct copse_ticket ticket;
    if (copse_ticket_decode(&ticket, text) == COPSE_OK) {
        check_accepted(&ticket, text);
        copse_ticket_forget(&ticket);
    }
    return 0;
}
