/* The one table of objects: which fields a kind of object has, how each merges, what it may hold
 * and who may write it (SPEC 8.2 to 8.5).
 *
 * Kinds and numbers that are not in the table are kept and have no effect, so that a later
 * version may add rows without splitting the network.
 *
 * Words:  lane   the rule by which the entries about a field merge
 *         choice a number that stands for one of some words
 */
#ifndef COPSE_PROTOCOL_RULES_OBJECT_H
#define COPSE_PROTOCOL_RULES_OBJECT_H

#include "protocol/base/reader.h"

#define COPSE_OBJECT_LINE_BYTES_MAX 512u   /* SPEC 8.3 */
#define COPSE_OBJECT_TEXT_BYTES_MAX 32768u /* SPEC 8.3 */
#define COPSE_OBJECT_INITIAL_MAX 64u       /* fields of a map, elements of a list; SPEC 8.4 */

// clang-format off
/* name, number, name in exports */
#define COPSE_OBJECT_KIND_MAP(X)  \
    X(COMMUNITY, 0, "community")  \
    X(PERSON,    1, "person")     \
    X(PAGE,      2, "page")       \
    X(POST,      3, "post")       \
    X(EVENT,     4, "event")      \
    X(PROJECT,   5, "project")    \
    X(PROPOSAL,  6, "proposal")

/* name, number, name in exports; a number means the same in every kind that has it */
#define COPSE_OBJECT_FIELD_MAP(X)       \
    X(TYPE,            0, "type")       \
    X(NAME,            1, "name")       \
    X(TITLE,           2, "title")      \
    X(BODY,            3, "body")       \
    X(LANG,            4, "lang")       \
    X(ABOUT,           5, "about")      \
    X(DOMAIN,          6, "domain")     \
    X(PURPOSE,         7, "purpose")    \
    X(NORMS,           8, "norms")      \
    X(STATUS,          9, "status")     \
    X(SOURCE,         10, "source")     \
    X(CONTINUES,      11, "continues")  \
    X(CLAIMED_AUTHOR, 12, "claimed_author") \
    X(CLAIMED_TIME,   13, "claimed_time") \
    X(EXTRA,          14, "extra")      \
    X(PRACTICE,       15, "practice")   \
    X(VALUES,         16, "values")     \
    X(WHO,            17, "who")        \
    X(TAGS,           32, "tags")       \
    X(ALIASES,        33, "aliases")    \
    X(LINKS,          34, "links")      \
    X(ACCEPTED,       35, "accepted")   \
    X(OFFERS,         36, "offers")     \
    X(THANKS,         48, "thanks")     \
    X(USEFUL,         49, "useful")     \
    X(TRIED,          50, "tried")      \
    X(FOLLOW,         51, "follow")     \
    X(PUBLIC,         64, "public")     \
    X(PINNED,         65, "pinned")
// clang-format on

enum copse_object_kind {
#define COPSE_OBJECT_ENUM(name, number, text) COPSE_OBJECT_##name = (number),
    COPSE_OBJECT_KIND_MAP(COPSE_OBJECT_ENUM)
#undef COPSE_OBJECT_ENUM
};

enum copse_object_number {
#define COPSE_OBJECT_FIELD_ENUM(name, number, text) COPSE_OBJECT_FIELD_##name = (number),
    COPSE_OBJECT_FIELD_MAP(COPSE_OBJECT_FIELD_ENUM)
#undef COPSE_OBJECT_FIELD_ENUM
};

enum copse_object_lane {
    COPSE_OBJECT_REGISTER, /* SET; SPEC 8.6 */
    COPSE_OBJECT_SET,      /* ADD and DEL; SPEC 8.7 */
    COPSE_OBJECT_MARK,     /* SET; one register per person; SPEC 8.8 */
    COPSE_OBJECT_TEXT,     /* EDIT; SPEC 8.9 */
    COPSE_OBJECT_FLAG,     /* FLAG, in class 0: a register whose values are in the op; SPEC 8.10 */
};

/* What a value must be; SPEC 8.3. */
enum copse_object_value {
    COPSE_OBJECT_LINE,   /* a str without control characters */
    COPSE_OBJECT_PROSE,  /* a str whose only control characters are line feed and tab */
    COPSE_OBJECT_COUNT,  /* a number from 0 */
    COPSE_OBJECT_CHOICE, /* a number from 0, some with a word */
    COPSE_OBJECT_BOOL,
    COPSE_OBJECT_ID,
    COPSE_OBJECT_TIME, /* milliseconds since 1970, of either sign */
};

/* Who may write a field; everybody needs to be permitted to write at all. SPEC 8.5. */
enum copse_object_who {
    COPSE_OBJECT_ANY,
    COPSE_OBJECT_OWN,     /* the person who made the object, or a steward */
    COPSE_OBJECT_STEWARD, /* under a unit of coordinator or moderator */
    COPSE_OBJECT_COORDINATOR,
    COPSE_OBJECT_SELF, /* the person that the object is named by */
};

struct copse_object_field {
    enum copse_object_kind kind;
    enum copse_object_number number;
    enum copse_object_lane lane;
    enum copse_object_value value;
    uint32_t max; /* bytes of a str; the largest number */
    enum copse_object_who who;
};

/* The row of a field; NULL when the kind or the number has none. Static. */
const struct copse_object_field *copse_object_field(uint32_t kind, uint32_t number);

/* The same by the name used in exports and on the command line. */
const struct copse_object_field *copse_object_field_named(uint32_t kind, struct copse_slice name);

/* The rows of a kind in rising order of number; NULL from the first index past the last. */
const struct copse_object_field *copse_object_field_at(uint32_t kind, size_t index);

/* Is a kind in the table? And may a CREATE make one? A community is made by its GENESIS and
 * a person by coming in. */
bool copse_object_is_known(uint32_t kind);
bool copse_object_is_creatable(uint32_t kind);

/* Name of a field ("title"), never NULL; of a kind ("page"); and of a number of a choice ("draft").
 * NULL for an unknown one. */
const char *copse_object_field_name(const struct copse_object_field *field);
const char *copse_object_kind_name(uint32_t kind);
const char *copse_object_choice_name(const struct copse_object_field *field, uint64_t number);

/* The number of a choice by name. COPSE_OK or COPSE_ERR_NOT_FOUND. */
enum copse_err copse_object_choice_named(uint64_t *out, const struct copse_object_field *field,
                                         struct copse_slice name) COPSE_MUST_CHECK;

/* Is `value` one canonical value of the field's type and within its limit? Cost: O(size). */
bool copse_object_takes(const struct copse_object_field *field, struct copse_slice value);

/* The initial value of a field in the content of a CREATE or GENESIS: one value, or for a set an
 * array. `content` is untrusted; *out borrows from it.
 * Returns COPSE_OK, COPSE_ERR_NOT_FOUND when it does not give the field, or COPSE_ERR_DECODE when
 * it is no map of SPEC 8.4 at all and so gives nothing. Cost: O(size). */
enum copse_err copse_object_initial(struct copse_slice *out, struct copse_slice content,
                                    uint32_t number) COPSE_MUST_CHECK;

#endif
