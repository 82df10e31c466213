/* Invitations: what a newcomer needs in order to find and join a community, as one
 * line of text (SPEC 9).
 *
 * Words:  ticket  an invitation in this form. One with an invite seed is a bearer
 *                 secret: whoever reads it can use it, until it is revoked
 */
#ifndef COPSE_PROTOCOL_WIRE_TICKET_H
#define COPSE_PROTOCOL_WIRE_TICKET_H

#include "protocol/entry/key.h"
#include "protocol/wire/address.h"

/* All sizes in bytes of UTF-8; SPEC 9.2 to 9.5. */
#define COPSE_TICKET_TEXT_MAX 1400u
#define COPSE_TICKET_NAME_MAX 64u
#define COPSE_TICKET_PROSE_MAX 200u
#define COPSE_TICKET_PEERS_MAX 4u
#define COPSE_TICKET_ADDRESSES_MAX 3u

struct copse_ticket_peer {
    struct copse_id node; /* the node's key for transport */
    size_t address_count;
    char addresses[COPSE_TICKET_ADDRESSES_MAX][COPSE_ADDRESS_BYTES_MAX + 1];
};

/* One invitation. Strings end with a NUL and are checked as SPEC 9.4 says. */
struct copse_ticket {
    struct copse_id community;
    struct copse_id discovery;             /* secret: by it the community is found on a network */
    struct copse_id charter;               /* the version in force when the invitation was made */
    struct copse_id inviter;               /* person */
    uint8_t invite_seed[COPSE_SEED_BYTES]; /* secret: makes the invite key; if has_invite */
    struct copse_id invite;  /* the INVITE entry that registered the key, if has_invite; a grant
                              * that the one invited holds, if has_grant */
    uint64_t expires_s;      /* seconds since 1970; if has_expiry. For display: a node of the
                              * community goes by the INVITE */
    struct copse_id network; /* secret: key of a closed network; if has_network */
    bool has_invite;
    bool has_grant; /* for another device of the one invited; not with has_invite */
    bool has_expiry;
    bool has_network;
    char name[COPSE_TICKET_NAME_MAX + 1]; /* at least one byte */
    char purpose[COPSE_TICKET_PROSE_MAX + 1];
    char greeting[COPSE_TICKET_PROSE_MAX + 1];
    size_t peer_count;
    struct copse_ticket_peer peers[COPSE_TICKET_PEERS_MAX];
};

/* Write the text with a final NUL. Returns COPSE_OK; COPSE_ERR_FORM when a string, an address or
 * a number breaks SPEC 9.3 to 9.5; COPSE_ERR_LIMIT when it would be longer than
 * COPSE_TICKET_TEXT_MAX (say less, or name fewer addresses). */
enum copse_err copse_ticket_encode(char out[COPSE_TICKET_TEXT_MAX + 1],
                                   const struct copse_ticket *ticket) COPSE_MUST_CHECK;

/* Read a text that a person typed or pasted (untrusted); white space anywhere is left out.
 * Returns COPSE_OK, and the caller forgets *out later; otherwise what to tell the person:
 *   COPSE_ERR_NOT_FOUND  this is no invitation at all
 *   COPSE_ERR_VERSION    made by a later version of copse
 *   COPSE_ERR_CORRUPT    cut short or mistyped: the check does not match
 *   COPSE_ERR_LIMIT      longer than an invitation can be
 *   COPSE_ERR_DECODE     whole, but its maker broke SPEC 9
 * Cost: O(size). */
enum copse_err copse_ticket_decode(struct copse_ticket *out,
                                   struct copse_slice text) COPSE_MUST_CHECK;

/* Overwrite a ticket so that the compiler cannot leave it out. */
void copse_ticket_forget(struct copse_ticket *ticket);

#endif
