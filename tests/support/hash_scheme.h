/* Signatures by a keyed hash, for tests that need very many: as easy to check as Ed25519's, and as
 * easy to forge for who knows the trick. Never in a product.
 */
#ifndef COPSE_TESTS_SUPPORT_HASH_SCHEME_H
#define COPSE_TESTS_SUPPORT_HASH_SCHEME_H

#include "protocol/entry/key.h"

/* Works with the pairs of copse_hash_scheme_pair and with those of copse_key_from_seed. Static. */
const struct copse_key_scheme *copse_hash_scheme(void);

/* A pair, from 32 bytes; much cheaper than Ed25519's. */
void copse_hash_scheme_pair(struct copse_id *key, struct copse_secret *secret,
                            const uint8_t seed[COPSE_SEED_BYTES]);

#endif
