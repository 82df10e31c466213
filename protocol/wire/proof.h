/* Proof: naming a community to a peer that may not know it, and showing who one is there
 * (SPEC 10.8, 10.9).
 *
 * Words:  tag  16 bytes that name a community in this session, to who knows its discovery secret
 */
#ifndef COPSE_PROTOCOL_WIRE_PROOF_H
#define COPSE_PROTOCOL_WIRE_PROOF_H

#include "protocol/wire/message.h"
#include "protocol/wire/port.h"

/* The two ends of a session. */
struct copse_proof_ends {
    enum copse_noise_role role; /* this side's */
    uint8_t session_hash[COPSE_NOISE_HASH_BYTES];
    uint8_t own_key[COPSE_NOISE_KEY_BYTES]; /* node keys */
    uint8_t peer_key[COPSE_NOISE_KEY_BYTES];
};

/* The role of the other end. */
enum copse_noise_role copse_proof_peer_role(const struct copse_proof_ends *ends);

/* The tag by which the end of that role names a secret's community. Source: SPEC 10.8. */
void copse_proof_tag(uint8_t out[COPSE_MESSAGE_TAG_BYTES], const struct copse_proof_ends *ends,
                     enum copse_noise_role role, const struct copse_port_secret *secret);

/* Make this side's OPENED (all but the handle). Its slices lie in `room` (256 bytes), the admission
 * where the port has it. COPSE_OK or a fault of the port. Source: SPEC 10.9. */
enum copse_err copse_proof_write(struct copse_message *out, const struct copse_proof_ends *ends,
                                 const struct copse_port *port,
                                 const struct copse_port_secret *secret,
                                 struct copse_noise_room room) COPSE_MUST_CHECK;

/* Are tag and proof of the peer's OPENED good? What the device may do is for others to say. */
bool copse_proof_is_good(const struct copse_proof_ends *ends, const struct copse_key_scheme *scheme,
                         const struct copse_port_secret *secret,
                         const struct copse_message *opened);

#endif
