/* The table of deeds: what a member can do, under which words, with which options.
 *
 * It is the only list of them. The command line dispatches through it; help, the man page and
 * completion are made from it, so none can say what the others do not.
 *
 * Words:  verb   what is typed: one to three words ("post", "page edit", "people role grant"), or
 *                an alias of them
 *         group  the words before the last one: "page", "people role"
 *         field  of an option or argument: its name in capitals, as help shows it
 */
#ifndef COPSE_NODE_PRACTICE_VERBS_H
#define COPSE_NODE_PRACTICE_VERBS_H

#include "protocol/base/bytes.h"

#define COPSE_VERBS_OPTIONS_MAX 12u
#define COPSE_VERBS_EXAMPLES_MAX 4u
#define COPSE_VERBS_ARGUMENTS_ANY 0xffffffffu
#define COPSE_VERBS_WORDS_MAX 3u /* of one verb */

// clang-format off
/* name of the deed: one function of the command line each */
#define COPSE_VERBS_MAP(X) \
    X(ASK) X(POST) X(REPLY) X(MARK) X(SHOW) X(SEARCH) \
    X(PAGE_NEW) X(PAGE_EDIT) X(PAGE_SHOW) X(PAGE_HISTORY) X(PAGE_DIFF) X(PAGE_LIST) \
    X(COMMUNITY_CREATE) X(COMMUNITY_LIST) X(COMMUNITY_SHOW) X(COMMUNITY_INVITE) X(COMMUNITY_JOIN) \
    X(COMMUNITY_SUCCESSOR) X(COMMUNITY_LEAVE) X(INVITES_LIST) X(INVITES_REVOKE) \
    X(CHARTER_SHOW) X(CHARTER_AMEND) X(CHARTER_AGREE) X(CHARTER_HISTORY) \
    X(PEOPLE_LIST) X(PEOPLE_SHOW) X(PEOPLE_MUTE) X(PEOPLE_RECALL) X(PEOPLE_ASSENT) \
    X(ROLE_GRANT) X(ROLE_REVOKE) X(ROLE_LIST) X(ROLE_HISTORY) X(ROLE_HAND_OVER) X(ROLE_END) \
    X(MODERATE_QUEUE) X(MODERATE_APPROVE) X(MODERATE_HIDE) X(MODERATE_UNHIDE) X(MODERATE_LOCK) \
    X(MODERATE_UNLOCK) X(MODERATE_BAR) X(MODERATE_UNBAR) X(MODERATE_ERASE) X(MODERATE_LEDGER) \
    X(MODERATE_REMOVE) X(MODERATE_READMIT) X(MODERATE_LATE) \
    X(MODERATE_ACCEPT) \
    X(UNPLACED_LIST) X(UNPLACED_REPOST) X(UNPLACED_SAVE) \
    X(ME_SHOW) X(ME_NAME) X(ME_CODE) X(ME_RECOVER) \
    X(DEVICES_LIST) X(DEVICES_ADD) X(DEVICES_REVOKE) X(DEVICES_NAME) \
    X(IMPORT_MARKDOWN) X(EXPORT_MARKDOWN) X(EXPORT_JSONL) \
    X(SERVE) X(SYNC) X(PEER_ADD) X(PEER_LIST) \
    X(INIT) X(ANSWER) X(ACCEPT) X(THREAD) X(FEED) X(TAG) \
    X(STATUS) X(DIGEST) X(CHECK) X(BACKUP) X(RESTORE) X(FORK_LIST) X(FORK_REPAIR) X(FORK_ACCEPT) \
    X(ERASE) X(COMPACT) X(LIMITS) X(LOG) X(VERSION) X(HELP)
// clang-format on

enum copse_verb_deed {
#define COPSE_VERBS_ENUM(name) COPSE_VERB_##name,
    COPSE_VERBS_MAP(COPSE_VERBS_ENUM)
#undef COPSE_VERBS_ENUM
        COPSE_VERB_COUNT
};

/* Under which heading help lists it. FINER is shown by `help --all` only. */
enum copse_verb_place {
    COPSE_VERB_DAILY,
    COPSE_VERB_THINGS,
    COPSE_VERB_US,
    COPSE_VERB_MINE,
    COPSE_VERB_FINER,
};

struct copse_verb_option {
    const char *name;  /* long, without the dashes; NULL ends the list */
    char letter;       /* short; '\0': none */
    const char *field; /* NULL: a switch without a value */
    const char *text;
};

struct copse_verb {
    enum copse_verb_deed deed;
    enum copse_verb_place place;
    const char *words;     /* "page edit" */
    const char *aliases;   /* other words for it, divided by '|'; NULL: none */
    const char *arguments; /* "ID [TAG...]", as help shows it; "" for none */
    uint32_t arguments_min;
    uint32_t arguments_max;                         /* COPSE_VERBS_ARGUMENTS_ANY: no limit */
    const char *summary;                            /* one line */
    const char *more;                               /* a paragraph for `help VERB`; NULL: none */
    const char *examples[COPSE_VERBS_EXAMPLES_MAX]; /* whole lines; NULL ends the list */
    struct copse_verb_option options[COPSE_VERBS_OPTIONS_MAX];
};

/* All verbs, in the order of help. Static. */
const struct copse_verb *copse_verbs_all(size_t *count);

/* Options that every verb takes, ended by a NULL name. Static. */
const struct copse_verb_option *copse_verbs_common(void);

/* The verb that the first words of a command name, and how many words that took, at most
 * COPSE_VERBS_WORDS_MAX. NULL: none. A group alone ("page") names none. */
const struct copse_verb *copse_verbs_find(size_t *used, const char *const *words, size_t count);

/* Do words of some verb begin with these and go on ("page", "people role")? */
bool copse_verbs_is_group(const char *words);

/* The word closest to a mistyped one among first words and aliases, or among those that follow
 * `group` if it is not NULL; NULL when nothing is near (more than a third of the letters wrong).
 * Written to `out`. Cost: verbs * length^2. */
#define COPSE_VERBS_WORD_MAX 32u
const char *copse_verbs_nearest(char out[COPSE_VERBS_WORD_MAX], const char *word,
                                const char *group);

/* The same among the options of a verb (NULL: those of every verb) for a mistyped "--word". */
const char *copse_verbs_nearest_option(char out[COPSE_VERBS_WORD_MAX], const char *word,
                                       const struct copse_verb *verb);

#endif
