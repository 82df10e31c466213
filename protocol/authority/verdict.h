/* Verdicts: does an entry count, and if not, why not (SPEC 7).
 *
 * An entry that its author was not permitted to write is ordinary data: it is stored
 * and relayed, and has a verdict instead of an effect.
 */
#ifndef COPSE_PROTOCOL_AUTHORITY_VERDICT_H
#define COPSE_PROTOCOL_AUTHORITY_VERDICT_H

#include "protocol/base/check.h"

/* name, text: a sentence for people. A later one weighs more where two apply. */
// clang-format off
#define COPSE_VERDICT_MAP(X)                                                                       \
    X(HONOURED,      "counts")                                                                     \
    X(OWN_ONLY,      "counts for what its author made, and for nothing else")                      \
    X(WAITING,       "waits for the approval of a moderator or coordinator")                       \
    X(LOCKED,        "was written after a moderator or coordinator had closed this to members")    \
    X(NOT_PERMITTED, "its author's role, or the charter, does not allow this")                     \
    X(FROZEN,        "its device's log was written in more than 16 places at once")                \
    X(WITHDRAWN,     "its author has withdrawn it, with the device or by leaving")                 \
    X(LEFT,          "was written after its device had left")                                      \
    X(ENDED,         "was written after its author's role had been ended, or was not accepted")    \
    X(TERM_OVER,     "was written after its author's term was over")                               \
    X(NO_GRANT,      "its author does not hold the role it was written under")                     \
    X(STRANGER,      "its device has not joined for anybody")                                      \
    X(REFUSED,       "says something this program does not know or that is malformed")
// clang-format on

enum copse_verdict {
#define COPSE_VERDICT_ENUM(name, text) COPSE_VERDICT_##name,
    COPSE_VERDICT_MAP(COPSE_VERDICT_ENUM)
#undef COPSE_VERDICT_ENUM
};

/* Name ("NO_GRANT") and sentence, to follow "This"; both static, never NULL. */
const char *copse_verdict_name(enum copse_verdict verdict);
const char *copse_verdict_text(enum copse_verdict verdict);

/* The one that weighs more. */
enum copse_verdict copse_verdict_worse(enum copse_verdict a, enum copse_verdict b);

#endif
