/* The keys of this installation: a file of their own, 0600, never in the store or a copy of it.
 *
 * The root key (the person) is made from a recovery code and from nothing else (SPEC 3.7),
 * so it lies in no file; the device key and the node's transport key lie open, as the
 * program needs them at any time. The code is shown until its owner has written it down
 * and typed two of its groups back; then it is wiped here and exists on paper only.
 *
 * Words:  code   seven groups of four letters and digits: 128 bits and a checksum
 */
#ifndef COPSE_STORAGE_KEYRING_H
#define COPSE_STORAGE_KEYRING_H

#include "protocol/base/memory.h"
#include "protocol/entry/key.h"

#define COPSE_KEYRING_FILE "identity"
#define COPSE_KEYRING_GROUPS 7u
#define COPSE_KEYRING_GROUP_LETTERS 4u
#define COPSE_KEYRING_CODE_BYTES 35u /* groups, hyphens between them, and the end of the string */

struct copse_keyring; /* opaque; its secrets are wiped on close */

/* A recovery code as text. Wipe it with copse_keyring_forget. */
struct copse_keyring_code {
    char text[COPSE_KEYRING_CODE_BYTES];
};

/* Make a device in the directory `home`, of a new person, or of the one whose code is given (then
 * it counts as confirmed). `code` NULL: a new person. Written whole and synced.
 * COPSE_OK; COPSE_ERR_EXISTS (there is an identity); COPSE_ERR_DECODE (the code has a typing
 * error); COPSE_ERR_IO, _FULL, _NOMEM. */
enum copse_err copse_keyring_create(const char *home, const char *code,
                                    const struct copse_memory *memory,
                                    struct copse_error *error) COPSE_MUST_CHECK;

/* COPSE_OK; COPSE_ERR_NOT_FOUND; COPSE_ERR_CORRUPT; COPSE_ERR_VERSION; COPSE_ERR_REFUSED (readable
 * by others, or of a trial version: says what to do); COPSE_ERR_IO; COPSE_ERR_NOMEM. */
enum copse_err copse_keyring_open(struct copse_keyring **out, const char *home,
                                  const struct copse_memory *memory,
                                  struct copse_error *error) COPSE_MUST_CHECK;
void copse_keyring_close(struct copse_keyring *keyring); /* NULL is fine */

/* Borrowed until close. The certificate is the root's signature over the device key. */
const struct copse_id *copse_keyring_person(const struct copse_keyring *keyring);
const struct copse_id *copse_keyring_device(const struct copse_keyring *keyring);
const struct copse_secret *copse_keyring_secret(const struct copse_keyring *keyring);
const struct copse_signature *copse_keyring_certificate(const struct copse_keyring *keyring);
/* 32 secret bytes, the X25519 key of the transport. */
const uint8_t *copse_keyring_node(const struct copse_keyring *keyring);

/* The code while it has not been confirmed. COPSE_OK, or COPSE_ERR_NOT_FOUND: it was wiped. */
enum copse_err copse_keyring_code(const struct copse_keyring *keyring,
                                  struct copse_keyring_code *out) COPSE_MUST_CHECK;
bool copse_keyring_is_confirmed(const struct copse_keyring *keyring);

/* Two groups typed back, by their numbers from 0. If both are right the code is wiped from the
 * file. COPSE_OK; COPSE_ERR_SIGNATURE: not what stands there; COPSE_ERR_NOT_FOUND: confirmed
 * before. */
struct copse_keyring_answer {
    size_t group;
    const char *text; /* case and look-alikes (O 0, I L 1) do not matter */
};
enum copse_err copse_keyring_confirm(struct copse_keyring *keyring,
                                     const struct copse_keyring_answer answers[2],
                                     struct copse_error *error) COPSE_MUST_CHECK;

/* Whose code is it? COPSE_OK; COPSE_ERR_DECODE: a typing error (the checksum tells). */
enum copse_err copse_keyring_read_code(struct copse_id *person, const char *code) COPSE_MUST_CHECK;

/* The root key for the code as typed. The caller wipes it with copse_key_forget.
 * COPSE_OK; COPSE_ERR_DECODE: a typing error (the checksum tells); COPSE_ERR_SIGNATURE: the code of
 * another person. */
enum copse_err copse_keyring_root(const struct copse_keyring *keyring, struct copse_secret *out,
                                  const char *code) COPSE_MUST_CHECK;

/* Replace the device key (after a restore, or when it may be known to others) and write the file.
 * Errors as for copse_keyring_root, and of writing. */
enum copse_err copse_keyring_renew(struct copse_keyring *keyring, const char *code,
                                   struct copse_error *error) COPSE_MUST_CHECK;

void copse_keyring_forget(struct copse_keyring_code *code);

#endif
