/* Each kind of thing has its own personalisation, so bytes of one kind never name another. */
#include "protocol/entry/id.h"

#include <sodium.h>

_Static_assert(crypto_generichash_blake2b_PERSONALBYTES == 16, "personalisations are 16 bytes");

/* SPEC 3.1: "Every hash is BLAKE2b with a 32-byte result, no key, no salt, and a 16-byte
 * personalisation, padded with zero bytes" */
static void hash_as(struct copse_id *out, struct copse_slice bytes,
                    const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES])
{
    int failed = crypto_generichash_blake2b_salt_personal(out->bytes, sizeof out->bytes, bytes.data,
                                                          bytes.size, NULL, 0, NULL, personal);
    COPSE_ASSERT(failed == 0);
}

void copse_id_of_entry(struct copse_id *out, struct copse_slice entry)
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "copse.entry.v1";
    hash_as(out, entry, personal);
}

void copse_id_of_content(struct copse_id *out, struct copse_slice salted)
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "copse.content.v1";
    hash_as(out, salted, personal);
}

void copse_id_of_blob(struct copse_id *out, struct copse_slice list)
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "copse.blob.v1";
    hash_as(out, list, personal);
}
