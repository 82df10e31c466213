/* A second, naive evaluation of standings, to compare the walk with (SPEC 7).
 *
 * Histories are written down as plain structs that name one another by number. The model reads
 * these and nothing else: no bytes, no hashes but the ids that were given, no code of the program.
 * It is quadratic or worse, and meant to be read beside the text.
 */
#ifndef COPSE_TESTS_SUPPORT_GOVERNANCE_MODEL_H
#define COPSE_TESTS_SUPPORT_GOVERNANCE_MODEL_H

#include "protocol/base/bytes.h"

#define MODEL_ENTRIES_MAX 96
#define MODEL_UNITS_MAX 128
#define MODEL_LIST_MAX 24
#define MODEL_PERSONS_MAX 16
#define MODEL_DEVICES_MAX 40
#define MODEL_NONE (-1)

enum model_kind {
    MODEL_GENESIS,
    MODEL_JOIN,
    MODEL_GRANT,
    MODEL_REVOKE,
    MODEL_REMOVE,
    MODEL_ACCEPT,
    MODEL_LEAVE,
    MODEL_DEVICE_REVOKE,
    MODEL_INVITE,
    MODEL_CHARTER,
    MODEL_RECALL,
    MODEL_ASSENT,
    MODEL_HIDE,
    MODEL_UNHIDE,
    MODEL_DATA, /* class 1 */
};

struct model_list {
    int items[MODEL_LIST_MAX];
    int count;
};

/* Entries are numbered so that what one names has a smaller number. */
struct model_entry {
    struct copse_id id; /* filled in when the entry is built */
    enum model_kind kind;
    int device;  /* number of the author */
    int prev;    /* entry, or MODEL_NONE */
    int grant;   /* entry it cites itself, or MODEL_NONE: as its prev */
    int charter; /* likewise; given exactly when grant is */
    int64_t hlc;
    int person;                 /* JOIN, GRANT, REMOVE, RECALL */
    int role;                   /* 0 to 3: GRANT, INVITE; GENESIS: 2, 3 or MODEL_NONE */
    int to;                     /* 0 to 2: REMOVE; LEAVE, if root-signed */
    int of;                     /* ACCEPT, ASSENT, HIDE, UNHIDE: an entry */
    int of_device;              /* DEVICE_REVOKE; ACCEPT of a device, otherwise MODEL_NONE */
    int64_t until;              /* GRANT, INVITE; -1: none */
    bool is_root_signed;        /* LEAVE */
    bool has_bad_signature;     /* certificate of JOIN and GENESIS; root signature of an own act */
    bool has_bad_invite;        /* JOIN by INVITE: the signature of the invite key */
    bool is_refused;            /* has an ext that nobody knows */
    bool may_invite;            /* GENESIS, CHARTER: key 1 */
    bool may_guests;            /* key 2 */
    struct model_list founders; /* persons */
    struct model_list over;     /* entries, as the next three */
    struct model_list grants;
    struct model_list keep;
    struct model_list cut;
    struct model_list bad_leaves; /* those of `cut` whose signature is not good */
};

struct model_history {
    struct model_entry entries[MODEL_ENTRIES_MAX];
    int count;
    int person_count;
    int device_count;
};

struct model_result {
    bool honoured[MODEL_ENTRIES_MAX]; /* of members' HIDE and UNHIDE: for what is their own */
    bool wanted[MODEL_ENTRIES_MAX];
    int role[MODEL_PERSONS_MAX];      /* the best that is not ended, or MODEL_NONE */
    int charter;                      /* in force, or MODEL_NONE */
    int seniority[MODEL_PERSONS_MAX]; /* place of the person's most senior lawful unit */
    int under[MODEL_ENTRIES_MAX]; /* place of the unit an entry is judged under, or MODEL_NONE */
};

/* Evaluate the entries for which `held` is true; whoever holds one holds what comes before it in
 * its log. */
void model_evaluate(struct model_result *out, const struct model_history *history,
                    const bool held[MODEL_ENTRIES_MAX]);

/* Facts about one history. */
int model_class(const struct model_entry *entry);
int model_join_of(const struct model_history *history, int entry);

#endif
