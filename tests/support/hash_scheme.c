/* The signature is a hash of the message, keyed with the public key, which lies in the second half
 * of the secret one, as in Ed25519.
 */
#include "tests/support/hash_scheme.h"

#include <sodium.h>
#include <string.h>

static void hash_sign(struct copse_signature *out, struct copse_slice message,
                      const struct copse_secret *secret)
{
    (void)crypto_generichash(out->bytes, sizeof out->bytes, message.data, message.size,
                             secret->bytes + COPSE_SEED_BYTES, COPSE_ID_BYTES);
}

static bool hash_verify(const struct copse_id *key, struct copse_slice message,
                        const struct copse_signature *signature)
{
    uint8_t expected[COPSE_SIGNATURE_BYTES];
    (void)crypto_generichash(expected, sizeof expected, message.data, message.size, key->bytes,
                             sizeof key->bytes);
    return memcmp(expected, signature->bytes, sizeof expected) == 0;
}

const struct copse_key_scheme *copse_hash_scheme(void)
{
    static const struct copse_key_scheme scheme = {hash_sign, hash_verify};
    return &scheme;
}

void copse_hash_scheme_pair(struct copse_id *key, struct copse_secret *secret,
                            const uint8_t seed[COPSE_SEED_BYTES])
{
    static const char personal[] = "a key of a test";
    (void)crypto_generichash(key->bytes, sizeof key->bytes, seed, COPSE_SEED_BYTES,
                             (const unsigned char *)personal, sizeof personal);
    memcpy(secret->bytes, seed, COPSE_SEED_BYTES);
    memcpy(secret->bytes + COPSE_SEED_BYTES, key->bytes, sizeof key->bytes);
}
