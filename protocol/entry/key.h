/* Keys and signatures: what a signature is over, and when it is good (SPEC 3.4 to 3.6).
 *
 * Words:  scheme  how signatures are made and checked. Copse has one, Ed25519;
 *                 simulators use a keyed hash in its place to run many seeds
 */
#ifndef COPSE_PROTOCOL_ENTRY_KEY_H
#define COPSE_PROTOCOL_ENTRY_KEY_H

#include "protocol/base/bytes.h"

#define COPSE_SIGNATURE_BYTES 64u
#define COPSE_SECRET_BYTES 64u
#define COPSE_SEED_BYTES 32u

struct copse_signature {
    uint8_t bytes[COPSE_SIGNATURE_BYTES];
};

/* A secret key. Wiped with copse_key_forget; never compared, printed or copied to a log. */
struct copse_secret {
    uint8_t bytes[COPSE_SECRET_BYTES];
};

/* What a signature is for: the context of SPEC 3.4. */
enum copse_key_purpose {
    COPSE_KEY_ENTRY,
    COPSE_KEY_DEVICE,
    COPSE_KEY_ROOT,
    COPSE_KEY_INVITE,
    COPSE_KEY_AUTH,
    COPSE_KEY_RECORD,
};

struct copse_key_scheme {
    void (*sign)(struct copse_signature *out, struct copse_slice message,
                 const struct copse_secret *secret);
    bool (*verify)(const struct copse_id *key, struct copse_slice message,
                   const struct copse_signature *signature);
};

#define COPSE_KEY_MESSAGE_MAX 256u /* bytes of a signed message, without its context */

/* Test the library with the torsion vectors, once per process (later calls cost nothing).
 * Must have given COPSE_OK before any other call here.
 * Returns COPSE_OK, or COPSE_ERR_UNSUITED: the program must say so and stop. Source: SPEC 3.5. */
enum copse_err copse_key_self_test(void) COPSE_MUST_CHECK;

/* Ed25519 with the checks of SPEC 3.5. Static; never NULL. */
const struct copse_key_scheme *copse_key_ed25519(void);

/* Make the pair that belongs to 32 secret random bytes. */
void copse_key_from_seed(struct copse_id *key, struct copse_secret *secret,
                         const uint8_t seed[COPSE_SEED_BYTES]);

/* Overwrite a secret so that the compiler cannot leave it out. */
void copse_key_forget(struct copse_secret *secret);

/* Sign or verify `message` (<= COPSE_KEY_MESSAGE_MAX bytes) for one purpose.
 * verify returns COPSE_OK or COPSE_ERR_SIGNATURE, without a reason. */
void copse_key_sign(const struct copse_key_scheme *scheme, struct copse_signature *out,
                    enum copse_key_purpose purpose, struct copse_slice message,
                    const struct copse_secret *secret);
enum copse_err copse_key_verify(const struct copse_key_scheme *scheme, const struct copse_id *key,
                                enum copse_key_purpose purpose, struct copse_slice message,
                                const struct copse_signature *signature) COPSE_MUST_CHECK;

#endif
