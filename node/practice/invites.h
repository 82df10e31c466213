/* Invitations that were given: who came in by them, and closing them.
 *
 * Words:  door    an INVITE, which others may join by
 *         closed  by an act that names who stays; nothing that a reader's clock decides
 */
#ifndef COPSE_NODE_PRACTICE_INVITES_H
#define COPSE_NODE_PRACTICE_INVITES_H

#include "node/practice/annals.h"

enum copse_invites_state {
    COPSE_INVITES_OPEN,
    COPSE_INVITES_USED_UP, /* as often as it may be, or more often: not closed yet */
    COPSE_INVITES_EXPIRED, /* its time is over: not closed yet */
    COPSE_INVITES_CLOSED,
    COPSE_INVITES_VOID, /* does not count: its author may not invite, or may no longer */
};

struct copse_invites_door {
    const struct copse_annals_act *act; /* the INVITE */
    enum copse_invites_state state;
    uint32_t joined;  /* persons who came in by it and stand */
    uint32_t refused; /* JOINs that name it and do not count */
    uint64_t last;    /* hlc of the newest JOIN that counts; 0: none */
};

struct copse_invites_join {
    const struct copse_annals_act *act; /* the JOIN */
    size_t door;                        /* in doors */
};

/* Everything borrowed from the deed's transaction. Begin with zeros; the caller deinits. */
struct copse_invites {
    struct copse_annals annals;
    struct copse_invites_door *doors; /* the oldest first */
    struct copse_invites_join *joins; /* the oldest first */
    size_t door_count;
    size_t join_count;
};

enum copse_err copse_invites_read(struct copse_practice_deed *deed,
                                  struct copse_invites *out) COPSE_MUST_CHECK;
void copse_invites_deinit(struct copse_invites *invites);

/* Close a door for whoever comes from now on; all who came in by it so far stay. Sets *kept.
 * COPSE_ERR_NOT_FOUND: no such invitation; COPSE_ERR_EXISTS: it is closed; COPSE_ERR_REFUSED: not
 * permitted, `error` says who may. The caller commits. */
enum copse_err copse_invites_close(struct copse_practice_deed *deed, size_t *kept,
                                   const struct copse_id *door, struct copse_slice reason,
                                   struct copse_error *error) COPSE_MUST_CHECK;

#endif
