/* Communities: founding, inviting, joining, and what is known of one here. */
#ifndef COPSE_NODE_PRACTICE_COMMUNITY_H
#define COPSE_NODE_PRACTICE_COMMUNITY_H

#include "node/practice/reading.h"
#include "protocol/wire/ticket.h"

/* OPEN: members may invite others, who are members at once. MODERATED: stewards alone invite, and
 * whoever comes is a guest who reads, and writes nothing that counts until a steward makes them a
 * member, unless the invitation says that they are one. Source: SPEC 5.4, 5.5, 7.8. */
enum copse_community_kind { COPSE_COMMUNITY_OPEN, COPSE_COMMUNITY_MODERATED };

/* Found a community. Texts may have size 0, but for the name. COPSE_OK and its id, committed; the
 * errors of copse_practice_create. COPSE_ERR_LIMIT: too many founders. */
struct copse_community_plan {
    enum copse_community_kind kind;
    struct copse_slice name;
    struct copse_slice domain;
    struct copse_slice purpose;
    struct copse_slice norms;
    const struct copse_id *founders; /* beside oneself, who is the first */
    size_t founder_count;
    const struct copse_id *succeeds; /* the community it goes on from; NULL: none */
};
enum copse_err copse_community_create(const struct copse_practice *practice, struct copse_id *id,
                                      const struct copse_community_plan *plan,
                                      struct copse_error *error) COPSE_MUST_CHECK;

/* Make an invitation: registers a new invite key, committed. The caller forgets *ticket.
 * COPSE_ERR_NOT_FOUND: the community's first entry is not here yet. */
struct copse_community_offer {
    enum copse_op_role role; /* COPSE_OP_MEMBER or COPSE_OP_GUEST; set if not has_role */
    bool has_role;           /* false: guest in a moderated community, otherwise member */
    uint32_t uses;           /* 0: any number */
    uint32_t days;           /* 0: for ever */
    struct copse_slice greeting;
};
enum copse_err copse_community_invite(const struct copse_practice *practice,
                                      struct copse_ticket *ticket, const struct copse_id *community,
                                      struct copse_community_offer *offer,
                                      struct copse_error *error) COPSE_MUST_CHECK;

/* What an invitation says of the deed's community beside key, greeting and addresses; `ticket`
 * begins with zeros. COPSE_ERR_NOT_FOUND: its first entry is not here yet. */
enum copse_err copse_community_fill_ticket(struct copse_practice_deed *deed,
                                           struct copse_ticket *ticket) COPSE_MUST_CHECK;

/* The invitation by which this device has joined; the caller forgets it. COPSE_ERR_NOT_FOUND:
 * there was none, as where one founded the community. */
enum copse_err copse_community_ticket(struct copse_practice_deed *deed,
                                      struct copse_ticket *out) COPSE_MUST_CHECK;

/* Join by an invitation, committed; also once more, after one has left. `text` is the invitation as
 * it was decoded; it is kept, for its addresses. COPSE_ERR_EXISTS: one is in already;
 * COPSE_ERR_REFUSED: one was removed, and an invitation does not undo that; COPSE_ERR_FORM: the
 * invitation has no key, or is for the devices of somebody else. */
enum copse_err copse_community_join(const struct copse_practice *practice,
                                    const struct copse_ticket *ticket, struct copse_slice text,
                                    struct copse_error *error) COPSE_MUST_CHECK;

/* What is known of a community. Slices are borrowed from the deed. */
struct copse_community_card {
    struct copse_id id;
    struct copse_slice name; /* before its first entry is here: from the invitation */
    struct copse_slice domain;
    struct copse_slice purpose;
    struct copse_id succeeds; /* zeros: none */
    enum copse_community_kind kind;
    bool is_here;    /* its first entry has arrived */
    bool is_joined;  /* this device writes in it */
    bool is_waiting; /* as a guest who may not write yet */
};
enum copse_err copse_community_card(struct copse_practice_deed *deed,
                                    struct copse_community_card *out) COPSE_MUST_CHECK;

/* How much of a community is here. Cost: O(logs + text ops + contents missing). */
struct copse_community_counts {
    uint64_t entries;
    uint64_t logs;
    uint64_t pending; /* edits that others wait for, and that are not here */
    uint64_t missing; /* contents */
    uint64_t people;
};
enum copse_err copse_community_counts(struct copse_practice_deed *deed,
                                      struct copse_community_counts *out) COPSE_MUST_CHECK;

/* The entries digest (SPEC 10.11): two nodes that find one another equal have the same one, and
 * others have not. Cost: O(logs log logs). */
enum copse_err copse_community_digest(struct copse_practice_deed *deed,
                                      struct copse_id *out) COPSE_MUST_CHECK;

/* The next community of the store, begin with *number = 0. COPSE_ERR_NOT_FOUND after the last. A
 * deed without community will do. */
enum copse_err copse_community_next(struct copse_practice_deed *deed, struct copse_id *id,
                                    uint32_t *number) COPSE_MUST_CHECK;

#endif
