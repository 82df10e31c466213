/* How it works: everything that is hashed or signed covers the handshake hash and the role of the
 * side that shows it, so nothing can be shown again in another session or sent back.
 */
#include "protocol/wire/proof.h"

#include <sodium.h>
#include <string.h>

#define PROVED_BYTES (1u + COPSE_NOISE_HASH_BYTES + COPSE_ID_BYTES + COPSE_NOISE_KEY_BYTES)

enum copse_noise_role copse_proof_peer_role(const struct copse_proof_ends *ends)
{
    return ends->role == COPSE_NOISE_INITIATOR ? COPSE_NOISE_RESPONDER : COPSE_NOISE_INITIATOR;
}

/* SPEC 10.8: "BLAKE2b with 16 bytes of result, keyed with the secret, over the sender's role (one
 * byte) and the handshake hash" */
void copse_proof_tag(uint8_t out[COPSE_MESSAGE_TAG_BYTES], const struct copse_proof_ends *ends,
                     enum copse_noise_role role, const struct copse_port_secret *secret)
{
    uint8_t in[1 + COPSE_NOISE_HASH_BYTES];
    in[0] = (uint8_t)role;
    memcpy(in + 1, ends->session_hash, COPSE_NOISE_HASH_BYTES);
    (void)crypto_generichash(out, COPSE_MESSAGE_TAG_BYTES, in, sizeof in, secret->bytes,
                             sizeof secret->bytes);
}

/* SPEC 10.9: "over its sender's role (one byte), the handshake hash, the community id and the
 * sender's node key" */
static void put_proved(uint8_t out[PROVED_BYTES], const struct copse_proof_ends *ends,
                       enum copse_noise_role role, const struct copse_id *community)
{
    out[0] = (uint8_t)role;
    memcpy(out + 1, ends->session_hash, COPSE_NOISE_HASH_BYTES);
    memcpy(out + 1 + COPSE_NOISE_HASH_BYTES, community->bytes, COPSE_ID_BYTES);
    memcpy(out + 1 + COPSE_NOISE_HASH_BYTES + COPSE_ID_BYTES,
           role == ends->role ? ends->own_key : ends->peer_key, COPSE_NOISE_KEY_BYTES);
}

enum copse_err copse_proof_write(struct copse_message *out, const struct copse_proof_ends *ends,
                                 const struct copse_port *port,
                                 const struct copse_port_secret *secret,
                                 struct copse_noise_room room)
{
    COPSE_ASSERT(room.size >= COPSE_MESSAGE_TAG_BYTES + COPSE_ID_BYTES + COPSE_SIGNATURE_BYTES);
    uint8_t proved[PROVED_BYTES];
    put_proved(proved, ends, ends->role, &secret->community);
    struct copse_port_proof proof;
    memset(&proof, 0, sizeof proof);
    enum copse_err err = port->prove(port->context, &proof, &secret->community,
                                     (struct copse_slice){proved, sizeof proved});
    if (err != COPSE_OK) {
        return err;
    }
    uint8_t *at = room.data;
    copse_proof_tag(at, ends, ends->role, secret);
    out->open.tag = (struct copse_slice){at, COPSE_MESSAGE_TAG_BYTES};
    at += COPSE_MESSAGE_TAG_BYTES;
    memcpy(at, proof.device.bytes, COPSE_ID_BYTES);
    out->open.device = (struct copse_slice){at, COPSE_ID_BYTES};
    at += COPSE_ID_BYTES;
    memcpy(at, proof.signature.bytes, COPSE_SIGNATURE_BYTES);
    out->open.proof = (struct copse_slice){at, COPSE_SIGNATURE_BYTES};
    if (proof.admission.size > 0 && proof.admission.size <= COPSE_MESSAGE_ADMISSION_MAX) {
        out->open.admission = proof.admission;
    }
    out->type = COPSE_MESSAGE_OPENED;
    return COPSE_OK;
}

bool copse_proof_is_good(const struct copse_proof_ends *ends, const struct copse_key_scheme *scheme,
                         const struct copse_port_secret *secret, const struct copse_message *opened)
{
    uint8_t tag[COPSE_MESSAGE_TAG_BYTES];
    copse_proof_tag(tag, ends, copse_proof_peer_role(ends), secret);
    if (sodium_memcmp(tag, opened->open.tag.data, sizeof tag) != 0) {
        return false;
    }
    uint8_t proved[PROVED_BYTES];
    put_proved(proved, ends, copse_proof_peer_role(ends), &secret->community);
    struct copse_id device;
    struct copse_signature signature;
    memcpy(device.bytes, opened->open.device.data, sizeof device.bytes);
    memcpy(signature.bytes, opened->open.proof.data, sizeof signature.bytes);
    return copse_key_verify(scheme, &device, COPSE_KEY_AUTH,
                            (struct copse_slice){proved, sizeof proved}, &signature) == COPSE_OK;
}
